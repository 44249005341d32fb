"""Array types, and the two small operations that the notation of the equations uses."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
ArrayLike: TypeAlias = float | npt.NDArray[np.float64]


def back(x: Array) -> Array:
    """The partner's view of every pair: swap the last two axes, ``[..., state, partner] -> [..., partner,
    state]``."""
    return np.swapaxes(x, -1, -2)


def mean_of_pair(x: Array, x_back: Array) -> Array:
    """``sym(X) = (X_ij + X_ji) / 2``, for the row and its partners' view of it."""
    return 0.5 * (x + x_back)


def without_self(x: Array) -> Array:
    """Set the diagonal to 0, in place: no state is its own partner. ``[..., state, partner]``."""
    np.einsum("...ii->...i", x)[...] = 0.0
    return x


def matched(x: Array, weight: Array) -> Array:
    """``Σ_j x_ij w_j``: [..., partner] with [..., partner], or [..., state, partner] with [..., partner]."""
    return np.asarray((x @ weight[..., None])[..., 0])
