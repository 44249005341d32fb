"""Measures over time, a panel for each and a line for each arm: what `poles` and `arms_race` draw."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from blocade.charts.findings import finding, spread
from blocade.charts.panels import arms, band_rows, look, mark_time, per_draw, time_notes, wars
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
    size,
    styled,
)
from blocade.claims import SMALLEST
from blocade.experiment.finished import Finished


class Subject(NamedTuple):
    """A measure to follow: its name in the tables, how a sentence, its panel and the axis call it, what 1 means."""

    measure: str
    thing: str
    heading: str
    axis: str
    unit: str = ""


def _title(result: Finished, subject: Subject) -> str:
    baseline, *treated = arms(result)
    before = per_draw(result, subject.measure, baseline)
    if not treated:
        first = float(band_rows(result, subject.measure, baseline)["median"].iloc[0])
        path = f"goes from {size(first)} to {size(float(np.median(before)))}"
        return f"One arm, “{result.label(baseline)}”: {subject.thing} {path} in the median draw"
    effect = spread(per_draw(result, subject.measure, treated[0]) - before, SMALLEST)
    said = finding(f"“{result.label(treated[0])}”", subject.thing, effect, SMALLEST)
    return f"{said}, against “{result.label(baseline)}” {subject.unit}".strip()


def _panel(axes: Axes, result: Finished, measure: str, names: list[str]) -> None:
    shown = min(1, len(names) - 1)
    for index in (*range(len(names) - 1, 1, -1), 0, shown)[: len(names)]:  # the arm that the title is about on top
        rows = band_rows(result, measure, names[index])
        colour, line = look(index)
        if index == shown:
            draw_bands(axes, rows, colour, line)
            continue
        axes.plot(rows["time"], rows["median"], color=colour, ls=line, lw=1.4, gid=f"median {names[index]}")
        for bound in ("low", "high") if index == 0 else ():
            axes.plot(rows["time"], rows[bound], color=BLACK, lw=0.7, ls=":", gid="baseline band")


def _same_span(panels: Sequence[Axes], subjects: Sequence[Subject]) -> None:
    """Panels in the same unit span as much of it, so that a change looks as large in each as it is."""
    pairs = list(zip(panels, subjects, strict=True))
    for _, group in groupby(pairs, key=lambda pair: pair[1].axis):
        together = [axes for axes, _ in group]
        limits = [axes.get_ylim() for axes in together]
        span = max(0.2, *(high - low for low, high in limits))  # what hardly moves must not look as if it did
        for axes, (low, high) in zip(together, limits, strict=True):
            middle = max((low + high) / 2, span / 2) if low >= 0.0 else (low + high) / 2
            axes.set_ylim(middle - span / 2, middle + span / 2)


def _key(result: Finished, names: list[str]) -> list[Artist]:
    looks = [look(index) for index in range(len(names))]
    lines = [
        line_key(f"median, {result.label(arm)}" + (" (baseline)" if not index and len(names) > 1 else ""), line, colour)
        for index, (arm, (colour, line)) in enumerate(zip(names, looks, strict=True))
    ]
    bands = band_keys(looks[min(1, len(names) - 1)][0])[1:]
    return [*lines, *bands, *([line_key("5–95 % of draws, baseline", ":", width=0.7)] if len(names) > 1 else [])]


def draw(result: Finished, subjects: Sequence[Subject], lacking: str, notes: str) -> Figure:
    """Medians of every arm from the real start, with bands of the first treated one and bounds of the baseline.

    Parameters
    ----------
    subjects : what may be drawn, the one that the title is about first; those that were not recorded are left out.
    lacking : title of the sheet if none was recorded.
    """
    names, recorded = arms(result), set(result.bands["measure"].unique())
    subjects = [subject for subject in subjects if subject.measure in recorded]
    with styled():
        if not subjects:
            return message(result, lacking, "Name the chart in `charts:` of the scenario and run it again.")
        shown = names[min(1, len(names) - 1)]
        differ = any(wars(result, arm) != wars(result, shown) for arm in names)
        war = f" Shaded: the war under “{result.label(shown)}”; other arms have other wars or none." if differ else ""
        scale = " Scales start at different values; panels in one unit span as much of it." if len(subjects) > 1 else ""
        width = 10.0 if len(subjects) > 1 else 8.0
        figure = sheet(
            result, _title(result, subjects[0]), f"{notes}{scale} {BANDS_NOTE} {time_notes(result)}{war}", width, 3.2,
            _key(result, names),
        )
        panels = list(figure.subplots(1, len(subjects), sharex=True, squeeze=False).ravel())
        for index, (axes, subject) in enumerate(zip(panels, subjects, strict=True)):
            _panel(axes, result, subject.measure, names)
            panel_title(axes, subject.heading, (width - 1.5) / len(subjects))
            mark_time(axes, result, shown, named=False, war_named=not index)
            axes.set_xlabel("Year")
            if not index or subject.axis != subjects[index - 1].axis:
                axes.set_ylabel(subject.axis)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        _same_span(panels, subjects)
        return finish(figure)
