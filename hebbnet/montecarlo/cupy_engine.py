"""CUDA engine: thousands of chains at once, one thread block each; the same decisions as the compiled engine, spin for spin.

The kernels are CUDA C in cuda/, compiled for each form (montecarlo/forms.py) when they are first needed: sweeps.cu, and products.cu for parallel
dynamics as matrix products.  The logarithm of a sum of exponentials alone is right to its rounding (forms.LogSum), since exp and log of a GPU have
other last bits.  States stay on the device between calls of `advance`; what is measured is computed there, and only numbers of one entry per chain
come back.  docs/gpu.md.

Not yet run on a GPU: the kernels are compiled for them, and run in tests as C on the CPU (tests/cuda_twin.py).
"""
import dataclasses
import pathlib
import warnings
from concurrent.futures import ThreadPoolExecutor
from math import comb
from typing import NamedTuple

import numpy as np

from .. import streams
from ..params import ParameterError
from . import forms, numba_engine
from .forms import LogSum, Symmetric
from .problem import HALF, host

FOLDER = pathlib.Path(__file__).parent / "cuda"
PRODUCTS = ("overlaps", "fields", "choose")   # kernels of products.cu; the others are in sweeps.cu
INSTALL = "pip install 'hebbnet[gpu]'"
UNFUSED = "--fmad=false"       # thresholds have the bits of the CPU
WARP, MOST_THREADS = 32, 512   # a block of 512 leaves each thread 128 registers
MOST_ITEMS = 64                # fields that a thread keeps in registers
FEW_ITEMS = 32                 # up to here a smaller block is better: more of them run at once
AHEAD = 256                    # attempts whose random numbers are in shared memory
ATTEMPTS = 2**20               # of a chain in one launch, which cannot be interrupted
SPARE = 0.9                    # part of the free memory that states may take
SIDE_BY_SIDE = 16              # disorder samples that run at once
PRODUCT_THREADS, HEIGHT, WIDTH, DEPTH = 256, 64, 128, 64   # of products.cu: of its blocks, and the part of a product that is one block's
PRODUCT_SHARED = (HEIGHT + WIDTH) * (DEPTH + 16) + 4 * 256 * PRODUCT_THREADS // WARP
BLOCKS = 512                   # that a long product is cut into, at least where a block keeps a thousand patterns

CONSTANTS = {   # of streams.py, problem.py and numba_engine.py, as they stand in the source
    **{name: f"{getattr(streams, name)}u" for name in ("MULTIPLIER_0", "MULTIPLIER_1", "WEYL_0", "WEYL_1")},
    **{f"STREAM_{s.name}": f"{s << streams.BLOCK_BITS}u" for s in (streams.Stream.SWEEP, streams.Stream.SWAP)},
    "MINUS_INFINITY": f"{np.float64(-np.inf).view(np.int64)}LL",
    "ROUNDS": streams.ROUNDS, "MANTISSA": f"{streams.MANTISSA}LL", "ONE": f"{streams.ONE}LL", "AHEAD": AHEAD, "HALF": HALF,
    **{name: repr(getattr(streams, name)) for name in ("LN2_HIGH", "LN2_LOW", "SQRT2", "WHOLE")},
    **{name: getattr(numba_engine, name) for name in ("FIELD_RULE", "FLIP_RULE", "LOGIT", "COIN", "MINUS_LOG", "KEEP")},
}


class Device:
    """The first NVIDIA GPU, through cupy.  The tests have a twin of this class on the CPU."""

    def __init__(self):
        self.cupy = load()
        here = self.cupy.cuda.Device()
        self.shared = here.attributes["MaxSharedMemoryPerBlockOptin"]
        self.multiplies_bytes = int(here.compute_capability) >= 75   # its tensor cores
        self.modules, self.sharing = {}, 1

    def asarray(self, array):
        """The array on the device, contiguous; itself if it is there already."""
        return self.cupy.ascontiguousarray(self.cupy.asarray(array))

    def zeros(self, shape, dtype):
        return self.cupy.zeros(shape, dtype)

    def holds(self, array):
        return isinstance(array, self.cupy.ndarray)

    def free(self):
        """Bytes of memory that arrays can have."""
        return self.cupy.cuda.runtime.memGetInfo()[0] + self.cupy.get_default_memory_pool().free_bytes()

    def apart(self, call, *arguments):
        """call(*arguments) in a stream of its own, beside those of other threads."""
        with self.cupy.cuda.Stream(non_blocking=True):
            return call(*arguments)

    def launch(self, name, options, blocks, threads, shared, arguments):
        """Run a kernel compiled with these options; arguments: arrays of the device and integers."""
        key = name, options
        if key not in self.modules:
            module = self.cupy.RawModule(code=source(name), options=(UNFUSED, *options))
            self.modules[key] = module.get_function(name)
            self.modules[key].max_dynamic_shared_size_bytes = self.shared
        self.modules[key]((blocks,), (threads,), tuple(a if self.holds(a) else np.int64(a) for a in arguments), shared_mem=shared)


