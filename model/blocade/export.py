"""Results as plain CSV, and as the long table of the IAMC that pyam reads."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from blocade import __version__
from blocade.experiment.store import WRITING, StoreError
from blocade.measures import MEASURES
from blocade.result import Result
from blocade.scenario.dates import month
from blocade.text import csv_text
from blocade.writing import put

TABLES = ("verdicts", "outcomes", "bands", "draws", "ties")
PYAM = "pyam.csv"
FILES = (*(f"{name}.csv" for name in TABLES), PYAM)
QUANTILES = MappingProxyType({
    "low": "5th Percentile", "lower": "25th Percentile", "median": "Median", "upper": "75th Percentile",
    "high": "95th Percentile",
})  # fmt: skip
"""Columns of the bands, and how a variable of the IAMC calls them."""
WORLD = "World"
"""Region of what is measured of the bloc, the senders or the whole world."""
UNITS = MappingProxyType({"alignment": "tie", "trade": "share of normal trade"})
"""Units of measures that are followed state by state."""


def export(result: Result, folder: Path) -> None:
    """Write every table of a result as CSV, and the bands as pyam's long table besides.

    Raises
    ------
    StoreError
        If the folder holds anything else than an earlier export, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: is a file; choose another folder with --out")
    if folder.is_dir() and (others := sorted({path.name for path in folder.iterdir()} - {*FILES, WRITING})):
        raise StoreError(f"{folder}: holds other files ({', '.join(others[:3])}); choose another folder with --out")
    texts = {f"{name}.csv": csv_text(_flat(getattr(result, name))) for name in TABLES}
    put(folder, {**texts, PYAM: csv_text(pyam_table(result))})


def pyam_table(result: Result) -> pd.DataFrame:
    """Bands over parameter sets in the long format of the IAMC: model, scenario, region, variable, unit, time, value.

    A scenario is an arm, or a difference from the baseline; a start other than the real one stands behind it in
    brackets. A variable is a measure and its quantile, ``cohesion|Median``; what is measured of a state has the state
    as its region.

    Notes
    -----
    Quantiles are taken at each time by itself, so no row is the path of one run.
    """
    bands = result.bands
    long = bands.melt(
        [name for name in bands.columns if name not in QUANTILES], list(QUANTILES), "quantile", "value"
    ).dropna(subset="value")
    words = {name: long[name].astype(str) for name in ("start", "arm", "versus", "measure")}
    against = words["versus"].where(words["versus"] == "", " minus " + words["versus"])
    start = (" (" + words["start"] + " start)").where(words["start"] != "real", "")
    told = {name: _told(name, result) for name in words["measure"].unique()}
    region, variable, unit = (words["measure"].map({name: one[k] for name, one in told.items()}) for k in range(3))
    return pd.DataFrame(
        {
            "model": f"blocade {__version__}",
            "scenario": words["arm"] + against + start,
            "region": region,
            "variable": variable + "|" + long["quantile"].map(QUANTILES),
            "unit": unit,
            "time": long["time"].map(month) + "-01",
            "value": long["value"],
        }
    )


def _told(measure: str, result: Result) -> tuple[str, str, str]:
    """Region, variable and unit of a column of results: ``alignment:IRN`` is of Iran, ``trade:RUS:CHN`` of Russia."""
    name, *about = measure.split(":")
    if not about:
        return WORLD, name, MEASURES[name].unit
    partner = [result.manifest["names"].get(about[1], about[1])] if len(about) > 1 else []
    return result.state(about[0]), "|".join([name, *partner]), UNITS[name]


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """What stands in a cell as a list or a mapping, as JSON."""
    flat = table.copy()
    for name in table:
        if table[name].map(lambda cell: isinstance(cell, list | dict)).any():
            flat[name] = table[name].map(lambda cell: json.dumps(cell, ensure_ascii=False))
    return flat
