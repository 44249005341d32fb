"""Equation 7: how a tie moves."""

from collections.abc import Iterable

import numpy as np

from blocade.equations.arrays import Array, ArrayLike

FORCES = ("trade", "match", "sanction", "isolation", "offer", "risk", "comply", "regime")
"""The forces on a tie, in the order in which they are summed; parameter ``b_<force>`` is the coefficient."""

SIGNS = {"trade": 1, "match": 1, "sanction": -1, "isolation": -1, "offer": 1, "risk": -1, "comply": 1, "regime": 1}
"""Sign with which a positive coefficient enters the tie."""


def likeness(regime: ArrayLike, regime_partner: Array) -> Array:
    """Likeness of regime, ``1 − |r_i − r_j|``, in [0, 1]."""
    return 1.0 - np.abs(regime - regime_partner)


def split(changes: Iterable[Array], shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Sum of the upward and of the downward changes of the forces: ``(F⁺, F⁻)``, both at least 0, of the given shape.

    Split by sign before they are summed, so that two opposed forces do not cancel far from the middle of the range.
    The changes are used up.
    """
    total, size = np.zeros(shape), np.zeros(shape)
    for change in changes:
        total += change
        size += np.abs(change, out=change)
    return 0.5 * (size + total), 0.5 * (size - total)


def tie_drift(tie: Array, resting: Array, plus: Array, minus: Array, balance: Array, beta: ArrayLike) -> Array:
    """Rate of change of a tie, ``β(B − A) + F⁺(1 − A) − F⁻(1 + A) + balance``, 1/year.

    Parameters
    ----------
    tie : [..., partner], A, in [−1, 1].
    resting : [..., partner], the resting tie B: history, geography, likeness. Not clipped.
    plus, minus : [..., partner], F⁺ and F⁻, changes of the forces since the start, split by sign.
    balance : [..., partner], equation 6.
    beta : rate of reversion, 1/year (C9).
    """
    return beta * (resting - tie) + plus * (1.0 - tie) - minus * (1.0 + tie) + balance


def tie_step(tie: Array, drift: Array, dt: float, shock: ArrayLike) -> Array:
    """Tie one step later, ``clip(A + drift·dt + shock, −1, 1)``; shock is σ √dt times a standard normal of the
    pair."""
    return np.clip(tie + drift * dt + shock, -1.0, 1.0)
