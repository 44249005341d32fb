"""Numbers and tables as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign, or a dash for none."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def percent(value: float | None) -> str:
    """A share as a percentage, or a dash for none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.0%}".replace("%", " %")


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Cells as lines, every column as wide as its longest cell."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        " " + "   ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]


def cell(text: str) -> str:
    """Text on one line that a Markdown table can hold."""
    return " ".join(text.split()).replace("|", "\\|")


def listed(names: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def number(x: float, sign: bool = False) -> str:
    """Three digits, with the sign of what is above 0 too where asked: ``.62``, ``1.4``, ``−.3``, ``+.62``."""
    text = f"{abs(x):.3g}"
    before = "−" if x < 0 and float(text) else "+" if sign and x > 0 else ""
    return before + (text.removeprefix("0") if float(text) else "0")


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV, numbers to six digits."""
    return frame.to_csv(index=False, lineterminator="\n", float_format="%.6g")
