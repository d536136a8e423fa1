"""How many patterns one softmax update can tell apart: each probe meets random patterns until their noise is stronger than its signal.

    exp(lam N u0) against sum over the others of exp(lam N u_mu),   u_mu = xi_mu . x / N

The noise only grows with K, so that one pass over the patterns gives the load at which a probe is lost, and all loads at once.  With a probe x that
does not depend on the other patterns their overlaps are independent numbers of a known law, and no pattern is needed (draw = "overlaps"):

    spherical  u is a coordinate of a random direction, sqrt(1 - U**(2/(N-2))) cos(2 pi V) with U, V uniform (its projection on a plane)
    gaussian   u = norm(x) z / N, z Gaussian            binary   N u is a sum of N fair signs

draw = "patterns" streams the patterns themselves, chunk by chunk (`patterns.Ensemble`), and takes N times as long.
"""
import math
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numba import njit

from .. import patterns, streams
from ..observables import describe
from ..params import PARAMETERS, ParameterError, check, check_seed, choose, count
from .preparing import dynamics_key

DRAWS = ("overlaps", "patterns")
LARGEST = 10**7        # patterns that a probe meets at most, unless told otherwise
BLOCKS = 2**10         # blocks of random numbers drawn at a time
CHUNK = 2**12          # patterns streamed at a time
FAST = patterns.FAST
_OVERLAP = np.uint64(int(streams.Stream.OVERLAP) << streams.BLOCK_BITS)


@dataclass(frozen=True)
class OneUpdate:
    """Critical loads of `probes` probes in each of `disorder` batches: the task of a Study over N, lam, ensemble and overlap.

    overlap of the grid point: that of the probe with its pattern (binary: rounded to whole spins); without it the pattern is its own probe.
    largest: a probe that is not lost among so many patterns counts as never lost; draw: "overlaps" or "patterns".
    """

    network: str = "modern"
    _: KW_ONLY
    probes: int = 100
    disorder: int = 4
    largest: int = LARGEST
    draw: str = "overlaps"

    def __post_init__(self):
        choose("network", self.network, ("modern",))
        choose("draw", self.draw, DRAWS)
        for name, low in (("probes", 1), ("disorder", 1), ("largest", 2)):
            object.__setattr__(self, name, count(name, getattr(self, name), low))
        if self.largest > 2**32:
            raise ParameterError(f"largest = {self.largest}: random numbers are numbered with 32 bits; expected at most 2**32", "largest")

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        """Everything that decides the numbers of one task except grid point, sample and seed; JSON-able."""
        return {"task": "OneUpdate", "network": self.network, "probes": self.probes, "largest": self.largest, "draw": self.draw}

    def check(self, point):
        """Validated parameters; ParameterError where they are wrong."""
        params = check(self.network, point, required=("N", "lam"), optional={"ensemble": "spherical", "overlap": None})
        if params.N < 3:
            raise ParameterError(f"N = {params.N}: expected at least 3 neurons", "N")
        if params.overlap is not None and params.overlap <= 0:
            raise ParameterError(f"overlap = {params.overlap}: expected a number > 0 and <= 1; other probes retrieve nothing", "overlap")
        return params

    def run(self, point, *, sample, seed):
        """alpha_lost (disorder, probe): ln K / N with the number K of patterns at which the probe is lost, inf beyond `largest`."""
        params = self.check(point)
        lost = (self.streamed if self.draw == "patterns" else self.drawn)(params, sample, seed)
        with np.errstate(divide="ignore"):
            alpha = np.where(lost > 0, np.log(np.maximum(lost, 1)) / params.N, np.inf)
        return {"alpha_lost": (("disorder", "probe"), alpha[None])}

    def drawn(self, params, sample, seed):
        """Number of patterns at which each probe is lost, 0 for never (probes,)."""
        key, N, lam = dynamics_key(self.network, params, seed), params.N, params.lam
        lost = np.zeros(self.probes, np.int64)
        length = np.ones(self.probes)                       # norm(x)**2/N of the probes
        if params.ensemble == "gaussian" and params.overlap is None:
            own = patterns.Ensemble("gaussian", self.probes, N, seed=seed, sample=sample)[:]
            length = np.mean(own**2, axis=1)
        u = signal(params, length)
        kind = ("spherical", "gaussian", "binary").index(params.ensemble)
        meet(kind, N, lam, lam * N * u, lam * N * np.sqrt(length), self.largest, key, sample, lost)
        return lost

    def streamed(self, params, sample, seed):
        """The same with patterns: probe p is made from pattern 0 of the disorder sample `sample` * probes + p."""
        lost = np.zeros(self.probes, np.int64)
        for probe in range(self.probes):
            stored = patterns.Ensemble(params.ensemble, self.largest, params.N, seed=seed, sample=sample * self.probes + probe)
            x, u = probe_at(stored[0], params, seed, stored.sample)
            own, total, K = params.lam * params.N * u, 0.0, 1
            while K < self.largest and not lost[probe]:
                with np.errstate(over="ignore"):
                    sums = total + np.cumsum(np.exp(params.lam * (stored[K:K + CHUNK] @ x) - own))
                beyond = np.flatnonzero(sums >= 1)
                lost[probe] = K + 1 + beyond[0] if beyond.size else 0
                total, K = sums[-1], K + len(sums)
        return lost

    def summarize(self, dataset):
        """Add the load at which half of all probes are lost, `alpha_half`, and its standard error from the order of the loads."""
        lost = dataset.alpha_lost.stack(all=("disorder", "probe")).transpose("all", ...).values
        half, error = half_point(lost)
        dims = [d for d in dataset.alpha_lost.dims if d not in ("disorder", "probe")]
        dataset["alpha_half"], dataset["alpha_half_err"] = (dims, half), (dims, error)
        for name in dataset.variables:
            dataset[name].attrs.update(describe(name))
        return dataset


