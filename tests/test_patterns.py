"""Patterns: fair, nested, reproducible; the user's own are taken or refused in a sentence."""
import numpy as np
import pytest
import scipy.stats

from hebbnet import ParameterError, patterns, streams


def test_patterns_are_fair_and_independent():
    x = patterns.random(400, 300, seed=5, sample=0).archetypes.astype(float)
    assert set(np.unique(x)) == {-1, 1}
    assert abs(x.mean()) < 5 / np.sqrt(x.size)
    overlaps = (x @ x.T / 300)[np.triu_indices(400, 1)]
    assert abs(overlaps.var() * 300 - 1) < 0.05 and abs(overlaps.mean()) < 5 / np.sqrt(300 * len(overlaps))


def test_loads_and_sizes_are_nested():
    large = patterns.random(500, 260, seed=9, sample=3)
    small = patterns.random(70, 131, seed=9, sample=3)
    np.testing.assert_array_equal(small.archetypes, large.archetypes[:70, :131])
    assert small.rows.shape == (131, 128) and not small.rows[:, 70:].any()


def test_samples_and_seeds_differ():
    base = patterns.random(50, 100, seed=1, sample=0).archetypes
    for other in [patterns.random(50, 100, seed=2, sample=0), patterns.random(50, 100, seed=1, sample=1)]:
        assert abs(np.mean(base * other.archetypes)) < 5 / np.sqrt(base.size)


def test_chunked_drawing_changes_nothing(monkeypatch):
    whole = patterns.random(1000, 40, seed=1, sample=0).archetypes.copy()
    monkeypatch.setattr(patterns, "CHUNK", 7)
    np.testing.assert_array_equal(whole, patterns.random(1000, 40, seed=1, sample=0).archetypes)


def test_given_patterns_are_kept_exactly():
    x = np.where(np.arange(12).reshape(3, 4) % 5 < 2, 1.0, -1.0)
    np.testing.assert_array_equal(patterns.given(x).archetypes, x)


@pytest.mark.parametrize("array, words", [
    (np.zeros((2, 3)), "+1 or -1"), (np.ones(4), "(K, N)"), (np.ones((0, 4)), "(K, N)"), ([["a", "b"]], "numbers"),
    (np.array([[1, np.nan]]), "+1 or -1"), (np.array([[1, 2]]), "patterns[0, 1] = 2"),
])
def test_bad_patterns_are_refused(array, words):
    with pytest.raises(ParameterError, match="patterns") as error:
        patterns.given(array)
    assert words in str(error.value) and error.value.parameter == "patterns"


def test_too_many_patterns_are_refused_with_their_size():
    with pytest.raises(ParameterError, match=r"K = 40,000,000,000 patterns \(20,480\.0 GB"):
        patterns.check_memory(40_000_000_000, 512, "alpha = 0.3 with N = 512, P = 4")


# ---- real patterns

@pytest.mark.parametrize("kind, more", [("spherical", {}), ("gaussian", {}), ("binary", {}), ("clustered", {"size": 5, "q": 0.7})])
def test_real_patterns_do_not_depend_on_chunks(kind, more):
    e = patterns.Ensemble(kind, 53, 37, seed=3, sample=2, **more)
    whole = e[:]
    assert whole.shape == e.shape == (53, 37) and whole.dtype == np.float64
    for step in (1, 7, 52):
        np.testing.assert_array_equal(whole, np.concatenate([e[a:a + step] for a in range(0, 53, step)]))
    np.testing.assert_array_equal(e[[4, -1, 4]], whole[[4, -1, 4]])
    np.testing.assert_array_equal(e[11], whole[11])
    np.testing.assert_array_equal(patterns.Ensemble(kind, 60, 37, seed=3, sample=2, **more)[:53], whole)
    np.testing.assert_array_equal(patterns.Ensemble(kind, 53, 37, seed=3, sample=2, dtype=np.float32, **more)[:], whole.astype(np.float32))
    for other in [dict(seed=4, sample=2), dict(seed=3, sample=1)]:
        assert np.abs(np.mean(whole * patterns.Ensemble(kind, 53, 37, **other, **more)[:])) < 5 / np.sqrt(whole.size)


