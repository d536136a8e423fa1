"""States of the multitasking network: many patterns condensed at once (equations/multitasking.py), and one of K = alpha N.

A neuron's v takes finitely many values per pattern, so that E is a sum over all of them and exact; the Gaussian part of the examples is one
integral per term (averages.py), exact down to T = 0.  All derivatives by n follow by parts, without dividing by the width of the field.

States are minima (or, within a symmetric subspace, saddles) of f = -T A.  A plain iteration lowers f always, a damped Newton step is taken
where it does better; a saddle is left along its unstable direction.  Multistart finds the others.
"""
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from numba import njit
from scipy.optimize import minimize_scalar

from .. import equations
from ..params import ParameterError, check
from . import multitasking_search as search
from .averages import potentials, response
from .multitasking_averages import averages, numbers, of_numbers
from .solution import Solution

CLASSES = ("paramagnet", "pure", "hierarchical", "symmetric", "mixed", "split")
SAME = 1e-6          # overlaps closer than this in units of 1 - d are called equal
CONVERGED = 1e-10
CLOSE = 1e-4         # error of f, in units of (1 - d)**2, at a state of rough averages
STEPS, ESCAPES = 400, 12


def free_energy(e, a):
    return -a.log_cosh + e.norm / 2 * float(a.n @ a.n)


def hessian(e, a):
    """Second derivatives of f by n: (1 + rho) - E v v sech**2/T."""
    return e.norm * np.eye(e.K) - a.curvature


_free_energy, _hessian = njit(cache=True, nogil=True)(free_energy), njit(cache=True, nogil=True)(hessian)       # of `Numbers`


@njit(cache=True, nogil=True)
def _slope(e, a):
    return np.abs(e.norm * a.n - a.drive).max()


def lowest_mode(e, a):
    """Smallest eigenvalue of the Hessian; -inf where fields are tied at T = 0."""
    return -math.inf if a.tied > 0 else float(np.linalg.eigvalsh(hessian(e, a))[0])


# ---- descent

def descend(e, T, n, basis=None, rough=False):
    """(Averages, residual, iterations) of the state that n flows to; basis (K, k): within the subspace that its columns span."""
    B = np.eye(e.K) if basis is None else basis
    return _descend(numbers(e), float(T), averages(e, T, B @ (B.T @ n / (B * B).sum(0)), rough), B, basis is None, rough)


@njit(cache=True, nogil=True)
def _step(H, gradient, least):
    """(H**-1 gradient, True) by Cholesky's method where H is positive definite, with pivots above `least`; (gradient, False) elsewhere."""
    L, way = np.empty_like(H), gradient.copy()
    for k in range(way.size):
        for j in range(k + 1):
            left = H[k, j]
            for i in range(j):
                left -= L[k, i] * L[j, i]
            if j < k:
                L[k, j] = left / L[j, j]
            elif left > least:
                L[k, k] = math.sqrt(left)
            else:
                return gradient, False
        for j in range(k):
            way[k] -= L[k, j] * way[j]
        way[k] /= L[k, k]
    for k in range(way.size - 1, -1, -1):
        for j in range(k + 1, way.size):
            way[k] -= L[j, k] * way[j]
        way[k] /= L[k, k]
    return way, True


@njit(cache=True, nogil=True)
def _escape(e, T, a, rough):
    """(`Averages` at lower f beside a saddle, True); (a, False) where the state is stable."""
    if a.tied > 0:
        way = np.arange(e.K, 0, -1.0) / e.K
    else:
        H = _hessian(e, a)
        if _step(H, a.n, 0.0)[1]:
            return a, False
        modes, V = np.linalg.eigh(H)
        if modes[0] > -1e-9 * e.norm:
            return a, False
        way = V[:, 0] * (1 if V[:, 0].sum() >= 0 else -1)
    here, length = _free_energy(e, a), 0.3 * (1 - e.d) / e.norm
    while length > 1e-7:
        for sign in (1, -1):
            b = of_numbers(e, T, a.n + sign * length * way, rough)
            if _free_energy(e, b) < here - 1e-15:
                return b, True
        length /= 3
    return a, False


