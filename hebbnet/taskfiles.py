"""The folder of a study: a file per task, blocks of many tasks, locks, checkpoints, records of failures.  Formats: docs/files.md.

Whatever happens to a run, a name in this folder stands for a whole file: everything is committed in one step (`store.commit`), and all
that is done in several steps leaves at worst the same task in two places.
"""
import contextlib
import io
import json
import logging
import os
import time
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from . import store

BEYOND = 100_000   # tasks of a study from which on its task files are packed into blocks
ROWS = 1000        # tasks in a block
_OF_A_ROW = ("point", "sample", "wall_time", "created", "host", "commit", "hebbnet_version", "digest")   # other attributes are the block's
_log = logging.getLogger("hebbnet")


@contextlib.contextmanager
def lock(home, name, wait=False):
    """Hold the lock `name` in the folder; yields whether it is ours.  The system frees it when its process ends in whatever way."""
    path = Path(home) / f"{name}.lock"
    held = FileLock(path, timeout=-1 if wait else 0)
    with _sentence(path):
        store.step("lock", path)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            held.acquire()
        except Timeout:
            held = None
    if held is None:
        yield False
        return
    try:
        yield True
    finally:
        try:
            with _sentence(path):
                store.step("unlock", path)
                path.unlink(missing_ok=True)   # before it is released: who opened it meanwhile finds it gone and tries again
        finally:
            held.release()


@contextlib.contextmanager
def _sentence(path):
    """A disk or folder that refuses is a StoreError."""
    try:
        yield
    except OSError as e:
        raise store.StoreError(f"{path}: {e}; expected a writable folder with free space: make room or choose another folder, and run again"
                               ) from e


