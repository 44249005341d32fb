"""What every figure must have, whatever it shows: each check names what is wrong with a figure, or nothing."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SMALLEST_FONT, CONTRAST, WIDEST = 8.0, 4.5, 10.0
"""Points; ratio of luminances (WCAG 2, AA); inches."""
SHARED = 1.5
"""Pixels that the boxes of two texts may share on every side: they are taller than their letters."""
UNDER = 0.2
"""Share of a text's box that may lie on a darker line or edge."""
COARSE = 60
"""Dots per inch at which backgrounds are looked at; letters are not drawn, so few are enough."""


def problems(figure: Figure, source: str, unlabelled: bool = False) -> list[str]:
    """Everything that is wrong with a figure.

    Parameters
    ----------
    source : how its small print begins.
    unlabelled : its axes need no names, for a reason that the caller gives.
    """
    checks: list[Callable[[Figure], Iterator[str]]] = [outside, overlapping, small, unkeyed, endless, faint]
    if not unlabelled:
        checks.append(unnamed)
    return [*unsaid(figure, source), *(said for check in checks for said in check(figure))]


def shown(figure: Figure) -> list[Axes]:
    """Axes that are drawn, not the spare places of a grid."""
    return [axes for axes in figure.axes if axes.axison or axes.has_data() or axes.texts]


def legends(figure: Figure) -> list[Legend]:
    """All keys."""
    inside = [legend for axes in shown(figure) if (legend := axes.get_legend()) is not None]
    inside += [child for axes in shown(figure) for child in axes.get_children() if isinstance(child, Legend)]
    return list(dict.fromkeys([*figure.legends, *inside]))


def ticks(axis: Any) -> list[Text]:
    """Labels of an axis within its limits."""
    low, high = sorted(axis.get_view_interval())
    near = 1e-9 * (high - low)
    every = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    inside = [tick for tick in every if low - near <= tick.get_loc() <= high + near]
    return [label for tick in inside for label in (tick.label1, tick.label2) if _seen(label)]


def _seen(text: Text) -> bool:
    return bool(text.get_visible() and text.get_text().strip())


def texts(figure: Figure) -> list[Text]:
    """Every text that can be seen."""
    found = [*figure.texts, *(text for legend in legends(figure) for text in legend.get_texts())]
    for axes in shown(figure):
        found += axes.texts
        if axes.axison:
            found += [axes.title, axes._left_title, axes._right_title]  # type: ignore[attr-defined]
            for axis in (axes.xaxis, axes.yaxis):
                found += [axis.label, *(ticks(axis) if axis.get_visible() else [])]
    return [text for text in found if _seen(text)]


def _boxes(figure: Figure) -> list[tuple[Text, Bbox]]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    return [(text, text.get_window_extent(renderer)) for text in texts(figure)]


def unsaid(figure: Figure, source: str) -> Iterator[str]:
    """A finding above, and below it what it rests on."""
    words = {text.get_gid(): " ".join(text.get_text().split()) for text in figure.texts}
    if len(words.get("title", "").split()) < 3:
        yield f"no finding as its title: {words.get('title')!r}"
    if not words.get("notes", "").startswith(source) or not source:
        yield f"small print without its source {source!r}: {words.get('notes')!r}"
    if any(re.search(r"\b(nan|inf)\b", text.get_text()) for text in texts(figure)):
        yield "says nan"


def outside(figure: Figure) -> Iterator[str]:
    """No text is cut by the edge; panels, keys, title and notes keep apart."""
    if figure.get_figwidth() > WIDEST:
        yield f"{figure.get_figwidth()} inches wide"
    sheet = figure.bbox
    for text, box in _boxes(figure):
        if box.x0 < sheet.x0 or box.x1 > sheet.x1 or box.y0 < sheet.y0 or box.y1 > sheet.y1:
            yield f"cut: {text.get_text()!r}"
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    around = {text.get_gid(): text.get_window_extent(renderer) for text in figure.texts}
    keys = [legend.get_window_extent(renderer) for legend in figure.legends]
    panels: list[Any] = [axes.get_tightbbox(renderer) for axes in shown(figure)]
    for drawn in (*panels, *keys):
        if drawn.y1 > around["title"].y0 or drawn.y0 < around["notes"].y1:
            yield f"a panel or key runs into the title or the notes: {drawn}"
    if any(panel.y1 > key.y0 + 1.0 for panel in panels for key in keys):
        yield "a panel runs into the key"


def overlapping(figure: Figure) -> Iterator[str]:
    """No two texts stand on each other."""
    for (one, first), (other, second) in combinations(_boxes(figure), 2):
        if first.padded(-SHARED).overlaps(second.padded(-SHARED)):
            yield f"overlap: {one.get_text()!r} and {other.get_text()!r}"


def small(figure: Figure) -> Iterator[str]:
    """No letters too small to read."""
    for text in texts(figure):
        if float(text.get_fontsize()) < SMALLEST_FONT:
            yield f"{text.get_fontsize()} points: {text.get_text()!r}"


