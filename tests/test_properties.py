"""Properties that hold for any input: parameters are right or refused by name, files give back what went in, bad commands end with code 2.

Derandomized: the examples are the same in every run.
"""
import itertools
import json
import math
import os
import re
import tempfile

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from hebbnet import store, taskfiles
from hebbnet.cli import cli
from hebbnet.params import PARAMETERS, Grid, ParameterError, check_seed, count
from hebbnet.sweep import Study

MANY = settings(derandomize=True, max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SOME = settings(MANY, max_examples=40)

NUMBERS = st.one_of(st.integers(-10, 10), st.integers(), st.floats(), st.floats(-2, 2), st.booleans(), st.integers(-5, 5).map(np.int64),
                    st.floats(-2, 2).map(np.float32), st.floats().map(np.array))
ANYTHING = st.one_of(NUMBERS, st.none(), st.text(max_size=8), st.binary(max_size=3), st.lists(st.integers(), max_size=3), st.complex_numbers(),
                     st.sampled_from([c for p in PARAMETERS.values() for c in p.choices] or [""]))


def inside(parameter, value):
    """The domain, in other words than params.py has."""
    if parameter.kind is str:
        return isinstance(value, str) and value in parameter.choices
    if hasattr(value, "item") and np.ndim(value) == 0:
        value = value.item()
    if parameter.kind is bool or isinstance(value, bool):
        return parameter.kind is bool and isinstance(value, bool)
    if not isinstance(value, int | float) or math.isnan(value) or math.isinf(value) or (parameter.kind is int and value % 1):
        return False
    value = parameter.kind(value)   # where float() rounds, the rounded number counts
    low = value > parameter.low if parameter.above else value >= parameter.low
    return low and (value < parameter.high if parameter.below else value <= parameter.high)


# ---------------------------------------------------------------- parameters

@MANY
@given(st.sampled_from(sorted(PARAMETERS)), ANYTHING)
def test_parameter_is_in_its_domain_or_refused_by_name(name, value):
    parameter = PARAMETERS[name]
    try:
        found = parameter.check(value)
    except ParameterError as e:
        assert not inside(parameter, value)
        assert e.parameter == name and str(e).startswith(f"{name} = ") and ("expected" in str(e) or "Valid" in str(e))
    else:
        assert inside(parameter, value) and type(found) is parameter.kind and found == parameter.kind(value)
        assert parameter.check(found) == found


@MANY
@given(ANYTHING)
def test_seeds_and_counts_are_checked_the_same_way(value):
    for check, name, low, high in ((check_seed, "seed", 0, 2**64 - 1), (lambda v: count("chains", v), "chains", 1, math.inf)):
        try:
            found = check(value)
        except ParameterError as e:
            assert e.parameter == name and str(e).startswith(f"{name} = ")
        else:
            assert type(found) is int and low <= found <= high and found == value


AXES = {"N": st.integers(1, 500), "alpha": st.floats(0, 5), "T": st.floats(0, 3), "d": st.floats(0, 0.99), "self_interaction": st.booleans()}


@st.composite
def grids(draw):
    names = draw(st.lists(st.sampled_from(sorted(AXES)), unique=True, min_size=1))
    return {name: draw(st.one_of(AXES[name], st.lists(AXES[name], min_size=1, max_size=2 if name == "self_interaction" else 5, unique=True)))
            for name in names}


@MANY
@given(grids())
def test_grid_is_the_product_of_its_axes(parameters):
    grid = Grid(**parameters)
    lists = [v if isinstance(v, list) else [v] for v in parameters.values()]
    names = [*(n for n, v in parameters.items() if not isinstance(v, list)), *(n for n, v in parameters.items() if isinstance(v, list))]
    points = list(grid)
    assert len(points) == len(grid) == math.prod(map(len, lists)) and all(set(point) == set(parameters) for point in points)
    fixed_first = sorted(parameters, key=names.index)
    expected = itertools.product(*(parameters[n] if isinstance(parameters[n], list) else [parameters[n]] for n in fixed_first))
    assert [tuple(point[n] for n in fixed_first) for point in points] == list(expected)


@MANY
@given(st.dictionaries(st.one_of(st.sampled_from(sorted(PARAMETERS)), st.from_regex(r"[A-Za-z_]\w{0,8}", fullmatch=True)),
                       st.one_of(ANYTHING, st.lists(ANYTHING, max_size=3)), min_size=1, max_size=3))
def test_grid_of_anything_is_right_or_refused_by_name(parameters):
    try:
        grid = Grid(**parameters)
    except ParameterError as e:
        assert e.parameter in parameters and e.parameter in str(e)
    else:
        for point in grid:
            assert all(inside(PARAMETERS[name], value) for name, value in point.items())


class Nothing:
    samples = 3

    def identity(self):
        return {"task": "Nothing"}

    def check(self, point):
        pass

    run = summarize = check


@SOME
@given(grids(), st.integers(0, 2**64 - 1), st.integers(1, 7))
def test_every_task_belongs_to_one_shard(parameters, seed, n):
    study = Study("x", Grid(**parameters), Nothing(), seed)
    digests = [unit.digest for unit in study.tasks()]
    assert len(set(digests)) == len(digests) == len(study)
    shards = [[d for k, d in enumerate(digests) if k % n == i] for i in range(n)]
    assert sorted(sum(shards, [])) == sorted(digests) and max(map(len, shards)) - min(map(len, shards)) <= 1


# ---------------------------------------------------------------- files

@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


NAMES = st.sampled_from(["a", "b", "K", "m_err", "T", "long_name", "x1", "_y"])
DTYPES = st.one_of(stn.boolean_dtypes(), stn.integer_dtypes(endianness="<"), stn.unsigned_integer_dtypes(endianness="<"),
                   stn.floating_dtypes(endianness="<", sizes=(32, 64)))
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
SCALARS = st.one_of(st.integers(-2**63, 2**63 - 1), st.floats(), TEXT)


@st.composite
def variables(draw):
    """{name: (dims, array, attributes)} whose dims agree."""
    sizes = draw(st.dictionaries(NAMES.map("d_{}".format), st.integers(0, 3), min_size=1, max_size=3))
    found = {}
    for name in draw(st.lists(NAMES.map("v_{}".format), unique=True, min_size=1, max_size=4)):
        dims = draw(st.lists(st.sampled_from(sorted(sizes)), unique=True, max_size=3))
        shape = tuple(sizes[dim] for dim in dims)
        if draw(st.booleans()):
            values = draw(stn.arrays(draw(DTYPES), shape))
        else:
            values = np.array(draw(st.lists(TEXT, min_size=math.prod(shape), max_size=math.prod(shape))), dtype=object).reshape(shape)
            values = values.astype(str)
        found[name] = (tuple(dims), values, draw(st.dictionaries(NAMES.map("a_{}".format), SCALARS, max_size=2)))
    return found


def same_values(a, b):
    if a.dtype.kind in "UO":
        return a.shape == b.shape and all(str(x) == str(y) for x, y in zip(a.flat, b.flat))
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def same_attributes(a, b):
    return a.keys() == b.keys() and all(type(a[k]) is type(b[k]) and (a[k] == b[k] or (a[k] != a[k] and b[k] != b[k])) for k in a)


@MANY
@given(variables(), st.dictionaries(NAMES.map("r_{}".format), SCALARS, max_size=3))
def test_file_gives_back_what_went_in(tmp_path, data, attributes):
    path = store.write(tmp_path / "x.h5", data, attributes)
    back = store.read(path, sealed=True)
    for name, (dims, values, own) in data.items():
        assert back.variables[name].dims == dims and same_values(back.variables[name].values, values)
        assert same_attributes(back.variables[name].attributes, own)
    assert same_attributes({k: v for k, v in back.attributes.items() if k.startswith("r_")}, attributes)
    again = store.write(tmp_path / "y.h5", {name: tuple(v) for name, v in back.variables.items()},
                        {k: v for k, v in back.attributes.items() if k.startswith("r_")})
    assert store.peek(again)["digest"] == back.attributes["digest"]


@SOME
@given(variables(), st.integers(1, 3))
def test_block_gives_back_what_the_files_held(tmp_path, data, n):
    files = taskfiles.TaskFiles(tempfile.mkdtemp(dir=tmp_path))
    names = [f"{k:024x}" for k in range(n)]
    for k, name in enumerate(names):
        store.write(files.home / f"{name}.h5", data, {"seed": 1, "study": "{}", "point": json.dumps([k]), "sample": k, "revision": 1,
                                                      "wall_time": 0.5}, labels=False)
    files.refresh()
    before = {name: files.contents(name) for name in names}
    files.pack(names, least=1)
    assert not files.loose and files.names() == set(names)
    for name, contents in before.items():
        again = files.contents(name)
        assert again.attributes == contents.attributes == files.attributes(name)
        for key, v in contents.variables.items():
            w = again.variables[key]
            assert v.dims == w.dims and same_values(v.values, w.values) and same_attributes(v.attributes, w.attributes)


@SOME
@given(st.dictionaries(NAMES.map("v_{}".format), stn.arrays(DTYPES, stn.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)), max_size=4),
       TEXT, st.integers(0, 10**6), st.integers(0, 7))
