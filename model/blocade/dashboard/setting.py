"""What is set in the explorer: a scenario of two arms, one with and one without the policy, and its file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ruamel.yaml import YAML

from blocade.parameters import Setting as Value
from blocade.parameters import table
from blocade.policy.events import EVENTS, Event
from blocade.scenario import Scenario
from blocade.scenario.dates import written
from blocade.scenario.schema import EVENT_FILES
from blocade.theories import MECHANISMS, theories
from blocade.world import World

TWIN, EXPLORED = "twin", "explored"
"""Names of the two arms; the first is the baseline."""
POLICY, BOTH, WITHOUT = WHERE = ("with the policy", "in both", "without the policy")
"""Where an event happens: in the arm that is explored, in both, in the twin alone."""
DRAWS: Final = 20
"""Parameter sets to begin with: few enough that a slider answers at once, enough to see whether they agree."""
DATES: Final = ("at", "until", "ramp_until")
SLIDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "level": "severity", "relief": "relief", "credibility": "credibility", "share": "share", "value": "worth",
        "gain": "gain", "need": "need of arms", "regime": "regime",
    }
)  # fmt: skip
"""Fields of events that are numbers, and how the page calls them."""
ADDED: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "sanctions": {"by": "senders", "on": "bloc", "level": 0.8},
        "isolation": {"by": "senders", "on": "bloc", "level": 0.8},
        "off-ramp": {"by": "senders", "on": "bloc", "relief": 0.8},
        "engagement": {"by": "senders", "on": "bloc", "share": 0.5},
        "wedge": {"by": "senders", "on": "bloc", "relief": 0.8},
        "secondary-sanctions": {"by": "senders"},
        "counter-sanctions": {"by": "bloc", "on": "senders", "share": 0.5},
        "shield": {"by": "patron", "on": "bloc"},
        "lift": {"by": "senders", "on": "bloc"},
    }
)
"""Policies that can be added, with what they begin with."""


@dataclass(frozen=True)
class Part:
    """An event of the setting.

    kind : of `EVENTS`. values : its fields; dates are decimal years, states the name of a role or codes. on : whether
    it happens at all. where : in which arms, one of `WHERE`.
    """

    kind: str
    values: Mapping[str, Any]
    on: bool = True
    where: str = POLICY

    def with_value(self, field: str, value: Any) -> Part:
        """The same event with another value of a field."""
        return replace(self, values={**self.values, field: value})

    def written(self) -> dict[str, Any]:
        """The event as a scenario file has it: without what is left to its default."""
        defaults = {field.name: field.default for field in fields(EVENTS[self.kind])}
        keys = EVENT_FILES[self.kind].model_fields
        found: dict[str, Any] = {"kind": self.kind}
        for name, value in self.values.items():
            if defaults[name] is MISSING or value != defaults[name]:
                found[keys[name].alias or name] = written(value) if name in DATES else _plain(value)
        return found


@dataclass(frozen=True)
class Setting:
    """Everything that the explorer can change; what it is made of follows `blocade.scenario.Scenario`.

    bloc, senders : names of states and groups. parts : the events of both arms.
    began, arm : the scenario and the arm that it began as.
    """

    title: str
    began: str
    arm: str
    world: str
    bloc: tuple[str, ...]
    patron: str | None
    senders: tuple[str, ...]
    start: float
    end: float
    parts: tuple[Part, ...]
    theory: str
    parameters: Mapping[str, Value]
    posterior: str
    draws: int
    seed: int
    watch: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Where it began, in words."""
        return f"{self.began}, arm {self.arm}"

    def with_part(self, place: int, part: Part | None) -> Setting:
        """The same setting with another event at a place, or with none there."""
        parts = [*self.parts[:place], *([part] if part is not None else []), *self.parts[place + 1 :]]
        return replace(self, parts=tuple(parts))

    def with_policy(self, kind: str) -> Setting:
        """The same setting with one more policy, a year after the start."""
        return replace(self, parts=(*self.parts, Part(kind, {"at": self.start + 1.0, **ADDED[kind]})))

    def with_parameter(self, name: str, value: Value | None) -> Setting:
        """The same setting with a parameter fixed; None leaves it to the theory, or to its range."""
        kept = {key: old for key, old in self.parameters.items() if key != name}
        return replace(self, parameters=kept if value is None else {**kept, name: value})

    def has_mechanism(self, mechanism: str) -> bool:
        """Whether one of `MECHANISMS` is at work."""
        name = MECHANISMS[mechanism]
        return {**theories()[self.theory], **self.parameters}.get(name) != 0.0

    def with_mechanism(self, mechanism: str, on: bool) -> Setting:
        """The same setting with a mechanism switched on or off."""
        name = MECHANISMS[mechanism]
        if not on:
            return self.with_parameter(name, 0.0)
        freed = self.with_parameter(name, None)  # where the theory has it off, its range must be named
        entry = table()[name]
        return freed if freed.has_mechanism(mechanism) else self.with_parameter(name, (entry.low, entry.high))

    def with_world(self, name: str) -> Setting:
        """The same setting in another world, as many years later or earlier as the worlds are apart."""
        years = _year(name) - _year(self.world)
        parts = tuple(
            replace(
                part,
                values={
                    field: value + years if field in DATES and value is not None else value
                    for field, value in part.values.items()
                },
            )
            for part in self.parts
        )
        return replace(self, world=name, start=self.start + years, end=self.end + years, parts=parts)

    def text(self) -> str:
        """The setting as a scenario file."""
        on = [part for part in self.parts if part.on]
        shared = {f"{part.kind}-{place}": part.written() for place, part in enumerate(on, 1) if part.where == BOTH}
        arms: dict[str, Any] = {}
        for arm, label, where in ((TWIN, "Without the policy", WITHOUT), (EXPLORED, "With the policy", POLICY)):
            own = [part.written() for part in on if part.where == where]
            arms[arm] = {"label": label} | ({"events": own} if own else {})
        content: dict[str, Any] = {
            "title": self.title,
            "world": int(self.world) if self.world.isdecimal() else self.world,
            "bloc": list(self.bloc),
            **({"patron": self.patron} if self.patron else {}),
            "senders": list(self.senders),
            "start": written(self.start),
            "end": written(self.end),
            **({"background": shared} if shared else {}),
            "arms": arms,
            "theory": self.theory,
            **({"parameters": {name: _plain(value) for name, value in self.parameters.items()}}
               if self.parameters else {}),
            "posterior": self.posterior,
            "draws": self.draws,
            "seed": self.seed,
            "starts": ["real"],
            **({"watch": list(self.watch)} if self.watch else {}),
        }  # fmt: skip
        yaml: Any = YAML(typ="safe", pure=True)
        stream = io.StringIO()
        yaml.width, yaml.sort_base_mapping_type_on_output = 110, False  # small collections stay on a line
        yaml.allow_unicode = True
        yaml.dump(content, stream)
        return f"# Set in `blocade explore`; it began as {self.source}.\n{stream.getvalue()}"


