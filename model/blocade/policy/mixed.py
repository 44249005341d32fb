"""Runs that go together under calendars of their own: where levers differ, so do decrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from blocade.policy.calendar import Decree

Runs: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Mixed:
    """What several calendars say for one step. of : [run], the place in `decrees` of each run's own."""

    decrees: tuple[Decree, ...]
    of: Runs

    def groups(self) -> Iterator[tuple[Decree, Runs]]:
        """Every decree and the runs that it is for."""
        for place, decree in enumerate(self.decrees):
            yield decree, np.flatnonzero(self.of == place)


Decreed: TypeAlias = Decree | Mixed
"""What is decreed for a step: the same for all runs, or not."""


def together(calendars: Sequence[Sequence[Decree]], of: Runs) -> tuple[Decreed, ...]:
    """The decrees of runs that follow several calendars of as many steps; a single one stays as it is.

    Parameters
    ----------
    of : [run], the place of each run's calendar.
    """
    if len(calendars) == 1:
        return tuple(calendars[0])
    return tuple(Mixed(decrees, of) for decrees in zip(*calendars, strict=True))


def own(decrees: Sequence[Decreed], run: int) -> list[Decree]:
    """The calendar of one run."""
    return [decree.decrees[decree.of[run]] if isinstance(decree, Mixed) else decree for decree in decrees]
