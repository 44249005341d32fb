"""Equation 11: capability under pain."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike


def capability_step(
    capability: Array, start: Array, pain: Array, pain_start: Array, psi: ArrayLike, rho_c: ArrayLike, dt: float
) -> Array:
    """Capability one step later, ``dc = (−ψ (pain − pain⁰)⁺ c + ρ_c (c⁰ − c)) dt``, at least 0.

    All arguments [...] per state, capability in CINC shares. ψ: assumption (.3-.5 points of growth a year in
    Mashkova and Bakhtizin 2021).
    """
    change = rho_c * (start - capability) - psi * np.maximum(pain - pain_start, 0.0) * capability
    return np.maximum(capability + change * dt, 0.0)
