"""Compiled engine: the same decisions as the reference engine, spin for spin, at the speed of the machine.

One attempted flip reads the row of its neuron and the overlaps, K entries each, and adds up the local field (montecarlo/forms.py);
only an accepted flip writes.  Kernels take arrays and coefficients as arguments and live at module level, so that they compile
once and are cached on disk.  What makes them fast: rows contiguous per neuron and padded to whole vectors; rows[i, mu] instead of
a view of the row, whose reference count would cost more than a small field; slices instead of index ranges that start at a
variable (numba then drops the negative-index checks that block vectorization); and a cast around every integer operation (numba
widens to int64).
"""
from typing import NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

from . import forms, native
from .attempts import COIN, FAST, FIELD_RULE, FLIP_RULE, KEEP, LOGIT, MINUS_LOG, RARE, Past, begin, decide, draw_sweep, end
from .forms import Symmetric
from .pieces import copies, see, step_by_step
from .powers import powers, run_all_powers

# Sums of integers below 2**53 are exact in any order and with or without fused multiply-add
ANY_ORDER = dict(FAST, fastmath={"reassoc", "contract", "nsz"})

LANES = 4   # tables of counts
# Weights of a sum of exponentials in float32 (`run_log_sum`): from how many rows on, up to which lam, how many are added up before float64
FEWEST_WEIGHTS, HIGHEST_LAM, STRIP = 512, 40.0, 512
SPREAD = 15.0    # 2 lam times the flips after which weights are made anew: none that underflowed has come to matter
HALF_ULP, SMALLEST = 2.0**-24, 1e-37


# The law as the compiled code takes it; `local_field` below is chosen by this type when it is compiled.
# b: coefficients of B; padded: what the zero columns add to a field, per unit of s_i.

class Int32(NamedTuple):
    b: tuple
    odd: bool
    padded: float


class Int32Blocks(NamedTuple):
    b: tuple
    odd: bool
    padded: float
    block: int


class Float64(NamedTuple):
    b: tuple
    odd: bool
    padded: float


class Table(NamedTuple):
    fields: np.ndarray
    K: int


class Products(NamedTuple):   # forms.Symmetric, exact; `orders`: a tuple of P - 1 entries, whose length the compiler knows
    orders: tuple


class OrderedProducts(NamedTuple):
    orders: tuple


class Pairs(NamedTuple):   # forms.Pairs, of rows without their zeros
    squares: np.ndarray


class LogSum(NamedTuple):   # forms.LogSum; K: columns that are patterns
    lam: float
    unit: float
    K: int


def kernel(problem):
    form, patterns = problem.form, problem.patterns
    if isinstance(form, forms.Pairs):
        return Pairs(form.squares)
    if isinstance(form, forms.LogSum):
        return LogSum(form.lam, form.denominator, patterns.S)
    if isinstance(form, Symmetric):
        return (Products if form.exact else OrderedProducts)(tuple(range(1, form.P)))
    if form.kernel == "table":
        return Table(form.fields, patterns.S)
    b, odd = form.coefficients, form.odd
    padded = -float(sum(b)) * patterns.padding if odd else 0.0
    if form.kernel == "float64":
        return Float64(tuple(map(float, b)), odd, padded)
    # int32 sums are exact modulo 2**32, so wrapped coefficients are right wherever the block's sum fits
    wrapped = tuple(np.int32((x + 2**31) % 2**32 - 2**31) for x in b)
    if patterns.rows.shape[1] <= form.block:
        return Int32(wrapped, odd, padded)
    return Int32Blocks(wrapped, odd, padded, form.block)


def rules(problem, units):
    """Rule of the decision, and how each chain's threshold is drawn (C,)."""
    if problem.dynamics == "metropolis":
        return FLIP_RULE, np.full(len(units), MINUS_LOG)
    if problem.dynamics == "zero-temperature":
        return FLIP_RULE, np.full(len(units), KEEP)
    return FIELD_RULE, np.where(units > 0, LOGIT, COIN)


