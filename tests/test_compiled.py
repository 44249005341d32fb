"""The compiled pass over pairs: never one of other equations, and none the less where nothing can be kept on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

import blocade
from blocade import compiled, resources

PACKAGE = Path(str(blocade.__file__)).parent
PROBE = """
from blocade.start import solve_start
from blocade.parameters import sample
from blocade.world import load_world
start = solve_start(load_world("2021").select(("RUS", "PRK", "USA")), sample(2, 1))
print(start.normal[0, 0, 2])
"""


def normal_trade(package: Path) -> float:
    """Normal trade of a pair, solved by the compiled equations of a copy of the package."""
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    done = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_what_was_compiled_from_other_equations_is_not_taken_for_these(tmp_path: Path) -> None:
    """numba keeps what it compiled by the file that calls, and does not see that a function it calls has changed."""
    package = tmp_path / "model" / "blocade"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "_data"))
    (tmp_path / "seeds").symlink_to(resources.seeds())
    before = normal_trade(package)
    assert list((package / "__pycache__").glob("settle.settle_trade*.nbi"))  # it was kept
    equation = package / "equations" / "diversion.py"
    equation.write_text(equation.read_text().replace("return phi * missing / ", "return 0.5 * phi * missing / "))
    assert abs(normal_trade(package) - before) > 1e-6


def test_without_a_folder_to_keep_it_in_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = numba.njit

    def njit(*functions: Any, **options: Any) -> Callable[..., Any]:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return plain(*functions, **options)

    monkeypatch.setattr(numba, "njit", njit)
    twice = compiled.compiled(lambda x: 2.0 * x)
    assert twice(np.float64(3.0)) == 6.0


def test_the_equations_give_numbers_what_they_give_arrays() -> None:
    """Every equation that is compiled, at random numbers: one pair at a time, and by NumPy."""
    rng = np.random.default_rng(5)
    every = {name: getattr(value, "py_func", None) for name, value in vars(compiled).items()}
    equations = {name for name, plain in every.items() if plain is not None and plain.__module__ != compiled.__name__}
    assert len(equations) >= 17
    for name in equations:
        equation = getattr(compiled, name)
        count = equation.py_func.__code__.co_argcount
        arguments = [rng.uniform(0.1, 0.9, size=6) for _ in range(count)]
        together = equation.py_func(*arguments)
        singly = [equation(*(float(x[k]) for x in arguments)) for k in range(6)]
        np.testing.assert_allclose(singly, together, rtol=1e-14, atol=1e-16, err_msg=name)
