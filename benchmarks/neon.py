"""What the kernel for NEON (montecarlo/narrow.c) should gain over numba's on ARM processors, as llvm-mca predicts it: nothing is timed.

Cycles for 64 patterns, P = 4 and 6, in the inner loops of an attempted flip (the row of a neuron against kept values, and numba's polynomial of the
overlaps) and of an accepted one (overlaps and values anew, and two sums; numba's overlaps).  Instructions and data are taken to be in the nearest
cache, and no loop to begin or end.  numba's loops are those of numba_engine.py, compiled by numba's LLVM for the other processor; ours are GCC's.
Needs aarch64-linux-gnu-gcc, and an llvm-mca with models of these processors (LLVM 16 or newer).

    python benchmarks/neon.py [--mca llvm-mca-22] [--save benchmarks/results/neon.json]
"""
import os
import pathlib
import re
import subprocess
import tempfile

os.environ.update(NUMBA_OPT="0", NUMBA_CACHE_DIR=tempfile.mkdtemp())   # code as numba writes it, before LLVM makes it fast for this machine

import click  # noqa: E402
import numba  # noqa: E402
from llvmlite import binding  # noqa: E402
from machine import write  # noqa: E402
from numba import types  # noqa: E402

from hebbnet.montecarlo import native, numba_engine  # noqa: E402

PROCESSORS = ["apple-m1", "neoverse-n1", "neoverse-n2", "neoverse-v2"]   # LLVM has no model of Apple's own: apple-m1 is a predecessor of it
DEPTH = {4: 2, 6: 3}   # bytes of a kept value for N = 100
ROWS, OVERLAPS = types.Array(types.int8, 2, "C"), types.Array(types.int16, 1, "C")
LABEL, BRANCH = re.compile(r"(\.L\w+):"), re.compile(r"\s+(?:b\.?\w*|cbn?z|tbn?z)\s+(?:.*,\s*)?(\.L\w+)\s*$")


def assembly_of_numba(function, signature, processor):
    compiled = numba.njit(nogil=True, error_model="numpy")(function.py_func)
    compiled.compile(signature)
    text = compiled.overloads[compiled.signatures[0]].library.get_llvm_str()
    triple = "aarch64-unknown-linux-gnu"
    machine = binding.Target.from_triple(triple).create_target_machine(cpu=processor, opt=3)
    text = re.sub(r'target triple = ".*"', f'target triple = "{triple}"', text)
    module = binding.parse_assembly(re.sub(r'target datalayout = ".*"', f'target datalayout = "{machine.target_data}"', text))
    options = binding.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = True   # as numba has them
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return machine.emit_assembly(module)


def assembly_of_gcc():
    source = pathlib.Path(native.__file__).with_name("narrow.c")
    return subprocess.run(["aarch64-linux-gnu-gcc", "-O3", "-ffp-contract=off", "-S", "-o", "-", str(source)], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def pieces(text):
    """Straight pieces of code, and whether each is a loop of its own."""
    label, body, found = None, [], []
    for line in text.splitlines():
        start, branch = LABEL.match(line), BRANCH.match(line)
        if not start and re.match(r"\s+[a-z]", line):
            body.append(line.split("//")[0])
        if start or branch:
            found.append((body, bool(branch) and branch[1] == label))
            label, body = start[1] if start else None, []
    return found


def count(body, *mnemonics):
    return sum(line.split()[0] in mnemonics for line in body)


def read(body):
    """Bytes that a loop reads into vector registers."""
    size, total = {"q": 16, "d": 8, "s": 4}, 0
    for line in body:
        if match := re.match(r"\s+(ldp|ldr|ldur)\s+([qds])\d", line):
            total += size[match[2]] * (2 if match[1] == "ldp" else 1)
    return total


def cycles(mca, body, processor, repeats=200):
    options = ["-mtriple=aarch64-linux-gnu", f"-mcpu={processor}", "-mattr=+dotprod", f"-iterations={repeats}"]
    out = subprocess.run([mca, *options], check=True, text=True, input="\n".join(body) + "\n", stdout=subprocess.PIPE).stdout
    return int(re.search(r"Total Cycles:\s+(\d+)", out)[1]) / repeats


def of_numba(mca, P, processor):
    """(an attempt, an accepted flip): the fastest loop that LLVM made of each, which is that of a law without a switch inside."""
    values = types.UniTuple(types.int32, P // 2)
    fields = assembly_of_numba(numba_engine.sum_int32, (ROWS, types.int64, OVERLAPS, types.int8, values, types.boolean), processor)
    turns = assembly_of_numba(numba_engine.add_row, (ROWS, types.int64, OVERLAPS, types.int16), processor)
    products = ("mul", "smull", "smull2", "mla")
    polynomial = [body for body, loop in pieces(fields) if loop and count(body, *products) >= 4 * P and read(body) >= 48]
    rows = [body for body, loop in pieces(turns) if loop and read(body) >= 48]
    return tuple(min(cycles(mca, body, processor) * 64 * 3 / read(body) for body in bodies) for bodies in (polynomial, rows))   # 3 bytes a pattern


def of_the_kernel(mca, P, processor, found):
    depth = DEPTH[P]

    row = next(body for body, loop in found if loop and count(body, "sdot") == 4 * depth and count(body, "cmtst") == 4)
    everything = next(body for body, loop in found if loop and count(body, "sdot") == 4 * depth and count(body, "cmtst") == 0)
    turn = next(body for body, _ in found if count(body, "smlal") == 8)
    places = next(body for body, _ in found if count(body, "uzp1") == 4 and count(body, "sshl", "tbl") == 0)
    look_up = next(body for body, loop in found if loop and count(body, "tbl") == 4)
    attempt = cycles(mca, row, processor)
    renewal = cycles(mca, turn + places, processor) + depth * cycles(mca, look_up, processor)
    return attempt, renewal + cycles(mca, everything, processor) + attempt


@click.command(help=__doc__)
@click.option("--mca", default="llvm-mca", help="the program's name")
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(mca, save):
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    version = re.search(r"LLVM version \S+", subprocess.run([mca, "--version"], check=True, text=True, stdout=subprocess.PIPE).stdout)[0]
    found, rows = pieces(assembly_of_gcc()), []
    print(f"cycles for 64 patterns; llvm-mca: {version}; numba's LLVM: {'.'.join(map(str, binding.llvm_version_info))}")
    most = native.MOST_FLIPS["narrow, int32"]
    print(f"{'processor':>12} {'P':>2} {'numba':>7} {'kernel':>7} {'ratio':>6} {'flips: numba':>13} {'kernel':>7} {f'ratio at {most}':>13}")
    for processor in PROCESSORS:
        for P in DEPTH:
            plain, plain_flip = of_numba(mca, P, processor)
            attempt, flip = of_the_kernel(mca, P, processor, found)
            at_most = (plain + most * plain_flip) / (attempt + most * flip)
            rows.append({"processor": processor, "P": P, "numba_attempt": plain, "numba_flip": plain_flip, "attempt": attempt, "flip": flip})
            print(f"{processor:>12} {P:2d} {plain:7.1f} {attempt:7.1f} {plain / attempt:6.1f} {plain_flip:13.1f} {flip:7.1f} {at_most:13.1f}")
    write(save, llvm_mca=version, cycles_of_64_patterns=rows)


if __name__ == "__main__":
    command()
