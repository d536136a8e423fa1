"""Where descents to the states of the multitasking network begin (multitasking.py), and all of them for storage at T = 0.

There m = E xi sign(xi.m) knows of m only the signs of the fields xi.m, that is, the cell of the hyperplanes xi.m = 0 that m lies in.  Up to
permutations and signs there are 1, 1, 2, 14, 516 cells for K = 1 ... 5, which are all tried: the list of states is complete.  More patterns
have too many (124187 for K = 6); there many starts are followed, and again from around the states of lowest energy until that stays.
"""
import functools
import itertools
import math

import numpy as np
from numba import njit

from .elementary import FAST, add, dot

COMPLETE = 5           # most patterns whose cells are all tried
RAYS, ROUNDS = 48, 3   # from a point of a cell, each round nearer its center, to find the cells next to it
TIE = 1e-13            # fields smaller than this have no sign at T = 0
FIRST, BEST, AROUND = 300, 20, 10   # for more patterns: random starts, and then starts around each of the best states
STAYS = 4              # rounds of that without a lower state, after which the search ends
RANDOM, COLD = 24, 48  # random starts of descents, and most states of T = 0 that are starts of others


def fields(e):
    """(xi (S, K), weight (S,)): the values of a neuron's xi up to sign, without zeros alone; K patterns of -1, 0, 1."""
    xi = _half(e.K)
    return xi, 2 * np.prod(np.where(xi == 0, e.weight[1], e.weight[2]), axis=1)


