"""A scenario ready to run: names resolved, inheritance done, every arm with its full list of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from blocade.policy.events import Event


@dataclass(frozen=True)
class Arm:
    """One arm: background events first, then inherited ones, then its own."""

    name: str
    label: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Scenario:
    """What a scenario file asks for.

    Attributes
    ----------
    name
        Stem of the file.
    world
        Name or folder of the world, as `load_world` takes it.
    bloc, patron, senders
        ISO codes in world order.
    start, end, first_event
        Decimal years; `first_event` is the earliest event of any arm that is not background, or None.
    arms
        The first is the baseline.
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

    def resolved(self) -> dict[str, object]:
        """Give everything needed to run it again, ready for JSON; the path is left out."""
        given = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in vars(self).items()
            if key not in {"path", "arms", "parameters"}
        }
        arms = [
            {"name": arm.name, "label": arm.label, "events": [_event(event) for event in arm.events]}
            for arm in self.arms
        ]
        parameters = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.parameters.items()
        }
        return {**given, "arms": arms, "parameters": parameters}


def _event(event: Event) -> dict[str, object]:
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(event).items()}
    return {"kind": event.kind, **values}
