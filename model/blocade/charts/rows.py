"""Rows of a chart with a mark and an interval each, and the looks of verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from blocade.charts.style import BLACK, BLUE, GREY, ORANGE, PALE, RED, line_key, size

LOOKS: Mapping[str, tuple[str, str, str]] = MappingProxyType({
    "supported": ("o", BLUE, ""), "reversed": ("s", RED, ""), "negligible": ("o", GREY, "white"),
    "conditional": ("D", ORANGE, ""), "not answered": ("x", BLACK, ""),
})  # fmt: skip
"""Marker, colour and fill of each verdict; the fill is the colour where none is named."""
STRIP = "#E8E8E8"
"""Grey of what is too small to count."""
BOX: Mapping[str, Any] = MappingProxyType({"facecolor": "white", "edgecolor": "none", "pad": 0.4})
"""Behind a text."""
EDGE = 0.016
"""Where the arrow of a clipped row stands, as a share of the axis."""


def verdict_keys() -> list[Artist]:
    """The verdicts, for the key."""
    return [line_key(verdict, "", colour, marker=mark, fill=fill) for verdict, (mark, colour, fill) in LOOKS.items()]


def strip(axes: Axes, reach: float, name: str = "smallest effect") -> None:
    """The grey strip of what lies within ``reach`` of 0, behind the marks of all rows."""
    axes.axvspan(-reach, reach, color=STRIP, lw=0, zorder=0, gid=name)


class Look(NamedTuple):
    """How a row is marked."""

    marker: str
    colour: str
    filled: bool


def number(x: float) -> str:
    """A value with its sign to about three digits: ``−.07``, ``1.97``, ``11,000``; ``none`` where there is none."""
    if np.isnan(x):
        return "none"
    far = abs(x)
    if far < 0.00005:  # "3e-06" says no more to a reader
        return "0"
    if far < 0.0005:
        text = f"{far:.1g}".removeprefix("0")
    else:
        text = size(far) if far < 10 else f"{far:.1f}" if far < 100 else f"{far:,.0f}".replace("inf", "∞")
    return f"−{text}" if x < 0 else text


def mark(
    axes: Axes, name: str, y: float, values: Sequence[float], ends: tuple[float, float], look: Look, said: str
) -> None:
    """Interval and median in a row; an arrow for what lies beyond the ends.

    Parameters
    ----------
    values : low, median, high; without a median there is only a word in the row, and without a bound no interval.
    said : the median as a text, which is printed where it lies beyond the ends.
    """
    low, middle, high = values
    across = axes.get_yaxis_transform()
    if np.isnan(middle):
        style: Any = {"size": 8, "color": PALE, "ha": "center", "va": "center", "bbox": BOX}
        axes.text(0.5, y, "no number", transform=across, gid=f"no {name}", **style)
        return
    if np.isfinite([low, high]).all():
        reach = np.clip([low, high], *ends)
        axes.plot(reach, [y, y], color=look.colour, lw=1.8, solid_capstyle="butt", gid=f"interval {name}")
    least, most = np.nanmin(values), np.nanmax(values)
    for arrow, at, beyond in (("<", EDGE, least < ends[0]), (">", 1 - EDGE, most > ends[1])):
        if beyond:
            axes.plot([at], [y], arrow, color=look.colour, ms=4.5, transform=across, gid=f"beyond {name}")
    at = float(np.clip(middle, *ends))
    face = look.colour if look.filled else "white"
    axes.plot([at], [y], look.marker, mfc=face, mec=look.colour, mew=1.3, ms=5.2, zorder=3, gid=f"median {name}")
    if at != middle:  # above the line, where no dash of it can be taken for a sign
        side: Any = {"ha": "right" if middle > at else "left", "xytext": (4 if middle > at else -4, 4)}
        axes.annotate(said, (at, y), textcoords="offset points", va="bottom", size=8, gid=f"number {name}", **side)
