"""Compiled kernel of supervised networks with P = 4: up to four times as fast as the polynomials that every row carries (forms.Symmetric).

With x_j = W_j s_j, X = sum_j x_j and p_k = sum_j x_j**k of a row, p_2 and p_4 are the same for all spins, and Newton's identities

    2 E_2 = X**2 - p_2,     6 E_3 = X**3 - 3 X p_2 + 2 p_3,     24 E_4 = X**4 - 6 X**2 p_2 + 3 p_2**2 + 8 X p_3 - 6 p_4

leave p_3, which enters the field only linearly, as a local field of couplings J:

    6 h_i = sum_mu [W_i V - 3 s_i (W_i X)**2] + s_i c_i + sum_{j != i} J_ij s_j,
    V = X**3 - 3 X p_2,     c_i = sum_mu [3 W_i**2 p_2 + 2 W_i**4],     J_ij = sum_mu [6 W_i**3 W_j + 2 W_i W_j**3].

An attempt adds up W V and (W X)**2 in float32, with a bound on the error; where that does not decide, integers do.  A flip makes V anew.
"""
from typing import NamedTuple

import numpy as np
from numba import njit

from .attempts import FAST, begin, decide, draw_sweep, end
from .forms import EXACT_FLOAT, LARGEST, SAFE, Symmetric
from .pieces import due, see

ANY_ORDER = dict(FAST, fastmath={"reassoc", "contract", "nsz"}, forceinline=True)   # a call would cost the reference counts of its arrays
STRIP = 512                          # terms that are added up before float64
ERROR = 1.001 * (STRIP + 16) * 2.0**-24   # of a sum over its terms' absolute values: roundings of a term and of additions in any order
FEWEST = 2       # rows per neuron below which couplings cost more than they save (measured)
MOST = 2**12     # neurons: 128 MB of couplings
NEAREST, PAIRS = 2**12, 0.3   # from how many rows on, and below which acceptance, two attempts share what is read (measured)
CHUNK = 2**12    # rows converted to float64 at a time


class Powers(NamedTuple):
    """p_2 and p_4 (S,), couplings (N, N) with J_ij at [j, i], c (N,), and the largest |W|."""

    p2: np.ndarray
    p4: np.ndarray
    couplings: np.ndarray
    c: np.ndarray
    largest: float


def powers(problem):
    """`Powers` of a problem, or None where this kernel does not take it: 64 bits must hold 24 E_4 and 6 h, and float64 the couplings."""
    form, rows, N = problem.form, problem.patterns.rows, problem.patterns.N
    if not isinstance(form, Symmetric) or form.P != 4 or form.room < 24 or N > MOST or problem.patterns.S < FEWEST * N:
        return None
    sizes = np.abs(rows).max(axis=0).astype(float)
    highest = 8 * np.sum(sizes**4)
    if highest >= SAFE * EXACT_FLOAT or N * highest >= LARGEST / 2 or N * sizes.max() >= 2**24:
        return None
    p2, p4, J, c = np.zeros(rows.shape[1], np.int64), np.zeros(rows.shape[1], np.int64), np.zeros((N, N)), np.zeros(N, np.int64)
    add_squares(rows, p2, p4, c)
    for start in range(0, rows.shape[1], CHUNK):
        W = rows[:, start:start + CHUNK].astype(float)
        J += W @ (W**3).T
    J = 6 * J + 2 * J.T
    np.fill_diagonal(J, 0)
    return Powers(p2, p4, J.astype(np.int64), c, float(sizes.max()))


@njit(**FAST)
def add_squares(rows, p2, p4, c):
    for i in range(rows.shape[0]):
        for mu in range(rows.shape[1]):
            square = np.int64(rows[i, mu]) ** 2
            p2[mu] += square
            p4[mu] += square * square
    for i in range(rows.shape[0]):
        for mu in range(rows.shape[1]):
            square = np.int64(rows[i, mu]) ** 2
            c[i] += square * (3 * p2[mu] + 2 * square)


