"""Equation 1: how much trade sanctions reach."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike


def reach(delta: ArrayLike, enforced: Array, enforced_back: Array) -> Array:
    """Share of the trade of a pair that sanctions cut.

    ``cut_ij = δ · max(e_ij S_ij, e_ji S_ji)``

    Parameters
    ----------
    delta : share of trade that full sanctions cut, [0, 1].
    enforced : [..., partner], effort times sanctions that the partner imposes on the row's state.
    enforced_back : [..., partner], what the row's state imposes on the partner.

    Returns
    -------
    [..., partner], in [0, δ].

    Notes
    -----
    Size of δ: complete trade sanctions cut bilateral trade by 58 % (M12); range in D.
    """
    return delta * np.maximum(enforced, enforced_back)
