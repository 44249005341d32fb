"""Runs a plan: chunks in one process or several, then tables, verdicts and charts in one folder."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from blocade.claims import Estimand, estimands
from blocade.equations.arrays import Array
from blocade.experiment.chunks import Cell, Chunks
from blocade.experiment.plan import Plan, real_parameters, run_chunk
from blocade.experiment.pool import in_processes
from blocade.experiment.provenance import code_digest, versions
from blocade.experiment.store import (
    ELEMENTARY,
    LOG,
    MANIFEST,
    Log,
    digests,
    logging,
    workshop,
    write_json,
    write_table,
    write_tables,
)
from blocade.scenario.model import Until
from blocade.start import solve_start
from blocade.verdicts import Verdict, effects, judge, median_interval

QUANTILES = MappingProxyType({"low": 0.05, "lower": 0.25, "median": 0.5, "upper": 0.75, "high": 0.95})
SHORT_WORK = 8e7
"""Run-steps times pairs below which starting a second process costs more than it saves (about five seconds of
work)."""

Progress = Callable[[int, int], None]
Values = Mapping[Cell, Array]
"""Means over each window: (start, arm) -> [window, draw, replicate, column]."""


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


def run_plan(plan: Plan, chunks: Chunks, pool: int | Executor, progress: Progress, log: Log) -> None:
    """Run the chunks that are missing, and keep each as it finishes.

    Parameters
    ----------
    pool : number of processes, or who does the work.
    """
    missing = chunks.missing()
    done, total = plan.runs - sum(plan.runs_of(plan.chunks[index]) for index in missing), plan.runs
    log(f"{len(plan.chunks) - len(missing)} of {len(plan.chunks)} chunks are there")
    progress(done, total)
    with in_processes(partial(run_chunk, plan), [plan.chunks[index] for index in missing], pool) as finished:
        for place, pieces in finished:
            chunks.add(missing[place], pieces)
            done += plan.runs_of(plan.chunks[missing[place]])
            log(f"chunk {missing[place]}: {done} of {total} runs")
            progress(done, total)


@dataclass(frozen=True)
class Stop:
    """Where a sequential run stopped: the 95 % interval of the median of an effect after so many rounds and draws, and
    whether it was as narrow as asked."""

    claim: str
    estimand: str
    label: str
    start: str
    rounds: int
    draws: int
    low: float | None
    high: float | None
    narrower: float
    reached: bool


def run_rounds(
    largest: Plan, folder: Path, pool: int | Executor, progress: Progress, log: Log
) -> tuple[Plan, Chunks, Stop | None]:
    """Run a plan, or as many of its rounds as its design needs: the plan that was run, its chunks, and where it
    stopped.

    Whether to stop is looked at after whole rounds, and depends on nothing but their draws: not on workers, nor on
    where an earlier run was stopped.
    """
    until = largest.scenario.design.until
    for rounds in range(1, largest.rounds + 1):
        plan = largest if until is None else replace(largest, rounds=rounds)
        chunks = Chunks(folder, plan)
        run_plan(plan, chunks, pool, progress, log)
        if until is None:
            return plan, chunks, None
        stop = stop_of(plan, chunks.values(), until)
        log(f"round {rounds}: {stop.draws} draws, the interval of the median is {stop.low} to {stop.high}")
        if stop.reached:
            break
    return plan, chunks, stop


def stop_of(plan: Plan, values: Values, until: Until) -> Stop:
    """How near a run is to its end."""
    asked = next(estimand for estimand in estimands(plan.scenario) if estimand.claim == until.claim)
    start = plan.starts[0]
    found = median_interval(effect(plan, values, asked, start))
    low, high = (round(end, 6) for end in found) if found is not None else (None, None)
    return Stop(
        claim=asked.claim,
        estimand=asked.name,
        label=asked.label,
        start=start,
        rounds=plan.rounds,
        draws=plan.draws,
        low=low,
        high=high,
        narrower=until.narrower,
        reached=found is not None and found[1] - found[0] <= until.narrower,
    )


def all_verdicts(plan: Plan, values: Values) -> list[Verdict]:
    """Every estimand from every start."""
    drawn = {**plan.parameters, **plan.drawn.levers}
    return [
        judge(estimand, start, effect(plan, values, estimand, start), drawn)
        for estimand in estimands(plan.scenario)
        for start in plan.starts
    ]


def effect(plan: Plan, values: Values, estimand: Estimand, start: str) -> Array:
    """The effect of an estimand in every draw, replicates averaged first: [draw]."""
    column, window = plan.columns.index(estimand.measure), plan.readings.index((estimand.read, estimand.over))
    return effects(estimand, {arm: values[start, arm][window, :, :, column].mean(axis=1) for arm in estimand.arms})


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


def outcomes_tables(plan: Plan, values: Values) -> Iterator[pd.DataFrame]:
    """Long tables, one for each start and arm: start, arm, window, draw, replicate, measure, value (the mean over the
    window)."""
    starts, arms = (list(dict.fromkeys(names)) for names in zip(*values, strict=True))
    for (start, arm), x in values.items():
        window, draw, replicate, column = (place.ravel() for place in np.indices(x.shape, dtype=np.int32))
        none = np.zeros(x.size, dtype=np.int8)
        yield pd.DataFrame(
            {
                "start": _words(none + starts.index(start), starts),
                "arm": _words(none + arms.index(arm), arms),
                "window": window.astype(np.int8),
                "draw": draw,
                "replicate": replicate.astype(np.int16),
                "measure": _words(column, plan.columns),
                "value": x.ravel(),
            }
        )


def bands_table(plan: Plan, chunks: Chunks) -> pd.DataFrame:
    """Quantiles over draws at every time: start, arm, versus, time, measure, low, lower, median, upper, high.

    ``versus`` is empty for a level, and names the baseline for a paired difference. One measure is read at a time.
    """
    baseline = plan.arms[0]
    parts = [(start, arm, versus) for start in plan.starts for arm in plan.arms for versus in ("", baseline)]
    parts = [(start, arm, versus) for start, arm, versus in parts if arm != versus]
    quantiles = np.empty((len(QUANTILES), len(parts), len(plan.times), len(plan.followed)))
    for k, measure in enumerate(plan.followed):
        series = chunks.series(measure)
        for place, (start, arm, versus) in enumerate(parts):
            x = series[start, arm] - series[start, versus] if versus else series[start, arm]
            quantiles[:, place, :, k] = np.quantile(x, list(QUANTILES.values()), axis=1)
    names = zip(("start", "arm", "versus"), zip(*parts, strict=True), strict=True)
    index = [place.ravel() for place in np.indices(quantiles.shape[1:])]
    return pd.DataFrame(
        {
            **{name: _words(index[0], words) for name, words in names},
            "time": plan.times[index[1]],
            "measure": _words(index[2], plan.followed),
            **dict(zip(QUANTILES, quantiles.reshape(len(QUANTILES), -1), strict=True)),
        }
    )


def _words(places: npt.NDArray[np.integer], names: Sequence[str]) -> pd.Categorical[str]:
    """A column of words by their places in a list that may repeat some."""
    known = sorted(set(names))
    codes = np.array([known.index(name) for name in names])
    return pd.Categorical.from_codes(codes[places], pd.Index(known))


def ties_table(plan: Plan, chunks: Chunks) -> pd.DataFrame:
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
                "before": ties[0, rows, columns],
                "after": ties[1, rows, columns],
            }
        )
        for (start, arm), ties in chunks.ties().items()
        if start in plan.starts
    ]
    return pd.concat(frames, ignore_index=True).astype(dict.fromkeys(("start", "arm", "iso3_a", "iso3_b"), "category"))


def draws_table(plan: Plan) -> pd.DataFrame:
    """What every draw was made with: draw, and a column for each parameter and lever (dates as decimal years)."""
    return pd.DataFrame({"draw": np.arange(plan.draws, dtype="int32"), **plan.parameters, **plan.drawn.levers})


def elementary_table(plan: Plan, values: Values) -> pd.DataFrame:
    """Elementary effects of a Morris design, for every estimand, start and factor: claim, estimand, start, factor,
    mu_star (± mu_star_conf is its 90 % interval), sigma; of a change over the whole range of the factor."""
    from blocade.experiment.designs import elementary  # noqa: PLC0415 (slow to import)

    drawn, seed, levels = plan.drawn, plan.scenario.seed, plan.scenario.design.levels
    rows = []
    for estimand in estimands(plan.scenario):
        for start in plan.starts:
            found = elementary(drawn.factors, drawn.unit, effect(plan, values, estimand, start), seed, levels)
            about = (estimand.claim, estimand.name, start)
            rows += [(*about, *row) for row in zip(drawn.factors, *found, strict=True)]
    columns = ("claim", "estimand", "start", "factor", "mu_star", "mu_star_conf", "sigma")
    return pd.DataFrame(rows, columns=list(columns))


def _manifest(plan: Plan, stop: Stop | None, told: Mapping[str, object], pool: int | Executor) -> dict[str, object]:
    """What a finished folder says of itself, but for times."""
    return {
        "inputs": told,
        "title": plan.scenario.title,
        "seed": plan.scenario.seed,
        "windows": [[float(plan.times[window][0]), float(plan.times[window][-1])] for window in plan.windows],
        "draws": plan.draws,
        "stopped": None if stop is None else asdict(stop),
        "runs": plan.runs,
        "residual": residual(plan),
        "starts": list(plan.starts),
        "versions": versions(),
        **plan.described,
        "workers": pool if isinstance(pool, int) else type(pool).__name__,
    }


def execute(
    plan: Plan,
    folder: Path,
    pool: int | Executor,
    progress: Progress,
    finish: Callable[[Path], None],
    resume: bool = False,
    force: bool = False,
) -> None:
    """Run a plan into a folder.

    Parameters
    ----------
    plan : the largest, with every round that its design may need.
    pool : number of processes, or who does the work.
    finish : called with the folder when its tables are there; draws the charts.
    resume : go on with the finished chunks of an earlier run of the same plan. force : replace other results.
    """
    began, clock, told = datetime.now(UTC), time.monotonic(), inputs(plan)
    with workshop(folder, told, resume, force) as place, logging(place / LOG) as log:
        log(f"{plan.scenario.name}: {plan.runs} runs in {len(plan.chunks)} chunks, {pool} at work")
        results = place / "results"
        plan, chunks, stop = run_rounds(plan, place / "chunks", pool, progress, log)
        values = chunks.values()
        write_table(draws_table(plan), results / "draws.parquet")
        write_tables(outcomes_tables(plan, values), results / "outcomes.parquet")
        write_table(bands_table(plan, chunks), results / "bands.parquet")
        write_table(ties_table(plan, chunks), results / "ties.parquet")
        write_json([verdict.as_dict() for verdict in all_verdicts(plan, values)], results / "verdicts.json")
        if plan.scenario.design.method == "morris":
            elementary_table(plan, values).to_csv(results / ELEMENTARY, index=False, lineterminator="\n")
        manifest = {**_manifest(plan, stop, told, pool), "tables": digests(results)}
        manifest |= {"begun": began.isoformat(timespec="seconds")}
        write_json(manifest, results / MANIFEST)
        finish(results)
        log(f"done in {time.monotonic() - clock:.1f} s")
        shutil.copy(place / LOG, results / LOG)
        write_json({**manifest, "seconds": round(time.monotonic() - clock, 1)}, results / MANIFEST)
