"""What every draw of a scenario is made with: values of all parameters and levers, by the scenario's design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from blocade.claims import estimands
from blocade.equations.arrays import Array
from blocade.limits import LIMITS
from blocade.parameters import PRIOR, Parameters, Setting, column, sample, table
from blocade.scenario.model import METHODS, Design, Scenario
from blocade.theories import theories

HYPERCUBE = METHODS[0]
Place = tuple[str, ...]
"""Keys of a scenario file that lead to a mistake."""


@dataclass(frozen=True)
class Drawn:
    """What varies from draw to draw.

    levers : values of each, [draw]; dates are decimal years. factors : what the design varies, in the order of the
    columns of `unit`. unit : points of the design, [draw, factor], from 0 to 1.
    """

    parameters: Parameters
    levers: Mapping[str, Array]
    factors: tuple[str, ...]
    unit: Array


def settings_of(scenario: Scenario) -> dict[str, Setting]:
    """What the theory and then the scenario say instead of the table's ranges."""
    return {**theories()[scenario.theory], **scenario.parameters}


def draws_of(scenario: Scenario) -> int:
    """Draws of a round of the design: of Morris's as many as make whole trajectories."""
    if scenario.design.method != "morris":
        return scenario.draws
    size = len(factors_of(scenario)) + 1
    return scenario.draws // size * size


def most_rounds(scenario: Scenario) -> int:
    """Rounds of the largest experiment that the scenario asks for."""
    until = scenario.design.until
    return 1 if until is None else until.most // scenario.draws


def factors_of(scenario: Scenario) -> tuple[str, ...]:
    """What the design varies: what it names, else everything that has a range, parameters before levers."""
    ranges = _ranges(scenario)
    return scenario.design.factors or tuple(name for name, (low, high) in ranges.items() if low < high)


def _ranges(scenario: Scenario) -> dict[str, tuple[float, float]]:
    """Low and high end of every parameter and lever."""
    settings = settings_of(scenario)
    found = {entry.name: entry.span(settings) for entry in table().values()}
    return found | {name: (lever.low, lever.high) for name, lever in scenario.levers.items()}


def _held(scenario: Scenario, name: str, low: float, high: float) -> float:
    """The value of what is no factor: the central one, or as near to it as the range goes; of a lever the middle."""
    lever = scenario.levers.get(name)
    return lever.middle if lever is not None else table()[name].middle(low, high)


def draw(scenario: Scenario, learned: Mapping[str, Array], rounds: int) -> Drawn:
    """Draw everything that a scenario varies.

    Parameters
    ----------
    scenario : one in whose design `unfit` finds nothing.
    learned : columns of its posterior.
    rounds : how many rounds of the design, the first ones.
    """
    design = scenario.design
    if design.method == HYPERCUBE and not design.factors:
        return _hypercube(scenario, learned, rounds)
    from blocade.experiment.designs import points  # noqa: PLC0415 (slow to import, and most scenarios do without)

    factors = factors_of(scenario)
    unit = points(design.method, factors, draws_of(scenario), scenario.seed, design.levels, rounds)
    places, values = {name: unit[:, k] for k, name in enumerate(factors)}, {}
    for name, (low, high) in _ranges(scenario).items():
        held = np.full(len(unit), _held(scenario, name, low, high))
        values[name] = low + (high - low) * places[name] if name in places else held
    levers = {name: values.pop(name) for name in scenario.levers}
    return Drawn(Parameters(values), levers, factors, unit)


def _hypercube(scenario: Scenario, learned: Mapping[str, Array], rounds: int) -> Drawn:
    """Everything varies, each on a column of its own; what is learned comes from the posterior."""
    n, seed = scenario.draws, scenario.seed
    unit = {name: column(name, n, seed, rounds) for name in scenario.levers}
    return Drawn(
        parameters=sample(n, seed, settings_of(scenario), learned, rounds),
        levers={name: lever.low + (lever.high - lever.low) * unit[name] for name, lever in scenario.levers.items()},
        factors=tuple(unit),
        unit=np.stack(list(unit.values()), axis=-1) if unit else np.empty((n * rounds, 0)),
    )


def unfit(scenario: Scenario) -> list[tuple[Place, str]]:
    """What keeps a scenario's design from being run: where in its file, and one sentence, for each mistake."""
    design = scenario.design
    problems = _factor_problems(scenario)
    if (design.method != HYPERCUBE or design.factors) and scenario.posterior != PRIOR:
        text = "a posterior has parameters that hang together; this design needs `posterior: prior`"
        problems.append((("design",), text))
    if not problems and design.method != HYPERCUBE:
        problems += _point_problems(scenario, design)
    return problems + _until_problems(scenario)


def _factor_problems(scenario: Scenario) -> list[tuple[Place, str]]:
    design, ranges = scenario.design, _ranges(scenario)
    here = ("design", "factors")
    fixed = [name for name in design.factors if ranges[name][0] == ranges[name][1]]
    problems: list[tuple[Place, str]] = [
        (here, f'the factor "{name}" has one value here; give it a range or take it out') for name in fixed
    ]
    if design.method == "grid" and not design.factors:
        problems.append((("design",), "a grid needs `factors`, the few levers and parameters that it combines"))
    elif not factors_of(scenario) and design.method != HYPERCUBE:
        problems.append((("design",), "nothing here has a range; give a lever or a parameter one"))
    return problems


def _point_problems(scenario: Scenario, design: Design) -> list[tuple[Place, str]]:
    """What the design itself says of its number of points."""
    from blocade.experiment.designs import points  # noqa: PLC0415 (slow to import)

    most = LIMITS["draws"][1]
    try:
        unit = points(
            design.method,
            factors_of(scenario),
            most if design.method == "grid" else scenario.draws,
            scenario.seed,
            design.levels,
        )
    except ValueError as error:
        return [(("design",) if design.method == "grid" else ("draws",), str(error))]
    if design.method == "grid" and len(unit) != scenario.draws:
        text = f"this grid has {len(unit)} points, not {scenario.draws} draws; leave `draws` out, or say {len(unit)}"
        return [(("draws",), text)]
    return []


def _until_problems(scenario: Scenario) -> list[tuple[Place, str]]:
    until = scenario.design.until
    if until is None:
        return []
    problems: list[tuple[Place, str]] = []
    asked = list(dict.fromkeys(estimand.claim for estimand in estimands(scenario)))
    if until.claim not in asked:
        there = ", ".join(asked) or "none; add a second arm"
        problems.append((("design", "until", "claim"), f'no claim "{until.claim}" is asked here; there are {there}'))
    rounds, rest = divmod(until.most, scenario.draws)
    if rest or not rounds:
        near = [scenario.draws * number for number in (rounds, rounds + 1) if number]
        text = f"{until.most} draws are no whole rounds of {scenario.draws}; take {' or '.join(map(str, near))}"
        problems.append((("design", "until", "most"), text))
    return problems
