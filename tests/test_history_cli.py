"""``blocade validate``, ``backcast`` and ``register`` as a user meets them: exit code, lines, files; few sets each."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest
from few_sets import few_sets
from helpers import close
from test_backcast import has_the_form

from blocade import arguments, cli
from blocade.equations.arrays import Array
from blocade.history import backcast, commands, forecasts, panel, registered, report, validation
from blocade.history.calibration import Bank
from blocade.history.forecasts import OURS
from blocade.history.naive import NAIVE
from blocade.history.patterns import HistoricalClaim, Pattern, patterns
from blocade.history.posteriors import about
from blocade.history.registered import NAMES
from blocade.parameters import Parameters
from blocade.writing import MARK

THEORIES = ("full", "homophily")
CASE = "IRN"


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    """Few sets, two theories, one case."""
    with few_sets(THEORIES, CASE):
        yield


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


def blocade(*arguments: object) -> Said:
    """Run the command line in this process."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = cli.main(list(map(str, arguments)))
    return Said(code, out.getvalue(), err.getvalue())


def cells(line: str) -> list[str]:
    """Cells of a line of a table on the terminal."""
    return re.split(r" {2,}", line.strip())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- validate ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """All patterns, against two sets of the judge's posterior."""
    folder = tmp_path_factory.mktemp("validate") / "out"
    return folder, blocade("validate", "--out", folder, "--workers", 1)


