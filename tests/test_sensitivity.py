"""Sensitivity and designs: known answers first, then what a scenario can throw at them, then words and chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from SALib.test_functions import Ishigami
from test_charts import marks, notes, panels, title
from test_charts_library import only

from blocade.analysis.sensitivity import (
    HARDLY,
    INDEX_COLUMNS,
    LEAST_N,
    LEAST_R,
    MOST_KEPT,
    MOST_R,
    SCREEN_COLUMNS,
    Factor,
    budget,
    factors,
    indices,
    parameter_sets,
    screen,
    shared_warnings,
)
from blocade.analysis.sensitivity_report import markdown, told
from blocade.charts import tornado
from blocade.charts.style import BLUE, ORANGE, tint
from blocade.equations.arrays import Array
from blocade.experiment.designs import METHODS, key, points
from blocade.experiment.pool import in_processes
from blocade.parameters import Setting, sample, table
from blocade.theories import theories

NAMES = list(table())
Function = Callable[[Array], Array]


def unit_factors(count: int, held: float = 0.5) -> tuple[Factor, ...]:
    return tuple(Factor(f"x{k}", 0.0, 1.0, held, f"x{k}", f"factor {k}") for k in range(1, count + 1))


def one(function: Function) -> Function:
    """A function of [n, factor] as an evaluator of one estimand."""
    return lambda unit: function(unit)[:, None]


def several(*functions: Function) -> Function:
    return lambda unit: np.stack([function(unit) for function in functions], axis=-1)


def ishigami(unit: Array) -> Array:
    """sin x₁ + 7 sin² x₂ + 0.1 x₃⁴ sin x₁ on [−π, π]³."""
    return np.asarray(Ishigami.evaluate(np.pi * (2.0 * unit - 1.0), A=7.0, B=0.1))


def linear(*weights: float) -> Function:
    return lambda unit: unit @ np.array(weights)


def constant(unit: Array) -> Array:
    return np.full(len(unit), 0.3)


def names_of(count: int) -> list[str]:
    return [factor.name for factor in unit_factors(count)]


def alone(function: Function, count: int, n: int = 512, seed: int = 1) -> pd.DataFrame:
    """Indices of one function of all its factors, by factor."""
    found = indices(one(function), unit_factors(count), names_of(count), {"y": 0.01}, n, seed)
    return found.set_index("factor")


# --- known answers --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ishigami(seed: int) -> None:
    """Ishigami and Homma 1990, a = 7, b = .1: S1 = .3139, .4424, 0 and ST = .5576, .4424, .2437, in closed form."""
    a, b = 7.0, 0.1
    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    first = np.array([0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8, 0.0]) / variance
    total = first + np.array([1.0, 0.0, 1.0]) * b**2 * np.pi**8 * (1 / 18 - 1 / 50) / variance
    np.testing.assert_allclose(first, [0.3139, 0.4424, 0.0], atol=5e-5)
    np.testing.assert_allclose(total, [0.5576, 0.4424, 0.2437], atol=5e-5)
    found = alone(ishigami, 3, 1024, seed)
    for column, answer in (("S1", first), ("ST", total)):
        np.testing.assert_allclose(found[column], answer, atol=0.03)
        assert (np.abs(found[column] - answer) <= found[f"{column}_conf"]).all()
        assert (found[f"{column}_conf"] < 0.1).all()
    assert list(found["N"]) == [1024] * 3
    assert list(found["warning"]) == ["", "", "S1 may be 0"]


def test_sobol_g() -> None:
    """Sobol' G with a = 0, 1, 4.5, 9, 99: Vᵢ = 1/(3(1+aᵢ)²), S1ᵢ = Vᵢ/V, STᵢ = Vᵢ ∏_{j≠i}(1+Vⱼ)/V."""
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0])
    part = 1.0 / (3.0 * (1.0 + a) ** 2)
    whole = np.prod(1.0 + part)
    first, total = part / (whole - 1.0), part * whole / (1.0 + part) / (whole - 1.0)
    found = alone(lambda unit: np.prod((np.abs(4.0 * unit - 2.0) + a) / (1.0 + a), axis=1), 5, 1024)
    np.testing.assert_allclose(found["S1"], first, atol=0.03)
    np.testing.assert_allclose(found["ST"], total, atol=0.03)


