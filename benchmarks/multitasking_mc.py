"""Overlaps of large multitasking networks: Monte Carlo, the mean field of the same sample, and the theory of an infinite network.

One sample, sequential heat bath from the hierarchical state.  A sample's overlaps differ from the theory by about sqrt((1-d)/N)/lambda, with
lambda the lowest eigenvalue of the theory's Hessian (at T = 0 it is 1, where every field is nonzero); the last columns are the largest
difference of Monte Carlo from the theory in this unit, and from the mean field of its own sample as it is.  Takes a minute.

    python benchmarks/multitasking_mc.py [--save benchmarks/results/NAME.json]
"""

import click
import numpy as np
from machine import write

import hebbnet as hn

BOTH = ("supervised", "unsupervised")
CASES = [   # parameters, learning, theory (exact M, or the limit of large M where it is marked), lambda (None: not tabulated, 1 is taken)
    ({"K": 2, "d": 0.2, "T": 0.1}, ("storage",), (0.7999987, 0.1425048), 0.669),
    ({"K": 2, "d": 0.5, "T": 0.15}, ("storage",), (0.4909465, 0.2382904), 0.596),
    ({"K": 3, "d": 0.5, "T": 0.05}, ("storage",), (0.4995837, 0.2495690, 0.1245423), 0.877),
    ({"K": 3, "d": 0.8, "T": 0.1}, ("storage",), (0.1519793,) * 3, 0.281),
    ({"K": 3, "d": 0.8, "T": 0.02}, ("storage",), (0.1944783, 0.1639999, 0.1335213), 0.585),
    ({"K": 5, "d": 0.4, "T": 0.0}, ("storage",), (0.6, 0.24, 0.096, 0.0384, 0.01536), 1.0),
    ({"K": 3, "d": 0.7, "T": 0.0}, ("storage",), (0.2865, 0.2235, 0.1605), 1.0),
    ({"K": 2, "d": 0.2, "T": 0.1, "r": 0.4, "M": 20}, BOTH, (0.7166696, 0.1891760), 0.563),
    ({"K": 3, "d": 0.3, "T": 0.05, "r": 0.5, "M": 50}, BOTH, (0.6974, 0.2102, 0.0492), None),   # large M
    ({"K": 3, "d": 0.8, "T": 0.05, "r": 0.4, "M": 60}, BOTH, (0.1613,) * 3, 0.546),             # large M; lambda at rho = 0.1
    ({"K": 2, "d": 0.3, "T": 0.0, "r": 0.5, "M": 40}, BOTH, (0.6944, 0.2153), None),
]
N = {"storage": 200_000, "supervised": 40_000, "unsupervised": 40_000}
SEED = 1


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    for point, learnings, theory, eigenvalue in CASES:
        for learning in learnings:
            size = N[learning]
            settings = {**point, "N": size, "learning": learning, "seed": SEED}
            run = hn.simulate("multitasking", order="systematic", thermalize=100, measure=200, every=5, disorder=1, chains=1, **settings)
            own = hn.same_sample(tolerance=1e-8, **settings)
            m = run.m.values[0, 0]
            unit = np.sqrt((1 - point["d"]) / size) / (eigenvalue or 1)
            off, away = np.abs(m - theory).max() / unit, np.abs(m - own.m).max()
            rows.append({**settings, "monte_carlo": m.tolist(), "same_sample": own.m.tolist(), "theory": list(theory), "lambda": eigenvalue,
                         "sampling_errors_from_theory": off, "largest_difference_from_same_sample": away})
            words = " ".join(f"{k}={v:g}" for k, v in point.items())
            shown = ["  ".join(f"{x:.4f}" for x in values) for values in (m, own.m, theory)]
            print(f"{words:32} {learning:12} MC {shown[0]}\n{'':45} own {shown[1]}\n{'':42} theory {shown[2]}   off by {off:.1f}; own {away:.1e}",
                  flush=True)
    write(save, multitasking=rows)


if __name__ == "__main__":
    command()
