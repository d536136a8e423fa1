"""Long tasks save where they are: whatever stops them, the numbers are those of a run that nothing stopped, bit for bit."""
import dataclasses
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import hebbnet as hn
from hebbnet import executors, store, taskfiles
from hebbnet.montecarlo import pieces
from hebbnet.sweep import Interrupted
from hebbnet.taskfiles import Checkpoint, Stopped, TaskFiles

SHORT = {"thermalize": 12, "measure": 40, "every": 4}
CASES = {
    "storage": (hn.MonteCarlo("dense", chains=3, disorder=1, **SHORT), {"P": 4, "N": 24, "alpha": 0.2, "T": 0.6}),
    "pairs": (hn.MonteCarlo("dense", chains=2, disorder=1, dynamics="metropolis", **SHORT), {"P": 2, "N": 30, "K": 3, "T": 0.5}),
    "matrix": (hn.MonteCarlo("dense", chains=2, disorder=1, start="random", **SHORT), {"P": 2, "N": 24, "K": 40, "T": 0.7}),
    "examples": (hn.MonteCarlo("dense", chains=2, disorder=1, **SHORT),
                 {"P": 4, "N": 20, "K": 5, "T": 0.4, "learning": "supervised", "r": 0.6, "M": 5}),
    "diluted": (hn.MonteCarlo("multitasking", chains=2, disorder=1, **SHORT), {"K": 3, "d": 0.3, "N": 40, "T": 0.2}),
    "binary": (hn.MonteCarlo("modern", chains=2, disorder=1, **SHORT), {"ensemble": "binary", "lam": 1.0, "T": 1.0, "N": 16, "K": 8}),
    "sign rule": (hn.MonteCarlo("exponential", chains=2, disorder=1, dynamics="zero-temperature", start="random", **SHORT),
                  {"T": 0.0, "N": 16, "K": 40}),
    "exponential": (hn.MonteCarlo("exponential", chains=2, disorder=1, **SHORT), {"N": 12, "K": 700, "T": 0.5}),
    "sphere": (hn.MonteCarlo("modern", chains=2, disorder=1, **SHORT), {"N": 10, "K": 30, "T": 0.5, "lam": 1.0}),
    "langevin": (hn.MonteCarlo("modern", chains=2, disorder=1, dynamics="langevin", **SHORT),
                 {"N": 10, "K": 30, "T": 0.5, "lam": 1.0, "space": "euclidean"}),
    "tempering sphere": (hn.Tempering("modern", T=[0.2, 0.5, 0.9], disorder=1, replicas=2, **SHORT), {"N": 10, "K": 30, "lam": 1.0}),
    "tempering": (hn.Tempering("dense", T=[0.2, 0.5, 0.8, 1.2], disorder=1, replicas=2, swap_every=2, **SHORT), {"P": 4, "N": 20, "K": 30}),
    "tempering examples": (hn.Tempering("dense", T=[0.2, 0.6], disorder=1, replicas=2, **SHORT),
                           {"P": 2, "N": 20, "K": 3, "learning": "supervised", "r": 0.6, "M": 5}),
    "tempering diluted": (hn.Tempering("multitasking", T=[0.1, 0.3], disorder=1, replicas=2, **SHORT),
                          {"N": 20, "K": 3, "d": 0.4, "learning": "unsupervised", "r": 0.6, "M": 5}),
}


