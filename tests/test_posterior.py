"""Parameter sets from a committed posterior: which rows come through, what wins over them, and how a run tells it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_result import fake_result

from blocade import api, cli, compare, resources
from blocade.charts.style import source_line
from blocade.equations.arrays import Array
from blocade.experiment.plan import Plan, real_parameters
from blocade.experiment.provenance import digest
from blocade.parameters import PRIOR, Setting, bounds, posterior, posteriors, sample, table
from blocade.result import Result
from blocade.scenario import json_schema
from blocade.world import WorldError

SMALL = Path(__file__).parent / "small.yaml"
ROWS = 12
COLUMNS = ("mu", "beta", "b_match", "w_arms", "b_isolation")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of posteriors in place of the committed one."""
    folder = tmp_path / "posteriors"
    folder.mkdir()
    monkeypatch.setattr(resources, "posteriors", lambda: folder)
    posterior.cache_clear()
    yield folder
    posterior.cache_clear()


@pytest.fixture
def mine(folder: Path) -> pd.DataFrame:
    """A posterior of that name, and its table: row k holds the k-th of ROWS steps through each range."""
    steps = {name: np.linspace(table()[name].low, table()[name].high, ROWS).round(6) for name in COLUMNS}
    rows = pd.DataFrame(steps)
    rows.to_csv(folder / "mine.csv", index=False)
    return rows


def planned(**changes: object) -> Plan:
    """The plan of the small scenario with the posterior, and with something changed."""
    return api.plan(replace(api.read(SMALL), **{"posterior": "mine", **changes}))  # type: ignore[arg-type]


def rows_of(drawn: pd.DataFrame, rows: pd.DataFrame) -> list[int]:
    """The row of the table that each draw takes, the same for all columns."""
    found = [np.flatnonzero((rows == draw).all(axis=1)) for _, draw in drawn[list(rows)].iterrows()]
    assert all(len(one) == 1 for one in found)
    return [int(one[0]) for one in found]


def drawn(n: int, seed: int, rows: pd.DataFrame, settings: Mapping[str, Setting] | None = None) -> pd.DataFrame:
    return pd.DataFrame(dict(sample(n, seed, settings, {name: rows[name].to_numpy() for name in rows})))


# --- drawing --------------------------------------------------------------------------------------------------------


def test_rows_come_through_whole(mine: pd.DataFrame) -> None:
    assert sorted(rows_of(drawn(ROWS, 3, mine), mine)) == list(range(ROWS))
    assert rows_of(drawn(ROWS, 3, mine), mine) != list(range(ROWS))


def test_rows_come_again_in_another_order_when_there_are_more_draws(mine: pd.DataFrame) -> None:
    found = rows_of(drawn(2 * ROWS + 5, 3, mine), mine)
    first, second, third = found[:ROWS], found[ROWS : 2 * ROWS], found[2 * ROWS :]
    assert sorted(first) == sorted(second) == list(range(ROWS))
    assert first != second and len(set(third)) == 5
    assert rows_of(drawn(5, 3, mine), mine) == first[:5]


def test_the_seed_decides_the_rows(mine: pd.DataFrame) -> None:
    one, again, other = (rows_of(drawn(ROWS, seed, mine), mine) for seed in (3, 3, 4))
    assert one == again != other


def test_parameters_without_a_column_keep_their_draws(mine: pd.DataFrame) -> None:
    prior, found = sample(20, 3), drawn(20, 3, mine)
    for name in set(prior) - set(COLUMNS):
        np.testing.assert_array_equal(found[name], prior[name])
    pd.testing.assert_frame_equal(found, drawn(20, 3, mine[list(reversed(COLUMNS))]))


def test_settings_win_and_leave_the_other_columns_joint(mine: pd.DataFrame) -> None:
    settings: dict[str, Setting] = {"mu": 0.25, "beta": (0.2, 0.3)}
    found = drawn(ROWS, 3, mine, settings)
    np.testing.assert_array_equal(found["mu"], 0.25)
    np.testing.assert_array_equal(found["beta"], sample(ROWS, 3, settings)["beta"])
    assert rows_of(found, mine[["b_match", "w_arms"]]) == rows_of(drawn(ROWS, 3, mine), mine)


def test_without_columns_nothing_changes() -> None:
    for learned in (None, posterior(PRIOR)):
        found = sample(20, 3, {"mu": 0.1}, learned)
        assert all(np.array_equal(found[name], values) for name, values in sample(20, 3, {"mu": 0.1}).items())


# --- tables ---------------------------------------------------------------------------------------------------------


