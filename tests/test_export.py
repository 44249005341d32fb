"""Exported tables hold what the result holds, in the columns that others read."""

import json
from pathlib import Path

import pandas as pd
import pytest
from fake_result import BOND, TIMES, fake_result

from blocade.cli import main
from blocade.export import FILES, QUANTILES, pyam_table
from blocade.result import Result

EFFECT = {"base": [0.0] * 20, "press": [0.1 + 0.01 * k for k in range(20)]}


@pytest.fixture
def result(tmp_path: Path) -> Result:
    return fake_result(tmp_path / "made", EFFECT)


def test_every_table_comes_back_as_it_was(result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    for _ in range(2):  # an earlier export is replaced
        assert main(["export", str(result.folder), "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {*FILES}
    assert str(out) in capsys.readouterr().out
    for name in ("bands", "outcomes", "ties", "draws"):
        stored = getattr(result, name).astype({key: str for key in ("versus",) if key in getattr(result, name)})
        back = pd.read_csv(out / f"{name}.csv", keep_default_na=False, na_values=["nan"])
        assert list(back.columns) == list(stored.columns)
        for column in stored:
            if stored[column].dtype.kind == "f":
                pd.testing.assert_series_equal(
                    pd.to_numeric(back[column]), stored[column].reset_index(drop=True), rtol=1e-5, check_dtype=False
                )
            else:
                assert back[column].astype(str).tolist() == stored[column].astype(str).tolist()
    verdicts = pd.read_csv(out / "verdicts.csv")
    assert json.loads(verdicts["contrast"][0]) == {"press": 1.0, "base": -1.0}
    assert verdicts["verdict"].tolist() == result.verdicts["verdict"].tolist()


def test_the_long_table_is_what_pyam_asks_for(result: Result) -> None:
    table = pyam_table(result)
    assert list(table.columns) == ["model", "scenario", "region", "variable", "unit", "time", "value"]
    assert not table.isna().any(axis=None)
    assert not table.duplicated(table.columns[:-1].tolist()).any()
    assert len(table) == len(result.bands) * len(QUANTILES)


def test_a_row_of_the_long_table_is_a_band(result: Result) -> None:
    table = pyam_table(result).set_index(["scenario", "region", "variable", "time"])["value"]
    bands = result.bands
    last = TIMES[-1]
    found = bands[(bands["time"] == last) & (bands["measure"] == "cohesion") & (bands["arm"] == "press")]
    for start, versus, scenario in (
        ("real", "", "press"),
        ("clean", "", "press (clean start)"),
        ("real", "base", "press minus base"),
        ("clean", "base", "press minus base (clean start)"),
    ):
        row = found[(found["start"] == start) & (found["versus"] == versus)].iloc[0]
        date = f"{int(last)}-01-01"
        assert table[scenario, "World", "cohesion|Median", date] == row["median"]
        assert table[scenario, "World", "cohesion|5th Percentile", date] == row["low"]
        assert table[scenario, "World", "cohesion|95th Percentile", date] == row["high"]


def test_what_is_measured_of_a_state_has_the_state_as_region(result: Result) -> None:
    table = pyam_table(result)
    assert set(table["region"]) >= {"World", result.state(BOND[0]), result.state(BOND[1])}
    assert set(table.loc[table["variable"].str.startswith("alignment"), "region"]).isdisjoint({"World"})
    assert {"2020-01-01", "2020-04-01", "2020-07-01", "2020-10-01"} <= set(table["time"])


def test_trade_by_partner_names_both(tmp_path: Path) -> None:
    courses = {
        name: {arm: [[0.2] * 20] * len(TIMES) for arm in EFFECT} for name in ("trade:AAA:CCC", "trade:AAA:senders")
    }
    table = pyam_table(fake_result(tmp_path / "trade", EFFECT, paths=courses))
    trade = table[table["variable"].str.startswith("trade")]
    assert set(trade["variable"].str.rsplit("|", n=1).str[0]) == {"trade|Celand", "trade|senders"}
    assert set(trade["region"]) == {"Aland"}
    assert set(trade["unit"]) == {"share of normal trade"}


def test_a_folder_of_the_users_is_left_alone(
    result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert main(["export", str(result.folder), "--out", str(tmp_path / "mine")]) == 2
    assert "holds other files (notes.txt)" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    (tmp_path / "file").write_text("mine")
    assert main(["export", str(result.folder), "--out", str(tmp_path / "file")]) == 2
    assert "is a file" in capsys.readouterr().err
