"""Shared settings: `--slow` adds the heavy physics; figures never open a window."""
import os

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run the heavy physics tests")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="heavy physics: run with --slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)
