"""Two targets A and B and two senders S and T in a bare world: what is ordered there, and what a run makes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from helpers import BEGIN, DT, NO_FORCES, STILL, Array, history, plain, seen, sets

from blocade.policy.calendar import Decree, calendar
from blocade.policy.events import Event, IsolationEvent, SanctionsEvent
from blocade.policy.orders import Orders, orders
from blocade.policy.rules import Seen
from blocade.start import solve_start
from blocade.state import Moment
from blocade.world import World

WORLD = plain(4)
A, B, S, T = WORLD.codes


def decrees(*events: Event, world: World = WORLD) -> tuple[Decree, ...]:
    """What the calendar says for each step of twelve years."""
    return calendar(world, events, BEGIN, DT, 48)


def ordered(events: Sequence[Event], year: float = 0.0, sees: Seen | None = None, **values: float) -> Orders:
    """What is in force in a year of the run, given what policy sees."""
    return orders(decrees(*events)[round(year / DT)], year, sets(**values), sees or seen(4))


def whole(x: Array) -> Array:
    """A matrix of the one run, whether or not the batch keeps it once for all runs: [state, partner]."""
    return np.asarray(np.broadcast_to(x, (1, 4, 4))[0])


def pairs(**ties: float) -> Array:
    """Ties of four states, AS=.4 being that of A and S."""
    matrix = np.zeros((4, 4))
    for pair, tie in ties.items():
        i, j = ("ABST".index(letter) for letter in pair)
        matrix[i, j] = matrix[j, i] = tie
    return matrix


def ran(events: Sequence[Event], world: World, steps: int = 48, /, **values: float) -> list[Moment]:
    """A run without noise, concessions, forces and balance but those named."""
    parameters = sets(**{**NO_FORCES, **STILL, **values})
    return history(solve_start(world, parameters), parameters, events, steps)


def path(moments: Sequence[Moment], i: int, j: int | None = None, field: str = "tie") -> Array:
    """A tie, or another number of the state, over time."""
    values = (getattr(moment.state, field)[0] for moment in moments)
    return np.array([x[i] if j is None else x[i, j] for x in values])


IN_FORCE = (SanctionsEvent(BEGIN, (S,), (A, B), 0.3), IsolationEvent(BEGIN, (S,), (A, B), 0.6))
