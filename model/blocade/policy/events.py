"""Dated events that a scenario is made of, with every name resolved to state codes.

Dates are decimal years (2022-04-01 is 2022.25). An event acts from the first step that begins at or after its date.
``None`` as ``until`` means to the end of the run; ``None`` as a level, need or credibility means that the value is
drawn as a parameter. States are ISO codes in world order.

An event holds no rule: what it does is worked out by the other modules of this package, by the calendar alone
(`calendar`) or by what the state is at the start of each step (`rules`). The keys of scenario files are the fields of
these classes (``blocade.scenario.schema`` reads them), so a kind of event is declared here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final, Literal, TypeAlias, get_args

Codes: TypeAlias = tuple[str, ...]

#: Named levels of severity, as scenario files may write them. Assumption: the same four steps by
#: which the acts in force in a world are graded.
LEVELS: Final[Mapping[str, float]] = MappingProxyType(
    {"targeted": 0.2, "sectoral": 0.5, "comprehensive": 0.8, "embargo": 1.0}
)


@dataclass(frozen=True)
class Act:
    """What states `by` do to states `on` from a date `at` on."""

    at: float
    by: Codes
    on: Codes


@dataclass(frozen=True)
class SanctionsEvent(Act):
    """Senders `by` raise sanctions on targets `on` to at least `level` while the event is active.

    With `ramp_until` the level grows linearly from 0 at `at` to `level` at `ramp_until`.
    """

    kind: ClassVar = "sanctions"
    level: float
    until: float | None = None
    ramp_until: float | None = None


@dataclass(frozen=True)
class IsolationEvent(Act):
    """Senders `by` raise diplomatic isolation of targets `on` to at least `level`; else as sanctions."""

    kind: ClassVar = "isolation"
    level: float
    until: float | None = None
    ramp_until: float | None = None


@dataclass(frozen=True)
class LiftEvent(Act):
    """Senders `by` remove `share` of what they have in force on `on` by earlier acts and events."""

    kind: ClassVar = "lift"
    share: float = 1.0


@dataclass(frozen=True)
class SecondarySanctionsEvent:
    """States `by` declare that they punish those who trade with their targets, with force `level`.

    Without `level`: the drawn parameter ``chi_declared``.
    """

    kind: ClassVar = "secondary-sanctions"
    at: float
    by: Codes
    level: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class OfferEvent(Act):
    """States `by` offer `on` something worth `value`, believed with `credibility` (drawn, if left out)."""

    kind: ClassVar = "offer"
    value: float = 1.0
    credibility: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class OffRampEvent(Act):
    """An offer of 1, and `relief` × the target's compliance is lifted from what is in force.

    So relief snaps back as compliance decays. With `snap_back` false, whoever has conceded once keeps all of it.
    """

    kind: ClassVar = "off-ramp"
    relief: float
    credibility: float | None = None
    until: float | None = None
    snap_back: bool = True


@dataclass(frozen=True)
class EngagementEvent(Act):
    """An offer of 1, and `share` of what is in force by then is suspended without condition while it lasts."""

    kind: ClassVar = "engagement"
    share: float
    credibility: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class WedgeEvent(Act):
    """An offer of 1 and relief of `relief` to one of `on`: the one whose mean tie to `by` is highest in that step."""

    kind: ClassVar = "wedge"
    relief: float
    credibility: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class CoerciveWedgeEvent(Act):
    """Sanctions of at least `level` on one of `on`: the one whose mean tie to `by` is lowest in that step."""

    kind: ClassVar = "coercive-wedge"
    level: float
    until: float | None = None


@dataclass(frozen=True)
class EscalationEvent(Act):
    """Sanctions of `by` on `on` rise by `gain` × what they answer, up to `level`.

    They answer hostility (how far the tie of the two has fallen since the start) or armament (how far the other's
    has risen, in mean burdens). Two escalations with the roles exchanged make a spiral.
    """

    kind: ClassVar = "escalation"
    gain: float
    answers: Literal["hostility", "armament"] = "hostility"
    level: float = 1.0
    until: float | None = None


@dataclass(frozen=True)
class CounterSanctionsEvent(Act):
    """Each of `by` imposes on each of `on` at least `share` of what that one imposes on it."""

    kind: ClassVar = "counter-sanctions"
    share: float = 1.0
    until: float | None = None


@dataclass(frozen=True)
class ShieldEvent(Act):
    """Third states `by` shield `on`: `share` of their reserve and of their fear of punishment is gone (a black
    knight)."""

    kind: ClassVar = "shield"
    share: float = 1.0
    until: float | None = None


@dataclass(frozen=True)
class InstitutionEvent(Act):
    """An institution watches over what `by` have in force on `on`: their effort decays less far (ι)."""

    kind: ClassVar = "institution"
    until: float | None = None


@dataclass(frozen=True)
class VetoEvent(Act):
    """States `by` veto: no institution watches over measures against `on`, whoever the senders are."""

    kind: ClassVar = "veto"
    until: float | None = None


@dataclass(frozen=True)
class AllianceEvent:
    """States `by` sign a defence pact with each other, of weight `level` (1: full); their resting ties rise by it."""

    kind: ClassVar = "alliance"
    at: float
    by: Codes
    level: float = 1.0
    until: float | None = None


@dataclass(frozen=True)
class DeterrenceEvent:
    """States `by` raise their armament at rest by `share` of what it was at the start."""

    kind: ClassVar = "deterrence"
    at: float
    by: Codes
    share: float
    until: float | None = None


@dataclass(frozen=True)
class ExitEvent(Act):
    """Patrons `by` withdraw `share` of their support from `on`: pact, arms and normal trade; `until` they return."""

    kind: ClassVar = "exit"
    share: float = 1.0
    until: float | None = None


@dataclass(frozen=True)
class LeaderChangeEvent:
    """New leaders take office in `on`: insulation falls back to rest, and `regime` (as before, if left out) holds from
    then."""

    kind: ClassVar = "leader-change"
    at: float
    on: Codes
    regime: float | None = None


@dataclass(frozen=True)
class ClashEvent(Act):
    """Forces of `by` and `on` clash, or one occupies the other's land: enmity of at least `level` while it lasts."""

    kind: ClassVar = "clash"
    level: float = 1.0
    until: float | None = None


