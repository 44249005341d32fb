"""Equation 2: association risk."""

from blocade.equations.arrays import Array, ArrayLike, back


def exposure(hand: Array, trade: Array, chi: ArrayLike, g: ArrayLike) -> Array:
    """What a state stands to lose to each possible punisher, ``χ_k (1 − g·H_ik) T_ik``.

    Parameters
    ----------
    hand : [..., partner], the hands on the state itself, H_ik.
    trade : [..., partner], its trade shares T_ik.
    chi : [..., partner] (or broadcastable), secondary enforcement χ_k.
    g : in [0, 1], how far one already punished stops fearing.
    """
    return chi * (1.0 - g * hand) * trade


def association_risk(hand_own: Array, hand: Array, trade: Array, chi: Array, g: ArrayLike) -> Array:
    """What a state stands to lose to those who punish its partner.

    ``risk_ij = Σ_k χ_k H_jk (1 − g·H_ik) T_ik``

    Parameters
    ----------
    hand_own : [..., partner], the hands on the row's own state, H_ik.
    hand : [..., state, partner], all hands, H_jk.
    trade : [..., partner], the state's own trade shares T_ik.
    chi : [..., partner] (or broadcastable), secondary enforcement χ_k of each possible punisher.
    g : in [0, 1], how far one already punished stops fearing.

    Returns
    -------
    [..., partner], at least 0: a share of the state's trade.

    Notes
    -----
    Mechanism M17 (secondary sanctions). No evidence fixes g, and g > 0 lets co-sanctioned pairs off: always report it
    as a driver. It is the one place where the sanctions on i and those on j meet in one product.
    """
    return exposure(hand_own, trade, chi, g) @ back(hand)
