"""What a study costs beside its tasks: 10,000 tasks of 1 ms in this process, on the pool and on Dask, and grids of a million points.

Overhead per task: (wall time of Study.run, merging and starting of workers included) / tasks, less 1 ms / workers; and in processor time
of all processes, less 1 ms, which other programs on the machine disturb less.  Beside it, what the disk takes: writing and syncing a file of
the same size, in the same run.  Memory: resident size of the parent process after a tenth and nine tenths of the tasks, and at the end.

    python benchmarks/sweep.py [--save benchmarks/results/NAME.json] [--tasks 10000]
"""
import os
import resource
import tempfile
import threading
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from machine import write

import hebbnet as hn
from hebbnet import taskfiles

MILLISECOND = 1e-3


@dataclass(frozen=True)
class Short:
    """A task of one millisecond of its processor."""

    samples: int = 10

    def identity(self):
        return {"task": "Short"}

    def check(self, point):
        pass

    def run(self, point, *, sample, seed):
        end = time.thread_time() + MILLISECOND
        while time.thread_time() < end:
            pass
        return {"m": (("disorder", "chain"), np.array([[point["T"], sample]])), "energy": (("disorder",), np.array([point["alpha"]]))}

    def summarize(self, dataset):
        return dataset


def study(tasks, name="short"):
    points = tasks // Short.samples
    return hn.Study(name, hn.Grid(T=np.linspace(0.1, 1, 10), alpha=np.linspace(0, 1, points // 10)), Short())


def resident():
    """Resident size of this process now, in MB; NaN where no /proc tells it."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * resource.getpagesize() / 1e6 if told.exists() else float("nan")


def processor():
    """Seconds that this process and its children that have ended have used."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def measured(tasks, folder, **where):
    """Seconds and processor seconds per task, and the resident size in MB after a tenth of the tasks, nine tenths, and at the end."""
    home, sizes, done = Path(folder) / "short", [], threading.Event()

    def watch():
        for share in (0.1, 0.9):
            while not done.is_set() and (not home.exists() or sum(1 for _ in os.scandir(home)) < share * tasks):
                time.sleep(0.2)
            sizes.append(resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin, used = time.perf_counter(), processor()
    study(tasks).run(folder, quiet=True, **where)
    seconds, used = time.perf_counter() - begin, processor() - used
    done.set()
    watcher.join()
    return seconds / tasks, used / tasks, [*sizes, resident()]


def disk(folder, size, repeats=300):
    """Seconds to write, sync and rename one file of so many bytes."""
    begin = time.perf_counter()
    for k in range(repeats):
        with open(f"{folder}/x", "wb") as file:
            file.write(bytes(size))
            file.flush()
            os.fsync(file.fileno())
        os.replace(f"{folder}/x", f"{folder}/{k}")
    return (time.perf_counter() - begin) / repeats


def million():
    """Seconds and MB to declare and to list 1,000,000 points, as units with their digests."""
    tracemalloc.start()
    begin = time.perf_counter()
    big = hn.Study("big", hn.Grid(T=np.linspace(0.1, 1, 1000), alpha=np.linspace(0, 1, 1000)), Short(samples=1))
    declared = time.perf_counter() - begin
    tracemalloc.stop()
    before = resident()
    begin = time.perf_counter()
    number = sum(1 for _ in big.tasks())
    listed = time.perf_counter() - begin
    assert number == len(big) == 1_000_000
    return {"declare_seconds": declared, "list_seconds": listed, "list_megabytes": resident() - before}


def blocks(folder, tasks):
    """The same study in block files: bytes per task loose and packed, processor seconds per task to pack, and to merge from both."""
    home = Path(folder) / "short"
    begin = processor()
    study(tasks).merge(folder)
    merging = processor() - begin
    loose = sum(path.stat().st_size for path in home.glob("*.h5"))
    begin = processor()
    taskfiles.TaskFiles(home).pack((unit.digest for unit in study(tasks).tasks()), least=1)
    packing = processor() - begin
    packed = sum(path.stat().st_size for path in (home / "blocks").glob("*.h5"))
    begin = processor()
    study(tasks).merge(folder)
    return {"loose_bytes_per_task": loose / tasks, "packed_bytes_per_task": packed / tasks, "pack_processor_seconds": packing / tasks,
            "merge_loose_processor_seconds": merging / tasks, "merge_packed_processor_seconds": (processor() - begin) / tasks}


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
@click.option("--tasks", default=10_000, show_default=True, help="number of tasks, a multiple of 100")
def command(save, tasks):
    rows, figures = [], {}
    for name, where, workers in (("this process", {}, 1), ("pool", {"workers": 2}, 2), ("dask", {"workers": 2, "scheduler": "local"}, 2)):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            each, used, sizes = measured(tasks, folder, **where)
            again = processor()
            study(tasks).run(folder, quiet=True)
            again = (processor() - again) / tasks
            sync = disk(tempfile.mkdtemp(dir=folder), 10_000)
            row = {"executor": name, "workers": workers, "tasks": tasks, "overhead_seconds": each - MILLISECOND / workers,
                   "overhead_processor_seconds": used - MILLISECOND, "resident_mb": sizes, "second_run_processor_seconds": again,
                   "disk_seconds_per_file": sync, "load_average": os.getloadavg()[0]}
            rows.append(row)
            print(f"{name:>13}: overhead {1e3 * row['overhead_seconds']:.2f} ms per task, {1e3 * (used - MILLISECOND):.2f} ms of processors "
                  f"(a synced file alone {1e3 * sync:.2f} ms), again {1e3 * again:.2f} ms, resident {' '.join(f'{s:.0f}' for s in sizes)} MB, "
                  f"load {row['load_average']:.1f}", flush=True)
            if name == "pool":
                figures["blocks"] = blocks(folder, tasks)
                print(figures["blocks"], flush=True)
    figures["million_points"] = million()
    print(figures["million_points"])
    write(save, sweep=rows, **figures)


if __name__ == "__main__":
    command()
