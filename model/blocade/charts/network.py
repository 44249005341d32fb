"""The tie network before and after: the same states in the same places, at the start and at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import networkx as nx
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from blocade.charts.panels import arms
from blocade.charts.style import (
    BLACK,
    BLUE,
    PURPLE,
    RED,
    Described,
    finish,
    panel_title,
    sheet,
    signed,
    size,
    styled,
    where,
    wrapped,
)
from blocade.claims import SMALLEST
from blocade.equations.arrays import Array
from blocade.experiment.finished import Finished

Pair = tuple[str, str]
Ties = Mapping[Pair, float]
Changes = list[tuple[float, Pair]]

MOST_STATES, POSITIVE, NEGATIVE, LISTED = 22, 3, 1, 8
"""States, strongest positive and negative ties for each, and listed changes: as many as a reader can follow
(assumption, by eye)."""
APART = 0.3
"""Least distance between two states in the layout, of a half-width of 1: a label fits inside."""
NEGATIVE_LINE = (0, (3, 1.5))
ROLES: Mapping[str, tuple[str, str, str]] = MappingProxyType({
    "bloc": ("s", RED, "black"), "patron": ("D", PURPLE, BLACK), "sender": ("o", BLUE, "white"),
    "other": ("h", "#DDDDDD", BLACK),
})
"""Marker, fill and letters of each role; the shape tells them apart in grey."""


def ties(result: Finished, arm: str, column: str) -> dict[Pair, float]:
    """Mean ties from the real start, by pair in alphabetical order. ``column`` is ``before`` or ``after``."""
    table = where(result.ties, start="real", arm=arm)
    pairs = zip(table["iso3_a"].astype(str), table["iso3_b"].astype(str), strict=True)
    return {(min(pair), max(pair)): float(tie) for pair, tie in zip(pairs, table[column], strict=True)}


def shown(result: Described) -> dict[str, str]:
    """States drawn, with roles: bloc, patron, key states, then the largest senders."""
    scenario = result.scenario
    patron = [scenario["patron"]] if scenario["patron"] else []
    roles = {**dict.fromkeys(scenario["bloc"], "bloc"), **dict.fromkeys(patron, "patron")}
    senders = [code for code in scenario["senders"] if code not in roles]
    for code in result.manifest["roles"]["key"]:
        roles.setdefault(code, "sender" if code in senders else "other")
    capability = result.manifest["capability"]
    senders.sort(key=lambda code: (-capability[code], code))
    for code in senders[: max(0, MOST_STATES - len(roles))]:
        roles.setdefault(code, "sender")
    return roles


def layout(codes: list[str], before: Ties) -> dict[str, Array]:
    """Place of each state, close where ties are high: Kamada–Kawai on ``1.2 − tie``, then pushed apart.

    It starts from a circle in the order of the codes, so the same ties give the same places.
    """
    codes = sorted(codes)
    distance = {
        one: {two: 1.2 - before[min(one, two), max(one, two)] if one != two else 0.0 for two in codes}
        for one in codes
    }
    places = nx.kamada_kawai_layout(nx.empty_graph(codes), dist=distance)
    at = np.array([places[code] for code in codes], dtype=np.float64)
    middle, reach = (at.max(axis=0) + at.min(axis=0)) / 2.0, np.ptp(at, axis=0) / 2.0
    at = (at - middle) / np.maximum(reach, 1e-9)  # fill the panel
    for _ in range(200):
        gap = at[:, None] - at
        far = np.hypot(gap[..., 0], gap[..., 1])
        np.fill_diagonal(far, np.inf)
        push = np.clip(APART - far, 0.0, None) / 2.0
        at += (gap / np.maximum(far, 1e-9)[..., None] * push[..., None]).sum(axis=1) * 0.5
        at = np.clip(at, -1.0, 1.0)
    return dict(zip(codes, at, strict=True))


def centre_pairs(roles: Mapping[str, str], pairs: Iterable[Pair]) -> set[Pair]:
    """Ties inside bloc and patron."""
    centre = {code for code, role in roles.items() if role in ("bloc", "patron")}
    return {pair for pair in pairs if centre.issuperset(pair)}


def strongest(roles: Mapping[str, str], *moments: Ties) -> set[Pair]:
    """Pairs to draw: each state's strongest ties of either sign at any moment, those inside bloc and patron.

    By state, not over all: or the ties inside one old alliance would be all that is seen.
    """
    chosen = centre_pairs(roles, moments[0])
    for moment in moments:
        for code in roles:
            own = [pair for pair in moment if code in pair and roles.keys() >= set(pair)]
            ranked = sorted(own, key=lambda pair: (moment[pair], pair))
            chosen |= {pair for pair in ranked[:NEGATIVE] if moment[pair] < 0.0}
            chosen |= {pair for pair in ranked[::-1][:POSITIVE] if moment[pair] > 0.0}
    return chosen


def _width(tie: float) -> float:
    """Line width in points."""
    return 0.3 + 3.2 * abs(tie)


def draw_ties(
    axes: Axes, roles: Mapping[str, str], at: Mapping[str, Array], pairs: list[Pair], tie: Ties
) -> None:
    """A panel: states in their places, and the ties of some pairs."""
    for pair in pairs:
        x, y = np.transpose([at[pair[0]], at[pair[1]]])
        value = tie[pair]
        line: Any = "-" if value >= 0.0 else NEGATIVE_LINE
        colour = BLUE if value >= 0.0 else RED
        centre = all(roles[code] in ("bloc", "patron") for code in pair)
        axes.plot(
            x, y, color=BLACK if centre else colour, ls=line, lw=_width(value), alpha=0.9 if centre else 0.55,
            zorder=2 if centre else 1, solid_capstyle="round", gid=f"tie {pair[0]}-{pair[1]}",
        )
    for code, role in roles.items():
        marker, fill, letters = ROLES[role]
        axes.plot(*at[code], marker, ms=20, mfc=fill, mec=BLACK, mew=0.6, zorder=3, gid=f"state {code}")
        axes.annotate(code, tuple(at[code]), size=8, color=letters, ha="center", va="center", zorder=4)
    axes.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _changes(after: Ties, versus: Ties, roles: Mapping[str, str]) -> Changes:
    """Changes of the ties among the states that are drawn, the largest first."""
    found = [(after[pair] - versus[pair], pair) for pair in after if pair[0] in roles and pair[1] in roles]
    return sorted(found, key=lambda item: (-abs(item[0]), item[1]))


def _title(result: Finished, changes: Changes, end: str, against: str) -> str:
    large = [(change, pair) for change, pair in changes if abs(change) > SMALLEST]
    if not large:
        return f"No tie among the states shown differs by over {size(SMALLEST)} from {against} by {end}"
    up = sum(change > 0 for change, _ in large)
    first, pair = large[0]
    return (
        f"{len(large)} of {len(changes)} ties among the states shown differ by over {size(SMALLEST)} from "
        f"{against} by {end} ({up} higher, {len(large) - up} lower); most of all {_name(result, pair)} "
        f"({signed(first)})"
    )


def _name(result: Finished, pair: Pair) -> str:
    return f"{result.state(pair[0])}–{result.state(pair[1])}"


def key_of_ties() -> list[Line2D]:
    """Handles for what `draw_ties` draws."""
    named = {"bloc": "bloc", "patron": "patron", "sender": "sender", "other": "other large state"}
    handles = [
        Line2D([], [], ls="", marker=ROLES[role][0], color=ROLES[role][1], mec=BLACK, ms=9, label=named[role])
        for role in ROLES
    ]
    handles.append(Line2D([], [], color=BLACK, lw=2, label="inside bloc and patron"))
    for value in (0.9, 0.3, -0.3, -0.9):
        line: Any = "-" if value > 0 else NEGATIVE_LINE
        tie: Any = {"color": BLUE if value > 0 else RED, "ls": line, "lw": _width(value), "alpha": 0.55}
        handles.append(Line2D([], [], label=f"tie {signed(value)}", **tie))
    return handles


def _list(axes: Axes, result: Finished, inside: set[Pair], changes: Changes, head: str) -> None:
    """The changes inside bloc and patron, and the largest of all, in words."""
    rows = [
        *(["Inside bloc and patron:"] if inside else []),
        *[f"   {signed(one)}  {_name(result, pair)}" for one, pair in changes if pair in inside][:LISTED],
        "Largest of all:",
        *(f"   {signed(change)}  {_name(result, pair)}" for change, pair in changes[:LISTED]),
    ]
    text = "\n".join([*wrapped(axes.figure.canvas, head, 8.0, "normal", 4.2), *rows])
    axes.text(0.0, 0.66, text, transform=axes.transAxes, va="top", size=8, linespacing=1.4, gid="changes")


def _who(result: Finished) -> str:
    return "bloc, patron, " if result.scenario["patron"] else "bloc, "


def draw(result: Finished) -> Figure:
    """Strongest ties at the start, and at the end under the baseline and the first treated arm."""
    names = arms(result)[:2]
    before, *after = ties(result, names[0], "before"), *(ties(result, arm, "after") for arm in names)
    roles = shown(result)
    at = layout(list(roles), before)
    end = f"{result.manifest['window'][1]:g}"
    against = f"“{result.label(names[0])}”" if len(names) > 1 else "the start"
    changes = _changes(after[-1], after[0] if len(names) > 1 else before, roles)
    pairs = sorted(strongest(roles, before, *after) | {pair for _, pair in changes[:LISTED]})
    senders = sum(role == "sender" for role in roles.values())
    left_out = result.manifest["states"] - len(roles)
    with styled():
        notes = (
            f"Ties are means over draws; width grows with the size of a tie. Drawn: {len(pairs)} of "
            f"{len(changes)} ties (each state's {POSITIVE} most positive and {NEGATIVE} most negative, those "
            f"inside bloc and patron, those listed) among {len(roles)} states: {_who(result)}the largest "
            f"others and the {senders} largest senders. Left out: {left_out} states. "
            "Places are those of the start in every panel: near means a high tie then."
        )
        figure = sheet(result, _title(result, changes, end, against), notes, 10.0, 8.4)
        panels = figure.subplots(2, 2).ravel()
        titles = [f"Start, {result.scenario['start']:g}", *(f"{end}: {result.label(arm)}" for arm in names)]
        for panel, title, tie in zip(panels, titles, (before, *after), strict=False):
            draw_ties(panel, roles, at, pairs, tie)
            panel_title(panel, title, 4.5)
        panels[len(titles)].set_axis_off()
        panels[len(titles)].legend(
            handles=key_of_ties(), loc="upper left", ncols=2, borderaxespad=0.0, handlelength=3.0
        )
        inside = centre_pairs(roles, (pair for _, pair in changes))
        head = f"Difference by {end} from {against}, mean over draws:"
        _list(panels[len(titles)], result, inside, changes, head)
        for spare in panels[len(titles) + 1 :]:
            spare.set_axis_off()
        return finish(figure)
