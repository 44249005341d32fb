"""A finished run, read from its folder: tables as pandas."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from blocade.experiment.manifest import UNTOLD, draws_of, read_manifest, read_verdicts
from blocade.experiment.stored import read_frame

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
        self.manifest: dict[str, Any] = read_manifest(self.folder)

    @cached_property
    def scenario(self) -> dict[str, Any]:
        """The scenario as it was run, every name resolved."""
        return {**UNTOLD, **self.manifest["inputs"]["scenario"]}

    @property
    def sets(self) -> int:
        """Draws that were run: of a sequential design as many as it took."""
        return draws_of(self.manifest)

    @cached_property
    def rows(self) -> list[Row]:
        return read_verdicts(self.folder, self.manifest)

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows)

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        return self.table("outcomes", [("window", "==", 0)]).drop(columns="window", errors="ignore")

    @cached_property
    def bands(self) -> pd.DataFrame:
        return self.table("bands")

    @cached_property
    def draws(self) -> pd.DataFrame:
        return self.table("draws")

    @cached_property
    def ties(self) -> pd.DataFrame:
        return self.table("ties")

    def table(self, name: str, filters: Sequence[tuple[str, str, object]] = ()) -> pd.DataFrame:
        """A table as it is stored, or some rows of it.

        Parameters
        ----------
        filters : of rows, as pyarrow takes them.
        """
        return read_frame(self.folder, name, self.manifest, filters)

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
