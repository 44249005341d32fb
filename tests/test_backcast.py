"""Forecasts from a base year: what the model moves and what it leaves, that nothing later reaches them, their scores.

``STEPS`` runs meet each quantile of the past errors once, so that samples can be compared without noise.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from helpers import close, of
from scipy.optimize import root
from threadpoolctl import threadpool_limits

from blocade import engine, resources
from blocade.equations.arrays import Array
from blocade.history import backcast, chances, panel, record, registered, report, ridge, scores
from blocade.history.backcast import BASE, EARLIER, JUDGE, PERIOD, SEED, Judged
from blocade.history.channels import YEARLY, Channel
from blocade.history.forecasts import OURS, Moved, agreement_slope, centred, forecast_with, move, naive, ours, past_of
from blocade.history.naive import NAIVE, QUANTILES, best_weight, filtered, half, past_errors
from blocade.history.panel import PER_YEAR, PERIODS, central_ties, decrees_of, simulate, world_of
from blocade.history.posteriors import about, reweighted
from blocade.history.record import FIRST, YEARS, Record, at, read_record
from blocade.history.scores import Scores
from blocade.parameters import Parameters, posterior, sample, table
from blocade.randomness import Luck
from blocade.start import WEIGHTS, solve_start
from blocade.theories import theories

HORIZON = PERIOD.last - BASE
STEPS = len(QUANTILES)
STATES = world_of(PERIOD.world).size
CODES = world_of(PERIOD.world).codes
FEW = 3
"""Parameter sets of whatever is run here."""


def still(runs: int = STEPS, states: int = STATES, loading: float = 0.0, horizon: int = HORIZON) -> Moved:
    """A model that moves nothing; every share of trade is .01."""
    tie = np.zeros((runs, horizon, states, states), dtype=np.float32)
    trade = np.full((runs, horizon + 1, states, states), 0.01, dtype=np.float32)
    return Moved(PERIOD, tie, trade, np.full(runs, loading, dtype=np.float32))


def nearer(moved: Moved, a: str, b: str, by: float) -> Moved:
    """The same with one tie up in every run and year."""
    tie = moved.tie.copy()
    i, j = CODES.index(a), CODES.index(b)
    tie[:, :, i, j] += by
    tie[:, :, j, i] += by
    return replace(moved, tie=tie)


def place(channel: Channel, a: str, b: str) -> int:
    """Position of a pair among those of a channel."""
    rows, columns = channel.pairs(STATES)
    i, j = CODES.index(a), CODES.index(b)
    if not channel.directed:
        i, j = min(i, j), max(i, j)
    return int(np.flatnonzero((rows == i) & (columns == j))[0])


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tests may run side by side: threads of linear algebra that wait for each other would take longer."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def known() -> Record:
    """What the backcast may see."""
    return backcast.records()[0]


@pytest.fixture(scope="module")
def truth() -> Record:
    return backcast.records()[1]


@pytest.fixture(scope="module")
def moved() -> Moved:
    """A few sets run through the period."""
    return move(PERIOD, backcast.drawn(draws=FEW), SEED)


# --- the model's forecast ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", YEARLY)
def test_a_model_that_moves_nothing_is_the_naive_forecast_of_its_level(name: str, known: Record) -> None:
    channel = YEARLY[name]
    past = past_of(channel, known)
    level = filtered(best_weight(past, HORIZON))
    expected = forecast_with(channel, "level", level(past, HORIZON), past_errors(level, past, HORIZON)).samples
    found = ours(channel, known, still(), SEED)
    assert (found.name, found.kind) == (OURS, "model")
    close(np.sort(found.samples, axis=0), np.sort(expected, axis=0), 1e-5)


@dataclass(frozen=True)
class Walk:
    """Random walks of the figures of all pairs of some states, in pairs of pairs that mirror each other.

    invented : the record of the first 24 years. later : what follows, [year, pair].
    """

    invented: Record
    later: Array


def walk(states: int, mirrored: bool = False) -> Walk:
    rng = np.random.default_rng(SEED)
    rows, columns = np.triu_indices(states, k=1)
    steps = 0.2 * rng.standard_normal((len(YEARS), len(rows)))
    if mirrored:
        steps[:, len(rows) // 2 :] = -steps[:, : len(rows) // 2]
    figures = 20.0 + np.cumsum(steps, axis=0)
    every = np.full((len(YEARS), states, states), np.nan)
    every[:, rows, columns] = every[:, columns, rows] = figures
    none = np.full((len(YEARS), states, states), np.nan)
    known = every.copy()
    known[at(BASE) + 1 :] = np.nan
    nothing: MappingProxyType[int, Array] = MappingProxyType({})
    invented = Record(
        tuple(f"S{k}" for k in range(states)), BASE, np.full((2, len(YEARS), states), np.nan), known, none, nothing,
        nothing, none,
    )  # fmt: skip
    return Walk(invented, figures[at(BASE) + 1 : at(BASE) + 1 + HORIZON])


WALKS = replace(YEARLY["votes"], figures=lambda found: found.agreement)
"""A channel without limits whose figures are those of a `Walk`."""


@pytest.mark.parametrize("runs", [STEPS, 4 * STEPS])
def test_where_past_errors_have_no_side_the_median_is_the_level(runs: int) -> None:
    invented = walk(8, mirrored=True).invented
    past = past_of(WALKS, invented)
    level = filtered(best_weight(past, HORIZON))(past, HORIZON)
    found = np.median(ours(WALKS, invented, still(runs, 8), SEED).samples, axis=0)
    close(found, level, 1e-4)  # single precision, at 20


def test_the_seed_moves_the_noise_of_a_run_and_no_median(known: Record) -> None:
    channel = YEARLY["votes"]
    one, again, other = (ours(channel, known, still(), seed).samples for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.9
    close(np.median(one, axis=0), np.median(other, axis=0), 1e-6)
    # in one run, pairs are at different quantiles, so runs are not all high or all low
    ranks = np.argsort(np.argsort(one[:, 0], axis=0), axis=0)
    assert ranks.std(axis=1).min() > 8.0


def test_intervals_cover_nine_tenths_of_what_follows() -> None:
    """Random walks of 780 pairs; those of one horizon are as good as independent, so the standard error is .011."""
    walks = walk(40)
    samples = ours(WALKS, walks.invented, still(2 * STEPS, 40), SEED).samples
    low, high = np.quantile(samples, [0.05, 0.95], axis=0)
    covered = ((walks.later >= low) & (walks.later <= high)).mean(axis=1)
    close(covered, np.full(HORIZON, 0.9), 0.05)
    assert covered.mean() == pytest.approx(0.9, abs=0.03)


def test_noise_makes_up_for_what_the_runs_do_not_spread() -> None:
    """Errors of one year are steps of .2, and every tie spreads by λ·D̄·tie, here .1: together they still are .2."""
    walks = walk(40)
    past = past_of(WALKS, walks.invented)
    level = filtered(best_weight(past, HORIZON))
    missed = past_errors(level, past, HORIZON)
    quiet = still(4 * STEPS, 40, loading=1.0)
    rng = np.random.default_rng(SEED)
    tie = rng.standard_normal(quiet.tie.shape).astype(np.float32)
    for spread, expected in ((0.1, [error.std() for error in missed]), (5.0, [5.0] * HORIZON)):
        some = replace(quiet, tie=tie * np.float32(spread / np.nanmean(past[-1])))
        found = ours(WALKS, walks.invented, some, SEED).samples.std(axis=0)
        np.testing.assert_allclose(found.mean(axis=1), expected, rtol=0.06)


@pytest.mark.parametrize("name", ["votes", "votes-all"])
def test_a_tie_lowers_the_distance_by_its_loading(name: str, known: Record) -> None:
    """By λ·D̄·.3, D̄ the mean distance at the base year (within 2 %: with or without the states themselves)."""
    channel, quiet = YEARLY[name], still(loading=0.8)
    pair = place(channel, "RUS", "USA")
    before = ours(channel, known, quiet, SEED).samples
    after = ours(channel, known, nearer(quiet, "USA", "RUS", 0.3), SEED).samples
    past = past_of(channel, known)
    spread = filtered(best_weight(past, HORIZON))(past, 1)[0].mean()
    assert before[:, :, pair].min() > 0.5  # so that no figure is cut at 0
    np.testing.assert_allclose(after[:, :, pair] - before[:, :, pair], -0.8 * spread * 0.3, rtol=0.02)
    np.testing.assert_array_equal(np.delete(after, pair, axis=2), np.delete(before, pair, axis=2))


def test_a_set_whose_votes_see_nothing_leaves_them(known: Record) -> None:
    for name in ("votes", "votes-all", "agreement"):
        quiet = still()
        changed = nearer(quiet, "USA", "RUS", 0.3)
        found, expected = (ours(YEARLY[name], known, one, SEED).samples for one in (changed, quiet))
        np.testing.assert_array_equal(found, expected)


def test_a_tie_raises_agreement_by_the_slope_of_the_record(known: Record) -> None:
    channel, quiet = YEARLY["agreement"], still(loading=0.8)
    pair = place(channel, "RUS", "USA")
    before = ours(channel, known, quiet, SEED).samples[:, :, pair]
    after = ours(channel, known, nearer(quiet, "USA", "RUS", 0.3), SEED).samples[:, :, pair]
    slope = agreement_slope(known)
    assert slope < 0.0
    distance = known.distance("final")[at(BASE) - 4 : at(BASE) + 1]
    rows, columns = np.triu_indices(STATES, k=1)
    spread = np.nanmean(distance[:, rows, columns])
    assert before.min() > 0.0  # so that no figure is cut at 0
    np.testing.assert_allclose(after - before, -slope * 0.8 * spread * 0.3, rtol=0.03)


def test_the_slope_is_that_of_changes_with_what_moved_all_pairs_removed() -> None:
    """Agreement is .9 − .13·distance plus what all pairs share in a year; years without votes say nothing."""
    rng, n = np.random.default_rng(SEED), 9
    points = np.cumsum(rng.standard_normal((2, len(YEARS), n)), axis=1)
    distance = np.abs(points[0][:, :, None] - points[0][:, None, :])
    agreement = 0.9 - 0.13 * distance + rng.standard_normal(len(YEARS))[:, None, None]
    agreement[7] = np.nan
    points[:, 12, 3] = np.nan
    later = at(BASE) + 1
    agreement[later:], points[:, later:] = 5.0, rng.standard_normal((2, len(YEARS) - later, n))  # must not be read
    invented = replace(walk(n).invented, points=points, agreement=agreement)
    assert agreement_slope(invented) == pytest.approx(-0.13, abs=1e-9)


def test_trade_follows_what_is_shown_of_it(known: Record) -> None:
    """Half as much again where the model's share grew from .01 to .015; from nothing, what it has gained is added."""
    channel, quiet = YEARLY["trade"], still()
    trade = quiet.trade.copy()
    rus, chn, prk, bra = (CODES.index(code) for code in ("RUS", "CHN", "PRK", "BRA"))
    trade[:, 1:, rus, chn] = 0.015
    trade[:, 0, prk, bra], trade[:, 1:, prk, bra] = 0.0, 0.04
    before = np.median(ours(channel, known, quiet, SEED).samples, axis=0)
    after = np.median(ours(channel, known, replace(quiet, trade=trade), SEED).samples, axis=0)
    grown, gained = place(channel, "RUS", "CHN"), place(channel, "PRK", "BRA")
    assert before[:, grown].min() > 0.05
    # errors of roots are centred to four decimals
    np.testing.assert_allclose(np.sqrt(after[:, grown]), np.sqrt(1.5 * before[:, grown]), rtol=2e-3)
    np.testing.assert_allclose(np.sqrt(after[:, gained]), np.sqrt(before[:, gained] + 0.04), rtol=2e-3)
    both = [grown, gained]
    np.testing.assert_array_equal(np.delete(after, both, axis=1), np.delete(before, both, axis=1))
    assert place(channel, "CHN", "RUS") not in both


