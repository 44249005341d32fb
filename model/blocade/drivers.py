"""What an effect hangs on: `blocade sensitivity` shares it among parameters, `blocade discover` names conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from blocade import api
from blocade.analysis import sensitivity_report
from blocade.analysis.conditions import FILES
from blocade.analysis.conditions import tables as conditions_tables
from blocade.analysis.conditions import told as conditions_told
from blocade.analysis.discovery import discover
from blocade.analysis.sensitivity import (
    MOST_KEPT,
    Evaluator,
    Factor,
    Screening,
    budget,
    factors,
    indices,
    lever_values,
    parameter_sets,
    screen,
)
from blocade.claims import Estimand, estimands
from blocade.equations.arrays import Array
from blocade.experiment.plan import Plan, run_points
from blocade.experiment.pool import by_runs
from blocade.experiment.runner import Progress, effect
from blocade.experiment.size import refuse_beyond, size_of_points
from blocade.experiment.store import StoreError
from blocade.limits import SENSITIVITY_RUNS
from blocade.parameters import PRIOR, Setting, table
from blocade.result import Result
from blocade.scenario import Scenario
from blocade.scenario.model import Design
from blocade.scenario.wording import mistake_at_top
from blocade.start import WEIGHTS
from blocade.text import csv_text
from blocade.writing import MARK, put, refuse_foreign, usual_folder

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SENSITIVITY_FILES = ("sensitivity.md", "screening.csv", "indices.csv")
UNSEEN = (*WEIGHTS, "o_votes")
"""Parameters that act on no run from the real start, unless a scenario gives the weights a range: not analysed."""


def sensitivity(
    scenario: str | Path | Scenario,
    out: str | Path | None = None,
    *,
    claim: str | None = None,
    runs: int = SENSITIVITY_RUNS,
    seed: int | None = None,
    workers: int = 1,
    progress: Progress,
) -> str:
    """Screen every parameter and lever (Morris), then share the variance of each effect among at most eight (Sobol').

    Parameters
    ----------
    scenario : name of a packaged scenario, path of a file, or a loaded scenario.
    out : results folder, by default ``results/sensitivity/<scenario>``.
    claim : whose estimands are looked at; by default the first that the scenario asks.
    runs : of one arm, in all.
    progress : called with (points done, points in all).

    Returns
    -------
    The text for a terminal.

    Raises
    ------
    ScenarioError, StoreError, WorldError
    """
    loaded = scenario if isinstance(scenario, Scenario) else api.load_scenario(scenario)
    if seed is not None:
        loaded = replace(loaded, seed=seed)
    if loaded.posterior != PRIOR:
        raise mistake_at_top(
            loaded.path, "a posterior has parameters that hang together; sensitivity needs `posterior: prior`"
        )
    asked, only = _asked(loaded, claim)
    planned = api.plan(only)
    settings = _settings(planned)
    known = factors(settings, only.levers)
    try:
        spent = budget(runs, len(known), len(planned.arms) * only.replicates)
    except ValueError as error:
        raise mistake_at_top(loaded.path, str(error)) from None
    folder = Path(out) if out is not None else usual_folder("sensitivity", loaded.name)
    charts = [f"tornado-{estimand.name}.png" for estimand in asked]
    refuse_foreign(folder, (*SENSITIVITY_FILES, *charts))
    smallest = {estimand.label: estimand.smallest for estimand in asked}
    total = spent.r * (len(known) + 1) + spent.n * (min(MOST_KEPT, len(known)) + 2)
    refuse_beyond(size_of_points(planned, total, len(known) + len(asked), workers), folder)
    evaluate = _evaluator(planned, settings, asked, workers, progress, total)
    screening = screen(evaluate, known, smallest, spent.r, only.seed)
    found = indices(evaluate, known, screening.kept, smallest, spent.n, only.seed)
    world, count = Path(loaded.world).name, len(planned.arms)
    source = f"{loaded.title} World {world}, {count} arms from the real start, one luck for all points."
    made = f"Made by `blocade sensitivity {loaded.name}`: r = {spent.r} trajectories, N = {spent.n} base points."
    head = [MARK, f"# {loaded.title} What the answer hangs on", "", f"{made} {source}", ""]
    put(folder, {**_tables(head, asked, screening, found), **_tornados(charts, found, asked, known, source)})
    return sensitivity_report.told(screening, found)


def _asked(scenario: Scenario, claim: str | None) -> tuple[tuple[Estimand, ...], Scenario]:
    """The estimands of one claim, and the scenario with no more than the arms and measures that they need."""
    every = estimands(scenario)
    if not every:
        raise mistake_at_top(scenario.path, "one arm has nothing to be compared with; add a second under `arms:`")
    named = claim or every[0].claim
    asked = tuple(estimand for estimand in every if estimand.claim == named)
    if not asked:
        there = ", ".join(dict.fromkeys(estimand.claim for estimand in every))
        raise mistake_at_top(scenario.path, f'no claim "{claim}" is asked here; there are {there}')
    # points are drawn here, so that the scenario's own design has no say
    asks = replace(scenario, measures=("cohesion",), charts=(), starts=("real",), design=Design())
    if named in scenario.claims:  # arms of a hypothesis are named in the scenario, and stay
        needed = {arm for estimand in asked for arm in estimand.arms}
        arms = tuple(arm for arm in scenario.arms if arm.name in needed)
        asks = replace(asks, arms=arms, claims=(named,), hypotheses={})
    return asked, asks


def _settings(plan: Plan) -> dict[str, Setting]:
    """Settings of the plan, and the central value for what does not act."""
    fixed = {name: table()[name].central for name in UNSEEN if name not in plan.settings}
    return {**fixed, **plan.settings}


def _evaluator(
    plan: Plan, settings: dict[str, Setting], asked: Sequence[Estimand], workers: int, progress: Progress, total: int
) -> Evaluator:
    """The evaluator of both stages; progress is told in points of all."""
    before = 0

    def evaluate(unit: Array) -> Array:
        nonlocal before
        work = partial(_effects, plan, settings, tuple(asked), unit)
        pieces = by_runs(work, len(unit), workers, lambda done, _all: progress(min(total, before + done), total))
        before += len(unit)
        return np.concatenate(pieces)

    return evaluate


def _effects(
    plan: Plan, settings: dict[str, Setting], asked: tuple[Estimand, ...], unit: Array, some: range
) -> Array:
    """Effects of some points: [point, estimand]."""
    points, levers = unit[some.start : some.stop], plan.scenario.levers
    values = run_points(plan, parameter_sets(settings, points), lever_values(settings, levers, points))
    return np.stack([effect(plan, values, estimand, "real") for estimand in asked], axis=1)


def _tables(head: list[str], asked: Sequence[Estimand], screening: Screening, found: pd.DataFrame) -> dict[str, str]:
    images = [f"![{estimand.label}](tornado-{estimand.name}.png)" for estimand in asked]
    page = "\n".join([*head, *images, "", sensitivity_report.markdown(screening, found)])
    return dict(zip(SENSITIVITY_FILES, (page, csv_text(screening.table), csv_text(found)), strict=True))


def _tornados(
    names: Sequence[str], found: pd.DataFrame, asked: Sequence[Estimand], known: Sequence[Factor], source: str
) -> dict[str, Figure]:
    from blocade.charts.tornado import draw  # noqa: PLC0415 (slow to import)

    return {name: draw(found, one.label, known, source) for name, one in zip(names, asked, strict=True)}


def discovered(
    results: str | Path, out: str | Path | None = None, estimand: str | None = None, over: Sequence[str] | None = None
) -> tuple[str, Path, Sequence[str]]:
    """Find the conditions under which an effect of finished results comes out: text, folder, names of files.

    Parameters
    ----------
    estimand : which effect; by default the first that is conditional.
    over : two parameters or levers to map the effect over; by default those that tell most.

    Raises
    ------
    StoreError
        If there are no results, one of the two did not vary, or the folder cannot be written.
    """
    from blocade.charts import boxes, regimes  # noqa: PLC0415 (slow to import)

    result = Result(results)
    found = discover(result, estimand)
    folder = Path(out) if out is not None else usual_folder("discover", result.folder.resolve().name)
    refuse_foreign(folder, FILES)
    texts = conditions_tables(found)
    page = {FILES[0]: f"{MARK}\n{texts[FILES[0]]}"}
    contents: dict[str, str | Figure] = {**texts, **page, "boxes.png": boxes.draw(result, found)}
    plane = found.pair if over is None else (over[0], over[1])
    if plane is not None:
        try:
            contents["regimes.png"] = regimes.draw(result, found, *plane)
        except ValueError as error:
            raise StoreError(f"{result.folder}: {error}") from None
    put(folder, contents)
    return conditions_told(found), folder, tuple(contents)
