"""Sphinx settings: `make docs`."""
import hebbnet

project = "hebbnet"
author = "The hebbnet developers"
release = hebbnet.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
autodoc_member_order = "bysource"
