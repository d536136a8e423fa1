"""From a task's settings and a parameter point to the finite network that engines are given: `check_data`, `resolve`, `finite`."""
import hashlib
import importlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from .. import networks, patterns, streams
from ..params import Parameter, ParameterError, Params, check, choose, count
from . import continuous, plefka
from . import problem as problems
from .forms import Continuous, LogSum, derive, pairs, symmetric

# Raised whenever the same task gives other numbers than in the release before, in any network, engine or dynamics; studies then compute
# their tasks anew instead of mixing both.  tests/test_old_files.py holds the numbers of past releases against it.
REVISION = 1
ENGINES = ("numba", "cupy", "numpy")
SAMPLES = 8   # disorder samples unless told otherwise: enough for an error bar


def check_data(task):
    """The fields patterns, examples, labels and disorder of a task in one spelling; ParameterError where they do not fit."""
    zeros = "d" in networks.get(task.network).REQUIRED
    if task.labels is not None and task.examples is None:
        raise ParameterError("labels without examples: expected examples (n, N) and labels (n,)", "labels")
    if task.patterns is None and task.examples is None:
        return {"disorder": count("disorder", SAMPLES if task.disorder is None else task.disorder)}
    fixed = {"disorder": count("disorder", 1 if task.disorder is None else task.disorder), "labels": None}
    if fixed["disorder"] > 1:
        raise ParameterError(f"disorder = {task.disorder}: given patterns or examples are one disorder sample; leave disorder = 1 and use "
                             "more chains or replicas", "disorder")
    if task.patterns is not None and zeros:
        fixed["patterns"] = patterns.signs("patterns", task.patterns, zeros)
        if fixed["patterns"].ndim != 2 or not fixed["patterns"].any():
            raise ParameterError(f"patterns has shape {fixed['patterns'].shape} and {np.count_nonzero(fixed['patterns'])} nonzero entries: expected "
                                 "(K, N), one pattern per row, not all zero", "patterns")
    elif task.patterns is not None:
        real = hasattr(networks.get(task.network), "LOG_SUM")
        fixed["patterns"] = (patterns.Real if real else patterns.given)(task.patterns).archetypes
    if task.examples is not None:
        fixed["examples"] = patterns.given_examples(task.examples, task.labels, zeros)
        if not fixed["examples"].any():
            raise ParameterError("examples has no nonzero entry", "examples")
        K, M, N = fixed["examples"].shape
        if fixed.get("patterns", np.empty((K, N))).shape != (K, N):
            raise ParameterError(f"patterns has shape {fixed['patterns'].shape} and examples {K, M, N}: expected an archetype for each of "
                                 f"the {K} classes, shape {K, N}", "patterns")
    return fixed


def archetypes(task):
    """The user's archetypes (K, N) int8, of examples alone those of their means; None where there are none."""
    if task.patterns is not None or task.examples is None:
        return task.patterns
    if "d" in networks.get(task.network).REQUIRED:
        return np.sign(task.examples.sum(axis=1, dtype=np.int64)).astype(np.int8)
    return patterns.class_signs(task.examples)


def data_identity(task):
    """The user's examples, by digest, for the identity of a task; nothing where there are none."""
    return {} if task.examples is None else {"examples": fingerprint(task.examples)}


