"""Averages over one neuron of the multitasking network: over all values of its v, and in each over a Gaussian field.

The field is a sum over patterns.  The values of the last few patterns are a table of rows; those of the other patterns only shift the rows' fields
and widths, so that averages of tanh over all rows, and their sums with v, are SIMD code.  Fields without width at T = 0 may be tied, and are
taken one by one.
"""
import functools
import itertools
import math
from typing import NamedTuple

import numpy as np
from numba import njit

from .averages import potentials, response
from .elementary import FAST, add, dot, dot3, erfc_scaled, exp, log1p
from .multitasking_search import TIE

ERF_WEIGHT, ERF_RATE = np.array([0.16107809, 0.58313683, 0.25578508]), np.array([0.51423478, 0.81511056, 1.28046212])   # of tanh, within 1e-4
ROOT_PI = math.sqrt(math.pi)
ROWS = 256           # most rows of the table


class Averages(NamedTuple):
    """At one n: E v tanh, E xi tanh, E v v sech**2/T, the same for single examples, T E ln 2cosh, entropy, q, and P(a tied field at T = 0)."""

    n: np.ndarray
    drive: np.ndarray
    m: np.ndarray
    curvature: np.ndarray
    example: np.ndarray
    log_cosh: float
    entropy: float
    q: float
    tied: float


class Numbers(NamedTuple):
    """`Diluted` as compiled code takes it.

    rows (4, inner, R): v, archetype, example and v**2 of the last `inner` patterns, all their values; share (2, R): probability of each, and of
    those with their mirror images.  R is a multiple of 8, by rows of probability 0.
    """

    K: int
    d: float
    value: np.ndarray
    weight: np.ndarray
    archetype: np.ndarray
    example: np.ndarray
    rho: float
    norm: float
    rows: np.ndarray
    share: np.ndarray


@functools.lru_cache
def numbers(e):
    S = len(e.value)
    index, used = _values(S, e.K)
    each = np.array([e.value, e.archetype, e.example, np.square(e.value)])
    share = np.array(e.weight)[index].prod(axis=0)
    share[used:] = 0.0
    middle, half = S ** len(index) // 2, 2 * share
    half[middle] /= 2
    half[middle + 1:] = 0.0
    return Numbers(e.K, float(e.d), *e.arrays, float(e.rho), float(e.norm), np.ascontiguousarray(each[:, index]), np.array([share, half]))


