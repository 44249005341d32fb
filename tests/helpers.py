"""Parameter sets, worlds, events and runs for the tests of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from fuzz import examples
from hypothesis import strategies as st
from worlds import make_world

from blocade.engine import run
from blocade.forces import FORCES
from blocade.parameters import Parameters, table
from blocade.policy.calendar import calendar
from blocade.policy.events import (
    EVENTS,
    AllianceEvent,
    Event,
    IsolationEvent,
    SanctionsEvent,
    SecondarySanctionsEvent,
    WarEvent,
)
from blocade.policy.rules import Seen
from blocade.randomness import Luck
from blocade.start import Start
from blocade.state import Moment
from blocade.world import GOODS, World

Array = npt.NDArray[np.float64]

BEGIN = 2022.0
DT = 0.25
STILL: Mapping[str, float] = {"sigma": 0.0, "h0": 0.0}
"""No noise and no concessions."""
NO_FORCES: Mapping[str, float] = {**{f"b_{force}": 0.0 for force in FORCES}, "balance": 0.0}
MOST = 193 if examples(0) else 8
"""States of the largest random world: all members of the United Nations in a deep run."""


def of(*numbers: float) -> Array:
    """An array of numbers."""
    return np.array(numbers, dtype=float)


def close(actual: npt.ArrayLike, expected: npt.ArrayLike, tolerance: float = 1e-14) -> None:
    """Assert equality to a tolerance."""
    np.testing.assert_allclose(
        np.asarray(actual, dtype=float), np.asarray(expected, dtype=float), rtol=0, atol=tolerance
    )


def sets(n: int = 1, /, **values: float) -> Parameters:
    """The central set n times, with some values replaced: [run]."""
    return Parameters({entry.name: np.full(n, values.get(entry.name, entry.central)) for entry in table().values()})


def box(rng: np.random.Generator, n: int, hard: bool = False, /, **values: float) -> Parameters:
    """Sets from the whole box, corners included: a value is at its low end, at its high end, or anywhere between.

    `hard` takes the box that the equations allow instead of the prior ranges. Armament may then grow without bound
    unless k_m < a_m, which the specification demands, so that is kept.
    """
    drawn = {}
    for entry in table().values():
        low, high = (entry.minimum, entry.maximum) if hard else (entry.low, entry.high)
        corner = rng.choice([0.0, 1.0, np.nan], size=n, p=[0.25, 0.25, 0.5])
        u = np.where(np.isnan(corner), rng.uniform(size=n), corner)
        drawn[entry.name] = low + (high - low) * u
    drawn["arms_reaction"] = np.minimum(drawn["arms_reaction"], drawn["arms_fatigue"])
    return Parameters({**drawn, **{name: np.full(n, value) for name, value in values.items()}})


def seen(n: int, **values: npt.ArrayLike) -> Seen:
    """What policy sees of one run of n states where nothing has happened yet, with some numbers of states replaced."""
    nothing = replace(Seen.nothing(1, n), munitions=np.ones((1, n)))
    return replace(nothing, **{name: np.array([value], dtype=float) for name, value in values.items()})


seeds = st.integers(min_value=0, max_value=2**32 - 1)


def embargoed(world: World, rng: np.random.Generator) -> World:
    """The world with the trade of one pair under sanctions erased: observed 0, a twentieth expected of either side."""
    pairs = np.argwhere(world.sanctions >= 0.5)
    if not len(pairs):
        return world
    i, j = pairs[rng.integers(len(pairs))]
    trade, expected = world.trade.copy(), world.expected.copy()
    trade[[i, j], [j, i]] = 0.0
    expected[[i, j], [j, i]] = 0.05
    return replace(world, trade=trade, expected=expected, rest_of_world=1.0 - trade.sum(axis=1))


@st.composite
def sizes(draw: st.DrawFn, least: int = 2, most: int = MOST) -> int:
    """Numbers of states: up to 8 all alike, beyond on a logarithmic scale, so that small worlds stay frequent."""
    if most <= 8:
        return draw(st.integers(least, most))
    place = np.random.default_rng(draw(seeds)).uniform()
    return round(least * float(most / least) ** place)


class Drawn(World):
    """A random world that hypothesis can show: its arrays would fill pages."""

    def __repr__(self) -> str:
        return f"<{self.size} states of {self.name}>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))


def random_world(size: int, seed: int) -> World:
    """The random world of a seed; a third of them have an embargo that has erased trade."""
    rng = np.random.default_rng(seed)
    world = make_world(size, rng)
    world = embargoed(world, rng) if rng.uniform() < 1 / 3 else world
    return Drawn(**vars(replace(world, name=f"seed {seed}")))


@st.composite
def worlds(draw: st.DrawFn, least: int = 2, most: int = MOST) -> World:
    """Random worlds."""
    seed = draw(seeds)
    return random_world(draw(sizes(least, most)), seed)


def plain(n: int, **arrays: Array) -> World:
    """States of equal capability without ties, trade, goods, arms or acts (all trade is with the rest of the world)."""
    world = make_world(n, np.random.default_rng(0))
    none, goods = np.zeros((n, n)), np.zeros((n, len(GOODS)))
    blank: dict[str, Any] = {
        **dict.fromkeys(("votes", "defence", "arms", "enmity", "trade", "sanctions", "isolation"), none),
        **dict.fromkeys(("need", "surplus", "need_rule", "surplus_rule"), goods),
        "capability": np.full(n, 1.0 / n),
        "regime": np.full(n, 0.5),
        "armament": np.zeros(n),
    }
    blank |= arrays
    return replace(world, **{"rest_of_world": 1.0 - blank["trade"].sum(axis=1), **blank})


def some_events(world: World, rng: np.random.Generator, without: Sequence[str] = ()) -> tuple[Event, ...]:
    """A random mix: of every kind none, one or two, with values given and values drawn, at dates on and off the grid.

    A fifth of the events have states on both sides, which scenario files do not let through.
    """

    def codes(least: int = 1) -> tuple[str, ...]:
        chosen = rng.permutation(world.size)[: rng.integers(least, max(least, world.size // 2) + 1)]
        return tuple(world.codes[k] for k in sorted(chosen))

    def part() -> float:
        return float(rng.choice([0.2, 0.5, 0.8, 1.0]))

    def perhaps(value: float) -> float | None:
        return None if rng.uniform() < 0.5 else value

    def one(kind: type[Event]) -> Event:
        at, on, by = BEGIN + float(rng.choice([0.0, 0.1, 0.5, 1.0, 1.37, 3.0])), codes(), codes()
        apart = tuple(code for code in by if code not in on) or tuple(code for code in world.codes if code not in on)
        values: dict[str, Any] = {
            **{"at": at, "on": on, "by": by if rng.uniform() < 0.2 else apart, "against": codes()},
            **{name: part() for name in ("level", "share", "value", "relief")},
            **{name: perhaps(part()) for name in ("credibility", "need", "regime")},
            **{"until": perhaps(at + 3.3), "ramp_until": perhaps(at + 2.0), "gain": float(rng.uniform(0.0, 3.0))},
            **{name: bool(rng.uniform() < 0.5) for name in ("snap_back", "limited")},
            "answers": str(rng.choice(["hostility", "armament"])),
        }
        if kind is WarEvent:
            values["until"] = at + 5.1
        if kind is AllianceEvent:
            values["by"] = codes(2)
        if kind is SecondarySanctionsEvent:
            values["level"] = perhaps(part())
        return kind(**{field.name: values[field.name] for field in fields(kind)})

    times = {kind: rng.choice(3, p=[0.45, 0.4, 0.15]) for kind in EVENTS}
    return tuple(one(EVENTS[kind]) for kind, n in times.items() for _ in range(n) if kind not in without)


def press(senders: tuple[str, ...], targets: tuple[str, ...], at: float = 1.0) -> tuple[Event, ...]:
    """Comprehensive sanctions and isolation, some years after the beginning."""
    return (
        SanctionsEvent(BEGIN + at, senders, targets, 0.8),
        IsolationEvent(BEGIN + at, senders, targets, 0.8),
    )


def history(
    start: Start,
    parameters: Parameters,
    events: Sequence[Event] = (),
    steps: int = 40,
    luck: Luck | None = None,
    dt: float = DT,
) -> list[Moment]:
    """Every moment of a batch, the end included."""
    runs = len(start.tie)
    moments: list[Moment] = []
    keyed = luck or Luck(1, range(runs), [0] * runs, start.world.codes)
    decrees = calendar(start.world, events, BEGIN, dt, steps)
    run(start, parameters, decrees, keyed, lambda step, moment: moments.append(moment), dt)
    return moments


FIELDS = ("tie", "trade", "capability", "insulation", "compliance", "armament", "exposure", "munitions")


def furthest(a: Moment, b: Moment) -> float:
    """Largest difference of two moments in any variable of the state."""
    return max(float(np.abs(getattr(a.state, name) - getattr(b.state, name)).max()) for name in FIELDS)
