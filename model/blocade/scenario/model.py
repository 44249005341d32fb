"""A scenario ready to run: names resolved, inheritance done, every arm with its full list of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from pathlib import Path
from typing import Any, Final, NamedTuple

from blocade.policy.events import Event
from blocade.scenario.dates import month
from blocade.scenario.words import event_told, named

METHODS: Final = ("latin-hypercube", "sobol", "grid", "morris")
"""How what varies can be drawn; the first unless a file says otherwise."""


@dataclass(frozen=True)
class Arm:
    """One arm: background events first, then inherited ones, then its own."""

    name: str
    label: str
    events: tuple[Event, ...]


class Use(NamedTuple):
    """Where a lever is named: the arm, the position of the event among the arm's, and the field."""

    arm: str
    event: int
    field: str


@dataclass(frozen=True)
class Lever:
    """What varies from draw to draw in the events, from low to high; dates (if `dated`) are decimal years."""

    low: float
    high: float
    dated: bool
    uses: tuple[Use, ...]

    @property
    def middle(self) -> float:
        """Its value where it does not vary."""
        return (self.low + self.high) / 2.0


@dataclass(frozen=True)
class Until:
    """When to stop: rounds of draws are added until the 95 % interval of the median of the claim's first effect is
    narrower, or there are `most` draws."""

    claim: str
    narrower: float
    most: int


@dataclass(frozen=True)
class Design:
    """How what varies is drawn: see `blocade.experiment.drawing`.

    factors : names of the parameters and levers that vary; none named: everything that has a range.
    """

    method: str = METHODS[0]
    factors: tuple[str, ...] = ()
    levels: int = 4
    until: Until | None = None


@dataclass(frozen=True)
class Scenario:
    """What a scenario file asks for.

    Attributes
    ----------
    name
        Stem of the file; of a scenario in one of several worlds, with the world's name behind it.
    world
        Name or folder of the world, as `load_world` takes it.
    bloc, patron, senders
        ISO codes in world order.
    start, end, first_event
        Decimal years; `first_event` is the earliest date at which any event of any arm that is not background can
        begin, whatever the levers, or None.
    arms
        The first is the baseline. Where an event names a lever it has the middle of the lever's range here.
    levers
        What varies in the events, by name.
    draws
        Draws of the design; with `design.until`, of each of its rounds.
    parameters
        A number (fixed) or a range (low, high) for each parameter the file sets.
    posterior
        Where the parameters that neither theory nor file sets come from: a committed table, or "prior".
    starts
        Starts to run from; none named: all.
    watch
        ISO codes of states that are followed whatever their part.
    hypotheses
        Hypotheses put to the scenario's own arms: name -> role -> arm, and `read`, the years after the first event.

    Examples
    --------
    >>> import blocade
    >>> from dataclasses import replace
    >>> scenario = blocade.load_scenario("placebo")
    >>> result = blocade.run(replace(scenario, seed=2), "results/other-seed", draws=2)
    >>> result.manifest["seed"]
    2
    """

    name: str
    path: Path
    title: str
    why: str
    world: str
    bloc: tuple[str, ...]
    patron: str | None
    senders: tuple[str, ...]
    start: float
    end: float
    arms: tuple[Arm, ...]
    theory: str
    parameters: Mapping[str, float | tuple[float, float]]
    posterior: str
    draws: int
    replicates: int
    seed: int
    starts: tuple[str, ...]
    watch: tuple[str, ...]
    measures: tuple[str, ...]
    claims: tuple[str, ...]
    hypotheses: Mapping[str, Mapping[str, str | float]]
    charts: tuple[str, ...]
    first_event: float | None
    levers: Mapping[str, Lever]
    design: Design

    @property
    def place(self) -> Path:
        """Where its results lie in a folder of results: a folder of its own, inside its file's if that stands for
        several worlds."""
        own = self.name == self.path.stem
        return Path(self.name) if own else Path(self.path.stem) / Path(self.world).name

    def settled(self, values: Mapping[str, float]) -> tuple[Arm, ...]:
        """The arms with a value for every lever."""
        changes: dict[tuple[str, int], dict[str, float]] = {}
        for name, lever in self.levers.items():
            for arm, event, field in lever.uses:
                changes.setdefault((arm, event), {})[field] = values[name]
        return tuple(
            replace(
                arm,
                events=tuple(
                    replace(event, **changes.get((arm.name, position), {}))  # type: ignore[arg-type]
                    for position, event in enumerate(arm.events)
                ),
            )
            for arm in self.arms
        )

    def resolved(self) -> dict[str, Any]:
        """Give everything needed to run it again, ready for JSON; the path is left out."""
        given = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in vars(self).items()
            if key not in {"path", "arms", "parameters", "levers", "design"}
        }
        arms = [
            {"name": arm.name, "label": arm.label, "events": [_event(event) for event in arm.events]}
            for arm in self.arms
        ]
        parameters = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.parameters.items()
        }
        levers = {
            name: {**asdict(lever), "uses": [list(use) for use in lever.uses]} for name, lever in self.levers.items()
        }
        design = {**asdict(self.design), "factors": list(self.design.factors)}
        return {**given, "arms": arms, "parameters": parameters, "levers": levers, "design": design}


    def _repr_html_(self) -> str:
        """Who presses whom, and what happens in each arm, for notebooks."""
        from blocade.world import load_world  # noqa: PLC0415 (a scenario is read without one where only names matter)

        world = load_world(self.world)
        names, told = dict(zip(world.codes, world.names, strict=True)), self.resolved()
        who = [("Bloc", named(self.bloc, names)), ("Senders", named(self.senders, names))]
        who += [("Patron", names[self.patron])] if self.patron else []
        who += [("Time", f"{month(self.start)} to {month(self.end)}"), ("World", f"{world.name}, {world.size} states")]
        who += [("Parameter sets", f"{self.draws}, seed {self.seed}")]
        arms = []
        for arm, resolved in zip(self.arms, told["arms"], strict=True):
            events = "; ".join(event_told(event, told, names) for event in resolved["events"])
            arms.append((arm.label, events or "nothing beyond what was in force"))
        return f"<h3>{escape(self.title)}</h3>{_rows(who)}<p>Arms, the baseline first:</p>{_rows(arms)}"


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th scope="row" style="text-align: left">{escape(head)}</th>'
        f'<td style="text-align: left">{escape(text)}</td></tr>'
        for head, text in rows
    )
    return f"<table>{cells}</table>"


def _event(event: Event) -> dict[str, object]:
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(event).items()}
    return {"kind": event.kind, **values}
