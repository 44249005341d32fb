"""Charts of the library: what is drawn is what was given, titles say which way it goes, nothing overlaps or is cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from fake_result import TIMES, WINDOW, fake_result
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from test_charts import LONG, NONE, UP, _pixels, down, extent, marks, notes, panels, title

from blocade.charts import arms_race, claims, poles, signmap, trade
from blocade.result import Result
from blocade.theories import MECHANISMS

GROWTH = np.clip((TIMES - 2021.0) / (WINDOW[0] - 2021.0), 0.0, 1.0)[:, None]
"""Effects grow in a line until the window, and then stay."""
Effects = Mapping[str, Sequence[float]]
ARMS: Effects = {"base": NONE, "press": UP, "relief": down(UP)}


def course(level: float, effects: Effects) -> dict[str, Any]:
    """The path of a measure in every arm from a level: [time, draw]."""
    return {arm: level + GROWTH * np.asarray(effect) for arm, effect in effects.items()}


def ending(level: float, ends: Mapping[str, float]) -> dict[str, Any]:
    """The path from one level to another in every arm, the same in all five draws."""
    return course(level, {arm: [end - level] * 5 for arm, end in ends.items()})


def at_end(line: Any) -> float:
    return float(line.get_ydata()[-1])


# --- poles and arms race --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "said"), [(UP, "raises {} by .10"), (down(UP), "lowers {} by .10"), (NONE, "hardly moves {} (median 0)")]
)
def test_titles_of_paths_follow_the_first_treated_arm(tmp_path: Path, effect: list[float], said: str) -> None:
    effects = {"base": [0.3] * 5, "press": [0.3 + value for value in effect]}
    paths = {"poles": course(2.0, effects), "armament": course(1.0, effects)}
    result = fake_result(tmp_path / "r", {"base": NONE, "press": UP}, paths=paths, labels={"press": "Pressure"})
    for draw, thing in ((poles.draw, "effective number of poles"), (arms_race.draw, "armament of Aland and Beland")):
        assert title(draw(result)).startswith(f"“Pressure” {said.format(f'the {thing}')}, against “base”")
    assert title(arms_race.draw(result)).endswith("(1 = world mean)")


def test_paths_are_drawn_at_their_values(tmp_path: Path) -> None:
    # tension moves the other way, so a panel that drew the wrong measure would be seen
    turned = {arm: down(list(effect)) for arm, effect in ARMS.items()}
    result = fake_result(tmp_path / "r", ARMS, paths={"poles": course(3.0, ARMS), "tension": course(0.5, turned)})
    shown = panels(poles.draw(result))
    assert [axes.get_title(loc="left") for axes in shown] == ["Poles", "Tension"]
    for axes, level, sign in zip(shown, (3.0, 0.5), (1.0, -1.0), strict=True):
        assert at_end(marks(axes, "median base")[0]) == pytest.approx(level)
        assert at_end(marks(axes, "median")[0]) == pytest.approx(level + sign * 0.10)
        assert at_end(marks(axes, "median relief")[0]) == pytest.approx(level - sign * 0.10)
        (outer,) = marks(axes, "5–95")
        ends = outer.get_paths()[0].vertices
        last = ends[ends[:, 0] == TIMES[-1], 1]
        low, high = np.quantile(level + sign * np.asarray(UP), [0.05, 0.95])
        assert (last.min(), last.max()) == pytest.approx((low, high))
        assert [at_end(line) for line in marks(axes, "baseline band")] == pytest.approx([level, level])
        assert (WINDOW[0], WINDOW[1]) == tuple(marks(axes, "window")[0].get_xdata())


def test_what_was_not_recorded_is_left_out(tmp_path: Path) -> None:
    result = fake_result(tmp_path / "r", ARMS, paths={"tension": course(0.5, ARMS)})
    assert title(poles.draw(result)).startswith("“press” raises the tension in the world by .10")
    assert len(panels(poles.draw(result))) == 1
    assert title(arms_race.draw(result)) == "No armament was recorded"
    assert "Name the chart in `charts:`" in notes(arms_race.draw(result))
    bare = fake_result(tmp_path / "bare", ARMS)
    assert title(poles.draw(bare)) == "Neither poles nor tension were recorded"
    assert title(trade.draw(bare)) == "No trade by partner was recorded"


def test_one_arm_is_a_path(tmp_path: Path) -> None:
    figure = poles.draw(fake_result(tmp_path / "r", {"base": NONE}, paths={"poles": course(2.0, {"base": UP})}))
    assert title(figure) == "One arm, “base”: the effective number of poles goes from 2.00 to 2.10 in the median draw"
    assert not marks(panels(figure)[0], "baseline band")


def test_armament_in_one_unit_spans_as_much_in_every_panel(tmp_path: Path) -> None:
    large = {"base": NONE, "press": [10 * value for value in UP]}
    small = {"base": NONE, "press": [value / 10 for value in UP]}
    paths = {"armament": course(3.0, large)}
    paths |= {"armament_watched": course(1.0, small), "armament_senders": course(0.1, small)}
    result = fake_result(tmp_path / "r", {"base": NONE, "press": UP}, paths=paths)
    result.scenario["watch"] = ["GGG", "HHH"]
    shown = panels(arms_race.draw(result))
    assert [axes.get_title(loc="left").replace("\n", " ") for axes in shown] == [
        "Bloc: Aland and Beland", "Neighbours that are watched: Geland and Haland", "Senders",
    ]  # fmt: skip
    spans = [float(np.diff(axes.get_ylim())[0]) for axes in shown]
    assert spans == pytest.approx([spans[0]] * 3)
    assert shown[2].get_ylim()[0] == pytest.approx(0.0)  # an armament is never below
    del result.scenario["watch"]
    assert panels(arms_race.draw(result))[1].get_title(loc="left").replace("\n", " ") == "Neighbours that are watched"


def test_the_war_shaded_is_named_where_arms_differ(tmp_path: Path) -> None:
    figures = [
        poles.draw(fake_result(tmp_path / "".join(war), ARMS, paths={"poles": course(2.0, ARMS)}, war=war))
        for war in (["base", "press", "relief"], ["press"])
    ]
    assert all(len(marks(panels(figure)[0], "war")) == 1 for figure in figures)
    assert ["Shaded: the war under “press”" in notes(figure) for figure in figures] == [False, True]


# --- trade ----------------------------------------------------------------------------------------

TWO = ("base", "press")
SHARES: Mapping[str, tuple[float, float, float]] = {
    "BBB": (0.05, 0.05, 0.05), "CCC": (0.2, 0.25, 0.4), "FFF": (0.1, 0.1, 0.1), "others": (0.05, 0.05, 0.05),
    "senders": (0.5, 0.45, 0.1), "missing": (0.0, 0.0, 0.2),
}  # fmt: skip
"""Of Aland's trade: at the start, at the end under the baseline, at the end under pressure."""


