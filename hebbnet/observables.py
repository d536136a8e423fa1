"""The quantities that hebbnet measures or solves for: symbol, unit and meaning, written once for files, labels and docs.

`describe(name)` also understands derived names: `m_mean` and `m_err` (mean over disorder samples and its standard error).
"""
from dataclasses import dataclass

from .params import PARAMETERS


@dataclass(frozen=True)
class Observable:
    name: str
    symbol: str   # LaTeX, without dollar signs
    meaning: str
    units: str = "1"


OBSERVABLES = {o.name: o for o in [
    # order parameters
    Observable("m", "m", "Mattis overlap with the condensed pattern, per neuron"),
    Observable("m_other", r"m_{\mathrm{other}}", "largest absolute overlap with any other pattern, per neuron"),
    Observable("q", "q", "Edwards-Anderson overlap of two replicas, per neuron"),
    Observable("crosstalk", "r", "crosstalk noise of the AGS theory (P = 2), in units of alpha"),
    Observable("chi", r"\chi", "(1 - q)/T, at T = 0 its limit", "1/energy"),
    # thermodynamics, per neuron
    Observable("energy", "e", "energy per neuron", "energy"),
    Observable("entropy", "s", "entropy per neuron"),
    Observable("free_energy", "f", "free energy per neuron, f = -T A", "energy"),
    Observable("free_entropy", "A", "free entropy per neuron, A = lim ln Z / N"),
    Observable("replicon", r"1 - \lambda", "replicon eigenvalue; positive: replica symmetry is stable"),
    # Monte Carlo bookkeeping
    Observable("acceptance", "a", "fraction of attempted flips that changed the spin"),
    Observable("m_tau", r"\tau_m", "integrated autocorrelation time of m", "sweeps"),
    Observable("ess", r"n_{\mathrm{eff}}", "effective number of independent measurements of m"),
    Observable("equilibrated", "eq", "verdict of the equilibration test"),
    Observable("escaped", "esc", "the chain started in the retrieval state and left it"),
    Observable("escaped_fraction", r"p_{\mathrm{esc}}", "fraction of chains that left the retrieval state"),
    Observable("m_retrieval", r"m_{\mathrm{ret}}", "overlap averaged over the chains that stayed in the retrieval state"),
    Observable("spins", "s", "spins at the end"),
    Observable("exact_integers", "int", "whether all local fields were exact integers (otherwise float64)"),
    # solver bookkeeping
    Observable("converged", "ok", "whether the solver converged"),
    Observable("residual", r"\epsilon", "largest residual of the self-consistency equations"),
    Observable("iterations", "n", "iterations of the solver"),
    Observable("status", "status", "what the solver has to say about this point"),
    Observable("spinodal", "spinodal", "end of the retrieval branch"),
    Observable("transition", "transition", "equal free energies of retrieval and the m = 0 phase"),
    Observable("at", "AT", "de Almeida-Thouless line of the retrieval branch"),
    Observable("static_glass", "static glass", "static freezing of the m = 0 phase"),
    Observable("dynamic_glass", "dynamic glass", "dynamic freezing of the m = 0 phase"),
]}
for _line in [OBSERVABLES[name] for name in ("spinodal", "transition", "at", "static_glass", "dynamic_glass")]:
    OBSERVABLES[f"{_line.name}_roots"] = Observable(f"{_line.name}_roots", _line.symbol, f"{_line.meaning}: all roots")
    OBSERVABLES[f"{_line.name}_status"] = Observable(f"{_line.name}_status", "status", f"{_line.meaning}: what the solver has to say")

# coordinates that are not control parameters
DIMENSIONS = {
    "disorder": "disorder sample",
    "chain": "Markov chain of one disorder sample",
    "pair": "pair of chains (0,1), (2,3), ...",
    "measurement": "measurement within a chain",
    "neuron": "neuron",
    "root": "root of the equation, ascending",
    "branch": "branch of the self-consistency equations",
    "line": "line of the phase diagram",
}


def describe(name):
    """Attributes of a variable or coordinate called `name`: {'long_name', 'units', 'symbol'}; {} if it is not known."""
    if name in OBSERVABLES:
        o = OBSERVABLES[name]
        return {"long_name": o.meaning, "units": o.units, "symbol": o.symbol}
    if name in PARAMETERS:
        p = PARAMETERS[name]
        return {"long_name": p.meaning, "units": "energy" if name == "T" else "1", "symbol": p.symbol}
    if name in DIMENSIONS:
        return {"long_name": DIMENSIONS[name], "units": "1", "symbol": name}
    for suffix, words, mark in (("_mean", "mean over disorder samples", r"\langle %s \rangle"),
                                ("_err", "standard error over disorder samples", r"\delta %s"),
                                ("_series", "time series", "%s(t)")):
        base = OBSERVABLES.get(name.removesuffix(suffix))
        if name.endswith(suffix) and base:
            return {"long_name": f"{base.meaning}: {words}", "units": base.units, "symbol": mark % base.symbol}
    return {}