@njit(cache=True, nogil=True)
def _descend(e, T, a, B, everywhere, rough):
    size = (B * B).sum(0)
    x = a.n if everywhere else B.T @ a.n / size
    last, escapes, residual, step = math.inf, 0, math.inf, 0
    while step < STEPS:
        step += 1
        gradient = e.norm * a.n - a.drive
        if not everywhere:
            gradient = B.T @ gradient
        residual = np.abs(gradient / size).max()
        stuck = everywhere and a.tied > 0 and e.rho > 0          # an overlap that is zero stays zero by symmetry
        if stuck or residual <= 1e-15 or (residual < 1e-11 and residual > 0.9 * last):     # next to T_c steps gain a factor of 3
            if not everywhere or escapes == ESCAPES:
                break
            out, found = _escape(e, T, a, rough)
            if not found:
                break
            a, x, last, escapes = out, out.n, math.inf, escapes + 1
            continue
        last = residual
        way, gain, part, lowest = gradient, 0.0, 0.0, 0.0
        if a.tied == 0 and T + e.rho > 0:
            H = _hessian(e, a)
            if not everywhere:
                H = B.T @ H @ B
            way, convex = _step(H, gradient, 1e-9)
            if not convex:
                modes, V = np.linalg.eigh(H)
                way, lowest = V @ ((V.T @ gradient) / np.maximum(np.abs(modes), 1e-9)), modes[0]
            part = 1.0
            gain = (gradient * way).sum()
        smooth, flat, newton = part > 0, gain <= 1e-12, a             # flat: f is too flat to tell, the gradient does
        while True:                                              # damped Newton steps, at last (part = 0) the plain one
            point = x - part * way if part > 0 else x - gradient / (e.norm * size)
            best = of_numbers(e, T, point if everywhere else B @ point, rough)
            if part == 0:
                break
            if flat:                                             # beside a saddle (lowest < 0) Newton leaves it fast
                if _free_energy(e, best) < _free_energy(e, a) + 1e-13 and (lowest < 0 or _slope(e, best) < _slope(e, a)):
                    break
                part = part / 4 if part > 1e-6 else 0.0
            elif part > 1e-3:
                if _free_energy(e, best) < _free_energy(e, a) - 0.2 * part * gain:
                    break
                part /= 4
            else:
                part = 0.0
            newton = best
        if smooth and part == 0 and not flat:
            difference = _free_energy(e, newton) - _free_energy(e, best)
            if difference < -1e-13 or (abs(difference) < 1e-13 and (lowest < 0 or _slope(e, newton) < _slope(e, best))):
                best = newton
        a, x = best, best.n if everywhere else B.T @ best.n / size
    return a, residual, step


@njit(cache=True, nogil=True)
def _ends(e, T, seeds, rough):
    """Where the seeds (number, K) flow to, (number, K), largest overlap first; residuals, iterations and P(a tied field), (number,)."""
    n, residual, tied = np.empty(seeds.shape), np.empty(len(seeds)), np.empty(len(seeds))
    steps, B = np.empty(len(seeds), np.int64), np.eye(e.K)
    for i in range(len(seeds)):
        a, residual[i], steps[i] = _descend(e, T, of_numbers(e, T, seeds[i].copy(), rough), B, True, rough)
        n[i], tied[i] = -np.sort(-np.abs(a.n)), a.tied
    return n, residual, steps, tied


def subspace(K, *sizes):
    """Basis (K, len(sizes)) of groups of equal overlaps; the remaining ones are zero."""
    B, first = np.zeros((K, len(sizes))), 0
    for k, size in enumerate(sizes):
        B[first:first + size, k] = 1
        first += size
    return B


def ordered(e, T, a, rough=False):
    """The same state with overlaps n >= 0 in descending order: permutations and signs of patterns are symmetries."""
    n = np.sort(np.abs(a.n))[::-1]
    return a if np.array_equal(n, a.n) else averages(e, T, n, rough)