def test_checkpoint_gives_back_what_went_in_or_nothing(tmp_path, arrays, about, position, bit):
    path = tmp_path / "x.checkpoint"
    taskfiles.write_arrays(path, arrays, about)
    back = taskfiles.read_arrays(path, about)
    assert back.keys() == arrays.keys() and all(same_values(back[name], arrays[name]) for name in arrays)
    raw = path.read_bytes()
    position %= len(raw)
    path.write_bytes(raw[:position] + bytes([raw[position] ^ 1 << bit]) + raw[position + 1:])
    assert taskfiles.read_arrays(path, about) is None


# ---------------------------------------------------------------- the command

POINT = {"P": "4", "alpha": "0.1", "T": "0.2"}
RUN = {**POINT, "N": "20", "measure": "10", "thermalize": "1", "disorder": "1", "engine": "numpy"}
COMMANDS = {"solve": (["solve", "dense"], POINT), "boundary": (["boundary", "dense", "spinodal"], {"P": "4", "alpha": "0.1"}),
            "simulate": (["simulate", "dense"], RUN)}
COUNTS = ("measure", "thermalize", "disorder", "chains", "every", "seed")


def bad_values(name):
    """Words on a command line that are no value of this option."""
    words = TEXT.filter(lambda w: not re.fullmatch(r"\s*[-+]?[\d_]*\.?[\d_]*([eE][-+]?\d+)?\s*|\s*[-+]?(inf|infinity|nan)\s*", w, re.I)
                        and not w.startswith("-"))
    if name in ("engine", "ansatz", "dynamics", "order", "start"):
        return words.filter(lambda w: w not in ("numpy", "numba", "rs", "1rsb", "2rsb", "krsb", "random", "pattern"))
    if name in COUNTS:
        low = 0 if name in ("thermalize", "seed") else 1
        return st.one_of(words, st.integers(-1000, low - 1).map(str), st.sampled_from(["nan", "0.5", "1e3"]))
    parameter = PARAMETERS[name]
    if parameter.kind is str:
        return words.filter(lambda w: w not in parameter.choices)
    outside = st.floats(parameter.low - 10, parameter.low, exclude_max=not parameter.above).map(repr) if parameter.low > -math.inf else st.nothing()
    above = st.floats(parameter.high, parameter.high + 10, exclude_min=not parameter.below).map(repr) if parameter.high < math.inf else st.nothing()
    return st.one_of(words, outside, above, st.sampled_from(["nan", "inf", "-inf"]))


