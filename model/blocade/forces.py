"""The forces on a tie (equation 7): one list, which both engines and the theories read.

A force acts by its change since the start times its coefficient, the parameter ``b_<name>``. To add one, write its
equation (``blocade.equations``), name it in `REGISTRY`, and give ``seeds/parameters.csv`` a row for its coefficient;
docs/how-to/add-a-mechanism.md shows how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.equations.drift import likeness, offer_standing
from blocade.equations.threat import threat
from blocade.policy.orders import Orders
from blocade.world import World

Which = slice | npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sight:
    """What some states see of some partners at the start of a step.

    The per-agent engine looks from one state at all partners; the batch engine from some states at all and from all at
    some. [run] is in front in a batch.

    Attributes
    ----------
    orders : what is in force. share : [everyone], world capability ĉ.
    tie : [everyone, everyone]. pressure, compliance : [everyone].
    states, partners : who looks, and at whom.
    """

    orders: Orders
    share: Array
    tie: Array
    pressure: Array
    compliance: Array
    states: Which
    partners: Which

    def pair(self, x: Array) -> Array:
        """A matrix where state and partner meet: [..., state, partner]."""
        return x[..., self.states, :][..., self.partners]

    def row(self, x: Array) -> Array:
        """A matrix from the state to everyone: [..., state, everyone]."""
        return x[..., self.states, :]

    def column(self, x: Array) -> Array:
        """A matrix from everyone to the partner: [..., everyone, partner]."""
        return x[..., self.partners]

    def state(self, x: Array) -> Array:
        """A number of the state: [..., state, 1]."""
        return x[..., self.states, None]

    def partner(self, x: Array) -> Array:
        """A number of the partner: [..., 1, partner]."""
        return x[..., None, self.partners]


@dataclass(frozen=True)
class Force:
    """A force on a tie.

    Attributes
    ----------
    name : its coefficient is the parameter ``b_<name>``.
    sign : with which a positive coefficient enters the tie.
    side : what it depends on, seen from the state's side of the pair, [..., state, partner]; the tie meets the mean of
        both sides. None for those that nearly every pair feels all the time: `blocade.pairs` compiles them, and
        `StateAgent.weigh` has their sides.
    moved : states of whose pairs, and no others, it may differ from the start, [state] or [run, state]; the batch
        engine looks at no others. Without it all are looked at: right in any case, and slower.
    """

    name: str
    sign: int
    side: Callable[[Sight], Array] | None = None
    moved: Callable[[Orders, World], Flags] | None = None


def _any(flags: Flags, axis: int) -> Flags:
    """In any run, along an axis: [..., state, partner] -> [state], or [partner] along the axis of states."""
    some = np.asarray(flags.reshape(-1, *flags.shape[-2:]).any(axis=0))
    return np.asarray(some.any(axis=axis))


REGISTRY: tuple[Force, ...] = (
    Force("trade", 1),
    Force("match", 1),
    Force(
        "sanction",
        -1,
        side=lambda see: see.pair(see.orders.sanctions),
        moved=lambda orders, world: _any(orders.sanctions != world.sanctions, axis=-1),
    ),
    Force(
        "isolation",
        -1,
        side=lambda see: see.pair(see.orders.isolation),
        moved=lambda orders, world: _any(orders.isolation != world.isolation, axis=-1),
    ),
    Force(
        "offer",
        1,
        side=lambda see: offer_standing(see.pair(see.orders.offer), see.state(see.pressure), see.state(see.compliance)),
        moved=lambda orders, world: _any(orders.offer != 0.0, axis=-1),
    ),
    Force("risk", -1),
    Force("comply", 1),
    Force(
        "regime",
        1,
        side=lambda see: likeness(see.state(see.orders.regime), see.partner(see.orders.regime)),
        moved=lambda orders, world: orders.regime != world.regime,
    ),
    Force(
        "threat",
        -1,
        side=lambda see: threat(see.row(see.tie), see.pair(see.orders.fights), see.column(see.orders.fights)),
        moved=lambda orders, world: _any(orders.fights != 0.0, axis=-2),
    ),
)
"""Every force, in the order in which they are summed."""

FORCES = tuple(force.name for force in REGISTRY)
SIGNS = MappingProxyType({force.name: force.sign for force in REGISTRY})
EVERYWHERE = tuple(force.name for force in REGISTRY if force.side is None)
"""Forces that nearly every pair feels all the time."""
SPECIAL = tuple(force for force in REGISTRY if force.side is not None)
"""The others, which few pairs feel, or seldom."""
EVERYONE = slice(None)
