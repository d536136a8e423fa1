"""Descent of one is descent of the other: energy and product loss of the multitasking network along zero-temperature dynamics.

    2 H/N = sum_mu L(+) L(-) + a constant of the sample,   L(+-) = norm(xi +- s)**2 / (2 N)

The sum of L(-) alone, whose minimum would be s = xi for every pattern at once, goes up and down.
Reads data/multitasking_descent.h5 (sims/ of the same name).  --quick reads the store of its --quick run.
"""
import numpy as np

from hebbnet import plotting
from hebbnet.cli import main_figure


def draw(run, path):
    sweeps = 1 + np.arange(run.sizes["measurement"])
    with plotting.figure(path, ncols=2, figsize=(11, 4.6)) as (fig, (course, against)):
        runs = [run.isel(disorder=sample, chain=chain) for sample in range(run.sizes["disorder"]) for chain in range(run.sizes["chain"])]
        for number, (one, color) in enumerate(zip(runs, plotting.COLORS)):
            energy, product, minus = (x - x[0] for x in (2 * one.energy_series.values, one.product_loss.values, one.minus_loss.values))
            first = number == 0
            course.plot(sweeps, energy, color=color, linewidth=1.2, label=r"$2 H / N$" if first else None)
            course.plot(sweeps, product, "o", color=color, markerfacecolor="none", label=r"$\sum_\mu L_\mu^+ L_\mu^-$" if first else None)
            course.plot(sweeps, minus, ":", color=color, linewidth=1, label=r"$\sum_\mu L_\mu^-$" if first else None)
            against.plot(product, energy, "o", color=color, markerfacecolor="none", label=f"sample {number // run.sizes['chain'] + 1}, "
                         f"run {number % run.sizes['chain'] + 1}")
        ends = np.array(against.get_xlim())
        against.plot(ends, ends, color="black", linewidth=0.8, label="slope 1")
        course.set(xlabel="sweeps", ylabel="change since the first sweep",
                   title=rf"$\alpha$ = {float(run.alpha):g}, d = {float(run.d):g}, N = {int(run.N)}, T = 0, from random spins")
        against.set(xlabel=r"change of $\sum_\mu L_\mu^+ L_\mu^-$", ylabel=r"change of $2 H / N$")
        course.legend()
        against.legend()


if __name__ == "__main__":
    main_figure(draw, "multitasking_descent", stores=("{}",))
