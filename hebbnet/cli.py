"""The `hebbnet` command, and `main` for scripts that declare a study.

Everything is imported on use, so that `hebbnet --help` is quick.  Exit codes: 0 done; 1 a task failed or a solution did not
converge; 2 bad input, with a last line that names the parameter or file; 130 and 143 stopped by Ctrl-C or SIGTERM.
"""
import contextlib
import functools
import json
import math
import re
import sys
import types
from pathlib import Path

import click

from . import __version__
from .params import PARAMETERS, ParameterError, nearest, plain

SCRIPT = click.Path(exists=True, dir_okay=False, path_type=Path)


@contextlib.contextmanager
def _one_sentence():
    """Turn errors of the user into a message and an exit code; a traceback means a bug."""
    try:
        yield
    except ParameterError as e:
        named = e.parameter is None or e.parameter in str(e)
        _stop(f"{'' if named else f'{e.parameter}: '}{e}", 2)
    except KeyboardInterrupt as e:
        _stop(str(e) or "stopped", getattr(e, "code", 130))
    except OSError as e:
        if e.filename is None:
            raise
        _stop(f"{e.filename}: {e.strerror}; expected a file or folder that can be used: choose another", 2)
    except (ValueError, RuntimeError) as e:
        from .store import StoreError
        from .sweep import ExecutorError, StudyError
        if isinstance(e, StoreError):
            _stop(e, 2)
        if isinstance(e, StudyError | ExecutorError):
            _stop(e, 1)
        raise


def _stop(message, code):
    click.echo(f"hebbnet: {message}", err=True)
    sys.exit(code)


class _Group(click.Group):
    def invoke(self, ctx):
        with _one_sentence():
            return super().invoke(ctx)


class _Command(click.Command):
    def invoke(self, ctx):
        with _one_sentence():
            return super().invoke(ctx)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hebbnet")
def cli():
    """Statistical mechanics of associative memories: theory, Monte Carlo, and studies of both.

    \b
    hebbnet solve dense --P 4 --alpha 0.1 --T 0.2             self-consistency equations, one point
    hebbnet boundary dense spinodal --P 4 --alpha 0.1         the temperature where retrieval ends
    hebbnet simulate dense --P 4 --alpha 0.1 --T 0.2 --N 100  Monte Carlo, one point
    hebbnet run sims/dense_retrieval.py --workers 2           a study over a grid; again to resume
    hebbnet figure dense_phase_diagram                        a picture of stored studies
    """


# ---------------------------------------------------------------- one point

def parameters(command, without=()):
    """An option for every control parameter, in the words of params.py."""
    for name, parameter in reversed([(name, p) for name, p in PARAMETERS.items() if name not in without]):
        dashed, more = name.replace("_", "-"), {}
        declared = list(dict.fromkeys([f"--{dashed}", f"--{name}"]))
        if parameter.kind is bool:
            declared = [f"--{dashed}/--no-{dashed}", *declared[1:]]
        else:
            more = {"type": parameter.kind}
        text = f"{parameter.meaning[0].upper()}{parameter.meaning[1:]}."
        command = click.option(*declared, name, default=None, help=text, **more)(command)
    return command


def _given(options):
    return {name: value for name, value in options.items() if value is not None}


