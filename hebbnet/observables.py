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
    Observable("m_abs", "|m|", "absolute Mattis overlap with the condensed pattern, per neuron"),
    Observable("m_max", r"m_{\max}", "largest overlap with any pattern, per neuron"),
    Observable("alpha_lost", r"\alpha_{\mathrm{lost}}", "load at which the noise of the patterns first exceeds the signal of a probe, ln(K)/N"),
    Observable("alpha_half", r"\alpha_{1/2}", "load at which one update loses half of the probes"),
    Observable("alpha_half_err", r"\delta \alpha_{1/2}", "standard error of the load of half of the probes, from the order of their loads"),
    Observable("m_c", "m_c", "overlap that a well of a modern network must have: minus the energy of the paramagnet"),
    Observable("virial", "v", "(x . x - x . f(x))/N with the update f, of mean T in Euclidean space", "energy"),
    Observable("m_other", r"m_{\mathrm{other}}", "largest absolute overlap with any other pattern, per neuron"),
    Observable("n", "n", "overlap with the mean of the condensed archetype's examples, times r/R with R = r^2 + (1 - r^2)/M, per neuron"),
    Observable("m_example", r"m_{\mathrm{example}}", "largest absolute overlap with one example of the condensed archetype, per neuron"),
    Observable("retrieved", r"n_{\mathrm{ret}}", "number of patterns that hold their own sites, where those of larger |m| are zero"),
    Observable("q", "q", "Edwards-Anderson overlap of two replicas, per neuron"),
    Observable("q_abs", "|q|", "absolute overlap of two replicas, per neuron"),
    Observable("q2", "q^2", "second moment of the overlap of two replicas"),
    Observable("q4", "q^4", "fourth moment of the overlap of two replicas"),
    Observable("q_density", "P(q)", "distribution of the overlap of two replicas"),
    Observable("q_center", "q", "overlap of two replicas, center of the bin"),
    Observable("q_edge", "q", "overlap of two replicas, edge of the bin"),
    Observable("binder", "g", "Binder cumulant of q, (3 - [q^4] / [q^2]^2) / 2 with [.] over time and disorder"),
    Observable("q0", "q_0", "overlap of two clusters of states, per neuron"),
    Observable("q1", "q_1", "overlap of two states of one cluster, per neuron"),
    Observable("theta", r"\theta", "Parisi parameter, the probability of an overlap below q1"),
    Observable("y", "y", "theta/T, at T = 0 its limit", "1/energy"),
    Observable("crosstalk0", "r_0", "crosstalk noise common to all clusters (P = 2), in units of alpha"),
    Observable("crosstalk", "r", "crosstalk noise of the AGS theory (P = 2), in units of alpha"),
    Observable("chi", r"\chi", "(1 - q)/T, with broken symmetry of the largest overlap, at T = 0 its limit", "1/energy"),
    # thermodynamics, per neuron
    Observable("energy", "e", "energy per neuron", "energy"),
    Observable("entropy", "s", "entropy per neuron"),
    Observable("free_energy", "f", "free energy per neuron, f = -T A", "energy"),
    Observable("free_entropy", "A", "free entropy per neuron, A = lim ln Z / N"),
    Observable("replicon", r"1 - \lambda", "replicon eigenvalue; positive: replica symmetry is stable"),
    Observable("replicon0", r"1 - \lambda_0", "outer replicon eigenvalue; positive: stable between clusters"),
    Observable("lowest_mode", r"\lambda_{\min}", "smallest eigenvalue of the Hessian of f; positive: the state is locally stable"),
    Observable("example_mode", r"\lambda_{\mathrm{ex}}", "stability against single examples; positive: none wins over the others"),
    Observable("complexity", r"\Sigma", "complexity: logarithm of the number of states, per neuron"),
    Observable("state_free_energy", "f", "free energy of one of the states that the complexity counts, per neuron", "energy"),
    Observable("state_class", "class", "kind of state: which overlaps are zero, equal, or larger than the sum of the smaller ones"),
    # modern networks: functions of arrays
    Observable("k90", r"k_{90}", "number of softmax weights that sum to 0.9"),
    Observable("retrieved_fraction", r"f_{\mathrm{ret}}", "fraction of stored patterns that are retrieved"),
    Observable("separation", r"\Delta", "separation of a pattern from the others, min of x_i.x_i - x_i.x_j"),
    Observable("update_error", r"|f(x) - x_i|", "distance of the state after one update from the pattern, in units of the largest norm"),
    Observable("capacity_bound", r"K_{\mathrm{thm}}", "number of patterns that the capacity theorem guarantees"),
    # Monte Carlo bookkeeping
    Observable("acceptance", "a", "fraction of attempted flips that changed the spin"),
    Observable("swap_rate", "a_s", "fraction of attempted swaps of neighboring temperatures that were accepted"),
    Observable("round_trips", "n_{rt}", "round trips from the coldest to the hottest temperature and back while measuring"),
    Observable("replicas_agree", "eq_2", "verdict of the comparison of two replicas"),
    Observable("m_tau", r"\tau_m", "integrated autocorrelation time of m", "sweeps"),
    Observable("ess", r"n_{\mathrm{eff}}", "effective number of independent measurements of m"),
    Observable("equilibrated", "eq", "verdict of the equilibration test"),
    Observable("escaped", "esc", "the chain started in the retrieval state and left it"),
    Observable("escaped_fraction", r"p_{\mathrm{esc}}", "fraction of chains that left the retrieval state"),
    Observable("m_retrieval", r"m_{\mathrm{ret}}", "overlap averaged over the chains that stayed in the retrieval state"),
    Observable("n_retrieval", r"n_{\mathrm{ret}}", "n averaged over the chains that stayed in the retrieval state"),
    Observable("spins", "s", "spins at the end"),
    Observable("magnetizations", "m_i", "site magnetizations at the end"),
    Observable("exact_integers", "int", "whether all local fields were exact integers (otherwise float64)"),
    # solver bookkeeping
    Observable("converged", "ok", "whether the solver converged"),
    Observable("residual", r"\epsilon", "largest residual of the self-consistency equations"),
    Observable("iterations", "n", "iterations of the solver"),
    Observable("status", "status", "what the solver has to say about this point"),
    Observable("spinodal", "spinodal", "end of the retrieval branch"),
    Observable("transition", "transition", "equal free energies of retrieval and the m = 0 phase"),
    Observable("nishimori", "m = q", "line on which m = q and replica symmetry is exact"),
    Observable("at", "AT", "de Almeida-Thouless line of the retrieval branch"),
    Observable("static_glass", "static glass", "static freezing of the m = 0 phase"),
    Observable("dynamic_glass", "dynamic glass", "dynamic freezing of the m = 0 phase"),
    Observable("gardner", "Gardner", "Gardner line: the one-step glass becomes unstable"),
    Observable("ergodic", "T_c", "ergodic line: above it all overlaps vanish"),
    Observable("pure", "T_P", "the state with one condensed pattern becomes unstable"),
    Observable("symmetric", "T_S", "the state of equal overlaps becomes unstable"),
    Observable("hierarchical", "d_c", "end of the hierarchical state at T = 0"),
    Observable("ground_state", "d^*", "the hierarchical state stops being the ground state"),
    Observable("multicritical", "d_m", "pure and symmetric states meet on the ergodic line"),
    Observable("parallel", r"\rho_S", "equal overlaps become stable by the noise of the data"),
    Observable("union", r"T_\mathrm{union}", "all wells of a modern network together balance the paramagnet"),
    Observable("single", r"T_\mathrm{single}", "one well of a modern network balances the paramagnet"),
]}
_lines = ("spinodal", "transition", "at", "nishimori", "static_glass", "dynamic_glass", "gardner", "ergodic", "pure", "symmetric", "hierarchical",
          "ground_state", "multicritical", "parallel", "union", "single")
for _line in [OBSERVABLES[name] for name in _lines]:
    OBSERVABLES[f"{_line.name}_roots"] = Observable(f"{_line.name}_roots", _line.symbol, f"{_line.meaning}: all roots")
    OBSERVABLES[f"{_line.name}_status"] = Observable(f"{_line.name}_status", "status", f"{_line.meaning}: what the solver has to say")

# coordinates that are not control parameters
DIMENSIONS = {
    "disorder": "disorder sample",
    "pattern": "patterns by their overlap, the largest first",
    "stored": "patterns as they are stored",
    "kind": "kind of network or of patterns",
    "chain": "Markov chain of one disorder sample",
    "pair": "pair of chains (0,1), (2,3), ...",
    "replica": "independent copy of the whole ladder of temperatures",
    "interval": "neighboring temperatures T[k], T[k + 1] of the ladder",
    "walker": "state that wanders over the ladder",
    "bin": "bin of the distribution of q",
    "edge": "edge of a bin of the distribution of q",
    "measurement": "measurement within a chain",
    "probe": "independent starting state",
    "neuron": "neuron",
    "root": "root of the equation, ascending",
    "level": "level of the hierarchy of overlaps, outermost first",
    "step": "step of replica symmetry breaking, outermost first",
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
