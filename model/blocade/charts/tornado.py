"""Tornado: how much of an effect's variance goes with each parameter, alone and with its interactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from blocade.analysis.sensitivity import BETWEEN, HARDLY, Factor, shared_warnings
from blocade.charts.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    PALE,
    finish,
    line_key,
    message,
    sheet,
    styled,
    tint,
    where,
    wrapped,
)
from blocade.text import listed, percent

BARS = MappingProxyType({"ST": (BLUE, -0.2, "with its interactions (ST)"), "S1": (ORANGE, 0.2, "alone (S1)")})
"""Colour, place within the row and meaning."""
FAINT = 0.3
"""Strength of the colour of a bar whose interval spans 0."""
WIDTH, ROW, AROUND, BAR, LABEL = 10.0, 0.5, 0.75, 0.34, 4.2
"""Inches of the sheet, of a row and around the panel; thickness of a bar in rows; inches of a label."""
NOTHING = 0.005
"""Index, with its interval, that is too small to be seen."""
NAMED = 3
"""Parameters that the title names."""


def spans_zero(row: Mapping[Any, Any], index: str) -> bool:
    """Whether the interval of an index holds 0."""
    return bool(abs(row[index]) <= row[f"{index}_conf"])


def leaders(rows: pd.DataFrame) -> list[str]:
    """The factor with the largest ST, and those that the intervals do not tell from it; none where all may be 0.

    Parameters
    ----------
    rows : of one estimand, the largest ST first.
    """
    level = rows["ST"] + rows["ST_conf"] >= rows["ST"].iloc[0] - rows["ST_conf"].iloc[0]
    found = rows[level]
    return list(found["factor"]) if (found["ST"] > found["ST_conf"]).any() else []


def _share(x: float) -> str:
    """A share of the variance; chance takes some beyond all of it."""
    return "all" if x >= 0.995 else percent(x)


def _title(rows: pd.DataFrame, estimand: str, symbols: Mapping[str, str]) -> str:
    found, first = leaders(rows), rows.to_dict("records")[0]
    if not found:
        return f"“{estimand}” hangs on no parameter that stands out from 0"
    more = [f"{len(found) - NAMED} more"] if len(found) > NAMED else []
    names = listed([*(symbols[name] for name in found[:NAMED]), *more])
    weak = "; but it hardly varies" if any(said.startswith(HARDLY) for said in shared_warnings(rows)) else ""
    if len(found) == 1:
        alone = "hardly any of it alone" if spans_zero(first, "S1") else f"{_share(first['S1'])} of it alone"
        shares = f"{_share(first['ST'])} of its variance with interactions, {alone}"
        return f"“{estimand}” hangs most on {names}: {shares}{weak}"
    shares = listed([_share(share) for share in rows["ST"][rows["factor"].isin(found[:NAMED])]])
    return (
        f"“{estimand}” hangs most on {names}, and the intervals do not tell which is first (with interactions "
        f"{shares} of its variance){weak}"
    )


def _row(axes: Axes, row: Mapping[Any, Any], y: float) -> None:
    for index, (colour, offset, _) in BARS.items():
        pale, at, x, conf = spans_zero(row, index), y + offset, row[index], row[f"{index}_conf"]
        face, edge = (tint(colour, FAINT), tint(BLACK, 0.45)) if pale else (colour, BLACK)
        name = f"{index} {row['factor']}"
        axes.barh([at], [x], height=BAR, color=[face], lw=0)[0].set_gid(f"bar {name}")
        axes.plot([x - conf, x + conf], [at, at], color=edge, lw=1.1, solid_capstyle="butt", gid=f"interval {name}")
        for end in (x - conf, x + conf):
            axes.plot([end, end], [at - 0.08, at + 0.08], color=edge, lw=1.1, gid=f"end {name}")
        if abs(x) + conf < NOTHING:
            words: Any = {"xytext": (4, 0), "textcoords": "offset points", "va": "center", "size": 8, "color": PALE}
            axes.annotate("0 %", (0.0, at), **words, gid=f"nothing {name}")


def _panel(axes: Axes, rows: pd.DataFrame, labels: Sequence[str]) -> None:
    axes.axvline(0.0, color=BLACK, lw=1.0, zorder=2.5, gid="zero")
    for y, row in enumerate(rows.to_dict("records")):
        _row(axes, row, float(y))
    axes.set_yticks(range(len(rows)), labels)
    axes.set_ylim(len(rows) - 0.4, -0.6)  # the largest on top
    axes.set_xlim(min(-0.03, axes.dataLim.x0 - 0.02), max(0.3, axes.dataLim.x1 + 0.02))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(lambda x, _: percent(x).replace("-", "−"))
    words = "Share of the variance of the effect over the parameters shown"
    if axes.get_xlim()[1] > 1.0:
        axes.axvline(1.0, color=GREY, lw=0.8, ls=":", zorder=0.5, gid="all")
        words += " (dotted: all of it)"
    axes.set_xlabel(words)


def _notes(rows: pd.DataFrame) -> str:
    shared = BETWEEN.join(shared_warnings(rows))
    warning = f" Warning: {shared}." if shared else ""
    return (
        f"Sobol' indices, N = {rows['N'].iloc[0]} base points; whiskers: 90 % intervals from the bootstrap; pale: the "
        "interval spans 0. S1 of all parameters add up to 1 at most; ST count an interaction once for each parameter "
        f"in it, and may add up to more. All other parameters are held at one value.{warning}"
    )


def draw(found: pd.DataFrame, estimand: str, factors: Sequence[Factor], source: str) -> Figure:
    """Total and first-order indices of the factors for one estimand, the largest ST first, with their intervals.

    Parameters
    ----------
    found : as of `analysis.sensitivity.indices`.
    factors : all of them, for symbols and meanings.
    source : what the indices rest on, a sentence.
    """
    rows = where(found, estimand=estimand).sort_values("ST", ascending=False, kind="stable")
    if rows.empty:
        return message(source, f"“{estimand}” has no indices", "The screening kept no parameter.")
    if rows["ST"].isna().any():
        return message(source, f"“{estimand}” has no indices", f"{rows['warning'].iloc[0].capitalize()}.")
    known = {factor.name: factor for factor in factors}
    with styled():
        key = [
            *(Patch(color=colour, label=words) for colour, _, words in BARS.values()),
            line_key("90 % interval", width=1.1),
            Patch(color=tint(BLUE, FAINT), label="pale: may be 0"),
        ]
        symbols = {name: factor.symbol for name, factor in known.items()}
        figure = sheet(source, _title(rows, estimand, symbols), _notes(rows), WIDTH, ROW * len(rows) + AROUND, key)
        labels = [
            "\n".join(wrapped(figure.canvas, f"{known[name].symbol}: {known[name].meaning}", 8.0, "normal", LABEL))
            for name in rows["factor"]
        ]
        _panel(figure.subplots(), rows, labels)
        return finish(figure)
