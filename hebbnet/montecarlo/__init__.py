"""Monte Carlo: finite networks, drawn and sampled.

`simulate` for one point, `temper` for a ladder of temperatures, `fixed_point` for the mean-field magnetizations of given rows,
`same_sample` for the mean field of a drawn multitasking network, `critical_loads` and `retrieved` for one update at exponential load; `MonteCarlo`,
`Tempering` and `OneUpdate`, the same as the task of a Study.
"""
from .one_update import OneUpdate, critical_loads, retrieved
from .plefka import FixedPoint, fixed_point
from .same_sample import same_sample
from .sampling import MonteCarlo, simulate
from .tempering import Tempering, temper, tune_ladder

__all__ = ["FixedPoint", "MonteCarlo", "OneUpdate", "Tempering", "critical_loads", "fixed_point", "retrieved", "same_sample", "simulate", "temper",
           "tune_ladder"]
