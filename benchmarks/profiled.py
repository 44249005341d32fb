#!/usr/bin/env python3
"""Where the time of the batch engine goes, function by function: for a comparison before and after a change.

    python benchmarks/profiled.py [--scenario NAME] [--chunks N] [--lines N]

Runs whole chunks of a scenario as the runner does: start, luck, every arm, recording. Milliseconds per run are those
without the profiler; the profile's own seconds are longer. Lines are ordered by time, and carry no line numbers, so
that two profiles can be laid side by side.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
from pathlib import Path

from clock import machine, one_blas_thread, seconds

from blocade import api
from blocade.experiment.plan import Plan, run_chunk

REPEATS = 3


def profiled(plan: Plan, chunks: list[range]) -> pstats.Stats:
    """The profile of some chunks."""
    profiler = cProfile.Profile()
    with profiler:
        for chunk in chunks:
            run_chunk(plan, chunk)
    return pstats.Stats(profiler)


def lines(stats: pstats.Stats, most: int) -> list[str]:
    """The functions that take most time by themselves: share, seconds of their own, seconds in all, calls, name."""
    entries = stats.stats  # type: ignore[attr-defined]  # documented, but not in the stubs
    total = sum(own for _, _, own, _, _ in entries.values())
    rows = sorted(((own, whole, calls, place) for place, (_, calls, own, whole, _) in entries.items()), reverse=True)
    head = f"{'share':>6} {'own s':>8} {'all s':>8} {'calls':>9}  function"
    return [
        head,
        *(
            f"{own / total:6.1%} {own:8.3f} {whole:8.3f} {calls:9d}  {_name(*place)}"
            for own, whole, calls, place in rows[:most]
        ),
    ]


def _name(file: str, line: int, function: str) -> str:
    if file == "~":  # built in
        return function
    parts = Path(file).with_suffix("").parts
    root = max((k for k, part in enumerate(parts) if part in ("blocade", "site-packages")), default=len(parts) - 2)
    return ".".join((*parts[root + (parts[root] == "site-packages") :], function))


def main(arguments: list[str]) -> int:
    """Time, then profile, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="isolate-russia-north-korea")
    parser.add_argument("--chunks", type=int, default=1)
    parser.add_argument("--lines", type=int, default=40)
    asked = parser.parse_args(arguments)
    plan = api.plan(api.load_scenario(asked.scenario))
    chunks = list(plan.chunks[-asked.chunks :])  # the first ones run without each force besides
    runs = sum(plan.runs_of(chunk) for chunk in chunks)
    with one_blas_thread():
        took = min(seconds(lambda: [run_chunk(plan, chunk) for chunk in chunks]) for _ in range(REPEATS))
        stats = profiled(plan, chunks)
    print(f"{machine()}; {asked.scenario}: {plan.world.size} states, {plan.steps} steps, {runs} runs")
    print(f"{1000.0 * took / runs:.2f} ms per run, best of {REPEATS}; profile of one repeat:")
    print("\n".join(lines(stats, asked.lines)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
