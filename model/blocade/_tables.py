"""Read a CSV table strictly: known columns, one line per mistake with file and line."""

from __future__ import annotations

import csv
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt


class WorldError(ValueError):
    """A world that cannot be read or made.

    Attributes
    ----------
    mistakes
        One line each: "file:line: what is wrong; what would mend it".
    """

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = list(mistakes)


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
            try:
                value = float(text)
            except ValueError:
                mistakes.append(f"{self.path}:{line}: {name} '{text}' is not a number; write one")
                continue
            if not np.isfinite(value):
                mistakes.append(f"{self.path}:{line}: {name} is {text}; write a finite number")
            elif not (low <= value <= high and value > above):
                mistakes.append(f"{self.path}:{line}: {name} {text} is out of range; {_range(low, high, above)}")
            else:
                values[k] = value
        return values

    def known(self, line: int, codes: Iterable[str], known: Container[str], mistakes: list[str]) -> bool:
        """Whether all codes are known; notes one mistake per stranger."""
        strangers = [code for code in codes if code not in known]
        mistakes.extend(
            f"{self.path}:{line}: '{code}' is not among the states; correct it or add it to states.csv"
            for code in strangers
        )
        return not strangers


def _range(low: float, high: float, above: float) -> str:
    lower = f"more than {above:g}" if above > low else f"at least {low:g}"
    return f"it must be {lower}" + (f" and at most {high:g}" if np.isfinite(high) else "")


def read_table(path: Path, columns: Sequence[str], mistakes: list[str], *, some: bool = False) -> Table:
    """Read a table with exactly these columns in any order; what is wrong is added to `mistakes`.

    Parameters
    ----------
    some : whether columns may be left out; rows then lack them.
    """
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_header(path, header, columns, mistakes, some)
            kept = [name for name in columns if name in header] if some else columns
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(header):
                    mistakes.append(
                        f"{path}:{reader.line_num}: {len(cells)} cells under {len(header)} columns; quote a comma "
                        "inside a cell"
                    )
                    continue
                row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
                rows.append((reader.line_num, {name: row.get(name, "") for name in kept}))
    except FileNotFoundError:
        mistakes.append(f"{path}:1: no such file; a world needs it with the columns {', '.join(columns)}")
    except IsADirectoryError:
        mistakes.append(f"{path}:1: a folder, not a table; name a CSV file")
    except UnicodeDecodeError:
        mistakes.append(f"{path}:1: not UTF-8 text; save it as UTF-8")
    except csv.Error as error:
        mistakes.append(f"{path}:1: not a CSV table ({error}); save it with commas and double quotes")
    return Table(path, rows)


def _check_header(path: Path, header: list[str], columns: Sequence[str], mistakes: list[str], some: bool) -> None:
    if len(set(header)) != len(header):
        mistakes.append(f"{path}:1: a column is there twice; leave one")
    if not some:
        mistakes.extend(f"{path}:1: no column {name}; add it" for name in columns if name not in header)
    known = ", ".join(columns)
    mistakes.extend(
        f"{path}:1: unknown column '{name}'; the columns are {known}" for name in header if name not in columns
    )
