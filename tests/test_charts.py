"""Charts: titles say what the data say, marks stand at their values, nothing is cut, no style leaks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from fake_result import BOND, LEVEL, TIMES, WINDOW, fake_result, start_tie
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from blocade.charts import CHARTS, chart, network
from blocade.charts.findings import finding, spread
from blocade.charts.style import ARM_LOOKS, BASELINE_LOOK, signed
from blocade.claims import Estimand
from blocade.result import Result

UP = [0.08, 0.10, 0.12, 0.10, 0.30]
"""Median .10, all above .05."""
NONE = [0.0] * 5


def down(effect: list[float]) -> list[float]:
    return [-value for value in effect]


def title(figure: Figure) -> str:
    return _words(figure, "title")


def notes(figure: Figure) -> str:
    return _words(figure, "notes")


def _words(figure: Figure, gid: str) -> str:
    (text,) = (text for text in figure.texts if text.get_gid() == gid)
    return text.get_text().replace("\n", " ")


def panels(figure: Figure) -> list[Axes]:
    """Panels that are drawn, not the spare places of a grid."""
    return [axes for axes in figure.axes if axes.axison]


def marks(axes: Axes, gid: str) -> list[Any]:
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def extent(patch: Any) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of a rectangle."""
    return patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()


# --- the wording of a finding ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (UP, "It raises the tie by .10"),
        (down(UP), "It lowers the tie by .10"),
        (NONE, "It hardly moves the tie (median 0)"),
        ([0.02, 0.02, 0.03, 0.03, 0.04], "It hardly moves the tie (median +.03)"),
        (
            [0.10, 0.10, 0.10, 0.0, 0.0],
            "It raises the tie by .10 in the median draw, and by over .05 in 60 % of draws",
        ),
        (
            [-0.04, -0.04, -0.10, 0.0, -0.2],
            "It lowers the tie by .04 in the median draw, and by over .05 in 40 % of draws",
        ),
        (
            [-0.2, -0.1, 0.06, 0.1, 0.2],
            "It raises the tie by .06 in the median draw, but draws disagree in sign: "
            "60 % rise by over .05, 40 % fall by as much",
        ),
        (
            [-0.2, -0.2, -0.06, 0.1, 0.2],
            "It lowers the tie by .06 in the median draw, but draws disagree in sign: "
            "40 % rise by over .05, 60 % fall by as much",
        ),
        (
            [-0.2, -0.2, 0.0, 0.1, 0.2],
            "It moves the tie, but draws disagree in sign: 40 % rise by over .05, 40 % fall by as much",
        ),
        # the median has one sign and the draws that count the other
        (
            [-0.02, -0.02, -0.02, 0.1, 0.1],
            "It hardly moves the tie in the median draw, but raises it by over .05 in 40 % of draws",
        ),
    ],
)
def test_finding_says_what_the_draws_say(effect: list[float], expected: str) -> None:
    assert finding("It", "the tie", spread(np.array(effect), 0.05), 0.05) == expected


@pytest.mark.parametrize(
    ("x", "text"),
    [(0.074, "+.07"), (-0.31, "−.31"), (0.004, "0"), (-0.004, "0"), (1.2, "+1.20"), (-0.006, "−.01")],
)
def test_signed_numbers(x: float, text: str) -> None:
    assert signed(x) == text


@pytest.mark.parametrize("name", ["cohesion", "difference"])
@pytest.mark.parametrize(
    ("effect", "verb"),
    [(UP, "raises"), (down(UP), "lowers"), (NONE, "hardly moves")],
    ids=["up", "down", "none"],
)
def test_titles_follow_the_first_treated_arm(
    tmp_path: Path, name: str, effect: list[float], verb: str
) -> None:
    result = fake_result(tmp_path / "r", {"base": NONE, "press": effect}, labels={"press": "Pressure"})
    assert title(chart(name)(result)).startswith(f"“Pressure” {verb} the Aland–Beland tie")


@pytest.mark.parametrize(
    ("bloc", "patron", "thing", "label"),
    [
        (("AAA", "BBB", "FFF"), "CCC", "the mean tie among Aland, Beland and Efland", "Mean tie"),
        (("AAA",), "CCC", "the Aland–Celand tie", "Tie"),
        (("AAA",), None, "the distance of Aland from the senders", "Minus the mean tie to the senders"),
    ],
)
def test_bond_of_other_blocs(
    tmp_path: Path, bloc: tuple[str, ...], patron: str | None, thing: str, label: str
) -> None:
    result = fake_result(tmp_path / "r", {"base": NONE, "press": UP}, bloc=bloc, patron=patron)
    figure = chart("cohesion")(result)
    assert f"raises {thing} by .10" in title(figure)
    assert panels(figure)[0].get_ylabel().startswith(label)


