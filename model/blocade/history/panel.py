"""Panels: the same table of years, pairs and channels, once as recorded and once as the model would have it recorded.

A period begins at a world and ends where the next one stands, or where the records end. Statistics are worked out on
panels without knowing which kind they have (indirect inference).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np

from blocade import engine
from blocade.equations.arrays import Array, without_self
from blocade.equations.observation import recorded_share, vote_distance
from blocade.experiment.plan import DT
from blocade.history.happened import decrees
from blocade.history.record import at, read_record
from blocade.parameters import Parameters, table
from blocade.policy.calendar import Decree, calendar
from blocade.randomness import Luck
from blocade.start import WEIGHTS, Start, solve_start
from blocade.state import Moment
from blocade.world import World, load_world

PER_YEAR = round(1 / DT)
BASE_YEARS = 3
"""Years averaged into the level from which changes are counted, as in the worlds."""
WEST = "G7"


@dataclass(frozen=True)
class Period:
    """A stretch of history: the world it begins from, its first and its last year.

    quiet : nothing happens in it but luck. It has no dates of its own: records are compared over as many years.
    """

    world: str
    first: int
    last: int
    quiet: bool = False

    @property
    def years(self) -> tuple[int, ...]:
        """The year of the world, then every year of the period."""
        return tuple(range(self.first - 1, self.last + 1))


PERIODS: Mapping[str, Period] = MappingProxyType(
    {
        "1990s": Period("1991", 1991, 2002),
        "2000s": Period("2002", 2003, 2013),
        "2010s": Period("2013", 2014, 2021),
        "2020s": Period("2021", 2022, 2024),
        "quiet": Period("2002", 2003, 2026, quiet=True),
    }
)
"""1991 begins on 1 January 1991, the others on the day after their world's 31 December."""


@dataclass(frozen=True, eq=False)
class Panel:
    """A period as a table; NaN where there is no figure. Row 0 of ``year`` is the level before the first year.

    tie : [run, year, state, state]. votes : distance of ideal points, the same shape. trade : [run, year, state,
    partner], shares of the trade a state still has. alignment : [run, year, state], with the West. sanctions : [year,
    state, sender], legal severity, the same in every run. pressed : [year, state], share of the world's capability
    that presses on it. conceded : [run, year, state], number of concessions so far.
    """

    period: Period
    codes: tuple[str, ...]
    tie: Array
    votes: Array
    trade: Array
    alignment: Array
    sanctions: Array
    pressed: Array
    conceded: Array

    def at(self, year: int) -> int:
        """Position of a year."""
        return year - self.period.first + 1

    def without(self, code: str) -> Panel:
        """The panel without a state."""
        keep = [k for k, other in enumerate(self.codes) if other != code]
        pair = np.ix_(keep, keep)
        return Panel(
            period=self.period,
            codes=tuple(self.codes[k] for k in keep),
            tie=self.tie[..., pair[0], pair[1]],
            votes=self.votes[..., pair[0], pair[1]],
            trade=self.trade[..., pair[0], pair[1]],
            alignment=self.alignment[..., keep],
            sanctions=self.sanctions[..., pair[0], pair[1]],
            pressed=self.pressed[..., keep],
            conceded=self.conceded[..., keep],
        )


@cache
def world_of(name: str) -> World:
    """A world of the seeds, read once."""
    return load_world(name)


@cache
def decrees_of(period: Period) -> tuple[Decree, ...]:
    """What is in force in every step of a period."""
    world = world_of(period.world)
    if period.quiet:
        return calendar(world, (), float(period.first), DT, PER_YEAR * (period.last - period.first + 1))
    return decrees(world, period.first, period.last, DT)


def central_ties(world: World) -> Array:
    """Ties of a world at the central weights of its channels: [state, state]."""
    return world.ties(**{name.removeprefix("w_"): table()[name].central for name in WEIGHTS})


