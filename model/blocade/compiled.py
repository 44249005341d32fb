"""Equations 1-7 for all pairs of a batch of runs: the functions of ``blocade.equations``, compiled and called pair by
pair.

No relation is written here a second time. Those functions work on numbers as on arrays, so numba compiles them as they
stand; what NumPy does in some sixty passes over [run, state, partner] then takes three. Products of matrices and
hyperbolic tangents are left to NumPy, which is as fast.

Arrays are [run, state, partner], [run, state] or [run], in C order; the first axis of what is the same in all runs may
be 1. `results` are written into.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import numpy.typing as npt

from blocade import equations
from blocade.equations import armament, arrays, concession, diversion, drift, exchange, partners, pressure, reach, risk
from blocade.equations.arrays import Array

Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
F = TypeVar("F", bound=Callable[..., Any])

OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"reassoc", "nsz"}}
"""Division by 0 as NumPy has it; and the terms of a sum may be taken four at a time, which moves its last bit."""


def _stamp() -> str:
    """Digest of the equations: what was compiled from others is not taken for these."""
    total = hashlib.sha256()
    for path in sorted(Path(equations.__path__[0]).glob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()


STAMP = _stamp()


def _compiled(function: F) -> F:
    """Compiled at the first call, and kept on disk for the next process where there is a folder for it."""
    try:
        return numba.njit(cache=True, **OPTIONS)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # no such folder may be written: compiled for this process alone
        return numba.njit(**OPTIONS)(function)  # type: ignore[no-any-return]


def _equation(function: Callable[..., Any]) -> Callable[..., Any]:
    """An equation, for compiled functions to call."""
    return numba.njit(**OPTIONS)(function)  # type: ignore[no-any-return]


mean_of_pair = _equation(arrays.mean_of_pair)
hand_of, closed_of = _equation(pressure.hand), _equation(pressure.closed)
reach_of, exposure_of = _equation(reach.reach), _equation(risk.exposure)
willing_partners, capacity_of = _equation(partners.willing_partners), _equation(partners.capacity)
missing_trade, diversion_of = _equation(diversion.missing_trade), _equation(diversion.diversion)
residual_in_force, trade_target = _equation(diversion.residual_in_force), _equation(diversion.trade_target)
trade_step, within = _equation(diversion.trade_step), _equation(diversion.within)
gate_of = _equation(exchange.gate)
friendly_of, hostile_of = _equation(concession.friendly), _equation(armament.hostile)
tie_drift, tie_step = _equation(drift.tie_drift), _equation(drift.tie_step)


@_equation
def turn(x: Array, turned: Array) -> None:
    """The partner's view of every pair: [state, partner] by [partner, state]."""
    for i in range(len(x)):
        for j in range(len(x)):
            turned[i, j] = x[j, i]


@_equation
def weigh_risk(
    hand: Array, hand_back: Array, trade_back: Array, shield: Array, secondary: Array, g: float, risk_back: Array
) -> None:
    """Association risk (2) by partner, in one run: ``risk_back[i, j]`` is what j stands to lose by associating with i.

    Few states press any one, so only what stands in a row of H is multiplied.
    """
    n = len(hand)
    feared = np.empty((n, n))
    for k in range(n):
        fear, felt, traded, chi = feared[k], hand_back[k], trade_back[k], secondary[k]
        for j in range(n):
            fear[j] = exposure_of(felt[j], traded[j], chi, g)
    for i in range(n):
        lost, shielded = risk_back[i], shield[i]
        lost[:] = 0.0
        for k in range(n):
            pressure = hand[i, k]
            if pressure > 0.0:
                fear = feared[k]
                for j in range(n):
                    lost[j] += fear[j] * pressure
        for j in range(n):
            lost[j] *= 1.0 - shielded[j]  # who shields a state fears no punishment for it


@_equation
def find_willing(
    capacity: Array, tie: Array, closed: Array, risk_back: Array, shield: Array, i: int, willing: Array
) -> float:
    """Willing partners of one state (3), and their sum W."""
    n = len(tie)
    for j in range(n):
        willing[j] = willing_partners(capacity[j], tie[j], closed[j], risk_back[j], shield[j])
    willing[i] = 0.0
    total = 0.0
    for j in range(n):
        total += willing[j]
    return total


