"""The store: what is written is what is read, and damage is an error and never a number."""
import json
import os
import socket
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
import xarray

from hebbnet import store

ROOT = {"seed": 2 ** 64 - 1, "study": '{"seed":1}', "wall_time": 1.5, "note": "süß", "none": "", "list": [1.0, 2.5]}


def example(seed=0):
    rng = np.random.default_rng(seed)
    variables = {
        "m": (("disorder", "chain"), rng.normal(size=(2, 3))),
        "K": ((), 17),
        "equilibrated": (("disorder", "chain"), rng.random((2, 3)) < 0.5, {"test": "two halves", "level": 0.05}),
        "flag": ((), True),
        "branch": ("branch", np.array(["retrieval", "", "spin-glass ß"])),
        "status": ((), "converged: m = 0.5, é"),
        "empty": ("zero", np.zeros(0)),
        "nothing": ("zero", np.zeros(0, str)),
        "odd": ("five", np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])),
        "big_endian": ("chain", np.arange(3, dtype=">f8")),
        "chain": ("chain", np.array([3, 5, 9])),
    }
    for kind in (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64):
        info = np.iinfo(kind)
        variables[info.dtype.name] = ("chain", np.array([info.min, info.max, 1], kind))
    variables["float32"] = ("chain", rng.normal(size=3).astype(np.float32))
    return variables


def same(a, b):
    """Whether two Contents agree in every bit but for the volatile attributes."""
    def text(variable):
        values, attributes = variable.values, sorted((k, str(v)) for k, v in variable.attributes.items())
        return variable.dims, str(values.dtype), values.shape, values.tobytes(), attributes

    def root(contents):
        return {k: str(v) for k, v in contents.attributes.items() if k not in store.VOLATILE}
    return {k: text(v) for k, v in a.variables.items()} == {k: text(v) for k, v in b.variables.items()} and root(a) == root(b)


@pytest.fixture
def path(tmp_path):
    return store.write(tmp_path / "x.h5", example(), ROOT)


@pytest.mark.parametrize("reader", ["hebbnet", "xarray"])
def test_round_trip_of_every_dtype(path, reader):
    dataset = store.open(path) if reader == "hebbnet" else xarray.load_dataset(path, engine="h5netcdf")
    for name, (dims, values, *_) in example().items():
        values = np.asarray(values)
        assert dataset[name].dims == ((dims,) if isinstance(dims, str) else dims)
        assert dataset[name].dtype.kind == values.dtype.kind, name
        if values.dtype.kind != "U":
            assert dataset[name].dtype.itemsize == values.dtype.itemsize
        np.testing.assert_array_equal(dataset[name].values, values)
    assert np.signbit(dataset.odd.values[3])
    assert dataset.m.attrs == {"long_name": "Mattis overlap with the condensed pattern, per neuron", "units": "1", "symbol": "m"}
    assert dataset.equilibrated.attrs["test"] == "two halves"
    assert dataset.sizes["disorder"] == 2 and list(dataset.disorder) == [0, 1]
    assert list(dataset.branch.values) == ["retrieval", "", "spin-glass ß"]
    assert dataset.attrs["seed"] == ROOT["seed"] and dataset.attrs["note"] == "süß" and dataset.attrs["none"] == ""
    assert {"schema_version", "hebbnet_version", "commit", "created", "host", "digest"} <= set(dataset.attrs)


def test_dataset_round_trip_keeps_scalar_coordinates(tmp_path):
    dataset = xarray.Dataset({"m": (("T", "branch"), np.eye(2), {"units": "apples"})},
                             {"T": [0.1, 0.2], "branch": ["a", "b"], "P": 4, "self_interaction": True}, {"network": "dense"})
    path = store.write(tmp_path / "a" / "b.h5", dataset, {"seed": 1})
    for again in (store.open(path), xarray.load_dataset(path, engine="h5netcdf")):
        xarray.testing.assert_equal(again, dataset)
        assert set(again.coords) == {"T", "branch", "P", "self_interaction"} and again.self_interaction.dtype == bool
        assert again.m.attrs["units"] == "apples" and again.T.attrs["units"] == "energy" and again.attrs["network"] == "dense"


