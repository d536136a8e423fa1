"""Monte Carlo: finite networks, drawn and sampled.

`simulate` for one point, `temper` for a ladder of temperatures; `MonteCarlo` and `Tempering`, the same as the task of a Study.
"""
from .sampling import MonteCarlo, simulate
from .tempering import Tempering, temper, tune_ladder

__all__ = ["MonteCarlo", "Tempering", "simulate", "temper", "tune_ladder"]
