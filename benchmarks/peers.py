"""The same work by hebbnet and by the annealers of others, on one thread in the same run: Metropolis at one temperature, spins in order.

dwave-samplers' SimulatedAnnealingSampler: the Hopfield network, P = 2, as a matrix of couplings, whose local fields it keeps.  OpenJij's sample_hubo:
P = 4 as an explicit tensor of N(N-1)(N-2)(N-3)/24 couplings, which is why N is small.

First each is held against ours: the energy of every state that it returns is that of the network, and after as many sweeps from the same kind
of start its mean energy and its acceptance (spins that one more sweep has turned) are ours within LARGEST standard errors.  If not, `Different`
is raised.  Then times: many sweeps less few, so that building its graph does not count, ours and its in turn, processor time, the
best of REPEATS.

    python -m pip install 'hebbnet[peers]'
    python benchmarks/peers.py [--save benchmarks/results/peers.json]
"""
import importlib.metadata
import itertools
import time

import click
import numpy as np
from engines import temperature
from machine import write

from hebbnet.montecarlo import MonteCarlo
from hebbnet.montecarlo.numba_engine import Engine

CASES = [   # P, N, K, acceptances
    (2, 1000, 100, (0.004, 0.01, 0.1, 0.43, 0.94)), (2, 2000, 200, (0.01, 0.43, 0.94)), (4, 30, 675, (0.2, 0.65)), (4, 40, 1600, (0.2, 0.65))]
NAMES = ("dwave-samplers", "openjij", "torch")   # the extra `peers`
SEED, REPEATS, FEW, LARGEST = 1, 3, 100, 5.0


class Different(RuntimeError):
    """The peer does not do the same work."""


def versions():
    """{name: version} of the peers; None where one is not installed."""
    found = {}
    for name in NAMES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


class Annealer:
    """dwave-samplers, from the given starts (reads, N)."""

    reads, sweeps = 24, 300   # of the check

    def __init__(self, problem, starts):
        from dimod import BinaryQuadraticModel
        from dwave.samplers import SimulatedAnnealingSampler

        rows = problem.patterns.rows[:, :problem.patterns.S].astype(float)
        N = len(rows)
        i, j = np.triu_indices(N, 1)
        J = -problem.scale * (rows @ rows.T)[i, j]   # e_2 of an overlap: pairs i < j
        self.model = BinaryQuadraticModel.from_numpy_vectors(np.zeros(N), (i, j, J), 0.0, "SPIN")
        self.sampler, self.T, self.starts = SimulatedAnnealingSampler(), problem.T, starts

    def sample(self, sweeps, reads, starts=None):
        """(seconds, states (reads, N), energies (reads,)) after so many sweeps."""
        starts = self.starts[:reads] if starts is None else starts
        begin = time.process_time()
        found = self.sampler.sample(self.model, beta_schedule_type="custom", beta_schedule=[1 / self.T], num_sweeps_per_beta=sweeps,
                                    num_reads=reads, seed=SEED, initial_states=(starts, list(range(starts.shape[1]))),
                                    initial_states_generator="none")
        spent = time.process_time() - begin
        return spent, found.record.sample[:, np.argsort(list(found.variables))], found.record.energy

    def next(self, sweeps, states):
        """States one sweep after those of `sample`."""
        return self.sample(1, len(states), states)[1]


class Tensor:
    """OpenJij, from random states of its own."""

    reads, sweeps = 100, 30   # small networks differ much from read to read

    def __init__(self, problem, starts):
        from openjij import SASampler

        rows, S = problem.patterns.rows, problem.patterns.S
        N, P = len(rows), 4
        groups = list(itertools.combinations(range(N), P))
        couplings = np.zeros(len(groups), np.int64)
        index = np.array(groups).T
        for mu in range(S):
            couplings += rows[index, mu].prod(axis=0)
        self.polynomial = {group: -problem.scale * J for group, J in zip(groups, couplings.tolist()) if J}
        self.sampler, self.T, self.N = SASampler(), problem.T, N

    def sample(self, sweeps, reads):
        begin = time.process_time()
        found = self.sampler.sample_hubo(self.polynomial, "SPIN", num_sweeps=sweeps, num_reads=reads, num_threads=1, beta_min=1 / self.T,
                                         beta_max=1 / self.T, updater="METROPOLIS", seed=SEED)
        return time.process_time() - begin, found.record.sample[:, np.argsort(list(found.variables))], found.record.energy

    def next(self, sweeps, states):
        return self.sample(sweeps + 1, len(states))[1]   # one seed is one sequence of states


PEERS = {2: ("dwave-samplers", Annealer), 4: ("openjij", Tensor)}


