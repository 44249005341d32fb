"""Equation 12: armament."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike, positive


def hostility(tie: Array, share: Array, armament: Array) -> Array:
    """Armament of hostile states, ``Σ_j ĉ_j max(0, −A_ij) m_j``: [..., partner] -> [...]."""
    return (share * armament * np.maximum(0.0, -tie)).sum(axis=-1)


def technology_received(need: Array, surplus_all: Array, gate: Array, share: Array) -> Array:
    """Technology that reaches a state, ``n_i Σ_j ĉ_j s_j gate_ij``, [...].

    Parameters
    ----------
    need : [...], its need of technology.
    surplus_all : [..., partner], the partners' surplus of it.
    gate : [..., partner], how far each pair would trade it (equation 5).
    """
    return need * (share * surplus_all * gate).sum(axis=-1)


def armament_growth(hostile: Array, technology: Array, arms_reaction: ArrayLike, tau: ArrayLike) -> Array:
    """What adds to armament, ``k_m·hostile + τ·technology``, 1/year."""
    return arms_reaction * hostile + tau * technology


def armament_step(armament: Array, growth: Array, constant: Array, arms_fatigue: ArrayLike, dt: float) -> Array:
    """Armament one step later, ``dm = (growth − a_m m + g_i) dt``, at least 0.

    The constant g_i makes the start a rest point. Stable while k_m < a_m. Form: Richardson's equations; sizes are assumptions.
    """
    return positive(armament + (growth - arms_fatigue * armament + constant) * dt)