def minima(e, T, lowest=False):
    """[(Averages, residual, iterations), ...] of the stable states, lowest free energy first, up to permutations and signs.

    lowest: only the first of the list is needed.
    """
    p = 1 - e.d
    if T >= p:
        return [(averages(e, T, np.zeros(e.K)), 0.0, 0)]              # f is convex
    if T == 0 and e.rho == 0:
        return [(averages(e, T, n), 0.0, 1) for n in search.ground_states(e)[:1 if lowest else None]]
    seeds = search.seeds(e)
    if e.rho > 0 and T > 0:
        seeds = [a.n for a, _, _ in descents(e, T, seeds, rough=True)]
        if lowest:
            f = np.array([free_energy(e, averages(e, T, n)) for n in seeds])
            seeds = [n for n, high in zip(seeds, f > f.min() + CLOSE * p * p) if not high]
    return descents(e, T, seeds)


def descents(e, T, seeds, rough=False):
    """The different stable states that the seeds (number, K) flow to, as `minima`."""
    n, residual, steps, tied = _ends(numbers(e), float(T), np.array(seeds), rough)
    kept = (residual <= CONVERGED) & (tied == 0)
    n, residual, steps = n[kept], residual[kept], steps[kept]
    first = search.new(n, SAME * (1 - e.d))
    found = [(averages(e, T, point, rough), error, int(count)) for point, error, count in zip(n[first], residual[first].tolist(), steps[first])]
    return sorted(found, key=lambda state: free_energy(e, state[0]))


def stable_states(params, e, lowest=False):
    """`minima`; the sum over all means of examples, which is slow, starts from the states of Gaussian examples."""
    if len(e.value) == 3:
        return minima(e, params.T, lowest=lowest)
    module = equations.get("multitasking")
    smooth = module.build(params.replace(form="gaussian"))
    seeds = [a.n for a, _, _ in minima(smooth, params.T)] + list(search.starts(e.K, e.d)[-4:] * (1 - e.d) / e.norm)
    return descents(e, params.T, seeds)


def state_class(overlaps, d, tolerance=SAME):
    """Name of a state in CLASSES from its overlaps (K,), equal and zero up to `tolerance` in units of 1 - d.

    pure: one; hierarchical: each larger than the sum of those that follow; symmetric: all that are not zero equal; mixed: some equal;
    split: all different otherwise.  tolerance: 1e-6 suits solutions; for simulated overlaps take several times their sampling error,
    sqrt((1 - d)/N)/(1 - d)/lowest_mode.
    """
    m = np.sort(np.abs(overlaps))[::-1]
    m = m[m > tolerance * (1 - d)]
    if m.size < 2:
        return CLASSES[m.size]
    apart = m[:-1] - m[1:] > tolerance * (1 - d)
    if not apart.any():
        return "symmetric"
    if not apart.all():
        return "mixed"
    rest = np.cumsum(m[::-1])[::-1]
    return "hierarchical" if (m[:-1] > rest[1:]).all() else "split"


# ---- from states to solutions

def solution(network, branch, params, e, a, residual, steps, status=None):
    """`Solution` of one state of finite K."""
    T, energy = params.T, -e.norm / 2 * float(a.n @ a.n)
    f = free_energy(e, a) if T > 0 else energy
    order = {"m": a.m} | ({} if params.learning == "storage" else {"n": a.n}) | {"q": a.q}
    mode = lowest_mode(e, a)
    if status is None:
        status = "converged" if residual < CONVERGED else f"not converged: residual {residual:.1e}; start from other overlaps"
        if residual < CONVERGED and mode < -1e-9:
            status = "converged, but unstable: lowest_mode is negative; start='lowest' is the thermodynamic state"
    example = None
    if params.learning != "storage":
        example = e.norm - a.example if params.learning == "unsupervised" else np.full(e.K, np.nan)
    return Solution(network=network, ansatz="rs", branch=branch, params=params, order=order, free_energy=f,
                    free_entropy=-f / T if T > 0 else math.inf, energy=energy, entropy=a.entropy, replicon=None, lowest_mode=mode,
                    example_mode=example, state_class=state_class(a.m, e.d), converged=residual < CONVERGED, residual=residual, iterations=steps,
                    status=status)


