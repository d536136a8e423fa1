"""Studies: every task once, nothing lost, nothing mixed up, whatever stops the run."""
import dataclasses
import hashlib
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray

from hebbnet import executors, store, sweep
from hebbnet.params import Grid, ParameterError
from hebbnet.sweep import Interrupted, Study, StudyError


@dataclass(frozen=True)
class Fake:
    """A task that leaves a line in `log` for every run and can be told to misbehave at T = `trouble`."""

    log: str = ""
    samples: int = 2
    scale: float = 1.0
    measure: int = 10
    trouble: float = -1.0
    how: str = ""

    def identity(self):
        return {"task": "Fake", "scale": self.scale, "measure": self.measure, "starts": ("a", "b")}

    def check(self, point):
        if "T" not in point or point["T"] > 2:
            raise ParameterError(f"T = {point.get('T')}: expected T <= 2", "T")

    def run(self, point, *, sample, seed, pause=0.0, engine="numba"):
        if point["T"] == self.trouble:
            if self.how == "raise":
                raise ArithmeticError(f"diverges at {point['T']}")
            if self.how == "interrupt":
                raise KeyboardInterrupt
            if self.how == "disk":
                raise store.StoreError("no space left")
            if self.how == "die" and not Path(self.log, "died").exists():
                Path(self.log, "died").touch()
                os._exit(9)
            if self.how == "always die":
                os._exit(9)
        time.sleep(pause)
        if self.log:
            with open(Path(self.log, "ran"), "a") as file:
                file.write(f"{point} {sample}\n")
        rng = np.random.default_rng([seed, sample, int(1000 * point["T"]), point["N"]])
        variables = {"m": (("disorder", "chain"), self.scale * rng.normal(size=(1, 3))),
                     "equilibrated": (("disorder",), rng.random(1) < 0.5, {"test": "none"}),
                     "K": ((), 10 * point["N"]), "converged": ((), True), "status": ((), f"T = {point['T']}"),
                     "e": ("branch", rng.normal(size=2) if self.samples == 1 else np.zeros(2)),
                     "branch": ("branch", np.array(["retrieval", "paramagnet"])),
                     "spins": (("disorder", "neuron"), np.ones((1, point["N"]), np.int8))}
        return {name: v for name, v in variables.items() if self.samples > 1 or "disorder" not in v[0]}

    def summarize(self, dataset):
        return dataset.assign(m_mean=dataset.m.mean(("disorder", "chain"), keep_attrs=False)) if "m" in dataset else dataset


GRID = Grid(P=4, N=[10, 20], T=[0.1, 0.2, 0.3])


def study(tmp_path, **changes):
    return Study("fake", GRID, Fake(str(tmp_path), **changes), seed=5)


def runs(tmp_path):
    path = Path(tmp_path, "ran")
    return len(path.read_text().splitlines()) if path.exists() else 0


