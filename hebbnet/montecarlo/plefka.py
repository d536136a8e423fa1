"""Mean-field dynamics: magnetizations m_i in place of spins, at O(P N K) a sweep, to first order ("plefka") or with Onsager's term ("tap").

The energy H = -c sum_mu e_P(W_mu s) has no repeated neuron, so that Plefka's expansion of the Gibbs potential at fixed m begins with H(m):

    h_i = c sum_mu W_i e_{P-1}(W_mu m without i)
    plefka    m_i = tanh(h_i / T)
    tap       m_i = tanh(h_i / T - v m_i [(N-P+1) e_{P-2}(y without i) - (P-1) e_{P-1}(y without i)] / T**2),     y_i = m_i**2

v is the mean square of a coupling, that is, of the coefficient of s_i1 ... s_iP, over the disorder (`crosstalk` of the network), and the
bracket counts the couplings of neuron i with their fluctuations.  For N -> infinity the term is
(1/2) alpha P (P-1) q**(P-2) (1-q) m_i / T**2 with q = sum m_i**2 / N.  P = 2 has all orders of the expansion that survive: v depends on
chi = (1-q)/T.  T = 0: m_i is the sign of h_i in both.

With reaction="instance" (P >= 3) the squared couplings are those of the instance, not of the average over the disorder:

    tap       m_i = tanh(h_i / T - m_i sum_j J_ij**2 (1 - m_j**2) / T**2),     J_ij = c sum_mu W_i W_j e_{P-2}(W_mu m without i and j)

Source: T. Plefka, J. Phys. A 15, 1971 (1982); D. J. Thouless, P. W. Anderson, R. G. Palmer, Phil. Mag. 35, 593 (1977); P = 2: K. Nakanishi,
H. Takayama, J. Phys. A 30, 8085 (1997); G. Parisi, M. Potters, J. Phys. A 28, 5267 (1995).  docs/plefka.md.
"""
from collections.abc import Callable
from math import comb, factorial
from typing import NamedTuple

import numpy as np
from numba import njit

from .. import networks, streams
from ..params import Parameter, ParameterError, choose, count
from . import forms, overlaps
from .numba_engine import ANY_ORDER

DYNAMICS = ("plefka", "tap")
REACTIONS = ("average", "instance")
OBSERVABLES = ("m", "m_other", "q", "energy", "escaped", "n", "m_example", "converged", "iterations", "residual")
DAMPING, TOLERANCE, MOST = 0.5, 1e-10, 1000
BLOCK = 512   # rows whose polynomials are kept at a time: 32 kB for P = 8, close to the processor
COLUMNS = 2**11   # rows whose share in all J_ij is made at a time