def resolve(task, point, *, chains, extra=()):
    """The parameters of one point of the task's network, with K resolved; extra: further parameters that the point must have.

    ParameterError where they are wrong, do not fit the user's data, or are too large for this machine with so many chains.
    """
    name, network, point = task.network, networks.get(task.network), dict(point)
    data = task.examples[:, 0] if task.examples is not None else task.patterns
    if data is not None:
        for size_name, size in zip(("K", "N"), data.shape):
            if point.setdefault(size_name, size) != size:
                whose = "patterns" if task.examples is None else "examples"
                raise ParameterError(f"{size_name} = {point[size_name]}, but the {whose} given have {size_name} = {size}", size_name)
        if "d" in network.REQUIRED:
            zeros = float(np.mean(archetypes(task) == 0))
            if point.setdefault("d", zeros) != zeros:
                raise ParameterError(f"d = {point['d']}, but the fraction of zeros of the patterns or examples given is {zeros:g}; leave d out", "d")
    for theory in ("rho", "form"):
        if theory in point:
            raise ParameterError(f"{theory} = {point[theory]}: a parameter of the theory; a simulation draws examples and takes r and M",
                                 theory)
    learning = getattr(network, "LEARNING", {})
    params = check(name, point, required=(*network.REQUIRED, *extra), optional={**network.OPTIONAL, **learning, "alpha": None, "K": None})
    loads = [load for load in ("alpha", "K") if params[load] is not None]
    if len(loads) != 1:
        raise ParameterError(f"{name!r} needs exactly one of alpha, K and patterns; got {' and '.join(loads) or 'none'}", "alpha")
    if hasattr(network, "check"):
        params = network.check(params)
    origin = f"{loads[0]} = {params[loads[0]]} with N = {params.N}{f', P = {params.P}' if 'P' in params else ''}"
    if params.alpha == 0:
        raise ParameterError("alpha = 0: a simulation stores at least one pattern; expected alpha > 0, or K=1 for one", "alpha")
    if params.K is None:
        params = params.replace(K=network.load(params))
    if not learning and task.examples is not None:
        raise ParameterError(f"examples given, but the network {name!r} does not learn from examples; give patterns", "examples")
    if hasattr(network, "LOG_SUM"):
        params = network.resolve(params)
        if task.patterns is not None:
            network.given(task.patterns, params)
        real = params.space != "binary"   # with the overlaps that every chain carries, and those of a move
        patterns.check_memory(params.K, params.N + (chains + 1 if real else 2 * chains), origin, entry=8 if real else 1,
                              cure="lower alpha or N, or draw only overlaps with a probe (hebbnet.critical_loads)")
        return params
    if learning:
        params = check_learning(network, params, task.examples)
    if "d" in params:
        patterns.check_sparse_memory(params.K, params.N, params.d, origin, learning=params.learning, M=params.get("M", 1), chains=chains)
    elif params.get("learning", "storage") == "storage":
        patterns.check_memory(params.K, params.N, origin)
    else:
        patterns.check_memory(params.K, params.N, f"{origin}, M = {params.M}", learning=params.learning, M=params.M, P=params.P, chains=chains)
    return params


def check_learning(network, params, examples):
    """`params` with r and M of the user's examples, if there are any, and M an int; ParameterError where they do not go together."""
    learning = params.learning
    if learning == "storage":
        for name in ("r", "M"):
            if params[name] is not None:
                raise ParameterError(f"{name} = {params[name]} with learning = 'storage', which stores the archetypes themselves: leave {name} "
                                     "out, or say learning='supervised' or 'unsupervised'", name)
        if params.get("stratified") or examples is not None:
            name = "stratified" if params.get("stratified") else "examples"
            raise ParameterError(f"{name} given with learning = 'storage', which has no examples: say learning='supervised' or "
                                 "'unsupervised'", name)
        return Params({name: value for name, value in params.items() if name not in ("r", "M", "stratified")})
    if examples is not None:
        M = examples.shape[1]
        if params.M not in (None, M):
            raise ParameterError(f"M = {params.M:g}, but the examples given are M = {M} of each archetype; leave M out", "M")
        if params.get("stratified"):
            raise ParameterError("stratified = True with examples given: only random examples can be drawn so; leave it out", "stratified")
        params = params.replace(M=M, r=params.r or patterns.quality(examples))
    for name in ("r", "M"):
        if params[name] is None:
            raise ParameterError(f"learning = {learning!r} needs r and M, the quality and the number of the examples; {name} is missing", name)
    if params.M != int(params.M) or (learning == "supervised" and params.M > patterns.LARGEST_SUM):
        raise ParameterError(f"M = {params.M:g}: a simulation takes a whole number of examples"
                             f"{f', at most {patterns.LARGEST_SUM}' if learning == 'supervised' else ''}", "M")
    params = params.replace(M=int(params.M))
    network.check_learning(params)
    return params


