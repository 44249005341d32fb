"""Charts of the confrontation with history: marks stand at their values, titles count what is drawn, nothing is cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import test_charts_library as library
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from test_charts import LONG, extent, marks, notes, panels, title
from test_charts_library import only

from blocade.charts import backcast, posterior, scorecard, skill, theory_scores
from blocade.charts.style import BLUE, GREY, RED


def x_of(axes: Axes, gid: str) -> float:
    return float(only(axes, gid).get_xdata()[0])


def y_of(axes: Axes, gid: str) -> float:
    return float(only(axes, gid).get_ydata()[0])


def texts(axes: Axes, gid: str) -> list[str]:
    return [text.get_text() for text in marks(axes, gid)]


# --- scorecard ------------------------------------------------------------------------------------

PATTERN: Mapping[str, Any] = {
    "pattern": "a", "label": "A pattern", "channel": "votes", "unit": "ideal points", "observed": 0.2,
    "tolerance": 0.1, "median": 0.25, "low": 0.15, "high": 0.4, "passed": True, "seen": False, "until": 2013,
}  # fmt: skip
FAR: Mapping[str, Any] = {"label": "Far off", "passed": False, "median": 1.4, "low": 0.5, "high": 2.0}
NEAR: Mapping[str, Any] = {"label": "Near", "passed": False, "median": 0.0, "low": -0.3, "high": 0.1}


def patterns(**rows: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{**PATTERN, "pattern": name, **row} for name, row in rows.items()])


def test_scorecard_measures_in_tolerances_and_puts_misses_first() -> None:
    figure = scorecard.draw(patterns(met={}, near=NEAR, seen={"seen": True, "median": 0.2}, far=FAR), "the prior")
    (axes,) = panels(figure)
    assert (x_of(axes, "median met"), x_of(axes, "median near")) == pytest.approx((0.5, -2.0))
    assert tuple(only(axes, "interval met").get_xdata()) == pytest.approx((-0.5, 2.0))
    assert extent(only(axes, "tolerance"))[::2] == (-1.0, 2.0)
    heights = [y_of(axes, f"median {name}") for name in ("far", "near", "met", "seen")]
    assert heights == sorted(heights) and axes.yaxis_inverted()
    assert texts(axes, "label") == ["Far off", "Near", "A pattern", "A pattern"]
    assert texts(axes, "detail")[0] == "votes · ideal points · data to 2013"
    assert texts(axes, "observed") == [".20 ± .10"] * 4
    assert texts(axes, "simulated")[:2] == ["1.40 (.50 … 2.00)", "0 (−.30 … .10)"]
    looks = {name: only(axes, f"median {name}") for name in ("far", "met", "seen")}
    assert {name: (look.get_marker(), look.get_markeredgecolor()) for name, look in looks.items()} == {
        "far": ("s", RED), "met": ("o", BLUE), "seen": ("o", BLUE),
    }  # fmt: skip
    assert [look.get_markerfacecolor() for look in looks.values()] == [RED, BLUE, "white"]
    assert len(marks(axes, "between")) == 1
    assert notes(figure).startswith("Rests on the prior. ")


def test_scorecard_clips_far_rows_with_their_value() -> None:
    wide = {"low": -3.0, "high": 4.0}
    (axes,) = panels(scorecard.draw(patterns(far=FAR, wide=wide, met={}), "x"))
    assert x_of(axes, "median far") == scorecard.FURTHEST
    assert tuple(only(axes, "interval far").get_xdata()) == pytest.approx((3.0, 4.0))
    assert texts(axes, "number far") == ["+12.0"]
    assert [mark.get_marker() for mark in marks(axes, "beyond far")] == [">"]
    assert [mark.get_marker() for mark in marks(axes, "beyond wide")] == ["<", ">"]
    assert not marks(axes, "number wide") and not marks(axes, "beyond met")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"a": {}}, "1 of 1 pattern is met, all out of sample"),
        ({"a": {"seen": True}, "b": {"seen": True}}, "2 of 2 patterns are met, all in sample"),
        ({"a": FAR}, "0 of 1 pattern is met, all out of sample; worst miss: Far off (1.40, observed .20)"),
        (
            {"a": NEAR, "b": FAR, "c": {"seen": True}, "d": {"median": np.nan}},
            "1 of 3 patterns is met, 0 of 2 among those that the posterior has not seen; worst miss: Far off (1.40, "
            "observed .20); 1 cannot be judged",
        ),
    ],
)
def test_title_of_the_scorecard_counts(rows: Mapping[str, Mapping[str, Any]], said: str) -> None:
    assert title(scorecard.draw(patterns(**rows), "x")) == said


def test_a_pattern_without_a_number_is_not_judged() -> None:
    nothing = {"median": np.nan, "low": np.nan, "high": np.nan}
    rows = patterns(a=nothing, b={"tolerance": 0.0}, c={"low": np.nan, "until": np.nan})
    (axes,) = panels(scorecard.draw(rows, "x"))
    assert texts(axes, "no a") == texts(axes, "no b") == ["no number"]
    assert "none" in texts(axes, "simulated")
    assert texts(axes, "detail")[0] == "votes · ideal points"
    assert marks(axes, "median c") and not marks(axes, "interval c") and not marks(axes, "median a")


@pytest.mark.parametrize(
    ("x", "text"),
    [(0.0, "0"), (-0.07, "−.07"), (1.966, "1.97"), (-34.04, "−34.0"), (11000.0, "11,000"), (0.0002, ".0002"),
     (np.nan, "none"), (-np.inf, "−∞"), (0.000003, "0")],
)  # fmt: skip
def test_numbers(x: float, text: str) -> None:
    assert scorecard.number(x) == text


# --- backcast -------------------------------------------------------------------------------------

NAMES = {"AAA": "Aland", "BBB": "Beland", "CCC": "Celand"}
YEARS = range(2010, 2020)


def course(one: str, two: str, level: float = 1.0, miss: float = 0.0, start: int = 2015) -> pd.DataFrame:
    """Ten years of a pair, of which the forecast knows those before the start; the last point may miss."""
    rows = []
    for year in YEARS:
        ahead = [level, level - 0.2, level + 0.2, level + 0.1] if year >= start else [np.nan] * 4
        rows.append((one, two, year, level + (miss if year == YEARS[-1] else 0.0), *ahead))
    return pd.DataFrame(rows, columns=["iso3_a", "iso3_b", "year", "observed", "median", "low", "high", "naive"])


def backcasting(*tables: pd.DataFrame, pairs: list[tuple[str, str]] | None = None) -> Figure:
    forecast = pd.concat(tables)
    named = pairs or [(str(one), str(two)) for one, two in forecast.groupby(["iso3_a", "iso3_b"], sort=False).groups]
    return backcast.draw(forecast, named, NAMES, "votes", "ideal points", "A source.")


def test_backcast_draws_what_was_known_and_what_came() -> None:
    gap = course("BBB", "CCC")
    gap.loc[gap["year"] == 2017, "observed"] = np.nan
    figure = backcasting(course("AAA", "BBB", miss=0.5), gap)
    assert title(figure) == "Votes: 8 of 9 observed points of the 2 pairs shown lie inside the 90 % bands (89 %)"
    one, two = panels(figure)
    heads = [axes.get_title(loc="left") for axes in (one, two)]
    assert heads == ["Aland–Beland: 4 of 5 inside", "Beland–Celand: 4 of 4 inside"]
    assert x_of(one, "begins") == 2014.5
    assert list(only(one, "outside").get_xdata()) == [2019]
    assert only(one, "outside").get_marker() != only(one, "observed").get_marker()
    assert len(only(one, "observed").get_xdata()) == 9 and len(only(two, "outside").get_xdata()) == 0
    assert only(one, "naive").is_dashed() and not only(one, "median").is_dashed()
    band = only(one, "band").get_paths()[0].vertices
    assert (band[:, 0].min(), band[:, 0].max()) == (2015, 2019)
    assert (band[:, 1].min(), band[:, 1].max()) == pytest.approx((0.8, 1.2))
    assert np.isnan(only(two, "observed line").get_ydata()[7])
    # the median misses by .5 once and the naive forecast by .1 eight times and by .4 once
    assert "Mean miss at the points shown: median .06, naive .13." in notes(figure)


def test_backcast_finds_a_pair_that_is_named_the_other_way_round() -> None:
    figure = backcasting(course("AAA", "BBB"), pairs=[("BBB", "AAA"), ("AAA", "XXX")])
    one, two = panels(figure)
    assert one.get_title(loc="left") == "Beland–Aland: 5 of 5 inside"
    assert (two.get_title(loc="left"), texts(two, "no data")) == ("Aland–XXX", ["no data"])
    # where the directions differ, each is its own row
    both = pd.concat([course("AAA", "BBB", miss=0.5), course("BBB", "AAA")])
    assert "5 of 5" in panels(backcasting(both, pairs=[("BBB", "AAA")]))[0].get_title(loc="left")


def test_backcast_of_levels_that_differ_too_much_has_own_scales() -> None:
    alike, unlike = (
        backcasting(course("AAA", "BBB", miss=0.5), course("BBB", "CCC", level, miss=0.5)) for level in (1.5, 900.0)
    )
    for figure, same in ((alike, True), (unlike, False)):
        assert len({axes.get_ylim() for axes in panels(figure)}) == (1 if same else 2)
        assert ("a scale of its own" in notes(figure)) == (not same)


def test_backcast_of_one_year_or_none() -> None:
    (axes,) = panels(figure := backcasting(course("AAA", "BBB", start=2019)))
    assert title(figure) == "Votes: 1 of 1 observed point of the one pair shown lies inside the 90 % bands (100 %)"
    assert marks(axes, "band year") and x_of(axes, "median year") == 2019
    (axes,) = panels(figure := backcasting(course("AAA", "BBB", start=2030)))
    assert title(figure) == "Votes: no point of the one pair shown was observed in the years forecast"
    assert not marks(axes, "begins") and not marks(axes, "band")


# --- skill ----------------------------------------------------------------------------------------


def skills(errors: Mapping[str, Mapping[str, list[float]]], horizons: tuple[int, ...] = (1, 2, 3, 4)) -> pd.DataFrame:
    rows = [
        (channel, model, "model" if model == "blocade" else "naive", h, mae, 0.7 * mae, 0.9, 100 * h)
        for channel, models in errors.items()
        for model, line in models.items()
        for h, mae in zip(horizons, line, strict=True)
    ]
    return pd.DataFrame(rows, columns=["channel", "model", "kind", "horizon", "mae", "crps", "coverage", "n"])


MIXED: Mapping[str, Mapping[str, list[float]]] = {
    "trade": {"blocade": [3, 2, 1, 1], "persistence": [2, 3, 3, 3], "trend": [4, 4, 4, 4]},
    "votes": {"blocade": [3, 3, 3, 3], "persistence": [2, 2, 2, 2], "trend": [1, 1, 4, 4]},
    "ties": {"blocade": [1, 1, 1, 1], "persistence": [2, 2, 2, 2]},
}


def test_skill_draws_every_measure_of_every_channel() -> None:
    figure = skill.draw(table := skills(MIXED), "A source.")
    shown = panels(figure)
    assert len(shown) == 9
    assert [axes.get_title(loc="left") for axes in shown[:4]] == [
        "trade: mean absolute error", "trade: CRPS", "trade: inside the 90 % band", "votes: mean absolute error",
    ]  # fmt: skip
    assert list(only(shown[0], "line blocade").get_ydata()) == [3, 2, 1, 1]
    assert list(only(shown[3], "line trend").get_ydata()) == [1, 1, 4, 4]
    assert not marks(shown[6], "line trend")
    widths = {name: only(shown[0], f"line {name}").get_linewidth() for name in ("blocade", "persistence", "trend")}
    assert widths["blocade"] > 2 * max(widths["persistence"], widths["trend"])
    assert shown[0].get_ylim() == shown[1].get_ylim() and shown[0].get_ylim()[0] == 0.0
    assert y_of(shown[2], "nominal") == 0.9
    looks = skill.looks(table).values()
    assert len({look.marker for look in looks}) == len({look.colour for look in looks}) == 3
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["blocade", "persistence", "trend"]
    assert "Forecasts at a horizon: trade 100–400, votes 100–400 and ties 100–400." in notes(figure)


def test_title_of_skill_says_where_it_wins_and_loses() -> None:
    assert title(skill.draw(skills(MIXED), "x")) == (
        "blocade beats every naive forecast of trade from 2 years on and of ties at every horizon; it loses on trade "
        "to persistence at 1 year and on votes to persistence at every horizon"
    )
    worse = {"votes": {"blocade": [3, 3, 3, 3], "a": [1, 4, 4, 1], "b": [4, 1, 4, 4]}}
    assert title(skill.draw(skills({**worse, "ties": worse["votes"]}), "x")) == (
        "blocade beats every naive forecast of votes and ties at 3 years; it loses on votes and ties to one naive "
        "forecast or another at 1–2 and 4 years"
    )
    lost = skills({"votes": {"blocade": [2], "a": [1]}}, horizons=(5,))
    said = "blocade beats the naive forecasts nowhere; it loses on votes to a at 5 years"
    assert title(skill.draw(lost, "x")) == said
    assert title(skill.draw(lost[lost["kind"] == "naive"], "x")) == "No model is among the forecasts that are scored"
    assert "no naive forecast" in title(skill.draw(lost[lost["kind"] == "model"], "x"))
    # to be as good as a naive forecast is not to beat it
    assert "nowhere" in title(skill.draw(lost.assign(mae=1.0), "x"))


def test_skill_leaves_out_what_a_model_does_not_give() -> None:
    table = skills(MIXED)
    table.loc[table["model"] == "trend", ["crps", "coverage"]] = np.nan
    table.loc[(table["model"] == "blocade") & (table["horizon"] == 1), "mae"] = np.nan
    shown = panels(figure := skill.draw(table, "x"))
    assert marks(shown[0], "line trend") and not marks(shown[1], "line trend") and not marks(shown[2], "line trend")
    assert "of trade and ties at every horizon; it loses on votes to persistence at every" in title(figure)


# --- posterior ------------------------------------------------------------------------------------

RANGES = pd.DataFrame(
    {"low": [0.0, 0.0, -1.0, 0.0, 2.0], "high": [1.0, 2.0, 1.0, 1.0, 2.0], "symbol": ["β", "ρ_cut", "g", "μ", "k"]},
    index=["beta", "rho_cut", "g", "mu", "k"],
)
EVEN = np.linspace(0.0, 1.0, 101)
DRAWS: Mapping[str, pd.DataFrame] = {
    "early": pd.DataFrame({"g": 2 * EVEN - 1, "beta": 0.25 + 0.5 * EVEN}),
    "late": pd.DataFrame({"beta": 0.5 + 0.4 * EVEN, "rho_cut": 0.4 * EVEN}),
}


def test_posterior_is_ordered_by_shrinkage() -> None:
    shrunk = posterior.shrinkage(DRAWS, RANGES)
    assert list(shrunk.index) == ["rho_cut", "beta", "g"]
    assert shrunk.loc["beta"].tolist() == pytest.approx([0.5, 0.6])
    assert np.isnan(shrunk.loc["rho_cut", "early"])
    figure = posterior.draw(DRAWS, RANGES, "A source.")
    assert title(figure) == (
        "History speaks most about ρ_cut and β (beta) (90 % intervals 80 % and 60 % shorter); it hardly narrows 1 "
        "(under 10 %) and does not see 2 of 5 parameters"
    )
    shown = panels(figure)
    assert [axes.get_title(loc="left") for axes in shown] == ["ρ_cut", "β (beta)", "g"]
    assert [texts(axes, "shrank early") for axes in shown] == [[], ["−50 %"], ["0 %"]]
    assert [texts(axes, "shrank late") for axes in shown] == [["−80 %"], ["−60 %"], []]
    assert [text.get_text() for text in figure.legends[0].get_texts()][:2] == ["early (101 sets)", "late (101 sets)"]


def test_posterior_draws_curves_on_the_prior() -> None:
    cut, beta, _ = panels(posterior.draw(DRAWS, RANGES, "x"))
    assert extent(only(cut, "prior range"))[::2] == (0.0, 2.0)
    assert extent(only(cut, "prior 90 %"))[::2] == pytest.approx((0.1, 1.8))
    assert list(only(cut, "prior").get_xdata()) == [0.0, 2.0]
    early, late = (only(beta, f"curve {name}") for name in DRAWS)
    assert (early.get_ydata()[0], early.get_ydata()[-1]) == (0.0, 1.0)
    assert np.interp(0.5, early.get_xdata(), early.get_ydata()) == pytest.approx(0.5, abs=0.02)
    assert early.get_color() != late.get_color() and early.is_dashed() != late.is_dashed()
    assert only(beta, "median early").get_marker() != only(beta, "median late").get_marker()
    assert tuple(only(beta, "interval late").get_xdata()) == pytest.approx((0.52, 0.88))
    assert y_of(beta, "interval late") < y_of(beta, "interval early") < 0.0


def test_posterior_does_not_read_what_it_cannot() -> None:
    few = {"few": pd.DataFrame({"beta": [0.5, 0.6], "k": [2.0, 2.0], "mu": [np.nan, np.nan]})}
    shown = panels(figure := posterior.draw(few, RANGES, "x"))
    assert title(figure) == "History narrows no parameter by 10 % or more; it does not see 2 of 5 parameters"
    assert [texts(axes, "shrank few") for axes in shown] == [["n = 2"], [], ["n = 2"]]
    fixed = posterior.draw({"many": pd.DataFrame({"k": [2.0] * 20})}, RANGES, "x")
    assert texts(panels(fixed)[0], "shrank many") == ["fixed"]
    wider = posterior.draw({"wide": pd.DataFrame({"beta": 2.0 * EVEN})}, RANGES.loc[["beta"]], "x")
    assert texts(panels(wider)[0], "shrank wide") == ["+100 %"]
    assert title(wider) == "History narrows no parameter by 10 % or more; it sees every parameter"


# --- theories -------------------------------------------------------------------------------------


def theories(*rows: tuple[str, str, bool, float, Mapping[str, float]]) -> pd.DataFrame:
    table = [
        (name, kind, channel, ratio, 0.9 * ratio, 1.1 * ratio, kept, evidence)
        for name, kind, kept, evidence, ratios in rows
        for channel, ratio in ratios.items()
    ]
    return pd.DataFrame(table, columns=["theory", "kind", "channel", "crps", "low", "high", "kept", "evidence"])


THEORIES = theories(
    ("rally", "theory", False, -50.0, {"votes": 1.3, "trade": 9.0}),
    ("full", "theory", True, -2.0, {"votes": 0.8, "trade": 0.9}),
    ("exchange", "theory", True, 0.0, {"votes": 0.9, "trade": 1.1}),
    ("homophily", "null", False, -5.0, {"votes": 1.05}),
    ("dyad", "null", False, np.nan, {"votes": 1.0, "trade": 1.0}),
)


def test_theories_stand_at_their_ratios_and_evidence() -> None:
    votes, trade, evidence = panels(figure := theory_scores.draw(THEORIES, "A source."))
    assert title(figure) == "History keeps 2 of 3 theories (exchange and full) and none of 2 null models"
    assert [axes.get_title(loc="left") for axes in (votes, trade)] == ["votes", "trade"]
    order = ["exchange", "full", "homophily", "rally", "dyad"]
    assert [label.get_text() for label in votes.get_yticklabels()] == order
    heights = [y_of(votes, f"median {name}") for name in order]
    assert heights == sorted(heights) and votes.yaxis_inverted()
    assert x_of(votes, "median full") == 0.8 and x_of(votes, "as good") == 1.0
    assert tuple(only(votes, "interval full").get_xdata()) == pytest.approx((0.72, 0.88))
    assert votes.get_xscale() == "log" and votes.get_xlim() == trade.get_xlim()
    low, high = votes.get_xlim()
    assert low * high == pytest.approx(1.0)  # as far to the better as to the worse
    assert texts(trade, "no homophily") == ["no number"]
    assert x_of(evidence, "median full") == -2.0
    assert tuple(only(evidence, "stem full").get_xdata()) == (0.0, -2.0)
    assert texts(evidence, "no dyad") == ["no number"]


def test_theories_differ_in_shape_by_kind_and_in_fill_by_whether_they_are_kept() -> None:
    votes, *_ = panels(theory_scores.draw(THEORIES, "x"))
    found = {name: only(votes, f"median {name}") for name in ("full", "rally", "dyad")}
    assert {name: (mark.get_marker(), mark.get_markeredgecolor()) for name, mark in found.items()} == {
        "full": ("o", BLUE), "rally": ("o", GREY), "dyad": ("s", GREY),
    }  # fmt: skip
    assert [mark.get_markerfacecolor() for mark in found.values()] == [BLUE, "white", "white"]
    weights = [label.get_fontweight() for label in votes.get_yticklabels()]
    assert weights == ["bold"] * 2 + ["normal"] * 3
    assert len(marks(votes, "between")) == 1


def test_theories_far_off_are_clipped_with_their_value() -> None:
    _, trade, evidence = panels(theory_scores.draw(THEORIES, "x"))
    assert texts(trade, "number rally") == ["9.00"] and marks(trade, "beyond rally")[0].get_marker() == ">"
    assert x_of(trade, "median rally") in theory_scores.LIMITS
    assert texts(evidence, "number rally") == ["−50.0"] and x_of(evidence, "median rally") == -theory_scores.FURTHEST
    assert not marks(evidence, "beyond full")


def test_title_of_theories() -> None:
    one = THEORIES[THEORIES["theory"] == "full"]
    assert title(theory_scores.draw(one, "x")) == "History keeps 1 of 1 theory (full)"
    other = theory_scores.draw(one.assign(evidence=-np.inf), "x")
    assert texts(panels(other)[-1], "number full") == ["−∞"]


# --- every chart ----------------------------------------------------------------------------------


def long_scorecard() -> Figure:
    words = {k: {"label": LONG if k % 3 else "Short", "unit": LONG[:60]} for k in range(9)}
    rows = {f"p{k}": {**(FAR if k % 2 else {}), **said} for k, said in words.items()}
    rows["none"] = {"median": np.nan, "observed": -123456.0}
    rows["last"] = {"observed": -2e6, "median": -1e6, "low": -3e6, "high": 1e5, "tolerance": 1e5}
    return scorecard.draw(patterns(**rows), LONG)


def long_backcast() -> Figure:
    tables = [course(f"A{k}", f"B{k}", 1.0 + 0.1 * k) for k in range(8)]
    names = {f"{side}{k}": "A state of a long name" if k == 3 else f"Aland {k}" for side in "AB" for k in range(8)}
    pairs = [(f"A{k}", f"B{k}") for k in range(8)]
    return backcast.draw(pd.concat(tables), pairs, names, "votes", LONG[:50], LONG)


def long_skill() -> Figure:
    naive = {f"naive forecast number {k}": [1.0 + 0.1 * k] * 8 for k in range(6)}
    lines = {f"channel {k}": {"blocade": [0.9 + 0.05 * k] * 8, **naive} for k in range(4)}
    return skill.draw(skills(lines, tuple(range(1, 9))), LONG)


def long_posterior() -> Figure:
    names = [f"parameter_{k}" for k in range(18)]
    symbols = ["α·4λ₀/β" if k % 4 else "a_long_symbol" for k in range(18)]
    ranges = pd.DataFrame({"low": -1000.0, "high": 1000.0, "symbol": symbols}, index=names)
    draws = {f"Posterior {k}: {LONG[:40]}": pd.DataFrame(dict.fromkeys(names[k:], 900 * EVEN)) for k in range(3)}
    return posterior.draw(draws, ranges, LONG)


def long_theories() -> Figure:
    kinds = ("theory", "null")
    ratios = [{"votes": 0.7, "trade": 1.0 + k, LONG[:20]: 1.0} for k in range(10)]
    rows = [(LONG[: 8 + 6 * k], kinds[k % 2], k < 3, -9.0 * k, found) for k, found in enumerate(ratios)]
    return theory_scores.draw(theories(*rows), LONG)


FIGURES: Mapping[str, Callable[[Path], Figure]] = {
    "scorecard": lambda _: long_scorecard(),
    "scorecard, one": lambda _: scorecard.draw(patterns(a={}), "x"),
    "backcast": lambda _: long_backcast(),
    "backcast, one pair": lambda _: backcasting(course("AAA", "BBB")),
    "skill": lambda _: long_skill(),
    "skill, one": lambda _: skill.draw(skills({"votes": {"blocade": [1.0]}}, (5,)), "x"),
    "posterior": lambda _: long_posterior(),
    "posterior, one": lambda _: posterior.draw(DRAWS, RANGES.loc[["beta"]], "x"),
    "theory-scores": lambda _: long_theories(),
    "theory-scores, one": lambda _: theory_scores.draw(THEORIES.iloc[[1]], "x"),
}


@pytest.mark.parametrize("name", ["scorecard", "backcast, one pair", "skill, one", "posterior, one", "theory-scores"])
def test_the_readers_own_style_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(library, "FIGURES", FIGURES)
    library.test_the_readers_own_style_changes_nothing(tmp_path, name)


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (lambda: scorecard.draw(patterns(a={}).iloc[:0], "x"), "No pattern was scored"),
        (lambda: backcasting(course("A", "B").iloc[:0], pairs=[("A", "B")]), "No forecast of votes to draw"),
        (lambda: skill.draw(skills(MIXED).iloc[:0], "x"), "No forecast was scored"),
        (lambda: posterior.draw({}, RANGES, "x"), "History does not see any of 5 parameters"),
        (lambda: posterior.draw({"a": pd.DataFrame()}, RANGES, "x"), "History does not see any of 5 parameters"),
        (lambda: theory_scores.draw(THEORIES.iloc[:0], "x"), "No theory was scored"),
    ],
)  # fmt: skip
def test_an_empty_table_says_so(figure: Callable[[], Figure], said: str) -> None:
    assert title(drawn := figure()) == said and not drawn.axes
