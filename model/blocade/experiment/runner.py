"""Runs a plan: chunks in one process or several, then tables, verdicts and charts in one folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from blocade.analysis.claims import Estimand, estimands
from blocade.analysis.verdicts import Verdict, effects, judge
from blocade.equations.arrays import Array
from blocade.experiment.plan import Piece, Plan, real_parameters, run_chunk
from blocade.experiment.pool import in_processes
from blocade.experiment.store import (
    MANIFEST,
    code_digest,
    folder_in_place,
    versions,
    write_json,
    write_table,
)
from blocade.start import solve_start

QUANTILES = {"low": 0.05, "lower": 0.25, "median": 0.5, "upper": 0.75, "high": 0.95}
SHORT_WORK = 6e8
"""Run-steps times pairs below which starting a second process costs more than it saves (about five seconds of
work)."""

Progress = Callable[[int, int], None]


def inputs(plan: Plan) -> dict[str, object]:
    """What the results depend on; two runs with equal inputs give equal tables."""
    return {
        "scenario": plan.scenario.resolved(),
        "engine": plan.engine,
        "files": dict(plan.files),
        "code": code_digest(),
    }


def default_workers(plan: Plan) -> int:
    """One for short work, else as many as there are processors."""
    work = plan.runs * plan.steps * plan.world.size**2
    return 1 if work < SHORT_WORK else max(1, min(os.cpu_count() or 1, len(plan.chunks)))


def run_plan(plan: Plan, workers: int, progress: Progress) -> list[dict[tuple[str, str], Piece]]:
    """All chunks in their order."""
    done, total = 0, plan.runs
    results: dict[int, dict[tuple[str, str], Piece]] = {}
    progress(0, total)
    with in_processes(partial(run_chunk, plan), plan.chunks, workers) as finished:
        for index, pieces in finished:
            results[index] = pieces
            done += sum(piece.values.shape[1] * piece.values.shape[2] for piece in pieces.values())
            progress(done, total)
    return [results[index] for index in range(len(plan.chunks))]


def gather(plan: Plan, chunks: list[dict[tuple[str, str], Piece]]) -> dict[tuple[str, str], Piece]:
    """Join the pieces of all chunks along the draws."""
    keys = list(chunks[0])
    joined = {}
    for key in keys:
        pieces = [chunk[key] for chunk in chunks if key in chunk]
        ties = sum((piece.ties for piece in pieces[1:]), pieces[0].ties)
        runs = sum(piece.values.shape[1] * piece.values.shape[2] for piece in pieces)
        joined[key] = Piece(
            values=np.concatenate([piece.values for piece in pieces], axis=1),
            series=np.concatenate([piece.series for piece in pieces], axis=1),
            ties=ties / runs,
        )
    return joined


def all_verdicts(plan: Plan, pieces: Mapping[tuple[str, str], Piece]) -> list[Verdict]:
    """Every estimand from every start."""
    drawn = {name: plan.parameters[name] for name in plan.parameters}
    return [
        judge(estimand, start, effect(plan, pieces, estimand, start), drawn)
        for estimand in estimands(plan.scenario)
        for start in plan.starts
    ]


def effect(plan: Plan, pieces: Mapping[tuple[str, str], Piece], estimand: Estimand, start: str) -> Array:
    """The effect of an estimand in every draw, replicates averaged first: [draw]."""
    column, window = plan.columns.index(estimand.measure), plan.readings.index((estimand.read, estimand.over))
    return effects(
        estimand, {arm: pieces[start, arm].values[window, :, :, column].mean(axis=1) for arm in estimand.arms}
    )


def residual(plan: Plan) -> dict[str, object]:
    """The largest part of a state's trade that no solution of the real start explains, over the first chunk's draws.

    Apart for pairs whose trade an embargo has erased, where the residual is what the embargo took beyond equation 1.
    """
    found = solve_start(plan.world, real_parameters(plan, plan.chunks[0]))
    left = np.abs(found.residual + found.erased * found.cut).max(axis=0)
    gone = np.isfinite(plan.world.expected)
    report: dict[str, object] = {}
    for name, part in (("kept", np.where(gone, 0.0, left)), ("erased", np.where(gone, left, 0.0))):
        state, partner = np.unravel_index(part.argmax(), part.shape)
        report[name] = {"pair": [plan.world.codes[i] for i in (state, partner)], "share": round(float(part.max()), 4)}
    return report


def outcomes_table(plan: Plan, pieces: Mapping[tuple[str, str], Piece]) -> pd.DataFrame:
    """Long table: start, arm, window, draw, replicate, measure, value (the mean over the window)."""
    frames = []
    for (start, arm), piece in pieces.items():
        windows, draws, replicates, _ = piece.values.shape
        index = pd.MultiIndex.from_product(
            [[start], [arm], range(windows), range(draws), range(replicates), plan.columns],
            names=["start", "arm", "window", "draw", "replicate", "measure"],
        )
        frames.append(pd.DataFrame({"value": piece.values.reshape(-1)}, index=index).reset_index())
    table = pd.concat(frames, ignore_index=True)
    words = dict.fromkeys(("start", "arm", "measure"), "category")
    return table.astype({**words, "window": "int8", "draw": "int32", "replicate": "int16"})


def bands_table(plan: Plan, pieces: Mapping[tuple[str, str], Piece]) -> pd.DataFrame:
    """Quantiles over draws at every time: start, arm, versus, time, measure, low, lower, median, upper, high.

    ``versus`` is empty for a level, and names the baseline for a paired difference.
    """
    frames = []
    baseline = plan.arms[0]
    for (start, arm), piece in pieces.items():
        if start not in plan.starts:
            continue
        frames.append(_bands(plan, piece.series, start, arm, ""))
        if arm != baseline:
            frames.append(_bands(plan, piece.series - pieces[start, baseline].series, start, arm, baseline))
    return pd.concat(frames, ignore_index=True).astype(dict.fromkeys(("start", "arm", "versus", "measure"), "category"))


def _bands(plan: Plan, series: Array, start: str, arm: str, versus: str) -> pd.DataFrame:
    quantiles = np.quantile(series, list(QUANTILES.values()), axis=1)  # [quantile, time, column]
    index = pd.MultiIndex.from_product(
        [[start], [arm], [versus], plan.times, plan.followed], names=["start", "arm", "versus", "time", "measure"]
    )
    values = dict(zip(QUANTILES, quantiles.reshape(len(QUANTILES), -1), strict=True))
    return pd.DataFrame(values, index=index).reset_index()


def ties_table(plan: Plan, pieces: Mapping[tuple[str, str], Piece]) -> pd.DataFrame:
    """Mean tie of every pair over all runs, at the start and at the end of the window: start, arm, iso3_a, iso3_b,
    before, after."""
    rows, columns = np.triu_indices(plan.world.size, k=1)
    codes = np.array(plan.world.codes)
    frames = [
        pd.DataFrame(
            {
                "start": start,
                "arm": arm,
                "iso3_a": codes[rows],
                "iso3_b": codes[columns],
                "before": piece.ties[0, rows, columns],
                "after": piece.ties[1, rows, columns],
            }
        )
        for (start, arm), piece in pieces.items()
        if start in plan.starts
    ]
    return pd.concat(frames, ignore_index=True).astype(dict.fromkeys(("start", "arm", "iso3_a", "iso3_b"), "category"))


def draws_table(plan: Plan) -> pd.DataFrame:
    """Parameter sets: draw and a column for each parameter."""
    return pd.DataFrame({"draw": np.arange(plan.scenario.draws, dtype="int32"), **plan.parameters})


def execute(plan: Plan, folder: Path, workers: int, progress: Progress, finish: Callable[[Path], None]) -> None:
    """Run a plan into a folder.

    Parameters
    ----------
    finish : called with the folder when its tables are there; draws the charts.
    """
    began, clock = datetime.now(UTC), time.monotonic()
    with folder_in_place(folder) as place:
        pieces = gather(plan, run_plan(plan, workers, progress))
        write_table(draws_table(plan), place / "draws.parquet")
        write_table(outcomes_table(plan, pieces), place / "outcomes.parquet")
        write_table(bands_table(plan, pieces), place / "bands.parquet")
        write_table(ties_table(plan, pieces), place / "ties.parquet")
        write_json([verdict.as_dict() for verdict in all_verdicts(plan, pieces)], place / "verdicts.json")
        manifest = {
            "inputs": inputs(plan),
            "title": plan.scenario.title,
            "seed": plan.scenario.seed,
            "window": [float(plan.times[plan.window][0]), float(plan.times[plan.window][-1])],
            "windows": [[float(plan.times[window][0]), float(plan.times[window][-1])] for window in plan.windows],
            "runs": plan.runs,
            "residual": residual(plan),
            "starts": list(plan.starts),
            "states": plan.world.size,
            "versions": versions(),
            "names": dict(zip(plan.world.codes, plan.world.names, strict=True)),
            "capability": {
                code: round(float(share), 5) for code, share in zip(plan.world.codes, plan.roles.share, strict=True)
            },
            "roles": {"key": [plan.world.codes[i] for i in plan.roles.key]},
            "workers": workers,
            "begun": began.isoformat(timespec="seconds"),
        }
        write_json(manifest, place / MANIFEST)
        finish(place)
        write_json({**manifest, "seconds": round(time.monotonic() - clock, 1)}, place / MANIFEST)
