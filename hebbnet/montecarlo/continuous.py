"""Engine for real states: every move changes all N coordinates, and the K overlaps are computed anew, O(K N).

    H(x) = -(1/lam) ln sum_mu exp(lam xi_mu . x)   on the sphere norm(x)**2 = N, in Euclidean space with x . x / 2 besides

    metropolis   y = x + width z, z Gaussian, on the sphere scaled back to it (the proposal is symmetric); accepted if dH <= -T ln u
    langevin     x <- x - eta (x - f(x)) + sqrt(eta T/2) (z_t + z_{t+1}),   f = sum_mu softmax(lam xi . x)_mu xi_mu, Euclidean

One sweep is one move.  The width is tuned towards an acceptance of AIM during thermalization (Robbins, Monro) and fixed from then on.  Langevin
averages are exact to order eta**2 by the shared noise, in a quadratic well altogether (B. Leimkuhler, C. Matthews, Appl. Math. Res. Express 2013,
34); without it, to order eta.  The law is not integer: exponentials are the library's, sums run in any order, so that energies of two engines or
machines agree to about 1e-14 per ln K and a decision differs with about that chance.
"""
import numpy as np
from numba import njit
from scipy.special import logsumexp, softmax

from .. import patterns, streams
from ..params import ParameterError
from .forms import Continuous
from .pieces import copies, see

FAST = patterns.FAST
ANY_ORDER = dict(FAST, fastmath={"reassoc", "contract", "nsz"})
METROPOLIS, LANGEVIN = range(2)
AIM = 0.35             # acceptance that the width is tuned to
PATIENCE, DECAY = 50, 0.7   # of the tuning: steps of ln(width) shrink as (1 + sweep/PATIENCE)**-DECAY
NEGLIGIBLE = -46.0     # logarithm of weights that do not change a sum of double precision
LANGEVIN_STEP = 0.1
START = 2**32 - 1      # sweep of the random numbers of starting states
_MOVE = np.uint64(int(streams.Stream.MOVE) << streams.BLOCK_BITS)
_SWEEP = np.uint64(int(streams.Stream.SWEEP) << streams.BLOCK_BITS)


def widths(problem, chains):
    """First width of the moves of every chain (chains,): about the best in a well, or the setting `step`."""
    form, N = problem.form, problem.patterns.N
    if form.step is not None:
        return np.full(chains, float(form.step))
    if problem.dynamics == "langevin":
        return np.full(chains, LANGEVIN_STEP)
    return 2.4 * np.sqrt(np.maximum(np.broadcast_to(problem.T, chains), 1e-4) / N)


class Engine:
    """Chains of one problem, compiled; the interface of numba_engine.Engine."""

    sees = True

    def __init__(self, problem):
        self.problem = problem

    def advance(self, state, sweeps, seen=None):
        """Advance every chain by `sweeps` moves.  Returns the new state and accepted moves (C,)."""
        p, accepted = self.problem, np.zeros(len(state.spins), np.int64)
        T = np.array(np.broadcast_to(p.T, len(state.spins)), float)
        rule, settle = LANGEVIN if p.dynamics == "langevin" else METROPOLIS, 0 if p.form.step is not None else p.form.settle
        move_all(p.patterns.archetypes, p.form.lam, T, p.form.space == "sphere", rule, state.spins, state.overlaps, state.step, p.key, p.sample,
                 state.sweep, sweeps, settle, accepted, *copies(state, seen))
        return state._replace(sweep=state.sweep + sweeps), accepted

    def energies(self, state):
        """-lam H of every chain, (C,)."""
        sums = np.empty(len(state.spins))
        log_sums(state.overlaps, self.problem.form.lam, sums)
        return sums - kinetic(self.problem.form, state.spins)


def kinetic(form, x):
    return form.lam * np.sum(x * x, axis=1) / 2 if form.space == "euclidean" else 0.0


