"""A finished run as `blocade.run` gives it: its tables, its charts as figures, and the answer in words."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from blocade.charts import CHARTS, chart
from blocade.experiment.finished import Finished
from blocade.summary import summary

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


class Result(Finished):
    """The results of a scenario.

    Parameters
    ----------
    folder : a finished results folder.

    Raises
    ------
    StoreError
        If the folder holds no finished results, or what it says of itself is not what a run writes. Attributes raise it
        too, where their file is damaged, foreign or not the one that the run wrote.

    Attributes
    ----------
    plot : charts as methods, ``result.plot.cohesion()``.
    verdicts, outcomes, bands, draws, ties : tables, see `Finished`.

    Examples
    --------
    >>> import blocade
    >>> made = blocade.run("placebo", draws=3)
    >>> result = blocade.Result(made.folder)
    >>> sorted(result.bands["arm"].unique()) == sorted(arm["name"] for arm in result.scenario["arms"])
    True
    >>> figure = result.plot.cohesion()
    """

    @cached_property
    def plot(self) -> Plots:
        return Plots(self)

    def summary(self) -> str:
        """The answer as text: the table of verdicts, one sentence, what it rests on."""
        return summary(self)

    def _repr_html_(self) -> str:
        """The answer and the verdicts, for notebooks."""
        from blocade.report import brief  # noqa: PLC0415 (slow to import, and files of results do without)

        return brief(self)
