"""Equation 12: armament."""

from blocade.equations.arrays import Array, ArrayLike, matched, positive


def hostility(tie: Array, armament: Array) -> Array:
    """Armament of hostile states, ``Σ_j ĉ_j max(0, −A_ij) m_j``.

    Parameters
    ----------
    tie : [..., partner], or [..., state, partner] for all. armament : [..., partner], ĉ_j m_j.
    """
    return matched(positive(-tie), armament)


def technology_received(need: Array, surplus: Array, opening: Array) -> Array:
    """Technology that reaches a state, ``n_i Σ_j ĉ_j s_j opening_ij``, [...].

    Parameters
    ----------
    need : [...], its need of technology.
    surplus : [..., partner], ĉ_j times the partners' surplus of it.
    opening : [..., partner] or [..., state, partner], how far each pair would trade it: gate times openness
    (equation 5).
    """
    return need * matched(opening, surplus)


def armament_growth(hostile: Array, technology: Array, arms_reaction: ArrayLike, tau: ArrayLike) -> Array:
    """What adds to armament, ``k_m·hostile + τ·technology``, 1/year."""
    return arms_reaction * hostile + tau * technology


def armament_step(armament: Array, growth: Array, constant: Array, arms_fatigue: ArrayLike, dt: float) -> Array:
    """Armament one step later, ``dm = (growth − a_m m + g_i) dt``, at least 0.

    The constant g_i makes the start a rest point. Stable while k_m < a_m. Form (Richardson's equations) and sizes
    are assumptions.
    """
    return positive(armament + (growth - arms_fatigue * armament + constant) * dt)
