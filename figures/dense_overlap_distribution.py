"""Overlap distribution and energy of the glass across T_K: parallel tempering beside one-step replica symmetry breaking.

1RSB below T_K: two replicas are in the same cluster, q = q1, with probability 1 - theta, and in different ones, q = 0, otherwise.
Reads data/dense_overlap_distribution{,_theory}.h5 (sims/ and theory/ of the same name).  --quick reads the stores of their --quick
runs.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

SHOWN = (0.4, 0.55, 0.65, 0.85)   # T / sqrt(alpha) of the distributions; the nearest simulated ones are drawn
TREND = (0.4, 0.5, 0.6)           # of the energies against 1/N


def distributions(density, cumulative, run, glass, transition, unit):
    """P(q) and its integral at the largest size, with the 1RSB prediction below T_K."""
    big = run.isel(N=-1)
    width = np.diff(big.q_edge.values)
    for tau, color, marker in zip(SHOWN, plotting.COLORS, plotting.MARKERS):
        here = big.sel(T=tau * unit, method="nearest")
        T = float(here["T"])
        words = f"$T$ = {T / transition:.2f} $T_K$"
        density.errorbar(here.q_center, here.q_density_mean, here.q_density_err, fmt=f"{marker}:", color=color, linewidth=0.8, capsize=2,
                         label=words)
        below = np.cumsum(here.q_density.values * width, axis=-1)   # each sample's own, for its error bar
        error = below.std(0, ddof=1) / np.sqrt(len(below))
        cumulative.errorbar(here.q_edge.values[1:], below.mean(0), error, fmt=marker, color=color, capsize=2)
        q1, theta = 0.0, 1.0
        if T < transition:
            one = glass.sel(T=T, method="nearest")
            q1, theta = float(one.q1), float(one.theta)
            density.axvline(q1, color=color, linestyle="--", linewidth=1.2)
        cumulative.plot([-1, 0, 0, q1, q1, 1], [0, 0, theta, theta, 1, 1], color=color, linewidth=1.2)
    density.axvline(0, color=plotting.COLORS[5], linestyle="--", linewidth=1.2)
    density.plot([], [], "--", color=plotting.COLORS[5], label="1RSB: $q = 0$ and $q_1(T)$")
    density.set(xlabel=plotting.label("q"), ylabel="distribution $P(q)$", xlim=(-0.6, 1.02), title=f"N = {int(big.N)}")
    cumulative.set(xlabel=plotting.label("q"), ylabel=r"probability that the overlap is below $q$", xlim=(-0.6, 1.02), ylim=(-0.02, 1.04),
                   title=f"N = {int(big.N)}; lines: 1RSB, $N = \\infty$, " + r"steps $\theta$ at 0 and $1 - \theta$ at $q_1$")
    density.legend(loc="upper left", bbox_to_anchor=(0.46, 1.0))


def energies(against_T, against_N, run, glass, transition, unit, paramagnet):
    """Energy against temperature for all sizes, and against 1/N below T_K."""
    tau = run["T"].values / unit
    against_T.plot(glass["T"] / unit, glass.energy / unit, color=plotting.COLORS[0], label="1RSB glass")
    hot = np.linspace(transition, tau.max() * unit, 50)
    against_T.plot(hot / unit, [paramagnet(T) / unit for T in hot], color=plotting.COLORS[1], label="paramagnet")
    against_T.plot([], [], "--", color=plotting.COLORS[1], linewidth=0.8, label="paramagnet with finite-N factors")
    for N, marker in zip(run.N.values, plotting.MARKERS):
        here = run.sel(N=N)
        against_T.plot(hot / unit, [paramagnet(T, N=N) / unit for T in hot], "--", color=plotting.COLORS[1], linewidth=0.8)
        against_T.errorbar(tau, here.energy_mean / unit, here.energy_err / unit, fmt=marker, color=plotting.COLORS[5], capsize=2,
                           markerfacecolor="none", label=f"N = {N}")
    against_T.axvline(transition / unit, color=plotting.COLORS[5], linestyle="-.", linewidth=1)
    against_T.annotate("$T_K$", (transition / unit, 0.02), xycoords=("data", "axes fraction"), xytext=(3, 0), textcoords="offset points")
    against_T.set(xlabel=r"temperature $T / \sqrt{\alpha}$", ylabel=r"energy per neuron $e / \sqrt{\alpha}$")
    against_T.legend(loc="upper left")
    sizes, fine = run.N.values.astype(float), np.linspace(1e-9, 1 / run.N.values.min(), 200)
    for wanted, color, marker in zip(TREND, plotting.COLORS, plotting.MARKERS):
        here = run.sel(T=wanted * unit, method="nearest")
        T = float(here["T"])
        y, error = here.energy_mean.values / unit, here.energy_err.values / unit
        against_N.errorbar(1 / sizes, y, error, fmt=marker, color=color, capsize=2, label=rf"$T/\sqrt{{\alpha}}$ = {T / unit:.2f}")
        for power, dashes, place in ((1, ":", -0.0008), (2 / 3, "--", 0.0008)):   # the exponent is not known: its choice is an error too
            fit, covariance = np.polyfit(sizes**-power, y, 1, w=1 / error, cov="unscaled")
            against_N.plot(fine, np.polyval(fit, fine**power), dashes, color=color, linewidth=0.9)
            against_N.errorbar(place, fit[1], np.sqrt(covariance[1, 1]), fmt=marker, color=color, capsize=2, markerfacecolor="none", zorder=3)
        against_N.plot([-0.003, 0.003], [float(glass.energy.sel(T=T, method="nearest")) / unit] * 2, color=color, linewidth=2)
    against_N.plot([], [], color=plotting.COLORS[5], linewidth=2.5, label=r"1RSB, $N = \infty$")
    against_N.plot([], [], ":o", color=plotting.COLORS[5], markerfacecolor="none", label="fit linear in $1/N$, and its end")
    against_N.plot([], [], "--o", color=plotting.COLORS[5], markerfacecolor="none", label="fit linear in $N^{-2/3}$, and its end")
    against_N.set(xlabel="$1/N$", ylabel=r"energy per neuron $e / \sqrt{\alpha}$", xlim=(-0.004, None))
    against_N.legend(loc="lower right", ncols=2, fontsize=7.5)


def draw(run, theory, path):
    alpha, P = float(run.alpha), int(run.P)
    unit, transition = np.sqrt(alpha), float(hn.boundary("dense", "static_glass", P=P, alpha=alpha))
    glass = theory.sel(branch="glass")
    glass = glass.isel(T=np.flatnonzero(glass.converged.values))

    def paramagnet(T, **size):
        return hn.solve("dense", P=P, alpha=alpha, T=T, start="paramagnet", **size).energy

    with plotting.figure(path, nrows=2, ncols=3, figsize=(14.5, 8.2)) as (fig, axes):
        (density, cumulative, against_T), (against_N, binder, ladder) = axes
        distributions(density, cumulative, run, glass, transition, unit)
        energies(against_T, against_N, run, glass, transition, unit, paramagnet)
        tau = run["T"].values / unit
        for N, marker, color in zip(run.N.values, plotting.MARKERS, plotting.COLORS):
            here = run.sel(N=N)
            binder.errorbar(tau, here.binder, here.binder_err, fmt=f"{marker}:", linewidth=0.8, color=color, capsize=2, label=f"N = {N}")
            trips = float(here.round_trips.sum("walker").min())
            ladder.plot((tau[1:] + tau[:-1]) / 2, here.swap_rate_mean, marker, color=color,
                        label=f"N = {N}: at least {trips:.0f} round trips,\n{100 * float(here.replicas_agree.mean()):.1f} % of replica pairs agree")
        binder.axvline(transition / unit, color=plotting.COLORS[5], linestyle="-.", linewidth=1, label="$T_K$ ($N = \\infty$)")
        binder.axhline(0, color=plotting.COLORS[5], linewidth=0.6)
        binder.set(xlabel=r"temperature $T / \sqrt{\alpha}$", ylabel=r"Binder cumulant $(3 - [q^4]/[q^2]^2)/2$")
        binder.legend()
        ladder.set(xlabel=r"temperature $T / \sqrt{\alpha}$", ylabel="fraction of swaps accepted", ylim=(0, 1))
        ladder.legend(loc="lower center", title="evidence of equilibration, per replica")
        fig.suptitle(rf"glass of the dense network, P = {P}, $\alpha$ = {alpha:g}, {run.sizes['disorder']} samples, parallel tempering")


if __name__ == "__main__":
    main_figure(draw, "dense_overlap_distribution")