@dataclass(frozen=True)
class WarEvent:
    """A war of `on` from `at` until `until` raises its need for arms by `need` (if left out, the drawn ``war_need``).

    It is fought with `against`: each side threatens the other and its friends. If `limited` it ends sooner where
    munitions run out; `by` supply some. Scenario files call `at` ``from``.
    """

    kind: ClassVar = "war"
    on: Codes
    at: float
    until: float
    need: float | None = None
    against: Codes | None = None
    limited: bool = False
    by: Codes | None = None


Event: TypeAlias = (
    SanctionsEvent
    | IsolationEvent
    | LiftEvent
    | SecondarySanctionsEvent
    | OfferEvent
    | OffRampEvent
    | EngagementEvent
    | WedgeEvent
    | CoerciveWedgeEvent
    | EscalationEvent
    | CounterSanctionsEvent
    | ShieldEvent
    | InstitutionEvent
    | VetoEvent
    | AllianceEvent
    | DeterrenceEvent
    | ExitEvent
    | LeaderChangeEvent
    | ClashEvent
    | WarEvent
)

EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType({event.kind: event for event in get_args(Event)})
"""Every kind of event by its name in scenario files."""
MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "at": "when it begins",
        "until": "when it ends; if left out, not before the run does",
        "ramp_until": "until when it grows from 0 to its level; if left out, it is there at once",
        "by": "who does it; in a war, who sends munitions",
        "on": "whom it befalls",
        "against": "whom the war is fought with",
        "level": "how strong it is",
        "share": "how much of it",
        "value": "what the offer is worth",
        "relief": "how much of what is in force is lifted",
        "credibility": "how far it is believed; if left out, the parameter q",
        "snap_back": "whether relief goes again as compliance decays",
        "gain": "how far sanctions rise for each unit of what they answer",
        "answers": "what they answer",
        "regime": "score of the new leaders, 1 the most democratic; if left out, as before",
        "need": "need of arms that it adds; if left out, the parameter war_need",
        "limited": "whether it ends sooner where munitions run out",
    }
)
"""What a field means, whatever the kind; the text of a kind says what it is there."""
