"""The k-step equations as numbers: noise levels, residuals, and Newton's method on them (docs/theory/krsb).

Overlaps q_0 < ... < q_k and breakpoints y_1 < ... < y_k with y = theta/T; chi = (1 - q_k)/T.  With f_i, P_i of recursion.py,
E_i the average over P_i, noise levels w_i (D_i = w_i - w_{i-1}) and h = signal (P/2) m**(P-1):

    m = E_0 f_1',    1 - q_i = 1 - E_i f_{i+1}'**2,    chi = E_k sech**2(h/T)/T,    E_i f_{i+1} - E_{i-1} f_i = y_i B_i

    P >= 3:  w_i = xi'(q_i),      B_i = [g(q_i) - g(q_{i-1})]/2,      g = q xi' - xi
    P = 2:   w_i = alpha r_i,     C_k = 1 - chi,  C_{i-1} = C_i - y_i (q_i - q_{i-1}),
             r_0 = q_0/C_0**2,  r_i - r_{i-1} = (q_i - q_{i-1})/(C_i C_{i-1}),
             B_i = (alpha/2) [q_i (r_i - r_{i-1}) - (q_i - q_{i-1})/(y_i C_{i-1}) - ln(C_{i-1}/C_i)/y_i**2]

The unknowns are the logarithms of 1 - q_i, chi, y_i and of alpha (at given m) or 1 - m (at given alpha).  Nothing is special at
T = 0, where q_k = 1.
"""
import math
from typing import NamedTuple

import numpy as np

from ..equations.dense import derivatives, poly
from .recursion import REACH, recursion

CONVERGED = 1e-8        # largest relative residual of a solution that is called converged
TARGET = 1e-12          # Newton goes on to here, or until rounding stops it
DIFFERENCE = 1e-5       # step of the finite differences in logarithms
FINEST = 20_000         # grid points on one side; beyond, the breaking is too weak (y too large) to be resolved
HEAVIEST = 1e8          # terms of all Gaussian sums: a tenth of a second
STEEPEST = 12           # largest y sqrt(D): beyond, exp(y f) is not resolved either
MERGED = 1e-6           # relative distance of two levels that count as one
WEAK = "the breaking is so weak (y so large) that the field grid does not resolve it; take ansatz='1rsb' or 'rs'"


class Unresolved(ArithmeticError):
    """No solution of this kind was found; the message is a sentence."""


class State(NamedTuple):
    """m, alpha, T, gap = 1 - q_i for i < k (k,), chi = (1 - q_k)/T, y (k,).  gap[0] = 1: q_0 = 0 is kept by symmetry."""

    m: float
    alpha: float
    T: float
    gap: np.ndarray
    chi: float
    y: np.ndarray
    residual: float = math.inf
    iterations: int = 0

    @property
    def gaps(self):
        """1 - q_i, i = 0 ... k."""
        return np.append(self.gap, self.T * self.chi)


# ---- the equations

def differences(c, gaps):
    """p(q_i) - p(q_{i-1}) of the polynomial p with coefficients c, (k,): through q_i - q_{i-1}, as the levels are close."""
    q, dq = 1 - gaps, gaps[:-1] - gaps[1:]
    total, power = np.zeros(dq.size), np.zeros(dq.size)
    for j, coefficient in enumerate(c[1:]):
        power = power * q[1:] + q[:-1] ** j                      # (a**(j+1) - b**(j+1))/(a - b)
        total += coefficient * power
    return total * dq


def crosstalk(x):
    """(C_i, r_i, r_i - r_{i-1}) of P = 2, arrays (k+1,), (k+1,), (k,)."""
    dq = x.gaps[:-1] - x.gaps[1:]
    C = 1 - x.chi - np.append(np.cumsum((x.y * dq)[::-1])[::-1], 0.0)
    if C[0] <= 0:
        raise Unresolved("the P = 2 equations end where chi + sum of y_i (q_i - q_{i-1}) = 1")
    dr = dq / (C[1:] * C[:-1])
    return C, (1 - x.gap[0]) / C[0] ** 2 + np.append(0.0, np.cumsum(dr)), dr


