"""Speed of the GPU engine and of the modern update as matrix products, beside the card's limits measured in the same run.

Limits: copying an array (bytes read and written per second), float32 and float16 matrix products of 8192 x 8192, and additions of 32-bit
integers, of which the sweeps need at least one per pattern-update (one pattern's overlap looked at for one attempted flip of one chain).  The
spins are compared with the CPU engine's before anything is timed.  Metropolis, at temperatures whose acceptance the CPU engine finds.  Not yet
run on a GPU.

    python benchmarks/gpu.py [--save benchmarks/results/gpu.json]
"""
import math
import time

import click
import numpy as np
from engines import copied, temperature
from machine import write

from hebbnet.montecarlo import MonteCarlo, cupy_engine, numba_engine
from hebbnet.params import ParameterError

SWEEPS = [(4, 100, 25_000, 1024), (4, 100, 25_000, 4096), (4, 100, 2500, 8192), (2, 1000, 100, 8192), (4, 100, 60_000, 1024)]   # P, N, K, chains
ACCEPTANCES = (0.01, 0.18, 0.65)
MODERN = [(N, K, B) for N in (64, 256, 1024) for K in (10**5, 10**6) for B in (1, 1024, 4096)]
SEED, SECONDS, WHOLE = 1, 1.0, 8192
ADDITIONS = r"""
extern "C" __global__ void add(int *out, int rounds)
{
    int a[8];
    for (int k = 0; k < 8; k++) a[k] = threadIdx.x * (k + 1);
    for (int r = 0; r < rounds; r++)
#pragma unroll
        for (int k = 0; k < 8; k++) a[k] += a[(k + 1) & 7];
    int sum = 0;
    for (int k = 0; k < 8; k++) sum ^= a[k];
    out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}
"""


def quickest(call, wait, seconds=SECONDS):
    """Seconds of the quickest call, each waited for, after one that is not counted."""
    call()
    wait()
    best, begin = math.inf, time.perf_counter()
    while best == math.inf or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        call()
        wait()
        best = min(best, time.perf_counter() - start)
    return best


def limits(cupy, wait):
    """What the card does at best, per second: bytes, float32 and float16 operations, integer additions."""
    array = cupy.zeros(2**28, np.float32)
    target = cupy.empty_like(array)
    found = {"copied_bytes": 2 * array.nbytes / quickest(lambda: cupy.copyto(target, array), wait)}
    for kind in (np.float32, np.float16):
        a = cupy.ones((WHOLE, WHOLE), kind)
        found[f"{np.dtype(kind).name}_operations"] = 2 * WHOLE**3 / quickest(lambda a=a: a @ a, wait)
    blocks, threads, rounds = 8 * cupy.cuda.Device().attributes["MultiProcessorCount"], 256, 4096
    kernel, out = cupy.RawKernel(ADDITIONS, "add"), cupy.empty(blocks * threads, np.int32)
    spent = quickest(lambda: kernel((blocks,), (threads,), (out, np.int32(rounds))), wait)
    return {**found, "integer_additions": 8.0 * rounds * blocks * threads / spent}


def sweeps(P, N, K, chains, acceptance, device, wait, seconds=SECONDS, dynamics="metropolis"):
    """Pattern-updates per second of so many chains, and the acceptance seen; RuntimeError where the CPU engine has other spins."""
    T = temperature(P, N, K, acceptance)
    task = MonteCarlo("dense", dynamics=dynamics, chains=chains, disorder=1, start="pattern" if acceptance < 0.1 else "random")
    problem = task.problem(task.check({"P": P, "N": N, "K": K, "T": T}), sample=0, seed=SEED)
    start, engine = task.initial(problem, SEED), cupy_engine.Engine(problem, device=device)
    few = start._replace(spins=start.spins[:2].copy(), overlaps=start.overlaps[:2].copy())
    mine, _ = engine.advance(copied(few), 3)
    other, _ = numba_engine.Engine(problem).advance(few, 3)
    if not np.array_equal(mine.arrays()["spins"], other.spins):
        raise RuntimeError(f"P = {P}, N = {N}, K = {K}: other spins than the CPU engine")
    state, _ = engine.advance(copied(start), 1)
    count, flips, spent = 0, 0, 0.0
    while spent < seconds or not count:
        begin = time.perf_counter()
        state, flipped = engine.advance(state, 10)
        wait()
        spent += time.perf_counter() - begin
        count, flips = count + 10, flips + int(flipped.sum())
    attempts = count * N * chains
    return {"P": P, "N": N, "K": K, "chains": chains, "T": T, "dynamics": dynamics, "acceptance": flips / attempts,
            "threads": engine.plan.threads, "in_registers": engine.plan.items, "pattern_updates_per_second": attempts * K / spent}