def absent(network, branch, params, status):
    nothing = np.full(params.K, np.nan)
    learned = params.learning != "storage"
    order = {"m": nothing} | ({"n": nothing} if learned else {}) | {"q": math.nan}
    return Solution(network=network, ansatz="rs", branch=branch, params=params, order=order, free_energy=math.nan, free_entropy=math.nan,
                    energy=math.nan, entropy=math.nan, replicon=None, lowest_mode=math.nan, example_mode=nothing if learned else None,
                    state_class="none", converged=False, residual=math.nan, iterations=0, status=status)


def mixture(e, T, size):
    """(Averages, residual, iterations) of `size` equal overlaps, the others zero."""
    return descend(e, T, np.full(e.K, (1 - e.d) / e.norm / math.sqrt(size)), subspace(e.K, size))


def refuse_ansatz(ansatz, k=None):
    if ansatz != "rs" or k is not None:
        steps = "" if k is None else f", k = {k!r}"
        raise ParameterError(f"ansatz = {ansatz!r}{steps}: the multitasking network has the replica-symmetric 'rs' only, which is exact "
                             "for finite K", "ansatz")


def validated(network, params):
    module = equations.get(network)
    return module.resolve(check(network, params, required=module.REQUIRED, optional=module.OPTIONAL))


def solve(network, *, start=None, ansatz="rs", k=None, **params):
    """`Solution` of one state; see solving.solve."""
    refuse_ansatz(ansatz, k)
    module, params = equations.get(network), validated(network, params)
    start = module.check_branch(start, params)
    e = module.build(params)
    if params.alpha is not None:
        return crowded_solution(network, params, e, crowded(params.alpha, params.d, params.T))
    p, T = 1 - e.d, params.T
    if isinstance(start, np.ndarray):
        return solution(network, "given", params, e, *descend(e, T, start / e.norm))
    if start == "lowest":
        found = stable_states(params, e, lowest=True)
        if not found:
            return absent(network, start, params, "no start converged; start from given overlaps")
        return solution(network, start, params, e, *found[0])
    if start == "hierarchical":
        a, residual, steps = descend(e, T, module.hierarchy(e.K, e.d) / e.norm)
        a = ordered(e, T, a)
        kind, reached = state_class(a.m, e.d), None
        if residual < CONVERGED and kind not in ("hierarchical", "pure"):
            reached = f"converged: the hierarchical start flows to a {kind} state here"
        return solution(network, start, params, e, a, residual, steps, reached)
    if T >= p:
        return absent(network, start, params, f"no {start} state at T = {T:.10g}: every overlap vanishes at T_c = 1 - d = {p:.10g}; lower T")
    return solution(network, start, params, e, *mixture(e, T, 1 if start == "pure" else e.K))


def states(network, **params):
    """The stable states of the multitasking network, up to permutations and signs of its patterns.

    network: "multitasking", with K, d, T and, for learning, r and M or rho.  Returns a list of `Solution`, lowest free energy first: the first
    is the thermodynamic state, the others are metastable.  Found by descent from structured and random starts: complete for K <= 3 as
    far as is known, possibly not for K >= 4 at low T (some tens of states at K = 5, d = 1/2, T = 0).
    Raises ParameterError as `solve` does, and for networks without several condensed patterns.
    """
    module = equations.get(network)
    if getattr(module, "SOLVER", None) != "multitasking":
        raise ParameterError(f"network = {network!r}: its states have one condensed pattern; `states` is for 'multitasking'", "network")
    params = validated(network, params)
    if params.alpha is not None:
        raise ParameterError(f"alpha = {params.alpha:g}: states are listed for finite K; give K in place of alpha", "alpha")
    e = module.build(params)
    return [solution(network, "stable", params, e, *found) for found in stable_states(params, e)]


# ---- K = alpha N: one condensed pattern in the noise of the others

@njit(cache=True, nogil=True, error_model="numpy")
def signal_at(w, d, T):
    """(m, chi): the largest m = p E tanh((m + sqrt(w) z)/T), and chi = (1 - q)/T there; m = 0 where there is none, q of d idle neurons included."""
    p, m = 1 - d, 1 - d
    for _ in range(200):                              # p E tanh is concave in m > 0: Newton from above does not cross the root
        t, chi = response(m, w, T)[:2]
        slope = 1 - p * chi
        step = (m - p * t) / slope if slope > 0 else m
        m = max(m - step, 0.0)
        if abs(step) <= 1e-16 or m < 1e-12:
            break
    return m, p * response(m, w, T)[1] + d * response(0.0, w, T)[1]


