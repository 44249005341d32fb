"""Types of the single fields of scenario files: how each is read and checked.

Every reader gets what the file says and the `Frame` it must fit (as validation context), and raises
all it finds wrong, worded for the reader of the message. `WRITTEN` stands for what the file says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import PlainValidator, ValidationError, ValidationInfo, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from blocade.limits import LIMITS
from blocade.policy.events import LEVELS
from blocade.scenario.dates import Date, parse_date
from blocade.scenario.names import Frame, States, read_names, state_name
from blocade.scenario.span import earliest, latest
from blocade.scenario.wording import nearest, unknown

WRITTEN: Final = "\0"
MAX_YEARS: Final = 100
MAX_GAIN: Final = 100
MAX_LINE: Final = 1_000
"""Characters of a title, a reason or a label: charts break them into lines, which takes minutes from 50,000 on."""
ANSWERS: Final = ("hostility", "armament")

Problem = tuple[tuple[str | int, ...], str]


def frame_of(info: ValidationInfo) -> Frame:
    """Give the validation context, which the loader always passes."""
    frame = info.context
    if not isinstance(frame, Frame):
        raise TypeError("scenario files are validated with a Frame as context; use load_scenario")
    return frame


def wrong(text: str) -> PydanticCustomError:
    """Make one mistake at the field itself."""
    return PydanticCustomError("scenario", "{text}", {"text": text})


def all_wrong(problems: Sequence[Problem]) -> ValidationError:
    """Make several mistakes, each with its place inside the field."""
    details = [InitErrorDetails(type=wrong(text), loc=loc, input=None) for loc, text in problems]
    return ValidationError.from_exception_data("scenario", details)


def _key(info: ValidationInfo) -> str:
    return (info.field_name or "").replace("_", "-")


def is_number(value: object) -> bool:
    """Whether it is a finite number, and no yes or no."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= 1e300 if isinstance(value, int) else math.isfinite(value)


def _read_date(value: Any, info: ValidationInfo) -> Date:
    date = parse_date(value)
    if date is None:
        raise wrong(f"not a date: {WRITTEN}; write 2022, 2022-04 or 2022-04-01")
    return date


def _read_end(value: Any, info: ValidationInfo) -> Date:
    end, start = _read_date(value, info), frame_of(info).start
    if start is not None and end.value <= start.value:
        raise wrong(f"the end, {end.text}, must come after the start, {start.text}")
    if start is not None and end.value - start.value > MAX_YEARS:
        raise wrong(f"a run from {start.text} to {end.text} is longer than {MAX_YEARS} years; end it sooner")
    return end


def _read_run_date(value: Any, info: ValidationInfo) -> Date:
    date, frame = _read_date(value, info), frame_of(info)
    start, end = frame.start, frame.end
    if start is not None and end is not None and start.value < end.value:
        inside = start.value <= date.value <= end.value
        if not inside:
            raise wrong(f"{date.text} is outside the run, {start.text} to {end.text}")
    if info.field_name not in {"until", "ramp_until"}:
        return date
    # where the other date is a lever, the order must hold at the worst of its ends
    begin = info.data.get("at")
    if begin is not None and date.value <= latest(begin).value:
        raise wrong(f'"{_key(info)}", {date.text}, must come after the event begins, {latest(begin).text}')
    until = info.data.get("until") if info.field_name == "ramp_until" else None
    if until is not None and date.value > earliest(until).value:
        raise wrong(f'"ramp-until", {date.text}, must not come after "until", {earliest(until).text}')
    return date


def _read_fraction(value: Any, info: ValidationInfo) -> float:
    if not is_number(value) or not 0 <= value <= 1:
        raise wrong(f'"{_key(info)}" must be a number from 0 to 1, not {WRITTEN}')
    return float(value)


def _read_gain(value: Any, info: ValidationInfo) -> float:
    if not is_number(value) or not 0 <= value <= MAX_GAIN:
        raise wrong(f'"gain" must be a number from 0 to {MAX_GAIN}, not {WRITTEN}')
    return float(value)


def _read_answers(value: Any, info: ValidationInfo) -> str:
    if value not in ANSWERS:
        raise wrong(unknown("answer", value, ANSWERS))
    return str(value)


def _read_flag(value: Any, info: ValidationInfo) -> bool:
    if not isinstance(value, bool):
        raise wrong(f'"{_key(info)}" must be true or false, not {WRITTEN}')
    return value


def _read_level(value: Any, info: ValidationInfo) -> float:
    if isinstance(value, str):
        if value in LEVELS:
            return LEVELS[value]
        near = nearest(value, LEVELS)
        if near is not None:
            raise wrong(f'unknown level {WRITTEN}, did you mean "{near}"?')
    if not is_number(value) or not 0 <= value <= 1:
        raise wrong(f'"level" must be {", ".join(LEVELS)} or a number from 0 to 1, not {WRITTEN}')
    return float(value)


