"""The structure of scenario files: keys, which of them are needed, and the kinds of events."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from blocade.policy import events
from blocade.scenario.fields import (
    Charts,
    Claims,
    Draws,
    EndDate,
    Fraction,
    Level,
    Line,
    MaybeFraction,
    MaybeLevel,
    MaybeRunDate,
    Measures,
    Members,
    Parameters,
    Patron,
    Replicates,
    RunDate,
    Seed,
    StartDate,
    StatesOrRoles,
    Theory,
    WorldKey,
    without_overlap,
)
from blocade.scenario.names import Vocabulary

__all__ = ["EVENT_FILES", "ArmFile", "EventFile", "ScenarioFile", "Vocabulary", "json_schema"]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SanctionsFile(_Strict):
    """Sanctions `by` on `on`, raised to at least `level`."""

    kind: Literal["sanctions"]
    at: RunDate
    by: StatesOrRoles
    on: StatesOrRoles
    level: Level
    until: MaybeRunDate = None
    ramp_until: MaybeRunDate = Field(None, alias="ramp-until")

    def event(self) -> events.Event:
        by, on = without_overlap(self.by, self.on)
        return events.SanctionsEvent(
            self.at.value, by, on, self.level, _value(self.until), _value(self.ramp_until)
        )


class IsolationFile(_Strict):
    """Diplomatic isolation `by` of `on`, raised to at least `level`."""

    kind: Literal["isolation"]
    at: RunDate
    by: StatesOrRoles
    on: StatesOrRoles
    level: Level
    until: MaybeRunDate = None
    ramp_until: MaybeRunDate = Field(None, alias="ramp-until")

    def event(self) -> events.Event:
        by, on = without_overlap(self.by, self.on)
        return events.IsolationEvent(
            self.at.value, by, on, self.level, _value(self.until), _value(self.ramp_until)
        )


class LiftFile(_Strict):
    """Lifts `share` of what `by` has in force on `on`."""

    kind: Literal["lift"]
    at: RunDate
    by: StatesOrRoles
    on: StatesOrRoles
    share: Fraction = 1.0

    def event(self) -> events.Event:
        by, on = without_overlap(self.by, self.on)
        return events.LiftEvent(self.at.value, by, on, self.share)


class SecondarySanctionsFile(_Strict):
    """Declares that `by` punish those who trade with their targets."""

    kind: Literal["secondary-sanctions"]
    at: RunDate
    by: StatesOrRoles
    level: MaybeLevel = None
    until: MaybeRunDate = None

    def event(self) -> events.Event:
        return events.SecondarySanctionsEvent(
            self.at.value, self.by.codes, self.level, _value(self.until)
        )


class OfferFile(_Strict):
    """An offer of `by` to `on`."""

    kind: Literal["offer"]
    at: RunDate
    by: StatesOrRoles
    on: StatesOrRoles
    value: Fraction = 1.0
    credibility: MaybeFraction = None
    until: MaybeRunDate = None

    def event(self) -> events.Event:
        by, on = without_overlap(self.by, self.on)
        return events.OfferEvent(
            self.at.value, by, on, self.value, self.credibility, _value(self.until)
        )


class OffRampFile(_Strict):
    """A full offer, and relief in proportion to compliance."""

    kind: Literal["off-ramp"]
    at: RunDate
    by: StatesOrRoles
    on: StatesOrRoles
    relief: Fraction
    credibility: MaybeFraction = None
    until: MaybeRunDate = None

    def event(self) -> events.Event:
        by, on = without_overlap(self.by, self.on)
        return events.OffRampEvent(
            self.at.value, by, on, self.relief, self.credibility, _value(self.until)
        )


class WarFile(_Strict):
    """A war that raises the need of `on` for arms."""

    kind: Literal["war"]
    on: StatesOrRoles
    start: RunDate = Field(alias="from")
    until: RunDate
    need: MaybeFraction = None

    def event(self) -> events.Event:
        return events.WarEvent(self.on.codes, self.start.value, self.until.value, self.need)


def _value(date: MaybeRunDate) -> float | None:
    return None if date is None else date.value


EventFile: TypeAlias = Annotated[
    SanctionsFile
    | IsolationFile
    | LiftFile
    | SecondarySanctionsFile
    | OfferFile
    | OffRampFile
    | WarFile,
    Field(discriminator="kind"),
]

EVENT_FILES: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {
        "sanctions": SanctionsFile,
        "isolation": IsolationFile,
        "lift": LiftFile,
        "secondary-sanctions": SecondarySanctionsFile,
        "offer": OfferFile,
        "off-ramp": OffRampFile,
        "war": WarFile,
    }
)


class ArmFile(_Strict):
    """One arm: the background without some of it, another arm's events, then its own."""

    label: Line = ""
    extends: Line = ""
    without: list[str] = Field(default_factory=list)
    events: list[EventFile] = Field(default_factory=list)


class ScenarioFile(_Strict):
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
    background: dict[str, EventFile] = Field(default_factory=dict)
    arms: dict[str, ArmFile | None] = Field(min_length=1)
    theory: Theory = "full"
    parameters: Parameters = Field(default_factory=dict)
    draws: Draws = 200
    replicates: Replicates = 1
    seed: Seed = 1
    measures: Measures = ()
    claims: Claims = ()
    charts: Charts = ()


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of scenario files, for editors.

    Keys that a file may take over from the one it extends are not required by it.
    """
    schema = ScenarioFile.model_json_schema()
    needed = schema.pop("required", [])
    schema["anyOf"] = [{"required": needed}, {"required": ["extends"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
