"""All figures of one machine in one run: our speed, the machine's limit and the percentage of it, a peer's speed on the same work and the ratio.

Then how cost grows with N, K, P, chains, threads and processes, and start-up and compile times.  How to read it: docs/benchmarks.md.  One thread,
a few minutes; a full run is stored in benchmarks/results/history (history.py shows it).  Peers that are not installed leave their
columns empty; one that does not do the same work is named, with the reason.

    make bench
    python benchmarks/suite.py [--quick] [--only dense --only peers] [--save FILE]
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import tempfile  # noqa: E402
import time  # noqa: E402

import click  # noqa: E402
import engines  # noqa: E402
import gpu  # noqa: E402
import history  # noqa: E402
import learning  # noqa: E402
import modern  # noqa: E402
import modern_mc  # noqa: E402
import multitasking_engine  # noqa: E402
import numpy as np  # noqa: E402
import peers  # noqa: E402
import scaling  # noqa: E402
import startup  # noqa: E402
import sweep  # noqa: E402

import hebbnet as hn  # noqa: E402
import theory  # noqa: E402
from hebbnet.montecarlo import cupy_engine  # noqa: E402
from hebbnet.params import ParameterError  # noqa: E402

DENSE = [   # P, N, K, acceptances
    (4, 100, 2500, (0.0, 0.65)), (4, 100, 25_000, (0.01, 0.18, 0.9)), (4, 200, 200_000, (0.01,)), (4, 1000, 100_000, (0.0,)),
    (6, 100, 25_000, (0.65,))]
PEERS = [(2, 1000, 100, (0.004, 0.01, 0.43, 0.94)), (2, 2000, 200, (0.01, 0.43)), (4, 30, 675, (0.2, 0.65)), (4, 40, 1600, (0.2, 0.65))]
MODERN = [(N, 10**5, B) for N in (64, 256, 1024) for B in (1, 64)]
THEORY = ("solve, P = 4", "solve, near-critical, P = 4", "batch, 2500 loads at one T", "solve_map, 50 x 50, P = 4",
          "solve, supervised, exact, M = 27", "solve, 1RSB, P = 4, a new T", "solve, 1RSB, P = 4, the same T",
          "multitasking, lowest state, K = 3", "boundary, spinodal, unknown T", "phase_diagram, 20 loads")
SECONDS, REPEATS = 0.3, 3
BUSY = 0.5         # load average of the last minute that is mentioned
TOLERANCE = 1e-5   # of torch's update and ours, of the largest entry


def figure(name, unit, ours, limit=None, limit_of=None, peer=None, theirs=None, why=None, details=None):
    """A row of the table; all speeds are in `unit`, more is better.  why: what keeps the peer's figure from being there; details: of the script."""
    return {"figure": name, "unit": unit, "ours": ours, "limit": limit, "limit_of": limit_of, "peer": peer, "theirs": theirs, "why": why,
            "details": details}


def dense(quick):
    """Pattern-updates per second of the compiled engine."""
    for P, N, K, acceptances in [(4, 20, 64, (0.65,))] if quick else DENSE:
        for acceptance in acceptances:
            row = engines.case(P, N, K, acceptance, *(0.01, 1) if quick else (SECONDS, REPEATS))
            yield figure(f"dense P={P} N={N} K={K} acceptance={acceptance}", "pattern/s", row["pattern_updates_per_second"], row["limit"],
                         "K bytes read", details=row)


def annealers(quick):
    """Attempted flips per second, beside annealers of others."""
    for P, N, K, acceptances in [(2, 30, 10, (0.43,)), (4, 12, 20, (0.65,))] if quick else PEERS:
        limit, given = engines.read_rate(N * K) / K, (1, 4, 20) if quick else (REPEATS,)
        for acceptance in acceptances:
            peer, why = peers.PEERS[P][0], None
            try:
                row = peers.compare(P, N, K, acceptance, *given)
            except ImportError:
                why = "not installed"
            except peers.Different as error:
                why = str(error)
            if why:
                row = peers.compare(P, N, K, acceptance, *given, alone=True)
            yield figure(f"annealing P={P} N={N} K={K} acceptance={acceptance}", "flip/s", row["flips_per_second"], limit, "K bytes read", peer,
                         row.get("peer_flips_per_second"), why, row)


