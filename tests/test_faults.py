"""Fault injection: whatever is killed, cut, flipped, full or forbidden, no finished task is lost and no wrong number is read."""
import contextlib
import errno
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from faults import SWEEPS, lines, study

from hebbnet import store, taskfiles
from hebbnet.params import ParameterError
from hebbnet.sweep import StudyError

DRIVER = Path(__file__).parent / "faults.py"
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}   # the driver forks


def digest(path):
    return store.read(path).attributes["digest"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return digest(study().run(tmp_path_factory.mktemp("undisturbed"), quiet=True))


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(taskfiles, "BEYOND", 0)
    monkeypatch.setattr(taskfiles, "ROWS", 3)


def drive(*arguments):
    done = subprocess.run([sys.executable, DRIVER, *arguments], capture_output=True, text=True, env=ONE_THREAD)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# ---------------------------------------------------------------- killed

@pytest.mark.parametrize("blocks", [[], ["--blocks"]], ids=["files", "blocks"])
@pytest.mark.parametrize("kills", [20, pytest.param(100, marks=pytest.mark.slow), pytest.param(1000, marks=pytest.mark.slow)])
def test_killed_at_any_step_of_a_commit(kills, blocks):
    """The driver fails if a finished task is lost or computed again, a number differs, or more than one sweep per kill is lost."""
    assert drive("--kills", str(kills), *blocks)["kills"] == kills


def test_killed_at_every_step_of_the_merge():
    assert drive("--merge")["kills"] == 5


def test_driver_notices_a_broken_protocol(tmp_path):
    """The same kills with a commit that writes to the final name at once."""
    script = tmp_path / "broken.py"
    script.write_text(f"import sys; sys.path.insert(0, {str(DRIVER.parent)!r})\nimport faults\nfrom hebbnet import store\n"
                      "def commit(path, image, durable=True):\n    path.parent.mkdir(parents=True, exist_ok=True)\n"
                      "    with path.open('wb') as file:\n        store.step('write', path)\n        file.write(image)\n    return path\n"
                      "store.commit = commit\nprint(faults.campaign(20, 1, sys.argv[1]))\n")
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, env=ONE_THREAD)
    assert "a damaged file was found" in done.stderr or "not an intact HDF5 file" in done.stderr


@pytest.mark.parametrize("where", [{"workers": 2}, {"workers": 2, "scheduler": "local"}], ids=["pool", "dask"])
def test_workers_killed_at_steps_of_their_commits(tmp_path, undisturbed, where):
    """Workers alone die, and the run goes on: each death costs the task it had, down to its last checkpoint."""
    deaths = (2, 9, 4)
    path = study(tmp_path, deaths=deaths).run(tmp_path / "data", checkpoint=0.0, quiet=True, **where)
    assert len((tmp_path / "died").read_text()) == len(deaths) and digest(path) == undisturbed
    assert len(study()) * SWEEPS <= len(lines(tmp_path)) <= len(study()) * SWEEPS + len(deaths)
    done = lines(tmp_path)
    study(tmp_path).run(tmp_path / "data", quiet=True)
    assert lines(tmp_path) == done


# ---------------------------------------------------------------- cut and flipped

def damaged_copy(raw, rng, how):
    if how == "cut":
        return raw[:rng.integers(len(raw))]
    position = rng.integers(len(raw))
    return raw[:position] + bytes([raw[position] ^ 1 << rng.integers(8)]) + raw[position + 1:]


@pytest.mark.parametrize("how", ["cut", "flipped"])
def test_two_hundred_damaged_files(tmp_path, undisturbed, how, caplog):
    """25 times all eight task files at once: the run says which, sets them aside and makes them again, from their end states if there are any."""
    data, rng = tmp_path / "data", np.random.default_rng(9)
    path = study(tmp_path).run(data, quiet=True)
    computed = len(lines(tmp_path))
    for number in range(25):
        files = sorted((data / "fault").glob("*.h5"))
        assert len(files) == 8
        for file in files:
            file.write_bytes(damaged_copy(file.read_bytes(), rng, how))
        path.write_bytes(damaged_copy(path.read_bytes(), rng, how))
        for state in (data / "fault").glob("*.state"):
            if number % 3 == 0:
                state.unlink()
            elif number % 3 == 1:
                state.write_bytes(damaged_copy(state.read_bytes(), rng, how))
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert digest(study(tmp_path).run(data, quiet=True)) == undisturbed
        assert all(f"{file.name}.damaged" in caplog.text for file in files)
        assert len(lines(tmp_path)) - computed == (0 if number % 3 == 2 else 8 * SWEEPS)
        computed = len(lines(tmp_path))


