"""Reference engine: slow and obviously right.  Local fields come straight from the network's law, one flip at a time."""
import numpy as np
from scipy.special import logsumexp

from .. import streams
from .forms import LogSum, Pairs, Symmetric, polynomials
from .problem import thresholds


class Engine:
    """Chains of one problem; the same interface as the compiled engine."""

    def __init__(self, problem):
        self.problem = problem
        if isinstance(problem.form, Pairs):   # with their zeros again
            start, column, value = problem.patterns.rows
            self.rows = np.zeros((problem.patterns.N, problem.patterns.S), np.int64)
            self.rows[np.repeat(np.arange(problem.patterns.N), np.diff(start)), column] = value

    def advance(self, state, sweeps):
        """Advance every chain by `sweeps` sweeps of N attempted flips.  Returns the new state and flips made (C,)."""
        units = self.problem.units(len(state.spins))
        flips = [sum(self.sweep(spins, X, sweep, chain, units[chain]) for sweep in range(state.sweep, state.sweep + sweeps))
                 for chain, (spins, X) in enumerate(zip(state.spins, state.overlaps))]
        return state._replace(sweep=state.sweep + sweeps), np.array(flips, np.int64)

    def sweep(self, spins, X, sweep, chain, unit):
        """One sweep of one chain, in place; the number of flips."""
        problem, N = self.problem, len(spins)
        n, sites = streams.attempts(problem.key, sweep, chain, problem.sample, N)
        limits = thresholds(problem.dynamics, n, unit)
        if problem.dynamics == "parallel":
            new = np.array([self.decide(spins, X, i, limits[i]) for i in range(N)])
            changed = np.flatnonzero(new != spins)
            for i in changed:
                self.flip(spins, X, i)
            return len(changed)
        flips = 0
        for i, limit in zip(range(N) if problem.order == "systematic" else sites, limits):
            if self.decide(spins, X, i, limit) != spins[i]:
                self.flip(spins, X, i)
                flips += 1
        return flips

    def decide(self, spins, X, i, limit):
        """The value of spin i after its attempt."""
        h, s = self.field(spins, X, i), int(spins[i])
        if self.problem.dynamics in ("heat-bath", "parallel"):
            return 1 if h > limit else -1
        return -s if s * h <= limit else s

    def field(self, spins, X, i):
        """h_i = sum_mu xi_mu,i D(X_mu - s_i xi_mu,i), in the kernel's integers."""
        form, K = self.problem.form, self.problem.patterns.S
        if isinstance(form, Symmetric):
            return self.symmetric_field(spins, i)
        if isinstance(form, Pairs):
            others = np.arange(len(spins)) != i
            return int(sum(self.rows[i] * (spins[others] @ self.rows[others])))
        xi = self.problem.patterns.rows[i, :K].astype(np.int64)
        c = X[:K] - spins[i] * xi
        if isinstance(form, LogSum):
            up, down = logsumexp(form.lam * (c + xi)), logsumexp(form.lam * (c - xi))
            return 0.0 if np.array_equal(np.sort(c + xi), np.sort(c - xi)) else (up - down) / 2 * form.denominator
        terms = xi * form.fields[(c + len(spins) - 1) // 2]
        if form.exact:
            return int(terms.sum()) * form.denominator
        return np.cumsum(terms)[-1]   # in pattern order, as every engine does

    def symmetric_field(self, spins, i):
        """h_i = sum_mu W_mu,i e_{P-1}(W_mu,j s_j for all j but i), from its definition."""
        form = self.problem.form
        kind = np.float64 if form.kernel == "rounded" else np.int64
        W = self.problem.patterns.rows.astype(kind)
        x = np.delete(W * spins[:, None], i, axis=0)
        terms = W[i] * polynomials(x, W.shape[1], form.P - 1, kind)[-1]
        if form.exact:
            return float(int(terms.sum()))
        return np.cumsum(terms.astype(np.float64))[-1]

    def flip(self, spins, X, i):
        spins[i] = -spins[i]
        if isinstance(self.problem.form, Symmetric):
            X[...] = self.problem.begin(spins[None]).overlaps[0]
            return
        if isinstance(self.problem.form, Pairs):
            X[...] = spins @ self.rows
            return
        X += 2 * spins[i] * self.problem.patterns.rows[i].astype(X.dtype)

    def energies(self, state):
        """sum_mu law(X_mu) of every chain, (C,), in pattern order."""
        K, N = self.problem.patterns.S, self.problem.patterns.N
        if isinstance(self.problem.form, Pairs):
            return self.problem.form.energies(state.spins @ self.rows)
        if isinstance(self.problem.form, LogSum):
            return logsumexp(self.problem.form.lam * state.overlaps[:, :K].astype(float), axis=1)
        if isinstance(self.problem.form, Symmetric):
            return np.cumsum(self.problem.begin(state.spins).overlaps[:, -1].astype(self.problem.form.sums), axis=1)[:, -1]
        return np.cumsum(self.problem.form.energies[(state.overlaps[:, :K].astype(np.int64) + N) // 2], axis=1)[:, -1]