class MeanField(NamedTuple):
    """A network as mean-field dynamics sees it.

    rows (N, S): entry [i, mu] is W_mu,i; scale: c.  crosstalk: v as a function of chi, or None for first order.  instance: whether Onsager's
    term has the squared couplings of these rows in place of their average.
    """

    rows: np.ndarray
    P: int
    scale: float
    T: float
    crosstalk: Callable | None
    instance: bool = False

    def local_fields(self, m):
        """(h, H): fields (C, N) and energies (C,) at magnetizations m (C, N)."""
        h, sums = polynomials(self.rows, m, self.P)
        return self.scale * h, -self.scale * sums

    def onsager(self, y):
        """(a, u): Onsager's term takes a m_i from h_i (C, N) and u from the energy (C,); nan where the series of P = 2 diverges.

        y (C, N): squares of magnetizations.
        """
        (C, N), P = y.shape, self.P
        if self.crosstalk is None or self.T == 0:
            return np.zeros((C, N)), np.zeros(C)
        one = np.ones((N, 1))
        (higher, e_P), (lower, e_lower) = polynomials(one, y, P), polynomials(one, y, P - 1)
        v = np.array([self.crosstalk(chi) for chi in (1 - y.mean(axis=1)) / self.T])
        reaction = v[:, None] * ((N - P + 1) * lower - (P - 1) * higher) / self.T
        return reaction, v * (comb(N, P) + (P - 1) * e_P - (N - P + 1) * e_lower) / self.T

    def squared_couplings(self, m):
        """J_ij**2 (N, N) at magnetizations m (N,), zero for i = j; O(P N**2 S)."""
        N, order = len(m), self.P - 2
        J = np.zeros((N, N))
        for start in range(0, self.rows.shape[1], COLUMNS):
            W = self.rows[:, start:start + COLUMNS].astype(float)
            x = W * m[:, None]
            without_i = [np.ones_like(x)]
            for e in forms.polynomials(x, W.shape[1], order, float):
                without_i.append(e - x * without_i[-1])
            power = W                                   # W_j (-x_j)**k: e_{P-2} without j too is sum_k (-x_j)**k e_{P-2-k}
            for k in range(order + 1):
                J += (W * without_i[order - k]) @ power.T
                power = -power * x
        np.fill_diagonal(J, 0)
        return (self.scale * J) ** 2

    def mean(self, field):
        """Mean of a spin in this field."""
        return np.sign(field) if self.T == 0 else np.tanh(field / self.T)

    def residual(self, m):
        """Largest difference of m_i and what the equations make of m, of each chain (C,); not for couplings of the instance."""
        return np.abs(self.mean(self.local_fields(m)[0] - self.onsager(m**2)[0] * m) - m).max(axis=1)

    def energy(self, m):
        """Energy of magnetizations (C,), to the order of the dynamics: the derivative of beta G with respect to beta."""
        return self.local_fields(m)[1] - self.onsager(m**2)[1]


class FixedPoint(NamedTuple):
    """Where C chains ended: magnetizations (C, N), and for each chain the energy per neuron, converged, iterations, residual (C,).

    residual: largest difference of m_i and what the equations make of m.  A chain that did not converge has its last magnetizations.
    Where the equations are not defined there (tap with P = 2 and (1 - q)/T beyond the pole), energy and residual are nan.
    """

    magnetizations: np.ndarray
    energy: np.ndarray
    converged: np.ndarray
    iterations: np.ndarray
    residual: np.ndarray


def fixed_point(rows, *, P, T, start, dynamics="tap", scale=None, crosstalk=None, reaction="average", damping=DAMPING, tolerance=TOLERANCE,
                most=MOST):
    """Magnetizations that solve the mean-field equations of H = -scale sum_mu e_P(W_mu s): a `FixedPoint`.

    rows (S, N): the W_mu, any numbers; start (N,) or (C, N): magnetizations in [-1, 1], one chain each; T: temperature; dynamics: "plefka"
    (first order) or "tap" (with Onsager's term); scale: default P!/(2 N**(P-1)).  crosstalk: v as a function of chi = (1-q)/T; default that
    of independent rows of independent entries.  reaction: "average", Onsager's term with v, or "instance", with the squared couplings
    J_ij**2 of these rows (tap with P >= 3; O(P N**2 S) about ten times).  Each of at most `most` sweeps takes m to m + damping (equations(m)
    - m), all neurons at once, until the equations hold to `tolerance` in every neuron.  Raises ParameterError.  Equations and sources:
    docs/plefka.md.
    """
    choose("dynamics", dynamics, DYNAMICS)
    check_reaction(reaction, dynamics)
    rows, start = real("rows", rows), real("start", start)
    if rows.ndim != 2 or 0 in rows.shape:
        raise ParameterError(f"rows has shape {rows.shape}: expected (S, N), one row per stored pattern", "rows")
    S, N = rows.shape
    start = magnetizations(np.atleast_2d(start))
    if start.ndim != 2 or start.shape[1] != N:
        raise ParameterError(f"start has shape {start.shape}: expected (N,) or (C, N) with N = {N}", "start")
    P = Parameter(name="P", symbol="P", meaning="interaction order", kind=int, low=2, high=N).check(P)
    T = Parameter(name="T", symbol="T", meaning="temperature", kind=float, low=0).check(T)
    check_reaction(reaction, dynamics, P)
    scale = factorial(P) / (2 * N ** (P - 1)) if scale is None else float(scale)
    if crosstalk is None:
        squares = np.mean(rows**2, axis=1)

        def crosstalk(chi):
            return pole(scale * N * squares, chi) @ (scale * squares) ** 2 if P == 2 else scale**2 * np.sum(squares**P)

    network = MeanField(np.ascontiguousarray(rows.T), P, scale, T, crosstalk if dynamics == "tap" else None, reaction == "instance")
    return iterate(network, start, check_damping(damping), check_tolerance(tolerance), count("most", most))


