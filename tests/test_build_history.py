"""The rules of the observed figures by hand, and the committed tables with and without the raw series."""

from __future__ import annotations

import csv
import os
import sys
from io import StringIO
from itertools import combinations, product
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import build_history
from world_rules import history
from world_rules.acts import split
from world_rules.tables import BuildError, every_code, members, read_hand

from blocade.resources import seeds

RAW = os.environ.get("BLOCADE_RAW", "")
needs_raw = pytest.mark.skipif(not RAW, reason="BLOCADE_RAW does not name the folder of the raw series")
FOLDER = seeds() / "history"
AGREEMENT_YEARS = [str(year) for year in range(1990, 2021)]
TRADE_YEARS = [str(year) for year in range(2000, 2021)]
COLUMNS = {
    "ideal_points": ["iso3", "year", "final", "all"],
    "agreement": ["iso3_a", "iso3_b", *AGREEMENT_YEARS],
    "trade": ["iso3", "partner", *TRADE_YEARS],
    "arms": ["iso3_a", "iso3_b", "end", "delivered", "index"],
    "alliances": ["iso3_a", "iso3_b", "from", "to"],
    "acts": ["id", "senders", "target", "kind", "severity", "from", "to", "source"],
    "events": ["kind", "on", "by", "from", "to", "level", "source", "note"],
}
KEYS = {
    "ideal_points": ["iso3", "year"],
    "agreement": ["iso3_a", "iso3_b"],
    "trade": ["iso3", "partner"],
    "arms": ["iso3_a", "iso3_b", "end"],
    "alliances": ["iso3_a", "iso3_b", "from"],
    "acts": ["id"],
    "events": ["kind", "on", "by", "from"],
}


def frame(text: str) -> pd.DataFrame:
    """A table from words in lines; a lone dash is a missing value."""
    return pd.read_csv(StringIO(text), sep=r"\s+", na_values="-")