def signal(params, length):
    """Overlap of each probe with its pattern: norm(xi)**2/N of the pattern itself."""
    if params.overlap is None:
        return length
    if params.ensemble == "binary":
        return np.full(len(length), 1 - 2 * round(params.N * (1 - params.overlap) / 2) / params.N)
    return np.full(len(length), params.overlap)


def probe_at(xi, params, seed, sample):
    """(x, u): a random state x at the overlap u with the pattern xi (N,); binary with whole spins reversed, otherwise of norm**2 = N.

    Gaussian patterns of all lengths would not have the overlap: the pattern is drawn given it, so that only x matters.
    """
    N = params.N
    if params.overlap is None:
        return xi, xi @ xi / N
    z = patterns.Ensemble("gaussian", 1, N, seed=seed, sample=2**32 - 1 - sample)[0]
    u = float(signal(params, np.ones(1))[0])
    if params.ensemble == "binary":
        x = xi.copy()
        x[np.argsort(z)[:round(N * (1 - u) / 2)]] *= -1
        return x, u
    if params.ensemble == "spherical":
        across = z - xi * (xi @ z) / N
        z = u * xi + math.sqrt((1 - u * u) * N / (across @ across)) * across
    return z * math.sqrt(N / (z @ z)), u


def half_point(x):
    """Median over the first axis and its standard error: half the distance of the order statistics sqrt(n)/2 places on both sides."""
    n = len(x)
    ordered = np.sort(x, axis=0)
    low, high = (np.clip(round(n / 2 + side * math.sqrt(n) / 2), 0, n - 1) for side in (-1, 1))
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(ordered[n // 2]), np.inf, np.median(x, axis=0)), (ordered[high] - ordered[low]) / 2


def critical_loads(network="modern", *, N, lam, ensemble="spherical", overlap=None, probes=400, largest=LARGEST, draw="overlaps", seed=0):
    """ln K / N at which one update loses each of `probes` independent probes, an array (probes,), inf where `largest` patterns do not.

    The fraction retrieved at a load alpha is np.mean(loads > alpha); np.median(loads) is the load of half of them.  Parameters as in `OneUpdate`.
    Raises ParameterError.  docs/theory/modern_statistics.
    """
    task = OneUpdate(network, probes=probes, disorder=1, largest=largest, draw=draw)
    point = {"N": N, "lam": lam, "ensemble": ensemble, **({} if overlap is None else {"overlap": overlap})}
    return task.run(point, sample=0, seed=check_seed(seed))["alpha_lost"][1][0]


def retrieved(stored, lam, *, chunk=2**10):
    """Whether one softmax update from each pattern itself retrieves it, its weight above 1/2: bool (K,), from all K**2 overlaps.

    stored (K, N): an array, or `patterns.Ensemble`, read `chunk` rows at a time; for the question whether *all* patterns are retrieved.
    """
    lam = PARAMETERS["lam"].check(lam)
    K = len(stored)
    out = np.empty(K, bool)
    for start in range(0, K, chunk):
        probes = stored[start:start + chunk]
        own = lam * np.sum(probes * probes, axis=1)
        noise = np.full(len(probes), -1.0)                   # the own pattern is among those that are summed
        for other in range(0, K, chunk):
            with np.errstate(over="ignore"):
                noise += np.exp(lam * (probes @ stored[other:other + chunk].T) - own[:, None]).sum(axis=1)
        out[start:start + chunk] = noise < 1
    return out


@njit(**FAST)
def meet(kind, N, lam, own, width, largest, key, sample, lost):
    """lost[p] = number of patterns, own included, at which sum exp(lam N u - own[p]) first reaches 1; stays 0 up to `largest`."""
    w, scratch, z = np.empty((4, BLOCKS), np.uint64), np.empty((4, BLOCKS)), np.empty(4 * BLOCKS)
    root, work = np.empty(BLOCKS), np.empty(BLOCKS)
    words = (N + 31) // 32
    last = np.uint64((1 << (N - 32 * (words - 1))) - 1)      # bits of the last word
    weight = np.empty(N + 1)
    for probe in range(lost.size):
        for k in range(N + 1):
            weight[k] = np.exp(lam * (2 * k - N) - own[probe])
        total, K, chunk = 0.0, 1, 0
        while K < largest and lost[probe] == 0:
            if kind == 1:
                patterns.normal(_OVERLAP, key, sample, chunk, probe, w, scratch, z)
                for k in range(z.size):
                    K += 1
                    total += np.exp(width[probe] / np.sqrt(N) * z[k] - own[probe])
                    if total >= 1.0 or K == largest:
                        lost[probe] = K if total >= 1.0 else 0
                        break
            else:
                patterns.fill_words(_OVERLAP, chunk, probe, sample, key, w)
                if kind == 0:
                    for b in range(BLOCKS):
                        root[b] = (np.float64(np.int64((w[0, b] | (w[1, b] << np.uint64(32))) >> np.uint64(12))) * 2.0 + 1.0) * 2.0**-53
                    patterns.log(root, work)
                    for b in range(BLOCKS):
                        K += 1
                        u = np.sqrt(-np.expm1(2.0 / (N - 2) * root[b])) * np.cos(2 * np.pi * (np.float64(np.int64(w[2, b])) + 0.5) * 2.0**-32)
                        total += np.exp(lam * N * u - own[probe])
                        if total >= 1.0 or K == largest:
                            lost[probe] = K if total >= 1.0 else 0
                            break
                else:
                    for n in range(4 * BLOCKS // words):
                        ones = 0
                        for part in range(words):
                            place = n * words + part
                            bits = w[place & 3, place >> 2]
                            ones += ones_of(bits & last if part == words - 1 else bits)
                        K += 1
                        total += weight[ones]
                        if total >= 1.0 or K == largest:
                            lost[probe] = K if total >= 1.0 else 0
                            break
            chunk += 1


@njit(**FAST)
def ones_of(x):
    """Number of ones among the low 32 bits of x."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x55555555))
    x = (x & np.uint64(0x33333333)) + ((x >> np.uint64(2)) & np.uint64(0x33333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F)
    return np.int64(((x * np.uint64(0x01010101)) & np.uint64(0xFFFFFFFF)) >> np.uint64(24))
