"""Scenarios in words, for pages and notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from blocade.scenario.dates import month

NAMED: Final = 6
"""States of a group without a name of its own that are named before the rest is counted."""
PLAIN: Final = ("kind", "at", "until", "by", "on")
"""Keys of an event that its sentence has words for; the others follow as they are."""
DATES: Final = ("ramp_until",)
"""Others whose values are decimal years."""
Names = Mapping[str, str]


def named(codes: Sequence[str], names: Names) -> str:
    """Some states by name, however many have a part together."""
    some = [names[code] for code in codes[:NAMED]]
    return ", ".join(some) + (f" and {len(codes) - len(some)} more" if len(codes) > len(some) else "")


def group(codes: Sequence[str], scenario: Mapping[str, Any], names: Names) -> str:
    """Some states in words: by their part if they have one together, else by name."""
    for part in ("senders", "bloc"):
        if len(codes) > 1 and set(codes) == set(scenario[part]):
            return f"the {part}"
    return named(codes, names)


def event_told(event: Mapping[str, Any], scenario: Mapping[str, Any], names: Names) -> str:
    """An event in words.

    Parameters
    ----------
    event, scenario : as `Scenario.resolved` gives them. names : of the world's states, by code.
    """
    text = str(event["kind"])
    text += f" by {group(event['by'], scenario, names)}" if event.get("by") else ""
    text += f" on {group(event['on'], scenario, names)}" if event.get("on") else ""
    text += f", from {_when(event['at'])}" if "at" in event else ""
    text += f" until {_when(event['until'])}" if event.get("until") is not None else ""
    for key, value in event.items():
        if key in PLAIN or value is None or value is False or value in ((), []):  # but 0 is a level like another
            continue
        text += f", {key.replace('_', ' ')} {_when(value) if key in DATES else _value(value, scenario, names)}"
    return text


def _when(value: object) -> str:
    return month(value) if isinstance(value, int | float) else str(value)


def _value(value: object, scenario: Mapping[str, Any], names: Names) -> str:
    if value is True:
        return "yes"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return group(value, scenario, names) if all(one in names for one in value) else ", ".join(value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)
