"""The command line: what a user types, what comes back, and what happens when it is wrong."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import hebbnet
from hebbnet import store
from hebbnet.cli import cli
from hebbnet.params import PARAMETERS

SCRIPT = '''
from dataclasses import dataclass
import numpy as np
from hebbnet.cli import main
from hebbnet.params import Grid, ParameterError
from hebbnet.sweep import Study

@dataclass(frozen=True)
class Mine:
    samples: int = 2
    fail: bool = False
    def identity(self):
        return {"task": "Mine"}
    def check(self, point):
        if point["T"] > 1:
            raise ParameterError(f"T = {point['T']}: expected T <= 1", "T")
    def run(self, point, *, sample, seed, engine="numba"):
        if self.fail:
            raise ArithmeticError("no luck")
        if engine == "stop":
            raise KeyboardInterrupt
        if engine == "steam":
            raise ParameterError("engine = 'steam' is not known", "engine")
        return {"m": (("disorder",), np.array([point["T"] + sample]))}
    def summarize(self, dataset):
        return dataset

STUDY = Study("mine", Grid(T=[0.1, 0.2, 0.3]), Mine(), seed=1)
QUICK = Study("mine_quick", Grid(T=[0.1]), Mine(), seed=1)

if __name__ == "__main__":
    main(STUDY, QUICK)
'''


def call(*arguments, code=0):
    """Standard output of `hebbnet arguments`, whose exit code must be `code` without a traceback."""
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    path = tmp_path / "my_script.py"
    path.write_text(SCRIPT)
    yield path
    sys.modules.pop("my_script", None)


def python(*arguments):
    return subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=120)


# ---------------------------------------------------------------- one point

POINT = ("--P", 4, "--alpha", 0.1, "--T", 0.2)


def test_solve_prints_what_the_library_returns():
    solution = hebbnet.solve("dense", P=4, alpha=0.1, T=0.2)
    assert f"m = {solution.m:.10g}" in call("solve", "dense", *POINT)
    values = json.loads(call("solve", "dense", *POINT, "--json"))
    assert values["m"] == solution.m and values["free_energy"] == solution.free_energy and values["converged"] is True
    for spelling in ("--self-interaction", "--self_interaction"):
        assert json.loads(call("solve", "dense", *POINT, spelling, "--json"))["self_interaction"] is True
    cold = json.loads(call("solve", "dense", "--P", 4, "--alpha", 0.1, "--T", 0, "--json"))
    assert cold["free_entropy"] == "Infinity"


def test_solve_without_a_solution_says_so():
    words = call("solve", "dense", "--P", 4, "--alpha", 3, "--T", 0.2, code=1)
    assert words.splitlines()[-1].startswith("hebbnet: no retrieval at alpha = 3")
    assert '"m": null' in call("solve", "dense", "--P", 4, "--alpha", 3, "--T", 0.2, "--json", code=1)


def test_boundary_prints_the_unknown():
    found = hebbnet.boundary("dense", "spinodal", P=4, alpha=0.1)
    assert f"T = {found.value:.10g}" in call("boundary", "dense", "spinodal", "--P", 4, "--alpha", 0.1)
    values = json.loads(call("boundary", "dense", "spinodal", "--P", 4, "--alpha", 0.1, "--json"))
    assert values["value"] == found.value and values["unknown"] == "T"
    assert "alpha" in call("boundary", "dense", "spinodal", "--P", 4, "--alpha", 3, code=1).splitlines()[-1]


def test_simulate_writes_a_file_that_opens(tmp_path):
    out = tmp_path / "run.h5"
    arguments = ("simulate", "dense", *POINT, "--N", 20, "--seed", 3, "--thermalize", 5, "--measure", 20, "--disorder", 2,
                 "--chains", 2, "--engine", "numpy", "--overlap", 0.5)
    words = call(*arguments, "--out", out)
    data = hebbnet.open(out)
    assert f"m = {float(data.m_mean):.6g} +- " in words and f"written to {out}" in words
    assert data.attrs["seed"] == 3 and json.loads(data.attrs["study"])["simulate"]["start"] == ["overlap", 0.5]
    raw = out.read_bytes()
    assert "--out" in call(*arguments, "--out", out, code=2) and out.read_bytes() == raw
    call(*arguments, "--out", out, "--force")
    assert hebbnet.open(out).attrs["digest"] == data.attrs["digest"]
    threaded = [a if a != "numpy" else "numba" for a in arguments]
    call(*threaded, "--threads", 2, "--out", out, "--force")
    assert hebbnet.open(out).attrs["digest"] == data.attrs["digest"]
    assert "threads = 0" in call(*threaded, "--threads", 0, code=2)
    assert json.loads(call(*arguments, "--json"))["m_mean"] == float(data.m_mean)
    assert "intact" in call("info", out) and json.loads(call("info", out, "--json"))["attributes"]["seed"] == 3


@pytest.mark.parametrize("arguments, word", [
    (["solve", "dense", "--P", 1, "--alpha", 0.1, "--T", 0.1], "P = 1"),
    (["solve", "dense", "--P", 4, "--alpha", -0.1, "--T", 0.1], "alpha = -0.1"),
    (["solve", "dense", "--P", 4, "--alpha", "nan", "--T", 0.1], "alpha = nan"),
    (["solve", "dense", "--P", 4, "--alpha", 0.1, "--T", -1], "T = -1"),
    (["solve", "dense", "--P", 4, "--alpha", 0.1, "--T", "warm"], "--T"),
    (["solve", "dense", "--P", 2.5], "--P"),
    (["solve", "dense", "--P", 4, "--alpha", 0.1], "T"),
    (["solve", "dense", "--beta", 1], "--beta"),
    (["solve", "dance", *POINT], "'dance'"),
    (["solve", "dense", *POINT, "--ansatz", "sr"], "ansatz = 'sr'"),
    (["solve"], "NETWORK"),
    (["boundary", "dense", "spinnodal", "--P", 4, "--alpha", 0.1], "spinnodal"),
    (["boundary", "dense", "spinodal", "--P", 4], "T"),
    (["simulate", "dense", *POINT], "N"),
    (["simulate", "dense", *POINT, "--N", 20, "--seed", -1], "seed = -1"),
    (["simulate", "dense", *POINT, "--N", 20, "--start", "pattern", "--overlap", 0.5], "--overlap"),
    (["simulate", "dense", *POINT, "--N", 20, "--engine", "steam"], "engine = 'steam'"),
    (["simulate", "dense", *POINT, "--N", 20, "--measure", 0], "measure = 0"),
    (["simulate", "dense", "--P", 4, "--alpha", 0, "--T", 0.1, "--N", 20], "alpha = 0"),
    (["info", "nothing.h5"], "nothing.h5"),
    (["run", "nothing.py"], "nothing.py"),
    (["status", "nothing.py"], "nothing.py"),
    (["walk"], "walk"),
])
def test_bad_input_ends_with_code_2_and_names_the_parameter(arguments, word):
    assert word in call(*arguments, code=2).splitlines()[-1]


def test_every_parameter_is_an_option_with_its_meaning():
    words = " ".join(call("solve", "--help").split())
    for name, parameter in PARAMETERS.items():
        assert f"--{name.replace('_', '-')}" in words and parameter.meaning[1:20] in words


def test_help_is_quick_and_useful():
    code = "import sys; sys.argv = ['hebbnet', '--help']\nfrom hebbnet.cli import cli\ntry: cli()\nfinally: " \
           "print([m for m in ('numba', 'scipy', 'xarray', 'h5py', 'matplotlib', 'numpy') if m in sys.modules])"
    out = python("-c", code).stdout
    assert out.endswith("[]\n") and all(name in out for name in cli.commands)
    assert hebbnet.__version__ in python("-m", "hebbnet", "--version").stdout
    assert "dense" in call("networks")


# ---------------------------------------------------------------- studies

def test_run_status_merge_info(script):
    assert "0 of 6 tasks done, 6 left; not merged" in call("status", script)
    assert call("run", script).splitlines()[-1] == "data/mine.h5"
    assert hebbnet.open("data/mine.h5").m.shape == (3, 2)
    assert call("run", script, "--quiet") == ""
    assert "6 of 6 tasks done, 0 left; merged" in call("status", script)
    assert call("status", "data") == "mine: 6 task files, merged\n"
    os.unlink("data/mine.h5")
    assert "not merged" in call("status")
    assert call("merge", script) == "data/mine.h5\n"
    assert '"name": "mine"' in call("info", "data/mine.h5")
    call("run", script, "--quick", "--folder", "elsewhere")
    assert sorted(p.name for p in Path("elsewhere").glob("*.h5")) == ["mine_quick.h5"]
    next(Path("data/mine").glob("*.h5")).unlink()
    assert "lacks 1 of the 6" in call("merge", script, code=2)
    assert "5 of 6" in call("status", script)
    call("merge", script, "--partial")


def test_script_is_the_same_as_run(script):
    done = python(script, "--workers", 2, "--folder", "a")
    assert (done.returncode, done.stdout) == (0, "a/mine.h5\n"), done.stderr
    assert "mine: 6 tasks, 0 of them there before -> a/mine.h5" in done.stderr
    done = python("-m", "hebbnet", "run", script, "--workers", 2, "--folder", "b")   # classes of the script reach the workers
    assert (done.returncode, done.stdout) == (0, "b/mine.h5\n"), done.stderr
    assert store.read("a/mine.h5").attributes["digest"] == store.read("b/mine.h5").attributes["digest"]
    assert python(script, "--quick", "--quiet").stdout == "" and Path("data/mine_quick.h5").exists()


@pytest.mark.parametrize("old, new, arguments, code, word", [
    ("Mine(), seed=1", "Mine(fail=True), seed=1", [], 1, "6 tasks failed, the first with ArithmeticError"),
    ("", "", ["--engine", "stop"], 130, "mine: stopped; finished tasks are kept in data/mine"),
    ("", "", ["--engine", "steam"], 2, "engine = 'steam'"),
    ("", "", ["--workers", "0"], 2, "--workers"),
    ("T=[0.1, 0.2, 0.3]", "T=[0.1, 2.0]", [], 2, "T = 2.0"),
    ("T=[0.1, 0.2, 0.3]", "T=[0.1, -2.0]", [], 2, "T = -2.0"),
    ("seed=1)\nQUICK", "seed=-1)\nQUICK", [], 2, "seed = -1"),
    ("QUICK =", "OTHER =", ["--quick"], 2, "--quick"),
    ('"mine_quick"', '"mine"', ["--quick"], 2, "QUICK has the name 'mine'"),
    ("STUDY =", "STUDIES =", [], 2, "declares no STUDY"),
])
def test_run_that_cannot_be_says_why(script, old, new, arguments, code, word):
    script.write_text(SCRIPT.replace(old, new, 1) if old else SCRIPT)
    assert word in call("run", script, *arguments, code=code).splitlines()[-1]


def test_another_study_is_refused(script):
    call("run", script)
    script.write_text(SCRIPT.replace("seed=1", "seed=2"))
    assert "belongs to another study: seed is 1 there and 2 here" in call("run", script, code=2).splitlines()[-1]


def test_figure_runs_the_script_of_the_checkout(script):
    Path("figures").mkdir()
    Path("figures/lines.py").write_text("import sys\nimport hebbnet\nprint(sys.argv[1:], __name__)\n"
                                        "if '--open' in sys.argv: hebbnet.open('absent.h5')\n")
    assert call("figure", "lines", "--quick", "x") == "['--quick', 'x'] __main__\n"
    assert "absent.h5 does not exist" in call("figure", "lines", "--open", code=2)
    assert "Did you mean 'lines'" in call("figure", "line", code=2)


def test_simulate_takes_your_own_patterns(tmp_path):
    import numpy as np
    x = np.where(np.arange(120).reshape(4, 30) % 7 < 3, 1, -1)
    np.save(tmp_path / "mine.npy", x)
    out = call("simulate", "dense", "--P", 4, "--T", 0.1, "--patterns", tmp_path / "mine.npy", "--measure", 20, "--out", tmp_path / "run.h5")
    assert "m = 1 +-" in out and int(store.open(tmp_path / "run.h5").K) == 4
    np.save(tmp_path / "bad.npy", x * 2)
    assert "+1 or -1" in call("simulate", "dense", "--P", 4, "--T", 0.1, "--patterns", tmp_path / "bad.npy", code=2)
    (tmp_path / "text.npy").write_text("1 -1 1")
    assert "patterns" in call("simulate", "dense", "--P", 4, "--T", 0.1, "--patterns", tmp_path / "text.npy", code=2).splitlines()[-1]