def test_validate_writes_its_files_and_exits_by_what_it_finds(validated: tuple[Path, Said]) -> None:
    folder, said = validated
    assert {path.name for path in folder.iterdir()} == set(commands.VALIDATE_FILES)
    table = pd.read_csv(folder / "patterns.csv")
    assert list(table["pattern"]) == list(patterns())
    assert said.code == (0 if table["passed"].all() else 1)
    assert said.out.endswith(f"\n {folder}/   {', '.join(commands.VALIDATE_FILES)}\n\n")
    for name in ("scorecard.png", "posterior.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    for one in table.itertuples():
        expected = patterns()[str(one.pattern)]
        assert (one.observed, one.tolerance, one.until) == (expected.observed, expected.tolerance, expected.until)
        assert one.passed == (abs(one.median - one.observed) <= one.tolerance)
        assert one.seen == (expected.fitted and expected.until <= 2013)


def test_every_pattern_is_shown_and_failures_come_first(validated: tuple[Path, Said]) -> None:
    folder, said = validated
    table = pd.read_csv(folder / "patterns.csv")
    lines = said.out.splitlines()
    assert f"2 parameter sets from the posterior until-2013: {table['passed'].sum()} of {len(table)} met" in said.out
    first = next(k for k, line in enumerate(lines) if cells(line) == list(report.PATTERN_HEADER))
    shown = [cells(line) for line in lines[first + 1 : first + 1 + len(table)]]
    results = [row[-1].split()[0] for row in shown]
    assert results == ["fail"] * (~table["passed"]).sum() + ["pass"] * table["passed"].sum()
    by_label = {row[0]: row for row in shown}
    assert len(by_label) == len(table)
    for one in table.itertuples():
        _, channel, observed, simulated, tolerance, result = by_label[str(one.label)]
        assert channel == one.channel and tolerance == f"±{one.tolerance:.2f}"
        assert float(observed.replace("−", "-")) == pytest.approx(one.observed, abs=0.005001)
        told = re.findall(r"[-–\d.]+", simulated.replace("−", "-"))
        numbers = [float(text.replace("–", "nan")) for text in told]  # a dash where no run can say
        assert numbers == pytest.approx([one.median, one.low, one.high], abs=0.005001, nan_ok=True)
        assert result == ("pass" if one.passed else "fail") + (" (seen)" if one.seen else "")
    page = (folder / "patterns.md").read_text(encoding="utf-8")
    assert page.startswith(MARK)
    rows = [line.split(" | ")[0].removeprefix("| ") for line in page.splitlines() if " ±" in line]
    assert rows == [row[0] for row in shown]


def pattern(name: str, channel: str, observed: float, tolerance: float, **more: Any) -> Pattern:
    values = {"unit": "tie", "until": 2013, **more}
    return Pattern(
        name=name, label=f"It is {name}", channel=channel, period="2000s", statistic="tie-spread", observed=observed,
        tolerance=tolerance, source="invented", **values,
    )  # fmt: skip


nan = float("nan")
INVENTED: dict[str, tuple[Pattern, list[float]]] = {
    "at-the-edge": (pattern("at-the-edge", "ties", 0.0, 0.1), [0.0, 0.05, 0.1, 0.15, 0.2]),
    "far": (pattern("far", "ties", 1.0, 0.5, until=2014), [3.0, 3.0, 3.0, 9.0, -9.0]),
    "rare": (pattern("rare", "votes", 1.0, 0.9, unit="probability", fitted=False), [0.0, 0.0, 0.0, 0.0, 1.0]),
    "mute": (pattern("mute", "trade", 0.0, 9.0), [nan] * 5),
    "near": (pattern("near", "trade", -0.3, 0.1, until=2021), [0.0, nan, 0.0, 0.0, nan]),
}
CLAIMS = (
    HistoricalClaim("first", "Two channels hold.", ("at-the-edge", "rare")),
    HistoricalClaim("second", "Ties hold and do not.", ("at-the-edge", "far", "rare")),
)


@pytest.fixture
def invent(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put patterns of one's own in place, with what five sets give for them; nothing is run or drawn."""

    def put(*names: str) -> None:
        chosen = {name: INVENTED[name][0] for name in names}
        values: Array = np.array([INVENTED[name][1] for name in names]).T

        def run(sets: Parameters, given: tuple[Pattern, ...], _seed: int, **_more: object) -> Bank:
            assert given == tuple(chosen.values())
            return Bank(sets, given, (), values[None])

        asked = tuple(claim for claim in CLAIMS if set(claim.patterns) <= set(names))
        for name, value in (
            ("DRAWS", 5),
            ("patterns", lambda: chosen),
            ("historical_claims", lambda: asked or (HistoricalClaim("any", "Any.", names[:1]),)),
            ("run_through", run),
        ):
            monkeypatch.setattr(validation, name, value)
        monkeypatch.setattr(commands, "validation_charts", lambda *_: {})

    return put


def test_patterns_are_met_by_the_middle_and_missed_by_tolerances(invent: Callable[..., None], tmp_path: Path) -> None:
    """Median .1 is just within .1; a mean of .2 is within .9 of 1, where the median, 0, would not be. The misses are
    unknown, (3 − 1)/.5 = 4 and (0 + .3)/.1 = 3 tolerances. Percentiles of 0, .05 … .2 are .01 and .19."""
    invent(*INVENTED)
    said = blocade("validate", "--out", tmp_path / "out")
    assert said.code == 1
    lines = [cells(line) for line in said.out.splitlines()]
    assert lines[1] == ["Patterns of history, 5 parameter sets from the posterior until-2013: 2 of 5 met"]
    assert lines[3:10] == [
        ["Pattern", "Channel", "Observed", "Simulated [5–95 %]", "Tolerance", "Result"],
        ["It is mute", "trade", "0.00", "– [–, –]", "±9.00", "fail (seen)"],
        ["It is far", "ties", "1.00", "3.00 [−6.60, 7.80]", "±0.50", "fail"],
        ["It is near", "trade", "−0.30", "0.00 [0.00, 0.00]", "±0.10", "fail"],
        ["It is at-the-edge", "ties", "0.00", "0.10 [0.01, 0.19]", "±0.10", "pass (seen)"],
        ["It is rare", "votes", "1.00", "0.20 [0.00, 0.80]", "±0.90", "pass"],
        [""],
    ]
    assert lines[10:13] == [
        ["Claim about history", "Channels met", "Channels missed", "In two channels"],
        ["Ties hold and do not.", "votes", "ties", "does not hold"],
        ["Two channels hold.", "ties, votes", "none", "holds"],
    ]
    page = (tmp_path / "out" / "patterns.md").read_text(encoding="utf-8")
    assert "| It is far | ties | 1.00 | 3.00 [−6.60, 7.80] | ±0.50 | **fail** |" in page
    assert "Made by `blocade validate --posterior until-2013`: 5 parameter sets from the posterior until-2013." in page


def test_a_model_that_meets_every_pattern_exits_with_0(invent: Callable[..., None], tmp_path: Path) -> None:
    invent("at-the-edge", "rare")
    said = blocade("validate", "--out", tmp_path / "out", "--posterior", "prior")
    assert said.code == 0
    assert "Patterns of history, 5 parameter sets: 2 of 2 met" in said.out
    assert "(seen)" not in said.out  # the prior was fitted to nothing
    again = blocade("validate", "--out", tmp_path / "out", "--quiet")
    assert (again.code, again.out, again.err) == (0, "", "")


def test_results_of_ours_are_replaced_by_the_next_run(invent: Callable[..., None], tmp_path: Path) -> None:
    invent("at-the-edge", "rare")
    assert blocade("validate", "--out", tmp_path).code == 0
    (tmp_path / "notes.txt").write_text("mine")
    invent("far")
    assert blocade("validate", "--out", tmp_path).code == 1
    assert list(pd.read_csv(tmp_path / "patterns.csv")["pattern"]) == ["far"]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_posterior_that_is_not_there_gets_those_that_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "run_through", never)
    said = blocade("validate", "--posterior", "until-2012", "--out", tmp_path / "out")
    assert (said.code, said.out) == (2, "")
    assert said.err == "unknown posterior 'until-2012'; known: prior, until-2013, until-2021\n"
    assert not (tmp_path / "out").exists()


def never(*_given: object, **_more: object) -> NoReturn:
    raise AssertionError("something was run")


# --- backcast ---------------------------------------------------------------------------------------------------------

OWN = """year,iso3_b,iso3_a,distance
2015,RUS,PRK,1.0
2016,CHN,USA,3.5
2013,CHN,RUS,9.0
2022,PRK,RUS,0.5
"""
"""Columns in any order, pairs in either; 2013 is no year that is forecast."""


@pytest.fixture(scope="module")
def backcasted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """The backcast, with a table of the user's own, and with registered forecasts of two pairs."""
    folder = tmp_path_factory.mktemp("backcast")
    (folder / "own.csv").write_text(OWN)
    (folder / "registered").mkdir()
    for name, mean in zip(NAMES, (0.8, 0.3), strict=True):
        rows = f"iso3_a,iso3_b,year,mean,q05,q95\nPRK,RUS,2022,{mean},0.6,0.9\nCHN,RUS,2022,1,0,2\n"
        (folder / "registered" / f"{name}.csv").write_text(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "seeds", lambda: folder)
        said = blocade("backcast", "--out", folder / "out", "--observed", folder / "own.csv", "--workers", 1)
    return folder / "out", said


def test_backcast_writes_its_files(backcasted: tuple[Path, Said]) -> None:
    folder, said = backcasted
    assert said.code == 0
    assert {path.name for path in folder.iterdir()} == set(commands.BACKCAST_FILES)
    assert said.out.endswith(f"\n {folder}/   {', '.join(commands.BACKCAST_FILES)}\n\n")
    for name in commands.BACKCAST_FILES:
        if name.endswith(".png"):
            assert (folder / name).read_bytes().startswith(b"\x89PNG"), name
    page = (folder / "backcast.md").read_text(encoding="utf-8")
    assert page.startswith(MARK)
    for word in ("votes", "votes-all", "agreement", "trade", "arms", "pacts", "Theories", "Your table"):
        assert f"\n## {word}\n" in page


def test_the_tables_of_a_backcast_agree(backcasted: tuple[Path, Said]) -> None:
    folder, said = backcasted
    skill, ratios, cases, theory, every = (
        pd.read_csv(folder / f"{name}.csv") for name in ("skill", "ratios", "cases", "theories", "forecasts")
    )
    votes = skill[(skill["channel"] == "votes") & (skill["horizon"] == 0)].set_index("model")
    assert set(votes.index) == {OURS, *NAIVE, "ridge regression"}
    part = every[every["channel"] == "votes"]
    assert (part["median"] - part["observed"]).abs().mean() == pytest.approx(votes.loc[OURS, "mae"], rel=1e-3)
    inside = (part["observed"] >= part["low"]) & (part["observed"] <= part["high"])
    assert inside.mean() == pytest.approx(votes.loc[OURS, "coverage"], abs=2e-3)
    best = ratios[(ratios["measure"] == "crps") & ratios["best"]].set_index("channel")
    rivals = votes.drop(OURS)["crps"]
    assert best.loc["votes", "naive"] == rivals.idxmin()
    assert best.loc["votes", "ratio"] == pytest.approx(votes.loc[OURS, "crps"] / rivals.min(), rel=1e-4)
    lines = [cells(line) for line in said.out.splitlines()]
    shown = next(row for row in lines if row[0] == "votes")
    number = f"{best.loc['votes', 'ratio']:.3f} [{best.loc['votes', 'low']:.3f}, {best.loc['votes', 'high']:.3f}]"
    verdict = report.compared(best.loc["votes"].to_dict()).replace("**", "")
    assert shown == ["votes", rivals.idxmin(), number, verdict]
    assert set(cases["case"]) == {CASE}
    assert set(theory["theory"]) == set(THEORIES)
    told = about(backcast.JUDGE)["theories"]
    ahead = max(told[name] for name in THEORIES)
    for one in theory.itertuples():
        evidence = told[one.theory] - ahead
        assert one.evidence == pytest.approx(evidence, abs=1e-4)
        assert one.kept == (evidence >= -np.log(20.0))


def test_a_table_of_ones_own_is_scored_against_the_backcast(backcasted: tuple[Path, Said]) -> None:
    """Two rows are of pairs and years that are forecast, one of them the other way round."""
    folder, said = backcasted
    every = pd.read_csv(folder / "forecasts.csv").set_index(["channel", "iso3_a", "iso3_b", "year"])
    rows = [every.loc[("votes", "PRK", "RUS", 2015)], every.loc[("votes", "CHN", "USA", 2016)]]
    errors, rival = (
        np.mean([abs(row[name] - own) for row, own in zip(rows, (1.0, 3.5), strict=True)])
        for name in ("median", "naive")
    )
    inside = np.mean([row["low"] <= own <= row["high"] for row, own in zip(rows, (1.0, 3.5), strict=True)])
    line = next(line for line in said.out.splitlines() if line.startswith("Your table against the backcast"))
    found = re.fullmatch(
        r"Your table against the backcast of 2014-2021: 2 figures, mean absolute error ([\d.]+) "
        r"\(best naive ([\d.]+)\), (\d+) % inside the 90 % interval\.",
        line,
    )
    assert found, line
    assert [float(x) for x in found.groups()] == pytest.approx([errors, rival, 100 * inside], abs=6e-4)
    assert line in (folder / "backcast.md").read_text(encoding="utf-8")


def test_a_table_of_ones_own_is_scored_against_what_is_registered(backcasted: tuple[Path, Said]) -> None:
    """.8 less .5 is .3, .3 less .5 is .2; .5 is below .6."""
    assert (
        "Your table against the forecasts registered for 2022-2024: 1 figure, mean absolute error 0.300 (best naive "
        "0.200), 0 % inside the 90 % interval.\n" in backcasted[1].out
    )


def forecast_rows(*rows: tuple[str, str, str, int, float]) -> pd.DataFrame:
    """Channel, pair, year, median; the naive forecast is one more and the interval half either way."""
    found = pd.DataFrame(rows, columns=["channel", "iso3_a", "iso3_b", "year", "median"])
    return found.assign(low=found["median"] - 0.5, high=found["median"] + 0.5, naive=found["median"] + 1.0)


def own(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["a", "b", "year", "distance"])


@pytest.fixture
def unregistered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "seeds", lambda: tmp_path)


