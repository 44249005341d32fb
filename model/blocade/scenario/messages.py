"""Turn what validation finds into mistakes with a place, in plain words.

A misspelt key would hide or multiply other mistakes (the right key missing, its value unchecked). So
each is reported once and then mended in the tree, and the tree is validated again.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from blocade.scenario.design import DesignFile, UntilFile
from blocade.scenario.fields import WRITTEN
from blocade.scenario.positions import Step, Tree
from blocade.scenario.schema import EVENT_FILES, ArmFile, ScenarioFile
from blocade.scenario.wording import Mistake, Spot, nearest, quote

Error: TypeAlias = Mapping[str, Any]
Loc: TypeAlias = tuple[Step, ...]

_MENDABLE: Final = frozenset({"extra_forbidden", "union_tag_invalid", "union_tag_not_found"})
_TOP: Final = "a scenario"
# A key that is still missing is the likelier meaning: "on" for "no" is only half alike.
_LEAST_FOR_MISSING: Final = 0.5
_LEAST: Final = 0.6


def mend(tree: Tree, errors: Iterable[Error]) -> list[Mistake]:
    """Report unknown keys and kinds, and mend the tree so that the rest can be checked.

    Returns
    -------
    list of Mistake
        Empty if there was nothing that can be mended.
    """
    mistakes: list[Mistake] = []
    for error in errors:
        if error["type"] == "extra_forbidden":
            mistakes.append(_mend_key(tree, error["loc"]))
        elif error["type"] in _MENDABLE:
            mistakes += _mend_kind(tree, error["loc"])
    return mistakes


def explain(tree: Tree, error: Error, whole: bool) -> Mistake | None:
    """Word one error that cannot be mended; None if it only follows from another mistake.

    Parameters
    ----------
    whole
        False if a file to be extended could not be read: then keys may be missing for that reason.
    """
    loc, kind = tuple(error["loc"]), error["type"]
    if kind == "missing":
        if not whole or (loc == ("world",) and several_worlds(tree)):
            return None
        what, model = _model(loc)
        needed = ", ".join(key for key, required in _keys(model).items() if required)
        holder = _find(tree, loc[:-1])[0]
        spot = Spot(tree.spot.file) if len(loc) == 1 else holder.spot
        return Mistake(spot, f'missing key "{loc[-1]}"; {what} needs {needed}')
    node, spot = _find(tree, loc)
    key = next((step for step in reversed(loc) if isinstance(step, str) and step != "[key]"), "")
    if kind == "scenario":
        return Mistake(spot, error["ctx"]["text"].replace(WRITTEN, shown(node)))
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        given = node.get("kind")
        known = f"known kinds: {', '.join(EVENT_FILES)}"
        if given is None:
            return Mistake(spot, f'missing key "kind"; {known}')
        return Mistake(given.spot, f"unknown kind {shown(given)}; {known}")
    return Mistake(spot, _WORDS.get(kind, '"{key}" cannot be {written}').format(key=key, written=shown(node)))


_WORDS: Final = MappingProxyType({
    "string_type": '"{key}" must be text, not {written}; put it in quotes',
    "list_type": '"{key}" must be a list, not {written}',
    "dict_type": '"{key}" must be a mapping, name: value, not {written}',
    "model_type": '"{key}" must be a mapping, key: value, not {written}',
    "model_attributes_type": "an event must be a mapping, {{at: …, kind: …}}, not {written}",
    "too_short": '"{key}" is empty; it needs at least one',
})


def several_worlds(tree: Tree) -> Tree | None:
    """The worlds that a file names in place of its one world, rightly or wrongly."""
    design = tree.get("design")
    return None if design is None else design.get("worlds")


def shown(tree: Tree) -> str:
    """Say what a file has at a place."""
    if tree.entries is not None:
        return "a mapping"
    if tree.items is not None:
        return "a list"
    return quote(tree.text) if tree.text else "nothing"


def _find(tree: Tree, loc: Loc) -> tuple[Tree, Spot]:
    """Find the value a location means and its place; the place of the key if the location ends so.

    Steps that are no part of the file (the kind of an event) are passed over; a location that leads
    further than the file means the last value on its way.
    """
    node, spot = tree, tree.spot
    for place, step in enumerate(loc):
        if place == _kind_at(loc) and step in EVENT_FILES:
            continue  # though a key may have the name of a kind
        inner = node.get(step)
        if step == "[key]":
            return node, spot
        if inner is None:
            continue
        # "[key]" comes last and asks for the place of the key that led here.
        spot = node.keys[step] if loc[-1] == "[key]" and isinstance(step, str) else inner.spot
        node = inner
    return node, spot


def _kind_at(loc: Loc) -> int:
    """Where in a location the kind of an event stands; beyond its end where there is no event."""
    return {"background": 2, "arms": 4}.get(str(loc[0]) if loc else "", 9)


def _model(loc: Loc) -> tuple[str, type[BaseModel]]:
    """Give the model of the mapping that holds the key at the end of a location, and its name."""
    if loc[0] == "design" and len(loc) > 1:
        return ("a design", DesignFile) if len(loc) == 2 else ("`until`", UntilFile)
    depth = _kind_at(loc)
    if len(loc) == depth + 2 and loc[depth] in EVENT_FILES:
        return f"an event of kind {loc[depth]}", EVENT_FILES[str(loc[depth])]
    return ("an arm", ArmFile) if len(loc) == 3 else (_TOP, ScenarioFile)


def _keys(model: type[BaseModel]) -> dict[str, bool]:
    """Give the keys of a model as files write them, and whether each is required."""
    return {field.alias or name: field.is_required() for name, field in model.model_fields.items()}


def _mend_key(tree: Tree, loc: Loc) -> Mistake:
    what, model = _model(loc)
    holder, word = _find(tree, loc[:-1])[0], str(loc[-1])
    spot, keys = holder.keys[word], _keys(model)
    open_keys = {key: required for key, required in keys.items() if holder.get(key) is None}
    near = _likeliest(word, open_keys)
    if near is not None:
        holder.rename(word, near)
        return Mistake(spot, f'unknown key {quote(word)}, did you mean "{near}"?')
    holder.drop(word)
    present = nearest(word, keys)
    if present is not None:
        line = holder.keys[present].line
        text = f'unknown key {quote(word)}, did you mean "{present}"? It is given at line {line}'
        return Mistake(spot, text)
    return Mistake(spot, f"unknown key {quote(word)}; {what} takes {', '.join(keys)}")


def _likeliest(word: str, keys: Mapping[str, bool]) -> str | None:
    scored = []
    for key, required in keys.items():
        like = difflib.SequenceMatcher(None, word.casefold()[:200], key).ratio()
        if like >= (_LEAST_FOR_MISSING if required else _LEAST):
            scored.append((like, key))
    return max(scored)[1] if scored else None


def _mend_kind(tree: Tree, loc: Loc) -> list[Mistake]:
    event = _find(tree, loc)[0]
    kind = event.get("kind")
    if kind is None:
        known = {key for model in EVENT_FILES.values() for key in _keys(model)}
        strange = [key for key in event.entries or {} if key not in known]
        near = nearest("kind", strange, _LEAST_FOR_MISSING)
        if near is None:
            return []
        spot = event.keys[near]
        event.rename(near, "kind")
        return [Mistake(spot, f'unknown key {quote(near)}, did you mean "kind"?')]
    meant = nearest(kind.text, EVENT_FILES)
    if meant is None or kind.scalar == meant:
        return []
    kind.scalar = meant
    return [Mistake(kind.spot, f'unknown kind {quote(kind.text)}, did you mean "{meant}"?')]
