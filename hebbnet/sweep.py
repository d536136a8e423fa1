"""Studies: one task over a grid of parameters, each (grid point, disorder sample) computed once and kept.

`Study.run` skips what is on disk, computes the rest on an executor and merges; running it again is how to resume.  It knows
nothing of simulation or theory: a task is anything with the methods of `Task`.  Files: docs/files.md.
"""
import array
import contextlib
import dataclasses
import functools
import hashlib
import inspect
import json
import logging
import re
import signal
import socket
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from . import store, taskfiles
from .executors import ExecutorError, Failure, execute, go_on, stop, stopping
from .params import Grid, Parameter, ParameterError, check_seed, choose, count
from .taskfiles import Checkpoint, Stopped, TaskFiles

_log = logging.getLogger("hebbnet")
_MAY_GROW = ("measure", "observables")   # of a task's identity: other task files, but not another study
_CONTINUES = "measure"                   # a longer task can go on from the end of a shorter one
CHECKPOINT = 300.0                       # seconds between saves inside a task, unless told otherwise

# of a task that fails so, others will too (a full disk, an engine that does not exist): the study stops at once
_HOPELESS = {"StoreError": store.StoreError, "ParameterError": ParameterError}

# ends of a _Work: the task was computed, was there already, is being computed by another run, or was stopped on the way
COMPUTED, THERE, BUSY, STOPPED = "computed", "there", "busy", "stopped"


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
        Options may change how this is computed, never its result.  If there is an argument `checkpoint`, it gets a
        taskfiles.Checkpoint (or None), with which a long task saves where it is and goes on from there.
        """

    def summarize(self, dataset: Any) -> Any:
        """The merged xarray.Dataset with derived variables added (m_mean, m_err, ...)."""

    # revision: int, optional (default 1): raised when the same task gives other numbers than before.  Task files of an older revision are
    # set aside and computed again.


class Unit(NamedTuple):
    """One file's worth of a study: a grid point, a disorder sample, and the digest that names the file."""

    point: dict
    sample: int
    digest: str


class Status(NamedTuple):
    """How far a study is, in numbers of tasks.

    `running` in any process now; `missing` are neither done nor running nor failed nor damaged; `outdated` are of an older revision of the
    task.  merged: whether the merged file holds all of them.  wall_time: seconds that `done` took; failures: a dict for each failed task.
    """

    total: int
    done: int
    running: int
    failed: int
    damaged: int
    outdated: int
    missing: int
    merged: bool
    wall_time: float
    failures: tuple = ()