@pytest.mark.usefixtures("unregistered")
def test_the_scores_of_a_table_by_hand() -> None:
    """Misses .2 and .6 of ours, 1.2 and .4 of the naive one: means .4 and .8; one of two within a half. Trade and the
    pair of another year are not votes that are forecast."""
    every = forecast_rows(
        ("votes", "CHN", "RUS", 2015, 1.0), ("votes", "PRK", "USA", 2016, 2.0), ("trade", "CHN", "RUS", 2016, 0.1)
    )
    mine = own(("RUS", "CHN", 2015, 0.8), ("PRK", "USA", 2016, 2.6), ("CHN", "RUS", 2016, 7.0))
    assert commands.own_scores(mine, every) == (
        "Your table against the backcast of 2014-2021: 2 figures, mean absolute error 0.400 (best naive 0.800), "
        "50 % inside the 90 % interval."
    )


@pytest.mark.usefixtures("unregistered")
def test_a_table_of_other_years_is_told_so() -> None:
    said = commands.own_scores(own(("CHN", "RUS", 2013, 1.0)), forecast_rows(("votes", "CHN", "RUS", 2015, 1.0)))
    assert said == "No row of your table is of a year and pair that is forecast."


def test_a_table_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(b'\xef\xbb\xbfiso3_a,iso3_b,year,distance\r\n"RUS", PRK ,2015,0.25\r\n\r\nUSA,CHN,2021,3\r\n')
    found = commands.read_distances(path)
    assert found.to_dict("list") == {
        "a": ["RUS", "USA"],
        "b": ["PRK", "CHN"],
        "year": [2015, 2021],
        "distance": [0.25, 3.0],
    }


