"""Metadata is in setup.cfg; this only declares the optional C kernels, which a machine without a C compiler goes without."""
from setuptools import Extension, setup

SOURCES = {"montecarlo": ["native.c", "narrow.c"], "modern": ["native.c"]}

setup(ext_modules=[Extension(f"hebbnet.{unit}._native", [f"hebbnet/{unit}/{name}" for name in names], depends=["hebbnet/montecarlo/native.h"],
                             optional=True, extra_compile_args=["-O3", "-ffp-contract=off"]) for unit, names in SOURCES.items()])