@_compiled
def look_at_pairs(
    trade_back: Array,
    enforced: Array,
    isolation: Array,
    withdrawn: Array,
    shield: Array,
    secondary: Array,
    compliance: Array,
    delta: Array,
    g: Array,
    results: tuple[Array, ...],
    stamp: str = STAMP,
) -> None:
    """Hands, closure, reach (1), association risk (2) and sym(p·H): in this order in `results`.

    Trade and risk are given by partner.
    """
    hand, closed, cut, risk_back, complied = results
    runs, n = trade_back.shape[0], trade_back.shape[1]
    hand_back = np.empty((n, n))
    for r in range(runs):
        e, q = enforced[min(r, len(enforced) - 1)], isolation[min(r, len(isolation) - 1)]
        w, v = withdrawn[min(r, len(withdrawn) - 1)], shield[min(r, len(shield) - 1)]
        hands, shut, reached, given, p = hand[r], closed[r], cut[r], complied[r], compliance[r]
        for i in range(n):
            imposed, isolating, pressing = e[i], q[i], hands[i]
            for k in range(n):
                pressing[k] = hand_of(imposed[k], isolating[k])
            shut[i], reached[i], given[i], hand_back[i] = 0.0, 0.0, 0.0, 0.0
        for i in range(n):
            for k in range(n):
                if hands[i, k] > 0.0 or w[i, k] > 0.0:
                    hand_back[k, i] = hands[i, k]
                    shut[i, k] = shut[k, i] = closed_of(hands[i, k], hands[k, i])
                    reached[i, k] = reached[k, i] = reach_of(delta[r], e[i, k], e[k, i], w[i, k])
                    given[i, k] = given[k, i] = mean_of_pair(p[i] * hands[i, k], p[k] * hands[k, i])
        weigh_risk(hands, hand_back, trade_back[r], v, secondary[r], g[r], risk_back[r])


@_compiled
def look_at_partners(
    tie: Array, hand: Array, closed: Array, weights: tuple[Array, ...], results: tuple[Array, ...],
    stamp: str = STAMP,
) -> None:
    """Sums over partners for concession (8) and armament (12): [run, state] each.

    Parameters
    ----------
    weights : [run, state] of the partners: ĉ for friendship with those who press, ĉ m for hostility, ĉ s for what is
        open to exchange.
    """
    friends, foes, suppliers = results
    runs, n = tie.shape[0], tie.shape[1]
    for r in range(runs):
        share, arms, spare = weights[0][r], weights[1][r], weights[2][r]
        for i in range(n):
            a, pressing, shut = tie[r, i], hand[r, i], closed[r, i]
            friendly = hostile = opened = 0.0
            for j in range(n):
                friendly += friendly_of(a[j], pressing[j]) * share[j]
                hostile += hostile_of(a[j]) * arms[j]
                opened += gate_of(a[j]) * (1.0 - shut[j]) * spare[j]
            friends[r, i], foes[r, i], suppliers[r, i] = friendly, hostile, opened


