"""Averages of one-step replica symmetry breaking, two Gaussians deep, exact in the limit T -> 0.

The field of a neuron in a given cluster of states is y = g + sqrt(gap) z1, with g = h + sqrt(w0) z0 common to all clusters, and
clusters are weighed by (2cosh y/T)**theta = exp(slope phi(y)):

    phi(y) = T ln 2cosh(y/T),   slope = theta/T,   W(g) = E_z1 exp(slope phi),   <.> = E_z1 exp(slope phi) (.) / W

At T = 0 phi = |y| and the inner averages are error functions.  As in averages.py everything is written for quantities that stay
finite there, and as a closed form for |g| far from 0 plus a part that is localized around g = 0:

* inner, sqrt(gap) > T: the limit phi = |y| in closed form plus what phi lacks to it, a function of x = |y|/T that dies as
  exp(-2x), by a Gauss-Legendre rule in x; all factors exp(slope phi) are completed to Gaussians, so nothing overflows;
* inner, sqrt(gap) <= T: the trapezoid in z1, with differences against z1 = 0, so that nothing cancels as gap -> 0;
* outer, sqrt(w0) above the scale on which <.> varies: panels in |g| over the localized part; otherwise the trapezoid in z0.

With examples g = h v + sqrt(w0) z0: the outer average is over v too, whose values share the inner averages of the panels.
"""
import math

import numpy as np
from numba import njit

from .averages import X_WEIGHTS, X
from .elementary import FAST, exp, expm1, log1p

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
ROOT = math.sqrt(2 * math.pi)

# trapezoids: the nearest poles are at |Im z| >= pi/2, so that a step of 0.26 leaves exp(-2 pi (pi/2)/0.26) = 3e-17, double poles 100 times as much
STEP = 0.26
Z = STEP * (np.arange(80) - 39.5)
GAUSS = STEP * np.exp(-Z**2 / 2) / ROOT


@njit(cache=True, nogil=True, error_model="numpy")
def missing(theta):
    """What (2cosh x)**theta and its products with tanh, sech**2 ... lack to their limits of large x, times weights; array (7, X)."""
    out = np.empty((7, X.size))
    for i in range(X.size):
        e = math.exp(-2 * X[i])
        log = math.log1p(e)
        power = math.exp(theta * log)
        sech2 = 4 * e / (1 + e) ** 2
        out[0, i] = math.expm1(theta * log)
        out[1, i] = 2 * e / (1 + e) * power                     # 1 - tanh, on the side of g
        out[2, i] = 2 * math.expm1((theta - 1) * log)           # 1 + tanh - 2, on the other side
        out[3, i] = sech2 * power
        out[4, i] = sech2 * sech2 * power
        out[5, i] = log * power + X[i] * out[0, i]              # ln 2cosh
        out[6, i] = (log + 2 * X[i] * e / (1 + e)) * power      # ln 2cosh - x tanh
        out[:, i] *= X_WEIGHTS[i]
    return out


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def inner(g, gap, slope, T, table, steps):
    """Inner averages at g >= 0: (1 - <t>, <sech2>/T, <t2> - <t>2, relative entropy, ln W, <sech4>/T, spin entropy).

    t = tanh(y/T), steps = tanh(sqrt(gap) Z/T).  ln W is given less slope g + slope**2 gap/2, the relative entropy
    slope <phi> - ln W less slope**2 gap/2: what is left is localized around g = 0.
    """
    below = chi = fourth = entropy = 0.0
    if gap > T * T:
        s, tilt = math.sqrt(gap), slope * gap
        up, down = (g + tilt) / s, (tilt - g) / s
        cut = math.exp(-2 * slope * g)
        same, other = math.erfc(-up / math.sqrt(2.0)) / 2, cut * math.erfc(-down / math.sqrt(2.0)) / 2
        weight = phi = 0.0
        narrow = -1 / (2 * gap)
        for i in range(X.size):
            a, b = T * X[i] - g - tilt, T * X[i] + g - tilt
            right, left = exp(narrow * a * a), cut * exp(narrow * b * b)
            both = right + left
            weight += table[0, i] * both
            below += table[1, i] * right + table[2, i] * left
            chi += table[3, i] * both
            fourth += table[4, i] * both
            phi += table[5, i] * both
            entropy += table[6, i] * both
        p = 1 / (s * ROOT)
        W = same + other + T * p * weight
        below = (2 * other + T * p * below) / W
        chi *= p / W
        fourth *= p / W
        entropy *= T * p / W
        excess = (2 * s * math.exp(-up * up / 2) / ROOT - 2 * g * other + T * p * (T * phi - (g + tilt) * weight)) / W
        log = math.log1p(other + T * p * weight - math.erfc(up / math.sqrt(2.0)) / 2)
        return below, chi, below * (2 - below) - T * chi, slope * excess - log, log, fourth, entropy
    width, x0, theta = math.sqrt(gap) / T, g / T, slope * T
    e0 = math.exp(-2 * x0)
    log0, t0 = math.log1p(e0), (1 - e0) / (1 + e0)
    weight = mean = first = second = 0.0
    for i in range(Z.size):
        x = x0 + width * Z[i]
        e = exp(-2 * abs(x))
        log = log1p(e)
        change = theta * (abs(x) - x0 + log - log0)
        rise = expm1(change)
        part = GAUSS[i] * (1 + rise)
        v = 1 / (1 + e)
        sech2 = 4 * e * v * v
        t = math.copysign((1 - e) * v, x)
        step = steps[i] * (1 - t * t0)                          # t - t0 without cancellation
        weight += GAUSS[i] * rise
        mean += part * change
        below += part * (2 * e if x > 0 else 2.0) * v
        chi += part * sech2
        fourth += part * sech2 * sech2
        entropy += part * (log + 2 * abs(x) * e * v)
        first += part * step
        second += part * step * step
    W = 1 + weight
    log = math.log1p(weight)
    half = (theta * width) ** 2 / 2
    return (below / W, chi / W / T, second / W - (first / W) ** 2, mean / W - log - half, log + theta * log0 - half,
            fourth / W / T, entropy / W)


