"""Scorecard: what the model simulates against what history measured, pattern by pattern, in units of the tolerance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from blocade.charts.rows import STRIP, Look, mark, number, strip
from blocade.charts.style import BLUE, GREY, PALE, RED, Chart, finish, line_key, message, sheet, styled, wrapped

MET, MISSED = ("o", BLUE), ("s", RED)
FURTHEST = 4
"""Tolerances beyond which a row is clipped, so that ±1 can still be seen (assumption, by eye)."""
WIDTH, LABEL, LINE, BETWEEN, HEAD, FOOT = 10.0, 3.0, 0.15, 0.13, 0.36, 0.5
"""Inches: the sheet, labels, a line of text, between rows, above the first row, the axis below."""


def places(lines: Sequence[int]) -> tuple[list[float], float]:
    """Middle of every row, inches from the top, by the lines of its label; and where the last row ends."""
    heights = LINE * np.asarray(lines, dtype=float) + BETWEEN
    ends = np.cumsum(heights)
    return [float(y) for y in ends - heights / 2], float(ends[-1])


def _ordered(scores: pd.DataFrame) -> pd.DataFrame:
    """The worst miss first, then what is met, then what cannot be judged; with distances in tolerances."""
    tolerance = scores["tolerance"].where(scores["tolerance"] > 0.0)
    off = {f"off {end}": (scores[end] - scores["observed"]) / tolerance for end in ("low", "median", "high")}
    table = scores.assign(**off)
    judged = table["off median"].notna()
    met = judged & (scores["passed"] == True)  # noqa: E712 - None and NaN are not met
    table = table.assign(judged=judged, met=met, rank=met.astype(int) + 2 * (~judged).astype(int))
    return table.assign(far=-table["off median"].abs()).sort_values(["rank", "far"], kind="stable")


def _title(table: pd.DataFrame) -> str:
    judged = table[table["judged"]]
    fresh, missed = judged[~judged["seen"].astype(bool)], judged[~judged["met"]]
    n, met = len(judged), int(judged["met"].sum())
    said = f"{met} of {n} pattern{'s' if n != 1 else ''} {'is' if 1 in (met, n) else 'are'} met"
    if 0 < len(fresh) < n:
        said += f", {int(fresh['met'].sum())} of {len(fresh)} among those that the posterior has not seen"
    elif n:
        said += ", all in sample" if fresh.empty else ", all out of sample"
    if len(missed):
        worst = missed.iloc[0]
        said += f"; worst miss: {worst['label']} ({number(worst['median'])}, observed {number(worst['observed'])})"
    return said + (f"; {len(table) - n} cannot be judged" if n < len(table) else "")


def _detail(row: Mapping[Any, Any]) -> str:
    """Channel, unit and last year of a pattern, as far as they are known."""
    until = f"data to {row['until']:.0f}" if pd.notna(row["until"]) else ""
    return " · ".join(filter(None, (row["channel"], row["unit"], until)))


def _texts(axes: Axes, table: pd.DataFrame, labels: list[list[list[str]]], heights: list[float]) -> None:
    """Left of the axis what each pattern is, right of it its numbers."""
    columns = {"observed": ["observed\n± tolerance"], "simulated": ["simulated\nmedian (5–95 %)"]}
    for row in table.to_dict("records"):
        said = {name: number(row[name]) for name in ("observed", "tolerance", "median", "low", "high")}
        columns["observed"].append("{observed} ± {tolerance}".format(**said))
        columns["simulated"].append("{median} ({low} … {high})".format(**said) if row["judged"] else said["median"])
    style: Any = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "size": 8}
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for (label, detail), y in zip(labels, heights, strict=True):
        top = 72 * LINE * (len(label) + len(detail)) / 2
        for lines, colour, gid in ((label, "black", "label"), (detail, PALE, "detail")):
            at = (-72 * LABEL - 6, top)
            axes.annotate("\n".join(lines), (0.0, y), xytext=at, va="top", color=colour, gid=gid, **style)
            top -= 72 * LINE * len(lines)
    left = 12.0
    for name, texts in columns.items():
        drawn = [
            axes.annotate(text, (1.0, y), xytext=(left, 0), va="center", gid=name, **style)
            for text, y in zip(texts, [-HEAD / 2, *heights], strict=True)
        ]
        drawn[0].set(weight="bold", gid="column")
        left += 12.0 + max(text.get_window_extent(renderer).width for text in drawn) * 72 / axes.figure.dpi


def _panel(axes: Axes, table: pd.DataFrame, heights: list[float], foot: float) -> None:
    axes.set(xlim=(-FURTHEST - 0.65, FURTHEST + 0.65), ylim=(foot, -HEAD), yticks=[])
    axes.set_xticks(range(-FURTHEST, FURTHEST + 1))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:+g}".replace("-", "−") if x else "0")
    axes.set_xlabel("(simulated − observed) ÷ tolerance")
    axes.spines["left"].set_visible(False)
    strip(axes, 1.0, "tolerance")
    axes.axvline(0.0, color=GREY, lw=0.8, zorder=0.5, gid="zero")
    ranks = table["rank"].tolist()
    for k, (y, row) in enumerate(zip(heights, table.to_dict("records"), strict=True)):
        values = [row[f"off {end}"] for end in ("low", "median", "high")]
        look = Look(*(MET if row["met"] else MISSED), filled=not row["seen"])
        mark(axes, row["pattern"], y, values, (-FURTHEST, FURTHEST), look, f"{values[1]:+.1f}".replace("-", "−"))
        if k and ranks[k] != ranks[k - 1]:
            axes.axhline((heights[k - 1] + y) / 2, color=GREY, lw=0.6, ls=":", gid="between")


def draw(scores: pd.DataFrame, posterior: str) -> Figure:
    """Median and 5–95 % of draws of every pattern against what was observed, misses first.

    Parameters
    ----------
    scores : a row for each pattern: pattern, label, channel, unit, observed, tolerance, median, low, high, passed,
        seen, until.
    posterior : how many parameter sets of which kind, in words.
    """
    source = f"Rests on {posterior}."
    if scores.empty:
        return message(source, "No pattern was scored", "The table holds no pattern.")
    with styled():
        table = _ordered(scores)
        notes = (
            "Line: 5–95 % of parameter draws; mark: median. Each row is divided by its own tolerance, half the width "
            f"of what counts as a hit. Arrow: goes on beyond ±{FURTHEST} tolerances. Hollow: the parameters were "
            "fitted to this pattern, so meeting it is no test. A wide line may cover an observation without telling it."
        )
        key = [
            line_key("met", "", BLUE, marker="o"), line_key("missed", "", RED, marker="s"),
            line_key("hollow: fitted to this pattern (in sample)", "", GREY, marker="o", fill="white"),
            Patch(color=STRIP, label="within ±1 tolerance of the observation"),
        ]
        canvas = FigureCanvasAgg(Chart())
        labels = [
            [wrapped(canvas, text, 8.0, "normal", LABEL) for text in (row["label"], _detail(row))]
            for row in table.to_dict("records")
        ]
        heights, foot = places([len(label) + len(detail) for label, detail in labels])
        figure = sheet(source, _title(table), notes, WIDTH, HEAD + foot + FOOT, key)
        axes = figure.subplots()
        _panel(axes, table, heights, foot)
        _texts(axes, table, labels, heights)
        return finish(figure)
