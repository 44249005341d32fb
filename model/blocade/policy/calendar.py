"""Policies that follow the calendar: schedule, ramp, isolation, lifting, secondary sanctions, offers, off-ramps and
war.

An event acts from the first step that begins at or after its date. Events compose in the order of their dates (then
of the file): sanctions and isolation raise what is in force to at least their level while they are active; lifting
takes a share of all that is in force by then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.policy.events import (
    Codes,
    Event,
    IsolationEvent,
    LiftEvent,
    OfferEvent,
    OffRampEvent,
    SanctionsEvent,
    SecondarySanctionsEvent,
    WarEvent,
)
from blocade.world import World

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Decree:
    """What the calendar says for one step. NaN in a value means that it is drawn as a parameter.

    sanctions, isolation : [state, partner], in force before any relief.
    tightened : [state, partner], years from the start to the latest tightening of sanctions, NaN where there was
    none. relief : [state, partner], share lifted in proportion to the state's compliance.
    offer, credibility : [state, partner], worth of the partner's offer and how far it is believed.
    declared, secondary : [state], whether it has declared secondary sanctions, and how far it enforces them.
    war, war_need : [state], whether it is at war, and the need of arms this adds.
    """

    sanctions: Array
    isolation: Array
    tightened: Array
    relief: Array
    offer: Array
    credibility: Array
    declared: Flags
    secondary: Array
    war: Flags
    war_need: Array


def first_step(date: float, start: float, dt: float) -> int:
    """The first step that begins at or after a date (decimal years); a millionth of a step is rounding."""
    return math.ceil((date - start) / dt - 1e-6)


def calendar(world: World, events: Sequence[Event], start: float, dt: float, steps: int) -> tuple[Decree, ...]:
    """The decree of every step of a run.

    Parameters
    ----------
    world : its acts in force are what events add to.
    events : in any order.
    start : first day of the run, decimal year.
    dt : length of a step, years.
    """
    ordered = sorted(events, key=lambda event: event.at)
    decrees: list[Decree] = []
    tightened = np.full((world.size, world.size), np.nan)
    in_force, before = world.sanctions, None
    for step in range(steps):
        levels = tuple(_level(event, step, start, dt) for event in ordered)
        if levels == before:
            decrees.append(decrees[-1])
            continue
        decree = _decree(world, ordered, levels, tightened)
        tightened = np.where(decree.sanctions > in_force, step * dt, tightened)
        decrees.append(replace(decree, tightened=tightened))
        in_force, before = decree.sanctions, levels
    return tuple(decrees)


def at_rest(world: World) -> Decree:
    """The decree of a world under its own acts, before any event."""
    return calendar(world, (), 0.0, 1.0, 1)[0]


def _level(event: Event, step: int, start: float, dt: float) -> float:
    """How far an event is active in a step: its level if it has one, else 1; 0 when it is not."""
    begun = first_step(event.at, start, dt) <= step
    until = None if isinstance(event, LiftEvent) else event.until
    if not begun or (until is not None and first_step(until, start, dt) <= step):
        return 0.0
    if not isinstance(event, SanctionsEvent | IsolationEvent):
        return 1.0
    if event.ramp_until is None:
        return event.level
    return event.level * min(1.0, (start + step * dt - event.at) / (event.ramp_until - event.at))


def _decree(world: World, events: Sequence[Event], levels: Sequence[float], tightened: Array) -> Decree:
    n = world.size
    nan = float("nan")
    new = Decree(
        sanctions=world.sanctions.copy(),
        isolation=world.isolation.copy(),
        tightened=tightened,
        relief=np.zeros((n, n)),
        offer=np.zeros((n, n)),
        credibility=np.full((n, n), nan),
        declared=np.zeros(n, dtype=bool),
        secondary=np.full(n, nan),
        war=np.zeros(n, dtype=bool),
        war_need=np.full(n, nan),
    )
    for event, level in zip(events, levels, strict=True):
        if level > 0.0:
            _write(new, world, event, level)
    return new


def _write(decree: Decree, world: World, event: Event, level: float) -> None:
    """Write an active event into a decree that is being made."""

    def states(codes: Codes) -> list[int]:
        return [world.index(code) for code in codes]

    match event:
        case SecondarySanctionsEvent():
            decree.declared[states(event.by)] = True
            decree.secondary[states(event.by)] = nan_if_none(event.level)
            return
        case WarEvent():
            decree.war[states(event.on)] = True
            decree.war_need[states(event.on)] = nan_if_none(event.need)
            return
    pairs = np.ix_(states(event.on), states(event.by))
    match event:
        case SanctionsEvent():
            decree.sanctions[pairs] = np.maximum(decree.sanctions[pairs], level)
        case IsolationEvent():
            decree.isolation[pairs] = np.maximum(decree.isolation[pairs], level)
        case LiftEvent():
            decree.sanctions[pairs] *= 1.0 - event.share
            decree.isolation[pairs] *= 1.0 - event.share
        case OfferEvent():
            decree.offer[pairs] = event.value
            decree.credibility[pairs] = nan_if_none(event.credibility)
        case OffRampEvent():
            decree.offer[pairs] = 1.0
            decree.credibility[pairs] = nan_if_none(event.credibility)
            decree.relief[pairs] = event.relief
    np.fill_diagonal(decree.sanctions, 0.0)
    np.fill_diagonal(decree.isolation, 0.0)


def nan_if_none(value: float | None) -> float:
    """NaN stands for a value that is drawn."""
    return float("nan") if value is None else value