def finite(task, params, *, T, sample, seed):
    """The `Problem` of one disorder sample at temperature(s) T; its random numbers are keyed by the seed and the parameters."""
    network, learning = networks.get(task.network), params.get("learning", "storage")
    given = archetypes(task)
    if given is None:
        drawn = network.draw(params, seed, sample)
    else:
        drawn = network.given(given, params) if hasattr(network, "given") else patterns.given(given)
    if isinstance(drawn, patterns.Diluted):
        if learning != "storage" and task.examples is not None:
            drawn = patterns.learn_given_diluted(drawn, task.examples, learning)
        elif learning != "storage":
            drawn = patterns.learn_diluted(drawn, learning, params.r, params.M, seed=seed, sample=sample)
    elif learning != "storage" and task.examples is not None:
        drawn = patterns.learn_given(drawn, task.examples, learning)
    elif learning != "storage":
        drawn = patterns.learn(drawn, learning, params.r, params.M, seed=seed, sample=sample, stratified=params.stratified)
    if task.dynamics in plefka.DYNAMICS:
        form = None   # no integers: no limit on their size either
    elif isinstance(drawn, patterns.Diluted):
        form = pairs(drawn.rows, drawn.S)
    elif isinstance(drawn, patterns.Real):
        form = continuous.form(params, task)
    elif hasattr(network, "LOG_SUM"):
        form = LogSum(params.lam)
    elif learning == "supervised":
        form = symmetric(drawn.rows, params.P)
    else:
        form = derive(lambda X: network.law(X, params), params.N, drawn.S)
    return problems.Problem(patterns=drawn, form=form, scale=network.scale(params), T=T, dynamics=task.dynamics, order=task.order,
                            key=dynamics_key(task.network, params, seed), sample=sample)


def engine(name, problem, threads=1):
    """The engine called `name` for chains of this problem; threads: those among which the compiled engine divides them."""
    module = importlib.import_module(f".{choose('engine', name, ENGINES)}_engine", __package__)
    if isinstance(problem.form, Continuous):
        if name == "cupy":
            raise ParameterError("engine = 'cupy' with real states: the GPU engine has binary ones only; use engine = 'numba', or space = 'binary' "
                                 "with ensemble = 'binary'", "engine")
        return (continuous.Reference if name == "numpy" else continuous.Engine)(problem)
    if threads > 1:
        from . import threads as threaded
        return threaded.Engine(problem, threads)
    return module.Engine(problem)


def samples(measure, total, engine="numba", threads=1):
    """[measure(0), ..., measure(total - 1)]: disorder samples one after another, on threads, or side by side on a GPU.

    measure(sample, threads) may use that many threads itself: those that are left where samples are few.
    """
    if count("threads", threads) > 1 and engine != "numba":
        raise ParameterError(f"threads = {threads} with engine = {engine!r}: only the compiled engine, 'numba', has threads", "threads")
    if engine == "cupy":
        from .cupy_engine import side_by_side
        return side_by_side(lambda sample: measure(sample, 1), total)
    if threads == 1:
        return [measure(sample, 1) for sample in range(total)]
    at_once = min(threads, total)
    with threadpool_limits(1), ThreadPoolExecutor(at_once) as pool:   # BLAS would start as many again in each
        return list(pool.map(lambda sample: measure(sample, threads // at_once), range(total)))


def dynamics(network, name, more=()):
    """`name` if it is a dynamics of the network (or one of `more`), its default for None."""
    own = list(dict.fromkeys(d for valid in getattr(network, "DYNAMICS", {"": problems.DYNAMICS}).values() for d in valid))
    return choose("dynamics", own[0] if name is None else name, (*own, *more))


def check_step(network, step):
    """`step` as a float; ParameterError unless it is positive and the network has real states."""
    if step is None:
        return None
    if not set(getattr(network, "DYNAMICS", {})) - {"binary"}:
        raise ParameterError(f"step = {step!r}: a setting of real states; leave it out", "step")
    meaning = "width of Metropolis moves, or step of Langevin dynamics"
    return Parameter(name="step", symbol=r"\eta", meaning=meaning, kind=float, low=0, above=True).check(step)


def check_dynamics(network, params, dynamics):
    """ParameterError where states of this space have no such dynamics."""
    valid = getattr(network, "DYNAMICS", {}).get(params.get("space"))
    if valid and dynamics not in valid:
        raise ParameterError(f"dynamics = {dynamics!r} with space = {params.space!r}: expected one of {', '.join(valid)}", "dynamics")


def dynamics_key(network, params, seed):
    """Key of the random numbers of the dynamics: the seed and every parameter but the load, which K says."""
    left_out = {"alpha", "learning"} if params.get("learning", "storage") == "storage" else {"alpha"}
    return streams.point_key(seed, {"network": network, **{name: value for name, value in params.items() if name not in left_out}})


def sizes(task, params):
    """Variables that say what was drawn: K, and r and M where the user's examples decide them."""
    names = ("K",) if task.examples is None else ("K", "r", "M")
    return {name: ((), np.array(params[name])) for name in names}


def fingerprint(value):
    """`value` for JSON; arrays by shape and digest."""
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "sha256": hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}
    return list(value) if isinstance(value, tuple) else value
