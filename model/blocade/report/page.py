"""The page: what `blocade.report.content` says, in one HTML file with its charts inside."""

from __future__ import annotations

import warnings
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import jinja2
from PIL import Image

from blocade.charts import SHOWS
from blocade.charts.style import FINDING
from blocade.experiment.finished import Finished
from blocade.experiment.store import REPORT, StoreError
from blocade.files import contents
from blocade.report import content
from blocade.summary import both_starts
from blocade.verdicts import MEANING
from blocade.writing import put

MOST_PICTURE = 20_000_000
"""Bytes of the largest chart that a page takes in; those that are drawn have a hundredth."""
COMPARED = Path("results/compared.html")
MARK = "<!-- A blocade report; it is replaced by the next one. -->"


@dataclass(frozen=True)
class Picture:
    """A chart: its image as a data address, what it finds, and what to see."""

    name: str
    source: str
    width: int
    height: int
    finding: str
    shows: str


def write(result: Finished) -> None:
    """Write the report of a result into its folder."""
    (result.folder / REPORT).write_text(report(result), encoding="utf-8")


def write_page(folders: Sequence[Path], out: Path | None = None) -> Path:
    """Write the report of finished results: of one its own, of several one that compares them.

    Parameters
    ----------
    out : file, by default ``report.html`` in the one folder, or ``results/compared.html``.

    Returns
    -------
    Where it is.

    Raises
    ------
    StoreError
        If a folder holds no finished results, or the file is the user's own or cannot be written.
    """
    results = [Finished(folder) for folder in folders]
    path = out or (results[0].folder / REPORT if len(results) == 1 else COMPARED)
    if path.is_dir():
        raise StoreError(f"{path}: is a folder; name a file with --out")
    if path.exists() and not _ours(path):
        raise StoreError(f"{path}: is a file of yours; move it or choose another with --out")
    page = report(results[0]) if len(results) == 1 else compared(results)
    put(path.parent, {path.name: page})
    return path


def _ours(path: Path) -> bool:
    """Whether a file is a report, which may be replaced."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return MARK in file.read(200).decode(errors="replace")


def report(result: Finished) -> str:
    """The report of a result: a self-contained HTML page.

    Raises
    ------
    StoreError
        If a chart's file cannot be read.
    """
    return _template().get_template("one.html.j2").render(mark=MARK, meaning=MEANING, **_of(result))


def brief(result: Finished) -> str:
    """The answer and the verdicts of a result, as a notebook shows them."""
    page = result.folder / REPORT
    return _template().get_template("brief.html.j2").render(meaning=MEANING, page=page, **_answer(result))


def compared(results: Sequence[Finished]) -> str:
    """The report of several results: side by side, then each in short.

    Raises
    ------
    StoreError
        If a chart's file cannot be read.
    """
    parts = [_of(result) for result in results]
    apart = content.apart(results)
    return _template().get_template("several.html.j2").render(
        mark=MARK,
        meaning=MEANING,
        parts_of=parts,
        table=content.side_by_side(results, [result.rows for result in results]),
        apart=apart if apart.rows else None,
    )


def pictures(folder: Path) -> list[Picture]:
    """The charts of a results folder, in the order of `SHOWS`."""
    files = {path.stem: path for path in sorted((folder / "charts").glob("*.png"))}
    ordered = [*(name for name in SHOWS if name in files), *(name for name in files if name not in SHOWS)]
    return [_picture(name, files[name]) for name in ordered]


def _picture(name: str, path: Path) -> Picture:
    try:
        written = contents(path, path.parent, MOST_PICTURE)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an image that would be larger than memory is warned of, and no more
            with Image.open(BytesIO(written), formats=("PNG",)) as image:
                text = {key: str(value) for key, value in image.info.items() if isinstance(key, str)}
                width, height = image.size
        data = b64encode(written).decode()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise StoreError(f"{path}: is no image that can be read ({error}); run the scenario again") from error
    finding = text.get(FINDING, name)
    return Picture(name, f"data:image/png;base64,{data}", width, height, finding, SHOWS.get(name, ""))


def _answer(result: Finished) -> dict[str, object]:
    """The least that is said of a result; no table of it is read."""
    real = [row for row in result.rows if row["start"] == "real"]
    caption = "From the real start: the sanctions of the world were in force at the start"
    return {
        "title": result.manifest["title"],
        "answer": content.answer(real),
        "verdicts": content.verdicts(real, caption),
    }


def _of(result: Finished) -> dict[str, object]:
    """What the templates of pages ask for."""
    rows = result.rows
    real = [row for row in rows if row["start"] == "real"]
    clean = [row for row in rows if row["start"] == "clean" and both_starts(row)]
    said, missed = content.judgement(result)
    return {
        **_answer(result),
        "folder": result.folder.name,
        "why": result.scenario.get("why", ""),
        "clean": content.verdicts(clean, "From a clean start: no sanctions were in force at the start"),
        "pictures": pictures(result.folder),
        "settled": content.settled(real),
        "drivers": content.drivers(real),
        "judgement": said,
        "missed": missed,
        "limits": content.limits(result, rows),
        "arms": content.arms(result),
        "parameters": content.parameters(result),
        "provenance": content.provenance(result),
    }


@cache
def _template() -> jinja2.Environment:
    loader = jinja2.PackageLoader("blocade.report", "templates")
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