def trading(
    folder: Path, shares: Mapping[str, Mapping[str, tuple[float, float, float]]], arms: Sequence[str] = TWO
) -> Result:
    paths = {
        f"trade:{member}:{partner}": ending(start, dict(zip(arms, ends, strict=False)))
        for member, partners in shares.items()
        for partner, (start, *ends) in partners.items()
    }
    return fake_result(folder, dict.fromkeys(arms, NONE), paths=paths)


def area(axes: Axes, partner: str, time: float) -> tuple[float, float]:
    """Lower and upper edge of an area."""
    (found,) = marks(axes, f"area {partner}")
    edges = found.get_paths()[0].vertices
    at = edges[np.isclose(edges[:, 0], time), 1]
    return float(at.min()), float(at.max())


def test_trade_is_stacked_by_partner(tmp_path: Path) -> None:
    second = {"AAA": (0.3, 0.3, 0.3), "senders": (0.6, 0.6, 0.2)}
    shown = panels(trade.draw(trading(tmp_path / "r", {"AAA": SHARES, "BBB": second})))
    assert [axes.get_title(loc="left") for axes in shown] == [
        "Aland: base", "Aland: press", "Beland: base", "Beland: press",
    ]  # fmt: skip
    order = ["CCC", "FFF", "BBB", "others", "senders", "missing"]  # the largest state at the foot, what is lost on top
    for axes, which in zip(shown, (1, 2), strict=False):
        foot = 0.0
        for partner in order:
            assert area(axes, partner, TIMES[-1]) == pytest.approx((foot, foot + SHARES[partner][which]))
            foot += SHARES[partner][which]
    assert area(shown[0], "CCC", TIMES[0]) == pytest.approx((0.0, 0.2))
    assert area(shown[3], "senders", TIMES[-1]) == pytest.approx((0.3, 0.5))
    (lost,) = marks(shown[1], "area missing")
    assert lost.get_hatch() and not marks(shown[1], "area senders")[0].get_hatch()
    assert marks(shown[1], "normal trade")[0].get_ydata()[0] == 1.0
    # names stand in areas that are thick enough for them
    assert [text.get_text() for text in marks(shown[1], "name")] == ["Celand", "Efland", "senders", "lost"]
    looks = [to_hex(marks(axes, "area AAA")[0].get_facecolor()[0]) for axes in shown[2:]]
    assert looks[0] == looks[1] != to_hex(marks(shown[0], "area CCC")[0].get_facecolor()[0])