def test_no_forecast_is_a_figure_that_cannot_be(known: Record) -> None:
    wild = replace(still(loading=2.0), tie=np.random.default_rng(SEED).uniform(-2, 2, still().tie.shape))
    for name, channel in YEARLY.items():
        samples = ours(channel, known, wild, SEED).samples
        assert np.isfinite(samples).all() and samples.min() >= 0.0, name
        assert name not in ("agreement",) or samples.max() <= 1.0, name


def test_what_is_moved_is_counted_from_the_start_of_the_period(moved: Moved) -> None:
    sets = backcast.drawn(draws=FEW)
    found = simulate(PERIOD, sets, SEED)
    close(moved.tie, found.tie[:, 1:] - found.tie[:, :1], 1e-6)
    close(moved.trade, found.trade, 1e-6)
    close(moved.loading, sets["o_votes"], 1e-6)
    some = moved.take(np.array([2, 0, 2]))
    np.testing.assert_array_equal(some.tie, moved.tie[[2, 0, 2]])
    np.testing.assert_array_equal(some.trade, moved.trade[[2, 0, 2]])
    np.testing.assert_array_equal(some.loading, moved.loading[[2, 0, 2]])


def test_every_concession_is_booked_in_its_own_year() -> None:
    """Those of a year's last quarter too, and those of the last year's: what stands at a year's end has happened by
    then."""
    period = PERIODS["2020s"]
    world, sets = world_of(period.world), backcast.drawn(draws=2).replaced({"h0": 2.0, "k": 0.0, "p_decay": 4.0})
    spells: list[Array] = []
    fixed = sets.replaced({name: table()[name].central for name in WEIGHTS})
    luck = Luck(SEED, range(2), [0, 0], world.codes)
    engine.run(
        solve_start(world, fixed), fixed, decrees_of(period), luck, lambda _step, now: spells.append(now.state.spell)
    )
    ends = np.array(spells)[::PER_YEAR]
    assert (ends[-1] > np.array(spells)[-2]).any()  # some concede in the very last quarter
    np.testing.assert_array_equal(simulate(period, sets, SEED).conceded, np.moveaxis(ends, 0, 1))


