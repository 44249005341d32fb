"""Contestants of our own: both engines, whole and by phase, and how their time grows with runs, steps and states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from clock import alternately, best, seconds
from workload import (
    Delivered,
    Recorder,
    Simulate,
    Workload,
    groups,
    invented,
    unseen,
    whole_runs,
    workload,
)

from blocade import engine
from blocade.experiment.plan import DT
from blocade.experiment.pool import RUNS_ABREAST, by_runs
from blocade.start import solve_start
from blocade.state import Observer


@dataclass(frozen=True)
class Phases:
    """Milliseconds per run of each phase of a whole run in the batch engine; ``start`` and ``luck`` serve both
    arms."""

    start: float
    luck: float
    step: float
    record: float

    @property
    def whole(self) -> float:
        """All phases."""
        return self.start + self.luck + self.step + self.record


def engine_only(given: Workload, simulate: Simulate, runs: range) -> Callable[[], None]:
    """The work of an engine from a solved start, unobserved: luck is drawn inside, once for both arms."""
    parameters, decrees = given.sets(runs), given.decrees()
    start = solve_start(given.world, parameters)

    def work() -> None:
        luck = given.luck(runs)
        for each in decrees:
            simulate(start, parameters, each, luck, unseen, DT)

    return work


def phases(given: Workload, repeats: int) -> Phases:
    """The phases of the batch engine, over as many runs as are stepped together."""
    runs = range(RUNS_ABREAST)
    parameters, decrees = given.sets(runs), given.decrees()
    start, drawn = solve_start(given.world, parameters), given.luck(runs)
    per_run = 1000.0 / (len(runs) * len(decrees))

    def draw() -> None:
        luck = given.luck(runs)
        for step in range(given.steps):
            luck.shocks(step)

    def run(observer: Callable[[], Observer]) -> None:
        for each in decrees:
            engine.run(start, parameters, each, drawn, observer(), DT)

    step = best(lambda: run(lambda: unseen), repeats)
    recorded = best(lambda: run(lambda: Recorder(given, len(runs))), repeats)
    return Phases(
        start=per_run * best(lambda: solve_start(given.world, parameters), repeats),
        luck=per_run * best(draw, repeats),
        step=per_run * step,
        record=per_run * max(0.0, recorded - step),
    )


def in_two_processes(given: Workload, sets: int) -> float:
    """Seconds of whole runs in two processes, their start included."""
    return seconds(lambda: by_runs(partial(_told, given.world.size, given.steps), sets, 2, _silent))


def together(given: Workload, size: int) -> Delivered:
    """What whole runs in two processes deliver."""
    parts = by_runs(partial(_told, given.world.size, given.steps), size, 2, _silent)
    return Delivered(
        *(np.concatenate([getattr(part, name) for part in parts], axis=1) for name in ("measures", "states"))
    )


def _told(states: int, steps: int, runs: range) -> Delivered:
    return whole_runs(workload(states, steps), runs)  # a worker makes the workload once; nothing but numbers is sent


def _silent(done: int, total: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True)
class Growth:
    """How time grows: sizes, milliseconds at each, and the exponent of the power law through them."""

    sizes: Sequence[int]
    ms: Sequence[float]

    @property
    def exponent(self) -> float:
        """Slope of the least-squares line through the logarithms: 1 is linear."""
        return float(np.polyfit(np.log(self.sizes), np.log(self.ms), 1)[0])


def over_runs(given: Workload, times: Sequence[int], repeats: int) -> Growth:
    """Time of 1, 2, 4, … times as many runs as are stepped together, the start outside the clock."""
    sizes = [RUNS_ABREAST * k for k in times]
    works = [_isolated(given, range(size)) for size in sizes]
    return Growth(sizes, [1000.0 * took for took in alternately(works, repeats)])


def over_steps(states: int, sizes: Sequence[int], repeats: int) -> Growth:
    """Time of longer runs."""
    works = [_isolated(workload(states, size), range(RUNS_ABREAST)) for size in sizes]
    return Growth(sizes, [1000.0 * took for took in alternately(works, repeats)])


def over_states(sizes: Sequence[int], steps: int, repeats: int) -> tuple[Growth, list[float]]:
    """Milliseconds per run in invented worlds, and per parameter set what solving their start takes."""
    runs, stepped, solved = range(RUNS_ABREAST), [], []
    for size in sizes:
        given = invented(size, steps)
        stepped.append(1000.0 * best(_isolated(given, runs), repeats) / len(runs))
        parameters = given.sets(runs)
        solved.append(1000.0 * seconds(lambda g=given, p=parameters: solve_start(g.world, p)) / len(runs))  # type: ignore[misc]
    return Growth(sizes, stepped), solved


def _isolated(given: Workload, runs: range) -> Callable[[], None]:
    """The work of the arm with isolation, luck inside."""
    decrees = given.decrees()[-1]
    parts = [(given.sets(few), few) for few in groups(runs)]
    ready = [(solve_start(given.world, parameters), parameters, few) for parameters, few in parts]

    def work() -> None:
        for start, parameters, few in ready:
            engine.run(start, parameters, decrees, given.luck(few), unseen, DT)

    return work
