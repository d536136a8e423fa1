"""What a stored benchmark says about the machine it ran on."""
import platform

import cpuinfo
import numba
import numpy

import hebbnet


def about():
    return {"cpu": cpuinfo.get_cpu_info().get("brand_raw", platform.processor()), "machine": platform.machine(),
            "llvm_target": numba.core.codegen.ll.get_host_cpu_name(), "python": platform.python_version(), "numba": numba.__version__,
            "numpy": numpy.__version__, "hebbnet": hebbnet.__version__}