def test_title_of_trade_says_where_it_went(tmp_path: Path) -> None:
    others = {"AAA": (0.3, 0.3, 0.3), "FFF": (0.1, 0.35, 0.2), "senders": (0.6, 0.2, 0.4)}
    figure = trade.draw(trading(tmp_path / "r", {"AAA": SHARES, "BBB": others}))
    assert title(figure) == (
        "“press” instead of “base”: by 2028.75, of the normal trade of Aland the senders' share falls from 45 % to "
        "10 % and that of Celand rises from 25 % to 40 %; of the normal trade of Beland the senders' share rises from "
        "20 % to 40 % and that of Efland falls from 35 % to 20 %"
    )
    alone = trade.draw(trading(tmp_path / "alone", {"AAA": {**SHARES, "CCC": (0.3, 0.3, 0.3)}}, ["base"]))
    assert title(alone) == (
        "“base” since 2020: by 2028.75, of the normal trade of Aland the senders' share falls from 50 % to 45 % and "
        "that of Celand stays at 30 %"
    )
    assert len(panels(alone)) == 1


def test_small_partners_are_joined_to_the_others(tmp_path: Path) -> None:
    codes = ["BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH"]  # seven, of which the first two are the smallest
    shares = {code: (0.01 * k, 0.01 * k, 0.01 * k) for k, code in enumerate(codes, start=1)}
    figure = trade.draw(trading(tmp_path / "r", {"AAA": {**shares, "others": (0.2, 0.2, 0.2)}}))
    axes = panels(figure)[0]
    assert not marks(axes, "area BBB")
    low, high = area(axes, "others", TIMES[-1])
    assert high - low == pytest.approx(0.21)
    assert area(axes, "HHH", TIMES[-1]) == pytest.approx((0.0, 0.07))


# --- all verdicts ---------------------------------------------------------------------------------

ROW: Mapping[str, Any] = {
    "claim": "one", "words": "The first claim.", "scenario": "x", "estimand": "a", "label": "It rises", "unit": "tie",
    "estimate": 0.1, "low": 0.06, "high": 0.2, "share": 1.0, "down": 0.0, "flat": 0.0, "s": 0.05, "n": 200,
    "verdict": "supported",
}  # fmt: skip
NOTHING = dict.fromkeys(("estimate", "low", "high", "share", "down", "flat"), np.nan)


def verdict_table(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{**ROW, **row} for row in rows])


