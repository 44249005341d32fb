"""Scenario discovery: boxes and trees with known answers, what chance may not pass for, the words, and the charts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from fake_result import LEVEL, fake_result
from helpers import seeds
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from test_charts import marks, notes, title

from blocade import api
from blocade.analysis import prim, tree
from blocade.analysis.conditions import (
    BOX_COLUMNS,
    FILES,
    box_table,
    conditions,
    limits,
    measured,
    tables,
    told,
    trajectory_table,
)
from blocade.analysis.discovery import Found, asked, cases_of, discover, effect_per_draw, varied
from blocade.charts import boxes, regimes
from blocade.claims import Estimand
from blocade.experiment.store import StoreError
from blocade.parameters import table
from blocade.result import Result
from blocade.text import number

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
SMALL = Path(__file__).parent / "small.yaml"
OPEN = np.inf


def planted(n: int = 400, parameters: int = 5, seed: int = 0) -> tuple[Array, Mask]:
    """Draws of which those are of interest whose first value is above .55 and whose third lies in .2–.7."""
    x = np.random.default_rng(seed).random((n, parameters))
    return x, (x[:, 0] > 0.55) & (x[:, 2] > 0.2) & (x[:, 2] < 0.7)


def frame(x: Array, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(x, columns=list(names))


def by_hand(inside: int, hits: int, draws: int = 100, cases: int = 40) -> prim.Box:
    return prim.Box(np.array([-OPEN]), np.array([OPEN]), draws, cases, inside, hits)


@st.composite
def draws(draw: st.DrawFn) -> tuple[Array, Mask]:
    """Random draws, half of them with many equal values, with any number of cases."""
    rng = np.random.default_rng(draw(seeds))
    x = rng.random((draw(st.integers(1, 60)), draw(st.integers(1, 4))))
    if draw(st.booleans()):
        x = np.floor(4.0 * x)
    hangs = x[:, 0] / max(1.0, x.max()) > rng.random() if draw(st.booleans()) else np.zeros(len(x), dtype=bool)
    return x, hangs ^ (rng.random(len(x)) < rng.random())


# --- the box ------------------------------------------------------------------------------------------------------


def test_a_planted_box_is_found_and_nothing_else() -> None:
    x, y = planted()
    found = prim.learn(x, y, seed=1)
    assert found.box.coverage > 0.97 and found.box.density > 0.97
    assert found.box.ends == ((0, 0), (2, 0), (2, 1))
    assert set(found.tested) == set(found.box.ends) and max(found.tested.values()) < 1e-10
    # draws lie .0025 apart, and the last peel may take a twentieth of the draws inside beside
    np.testing.assert_allclose(found.box.low[[0, 2]], [0.55, 0.2], atol=0.02)
    assert found.box.high[2] == pytest.approx(0.7, abs=0.02)


def test_a_planted_box_is_found_in_cases_that_are_partly_wrong_among_many_parameters() -> None:
    x, y = planted(n=300, parameters=40)
    wrong = np.random.default_rng(5).random(len(y)) < 0.08
    found = prim.learn(x, y ^ wrong, seed=1)
    assert found.box.restricted == (0, 2)
    inside = found.box.holds(x)
    assert np.mean(y[inside]) > 0.85 and np.mean(inside[y]) > 0.85
    assert found.dropped and all(value >= found.bar for value in found.dropped.values())
    assert all(value < found.bar <= prim.LEVEL for value in found.tested.values())


def test_in_noise_no_limit_is_more_than_chance() -> None:
    left = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x, y = rng.random((100, 8)), rng.random(100) < 0.35
        found = prim.learn(x, y, seed)
        assert len(found.path) > 10 and found.path[found.step].restricted  # there was something to drop
        left += [*found.box.ends]
        assert found.box.coverage == 1.0 or left
        assert tree.leaves(x, y, seed)[0].restricted == ()
    assert left == []


def test_chance_depends_on_the_seed_and_on_nothing_hidden() -> None:
    x, y = planted(n=60, parameters=3)
    assert prim.chance(x, y, 1) == prim.chance(x, y, 1) <= prim.LEVEL


@given(draws())
def test_a_trajectory_falls_in_support_and_counts_what_it_holds(given_draws: tuple[Array, Mask]) -> None:
    x, y = given_draws
    path = prim.peel(x, y)
    assert path[0].inside == len(y) and path[0].hits == y.sum() and not path[0].restricted
    for box in path:
        inside = box.holds(x)
        assert (box.inside, box.hits) == (inside.sum(), y[inside].sum())
        assert 0.0 < box.support <= 1.0 and 0.0 <= box.density <= 1.0
        assert 0.0 <= box.coverage <= 1.0 if y.any() else np.isnan(box.coverage)
    for before, after in pairwise(path):
        assert after.support < before.support and after.coverage <= before.coverage
        assert after.inside >= prim.least_inside(len(y))
        assert (after.low >= before.low).all() and (after.high <= before.high).all()
        assert len(set(after.ends) - set(before.ends)) <= 1


@given(draws(), seeds)
def test_pasting_never_makes_a_box_less_dense_or_smaller(given_draws: tuple[Array, Mask], seed: int) -> None:
    x, y = given_draws
    path = prim.peel(x, y)
    box = path[seed % len(path)]
    pasted = prim.paste(x, y, box)
    assert pasted.density >= box.density and pasted.support >= box.support
    assert (pasted.low <= box.low).all() and (pasted.high >= box.high).all()
    assert prim.paste(x, y, pasted).inside == pasted.inside


def test_pasting_gives_back_what_was_peeled_too_much() -> None:
    x = np.linspace(0.0, 1.0, 101)[:, None]
    y = x[:, 0] > 0.3
    tight = prim.counted(x, y, np.array([0.6]), np.array([0.8]))
    pasted = prim.paste(x, y, tight)
    assert pasted.high[0] == OPEN and pasted.low[0] == pytest.approx(0.305)
    assert (pasted.coverage, pasted.density) == (1.0, 1.0)


def test_a_peel_takes_the_end_that_leaves_most_cases_and_equal_values_together() -> None:
    x = np.repeat([[0.0], [1.0], [2.0], [3.0]], 10, axis=0)
    y = x[:, 0] == 3.0
    path = prim.peel(x, y)
    assert [box.inside for box in path] == [40, 30, 20, 10]
    assert [box.low[0] for box in path] == [-OPEN, 0.5, 1.5, 2.5]
    assert path[-1].density == 1.0
    # a value that never differs is never limited
    both = prim.peel(np.column_stack([np.ones(40), x]), y)
    assert [box.inside for box in both] == [40, 30, 20, 10] and both[-1].restricted == (1,)


def test_a_peel_goes_by_the_share_of_cases_that_it_leaves_and_not_by_their_number() -> None:
    # without the zeros of the first, which hold no case, 15 of 20 are cases; without the end of the second 15 of 38
    x = np.column_stack([np.repeat([0.0, 1.0], 20), np.arange(40.0)[::-1]])
    y = (x[:, 0] == 1.0) & (x[:, 1] >= 5.0)
    first = prim.peel(x, y)[1]
    assert first.ends == ((0, 0),) and (first.inside, first.hits) == (20, 15)


def test_a_peel_takes_a_twentieth_and_never_below_the_least_box() -> None:
    x = np.arange(200.0)[:, None]
    path = prim.peel(x, np.random.default_rng(0).random(200) < 0.5)
    assert [box.inside for box in path[:5]] == [200, 190, 181, 172, 164]
    assert path[-1].inside >= prim.least_inside(200) == 10
    assert prim.least_inside(1000) == 50


def test_of_the_boxes_that_are_dense_the_one_with_most_coverage_beyond_support_is_chosen() -> None:
    # densities .4, .74, .85, 1; coverage − support 0, .475, .45, .3: the second is not dense
    path = [by_hand(100, 40), by_hand(50, 39), by_hand(40, 34), by_hand(20, 20)]
    path[1] = by_hand(50, 37)
    assert prim.choose(path) == 2
    # none is dense: .6 − .3 beats .9 − .7 and 1 − 1
    assert prim.choose([by_hand(100, 40), by_hand(70, 36), by_hand(32, 25)]) == 2
    assert prim.choose([by_hand(100, 40), by_hand(50, 36), by_hand(32, 25)]) == 1
    # where nine of ten are cases, dense is .95, so the whole does not stand for a condition
    assert prim.dense_enough(0.9) == pytest.approx(0.95)
    assert prim.choose([by_hand(100, 90, cases=90), by_hand(80, 77, cases=90), by_hand(40, 40, cases=90)]) == 1


def test_quasi_p_is_the_binomial_chance_at_the_density_without_the_limit() -> None:
    # inside 10 draws, 8 of interest; without the lower end 20 and 10, so as many by chance: P(B(10, ½) ≥ 8) = 56/1024
    x = np.arange(20.0)[:, None]
    y = np.isin(x[:, 0], [0, 1, 10, 11, 12, 13, 14, 15, 16, 17])
    box = prim.counted(x, y, np.array([9.5]), np.array([OPEN]))
    assert (box.inside, box.hits) == (10, 8)
    assert prim.quasi_p(x, y, box) == {(0, 0): pytest.approx(56 / 1024)}
    # a limit that keeps nothing out says nothing
    idle = prim.counted(x, y, np.array([9.5]), np.array([100.0]))
    assert prim.quasi_p(x, y, idle)[0, 1] > 0.5
    stages = prim.eliminated(x, y, idle)
    assert [stage.ends for stage, _ in stages] == [((0, 0), (0, 1)), ((0, 0),), ()]


def test_screening_keeps_what_differs_and_equal_values_do_not_feign_a_difference() -> None:
    x, y = planted(n=300, parameters=30)
    kept = prim.screened(x, y)
    assert len(kept) == prim.SCREENED and {0, 2} <= set(kept) and kept == sorted(kept)
    x[:, 7] = 1.0  # sorted by case, a constant would differ most of all
    order = np.argsort(~y)
    assert 7 not in prim.screened(x[order], y[order])


# --- the tree -----------------------------------------------------------------------------------------------------


def test_a_tree_finds_a_planted_split() -> None:
    rng = np.random.default_rng(3)
    x = rng.random((300, 6))
    y = np.where(x[:, 4] > 0.6, x[:, 1] < 0.3, False)
    leaves = tree.leaves(x, y, seed=1)
    (pure,) = [leaf for leaf in leaves if leaf.density == 1.0]
    assert pure.coverage == 1.0 and pure.ends == ((1, 1), (4, 0))
    assert pure.low[4] == pytest.approx(0.6, abs=0.02) and pure.high[1] == pytest.approx(0.3, abs=0.04)
    assert sum(leaf.hits for leaf in leaves if leaf is not pure) == 0


@given(draws(), seeds)
def test_leaves_share_out_the_draws_and_are_large_enough(given_draws: tuple[Array, Mask], seed: int) -> None:
    x, y = given_draws
    leaves = tree.leaves(x, y, seed)
    assert (sum(leaf.holds(x).astype(int) for leaf in leaves) == 1).all()
    assert sum(leaf.inside for leaf in leaves) == len(y) and sum(leaf.hits for leaf in leaves) == y.sum()
    assert len(leaves) == 1 or min(leaf.inside for leaf in leaves) >= prim.least_inside(len(y))
    assert len(leaves) <= 2**tree.DEPTH


def test_gain_of_a_split_is_what_it_takes_off_the_sum_of_squares() -> None:
    x = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 2.0]])
    y = np.array([False, False, True, True])
    gains = tree.gains(x, np.argsort(x, axis=0, kind="stable"), y, least=1)
    # by the second parameter only the last draw can be split off; no split between equal values
    np.testing.assert_allclose(gains, [[1 / 3, 0], [1.0, 0], [1 / 3, 1 / 3]])
    assert (tree.gains(x, np.argsort(x, axis=0, kind="stable"), y, least=2) > 0.0).sum() == 1


# --- which draws are of interest ----------------------------------------------------------------------------------

NAMES = ("phi", "b_match", "mu")


def cases(effect: npt.ArrayLike, s: float = 0.05, order: Sequence[int] | None = None) -> Any:
    e = np.asarray(effect, dtype=float)
    x = frame(np.random.default_rng(0).random((len(e), 3)), NAMES)
    given_rows = range(len(e)) if order is None else order
    return cases_of(x.iloc[list(given_rows)], pd.Series(e).iloc[list(given_rows)], s)


def test_the_rarer_side_that_is_present_is_of_interest() -> None:
    found = cases([0.1] * 60 + [-0.1] * 30 + [0.0] * 10)
    assert (found.y.sum(), found.interest, found.note) == (30, "effect below −.05", "")
    found = cases([0.1] * 30 + [-0.1] * 60 + [0.0] * 10)
    assert (found.y.sum(), found.interest) == (30, "effect above +.05")
    # nine draws are too few to be a side; exactly the smallest effect is not beyond it
    found = cases([0.1] * 9 + [-0.1] * 61 + [0.05] * 30)
    assert (found.y.sum(), found.interest) == (61, "effect below −.05")


def test_where_all_draws_lie_on_one_side_it_says_so_and_takes_the_top_quarter() -> None:
    up = cases(np.linspace(0.1, 0.9, 100))
    assert up.y.sum() == 25 and up.interest == "effect above +.7"
    assert up.note == "All 100 draws have an effect above +.05: looked at is the top quarter"
    down = cases(np.linspace(-0.9, 0.0, 100))  # six are not below: fewer than a side
    assert down.y.sum() == 25 and down.interest == "effect above −.225"
    assert down.note == "All but 6 of 100 draws have an effect below −.05: looked at is the top quarter"
    flat = cases([*np.linspace(-0.04, 0.04, 97), 0.2, 0.2, 0.2])
    assert flat.note == "All but 3 of 100 draws have an effect within ±.05: looked at is the top quarter"
    assert flat.y.sum() == 25
    assert cases([0.2] * 100) is None


def test_the_order_of_draws_and_of_parameters_changes_nothing() -> None:
    x, y = planted(n=80, parameters=4)
    effect = pd.Series(np.where(y, 0.2, 0.0) + 0.01 * x[:, 1])
    names = ["phi", "b_match", "mu", "beta"]
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(80), [2, 0, 3, 1]
    one = cases_of(frame(x, names), effect, 0.05)
    other = cases_of(frame(x, names).iloc[rows, columns], effect.iloc[rows], 0.05)
    assert one is not None and other is not None
    assert one.names == other.names == ("b_match", "beta", "mu", "phi")
    for a, b in ((one.x, other.x), (one.y, other.y), (one.effect, other.effect), (one.draws, other.draws)):
        np.testing.assert_array_equal(a, b)
    first, second = (prim.learn(found.x, found.y, 7) for found in (one, other))
    assert first.tested == second.tested and first.bar == second.bar
    np.testing.assert_array_equal(first.box.low, second.box.low)


# --- words --------------------------------------------------------------------------------------------------------


def test_numbers_and_limits_in_words() -> None:
    assert [number(x) for x in (0.6234, -0.05, 1.4, 12.0, 0.0, 0.00938, -0.0)] == [
        ".623", "−.05", "1.4", "12", "0", ".00938", "0",
    ]  # fmt: skip
    assert [number(x, sign=True) for x in (0.05, -0.05, 0.0)] == ["+.05", "−.05", "0"]
    assert limits(0.62, OPEN, "1") == "above .62"
    assert limits(-OPEN, 0.9, "1/year") == "below .9 per year"
    assert limits(0.5, 1.5, "year") == "between .5 and 1.5 year"


def test_conditions_name_the_parameter_its_symbol_and_its_meaning() -> None:
    low, high = np.array([0.62, -OPEN]), np.array([OPEN, 0.9])
    box = prim.Box(low, high, 200, 52, 44, 37)
    entries = table()["phi"], table()["b_match"]
    assert conditions(box, entries, (0, 1)) == [
        "φ (phi, share of lost trade that willing partners could take up) above .62",
        "b_match (pull of a change in exchange match (needs met by the other's surplus)) below .9 per year",
    ]
    assert conditions(box, entries, (1, 0), full=False) == ["b_match below .9 per year", "φ (phi) above .62"]
    assert measured(box) == "coverage 71 %, density 84 %, support 22 %, of 200 draws"


# --- from a result ------------------------------------------------------------------------------------------------

PARAMETERS = ("b_match", "beta", "mu", "o_votes", "phi", "w_votes")
DRAWS = 160


def drawn_parameters(n: int = DRAWS) -> pd.DataFrame:
    entries = [table()[name] for name in PARAMETERS]
    u = np.random.default_rng(4).random((n, len(entries)))
    values = {entry.name: entry.low + (entry.high - entry.low) * u[:, k] for k, entry in enumerate(entries)}
    return pd.DataFrame({"draw": np.arange(n), **values, "delta": 0.5})


def stored(folder: Path, effect: dict[str, Any], drawn: pd.DataFrame, **given_more: Any) -> Result:
    """A result with these parameter sets; draws of the table come in another order than the outcomes."""
    fake_result(folder, effect, **given_more)
    drawn.iloc[::-1].to_parquet(folder / "draws.parquet")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["seed"] = 11
    manifest["inputs"]["scenario"] |= {"theory": "full", "parameters": {}}
    path.write_text(json.dumps(manifest))
    return Result(folder)


def bond(drawn: pd.DataFrame) -> Array:
    """An effect of +.2 where φ is above .5 and μ below .6, and near 0 elsewhere."""
    inside = (drawn["phi"] > 0.5) & (drawn["mu"] < 0.6)
    return np.asarray(np.where(inside, 0.2, -0.01) + 0.01 * drawn["beta"])


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    drawn = drawn_parameters()
    effect = {"base": np.zeros(DRAWS), "isolate": bond(drawn)}
    return stored(tmp_path_factory.mktemp("discovery") / "r", effect, drawn, labels={"isolate": "Isolation"})


@pytest.fixture(scope="module")
def found(result: Result) -> Found:
    return discover(result, "isolate/cohesion")


def test_a_discovery_finds_what_was_planted_in_a_result(found: Found) -> None:
    assert found.cases.names == ("b_match", "beta", "mu", "phi")
    assert {found.cases.names[column] for column in found.columns} == {"mu", "phi"} == set(found.pair or ())
    low, high = (dict(zip(found.cases.names, bound, strict=True)) for bound in (found.box.low, found.box.high))
    assert low["phi"] == pytest.approx(0.5, abs=0.03) and high["mu"] == pytest.approx(0.6, abs=0.03)
    assert found.box.coverage > 0.95 and found.box.density > 0.95
    for half in found.halves:
        assert half.fit.draws == half.held_out.draws == DRAWS // 2
        assert half.held_out.density > 0.8 and half.held_out.coverage > 0.8
    drawn = found.cases
    inside = drawn.x[drawn.draws % 2 == 1]  # learned on the even draws, so measured on these
    even = found.halves[0]
    assert even.learned_on == "even" and even.held_out.inside == even.fit.holds(inside).sum()
    medians = sorted(leaf.median for leaf in found.leaves)
    assert medians[0] < 0.0 and medians[-1] == pytest.approx(0.2, abs=0.01)


def test_the_terminal_tells_the_box_the_halves_and_the_tree(found: Found) -> None:
    text = told(found)
    count = int(found.cases.y.sum())
    assert f"Of interest: effect above +.05 (tie), in {count} of {DRAWS} draws" in text
    assert "φ (phi, share of lost trade that willing partners could take up) above" in text
    assert "μ (mu, loss of the surplus of technology and cash with pain) below" in text
    assert measured(found.box) in text and "quasi-p below .0001" in text
    assert "Learned on the even draws" in text and "Learned on the odd draws" in text
    assert "· where μ (mu) below" in text or "φ (phi) above" in text.partition("tree")[2]
    assert "None had to be." in text or "Dropped:" in text


def test_a_box_that_is_not_dense_and_a_long_list_of_chance_are_told_as_such(found: Found) -> None:
    assert "draws of interest are more frequent there" not in told(found)
    loose = replace(found.learned, box=replace(found.box, hits=found.box.inside // 2))
    dropped = replace(loose, dropped={(k, 0): 0.1 * (k + 1) for k in range(4)} | {(0, 1): 0.7, (1, 1): 0.8}, bar=0.01)
    text = told(replace(found, learned=dropped))
    assert "Less than 80 % dense: draws of interest are more frequent there, and no more than that." in text
    assert "\n\n\n" not in tables(replace(found, learned=dropped))["discover.md"]
    assert "chance alone reaches .01 in one of twenty shuffles of the draws. Dropped: b_match from below (.1)" in text
    assert "φ (phi) from below (.4) and 2 more." in text


def test_the_tables_hold_every_box_and_every_limit(found: Found) -> None:
    written = tables(found)
    assert tuple(written) == FILES[:3] and written["discover.md"].startswith("# When: ")
    path = pd.read_csv(StringIO(written["trajectory.csv"]))
    assert list(path["step"]) == list(range(len(found.learned.path))) and path["chosen"].sum() == 1
    assert path["coverage"].iloc[0] == 1.0 and pd.isna(path["limits"].iloc[0])
    assert path["limits"].iloc[-1].count("= ") == len(found.learned.path[-1].ends)
    np.testing.assert_allclose(path["density"], path["cases"] / path["inside"], rtol=1e-5)
    limits_table = box_table(found)
    assert tuple(limits_table) == BOX_COLUMNS
    kept = limits_table[limits_table["kept"]].set_index(["parameter", "end"])
    assert set(kept.index) == {("phi", "low"), ("mu", "high")}
    assert kept.loc[("phi", "low"), "limit"] == pytest.approx(0.5, abs=0.03)
    assert limits_table[~limits_table["kept"]]["limit"].isna().all()
    assert len(trajectory_table(found)) == len(path)
    page = written["discover.md"]
    assert "\n\n- " in page and "\n\n\n" not in page
    assert "![Coverage and density](boxes.png)" in page and "![The effect over two parameters](regimes.png)" in page
    assert "| Where | Draws | Of interest | Median effect |" in page and "\n- φ (phi, share of lost trade" in page


def test_the_first_conditional_estimand_is_asked_unless_one_is_named(result: Result) -> None:
    rows = [row for row in result.rows if row["start"] == "real"]
    assert [row["verdict"] for row in rows] == ["conditional", "conditional"]
    assert asked(result, None, "real")["estimand"] == "cohesion"
    assert asked(result, "distance", "real") == asked(result, "isolate/distance", "real")
    assert asked(result, None, "clean")["start"] == "clean"
    for name, start, said in (("nope", "real", "no estimand is named 'nope'; there are"), (None, "no", "no verdicts")):
        with pytest.raises(StoreError, match=said):
            asked(result, name, start)


def test_an_ambiguous_name_is_refused_and_a_verdict_that_is_not_conditional_comes_last(tmp_path: Path) -> None:
    drawn = drawn_parameters(60)
    effect = {"base": np.zeros(60), "one": np.full(60, 0.2), "two": bond(drawn)}
    several = stored(tmp_path / "r", effect, drawn)
    assert asked(several, None, "real")["claim"] == "two"
    with pytest.raises(StoreError, match="several estimands are named 'cohesion'; there are one/coh"):
        asked(several, "cohesion", "real")
    sure = stored(tmp_path / "s", {"base": np.zeros(60), "one": np.full(60, 0.2)}, drawn)
    assert asked(sure, None, "real")["claim"] == "one"
    with pytest.raises(StoreError, match="is the same in nearly every parameter set"):
        discover(sure, None)


def test_too_few_draws_are_refused(tmp_path: Path) -> None:
    drawn = drawn_parameters(20)
    with pytest.raises(StoreError, match=r"20 parameter sets give one/cohesion a number; .* needs 50"):
        discover(stored(tmp_path / "r", {"base": np.zeros(20), "one": bond(drawn)}, drawn), None)


def test_only_parameters_that_differ_between_runs_are_looked_at(result: Result, tmp_path: Path) -> None:
    # delta is fixed; weights of ties are drawn but used from one start alone; o_votes is read by no run
    assert varied(result, "real") == ["b_match", "beta", "mu", "phi"]
    assert varied(result, "drawn-ties") == ["b_match", "beta", "mu", "phi", "w_votes"]
    drawn = drawn_parameters(60)
    effect = {"base": np.zeros(60), "one": bond(drawn)}
    with pytest.raises(StoreError, match="made with other parameters"):
        varied(stored(tmp_path / "r", effect, drawn.assign(epsilon=drawn["phi"])), "real")
    with pytest.raises(StoreError, match="every parameter is fixed"):
        varied(stored(tmp_path / "s", effect, drawn[["draw", "delta"]]), "real")


def test_draws_without_a_total_do_not_count(tmp_path: Path) -> None:
    drawn = drawn_parameters(120)
    effect = {"base": np.zeros(120), "part": bond(drawn), "whole": np.where(np.arange(120) < 90, 0.4, 0.0)}
    share = Estimand(
        "whose", "share", "Most is its doing", "cohesion", {"part": 1.0, "base": -1.0}, 0.25, 10.0, 1.0,
        share_of={"whole": 1.0, "base": -1.0}, total_above=0.05,
    )  # fmt: skip
    result = stored(tmp_path / "r", effect, drawn, estimands=[share])
    row = asked(result, None, "real")
    per_draw = effect_per_draw(result, row)
    assert per_draw.isna().sum() == 30 and row["n"] == 90
    np.testing.assert_allclose(per_draw.dropna(), bond(drawn)[:90] / 0.4)
    found = discover(result, None)
    assert len(found.cases.y) == 90 and found.total == 120
    assert "30 more draws have no total to take a share of" in told(found)


def test_results_whose_outcomes_do_not_give_the_verdict_are_refused(tmp_path: Path) -> None:
    drawn = drawn_parameters(60)
    result = stored(tmp_path / "r", {"base": np.zeros(60), "one": bond(drawn)}, drawn)
    row = asked(result, None, "real")
    assert effect_per_draw(result, row).median() == pytest.approx(row["estimate"], abs=1e-6)
    for changed in ({"estimate": row["estimate"] + 0.001}, {"n": 59}):
        with pytest.raises(StoreError, match="do not give its verdict"):
            effect_per_draw(result, {**row, **changed})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    """Real runs: of the small scenario with two replicates, and of one that reads at two times and takes a share."""
    folder = tmp_path_factory.mktemp("runs")
    small = replace(api.read(SMALL), replicates=2, charts=("verdicts",))
    article = replace(
        api.load_scenario("isolate-russia-north-korea"), starts=("real",), draws=6, charts=("verdicts",)
    )
    return [api.run(one, folder / one.name, workers=1) for one in (small, article)]


def test_the_effect_per_draw_is_the_verdicts(runs: list[Result]) -> None:
    reads = set()
    for result in runs:
        for row in result.rows:
            effect = effect_per_draw(result, row)
            assert list(effect.index) == list(range(result.scenario["draws"]))
            counted = effect.dropna()
            assert len(counted) == row["n"] > 0
            middle, low, high = counted.quantile([0.5, 0.05, 0.95])
            assert (middle, low, high) == pytest.approx([row[key] for key in ("estimate", "low", "high")], abs=2e-6)
            assert float(np.mean(counted > row["s"])) == pytest.approx(row["share"], abs=1e-6)
            reads.add((row["read"], row["share_of"] is None))
    assert len({read for read, _ in reads}) == 2 and {plain for _, plain in reads} == {True, False}


# --- charts -------------------------------------------------------------------------------------------------------


def panel(figure: Figure) -> Axes:
    return figure.axes[0]


def test_the_trade_off_shows_every_box_and_the_one_that_is_told(result: Result, found: Found) -> None:
    figure = boxes.draw(result, found)
    axes = panel(figure)
    (dots,), (line,) = marks(axes, "boxes"), marks(axes, "path")
    path = found.learned.path
    np.testing.assert_allclose(dots.get_offsets(), [(box.coverage, box.density) for box in path])
    np.testing.assert_allclose(dots.get_array(), [len(box.restricted) for box in path])
    assert len(line.get_xdata()) == len(path)
    chosen = path[found.learned.step]
    for gid, box in (("chosen", chosen), ("box", found.box)):
        (mark,) = marks(axes, gid)
        assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (box.coverage, box.density)
    for half in found.halves:
        (mark,) = marks(axes, f"half {half.learned_on}")
        assert mark.get_ydata()[0] == half.held_out.density
    assert marks(axes, "base")[0].get_ydata()[0] == pytest.approx(found.cases.y.mean())
    assert axes.get_xlabel() == "Coverage (share of all draws of interest that lie inside)"
    assert axes.get_ylabel() == "Density (share of the draws inside that are of interest)"
    assert figure.axes[1].get_ylabel() == "Parameters with a limit"
    said = title(figure)
    assert said.startswith("“isolate raises cohesion”: effect above +.05 in ")
    assert "φ above" in said and "μ below" in said and "lie there" in said
    assert "see the triangles" in notes(figure)


def test_where_chance_explains_all_the_trade_off_says_so(tmp_path: Path) -> None:
    drawn = drawn_parameters(60)
    noise = np.random.default_rng(3).normal(0.0, 0.1, 60)
    result = stored(tmp_path / "r", {"base": np.zeros(60), "one": noise}, drawn)
    found = discover(result, None)
    assert not found.columns and found.box.coverage == 1.0 and found.learned.dropped
    assert "No limit on any parameter sets these draws apart better than chance." in told(found)
    assert "no split tells more than chance" in told(found)
    assert "No split tells more than chance." in tables(found)["discover.md"]
    figure = boxes.draw(result, found)
    assert title(figure).endswith("and no limit on a parameter sets them apart better than chance")
    assert len(marks(panel(figure), "chosen")) == 1 and not marks(panel(figure), "box")


def test_the_map_shows_the_draws_the_surface_and_where_it_is_0(result: Result, found: Found) -> None:
    figure = regimes.draw(result, found, "phi", "mu")
    axes = panel(figure)
    (dots,), (surface,), (zero,) = (marks(axes, gid) for gid in ("draws", "surface", "zero"))
    at = found.cases.x[:, [found.cases.names.index(name) for name in ("phi", "mu")]]
    np.testing.assert_allclose(dots.get_offsets(), at)
    np.testing.assert_allclose(dots.get_array(), found.cases.effect)
    assert surface.norm.vmin == -surface.norm.vmax and dots.norm is surface.norm
    assert zero.levels == pytest.approx([0.0])
    assert axes.get_xlabel().replace("\n", " ") == (
        "φ (phi, share of lost trade that willing partners could take up), no unit"
    )
    assert axes.get_ylabel().replace("\n", " ").endswith("with pain), no unit")
    assert figure.axes[1].get_ylabel() == "Effect (tie)"
    assert "of the plane of φ and μ; these two tell" in title(figure)
    beta = regimes.draw(result, found, "beta", "phi")
    assert panel(beta).get_xlabel().endswith("resting value), 1/year")


def test_a_sliver_of_the_map_is_not_rounded_away(found: Found) -> None:
    """A line where the effect changes its sign is drawn, so the title must not say that it does nowhere."""
    line = np.linspace(0.0, 1.0, regimes.GRID)
    nearly = regimes.GRID**2 - 1
    for above, said in ((1, "above 0 in under 1 % of"), (nearly, "above 0 in over 99 % of"), (0, "nowhere above 0")):
        effect = np.full(regimes.GRID**2, -0.1)
        effect[:above] = 0.1
        drawn = regimes.Surface(line, line, effect.reshape(regimes.GRID, -1), 0.5)
        assert said in regimes._title(found, "phi", "mu", drawn)


def test_the_surface_is_the_plane_where_the_effect_is_one() -> None:
    x = np.random.default_rng(0).random((80, 2)) * [2.0, 10.0]
    effect = 0.3 * x[:, 0] - 0.05 * x[:, 1]
    held = np.clip(effect, *np.quantile(effect, regimes.INNER))
    at = np.array([[0.5, 0.5], [0.3, 0.6]])
    np.testing.assert_allclose(regimes.smooth(at, x / [2.0, 10.0], effect), 0.6 * at[:, 0] - 0.5 * at[:, 1], atol=1e-10)
    drawn = regimes.surface(x, effect)
    assert drawn.told > 0.95 and drawn.effect.shape == (regimes.GRID, regimes.GRID)
    assert held.min() - 0.05 < np.nanmin(drawn.effect) < np.nanmax(drawn.effect) < held.max() + 0.05
    # rows follow the second axis, along which the effect falls
    middle = drawn.effect[15:-15, 15:-15]
    assert (np.diff(middle, axis=0) < 0.0).all() and (np.diff(middle, axis=1) > 0.0).all()


def test_left_out_draws_are_left_out_of_their_own_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    x, noise = rng.random((60, 2)), rng.normal(size=60)
    assert regimes.surface(x, noise).told < 0.1
    whole = regimes.smooth(x, x, noise, without_own=True)
    one = regimes.smooth(x[:1], x[1:], noise[1:])
    # the nearest half of 59 draws is that of 60 without the draw itself
    assert whole[0] == pytest.approx(one[0])
    monkeypatch.setattr(regimes, "CELLS", 700)  # in pieces of eleven places
    np.testing.assert_allclose(regimes.smooth(x, x, noise, without_own=True), whole)


def test_draws_on_few_places_can_be_smoothed() -> None:
    x = np.repeat([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], 20, axis=0)
    drawn = regimes.surface(x, x[:, 0] + LEVEL)
    assert np.isfinite(drawn.effect).any()


def test_charts_fit_and_name_no_parameter_that_is_not_there(result: Result, found: Found, tmp_path: Path) -> None:
    for name, figure in (("b", boxes.draw(result, found)), ("r", regimes.draw(result, found, *found.pair or ("", "")))):
        figure.savefig(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
        width, height = figure.bbox.width, figure.bbox.height
        for text in figure.texts:
            box = text.get_window_extent()
            assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text.get_text()
    with pytest.raises(ValueError, match="'delta' did not vary; there are b_match, beta, mu, phi"):
        regimes.draw(result, found, "delta", "phi")
