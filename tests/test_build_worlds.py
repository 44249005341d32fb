"""The rules that make a world from raw series: by hand on small tables, and the committed bytes where the raw are."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import build_worlds
from world_rules import acts, goods, states, ties, trade
from world_rules.tables import SPECS, BuildError, Raw, Spec, every_code, in_force, members, percentile, read_hand

from blocade.resources import seeds
from blocade.world import load_world

RAW = os.environ.get("BLOCADE_RAW", "")
needs_raw = pytest.mark.skipif(not RAW, reason="BLOCADE_RAW does not name the folder of the raw series")
SPEC = Spec(2010, votes=(2010, 2010), trade=(2009, 2010), arms=(2006, 2010), alliances=2010, gdp=2010)


def frame(text: str) -> pd.DataFrame:
    """A table from words in lines; a lone dash is a missing value."""
    return pd.read_csv(StringIO(text), sep=r"\s+", na_values="-")


# --- the committed worlds -------------------------------------------------------------------------------------------


@needs_raw
@pytest.mark.parametrize("year", sorted(SPECS))
def test_rebuilding_gives_the_committed_bytes(year: int, tmp_path: Path) -> None:
    folder = build_worlds.write(build_worlds.build(Path(RAW), year), tmp_path)
    committed = seeds() / "worlds" / str(year)
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in committed.iterdir())
    for path in committed.iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes(), (
            f"{path.name} is not what the script writes"
        )


@needs_raw
@pytest.mark.parametrize("year", [1991, 2002, 2013])
def test_no_figure_after_the_year_enters(year: int, tmp_path: Path) -> None:
    for name in Raw.__dataclass_fields__:
        table = pd.read_csv(Path(RAW) / f"{name}.csv")
        figures = [column for column in table.select_dtypes("number").columns if column != "year"]
        table[figures] = table[figures].astype(float)
        table.loc[table["year"] > year, figures] *= 7.0
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    assert build_worlds.build(tmp_path, year).tables == build_worlds.build(Path(RAW), year).tables
    raw = build_worlds.read_raw(tmp_path, year)
    assert all(getattr(raw, name)["year"].max() <= year for name in Raw.__dataclass_fields__)


@needs_raw
def test_command_line_reports_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_worlds.main(["--raw", RAW, "--year", "2013", "--out", str(tmp_path)]) == 0
    assert "world 2013: 70 states" in capsys.readouterr().out
    assert build_worlds.main(["--raw", str(tmp_path), "--year", "2013"]) == 1
    assert capsys.readouterr().err.startswith(f"{tmp_path}/ideal_points.csv: no such file; --raw must name")


def test_no_window_ends_after_its_year() -> None:
    for year, spec in SPECS.items():
        ends = (spec.votes[1], spec.trade[1], spec.arms[1], spec.alliances, spec.gdp, spec.level_year)
        assert max(ends) <= year == spec.year


def test_hand_tables_obey_their_rules() -> None:
    codes = every_code()
    assert len(codes) == 70
    assert all(row["why"] or row["iso3"] in ("RUS", "SRB") for row in read_hand("states.csv") if row["from"])
    assert {row["iso3"] for row in read_hand("goods_overrides.csv")} <= codes
    ids = [row["id"] for row in read_hand("acts.csv")]
    assert len(ids) == len(set(ids))
    for name in ("pacts.csv", "enmity.csv"):
        for row in read_hand(name):
            assert row["a"] < row["b"], row
            assert {row["a"], row["b"]} <= codes, row
            assert row["source"], row
            assert row["to"] == "" or row["from"] < row["to"], row
    for row in read_hand("acts.csv"):
        assert row["source"], row
        assert row["end"] == "" or max(row["begin"], row["holds_from"]) < row["end"], row
        assert row["holds_from"] == "" or row["begin"] < row["holds_from"], row
        assert row["kind"] == "sanctions" or row["severity"] == "0.5", row


@pytest.mark.parametrize("year", sorted(SPECS))
def test_enmity_and_isolation_tell_the_same_story(year: int) -> None:
    # Who has expelled the other's ambassador or has no relations with it is in both tables.
    world = load_world(str(year))
    apart = np.maximum(world.isolation, world.isolation.T) > 0
    assert (world.enmity[apart] >= 0.5).all()


# --- dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "end", "holds"),
    [
        ("2010-12-31", "", True),
        ("2011-01-01", "", False),
        ("2010", "", True),
        ("2011", "", False),
        ("2000", "2010-12-31", False),  # what ends on a day no longer holds on it
        ("2000", "2011-01-01", True),
        ("2000-05", "2010-06", False),
    ],
)
def test_in_force(begin: str, end: str, holds: bool) -> None:
    assert in_force(begin, end, SPEC.date) is holds


def test_a_world_may_stand_for_another_day_and_year_of_its_figures() -> None:
    assert (SPECS[1991].date, SPECS[1991].level_year) == ("1991-01-01", 1990)
    assert (SPECS[2011].date, SPECS[2011].level_year) == ("2011-12-31", 2011)


def test_people_at_a_date() -> None:
    rows = [
        {"iso3": "RUS", "name": "Russia", "from": "1991-12-26", "to": ""},
        {"iso3": "RUS", "name": "Soviet Union", "from": "", "to": "1991-12-26"},
        {"iso3": "ARM", "name": "Armenia", "from": "1991-09-21", "to": ""},
    ]
    for date, names in (("1991-01-01", ["Soviet Union"]), ("2011-12-31", ["Armenia", "Russia"])):
        assert [row["name"] for row in states.people_at(rows, date)] == names
    with pytest.raises(BuildError, match="RUS: two rows hold on 1990-01-01"):
        states.people_at([*rows, {**rows[1], "to": "1990-01-02"}], "1990-01-01")


def test_members_leave_in_their_last_year() -> None:
    assert "GBR" in members(2019)["EU"]
    assert "GBR" not in members(2020)["EU"]
    assert len(members(2021)["EU"]) == 27
    assert len(members(2021)["NATO"]) == 30
    assert (len(members(2002)["EU"]), len(members(2002)["NATO"])) == (15, 19)
    assert len(members(2013)["EU"]) == len(members(2013)["NATO"]) == 28


# --- ties -----------------------------------------------------------------------------------------------------------


def test_vote_channel_by_hand() -> None:
    # Points 0, 1, 3: distances 1, 3, 2; row means 4/3, 1, 5/3; mean 4/3.
    # -(d - row - column + mean)/mean: AB -(1-4/3-1+4/3)/(4/3) = 0; AC -(3-4/3-5/3+4/3)/(4/3) = -1;
    # BC -(2-1-5/3+4/3)/(4/3) = -.5
    points = frame("iso3 year ideal_point_all\nA 2010 0\nB 2010 1\nC 2010 3")
    expected = [[0, 0, -1], [0, 0, -0.5], [-1, -0.5, 0]]
    np.testing.assert_allclose(ties.vote_channel(points, SPEC, ["A", "B", "C"]), expected, atol=1e-12)


def test_vote_channel_is_blind_to_scale_and_refuses_gaps() -> None:
    rng = np.random.default_rng(1)
    codes = [f"S{k}" for k in range(6)]
    points = pd.DataFrame({"iso3": codes, "year": 2010, "ideal_point_all": rng.normal(size=6)})
    votes = ties.vote_channel(points, SPEC, codes)
    wider = points.assign(ideal_point_all=3 * points["ideal_point_all"] - 2)
    np.testing.assert_allclose(ties.vote_channel(wider, SPEC, codes), votes, atol=1e-12)
    with pytest.raises(BuildError, match="no value for X"):
        ties.vote_channel(points, SPEC, [*codes, "X"])


def test_the_last_vote_stands_in_for_a_state_named_as_voteless() -> None:
    points = frame(
        """iso3 year ideal_point_all
        A 2010 0
        B 2010 1
        C 2003 2
        C 2005 3
        C 2006 -"""
    )
    codes = ["A", "B", "C"]
    expected = [[0, 0, -1], [0, 0, -0.5], [-1, -0.5, 0]]  # as with a point 3 in 2010
    named = replace(SPEC, voteless=("C",))
    np.testing.assert_allclose(ties.vote_channel(points, named, codes), expected, atol=1e-12)
    with pytest.raises(BuildError, match="no value for C"):
        ties.vote_channel(points, SPEC, codes)
    old = points.assign(year=points["year"].where(points["iso3"] != "C", 1999))
    with pytest.raises(BuildError, match="no value for C"):
        ties.vote_channel(old, named, codes)
    with pytest.raises(BuildError, match="B has votes; it is not voteless"):
        ties.vote_channel(points, replace(SPEC, voteless=("B",)), codes)


def test_defence_channel_hand_table_and_un_sanctions() -> None:
    atop = frame("iso3_a iso3_b year defense\nA B 2010 1\nA C 2010 1\nB C 2010 1\nC D 2010 0\nA D 2009 1")
    row = {"from": "2000", "to": "", "source": "s"}
    pacts = [
        {"a": "B", "b": "C", "weight": "0", "rule": "dead letter", **row},
        {"a": "C", "b": "D", "weight": "0.6", "rule": "partner", **row},
        {"a": "B", "b": "D", "weight": "1", "rule": "treaty", **row, "from": "2011"},
    ]
    none = ties.defence_channel(atop, pacts, [], SPEC, list("ABCD"))
    np.testing.assert_array_equal(none, [[0, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0.6], [0, 0, 0.6, 0]])
    un = [acts.Act(code, ("UN",), code, "sanctions", 0.2, {}) for code in "CD"]
    eu = acts.Act("x", ("EU",), "B", "sanctions", 0.8, {})
    halved = ties.defence_channel(atop, pacts, [*un, eu], SPEC, list("ABCD"))
    np.testing.assert_allclose(halved, [[0, 1, 0.5, 0], [1, 0, 0, 0], [0.5, 0, 0, 0.3], [0, 0, 0.3, 0]])


def test_arms_channel_prefers_the_tables_and_takes_the_larger_direction() -> None:
    flows = frame(
        """iso3_a iso3_b year tiv_millions tiv_table_millions
        A B 2006 50 9
        A B 2010 90 -
        B A 2010 3 30
        B C 2010 99999 99999
        A C 2005 500 500"""
    )
    # A-B: 9 + 90 = 99, log10(100)/3.5 = .571, rounded to .05: .55. The window opens in 2006. B-C is capped.
    expected = [[0, 0.55, 0], [0.55, 0, 1], [0, 1, 0]]
    np.testing.assert_allclose(ties.arms_channel(flows, SPEC, list("ABC")), expected)


def test_a_short_window_of_arms_is_scaled_up_to_five_years() -> None:
    flows = frame("iso3_a iso3_b year tiv_millions tiv_table_millions\nA B 2010 - 40\nA B 2009 - 7")
    one_year = replace(SPEC, arms=(2010, 2010))
    assert ties.arms_flows(flows, one_year)["tiv"].tolist() == [200.0]  # 40 in one year: 200 in five
    assert ties.arms_flows(flows, SPEC)["tiv"].tolist() == [47.0]


def test_rows_on_states_of_other_worlds_are_left_out() -> None:
    atop = frame("iso3_a iso3_b year defense\nA Z 2010 1")
    row = {"a": "A", "b": "Z", "from": "2000", "to": "", "source": "s"}
    pacts = [{**row, "weight": "1", "rule": "treaty"}]
    enmity = [{**row, "level": "1", "rule": "no relations"}]
    assert not ties.defence_channel(atop, pacts, [], SPEC, ["A", "B"]).any()
    assert not ties.enmity_channel(enmity, SPEC, ["A", "B"]).any()


def test_enmity_channel_takes_the_highest_in_force_and_holds_to_the_rule() -> None:
    row = {"a": "A", "b": "B", "from": "2000", "to": "", "source": "event"}
    rows = [
        {**row, "level": "0.5", "rule": "declared rivalry"},
        {**row, "level": "1", "rule": "no relations"},
        {**row, "level": "1", "rule": "armed clash", "b": "C", "to": "2010-06-01"},
    ]
    np.testing.assert_array_equal(
        ties.enmity_channel(rows, SPEC, list("ABC")), [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    )
    with pytest.raises(BuildError, match="level 1 is not the level of the rule 'declared rivalry'"):
        ties.enmity_channel([{**rows[0], "level": "1"}], SPEC, list("ABC"))
    with pytest.raises(BuildError, match="no source"):
        ties.enmity_channel([{**rows[0], "source": ""}], SPEC, list("ABC"))


# --- trade ----------------------------------------------------------------------------------------------------------

PEOPLE = [
    {"iso3": "A", "trade_flag": "reported", "lat": "0", "lon": "0"},
    {"iso3": "B", "trade_flag": "mirror", "lat": "0", "lon": "90"},
]
FLOWS = """iso3_a iso3_b year flow_ab_musd flow_ba_musd
A B 2009 10 30
A B 2010 20 -
A Z 2009 5 5
B Z 2010 60 20"""
TOTALS = """iso3 year exports_musd imports_musd
A 2009 50 50
A 2010 100 100
B 2009 50 30
B 2010 60 40"""


def test_trade_shares_by_hand() -> None:
    result = trade.trade_shares(frame(FLOWS), frame(TOTALS), PEOPLE, SPEC)
    np.testing.assert_allclose(result.shares, [[0, 0.25], [0.35, 0]])  # (.4 + .1)/2 and (.5 + .2)/2
    np.testing.assert_allclose(result.rest, [0.75, 0.65])
    assert result.flags == ("reported", "mirror")


def test_missing_totals_fall_back_on_the_partners_and_say_so() -> None:
    totals = frame("\n".join(line for line in TOTALS.splitlines() if not line.startswith("B")))
    result = trade.trade_shares(frame(FLOWS), totals, PEOPLE, SPEC)
    np.testing.assert_allclose(result.shares[1, 0], (40 / 40 + 20 / 100) / 2)
    assert result.flags == ("reported", "partners")


def test_a_state_without_trade_is_refused() -> None:
    people = [*PEOPLE, {"iso3": "C", "trade_flag": "reported", "lat": "0", "lon": "0"}]
    totals = frame(TOTALS + "\nC 2009 10 10\nC 2010 10 10")
    with pytest.raises(BuildError, match="C: no trade in"):
        trade.trade_shares(frame(FLOWS), totals, people, SPEC)
    with pytest.raises(BuildError, match="C: no trade in"):
        trade.trade_shares(frame(FLOWS), frame(TOTALS), people, SPEC)


def test_modelled_trade_takes_the_expectation_of_gravity() -> None:
    people = [*PEOPLE, {"iso3": "C", "trade_flag": "reported", "lat": "0", "lon": "0"}]
    spec = replace(SPEC, modelled=("C",))
    bare = trade.trade_shares(frame(FLOWS), frame(TOTALS), people, spec)
    np.testing.assert_allclose(bare.shares, [[0, 0.25, 0], [0.35, 0, 0], [0, 0, 0]])
    gravity = np.array([[0, 0.9, 0.05], [0.9, 0, 0.10001], [0.2, 0.3, 0]])
    result = trade.model_missing(bare, gravity, list("ABC"), spec.modelled)
    np.testing.assert_allclose(result.shares, [[0, 0.25, 0.05], [0.35, 0, 0.1], [0.2, 0.3, 0]])
    np.testing.assert_allclose(result.rest, [0.7, 0.55, 0.5])
    assert result.flags == ("reported", "mirror", "gravity")
    assert trade.model_missing(bare, gravity, list("ABC"), ()) is bare
    with pytest.raises(BuildError, match="B, C: no room for the modelled trade of C"):
        trade.model_missing(bare, np.full((3, 3), 0.7), list("ABC"), spec.modelled)
    with pytest.raises(BuildError, match="A: the source has flows"):
        trade.trade_shares(frame(FLOWS), frame(TOTALS), people, replace(SPEC, modelled=("A",)))


def test_partners_that_hold_more_than_all_are_refused() -> None:
    totals = frame(TOTALS.replace("A 2009 50 50", "A 2009 10 10"))
    with pytest.raises(BuildError, match=r"A: partners hold 1\.0500 of its trade"):
        trade.trade_shares(frame(FLOWS), totals, PEOPLE, SPEC)


def test_gaps_are_filled_by_hand_and_added_to_both_totals() -> None:
    row = {"a": "A", "b": "B", "year": "2010", "flow_musd": "100", "why": "w", "source": "s"}
    flows = frame("\n".join(line for line in FLOWS.splitlines() if not line.startswith("A B 2010")))
    filled, totals, used = trade.fill_gaps(flows, frame(TOTALS), [row, {**row, "year": "2011"}], SPEC)
    assert used == [row]  # 2011 is outside the window
    result = trade.trade_shares(filled, totals, PEOPLE, SPEC)
    np.testing.assert_allclose(result.shares, [[0, 0.3667], [0.5, 0]])  # (40/100 + 100/300)/2, (40/80 + 100/200)/2
    with pytest.raises(BuildError, match="A-B 2010: the source has a value; leave the row out"):
        trade.fill_gaps(frame(FLOWS), frame(TOTALS), [row], SPEC)
    with pytest.raises(BuildError, match="A-Z 2010: Z has no totals"):
        trade.fill_gaps(flows, frame(TOTALS), [{**row, "b": "Z"}], SPEC)
    for wrong in ({"source": ""}, {"flow_musd": "0"}, {"b": "A"}):
        with pytest.raises(BuildError, match="a positive flow and a source are needed"):
            trade.fill_gaps(flows, frame(TOTALS), [{**row, **wrong}], SPEC)


def test_a_spike_both_ways_is_unknown_not_zero() -> None:
    header = "iso3_a iso3_b year flow_ab_musd flow_ba_musd\n"
    spike = frame(header + "PRK RUS 1995 15 77\nPRK RUS 1996 347 577\nPRK RUS 1997 17 81")
    assert trade.drop_spikes(spike)["flow_ab_musd"].isna().tolist() == [False, True, False]
    one_way = frame(header + "BGD QAT 2018 50 80\nBGD QAT 2019 58 1197\nBGD QAT 2020 60 90")
    gap = frame(header + "PRK RUS 1994 15 77\nPRK RUS 1996 347 577\nPRK RUS 1997 17 81")
    small = frame(header + "PRK RUS 1995 1 2\nPRK RUS 1996 347 577\nPRK RUS 1997 1 2")
    for kept in (one_way, gap, small):
        pd.testing.assert_frame_equal(trade.drop_spikes(kept), kept)
    # A window with an emptied year is the mean of the others.
    flows = frame(header + "A B 2008 20 20\nA B 2009 200 200\nA B 2010 20 20")
    result = trade.trade_shares(flows, frame(TOTALS), PEOPLE, SPEC)
    np.testing.assert_allclose(result.shares, [[0, 0.2], [0.4, 0]])


@needs_raw
def test_the_spike_rule_finds_only_the_known_error() -> None:
    raw = pd.read_csv(Path(RAW) / "trade.csv")
    kept = trade.drop_spikes(raw)
    codes = [row["iso3"] for row in read_hand("states.csv")]
    emptied = raw[kept["flow_ab_musd"].isna() & raw["flow_ab_musd"].notna()]
    emptied = emptied[emptied["iso3_a"].isin(codes) & emptied["iso3_b"].isin(codes)]
    assert emptied[["iso3_a", "iso3_b", "year"]].to_numpy().tolist() == [["PRK", "RUS", 1996]]


def test_quarter_of_the_equator() -> None:
    assert trade.distances_km(PEOPLE)[0, 1] == pytest.approx(np.pi / 2 * trade.EARTH_RADIUS_KM)


def test_gravity_recovers_its_coefficients() -> None:
    rng = np.random.default_rng(2)
    gdp, km = rng.uniform(1e3, 1e6, size=8), rng.uniform(300, 9000, size=(8, 8))
    np.fill_diagonal(km, 0.0)
    shares = trade.Gravity(-8.0, 0.7, -0.9, 1.0, 0).expect(gdp, km)
    free = np.ones((8, 8), dtype=bool)
    free[0, 1], shares[0, 1] = False, 0.9  # under an act: must not bend the fit
    shares[2, 3] = 0.0  # no trade: no logarithm
    fit = trade.fit_gravity(shares, gdp, km, free)
    assert (fit.constant, fit.gdp, fit.distance) == pytest.approx((-8.0, 0.7, -0.9))
    assert fit.r_squared == pytest.approx(1.0)
    assert fit.pairs == 8 * 7 - 2


def test_expected_shares_only_where_trade_was_erased() -> None:
    exact = np.array([[0, 0.01, 0.09], [0.01, 0, 0.0], [0.09, 0.0, 0]])
    hoped = np.full((3, 3), 0.1)
    lost = np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]], dtype=bool)
    nan = np.nan
    expected = [[nan, 0.1, nan], [0.1, nan, nan], [nan, nan, nan]]
    np.testing.assert_array_equal(trade.expected_shares(exact, hoped, lost), expected)


# --- acts -----------------------------------------------------------------------------------------------------------

CODES = ["CUB", "DEU", "FRA", "GBR", "PRK", "SYR", "USA"]


def act(**changes: str) -> dict[str, str]:
    row = {"id": "x", "act": "", "number": "", "begin": "1962", "end": "", "senders": "USA", "target": "CUB"}
    row |= {"holds_from": "", "kind": "sanctions", "severity": "1", "note": "", "source": "s"}
    return {**row, **changes}


def test_erased_needs_a_broad_act_now_and_five_years_ago() -> None:
    rows = [
        act(),
        act(id="eu", senders="EU", target="SYR", begin="2012-01-18", severity="0.8"),
        act(id="uk", senders="GBR", target="SYR", begin="2020-12-31", severity="0.8"),
        act(id="un", senders="UN", target="PRK", begin="2017-09-11", severity="0.8"),
        act(id="light", senders="USA", target="SYR", begin="2004", severity="0.5"),
        act(id="iso", senders="USA", target="PRK", begin="1948", kind="isolation"),
    ]
    pairs = acts.erased(rows, SPECS[2021], CODES)
    found = {CODES[i] + CODES[j] for i, j in zip(*np.nonzero(np.triu(pairs)), strict=True)}
    # The United Kingdom's own act took over from the EU's; the UN's of 2017 is too young.
    assert found == {"CUBUSA", "DEUSYR", "FRASYR", "GBRSYR"}
    np.testing.assert_array_equal(pairs, pairs.T)


def test_five_years_before_a_world_is_the_same_day() -> None:
    young, old = act(target="PRK", begin="1986-06-01"), act(begin="1985-06-01")
    pairs = acts.erased([young, old], SPECS[1991], CODES)
    assert {CODES[i] + CODES[j] for i, j in zip(*np.nonzero(np.triu(pairs)), strict=True)} == {"CUBUSA"}


def test_an_act_is_as_its_row_says_from_a_day_on() -> None:
    rows = [act(id="full", end="2012-07-11"), act(id="eased", holds_from="2012-07-11", severity="0.2")]
    for year, names in ((2011, ["full"]), (2013, ["eased"])):
        found = acts.acts_at(rows, year, f"{year}-12-31", CODES)
        assert [one.id for one in found] == names
        assert acts.act_rows(found)[0]["date"] == "1962"


def test_senders_and_targets_of_other_worlds_are_left_out() -> None:
    rows = [act(senders="USA;EST", target="PRK;CUB"), act(id="none", senders="EST"), act(id="gone", target="EST")]
    rows.append(act(id="both", senders="CUB;SYR", target="CUB;SYR"))
    found = acts.acts_at(rows, 2021, "2021-12-31", CODES)
    names = [(one.id, one.senders, one.target) for one in found]
    assert names == [
        ("x", ("USA",), "PRK"),
        ("x", ("USA",), "CUB"),
        ("both", ("SYR",), "CUB"),
        ("both", ("CUB",), "SYR"),
    ]


def test_acts_spell_out_targets_and_bind_by_the_year() -> None:
    rows = [act(id="food", senders="SYR", target="EU;USA", severity="0.5"), act(id="old", end="2015-07-20")]
    found = acts.acts_at(rows, 2021, "2021-12-31", CODES)
    assert [one.target for one in found] == ["DEU", "FRA", "USA"]
    assert [row["id"] for row in acts.act_rows(found)] == ["food-DEU", "food-FRA", "food-USA"]
    un = acts.Act("u", ("UN",), "PRK", "sanctions", 0.2, {})
    assert un.sender_codes(members(2021), CODES) == set(CODES) - {"PRK"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"senders": "OPEC"}, "OPEC is neither a state nor a group"),
        ({"severity": "0.7"}, "not by the written rule"),
        ({"kind": "war"}, "not by the written rule"),
        ({"source": ""}, "not by the written rule"),
    ],
)
def test_acts_outside_the_rule_are_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        acts.acts_at([act(**change)], 2021, "2021-12-31", CODES)


# --- states and goods -----------------------------------------------------------------------------------------------


def test_armament_rules() -> None:
    burden = frame("iso3 year milex_share_gdp\nA 2010 0.01\nB 2010 0.03\nC 2004 0.02\nD 1999 0.5\nB 2011 0.9")
    cinc, gdp = np.array([0.2, 0.2, 0.2, 0.2, 0.2]), np.array([1.0, 1.0, 1.0, 0.5, 0.01])
    index, rules = states.armament(burden, 2010, cinc, gdp, list("ABCDE"))
    # Mean of .01, .03, .02 is .02. D: (1/5)/(.5/3.51) = 1.404 -> 1.4; E: 70 times, capped at 5.
    np.testing.assert_allclose(index, [0.5, 1.5, 1.0, 1.4, 5.0])
    assert rules == ["observed", "observed", "last-2004", "cinc", "cinc"]


def test_percentile_runs_from_lowest_to_highest() -> None:
    np.testing.assert_allclose(percentile(np.array([5.0, 1.0, 9.0, 5.0])), [0.5, 0.0, 1.0, 0.5])


def test_goods_by_rule_by_hand() -> None:
    flows = frame("iso3_a iso3_b year tiv_millions tiv_table_millions\nA USA 2010 - 9\nUSA Z 2010 - 999")
    exports = [
        {"iso3": "A", "export": "energy", "from_year": "", "to_year": ""},
        {"iso3": "A", "export": "food", "from_year": "2011", "to_year": ""},
        {"iso3": "USA", "export": "food", "from_year": "", "to_year": "2010"},
    ]
    gdp, head, regime = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]), np.array([0.25, 0.5, 0.75])
    need, surplus = goods.goods_by_rule(flows, exports, gdp, head, regime, SPEC, ["A", "B", "USA"])
    # Arms sold: log10(10)/log10(1000) = 1/3 -> .35; bought: only USA, 1. Z is outside the list but counts.
    np.testing.assert_allclose(surplus, [[0.5, 1, 0.35, 0, 0], [0, 0.5, 0, 0.5, 0], [0, 0, 1, 1, 1]])
    np.testing.assert_allclose(need, [[0.5, 0, 0, 1, 0.75], [1, 0.5, 0, 0.5, 0.5], [1, 1, 1, 0, 0]])


def test_overrides_by_side_and_year() -> None:
    rule = np.full((2, 5), 0.3)
    row = {"iso3": "A", "good": "arms", "side": "surplus", "value": "0.8", "from_year": "", "to_year": ""}
    row |= {"why": "w", "source": "s"}
    rows = [row, {**row, "iso3": "B", "good": "technology", "side": "both", "value": "0.9"}]
    rows.append({**row, "good": "cover", "side": "need", "from_year": "2011"})
    made = goods.with_overrides(rule, rule, rows, 2010, ["A", "B"])
    assert made.surplus[0].tolist() == [0.3, 0.3, 0.8, 0.3, 0.3]
    assert made.need[0].tolist() == [0.3] * 5
    assert (made.surplus[1, 1], made.need[1, 1]) == (0.9, 0.1)
    assert made.notes == {(0, 2): "override: w. s", (1, 1): "override: w. s"}
    assert (made.need_rule == 0.3).all()
    elsewhere = [{**row, "from_year": "2011"}, {**row, "iso3": "Z"}] * 5  # of other worlds
    assert len(goods.with_overrides(rule, rule, [row, *elsewhere], 2010, ["A", "B"]).notes) == 1
    with pytest.raises(BuildError, match="11 overrides in 2010; at most 10"):
        goods.with_overrides(rule, rule, [row] * 11, 2010, ["A", "B"])
