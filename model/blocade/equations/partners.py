"""Equation 3: who is willing to take up lost trade."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike, positive


def willing_partners(
    share: Array, relative: Array, tie: Array, closed: Array, risk_back: Array, pain: Array, shield: ArrayLike = 0.0
) -> Array:
    """Capacity that each partner is willing to put into taking up the state's lost trade.

    ``w_ij = ĉ_j (c_j/c⁰_j) · clip((1+A_ij)/2, 0, 1) · (1 − max(H_ij, H_ji)) · (1 − risk_ji)⁺ · (1 − pain_j)``; w_ii
    = 0 is the caller's to set

    Parameters
    ----------
    share : [partner], ĉ_j, share of the world's capability at the start.
    relative : [..., partner], c_j/c⁰_j.
    tie : [..., partner], A_ij.
    closed : [..., partner], max(H_ij, H_ji).
    risk_back : [..., partner], what the partner stands to lose by associating with the state, risk_ji.
    pain : [..., partner], pain_j of the partner: those who suffer have little to give (M7).
    shield : [..., partner], how far the partner shields the state: that share of its reserve (tie, closure, risk) is
    gone (a black knight, M6; assumption).

    Returns
    -------
    [..., partner], at least 0, in shares of world capability.

    Notes
    -----
    Mechanisms M6 (exit options) and M7 (handicap of fellow targets).
    """
    openness = np.clip(0.5 * (1.0 + tie), 0.0, 1.0) * (1.0 - closed) * positive(1.0 - risk_back)
    openness += shield * (1.0 - openness)
    return openness * (share * relative * (1.0 - pain))
