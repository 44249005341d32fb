"""``blocade validate``, ``backcast`` and ``register``: what each runs and writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from blocade._tables import WorldError, read_table
from blocade.equations.arrays import Array
from blocade.experiment.runner import Progress
from blocade.experiment.store import StoreError
from blocade.history import backcast as backcasting
from blocade.history import registered as registering
from blocade.history import report, validation
from blocade.history.channels import YEARLY
from blocade.history.forecasts import move
from blocade.history.panel import world_of
from blocade.history.record import at
from blocade.parameters import JUDGE, posterior, posteriors, sets_told, table
from blocade.resources import seeds
from blocade.text import aligned, csv_text
from blocade.writing import MARK, put, refuse_foreign, unfinished

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VALIDATE_FILES = ("patterns.md", "patterns.csv", "scorecard.png", "posterior.png")
BACKCAST_FILES = (
    "backcast.md", "skill.csv", "ratios.csv", "cases.csv", "theories.csv", "forecasts.csv", "backcast.png",
    "backcast-trade.png", "skill.png", "theory-scores.png",
)  # fmt: skip
KEY_PAIRS = (
    ("RUS", "PRK"), ("RUS", "CHN"), ("RUS", "USA"), ("DEU", "RUS"), ("RUS", "UKR"), ("IRN", "USA"), ("BLR", "RUS"),
    ("RUS", "IND"), ("CHN", "USA"),
)  # fmt: skip
"""Pairs that the article and its critics speak of."""
TRADE_PAIRS = (
    ("RUS", "CHN"), ("RUS", "DEU"), ("RUS", "IND"), ("PRK", "CHN"), ("PRK", "RUS"), ("IRN", "CHN"), ("BLR", "RUS"),
    ("UKR", "RUS"), ("VEN", "USA"),
)  # fmt: skip
THEORY_CHANNELS = ("votes", "trade", "arms")
"""Channels that the chart of theories has room for."""
EARLIER = 6
"""Years before the forecast that a chart shows."""


def validate(folder: Path, name: str, workers: int, progress: Progress) -> tuple[pd.DataFrame, str]:
    """Hold a posterior against all patterns, and write the scorecard.

    Returns
    -------
    The scorecard, and the text for a terminal.
    """
    refuse_foreign(folder, VALIDATE_FILES)
    scores = validation.scorecard(name, workers, progress)
    claims = validation.claim_table(scores)
    put(
        folder,
        {
            "patterns.md": validation_markdown(scores, claims, name),
            "patterns.csv": scores.to_csv(index=False, lineterminator="\n"),
            **validation_charts(scores, name),
        },
    )
    return scores, _told(scores, claims, name)


def validation_markdown(scores: pd.DataFrame, claims: pd.DataFrame, name: str) -> str:
    """The scorecard as a page."""
    passed = int(scores["passed"].sum())
    lines = [MARK, "# Patterns of history", "", f"Made by `blocade validate --posterior {name}`: {sets(name)}.", ""]
    lines += [f"{passed} of {len(scores)} patterns are met.", ""]
    lines += [report.markdown(report.PATTERN_HEADER, report.pattern_rows(scores)), ""]
    lines += ["(seen): the posterior was fitted to this pattern, so meeting it is no test.", ""]
    lines += [report.markdown(report.CLAIM_HEADER, report.claim_rows(claims)), "", "![Scorecard](scorecard.png)", ""]
    return "\n".join(lines)


def sets(name: str) -> str:
    """Where parameter sets come from, in words."""
    return sets_told(validation.DRAWS, name)


def validation_charts(scores: pd.DataFrame, name: str) -> dict[str, Figure]:
    """The scorecard and, next to the prior, all posteriors."""
    from blocade.charts import posterior as posterior_chart  # noqa: PLC0415 (slow to import)
    from blocade.charts import scorecard  # noqa: PLC0415

    learnt = {known: pd.DataFrame(dict(posterior(known))) for known in posteriors()}
    entries = table().values()
    ranges = pd.DataFrame(
        [(entry.low, entry.high, entry.symbol) for entry in entries],
        index=[entry.name for entry in entries],
        columns=["low", "high", "symbol"],
    )
    source = "Learnt by `scripts/calibrate.py`."
    return {
        "scorecard.png": scorecard.draw(scores, sets(name)),
        "posterior.png": posterior_chart.draw(learnt, ranges, source),
    }


def _told(scores: pd.DataFrame, claims: pd.DataFrame, name: str) -> str:
    def plain(rows: list[list[str]]) -> list[list[str]]:
        return [[cell.replace("**", "") for cell in row] for row in rows]

    parts = [f"Patterns of history, {sets(name)}: {int(scores['passed'].sum())} of {len(scores)} met", ""]
    parts += aligned([list(report.PATTERN_HEADER), *plain(report.pattern_rows(scores))])
    parts += ["", *aligned([list(report.CLAIM_HEADER), *plain(report.claim_rows(claims))])]
    return "\n".join(parts)


def backcast(folder: Path, own: Path | None, workers: int, progress: Progress) -> str:
    """Predict 2014-2021 from the end of 2013, score, and write.

    Parameters
    ----------
    own : a table of distances of the user's own to score besides.

    Returns
    -------
    The text for a terminal.
    """
    refuse_foreign(folder, BACKCAST_FILES)
    distances = None if own is None else read_distances(own)
    moved = move(backcasting.PERIOD, backcasting.drawn(), backcasting.SEED, workers, progress)
    judged = backcasting.judge(moved)
    skill, ratios = backcasting.skill_table(judged), backcasting.ratio_table(judged)
    cases = backcasting.case_table(judged, workers, progress)
    theories = backcasting.theory_table(judged, workers, progress)
    theories = theories.assign(kept=theories["theory"].map(report.kept(theories)))
    forecasts = backcasting.forecast_table(judged)
    said = "" if distances is None else own_scores(distances, forecasts)
    put(
        folder,
        {
            "backcast.md": backcast_markdown(skill, ratios, cases, theories, said),
            "skill.csv": csv_text(skill),
            "ratios.csv": csv_text(ratios),
            "cases.csv": csv_text(cases),
            "theories.csv": csv_text(theories),
            "forecasts.csv": csv_text(forecasts.round(4)),
            **backcast_charts(forecasts, skill, theories),
        },
    )
    lines = [list(report.RATIO_HEADER), *([c.replace("**", "") for c in row] for row in report.ratio_rows(ratios))]
    return "\n".join(["Backcast 2014-2021 from the end of 2013", "", *aligned(lines), *([said] if said else [])])


DIGITS = MappingProxyType({"votes": 3, "votes-all": 3, "agreement": 4, "trade": 5, "arms": 4, "pacts": 4})


def backcast_markdown(
    skill: pd.DataFrame, ratios: pd.DataFrame, cases: pd.DataFrame, theories: pd.DataFrame, said: str = ""
) -> str:
    """The backcast as a page."""
    lines = [MARK, "# Backcast: 2014-2021 from the end of 2013", ""]
    lines += [f"Made by `blocade backcast`: {sets(JUDGE)}, with the sanctions and wars that happened.", ""]
    lines += [report.markdown(report.RATIO_HEADER, report.ratio_rows(ratios)), ""]
    if said:
        lines += ["## Your table", "", said, ""]
    lines += skill_lines(skill, "##")
    lines += ["## Cases left out of the calibration", "", report.markdown(*case_cells(cases)), ""]
    lines += [f"Here and below {backcasting.SIDE_DRAWS} parameter sets each.", ""]
    lines += ["## Theories", "", report.markdown(*report.theory_rows(theories)), ""]
    lines += ["![Backcast of votes](backcast.png)", "", "![Backcast of trade](backcast-trade.png)", ""]
    lines += ["![Skill](skill.png)", "", "![Theories](theory-scores.png)", ""]
    return "\n".join(lines)


def skill_lines(skill: pd.DataFrame, heading: str) -> list[str]:
    """Scores of every channel, model and horizon, under headings of a level."""
    lines: list[str] = []
    for channel, part in skill.groupby("channel", sort=False):
        lines += [f"{heading} {channel}", "", f"{int(part['n'].max())} pairs and years.", ""]
        for measure, words in (("mae", "Mean absolute error"), ("crps", "CRPS"), ("coverage", "Coverage of 90 %")):
            if part[measure].notna().any():
                digits = 2 if measure == "coverage" else DIGITS[str(channel)]
                lines += [f"{words}:", "", report.markdown(*report.skill_rows(part, measure, digits)), ""]
    return lines


def case_cells(cases: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """CRPS over the best naive forecast on the pairs of each case: seen by the posterior, and left out."""
    channels = list(cases["channel"].unique())
    rows = []
    for case, part in cases.groupby("case", sort=False):
        by = part.set_index("channel")
        cells = [
            "{} ({})".format(*(report.signed(float(by.loc[channel, kind]), 3) for kind in ("without", "with")))
            for channel in channels
        ]
        rows.append([str(case), *cells])
    return ["Case", *(f"{channel}: left out (seen)" for channel in channels)], rows


def backcast_charts(forecasts: pd.DataFrame, skill: pd.DataFrame, theories: pd.DataFrame) -> dict[str, Figure]:
    """Forecasts of key pairs, skill by horizon, theories by score."""
    from blocade.charts import backcast as pairs_chart  # noqa: PLC0415 (slow to import)
    from blocade.charts import skill as skill_chart  # noqa: PLC0415
    from blocade.charts import theory_scores  # noqa: PLC0415

    world = world_of(backcasting.PERIOD.world)
    names = dict(zip(world.codes, world.names, strict=True))
    source = f"{sets(JUDGE)}, with the sanctions and wars that happened; nothing else after 2013 was known."
    drawn: dict[str, Figure] = {}
    for name, channel, pairs in (
        ("backcast.png", "votes", KEY_PAIRS),
        ("backcast-trade.png", "trade", TRADE_PAIRS),
    ):
        one = YEARLY[channel]
        rows = [_earlier(channel, pairs), forecasts[forecasts["channel"] == channel]]
        frame = pd.concat(rows, ignore_index=True)
        drawn[name] = pairs_chart.draw(frame, pairs, names, one.words, one.unit, source)
    yearly = skill[(skill["horizon"] > 0) & skill["channel"].isin(YEARLY)]
    drawn["skill.png"] = skill_chart.draw(yearly, source)
    kept = (
        "Kept: evidence of the patterns to 2021 within twenty to one of the best theory's. Each theory from its own "
        "prior; what no theory moves is forecast best by the theory that moves least."
    )
    drawn["theory-scores.png"] = theory_scores.draw(theories[theories["channel"].isin(THEORY_CHANNELS)], kept)
    return drawn


def _earlier(channel: str, pairs: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """What was on record of some pairs in the years before the forecast."""
    known, _ = backcasting.records()
    figures = YEARLY[channel].figures(known)
    if not YEARLY[channel].directed:
        pairs = tuple((min(pair), max(pair)) for pair in pairs)  # as the table of forecasts has them
    years = range(backcasting.BASE - EARLIER + 1, backcasting.BASE + 1)
    return pd.DataFrame(
        [
            {"iso3_a": a, "iso3_b": b, "year": year, "observed": _of(figures, known.codes, a, b, year)}
            for a, b in pairs
            for year in years
        ]
    )


def _of(figures: Array, codes: tuple[str, ...], a: str, b: str, year: int) -> float:
    return float(figures[at(year), codes.index(a), codes.index(b)])


MOST_DISTANCE = 100.0
"""Distances of ideal points beyond which a table is of something else; those of states are below 10."""
OWN_COLUMNS = ("iso3_a", "iso3_b", "year", "distance")


def read_distances(path: Path) -> pd.DataFrame:
    """A user's own table of distances.

    Raises
    ------
    WorldError
        With one line for each mistake.
    """
    mistakes: list[str] = []
    found = read_table(path, OWN_COLUMNS, mistakes)
    if not mistakes:
        distance = found.numbers("distance", mistakes, low=0.0, high=MOST_DISTANCE)
        years = found.numbers("year", mistakes, low=1900.0, high=2100.0)
        codes = world_of(backcasting.PERIOD.world).codes
        seen: set[tuple[str, ...]] = set()
        for (line, row), year in zip(found.rows, years, strict=True):
            pair = row["iso3_a"], row["iso3_b"]
            key = (*sorted(pair), row["year"])
            found.known(line, pair, codes, mistakes)
            if pair[0] == pair[1]:
                mistakes.append(f"{path}:{line}: a state with itself; name two states")
            elif key in seen:
                mistakes.append(f"{path}:{line}: {pair[0]} and {pair[1]} are there twice for {row['year']}; leave one")
            if np.isfinite(year) and year % 1:
                mistakes.append(f"{path}:{line}: year {row['year']} is not a whole number; write a year")
            seen.add(key)
        if not found.rows:
            mistakes.append(f"{path}:1: no rows; add one for each pair and year")
    if mistakes:
        raise WorldError([line.replace("or add it to states.csv", "or leave the row out") for line in mistakes])
    first, second = ([row[key] for _, row in found.rows] for key in ("iso3_a", "iso3_b"))
    return pd.DataFrame({"a": first, "b": second, "year": years.astype(int), "distance": distance})


def own_scores(own: pd.DataFrame, forecasts: pd.DataFrame) -> str:
    """Scores of a user's table: 2014-2021 against the backcast, 2022-2024 against the registered forecasts."""
    votes = forecasts[forecasts["channel"] == "votes"].rename(columns={"naive": "rival"})
    parts = [_own_part(own, votes, "backcast of 2014-2021")]
    files = [seeds() / "registered" / f"{name}.csv" for name in registering.NAMES]
    if all(path.is_file() for path in files):
        ours, rival = (pd.read_csv(path) for path in files)
        later = ours.rename(columns={"mean": "median", "q05": "low", "q95": "high"}).assign(rival=rival["mean"])
        parts.append(_own_part(own, later, "forecasts registered for 2022-2024"))
    said = [part for part in parts if part]
    return "\n".join(said) if said else "No row of your table is of a year and pair that is forecast."


