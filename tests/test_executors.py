"""Every executor gives the same data; workers use one thread each; clusters are asked politely and fail in sentences."""
import contextlib
import inspect
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from faults import study

from hebbnet import executors, store
from hebbnet.cli import cli
from hebbnet.montecarlo import numba_engine
from hebbnet.params import Grid
from hebbnet.sweep import Interrupted, Study
from hebbnet.taskfiles import Stopped, TaskFiles


def digest(path):
    return store.read(path).attributes["digest"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return digest(study().run(tmp_path_factory.mktemp("undisturbed"), quiet=True))


def wait_for(condition, seconds=60):
    deadline = time.time() + seconds
    while not condition():
        assert time.time() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster
    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=":0", silence_logs=50) as cluster:
        yield cluster


@dataclass(frozen=True)
class Threads:
    """Tells how many threads the numerical libraries of its worker may use, and in which process and thread it is."""

    samples: int = 1

    def identity(self):
        return {"task": "Threads"}

    def check(self, point):
        pass

    def run(self, point, *, sample, seed):
        import numba
        import threadpoolctl
        np.ones((2, 2)) @ np.ones((2, 2))
        pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
        return {"threads": ((), max([*pools, *([numba.get_num_threads()] if multiprocessing.parent_process() else [])])), "pid": ((), os.getpid())}

    def summarize(self, dataset):
        return dataset


@dataclass(frozen=True)
class Waits:
    """A task that saves after every hundredth of a second, for as long as `seconds`."""

    seconds: float
    samples: int = 1

    def identity(self):
        return {"task": "Waits"}

    def check(self, point):
        pass

    def run(self, point, *, sample, seed, checkpoint=None):
        step, last = 0, round(100 * self.seconds)
        if (saved := checkpoint.load(last)) is not None:
            step = int(saved["sweep"])
        while step < last:
            time.sleep(0.01)
            step += 1
            if checkpoint.due():
                checkpoint.save({"sweep": step})
        return {"steps": ((), step)}

    def summarize(self, dataset):
        return dataset


WHERE = {"here": {}, "pool": {"workers": 3}, "dask here": {"workers": 2, "scheduler": "local"}}


@pytest.mark.parametrize("where", WHERE)
def test_same_data_everywhere_and_one_thread_each(tmp_path, undisturbed, where):
    assert digest(study().run(tmp_path, quiet=True, **WHERE[where])) == undisturbed
    data = store.open(Study("threads", Grid(T=np.linspace(0, 1, 8)), Threads()).run(tmp_path, quiet=True, **WHERE[where]))
    assert (data.threads == 1).all() and (os.getpid() in data.pid) == (where == "here")


def test_a_dask_cluster_that_was_there_before(tmp_path, undisturbed, cluster):
    from distributed import Client
    assert digest(study().run(tmp_path / "a", scheduler=cluster.scheduler_address, quiet=True)) == undisturbed
    with Client(cluster, set_as_default=False) as client:
        assert digest(study().run(tmp_path / "b", scheduler=client, quiet=True)) == undisturbed
        assert client.status == "running"   # it is not ours to close
        plugins = client.run(lambda dask_worker: [name for name in dask_worker.plugins if name.startswith("hebbnet")])
        assert all(names == [] for names in plugins.values())


def test_failures_under_dask_are_reported_like_others(tmp_path, cluster):
    from test_sweep import StudyError
    from test_sweep import study as other
    with pytest.raises(StudyError, match="(?s)4 of 12 tasks failed.*ArithmeticError: diverges at 0.2") as caught:
        other(tmp_path, trouble=0.2, how="raise").run(tmp_path / "data", scheduler=cluster.scheduler_address, quiet=True)
    assert len(caught.value.failures) == 4 and other(tmp_path).status(tmp_path / "data").done == 8


@contextlib.contextmanager
def signal_when(condition, signum):
    """Send this process a signal as soon as the condition holds."""
    def wait():
        wait_for(condition)
        signal.raise_signal(signum)

    thread = threading.Thread(target=wait)
    thread.start()
    yield
    thread.join()


def checkpoints(folder):
    return list((folder / "waits").glob("[!.]*.checkpoint"))


def started(folder):
    """Number of tasks that have begun."""
    return len(list((folder / "waits").glob("*.lock")))


def test_stop_under_dask_saves_on_every_worker(tmp_path, cluster):
    long = Study("waits", Grid(T=[0.1, 0.2, 0.3]), Waits(60.0))
    with pytest.raises(Interrupted), signal_when(lambda: started(tmp_path) == 3, signal.SIGTERM):
        long.run(tmp_path, scheduler=cluster.scheduler_address, quiet=True)
    saved = [np.load(path)["sweep"] for path in checkpoints(tmp_path)]
    assert len(saved) == 3 and all(0 < sweep < 6000 for sweep in saved)
    short = Study("waits", Grid(T=[0.4]), Waits(0.05))   # the same workers serve again
    assert store.open(short.run(tmp_path, scheduler=cluster.scheduler_address, quiet=True)).steps.item() == 5