def test_same_data_same_bytes_and_digest(tmp_path, monkeypatch):
    def written(name, variables):
        path = store.write(tmp_path / name, variables, ROOT)
        return path.read_bytes(), store.read(path).attributes["digest"]

    first, digest = written("a.h5", example())
    monkeypatch.setattr(time, "strftime", lambda *_: "another time")
    assert written("b.h5", example())[1] == digest                     # created is volatile
    monkeypatch.undo()
    stamps = iter(["now", "now"])
    monkeypatch.setattr(time, "strftime", lambda *_: next(stamps))
    assert written("c.h5", example())[0] == written("d.h5", example())[0]
    monkeypatch.undo()
    changed = example()
    changed["odd"][1][3] = 0.0                                         # -0.0 becomes 0.0
    assert written("e.h5", changed)[1] != digest
    assert written("f.h5", {**example(), "K": ((), 17.0)})[1] != digest
    assert written("g.h5", {**example(), "flag": ((), True, {"note": "x"})})[1] != digest


def test_every_flipped_byte_is_found_or_harmless(path):
    raw, whole = path.read_bytes(), store.read(path)
    rng, found = np.random.default_rng(5), 0
    for position in rng.integers(len(raw), size=1500):
        broken = bytearray(raw)
        broken[position] ^= 1 << rng.integers(8)
        path.write_bytes(broken)
        try:
            assert same(store.read(path), whole)
        except store.DamagedError:
            found += 1
    assert found > 1400


def test_digest_alone_finds_flips_in_the_numbers(path):
    """Without the sha256 in the last line, as after a copy by another HDF5 tool."""
    raw = path.read_bytes()[:-store._SEAL_BYTES]
    path.write_bytes(raw)
    store.read(path)
    with h5py.File(path) as file:
        places = [(file[name].id.get_offset(), file[name].id.get_storage_size()) for name in ("m", "K", "equilibrated", "odd", "chain")]
    for start, size in places:
        for position in range(start, start + size):
            broken = bytearray(raw)
            broken[position] ^= 4
            path.write_bytes(broken)
            with pytest.raises(store.DamagedError, match="digest"):
                store.read(path)


def test_edits_by_other_tools(path):
    with h5py.File(path, "a") as file:
        file.attrs["host"] = "elsewhere"      # volatile
    assert store.read(path).attributes["host"] == "elsewhere"
    with h5py.File(path, "a") as file:
        file["m"].attrs["units"] = "apples"
    with pytest.raises(store.DamagedError, match="digest"):
        store.open(path)


def test_truncation_is_found(path):
    raw, whole = path.read_bytes(), store.read(path)
    for size in [*np.random.default_rng(6).integers(len(raw) - store._SEAL_BYTES, size=200), 0, 1, 7, 8]:
        path.write_bytes(raw[:size])
        with pytest.raises(store.DamagedError, match=f"x.h5 \\({size} bytes\\)"):
            store.read(path)
    path.write_bytes(raw[:-1])
    assert same(store.read(path), whole)      # only the seal is cut, not the data


def test_foreign_files_are_named(tmp_path):
    path = tmp_path / "x.h5"
    with pytest.raises(store.StoreError, match="x.h5 does not exist"):
        store.open(path)
    path.write_text("T = 0.1\n" * 100)
    with pytest.raises(store.DamagedError, match="does not begin as an HDF5 file does"):
        store.open(path)
    path.write_bytes(b"")
    with pytest.raises(store.DamagedError, match="is empty"):
        store.open(path)
    with pytest.raises(store.StoreError, match="cannot be read"):
        store.open(tmp_path)
    with h5py.File(path, "w") as file:
        file["m"] = np.eye(3)
        file.attrs["matrix"] = np.eye(3)
    with pytest.raises(store.StoreError, match="without hebbnet's schema_version") as caught:
        store.open(path)
    assert not isinstance(caught.value, store.DamagedError)