HEAD = "iso3_a,iso3_b,year,distance\n"
BAD: dict[str, tuple[bytes, list[str]]] = {
    "missing column": (b"iso3_a,iso3_b,year\nRUS,PRK,2015\n", ["1: no column distance; add it"]),
    "unknown state": (
        f"{HEAD}RUS,PRK,2015,1\nRUS,XYZ,2015,1\n".encode(),
        ["3: 'XYZ' is not among the states; correct it or leave the row out"],
    ),
    "negative": (
        f"{HEAD}RUS,PRK,2015,-1\n".encode(),
        ["2: distance -1 is out of range; it must be at least 0 and at most 100"],
    ),
    "no rows": (HEAD.encode(), ["1: no rows; add one for each pair and year"]),
    "empty": (b"", [f"1: no column {name}; add it" for name in commands.OWN_COLUMNS]),
    "no number": (
        f"{HEAD}RUS,PRK,2015,near\nRUS,PRK,soon,1\n".encode(),
        ["2: distance 'near' is not a number; write one", "3: year 'soon' is not a number; write one"],
    ),
    "not finite": (f"{HEAD}RUS,PRK,2015,nan\n".encode(), ["2: distance is nan; write a finite number"]),
    "another time": (
        f"{HEAD}RUS,PRK,15,1\n".encode(),
        ["2: year 15 is out of range; it must be at least 1900 and at most 2100"],
    ),
    "ragged": (f"{HEAD}RUS,PRK,2015,1,5\n".encode(), ["2: 5 cells under 4 columns; quote a comma inside a cell"]),
    "not UTF-8": (f"{HEAD}RUS,PRK,2015,1\n".encode("utf-16"), ["1: not UTF-8 text; save it as UTF-8"]),
}