class Outdated(NamedTuple):
    """A task file of an older revision of the task."""

    revision: int
    hebbnet_version: str


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
        rest = store.to_json(self.identity)[1:]   # "seed" and "task" come after "point" and "sample" in canonical JSON
        for point in self.grid:
            what = f'{{"point":{store.to_json(point)},"sample":'
            for sample in range(self.task.samples):
                yield Unit(point, sample, _digest(f"{what}{sample},{rest}"))

    def run(self, folder="data", workers=1, *, scheduler=None, shard=None, retry=False, checkpoint=CHECKPOINT, quiet=False, **options):
        """Compute what is missing in folder/name/, merge into folder/name.h5 and return that path.

        workers: processes, 1 for this one.  scheduler: address of a Dask scheduler, or "local" for a Dask cluster of `workers` processes
        here.  shard: (i, n) for the i-th of n parts (1 <= i <= n), each run by itself; the last to finish merges, and without it the
        returned path is not there yet.  retry: compute tasks again that failed before.  checkpoint: seconds between saves inside long tasks.
        options: passed to task.run (engine, ...).  None of these ever changes the data.

        Raises ParameterError for a bad grid point or option, StoreError if the folder holds another study or cannot be written,
        StudyError (after the others have finished) if tasks fail, and Interrupted on Ctrl-C or SIGTERM, after the tasks in flight have saved
        where they are; finished tasks stay.
        """
        count("workers", workers)
        part = _check_shard(shard)
        Parameter(name="checkpoint", symbol="checkpoint", meaning="seconds between saves", kind=float, low=0).check(checkpoint)
        _check_options(self.task, options)
        for point in self.grid:
            self.task.check(point)
        folder, path = Path(folder), Path(folder) / f"{self.name}.h5"
        self._refuse_others(folder)
        store.clean(folder)
        run = _Run(self, TaskFiles(folder / self.name), part, options, checkpoint)
        run.prepare(retry)
        with _Progress(self.name, run.total, run.done, quiet) as progress, _interruptible(run, folder):
            run.compute(progress, workers, scheduler)
            others = 0 if shard is None else run.missing_elsewhere()
            if run.failures:
                raise StudyError(_report(self, run.failures), run.failures)
            if others:
                progress.finish(f"{self.name}: shard {part[0] + 1}/{part[1]}, {run.total} tasks, {run.done} of them there before; "
                                f"{others} of other shards are missing, the last one merges")
                return path
            if run.todo or not self._merged(path):
                with run.files.lock("merge", wait=True):
                    if not self._merged(path):   # perhaps another run was quicker
                        self.merge(folder)
            progress.finish(f"{self.name}: {run.total} tasks, {run.done} of them there before -> {path}")
        return path

    def status(self, folder="data"):
        """`Status` of this study in a folder; reads and verifies every file there, changes nothing."""
        files, numbers, wall_time, failures = TaskFiles(Path(folder) / self.name), dict.fromkeys(Status._fields[:-3], 0), 0.0, []
        running = files.running()
        for unit, state in self._scan(files):
            numbers["total"] += 1
            if isinstance(state, dict):
                wall_time += float(state["wall_time"])
            failed = files.failure(unit.digest) if state is None and unit.digest in files.failed else None
            failures += [] if failed is None else [failed]
            numbers["done" if isinstance(state, dict) else "running" if unit.digest in running else "damaged" if isinstance(state, Exception)
                    else "outdated" if isinstance(state, Outdated) else "missing" if failed is None else "failed"] += 1
        merged = self._merged(Path(folder) / f"{self.name}.h5")
        return Status(**numbers, merged=merged, wall_time=wall_time, failures=tuple(failures))

    def merge(self, folder="data", *, partial=False):
        """Join the task files into folder/name.h5, dims (grid axes, disorder, own dims), and return that path.

        Missing tasks are a StoreError, unless `partial`: then their floats are NaN, their text is "missing", and integers and
        booleans become floats to have a NaN.  Arrays whose shape changes over the grid stay in the task files; the attribute
        `left_out` lists them.
        """
        folder, merger, missing = Path(folder), _Merger(self), 0
        self._refuse_others(folder)
        for index, (unit, state) in enumerate(self._scan(TaskFiles(folder / self.name), contents=True)):
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
        attributes = {"seed": self.seed, "study": store.to_json(self.describe()), "revision": self.revision, "wall_time": merger.wall_time}
        if missing:
            attributes["missing_tasks"] = missing
        path = store.write(folder / f"{self.name}.h5", dataset, attributes)
        for place in (folder / self.name, folder):
            store.sync(place)
        return path

    @property
    def revision(self):
        """Of the task's numbers: files of an older one are outdated."""
        return getattr(self.task, "revision", 1)

    def _scan(self, files, contents=False):
        """Yield (Unit, state): verified attributes or Contents of an intact task, DamagedError, Outdated, or None if it is missing."""
        for unit in self.tasks():
            try:
                state = files.contents(unit.digest) if contents else files.attributes(unit.digest)
                if state is not None:
                    attributes = state.attributes if contents else state
                    _compare(files.path(unit.digest), attributes, self.identity)
                    found = attributes.get("point"), attributes.get("sample")
                    if found != (store.to_json(unit.point), unit.sample):
                        raise store.DamagedError(f"{files.path(unit.digest)} holds point and sample {found}; expected {unit.point}, {unit.sample}")
                    state = self._outdated(files.path(unit.digest), attributes) or state
            except store.DamagedError as e:
                state = e
            yield unit, state

    def _outdated(self, path, attributes):
        revision = attributes.get("revision", 1)
        if revision > self.revision:
            raise store.StoreError(f"{path} was computed by revision {revision} of {type(self.task).__name__}, hebbnet "
                                   f"{attributes['hebbnet_version']}; this is hebbnet {store.__version__} with revision {self.revision}: upgrade "
                                   "hebbnet, or use another folder")
        return Outdated(revision, attributes["hebbnet_version"]) if revision < self.revision else None

    def _refuse_others(self, folder):
        """StoreError if a merged file or a task file under our name belongs to another study; a damaged merged file is set aside."""
        merged, files = folder / f"{self.name}.h5", TaskFiles(folder / self.name)
        if merged.exists():
            try:
                attributes = store.peek(merged)
                _compare(merged, attributes, self.identity)
                self._outdated(merged, attributes)
            except store.DamagedError as e:
                _log.warning("%s; it is now %s, and will be merged again", e, store.set_aside(merged).name)
        for path, attributes in files.studies():
            _compare(path, attributes, self.identity)
        strangers = set(files.loose)
        if strangers:
            strangers.difference_update(unit.digest for unit in self.tasks())
        for name in sorted(strangers):   # of our own study if the grid was larger, and then they stay
            with contextlib.suppress(store.DamagedError):
                _compare(files.home / f"{name}.h5", store.peek(files.home / f"{name}.h5"), self.identity)

    def _merged(self, path):
        """Whether the merged file is there, intact, complete and of exactly this study and version."""
        try:
            attributes = store.peek(path)
        except store.StoreError:
            return False
        return (attributes.get("study") == store.to_json(self.describe()) and attributes.get("revision", 1) == self.revision
                and attributes["hebbnet_version"] == store.__version__ and "missing_tasks" not in attributes)


