"""Every figure that the program can draw, with plain results and with nasty ones, passes the same checks."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import test_charts
import test_charts_designs
import test_charts_history
import test_charts_library
import test_discovery
from figure_checks import problems
from matplotlib.figure import Figure
from test_charts import CASES, LONG, NONE, UP, any_result
from test_sensitivity import INDEX_COLUMNS, ROWS
from test_sensitivity import drawn as tornado_of

import blocade.charts
from blocade.analysis.discovery import discover
from blocade.analysis.sensitivity import Factor
from blocade.charts import BEYOND, CHARTS, USUAL, boxes, chart, regimes, tornado
from blocade.parameters import table

Draw = Callable[[Path], Figure]
HELPERS = {"paths"}
"""Modules with a function ``draw`` that draw for another chart."""
UNLABELLED: Mapping[str, str] = {
    "claims": "every axis counts smallest effects, as the key says",
    "skill": "what is up is the title of every panel",
    "posterior": "every panel is named by its parameter, whose value is across",
    "hysteresis": "of what is left, the time and the numbers stand in place of the x axis",
}
"""Charts with axes that need no names, and why."""


NO_NUMBER = {"effect": {"base": NONE, "press": [float("nan")] * 5}}
"""What only a broken run could leave: the charts of the answer must not call it small."""


def of_case(name: str, case: Mapping[str, Any]) -> Draw:
    return lambda folder: chart(name)(any_result(folder, case))


def cases(name: str) -> Iterable[str]:
    """The results that a chart is tried with; of most, one that needs a design of arms says only so."""
    return CASES if name in (*USUAL, "forces") else ("one arm", "twelve arms")


def discovery(draw: Callable[..., Figure], noise: bool = False) -> Draw:
    """A chart of a discovery: of one that finds what was planted, or of one where chance explains all."""

    def figure(folder: Path) -> Figure:
        drawn = test_discovery.drawn_parameters(60 if noise else test_discovery.DRAWS)
        moved = np.random.default_rng(3).normal(0.0, 0.1, 60) if noise else test_discovery.bond(drawn)
        effect = {"base": np.zeros(len(drawn)), "isolate": moved}
        result = test_discovery.stored(folder, effect, drawn, labels={"isolate": LONG})
        plane = ("phi", "mu") if draw is regimes.draw else ()
        return draw(result, discover(result, "isolate/cohesion"), *plane)

    return figure


def long_tornado(_: Path) -> Figure:
    entries = sorted(table().values(), key=lambda entry: -len(entry.meaning))[:8]
    long = [Factor(entry.name, 0.0, 1.0, 0.5, entry.symbol, entry.meaning) for entry in entries]
    rows = [(LONG, one.name, -0.3, 0.9, 0.5, 1.2, 64, "S1 may be 0; ST may be 0") for one in long]
    return tornado.draw(pd.DataFrame(rows, columns=list(INDEX_COLUMNS)), LONG, long, "World invented.")


FIGURES: Mapping[str, Draw] = {
    **{f"{name}, {words}": of_case(name, CASES[words]) for name in CHARTS for words in cases(name)},
    **{f"{name}, no number": of_case(name, NO_NUMBER) for name in ("cohesion", "difference", "verdicts")},
    **test_charts_designs.FIGURES,
    **test_charts_history.FIGURES,
    **test_charts_library.FIGURES,
    "tornado": lambda _: tornado_of(ROWS),
    "tornado, nothing": lambda _: tornado_of({"x1": (np.nan,) * 4}, "the effect does not vary: no indices"),
    "tornado, long names": long_tornado,
    "boxes": discovery(boxes.draw),
    "boxes, chance": discovery(boxes.draw, noise=True),
    "regimes": discovery(regimes.draw),
    "regimes, chance": discovery(regimes.draw, noise=True),
}


def of(name: str) -> str:
    """The chart that a figure is one of."""
    return name.split(",", maxsplit=1)[0]


def source(name: str) -> str:
    """How its small print begins: a result says its world, and other charts what they were given."""
    given = {"A source.": ("claims", "signmap"), "World invented": (*CHARTS, "tornado", "boxes", "regimes")}
    return next((words for words, names in given.items() if of(name) in names), "")


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_wrong_with_it(tmp_path: Path, name: str) -> None:
    figure = FIGURES[name](tmp_path / "r")
    notes = next(text.get_text() for text in figure.texts if text.get_gid() == "notes")
    # charts of history were given all sorts of words in their own tests; that there are some is enough
    begins = source(name) or notes.split()[0]
    assert problems(figure, begins, of(name) in UNLABELLED) == []


def test_no_chart_is_left_out() -> None:
    modules = [info.name for info in pkgutil.iter_modules(blocade.charts.__path__)]
    drawing = {name for name in modules if hasattr(import_module(f"blocade.charts.{name}"), "draw")}
    known = {*CHARTS, *BEYOND}
    assert {name.replace("_", "-") for name in drawing - HELPERS} == known
    assert set(map(of, FIGURES)) == known and set(UNLABELLED) <= known


# --- the checks can fail ------------------------------------------------------------------------------------------


def spoiled(folder: Path, spoil: Callable[[Figure], object]) -> list[str]:
    figure = chart("cohesion")(test_charts.fake_result(folder, {"base": NONE, "press": UP}))
    assert problems(figure, "World invented") == []
    spoil(figure)
    figure.draw_without_rendering()
    return problems(figure, "World invented")


def words(figure: Figure, gid: str) -> Any:
    return next(text for text in figure.texts if text.get_gid() == gid)


SPOILT: Mapping[str, tuple[Callable[[Figure], object], str]] = {
    "no finding": (lambda figure: words(figure, "title").set_text("Cohesion"), "no finding"),
    "no source": (lambda figure: words(figure, "notes").set_text("Bands: draws."), "without its source"),
    "not a number": (lambda figure: words(figure, "title").set_text("It raises the tie by nan"), "says nan"),
    "cut": (lambda figure: figure.text(0.98, 0.5, "beyond the edge"), "cut: 'beyond"),
    "overlapping": (lambda figure: [figure.text(0.3, 0.5, "twice") for _ in range(2)], "overlap: 'twice'"),
    "small": (lambda figure: figure.axes[0].title.set(text="tiny", size=5), "5.0 points: 'tiny'"),
    "unnamed": (lambda figure: figure.axes[0].set_ylabel(""), "y axis of 'base (baseline)' has no name"),
    "endless": (lambda figure: setattr(figure.axes[0], "get_ylim", lambda: (0.3, 0.3)), "limits"),
    "unkeyed": (lambda figure: figure.axes[1].plot([2020], [0.2], "-", color="green"), "without a key in 'press'"),
    "hatched": (lambda figure: figure.axes[1].axhspan(0, 0.3, hatch="/"), "hatched"),
    "faint": (lambda figure: figure.text(0.3, 0.5, "pale", color="#BBBBBB"), "contrast below 4.5 on 100%"),
    "faint on a colour": (
        lambda figure: figure.axes[1].text(2025, 0.25, "on", bbox={"facecolor": "#D55E00"}, color="white"), "contrast"
    ),
    "wide": (lambda figure: figure.set_figwidth(12.0), "12.0 inches wide"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_figure_is_caught(tmp_path: Path, name: str) -> None:
    spoil, said = SPOILT[name]
    found = spoiled(tmp_path / "r", spoil)
    assert any(said in one for one in found), SimpleNamespace(found=found)
