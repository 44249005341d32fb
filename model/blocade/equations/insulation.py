"""Equation 9: insulation, the pain a regime can ignore."""

import numpy as np

from blocade.equations.arrays import Array, ArrayLike


def insulation_at_rest(u_base: ArrayLike, regime: Array) -> Array:
    """Insulation at the start, ``u⁰ = u_base (1 − r)`` (assumption), in [0, 1]."""
    return u_base * (1.0 - regime)


def insulation_step(
    insulation: Array,
    resting: Array,
    pressure: Array,
    pressure_start: Array,
    regime: Array,
    rho_u: ArrayLike,
    u_decay: ArrayLike,
    dt: float,
) -> Array:
    """Insulation one step later.

    ``du = ρ_u (pressure_i − pressure⁰_i)⁺ (1 − r_i)(1 − u_i) dt − a_u (u_i − u⁰_i) dt``

    Notes
    -----
    M5 (single-party and military regimes are not destabilised) and M4 (mixed). All arguments [...] per state; the
    result is clipped to [0, 1].
    """
    build = rho_u * np.maximum(pressure - pressure_start, 0.0) * (1.0 - regime) * (1.0 - insulation)
    return np.clip(insulation + (build - u_decay * (insulation - resting)) * dt, 0.0, 1.0)
