"""Where the tasks of a study run: in this process or on a pool of processes.

`execute(work, items, workers)` calls `work(item)` for every item and yields an `Outcome` as each one finishes, in any order.  An
exception of `work` becomes the `failure` of that outcome and the others go on.  Closing the generator, or Ctrl-C, abandons the
calls in flight: `work` commits its own result in one step, so nothing half-done can be left.
"""
import concurrent.futures as futures
import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import traceback
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple

# one thread per worker: workers times BLAS threads would fight for the same cores
_THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Failure(NamedTuple):
    """An exception as text, which crosses process boundaries where not every exception can."""

    kind: str
    message: str
    traceback: str


class Outcome(NamedTuple):
    """The end of `work(item)`: its value, or why it failed."""

    item: Any
    value: Any = None
    failure: Failure | None = None


def execute(work, items, workers=1):
    """Yield an Outcome for each of `items` (any iterable, read lazily) as it finishes; `work` and items must be picklable."""
    if workers == 1:
        yield from (_attempt(work, item) for item in items)
        return
    items = iter(items)
    while (item := next(items, None)) is not None:   # again only if a worker was killed and its pool with it
        yield from _pool(work, itertools.chain([item], items), workers)


def _attempt(work, item):
    try:
        return Outcome(item, work(item))
    except Exception as e:   # the study reports it with the task's parameters and goes on
        return Outcome(item, failure=Failure(type(e).__name__, str(e), traceback.format_exc()))


def _pool(work, items, workers):
    """Outcomes from one process pool, until `items` are used up or the pool breaks."""
    others = set(multiprocessing.active_children())
    with _environment(dict.fromkeys(_THREADS, "1")):
        # spawn: numba and BLAS threads do not survive a fork
        pool = futures.ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (work,))
        running = {}
        try:
            for item in itertools.islice(items, 2 * workers):   # few in flight: memory stays flat, and little is lost on Ctrl-C
                running[pool.submit(_in_worker, item)] = item
            while running:
                for future in futures.wait(running, return_when=futures.FIRST_COMPLETED).done:
                    item = running.pop(future)
                    yield future.result()
                    for new in itertools.islice(items, 1):
                        running[pool.submit(_in_worker, new)] = new
            pool.shutdown()
        except BrokenProcessPool:
            message = "a worker process was killed, perhaps for lack of memory, while this task was running or next in line"
            for item in [item, *running.values()]:
                yield Outcome(item, failure=Failure("BrokenProcessPool", message, message))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
