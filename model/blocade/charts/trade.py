"""Whom the targets trade with over time, and what of their normal trade is lost."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from blocade.charts.panels import arms, mark_time, time_notes
from blocade.charts.style import ARM_LOOKS, BLACK, BLUE, finish, message, panel_title, sheet, styled, where
from blocade.experiment.finished import Finished
from blocade.text import listed, percent

PREFIX = "trade:"
GROUPS: Mapping[str, tuple[str, dict[str, Any]]] = MappingProxyType({
    "others": ("other partners", {"facecolor": "#DDDDDD"}),
    "senders": ("senders", {"facecolor": BLUE}),
    "missing": ("lost", {"facecolor": "white", "hatch": "////", "edgecolor": "#999999"}),
})
"""Partners that are no single state, from the bottom of the stack upwards, with names and looks."""
COLOURS = (*(colour for colour, _ in ARM_LOOKS[1:]), "#F0E442", "#56B4E9")
"""Of the partners that are states, the largest first; smaller ones are joined to the others."""
EDGE = MappingProxyType({"edgecolor": "white", "lw": 0.3})
Panels = Mapping[tuple[str, str], pd.DataFrame]


def shares(result: Finished) -> Panels:
    """Median shares of normal trade, {(member, arm): [time, partner]}, baseline and first treated arm.

    Partners stand from the bottom of the stack upwards: the largest states of all panels, others, senders, missing.
    """
    rows = where(result.bands, start="real", versus="")
    rows = rows[rows["measure"].astype(str).str.startswith(PREFIX)]
    names = rows["measure"].astype(str).str.split(":", expand=True)
    if rows.empty:
        return {}
    rows = rows.assign(member=names[1], partner=names[2])
    states = rows[~rows["partner"].isin(list(GROUPS))].groupby("partner")["median"].max()
    named = list(states.sort_values(ascending=False, kind="stable").index[: len(COLOURS)])
    rows["partner"] = rows["partner"].where(rows["partner"].isin([*named, *GROUPS]), "others")
    return {
        (member, arm): where(rows, member=member, arm=arm)
        .pivot_table("median", "time", "partner", aggfunc="sum", observed=True)
        .reindex(columns=[*named, *GROUPS])
        .dropna(axis=1)
        for member in rows["member"].unique()
        for arm in arms(result)[:2]
    }


def _said(result: Finished, member: str, before: pd.Series[float], after: pd.Series[float]) -> str:
    """How the shares of a member's largest partner and of the senders change, in words."""
    largest = after.where(after > before, before).drop(list(GROUPS), errors="ignore").nlargest(1).index
    parts = []
    for partner in (*largest, *before.index.intersection(["senders"])):
        old, new = percent(before[partner]), percent(after[partner])
        change = f"{'rises' if after[partner] > before[partner] else 'falls'} from {old} to {new}"
        whose = "the senders' share" if partner == "senders" else f"that of {result.state(partner)}"
        parts.append(f"{whose} {change if old != new else f'stays at {new}'}")
    return f"of the normal trade of {result.state(member)} {listed(parts[::-1])}"


def _title(result: Finished, panels: Panels) -> str:
    names, (low, high) = arms(result)[:2], result.manifest["window"]
    said = []
    for member in dict.fromkeys(member for member, _ in panels):
        found = [panels[member, arm] for arm in names]
        means = [table.loc[low:high].mean() for table in found]
        said.append(_said(result, member, means[0] if len(names) > 1 else found[0].iloc[0], means[-1]))
    labels = [f"“{result.label(arm)}”" for arm in names]
    compared = f"{labels[1]} instead of {labels[0]}" if len(names) > 1 else f"{labels[0]} since {found[0].index[0]:g}"
    return f"{compared}: by {high:g}, {'; '.join(said)}"


def _looks(result: Finished, panels: Panels) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name and look of every partner that is drawn, from the bottom of the stack upwards."""
    drawn = dict.fromkeys(str(partner) for table in panels.values() for partner in table)
    states = [partner for partner in drawn if partner not in GROUPS]
    looks = {code: (result.state(code), {"facecolor": colour}) for code, colour in zip(states, COLOURS, strict=False)}
    return looks | {group: look for group, look in GROUPS.items() if group in drawn}


def _name_area(axes: Axes, name: str, low: pd.Series[float], high: pd.Series[float]) -> None:
    """Write a name into its area where that is thickest, if it fits; the key has the names of all."""
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8}
    text = axes.text(low.index[0], 0.0, name, size=8, ha="center", va="center", bbox=box, gid="name")
    room = text.get_window_extent().transformed(axes.transData.inverted())
    reach = int(np.ceil(0.6 * room.width / np.diff(low.index).mean()))
    places = [slice(k - reach, k + reach + 1) for k in range(reach, len(low) - reach)]
    inside = [(high.iloc[place].min(), low.iloc[place].max()) for place in places]
    best = max(range(len(places)), key=lambda k: round(inside[k][0] - inside[k][1], 3), default=0)
    if places and inside[best][0] - inside[best][1] > 1.3 * room.height:
        text.set_position((low.index[best + reach], sum(inside[best]) / 2))
    else:
        text.remove()


def _panel(axes: Axes, table: pd.DataFrame, looks: Mapping[str, tuple[str, dict[str, Any]]]) -> None:
    tops = table.cumsum(axis=1)
    for partner, top in tops.items():
        (name, look), foot = looks[str(partner)], top - table[partner]
        axes.fill_between(table.index, foot, top, gid=f"area {partner}", **{**EDGE, **look})
        _name_area(axes, name, foot, top)
    axes.axhline(1.0, color=BLACK, lw=0.8, gid="normal trade")


def draw(result: Finished) -> Figure:
    """Stacked median shares of the normal trade of up to two targets, under the baseline and the first treated arm."""
    panels, names = shares(result), arms(result)[:2]
    with styled():
        if not panels:
            mend = "Name the chart in `charts:` of the scenario and run it again."
            return message(result, "No trade by partner was recorded", mend)
        looks, rows, width = _looks(result, panels), len(panels) // len(names), 10.0 if len(names) > 1 else 8.0
        notes = (
            "Areas: median share of each partner in the normal trade of the target, which is 100 % (line); lost: what "
            "of it no partner takes. White below the line: states that the world leaves out; but each median is taken "
            f"by itself, so areas need not add up. Title: medians, averaged over the window. {time_notes(result)}"
        )
        key = [Patch(label=name, **{**EDGE, **look}) for name, look in looks.values()]
        figure = sheet(result, _title(result, panels), notes, width, 2.9 * rows + 0.3, key)
        grid = figure.subplots(rows, len(names), sharex=True, sharey=True, squeeze=False)
        times = next(iter(panels.values())).index
        top = max(1.0, *(float(table.sum(axis=1).max()) for table in panels.values()))
        grid[0, 0].set(ylim=(0.0, top + 0.12), xlim=(times[0], times[-1]))
        grid[0, 0].yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        grid[0, 0].xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        for axes, (member, arm) in zip(grid.ravel(), panels, strict=True):
            panel_title(axes, f"{result.state(member)}: {result.label(arm)}", (width - 1.0) / len(names))
            mark_time(axes, result, arm, named=False)
        for axes in grid[:, 0]:
            axes.set_ylabel("Share of normal trade")
        for axes in grid[-1]:
            axes.set_xlabel("Year")
        figure.draw_without_rendering()  # names fit where panels have their final places
        for axes, table in zip(grid.ravel(), panels.values(), strict=True):
            _panel(axes, table, looks)
        return finish(figure)
