"""The model once more, in plain loops: written from the specification, one number at a time.

It shares no code with the equations, nor with the rules of policy; of the package it takes the calendar's decrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, isnan, sqrt, tanh
from typing import Any

import numpy as np
import numpy.typing as npt

from blocade.forces import FORCES
from blocade.parameters import Parameters
from blocade.policy.calendar import Decree
from blocade.policy.events import CoerciveWedgeEvent, CounterSanctionsEvent, EscalationEvent, WedgeEvent
from blocade.start import Start
from blocade.world import GOODS, World

Array = npt.NDArray[np.float64]
TECHNOLOGY, ARMS = GOODS.index("technology"), GOODS.index("arms")


@dataclass
class ByHand:
    """One run: where it stands, and what the specification keeps from the start."""

    world: World
    values: dict[str, float]
    rest: Array
    normal: Array
    start: dict[str, Array]
    state: dict[str, Array]
    begin: dict[str, Any]
    resting: Array
    arms_constant: Array
    residual: Array


def by_hand(start: Start, parameters: Parameters, run_: int, decree: Decree) -> ByHand:
    """Set up a run from A⁰, T, T⁰ and the rest of the world; all other constants of the start are worked out anew."""
    values = {name: float(parameters[name][run_]) for name in parameters}
    world, n = start.world, start.world.size
    state = {
        "tie": start.tie[run_].copy(),
        "trade": start.trade[run_].copy(),
        "capability": world.capability.copy(),
        "insulation": np.array([values["u_base"] * (1 - r) for r in world.regime]),
        "compliance": np.zeros(n),
        "armament": world.armament.copy(),
        "exposure": np.zeros(n),
        "spell": np.zeros(n),
        "munitions": np.ones(n),
    }
    rest, none = start.rest_of_world[run_], np.zeros((n, n))
    hand = ByHand(world, values, rest, start.normal[run_], state, state, {}, none, none, none)
    hand.begin = _look(hand, decree, 0.0)
    hand.resting = state["tie"] - _balance(hand) / values["beta"]
    hand.residual = state["trade"] - _trade_target(hand, hand.begin)
    hand.arms_constant = values["arms_fatigue"] * world.armament - _arms_growth(hand, hand.begin)
    return hand


def _in_force(hand: ByHand, decree: Decree, now: float) -> dict[str, Any]:  # noqa: PLR0912 (one case for each kind)
    """Sanctions, isolation and offers after rules and relief; effort; relief of each state; who is at war."""
    v, s, n = hand.values, hand.state, hand.world.size
    everyone = range(n)
    S, Q, worth, e = decree.sanctions.copy(), decree.isolation.copy(), np.zeros((n, n)), np.zeros((n, n))
    for i in everyone:
        for j in everyone:
            q = decree.credibility[i, j]
            worth[i, j] = decree.offer[i, j] * (v["q"] if isnan(q) else q)
    fresh = decree.tightened.copy()
    for rule in decree.rules:
        event = rule.event
        on, by = ([hand.world.codes.index(code) for code in codes] for codes in (event.on, event.by))
        warmth = [sum(s["tie"][i, j] for j in by) / len(by) for i in on]
        nearest, farthest = on[warmth.index(max(warmth))], on[warmth.index(min(warmth))]
        before = S.copy()
        for i, j in ((i, j) for i in on for j in by if i != j):
            if isinstance(event, EscalationEvent):
                moved = hand.start["tie"][i, j] - s["tie"][i, j]
                if event.answers == "armament":
                    moved = s["armament"][i] - hand.start["armament"][i]
                S[i, j] = max(before[i, j], min(event.level, before[i, j] + event.gain * max(0, moved)))
            elif isinstance(event, CounterSanctionsEvent):
                S[i, j] = max(before[i, j], event.share * before[j, i])
            elif isinstance(event, CoerciveWedgeEvent) and i == farthest:
                S[i, j] = max(before[i, j], event.level)
            elif isinstance(event, WedgeEvent) and i == nearest:
                S[i, j], Q[i, j] = S[i, j] * (1 - event.relief), Q[i, j] * (1 - event.relief)
                worth[i, j] = max(worth[i, j], v["q"] if event.credibility is None else event.credibility)
        for i, j in ((i, j) for i in everyone for j in everyone if S[i, j] > before[i, j]):
            fresh[i, j] = rule.since if isnan(fresh[i, j]) else max(fresh[i, j], rule.since)
    for i in everyone:
        for j in everyone:
            since = now - fresh[i, j]
            slack = (1 - v["e_inf"]) * (1 - v["institution"] if decree.watched[i, j] else 1)
            e[i, j] = 1 - slack + (0.0 if isnan(since) else slack * exp(-v["rho_e"] * since))
    relief = np.zeros(n)
    for i in everyone:
        eased = whole = 0.0
        for j in everyone:
            lifted = decree.relief[i, j] * (1 if decree.kept[i, j] and s["spell"][i] > 0 else s["compliance"][i])
            presses = hand.world.capability[j] * max(S[i, j], Q[i, j])
            eased, whole = eased + lifted * presses, whole + presses
            S[i, j], Q[i, j] = S[i, j] * (1 - lifted), Q[i, j] * (1 - lifted)
        relief[i] = eased / whole if whole > 0 else 0.0
    fights = [decree.war[i] and not (decree.limited[i] and s["munitions"][i] <= 0) for i in everyone]
    return {"S": S, "Q": Q, "e": e, "worth": worth, "relief": relief, "fights": fights}


def _look(hand: ByHand, decree: Decree, now: float) -> dict[str, Any]:  # noqa: PLR0912 (as long as the list of relations)
    world, v, s, n = hand.world, hand.values, hand.state, hand.world.size
    everyone = range(n)
    share = world.capability / world.capability.sum()
    policy = _in_force(hand, decree, now)
    S, Q, e, worth = (policy[name] for name in ("S", "Q", "e", "worth"))
    H, risk, cut, shut = (np.zeros((n, n)) for _ in range(4))
    for i in everyone:
        for j in everyone:
            H[i, j] = max(e[i, j] * S[i, j], Q[i, j])
    chi = [v["chi"]] * n
    for k in everyone:
        if decree.declared[k]:
            chi[k] = v["chi_declared"] if isnan(decree.secondary[k]) else decree.secondary[k]
    pressure = np.array([sum(share[k] * H[i, k] for k in everyone) for i in everyone])
    pain = np.zeros(n)
    need, surplus = world.need.copy(), world.surplus.copy()
    for i in everyone:
        if world.trade[i].sum() + world.rest_of_world[i] > 0:
            pain[i] = min(1.0, max(0.0, 1 - sum(s["trade"][i]) - hand.rest[i]))
        for g, good in enumerate(GOODS):
            if good in ("technology", "cash_labour"):
                need[i, g] *= 1 + v["nu"] * pain[i]
                surplus[i, g] *= 1 - v["mu"] * pain[i]
            if good == "arms" and policy["fights"][i]:
                need[i, g] += v["war_need"] if isnan(decree.war_need[i]) else decree.war_need[i]
    for i in everyone:
        for j in everyone:
            risk[i, j] = sum(chi[k] * H[j, k] * (1 - v["g"] * H[i, k]) * s["trade"][i, k] for k in everyone)
            risk[i, j] *= 1 - decree.shield[j, i]
            cut[i, j] = v["delta"] * max(e[i, j] * S[i, j], e[j, i] * S[j, i])
            cut[i, j] += (1 - cut[i, j]) * decree.withdrawn[i, j]
            shut[i, j] = max(H[i, j], H[j, i])
    level = {name: np.zeros((n, n)) for name in FORCES}

    def at_war(a: int, b: int) -> bool:
        return any(decree.fights[x, y] and policy["fights"][x] for x, y in ((a, b), (b, a)))

    for i in everyone:
        for j in everyone:
            swap = sum(need[i, g] * surplus[j, g] + need[j, g] * surplus[i, g] for g in range(len(GOODS))) / 2
            level["trade"][i, j] = (s["trade"][i, j] + s["trade"][j, i]) / 2
            level["match"][i, j] = swap * (1 - shut[i, j])
            level["sanction"][i, j] = -(S[i, j] + S[j, i]) / 2
            level["isolation"][i, j] = -(Q[i, j] + Q[j, i]) / 2
            standing = [worth[a, b] * (1 - s["compliance"][a]) * (pressure[a] > 0) for a, b in ((i, j), (j, i))]
            level["offer"][i, j] = sum(standing) / 2
            level["risk"][i, j] = -(risk[i, j] + risk[j, i]) / 2
            level["comply"][i, j] = (s["compliance"][i] * H[i, j] + s["compliance"][j] * H[j, i]) / 2
            level["regime"][i, j] = 1 - abs(decree.regime[i] - decree.regime[j])
            for a, b in ((i, j), (j, i)):
                feared = at_war(a, b) + sum(max(0, s["tie"][a, v]) * at_war(v, b) for v in everyone)
                level["threat"][i, j] -= feared / 2
    gate = np.clip(s["tie"] / 0.2, 0, 1)
    return {
        "share": share, "H": H, "worth": worth, "pressure": pressure, "pain": pain, "need": need, "surplus": surplus,
        "risk": risk, "cut": cut, "shut": shut, "level": level, "gate": gate, "relief": policy["relief"],
        "fights": policy["fights"], "decree": decree,
    }  # fmt: skip


def _balance(hand: ByHand) -> Array:
    """Pull of balance; α relative to the fold of the ties at the start, which are those of the first call."""
    v, n = hand.values, hand.world.size
    share = hand.world.capability / hand.world.capability.sum()
    if "alpha" not in hand.begin:
        top = max(np.linalg.eigvals(np.diag(share) @ hand.state["tie"]).real)  # W A is similar to W^½ A W^½
        hand.begin["alpha"] = v["balance"] * v["beta"] / (4 * top) if top > 0 else 0.0
    limit = v["balance_limit"] * v["beta"]
    pull = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            common = sum(hand.state["tie"][i, k] * share[k] * hand.state["tie"][k, j] for k in range(n))
            pull[i, j] = limit * tanh(hand.begin["alpha"] * common / limit) if i != j and limit > 0 else 0.0
    return pull


def _trade_target(hand: ByHand, now: Mapping[str, Any]) -> Array:
    """T*, without the residual."""
    v, s, world, n = hand.values, hand.state, hand.world, hand.world.size
    target = np.zeros((n, n))
    for i in range(n):
        w = np.zeros(n)
        for j in range(n):
            if i != j:
                c = s["capability"][j] / world.capability[j] if world.capability[j] > 0 else 1.0
                open_ = min(1, max(0, (1 + s["tie"][i, j]) / 2)) * max(0, 1 - now["risk"][j, i])
                open_ *= 1 - max(now["shut"][i, j], now["decree"].withdrawn[i, j])
                shield = now["decree"].shield[i, j]
                w[j] = now["share"][j] * c * (1 - now["pain"][j]) * (shield + (1 - shield) * open_)
        missing = sum(max(0, hand.normal[i, j] - s["trade"][i, j]) for j in range(n))
        for j in range(n):
            mean_risk = (now["risk"][i, j] + now["risk"][j, i]) / 2
            kept = hand.normal[i, j] * (1 - now["cut"][i, j]) * max(0, 1 - mean_risk)
            target[i, j] = kept + v["phi"] * missing * w[j] / (sum(w) + v["kappa"])
    return target


def _arms_growth(hand: ByHand, now: Mapping[str, Any]) -> Array:
    v, s, n, growth = hand.values, hand.state, hand.world.size, np.zeros(hand.world.size)
    for i in range(n):
        hostile = sum(now["share"][j] * max(0, -s["tie"][i, j]) * s["armament"][j] for j in range(n))
        received = sum(
            now["share"][j] * now["surplus"][j, TECHNOLOGY] * now["gate"][i, j] * (1 - now["shut"][i, j])
            for j in range(n)
            if j != i
        )
        growth[i] = v["arms_reaction"] * hostile + v["tau"] * now["need"][i, TECHNOLOGY] * received
    return growth


def by_hand_step(hand: ByHand, decree: Decree, time: float, shock: Array, threshold: Array, dt: float) -> None:
    """Move the run one step on: `shock` is [state, partner], `threshold` [state]."""
    v, s, world, n = hand.values, hand.state, hand.world, hand.world.size
    now, before = _look(hand, decree, time), hand.begin
    pull, target = _balance(hand), _trade_target(hand, now)
    new = {name: x.copy() for name, x in s.items()}
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            up = down = 0.0
            for name in FORCES:
                force = v[f"b_{name}"] * (now["level"][name][i, j] - before["level"][name][i, j])
                force *= now["gate"][i, j] if name == "match" else 1.0
                up, down = up + max(0, force), down + max(0, -force)
            a = s["tie"][i, j]
            rest = hand.resting[i, j] + v["w_defence"] * decree.pact[i, j] + v["w_arms"] * decree.deliveries[i, j]
            rest -= v["w_enmity"] * decree.clash[i, j]
            drift = v["beta"] * (rest - a) + up * (1 - a) - down * (1 + a) + pull[i, j]
            luck = v["sigma"] * sqrt(dt) * min(1, (1 - abs(a)) / 0.2) * shock[i, j]
            new["tie"][i, j] = min(1, max(-1, a + drift * dt + luck))
            held = min(now["cut"][i, j], before["cut"][i, j]) / before["cut"][i, j] if before["cut"][i, j] > 0 else 1.0
            goal = target[i, j] + hand.residual[i, j] * held
            new["trade"][i, j] = _traded(v, s["trade"][i, j], goal, hand.normal[i, j], dt)
        room, total = 1 - hand.rest[i], new["trade"][i].sum()
        if total > room:
            new["trade"][i] *= room / total
        _one_state(hand, now, new, i, threshold[i], dt)
    growth = _arms_growth(hand, now)
    for i in range(n):
        raised = decree.arming[i] * world.armament[i]
        change = growth[i] + v["arms_fatigue"] * (raised - s["armament"][i]) + hand.arms_constant[i]
        new["armament"][i] = max(0, s["armament"][i] + change * dt)
        worse = max(0, now["pain"][i] - before["pain"][i])
        c, normal = s["capability"][i], world.capability[i]
        new["capability"][i] = max(0, c + (v["rho_c"] * (normal - c) - v["psi"] * worse * c) * dt)
    hand.state = new


def _traded(v: Mapping[str, float], trade: float, target: float, normal: float, dt: float) -> float:
    """Trade one step later: what lies below T⁰ is cut and returns, what lies above it is diverted and goes back."""
    recover, divert = min(v["rho_recover"], v["rho_cut"]), min(v["rho_divert"], v["rho_cut"])
    usual = min(target, normal) - min(trade, normal)
    extra = max(target - normal, 0.0) - max(trade - normal, 0.0)
    speed_usual, speed_extra = (recover if usual > 0 else v["rho_cut"]), (divert if extra > 0 else recover)
    return max(0.0, trade + (speed_usual * usual + speed_extra * extra) * dt)


def _one_state(
    hand: ByHand, now: Mapping[str, Any], new: dict[str, Array], i: int, threshold: float, dt: float
) -> None:
    """Concession, compliance and insulation of a state."""
    v, s, r = hand.values, hand.state, now["decree"].regime[i]
    weights = now["share"] * now["H"][i]
    friends = sum(weights * np.maximum(0, s["tie"][i])) / sum(weights) if sum(weights) > 0 else 0.0
    rate = 0.0
    if now["pressure"][i] > 0:
        net = now["pain"][i] * (1 + v["kappa_f"] * friends) - s["insulation"][i]
        rate = v["h0"] * exp(v["k"] * net + v["k_o"] * max(now["worth"][i]))
    exposure = s["exposure"][i] + rate * (1 - s["compliance"][i]) * dt
    concedes = exposure >= threshold
    new["exposure"][i] = 0.0 if concedes else exposure
    new["spell"][i] = s["spell"][i] + concedes
    faded = s["compliance"][i] * exp(-v["p_decay"] * (1 - now["relief"][i]) * dt)
    new["compliance"][i] = 1.0 if concedes else faded
    more = max(0, now["pressure"][i] - hand.begin["pressure"][i])
    resting = v["u_base"] * (1 - r)
    u = resting if now["decree"].turnover[i] else s["insulation"][i]
    change = v["rho_u"] * more * (1 - r) * (1 - u) - v["u_decay"] * (u - resting)
    new["insulation"][i] = min(1, max(0, u + change * dt))
    if now["fights"][i] and now["decree"].limited[i]:
        sent = sum(
            now["surplus"][j, ARMS] * now["gate"][i, j] * (1 - now["shut"][i, j])
            for j in range(len(weights))
            if now["decree"].suppliers[i, j]
        )
        left = s["munitions"][i] + (v["home"] + v["delivered"] * min(1, sent) - 1) / v["stock"] * dt
        new["munitions"][i] = min(1, max(0, left))