@functools.lru_cache
def _half(K):
    return np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=K)))[3**K // 2 + 1:]


@functools.lru_cache
def cells(K):
    """A point (K,) inside each cell of the hyperplanes xi.m = 0 with m_1 > ... > m_K > 0; (number, K).

    Rays from a cell cross its walls; the middle between the first and the second crossing lies in the next cell.
    """
    xi, draw = _half(K), np.random.default_rng(0)
    known, fresh = {}, 0.5 ** np.arange(K)[None]
    while len(fresh):
        known.update(zip(_signs(xi, fresh), fresh))
        found = []
        for _ in range(ROUNDS):
            way = draw.normal(size=(len(fresh), RAYS, K))
            with np.errstate(divide="ignore"):
                crossing = -(fresh @ xi.T)[:, None] / (way @ xi.T)
            crossing = np.partition(np.where(crossing > 0, crossing, np.inf), (0, 1) if len(xi) > 1 else 0, axis=2)[:, :, :2]
            inside = np.isfinite(crossing).all(axis=2)
            beyond = fresh[:, None] + np.where(inside, crossing.mean(axis=2), 0)[:, :, None] * way
            found.append(beyond[inside])
            fresh = fresh + (way * np.minimum(crossing[:, :, :1], 1)).mean(axis=1) / 2
            fresh /= fresh.sum(axis=1, keepdims=True)
        points = -np.sort(-np.abs(np.concatenate(found)), axis=1)
        points = points[np.abs(points @ xi.T).min(axis=1) > 1e-9]
        new = dict(zip(_signs(xi, points), points))
        fresh = np.array([point for signs, point in new.items() if signs not in known])
    return np.array(list(known.values()))


@functools.lru_cache
def cell_signs(K):
    """Signs of the fields xi.m in each cell (number, S)."""
    return np.sign(cells(K) @ _half(K).T)


def _signs(xi, points):
    return [row.tobytes() for row in np.packbits(points @ xi.T > 0, axis=1)]


def ground_states(e, stays=STAYS):
    """Overlaps (number, K) of the stable states of storage at T = 0, lowest energy first; all of them for K <= 5."""
    xi, weight = fields(e)
    if e.K <= COMPLETE:                           # a state is the image of its own cell
        return _lowest_first(_untied((cell_signs(e.K) * weight) @ xi, xi, weight))
    draw = np.random.default_rng(0)
    m = np.concatenate([draw.uniform(0, 1, (FIRST // 2, e.K)), np.cumprod(draw.uniform(0.3, 1, (FIRST // 2, e.K)), axis=1), starts(e.K, e.d)])
    m, same, last = _lowest_first(_untied(settle(m, xi, weight), xi, weight)), 0, 0.0
    while same < stays:
        around = np.repeat(m[:BEST], AROUND, axis=0)
        around = around * np.exp(draw.normal(size=around.shape) * np.geomspace(0.03, 0.3, AROUND)[np.arange(len(around)) % AROUND, None])
        m = _lowest_first(np.concatenate([m, _untied(settle(around, xi, weight), xi, weight)]))
        energy = -(m[0] @ m[0])
        same, last = (same + 1, last) if energy > last - 1e-14 else (0, energy)
    return m


def _untied(m, xi, weight):
    """Those of the points m (any, K) that are states at T = 0, without ties; overlaps in descending order."""
    signs = np.sign(m @ xi.T)
    m = (signs * weight) @ xi                     # has these signs again, and none of them zero
    return -np.sort(-np.abs(m[((m @ xi.T) * signs > TIE)[:, weight > 0].all(axis=1)]), axis=1)


def _lowest_first(m):
    """States m (any, K) at T = 0 in order of energy, without twice the same."""
    m = m[np.lexsort((*m.T, -(m * m).sum(axis=1)))]
    return m[new(m, 1e-9 * m.max(initial=0))]


@njit(cache=True, nogil=True)
def settle(points, xi, weight):
    """The points (number, K) after m <- E xi sign(xi.m) until m repeats."""
    out, columns, part = points.copy(), np.ascontiguousarray(xi.T), np.empty(len(xi))
    new = np.zeros(out.shape[1])
    for m in out:
        change = 1.0
        while change > 1e-14:
            _image(m, columns, weight, part, new)
            change = np.abs(new - m).max()
            m[:] = new
    return out


@njit(cache=True, nogil=True, fastmath=FAST)
def _image(m, columns, weight, part, out):
    """out (K,) = E xi sign(xi.m); columns (K, S): xi of one pattern each, part (S,): space to work in."""
    part[:] = 0.0
    for k in range(m.size):
        add(part, m[k], columns[k])
    for i in range(part.size):
        part[i] = math.copysign(weight[i], part[i]) if abs(part[i]) > TIE else 0.0
    for k in range(m.size):
        out[k] = dot(columns[k], part)


@njit(cache=True, nogil=True)
def new(points, apart):
    """Whether each row of points (number, K) is new: farther than `apart` from those before that are."""
    keep = np.ones(len(points), np.bool_)
    for i in range(len(points)):
        for j in range(i):
            if keep[j] and abs(points[i, 0] - points[j, 0]) < apart and np.abs(points[i] - points[j]).max() < apart:
                keep[i] = False
                break
    return keep


def starts(K, d):
    """Structured starting points (number, K), in units of (1 - d)/norm."""
    tilt, place = 1 - 0.01 * np.arange(K), np.arange(K)
    out = [np.where(place < k, tilt, 0.0) for k in range(1, K + 1)]
    out += [np.where(place < j, 0.7, np.where(place < k, 0.45, 0.0)) * tilt for k in range(2, K + 1) for j in range(1, k if K <= COMPLETE else 2)]
    out += [*(ratio ** place for ratio in (d or 0.01, 0.5, 0.8)), np.linspace(0.8, 0.3, K)]
    return np.array(out)


def seeds(e):
    """Where descents of e begin (number, K): structured and random overlaps, and the states of storage at T = 0."""
    warm = np.concatenate([starts(e.K, e.d), np.random.default_rng(0).uniform(0, 1, (RANDOM, e.K))]) * (1 - e.d)
    cold = ground_states(e) if e.K <= COMPLETE else ground_states(e, stays=1)[:COLD]
    return np.concatenate([warm, cold]) / e.norm