def examples(quick):
    """Pattern-updates per second where stored rows are learnt."""
    given = {"seconds": 0.01, "repeats": 1} if quick else {"seconds": SECONDS}
    for kind, K, T in [("supervised", 20, 0.3)] if quick else [("supervised", 2500, 0.3), ("supervised", 2500, 10.0), ("unsupervised", 926, 0.3)]:
        row = learning.case(kind, T, K=K, r=0.4, M=27, **given)
        yield figure(f"{kind} P={row['P']} N={row['N']} K={K} M=27 T={T}", "pattern/s", row["pattern_updates_per_second"], row["limit"],
                     "rows and polynomials read" if kind == "supervised" else "K bytes read", details=row)


def diluted(quick):
    """Attempted flips per second of multitasking networks."""
    given = {"seconds": 0.01, "repeats": 1} if quick else {"seconds": SECONDS}
    for N, K, d in [(1000, 5, 0.5)] if quick else [(100_000, 5, 0.5), (10_000, 500, 0.9)]:
        row = multitasking_engine.case(N, K, d, 0.5 * (1 - d), "random", **given)
        yield figure(f"multitasking N={N} K={K} d={d} T={row['T']:.3g}", "flip/s", row["flips_per_second"], row["limit"],
                         "nonzero entries read", details=row)


def exponential(quick):
    """Attempts per second of modern networks under Monte Carlo."""
    given = {"budget": 0.01 if quick else 1.0}
    rows = [("exponential", modern_mc.binary(K, T, **given)) for K, T in ([(600, 0.3)] if quick else [(10**5, 0.3), (10**5, 1.5), (10**6, 0.3)])]
    rows += [("modern, sphere,", modern_mc.sphere(50 if quick else 10**4, **given))]
    for what, row in rows:
        touched = row["bytes_per_second"] / row["per_second"]
        yield figure(f"{what} N={row['N']} K={row['K']} T={row['T']}", "attempt/s", row["per_second"], row["read_limit"] / touched,
                     f"{touched / row['K']:.0f} K bytes read", details=row)


def same_update(N, K, B):
    """Why torch's attention is not our update, or None."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((K, N), dtype=np.float32)
    ours = hn.modern.update(X, X[:B], 1 / np.sqrt(N))
    q, k = (modern.torch.from_numpy(x)[None, None] for x in (X[:B], X))
    theirs = modern.torch.nn.functional.scaled_dot_product_attention(q, k, k).numpy()[0, 0]
    error = np.abs(ours - theirs).max() / np.abs(ours).max()
    return None if error <= TOLERANCE else f"another result: {error:.1e} of the largest entry"


def updates(quick):
    """Bytes (one state) and operations (a batch) per second of X^T softmax(lam X x), beside PyTorch's attention."""
    for N, K, B in [(8, 100, 1), (8, 100, 4)] if quick else MODERN:
        why = "not installed" if modern.torch is None else same_update(N, min(K, 10**4), B)
        row = modern.case(N, K, B, 0.01 if quick else 2.0)
        unit, giga = ("B/s", "gbytes") if B == 1 else ("op/s", "gflops")
        limit = 1e9 * row["read_gbytes" if B == 1 else "sgemm_gflops"]
        theirs = None if why else 1e9 * row[giga] / row["times_faster_than_torch"]
        yield figure(f"update N={N} K={K} batch={B}", unit, 1e9 * row[giga], limit, "patterns read" if B == 1 else "sgemm", "torch", theirs, why,
                     row)


def solving(quick):
    """Points per second of the theory."""
    for name in THEORY[:1 if quick else None]:
        row = theory.case(name, 1 if quick else 5)
        yield figure(f"theory, {name}", "point/s", row["points"] / row["seconds"], details=row)


def studies(quick):
    """Tasks per second that a study of tasks without work would do."""
    tasks = 100 if quick else 2000
    with tempfile.TemporaryDirectory(dir=".") as folder:
        each = sweep.measured(tasks, folder)[0] - sweep.MILLISECOND
        limit = 1 / sweep.disk(tempfile.mkdtemp(dir=folder), 10_000, tasks)
    yield figure("study, tasks stored", "task/s", 1 / each, limit, "files written and synced", details={"tasks": tasks})


