"""Long runs in pieces, so that a task can save where it is and stop between two sweeps.

The numbers of a run do not depend on its pieces, because random numbers belong to sweeps (`streams`).
"""
import time

import numpy as np
from numba import njit

from ..patterns import FAST

ATTEMPTS, BYTES = 2**18, 2**21   # of a run between two looks at what it has seen; of that
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


def parts(sweep, end, thermalize, every, most):
    """(sweeps, measurements) of the parts of a run from `sweep` to `end`: what leads to a measurement, with it or cut off by the end, and up to
    `most` whole intervals at a time."""
    while sweep < end:
        stop = next_stop(sweep, thermalize, every)
        whole = (end - sweep) // every if sweep >= thermalize and stop - sweep == every else 0
        times = min(most, whole) or int(thermalize < stop <= end)
        sweeps = times * every if whole else min(stop, end) - sweep
        yield sweeps, times
        sweep += sweeps


class Seen:
    """Room for the states that a run comes by, so that Python looks at many of them at once.

    Measuring one state takes some 30 us of Python, many small sweeps.  An engine whose `sees` is true puts its C chains, after each of `times` equal
    parts of a run, into a State of C times chains, those of one chain beside each other; what is measured of that State is then (C times,).
    """

    def __init__(self, engine, state, attempts):
        """attempts: of all chains between two measurements."""
        size = sum(x.nbytes for x in state[:2])
        self.most = max(1, min(ATTEMPTS // attempts, BYTES // size)) if getattr(engine, "sees", False) else 1
        self.state = None

    def __call__(self, state, times):
        """The State for chains like these; None where there is one state to see, or none."""
        if times < 2:
            return None
        if self.state is None or len(self.state.spins) != times * len(state.spins):
            room = {name: np.zeros((times * len(x), *x.shape[1:]), x.dtype) for name, x in zip(("spins", "overlaps"), state)}
            self.state = state._replace(**room)
        return self.state


def copies(state, seen):
    """spins (C, times, N) and overlaps (C, times, ...) of what is to be seen of a state; times = 0 without."""
    if not seen:
        return [x[:, None][:, :0] for x in state[:2]]
    return [x.reshape(len(state.spins), -1, *x.shape[1:]) for x in seen[:2]]


def step_by_step(advance, state, sweeps, seen):
    """advance(state, sweeps) that puts into `seen` what an engine comes by, for engines that cannot do so themselves."""
    if not seen:
        return advance(state, sweeps)
    arrays = copies(state, seen)
    flips, times = 0, arrays[0].shape[1]
    for t in range(times):
        state, more = advance(state, sweeps // times)
        flips = flips + more
        for array, x in zip(arrays, state):
            array[:, t] = x
    return state, flips


@njit(**FAST)
def see(spins, X, done, sweeps, seen_spins, seen_X):
    """A chain after `done` of `sweeps` sweeps goes where it is to be seen (times, ...), if it is its turn."""
    if due(done, sweeps, len(seen_spins)):
        t = done * len(seen_spins) // sweeps - 1
        seen_spins[t] = spins
        seen_X[t] = X


@njit(**FAST)
def due(done, sweeps, times):
    return times > 0 and done * times % sweeps == 0
