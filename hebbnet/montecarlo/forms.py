"""What the engines derive, once per network, from its exact integer law.

With c = X - s xi, the count of the other neurons, and D(c) = [law(c + 1) - law(c - 1)] / 2, the local field of neuron i

    h_i = sum_mu xi_mu,i D(c_mu)           (flipping s_i costs 2 scale s_i h_i)

does not depend on s_i.  For +-1 rows and a law of definite parity it is a sum over patterns of a polynomial in t = xi c:

    h_i = sum_mu t B(t**2)   (D odd)   or   sum_mu xi B(t**2)   (D even),       t = xi X - s.

Integer coefficients are over a common denominator; engines work with h_i * denominator.  docs/theory/conventions.md.

Rows W of other integers (`Symmetric`, supervised learning): X alone does not give e_P of the N numbers x_j = W_j s_j, but the elementary
symmetric polynomials E_1, ..., E_P of them do, and all without neuron i follow from those with it,

    D_0 = 1,   D_k = E_k - x_i D_{k-1},         h_i = sum_mu W_mu,i D_{P-1},        flip:  E_k -> D_k - x_i D_{k-1}.

Rows without their zeros (`Pairs`, diluted patterns): the law e_2 takes the overlaps X alone, h_i = sum_mu W_mu,i X_mu - s_i sum_mu W_mu,i**2
over the nonzero entries of neuron i.
"""
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from ..params import ParameterError
from ..patterns import PAD, sparse_sizes

EXACT_FLOAT = 2**53    # integers below this are exact in float64
SAFE = 1 - 1e-9        # for bounds that are themselves rounded
LARGEST = SAFE * 2.0**63
HIGHEST_DEGREE = 16    # a law whose field needs a higher polynomial is used as a table


@dataclass(frozen=True)
class Form:
    """Derived forms of one law for N neurons and K patterns.

    energies (N+1,): law at X = -N, -N+2, ..., N; fields (N,): D at c = -(N-1), ..., N-1; int64 where `exact`, else float64.
    exact: whether fields are exact integers that float64 can be compared with; otherwise they are float64 sums in pattern order.
    coefficients, odd: integers of B in ascending powers of t**2, and the parity of D; None where D has no such form.
    kernel: "int32" (polynomial, exact when summed over `block` patterns at a time), "float64" (polynomial, every intermediate
    result an exact integer) or "table" (any law).  The kernel's sum is h_i times `denominator`.
    """

    energies: np.ndarray
    fields: np.ndarray
    exact: bool
    coefficients: tuple | None
    odd: bool
    denominator: int
    kernel: str
    block: int = 0

    @property
    def quadratic(self):
        """Whether the energy is quadratic in the spins, so that a coupling matrix can stand for the rows."""
        return self.kernel != "table" and self.odd and len(self.coefficients) == 1


@dataclass(frozen=True)
class Symmetric:
    """Form of the law e_P for rows of integers, whose chains carry E_1, ..., E_P of every row.

    kernel: "float64" (every sum an exact integer), "int64" (the same in 64 bits, of which a comparison sees the leading 53), "ordered"
    (E_k and the terms of h_i exact in 64 bits, added up as float64 in pattern order) or "rounded" (everything in float64, for rows that
    64 bits cannot hold; engines make the E_k anew from the spins before each sweep).  carried: type of the E_k; sums: of the energies,
    float64 where they may exceed 64 bits; room: how many times fields and the energy of a row could be larger in 64 bits.
    """

    P: int
    kernel: str
    sums: type
    denominator: int = 1
    room: float = 0.0

    @property
    def exact(self):
        return self.kernel not in ("ordered", "rounded")

    @property
    def carried(self):
        return np.float64 if self.kernel in ("float64", "rounded") else np.int64

    @property
    def quadratic(self):
        return self.P == 2 and self.kernel == "float64"


@dataclass(frozen=True)
class Pairs:
    """Form of the law e_2 for rows without their zeros.  squares (N,) int64: sum_mu W_mu,i**2; sums: type of the energies, float64 where
    they may exceed 64 bits.  A comparison sees the leading 53 bits of a field, which is an integer of 64."""

    squares: np.ndarray
    sums: type
    denominator: int = 1
    kernel: str = "sparse"
    exact: bool = True
    quadratic: bool = False   # no coupling matrix: its rows would not be sparse

    def energies(self, X):
        """sum_mu e_2 of overlaps X (C, S), (C,): squares added in pattern order."""
        X = X.astype(self.sums)
        return (np.cumsum(X * X, axis=1)[:, -1] - self.sums(self.squares.sum())) // 2


@dataclass(frozen=True)
class LogSum:
    """Form of the energy H = -(1/lam) ln sum_mu exp(lam X_mu), for binary states a function of how many rows have which overlap.

    With A+- the sums of exp(lam X_mu) over the rows with W_mu,i = +-1, the local field of a spin s_i = +-1 is

        h_i = [ln(sum at s_i = 1) - ln(sum at s_i = -1)]/2,   the sum after a flip being A+ exp(-2 lam s_i) + A- exp(2 lam s_i),

    so that a flip costs 2 s_i h_i/lam as everywhere.  Rows are counted by their overlap, exactly; what rounds are the sums over overlaps, to about
    1e-15 of ln sum: two engines may decide differently with a chance of about 1e-14 per attempt.  Fields below 2**-41 are ties.
    """

    lam: float
    denominator: float = 2.0**40   # fields are in units of 2**-40, and problem.HALF is the tie
    kernel: str = "log_sum"
    exact: bool = False
    quadratic: bool = False