def test_an_interaction_alone() -> None:
    """(x₁−½)(x₂−½): no share alone, all of it with the other: S1 = 0, ST = 1."""
    found = alone(lambda unit: (unit[:, 0] - 0.5) * (unit[:, 1] - 0.5), 2, 1024)
    np.testing.assert_allclose(found["S1"], 0.0, atol=0.03)
    np.testing.assert_allclose(found["ST"], 1.0, atol=0.05)
    assert list(found["warning"]) == ["S1 may be 0"] * 2


def test_intervals_hold_the_answer_as_often_as_they_say() -> None:
    """90 % intervals, of 20 seeds: at least 16 hold it; the bootstrap errs on the wide side."""
    found = [alone(ishigami, 3, 256, seed) for seed in range(20)]
    for column, answer in (("S1", [0.3139, 0.4424, 0.0]), ("ST", [0.5576, 0.4424, 0.2437])):
        held = sum((np.abs(one[column] - answer) <= one[f"{column}_conf"]).astype(int) for one in found)
        assert (held >= 16).all()
        wide = np.mean([one[f"{column}_conf"] for one in found], axis=0)
        assert (wide < 0.2).all()


def test_morris_of_a_linear_function_gives_its_weights() -> None:
    weights = (3.0, -2.0, 0.5, 0.0)
    screened = screen(one(linear(*weights)), unit_factors(4), {"y": 0.01}, 10, 1).table
    assert tuple(screened) == SCREEN_COLUMNS
    np.testing.assert_allclose(screened["mu_star"], np.abs(weights), atol=1e-12)
    np.testing.assert_allclose(screened["sigma"], 0.0, atol=1e-12)
    np.testing.assert_allclose(screened["mu_star_conf"], 0.0, atol=1e-12)
    assert list(screened["kept"]) == [True, True, True, False]


def test_morris_sees_an_interaction_as_spread() -> None:
    screened = screen(one(lambda unit: unit[:, 0] * unit[:, 1]), unit_factors(2), {"y": 0.01}, 40, 1).table
    np.testing.assert_allclose(screened["mu_star"], 0.5, atol=0.1)
    assert (screened["sigma"] > 0.2).all() and (screened["mu_star_conf"] > 0.03).all()


# --- what is kept ---------------------------------------------------------------------------------


def test_the_eight_strongest_are_kept_in_the_order_of_the_factors() -> None:
    weights = [0.1, 5.0, 0.2, 4.0, 3.0, 2.0, 1.0, 0.9, 0.8, 0.7, 0.05, 0.0]
    screening = screen(one(linear(*weights)), unit_factors(12), {"y": 0.01}, 10, 1)
    assert screening.kept == ("x2", "x4", "x5", "x6", "x7", "x8", "x9", "x10")
    assert len(screening.kept) == MOST_KEPT
    left = screening.left["y"]
    assert list(left.index) == ["x1", "x3", "x11", "x12"]
    np.testing.assert_allclose(left, [0.02, 0.04, 0.01, 0.0], atol=1e-12)


def test_what_was_left_could_matter_up_to_the_end_of_its_interval() -> None:
    def jumps(unit: Array) -> Array:
        return linear(*[10.0] * 8, 0.0)(unit) + 30.0 * (unit[:, 8] > 0.9) * (unit[:, 0] > 0.9)

    screening = screen(one(jumps), unit_factors(9), {"y": 0.01}, 20, 3)
    row = screening.table.iloc[8]
    assert not row["kept"] and row["mu_star_conf"] > 0.0
    largest = screening.table["mu_star"].max()
    assert screening.left.loc["x9", "y"] == pytest.approx((row["mu_star"] + row["mu_star_conf"]) / largest)


def test_every_effect_has_its_say() -> None:
    """x₁₀ hardly moves the first effect, but alone moves the second, in a unit of its own."""
    first, second = linear(*range(10, 1, -1), 0.01), linear(*[0.0] * 9, 0.2)
    screening = screen(several(first, second), unit_factors(10), {"a": 0.01, "b": 0.01}, 10, 1)
    assert screening.kept == (*names_of(7), "x10")
    assert list(screening.table.query("kept")["factor"]) == [*screening.kept] * 2


def test_what_matters_much_for_one_effect_goes_before_what_matters_little_for_two() -> None:
    first, second = linear(*[10.0] * 7, 4.0, 6.0), linear(*[10.0] * 7, 4.0, 0.0)
    screening = screen(several(first, second), unit_factors(9), {"a": 0.01, "b": 0.01}, 10, 1)
    assert screening.kept == (*names_of(7), "x9")
    assert list(screening.left.loc["x8"]) == pytest.approx([0.4, 0.4])