class _Run:
    """One `Study.run`: what there is to do, doing it, and what came of it."""

    def __init__(self, study, files, part, options, interval):
        self.study, self.files, self.part, self.key = study, files, part, uuid.uuid4().hex
        self.packs = len(study) > taskfiles.BEYOND
        takes = "checkpoint" in inspect.signature(study.task.run).parameters
        self.work = _Work(study.task, study.seed, store.to_json(study.identity), study.revision, files.home, options, interval if takes else None,
                          not self.packs, self.key)
        self.total, self.done, self.todo, self.failures = 0, 0, array.array("q"), []
        self.loose = []   # names of finished tasks that are not in a block yet

    def ours(self, index):
        return index % self.part[1] == self.part[0]

    def prepare(self, retry):
        """Find what is missing, set aside what is damaged or outdated.  Tasks that failed before stay failed unless `retry`."""
        self.files.clean()
        for path, error in self.files.damaged.items():
            _log.warning("%s; it is now %s, and its tasks are computed again", error, store.set_aside(path).name)
        outdated = []
        for index, (unit, state) in enumerate(self.study._scan(self.files)):
            if not self.ours(index):
                continue
            self.total += 1
            if isinstance(state, dict):
                self.done += 1
                if self.packs and unit.digest in self.files.loose:
                    self.loose.append(unit.digest)
                if unit.digest in self.files.checkpoints:   # the last run was killed after it had committed the task
                    taskfiles.remove(self.files.home / f"{unit.digest}.checkpoint")
                continue
            if isinstance(state, store.DamagedError):
                self.aside(unit, state)
            elif isinstance(state, Outdated):
                outdated.append((state, self.files.path(unit.digest)))
            elif not retry and unit.digest in self.files.failed and (facts := self.files.failure(unit.digest)):
                self.failures.append((unit, Failure(facts["kind"], facts["message"], facts["traceback"])))
                continue
            self.todo.append(index)
        for path in dict.fromkeys(path for _, path in outdated):
            with contextlib.suppress(FileNotFoundError):
                store.set_aside(path, "old")
        if outdated:
            _log.warning("%s: %d tasks are of revision %d of %s, hebbnet %s, and this is revision %d: their files are now *.old, and they are "
                         "computed again", self.study.name, len(outdated), outdated[0][0].revision, type(self.study.task).__name__,
                         outdated[0][0].hebbnet_version, self.study.revision)
            self.files.refresh()

    def aside(self, unit, error):
        with contextlib.suppress(FileNotFoundError):   # another run was quicker
            aside = store.set_aside(self.files.path(unit.digest))
            _log.warning("%s; it is now %s, and the task is computed again", error, aside.name)

    def compute(self, progress, workers, scheduler):
        """Run what is to do; tasks that another run is computing are looked at again when the rest is done."""
        units, busy, wait, most = _pick(self.study.tasks(), self.todo), [], 0.05, taskfiles.ROWS
        while True:
            with contextlib.closing(execute(self.work, units, workers, scheduler, self.key)) as outcomes:
                for outcome in outcomes:
                    if outcome.failure is not None:
                        self.failed(outcome)
                    elif outcome.value == BUSY:
                        busy.append(outcome.item)
                    elif outcome.value != STOPPED:
                        progress.advance()
                        if self.packs:
                            self.loose.append(outcome.item.digest)
                            if len(self.loose) >= most:
                                self.loose = self.files.pack(self.loose)
                                most = len(self.loose) + taskfiles.ROWS   # what stayed has shapes of its own
            units = []
            while busy and not units:
                time.sleep(wait)
                wait = min(1.5 * wait, 5.0)
                held = self.files.running()
                units, busy = [u for u in busy if u.digest not in held], [u for u in busy if u.digest in held]
                self.check_stop()
            self.check_stop()
            if not units:
                break
            scheduler, workers = None, min(workers, len(units))   # they are there by now, or their run was killed
        if self.packs:
            self.files.pack(self.loose, least=1)

    def check_stop(self):
        if stopping(self.key):
            raise KeyboardInterrupt

    def failed(self, outcome):
        unit, failure = outcome.item, outcome.failure
        if failure.kind in _HOPELESS:
            raise _HOPELESS[failure.kind](failure.message)
        self.failures.append((unit, failure))
        self.files.record_failure(unit.digest, {**failure._asdict(), "point": unit.point, "sample": unit.sample, "host": socket.gethostname(),
                                                "created": store.now(), "hebbnet_version": store.__version__})

    def missing_elsewhere(self):
        """Number of tasks of other shards that are not there."""
        self.files.refresh()
        return sum(not self.ours(index) and unit.digest not in self.files for index, unit in enumerate(self.study.tasks()))