def many(acceptance):
    """Sweeps that are timed: the peers are slow where flips are made."""
    return 3100 if acceptance < 0.3 else 500


def start_of(acceptance):
    return "pattern" if acceptance < 0.1 else "random"


def compare(P, N, K, acceptance, repeats=REPEATS, reads=None, sweeps=None, alone=False):
    """A row: attempted flips per second of both, after the check that it is the same work.  Different; ImportError without the peer.

    reads, sweeps: of the check, the peer's own without them; alone: without the peer, whose entries are then not there.
    """
    T, (name, peer) = temperature(P, N, K, acceptance), PEERS[P]
    reads, sweeps = reads or peer.reads, sweeps or peer.sweeps
    task = MonteCarlo("dense", dynamics="metropolis", order="systematic", chains=reads, start=start_of(acceptance))
    problem = task.problem(task.check({"P": P, "N": N, "K": K, "T": T}), sample=0, seed=SEED)
    engine, starts, row, runs = Engine(problem), task.starts(problem, SEED), {"P": P, "N": N, "K": K, "T": T}, {}

    def ours(count):
        state = problem.begin(starts[:1].copy())
        begin = time.process_time()
        engine.advance(state, count)
        return time.process_time() - begin

    runs["flips_per_second"] = ours
    if alone:
        ours(FEW)   # compiles, and lets the engine choose its form
    else:
        theirs = peer(problem, starts)
        row |= {"peer": name, "peer_version": versions()[name], **check(problem, engine, starts, theirs, sweeps)}
        runs["peer_flips_per_second"] = lambda count: theirs.sample(count, 1)[0]
    counts = FEW, many(acceptance)
    times = np.min([[[run(count) for count in counts] for run in runs.values()] for _ in range(repeats)], axis=0)
    return row | {rate: float((counts[1] - counts[0]) * N / (long - few)) for rate, (few, long) in zip(runs, times)}


def check(problem, engine, starts, peer, sweeps):
    """Mean energy per neuron and acceptance of both with their errors over the reads; Different where they disagree."""
    N, reads = problem.patterns.N, len(starts)
    state, _ = engine.advance(problem.begin(starts.copy()), sweeps)
    energies = -problem.scale * engine.energies(state) / N
    before = state.spins.copy()
    state, _ = engine.advance(state, 1)
    _, states, found = peer.sample(sweeps, reads)
    states = np.ascontiguousarray(states, dtype=np.int8)
    exact = -problem.scale * engine.energies(problem.begin(states.copy()))
    if not np.allclose(found, exact, rtol=1e-9, atol=1e-9 * N):
        raise Different(f"another energy function: {found[0]} for a state of energy {exact[0]}")
    turned = [(before != state.spins).mean(axis=1), (states != peer.next(sweeps, states)).mean(axis=1)]
    row = {}
    for name, pair in (("energy", (energies, exact / N)), ("acceptance", turned)):
        means, errors = [float(np.mean(x)) for x in pair], [float(np.std(x, ddof=1) / np.sqrt(reads)) for x in pair]
        if abs(means[0] - means[1]) > LARGEST * np.hypot(*errors) + 1e-9:
            raise Different(f"another {name}: {means[1]:.5f}({errors[1]:.5f}), ours {means[0]:.5f}({errors[0]:.5f})")
        row |= {name: means[0], f"{name}_error": errors[0], f"peer_{name}": means[1], f"peer_{name}_error": errors[1]}
    return row


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    print(f"{'P':>2} {'N':>5} {'K':>5} {'T':>6} {'accept':>7} {'its':>7} {'ours, Mflip/s':>13} {'peer':>8} {'ratio':>7}   "
          "energy per neuron, ours and its")
    for P, N, K, acceptances in CASES:
        if versions()[PEERS[P][0]] is None:
            print(f"{PEERS[P][0]} is not installed: python -m pip install 'hebbnet[peers]'")
            continue
        for acceptance in acceptances:
            row = compare(P, N, K, acceptance)
            rows.append(row)
            ours, theirs = row["flips_per_second"], row["peer_flips_per_second"]
            print(f"{P:2d} {N:5d} {K:5d} {row['T']:6.3f} {row['acceptance']:7.3f} {row['peer_acceptance']:7.3f} {ours / 1e6:13.2f} "
                  f"{theirs / 1e6:8.3f} {ours / theirs:7.1f}   {row['energy']:.5f}({row['energy_error']:.5f}) "
                  f"{row['peer_energy']:.5f}({row['peer_energy_error']:.5f}) {row['peer']}", flush=True)
    write(save, peers=rows)


if __name__ == "__main__":
    command()
