"""All verdicts on one sheet: a small panel for each claim, each estimand in units of its smallest effect."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from blocade.charts.rows import BOX, LOOKS, STRIP, strip, verdict_keys
from blocade.charts.style import GREY, MARGIN, Chart, finish, sheet, styled, wrapped
from blocade.verdicts import MEANING

FURTHEST = 10
"""Smallest effects beyond which a row is clipped: room for most, so that ±1 can still be seen (assumption, by eye)."""
WIDTH, COLUMNS, GUTTER = 10.0, 3, 0.25
LINE, ROW, HEAD, FOOT = 0.14, 0.2, 0.155, 0.36
"""Inches: a line of a label, the marks below it, a line of a panel's title, the axis below a panel."""


class Block(NamedTuple):
    """A claim's panel: its title and the labels of its estimands, as lines."""

    title: list[str]
    labels: list[list[str]]
    rows: pd.DataFrame

    @property
    def inside(self) -> float:
        """Height of the axes, inches."""
        return ROW * len(self.labels) + LINE * sum(map(len, self.labels)) + 0.06

    @property
    def height(self) -> float:
        return self.inside + HEAD * len(self.title) + FOOT


def _block(canvas: Any, rows: pd.DataFrame, width: float) -> Block:
    most = rows.groupby("scenario")["n"].transform("max")
    counts = [f" ({n:g} of {all_:g} draws)" if 0 < n < all_ else "" for n, all_ in zip(rows["n"], most, strict=True)]
    labels = [
        wrapped(canvas, label + count, 8.0, "normal", width) for label, count in zip(rows["label"], counts, strict=True)
    ]
    return Block(wrapped(canvas, rows["words"].iloc[0], 9.0, "bold", width), labels, rows)


def _columns(blocks: list[Block]) -> list[list[Block]]:
    """The panels in columns of about the same height, read downwards."""
    ends = np.cumsum([block.height for block in blocks])
    middles = ends - [block.height / 2 for block in blocks]
    column = np.minimum(COLUMNS - 1, (COLUMNS * middles / ends[-1]).astype(int))
    return [[block for block, at in zip(blocks, column, strict=True) if at == k] for k in range(COLUMNS)]


def _mark(axes: Axes, row: pd.Series[Any], y: float) -> None:
    """Median and interval of an estimand; an arrow for what lies beyond the axis."""
    marker, colour, fill = LOOKS[row["verdict"]]
    name = f"{row['claim']}/{row['estimand']}"
    if row["verdict"] == "not answered":
        axes.plot([-FURTHEST], [y], marker, color=colour, ms=5, gid=f"median {name}")
        axes.annotate("not answered", (0.6 - FURTHEST, y), va="center_baseline", size=8, gid=f"number {name}")
        return
    low, middle, high = (row[column] / row["s"] for column in ("low", "estimate", "high"))
    ends = np.clip([low, high], -FURTHEST, FURTHEST)
    axes.plot(ends, [y, y], color=colour, lw=1.6, solid_capstyle="butt", gid=f"interval {name}")
    for arrow, at, beyond in (("<", -FURTHEST - 0.5, low < -FURTHEST), (">", FURTHEST + 0.5, high > FURTHEST)):
        if beyond:
            axes.plot([at], [y], arrow, color=colour, ms=4.5, gid=f"beyond {name}")
    at = float(np.clip(middle, -FURTHEST, FURTHEST))
    axes.plot([at], [y], marker, mfc=fill or colour, mec=colour, ms=5.5, zorder=3, gid=f"median {name}")
    if at != middle:
        side: Any = {"ha": "right" if at > 0 else "left", "va": "center_baseline"}
        text = f"{middle:+.0f}".replace("-", "−")
        axes.annotate(text, (0.92 * at, y), size=8, bbox=BOX, gid=f"number {name}", **side)


def _panel(axes: Axes, block: Block) -> None:
    axes.set(xlim=(-FURTHEST - 1, FURTHEST + 1), ylim=(block.inside, 0.0), yticks=[])
    axes.set_xticks([-FURTHEST, -FURTHEST / 2, 0, FURTHEST / 2, FURTHEST])
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:+g}".replace("-", "−") if x else "0")
    axes.tick_params(axis="x", length=2, pad=1.5)
    axes.spines["left"].set_visible(False)
    strip(axes, 1.0)
    axes.axvline(0.0, color=GREY, lw=0.7, zorder=0.5)
    axes.set_title("\n".join(block.title), gid="claim", pad=4)
    y = 0.0
    for (_, row), label in zip(block.rows.iterrows(), block.labels, strict=True):
        left = axes.get_yaxis_transform()
        axes.text(0.0, y, "\n".join(label), transform=left, va="top", size=8, bbox=BOX, gid="label")
        _mark(axes, row, y + LINE * len(label) + 0.07)  # nearer to its own label than to the next
        y += LINE * len(label) + ROW


def _place(figure: Chart, columns: list[list[Block]], width: float, area: tuple[float, float]) -> None:
    """Panels by inches from the top of the area: a solved layout would stretch short columns."""
    total = float(figure.get_figheight())
    for k, column in enumerate(columns):
        y = area[1]
        left = MARGIN + k * (width + GUTTER)
        for block in column:
            y -= HEAD * len(block.title) + block.inside
            axes = figure.add_axes((left / WIDTH, y / total, width / WIDTH, block.inside / total))
            _panel(axes, block)
            y -= FOOT


def draw(table: pd.DataFrame, title: str, source: str) -> Figure:
    """Median and 5–95 % of draws of every estimand, by claim, with its verdict.

    Parameters
    ----------
    table : a row for each estimand: claim, words, scenario, estimand, label, estimate, low, high, s, verdict, n; the
        numbers of what is not answered are not read.
    source : what the chart rests on, a sentence.
    """
    with styled():
        width = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GUTTER) / COLUMNS
        canvas = FigureCanvasAgg(Chart())
        blocks = [_block(canvas, rows, width) for _, rows in table.groupby("claim", sort=False)]
        columns = _columns(blocks)
        height = max(sum(block.height for block in column) for column in columns)
        notes = (
            "Each effect is divided by the smallest effect that counts, which was fixed before the runs: ±1 on every "
            f"axis. Line: 5–95 % of parameter draws; mark: median. Arrow: goes on beyond ±{FURTHEST}. "
            f"†: the equations settle the sign. {MEANING}"
        )
        key = [*verdict_keys(), Patch(color=STRIP, label="within ±1 smallest effect: too small to count")]
        figure = sheet(source, title, notes, WIDTH, height, key)
        engine: Any = figure.get_layout_engine()
        _, low, _, tall = engine.get()["rect"]
        figure.set_layout_engine("none")
        inches = figure.get_figheight()
        _place(figure, columns, width, (low * inches, (low + tall) * inches))
        return finish(figure)
