"""Backcast: the course of pairs that history took, against the forecast of it, pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from blocade.charts.panels import columns_for, subplots
from blocade.charts.rows import number
from blocade.charts.style import (
    BLACK,
    BLUE,
    GREY,
    PALE,
    RED,
    finish,
    line_key,
    message,
    panel_title,
    sheet,
    styled,
    tint,
    wrapped,
)
from blocade.text import percent

WIDTH, PANEL = 10.0, 1.75
NAIVE_LINE = (0, (4, 2))
SAME = 0.15
"""Panels share one scale if half of them fill this share of it; else it would show flat lines (assumption, by eye)."""


def _rows(forecast: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    """Years of a pair; as the table names it, or else the other way round; with whether each point is a hit."""
    one, two = forecast["iso3_a"], forecast["iso3_b"]
    found = forecast[(one == pair[0]) & (two == pair[1])]
    if found.empty:
        found = forecast[(one == pair[1]) & (two == pair[0])]
    rows = found.sort_values("year")
    known = rows[["observed", "low", "high"]].notna().all(axis=1)
    return rows.assign(tested=known, inside=known & rows["observed"].between(rows["low"], rows["high"]))


def _title(channel: str, rows: Sequence[pd.DataFrame]) -> str:
    tested, inside = (sum(int(table[name].sum()) for table in rows) for name in ("tested", "inside"))
    shown = f"the {len(rows)} pairs shown" if len(rows) > 1 else "the one pair shown"
    name = f"{channel[:1].upper()}{channel[1:]}"
    if not tested:
        return f"{name}: no point of {shown} was observed in the years forecast"
    points, verb = ("points", "lie") if tested > 1 else ("point", "lies")
    share = percent(inside / tested)
    return f"{name}: {inside} of {tested} observed {points} of {shown} {verb} inside the 90 % bands ({share})"


def _notes(rows: Sequence[pd.DataFrame], same: bool) -> str:
    tested = pd.concat(rows)
    tested = tested[tested["tested"] & tested[["median", "naive"]].notna().all(axis=1)]
    misses = [number(float((tested["observed"] - tested[name]).abs().mean())) for name in ("median", "naive")]
    missed = f" Mean miss at the points shown: median {misses[0]}, naive {misses[1]}." if len(tested) else ""
    scales = " Each panel has a scale of its own: look at its numbers before comparing heights."
    return (
        "Band: 5–95 % of simulated forecasts, which start at the vertical line. If far fewer than 90 % of points lie "
        "inside, it is too sure, and if far more do, too vague. Points of a pair follow each other, so hits come in "
        "runs and are no independent tests. The pairs were chosen to be shown; scores over all pairs are another chart."
        f"{missed if same else scales}"
    )


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    if rows.empty:
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, size=8, color=PALE, ha="center", gid="no data")
        return
    ahead = rows[rows["median"].notna()]
    if len(ahead):
        axes.axvline(ahead["year"].iloc[0] - 0.5, color=GREY, lw=1.0, ls=":", gid="begins")
        band = tint(BLUE, 0.22)
        axes.fill_between(rows["year"], rows["low"], rows["high"], color=band, lw=0, gid="band")
        axes.plot(rows["year"], rows["median"], color=BLUE, lw=1.8, gid="median")
        if len(ahead) == 1:  # no line can be drawn through one year
            axes.vlines(ahead["year"], ahead["low"], ahead["high"], color=band, lw=8.0, gid="band year")
            for name, colour in (("median", BLUE), ("naive", RED)):
                axes.plot(ahead["year"], ahead[name], "_", color=colour, ms=8, mew=1.6, gid=f"{name} year")
    axes.plot(rows["year"], rows["naive"], color=RED, lw=1.3, ls=NAIVE_LINE, gid="naive")
    axes.plot(rows["year"], rows["observed"], color=BLACK, lw=0.7, gid="observed line")
    outside = rows["tested"] & ~rows["inside"]
    on, off = rows[~outside], rows[outside]
    axes.plot(on["year"], on["observed"], "o", color=BLACK, ms=2.8, zorder=3, gid="observed")
    axes.plot(off["year"], off["observed"], "D", mfc="white", mec=BLACK, mew=1.1, ms=4.2, zorder=3, gid="outside")


def _one_scale(rows: Sequence[pd.DataFrame]) -> bool:
    """Whether the panels can be read on one axis of values."""
    values = [table[["observed", "median", "low", "high", "naive"]].to_numpy(dtype=float) for table in rows]
    spans = [np.nanmax(value) - np.nanmin(value) for value in values if np.isfinite(value).any()]
    every = np.concatenate([value.ravel() for value in values])
    if len(spans) < 2 or np.nanmax(every) == np.nanmin(every):
        return True
    return bool(np.median(spans) >= SAME * (np.nanmax(every) - np.nanmin(every)))


def draw(
    forecast: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    names: Mapping[str, str],
    channel: str,
    unit: str,
    source: str,
) -> Figure:
    """What was observed of each pair, against the forecast with its band and the best naive forecast.

    Parameters
    ----------
    forecast : a row for each pair and year: iso3_a, iso3_b, year, observed, median, low, high, naive; no forecast is
        NaN, and so is what was not observed.
    names : names of the states by their code.
    """
    if forecast.empty or not pairs:
        return message(source, f"No forecast of {channel} to draw", "The table holds no pair that was asked for.")
    with styled():
        rows = [_rows(forecast, pair) for pair in pairs]
        same, columns = _one_scale(rows), columns_for(len(pairs))
        key = [
            line_key("observed", "-", BLACK, 0.7, "o"),
            line_key("observed, outside the band", "", BLACK, marker="D", fill="white"),
            line_key("forecast, median", colour=BLUE), Patch(color=tint(BLUE, 0.22), label="90 % band"),
            line_key("best naive forecast", NAIVE_LINE, RED, 1.3), line_key("forecast begins", ":", GREY, 1.0),
        ]  # fmt: skip
        height = PANEL * -(-len(pairs) // columns) + 0.5
        figure = sheet(source, _title(channel, rows), _notes(rows, same), WIDTH, height, key)
        panels = subplots(figure, len(pairs), columns, sharex=True, sharey=same)
        for index, (axes, pair, table) in enumerate(zip(panels, pairs, rows, strict=True)):
            _panel(axes, table)
            called = "–".join(names.get(code, code) for code in pair)
            tested = int(table["tested"].sum())
            hits = f": {int(table['inside'].sum())} of {tested} inside" if tested else ""
            panel_title(axes, f"{called}{hits}", (WIDTH - 1.0) / columns - 0.1)
            axes.margins(x=0.02, y=0.06)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
            if index >= len(pairs) - columns:
                axes.set_xlabel("Year")
            if index % columns == 0:
                axes.set_ylabel("\n".join(wrapped(figure.canvas, unit, 9.0, "normal", PANEL - 0.5)))
        return finish(figure)
