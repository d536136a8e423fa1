"""Monte Carlo: finite networks, drawn and sampled.

`simulate` for one point, `temper` for a ladder of temperatures, `fixed_point` for the mean-field magnetizations of given rows;
`MonteCarlo` and `Tempering`, the same as the task of a Study.
"""
from .plefka import FixedPoint, fixed_point
from .sampling import MonteCarlo, simulate
from .tempering import Tempering, temper, tune_ladder

__all__ = ["FixedPoint", "MonteCarlo", "Tempering", "fixed_point", "simulate", "temper", "tune_ladder"]