def test_an_effect_that_nothing_moves_enough_does_not_crowd_out_others() -> None:
    first, second = linear(*range(10, 1, -1), 0.0), linear(*[0.0] * 9, 0.001)
    screening = screen(several(first, second), unit_factors(10), {"a": 0.05, "b": 0.05}, 10, 1)
    assert "x10" not in screening.kept
    assert screening.left.loc["x10", "b"] == pytest.approx(0.02)


def test_nothing_is_kept_where_nothing_moves() -> None:
    screening = screen(one(constant), unit_factors(3), {"y": 0.05}, 10, 1)
    assert screening.kept == () and not screening.table["mu_star"].any()
    found = indices(one(constant), unit_factors(3), screening.kept, {"y": 0.05}, 64, 1)
    assert found.empty and tuple(found) == INDEX_COLUMNS
    for text in (told(screening, found), markdown(screening, found)):
        assert "Kept: none, as nothing moves an effect that has a number." in text
        assert "No effect has Sobol' indices." in text


def test_an_effect_without_a_number_has_no_say() -> None:
    def gaps(unit: Array) -> Array:
        return np.where(unit[:, 0] > 0.9, np.nan, unit[:, 0])

    asked = {"gaps": 0.01, "whole": 0.01}
    screening = screen(several(gaps, linear(0.0, 1.0)), unit_factors(2), asked, 10, 1)
    assert screening.kept == ("x2",)
    assert list(screening.lost) == ["gaps"] and 0 < screening.lost["gaps"] < 30
    assert screening.table.query("estimand == 'gaps'")["mu_star"].isna().all()
    assert list(screening.reach) == ["whole"]
    found = indices(several(gaps, linear(1.0, 1.0)), unit_factors(2), ["x1", "x2"], asked, 64, 1)
    rows = found.query("estimand == 'gaps'")
    assert rows[["S1", "S1_conf", "ST", "ST_conf"]].isna().all(axis=None)
    assert rows["warning"].str.fullmatch(r"no number at \d+ of 256 points: no indices").all()
    assert found.query("estimand == 'whole'")["ST"].notna().all()
    said = told(screening, found)
    assert "“gaps” has no number at" in said and "of 256 points: no indices" in said


# --- indices: what is held, and warnings ----------------------------------------------------------


def test_what_is_not_kept_is_held_at_its_central_value() -> None:
    """x₁ x₃ with x₃ held at .25 is linear in x₁."""
    seen: list[Array] = []

    def evaluate(unit: Array) -> Array:
        seen.append(unit)
        return (unit[:, 0] * unit[:, 2] + 0.1 * unit[:, 1])[:, None]

    held = (*unit_factors(2), Factor("x3", 2.0, 6.0, 3.0, "x3", ""))
    found = indices(evaluate, held, ["x2", "x1"], {"y": 0.01}, 256, 1)
    (unit,) = seen
    assert unit.shape == (256 * 4, 3)
    assert (unit[:, 2] == 0.25).all() and np.ptp(unit[:, 0]) > 0.9 and np.ptp(unit[:, 1]) > 0.9
    assert list(found["factor"]) == ["x1", "x2"]
    share = 0.25**2 / (0.25**2 + 0.1**2)
    np.testing.assert_allclose(found["ST"], [share, 1.0 - share], atol=0.02)


@pytest.mark.parametrize("level", [0.0, 0.3, 1e6])
def test_an_effect_that_does_not_vary_has_no_indices(level: float) -> None:
    found = alone(lambda unit: level + 1e-16 * unit[:, 0], 2, 64)
    assert found[["S1", "S1_conf", "ST", "ST_conf"]].isna().all(axis=None)
    assert list(found["warning"]) == ["the effect does not vary: no indices"] * 2


def test_an_effect_that_hardly_varies_is_told() -> None:
    found = indices(one(linear(0.1, 0.0)), unit_factors(2), ["x1", "x2"], {"y": 0.05}, 128, 1)
    assert found["ST"].iloc[0] == pytest.approx(1.0, abs=0.02)
    (said,) = shared_warnings(found)
    assert said == f"{HARDLY} (standard deviation 0.029, smallest that counts 0.05)"
    assert found["warning"].iloc[1].startswith("S1 may be 0; ST may be 0; ")
    enough = indices(one(linear(0.2, 0.0)), unit_factors(2), ["x1", "x2"], {"y": 0.05}, 128, 1)
    assert not shared_warnings(enough)