@njit(cache=True, nogil=True, error_model="numpy")
def load_at(w, d, T):
    """alpha at which the crosstalk has variance w; NaN where no pure state has it, or the other patterns have condensed too (p chi > 1)."""
    p = 1 - d
    m, chi = signal_at(w, d, T)
    q = 1 - T * chi
    if m < 1e-9 or p * chi >= 1 or q <= 0:
        return math.nan
    return w * ((1 - p * chi) / p) ** 2 / q


def largest_load(d, T):
    """(alpha, w) at the end of the pure state: the maximum of alpha(w), 0 where there is none."""
    scan = np.geomspace(1e-10, 4, 241)
    loads = np.nan_to_num([load_at(w, d, T) for w in scan])
    top = int(np.argmax(loads))
    if loads[top] <= 0:
        return 0.0, 0.0
    low, high = math.log(scan[max(top - 1, 0)]), math.log(scan[min(top + 1, 240)])
    found = minimize_scalar(lambda x: -np.nan_to_num(load_at(math.exp(x), d, T)), bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return -float(found.fun), math.exp(found.x)


def crowded(alpha, d, T):
    """(m, chi, w, residual, status) of the pure state; NaN where there is none."""
    end, w_end = largest_load(d, T)
    if not alpha <= end:
        status = f"no pure state at alpha = {alpha:.10g}, d = {d:.10g}, T = {T:.10g}: it ends at alpha = {end:.10g}; lower alpha"
        return math.nan, math.nan, math.nan, math.nan, status
    p = 1 - d
    if alpha == 0:
        w = 0.0
    else:                                             # alpha(w) rises up to w_end, from 0 or from where p chi = 1: bisect, then polish
        low, high = -60.0, math.log(w_end)
        for _ in range(100):
            x = (low + high) / 2
            load = load_at(math.exp(x), d, T)
            low, high = (x, high) if math.isnan(load) or load < alpha else (low, x)
        w = math.exp((low + high) / 2)
    m, chi = signal_at(w, d, T)
    q = 1 - T * chi
    residual = abs(alpha * p * p * q / (1 - p * chi) ** 2 - w) / w if w > 0 else 0.0
    return m, chi, w, residual, "converged" if residual < CONVERGED else f"not converged: residual {residual:.1e}"


def crowded_solution(network, params, e, state):
    """`Solution` of the pure state for K = alpha N, by the formulas of P = 2 with modes of strength 1 - d."""
    m, chi, w, residual, status = state
    module, d, T = equations.get(network), params.d, params.T
    exists = not math.isnan(m)
    x = SimpleNamespace(m=m, chi=chi, q=1 - T * chi, log_cosh=math.nan, spin_entropy=math.nan, fourth=math.nan)
    if exists:
        for part, h in ((1 - d, m), (d, 0.0)):
            values = (*potentials(h, w, T), response(h, w, T)[4])
            for name, value in zip(("log_cosh", "spin_entropy", "fourth"), values):
                before = getattr(x, name)
                setattr(x, name, part * value if part == 1 - d else before + part * value)
    if params.alpha == 0:
        e = replace(e, modes=())
    f = float(module.free_energy(x, e, params.alpha, T))
    crosstalk = w / params.alpha if params.alpha > 0 else math.nan
    return Solution(network=network, ansatz="rs", branch="pure", params=params, order={"m": m, "q": x.q, "chi": chi, "crosstalk": crosstalk},
                    free_energy=f, free_entropy=-f / T if T > 0 else (math.inf if exists else math.nan),
                    energy=float(module.energy(x, e, params.alpha)), entropy=float(module.entropy(x, e, params.alpha)),
                    replicon=float(module.replicon(x, e, params.alpha, np.float64(T))),
                    converged=exists and residual < CONVERGED, residual=residual, iterations=0, status=status)


