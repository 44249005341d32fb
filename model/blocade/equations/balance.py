"""Equation 6: structural balance, the friend of a friend and the enemy of an enemy."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike


def common_ties(tie_own: Array, tie: Array, share: ArrayLike) -> Array:
    """Common friends and common enemies of a pair, ``(A W A)_ij = Σ_k A_ik ĉ_k A_kj``, W = diag(ĉ).

    Parameters
    ----------
    tie_own : [..., partner], the state's ties (or [..., state, partner] for all).
    tie : [..., state, partner], all ties.
    share : [partner], weights ĉ.

    Returns
    -------
    [..., partner]. The value on the diagonal has no meaning.
    """
    return (tie_own * share) @ tie


def structural_balance(common: Array, alpha: ArrayLike, limit: ArrayLike) -> Array:
    """Pull of common friends and common enemies, ``L·tanh(α (A W A)_ij / L)``, in [−L, L].

    Parameters
    ----------
    common : (A W A)_ij of any pairs. alpha : strength, 1/year.
    limit : L, the largest pull, 1/year; infinite gives the unbounded ``α A W A``, 0 gives no pull.

    Notes
    -----
    Form: Morrison, Kutz and Gabbay 2023 (B6); with W = 1 and L = ∞ it is dX/dt = X² of Marvel et al. 2011 (B2).
    Evidence on balance is mixed (M9), so its range includes 0.
    """
    bounded = np.isfinite(limit) & (np.asarray(limit) > 0.0)
    scale = np.where(bounded, limit, 1.0)
    pull = common * (alpha / scale)
    np.tanh(pull, out=pull)
    pull *= scale
    return pull if bounded.all() else np.where(bounded, pull, np.where(np.isinf(limit), alpha * common, 0.0))


def leading_eigenvalue(tie: Array, share: Array) -> Array:
    """λ₀, the top eigenvalue of ``W^½ A W^½``: [..., state, partner] -> [...]."""
    root = np.sqrt(share)
    return np.asarray(np.linalg.eigvalsh(root[..., :, None] * tie * root[..., None, :])[..., -1])


def fold(beta: ArrayLike, eigenvalue: ArrayLike) -> ArrayLike:
    """α at which the leading mode loses its rest point, ``β / (4λ₀)`` (small-λ form, B6)."""
    return beta / (4.0 * eigenvalue)