def test_the_parameter_sets_are_rows_of_the_posterior_that_knows_nothing_after_the_base_year() -> None:
    assert about(JUDGE)["until"] == BASE == 2013
    found, rows = backcast.drawn(draws=20), posterior(JUDGE)
    for k in range(20):
        assert any(all(found[name][k] == rows[name][row] for name in rows) for row in range(len(rows["beta"])))


# --- nothing later reaches a forecast ---------------------------------------------------------------------------------


def alter(folder: Path, base: int) -> Path:
    """A copy of the observed figures, in which all after a year are others: where to find it."""
    shutil.copytree(resources.seeds() / "history", folder / "history")

    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(folder / "history" / f"{name}.csv", dtype=str, keep_default_na=False)

    points = table("ideal_points")
    last = points[points["year"] == points["year"].max()]
    points = pd.concat([points, *(last.assign(year=str(year)) for year in range(int(last["year"].iloc[0]) + 1, 2026))])
    later = points["year"].astype(int) > base
    points.loc[later, ["final", "all"]] = [[f"{k % 7}.5", f"{-(k % 5)}.25"] for k in range(later.sum())]
    agreement, trade = table("agreement"), table("trade")
    for frame, value in ((agreement, "1"), (trade, "9999")):
        frame[[year for year in frame if year.isdigit() and int(year) > base]] = value
    arms = table("arms")
    later = arms["end"].astype(int) > base
    arms.loc[later, "delivered"] = arms.loc[later, "delivered"].map({"0": "1", "1": "0"})
    arms.loc[later, "index"] = "0.77"
    pacts = table("alliances")
    end = pacts["to"].astype(int).max()
    pacts["to"] = [str(min(int(year), base)) for year in pacts["to"]]
    if end > base:
        pairs = [(a, b) for k, a in enumerate(CODES) for b in CODES[k + 1 : k + 4]]
        new = pd.DataFrame(pairs, columns=["iso3_a", "iso3_b"]).assign(**{"from": str(base + 1), "to": str(end)})
        pacts = pd.concat([pacts, new])
    changed = {"ideal_points": points, "agreement": agreement, "trade": trade, "arms": arms, "alliances": pacts}
    for name, frame in changed.items():
        frame.to_csv(folder / "history" / f"{name}.csv", index=False)
    return folder


def forget() -> None:
    """Let go of every table that was read."""
    for cached in (*vars(record).values(), panel.world_of):
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


@contextmanager
def instead(folder: Path, unread: str) -> Iterator[None]:
    """Observed figures from another folder, and a world that cannot be read."""
    load = panel.load_world

    def some(name: str) -> Any:
        assert name != unread, f"the world of {name} was read"
        return load(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "seeds", lambda: folder)
        patch.setattr(panel, "load_world", some)
        forget()
        yield
    forget()