# --- cohesion and difference ----------------------------------------------------------------------

ARMS = {"base": NONE, "press": UP, "relief": down(UP), "both": [0.06] * 5}


def test_cohesion_draws_every_arm_at_its_values(tmp_path: Path) -> None:
    result = fake_result(tmp_path / "r", ARMS, war=["press"])
    shown = panels(chart("cohesion")(result))
    assert len(shown) == len(ARMS)
    for axes, (arm, effect) in zip(shown, ARMS.items(), strict=True):
        (median,) = marks(axes, "median")
        assert median.get_xdata()[-1] == TIMES[-1]
        assert median.get_ydata()[-1] == pytest.approx(LEVEL + np.median(effect))
        (outer,) = marks(axes, "5–95")
        ends = outer.get_paths()[0].vertices
        last = ends[ends[:, 0] == TIMES[-1], 1]
        low, high = np.quantile(LEVEL + np.array(effect), [0.05, 0.95])
        assert (last.min(), last.max()) == pytest.approx((low, high))
        assert len(marks(axes, "reference")) == (arm != "base")
        assert [extent(span)[::2] for span in marks(axes, "war")] == (
            [(2022.0, 2.0)] if arm == "press" else []
        )
        assert marks(axes, "first event")[0].get_xdata()[0] == 2021.0
        assert tuple(marks(axes, "window")[0].get_xdata()) == WINDOW
    assert len({str(marks(axes, "median")[0]._unscaled_dash_pattern) for axes in shown}) == len(ARMS)


def test_the_name_of_a_war_stands_on_no_band(tmp_path: Path) -> None:
    """The band is at its highest while the war lasts."""
    result = fake_result(tmp_path / "r", {"base": NONE, "press": down(UP)}, war=["base", "press"])
    figure = chart("cohesion")(result)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for axes in panels(figure):
        (name,) = (text for text in axes.texts if text.get_text().startswith("war: "))
        foot = axes.transData.inverted().transform(name.get_window_extent(renderer).p0)[1]
        (outer,) = marks(axes, "5–95")
        assert foot > outer.get_paths()[0].vertices[:, 1].max()


def test_looks_differ_without_colour() -> None:
    lines = [line for _, line in (BASELINE_LOOK, *ARM_LOOKS)]
    assert len(set(map(str, lines))) == len(lines)


def test_no_event_no_mark(tmp_path: Path) -> None:
    figure = chart("cohesion")(fake_result(tmp_path / "r", {"base": NONE}, first_event=None))
    assert not marks(panels(figure)[0], "first event")
    assert "first event" not in notes(figure)
    assert title(figure) == "One arm, “base”: the Aland–Beland tie stays as it is in the median draw"


def test_one_arm_that_rises(tmp_path: Path) -> None:
    figure = chart("cohesion")(fake_result(tmp_path / "r", {"base": UP}))
    assert title(figure) == "One arm, “base”: the Aland–Beland tie rises from 0.20 to 0.30 in the median draw"


def test_difference_is_drawn_against_the_smallest_effect(tmp_path: Path) -> None:
    figure = chart("difference")(fake_result(tmp_path / "r", ARMS, clean=0.5))
    shown = panels(figure)
    assert [axes.get_title(loc="left") for axes in shown] == ["press", "relief", "both"]
    assert len({axes.get_ylim() for axes in shown}) == 1
    for axes, effect in zip(shown, list(ARMS.values())[1:], strict=True):
        assert marks(axes, "median")[0].get_ydata()[-1] == pytest.approx(np.median(effect))
        assert marks(axes, "clean")[0].get_ydata()[-1] == pytest.approx(0.5 * np.median(effect))
        *lines, strip = sorted(marks(axes, "smallest effect"), key=lambda mark: hasattr(mark, "get_height"))
        assert sorted(line.get_ydata()[0] for line in lines) == [-0.05, 0.05]
        assert extent(strip)[1::2] == pytest.approx((-0.05, 0.1))
        assert marks(axes, "zero")[0].get_ydata()[0] == 0.0
    assert "between −.10 (“relief”) and +.10 (“press”)" in title(figure)


