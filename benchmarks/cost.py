#!/usr/bin/env python3
"""Where many workers stop paying: seconds of a chunk against those of its handling in the process that keeps results.

    python benchmarks/cost.py [SCENARIO]
"""

from __future__ import annotations

import pickle
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from threadpoolctl import threadpool_limits

from blocade import api
from blocade.experiment.chunks import Chunks
from blocade.experiment.plan import run_chunk

REPEATS = 5


def main(name: str) -> None:
    """Measure one chunk of a scenario and print the two costs and their ratio."""
    plan = api.plan(api.load_scenario(name))
    chunk = plan.chunks[-1]  # the first ones run without each force besides
    with threadpool_limits(1), TemporaryDirectory() as folder:
        chunks = Chunks(Path(folder) / "chunks", plan)
        times, handling = [], []
        for repeat in range(REPEATS):
            begun = time.perf_counter()
            pieces = run_chunk(plan, chunk)
            times.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            sent = pickle.dumps((partial(run_chunk, plan), chunk))
            back = pickle.dumps(pieces)
            chunks.add(repeat, pickle.loads(back))
            handling.append(time.perf_counter() - begun)
    took, handled = min(times), min(handling)
    print(f"{name}: a chunk of {plan.runs_of(chunk)} runs of {plan.steps} steps")
    print(f"  work      {took:.2f} s ({1000 * took / plan.runs_of(chunk):.1f} ms a run)")
    print(f"  handling  {handled:.3f} s ({len(sent) / 1e6:.1f} MB out, {len(back) / 1e6:.1f} MB back, kept on disk)")
    print(f"  so beyond {took / handled:.0f} workers the process that keeps the results is what they wait for")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "isolate-russia-north-korea")