def pack(x: Array) -> Array:
    """What lies above the diagonals of symmetric matrices, row by row: [run, state, partner] -> [run, pair]."""
    runs, n, _ = x.shape
    packed = np.empty((runs, n * (n - 1) // 2))
    take_upper(x, packed)
    return packed


@_compiled
def take_upper(x: Array, packed: Array, stamp: str = STAMP) -> None:
    """Fill `packed` (see `pack`)."""
    runs, n = x.shape[0], x.shape[1]
    for r in range(runs):
        at = 0
        for i in range(n - 1):
            packed[r, at : at + n - i - 1] = x[r, i, i + 1 :]
            at += n - i - 1


@_compiled
def move_ties(
    tie: Array,
    resting: Array,
    trade: tuple[Array, ...],
    match: Array,
    closed: Array,
    risk: Array,
    complied: Array,
    before: tuple[Array, ...],
    strengths: tuple[Array, ...],
    special: tuple[Array, ...],
    rows: Rows,
    pull: Array,
    beta: Array,
    noise: Array,
    shocks: Array,
    dt: float,
    result: Array,
    stamp: str = STAMP,
) -> None:
    """Ties one step later (7): forces that act on every pair worked out here, on top of those that act on a few.

    Of every matrix only what lies above the diagonal is read.

    Parameters
    ----------
    trade : T, and T by partner. match : as if every pair were open. risk, complied : means of the pair.
    before : levels of the first three at the start, when nobody has conceded. strengths : coefficient of each of the
        four with its sign, [run].
    special : F⁺ and F⁻ of the other forces on the pairs of some states, `rows`: [run, row, partner].
    pull, shocks : balance, and a standard normal, of each pair: [run, pair] as `pack` has them. noise : σ √dt, [run].
    """
    runs, n = tie.shape[0], tie.shape[1]
    up, down = np.empty(n), np.empty(n)
    for r in range(runs):
        by_trade, by_match, by_risk, by_comply = strengths[0][r], strengths[1][r], strengths[2][r], strengths[3][r]
        b, luck, at = beta[r], noise[r], 0
        for i in range(n):
            up[:], down[:] = 0.0, 0.0
            for k in range(len(rows)):
                if rows[k] == i:
                    up[:], down[:] = special[0][r, k], special[1][r, k]
                    break
                up[rows[k]], down[rows[k]] = special[0][r, k, i], special[1][r, k, i]
            k = i + 1
            u, d, a, rest = up[k:], down[k:], tie[r, i, k:], resting[r, i, k:]
            own, theirs, matches, shut = trade[0][r, i, k:], trade[1][r, i, k:], match[r, i, k:], closed[r, i, k:]
            risks, given, moved = risk[r, i, k:], complied[r, i, k:], result[r, i, k:]
            traded, matched, risked = before[0][r, i, k:], before[1][r, i, k:], before[2][r, i, k:]
            pulled, dealt = pull[r, at : at + n - k], shocks[r, at : at + n - k]
            at += n - k
            for j in range(n - k):
                trading = by_trade * (mean_of_pair(own[j], theirs[j]) - traded[j])
                matching = by_match * (matches[j] * (1.0 - shut[j]) - matched[j]) * gate_of(a[j])
                risking = by_risk * (risks[j] - risked[j])
                pleasing = by_comply * given[j]
                plus = u[j] + max(trading, 0.0) + max(matching, 0.0) + max(risking, 0.0) + max(pleasing, 0.0)
                minus = d[j] - min(trading, 0.0) - min(matching, 0.0) - min(risking, 0.0) - min(pleasing, 0.0)
                moved[j] = tie_step(a[j], tie_drift(a[j], rest[j], plus, minus, pulled[j], b), dt, luck * dealt[j])
        for i in range(n):
            result[r, i, i] = 0.0
            for j in range(i):
                result[r, i, j] = result[r, j, i]


@_compiled
def move_trade(
    trade: Array,
    tie: Array,
    capacity: Array,
    closed: Array,
    risk_back: Array,
    shield: Array,
    normal: Array,
    cut: Array,
    pair_risk: Array,
    residual: tuple[Array, ...],
    room: Array,
    phi: Array,
    kappa: Array,
    speeds: tuple[Array, ...],
    dt: float,
    result: Array,
    stamp: str = STAMP,
) -> None:
    """Trade one step later (3 and 4).

    Parameters
    ----------
    capacity : what each partner has to give, ĉ_j (c_j/c⁰_j) (1 − pain_j), [run, state].
    residual : the constant, what is erased, and the reach at the start. speeds : ρ_cut, ρ_recover, ρ_divert.
    """
    runs, n = trade.shape[0], trade.shape[1]
    willing, moved = np.empty(n), np.empty(n)
    for r in range(runs):
        given, v = capacity[r], shield[min(r, len(shield) - 1)]
        for i in range(n):
            offered = find_willing(given, tie[r, i], closed[r, i], risk_back[r, i], v[i], i, willing)
            missing = total = 0.0
            for j in range(n):
                missing += missing_trade(normal[r, i, j], trade[r, i, j])
            diverted = diversion_of(missing, offered, phi[r], kappa[r])
            for j in range(n):
                kept = residual_in_force(residual[0][r, i, j], residual[1][r, i, j], cut[r, i, j], residual[2][r, i, j])
                target = trade_target(normal[r, i, j], cut[r, i, j], pair_risk[r, i, j], willing[j], diverted, kept)
                moved[j] = trade_step(
                    trade[r, i, j], target, normal[r, i, j], speeds[0][r], speeds[1][r], speeds[2][r], dt
                )
                total += moved[j]
            scale = within(total, room[r, i])
            for j in range(n):
                result[r, i, j] = moved[j] * scale


@_equation
def settle_once(
    normal: Array,
    pain: Array,
    trade: Array,
    outside: Array,
    expected: Array,
    erased: Flags,
    tie: Array,
    closed: Array,
    cut: Array,
    shield: Array,
    risks: tuple[Array, ...],
    capacity: Array,
    phi: float,
    kappa: float,
    least_kept: float,
) -> float:
    """One iteration of `settle_trade` for one run: the largest change of T⁰ and pain, and in their place what they
    should be."""
    n = len(pain)
    willing, solved, moved = np.empty(n), np.empty(n), 0.0
    for i in range(n):
        offered = find_willing(capacity, tie[i], closed[i], risks[1][i], shield[i], i, willing)
        kept_so_far, now, reached, own, theirs = normal[i], trade[i], cut[i], risks[0][i], risks[1][i]
        hoped, gone = expected[i], erased[i]
        missing = wanted = found = 0.0
        for j in range(n):
            missing += missing_trade(kept_so_far[j], now[j])
        diverted = diversion_of(missing, offered, phi, kappa)
        for j in range(n):
            risk = mean_of_pair(own[j], theirs[j])
            kept = max(trade_target(1.0, reached[j], risk, 0.0, 0.0, 0.0), least_kept)
            target = trade_target(kept_so_far[j], reached[j], risk, willing[j], diverted, 0.0)
            divided_back = max(now[j] - (target - kept_so_far[j] * kept), 0.0) / kept
            solved[j] = hoped[j] if gone[j] else divided_back
        for j in range(n):
            wanted += hoped[j]
            found += solved[j] - hoped[j]
            moved = max(moved, abs(solved[j] - kept_so_far[j]))
            kept_so_far[j] = solved[j]
        found += (1.0 - pain[i]) * outside[i]
        scale = (1.0 - wanted) / found if found > 0.0 else 1.0
        updated = min(max(1.0 - (1.0 - pain[i]) * scale, 0.0), 1.0)
        moved = max(moved, abs(updated - pain[i]))
        pain[i] = updated
    return moved


@_compiled
def settle_trade(
    observed: Array,
    outside: Array,
    expected: Array,
    erased: Flags,
    tie: Array,
    hand: Array,
    closed: Array,
    cut: Array,
    shield: Array,
    secondary: Array,
    g: Array,
    share: Array,
    phi: Array,
    kappa: Array,
    least_kept: float,
    tolerance: float,
    patience: int,
    iterations: int,
    results: tuple[Array, ...],
    stamp: str = STAMP,
) -> Array:
    """Normal trade and pain at the start (`blocade.start`), solved together: into `results`, by iteration of each run.

    Parameters
    ----------
    observed, expected, erased : [state, partner]. outside : observed share of the rest of the world, [state].
    patience : iterations before the steps of the solution are halved. results : T⁰ and pain.

    Returns
    -------
    [run], how far the last iteration still moved.
    """
    runs, n = tie.shape[0], tie.shape[1]
    hand_back, trade, trade_back, risk, risk_back, target = np.empty((6, n, n))
    capacity, aim, moving = np.empty(n), np.empty(n), np.full(runs, np.inf)
    for r in range(runs):
        normal, pain = results[0][r], results[1][r]
        normal[:], pain[:] = observed, 0.0
        turn(hand[r], hand_back)
        for iteration in range(iterations):
            for i in range(n):
                capacity[i] = capacity_of(share[i], 1.0, pain[i])
                for j in range(n):
                    trade[i, j] = (1.0 - pain[i]) * observed[i, j]
            turn(trade, trade_back)
            weigh_risk(hand[r], hand_back, trade_back, shield, secondary[r], g[r], risk_back)
            turn(risk_back, risk)
            target[:], aim[:] = normal, pain
            moving[r] = settle_once(
                target, aim, trade, outside, expected, erased, tie[r], closed[r], cut[r], shield, (risk, risk_back),
                capacity, phi[r], kappa[r], least_kept,
            )  # fmt: skip
            if moving[r] < tolerance:
                break
            weight = 0.5 ** (1 + iteration // patience)  # halved as long as it does not settle
            for i in range(n):
                pain[i] += weight * (aim[i] - pain[i])
                for j in range(n):
                    normal[i, j] += weight * (target[i, j] - normal[i, j])
    return moving
