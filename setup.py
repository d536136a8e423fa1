"""Metadata is in setup.cfg; this only declares the optional C kernels, which a machine without a C compiler goes without."""
from setuptools import Extension, setup

setup(ext_modules=[Extension(f"hebbnet.{unit}._native", [f"hebbnet/{unit}/native.c"], optional=True, extra_compile_args=["-O3", "-ffp-contract=off"])
                   for unit in ("montecarlo", "modern")])