def test_scheduler_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "CONNECT", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        with pytest.raises(executors.ExecutorError, match=f"scheduler = '{address}': no Dask scheduler answers"):
            study().run(tmp_path, scheduler=address, quiet=True)


def test_extras_that_are_missing_fail_with_the_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(executors.ExecutorError, match="dask.distributed is not installed.*hebbnet\\[cluster\\]"):
        list(executors.execute(int, [1], scheduler="local"))
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(executors.ExecutorError, match="submitit is not installed.*hebbnet\\[cluster\\]"):
        executors.slurm([int], "x", name="x", minutes=1)


def test_pool_stops_within_a_sweep(tmp_path):
    long = Study("waits", Grid(T=[0.1, 0.2, 0.3]), Waits(60.0))
    with pytest.raises(Interrupted), signal_when(lambda: started(tmp_path) == 2, signal.SIGINT):
        long.run(tmp_path, workers=2, quiet=True)
    saved = [np.load(path)["sweep"] for path in checkpoints(tmp_path)]
    assert len(saved) == 2 and all(0 < sweep < 6000 for sweep in saved) and not TaskFiles(tmp_path / "waits").running()


def test_kernels_release_the_gil():
    kernels = [f for _, f in inspect.getmembers(numba_engine) if hasattr(f, "targetoptions")]
    assert len(kernels) > 15 and all(kernel.targetoptions.get("nogil") for kernel in kernels)


def test_items_are_taken_as_they_are_needed():
    """Memory stays flat: the pool never runs ahead of its workers."""
    taken, most = [], 0
    for number, outcome in enumerate(executors.execute(abs, (taken.append(k) or k for k in range(200)), 2), 1):
        most = max(most, len(taken) - number)
        assert outcome.value == outcome.item
    assert number == 200 and most <= 2


# ---------------------------------------------------------------- SLURM

SBATCH = """#!{python}
# A cluster of one: starts every job of the array at once in the background, as sbatch and slurmd do
import os, re, subprocess, sys
script = open(sys.argv[1]).read()
open(os.environ["FAKE_SLURM"] + "/script", "w").write(script)
if "--partition=closed" in script:
    sys.exit("sbatch: error: invalid partition specified: closed")
found = re.search(r"--array='?0-(\\d+)", script)
for k in range(int(found[1]) + 1 if found else 1):
    env = dict(os.environ, SLURM_JOB_ID=str(100 + k), SLURM_NTASKS="1", SLURM_JOB_NUM_NODES="1", SLURM_NODEID="0", SLURM_PROCID="0",
               SLURM_LOCALID="0", SLURM_JOB_NODELIST="here")
    if found:
        env.update(SLURM_ARRAY_JOB_ID="100", SLURM_ARRAY_TASK_ID=str(k))
    log = open(os.environ["FAKE_SLURM"] + f"/log{{k}}", "w")
    job = subprocess.Popen(["bash", sys.argv[1]], env=env, stdout=log, stderr=log, start_new_session=True)
    open(os.environ["FAKE_SLURM"] + "/pids", "a").write(f"{{job.pid}}\\n")
print("Submitted batch job 100")
"""
SRUN = """#!{python}
import os, sys
words = sys.argv[1:]
while words[0].startswith("--"):
    words = words[1:] if words[0] == "--unbuffered" else words[2:]
os.execvp(words[0], words)
"""
SCONTROL = """#!{python}
import os, sys
open(os.environ["FAKE_SLURM"] + "/requeued", "a").write(" ".join(sys.argv[1:]) + "\\n")
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Stand-ins for sbatch, srun and scontrol on the PATH; the folder where they leave what they were told."""
    for name, text in (("sbatch", SBATCH), ("srun", SRUN), ("scontrol", SCONTROL)):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.format(python=sys.executable))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SLURM", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


SCRIPT = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from hebbnet.cli import main
from hebbnet.params import Grid
from hebbnet.sweep import Study
from faults import study
from test_executors import Waits
STUDY = study()
QUICK = Study("waits", Grid(T=[0.1]), Waits({{seconds}}))
if __name__ == "__main__":
    main(STUDY, QUICK)
