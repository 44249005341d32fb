"""`blocade sensitivity` and `blocade discover` as a user meets them, and the evaluator between analysis and runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_cli import SMALL, blocade
from test_runner import quiet

from blocade import api, drivers
from blocade.analysis.discovery import asked
from blocade.analysis.sensitivity import factors, parameter_sets
from blocade.claims import estimands
from blocade.cli import main
from blocade.experiment.plan import Plan, run_points
from blocade.experiment.runner import effect
from blocade.parameters import table
from blocade.scenario import ScenarioError

RUNS = 2200
"""The least for the small scenario is a little less."""


@pytest.fixture(scope="module")
def planned() -> Plan:
    return api.plan(replace(api.read(SMALL), draws=3, starts=("real",)))


def test_points_meet_one_luck_and_differ_by_their_parameters_alone(planned: Plan) -> None:
    """The first draw of a run, and each of its neighbours given its luck."""
    parameters = planned.parameters.replaced(
        {name: table()[name].central for name in drivers.UNSEEN if name not in planned.settings}
    )
    together = run_points(planned, parameters)
    one = planned.parameters.take(np.array([1]))
    alone = run_points(planned, one.replaced({name: float(parameters[name][1]) for name in one}))
    same = run_points(planned, parameters.take(np.array([1, 1])))
    for arm, values in together.items():
        np.testing.assert_allclose(values[:, 1:2], alone[arm], rtol=0, atol=1e-12)
        np.testing.assert_array_equal(same[arm][:, 0], same[arm][:, 1])
    arm = "real", planned.arms[0]
    assert (together[arm][:, 0] != together[arm][:, 1]).any()


def test_effects_of_points_are_those_of_a_run(planned: Plan) -> None:
    """At the parameter sets of a run's first draw the evaluator gives that draw's effects."""
    settings = drivers._settings(planned)
    known = factors(settings)
    drawn = planned.parameters.take(np.array([0]))
    unit = np.array([[(float(drawn[f.name][0]) - f.low) / (f.high - f.low) for f in known]])
    asked = estimands(planned.scenario)
    found = drivers._effects(planned, settings, asked, unit, range(1))
    from blocade.experiment.plan import run_chunk  # noqa: PLC0415

    values = {cell: piece.values for cell, piece in run_chunk(planned, range(1)).items()}
    expected = [effect(planned, values, one, "real")[0] for one in asked]
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-9)
    for name in drivers.UNSEEN:
        assert name not in [f.name for f in known]
        assert parameter_sets(settings, unit)[name] == pytest.approx(table()[name].central)


def test_sensitivity_screens_shares_and_says_so(tmp_path: Path) -> None:
    done = blocade("sensitivity", SMALL, "--runs", RUNS, "--out", tmp_path / "one", "--workers", 1)
    assert (done.returncode, "S1" in done.stdout, "Traceback" in done.stderr) == (0, True, False), done.stderr
    again = blocade("sensitivity", SMALL, "--runs", RUNS, "--out", tmp_path / "two", "--workers", 2, "--quiet")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    indices = pd.read_csv(tmp_path / "one" / "indices.csv")
    assert list(indices) == ["estimand", "factor", "S1", "S1_conf", "ST", "ST_conf", "N", "warning"]
    assert indices.groupby("estimand")["factor"].count().max() <= 8
    screening = pd.read_csv(tmp_path / "one" / "screening.csv")
    assert set(indices["factor"]) == set(screening[screening["kept"]]["factor"])
    written = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert set(drivers.SENSITIVITY_FILES) <= set(written) and "tornado-cohesion.png" in written
    for name in drivers.SENSITIVITY_FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--runs", "100"), "sensitivity: 100 runs are too few for"),
        (("--claim", "placebo"), 'no claim "placebo" is asked here; there are isolate'),
    ],
)
def test_bad_questions_get_one_line(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = blocade("sensitivity", SMALL, "--out", tmp_path / "out", "--quiet", *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and message in done.stderr and str(SMALL) in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_posterior_is_refused(tmp_path: Path) -> None:
    scenario = replace(api.read(SMALL), posterior="until-2013")
    with pytest.raises(ScenarioError, match="parameters that hang together; sensitivity needs `posterior: prior`"):
        drivers.sensitivity(scenario, tmp_path / "out", progress=quiet)


def test_a_claim_takes_no_more_than_its_arms() -> None:
    scenario = api.load_scenario("isolate-russia-north-korea")
    asked, only = drivers._asked(scenario, "off-ramps")
    assert {one.claim for one in asked} == {"off-ramps"}
    assert {arm.name for arm in only.arms} == {arm for one in asked for arm in one.arms}
    assert only.first_event == scenario.first_event
    assert {one.claim for one in estimands(only)} == {"off-ramps"}


def test_discover_names_conditions_of_finished_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = replace(api.read(SMALL), starts=("real",), draws=60)
    api.run(scenario, tmp_path / "results", workers=1, progress=quiet)
    done = blocade("discover", tmp_path / "results", "--out", tmp_path / "found")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "coverage" in done.stdout and "density" in done.stdout
    names = {path.name for path in (tmp_path / "found").iterdir()}
    assert {"discover.md", "trajectory.csv", "box.csv", "boxes.png"} <= names
    found = drivers.discover(drivers.Result(tmp_path / "results"))  # takes long, and is the same for each of these
    monkeypatch.setattr(drivers, "discover", lambda result, named: asked(result, named, "real") and found)
    over = ["discover", str(tmp_path / "results"), "--over", "beta", "mu", "--out", str(tmp_path / "over"), "--quiet"]
    assert main(over) == 0
    assert capsys.readouterr().err == "" and (tmp_path / "over" / "regimes.png").is_file()
    for arguments, message in (
        (["--over", "beta", "nothing"], "'nothing' did not vary; there are"),
        (["--over", "mu", "mu"], "name another"),
        (["--estimand", "nothing"], "nothing"),
    ):
        asked_of = ["discover", str(tmp_path / "results"), *arguments, "--out", str(tmp_path / "no"), "--quiet"]
        assert main(asked_of) == 2
        refused = capsys.readouterr().err
        assert refused.count("\n") == 1 and message in refused
    assert not (tmp_path / "no").exists()
    assert main(["discover", str(tmp_path / "absent")]) == 2
    said = f"{tmp_path}/absent: holds no finished blocade results; `blocade run` makes them\n"
    assert capsys.readouterr().err == said
