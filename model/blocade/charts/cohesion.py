"""Cohesion of the bloc over time, a panel for each arm."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from blocade.charts.findings import finding, spread
from blocade.charts.panels import (
    SMALL,
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
)
from blocade.charts.style import (
    BANDS_NOTE,
    BASELINE_LOOK,
    BLACK,
    GREY,
    band_keys,
    draw_bands,
    finish,
    line_key,
    panel_title,
    sheet,
    styled,
    where,
)
from blocade.claims import SMALLEST
from blocade.experiment.finished import Finished

KNOWN_PAIRS = (
    ("GBR", "USA"), ("BLR", "RUS"), ("CHN", "RUS"), ("PRK", "RUS"), ("IND", "USA"), ("CHN", "IND"),
    ("CHN", "USA"),
)
"""Pairs whose ties at the start make a scale, best known first; a world need not hold them."""


HEADROOM = 0.12
"""Share of a panel above and below what is drawn, so that the name of a war stands on no band."""


def _title(result: Finished, what: Bond) -> str:
    baseline, *treated = arms(result)
    if not treated:
        return f"One arm, “{result.label(baseline)}”: {_path(result, what, baseline)}"
    effect = per_draw(result, what.measure, treated[0]) - per_draw(result, what.measure, baseline)
    said = finding(f"“{result.label(treated[0])}”", what.thing, spread(effect, SMALLEST), SMALLEST)
    return f"{said}, against “{result.label(baseline)}”"


def _path(result: Finished, what: Bond, arm: str) -> str:
    rows = band_rows(result, what.measure, arm)
    first, last = float(rows["median"].iloc[0]), float(np.median(per_draw(result, what.measure, arm)))
    verb = "rises" if last - first > 0.005 else "falls" if last - first < -0.005 else "stays as it is"
    change = f" from {first:.2f} to {last:.2f}".replace("-", "−") if verb != "stays as it is" else ""
    return f"{what.thing} {verb}{change} in the median draw"


def _scale(axes: Axes, result: Finished) -> None:
    """Ties of known pairs at the start, as a scale on the right."""
    table = where(result.ties, start="real", arm=arms(result)[0])
    known = {
        tuple(sorted((str(a), str(b)))): float(tie)
        for a, b, tie in zip(table["iso3_a"], table["iso3_b"], table["before"], strict=True)
    }
    low, high = axes.get_ylim()
    taken: list[float] = []
    for pair in KNOWN_PAIRS:
        tie = known.get(pair, np.nan)
        if not low <= tie <= high or any(abs(tie - other) < 0.07 * (high - low) for other in taken):
            continue
        taken.append(tie)
        text = f"{result.state(pair[1])}–{result.state(pair[0])}".replace("United States", "US")
        axes.annotate(
            text.replace("United Kingdom", "UK"), (1.0, tie), xycoords=axes.get_yaxis_transform(),
            xytext=(10, 0), textcoords="offset points", va="center", gid="scale", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": GREY, "shrinkA": 0, "shrinkB": 0}, **SMALL,
        )


def draw(result: Finished) -> Figure:
    """Medians and bands of the bloc's cohesion in every arm, from the real start.

    A bloc of one has no cohesion: see `bond`.
    """
    what, names = bond(result), arms(result)
    scale_note = "" if what.measure == "distance" else " Right: ties at the start."
    notes = f"{BANDS_NOTE} {time_notes(result)}{scale_note}"
    with styled():
        columns = columns_for(len(names))
        width, height = 10.0 if len(names) > 1 else 8.0, 2.6 * -(-len(names) // columns) + 0.6
        key = band_keys()
        if len(names) > 1:
            key.append(line_key("median of the baseline", BASELINE_LOOK[1], width=1.0))
        figure = sheet(result, _title(result, what), notes, width, height, key)
        panels = grid(figure, len(names))
        reference = band_rows(result, what.measure, names[0])
        for index, (panel, arm) in enumerate(zip(panels, names, strict=True)):
            colour, line = look(index)
            draw_bands(panel, band_rows(result, what.measure, arm), colour, line)
            if index:
                dashed: Any = {"color": BLACK, "ls": BASELINE_LOOK[1], "lw": 1.0, "gid": "reference"}
                panel.plot(reference["time"], reference["median"], **dashed)
            text = result.label(arm) + (" (baseline)" if not index and len(names) > 1 else "")
            panel_title(panel, text, (width - 2.2) / columns)
            mark_time(panel, result, arm, named=not index)
            panel.margins(y=HEADROOM)
        for panel in panels[::columns]:
            panel.set_ylabel(what.axis)
        for panel in panels[columns - 1 :: columns] if what.measure != "distance" else ():
            _scale(panel, result)
        return finish(figure)