def _json(value):
    """JSON that every reader takes: NaN as null, infinities as the strings "Infinity" and "-Infinity"."""
    def strict(value):
        value = plain(value)
        if isinstance(value, dict):
            return {str(k): strict(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [strict(v) for v in value]
        if isinstance(value, float) and not math.isfinite(value):
            return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return value
    return json.dumps(strict(value), indent=2, allow_nan=False)


def _values(dataset):
    return {name: dataset[name].values for name in dataset.variables}


def _show(name, value):
    value = plain(value)
    click.echo(f"{name:>16} = {f'{value:.10g}' if isinstance(value, float) else value}")


@cli.command()
@click.argument("network")
@parameters
@click.option("--ansatz", help="rs, replica symmetric (default); 1rsb, 2rsb; krsb with --k.")
@click.option("--k", type=int, help="Steps of replica symmetry breaking, with --ansatz krsb.")
@click.option("--start", help="Branch: retrieval (default), paramagnet, glass; multitasking: lowest (default), hierarchical, pure, symmetric.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def solve(network, as_json, **options):
    """Solve the self-consistency equations of NETWORK at one point."""
    from . import solve
    solution = solve(network, **_given(options))
    values = _values(solution.to_dataset())
    if as_json:
        click.echo(_json({"network": network, **values}))
    else:
        for name, value in values.items():
            _show(name, value)
    if not solution.converged:
        _stop(solution.status, 1)


@cli.command()
@click.argument("network")
@click.argument("which")
@parameters
@click.option("--ansatz", help="rs, replica symmetric (default); 1rsb, 2rsb; krsb with --k.")
@click.option("--k", type=int, help="Steps of replica symmetry breaking, with --ansatz krsb.")
@click.option("--n", type=int, help="How many overlaps are equal, of the line symmetric of multitasking (default K).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def boundary(network, which, as_json, **options):
    """Find the boundary WHICH of NETWORK (spinodal, transition, at, static_glass, dynamic_glass, gardner; multitasking: ergodic, pure,
    symmetric, hierarchical, ground_state, multicritical, parallel, spinodal; modern, exponential: spinodal, union, single); the
    parameter left out is the one solved for."""
    from . import boundary
    found = boundary(network, which, **_given(options))
    if as_json:
        click.echo(_json({"network": network, "which": which, "unknown": found.unknown, "value": found.value,
                          "values": list(found.values), "converged": bool(found.converged), "status": found.status}))
    else:
        _show(found.unknown, float(found.value))
        if len(found.values) > 1:
            _show("all roots", ", ".join(f"{v:.10g}" for v in found.values))
        _show("status", found.status)
    if not found.converged:
        _stop(found.status, 1)


@cli.command()
@click.argument("network")
@functools.partial(parameters, without=("overlap", "patterns"))   # a start, and the user's own patterns
@click.option("--seed", type=int, default=0, show_default=True, help="Key of the random numbers.")
@click.option("--start", help="Start: pattern (default), random; multitasking: hierarchical (default), pure, random.")
@click.option("--overlap", type=float, help="Start at this overlap with pattern 1 instead.")
@click.option("--patterns", type=click.Path(exists=True, dir_okay=False), help="Your own patterns: a .npy file, (K, N) of +1 and -1.")
@click.option("--examples", type=click.Path(exists=True, dir_okay=False),
              help="Your own examples for --learning: a .npy file of +1 and -1, (K, M, N), or (n, N) with --labels.")
@click.option("--labels", type=click.Path(exists=True, dir_okay=False), help="Class of each of your examples: a .npy file, (n,).")
@click.option("--dynamics",
              help="heat-bath (default), metropolis, zero-temperature, parallel; modern: metropolis (default), langevin; mean-field: plefka, tap.")
@click.option("--step", type=float, help="Width of the moves of real states, or step of langevin (default: tuned, 0.1).")
@click.option("--damping", type=float, help="Fraction of each step, with plefka and tap (default 0.5).")
@click.option("--tolerance", type=float, help="Largest residual of a fixed point, with plefka and tap (default 1e-10).")
@click.option("--stochastic", is_flag=True, default=None, help="Draw spins at the mean fields, with plefka and tap.")
@click.option("--reaction", help="Squared couplings in Onsager's term, with tap: average (default), instance.")
@click.option("--order", help="Order of the sites: random (default), systematic.")
@click.option("--engine", help="numba (default), cupy (an NVIDIA GPU), numpy.")
@click.option("--threads", type=int, help="Threads for samples and chains; they change the speed, not the data (default 1).")
@click.option("--thermalize", type=int, help="Sweeps before measuring (default 200).")
@click.option("--measure", type=int, help="Sweeps of measurement (default 1000).")
@click.option("--every", type=int, help="Sweeps between measurements (default 1).")
@click.option("--disorder", type=int, help="Disorder samples (default 8).")
@click.option("--chains", type=int, help="Chains per sample (default 2).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the data to this .h5 file.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def simulate(network, overlap, out, force, as_json, seed, **options):
    """Simulate NETWORK at one point and print its averages."""
    from . import simulate
    options = _given(options)
    if overlap is not None:
        if "start" in options:
            raise ParameterError(f"--start {options['start']} and --overlap {overlap}: expected one of them", "overlap")
        options["start"] = ("overlap", overlap)
    arrays = ("patterns", "examples", "labels")
    for name in arrays:
        if name in options:
            options[name] = _load_array(name, options[name])
    if out is not None and out.exists() and not force:
        raise ParameterError(f"--out {out} exists; choose another name, or replace it with --force", "out")
    data = simulate(network, seed=seed, **options)
    if out is not None:
        from . import store
        # neither engine nor threads change data, and data.attrs["task"] has the digest of given arrays
        call = {name: value for name, value in options.items() if name not in ("engine", "threads", *arrays)}
        store.write(out, data, {"seed": seed, "study": store.to_json({"seed": seed, "simulate": {"network": network, **call}})})
    if as_json:
        click.echo(_json({"network": network, "seed": seed, **_values(data)}))
        return
    for name in data.variables:
        if f"{name}_mean" in data:   # of one pattern, or of several
            means = data[f"{name}_mean"].values.ravel()
            errors = data[f"{name}_err"].values.ravel() if f"{name}_err" in data else [math.nan] * len(means)
            for k, (mean, error) in enumerate(zip(means, errors)):
                click.echo(f"{f'{name}[{k}]' if len(means) > 1 else name:>16} = {mean:.6g} +- {error:.2g}")
    if "converged" in data:
        click.echo(f"{'converged':>16} = {100 * float(data['converged'].mean()):.0f} % of chains")
    if "equilibrated" in data:
        click.echo(f"{'equilibrated':>16} = {100 * float(data['equilibrated'].mean()):.0f} % of chains")
    if out is not None:
        click.echo(f"written to {out}")


def _load_array(name, path):
    import numpy
    try:
        return numpy.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as e:
        raise ParameterError(f"--{name} {path} cannot be read: {e}; expected an array written by numpy.save", name) from e


# ---------------------------------------------------------------- studies

def load(script, quick=False):
    """The STUDY (or QUICK) that a script declares, without running its `main`."""
    script = Path(script).resolve()
    sys.path.insert(0, str(script.parent))   # as for a script that is run; workers look for its classes there too
    if script.suffix != ".py":
        raise ParameterError(f"SCRIPT {script} is not a Python file (.py)", "SCRIPT")
    module = types.ModuleType(script.stem)
    module.__file__ = str(script)
    sys.modules.setdefault(script.stem, module)
    # not an import: Python's bytecode cache takes a script that was edited within a second for the old one
    exec(compile(script.read_bytes(), str(script), "exec"), module.__dict__)
    study = getattr(module, "STUDY", None)
    if study is None:
        raise ParameterError(f"SCRIPT {script} declares no STUDY; expected STUDY = Study(...)", "SCRIPT")
    return _choose(study, getattr(module, "QUICK", None), quick)


def _choose(study, quick, wanted):
    if wanted and quick is None:
        raise ParameterError(f"--quick: {study.name} has no quick version; expected QUICK = Study(...) beside STUDY", "quick")
    if quick is not None and quick.name == study.name:
        raise ParameterError(f"QUICK has the name {study.name!r} of STUDY; expected another one, since files are called so", "quick")
    return quick if wanted else study


class _Shard(click.ParamType):
    """i/n as (i, n)."""

    name = "i/n"

    def convert(self, value, param, ctx):
        words = str(value).split("/")
        if len(words) != 2 or not all(w.isascii() and w.isdecimal() for w in words) or not 1 <= int(words[0]) <= int(words[1]):
            self.fail(f"{value!r} is not i/n with 1 <= i <= n, the i-th of n parts", param, ctx)
        return int(words[0]), int(words[1])


class _WallTime(click.ParamType):
    """minutes, hours:minutes:seconds or days-hours:minutes:seconds, as SLURM takes them, in whole minutes."""

    name = "time"

    def convert(self, value, param, ctx):
        found = re.fullmatch(r"(?:(?:(\d{1,4})-)?(\d{1,4}):([0-5]?\d):([0-5]?\d)|(\d{1,7}))", str(value), re.ASCII)
        days, hours, minutes, seconds, alone = (int(x or 0) for x in (found.groups() if found else (0,) * 5))
        total = 1440 * days + 60 * hours + minutes + (seconds > 0) + alone
        if not total:
            self.fail(f"{value!r} is not a time above 0: expected minutes, HH:MM:SS or D-HH:MM:SS", param, ctx)
        return total


def _option_of_sbatch(ctx, param, values):
    for value in values:
        if not re.fullmatch(r"[a-z][a-z-]*(=[^\n]*)?", value):
            raise click.BadParameter(f"{value!r} is not an option of sbatch: expected NAME=VALUE or NAME, as in qos=long", ctx, param)
    return {name: (text if equals else True) for name, equals, text in (value.partition("=") for value in values)}


SLURM = ("partition", "time", "jobs", "memory", "account", "sbatch", "dry_run")   # options that --slurm needs


def _run_options(command):
    for option in reversed([
        click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes; with --slurm, cores of each job."),
        click.option("--scheduler", help="Run on Dask: the address of a scheduler (tcp://...), or local for WORKERS processes here."),
        click.option("--shard", type=_Shard(), help="Only the i-th of n parts, for job arrays; the last part merges."),
        click.option("--retry", is_flag=True, help="Also compute tasks again that failed before."),
        click.option("--checkpoint", type=click.FloatRange(min=0, max=1e9), default=300, show_default=True,
                     help="Seconds between saves inside long tasks."),
        click.option("--folder", type=click.Path(file_okay=False), default="data", show_default=True, help="Where the data go."),
        click.option("--quick", is_flag=True, help="The reduced version, in its own file."),
        click.option("--engine", help="Engine of a simulation; changes the speed, not the data."),
        click.option("--quiet", is_flag=True, help="No progress."),
        click.option("--slurm", is_flag=True, help="Submit it as a job array of SLURM, a shard each."),
        click.option("--partition", help="Of SLURM."),
        click.option("--time", type=_WallTime(), help="Wall time of a SLURM job: minutes, HH:MM:SS or D-HH:MM:SS (default 60). A job that reaches it "
                     "saves and is queued again."),
        click.option("--jobs", type=click.IntRange(min=1, max=100_000), help="SLURM jobs (default 1)."),
        click.option("--memory", help="Of a SLURM job, such as 4GB."),
        click.option("--account", help="Of SLURM."),
        click.option("--sbatch", multiple=True, callback=_option_of_sbatch, metavar="NAME=VALUE", help="Another option of sbatch; may be repeated."),
        click.option("--dry-run", is_flag=True, help="With --slurm: show the job script, submit nothing.")]):
        command = option(command)
    return command


def _run(study, script, quick, slurm, folder, workers, scheduler, shard, retry, checkpoint, quiet, engine, **cluster):
    if slurm:
        for name, value in (("shard", shard), ("scheduler", scheduler)):
            if value is not None:
                raise ParameterError(f"--{name} with --slurm, which makes its own shards: leave it out", name)
        arguments = ["run", str(Path(script).resolve()), "--folder", str(Path(folder).resolve()), "--workers", str(workers),
                     "--checkpoint", str(checkpoint), *(["--quick"] if quick else []), *(["--retry"] if retry else []),
                     *(["--engine", engine] if engine else [])]
        _submit(study, arguments, Path(folder).resolve() / study.name / "slurm", workers, **cluster)
        return
    for name in SLURM:
        if cluster[name]:
            raise ParameterError(f"--{name.replace('_', '-')} without --slurm: expected both or neither", name.replace("_", "-"))
    path = study.run(folder=folder, workers=workers, scheduler=scheduler, shard=shard, retry=retry, checkpoint=checkpoint, quiet=quiet,
                     **_given({"engine": engine}))
    if not quiet and path.exists():
        click.echo(path)


def _submit(study, arguments, folder, cpus, partition, time, jobs, memory, account, sbatch, dry_run):
    from . import executors
    n = jobs or 1
    shards = [Job([*arguments, "--shard", f"{i}/{n}"]) for i in range(1, n + 1)]
    found = executors.slurm(shards, folder, name=study.name, minutes=time or 60, cpus=cpus, partition=partition, memory=memory, account=account,
                            more=sbatch, dry_run=dry_run)
    if dry_run:
        click.echo(f"{found}\n# job i of {n} runs: hebbnet {' '.join(arguments)} --shard i/{n}")
    else:
        click.echo(f"submitted {found[0]}{f' to {found[-1]}' if n > 1 else ''}; logs and scripts in {folder}; hebbnet status tells how far it is")


class Job:
    """What a SLURM job runs: the command with these arguments.  Stopped by the end of its wall time, it is queued again and goes on."""

    def __init__(self, arguments):
        self.arguments = arguments

    def __call__(self):
        from .executors import requeued
        with requeued():
            try:
                cli.main(self.arguments)
            except SystemExit as e:
                if e.code not in (0, None, 130, 143):
                    raise RuntimeError(f"hebbnet {' '.join(self.arguments)} ended with exit code {e.code}") from None
                if e.code:
                    return "stopped; submit it again to go on"
        return "done"

    def checkpoint(self):
        from .executors import resubmission
        return resubmission(self)


def main(study, quick=None):
    """What a script that declares a study ends with: `python sims/x.py --workers 2` does what `hebbnet run sims/x.py` does.

    quick: the reduced study of `--quick`, under another name.
    """
    @click.command(cls=_Command, help=f"Run the study {study.name}; run it again to resume.")
    @_run_options
    def command(**options):
        _run(_choose(study, quick, options["quick"]), sys.argv[0], **options)
    command()


def main_figure(draw, name, stores=("{}", "{}_theory")):
    """What a figure script ends with: open the stores called after it and draw them to NAME.png.

    draw: called with a Dataset per store and the path of the picture; stores: their names, {} is `name`.  With --quick those of the
    reduced studies.
    """
    @click.command(help=f"Draw {name} from {' and '.join(s.format(name) + '.h5' for s in stores)}.")
    @click.option("--quick", is_flag=True, help="The reduced studies.")
    @click.option("--folder", type=click.Path(file_okay=False), default="data", show_default=True, help="Where the data are.")
    @click.option("--out", type=click.Path(file_okay=False), default="figures/out", show_default=True, help="Where the picture goes.")
    def command(quick, folder, out):
        from . import store
        suffix = "_quick" if quick else ""
        path = Path(out) / f"{name}{suffix}.png"
        with _one_sentence():
            data = [store.open(Path(folder) / f"{s.format(name)}{suffix}.h5") for s in stores]
            for dataset in data:
                _warn_if_outdated(dataset)
            draw(*data, path)
        click.echo(f"wrote {path}")
    command()


def _warn_if_outdated(dataset):
    """A line on stderr where a study's numbers are of an older revision of its task than this hebbnet has."""
    import hebbnet
    study = json.loads(dataset.attrs.get("study", "{}"))
    task = getattr(hebbnet, study.get("task", {}).get("task", ""), None) if study.get("task", {}).get("task") in hebbnet.__all__ else None
    now, there = getattr(task, "revision", 1), dataset.attrs.get("revision", 1)
    if there < now:
        click.echo(f"hebbnet: warning: {study['name']} was computed by revision {there} of {task.__name__} (hebbnet "
                   f"{dataset.attrs['hebbnet_version']}), and this is revision {now}: run the study again for its new numbers", err=True)


@cli.command()
@click.argument("script", type=SCRIPT)
@_run_options
def run(script, quick, **options):
    """Run the STUDY of SCRIPT: what is on disk is skipped, the rest computed and merged.  Run it again to resume."""
    _run(load(script, quick), script, quick=quick, **options)


@cli.command()
@click.argument("script", type=SCRIPT)
@click.option("--folder", type=click.Path(file_okay=False), default="data", show_default=True, help="Where the data are.")
@click.option("--quick", is_flag=True, help="The reduced version.")
@click.option("--partial", is_flag=True, help="Merge although tasks are missing; they become NaN.")
def merge(script, folder, quick, partial):
    """Join the task files of SCRIPT's study into one file."""
    click.echo(load(script, quick).merge(folder, partial=partial))


@cli.command()
@click.argument("where", type=click.Path(exists=True, path_type=Path), metavar="SCRIPT|FOLDER", default="data")
@click.option("--folder", type=click.Path(file_okay=False), default="data", show_default=True, help="Where the data of SCRIPT are.")
@click.option("--quick", is_flag=True, help="The reduced version.")
@click.option("--verbose", is_flag=True, help="All failed tasks, with tracebacks.")
def status(where, folder, quick, verbose):
    """How far a study is, or what studies a data folder holds."""
    if where.is_dir():
        from .taskfiles import TaskFiles
        names = sorted({path.stem for path in where.glob("*.h5")} | {path.name for path in where.iterdir() if path.is_dir()})
        for name in names:
            tasks = len(TaskFiles(where / name).names())
            click.echo(f"{name}: {tasks} task files, {'merged' if (where / f'{name}.h5').exists() else 'not merged'}")
        if not names:
            click.echo(f"no studies in {where}")
        return
    from .sweep import minutes
    study = load(where, quick)
    s = study.status(folder)
    also = [f"{getattr(s, name)} {name}" for name in ("running", "failed", "damaged", "outdated") if getattr(s, name)]
    words = [f"{study.name}: {s.done} of {s.total} tasks done", *also, f"{s.missing} left"]
    click.echo(f"{', '.join(words)}; {'merged' if s.merged else 'not merged'}")
    if s.done and s.done + s.failed < s.total:
        work = s.wall_time / s.done * (s.total - s.done - s.failed)
        now = f", about {minutes(work / s.running)} with the {s.running} tasks that run now" if s.running else ""
        click.echo(f"about {minutes(work)} of work left on one core{now}")
    for failure in s.failures[:None if verbose else 5]:
        point = ", ".join(f"{k}={v!r}" for k, v in failure["point"].items())
        click.echo(f"failed {failure['created']} on {failure['host']}: {point}, sample {failure['sample']}: {failure['kind']}: {failure['message']}")
        if verbose:
            click.echo(failure["traceback"].rstrip())
    if s.failures and not verbose:
        click.echo("--verbose shows tracebacks; run with --retry to compute them again")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(file, as_json):
    """What a data FILE holds: variables, study, seed, versions; verifies it on the way."""
    from .store import info
    facts = info(file)
    if as_json:
        click.echo(_json(facts))
        return
    click.echo(f"{facts['path']}: {facts['bytes']} bytes, intact")
    for name, value in facts["attributes"].items():
        click.echo(f"{name:>16}: {json.dumps(value) if isinstance(value, dict) else value}")
    for name, v in facts["variables"].items():
        shape = ", ".join(f"{dim} {size}" for dim, size in zip(v["dims"], v["shape"], strict=True))
        true = f"  {100 * v['fraction_true']:.0f} % true" if "fraction_true" in v else ""
        click.echo(f"{name:>16}  ({shape}) {v['dtype']}  {v.get('long_name', '')}{true}")


@cli.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []})
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def figure(name, arguments):
    """Draw figures/NAME.py of the current checkout; arguments are passed on."""
    import runpy
    folders = [folder / "figures" for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "figures").is_dir()]
    if not folders:
        raise ParameterError(f"there is no folder figures/ in {Path.cwd()} or above; run this in a checkout of hebbnet", "NAME")
    script = folders[0] / f"{name.removesuffix('.py')}.py"
    if not script.is_file():
        valid = sorted(path.stem for path in folders[0].glob("*.py"))
        raise ParameterError(f"NAME = {name!r} is not a figure of {folders[0]}.{nearest(name, valid)}", "NAME")
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.parent))
    runpy.run_path(str(script), run_name="__main__")


@cli.command()
def networks():
    """List the networks, with their first line of documentation."""
    import ast
    for path in sorted((Path(__file__).parent / "networks").glob("[!_]*.py")):
        click.echo(f"{path.stem:>14}  {(ast.get_docstring(ast.parse(path.read_text())) or '').partition(chr(10))[0]}")