@njit(**FAST)
def run_all_powers(rows, p, spins, E, past, key, sample, offset, first, sweeps, rule, draws, units, random, parallel, flips,
                   seen_spins, seen_E):
    S = E.shape[2]
    X, V, h = np.empty(S, np.float32), np.empty(S, np.float32), np.empty(spins.shape[1], np.int64)   # |X| < 2**24
    near = (3 * p.p2).astype(np.float32)
    for chain in range(len(spins)):
        flips[chain] = run_powers(rows, p, near, spins[chain], E[chain], X, V, h, past, chain, offset, key, sample, first, sweeps, rule,
                                  draws[chain], units[chain], random, parallel, seen_spins[chain], seen_E[chain])


@njit(**FAST)
def run_powers(rows, p, near, spins, E, X, V, h, past, chain, offset, key, sample, first, sweeps, rule, draw, unit, random, parallel,
               seen_spins, seen_E):
    """`run_overlaps` (numba_engine.py); X, V (S,), h (N,): scratch; near (S,): 3 p_2."""
    N = spins.size
    limits, sites, work = np.empty(N), np.arange(N), np.empty((2, N))
    new, old = np.empty(N, np.int8), spins.copy()
    flips, told, ready, terms = 0, 0, False, 0.0   # told: flips that E_1, ..., E_4 know of, as those of the spins `old`
    lows, highs, known = past.fields[chain, 0], past.fields[chain, 1], past.known[chain]
    changes, recent = begin(past, chain, spins), past.recent[chain]
    for sweep in range(first, first + sweeps):
        draw_sweep(key, sweep, offset + chain, sample, draw, unit, random and not parallel, limits, sites, work)
        before, pairs = flips, V.size > NEAREST and recent < PAIRS * N
        keep = pairs or recent < past.rare
        for a in range(N):
            i, limit = sites[a], 6 * limits[a]
            s, found = spins[i], keep and known[i] == changes
            to, certain = s, False
            if found:
                to = decide(rule, lows[i], s, limit)
                certain = to == decide(rule, highs[i], s, limit)
            if not ready and (not certain or to != s):
                terms, ready = begin_powers(rows, p, near, spins, E, X, V, h), True
            if not found:
                j = sites[a + 1] if pairs and a + 1 < N else i
                if j == i or known[j] == changes:
                    up, squares = sum_kept(rows, i, V, X)
                else:
                    up, squares, up_of_next, squares_of_next = sum_two(rows, i, j, V, X)
                    lows[j], highs[j] = bounds(up_of_next, squares_of_next, np.float64(h[j] + spins[j] * p.c[j]), spins[j], terms)
                    known[j] = changes
                low, high = bounds(up, squares, np.float64(h[i] + s * p.c[i]), s, terms)
                if keep:
                    lows[i], highs[i], known[i] = low, high, changes
                to = decide(rule, low, s, limit)
                certain = to == decide(rule, high, s, limit)
            if past.rare == 0:
                known[i] = 0   # fields are used once
            if not certain:
                to = decide(rule, np.float64((sum_exact(rows, i, p.p2, X, s) + h[i]) // 6), s, limits[a])
            if parallel:
                new[i] = to
            elif to != s:
                terms = flip(rows, p, near, spins, X, V, h, i, to)
                flips += 1
                changes += 1
        if parallel:
            for i in range(N):
                if new[i] != spins[i]:
                    terms = flip(rows, p, near, spins, X, V, h, i, new[i])
                    flips += 1
                    changes += 1
        recent = flips - before
        if flips > told and (sweep + 1 == first + sweeps or due(sweep + 1 - first, sweeps, len(seen_spins))):
            renew_polynomials(rows, p, old, spins, X, E)
            old[:] = spins
            told = flips
        see(spins, E, sweep + 1 - first, sweeps, seen_spins, seen_E)
    end(past, chain, spins, changes, recent)
    return flips


@njit(**FAST)
def bounds(up, squares, rest, s, terms):
    """Of 6 h of a spin s: from sums of `sum_kept`, whose terms' absolute values `turn` bounds, and the `rest`."""
    field = up - 3 * s * squares + rest
    error = ERROR * (terms + 3 * squares) + 1e-15 * abs(field)
    return field - error, field + error


@njit(**FAST, forceinline=True)
def flip(rows, p, near, spins, X, V, h, i, to):
    """Spin i becomes `to`; returns as `turn`."""
    spins[i] = to
    add_couplings(p.couplings, i, h, 2 * np.int64(to))
    return turn(rows, i, near, X, V, np.float32(2 * to), p.largest)


@njit(**FAST)
def begin_powers(rows, p, near, spins, E, X, V, h):
    """X, V and local fields h of couplings from E_1 and the spins; returns as `turn`."""
    for mu in range(X.size):
        X[mu] = np.float32(E[0, mu])
    h[:] = 0
    for j in range(spins.size):
        add_couplings(p.couplings, j, h, np.int64(spins[j]))
    return turn(rows, 0, near, X, V, np.float32(0), p.largest)


@njit(**FAST)
def add_couplings(J, j, h, change):
    for i in range(h.size):
        h[i] += change * J[j, i]


@njit(**ANY_ORDER)
def sum_kept(rows, i, V, X):
    """sum_mu W V and sum_mu (W X)**2."""
    first = second = 0.0
    start = 0
    while start < V.size:
        row, v, x = rows[i, start:start + STRIP], V[start:start + STRIP], X[start:start + STRIP]
        p = q = np.float32(0)
        for mu in range(row.size):
            w = np.float32(row[mu])
            y = w * x[mu]
            p += w * v[mu]
            q += y * y
        first += np.float64(p)
        second += np.float64(q)
        start += STRIP
    return first, second


@njit(**ANY_ORDER)
def sum_two(rows, i, j, V, X):
    """The same of neuron i and of neuron j, with one reading of V and X."""
    first = second = third = fourth = 0.0
    start = 0
    while start < V.size:
        row, other, v, x = rows[i, start:start + STRIP], rows[j, start:start + STRIP], V[start:start + STRIP], X[start:start + STRIP]
        p = q = r = t = np.float32(0)
        for mu in range(v.size):
            w = np.float32(row[mu])
            y = w * x[mu]
            p += w * v[mu]
            q += y * y
            w = np.float32(other[mu])
            y = w * x[mu]
            r += w * v[mu]
            t += y * y
        first += np.float64(p)
        second += np.float64(q)
        third += np.float64(r)
        fourth += np.float64(t)
        start += STRIP
    return first, second, third, fourth


@njit(**ANY_ORDER)
def turn(rows, i, near, X, V, change, largest):
    """X += change * W_i, and V of it; what sum_mu |W V| exceeds for no neuron, even without cancellations in V."""
    total = 0.0
    start = 0
    while start < X.size:
        row, x, three, v = rows[i, start:start + STRIP], X[start:start + STRIP], near[start:start + STRIP], V[start:start + STRIP]
        p = np.float32(0)
        for mu in range(row.size):
            y = x[mu] + change * np.float32(row[mu])
            x[mu] = y
            square = y * y
            v[mu] = y * (square - three[mu])
            p += abs(y) * (square + three[mu])
        total += np.float64(p)
        start += STRIP
    return largest * total


@njit(**FAST)
def sum_exact(rows, i, p2, X, s):
    """The terms of 6 h without couplings, sum_mu W y (y**2 - 3 W**2 - 3 p_2) with y = X - s W; modulo 2**64."""
    total = np.int64(0)
    for mu in range(X.size):
        W = np.int64(rows[i, mu])
        y = np.int64(X[mu]) - s * W
        total += W * y * (y * y - 3 * (W * W + p2[mu]))
    return total


@njit(**FAST)
def renew_polynomials(rows, p, before, spins, X, E):
    """E_1, ..., E_4 with overlaps X of `spins`, from those of the spins `before`."""
    kind = E.dtype.type
    p3 = np.empty(X.size, np.int64)
    for mu in range(X.size):
        x = np.int64(E[0, mu])
        p3[mu] = (6 * np.int64(E[2, mu]) - x * (x * x - 3 * p.p2[mu])) // 2
    for i in range(spins.size):
        if spins[i] != before[i]:
            change = 2 * np.int64(spins[i])
            for mu in range(X.size):
                W = np.int64(rows[i, mu])
                p3[mu] += change * W * W * W
    for mu in range(X.size):
        x, p2 = np.int64(X[mu]), p.p2[mu]
        E[0, mu] = kind(x)
        E[1, mu] = kind((x * x - p2) // 2)
        E[2, mu] = kind((x * (x * x - 3 * p2) + 2 * p3[mu]) // 6)
        E[3, mu] = kind((x * (x * (x * x - 6 * p2) + 8 * p3[mu]) + 3 * (p2 * p2 - 2 * p.p4[mu])) // 24)
