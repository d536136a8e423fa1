"""Real studies end to end: engine, workers and interruptions change nothing in the data; scripts and figures of the checkout run."""
import dataclasses
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import hebbnet as hn
from hebbnet import store
from hebbnet.cli import load

ROOT = pathlib.Path(__file__).parent.parent
STUDY = hn.Study("small", hn.Grid(P=4, N=[20, 30], alpha=[0.05, 0.1], T=[0.3, 0.6]),
                 hn.MonteCarlo("dense", thermalize=5, measure=40, every=2, disorder=3, chains=2), seed=3)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return store.read(STUDY.run(tmp_path_factory.mktemp("reference"), quiet=True))


def same(a, b):
    assert a.attributes["digest"] == b.attributes["digest"] and a.variables.keys() == b.variables.keys()
    volatile = set(store.VOLATILE)
    assert {k: v for k, v in a.attributes.items() if k not in volatile} == {k: v for k, v in b.attributes.items() if k not in volatile}
    for name, variable in a.variables.items():
        np.testing.assert_array_equal(variable.values, b.variables[name].values)


@pytest.mark.parametrize("workers, engine", [(1, "numpy"), (2, "numba"), (2, "numpy")])
def test_engine_and_workers_change_nothing_in_the_data(tmp_path, reference, workers, engine):
    same(store.read(STUDY.run(tmp_path, workers=workers, engine=engine, quiet=True)), reference)


def test_an_interrupted_and_resumed_run_changes_nothing(tmp_path, reference, monkeypatch):
    ran = []
    original = hn.MonteCarlo.run

    def stops(self, point, **where):
        if len(ran) == 7:
            raise KeyboardInterrupt
        ran.append(point)
        return original(self, point, **where)

    monkeypatch.setattr(hn.MonteCarlo, "run", stops)
    with pytest.raises(KeyboardInterrupt, match="run the same again"):
        STUDY.run(tmp_path, quiet=True)
    assert not (tmp_path / "small.h5").exists()
    monkeypatch.setattr(hn.MonteCarlo, "run", original)
    same(store.read(STUDY.run(tmp_path, quiet=True)), reference)


def test_a_study_gives_what_simulate_gives(reference, tmp_path):
    point = {"P": 4, "N": 30, "alpha": 0.1, "T": 0.6}
    run = hn.simulate("dense", **point, thermalize=5, measure=40, every=2, disorder=3, chains=2, seed=3)
    data = hn.open(STUDY.run(tmp_path, quiet=True)).sel(N=30, alpha=0.1, T=0.6)
    for name in run.data_vars:
        np.testing.assert_array_equal(data[name].values, run[name].values)


def test_a_merged_study_opens_with_xarray_and_is_labeled(tmp_path):
    import xarray
    path = STUDY.run(tmp_path, quiet=True)
    with xarray.open_dataset(path, engine="h5netcdf") as data:
        assert data.m.dims == ("N", "alpha", "T", "disorder", "chain") and data.m_mean.dims == ("N", "alpha", "T")
        assert int(data.P) == 4 and data.attrs["seed"] == 3 and "test" in data.equilibrated.attrs and data.equilibrated.dtype == bool
        for name in data.variables:
            assert data[name].attrs["long_name"] and data[name].attrs["units"], name


def test_given_patterns_run_as_a_study(tmp_path):
    x = hn.patterns.random(20, 24, seed=4, sample=0).archetypes
    study = hn.Study("mine", hn.Grid(P=4, T=[0.1, 0.5]), hn.MonteCarlo("dense", patterns=x, measure=20, chains=2), seed=1)
    data = hn.open(study.run(tmp_path, quiet=True))
    run = hn.simulate("dense", P=4, T=0.5, patterns=x, measure=20, chains=2, seed=1)
    np.testing.assert_array_equal(data.m.sel(T=0.5).values, run.m.values)
    other = study.replace(task=hn.MonteCarlo("dense", patterns=-x, measure=20, chains=2))
    with pytest.raises(hn.StoreError, match="another study"):
        other.run(tmp_path, quiet=True)


SCRIPTS = sorted((ROOT / "sims").glob("*.py")) + sorted((ROOT / "theory").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_script_declares_a_study_and_a_quick_one(script):
    study, quick = load(script), load(script, quick=True)
    assert study.name != quick.name and study.task.identity()["task"] == quick.task.identity()["task"]
    for s in (study, quick):
        for point in s.grid:
            s.task.check(point)
    assert (ROOT / "figures" / script.name).exists()


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "figures").glob("*.py")))
def test_every_figure_draws_from_reduced_studies(tmp_path, name):
    """Its own scripts' studies, thinned out: the stores have the names and variables that the figure reads."""
    scripts = [script for script in SCRIPTS if script.stem == name]
    assert scripts
    for script in scripts:
        study = load(script, quick=True)
        thin = {k: list(v[::max(1, len(v) // 4)]) if k in ("alpha", "T", "m0") and len(v) > 4 else list(v) for k, v in study.grid.axes.items()}
        if "N" in thin:
            thin["N"] = [16, 20]
        task = study.task
        if script.parent.name == "sims":
            short = {"thermalize": 2 * task.every, "measure": 20 * task.every} if hasattr(task, "every") else {}
            task = dataclasses.replace(task, disorder=2, **short)
        study.replace(grid=hn.Grid(**study.grid.fixed, **thin), task=task).run(tmp_path, quiet=True)
    result = subprocess.run([sys.executable, ROOT / "figures" / f"{name}.py", "--quick", "--folder", tmp_path, "--out", tmp_path / "out"],
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out" / f"{name}_quick.png").stat().st_size > 10_000
