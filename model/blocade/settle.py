"""Trade at the start, solved pair by pair with the compiled equations of `blocade.compiled`."""

from __future__ import annotations

import numpy as np

from blocade.compiled import (
    STAMP,
    Flags,
    Rows,
    capacity_of,
    compiled,
    diversion_of,
    equation,
    find_willing,
    mean_with_back,
    missing_trade,
    sum_of,
    trade_target,
    turn,
    weigh_risk,
)
from blocade.equations.arrays import Array

ITERATIONS = 1600
PATIENCE = 200
"""Iterations before the steps of the solution are halved: a few corners of the parameter box cycle at full steps."""
TOLERANCE = 1e-13
LEAST_KEPT = 1e-3
"""Smallest factor by which trade is divided back; the reach of sanctions never comes near it (δ ≤ .75)."""


@equation
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
    risk_back: Array,
    risked: Array,
    capacity: Array,
    phi: float,
    kappa: float,
) -> float:
    """One iteration of `settle_trade` for one run: the largest change of T⁰ and pain, and in their place what they
    should be."""
    n = len(pain)
    willing, missing, solved, moved = np.empty(n), np.empty(n), np.empty(n), 0.0
    for i in range(n):
        offered = find_willing(capacity, tie[i], closed[i], risk_back[i], shield[i], i, willing)
        kept_so_far, now, reached, risk = normal[i], trade[i], cut[i], risked[i]
        hoped, gone = expected[i], erased[i]
        for j in range(n):
            missing[j] = missing_trade(kept_so_far[j], now[j])
        diverted = diversion_of(sum_of(missing), offered, phi, kappa)
        for j in range(n):
            kept = max(trade_target(1.0, reached[j], risk[j], 0.0, 0.0, 0.0), LEAST_KEPT)
            target = trade_target(kept_so_far[j], reached[j], risk[j], willing[j], diverted, 0.0)
            divided_back = max(now[j] - (target - kept_so_far[j] * kept), 0.0) / kept
            solved[j] = hoped[j] if gone[j] else divided_back
        for j in range(n):
            moved = max(moved, abs(solved[j] - kept_so_far[j]))
            kept_so_far[j] = solved[j]
        wanted = sum_of(hoped)
        found = sum_of(solved) - wanted + (1.0 - pain[i]) * outside[i]
        scale = (1.0 - wanted) / found if found > 0.0 else 1.0
        updated = min(max(1.0 - (1.0 - pain[i]) * scale, 0.0), 1.0)
        moved = max(moved, abs(updated - pain[i]))
        pain[i] = updated
    return moved


@compiled
def settle_trade(
    observed: Array,
    outside: Array,
    expected: Array,
    erased: Flags,
    tie: Array,
    acts: Rows,
    hand: Array,
    closed: Array,
    cut: Array,
    shield: Array,
    secondary: Array,
    g: Array,
    share: Array,
    phi: Array,
    kappa: Array,
    results: tuple[Array, ...],
    stamp: str = STAMP,
) -> Array:
    """Normal trade and pain at the start (`blocade.start`), solved together: into `results`, by iteration of each run.

    Parameters
    ----------
    observed, expected, erased : [state, partner]. outside : observed share of the rest of the world, [state].
    results : T⁰ and pain.

    Returns
    -------
    [run], how far the last iteration still moved.
    """
    runs, n = tie.shape[0], tie.shape[1]
    hand_back, trade, trade_back, risk_back, risked, target = np.empty((6, n, n))
    capacity, aim, moving = np.empty(n), np.empty(n), np.full(runs, np.inf)
    for r in range(runs):
        normal, pain = results[0][r], results[1][r]
        normal[:], pain[:] = observed, 0.0
        turn(hand[r], hand_back)
        for iteration in range(ITERATIONS):
            for i in range(n):
                capacity[i] = capacity_of(share[i], 1.0, pain[i])
                for j in range(n):
                    trade[i, j] = (1.0 - pain[i]) * observed[i, j]
            turn(trade, trade_back)
            weigh_risk(acts, hand[r], hand_back, trade_back, shield, secondary[r], g[r], risk_back)
            mean_with_back(risk_back, risked)
            target[:], aim[:] = normal, pain
            moving[r] = settle_once(
                target, aim, trade, outside, expected, erased, tie[r], closed[r], cut[r], shield, risk_back, risked,
                capacity, phi[r], kappa[r],
            )  # fmt: skip
            if moving[r] < TOLERANCE:
                break
            weight = 0.5 ** (1 + iteration // PATIENCE)  # halved as long as it does not settle
            for i in range(n):
                pain[i] += weight * (aim[i] - pain[i])
                for j in range(n):
                    normal[i, j] += weight * (target[i, j] - normal[i, j])
    return moving
