"""The declared work (DECLARATION.md): a world, two arms, parameter sets, luck, and what every contestant delivers.

All contestants are given the same `Workload`, and give back a `Delivered`. A run is one parameter set with its own
luck in one arm; runs are named by the number of their parameter set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import product
from string import ascii_uppercase

import numpy as np
import numpy.typing as npt

from blocade import api, engine
from blocade.experiment.plan import DT
from blocade.experiment.pool import RUNS_ABREAST
from blocade.measures import applicable, columns, record
from blocade.parameters import Parameters, sample, table
from blocade.policy.calendar import Decree, calendar
from blocade.policy.events import Event
from blocade.randomness import Luck
from blocade.roles import Roles, roles
from blocade.start import WEIGHTS, Start, solve_start
from blocade.state import Moment, Observer, State
from blocade.world import GOODS, World, load_world

Array = npt.NDArray[np.float64]
Simulate = Callable[[Start, Parameters, Sequence[Decree], Luck, Observer, float], State]
"""What both engines are."""

SCENARIO = "isolate-russia-north-korea"
ARMS = ("as-in-2021", "isolate")
"""The war alone; the war with comprehensive sanctions and isolation."""
STATES, STEPS, SEED = 60, 60, 7
SETS = 4000
"""Parameter sets drawn. A hypercube depends on their number, so it is the same however many of them are run."""
OF_STATES = ("alignment", "pain", "compliance", "insulation", "capability", "armament")
"""What is delivered of every state, as `BlocModel` collects it."""
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Workload:
    """What all contestants are given.

    events : of each arm. parameters : [set]. measures : names of what is delivered of the whole world.
    """

    world: World
    bloc: tuple[str, ...]
    patron: str | None
    senders: tuple[str, ...]
    begin: float
    events: tuple[tuple[Event, ...], ...]
    parameters: Parameters
    steps: int = STEPS

    @property
    def roles(self) -> Roles:
        """Who is who."""
        return roles(self.world, self.bloc, self.patron, self.senders)

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure that has a meaning for these roles, as `BlocModel` collects them."""
        return applicable(self.roles)

    def decrees(self) -> list[tuple[Decree, ...]]:
        """The calendar of every arm."""
        return [calendar(self.world, events, self.begin, DT, self.steps) for events in self.events]

    def sets(self, runs: range) -> Parameters:
        """The parameter sets of some runs."""
        return self.parameters.take(np.arange(runs.start, runs.stop))

    def luck(self, runs: range) -> Luck:
        """The luck of some runs, nothing drawn yet: every run has its own, the same in both arms."""
        return Luck(SEED, np.arange(runs.start, runs.stop), np.zeros(len(runs), dtype=np.int64), self.world.codes)


@dataclass(frozen=True, eq=False)
class Delivered:
    """What every contestant delivers, at the beginning of every step and at the end of the run.

    measures : [arm, run, time, measure]. states : [arm, run, time, state, number], numbers as in `OF_STATES`.
    """

    measures: Array
    states: Array

    def furthest(self, other: Delivered) -> float:
        """Largest difference from another contestant's, over the times that both deliver; infinite where one has no
        number."""
        times = min(self.measures.shape[2], other.measures.shape[2])
        mine, theirs = (
            np.concatenate([part[:, :, :times].ravel() for part in (x.measures, x.states)]) for x in (self, other)
        )
        if mine.shape != theirs.shape or not (np.isfinite(mine).all() and np.isfinite(theirs).all()):
            return math.inf
        return float(np.abs(mine - theirs).max())


@cache
def workload(states: int = STATES, steps: int = STEPS) -> Workload:
    """The largest states of the world of the article's scenario, and two of its arms; senders that are too small to
    be among them are left out."""
    scenario = api.load_scenario(SCENARIO)
    whole = load_world(scenario.world)
    kept = {whole.codes[k] for k in np.argsort(-whole.capability, kind="stable")[:states]}
    world = whole.select(code for code in whole.codes if code in kept)
    arms = {arm.name: arm.events for arm in scenario.arms}
    return Workload(
        world=world,
        bloc=scenario.bloc,
        patron=scenario.patron,
        senders=tuple(code for code in scenario.senders if code in kept),
        begin=scenario.start,
        events=tuple(tuple(_within(event, kept) for event in arms[name]) for name in ARMS),
        parameters=_prior(),
        steps=steps,
    )


