"""Equation 4: trade lost, trade diverted, and the pain that remains."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike

TINY = 1e-300
"""What stands for 0 below a fraction line."""


def missing_trade(normal: Array, trade: Array) -> Array:
    """What is missing of the trade with each partner, ``(T⁰_ij − T_ij)⁺``; summed over them, missing_i."""
    return np.maximum(normal - trade, 0.0)


def diversion(missing: Array, willing: Array, phi: ArrayLike, kappa: ArrayLike) -> Array:
    """Trade that is rerouted to each unit of willing capacity, ``φ · missing_i / (W_i + κ)``.

    Parameters
    ----------
    missing : [..., 1], trade the state misses, as a share of its normal trade.
    willing : [..., 1], W_i, willing capacity of all its partners.
    phi : share of lost trade that can be rerouted, [0, 1].
    kappa : willing capacity at which half of it is, in shares of world capability, > 0.

    Notes
    -----
    M6; range of φ in D (docs/evidence.md). Saturation in W is an assumption.
    """
    return phi * missing / (willing + kappa)


def trade_target(
    normal: Array, cut: Array, risk: Array, partners: Array, diverted: Array, residual: ArrayLike
) -> Array:
    """Where trade is heading.

    ``T*_ij = T⁰_ij (1 − cut_ij)(1 − sym(risk)_ij)⁺ + φ · missing_i · w_ij/(W_i + κ)``

    Parameters
    ----------
    normal : [..., partner], normal trade shares T⁰_ij.
    cut : [..., partner], reach of sanctions (equation 1).
    risk : [..., partner], mean association risk of the pair, sym(risk)_ij (equation 2).
    partners : [..., partner], willing partners w_ij (equation 3).
    diverted : [..., 1], what each unit of their capacity takes up (`diversion`).
    residual : [..., partner], constant that no solution of the start removes (see ``blocade.start``).

    Returns
    -------
    [..., partner], trade shares.
    """
    return normal * (1.0 - cut) * np.maximum(1.0 - risk, 0.0) + partners * diverted + residual


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

    Shares stay at or above 0; that a row stays below 1 is `within`'s to see to.

    Notes
    -----
    Recovery: about 8 years, or "quickly" (M20). ρ_cut, ρ_divert: assumption.
    """
    recover, divert = np.minimum(rho_recover, rho_cut), np.minimum(rho_divert, rho_cut)
    gap = target - trade
    usual = np.minimum(target, normal) - np.minimum(trade, normal)
    # all at ρ_recover, but for what is cut below T⁰ and what grows above it
    fallen, grown = np.minimum(usual, 0.0), np.maximum(gap - usual, 0.0)
    change: Array = recover * gap + (rho_cut - recover) * fallen + (divert - recover) * grown
    return np.maximum(trade + dt * change, 0.0)


def within(total: Array, room: Array) -> Array:
    """Factor that scales a row of trade shares down to its room where their sum exceeds it, else 1.

    Parameters
    ----------
    total : [..., 1], sum of the row. room : [..., 1], 1 less the rest of the world's share.
    """
    return room / np.maximum(np.maximum(total, room), TINY)


def pain(total: Array, rest_of_world: Array, trades: Array) -> Array:
    """Share of normal trade that a state lacks, ``clip(1 − Σ_j T_ij, 0, 1)``, the rest of the world included.

    Parameters
    ----------
    total : [...], Σ_j T_ij over the other states.
    rest_of_world : [...], share of trade with states outside the world, held at its value of the start.
    trades : [...], 1 where the state trades at all, else 0: a state with no trade at all has no pain.
    """
    return np.clip(1.0 - total - rest_of_world, 0.0, 1.0) * trades
