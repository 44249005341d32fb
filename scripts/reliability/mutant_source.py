"""Mutants of a file: its text with one operator, number, comparison, condition, loop, bound or decorator broken."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator, operator_names

MODEL = Path("model/blocade")
SWAPPED = {
    "maximum": "minimum",
    "minimum": "maximum",
    "fmax": "fmin",
    "argmax": "argmin",
    "max": "min",
    "min": "max",
    "any": "all",
    "all": "any",
    "@": "*",
}


class Swap(Operator):
    """Takes the least for the largest, all for any, and a product by elements for one of matrices.

    Cosmic-ray itself breaks no calls, and half of the equations have a bound.
    """

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Where a node can be broken."""
        if (
            getattr(node, "value", None) in SWAPPED
            and node.type in ("name", "operator")
            and node.parent.type != "decorator"
        ):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Break it."""
        node.value = SWAPPED[node.value]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """One, as cosmic-ray asks for."""
        return (Example("maximum(a, b)", "minimum(a, b)"),)


OPERATORS = (
    *(kind() for kind in map(get_operator, operator_names()) if not kind.arguments() and kind.__name__ != "NoOp"),
    Swap(),
)
"""Those that need not be told names of variables, and break something."""


@dataclass(frozen=True)
class Mutant:
    """A file with one break in it. before, after : the lines it changes, as one."""

    file: str
    before: str
    after: str
    source: str
    unseen: bool
    """Whether it is in an annotation that is never evaluated."""


def deferred(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """From where to where (line, column) annotations stand, if the file defers them; else none."""
    tree = ast.parse(source)
    if not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body):
        return []
    lines = source.splitlines()

    def column(line: int, byte: int) -> int:
        return len(lines[line - 1].encode()[:byte].decode())

    found = []
    for node in ast.walk(tree):
        for said in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(said, ast.expr):
                end, last = said.end_lineno or 0, said.end_col_offset or 0
                found.append(((said.lineno, column(said.lineno, said.col_offset)), (end, column(end, last))))
    return found


def mutants(home: Path, file: str) -> Iterator[Mutant]:
    """Every mutant of a file of the package in a tree."""
    source = (home / MODEL / file).read_text(encoding="utf-8")
    spared, done = deferred(source), ""
    for statement in get_ast(source).children:  # one after another, as a whole file takes long to parse for each mutant
        code, line = statement.get_code(), done.count("\n")
        rest = source[len(done) + len(code) :]
        nodes = list(ast_nodes(get_ast(code)))
        for operator in OPERATORS:
            places = [place for node in nodes for place in operator.mutation_positions(node)]
            for occurrence, ((row, column), _) in enumerate(places):
                broken = mutate_code(code, operator, occurrence)
                if broken is None:
                    raise RuntimeError(f"{file}:{line + row}:{column}: {operator} has nothing to break here")
                lines = list(difflib.unified_diff(code.splitlines(), broken.splitlines(), n=0, lineterm=""))[3:]
                before, after = (" ".join(said[1:].strip() for said in lines if said[0] == sign) for sign in "-+")
                unseen = any(start <= (line + row, column) < end for start, end in spared)
                yield Mutant(file, before, after, done + broken + rest, unseen)
        done += code
