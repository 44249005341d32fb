"""Arms extend arms: check what they refer to, then write out the events of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from blocade.scenario.model import Arm, Lever, Use
from blocade.scenario.positions import MAX_NODES, Tree
from blocade.scenario.schema import ArmFile, EventFile, ScenarioFile
from blocade.scenario.wording import Mistake, quote, unknown

# Names of arms become names of columns and files.
_ARM_NAME: Final = re.compile(r"\w[\w .+-]{0,79}")


def check_arms(tree: Tree, whole: bool) -> list[Mistake]:
    """Check names of arms, and what arms extend and leave out, in a tree that may have other mistakes.

    Parameters
    ----------
    whole
        False if a file to be extended could not be read: then references cannot be judged.
    """
    arms, background = tree.get("arms"), tree.get("background")
    if arms is None or arms.entries is None:
        return []
    mistakes = [
        Mistake(arms.keys[name], f"the arm name {quote(name)} may hold only letters, digits, blanks, . + - _")
        for name in arms.entries
        if not _ARM_NAME.fullmatch(name)
    ]
    mistakes += [mistake for arm in arms.entries.values() for mistake in _repeats(arm)]
    if not whole:
        return mistakes
    names = list(background.entries or {}) if background is not None else []
    for name, arm in arms.entries.items():
        mistakes += _unknown_references(name, arm, list(arms.entries), names)
    circles = _circles(arms)
    return mistakes + (circles or _too_many(arms, len(names)))


def _items(arm: Tree, key: str) -> list[Tree]:
    held = arm.get(key)
    return [item for item in (held.items or []) if isinstance(item.scalar, str)] if held is not None else []


def _word(given: Tree) -> str:
    return " ".join(given.text.split())


def _repeats(arm: Tree) -> list[Mistake]:
    items = _items(arm, "without")
    texts = [item.text for item in items]
    return [
        Mistake(item.spot, f"{quote(item.text)} is named twice; name it once")
        for index, item in enumerate(items)
        if item.text in texts[:index]
    ]


def _unknown_references(name: str, arm: Tree, arms: list[str], background: list[str]) -> list[Mistake]:
    mistakes = [
        Mistake(item.spot, unknown("background event", item.text, background))
        for item in _items(arm, "without")
        if item.text not in background
    ]
    parent = arm.get("extends")
    if parent is not None and isinstance(parent.scalar, str) and _word(parent) not in {*arms, ""}:
        others = [other for other in arms if other != name]
        mistakes.append(Mistake(parent.spot, unknown("arm", _word(parent), others)))
    return mistakes


def _circles(arms: Tree) -> list[Mistake]:
    """Report each circle once, at the first of its arms."""
    parents: dict[str, Tree] = {}
    for name, arm in (arms.entries or {}).items():
        parent = arm.get("extends")
        if parent is not None and isinstance(parent.scalar, str):
            parents[name] = parent
    mistakes, done = [], set[str]()
    for name in parents:
        walked: list[str] = []
        here = name
        while here in parents and here not in walked and here not in done:
            walked.append(here)
            here = _word(parents[here])
        if here in walked:
            circle = " → ".join([*walked[walked.index(here) :], here])
            mistakes.append(Mistake(parents[here].spot, f"arms extend each other in a circle: {circle}"))
        done.update(walked)
    return mistakes


def _too_many(arms: Tree, background: int) -> list[Mistake]:
    """Refuse arms that few lines multiply: each has the events of all that it extends, and the background's."""
    written: dict[str, int] = {}
    entries = arms.entries or {}
    for name in entries:
        line: list[str] = []
        here: str | None = name
        while here in entries and here not in written:
            line.append(here)
            parent = entries[here].get("extends")
            here = None if parent is None else _word(parent)
        count = background if here is None else written.get(here, background)
        for arm in reversed(line):
            events = entries[arm].get("events")
            count += 1 + len((events.items if events is not None else None) or ())
            written[arm] = count
    total = sum(written.values())
    if total <= MAX_NODES:
        return []
    text = f"{len(written)} arms have {total} events in all, with what they extend and the background; say less"
    return [Mistake(arms.spot, f"{text} ({MAX_NODES} are the most)")]


def build_arms(file: ScenarioFile) -> tuple[Arm, ...]:
    """Write out the arms of a file that `check_arms` found right; a lever has the middle of its range."""
    return tuple(
        Arm(name, (arm.label if arm else "") or name, tuple(event.event() for event in _events(name, file)))
        for name, arm in file.arms.items()
    )


def build_levers(file: ScenarioFile) -> dict[str, Lever]:
    """Give the levers of a file, each with every place in the arms that names it."""
    uses: dict[str, list[Use]] = {name: [] for name in file.levers}
    for arm in file.arms:
        for position, event in enumerate(_events(arm, file)):
            for field, lever in event.levers().items():
                uses[lever].append(Use(arm, position, field))
    return {name: Lever(*given, tuple(uses[name])) for name, given in file.levers.items()}


def _lineage(name: str, arms: Mapping[str, ArmFile | None]) -> list[ArmFile]:
    """Give an arm and those it extends, the furthest first."""
    line: list[ArmFile] = []
    while name:
        arm = arms[name] or ArmFile()
        line.append(arm)
        name = arm.extends
    return line[::-1]


def _left_out(name: str, arms: Mapping[str, ArmFile | None]) -> set[str]:
    return {word for arm in _lineage(name, arms) for word in arm.without}


def _events(name: str, file: ScenarioFile) -> list[EventFile]:
    left_out = _left_out(name, file.arms)
    background = [event for key, event in file.background.items() if key not in left_out]
    return [*background, *own_events(name, file)]


def own_events(name: str, file: ScenarioFile) -> list[EventFile]:
    """Give the events of an arm that are not background, inherited ones first."""
    return [event for arm in _lineage(name, file.arms) for event in arm.events]
