"""Statistics of panels by hand and by other means, and the patterns that rest on them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from math import isfinite, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Array, close, seeds
from hypothesis import given
from test_history_record import alter, forget, read_from

from blocade.history.panel import PERIODS, Panel, Period, observed, world_of
from blocade.history.patterns import Pattern, historical_claims, learnt, measure, patterns, periods_of
from blocade.history.statistics import LEAST_SHARE, PRESSED, SECTORAL, STATISTICS, UNDER, compute
from blocade.history.validation import CHANNELS_NEEDED

CODES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
FIRST = 2001


def made(states: int = 4, years: int = 4, runs: int = 1, **arrays: Any) -> Panel:
    """A panel of 2001 and later, preceded by its row 0; what is not given is 0 and nobody has conceded."""
    pairs, single = (runs, years + 1, states, states), (runs, years + 1, states)
    blank = {
        **{name: np.zeros(pairs) for name in ("tie", "votes", "trade")},
        **{name: np.zeros(single) for name in ("alignment", "conceded")},
        "sanctions": np.zeros(pairs[1:]),
        "pressed": np.zeros(single[1:]),
    }
    given_ = {name: np.asarray(array, dtype=float) for name, array in arrays.items()}
    for name, array in given_.items():
        assert array.shape == blank[name].shape, name
    return Panel(Period("made", FIRST, FIRST + years - 1), CODES[:states], **{**blank, **given_})


def symmetric(states: int, years: int, runs: int = 1, **pairs: Any) -> Array:
    """Figures of pairs, the same either way round: a number, one for each year (row 0 first), or [run, year]."""
    found = np.zeros((runs, years + 1, states, states))
    for name, values in pairs.items():
        i, j = (CODES.index(letter * 3) for letter in name)
        found[:, :, i, j] = found[:, :, j, i] = values
    return found


def random_panel(seed: int, states: int = 6, years: int = 7, runs: int = 2) -> Panel:
    """All of a panel at random; a fifth of the votes are unknown, and two states come under pressure."""
    rng = np.random.default_rng(seed)

    def pairs(x: Array) -> Array:
        x = (x + np.swapaxes(x, -1, -2)) / 2
        np.einsum("...ii->...i", x)[...] = 0.0
        return x

    shape = (runs, years + 1, states, states)
    votes, trade = pairs(np.abs(rng.normal(size=shape))), rng.gamma(0.5, size=shape)
    gaps = rng.uniform(size=(years, states, states)) < 0.1
    votes[:, 1:][:, gaps | np.swapaxes(gaps, -1, -2)] = np.nan
    votes[:, -3:, :2, :2] = 0.3
    sanctions = rng.choice([0.0, 0.2, 0.5, 0.8], size=shape[1:], p=[0.4, 0.2, 0.2, 0.2])
    np.einsum("yii->yi", sanctions)[...] = 0.0
    pressed = rng.choice([0.0, 0.1], size=(years + 1, states))
    pressed[0, :2], pressed[1:, :2] = 0.0, 0.1
    conceded = np.cumsum(rng.uniform(size=(runs, years + 1, states)) < 0.2, axis=1)
    conceded[:, 0], conceded[:, -1] = 0, conceded[:, -1] + 1
    return made(
        states,
        years,
        runs,
        tie=pairs(rng.uniform(-1, 1, size=shape)),
        votes=votes,
        trade=trade / (trade.sum(axis=-1, keepdims=True) + 0.5),
        alignment=rng.normal(size=shape[:3]),
        sanctions=sanctions,
        pressed=pressed,
        conceded=conceded,
    )


LAST = [FIRST + 5, FIRST + 6]
GIVEN: Mapping[str, Mapping[str, Any]] = {
    "tie-change": {"pairs": ["AAA-BBB", "CCC-AAA"]},
    "tie-spread": {},
    "tie-memory": {},
    "vote-change": {"pairs": ["AAA-BBB"]},
    "persistence": {},
    "trade-slope": {},
    "trade-share-change": {"state": "AAA", "partner": "BBB"},
    "diversion": {"state": "BBB", "partner": "CCC", "years": LAST},
    "trade-growth": {"state": "CCC", "partner": "AAA", "years": LAST},
    "group-trade-growth": {"state": "AAA", "partners": ["BBB", "CCC"], "years": LAST},
    "onset": {"sender": "AAA"},
    "co-sanctioned": {"sender": "CCC"},
    "concession-rate": {},
    "early-concessions": {"within": 3},
    "concedes": {"state": "AAA", "year": FIRST + 3},
}
"""Every statistic with something to ask of it; states D to F are never named."""


def one(panel: Panel, name: str, **given_: Any) -> float:
    """A statistic of a panel of one run."""
    (found,) = compute(panel, name, given_)
    return float(found)


# --- ties -----------------------------------------------------------------------------------------------------------


def test_change_of_the_tie_of_some_pairs_by_hand() -> None:
    """AB .1 to .7 (.4 in 2002), AC 0 to −.2 (.3 in 2002): +.2 at the end, (.3 + .3)/2 in 2002, and BC is not asked."""
    tie = symmetric(4, 3, AB=[0.1, 0.2, 0.4, 0.7], AC=[0.0, 0.1, 0.3, -0.2], BC=[0, 1, 1, 1])
    assert one(made(4, 3, tie=tie), "tie-change", pairs=["AAA-BBB", "CCC-AAA"]) == pytest.approx(0.2)
    assert one(made(4, 3, tie=tie), "tie-change", pairs=["AAA-BBB", "CCC-AAA"], year=2002) == pytest.approx(0.3)
    assert one(made(4, 3, tie=tie), "tie-change", pairs=["BBB-AAA"]) == pytest.approx(0.6)


def test_spread_of_the_change_of_ties_by_hand() -> None:
    """Changes of +.3, −.3 and 0, each pair once: √(.18/3)."""
    tie = symmetric(3, 2, AB=[0.2, 0.9, 0.5], AC=[0.5, 0.5, 0.2], BC=[0.4, 0.1, 0.4])
    assert one(made(3, 2, tie=tie), "tie-spread") == pytest.approx(np.sqrt(0.06))


def test_memory_of_ties_is_the_slope_of_the_end_on_the_start() -> None:
    """Half is remembered, whatever is added to all; what lies between does not count."""
    before = {"AB": 0.2, "AC": -0.4, "BC": 0.6}
    tie = symmetric(3, 2, **{name: [x, 9.0, 0.5 * x + 0.1] for name, x in before.items()})
    assert one(made(3, 2, tie=tie), "tie-memory") == pytest.approx(0.5)
    flat = symmetric(3, 2, AB=[0.25, 0, 0.1], AC=[0.25, 0, 0.5], BC=[0.25, 0, 0.3])
    assert np.isnan(one(made(3, 2, tie=flat), "tie-memory"))
    off = tie.copy()
    off[:, -1] += np.diag([7.0, 8.0, 9.0])  # of themselves states have no tie
    assert one(made(3, 2, tie=off), "tie-memory") == pytest.approx(0.5)


# --- votes ----------------------------------------------------------------------------------------------------------


def test_change_of_distance_in_votes_by_hand() -> None:
    """AB from 1 to the mean (.4 + .5 + .9)/3 of the last three years, .6; AC from .5 to 1.1: +.1 on average."""
    votes = symmetric(3, 4, AB=[1.0, 2.0, 0.4, 0.5, 0.9], AC=[0.5, 0.0, 1.1, 1.1, 1.1])
    panel = made(3, 4, votes=votes)
    assert one(panel, "vote-change", pairs=["AAA-BBB"]) == pytest.approx(-0.4)
    assert one(panel, "vote-change", pairs=["AAA-BBB", "AAA-CCC"]) == pytest.approx(0.1)
    assert one(panel, "vote-change", pairs=["AAA-BBB"], years=[2001, 2002]) == pytest.approx(0.2)
    votes[:, -1, 0, 1] = np.nan
    assert np.isnan(one(panel, "vote-change", pairs=["AAA-BBB"]))


def test_persistence_by_hand() -> None:
    """±(3, 1, −1, −3): c₁ = (3 − 1 + 3)/3, c₂ = (−3 − 3)/2, so −9/5; row 0 and a state with a gap do not count."""
    x = np.array([3.0, 1.0, -1.0, -3.0])
    alignment = np.stack([x, -x, [5.0, np.nan, 2.0, 8.0]], axis=-1)
    alignment = np.concatenate([[[100.0, -7.0, 1.0]], alignment])[None]
    assert one(made(3, 4, alignment=alignment), "persistence") == pytest.approx(-9 / 5)
    moved = alignment + np.array([0.0, 4.0, 1.0, 9.0, 2.0])[:, None]  # all states move together
    assert one(made(3, 4, alignment=moved), "persistence") == pytest.approx(-9 / 5)


def test_persistence_is_that_of_alignment_without_its_noise() -> None:
    """AR(1) with φ = .8 under noise of the same variance: c₁/c₀ would be .4. Common shocks leave no trace."""
    rng = np.random.default_rng(3)
    years, runs, phi = 4000, 3, 0.8
    x = np.zeros((runs, years + 1, 6))
    for t in range(1, years + 1):
        x[:, t] = phi * x[:, t - 1] + rng.normal(size=(runs, 6)) * np.sqrt(1 - phi**2)
    common = np.cumsum(rng.normal(size=(runs, years + 1, 1)), axis=1)
    panel = made(6, years, runs, alignment=x + rng.normal(size=x.shape) + common + np.arange(6.0))
    close(compute(panel, "persistence", {}), phi, 0.04)


def dummies(x: Array, y: Array, known: np.ndarray) -> float:
    """Slope of y on x with a dummy for every row and every column, by least squares: [row, column]."""
    rows, columns = np.nonzero(known)
    design = np.column_stack([np.eye(x.shape[0])[rows], np.eye(x.shape[1])[columns], x[known]])
    return float(np.linalg.lstsq(design, y[known], rcond=None)[0][-1])


def voted(seed: int, gaps: float, effect: float = 0.0, noise: float = 1.0) -> tuple[Panel, Array, Array]:
    """Votes and sanctions of A at random, with gaps; and whether each state is under sectoral and any sanctions."""
    rng = np.random.default_rng(seed)
    states, years = 6, 9
    sanctions = np.zeros((years + 1, states, states))
    sanctions[:, 1:, 0] = rng.choice([0.0, 0.15, UNDER, 0.4, SECTORAL, 0.8], size=(years + 1, states - 1))
    sanctions[:, :, 1] = 0.9  # of another sender
    np.einsum("yii->yi", sanctions)[...] = 0.0
    sectoral, some = sanctions[:, :, 0] >= SECTORAL, sanctions[:, :, 0] >= UNDER
    both = some[:, :, None] & some[:, None, :]
    state, year = rng.normal(size=states), rng.normal(size=years + 1)
    votes = state[:, None] * state + year[:, None, None] + noise * rng.normal(size=(years + 1, states, states))
    votes = np.triu(votes, 1) + np.swapaxes(np.triu(votes, 1), -1, -2)
    votes[:, 0] += effect * sectoral
    votes[:, :, 0] += effect * sectoral
    votes[:, 1:, 1:] += effect * both[:, 1:, 1:]
    unknown = rng.uniform(size=votes.shape) < gaps
    votes[np.triu(unknown, 1) | np.swapaxes(np.triu(unknown, 1), -1, -2)] = np.nan
    votes[1:5, 5], votes[1:5, :, 5] = np.nan, np.nan  # a state that comes late
    return made(states, years, votes=votes[None], sanctions=sanctions), sectoral, both


@pytest.mark.parametrize("gaps", [0.0, 0.15])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_onset_is_the_slope_of_a_regression_with_dummies_of_states_and_years(seed: int, gaps: float) -> None:
    panel, sectoral, _ = voted(seed, gaps)
    y = panel.votes[0, 1:, 1:, 0]
    assert np.isnan(y).any()
    expected = dummies(sectoral[1:, 1:].astype(float), np.nan_to_num(y), np.isfinite(y))
    assert one(panel, "onset", sender="AAA") == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("gaps", [0.0, 0.15])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_co_sanctioned_is_the_slope_of_a_regression_with_dummies_of_pairs_and_years(seed: int, gaps: float) -> None:
    panel, _, both = voted(seed, gaps)
    rows, columns = np.triu_indices(6, k=1)
    y = panel.votes[0, 1:, rows, columns].T
    assert np.isnan(y).any()
    expected = dummies(both[1:, rows, columns].astype(float), np.nan_to_num(y), np.isfinite(y))
    assert one(panel, "co-sanctioned", sender="AAA") == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("name", "gaps"), [("onset", 0.0), ("onset", 0.15), ("co-sanctioned", 0.15)])
def test_an_effect_that_was_planted_comes_back(name: str, gaps: float) -> None:
    """+.3 beside effects of states and of years, without noise, although a tenth is missing and a state comes late."""
    panel, _, _ = voted(5, gaps, effect=0.3, noise=0.0)
    if name == "co-sanctioned":
        panel.votes[:, :, 0] = panel.votes[:, :, :, 0] = np.nan  # the effect is another one in pairs of the sender
    assert one(panel, name, sender="AAA") == pytest.approx(0.3, abs=1e-9)


def test_differences_in_differences_of_two_states_and_two_years_by_hand() -> None:
    """B comes under sanctions of A and moves from 1 to 1.9, C from 2 to 2.5: .9 − .5."""
    sanctions = np.zeros((3, 3, 3))
    sanctions[2, 1, 0] = SECTORAL
    votes = symmetric(3, 2, AB=[7.0, 1.0, 1.9], AC=[7.0, 2.0, 2.5])
    assert one(made(3, 2, votes=votes, sanctions=sanctions), "onset", sender="AAA") == pytest.approx(0.4)
    assert np.isnan(one(made(3, 2, votes=votes, sanctions=sanctions * 0.99), "onset", sender="AAA"))
    always = np.zeros((3, 3, 3))
    always[:, 1, 0] = 1.0
    assert np.isnan(one(made(3, 2, votes=votes, sanctions=always), "onset", sender="AAA"))


def test_two_states_must_both_be_under_a_senders_sanctions() -> None:
    """B and C are in 2002 and converge by .2 more than the other pairs: −.2; C's alone, or another's, do not count."""
    sanctions = np.zeros((3, 4, 4))
    sanctions[2, 1:3, 0] = UNDER
    votes = symmetric(4, 2, AB=[0, 1, 1], AC=[0, 2, 2], AD=[0, 1, 1], BC=[0, 3, 2.8], BD=[0, 1, 1], CD=[0, 2, 2])
    assert one(made(4, 2, votes=votes, sanctions=sanctions), "co-sanctioned", sender="AAA") == pytest.approx(-0.2)
    alone = sanctions.copy()
    alone[2, 1, 0] = 0.99 * UNDER
    assert np.isnan(one(made(4, 2, votes=votes, sanctions=alone), "co-sanctioned", sender="AAA"))
    assert np.isnan(one(made(4, 2, votes=votes, sanctions=sanctions), "co-sanctioned", sender="DDD"))


# --- trade ----------------------------------------------------------------------------------------------------------


def traded(seed: int) -> tuple[Panel, Array, Array, np.ndarray]:
    """Trade and sanctions at random; with the change of log trade, that of severity, and the pairs that count."""
    rng = np.random.default_rng(seed)
    states, years = 6, 5
    trade = rng.uniform(0.01, 0.2, size=(years + 1, states, states))
    trade[0] = np.where(rng.uniform(size=(states, states)) < 0.2, LEAST_SHARE, trade[0])
    trade[3:, 4, 5] = 0.0
    trade[4, 2, 3] = np.nan
    np.einsum("yii->yi", trade)[...] = 0.0
    sanctions = rng.choice([0.0, 0.2, 0.5, 0.8], size=(years + 1, states, states))
    np.einsum("yii->yi", sanctions)[...] = 0.0
    worse = np.maximum(sanctions, np.swapaxes(sanctions, 1, 2))
    severity = worse[3:].mean(axis=0) - worse[0]
    after = trade[3:].mean(axis=0)
    known = (trade[0] > LEAST_SHARE) & (np.nan_to_num(after) > 0.0)
    change = np.log(np.where(known, after, 1.0) / np.where(known, trade[0], 1.0))
    return made(states, years, trade=trade[None], sanctions=sanctions), change, severity, known


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_slope_of_trade_is_that_of_a_regression_with_a_dummy_of_each_state(seed: int) -> None:
    panel, change, severity, known = traded(seed)
    rows, _ = np.nonzero(known)
    assert 10 < known.sum() < 30
    design = np.column_stack([np.eye(6)[rows], severity[known]])
    expected = np.linalg.lstsq(design, change[known], rcond=None)[0][-1]
    assert one(panel, "trade-slope") == pytest.approx(expected, abs=1e-9)


def test_the_slope_of_trade_by_hand() -> None:
    """A under .5 of B halves its trade with B and doubles that with C: (log ½ − log 2)/.5 = −4 log 2. B trades four
    times as much with A, and the same with C, so that its own slope is log 4/.5; over both, as x = ±.25 in each, 0."""
    trade = np.zeros((1, 2, 3, 3))
    trade[0, 0, 0], trade[0, 1, 0] = [0, 0.4, 0.1], [0, 0.2, 0.2]
    sanctions = np.zeros((2, 3, 3))
    sanctions[1, 0, 1] = 0.5
    panel = made(3, 1, trade=trade, sanctions=sanctions)
    assert one(panel, "trade-slope", years=[2001]) == pytest.approx(-4 * log(2))
    eased = replace(panel, trade=trade[:, ::-1], sanctions=sanctions[::-1])
    assert one(eased, "trade-slope", years=[2001]) == pytest.approx(-4 * log(2))
    trade[0, 0, 1], trade[0, 1, 1] = [0.1, 0, 0.3], [0.4, 0, 0.3]
    assert one(panel, "trade-slope", years=[2001]) == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(one(made(3, 1, trade=trade), "trade-slope", years=[2001]))


def test_the_cut_of_trade_that_was_planted_comes_back() -> None:
    """−1.5 log points per unit, with a change of its own for each state."""
    panel, _, severity, _ = traded(4)
    start = np.full((6, 6), 0.05)
    end = start * np.exp(-1.5 * severity + np.linspace(-0.4, 0.4, 6)[:, None])
    trade = np.stack([start, start, start, end, end, end])[None]
    assert one(replace(panel, trade=trade), "trade-slope") == pytest.approx(-1.5, abs=1e-12)
    assert one(replace(panel, trade=trade[:, [0, 3, 4, 5, 1, 2]]), "trade-slope") != pytest.approx(-1.5, abs=0.1)


TRADE = np.zeros((1, 5, 5, 5))
TRADE[0, :, 0, 1] = [0.10, 0.10, 0.20, 0.30, 0.40]  # A with B: .3 in the last three years
TRADE[0, :, 0, 2] = [0.20, 0.20, 0.10, 0.10, 0.10]
TRADE[0, :, 2, 1] = [0.10, 0.10, 0.11, 0.12, 0.13]  # C with B: +.02
TRADE[0, :, 3, 1] = [0.10, 0.10, 0.20, 0.20, 0.20]  # D with B: +.1
TRADE[0, :, 4, 1] = [0.30, 0.30, 0.30, 0.30, 0.30]  # E with B: 0
TRADE[0, :, 1, 1] = 9.0


@pytest.mark.parametrize(
    ("name", "about", "expected"),
    [
        ("trade-share-change", {"partner": "BBB"}, 0.2),
        ("trade-share-change", {"partner": "BBB", "years": [2002, 2003]}, 0.15),
        ("trade-share-change", {"partner": "CCC"}, -0.1),
        ("diversion", {"partner": "BBB"}, 0.2 - 0.02),  # the median of +.02, +.1 and 0
        ("diversion", {"partner": "BBB", "years": [2001]}, 0.0),
        ("trade-growth", {"partner": "BBB", "years": [2004]}, 4.0),
        ("trade-growth", {"partner": "BBB", "years": [2003, 2004]}, 3.5),
        ("group-trade-growth", {"partners": ["BBB", "CCC"], "years": [2004]}, 0.5 / 0.3),
        ("group-trade-growth", {"partners": ["CCC", "XXX"], "years": [2002, 2003]}, 0.5),
    ],
)
def test_shares_of_trade_by_hand(name: str, about: Mapping[str, Any], expected: float) -> None:
    assert one(made(5, 4, trade=TRADE), name, state="AAA", **about) == pytest.approx(expected, abs=1e-12)


def test_diversion_is_beyond_the_median_of_those_that_are_known() -> None:
    trade = TRADE.copy()
    trade[0, -1, 3, 1] = np.nan
    assert one(made(5, 4, trade=trade), "diversion", state="AAA", partner="BBB") == pytest.approx(0.2 - 0.01)
    trade[0, -1, 0, 1] = np.nan
    assert np.isnan(one(made(5, 4, trade=trade), "diversion", state="AAA", partner="BBB"))


# --- concessions ----------------------------------------------------------------------------------------------------


def test_the_rate_of_concessions_is_per_year_under_pressure() -> None:
    """A is pressed in three years and concedes in two of them, B in one and concedes in another: 2/4. In the second run
    both concede in 2003, A thrice: 4/4. Row 0 is before."""
    pressed = np.array([[1, 1], [1, 0], [1, 0], [1, 1], [0, 0]]) * PRESSED
    conceded = np.array([[[0, 0], [1, 0], [1, 1], [2, 1], [3, 1]], [[0, 0], [0, 0], [0, 0], [3, 1], [3, 1]]])
    panel = made(2, 4, 2, pressed=pressed, conceded=conceded)
    close(compute(panel, "concession-rate", {}), [0.5, 1.0])
    close(compute(replace(panel, pressed=pressed * 0.99), "concession-rate", {}), [np.nan, np.nan])


def test_early_concessions_are_those_within_some_years_of_new_pressure() -> None:
    """Pressure begins on A in 2001, on B in 2002; on C it was there before and on D there is none. In the first run A
    concedes in 2002, a year after, B in 2004, two after; in the second only A, in 2004; in the third nobody."""
    pressed = np.zeros((6, 4))
    pressed[1:, 0], pressed[2:, 1], pressed[:, 2] = PRESSED, 0.3, 0.3
    conceded = np.zeros((3, 6, 4))
    conceded[:, 1:, 2:] = 1.0
    conceded[0, 2:, 0], conceded[0, 4:, 1] = 1.0, 1.0
    conceded[0, 3:, 0] = 2.0  # a second one is not asked for
    conceded[1, 4:, 0] = 1.0
    panel = made(4, 5, 3, pressed=pressed, conceded=conceded)
    for within, expected in ((1, [0, 0, np.nan]), (2, [0.5, 0, np.nan]), (3, [1, 0, np.nan]), (4, [1, 1, np.nan])):
        close(compute(panel, "early-concessions", {"within": within}), expected)


def test_a_concession_before_the_pressure_is_none_to_it() -> None:
    """Pressure begins in 2003; of two states that concede one does so in 2002, the other in 2004."""
    pressed = np.array([[0, 0], [0, 0], [0, 0], [1, 1], [1, 1]]) * PRESSED
    conceded = np.array([[[0, 0], [0, 0], [1, 0], [1, 0], [2, 1]], [[0, 0], [0, 0], [1, 0], [1, 0], [1, 0]]])
    panel = made(2, 4, 2, pressed=pressed, conceded=conceded)
    close(compute(panel, "early-concessions", {"within": 2}), [1.0, np.nan])
    close(compute(panel, "early-concessions", {"within": 1}), [0.0, np.nan])


def test_a_state_concedes_by_the_end_of_a_year_or_not() -> None:
    conceded = np.zeros((2, 5, 2))
    conceded[0, 2:, 1], conceded[1, 4, 1] = 1.0, 2.0
    panel = made(2, 4, 2, conceded=conceded)
    for year, expected in ((2001, [0, 0]), (2002, [1, 0]), (2003, [1, 0]), (2004, [1, 1])):
        close(compute(panel, "concedes", {"state": "BBB", "year": year}), expected)
    assert not compute(panel, "concedes", {"state": "AAA", "year": 2004}).any()


# --- all statistics -------------------------------------------------------------------------------------------------


def test_every_statistic_is_asked_something_here() -> None:
    assert set(GIVEN) == set(STATISTICS)


@pytest.mark.parametrize("name", GIVEN)
@given(seed=seeds)
def test_the_order_of_states_does_not_matter(name: str, seed: int) -> None:
    panel = random_panel(seed)
    order = np.random.default_rng(seed).permutation(len(panel.codes))
    pair = np.ix_(order, order)
    turned = Panel(
        panel.period,
        tuple(panel.codes[k] for k in order),
        *(getattr(panel, field)[..., pair[0], pair[1]] for field in ("tie", "votes", "trade")),
        panel.alignment[..., order],
        panel.sanctions[..., pair[0], pair[1]],
        panel.pressed[..., order],
        panel.conceded[..., order],
    )
    found = compute(panel, name, GIVEN[name])
    close(compute(turned, name, GIVEN[name]), found, 1e-9)


@pytest.mark.parametrize("name", GIVEN)
def test_every_run_has_its_own_number(name: str) -> None:
    panel = random_panel(11, runs=3)
    found = compute(panel, name, GIVEN[name])
    assert found.shape == (3,) and np.isfinite(found).all()
    for run in range(3):
        alone = {
            field: getattr(panel, field)[run : run + 1] for field in ("tie", "votes", "trade", "alignment", "conceded")
        }
        close(compute(replace(panel, **alone), name, GIVEN[name]), found[run : run + 1], 1e-12)


NAMED = {
    (name, code)
    for name, about in GIVEN.items()
    for code in CODES
    if any(code in str(about.get(key, "")) for key in ("pairs", "state", "partner", "sender"))
}


@pytest.mark.parametrize("name", GIVEN)
def test_a_statistic_says_nothing_where_a_state_that_it_names_is_absent(name: str) -> None:
    panel = random_panel(5)
    for code in CODES:
        found = compute(panel.without(code), name, GIVEN[name])
        assert found.shape == (2,)
        assert np.isnan(found).all() == ((name, code) in NAMED), (name, code)


def test_units() -> None:
    """Votes twice as far apart, ties and alignment of another scale, sanctions half as severe."""
    panel = random_panel(2)
    scaled = replace(panel, votes=2 * panel.votes, tie=3 * panel.tie, alignment=5 * panel.alignment + 1)
    factors = dict.fromkeys(GIVEN, 1.0) | {
        **dict.fromkeys(("vote-change", "onset", "co-sanctioned"), 2.0),
        **dict.fromkeys(("tie-change", "tie-spread"), 3.0),
    }
    for name, factor in factors.items():
        close(compute(scaled, name, GIVEN[name]), factor * compute(panel, name, GIVEN[name]), 1e-9)
    milder = replace(panel, sanctions=0.5 * panel.sanctions)
    close(compute(milder, "trade-slope", {}), 2 * compute(panel, "trade-slope", {}), 1e-9)
    finer = replace(panel, trade=0.5 * panel.trade)
    for name in ("trade-share-change", "diversion"):
        close(compute(finer, name, GIVEN[name]), 0.5 * compute(panel, name, GIVEN[name]), 1e-12)
    for name in ("trade-growth", "group-trade-growth"):
        close(compute(finer, name, GIVEN[name]), compute(panel, name, GIVEN[name]), 1e-12)


# --- panels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_a_panel_without_a_state_keeps_all_of_the_others(code: str) -> None:
    panel = random_panel(8)
    rest = panel.without(code)
    keep = [k for k, other in enumerate(CODES) if other != code]
    assert rest.codes == tuple(CODES[k] for k in keep) and rest.period == panel.period
    for field in ("tie", "votes", "trade", "sanctions"):
        whole, part = getattr(panel, field), getattr(rest, field)
        assert part.shape == (*whole.shape[:-2], 5, 5)
        for a, i in enumerate(keep):
            np.testing.assert_array_equal(part[..., a, :], whole[..., i, keep])
    for field in ("alignment", "pressed", "conceded"):
        np.testing.assert_array_equal(getattr(rest, field), getattr(panel, field)[..., keep])
    assert panel.codes == CODES


@pytest.mark.parametrize("name", ["onset", "co-sanctioned", "persistence", "trade-slope"])
def test_a_state_left_out_counts_as_one_without_figures(name: str) -> None:
    panel = random_panel(9)
    blank = {field: getattr(panel, field).copy() for field in ("votes", "trade", "alignment")}
    for field in ("votes", "trade"):
        blank[field][..., 4, :] = blank[field][..., 4] = np.nan
    blank["alignment"][..., 4] = np.nan
    found = compute(panel.without("EEE"), name, GIVEN[name])
    close(found, compute(replace(panel, **blank), name, GIVEN[name]), 1e-9)
    assert (np.abs(found - compute(panel, name, GIVEN[name])) > 1e-6).all()


def test_years_have_their_place_after_row_0() -> None:
    panel = made(2, 4)
    assert [panel.at(year) for year in panel.period.years] == [0, 1, 2, 3, 4]
    assert panel.period.years == (2000, 2001, 2002, 2003, 2004)


def test_a_period_as_recorded_says_nothing_of_years_after_its_record() -> None:
    """The 2010s in figures to 2016: the world of 2021 is not known yet; what was in force is, as it is no figure."""
    period = PERIODS["2010s"]
    short, whole = observed(period, 2016), observed(period, 2021)
    end = short.at(2016) + 1
    for field in ("votes", "trade", "alignment"):
        early, late = (getattr(panel, field)[0] for panel in (short, whole))
        assert np.isnan(early[end:]).all() and np.isfinite(late[end : end + 4]).any(), field
        np.testing.assert_array_equal(early[:end], late[:end])
    assert np.isnan(short.tie[:, 1:]).all() and np.isfinite(whole.tie[:, -1]).all()
    np.testing.assert_array_equal(short.sanctions, whole.sanctions)
    assert np.isnan(whole.conceded).all()


# --- patterns -------------------------------------------------------------------------------------------------------


def test_there_are_at_least_ten_patterns_and_each_is_whole() -> None:
    assert len(patterns()) >= 10
    for name, pattern in patterns().items():
        assert pattern.name == name
        assert pattern.statistic in STATISTICS, name
        assert pattern.period in PERIODS, name
        assert pattern.tolerance > 0.0 and isfinite(pattern.observed), name
        assert all((pattern.source.strip(), pattern.label.strip(), pattern.unit.strip())), name
        assert pattern.channel in ("ties", "votes", "trade", "concessions"), name
    assert len({pattern.label for pattern in patterns().values()}) == len(patterns())
    assert sum(pattern.computed for pattern in patterns().values()) >= 10


@pytest.mark.parametrize("name", patterns())
def test_what_a_pattern_asks_for_is_there(name: str) -> None:
    """States of its world, years of its period, arguments of its statistic; and figures that end by `until`."""
    pattern = patterns()[name]
    period, about = PERIODS[pattern.period], pattern.given
    inspect.signature(STATISTICS[pattern.statistic]).bind(None, **about)
    pairs = [code for pair in about.get("pairs", ()) for code in pair.split("-")]
    single = [about[key] for key in ("state", "partner", "sender") if key in about]
    assert {*pairs, *single, *about.get("partners", ())} <= set(world_of(period.world).codes)
    years = [*about.get("years", ()), *([about["year"]] if "year" in about else ())]
    assert set(years) <= set(period.years[1:])
    if not period.quiet:
        assert max(years or [period.last]) <= pattern.until <= period.last
    assert int(period.world) <= pattern.until


def test_what_was_observed_is_what_the_records_give() -> None:
    computed = [pattern for pattern in patterns().values() if pattern.computed]
    assert len(computed) > 20
    for pattern in computed:
        found = compute(observed(PERIODS[pattern.period], pattern.until), pattern.statistic, pattern.given)
        assert float(found[0]) == pytest.approx(pattern.observed, abs=6e-4), pattern.name


def test_claims_rest_on_known_patterns_of_at_least_two_channels() -> None:
    assert len(historical_claims()) >= 5
    assert len({claim.name for claim in historical_claims()}) == len(historical_claims())
    for claim in historical_claims():
        assert set(claim.patterns) <= set(patterns()), claim.name
        assert len(set(claim.patterns)) == len(claim.patterns), claim.name
        assert len({patterns()[name].channel for name in claim.patterns}) >= CHANNELS_NEEDED >= 2, claim.name
        assert claim.words.strip().endswith("."), claim.name


def test_a_posterior_of_2013_learns_from_periods_that_end_by_then() -> None:
    chosen = learnt(2013)
    assert len(chosen) >= 8
    assert {pattern.channel for pattern in chosen} == {"ties", "votes", "trade", "concessions"}
    for pattern in chosen:
        period = PERIODS[pattern.period]
        assert pattern.fitted and pattern.until <= 2013
        assert period.quiet or period.last <= 2013, pattern.name
        assert int(period.world) <= 2013
    assert set(periods_of(chosen)) == {"1990s", "2000s", "quiet"}


def test_what_is_learnt_grows_with_the_year_and_never_holds_what_is_only_judged() -> None:
    assert learnt(1999) == ()
    names = [{pattern.name for pattern in learnt(year)} for year in (2002, 2013, 2021, 2024)]
    assert all(early < late for early, late in pairwise(names))
    judged = {name for name, pattern in patterns().items() if not pattern.fitted}
    assert judged and not judged & names[-1]
    assert names[-1] == set(patterns()) - judged
    assert all(PERIODS[pattern.period].last <= 2021 or pattern.period == "quiet" for pattern in learnt(2021))


@pytest.mark.parametrize("until", [2013, 2021])
def test_no_figure_after_the_year_enters_what_a_posterior_learns(
    until: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All later figures of the tables altered and made up to 2025: each learnt pattern is observed as before."""
    alter(tmp_path, until)
    read_from(tmp_path, monkeypatch)
    try:
        panels = {
            key: observed(PERIODS[key[0]], key[1])
            for key in {(pattern.period, pattern.until) for pattern in learnt(until) if pattern.computed}
        }
        for pattern in learnt(until):
            if pattern.computed:
                (found,) = pattern.of(panels[pattern.period, pattern.until])
                assert found == pytest.approx(pattern.observed, abs=6e-4), pattern.name
        later = observed(PERIODS["2010s" if until == 2013 else "2020s"], until + 3)
    finally:
        monkeypatch.undo()
        forget()
    before = observed(later.period, until + 3)
    for field in ("votes", "trade", "sanctions"):
        assert not np.array_equal(getattr(before, field), getattr(later, field), equal_nan=True), field


def test_a_miss_is_in_tolerances_and_measures_stand_in_the_order_asked_for() -> None:
    pattern = Pattern("p", "", "ties", "", "one", "tie-change", 0.2, 0.1, 2004, "", given={"pairs": ["AAA-BBB"]})
    other = replace(pattern, name="q", period="two", statistic="tie-spread", given={})
    tie = symmetric(3, 4, 2, AB=np.outer([1.0, 0.0], [0, 0, 0, 0, 0.5]))
    panels = {"one": made(3, 4, 2, tie=tie), "two": random_panel(3)}
    found = measure(panels, (other, pattern))
    close(found[:, 1], [0.5, 0.0])
    close(found[:, 0], compute(panels["two"], "tie-spread", {}))
    close(pattern.misses(found[:, 1]), [3.0, -2.0])
    assert np.isnan(pattern.misses(pattern.of(panels["one"].without("BBB")))).all()