def everything(known: Record, sets: Parameters) -> dict[str, Array]:
    """Every forecast of the backcast."""
    moved = move(PERIOD, sets, SEED)
    found: dict[str, Array] = {"tie": moved.tie, "trade": moved.trade}
    for channel in YEARLY.values():
        found |= {f"{channel.name}: {one.name}": one.samples for one in backcast.forecasts_of(channel, known, moved)}
    for kind in chances.KINDS.values():
        found[f"{kind.name}: {OURS}"] = chances.ours(kind, known, BASE, moved, EARLIER)
        for name, chance in chances.naive(kind, known, BASE, PERIOD, EARLIER, SEED):
            found[f"{kind.name}: {name}"] = chance
    return found


def test_no_figure_after_the_base_year_reaches_a_forecast(tmp_path: Path, known: Record, truth: Record) -> None:
    sets = backcast.drawn(draws=2)
    expected = everything(known, sets)
    with instead(alter(tmp_path, BASE), unread="2021"):
        seen, other = backcast.records()
        found = everything(seen, sets)
    for name, channel in YEARLY.items():  # the figures that forecasts are scored on are others indeed
        years = slice(at(BASE) + 1, at(PERIOD.last) + 1)
        assert not np.array_equal(channel.table(other)[years], channel.table(truth)[years], equal_nan=True), name
    assert not np.array_equal(other.pacts[at(2014)], truth.pacts[at(2014)])
    assert not np.array_equal(other.delivered[2018], truth.delivered[2018])
    for name in ("points", "agreement", "trade", "pacts"):  # no record that forecasts get holds a later figure
        np.testing.assert_array_equal(getattr(seen, name), getattr(known, name), err_msg=name)
    assert set(seen.delivered) == set(known.delivered) and max(seen.delivered) == BASE
    assert set(found) == set(expected) and len(found) == 2 + 4 * 6 + 2 * 5
    for name, samples in expected.items():
        np.testing.assert_array_equal(found[name], samples, err_msg=name)


def test_a_figure_of_the_base_year_does_reach_the_forecasts(known: Record) -> None:
    """So that the test above could fail: one state's ideal point of 2013 is in every forecast of its votes."""
    points = known.points.copy()
    points[:, at(BASE), CODES.index("RUS")] += 1.0
    other, quiet = replace(known, points=points), still(4)
    pair = place(YEARLY["votes"], "RUS", "USA")
    for one, two in zip(
        backcast.forecasts_of(YEARLY["votes"], known, quiet),
        backcast.forecasts_of(YEARLY["votes"], other, quiet),
        strict=True,
    ):
        assert (one.samples[:, :, pair] != two.samples[:, :, pair]).any(), one.name


def test_every_channel_has_the_same_rivals(known: Record) -> None:
    for channel in YEARLY.values():
        found = list(backcast.forecasts_of(channel, known, still(4)))
        assert [one.name for one in found] == [OURS, *NAIVE, ridge.NAME]
        assert [one.kind for one in found] == ["model"] + ["naive"] * 5
        pairs = len(channel.pairs(STATES)[0])
        assert {one.samples.shape[1:] for one in found} == {(HORIZON, pairs)}


# --- deliveries and pacts ---------------------------------------------------------------------------------------------


def test_a_logistic_regression_without_inputs_gives_the_odds() -> None:
    """3 of 12: ln(3/9). The constant is not penalised."""
    y = np.repeat([1.0, 0.0], [3, 9])
    close(chances.logistic(np.ones((12, 1)), y), [np.log(3 / 9)], 1e-4)


def test_a_logistic_regression_solves_its_penalised_equations() -> None:
    """Σ(p − y) = 0 and Σx(p − y) + .01·w = 0. With one input of 0 and 1, of 40 by 10 and 60 by 45, the slope is near
    ln(45/15) − ln(10/30) = 2.2."""
    x = np.column_stack([np.ones(100), np.repeat([0.0, 1.0], [40, 60])])
    y = np.concatenate([np.repeat([1.0, 0.0], [10, 30]), np.repeat([1.0, 0.0], [45, 15])])
    found = chances.logistic(x, y)
    close(found, solved(x, y), 1e-3)
    close(found, [np.log(10 / 30), np.log(45 / 15) - np.log(10 / 30)], 0.02)


def test_a_perfect_separation_stays_finite() -> None:
    x = np.column_stack([np.ones(20), np.repeat([0.0, 1.0], 10)])
    found = chances.logistic(x, x[:, 1])
    close(found, solved(x, x[:, 1]), 0.02)
    assert 5.0 < found[1] < 30.0


def solved(x: Array, y: Array) -> Array:
    """The same regression by root finding."""

    def gradient(w: Array) -> Array:
        p = 1.0 / (1.0 + np.exp(-(x * w).sum(axis=1)))
        return (x * (p - y)[:, None]).sum(axis=0) + chances.PENALTY * np.concatenate([[0.0], w[1:]])

    answer = root(gradient, np.zeros(x.shape[1]))
    assert answer.success
    return np.asarray(answer.x)


def by_pair(figures: Array) -> Array:
    """Figures of all pairs, in the order of the tables."""
    return of(*(figures[i, j] for i in range(STATES) for j in range(i + 1, STATES)))


def on_record(known: Record, name: str, year: int) -> Array:
    return by_pair(known.delivered[year] if name == "arms" else known.pacts[year - FIRST])