def test_effects_are_drawn_in_units_of_their_smallest_effect(tmp_path: Path) -> None:
    table = verdict_table(
        {},
        {"estimand": "b", "estimate": -2.0, "low": -4.0, "high": -1.0, "s": 0.5, "verdict": "reversed"},
        {"claim": "two", "words": "The second claim.", "verdict": "not answered", "n": 0, **NOTHING},
    )
    figure = claims.draw(table, "What came of it", "A source.")
    assert title(figure) == "What came of it"
    shown = panels(figure)
    assert [axes.get_title(loc="left") for axes in shown] == ["The first claim.", "The second claim."]
    for name, middle, ends, verdict in (("a", 2.0, (1.2, 4.0), "supported"), ("b", -4.0, (-8.0, -2.0), "reversed")):
        (median,), (interval,) = marks(shown[0], f"median one/{name}"), marks(shown[0], f"interval one/{name}")
        assert median.get_xdata()[0] == pytest.approx(middle)
        assert tuple(interval.get_xdata()) == pytest.approx(ends)
        assert (median.get_marker(), median.get_color()) == claims.LOOKS[verdict][:2]
    assert extent(marks(shown[0], "smallest effect")[0])[::2] == (-1.0, 2.0)
    assert not marks(shown[1], "interval two/a")
    assert [text.get_text() for text in marks(shown[1], "number two/a")] == ["not answered"]
    limits = {axes.get_xlim() for axes in shown}
    assert limits == {(-11.0, 11.0)}
    # marks stand below their own label and above the next one
    labels = [text.get_position()[1] for text in marks(shown[0], "label")]
    heights = [marks(shown[0], f"median one/{name}")[0].get_ydata()[0] for name in "ab"]
    assert labels[0] < heights[0] < labels[1] < heights[1]


def test_what_lies_beyond_the_axis_is_an_arrow() -> None:
    table = verdict_table(
        {"low": -0.6, "estimate": 0.0, "high": 0.4, "verdict": "conditional"},
        {"estimand": "b", "low": 0.6, "estimate": 1.17, "high": 2.0},
        {"estimand": "c", "low": 0.1, "estimate": 0.3, "high": 0.5},  # 10 smallest effects are still on the axis
    )
    (axes,) = panels(claims.draw(table, "t", "A source."))
    arrows = [[(mark.get_marker(), mark.get_xdata()[0]) for mark in marks(axes, f"beyond one/{k}")] for k in "abc"]
    assert arrows == [[("<", -10.5)], [(">", 10.5)], []]
    assert tuple(marks(axes, "interval one/a")[0].get_xdata()) == pytest.approx((-10.0, 8.0))
    assert marks(axes, "median one/b")[0].get_xdata()[0] == 10.0
    assert [text.get_text() for k in "abc" for text in marks(axes, f"number one/{k}")] == ["+23"]


def test_an_estimand_that_few_draws_answer_says_so() -> None:
    table = verdict_table({}, {"estimand": "b", "n": 37}, {"claim": "two", "scenario": "y", "n": 40})
    one, two = panels(claims.draw(table, "t", "A source."))
    assert [text.get_text() for text in marks(one, "label")] == ["It rises", "It rises (37 of 200 draws)"]
    assert [text.get_text() for text in marks(two, "label")] == ["It rises"]


def many_claims() -> pd.DataFrame:
    """25 claims with one to six estimands of every verdict, long words and labels among them."""
    rng = np.random.default_rng(1)
    rows = []
    for k in range(25):
        for j in range(1 + k % 6):
            middle, half = float(rng.normal(0.0, 0.3)), float(rng.uniform(0.0, 0.4))
            verdict = list(claims.LOOKS)[(k + j) % 5]
            found = {"estimate": middle, "low": middle - half, "high": middle + half}
            rows.append({
                "claim": f"c{k}", "words": LONG if k % 7 == 0 else f"Claim number {k} in words.", "estimand": f"e{j}",
                "label": LONG if j == 3 else f"Expectation {j} of it", "verdict": verdict, "n": 50 if j == 2 else 200,
                **(NOTHING if verdict == "not answered" else found),
            })  # fmt: skip
    return verdict_table(*rows)


