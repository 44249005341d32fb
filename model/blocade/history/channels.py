"""Channels of a forecast: what is on record of pairs by year, and the scale on which errors are alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.history.record import Record

Indices = npt.NDArray[np.intp]


def _same(x: Array) -> Array:
    return x


def _root(x: Array) -> Array:
    return np.sqrt(np.maximum(x, 0.0))


def _square(x: Array) -> Array:
    return np.maximum(x, 0.0) ** 2


def _unit(x: Array) -> Array:
    return np.clip(x, 0.0, 1.0)


@dataclass(frozen=True)
class Channel:
    """One channel.

    figures : record -> [year, state, state]. directed : whether ij and ji are two figures. even, back : to the scale on
    which errors are alike for small and large figures, and from it to figures that can be.
    """

    name: str
    words: str
    unit: str
    figures: Callable[[Record], Array]
    directed: bool = False
    even: Callable[[Array], Array] = _same
    back: Callable[[Array], Array] = np.abs

    def pairs(self, states: int) -> tuple[Indices, Indices]:
        """States of every pair."""
        if not self.directed:
            return np.triu_indices(states, k=1)
        rows, columns = np.nonzero(~np.eye(states, dtype=bool))
        return rows, columns

    def table(self, record: Record) -> Array:
        """Figures of all pairs: [year, pair]."""
        rows, columns = self.pairs(len(record.codes))
        return self.figures(record)[:, rows, columns]


YEARLY: Mapping[str, Channel] = MappingProxyType(
    {
        channel.name: channel
        for channel in (
            # a distance cannot be below 0: a forecast that passes it comes out on the other side (`abs`)
            Channel("votes", "distance of UN ideal points, final passage", "points", lambda r: r.distance("final")),
            Channel("votes-all", "distance of UN ideal points, all votes", "points", lambda r: r.distance("all")),
            Channel("agreement", "agreement in UN votes", "share", lambda r: r.agreement, back=_unit),
            Channel("trade", "share of trade", "share", lambda r: r.trade, directed=True, even=_root, back=_square),
        )
    }
)
"""Channels with a figure for every year."""