def _read_whole(low: int, high: int) -> Callable[[Any, ValidationInfo], int]:
    def read(value: Any, info: ValidationInfo) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise wrong(f'"{_key(info)}" must be a whole number from {low} to {high}, not {WRITTEN}')
        return value

    return read


def _read_line(value: Any, info: ValidationInfo) -> str:
    if value is not None and not isinstance(value, str):
        raise wrong(f'"{_key(info)}" must be text, not {WRITTEN}; put it in quotes')
    text = " ".join((value or "").split())
    if not text:
        raise wrong(f'"{_key(info)}" is empty; say it in a few words')
    if len(text) > MAX_LINE:
        raise wrong(f'"{_key(info)}" has {len(text)} characters; say it in {MAX_LINE} at the most')
    return text


def each_text(value: Any, info: ValidationInfo) -> tuple[list[str], list[Problem]]:
    """Take a list of texts apart; what is no text is a problem and gives "" (so indices stay)."""
    if not isinstance(value, list):
        raise wrong(f'"{_key(info)}" must be a list, [{WRITTEN}] for one, not {WRITTEN}')
    bad: list[Problem] = [
        ((index,), f'"{_key(info)}" must list names, not {WRITTEN}')
        for index, item in enumerate(value)
        if not isinstance(item, str)
    ]
    return [item if isinstance(item, str) else "" for item in value], bad


def _states(value: Any, info: ValidationInfo, roles: bool) -> tuple[States, list[Problem]]:
    texts, problems = each_text(value, info)
    if not texts:
        raise wrong(f'"{_key(info)}" is empty; name a state or group')
    frame = frame_of(info)
    if frame.world is None:
        return States((), frozenset()), problems
    bad = {loc[0] for loc, _ in problems}
    kept = [index for index in range(len(texts)) if index not in bad]
    naming = read_names([texts[index] for index in kept], frame.world, frame.roles if roles else {})
    problems += [((kept[index],), text) for index, text in naming.problems]
    return naming.states, problems


OTHER_SIDE: Final[Mapping[str, str]] = MappingProxyType({"on": "by", "by": "on", "against": "on"})
"""Side of an event that a field may not share states with, where that is read before it."""


def _read_states(value: Any, info: ValidationInfo) -> States:
    states, problems = _states([value] if isinstance(value, str) else value, info, roles=True)
    other = OTHER_SIDE.get(info.field_name or "", "")
    named, world = info.data.get(other), frame_of(info).world
    if isinstance(named, States) and world is not None and not problems:
        sides = f"`{other}` and `{info.field_name}`"
        own = [code for code in states.codes if code in states.explicit & named.explicit]
        problems += [
            (_item(code, value, info), f"{state_name(code, world)} is in both {sides}; take it out") for code in own
        ]
        if not own and named.codes and states.codes and not all(without_overlap(named, states)):
            problems.append(((), f"{sides} name the same states; a state cannot act on itself"))
    if problems:
        raise all_wrong(problems)
    return states


def _item(code: str, value: Any, info: ValidationInfo) -> tuple[int, ...]:
    """Find which item of a list of names brings a state in."""
    frame = frame_of(info)
    for index, name in enumerate(value if isinstance(value, list) else []):
        world = frame.world if isinstance(name, str) else None
        if world is not None and code in read_names([name], world, frame.roles).states.codes:
            return (index,)
    return ()


def _both(code: str, one: str, other: str, frame: Frame) -> str:
    name = code if frame.world is None else state_name(code, frame.world)
    return f"{name} is in both `{one}` and `{other}`; take it out of one"