class TaskFiles:
    """What lies in the folder `home`, as of the last `refresh`.  Names of tasks are their digests, 24 hex digits."""

    def __init__(self, home):
        self.home, self.damaged = Path(home), {}   # damaged: {path of a block: DamagedError}
        self._blocks, self._read = [], (None, None)
        self.refresh()

    def refresh(self):
        """Look again: names of loose task files, and which task is in which block and row."""
        try:
            there = os.listdir(self.home)
        except FileNotFoundError:
            there = []
        except OSError as e:
            raise store.StoreError(f"{self.home} cannot be read: {e}; expected the folder of a study: choose another one") from e
        self.loose = {name[:-3] for name in there if name.endswith(".h5") and not name.startswith(".")}
        self.checkpoints = {name[:-11] for name in there if name.endswith(".checkpoint") and not name.startswith(".")}
        self.failed = {name[:-7] for name in there if name.endswith(".failed") and not name.startswith(".")}
        paths = set((self.home / "blocks").glob("[!.]*.h5")) if "blocks" in there else set()
        if paths != {path for path, _ in self._blocks} | self.damaged.keys():
            self._blocks = [(path, names) for path, names in self._blocks if path in paths]
            self.damaged = {path: error for path, error in self.damaged.items() if path in paths}
            for path in sorted(paths - {path for path, _ in self._blocks} - self.damaged.keys()):
                try:
                    self._blocks.append((path, self._block(path).variables["v_name"].values.astype("S24")))
                except store.DamagedError as e:
                    self.damaged[path] = e
            names = np.concatenate([names for _, names in self._blocks]) if self._blocks else np.empty(0, "S24")
            self._order = np.argsort(names, kind="stable")
            self._names = names[self._order]
            self._ends = np.cumsum([len(names) for _, names in self._blocks])

    def __contains__(self, name):
        return name in self.loose or self._place(name) is not None

    def names(self):
        """Names of all tasks there."""
        return self.loose | {name.decode() for _, names in self._blocks for name in names}

    def path(self, name):
        """Where a task lies or would lie."""
        place = None if name in self.loose else self._place(name)
        return self.home / f"{name}.h5" if place is None else self._blocks[place[0]][0]

    def attributes(self, name):
        """Verified root attributes of a task, None if it is not there.  StoreError and DamagedError as `store.read`."""
        return self._get(name, store.peek, lambda block, row: _attributes_of_row(block, row))

    def contents(self, name):
        """Verified `store.Contents` of a task, None if it is not there.  StoreError and DamagedError as `store.read`."""
        return self._get(name, store.read, row_contents)

    def _get(self, name, loose, packed):
        if name in self.loose:
            path = self.home / f"{name}.h5"
            if path.exists():
                return loose(path, sealed=True)
            self.refresh()   # another run has packed it
        place = self._place(name)
        return None if place is None else packed(self._block(self._blocks[place[0]][0]), place[1])

    def _place(self, name):
        if not self._blocks:
            return None
        k = np.searchsorted(self._names, name.encode())
        if k == len(self._names) or self._names[k] != name.encode():
            return None
        k = self._order[k]
        block = int(np.searchsorted(self._ends, k, "right"))
        return block, int(k - (self._ends[block - 1] if block else 0))

    def _block(self, path):
        if self._read[0] != path:
            self._read = path, store.read(path, sealed=True)
        return self._read[1]

    def studies(self):
        """Verified attributes of each block: of all its tasks but what differs between them."""
        for path, _ in self._blocks:
            yield path, self._block(path).attributes

    # ---------------------------------------------------------------- locks

    def lock(self, name, wait=False):
        """`lock` in this folder."""
        return lock(self.home, name, wait)

    def running(self):
        """{name: since when} of tasks whose lock is held by a living process, seconds since the epoch."""
        held = {}
        for path in self.home.glob("*.lock"):
            with contextlib.suppress(OSError):
                since, probe = path.stat().st_mtime, FileLock(path, timeout=0)
                try:
                    probe.acquire()
                    probe.release()
                except Timeout:
                    held[path.stem] = since
        return held

    def clean(self):
        """Remove what killed processes left: temporary files, and locks that nobody holds."""
        store.clean(self.home)
        store.clean(self.home / "blocks")
        for path in self.home.glob("*.lock"):
            with contextlib.suppress(store.StoreError), self.lock(path.stem):
                pass

    # ---------------------------------------------------------------- failures

    def record_failure(self, name, facts):
        """Keep why a task failed: a dict of strings and numbers."""
        store.commit(self.home / f"{name}.failed", json.dumps(facts, indent=1).encode())
        self.failed.add(name)

    def failure(self, name):
        """What `record_failure` kept; None if there is nothing that can be read."""
        try:
            return json.loads((self.home / f"{name}.failed").read_bytes())
        except (OSError, ValueError):
            return None

    # ---------------------------------------------------------------- blocks

    def pack(self, names, least=None):
        """Move loose tasks, in the order of these names, into blocks of up to ROWS tasks of the same shapes; groups below `least` (ROWS)
        stay.  Returns the names that stay.

        A block is committed before the loose files are removed.  Damaged files stay where they are, for the next run to find.
        """
        with self.lock("pack") as ours:
            if not ours:
                return list(names)
            self.refresh()
            groups = {}
            for name in names:
                if name not in self.loose:
                    continue
                if self._place(name) is not None:   # the last run was killed before it could remove it
                    self._remove_packed(name)
                    continue
                try:
                    contents = store.read(self.home / f"{name}.h5", sealed=True)
                except store.StoreError:
                    continue
                layout = _layout(contents)
                group = groups.setdefault(layout, [])
                group.append((name, contents))
                if len(group) == ROWS:
                    self._write_block(layout, groups.pop(layout))
            for layout, group in groups.items():
                if len(group) >= (least or ROWS):
                    self._write_block(layout, group)
            self.refresh()
            return [name for group in groups.values() for name, _ in group if name in self.loose]

    def _write_block(self, layout, group):
        variables, attributes = _rows(layout, group)
        name = store.digest_of({}, {"names": " ".join(name for name, _ in group)})[:24]
        store.write(self.home / "blocks" / f"{name}.h5", variables, attributes, labels=False)
        for name, _ in group:
            remove(self.home / f"{name}.h5")

    def _remove_packed(self, name):
        with contextlib.suppress(store.StoreError):
            if store.peek(self.home / f"{name}.h5", sealed=True)["digest"] == self._get_packed(name)["digest"]:
                remove(self.home / f"{name}.h5")

    def _get_packed(self, name):
        block, row = self._place(name)
        return _attributes_of_row(self._block(self._blocks[block][0]), row)


def remove(path):
    """Remove a file that may be there."""
    with _sentence(path):
        store.step("unlink", path)
        path.unlink(missing_ok=True)


# ---------------------------------------------------------------- a block: the tasks of one layout, row by row

def _layout(contents):
    """All that tasks of one block have in common, as JSON: dims, types, shapes and attributes of the variables, root attributes."""
    variables = {name: [list(v.dims), list(v.values.shape), "str" if v.values.dtype.kind == "U" else v.values.dtype.str,
                        {k: _plain(a) for k, a in v.attributes.items()}] for name, v in contents.variables.items()}
    return store.to_json({"variables": variables, "root": {k: _plain(a) for k, a in contents.attributes.items() if k not in _OF_A_ROW}})


def _plain(attribute):
    return [attribute.dtype.str, attribute.tolist()] if isinstance(attribute, np.ndarray) else attribute


def _unplain(attribute):
    return np.array(attribute[1], attribute[0]) if isinstance(attribute, list) else attribute


