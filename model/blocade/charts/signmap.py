"""Sign map: which sets of mechanisms make an expectation true, false, or dependent on the parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from blocade.charts.rows import LOOKS, verdict_keys
from blocade.charts.style import BLACK, GREY, MARGIN, PALE, Chart, finish, sheet, signed, styled, tint, where, wrapped
from blocade.text import listed
from blocade.theories import MECHANISMS
from blocade.verdicts import MEANING

SHORT: Mapping[str, str] = MappingProxyType({
    "match": "exchange", "sanction": "sanctions", "offer": "offers", "comply": "compliance", "regime": "regimes",
})  # fmt: skip
"""Mechanisms in a word where their own name says too little."""
KINDS: Mapping[str, str] = MappingProxyType({
    "theory": "Theories", "null": "Null models", "without": "With one mechanism left out",
})  # fmt: skip
SAID: Mapping[str, str] = MappingProxyType({
    "supported": "is true in", "reversed": "is reversed in", "negligible": "is too small to count in",
    "conditional": "depends on parameters in", "not answered": "has no answer in",
})  # fmt: skip
NAMED = 4
"""Sets that a title names for each verdict."""
SIDES = MappingProxyType({"up": 1.0, "down": -1.0})
WIDTH, NAME, DOT, WIDEST, CELL, GAP, LINE = 10.0, 1.9, 0.24, 1.4, 0.4, 0.05, 0.15
"""Inches: the sheet, names of sets, a column of dots, the widest column of verdicts, a row, between cells, a line."""


def headline(table: pd.DataFrame) -> str:
    """Which sets make the first expectation true, false or dependent on the parameters, as a sentence."""
    label = table["label"].iloc[0]
    rows = where(table, label=label)
    parts = []
    for verdict, said in SAID.items():
        names = list(where(rows, verdict=verdict)["theory"])
        more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
        if names:
            parts.append(f"{said} {len(names)} ({listed(names[:NAMED] + more)})")
    return f"Of {len(rows)} sets of mechanisms, “{label}” {listed(parts)}"


def _cell(axes: Axes, row: pd.Series[Any], left: float, y: float, width: float) -> None:
    """A verdict by colour and marker, the median, and bars for the shares of draws that rise and fall."""
    marker, colour, fill = LOOKS[row["verdict"]]
    name, answered = f"{row['theory']}/{row['label']}", row["verdict"] != "not answered"
    middle, reach, foot = left + (width - GAP) / 2, (width - GAP) / 2 - 0.08, y + CELL - 0.14
    boxes: list[tuple[str, float, float, float, float, Any]]
    boxes = [("cell", left, y, width - GAP, CELL - GAP, tint(colour, 0.25 if answered else 0.0))]
    if answered:
        boxes.append(("track", middle - reach, foot, 2 * reach, 0.07, "white"))
        boxes += [(side, middle, foot, sign * row[side] * reach, 0.07, GREY) for side, sign in SIDES.items()]
        axes.plot([middle] * 2, [foot - 0.02, foot + 0.09], color=BLACK, lw=0.8)
    for what, x, top, wide, high, face in boxes:
        axes.add_patch(Rectangle((x, top), wide, high, facecolor=face, lw=0, gid=f"{what} {name}"))
    axes.plot([left + 0.1], [y + 0.12], marker, mfc=fill or colour, mec=colour, ms=5.5, gid=f"verdict {name}")
    text = signed(row["estimate"]) if answered else "none"
    axes.text(middle, y + 0.13, text, size=8, ha="center", va="center_baseline", gid=f"median {name}")


def _dots(axes: Axes, name: str, mechanisms: Sequence[str], y: float) -> None:
    """Large dots for the mechanisms that are on, small ones for the rest."""
    for k, force in enumerate(MECHANISMS):
        on = force in mechanisms
        look: Any = {"ms": 6.5, "color": BLACK} if on else {"ms": 3.0, "color": "#BBBBBB"}
        axes.plot([NAME + (k + 0.5) * DOT], [y], "o", gid=f"{'on' if on else 'off'} {name}/{force}", **look)


def _head(axes: Axes, labels: list[list[str]], left: float, width: float, foot: float) -> None:
    for k, force in enumerate(MECHANISMS):
        at = NAME + (k + 0.5) * DOT
        axes.text(at, foot, SHORT.get(force, force), rotation=90, size=8, ha="center", va="bottom", gid="force")
    for k, label in enumerate(labels):
        axes.text(left + k * width, foot, "\n".join(label), size=8, weight="bold", va="bottom", gid="estimand")


def draw(table: pd.DataFrame, title: str, source: str) -> Figure:
    """Sets of mechanisms against expectations, with the verdict, median and shares of each.

    Parameters
    ----------
    table : a row for each set and expectation: theory, kind, mechanisms (those that are on), label, up, down, verdict,
        estimate; the numbers of what is not answered are not read.
    title : what was asked; the answer for the first expectation is put behind it.
    source : what the chart rests on, a sentence.
    """
    with styled():
        canvas = FigureCanvasAgg(Chart())
        sets, names = table.drop_duplicates("theory"), list(table["label"].unique())
        left = NAME + DOT * len(MECHANISMS) + 0.15
        width = min(WIDEST, (WIDTH - 2 * MARGIN - left) / len(names))
        labels = [wrapped(canvas, name, 8.0, "bold", width - 0.08) for name in names]
        head = max(0.85, LINE * max(map(len, labels))) + 0.05
        kinds = [kind for kind in KINDS if (sets["kind"] == kind).any()]
        height = head + CELL * len(sets) + 0.3 * len(kinds)
        notes = (
            "Dots: mechanisms that are on. Number: median effect. Bars: share of draws that rise (to the right) or "
            f"fall (to the left) by more than the smallest effect; a full half is 100 %. {MEANING}"
        )
        said = f"{title}{'' if title.endswith('?') else ':'} {headline(table)}" if title else headline(table)
        figure = sheet(source, said, notes, WIDTH, height + 0.2, verdict_keys())
        axes = figure.subplots()
        axes.set(xlim=(0.0, WIDTH - 2 * MARGIN), ylim=(height, 0.0))
        axes.set_axis_off()
        _head(axes, labels, left, width, head - 0.05)
        y = head
        for kind in kinds:
            axes.plot([0.0, left + width * len(names)], [y + 0.02] * 2, color=GREY, lw=0.6)
            axes.text(0.0, y + 0.2, KINDS[kind], size=8, color=PALE, va="baseline", gid="kind")
            y += 0.3
            for _, one in where(sets, kind=kind).iterrows():
                called = wrapped(canvas, one["theory"], 8.0, "normal", NAME - 0.2)
                axes.text(0.1, y + CELL / 2 - GAP / 2, "\n".join(called), size=8, va="center", gid="set")
                _dots(axes, one["theory"], one["mechanisms"], y + CELL / 2 - GAP / 2)
                for k, name in enumerate(names):
                    for _, row in where(table, theory=one["theory"], label=name).iterrows():
                        _cell(axes, row, left + k * width, y, width)
                y += CELL
        return finish(figure)
