"""What all charts share: the style file, colours, a sheet with title and notes, bands, numbers as text."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import matplotlib.style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from blocade.parameters import sets_told

if TYPE_CHECKING:
    import pandas as pd


# Okabe & Ito (2008)
BLACK, GREY, BLUE, RED = "#222222", "#777777", "#0072B2", "#D55E00"
GREEN, PURPLE, ORANGE = "#009E73", "#CC79A7", "#E69F00"
PALE = "#555555"
"""Small letters inside a panel."""
ARM_LOOKS = (
    (BLUE, "-"), (RED, "-."), (GREEN, (0, (5, 1.5))), (PURPLE, (0, (1, 1))), (ORANGE, (0, (8, 2, 2, 2))),
)
"""Colour and line of the arms after the baseline, in turn; the line tells them apart in grey."""
BASELINE_LOOK = (BLACK, (0, (4, 2)))
BANDS_NOTE = "Bands: 5–95 % and 25–75 % of parameter draws — not odds that the claim is true."
FINDING, NOTES = "Title", "Description"
"""Keywords of the PNG format under which a chart carries the sentence that it shows, and its small print."""
TITLE_SIZE, NOTE_SIZE = 12.0, 8.0
MARGIN = 0.12
"""Inches between the edge of a sheet and its text."""
LINE = 1.35
"""Height of a line of text, in font sizes."""


class Described(Protocol):
    """What charts need to know of whatever they draw: a `Finished`, or what the explorer has run."""

    @property
    def scenario(self) -> Mapping[str, Any]: ...
    @property
    def manifest(self) -> Mapping[str, Any]: ...
    @property
    def sets(self) -> int: ...
    def state(self, code: str, /) -> str: ...


class Chart(Figure):
    """A Figure that a notebook displays, although no pyplot state knows of it."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def styled() -> AbstractContextManager[None]:
    """The style of all charts, whatever the reader's own settings are."""
    return matplotlib.style.context(Path(__file__).with_name("blocade.mplstyle"), after_reset=True)


def sheet(
    source: Described | str, title: str, notes: str, width: float, height: float, key: Sequence[Artist] = ()
) -> Chart:
    """An empty figure under a title that states the finding, with small notes at its foot.

    Parameters
    ----------
    source : what the chart rests on, before the notes: a result, or a sentence of its own.
    title, notes : wrapped to the width, so that nothing is cut.
    width, height : inches; ``height`` is what is left for the axes, between title and notes.
    key : handles with labels, in rows under the title.
    """
    figure = Chart(figsize=(width, height))
    canvas = FigureCanvasAgg(figure)
    head = wrapped(canvas, title, TITLE_SIZE, "bold", width - 2 * MARGIN)
    said = source if isinstance(source, str) else source_line(source)
    foot = wrapped(canvas, f"{said} {notes}", NOTE_SIZE, "normal", width - 2 * MARGIN)
    legend, key_height = _key(figure, canvas, key)
    title_height, below = _inches(head, TITLE_SIZE), _inches(foot, NOTE_SIZE) + MARGIN
    total = height + MARGIN + title_height + key_height + below
    figure.set_size_inches(width, total)
    left, low, top = MARGIN / width, MARGIN / total, 1 - MARGIN / total
    figure.text(left, top, "\n".join(head), size=TITLE_SIZE, weight="bold", va="top", gid="title")
    figure.text(left, low, "\n".join(foot), size=NOTE_SIZE, color="#444444", va="bottom", gid="notes")
    if legend is not None:
        legend.set_bbox_to_anchor((left, top - title_height / total))
    figure.set_layout_engine(
        "constrained", rect=(0.005, below / total, 0.99, height / total), w_pad=0.06, h_pad=0.08
    )
    return figure


def _key(figure: Chart, canvas: Any, handles: Sequence[Artist]) -> tuple[Legend | None, float]:
    """The key in as few rows as the width allows, and its height in inches."""
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(
            handles=list(handles), loc="upper left", ncols=columns, bbox_to_anchor=(0.0, 1.0),
            borderaxespad=0.0, borderpad=0.0, columnspacing=1.4, handlelength=2.4,
        )
        box = legend.get_window_extent(canvas.get_renderer())
        if box.width <= (figure.get_figwidth() - 2 * MARGIN) * figure.dpi or columns == 1:
            return legend, box.height / figure.dpi + 0.5 * MARGIN
        legend.remove()
    return None, 0.0


def save(figure: Figure, path: Path) -> None:
    """Write a chart as PNG with its words inside, for whoever cannot see it."""
    figure.savefig(path, metadata=words(figure))


def words(figure: Figure) -> dict[str, str]:
    """The sentence that a chart states and its small print: `FINDING` and `NOTES`."""
    texts = {text.get_gid(): " ".join(text.get_text().split()) for text in figure.texts}
    return {FINDING: texts.get("title", ""), NOTES: texts.get("notes", "")}


