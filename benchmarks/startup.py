"""Start-up: `import hebbnet` beside python alone, and first calls in a new process, with numba's cache empty and filled.

Imports: whole processes, the quickest of REPEATS.  First calls: the seconds of imports and that call in the process; an empty
cache (NUMBA_CACHE_DIR, a new folder) is what the first call after an installation finds, and then it compiles; a filled one is what every other
process finds.  "again": the same call once more, that is, its own work.

    python benchmarks/startup.py [--save benchmarks/results/NAME.json]
"""
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from machine import write
from timing import best

REPEATS = 10
CALLS = {
    "hn.modern.update": "hn.modern.update(numpy.eye(8), numpy.ones(8), 1.0)",
    "hn.solve": "hn.solve('dense', P=4, alpha=0.1, T=0.2)",
    "hn.simulate": "hn.simulate('dense', P=4, alpha=0.1, T=0.2, N=50, thermalize=10, measure=10, disorder=1)",
}
PROGRAM = """
import time
a = time.perf_counter()
import numpy, hebbnet as hn
{call}
b = time.perf_counter()
{call}
print(b - a, time.perf_counter() - b)
"""


def imports(repeats=REPEATS):
    """Seconds of new processes that import hebbnet, and that do nothing."""
    seconds = [best(lambda k, code=code: subprocess.run([sys.executable, "-c", code], check=True), repeats, time.perf_counter)
               for code in ("import hebbnet", "")]
    return {"what": "import hebbnet", "seconds": seconds[0], "python_seconds": seconds[1]}


def first(name):
    """Seconds of a first call with an empty cache and a filled one, of the same call again, and the size of the cache."""
    with tempfile.TemporaryDirectory() as cache:
        def run():
            made = subprocess.run([sys.executable, "-c", PROGRAM.format(call=CALLS[name])], check=True, capture_output=True, text=True,
                                  env={**os.environ, "NUMBA_CACHE_DIR": cache})
            return list(map(float, made.stdout.split()[-2:]))

        empty, filled = run()[0], [run() for _ in range(2)]
        size = sum(path.stat().st_size for path in Path(cache).rglob("*") if path.is_file())
    first_call, again = (min(times) for times in zip(*filled))
    return {"what": name, "empty_cache_seconds": empty, "filled_cache_seconds": first_call, "again_seconds": again, "cache_bytes": size}


def measured(quick=False):
    yield imports(2 if quick else REPEATS)
    for name in list(CALLS)[:1 if quick else None]:
        yield first(name)


def line(row):
    if "python_seconds" in row:
        return f"{row['what']}, a new process: {row['seconds']:.3f} s, python alone {row['python_seconds']:.3f} s"
    return (f"{row['what']}, first call: {row['filled_cache_seconds']:.2f} s, with an empty cache {row['empty_cache_seconds']:.1f} s "
            f"(compiles {row['cache_bytes'] / 1e6:.1f} MB), again {1e3 * row['again_seconds']:.2f} ms")


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help="Smallest form, seconds, as a test.")
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(quick, save):
    rows = []
    for row in measured(quick):
        rows.append(row)
        print(line(row), flush=True)
    write(save, startup=rows)


if __name__ == "__main__":
    command()
