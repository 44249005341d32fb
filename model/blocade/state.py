"""The state of a batch of runs, and the moment at the beginning of a step: what both engines move and what measures
read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.policy.orders import Orders
from blocade.policy.rules import Seen
from blocade.situation import Situation
from blocade.start import Start


@dataclass(frozen=True)
class State:
    """What changes from step to step: tie and trade [run, state, partner]; the rest [run, state].

    exposure : hazard of concession integrated since the last one. spell : number of concessions so far. munitions :
    stock left to a war that ends without it, 1 at the start.
    """

    tie: Array
    trade: Array
    capability: Array
    insulation: Array
    compliance: Array
    armament: Array
    exposure: Array
    spell: npt.NDArray[np.int64]
    munitions: Array

    def seen(self, start: Start) -> Seen:
        """What policy sees of it; ``start`` is that of the same runs."""
        return Seen(
            tie=self.tie,
            tie_start=start.tie,
            armament=self.armament,
            armament_start=start.world.armament,
            compliance=self.compliance,
            conceded=self.spell > 0,
            munitions=self.munitions,
        )


@dataclass(frozen=True)
class Moment:
    """The state at the beginning of a step (``now``, years since the start), what is in force and what follows from
    it.

    tie_start : [run, state, partner], ties at the start of the run.
    """

    now: float
    tie_start: Array
    state: State
    orders: Orders
    situation: Situation


Observer = Callable[[int, Moment], None]


def initial_state(start: Start) -> State:
    """The state at the start of a run."""
    runs, n = start.pain.shape
    none = np.zeros((runs, n))
    return State(
        tie=start.tie,
        trade=start.trade,
        capability=np.tile(start.world.capability, (runs, 1)),
        insulation=start.insulation,
        compliance=none,
        armament=np.tile(start.world.armament, (runs, 1)),
        exposure=none,
        spell=np.zeros((runs, n), dtype=np.int64),
        munitions=np.ones((runs, n)),
    )