@dataclass(frozen=True)
class _Work:
    """Called in the worker: runs one Unit, if nobody else does, and commits its file.

    interval: seconds between saves, None for a task that takes no checkpoint; extendable: whether to keep the end state; key: of the run.
    """

    task: Task
    seed: int
    identity: str
    revision: int
    home: Path
    options: dict
    interval: float | None
    extendable: bool
    key: str

    def __call__(self, unit):
        if stopping(self.key):
            return STOPPED
        path = self.home / f"{unit.digest}.h5"
        with taskfiles.lock(self.home, unit.digest) as ours:
            if not ours:
                return BUSY
            if path.exists() and _intact(path):   # another run finished it since this one began
                return THERE
            begin, options = time.perf_counter(), dict(self.options)
            checkpoint = None if self.interval is None else self.checkpoint(unit)
            if checkpoint is not None:
                options["checkpoint"] = checkpoint
            try:
                variables = dict(self.task.run(dict(unit.point), sample=unit.sample, seed=self.seed, **options))
            except Stopped:
                return STOPPED
            variables["disorder"] = ("disorder", [unit.sample])
            wall_time = time.perf_counter() - begin + (checkpoint.spent if checkpoint else 0)
            store.write(path, variables, {"seed": self.seed, "study": self.identity, "point": store.to_json(unit.point), "sample": unit.sample,
                                          "revision": self.revision, "wall_time": wall_time}, labels=False)
            for suffix in ("checkpoint", "failed"):
                if (self.home / f"{unit.digest}.{suffix}").exists():
                    taskfiles.remove(self.home / f"{unit.digest}.{suffix}")
            return COMPUTED

    def checkpoint(self, unit):
        """Where this unit saves; its end state has the name of what it is but for its length."""
        identity = json.loads(self.identity)
        identity["task"].pop(_CONTINUES, None)
        about = store.to_json({**identity, "point": unit.point, "sample": unit.sample, "revision": self.revision})
        return Checkpoint(self.home / f"{unit.digest}.checkpoint", self.home / f"{_digest(about)}.state", about, self.interval,
                          functools.partial(stopping, self.key), self.extendable)