def test_first_order_indices_that_add_up_to_too_much_are_told() -> None:
    """Effects by the place of a point, as no function gives them: A = −b, A with a column of B = b, B = b."""

    def impossible(unit: Array) -> Array:
        sign = np.where(np.arange(len(unit) // 4) % 2, 1.0, -1.0)
        return np.outer(sign, [-1.0, 1.0, 1.0, 1.0]).ravel()

    found = alone(impossible, 2, 64)
    np.testing.assert_allclose(found["S1"], 2.0, atol=0.3)
    assert all("S1 add up to 4." in warning and "over 1: too few points" in warning for warning in found["warning"])


def test_additive_effects_raise_no_warning_about_their_sum() -> None:
    for seed in range(10):
        assert not any("add up" in warning for warning in alone(linear(1.0, 2.0, 3.0), 3, 64, seed)["warning"])


# --- the evaluator, seeds and workers -------------------------------------------------------------


def bytes_of(evaluate: Function, seed: int) -> str:
    asked = {"y": 0.01}
    screening = screen(evaluate, unit_factors(3), asked, 10, seed)
    found = indices(evaluate, unit_factors(3), screening.kept, asked, 64, seed)
    return screening.table.to_csv() + found.to_csv() + told(screening, found)


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_same_seed_same_bytes_whatever_the_state_of_numpy(seed: int) -> None:
    np.random.seed(1)  # noqa: NPY002 (the global state is what must not matter)
    first = bytes_of(one(ishigami), seed)
    np.random.seed(2)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
    assert bytes_of(one(ishigami), seed) == first
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # type: ignore[index]  # noqa: NPY002
    assert bytes_of(one(ishigami), seed ^ 1) != first


def in_pieces(workers: int, unit: Array) -> Array:
    """Ishigami in pieces of 10 points, as an evaluator that runs scenarios does it."""
    found: dict[int, Any] = {}
    pieces = [np.pi * (2.0 * unit[first : first + 10] - 1.0) for first in range(0, len(unit), 10)]
    with in_processes(Ishigami.evaluate, pieces, workers) as done:
        for index, effects in done:
            found[index] = effects
    return np.concatenate([found[index] for index in range(len(pieces))])[:, None]


def test_the_number_of_workers_changes_nothing() -> None:
    assert bytes_of(partial(in_pieces, 1), 5) == bytes_of(partial(in_pieces, 2), 5)


def test_another_effect_leaves_the_first_as_it_was() -> None:
    factors_, asked = unit_factors(3), {"y": 0.01, "z": 0.01}
    single = screen(one(ishigami), factors_, {"y": 0.01}, 10, 1)
    both = screen(several(ishigami, linear(1.0, 2.0, 3.0)), factors_, asked, 10, 1)
    pd.testing.assert_frame_equal(single.table, both.table[:3])
    found = indices(several(ishigami, linear(1.0, 2.0, 3.0)), factors_, names_of(3), asked, 64, 1)
    pd.testing.assert_frame_equal(
        indices(one(ishigami), factors_, names_of(3), {"y": 0.01}, 64, 1), found[:3], check_dtype=False
    )


def test_slips_are_told_in_one_line() -> None:
    asked = {"y": 0.01}
    with pytest.raises(ValueError, match=r"the evaluator gave \(40, 2\), not \(40, 1\)"):
        screen(several(ishigami, ishigami), unit_factors(3), asked, 10, 1)
    with pytest.raises(ValueError, match="100 base points are no power of two; take 64 or 128"):
        indices(one(ishigami), unit_factors(3), names_of(3), asked, 100, 1)
    with pytest.raises(ValueError, match="no parameter has a range"):
        screen(one(ishigami), (), asked, 10, 1)
    with pytest.raises(ValueError, match="runs are too few for 40 factors; 2,100 are the least"):
        budget(2099, 40, 2)


# --- factors and budget ---------------------------------------------------------------------------


def test_factors_are_the_parameters_that_have_a_range() -> None:
    assert [factor.name for factor in factors({})] == NAMES
    for factor in factors({}):
        entry = table()[factor.name]
        assert (factor.low, factor.high, factor.held) == (entry.low, entry.high, entry.central)
    settings: dict[str, Setting] = {"beta": 0.2, "b_match": (1.0, 1.0), "b_trade": (0.6, 0.8), "b_risk": (0.1, 0.5)}
    by_name = {factor.name: factor for factor in factors(settings)}
    assert set(by_name) == set(NAMES) - {"beta", "b_match"}
    assert (by_name["b_trade"].low, by_name["b_trade"].high, by_name["b_trade"].held) == (0.6, 0.8, 0.6)
    assert (by_name["b_risk"].low, by_name["b_risk"].high, by_name["b_risk"].held) == (0.1, 0.5, 0.3)


@pytest.mark.parametrize("theory", theories())
def test_parameter_sets_of_a_latin_hypercube_are_those_of_a_run(theory: str) -> None:
    settings = {**theories()[theory], "beta": 0.2, "kappa": (0.05, 0.1)}
    moving = [factor.name for factor in factors(settings)]
    found = parameter_sets(settings, points("latin-hypercube", moving, 17, 3))
    drawn = sample(17, 3, settings)
    for name in NAMES:
        np.testing.assert_array_equal(found[name], drawn[name])


@given(st.integers(1, 60), st.integers(1, 12), st.integers(0, 10**6))
def test_a_budget_is_used_and_not_exceeded(count: int, per_point: int, more: int) -> None:
    kept = min(MOST_KEPT, count)
    least = (LEAST_R * (count + 1) + LEAST_N * (kept + 2)) * per_point
    r, n = budget(least + more, count, per_point)

    def runs(r: int, n: int) -> int:
        return (r * (count + 1) + n * (kept + 2)) * per_point

    assert runs(r, n) <= least + more < runs(LEAST_R, 2 * n)
    assert LEAST_R <= r <= MOST_R and n >= LEAST_N and n & (n - 1) == 0
    assert r == MOST_R or runs(r + 1, n) > least + more


# --- designs --------------------------------------------------------------------------------------

some_names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True)
seeds = st.integers(0, 2**32 - 1)


@given(some_names, st.integers(1, 60), seeds)
def test_a_latin_hypercube_has_one_point_in_each_slice(names: list[str], n: int, seed: int) -> None:
    unit = points("latin-hypercube", names, n, seed)
    assert unit.shape == (n, len(names))
    for column in unit.T:
        assert sorted(np.floor(column * n)) == list(range(n))


@given(some_names, st.integers(1, 60), seeds)
def test_a_latin_hypercube_is_what_a_run_draws(names: list[str], n: int, seed: int) -> None:
    unit, drawn = points("latin-hypercube", names, n, seed), sample(n, seed)
    for name, column in zip(names, unit.T, strict=True):
        low, high = table()[name].low, table()[name].high
        np.testing.assert_array_equal(low + (high - low) * column, drawn[name])


@given(st.permutations(NAMES), st.integers(1, 5), seeds)
def test_no_column_of_a_latin_hypercube_moves_with_another(names: list[str], count: int, seed: int) -> None:
    """Another factor renamed, added or left out, or all in another order."""
    kept, spare, other = names[:count], names[count], names[count + 1]
    alone = points("latin-hypercube", kept, 10, seed)
    for around in ([spare], [other], [spare, other]):
        unit = points("latin-hypercube", [*around, *reversed(kept)], 10, seed)
        np.testing.assert_array_equal(unit[:, len(around) :][:, ::-1], alone)
    assert (points("latin-hypercube", [spare], 10, seed) != points("latin-hypercube", [other], 10, seed)).all()


@given(st.integers(1, 20), st.integers(0, 8), seeds)
def test_sobol_points_are_balanced_in_every_factor(count: int, power: int, seed: int) -> None:
    n = 2**power
    unit = points("sobol", names_of(count), n, seed)
    assert unit.shape == (n, count) and unit.min() >= 0.0 and unit.max() < 1.0
    for column in unit.T:
        assert sorted(np.floor(column * n)) == list(range(n))


@given(st.integers(1, 4), st.integers(2, 5))
def test_a_grid_is_complete(count: int, levels: int) -> None:
    unit = points("grid", names_of(count), levels**count, 1, levels)
    steps = [k / (levels - 1) for k in range(levels)]
    np.testing.assert_allclose(unit, list(product(steps, repeat=count)))
    with pytest.raises(ValueError, match=f"{levels} levels of {count} factors are {levels**count:,} points, more than"):
        points("grid", names_of(count), levels**count - 1, 1, levels)


@given(st.integers(1, 12), st.integers(2, 8), st.integers(0, 5), st.sampled_from([2, 4, 6]), seeds)
def test_a_morris_trajectory_moves_every_factor_once(count: int, r: int, spare: int, levels: int, seed: int) -> None:
    draws = r * (count + 1) + min(spare, count)
    unit = points("morris", names_of(count), draws, seed, levels)
    assert len(unit) == r * (count + 1)
    assert set(np.round(unit.ravel() * (levels - 1), 9)) <= set(range(levels))
    for trajectory in np.split(unit, r):
        moved = np.abs(np.diff(trajectory, axis=0))
        np.testing.assert_allclose(moved.max(axis=1), levels / (2 * (levels - 1)))
        assert (moved > 1e-9).sum(axis=0).tolist() == [1] * count
        assert (moved > 1e-9).sum(axis=1).tolist() == [1] * count


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_decides_the_points(method: str) -> None:
    names = NAMES[:3]
    unit = points(method, names, 64, 3)
    np.testing.assert_array_equal(points(method, names, 64, 3), unit)
    np.testing.assert_array_equal(points(method, names, 64, 0), points(method, names, 64, 0))
    assert (points(method, names, 64, 4) != unit).any() == (method != "grid")


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (("sobol", ["a"], 100, 1), "sobol: 100 draws are no power of two, .*; take 64 or 128"),
        (("sobol", ["a"], 0, 1), "sobol: 0 draws are no power of two, .*; take 1"),
        (("grid", ["a"], 100, 1, 1), "grid: 1 levels; take 2 or more"),
        (("grid", NAMES[:20], 10**5, 1, 4), "4 levels of 20 factors are 1,099,511,627,776 points, more than 100,000"),
        (("morris", ["a", "b"], 5, 1), "morris: 5 draws; 2 trajectories of 2 factors need 6"),
        (("morris", ["a", "b"], 60, 1, 5), "morris: 5 levels; take an even number"),
        (("halton", ["a"], 5, 1), "unknown design 'halton'; known: latin-hypercube, sobol, grid, morris"),
        (("grid", [], 5, 1), "a design needs factors"),
        (("sobol", ["a", "a"], 4, 1), "a design needs factors with names of their own"),
    ],
)
def test_what_is_no_design_is_told_in_one_line(given_: tuple[Any, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        points(*given_)
    assert "\n" not in str(error.value)


@given(seeds, st.text(min_size=1, max_size=8))
def test_a_key_is_never_what_salib_takes_for_no_seed(seed: int, purpose: str) -> None:
    assert key(seed, purpose) > 0 and key(seed, purpose) == key(seed, purpose)


# --- words ----------------------------------------------------------------------------------------


def both_stages(weights: Sequence[float], n: int = 256) -> tuple[Any, pd.DataFrame]:
    """Ishigami, and a linear function of other factors, of which more than eight matter."""
    count = 3 + len(weights)
    evaluate = several(lambda unit: ishigami(unit[:, :3]), lambda unit: unit[:, 3:] @ np.array(weights))
    asked, moving = {"a bond": 0.05, "a | bar": 100.0}, unit_factors(count)
    screening = screen(evaluate, moving, asked, 20, 1)
    return screening, indices(evaluate, moving, screening.kept, asked, n, 1)


def test_a_terminal_is_told_what_the_numbers_are_and_what_they_leave_out() -> None:
    screening, found = both_stages([90.0, 80.0, 70.0, 60.0, 50.0, 45.0, 40.0])
    said = told(screening, found)
    assert "Morris screening of 10 parameters, 20 trajectories on 4 levels. Kept: x1, x2, x3, x4," in said
    assert "Left out: 2." in said and "x9 45 % (a | bar), x10 40 % (a | bar)." in said
    top = found.query("estimand == 'a bond'").sort_values("ST").iloc[-1]
    s1, s1_conf, total, st_conf = (f"{100 * top[name]:.0f} %" for name in ("S1", "S1_conf", "ST", "ST_conf"))
    assert f"x1 makes {s1} ± {s1_conf} of the variance of “a bond” alone, and {total} ± {st_conf} with them." in said
    assert "N = 256 base points; ± is half a 90 % interval" in said
    assert "The other 2 parameters are held at their central values" in said
    assert f"{HARDLY} (standard deviation" in said
    lines = said.splitlines()
    row = next(line for line in lines if line.startswith("   x1 "))
    assert f"{top['S1']:.2f} ± {top['S1_conf']:.2f}   {top['ST']:.2f} ± {top['ST_conf']:.2f}" in row
    assert sum("others" in line and "< 0.05, or may be 0" in line for line in lines) == 2


def test_a_terminal_has_a_line_for_what_matters_and_says_a_shared_warning_once() -> None:
    rows = [
        ("weak", "x1", 0.9, 0.1, 0.95, 0.1, 64, "so"),
        ("weak", "x2", 0.01, 0.02, 0.04, 0.01, 64, "S1 may be 0; so"),
        ("weak", "x3", 0.01, 0.02, 0.4, 0.5, 64, "S1 may be 0; ST may be 0; so"),
        ("clear", "x1", 0.02, 0.03, 0.6, 0.1, 64, "S1 may be 0"),
        ("clear", "x2", 0.3, 0.1, 0.5, 0.1, 64, ""),
        ("clear", "x3", -0.1, 0.3, 0.3, 0.1, 64, "S1 may be 0"),
    ]
    screening = screen(one(ishigami), unit_factors(3), {"weak": 0.05}, 10, 1)
    said = told(screening, pd.DataFrame(rows, columns=list(INDEX_COLUMNS)))
    assert "x1 makes 2 % ± 3 % of the variance of “clear” alone, and 60 % ± 10 % with them." in said
    assert [" ".join(line.split()) for line in said.splitlines()[-7:]] == [
        "weak so",
        "x1 0.90 ± 0.10 0.95 ± 0.10",
        "2 others < 0.05, or may be 0",
        "clear",
        "x1 0.02 ± 0.03 0.60 ± 0.10 S1 may be 0",
        "x2 0.30 ± 0.10 0.50 ± 0.10",
        "x3 −0.10 ± 0.30 0.30 ± 0.10 S1 may be 0",
    ]


def test_a_page_has_every_row_and_no_broken_table() -> None:
    screening, found = both_stages([90.0, 80.0, 70.0, 60.0, 55.0, 54.0, 53.0])
    page = markdown(screening, found)
    assert "## a bond" in page and "## a \\| bar" in page and "## Screening" in page
    table_lines = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table_lines} == {5}
    assert len(table_lines) == len(found) + 10 + 3 * 2
    assert "| x9 | factor 9 | 54 % (a \\| bar) | no |" in page
    assert "Warning: left out, though they could move it: x9 54 %, x10 53 %." in page
    assert page.count("Warning: ") == 2 and f"Warning: {HARDLY}" in page


def test_nothing_left_out_is_not_said_to_be() -> None:
    screening = screen(one(ishigami), unit_factors(3), {"y": 0.05}, 10, 1)
    said = told(screening, indices(one(ishigami), unit_factors(3), screening.kept, {"y": 0.05}, 64, 1))
    assert "Left out" not in said and "held at" not in said


# --- tornado --------------------------------------------------------------------------------------

ROWS = {"x1": (0.3, 0.05, 0.6, 0.1), "x2": (0.01, 0.02, 0.2, 0.05), "x3": (-0.02, 0.05, 0.001, 0.002)}


def drawn(rows: Mapping[str, tuple[float, ...]], warning: str = "", estimand: str = "the bond") -> Any:
    found = pd.DataFrame(
        [("the bond", name, *values, 128, warning) for name, values in rows.items()], columns=list(INDEX_COLUMNS)
    )
    return tornado.draw(found, estimand, unit_factors(8), "World invented.")


def test_tornado_draws_bars_and_intervals_at_their_values() -> None:
    figure = drawn(dict(reversed(ROWS.items())))
    (axes,) = panels(figure)
    for name, (s1, s1_conf, total, st_conf) in ROWS.items():
        for index, x, conf in (("S1", s1, s1_conf), ("ST", total, st_conf)):
            bar: Any
            (bar,) = [patch for patch in axes.patches if patch.get_gid() == f"bar {index} {name}"]
            assert sorted((bar.get_x(), bar.get_x() + bar.get_width())) == pytest.approx(sorted((0.0, x)))
            assert only(axes, f"interval {index} {name}").get_xdata() == pytest.approx((x - conf, x + conf))
            colour = BLUE if index == "ST" else ORANGE
            pale = abs(x) <= conf
            assert bar.get_facecolor()[:3] == pytest.approx(tint(colour, tornado.FAINT) if pale else to_rgb(colour))
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == ["x1: factor 1", "x2: factor 2", "x3: factor 3"] and axes.yaxis_inverted()
    assert set(only(axes, "zero").get_xdata()) == {0.0}
    assert axes.get_xlabel() == "Share of the variance of the effect over the parameters shown"
    assert notes(figure).startswith("World invented. Sobol' indices, N = 128 base points; ")
    assert [mark.get_text() for mark in marks(axes, "nothing ST x3")] == ["0 %"]


@pytest.mark.parametrize(
    ("rows", "warning", "said"),
    [
        (ROWS, "", "“the bond” hangs most on x1: 60 % of its variance with interactions, 30 % of it alone"),
        (
            {"x1": (0.01, 0.1, 1.05, 0.1)}, f"{HARDLY} (so)",
            "“the bond” hangs most on x1: all of its variance with interactions, hardly any of it alone; but it "
            "hardly varies",
        ),
        (
            {"x1": (0.3, 0.1, 0.5, 0.1), "x2": (0.3, 0.1, 0.45, 0.1)}, "",
            "“the bond” hangs most on x1 and x2, and the intervals do not tell which is first (with interactions 50 % "
            "and 45 % of its variance)",
        ),
        (
            {f"x{k}": (0.1, 0.1, 0.5 - 0.01 * k, 0.1) for k in range(1, 7)}, "",
            "“the bond” hangs most on x1, x2, x3 and 3 more, and the intervals do not tell which is first (with "
            "interactions 49 %, 48 % and 47 % of its variance)",
        ),
        (
            {"x1": (0.3, 0.1, 0.5, 0.1), "x2": (0.0, 0.4, 0.3, 0.4)}, "",
            "“the bond” hangs most on x1 and x2, and the intervals do not tell which is first (with interactions 50 % "
            "and 30 % of its variance)",
        ),
        ({"x1": (0.1, 0.3, 0.2, 0.3)}, "", "“the bond” hangs on no parameter that stands out from 0"),
    ],
)  # fmt: skip
def test_title_of_the_tornado(rows: Mapping[str, tuple[float, ...]], warning: str, said: str) -> None:
    figure = drawn(rows, warning)
    assert title(figure) == said
    assert ("Warning: " in notes(figure)) == bool(warning)


def test_tornado_without_indices_says_why() -> None:
    nan = {"x1": (np.nan,) * 4}
    figure = drawn(nan, "the effect does not vary: no indices")
    assert title(figure) == "“the bond” has no indices"
    assert "The effect does not vary: no indices." in notes(figure)
    assert "The screening kept no parameter." in notes(drawn(ROWS, estimand="another"))


@pytest.mark.parametrize("count", [1, 8])
def test_tornado_cuts_nothing(count: int) -> None:
    entries = sorted(table().values(), key=lambda entry: -len(entry.meaning))[:count]
    long = [Factor(entry.name, 0.0, 1.0, 0.5, entry.symbol, entry.meaning) for entry in entries]
    found = pd.DataFrame(
        [("a long question " * 6, one.name, -0.3, 0.9, 0.5, 1.2, 64, "S1 may be 0; ST may be 0") for one in long],
        columns=list(INDEX_COLUMNS),
    )
    figure: Any = tornado.draw(found, "a long question " * 6, long, "World invented.")
    width, height = figure.get_size_inches()
    box = figure.get_tightbbox()
    assert box.x0 >= 0.0 and box.y0 >= 0.0 and box.x1 <= width and box.y1 <= height
    assert all(float(text.get_fontsize()) >= 8.0 for text in figure.findobj(Text) if text.get_text())
    renderer = figure.canvas.get_renderer()
    written = {text.get_gid(): text.get_window_extent(renderer) for text in figure.texts}
    (axes,) = panels(figure)
    panel = axes.get_tightbbox(renderer)
    (legend,) = figure.legends
    assert panel is not None and panel.y0 >= written["notes"].y1
    assert panel.y1 <= legend.get_window_extent(renderer).y0
    assert legend.get_window_extent(renderer).y1 <= written["title"].y0
    assert "(dotted: all of it)" in axes.get_xlabel()
