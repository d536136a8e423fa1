"""Patterns: fair, nested, reproducible; the user's own are taken or refused in a sentence."""
import numpy as np
import pytest

from hebbnet import ParameterError, patterns


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
