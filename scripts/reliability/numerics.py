"""Do the numbers hold: the specification's properties with many examples, and the same runs in other environments.

    python scripts/reliability/numerics.py
    python scripts/reliability/numerics.py --python /usr/local/bin/python3.13

Every Python from 3.11 that is on the path is taken, and those that are given. For this one both the newest and the
oldest dependencies that pyproject.toml allows are installed, for the others the newest. BLOCADE_FUZZ=N sets the number
of examples. It needs a package index that pip reaches.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from environments import call, made
from licences import declared
from packaging.requirements import Requirement
from page import ROOT, table, write
from properties import tried

sys.path.append(str(ROOT / "tests"))
from test_golden import TOLERANCE

COMMAND = "python scripts/reliability/numerics.py"
REFERENCE = "constraints.txt"
UNIT = [f"tests/test_{name}.py" for name in ("equations", "world", "scenario", "cli")]
TOOLS = ("pytest", "pytest-xdist", "hypothesis")
THEN = ("pyparsing<3.3",)
"""What matplotlib 3.9 brought when it was new. It calls a newer one by names that this warns of: no harm to a user,
but a warning is an error in the tests."""
REASON = f"""Tolerance: {TOLERANCE:g} of 1 + |x|. The golden run is stored to six decimals, so its rounding alone is up
to 5e-7. Beyond that other releases may add in another order, or take another routine for a root or an eigenvalue. At
the corners of the box a steep gate makes a difference in the last bit a thousandfold in a year or two
(`tests/test_properties.py`), and near the threshold of a concession it could tip one. The tolerance is 25,000 times
smaller than the smallest effect of interest (.05), so no verdict can hang on it."""


@dataclass(frozen=True)
class Compared:
    """What one environment gave, against the reference."""

    name: str
    said: dict[str, object]
    absolute: float
    relative: float
    golden: float
    engines: float
    units: str

    def row(self) -> tuple[object, ...]:
        """A line of the table."""
        same, versions = self.said["same"], self.said["versions"]
        assert isinstance(same, dict) and isinstance(versions, dict)
        largest = "0, every bit" if self.absolute == 0 else f"{self.absolute:.1e} ({self.relative:.1e})"
        workers = "equal" if all(same.values()) else f"**differ**: {[name for name, one in same.items() if not one]}"
        return (self.name, self.said["python"], *versions.values(), largest, f"{self.golden:.1e}", workers,
                f"{self.engines:.1e}", self.units)  # fmt: skip


def pythons(given: list[str]) -> Iterator[str]:
    """Other Pythons than this one: on the path, if they start there, and as given."""
    for minor in range(11, 20):
        found = shutil.which(f"python3.{minor}")
        if found and minor != sys.version_info.minor:
            if subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
                yield found
    yield from given


def oldest() -> list[str]:
    """Every lower bound of pyproject.toml as the one version that may be."""
    pins = []
    for line in declared()[0]:
        needed = Requirement(line)
        (lowest,) = (one.version for one in needed.specifier if one.operator == ">=")
        pins.append(f"{needed.name}=={lowest}")
    return pins


def environments(folder: Path, others: list[str]) -> Iterator[tuple[str, str]]:
    """Name and Python of each environment, made one after another; the first is the one that this runs in."""
    yield REFERENCE, sys.executable
    wanted = [("newest", ["--upgrade"], sys.executable), ("oldest", [*oldest(), *THEN], sys.executable)]
    wanted += [("newest", ["--upgrade"], python) for python in pythons(others)]
    for k, (name, how, python) in enumerate(wanted):
        print(f"installing the {name} dependencies for {python}", flush=True)
        yield name, str(made(folder / f"environment-{k}", *how, ROOT, *TOOLS, python=python))


def units(python: str) -> str:
    """Run the quick tests of the units there; what came of it."""
    command = [python, "-m", "pytest", "-q", "-rfE", "-o", "addopts=", "-p", "no:cacheprovider", *UNIT]
    with tempfile.TemporaryDirectory() as own:  # sessions at a time, as that of the properties, clear away each other's
        *_, last = lines = call([*command, f"--basetemp={own}/t"], ROOT, allowed=(0, 1)).strip().splitlines()
    failed = [line[:300] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    return ", ".join([re.sub(" in .*", "", last), *failed])


def differences(mine: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> tuple[float, float]:
    """Largest absolute difference, and largest over 1 + |x|; infinite where they are not of the same things."""
    if mine.keys() != theirs.keys():
        return np.inf, np.inf
    absolute = relative = 0.0
    for name, x in mine.items():
        y = theirs[name]
        if x.shape != y.shape or not np.array_equal(np.isnan(x), np.isnan(y)):
            return np.inf, np.inf
        gap = np.abs(np.nan_to_num(x) - np.nan_to_num(y))
        absolute = max(absolute, float(gap.max(initial=0.0)))
        relative = max(relative, float((gap / (1.0 + np.abs(np.nan_to_num(y)))).max(initial=0.0)))
    return absolute, relative


def stored() -> dict[str, np.ndarray]:
    """The golden run as the tests keep it."""
    rows = json.loads((ROOT / "tests" / "golden.json").read_text(encoding="utf-8"))
    return {f"golden/{name}/{key}": np.array([x], float) for name, row in rows.items() for key, x in row.items()}


def part(found: dict[str, np.ndarray], head: str) -> dict[str, np.ndarray]:
    """The numbers under one head, without it."""
    return {name.removeprefix(head): x for name, x in found.items() if name.startswith(head)}


def compared(folder: Path, others: list[str]) -> list[Compared]:
    """Run the same everywhere and hold it against the reference."""
    rows: list[Compared] = []
    reference: dict[str, np.ndarray] = {}
    for k, (name, python) in enumerate(environments(folder, others)):
        print(f"running in {name}, {python}", flush=True)
        out, own = folder / f"runs-{k}", {"PYTHONPATH": str(ROOT / "model")} if k == 0 else {}
        call([python, ROOT / "scripts" / "reliability" / "fixed_runs.py", out], folder, own)
        with np.load(out / "numbers.npz") as kept:
            found = {key: kept[key] for key in kept.files}
        reference = reference or found
        golden = differences({f"golden/{key}": x for key, x in part(found, "golden/").items()}, stored())[1]
        engines = differences(part(found, "agents/"), part(found, "batch/"))[1]
        said = json.loads((out / "said.json").read_text(encoding="utf-8"))
        passed = units(python) if k else "in `make test`"
        rows.append(Compared(name, said, *differences(found, reference), golden, engines, passed))
        print(*rows[-1].row(), flush=True)
    return rows


def wrong_of(rows: list[Compared]) -> list[str]:
    """What does not hold in some environment."""
    wrong = []
    for row in rows:
        where = f"{row.name}, Python {row.said['python']}"
        for what, gap in (("all numbers", row.relative), ("the golden run", row.golden)):
            if not gap <= TOLERANCE:
                wrong.append(f"{where}: {what} differ by {gap:.2g}")
        if not row.engines <= 1e-10:
            wrong.append(f"{where}: the engines differ by {row.engines:.2g}")
        if not all(row.said["same"].values()):  # type: ignore[attr-defined]
            wrong.append(f"{where}: one and two workers give other bytes")
        if "failed" in row.units or "error" in row.units:
            wrong.append(f"{where}: tests: {row.units}")
    return wrong


def main() -> int:
    """Run all checks and write the section; returns 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", default=[], metavar="PATH", help="another Python to try")
    others, wrong = parser.parse_args().python, []
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1) as beside:
        folder = Path(name)
        properties = beside.submit(tried, folder)
        rows: list[Compared] = []
        try:
            rows = compared(folder, others)
        except RuntimeError as error:
            wrong.append(str(error).replace(name, "…"))
        held, failed, number = properties.result()
    wrong += wrong_of(rows) + [f"a property does not hold: {test}" for test in failed]
    head = ("dependencies", "Python", "NumPy", "SciPy", "pandas", "numba", "PyArrow", "Mesa", "largest difference",
            "golden run", "1 and 2 workers", "engines", "unit tests")  # fmt: skip
    write("numbers", COMMAND, [
        *([f"* **Wrong:** {line}" for line in wrong] or ["**Nothing found.**"]),
        "\n### Properties of the specification\n",
        "Over the whole parameter box, corners included, and random worlds of 2 to 193 states (on a logarithmic "
        f"scale), {number} examples of each; what runs with every change tries fewer and smaller ones. "
        "The equal stakes of the forces have a page of their own: [equal-stakes](equal-stakes.md).\n",
        *table(("property", "tests", "examples", "result"), held),
        "\n### Other environments\n",
        "The golden run (`tests/golden.json`) and a packaged scenario (`iran-2012-2020`, three years, 21 draws), by "
        "both engines, with one worker and with two; every number of every table against the first line, the "
        "largest difference in brackets also over 1 + |x|. Versions of *oldest* are the lower bounds of "
        "`pyproject.toml`, and a pyparsing of their time.\n",
        *table(head, [row.row() for row in rows]),
        f"\n{REASON}",
    ])  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