def committed(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- the committed tables, without the raw series -----------------------------------------------------------


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_and_keys(name: str) -> None:
    rows = committed(name)
    assert list(rows[0]) == COLUMNS[name]
    keys = [tuple(row[column] for column in KEYS[name]) for row in rows]
    assert len(keys) == len(set(keys))
    codes = every_code()
    for row in rows:
        assert None not in row.values()
        assert {
            row[column] for column in ("iso3", "partner", "iso3_a", "iso3_b") if column in row
        } <= codes, row
        assert "iso3_a" not in row or row["iso3_a"] < row["iso3_b"], row
        assert "partner" not in row or row["iso3"] != row["partner"], row


def test_no_vote_after_2021() -> None:
    assert {int(row["year"]) for row in committed("ideal_points")} == set(range(1990, 2022))
    assert max(AGREEMENT_YEARS) == "2020"


def test_figures_lie_where_they_can() -> None:
    for row in committed("ideal_points"):
        assert all(-5 < float(row[name]) < 5 for name in ("final", "all") if row[name]), row
    agreement = committed("agreement")
    assert len(agreement) == len(list(combinations(every_code(), 2)))
    assert all(0 <= int(row[year]) <= 100 for row in agreement for year in AGREEMENT_YEARS if row[year])
    trade = committed("trade")
    assert all(any(int(row[year] or 0) > 0 for year in TRADE_YEARS) for row in trade)
    for year in TRADE_YEARS:
        sums: dict[str, int] = {}
        for row in trade:
            sums[row["iso3"]] = sums.get(row["iso3"], 0) + int(row[year] or 0)
        assert max(sums.values()) <= 10_000
    for row in committed("arms"):
        assert int(row["end"]) in history.ARMS_ENDS
        assert row["delivered"] == "1", row
        index = float(row["index"])
        assert 0 <= index <= 1
        assert index * 20 == pytest.approx(round(index * 20)), row
    for row in committed("alliances"):
        assert 1990 <= int(row["from"]) <= int(row["to"]) <= 2018, row


def test_known_figures() -> None:
    # As the README of the raw series and common knowledge have them.
    points = {(row["iso3"], row["year"]): float(row["final"]) for row in committed("ideal_points")}
    assert points["RUS", "2019"] - points["USA", "2019"] == pytest.approx(-2.55, abs=0.015)
    shares = {(row["iso3"], row["partner"]): row for row in committed("trade")}
    assert int(shares["RUS", "CHN"]["2019"]) == pytest.approx(1650, abs=5)
    assert int(shares["PRK", "CHN"]["2019"]) > 9000
    spells = [
        (row["from"], row["to"])
        for row in committed("alliances")
        if row["iso3_a"] + row["iso3_b"] == "PRKRUS"
    ]
    assert spells == [("1990", "1996")]


def test_acts_and_events_are_what_the_hand_tables_give() -> None:
    # Needs no raw series, so an act added to the source table without a new build shows everywhere.
    assert committed("acts") == history.act_rows(read_hand("acts.csv"), sorted(every_code()))
    assert committed("events") == history.event_rows(read_hand("history_events.csv"))


@pytest.mark.parametrize("name", ["acts", "events"])
def test_names_resolve_and_sources_are_given(name: str) -> None:
    known = every_code() | set(members(2021)) | {"UN"}
    for row in committed(name):
        sides = ("senders", "target") if name == "acts" else ("on", "by")
        assert set(split(";".join(row[side] for side in sides))) <= known, row
        assert row["source"], row
        assert row["to"] == "" or row["from"] < row["to"], row


def test_clashes_agree_with_enmity() -> None:
    rows = [row for row in read_hand("enmity.csv") if row["rule"] in ("armed clash", "occupation")]
    spells = {(row["a"], row["b"], row["from"], row["to"]) for row in rows}
    said, pairs = set(), set()
    for row in committed("events"):
        if row["kind"] == "clash":
            for a, b in (sorted(pair) for pair in product(split(row["on"]), split(row["by"]))):
                pairs.add((a, b))
                if row["note"].endswith("as in enmity.csv"):
                    said.add((a, b, row["from"], row["to"]))
    assert said <= spells
    # The other way round: single strikes and fights are no clashes, and one war begins a week earlier.
    strikes = {("FRA", "SYR"), ("GBR", "SYR"), ("SYR", "USA"), ("PAK", "USA"), ("RUS", "TUR")}
    assert {spell[:2] for spell in spells - said} == strikes | {("ERI", "ETH")}
    assert ("ERI", "ETH") in pairs
    assert not strikes & pairs


def test_sources_tell_of_every_file_and_of_no_folder() -> None:
    text = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    assert text == build_history.sources({name: committed(name) for name in COLUMNS})
    for name in [*(f"{name}.csv" for name in COLUMNS), "SOURCES.md"]:
        assert f"## {name}" in text or name == "SOURCES.md"
        content = (FOLDER / name).read_bytes()
        assert b"/work" not in content
        assert b"/home" not in content
        assert b"\r" not in content


# --- with the raw series ------------------------------------------------------------------------------------


@needs_raw
def test_rebuilding_gives_the_committed_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_history.main(["--raw", RAW, "--out", str(tmp_path)]) == 0
    assert "agreement.csv: " in capsys.readouterr().out
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), (
            f"{path.name} is not what the script writes"
        )


