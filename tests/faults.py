"""Kill a study again and again at chosen steps of its commits, and count what that cost.  Run by test_faults.py, or by hand:

    python tests/faults.py --kills 1000 --seed 1 [--blocks]

The study runs in a forked child that sends itself SIGKILL before its k-th step (open, write, fsync, rename, ... of a task file, a
checkpoint, a block, the merged file, a lock); k is random, but a function of the seed.  After every death: no file is half a file, every
finished task is still there, and the next life computes none of them again.  At the end the data must be those of a study that nothing
disturbed.  Only the standard library's fork is needed, so that a life takes milliseconds.
"""
import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray  # noqa: F401  (before the forks)

from hebbnet import store, taskfiles
from hebbnet.params import Grid
from hebbnet.sweep import Study

SWEEPS = 4


@dataclass(frozen=True)
class Slow:
    """A task of SWEEPS sweeps that saves after each; every sweep leaves a line in `log`.

    deaths: a worker that finds one left in the list, k, takes it: it kills itself before its k-th step from now, with a line in log/died.
    """

    log: str = ""
    samples: int = 2
    measure: int = SWEEPS
    deaths: tuple = ()

    def identity(self):
        return {"task": "Slow", "measure": self.measure}

    def check(self, point):
        pass

    def run(self, point, *, sample, seed, checkpoint=None):
        if self.deaths and store.step.__name__ == "step":
            for number, k in enumerate(self.deaths):   # each is one worker's, whatever two of them see at the same time
                try:
                    Path(self.log, f"death{number}").touch(exist_ok=False)
                except FileExistsError:
                    continue
                kill_before(k, Path(self.log, "died"))
                break
        saved = checkpoint.load(self.measure) if checkpoint else None
        x, sweep = (saved["x"], int(saved["sweep"])) if saved else (np.zeros(3), 0)
        while sweep < self.measure:
            if self.log:
                write_line(Path(self.log, "ran"), json.dumps([point["T"], sample, sweep]))
            x = x + np.random.default_rng([seed, sample, int(1000 * point["T"]), sweep]).normal(size=3)
            sweep += 1
            if checkpoint and sweep < self.measure and checkpoint.due():
                checkpoint.save({"x": x, "sweep": sweep})
        if checkpoint:
            checkpoint.keep({"x": x, "sweep": sweep})
        return {"m": (("disorder", "chain"), x[None]), "K": ((), 7), "status": ((), f"T = {point['T']}")}

    def summarize(self, dataset):
        return dataset


def write_line(path, line):
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, (line + "\n").encode())
    os.close(descriptor)


def kill_before(k, died=None, only=None):
    """SIGKILL this process before its k-th step from now; only: count steps at files of this name alone."""
    left = [k]

    def killer(what, path):
        left[0] -= only is None or only in Path(path).name
        if not left[0]:
            if died is not None:
                write_line(died, "")
            os.kill(os.getpid(), signal.SIGKILL)

    store.step = killer


def study(log="", **changes):
    return Study("fault", Grid(T=[0.1, 0.2, 0.3, 0.4]), Slow(str(log), **changes), seed=5)


def lines(log):
    path = Path(log, "ran")
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def life(folder, log, k, only=None):
    """One run in a child that dies before its k-th step; whether it finished instead."""
    child = os.fork()
    if not child:
        try:
            kill_before(k, only=only)
            study(log).run(folder, checkpoint=0.0, quiet=True)
            os._exit(0)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    if status:
        raise SystemExit(f"a life ended with status {status}")
    return True


def finished(folder):
    """Tasks with an intact file, as (T, sample); every file with a final name must be intact."""
    files = taskfiles.TaskFiles(folder / "fault")
    found = set()
    for unit in study().tasks():
        if files.contents(unit.digest) is not None:
            found.add((unit.point["T"], unit.sample))
    if files.damaged or list(folder.rglob("*.damaged*")):
        raise SystemExit("a damaged file was found")
    if (folder / "fault.h5").exists():
        store.read(folder / "fault.h5")
    return found


def campaign(kills, seed, root):
    """Kill until `kills` deaths are counted, study after study: a dict of what was counted."""
    root, rng, deaths, studies, where = Path(root), random.Random(seed), 0, 0, {}
    reference = store.read(study().run(root / "undisturbed", quiet=True)).attributes["digest"]
    counts = {"finished_tasks_computed_again": 0, "finished_tasks_lost": 0, "sweeps_lost_beyond_one_per_kill": 0, "files_that_differ": 0}
    while deaths < kills:
        folder, log, before = root / str(studies) / "data", root / str(studies), set()
        log.mkdir()
        mine, read = 0, 0
        while True:
            done = life(folder, log, rng.randint(1, 14) if deaths < kills else 10**9)
            new = lines(log)[read:]
            read += len(new)
            counts["finished_tasks_computed_again"] += len({(T, sample) for T, sample, _ in new} & before)
            now = finished(folder)
            counts["finished_tasks_lost"] += len(before - now)
            before = now
            if done:
                break
            deaths, mine = deaths + 1, mine + 1
        studies += 1
        counts["sweeps_lost_beyond_one_per_kill"] += max(0, read - len(study()) * SWEEPS - mine)
        counts["files_that_differ"] += store.read(folder / "fault.h5").attributes["digest"] != reference
        left = [p.name for p in folder.rglob("*") if p.name.endswith((".tmp", ".lock", ".checkpoint"))]
        where["left_over"] = where.get("left_over", 0) + len(left)
    return {"kills": deaths, "studies": studies, "seed": seed, **counts, **where}


def kills_in_merge(root):
    """Kill at every step of the merge, each time with a new start: the number of kills."""
    root, kills = Path(root), 0
    reference = store.read(study().run(root / "undisturbed", quiet=True)).attributes["digest"]
    while not life(root / "data", root, kills + 1, only="fault.h5"):
        if len(finished(root / "data")) < len(study()):
            raise SystemExit("a finished task is lost")
        (root / "data" / "fault.h5").unlink(missing_ok=True)   # killed after the rename: merge again
        kills += 1
    if store.read(root / "data" / "fault.h5").attributes["digest"] != reference or len(lines(root)) != len(study()) * SWEEPS:
        raise SystemExit("the data differ, or tasks were computed again")
    return kills


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blocks", action="store_true", help="with block files of four tasks")
    parser.add_argument("--merge", action="store_true", help="kill in the merge only, once at every step")
    arguments = parser.parse_args()
    store.SYNC_EVERY = 0.0   # every step of the protocol, every time
    if arguments.blocks:
        taskfiles.BEYOND, taskfiles.ROWS = 0, 4
    begin = time.time()
    with tempfile.TemporaryDirectory() as root:
        result = {"kills": kills_in_merge(root)} if arguments.merge else campaign(arguments.kills, arguments.seed, root)
    print(json.dumps({**result, "blocks": arguments.blocks, "seconds": round(time.time() - begin, 1)}))
    sys.exit(any(result.get(name) for name in ("finished_tasks_computed_again", "finished_tasks_lost", "sweeps_lost_beyond_one_per_kill",
                                               "files_that_differ", "left_over")))

