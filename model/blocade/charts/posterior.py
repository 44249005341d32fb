"""Posterior: what history says about each parameter, against the range from which it was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from blocade.charts.panels import subplots
from blocade.charts.style import ARM_LOOKS, GREY, finish, line_key, message, panel_title, sheet, styled
from blocade.equations.arrays import Array
from blocade.text import listed, percent
from blocade.verdicts import LEAST_DRAWS

BOX, INNER = "#E8E8E8", "#CCCCCC"
MARKERS = ("o", "s", "D", "^", "v")
WIDTH, COLUMNS, CURVE, STRIP, AROUND = 10.0, 5, 0.85, 0.16, 0.62
"""Inches of the sheet; panels in a row; inches of the curves, of an interval below them, and around a panel."""
LITTLE = 0.1
"""Shrinkage below which history hardly speaks (assumption); with 200 sets chance alone makes about .02 either way."""
NAMED = 3
"""Parameters that the title names."""


def shrinkage(draws: Mapping[str, pd.DataFrame], ranges: pd.DataFrame) -> pd.DataFrame:
    """By which share the 90 % interval is shorter than that of the prior: a row for each parameter, most first.

    NaN where a posterior does not hold the parameter, has too few draws, or the prior is a single value.
    """
    seen = [name for name in ranges.index if any(name in table for table in draws.values())]
    columns = {}
    for posterior, table in draws.items():
        found = {}
        for name in seen:
            prior = 0.9 * (ranges.loc[name, "high"] - ranges.loc[name, "low"])
            values = table[name].dropna() if name in table else []
            if len(values) >= LEAST_DRAWS and prior > 0.0:
                low, high = np.quantile(values, [0.05, 0.95])
                found[name] = 1.0 - (high - low) / prior
        columns[posterior] = pd.Series(found, index=seen, dtype=float)
    shrunk = pd.DataFrame(columns, index=seen)
    return shrunk.loc[shrunk.max(axis=1).sort_values(ascending=False, kind="stable", na_position="last").index]


def called(name: str, ranges: pd.DataFrame) -> str:
    """Symbol and name of a parameter; the symbol alone where it holds the name: ``β (beta)``, but ``ρ_cut``."""
    symbol = ranges["symbol"].loc[name]
    if pd.isna(symbol):
        return name
    _, mark, last = str(symbol).rpartition("_")
    return str(symbol) if symbol == name or (mark and last == name.rpartition("_")[2]) else f"{symbol} ({name})"


def _title(shrunk: pd.DataFrame, ranges: pd.DataFrame) -> str:
    most = shrunk.max(axis=1)
    heard = most[most >= LITTLE]
    hardly, unseen = int((most < LITTLE).sum()), len(ranges) - len(shrunk)
    if heard.empty:
        said = f"History narrows no parameter by {percent(LITTLE)} or more"
    else:
        named = heard.head(NAMED)
        shorter = f"90 % interval{'s' if len(named) > 1 else ''} {listed([percent(share) for share in named])} shorter"
        said = f"History speaks most about {listed([called(str(name), ranges) for name in named.index])} ({shorter})"
    rest = [f"hardly narrows {hardly} (under {percent(LITTLE)})"] if hardly and len(heard) else []
    rest += [f"does not see {unseen} of {len(ranges)} parameters"] if unseen else []
    return said + (f"; it {listed(rest)}" if rest else "; it sees every parameter")


def _curve(values: Array) -> tuple[Array, Array]:
    """The empirical distribution function as steps, from 0 to 1."""
    x = np.sort(values)
    return np.concatenate([x[:1], x]), np.linspace(0.0, 1.0, len(x) + 1)


def _change(share: float, count: int) -> str:
    if np.isfinite(share):
        return f"{'−' if share > 0 else '+'}{percent(abs(share))}" if abs(share) >= 0.005 else "0 %"
    return f"n = {count}" if count < LEAST_DRAWS else "fixed"


def _panel(
    axes: Axes, name: str, draws: Mapping[str, pd.DataFrame], ranges: pd.DataFrame, shrunk: pd.DataFrame
) -> None:
    low, high = (float(ranges[end].loc[name]) for end in ("low", "high"))
    pitch = STRIP / CURVE
    foot = -pitch * (len(draws) + 0.4)
    for share, face, gid in ((1.0, BOX, "prior range"), (0.9, INNER, "prior 90 %")):
        left, tall = low + (1.0 - share) / 2 * (high - low), -foot - 0.2 * pitch
        axes.add_patch(Rectangle((left, foot), share * (high - low), tall, facecolor=face, lw=0, gid=gid))
    axes.plot([low, high], [0.0, 1.0], color=GREY, lw=1.0, ls=":", gid="prior")
    across = axes.get_yaxis_transform()
    for k, (posterior, table) in enumerate(draws.items()):
        values = table[name].dropna().to_numpy(dtype=float) if name in table else np.array([])
        if not len(values):
            continue
        (colour, line), y = ARM_LOOKS[k % len(ARM_LOOKS)], -pitch * (k + 0.7)
        axes.step(*_curve(values), where="post", color=colour, ls=line, lw=1.4, gid=f"curve {posterior}")
        ends = np.quantile(values, [0.05, 0.95])
        axes.plot(ends, [y, y], color=colour, lw=2.0, solid_capstyle="butt", gid=f"interval {posterior}")
        shape = MARKERS[k % len(MARKERS)]
        axes.plot([np.median(values)], [y], shape, color=colour, ms=4.5, gid=f"median {posterior}")
        text = _change(float(shrunk[posterior].loc[name]), len(values))
        axes.text(1.02, y, text, transform=across, size=8, va="center", gid=f"shrank {posterior}")
    axes.set(ylim=(foot, 1.04), yticks=[0.0, 0.5, 1.0])
    axes.spines["left"].set_bounds(0.0, 1.0)
    axes.margins(x=0.04)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3))
    axes.tick_params(axis="x", length=2, pad=1.5)


def draw(draws: Mapping[str, pd.DataFrame], ranges: pd.DataFrame, source: str) -> Figure:
    """Distribution of every parameter that a posterior holds, against its prior, most shrunk first.

    Parameters
    ----------
    draws : by the name of the posterior, its parameter sets: a column for each parameter that it was fitted to.
    ranges : by parameter: low and high of the prior, symbol.
    """
    shrunk = shrinkage(draws, ranges)
    if shrunk.empty:
        text = "No posterior holds a parameter of the table."
        return message(source, f"History does not see any of {len(ranges)} parameters", text)
    with styled():
        notes = (
            "Curve: share of a posterior's parameter sets at or below a value; on the dotted line history says "
            "nothing, where it is steep the sets crowd. Bar and mark below: 5–95 % and median, on the prior's. Number: "
            "how much shorter (−) or longer (+) the 90 % interval is than the prior's; a posterior can also move "
            "without shrinking. One parameter at a time: sets may tie parameters to each other that do not shrink. A "
            "parameter that is not shown was not looked at: it keeps its whole prior."
        )
        sizes = {name: len(table) for name, table in draws.items()}
        looks = zip(sizes.items(), cycle(ARM_LOOKS), cycle(MARKERS))
        key = [
            *(line_key(f"{name} ({n:,} sets)", line, colour, marker=mark) for (name, n), (colour, line), mark in looks),
            line_key("prior: uniform", ":", GREY, 1.0),
            Patch(color=BOX, label="its range"), Patch(color=INNER, label="its 5–95 %"),
        ]  # fmt: skip
        columns = min(COLUMNS, max(3, len(shrunk)))  # a panel alone would be drawn out
        height = (CURVE + STRIP * (len(draws) + 0.4) + AROUND) * -(-len(shrunk) // columns)
        figure = sheet(source, _title(shrunk, ranges), notes, WIDTH, height, key)
        panels = subplots(figure, len(shrunk), columns, sharex=False, sharey=True)
        for axes, name in zip(panels, shrunk.index, strict=True):
            _panel(axes, str(name), draws, ranges, shrunk)
            panel_title(axes, called(str(name), ranges), (WIDTH - 0.6) / columns - 0.25)
        for axes in panels[::columns]:
            axes.set_ylabel("sets at or below", size=8)
        return finish(figure)
