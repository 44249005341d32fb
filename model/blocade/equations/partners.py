"""Equation 3: who is willing to take up lost trade."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike


def capacity(share: Array, relative: Array, pain: Array) -> Array:
    """What each partner has to give, ``ĉ_j (c_j/c⁰_j) (1 − pain_j)``: [...].

    Parameters
    ----------
    share : ĉ_j, share of the world's capability at the start. relative : c_j/c⁰_j.
    pain : pain_j: those who suffer have little to give (M7).
    """
    return share * relative * (1.0 - pain)


def willing_partners(
    capacity: Array, tie: Array, closed: Array, risk_back: Array, shield: ArrayLike = 0.0
) -> Array:
    """Capacity that each partner is willing to put into taking up the state's lost trade.

    ``w_ij = ĉ_j (c_j/c⁰_j) · clip((1+A_ij)/2, 0, 1) · (1 − max(H_ij, H_ji)) · (1 − risk_ji)⁺ · (1 − pain_j)``; w_ii
    = 0 is the caller's to set

    Parameters
    ----------
    capacity : [..., partner], what the partner has to give, ĉ_j (c_j/c⁰_j) (1 − pain_j).
    tie : [..., partner], A_ij.
    closed : [..., partner], max(H_ij, H_ji).
    risk_back : [..., partner], what the partner stands to lose by associating with the state, risk_ji.
    shield : [..., partner], how far the partner shields the state: that share of its reserve (tie, closure, risk) is
    gone (a black knight, M6; assumption).

    Returns
    -------
    [..., partner], at least 0, in shares of world capability.

    Notes
    -----
    Mechanisms M6 (exit options) and M7 (handicap of fellow targets).
    """
    friendly = np.minimum(np.maximum(0.5 * (1.0 + tie), 0.0), 1.0)
    openness = friendly * (1.0 - closed) * np.maximum(1.0 - risk_back, 0.0)
    return (openness + shield * (1.0 - openness)) * capacity
