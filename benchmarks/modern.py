"""Speed of f = X^T softmax(lam X x) in float32, one thread, beside the machine's limits and PyTorch's attention, all measured in the same run.

One state must read all patterns, 4 K N bytes: its limit is the rate at which one thread adds up the same array.  A batch of 64 is two matrix
products, 4 B K N operations: its limit is the quickest sgemm of this machine (1024 x 1024), and as a second one the two products of its own
shape without the softmax.  CPU time of the thread, the quickest of repeats, each call after one that fills the caches, limits and kernels in
turn.  Errors are those of the result against float64, over the largest entry.

    python benchmarks/modern.py [--largest 1e9] [--seconds 3] [--save benchmarks/results/modern.json]
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import time  # noqa: E402

import click  # noqa: E402
import numpy as np  # noqa: E402
from machine import write  # noqa: E402
from numba import njit  # noqa: E402

from hebbnet import modern  # noqa: E402

try:
    import torch
    torch.set_num_threads(1)
except ImportError:
    torch = None

SIZES = [(N, K, B) for N in (64, 256, 1024) for K in (10**4, 10**5, 10**6) for B in (1, 64)]
ROWS = 512   # of the products that the second limit of a batch is made of


@njit(fastmath=True)
def read(x):
    total = np.float32(0)
    for i in range(x.size):
        total += x[i]
    return total


def quickest(calls, seconds):
    """{name: seconds of the quickest call}, the calls in turn for so many seconds, at least three times each."""
    best = dict.fromkeys(calls, np.inf)
    for call in calls.values():
        call()
    start, rounds = time.perf_counter(), 0
    while rounds < 3 or time.perf_counter() - start < seconds:
        for name, call in calls.items():
            call()   # so that each finds its own data in the caches, not those of the one before
            begin = time.thread_time()
            call()
            best[name] = min(best[name], time.thread_time() - begin)
        rounds += 1
    return best


def products(X, states, z, part):
    """The two matrix products of a batch, block by block."""
    columns = np.ascontiguousarray(states.T)
    for start in range(0, len(X), ROWS):
        x = X[start:start + ROWS]
        w = np.matmul(x, columns, out=z[:len(x)])
        np.matmul(w.T, x, out=part)


def error(X, states, lam):
    """Largest difference to float64, over the largest entry; a few states."""
    x = states[:4]
    want = modern.update(_Double(X), x.astype(float), lam)
    return float(np.abs(modern.update(X, states, lam)[:4] - want).max() / np.abs(want).max())


class _Double:
    """float32 patterns read as float64, a piece at a time."""

    dtype = np.dtype(float)

    def __init__(self, X):
        self.X, self.shape = X, X.shape

    def __getitem__(self, which):
        return self.X[which].astype(float)


def case(N, K, B, seconds):
    rng = np.random.default_rng(1)
    X = np.resize(rng.standard_normal((min(K, 2**24 // N), N), dtype=np.float32), (K, N))
    states = X[:B] + np.float32(0.5) * rng.standard_normal((B, N), dtype=np.float32)
    lam = 1 / np.sqrt(N)
    square, out = rng.standard_normal((1024, 1024), dtype=np.float32), np.empty((1024, 1024), np.float32)
    z, part = np.empty((ROWS, B), np.float32), np.empty((B, N), np.float32)
    calls = {"update": lambda: modern.update(X, states, lam), "read": lambda: read(X.ravel()), "sgemm": lambda: np.matmul(square, square, out=out)}
    if B > 1:
        calls["products"] = lambda: products(X, states, z, part)
    else:
        copied = np.empty(min(X.size, 2**26), np.float32)
        calls["copy"] = lambda: np.copyto(copied, X.ravel()[:copied.size])
    if torch is not None:
        q, k = torch.from_numpy(states)[None, None], torch.from_numpy(X)[None, None]
        calls["torch"] = lambda: torch.nn.functional.scaled_dot_product_attention(q, k, k)
    best = quickest(calls, seconds)
    work, size = 4 * B * N * K / 1e9, X.nbytes / 1e9
    row = {"N": N, "K": K, "batch": B, "seconds": best["update"], "gflops": work / best["update"], "gbytes": size / best["update"],
           "read_gbytes": size / best["read"], "sgemm_gflops": 2 * 1024**3 / 1e9 / best["sgemm"], "error": error(X, states, lam)}
    if B > 1:
        row |= {"products_gflops": work / best["products"], "fraction_of_limit": row["gflops"] / row["sgemm_gflops"]}
    else:
        row |= {"copy_gbytes": 2 * copied.nbytes / 1e9 / best["copy"], "fraction_of_limit": row["gbytes"] / row["read_gbytes"]}
    if torch is not None:
        row |= {"torch_seconds": best["torch"], "times_faster_than_torch": best["torch"] / best["update"]}
    return row


@click.command(help=__doc__)
@click.option("--largest", default=1.1e9, show_default=True, help="Leave out arrays of more entries.")
@click.option("--seconds", default=3.0, show_default=True, help="Time per case, at least.")
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(largest, seconds, save):
    rows = []
    for N, K, B in SIZES:
        if N * K <= largest:
            row = case(N, K, B, seconds)
            rows.append(row)
            print(f"N {N:5} K {K:8} batch {B:3}  {row['gflops']:7.1f} GFLOP/s of {row['sgemm_gflops']:6.1f}   {row['gbytes']:6.2f} GB/s of "
                  f"{row['read_gbytes']:6.2f}   {100 * row['fraction_of_limit']:4.0f} % of the limit   error {row['error']:.0e}   torch takes "
                  f"{row.get('times_faster_than_torch', float('nan')):.2f} times as long", flush=True)
    write(save, modern=rows, torch=None if torch is None else torch.__version__)


if __name__ == "__main__":
    command()