class Reference:
    """The same, slow and obviously right: sums and gradients from their definitions."""

    def __init__(self, problem):
        self.problem = problem

    def energy(self, x):
        form = self.problem.form
        return -logsumexp(form.lam * (self.problem.patterns.archetypes @ x)) / form.lam + (x @ x / 2 if form.space == "euclidean" else 0.0)

    def energies(self, state):
        return np.array([-self.problem.form.lam * self.energy(x) for x in state.spins])

    def advance(self, state, sweeps):
        p, accepted = self.problem, np.zeros(len(state.spins), np.int64)
        T, N, xi = np.broadcast_to(p.T, len(state.spins)), p.patterns.N, p.patterns.archetypes
        for chain, x in enumerate(state.spins):
            for sweep in range(state.sweep, state.sweep + sweeps):
                z = gaussian(p.key, p.sample, sweep, chain, N)
                if p.dynamics == "langevin":
                    eta, again = state.step[chain], gaussian(p.key, p.sample, sweep + 1, chain, N)
                    f = softmax(p.form.lam * (xi @ x)) @ xi
                    x += -eta * (x - f) + np.sqrt(eta * T[chain] / 2) * (z + again)
                    accepted[chain] += 1
                    continue
                y = x + state.step[chain] * z
                if p.form.space == "sphere":
                    y *= np.sqrt(N) / np.linalg.norm(y)
                u = streams.attempts(p.key, sweep, chain, p.sample, 1)[0][0] / streams.WHOLE
                taken = self.energy(y) - self.energy(x) <= -T[chain] * np.log(u)
                x[...] = y if taken else x
                accepted[chain] += taken
                if p.form.step is None and sweep < p.form.settle:
                    state.step[chain] *= np.exp((taken - AIM) * (1 + sweep / PATIENCE) ** -DECAY)
            state.overlaps[chain] = xi @ x
        return state._replace(sweep=state.sweep + sweeps), accepted


def gaussian(key, sample, sweep, chain, N):
    """N Gaussian numbers of one move."""
    blocks = (N + 3) // 4
    z = np.empty(4 * blocks)
    patterns.normal(_MOVE, key, np.uint64(sample), sweep, chain, np.empty((4, blocks), np.uint64), np.empty((4, blocks)), z)
    return z[:N]


@njit(**FAST)
def move_all(xi, lam, T, sphere, rule, x, overlaps, width, key, sample, first, sweeps, settle, accepted, seen_x, seen_overlaps):
    K, N = xi.shape
    blocks = (N + 3) // 4
    words, scratch = np.empty((4, blocks), np.uint64), np.empty((4, blocks))
    z, later, y, f, new = np.empty(4 * blocks), np.empty(4 * blocks), np.empty(N), np.empty(N), np.empty(K)
    word = np.empty((4, 1), np.uint64)
    for chain in range(len(x)):
        old = log_sum(overlaps[chain], lam)
        for sweep in range(first, first + sweeps):
            if rule == LANGEVIN:
                if sweep == first:
                    patterns.normal(_MOVE, key, sample, sweep, chain, words, scratch, z)
                patterns.normal(_MOVE, key, sample, sweep + 1, chain, words, scratch, later)
                mean(xi, overlaps[chain], lam, old, f)
                eta = width[chain]
                for i in range(N):
                    x[chain, i] += -eta * (x[chain, i] - f[i]) + np.sqrt(eta * T[chain] / 2) * (z[i] + later[i])
                z, later = later, z
                project(xi, x[chain], overlaps[chain])
                old = log_sum(overlaps[chain], lam)
                accepted[chain] += 1
                see(x[chain], overlaps[chain], sweep + 1 - first, sweeps, seen_x[chain], seen_overlaps[chain])
                continue
            patterns.normal(_MOVE, key, sample, sweep, chain, words, scratch, z)
            before = after = 0.0
            for i in range(N):
                y[i] = x[chain, i] + width[chain] * z[i]
                before += x[chain, i] * x[chain, i]
                after += y[i] * y[i]
            if sphere:
                stretch = np.sqrt(N / after)
                for i in range(N):
                    y[i] *= stretch
            project(xi, y, new)
            now = log_sum(new, lam)
            change = (old - now) / lam
            if not sphere:
                change += (after - before) / 2
            patterns.fill_words(_SWEEP, sweep, chain, sample, key, word)
            u = (np.float64(np.int64((word[0, 0] | (word[1, 0] << np.uint64(32))) >> np.uint64(12))) * 2.0 + 1.0) / streams.WHOLE
            taken = change <= -T[chain] * np.log(u)
            if taken:
                x[chain] = y
                overlaps[chain] = new
                old = now
                accepted[chain] += 1
            if sweep < settle:
                width[chain] *= np.exp(((1.0 if taken else 0.0) - AIM) * (1 + sweep / PATIENCE) ** -DECAY)
            see(x[chain], overlaps[chain], sweep + 1 - first, sweeps, seen_x[chain], seen_overlaps[chain])


