"""Charts of designs (dose, loop, square): what is drawn is what the result holds, and titles say which way it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_result import BOND, LEVEL, TIMES, fake_result
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from test_charts import LONG, NONE, extent, marks, notes, panels, title

from blocade.charts import dose, hysteresis, square
from blocade.claims import Estimand
from blocade.experiment.runner import QUANTILES
from blocade.result import Result

Events = list[dict[str, Any]]
WHO = {"by": ["DDD", "EEE"], "on": list(BOND)}
LOW, LOWER, MEDIAN, UPPER, HIGH = QUANTILES.values()


def press(level: float, until: float | None = None, kinds: Sequence[str] = ("sanctions", "isolation")) -> Events:
    about = {"at": 2021.0, **WHO, "level": level, "until": until, "ramp_until": None}
    return [{"kind": kind, **about} for kind in kinds]


def lift(at: float) -> Events:
    return [{"kind": "lift", "at": at, **WHO, "share": 1.0}]


def band(axes: Axes, gid: str, x: float) -> tuple[float, float]:
    """Lower and upper edge of a band at a place."""
    (drawn,) = marks(axes, gid)
    edge = drawn.get_paths()[0].vertices
    return float(edge[edge[:, 0] == x, 1].min()), float(edge[edge[:, 0] == x, 1].max())


# --- dose -----------------------------------------------------------------------------------------

DOSES = (0.0, 0.2, 0.5, 0.8, 1.0)
STEEP = np.array([0.1, 0.2, 0.3, 0.4, 1.0])
"""How steep the response is in each of five draws."""


def dosed(folder: Path, response: Sequence[float], doses: Sequence[float] = DOSES, **given: Any) -> Result:
    """A result whose arms change the bond by a response to their dose, times STEEP, beside what the baseline does."""
    base = np.array([0.0, 0.3, -0.3, 0.1, 0.2])
    effect = {f"d{level:g}": base + STEEP * value for level, value in zip(doses, response, strict=True)}
    events = {f"d{level:g}": press(level) for level in doses if level}
    for key, more in (("effect", effect), ("events", events)):
        given[key] = {**more, **given.get(key, {})}
    given.setdefault("paths", {"compliance": dict.fromkeys(given["effect"], np.tile(0.5 * STEEP, (len(TIMES), 1)))})
    return fake_result(folder, **given)


def test_dose_draws_the_paired_change_at_every_dose(tmp_path: Path) -> None:
    response = (0.0, 0.1, 0.3, 0.6, 0.5)
    # in another order than that of the doses, and with compliance that goes its own way
    order = (0, 3, 1, 4, 2)
    courses = {f"d{DOSES[i]:g}": np.tile(0.1 * (i + 1) * STEEP, (len(TIMES), 1)) for i in order}
    shuffled = [response[i] for i in order], [DOSES[i] for i in order]
    result = dosed(tmp_path / "r", *shuffled, clean=0.5, paths={"compliance": courses})
    change, _, compliance = panels(dose.draw(result))
    for axes, values in (
        (change, [STEEP * value for value in response]),
        (compliance, [0.1 * (i + 1) * STEEP for i in range(5)]),
    ):
        (median,), (points,) = marks(axes, "median"), marks(axes, "dose")
        assert tuple(median.get_xdata()) == tuple(points.get_xdata()) == DOSES
        np.testing.assert_allclose(median.get_ydata(), [np.median(value) for value in values])
        for level, value in zip(DOSES, values, strict=True):
            assert band(axes, "5–95", level) == pytest.approx(tuple(np.quantile(value, [LOW, HIGH])))
            assert band(axes, "25–75", level) == pytest.approx(tuple(np.quantile(value, [LOWER, UPPER])))
    (clean,) = marks(change, "clean")
    np.testing.assert_allclose(clean.get_ydata(), 0.5 * 0.3 * np.array(response))
    (strip,) = [mark for mark in marks(change, "smallest effect") if hasattr(mark, "get_height")]
    assert extent(strip)[1::2] == pytest.approx((-0.05, 0.1))


def test_slopes_are_those_of_the_neighbouring_doses(tmp_path: Path) -> None:
    _, side, _ = panels(dose.draw(dosed(tmp_path / "r", (0.0, 0.1, 0.3, 0.6, 0.5))))
    # (.1 − 0)/.2, (.6 − .1)/(.8 − .2), (.5 − .6)/.2
    for name, slope in (("low", 0.5), ("middle", 5 / 6), ("high", -0.5)):
        assert marks(side, f"slope {name}")[0].get_xdata()[0] == pytest.approx(0.3 * slope)
        ends = np.quantile(slope * STEEP, [LOW, HIGH])
        assert tuple(marks(side, f"interval {name}")[0].get_xdata()) == pytest.approx(tuple(ends))
    assert [label.get_text() for label in side.get_yticklabels()] == [
        "low (0 to .2)\n+.15 (+.06 … +.44)",
        "middle (.2 to .8)\n+.25 (+.10 … +.73)",
        "high (.8 to 1)\n−.15 (−.44 … −.06)",
    ]


@pytest.mark.parametrize(
    ("response", "said"),
    [
        # the median draw has a third of the response
        ((0, 1, 2, 3, 4), "raises the Aland–Beland tie by 1.20; the median only rises with the dose"),
        ((0, -1, -2, -3, -4), "lowers the Aland–Beland tie by 1.20; the median only falls with the dose"),
        ((0, 0, 0, 0, 0), "hardly moves the Aland–Beland tie (median 0)"),
        # .3, .9, .6 is nearest to .3, .75, .75
        ((0, 0, 1, 3, 2), "raises the Aland–Beland tie by .60; the median turns on the way (up to .15 off the nearest"
         " curve that only rises or only falls), and is farthest from 0 at dose .8 (+.90)"),
        # 0, −.3, −.9, −.3, −.6 is nearest to a mean of −.6 over the last three
        ((0, -1, -3, -1, -2), "lowers the Aland–Beland tie by .60; the median turns on the way (up to .30 off the "
         "nearest curve that only rises or only falls), and is farthest from 0 at dose .5 (−.90)"),
    ],
)  # fmt: skip
def test_title_of_the_dose(tmp_path: Path, response: Sequence[float], said: str) -> None:
    assert title(dose.draw(dosed(tmp_path / "r", response))) == f"The highest dose (1) {said}"


def test_distance_from_monotone() -> None:
    assert dose.off_monotone(np.array([0.0, 0.1, 0.3])) == (0.0, "rises")
    assert dose.off_monotone(np.array([0.0, -0.1, -0.3])) == (0.0, "falls")
    gap, does = dose.off_monotone(np.array([0.0, 0.2, 0.1]))
    assert (gap, does) == (pytest.approx(0.05), "rises")


def test_arms_that_differ_in_more_than_the_dose_are_left_out(tmp_path: Path) -> None:
    more = {"war": press(0.3), "alone": press(0.4, kinds=["sanctions"]), "lifted": press(0.6) + lift(2025.0)}
    result = dosed(
        tmp_path / "r", (0, 1, 2, 3, 4), events=more, effect=dict.fromkeys(more, NONE), war=["war"],
        labels={"war": "In war", "alone": "Sanctions alone", "lifted": "For a time"},
    )  # fmt: skip
    figure = dose.draw(result)
    assert tuple(marks(panels(figure)[0], "median")[0].get_xdata()) == DOSES
    left = "Left out, as they differ in more than the dose: “In war”, “Sanctions alone” and “For a time”."
    assert notes(figure).endswith(left)


def test_what_every_arm_bears_is_no_dose(tmp_path: Path) -> None:
    shared = press(0.9)[:1]
    doses = {"none": [], "some": press(0.2)[1:], "more": press(0.5)[1:]}
    events = {arm: [*shared, *own] for arm, own in doses.items()}
    figure = dose.draw(fake_result(tmp_path / "r", {"none": NONE, "some": NONE, "more": NONE}, events=events))
    assert tuple(marks(panels(figure)[0], "median")[0].get_xdata()) == (0.0, 0.2, 0.5)
    assert "Left out" not in notes(figure)


def test_without_a_dose_of_zero_the_baseline_is_the_reference(tmp_path: Path) -> None:
    figure = dose.draw(dosed(tmp_path / "r", (2.0, 1.0, 4.0), (0.5, 0.2, 1.0)))
    np.testing.assert_allclose(marks(panels(figure)[0], "median")[0].get_ydata(), [-0.3, 0.0, 0.6], atol=1e-12)
    assert "arm minus “d0.5”" in notes(figure)


def test_compliance_that_was_not_recorded_has_no_panel(tmp_path: Path) -> None:
    result = dosed(tmp_path / "r", (0, 1, 2, 3, 4))
    assert len(panels(dose.draw(result))) == 3
    result.bands = result.bands[result.bands["measure"] != "compliance"]
    assert len(panels(dose.draw(result))) == 2


def test_without_a_clean_start_none_is_drawn(tmp_path: Path) -> None:
    pressed, split = dosed(tmp_path / "d", (0, 1, 2, 3, 4)), squared(tmp_path / "s", ALONE, WAR, BOTH)
    pressed.outcomes = pressed.outcomes[pressed.outcomes["start"] != "clean"]
    split.verdicts = split.verdicts[split.verdicts["start"] != "clean"]
    for figure in (dose.draw(pressed), square.draw(split)):
        assert not [mark for axes in panels(figure) for gid in ("clean", "clean war") for mark in marks(axes, gid)]
        assert not [key for legend in figure.legends for key in legend.get_texts() if "clean" in key.get_text()]


def test_two_doses_are_too_few(tmp_path: Path) -> None:
    figure = dose.draw(dosed(tmp_path / "r", (0.0, 1.0), (0.0, 1.0)))
    assert title(figure) == "Too few doses of pressure to draw a response"
    assert not panels(figure)


# --- hysteresis -----------------------------------------------------------------------------------

SPREAD = np.array([-0.02, -0.01, 0.0, 0.01, 0.03])
PRESSED, AFTER = 0.6, 0.1


def looped(
    folder: Path, left: float, until: float = 2025.0, after: float = AFTER, spread: float = 1.0, **given: Any
) -> Result:
    """A bond that falls by .1 a year under pressure (from 2021), and jumps to what is left when that is lifted."""
    begun, over = TIMES >= 2021.0, np.searchsorted(TIMES, until) <= np.arange(len(TIMES))
    fall = -0.1 * np.clip(TIMES - 2021.0, 0.0, until - 2021.0)
    bond = np.where(over, left, fall)[:, None] + spread * SPREAD * (TIMES > 2021.0)[:, None]
    # the paths of the other arms: a luck that only pairs remove, and a third arm that is never lifted
    luck = np.array([0.4, -0.4, 0.1, 0.0, -0.1])
    courses = {"base": np.tile(luck, (len(TIMES), 1)), "loop": luck + bond, "kept": luck + fall[:, None]}
    kept = np.where(begun, PRESSED, AFTER)
    pressure = {"base": np.full(len(TIMES), AFTER), "loop": np.where(over, after, kept), "kept": kept}
    paths = {
        "cohesion": {arm: LEVEL + course for arm, course in courses.items()},
        "pressure": {arm: np.tile(course[:, None], (1, 5)) for arm, course in pressure.items()},
    }
    given.setdefault("events", {"loop": press(0.8) + lift(until), "kept": press(0.8)})
    return fake_result(folder, dict.fromkeys(courses, NONE), paths=paths, **given)


def test_loop_is_the_median_path_with_its_dates(tmp_path: Path) -> None:
    result = looped(tmp_path / "r", -0.3)
    loop, _ = panels(hysteresis.draw(result))
    (path,), (baseline,), (other,) = marks(loop, "path"), marks(loop, "baseline"), marks(loop, "other")
    under = (TIMES >= 2021.0) & (TIMES < 2025.0)
    np.testing.assert_allclose(path.get_xdata(), np.where(under, PRESSED, AFTER))
    bond = LEVEL + np.where(TIMES >= 2025.0, -0.3, -0.1 * np.clip(TIMES - 2021.0, 0.0, 4.0))
    luck = np.array([0.4, -0.4, 0.1, 0.0, -0.1])
    noise = [np.median(luck + SPREAD) if time > 2021.0 else np.median(luck) for time in TIMES]
    np.testing.assert_allclose(path.get_ydata(), bond + noise)
    np.testing.assert_allclose(baseline.get_ydata(), LEVEL)
    assert (other.get_xdata()[-1], other.get_ydata()[-1]) == pytest.approx((PRESSED, LEVEL - 0.9 + 0.5))
    named = {"2020 start": 2020.0, "2021 pressed": 2021.0, "2025 lifted": 2024.75, "2030 end": 2030.0}
    for label, time in named.items():
        (point,) = marks(loop, label.split()[1])
        step = int(np.searchsorted(TIMES, time))
        assert (point.get_xdata()[0], point.get_ydata()[0]) == (path.get_xdata()[step], path.get_ydata()[step])
    assert [text.get_text() for text in loop.get_legend().get_texts()] == list(named)


def test_a_lifting_where_it_was_pressed_hides_no_mark(tmp_path: Path) -> None:
    """The mark of what comes first is the larger."""
    axes = panels(hysteresis.draw(looped(tmp_path / "r", -0.1)))[0]
    first, later = (marks(axes, kind)[0].get_markersize() for kind in ("pressed", "lifted"))
    assert first > 1.4 * later


def test_arrows_point_where_time_goes(tmp_path: Path) -> None:
    loop, _ = panels(hysteresis.draw(looped(tmp_path / "r", -0.2)))
    # out to the right, down, back to the left; what follows is flat and has none
    steps = [np.subtract(arrow.xy, arrow.xyann) for arrow in marks(loop, "arrow")]
    assert [tuple(np.sign(np.round(step, 6))) for step in steps] == [(1, 0), (0, -1), (-1, 1)]


def test_a_leg_that_comes_back_has_an_arrow_each_way() -> None:
    axes = Figure().add_subplot(xlim=(0.0, 1.0), ylim=(0.0, 1.0))
    loop = hysteresis.Loop("loop", None, [2023.0], {}, (2024.0, 2024.0))
    x, y = np.array([0.5, 0.5, 0.5, 0.1, 0.1]), np.array([0.2, 0.8, 0.2, 0.2, 0.2])
    hysteresis._arrows(axes, loop, np.arange(2020.0, 2025.0), x, y)
    steps = [np.subtract(arrow.xy, arrow.xyann) for arrow in marks(axes, "arrow")]
    assert [tuple(np.sign(np.round(step, 6))) for step in steps] == [(0, 1), (0, -1), (-1, 0)]


@pytest.mark.parametrize(("until", "read"), [(2025.0, "2028–2028.75"), (2028.0, "2028–2028.75"), (2028.5, "2030")])
def test_gap_is_paired_and_read_after_the_lifting(tmp_path: Path, until: float, read: str) -> None:
    _, side = panels(hysteresis.draw(looped(tmp_path / "r", -0.3, until)))
    left = -0.3 + SPREAD
    assert marks(side, "median")[0].get_ydata()[0] == pytest.approx(-0.3)
    assert tuple(marks(side, "5–95")[0].get_ydata()) == pytest.approx(tuple(np.quantile(left, [LOW, HIGH])))
    assert tuple(marks(side, "25–75")[0].get_ydata()) == pytest.approx(tuple(np.quantile(left, [LOWER, UPPER])))
    assert side.get_xticklabels()[0].get_text() == f"{read}\n−.30\n(−.32 … −.27)"


@pytest.mark.parametrize(
    ("left", "given", "said"),
    [
        (0.3, {}, "The loop stays open: 3.75 years after lifting, the Aland–Beland tie is still .30 above “base” in "
         "the median draw"),
        (-0.3, {"until": 2029.0}, "The loop stays open: 1 year after lifting, the Aland–Beland tie is still .30 below "
         "“base” in the median draw"),
        (0.01, {}, "The loop closes: 3.75 years after lifting, the Aland–Beland tie is within .05 of “base”"),
        (0.0, {"spread": 3.0}, "Whether the loop closes hangs on the draw: 3.75 years after lifting, the Aland–Beland "
         "tie differs from “base” by 0 in the median draw (−.05 … +.08)"),
        (0.01, {"after": 0.0}, "The loop closes: 3.75 years after lifting, the Aland–Beland tie is within .05 of "
         "“base” (pressure .00 against .10)"),
    ],
)  # fmt: skip
def test_title_of_the_loop(tmp_path: Path, left: float, given: Mapping[str, Any], said: str) -> None:
    assert title(hysteresis.draw(looped(tmp_path / "r", left, **given))) == said


def test_pressure_that_runs_out_is_lifted_too(tmp_path: Path) -> None:
    events = {"loop": press(0.8, until=2025.0), "kept": press(0.8, until=2030.0)}
    figure = hysteresis.draw(looped(tmp_path / "r", -0.3, events=events))
    loop, _ = panels(figure)
    assert [text.get_text() for text in loop.get_legend().get_texts()][2] == "2025 lifted"


def test_every_arm_that_lifts_has_its_loop(tmp_path: Path) -> None:
    events = {"loop": press(0.8) + lift(2025.0), "kept": press(0.8) + lift(2029.5)}
    labels = {"loop": "Early", "kept": "Late"}
    figure = hysteresis.draw(looped(tmp_path / "r", 0.0, events=events, labels=labels))
    assert title(figure).startswith("“Early”: the loop closes")
    assert title(figure).endswith("Loops that stay open: 1 of 2")
    assert [axes.get_title(loc="left") for axes in panels(figure)[::2]] == ["Early", "Late"]


def test_what_is_left_is_read_after_the_last_lifting(tmp_path: Path) -> None:
    events = {"loop": press(0.8) + lift(2025.0) + lift(2029.0)}
    _, side = panels(hysteresis.draw(looped(tmp_path / "r", 0.0, events=events)))
    assert side.get_xticklabels()[0].get_text().startswith("2030\n")


@pytest.mark.parametrize("events", [{"kept": press(0.8)}, dict.fromkeys(("base", "loop", "kept"), lift(2025.0))])
def test_nothing_that_the_baseline_keeps_is_lifted(tmp_path: Path, events: Mapping[str, Events]) -> None:
    figure = hysteresis.draw(looped(tmp_path / "r", 0.0, events=events))
    assert title(figure) == "Nothing is lifted: there is no loop to draw"


def test_loop_without_pressure_says_so(tmp_path: Path) -> None:
    events = {"loop": press(0.8) + lift(2025.0)}
    figure = hysteresis.draw(fake_result(tmp_path / "r", {"base": NONE, "loop": NONE}, events=events))
    assert title(figure) == "Pressure was not recorded"


# --- square ---------------------------------------------------------------------------------------

ARMS = ("war", "neither", "all", "alone")
CONTRASTS = {
    "isolation": {"all": 0.5, "war": -0.5, "alone": 0.5, "neither": -0.5},
    "war": {"all": 0.5, "alone": -0.5, "war": 0.5, "neither": -0.5},
}


def part(name: str, contrast: Mapping[str, float], **given: Any) -> Estimand:
    about = {"claim": "doing", "label": name, "measure": "cohesion", "smallest": 0.05, "read": 10.0, "over": 1.0}
    return Estimand(**{**about, "name": name, "contrast": contrast, **given})


def squared(
    folder: Path, alone: Sequence[float], war: Sequence[float], both: Sequence[float], **given: Any
) -> Result:
    """A result with the changes of three arms against the fourth, which has a luck of its own, and the baseline war."""
    luck = np.array([0.5, -0.2, 0.1, 0.3, 0.0])
    changes = {"war": war, "neither": NONE, "all": both, "alone": alone}
    share = part("isolation-share", CONTRASTS["isolation"], share_of={"all": 1.0, "neither": -1.0}, smallest=0.5)
    given.setdefault("estimands", [share, *(part(name, contrast) for name, contrast in CONTRASTS.items())])
    return fake_result(folder, {arm: luck + np.asarray(changes[arm]) for arm in ARMS}, war=["war", "all"], **given)


ALONE, WAR, BOTH = [-0.10, -0.12, 0.0, 0.02, -0.30], [0.2, 0.3, 0.25, 0.1, 0.4], [0.2, 0.1, 0.3, -0.02, 0.2]


def test_square_draws_arms_and_parts_at_their_values(tmp_path: Path) -> None:
    figure = square.draw(squared(tmp_path / "r", ALONE, WAR, BOTH, clean=0.5))
    left, right = panels(figure)
    alone, war, both = np.array(ALONE), np.array(WAR), np.array(BOTH)
    isolation = (alone + both - war) / 2
    parts = {"isolation": isolation, "war": both - isolation, "both": both}
    for axes, expected in ((left, {"isolation": alone, "war": war, "both": both}), (right, parts)):
        for name, effect in expected.items():
            (bar,) = [patch for patch in axes.patches if patch.get_gid() == f"bar {name}"]
            assert bar.get_width() == pytest.approx(np.median(effect), abs=1e-6)
            (interval,) = marks(axes, f"interval {name}")
            assert tuple(interval.get_xdata()) == pytest.approx(tuple(np.quantile(effect, [LOW, HIGH])), abs=1e-6)
            assert interval.get_ydata()[0] == pytest.approx(bar.get_y() + bar.get_height() / 2)
        assert extent(marks(axes, "smallest effect")[0])[::2] == pytest.approx((-0.05, 0.1))
    assert marks(right, "clean war")[0].get_xdata()[0] == pytest.approx(np.median(0.5 * parts["war"]), abs=1e-6)
    words = [label.get_text().replace("\n", " ") for label in left.get_yticklabels()]
    assert words == ["Isolation alone: “alone”", "War alone: “war”", "Both: “all”"]
    assert "Neither: “neither”" in notes(figure)
    # in the fourth draw isolation's part is −.05 and the war's +.03, though alone they do .02 and .10
    assert title(figure).endswith("the part of the war is the larger in 80 % of draws")


@pytest.mark.parametrize(
    ("isolation", "war", "said"),
    [
        (NONE, [0.3] * 5, "The war raises the Aland–Beland tie by .30, while isolation hardly moves it (0), in the "
         "median draw; the part of the war is the larger in 100 % of draws"),
        ([-0.2] * 5, [0.03] * 5, "Isolation lowers the Aland–Beland tie by .20, while the war hardly moves it (+.03), "
         "in the median draw; the part of isolation is the larger in 100 % of draws"),
        ([0.1] * 5, [0.05, 0.08, 0.2, 0.3, 0.4], "Both raise the Aland–Beland tie: the war by .20, isolation by .10 in "
         "the median draw; the part of the war is the larger in 60 % of draws"),
        ([-0.3] * 5, [0.2] * 5, "Isolation lowers the Aland–Beland tie by .30, but the war raises it by .20 in the "
         "median draw; the part of isolation is the larger in 100 % of draws"),
        ([0.0, 0.0, 0.01, 0.2, 0.3], NONE, "Neither isolation (+.01) nor the war (0) moves the Aland–Beland tie by "
         "over .05 in the median draw; at least one does in 40 % of draws"),
    ],
)  # fmt: skip
def test_title_of_the_square_says_whose_doing_it_is(
    tmp_path: Path, isolation: Sequence[float], war: Sequence[float], said: str
) -> None:
    both = np.add(isolation, war)  # nothing between them, so that the parts are the effects alone
    assert title(square.draw(squared(tmp_path / "r", isolation, war, both))) == said


@pytest.mark.parametrize(
    "estimands",
    [
        [part("isolation", CONTRASTS["isolation"])],
        [part("isolation", CONTRASTS["isolation"]), part("war", {"all": 1.0, "war": -1.0})],
        [part(name, {arm: 2.0 * half for arm, half in contrast.items()}) for name, contrast in CONTRASTS.items()],
        [part(name, contrast, read=3.0) for name, contrast in CONTRASTS.items()],
        [part("isolation", CONTRASTS["isolation"]), part("war", CONTRASTS["isolation"])],
        [part("isolation", CONTRASTS["isolation"]), part("war", CONTRASTS["war"], measure="distance")],
    ],
    ids=["no war", "two arms", "no halves", "read at another time", "twice the same", "of two measures"],
)
def test_without_both_parts_there_is_no_square(tmp_path: Path, estimands: Sequence[Estimand]) -> None:
    figure = square.draw(squared(tmp_path / "r", ALONE, WAR, BOTH, estimands=estimands))
    assert title(figure) == "No claim splits a change between war and isolation"


# --- all three ------------------------------------------------------------------------------------


def long_labels(arms: Sequence[str]) -> dict[str, str]:
    return {arm: f"{arm}: {LONG}" for arm in arms}


FIGURES: Mapping[str, Callable[[Path], Figure]] = {
    "dose": lambda folder: dose.draw(dosed(folder, (0, 0.1, 0.3, 0.6, 0.5))),
    "dose, long names": lambda folder: dose.draw(
        dosed(folder, (0, 2, 3, 6, 5), labels=long_labels([f"d{level:g}" for level in DOSES]))
    ),
    "dose, three of them, bloc of one": lambda folder: dose.draw(
        dosed(folder, (0, -1, 1), (0.0, 0.01, 0.02), bloc=("AAA",), patron=None)
    ),
    "hysteresis": lambda folder: hysteresis.draw(looped(folder, -0.1)),
    "hysteresis, closed, long names": lambda folder: hysteresis.draw(
        looped(folder, 0.0, labels=long_labels(["base", "loop", "kept"]), war=["loop"])
    ),
    "hysteresis, two": lambda folder: hysteresis.draw(
        looped(folder, -0.3, events={"loop": press(0.8, 2025.0) + lift(2026.0), "kept": press(0.8) + lift(2029.5)})
    ),
    "square": lambda folder: square.draw(squared(folder, ALONE, WAR, BOTH)),
    "square, long names": lambda folder: square.draw(squared(folder, ALONE, WAR, BOTH, labels=long_labels(ARMS))),
    "dose, none": lambda folder: dose.draw(squared(folder, ALONE, WAR, BOTH)),
    "hysteresis, none": lambda folder: hysteresis.draw(squared(folder, ALONE, WAR, BOTH)),
    "square, none": lambda folder: square.draw(looped(folder, 0.0)),
}  # fmt: skip
