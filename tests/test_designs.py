"""Designs of a scenario as they are run: what is drawn, and that levers do what written values do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from helpers import BEGIN, DT, FIELDS, box, some_events
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc
from test_cli import blocade
from test_discovery import DRAWS, drawn_parameters, stored
from worlds import make_world

from blocade import api, drivers, engine
from blocade.analysis.conditions import limits, told
from blocade.analysis.discovery import DATE, discover
from blocade.analysis.sensitivity import factors, lever_values, parameter_sets
from blocade.charts import regimes
from blocade.claims import estimands
from blocade.experiment.designs import points
from blocade.experiment.drawing import draw, unfit
from blocade.experiment.plan import Plan, run_chunk, run_points
from blocade.experiment.runner import effect
from blocade.parameters import column, sample, table
from blocade.policy.calendar import calendar
from blocade.policy.mixed import together
from blocade.randomness import Luck
from blocade.scenario import Scenario, ScenarioError
from blocade.scenario.dates import month
from blocade.scenario.model import Design, Until
from blocade.start import solve_start
from blocade.state import Moment

Array = npt.NDArray[np.float64]

LEVERS = {"severity": "[0.2, 1]", "onset": "[2022-04, 2022-11]", "over": "[2023-01, 2023-06]", "need": "[0.1, 0.6]"}
TEXT = """\
title: Does it matter how hard and how soon?
world: 2021
bloc: [Russia, North Korea]
patron: China
senders: [G7, EU]
start: 2022
end: 2023-07
background:
  war: {kind: war, on: Russia, from: 2022-04, until: 2023-01, need: NEED}
arms:
  as-before:
  isolate:
    events:
      - {at: ONSET, kind: sanctions, by: senders, on: bloc, level: SEVERITY, until: OVER}
      - {at: 2022-04, kind: isolation, by: senders, on: bloc, level: SEVERITY}