def assert_equal(path, other):
    """Equal data and attributes, but for the volatile ones."""
    a, b = store.open(path), store.open(other)
    xarray.testing.assert_identical(a.drop_attrs(), b.drop_attrs())
    for name in a.variables:
        assert a[name].values.tobytes() == b[name].values.tobytes() and a[name].attrs == b[name].attrs
    assert [{k: v for k, v in x.attrs.items() if k not in store.VOLATILE} for x in (a,)] == \
        [{k: v for k, v in x.attrs.items() if k not in store.VOLATILE} for x in (b,)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    return study("").run(folder / "data", quiet=True)


def test_merged_file_has_named_axes(undisturbed):
    for data in (store.open(undisturbed), xarray.load_dataset(undisturbed, engine="h5netcdf")):
        assert data.m.dims == ("N", "T", "disorder", "chain") and data.m.shape == (2, 3, 2, 3)
        assert data.K.dims == data.status.dims == ("N", "T") and data.e.dims == ("N", "T", "branch")
        assert data.converged.dtype == bool and data.equilibrated.dtype == bool and data.equilibrated.attrs["test"] == "none"
        assert set(data.coords) == {"N", "T", "P", "disorder", "chain", "branch"} and int(data.P) == 4
        assert data.T.attrs["units"] == "energy" and list(data.disorder) == [0, 1]
        assert data.m_mean.attrs["long_name"].endswith("mean over disorder samples")
        assert str(data.status.sel(N=20, T=0.3).values) == "T = 0.3" and int(data.K.sel(N=20, T=0.1)) == 200
        assert data.attrs["left_out"] == "neuron spins" and "spins" not in data      # its shape follows N
        for n, t, sample in [(10, 0.1, 0), (20, 0.3, 1)]:
            task = Fake().run({"P": 4, "N": n, "T": t}, sample=sample, seed=5)
            np.testing.assert_array_equal(data.m.sel(N=n, T=t, disorder=sample), task["m"][1][0])


def test_merged_file_is_as_large_as_its_numbers(tmp_path):
    sizes = []
    for points in (10, 110):
        grid = Grid(P=4, N=10, T=np.linspace(0.0, 2.0, points).round(6).tolist())
        sizes.append(study("").replace(grid=grid).run(tmp_path / str(points), quiet=True).stat().st_size)
    numbers = 8 + 8 + 8 + 2 * 8 + 2 * 3 * 8 + 1 + 2 + 2 * 8   # T, K, m_mean, status (a reference), m, converged, equilibrated, ... of a point
    assert sizes[1] - sizes[0] < 100 * 2 * (numbers + len("T = 1.234567") + 20)


def test_theory_has_no_disorder(tmp_path):
    data = store.open(study(tmp_path, samples=1).run(tmp_path / "data", quiet=True))
    assert data.e.dims == ("N", "T", "branch") and "disorder" not in data.dims


def test_two_workers_give_the_same_file(tmp_path, undisturbed):
    before = dict(os.environ)
    path = study(tmp_path).run(tmp_path / "data", workers=2, quiet=True)
    assert_equal(path, undisturbed)
    assert runs(tmp_path) == len(study(tmp_path)) == 12
    assert dict(os.environ) == before


def test_second_run_computes_nothing(tmp_path, capsys):
    path = study(tmp_path).run(tmp_path / "data")
    assert "12 tasks, 0 of them there before" in capsys.readouterr().err
    raw = path.read_bytes()
    study(tmp_path).run(tmp_path / "data")
    assert runs(tmp_path) == 12 and path.read_bytes() == raw
    assert "12 of them there before" in capsys.readouterr().err


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_run_goes_on(tmp_path, undisturbed, workers):
    with pytest.raises(Interrupted, match="stopped; finished tasks are kept") as caught:
        study(tmp_path, trouble=0.3, how="interrupt").run(tmp_path / "data", workers, quiet=True)
    assert caught.value.code == 130 and not (tmp_path / "data" / "fake.h5").exists()
    status = study(tmp_path).status(tmp_path / "data")
    assert status.done == len(list((tmp_path / "data" / "fake").glob("*.h5"))) > 0 and status.missing > 0 and not status.merged
    before = runs(tmp_path)
    assert_equal(study(tmp_path).run(tmp_path / "data", workers, quiet=True), undisturbed)
    assert runs(tmp_path) == before + status.missing
    assert not list((tmp_path / "data" / "fake").glob(".*"))


def living(group):
    """Processes of a group, zombies left out (Linux; elsewhere none are seen)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        found += [path] if int(its_group) == group and state not in "ZX" else []
    return found


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from test_sweep import study
if __name__ == "__main__":
    study({log!r}).run({folder!r}, workers={workers}, pause=0.2)
"""


@pytest.mark.parametrize("workers, how, code", [(1, signal.SIGKILL, -9), (2, signal.SIGKILL, -9), (2, signal.SIGTERM, 1),
                                                (1, signal.SIGINT, 1)])
def test_killed_run_goes_on(tmp_path, undisturbed, workers, how, code):
    script, home = tmp_path / "script.py", tmp_path / "data" / "fake"
    script.write_text(SCRIPT.format(tests=str(Path(__file__).parent), log=str(tmp_path), folder=str(tmp_path / "data"), workers=workers))
    process = subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.time() + 60
    while not (home.is_dir() and len(list(home.glob("*.h5"))) >= 3) and time.time() < deadline:
        time.sleep(0.01)
    process.send_signal(how)
    words = process.communicate()[1].decode()
    assert process.returncode in (code, -how) and (how == signal.SIGKILL or "finished tasks are kept" in words)
    deadline = time.time() + 20
    while living(process.pid) and time.time() < deadline:   # no worker outlives its parent
        time.sleep(0.02)
    assert not living(process.pid)
    status = study(tmp_path).status(tmp_path / "data")
    assert status.done >= 3 and status.damaged == 0 and status.missing > 0
    (home / f".x.h5.{process.pid}.0123abcd.{os.uname().nodename}.tmp").write_text("half a file")
    (tmp_path / "ran").unlink()
    assert_equal(study(tmp_path).run(tmp_path / "data", quiet=True), undisturbed)
    assert runs(tmp_path) == status.missing and not list(home.glob(".*"))


def test_killed_worker_is_replaced(tmp_path, undisturbed):
    """Its task is computed by another, and no other task is disturbed."""
    path = study(tmp_path, trouble=0.2, how="die").run(tmp_path / "data", workers=2, quiet=True)
    assert (tmp_path / "died").exists() and runs(tmp_path) == 12
    assert_equal(path, undisturbed)


def test_task_that_kills_its_workers_fails_and_the_others_go_on(tmp_path):
    with pytest.raises(StudyError, match="3 worker processes were killed while they had this task") as caught:
        study(tmp_path, trouble=0.2, how="always die", samples=1).replace(grid=Grid(P=4, N=10, T=[0.1, 0.2, 0.3])).run(
            tmp_path / "data", workers=2, quiet=True)
    assert [unit.point["T"] for unit, _ in caught.value.failures] == [0.2] and runs(tmp_path) == 2


def test_grid_and_samples_may_grow(tmp_path, undisturbed):
    data = tmp_path / "data"
    small = study(tmp_path, samples=1).replace(grid=Grid(P=4, N=10, T=[0.2]), task=Fake(str(tmp_path)))
    small.run(data, quiet=True)
    assert runs(tmp_path) == 2
    path = study(tmp_path).run(data, quiet=True)
    assert runs(tmp_path) == 12
    assert_equal(path, undisturbed)
    more = store.open(study(tmp_path, samples=3).run(data, quiet=True))
    assert runs(tmp_path) == 18 and more.sizes["disorder"] == 3
    np.testing.assert_array_equal(more.m.isel(disorder=slice(2)), store.open(undisturbed).m)
    study(tmp_path, samples=3, measure=20).run(data, quiet=True)      # a longer run: computed, not refused
    assert runs(tmp_path) == 36
    assert_equal(study(tmp_path).run(data, quiet=True), undisturbed)   # and back again from the files
    assert runs(tmp_path) == 36


@pytest.mark.parametrize("keep", ["merged", "tasks"])
def test_another_study_is_refused(tmp_path, keep):
    data = tmp_path / "data"
    path = study(tmp_path).run(data, quiet=True)
    if keep == "tasks":
        path.unlink()
    else:
        for file in (data / "fake").iterdir():
            file.unlink()
    files = {p: p.read_bytes() for p in data.rglob("*.h5")}
    others = [(study(tmp_path).replace(seed=6), "seed is 5 there and 6 here"),
              (study(tmp_path, scale=2.0), "scale is 1.0 there and 2.0 here")]
    for other, words in others:
        for act in (other.run, other.merge):
            with pytest.raises(store.StoreError, match=f"belongs to another study: {words}; use another study name or another folder"):
                act(data)
    assert runs(tmp_path) == 12 and {p: p.read_bytes() for p in data.rglob("*.h5")} == files


def test_foreign_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    with h5py.File(tmp_path / "data" / "fake.h5", "w") as file:
        file["precious"] = 1
    with pytest.raises(store.StoreError, match="without hebbnet's schema_version"):
        study(tmp_path).run(tmp_path / "data", quiet=True)
    store.write(tmp_path / "data" / "fake.h5", {"m": ((), 1.0)}, {"seed": 5})
    with pytest.raises(store.StoreError, match="was not written by a study"):
        study(tmp_path).run(tmp_path / "data", quiet=True)
    assert runs(tmp_path) == 0


def test_damaged_files_are_set_aside_and_computed_again(tmp_path, undisturbed, caplog):
    data = tmp_path / "data"
    path = study(tmp_path).run(data, quiet=True)
    first, second, third, *_ = sorted((data / "fake").glob("*.h5"))
    broken = bytearray(first.read_bytes())
    broken[3000] ^= 1
    first.write_bytes(broken)
    second.write_bytes(second.read_bytes()[:1000])
    third.write_bytes(_[0].read_bytes())                               # a good file under a wrong name
    path.write_bytes(path.read_bytes()[:5000])
    assert study(tmp_path).status(data) == study(tmp_path).status(data)._replace(done=9, damaged=3, missing=0, merged=False)
    with pytest.raises(store.DamagedError):
        study(tmp_path).merge(data)
    with caplog.at_level(logging.WARNING):
        assert_equal(study(tmp_path).run(data, quiet=True), undisturbed)
    assert runs(tmp_path) == 15
    for name in (first.name, second.name, third.name, "fake.h5"):
        assert f"{name}.damaged" in caplog.text
    assert (data / "fake" / f"{first.name}.damaged").read_bytes() == broken


@pytest.mark.parametrize("workers", [1, 2])
def test_failing_task_does_not_lose_the_others(tmp_path, undisturbed, workers):
    trouble, data = study(tmp_path, trouble=0.2, how="raise"), tmp_path / "data"
    with pytest.raises(StudyError) as caught:
        trouble.run(data, workers, quiet=True)
    words = str(caught.value)
    assert "4 of 12 tasks failed" in words and "N=20, T=0.2, sample 1: ArithmeticError: diverges at 0.2" in words
    assert "Traceback" in words and "in run" in words and len(caught.value.failures) == 4
    status = trouble.status(data)
    assert (status.done, status.failed, status.missing) == (8, 4, 0) and not (data / "fake.h5").exists()
    assert status.failures[0]["point"] == {"P": 4, "N": 10, "T": 0.2} and "in run" in status.failures[0]["traceback"]
    with pytest.raises(StudyError, match="(?s)4 of 12 tasks failed.*ArithmeticError: diverges at 0.2"):   # only reported again
        study(tmp_path).run(data, workers, quiet=True)
    assert runs(tmp_path) == 8
    assert_equal(study(tmp_path).run(data, workers, retry=True, quiet=True), undisturbed)
    assert runs(tmp_path) == 12 and not list((data / "fake").glob("*.failed"))


def test_full_disk_stops_at_once(tmp_path):
    with pytest.raises(store.StoreError, match="no space left"):
        study(tmp_path, trouble=0.2, how="disk").run(tmp_path / "data", quiet=True)
    assert runs(tmp_path) == 2


def test_partial_merge_marks_what_is_missing(tmp_path):
    data = tmp_path / "data"
    with pytest.raises(Interrupted):
        study(tmp_path, trouble=0.3, how="interrupt").run(data, quiet=True)
    with pytest.raises(store.StoreError, match="lacks 8 of the 12 tasks.*partial=True"):
        study(tmp_path).merge(data)
    part = store.open(study(tmp_path).merge(data, partial=True))
    assert np.isnan(part.m.sel(T=0.3)).all() and np.isfinite(part.m.sel(N=10, T=0.2)).all()
    assert np.isnan(part.K.sel(N=20, T=0.3)) and part.K.sel(N=10, T=0.1) == 100 and str(part.status.sel(N=20, T=0.1).values) == "missing"
    assert part.attrs["missing_tasks"] == 8 and not study(tmp_path).status(data).merged
    with pytest.raises(store.StoreError, match="lacks 12"):
        study(tmp_path).merge(tmp_path / "elsewhere", partial=True)


def test_bad_studies_are_refused_before_anything_is_written(tmp_path):
    task = Fake()
    for name in ("", "a/b", "../x", ".hidden", "a b", "x.h5", 3, "a" * 101):
        with pytest.raises(ParameterError, match="^name = "):
            Study(name, GRID, task)
    for seed in (-1, 2 ** 64, 0.5, "1", True, None):
        with pytest.raises(ParameterError, match="^seed = "):
            Study("x", GRID, task, seed)
    for wrong in (None, object(), Fake):
        with pytest.raises(ParameterError, match="^task = "):
            Study("x", GRID, wrong)
    with pytest.raises(ParameterError, match="^grid = "):
        Study("x", {"T": [1]}, task)
    with pytest.raises(ParameterError, match="T = None"):
        Study("x", Grid(P=4), task)
    late = Study("x", Grid(N=10, T=[0.1, 3.0]), Fake(str(tmp_path)), 2 ** 64 - 1)
    with pytest.raises(ParameterError, match="T = 3.0"):
        late.run(tmp_path / "data")
    with pytest.raises(ParameterError, match="option pauze = 1: Fake takes only pause, engine"):
        study(tmp_path).run(tmp_path / "data", pauze=1)
    with pytest.raises(ParameterError, match="workers"):
        study(tmp_path).run(tmp_path / "data", workers=0)
    with pytest.raises(ParameterError, match="Did you mean 'seed'"):
        study(tmp_path).replace(sed=1)
    assert not (tmp_path / "data").exists() and runs(tmp_path) == 0


def test_study_is_frozen_and_picklable(tmp_path):
    s = study(tmp_path)
    assert pickle.loads(pickle.dumps(s)) == s and s.replace(seed=6).seed == 6 and Study("x", GRID, Fake(), np.uint64(7)).seed == 7
    with pytest.raises(dataclasses.FrozenInstanceError):
        s.seed = 3
    assert s.identity == {"seed": 5, "task": {"task": "Fake", "scale": 1.0, "measure": 10, "starts": ["a", "b"]}}
    assert s.describe()["grid"] == {"fixed": {"P": 4}, "axes": {"N": [10, 20], "T": [0.1, 0.2, 0.3]}}


def test_digests_name_what_a_task_is():
    s = study("")
    digests = [unit.digest for unit in s.tasks()]
    assert len(set(digests)) == 12 and all(len(d) == 24 for d in digests)
    assert digests == [unit.digest for unit in s.replace(grid=Grid(**{**GRID.fixed, **GRID.axes})).tasks()]
    for other in (s.replace(seed=6), s.replace(task=Fake(scale=2.0))):
        assert not set(digests) & {unit.digest for unit in other.tasks()}
    for unit in s.tasks():
        what = json.dumps({**s.identity, "point": unit.point, "sample": unit.sample}, sort_keys=True, separators=(",", ":"))
        assert unit.digest == hashlib.sha256(what.encode()).hexdigest()[:24]
    again = s.replace(name="other", grid=Grid(P=[4], N=[20, 10], T=[0.3]), task=Fake(log="x"))   # names, order and options are not physics
    assert {unit.digest for unit in again.tasks()} < set(digests)


def test_large_grids_are_listed_lazily():
    big = study("").replace(grid=Grid(N=range(1, 1001), T=np.linspace(0, 1, 1000)))
    assert len(big) == 2_000_000 and next(big.tasks()).point == {"N": 1, "T": 0.0}


def test_progress_is_a_line_a_minute_in_a_log_and_a_bar_on_a_terminal(capsys, monkeypatch):
    clock = iter(np.arange(0.0, 10_000.0, 10.0))
    monkeypatch.setattr(sweep.time, "monotonic", lambda: next(clock))
    with sweep._Progress("x", 100, 60, quiet=False) as progress:
        for _ in range(12):
            progress.advance()
        progress.finish("done")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3 and lines[0] == "x: 66 of 100 tasks, about 7 min left" and lines[2].startswith("done (")
    monkeypatch.undo()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with sweep._Progress("x", 3, 1, quiet=False) as progress:
        progress.advance()
    assert "x:  67%" in capsys.readouterr().err


def test_time_estimates_are_in_words():
    assert [sweep.minutes(s) for s in (5, 99, 100, 5999, 7200)] == ["5 s", "99 s", "2 min", "100 min", "2.0 h"]


def test_status_estimates_what_is_left(tmp_path, capsys):
    with pytest.raises(Interrupted):
        study(tmp_path, trouble=0.3, how="interrupt").run(tmp_path / "data", quiet=True)
    status = study(tmp_path).status(tmp_path / "data")
    assert status.total == 12 and status.done + status.missing == 12 and status.running == status.failed == status.outdated == 0
    assert 0 < status.wall_time < 60


def test_study_of_a_single_point(tmp_path):
    data = store.open(study(tmp_path).replace(grid=Grid(P=4, N=10, T=0.1)).run(tmp_path / "data", quiet=True))
    assert data.m.dims == ("disorder", "chain") and data.K.shape == () and int(data.K) == 100


def test_workers_that_cannot_start_are_reported():
    with pytest.raises(executors.ExecutorError, match="die before they finish a task"):
        list(executors.execute(_die, range(100), 2))


def _die(_):
    os._exit(1)
