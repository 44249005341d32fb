"""Equation 13: munitions of a war that ends without them."""

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array, ArrayLike, matched


def munitions_received(suppliers: npt.NDArray[np.bool_], opening: Array, surplus: Array) -> Array:
    """Share of a full delivery that reaches a state, ``min(1, Σ_j opening_ij s_j)`` over its suppliers, [...].

    Parameters
    ----------
    suppliers : [..., partner]. opening : [..., partner], how far the pair would trade arms: gate times openness
    (equation 5). surplus : [..., partner], the partners' surplus of arms.
    """
    return np.minimum(matched(suppliers * opening, surplus), 1.0)


def munitions_step(
    munitions: Array,
    limited: npt.NDArray[np.bool_],
    received: Array,
    home: ArrayLike,
    delivered: ArrayLike,
    stock: ArrayLike,
    dt: float,
) -> Array:
    """Stock of munitions one step later, ``dx = (home + delivered·received − 1)/stock dt``, in [0, 1].

    Parameters
    ----------
    munitions : [...], stock left, 1 at the start; a war that is out of it has ended, and does not begin again.
    limited : [...], whether the state is in a war that ends without munitions.
    home : share of what the war uses that is made at home. delivered : share that a full delivery makes up.
    stock : years that the stock lasts without either.

    Notes
    -----
    M8, C3 (shells from North Korea). Form and sizes are assumptions.
    """
    change = (home + delivered * received - 1.0) / stock
    return np.where(limited, np.clip(munitions + change * dt, 0.0, 1.0), munitions)
