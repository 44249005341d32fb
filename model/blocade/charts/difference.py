"""Paired difference of every arm from the baseline over time, with its interval."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from blocade.charts.findings import finding, spread
from blocade.charts.panels import (
    Bond,
    arms,
    band_rows,
    bond,
    columns_for,
    grid,
    look,
    mark_time,
    per_draw,
    time_notes,
    wars,
)
from blocade.charts.style import (
    BANDS_NOTE,
    BLACK,
    band_keys,
    draw_bands,
    finish,
    line_key,
    message,
    panel_title,
    sheet,
    signed,
    smallest_strip,
    strip_key,
    styled,
)
from blocade.claims import SMALLEST
from blocade.experiment.finished import Finished

CLEAN_LINE = (0, (4, 2))
CLEAN_NOTE = "Clean start: without the acts in force at the start. "


def _title(result: Finished, what: Bond, baseline: str, treated: list[str]) -> str:
    reference = per_draw(result, what.measure, baseline)
    first, *others = treated
    effect = spread(per_draw(result, what.measure, first) - reference, SMALLEST)
    said = finding(f"“{result.label(first)}”", what.thing, effect, SMALLEST)
    # an arm with other wars does not show what its measures do, so its median would mislead here
    alike = [arm for arm in (first, *others) if wars(result, arm) == wars(result, baseline)]
    if len(alike) < 2:
        return said
    medians = {arm: float(np.median(per_draw(result, what.measure, arm) - reference)) for arm in alike}
    low, high = min(alike, key=medians.__getitem__), max(alike, key=medians.__getitem__)
    with_war = "with the same war" if wars(result, baseline) else "without a war"
    return (
        f"{said}. Medians of the {len(alike)} arms {with_war} lie between {signed(medians[low])} "
        f"(“{result.label(low)}”) and {signed(medians[high])} (“{result.label(high)}”)"
    )


def _panel(axes: Axes, result: Finished, what: Bond, arm: str, baseline: str, index: int) -> None:
    draw_bands(axes, band_rows(result, what.measure, arm, baseline), look(index)[0], "-")
    if "clean" in result.manifest["starts"]:
        clean = band_rows(result, what.measure, arm, baseline, start="clean")
        axes.plot(clean["time"], clean["median"], color=BLACK, lw=1.2, ls=CLEAN_LINE, gid="clean")
    axes.axhline(0.0, color=BLACK, lw=0.8, gid="zero")
    smallest_strip(axes, SMALLEST)


def draw(result: Finished) -> Figure:
    """Paired differences of the bloc's bond: bands from the real start, and the median from the clean one."""
    what = bond(result)
    baseline, *treated = arms(result)
    with styled():
        if not treated:
            return message(
                result, "One arm only: there is no difference to draw", "Add a second arm to the scenario."
            )
        clean = "clean" in result.manifest["starts"]
        notes = (
            f"Difference: arm minus “{result.label(baseline)}”, same parameter set and luck. {BANDS_NOTE} "
            f"{CLEAN_NOTE if clean else ''}{time_notes(result)}"
        )
        rows = -(-len(treated) // columns_for(len(treated)))
        width = 10.0 if len(treated) > 1 else 8.0
        panel_width = (width - 1.5) / columns_for(len(treated))
        told = [line_key("median, clean start", CLEAN_LINE, width=1.2)] if clean else []
        key = [*band_keys(), *told, strip_key(SMALLEST)]
        figure = sheet(result, _title(result, what, baseline, treated), notes, width, 2.6 * rows + 0.6, key)
        panels = grid(figure, len(treated))
        for index, (panel, arm) in enumerate(zip(panels, treated, strict=True), start=1):
            _panel(panel, result, what, arm, baseline, index)
            other = wars(result, arm) != wars(result, baseline)
            panel_title(panel, result.label(arm) + (" (its wars differ too)" if other else ""), panel_width)
            mark_time(panel, result, arm, named=index == 1)
        for panel in panels[:: columns_for(len(treated))]:
            panel.set_ylabel(
                "Change in tie" if what.measure != "distance" else "Change in distance (tie units)"
            )
        return finish(figure)
