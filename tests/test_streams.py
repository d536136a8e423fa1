"""Random numbers: the published Philox vectors, separate streams, a logarithm that is right, and equal bits in both engines."""
import numpy as np
import pytest

from hebbnet import streams
from hebbnet.montecarlo import attempts
from hebbnet.montecarlo.problem import thresholds

# Random123 1.14, kat_vectors: philox4x32 10 rounds
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]


@pytest.mark.parametrize("counter, key, words", KNOWN)
def test_philox_gives_the_published_vectors(counter, key, words):
    assert tuple(int(w) for w in streams.philox(counter, key)) == words


def test_streams_are_distinct_and_fit_their_bits():
    values = [int(s) for s in streams.Stream]
    assert len(set(values)) == len(values) and max(values) < 2 ** (32 - streams.BLOCK_BITS)
    firsts = [streams.philox((streams.first_word(s, np.arange(64)), 0, 0, 0), (1, 2))[0] for s in streams.Stream]
    for i, a in enumerate(firsts):
        for b in firsts[:i]:
            assert np.sum(a == b) == 0


def test_keys_depend_on_the_seed_and_on_every_parameter():
    point = {"P": 4, "N": 100, "T": 0.3}
    keys = [streams.point_key(1, point), streams.point_key(2, point), streams.point_key(1, {**point, "T": 0.31}),
            streams.point_key(1, {**point, "N": 101})]
    assert len({tuple(map(int, k)) for k in keys}) == len(keys)
    assert tuple(map(int, streams.disorder_key(2**64 - 2))) == (0xFFFFFFFE, 0xFFFFFFFF)


def test_numbers_depend_on_every_coordinate():
    key = streams.point_key(3, {})
    reference = streams.attempts(key, 1, 2, 3, 50)[0]
    for coordinates in [(2, 2, 3), (1, 3, 3), (1, 2, 4)]:
        assert not np.any(streams.attempts(key, *coordinates, 50)[0] == reference)


def test_uniform_numbers_and_sites_have_the_right_moments():
    n, sites = streams.attempts(streams.point_key(3, {}), 0, 0, 0, 200_000)
    u = n / 2.0**53
    assert np.all(n % 2 == 1) and u.min() > 0 and u.max() < 1
    assert abs(u.mean() - 0.5) < 5 / np.sqrt(12 * len(u)) and abs(u.var() - 1 / 12) < 5 * np.sqrt(1 / 180 / len(u))
    assert sites.min() >= 0 and sites.max() < len(u)
    assert abs(sites.mean() / len(u) - 0.5) < 5 / np.sqrt(12 * len(u))
    few = streams.attempts(streams.point_key(4, {}), 0, 0, 0, 10)[1]
    assert few.min() >= 0 and few.max() < 10


def test_the_logarithm_is_right_to_the_last_bits():
    x = np.concatenate([streams.attempts(streams.point_key(5, {}), 0, 0, 0, 50_000)[0], [1.0, 3.0, 2.0**53 - 1, 2.0**53, 0.7, 1e-300]])
    got, want = streams.log(x), np.log(x)
    assert np.all(np.abs(got - want) <= 2.3e-16 * np.maximum(np.abs(want), 1e-3))
    assert streams.logit(np.array([2.0**52]))[0] == 0
    n = np.array([1.0, 12345.0, 2.0**53 - 1])
    np.testing.assert_array_equal(streams.logit(n), -streams.logit(2.0**53 - n))


@pytest.mark.parametrize("dynamics, draw", [("heat-bath", attempts.LOGIT), ("metropolis", attempts.MINUS_LOG),
                                            ("zero-temperature", attempts.KEEP), ("heat-bath", attempts.COIN)])
def test_compiled_draws_have_the_same_bits(dynamics, draw):
    N, key = 5_001, streams.point_key(2**64 - 1, {"x": 1})
    unit = 0.0 if draw == attempts.COIN else 0.37
    limits, sites = np.empty(N), np.arange(N)
    attempts.draw_sweep(key, 17, 4, 9, draw, unit, True, limits, sites, np.empty((2, N)))
    n, expected_sites = streams.attempts(key, 17, 4, 9, N)
    np.testing.assert_array_equal(sites, expected_sites)
    np.testing.assert_array_equal(limits.view(np.int64), thresholds(dynamics, n, unit).view(np.int64))
