"""The same small runs in whatever environment this is called in, with every number of them in one file.

    python scripts/reliability/fixed_runs.py FOLDER

It asks for nothing but blocade and what a run-time install brings; `numerics.py` calls it, and compares what it wrote.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import warnings
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

import blocade
from blocade import api
from blocade.scenario import find_scenario

sys.path.append(str(Path(__file__).resolve().parents[1]))
from update_golden import measured

SCENARIO, YEARS, DRAWS = "iran-2012-2020", 3.0, 21  # 20 draws are stepped together, so these are two chunks
TABLES = ("draws", "outcomes", "bands", "ties")
SHOWN = ("numpy", "scipy", "pandas", "numba", "pyarrow", "mesa")
Numbers = dict[str, npt.NDArray[np.float64]]


def silent(_done: int, _total: int) -> None:
    """No progress."""


def golden(folder: Path) -> Numbers:
    """The golden run of the tests."""
    found = measured(folder)
    return {f"golden/{name}/{key}": np.array([x], float) for name, row in found.items() for key, x in row.items()}


def packaged(folder: Path, engine: str, workers: int) -> Path:
    """Run a packaged scenario, shortened, into a folder; returns it."""
    scenario = api.read(find_scenario(SCENARIO))
    short = replace(scenario, end=scenario.start + YEARS, replicates=1, charts=("verdicts",))
    api.run(short, folder, draws=DRAWS, workers=workers, engine=engine, progress=silent)
    return folder


def numbers(folder: Path) -> Numbers:
    """Every number of the tables of a results folder."""
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    return {
        f"{name}/{column}": values.to_numpy(float)
        for name, frame in tables.items()
        for column, values in frame.select_dtypes("number").items()
    }


def bytes_of(folder: Path) -> list[bytes]:
    """What must not hang on the number of workers."""
    return [(folder / name).read_bytes() for name in (*(f"{name}.parquet" for name in TABLES), "verdicts.json")]


def main() -> None:
    """Run everything and write `numbers.npz` and `said.json` into the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True)
    warnings.simplefilter("ignore", DeprecationWarning)  # of others; the tests see to our own
    found, same = golden(folder / "golden"), {}
    for engine in api.ENGINES:
        one, two = (packaged(folder / f"{engine}-{workers}", engine, workers) for workers in (1, 2))
        found |= {f"{engine}/{name}": values for name, values in numbers(one).items()}
        same[engine] = bytes_of(one) == bytes_of(two)
    np.savez(folder / "numbers.npz", **found)
    said = {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in SHOWN},
        "same": same,
        "place": str(Path(blocade.__file__).parent),
    }
    (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main()