def _rows(layout, group):
    """(variables, attributes) of a block.  Names and dims get prefixes, because a coordinate here differs from row to row."""
    facts = json.loads(layout)
    variables = {"v_name": ("row", np.array([name for name, _ in group]))}
    for key in _OF_A_ROW:
        variables[f"a_{key}"] = ("row", np.array([contents.attributes[key] for _, contents in group]))
    for name, (dims, *_) in facts["variables"].items():
        variables[f"v_{name}_"] = (("row", *(f"d_{dim}" for dim in dims)), np.stack([c.variables[name].values for _, c in group]))
    root = {k: _unplain(v) for k, v in facts["root"].items() if k in ("seed", "study", "revision")}
    return variables, {**root, "layout": layout, "wall_time": float(variables["a_wall_time"][1].sum())}


def _attributes_of_row(block, row):
    root = json.loads(block.attributes["layout"])["root"]
    return {**{k: _unplain(v) for k, v in root.items()},
            **{key: store.plain_attribute(block.variables[f"a_{key}"].values[row]) for key in _OF_A_ROW}}


def row_contents(block, row):
    """The `store.Contents` of the task in this row of a block's Contents, as its own file had it."""
    variables = {}
    for name, (dims, _, kind, attributes) in json.loads(block.attributes["layout"])["variables"].items():
        values = np.asarray(block.variables[f"v_{name}_"].values[row])
        values = values.astype(str) if kind == "str" else values.astype(kind, copy=False)
        variables[name] = store.Variable(tuple(dims), values, {k: _unplain(v) for k, v in attributes.items()})
    return store.Contents(variables, _attributes_of_row(block, row))


# ---------------------------------------------------------------- checkpoints

class Stopped(BaseException):
    """The run is to stop and the task has saved where it was; not an Exception, so that no task takes it for its own."""


class Checkpoint:
    """How a task saves where it is and goes on from there.  `run` of a task that has an argument `checkpoint` is given one.

        saved = checkpoint.load(sweeps)                # {name: array} of an earlier run, or None
        ... a sweep ...
        if checkpoint.due(): checkpoint.save(arrays)   # may raise Stopped, after saving
        checkpoint.keep(arrays)                        # at the end, for a task that can be made longer

    path: file of the unfinished task; last: file of the end state, which tasks of any length share; about: JSON of what both belong to;
    interval: seconds between saves; stopping: tells whether the run is to stop; extendable: whether to keep the end state.
    """

    def __init__(self, path, last, about, interval, stopping, extendable=True):
        self.path, self.last, self.about, self.interval, self.stopping, self.extendable = path, last, about, interval, stopping, extendable
        self.begin = self.saved = time.monotonic()
        self.spent = 0.0

    def load(self, longest):
        """Arrays of the unfinished task, or else of a finished one that was not longer; None if there are neither.

        longest: sweeps of this task in all; the entry `sweep` of the arrays says how many were done.
        """
        for path in (self.path, self.last):
            found = read_arrays(path, self.about)
            if found is not None and int(found["sweep"]) <= longest:
                self.spent = float(found.pop("spent"))
                return found
        return None

    def due(self):
        """Whether to save now."""
        return self.stopping() or time.monotonic() - self.saved >= self.interval

    def save(self, arrays):
        """Commit the arrays; raises Stopped if the run is to stop."""
        write_arrays(self.path, {**arrays, "spent": self.wall_time()}, self.about)
        self.saved = time.monotonic()
        if self.stopping():
            raise Stopped

    def keep(self, arrays):
        """Commit the state at the end, with which a longer task goes on, unless that of a longer one is there."""
        longer = read_arrays(self.last, self.about) if self.last.exists() else None
        if self.extendable and (longer is None or longer["sweep"] < arrays["sweep"]):
            write_arrays(self.last, {**arrays, "spent": self.wall_time()}, self.about, durable=False)

    def wall_time(self):
        """Seconds spent on this task, those of earlier runs included."""
        return self.spent + time.monotonic() - self.begin


def write_arrays(path, arrays, about, durable=True):
    """Commit named arrays of numbers, with a word on what they belong to: a NumPy archive (.npz) under a seal."""
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(about), **arrays)
    store.commit(path, store.sealed(buffer.getvalue()), durable)


def read_arrays(path, about):
    """Arrays of `write_arrays`, or None if there are none, they are damaged (then a line says so), or about something else."""
    try:
        with np.load(io.BytesIO(store.unsealed(Path(path).read_bytes())), allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
        return found if str(found.pop("about")) == about else None
    except FileNotFoundError:
        return None
    except Exception as e:
        _log.warning("%s is damaged (%s); its task starts again from the beginning", path, " ".join(str(e).split())[:200])
        return None