@dataclass(frozen=True)
class Continuous:
    """Form of the same energy for real states, on the sphere or (plus norm(s)**2/2) in Euclidean space; engines: montecarlo/continuous.py.

    settle: sweeps during which the width of Metropolis moves is tuned; step: its first value, or the step of Langevin dynamics.
    """

    lam: float
    space: str
    settle: int
    step: float | None
    exact: bool = False


def pairs(rows, S):
    """`Pairs` form for the rows of a patterns.Sparse with S columns; ParameterError where a field may exceed 64 bits."""
    N = len(rows.start) - 1
    squares, largest, field = np.zeros(N, np.int64), np.zeros(S), np.zeros(N)
    sparse_sizes(rows, squares, largest, field)
    if field.max() >= LARGEST:
        raise ParameterError(f"N = {N} neurons with sums of examples up to {np.abs(rows.value).max()}: a field may reach {field.max():.1e}, beyond "
                             "64-bit integers; lower N, K or M", "N")
    return Pairs(squares, np.int64 if np.sum(largest**2) < LARGEST else np.float64)


def symmetric(rows, P):
    """`Symmetric` form of e_P for these rows (N, S), by what any spins can reach: all x_j of one sign."""
    largest = polynomials((np.abs(W, dtype=np.float64) for W in rows), rows.shape[1], P, np.float64)
    row, energy = largest[-1].max(), largest[-1].sum()
    if row >= LARGEST:
        return Symmetric(P, "rounded", np.float64)
    field = max(np.abs(W, dtype=np.float64) @ largest[-2] for W in rows)
    kernel = "float64" if energy < SAFE * EXACT_FLOAT else "int64" if field < LARGEST else "ordered"
    return Symmetric(P, kernel, np.int64 if energy < LARGEST else np.float64, room=LARGEST / max(row, field, 1))


def polynomials(x, shape, P, kind):
    """E_1, ..., E_P of the numbers in x, which yields arrays of this shape (or length) neuron by neuron: (P, *shape) of type `kind`."""
    E = np.zeros((P + 1, *np.atleast_1d(shape)), kind)
    E[0] = 1
    for row in x:
        for k in range(P, 0, -1):
            E[k] += row * E[k - 1]
    return E[1:]


def derive(law, N, K):
    """Forms of `law` (exact on Python ints X = N mod 2) for N neurons and K patterns."""
    energies = [law(X) for X in range(-N, N + 1, 2)]
    fields = [(right - left) // 2 for left, right in zip(energies, energies[1:])]
    coefficients, odd, denominator = polynomial(fields, N)
    exact = K * max(map(abs, fields)) < EXACT_FLOAT and K * max(map(abs, energies)) < 2**62
    kernel, block = "table", 0
    if exact and coefficients:
        largest = max(abs(numerator(coefficients, odd, c)) for c in [*range(-(N - 1), N, 2), 1])
        intermediate = sum(abs(b) * (N + 1) ** (2 * k + odd) for k, b in enumerate(coefficients))
        block = min((2**31 - 1) // largest, 2**30) // PAD * PAD
        if max(intermediate, (K + PAD) * largest) < EXACT_FLOAT:
            kernel = "int32" if block and N < 2**15 - 1 else "float64"
    kind = np.int64 if exact else np.float64
    return Form(np.array(energies, dtype=kind), np.array(fields, dtype=kind), exact, coefficients, odd,
                1 if kernel == "table" else denominator, kernel, block)


def energy_polynomial(form, K):
    """(coefficients, odd, denominator) of an exact law as `polynomial` gives them, if 64 bits hold K of its numerators; else ()."""
    energies = form.energies.tolist()
    coefficients, odd, denominator = polynomial(energies, len(energies)) if form.exact else (None, False, 1)
    if not coefficients or denominator * K * max(map(abs, energies)) >= 2**63:
        return ()
    return tuple(np.int64((b + 2**63) % 2**64 - 2**63) for b in coefficients), odd, denominator


def polynomial(fields, N):
    """Integer coefficients of B over a common denominator, and the parity of D; (None, False, 1) if D has no such form.  N values of any D will do.

    Newton's forward differences on the lattice c = -(N-1), ..., N-1: the row of differences that vanishes identically proves the
    degree at every c.
    """
    differences, row = [], list(fields)
    while any(row) and len(differences) <= HIGHEST_DEGREE:
        differences.append(row[0])
        row = [right - left for left, right in zip(row, row[1:])]
    if any(row):
        return None, False, 1
    total, basis = [Fraction(0)], [Fraction(1)]   # polynomials in c, ascending
    for k, difference in enumerate(differences):
        total = add(total, [difference * b for b in basis])
        root = -(N - 1) + 2 * k                   # basis_{k+1} = basis_k (c - c_k) / (2 (k + 1))
        basis = [b / (2 * (k + 1)) for b in add([Fraction(0), *basis], [-root * b for b in basis])]
    while len(total) > 1 and total[-1] == 0:
        total.pop()
    odd = (len(total) - 1) % 2 == 1
    if any(total[1 - odd::2]):
        return None, False, 1
    kept = total[odd::2]
    denominator = lcm(*(b.denominator for b in kept))
    return tuple(int(b * denominator) for b in kept), odd, denominator


def numerator(coefficients, odd, t):
    """Exact integer value of t B(t**2) or B(t**2) times the denominator."""
    return (t if odd else 1) * sum(b * t ** (2 * k) for k, b in enumerate(coefficients))


def add(a, b):
    size = max(len(a), len(b))
    return [(a[k] if k < len(a) else 0) + (b[k] if k < len(b) else 0) for k in range(size)]
