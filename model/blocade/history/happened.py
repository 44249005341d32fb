"""What happened, as the model takes it: the sanctions in force day by day, wars, clashes, exits and offers.

The tables are ``seeds/history/acts.csv`` and ``events.csv``, compiled from the public record.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby

from blocade._tables import WorldError, read_table
from blocade._world_tables import GROUP_COLUMNS, read_groups
from blocade.history.record import rows
from blocade.policy.calendar import Decree, calendar, first_step
from blocade.policy.events import (
    ClashEvent,
    Event,
    ExitEvent,
    IsolationEvent,
    OfferEvent,
    SanctionsEvent,
    SecondarySanctionsEvent,
    WarEvent,
)
from blocade.resources import seeds
from blocade.scenario.dates import parse_date
from blocade.world import World

NEVER = 9999.0


def decrees(world: World, first: int, last: int, dt: float) -> tuple[Decree, ...]:
    """What was in force from the first day of year `first` to the last day of year `last`, as the model takes it.

    Acts are read from the table of acts alone, those of the world included, because some of them end; on the first day
    they are the acts of the world (but those that end that day), and effort counts from what is tightened after it.

    Parameters
    ----------
    world : the world of the end of the year before `first`.
    dt : length of a step, years.
    """
    steps = first_step(last + 1.0, first, dt)
    events = (*acts(world, first, last), *events_between(world, first, last))
    return calendar(world.without_acts(), events, float(first), dt, steps, before=world.sanctions)


def acts(world: World, first: int, last: int) -> Iterator[Event]:
    """The acts in force at any time of these years, with the members that groups had at the end of each year (of the
    year before `first` for what was in force when it began)."""
    for row in rows("acts"):
        begin, end = _date(row["from"]), _date(row["to"], NEVER)
        kind = SanctionsEvent if row["kind"] == "sanctions" else IsolationEvent
        years = [year for year in range(first - 1, last + 1) if begin < year + 1 and end > year]
        sides = [(year, *_sides(row, year, world)) for year in years]
        for (senders, targets), same in groupby(sides, key=lambda side: side[1:]):
            held = [year for year, *_ in same]
            since, until = max(begin, float(held[0])), min(end, held[-1] + 1.0)
            for target in targets:
                by = tuple(code for code in senders if code != target)
                if by and until > first:
                    yield kind(since, by, (target,), float(row["severity"]), until)


def _sides(
    row: dict[str, str], year: int, world: World, names: tuple[str, str] = ("senders", "target")
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States of the world on either side of a row, groups resolved as of the end of a year."""
    groups = _groups(year, world.codes)
    named = [[groups.get(name, (name,)) for name in row[side].split(";")] for side in names]
    first, second = (tuple(code for code in world.codes if any(code in group for group in side)) for side in named)
    return first, second


@cache
def _groups(year: int, codes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Members of every group at the end of a year, as worlds have them."""
    mistakes: list[str] = []
    found = read_groups(read_table(seeds() / "groups.csv", GROUP_COLUMNS, mistakes), year, codes, mistakes)
    if mistakes:
        raise WorldError(mistakes)
    return found


def events_between(world: World, first: int, last: int) -> Iterator[Event]:
    """Wars, clashes, exits, offers and declarations of these years, between states of the world.

    A small war (level .5) is fought from stocks, so it adds no need of arms, and it frightens no third state
    (assumptions); a large one adds the need that is drawn and threatens whom it is fought with and their friends. What
    was under way before `first` stands in the world's own figures (ties, needs, fear of punishment) and does not begin
    again; but an offer that stands is new to the model, whose start has none.
    """
    for row in rows("events"):
        begin, end = _date(row["from"]), _date(row["to"], NEVER)
        if begin >= last + 1 or end <= first or (begin < first and row["kind"] != "offer"):
            continue
        on, by = _sides(row, int(begin), world, ("on", "by"))
        level, until = float(row["level"] or 1.0), None if end == NEVER else end
        match row["kind"]:
            case "war" if on and level == 1.0:
                yield WarEvent(on, begin, end, against=by)
            case "clash" if on and by:
                yield ClashEvent(begin, by, on, level, until)
            case "exit" if on and by:
                yield ExitEvent(begin, by, on, level, until)
            case "offer" if on and by:
                yield OfferEvent(begin, by, on, level, None, until)
            case "declared" if by:
                yield SecondarySanctionsEvent(begin, by, None, until)


def _date(text: str, missing: float = 0.0) -> float:
    written = parse_date(text)
    return missing if written is None else written.value
