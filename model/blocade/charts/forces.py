"""What moved the tie: the change of an effect when a force is left out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from blocade.charts.findings import Spread, spread
from blocade.charts.panels import arms
from blocade.charts.rows import strip
from blocade.charts.style import BLACK, BLUE, RED, finish, message, sheet, signed, size, styled
from blocade.claims import SMALLEST
from blocade.equations.arrays import Array
from blocade.experiment.finished import Finished
from blocade.experiment.plan import WITHOUT
from blocade.measures import MEASURES
from blocade.verdicts import contrast

NAMES: Mapping[str, str] = MappingProxyType({
    "trade": "trade", "match": "exchange of goods needed\n(arms, energy, technology …)",
    "sanction": "sanctions as such", "isolation": "isolation as such", "offer": "offers",
    "risk": "risk of association", "comply": "compliance", "regime": "likeness of regimes",
    "threat": "the threat of a war", "balance": "friends of friends\n(structural balance)",
})
"""Forces in words; one that is not here is called by its own name."""


def weights(result: Finished) -> dict[str, float]:
    """The headline contrast, {arm: weight}."""
    return dict(result.verdicts.iloc[0]["contrast"])


def changes(result: Finished) -> tuple[Array, dict[str, Array]]:
    """The headline effect, [draw], and its change when each force is left out, {force: [draw]}; same draws.

    Raises
    ------
    ValueError
        If the result holds no runs without a force.
    """
    measure, chosen = str(result.verdicts.iloc[0]["measure"]), weights(result)
    table = result.outcomes
    table = table[(table["measure"] == measure) & table["arm"].isin(list(chosen))]
    effects = {
        str(start): _effect(rows, chosen)
        for start, rows in table.groupby("start", observed=True)
        if start == "real" or str(start).startswith(WITHOUT)
    }
    draws = sorted(set.intersection(*(set(effect.index) for effect in effects.values())))
    if len(effects) < 2 or not draws:
        raise ValueError(
            f"{result.folder}: holds no runs without a force; add `forces` to `charts:` in the scenario and "
            "run it again"
        )
    paired: dict[str, Array] = {start: np.asarray(effect.loc[draws]) for start, effect in effects.items()}
    whole = paired.pop("real")
    return whole, {start.removeprefix(WITHOUT): effect - whole for start, effect in paired.items()}


def _effect(rows: pd.DataFrame, chosen: Mapping[str, float]) -> pd.Series[float]:
    """A contrast of arms by draw, replicates averaged."""
    means = rows.groupby(["draw", "arm"], observed=True)["value"].mean().unstack("arm")
    return pd.Series(contrast({arm: means[arm].to_numpy() for arm in chosen}, chosen), index=means.index)


def _title(result: Finished, whole: Array, found: list[tuple[str, Spread]]) -> str:
    row = result.verdicts.iloc[0]
    middle = float(np.median(whole))
    label = f"“{row['label']}”, tested at {signed(middle)}, "
    large = [(force, effect) for force, effect in found if abs(effect.median) > SMALLEST]
    if not large:
        force, effect = found[0]
        most = f"most on {_name(force)} ({signed(effect.median)} when left out)"
        return f"{label}hangs on no single force by over {size(SMALLEST)} in the median draw; {most}"
    force, effect = large[0]
    direction = "higher" if effect.median > 0 else "lower"
    others = (
        f"; {len(large) - 1} more force{'s' if len(large) > 2 else ''} change it by over {size(SMALLEST)}"
        if len(large) > 1
        else ""
    )
    said = f"without it the effect is {size(effect.median)} {direction} in the median draw"
    return f"{label}hangs most on {_name(force)}: {said}{others}"


def _name(force: str) -> str:
    return NAMES.get(force, force).replace("\n", " ")


def _in_words(result: Finished) -> str:
    """The contrast as a sum of arms: ``cohesion under “A” minus “B”``."""
    terms: list[str] = []
    for arm, weight in sorted(weights(result).items(), key=lambda item: -item[1]):
        sign = "minus " if weight < 0 else "plus " if terms else ""
        factor = "" if abs(weight) == 1.0 else f"{size(weight)} × "
        terms.append(f"{sign}{factor}“{result.label(arm)}”")
    return f"{result.verdicts.iloc[0]['measure'].replace('_', ' ')}, {' '.join(terms)}"


def _unit(result: Finished) -> str:
    return MEASURES[str(result.verdicts.iloc[0]["measure"])].unit


def draw(result: Finished) -> Figure:
    """Change of the headline effect when each force is left out: median and 5–95 % of draws, real start.

    Raises
    ------
    ValueError
        If the result holds no runs without a force.
    """
    if len(arms(result)) < 2 or result.verdicts.empty:
        with styled():
            return message(
                result, "One arm only: there is no effect to explain", "Add a second arm to the scenario."
            )
    whole, parts = changes(result)
    found = sorted(
        ((force, spread(part, SMALLEST)) for force, part in parts.items()),
        key=lambda item: -abs(item[1].median),
    )
    with styled():
        notes = (
            f"Effect: {_in_words(result)}, over the first {len(whole)} parameter sets. "
            "Bar: median change; line: 5–95 % of draws — not odds that the claim is true. Bar right of zero: "
            "without this force the effect would be higher. Changes do not add up: forces work on each other."
        )
        figure = sheet(result, _title(result, whole, found), notes, 9.0, 0.42 * len(found) + 1.0)
        axes = figure.subplots()
        rows = np.arange(len(found))[::-1]
        strip(axes, SMALLEST)
        axes.axvline(0.0, color=BLACK, lw=1.0)
        for row, (force, effect) in zip(rows, found, strict=True):
            higher = effect.median > 0
            axes.barh(
                row, effect.median, 0.6, color=BLUE if higher else RED, hatch="" if higher else "///",
                edgecolor="white", gid=f"bar {force}",
            )
            axes.plot([effect.low, effect.high], [row, row], color=BLACK, lw=1.4, gid=f"interval {force}")
            axes.annotate(
                f"{signed(effect.median)} ({signed(effect.low)} … {signed(effect.high)})", (1.0, row),
                xycoords=axes.get_yaxis_transform(), xytext=(6, 0), textcoords="offset points", va="center",
                size=8,
            )
        axes.margins(x=0.03)
        axes.set_yticks(rows, [f"without {NAMES.get(force, force)}" for force, _ in found])
        axes.set_xlabel(
            f"Change of the effect without the force ({_unit(result)}); grey: within ±{size(SMALLEST)}"
        )
        return finish(figure)
