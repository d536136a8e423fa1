"""Files of past releases open forever, their studies go on, and the same task still gives the same numbers, or says that it does not."""
import json
import shutil
import subprocess
import sys
import warnings

import h5py
import numpy as np
import pytest
import xarray
from click.testing import CliRunner
from old_files import HOME, STUDIES

import hebbnet as hn
from hebbnet import cli, store, sweep, taskfiles
from hebbnet.taskfiles import TaskFiles

VERSIONS = sorted(path.name for path in HOME.iterdir())
FILES = sorted(path for path in HOME.rglob("*.h5"))


def test_this_version_has_its_files():
    assert hn.__version__ in VERSIONS


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOME)))
def test_old_file_opens(path):
    data = hn.open(path)
    assert data.attrs["hebbnet_version"] in VERSIONS and data.sizes and store.info(path)["attributes"]["seed"] in (0, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with xarray.open_dataset(path, engine="h5netcdf") as other:
            xarray.testing.assert_equal(other.load(), data)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", STUDIES)
def test_the_same_task_gives_the_same_numbers_as_in_that_release(tmp_path, version, name):
    """If this fails for a good reason, raise REVISION in montecarlo/preparing.py or equations/: studies then compute their tasks anew."""
    old = HOME / version / f"{name}.h5"
    if not old.exists() or store.peek(old).get("revision", 1) < STUDIES[name].revision:
        pytest.skip("another revision, or a study that this version did not have")
    old, new = hn.open(old), hn.open(STUDIES[name].run(tmp_path, quiet=True))
    assert old.sizes == new.sizes and set(old.variables) <= set(new.variables)
    for variable in old.variables:
        a, b = old[variable].values, new[variable].values
        if a.dtype.kind == "f":   # a sum in another order, on another processor, is no other number
            tolerance = 1e-12 if name not in ("mean_field", "lines") else 1e-7
            np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance, err_msg=f"{variable}: the numbers have changed; raise REVISION")
        elif variable not in ("status", "spinodal_status", "transition_status", "iterations"):      # iterations: how, not what
            np.testing.assert_array_equal(b, a, err_msg=f"{variable}: the numbers have changed; raise REVISION")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", STUDIES)
def test_study_of_an_old_folder_goes_on(tmp_path, monkeypatch, version, name):
    """Task files, the block and end states are taken as they are; the rest is computed."""
    if not (HOME / version / name).exists():
        pytest.skip("a study that this version did not have")
    shutil.copytree(HOME / version, tmp_path / "data")
    study, ran, original = STUDIES[name], [], sweep._Work.__call__
    home = tmp_path / "data" / name
    there = TaskFiles(home).names()
    assert len(there) == (len(study) if name == "packed" else 1)
    monkeypatch.setattr(sweep._Work, "__call__", lambda self, unit: ran.append(unit) or original(self, unit))
    study.run(tmp_path / "data", quiet=True)
    outdated = study.revision > store.peek(HOME / version / f"{name}.h5").get("revision", 1)
    assert len(ran) == len(study) - (0 if outdated else len(there))


@pytest.mark.parametrize("version", VERSIONS)
def test_old_end_state_is_gone_on_from(tmp_path, version):
    states = list((HOME / version / "monte_carlo").glob("*.state"))
    assert states and all(np.load(path)["sweep"] == 50 for path in states)
    with np.load(states[0]) as archive:
        assert json.loads(str(archive["about"]))["task"]["network"] == "dense"


def test_migrations_are_chained_to_this_schema(tmp_path, monkeypatch):
    """As a later version would do it: what version 1 called m, version 2 calls overlap."""
    path = next(p for p in FILES if p.name == "monte_carlo.h5")

    def migrate(contents):
        return store.Contents({{"m": "overlap"}.get(name, name): v for name, v in contents.variables.items()}, {**contents.attributes,
                                                                                                                 "schema_version": 2})

    monkeypatch.setattr(store, "SCHEMA", 2)
    monkeypatch.setattr(store, "MIGRATIONS", {1: migrate, 2: lambda contents: contents})
    data = hn.open(path)
    assert "overlap" in data and "m" not in data and data.attrs["schema_version"] == 2
    new = store.write(tmp_path / "new.h5", {"overlap": ((), 1.0)})
    assert store.peek(new)["schema_version"] == 2 and "overlap" in hn.open(new)
    shutil.copy(path, tmp_path / "flipped.h5")
    with h5py.File(tmp_path / "flipped.h5", "a") as file:
        file["m"][0] = 7.0
    with pytest.raises(store.DamagedError, match="digest"):   # verified as it was written, then migrated
        hn.open(tmp_path / "flipped.h5")


def test_figure_of_outdated_numbers_warns(tmp_path, monkeypatch):
    shutil.copytree(HOME / VERSIONS[0], tmp_path / "data")
    script = tmp_path / "x.py"
    script.write_text("from hebbnet.cli import main_figure\nmain_figure(lambda *a: None, 'mean_field', stores=('mean_field', 'monte_carlo'))\n")
    done = subprocess.run([sys.executable, script, "--folder", tmp_path / "data"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and "warning" not in done.stderr
    words = []
    monkeypatch.setattr(cli.click, "echo", lambda text, err=False: words.append(text))
    monkeypatch.setattr(hn.MeanField, "revision", 2)
    for name in ("mean_field", "monte_carlo"):
        cli._warn_if_outdated(hn.open(tmp_path / "data" / f"{name}.h5"))
    assert len(words) == 1 and "mean_field was computed by revision 1 of MeanField" in words[0] and "run the study again" in words[0]


def test_old_task_files_of_an_older_revision_are_set_aside(tmp_path, monkeypatch):
    """What a new version does whose equations give other numbers: nothing of the old ones remains in the study."""
    shutil.copytree(HOME / VERSIONS[0], tmp_path / "data")
    monkeypatch.setattr(hn.MeanField, "revision", 2)
    path = STUDIES["mean_field"].run(tmp_path / "data", quiet=True)
    assert store.peek(path)["revision"] == 2 and len(list((tmp_path / "data" / "mean_field").glob("*.old"))) == 1
    assert taskfiles.TaskFiles(tmp_path / "data" / "mean_field").names() == {unit.digest for unit in STUDIES["mean_field"].tasks()}


def test_info_of_a_task_file_says_all_that_matters():
    path = next(p for p in FILES if p.parent.name == "monte_carlo")
    words = CliRunner().invoke(cli.cli, ["info", str(path)]).output
    for word in ("intact", "hebbnet_version", "commit", "seed", "wall_time", "study", "point", "revision", "equilibrated", "m_tau"):
        assert word in words
