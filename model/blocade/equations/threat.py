"""Equation 14: threat, what a state has to fear from those who fight it or its friends."""

import numpy as np

from blocade.equations.arrays import Array


def threat(tie: Array, fights_own: Array, fights: Array) -> Array:
    """Threat of each partner to a state, ``fights_ij + Σ_v max(0, A_iv) fights_vj``.

    Parameters
    ----------
    tie : [..., partner], A of the row's state (or [..., state, partner] for all), 0 with itself.
    fights_own : [..., partner], the same state's row of ``fights`` (or all of it).
    fights : [..., state, partner], 1 where the two are at war with each other, else 0; symmetric.

    Returns
    -------
    [..., partner], at least 0: 1 from an enemy in a war of its own; from who fights a friend, the tie to that friend.

    Notes
    -----
    M10: states ally against threats, not power (Walt), and balance with enemies (Niou and Zeigler). That a threat
    reaches third states through their ties to whoever it strikes is an assumption, as is leaving out power and
    distance. No sanction enters it.
    """
    return fights_own + np.maximum(tie, 0.0) @ fights