starts: [real]
measures: [cohesion, distance]
charts: [verdicts]
seed: 5
"""


def written(folder: Path, values: Mapping[str, str], name: str = "x", more: str = "draws: 3\n") -> Path:
    """The scenario with something written where its levers stand."""
    text = TEXT
    for lever, value in values.items():
        text = text.replace(lever.upper(), value)
    path = folder / f"{name}.yaml"
    path.write_text(text + more, encoding="utf-8")
    return path


def levered(folder: Path, more: str = "draws: 3\n", ranges: Mapping[str, str] = LEVERS) -> Scenario:
    levers = "levers:\n" + "".join(f"  {name}: {given_}\n" for name, given_ in ranges.items())
    return api.read(written(folder, {name: name for name in LEVERS}, more=levers + more))


def values_of(plan: Plan) -> dict[tuple[str, str], Array]:
    """Means over the windows of all draws: [window, draw, replicate, column]."""
    parts = [run_chunk(plan, chunk) for chunk in plan.chunks]
    return {cell: np.concatenate([part[cell].values for part in parts], axis=1) for cell in parts[0]}


def quiet(_done: int, _total: int) -> None:
    """No progress."""


# --- runs under calendars of their own --------------------------------------------------------------------------------


@given(st.integers(0, 2**31))
@settings(max_examples=12, deadline=None)
def test_runs_that_go_together_are_those_that_go_alone(seed: int) -> None:
    """Every kind of event, in three calendars over five runs."""
    rng = np.random.default_rng(seed)
    world = make_world(5, rng)
    parameters = box(rng, 5)
    start, steps = solve_start(world, parameters), 14
    calendars = [calendar(world, some_events(world, rng), BEGIN, DT, steps) for _ in range(3)]
    of = np.array([0, 2, 1, 0, 2])
    kept: list[Moment] = []
    luck = Luck(3, range(5), [0] * 5, world.codes)
    last = engine.run(start, parameters, together(calendars, of), luck, lambda _, m: kept.append(m), DT)  # type: ignore[arg-type]
    for run, place in enumerate(of):
        one = np.array([run])
        alone = engine.run(
            start.take(one), parameters.take(one), calendars[place], Luck(3, [run], [0], world.codes),
            lambda _, m: None, DT,
        )  # fmt: skip
        for name in FIELDS:
            np.testing.assert_allclose(getattr(last, name)[run], getattr(alone, name)[0], rtol=0, atol=1e-10)


def test_one_calendar_stays_as_it_is() -> None:
    world = make_world(4, np.random.default_rng(1))
    decrees = calendar(world, (), BEGIN, DT, 3)
    assert all(mine is theirs for mine, theirs in zip(together([decrees], np.zeros(4, int)), decrees, strict=True))


def test_both_engines_agree_on_levers(tmp_path: Path) -> None:
    scenario = replace(levered(tmp_path), replicates=2)
    batch, agents = values_of(api.plan(scenario)), values_of(api.plan(scenario, "agents"))
    assert batch.keys() == agents.keys()
    for cell, values in batch.items():
        np.testing.assert_allclose(values, agents[cell], rtol=0, atol=1e-10)
    treated = batch["real", "isolate"]
    assert np.ptp(treated[0, :, 0, 0]) > 0.0


def test_levers_with_one_value_are_that_value(tmp_path: Path) -> None:
    fixed = {"severity": "0.7", "onset": "2022-07", "over": "2023-04", "need": "0.3"}
    plain = api.plan(api.read(written(tmp_path, fixed, "plain")))
    same = api.plan(levered(tmp_path, ranges={name: f"[{value}, {value}]" for name, value in fixed.items()}))
    for cell, values in values_of(plain).items():
        np.testing.assert_array_equal(values_of(same)[cell], values)


def test_every_draw_is_the_scenario_with_its_values(tmp_path: Path) -> None:
    plan = api.plan(levered(tmp_path, "draws: 4\n"))
    together_ = values_of(plan)
    for draw_ in range(4):
        arms = plan.scenario.settled({name: float(x[draw_]) for name, x in plan.drawn.levers.items()})
        alone = api.plan(replace(plan.scenario, levers={}, arms=arms))
        for cell, values in values_of(alone).items():
            np.testing.assert_allclose(together_[cell][:, draw_], values[:, draw_], rtol=0, atol=1e-12)
    war = plan.scenario.settled(dict.fromkeys(LEVERS, 0.4))
    assert [arm.events[0].need for arm in war] == [0.4, 0.4]  # type: ignore[union-attr]  # the same in every arm


# --- what is drawn ----------------------------------------------------------------------------------------------------


def test_levers_move_no_parameter_and_fill_their_range(tmp_path: Path) -> None:
    scenario = levered(tmp_path, "draws: 40\n")
    drawn = draw(scenario, {}, 1)
    for name, values in sample(40, 5).items():
        np.testing.assert_array_equal(drawn.parameters[name], values)
    for name, lever in scenario.levers.items():
        unit = (drawn.levers[name] - lever.low) / (lever.high - lever.low)
        assert sorted((unit * 40).astype(int)) == list(range(40))
        np.testing.assert_allclose(unit, column(name, 40, 5))


@pytest.mark.parametrize("method", ["latin-hypercube", "sobol"])
def test_the_first_rounds_do_not_depend_on_how_many_follow(tmp_path: Path, method: str) -> None:
    scenario = levered(tmp_path, f"draws: 8\ndesign: {{method: {method}}}\n")
    two, three = draw(scenario, {}, 2), draw(scenario, {}, 3)
    assert len(three.parameters["beta"]) == 24
    for name in two.parameters:
        np.testing.assert_array_equal(three.parameters[name][:16], two.parameters[name])
    np.testing.assert_array_equal(three.levers["onset"][:16], two.levers["onset"])
    low, high = table()["beta"].low, table()["beta"].high
    for first in (0, 8, 16):  # each round fills the slices by itself
        unit = (three.parameters["beta"][first : first + 8] - low) / (high - low)
        assert sorted((unit * 8).astype(int)) == list(range(8))
    assert (three.parameters["beta"][:8] != three.parameters["beta"][8:16]).all()


def test_rounds_of_sobol_are_one_sequence() -> None:
    names = ["a", "b", "c"]
    np.testing.assert_array_equal(points("sobol", names, 16, 3, rounds=4), points("sobol", names, 64, 3))
    assert qmc.discrepancy(points("sobol", names, 16, 3, rounds=4)) < 0.01


def test_rows_of_a_posterior_go_on_over_rounds() -> None:
    learned = {"beta": np.linspace(0.1, 0.2, 12)}
    found = sample(6, 3, {}, learned, rounds=2)["beta"]
    assert sorted(found) == sorted(learned["beta"])
    np.testing.assert_array_equal(found[:6], sample(6, 3, {}, learned)["beta"])


def test_what_is_no_factor_is_held(tmp_path: Path) -> None:
    more = "parameters: {g: [0.8, 0.9], mu: 0.4}\ndesign: {method: grid, factors: [severity, b_match], levels: 3}\n"
    scenario = levered(tmp_path, more)
    drawn = draw(scenario, {}, 1)
    entry = table()["b_match"]
    expected = [(s, b) for s in (0.2, 0.6, 1.0) for b in np.linspace(entry.low, entry.high, 3)]
    np.testing.assert_allclose(np.stack([drawn.levers["severity"], drawn.parameters["b_match"]], axis=1), expected)
    assert scenario.draws == 9 == api.plan(scenario).draws
    np.testing.assert_allclose(drawn.levers["onset"], scenario.levers["onset"].middle)
    assert set(drawn.parameters["mu"]) == {0.4} and set(drawn.parameters["beta"]) == {table()["beta"].central}
    assert set(drawn.parameters["g"]) == {min(max(table()["g"].central, 0.8), 0.9)}


def test_factors_of_a_hypercube_keep_the_columns_they_had(tmp_path: Path) -> None:
    drawn = draw(levered(tmp_path, "draws: 9\ndesign: {factors: [severity, beta]}\n"), {}, 1)
    np.testing.assert_array_equal(drawn.parameters["beta"], sample(9, 5)["beta"])
    np.testing.assert_allclose(drawn.levers["severity"], 0.2 + 0.8 * column("severity", 9, 5))
    assert np.ptp(drawn.parameters["mu"]) == np.ptp(drawn.levers["onset"]) == 0.0


def test_chunks_of_fewer_rounds_are_the_first_of_more(tmp_path: Path) -> None:
    until = replace(levered(tmp_path), draws=24, design=Design(until=Until("isolate", 0.1, 24 * 400)))
    largest = api.plan(until)
    assert largest.rounds == 400 and largest.draws == 9600
    few = replace(largest, rounds=3)
    assert few.chunks == largest.chunks[: len(few.chunks)]
    assert [chunk.stop for chunk in few.chunks][-1] == few.draws == 72
    assert {24, 48, 72} <= {chunk.stop for chunk in few.chunks}


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("draws: 12\ndesign: {method: sobol}", "25:8: sobol: 12 draws are no power of two, so points would not be "
         "balanced; take 8 or 16"),
        ("draws: 10\ndesign: {method: grid, factors: [onset], levels: 3}",
         "25:8: this grid has 3 points, not 10 draws; leave `draws` out, or say 3"),
        ("design: {method: grid}", "25:9: a grid needs `factors`, the few levers and parameters that it combines"),
        ("design: {method: grid, factors: [onset, beta, mu], levels: 90}",
         "25:9: grid: 90 levels of 3 factors are 729,000 points, more than 100,000 draws; take fewer levels or "
         "factors"),
        ("draws: 5\ndesign: {method: morris, factors: [onset, beta]}",
         "25:8: morris: 5 draws; 2 trajectories of 2 factors need 6"),
        ("parameters: {beta: 0.3}\ndesign: {factors: [beta]}",
         '26:19: the factor "beta" has one value here; give it a range or take it out'),
        ("posterior: until-2013\ndesign: {factors: [onset]}",
         "26:9: a posterior has parameters that hang together; this design needs `posterior: prior`"),
        ("draws: 5\ndesign: {until: {claim: isolate, narrower: 1, most: 12}}",
         "26:53: 12 draws are no whole rounds of 5; take 10 or 15"),
        ("draws: 5\ndesign: {until: {claim: placebo, narrower: 1, most: 10}}",
         '26:25: no claim "placebo" is asked here; there are isolate'),
    ],
)  # fmt: skip
def test_a_design_that_cannot_be_run_is_one_line(tmp_path: Path, more: str, line: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        levered(tmp_path, more + "\n")
    assert [one.removeprefix(f"{tmp_path}/x.yaml:") for one in caught.value.mistakes] == [line]


def test_other_draws_must_fit_the_design_too(tmp_path: Path) -> None:
    scenario = levered(tmp_path, "draws: 8\ndesign: {method: sobol}\n")
    assert unfit(scenario) == []
    with pytest.raises(ScenarioError, match=r"x\.yaml:1:1: sobol: 9 draws are no power of two"):
        api.run(scenario, tmp_path / "out", draws=9, progress=quiet)
    with pytest.raises(ScenarioError, match="this design needs `posterior: prior`"):
        api.run(scenario, tmp_path / "out", posterior="until-2013", progress=quiet)


# --- results ----------------------------------------------------------------------------------------------------------


def test_results_of_a_morris_design(tmp_path: Path) -> None:
    scenario = levered(tmp_path, "draws: 13\ndesign: {method: morris, factors: [severity, o_votes, onset]}\n")
    folder = tmp_path / "out"
    result = api.run(scenario, folder, workers=1, progress=quiet)
    drawn = pd.read_parquet(folder / "draws.parquet")
    assert len(drawn) == result.sets == 12 == json.loads((folder / "manifest.json").read_text())["draws"]
    assert list(drawn)[-4:] == list(LEVERS)
    found = pd.read_csv(folder / "elementary.csv")
    assert list(found) == ["claim", "estimand", "start", "factor", "mu_star", "mu_star_conf", "sigma"]
    assert len(found) == len(estimands(scenario)) * 3
    # no run reads the noise of votes: only if all points meet the same luck has it no effect at all
    assert (found[found["factor"] == "o_votes"][["mu_star", "sigma"]] == 0.0).all(axis=None)
    assert (found[found["factor"] == "severity"]["mu_star"] > 0.0).all()
    # by hand: severity moves once in each trajectory of four points, over levels 0, 1/3, 2/3, 1
    outcomes = result.outcomes[result.outcomes["measure"] == "distance"].pivot_table(
        index="draw", columns="arm", values="value", observed=True
    )
    change = (outcomes["isolate"] - outcomes["as-before"]).to_numpy()
    unit = (drawn["severity"].to_numpy() - 0.2) / 0.8
    moved = [k for k in range(11) if k % 4 != 3 and abs(unit[k + 1] - unit[k]) > 1e-9]
    assert len(moved) == 3
    effects = [(change[k + 1] - change[k]) / (unit[k + 1] - unit[k]) for k in moved]
    row = found[(found["factor"] == "severity") & (found["estimand"] == "distance")].iloc[0]
    assert row["mu_star"] == pytest.approx(np.mean(np.abs(effects)), abs=1e-9)


def test_a_sensitivity_point_is_the_run_with_its_values(tmp_path: Path) -> None:
    plan = api.plan(levered(tmp_path, "draws: 2\n"))
    fixed = drivers._settings(plan)
    known = factors(fixed, plan.scenario.levers)
    assert [f.name for f in known][-4:] == list(LEVERS)
    assert known[-1].held == plan.scenario.levers["need"].middle
    unit = np.random.default_rng(2).random((2, len(known)))
    values = lever_values(fixed, plan.scenario.levers, unit)
    assert values["severity"] == pytest.approx(0.2 + 0.8 * unit[:, -4])
    asked = estimands(plan.scenario)
    found = drivers._effects(plan, fixed, asked, unit, range(2))
    second = plan.scenario.settled({name: float(x[1]) for name, x in values.items()})
    alone = api.plan(replace(plan.scenario, levers={}, arms=second))
    expected = run_points(alone, parameter_sets(fixed, unit[1:]))
    np.testing.assert_allclose(found[1], [effect(alone, expected, one, "real")[0] for one in asked], atol=1e-10)


def test_drivers_and_conditions_can_be_levers(tmp_path: Path) -> None:
    """Severity and onset alone vary: the effect hangs on them and on nothing else."""
    path = written(
        tmp_path,
        {name: name for name in LEVERS},
        more="levers: {severity: [0.2, 1], onset: [2022-04, 2022-11], over: [2023-06, 2023-07], need: [0.1, 0.6]}\n"
        "draws: 64\ndesign: {method: sobol, factors: [severity, onset]}\n",
    )
    done = blocade("run", path, "--out", tmp_path / "out", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert "a lever of the scenario: rank correlation" in done.stdout
    rows = json.loads((tmp_path / "out" / "verdicts.json").read_text())
    named = {driver["parameter"] for row in rows for driver in row["drivers"]}
    assert "severity" in named and named <= {"severity", "onset"}
    found = blocade("discover", tmp_path / "out", "--out", tmp_path / "found", "--estimand", "isolate/distance")
    assert found.returncode == 0, found.stderr
    assert "severity (a lever of the scenario) above ." in found.stdout
    assert pd.read_csv(tmp_path / "found" / "box.csv")["parameter"].isin(["severity", "onset"]).all()


def test_a_date_on_which_an_effect_hangs_is_told_as_a_month(tmp_path: Path) -> None:
    """An effect of +.2 where φ is above .5 and the acts come from 2024 on."""
    drawn = drawn_parameters().assign(onset=2022.0 + 4.0 * np.random.default_rng(9).random(DRAWS))
    effects = np.where((drawn["phi"] > 0.5) & (drawn["onset"] > 2024.0), 0.2, -0.01)
    result = stored(tmp_path / "r", {"base": np.zeros(DRAWS), "isolate": effects}, drawn)
    lever = {"low": 2022.0, "high": 2026.0, "dated": True, "uses": [["isolate", 0, "at"]]}
    result.scenario["levers"] = {"onset": lever}
    found = discover(result, "isolate/cohesion")
    limit = dict(zip(found.cases.names, found.box.low, strict=True))["onset"]
    assert limit == pytest.approx(2024.0, abs=0.1)
    assert f"onset (a lever of the scenario) after {month(limit)}; quasi-p" in told(found)
    axes = regimes.draw(result, found, "onset", "phi").axes[0]
    assert axes.xaxis.get_major_formatter()(2024.5, 0) == "2024-07"
    assert axes.get_xlabel() == "onset (a lever of the scenario), date"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(2024.41, np.inf, "after 2024-06"), (-np.inf, 2024.98, "before 2025-01"),
     (2022.0, 2023.25, "between 2022-01 and 2023-04")],
)  # fmt: skip
def test_limits_of_dates(low: float, high: float, words: str) -> None:
    assert limits(low, high, DATE) == words
