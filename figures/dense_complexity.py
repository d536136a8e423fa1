"""Complexity of the dense P = 3 and P = 4 glasses: number of states against their free energy, and against temperature in equilibrium.

Reads data/dense_complexity_theory.h5 (theory/ of the same name); T_K, T_d and what happens there are solved here.  --quick reads the
store of its --quick run.
"""
import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

SHARES = (0.1, 0.5, 0.9)   # (T - T_K)/(T_d - T_K) of the curves; the nearest temperatures solved are drawn


def curves(ax, data, P, static, dynamic):
    """Sigma(f) of the stable states at a few temperatures, with a dot where they are the equilibrium ones."""
    for share, color in zip(SHARES, plotting.COLORS[2:]):
        here = data.sel(P=P).sel(T=static + share * (dynamic - static), method="nearest")
        stable = here.replicon > 0
        ax.plot(here.state_free_energy.where(stable), here.complexity.where(stable), color=color, label=f"$T$ = {float(here['T']):.3f}")
        equilibrium = here.sel(theta=1.0, method="nearest")
        ax.plot(equilibrium.state_free_energy, equilibrium.complexity, "o", color=color)
    ax.plot([], [], "o", color=plotting.COLORS[5], label=r"in equilibrium, $\theta$ = 1")
    most = float(data.complexity.sel(P=P).where(data.replicon.sel(P=P) > 0).sel(T=slice(static, dynamic)).max())
    f = data.state_free_energy.sel(P=P).sel(T=slice(static, dynamic)).where(data.complexity.sel(P=P) >= 0)
    ax.set(xlabel="free energy $f$ of a state, per neuron", ylabel=r"complexity $\Sigma$, per neuron", ylim=(0, 1.1 * most),
           xlim=(float(f.min()) - 0.001, float(f.max()) + 0.001), title=rf"dense network, P = {P}, $\alpha$ = 1, $m$ = 0: stable states")
    ax.locator_params(axis="x", nbins=5)
    ax.legend(loc="upper left")


def draw(data, path):
    with plotting.figure(path, ncols=3, figsize=(13.5, 4.4)) as (fig, (three, four, equilibrium)):
        for P, ax, color in ((3, three, plotting.COLORS[0]), (4, four, plotting.COLORS[1])):
            static, dynamic = (float(hn.boundary("dense", which, P=P, alpha=1.0)) for which in ("static_glass", "dynamic_glass"))
            curves(ax, data, P, static, dynamic)
            T = data["T"].values
            inside = (T > static) & (T < dynamic)
            number = data.complexity.sel(P=P).sel(theta=1.0, method="nearest").values[inside]
            born = hn.complexity("dense", P=P, alpha=1.0, T=dynamic * (1 - 1e-10), theta=[1.0]).complexity.item()
            equilibrium.plot([static, *T[inside], dynamic], [0.0, *number, born], color=color, label=f"P = {P}")
            equilibrium.plot([dynamic, dynamic], [0, born], ":", color=color, linewidth=1)
            equilibrium.plot(static, 0, "s", color=color, clip_on=False)
            equilibrium.plot(dynamic, born, "^", color=color)
        for marker, words in (("s", "$T_K$"), ("^", "$T_d$: the states dissolve")):
            equilibrium.plot([], [], marker, color=plotting.COLORS[5], label=words)
        equilibrium.set(xlabel=plotting.label("T"), ylabel=r"complexity $\Sigma$ in equilibrium, per neuron", ylim=(0, None),
                        title=r"the paramagnet between $T_K$ and $T_d$, $\theta$ = 1, $\alpha$ = 1")
        equilibrium.legend(loc="upper left")


if __name__ == "__main__":
    main_figure(draw, "dense_complexity", stores=("{}_theory",))
