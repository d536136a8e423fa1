"""Metadata is in setup.cfg; this only declares the optional C kernels, which a machine without a C compiler goes without."""
from setuptools import Extension, setup

setup(ext_modules=[Extension("hebbnet.montecarlo._native", ["hebbnet/montecarlo/native.c"], optional=True,
                             extra_compile_args=["-O3", "-ffp-contract=off"])])
