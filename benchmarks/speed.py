#!/usr/bin/env python3
"""How fast the engines are, as one table: both of ours, Mesa's batch_run, EMA workbench, and a lower bound.

    python benchmarks/speed.py [--quick] [--without-peers] [--write PATH] [--memory FILE]

What is timed and under which obligations stands in DECLARATION.md. Peers are installed by ``pip install
'.[benchmarks]'``. ``--memory`` takes the file that ``memory.py --save`` has written, for ``--write``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import engines
from bound import Bound, arithmetic, measured
from clock import alternately, machine, one_blas_thread
from table import Measured, Row, page, text
from workload import STATES, STEPS, TOLERANCE, Delivered, Workload, pressed, whole_runs, workload

from blocade import engine
from blocade.experiment.pool import RUNS_ABREAST
from blocade.world import GOODS

LINEAR = 0.15
"""How far the time of a unit may differ between the smallest and the largest size and still be called linear."""
SEQUENTIAL = "EMA workbench, SequentialEvaluator, 1 process"
Perform = Callable[[range], tuple[Delivered, float]]
"""A peer: what it delivers for some runs, and the seconds of its own call."""
TARGETS = {"agents": 40.0, "pools": 20.0, "bound": 4.0}
OURS = "batch engine, whole run, 2 processes"
MESA = "mesa.batch_run, 2 processes"
EMA = "EMA workbench, MultiprocessingEvaluator, 2 processes"


@dataclass(frozen=True)
class Size:
    """How much is run.

    repeats : of what takes little time; rounds : of both engines in turn; pools : of what runs in several processes.
    agents : runs of the per-agent engine. few, many : parameter sets of a peer, whose difference is timed; ours_few,
    ours_many : of the batch engine. runs : times as many as are stepped together.
    """

    name: str
    repeats: int
    rounds: int
    pools: int
    agents: int
    few: int
    many: int
    ours_few: int
    ours_many: int
    runs: tuple[int, ...] = (1, 2, 4, 8)
    steps: tuple[int, ...] = (60, 120, 240)
    states: tuple[int, ...] = (30, 60, 120, 193)


FULL = Size("full", 7, 5, 3, 2, 2, 12, 2 * RUNS_ABREAST, 80 * RUNS_ABREAST)
QUICK = Size("quick", 3, 2, 1, 1, 1, 4, 2 * RUNS_ABREAST, 20 * RUNS_ABREAST, runs=(1, 2, 4), steps=(30, 60, 120))


class UnequalError(Exception):
    """A contestant delivers something else: nothing is timed."""


class Truth:
    """What the batch engine delivers for the first runs, and how far every contestant is from it."""

    def __init__(self, given: Workload) -> None:
        self._given = given
        self.furthest: dict[str, float] = {}

    def check(self, name: str, delivered: Delivered, runs: range) -> None:
        """Hold a contestant's output against the batch engine's.

        Raises
        ------
        UnequalError
            If they differ by more than the tolerance.
        """
        gap = whole_runs(self._given, runs).furthest(delivered)
        if not gap <= TOLERANCE:
            raise UnequalError(f"{name} differs from the batch engine by {gap:.1e}; no figure is given")
        self.furthest[name] = max(gap, self.furthest.get(name, 0.0))


def own_rows(given: Workload, truth: Truth, size: Size) -> list[Row]:
    """Both engines in one process, unobserved and whole, in turn."""
    from blocade import agents  # noqa: PLC0415 (imports Mesa, which sets how all processes start)

    runs, few = range(RUNS_ABREAST), range(size.agents)
    truth.check("per-agent engine", whole_runs(given, few, agents.run), few)
    works = (
        engines.engine_only(given, engine.run, runs),
        engines.engine_only(given, agents.run, few),
        partial(whole_runs, given, runs),
        partial(whole_runs, given, few, agents.run),
    )
    seconds = alternately(works, size.rounds)
    batch, slow, whole, slow_whole = (
        500.0 * took / len(each) for took, each in zip(seconds, (runs, few, runs, few), strict=True)
    )
    return [
        Row("batch engine, engine only, 1 process", batch),
        Row("per-agent engine, engine only, 1 process", slow, batch, TARGETS["agents"]),
        Row("batch engine, whole run, 1 process", whole),
        Row("per-agent engine, whole run, 1 process", slow_whole, whole),
    ]


def pool_rows(given: Workload, truth: Truth, size: Size, with_peers: bool) -> list[Row]:
    """Whole runs in two processes: the batch engine and, in turn with it, the peers, each against it."""
    check = range(2 * RUNS_ABREAST)
    truth.check(OURS, engines.together(given, len(check)), check)
    sizes = {OURS: (size.ours_few, size.ours_many)}
    works: dict[str, Callable[[int], float]] = {OURS: partial(engines.in_two_processes, given)}
    with ExitStack() as stack:
        if with_peers:
            import peers  # noqa: PLC0415 (an extra)

            performed: dict[str, Perform] = {
                MESA: partial(peers.mesa_batch_run, given),
                EMA: stack.enter_context(peers.ema_workbench(given, 2)),
            }
            for name, perform in performed.items():
                sizes[name] = size.few, size.many
                works[name] = partial(_checked, name, perform, truth)
                works[name](size.few)  # equal before anything is timed, and an evaluator's processes warm
        rounds = [
            {name: (work(sizes[name][0]), work(sizes[name][1])) for name, work in works.items()}
            for _ in range(size.pools)
        ]
    best = {name: (min(of[name][0] for of in rounds), min(of[name][1] for of in rounds)) for name in works}
    include = {name: 500.0 * best[name][1] / sizes[name][1] for name in works}
    # a disturbance of the few would make the difference longer than the whole
    without = {name: min(include[name], per_run(*best[name], sizes[name])) for name in works}
    rows = []
    for name in works:
        compared = (without[OURS], TARGETS["pools"]) if name != OURS else (None, None)
        rows.append(Row(name, without[name], *compared))
        if name != EMA:  # its processes are there before it is asked
            rows.append(Row(f"the same, start of processes in the clock, {2 * sizes[name][1]} runs", include[name]))
    return rows


def sequential_row(given: Workload, truth: Truth, size: Size) -> Row:
    """EMA workbench in one process and, in turn with it, the batch engine's whole run in one process."""
    import peers  # noqa: PLC0415 (an extra)

    runs = range(RUNS_ABREAST)
    with peers.ema_workbench(given, 1) as perform:
        took, ours = alternately(
            (partial(_checked, SEQUENTIAL, perform, truth, size.few), partial(whole_runs, given, runs)), size.pools + 1
        )
    return Row(SEQUENTIAL, 500.0 * took / size.few, 500.0 * ours / len(runs), TARGETS["pools"])


