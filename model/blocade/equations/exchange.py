"""Equation 5: exchange match, what one state needs and the other has to spare."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike, back

GATE_TIE = 0.2
"""Tie at which a pair trades strategic goods freely. Assumption: without a gate a war's need befriends hostile
suppliers."""


def need(normal: Array, nu: ArrayLike, pain: Array, war: ArrayLike) -> Array:
    """Needs of a state, ``n_ig = n⁰_ig (1 + ν_g pain_i) + war_ig``.

    Parameters
    ----------
    normal : [..., good], n⁰, in [0, 1].
    nu : [..., good], growth of the need with pain; nonzero for technology and cash only (M7).
    pain : [..., 1].
    war : [..., good], need that a war adds (arms).
    """
    return normal * (1.0 + nu * pain) + war


def surplus(normal: Array, mu: ArrayLike, pain: Array) -> Array:
    """Surplus of a state, ``s_jg = s⁰_jg (1 − μ_g pain_j)``; μ is nonzero for technology and cash only (M7)."""
    return normal * (1.0 - mu * pain)


def match(need_own: Array, surplus_own: Array, need_all: Array, surplus_all: Array) -> Array:
    """Exchange match of a pair, ``½ Σ_g (n_ig s_jg + n_jg s_ig)``.

    Parameters
    ----------
    need_own, surplus_own : [..., good], of the row's state (or [..., state, good] for all of them).
    need_all, surplus_all : [..., state, good].

    Returns
    -------
    [..., partner], at least 0.

    Notes
    -----
    M8: asymmetric exchange, Morrow 1991. Not a function of sanctions, unless need or surplus is.
    """
    return 0.5 * (need_own @ back(surplus_all) + surplus_own @ back(need_all))


def gate(tie: Array) -> Array:
    """How far a pair would trade strategic goods at all, ``clip(A_ij/.2, 0, 1)``.

    The gate multiplies the *change* of the match since the start, ``gate · (match·open − match⁰·open⁰)`` with open =
    1 − max(H_ij, H_ji). Gating the level itself would let a tie feed on its own gate: a pair with 0 < A < .2 then
    grows away from rest at up to b_match·match/.2, and the start would not be a rest point but a knife's edge (see
    CHANGELOG.md).

    Assumption in form; to be chosen by history (EU-Russia ties fell in 2022 although Russia's need of arms rose).
    """
    return np.minimum(np.maximum(tie / GATE_TIE, 0.0), 1.0)
