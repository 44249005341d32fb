"""Equation 1: how much trade sanctions reach."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike


def reach(delta: ArrayLike, enforced: Array, enforced_back: Array, withdrawn: ArrayLike = 0.0) -> Array:
    """Share of the trade of a pair that sanctions, and a patron that has left, cut.

    ``cut_ij = 1 − (1 − δ · max(e_ij S_ij, e_ji S_ji)) (1 − withdrawn_ij)``

    Parameters
    ----------
    delta : share of trade that full sanctions cut, [0, 1].
    enforced : [..., partner], effort times sanctions that the partner imposes on the row's state.
    enforced_back : [..., partner], what the row's state imposes on the partner.
    withdrawn : [..., partner], share of normal trade that either has withdrawn (a patron's exit; assumption).

    Returns
    -------
    [..., partner], in [0, 1]; in [0, δ] where nothing is withdrawn.

    Notes
    -----
    Size of δ: complete trade sanctions cut bilateral trade by 58 % (M12); range in D.
    """
    cut = delta * np.maximum(enforced, enforced_back)
    return cut + withdrawn * (1.0 - cut)
