"""Parallel tempering: copies of one network at a ladder of temperatures that exchange their states.

A replica is a whole ladder: one Markov chain per temperature, with sweeps at fixed temperature and, in between, exchanges of
neighboring temperatures a < b with the probability

    min(1, exp[(1/T_a - 1/T_b) (E_a - E_b)])

which keep the product of the Boltzmann distributions invariant.  A state climbs to where barriers are low and comes back down
elsewhere.  Replicas are independent, so that q is measured between independent states at the same temperature.

Source: K. Hukushima, K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996).  docs/tempering.md.
"""
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from .. import networks, streams
from ..observables import describe
from ..params import PARAMETERS, ParameterError, choose, count
from ..patterns import FAST, Diluted
from . import continuous, overlaps, preparing, statistics
from . import problem as problems
from .forms import Continuous
from .pieces import Pieces, Seen, copies, parts
from .preparing import ENGINES, fingerprint
from .problem import host
from .sampling import STARTS, check_start, one_point, over_samples, starting_spins

DYNAMICS = ("heat-bath", "metropolis")   # those whose stationary measure is Boltzmann's
MEASURED = ("m", "m_abs", "m_other", "energy", "acceptance", "swap_rate", "q", "q_abs", "q2", "q4", "q_density", *overlaps.MEASURED)
START, UP, DOWN = range(3)   # where a walker goes: not yet to the coldest temperature; from there up; from the hottest down
BINS = 40                    # of the overlap of real states, unless told otherwise
SWAPS_AHEAD = 256            # random numbers for swaps are made so many at a time
AGREE = (f"replicas: the means of the energy and of |m| in the two replicas differ by at most {statistics.STANDARD_ERRORS} standard errors, "
         "and the halves of the series of q agree as in the test of `equilibrated`")


class Walkers(NamedTuple):
    """R replicas of a ladder of L temperatures, cold to hot; all that a checkpoint needs.

    chains: spins and overlaps by temperature, chain = replica * L + temperature; a swap exchanges them.  sums (R, L): sum_mu
    law(X_mu), the energy in integers.  walker (R, L): which walker is at this temperature; heading (R, L): where walker w goes.
    """

    chains: problems.State
    sums: np.ndarray
    walker: np.ndarray
    heading: np.ndarray


class Counts(NamedTuple):
    """What happened during an `advance`: flips (R, L), swaps accepted and tried (R, L - 1), round trips of each walker (R, L)."""

    flips: np.ndarray
    swaps: np.ndarray
    tried: np.ndarray
    trips: np.ndarray

    @classmethod
    def none(cls, R, L):
        return cls(np.zeros((R, L), np.int64), *np.zeros((2, R, L - 1), np.int64), np.zeros((R, L), np.int64))


