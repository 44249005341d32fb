"""Levers: names for what varies in the events, with the range of each, and keys that name one instead of a value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, get_args

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from blocade.policy.events import LEVELS
from blocade.scenario.dates import parse_date
from blocade.scenario.fields import READERS, WRITTEN, Problem, all_wrong, frame_of, is_number, wrong
from blocade.scenario.positions import Scalar, Tree
from blocade.scenario.span import Span
from blocade.scenario.wording import Mistake, nearest, quote

VARIABLE: Final = (
    "at", "until", "ramp_until", "level", "share", "value", "relief", "credibility", "need", "regime", "gain",
)  # fmt: skip
"""Fields of events that are a number or a date, and so can be a lever."""
_KEYS: Final = frozenset({"from", *(name.replace("_", "-") for name in VARIABLE)})
_NAME: Final = re.compile(r"[A-Za-z][\w-]{0,39}")
_TAKEN: Final = ("draw", "posterior")
"""Words that mean something else where draws are stored or made."""
_LEVER_SCHEMA: Final = {"type": "string", "pattern": f"^{_NAME.pattern}$", "description": "a lever"}

Ends = tuple[Scalar, Scalar]
Range = tuple[float, float, bool]
"""Low and high end, dates as decimal years, and whether they are dates."""


def ranges(given: Tree | None) -> dict[str, Ends | None]:
    """The levers of a file as its keys may name them: both ends as they are written, None where the range is wrong."""
    if given is None or given.entries is None:
        return {}
    found: dict[str, Ends | None] = {}
    for name, tree in given.entries.items():
        written = tree.plain()
        if isinstance(written, list) and not isinstance(_range(name, written), str):
            found[name] = (written[0], written[1])
        else:
            found[name] = None
    return found


def check_uses(tree: Tree, parameters: Collection[str]) -> list[Mistake]:
    """Report levers of a good name that no event names, in a tree that may have other mistakes."""
    levers = tree.get("levers")
    if levers is None or not levers.entries:
        return []
    words = {word for event in _events(tree) for word in _words(event)}
    meant = words | {nearest(word, levers.entries) for word in words if word not in levers.entries}
    return [
        Mistake(levers.keys[name], f"no event names the lever {quote(name)}; name it in one, or take it out")
        for name in levers.entries
        if name not in meant and _name_problem(name, parameters) is None
    ]


def _events(tree: Tree) -> Iterator[Tree]:
    background, arms = tree.get("background"), tree.get("arms")
    yield from (background.entries or {}).values() if background is not None else ()
    for arm in (arms.entries or {}).values() if arms is not None else ():
        events = arm.get("events")
        yield from (events.items or ()) if events is not None else ()


def _words(event: Tree) -> Iterator[str]:
    for key, value in (event.entries or {}).items():
        if key in _KEYS and isinstance(value.scalar, str):
            yield value.scalar


def _read_levers(value: Any, info: ValidationInfo) -> dict[str, Range]:
    if not isinstance(value, dict):
        raise wrong(f'"levers" must be a mapping, name: [low, high], not {WRITTEN}')
    parameters = frame_of(info).vocabulary.parameter_ranges
    problems: list[Problem] = []
    read: dict[str, Range] = {}
    for name, given in value.items():
        bad = _name_problem(name, parameters)
        if bad is not None:
            problems.append(((name, "[key]"), bad))
        found = _range(name, given)
        if isinstance(found, str):
            problems.append(((name,), found))
        else:
            read[name] = found
    if problems:
        raise all_wrong(problems)
    return read


def _name_problem(name: str, parameters: Collection[str]) -> str | None:
    if not _NAME.fullmatch(name):
        return f"the lever name {quote(name)} may hold only letters, digits, _ and -, a letter first"
    taken = "a level" if name in LEVELS else "a parameter" if name in parameters else ""
    if taken or name in _TAKEN:
        return f"{quote(name)} is the name of {taken or 'something else'}; call the lever otherwise"
    return None


def _range(name: str, given: object) -> Range | str:
    """A lever's range, or what is wrong with it."""
    if not isinstance(given, list) or len(given) != 2:
        return f"{quote(name)} must be a range [low, high] of two numbers or two dates, not {WRITTEN}"
    dates = [parse_date(end) for end in given]
    low, high = given
    dated = dates[0] is not None and dates[1] is not None
    if dates[0] is not None and dates[1] is not None:
        low, high = dates[0].value, dates[1].value
    elif not (is_number(low) and is_number(high)):
        shown = " and ".join(quote(end) for end in given)
        return f"{quote(name)} must run from a number to a number or from a date to a date (2022-04), not {shown}"
    if low > high:
        return f"the range of {quote(name)} must run from low to high; exchange its ends"
    return float(low), float(high), dated


def _or_lever(reader: Any) -> Any:
    """The reader of a key that may name a lever: then both ends of its range must be right there."""
    kind, check, schema = get_args(reader)

    def read(value: Any, info: ValidationInfo) -> Any:
        levers = frame_of(info).levers
        if not isinstance(value, str) or value not in levers:
            return _value(check.func, value, info)
        ends = levers[value]
        if ends is None:  # the range is reported where it is given
            return None
        return Span(value, *(_end(check.func, value, ends, end, info) for end in ends))

    either = WithJsonSchema({"anyOf": [schema.json_schema, _LEVER_SCHEMA]})
    return Annotated[kind | Span, PlainValidator(read), either]


def _value(read: Any, value: Any, info: ValidationInfo) -> Any:
    """A value that is no lever; where it is a word that fits nothing, a lever may be meant."""
    try:
        return read(value, info)
    except PydanticCustomError:
        levers = frame_of(info).levers
        words = [*levers, *(LEVELS if info.field_name == "level" else ())]
        near = nearest(value, words) if isinstance(value, str) else None
        if near is None or near not in levers:
            raise
        raise wrong(f'unknown lever {WRITTEN}, did you mean "{near}"?') from None


def _end(read: Any, lever: str, ends: Ends, end: Scalar, info: ValidationInfo) -> Any:
    try:
        return read(end, info)
    except PydanticCustomError as error:
        text = str((error.context or {})["text"]).replace(WRITTEN, quote(end))
        raise wrong(f"the lever {quote(lever)} runs from {ends[0]} to {ends[1]}: {text}") from None


Levers = Annotated[
    dict[str, Range],
    PlainValidator(_read_levers),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": f"^{_NAME.pattern}$"},
            "additionalProperties": {
                "type": "array",
                "items": {"type": ["number", "string"]},
                "minItems": 2,
                "maxItems": 2,
                "description": "[low, high], two numbers or two dates",
            },
        }
    ),
]
VARIED: Final[Mapping[str, Any]] = MappingProxyType(
    {name: _or_lever(reader) if name in VARIABLE else reader for name, reader in READERS.items()}
)
"""How each field of an event is read where it may name a lever."""
