"""Values of an event that a file leaves open: they are a lever, and can be anything in its range."""

from __future__ import annotations

from dataclasses import dataclass

from blocade.scenario.dates import Date


@dataclass(frozen=True)
class Span:
    """What a key can be that names a lever: as the reader of that key took both ends of the lever's range."""

    lever: str
    low: Date | float
    high: Date | float

    @property
    def middle(self) -> float:
        """The value that stands for all others where one is needed; of dates a decimal year."""
        return (plain(self.low) + plain(self.high)) / 2.0


def plain(value: Date | float) -> float:
    """A number, or a date as a decimal year."""
    return value.value if isinstance(value, Date) else value


def earliest(value: Date | Span) -> Date:
    """The first date that a key can be."""
    found = value.low if isinstance(value, Span) else value
    assert isinstance(found, Date)
    return found


def latest(value: Date | Span) -> Date:
    """The last date that a key can be."""
    found = value.high if isinstance(value, Span) else value
    assert isinstance(found, Date)
    return found
