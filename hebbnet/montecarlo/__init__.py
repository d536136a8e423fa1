"""Monte Carlo: finite networks, drawn and sampled.  `simulate` for one point, `MonteCarlo` as the task of a Study."""
from .sampling import MonteCarlo, simulate

__all__ = ["MonteCarlo", "simulate"]
