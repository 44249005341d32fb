"""Equation 10: how hard a sender enforces."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike


def effort(tightened: Array, now: float, e_inf: ArrayLike, rho_e: ArrayLike) -> Array:
    """Effort of each sender on each target, in [0, 1].

    e∞ for what is in force at the start and until j first tightens on i; then
    ``e∞ + (1 − e∞) exp(−ρ_e (t − t_ij))``, t_ij the latest tightening. Relief never resets it.

    Parameters
    ----------
    tightened : [..., partner], t_ij in years since the start, NaN where j never tightened on i.
    now : t, years since the start.

    Notes
    -----
    M18: an initial burst of cooperation decays; size is an assumption.
    """
    fresh = np.isfinite(tightened)
    if not fresh.any():
        return np.broadcast_to(np.asarray(e_inf, dtype=float), np.broadcast_shapes(np.shape(e_inf), tightened.shape))
    age = np.where(fresh, now - tightened, 0.0)
    return e_inf + fresh * (1.0 - e_inf) * np.exp(-rho_e * age)