def test_difference_marks_an_arm_with_another_war(tmp_path: Path) -> None:
    figure = chart("difference")(fake_result(tmp_path / "r", ARMS, war=["base", "press", "both"]))
    assert [("wars differ" in axes.get_title(loc="left")) for axes in panels(figure)] == [False, True, False]
    assert "2 arms with the same war lie between +.06 (“both”) and +.10 (“press”)" in title(figure)


# --- alignment ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("effect", "verb"), [(UP, "raises"), (down(UP), "lowers"), (NONE, "moves")])
def test_alignment(tmp_path: Path, effect: list[float], verb: str) -> None:
    figure = chart("alignment")(fake_result(tmp_path / "r", {"base": NONE, "press": effect}))
    assert f"“press” {verb} the alignment of" in title(figure)
    assert ("Aland" in title(figure)) == (verb != "moves")
    shown = panels(figure)
    assert [axes.get_title(loc="left") for axes in shown] == [
        "Aland (bloc)", "Beland (bloc)", "Celand (patron)", "Efland", "Geland", "Haland",
    ]  # fmt: skip
    assert {axes.get_ylim() for axes in shown} == {(-1.0, 1.0)}
    assert [label.get_text() for label in shown[0].get_yticklabels()] == ["−1 bloc", "0", "1 senders"]
    assert marks(shown[0], "median")[0].get_ydata()[-1] == pytest.approx(LEVEL + np.median(effect))
    assert marks(shown[0], "reference")[0].get_ydata()[-1] == pytest.approx(LEVEL)


# --- network --------------------------------------------------------------------------------------


def test_network_keeps_its_places_and_draws_the_change(tmp_path: Path) -> None:
    result = fake_result(tmp_path / "r", {"base": NONE, "press": UP}, ties={BOND: -0.5, ("AAA", "DDD"): 0.1})
    figure = chart("network")(result)
    shown = panels(figure)
    assert [axes.get_title(loc="left") for axes in shown] == [
        "Start, 2020",
        "2028.75: base",
        "2028.75: press",
    ]
    for code in ("AAA", "BBB", "CCC", "DDD"):
        places = [marks(axes, f"state {code}")[0].get_xydata() for axes in shown]
        np.testing.assert_array_equal(places[0], places[1])
        np.testing.assert_array_equal(places[0], places[2])
    start, base, press = (marks(axes, "tie AAA-BBB")[0].get_linewidth() for axes in shown)
    assert start == base
    # widths are .3 points and 3.2 for each unit of tie
    assert (start, press) == pytest.approx(
        (0.3 + 3.2 * start_tie(*BOND), 0.3 + 3.2 * (start_tie(*BOND) - 0.5))
    )
    assert "2 of 28 ties" in title(figure)
    assert "(1 higher, 1 lower); most of all Aland–Beland (−.50)" in title(figure)
    assert "Left out: 0 states" in notes(figure)


def test_network_dashes_a_tie_below_zero(tmp_path: Path) -> None:
    figure = chart("network")(fake_result(tmp_path / "r", {"base": NONE, "press": UP}, ties={BOND: -1.0}))
    dashed = [marks(axes, "tie AAA-BBB")[0].is_dashed() for axes in panels(figure)]
    assert dashed == [False, False, True]


def test_network_that_does_not_move(tmp_path: Path) -> None:
    figure = chart("network")(fake_result(tmp_path / "r", {"base": NONE, "press": UP}))
    assert title(figure) == "No tie among the states shown differs by over .05 from “base” by 2028.75"


def test_layout_does_not_depend_on_order_and_keeps_states_apart() -> None:
    codes = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"]
    before = {(one, two): start_tie(one, two) for one in codes for two in codes if one < two}
    places = network.layout(codes, before)
    turned = network.layout(codes[::-1], before)
    for code in codes:
        np.testing.assert_array_equal(places[code], turned[code])
    gaps = [np.hypot(*(places[one] - places[two])) for one, two in before]
    assert min(gaps) > 0.8 * network.APART
    assert np.hypot(*(places["AAA"] - places["BBB"])) < np.hypot(*(places["AAA"] - places["FFF"]))


# --- forces ---------------------------------------------------------------------------------------


