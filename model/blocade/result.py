"""A finished run, read from its folder: tables as pandas, charts as figures."""

from __future__ import annotations

import json
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq

from blocade.charts import CHARTS, chart
from blocade.experiment.store import StoreError, read_manifest
from blocade.parameters import PRIOR

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Plots:
    """Charts of a result as methods: ``result.plot.cohesion()``; each returns a matplotlib Figure."""

    def __init__(self, result: Result) -> None:
        self._result = result

    def __getattr__(self, name: str) -> partial[Figure]:
        if name not in dir(self):
            raise AttributeError(f"no chart {name!r}; there are {', '.join(CHARTS)}")
        return partial(chart(name.replace("_", "-")), self._result)

    def __dir__(self) -> list[str]:
        return [name.replace("-", "_") for name in CHARTS]


class Result:
    """The results of a scenario.

    Parameters
    ----------
    folder : a finished results folder.

    Raises
    ------
    StoreError
        If the folder holds no finished results.

    Attributes
    ----------
    verdicts : one row for each estimand and start.
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
        self.plot = Plots(self)

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
    def verdicts(self) -> pd.DataFrame:
        return pd.DataFrame(json.loads((self.folder / "verdicts.json").read_text(encoding="utf-8")))

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

    def summary(self) -> str:
        """The answer as text: the table of verdicts, one sentence, what it rests on."""
        from blocade.summary import summary  # noqa: PLC0415 (the summary reads a Result)

        return summary(self)

    def _repr_html_(self) -> str:
        """The answer and the verdicts, for notebooks."""
        from blocade.report import brief  # noqa: PLC0415 (reports read a Result)

        return brief(self)

    def __repr__(self) -> str:
        return f"<blocade.Result {self.scenario['name']!r}: {len(self.verdicts)} verdicts in {self.folder}>"