@functools.lru_cache
def _values(S, K):
    """(index (inner, R), used): the values of the last `inner` of K patterns, S each, in `used` columns; one half of them if that is all."""
    inner = max(k for k in range(1, K + 1) if k == 1 or S**k <= ROWS)
    used = S**inner if inner < K else S**inner // 2 + 1
    index = np.full((inner, used + -used % 8), S // 2)
    index[:, :used] = list(zip(*itertools.islice(itertools.product(range(S), repeat=inner), used)))
    return index, used


# ---- all rows at once: fields h + field of variance w + width, probabilities p share.  Each row's part of E tanh, E sech**2/T = chi and
# ---- (Gaussian fields) dchi/dh, dchi/dw goes to out (4, R); returned are T E ln 2cosh, entropy and q

@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _sharp(h, p, T, field, share, out):
    """Without width, T > 0."""
    log_cosh = entropy = frozen = 0.0
    for i in range(field.size):
        x = (h + field[i]) / T
        y = exp(-2 * abs(x))
        c = log1p(y)
        v = 1 / (1 + y)
        s = 4 * y * v * v
        each = p * share[i]
        log_cosh += each * (abs(x) + c)
        entropy += each * (c + 2 * abs(x) * y * v)
        frozen += each * (1 - s)
        out[0, i] = each * math.copysign((1 - y) * v, x)
        out[1, i] = each * s / T
    return log_cosh * T, entropy, frozen


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _rough(h, w, p, T, field, width, share, out):
    """To 1e-4, T > 0: tanh(x) = sum_i c_i erf(k_i x), in closed form.  Without the entropy."""
    log_cosh = frozen = 0.0
    for i in range(field.size):
        y, variance, each = h + field[i], w + width[i], p * share[i]
        m = chi = chi_h = chi_w = 0.0
        for j in range(3):
            c, k = ERF_WEIGHT[j], ERF_RATE[j]
            k /= math.sqrt(T * T + 2 * k * k * variance)
            x = k * abs(y)
            square = exp(-x * x)
            error, bell = math.copysign(1 - square * erfc_scaled(x), y), square / ROOT_PI
            m += c * error
            chi += c * 2 * k * bell
            chi_h -= c * 4 * k**3 * y * bell
            chi_w += c * 2 * k**3 * (2 * x * x - 1) * bell
            log_cosh += each * c * (y * error + bell / k)
        out[0, i], out[1, i], out[2, i], out[3, i] = each * m, each * chi, each * chi_h, each * chi_w
        frozen += each * (1 - T * chi)
    return log_cosh, 0.0, frozen


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _cold(h, w, p, field, width, share, out):
    """T = 0; a field without width is that of a neuron without any pattern."""
    log_cosh = idle = frozen = 0.0
    for i in range(field.size):
        y, variance, each = h + field[i], w + width[i], p * share[i]
        active = each if variance > 0 else 0.0
        idle += each - active
        frozen += active
        variance = variance if variance > 0 else 1.0
        x = abs(y) / math.sqrt(2 * variance)
        square = exp(-x * x)
        t = math.copysign(1 - square * erfc_scaled(x), y)
        chi = active * 2 * square / math.sqrt(2 * math.pi * variance)
        log_cosh += active * y * t + variance * chi
        out[0, i], out[1, i] = active * t, chi
        out[2, i], out[3, i] = -chi * y / variance, chi * (2 * x * x - 1) / (2 * variance)
    return log_cosh, idle * math.log(2.0), frozen


@njit(cache=True, nogil=True, error_model="numpy")
def _exact(h, w, p, T, field, width, share, out):
    """Gaussian fields at T > 0, row by row."""
    log_cosh = entropy = frozen = 0.0
    out[:] = 0.0
    for i in range(field.size):
        each = p * share[i]
        if each > 0.0:
            m, chi, chi_h, chi_w, _ = response(h + field[i], w + width[i], T)
            a, b = potentials(h + field[i], w + width[i], T)
            log_cosh += each * a
            entropy += each * b
            frozen += each * (1 - T * chi)
            out[0, i], out[1, i], out[2, i], out[3, i] = each * m, each * chi, each * chi_h, each * chi_w
    return log_cosh, entropy, frozen


@njit(cache=True, nogil=True, error_model="numpy")
def _by_rows(n, T, e, rough):
    """`Averages` without n: with u = rho n v**2, E v v sech**2/T = E [v v chi + (v u + u v) dchi/dh + 2 u u dchi/dw] + rho E v**2 chi 1."""
    K, S, inner, R = n.size, e.value.size, e.rows.shape[1], e.rows.shape[2]
    outer, blurred = K - inner, e.rho > 0.0
    drive, m, single, noisy, curvature = np.zeros(K), np.zeros(K), np.zeros(K), np.zeros(K), np.zeros((K, K))
    parts = 4 if blurred else 2
    space = np.zeros((2 + 8 + 2 * outer, R))
    field, width, one, total = space[0], space[1], space[2:6], space[6:10]
    along, across = space[10:10 + outer], space[10 + outer:]         # of each row: E v chi + u dchi/dh, E v dchi/dh + 2 u dchi/dw
    for k in range(inner):
        add(field, n[outer + k], e.rows[0, k])
        if blurred:
            add(width, e.rho * n[outer + k] ** 2, e.rows[3, k])
    log_cosh = entropy = frozen = 0.0
    index, middle = np.zeros(outer, np.int64), S**outer // 2         # the values are symmetric: the other half has opposite fields
    for row in range(middle + 1):
        p, h, w = 1.0 if row == middle else 2.0, 0.0, 0.0
        for k in range(outer):
            v = e.value[index[k]]
            p *= e.weight[index[k]]
            h += n[k] * v
            w += e.rho * (n[k] * v) ** 2
        if p > 0.0:
            share = e.share[1 if row == middle else 0]
            if not blurred:
                a, b, c = _sharp(h, p, T, field, share, one)
            elif T == 0.0:
                a, b, c = _cold(h, w, p, field, width, share, one)
            elif rough:
                a, b, c = _rough(h, w, p, T, field, width, share, one)
            else:
                a, b, c = _exact(h, w, p, T, field, width, share, one)
            log_cosh += a
            entropy += b
            frozen += c
            for j in range(parts):
                add(total[j], 1.0, one[j])
            if outer > 0:
                t, chi, chi_h, chi_w = one[0].sum(), one[1].sum(), one[2].sum(), one[3].sum()
            for k in range(outer):
                i = index[k]
                v = e.value[i]
                u = e.rho * n[k] * v * v
                drive[k] += v * t
                m[k] += e.archetype[i] * t
                single[k] += e.example[i] * chi
                noisy[k] += e.rho * v * v * chi
                if v != 0.0:
                    add(along[k], v, one[1])
                    if blurred:
                        add(along[k], u, one[2])
                        add(across[k], v, one[2])
                        add(across[k], 2 * u, one[3])
                    for j in range(k + 1):
                        other = e.value[index[j]]
                        curvature[k, j] += other * (v * chi + u * chi_h) + e.rho * n[j] * other * other * (v * chi_h + 2 * u * chi_w)
        for k in range(outer - 1, -1, -1):
            index[k] += 1
            if index[k] < S:
                break
            index[k] = 0
    for k in range(inner):
        i, v, square = outer + k, e.rows[0, k], e.rows[3, k]
        drive[i], m[i], single[i] = dot(v, total[0]), dot(e.rows[1, k], total[0]), dot(e.rows[2, k], total[1])
        for j in range(outer):
            curvature[i, j] = dot(v, along[j])
            if blurred:
                curvature[i, j] += e.rho * n[i] * dot(square, across[j])
        for j in range(k + 1):
            curvature[i, outer + j] = dot3(v, e.rows[0, j], total[1])
            if blurred:
                a, b = e.rho * n[i], e.rho * n[outer + j]
                curvature[i, outer + j] += (b * dot3(v, e.rows[3, j], total[2]) + a * dot3(square, e.rows[0, j], total[2])
                                            + 2 * a * b * dot3(square, e.rows[3, j], total[3]))
        if blurred:
            noisy[i] = e.rho * dot(square, total[1])
    for k in range(K):
        drive[k] += n[k] * noisy[k]
        curvature[k, k] += noisy[k]
        for j in range(k):
            curvature[j, k] = curvature[k, j]
    return drive, m, curvature, single, log_cosh, entropy, frozen, 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _one_by_one(n, e):
    """`Averages` without n at T = 0, where fields without width may be tied."""
    K, S = n.size, e.value.size
    drive, m, single, noisy, curvature = np.zeros(K), np.zeros(K), np.zeros(K), np.zeros(K), np.zeros((K, K))
    log_cosh = entropy = frozen = tied = 0.0
    index, v, u = np.zeros(K, np.int64), np.zeros(K), np.zeros(K)
    middle = S**K // 2                               # the values are symmetric: the other half has opposite fields
    for row in range(middle + 1):
        p, h, w, idle = (1.0 if row == middle else 2.0), 0.0, 0.0, True
        for k in range(K):
            v[k] = e.value[index[k]]
            p *= e.weight[index[k]]
            h += n[k] * v[k]
            w += e.rho * (n[k] * v[k]) ** 2
            idle = idle and v[k] == 0.0
        if p > 0.0:
            if w == 0.0 and abs(h) < TIE:
                h = 0.0
                if not idle:
                    tied += p
            t, chi, chi_h, chi_w, _ = response(h, w, 0.0)
            a, b = potentials(h, w, 0.0)
            log_cosh += p * a
            entropy += p * b
            if w > 0.0 or h != 0.0:
                frozen += p
            for k in range(K):
                drive[k] += p * v[k] * t
                m[k] += p * e.archetype[index[k]] * t
                u[k] = e.rho * n[k] * v[k] * v[k]
                single[k] += p * chi * e.example[index[k]]
                noisy[k] += p * chi * e.rho * v[k] * v[k]
                for j in range(k + 1):
                    curvature[k, j] += p * (v[k] * (chi * v[j] + chi_h * u[j]) + u[k] * (chi_h * v[j] + 2 * chi_w * u[j]))
        for k in range(K - 1, -1, -1):
            index[k] += 1
            if index[k] < S:
                break
            index[k] = 0
    for k in range(K):
        drive[k] += n[k] * noisy[k]
        curvature[k, k] += noisy[k]
        for j in range(k):
            curvature[j, k] = curvature[k, j]
    return drive, m, curvature, single, log_cosh, entropy, frozen, tied


@njit(cache=True, nogil=True)
def of_numbers(e, T, n, rough):
    if T > 0.0 or (e.rho > 0.0 and np.abs(n).min() > 0.0):
        drive, m, curvature, example, log_cosh, entropy, q, tied = _by_rows(n, T, e, rough)
    else:
        drive, m, curvature, example, log_cosh, entropy, q, tied = _one_by_one(n, e)
    return Averages(n, drive, m, curvature, example, log_cosh, entropy, q, tied)


def averages(e, T, n, rough=False):
    """`Averages` of `Diluted` e at the overlaps n (K,) and temperature T >= 0; rough: Gaussian ones to 1e-4, many times faster."""
    return of_numbers(numbers(e), float(T), np.ascontiguousarray(n, float), rough)
