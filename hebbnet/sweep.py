"""Studies: one task over a grid of parameters, each (grid point, disorder sample) computed once and kept.

`Study.run` skips what is on disk, computes the rest on an executor and merges; running it again is how to resume.  It knows
nothing of simulation or theory: a task is anything with the methods of `Task`.  Files: docs/files.md.
"""
import contextlib
import dataclasses
import hashlib
import inspect
import json
import logging
import os
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from . import store
from .executors import ExecutorError, execute
from .params import Grid, ParameterError, check_seed, choose, count

_log = logging.getLogger("hebbnet")
_MAY_GROW = ("measure", "observables")   # of a task's identity: other task files, but not another study

# of a task that fails so, others will too (a full disk, an engine that does not exist): the study stops at once
_HOPELESS = {"StoreError": store.StoreError, "ParameterError": ParameterError}


class Task(Protocol):
    """What a study runs: a frozen, picklable object (a dataclass, say) with these members."""

    samples: int
    """Independent pieces per grid point: disorder samples; 1 for theory."""

    def identity(self) -> dict:
        """JSON-able: all that determines the physics, but for grid, seed and `samples`."""

    def check(self, point: dict) -> None:
        """Raise params.ParameterError if the task cannot run at this grid point; cheap."""

    def run(self, point: dict, *, sample: int, seed: int, **options: Any) -> dict:
        """{name: (dims, array)} or {name: (dims, array, attributes)} of one sample of one grid point, without the grid's dims.

        What differs between samples has the dim "disorder" of length 1; what does not, does not have it.  The coordinate of a dim
        is the 1-D entry of its name (default 0, 1, ...).  Arrays have the same shape at all points, or stay out of the merged file.
        Options may change how this is computed, never its result.
        """

    def summarize(self, dataset: Any) -> Any:
        """The merged xarray.Dataset with derived variables added (m_mean, m_err, ...)."""


class Unit(NamedTuple):
    """One file's worth of a study: a grid point, a disorder sample, and the digest that names the file."""

    point: dict
    sample: int
    digest: str


class Status(NamedTuple):
    """How far a study is: numbers of tasks, whether the merged file holds all of them, and the seconds that `done` took."""

    total: int
    done: int
    damaged: int
    missing: int
    merged: bool
    wall_time: float


