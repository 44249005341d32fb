"""What the explorer shows: the bond and the alignment of states with and without the policy, and the ties at a date.

The parts are those of the charts of a result; here they are fewer and smaller, so that they follow a slider.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from blocade.charts import network
from blocade.charts.alignment import PREFIX
from blocade.charts.findings import finding, spread
from blocade.charts.panels import bond, grid, mark_time, time_notes
from blocade.charts.style import (
    BANDS_NOTE,
    BASELINE_LOOK,
    BLACK,
    BLUE,
    GREY,
    Chart,
    band_keys,
    draw_bands,
    finish,
    line_key,
    panel_title,
    sheet,
    signed,
    size,
    styled,
)
from blocade.claims import SMALLEST
from blocade.dashboard.laboratory import View
from blocade.dashboard.setting import EXPLORED, TWIN
from blocade.experiment.runner import QUANTILES
from blocade.scenario.dates import month

PANELS = 6
"""States whose alignment is drawn: as many as a look takes in."""
MOST_CHANGES, MAGNIFIED = 30, 3
POLICY = "the policy"


def verdict(view: View) -> str:
    """What the policy does to the bond, as a sentence without its full stop, judged as verdicts are."""
    what = bond(view)
    said = finding(POLICY, what.thing, spread(view.effect(what.measure), SMALLEST), SMALLEST)
    return f"{said[0].upper()}{said[1:]}"


def draw_bond(view: View) -> Chart:
    """The bond with the policy, and without it, over time."""
    what = bond(view)
    with styled():
        key = [line_key("median, with the policy", colour=BLUE), *band_keys(BLUE)[1:], *_twin_key()]
        figure = sheet(view, verdict(view), f"{BANDS_NOTE} {time_notes(view)}", 10.0, 2.9, key)
        (axes,) = grid(figure, 1)
        _compare(axes, view, what.measure)
        mark_time(axes, view, EXPLORED, named=True)
        axes.set_ylabel(what.axis.replace(" (", "\n("))
        return finish(figure)


def draw_alignment(view: View) -> Chart:
    """The alignment of the bloc, its patron and the largest other states."""
    codes = view.manifest["roles"]["key"][:PANELS]
    moved = {code: float(np.median(view.effect(PREFIX + code))) for code in codes}
    most = max(codes, key=lambda code: abs(moved[code]))
    title = (
        f"{POLICY.capitalize()} moves {view.state(most)} most between the two sides: by {size(moved[most])} "
        f"{'towards the senders' if moved[most] > 0 else 'towards the bloc'} in the median draw"
        if abs(moved[most]) > SMALLEST
        else f"{POLICY.capitalize()} moves the alignment of none of these states by over {size(SMALLEST)} in the "
        "median draw"
    )
    notes = (
        "Alignment: half of a state's capability-weighted tie to the senders minus that to the bloc; up is towards "
        "the senders."
    )
    with styled():
        key = [line_key("median, with the policy", colour=BLUE), *band_keys(BLUE)[1:], *_twin_key()]
        figure = sheet(view, title, notes, 10.0, 1.6 * -(-len(codes) // 3) + 0.5, key)
        for place, (axes, code) in enumerate(zip(grid(figure, len(codes)), codes, strict=True)):
            axes.axhline(0.0, color=GREY, lw=0.6, gid="zero")
            _compare(axes, view, PREFIX + code)
            axes.set_title(view.state(code))
            if place % 3 == 0:
                axes.set_ylabel("Alignment")
        return finish(figure)


def draw_network(view: View, step: int) -> Chart:
    """Ties with the policy at one step, and which of them it has changed; states in the places of the start."""
    roles, at, pairs = _laid_out(view)
    twin, explored = (_ties(view, view.arms[arm].ties[step]) for arm in (TWIN, EXPLORED))
    change = {pair: explored[pair] - twin[pair] for pair in explored if set(pair) <= roles.keys()}
    ranked = sorted(change, key=lambda pair: (-abs(change[pair]), pair))
    moved = [pair for pair in ranked[:MOST_CHANGES] if abs(change[pair]) > SMALLEST]
    when, named = month(float(view.times[step])), "–".join(view.state(code) for code in ranked[0])
    title = (
        f"{when}: of all these ties {POLICY} changes {named} most, by {signed(change[ranked[0]])}"
        if moved
        else f"{when}: {POLICY} changes none of these ties by over {size(SMALLEST)}"
    )
    notes = (
        "Ties are means over draws. Left: each state's strongest, and those inside bloc and patron; near means a "
        f"high tie at the start. Right: the changes over {size(SMALLEST)}, the {MOST_CHANGES} largest at most, "
        f"{MAGNIFIED} times as wide."
    )
    with styled():
        figure = sheet(view, title, notes, 10.0, 5.0, network.key_of_ties())
        left, right = figure.subplots(1, 2).ravel()
        network.draw_ties(left, roles, at, pairs, explored)
        panel_title(left, "With the policy", 4.5)
        network.draw_ties(right, roles, at, moved, {pair: MAGNIFIED * change[pair] for pair in moved})
        panel_title(right, f"What it changes, {MAGNIFIED} × as wide: blue nearer, orange apart", 4.5)
        return finish(figure)


def _twin_key() -> Iterator[Any]:
    yield line_key("median, without it", BASELINE_LOOK[1], width=1.2)
    yield line_key("5–95 % of draws, without it", ":", width=0.7)


def _compare(axes: Axes, view: View, measure: str) -> None:
    """A measure with the policy as bands, without it as lines."""
    twin = _rows(view, measure, TWIN)
    draw_bands(axes, _rows(view, measure, EXPLORED), BLUE, "-")
    for bound in ("low", "high"):
        axes.plot(twin["time"], twin[bound], color=BLACK, lw=0.7, ls=":", gid="twin band")
    axes.plot(twin["time"], twin["median"], color=BLACK, lw=1.2, ls=BASELINE_LOOK[1], gid="twin")


def _rows(view: View, measure: str, arm: str) -> pd.DataFrame:
    """Quantiles over draws at every time, as the table of bands has them."""
    found = np.quantile(view.of(measure, arm), list(QUANTILES.values()), axis=1)
    return pd.DataFrame({"time": view.times, **dict(zip(QUANTILES, found, strict=True))})


def _ties(view: View, tie: Any) -> network.Ties:
    """The ties of a moment, by pair in alphabetical order."""
    first, second = np.triu_indices(len(view.codes), 1)
    pairs = ((view.codes[i], view.codes[j]) for i, j in zip(first, second, strict=True))
    return {(min(pair), max(pair)): float(x) for pair, x in zip(pairs, tie[first, second], strict=True)}


@lru_cache(maxsize=4)
def _laid_out(view: View) -> tuple[dict[str, str], dict[str, Any], list[network.Pair]]:
    """States with their roles, their places, and the pairs drawn at whatever step, so that nothing jumps."""
    moments = (view.arms[TWIN].ties[0], *(arm.ties[-1] for arm in view.arms.values()))
    roles, (start, *ends) = network.shown(view), (_ties(view, tie) for tie in moments)
    return roles, network.layout(list(roles), start), sorted(network.strongest(roles, start, *ends))
