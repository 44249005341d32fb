"""A finished run, read from its folder: tables as pandas."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from blocade.experiment.store import StoreError, read_manifest
from blocade.parameters import PRIOR

Row = dict[str, Any]
"""A verdict as it is stored."""


class Finished:
    """A finished run: what its folder holds.

    Parameters
    ----------
    folder : a finished results folder.

    Raises
    ------
    StoreError
        If the folder holds no finished results.

    Attributes
    ----------
    verdicts : one row for each estimand and start. rows : the same as they are stored, each a mapping.
    outcomes : start, arm, draw, replicate, measure, value (mean over the usual window; the file ``outcomes.parquet``
    has a column ``window`` besides, for claims that are read at other times).
    bands : start, arm, versus, time, measure and quantiles over draws.
    draws : the parameter sets and levers.
    ties : mean tie of every pair at the start and at the end of the window.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        manifest = read_manifest(self.folder)
        if manifest is None:
            raise StoreError(f"{self.folder}: holds no finished blocade results; `blocade run` makes them")
        self.manifest: dict[str, Any] = manifest

    @property
    def scenario(self) -> dict[str, Any]:
        """The scenario as it was run, every name resolved."""
        resolved: dict[str, Any] = self.manifest["inputs"]["scenario"]
        resolved.setdefault("posterior", PRIOR)  # older results name none
        resolved.setdefault("levers", {})
        return resolved

    @property
    def sets(self) -> int:
        """Draws that were run: of a sequential design as many as it took."""
        count: int = self.manifest.get("draws", self.scenario["draws"])
        return count

    @cached_property
    def rows(self) -> list[Row]:
        found: list[Row] = json.loads((self.folder / "verdicts.json").read_text(encoding="utf-8"))
        return found

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows)

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        path = self.folder / "outcomes.parquet"
        names = pq.read_schema(path).names
        usual = [("window", "==", 0)] if "window" in names else None  # older results have one window alone
        return pd.read_parquet(path, columns=[name for name in names if name != "window"], filters=usual)

    @cached_property
    def bands(self) -> pd.DataFrame:
        return self._table("bands")

    @cached_property
    def draws(self) -> pd.DataFrame:
        return self._table("draws")

    @cached_property
    def ties(self) -> pd.DataFrame:
        return self._table("ties")

    def _table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")

    def label(self, arm: str) -> str:
        """How a scenario calls an arm."""
        labels: dict[str, str] = {item["name"]: item["label"] for item in self.scenario["arms"]}
        return labels[arm]

    def state(self, code: str) -> str:
        """Common name of a state."""
        names: dict[str, str] = self.manifest["names"]
        return names[code]

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"<blocade.{name} {self.scenario['name']!r}: {len(self.rows)} verdicts in {self.folder}>"