@pytest.mark.parametrize(("raw", "expected"), BAD.values(), ids=BAD)
def test_every_mistake_in_a_table_gets_its_line_before_anything_runs(
    raw: bytes, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where, name in ((commands, "move"), (backcast, "move"), (forecasts, "simulate")):
        monkeypatch.setattr(where, name, never)
    path = tmp_path / "own.csv"
    path.write_bytes(raw)
    said = blocade("backcast", "--observed", path, "--out", tmp_path / "out", "--quiet")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [f"{path}:{line}" for line in expected]
    assert not (tmp_path / "out").exists()


def test_a_table_that_is_not_there_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "move", never)
    path = tmp_path / "none.csv"
    said = blocade("backcast", "--observed", path, "--out", tmp_path / "out", "--quiet")
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith(f"{path}:1: no such file; ")
    assert line.endswith("columns iso3_a, iso3_b, year, distance")
    assert not (tmp_path / "out").exists()


# --- register ---------------------------------------------------------------------------------------------------------


def test_register_writes_both_tables(tmp_path: Path) -> None:
    said = blocade("register", "--out", tmp_path / "out", "--workers", 1)
    assert said.code == 0
    names = [f"{name}.csv" for name in NAMES]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert said.out == "".join(f" {tmp_path / 'out' / name}   7245 rows\n" for name in names)
    tables = [pd.read_csv(tmp_path / "out" / name) for name in names]
    for table in tables:
        has_the_form(table)
    pair = (tables[0]["iso3_a"] == "CHN") & (tables[0]["iso3_b"] == "USA")
    close(tables[0][pair]["mean"], tables[1][pair]["mean"], 1.0)  # they are forecasts of the same
    quiet = blocade("register", "--out", tmp_path / "again", "--workers", 1, "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert contents(tmp_path / "again") == contents(tmp_path / "out")


# --- what all three keep ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "name"), [("validate", "patterns.csv"), ("backcast", "skill.csv")])
def test_a_file_of_the_users_is_never_replaced(
    command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "run_through", never)
    monkeypatch.setattr(commands, "move", never)
    (tmp_path / name).write_text("years of work")
    said = blocade(command, "--out", tmp_path, "--quiet")
    assert (said.code, said.out) == (2, "")
    assert said.err == (f"{tmp_path}: holds files of yours ({name}); move them or choose another folder with --out\n")
    assert contents(tmp_path) == {name: b"years of work"}


@pytest.mark.parametrize("command", ["validate", "backcast", "register"])
def test_a_run_that_is_stopped_leaves_nothing(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_given: object, **_more: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(panel, "simulate", stop)
    monkeypatch.setattr(forecasts, "simulate", stop)
    said = blocade(command, "--out", tmp_path / "out", "--workers", 1)
    assert said.code == 130
    assert said.out == ""
    assert said.err.splitlines()[-1] == "stopped; nothing was left half-written"
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_stopped_while_it_writes_leaves_what_was_there(
    invent: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_given: object, **_more: object) -> NoReturn:
        raise KeyboardInterrupt

    invent("at-the-edge", "rare")
    assert blocade("validate", "--out", tmp_path).code == 0
    before = contents(tmp_path)
    invent("far")
    unwritten = SimpleNamespace(texts=[], savefig=stop)
    monkeypatch.setattr(commands, "validation_charts", lambda *_: {"scorecard.png": unwritten})
    assert blocade("validate", "--out", tmp_path).code == 130
    assert contents(tmp_path) == before


def test_help_names_the_defaults_and_needs_no_numerical_library() -> None:
    code = (
        "import sys, contextlib\nfrom blocade.cli import main\n"
        "for command in ('validate', 'backcast', 'register'):\n"
        "    with contextlib.suppress(SystemExit):\n        main([command, '--help'])\n    print('%')\n"
        "print(sorted({'numpy', 'scipy', 'pandas', 'mesa', 'matplotlib', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    validate, backcasts, register, loaded = (" ".join(part.split()) for part in done.stdout.split("%\n"))
    assert "--posterior NAME" in validate and f"(default: {backcast.JUDGE})" in validate
    assert "(default: results/validate)" in validate
    assert "--observed FILE" in backcasts and ", ".join(commands.OWN_COLUMNS) in backcasts
    assert "(default: results/backcast)" in backcasts
    assert "(default: results/registered)" in register
    assert all("--workers N" in text and "--quiet" in text for text in (validate, backcasts, register))
    assert loaded == "[]"


def test_what_help_names_is_what_is_done(
    invent: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    invent("at-the-edge", "rare")
    assert blocade("validate", "--quiet").code == 0
    page = (tmp_path / "results" / "validate" / "patterns.md").read_text(encoding="utf-8")
    assert f"--posterior {backcast.JUDGE}`" in page
    assert arguments.JUDGE == backcast.JUDGE
    monkeypatch.setattr(registered, "registered", lambda *_: {"one": pd.DataFrame({"a": [1, 2]})})
    said = blocade("register")
    assert (said.code, said.out) == (0, " results/registered/one.csv   2 rows\n")
