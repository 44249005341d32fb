"""Equation 7: how a tie moves."""

from collections.abc import Iterable

import numpy as np

from blocade.equations.arrays import Array, ArrayLike

FADING = 0.2
"""Distance from either end of a tie's range below which luck fades (assumption)."""


def likeness(regime: ArrayLike, regime_partner: Array) -> Array:
    """Likeness of regime, ``1 − |r_i − r_j|``, in [0, 1]."""
    return 1.0 - np.abs(regime - regime_partner)


def offer_standing(offer: Array, pressure: Array, compliance: Array) -> Array:
    """What of a credible offer is still to be had, ``q·O_ij (1 − p_i)`` while pressure_i > 0, else 0.

    Parameters
    ----------
    offer : [..., partner], q·O. pressure, compliance : [..., 1] of the state.

    Notes
    -----
    M14-M15. It ends with a concession, as far as that lasts: the promise has been taken up (assumption). Iran conceded
    in 2016 and did not realign (C8).
    """
    return offer * (1.0 - compliance) * (pressure > 0.0)


def split(changes: Iterable[Array], shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Sum of the upward and of the downward changes of the forces: ``(F⁺, F⁻)``, both at least 0, of the given shape.

    Split by sign before they are summed, so that two opposed forces do not cancel far from the middle of the range.
    The changes are used up.
    """
    total, size = np.zeros(shape), np.zeros(shape)
    for change in changes:
        total += change
        size += np.abs(change, out=change)
    return upward(total, size), downward(total, size)


def upward(total: Array, size: Array) -> Array:
    """What goes up of changes that add up to `total` and, each without its sign, to `size`."""
    return 0.5 * (size + total)


def downward(total: Array, size: Array) -> Array:
    """What goes down of them, at least 0."""
    return 0.5 * (size - total)


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
    """Tie one step later, ``clip(A + drift·dt + shock·clip((1 − |A|)/.2, 0, 1), −1, 1)``.

    Parameters
    ----------
    shock : [..., partner], σ √dt times a standard normal of the pair.

    Notes
    -----
    Luck fades near the ends of the range: at a bound it could only push inwards, and make friends of sworn enemies.
    From 2013 to 2021 ties below −.8 moved by .03, above .8 by .07 and between −.2 and .2 by .10 (median absolute
    deviations × 1.48, worlds 2013 and 2021). Assumption in form; √(1 − A²) fits as well but has no bounded slope, so
    that rounding would grow.
    """
    moved = tie + drift * dt + shock * np.minimum((1.0 - np.abs(tie)) / FADING, 1.0)
    return np.minimum(np.maximum(moved, -1.0), 1.0)