def pole(weights, chi):
    """1/(1 - w chi) for each of the weights; nan beyond the pole, where the series it stands for diverges."""
    left = 1 - np.asarray(weights) * chi
    return np.divide(1, left, out=np.full(left.shape, np.nan), where=left > 0)


def iterate(network, start, damping, tolerance, most):
    """`FixedPoint` of damped parallel iteration from magnetizations (C, N).  A chain that is done is no longer touched.

    On the way Onsager's term has the squares of the last means, not of m: m between two states far apart is soft without being so at
    equilibrium, and at low T the term, of order (1 - q)/T**2, would take the chain out of retrieval.
    """
    if network.instance and network.T > 0:
        return iterate_instance(network, start, damping, tolerance, most)
    m = np.array(start, float)
    active, last = np.arange(len(m)), m**2
    iterations, residual = np.zeros(len(m), np.int64), np.full(len(m), np.nan)
    for sweep in range(most + 1):
        now = m[active]
        field = network.local_fields(now)[0]
        residual[active] = np.abs(network.mean(field - network.onsager(now**2)[0] * now) - now).max(axis=1)
        iterations[active] = sweep
        mean = network.mean(field - network.onsager(last)[0] * now)
        moving = ~(residual[active] <= tolerance) & np.isfinite(mean).all(axis=1)
        active, now, mean = active[moving], now[moving], mean[moving]
        if not len(active) or sweep == most:
            break
        m[active], last = now + damping * (mean - now), mean**2
    return FixedPoint(m, network.energy(m) / m.shape[1], residual <= tolerance, iterations, residual)


def iterate_instance(network, start, damping, tolerance, most):
    """`iterate` with the couplings of the instance, chain by chain, from the fixed point with averaged ones.

    Squared couplings are made anew only when the equations with the last ones hold a hundred times better than they did: the residual
    that counts is that with couplings at m itself.
    """
    average = iterate(network._replace(instance=False), start, damping, tolerance, most)
    m, sweeps, T = average.magnetizations, average.iterations, network.T
    residual, correction = np.empty(len(m)), np.empty(len(m))

    def equations(x, reaction):
        return network.mean(network.local_fields(x[None])[0][0] - reaction * x)

    for c in range(len(m)):
        while True:
            squares = network.squared_couplings(m[c]) / T
            mean = equations(m[c], squares @ (1 - m[c] ** 2))
            residual[c] = near = np.abs(mean - m[c]).max()
            goal = max(near / 100, tolerance / 2)
            if not residual[c] > tolerance or sweeps[c] >= most:
                break
            while near > goal and sweeps[c] < most:
                m[c] += damping * (mean - m[c])
                mean = equations(m[c], squares @ (1 - mean**2))
                near, sweeps[c] = np.abs(mean - m[c]).max(), sweeps[c] + 1
        soft = 1 - m[c] ** 2
        a, u = network.onsager(m[c:c + 1] ** 2)           # pairs of this instance, larger groups of neurons on average
        correction[c] = u[0] + soft @ (squares @ soft - a[0]) / 2
    energy = (network.local_fields(m)[1] - correction) / m.shape[1]
    return FixedPoint(m, energy, residual <= tolerance, sweeps, residual)