def without_overlap(by: States, on: States) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take states that are in both out of the side that names them only through a group.

    Where both name a state through groups, it stays a target.
    """
    both = set(by.codes) & set(on.codes)
    stay = both & by.explicit
    return (
        tuple(code for code in by.codes if code not in both - stay),
        tuple(code for code in on.codes if code not in stay),
    )


def _read_members(value: Any, info: ValidationInfo) -> States:
    states, problems = _states(value, info, roles=False)
    frame, key = frame_of(info), _key(info)
    bloc = frame.roles.get("bloc") or ()
    if key == "senders" and frame.world is not None:
        both = [code for code in states.codes if code in bloc]
        problems += [
            (_item(code, value, info), _both(code, "bloc", "senders", frame))
            for code in both
        ]
    if problems:
        raise all_wrong(problems)
    return states


def _read_patron(value: Any, info: ValidationInfo) -> States:
    if not isinstance(value, str):
        raise wrong(f'"patron" must be one state, not {WRITTEN}')
    frame = frame_of(info)
    if frame.world is None:
        return States((), frozenset())
    naming = read_names([value], frame.world, {})
    if naming.problems:
        raise wrong(naming.problems[0][1])
    if not naming.states.explicit:
        raise wrong(f'"patron" must be one state, and {WRITTEN} is a group')
    for role in ("bloc", "senders"):
        if naming.states.codes[0] in (frame.roles.get(role) or ()):
            raise wrong(_both(naming.states.codes[0], role, "patron", frame))
    return naming.states


def _read_world(value: Any, info: ValidationInfo) -> str:
    frame = frame_of(info)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise wrong(f'"world" must be the name of a world or a folder, not {WRITTEN}')
    if frame.world_problem is not None:
        raise wrong(frame.world_problem)
    return frame.world_key


def _read_name(names: str) -> Callable[[Any, ValidationInfo], str]:
    def read(value: Any, info: ValidationInfo) -> str:
        known: Collection[str] = getattr(frame_of(info).vocabulary, names)
        if not isinstance(value, str):
            raise wrong(f'"{_key(info)}" must be a name, not {WRITTEN}')
        if value not in known:
            raise wrong(unknown(_key(info), value, sorted(known)))
        return value

    return read


def _read_known(what: str) -> Callable[[Any, ValidationInfo], tuple[str, ...]]:
    def read(value: Any, info: ValidationInfo) -> tuple[str, ...]:
        names: Collection[str] = getattr(frame_of(info).vocabulary, _key(info))
        texts, problems = each_text(value, info)
        for index, text in enumerate(texts):
            if not isinstance(value[index], str):
                continue
            if text not in names:
                problems.append(((index,), unknown(what, text, sorted(names))))
            elif text in texts[:index]:
                problems.append(((index,), f'{what} "{text}" is named twice; name it once'))
        if problems:
            raise all_wrong(problems)
        return tuple(texts)

    return read


def _read_starts(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    starts = _read_known("start")(value, info)
    if "real" not in starts:
        raise wrong('"starts" must name real among them; every verdict is told from there')
    return starts


def _read_hypotheses(value: Any, info: ValidationInfo) -> dict[str, dict[str, str | float]]:
    if not isinstance(value, dict):
        raise wrong(f'"hypotheses" must be a mapping, H1: {{role: arm}}, not {WRITTEN}')
    known = frame_of(info).vocabulary.hypotheses
    problems: list[Problem] = []
    for name, given in value.items():
        if name not in known:
            problems.append(((name, "[key]"), unknown("hypothesis", name, known)))
        elif not isinstance(given, dict) or set(given) - {"read"} != set(known[name]):
            problems.append(((name,), f"{name} compares arms in these roles, all of them: {', '.join(known[name])}"))
        else:
            problems += [
                ((name, role), f'"{role}" must name an arm, not {WRITTEN}')
                for role, arm in given.items()
                if role != "read" and not isinstance(arm, str)
            ]
            read = given.get("read", 1)
            if not is_number(read) or not 0 < read <= MAX_YEARS:
                text = f'"read", years after the first event, must be a number up to {MAX_YEARS}, not {WRITTEN}'
                problems.append(((name, "read"), text))
    if problems:
        raise all_wrong(problems)
    return value


def _parameter_problem(name: str, value: Any, bounds: tuple[float, float]) -> Problem | None:
    low, high = bounds
    numbers = value if isinstance(value, list) else [value]
    if len(numbers) != (2 if isinstance(value, list) else 1) or not all(map(is_number, numbers)):
        return (name,), f'"{name}" must be a number or a range [low, high], not {WRITTEN}'
    for index, number in enumerate(numbers):
        if not low <= number <= high:
            loc = (name, index) if isinstance(value, list) else (name,)
            return loc, f'"{name}" must lie from {low:g} to {high:g}, not at {WRITTEN}'
    if len(numbers) == 2 and numbers[0] >= numbers[1]:
        return (name,), f'the range of "{name}" must run from low to high; for one value write the number'
    return None


def _read_parameters(value: Any, info: ValidationInfo) -> dict[str, float | tuple[float, float]]:
    if not isinstance(value, dict):
        raise wrong(f'"parameters" must be a mapping, name: value, not {WRITTEN}')
    ranges = frame_of(info).vocabulary.parameter_ranges
    problems: list[Problem] = []
    read: dict[str, float | tuple[float, float]] = {}
    for name, given in value.items():
        if name not in ranges:
            text = unknown("parameter", name, sorted(ranges)) if nearest(name, ranges) else (
                f'unknown parameter "{name}"; its name must stand in seeds/parameters.csv')
            problems.append(((name, "[key]"), text))
            continue
        problem = _parameter_problem(name, given, ranges[name])
        if problem is not None:
            problems.append(problem)
        else:
            read[name] = (float(given[0]), float(given[1])) if isinstance(given, list) else float(given)
    if problems:
        raise all_wrong(problems)
    return read


_NAMES_SCHEMA: Final[dict[str, Any]] = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_FRACTION_SCHEMA: Final[dict[str, Any]] = {"type": "number", "minimum": 0, "maximum": 1}
_DATE_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "integer", "description": "a year"},
        {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$", "description": "2022-04 or 2022-04-01"},
    ]
}
_PAIR_SCHEMA: Final[dict[str, Any]] = {
    "type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2, "description": "a range [low, high]",
}


def _whole_schema(low: int, high: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": low, "maximum": high})


StartDate = Annotated[Date, PlainValidator(_read_date), WithJsonSchema(_DATE_SCHEMA)]
EndDate = Annotated[Date, PlainValidator(_read_end), WithJsonSchema(_DATE_SCHEMA)]
Fraction = Annotated[float, PlainValidator(_read_fraction), WithJsonSchema(_FRACTION_SCHEMA)]
Line = Annotated[
    str, PlainValidator(_read_line), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_LINE})
]
Members = Annotated[
    States, PlainValidator(_read_members), WithJsonSchema({**_NAMES_SCHEMA, "minItems": 1})
]
Patron = Annotated[States | None, PlainValidator(_read_patron), WithJsonSchema({"type": "string"})]
WorldKey = Annotated[
    str, PlainValidator(_read_world), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]})
]
Theory = Annotated[str, PlainValidator(_read_name("theories")), WithJsonSchema({"type": "string"})]
Posterior = Annotated[str, PlainValidator(_read_name("posteriors")), WithJsonSchema({"type": "string"})]
Starts = Annotated[tuple[str, ...], PlainValidator(_read_starts), WithJsonSchema(_NAMES_SCHEMA)]
Hypotheses = Annotated[
    dict[str, dict[str, str | float]],
    PlainValidator(_read_hypotheses),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "description": "an arm for each of its roles, and, if wanted, `read`, years after the first event",
                "properties": {"read": {"type": "number", "description": "years after the first event"}},
                "additionalProperties": {"type": "string"},
            },
        }
    ),
]
Measures = Annotated[
    tuple[str, ...], PlainValidator(_read_known("measure")), WithJsonSchema(_NAMES_SCHEMA)
]
Claims = Annotated[tuple[str, ...], PlainValidator(_read_known("claim")), WithJsonSchema(_NAMES_SCHEMA)]
Charts = Annotated[tuple[str, ...], PlainValidator(_read_known("chart")), WithJsonSchema(_NAMES_SCHEMA)]
Parameters = Annotated[
    dict[str, float | tuple[float, float]],
    PlainValidator(_read_parameters),
    WithJsonSchema(
        {"type": "object", "additionalProperties": {"anyOf": [{"type": "number"}, _PAIR_SCHEMA]}}
    ),
]
Draws = Annotated[int, PlainValidator(_read_whole(*LIMITS["draws"])), _whole_schema(*LIMITS["draws"])]
Replicates = Annotated[
    int, PlainValidator(_read_whole(*LIMITS["replicates"])), _whole_schema(*LIMITS["replicates"])
]
Seed = Annotated[int, PlainValidator(_read_whole(*LIMITS["seed"])), _whole_schema(*LIMITS["seed"])]

_RUN_DATE: Final = Annotated[Date, PlainValidator(_read_run_date), WithJsonSchema(_DATE_SCHEMA)]
_LEVEL: Final = Annotated[
    float, PlainValidator(_read_level), WithJsonSchema({"anyOf": [{"enum": list(LEVELS)}, _FRACTION_SCHEMA]})
]
_FLAG: Final = Annotated[bool, PlainValidator(_read_flag), WithJsonSchema({"type": "boolean"})]
_NAMED_SCHEMA: Final = {
    "type": "string", "description": "a state (name or ISO code), a group, bloc, senders or patron"
}
_STATES: Final = Annotated[
    States,
    PlainValidator(_read_states),
    WithJsonSchema({"anyOf": [_NAMED_SCHEMA, {**_NAMES_SCHEMA, "items": _NAMED_SCHEMA, "minItems": 1}]}),
]
READERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        **dict.fromkeys(("at", "until", "ramp_until"), _RUN_DATE),
        **dict.fromkeys(("by", "on", "against"), _STATES),
        "level": _LEVEL,
        **dict.fromkeys(("share", "value", "relief", "credibility", "need", "regime"), Fraction),
        "gain": Annotated[
            float,
            PlainValidator(_read_gain),
            WithJsonSchema({"type": "number", "minimum": 0, "maximum": MAX_GAIN}),
        ],
        "answers": Annotated[str, PlainValidator(_read_answers), WithJsonSchema({"enum": list(ANSWERS)})],
        **dict.fromkeys(("snap_back", "limited"), _FLAG),
    }
)
"""How each field of an event is read from a file. A key that may be left out has no reader for nothing: ``until:``
without a value is a slip."""
