"""Names of states and groups in scenario files, and what a file may name at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from blocade.scenario.dates import Date
from blocade.scenario.positions import Scalar
from blocade.scenario.wording import nearest_of, quote


class WorldNames(Protocol):
    """What scenario files need of a world: its states, in order, and how they may be named."""

    @property
    def codes(self) -> tuple[str, ...]: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def aliases(self) -> Mapping[str, str]: ...
    def resolve(self, name: str, /) -> str | None: ...


@dataclass(frozen=True)
class Vocabulary:
    """What scenario files may name, given by the caller.

    Attributes
    ----------
    worlds
        Loads a world by its name or folder; raises ValueError, OSError or LookupError where it cannot.
    world_names
        Names of the worlds that come with the package, for the nearest right name.
    theories, posteriors, starts, measures, claims, charts
        Valid names.
    hypotheses
        Roles for which each hypothesis needs an arm.
    parameter_ranges
        Hard bounds (low, high) of every parameter.
    """

    worlds: Callable[[str], WorldNames]
    theories: Collection[str]
    parameter_ranges: Mapping[str, tuple[float, float]]
    measures: Collection[str]
    claims: Collection[str]
    charts: Collection[str]
    posteriors: Collection[str] = ()
    starts: Collection[str] = ()
    hypotheses: Mapping[str, Collection[str]] = field(default_factory=dict)
    world_names: Collection[str] = ()


@dataclass(frozen=True)
class Frame:
    """What the parts of one file are checked against; None where the file leaves it open or wrong.

    `world_key` is what the vocabulary loads the world by, `world_problem` why it could not.
    """

    vocabulary: Vocabulary
    world: WorldNames | None
    world_key: str
    world_problem: str | None
    start: Date | None
    end: Date | None
    roles: Mapping[str, tuple[str, ...] | None]
    """Codes of `bloc`, `senders`, `patron` as far as they can be read; a role not given is left out."""
    levers: Mapping[str, tuple[Scalar, Scalar] | None]
    """Both ends of every lever as they are written; None: the range is given but wrong."""


@dataclass(frozen=True)
class States:
    """States a file names, in world order; `explicit` are those named one by one, not by a group."""

    codes: tuple[str, ...]
    explicit: frozenset[str]


@dataclass(frozen=True)
class Naming:
    """A list of names as read: the states, and for each wrong item its index and what is wrong."""

    states: States
    problems: tuple[tuple[int, str], ...]


def in_world_order(codes: Iterable[str], world: WorldNames) -> tuple[str, ...]:
    """Sort codes as the world does, without repeats."""
    wanted = set(codes)
    return tuple(code for code in world.codes if code in wanted)


def state_name(code: str, world: WorldNames) -> str:
    """Give the common name of a state."""
    return world.names[world.codes.index(code)]


def read_names(
    written: Iterable[str], world: WorldNames, roles: Mapping[str, tuple[str, ...] | None]
) -> Naming:
    """Resolve names of states, groups and roles.

    Parameters
    ----------
    written
        Names as the file gives them.
    roles
        Words that stand for states here (`bloc`, `senders`, `patron`), with their codes; None: the
        role is given but wrong, which is reported where it is given.
    """
    groups = {name.casefold(): members for name, members in world.groups.items()}
    codes: list[str] = []
    explicit: dict[str, str] = {}
    problems: list[tuple[int, str]] = []
    for index, name in enumerate(written):
        word = name.strip()
        state = world.resolve(word)
        if word in roles:
            members = roles[word] or ()
            state = members[0] if word == "patron" and members else None
            codes.extend(members)
        elif state is None and word.casefold() in groups:
            members = groups[word.casefold()]
            codes.extend(members)
            if not members:
                problems.append((index, f"no state of this world is in {quote(word)}; leave it out"))
        elif state is None:
            problems.append((index, _unknown_state(word, world, roles)))
        if state is None:
            continue
        if state in explicit:
            other = "" if explicit[state] == word else f" (also as {quote(explicit[state])})"
            problems.append((index, f"{state_name(state, world)} is named twice{other}; name it once"))
        explicit.setdefault(state, word)
        codes.append(state)
    return Naming(States(in_world_order(codes, world), frozenset(explicit)), tuple(problems))


def _unknown_state(word: str, world: WorldNames, roles: Iterable[str]) -> str:
    shown = {alias: state_name(code, world) for alias, code in world.aliases.items()}
    shown |= {name: name for name in (*world.names, *world.codes, *world.groups, *roles)}
    near = nearest_of(word, shown)
    if word in {"bloc", "senders", "patron"}:
        hint = f"; this file names no `{word}:`" if word == "patron" else "; name states or groups here"
        return f"unknown state or group {quote(word)}{hint}"
    return f"unknown state or group {quote(word)}" + (
        f', did you mean "{near}"?' if near else "; use a name or ISO code of the world's states.csv"
    )
