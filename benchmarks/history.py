"""Stored runs of the suite: one file each in benchmarks/results/history, so that branches merge without conflicts; and what became of a figure.

Runs are compared on machines of one kind (processor, instruction set as LLVM names it, cores), and by the ratio to the machine's limit of the
same run, where a figure has one: absolute speeds change with the processor and with what else it does.

    python benchmarks/history.py [TEXT]      figures whose name has TEXT in it, e.g. "P=4 N=100" or "torch"; all without it
"""
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import click
from machine import about

FOLDER = Path(__file__).parent / "results" / "history"
KIND = ("cpu", "llvm_target", "cores")


def commit():
    """(commit, whether files differ from it), or (None, None) outside of a checkout."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=Path(__file__).parent, check=True, capture_output=True, text=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return None, None


def store(run, path=None, folder=FOLDER):
    """Write one run, to a new file of the history without a path; returns its path."""
    if path is None:
        path = Path(folder) / f"{run['date'].replace(':', '')}-{(run['commit'] or 'none')[:7]}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(run, indent=1) + "\n")
    return Path(path)


def new():
    """A run without figures: when, which commit, which machine."""
    which, changed = commit()
    return {"date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "commit": which, "changed": changed, "machine": about()}


def runs(folder=FOLDER):
    """All stored runs, oldest first."""
    return sorted((json.loads(path.read_text()) for path in Path(folder).glob("*.json")), key=lambda run: run["date"])


def kind(run):
    return tuple(run["machine"][name] for name in KIND)


def score(row):
    """What is compared between runs: the fraction of the limit, else the ratio to the peer, else the figure itself."""
    for other in ("limit", "theirs"):
        if row[other]:
            return row["ours"] / row[other]
    return row["ours"]


def last(machine, folder=FOLDER):
    """{figure: score} in the last stored run on a machine of this kind that has it."""
    return {row["figure"]: score(row) for run in runs(folder) if kind(run) == kind({"machine": machine}) for row in run["figures"]}


def lines(text, folder=FOLDER):
    """Lines that show each figure with `text` in its name through the runs, by kind of machine."""
    told = {}
    for run in runs(folder):
        for row in run["figures"]:
            if text.lower() in f"{row['figure']} {row['peer'] or ''}".lower():
                told.setdefault((kind(run), row["figure"]), []).append((run, row))
    machine = None
    for (where, figure), entries in sorted(told.items(), key=lambda item: tuple(map(str, item[0]))):
        if where != machine:
            machine = where
            yield f"\n{where[0]}, {where[1]}, {where[2]} cores"
        yield f"  {figure}"
        for run, row in entries:
            limit = f"{row['ours'] / row['limit']:6.1%} of the limit" if row["limit"] else 20 * " "
            peer = f"{row['ours'] / row['theirs']:8.2f} x {row['peer']}" if row["theirs"] else ""
            yield (f"    {run['date'][:10]} {(run['commit'] or 'none')[:7]}{'+' if run['changed'] else ' '} {run['machine']['hebbnet']:>8} "
                   f"{row['ours']:10.3g} {row['unit']:9} {limit} {peer}").rstrip()


@click.command(help=__doc__)
@click.argument("text", default="")
@click.option("--folder", type=click.Path(file_okay=False), default=str(FOLDER), help="where the runs are")
def command(text, folder):
    told = list(lines(text, folder))
    print("\n".join(told) if told else f"no run in {folder} has a figure with {text!r} in its name; make bench stores one")


if __name__ == "__main__":
    command()