def finish(figure: Chart) -> Chart:
    """Lay out for good while the style is in force: ticks made later would take the reader's own settings."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def message(source: Described | str, title: str, text: str) -> Chart:
    """A sheet that says why there is nothing to draw."""
    with styled():
        return finish(sheet(source, title, text, 8.0, 0.3))


def wrapped(canvas: Any, text: str, size: float, weight: str, width: float) -> list[str]:
    """Lines of a text that fit a width in inches, by the true widths of the words on an Agg canvas."""
    renderer = canvas.get_renderer()
    font = FontProperties(size=size, weight=weight)
    limit = width * canvas.figure.dpi
    lines = [""]
    for part in text.split():
        longer = f"{lines[-1]} {part}".strip()
        if lines[-1] and renderer.get_text_width_height_descent(longer, font, ismath=False)[0] > limit:
            lines.append(part)
        else:
            lines[-1] = longer
    return lines


def _inches(lines: list[str], size: float) -> float:
    return len(lines) * size * LINE / 72 + MARGIN


def world_line(result: Described) -> str:
    """World and parameter sets."""
    return f"World {Path(result.scenario['world']).name}, {sets_told(result.sets, result.scenario['posterior'])}"


def source_line(result: Described) -> str:
    """World, parameter sets and the time at which effects are read."""
    first, last = result.manifest["window"]
    return f"{world_line(result)}; effects are means over {first:g}–{last:g}."


def draw_bands(axes: Axes, rows: pd.DataFrame, colour: str, line: object) -> None:
    """The 5–95 and 25–75 % bands over draws and the median, from rows of the bands table."""
    # tints, not transparency: what lies below must not change the tone of a band
    for low, high, strength, name in (("low", "high", 0.18, "5–95"), ("lower", "upper", 0.4, "25–75")):
        axes.fill_between(rows["time"], rows[low], rows[high], color=tint(colour, strength), lw=0, gid=name)
    axes.plot(rows["time"], rows["median"], color=colour, ls=line, gid="median")


def tint(colour: str, strength: float) -> tuple[float, float, float]:
    """A colour mixed with white."""
    red, green, blue = (1.0 - strength * (1.0 - channel) for channel in to_rgb(colour))
    return red, green, blue


def smallest_strip(axes: Axes, smallest: float) -> None:
    """A hatched strip where an effect, upwards, is too small to count; hatched, so that bands show through it."""
    for bound in (-smallest, smallest):
        axes.axhline(bound, color=GREY, lw=0.8, ls=":", gid="smallest effect")
    look: Any = {"facecolor": "none", "edgecolor": "#BBBBBB", "hatch": "////", "lw": 0}
    axes.axhspan(-smallest, smallest, **look, zorder=0.5, gid="smallest effect")


def strip_key(smallest: float) -> Patch:
    """The strip of `smallest_strip`, for the key."""
    label = f"within ±{size(smallest)}: too small to count"
    return Patch(facecolor="none", edgecolor="#BBBBBB", hatch="////", lw=0, label=label)


def line_key(
    label: str, line: object = "-", colour: str = BLACK, width: float = 1.6, marker: str = "", fill: str = ""
) -> Line2D:
    """A line for the key."""
    mark = {"marker": marker, "mfc": fill or colour}
    return Line2D([], [], color=colour, ls=line, lw=width, label=label, **mark)  # type: ignore[arg-type]


def band_keys(colour: str = GREY) -> list[Artist]:
    """The median and the bands, for the key."""
    inner, outer = tint(colour, 0.4), tint(colour, 0.18)
    median = line_key("median", colour=colour)
    return [median, Patch(color=inner, label="25–75 % of draws"), Patch(color=outer, label="5–95 % of draws")]


def panel_title(axes: Axes, text: str, width: float) -> None:
    """A panel's title, wrapped to the width of the panel in inches."""
    axes.set_title("\n".join(wrapped(axes.figure.canvas, text, 9.0, "bold", width)))


def where(table: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Rows of a table whose columns hold these values."""
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def size(x: float) -> str:
    """A size of an effect: ``.07``, ``1.20``, ``.004`` where two decimals would say nothing, a dash for none."""
    if not math.isfinite(x):
        return "–"
    text = f"{abs(x):.2f}" if abs(x) >= 0.005 or x == 0 else f"{abs(x):.3f}"
    return text.removeprefix("0")


def signed(x: float) -> str:
    """A signed effect: ``+.07``, ``−.31``, ``0`` without sign where it rounds to nothing, a dash for none."""
    if abs(x) < 0.005:
        return "0"
    if not math.isfinite(x):
        return size(x)
    return f"{'+' if x > 0 else '−'}{size(x)}"