_ONE = np.ones(1)


def averages(h, w0, gap, slope, T):
    """`site_averages` of a field h + sqrt(w0) z0, array (8,): without the last, which is the first then."""
    return site_averages(h, w0, gap, slope, T, _ONE, _ONE, _ONE, 0.0)[:8]


@njit(cache=True, nogil=True, error_model="numpy")
def site_averages(h, w0, gap, slope, T, place, weight, signed, spread):
    """Averages of the one-step equations at fields g = h v + sqrt(w0) z0, h >= 0, w0 >= 0, gap > 0, slope = theta/T > 0, T >= 0; array (9,).

    0 m = E v<t>;  1 chi = E<sech2>/T = (1 - q1)/T;  2 E[<t2> - <t>2] = q1 - q0;  3 E[slope <phi> - ln W] - slope**2 gap/2;
    4 E ln W/slope - slope gap/2;  5 E<sech4>/T;  6 spin entropy;  7 E[(<sech2>/T + slope (<t2> - <t>2))**2];  8 E<t>.

    v = +-place with P(|v|) = weight and P(v) - P(-v) = signed, blurred by a Gaussian of standard deviation `spread`, which joins z0;
    by parts E (v - place) <t> = spread**2 h E d<t>/dg, and d<t>/dg = <sech2>/T + slope (<t2> - <t>2).
    """
    out = np.zeros(9)
    table = missing(slope * T) if gap > T * T else np.empty((7, 0))
    steps = np.tanh(math.sqrt(gap) / T * Z) if gap <= T * T else np.empty(0)
    scale = min(1 / slope, math.sqrt(T * T + gap))
    total = w0 + (spread * h) ** 2
    s, furthest = math.sqrt(total), h * place.max()
    # trapezoids for each site, unless panels that all of them share have fewer points
    if s <= scale and NODES.size * (furthest + 10 * s) >= 3 * s * Z.size * place.size:
        single = total == 0.0
        for k in range(place.size):
            for i in range(1 if single else Z.size):
                g = place[k] * h if single else place[k] * h + s * Z[i]
                part = weight[k] if single else weight[k] * GAUSS[i]
                x = inner(abs(g), gap, slope, T, table, steps)
                t = np.sign(g) * (1 - x[0])
                out[0] += part * place[k] * t
                out[8] += signed[k] / weight[k] * part * t
                for j in range(1, 4):
                    out[j] += part * x[j]
                out[4] += part * (abs(g) + x[4] / slope)
                out[5] += part * x[5]
                out[6] += part * x[6]
                out[7] += part * (x[1] + slope * x[2]) ** 2
    else:
        p = 1 / (s * ROOT)
        for k in range(place.size):
            mean = place[k] * h
            tail = mean / (s * math.sqrt(2.0))
            out[0] += weight[k] * place[k] * math.erf(tail)
            out[8] += signed[k] * math.erf(tail)
            out[4] += weight[k] * (mean * math.erf(tail) + 2 * total * p * math.exp(-tail * tail))
        end = min(max(25 / slope, 10 * math.sqrt(gap)), furthest + 10 * s)
        a = 0.0
        while a < end:
            b = min(a + min(2 * scale + a, 3 * s), end)
            for i in range(NODES.size):
                g = (a + b) / 2 + (b - a) / 2 * NODES[i]
                both = overlap = archetype = 0.0
                for k in range(place.size):
                    right = math.exp(-((g - place[k] * h) ** 2) / (2 * total))
                    left = math.exp(-((g + place[k] * h) ** 2) / (2 * total))
                    both += weight[k] * (right + left)
                    overlap += weight[k] * place[k] * (right - left)
                    archetype += signed[k] * (right - left)
                each = (b - a) / 2 * WEIGHTS[i] * p
                x = inner(g, gap, slope, T, table, steps)
                out[0] -= each * overlap * x[0]
                out[8] -= each * archetype * x[0]
                for j in range(1, 4):
                    out[j] += each * both * x[j]
                out[4] += each * both * x[4] / slope
                out[5] += each * both * x[5]
                out[6] += each * both * x[6]
                out[7] += each * both * (x[1] + slope * x[2]) ** 2
            a = b
    out[0] += spread * spread * h * (out[1] + slope * out[2])
    return out
