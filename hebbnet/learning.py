"""Networks that learn archetypes from the user's examples, such as images, and retrieve from cues.

    train, test = datasets.load("digits").split(0.2, seed=1)
    network = learn(train.project(300, seed=1).select(), P=4)
    network.retrieve(test.project(300, seed=1, fit=train)).label          # (n,)

Energy, learning and dynamics are those of `simulate("dense", examples=...)`: docs/theory/examples.md.  A tutorial: docs/images.md.
"""
from dataclasses import dataclass, replace
from math import factorial
from typing import NamedTuple

import numpy as np

from . import datasets
from .montecarlo import MonteCarlo, preparing
from .montecarlo.numba_engine import Engine
from .montecarlo.problem import DYNAMICS, ORDERS, Problem, State
from .params import PARAMETERS, Parameter, ParameterError, Params, check_seed, choose, count
from .patterns import signs

LEARNING = ("supervised", "unsupervised")
CARRIED = 2**22   # overlaps of cues that are held at a time, to bound memory


class Retrieval(NamedTuple):
    """Where a network went from C cues; from a single cue (N,) the same without the first dimension.

    state (C, N) int8; overlaps (C, K) of it with the archetypes, signed; energy (C,) per neuron; label (C,) class of the largest overlap, or where
    that is tied or too small the network's `undecided`; sweeps (C,) done; converged (C,): T = 0, the last sweep changed nothing, and no flip of
    a single spin lowers the energy.
    """

    state: np.ndarray
    overlaps: np.ndarray
    energy: np.ndarray
    label: np.ndarray
    sweeps: np.ndarray
    converged: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """A dense network that has learnt examples; made by `learn`.

    classes (K,) the labels, ascending; archetypes (K, N) int8; learning; P, N, K, M; alpha, the load that K corresponds to; r, which
    normalizes the energy (all classes together); quality, r, R and rho of each class (`datasets.Quality`, None for M = 1); undecided, the
    label of a state of no class (-1, or "" where labels are strings); exact, whether local fields are exact integers.
    """

    classes: np.ndarray
    quality: datasets.Quality | None
    params: Params
    problem: Problem

    def __repr__(self):
        return f"Network(dense, {self.learning}: P = {self.P}, N = {self.N}, K = {self.K} classes, M = {self.M} examples of each, r = {self.r:.3f})"

    P, N, K, M, r, learning = (property(lambda self, name=name: self.params[name]) for name in ("P", "N", "K", "M", "r", "learning"))

    @property
    def archetypes(self):
        return self.problem.patterns.archetypes

    @property
    def alpha(self):
        """K = alpha (2/P!) N**(P-1), for P = 2 alpha N; not rounded."""
        return self.K * factorial(self.P) / (2 * self.N ** (self.P - 1))

    @property
    def exact(self):
        return self.problem.form.exact

    @property
    def undecided(self):
        return "" if self.classes.dtype.kind == "U" else -1

    def energy(self, states):
        """H/N of states (N,) or (C, N) of +-1: a float or (C,).  Raises ParameterError for another shape or other entries."""
        spins, one = self._spins("states", states)
        engine = Engine(self.problem)
        energy = np.concatenate([-self.problem.scale * engine.energies(self.problem.begin(part)) / self.N for part in self._parts(spins)])
        return float(energy[0]) if one else energy

    def overlaps(self, states):
        """(1/N) sum_i xi_i s_i of states (N,) or (C, N) of +-1 with the archetypes: (K,) or (C, K).  Raises ParameterError as `energy` does."""
        spins, one = self._spins("states", states)
        m = spins @ self.archetypes.T.astype(float) / self.N
        return m[0] if one else m

    def retrieve(self, cue, *, T=0.0, sweeps=100, dynamics=None, order="systematic", seed=0, least=0.0):
        """Let the network relax from one cue (N,), or from each of (C, N) or of a Dataset, of +-1: a `Retrieval`.

        T: temperature, in the energy's unit.  sweeps: N attempted flips each, the most that are made; zero-temperature dynamics stops where it
        has converged.  dynamics, order: as in `simulate`; by default "zero-temperature" at T = 0, which is deterministic in systematic
        order, and "heat-bath" above.  least: the overlap that a label needs more than.

        The result depends on the cue and the seed only, not on the other cues: each sees the random numbers of chain 0, so that
        independent repetitions need different seeds.  Raises ParameterError for a cue of another length or of other entries than +-1, and for
        settings out of range.
        """
        T, sweeps, seed = PARAMETERS["T"].check(T), count("sweeps", sweeps), check_seed(seed)
        least = _overlap("least", least)
        dynamics = choose("dynamics", dynamics or ("zero-temperature" if T == 0 else "heat-bath"), DYNAMICS)
        choose("order", order, ORDERS)
        if dynamics == "zero-temperature" and T > 0:
            raise ParameterError(f"T = {T}: zero-temperature dynamics needs T = 0 (or use heat-bath)", "T")
        spins, one = self._spins("cue", cue)
        key = preparing.dynamics_key("dense", self.params.replace(T=T), seed)
        engine = Engine(replace(self.problem, T=T, dynamics=dynamics, order=order, key=key))
        quench = Engine(self.problem)
        spins, used, converged = spins.copy(), np.zeros(len(spins), int), np.zeros(len(spins), bool)
        first = 0
        for part in self._parts(spins):   # a view: the engine changes `spins`
            start = self.problem.begin(part)
            for c in range(len(part)):
                state, still = State(start.spins[c:c + 1], start.overlaps[c:c + 1], 0), False
                while state.sweep < sweeps and not (still and dynamics == "zero-temperature"):
                    state, flips = engine.advance(state, 1)
                    still = T == 0 and flips[0] == 0 and _minimum(quench, state)
                used[first + c], converged[first + c] = state.sweep, still
            first += len(part)
        m = self.overlaps(spins)
        found = Retrieval(spins, m, self.energy(spins), self._labels(m, least), used, converged)
        return Retrieval(*(x[0] for x in found)) if one else found

    def classify(self, cues, **settings):
        """Label of the state that each cue is drawn to: (C,), or one for a cue (N,).  As `retrieve`, of which it is the `label`."""
        return self.retrieve(cues, **settings).label

    def nearest(self, states, least=0.0):
        """Label of the archetype of largest overlap with each of states (N,) or (C, N) of +-1, without dynamics; rules as in `retrieve`."""
        spins, one = self._spins("states", states)
        labels = self._labels(self.overlaps(spins), _overlap("least", least))
        return labels[0] if one else labels

    def _labels(self, m, least):
        largest = m.max(axis=1, keepdims=True)
        decided = ((m == largest).sum(axis=1) == 1) & (largest[:, 0] > least)
        return np.where(decided, self.classes[np.argmax(m, axis=1)], self.classes.dtype.type(self.undecided))

    def _spins(self, name, states):
        """(spins (C, N) int8, whether a single state was given)."""
        array = states.flat() if isinstance(states, datasets.Dataset) else np.asarray(states)
        if array.ndim not in (1, 2) or array.shape[-1] != self.N or len(array) == 0:
            raise ParameterError(f"{name} has shape {array.shape}: expected ({self.N},) or (number of states, {self.N}), one entry for each neuron",
                                 name)
        return np.ascontiguousarray(np.atleast_2d(signs(name, array))), array.ndim == 1

    def _parts(self, spins):
        step = max(1, CARRIED // (self.problem.patterns.rows.shape[1] * (self.P if self.learning == "supervised" else 1)))
        return (spins[k:k + step] for k in range(0, len(spins), step))


def learn(examples, labels=None, P=4, learning="supervised", *, archetypes=None, r=None):
    """A dense `Network` that has learnt the user's examples, equally many of each class.

    examples (n, N) of +-1 with labels (n,), integers or strings; or (K, M, N), whose classes are 0 ... K - 1; or a Dataset of +-1 images,
    which has its labels.  P: even, 2 to 8.  learning: "supervised", the network knows which examples belong together and adds them up, or
    "unsupervised", every example counts for itself and labels are only for measuring.

    archetypes (K, N) of +-1: what overlaps are measured with, in the order of the classes; by default the sign of the mean of each class (ties
    +1).  r: the quality that normalizes the energy; by default measured, so that R is the data's own (M = 1 has none to measure).

    H as in the network dense, docs/theory/examples.md.  Where sums of examples exceed 64-bit integers, local fields are
    float64 sums (`exact` is False): a single flip near a tie may then depend on the machine.
    Raises ParameterError for classes of different sizes, entries that are not +-1, and P or data that the network cannot take.
    """
    choose("learning", learning, LEARNING)
    if isinstance(examples, datasets.Dataset):
        if labels is not None:
            raise ParameterError("labels given with a Dataset, which has its own: leave labels out", "labels")
        examples, classes = examples.examples()
    elif labels is not None:
        classes = np.unique(labels)
    else:
        classes = np.arange(len(examples) if np.ndim(examples) == 3 else 0)
    classes = _checked(classes)
    if archetypes is not None and np.shape(archetypes) != (len(classes), np.shape(examples)[-1]):
        raise ParameterError(f"archetypes has shape {np.shape(archetypes)}: expected {len(classes), np.shape(examples)[-1]}, one for each class",
                             "archetypes")
    task = MonteCarlo("dense", dynamics="zero-temperature", order="systematic", chains=1, patterns=archetypes, examples=examples,
                      labels=None if np.ndim(examples) == 3 else labels)
    params = task.check({"P": P, "T": 0.0, "learning": learning, "r": r})
    problem = preparing.finite(task, params, T=0.0, sample=0, seed=0)
    return Network(classes, datasets.effective_quality(task.examples) if params.M > 1 else None, params, problem)


def confusion(true, predicted, classes):
    """How many states of each class went where: an xarray.DataArray of counts over (true, predicted), which sums to their number.

    true, predicted (n,): labels; classes (K,): those of a Network, the rows.  The columns have one more, "undecided" in words and last, for every
    other label.  Raises ParameterError where shapes differ or a true label is none of the classes.
    """
    from xarray import DataArray

    true, predicted, classes = np.asarray(true), np.asarray(predicted), np.asarray(classes)
    if true.ndim != 1 or true.shape != predicted.shape:
        raise ParameterError(f"predicted has shape {predicted.shape} and true {true.shape}: expected one label for each state, (n,)", "predicted")
    if len(set(classes.tolist())) < len(classes) or not np.isin(true, classes).all():
        raise ParameterError(f"classes = {classes.tolist()}: expected each once, and all labels in true, {np.unique(true).tolist()}, among them",
                             "classes")
    at = {label: k for k, label in enumerate(classes.tolist())}
    counts = np.zeros((len(classes), len(classes) + 1), int)
    np.add.at(counts, ([at[x] for x in true.tolist()], [at.get(x, len(classes)) for x in predicted.tolist()]), 1)
    return DataArray(counts, dims=("true", "predicted"), name="images",
                     coords={"true": classes, "predicted": [*map(str, classes.tolist()), "undecided"]})


def _minimum(quench, state):
    """Whether no flip of a single spin lowers the energy: one systematic sweep at T = 0 changes nothing."""
    return quench.advance(State(state.spins.copy(), state.overlaps.copy(), 0), 1)[1][0] == 0


def _overlap(name, value):
    return Parameter(name=name, symbol=name, meaning="smallest overlap that decides", kind=float, low=0, high=1).check(value)


def _checked(classes):
    if classes.dtype.kind not in "iuU":
        raise ParameterError(f"labels has type {classes.dtype}: expected integers or strings", "labels")
    classes = classes if classes.dtype.kind == "U" else classes.astype(np.int64)
    if np.isin(classes, ("" if classes.dtype.kind == "U" else -1)).any():
        raise ParameterError("labels holds -1 or an empty string, which stand for no class: expected other labels", "labels")
    return classes