def unnamed(figure: Figure) -> Iterator[str]:
    """Every axis with numbers has a name: its own, or that of another panel in its row or column."""
    panels = [axes for axes in shown(figure) if axes.axison]
    for axes in panels:
        place = axes.get_position()
        for axis, sides in ((axes.xaxis, ("x0", "x1")), (axes.yaxis, ("y0", "y1"))):
            numbers = [label for label in ticks(axis) if not any(letter.isalpha() for letter in label.get_text())]
            line = [
                other for other in panels
                if all(abs(getattr(other.get_position(), side) - getattr(place, side)) < 0.01 for side in sides)
            ]  # fmt: skip
            named = [other.xaxis.label if axis is axes.xaxis else other.yaxis.label for other in line]
            if axis.get_visible() and numbers and not any(map(_seen, named)):
                yield f"{sides[0][0]} axis of {axes.get_title(loc='left')!r} has no name"


def endless(figure: Figure) -> Iterator[str]:
    """Limits are numbers, and not the same."""
    for axes in shown(figure):
        limits = [*axes.get_xlim(), *axes.get_ylim()]
        if not np.isfinite(limits).all() or limits[0] == limits[1] or limits[2] == limits[3]:
            yield f"limits {limits}"


def hue(colour: Any) -> str | None:
    """Which of the colours told apart a colour or a tint of it is; none where it is a grey, or not seen."""
    red, green, blue, alpha = to_rgba(colour)
    h, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    return f"{15 * round(24 * h)}°" if alpha > 0 and saturation > 0.05 else None


def _colours(artists: Sequence[Any]) -> set[str]:
    found: set[str | None] = set()
    for artist in artists:
        if isinstance(artist, Line2D):
            if artist.get_linestyle() not in ("None", "", " "):
                found.add(hue(artist.get_color()))
            if artist.get_marker() not in ("None", "", " "):
                found |= {hue(artist.get_markerfacecolor()), hue(artist.get_markeredgecolor())}
        elif isinstance(artist, Patch):
            found |= {hue(artist.get_facecolor())}
        elif hasattr(artist, "get_facecolors") and artist.get_array() is None:
            found |= {hue(colour) for colour in artist.get_facecolors()}
    return {one for one in found if one}


def unkeyed(figure: Figure) -> Iterator[str]:
    """Where a panel has more than one colour, a key or the names at an axis say what each is.

    A panel of one colour is named by its title; colours of a scale stand on their colour bar.
    """
    keyed = _colours([handle for legend in legends(figure) for handle in legend.legend_handles])
    for axes in (axes for axes in shown(figure) if axes.get_label() != "<colorbar>"):
        used = _colours([*axes.lines, *axes.patches, *axes.collections])
        rows = any(letter.isalpha() for label in ticks(axes.yaxis) for letter in label.get_text())
        if len(used) > 1 and not rows and used - keyed:
            yield f"colours without a key in {axes.get_title(loc='left')!r}: {sorted(used - keyed)}"
        bars = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_hatch()]
        if bars and not rows and not any(getattr(handle, "get_hatch", str)() for handle in _handles(figure)):
            yield f"hatched without a key in {axes.get_title(loc='left')!r}"


def _handles(figure: Figure) -> list[Any]:
    return [handle for legend in legends(figure) for handle in legend.legend_handles]


def luminance(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Relative luminance of colours from 0 to 1: [..., channel]."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Contrast of colours, from 1 to 21."""
    light, dark = np.maximum(luminance(one), luminance(other)), np.minimum(luminance(one), luminance(other))
    return np.asarray((light + 0.05) / (dark + 0.05))


def faint(figure: Figure) -> Iterator[str]:
    """Letters stand out from what is drawn behind them."""
    every, colours = texts(figure), [to_rgb(text.get_color()) for text in texts(figure)]
    dpi = figure.dpi
    figure.set_dpi(COARSE)
    for text in every:
        text.set_color((0.0, 0.0, 0.0, 0.0))  # its box is drawn all the same
    try:
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba(), dtype=float)[..., :3] / 255  # type: ignore[attr-defined]
        boxes = [text.get_window_extent() for text in every]
    finally:
        figure.set_dpi(dpi)
        for text, colour in zip(every, colours, strict=True):
            text.set_color(colour)
    for text, colour, box in zip(every, colours, boxes, strict=True):
        rows = slice(max(0, int(len(pixels) - box.y1)), int(len(pixels) - box.y0) + 1)
        behind = pixels[rows, max(0, int(box.x0)) : int(box.x1) + 1].reshape(-1, 3)
        weak = contrast(behind, np.array(colour)) < CONTRAST
        if weak.mean() > UNDER:
            yield f"contrast below {CONTRAST} on {weak.mean():.0%} of its place: {text.get_text()!r}"
