"""The `design:` of a scenario file: how what varies is drawn, when to stop, and in which worlds."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, ValidationInfo, WithJsonSchema

from blocade.scenario.fields import WRITTEN, Draws, Line, all_wrong, each_text, frame_of, is_number, wrong
from blocade.scenario.model import METHODS
from blocade.scenario.wording import nearest, quote, unknown

MOST_LEVELS: Final = 100
USUAL_DRAWS: Final = 200


def _read_method(value: Any, info: ValidationInfo) -> str:
    if not isinstance(value, str):
        raise wrong(f'"method" must be a name, not {WRITTEN}')
    if value not in METHODS:
        raise wrong(unknown("design", value, METHODS))
    return value


def _read_factors(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    frame = frame_of(info)
    known = [*frame.levers, *frame.vocabulary.parameter_ranges]
    names, problems = each_text(value, info)
    for index, name in enumerate(names):
        if not isinstance(value[index], str):
            continue
        if name not in known:
            near = nearest(name, known)
            hint = f', did you mean "{near}"?' if near is not None else "; name a lever or a parameter"
            problems.append(((index,), f"unknown factor {quote(name)}{hint}"))
        elif name in names[:index]:
            problems.append(((index,), f'factor "{name}" is named twice; name it once'))
    if problems:
        raise all_wrong(problems)
    if not names:
        raise wrong('"factors" is empty; name a lever or a parameter, or leave it out')
    return tuple(names)


def _read_levels(value: Any, info: ValidationInfo) -> int:
    if info.data.get("method", "grid") not in ("grid", "morris"):
        raise wrong('"levels" is for the methods grid and morris; leave it out')
    if isinstance(value, bool) or not isinstance(value, int) or not 2 <= value <= MOST_LEVELS:
        raise wrong(f'"levels" must be a whole number from 2 to {MOST_LEVELS}, not {WRITTEN}')
    if info.data.get("method") == "morris" and value % 2:
        raise wrong(f'"levels" of morris must be even; take {value - 1} or {value + 1}')
    return value


def _read_narrower(value: Any, info: ValidationInfo) -> float:
    if not is_number(value) or value <= 0:
        raise wrong(f'"narrower", the width of an interval, must be a number above 0, not {WRITTEN}')
    return float(value)


def _refuse_until(value: Any, info: ValidationInfo) -> Any:
    if info.data.get("method") in ("grid", "morris"):
        raise wrong('"until" adds draws in rounds, which grid and morris cannot; take latin-hypercube or sobol')
    if value is None:
        raise wrong('"until" must be a mapping, {claim: …, narrower: …, most: …}, not nothing')
    return value


def _read_worlds(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise wrong(f'"worlds" must be a list of worlds, [2013, 2021], not {WRITTEN}')
    words = [str(item) for item in value]
    problems: list[tuple[tuple[str | int, ...], str]] = []
    for index, item in enumerate(value):
        if isinstance(item, bool) or not isinstance(item, str | int):
            problems.append(((index,), f'"worlds" must list names of worlds or folders, not {WRITTEN}'))
        elif words[index] in words[:index]:
            problems.append(((index,), f"the world {WRITTEN} is named twice; name it once"))
    if problems:
        raise all_wrong(problems)
    return tuple(words)


_NAMES_SCHEMA: Final[dict[str, Any]] = {"type": "array", "minItems": 1, "uniqueItems": True}


class Strict(BaseModel):
    """What a file says, nothing unknown in it and nothing taken for what it is not."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


class UntilFile(Strict):
    """When to stop: the interval of the median of a claim's first effect is narrower, or there are `most` draws."""

    claim: Line
    """Whose first effect is looked at."""
    narrower: Annotated[
        float, PlainValidator(_read_narrower), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
    ]
    """Width of the 95 % interval of the median that is enough, in the unit of the effect."""
    most: Draws
    """Draws at which to stop in any case."""


class DesignFile(Strict):
    """How what varies is drawn."""

    method: Annotated[str, PlainValidator(_read_method), WithJsonSchema({"enum": list(METHODS)})] = METHODS[0]
    """How draws are made."""
    factors: Annotated[
        tuple[str, ...],
        PlainValidator(_read_factors),
        WithJsonSchema({**_NAMES_SCHEMA, "items": {"type": "string"}}),
    ] = ()
    """Levers and parameters that vary; everything that has a range if left out, but a grid must name them."""
    levels: Annotated[
        int,
        PlainValidator(_read_levels),
        WithJsonSchema({"type": "integer", "minimum": 2, "maximum": MOST_LEVELS}),
    ] = 4
    """Values of each factor, of the methods grid and morris."""
    until: Annotated[UntilFile | None, BeforeValidator(_refuse_until)] = None
    """When to stop; after one round of draws if left out."""
    worlds: Annotated[
        tuple[str, ...],
        PlainValidator(_read_worlds),
        WithJsonSchema({**_NAMES_SCHEMA, "items": {"type": ["string", "integer"]}}),
    ] = ()
    """Worlds that stand in place of `world`, each for a scenario of its own."""

    def draws(self) -> int:
        """Draws where the file names none: a grid has as many as it has points."""
        return self.levels ** len(self.factors) if self.method == "grid" and self.factors else USUAL_DRAWS