def test_a_table_is_read_as_it_stands(folder: Path, mine: pd.DataFrame) -> None:
    (folder / "mine.md").write_text("How it was made.")
    (folder / "also.csv").write_bytes((folder / "mine.csv").read_bytes())
    assert posteriors() == ("also", "mine")
    found = posterior("mine")
    assert set(found) == set(COLUMNS)
    for name in COLUMNS:
        np.testing.assert_array_equal(found[name], mine[name])
    with pytest.raises(ValueError, match="read-only"):
        found["mu"][0] = 0.5


def test_an_unknown_name_gets_those_there_are(folder: Path, mine: pd.DataFrame) -> None:
    for name in ("mien", "../posteriors/mine", ""):
        with pytest.raises(WorldError) as caught:
            posterior(name)
        assert caught.value.mistakes == [f"unknown posterior {name!r}; known: prior, mine"]
    (folder / "mine.csv").unlink()
    folder.rmdir()
    assert posteriors() == ()


def lines(*changed: tuple[int, str], head: str = "beta,mu", rows: int = 10) -> str:
    """A table of good rows, some lines of which are changed."""
    text = [head, *["0.2,0.5"] * rows]
    for line, new in changed:
        text[line - 1] = new
    return "\n".join(text) + "\n"


ALL = ", ".join(table())
BAD: dict[str, tuple[str, list[str]]] = {
    "unknown parameter": (lines(head="bata,mu"), [f"1: unknown column 'bata'; the columns are {ALL}"]),
    "twice": (lines(head="mu,mu"), ["1: a column is there twice; leave one"]),
    "too high": (lines((3, "2.5,0.5")), ["3: beta 2.5 is out of range; it must be at least 0 and at most 2"]),
    "too low": (lines((11, "0.2,-0.1")), ["11: mu -0.1 is out of range; it must be at least 0 and at most 1"]),
    "not finite": (
        lines((2, "nan,0.5"), (4, "0.2,inf")),
        ["2: beta is nan; write a finite number", "4: mu is inf; write a finite number"],
    ),
    "no number": (lines((5, "0.2,")), ["5: mu '' is not a number; write one"]),
    "ragged": (
        lines((5, "0.2"), (6, "0.2,0.5,1")),
        [f"{line}: {n} cells under 2 columns; quote a comma inside a cell" for line, n in ((5, 1), (6, 3))],
    ),
    "few": (lines(rows=9), ["1: 9 parameter sets; a posterior needs at least 10 rows"]),
    "empty": ("", ["1: 0 parameter sets; a posterior needs at least 10 rows"]),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_every_mistake_in_a_table_gets_its_line(text: str, expected: list[str], folder: Path) -> None:
    path = folder / "bad.csv"
    path.write_text(text)
    with pytest.raises(WorldError) as caught:
        posterior("bad")
    assert caught.value.mistakes == [f"{path}:{line}" for line in expected]


def test_the_shortest_table_that_is_right_is_read(folder: Path) -> None:
    (folder / "short.csv").write_text(lines())
    assert [len(values) for values in posterior("short").values()] == [10, 10]


def test_the_committed_posteriors_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert PRIOR not in posteriors()  # the name stands for none
    assert all(posterior(name) for name in posteriors())


# --- plans ----------------------------------------------------------------------------------------------------------


def values(plan: Plan) -> pd.DataFrame:
    return pd.DataFrame(dict(plan.parameters))


def test_a_plan_draws_from_the_posterior_of_its_scenario(folder: Path, mine: pd.DataFrame) -> None:
    plan = planned()
    assert sorted(rows_of(values(plan), mine)) == list(range(ROWS))
    assert plan.settings == {}
    assert plan.files["posteriors/mine.csv"] == digest(folder / "mine.csv")
    prior = planned(posterior=PRIOR)
    assert set(plan.files) - set(prior.files) == {"posteriors/mine.csv"}
    np.testing.assert_array_equal(prior.parameters["beta"], sample(12, 3)["beta"])


def test_theory_and_file_win_over_the_posterior(mine: pd.DataFrame) -> None:
    plan = planned(theory="rally", parameters={"mu": 0.25, "beta": bounds()["beta"]})
    assert not plan.parameters["b_match"].any()
    expected = sample(12, 3, plan.settings)
    for name in ("mu", "beta", "b_isolation"):
        np.testing.assert_array_equal(plan.parameters[name], expected[name])
    assert len(set(rows_of(values(plan), mine[["w_arms"]]))) == ROWS


def test_a_theory_leaves_the_forces_it_keeps_to_the_posterior(mine: pd.DataFrame) -> None:
    kept = [name for name in COLUMNS if name != "b_isolation"]
    assert len(set(rows_of(values(planned(theory="exchange")), mine[kept]))) == ROWS


def test_a_weight_of_the_ties_that_has_a_column_is_not_central(mine: pd.DataFrame) -> None:
    plan = planned()
    real = real_parameters(plan, range(3, 6))
    np.testing.assert_array_equal(real["w_arms"], plan.parameters["w_arms"][3:6])
    np.testing.assert_array_equal(real["w_votes"], table()["w_votes"].central)
    np.testing.assert_array_equal(
        real_parameters(planned(posterior=PRIOR), range(3))["w_arms"], table()["w_arms"].central
    )


def test_a_plan_travels_to_a_worker(mine: pd.DataFrame) -> None:
    plan = planned()
    before: Array = plan.parameters["beta"]
    assert plan.learned
    again: Plan = pickle.loads(pickle.dumps(plan))
    np.testing.assert_array_equal(again.parameters["beta"], before)


# --- runs -----------------------------------------------------------------------------------------------------------


def run(out: Path, *more: str, scenario: Path = SMALL) -> int:
    """`blocade run` in this process, which sees the invented posterior."""
    return cli.main(["run", str(scenario), "--out", str(out), "--workers", "1", "--draws", "2", *more])


def test_a_run_says_where_its_parameter_sets_come_from(
    folder: Path, tmp_path: Path, mine: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "out", "--posterior", "mine") == 0
    assert " · 2 parameter sets from the posterior mine × 2 arms × " in capsys.readouterr().out
    result = Result(tmp_path / "out")
    assert len(set(rows_of(result.draws, mine))) == 2
    assert result.scenario["posterior"] == "mine"
    assert result.manifest["inputs"]["files"]["posteriors/mine.csv"] == digest(folder / "mine.csv")
    assert source_line(result).startswith("World 2021, 2 parameter sets from the posterior mine; effects are means")
    assert run(tmp_path / "out") == 2  # the prior's are other inputs


def test_the_flag_takes_the_place_of_what_the_file_names(tmp_path: Path, mine: pd.DataFrame) -> None:
    file = tmp_path / "learned.yaml"
    file.write_text(SMALL.read_text() + "posterior: mine\n")
    assert run(tmp_path / "learned", "--quiet", scenario=file) == 0
    assert rows_of(Result(tmp_path / "learned").draws, mine)
    assert run(tmp_path / "back", "--quiet", "--posterior", "prior", scenario=file) == 0
    assert run(tmp_path / "prior", "--quiet") == 0
    back, prior = (Result(tmp_path / name) for name in ("back", "prior"))
    pd.testing.assert_frame_equal(back.outcomes, prior.outcomes)
    assert " · 2 parameter sets × 2 arms × " in back.summary()


@pytest.mark.parametrize("command", ["run", "theories"])
def test_a_bad_name_or_table_gets_its_line_before_anything_runs(
    command: str, folder: Path, tmp_path: Path, mine: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.csv").write_text(lines((3, "2.5,0.5")))
    for name, line in (
        ("mien", "unknown posterior 'mien'; known: prior, bad, mine"),
        ("bad", f"{folder}/bad.csv:3: beta 2.5 is out of range; it must be at least 0 and at most 2"),
    ):
        assert cli.main([command, str(SMALL), "--out", str(tmp_path / "out"), "--posterior", name]) == 2
        assert capsys.readouterr() == ("", line + "\n")
    assert not (tmp_path / "out").exists()


def test_the_theories_are_compared_under_the_posterior(
    tmp_path: Path, mine: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = compare.variants
    monkeypatch.setattr(compare, "variants", lambda *given: every(*given)[4:5])
    more = ["--workers", "1", "--draws", "2", "--quiet", "--posterior", "mine"]
    assert cli.main(["theories", str(SMALL), "--out", str(tmp_path / "out"), *more]) == 0
    told = (tmp_path / "out" / "theories.md").read_text(encoding="utf-8")
    assert "Made by `blocade theories small`: 2 parameter sets from the posterior mine, seed 3." in told
    draws = Result(tmp_path / "out" / "exchange").draws
    assert len(set(rows_of(draws, mine[["mu", "beta", "b_match", "w_arms"]]))) == 2


def test_results_from_before_there_were_posteriors_are_of_the_prior(tmp_path: Path) -> None:
    old = fake_result(tmp_path / "old", {"base": [0.0, 0.0], "other": [0.1, 0.2]})
    assert "posterior" not in json.loads((tmp_path / "old" / "manifest.json").read_text())["inputs"]["scenario"]
    assert source_line(old).startswith("World invented, 2 parameter sets; effects are means")
    assert old.scenario["posterior"] == PRIOR


def test_the_schema_takes_a_name() -> None:
    found = json_schema()["properties"]["posterior"]
    assert (found["type"], found["default"]) == ("string", "prior")
