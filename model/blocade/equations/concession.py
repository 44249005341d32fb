"""Equation 8: concession. Compliance is about the disputed policy; it is not alignment."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike


def friendly(tie: Array, hand: Array) -> Array:
    """Friendship with each of those who press, ``H_ik max(0, A_ik)``: [..., partner]."""
    return hand * np.maximum(tie, 0.0)


def friendship(weighted: Array, pressure: Array) -> Array:
    """Friendship with those who press, Ā⁺: positive ties weighted by ``ĉ_k H_ik``; 0 without pressure.

    Parameters
    ----------
    weighted : [...], Σ_k ĉ_k H_ik max(0, A_ik). pressure : [...], Σ_k ĉ_k H_ik.
    """
    return np.divide(weighted, pressure, out=np.zeros_like(weighted), where=pressure > 0.0)


def hazard(
    pressure: Array,
    pain: Array,
    insulation: Array,
    friends: Array,
    offer: Array,
    h0: ArrayLike,
    k: ArrayLike,
    kappa_f: ArrayLike,
    k_o: ArrayLike,
) -> Array:
    """Hazard of a concession, 1/year.

    ``h_i = h⁰ · exp(k·(pain_i (1 + κ_f·Ā⁺_i) − u_i) + k_o·q·O_i)`` while pressure_i > 0, else 0

    Parameters
    ----------
    pressure, pain, insulation, friends : [...], of the state.
    offer : [...], the best credible offer, max_j q·O_ij.

    Notes
    -----
    M1, M3 (friends concede more), M5, M15. k_o may be negative: an offer may read as weakness.
    """
    return np.where(pressure > 0.0, h0 * np.exp(k * (pain * (1.0 + kappa_f * friends) - insulation) + k_o * offer), 0.0)


def accumulate(total: Array, rate: Array, compliance: Array, dt: float) -> Array:
    """Integrated hazard one step later; a state that has conceded in part has only the rest left to concede."""
    return total + rate * (1.0 - compliance) * dt


def compliance_step(compliance: Array, concedes: Array, relief: Array, p_decay: ArrayLike, dt: float) -> Array:
    """Compliance one step later: 1 on a concession; else it decays at ``a_p (1 − relief_i)``.

    Parameters
    ----------
    concedes : [...], 1 where the integrated hazard passed its threshold in this step, else 0.
    relief : [...], share of the pressure lifted in return for compliance, in [0, 1].

    Notes
    -----
    Assumption: concessions without relief erode (M15, M20); the exact decay over the step keeps it in [0, 1].
    """
    return np.where(concedes > 0.0, 1.0, compliance * np.exp(-p_decay * (1.0 - relief) * dt))
