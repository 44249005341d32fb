"""Equation 10: how hard a sender enforces."""

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array, ArrayLike


def watched(e_inf: ArrayLike, institution: ArrayLike, under: npt.NDArray[np.bool_]) -> Array:
    """Effort in the long run, e∞ or, where an institution watches over the measures, ``e∞ + ι (1 − e∞)``.

    Parameters
    ----------
    institution : ι, share of the slack that an institution takes up, [0, 1].
    under : [state, partner].

    Notes
    -----
    M18: without an institution cooperation decays (International Organization 54, 2000), while TIES finds that
    multilateral sanctions work more often; so ι may be 0. Its size is an assumption.
    """
    return e_inf + under * institution * (1.0 - np.asarray(e_inf)) if under.any() else np.asarray(e_inf)


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