def levels(e, x):
    """(w_0, D (k,), B (k,)): noise levels, and the right-hand sides of the equations for y.  Unresolved unless they ascend."""
    first = derivatives(e)[0]
    q0 = 1 - x.gap[0]
    w = x.alpha * poly(first, q0)
    D = x.alpha * differences(first, x.gaps)
    B = x.alpha * (differences(np.append(0.0, first), x.gaps) - differences(e.kernel, x.gaps)) / 2
    if e.soft:
        C, r, dr = crosstalk(x)
        ratio = x.y * (x.gaps[:-1] - x.gaps[1:]) / C[1:]
        w += x.alpha * e.soft * r[0]
        D = D + x.alpha * e.soft * dr
        B = B + x.alpha * e.soft / 2 * ((1 - x.gaps[1:]) * dr - (ratio / (1 - ratio) + np.log1p(-ratio)) / x.y**2)
    if not (np.all(D > 0) and w >= 0 and x.y[-1] * x.T < 1):
        raise Unresolved("the levels are not in ascending order")
    return w, D, B


def stiffness(e, alpha, q, chi):
    """dw/dq at fixed chi: what multiplies E sech**4/T**2 in the replicon eigenvalue."""
    return alpha * (poly(derivatives(e)[1], q) + e.soft / (1 - chi) ** 2)


def signal(e, x):
    """Mean of the field."""
    return e.signal * e.P / 2 * x.m ** (e.P - 1)


def grid(e, x, fineness=4.0):
    """(step, n) of the field grid: it resolves every Gaussian but the innermost, and what that one makes of the kink."""
    w, D, _ = levels(e, x)
    width = np.sqrt(D)
    inner = max(min(width[-1], math.pi / (2 * x.y[-1])), 1.1 * x.T)
    step = min([inner, *width[:-1], *([math.sqrt(w)] if w > 0 else [])]) / fineness
    n = (abs(signal(e, x)) + np.sum(x.y * D) + REACH * math.sqrt(w + np.sum(D))) / step
    terms = 2 * n * np.sum((x.y * D + REACH * width)[0 if w > 0 else 1:-1]) / step
    if n > FINEST or terms > HEAVIEST or (x.y * width).max() > STEEPEST:
        raise Unresolved(WEAK)
    return step, int(n) + 1


def averages(e, x, where=None):
    """What recursion.recursion returns for the state x, on its own grid if none is given."""
    w, D, _ = levels(e, x)
    return recursion(signal(e, x), w, D, x.y, x.T, *(where or grid(e, x)))


def residuals(e, x, where):
    """Relative residuals of the equations for 1 - q_i (k), chi, y_i (k) and 1 - m; array (2k+2,).

    To first order in q_i - q_{i-1} the equation for y_i follows from those for q; its residual is relative to what is left.
    """
    miss, gaps, gains, _, chi, _, _ = averages(e, x, where)
    dq = (x.gaps[:-1] - x.gaps[1:]) / (1 - x.gaps[1:])
    return np.concatenate([gaps / x.gap - 1, [chi / x.chi - 1], (gains / (x.y * levels(e, x)[2]) - 1) / dq, [miss / (1 - x.m) - 1]])


# ---- Newton's method: `free` is "alpha" (at given m), "m" (at given alpha) or "" (the glass: m = 0)

def pack(x, free):
    """The unknowns as one array."""
    last = {"alpha": [math.log(x.alpha)], "m": [math.log(1 - x.m)], "": []}[free]
    return np.concatenate([np.log(x.gap), [math.log(x.chi)], np.log(x.y), last])


