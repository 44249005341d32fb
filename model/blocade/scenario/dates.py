"""Dates as scenario files write them: 2022, 2022-04 or 2022-04-01."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, order=True)
class Date:
    """A date as a decimal year (`value`), with the text it was written as for messages."""

    value: float
    text: str


def parse_date(written: object) -> Date | None:
    """Read a date, or give None where it is none.

    Parameters
    ----------
    written
        A whole number (a year) or text in one of the three forms.

    Returns
    -------
    Date or None
        The value is year + (month − 1)/12 + (day − 1)/365, so that months are equally long and the
        order of dates is kept (a month's last day adds at most 30/365 < 1/12).
    """
    if isinstance(written, bool) or not isinstance(written, int | str):
        return None
    text = str(written)
    form = _FORM.fullmatch(text)
    if form is None or not text.isascii():
        return None
    year, month, day = int(form[1]), int(form[2] or 1), int(form[3] or 1)
    try:
        date(year, month, day)
    except ValueError:
        return None
    return Date(year + (month - 1) / 12 + (day - 1) / 365, text)


def month(value: float) -> str:
    """A decimal year as the month that begins nearest to it: ``2024-06``."""
    months = round(12 * value)
    return f"{months // 12}-{months % 12 + 1:02d}"


def written(value: float) -> int | str:
    """A decimal year as files write it, in the shortest form that is read as the same day."""
    months = int(12 * value + 1e-6)  # what is left is at most 30/365 of a year
    days = round((value - months / 12) * 365)
    if days:
        return f"{months // 12}-{months % 12 + 1:02d}-{days + 1:02d}"
    return month(value) if months % 12 else months // 12
