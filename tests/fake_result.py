"""Invented results with chosen numbers, in the format of a run, for tests of what reads a result."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from blocade.claims import Estimand
from blocade.experiment.plan import STARTS
from blocade.experiment.runner import QUANTILES
from blocade.result import Result
from blocade.verdicts import effects, judge

Draws = npt.NDArray[np.float64]

NAMES = {
    "AAA": "Aland",
    "BBB": "Beland",
    "CCC": "Celand",
    "DDD": "Deland",
    "EEE": "Eland",
    "FFF": "Efland",
    "GGG": "Geland",
    "HHH": "Haland",
}
TIMES = np.arange(2020.0, 2030.25, 0.25)
WINDOW = (2028.0, 2028.75)
LEVEL = 0.2
"""Every measure in every arm without an effect."""
BOND = ("AAA", "BBB")


def fake_result(
    folder: Path,
    effect: Mapping[str, Sequence[float]],
    *,
    labels: Mapping[str, str] | None = None,
    bloc: Sequence[str] = BOND,
    patron: str | None = "CCC",
    senders: Sequence[str] = ("DDD", "EEE"),
    war: Sequence[str] = (),
    first_event: float | None = 2021.0,
    without: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    clean: float = 1.0,
    estimands: Sequence[Estimand] | None = None,
    ties: Mapping[tuple[str, str], float] | None = None,
    events: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
    paths: Mapping[str, Mapping[str, Draws]] | None = None,
) -> Result:
    """Write a result in which every measure is ``LEVEL`` + the effect of its arm and draw.

    Parameters
    ----------
    effect : {arm: effect of each draw}, the baseline first; it grows in a line from 2021 to the window.
    labels : {arm: label}, by default the arm's name.
    war : arms with a war on the first bloc member, 2022–2024.
    without : {force: {arm: effect of each draw}}, the runs without a force; they may have fewer draws.
    clean : what the effects are multiplied by in the clean start.
    estimands : of the verdicts; by default each arm against the baseline, on the bond and the distance.
    ties : change of a tie, in the first arm after the baseline, {pair in alphabetical order: change}.
    events : of each arm, beside its war.
    paths : {measure: {arm: [time, draw]}}, the course of a measure over TIMES in every arm and start, in place of the
        effect.
    """
    folder.mkdir(parents=True)
    arms = list(effect)
    key = list(dict.fromkeys([*bloc, *([patron] if patron else []), *(code for code in NAMES if code > "EEE")]))
    measures = ["distance", "compliance", *(f"alignment:{code}" for code in key)]
    measures += (["embrace"] if patron else []) + (["cohesion"] if len(bloc) > 1 else [])
    courses = paths or {}
    measures = [measure for measure in measures if measure not in courses]
    values = {
        (start, arm): np.asarray(effect[arm], float) * (clean if start == "clean" else 1.0)
        for start in STARTS
        for arm in arms
    }
    for force, changed in (without or {}).items():
        values |= {(f"real-without-{force}", arm): np.asarray(draws, float) for arm, draws in changed.items()}
    outcomes, bands = [_outcomes(values, measures)], [_bands(_growing(values), measures, arms)]
    for measure, course in courses.items():
        whole = {(start, arm): np.asarray(course[arm], float) for start in STARTS for arm in arms}
        first, last = np.searchsorted(TIMES, WINDOW)
        means = {key: series[first : last + 1].mean(axis=0) - LEVEL for key, series in whole.items()}
        outcomes.append(_outcomes(means, [measure]))
        bands.append(_bands(whole, [measure], arms))
    _table(pd.concat(outcomes)).to_parquet(folder / "outcomes.parquet")
    _table(pd.concat(bands)).to_parquet(folder / "bands.parquet")
    _table(_ties(arms, ties or {})).to_parquet(folder / "ties.parquet")
    count = len(effect[arms[0]])
    pd.DataFrame({"draw": range(count), "mu": 0.3}).to_parquet(folder / "draws.parquet")
    asked = _estimands(arms, bloc, labels) if estimands is None else estimands
    rows = [_verdict(item, start, values) for item in asked for start in STARTS]
    (folder / "verdicts.json").write_text(json.dumps(rows), encoding="utf-8")
    event = {"kind": "war", "on": [bloc[0]], "at": 2022.0, "until": 2024.0, "need": None}
    scenario = {
        "name": "fake", "title": "Invented", "why": "To see", "world": "invented", "bloc": list(bloc), "patron": patron,
        "senders": list(senders), "start": TIMES[0], "end": TIMES[-1], "draws": count, "replicates": 1, "seed": 7,
        "claims": [], "charts": [], "first_event": first_event,
        "arms": [
            {
                "name": arm,
                "label": (labels or {}).get(arm, arm),
                "events": [*([event] if arm in war else []), *(events or {}).get(arm, [])],
            }
            for arm in arms
        ],
    }  # fmt: skip
    manifest = {
        "inputs": {"scenario": scenario, "files": {"invented/states.csv": 64 * "0"}}, "title": "Invented",
        "versions": {"blocade": "0", "python": "3", "numpy": "2"}, "window": WINDOW, "starts": list(STARTS),
        "states": len(NAMES), "names": NAMES,
        "roles": {"key": key}, "capability": {code: 1.0 / (1 + i) for i, code in enumerate(NAMES)},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return Result(folder)


def start_tie(one: str, two: str) -> float:
    """The tie of a pair at the start: from 1 down to −.75, by how far apart the letters are."""
    return 1.0 - 0.25 * abs(ord(one[0]) - ord(two[0]))


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    """As a run stores it: words as categories."""
    words = [name for name in ("start", "arm", "versus", "measure", "iso3_a", "iso3_b") if name in frame]
    return frame.astype(dict.fromkeys(words, "category"))


def _outcomes(values: Mapping[tuple[str, str], Draws], measures: Sequence[str]) -> pd.DataFrame:
    rows = [
        (start, arm, draw, 0, measure, LEVEL + value)
        for (start, arm), effect in values.items()
        for draw, value in enumerate(effect)
        for measure in measures
    ]
    return pd.DataFrame(rows, columns=["start", "arm", "draw", "replicate", "measure", "value"])


def _growing(values: Mapping[tuple[str, str], Draws]) -> dict[tuple[str, str], Draws]:
    growth = np.clip((TIMES - 2021.0) / (WINDOW[0] - 2021.0), 0.0, 1.0)[:, None]
    return {key: LEVEL + growth * value for key, value in values.items()}


def _bands(courses: Mapping[tuple[str, str], Draws], measures: Sequence[str], arms: Sequence[str]) -> pd.DataFrame:
    rows = []
    for start in STARTS:
        for arm in arms:
            level, difference = courses[start, arm], courses[start, arm] - courses[start, arms[0]]
            for versus, series in (("", level), (arms[0], difference)):
                if versus == arm:
                    continue
                quantiles = np.quantile(series, list(QUANTILES.values()), axis=1).T
                rows += [
                    (start, arm, versus, time, measure, *row)
                    for measure in measures
                    for time, row in zip(TIMES, quantiles, strict=True)
                ]
    return pd.DataFrame(rows, columns=["start", "arm", "versus", "time", "measure", *QUANTILES])


def _ties(arms: Sequence[str], change: Mapping[tuple[str, str], float]) -> pd.DataFrame:
    rows = [
        (start, arm, one, two, start_tie(one, two), start_tie(one, two) + moved.get((one, two), 0.0))
        for start in STARTS
        for arm, moved in zip(arms, [{}, change, *({} for _ in arms)], strict=False)
        for one, two in combinations(NAMES, 2)
    ]
    return pd.DataFrame(rows, columns=["start", "arm", "iso3_a", "iso3_b", "before", "after"])


def _estimands(arms: Sequence[str], bloc: Sequence[str], labels: Mapping[str, str] | None) -> list[Estimand]:
    measures = ["cohesion", "distance"] if len(bloc) > 1 else ["distance"]
    return [
        Estimand(
            arm,
            measure,
            f"{arm} raises {measure}",
            measure,
            {arm: 1.0, arms[0]: -1.0},
            0.05,
            read=10.0,
            over=1.0,
            words=(labels or {}).get(arm, arm),
        )
        for arm in arms[1:]
        for measure in measures
    ]


def _verdict(item: Estimand, start: str, values: Mapping[tuple[str, str], Draws]) -> dict[str, object]:
    found = effects(item, {arm: values[start, arm] for arm in item.arms})
    return judge(item, start, found, {}).as_dict()