def cards(quick):
    """The same on a GPU, where there is one."""
    try:
        device = cupy_engine.shared_device()
    except ParameterError as error:
        print(f"GPU: {error}")
        return
    cupy, wait = device.cupy, device.cupy.cuda.Device().synchronize
    limits, seconds = gpu.limits(cupy, wait), 0.1 if quick else gpu.SECONDS
    cases = [(*gpu.SWEEPS[0], acceptance, "metropolis") for acceptance in gpu.ACCEPTANCES] + [(*gpu.PARALLEL[0], 0.65, "parallel")]
    for P, N, K, chains, acceptance, dynamics in cases[:1 if quick else None]:
        row = gpu.sweeps(P, N, K, chains, acceptance, device, wait, seconds, dynamics)
        digits = row["digits"]
        limit, what = (limits["byte_operations"] / (2 + 2 * digits), "products of bytes") if digits else (limits["integer_additions"], "additions")
        yield figure(f"GPU {dynamics} P={P} N={N} K={K} chains={chains} acceptance={acceptance}", "pattern/s", row["pattern_updates_per_second"],
                     limit, what, details=row)
    for N, K, B in [(256, 10**5, 1), (256, 10**5, 1024)]:
        spent, error = gpu.update(cupy, wait, N, K, B)
        unit, work, limit = ("B/s", 4.0 * N * K, "copied_bytes") if B == 1 else ("op/s", 4.0 * N * K * B, "float32_operations")
        yield figure(f"GPU update N={N} K={K} batch={B}", unit, work / spent, limits[limit], limit, details={"error": error})


GROUPS = {function.__name__: function for function in (dense, annealers, examples, diluted, exponential, updates, solving, studies, cards)}


# ---- the table

def short(x, unit=""):
    """A number with four digits and a prefix: 24.13 Gpattern/s."""
    if x is None:
        return ""
    for size, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")):
        if x >= size:
            return f"{x / size:.4g} {prefix}{unit}"
    return f"{x:.3g} {unit}"


HEAD = f"{'figure':58} {'ours':>16} {'limit':>9} {'of it':>6}   {'peer':14} {'its':>9} {'ratio':>7} {'change':>7}"


def line(row, before):
    """`before`: the score of the last stored run on such a machine, or None."""
    of, ratio = (f"{row['ours'] / row[other]:{form}}" if row[other] else "" for other, form in (("limit", "6.1%"), ("theirs", ".2f")))
    change = f"{history.score(row) / before - 1:+.0%}" if before else ""
    return (f"{row['figure']:58} {short(row['ours'], row['unit']):>16} {short(row['limit']):>9} {of:>6}   {row['peer'] or '':14} "
            f"{short(row['theirs']):>9} {ratio:>7} {change:>7}").rstrip()


def missing(rows):
    """Sentences on the peers whose columns are empty."""
    for peer, why in dict.fromkeys((row["peer"], row["why"]) for row in rows if row["why"]):
        which = [row["figure"] for row in rows if (row["peer"], row["why"]) == (peer, why)]
        yield f"{peer}: {why}; its columns are empty for {'; '.join(which)}"


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help="Smallest form, seconds: whether it works, not how fast.")
@click.option("--only", type=click.Choice([*GROUPS, "scaling", "startup"]), multiple=True, help="These parts; again for more.")
@click.option("--save", type=click.Path(dir_okay=False), help="Write the run there, and not into the history.")
def command(quick, only, save):
    begin, run, wanted = time.perf_counter(), history.new(), only or (*GROUPS, "scaling", "startup")
    run |= {"load_average": os.getloadavg()[0], "peers": peers.versions(), "sgemm_multiply_adds_per_second": engines.sgemm(256 if quick else 2048)}
    before = {} if quick else history.last(run["machine"])
    print(", ".join(f"{key} {value}" for key, value in run["machine"].items()), f"\nload {run['load_average']:.1f}, sgemm "
          f"{short(run['sgemm_multiply_adds_per_second'], 'multiply-adds/s')}; peers: "
          + ", ".join(f"{peer} {version or 'not installed'}" for peer, version in run["peers"].items()))
    if run["load_average"] > BUSY:
        print("other programs run: threads, processes and studies are slower for it, and caches are shared")
    run |= {"figures": [], "scaling": [], "startup": []}
    groups = [group for group in GROUPS if group in wanted]
    print(*[f"\n{HEAD}"] if groups else [])
    for group in groups:
        for row in GROUPS[group](quick):
            run["figures"].append(row)
            print(line(row, before.get(row["figure"])), flush=True)
    for sentence in missing(run["figures"]):
        print(sentence)
    if groups:
        print("limit: one thread of this machine, in this run (docs/benchmarks.md); change: of the fraction of it, else of the ratio, since the last "
              "stored run")
    for part, module in (("scaling", scaling), ("startup", startup)):
        if part in wanted:
            print("", *[module.HEAD] if part == "scaling" else [], sep="\n")
            for row in module.measured(quick):
                run[part].append(row)
                print(module.line(row), flush=True)
    run["seconds"] = time.perf_counter() - begin
    if save or not (quick or only):
        print(f"\n{run['seconds']:.0f} s; wrote {history.store(run, save)}")


if __name__ == "__main__":
    command()