@pytest.mark.parametrize("how", ["cut", "flipped"])
def test_damaged_blocks(tmp_path, undisturbed, how, small_blocks, caplog):
    """A damaged block costs the tasks in it, and the others are read from theirs."""
    data, rng = tmp_path / "data", np.random.default_rng(10)
    study(tmp_path).run(data, quiet=True)
    computed = len(lines(tmp_path))
    for _ in range(8):
        blocks = sorted((data / "fault" / "blocks").glob("*.h5"))
        victim = blocks[rng.integers(len(blocks))]
        rows = len(store.read(victim).variables["v_name"].values)
        victim.write_bytes(damaged_copy(victim.read_bytes(), rng, how))
        caplog.clear()
        assert digest(study(tmp_path).run(data, quiet=True)) == undisturbed
        assert len(lines(tmp_path)) == computed + rows * SWEEPS and f"{victim.name}.damaged" in caplog.text
        computed = len(lines(tmp_path))


# ---------------------------------------------------------------- full and forbidden

def steps_of_a_run(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(store, "step", lambda what, path: seen.append(what))
    study().run(tmp_path / "count", checkpoint=0.0, quiet=True)
    return seen


def failing(k, code):
    """A `store.step` whose k-th call fails."""
    calls = iter(range(1, 10**6))

    def step(what, path):
        if next(calls) == k:
            raise OSError(code, os.strerror(code), str(path))

    return step


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_every_step_may_fail(tmp_path, undisturbed, monkeypatch, code):
    """A full disk, a folder that forbids, a quota: the run ends with a sentence, finished tasks are intact, and the next run goes on."""
    monkeypatch.setattr(store, "SYNC_EVERY", 0.0)
    total = len(steps_of_a_run(tmp_path, monkeypatch))
    data, before = tmp_path / "data", set()
    for k in [*range(1, 25), *np.random.default_rng(3).integers(25, total, size=10).tolist()]:
        monkeypatch.setattr(store, "step", failing(k, code))
        try:
            study(tmp_path).run(data, checkpoint=0.0, quiet=True)
        except (store.StoreError, OSError) as e:
            assert os.strerror(code) in str(e)
        monkeypatch.setattr(store, "step", lambda what, path: None)
        now = {path: path.read_bytes() for path in (data / "fault").glob("*.h5")}
        assert all(now[path] == raw for path, raw in before.items()) if before else True
        for path in now:
            store.read(path)
        before = now
        assert not list(data.rglob("*.tmp"))
    assert digest(study(tmp_path).run(data, quiet=True)) == undisturbed


@pytest.fixture
def tiny_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", place], capture_output=True).returncode:
        pytest.skip("a small file system of its own can be mounted by root only")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_is_full_and_one_that_is_read_only(tmp_path, tiny_disk, undisturbed):
    (tiny_disk / "ballast").write_bytes(bytes(80 * 1024))
    with pytest.raises(store.StoreError, match="could not be written: .*No space left on device.*make room"):
        study(tmp_path).run(tiny_disk / "data", quiet=True)
    kept = {p: p.read_bytes() for p in (tiny_disk / "data" / "fault").glob("*.h5")}
    assert kept and all(store.read(p) for p in kept) and not list((tiny_disk / "data").rglob("*.tmp"))
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    for act in (study(tmp_path).run, study(tmp_path).merge):
        with pytest.raises(store.StoreError, match="Read-only file system|lacks"):
            act(tiny_disk / "data")
    assert study(tmp_path).status(tiny_disk / "data").done == len(kept)
    subprocess.run(["mount", "-o", "remount,rw,size=1m", tiny_disk], check=True)
    done = len(lines(tmp_path))
    path = study(tmp_path).run(tiny_disk / "data", quiet=True)
    assert digest(path) == undisturbed and len(lines(tmp_path)) - done == (8 - len(kept)) * SWEEPS
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    assert study(tmp_path).run(tiny_disk / "data", quiet=True) == path and digest(path) == undisturbed   # nothing to do, nothing written


# ---------------------------------------------------------------- locks

HOLDER = """
import sys, time
from hebbnet import taskfiles
with taskfiles.lock(sys.argv[1], sys.argv[2]) as ours:
    print(ours, flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def held(home, name):
    """A process that holds the lock; killed at the end at the latest."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, home, name], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "True\n"
        try:
            yield process
        finally:
            process.kill()


def test_lock_is_held_by_one_and_freed_by_death(tmp_path):
    with held(tmp_path, "a"):
        with taskfiles.lock(tmp_path, "a") as ours:
            assert not ours
        assert list(taskfiles.TaskFiles(tmp_path).running()) == ["a"]
    assert (tmp_path / "a.lock").exists() and not taskfiles.TaskFiles(tmp_path).running()   # stale
    with taskfiles.lock(tmp_path, "a") as ours:
        assert ours
        with taskfiles.lock(tmp_path, "a") as again:
            assert not again
    assert not (tmp_path / "a.lock").exists()


def test_task_of_another_run_is_waited_for_and_taken_over_if_that_run_dies(tmp_path, undisturbed, monkeypatch):
    waited, original = [], taskfiles.TaskFiles.running
    with held(tmp_path / "data" / "fault", next(study().tasks()).digest) as holder:
        status = study().status(tmp_path / "data")
        assert (status.running, status.missing) == (1, 7)

        def running(self):
            if len(waited) == 3:
                assert len(lines(tmp_path)) == 7 * SWEEPS   # the others are done
                holder.kill()
                holder.wait()
            waited.append(1)
            return original(self)

        monkeypatch.setattr(taskfiles.TaskFiles, "running", running)
        assert digest(study(tmp_path).run(tmp_path / "data", quiet=True)) == undisturbed
    assert len(waited) > 3 and len(lines(tmp_path)) == 8 * SWEEPS


def test_two_runs_at_once_share_the_work(tmp_path, undisturbed):
    code = (f"import sys; sys.path.insert(0, {str(DRIVER.parent)!r})\nfrom faults import study\nif __name__ == '__main__':\n"
            f"    study({str(tmp_path)!r}).run({str(tmp_path / 'data')!r}, workers=2)\n")
    (tmp_path / "twice.py").write_text(code)
    runs = [subprocess.Popen([sys.executable, tmp_path / "twice.py"], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    words = [run.communicate(timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], words
    assert sorted(lines(tmp_path)) == sorted((T, s, k) for T in (0.1, 0.2, 0.3, 0.4) for s in (0, 1) for k in range(SWEEPS))
    assert digest(tmp_path / "data" / "fault.h5") == undisturbed
    assert not [p for p in (tmp_path / "data").rglob("*") if p.suffix in (".lock", ".tmp", ".checkpoint")]


# ---------------------------------------------------------------- shards

def test_shards_in_any_order_one_missing_then_added(tmp_path, undisturbed, capsys):
    data = tmp_path / "data"
    for i in (3, 1):
        path = study(tmp_path).run(data, shard=(i, 3))
    assert not path.exists() and "3 of other shards are missing" in capsys.readouterr().err
    status = study().status(data)
    assert (status.done, status.missing, status.merged) == (5, 3, False)
    with pytest.raises(store.StoreError, match="lacks 3 of the 8 tasks"):
        study().merge(data)
    assert digest(study(tmp_path).run(data, shard=(2, 3), workers=2, quiet=True)) == undisturbed
    assert sorted(lines(tmp_path)) == sorted((T, s, k) for T in (0.1, 0.2, 0.3, 0.4) for s in (0, 1) for k in range(SWEEPS))


def test_one_shard_is_all_and_more_shards_than_tasks_are_allowed(tmp_path, undisturbed):
    assert digest(study().run(tmp_path / "a", shard=(1, 1), quiet=True)) == undisturbed
    for i in range(20, 0, -1):
        path = study().run(tmp_path / "b", shard=(i, 20), quiet=True)
    assert digest(path) == undisturbed


@pytest.mark.parametrize("shard", [(0, 3), (4, 3), (1, 0), (1,), "1/3", 3, (1.5, 3)])
def test_bad_shards_are_refused(tmp_path, shard):
    with pytest.raises(ParameterError, match="shard = "):
        study().run(tmp_path, shard=shard)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- blocks

def test_blocks_hold_what_the_files_held(tmp_path, undisturbed, small_blocks, monkeypatch):
    monkeypatch.setattr(taskfiles, "BEYOND", 100)
    data = tmp_path / "data"
    study(tmp_path).run(data, quiet=True)
    files = taskfiles.TaskFiles(data / "fault")
    before = {unit.digest: files.contents(unit.digest) for unit in study().tasks()}
    monkeypatch.setattr(taskfiles, "BEYOND", 0)
    (data / "fault.h5").unlink()
    assert digest(study(tmp_path).run(data, quiet=True)) == undisturbed
    done = len(lines(tmp_path))
    files.pack(before, least=1)
    assert not files.loose and files.names() == set(before) and len(list((data / "fault" / "blocks").glob("*.h5"))) == 3
    for name, contents in before.items():
        again = files.contents(name)
        assert {k: v for k, v in again.attributes.items()} == contents.attributes and files.attributes(name) == contents.attributes
        assert again.variables.keys() == contents.variables.keys()
        for key, v in contents.variables.items():
            w = again.variables[key]
            assert v.dims == w.dims and v.attributes == w.attributes and v.values.dtype == w.values.dtype or v.values.dtype.kind == "U"
            assert v.values.astype(w.values.dtype).tobytes() == w.values.tobytes()
        assert "absent" not in files and files.contents("absent") is None and name in files
    assert digest(study(tmp_path).merge(data)) == undisturbed
    assert study().status(data).done == 8
    grown = study(tmp_path, samples=3)
    grown.run(data, quiet=True)
    assert len(lines(tmp_path)) == done + 4 * SWEEPS and len(taskfiles.TaskFiles(data / "fault").names()) == 12
    with pytest.raises(store.StoreError, match="belongs to another study: seed is 5 there and 6 here"):
        study().replace(seed=6).run(data)


def test_blocks_keep_shapes_apart(tmp_path, small_blocks):
    from test_sweep import study as other
    digests = []
    for name in ("a", "b"):
        digests.append(digest(other(tmp_path).run(tmp_path / name, quiet=True)))   # spins of N = 10 and 20
        if name == "a":
            assert len({json.loads(b["layout"])["variables"]["spins"][1][1] for _, b in
                        taskfiles.TaskFiles(tmp_path / name / "fake").studies()}) == 2
            taskfiles.BEYOND = 1000
    assert digests[0] == digests[1]


def test_failed_task_is_retried_under_blocks(tmp_path, small_blocks):
    from test_sweep import study as other
    with pytest.raises(StudyError):
        other(tmp_path, trouble=0.2, how="raise").run(tmp_path / "data", quiet=True)
    assert other(tmp_path).status(tmp_path / "data").failed == 4
    other(tmp_path).run(tmp_path / "data", retry=True, quiet=True)
    assert other(tmp_path).status(tmp_path / "data").done == 12


# ---------------------------------------------------------------- other versions

@pytest.mark.parametrize("packed", [False, True])
def test_files_of_an_older_revision_are_set_aside_and_computed_again(tmp_path, undisturbed, monkeypatch, caplog, packed):
    if packed:
        monkeypatch.setattr(taskfiles, "BEYOND", 0)
    task = type(study().task)
    study(tmp_path).run(tmp_path / "data", quiet=True)
    done = len(lines(tmp_path))
    monkeypatch.setattr(task, "revision", 2, raising=False)
    assert study().status(tmp_path / "data").outdated == 8 and not study().status(tmp_path / "data").merged
    path = study(tmp_path).run(tmp_path / "data", quiet=True)
    assert "8 tasks are of revision 1 of Slow" in caplog.text and "computed again" in caplog.text
    assert len(lines(tmp_path)) == 2 * done and store.peek(path)["revision"] == 2 and digest(path) != undisturbed
    assert len(list((tmp_path / "data" / "fault").rglob("*.old"))) == (1 if packed else 8)
    monkeypatch.setattr(task, "revision", 1)
    for act in (study().run, study().merge):
        with pytest.raises(store.StoreError, match="computed by revision 2 of Slow.*upgrade hebbnet"):
            act(tmp_path / "data")
