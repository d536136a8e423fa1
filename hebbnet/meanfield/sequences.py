"""Sequences in k, the number of steps of replica symmetry breaking: capacities, the SK ground state, and their limits."""
import math
from dataclasses import KW_ONLY, dataclass

import numpy as np
from scipy.optimize import least_squares

from .. import equations
from ..equations import Equations
from ..params import ParameterError, check, count
from . import glass, krsb, rs

FITS = ((3, 1), (4, 1), (4, 2), (5, 2))      # (how many of the last values, how many powers)


def extrapolate(k, values):
    """(limit, spread) of a sequence in k: fits of  limit + c (k+a)**-4 [+ c' (k+a)**-6]  to the last values.

    k, values: 1-D, ascending, at least 4 of each.  The limit is the mean of the fits, the spread their range.  The power 4 is
    empirical (it reproduces the full Parisi solution of the SK model); the spread is no bound.  ParameterError for bad input.
    """
    k, values = np.asarray(k, float), np.asarray(values, float)
    if k.ndim != 1 or k.shape != values.shape or k.size < 4 or (np.diff(k) <= 0).any() or not np.isfinite([*k, *values]).all():
        raise ParameterError("extrapolate needs two finite 1-D arrays of one length >= 4, k ascending; got shapes "
                             f"{k.shape} and {values.shape}", "k")
    scale = np.ptp(values[-4:])
    if scale == 0:
        return float(values[-1]), 0.0
    limits = []
    for points, powers in FITS:
        if points <= k.size:
            x, y = k[-points:], (values[-points:] - values[-1]) / scale
            limits.append(values[-1] + scale * _fit(x, y, powers))
    return float(np.mean(limits)), float(np.ptp(limits))


def _fit(k, y, powers):
    """The limit of the fit with terms (k+a)**-4, (k+a)**-6: least squares in a, linear in the rest, residuals in units of distance."""
    weight = 1 / np.maximum(np.abs(y - 2 * y[-1] + y[-2]), 1e-12)

    def linear(a):
        shifted = (k + a) / (k[-1] + a)
        basis = np.stack([np.ones(k.size), *(shifted ** -(4.0 + 2 * p) for p in range(powers))], 1)
        coefficients = np.linalg.lstsq(basis * weight[:, None], y * weight, rcond=None)[0]
        return coefficients[0], weight * (basis @ coefficients - y)

    starts = [least_squares(lambda a: linear(a[0])[1], [a], bounds=(0.01 - k[0], 50)) for a in (0.0, 1.0, 4.0)]
    return linear(min(starts, key=lambda s: s.cost).x[0])[0]


SK = Equations(P=2, signal=0.0, kernel=(0.0, 0.0, 0.5))     # xi = q**2/2, no pattern


def sk_ground_state(k):
    """Ground-state energy per spin of the Sherrington-Kirkpatrick model with k steps; ParameterError unless k is a whole number >= 1.

    H = -sum over i < j of J_ij s_i s_j with J_ij of variance 1/N: the glass equations with the kernel xi(q) = q**2/2.  Full
    breaking: -0.7631667265 (Oppermann, Schmidt, Phys. Rev. E 78 061124 (2008)).
    """
    return krsb.thermodynamics(SK, krsb.frozen(SK, 1.0, 0.0, count("k", k)))[0]


@dataclass(frozen=True)
class Capacities:
    """A Study's task: the largest load of retrieval at each grid point (which leaves alpha out) with 0, 1, ..., `steps` steps."""

    network: str
    _: KW_ONLY
    steps: int = 3

    def __post_init__(self):
        equations.get(self.network)
        object.__setattr__(self, "steps", count("steps", self.steps))

    revision = equations.REVISION

    @property
    def samples(self):
        """Disorder samples: the theory has none, one run per grid point."""
        return 1

    def identity(self):
        """What determines the physics, as JSON-able values."""
        return {"task": "Capacities", "network": self.network, "steps": self.steps}

    def check(self, point):
        """ParameterError if the grid point does not fit, before anything runs."""
        self._build(point)

    def _build(self, point):
        module = equations.get(self.network)
        required = [name for name in module.REQUIRED if name != "alpha"]
        given = check(self.network, point, required=required, optional=module.OPTIONAL)
        return module, given, module.build(given)

    def run(self, point, *, sample=0, seed=0):
        """{name: (dims, array, attributes)}: `capacity` and `capacity_status` over ("steps",), 0 being replica symmetry; scalars
        `limit` and `limit_spread`, extrapolated from 4 or more steps, and `multicritical`, T_d**2 at alpha = 1: the largest load of
        all temperatures, exact for P >= 3 with distinct indices.  NaN where there is none."""
        module, given, e = self._build(point)
        load = rs.fold(e, given.T)[0]
        rows = [(load, "no retrieval at this T; lower T" if math.isnan(load) else "converged")]
        for k in range(1, self.steps + 1):
            alpha, _, status = krsb.line(self.network, module, "spinodal", given, k=k)
            rows.append((alpha, status))
        loads, sentences = zip(*rows)
        limit, spread = extrapolate(range(1, self.steps + 1), loads[1:]) if self.steps > 3 and np.isfinite(loads).all() else (math.nan,) * 2
        exact = not e.soft and not any(e.kernel[:-1])
        top = glass.temperatures(e.kernel).dynamic ** 2 if exact else math.nan
        one = {"units": "1", "symbol": r"\alpha_c"}
        return {"capacity": (("steps",), np.array(loads), {"long_name": "largest load of the retrieval branch", **one}),
                "capacity_status": (("steps",), np.array(sentences), {"long_name": "what the solver has to say", "units": "1"}),
                "limit": ((), np.array(limit), {"long_name": "limit of the capacity for many steps, extrapolated", **one}),
                "limit_spread": ((), np.array(spread), {"long_name": "range of the extrapolations", **one}),
                "multicritical": ((), np.array(top), {"long_name": "largest load at any temperature, T = alpha = T_d**2", **one}),
                "steps": (("steps",), np.arange(self.steps + 1),
                          {"long_name": "steps of replica symmetry breaking", "units": "1", "symbol": "k"})}

    def summarize(self, dataset):
        """Nothing to add: the theory has no samples to average."""
        return dataset