def invented(states: int, steps: int = STEPS) -> Workload:
    """A random world of any number of states in which one seventh of the pairs are under acts, and the same arms: the
    first two states, with the third as their patron, against the next third of the world."""
    world = random_world(states, np.random.default_rng(states))
    bloc, patron, senders = world.codes[:2], world.codes[2], world.codes[3 : 3 + states // 3]
    places = {"RUS": bloc[:1], "UKR": world.codes[-1:], "senders": senders, "bloc": bloc}

    def moved(event: Event) -> Event:
        given = {field.name: getattr(event, field.name) for field in fields(event)}
        sides = (
            {"on": places["bloc"], "by": senders}
            if given.get("by")
            else {"on": places["RUS"], "against": places["UKR"]}
        )
        return replace(event, **sides)

    like = workload()
    events = tuple(tuple(moved(event) for event in arm) for arm in like.events)
    return replace(like, world=world, bloc=bloc, patron=patron, senders=senders, events=events, steps=steps)


def random_world(n: int, rng: np.random.Generator) -> World:
    """A random valid world of n states: a tenth to a third of trade with the rest of the world, no erased trade."""
    codes = tuple("".join(triple) for triple, _ in zip(product(ascii_uppercase, repeat=3), range(n), strict=False))
    trade = rng.gamma(0.7, size=(n, n))
    np.fill_diagonal(trade, 0.0)
    trade *= (1.0 - rng.uniform(0.1, 0.33, size=(n, 1))) / trade.sum(axis=1, keepdims=True)
    need, surplus = rng.uniform(size=(2, n, len(GOODS)))

    def pairs(x: Array) -> Array:
        x = (x + x.T) / 2
        np.fill_diagonal(x, 0.0)
        return x

    def acts() -> Array:
        levels = rng.choice([0.0, 0.2, 0.5, 0.8], p=[0.85, 0.05, 0.05, 0.05], size=(n, n))
        np.fill_diagonal(levels, 0.0)
        return np.asarray(levels)

    return World(
        name=f"random {n}",
        codes=codes,
        names=codes,
        aliases={code.lower(): code for code in codes},
        capability=rng.dirichlet(np.full(n, 0.5)) * 0.9 + 0.1 / n,
        regime=rng.uniform(size=n),
        armament=rng.uniform(0.2, 3.0, size=n),
        votes=pairs(rng.uniform(-1, 1, size=(n, n))),
        defence=pairs((rng.uniform(size=(n, n)) < 0.2).astype(float)),
        arms=pairs(rng.uniform(size=(n, n))),
        enmity=pairs((rng.uniform(size=(n, n)) < 0.1).astype(float)),
        trade=trade,
        rest_of_world=1.0 - trade.sum(axis=1),
        expected=np.full((n, n), np.nan),
        need=need,
        surplus=surplus,
        need_rule=need,
        surplus_rule=surplus,
        sanctions=acts(),
        isolation=acts(),
        groups={"UN": codes, "P5": codes[:5]},
    )


class Recorder:
    """An observer that keeps what is to be delivered: [run, time, ...]."""

    def __init__(self, given: Workload, runs: int) -> None:
        self._roles, self._names = given.roles, given.measures
        named, codes = columns(self._roles, self._names), given.world.codes
        self._alignment = [named.index(f"alignment:{code}") for code in codes]
        self.measures = np.empty((runs, given.steps + 1, len(self._names)))
        self.states = np.empty((runs, given.steps + 1, len(codes), len(OF_STATES)))

    def __call__(self, step: int, moment: Moment) -> None:
        row = record(moment, self._roles, self._names)
        self.measures[:, step] = row[:, : len(self._names)]
        self.states[:, step, :, 0] = row[:, self._alignment]
        self.states[:, step, :, 1] = moment.situation.pain
        for place, name in enumerate(OF_STATES[2:], start=2):
            self.states[:, step, :, place] = getattr(moment.state, name)


def unseen(step: int, moment: Moment) -> None:
    """An observer that looks at nothing."""


def whole_runs(given: Workload, runs: range, simulate: Simulate = engine.run) -> Delivered:
    """From parameter sets to what is delivered: the start is solved and luck drawn once for both arms, as the runner
    of experiments does it; a few runs are stepped together."""
    parts = [_abreast(given, few, simulate) for few in groups(runs)]
    return Delivered(
        *(np.concatenate([getattr(part, field.name) for part in parts], axis=1) for field in fields(Delivered))
    )


def groups(runs: range) -> list[range]:
    """Runs that are stepped together."""
    return [runs[first : first + RUNS_ABREAST] for first in range(0, len(runs), RUNS_ABREAST)]


def _abreast(given: Workload, runs: range, simulate: Simulate) -> Delivered:
    parameters, luck = given.sets(runs), given.luck(runs)
    start, kept = solve_start(given.world, parameters), []
    for decrees in given.decrees():
        kept.append(Recorder(given, len(runs)))
        simulate(start, parameters, decrees, luck, kept[-1], DT)
    return Delivered(np.stack([x.measures for x in kept]), np.stack([x.states for x in kept]))


def pressed(given: Workload, runs: range) -> float:
    """Mean number of states on which some act is in force, over steps and arms: k of equation 2."""
    counts: list[int] = []

    def observe(step: int, moment: Moment) -> None:
        acts = np.maximum(moment.orders.enforced, moment.orders.isolation)
        some = (acts > 0.0).any(axis=-1)
        counts.append(int(some.any(axis=0).sum()) if some.ndim > 1 else int(some.sum()))

    parameters = given.sets(runs)
    start = solve_start(given.world, parameters)
    for decrees in given.decrees():
        engine.run(start, parameters, decrees, given.luck(runs), observe, DT)
    return float(np.mean(counts))


def _prior() -> Parameters:
    """Sets from the prior ranges, the weights of the ties at their central values as in the scenario's real start."""
    return sample(SETS, SEED).replaced({name: table()[name].central for name in WEIGHTS})


def _within(event: Event, kept: set[str]) -> Event:
    """The event without the states that are left out."""
    sides = {
        field.name: tuple(code for code in value if code in kept)
        for field in fields(event)
        if isinstance(value := getattr(event, field.name), tuple)
    }
    return replace(event, **sides)
