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
willing_partners = _equation(partners.willing_partners)
missing_trade, diversion_of = _equation(diversion.missing_trade), _equation(diversion.diversion)
residual_in_force, trade_target = _equation(diversion.residual_in_force), _equation(diversion.trade_target)
trade_step, within = _equation(diversion.trade_step), _equation(diversion.within)
gate_of = _equation(exchange.gate)
friendly_of, hostile_of = _equation(concession.friendly), _equation(armament.hostile)
tie_drift, tie_step = _equation(drift.tie_drift), _equation(drift.tie_step)


@_compiled
def look_at_pairs(  # noqa: PLR0912 (loops, not branches)
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

    Trade and risk are given by partner: ``risk_back[i, j]`` is what j stands to lose by associating with i. Few states
    press any one, so only what is in a row of H is multiplied.
    """
    hand, closed, cut, risk_back, complied = results
    runs, n = trade_back.shape[0], trade_back.shape[1]
    hand_back, feared = np.empty((n, n)), np.empty((n, n))
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
        for k in range(n):
            fear, felt, traded, chi = feared[k], hand_back[k], trade_back[r, k], secondary[r, k]
            for j in range(n):
                fear[j] = exposure_of(felt[j], traded[j], chi, g[r])
        for i in range(n):
            lost, shielded = risk_back[r, i], v[i]
            lost[:] = 0.0
            for k in range(n):
                pressure = hands[i, k]
                if pressure > 0.0:
                    fear = feared[k]
                    for j in range(n):
                        lost[j] += fear[j] * pressure
            for j in range(n):
                lost[j] *= 1.0 - shielded[j]  # who shields a state fears no punishment for it


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

    Of every matrix only what lies on or above the diagonal is read.

    Parameters
    ----------
    trade : T, and T by partner. match : as if every pair were open. risk, complied : means of the pair.
    before : levels of the first three at the start, when nobody has conceded. strengths : coefficient of each of the
        four with its sign, [run].
    special : F⁺ and F⁻ of the other forces on the pairs of some states, `rows`: [run, row, partner].
    noise : σ √dt, [run]. shocks : standard normal of each pair.
    """
    runs, n = tie.shape[0], tie.shape[1]
    up, down = np.empty(n), np.empty(n)
    for r in range(runs):
        by_trade, by_match, by_risk, by_comply = strengths[0][r], strengths[1][r], strengths[2][r], strengths[3][r]
        b, luck = beta[r], noise[r]
        for i in range(n):
            up[:], down[:] = 0.0, 0.0
            for k in range(len(rows)):
                if rows[k] == i:
                    up[:], down[:] = special[0][r, k], special[1][r, k]
                    break
                up[rows[k]], down[rows[k]] = special[0][r, k, i], special[1][r, k, i]
            u, d, a, rest = up[i:], down[i:], tie[r, i, i:], resting[r, i, i:]
            own, theirs, matches, shut = trade[0][r, i, i:], trade[1][r, i, i:], match[r, i, i:], closed[r, i, i:]
            risks, pulled, dealt, moved = risk[r, i, i:], pull[r, i, i:], shocks[r, i, i:], result[r, i, i:]
            traded, matched, risked = before[0][r, i, i:], before[1][r, i, i:], before[2][r, i, i:]
            given = complied[r, i, i:]
            for j in range(n - i):
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
            for j in range(n):
                willing[j] = willing_partners(given[j], tie[r, i, j], closed[r, i, j], risk_back[r, i, j], v[i, j])
            willing[i] = 0.0
            offered = missing = total = 0.0
            for j in range(n):
                offered += willing[j]
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