@pytest.mark.parametrize("name", chances.KINDS)
def test_naive_chances_are_rates_of_the_earlier_period(name: str, known: Record) -> None:
    kind = chances.KINDS[name]
    found = dict(chances.naive(kind, known, BASE, PERIOD, EARLIER, SEED))
    assert list(found) == ["persistence", "half persistence, half mean", "AR(1)", ridge.NAME]
    now, then = on_record(known, name, BASE), on_record(known, name, 2002)
    for k, (horizon, spans) in enumerate(kind.horizons.items()):
        ((first, later),) = spans
        assert (first, later - first) == (2002, horizon) and later <= BASE
        after = on_record(known, name, later)
        np.testing.assert_array_equal(found["persistence"][k], now)
        close(found["half persistence, half mean"][k], 0.75 * now + 0.25 * then)
        stayed, began = after[then == 1.0].mean(), after[then == 0.0].mean()
        close(found["AR(1)"][k], np.where(now == 1.0, stayed, began))
        assert 0.0 <= found[ridge.NAME][k].min() <= found[ridge.NAME][k].max() <= 1.0
        # learnt from changes of the record, so nearer to it than a rate for all
        assert np.abs(found[ridge.NAME][k] - now).mean() < 0.2


@pytest.mark.parametrize("name", chances.KINDS)
def test_our_chances_are_those_of_the_earlier_period_at_the_ties_that_were_moved(name: str, known: Record) -> None:
    kind = chances.KINDS[name]
    found = chances.ours(kind, known, BASE, still(2), EARLIER)
    was, tie = (by_pair(central_ties(world_of(world))) for world in ("2002", "2013"))
    none = np.zeros(len(tie))
    learnt = {}
    for k, horizon in enumerate(kind.horizons):
        sizes = [by_pair(known.arms[year]) if name == "arms" else none for year in (2002, BASE)]
        x = np.column_stack([np.ones(len(tie)), on_record(known, name, 2002), sizes[0], was])
        learnt[horizon] = w = solved(x, on_record(known, name, 2002 + horizon))
        z = w[0] + w[1] * on_record(known, name, BASE) + w[2] * sizes[1] + w[3] * tie
        close(found[k], 1.0 / (1.0 + np.exp(-z)), 2e-3)
    pair = place(YEARLY["votes"], "RUS", "IND")
    raised = chances.ours(kind, known, BASE, nearer(still(2), "RUS", "IND", 0.3), EARLIER)
    for k, horizon in enumerate(kind.horizons):
        odds = [np.log(chance[k, pair] / (1.0 - chance[k, pair])) for chance in (found, raised)]
        assert odds[1] - odds[0] == pytest.approx(0.3 * learnt[horizon][3], abs=0.01)
    close(np.delete(raised, pair, axis=1), np.delete(found, pair, axis=1), 1e-12)


def test_our_chance_is_the_mean_over_the_runs_of_the_year_that_is_forecast(known: Record) -> None:
    """A tie that is up in one run of two, and from the eighth year on, changes the forecast of eight years by half."""
    kind, quiet = chances.KINDS["arms"], still(2)
    pair = place(YEARLY["votes"], "RUS", "IND")
    both = nearer(quiet, "RUS", "IND", 0.5)
    one, late = both.tie.copy(), both.tie.copy()
    one[0], late[:, :7] = 0.0, 0.0
    base, up, half_up, then = (
        chances.ours(kind, known, BASE, replace(quiet, tie=tie), EARLIER)[:, pair]
        for tie in (quiet.tie, both.tie, one, late)
    )
    close(half_up, (base + up) / 2.0, 1e-9)
    assert up[0] != pytest.approx(base[0], abs=1e-6)
    close(then, [base[0], up[1]], 1e-9)


# --- tables of scores, by hand ----------------------------------------------------------------------------------------

PAIRS = ((0, 1), (0, 2), (1, 2))


def scored(crps: npt.ArrayLike, error: npt.ArrayLike, inside: npt.ArrayLike) -> Scores:
    return Scores(*(np.array(x, dtype=float) for x in (error, crps, inside)))


def flat(crps: float, error: float, years: int = 2, inside: float = 1.0) -> Scores:
    """The same scores for every year and pair."""
    return scored(*(np.full((years, 3), x) for x in (crps, error, inside)))


def invented(found: Mapping[str, Scores], name: str = "votes", pairs: tuple[tuple[int, int], ...] = PAIRS) -> Judged:
    rows, columns = (np.array(side) for side in zip(*pairs, strict=True))
    years = tuple(range(BASE + 1, BASE + 1 + len(found[OURS].crps)))
    return Judged(name, "points", years, rows, columns, found, np.zeros(found[OURS].crps.shape))


def test_the_best_naive_forecast_is_that_of_the_lowest_crps() -> None:
    one = invented({OURS: flat(0.01, 0.01), "a": flat(0.3, 0.1), "b": flat(0.2, 0.9), "c": flat(0.25, 0.2)})
    assert one.best() == "b"


def test_skill_is_the_mean_of_what_is_known_by_year_and_over_all() -> None:
    """In the first year two pairs are known, .1 and .3; in the second three, .2, .2 and .5. All five: 1.3/5 = .26."""
    nan = np.nan
    mine = scored(
        [[0.1, 0.3, nan], [0.2, 0.2, 0.5]], [[0.2, 0.4, nan], [0.1, 0.1, 0.7]], [[1, 0, nan], [1, 1, 0]]
    )  # fmt: skip
    found = backcast.skill_table([invented({OURS: mine, "a": flat(0.3, 0.4)})])
    assert list(found) == ["channel", "model", "kind", "horizon", "mae", "crps", "coverage", "n"]
    rows = found[found["model"] == OURS].set_index("horizon")
    assert list(rows.index) == [0, 1, 2] and set(rows["kind"]) == {"model"}
    close(rows["crps"], [0.26, 0.2, 0.3])
    close(rows["mae"], [0.3, 0.3, 0.3])
    close(rows["coverage"], [0.6, 0.5, 2 / 3])
    assert list(rows["n"]) == [5, 2, 3]
    rival = found[found["model"] == "a"]
    assert set(rival["kind"]) == {"naive"} and list(rival["n"]) == [6, 3, 3]


