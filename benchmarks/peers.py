"""Peers: ``mesa.batch_run`` over `BlocModel`, and the evaluators of EMA workbench over the same model as a function.

Both are given the number of a run and of an arm; each of their processes makes the workload once, so that nothing
large travels. What they give back is brought into the common shape outside the clock.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import mesa
import numpy as np
from workload import ARMS, OF_STATES, SEED, SETS, Delivered, Workload, workload

from blocade.agents import BlocModel
from blocade.experiment.plan import DT
from blocade.randomness import Luck

PROCESSES = 2
Timed = tuple[Delivered, float]
"""What a peer delivers, and the seconds of its own call."""


class Run(BlocModel):
    """One run of the workload, by its number and that of its arm: the model as a user of Mesa would write it, with the
    run's own luck."""

    def __init__(self, run: int, arm: int, states: int, length: int) -> None:
        given = workload(states, length)
        super().__init__(
            given.world,
            rng=SEED,
            bloc=given.bloc,
            patron=given.patron,
            senders=given.senders,
            events=given.events[arm],
            parameters={name: float(values[run]) for name, values in given.parameters.items()},
            begin=given.begin,
            years=given.steps * DT,
        )
        self.luck = Luck(SEED, [run], [0], given.world.codes)


def mesa_batch_run(given: Workload, runs: range) -> Timed:
    """``mesa.batch_run`` in two processes, data collected at every step.

    Mesa 3.3 gives one seed to all iterations, so runs are a parameter of the model; it leaves out the end of a run;
    and its rows come as the processes finish, told apart by their own columns.
    """
    options = {"run": list(runs), "arm": list(range(len(ARMS))), "states": given.world.size, "length": given.steps}
    begun = time.perf_counter()
    rows = mesa.batch_run(
        Run,
        options,
        number_processes=PROCESSES,
        data_collection_period=1,
        max_steps=given.steps,
        display_progress=False,
    )
    took = time.perf_counter() - begun
    return _from_rows(given, runs, rows), took


def _from_rows(given: Workload, runs: range, rows: Sequence[dict[str, Any]]) -> Delivered:
    times = max(row["Step"] for row in rows) + 1
    place = {code: k for k, code in enumerate(given.world.codes)}
    shape = len(ARMS), len(runs), times
    found = Delivered(
        np.full((*shape, len(given.measures)), np.nan), np.full((*shape, len(place), len(OF_STATES)), np.nan)
    )
    for row in rows:
        at = row["arm"], row["run"] - runs.start, row["Step"]
        found.measures[at] = [row[name] for name in given.measures]
        found.states[(*at, place[row["state"]])] = [row[f"state_{name}"] for name in OF_STATES]
    return found


def as_function(run: int, arm: int, states: int = 0, length: int = 0) -> dict[str, Any]:
    """The model as EMA workbench takes one: a series of every measure and, flat, of every number of the states."""
    model = Run(run, arm, states, length)
    model.run_model()
    collected = model.datacollector.get_agent_vars_dataframe()
    of_states = {f"state_{name}": collected[f"state_{name}"].to_numpy(dtype=float) for name in OF_STATES}
    return {**{name: np.array(series) for name, series in model.datacollector.model_vars.items()}, **of_states}


Perform = Callable[[range], Timed]


@contextmanager
def ema_workbench(given: Workload, processes: int) -> Iterator[Perform]:
    """An evaluator of EMA workbench that stays ready: its pool starts outside the clock."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it does without, and nothing here needs
        from ema_workbench import (  # noqa: PLC0415 (slow to import)
            ArrayOutcome,
            IntegerParameter,
            Model,
            MultiprocessingEvaluator,
            Policy,
            Scenario,
            SequentialEvaluator,
            TimeSeriesOutcome,
        )

    model = Model("blocade", function=partial(as_function, states=given.world.size, length=given.steps))
    model.uncertainties = [IntegerParameter("run", 0, SETS - 1)]
    model.levers = [IntegerParameter("arm", 0, len(ARMS) - 1)]
    model.outcomes = [
        *(TimeSeriesOutcome(name) for name in given.measures),
        *(ArrayOutcome(f"state_{name}") for name in OF_STATES),
    ]

    def perform(runs: range) -> Timed:
        begun = time.perf_counter()
        told, outcomes = evaluator.perform_experiments(
            [Scenario(str(run), run=run) for run in runs],
            [Policy(name, arm=arm) for arm, name in enumerate(ARMS)],
            log_progress=True,
        )
        took = time.perf_counter() - begun
        return _from_outcomes(given, runs, told, outcomes), took

    kind = SequentialEvaluator(model) if processes == 1 else MultiprocessingEvaluator(model, n_processes=processes)
    with kind as evaluator:
        yield perform


def _from_outcomes(given: Workload, runs: range, told: Any, outcomes: dict[str, Any]) -> Delivered:
    order = np.lexsort((told["run"].astype(int), told["arm"].astype(int)))
    shape = len(ARMS), len(runs), given.steps + 1
    measures = np.stack([outcomes[name][order] for name in given.measures], axis=-1)
    states = np.stack([outcomes[f"state_{name}"][order] for name in OF_STATES], axis=-1)
    return Delivered(measures.reshape(*shape, -1), states.reshape(*shape, given.world.size, len(OF_STATES)))