OPTIONS = {"solve": ["P", "alpha", "T", "ansatz"], "boundary": ["P", "alpha", "ansatz"],
           "simulate": ["P", "alpha", "T", "N", "engine", "dynamics", "order", "start", *COUNTS]}


@pytest.mark.parametrize("command", COMMANDS)
@SOME
@given(data=st.data())
def test_bad_value_ends_with_code_2_and_names_the_option(command, data):
    words, options = COMMANDS[command]
    name = data.draw(st.sampled_from(OPTIONS[command]))
    options = {**options, name: data.draw(bad_values(name))}
    result = CliRunner().invoke(cli, [*words, *(f"--{k}={v}" for k, v in options.items())])
    assert result.exit_code == 2, (name, options[name], result.output, result.exception)
    assert re.search(rf"\b{name}\b", result.output.splitlines()[-1]), result.output


@SOME
@given(st.sampled_from(sorted(COMMANDS)), st.from_regex(r"[a-z][a-z-]{1,8}", fullmatch=True), TEXT.filter(lambda w: not w.startswith("-")))
def test_unknown_option_ends_with_code_2_and_is_named(command, name, value):
    words, options = COMMANDS[command]
    known = {o for p in cli.commands[command].params for o in p.opts + p.secondary_opts} | {"--help"}
    assume(not any(k.startswith(f"--{name}") for k in known))
    result = CliRunner().invoke(cli, [*words, *(f"--{k}={v}" for k, v in options.items()), f"--{name}={value}"])
    assert result.exit_code == 2 and f"--{name}" in result.output.splitlines()[-1], result.output


@SOME
@given(st.sampled_from(sorted(COMMANDS)), TEXT.filter(lambda w: w not in ("dense", "multitasking") and not w.startswith("-")))
def test_unknown_network_ends_with_code_2_and_is_named(command, network):
    words, options = COMMANDS[command]
    words = [words[0], network, *words[2:]]
    result = CliRunner().invoke(cli, [*words, *(f"--{k}={v}" for k, v in options.items())])
    assert result.exit_code == 2 and re.search("network|NETWORK", result.output.splitlines()[-1]), result.output


@SOME
@given(st.sampled_from(["status", "merge", "run", "info"]), TEXT.filter(lambda w: w.strip(". /") and "/" not in w and not w.startswith("-")))
def test_missing_file_ends_with_code_2_and_is_named(tmp_path, monkeypatch, command, name):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, [command, name])
    assert result.exit_code == 2 and not isinstance(result.exception, UnicodeError)
    assert re.search("SCRIPT|FILE|FOLDER|does not exist|cannot be read", result.output.splitlines()[-1]), result.output


@SOME
@given(st.sampled_from(["shard", "checkpoint", "workers", "jobs", "time"]),
       TEXT.filter(lambda w: not re.search(r"\d", w) and not w.startswith("-") and w.strip().lower() not in ("inf", "infinity")))
def test_bad_option_of_a_run_ends_with_code_2_and_is_named(tmp_path, name, value):
    script = tmp_path / "script.py"
    script.write_text("raise SystemExit('not reached')")
    result = CliRunner().invoke(cli, ["run", str(script), f"--{name}={value}"])
    assert result.exit_code == 2 and f"--{name}" in result.output.splitlines()[-1], (value, result.output)
