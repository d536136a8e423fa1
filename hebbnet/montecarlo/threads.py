"""One problem's chains on several threads of this process: the compiled kernels hold no lock of Python's.

A chain's random numbers are those of its index, whichever thread has it, so that the spins are the same.
"""
import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from . import numba_engine


class Engine(numba_engine.Engine):
    """The compiled engine with its chains divided among `threads`; patterns, tables and couplings are there once."""

    def __init__(self, problem, threads):
        super().__init__(problem)
        self.pool, self.parts, self.ends = ThreadPoolExecutor(threads), [], np.zeros(1, int)
        self.threads = threads

    def advance(self, state, sweeps, seen=None):
        if self.ends[-1] != len(state.spins):
            self.divide(len(state.spins))
        if seen:
            self.prefer(sweeps, len(seen.spins) // len(state.spins))
        self.couple()
        for part in self.parts:
            part.matrix, part.couplings, part.cold = self.matrix, self.couplings, self.cold
        flips = np.concatenate(list(self.pool.map(lambda part: part.advance(part.of(state), sweeps, seen and part.of(seen))[1], self.parts)))
        if sweeps:
            self.choose(flips, sweeps)
        return state._replace(sweep=state.sweep + sweeps), flips

    def divide(self, chains):
        self.ends = np.linspace(0, chains, min(self.threads, chains) + 1).astype(int)
        self.parts = [Part(self, chains, first, end) for first, end in zip(self.ends, self.ends[1:])]


class Part(numba_engine.Engine):
    """Chains first ... end - 1 of the `chains` of an engine; it goes the way it is told."""

    def __init__(self, whole, chains, first, end):
        vars(self).update(vars(whole))
        self.chains, self.first, self.end, self.draws = chains, int(first), int(end), {}
        self.past = whole.past._replace(spins=whole.past.spins[:0])   # its own, to be made
        if np.ndim(self.problem.T):
            self.problem = replace(self.problem, T=self.problem.T[first:end])
        if self.native:
            self.native = copy.copy(self.native)
            self.native.clear()

    def of(self, state):
        """Its chains of a state, or of what is seen of one."""
        times = len(state.spins) // self.chains
        part = slice(self.first * times, self.end * times)
        return state._replace(spins=state.spins[part], overlaps=state.overlaps[part])

    def choose(self, flips, sweeps):
        pass

    def prefer(self, sweeps, times):
        pass
