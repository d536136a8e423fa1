"""Averages over one neuron of the multitasking network: over the values of its v, one by one, and in each over a Gaussian field.

The field is a sum over patterns.  Where it is sharp (no Gaussian part) and T > 0, the values of the last few patterns are a table of rows; those
of the other patterns only shift the rows' fields, and tanh of all rows is SIMD code.  Elsewhere values are taken one by one.
"""
import functools
import itertools
import math
from typing import NamedTuple

import numpy as np
from numba import njit

from .averages import potentials, response
from .elementary import FAST, add, dot, dot3, exp, log1p
from .multitasking_search import TIE

ERF_WEIGHT, ERF_RATE = np.array([0.16107809, 0.58313683, 0.25578508]), np.array([0.51423478, 0.81511056, 1.28046212])   # of tanh, within 1e-4
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

    rows (3, inner, R): v, archetype and example of the last `inner` patterns, all their values; share (2, R): probability of each, and of those
    with their mirror images. R is a multiple of 8, by rows of probability 0.
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
    inner = max(k for k in range(1, e.K + 1) if k == 1 or S**k <= ROWS)
    index = np.array(list(itertools.product(range(S), repeat=inner))).T
    value, weight, archetype, example = e.arrays
    share = weight[index].prod(axis=0)
    half = np.where(np.arange(share.size) < share.size // 2, 2 * share, 0.0)
    half[share.size // 2] = share[share.size // 2]
    used = share.size if inner < e.K else share.size // 2 + 1
    fill = [(0, 0), (0, -used % 8)]
    rows = np.ascontiguousarray([np.pad(each[index[:, :used]], fill) for each in (value, archetype, example)])
    return Numbers(e.K, float(e.d), value, weight, archetype, example, float(e.rho), float(e.norm), rows,
                   np.pad(np.array([share, half])[:, :used], fill))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _rows(h, p, T, field, share, moment, stiff):
    """T E ln 2cosh, entropy, q, E tanh, E sech**2/T of all rows with fields h + field and probabilities p share.

    Each row's part of the last two is added to moment, written to stiff.
    """
    log_cosh = entropy = frozen = mean = chi = 0.0
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
        t = each * math.copysign((1 - y) * v, x)
        mean += t
        moment[i] += t
        stiff[i] = each * s / T
        chi += stiff[i]
    return log_cosh * T, entropy, frozen, mean, chi


@njit(cache=True, nogil=True, error_model="numpy")
def _sharp(n, T, e):
    """`Averages` without n, for fields without Gaussian part and T > 0."""
    K, S, inner, R = n.size, e.value.size, e.rows.shape[1], e.rows.shape[2]
    outer = K - inner
    drive, m, single, curvature = np.zeros(K), np.zeros(K), np.zeros(K), np.zeros((K, K))
    each = np.zeros((4 + outer, R))
    field, moment, stiff, one, cross = each[0], each[1], each[2], each[3], each[4:]     # cross: E v sech**2/T for the v of other patterns
    for k in range(inner):
        add(field, n[outer + k], e.rows[0, k])
    log_cosh = entropy = frozen = 0.0
    index, middle = np.zeros(outer, np.int64), S**outer // 2     # the values are symmetric: the other half has opposite fields
    for row in range(middle + 1):
        p, h = 1.0 if row == middle else 2.0, 0.0
        for k in range(outer):
            p *= e.weight[index[k]]
            h += n[k] * e.value[index[k]]
        if p > 0.0:
            a, b, c, t, chi = _rows(h, p, T, field, e.share[1 if row == middle else 0], moment, one)
            log_cosh += a
            entropy += b
            frozen += c
            add(stiff, 1.0, one)
            for k in range(outer):
                i = index[k]
                drive[k] += e.value[i] * t
                m[k] += e.archetype[i] * t
                single[k] += e.example[i] * chi
                if e.value[i] != 0.0:
                    add(cross[k], e.value[i], one)
                    for j in range(k + 1):
                        curvature[k, j] += e.value[i] * e.value[index[j]] * chi
        for k in range(outer - 1, -1, -1):
            index[k] += 1
            if index[k] < S:
                break
            index[k] = 0
    for k in range(inner):
        v, i = e.rows[0, k], outer + k
        drive[i], m[i], single[i] = dot(v, moment), dot(e.rows[1, k], moment), dot(e.rows[2, k], stiff)
        for j in range(outer):
            curvature[i, j] = dot(v, cross[j])
        for j in range(k + 1):
            curvature[i, outer + j] = dot3(v, e.rows[0, j], stiff)
    for k in range(K):
        for j in range(k):
            curvature[j, k] = curvature[k, j]
    return drive, m, curvature, single, log_cosh, entropy, frozen, 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _enumerate(n, T, value, weight, archetype, example, rho, rough):
    K, S = n.size, value.size
    drive, m, single, noisy = np.zeros(K), np.zeros(K), np.zeros(K), np.zeros(K)
    curvature = np.zeros((K, K))
    log_cosh = entropy = frozen = tied = 0.0
    index, v, u = np.zeros(K, np.int64), np.zeros(K), np.zeros(K)
    middle = S**K // 2                               # the values are symmetric: the other half has opposite fields
    for row in range(middle + 1):
        p, h, w, idle = (1.0 if row == middle else 2.0), 0.0, 0.0, True
        for k in range(K):
            v[k] = value[index[k]]
            p *= weight[index[k]]
            h += n[k] * v[k]
            w += rho * (n[k] * v[k]) ** 2
            idle = idle and v[k] == 0.0
        if p > 0.0:
            if T == 0.0 and w == 0.0 and abs(h) < TIE:
                h = 0.0
                if not idle:
                    tied += p
            chi_h = chi_w = b = 0.0
            if w == 0.0 and T > 0.0:                 # then u = 0, and the slopes of chi are not needed
                x = abs(h) / T
                y = math.exp(-2 * x)
                c = math.log1p(y)
                t, chi = math.copysign((1 - y) / (1 + y), h), 4 * y / (1 + y) ** 2 / T
                a, b = T * (x + c), c + 2 * x * y / (1 + y)
            elif rough and T > 0.0:
                t, chi, chi_h, chi_w, a = _blurred(h, w, T)
            else:
                t, chi, chi_h, chi_w, _ = response(h, w, T)
                if T == 0.0 and w > 0.0:
                    a = h * t + w * chi
                else:
                    a, b = potentials(h, w, T)
            log_cosh += p * a
            entropy += p * b
            if T > 0.0:
                frozen += p * (1 - T * chi)
            elif w > 0.0 or h != 0.0:
                frozen += p
            for k in range(K):
                i = index[k]
                drive[k] += p * v[k] * t
                m[k] += p * archetype[i] * t
            if chi > 1e-25:
                p_chi, p_h, p_w = p * chi, p * chi_h, 2 * p * chi_w
                for k in range(K):
                    u[k] = rho * n[k] * v[k] * v[k]
                    single[k] += p_chi * example[index[k]]
                    noisy[k] += p_chi * rho * v[k] * v[k]
                for k in range(K):
                    if v[k] != 0.0:
                        for j in range(k + 1):
                            curvature[k, j] += v[k] * (p_chi * v[j] + p_h * u[j]) + u[k] * (p_h * v[j] + p_w * u[j])
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


@njit(cache=True, nogil=True, error_model="numpy")
def _blurred(h, w, T):
    """(m, chi, dchi/dh, dchi/dw, T E ln 2cosh) as in averages.py to 1e-4, with tanh(x) = sum_i c_i erf(k_i x), in closed form."""
    m = chi = chi_h = chi_w = log_cosh = 0.0
    for i in range(ERF_WEIGHT.size):
        c, k = ERF_WEIGHT[i], ERF_RATE[i]
        k /= math.sqrt(T * T + 2 * k * k * w)
        x = k * h
        error, bell = math.erf(x), math.exp(-x * x) / math.sqrt(math.pi)
        m += c * error
        chi += c * 2 * k * bell
        chi_h -= c * 4 * k * k * x * bell
        chi_w += c * 2 * k**3 * (2 * x * x - 1) * bell
        log_cosh += c * (h * error + bell / k)
    return m, chi, chi_h, chi_w, log_cosh


@njit(cache=True, nogil=True)
def of_numbers(e, T, n, rough):
    if e.rho == 0.0 and T > 0.0:
        drive, m, curvature, example, log_cosh, entropy, q, tied = _sharp(n, T, e)
    else:
        drive, m, curvature, example, log_cosh, entropy, q, tied = _enumerate(n, T, e.value, e.weight, e.archetype, e.example, e.rho, rough)
    return Averages(n, drive, m, curvature, example, log_cosh, entropy, q, tied)


def averages(e, T, n, rough=False):
    """`Averages` of `Diluted` e at the overlaps n (K,) and temperature T >= 0; rough: Gaussian ones to 1e-4, many times faster."""
    return of_numbers(numbers(e), float(T), np.ascontiguousarray(n, float), rough)
