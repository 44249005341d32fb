"""Equations 1-7 for all pairs of a batch of runs, one run after the other: what one needs then stays in cache.

Nothing of the model is written here: see ``blocade.equations``, whose functions `blocade.compiled` lends. Products of
matrices and hyperbolic tangents are left to NumPy, which is as fast.

Arrays are [run, state, partner], [run, state] or [run], in C order; the first axis of what is the same in all runs may
be 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from blocade.compiled import (
    STAMP,
    Rows,
    closed_of,
    compiled,
    diversion_of,
    downward,
    equation,
    find_willing,
    friendly_of,
    gate_of,
    hand_of,
    hostile_of,
    mean_of_pair,
    mean_with_back,
    missing_trade,
    reach_of,
    residual_in_force,
    sum_of,
    tie_drift,
    tie_step,
    trade_step,
    trade_target,
    turn,
    upward,
    weigh_risk,
    within,
)
from blocade.equations.arrays import Array


class Now(NamedTuple):
    """A moment, as the pairs need it.

    match : of every pair, as if it were open. pull, shocks : balance, and a standard normal, of each pair, [run, pair]
    as `pack` has them. capacity : what each state has to give (3). share, arms, spare : weights of partners for
    friendship with those who press, [state], for hostility, and for what is open to exchange, [run, state]. plus,
    minus : F⁺ and F⁻ of the forces that do not act everywhere, on the pairs of the states ``rows``: [run, row,
    partner]. acts : pairs of which one is under an act of the other in some run, either way round: [act, 2].
    """

    tie: Array
    trade: Array
    enforced: Array
    isolation: Array
    withdrawn: Array
    shield: Array
    secondary: Array
    compliance: Array
    match: Array
    pull: Array
    shocks: Array
    resting: Array
    capacity: Array
    share: Array
    arms: Array
    spare: Array
    plus: Array
    minus: Array
    rows: Rows
    acts: Rows


class Before(NamedTuple):
    """The start. traded, matched, risked : levels of the forces that act everywhere. room : 1 less the rest of the
    world's share, [run, state]."""

    traded: Array
    matched: Array
    risked: Array
    normal: Array
    residual: Array
    erased: Array
    cut: Array
    room: Array


class Rates(NamedTuple):
    """Parameters, [run]; forces with their sign. noise : σ √dt."""

    delta: Array
    g: Array
    beta: Array
    trade: Array
    match: Array
    risk: Array
    comply: Array
    noise: Array
    phi: Array
    kappa: Array
    rho_cut: Array
    rho_recover: Array
    rho_divert: Array


class Moved(NamedTuple):
    """One step later: ties and trade. Of this moment, sums over partners: Σ ĉ H A⁺, Σ ĉ m A⁻ and Σ ĉ s gate (1 −
    closed), [run, state]."""

    tie: Array
    trade: Array
    friendly: Array
    hostile: Array
    opened: Array


class Pair(NamedTuple):
    """What is worked out of the pairs of one run: [state, partner]; ``…_back`` is the partner's view.

    risked : mean association risk of the pair.
    """

    hand: Array
    hand_back: Array
    closed: Array
    cut: Array
    complied: Array
    trade_back: Array
    risk_back: Array
    risked: Array


@equation
def look(now: Now, rates: Rates, r: int, pair: Pair) -> None:
    """Hands, closure, reach (1), association risk (2), and compliance with the other's hand.

    Of the pairs under no act nothing is touched: there the matrices keep their zeros from run to run.
    """
    e, q = now.enforced[min(r, len(now.enforced) - 1)], now.isolation[min(r, len(now.isolation) - 1)]
    w, v = now.withdrawn[min(r, len(now.withdrawn) - 1)], now.shield[min(r, len(now.shield) - 1)]
    hand, p, delta = pair.hand, now.compliance[r], rates.delta[r]
    for at in range(len(now.acts)):
        i, k = now.acts[at, 0], now.acts[at, 1]
        hand[i, k] = pair.hand_back[k, i] = hand_of(e[i, k], q[i, k])
    for at in range(len(now.acts)):
        i, k = now.acts[at, 0], now.acts[at, 1]
        pair.closed[i, k] = closed_of(hand[i, k], hand[k, i])
        pair.cut[i, k] = reach_of(delta, e[i, k], e[k, i], w[i, k])
        pair.complied[i, k] = mean_of_pair(p[i] * hand[i, k], p[k] * hand[k, i])
    turn(now.trade[r], pair.trade_back)
    weigh_risk(now.acts, hand, pair.hand_back, pair.trade_back, v, now.secondary[r], rates.g[r], pair.risk_back)
    mean_with_back(pair.risk_back, pair.risked)


@equation
def sum_partners(now: Now, r: int, pair: Pair, moved: Moved) -> None:
    """Sums over partners for concession (8) and armament (12)."""
    n = now.tie.shape[1]
    share, arms, spare = now.share, now.arms[r], now.spare[r]
    friendly, hostile, opened = np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        a, pressing, shut = now.tie[r, i], pair.hand[i], pair.closed[i]
        for j in range(n):
            friendly[j] = friendly_of(a[j], pressing[j]) * share[j]
            hostile[j] = hostile_of(a[j]) * arms[j]
            opened[j] = gate_of(a[j]) * (1.0 - shut[j]) * spare[j]
        moved.friendly[r, i], moved.hostile[r, i] = sum_of(friendly), sum_of(hostile)
        moved.opened[r, i] = sum_of(opened)