class StudyError(RuntimeError):
    """Tasks failed.  `failures` is a list of (Unit, executors.Failure); what finished is kept."""

    def __init__(self, message, failures=()):
        super().__init__(message)
        self.failures = list(failures)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM during a study, after it has stopped; `code` is the exit status (130 or 143)."""

    def __init__(self, message, code=130):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Study:
    """`task` at every point of `grid`, with random numbers keyed by `seed`; it touches no disk until `run`.

    name: of the files (letters, digits, _ and -); seed: 0 <= seed < 2**64.  ParameterError for anything that cannot run.
    """

    name: str
    grid: Grid
    task: Task
    seed: int = 0

    def __post_init__(self):
        if not isinstance(self.name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", self.name):
            raise ParameterError(f"name = {self.name!r}: expected letters, digits, _ and -, since files are called so", "name")
        if not isinstance(self.grid, Grid):
            raise ParameterError(f"grid = {self.grid!r}: expected a hebbnet.Grid, as in Grid(P=4, alpha=[0.1, 0.2], T=0.1)", "grid")
        absent = [member for member in ("samples", "identity", "check", "run", "summarize") if not hasattr(self.task, member)]
        if absent or isinstance(self.task, type):
            raise ParameterError(f"task = {self.task!r}: expected a task such as MonteCarlo('dense')"
                                 f"{f'; it has no {absent[0]}' if absent else ', not a class'}", "task")
        object.__setattr__(self, "seed", check_seed(self.seed))
        self.task.check(next(iter(self.grid)))
        store.to_json(self.describe())   # a task that cannot say what it is fails here and not after a night

    @property
    def identity(self):
        """What makes it the same study, JSON-able: {'seed': ..., 'task': identity of the task}.  The grid may grow."""
        return {"seed": self.seed, "task": json.loads(store.to_json(self.task.identity()))}

    def describe(self):
        """Everything about the study as a JSON-able dict; the merged file carries it as the attribute `study`."""
        return {"name": self.name, **self.identity, "samples": self.task.samples,
                "grid": {"fixed": dict(self.grid.fixed), "axes": {name: list(v) for name, v in self.grid.axes.items()}}}

    def replace(self, **changes):
        """A copy with other `name`, `grid`, `task` or `seed`."""
        for name in changes:
            choose("the change", name, [field.name for field in dataclasses.fields(self)])
        return dataclasses.replace(self, **changes)

    def __len__(self):
        return len(self.grid) * self.task.samples

    def tasks(self):
        """Yield a Unit for every grid point and sample, the sample fastest, without building a list."""
        identity = self.identity
        for point in self.grid:
            for sample in range(self.task.samples):
                what = store.to_json({**identity, "point": point, "sample": sample})
                yield Unit(point, sample, hashlib.sha256(what.encode()).hexdigest()[:24])

    def run(self, folder="data", workers=1, *, quiet=False, **options):
        """Compute what is missing in folder/name/, merge into folder/name.h5 and return that path.

        workers: processes, 1 for this one.  options: passed to task.run (engine, ...); they never change the data.  Raises
        ParameterError for a bad grid point or option, StoreError if the folder holds another study or cannot be written,
        StudyError (after the others have finished) if tasks fail, and Interrupted on Ctrl-C or SIGTERM; finished tasks stay.
        """
        count("workers", workers)
        _check_options(self.task, options)
        for point in self.grid:
            self.task.check(point)
        folder, failures = Path(folder), []
        home = folder / self.name
        self._refuse_others(folder)
        store.clean(home)
        store.clean(folder)
        todo = []
        for index, (unit, state) in enumerate(self._scan(home)):
            if isinstance(state, store.DamagedError):
                aside = store.set_aside(home / f"{unit.digest}.h5")
                _log.warning("%s; it is now %s, and the task is computed again", state, aside.name)
            if not isinstance(state, float):
                todo.append(index)
        done = len(self) - len(todo)
        work = _Work(self.task, self.seed, store.to_json(self.identity), home, options)
        with _Progress(self.name, len(self), done, quiet) as progress, _interruptible(self, home, folder):
            with contextlib.closing(execute(work, _pick(self.tasks(), todo), workers)) as outcomes:
                for outcome in outcomes:
                    if outcome.failure is None:
                        progress.advance()
                    elif outcome.failure.kind in _HOPELESS:
                        raise _HOPELESS[outcome.failure.kind](outcome.failure.message)
                    else:
                        failures.append((outcome.item, outcome.failure))
            if failures:
                raise StudyError(_report(self, failures), failures)
            path = folder / f"{self.name}.h5"
            if todo or not self._merged(path):
                self.merge(folder)
            progress.finish(f"{self.name}: {len(self)} tasks, {done} of them there before -> {path}")
        return path

    def status(self, folder="data"):
        """`Status` of this study in a folder; reads and verifies every file there, changes nothing."""
        states = [state for _, state in self._scan(Path(folder) / self.name)]
        times = [state for state in states if isinstance(state, float)]
        damaged = sum(isinstance(state, store.DamagedError) for state in states)
        merged = self._merged(Path(folder) / f"{self.name}.h5")
        return Status(len(states), len(times), damaged, len(states) - len(times) - damaged, merged, sum(times))

    def merge(self, folder="data", *, partial=False):
        """Join the task files into folder/name.h5, dims (grid axes, disorder, own dims), and return that path.

        Missing tasks are a StoreError, unless `partial`: then their floats are NaN, their text is "missing", and integers and
        booleans become floats to have a NaN.  Arrays whose shape changes over the grid stay in the task files; the attribute
        `left_out` lists them.
        """
        folder, merger, missing = Path(folder), _Merger(self), 0
        self._refuse_others(folder)
        for index, (unit, state) in enumerate(self._scan(folder / self.name, contents=True)):
            if isinstance(state, store.Contents):
                merger.add(index, unit, state)
            elif isinstance(state, store.DamagedError) and not partial:
                raise state
            else:
                missing += 1
        if missing and (not partial or missing == len(self)):
            raise store.StoreError(f"{folder / self.name} lacks {missing} of the {len(self)} tasks of {self.name}; expected all: run the "
                                   "study to compute them, or merge with partial=True (--partial)")
        dataset = self.task.summarize(merger.dataset(missing))
        attributes = {"seed": self.seed, "study": store.to_json(self.describe()), "wall_time": merger.wall_time}
        if missing:
            attributes["missing_tasks"] = missing
        return store.write(folder / f"{self.name}.h5", dataset, attributes)

    def _scan(self, home, contents=False):
        """Yield (Unit, state): wall time or Contents of an intact file, DamagedError of a damaged one, None of a missing one."""
        there = set(os.listdir(home)) if home.is_dir() else set()
        for unit in self.tasks():
            state, name = None, f"{unit.digest}.h5"
            if name in there:
                try:
                    state = store.read(home / name)
                    _compare(home / name, state.attributes, self.identity)
                    found = state.attributes.get("point"), state.attributes.get("sample")
                    if found != (store.to_json(unit.point), unit.sample):
                        raise store.DamagedError(f"{home / name} holds point and sample {found}; expected {unit.point}, {unit.sample}")
                    if not contents:
                        state = float(state.attributes["wall_time"])
                except store.DamagedError as e:
                    state = e
            yield unit, state

    def _refuse_others(self, folder):
        """StoreError if a merged file or a task file under our name belongs to another study; a damaged merged file is set aside."""
        merged, home = folder / f"{self.name}.h5", folder / self.name
        if merged.exists():
            try:
                _compare(merged, store.read(merged).attributes, self.identity)
            except store.DamagedError as e:
                _log.warning("%s; it is now %s, and will be merged again", e, store.set_aside(merged).name)
        strangers = {path.stem for path in home.glob("*.h5")}
        if strangers:
            strangers -= {unit.digest for unit in self.tasks()}
        for stem in sorted(strangers):   # of our own study if the grid was larger, and then they stay
            with contextlib.suppress(store.DamagedError):
                _compare(home / f"{stem}.h5", store.read(home / f"{stem}.h5").attributes, self.identity)

    def _merged(self, path):
        """Whether the merged file is there, intact, complete and of exactly this study and version."""
        try:
            attributes = store.read(path).attributes
        except store.StoreError:
            return False
        return (attributes.get("study") == store.to_json(self.describe()) and "missing_tasks" not in attributes
                and attributes["hebbnet_version"] == store.__version__)


@dataclass(frozen=True)
class _Work:
    """Called in the worker: runs one Unit and commits its file."""

    task: Task
    seed: int
    identity: str
    home: Path
    options: dict

    def __call__(self, unit):
        begin = time.perf_counter()
        variables = dict(self.task.run(dict(unit.point), sample=unit.sample, seed=self.seed, **self.options))
        variables["disorder"] = ("disorder", [unit.sample])
        store.write(self.home / f"{unit.digest}.h5", variables,
                    {"seed": self.seed, "study": self.identity, "point": store.to_json(unit.point), "sample": unit.sample,
                     "wall_time": time.perf_counter() - begin})


class _Merger:
    """Gathers task files into arrays of (grid points, samples or 1, own dims)."""

    def __init__(self, study):
        self.study, self.wall_time, self.left_out = study, 0.0, set()
        self.own, self.arrays, self.filled = {}, {}, {}   # Variables of the first file; what is gathered, and where

    def add(self, index, unit, contents):
        self.wall_time += float(contents.attributes["wall_time"])
        variables = {name: v for name, v in contents.variables.items()
                     if name not in self.study.grid.fixed and name not in self.study.grid.axes and name != "disorder"}
        if not self.own:
            self.own = variables
        point, samples = index // self.study.task.samples, self.study.task.samples
        for name in self.own.keys() | variables.keys():
            first, new = self.own.get(name), variables.get(name)
            dims_agree = first and new and (first.dims, first.values.shape) == (new.dims, new.values.shape)
            if not dims_agree or (name in first.dims and not np.array_equal(first.values, new.values)):
                self.left_out.add(name)
            elif name not in first.dims:
                self._put(name, new, point, unit.sample, samples if "disorder" in new.dims else 1)

    def _put(self, name, new, point, sample, samples):
        values = new.values.take(0, new.dims.index("disorder")) if "disorder" in new.dims else new.values
        if name not in self.arrays:
            kind = object if values.dtype.kind == "U" else values.dtype
            self.arrays[name] = np.zeros((len(self.study.grid), samples, *values.shape), kind)
            self.filled[name] = np.zeros((len(self.study.grid), samples), bool)
        slot = (point, sample if samples > 1 else 0)
        if self.filled[name][slot] and not np.array_equal(self.arrays[name][slot], values, equal_nan=values.dtype.kind == "f"):
            raise store.StoreError(f"{name} differs between samples of {self.study.grid}; expected the dim 'disorder' on what differs")
        self.arrays[name][slot], self.filled[name][slot] = values, True

    def dataset(self, missing):
        import xarray
        grid = self.study.grid
        ragged = {name for name in self.left_out if name in self.own and name in self.own[name].dims}
        self.left_out |= {name for name in self.arrays if ragged & set(self.own[name].dims)}
        variables = {}
        for name in sorted(self.arrays.keys() - self.left_out):
            values, own, there = self.arrays[name], self.own[name], self.filled[name]
            if missing:
                text = values.dtype.kind == "O"
                values = values if text else values.astype(np.result_type(values.dtype, np.float32) if values.dtype.kind == "f" else float)
                values[~there] = "missing" if text else np.nan
            disorder = ["disorder"] if "disorder" in own.dims else []
            values = values.reshape(*grid.shape, *values.shape[1 if disorder else 2:])
            dims = (*grid.axes, *disorder, *(dim for dim in own.dims if dim != "disorder"))
            variables[name] = (dims, values.astype(str) if values.dtype.kind == "O" else values, own.attributes)
        used = {dim for dims, _, _ in variables.values() for dim in dims}
        coordinates = {**grid.fixed, **{name: (name, list(v)) for name, v in grid.axes.items()},
                       **{name: tuple(v) for name, v in self.own.items() if name in v.dims and name in used},
                       **({"disorder": np.arange(self.study.task.samples)} if "disorder" in used else {})}
        attributes = {"left_out": " ".join(sorted(self.left_out))} if self.left_out else {}
        return xarray.Dataset(variables, coordinates, attributes)


class _Progress:
    """A bar on a terminal, otherwise a line a minute; on stderr."""

    def __init__(self, name, total, done, quiet):
        self.name, self.total, self.done, self.quiet = name, total, done, quiet
        self.first, self.begin, self.last, self.bar = done, time.monotonic(), time.monotonic(), None

    def __enter__(self):
        if not self.quiet and sys.stderr.isatty():
            from tqdm import tqdm
            self.bar = tqdm(total=self.total, initial=self.done, desc=self.name, unit="task")
        return self

    def __exit__(self, *_):
        if self.bar is not None:
            self.bar.close()

    def advance(self):
        self.done += 1
        now = time.monotonic()
        if self.bar is not None:
            self.bar.update()
        elif not self.quiet and now - self.last >= 60:
            left = (now - self.begin) / (self.done - self.first) * (self.total - self.done)
            print(f"{self.name}: {self.done} of {self.total} tasks, about {left / 60:.0f} min left", file=sys.stderr, flush=True)
            self.last = now

    def finish(self, line):
        self.__exit__()
        self.bar = None
        if not self.quiet:
            print(f"{line} ({time.monotonic() - self.begin:.1f} s)", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _interruptible(study, home, folder):
    """Turn Ctrl-C and SIGTERM into Interrupted with a sentence; SIGTERM can only be caught in the main thread."""
    code, old = 130, None

    def stop(signum, frame):
        nonlocal code
        code = 143
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        old = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        store.clean(home)
        store.clean(folder)
        raise Interrupted(f"{study.name}: stopped; finished tasks are kept in {home}: run the same again to go on", code) from None
    finally:
        if old is not None:
            signal.signal(signal.SIGTERM, old)


def _pick(units, indices):
    """The units at these ascending indices, lazily."""
    indices = iter(indices)
    wanted = next(indices, None)
    for index, unit in enumerate(units):
        if index == wanted:
            yield unit
            wanted = next(indices, None)


def _check_options(task, options):
    parameters = inspect.signature(task.run).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        valid = [p for p in parameters if p not in ("point", "sample", "seed")]
        for name in options:
            if name not in valid:
                raise ParameterError(f"option {name} = {options[name]!r}: {type(task).__name__} takes "
                                     f"{'no options' if not valid else 'only ' + ', '.join(valid)}; leave it out", name)


def _flat(value, prefix=""):
    if isinstance(value, dict):
        return {k: v for name, item in value.items() for k, v in _flat(item, f"{prefix}{name}.").items()}
    return {prefix[:-1]: value}


def _compare(path, attributes, identity):
    """StoreError that says what differs if the file belongs to another study."""
    try:
        study = json.loads(attributes["study"])
        there, here = _flat({key: study[key] for key in ("seed", "task")}), _flat(identity)
    except (KeyError, TypeError, ValueError):
        raise store.StoreError(f"{path} was not written by a study; expected a free name: use another folder or study name") from None
    absent = object()
    differ = [name for name in {**there, **here} if there.get(name, absent) != here.get(name, absent)]
    differ = [name for name in differ if name.removeprefix("task.") not in _MAY_GROW]
    if differ:
        words = "; ".join(f"{name.removeprefix('task.')} is {there.get(name, 'absent')!r} there and {here.get(name, 'absent')!r} here"
                          for name in differ)
        raise store.StoreError(f"{path} belongs to another study: {words}; use another study name or another folder")


def _report(study, failures, shown=3):
    lines = [f"{study.name}: {len(failures)} of {len(study)} tasks failed; the others are kept, nothing is merged"]
    for number, (unit, failure) in enumerate(failures[:20]):
        point = ", ".join(f"{k}={v!r}" for k, v in unit.point.items())
        lines.append(f"- {point}, sample {unit.sample}: {failure.kind}: {failure.message}")
        lines += [failure.traceback.rstrip()] if number < shown else []
    lines.append(f"{len(failures)} tasks failed, the first with {failures[0][1].kind}: mend the cause and run again")
    return "\n".join(lines)


__all__ = ["ExecutorError", "Interrupted", "Status", "Study", "StudyError", "Task", "Unit"]
