"""Scores of theories: how their forecasts compare with the best naive one, and which theories history keeps."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from blocade.charts.rows import Look, mark, number
from blocade.charts.scorecard import places
from blocade.charts.style import (
    BLACK,
    BLUE,
    GREY,
    Chart,
    finish,
    line_key,
    message,
    panel_title,
    sheet,
    styled,
    where,
    wrapped,
)
from blocade.text import listed

KINDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {"theory": ("o", "theory", "theories"), "null": ("s", "null model", "null models")}
)
"""Marker, word and plural of each kind."""
COLOURS = (BLUE, GREY)
"""Of what is kept and of what is not."""
LIMITS = (1.25, 1.5, 2.0, 4.0)
"""Ends of the axis of ratios, of which the first is taken that holds nine numbers of ten; the rest is clipped."""
FURTHEST = 20.0
"""Log evidence below the best at which rows are clipped: odds of one to five hundred million (assumption, by eye)."""
WIDTH, NAME, AROUND = 10.0, 1.7, 0.85
"""Inches: the sheet, names of theories, titles and axes around the rows."""


class Row(NamedTuple):
    """A theory: its look, its label in lines, its evidence."""

    name: str
    look: Look
    label: list[str]
    evidence: float
    rank: int


def _ordered(scores: pd.DataFrame) -> pd.DataFrame:
    """A row for each theory: those kept, then the others; by evidence, then by the mean ratio."""
    groups = scores.groupby("theory", sort=False)
    table = groups[["kind", "kept", "evidence"]].first().assign(mean=groups["crps"].mean())
    table["kept"] = table["kept"].astype(bool)
    table["rank"] = 1 - table["kept"].astype(int)
    return table.sort_values(["rank", "evidence", "mean"], ascending=[True, False, True], na_position="last")


def _title(table: pd.DataFrame) -> str:
    parts = []
    for kind, (_, one, many) in KINDS.items():
        rows = where(table, kind=kind)
        if rows.empty:
            continue
        kept = [str(name) for name in rows.index[rows["kept"]]]
        names = f" ({listed(kept)})" if kept else ""
        parts.append(f"{len(kept) or 'none'} of {len(rows)} {many if len(rows) > 1 else one}{names}")
    return f"History keeps {listed(parts)}"


def _limit(scores: pd.DataFrame) -> float:
    """The nearest end of the ratio axis that holds most of the numbers."""
    values = scores[["crps", "low", "high"]].to_numpy(dtype=float)
    far = np.abs(np.log(values[np.isfinite(values) & (values > 0.0)]))
    most = np.quantile(far, 0.9) if far.size else 0.0
    return next((limit for limit in LIMITS if most <= np.log(limit)), LIMITS[-1])


def _ratios(axes: Axes, rows: pd.DataFrame, table: list[Row], heights: list[float], limit: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(limit**-1.2, limit**1.2)
    axes.xaxis.set_major_locator(FixedLocator([1 / limit, limit**-0.5, 1.0, limit**0.5, limit]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.2f}".rstrip("0").rstrip(".").removeprefix("0"))
    axes.axvline(1.0, color=BLACK, lw=0.8, zorder=0.5, gid="as good")
    axes.set_xlabel("better ← ratio → worse")
    for row, y in zip(table, heights, strict=True):
        found = where(rows, theory=row.name)
        values = [float(found[end].iloc[0]) if len(found) else np.nan for end in ("low", "crps", "high")]
        mark(axes, row.name, y, values, (1 / limit, limit), row.look, number(values[1]))


def _evidence(axes: Axes, table: list[Row], heights: list[float]) -> None:
    lowest = min([-1.0, *(row.evidence for row in table if np.isfinite(row.evidence))])
    end = max(lowest, -FURTHEST)
    axes.set_xlim(1.15 * end, -0.06 * end)
    axes.axvline(0.0, color=BLACK, lw=0.8, zorder=0.5, gid="best")
    axes.set_xlabel("log evidence − best")
    panel_title(axes, "evidence of the patterns", 1.9)
    for row, y in zip(table, heights, strict=True):
        mark(axes, row.name, y, [np.nan, row.evidence, np.nan], (end, 0.0), row.look, number(row.evidence))
        if np.isfinite(row.evidence):
            axes.plot([0.0, max(row.evidence, end)], [y, y], color=row.look.colour, lw=0.9, gid=f"stem {row.name}")


def _key(kinds: list[str]) -> list[Artist]:
    shapes = [KINDS[kind][:2] for kind in kinds]
    return [
        line_key("kept", "", BLUE, marker="o"), line_key("not kept", "", GREY, marker="o", fill="white"),
        *(line_key(word, "", BLACK, marker=marker) for marker, word in shapes),
    ]  # fmt: skip


def draw(scores: pd.DataFrame, source: str) -> Figure:
    """CRPS of every theory as a ratio to the best naive forecast, a panel for each channel, and the evidence.

    Parameters
    ----------
    scores : a row for each theory and channel: theory, kind, channel, crps (ratio, 1 = as good as the best naive
        forecast), low, high (bootstrap interval), kept, evidence (log, relative to the best); kept and evidence are
        those of the theory.
    """
    if scores.empty:
        return message(source, "No theory was scored", "The table holds no theory.")
    with styled():
        found, channels = _ordered(scores), list(scores["channel"].unique())
        kinds, canvas = list(found["kind"].unique()), FigureCanvasAgg(Chart())
        table = [
            Row(
                str(name),
                Look(KINDS[row["kind"]][0], COLOURS[row["rank"]], row["kept"]),
                wrapped(canvas, str(name), 8.0, "bold", NAME),
                float(row["evidence"]),
                row["rank"],
            )
            for name, row in found.iterrows()
        ]
        heights, foot = places([len(row.label) for row in table])
        limit = _limit(scores)
        notes = (
            "Ratio: CRPS (the error of the whole forecast) divided by that of the best naive forecast of the channel; "
            "left of 1 is better. Line: bootstrap interval; one that crosses 1 does not tell. Ratios are on a "
            f"logarithmic axis, clipped at {limit:g}. Evidence: log probability of the patterns under a theory, "
            f"minus the best; −2.3 is ten times less, clipped at −{FURTHEST:g}. It compares theories with each other "
            "and does not say that the best is true."
        )
        figure = sheet(source, _title(found), notes, WIDTH, foot + AROUND, _key(kinds))
        *panels, last = figure.subplots(1, len(channels) + 1, sharey=True, squeeze=False).ravel()
        for axes, channel in zip(panels, channels, strict=True):
            _ratios(axes, where(scores, channel=channel), table, heights, limit)
            panel_title(axes, channel, (WIDTH - NAME - 0.6) / (len(channels) + 1))
        _evidence(last, table, heights)
        panels[0].set_yticks(heights, ["\n".join(row.label) for row in table])
        panels[0].set_ylim(foot, 0.0)
        for axes in (*panels, last):
            axes.spines["left"].set_visible(False)
            axes.tick_params(axis="y", length=0)
            for k in range(1, len(table)):
                if table[k].rank != table[k - 1].rank:
                    axes.axhline((heights[k - 1] + heights[k]) / 2, color=GREY, lw=0.6, ls=":", gid="between")
        for label, row in zip(panels[0].get_yticklabels(), table, strict=True):
            label.set_fontweight("normal" if row.rank else "bold")
        return finish(figure)