def test_a_year_without_figures_has_no_row_and_the_horizon_is_that_of_the_year() -> None:
    nan = np.nan
    mine = scored([[nan] * 3, [0.2] * 3], [[nan] * 3, [0.1] * 3], [[nan] * 3, [nan] * 3])
    one = replace(invented({OURS: mine}, "arms"), years=(2018, 2021))
    found = backcast.skill_table([one])
    assert list(found["horizon"]) == [0, 8] and list(found["n"]) == [3, 3]
    assert found["coverage"].isna().all()


def test_ratios_say_who_wins_and_a_perfect_rival_cannot_be_beaten() -> None:
    """.1 to .2 is .5 in every sample of states, .2 to .1 is 2, anything to 0 is infinite, 0 to 0 is 1."""
    found = backcast.ratio_table(
        [
            invented({OURS: flat(0.1, 0.4), "a": flat(0.2, 0.2), "b": flat(0.8, 0.1)}),
            invented({OURS: flat(0.2, 0.1), "a": flat(0.1, 0.1)}, "trade"),
            invented({OURS: flat(0.2, 0.1), "a": flat(0.0, 0.0)}, "pacts"),
            invented({OURS: flat(0.0, 0.0), "a": flat(0.0, 0.0)}, "arms"),
        ]
    )
    assert list(found) == ["channel", "naive", "measure", "ratio", "low", "high", "best"]
    assert len(found) == 2 * 5
    by = found.set_index(["channel", "naive", "measure"])
    for key, ratio in {
        ("votes", "a", "crps"): 0.5,
        ("votes", "a", "error"): 2.0,
        ("votes", "b", "crps"): 0.125,
        ("votes", "b", "error"): 4.0,
        ("trade", "a", "crps"): 2.0,
        ("pacts", "a", "crps"): np.inf,
        ("pacts", "a", "error"): np.inf,
        ("arms", "a", "crps"): 1.0,
    }.items():
        assert list(by.loc[key, ["ratio", "low", "high"]]) == pytest.approx([ratio] * 3), key
    assert {key[:2] for key in by.index[by["best"]]} == {("votes", "a"), ("trade", "a"), ("pacts", "a"), ("arms", "a")}
    rows = report.ratio_rows(found)
    assert [(row[0], row[3]) for row in rows] == [
        ("pacts", "**loses**"),
        ("trade", "**loses**"),
        ("arms", "no difference"),
        ("votes", "wins"),
    ]
    assert rows[0][2] == "∞ [∞, ∞]" and rows[1][2] == "2.000 [2.000, 2.000]"


def test_a_ratio_that_hangs_on_some_states_is_no_difference() -> None:
    """Against 1 everywhere, .5 with the first state and 1.7 without: 3·.5 + 3·1.7 over 6 is 1.1. A sample of the states
    weighs a pair as often as both its states are in it."""
    pairs = tuple((i, j) for i in range(4) for j in range(i + 1, 4))
    mine = np.array([[0.5 if i == 0 else 1.7 for i, _ in pairs]])
    found = backcast.ratio_table(
        [invented({OURS: scored(mine, mine, mine), "a": scored(*[np.ones((1, 6))] * 3)}, pairs=pairs)]
    ).set_index("measure")
    row = found.loc["crps"]
    assert row["ratio"] == pytest.approx(1.1)
    sampled = []
    for times in scores.resampled_weights(STATES, SEED):
        weights = [times[i] * times[j] for i, j in pairs]
        if sum(weights):
            sampled.append(sum(w * x for w, x in zip(weights, mine[0], strict=True)) / sum(weights))
    assert [row["low"], row["high"]] == pytest.approx(list(np.quantile(sampled, [0.05, 0.95])))
    assert row["low"] < 1.0 < row["high"] and report.compared(row) == "no difference"


def test_history_keeps_the_theories_within_twenty_to_one_of_the_best() -> None:
    """ln 20 = 2.996. How well a theory forecasts does not decide it."""
    rows = [
        {"theory": name, "channel": channel, "crps": crps, "low": crps, "high": crps, "evidence": evidence}
        for name, crps, evidence in (("best", 9.0, 0.0), ("near", 1.0, -2.99), ("far", 0.5, -3.0))
        for channel in ("votes", "trade")
    ]
    found = pd.DataFrame(rows)
    assert report.kept(found) == {"best": True, "near": True, "far": False}
    header, told = report.theory_rows(found)
    assert header == ["Theory", "votes", "trade", "Log evidence", "History"]
    assert told == [
        ["far", "0.500", "0.500", "−3.0", "**drops it**"],
        ["best", "9.000", "9.000", "0.0", "keeps it"],
        ["near", "1.000", "1.000", "−3.0", "keeps it"],
    ]


# --- the real tables --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(moved: Moved) -> list[Judged]:
    """Every channel, scored for a few sets."""
    return backcast.judge(moved)


