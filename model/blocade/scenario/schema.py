"""The structure of scenario files: keys, which of them are needed, and the kinds of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, Union

from pydantic import Field, create_model

from blocade.parameters import PRIOR
from blocade.policy.events import EVENTS, Event
from blocade.scenario.dates import Date
from blocade.scenario.design import USUAL_DRAWS, DesignFile, Strict
from blocade.scenario.fields import (
    Charts,
    Claims,
    Draws,
    EndDate,
    Hypotheses,
    Line,
    Measures,
    Members,
    Parameters,
    Patron,
    Posterior,
    Replicates,
    Seed,
    StartDate,
    Starts,
    Theory,
    WorldKey,
    without_overlap,
)
from blocade.scenario.levers import VARIED, Levers
from blocade.scenario.names import States
from blocade.scenario.span import Span, earliest


class _EventFile(Strict):
    """An event as a file writes it; its keys are the fields of the event of that kind."""

    def levers(self) -> dict[str, str]:
        """The fields that are levers: field -> lever."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value.lever for name, value in values.items() if isinstance(value, Span)}

    def earliest(self) -> float:
        """The first date at which it can begin, a decimal year."""
        return earliest(self.at).value  # type: ignore[attr-defined]  # every kind has one

    def event(self) -> Event:
        """The event, with dates as decimal years and states as codes; a lever is the middle of its range."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        kind = values.pop("kind")
        by, on = values.get("by"), values.get("on")
        if by is not None and on is not None:
            values["by"], values["on"] = without_overlap(by, on)
        return EVENTS[kind](**{name: _plain(value) for name, value in values.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Date):
        return value.value
    if isinstance(value, Span):
        return value.middle
    return value.codes if isinstance(value, States) else value


def _file_of(kind: str, event: type[Event]) -> type[_EventFile]:
    """The model of one kind of event: each field has the reader of its name."""
    # a key of a file may differ from the name of a field
    renamed = {"ramp_until": "ramp-until", "snap_back": "snap-back"} | ({"at": "from"} if kind == "war" else {})
    keys: dict[str, Any] = {"kind": (Literal[kind], ...)}
    for field in fields(event):
        default = ... if field.default is MISSING else field.default
        keys[field.name] = (VARIED[field.name], Field(default, alias=renamed.get(field.name)))
    name = f"{event.__name__.removesuffix('Event')}File"
    return create_model(name, __base__=_EventFile, __doc__=event.__doc__, **keys)


EVENT_FILES: Final[Mapping[str, type[_EventFile]]] = MappingProxyType(
    {kind: _file_of(kind, event) for kind, event in EVENTS.items()}
)

if TYPE_CHECKING:
    EventFile: TypeAlias = _EventFile
else:
    EventFile = Annotated[Union[tuple(EVENT_FILES.values())], Field(discriminator="kind")]  # noqa: UP007


class ArmFile(Strict):
    """One arm: the background without some of it, another arm's events, then its own."""

    label: Line = ""
    extends: Line = ""
    without: list[str] = Field(default_factory=list)
    events: list[EventFile] = Field(default_factory=list)


class ScenarioFile(Strict):
    """A scenario file, after what it extends has been merged in."""

    title: Line
    why: Line = ""
    extends: Line = ""
    world: WorldKey
    bloc: Members
    patron: Patron = None
    senders: Members
    start: StartDate
    end: EndDate
    levers: Levers = Field(default_factory=dict)
    background: dict[str, EventFile] = Field(default_factory=dict)
    arms: dict[str, ArmFile | None] = Field(min_length=1)
    theory: Theory = "full"
    parameters: Parameters = Field(default_factory=dict)
    posterior: Posterior = PRIOR
    design: DesignFile = Field(default_factory=DesignFile)
    draws: Draws = USUAL_DRAWS
    replicates: Replicates = 1
    seed: Seed = 1
    starts: Starts = ()
    watch: Members | None = None
    measures: Measures = ()
    claims: Claims = ()
    hypotheses: Hypotheses = Field(default_factory=dict)
    charts: Charts = ()


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of scenario files, for editors.

    Keys that a file may take over from the one it extends are not required by it; a design may name worlds.
    """
    schema = ScenarioFile.model_json_schema()
    needed = schema.pop("required", [])
    without = [key for key in needed if key != "world"]
    several = {"required": [*without, "design"], "properties": {"design": {"required": ["worlds"]}}}
    schema["anyOf"] = [{"required": needed}, {"required": ["extends"]}, several]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
