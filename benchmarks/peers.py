"""The same work by hebbnet and by an annealer of others, on one thread in the same run: Metropolis on the Hopfield network, P = 2.

Peer: dwave-samplers' SimulatedAnnealingSampler, which runs through the spins in order and keeps local fields, at one inverse temperature.
First the two are held against each other: the energy of its states is that of the network, and the mean energy at this temperature agrees.
Its time is that of many sweeps less that of few, so that building its graph does not count.

    python -m pip install 'hebbnet[peers]'
    python benchmarks/peers.py [--save benchmarks/results/peers.json]
"""
import sys
import time

import click
import numpy as np
from engines import copied, temperature
from machine import write

from hebbnet.montecarlo import MonteCarlo
from hebbnet.montecarlo.numba_engine import Engine

CASES = [(1000, 100, (0.01, 0.1, 0.43, 0.94)), (2000, 200, (0.01, 0.43, 0.94))]   # N, K, acceptances
SEED, REPEATS, FEW = 1, 3, 100


def many(acceptance):
    """Sweeps that are timed: the peer is slow where flips are made."""
    return 3100 if acceptance < 0.1 else 500


def ours(N, K, T, acceptance):
    """(attempted flips per second, acceptance, mean energy per neuron, its error, the problem)."""
    start = "pattern" if acceptance < 0.3 else "random"
    task = MonteCarlo("dense", dynamics="metropolis", order="systematic", chains=1, start=start)
    problem = task.problem(task.check({"P": 2, "N": N, "K": K, "T": T}), sample=0, seed=SEED)
    engine = Engine(problem)
    state, _ = engine.advance(copied(task.initial(problem, SEED)), FEW)
    best, energies, flips = np.inf, [], 0
    for _ in range(REPEATS):
        for _ in range(100):
            state, _ = engine.advance(state, 2)
            energies.append(-problem.scale * engine.energies(state)[0] / N)
        begin = time.perf_counter()
        state, made = engine.advance(state, many(acceptance))
        best, flips = min(best, time.perf_counter() - begin), flips + made[0]
    blocks = np.mean(np.reshape(energies, (10, -1)), axis=1)
    return many(acceptance) * N / best, flips / (REPEATS * many(acceptance) * N), np.mean(energies), np.std(blocks) / 3, problem


def peer(problem, T, acceptance):
    """(attempted flips per second, mean energy per neuron, its error) of the annealer."""
    from dimod import BinaryQuadraticModel
    from dwave.samplers import SimulatedAnnealingSampler

    rows = problem.patterns.rows[:, :problem.patterns.S].astype(float)
    N = len(rows)
    J = -rows @ rows.T / N            # H = -(1/N) sum over pairs: scale = 1/N, e_2 of the overlaps
    i, j = np.triu_indices(N, 1)
    model = BinaryQuadraticModel.from_numpy_vectors(np.zeros(N), (i, j, J[i, j]), 0.0, "SPIN")
    start = rows[:, 0] if acceptance < 0.3 else np.random.default_rng(SEED).choice([-1, 1], N)
    sampler = SimulatedAnnealingSampler()

    def run(sweeps, reads=1):
        begin = time.perf_counter()
        found = sampler.sample(model, beta_schedule_type="custom", beta_schedule=[1 / T], num_sweeps_per_beta=sweeps, num_reads=reads, seed=SEED,
                               initial_states=(start[None].astype(np.int8), list(range(N))), initial_states_generator="tile")
        return time.perf_counter() - begin, found

    spent = [run(sweeps)[0] for sweeps in (FEW, many(acceptance)) for _ in range(REPEATS)]
    found = run(300, reads=24)[1]
    states, energies = found.record.sample[:, np.argsort(list(found.variables))], found.record.energy / N
    X = states @ rows
    assert np.allclose(energies, -((X**2).sum(axis=1) - N * rows.shape[1]) / 2 / N / N), "another energy function"
    return (many(acceptance) - FEW) * N / (min(spent[REPEATS:]) - min(spent[:REPEATS])), np.mean(energies), np.std(energies) / np.sqrt(24)


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    try:
        import dwave.samplers  # noqa: F401
    except ImportError:
        sys.exit("dwave-samplers is not installed: python -m pip install 'hebbnet[peers]'")
    rows = []
    print(f"{'N':>5} {'K':>4} {'T':>6} {'accept':>7} {'ours, Mflip/s':>13} {'dwave':>7} {'ratio':>6}   mean energy per neuron, ours and theirs")
    for N, K, acceptances in CASES:
        for acceptance in acceptances:
            T = temperature(2, N, K, acceptance)
            rate, seen, energy, error, problem = ours(N, K, T, acceptance)
            theirs, other, other_error = peer(problem, T, acceptance)
            rows.append({"N": N, "K": K, "T": T, "acceptance": seen, "flips_per_second": rate, "dwave_flips_per_second": theirs,
                         "energy": [energy, error], "dwave_energy": [other, other_error]})
            print(f"{N:5d} {K:4d} {T:6.3f} {seen:7.3f} {rate / 1e6:13.1f} {theirs / 1e6:7.1f} {rate / theirs:6.1f}   {energy:.5f}({error:.5f}) "
                  f"{other:.5f}({other_error:.5f})", flush=True)
    write(save, peers=rows)


if __name__ == "__main__":
    command()