def _own_part(own: pd.DataFrame, forecasts: pd.DataFrame, words: str) -> str:
    swapped = own.rename(columns={"a": "b", "b": "a"})
    both = pd.concat([own, swapped]).rename(columns={"a": "iso3_a", "b": "iso3_b"})
    joined = forecasts.merge(both, on=["iso3_a", "iso3_b", "year"])
    if joined.empty:
        return ""
    errors = [np.abs(joined[name] - joined["distance"]).mean() for name in ("median", "rival")]
    inside = ((joined["distance"] >= joined["low"]) & (joined["distance"] <= joined["high"])).mean()
    count = f"{len(joined)} figure{'s' * (len(joined) != 1)}"
    return (
        f"Your table against the {words}: {count}, mean absolute error {errors[0]:.3f} (best naive "
        f"{errors[1]:.3f}), {100 * inside:.0f} % inside the 90 % interval."
    )


def register(folder: Path, workers: int, progress: Progress) -> Mapping[str, int]:
    """Write the forecasts of 2022-2024: name of the file -> rows.

    Raises
    ------
    StoreError
        If they are there already: what is registered is not replaced.
    """
    there = [name for name in registering.NAMES if (folder / f"{name}.csv").exists()]
    if there and not unfinished(folder, f"{registering.NAMES[0]}.csv"):
        raise StoreError(f"{folder}: holds {' and '.join(there)} already; what is registered is not replaced")
    tables = registering.registered(workers, progress)
    contents: dict[str, str | Figure] = {f"{name}.csv": csv_text(frame) for name, frame in tables.items()}
    put(folder, contents)
    return {f"{name}.csv": len(frame) for name, frame in tables.items()}
