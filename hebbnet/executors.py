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
from typing import Any, NamedTuple

# one thread per worker: workers times BLAS threads would fight for the same cores
_THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Failure(NamedTuple):
    """An exception as text, which crosses process boundaries where not every exception can."""

    kind: str
    message: str
    traceback: str


class ExecutorError(RuntimeError):
    """The workers themselves do not work."""


class Outcome(NamedTuple):
    """The end of `work(item)`: its value, or why it failed."""

    item: Any
    value: Any = None
    failure: Failure | None = None


def execute(work, items, workers=1):
    """Yield an Outcome for each of `items` (any iterable, read lazily) as it finishes.

    workers=1 is this process, more are a pool; then `work` and the items must be picklable.  A worker that is killed costs the
    tasks it had and is replaced; ExecutorError if workers die before any of them has finished a task.
    """
    return (_attempt(work, item) for item in items) if workers == 1 else _pool(work, iter(items), workers)


def _attempt(work, item):
    try:
        return Outcome(item, work(item))
    except Exception as e:   # the study reports it with the task's parameters and goes on
        return Outcome(item, failure=Failure(type(e).__name__, str(e), traceback.format_exc()))


def _pool(work, items, workers):
    killed = Failure("BrokenProcessPool", "a worker process was killed, perhaps for lack of memory, by this task or a neighbor", "")
    broken = True
    while broken:
        broken, finished, running = False, 0, {}
        with _workers(work, workers) as pool:
            while True:
                while not broken and len(running) < 2 * workers and (item := next(items, None)) is not None:   # few: flat memory
                    try:
                        running[pool.submit(_in_worker, item)] = item
                    except futures.BrokenExecutor:
                        items, broken = itertools.chain([item], items), True
                if not running:
                    break
                for future in futures.wait(running, return_when=futures.FIRST_COMPLETED).done:
                    item = running.pop(future)
                    try:
                        outcome = future.result()
                        finished += 1
                    except futures.BrokenExecutor:
                        outcome, broken = Outcome(item, failure=killed), True
                    yield outcome
        if broken and not finished:
            raise ExecutorError("the worker processes die before they finish a task; expected them to start: a script of your own "
                                "needs `if __name__ == '__main__':` around the run, and workers=1 shows what else is wrong")


@contextlib.contextmanager
def _workers(work, workers):
    """A pool of spawned processes (numba and BLAS threads do not survive a fork), ended at once on the way out."""
    before, others = {name: os.environ.get(name) for name in _THREADS}, set(multiprocessing.active_children())
    pool = futures.ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (work,))
    try:
        os.environ.update(dict.fromkeys(_THREADS, "1"))   # read by the children when they start
        with _deaf_to_ctrl_c():
            pool.submit(int)   # starts them
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
            process.join()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def _deaf_to_ctrl_c():
    """Children inherit that Ctrl-C is ignored: it goes to the whole group, and the parent decides what becomes of them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)


# ---------------------------------------------------------------- in a worker process

_work = None


def _start(work):
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()   # never outlive a killed parent


def _in_worker(item):
    return _attempt(_work, item)
