"""From control parameters to labelled measurements: `simulate` one point, or `MonteCarlo`, the same as the task of a Study."""
import json
from dataclasses import KW_ONLY, dataclass

import numpy as np

from .. import networks, patterns, streams
from ..observables import describe
from ..params import ParameterError, check_seed, choose, count
from . import continuous, overlaps, plefka, preparing, statistics
from . import problem as problems
from .forms import Continuous
from .pieces import Pieces, Seen, parts
from .preparing import ENGINES, fingerprint
from .problem import host

MEASURED = ("m", "m_other", "energy", "acceptance", "q")      # their means and errors over disorder are reported
OBSERVABLES = (*MEASURED, "m_tau", "ess", "equilibrated", "escaped")
STARTS = ("pattern", "random", "overlap")   # the default first, unless the network says otherwise


@dataclass(frozen=True, eq=False)
class MonteCarlo:
    """What is done at every grid point: `disorder` samples of the network (default 8), `chains` Markov chains each.

    start: "pattern" (the default: s = xi^1), "random", ("overlap", m0) (exactly round(N (1 - m0) / 2) neurons of xi^1 reversed), "overlap"
    (the same with m0 a parameter of the grid point) or an array of spins (N,) or (chains, N).  Diluted patterns: "hierarchical" (the
    default: s = the first nonzero entry of the neuron, random where there is none), "pure" (s = xi^1, random where it is zero), "random" or
    an array; patterns and examples may have zeros, whose fraction is d, which is left out then; largest: how many overlaps to keep, NaN
    where there are fewer patterns (default: all up to 32).  A tuple of names is a start for each chain.
    dynamics: "heat-bath" (default), "metropolis", "zero-temperature" or "parallel", or the mean-field "plefka" or "tap" (below);
    order: "random" or "systematic".  thermalize, measure, every: sweeps before, sweeps during, and sweeps between measurements; one sweep is
    N attempted flips.  patterns: the user's own (K, N) array of +-1, which replaces the random ones (one disorder sample).  examples: the
    user's own (K, M, N) array of +-1, M examples of each archetype, or (n, N) with labels (n,), for the learning of the grid point;
    archetypes are then `patterns`, in the order of numpy.unique(labels), or if there are none the signs of the means of the examples (ties
    +1).  observables: which of the measured quantities to keep.

    dynamics "plefka" (first order) and "tap" (with Onsager's term) iterate site magnetizations to a fixed point, each sweep a step `damping`
    (default 1/2) towards what the mean-field equations give for all neurons, until they hold to `tolerance` (default 1e-10) or after
    thermalize + measure sweeps.  stochastic=True draws spins at the fields of their running means instead, whose weight of the present is
    `damping`, and takes means over `measure` sweeps.  reaction: Onsager's term with squared couplings averaged over the disorder, "average"
    (the default), or those of each sample, "instance" (tap with P >= 3; dearer).  A start may be magnetizations in [-1, 1]; order and every
    have no meaning.

    "modern" and "exponential" (docs/theory/modern_statistics): dynamics "metropolis" (default), binary states also the others above (the default
    of "exponential" is "heat-bath"), Euclidean ones "langevin"; patterns and starts are real where states are; a sweep of real states is one
    move of all neurons; step: width of the moves, which is otherwise tuned during thermalization, or the step of Langevin dynamics.

    Fails with ParameterError, naming the parameter, on anything it does not understand.
    """

    network: str
    _: KW_ONLY
    start: object = None
    dynamics: str | None = None
    order: str = "random"
    thermalize: int = 200
    measure: int = 1000
    every: int = 1
    disorder: int | None = None
    chains: int = 2
    patterns: object = None
    examples: object = None
    labels: object = None
    observables: tuple = OBSERVABLES
    damping: float | None = None
    tolerance: float | None = None
    stochastic: bool = False
    reaction: str | None = None
    largest: int | None = None
    step: float | None = None

    def __post_init__(self):
        network = networks.get(self.network)
        object.__setattr__(self, "dynamics", preparing.dynamics(network, self.dynamics, plefka.DYNAMICS))
        choose("order", self.order, problems.ORDERS)
        fixed = {"thermalize": count("thermalize", self.thermalize, 0), "observables": tuple(self.observables)}
        fixed |= preparing.check_data(self)
        for name in ("measure", "every", "chains"):
            fixed[name] = count(name, getattr(self, name))
        mean_field = self.dynamics in plefka.DYNAMICS
        if mean_field and not hasattr(network, "crosstalk"):
            raise ParameterError(f"dynamics = {self.dynamics!r}: mean-field dynamics is not derived for {self.network!r}; expected one of "
                                 f"{', '.join(problems.DYNAMICS)}", "dynamics")
        if mean_field and fixed["observables"] == OBSERVABLES:
            fixed["observables"] = plefka.OBSERVABLES
        for name in fixed["observables"]:
            choose("observables", name, plefka.OBSERVABLES if mean_field else (*OBSERVABLES, *overlaps.MEASURED))
        fixed |= plefka.check_settings(self)
        if fixed["measure"] % fixed["every"]:
            raise ParameterError(f"measure = {self.measure} sweeps is not a multiple of every = {self.every}: "
                                 "a measurement is taken after each `every` sweeps", "measure")
        entries = plefka.magnetizations if mean_field else continuous.real_states if hasattr(network, "LOG_SUM") else None
        fixed["start"] = check_start(self.start, fixed["chains"], getattr(network, "STARTS", STARTS), entries)
        fixed["step"] = preparing.check_step(network, self.step)
        if self.largest is not None:
            fixed["largest"] = count("largest", self.largest)
            if not hasattr(network, "STARTS"):
                raise ParameterError(f"largest = {self.largest}: the network {self.network!r} has one condensed pattern; leave it out", "largest")
        for name, value in fixed.items():
            object.__setattr__(self, name, value)

    revision = preparing.REVISION

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        """Everything that decides the numbers of one task except grid point, sample and seed; JSON-able."""
        return {"task": "MonteCarlo", "network": self.network, "start": fingerprint(self.start), "dynamics": self.dynamics,
                "order": self.order, "thermalize": self.thermalize, "measure": self.measure, "every": self.every,
                "chains": self.chains, "patterns": fingerprint(self.patterns), "observables": list(self.observables),
                **{name: getattr(self, name) for name in ("largest", "step") if getattr(self, name) is not None},
                **preparing.data_identity(self), **plefka.identity(self)}

    def check(self, point):
        """The point's parameters with K resolved; ParameterError where they are wrong or too large for this machine."""
        wanted = isinstance(self.start, str) and self.start == "overlap"
        if wanted != ("m0" in point):
            raise ParameterError(f"start = {fingerprint(self.start)!r} and {'m0 given' if 'm0' in point else 'no m0'}: expected both or "
                                 "neither of start='overlap' and the parameter m0", "m0")
        params = preparing.resolve(self, point, chains=self.chains, extra=("m0",) if wanted else ())
        if self.dynamics == "zero-temperature" and params.T != 0:
            raise ParameterError(f"T = {params.T}: zero-temperature dynamics needs T = 0 (or use heat-bath)", "T")
        preparing.check_dynamics(networks.get(self.network), params, self.dynamics)
        if self.dynamics in plefka.DYNAMICS:
            plefka.check_point(self, params)
        if isinstance(self.start, np.ndarray) and self.start.shape[1] != params.N:
            raise ParameterError(f"start has {self.start.shape[1]} spins per chain: expected N = {params.N}", "start")
        return params

    def run(self, point, *, sample, seed, engine="numba", checkpoint=None):
        """Measure one disorder sample: name -> (dims, array), over (disorder = 1, chain), (disorder, pair) or nothing.

        checkpoint: where to save on the way and to go on from; not for dynamics "plefka" and "tap", which take seconds.
        """
        return self.measurements(point, sample=sample, seed=seed, engine=engine, checkpoint=checkpoint)

    def measurements(self, point, *, sample, seed, engine="numba", threads=1, series=False, spins=False, checkpoint=None):
        """As `run`; threads: among which chains are divided; series adds the time series m_series, energy_series ... (disorder, chain,
        measurement), spins the final spins (disorder, chain, neuron)."""
        choose("engine", engine, ENGINES)
        params = self.check(point)
        problem = self.problem(params, sample=sample, seed=seed)
        if self.dynamics in plefka.DYNAMICS:
            if engine != "numba" or series:
                name = "series" if series else "engine"
                raise ParameterError(f"{name} = {series if series else repr(engine)} with dynamics = {self.dynamics!r}: it has one engine, 'numba', "
                                     "and no time series", name)
            start = self.starts(problem, seed, params.get("m0")).astype(float)
            return plefka.measurements(self, params, problem, start, overlaps.LOST, spins) | preparing.sizes(self, params)
        state = self.initial(problem, seed, params.get("m0"))
        n, C, N = self.measure // self.every, self.chains, params.N
        wanted = (*self.observables, *overlaps.MEASURED) if self.observables == OBSERVABLES else self.observables
        record = overlaps.recorder(problem, params, state, n, wanted=wanted, series=series, largest=self.largest)
        engine = preparing.engine(engine, problem, threads)
        energy = np.empty((C, n))
        q, flips = np.empty((C // 2, n)), np.zeros(C, np.int64)

        def arrays(t):
            """All that the run is after t measurements."""
            return {**state.arrays(), "flips": flips, "energy": energy[:, :t], "q": q[:, :t], **record.saved(t)}

        t, last = 0, self.thermalize + self.measure
        saved = checkpoint.load(last) if checkpoint else None
        if saved:
            state = problems.restored(state, saved)
            t, flips = max(0, state.sweep - self.thermalize) // self.every, saved["flips"]
            energy[:, :t], q[:, :t] = saved["energy"], saved["q"]
            record.restore(t, saved)
        room = Seen(engine, state, C * problem.attempts * self.every)

        def advance(state, sweeps):
            """With what is measured on the way."""
            nonlocal t
            for part, times in parts(state.sweep, state.sweep + sweeps, self.thermalize, self.every, room.most):
                measuring, seen = state.sweep >= self.thermalize, room(state, times)
                state, flipped = engine.advance(state, part, seen) if seen else engine.advance(state, part)
                if measuring:
                    flips[...] += flipped
                if times:
                    seen = seen or state
                    record.problem = getattr(engine, "measured", problem)   # its patterns, where the engine keeps its states
                    record(t, times, seen)
                    energy[:, t:t + times] = (-problem.scale * engine.energies(seen) / N).reshape(C, times)
                    pairs = seen.spins[:C // 2 * 2 * times].reshape(-1, 2, times, N)
                    q[:, t:t + times] = host(np.mean(pairs[:, 0] * pairs[:, 1], axis=-1, dtype=float))
                    t += times
            return state, flips

        pieces = Pieces(advance, checkpoint)
        while state.sweep < last:
            state, _ = pieces(state, last - state.sweep)
            if checkpoint and state.sweep < last and checkpoint.due():
                checkpoint.save(arrays(t))
        if checkpoint:
            checkpoint.keep(arrays(n))
        tau = np.array([statistics.autocorrelation_time(x) for x in record.m])
        per_chain = {
            **record.averages(), "energy": energy.mean(axis=1), "acceptance": flips / (self.measure * problem.attempts),
            "m_tau": tau * self.every, "ess": n / tau,
            "equilibrated": np.array([statistics.settled(a, time) and statistics.settled(b) for a, time, b in zip(record.m, tau, energy)]),
        }
        dims = "disorder", "chain", "pattern"
        out = {name: (dims[:x.ndim + 1], x[None]) for name, x in per_chain.items() if name in wanted}
        if "q" in self.observables and C > 1:
            out["q"] = (("disorder", "pair"), q.mean(axis=1)[None])
        out |= preparing.sizes(self, params)
        out["exact_integers"] = ((), np.array(problem.form.exact))
        if series:
            for name, x in {**record.series(), "energy": energy}.items():
                out[f"{name}_series"] = (("disorder", "chain", *["stored"] * (x.ndim - 2), "measurement"), x[None])
        if spins:
            out["spins"] = (("disorder", "chain", "neuron"), host(state.spins)[None])
        return out

    def problem(self, params, *, sample, seed):
        return preparing.finite(self, params, T=params.T, sample=sample, seed=seed)

    def initial(self, problem, seed, m0=None):
        """The state of chains that begin there."""
        return problem.begin(self.starts(problem, seed, m0))

    def starts(self, problem, seed, m0=None):
        """Starting spins of every chain (C, N); random ones depend on (seed, sample, chain) and not on the grid point."""
        start = self.start if m0 is None else ("overlap", m0)
        return np.stack([starting_spins(start, problem, chain, seed) for chain in range(self.chains)])

    def summarize(self, dataset):
        """Add means and standard errors over disorder samples (NaN with one), and the retrieval state's own mean.

        Chains of one sample share its disorder: they are averaged first, and only samples count as independent.  Chains that left
        a metastable retrieval state are counted in `escaped_fraction`; `m_mean` is over all chains, `m_retrieval_mean` over those
        that stayed.
        """
        for name in (*MEASURED, *overlaps.MEASURED):
            if name in dataset:
                dataset[f"{name}_mean"], dataset[f"{name}_err"] = over_samples(dataset[name])
        if "escaped" in dataset and "m" in dataset:
            dataset["escaped_fraction"] = dataset["escaped"].mean(("disorder", "chain"))
            for name in ("m", "n"):
                if name in dataset:
                    dataset[f"{name}_retrieval_mean"], dataset[f"{name}_retrieval_err"] = over_samples(dataset[name].where(~dataset["escaped"]))
        for name in dataset.variables:
            dataset[name].attrs.update(describe(name))
        if "equilibrated" in dataset:
            dataset["equilibrated"].attrs["test"] = statistics.TEST
        return dataset


def simulate(network, *, seed=0, engine="numba", threads=1, series=False, spins=False, start=None, dynamics=None, order="random",
             thermalize=200, measure=1000, every=1, disorder=None, chains=2, patterns=None, examples=None, labels=None, damping=None,
             tolerance=None, stochastic=False, reaction=None, largest=None, step=None, **params):
    """Monte Carlo of one parameter point: an xarray.Dataset of time averages, errors over disorder and diagnostics.

    Control parameters of the network (for "dense": P, T, N and one of alpha, K; self_interaction, or learning, r, M, stratified;
    for "multitasking": d, T, N and one of alpha, K; learning, r, M; for "modern": lam, T, N and one of alpha, K; ensemble, space; for
    "exponential": T, N and one of alpha, K; lam) and the settings of `MonteCarlo`.  engine: "numba", "cupy" (an NVIDIA
    GPU, docs/gpu.md) or "numpy" (slow, obviously right); the same seed gives the same spins in all of them.  threads: disorder samples, and
    where they are fewer their chains, run on so many threads of this process, with the same results.

    Variables over (disorder, chain): m, m_other, energy, acceptance, m_tau (sweeps), ess, equilibrated, escaped; over
    (disorder, pair): q; and X_mean, X_err over disorder.  With learning="supervised" or "unsupervised" the overlaps m and m_other are
    those with archetypes, and there are n and m_example, the overlaps with the mean of the examples and with the nearest of them.
    "multitasking": m (and n) over (disorder, chain, pattern), the absolute time averages in descending order, those first that are largest;
    m_tau, ess and equilibrated are of the largest overlap at each measurement; retrieved: how many patterns have an overlap above half of the
    largest possible on their own sites, where all patterns of larger overlap are zero.  m_series over (disorder, chain, stored, measurement).
    "modern", "exponential": m_max, the largest overlap with any pattern, and in Euclidean space virial, of mean T.
    dynamics="plefka" and "tap" give m, m_other, n, m_example, q = sum m_i**2 / N, energy, escaped, converged, iterations and residual over
    (disorder, chain), and with spins=True the magnetizations m_i (docs/plefka.md).
    Overlaps and energies are per neuron; one sweep is N attempted flips.  Raises ParameterError.  Definitions: docs/theory/conventions.md.
    """
    task = MonteCarlo(network, start=start, dynamics=dynamics, order=order, thermalize=thermalize, measure=measure, every=every,
                      disorder=disorder, chains=chains, patterns=patterns, examples=examples, labels=labels, damping=damping, tolerance=tolerance,
                      stochastic=stochastic, reaction=reaction, largest=largest, step=step)
    return one_point(task, params, seed=seed, engine=engine, threads=threads, series=series, spins=spins)


# ---- shared with parallel tempering --------------------------------------------------------------------------------------------

def one_point(task, params, *, seed, engine, threads=1, **options):
    """The Dataset of a task at one parameter point, all its samples together; options go to `task.measurements`."""
    import xarray

    seed = check_seed(seed)
    resolved = task.check(params)
    pieces = preparing.samples(lambda sample, threads: task.measurements(params, sample=sample, seed=seed, engine=engine, threads=threads, **options),
                               task.samples, engine, threads)
    variables = {}
    for name, (dims, first) in pieces[0].items():
        whole = np.concatenate([piece[name][1] for piece in pieces]) if "disorder" in dims else first
        variables[name] = (dims, whole)
    sizes = {d: n for dims, x in variables.values() for d, n in zip(dims, x.shape)}
    dataset = xarray.Dataset(variables, coords={d: np.arange(n) for d, n in sizes.items() if d not in variables})
    dataset = dataset.assign_coords({k: v for k, v in resolved.items() if k not in variables and v is not None})
    dataset.attrs = {"network": task.network, "seed": seed, "task": json.dumps(task.identity())}
    return task.summarize(dataset)


def starting_spins(start, problem, chain, seed):
    """Spins (N,) int8 of one chain; random ones depend on (seed, sample, chain) alone."""
    N = problem.patterns.N
    if isinstance(start, tuple) and start[0] != "overlap":
        start = start[chain]
    if isinstance(problem.form, Continuous):
        return continuous.start(start, problem, chain, seed)
    if isinstance(start, np.ndarray):
        if problem.form is not None and start.dtype != np.int8:   # mean-field dynamics, without a form, begins at magnetizations
            start = patterns.signs("start", start)
        return start[chain % len(start)]
    if start in ("random", "pure", "hierarchical"):
        spins = np.where(uniform(seed, chain, problem.sample, N) < 0.5, -1, 1).astype(np.int8)
        if start == "random":
            return spins
        aligned = problem.patterns.leading(problem.patterns.K - 1 if start == "hierarchical" else 0)
        return np.where(aligned, aligned, spins)
    spins = problem.patterns.archetypes[0].copy()
    if start != "pattern":
        wrong = round(N * (1 - start[1]) / 2)
        spins[np.argsort(uniform(seed, chain, problem.sample, N), kind="stable")[:wrong]] *= -1
    return spins


def over_samples(x):
    """Mean and standard error of x over disorder; chains, replicas and pairs of one sample share its disorder, so they come first."""
    from xarray import apply_ufunc

    inner = [d for d in ("chain", "replica", "pair") if d in x.dims]
    return apply_ufunc(lambda a: statistics.mean_and_error(np.moveaxis(a, -1, 0)), x.mean(inner),
                       input_core_dims=[["disorder"]], output_core_dims=[[], []])


def check_start(start, chains, names=STARTS, entries=None):
    """`start` in one spelling: one of the names (the first for None), a tuple with a name for each chain, ("overlap", m0) if it is one, or an
    array (1 or chains, N), int8 spins unless `entries` checks others."""
    if start is None or isinstance(start, str):
        return choose("start", start or names[0], names)
    if "overlap" in names and isinstance(start, (tuple, list)) and len(start) == 2 and start[0] == "overlap":
        m0 = start[1]
        if isinstance(m0, bool) or not isinstance(m0, (int, float, np.floating)) or not -1 <= m0 <= 1:
            raise ParameterError(f"start = ('overlap', {m0!r}): expected an overlap between -1 and 1", "start")
        return ("overlap", float(m0))
    if isinstance(start, np.ndarray):
        spins = np.atleast_2d(entries(start) if entries else patterns.signs("start", start))
        if spins.ndim != 2 or len(spins) not in (1, chains):
            raise ParameterError(f"start has shape {start.shape}: expected (N,) or (chains, N) with chains = {chains}", "start")
        return spins
    if isinstance(start, (tuple, list)) and len(start) == chains and all(isinstance(name, str) for name in start):
        return tuple(choose("start", name, [name for name in names if name != "overlap"]) for name in start)
    overlap = ", ('overlap', m0)" if "overlap" in names else ""
    raise ParameterError(f"start = {start!r}: expected {', '.join(map(repr, names))}{overlap}, a name for each of chains = {chains}, or an array "
                         "of spins", "start")


def uniform(seed, chain, sample, N):
    """N uniform numbers for the start of one chain."""
    words = streams.philox((streams.first_word(streams.Stream.START, np.arange(N)), 0, chain, sample), streams.disorder_key(seed))
    return (words[0] | (words[1] << np.uint64(32))).astype(np.float64) / 2.0**64