def bars(figure: Figure) -> dict[str, float]:
    """Length of each bar with its sign, from the top downwards."""
    (axes,) = panels(figure)
    found: list[Any] = [patch for patch in axes.patches if str(patch.get_gid()).startswith("bar ")]
    found.sort(key=lambda patch: -patch.get_y())
    return {patch.get_gid().removeprefix("bar "): patch.get_width() for patch in found}


def test_forces_are_the_change_of_the_effect_over_the_same_draws(tmp_path: Path) -> None:
    without = {
        "trade": {
            "base": [0.0, 0.1, 0.0],
            "press": [0.09, 0.21, 0.13],
        },  # effects .09 .11 .13, changes .01 .01 .01
        "match": {"base": [0.0, 0.0, 0.0], "press": [-0.12, 0.00, 0.02]},  # changes −.20 −.10 −.10
    }
    result = fake_result(tmp_path / "r", {"base": NONE, "press": UP}, without=without)
    figure = chart("forces")(result)
    assert bars(figure) == pytest.approx({"match": -0.10, "trade": 0.01})
    assert list(bars(figure)) == ["match", "trade"]
    (interval,) = marks(panels(figure)[0], "interval match")
    assert tuple(interval.get_xdata()) == pytest.approx((-0.19, -0.10))
    (strip,) = marks(panels(figure)[0], "smallest effect")
    assert extent(strip)[::2] == pytest.approx((-0.05, 0.1))
    # over the first three draws of .08 .10 .12, not over all five
    assert title(figure).startswith("“press raises cohesion”, tested at +.10, hangs most on exchange")
    assert "without it the effect is .10 lower in the median draw" in title(figure)
    assert "over the first 3 parameter sets" in notes(figure)


def test_forces_that_do_not_matter(tmp_path: Path) -> None:
    shifted = [value + 0.02 for value in UP]
    without = {"trade": {"base": NONE, "press": UP}, "risk": {"base": NONE, "press": shifted}}
    figure = chart("forces")(fake_result(tmp_path / "r", {"base": NONE, "press": UP}, without=without))
    assert "hangs on no single force by over .05" in title(figure)
    assert "most on risk of association (+.02 when left out)" in title(figure)


def test_forces_weigh_the_arms_as_the_claim_does(tmp_path: Path) -> None:
    weights = {"base": -0.5, "press": 0.5, "relief": -0.5, "both": 0.5}
    asked = Estimand("claim", "part", "Part of it", "cohesion", weights, 0.05, 10, 1)
    without = {"trade": {"base": NONE, "press": [0.2] * 5, "relief": NONE, "both": [0.3] * 5}}
    result = fake_result(tmp_path / "r", ARMS, without=without, estimands=[asked])
    whole = 0.5 * (np.array(UP) - 0.0) + 0.5 * (0.06 + np.array(UP))
    assert bars(chart("forces")(result)) == pytest.approx({"trade": float(np.median(0.25 - whole))})


def test_forces_without_their_runs_say_what_would_mend_it(tmp_path: Path) -> None:
    result = fake_result(tmp_path / "r", {"base": NONE, "press": UP})
    with pytest.raises(ValueError, match=r"holds no runs without a force; add `forces` to `charts:`"):
        chart("forces")(result)


# --- verdicts -------------------------------------------------------------------------------------


def test_verdicts_are_drawn_at_their_numbers(tmp_path: Path) -> None:
    result = fake_result(tmp_path / "r", {"base": NONE, "press": UP, "relief": down(UP)}, clean=0.5)
    figure = chart("verdicts")(result)
    (axes,) = panels(figure)
    for arm, sign in (("press", 1.0), ("relief", -1.0)):
        for start, factor in (("real", 1.0), ("clean", 0.5)):
            (median,) = marks(axes, f"median {start} {arm}/cohesion")
            (interval,) = marks(axes, f"interval {start} {arm}/cohesion")
            assert median.get_xdata()[0] == pytest.approx(sign * factor * 0.10)
            ends = np.quantile(sign * factor * np.array(UP), [0.05, 0.95])
            assert tuple(interval.get_xdata()) == pytest.approx(tuple(ends), abs=1e-6)
            assert (median.get_markerfacecolor() == "white") == (start == "clean")
    (strip,) = marks(axes, "smallest effect")
    assert extent(strip)[::2] == pytest.approx((-0.05, 0.1))
    assert title(figure) == "Of 4 expectations tested from the real start: 2 supported and 2 reversed"
    assert [text.get_text() for text in marks(axes, "verdict")] == [
        *["supported · 100 % up, 0 % down"] * 2, *["reversed · 0 % up, 100 % down"] * 2,
    ]  # fmt: skip
    assert [text.get_text() for text in marks(axes, "claim")] == ["press", "relief"]
    # half of UP has a median of .05 and so is neither
    assert "4 of 4 verdicts differ from a clean start. 0 of 4 verdicts differ with goods" in notes(figure)