def test_gaussian_entries_are_the_box_muller_transform_of_the_words():
    z = patterns.Ensemble("gaussian", 3000, 10, seed=2**63 + 5, sample=4)[:]
    words = streams.philox((streams.first_word(streams.Stream.NORMAL, np.arange(3)), np.arange(3000)[:, None], 0, 4), streams.disorder_key(2**63 + 5))
    u = [(w + 0.5) / 2.0**32 for w in words]
    want = np.stack([f(2 * np.pi * angle) * np.sqrt(-2 * np.log(radius)) for radius, angle in [u[:2], u[2:]] for f in (np.cos, np.sin)], axis=-1)
    np.testing.assert_allclose(z, want.reshape(3000, -1)[:, :10], rtol=1e-14, atol=1e-14)
    assert scipy.stats.kstest(z.ravel(), "norm").pvalue > 1e-3
    np.testing.assert_array_equal(z[:, :7], patterns.Ensemble("gaussian", 3000, 7, seed=2**63 + 5, sample=4)[:])


def test_spherical_and_binary_patterns_have_norm_N_and_binary_ones_are_the_spins():
    x = patterns.Ensemble("spherical", 4000, 16, seed=1)[:]
    np.testing.assert_allclose(np.sum(x**2, axis=1), 16, rtol=1e-14)
    u = x[0] @ x[1:].T / 16   # overlaps of independent patterns: density (1 - u^2)^((N-3)/2)
    assert scipy.stats.kstest(u, lambda v: scipy.stats.beta.cdf((v + 1) / 2, 7.5, 7.5)).pvalue > 1e-3
    np.testing.assert_array_equal(patterns.Ensemble("binary", 9, 200, seed=7, sample=1)[:], patterns.random(9, 200, seed=7, sample=1).archetypes)


def test_clustered_patterns_overlap_within_their_cluster():
    x = patterns.Ensemble("clustered", 400, 1000, seed=1, size=20, q=0.6)[:]
    overlap = x @ x.T / 1000
    same = np.kron(np.eye(20), np.ones((20, 20))).astype(bool) & ~np.eye(400, dtype=bool)
    assert abs(overlap[same].mean() - 0.6) < 0.02 and abs(overlap[np.kron(np.eye(20), np.ones((20, 20))) == 0].mean()) < 0.002
    np.testing.assert_allclose(np.diag(overlap), 1, rtol=1e-14)


def test_scaled_images_have_norm_N():
    x = patterns.scaled([[0, 3, 4, 0], [1, 1, 1, 2]], centered=True)
    np.testing.assert_allclose(np.sum(x**2, axis=1), 4)
    np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-15)
    for bad, words in [(np.zeros((1, 3)), "no direction"), ([[np.nan, 1]], "finite"), (np.ones(3), "(K, N)")]:
        with pytest.raises(ParameterError, match="patterns") as error:
            patterns.scaled(bad)
        assert words in str(error.value)


@pytest.mark.parametrize("change, words", [
    (dict(kind="spheric"), "'spherical'"), (dict(K=0), "K = 0"), (dict(K=2**33), r"2\*\*32"), (dict(dtype=int), "float64"),
    (dict(q=0.5), "only clustered"), (dict(kind="clustered", q=0.5), "size"), (dict(kind="clustered", size=2, q=1.5), "q = 1.5"),
    (dict(seed=-1), "seed"),
])
def test_bad_ensembles_are_refused(change, words):
    with pytest.raises(ParameterError, match=words):
        patterns.Ensemble(**{"kind": "spherical", "K": 5, "N": 4, **change})


def test_an_ensemble_larger_than_memory_is_read_in_parts():
    e = patterns.Ensemble("gaussian", 2**32, 1000)
    assert e[2**32 - 1].shape == (1000,)
    with pytest.raises(ParameterError, match="fewer rows"):
        e[:]
    with pytest.raises(IndexError):
        e[2**32]
