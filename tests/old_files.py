"""Files of every release, kept in tests/data/files/VERSION: a study of each kind with its task files, a block, end states, one run.

    python tests/old_files.py        writes those of this version, once, before it is released

A study that is here stays as it is, so that later versions can compute the same and compare; new kinds are added.
"""
import shutil
from pathlib import Path

import hebbnet as hn
from hebbnet import taskfiles

HOME = Path(__file__).parent / "data" / "files"
SHORT = {"thermalize": 10, "measure": 40, "every": 2, "disorder": 2}
STUDIES = {study.name: study for study in [
    hn.Study("monte_carlo", hn.Grid(P=4, N=20, alpha=0.2, T=[0.3, 0.6]), hn.MonteCarlo("dense", chains=2, **SHORT), seed=2),
    hn.Study("packed", hn.Grid(P=2, N=20, K=3, T=[0.3, 0.6]), hn.MonteCarlo("dense", chains=2, dynamics="metropolis", **SHORT), seed=2),
    hn.Study("multitasking", hn.Grid(K=3, d=0.3, N=40, T=[0.1]), hn.MonteCarlo("multitasking", chains=2, **SHORT), seed=2),
    hn.Study("tempering", hn.Grid(P=4, N=20, K=30), hn.Tempering("dense", T=[0.2, 0.6, 1.0], **SHORT), seed=2),
    hn.Study("mean_field", hn.Grid(P=4, alpha=[0.1, 0.3], T=[0.2, 0.5]), hn.MeanField("dense", starts=("retrieval", "paramagnet"))),
    hn.Study("lines", hn.Grid(P=4, alpha=[0.1, 0.3]), hn.Lines("dense", which=("spinodal", "transition"))),
]}


def write(folder):
    """Run the studies into an empty folder; of each only the first task file and end state are kept, and all of the block of `packed`."""
    for study in STUDIES.values():
        study.run(folder, quiet=True)
        home = folder / study.name
        if study.name == "packed":
            taskfiles.TaskFiles(home).pack((unit.digest for unit in study.tasks()), least=1)
        kept = next(study.tasks()).digest
        for path in home.glob("*.h5"):
            if path.stem != kept:
                path.unlink()
        for path in sorted(home.glob("*.state"))[1 if study.name == "monte_carlo" else 0:]:
            path.unlink()


if __name__ == "__main__":
    place = HOME / hn.__version__
    if place.exists():
        raise SystemExit(f"{place} is there; files of a release are never written again")
    place.mkdir(parents=True)
    try:
        write(place)
    except BaseException:
        shutil.rmtree(place)
        raise