def test_a_share_never_shares_the_axis_of_ties(tmp_path: Path) -> None:
    tie = Estimand("claim", "tie", "The tie rises", "cohesion", {"press": 1.0, "base": -1.0}, 0.05, 10, 1)
    part = Estimand(
        "claim",
        "part",
        "Most of it",
        "cohesion",
        {"press": 1.0, "base": -1.0},
        0.5,
        10,
        1,
        share_of={"both": 1.0, "base": -1.0},
        total_above=0.1,
    )
    pain = Estimand("claim", "comply", "It complies", "compliance", {"press": 1.0, "base": -1.0}, 0.05, 10, 1)
    result = fake_result(tmp_path / "r", ARMS, estimands=[tie, part, pain])
    figure = chart("verdicts")(result)
    shown = panels(figure)
    assert [axes.get_xlabel() for axes in shown] == [
        "Effect (tie); grey: within ±.05",
        "Value (share of the total); grey: within ±.50",
        "Effect (share); grey: within ±.05",
    ]
    # no draw of "both" moves by over .1, so there is no total to be a share of
    assert [text.get_text() for text in marks(shown[1], "verdict")] == ["not answered: no draw counts"]
    assert not marks(shown[1], "median real claim/part")
    assert extent(marks(shown[1], "smallest effect")[0])[::2] == (-0.5, 1.0)


# --- every chart ----------------------------------------------------------------------------------

LONG = (
    "A name of an arm that somebody wrote at great length, not thinking that a chart must find a place for it"
)
CASES: Mapping[str, Mapping[str, Any]] = {
    "two arms": {"effect": {"base": NONE, "press": UP}},
    "six arms, long names": {
        "effect": dict.fromkeys("abcdef", UP), "labels": dict.fromkeys("abcdef", LONG), "war": ["a", "c"],
    },
    "one arm": {"effect": {"base": NONE}},
    "no event": {"effect": {"base": NONE, "press": NONE}, "first_event": None},
    "bloc of three, no patron": {
        "effect": {"base": NONE, "press": UP}, "bloc": ("AAA", "BBB", "FFF"), "patron": None,
    },
    "bloc of one": {"effect": {"base": NONE, "press": down(UP)}, "bloc": ("AAA",)},
    "bloc of one, no patron": {"effect": {"base": NONE, "press": UP}, "bloc": ("AAA",), "patron": None},
    "one draw": {"effect": {"base": [0.0], "press": [0.1]}},
    "all zero": {"effect": {"base": NONE, "press": NONE, "more": NONE}},
    "twelve arms": {"effect": {f"arm {k}": [value + 0.02 * k for value in UP] for k in range(12)}, "war": ["arm 1"]},
}  # fmt: skip


def any_result(folder: Path, case: Mapping[str, Any]) -> Result:
    arms = list(case["effect"])[:2]
    without = {"trade": {arm: case["effect"][arm] for arm in arms}} if len(arms) == 2 else None
    return fake_result(folder, without=without, **case)


@pytest.mark.parametrize("name", CHARTS)
def test_the_readers_own_style_is_neither_used_nor_changed(tmp_path: Path, name: str) -> None:
    result = any_result(tmp_path / "r", CASES["two arms"])
    plain = _pixels(chart(name)(result))
    with mpl.rc_context(
        {"font.size": 20.0, "axes.facecolor": "red", "xtick.labelsize": 20.0, "figure.dpi": 50.0}
    ):
        before = dict(mpl.rcParams)
        other = chart(name)(result)
        assert dict(mpl.rcParams) == before
    # the layout is solved numerically: edges may differ by a shade
    np.testing.assert_allclose(_pixels(other), plain, atol=8)


def _pixels(figure: Figure) -> Any:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba(), dtype=float)  # type: ignore[attr-defined]


def test_a_notebook_displays_a_chart(tmp_path: Path) -> None:
    figure = chart("verdicts")(any_result(tmp_path / "r", CASES["two arms"]))
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