def modern(cupy, wait, N, K, B):
    """Seconds of X^T softmax(lam X x) of B states in float16: two matrix products with the softmax between them in float32."""
    X = cupy.random.default_rng(SEED).standard_normal((K, N), dtype=np.float32).astype(np.float16)
    x = X[:B].copy()

    def update():
        z = (x @ X.T).astype(np.float32)
        z -= z.max(axis=1, keepdims=True)
        p = cupy.exp(z)
        p /= p.sum(axis=1, keepdims=True)
        return p.astype(np.float16) @ X

    return quickest(update, wait)


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    try:
        device = cupy_engine.shared_device()
    except ParameterError as error:
        raise click.ClickException(str(error)) from None
    cupy, wait = device.cupy, device.cupy.cuda.Device().synchronize
    card = {"card": cupy.cuda.runtime.getDeviceProperties(0)["name"].decode(), "driver": cupy.cuda.runtime.driverGetVersion(),
            "runtime": cupy.cuda.runtime.runtimeGetVersion(), "cupy": cupy.__version__}
    best = limits(cupy, wait)
    print(", ".join(f"{name} {value}" for name, value in card.items()))
    print(", ".join(f"{name} {value:.3g}/s" for name, value in best.items()))
    rows, updates = [], []
    print(f"{'P':>2} {'N':>5} {'K':>7} {'chains':>7} {'dynamics':>11} {'accept':>7} {'threads':>8} {'pat/s':>9} {'of an addition each':>20}")
    cases = [(*size, a, "metropolis") for size in SWEEPS for a in ACCEPTANCES] + [(*SWEEPS[0], 0.65, "parallel")]
    for *case, dynamics in cases:
        rows.append(row := sweeps(*case, device, wait, dynamics=dynamics))
        rate = row["pattern_updates_per_second"]
        print(f"{row['P']:2d} {row['N']:5d} {row['K']:7d} {row['chains']:7d} {dynamics:>11} {row['acceptance']:7.3f} {row['threads']:8d} {rate:9.3g} "
              f"{rate / best['integer_additions']:20.0%}", flush=True)
    print(f"{'N':>5} {'K':>8} {'batch':>6} {'ms':>8} {'of the products':>16} {'of the bandwidth':>17}")
    for N, K, B in MODERN:
        if 12.0 * K * B > 0.5 * device.free():   # scores in float16 and twice in float32
            continue
        spent = modern(cupy, wait, N, K, B)
        updates.append({"N": N, "K": K, "batch": B, "seconds": spent, "operations_per_second": 4.0 * N * K * B / spent,
                        "bytes_per_second": 2.0 * N * K / spent})
        print(f"{N:5d} {K:8d} {B:6d} {1e3 * spent:8.3f} {updates[-1]['operations_per_second'] / best['float16_operations']:16.0%} "
              f"{updates[-1]['bytes_per_second'] / best['copied_bytes']:17.0%}", flush=True)
    print("bandwidth: the patterns read once, over the bytes that copying reads and writes in a second")
    write(save, card=card, limits=best, sweeps=rows, modern=updates)


if __name__ == "__main__":
    command()
