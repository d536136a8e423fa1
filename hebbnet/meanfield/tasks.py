"""Tasks of the theory wing: what a Study runs at each point of its grid.  They hold no state and use no random numbers."""
from dataclasses import KW_ONLY, dataclass

import numpy as np

from .. import equations
from ..params import ParameterError, check, choose
from . import onestep
from .boundaries import ROOTS, boundary, check_line, line_entries, lines_of
from .complexity import POINTS, complexity
from .solving import ansatz_named, check_branch, own_solver, solve

ORDER = {"rs": ("m", "q", "chi", "crosstalk"), "1rsb": ("m", "q0", "q1", "chi", "y", "theta", "crosstalk", "crosstalk0")}


@dataclass(frozen=True)
class MeanField:
    """Solve the self-consistency equations at each grid point, for each branch in `starts` (default: that of `solve`)."""

    network: str
    _: KW_ONLY
    ansatz: str = "rs"
    starts: tuple | None = None
    k: int | None = None          # steps of ansatz "krsb"

    def __post_init__(self):
        ansatz_named(self.ansatz, self.k)
        own = own_solver(self.network)
        if own:
            own.refuse_ansatz(self.ansatz, self.k)
        default = equations.get(self.network).BRANCHES()[0] if own else "retrieval"
        object.__setattr__(self, "starts", _tuple("starts", self.starts or default))

    revision = equations.REVISION

    @property
    def samples(self):
        """Disorder samples: the theory has none, one run per grid point."""
        return 1

    def identity(self):
        """What determines the physics, as JSON-able values."""
        return {"task": "MeanField", "network": self.network, "ansatz": self.ansatz, "starts": list(self.starts), **_steps(self)}

    def check(self, point):
        """ParameterError if the grid point does not fit, before anything runs."""
        module = equations.get(self.network)
        params = check(self.network, point, required=module.REQUIRED, optional=module.OPTIONAL)
        module.build(params)
        for start in self.starts if own_solver(self.network) else ():
            module.check_branch(start, params)
        for start in () if own_solver(self.network) else self.starts:
            check_branch(ansatz_named(self.ansatz, self.k)[0], module, start, params)

    def run(self, point, *, sample=0, seed=0):
        """{name: (dims, array)} over ("branch",): all quantities of `Solution`, `crosstalk` NaN for P >= 3, and the status.

        Of several condensed patterns the overlaps have a second dimension "pattern" (K). With ansatz "krsb" overlaps have a second
        dimension "level" (k+1) and breakpoints "step" (k).
        """
        found = [solve(self.network, ansatz=self.ansatz, k=self.k, start=start, **point) for start in self.starts]
        values = [f.quantities() for f in found]
        names = list(dict.fromkeys([*(() if own_solver(self.network) else ORDER.get(self.ansatz, ())), *values[0]]))
        out = {name: (("branch", *found[0].dims(name)), np.array([v.get(name, np.nan) for v in values])) for name in names}
        return {**out, "branch": (("branch",), np.array(self.starts))}

    def summarize(self, dataset):
        """Nothing to add: the theory has no samples to average."""
        return dataset


@dataclass(frozen=True)
class Lines:
    """Solve for lines of the phase diagram at each point of a grid that leaves the unknown (T or alpha) out."""

    network: str
    _: KW_ONLY
    which: tuple = ("spinodal", "transition", "at")
    ansatz: str = "rs"
    k: int | None = None          # steps of ansatz "krsb"

    def __post_init__(self):
        ansatz_named(self.ansatz, self.k)
        if own_solver(self.network):
            own_solver(self.network).refuse_ansatz(self.ansatz, self.k)
        equations.get(self.network)
        object.__setattr__(self, "which", _tuple("which", self.which))
        for which in self.which:
            choose("which", which, lines_of(self.network))

    revision = equations.REVISION

    @property
    def samples(self):
        """Disorder samples: the theory has none, one run per grid point."""
        return 1

    def identity(self):
        """What determines the physics, as JSON-able values."""
        return {"task": "Lines", "network": self.network, "ansatz": self.ansatz, "which": list(self.which), **_steps(self)}

    def check(self, point):
        """ParameterError if the grid point does not fit, before anything runs."""
        for which in self.which:
            check_line(self.network, which, self.ansatz, point, self.k)

    def run(self, point, *, sample=0, seed=0):
        """{name: (dims, array)}: for each line its highest root (scalar), `..._roots` over ("root",) and `..._status`."""
        out = {}
        for which in self.which:
            out.update(line_entries(which, [boundary(self.network, which, ansatz=self.ansatz, k=self.k, **point)]))
        return {**out, "root": (("root",), np.arange(ROOTS))}

    def summarize(self, dataset):
        """Nothing to add: the theory has no samples to average."""
        return dataset


@dataclass(frozen=True)
class Complexity:
    """Count the metastable states of the m = 0 glass at each grid point, T > 0, for the values `theta` of the Parisi parameter."""

    network: str
    _: KW_ONLY
    theta: tuple = tuple(np.linspace(0.4, 1.0, POINTS).tolist())

    def __post_init__(self):
        equations.get(self.network)
        values = np.asarray(self.theta, float)
        if values.ndim != 1 or not values.size or not (np.isfinite(values) & (values > 0)).all() or len(set(values)) < values.size:
            raise ParameterError(f"theta = {self.theta!r}: expected one or more different positive numbers", "theta")
        object.__setattr__(self, "theta", tuple(values.tolist()))

    revision = equations.REVISION

    @property
    def samples(self):
        """Disorder samples: the theory has none, one run per grid point."""
        return 1

    def identity(self):
        """What determines the physics, as JSON-able values."""
        return {"task": "Complexity", "network": self.network, "theta": list(self.theta)}

    def check(self, point):
        """ParameterError if the grid point does not fit, before anything runs; a T without metastable states fits."""
        self._temperatures(point)

    def _temperatures(self, point):
        """(T_K, T_d) at the grid point."""
        module = equations.get(self.network)
        params = check(self.network, point, required=module.REQUIRED, optional=module.OPTIONAL)
        if params["T"] == 0:
            raise ParameterError("T = 0: theta vanishes there; raise T, or call complexity with y = theta/T", "T")
        if params.P == 2 or params.alpha == 0:
            complexity(self.network, theta=self.theta, **point)       # says why not
        top = onestep.static(module.build(params))
        return top.static * params.alpha**0.5, top.dynamic * params.alpha**0.5

    def run(self, point, *, sample=0, seed=0):
        """{name: (dims, array)} over ("theta",): what `complexity` returns; NaN above T_d, and below T_K at theta > 1, where no states are."""
        static, dynamic = self._temperatures(point)
        names = ("complexity", "state_free_energy", "free_energy", "q1", "replicon")
        out = {name: (("theta",), np.full(len(self.theta), np.nan)) for name in names}
        usable = np.array(self.theta) <= (1 if point["T"] < static else np.inf)
        if point["T"] < dynamic and usable.any():
            found = complexity(self.network, theta=np.array(self.theta)[usable], **point)
            for name in names:
                out[name][1][usable] = found[name].values
        return {**out, "converged": (("theta",), np.isfinite(out["complexity"][1])), "theta": (("theta",), np.array(self.theta))}

    def summarize(self, dataset):
        """Nothing to add: the theory has no samples to average."""
        return dataset


def _steps(task):
    return {} if task.k is None else {"k": task.k}


def _tuple(name, values):
    values = (values,) if isinstance(values, str) else tuple(values)
    if not values or len(set(values)) < len(values):
        raise ParameterError(f"{name} = {values!r}: expected one or more different names", name)
    return values