@equation
def move_ties(now: Now, before: Before, rates: Rates, dt: float, r: int, pair: Pair, tie: Array) -> None:
    """Ties one step later (7), from what lies above the diagonal: forces that act on every pair are worked out here,
    on top of those that act on a few."""
    n = len(tie)
    up, down = np.empty(n), np.empty(n)
    by_trade, by_match, by_risk, by_comply = rates.trade[r], rates.match[r], rates.risk[r], rates.comply[r]
    beta, noise, at = rates.beta[r], rates.noise[r], 0
    for i in range(n):
        up[:], down[:] = 0.0, 0.0
        for m in range(len(now.rows)):
            row = now.rows[m]
            if row == i:
                up[:], down[:] = now.plus[r, m], now.minus[r, m]
                break
            up[row], down[row] = now.plus[r, m, i], now.minus[r, m, i]
        k = i + 1
        u, d, a, rest, result = up[k:], down[k:], now.tie[r, i, k:], now.resting[r, i, k:], tie[i, k:]
        own, theirs, shut = now.trade[r, i, k:], pair.trade_back[i, k:], pair.closed[i, k:]
        risk, given = pair.risked[i, k:], pair.complied[i, k:]
        traded, matched, risked = before.traded[r, i, k:], before.matched[r, i, k:], before.risked[r, i, k:]
        matches, pulled, dealt = now.match[r, i, k:], now.pull[r, at : at + n - k], now.shocks[r, at : at + n - k]
        at += n - k
        for j in range(n - k):
            trading = by_trade * (mean_of_pair(own[j], theirs[j]) - traded[j])
            matching = by_match * (matches[j] * (1.0 - shut[j]) - matched[j]) * gate_of(a[j])
            risking = by_risk * (risk[j] - risked[j])
            pleasing = by_comply * given[j]
            total = trading + matching + risking + pleasing
            size = abs(trading) + abs(matching) + abs(risking) + abs(pleasing)
            plus, minus = u[j] + upward(total, size), d[j] + downward(total, size)
            drift = tie_drift(a[j], rest[j], plus, minus, pulled[j], beta)
            result[j] = tie_step(a[j], drift, dt, noise * dealt[j])
    for i in range(n):
        tie[i, i] = 0.0
        for j in range(i):
            tie[i, j] = tie[j, i]


@equation
def move_trade(now: Now, before: Before, rates: Rates, dt: float, r: int, pair: Pair, trade: Array) -> None:
    """Trade one step later (3 and 4)."""
    n = len(trade)
    willing, unwilling, missing = np.empty(n), np.empty(n), np.empty(n)
    w, v = now.withdrawn[min(r, len(now.withdrawn) - 1)], now.shield[min(r, len(now.shield) - 1)]
    falling, returning, growing = rates.rho_cut[r], rates.rho_recover[r], rates.rho_divert[r]
    for i in range(n):
        own, normal, result = now.trade[r, i], before.normal[r, i], trade[i]
        cut, shut, gone = pair.cut[i], pair.closed[i], w[i]
        for j in range(n):
            unwilling[j] = closed_of(shut[j], gone[j])  # who withdraws trade does not take it up again
        offered = find_willing(now.capacity[r], now.tie[r, i], unwilling, pair.risk_back[i], v[i], i, willing)
        for j in range(n):
            missing[j] = missing_trade(normal[j], own[j])
        diverted = diversion_of(sum_of(missing), offered, rates.phi[r], rates.kappa[r])
        residual, erased, reached = before.residual[r, i], before.erased[r, i], before.cut[r, i]
        risked = pair.risked[i]
        for j in range(n):
            kept = residual_in_force(residual[j], erased[j], cut[j], reached[j])
            target = trade_target(normal[j], cut[j], risked[j], willing[j], diverted, kept)
            result[j] = trade_step(own[j], target, normal[j], falling, returning, growing, dt)
        scale = within(sum_of(result), before.room[r, i])
        for j in range(n):
            result[j] *= scale


@compiled
def move_pairs(now: Now, before: Before, rates: Rates, dt: float, moved: Moved, stamp: str = STAMP) -> None:
    """Move ties and trade of all runs one step on, into `moved`."""
    runs, n = now.tie.shape[0], now.tie.shape[1]
    work = np.zeros((8, n, n))
    pair = Pair(work[0], work[1], work[2], work[3], work[4], work[5], work[6], work[7])
    for r in range(runs):
        look(now, rates, r, pair)
        sum_partners(now, r, pair, moved)
        move_ties(now, before, rates, dt, r, pair, moved.tie[r])
        move_trade(now, before, rates, dt, r, pair, moved.trade[r])


def of_runs(x: Array) -> Array:
    """A matrix with an axis for runs, of length 1 if all agree: [state, partner] -> [1, state, partner]."""
    return np.ascontiguousarray(x if x.ndim == 3 else x[None])


def pack(x: Array) -> Array:
    """What lies above the diagonals of symmetric matrices, row by row: [run, state, partner] -> [run, pair]."""
    runs, n, _ = x.shape
    packed = np.empty((runs, n * (n - 1) // 2))
    take_upper(x, packed)
    return packed


@compiled
def take_upper(x: Array, packed: Array, stamp: str = STAMP) -> None:
    """Fill `packed` (see `pack`)."""
    runs, n = x.shape[0], x.shape[1]
    for r in range(runs):
        at = 0
        for i in range(n - 1):
            packed[r, at : at + n - i - 1] = x[r, i, i + 1 :]
            at += n - i - 1
