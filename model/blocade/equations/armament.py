"""Equation 12: armament."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike


def hostile(tie: Array) -> Array:
    """Hostility of each partner, ``max(0, −A_ij)``: [..., partner]."""
    return np.maximum(-tie, 0.0)


def armament_growth(hostility: Array, technology: Array, arms_reaction: ArrayLike, tau: ArrayLike) -> Array:
    """What adds to armament, ``k_m·hostility + τ·technology``, 1/year.

    Parameters
    ----------
    hostility : [...], armament of hostile states, ``Σ_j ĉ_j max(0, −A_ij) m_j``.
    technology : [...], what reaches a state, ``n_i Σ_j ĉ_j s_j gate_ij (1 − closed_ij)``, of technology (equation 5).
    """
    return arms_reaction * hostility + tau * technology


def armament_step(armament: Array, growth: Array, constant: Array, arms_fatigue: ArrayLike, dt: float) -> Array:
    """Armament one step later, ``dm = (growth − a_m m + g_i) dt``, at least 0.

    The constant g_i makes the start a rest point. Stable while k_m < a_m. Form (Richardson's equations) and sizes
    are assumptions.
    """
    return np.maximum(armament + (growth - arms_fatigue * armament + constant) * dt, 0.0)