def source(kernel):
    """The source that has this kernel."""
    return "".join((FOLDER / file).read_text() for file in ("common.cu", "products.cu" if kernel in PRODUCTS else "sweeps.cu"))


def load():
    """The module cupy; ParameterError, in one line, where it or a GPU is missing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")   # about where CUDA may be: a missing part says so when it is used
            import cupy
    except ImportError as error:
        raise ParameterError(f"engine = 'cupy': cupy is not installed ({error}); {INSTALL}, on a machine with an NVIDIA GPU and its driver for "
                             "CUDA 12 or newer; engine = 'numba' gives the same data", "engine") from None
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise ParameterError(f"engine = 'cupy': no GPU can be used ({error}); it needs an NVIDIA GPU and its driver for CUDA 12 or newer, beside "
                             f"{INSTALL}; engine = 'numba' gives the same data", "engine") from None
    if not count:
        raise ParameterError(f"engine = 'cupy': cupy finds no NVIDIA GPU; beside {INSTALL} it needs one; engine = 'numba' gives the same data",
                             "engine")
    return cupy


class Plan(NamedTuple):
    """How a form becomes a kernel: threads of a block, patterns whose fields each of them keeps in registers (0: none), words of 32 packed
    patterns per thread, entries of the overlaps of a chain, bytes of a chain's state, bytes of shared memory of sweeps and of energies, the
    compile options, digits of the matrix products of parallel dynamics (0: it goes through `sweeps`), and their options."""

    threads: int
    items: int
    words: int
    size: int
    state: int
    shared: int
    sums: int
    options: tuple
    planes: int = 0
    product_options: tuple = ()


STATES = {"int16": "short", "int32": "int", "int64": "i64", "float64": "double"}
ROWS = {"int8": "signed char", "int16": "short"}
STAGED = ("TABLE_ORDERED", "ORDERED", "ROUNDED")   # float64 sums in pattern order


def plan(problem, overlaps, shared, threads=None, products=True):
    """`Plan` for overlaps of this dtype and shape (C, S) or (C, P, S), with so many bytes of shared memory; threads: instead of its choice;
    products: whether parallel dynamics may be matrix products."""
    form, stored = problem.form, problem.patterns
    size, S = int(np.prod(overlaps.shape[1:])), overlaps.shape[-1]
    options = dict(P=2, NB=1, ODD=1, ROW="signed char", STATE=STATES[str(overlaps.dtype)], NARROW=0)
    items = words = 0
    if isinstance(form, forms.Pairs):
        name, options["ROW"] = "PAIRS", ROWS[str(stored.rows.value.dtype)]
        threads = threads or block_size(len(stored.rows.value) / stored.N, 1)
        rounded = form.sums is np.float64
    elif isinstance(form, Symmetric):
        name = {"ordered": "ORDERED", "rounded": "ROUNDED"}.get(form.kernel, "PRODUCTS")
        options |= {"P": form.P, "ROW": ROWS[str(stored.rows.dtype)]}
        if form.carried is np.int64:   # modulo 2**64, which signed integers of C do not promise
            options["STATE"] = "u64"
        threads = threads or block_size(S, 4)
        rounded = form.sums is np.float64
    else:
        S = stored.S
        name = {"int32": "INT32", "float64": "FLOAT64", "log_sum": "LOG_SUM"}.get(form.kernel, "TABLE" if form.exact else "TABLE_ORDERED")
        threads = threads or block_size(S, FEW_ITEMS)
        if name in ("INT32", "FLOAT64"):
            options |= {"NB": len(form.coefficients), "ODD": int(form.odd)}
        if name == "INT32":
            items = cached_items(form, stored.N, S, threads)
            largest = 2 * items * reach(form, stored.N)   # of what one thread adds up
            options["NARROW"] = int(items > 0 and WARP * largest < 2**31)
        words = -(-S // (32 * threads))
        rounded = not form.exact
    fixed = 64 * 8 + AHEAD * 12 + (8 * threads if name in STAGED else 0) + (8 * (stored.N + 1) if name == "LOG_SUM" else 0)
    if fixed > shared:
        raise ParameterError(f"N = {stored.N}: engine = 'cupy' counts the rows with each overlap in {shared // 1024} KiB of shared memory, which "
                             "holds the counts of fewer neurons; use engine = 'numba'", "N")
    kept = size * overlaps.dtype.itemsize
    resident = fixed + kept <= shared
    options |= {"FORM": name, "THREADS": threads, "ITEMS": items, "SHARED": int(resident), "SUMS_ORDERED": int(rounded)}
    sums = 64 * 8 + max(8 * threads if rounded else 0, 8 * (stored.N + 1) if name == "LOG_SUM" else 0)
    state = kept + 2 * stored.N + 64
    planes = digits(of_products(form)) if products and problem.dynamics == "parallel" and isinstance(form, forms.Form) and form.exact else 0
    if planes:
        state += planes * size + 9 * stored.N + 32
    return Plan(threads, items, words, size, state, fixed + kept * resident, sums, defined(**options), planes,
                defined(THREADS=PRODUCT_THREADS, PLANES=planes, STATE=options["STATE"]))


def defined(**options):
    """Compile options of these and the constants."""
    return tuple(f"-D{k}={v}" for k, v in sorted({**CONSTANTS, **options}.items()))


def of_products(form):
    """D(X+1) + D(X-1) and D(X+1) - D(X-1), times the denominator, at X = -N, -N+2, ..., N: (N + 1, 2) int64.  Beyond the last count of the other
    neurons D is what it is there; at |X| = N only the one that exists matters, B - s xi A being twice that."""
    D = form.fields * form.denominator
    up, down = np.append(D, D[-1]), np.insert(D, 0, D[0])
    return np.stack([up + down, up - down], axis=1)


def digits(law):
    """How many digits from -128 to 127, to the base 256, integers of this size have."""
    largest, count = int(np.abs(law).max()), 1
    while largest > 127 * (256**count - 1) // 255:
        count += 1
    return count


def block_size(patterns, items):
    """Threads of a block that leave each at most so many of the patterns, as far as a block can."""
    threads = WARP
    while threads < MOST_THREADS and patterns > threads * items:
        threads *= 2
    return threads


def reach(form, N):
    """The largest |D(c)| where the kernel with fields in registers evaluates it, one step beyond the counts of the other neurons."""
    return max(abs(forms.numerator(form.coefficients, form.odd, c)) for c in [*range(-N - 1, N + 2, 2), 1])


def cached_items(form, N, S, threads):
    """Patterns per thread whose fields are kept in registers; 0 where there are too many, or where their sum may exceed 32 bits."""
    items = -(-S // threads)
    return items if items <= MOST_ITEMS and 2 * items * reach(form, N) < 2**31 else 0


class Engine:
    """Chains of one problem on the GPU, or of several problems that differ in sample, temperature and key alone: the chains of a State are then
    as many of each, one problem after another.  threads: of a block, instead of the plan's choice.

    `problem` is the first one; `measured` the same with its patterns on the device, where the overlaps of its states are computed.
    """

    def __init__(self, problem, *others, threads=None, device=None):
        self.problem, self.problems = problem, (problem, *others)
        self.device, self.threads = device or shared_device(), threads
        self.plan = self.chains = self.measured = None

    def prepare(self, state):
        """The plan and the arrays on the device that do not change, for states like this one."""
        if self.plan is None:
            self.plan = plan(self.problem, state.overlaps, self.device.shared, self.threads, self.device.multiplies_bytes)
            self.upload()
        if self.chains is None or self.chains[0] != len(state.spins):
            self.chains = len(state.spins), *map(self.device.asarray, self.coordinates(len(state.spins)))

    def upload(self):
        problem, device, p = self.problem, self.device, self.plan
        form, rows, nothing = problem.form, [q.patterns.rows for q in self.problems], np.zeros(1, np.int64)
        start = column = nothing
        if p.planes:   # rows as they are, and for the overlaps the patterns, of whose bytes there are a multiple of 16
            law = of_products(form).astype(np.int64 if p.planes > 4 else np.int32)
            patterns = np.zeros((len(rows), p.size, -(-problem.patterns.N // 16) * 16), np.int8)
            patterns[..., :problem.patterns.N] = np.stack(rows).swapaxes(1, 2)
            packed, column = np.stack(rows), patterns
        elif isinstance(form, forms.Pairs):
            entries = np.cumsum([0, *(len(r.value) for r in rows)])
            start = np.concatenate([r.start + first for r, first in zip(rows, entries)])
            column, packed = (np.concatenate([x, np.zeros(1, x.dtype)]) for x in (np.concatenate([r.column for r in rows]),
                                                                                np.concatenate([r.value for r in rows])))
            law = np.concatenate([q.form.squares for q in self.problems])
        elif isinstance(form, Symmetric):
            packed, law = np.stack(rows), nothing
        else:
            packed, law = np.stack([pack(r, problem.patterns.S, p.words, p.threads) for r in rows]), of_signs(form, problem.patterns.N)
        table = form.energies if isinstance(form, forms.Form) else law
        need, free = packed.nbytes + column.nbytes + start.nbytes, self.device.free()
        if need > SPARE * free:
            raise ParameterError(f"K = {problem.patterns.K:,} patterns of N = {problem.patterns.N} neurons take {need / 1e9:,.1f} GB on the GPU, "
                                 f"of which {free / 1e9:,.1f} GB are free; lower alpha, N or P, or use engine = 'numba'", "alpha")
        self.rows, self.start, self.column, self.law, self.table = map(device.asarray, (packed, start, column, law, table))
        stored = problem.patterns
        if getattr(stored, "examples", None) is not None:
            stored = dataclasses.replace(stored, archetypes=device.asarray(stored.archetypes), examples=device.asarray(stored.examples))
        self.measured = dataclasses.replace(problem, patterns=stored)

    def coordinates(self, chains):
        """Where the random numbers of each chain are, and what becomes of them: places (C, 5), units (C,), draws (C,); what is taken off the
        sums of `Pairs` (C,)."""
        each = chains // len(self.problems)
        places, units, draws = np.zeros((chains, 5), np.uint32), np.zeros(chains), np.zeros(chains, np.int64)
        for which, problem in enumerate(self.problems):
            part = slice(which * each, (which + 1) * each)
            places[part, :2], places[part, 2], places[part, 3], places[part, 4] = problem.key, np.arange(each), problem.sample, which
            units[part] = problem.units(each)
            rule, draws[part] = numba_engine.rules(problem, units[part])
        self.rule = rule
        if isinstance(self.problem.form, forms.Pairs):
            return places, units, draws, np.repeat(np.array([q.form.squares.sum() for q in self.problems]), each).astype(self.problem.form.sums)
        return places, units, draws

    def capacity(self):
        """Chains whose state fits into the free memory."""
        return int(SPARE * self.device.free() / self.device.sharing // self.plan.state)

    def advance(self, state, sweeps):
        """Advance every chain by `sweeps` sweeps of N attempted flips.  Returns the new state and flips made (C,).

        The new state is on the device if all chains fit there; else they take turns, and it stays where it was.
        """
        self.prepare(state)
        C, flips = len(state.spins), np.zeros(len(state.spins), np.int64)
        most = self.at_once(state)
        if most < 1:
            raise ParameterError(f"N = {self.problem.patterns.N}: one chain does not fit into the memory of the GPU; use engine = 'numba'", "N")
        if most >= C:
            state, made = self.begin(state)
            self.run(state.spins, state.overlaps, slice(0, C), state.sweep, sweeps, made)
            return state._replace(sweep=state.sweep + sweeps), host(made)
        for first in range(0, C, most):
            part = slice(first, min(first + most, C))
            on_device, made = self.begin(state._replace(spins=state.spins[part], overlaps=state.overlaps[part]))
            self.run(on_device.spins, on_device.overlaps, part, state.sweep, sweeps, made)
            state.spins[part], state.overlaps[part], flips[part] = host(on_device.spins), host(on_device.overlaps), host(made)
        return state._replace(sweep=state.sweep + sweeps), flips

    def at_once(self, state):
        """Chains that are advanced together: all that are on the device, or as many as fit there."""
        return len(state.spins) if self.device.holds(state.spins) else self.capacity()

    def begin(self, state):
        """The state on the device, and flips (C,) to be counted there."""
        spins, X = map(self.device.asarray, (state.spins, state.overlaps))
        return state._replace(spins=spins, overlaps=X), self.device.zeros(len(spins), np.int64)

    def run(self, spins, X, part, first, sweeps, made):
        """Launch the sweeps of chains on the device; made += flips."""
        p, problem, device = self.plan, self.problem, self.device
        if not sweeps:
            return
        if p.planes:
            return self.run_products(spins, X, part, first, sweeps, made)
        places, units, draws = (x[part] for x in self.chains[1:4])
        parallel = problem.dynamics == "parallel"
        next_spins = device.zeros(spins.shape if parallel else 1, np.int8)
        at_a_time = max(1, ATTEMPTS // problem.patterns.N)
        for sweep in range(first, first + sweeps, at_a_time):
            device.launch("sweeps", p.options, len(spins), p.threads, p.shared, (
                self.rows, self.start, self.column, self.law, spins, X, next_spins, places, units, draws, made, problem.patterns.N, self.columns(X),
                p.words, p.size, sweep, min(at_a_time, first + sweeps - sweep), self.rule, problem.order == "random" and not parallel, parallel))

    def run_products(self, spins, X, part, first, sweeps, made):
        """The same of parallel dynamics, whose chains of one sample are multiplied together."""
        each = self.chains[0] // len(self.problems)
        for which in range(len(self.problems)):
            low, high = max(part.start, which * each), min(part.stop, (which + 1) * each)
            if low < high:
                own = slice(low - part.start, high - part.start)
                self.multiply(which, spins[own], X[own], made[own], [x[low:high] for x in self.chains[1:4]], first, sweeps)

    def multiply(self, which, spins, X, made, chains, first, sweeps):
        p, N, S, C, device = self.plan, self.problem.patterns.N, self.problem.patterns.S, len(spins), self.device
        patterns = self.column[which]
        pitch, across = patterns.shape[1], p.size
        signs, planes = device.zeros((C, pitch), np.int8), device.zeros((p.planes * C, across), np.int8)
        h, sums = device.zeros((C, N), np.int64), device.zeros((2, C), np.int64)
        signs[:, :N] = spins
        blocks, over = -(-C // HEIGHT) * -(-S // WIDTH), -(-p.planes * C // HEIGHT) * -(-N // WIDTH)
        parts = max(1, min(-(-BLOCKS // over), across // 1024), -(-across // 2**23))   # sums of 2**23 digits fit in 32 bits
        length = -(-across // (parts * DEPTH)) * DEPTH

        def launch(name, blocks, *arguments):
            device.launch(name, p.product_options, blocks, PRODUCT_THREADS, PRODUCT_SHARED, arguments)

        def overlaps(sweep, keep):
            launch("overlaps", blocks, signs, patterns, self.law, planes, X, sums[sweep % 2], C, N, S, pitch, across, across, keep)

        for sweep in range(first, first + sweeps):
            overlaps(sweep, 0)
            launch("fields", over * parts, planes, self.rows[which], h, C, N, across, parts, length)
            launch("choose", -(-C * N // PRODUCT_THREADS), h, sums, signs, *chains, made, C, N, pitch, sweep)
        overlaps(0, 1)
        spins[...] = signs[:, :N]

    def columns(self, X):
        return self.problem.patterns.S if self.plan.words else X.shape[-1]

    def energies(self, state):
        """sum_mu law(X_mu) of every chain, (C,), on the host."""
        self.prepare(state)
        C, most = len(state.spins), max(1, self.at_once(state))
        parts = [slice(first, min(first + most, C)) for first in range(0, C, most)]
        return np.concatenate([host(self.sums(self.device.asarray(state.overlaps[part]), part)) for part in parts])

    def sums(self, X, part):
        """The same of chains on the device, there."""
        p, form = self.plan, self.problem.form
        kind = form.energies.dtype if isinstance(form, forms.Form) else float if isinstance(form, LogSum) else form.sums
        table, sums = self.chains[4][part] if isinstance(form, forms.Pairs) else self.table, self.device.zeros(len(X), kind)
        self.device.launch("energies", p.options, len(X), p.threads, p.sums, (X, table, self.problem.patterns.N, self.columns(X), p.size, sums))
        return sums

    def temper(self, ladder, state, rounds):
        """`rounds` rounds of sweeps and a swap each for `tempering.Ladder`, all on the device: the new chains, the arrays sums, walker and
        heading, and the counts flips, swaps, tried and trips, in the shapes that `Walkers` and `Counts` have; None where not all chains fit there.
        """
        self.prepare(state.chains)
        if self.at_once(state.chains) < len(state.chains.spins):
            return None
        device, p, problem, every = self.device, self.plan, self.problem, ladder.swap_every
        (R, L), (chains, flips) = state.walker.shape, self.begin(state.chains)
        walker, heading = (device.asarray(x.astype(np.int64)) for x in (state.walker, state.heading))
        (swaps, tried), trips = (device.zeros((R, L - 1), np.int64) for _ in range(2)), device.zeros((R, L), np.int64)
        gain, loss, key = (device.asarray(x) for x in (ladder.gain, ladder.loss, problem.key.astype(np.uint32)))
        sums, everything = device.asarray(state.sums.ravel()), slice(0, R * L)
        for _ in range(rounds):
            self.run(chains.spins, chains.overlaps, everything, chains.sweep, every, flips)
            chains = chains._replace(sweep=chains.sweep + every)
            sums, number = self.sums(chains.overlaps, everything), chains.sweep // every - 1
            if pairs := (L - number % 2) // 2:
                device.launch("exchange", p.options, R * pairs, p.threads, 0, (
                    chains.spins, chains.overlaps, sums, walker, swaps, tried, gain, loss, key, problem.sample, number, L, problem.patterns.N,
                    p.size))
            device.launch("follow", p.options, -(-R // p.threads), p.threads, 0, (walker, heading, trips, R, L, ladder.UP, ladder.DOWN))
        return chains, [host(x).reshape(R, L) for x in (sums, walker, heading)], [host(x) for x in (flips.reshape(R, L), swaps, tried, trips)]


def of_signs(form, N):
    """What the kernels of +-1 rows take of the law: coefficients (for "int32" modulo 2**32), a table, or weights with lam and the unit."""
    if isinstance(form, LogSum):
        return np.concatenate([np.exp(form.lam * np.arange(0.0, -2 * N - 1, -2)), [form.lam, form.denominator]])
    if form.kernel == "float64":
        return np.array(form.coefficients, float)
    if form.kernel == "int32":
        B, A = steps(form)
        return np.array([(b + 2**31) % 2**32 - 2**31 for b in (*form.coefficients, *B, *A)], np.int32)
    return form.fields


def steps(form):
    """Integer coefficients of B(X) = [D(X+1) + D(X-1)] / 2, of the parity of D, and of A(X) = [D(X+1) - D(X-1)] / 2, of the other one: as many
    as D has, in ascending powers of X**2."""
    n, odd = len(form.coefficients), form.odd
    sums = [[0] * 2 * n, [0] * 2 * n]
    for k, b in enumerate(form.coefficients):
        power = 2 * k + odd
        for less in range(power + 1):
            sums[less % 2][power - less] += comb(power, less) * b
    return sums[0][odd::2], sums[1][1 - odd::2]


def pack(rows, S, words, threads):
    """Signs of rows (N, S padded) as bits, (N, words, threads) uint32: bit j of word w of thread t is pattern (32 w + j) threads + t."""
    bits = np.zeros((len(rows), words * 32 * threads), np.uint8)
    bits[:, :S] = rows[:, :S] > 0
    bits = bits.reshape(len(rows), words, 32, threads).swapaxes(2, 3)
    return np.packbits(bits, axis=-1, bitorder="little").view("<u4")[..., 0]


_devices = []


def shared_device():
    """The device, opened once: its compiled kernels are kept."""
    if not _devices:
        _devices.append(Device())
    return _devices[0]


def side_by_side(measure, count):
    """[measure(0), ..., measure(count - 1)], in threads: the chains of one disorder sample may not fill the GPU, those of several do."""
    device = shared_device()
    device.sharing = min(count, SIDE_BY_SIDE)
    try:
        with ThreadPoolExecutor(device.sharing) as pool:
            return list(pool.map(lambda k: device.apart(measure, k), range(count)))
    finally:
        device.sharing = 1
