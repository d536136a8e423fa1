"""Control parameters: their symbols, domains and meanings, and grids of them.

The same word means the same thing in the simulator, the solver, the file and on the axis of a figure; this table is where the
words are defined.  Validation happens here and nowhere else: a wrong name or value fails at once, with the nearest valid one.
"""
import difflib
import itertools
import math
import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


class ParameterError(ValueError):
    """A parameter has a wrong name or value.  `parameter` is its name; the message says got, expected, next step."""

    def __init__(self, message, parameter=None):
        super().__init__(message)
        self.parameter = parameter

    def __reduce__(self):  # keep `parameter` when the error crosses a process boundary
        return ParameterError, (str(self), self.parameter)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One control parameter: `symbol` in LaTeX, `kind` int, float, bool or str, domain [low, high] (`above`: low excluded, `below`: high
    excluded) or `choices`."""

    name: str
    symbol: str
    meaning: str
    kind: type
    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False
    choices: tuple = ()

    @property
    def domain(self):
        if self.kind is bool:
            return "True or False"
        if self.kind is str:
            return "one of " + ", ".join(self.choices)
        what = "an integer" if self.kind is int else "a finite number"
        lower = f" {'>' if self.above else '>='} {self.low:g}" if self.low > -math.inf else ""
        upper = f" {'<' if self.below else '<='} {self.high:g}" if self.high < math.inf else ""
        return what + lower + (" and" + upper if lower and upper else upper)

    def check(self, value):
        """`value` as a plain Python int, float, bool or str; ParameterError if it is outside the domain."""
        if self.kind is str:
            return choose(self.name, value, self.choices)
        wrong = ParameterError(f"{self.name} = {value!r} ({self.meaning}): expected {self.domain}", self.name)
        if hasattr(value, "ndim") and value.ndim == 0:
            value = value.item()
        if self.kind is bool:
            if not isinstance(value, bool):
                raise wrong
            return value
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise wrong
        if self.kind is int and value != int(value):
            raise wrong
        value = self.kind(value)
        if value < self.low or value > self.high or (self.above and value == self.low) or (self.below and value == self.high):
            raise wrong
        return value


PARAMETERS = {p.name: p for p in [
    Parameter(name="P", symbol="P", meaning="interaction order, the number of neurons per interaction", kind=int, low=2),
    Parameter(name="N", symbol="N", meaning="number of neurons", kind=int, low=1),
    Parameter(name="K", symbol="K", meaning="number of stored patterns", kind=int, low=1),
    Parameter(name="alpha", symbol=r"\alpha", meaning="load; P = 2: K = alpha N, P >= 3: K = alpha (2/P!) N^(P-1)", kind=float, low=0),
    Parameter(name="T", symbol="T", meaning="temperature", kind=float, low=0),
    Parameter(name="m0", symbol="m_0", meaning="starting overlap with the condensed pattern, of a simulation", kind=float, low=-1, high=1),
    Parameter(name="d", symbol="d", meaning="dilution: probability of a zero entry of a pattern", kind=float, low=0, high=1, below=True),
    Parameter(name="self_interaction", symbol=r"\mathrm{self\ interaction}",
              meaning="whether interactions with repeated indices are kept", kind=bool),
    Parameter(name="rectified", symbol=r"\mathrm{rectified}", meaning="whether the power of a negative overlap counts as zero", kind=bool),
    Parameter(name="learning", symbol=r"\mathrm{learning}", meaning="what is stored: the archetypes, the mean of the examples of each "
              "(supervised), or every example (unsupervised)", kind=str, choices=("storage", "supervised", "unsupervised")),
    Parameter(name="r", symbol="r", meaning="quality of an example: its mean overlap with the archetype", kind=float, low=0, high=1, above=True),
    Parameter(name="M", symbol="M", meaning="number of examples of each archetype", kind=float, low=1),
    Parameter(name="rho", symbol=r"\rho", meaning="dataset entropy, (1 - r^2)/(M r^2)", kind=float, low=0),
    Parameter(name="form", symbol=r"\mathrm{form}", meaning="distribution of the mean of M examples: exact, or its limit of large M", kind=str,
              choices=("binomial", "gaussian")),
    Parameter(name="stratified", symbol=r"\mathrm{stratified}", meaning="whether the examples of the condensed archetype are drawn with an exact "
              "histogram, for less sample noise", kind=bool),
    Parameter(name="lam", symbol=r"\lambda", meaning="inverse temperature of the log-sum-exp over the patterns", kind=float, low=0, above=True),
]}


class Params(Mapping):
    """Validated control parameters: a frozen mapping whose entries are attributes too (`params.alpha`)."""

    __slots__ = ("_values",)

    def __init__(self, values):
        object.__setattr__(self, "_values", dict(values))

    def __getitem__(self, name):
        return self._values[name]

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)

    def __getattr__(self, name):
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"no parameter {name!r} here; there are: {', '.join(self._values)}") from None

    def __setattr__(self, name, value):
        raise AttributeError("parameters are frozen; use params.replace(...)")

    def __reduce__(self):
        return Params, (self._values,)

    def __repr__(self):
        return "Params(" + ", ".join(f"{k}={v!r}" for k, v in self._values.items()) + ")"

    def replace(self, **changes):
        return Params({**self._values, **changes})


def nearest(name, valid):
    """The end of an error sentence: ' Did you mean ...?' when something is near, and what is valid."""
    close = difflib.get_close_matches(str(name), list(valid), n=1, cutoff=0.5)
    return (f" Did you mean {close[0]!r}?" if close else "") + f" Valid: {', '.join(map(str, valid))}."


def choose(name, value, valid):
    """`value` if it is one of `valid`, otherwise a ParameterError that names the parameter and the nearest choice."""
    if not isinstance(value, str) or value not in valid:
        raise ParameterError(f"{name} = {value!r} is not known.{nearest(value, valid)}", name)
    return value


def check(network, values, *, required, optional=None):
    """Validate the parameters of one network and return them as `Params`.

    required: names that must be given; optional: {name: default}.  Raises ParameterError on an unknown or missing name and on
    a value outside its domain.
    """
    optional = optional or {}
    allowed = [*required, *optional]
    for name in values:
        if name not in allowed:
            raise ParameterError(f"{network!r} has no parameter {name!r} here.{nearest(name, allowed)}", name)
    missing = [name for name in required if name not in values]
    if missing:
        raise ParameterError(f"{network!r} needs {', '.join(missing)}; got {', '.join(values) or 'none'}", missing[0])
    full = {**optional, **values}
    return Params({name: PARAMETERS[name].check(full[name]) if full[name] is not None else None for name in allowed})


def count(name, value, low=1):
    """A plain whole-number setting such as chains or sweeps (not a physical parameter), checked the same way."""
    return Parameter(name=name, symbol=name, meaning="a count", kind=int, low=low).check(value)


def check_seed(seed):
    """`seed` as an int in [0, 2**64)."""
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**64:
        raise ParameterError(f"seed = {seed!r}: expected an integer from 0 to 2**64 - 1", "seed")
    return int(seed)


def plain(value):
    """A Python scalar or a list from a NumPy one: what goes into JSON, keys and labels."""
    return value.tolist() if hasattr(value, "tolist") else value


class Grid:
    """Parameter points on a product of axes: scalars are fixed, sequences are axes, in the order given.

    Iterating yields one dict per point, the last axis fastest, without building the grid in memory.  Axis values must differ.
    """

    __slots__ = ("axes", "fixed")

    def __init__(self, **parameters):
        axes, fixed = {}, {}
        for name, value in parameters.items():
            if name not in PARAMETERS:
                raise ParameterError(f"no parameter is called {name!r}.{nearest(name, PARAMETERS)}", name)
            value = plain(value)
            if isinstance(value, (list, tuple, range)):
                if len(value) == 0:
                    raise ParameterError(f"the axis {name} is empty: give at least one value", name)
                values = tuple(PARAMETERS[name].check(v) for v in value)
                if len(set(values)) < len(values):
                    raise ParameterError(f"the axis {name} repeats a value: {list(values)}", name)
                axes[name] = values
            else:
                fixed[name] = PARAMETERS[name].check(value)
        object.__setattr__(self, "axes", axes)
        object.__setattr__(self, "fixed", fixed)

    def __setattr__(self, name, value):
        raise AttributeError("a Grid is frozen; make a new one")

    def __reduce__(self):
        return _grid, ({**self.fixed, **self.axes},)

    def __repr__(self):
        return f"Grid({', '.join(f'{k}={v!r}' for k, v in {**self.fixed, **self.axes}.items())})"

    def __eq__(self, other):
        return isinstance(other, Grid) and self.axes == other.axes and self.fixed == other.fixed

    def __hash__(self):
        return hash((tuple(self.axes.items()), tuple(self.fixed.items())))

    @property
    def shape(self):
        return tuple(len(v) for v in self.axes.values())

    def __len__(self):
        return math.prod(self.shape)

    def __iter__(self) -> Iterator[dict]:
        for values in itertools.product(*self.axes.values()):
            yield {**self.fixed, **dict(zip(self.axes, values))}


def _grid(parameters):
    return Grid(**parameters)
