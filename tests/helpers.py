"""Parameter sets, events and runs for the tests of the model, and the model once more in plain loops.

`by_hand_step` is written from the specification, one number at a time, and shares no code with the equations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, isnan, sqrt, tanh
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from worlds import make_world

from blocade.engine import run
from blocade.equations.drift import FORCES
from blocade.parameters import Parameters, table
from blocade.policy.calendar import Decree, calendar
from blocade.policy.events import (
    Event,
    IsolationEvent,
    LiftEvent,
    OfferEvent,
    OffRampEvent,
    SanctionsEvent,
    SecondarySanctionsEvent,
    WarEvent,
)
from blocade.randomness import Luck
from blocade.start import Start
from blocade.state import Moment
from blocade.world import GOODS, World

Array = npt.NDArray[np.float64]

BEGIN = 2022.0
DT = 0.25
STILL: Mapping[str, float] = {"sigma": 0.0, "h0": 0.0}
"""No noise and no concessions."""
NO_FORCES: Mapping[str, float] = {**{f"b_{force}": 0.0 for force in FORCES}, "balance": 0.0}


def of(*numbers: float) -> Array:
    """An array of numbers."""
    return np.array(numbers, dtype=float)


def close(actual: npt.ArrayLike, expected: npt.ArrayLike) -> None:
    """Assert equality to 1e-14."""
    np.testing.assert_allclose(np.asarray(actual, dtype=float), np.asarray(expected, dtype=float), rtol=0, atol=1e-14)


def sets(n: int = 1, /, **values: float) -> Parameters:
    """The central set n times, with some values replaced: [run]."""
    return Parameters({entry.name: np.full(n, values.get(entry.name, entry.central)) for entry in table().values()})


def box(rng: np.random.Generator, n: int, hard: bool = False, /, **values: float) -> Parameters:
    """Sets from the whole box, corners included: a value is at its low end, at its high end, or anywhere between.

    `hard` takes the box that the equations allow instead of the prior ranges. Armament may then grow without bound
    unless k_m < a_m, which the specification demands, so that is kept.
    """
    drawn = {}
    for entry in table().values():
        low, high = (entry.minimum, entry.maximum) if hard else (entry.low, entry.high)
        corner = rng.choice([0.0, 1.0, np.nan], size=n, p=[0.25, 0.25, 0.5])
        u = np.where(np.isnan(corner), rng.uniform(size=n), corner)
        drawn[entry.name] = low + (high - low) * u
    drawn["arms_reaction"] = np.minimum(drawn["arms_reaction"], drawn["arms_fatigue"])
    return Parameters({**drawn, **{name: np.full(n, value) for name, value in values.items()}})


seeds = st.integers(min_value=0, max_value=2**32 - 1)


def embargoed(world: World, rng: np.random.Generator) -> World:
    """The world with the trade of one pair under sanctions erased: observed 0, a twentieth expected of either side."""
    pairs = np.argwhere(world.sanctions >= 0.5)
    if not len(pairs):
        return world
    i, j = pairs[rng.integers(len(pairs))]
    trade, expected = world.trade.copy(), world.expected.copy()
    trade[[i, j], [j, i]] = 0.0
    expected[[i, j], [j, i]] = 0.05
    return replace(world, trade=trade, expected=expected, rest_of_world=1.0 - trade.sum(axis=1))


@st.composite
def worlds(draw: st.DrawFn, least: int = 2, most: int = 8) -> World:
    """Small random worlds, a third of them with an embargo that has erased trade."""
    rng = np.random.default_rng(draw(seeds))
    world = make_world(draw(st.integers(least, most)), rng)
    return embargoed(world, rng) if rng.uniform() < 1 / 3 else world


def plain(n: int, **arrays: Array) -> World:
    """States of equal capability without ties, trade, goods, arms or acts (all trade is with the rest of the world)."""
    world = make_world(n, np.random.default_rng(0))
    none, goods = np.zeros((n, n)), np.zeros((n, len(GOODS)))
    blank: dict[str, Any] = {
        **dict.fromkeys(("votes", "defence", "arms", "enmity", "trade", "sanctions", "isolation"), none),
        **dict.fromkeys(("need", "surplus", "need_rule", "surplus_rule"), goods),
        "capability": np.full(n, 1.0 / n),
        "regime": np.full(n, 0.5),
        "armament": np.zeros(n),
    }
    blank |= arrays
    return replace(world, **{"rest_of_world": 1.0 - blank["trade"].sum(axis=1), **blank})


def some_events(world: World, rng: np.random.Generator) -> tuple[Event, ...]:
    """A few events of every kind, at dates on and off the grid."""

    def codes(least: int = 1) -> tuple[str, ...]:
        chosen = rng.permutation(world.size)[: rng.integers(least, max(least, world.size // 2) + 1)]
        return tuple(world.codes[k] for k in sorted(chosen))

    def date() -> float:
        return BEGIN + float(rng.choice([0.0, 0.1, 0.5, 1.0, 1.37, 3.0]))

    return (
        SanctionsEvent(date(), codes(), codes(), 0.8),
        SanctionsEvent(date(), codes(), codes(), 0.5, ramp_until=BEGIN + 5.0),
        IsolationEvent(date(), codes(), codes(), 1.0),
        SecondarySanctionsEvent(date(), codes()),
        OfferEvent(date(), codes(), codes(), 0.7, until=BEGIN + 6.0),
        OffRampEvent(date(), codes(), codes(), 1.0, 0.8),
        WarEvent(codes(), date(), BEGIN + 6.5),
        LiftEvent(BEGIN + 7.3, codes(), codes(), 0.9),
    )


def press(senders: tuple[str, ...], targets: tuple[str, ...], at: float = 1.0) -> tuple[Event, ...]:
    """Comprehensive sanctions and isolation, some years after the beginning."""
    return (
        SanctionsEvent(BEGIN + at, senders, targets, 0.8),
        IsolationEvent(BEGIN + at, senders, targets, 0.8),
    )


def history(
    start: Start,
    parameters: Parameters,
    events: Sequence[Event] = (),
    steps: int = 40,
    luck: Luck | None = None,
    dt: float = DT,
) -> list[Moment]:
    """Every moment of a batch, the end included."""
    runs = len(start.tie)
    moments: list[Moment] = []
    keyed = luck or Luck(1, range(runs), [0] * runs, start.world.codes)
    decrees = calendar(start.world, events, BEGIN, dt, steps)
    run(start, parameters, decrees, keyed, lambda step, moment: moments.append(moment), dt)
    return moments


FIELDS = ("tie", "trade", "capability", "insulation", "compliance", "armament", "exposure")


def furthest(a: Moment, b: Moment) -> float:
    """Largest difference of two moments in any variable of the state."""
    return max(float(np.abs(getattr(a.state, name) - getattr(b.state, name)).max()) for name in FIELDS)


# --- the model once more, in plain loops ----------------------------------------------------------------------------


@dataclass
class ByHand:
    """One run: where it stands, and what the specification keeps from the start."""

    world: World
    values: dict[str, float]
    rest: Array
    normal: Array
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
    }
    hand = ByHand(world, values, start.rest_of_world[run_], start.normal[run_], state, {}, *([np.zeros((n, n))] * 3))
    hand.begin = _look(hand, decree, 0.0)
    hand.resting = state["tie"] - _balance(hand) / values["beta"]
    hand.residual = state["trade"] - _trade_target(hand, hand.begin)
    hand.arms_constant = values["arms_fatigue"] * world.armament - _arms_growth(hand, hand.begin)
    return hand


def _look(hand: ByHand, decree: Decree, now: float) -> dict[str, Any]:  # noqa: PLR0912 (as long as the list of relations)
    world, v, s, n = hand.world, hand.values, hand.state, hand.world.size
    everyone = range(n)
    share = world.capability / world.capability.sum()
    S, Q, e, H, worth, risk, cut, shut = (np.zeros((n, n)) for _ in range(8))
    for i in everyone:
        for j in everyone:
            left = 1 - decree.relief[i, j] * s["compliance"][i]
            S[i, j], Q[i, j] = decree.sanctions[i, j] * left, decree.isolation[i, j] * left
            since = now - decree.tightened[i, j]
            e[i, j] = v["e_inf"] + (0.0 if isnan(since) else (1 - v["e_inf"]) * exp(-v["rho_e"] * since))
            H[i, j] = max(e[i, j] * S[i, j], Q[i, j])
            q = decree.credibility[i, j]
            worth[i, j] = decree.offer[i, j] * (v["q"] if isnan(q) else q)
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
            if good == "arms" and decree.war[i]:
                need[i, g] += v["war_need"] if isnan(decree.war_need[i]) else decree.war_need[i]
    for i in everyone:
        for j in everyone:
            risk[i, j] = sum(chi[k] * H[j, k] * (1 - v["g"] * H[i, k]) * s["trade"][i, k] for k in everyone)
            cut[i, j] = v["delta"] * max(e[i, j] * S[i, j], e[j, i] * S[j, i])
            shut[i, j] = max(H[i, j], H[j, i])
    level = {name: np.zeros((n, n)) for name in FORCES}
    for i in everyone:
        for j in everyone:
            swap = sum(need[i, g] * surplus[j, g] + need[j, g] * surplus[i, g] for g in range(len(GOODS))) / 2
            level["trade"][i, j] = (s["trade"][i, j] + s["trade"][j, i]) / 2
            level["match"][i, j] = swap * (1 - shut[i, j])
            level["sanction"][i, j] = -(S[i, j] + S[j, i]) / 2
            level["isolation"][i, j] = -(Q[i, j] + Q[j, i]) / 2
            level["offer"][i, j] = (worth[i, j] * (pressure[i] > 0) + worth[j, i] * (pressure[j] > 0)) / 2
            level["risk"][i, j] = -(risk[i, j] + risk[j, i]) / 2
            level["comply"][i, j] = (s["compliance"][i] * H[i, j] + s["compliance"][j] * H[j, i]) / 2
            level["regime"][i, j] = 1 - abs(world.regime[i] - world.regime[j])
    gate = np.clip(s["tie"] / 0.2, 0, 1)
    relief = [max(decree.relief[i, j] * s["compliance"][i] for j in everyone) for i in everyone]
    return {
        "share": share, "H": H, "worth": worth, "pressure": pressure, "pain": pain, "need": need, "surplus": surplus,
        "risk": risk, "cut": cut, "shut": shut, "level": level, "gate": gate, "relief": relief,
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
                w[j] = now["share"][j] * c * min(1, max(0, (1 + s["tie"][i, j]) / 2)) * (1 - now["shut"][i, j])
                w[j] *= max(0, 1 - now["risk"][j, i]) * (1 - now["pain"][j])
        missing = sum(max(0, hand.normal[i, j] - s["trade"][i, j]) for j in range(n))
        for j in range(n):
            mean_risk = (now["risk"][i, j] + now["risk"][j, i]) / 2
            kept = hand.normal[i, j] * (1 - now["cut"][i, j]) * max(0, 1 - mean_risk)
            target[i, j] = kept + v["phi"] * missing * w[j] / (sum(w) + v["kappa"])
    return target


def _arms_growth(hand: ByHand, now: Mapping[str, Any]) -> Array:
    v, s, n = hand.values, hand.state, hand.world.size
    tech, growth = GOODS.index("technology"), np.zeros(n)
    for i in range(n):
        hostile = sum(now["share"][j] * max(0, -s["tie"][i, j]) * s["armament"][j] for j in range(n))
        received = sum(
            now["share"][j] * now["surplus"][j, tech] * now["gate"][i, j] * (1 - now["shut"][i, j])
            for j in range(n)
            if j != i
        )
        growth[i] = v["arms_reaction"] * hostile + v["tau"] * now["need"][i, tech] * received
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
            drift = v["beta"] * (hand.resting[i, j] - a) + up * (1 - a) - down * (1 + a) + pull[i, j]
            new["tie"][i, j] = min(1, max(-1, a + drift * dt + v["sigma"] * sqrt(dt) * shock[i, j]))
            held = min(now["cut"][i, j], before["cut"][i, j]) / before["cut"][i, j] if before["cut"][i, j] > 0 else 1.0
            goal = target[i, j] + hand.residual[i, j] * held
            new["trade"][i, j] = _traded(v, s["trade"][i, j], goal, hand.normal[i, j], dt)
        room, total = 1 - hand.rest[i], new["trade"][i].sum()
        if total > room:
            new["trade"][i] *= room / total
        _one_state(hand, now, new, i, threshold[i], dt)
    growth = _arms_growth(hand, now)
    for i in range(n):
        change = growth[i] - v["arms_fatigue"] * s["armament"][i] + hand.arms_constant[i]
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
    v, s, r = hand.values, hand.state, hand.world.regime[i]
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
    change = v["rho_u"] * more * (1 - r) * (1 - s["insulation"][i]) - v["u_decay"] * (s["insulation"][i] - resting)
    new["insulation"][i] = min(1, max(0, s["insulation"][i] + change * dt))