FEWEST_POWERS = 512      # rows from which on a polynomial is summed for the energy, four times as fast as the table
LARGEST_MATRIX = 2**13   # neurons: 256 MB of couplings
CHUNK = 2**12            # columns converted to float64 at a time


class Engine:
    """Chains of one problem, compiled.

    A law quadratic in X has a second form, an N x N coupling matrix with cached local fields: an attempt is O(1) and a flip O(N),
    against O(K) for both, and to begin and end with it costs about min(N, K) + K flips more.  matrix: use it or not; None goes by cost,
    which is K > N before any acceptance is known and flips per sweep < 2 K (beside C kernels 45 + K/5; measured crossovers) after.  C: whether
    overlaps may be handled by the kernels in C (native.py), where they are there and take the problem.  The spins are the same.

    A sum of exponentials of many rows has a faster form too, weights in float32 with a bound on their error; where it does not decide, rows are
    counted.  weights: use it or not; None goes by the number of rows.

    Where flips are rare fields are those found since the last one.  remember: whether they are.
    """

    sees = True
    first = 0   # index of the first chain: a part of the chains has its random numbers (threads.py)

    def __init__(self, problem, matrix=None, C=True, weights=None, remember=True):
        self.problem, form, N = problem, problem.form, problem.patterns.N
        self.weights = isinstance(form, forms.LogSum) and form.lam <= HIGHEST_LAM and problem.dynamics != "parallel"
        self.weights = self.weights and (problem.patterns.S >= FEWEST_WEIGHTS if weights is None else weights)
        self.kernel, self.couplings, self.matrix = kernel(problem), None, matrix
        name = native.takes(problem) if C else None
        self.native, self.cold = native.Kernel(problem, name, remember) if name else None, True
        self.powers = powers(problem) if C else None
        self.draws, self.past = {}, Past.none(0, N, RARE if remember else 0)
        self.symmetric = isinstance(form, Symmetric)
        if self.symmetric and form.quadratic:
            self.squares = np.sum(problem.patterns.rows.astype(float) ** 2, axis=0)
        self.law, self.rate = None, None
        self.free = matrix is None and form.quadratic and N <= LARGEST_MATRIX
        if self.free:
            self.matrix = problem.patterns.S > N

    def advance(self, state, sweeps, seen=None):
        """Advance every chain by `sweeps` sweeps of N attempted flips.  Returns the new state and flips made (C,).

        seen: room for states on the way (pieces.Seen).
        """
        if self.problem.form.kernel == "rounded":
            return step_by_step(self.renewed, state, sweeps, seen)
        if seen:
            self.prefer(sweeps, len(seen.spins) // len(state.spins))
        return self.run(state, sweeps, seen)

    def renewed(self, state, sweeps):
        """`run` with E_k anew before each sweep: no drift, and the same after a restart."""
        flips = np.zeros(len(state.spins), np.int64)
        for _ in range(sweeps):
            renew_products(self.problem.patterns.rows, state.spins, state.overlaps)
            self.past.changes[:] += 1   # they are rounded otherwise
            state, more = self.run(state, 1)
            flips += more
        return state, flips

    @property
    def way(self):
        """Name of the kernel in use."""
        return "matrix" if self.matrix else self.native.name if self.native and self.cold else "powers" if self.powers else \
            "weights" if self.weights else self.problem.form.kernel

    def drawn(self, C):
        """(units (C,), rule, draws (C,)) of C chains."""
        if C not in self.draws:
            units = self.problem.units(C)
            self.draws = {C: (units, *rules(self.problem, units))}
        return self.draws[C]

    def run(self, state, sweeps, seen=None):
        problem, rows = self.problem, self.problem.patterns.rows
        units, rule, draws = self.drawn(len(state.spins))
        flips = np.zeros(len(units), np.int64)
        order = (problem.key, problem.sample, self.first, state.sweep, sweeps, rule, draws, units, problem.order == "random",
                 problem.dynamics == "parallel", flips)
        spins, overlaps = copies(state, seen)
        if len(self.past.spins) != len(units):
            self.past = Past.none(*state.spins.shape, self.past.rare)
        if self.matrix:
            self.couple()
            X, later = (x[..., 0, :].copy() if self.symmetric else x for x in (state.overlaps, overlaps))
            h = np.zeros(state.spins.shape, np.int64)
            if self.symmetric or problem.patterns.S > problem.patterns.N:
                add_fields(self.couplings, state.spins, h)
            else:
                fill_fields(rows, self.kernel, state.spins, X, h)
            run_all_matrix(self.couplings, rows, state.spins, X, h, *order, spins, later)
            if self.symmetric:   # E_1 and E_2
                for E, x in ((state.overlaps, X), (overlaps, later)):
                    E[..., 0, :], E[..., 1, :] = x, (x**2 - self.squares) / 2
        elif self.native and self.cold:
            flips = self.native.advance(state, sweeps, rule, draws, units, self.first, seen)
        elif self.powers:
            run_all_powers(rows, self.powers, state.spins, state.overlaps, self.past, *order, spins, overlaps)
        elif self.weights:
            run_all_log_sum(rows, self.kernel, state.spins, state.overlaps, self.past, *order, spins, overlaps)
        else:
            run_all_overlaps(rows, self.kernel, state.spins, state.overlaps, self.past, *order, spins, overlaps)
        if sweeps:
            self.choose(flips, sweeps)
        return state._replace(sweep=state.sweep + sweeps), flips

    def couple(self):
        """Make the coupling matrix, if it is in use and there is none yet."""
        if self.matrix and self.couplings is None:
            rows = self.problem.patterns.rows
            self.couplings = integer_couplings(rows) if self.symmetric else couplings(rows, self.problem.form.coefficients[0])

    def choose(self, flips, sweeps):
        """The way from now on, by the flips (C,) of so many sweeps."""
        self.rate = flips.sum() / (len(flips) * sweeps)
        if self.native:
            self.cold = self.rate < self.native.most * self.problem.patterns.N
        self.prefer(sweeps, 1)

    def prefer(self, sweeps, times):
        """Whether the coupling matrix is for so many sweeps, in which overlaps are wanted `times` times."""
        N, S = self.problem.patterns.N, self.problem.patterns.S
        if self.free and self.rate is not None:
            few = 45 + 0.2 * S if self.native else 2 * S
            self.matrix = min(N, S) + times * S < (few - self.rate) * sweeps

    def energies(self, state):
        """sum_mu law(X_mu) of every chain, (C,)."""
        if isinstance(self.problem.form, forms.Pairs):
            return self.problem.form.energies(state.overlaps)
        if isinstance(self.problem.form, forms.LogSum):
            sums = np.empty(len(state.overlaps))
            log_sums(state.overlaps, self.kernel, self.problem.patterns.N, sums)
            return sums
        if self.symmetric:
            sums = np.zeros(len(state.overlaps), self.problem.form.sums)
            sum_last(state.overlaps, sums)
            return sums
        form, S, N = self.problem.form, self.problem.patterns.S, self.problem.patterns.N
        sums = np.empty(len(state.overlaps), form.energies.dtype)
        if self.law is None:
            self.law = forms.energy_polynomial(form, S) if S >= FEWEST_POWERS else ()
        if self.law:
            sum_polynomials(*self.law, state.overlaps, S, sums)
        else:
            sum_tables(form.energies, state.overlaps, S, N, sums)
        return sums


# ---- all chains: one call for many short runs, which parallel tempering makes ---------------------------------------------------

@njit(**FAST)
def run_all_overlaps(rows, form, spins, X, past, key, sample, offset, first, sweeps, rule, draws, units, random, parallel, flips,
                     seen_spins, seen_X):
    for chain in range(len(spins)):
        flips[chain] = run_overlaps(rows, form, spins[chain], X[chain], past, chain, offset, key, sample, first, sweeps, rule, draws[chain],
                                    units[chain], random, parallel, seen_spins[chain], seen_X[chain])


@njit(**FAST)
def run_all_matrix(J, rows, spins, X, h, key, sample, offset, first, sweeps, rule, draws, units, random, parallel, flips, seen_spins,
                   seen_X):
    times = max(1, seen_spins.shape[1])
    every = sweeps // times
    for chain in range(len(spins)):
        for t in range(times):
            flips[chain] += run_matrix(J, spins[chain], h[chain], offset + chain, key, sample, first + t * every, every, rule, draws[chain],
                                       units[chain], random, parallel)
            X[chain] = 0
            add_overlaps(rows, spins[chain], X[chain])
            see(spins[chain], X[chain], (t + 1) * every, sweeps, seen_spins[chain], seen_X[chain])


@njit(**FAST)
def add_fields(J, spins, h):
    """h (C, N) += the local fields of all neurons, from couplings."""
    for chain in range(len(spins)):
        for j in range(spins.shape[1]):
            add_row(J, j, h[chain], spins[chain, j])


@njit(**FAST)
def fill_fields(rows, form, spins, X, h):
    """The same from rows, which is quicker for S < N."""
    for chain in range(len(spins)):
        for i in range(spins.shape[1]):
            h[chain, i] = np.int64(local_field(rows, i, X[chain], spins[chain, i], form))


@njit(**FAST)
def sum_tables(table, X, K, N, sums):
    for chain in range(len(X)):
        sums[chain] = sum_table(table, X[chain, :K], N)


@njit(**FAST)
def sum_polynomials(b, odd, denominator, X, K, sums):
    """The same of an integer polynomial over its denominator; modulo 2**64, and the sum fits."""
    for chain in range(len(X)):
        total = np.int64(0)
        for mu in range(K):
            x = np.int64(X[chain, mu])
            z, p = x * x, b[-1]
            for k in range(len(b) - 2, -1, -1):
                p = p * z + b[k]
            total += x * p if odd else p
        sums[chain] = total // denominator


@njit(**FAST)
def sum_last(E, sums):
    """sums[c] = sum_mu E_P, in pattern order and in the type of `sums`."""
    for chain in range(len(E)):
        last = E[chain, -1]
        for mu in range(last.size):
            sums[chain] += sums.dtype.type(last[mu])


# ---- one chain ---------------------------------------------------------------------------------------------------------------

@njit(**FAST)
def run_overlaps(rows, form, spins, X, past, chain, offset, key, sample, first, sweeps, rule, draw, unit, random, parallel, seen_spins, seen_X):
    N = spins.size
    limits, sites, work = np.empty(N), np.arange(N), np.empty((2, N))
    new = np.empty(N, np.int8)
    fields, known = past.fields[0, chain], past.known[chain]   # arrays of their own: a tuple of arrays would count references in the loop
    changes, flips, recent = begin(past, chain, spins), 0, past.recent[chain]
    for sweep in range(first, first + sweeps):
        draw_sweep(key, sweep, offset + chain, sample, draw, unit, random and not parallel, limits, sites, work)
        before, rare = flips, recent < past.rare
        for a in range(N):
            i = sites[a]
            s = spins[i]
            if rare and known[i] == changes:
                h = fields[i]
            else:
                h = local_field(rows, i, X, s, form)
                if rare:
                    fields[i], known[i] = h, changes
            to = decide(rule, h, s, limits[a])
            if parallel:
                new[i] = to
            elif to != s:
                spins[i] = to
                turn(rows, i, X, to, form)
                flips += 1
                changes += 1
        if parallel:
            for i in range(N):
                if new[i] != spins[i]:
                    spins[i] = new[i]
                    turn(rows, i, X, new[i], form)
                    flips += 1
                    changes += 1
        recent = flips - before
        see(spins, X, sweep + 1 - first, sweeps, seen_spins, seen_X)
    end(past, chain, spins, changes, recent)
    return flips


@njit(**FAST)
def run_all_log_sum(rows, form, spins, X, past, key, sample, offset, first, sweeps, rule, draws, units, random, parallel, flips, seen_spins,
                    seen_X):
    for chain in range(len(spins)):
        flips[chain] = run_log_sum(rows, form, spins[chain], X[chain], past, chain, offset, key, sample, first, sweeps, rule, draws[chain],
                                   units[chain], random, seen_spins[chain], seen_X[chain])


@njit(**FAST)
def run_log_sum(rows, form, spins, X, past, chain, offset, key, sample, first, sweeps, rule, draw, unit, random, seen_spins, seen_X):
    """`run_overlaps` of a sum of exponentials whose terms are kept, relative to the largest, as float32 weights w.

    A+- = sum of w over the rows of each sign have a relative error of at most `error`, for weights lose half an ulp when made and at every flip, and
    fewer than STRIP are added up; what underflowed is below `lost`.  h_i grows with A+/A-, so that it lies between its values at the ends: if both
    decide alike, exact counts would too.  Otherwise rows are counted.
    """
    N, K, lam = spins.size, form.K, form.lam
    limits, sites, work = np.empty(N), np.arange(N), np.empty((2, N))
    table, w = np.empty(N + 1, np.float32), np.empty(K, np.float32)
    for k in range(N + 1):
        table[k] = np.exp(-2.0 * lam * k)
    period = max(1, int(SPREAD / (2 * lam)))
    error, lost = (STRIP + 2 * period + 8) * HALF_ULP, K * SMALLEST
    more, less = np.exp(2 * lam), np.exp(-2 * lam)
    up_factor, down_factor = np.float32(more), np.float32(less)
    age, flips = period, 0   # age: flips since weights were made; `period`: they have to be
    low_fields, high_fields, known = past.fields[0, chain], past.fields[1, chain], past.known[chain]
    changes, recent = begin(past, chain, spins), past.recent[chain]
    for sweep in range(first, first + sweeps):
        draw_sweep(key, sweep, offset + chain, sample, draw, unit, random, limits, sites, work)
        before, rare = flips, recent < past.rare
        for a in range(N):
            i = sites[a]
            s = spins[i]
            if rare and known[i] == changes:
                low, high = low_fields[i], high_fields[i]
            else:
                if age == period:
                    fill_weights(X, K, table, w)
                    age = 0
                up, down = sums_by_sign(rows, i, w)
                low = field_of_sums(up * (1 - error), down * (1 + error) + lost, s, more, less) * form.unit
                high = field_of_sums(up * (1 + error) + lost, down * (1 - error), s, more, less) * form.unit
                if rare:
                    low_fields[i], high_fields[i], known[i] = low, high, changes
            new = decide(rule, low, s, limits[a])
            if new != decide(rule, high, s, limits[a]):
                new = decide(rule, log_sum_field(rows, i, X, s, lam, form.unit, K), s, limits[a])
            if new != s:
                spins[i] = new
                flips += 1
                changes += 1
                add_row(rows, i, X, 2 * new)
                age = min(age + 1, period)
                if age < period:
                    scale_weights(rows, i, w, up_factor if new == 1 else down_factor, down_factor if new == 1 else up_factor)
        recent = flips - before
        see(spins, X, sweep + 1 - first, sweeps, seen_spins, seen_X)
    end(past, chain, spins, changes, recent)
    return flips


@njit(**FAST)
def fill_weights(X, K, table, w):
    """w = exp(lam (X - largest X)) from its table over (largest X - X)/2."""
    top = np.int64(X[0])
    for mu in range(K):
        top = max(top, np.int64(X[mu]))
    for mu in range(K):
        w[mu] = table[np.uint64((top - np.int64(X[mu])) >> 1)]


@njit(**FAST)
def scale_weights(rows, i, w, of_plus, of_minus):
    for mu in range(w.size):
        w[mu] *= of_plus if rows[i, mu] > 0 else of_minus


@njit(**ANY_ORDER)
def sums_by_sign(rows, i, w):
    """Sum of w over the rows whose entry is +1, and over the others: STRIP terms at a time in float32."""
    up = down = 0.0
    start = 0
    while start < w.size:
        row, part = rows[i, start:start + STRIP], w[start:start + STRIP]
        p = q = np.float32(0)
        for mu in range(part.size):
            sign = np.float32(row[mu])
            p += part[mu] * (np.float32(1) + sign)
            q += part[mu] * (np.float32(1) - sign)
        up += np.float64(p)
        down += np.float64(q)
        start += STRIP
    return up / 2, down / 2


@njit(**FAST)
def field_of_sums(up, down, s, more, less):
    """h_i of the sums A+-; a spin s."""
    if s == 1:
        return np.log((up + down) / (up * less + down * more)) / 2
    return np.log((up * more + down * less) / (up + down)) / 2


@njit(**FAST)
def run_matrix(J, spins, h, chain, key, sample, first, sweeps, rule, draw, unit, random, parallel):
    N = spins.size
    limits, sites, work = np.empty(N), np.arange(N), np.empty((2, N))
    new = np.empty(N, np.int8)
    flips = 0
    for sweep in range(first, first + sweeps):
        draw_sweep(key, sweep, chain, sample, draw, unit, random and not parallel, limits, sites, work)
        if parallel:
            for i in range(N):
                new[i] = decide(rule, float(h[i]), spins[i], limits[i])
            for i in range(N):
                if new[i] != spins[i]:
                    spins[i] = new[i]
                    add_row(J, i, h, 2 * new[i])
                    flips += 1
        else:
            for a in range(N):
                i = sites[a]
                s = decide(rule, float(h[i]), spins[i], limits[a])
                if s != spins[i]:
                    spins[i] = s
                    add_row(J, i, h, 2 * s)
                    flips += 1
    return flips


# ---- local fields ------------------------------------------------------------------------------------------------------------

def local_field(rows, i, X, s, form):
    """h_i times the denominator: an integer in float64, or a rounded sum where the form is not exact."""
    raise TypeError("only for compiled code")


@overload(local_field, jit_options=FAST)
def _(rows, i, X, s, form):
    return {Int32: _int32, Int32Blocks: _int32_blocks, Float64: _float64, Table: _table, Products: _products,
            OrderedProducts: _ordered_products, Pairs: _pairs, LogSum: _log_sum}[form.instance_class]


def _int32(rows, i, X, s, form):
    return float(sum_int32(rows, i, X, s, form.b, form.odd)) - s * form.padded


def _int32_blocks(rows, i, X, s, form):
    return float(sum_int32_blocks(rows, i, X, s, form.b, form.odd, form.block)) - s * form.padded


def _float64(rows, i, X, s, form):
    return sum_float64(rows, i, X, s, form.b, form.odd) - s * form.padded


def _table(rows, i, X, s, form):
    return float(sum_fields(rows, i, X, s, form.fields, form.K))


def _products(rows, i, X, s, form):
    return float(sum_products(rows, i, X, s, form.orders))


def _ordered_products(rows, i, X, s, form):
    return sum_ordered_products(rows, i, X, s, form.orders)


def _pairs(rows, i, X, s, form):
    return float(sum_pairs(rows, i, X, s, form.squares))


def _log_sum(rows, i, X, s, form):
    return log_sum_field(rows, i, X, s, form.lam, form.unit, form.K)


def turn(rows, i, X, s, form):
    """Bring X up to date after spin i has become s."""
    raise TypeError("only for compiled code")


@overload(turn, jit_options=FAST)
def _(rows, i, X, s, form):
    return {Products: _turn_products, OrderedProducts: _turn_products, Pairs: _turn_pairs}.get(form.instance_class, _turn)


def _turn(rows, i, X, s, form):
    add_row(rows, i, X, 2 * s)


def _turn_products(rows, i, X, s, form):
    turn_products(rows, i, X, s, form.orders)


def _turn_pairs(rows, i, X, s, form):
    add_entries(rows, i, X, 2 * np.int64(s))


@njit(**FAST)
def sum_int32(rows, i, X, s, b, odd):
    total = np.int32(0)
    for mu in range(X.size):
        t = np.int32(np.int16(np.int16(rows[i, mu] * X[mu]) - s))
        z = np.int32(t * t)
        p = b[-1]
        for k in range(len(b) - 2, -1, -1):
            p = np.int32(np.int32(p * z) + b[k])
        total = np.int32(total + np.int32((t if odd else np.int32(rows[i, mu])) * p))
    return np.int64(total)


@njit(**FAST)
def sum_int32_blocks(rows, i, X, s, b, odd, block):
    total = np.int64(0)
    start = 0
    while start < X.size:   # the body of sum_int32 again: a call per block costs its reference counts
        row, x = rows[i, start:start + block], X[start:start + block]
        part = np.int32(0)
        for mu in range(row.size):
            t = np.int32(np.int16(np.int16(row[mu] * x[mu]) - s))
            z = np.int32(t * t)
            p = b[-1]
            for k in range(len(b) - 2, -1, -1):
                p = np.int32(np.int32(p * z) + b[k])
            part = np.int32(part + np.int32((t if odd else np.int32(row[mu])) * p))
        total += np.int64(part)
        start += block
    return total


@njit(**ANY_ORDER)
def sum_float64(rows, i, X, s, b, odd):
    total = 0.0
    for mu in range(X.size):
        t = np.float64(np.int32(np.int32(rows[i, mu] * X[mu]) - s))
        z = t * t
        p = b[-1]
        for k in range(len(b) - 2, -1, -1):
            p = p * z + b[k]
        total += (t if odd else np.float64(rows[i, mu])) * p
    return total


@njit(**ANY_ORDER)
def sum_products(rows, i, E, s, orders):
    """sum_mu W D_{P-1} in the type of E, without rounding (modulo 2**64 in int64, and the sum fits)."""
    kind = E.dtype.type
    total = kind(0)
    for mu in range(E.shape[1]):
        W = kind(rows[i, mu])
        x, D = W * kind(s), kind(1)
        for k in range(len(orders)):
            D = E[k, mu] - x * D
        total += W * D
    return total


@njit(**FAST)
def sum_ordered_products(rows, i, E, s, orders):
    kind = E.dtype.type
    total = 0.0
    for mu in range(E.shape[1]):
        W = kind(rows[i, mu])
        x, D = W * kind(s), kind(1)
        for k in range(len(orders)):
            D = E[k, mu] - x * D
        total += np.float64(W * D)
    return total


@njit(**ANY_ORDER)
def turn_products(rows, i, E, s, orders):
    kind = E.dtype.type
    last = len(orders)
    for mu in range(E.shape[1]):
        x, D = -kind(rows[i, mu]) * kind(s), kind(1)   # before the flip
        for k in range(len(orders)):
            higher = E[k, mu] - x * D
            E[k, mu] = higher - x * D
            D = higher
        E[last, mu] -= kind(2) * x * D


@njit(**ANY_ORDER)
def renew_products(rows, spins, E):
    """E_1, ..., E_P (C, P, S) of the rows with these spins."""
    kind = E.dtype.type
    E[:] = 0
    for chain in range(len(spins)):
        for i in range(spins.shape[1]):
            for k in range(E.shape[1] - 1, 0, -1):
                for mu in range(E.shape[2]):
                    E[chain, k, mu] += kind(rows[i, mu]) * kind(spins[chain, i]) * E[chain, k - 1, mu]
            for mu in range(E.shape[2]):
                E[chain, 0, mu] += kind(rows[i, mu]) * kind(spins[chain, i])


@njit(**FAST)
def sum_pairs(rows, i, X, s, squares):
    total = np.int64(0)
    for k in range(np.uint64(rows.start[i]), np.uint64(rows.start[i + 1])):   # unsigned: no checks for negative indices, twice as fast
        total += np.int64(rows.value[k]) * X[rows.column[k]]
    return total - s * squares[i]


@njit(**FAST)
def add_entries(rows, i, X, change):
    for k in range(np.uint64(rows.start[i]), np.uint64(rows.start[i + 1])):
        X[rows.column[k]] += change * np.int64(rows.value[k])


@njit(**FAST)
def log_sum_field(rows, i, X, s, lam, unit, K):
    """[ln(sum at s_i = 1) - ln(sum at s_i = -1)]/2 times `unit`, from the numbers of rows with each overlap and sign."""
    N = rows.shape[0]
    n = np.zeros((LANES, 2 * N + 2), np.int64)
    row, overlap = rows[i, :K], X[:K]
    whole = K // LANES * LANES
    for mu in range(0, whole, LANES):   # neighbors count in tables of their own: an increment need not wait for the last one
        for lane in range(LANES):
            n[lane, np.uint64(np.int64(overlap[mu + lane]) + N + ((row[mu + lane] + 1) >> 1))] += 1
    for mu in range(whole, K):
        n[0, np.int64(overlap[mu]) + N + ((row[mu] + 1) >> 1)] += 1
    for lane in range(1, LANES):
        for k in range(n.shape[1]):
            n[0, k] += n[lane, k]
    top = n.shape[1] - 1
    while n[0, top] == 0:
        top -= 1
    top -= top & 1
    up, down = log_of_counts(n[0, 1:], top, lam), log_of_counts(n[0], top, lam)      # ln A+, ln A-, over exp(lam (top - N))
    here, flipped = log_add(up, down), log_add(up - 2 * lam * s, down + 2 * lam * s)
    return unit * s * (here - flipped) / 2


@njit(**FAST)
def log_of_counts(n, top, lam):
    """ln sum_k n[k] exp(lam (k - top)) over even k up to top, largest term first and shifted out; -inf without any."""
    first = top
    while first >= 0 and n[first] == 0:
        first -= 2
    total = 0.0
    for k in range(first, -1, -2):
        if n[k] > 0:
            total += n[k] * np.exp(lam * (k - first))
    return np.log(total) + lam * (first - top) if first >= 0 else -np.inf


@njit(**FAST)
def log_add(a, b):
    """ln(exp(a) + exp(b)); one of them may be -inf."""
    if a < b:
        a, b = b, a
    return a + np.log1p(np.exp(b - a))


@njit(**FAST)
def log_sums(X, form, N, sums):
    """sums[c] = ln sum_mu exp(lam X_mu)."""
    for chain in range(len(X)):
        n = np.zeros(2 * N + 1, np.int64)
        for mu in range(form.K):
            n[np.int64(X[chain, mu]) + N] += 1
        top = 2 * N
        while n[top] == 0:
            top -= 1
        sums[chain] = 0.0
        for k in range(top, -1, -2):
            if n[k] > 0:
                sums[chain] += n[k] * np.exp(form.lam * (k - top))
        sums[chain] = np.log(sums[chain]) + form.lam * (top - N)


@njit(**FAST)
def sum_fields(rows, i, X, s, table, K):
    """sum_mu xi D(c) from the table of D, in pattern order."""
    half = table.size - 1
    total = 0 * table[0]
    for mu in range(K):
        c = np.int64(X[mu]) - s * rows[i, mu]
        total += rows[i, mu] * table[(c + half) >> 1]
    return total


@njit(**FAST)
def sum_table(table, X, N):
    total = 0 * table[0]
    for mu in range(X.size):
        total += table[(np.int64(X[mu]) + N) >> 1]
    return total


@njit(**FAST)
def add_row(rows, i, X, change):
    """X += change * rows[i], in the integer type of X."""
    for mu in range(X.size):
        X[mu] += change * rows[i, mu]


@njit(**FAST)
def add_overlaps(rows, spins, X):
    for i in range(spins.size):
        add_row(rows, i, X, spins[i])


@njit(**FAST)
def couplings(rows, factor):
    """J_ij = factor * sum_mu xi_i xi_j for i != j, int32."""
    N = rows.shape[0]
    J = np.zeros((N, N), np.int32)
    for i in range(N):
        a = rows[i]
        for j in range(i):
            b = rows[j]
            total = np.int32(0)
            for mu in range(a.size):
                total = np.int32(total + np.int32(np.int16(a[mu] * b[mu])))
            J[i, j] = J[j, i] = factor * total
    return J


def integer_couplings(rows):
    """J_ij = sum_mu W_i W_j for i != j, int64, of rows whose sums float64 holds exactly."""
    J = np.zeros((len(rows), len(rows)))
    for start in range(0, rows.shape[1], CHUNK):
        W = rows[:, start:start + CHUNK].astype(np.float64)
        J += W @ W.T
    np.fill_diagonal(J, 0)
    return J.astype(np.int64)