def test_a_folder_without_the_series_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_history.main(["--raw", str(tmp_path), "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"{tmp_path}/ideal_points.csv: no such file; --raw must name")


# --- rules by hand ------------------------------------------------------------------------------------------


def test_sealed_years_are_dropped_twice(tmp_path: Path) -> None:
    text = "iso3,year,ideal_point,ideal_point_all\nA,2021,1,1\nA,2022,2,2\n"
    (tmp_path / "ideal_points.csv").write_text(text)
    assert history.read_series(tmp_path, "ideal_points", history.LAST_VOTE)["year"].tolist() == [2021]
    everything = pd.read_csv(tmp_path / "ideal_points.csv")
    assert [row["year"] for row in history.ideal_point_rows(everything, ["A"])] == ["2021"]
    late = frame("iso3_a iso3_b year agreement n_votes\nA B 2020 0.5 90\nA B 2022 0.9 90")
    row = history.agreement_rows(late, ["A", "B"])[0]
    assert (row["2020"], "2021" in row, "2022" in row) == ("50", False, False)


def test_ideal_points_are_rounded_and_blank_where_none() -> None:
    points = frame(
        "iso3 year ideal_point ideal_point_all\n"
        "B 1991 -0.0041 1.236\nB 1990 - 0.5\nB 1992 - -\nA 1991 2 -\nZ 1991 1 1\nA 1989 1 1"
    )
    assert history.ideal_point_rows(points, ["A", "B"]) == [
        {"iso3": "A", "year": "1991", "final": "2.00", "all": ""},
        {"iso3": "B", "year": "1990", "final": "", "all": "0.50"},
        {"iso3": "B", "year": "1991", "final": "0.00", "all": "1.24"},
    ]


def test_agreement_needs_ten_roll_calls() -> None:
    agreement = frame(
        "iso3_a iso3_b year agreement n_votes\nA B 1990 0.956 10\nA B 1991 0.956 9\nA Z 1990 1 99"
    )
    rows = history.agreement_rows(agreement, ["A", "B", "C"])
    assert [row["iso3_a"] + row["iso3_b"] for row in rows] == [
        "AB",
        "AC",
        "BC",
    ]  # one row per pair, known or not
    assert (rows[0]["1990"], rows[0]["1991"], rows[1]["1990"]) == ("96", "", "")


FLOWS = "iso3_a iso3_b year flow_ab_musd flow_ba_musd\n"


def test_share_is_of_exports_plus_imports_with_all() -> None:
    flows = frame(FLOWS + "A B 2000 30 10\nA Z 2000 60 -\nA B 2002 10 -\nA C 2002 0.001 -\nA B 1999 9 9")
    totals = frame(
        "iso3 year exports_musd imports_musd\nA 2000 150 50\nB 2000 40 60\nA 2002 50 50\nC 2002 1 1"
    )
    rows = {row["iso3"] + row["partner"]: row for row in history.trade_rows(flows, totals, ["A", "B", "C"])}
    # (30 + 10)/200 and /100; B has no totals in 2002, so the sum over its partners stands in. The flow of A
    # with C is five ten-thousandths of C's trade, but none of A's: a row of zeros is left out.
    assert [rows["AB"][year] for year in ("2000", "2001", "2002")] == ["2000", "", "1000"]
    assert [rows["BA"][year] for year in ("2000", "2001", "2002")] == ["4000", "", "10000"]
    assert sorted(rows) == ["AB", "BA", "CA"]
    assert rows["CA"]["2002"] == "5"


def test_an_error_of_one_year_is_blank() -> None:
    flows = frame(FLOWS + "A B 2000 20 20\nA B 2001 200 200\nA B 2002 20 20\nA C 2001 5 5")
    years = "\n".join(f"{code} {year} 500 500" for code in "ABC" for year in (2000, 2001, 2002))
    totals = frame("iso3 year exports_musd imports_musd\n" + years)
    rows = {row["iso3"] + row["partner"]: row for row in history.trade_rows(flows, totals, ["A", "B", "C"])}
    assert [rows["AB"][year] for year in ("2000", "2001", "2002")] == ["400", "", "400"]
    assert rows["AC"]["2001"] == "100"  # the rest of the year stands


def test_arms_windows_of_five_years_either_way() -> None:
    arms = frame(
        "iso3_a iso3_b year tiv_millions tiv_table_millions\n"
        "A B 1991 5 99\nB A 1995 9 9\nB A 1996 999 -\nA C 1990 7 7\nA Z 1995 9 9\nC B 2013 - 0\nA B 2022 99 -"
    )
    rows = [tuple(row.values()) for row in history.arms_rows(arms, ["A", "B", "C"])]
    # log10(100)/3.5 = .571, from the tables and then the register; 1990 and 1996 lie in no window.
    assert rows == [
        ("A", "B", "1995", "1", "0.55"),
        ("A", "B", "2025", "1", "0.55"),
        ("B", "C", "2013", "1", "0.00"),
    ]


def test_alliance_spells() -> None:
    alliances = frame(
        "iso3_a iso3_b year defense\n"
        "A B 1991 1\nA B 1990 1\nA B 1992 0\nA B 1993 1\n"
        "A C 2018 1\nA C 2017 1\nA C 2019 1\nB C 1990 0\nA Z 1990 1"
    )
    spells = [tuple(row.values()) for row in history.alliance_rows(alliances, ["A", "B", "C"])]
    assert spells == [("A", "B", "1990", "1991"), ("A", "B", "1993", "1993"), ("A", "C", "2017", "2018")]


def act(**changes: str) -> dict[str, str]:
    row = {"id": "x", "act": "", "number": "", "begin": "1962", "end": "", "senders": "USA", "target": "CUB"}
    row |= {"holds_from": "", "kind": "sanctions", "severity": "1", "note": "", "source": "s"}
    return {**row, **changes}


def test_acts_become_one_row_for_each_named_target() -> None:
    rows = history.act_rows(
        [
            act(),
            act(id="eased", begin="1950", holds_from="2012-07", end="2015", severity="0.20"),
            act(id="both", senders="IRQ;SYR", target="IRQ;SYR", kind="isolation", severity="0.5"),
            act(id="food", senders="RUS", target="EU;GBR"),
            act(id="own", senders="SYR", target="SYR;EU"),
        ],
        ["CUB", "USA"],
    )
    assert [(row["id"], row["senders"], row["target"]) for row in rows] == [
        ("x", "USA", "CUB"),
        ("eased", "USA", "CUB"),
        ("both-IRQ", "SYR", "IRQ"),
        ("both-SYR", "IRQ", "SYR"),
        ("food-EU", "RUS", "EU"),  # a group stays a group
        ("food-GBR", "RUS", "GBR"),
        ("own-EU", "SYR", "EU"),
    ]
    assert [rows[1][name] for name in ("severity", "from", "to", "source")] == ["0.2", "2012-07", "2015", "s"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "OPEC"}, "x: OPEC is neither a state nor a group"),
        ({"source": ""}, "not by the written rule"),
        ({"begin": "soon"}, "x: 'soon' is not a date"),
        ({"end": "1961"}, "x: ends on 1961, not after it begins on 1962"),
    ],
)
def test_bad_acts_are_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        history.act_rows([act(**changes)], ["CUB"])


