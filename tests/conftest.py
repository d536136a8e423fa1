"""Shared settings: `--slow` adds the heavy physics; tests marked `gpu` run where there is one; figures never open a window."""
import os

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run the heavy physics tests")


def pytest_collection_modifyitems(config, items):
    on_gpu = [item for item in items if "gpu" in item.keywords]
    missing = no_gpu() if on_gpu else None
    for item in on_gpu if missing else ():
        item.add_marker(pytest.mark.skip(reason=missing))
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="heavy physics: run with --slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)


def no_gpu():
    """Why no GPU can be used, or None."""
    from hebbnet.montecarlo import cupy_engine
    from hebbnet.params import ParameterError

    try:
        cupy_engine.load()
    except ParameterError as error:
        return str(error)