def test_every_channel_is_judged_on_what_was_observed(judged: list[Judged], truth: Record) -> None:
    assert [one.channel for one in judged] == [*YEARLY, *chances.KINDS]
    votes = judged[0]
    assert votes.years == tuple(range(2014, 2022))
    pair = place(YEARLY["votes"], "PRK", "RUS")
    for k, year in enumerate(votes.years):
        points = [truth.points[0, year - FIRST, CODES.index(code)] for code in ("PRK", "RUS")]
        assert votes.observed[k, pair] == pytest.approx(abs(points[0] - points[1]))
    low, median, high = votes.forecasts[OURS][:, :, pair]
    assert (low <= median).all() and (median <= high).all()
    close(votes.scores[OURS].error[:, pair], np.abs(median - votes.observed[:, pair]), 1e-5)
    inside = (votes.observed[:, pair] >= low) & (votes.observed[:, pair] <= high)
    np.testing.assert_array_equal(votes.scores[OURS].inside[:, pair], inside)
    trade = next(one for one in judged if one.channel == "trade")
    pair = place(YEARLY["trade"], "RUS", "CHN")
    shares = truth.trade[at(2014) : at(2021) + 1, CODES.index("RUS"), CODES.index("CHN")]
    np.testing.assert_array_equal(trade.observed[:, pair], shares)


@pytest.mark.parametrize(("name", "years"), [("arms", (2018, 2021)), ("pacts", tuple(range(2014, 2019)))])
def test_chances_are_scored_by_what_came(
    name: str, years: tuple[int, ...], judged: list[Judged], known: Record, truth: Record, moved: Moved
) -> None:
    """Arms within five and eight years, pacts each year to 2018; the Brier score is the square of the miss."""
    one = next(one for one in judged if one.channel == name)
    assert one.years == years and one.unit == "chance" and not one.forecasts
    came = np.array([on_record(truth, name, year) for year in years])
    np.testing.assert_array_equal(one.observed, came)
    np.testing.assert_array_equal(one.scores["persistence"].error, np.abs(on_record(known, name, BASE) - came))
    chance = chances.ours(chances.KINDS[name], known, BASE, moved, EARLIER)
    close(one.scores[OURS].error, np.abs(chance - came))
    close(one.scores[OURS].crps, (chance - came) ** 2)
    assert np.isnan(one.scores[OURS].inside).all()


def test_all_forecasts_of_a_channel_are_scored_on_the_same_figures(judged: list[Judged]) -> None:
    counts = backcast.skill_table(judged).groupby(["channel", "horizon"])["n"].nunique()
    assert (counts == 1).all()


def test_the_table_of_forecasts_names_every_pair_and_year(judged: list[Judged]) -> None:
    found = backcast.forecast_table(judged)
    assert list(found) == ["channel", "iso3_a", "iso3_b", "year", "observed", "median", "low", "high", "naive"]
    for one in judged[:4]:
        part = found[found["channel"] == one.channel]
        assert len(part) == one.observed.size == len(part.drop_duplicates(["iso3_a", "iso3_b", "year"]))
        a, b = ("RUS", "CHN") if one.channel == "trade" else ("CHN", "RUS")
        row = part[(part["iso3_a"] == a) & (part["iso3_b"] == b) & (part["year"] == 2016)]
        pair, k = place(YEARLY[one.channel], a, b), one.years.index(2016)
        expected = [
            one.observed[k, pair],
            *one.forecasts[OURS][[1, 0, 2], k, pair],
            one.forecasts[one.best()][1, k, pair],
        ]
        close(row[["observed", "median", "low", "high", "naive"]].to_numpy()[0], expected, 1e-7)
    assert set(found["channel"]) == set(YEARLY)  # chances are no figures of a year


