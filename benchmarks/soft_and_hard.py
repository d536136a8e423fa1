"""Which spin glass the crosstalk of a dense network is: the numbers of docs/theory/rsb.md, "Soft and hard glass".

    python benchmarks/soft_and_hard.py
"""
from math import comb, factorial

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

import hebbnet as hn
from hebbnet import networks
from hebbnet.params import Params


def gauss(f):
    return quad(lambda z: np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * f(z), -12, 12, limit=400, epsabs=1e-13, epsrel=1e-13)[0]


def sk(beta1):
    """(free entropy, q) of the Sherrington-Kirkpatrick model, replica symmetric, q > 0: the hard glass."""
    q = brentq(lambda q: gauss(lambda z: np.tanh(beta1 * np.sqrt(q) * z) ** 2) - q, 1e-6, 1 - 1e-12, xtol=1e-14)
    return gauss(lambda z: np.logaddexp(beta1 * np.sqrt(q) * z, -beta1 * np.sqrt(q) * z)) + beta1**2 / 4 * (1 - q) ** 2, q


def gaussian_glass(beta2, shift):
    """Free entropy of Gaussian spins of weight exp(-(1 - shift) z**2/2) with random pair couplings, p > 0: the soft glass.

    A = -ln(g)/2 + beta2**2 p/(2 g) + beta2**2 p**2/4, g = 1 - shift + beta2**2 p; stationary where g = beta2.
    """
    p = (beta2 - 1 + shift) / beta2**2
    return -np.log(beta2) / 2 + beta2 * p / 2 + beta2**2 * p**2 / 4, p


def hopfield(alpha, T):
    """(A of the P = 2 glass with its diagonal, hard part, soft part, coupling): the first is the sum of the others."""
    s = hn.solve("dense", P=2, alpha=alpha, T=T, start="glass")
    beta1 = np.sqrt(alpha) / (T * (1 - s.chi))
    p = s.q / (T * (1 - s.chi) ** 2)
    beta2 = np.sqrt(s.q / (T * p))
    hard, q = sk(beta1)
    soft, p_alone = gaussian_glass(beta2, 1 / T)
    assert abs(q - s.q) < 1e-8 and abs(p_alone - p) < 1e-8 * p   # each glass is at its own equilibrium
    return s.free_entropy + alpha / (2 * T), hard, alpha * soft, -beta1**2 / 4


def beyond_gaussian(P, alpha, T, N):
    """((K/N) ln E exp(-H_1/T) and what of it is not the second cumulant), H_1 the energy of one pattern under uniform spins."""
    params = Params({"P": P, "N": N, "self_interaction": False})
    network = networks.get("dense")
    K = alpha * N if P == 2 else alpha * 2 / factorial(P) * N ** (P - 1)
    X = [N - 2 * k for k in range(N + 1)]
    weights = np.array([comb(N, k) / 2**N for k in range(N + 1)])
    energy = np.array([network.law(x, params) * network.scale(params) / T for x in X], float)
    second = K / N * (weights @ energy**2) / 2
    # small terms first: ln E e^x = log1p(E (e^x - 1 - x)), since E x = 0
    whole = K / N * np.log1p(weights @ (np.expm1(energy) - energy))
    return whole, whole - second


def main():
    print("| alpha | T | A (P = 2 glass, diagonal kept) | hard: SK | soft: alpha x Gaussian | coupling | sum - A |\n" + "|---" * 7 + "|")
    for alpha, T in ((0.05, 0.2), (0.1, 0.5), (0.1, 1.1)):
        A, *parts = hopfield(alpha, T)
        print(f"| {alpha} | {T} | {A:.10f} | " + " | ".join(f"{x:.10f}" for x in parts) + f" | {sum(parts) - A:.0e} |")
    print("\n| P | N | crosstalk, all cumulants | beyond the second |\n" + "|---" * 4 + "|")
    for P, alpha, T in ((2, 0.3, 2.0), (4, 0.3, 2.0), (6, 0.3, 2.0)):
        for N in (50, 100, 200, 400):
            whole, rest = beyond_gaussian(P, alpha, T, N)
            print(f"| {P} | {N} | {whole:.6f} | {rest:.6f} |")


if __name__ == "__main__":
    main()
