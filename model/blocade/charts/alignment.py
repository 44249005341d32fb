"""Alignment index of the key states, under the baseline and the first treated arm."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from blocade.charts.findings import spread
from blocade.charts.panels import arms, band_rows, columns_for, grid, mark_time, per_draw, time_notes
from blocade.charts.style import (
    BANDS_NOTE,
    BASELINE_LOOK,
    BLACK,
    BLUE,
    GREY,
    band_keys,
    draw_bands,
    finish,
    line_key,
    message,
    sheet,
    signed,
    size,
    styled,
)
from blocade.claims import SMALLEST
from blocade.experiment.finished import Finished
from blocade.text import listed

PREFIX = "alignment:"
MOST = 12
"""Panels that fit a page."""


def key_states(result: Finished) -> list[str]:
    """Codes whose alignment was recorded: bloc, patron, then the largest others."""
    recorded = set(result.bands["measure"].unique())
    return [code for code in result.manifest["roles"]["key"] if PREFIX + code in recorded][:MOST]


def _title(result: Finished, codes: list[str]) -> str:
    baseline, *treated = arms(result)
    if not treated:
        return f"Where the states stand between bloc and senders under “{result.label(baseline)}”"
    medians, agreed = {}, {}
    for code in codes:
        effect = spread(
            per_draw(result, PREFIX + code, treated[0]) - per_draw(result, PREFIX + code, baseline), SMALLEST
        )
        medians[code], agreed[code] = effect.median, effect.verdict
    moved = sorted(
        (code for code in codes if abs(medians[code]) > SMALLEST), key=lambda code: -abs(medians[code])
    )
    subject = f"“{result.label(treated[0])}”"
    if not moved:
        return f"{subject} moves the alignment of no key state by over {size(SMALLEST)} in the median draw"
    sides = []
    for verb, chosen in (
        ("lowers", [code for code in moved if medians[code] < 0]),
        ("raises", [code for code in moved if medians[code] > 0]),
    ):
        if chosen:
            named = [f"{result.state(code)} ({signed(medians[code])})" for code in chosen[:4]]
            more = [f"{len(chosen) - 4} more"] if len(chosen) > 4 else []
            sides.append(f"{verb} the alignment of {listed(named + more)}")
    steady = len(codes) - len(moved)
    rest = f"; {steady} of {len(codes)} key states move by no more than {size(SMALLEST)}" if steady else ""
    sure = all(agreed[code] in ("supported", "reversed") for code in moved)
    unsure = "" if sure else f", but by over {size(SMALLEST)} in fewer than nine draws of ten"
    return f"In the median draw {subject} {' and '.join(sides)}{unsure}{rest}"


def _panel(axes: Axes, result: Finished, code: str, names: list[str]) -> None:
    rows = [band_rows(result, PREFIX + code, arm) for arm in names]
    axes.axhline(0.0, color=GREY, lw=0.6, gid="zero")
    draw_bands(axes, rows[-1], BLUE, "-")
    if len(names) > 1:
        base = rows[0]
        for bound in ("low", "high"):
            axes.plot(base["time"], base[bound], color=BLACK, lw=0.7, ls=":", gid="baseline band")
        axes.plot(base["time"], base["median"], color=BLACK, lw=1.2, ls=BASELINE_LOOK[1], gid="reference")
    axes.set_title(result.state(code) + _role(result, code))


def _role(result: Finished, code: str) -> str:
    if code in result.scenario["bloc"]:
        return " (bloc)"
    return " (patron)" if code == result.scenario["patron"] else ""


def draw(result: Finished) -> Figure:
    """Alignment of bloc, patron and largest other states, from −1 (with the bloc) to 1 (with the senders)."""
    names, codes = arms(result)[:2], key_states(result)
    with styled():
        if not codes:
            return message(result, "No alignment was recorded", "The results hold no key states.")
        notes = (
            "Alignment: half of a state's capability-weighted tie to the senders minus that to the bloc; a "
            "state is left out of its own group. It falls when ties to the senders fall, or ties to the bloc "
            f"rise. {BANDS_NOTE} {time_notes(result)}"
        )
        label = result.label(names[-1])
        key = [line_key(f"median, {label}", colour=BLUE), *band_keys(BLUE)[1:]]
        if len(names) > 1:
            key += [
                line_key(f"median, {result.label(names[0])} (baseline)", BASELINE_LOOK[1], width=1.2),
                line_key("5–95 % of draws, baseline", ":", width=0.7),
            ]
        columns = columns_for(len(codes))
        rows = -(-len(codes) // columns)
        figure = sheet(result, _title(result, codes), notes, 10.0, 1.75 * rows + 0.7, key)
        panels = grid(figure, len(codes))
        for index, (panel, code) in enumerate(zip(panels, codes, strict=True)):
            _panel(panel, result, code, names)
            mark_time(panel, result, names[-1], named=False, war_named=not index)
            panel.set_ylim(-1.0, 1.0)
            if index % columns == 0:
                panel.set_yticks([-1.0, 0.0, 1.0], ["−1 bloc", "0", "1 senders"])
                panel.set_ylabel("Alignment")
        return finish(figure)
