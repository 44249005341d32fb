"""The page on adding a mechanism, taken at its word: its blocks, applied to a copy of the package, work as it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "how-to" / "add-a-mechanism.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="an installed package has no documents")

RUNS = """
import sys
import numpy as np
from worlds import make_world
from test_agents import every_kind
from blocade import agents, engine
from blocade.parameters import sample, table
from blocade.theories import MECHANISMS, theories
from blocade.policy.calendar import calendar
from blocade.randomness import Luck
from blocade.start import solve_start

world = make_world(7, np.random.default_rng(5))
events = every_kind(*world.codes[:4])
found = {"mechanisms": list(MECHANISMS)}
for label, settings in {"off": {}, "on": {"b_blowback": (1.0, 4.0)}}.items():
    parameters = sample(3, 11, {name: value for name, value in settings.items() if name in table()})
    start, decrees = solve_start(world, parameters), calendar(world, events, 0.0, 0.25, 16)
    for name, which in {"agents": agents, "engine": engine}.items():
        luck = Luck(1, range(3), [0] * 3, world.codes)
        last = which.run(start, parameters, decrees, luck, lambda step, moment: None, 0.25)
        found |= {f"{label}/{name}/{field}": getattr(last, field) for field in ("tie", "trade", "compliance")}
found["in coercion"] = float(theories()["coercion"].get("b_blowback", 9.0))
np.savez(sys.argv[1], **found)
"""


Found = dict[str, npt.NDArray[Any]]


def block(after: str) -> str:
    """The first fenced block that follows a text of the page."""
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(after) == 1, after
    found = re.search(r"```\w+\n(.*?)```", page[page.index(after) :], flags=re.S)
    assert found is not None, after
    return found[1]


def insert(file: Path, before: str, text: str) -> None:
    """Put a text in front of the one place where another stands."""
    old = file.read_text(encoding="utf-8")
    assert old.count(before) == 1, before
    file.write_text(old.replace(before, text + before), encoding="utf-8")


def python(copy: Path, *arguments: str) -> None:
    """Run Python on a copy of the package; uncompiled, which is faster here and calls the same equations."""
    path = os.pathsep.join((str(copy / "model"), str(copy / "tests")))
    environment = os.environ | {"PYTHONPATH": path, "NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def found(copies: tuple[Path, Path]) -> tuple[Found, Found]:
    """What both engines make of a small world in each copy of the package, with blowback off and on."""
    return runs(copies[0]), runs(copies[1])


def runs(copy: Path) -> Found:
    (copy / "runs.py").write_text(RUNS, encoding="utf-8")
    python(copy, "runs.py", "runs.npz")
    with np.load(copy / "runs.npz") as numbers:
        return dict(numbers)


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The package as it is, and with the blocks of the page in it."""
    folders = []
    for name in ("before", "after"):
        copy = tmp_path_factory.mktemp(name)
        for part in ("model", "seeds", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        folders.append(copy)
    before, after = folders
    package = after / "model" / "blocade"
    (package / "equations" / "blowback.py").write_text(block("equations/blowback.py`, a new file"), encoding="utf-8")
    registry = package / "forces.py"
    insert(registry, "from blocade.equations.drift import", block("Among the imports:"))
    insert(registry, ')\n"""Every force, in the order', block("At the end of `REGISTRY`:"))
    with (after / "seeds" / "parameters.csv").open("a", encoding="utf-8", newline="") as file:
        file.write(block("goes anywhere below the header:"))
    (after / "tests" / "test_blowback.py").write_text(block("tests/test_blowback.py`, a new file"), encoding="utf-8")
    return before, after


def test_the_test_of_the_page_passes(copies: tuple[Path, Path]) -> None:
    python(copies[1], "-m", "pytest", "-q", "-o", "addopts=", "-p", "no:cacheprovider", "tests/test_blowback.py")


def test_the_mechanism_works_in_both_engines_and_changes_nothing_while_it_is_off(found: tuple[Found, Found]) -> None:
    before, after = found
    for name in ("tie", "trade", "compliance"):
        for engine in ("agents", "engine"):
            np.testing.assert_array_equal(after[f"off/{engine}/{name}"], before[f"off/{engine}/{name}"])
        np.testing.assert_allclose(after[f"on/agents/{name}"], after[f"on/engine/{name}"], rtol=0.0, atol=1e-10)
    moved = np.abs(after["on/engine/tie"] - after["off/engine/tie"]).max()
    assert moved > 0.01


def test_theories_and_ablations_know_it(found: tuple[Found, Found]) -> None:
    before, after = found
    assert set(after["mechanisms"]) - set(before["mechanisms"]) == {"blowback"}
    assert after["in coercion"] == 0.0


def test_the_blocks_keep_the_rules_of_the_code(copies: tuple[Path, Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "model/blocade/forces.py", "model/blocade/equations/blowback.py",
         "tests/test_blowback.py"],
        cwd=copies[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
