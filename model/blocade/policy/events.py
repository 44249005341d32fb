"""Dated events that a scenario is made of, with every name resolved to state codes.

Dates are decimal years (2022-04-01 is 2022.25). An event acts from the first step that begins at or
after its date. ``None`` as ``until`` means to the end of the run; ``None`` as a level, need or
credibility means that the value is drawn as a parameter. States are ISO codes in world order.

The record of an event holds no rule: what an event does to sanctions, isolation, offers and
enforcement is worked out by the other modules of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final, Literal, TypeAlias

Codes: TypeAlias = tuple[str, ...]

#: Named levels of severity, as scenario files may write them. Assumption: the same four steps by
#: which the acts in force in a world are graded.
LEVELS: Final[Mapping[str, float]] = MappingProxyType(
    {"targeted": 0.2, "sectoral": 0.5, "comprehensive": 0.8, "embargo": 1.0}
)


@dataclass(frozen=True)
class SanctionsEvent:
    """Senders `by` raise sanctions on targets `on` to at least `level` while the event is active.

    With `ramp_until` the level grows linearly from 0 at `at` to `level` at `ramp_until`.
    """

    kind: ClassVar[Literal["sanctions"]] = "sanctions"
    at: float
    by: Codes
    on: Codes
    level: float
    until: float | None = None
    ramp_until: float | None = None


@dataclass(frozen=True)
class IsolationEvent:
    """Senders `by` raise diplomatic isolation of targets `on` to at least `level`; else as sanctions."""

    kind: ClassVar[Literal["isolation"]] = "isolation"
    at: float
    by: Codes
    on: Codes
    level: float
    until: float | None = None
    ramp_until: float | None = None


@dataclass(frozen=True)
class LiftEvent:
    """Senders `by` remove `share` of what they have in force on `on` by earlier acts and events."""

    kind: ClassVar[Literal["lift"]] = "lift"
    at: float
    by: Codes
    on: Codes
    share: float = 1.0


@dataclass(frozen=True)
class SecondarySanctionsEvent:
    """States `by` declare that they punish those who trade with their targets, with force `level`.

    `level` None: the drawn parameter ``chi_declared``.
    """

    kind: ClassVar[Literal["secondary-sanctions"]] = "secondary-sanctions"
    at: float
    by: Codes
    level: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class OfferEvent:
    """States `by` offer `on` something worth `value`, believed with `credibility` (None: drawn)."""

    kind: ClassVar[Literal["offer"]] = "offer"
    at: float
    by: Codes
    on: Codes
    value: float = 1.0
    credibility: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class OffRampEvent:
    """An offer of 1, and `relief` × the target's compliance is lifted from what is in force.

    Relief follows compliance, so it snaps back when compliance decays. `credibility` None: drawn.
    """

    kind: ClassVar[Literal["off-ramp"]] = "off-ramp"
    at: float
    by: Codes
    on: Codes
    relief: float
    credibility: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class WarEvent:
    """A war of `on` from `start` until `until` raises its need for arms by `need`.

    `need` None: the drawn parameter ``war_need``. Scenario files call `start` ``from``.
    """

    kind: ClassVar[Literal["war"]] = "war"
    on: Codes
    start: float
    until: float
    need: float | None = None

    @property
    def at(self) -> float:
        """Date the event begins (the same name as in every other kind)."""
        return self.start


Event: TypeAlias = (
    SanctionsEvent | IsolationEvent | LiftEvent | SecondarySanctionsEvent | OfferEvent | OffRampEvent | WarEvent
)
