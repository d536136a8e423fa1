"""Time and memory of `hn.learn` and of retrieval at the size of MNIST: synthetic images, 10 classes of 6000, 784 pixels, one thread.

Examples of quality 0.5 of random archetypes.  Each case runs in a process of its own, so that its peak memory (which counts the 47 MB of
examples and the libraries) is its own.  Retrieval starts from examples, T = 0; the first cue also pays for compilation, where numba has none in
its cache, and for couplings (P = 2).

    python benchmarks/images.py [--save benchmarks/results/NAME.json]
"""
import json
import resource
import subprocess
import sys
import time

import click
import numpy as np
from machine import write

import hebbnet as hn

K, M, N, R, SEED = 10, 6000, 784, 0.5, 1
CUES = 100


def measure(P, learning):
    rng = np.random.default_rng(SEED)
    xi = rng.choice(np.array([-1, 1], np.int8), (K, N))
    examples = np.empty((K * M, N), np.int8)
    for start in range(0, K * M, M):
        np.multiply(np.where(rng.random((M, N), np.float32) < (1 + R) / 2, np.int8(1), np.int8(-1)), xi[start // M], out=examples[start:start + M])
    labels = np.repeat(np.arange(K), M)
    small = hn.learn(examples[::M // 200], labels[::M // 200], P, learning)
    small.retrieve(examples[:2])
    begin = time.perf_counter()
    network = hn.learn(examples, labels, P, learning)
    learnt = time.perf_counter()
    network.retrieve(examples[:1])   # compiles, and makes the couplings where there are any
    ready = time.perf_counter()
    cues = examples[::K * M // CUES]
    found = network.retrieve(cues)
    done = time.perf_counter()
    return {"P": P, "learning": learning, "rows": network.problem.patterns.S, "kernel": network.problem.form.kernel, "learn_s": learnt - begin,
            "first_cue_s": ready - learnt, "cues": CUES, "cues_s": done - ready, "right": float(np.mean(found.label == labels[::K * M // CUES])),
            "converged": float(found.converged.mean()), "peak_GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9}


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
@click.option("--case", nargs=2, hidden=True)
def command(save, case):
    if case:
        print(json.dumps(measure(int(case[0]), case[1])))
        return
    rows = []
    print(f"{'P':>2} {'learning':>12} {'rows':>6} {'kernel':>8} {'learn s':>8} {'first cue s':>11} {'100 cues s':>10} {'right':>6} {'peak GB':>8}")
    for learning in ("supervised", "unsupervised"):
        for P in (2, 4, 6):
            out = subprocess.run([sys.executable, __file__, "--case", str(P), learning], capture_output=True, text=True, check=True)
            x = json.loads(out.stdout)
            rows.append(x)
            print(f"{x['P']:2d} {learning:>12} {x['rows']:6d} {x['kernel']:>8} {x['learn_s']:8.2f} {x['first_cue_s']:11.2f} {x['cues_s']:10.2f} "
                  f"{x['right']:6.2f} {x['peak_GB']:8.2f}", flush=True)
    write(save, images=rows)


if __name__ == "__main__":
    command()