def equal(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert a[name][0] == b[name][0] and np.asarray(a[name][1]).tobytes() == np.asarray(b[name][1]).tobytes(), name


def checkpoint(tmp_path, stopping, interval=0.0):
    return Checkpoint(tmp_path / "x.checkpoint", tmp_path / "x.state", "{}", interval, stopping)


@pytest.mark.parametrize("case", CASES)
def test_task_stopped_after_every_piece_gives_the_same_numbers(case, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "SHORT", 0.0)   # pieces stay as small as they can be
    task, point = CASES[case]
    whole, stops = task.run(point, sample=0, seed=3), 0
    while True:
        try:
            equal(task.run(point, sample=0, seed=3, checkpoint=checkpoint(tmp_path, lambda: True)), whole)
            break
        except Stopped:
            stops += 1
    unit = getattr(task, "swap_every", 1)
    assert stops == (task.thermalize + task.measure) // unit - 1


@pytest.mark.parametrize("case", CASES)
def test_longer_task_goes_on_from_the_end_of_a_shorter_one(case, tmp_path, monkeypatch):
    task, point = CASES[case]
    short = checkpoint(tmp_path, lambda: False, interval=1e9)
    task.run(point, sample=0, seed=3, checkpoint=short)
    longer = dataclasses.replace(task, measure=3 * task.measure)
    whole, done = longer.run(point, sample=0, seed=3), []
    monkeypatch.setattr(pieces.Pieces, "__call__", lambda self, state, sweeps: done.append(sweeps) or self.advance(state, sweeps))
    long = checkpoint(tmp_path, lambda: False, interval=1e9)
    equal(longer.run(point, sample=0, seed=3, checkpoint=long), whole)
    assert sum(done) == 2 * task.measure
    short_whole = task.run(point, sample=0, seed=3)
    done.clear()   # a shorter one cannot use the state of a longer one, and does not replace it
    short = checkpoint(tmp_path, lambda: False, interval=1e9)
    equal(task.run(point, sample=0, seed=3, checkpoint=short), short_whole)
    assert sum(done) == task.thermalize + task.measure
    assert taskfiles.read_arrays(tmp_path / "x.state", "{}")["sweep"] == task.thermalize + 3 * task.measure


def test_pieces_grow_with_the_speed(monkeypatch):
    calls, clock = [], iter(range(10**6))
    monkeypatch.setattr(pieces.time, "monotonic", lambda: 0.01 * next(clock))
    run = pieces.Pieces(lambda state, sweeps: (state + sweeps, calls.append(sweeps)), checkpoint=object(), unit=2)
    state = 0
    while state < 100:
        state, _ = run(state, 100 - state)
    assert state == 100 and calls == [2, 4, 8, 16, 32, 38]
    monkeypatch.setattr(pieces, "SHORT", 0.0)
    slow = pieces.Pieces(lambda state, sweeps: (state + sweeps, None), checkpoint=object())
    assert slow(0, 100)[0] == slow(0, 100)[0] == 1


def test_damaged_checkpoint_costs_its_task_alone(tmp_path, caplog):
    arrays = {"sweep": 7, "spins": np.ones((2, 3), np.int8), "m": np.full(2, np.nan)}
    path = tmp_path / "x.checkpoint"
    taskfiles.write_arrays(path, arrays, "{}")
    raw = path.read_bytes()
    found = taskfiles.read_arrays(path, "{}")
    assert found.keys() == arrays.keys() and found["spins"].dtype == np.int8 and np.isnan(found["m"]).all()
    assert taskfiles.read_arrays(path, '{"seed":1}') is None and taskfiles.read_arrays(tmp_path / "absent", "{}") is None
    assert "damaged" not in caplog.text
    rng = np.random.default_rng(8)
    broken = [raw[:size] for size in rng.integers(len(raw), size=50)]
    for position in rng.integers(len(raw), size=50):
        broken.append(raw[:position] + bytes([raw[position] ^ 1 << rng.integers(8)]) + raw[position + 1:])
    for image in broken:
        path.write_bytes(image)
        caplog.clear()
        assert taskfiles.read_arrays(path, "{}") is None and "its task starts again" in caplog.text


# ---------------------------------------------------------------- studies

STUDY = hn.Study("long", hn.Grid(P=4, N=24, alpha=0.2, T=[0.4, 0.6]),
                 hn.MonteCarlo("dense", chains=2, disorder=2, thermalize=10, measure=60, every=2), seed=5)


def digest(path):
    return store.read(path).attributes["digest"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return digest(STUDY.run(tmp_path_factory.mktemp("undisturbed"), quiet=True))


def counted(monkeypatch):
    """Sweeps that are made from now on, of one chain group each."""
    sweeps, original = [], pieces.Pieces.__call__

    def call(self, state, most):
        result = original(self, state, most)
        sweeps.append(result[0].sweep - state.sweep)
        return result

    monkeypatch.setattr(pieces.Pieces, "__call__", call)
    return sweeps


def test_stopped_study_saves_and_loses_no_sweep(tmp_path, undisturbed, monkeypatch, capsys):
    sweeps, total, stops = counted(monkeypatch), 4 * 70, 0
    monkeypatch.setattr(pieces, "SHORT", 0.0)
    original = Checkpoint.due

    def due(self):
        if len(sweeps) % 17 == 0:   # as if Ctrl-C had been pressed at this sweep
            signal.raise_signal(signal.SIGINT if stops % 2 else signal.SIGTERM)
        return original(self)

    monkeypatch.setattr(Checkpoint, "due", due)
    while True:
        try:
            path = STUDY.run(tmp_path, quiet=True)
            break
        except Interrupted as e:
            assert e.code == (130 if stops % 2 else 143) and "finished tasks are kept" in str(e)
            stops += 1
    assert stops >= 10 and sum(sweeps) == total and digest(path) == undisturbed
    assert "finishing the sweep and saving" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.checkpoint")) and len(list(tmp_path.rglob("*.state"))) == 4


def test_measure_grows_by_going_on(tmp_path, monkeypatch):
    longer = STUDY.replace(task=dataclasses.replace(STUDY.task, measure=100, disorder=3))
    whole = digest(longer.run(tmp_path / "whole", quiet=True))
    STUDY.run(tmp_path / "data", quiet=True)
    sweeps = counted(monkeypatch)
    assert digest(longer.run(tmp_path / "data", quiet=True)) == whole
    assert sum(sweeps) == 4 * 40 + 2 * 110          # two old samples of two points go on, a third sample is new
    sweeps.clear()
    STUDY.run(tmp_path / "data", quiet=True)        # the shorter tasks are still there
    assert not sweeps


def test_state_of_other_physics_is_not_used(tmp_path, monkeypatch):
    STUDY.run(tmp_path / "data", quiet=True)
    task = dataclasses.replace(STUDY.task, measure=100)
    monkeypatch.setattr(type(task), "revision", 2)
    sweeps = counted(monkeypatch)
    STUDY.replace(task=task).run(tmp_path / "data", quiet=True)
    assert sum(sweeps) == 4 * 110


SCRIPT = """
import sys
import hebbnet as hn
from hebbnet.cli import main
STUDY = hn.Study("slow", hn.Grid(P=4, N=16, alpha=0.2, T=[0.4, 0.5]),
                 hn.MonteCarlo("dense", chains=2, disorder=1, thermalize={thermalize}, measure=400, every=4), seed=5)
if __name__ == "__main__":
    main(STUDY)
"""


@pytest.mark.parametrize("workers, how", [(1, signal.SIGINT), (2, signal.SIGTERM)])
def test_signal_saves_in_every_worker(tmp_path, workers, how):
    """The reference engine is slow enough to be caught; the compiled one finishes, and nobody can tell from the data."""
    script, home = tmp_path / "slow_script.py", tmp_path / "data" / "slow"
    script.write_text(SCRIPT.format(thermalize=600))
    command = [sys.executable, script, "--folder", tmp_path / "data", "--workers", str(workers)]
    process = subprocess.Popen([*command, "--engine", "numpy", "--checkpoint", "0.05"], stderr=subprocess.PIPE, text=True)
    deadline = time.time() + 60
    while len(list(home.glob("*.checkpoint")) if home.is_dir() else []) < workers and time.time() < deadline:
        time.sleep(0.01)
    process.send_signal(how)
    words = process.communicate(timeout=60)[1]
    assert process.returncode == 128 + how and "finishing the sweep and saving" in words and "finished tasks are kept" in words, words
    saved = [np.load(path) for path in home.glob("*.checkpoint")]
    assert len(saved) == workers and all(0 < file["sweep"] < 1000 for file in saved) and not TaskFiles(home).running()
    done = subprocess.run([*command, "--quiet"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    whole = subprocess.run([*command, "--quiet", "--folder", tmp_path / "whole"], capture_output=True, text=True, timeout=60)
    assert whole.returncode == 0 and digest(tmp_path / "data" / "slow.h5") == digest(tmp_path / "whole" / "slow.h5")


def test_second_signal_stops_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "SHORT", 0.0)
    before = signal.getsignal(signal.SIGINT)   # ignored where the tests run in the background of a shell

    def due(self):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("not reached")

    monkeypatch.setattr(Checkpoint, "due", due)
    with pytest.raises(Interrupted):
        STUDY.run(tmp_path, quiet=True)
    assert not list(tmp_path.rglob("*.checkpoint")) and not executors._stopped
    assert signal.getsignal(signal.SIGINT) is before


def test_checkpoints_are_checked_like_other_input(tmp_path):
    for wrong in (-1, float("nan"), "often"):
        with pytest.raises(hn.ParameterError, match="^checkpoint = "):
            STUDY.run(tmp_path, checkpoint=wrong)
    assert not list(Path(tmp_path).iterdir())
