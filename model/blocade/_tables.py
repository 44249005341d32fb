"""Read a CSV table strictly: known columns, one line per mistake with file and line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from blocade.files import FileError, contents, plain

MOST_ROWS: Final = 250_000
"""Rows of the longest table that is read: the trade of 300 states has 90,000, a table of their distances in three years
as many as this."""
MOST_TOLD: Final = 100
"""Mistakes that are told; who mends so many begins anew."""
LONGEST_CELL: Final = 60
"""Characters of a cell that a mistake repeats."""
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
"""A number as other programs write it too: `float` would also take 1_000 and the digits of any script."""


class WorldError(ValueError):
    """A world that cannot be read or made.

    Attributes
    ----------
    mistakes
        One line each: "file:line: what is wrong; what would mend it", the first `MOST_TOLD` of them.
    """

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = [plain(mistake) for mistake in mistakes[: MOST_TOLD + 1]]
        if len(mistakes) > MOST_TOLD + 1:  # one more is the line that says how many more
            self.mistakes = [*self.mistakes[:MOST_TOLD], f"and {len(mistakes) - MOST_TOLD} more; mend these first"]
        super().__init__("\n".join(self.mistakes))

    def __reduce__(self) -> tuple[type[WorldError], tuple[list[str]]]:
        return type(self), (self.mistakes,)  # it travels from worker processes, and is made of lines, not of one text


@dataclass(frozen=True)
class Table:
    """Rows of one file, each with its line number."""

    path: Path
    rows: list[tuple[int, dict[str, str]]]

    def numbers(
        self,
        name: str,
        mistakes: list[str],
        *,
        low: float = -np.inf,
        high: float = np.inf,
        above: float = -np.inf,
        blank: bool = False,
    ) -> npt.NDArray[np.float64]:
        """A column as finite numbers in [low, high] and > above, `[row]`; NaN where blank (if allowed) or wrong."""
        values = np.full(len(self.rows), np.nan)
        for k, (line, row) in enumerate(self.rows):
            text = row[name].strip()
            if blank and not text:
                continue
            said = cut(text)
            if NUMBER.fullmatch(text) is None and text.lower().lstrip("+-") not in ("nan", "inf", "infinity"):
                mistakes.append(f"{self.path}:{line}: {name} '{said}' is not a number; write one")
                continue
            value = float(text) + 0.0  # which makes 0 of -0
            if not np.isfinite(value):
                mistakes.append(f"{self.path}:{line}: {name} is {said}; write a finite number")
            elif not (low <= value <= high and value > above):
                mistakes.append(f"{self.path}:{line}: {name} {said} is out of range; {_range(low, high, above)}")
            else:
                values[k] = value
        return values

    def known(self, line: int, codes: Iterable[str], known: Container[str], mistakes: list[str]) -> bool:
        """Whether all codes are known; notes one mistake per stranger."""
        strangers = [code for code in codes if code not in known]
        mistakes.extend(
            f"{self.path}:{line}: '{cut(code)}' is not among the states; correct it or add it to states.csv"
            for code in strangers
        )
        return not strangers


def _range(low: float, high: float, above: float) -> str:
    lower = f"more than {above:g}" if above > low else f"at least {low:g}"
    return f"it must be {lower}" + (f" and at most {high:g}" if np.isfinite(high) else "")


def cut(cell: str) -> str:
    """A cell as a mistake repeats it."""
    return plain(cell, LONGEST_CELL)


def read_table(
    path: Path, columns: Sequence[str], mistakes: list[str], *, some: bool = False, folder: Path | None = None
) -> Table:
    """Read a table with exactly these columns in any order; what is wrong is added to `mistakes`.

    White space in a cell, breaks of the line included, counts as one blank.

    Parameters
    ----------
    some : whether columns may be left out; rows then lack them.
    folder : outside of which no link may lead; None for a file that the user names.
    """
    rows: list[tuple[int, dict[str, str]]] = []
    begun = 1
    try:
        reader = csv.reader(io.StringIO(_text(path, folder), newline=""), strict=True)
        header = next(reader, [])
        _check_header(path, header, columns, mistakes, some)
        kept = [name for name in columns if name in header] if some else columns
        begun = reader.line_num + 1
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                pass
            elif len(cells) != len(header):
                mistakes.append(
                    f"{path}:{reader.line_num}: {len(cells)} cells under {len(header)} columns; quote a comma "
                    "inside a cell"
                )
            else:
                row = dict(zip(header, (" ".join(cell.split()) for cell in cells), strict=True))
                rows.append((reader.line_num, {name: row.get(name, "") for name in kept}))
            if len(rows) > MOST_ROWS or len(mistakes) > MOST_ROWS:
                mistakes.append(f"{path}:{reader.line_num}: more than {MOST_ROWS} rows; split the table")
                break
            begun = reader.line_num + 1
    except FileNotFoundError:
        mistakes.append(f"{path}:1: no such file; a world needs it with the columns {', '.join(columns)}")
    except FileError as error:
        mistakes.append(f"{path}:1: {error}")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        mistakes.append(f"{path}:{line}: not UTF-8 text; save it as UTF-8")
    except csv.Error as error:
        mistakes.append(f"{path}:{begun}: not a CSV table ({error}); save it with commas and double quotes")
    return Table(path, rows)


def _text(path: Path, folder: Path | None) -> str:
    """The text of a table."""
    text = contents(path, folder).decode("utf-8-sig")
    if "\0" in text:
        raise FileError("holds bytes of 0, so it is no text")
    return text


def _check_header(path: Path, header: list[str], columns: Sequence[str], mistakes: list[str], some: bool) -> None:
    if len(set(header)) != len(header):
        mistakes.append(f"{path}:1: a column is there twice; leave one")
    if not some:
        mistakes.extend(f"{path}:1: no column {name}; add it" for name in columns if name not in header)
    known = ", ".join(columns)
    strangers = [name for name in header if name not in columns]
    mistakes.extend(
        f"{path}:1: unknown column '{cut(name)}'; the columns are {known}" for name in strangers[:MOST_TOLD]
    )
