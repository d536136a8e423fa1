"""Monte Carlo beside theory for learning from examples: the tables of docs/theory/examples.md, "Simulation and theory".  An hour and a half.

    python benchmarks/two_wings_learning.py [equilibrium] [paramagnet] [breaking]

Couplings are multiplied by N**P/[N (N-1) ... (N-P+1)], which removes the leading effect of distinct indices at finite N: the simulation
runs at T divided by that factor.  Examples of the condensed archetype are stratified.  Seed 2027 throughout.
"""
import math
import sys

import hebbnet as hn

SUPERVISED, UNSUPERVISED = "supervised", "unsupervised"
# learning, P, N, alpha, T, r, M, disorder samples
EQUILIBRIUM = [
    (SUPERVISED, 4, 216, 0.05, 0.3, 0.4, 27, 16), (SUPERVISED, 4, 216, 0.10, 0.3, 0.4, 27, 16), (SUPERVISED, 4, 144, 0.10, 0.3, 0.7, 8, 16),
    (SUPERVISED, 4, 96, 0.05, 0.3, 0.5, 5, 128),
    (SUPERVISED, 4, 144, 0.05, 0.3, 0.5, 5, 320), (SUPERVISED, 4, 216, 0.05, 0.3, 0.5, 5, 64), (SUPERVISED, 4, 288, 0.05, 0.3, 0.5, 5, 16),
    ("storage", 4, 216, 0.20, 0.4, None, None, 16),
    (SUPERVISED, 2, 2000, 0.02, 0.2, 0.5, 10, 64), (UNSUPERVISED, 2, 3000, 0.01, 0.3, 0.6, 8, 16), (UNSUPERVISED, 4, 96, 0.05, 0.3, 0.7, 8, 32),
    (UNSUPERVISED, 4, 144, 0.05, 0.3, 0.7, 8, 32), (UNSUPERVISED, 4, 192, 0.05, 0.3, 0.7, 8, 16),
    (UNSUPERVISED, 4, 144, 0.01, 0.3, 0.5, 20, 16), (UNSUPERVISED, 4, 192, 0.01, 0.3, 0.5, 20, 16),
    (UNSUPERVISED, 4, 256, 0.01, 0.3, 0.5, 20, 16)]


def cold(T, P, N):
    """T of a simulation whose couplings are those of distinct indices at N -> infinity."""
    return T * math.perm(N, P) / N**P


def pm(value, error):
    return f"{float(value):.4f}({float(error) * 1e4:.0f})"


def equilibrium(rows=EQUILIBRIUM):
    """Means over the chains that stayed; chains that left are counted."""
    print("| learning | P | N | alpha | T | r | M | samples | m | n | q | left | m, n, q of theory | (MC - theory)/error |\n" + "|---" * 14 + "|")
    for learning, P, N, alpha, T, r, M, disorder in rows:
        data = {} if learning == "storage" else dict(learning=learning, r=r, M=M)
        run = hn.simulate("dense", P=P, N=N, alpha=alpha, T=cold(T, P, N), **data, **({"stratified": True} if data else {}), disorder=disorder,
                          chains=2, thermalize=100, measure=300, every=3, seed=2027)
        s = hn.solve("dense", P=P, alpha=alpha, T=T, **data)
        names = ("m", "n", "q") if data else ("m", "m", "q")
        means = [f"{name}_retrieval" if name != "q" and float(run.escaped_fraction) > 0 else name for name in names]
        found = [(run[f"{mean}_mean"], run[f"{mean}_err"], getattr(s, name)) for mean, name in zip(means, names)]
        print(f"| {learning} | {P} | {N} | {alpha} | {T} | {r or ''} | {M or ''} | {disorder} | " + " | ".join(pm(x, e) for x, e, _ in found)
              + f" | {float(run.escaped_fraction):.0%} | " + " ".join(f"{want:.4f}" for *_, want in found) + " | "
              + " ".join(f"{float((x - want) / e):+.1f}" for x, e, want in found) + " |", flush=True)


def paramagnet():
    """Energy of the paramagnet at T = 2 is -alpha_eff/(2T): 1.866 times that of alpha at r = 0.7, M = 8.

    Here couplings are multiplied by the root of that factor, so that the variance of the energy is that of N -> infinity.
    """
    print("\n| N | energy | theory | with alpha in place of alpha_eff |\n|---|---|---|---|")
    point = dict(P=4, alpha=0.1, learning=UNSUPERVISED, r=0.7, M=8)
    want, found = hn.solve("dense", T=2.0, start="paramagnet", **point).energy, []
    for N in (48, 64, 96, 128):
        run = hn.simulate("dense", N=N, T=2.0 * (math.perm(N, 4) / N**4) ** 0.5, start="random", disorder=24, chains=2, thermalize=50,
                          measure=300, every=3, seed=2027, **point)
        scale = (N**4 / math.perm(N, 4)) ** 0.5
        found.append((1 / N, float(run.energy_mean) * scale, float(run.energy_err) * scale))
        print(f"| {N} | {pm(*found[-1][1:])} | {want:.5f} | {-0.1 / 4:.5f} |", flush=True)
    import numpy as np
    x, y, e = np.array(found).T
    (slope, limit), covariance = np.polyfit(x, y, 1, w=1 / e, cov="unscaled")
    print(f"| linear in 1/N | {pm(limit, covariance[1, 1] ** 0.5)} | {want:.5f} | |", flush=True)


def breaking():
    """P = 4, alpha = 0.3, r = 0.3, T = 0.1: symmetric retrieval ends at M = 116 and one-step retrieval at M = 29."""
    point = dict(P=4, alpha=0.3, T=0.1, learning=SUPERVISED, r=0.3)
    print("\n| M | N | m after 20 sweeps | m after 200 | left after 20 | left after 200 | m, one step | m, symmetric |\n" + "|---" * 8 + "|")
    for M in (40, 60):
        one, rs = (hn.solve("dense", M=M, ansatz=ansatz, **point) for ansatz in ("1rsb", "rs"))
        for N in (48, 72, 108, 144):
            entries = []
            for start, every in ((15, 1), (150, 5)):
                run = hn.simulate("dense", N=N, M=M, stratified=True, disorder=16, chains=2, thermalize=start, measure=start // 3, every=every,
                                  seed=2027, **{**point, "T": cold(0.1, 4, N)})
                entries.append((pm(run.m_retrieval_mean, run.m_retrieval_err), f"{float(run.escaped_fraction):.0%}"))
            print(f"| {M} | {N} | {entries[0][0]} | {entries[1][0]} | {entries[0][1]} | {entries[1][1]} | {one.m:.4f} | "
                  f"{f'{rs.m:.4f}' if rs.converged else 'none'} |", flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or ("equilibrium", "paramagnet", "breaking"):
        {"equilibrium": equilibrium, "paramagnet": paramagnet, "breaking": breaking}[name]()