def unpack(v, x, free):
    """The state x with the unknowns v."""
    k = x.y.size
    new = x._replace(gap=np.exp(v[:k]), chi=math.exp(v[k]), y=np.exp(v[k + 1:2 * k + 1]))
    if free == "alpha":
        return new._replace(alpha=math.exp(v[-1]))
    return new._replace(m=1 - math.exp(v[-1])) if free == "m" else new


def active(x, free, hold=False):
    """Indices of the equations and unknowns in use: q_0 = 0 is no unknown, and at m = 0 there is no equation for m.  hold: not y."""
    k = x.y.size
    every = np.arange(1 if x.gap[0] == 1 else 0, 2 * k + 1 + (free != ""))
    return every[(every <= k) | (every > 2 * k)] if hold else every


def jacobian(e, x, free, where, use):
    """Central differences of the residuals on a fixed grid, rows and columns `use`."""
    v = pack(x, free)
    J = np.empty((use.size, use.size))
    for column, i in enumerate(use):
        step = np.zeros(v.size)
        step[i] = DIFFERENCE
        J[:, column] = (residuals(e, unpack(v + step, x, free), where) - residuals(e, unpack(v - step, x, free), where))[use]
    return J / (2 * DIFFERENCE)


def newton(e, x, free, hold=False, steps=40):
    """The solution next to x; Unresolved if it is not reached or is spurious.  hold: at given y, to 1 %.

    Steps are halved until the simplified Newton step that would follow is shorter (Deuflhard's natural test): the size of the
    residuals says little, as the equations for y are nearly those for q.
    """
    use, last, size = active(x, free, hold), math.inf, math.inf
    for iteration in range(steps):
        where = grid(e, x)
        r = residuals(e, x, where)[use]
        size = np.abs(r).max()
        if hold and size < 1e-2:
            return x
        if size < TARGET or (size < CONVERGED and size > last / 4):
            refuse_spurious(x)
            return x._replace(residual=size, iterations=iteration)
        last = size
        try:
            inverse = np.linalg.inv(jacobian(e, x, free, where, use))
        except np.linalg.LinAlgError:
            break
        v, d = pack(x, free), np.zeros(pack(x, free).size)
        d[use] = -inverse @ r
        length = np.abs(d).max()
        f, weak = min(1.0, 0.7 / length), False
        while True:
            try:
                new = unpack(v + f * d, x, free)
                following = np.abs(inverse @ residuals(e, new, grid(e, new))[use]).max()
                if following < (1 - f / 4) * length or size < CONVERGED:
                    break
            except (Unresolved, OverflowError, ValueError) as failure:
                weak = WEAK in str(failure)
            f /= 2
            if f < 1e-3:
                raise Unresolved(WEAK if weak else f"Newton's method stopped at a residual of {size:.1e}")
        x = new
    raise Unresolved(f"Newton's method stopped at a residual of {size:.1e}")


def refuse_spurious(x):
    """Unresolved where two levels have merged: a solution with fewer steps in disguise."""
    dq = x.gaps[:-1] - x.gaps[1:]
    if (dq < MERGED * x.gap[0]).any() or (np.diff(x.y) < MERGED * x.y[:-1]).any():
        raise Unresolved(f"a spurious root: with k = {x.y.size} two levels merge, which is a solution of fewer steps")


def tangent(e, x):
    """d/dm of ln(1 - q_i), ln chi, ln y_i and ln alpha along the curve alpha(m) of solutions; array (2k+2,)."""
    where = grid(e, x)
    dm = DIFFERENCE * (1 - x.m)
    change = (residuals(e, x._replace(m=x.m + dm), where) - residuals(e, x._replace(m=x.m - dm), where)) / (2 * dm)
    use = active(x, "alpha")
    return np.linalg.solve(jacobian(e, x, "alpha", where, use), -change[use])


def shifted(x, along, dm):
    """Predictor: the solution at m + dm by its tangent."""
    return unpack(pack(x, "alpha") + along * dm, x._replace(m=x.m + dm), "alpha")
