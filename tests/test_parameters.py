"""The table of parameters, theories, and sets drawn from the ranges."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import NO_FORCES
from scipy.stats import kstest

from blocade.forces import FORCES
from blocade.parameters import Parameters, bounds, central, sample, table
from blocade.theories import theories

ENTRIES = list(table().values())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_row_of_the_table_is_complete(entry: object) -> None:
    row = vars(entry)
    for key in ("name", "symbol", "unit", "equation", "meaning", "source"):
        assert row[key].strip(), f"{row['name']} has no {key}"
    assert row["minimum"] <= row["low"] <= row["central"] <= row["high"] <= row["maximum"]
    assert row["low"] < row["high"]  # what is not uncertain is no parameter


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_row_has_a_source_or_says_assumption(entry: object) -> None:
    """A source names a mechanism (M), a predecessor (B), a measured pattern (C) or the evidence, or owns up."""
    source = vars(entry)["source"]
    assert "assumption" in source or "evidence" in source or any(f"({kind}" in source for kind in "MBC")


def test_every_force_has_a_coefficient_that_can_be_switched_off() -> None:
    for name in (*(f"b_{force}" for force in FORCES), "balance"):
        assert table()[name].minimum <= 0.0 <= table()[name].maximum
    for name in ("b_sanction", "b_isolation", "b_offer", "k_o"):
        assert table()[name].low < 0.0 < table()[name].high  # either sign, by the specification


def test_ranges_of_the_specification() -> None:
    expected = {
        "beta": (0.03, 0.18, 0.33), "b_threat": (0, 1, 2), "b_match": (0, 1.4, 3), "b_sanction": (-0.3, 0.25, 1),
        "b_isolation": (-0.3, 0.45, 1),
        "b_trade": (0, 0.5, 1), "b_risk": (0, 0.3, 1), "b_offer": (-0.2, 0.3, 1), "g": (0, 0.5, 1), "mu": (0, 0.5, 1),
        "nu": (0, 0.5, 1), "k": (0, 1.7, 3), "rho_recover": (0.12, 0.25, 0.6), "rho_cut": (1, 2, 3),
        "balance": (0, 0.5, 1.2),
        "balance_limit": (0, 0.25, 0.5), "kappa": (0.02, 0.1, 0.2), "rho_divert": (0.5, 1, 2), "war_need": (0, 0.5, 1),
        "u_base": (0, 0.3, 0.6),
    }  # fmt: skip
    found = {name: (table()[name].low, table()[name].central, table()[name].high) for name in expected}
    assert found == expected
    assert table()["k_o"].low == -1 and table()["k_o"].high == 3
    assert (table()["h0"].low, table()["h0"].high) == (0.01, 0.10)  # evidence D
    assert table()["arms_reaction"].high < table()["arms_fatigue"].low  # k < a


def test_bounds_and_central_values_are_those_of_the_table() -> None:
    assert bounds()["delta"] == (0.0, 1.0)
    values = central(beta=0.3)
    assert values["beta"] == 0.3 and values["b_match"] == 1.4
    assert set(values) == set(table())


def test_samples_fill_every_range_evenly() -> None:
    """A Latin hypercube: exactly one draw in each of n equal slices, for every parameter."""
    drawn = sample(50, 3)
    for entry in ENTRIES:
        unit = (drawn[entry.name] - entry.low) / (entry.high - entry.low)
        assert sorted(np.floor(unit * 50).astype(int)) == list(range(50)), entry.name


def test_parameters_are_drawn_independently_and_uniformly() -> None:
    drawn = sample(2000, 3)
    ranks = np.array([drawn[entry.name] for entry in ENTRIES])
    correlations = np.corrcoef(ranks)[np.triu_indices(len(ENTRIES), k=1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(2000)
    unit = (drawn["beta"] - 0.03) / 0.30
    assert kstest(unit, "uniform").pvalue > 0.001


def test_fixing_or_narrowing_one_parameter_leaves_the_draws_of_the_others() -> None:
    free, fixed = sample(20, 3), sample(20, 3, {"beta": 0.3, "b_match": (1.0, 2.0)})
    for name in free:
        if name not in ("beta", "b_match"):
            np.testing.assert_array_equal(free[name], fixed[name])
    assert (fixed["beta"] == 0.3).all()
    np.testing.assert_allclose(fixed["b_match"], 1.0 + free["b_match"] / 3.0, rtol=0, atol=1e-15)


def test_the_seed_decides_the_draws() -> None:
    one, again, other = sample(20, 3), sample(20, 3), sample(20, 4)
    for name in one:
        np.testing.assert_array_equal(one[name], again[name])
        assert (one[name] != other[name]).mean() > 0.9


def test_taking_and_replacing_runs() -> None:
    drawn = sample(5, 1)
    taken = drawn.take(np.array([4, 0, 4]))
    np.testing.assert_array_equal(taken["beta"], drawn["beta"][[4, 0, 4]])
    replaced = drawn.replaced({"g": 0.0})
    assert not replaced["g"].any() and drawn["g"].any()
    np.testing.assert_array_equal(replaced["beta"], drawn["beta"])
    assert drawn.state("beta").shape == (5, 1) and drawn.pair("beta").shape == (5, 1, 1)
    assert drawn.pair("beta")[3, 0, 0] == drawn["beta"][3]


def test_absent_and_unknown_parameters_are_named() -> None:
    values = dict(central())
    del values["beta"]
    with pytest.raises(ValueError, match=r"absent \['beta'\], unknown \['betta'\]"):
        Parameters({**values, "betta": 0.2})


@pytest.mark.parametrize("name", theories())
def test_a_theory_sets_known_parameters_within_what_the_equations_allow(name: str) -> None:
    for parameter, setting in theories()[name].items():
        low, high = setting if isinstance(setting, tuple) else (setting, setting)
        assert bounds()[parameter][0] <= low <= high <= bounds()[parameter][1]
    drawn = sample(10, 1, theories()[name])
    assert all(np.isfinite(drawn[parameter]).all() for parameter in drawn)


def test_theories_switch_on_what_they_are_named_after() -> None:
    """The rest of the forces is off; parameters that are no forces keep their range."""
    on = {
        "coercion": {"b_comply", "b_offer"},
        "rally": {"b_sanction", "b_isolation"},
        "balance": {"balance", "b_sanction", "b_isolation"},
        "exchange": {"b_match"},
        "trade": {"b_trade", "b_risk"},
        "homophily": set(),
        "war-need": {"b_match"},
        "dyad": {"b_sanction", "b_isolation", "b_offer", "b_comply"},
    }
    assert set(theories()) == {*on, "full"}
    assert not theories()["full"]
    for theory, switched_on in on.items():
        drawn = sample(10, 1, theories()[theory])
        assert {name for name in NO_FORCES if drawn[name].any()} == switched_on
        unbound = "k" if theory == "dyad" else "phi"  # without a network nobody takes up lost trade
        np.testing.assert_array_equal(drawn[unbound], sample(10, 1)[unbound])
    assert not theories()["dyad"]["phi"]
    assert not theories()["war-need"]["mu"] and not theories()["war-need"]["nu"]
    rally = sample(50, 1, theories()["rally"])
    assert rally["b_sanction"].min() > 0.0 and rally["b_isolation"].min() > 0.0 and rally["rho_u"].max() > 0.0
