"""Where the tasks of a study run: in this process, on a pool of processes, on Dask, or as jobs of a SLURM cluster.

`execute(work, items, ...)` calls `work(item)` for every item and yields an `Outcome` as each one finishes, in any order.  An
exception of `work` becomes the `failure` of that outcome and the others go on.  A worker that is killed costs nothing but the calls it
had, and those are made again.  Closing the generator, or Ctrl-C, abandons the calls in flight: `work` commits its own result in one step,
so nothing half-done can be left.  `stop(key)` asks those calls to end early that look at `stopping(key)`; no new ones begin.

Only this file knows Dask and submitit, the extra `cluster`.  Why submitit for SLURM: docs/sweeps.md.
"""
import contextlib
import itertools
import math
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections import deque
from multiprocessing import connection
from typing import Any, NamedTuple

import threadpoolctl

# one thread per worker: workers times BLAS threads would fight for the same cores
_THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MOST_DEATHS = 3    # workers that one item may cost before it counts as failed
GRACE = 20.0       # seconds that calls in flight have to end after `stop`; SLURM kills 30 after its SIGTERM
CONNECT = 10.0     # seconds that a Dask scheduler has to answer
BATCH, LARGEST_BATCH = 0.1, 32   # seconds and items of a call on Dask, if items are short
POLL = 0.2         # seconds between looks at `stopping`


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


def execute(work, items, workers=1, scheduler=None, key=None):
    """Yield an Outcome for each of `items` (any iterable, read lazily) as it finishes, until they are done or `stop(key)`.

    workers=1 is this process, more are a pool of processes; then `work` and the items must be picklable.  scheduler: a Dask scheduler's
    address, or "local" for a Dask cluster of `workers` processes on this machine, or a distributed.Client of your own.  ExecutorError if
    workers die before any of them has finished a task, or the scheduler does not answer.
    """
    items = iter(items)
    if scheduler is not None:
        return _dask(work, items, workers, scheduler, key)
    return _serial(work, items, key) if workers == 1 else _pool(work, items, workers, key)


def _attempt(work, item):
    try:
        return Outcome(item, work(item))
    except Exception as e:   # the study reports it with the task's parameters and goes on
        return Outcome(item, failure=Failure(type(e).__name__, str(e), traceback.format_exc()))


def _serial(work, items, key):
    with threadpoolctl.threadpool_limits(1):
        while not stopping(key) and (item := next(items, None)) is not None:
            yield _attempt(work, item)


# ---------------------------------------------------------------- stopping

_stopped = set()


def stop(key):
    """Ask the calls of one `execute` to end, in this process; None: all that ever run here."""
    _stopped.add(key)


def stopping(key):
    return bool(_stopped) and (key in _stopped or None in _stopped)


def go_on(key):
    """Forget `stop(key)`."""
    _stopped.discard(key)


# ---------------------------------------------------------------- a pool of processes

class _Worker(NamedTuple):
    process: Any
    pipe: Any


def _pool(work, items, workers, key):
    """Each worker has a pipe of its own, so that the death of one is known at once, with the item it had, and concerns no other."""
    again, busy, idle, deaths, finished = deque(), {}, [], 0, 0
    staff, ended = [], None
    with _threads_of_children(), contextlib.ExitStack() as end:
        end.callback(lambda: [_kill(worker) for worker in staff])
        while True:
            if stopping(key) and ended is None:
                ended = time.monotonic()
                for worker in staff:
                    worker.process.terminate()   # a worker takes it as `stop`
            while ended is None and len(busy) < workers and (job := again.popleft() if again else _first(items)) is not None:
                if not idle:
                    idle.append(_start_worker(work))
                    staff.append(idle[-1])
                worker = idle.pop()
                busy[worker.pipe] = worker, job
                with contextlib.suppress(OSError):   # it died while idle: the pipe says so below
                    worker.pipe.send(job[0])
            if not busy or (ended is not None and time.monotonic() - ended > GRACE):
                return
            for pipe in connection.wait(list(busy), POLL):
                worker, (item, tries) = busy.pop(pipe)
                try:
                    outcome = pipe.recv()
                except (EOFError, OSError):
                    staff.remove(worker)
                    _kill(worker)
                    deaths += 1
                    if not finished and deaths >= MOST_DEATHS * workers:
                        raise ExecutorError("the worker processes die before they finish a task; expected them to start: a script of your "
                                            "own needs `if __name__ == '__main__':` around the run, and workers=1 shows what else is "
                                            "wrong") from None
                    if tries + 1 < MOST_DEATHS:
                        again.append((item, tries + 1))
                    else:
                        yield Outcome(item, failure=_killed(tries + 1))
                else:
                    if isinstance(outcome, KeyboardInterrupt):
                        raise outcome
                    idle.append(worker)
                    finished += 1
                    yield outcome


