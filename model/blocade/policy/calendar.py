"""Policies that follow the calendar: what the events of an arm say for each step.

An event acts from the first step that begins at or after its date. Events compose in the order of their dates (then
of the file): sanctions and isolation raise what is in force to at least their level while they are active; lifting
and engagement take a share of all that is in force by then; a veto prevails over every institution. What a rule
answers is not known to the calendar: it says only which rules are in force (`Decree.rules`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.policy import events as kinds
from blocade.policy.events import Codes, Event
from blocade.policy.rules import RULES, Rule
from blocade.world import World

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Decree:
    """What the calendar says for one step. NaN in a value means that it is drawn as a parameter.

    sanctions, isolation : [state, partner], in force before any rule and any relief.
    tightened : [state, partner], years from the start to the latest tightening of sanctions, NaN where there was
    none. watched : [state, partner], whether an institution watches
    over them.
    relief, kept : [state, partner], share lifted in proportion to the state's compliance, and whether whoever has
    conceded once keeps it. offer, credibility : [state, partner], worth of the partner's offer and how far it is
    believed. share : [state], ĉ, by which the relief of several senders is weighed.
    declared, secondary : [state], whether it has declared secondary sanctions, and how far it enforces them. shield :
    [state, partner], how far the partner shields it. rules : in force, in the order in which they apply.
    pact, deliveries, clash : [state, state], change of the defence, the arms and the enmity channel of the tie.
    withdrawn : [state, state], share of normal trade withdrawn. arming : [state], share by which armament at rest
    rises.
    regime, turnover : [state], regime score, and whether a new leader takes office in this step.
    war, war_need, limited : [state], whether it is at war, the need of arms this adds, and whether it ends without
    munitions. suppliers, fights : [state, partner], who sends some, and whom it fights in that war.
    """

    sanctions: Array
    isolation: Array
    tightened: Array
    watched: Flags
    relief: Array
    kept: Flags
    offer: Array
    credibility: Array
    share: Array
    declared: Flags
    secondary: Array
    shield: Array
    pact: Array
    deliveries: Array
    clash: Array
    withdrawn: Array
    arming: Array
    regime: Array
    turnover: Flags
    war: Flags
    war_need: Array
    limited: Flags
    suppliers: Flags
    fights: Flags
    rules: tuple[Rule, ...] = ()


PAIRS = (
    "watched",
    "relief",
    "kept",
    "offer",
    "shield",
    "pact",
    "deliveries",
    "clash",
    "withdrawn",
    "suppliers",
    "fights",
)
STATES = ("declared", "arming", "turnover", "war", "limited")
"""Fields of a decree that are zero, or no, before any event."""
FLAGS = ("watched", "kept", "suppliers", "fights", "declared", "turnover", "war", "limited")
NEW = 2.0
"""Activity of a change of leader in the step in which it happens."""


def first_step(date: float, start: float, dt: float) -> int:
    """The first step that begins at or after a date (decimal years); a millionth of a step is rounding."""
    return math.ceil((date - start) / dt - 1e-6)


def calendar(
    world: World, events: Sequence[Event], start: float, dt: float, steps: int, before: Array | None = None
) -> tuple[Decree, ...]:
    """The decree of every step of a run.

    Parameters
    ----------
    world : its acts in force are what events add to.
    events : in any order.
    start : first day of the run, decimal year.
    dt : length of a step, years.
    before : sanctions in force the day before, [state, partner], from which tightening is counted; by default the
        world's own.
    """
    ordered = sorted(events, key=lambda event: (isinstance(event, kinds.VetoEvent), event.at))
    decrees: list[Decree] = []
    tightened = np.full((world.size, world.size), np.nan)
    in_force, known = world.sanctions if before is None else before, None
    for step in range(steps):
        levels = tuple(_level(event, step, start, dt) for event in ordered)
        if levels == known:
            decrees.append(decrees[-1])
            continue
        decree = _decree(world, ordered, levels, tightened, start, dt)
        tightened = np.where(decree.sanctions > in_force, step * dt, tightened)
        decrees.append(replace(decree, tightened=tightened))
        in_force, known = decree.sanctions, levels
    return tuple(decrees)


def at_rest(world: World) -> Decree:
    """The decree of a world under its own acts, before any event."""
    return calendar(world, (), 0.0, 1.0, 1)[0]


def _level(event: Event, step: int, start: float, dt: float) -> float:
    """How far an event is active in a step: its level if it has one, else 1; 0 when it is not."""
    begins = first_step(event.at, start, dt)
    until = getattr(event, "until", None)
    if begins > step or (until is not None and first_step(until, start, dt) <= step):
        return 0.0
    if isinstance(event, kinds.LeaderChangeEvent):
        return NEW if begins == step else 1.0
    if not isinstance(event, kinds.SanctionsEvent | kinds.IsolationEvent):
        return 1.0
    if event.ramp_until is None:
        return event.level
    return event.level * min(1.0, (start + step * dt - event.at) / (event.ramp_until - event.at))


def _decree(
    world: World, events: Sequence[Event], levels: Sequence[float], tightened: Array, start: float, dt: float
) -> Decree:
    n = world.size
    values: dict[str, Any] = {
        name: np.zeros((n, n) if name in PAIRS else n, bool if name in FLAGS else float) for name in (*PAIRS, *STATES)
    }
    decree = Decree(
        sanctions=world.sanctions.copy(),
        isolation=world.isolation.copy(),
        tightened=tightened,
        credibility=np.full((n, n), np.nan),
        share=world.share,
        secondary=np.full(n, np.nan),
        regime=world.regime.copy(),
        war_need=np.full(n, np.nan),
        **values,
    )
    active = [(event, level) for event, level in zip(events, levels, strict=True) if level > 0.0]
    for event, level in active:
        _write(decree, world, event, level)
    for field in ("sanctions", "isolation", *PAIRS):  # nobody does anything to itself
        np.fill_diagonal(getattr(decree, field), 0.0)
    rules = [
        Rule.of(event, world, max(0, first_step(event.at, start, dt)) * dt)
        for event, _ in active
        if isinstance(event, RULES)
    ]
    return replace(decree, rules=tuple(rules))


def _write(decree: Decree, world: World, event: Event, level: float) -> None:  # noqa: PLR0912 (a case for each kind)
    """Write an active event into a decree that is being made."""

    def states(codes: Codes | None) -> npt.NDArray[np.intp]:
        return np.array([world.index(code) for code in codes or ()], dtype=np.intp)

    on, by = states(getattr(event, "on", None)), states(getattr(event, "by", None))
    pairs = np.ix_(on, by)
    match event:
        case kinds.SanctionsEvent():
            decree.sanctions[pairs] = np.maximum(decree.sanctions[pairs], level)
        case kinds.IsolationEvent():
            decree.isolation[pairs] = np.maximum(decree.isolation[pairs], level)
        case kinds.LiftEvent() | kinds.EngagementEvent():
            decree.sanctions[pairs] *= 1.0 - event.share
            decree.isolation[pairs] *= 1.0 - event.share
        case kinds.OffRampEvent():
            decree.relief[pairs], decree.kept[pairs] = event.relief, not event.snap_back
        case kinds.SecondarySanctionsEvent():
            decree.declared[by], decree.secondary[by] = True, nan_if_none(event.level)
        case kinds.ShieldEvent():
            decree.shield[pairs] = np.maximum(decree.shield[pairs], event.share)
        case kinds.InstitutionEvent():
            decree.watched[pairs] = True
        case kinds.VetoEvent():
            decree.watched[on] = False
        case kinds.AllianceEvent():
            among = np.ix_(by, by)
            decree.pact[among] = np.maximum(decree.pact[among], event.level - world.defence[among])
        case kinds.ExitEvent():
            for both in (pairs, np.ix_(by, on)):
                decree.pact[both] -= event.share * (world.defence[both] + decree.pact[both])
                decree.deliveries[both] -= event.share * (world.arms[both] + decree.deliveries[both])
                decree.withdrawn[both] = np.maximum(decree.withdrawn[both], event.share)
        case kinds.ClashEvent():
            for both in (pairs, np.ix_(by, on)):
                decree.clash[both] = np.maximum(decree.clash[both], event.level - world.enmity[both])
        case kinds.DeterrenceEvent():
            decree.arming[by] += event.share
        case kinds.LeaderChangeEvent():
            decree.turnover[on] = level == NEW
            decree.regime[on] = decree.regime[on] if event.regime is None else event.regime
        case kinds.WarEvent():
            decree.war[on], decree.war_need[on] = True, nan_if_none(event.need)
            decree.limited[on], decree.suppliers[pairs] = event.limited, True
            decree.fights[np.ix_(on, states(event.against))] = True
    if isinstance(event, kinds.OfferEvent | kinds.OffRampEvent | kinds.EngagementEvent):
        decree.offer[pairs] = event.value if isinstance(event, kinds.OfferEvent) else 1.0
        decree.credibility[pairs] = nan_if_none(event.credibility)


def nan_if_none(value: float | None) -> float:
    """NaN stands for a value that is drawn."""
    return float("nan") if value is None else value