def _intact(path):
    try:
        store.peek(path, sealed=True)
    except store.StoreError:
        return False
    return True


def _digest(what):
    return hashlib.sha256(what.encode()).hexdigest()[:24]


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
            values = values.reshape((*grid.shape, *values.shape[1 if disorder else 2:]))   # a tuple: there may be no axes at all
            dims = (*grid.axes, *disorder, *(dim for dim in own.dims if dim != "disorder"))
            variables[name] = (dims, values.astype(str) if values.dtype.kind == "O" else values, own.attributes)
        used = {dim for dims, _, _ in variables.values() for dim in dims}
        coordinates = {**grid.fixed, **{name: (name, list(v)) for name, v in grid.axes.items()},
                       **{name: tuple(v) for name, v in self.own.items() if name in v.dims and name in used},
                       **({"disorder": np.arange(self.study.task.samples)} if "disorder" in used else {})}
        attributes = {"left_out": " ".join(sorted(self.left_out))} if self.left_out else {}
        return xarray.Dataset(variables, coordinates, attributes)


def minutes(seconds):
    """A time estimate as people say it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


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
            print(f"{self.name}: {self.done} of {self.total} tasks, about {minutes(left)} left", file=sys.stderr, flush=True)
            self.last = now

    def finish(self, line):
        self.__exit__()
        self.bar = None
        if not self.quiet:
            print(f"{line} ({time.monotonic() - self.begin:.1f} s)", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _interruptible(run, folder):
    """Ctrl-C and SIGTERM let the tasks in flight save where they are, if they can, and become Interrupted with a sentence.

    A second signal, or the first where tasks save nothing on the way, abandons them.  Signals reach only the main thread.
    """
    code, old = 130, {}

    def asked(signum, frame):
        nonlocal code
        code = 128 + signum
        if stopping(run.key) or run.work.interval is None:
            raise KeyboardInterrupt
        stop(run.key)
        print(f"{run.study.name}: finishing the sweep and saving; again to stop at once", file=sys.stderr, flush=True)

    if threading.current_thread() is threading.main_thread():
        old = {name: signal.signal(name, asked) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        store.clean(run.files.home)
        store.clean(folder)
        raise Interrupted(f"{run.study.name}: stopped; finished tasks are kept in {run.files.home}: run the same again to go on", code) from None
    finally:
        go_on(run.key)
        for name, handler in old.items():
            signal.signal(name, handler)


def _pick(units, indices):
    """The units at these ascending indices, lazily."""
    indices = iter(indices)
    wanted = next(indices, None)
    for index, unit in enumerate(units):
        if index == wanted:
            yield unit
            wanted = next(indices, None)


def _check_shard(shard):
    """(index from 0, number of shards) of a shard (i, n)."""
    if shard is None:
        return 0, 1
    try:
        i, n = shard
        i, n = count("shard", i), count("shard", n)
    except (TypeError, ValueError):
        i, n = 1, 0
    if i > n:
        raise ParameterError(f"shard = {shard!r}: expected (i, n) with 1 <= i <= n, the i-th of n parts (--shard i/n)", "shard")
    return i - 1, n


def _check_options(task, options):
    parameters = inspect.signature(task.run).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        valid = [p for p in parameters if p not in ("point", "sample", "seed", "checkpoint")]
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
    lines.append(f"{len(failures)} tasks failed, the first with {failures[0][1].kind}: mend the cause and run again with retry=True (--retry)")
    return "\n".join(lines)


__all__ = ["ExecutorError", "Interrupted", "Status", "Study", "StudyError", "Task", "Unit"]
