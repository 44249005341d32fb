"""Verdicts: the forest of all estimands with their intervals."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from blocade.charts.rows import LOOKS, STRIP, strip
from blocade.charts.style import (
    BLACK,
    BLUE,
    GREY,
    Chart,
    finish,
    line_key,
    message,
    sheet,
    size,
    styled,
    where,
    wrapped,
)
from blocade.claims import SHARE_OF_TOTAL
from blocade.experiment.finished import Finished
from blocade.text import listed, percent

STARTS = MappingProxyType({"real": ("o", BLUE, 0.13), "clean": ("o", "white", -0.17)})
"""Marker, fill and height within the row."""
ROW, AROUND = 0.34, 0.5
"""Inches of a row, and of the axis below a panel."""


def panels_of(result: Finished) -> list[tuple[str, float, pd.DataFrame]]:
    """Estimands that may share an axis: unit, smallest effect, rows of the real start."""
    rows = where(result.verdicts, start="real")
    together = rows.groupby(["unit", "s"], sort=False)
    return [(str(group["unit"].iloc[0]), float(group["s"].iloc[0]), group) for _, group in together]


def _title(result: Finished) -> str:
    real = where(result.verdicts, start="real")
    counts = real["verdict"].value_counts()
    said = listed([f"{counts[word]} {word}" for word in LOOKS if counts.get(word)])
    if len(real) == 1:
        return f"The one expectation is {real['verdict'].iloc[0]}: “{real['label'].iloc[0]}”"
    return f"Of {len(real)} expectations tested from the real start: {said}"


def _checks(result: Finished) -> str:
    """How many verdicts change in the other starts: a sentence for each."""
    table = result.verdicts.pivot(index=["claim", "estimand"], columns="start", values="verdict")
    what = {
        "clean": "from a clean start", "rule-goods": "with goods coded by rule alone",
        "drawn-ties": "with the weights of ties drawn",
    }
    return " ".join(
        f"{int((table[start] != table['real']).sum())} of {len(table)} verdicts differ {words}."
        for start, words in what.items()
        if start in table
    )


def _row(axes: Axes, result: Finished, row: pd.Series[Any], y: float) -> None:
    for start, (marker, fill, up) in STARTS.items():
        found = where(result.verdicts, claim=row["claim"], estimand=row["estimand"], start=start)
        if found.empty or pd.isna(found["estimate"].iloc[0]):
            continue
        one = found.iloc[0]
        colour, width, name = (BLUE, 2.2, "real") if start == "real" else (GREY, 1.1, start)
        name = f"{name} {row['claim']}/{row['estimand']}"
        ends = [one["low"], one["high"]]
        axes.plot(ends, [y + up] * 2, color=colour, lw=width, solid_capstyle="butt", gid=f"interval {name}")
        axes.plot([one["estimate"]], [y + up], marker, ms=6, mfc=fill, mec=colour, gid=f"median {name}")
    if row["verdict"] == "not answered":
        text = "not answered: no draw counts"
    else:
        text = f"{row['verdict']} · {percent(row['share'])} up, {percent(row['down'])} down"
        total = result.sets
        text += f" ({row['n']} of {total} draws)" if row["n"] < total else ""
    axes.annotate(
        text, (1.0, y), xycoords=axes.get_yaxis_transform(), xytext=(8, 0), textcoords="offset points",
        va="center", size=8, weight="bold" if row["verdict"] in ("supported", "reversed") else "normal",
        gid="verdict",
    )


def _places(rows: pd.DataFrame) -> tuple[list[float], list[tuple[float, str]]]:
    """Height of every row from 0 downwards, and of the heading above the first row of each claim."""
    y = 0.0
    heights: list[float] = []
    headings: list[tuple[float, str]] = []
    for words in rows["words"]:
        if not headings or headings[-1][1] != words:
            headings.append((y, words))
            y -= 0.8
        heights.append(y)
        y -= 1.0
    return heights, headings


def _panel(figure: Chart, axes: Axes, result: Finished, name: str, s: float, rows: pd.DataFrame) -> None:
    strip(axes, s)
    axes.axvline(0.0, color=BLACK, lw=0.8, zorder=0.5)
    if name == SHARE_OF_TOTAL:
        axes.axvline(1.0, color=GREY, lw=0.8, ls=":", zorder=0.5)
    places, headings = _places(rows)
    for y, (_, row) in zip(places, rows.iterrows(), strict=True):
        _row(axes, result, row, y)
    for y, claim in headings:
        words = "\n".join(wrapped(figure.canvas, claim, 8.0, "bold", 6.3))
        axes.text(
            0.0, y, words, in_layout=False, transform=axes.get_yaxis_transform(), size=8, weight="bold",
            va="center", zorder=3, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0}, gid="claim",
        )
    labels = ["\n".join(wrapped(figure.canvas, label, 8.0, "normal", 2.9)) for label in rows["label"]]
    axes.set_yticks(places, labels)
    axes.set_ylim(places[-1] - 0.6, 0.6)
    axes.margins(x=0.03)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"{'Value' if name == SHARE_OF_TOTAL else 'Effect'} ({name}); grey: within ±{size(s)}", loc="left")


def draw(result: Finished) -> Figure:
    """Median and 5–95 % of draws of every estimand, by unit, with its verdict."""
    with styled():
        if result.verdicts.empty:
            return message(result, "Nothing was tested", "One arm and no claims: no effect to judge.")
        groups = panels_of(result)
        notes = (
            "Line: 5–95 % of parameter draws, dot: median. Supported: at least 90 % of draws above the grey "
            "strip; reversed: below it; negligible: within it; else conditional. These are shares of "
            "parameter draws, not odds that the claim is true. Up and down: from the real start. "
            f"{_checks(result)}"
        )
        clean = line_key("clean start (no acts in force)", colour=GREY, width=1.1, marker="o", fill="white")
        key = [
            line_key("real start", colour=BLUE, width=2.2, marker="o"),
            *([clean] if (result.verdicts["start"] == "clean").any() else []),
            Patch(color=STRIP, label="too small to count"),
        ]
        heights = [(len(rows) + 0.8 * rows["claim"].nunique()) * ROW + AROUND for _, _, rows in groups]
        figure = sheet(result, _title(result), notes, 10.0, sum(heights), key)
        panels = figure.subplots(len(groups), 1, squeeze=False, height_ratios=heights).ravel()
        for axes, (name, s, rows) in zip(panels, groups, strict=True):
            _panel(figure, axes, result, name, s, rows)
        return finish(figure)
