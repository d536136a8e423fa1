"""Searches over the dataset (rho or M) for the value at which a condition on a network's states begins to hold."""
import math

from scipy.optimize import brentq


def monotonic_root(f, start, low, high, rising, factor=4.0):
    """Root of the monotonic f in [low, high], bracketed from `start` by steps of `factor`; inf or -inf where f keeps its sign.

    rising: whether f grows with x.  inf: the root lies above high, -inf: below low.  f must not be NaN.
    """
    x, value = start, f(start)
    upward = (value < 0) == rising
    while value != 0:
        other = min(x * factor, high) if upward else max(x / factor, low)
        if other == x:
            return math.inf if upward else -math.inf
        beyond = f(other)
        if (beyond < 0) != (value < 0):
            return math.exp(brentq(lambda log: f(math.exp(log)), *sorted((math.log(x), math.log(other))), xtol=1e-13, rtol=1e-13))
        x, value = other, beyond
    return x


def least_integer(holds, start, highest):
    """Smallest M >= 1 such that `holds` for every integer from M on, as far as it is looked at: beyond `start` doubled until it does.

    For small M the condition need not be monotonic in M (docs/theory/examples), so that steps down are of 20 % at most, and the
    neighbors of the smallest M are looked at one by one.  inf where it does not hold at `highest`.
    """
    known = {}

    def ask(M):
        if M not in known:
            known[M] = bool(holds(M))
        return known[M]

    top = max(2, math.ceil(start))
    while not ask(top):
        if top >= highest:
            return math.inf
        top = min(2 * top, highest)
    M = top
    while M > 1:
        lower = M - 1 if M <= 12 else max(1, min(M - 1, int(M / 1.2)))
        if not ask(lower):
            while M - lower > 1:
                middle = (M + lower) // 2
                M, lower = (middle, lower) if ask(middle) else (M, middle)
            return M
        M = lower
    return 1