def test_a_case_is_judged_on_its_own_pairs_by_the_posterior_that_did_not_see_it(
    judged: list[Judged], known: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = about(JUDGE)
    monkeypatch.setattr(backcast, "about", lambda _name: {**told, "cases": {"IRN": told["cases"]["IRN"]}})
    monkeypatch.setattr(backcast, "SIDE_DRAWS", 2)
    done: list[tuple[int, int]] = []
    found = backcast.case_table(judged, 1, lambda *step: done.append(step)).set_index("channel")
    assert done == [(1, 1)] and set(found["case"]) == {"IRN"} and list(found.index) == list(YEARLY)
    blind = move(PERIOD, sample(2, SEED, learned=reweighted(JUDGE, "IRN")), SEED)
    saw = move(PERIOD, backcast.drawn(draws=2), SEED)
    k = CODES.index("IRN")
    for one in (judged[0], judged[3]):
        mine = [n for n, pair in enumerate(zip(one.rows, one.columns, strict=True)) if k in pair]
        assert len(mine) == (STATES - 1) * (2 if one.channel == "trade" else 1)
        crps, seen = (
            scores.score(ours(YEARLY[one.channel], known, sets, SEED).samples, one.observed).crps[:, mine]
            for sets in (blind, saw)
        )
        best = one.scores[one.best()].crps[:, mine]
        row = found.loc[one.channel]
        assert row["without"] == pytest.approx(np.nansum(crps) / np.nansum(best))
        assert row["with"] == pytest.approx(np.nansum(seen) / np.nansum(best))
        assert row["n"] == np.isfinite(best).sum()


def test_a_theory_is_judged_from_its_own_prior(
    judged: list[Judged], known: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = {name: theories()[name] for name in ("full", "homophily")}
    monkeypatch.setattr(backcast, "theories", lambda: some)
    monkeypatch.setattr(backcast, "about", lambda _name: {"theories": {"full": -7.5, "homophily": -3.0}})
    monkeypatch.setattr(scores, "RESAMPLES", 60)
    monkeypatch.setattr(backcast, "SIDE_DRAWS", 2)
    found = backcast.theory_table(judged, 1, lambda *_: None)
    assert dict(zip(found["theory"], found["kind"], strict=True)) == {"full": "theory", "homophily": "null"}
    assert dict(zip(found["theory"], found["evidence"], strict=True)) == {"full": -4.5, "homophily": 0.0}
    # every pact of 2013 stood, so persistence was perfect and nothing can be better than it
    perfect = [one.channel for one in judged if scores.mean(one.scores[one.best()].crps) == 0.0]
    assert perfect == ["pacts"]
    for theory in some:
        assert list(found[found["theory"] == theory]["channel"]) == [*YEARLY, "arms"]
    votes, arms = judged[0], judged[4]
    alone = move(PERIOD, sample(2, SEED, theories()["homophily"]), SEED)
    assert not np.allclose(alone.tie, move(PERIOD, sample(2, SEED), SEED).tie)
    crps = {
        "votes": scores.score(ours(YEARLY["votes"], known, alone, SEED).samples, votes.observed).crps,
        "arms": (chances.ours(chances.KINDS["arms"], known, BASE, alone, EARLIER) - arms.observed) ** 2,
    }
    rows = found[found["theory"] == "homophily"].set_index("channel")
    for one in (votes, arms):
        expected = np.nansum(crps[one.channel]) / np.nansum(one.scores[one.best()].crps)
        assert rows.loc[one.channel, "crps"] == pytest.approx(expected)
        assert rows.loc[one.channel, "low"] < expected < rows.loc[one.channel, "high"]


# --- registered forecasts ---------------------------------------------------------------------------------------------

ALL_PAIRS = [(a, b) for k, a in enumerate(world_of("2021").codes) for b in world_of("2021").codes[k + 1 :]]


def has_the_form(found: pd.DataFrame) -> None:
    """Every pair of world 2021 once in each of three years."""
    assert list(found) == ["iso3_a", "iso3_b", "year", "mean", "q05", "q95"]
    assert (found["iso3_a"] < found["iso3_b"]).all()
    keys = sorted(zip(found["year"], found["iso3_a"], found["iso3_b"], strict=True))
    assert keys == sorted((year, a, b) for year in (2022, 2023, 2024) for a, b in ALL_PAIRS)
    assert np.isfinite(found[["mean", "q05", "q95"]].to_numpy()).all()
    assert (found["q05"] >= 0.0).all()
    assert (found["q05"] <= found["mean"]).all() and (found["mean"] <= found["q95"]).all()
    assert (found["q95"] - found["q05"]).median() > 0.1


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """The registered tables, for a few sets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registered, "DRAWS", FEW)
        return registered.registered(1, lambda *_: None)


def test_every_pair_is_forecast_once_for_each_year(tables: dict[str, pd.DataFrame]) -> None:
    assert tuple(tables) == registered.NAMES
    for found in tables.values():
        has_the_form(found)
    ours_, rival = tables.values()
    assert not ours_["mean"].equals(rival["mean"])


@pytest.mark.parametrize("name", registered.NAMES)
def test_what_is_registered_has_the_form(name: str) -> None:
    path = resources.seeds() / "registered" / f"{name}.csv"
    if not path.is_file():
        pytest.skip(f"{path} is not registered yet")
    has_the_form(pd.read_csv(path))


def test_the_naive_forecast_is_half_of_the_last_year_and_half_of_five(tables: dict[str, pd.DataFrame]) -> None:
    assert NAIVE[registered.RIVAL] is half
    channel = YEARLY["votes"]
    known = read_record(CODES, 2021)
    past = channel.table(known)[: at(2021) + 1]
    level = 0.5 * past[-1] + 0.5 * past[-5:].mean(axis=0)
    missed = past_errors(half, past, 3)
    found = tables["votes_2022_2024_naive"]
    for k, year in enumerate((2022, 2023, 2024)):
        part = found[found["year"] == year]
        assert list(zip(part["iso3_a"], part["iso3_b"], strict=True)) == ALL_PAIRS
        samples = np.abs(level + centred(missed[k])[:, None])
        close(part["mean"], samples.mean(axis=0), 6e-4)
        close(part["q05"], np.quantile(samples, 0.05, axis=0), 6e-4)
        close(part["q95"], np.quantile(samples, 0.95, axis=0), 6e-4)


def test_our_registered_forecast_is_that_of_the_posterior_to_2021(tables: dict[str, pd.DataFrame]) -> None:
    channel, known = YEARLY["votes"], read_record(CODES, 2021)
    period = panel.PERIODS["2020s"]
    run = move(period, sample(FEW, SEED, learned=posterior("until-2021")), SEED)
    samples = ours(channel, known, run, SEED).samples
    found = tables["votes_2022_2024"]
    for k, year in enumerate((2022, 2023, 2024)):
        part = found[found["year"] == year]
        close(part["mean"], samples[:, k].astype(float).mean(axis=0), 6e-4)
        close(part["q05"], np.quantile(samples[:, k], 0.05, axis=0), 6e-4)


def test_no_figure_after_2021_reaches_what_is_registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registered, "DRAWS", 2)
    expected = registered.registered(1, lambda *_: None)
    with instead(alter(tmp_path, 2021), unread="2013"):
        assert np.isfinite(YEARLY["votes"].table(read_record(CODES, 2024))[at(2022)]).all()  # there to be read
        found = registered.registered(1, lambda *_: None)
    for name, wanted in expected.items():
        pd.testing.assert_frame_equal(found[name], wanted)


def test_the_naive_forecasts_of_a_record_are_all_there_once(known: Record) -> None:
    assert [one.name for one in naive(YEARLY["votes"], known, 3)] == list(NAIVE)
