"""Rules that answer what the state is at the start of a step: escalation, counter-sanctions and wedges.

Each is a pure function of what is in force so far and of what policy sees. Rules apply after the calendar, in the
order of their dates; relief for compliance comes last (`orders`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array, back, without_self
from blocade.policy.events import CoerciveWedgeEvent, CounterSanctionsEvent, EscalationEvent, WedgeEvent
from blocade.world import World

Indices = npt.NDArray[np.intp]

Ruling: TypeAlias = EscalationEvent | CounterSanctionsEvent | WedgeEvent | CoerciveWedgeEvent
RULES: Final = get_args(Ruling)
"""Kinds of event that are rules."""


@dataclass(frozen=True)
class Seen:
    """What policy sees of the state at the start of a step: ties [..., state, partner], the rest [..., state].

    tie_start, armament_start : at the start of the run. conceded : whether it has conceded at least once. munitions :
    stock left, 1 at the start.
    """

    tie: Array
    tie_start: Array
    armament: Array
    armament_start: Array
    compliance: Array
    conceded: npt.NDArray[np.bool_]
    munitions: Array

    @classmethod
    def nothing(cls, runs: int, n: int) -> Seen:
        """What there is to see before a run begins, when no rule is in force yet."""
        none, ties = np.zeros((runs, n)), np.zeros((runs, n, n))
        return cls(ties, ties, none, none, none, none.astype(bool), none)

    def take(self, runs: Indices) -> Seen:
        """What there is to see of some runs; all begin with the armament of the world."""
        apart = ("tie", "tie_start", "armament", "compliance", "conceded", "munitions")
        return replace(self, **{name: getattr(self, name)[runs] for name in apart})


@dataclass(frozen=True)
class Rule:
    """A rule in force; indices of the states that apply it (`by`) and to which (`on`).

    since : years from the start of the run to the day it came into force.
    """

    event: Ruling
    on: Indices
    by: Indices
    since: float

    @classmethod
    def of(cls, event: Ruling, world: World, since: float) -> Rule:
        """The rule of an event, on a world."""
        on, by = (np.array([world.index(code) for code in codes], dtype=np.intp) for codes in (event.on, event.by))
        return cls(event, on, by, since)

    @property
    def pairs(self) -> tuple[Indices, Indices]:
        """Index of the rule's pairs, behind any leading axes: [on, by]."""
        return self.on[:, None], self.by


def answered(rule: Rule, sanctions: Array, seen: Seen) -> Array:
    """Sanctions [..., state, partner] after a rule that imposes them.

    Notes
    -----
    Escalation: ``S_ij ← max(S_ij, min(level, S_ij + gain·x))``, x = ``(A⁰_ij − A_ij)⁺`` or ``(m_i − m⁰_i)⁺``.
    Counter-sanctions: ``S_ij ← max(S_ij, share·S_ji)``. Coercive wedge: ``S_ij ← max(S_ij, level)`` for the one
    target whose mean tie to the senders is lowest. Forms are assumptions.
    """
    event, here = rule.event, (..., *rule.pairs)
    now = np.array(np.broadcast_to(sanctions, seen.tie.shape))
    there = now[here]
    match event:
        case EscalationEvent():
            fallen = np.maximum(seen.tie_start - seen.tie, 0.0)[here]
            risen = np.maximum(seen.armament - seen.armament_start, 0.0)[..., rule.on, None]
            heard = fallen if event.answers == "hostility" else risen
            now[here] = np.maximum(there, np.minimum(event.level, there + event.gain * heard))
        case CounterSanctionsEvent():
            now[here] = np.maximum(there, event.share * back(now)[here])
        case CoerciveWedgeEvent():
            now[here] = np.where(_chosen(rule, -seen.tie), np.maximum(there, event.level), there)
    return without_self(now)


def wooed(rule: Rule, event: WedgeEvent, seen: Seen, q: Array) -> tuple[Array, Array]:
    """Relief and credible offer of a wedge: [..., state, partner] each, nonzero for the one target whose mean tie to
    the senders is highest.

    Parameters
    ----------
    q : credibility where the event names none, drawn: [..., 1, 1].
    """
    relief, offer = np.zeros(seen.tie.shape), np.zeros(seen.tie.shape)
    here = (..., *rule.pairs)
    chosen = _chosen(rule, seen.tie)
    relief[here] = event.relief * chosen
    offer[here] = chosen * (q if event.credibility is None else event.credibility)
    return without_self(relief), without_self(offer)


def _chosen(rule: Rule, tie: Array) -> Array:
    """1 for the target whose mean of these ties to the senders is highest, else 0: [..., on, 1]."""
    means = tie[(..., *rule.pairs)].mean(axis=-1)
    return np.asarray(np.eye(len(rule.on))[means.argmax(axis=-1)][..., None])