def stochastic(network, start, damping, thermalize, measure, draw):
    """Spins drawn at the fields of their own running means: s_i = +-1 with mean tanh(field_i(m)/T), then m += damping (s - m).

    Magnetizations (C, N): the mean over `measure` sweeps of tanh(field/T), after `thermalize`.  damping = 1 is Little's parallel dynamics
    (plefka), small damping approaches the fixed point.  draw(sweep) -> (C, N): odd n, n/2**53 uniform in (0, 1).
    """
    m, last, total = np.array(start, float), np.square(start), np.zeros(start.shape)
    for sweep in range(thermalize + measure):
        field, n = network.local_fields(m)[0] - network.onsager(last)[0] * m, draw(sweep)
        mean = network.mean(field)
        if network.T == 0:
            up = np.where(field == 0, n > streams.WHOLE / 2, field > 0)
        else:
            up = field > -network.T / 2 * streams.logit(n)
        m += damping * (np.where(up, 1.0, -1.0) - m)
        last = mean**2
        if sweep >= thermalize:
            total += mean
    return total / measure


# ---- polynomials -----------------------------------------------------------------------------------------------------------------

def polynomials(rows, m, P):
    """(sum_mu W_i e_{P-1}(W_mu m without i) (C, N), sum_mu e_P(W_mu m) (C,)) for rows (N, S) and m (C, N)."""
    fields, sums = np.zeros(m.shape), np.zeros(len(m))
    add_polynomials(rows, np.ascontiguousarray(m), tuple(range(P)), fields, sums)
    return fields, sums


@njit(**ANY_ORDER)
def add_polynomials(rows, m, orders, fields, sums):
    """E_k (k = 1 ... P = len(orders)) of a block of rows neuron by neuron, then neuron by neuron what is left without it.

    A block of rows comes from memory once, for both passes and all chains.  The sums do not depend on the other chains.
    """
    C, N = m.shape
    S, P = rows.shape[1], len(orders)
    E = np.empty((P, BLOCK))
    for start in range(0, S, BLOCK):
        width = min(BLOCK, S - start)
        for chain in range(C):
            E[:] = 0.0
            for i in range(N):
                enter(rows[i, start:start + width], m[chain, i], E, orders)
            for i in range(N):
                fields[chain, i] += without(rows[i, start:start + width], m[chain, i], E, orders)
            for mu in range(width):
                sums[chain] += E[P - 1, mu]


@njit(**ANY_ORDER)
def enter(row, m, E, orders):
    for mu in range(row.size):
        x, lower = row[mu] * m, 1.0
        for k in range(len(orders)):
            old = E[k, mu]
            E[k, mu] = old + x * lower
            lower = old


@njit(**ANY_ORDER)
def without(row, m, E, orders):
    """sum_mu W D_{P-1} with D_0 = 1, D_k = E_k - x D_{k-1}."""
    total = 0.0
    for mu in range(row.size):
        W = np.float64(row[mu])
        x, D = W * m, 1.0
        for k in range(len(orders) - 1):
            D = E[k, mu] - x * D
        total += W * D
    return total


# ---- as the dynamics of `simulate` -------------------------------------------------------------------------------------------------

def check_settings(task):
    """`task` with its settings for mean-field dynamics in one spelling, as a dict; ParameterError where they have no meaning."""
    if task.dynamics not in DYNAMICS:
        for name in ("damping", "tolerance", "stochastic", "reaction"):
            if getattr(task, name) not in (None, False) or isinstance(getattr(task, name), float):
                raise ParameterError(f"{name} = {getattr(task, name)} with dynamics = {task.dynamics!r}: a setting of dynamics='plefka' and "
                                     "'tap'; leave it out", name)
        return {}
    for name, only, why in (("order", "random", "all neurons are updated at once"), ("every", 1, "there is one measurement, at the end")):
        if getattr(task, name) != only:
            raise ParameterError(f"{name} = {getattr(task, name)!r} with dynamics = {task.dynamics!r}: {why}; leave {name} out", name)
    if not isinstance(task.stochastic, bool):
        raise ParameterError(f"stochastic = {task.stochastic!r}: expected True or False", "stochastic")
    if task.stochastic and task.tolerance is not None:
        raise ParameterError(f"tolerance = {task.tolerance} with stochastic = True, which does not converge: leave tolerance out", "tolerance")
    check_reaction("average" if task.reaction is None else task.reaction, task.dynamics)
    if task.stochastic and task.reaction == "instance":
        raise ParameterError("reaction = 'instance' with stochastic = True, which would make the couplings anew in every sweep: leave one out",
                             "reaction")
    return {"damping": check_damping(DAMPING if task.damping is None else task.damping),
            "tolerance": None if task.stochastic else check_tolerance(TOLERANCE if task.tolerance is None else task.tolerance)}


