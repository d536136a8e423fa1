"""hebbnet: statistical mechanics of associative memory networks.

One model, two wings, one picture: `simulate` draws a finite network and samples it, `solve` and `boundary` solve its
self-consistency equations, and both write the same labelled data.  Public names are loaded on first use, so that
`import hebbnet` is quick.
"""
import importlib

__version__ = "0.1.0"

_HOME = {
    "solve": "meanfield", "solve_map": "meanfield", "boundary": "meanfield", "phase_diagram": "meanfield",
    "MeanField": "meanfield", "Lines": "meanfield", "Solution": "meanfield", "Boundary": "meanfield",
    "complexity": "meanfield", "Capacities": "meanfield", "extrapolate": "meanfield", "sk_ground_state": "meanfield",
    "learning_threshold": "meanfield", "states": "meanfield", "state_class": "meanfield",
    "hierarchical_one_step": "meanfield", "hierarchical_threshold": "meanfield",
    "Complexity": "meanfield", "one_step": "meanfield", "example_threshold": "meanfield", "detectable_quality": "meanfield",
    "flip_error": "meanfield", "load_of_error": "meanfield", "error_free_load": "meanfield",
    "scaling_exponents": "meanfield", "losses": "losses", "modern": "modern", "datasets": "datasets", "patterns": "patterns",
    "learn": "learning", "learning": "learning",
    "simulate": "montecarlo", "MonteCarlo": "montecarlo", "fixed_point": "montecarlo", "FixedPoint": "montecarlo",
    "temper": "montecarlo", "Tempering": "montecarlo", "tune_ladder": "montecarlo",
    "same_sample": "montecarlo", "OneUpdate": "montecarlo", "critical_loads": "montecarlo", "retrieved": "montecarlo",
    "Grid": "params", "ParameterError": "params",
    "Study": "sweep", "StudyError": "sweep", "open": "store", "StoreError": "store",
}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name in _HOME:
        home = importlib.import_module(f"hebbnet.{_HOME[name]}")
        value = home if _HOME[name] == name else getattr(home, name)   # a module of functions is public as it is
        globals()[name] = value
        return value
    raise AttributeError(f"module 'hebbnet' has no attribute {name!r}; public names: {', '.join(__all__)}")


def __dir__():
    return sorted([*globals(), *__all__])
