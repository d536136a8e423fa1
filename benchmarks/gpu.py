"""Speed of the GPU engine and of the modern update, beside the card's limits measured in the same run.

Limits: copying an array (bytes read and written per second), float32 matrix products of 8192 x 8192, additions of 32-bit integers, and products of
bytes on tensor cores, by the instruction that the engine uses.  A pattern-update (one pattern's overlap looked at for one attempted flip of one
chain) is at least one addition in sequential dynamics, and 2 (1 + digits) operations of bytes in parallel dynamics.  The spins are compared with the
CPU engine's before anything is timed.  Metropolis, at temperatures whose acceptance the CPU engine finds, and parallel dynamics there.

The modern update is hebbnet.modern.update of float32 arrays on the card; its error is the largest difference from the update in float64, over the
largest entry.  Not yet run on a GPU.

    python benchmarks/gpu.py [--save benchmarks/results/gpu.json]        (CUPY_TF32=1 before it: float32 products with factors of 11 bits)
"""
import math
import os
import pathlib
import re
import time

import click
import numpy as np
from engines import copied, temperature
from machine import write

from hebbnet import modern
from hebbnet.montecarlo import MonteCarlo, cupy_engine, numba_engine
from hebbnet.params import ParameterError

SWEEPS = [(4, 100, 25_000, 1024), (4, 100, 25_000, 4096), (4, 100, 2500, 8192), (2, 1000, 100, 8192), (4, 100, 60_000, 1024)]   # P, N, K, chains
ACCEPTANCES = (0.01, 0.18, 0.65)
PARALLEL = [(4, 100, 25_000, 1024), (4, 100, 25_000, 4096), (2, 1000, 100, 8192), (4, 1000, 100_000, 1024)]
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

BYTES = r"""
KERNEL multiplications(int *out, i64 rounds)
{
    Left a = {{threadIdx.x, 1}};
    Right b = {{threadIdx.x, 2}};
    Tile d[4] = {};
    for (i64 r = 0; r < rounds; r++)
#pragma unroll
        for (int k = 0; k < 4; k++)
            multiply(d + k, &a, &b);
    int sum = 0;
    for (int k = 0; k < 32; k++)
        sum ^= d[k / 8].x[k % 8];
    out[blockIdx.x * THREADS + threadIdx.x] = sum;
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
    """What the card does at best, per second: bytes, float32 operations, integer additions, operations of bytes (products and sums)."""
    array = cupy.zeros(2**28, np.float32)
    target = cupy.empty_like(array)
    found = {"copied_bytes": 2 * array.nbytes / quickest(lambda: cupy.copyto(target, array), wait)}
    a = cupy.ones((WHOLE, WHOLE), np.float32)
    found["float32_operations"] = 2 * WHOLE**3 / quickest(lambda: a @ a, wait)
    blocks, threads, rounds = 8 * cupy.cuda.Device().attributes["MultiProcessorCount"], 256, 4096
    kernel, out = cupy.RawKernel(ADDITIONS, "add"), cupy.empty(blocks * threads, np.int32)
    spent = quickest(lambda: kernel((blocks,), (threads,), (out, np.int32(rounds))), wait)
    found["integer_additions"] = 8.0 * rounds * blocks * threads / spent
    options = cupy_engine.defined(THREADS=threads, PLANES=1, STATE="short")
    bytes_kernel = cupy.RawModule(code=cupy_engine.source("overlaps") + BYTES, options=options).get_function("multiplications")
    spent = quickest(lambda: bytes_kernel((blocks,), (threads,), (out, np.int64(rounds))), wait)
    return {**found, "byte_operations": 4 * 2.0 * 16**3 * rounds * blocks * threads / 32 / spent}


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
            "threads": cupy_engine.PRODUCT_THREADS if engine.plan.planes else engine.plan.threads, "in_registers": engine.plan.items,
            "digits": engine.plan.planes, "pattern_updates_per_second": attempts * K / spent}


def update(cupy, wait, N, K, B):
    """Seconds of the modern update of B states, and its error."""
    X = cupy.random.default_rng(SEED).standard_normal((K, N), dtype=np.float32)
    x, lam = X[:B] + np.float32(0.5), 1 / math.sqrt(N)
    few = modern.update(X, x[:8].astype(np.float64), lam)
    error = float(abs(modern.update(X, x, lam)[:8] - few).max() / abs(few).max())
    return quickest(lambda: modern.update(X, x, lam), wait), error


def driver():
    """The version of NVIDIA's driver, where the kernel says it."""
    path = pathlib.Path("/proc/driver/nvidia/version")
    found = re.search(r"\b\d+\.\d+(\.\d+)?\b", path.read_text()) if path.exists() else None
    return found.group() if found else "unknown"


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    try:
        device = cupy_engine.shared_device()
    except ParameterError as error:
        raise click.ClickException(str(error)) from None
    cupy, wait = device.cupy, device.cupy.cuda.Device().synchronize
    card = {"card": cupy.cuda.runtime.getDeviceProperties(0)["name"].decode(), "driver": driver(),
            "cuda_of_driver": cupy.cuda.runtime.driverGetVersion(), "cuda": cupy.cuda.runtime.runtimeGetVersion(), "cupy": cupy.__version__,
            "tf32": os.environ.get("CUPY_TF32", "0")}
    best = limits(cupy, wait)
    print(", ".join(f"{name} {value}" for name, value in card.items()))
    print(", ".join(f"{name} {value:.3g}/s" for name, value in best.items()))
    rows, updates = [], []
    print(f"{'P':>2} {'N':>5} {'K':>7} {'chains':>7} {'dynamics':>11} {'accept':>7} {'threads':>8} {'digits':>7} {'pat/s':>9} {'of the limit':>13}")
    cases = [(*size, a, "metropolis") for size in SWEEPS for a in ACCEPTANCES] + [(*size, 0.65, "parallel") for size in PARALLEL]
    for *case, dynamics in cases:
        rows.append(row := sweeps(*case, device, wait, dynamics=dynamics))
        rate, n = row["pattern_updates_per_second"], row["digits"]
        row["of_limit"] = 2 * (1 + n) * rate / best["byte_operations"] if n else rate / best["integer_additions"]
        print(f"{row['P']:2d} {row['N']:5d} {row['K']:7d} {row['chains']:7d} {dynamics:>11} {row['acceptance']:7.3f} {row['threads']:8d} {n:7d} "
              f"{rate:9.3g} {row['of_limit']:13.0%}", flush=True)
    print("limit: an integer addition for each, or with digits products of bytes on tensor cores")
    print(f"{'N':>5} {'K':>8} {'batch':>6} {'ms':>8} {'of the products':>16} {'of the bandwidth':>17} {'error':>8}")
    for N, K, B in MODERN:
        if 16.0 * K * N > 0.5 * device.free():   # patterns in float32 and, for the error, a piece of them in float64
            continue
        spent, error = update(cupy, wait, N, K, B)
        row = {"N": N, "K": K, "batch": B, "seconds": spent, "error": error, "operations_per_second": 4.0 * N * K * B / spent,
               "bytes_per_second": 4.0 * N * K / spent}
        updates.append(row)
        print(f"{N:5d} {K:8d} {B:6d} {1e3 * spent:8.3f} {row['operations_per_second'] / best['float32_operations']:16.0%} "
              f"{row['bytes_per_second'] / best['copied_bytes']:17.0%} {error:8.1g}", flush=True)
    print("bandwidth: the patterns read once, over the bytes that copying reads and writes in a second")
    write(save, card=card, limits=best, sweeps=rows, modern=updates)


if __name__ == "__main__":
    command()
