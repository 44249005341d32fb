#!/usr/bin/env python3
"""How much memory many runs take: ``blocade.run`` in a process of its own, watched from outside.

    python benchmarks/memory.py [--runs N] [--workers N] [--scenario NAME] [--save FILE]

Resident size is that of the process that keeps the results, and of it with its workers (pages that they share are
counted for each). ``--save`` keeps the figures for ``speed.py --memory``. psutil comes with the extra ``benchmarks``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

SCENARIO = "isolate-russia-north-korea"
ARMS = ("as-in-2021", "isolate")
LIMIT = 2048.0
"""MiB that 100,000 runs may take."""
FLAT = 0.10
"""Growth from a tenth of the runs to all of them that still counts as flat."""
EVERY = 0.1
"""Seconds between two looks."""


@dataclass(frozen=True)
class Sample:
    """A look: seconds since the beginning, runs done, MiB of the process that keeps the results and of all."""

    at: float
    done: int
    runner: float
    all: float


def watch(command: list[str]) -> tuple[list[Sample], dict[str, Any]]:
    """Run a command that tells its progress, and look at its size and that of its children until it ends."""
    import psutil  # noqa: PLC0415 (an extra)

    begun, samples = time.monotonic(), list[Sample]()
    told: dict[str, Any] = {"done": 0}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        reader = threading.Thread(target=_listen, args=(child.stdout, told), daemon=True)
        reader.start()
        process = psutil.Process(child.pid)
        while child.poll() is None:
            try:
                sizes = [each.memory_info().rss / 2**20 for each in (process, *process.children(recursive=True))]
            except psutil.Error:  # it ended between two looks
                sizes = []
            if sizes:
                samples.append(Sample(time.monotonic() - begun, int(told["done"]), sizes[0], sum(sizes)))
            time.sleep(EVERY)
        reader.join()
    if child.returncode:
        raise SystemExit(f"the run ended with {child.returncode}")
    return samples, told


def _listen(lines: Any, told: dict[str, Any]) -> None:
    for line in lines:
        told |= json.loads(line)


def report(samples: list[Sample], told: dict[str, Any]) -> dict[str, Any]:
    """What the samples say, ready for JSON: sizes at some parts of the runs, peaks, and whether it is flat."""
    total = told["runs"]
    running = [sample for sample in samples if 0 < sample.done < total]
    tables = [sample for sample in samples if sample.done >= total]
    marks = []
    for part in (0.1, 0.5, 1.0):
        near = min(running, key=lambda sample: abs(sample.done - part * total), default=samples[-1])
        marks.append({"at": f"at {part:.0%} of the runs", "runner": near.runner, "all": near.all})
    growth = marks[-1]["runner"] / marks[0]["runner"] - 1.0
    peaks = {name: _peak(some) for name, some in (("peak_running", running or samples), ("peak_tables", tables))}
    return {
        **told,
        **peaks,
        "marks": marks,
        "growth": growth,
        "flat": growth <= FLAT,
        "under": max(peak["all"] for peak in peaks.values()) < LIMIT,
        "seconds": samples[-1].at,
    }


def _peak(samples: list[Sample]) -> dict[str, float]:
    return {
        "runner": max((sample.runner for sample in samples), default=0.0),
        "all": max((sample.all for sample in samples), default=0.0),
    }


def inside(name: str, draws: int, workers: int) -> None:
    """Run a scenario's two arms into a folder that is thrown away, telling progress line by line."""
    import blocade  # noqa: PLC0415 (the process that watches stays small)
    from blocade import api  # noqa: PLC0415

    scenario = api.load_scenario(name)
    arms = tuple(arm for arm in scenario.arms if arm.name in ARMS) or scenario.arms
    small = replace(scenario, arms=arms, starts=("real",), draws=draws, claims=(), charts=("difference",))
    plan = api.plan(small)
    facts = {"runs": plan.runs, "steps": plan.steps, "states": plan.world.size, "workers": workers}
    print(json.dumps(facts), flush=True)
    with TemporaryDirectory() as folder:
        blocade.run(small, Path(folder) / "result", workers=workers, progress=_tell)


def _tell(done: int, total: int) -> None:
    print(json.dumps({"done": done}), flush=True)


def main(arguments: list[str]) -> int:
    """Watch a run and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000, help="half of them in each arm (default 100000)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scenario", default=SCENARIO)
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the figures as JSON")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.inside:
        inside(asked.scenario, asked.runs // len(ARMS), asked.workers)
        return 0
    options = ["--runs", asked.runs, "--workers", asked.workers, "--scenario", asked.scenario]
    command = [sys.executable, __file__, "--inside", *map(str, options)]
    found = report(*watch(command))
    from table import memory_text  # noqa: PLC0415 (imports the package, which the process that watches need not)

    print(memory_text(found))
    if asked.save is not None:
        asked.save.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
