"""The structure of scenario files: keys, which of them are needed, and the kinds of events.

What stands under a key of a class is what editors, ``blocade new`` and the documentation say of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, Union

from pydantic import Field, create_model

from blocade.parameters import PRIOR
from blocade.policy.events import EVENTS, MEANINGS, Event
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
    dashed = {"ramp_until": "ramp-until", "snap_back": "snap-back"}
    renamed = dashed | ({"at": "from"} if kind == "war" else {})
    told = event.__doc__ or ""
    for name, key in dashed.items():
        told = told.replace(f"`{name}`", f"`{key}`")
    keys: dict[str, Any] = {"kind": (Literal[kind], ...)}
    for field in fields(event):
        default = ... if field.default is MISSING else field.default
        alias, meaning = renamed.get(field.name), MEANINGS[field.name]
        keys[field.name] = (VARIED[field.name], Field(default, alias=alias, description=meaning))
    title = f"{event.__name__.removesuffix('Event')}File"
    return create_model(title, __base__=_EventFile, __doc__=told, **keys)


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
    """What tables and charts call it; its name if left out."""
    extends: Line = ""
    """Another arm, whose events it has too."""
    without: list[str] = Field(default_factory=list)
    """Events of the background that it leaves out."""
    events: list[EventFile] = Field(default_factory=list)
    """What happens in it."""


class ScenarioFile(Strict):
    """A scenario file, after what it extends has been merged in."""

    title: Line
    """The question, in one line."""
    why: Line = ""
    """Why it is asked."""
    extends: Line = ""
    """Another scenario to start from (here or packaged); what this file says is laid over it."""
    world: WorldKey
    """The states and their ties at one date: the name of a world, or a folder of tables of your own."""
    bloc: Members
    """Who is pressed. States go by name or ISO code, groups by name (G7, EU, NATO, BRICS)."""
    patron: Patron = None
    """The one state that helps the bloc."""
    senders: Members
    """Who presses."""
    start: StartDate
    """From when: 2022, 2022-04 or 2022-04-01."""
    end: EndDate
    """Until when. Effects are read ten years after the first event, or at the end if that comes sooner."""
    levers: Levers = Field(default_factory=dict)
    """What varies from draw to draw in the events: a range of numbers or dates. An event names it, as in level:
    severity."""
    background: dict[str, EventFile] = Field(default_factory=dict)
    """Events that happen in every arm, each by a name of its own; an arm leaves one out by without: [war]."""
    arms: dict[str, ArmFile | None] = Field(min_length=1)
    """What is compared, each arm by a name of its own. The first is the baseline."""
    theory: Theory = "full"
    """Which mechanisms are at work; full is all of them."""
    parameters: Parameters = Field(default_factory=dict)
    """Parameters that are fixed, or drawn from a range of your own."""
    posterior: Posterior = PRIOR
    """Where the other parameters come from: prior, the published ranges, or what history has taught: until-2013,
    until-2021."""
    design: DesignFile = Field(default_factory=DesignFile)
    """How what varies is drawn, in which worlds, and when it is enough: docs/designs.md."""
    draws: Draws = USUAL_DRAWS
    """Parameter sets. A grid has as many as it has points."""
    replicates: Replicates = 1
    """Runs of each parameter set."""
    seed: Seed = 1
    """The seed of all that is drawn."""
    starts: Starts = ()
    """Where it starts: real (as in the world), clean (no sanctions in force), rule-goods, drawn-ties; all four if
    left out."""
    watch: Members | None = None
    """States to follow whatever their part."""
    measures: Measures = ()
    """What is recorded; everything if left out."""
    claims: Claims = ()
    """What is asked: claims of seeds/claims.yaml, whose arms must be here. Without claims and hypotheses every arm is
    compared with the baseline."""
    hypotheses: Hypotheses = Field(default_factory=dict)
    """What is asked instead: hypotheses of README.md, with arms in their roles."""
    charts: Charts = ()
    """Which charts are drawn; the usual ones if left out."""


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