def begin(scenario: Scenario, world: World, arm: str) -> Setting:
    """The setting of one arm of a scenario, whose twin is the scenario's baseline.

    Parameters
    ----------
    scenario : levers have the middle of their range.
    world : the scenario's. arm : the name of one of its arms.
    """
    arms = {one.name: one for one in scenario.arms}
    base = scenario.arms[0].events
    roles = {"senders": scenario.senders, "bloc": scenario.bloc}
    roles |= {"patron": (scenario.patron,)} if scenario.patron else {}
    return Setting(
        title=scenario.title,
        began=scenario.name,
        arm=arm,
        world=scenario.world,
        bloc=_names(scenario.bloc, world),
        patron=_names((scenario.patron,), world)[0] if scenario.patron else None,
        senders=_names(scenario.senders, world),
        start=scenario.start,
        end=scenario.end,
        parts=(
            *(_part(event, roles, BOTH if event in base else POLICY) for event in arms[arm].events),
            *(_part(event, roles, WITHOUT) for event in base if event not in arms[arm].events),
        ),
        theory=scenario.theory,
        parameters=scenario.parameters,
        posterior=scenario.posterior,
        draws=min(DRAWS, scenario.draws),
        seed=scenario.seed,
        watch=scenario.watch,
    )


def _year(world: str) -> int:
    """The year of a world, with which its name or that of its folder begins."""
    return int(Path(world).name[:4])


def _part(event: Event, roles: Mapping[str, tuple[str, ...]], where: str) -> Part:
    named = {codes: role for role, codes in roles.items()}
    values = {
        name: named.get(value, value) if isinstance(value, tuple) else value for name, value in asdict(event).items()
    }
    return Part(event.kind, values, where=where)


def _names(codes: tuple[str, ...], world: World) -> tuple[str, ...]:
    """States in as few words as they have: groups that lie within, the largest first, then single states."""
    left, found = set(codes), list[str]()
    for group, members in sorted(world.groups.items(), key=lambda item: (-len(item[1]), item[0])):
        if len(members) > 1 and set(members) <= set(codes) and len(set(members) & left) > 1:
            found.append(group)
            left -= set(members)
    return (*found, *(world.names[world.index(code)] for code in codes if code in left))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