def test_all_claims_find_a_place() -> None:
    table = many_claims()
    shown = panels(claims.draw(table, "t", "A source."))
    assert len(shown) == 25
    drawn = [str(mark.get_gid()) for axes in shown for mark in axes.lines if str(mark.get_gid()).startswith("median ")]
    assert drawn == [f"median {row.claim}/{row.estimand}" for row in table.itertuples()]
    lefts = [round(axes.get_position().x0, 6) for axes in shown]
    assert len(set(lefts)) == 3 and lefts == sorted(lefts)  # columns are read downwards
    feet = [min(axes.get_position().y0 for axes, at in zip(shown, lefts, strict=True) if at == x) for x in set(lefts)]
    assert max(feet) < 0.2  # and are about as long


# --- the sign map ---------------------------------------------------------------------------------

SETS = (
    ("without risk", "without", tuple(force for force in MECHANISMS if force != "risk")),
    ("full", "theory", tuple(MECHANISMS)), ("rally", "theory", ("sanction", "isolation")), ("homophily", "null", ()),
)  # fmt: skip


def sign_table(verdicts: Mapping[str, str], labels: Sequence[str] = ("It binds", "It parts")) -> pd.DataFrame:
    shares = {
        "supported": (0.95, 0.0, 0.2), "reversed": (0.0, 0.9, -0.3), "negligible": (0.0, 0.05, 0.0),
        "conditional": (0.5, 0.25, 0.06), "not answered": (np.nan, np.nan, np.nan),
    }  # fmt: skip
    rows = []
    for name, kind, mechanisms in SETS:
        for k, label in enumerate(labels):
            verdict = verdicts[name] if k == 0 else "conditional"
            up, fall, middle = shares[verdict]
            rows.append((name, kind, mechanisms, label, up, fall, 1 - up - fall, verdict, middle))
    names = ["theory", "kind", "mechanisms", "label", "up", "down", "flat", "verdict", "estimate"]
    return pd.DataFrame(rows, columns=names)


VERDICTS = {"full": "conditional", "rally": "supported", "homophily": "negligible", "without risk": "reversed"}


def only(axes: Axes, gid: str) -> Any:
    (mark,) = marks(axes, gid)
    return mark


def test_sign_map_draws_every_set_as_it_is() -> None:
    (axes,) = signmap.draw(sign_table(VERDICTS), "Does it?", "A source.").axes
    for name, _, mechanisms in SETS:
        assert [force for force in MECHANISMS if marks(axes, f"on {name}/{force}")] == [
            force for force in MECHANISMS if force in mechanisms
        ]
        off = [force for force in MECHANISMS if marks(axes, f"off {name}/{force}")]
        assert len(mechanisms) + len(off) == len(MECHANISMS)
        verdict = only(axes, f"verdict {name}/It binds")
        marker, colour, _ = claims.LOOKS[VERDICTS[name]]
        assert (verdict.get_marker(), verdict.get_markeredgecolor()) == (marker, colour)
        assert only(axes, f"verdict {name}/It parts").get_marker() == claims.LOOKS["conditional"][0]
    full, track = (extent(only(axes, f"{what} full/It binds")) for what in ("up", "track"))
    assert full[2] == pytest.approx(0.5 * track[2] / 2) and full[0] == pytest.approx(track[0] + track[2] / 2)
    assert extent(only(axes, "down full/It binds"))[2] == pytest.approx(-0.25 * track[2] / 2)
    texts = {name: only(axes, f"median {name}/It binds").get_text() for name in VERDICTS}
    assert texts == {"full": "+.06", "rally": "+.20", "homophily": "0", "without risk": "−.30"}
    # a row is one height: name, dots and cells; and a force is one column of dots
    height = {name: only(axes, f"cell {name}/It binds").get_y() for name, _, _ in SETS}
    assert list(height) != sorted(height, key=height.__getitem__) == ["full", "rally", "homophily", "without risk"]
    for name, top in height.items():
        (label,) = (text for text in marks(axes, "set") if text.get_text() == name)
        dot = (marks(axes, f"on {name}/trade") + marks(axes, f"off {name}/trade"))[0]
        assert top < label.get_position()[1] == dot.get_ydata()[0] < top + signmap.CELL
    heads = {text.get_text(): text.get_position()[0] for text in marks(axes, "force")}
    assert heads["risk"] == pytest.approx(only(axes, "off without risk/risk").get_xdata()[0])
    assert [text.get_text() for text in marks(axes, "kind")] == list(signmap.KINDS.values())


