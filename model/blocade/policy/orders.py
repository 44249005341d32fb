"""What is in force in a step: the calendar's decree, with drawn values filled in and relief granted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blocade.equations.arrays import Array
from blocade.equations.effort import effort
from blocade.parameters import Parameters
from blocade.policy.calendar import Decree


@dataclass(frozen=True)
class Orders:
    """What is in force: all [..., state, partner] or [..., state].

    A batch has [run] in front, but for sanctions and isolation as long as no relief makes them differ between runs.

    sanctions, isolation : after relief. enforced : effort times sanctions. offer : credible worth, q·O. secondary :
    χ. war : need of arms added. relief : [..., state], share lifted in return for compliance.
    """

    sanctions: Array
    isolation: Array
    enforced: Array
    offer: Array
    secondary: Array
    war: Array
    relief: Array


def orders(decree: Decree, now: float, parameters: Parameters, compliance: Array) -> Orders:
    """What is in force, given the state at the start of the step.

    Parameters
    ----------
    now : beginning of the step, years since the start.
    compliance : [..., state].

    Notes
    -----
    An off-ramp lifts ``relief · p_i`` of what is in force, so relief grows with compliance and snaps back as it
    decays.
    """
    sanctions, isolation = decree.sanctions, decree.isolation
    relief = np.zeros_like(compliance)
    if decree.relief.any():
        lifted = decree.relief * compliance[..., :, None]
        sanctions, isolation = sanctions * (1.0 - lifted), isolation * (1.0 - lifted)
        relief = lifted.max(axis=-1)
    offer = decree.offer
    if offer.any():
        offer = offer * np.where(np.isnan(decree.credibility), parameters.pair("q"), decree.credibility)
    declared = np.where(np.isnan(decree.secondary), parameters.state("chi_declared"), decree.secondary)
    return Orders(
        sanctions=sanctions,
        isolation=isolation,
        enforced=sanctions * effort(decree.tightened, now, parameters.pair("e_inf"), parameters.pair("rho_e")),
        offer=offer,
        secondary=np.where(decree.declared, declared, parameters.state("chi")),
        war=np.where(
            decree.war, np.where(np.isnan(decree.war_need), parameters.state("war_need"), decree.war_need), 0.0
        ),
        relief=relief,
    )
