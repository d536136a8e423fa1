"""The walls of the house: who imports whom, what `import hebbnet` loads, and that a network is one file in each wing."""
import ast
import importlib.metadata
import pathlib
import subprocess
import sys

import pytest

import hebbnet
from hebbnet import equations, networks

ROOT = pathlib.Path(hebbnet.__file__).parent

# unit -> units it may import (docs: CONTRIBUTING, "Who may import whom")
MAY_IMPORT = {
    "params": set(), "compiled": set(), "streams": {"params"}, "patterns": {"params", "streams"}, "observables": {"params"},
    "networks": {"params", "streams", "patterns"}, "montecarlo": {"params", "streams", "patterns", "networks", "observables", "compiled"},
    "equations": {"params", "patterns"}, "meanfield": {"params", "patterns", "equations", "observables"},
    "store": {"params", "observables"}, "executors": set(), "taskfiles": {"store"},
    "sweep": {"params", "observables", "store", "executors", "taskfiles"},
    "plotting": {"params", "observables", "store"}, "losses": {"params"}, "modern": {"params", "patterns", "compiled"}, "torch": {"params", "modern"},
    "datasets": {"params", "patterns"},
    "learning": {"params", "patterns", "montecarlo", "datasets"},
}
ONLY_IN = {"h5py": {"store"}, "matplotlib": {"plotting"}, "dask": {"executors"}, "distributed": {"executors"}, "submitit": {"executors"},
           "filelock": {"taskfiles"}, "cupy": {"montecarlo"}, "click": {"cli"}, "sklearn": {"datasets"},
           "torch": {"torch"}}


def imports(path):
    """(top-level unit, imported hebbnet units, imported outside packages) of one source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    inside, outside = set(), set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            outside.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            outside.add(node.module.split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            base = list(parts[:len(parts) - node.level])
            whole = base + (node.module.split(".") if node.module else [])
            inside.update([whole[0]] if whole else [alias.name for alias in node.names])
    return parts[0], inside - {parts[0]}, outside


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_downhill(path):
    unit, inside, outside = imports(path)
    if unit not in ("cli", "__init__", "__main__"):
        assert inside - {"__init__", "__version__"} <= MAY_IMPORT[unit]
        assert "hebbnet" not in outside or unit in ("store", "sweep")
    for package, homes in ONLY_IN.items():
        assert package not in outside or unit in homes
    assert "cupy" not in outside or path.name == "cupy_engine.py"
    assert not outside & {"sims", "theory", "figures"}


def test_every_unit_has_its_place():
    units = {p.stem if p.is_file() else p.name for p in ROOT.iterdir() if p.suffix == ".py" or (p.is_dir() and p.name[0] != "_")}
    assert units - {"__init__", "__main__", "cli"} == set(MAY_IMPORT)


def test_import_is_light():
    code = ("import sys, hebbnet; heavy = {'numba', 'scipy', 'xarray', 'matplotlib', 'h5py', 'click', 'tqdm', 'cupy', 'dask', 'sklearn'}; "
            "print(sorted(heavy & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_public_names_resolve():
    for name in hebbnet.__all__:
        assert getattr(hebbnet, name) is not None
    with pytest.raises(AttributeError, match="solv"):
        hebbnet.solv  # noqa: B018


def test_every_network_is_one_file_in_each_wing():
    assert networks.names() == equations.names()
    for name in networks.names():
        network, theory = networks.get(name), equations.get(name)
        for part in ("REQUIRED", "OPTIONAL", "LARGEST_P", "law", "scale", "load", "draw"):
            assert hasattr(network, part)
        assert "H(s)" in network.__doc__ and "Source" in network.__doc__
        assert set(network.OPTIONAL) <= {*theory.REQUIRED, *theory.OPTIONAL}   # the same words in both wings


def test_the_version_stands_in_one_place():
    assert importlib.metadata.version("hebbnet") == hebbnet.__version__