def level(figures: Array, year: int) -> Array:
    """Mean of the last `BASE_YEARS` figures up to a year: [year, ...] -> [...]; NaN where there is none."""
    window = figures[max(0, at(year) - BASE_YEARS - 1) : at(year) + 1]  # two years more, because some series end sooner
    known = np.isfinite(window)
    recent = known & (np.cumsum(known[::-1], axis=0)[::-1] <= BASE_YEARS)
    count = recent.sum(axis=0)
    total = np.where(recent, window, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def _legal(period: Period, world: World) -> tuple[Array, Array]:
    """Sanctions [year, state, sender] and pressure [year, state] by law, without effort: means of the years."""
    laws = np.array([decree.sanctions for decree in decrees_of(period)])
    hands = np.array([np.maximum(decree.sanctions, decree.isolation) @ world.share for decree in decrees_of(period)])
    before = world.sanctions, np.maximum(world.sanctions, world.isolation) @ world.share
    yearly = (x.reshape(-1, PER_YEAR, *x.shape[1:]).mean(axis=1) for x in (laws, hands))
    sanctions, pressed = (np.concatenate([old[None], new]) for old, new in zip(before, yearly, strict=True))
    return sanctions, pressed


def observed(period: Period, until: int) -> Panel:
    """A period as recorded, in figures up to a year.

    Ties are known where a world stands at the beginning and the end of the period: what its channels say. Concessions
    are on no record that is tied to states here. Of a quiet period only alignment has a meaning, over the years that
    end with `until`.
    """
    world = world_of(period.world)
    record = read_record(world.codes, until)
    n, length = world.size, len(period.years)
    years = tuple(range(until - length + 1, until + 1)) if period.quiet else period.years
    tie = np.full((length, n, n), np.nan)
    tie[0] = central_ties(world)
    if str(period.last) in _worlds() and period.last <= until:
        later = world_of(str(period.last))
        tie[-1] = central_ties(later.select(world.codes))
    distance = record.distance("final")
    sanctions, pressed = _legal(period, world)
    return Panel(
        period=period,
        codes=world.codes,
        tie=tie[None],
        votes=_table(distance, years)[None],
        trade=_table(record.trade, years)[None],
        alignment=record.points[0][[at(year) for year in years]][None],
        sanctions=sanctions,
        pressed=pressed,
        conceded=np.full((1, length, n), np.nan),
    )


@cache
def _worlds() -> frozenset[str]:
    return frozenset(period.world for period in PERIODS.values())


def _table(figures: Array, years: tuple[int, ...]) -> Array:
    return np.concatenate([level(figures, years[0])[None], figures[[at(year) for year in years[1:]]]])


def base_distance(period: Period) -> Array:
    """Distance of ideal points from which the votes of a period move: [state, state]; what was known by then."""
    world = world_of(period.world)
    before = period.first - 1
    return level(read_record(world.codes, before).distance("final"), before)


def simulate_all(periods: Iterable[str], parameters: Parameters, seed: int, first_draw: int = 0) -> dict[str, Panel]:
    """Several periods by their names: as `simulate`, each world solved once."""
    starts: dict[str, Start] = {}
    panels = {}
    for name in periods:
        world = PERIODS[name].world
        if world not in starts:
            starts[world] = solve_start(world_of(world), _at_central_weights(parameters))
        panels[name] = simulate(PERIODS[name], parameters, seed, first_draw, starts[world])
    return panels


def _at_central_weights(parameters: Parameters) -> Parameters:
    return parameters.replaced({name: table()[name].central for name in WEIGHTS})


def simulate(
    period: Period, parameters: Parameters, seed: int, first_draw: int = 0, start: Start | None = None
) -> Panel:
    """A period as the model has it, recorded as the records would have it.

    Parameters
    ----------
    parameters : [run] sets; the weights of ties are set to their central values.
    seed, first_draw : key of the luck; run k has that of draw ``first_draw + k``.
    start : the solved start of the period's world for these sets, where it is there already.
    """
    world, runs = world_of(period.world), len(parameters["beta"])
    fixed = _at_central_weights(parameters)
    years, n = len(period.years), world.size
    tie, trade = (np.zeros((runs, years, n, n)) for _ in range(2))
    conceded = np.zeros((runs, years, n))
    start = solve_start(world, fixed) if start is None else start
    tie[:, 0], trade[:, 0] = start.tie, recorded_share(start.trade, start.rest_of_world)

    def observe(step: int, moment: Moment) -> None:
        conceded[:, -(-step // PER_YEAR)] = moment.state.spell  # what a year has brought stands at its end
        year = 1 + step // PER_YEAR
        if year < years:
            tie[:, year] += moment.state.tie / PER_YEAR
            trade[:, year] += recorded_share(moment.state.trade, start.rest_of_world) / PER_YEAR

    luck = Luck(seed, np.arange(first_draw, first_draw + runs), np.zeros(runs, dtype=np.int64), world.codes)
    engine.run(start, fixed, decrees_of(period), luck, observe, DT)
    base = base_distance(period)
    votes = vote_distance(
        base, tie - tie[:, :1], fixed["o_votes"][:, None, None, None], float(np.nanmean(without_self(base.copy())))
    )
    sanctions, pressed = _legal(period, world)
    return Panel(period, world.codes, tie, votes, trade, _alignment(tie, world), sanctions, pressed, conceded)


def _alignment(tie: Array, world: World) -> Array:
    """Mean tie to the West, weighted by capability, the state itself left out: [..., state]."""
    weight = np.zeros(world.size)
    members = [world.index(code) for code in world.groups[WEST]]
    weight[members] = world.share[members]
    others = weight[None, :] * (1.0 - np.eye(world.size))
    return np.asarray((tie * others).sum(axis=-1) / others.sum(axis=-1))
