"""Time and memory of `hn.learn` and of retrieval at the size of MNIST, one thread: 10 classes of 6000 synthetic images of 784 pixels; and real ones.

Synthetic: examples of quality 0.5 of random archetypes.  Real, MNIST and Fashion-MNIST where `datasets.cached()` has them: all images of the
training set that equal classes allow, as 784 signs of whitened projections (`Dataset.project`); cues are images of the test set.  Each case
runs in a process of its own, so that its peak memory (which counts the examples and the libraries) is its own.  Retrieval is at T = 0; the
first cue also pays for compilation, where numba has none in its cache, and for couplings (P = 2).

    python benchmarks/images.py [--save benchmarks/results/NAME.json]
"""
import itertools
import json
import resource
import subprocess
import sys
import time

import click
import numpy as np
from machine import write

import hebbnet as hn
from hebbnet import datasets

K, M, N, R, SEED = 10, 6000, 784, 0.5, 1
CUES = 100
COMPONENTS = 20


def synthetic():
    """(examples (K M, N), labels, cues (CUES, N), their labels)."""
    rng = np.random.default_rng(SEED)
    xi = rng.choice(np.array([-1, 1], np.int8), (K, N))
    examples = np.empty((K * M, N), np.int8)
    for start in range(0, K * M, M):
        np.multiply(np.where(rng.random((M, N), np.float32) < (1 + R) / 2, np.int8(1), np.int8(-1)), xi[start // M], out=examples[start:start + M])
    labels, every = np.repeat(np.arange(K), M), K * M // CUES
    return examples, labels, examples[::every], labels[::every]


def real(name):
    raw = datasets.load(name)
    train = raw.project(N, COMPONENTS, seed=SEED).select(seed=SEED)
    test = datasets.load(name, "test").project(N, COMPONENTS, seed=SEED, fit=raw).select(per_class=CUES // K, seed=SEED)
    return train.flat(), train.labels, test.flat(), test.labels


def measure(P, learning, data):
    examples, labels, cues, right = synthetic() if data == "synthetic" else real(data)
    part = np.argsort(labels, kind="stable").reshape(K, -1)[:, :200].ravel()
    small = hn.learn(examples[part], labels[part], P, learning)
    small.retrieve(examples[:2])
    begin = time.perf_counter()
    network = hn.learn(examples, labels, P, learning)
    learnt = time.perf_counter()
    network.retrieve(cues[:1])   # compiles, and makes the couplings where there are any
    ready = time.perf_counter()
    found = network.retrieve(cues)
    done = time.perf_counter()
    return {"data": data, "P": P, "learning": learning, "images": len(examples), "rows": network.problem.patterns.S,
            "kernel": network.problem.form.kernel, "learn_s": learnt - begin, "first_cue_s": ready - learnt, "cues": CUES, "cues_s": done - ready,
            "right": float(np.mean(found.label == right)), "converged": float(found.converged.mean()),
            "peak_GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9}


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
@click.option("--case", nargs=3, hidden=True)
def command(save, case):
    if case:
        print(json.dumps(measure(int(case[0]), *case[1:])))
        return
    rows = []
    print(f"{'data':>13} {'P':>2} {'learning':>12} {'rows':>6} {'kernel':>8} {'learn s':>8} {'first cue s':>11} {'100 cues s':>10} {'right':>6} "
          f"{'peak GB':>8}")
    for data, learning, P in itertools.product(("synthetic", *datasets.cached()[1:]), ("supervised", "unsupervised"), (2, 4, 6)):
        out = subprocess.run([sys.executable, __file__, "--case", str(P), learning, data], capture_output=True, text=True, check=True)
        x = json.loads(out.stdout)
        rows.append(x)
        print(f"{data:>13} {x['P']:2d} {learning:>12} {x['rows']:6d} {x['kernel']:>8} {x['learn_s']:8.2f} {x['first_cue_s']:11.2f} "
              f"{x['cues_s']:10.2f} {x['right']:6.2f} {x['peak_GB']:8.2f}", flush=True)
    write(save, images=rows)


if __name__ == "__main__":
    command()