def test_two_acts_of_one_name_are_refused() -> None:
    with pytest.raises(BuildError, match=r"acts\.csv: x: two rows of one name"):
        history.act_rows([act(), act(begin="1970")], ["CUB"])


def event(**changes: str) -> dict[str, str]:
    row = {"kind": "offer", "on": "IRN", "by": "EU;USA", "from": "2013-11-24", "to": "2018-05-08"}
    return {**row, "level": "1", "source": "s", "note": "", **changes}


def test_good_events_pass_as_they_are() -> None:
    rows = [
        event(),
        event(kind="war", on="RUS;UKR", by="", level="0.5", to=""),
        event(kind="war", on="RUS;UKR", by="RUS;UKR", level="1", to=""),
        event(kind="war", on="IRQ", by="USA;GBR"),
        event(kind="declared", on="", by="USA"),
        event(**{"from": "2013", "to": "2013-12"}),
    ]
    assert history.event_rows(rows) == rows


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "raid"}, "kind 'raid' must be one of war, clash, exit, offer, declared"),
        ({"kind": "clash", "by": ""}, "'by' names no state in a row of kind clash"),
        ({"kind": "declared"}, "'on' must stay blank in a row of kind declared"),
        ({"by": ""}, "'by' names no state in a row of kind offer"),
        ({"on": "LBY"}, "LBY is neither a state nor a group of 2013"),
        ({"on": "Quad"}, "Quad is neither a state nor a group of 2013"),  # founded in 2017
        ({"on": "DEU"}, "DEU on both sides"),
        ({"from": "2013-13"}, "'2013-13' is not a date; write 1999, 1999-03 or 1999-03-24"),
        ({"to": "24 May"}, "'24 May' is not a date"),
        ({"to": "2013-11-24"}, "ends on 2013-11-24, not after it begins"),
        ({"from": "2025-01", "to": ""}, "from 2025-01 is after 2024-12-31"),
        ({"level": "0.5"}, r"level '0\.5' must be 1, or 0\.5 for a small war"),
        ({"level": ""}, "level '' must be 1"),
        ({"source": ""}, "no source; name the public event"),
        ({}, "the same as line 2"),
    ],
)
def test_bad_events_are_refused_with_file_and_line(changes: dict[str, str], message: str) -> None:
    with pytest.raises(BuildError, match=rf"^history_events\.csv, line 3: {message}"):
        history.event_rows([event(), event(**changes)])


def test_an_event_with_other_columns_is_refused() -> None:
    row = event()
    del row["note"]
    with pytest.raises(BuildError, match=r"^history_events\.csv, line 2: the columns must be kind, on"):
        history.event_rows([row])
