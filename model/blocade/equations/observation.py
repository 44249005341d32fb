"""How ties and trade show in what is recorded: votes, trade figures, arms deliveries and treaties.

Not part of a run: the model moves ties, and these relations say what of it the records would see. UN votes see little
of an alliance such as that of Russia and North Korea (C6), so their loading λ may be 0.
"""

import numpy as np
from scipy.special import expit

from blocade.equations.arrays import Array, ArrayLike


def vote_distance(base: Array, change: Array, loading: ArrayLike, spread: float) -> Array:
    """Distance of two states' UN ideal points, ``max(0, D⁰_ij − λ·D̄⁰·(A_ij − A⁰_ij))``.

    Parameters
    ----------
    base : [..., state, partner], distance at the start, ideal-point units.
    change : [..., state, partner], change of the tie since the start.
    loading : λ, change of the votes channel of a tie per unit of the tie; 0: votes see nothing of it, 1/w_V: votes move
        alone, 1/(w_V + w_D + w_R): all channels move alike.
    spread : D̄⁰, mean distance of all pairs at the start, the unit of the votes channel (see SOURCES.md of a world).

    Notes
    -----
    Linear in the tie because the votes channel is (assumption); the range of λ runs over all that its role allows.
    """
    return np.maximum(base - loading * spread * change, 0.0)


def recorded_share(trade: Array, rest_of_world: Array) -> Array:
    """Share of a partner in the trade that a state still has, ``T_ij / (Σ_j T_ij + T_i0)``; 0 where nothing is left.

    Parameters
    ----------
    trade : [..., state, partner], shares of normal trade. rest_of_world : [..., state].
    """
    left = trade.sum(axis=-1) + rest_of_world
    return np.asarray(np.divide(trade, left[..., None], out=np.zeros_like(trade), where=left[..., None] > 0.0))


def shown(base: Array, start: Array, now: Array) -> Array:
    """What a figure that was ``base`` when the model stood at ``start`` is now, ``base·now/start``.

    Where the model had nothing at the start, what it has gained is added.
    """
    return np.where(start > 0.0, base * np.divide(now, start, out=np.ones_like(now), where=start > 0.0), base + now)


def event_chance(features: Array, weights: Array) -> Array:
    """Chance that a delivery or a pact is on record, ``1/(1 + exp(−x·w))``: [..., feature] and [feature] -> [...].

    Features are 1, the record at the start and the tie; a logistic form is an assumption.
    """
    return np.asarray(expit(features @ weights))
