"""What a run would take of memory and disk, told before it begins where there is not as much."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from blocade.experiment.plan import Plan
from blocade.experiment.pool import RUNS_ABREAST
from blocade.experiment.store import StoreError

PROCESS: Final = 300 * 2**20
"""Bytes of a process with everything imported and a world loaded (measured: 299 MiB)."""
ARRAYS: Final = 30
"""Arrays of [run, state, partner] that are alive at once while runs are stepped (measured: 25 of 70 states)."""
ROW: Final = 60
"""Bytes of a row of outcomes while its table is made and written."""


@dataclass(frozen=True)
class Size:
    """Bytes that work takes at most: of memory in all its processes, and of disk."""

    memory: float
    disk: float = 0.0


def stepped(plan: Plan, runs: int) -> float:
    """Bytes that a process takes to step some runs of an arm together."""
    return 8.0 * runs * (ARRAYS * plan.world.size**2 + (plan.steps + 1) * len(plan.columns))


def size_of(plan: Plan, workers: int) -> Size:
    """What a run takes.

    Parameters
    ----------
    workers : processes; 0 if others do the work, elsewhere.
    """
    cells = sum(len(arms) for arms in plan.cells(plan.chunks[0]).values())
    values = 8.0 * plan.runs * len(plan.windows) * len(plan.columns)
    series = 8.0 * plan.runs / plan.scenario.replicates * (plan.steps + 1)
    ties = 16.0 * cells * plan.world.size**2
    kept = values + series * len(plan.followed) + ties * len(plan.chunks)
    one = stepped(plan, plan.abreast * plan.scenario.replicates) + 2 * kept / len(plan.chunks)
    gathered = values * (1 + ROW / 8 / cells) + 2 * series + 2 * ties
    if workers <= 1:
        return Size(PROCESS + max(one * workers, gathered), kept + values)
    return Size(PROCESS + gathered + workers * (PROCESS + one), kept + values)


def size_of_points(plan: Plan, points: int, columns: int, workers: int) -> Size:
    """What a sensitivity analysis takes: some points of a design with their factors and effects as columns."""
    table = 8.0 * points * columns * 4  # the design, its two halves and what is computed from them
    return Size(table + workers * (PROCESS + stepped(plan, RUNS_ABREAST * plan.scenario.replicates)))


def refuse_beyond(size: Size, folder: Path) -> None:
    """Refuse work that takes more than there is.

    Raises
    ------
    StoreError
        With what it takes and what there is.
    """
    there = memory_there()
    if there is not None and size.memory > there:
        raise StoreError(
            f"{folder}: this takes about {_told(size.memory)} of memory, and {_told(there)} are free; "
            "ask for fewer draws, replicates, arms or workers"
        )
    if size.disk > (free := disk_there(folder)):
        raise StoreError(
            f"{folder}: this takes up to {_told(size.disk)} of disk, and {_told(free)} are free there; "
            "ask for fewer draws, replicates or arms, or choose another disk with --out"
        )


def memory_there() -> float | None:
    """Bytes of memory that are free for this process, or None where the system does not say."""
    found: list[float] = []
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found += [1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
        found.append(float(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))  # of a container
    except (OSError, ValueError):  # "max" where a container has no limit of its own; other systems have neither file
        pass
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 (only there)

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            found.append(float(limit))
    return min(found, default=None)


def disk_there(folder: Path) -> float:
    """Bytes that are free where a folder is or will be."""
    here = folder.absolute()
    while not here.exists() and here != here.parent:
        here = here.parent
    return float(shutil.disk_usage(here).free)


def _told(size: float) -> str:
    return f"{size / 2**30:,.1f} GiB"