def test_title_of_the_sign_map_names_the_sets() -> None:
    said = (
        "Of 4 sets of mechanisms, “It binds” is true in 1 (rally), is reversed in 1 (without risk), is too small to "
        "count in 1 (homophily) and depends on parameters in 1 (full)"
    )
    assert title(signmap.draw(sign_table(VERDICTS), "Does it?", "A source.")) == f"Does it? {said}"
    assert title(signmap.draw(sign_table(VERDICTS), "", "A source.")) == said
    same = sign_table(dict.fromkeys(VERDICTS, "not answered"))
    assert title(signmap.draw(same, "X", "A source.")) == (
        "X: Of 4 sets of mechanisms, “It binds” has no answer in 4 (without risk, full, rally and homophily)"
    )
    more = pd.concat([same, sign_table(VERDICTS).assign(theory=lambda table: table["theory"] + " more")])
    assert signmap.headline(more.assign(verdict="supported")) == (
        "Of 8 sets of mechanisms, “It binds” is true in 8 (without risk, full, rally, homophily and 4 more)"
    )


def test_a_cell_without_an_answer_has_no_bars() -> None:
    (axes,) = signmap.draw(sign_table({**VERDICTS, "full": "not answered"}), "", "A source.").axes
    assert only(axes, "median full/It binds").get_text() == "none"
    assert not marks(axes, "up full/It binds") and not marks(axes, "track full/It binds")
    assert only(axes, "cell full/It binds").get_facecolor()[:3] == (1.0, 1.0, 1.0)


# --- every chart ----------------------------------------------------------------------------------


def paths_chart(draw: Callable[[Result], Figure], measures: Sequence[str]) -> Callable[[Path], Figure]:
    def figure(folder: Path) -> Figure:
        arms = dict(zip("abcdef", (NONE, UP, down(UP), UP, NONE, UP), strict=True))
        paths = {measure: course(1.0 + k, arms) for k, measure in enumerate(measures)}
        result = fake_result(folder, arms, paths=paths, labels=dict.fromkeys(arms, LONG), war=["a", "b"])
        result.scenario["watch"] = ["FFF", "GGG", "HHH"]
        return draw(result)

    return figure


def big_sign_map(_: Path) -> Figure:
    table = sign_table(VERDICTS, [LONG[: 10 + 12 * k].strip() for k in range(6)])
    parts = [table.assign(theory=table["theory"] + f" with number {k} of a longer name") for k in range(4)]
    return signmap.draw(pd.concat([*parts, table]), LONG, "A source.")


FIGURES: Mapping[str, Callable[[Path], Figure]] = {
    "poles": paths_chart(poles.draw, ["poles", "tension"]),
    "arms-race": paths_chart(arms_race.draw, ["armament", "armament_watched", "armament_senders"]),
    "trade": lambda folder: trade.draw(trading(folder, {"AAA": SHARES, "BBB": SHARES})),
    "trade, one arm": lambda folder: trade.draw(trading(folder, {"AAA": SHARES}, ["base"])),
    "claims": lambda _: claims.draw(many_claims(), LONG, "A source."),
    "claims, one": lambda _: claims.draw(verdict_table({}), "What came of it", "A source."),
    "signmap": big_sign_map,
    "signmap, small": lambda _: signmap.draw(sign_table(VERDICTS, ["It binds"]), "", "A source."),
}


@pytest.mark.parametrize("name", ["poles", "trade", "claims, one", "signmap, small"])
def test_the_readers_own_style_changes_nothing(tmp_path: Path, name: str) -> None:
    plain = _pixels(FIGURES[name](tmp_path / "plain"))
    with mpl.rc_context({"font.size": 20.0, "axes.facecolor": "red", "xtick.labelsize": 20.0, "figure.dpi": 50.0}):
        other = FIGURES[name](tmp_path / "other")
    np.testing.assert_allclose(_pixels(other), plain, atol=8)
