"""What a stored benchmark says about the machine it ran on, and how it is stored."""
import json
import os
import platform

import cpuinfo
import numba
import numpy
import threadpoolctl

import hebbnet

ONE_THREAD = threadpoolctl.threadpool_limits(1)   # those of BLAS that wait for work count as processor time; from here on, for all scripts

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def about():
    return {"cores": CORES, "cpu": cpuinfo.get_cpu_info().get("brand_raw", platform.processor()), "machine": platform.machine(),
            "llvm_target": numba.core.codegen.ll.get_host_cpu_name(), "python": platform.python_version(), "numba": numba.__version__,
            "numpy": numpy.__version__, "hebbnet": hebbnet.__version__}


def write(path, **figures):
    """The figures as JSON beside the machine; nothing without a path."""
    if path:
        with open(path, "w") as file:
            json.dump({"machine": about(), **figures}, file, indent=1)
        print(f"wrote {path}")