class Ladder:
    """The Markov chain of parallel tempering for the problem of an engine, whose T is `replicas` times the ladder T (L,).

    An engine may do sweeps and swaps where its states are (`temper`, of the same results).
    """

    UP, DOWN = UP, DOWN

    def __init__(self, engine, T, replicas, swap_every):
        self.engine, self.T, self.replicas, self.swap_every = engine, np.asarray(T, float), replicas, swap_every
        self.gain = engine.problem.scale * np.diff(self.T)
        self.loss = self.T[:-1] * self.T[1:]
        self.ahead = None, None

    def begin(self, spins):
        """Walkers from spins (R * L, N) int8."""
        chains = self.engine.problem.begin(spins)
        walker = np.tile(np.arange(len(self.T)), (self.replicas, 1))
        heading = np.full(walker.shape, START)
        heading[:, 0] = UP
        return Walkers(chains, self.energies(chains), walker, heading)

    def energies(self, chains):
        return self.engine.energies(chains).reshape(self.replicas, -1)

    def advance(self, state, sweeps, seen=None):
        """`sweeps` sweeps at every temperature (a multiple of swap_every), each `swap_every` followed by a swap of every other pair.

        Returns the new state and `Counts`; arrays of the old state may be changed.  seen: `Walkers` whose chains (pieces.Seen) and sums
        (R, L, times) become what they are after each sweeps / times sweeps.
        """
        done = self.engine.temper(self, state, sweeps // self.swap_every) if hasattr(self.engine, "temper") else None
        if done:
            chains, arrays, counts = done
            return Walkers(chains, *arrays), Counts(*counts)
        shape = state.walker.shape
        counts, rounds = Counts.none(*shape), sweeps // self.swap_every
        spins, overlaps = copies(state.chains, seen and seen.chains)
        each = rounds // max(1, spins.shape[1])
        for k in range(1, rounds + 1):
            chains, flips = self.engine.advance(state.chains, self.swap_every)
            counts.flips[...] += flips.reshape(shape)
            state = self.swap(state._replace(chains=chains, sums=self.energies(chains)), counts)
            if seen and k % each == 0:
                t = k // each - 1
                spins[:, t], overlaps[:, t], seen.sums[..., t] = state.chains.spins, state.chains.overlaps, state.sums
        return state, counts

    def swap(self, state, counts):
        """Try to exchange every other pair of neighbors, beginning with the first or the second one in turn."""
        number, chains = state.chains.sweep // self.swap_every - 1, state.chains
        rows = [x.reshape(len(x), -1).view(np.uint8) for x in (chains.spins, chains.overlaps)]
        swap(*rows, state.sums, state.walker, state.heading, number % 2, self.gain, self.loss, self.minus_log(number), counts.swaps, counts.tried,
             counts.trips)
        return state

    def minus_log(self, number):
        """-ln u of each pair in swap `number`, (R, L - 1).  Kept for the next ones: a cache, since it depends on `number` alone."""
        block = number // SWAPS_AHEAD
        if self.ahead[0] != block:
            problem = self.engine.problem
            n = streams.swaps(problem.key, block * SWAPS_AHEAD, SWAPS_AHEAD, self.replicas, len(self.T) - 1, problem.sample)
            self.ahead = block, streams.minus_log(n)
        return self.ahead[1][number % SWAPS_AHEAD]


@njit(**FAST)
def swap(spins, overlaps, sums, walker, heading, first, gain, loss, minus_log, swaps, tried, trips):
    """Exchange the pairs `first`, first + 2, ... of temperatures where chance says so; spins and overlaps as bytes, (R L, bytes of a chain).

    (1/T_a - 1/T_b)(E_a - E_b) >= ln u, times T_a T_b: nothing is divided by T = 0, where the lower energy always goes.  A round trip of a walker is
    from the coldest temperature to the hottest and back, counted on arrival.
    """
    R, L = sums.shape
    for r in range(R):
        for k in range(first, L - 1, 2):
            tried[r, k] += 1
            if gain[k] * (sums[r, k + 1] - sums[r, k]) >= -loss[k] * minus_log[r, k]:
                swaps[r, k] += 1
                sums[r, k], sums[r, k + 1] = sums[r, k + 1], sums[r, k]
                walker[r, k], walker[r, k + 1] = walker[r, k + 1], walker[r, k]
                exchange(spins[r * L + k], spins[r * L + k + 1])
                exchange(overlaps[r * L + k], overlaps[r * L + k + 1])
        cold, hot = walker[r, 0], walker[r, L - 1]
        trips[r, cold] += heading[r, cold] == DOWN
        heading[r, cold] = UP
        if heading[r, hot] == UP:
            heading[r, hot] = DOWN


@njit(**FAST)
def exchange(one, other):
    for k in range(one.size):
        one[k], other[k] = other[k], one[k]


@dataclass(frozen=True, eq=False)
class Tempering:
    """What is done at every grid point: `disorder` samples (default 8), `replicas` independent ladders each; the grid has no T.

    T: the ladder, at least two ascending temperatures; 0 is allowed.  start: "pattern", "random", ("overlap", m0) or spins (N,) or
    (len(T), N), for all replicas, or a tuple with one of these for each replica.  dynamics: "heat-bath" or "metropolis"; order:
    "random" or "systematic".  swap_every: sweeps between swaps; thermalize, measure, every as in `MonteCarlo`, all multiples of
    swap_every, and every = None stands for swap_every.  bins: of the distribution of q, with whole values of q in each; None: one
    for each of the N + 1 values.
    patterns: the user's own (K, N) array of +-1 (one disorder sample); examples, labels, step: as in `MonteCarlo`; bins of real states
    are of equal width (default 40).  Diluted patterns: start "hierarchical", "pure", "random" or spins.

    Fails with ParameterError, naming the parameter, on anything it does not understand.
    """

    network: str
    _: KW_ONLY
    T: tuple
    start: object = "random"
    dynamics: str | None = None
    order: str = "random"
    swap_every: int = 1
    thermalize: int = 1000
    measure: int = 2000
    every: int | None = None
    disorder: int | None = None
    replicas: int = 2
    bins: int | None = None
    patterns: object = None
    examples: object = None
    labels: object = None
    step: float | None = None

    def __post_init__(self):
        network = networks.get(self.network)
        names = getattr(network, "STARTS", STARTS)
        object.__setattr__(self, "dynamics", choose("dynamics", preparing.dynamics(network, self.dynamics), DYNAMICS))
        choose("order", self.order, problems.ORDERS)
        object.__setattr__(self, "step", preparing.check_step(network, self.step))
        fixed = {"T": check_ladder(self.T), "thermalize": count("thermalize", self.thermalize, 0)}
        fixed |= preparing.check_data(self)
        for name in ("swap_every", "measure", "replicas"):
            fixed[name] = count(name, getattr(self, name))
        fixed["every"] = count("every", self.swap_every if self.every is None else self.every)
        if self.bins is not None:
            fixed["bins"] = count("bins", self.bins)
        for name, unit in (("thermalize", "swap_every"), ("every", "swap_every"), ("measure", "every")):
            if fixed[name] % fixed[unit]:
                raise ParameterError(f"{name} = {fixed[name]} sweeps: expected a multiple of {unit} = {fixed[unit]}", name)
        entries = continuous.real_states if hasattr(network, "LOG_SUM") else None
        fixed["start"] = check_starts(self.start, fixed["replicas"], len(fixed["T"]), names, entries)
        for name, value in fixed.items():
            object.__setattr__(self, name, value)

    revision = preparing.REVISION

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        """Everything that decides the numbers of one task except grid point, sample and seed; JSON-able."""
        return {"task": "Tempering", "network": self.network, "T": list(self.T), "start": [fingerprint(s) for s in self.start],
                "dynamics": self.dynamics, "order": self.order, "swap_every": self.swap_every, "thermalize": self.thermalize,
                "measure": self.measure, "every": self.every, "replicas": self.replicas, "bins": self.bins,
                "patterns": fingerprint(self.patterns), **({} if self.step is None else {"step": self.step}), **preparing.data_identity(self)}

    def check(self, point):
        """The point's parameters with K resolved and T the ladder; ParameterError where they are wrong or too large."""
        if "T" in point:
            raise ParameterError(f"T = {point['T']} in the grid: parallel tempering takes its ladder of temperatures as a setting of the "
                                 "task, Tempering(..., T=[...]); leave T out of the grid", "T")
        params = preparing.resolve(self, {**point, "T": self.T[-1]}, chains=self.replicas * len(self.T))
        for start in self.start:
            if isinstance(start, np.ndarray) and start.shape[1] != params.N:
                raise ParameterError(f"start has {start.shape[1]} spins per chain: expected N = {params.N}", "start")
        preparing.check_dynamics(networks.get(self.network), params, self.dynamics)
        if self.bins is not None and self.bins > params.N + 1 and params.get("space", "binary") == "binary":
            raise ParameterError(f"bins = {self.bins}: q takes N + 1 = {params.N + 1} values; expected at most so many bins", "bins")
        return params.replace(T=list(self.T))

    def run(self, point, *, sample, seed, engine="numba", checkpoint=None):
        """Measure one disorder sample: name -> (dims, array).  checkpoint: where to save on the way and to go on from."""
        return self.measurements(point, sample=sample, seed=seed, engine=engine, checkpoint=checkpoint)

    def ladder(self, params, *, sample, seed, engine="numba", threads=1):
        """The `Ladder` of one disorder sample."""
        choose("engine", engine, ENGINES)
        problem = preparing.finite(self, params, T=np.tile(self.T, self.replicas), sample=sample, seed=seed)
        return Ladder(preparing.engine(engine, problem, threads), self.T, self.replicas, self.swap_every)

    def initial(self, ladder, seed):
        """Starting `Walkers`; random spins depend on (seed, sample, replica, temperature's place) and not on the grid point."""
        L = len(self.T)
        return ladder.begin(np.stack([starting_spins(self.start[chain // L], ladder.engine.problem, chain, seed)
                                      for chain in range(self.replicas * L)]))

    def measurements(self, point, *, sample, seed, engine="numba", threads=1, series=False, spins=False, checkpoint=None):
        """As `run`; threads: among which chains are divided; series adds m_series, energy_series (disorder, replica, T, measurement) and
        q_series (disorder, pair, T, measurement), spins the final spins (disorder, replica, T, neuron)."""
        params = self.check(point)
        ladder = self.ladder(params, sample=sample, seed=seed, engine=engine, threads=threads)
        state = self.initial(ladder, seed)
        n, N, R, L = self.measure // self.every, params.N, self.replicas, len(self.T)
        m, other, energy, learnt = np.empty((R, L, n)), np.zeros((R, L)), np.empty((R, L, n)), {}
        problem = ladder.engine.problem
        several = isinstance(problem.patterns, Diluted)
        real = isinstance(problem.form, Continuous)
        Q = np.empty((R // 2, L, n), float if real else np.int64)   # N q, of spins an integer
        total = Counts.none(R, L)

        def arrays(t):
            """All that the run is after t measurements."""
            return {**state.chains.arrays(), **{name: getattr(state, name) for name in ("sums", "walker", "heading")}, **total._asdict(),
                    "m": m[..., :t], "other": other, "energy": energy[..., :t], "Q": Q[..., :t],
                    **{f"learnt_{name}": x for name, x in learnt.items()}}

        t, last = 0, self.thermalize + self.measure
        saved = checkpoint.load(last) if checkpoint else None
        if saved:
            state = Walkers(problems.restored(state.chains, saved), saved["sums"], saved["walker"], saved["heading"])
            t = max(0, state.chains.sweep - self.thermalize) // self.every
            total, other = Counts(*(saved[name] for name in Counts._fields)), saved["other"]
            for array, name in ((m, "m"), (energy, "energy"), (Q, "Q")):
                array[..., :t] = saved[name]
            learnt = {name.removeprefix("learnt_"): x for name, x in saved.items() if name.startswith("learnt_")}
        room = Seen(ladder.engine, state.chains, R * L * problem.attempts * self.every)

        def advance(state, sweeps):
            """With what is measured on the way."""
            nonlocal t, total, other
            first = state.chains.sweep
            for part, times in parts(first, first + sweeps, self.thermalize, self.every, room.most):
                measuring, chains = state.chains.sweep >= self.thermalize, room(state.chains, times)
                seen = chains and Walkers(chains, np.empty((R, L, times), state.sums.dtype), None, None)
                state, counts = ladder.advance(state, part, seen)
                if measuring:
                    total = Counts(*(a + b for a, b in zip(total, counts)))
                if times:
                    chains, sums = (seen or state)[:2]
                    shape, at = (R, L, times), slice(t, t + times)
                    beside = getattr(ladder.engine, "measured", problem)   # its patterns, where the engine keeps its states
                    if several:
                        found = overlaps.ranked(problem, problems.State(**chains.arrays()), params)
                        m[..., at] = found["m"][:, 0].reshape(shape)
                    else:
                        m[..., at] = host(overlaps.condensed(beside, chains)).reshape(shape)
                        other = add(other, host(overlaps.largest_other(beside, chains)).reshape(shape))
                        found = overlaps.further(beside, chains, params)
                    for name, value in found.items():
                        value = host(value).reshape(*shape, *value.shape[1:])
                        learnt[name] = add(learnt.get(name, np.zeros_like(value[:, :, 0])), value)
                    energy[..., at] = -problem.scale * sums.reshape(shape) / N
                    s = chains.spins.reshape(*shape, N)[:R // 2 * 2]
                    Q[..., at] = host(np.sum(s[0::2] * s[1::2], axis=-1, dtype=Q.dtype))
                    t += times
            return state, counts

        pieces = Pieces(advance, checkpoint, self.swap_every)
        while state.chains.sweep < last:
            state, _ = pieces(state, last - state.chains.sweep)
            if checkpoint and state.chains.sweep < last and checkpoint.due():
                checkpoint.save(arrays(t))
        if checkpoint:
            checkpoint.keep(arrays(n))
        q = Q / N
        tau = np.apply_along_axis(statistics.autocorrelation_time, -1, m)
        followed = [(x, np.apply_along_axis(statistics.autocorrelation_time, -1, x)) for x in (energy, np.abs(m))]
        still = np.array([[all(statistics.settled(x[r, k], times[r, k]) for x, times in followed) for k in range(L)] for r in range(R)])
        rung, pair = ("disorder", "replica", "T"), ("disorder", "pair", "T")
        found = {name: ((*rung, "pattern")[:x.ndim + 1], x / n) for name, x in learnt.items()}
        if not several:
            found |= {"m": (rung, m.mean(-1)), "m_abs": (rung, np.abs(m).mean(-1)), "m_other": (rung, other / n)}
        values = {
            **found, "energy": (rung, energy.mean(-1)), "acceptance": (rung, total.flips / (self.measure * problem.attempts)),
            "m_tau": (rung, tau * self.every), "ess": (rung, n / tau), "equilibrated": (rung, still),
            "swap_rate": (("disorder", "replica", "interval"), np.where(total.tried, total.swaps / np.maximum(total.tried, 1), np.nan)),
            "round_trips": (("disorder", "replica", "walker"), total.trips),
        }
        if R > 1:
            edges = np.linspace(-1, 1, (self.bins or BINS) + 1) if real else overlap_bins(N, self.bins)
            same = [[all(statistics.agree(*x[r:r + 2, k], times[r:r + 2, k]) for x, times in followed) and statistics.settled(q[r // 2, k])
                     for k in range(L)] for r in range(0, R // 2 * 2, 2)]
            values |= {"q": (pair, q.mean(-1)), "q_abs": (pair, np.abs(q).mean(-1)), "q2": (pair, (q**2).mean(-1)),
                       "q4": (pair, (q**4).mean(-1)), "replicas_agree": (pair, np.array(same)),
                       "q_density": (("disorder", "T", "bin"), (real_density if real else density)(Q, N, edges))}
        if series:
            values |= {"m_series": ((*rung, "measurement"), m), "energy_series": ((*rung, "measurement"), energy)}
            values |= {"q_series": ((*pair, "measurement"), q)} if R > 1 else {}
        if spins:
            values["spins"] = ((*rung, "neuron"), host(state.chains.spins).reshape(R, L, N))
        out = {name: (dims, array[None]) for name, (dims, array) in values.items()}
        out |= {"T": (("T",), np.array(self.T)), **preparing.sizes(self, params),
                "exact_integers": ((), np.array(ladder.engine.problem.form.exact))}
        if R > 1:
            edge = edges if real else (2 * edges - N - 1) / N
            out |= {"q_edge": (("edge",), edge), "q_center": (("bin",), (edge[1:] + edge[:-1]) / 2)}
        return out

    def summarize(self, dataset):
        """Add means and standard errors over disorder samples (NaN with one), and the Binder cumulant with its jackknife error."""
        for name in MEASURED:
            if name in dataset:
                dataset[f"{name}_mean"], dataset[f"{name}_err"] = over_samples(dataset[name])
        if "q2" in dataset:
            moments = [dataset[name].mean("pair") for name in ("q2", "q4")]
            dataset["binder"], dataset["binder_err"] = jackknife_over_samples(statistics.binder, *moments)
        for name in dataset.variables:
            dataset[name].attrs.update(describe(name))
        for name, test in (("equilibrated", statistics.TEST.replace("of m ", "of |m| ")), ("replicas_agree", AGREE)):
            if name in dataset:
                dataset[name].attrs["test"] = test
        return dataset


def add(total, x):
    """total (R, L, ...) + x (R, L, times, ...), one time after the other, so that the last bits do not depend on how many there are at once."""
    return np.cumsum(np.concatenate([total[:, :, None], x], axis=2), axis=2)[:, :, -1]


def jackknife_over_samples(function, *arrays):
    """function(mean over disorder of each array) and its jackknife error, as DataArrays without the dim disorder."""
    from xarray import apply_ufunc

    return apply_ufunc(lambda *a: statistics.jackknife(function, *(np.moveaxis(x, -1, 0) for x in a)), *arrays,
                       input_core_dims=[["disorder"]] * len(arrays), output_core_dims=[[], []])


def overlap_bins(N, bins=None):
    """Edges (bins + 1,) of the distribution of q, as places in the list -1, -1 + 2/N, ..., 1 of its N + 1 values.

    A bin holds whole values, so that its density does not depend on how bins and values fall on each other.
    """
    return np.round(np.linspace(0, N + 1, (bins or N + 1) + 1)).astype(int)


def density(Q, N, edges):
    """Probability density of q = Q / N over the bins, (T, bin), from Q (pair, T, measurement)."""
    widths = np.diff(edges) * 2 / N
    places = (Q + N) // 2
    counts = [np.add.reduceat(np.bincount(places[:, k].ravel(), minlength=N + 1), edges[:-1]) for k in range(Q.shape[1])]
    return np.array(counts) / (Q.shape[0] * Q.shape[2] * widths)


def real_density(Q, N, edges):
    """The same of real states over bins of equal width, as a part of all measurements: |q| > 1, in Euclidean space, is in no bin."""
    return np.array([np.histogram(Q[:, k] / N, edges)[0] for k in range(Q.shape[1])]) / (Q.shape[0] * Q.shape[2] * np.diff(edges))


def check_ladder(T):
    """The ladder as a tuple of ascending floats; ParameterError for anything else."""
    ladder = np.asarray(T)
    if ladder.ndim != 1 or len(ladder) < 2:
        raise ParameterError(f"T has shape {ladder.shape}: parallel tempering needs a ladder, at least two temperatures in a list", "T")
    values = tuple(PARAMETERS["T"].check(t) for t in ladder.tolist())
    for cold, hot in zip(values, values[1:]):
        if not cold < hot:
            raise ParameterError(f"T has {cold:g} before {hot:g}: expected different temperatures in ascending order, as numpy.unique(T) "
                                 "gives them", "T")
    return values


def check_starts(start, replicas, temperatures, names, entries=None):
    """One start per replica, each in one spelling: a name, ("overlap", m0) or an array (1 or temperatures, N), int8 spins unless
    `entries` checks others."""
    if isinstance(start, (tuple, list)) and not (start and isinstance(start[0], str) and start[0] == "overlap"):
        if len(start) != replicas:
            raise ParameterError(f"start has {len(start)} entries: expected one for all, or one for each of replicas = {replicas}", "start")
        return tuple(check_starts(s, 1, temperatures, names, entries)[0] for s in start)
    start = check_start(start, temperatures, names, entries)
    if isinstance(start, str):
        choose("start", start, [name for name in names if name != "overlap"])
    return (start,) * replicas


def temper(network, *, T, seed=0, engine="numba", threads=1, series=False, spins=False, start="random", dynamics=None, order="random",
           swap_every=1, thermalize=1000, measure=2000, every=None, disorder=None, replicas=2, bins=None, patterns=None, examples=None, labels=None,
           step=None, **params):
    """Parallel tempering of one parameter point at the ladder of temperatures T: an xarray.Dataset.

    Control parameters of the network but T (for "dense": P, N and one of alpha, K; self_interaction, or learning, r, M, stratified; for
    "multitasking": d, N and one of alpha, K; learning, r, M) and the settings of `Tempering`.  engine: "numba", "cupy" or "numpy"; the same
    seed gives the same spins in all.  threads: as in `simulate`.

    Variables over (disorder, replica, T): m, m_abs, m_other, energy, acceptance, m_tau (sweeps), ess, equilibrated, and n, m_example
    where the network learns from examples; over (disorder, pair, T), replicas (0,1), (2,3), ...: q, q_abs, q2, q4, replicas_agree;
    "multitasking" has m (and n) over (disorder, replica, T, pattern): states wander between patterns, so that m are time averages of abs(m_mu) sorted
    at every measurement, and m_tau, ess and m_series are of the largest; no m_abs, m_other, m_example.
    q_density (disorder, T, bin), the distribution of q between the edges q_edge;
    swap_rate (disorder, replica, interval) and round_trips (disorder, replica, walker); X_mean and X_err over disorder, binder
    and binder_err (T).  Overlaps and energies are per neuron; one sweep is N attempted flips.
    Raises ParameterError.  Definitions: docs/tempering.md.
    """
    task = Tempering(network, T=T, start=start, dynamics=dynamics, order=order, swap_every=swap_every, thermalize=thermalize,
                     measure=measure, every=every, disorder=disorder, replicas=replicas, bins=bins, patterns=patterns,
                     examples=examples, labels=labels, step=step)
    return one_point(task, params, seed=seed, engine=engine, threads=threads, series=series, spins=spins)


def tune_ladder(network, *, low, high, size, passes=4, seed=0, engine="numba", threads=1, start="random", thermalize=500, measure=500, disorder=4,
                patterns=None, examples=None, labels=None, **params):
    """A ladder (size,) of temperatures from low > 0 to high between which swaps are equally likely.

    Starts from a geometric ladder; each of `passes` short runs measures the energies, and with them how likely an exchange of
    independent states is, A = E min(1, exp[(1/T_a - 1/T_b)(E_a - E_b)]).  The next ladder has equal lengths l, A = erfc(l / 2): were
    the energies Gaussian, of equal width, l would be (1/T_a - 1/T_b) times it, which adds up along the ladder.  Deterministic, and
    rounded to 6 digits, so that it does not depend on the last bits of a library.  Takes the parameters of the network, the
    user's `patterns` or `examples` with `labels`, and a `start` as in `temper`; T = 0 is not for it.  Raises ParameterError.
    """
    from scipy.special import erfcinv

    low, high = PARAMETERS["T"].check(low), PARAMETERS["T"].check(high)
    if not 0 < low < high:
        raise ParameterError(f"low = {low:g}, high = {high:g}: expected 0 < low < high; put T = 0 before the tuned ladder by hand", "low")
    T = np.geomspace(low, high, count("size", size, 2))
    for _ in range(count("passes", passes)):
        T = np.array([low, *(float(f"{t:.6g}") for t in T[1:-1]), high])
        task = Tempering(network, T=T, start=start, thermalize=thermalize, measure=measure, disorder=disorder, replicas=1,
                         patterns=patterns, examples=examples, labels=labels)
        run = one_point(task, params, seed=seed, engine=engine, threads=threads, series=True)
        E = int(run.N) * run.energy_series.isel(replica=0).values
        likely = np.array([np.mean([exchange_probability(1 / T[k] - 1 / T[k + 1], sample[k], sample[k + 1]) for sample in E])
                           for k in range(size - 1)])
        length = np.concatenate([[0], np.cumsum(erfcinv(np.clip(likely, 1e-6, 1 - 1e-6)))])
        T = np.exp(np.interp(np.linspace(0, length[-1], size), length, np.log(T)))
    return np.array([low, *(float(f"{t:.6g}") for t in T[1:-1]), high])


def exchange_probability(difference, cold, hot):
    """Mean of min(1, exp[difference (E_a - E_b)]) over all pairs of energies of two series, thinned to 500 entries each."""
    cold, hot = (E[::-(-len(E) // 500)] for E in (cold, hot))
    return np.exp(np.minimum(0, difference * (cold[:, None] - hot))).mean()
