"""That the benchmark suite works, never how fast anything is: its smallest form, its fits, its history, and that peers must do the same work."""
import importlib
import json
import math
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

import hebbnet

pytest.importorskip("cpuinfo", reason="pip install 'hebbnet[bench]'")
FOLDER = pathlib.Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    """Import a script of benchmarks/ by name."""
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module


def test_the_suite_in_its_smallest_form(tmp_path):
    program = [sys.executable, FOLDER / "suite.py", "--quick", "--save", tmp_path / "run.json"]
    made = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["machine"]["hebbnet"] == hebbnet.__version__ and run["machine"]["cores"] >= 1 and run["date"].endswith("Z")
    names = [row["figure"] for row in run["figures"]]
    assert len(set(names)) == len(names) >= 10
    for row in run["figures"]:
        assert row["ours"] > 0 and (row["limit"] is None) == (row["limit_of"] is None) and (row["limit"] is None or row["limit"] > 0)
        assert (row["theirs"] is None) == (row["peer"] is None or row["why"] is not None)   # a peer's figure, or why there is none
        assert row["figure"] in made.stdout
        if row["peer"] and run["peers"][row["peer"]] is None:
            assert row["why"] == "not installed" and f"{row['peer']}: not installed" in made.stdout
    assert {row["varied"] for row in run["scaling"]} == {"N at fixed load", "N at fixed K", "K", "P", "chains", "threads", "workers"}
    assert all(math.isfinite(row["exponent"]) and min(row["seconds"]) > 0 for row in run["scaling"])
    imports, first = run["startup"]
    assert 0 < imports["python_seconds"] and first["cache_bytes"] > 0 and first["empty_cache_seconds"] > first["again_seconds"] > 0


def test_exponents_and_their_errors(module):
    scaling = module("scaling")
    x = np.array([1.0, 2, 4, 8, 16])
    assert scaling.fit(x, 3 * x**1.5) == pytest.approx((1.5, 0), abs=1e-12)
    y = np.array([1.1, 1.9, 4.3, 7.6, 17.0])
    line = stats.linregress(np.log(x), np.log(y))
    assert scaling.fit(x, y) == pytest.approx((line.slope, line.stderr), rel=1e-10)
    assert math.isnan(scaling.fit(x[:2], y[:2])[1])


def test_the_history_compares_machines_of_one_kind(module, tmp_path):
    history = module("history")

    def run(date, cpu, **figures):
        rows = [{"figure": name, "unit": "flip/s", "ours": ours, "limit": limit, "peer": "other" if theirs else None, "theirs": theirs}
                for name, (ours, limit, theirs) in figures.items()]
        return {"date": date, "commit": "0123456789", "changed": False, "figures": rows,
                "machine": {"cpu": cpu, "llvm_target": "x", "cores": 2, "hebbnet": "1.0"}}

    first = run("2030-01-01T00:00:00Z", "A", fast=(10.0, 40.0, 5.0), slow=(1.0, None, 4.0), bare=(7.0, None, None))
    second = run("2030-01-02T00:00:00Z", "A", fast=(30.0, 60.0, 5.0))
    other = run("2030-01-03T00:00:00Z", "B", fast=(90.0, 100.0, 5.0))
    paths = [history.store(each, folder=tmp_path) for each in (other, second, first)]
    assert len(set(paths)) == 3
    assert history.runs(tmp_path) == [first, second, other]
    assert history.last(first["machine"], tmp_path) == {"fast": 0.5, "slow": 0.25, "bare": 7.0}   # of the limit, else of the peer, else itself
    assert history.last(other["machine"], tmp_path) == {"fast": 0.9}
    told = "\n".join(history.lines("FAST", tmp_path))
    assert told.count("fast") == 2 and "slow" not in told
    assert told.index("A, x, 2 cores") < told.index("25.0% of the limit") < told.index("50.0% of the limit") < told.index("B, x, 2 cores")
    assert "6.00 x other" in told and "slow" in "\n".join(history.lines("other", tmp_path))


class Peer:
    """Someone else's annealer, which is ours: at T, and with energies that are multiplied."""

    def __init__(self, peers, task, T, factor=1.0):
        params = {"P": 2, "N": 40, "K": 6, "T": T}
        self.problem = task.problem(task.check(params), sample=0, seed=2)
        self.engine, self.starts, self.factor = peers.Engine(self.problem), task.starts(self.problem, 2), factor

    def state(self, sweeps):
        return self.engine.advance(self.problem.begin(self.starts.copy()), sweeps)[0]

    def sample(self, sweeps, reads):
        state = self.state(sweeps)
        return 0.0, state.spins, -self.factor * self.problem.scale * self.engine.energies(state)

    def next(self, sweeps, states):
        return self.state(sweeps + 1).spins


def test_a_peer_that_does_other_work_is_rejected(module):
    peers = module("peers")
    task = peers.MonteCarlo("dense", dynamics="metropolis", order="systematic", chains=32, start="random")
    ours = Peer(peers, task, 0.8)
    given = (ours.problem, ours.engine, task.starts(ours.problem, 1))
    row = peers.check(*given, ours, 50)
    assert 0.1 < row["acceptance"] < 0.9 and row["energy_error"] > 0 and abs(row["energy"] - row["peer_energy"]) < 5 * row["energy_error"] * 2**0.5
    with pytest.raises(peers.Different, match="another energy function"):
        peers.check(*given, Peer(peers, task, 0.8, factor=2.0), 50)
    with pytest.raises(peers.Different, match="another energy:"):
        peers.check(*given, Peer(peers, task, 1.6), 50)
    lazy = Peer(peers, task, 0.8)
    lazy.next = lambda sweeps, states: states
    with pytest.raises(peers.Different, match="another acceptance"):
        peers.check(*given, lazy, 50)