def test_newer_schema_asks_for_an_upgrade(path, monkeypatch):
    with h5py.File(path, "a") as file:
        file.attrs["schema_version"] = store.SCHEMA + 1
    with pytest.raises(store.StoreError, match="schema_version 2, written by hebbnet .*upgrade"):
        store.open(path)


@pytest.mark.parametrize("what", ["replace", "fsync", "image"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_failing_write_leaves_the_old_file_and_nothing_else(path, monkeypatch, what, error):
    raw = path.read_bytes()

    def fail(*_, **__):
        raise error
    monkeypatch.setattr(*{"replace": (os, "replace"), "fsync": (os, "fsync"), "image": (h5py.Group, "create_dataset")}[what], fail)
    with pytest.raises(store.StoreError if isinstance(error, OSError) else KeyboardInterrupt,
                       match="could not be written.*No space left.*make room" if isinstance(error, OSError) else None):
        store.write(path, example(1), ROOT)
    assert path.read_bytes() == raw and [p.name for p in path.parent.iterdir()] == ["x.h5"]


@pytest.mark.parametrize("variables, words", [
    ({"z": ((), 1j)}, "z has dtype complex128"),
    ({"z": ("a", [object()])}, "z has dtype object"),
    ({"z": (("a", "b"), [1, 2])}, "z has shape"),
    ({"z": (("a", "a"), np.eye(2))}, "z has shape"),
    ({"z": ("a", [1, 2]), "y": ("a", [1, 2, 3])}, "dimension a has length 3 in y and 2"),
    ({"z": ("a", [1, 2]), "a": ((), 1)}, "a is a dimension"),
    ({"a/b": ((), 1)}, "cannot name"),
    ({"z": ((), 1, {"note": {"a": 1}})}, "attribute note"),
])
def test_what_cannot_be_stored_is_refused(tmp_path, variables, words):
    with pytest.raises(TypeError, match=words):
        store.write(tmp_path / "x.h5", variables)
    assert not list(tmp_path.iterdir())


def test_clean_removes_what_dead_processes_left(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = socket.gethostname()
    names = {"dead": f".a.h5.{dead.pid}.0123abcd.{host}.tmp", "alive": f".b.h5.{os.getpid()}.0123abcd.{host}.tmp",
             "elsewhere": ".c.h5.1.0123abcd.some.host.tmp", "old": ".d.h5.1.0123abcd.some.host.tmp", "foreign": ".mine.tmp"}
    for name in names.values():
        (tmp_path / name).write_text("x")
    os.utime(tmp_path / names["old"], (1, 1))
    store.clean(tmp_path)
    store.clean(tmp_path / "absent")
    assert {p.name for p in tmp_path.iterdir()} == {names["alive"], names["elsewhere"], names["foreign"]}


def test_set_aside_never_overwrites(tmp_path):
    for number, name in enumerate(["x.h5.damaged", "x.h5.damaged-2", "x.h5.damaged-3"]):
        (tmp_path / "x.h5").write_text(str(number))
        assert store.set_aside(tmp_path / "x.h5").name == name
    assert [p.read_text() for p in sorted(tmp_path.iterdir())] == ["0", "1", "2"]


def test_info_describes_the_file(path):
    facts = store.info(path)
    assert facts["attributes"]["study"] == {"seed": 1} and facts["bytes"] == path.stat().st_size
    m = facts["variables"]["m"]
    assert (m["dims"], m["shape"], m["dtype"], m["units"]) == (["disorder", "chain"], [2, 3], "float64", "1")
    assert 0 <= facts["variables"]["equilibrated"]["fraction_true"] <= 1
    json.dumps(facts["variables"])


def test_json_is_canonical():
    assert store.to_json({"b": 0.1, "a": [1, True, None]}) == '{"a":[1,true,null],"b":0.1}'
    for value in np.random.default_rng(0).normal(size=100).tolist():
        assert json.loads(store.to_json(value)) == value
    with pytest.raises(ValueError):
        store.to_json(float("nan"))
