"""Monte Carlo beside the theory of its own Hamiltonian and of the other one, P = 4, N = 100, 140 and 200: the table of
docs/theory/dense.md, "Simulation and theory".  Several minutes.

    python benchmarks/two_wings.py
"""
import hebbnet as hn

POINTS = [(False, 0.05, 0.50), (False, 0.07, 0.45), (False, 0.10, 0.40), (False, 0.10, 0.60), (False, 0.20, 0.50),
          (True, 0.05, 0.50), (True, 0.07, 0.45), (True, 0.10, 0.40)]


def main():
    print("| model | alpha | T | N | m, Monte Carlo | left | m, theory at N | m, N = ∞ | m, other model, N = ∞ |\n" + "|---" * 9 + "|")
    for model, alpha, T in POINTS:
        for N in (100, 140, 200):
            point = {"P": 4, "alpha": alpha, "T": T, "self_interaction": model}
            run = hn.simulate("dense", **point, N=N, disorder=32, chains=2, thermalize=100, measure=300, every=3, seed=2026)
            other = hn.solve("dense", **{**point, "self_interaction": not model})
            print(f"| {'self-interaction' if model else 'distinct'} | {alpha} | {T} | {N} | {float(run.m_retrieval_mean):.5f} ± "
                  f"{float(run.m_retrieval_err):.5f} | {float(run.escaped_fraction):.0%} | {hn.solve('dense', **point, N=N).m:.5f} | "
                  f"{hn.solve('dense', **point).m:.5f} | {f'{other.m:.5f}' if other.converged else 'no retrieval'} |", flush=True)


if __name__ == "__main__":
    main()
