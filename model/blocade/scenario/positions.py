"""Read a YAML file into a tree that remembers where every key and value was written.

The text is parsed as YAML 1.2 (``on`` is text, not *true*). The tree holds only what scenario files
need: mappings with text keys, lists and scalars. All that it refuses becomes a `Mistake`.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

from blocade.characters import unfit_character
from blocade.scenario.wording import Mistake, ScenarioError, Spot, mistake_at_top, quote

MAX_BYTES: Final = 1_000_000
"""Size of a file. The largest packaged scenario has 5,000 bytes and 165 values, which lie 6 deep; what is larger than
these limits is no scenario, and could take minutes or all memory to read."""
MAX_NODES: Final = 10_000
"""Values of a scenario, with all that it stands for written out: aliases, what it extends, its worlds, its arms."""
MAX_DEPTH: Final = 40
MAX_DIGITS: Final = 40
"""Python refuses to print integers of thousands of digits, so such a number stays text."""

Scalar: TypeAlias = str | int | float | bool | None
Step: TypeAlias = str | int

_TAG: Final = "tag:yaml.org,2002:"
_BOUNDS: Final = f"more than {MAX_NODES} values once aliases are written out; say less or split the file"
_DEPTH: Final = f"nested more than {MAX_DEPTH} deep; a scenario needs no more than 6"


@dataclass
class Tree:
    """A value of a file and its place: exactly one of `entries`, `items` and `scalar` is used.

    `text` is a scalar as it was written; `keys` are the places of the keys of `entries`.
    """

    spot: Spot
    scalar: Scalar = None
    text: str = ""
    entries: dict[str, Tree] | None = None
    keys: dict[str, Spot] = field(default_factory=dict)
    items: list[Tree] | None = None

    def plain(self) -> object:
        """Give the value as dictionaries, lists and scalars."""
        if self.entries is not None:
            return {key: tree.plain() for key, tree in self.entries.items()}
        if self.items is not None:
            return [tree.plain() for tree in self.items]
        return self.scalar

    def get(self, step: Step) -> Tree | None:
        """Give the value under a key or at an index, or None."""
        if isinstance(step, str):
            return (self.entries or {}).get(step)
        return self.items[step] if self.items is not None and 0 <= step < len(self.items) else None

    def size(self) -> int:
        """Count the values in it, itself among them."""
        held: int = sum(tree.size() for tree in (*(self.entries or {}).values(), *(self.items or ())))
        return 1 + held

    def rename(self, old: str, new: str) -> None:
        """Give a key another name, in the same place and order."""
        if self.entries is not None:
            self.entries = {new if key == old else key: tree for key, tree in self.entries.items()}
            self.keys = {new if key == old else key: spot for key, spot in self.keys.items()}

    def drop(self, key: str) -> None:
        """Take a key away."""
        if self.entries is not None:
            del self.entries[key], self.keys[key]


def read_tree(path: Path) -> tuple[Tree, list[Mistake]]:
    """Read one file.

    Returns
    -------
    tree, mistakes
        The mapping at the top of the file, and mistakes that leave the rest readable (duplicate keys,
        tags, keys that are no text).

    Raises
    ------
    ScenarioError
        With one line, if the file cannot be read at all.
    """
    node = _compose(path, _text(path))
    walk = _Walk(str(path))
    tree = walk.tree(node, walk.spot(node), 0)
    if tree.entries is None:
        raise ScenarioError([Mistake(tree.spot, "a scenario file is a mapping, lines of `key: value`"),
                             *walk.mistakes])
    return tree, walk.mistakes


def _text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would never end, and a device might not
            raise mistake_at_top(path, "is not a file; name a file of text")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise mistake_at_top(path, f"cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise mistake_at_top(path, f"larger than {MAX_BYTES} bytes; a scenario is a page of text")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        spot = _spot_of(str(path), data[: error.start].decode("utf-8"))
        text = f"byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        raise ScenarioError([Mistake(spot, text)]) from error


def _spot_of(file: str, before: str) -> Spot:
    lines = before.replace("\r\n", "\n").split("\n")
    return Spot(file, len(lines), len(lines[-1]) + 1)


class _Bounded(Composer):
    """Composes no more than is read: a text of a million bytes could take half a minute and half a gigabyte."""

    def __init__(self, loader: YAML) -> None:
        super().__init__(loader=loader)
        self.warn_double_anchors = False  # YAML 1.2 has nothing against them
        self.nodes = self.within = 0

    def compose_node(self, parent: YamlNode | None, index: object) -> YamlNode:
        mark = self.parser.peek_event().start_mark
        self.nodes += 1
        self.within += 1
        if self.nodes > 2 * MAX_NODES or self.within > MAX_DEPTH + 2:  # keys count here, and the walk is exact
            raise MarkedYAMLError(problem=_BOUNDS if self.nodes > 2 * MAX_NODES else _DEPTH, problem_mark=mark)
        node: YamlNode = super().compose_node(parent, index)
        self.within -= 1
        return node


def _compose(path: Path, text: str) -> YamlNode:
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Bounded  # type: ignore[assignment]  # the way to exchange a part; it is typed as one class
    try:
        node: YamlNode | None = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = Spot(str(path), mark.line + 1, mark.column + 1) if mark else Spot(str(path))
        text = error.problem if error.problem in {_BOUNDS, _DEPTH} else f"not valid YAML: {_problem(error)}"
        raise ScenarioError([Mistake(spot, text)]) from error
    except ReaderError as error:
        spot = _spot_of(str(path), text[: error.position])
        raise ScenarioError([Mistake(spot, f"not valid YAML: {error.reason}; take it out")]) from error
    except RecursionError as error:
        raise mistake_at_top(path, _DEPTH) from error
    except (YAMLError, ValueError, IndexError, AttributeError, AssertionError, TypeError, OverflowError) as error:
        # The parser stumbles over some broken texts with errors that are not its own.
        raise mistake_at_top(path, "not valid YAML; check brackets, quotes and indents") from error
    if node is None:
        raise mistake_at_top(path, "the file is empty; a scenario needs at least a title")
    return node


def _problem(error: MarkedYAMLError) -> str:
    if error.problem == "but found another document":
        return "a second document begins here; keep one scenario per file"
    context = f" {error.context}" if error.context else ""
    return f"{error.problem or 'cannot be parsed'}{context}; check brackets, quotes and indents"


class _Walk:
    """Walks over the nodes of one file; counts them, because aliases can multiply them without end."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.nodes = 0
        self.mistakes: list[Mistake] = []

    def spot(self, node: YamlNode) -> Spot:
        return Spot(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def say(self, spot: Spot, text: str) -> None:
        self.mistakes.append(Mistake(spot, text))

    def tree(self, node: YamlNode, spot: Spot, depth: int) -> Tree:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise ScenarioError([Mistake(spot, _BOUNDS if self.nodes > MAX_NODES else _DEPTH)])
        if isinstance(node, MappingNode):
            return self.mapping(node, spot, depth)
        if isinstance(node, SequenceNode):
            self.check_tag(node, spot, "seq")
            return Tree(spot, items=[self.tree(item, self.spot(item), depth + 1) for item in node.value])
        return self.scalar(node, spot)

    def mapping(self, node: MappingNode, spot: Spot, depth: int) -> Tree:
        self.check_tag(node, spot, "map")
        tree = Tree(spot, entries={})
        assert tree.entries is not None
        for key_node, value_node in node.value:
            key_spot = self.spot(key_node)
            if not isinstance(key_node, ScalarNode) or key_node.tag == f"{_TAG}merge":
                self.say(key_spot, "a key must be a plain word (for shared parts there is `extends`)")
                continue
            key = key_node.value
            self.check_text(key, key_spot)
            # The parser puts an empty value at the next token, often on another line.
            empty = value_node.start_mark.index == value_node.end_mark.index
            value = self.tree(value_node, key_spot if empty else self.spot(value_node), depth + 1)
            if key in tree.entries:
                first = tree.keys[key].line
                self.say(key_spot, f"duplicate key {quote(key)}, first given at line {first}; keep one")
                continue
            tree.entries[key] = value
            tree.keys[key] = key_spot
        return tree

    def scalar(self, node: YamlNode, spot: Spot) -> Tree:
        text: str = node.value
        kind = str(node.tag).removeprefix(_TAG)
        if kind not in {"null", "bool", "int", "float", "str", "timestamp"}:
            self.say(spot, f"the tag {quote(node.tag)} is not supported; leave it out")
        self.check_text(text, spot)
        return Tree(spot, _scalar(kind, text), text)

    def check_text(self, text: str, spot: Spot) -> None:
        unfit = unfit_character(text, besides="\t\n\r")
        if unfit is not None:
            self.say(spot, f"holds the character {unfit}, which cannot be shown; take it out")

    def check_tag(self, node: YamlNode, spot: Spot, kind: str) -> None:
        if str(node.tag) != _TAG + kind:
            self.say(spot, f"the tag {quote(node.tag)} is not supported; leave it out")


def _scalar(kind: str, text: str) -> Scalar:
    """Read a scalar; dates stay text, and so does a number that cannot be read (it then fits no field)."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.casefold() in {"true", "yes", "on"}
    if kind in {"int", "float"} and len(text) <= MAX_DIGITS:
        try:
            if kind == "int":
                return int(text, 10 if text.lstrip("+-0_").isdigit() else 0)
            return float(text.casefold().replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            return text
    return text
