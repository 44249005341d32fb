"""What is in force in a step: the calendar's decree, drawn values filled in, rules answered and relief granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array, back
from blocade.equations.effort import effort, watched
from blocade.parameters import Parameters
from blocade.policy.calendar import Decree
from blocade.policy.events import WedgeEvent
from blocade.policy.mixed import Decreed, Mixed, Runs
from blocade.policy.rules import Seen, answered, wooed


@dataclass(frozen=True)
class Orders:
    """What is in force: all [..., state, partner] or [..., state]; a batch has [run] in front where runs differ.

    sanctions, isolation : after relief. enforced : effort times sanctions. offer : credible worth, q·O. secondary :
    χ. relief : share of the pressure lifted in return for compliance. shield : how far the partner shields the
    state. pact : change of the resting tie by pacts and support signed or ended, and by clashes. withdrawn : share of
    normal trade withdrawn. arming : share by which armament at rest rises. regime, turnover : score, and whether a
    new leader takes office. war : need of arms added. limited, suppliers : whether it is in a war that ends without
    munitions, and who sends some. fights : 1 where the two are at war with each other, as long as it lasts.
    """

    sanctions: Array
    isolation: Array
    enforced: Array
    offer: Array
    secondary: Array
    relief: Array
    shield: Array
    pact: Array
    withdrawn: Array
    arming: Array
    regime: Array
    turnover: npt.NDArray[np.bool_]
    war: Array
    limited: npt.NDArray[np.bool_]
    suppliers: npt.NDArray[np.bool_]
    fights: Array


OF_STATES: Final = ("secondary", "relief", "arming", "regime", "turnover", "war", "limited")
"""Orders that are [..., state]; the others are [..., state, partner]."""


def orders(decree: Decreed, now: float, parameters: Parameters, seen: Seen) -> Orders:
    """What is in force, given the state at the start of the step.

    Parameters
    ----------
    decree : of all runs, or of each of them.
    now : beginning of the step, years since the start.
    """
    if isinstance(decree, Decree):
        return _ordered(decree, now, parameters, seen)
    groups = list(decree.groups())
    parts = [_ordered(one, now, parameters.take(runs), seen.take(runs)) for one, runs in groups]
    return _joined(decree, [runs for _, runs in groups], parts)


def _joined(decree: Mixed, groups: Sequence[Runs], parts: Sequence[Orders]) -> Orders:
    """The orders of all runs from those of each group. What no group's runs differ in stays without [run]."""
    joined: dict[str, Any] = {}
    for field in fields(Orders):
        values = [getattr(part, field.name) for part in parts]
        shared = all(value.ndim == (1 if field.name in OF_STATES else 2) for value in values)
        if shared and all(np.array_equal(value, values[0]) for value in values[1:]):
            joined[field.name] = values[0]
            continue
        n = values[0].shape[-1]
        joined[field.name] = np.empty((len(decree.of), *((n,) if field.name in OF_STATES else (n, n))), values[0].dtype)
        for runs, value in zip(groups, values, strict=True):
            joined[field.name][runs] = value
    return Orders(**joined)


def _ordered(decree: Decree, now: float, parameters: Parameters, seen: Seen) -> Orders:
    """What is in force under one decree.

    Notes
    -----
    Rules apply to what the calendar decrees, in the order of their dates. Where a rule imposes more, effort counts
    from the day the rule came into force, not from each rise (assumption). An off-ramp then lifts ``relief · p_i`` of
    what is in force, so relief grows with compliance and snaps back as it decays (unless it is kept). The relief of a
    state by several senders is their mean, weighted by ``ĉ_k max(S_ik, Q_ik)`` (assumption).
    """
    sanctions, isolation, offer, tightened = decree.sanctions, decree.isolation, decree.offer, decree.tightened
    if offer.any():
        offer = offer * np.where(np.isnan(decree.credibility), parameters.pair("q"), decree.credibility)
    for rule in decree.rules:
        if isinstance(rule.event, WedgeEvent):
            lifted, promised = wooed(rule, rule.event, seen, parameters.pair("q"))
            sanctions, isolation = sanctions * (1.0 - lifted), isolation * (1.0 - lifted)
            offer = np.maximum(offer, promised)
        else:
            before, sanctions = sanctions, answered(rule, sanctions, seen)
            tightened = np.where(sanctions > before, np.fmax(tightened, rule.since), tightened)
    relief = np.zeros_like(seen.compliance)
    if decree.relief.any():
        complied = np.where(decree.kept & seen.conceded[..., None], 1.0, seen.compliance[..., None])
        lifted = decree.relief * complied
        pressing = np.maximum(sanctions, isolation) * decree.share
        total, eased = pressing.sum(axis=-1), (lifted * pressing).sum(axis=-1)
        relief = np.divide(eased, total, out=np.zeros_like(eased), where=total > 0.0)
        sanctions, isolation = sanctions * (1.0 - lifted), isolation * (1.0 - lifted)
    pact = decree.pact
    if pact.any() or decree.deliveries.any() or decree.clash.any():
        pact = parameters.pair("w_defence") * pact + parameters.pair("w_arms") * decree.deliveries
        pact -= parameters.pair("w_enmity") * decree.clash
    lasting = watched(parameters.pair("e_inf"), parameters.pair("institution"), decree.watched)
    fighting = decree.war & ((seen.munitions > 0.0) | ~decree.limited)
    return Orders(
        sanctions=sanctions,
        isolation=isolation,
        enforced=_enforced(sanctions, tightened, now, lasting, parameters.pair("rho_e")),
        offer=offer,
        secondary=np.where(
            decree.declared,
            np.where(np.isnan(decree.secondary), parameters.state("chi_declared"), decree.secondary),
            parameters.state("chi"),
        ),
        relief=relief,
        shield=decree.shield,
        pact=pact,
        withdrawn=decree.withdrawn,
        arming=decree.arming,
        regime=decree.regime,
        turnover=decree.turnover,
        war=np.where(fighting, np.where(np.isnan(decree.war_need), parameters.state("war_need"), decree.war_need), 0.0),
        limited=decree.limited & fighting,
        suppliers=decree.suppliers,
        fights=_fights(decree, fighting),
    )


def _enforced(sanctions: Array, tightened: Array, now: float, lasting: Array, rho_e: Array) -> Array:
    """Effort times sanctions: [..., state, partner]. The burst of effort is worked out where there was one alone."""
    enforced: Array = sanctions * lasting
    fresh = np.isfinite(tightened)
    rows = np.flatnonzero(fresh.any(axis=-1).reshape(-1, fresh.shape[-1]).any(axis=0))
    if len(rows):
        there = lasting[..., rows, :] if lasting.shape[-2] > 1 else lasting
        enforced[..., rows, :] = sanctions[..., rows, :] * effort(tightened[..., rows, :], now, there, rho_e)
    return enforced


def _fights(decree: Decree, fighting: npt.NDArray[np.bool_]) -> Array:
    """Who is at war with whom, either way round: [state, partner], or [run, state, partner] where runs differ."""
    fights = decree.fights.astype(float)
    if not decree.fights.any():
        return fights
    if decree.limited.any():  # only then do runs differ
        fights = np.where(fighting[..., None], fights, 0.0)
    either: Array = np.maximum(fights, back(fights))
    return either