def identity(task):
    """What else decides the numbers of a task with mean-field dynamics; nothing for any other."""
    if task.dynamics not in DYNAMICS:
        return {}
    found = {name: getattr(task, name) for name in ("damping", "tolerance", "stochastic")}
    return found | ({"reaction": "instance"} if task.reaction == "instance" else {})


def check_reaction(reaction, dynamics, P=None):
    choose("reaction", reaction, REACTIONS)
    if reaction == "instance" and dynamics != "tap":
        raise ParameterError(f"reaction = 'instance' with dynamics = {dynamics!r}, which has no Onsager term: leave reaction out, or use 'tap'",
                             "reaction")
    if reaction == "instance" and P == 2:
        raise ParameterError("reaction = 'instance' with P = 2, whose reaction is the sum of all orders and is known on average only: leave "
                             "reaction out, or use P >= 3", "reaction")


def check_point(task, params):
    check_reaction("average" if task.reaction is None else task.reaction, task.dynamics, params.P)
    if params.self_interaction:
        raise ParameterError("self_interaction = True with dynamics = 'plefka' or 'tap': their energy has no repeated neuron; leave "
                             "self_interaction out", "self_interaction")


def mean_field(task, params, rows):
    """`MeanField` of one point of a task whose network has stored `rows` (N, S)."""
    network = networks.get(task.network)
    return MeanField(rows, params.P, network.scale(params), params.T,
                     (lambda chi: network.crosstalk(params, chi)) if task.dynamics == "tap" else None, task.reaction == "instance")


def measurements(task, params, problem, start, lost, spins=False):
    """name -> (dims, array) of one disorder sample, from magnetizations `start` (C, N); the twin of MonteCarlo.measurements."""
    network = mean_field(task, params, problem.patterns.rows)
    N = params.N
    if task.stochastic:
        def draw(sweep):
            return np.stack([streams.attempts(problem.key, sweep, chain, problem.sample, N)[0] for chain in range(len(start))])

        m = stochastic(network, start, task.damping, task.thermalize, task.measure, draw)
        found = {"energy": network.energy(m) / N, "residual": network.residual(m)}
    else:
        m, *rest = iterate(network, start, task.damping, task.tolerance, task.thermalize + task.measure)
        found = dict(zip(FixedPoint._fields[1:], rest))
    found |= {"q": np.mean(m**2, axis=1), **overlaps.of_magnetizations(problem.patterns, m, params)}
    before = overlaps.of_magnetizations(problem.patterns, start, params)
    followed = "n" if "n" in found else "m"
    found["escaped"] = (np.abs(before["m"]) >= lost) & (np.sign(before["m"]) * found[followed] < lost * np.abs(before[followed]))
    out = {name: (("disorder", "chain"), x[None]) for name, x in found.items() if name in task.observables}
    if spins:
        out["magnetizations"] = (("disorder", "chain", "neuron"), m[None])
    return out


def check_damping(value):
    return Parameter(name="damping", symbol="damping", meaning="fraction of a step that is taken", kind=float, low=0, high=1, above=True).check(value)


def check_tolerance(value):
    return Parameter(name="tolerance", symbol="tolerance", meaning="largest residual of a solution", kind=float, low=0, above=True).check(value)


def real(name, array):
    array = np.asarray(array)
    if array.dtype.kind not in "iufb" or not np.isfinite(array).all():
        raise ParameterError(f"{name} of type {array.dtype}: expected finite numbers", name)
    return array.astype(float)


def magnetizations(array):
    """`array` as float64, refused unless every entry is in [-1, 1]."""
    array = real("start", array)
    if np.any(np.abs(array) > 1):
        raise ParameterError(f"start has an entry {array.flat[np.abs(array).argmax()]}: expected magnetizations from -1 to 1", "start")
    return array