@njit(**ANY_ORDER)
def project(xi, y, out):
    """out (K,) = xi (K, N) . y."""
    for mu in range(xi.shape[0]):
        total = 0.0
        for i in range(xi.shape[1]):
            total += xi[mu, i] * y[i]
        out[mu] = total


@njit(**ANY_ORDER)
def log_sum(overlaps, lam):
    """ln sum_mu exp(lam X_mu)."""
    top = overlaps.max()
    total = 0.0
    for mu in range(overlaps.size):
        power = lam * (overlaps[mu] - top)
        if power > NEGLIGIBLE:
            total += np.exp(power)
    return lam * top + np.log(total)


@njit(**FAST)
def log_sums(overlaps, lam, out):
    for chain in range(len(overlaps)):
        out[chain] = log_sum(overlaps[chain], lam)


@njit(**ANY_ORDER)
def mean(xi, overlaps, lam, log, out):
    """out (N,) = sum_mu xi_mu exp(lam X_mu - log)."""
    out[:] = 0.0
    for mu in range(overlaps.size):
        power = lam * overlaps[mu] - log
        if power > NEGLIGIBLE:
            weight = np.exp(power)
            for i in range(out.size):
                out[i] += weight * xi[mu, i]


# ---- starting states

def start(what, problem, chain, seed):
    """State (N,) of one chain: "pattern", "random", ("overlap", m0) or its array; on the sphere of norm**2 = N, which an array must be on.

    Random ones depend on (seed, sample, chain) alone: uniform on the sphere, in Euclidean space Gaussian of variance 1.
    """
    form, N, xi = problem.form, problem.patterns.N, problem.patterns.archetypes[0]
    z = gaussian(streams.disorder_key(seed), problem.sample, START, chain, N)
    if isinstance(what, np.ndarray):
        x = what[chain % len(what)].astype(float)
        if form.space == "sphere" and abs(x @ x / N - 1) > 1e-6:
            raise ParameterError(f"start has norm**2 = {x @ x:.6g}: on the sphere expected norm**2 = N = {N}; x * sqrt(N) / norm(x) is there",
                                 "start")
    elif what == "random":
        x = z
    elif what == "pattern":
        x = xi.copy()
    else:
        m0, length = what[1], np.linalg.norm(xi)
        across = z - xi * (xi @ z) / length**2
        x = m0 * xi + np.sqrt(1 - m0 * m0) * length / np.linalg.norm(across) * across if abs(m0) < 1 else m0 * xi
    return x * np.sqrt(N) / np.linalg.norm(x) if form.space == "sphere" else x


def real_states(array):
    """The user's starting states as finite float64; ParameterError otherwise."""
    array = np.asarray(array)
    if array.dtype.kind not in "iufb" or not np.isfinite(array).all():
        raise ParameterError(f"start has type {array.dtype}: expected finite numbers", "start")
    return array.astype(float)


def form(params, task):
    """`Continuous` form of a task at one point."""
    return Continuous(params.lam, params.space, task.thermalize, task.step)