def _checked(name: str, perform: Perform, truth: Truth, sets: int) -> float:
    """Seconds of a peer for some parameter sets, its output held equal."""
    delivered, took = perform(range(sets))
    truth.check(name, delivered, range(sets))
    return took


def per_run(few: float, many: float, sizes: tuple[int, int]) -> float:
    """Milliseconds per run of what two numbers of parameter sets differ by, two arms each."""
    return 500.0 * (many - few) / (sizes[1] - sizes[0])


def lower_bound(given: Workload) -> Bound:
    """The bound for the workload, at the rates of this machine now."""
    n, k = given.world.size, round(pressed(given, range(RUNS_ABREAST)))
    return arithmetic(measured(n, k), n, k, len(GOODS), given.steps)


def measure(size: Size, with_peers: bool) -> Measured:
    """Everything, equal outputs first."""
    facts = machine()  # before it has anything to do of ours
    given = workload()
    truth = Truth(given)
    rows = [*own_rows(given, truth, size), *pool_rows(given, truth, size, with_peers)]
    if with_peers:
        rows.append(sequential_row(given, truth, size))
    bound, phases = lower_bound(given), engines.phases(given, size.repeats)
    rows.append(Row("lower bound, 1 process", bound.ms, rows[0].ms, TARGETS["bound"], at_most=True))
    states, solved = engines.over_states(size.states, STEPS, max(1, size.repeats // 3))
    return Measured(
        machine=facts,
        versions={name: version(name) for name in ("numpy", "mesa", *(("ema_workbench",) if with_peers else ()))},
        size=f"{STATES} states, {STEPS} steps, {size.name} size",
        furthest=truth.furthest,
        rows=rows,
        phases=phases,
        bound=bound,
        luck_free=phases.step,
        runs=engines.over_runs(given, size.runs, size.repeats),
        steps=engines.over_steps(STATES, size.steps, size.repeats),
        states=states,
        solved=solved,
        linear=LINEAR,
    )


def main(arguments: list[str]) -> int:
    """Measure, print the table, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs and repeats: for a look, not for a claim")
    parser.add_argument("--without-peers", action="store_true", help="leave Mesa's batch_run and EMA workbench out")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the page, docs/performance.md")
    parser.add_argument("--memory", type=Path, metavar="FILE", help="what memory.py --save has written")
    asked = parser.parse_args(arguments)
    memory: Mapping[str, object] | None = None
    if asked.memory is not None:  # a wrong file is told before minutes of work
        memory = json.loads(asked.memory.read_text(encoding="utf-8"))
    try:
        with one_blas_thread():
            found = measure(QUICK if asked.quick else FULL, not asked.without_peers)
    except UnequalError as error:
        print(error, file=sys.stderr)
        return 1
    told = "Peers were left out." if asked.without_peers else ""
    print(text(found, told))
    if asked.write is not None:
        asked.write.write_text(page(found, memory, told), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