"""


def call(*arguments, code=0):
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exit_code == code and (result.exception is None or isinstance(result.exception, SystemExit)), result.output
    return result.output


def test_slurm_runs_a_shard_per_job(slurm, undisturbed):
    (slurm / "clustered.py").write_text(SCRIPT.format(seconds=1.0))
    words = call("run", "clustered.py", "--slurm", "--jobs", 3, "--partition", "long", "--time", "1-00:30:00", "--workers", 2, "--memory", "2GB",
                 "--sbatch", "qos=low", "--sbatch", "exclusive")
    assert "submitted 100_0 to 100_2" in words
    script = (slurm / "script").read_text()
    for line in ("--array=0-2%3", "--partition=long", "--time=1470", "--cpus-per-task=2", "--mem=2GB", "--qos=low", "--exclusive", "--requeue",
                 "--signal=USR2@90", "--job-name=fault"):
        assert f"#SBATCH {line}\n" in script, script
    wait_for(lambda: (slurm / "data" / "fault.h5").exists())   # the last shard merges
    assert digest(slurm / "data" / "fault.h5") == undisturbed
    assert "8 of 8 tasks done, 0 left; merged" in call("status", "clustered.py")


def test_slurm_job_that_reaches_its_wall_time_saves_and_is_queued_again(slurm):
    (slurm / "clustered.py").write_text(SCRIPT.format(seconds=20.0))
    call("run", "clustered.py", "--quick", "--slurm", "--folder", "out", "--checkpoint", 0.1)
    wait_for(lambda: list((slurm / "out" / "waits").glob("*.checkpoint")))
    pid = int((slurm / "pids").read_text())
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(children[0]) if children else pid, signal.SIGUSR2)   # what --signal=USR2@90 does to the step
    wait_for((slurm / "requeued").exists)
    assert (slurm / "requeued").read_text() == "requeue 100\n"
    state = next((slurm / "out" / "waits").glob("*.checkpoint"))
    assert 0 < np.load(state)["sweep"] < 2000
    (slurm / "clustered.py").write_text(SCRIPT.format(seconds=0.0001 * int(np.load(state)["sweep"]) + 0.5))
    wait_for(lambda: not Path(f"/proc/{pid}").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z")


def test_dry_run_shows_the_script_and_submits_nothing(slurm, monkeypatch):
    (slurm / "clustered.py").write_text(SCRIPT.format(seconds=1.0))
    monkeypatch.setenv("PATH", str(slurm / "nothing"))   # on a laptop, without SLURM
    words = call("run", "clustered.py", "--slurm", "--jobs", 4, "--time", 90, "--partition", "long", "--dry-run")
    assert "#SBATCH --array=0-3%4" in words and "#SBATCH --time=90" in words and "srun" in words
    assert f"hebbnet run {slurm / 'clustered.py'} --folder {slurm / 'data'}" in words and "--shard i/4" in words
    assert not (slurm / "script").exists() and not (slurm / "data").exists()
    assert "sbatch and srun on the PATH" in call("run", "clustered.py", "--slurm", code=1).splitlines()[-1]


@pytest.mark.parametrize("arguments, code, word", [
    (["--slurm", "--partition", "closed"], 1, "invalid partition specified: closed"),
    (["--partition", "long"], 2, "--partition without --slurm"),
    (["--dry-run"], 2, "--dry-run without --slurm"),
    (["--slurm", "--shard", "1/2"], 2, "--shard with --slurm"),
    (["--slurm", "--scheduler", "local"], 2, "--scheduler with --slurm"),
    (["--slurm", "--time", "soon"], 2, "--time"),
    (["--slurm", "--time", "0"], 2, "--time"),
    (["--slurm", "--jobs", "0"], 2, "--jobs"),
    (["--slurm", "--sbatch", "=x"], 2, "--sbatch"),
    (["--shard", "3/2"], 2, "--shard"),
    (["--shard", "0/2"], 2, "--shard"),
    (["--shard", "half"], 2, "--shard"),
    (["--checkpoint", "-1"], 2, "--checkpoint"),
    (["--scheduler", "nonsense"], 1, "scheduler = 'nonsense'"),
])
def test_bad_cluster_options_end_with_a_sentence(slurm, arguments, code, word):
    (slurm / "clustered.py").write_text(SCRIPT.format(seconds=1.0))
    assert word in call("run", "clustered.py", *arguments, code=code).splitlines()[-1]


def test_a_job_that_fails_is_not_queued_again():
    from hebbnet.cli import Job
    with pytest.raises(RuntimeError, match="hebbnet run nothing.py ended with exit code 2"):
        Job(["run", "nothing.py"])()
    assert Job(["run", "x.py"]).checkpoint().function.arguments == ["run", "x.py"]
    assert issubclass(Stopped, BaseException) and not issubclass(Stopped, Exception)   # a task's own `except Exception` lets it pass