def _first(items):
    item = next(items, None)
    return None if item is None else (item, 0)


def _killed(times):
    return Failure("WorkerKilled", f"{times} worker processes were killed while they had this task, perhaps for lack of memory", "")


def _start_worker(work):
    """Spawned: numba and BLAS threads do not survive a fork."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(work, theirs), daemon=True)
    with _deaf_to_ctrl_c():
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _kill(worker):
    worker.pipe.close()
    worker.process.kill()
    worker.process.join()


@contextlib.contextmanager
def _threads_of_children():
    """One thread for each numerical library of the processes that are started inside."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))   # read by the children when they start
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


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


def _serve(work, pipe):
    """A worker's life: items come in, outcomes go out, until the parent is gone."""
    for name in ("SIGINT", "SIGUSR1", "SIGUSR2"):   # the parent's: Ctrl-C, and SLURM's warnings to the whole job
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop(None))
    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()   # never outlive a killed parent
    one_thread()
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            outcome = _attempt(work, item)
        except KeyboardInterrupt as e:   # the parent's to act upon
            outcome = e
        with contextlib.suppress(OSError):
            pipe.send(outcome)


def one_thread():
    """Numerical libraries that are loaded already use one thread in this process from now on."""
    threadpoolctl.threadpool_limits(1)
    if "numba" in sys.modules:
        sys.modules["numba"].set_num_threads(1)


# ---------------------------------------------------------------- Dask

def _extra(package, error):
    return ExecutorError(f"{package} is not installed ({error}): python -m pip install 'hebbnet[cluster]', or leave --scheduler and --slurm out")


def _dask(work, items, workers, scheduler, key):
    try:
        from distributed import Client, LocalCluster, WorkerPlugin
    except ImportError as e:
        raise _extra("dask.distributed", e) from e
    name = f"hebbnet-{key}"

    class Work(WorkerPlugin):
        """Brings `work` once to every worker, to those also that join later or replace a killed one."""

        def __init__(self, packed, path):
            self.packed, self.path = packed, path

        def setup(self, worker):
            sys.path.extend(folder for folder in self.path if folder not in sys.path)   # of the script that declares the study
            self.work = pickle.loads(self.packed)
            os.environ.update(dict.fromkeys(_THREADS, "1"))
            one_thread()

    def call(batch):
        from distributed import get_worker
        begin, work = time.perf_counter(), get_worker().plugins[name].work
        outcomes = [_attempt(work, item) for item in batch]
        return outcomes, (time.perf_counter() - begin) / len(batch)

    with contextlib.ExitStack() as end:
        if scheduler == "local":
            with _threads_of_children():
                cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50)
            end.callback(cluster.close)
            scheduler = cluster
        client = scheduler
        if not isinstance(scheduler, Client):
            try:
                client = Client(scheduler, timeout=CONNECT, set_as_default=False)
            except (OSError, TimeoutError, ValueError) as e:
                raise ExecutorError(f"scheduler = {scheduler!r}: no Dask scheduler answers there ({e}); expected an address such as "
                                    "tcp://host:8786, or local") from e
            end.callback(client.close)
        client.register_plugin(Work(pickle.dumps(work), sys.path), name=name)
        end.callback(lambda: client.unregister_worker_plugin(name))
        yield from _on_client(client, call, items, key)


