"""The plan of an experiment: which runs there are, in which chunks, and what each chunk gives.

A chunk is a few parameter sets with all their arms and starts, so that every paired difference lies inside one
chunk. Its boundaries follow from the scenario, never from the machine, so results do not depend on the number of
workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from blocade import engine
from blocade.equations.arrays import Array
from blocade.experiment.drawing import Drawn, draw, draws_of, most_rounds, settings_of
from blocade.experiment.pool import RUNS_ABREAST
from blocade.measures import columns, record
from blocade.parameters import Parameters, Setting, posterior, table
from blocade.policy.calendar import calendar, first_step
from blocade.policy.mixed import Decreed, together
from blocade.randomness import Luck
from blocade.roles import Roles, roles
from blocade.scenario.model import Scenario
from blocade.start import WEIGHTS, Start, clean_start, same_trade, solve_start
from blocade.state import Moment
from blocade.theories import MECHANISMS
from blocade.world import World

DT = 0.25
"""Length of a step, years."""
MOST_CHUNKS = 250
"""Chunks of a large plan: many enough that little is lost with one, few enough that each can be a file."""
ABLATION_DRAWS = 40
"""Parameter sets with which the run without each force is made: enough to see what moves a tie, not for a verdict."""
STARTS = ("real", "clean", "rule-goods", "drawn-ties")
"""real: under the acts in force. clean: no acts. rule-goods: goods without overrides. drawn-ties: weights of the
ties drawn."""
WITHOUT = "real-without-"


def roles_of(scenario: Scenario, world: World) -> Roles:
    """Who is who in a scenario."""
    return roles(world, scenario.bloc, scenario.patron, scenario.senders, scenario.watch)


@dataclass(frozen=True)
class Plan:
    """What a scenario asks for, on a world: everything a chunk needs, and small enough to send to a worker.

    readings : when effects are read, (years after the first event, years averaged), the usual first. by_partner :
    whether the trade of the bloc's first members is recorded partner by partner. rounds : of the design, how many of
    them; a plan of fewer is the beginning of one of more.
    """

    scenario: Scenario
    world: World
    measures: tuple[str, ...]
    files: Mapping[str, str]
    readings: tuple[tuple[float, float], ...]
    ablation_arms: tuple[str, ...] = ()
    by_partner: bool = False
    engine: str = "batch"
    rounds: int = 1

    @cached_property
    def steps(self) -> int:
        return first_step(self.scenario.end, self.scenario.start, DT)

    @cached_property
    def times(self) -> Array:
        """Beginning of every step and the end, decimal years: [time]."""
        return self.scenario.start + DT * np.arange(self.steps + 1, dtype=np.float64)

    @cached_property
    def windows(self) -> tuple[slice, ...]:
        """The steps that effects are averaged over, for each reading; at the end of the run if it comes sooner."""
        begins = self.scenario.start if self.scenario.first_event is None else self.scenario.first_event
        first = first_step(begins, self.scenario.start, DT)
        found = []
        for read, over in self.readings:
            last = self.steps if self.scenario.first_event is None else min(self.steps, first + round(read / DT))
            found.append(slice(max(0, last - round(over / DT) + 1), last + 1))
        return tuple(found)

    @property
    def window(self) -> slice:
        """The usual window."""
        return self.windows[0]

    @property
    def described(self) -> dict[str, Any]:
        """What texts and charts need to know of the world and the time, ready for JSON."""
        codes, share = self.world.codes, self.roles.share
        return {
            "window": [float(self.times[self.window][0]), float(self.times[self.window][-1])],
            "states": self.world.size,
            "names": dict(zip(codes, self.world.names, strict=True)),
            "capability": {code: round(float(part), 5) for code, part in zip(codes, share, strict=True)},
            "roles": {"key": [codes[place] for place in self.roles.key]},
        }

    @property
    def starts(self) -> tuple[str, ...]:
        return self.scenario.starts or STARTS

    @cached_property
    def roles(self) -> Roles:
        return roles_of(self.scenario, self.world)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of what is recorded."""
        return columns(self.roles, self.measures, self.by_partner)

    @cached_property
    def followed(self) -> tuple[str, ...]:
        """Names of what is kept for every step: all but the alignment of states that have no part."""
        return self.columns[: len(self.columns) - len(self.roles.rest)]

    @cached_property
    def arms(self) -> tuple[str, ...]:
        return tuple(arm.name for arm in self.scenario.arms)

    @cached_property
    def drawn(self) -> Drawn:
        """All parameter sets and levers."""
        return draw(self.scenario, self.learned, self.rounds)

    @property
    def parameters(self) -> Parameters:
        """All parameter sets: [draw]."""
        return self.drawn.parameters

    @cached_property
    def draws(self) -> int:
        """Draws of all rounds."""
        return draws_of(self.scenario) * self.rounds

    @cached_property
    def settings(self) -> Mapping[str, Setting]:
        """What the theory and then the scenario say instead of the table's ranges."""
        return settings_of(self.scenario)

    @property
    def learned(self) -> Mapping[str, Array]:
        """Columns of the scenario's posterior; looked up and not kept, because plans travel to worker processes."""
        return posterior(self.scenario.posterior)

    @property
    def abreast(self) -> int:
        """Draws that are stepped together."""
        return max(1, RUNS_ABREAST // self.scenario.replicates)

    @cached_property
    def chunks(self) -> tuple[range, ...]:
        """Draws of each chunk: as many as are stepped together, in large plans a multiple of that.

        Every round has chunks of its own, of a size that follows from the largest plan, so that a plan of fewer rounds
        has the first chunks of one of more.
        """
        one, most = draws_of(self.scenario), most_rounds(self.scenario)
        size = self.abreast * max(1, -(-one * most // (self.abreast * MOST_CHUNKS)))
        return tuple(
            range(begin + first, begin + min(first + size, one))
            for begin in range(0, self.draws, one)
            for first in range(0, one, size)
        )

    @cached_property
    def runs(self) -> int:
        """Number of runs in all."""
        return sum(self.runs_of(chunk) for chunk in self.chunks)

    def runs_of(self, chunk: range) -> int:
        """Number of runs of a chunk."""
        return len(chunk) * self.scenario.replicates * sum(len(arms) for arms in self.cells(chunk).values())

    def cells(self, chunk: range) -> dict[str, tuple[str, ...]]:
        """What a chunk runs: start -> arms."""
        cells = dict.fromkeys(self.starts, self.arms)
        if self.ablation_arms and chunk.stop <= max(ABLATION_DRAWS, self.chunks[0].stop):
            cells |= {WITHOUT + force: self.ablation_arms for force in MECHANISMS}
        return cells

    def decrees(self, world: World, levers: Mapping[str, Array]) -> dict[str, tuple[Decreed, ...]]:
        """The calendar of every arm, over the acts of a world.

        Parameters
        ----------
        levers : values of each, [run]; runs with the same values share a calendar.
        """
        return {arm.name: self._decreed(world, place, levers) for place, arm in enumerate(self.scenario.arms)}

    def _decreed(self, world: World, place: int, levers: Mapping[str, Array]) -> tuple[Decreed, ...]:
        scenario, arm = self.scenario, self.scenario.arms[place]
        used = [name for name, lever in scenario.levers.items() if any(use.arm == arm.name for use in lever.uses)]
        if not used:
            return calendar(world, arm.events, scenario.start, DT, self.steps)
        known = {name: lever.middle for name, lever in scenario.levers.items()}
        rows, of = np.unique(np.stack([levers[name] for name in used], axis=-1), axis=0, return_inverse=True)
        settled = [scenario.settled(known | dict(zip(used, row.tolist(), strict=True)))[place] for row in rows]
        return together(
            [calendar(world, one.events, scenario.start, DT, self.steps) for one in settled], of.reshape(-1)
        )


@dataclass(frozen=True)
class Piece:
    """What a chunk gives for one start and arm.

    values : [window, draw, replicate, column], means over each window.
    series : [time, draw, followed column], means over replicates.
    ties : [2, state, partner], sums over draws and replicates at the start and at the end of the window.
    """

    values: Array
    series: Array
    ties: Array


def real_parameters(plan: Plan, chunk: range) -> Parameters:
    """The parameter sets of a chunk, with the weights of the ties at their central values unless the scenario or
    its posterior says otherwise, or its design names one as a factor."""
    drawn = plan.parameters.take(np.arange(chunk.start, chunk.stop))
    named = {*plan.settings, *plan.learned, *plan.scenario.design.factors}
    return drawn.replaced({name: table()[name].central for name in WEIGHTS if name not in named})


def run_chunk(plan: Plan, chunk: range) -> dict[tuple[str, str], Piece]:
    """Run every start and arm of some parameter sets: (start, arm) -> piece."""
    cells = plan.cells(chunk)
    firsts = range(0, len(chunk), plan.abreast)
    parts = [_run_abreast(plan, chunk[first : first + plan.abreast], cells) for first in firsts]
    if len(parts) == 1:
        return parts[0]
    return {
        cell: Piece(
            values=np.concatenate([part[cell].values for part in parts], axis=1),
            series=np.concatenate([part[cell].series for part in parts], axis=1),
            ties=sum((part[cell].ties for part in parts[1:]), parts[0][cell].ties),
        )
        for cell in parts[0]
    }


def _run_abreast(plan: Plan, chunk: range, cells: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], Piece]:
    """Run parameter sets that are stepped together."""
    luck = luck_of(plan, np.arange(chunk.start, chunk.stop))
    drawn, real = plan.parameters.take(np.arange(chunk.start, chunk.stop)), real_parameters(plan, chunk)
    solved = solve_start(plan.world, real)
    repeat = np.repeat(np.arange(len(chunk)), plan.scenario.replicates)
    levers = {name: values[chunk.start : chunk.stop][repeat] for name, values in plan.drawn.levers.items()}
    acts, pieces = plan.decrees(plan.world, levers), {}
    for name, arms in cells.items():
        start, parameters = _start(plan, name, solved, real, drawn)
        decrees = plan.decrees(start.world, levers) if name == "clean" else acts  # only there are other acts in force
        for arm in arms:
            pieces[name, arm] = _run_arm(plan, start.take(repeat), parameters.take(repeat), decrees[arm], luck)
    return pieces


def luck_of(plan: Plan, draws: npt.NDArray[np.int64]) -> Luck:
    """The luck of every replicate of some draws. Points of a Morris design all meet that of the first, so that what
    moves an effect is the one factor between two of them."""
    if plan.scenario.design.method == "morris":
        draws = np.zeros_like(draws)
    replicates = plan.scenario.replicates
    each = np.tile(np.arange(replicates), len(draws))
    return Luck(plan.scenario.seed, np.repeat(draws, replicates), each, plan.world.codes)


def _start(plan: Plan, name: str, solved: Start, real: Parameters, drawn: Parameters) -> tuple[Start, Parameters]:
    """A start by its name, and the parameters that go with it."""
    if name.startswith(WITHOUT):
        ablated = real.replaced({MECHANISMS[name.removeprefix(WITHOUT)]: 0.0})
        return same_trade(solved, plan.world, ablated), ablated
    match name:
        case "clean":
            return clean_start(solved, real), real
        case "rule-goods":
            return same_trade(solved, plan.world.by_rule(), real), real
        case "drawn-ties":
            return solve_start(plan.world, drawn), drawn
        case _:
            return solved, real


def _run_arm(plan: Plan, start: Start, parameters: Parameters, decrees: tuple[Decreed, ...], luck: Luck) -> Piece:
    series = np.empty((plan.steps + 1, len(start.tie), len(plan.columns)))
    last = plan.window.stop - 1
    ties = np.zeros((2, *start.tie.shape[1:]))

    def observe(step: int, moment: Moment) -> None:
        series[step] = record(moment, plan.roles, plan.measures, plan.by_partner)
        if step in (0, last):
            ties[int(step == last)] += moment.state.tie.sum(axis=0)

    # Mesa is slow to import, and most runs do not need it; both engines hand decrees on to `orders`, whatever they are
    simulate = import_module("blocade.agents").run if plan.engine == "agents" else engine.run
    simulate(start, parameters, decrees, luck, observe, DT)
    replicates = plan.scenario.replicates
    split = series.reshape(plan.steps + 1, len(start.tie) // replicates, replicates, len(plan.columns))
    return Piece(
        values=np.array([split[window].mean(axis=0) for window in plan.windows]),
        series=split[..., : len(plan.followed)].mean(axis=2),
        ties=ties,
    )


def run_points(
    plan: Plan, parameters: Parameters, levers: Mapping[str, Array] | None = None
) -> dict[tuple[str, str], Array]:
    """Every arm from the real start at given parameter sets, all with the luck of the first draw: (start, arm) ->
    [window, point, replicate, column].

    What differs between two points is then their parameters and levers alone, as a sensitivity analysis needs it.

    Parameters
    ----------
    levers : values of each lever of the scenario, [point]; needed where it has any.
    """
    count = len(parameters["beta"])
    luck = luck_of(plan, np.zeros(count, dtype=np.int64))
    repeat = np.repeat(np.arange(count), plan.scenario.replicates)
    start, repeated = solve_start(plan.world, parameters).take(repeat), parameters.take(repeat)
    decrees = plan.decrees(plan.world, {name: values[repeat] for name, values in (levers or {}).items()})
    return {("real", arm): _run_arm(plan, start, repeated, decrees[arm], luck).values for arm in plan.arms}
