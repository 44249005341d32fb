"""The hand of a sender on a target, and the pressure on a state: the notation that equations 2-9 share."""

import numpy as np

from blocade.equations.arrays import Array


def hand(enforced: Array, isolation: Array) -> Array:
    """The hand of j on i, ``H_ij = max(e_ij S_ij, Q_ij)``, [..., partner], in [0, 1]."""
    return np.maximum(enforced, isolation)


def pressure(hand_own: Array, share: Array) -> Array:
    """Pressure on a state, ``Σ_k ĉ_k H_ik``: [..., partner] and capability shares [partner] -> [...], in [0, 1]."""
    return hand_own @ share


def closed(hand_own: Array, hand_back: Array) -> Array:
    """How far a pair is closed to exchange by either side's hand on the other, ``max(H_ij, H_ji)``."""
    return np.maximum(hand_own, hand_back)