def _on_client(client, call, items, key):
    """Short items go in batches, because Dask takes milliseconds for a call; those of a batch whose workers died go again, one by one."""
    done, flying, again, slots, looked, ended, size = queue.SimpleQueue(), {}, deque(), 2, -math.inf, None, 1
    try:
        while True:
            if time.monotonic() - looked > 1 or slots == 0:   # workers come and go
                looked, slots = time.monotonic(), 2 * sum(client.nthreads().values())
            if stopping(key) and ended is None:
                ended = time.monotonic()
                client.run(stop, key)
            while ended is None and len(flying) < max(slots, 1):
                batch = [again.popleft()] if again else list(itertools.islice(items, size))
                if not batch:
                    break
                future = client.submit(call, batch, pure=False)
                flying[future.key] = batch, future
                future.add_done_callback(done.put)
            if not flying or (ended is not None and time.monotonic() - ended > GRACE):
                return
            try:
                future = done.get(timeout=POLL)
            except queue.Empty:
                if client.status not in ("running", "connecting"):
                    raise ExecutorError("the connection to the Dask scheduler is lost; expected it to live as long as the run: start it "
                                        "again, and run the same again to go on") from None
                continue
            batch, _ = flying.pop(future.key)
            if future.status == "finished":
                outcomes, seconds = future.result()
                size = max(1, min(LARGEST_BATCH, round(BATCH / max(seconds, 1e-9)), 2 * size))
                yield from outcomes
            elif len(batch) > 1:
                again.extend(batch)
            else:
                yield Outcome(batch[0], failure=_failure_of(future))
    finally:
        with contextlib.suppress(Exception):   # of a scheduler that is gone
            client.cancel([future for _, future in flying.values()])
            client.run(go_on, key)


def _failure_of(future):
    error = future.exception() if future.status == "error" else RuntimeError("the scheduler has cancelled it")
    return _killed(MOST_DEATHS) if type(error).__name__ == "KilledWorker" else Failure(type(error).__name__, str(error), "")


# ---------------------------------------------------------------- SLURM

def slurm(jobs, folder, *, name, minutes, cpus=1, partition=None, memory=None, account=None, more=None, dry_run=False):
    """Submit callables as one job array and return the id of each job; dry_run: return the text of the job script instead.

    Each job is one process with `cpus` cores.  folder: for scripts and logs, on a file system that the nodes share; minutes: wall time, 90 s
    before whose end a job gets SIGUSR2 (`requeued`); more: further sbatch options by name.  ExecutorError if sbatch is not there or refuses.
    """
    try:
        import submitit
        from submitit.slurm.slurm import _make_sbatch_string
    except ImportError as e:
        raise _extra("submitit", e) from e
    options = {"job_name": name, "time": minutes, "cpus_per_task": cpus, "partition": partition, "mem": memory, "account": account,
               "additional_parameters": {"requeue": True, **(more or {})}, "array_parallelism": len(jobs), "wckey": None}
    options = {key: value for key, value in options.items() if value is not None}
    if dry_run:
        command = f"{sys.executable} -u -m submitit.core._submit {folder}"
        return _make_sbatch_string(command=command, folder=folder, map_count=len(jobs) if len(jobs) > 1 else None, **options)
    try:
        executor = submitit.SlurmExecutor(folder, max_num_timeout=1000)
        executor.update_parameters(**options)
        with executor.batch():
            submitted = [executor.submit(job) for job in jobs]
        return [job.job_id for job in submitted]
    except (RuntimeError, OSError) as e:
        raise ExecutorError(f"SLURM does not take the jobs: {e}; expected sbatch and srun on the PATH and options that the cluster knows: "
                            "look at the script with --dry-run, or use --shard") from e


@contextlib.contextmanager
def requeued():
    """Inside a job: SIGUSR2, the warning before the wall time ends, stops the run as SIGTERM would, and then the job is queued again."""
    submitits = signal.getsignal(signal.SIGUSR2)
    warned = []

    def warn(*_):
        warned.append(True)
        signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGUSR2, warn)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR2, submitits)
        if warned and callable(submitits):
            submitits(signal.SIGUSR2, None)   # writes the job anew, asks SLURM to requeue it, and exits


def resubmission(job):
    """What the `checkpoint` method of a job returns."""
    from submitit.helpers import DelayedSubmission
    return DelayedSubmission(job)
