"""Equation 4: trade lost, trade diverted, and the pain that remains."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike, negative, positive


def missing_trade(normal: Array, trade: Array) -> Array:
    """Trade that a state misses, ``Σ_j (T⁰_ij − T_ij)⁺``: [..., partner] -> [..., 1], as a share of its normal
    trade."""
    return np.asarray(positive(normal - trade).sum(axis=-1, keepdims=True))


def trade_target(
    normal: Array,
    cut: Array,
    risk: Array,
    missing: Array,
    partners: Array,
    phi: ArrayLike,
    kappa: ArrayLike,
    residual: ArrayLike,
) -> Array:
    """Where trade is heading.

    ``T*_ij = T⁰_ij (1 − cut_ij)(1 − sym(risk)_ij)⁺ + φ · missing_i · w_ij/(W_i + κ)``

    Parameters
    ----------
    normal : [..., partner], normal trade shares T⁰_ij.
    cut : [..., partner], reach of sanctions (equation 1).
    risk : [..., partner], mean association risk of the pair, sym(risk)_ij (equation 2).
    missing : [..., 1], trade the state misses.
    partners : [..., partner], willing partners w_ij (equation 3).
    phi : share of lost trade that can be rerouted, [0, 1].
    kappa : willing capacity at which half of it is, in shares of world capability, > 0.
    residual : [..., partner], constant that no solution of the start removes (see ``blocade.start``).

    Returns
    -------
    [..., partner], trade shares.

    Notes
    -----
    M6; range of φ in D (docs/evidence.md). Saturation in W is an assumption.
    """
    willing: Array = partners.sum(axis=-1, keepdims=True) + kappa
    return normal * (1.0 - cut) * positive(1.0 - risk) + partners * (phi * missing / willing) + residual


def residual_in_force(constant: Array, erased: Array, cut: Array, cut_start: Array) -> Array:
    """The residual of the start, as far as the sanctions of the start are still in force, ``constant + erased ·
    min(cut, cut⁰)``.

    Where sanctions had cut a pair, the residual is the trade that they erased beyond their reach by equation 1 (an
    embargo of decades leaves less than 1 − δ). It fades with the reach, so that lifting the embargo gives the trade
    back.

    Parameters
    ----------
    constant : [..., partner], residual of pairs that sanctions had not cut.
    erased : [..., partner], residual per unit of reach of the pairs that they had.
    """
    return constant + erased * np.minimum(cut, cut_start)


def trade_step(
    trade: Array,
    target: Array,
    normal: Array,
    room: Array,
    rho_cut: ArrayLike,
    rho_recover: ArrayLike,
    rho_divert: ArrayLike,
    dt: float,
) -> Array:
    """Trade shares one step later, ``dT = ρ (T* − T) dt``.

    The gap is split at T⁰. Up to it: ρ_cut for what falls, ρ_recover for what returns. Above it (diverted trade):
    ρ_divert for what grows, ρ_recover for what goes, no faster than the old trade returns; at ρ_cut a single sender
    that lifts its sanctions would raise the target's pain for some years. No speed exceeds ρ_cut. The split makes
    the speed of a gap continuous where T crosses T⁰, so that rounding never decides it.

    Shares stay at or above 0, and a row that would exceed ``room`` (1 less the rest of the world's share, [..., 1])
    is scaled down to it.

    Notes
    -----
    Recovery: about 8 years, or "quickly" (M20). ρ_cut, ρ_divert: assumption.
    """
    recover, divert = np.minimum(rho_recover, rho_cut), np.minimum(rho_divert, rho_cut)
    gap = target - trade
    usual = np.minimum(target, normal) - np.minimum(trade, normal)
    # all at ρ_recover, but for what is cut below T⁰ and what grows above it
    change = recover * gap + (rho_cut - recover) * negative(usual) + (divert - recover) * positive(gap - usual)
    stepped = positive(trade + dt * change)
    total = stepped.sum(axis=-1, keepdims=True)
    over = total > room
    return stepped * np.where(over, room / np.where(over, total, 1.0), 1.0) if over.any() else stepped


def pain(trade: Array, rest_of_world: Array, trades: Array) -> Array:
    """Share of normal trade that a state lacks, ``clip(1 − Σ_j T_ij, 0, 1)``, the rest of the world included.

    Parameters
    ----------
    trade : [..., partner], T_ij.
    rest_of_world : [...], share of trade with states outside the world, held at its value of the start.
    trades : [...], 1 where the state trades at all, else 0: a state with no trade at all has no pain.
    """
    total: Array = trade.sum(axis=-1)
    return np.clip(1.0 - total - rest_of_world, 0.0, 1.0) * trades
