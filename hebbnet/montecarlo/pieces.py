"""Long runs in pieces, so that a task can save where it is and stop between two sweeps.

The numbers of a run do not depend on its pieces, because random numbers belong to sweeps (`streams`).
"""
import time

SHORT = 0.1   # seconds: a piece that took less is followed by one of twice as many sweeps


class Pieces:
    """Calls advance(state, sweeps), for at most so many sweeps at a time that the next chance to save is near.

    With a `checkpoint` of None there is nothing to save, and a run is one piece.  unit: sweeps of a piece are a multiple of it.
    """

    def __init__(self, advance, checkpoint, unit=1):
        self.advance, self.checkpoint, self.size = advance, checkpoint, unit

    def __call__(self, state, sweeps):
        """(state, what advance says beside it) after at most `sweeps` sweeps."""
        if self.checkpoint is None:
            return self.advance(state, sweeps)
        sweeps, begin = min(sweeps, self.size), time.monotonic()
        result = self.advance(state, sweeps)
        if sweeps == self.size and time.monotonic() - begin < SHORT:
            self.size *= 2
        return result


def next_stop(sweep, thermalize, every):
    """The sweep at which the next measurement is due, or thermalization ends."""
    return thermalize if sweep < thermalize else thermalize + every * ((sweep - thermalize) // every + 1)
