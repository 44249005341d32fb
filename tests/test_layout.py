"""The package is built in one direction: docs/explanation/layout.md says which, and nothing imports against it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

import blocade

PACKAGE = Path(blocade.__file__).parent
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "layout.md"
CHANGEABLE = ast.Dict | ast.DictComp | ast.List | ast.ListComp | ast.Set | ast.SetComp

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="an installed package has no documents")


def modules() -> dict[str, Path]:
    """Every module by its dotted name below the package; a package of modules goes by its own name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    del found[""]  # the package itself only hands names on
    return found


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """What a file imports of the package, wherever in the file: at its head, in a function, for the types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports by a relative name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] != "blocade" or parts[1:] == ["__version__"]:
                continue
            longest = max((n for n in range(2, len(parts) + 1) if ".".join(parts[1:n]) in known), default=None)
            assert longest is not None, f"{path}: {name} is no module, nor is it in one"
            yield ".".join(parts[1:longest])


def arrows() -> nx.DiGraph[str]:
    """Who imports whom."""
    known = modules()
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(known)
    graph.add_edges_from((name, other) for name, path in known.items() for other in imported(path, known))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    return graph


def rows() -> dict[str, int]:
    """The row of each module or package of the page."""
    table = re.findall(r"^\| (\d+) \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), flags=re.M)
    assert [int(number) for number, _ in table] == list(range(1, len(table) + 1))
    return {name: int(number) for number, names in table for name in re.findall(r"`(\w+)`", names)}


def test_every_module_has_a_row_of_the_page_and_every_row_is_of_modules() -> None:
    assert {name.split(".")[0] for name in modules()} == set(rows())


def test_no_module_imports_from_below() -> None:
    row = rows()
    against = [
        f"{name} imports {other}"
        for name, other in arrows().edges
        if row[name.split(".")[0]] < row[other.split(".")[0]]
    ]
    assert not against


def test_no_two_modules_import_each_other() -> None:
    assert [sorted(group) for group in nx.strongly_connected_components(arrows()) if len(group) > 1] == []


def test_no_module_holds_what_can_be_changed() -> None:
    """Schemas are JSON, which knows no other mapping; ``__all__`` is a list by custom."""
    found = []
    for name, path in modules().items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, CHANGEABLE):
                target = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
                if target != "__all__" and not target.endswith("_SCHEMA"):
                    found.append(f"{name}.{target}")
    assert not found


def test_an_equation_needs_numbers_alone() -> None:
    allowed = {"__future__", "typing", "collections.abc", "numpy", "numpy.typing", "scipy.special"}
    for path in (PACKAGE / "equations").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert all(name in allowed or name.startswith("blocade.equations") for name in names), path


def words() -> set[str]:
    """Every word that a name of the package is made of: ``StateAgent`` and ``state_agent`` have two."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str(name)) if re.fullmatch(r"[a-z_]+", name):  # a key, a measure
                    found.add(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name) | ast.Name(id=name):
                    found |= {name, *(part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))}
    return found


def test_names_are_those_of_the_glossary() -> None:
    text = (PAGE.parents[1] / "reference" / "glossary.md").read_text(encoding="utf-8")
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    entries, known = table[1:], words()
    assert len(entries) > 30
    assert [word for *_, code, _ in entries for word in re.findall(r"`(\w+)`", code) if word not in known] == []
    assert [word for *_, others in entries for word in others.split(", ") if word in known] == []
