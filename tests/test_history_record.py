"""What the records and the acts say: nothing later than the year asked for, and in force what was in force."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from helpers import Array, close, plain

from blocade.history import happened, panel
from blocade.history import record as records
from blocade.history.happened import acts, decrees, events_between
from blocade.history.panel import PER_YEAR, PERIODS, decrees_of, world_of
from blocade.history.record import AGREEMENT_UNIT, SHARE_UNIT, Record, at, read_record
from blocade.policy.calendar import Decree
from blocade.resources import seeds
from blocade.world import World

CODES = ("RUS", "PRK", "CHN", "USA", "DEU", "SRB", "BLR", "EST")
HISTORY = seeds() / "history"
HEADS = {
    "ideal_points": "iso3,year,final,all",
    "agreement": "iso3_a,iso3_b,1990,1991,1992",
    "trade": "iso3,partner,2000,2001,2002",
    "arms": "iso3_a,iso3_b,end,delivered,index",
    "alliances": "iso3_a,iso3_b,from,to",
    "acts": "id,senders,target,kind,severity,from,to",
    "events": "kind,on,by,from,to,level",
    "groups": "group,iso3,from_year,to_year",
}
ENOUGH = {"alliances": "XXX,YYY,1990,2018"}
"""What a small table has where a test says nothing of it."""
DATED = [name for name, period in PERIODS.items() if not period.quiet]
END = 2025
"""Last year of the figures that are made up."""


# --- other tables than the committed ones ---------------------------------------------------------------------------


def forget() -> None:
    """Clear what the modules have read and worked out."""
    for cached in (records.rows, records._ends, records._last_pact, happened._groups):
        cached.cache_clear()
    panel.decrees_of.cache_clear()


def read_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let records and acts be read from another folder of seeds; worlds stay as they are."""
    for module in (records, happened):
        monkeypatch.setattr(module, "seeds", lambda: folder)
    forget()


Rows = list[dict[str, str]]


def alter(folder: Path, until: int) -> None:
    """Write the tables of history with all that is later than a year altered, and with figures made up to `END`.

    What was so at the end of the year stands; where it ends later, it ends on another day.
    """
    rng = np.random.default_rng(until)
    kept = {name: [dict(row) for row in committed(name)] for name in HEADS if name != "groups"}
    codes = sorted({row["iso3"] for row in kept["ideal_points"]})
    tables = {
        "ideal_points": _other_points(kept["ideal_points"], until, codes, rng),
        **{name: _other_yearly(kept[name], until, codes, rng) for name in ("agreement", "trade")},
        "arms": _other_arms(kept["arms"], until, codes, rng),
        "alliances": _other_pacts(kept["alliances"], until, codes, rng),
        "acts": _other_acts(kept["acts"], until, codes, rng),
        "events": _other_events(kept["events"], until, rng),
        "groups": _other_groups(until, rng),
    }
    (folder / "history").mkdir(parents=True)
    for name, rows in tables.items():
        path = folder / f"{name}.csv" if name == "groups" else folder / "history" / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


def _other_points(rows: Rows, until: int, codes: list[str], rng: np.random.Generator) -> Rows:
    return [row for row in rows if int(row["year"]) <= until] + [
        {"iso3": code, "year": str(year), "final": f"{rng.normal():.2f}", "all": f"{rng.normal():.2f}"}
        for code in codes
        for year in range(until + 1, END + 1)
    ]


def _other_yearly(rows: Rows, until: int, codes: list[str], rng: np.random.Generator) -> Rows:
    """Later columns anew, a fifth of them blank, and rows for all pairs that have none."""
    first, second = list(rows[0])[:2]
    known = {(row[first], row[second]) for row in rows}
    wanted = [(a, b) for a in codes for b in codes if a < b or (a != b and second == "partner")]
    blank = dict.fromkeys(rows[0], "")
    rows += [blank | {first: a, second: b} for a, b in wanted if (a, b) not in known]
    for row in rows:
        for year in range(until + 1, END + 1):
            row[str(year)] = str(rng.integers(1, 100)) if rng.uniform() < 0.8 else ""
    return rows


def _other_arms(rows: Rows, until: int, codes: list[str], rng: np.random.Generator) -> Rows:
    ends = sorted({row["end"] for row in rows if int(row["end"]) > until} | {str(END)})
    pairs = [(a, b) for a in codes for b in codes if a < b]
    return [row for row in rows if int(row["end"]) <= until] + [
        {"iso3_a": a, "iso3_b": b, "end": end, "delivered": "1", "index": f"{rng.uniform():.2f}"}
        for end in ends
        for a, b in pairs
        if rng.uniform() < 0.5
    ]


def _other_pacts(rows: Rows, until: int, codes: list[str], rng: np.random.Generator) -> Rows:
    """The source ends in 2018: of pacts there is nothing to alter from then."""
    rows = [row for row in rows if int(row["from"]) <= until]
    for row in rows:
        if int(row["to"]) > until:
            row["to"] = str(rng.choice([until, until + 1, END]))
    new = {"iso3_b": "USA", "from": str(until + 1), "to": str(END)}
    return rows + [{"iso3_a": code} | new for code in codes if code < "USA" and until < 2018]


def _that_end_later(rows: Rows, until: int, rng: np.random.Generator) -> Rows:
    rows = [row for row in rows if int(row["from"][:4]) <= until]
    for row in rows:
        if not row["to"] or int(row["to"][:4]) > until:
            row["to"] = _day(until, rng) if rng.uniform() < 0.8 else ""
    return rows


def _day(until: int, rng: np.random.Generator) -> str:
    return f"{rng.integers(until + 1, END + 1)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"


def _other_acts(rows: Rows, until: int, codes: list[str], rng: np.random.Generator) -> Rows:
    blank = dict.fromkeys(rows[0], "") | {"senders": "UN", "severity": "0.9"}
    return _that_end_later(rows, until, rng) + [
        blank | {"id": f"new-{kind}-{code}", "kind": kind, "target": code, "from": _day(until, rng)}
        for kind in ("sanctions", "isolation")
        for code in codes
    ]


def _other_events(rows: Rows, until: int, rng: np.random.Generator) -> Rows:
    blank = dict.fromkeys(rows[0], "") | {"by": "RUS", "level": "1", "from": f"{until + 1}-02"}
    return _that_end_later(rows, until, rng) + [
        blank | {"kind": kind, "on": "" if kind == "declared" else "CHN;EU"}
        for kind in ("war", "clash", "exit", "offer", "declared")
    ]


def _other_groups(until: int, rng: np.random.Generator) -> Rows:
    rows = [row for row in group_rows() if int(row["from_year"] or 0) <= until]
    for row in rows:
        if not row["to_year"] or int(row["to_year"]) > until:
            row["to_year"] = str(rng.integers(until + 1, END + 1)) if rng.uniform() < 0.5 else ""
    return rows


def group_rows() -> Rows:
    with (seeds() / "groups.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Read history from another folder of seeds for as long as a test lasts."""
    yield lambda folder: read_from(folder, monkeypatch)
    monkeypatch.undo()
    forget()


@pytest.fixture
def told(tmp_path: Path, elsewhere: Callable[[Path], None]) -> Callable[..., None]:
    """Write small tables, one row a line without its heading, and read history from them."""

    def write(**tables: str) -> None:
        (tmp_path / "history").mkdir()
        for name, head in HEADS.items():
            rows = tables.get(name, ENOUGH.get(name, "")).splitlines()
            lines = [head, *(line.strip() for line in rows if line.strip())]
            path = tmp_path / f"{name}.csv" if name == "groups" else tmp_path / "history" / f"{name}.csv"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        elsewhere(tmp_path)

    return write


@cache
def committed(name: str) -> tuple[dict[str, str], ...]:
    with (HISTORY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def assert_same(one: Record, other: Record) -> None:
    for name in ("points", "agreement", "trade", "pacts"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name in ("delivered", "arms"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.keys() == b.keys(), name
        for end in a:
            np.testing.assert_array_equal(a[end], b[end], err_msg=f"{name} {end}")


# --- no figure after the year ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("until", [1995, 2002, 2009, 2013, 2017, 2021])
def test_no_later_figure_reaches_a_record(until: int, tmp_path: Path, elsewhere: Callable[[Path], None]) -> None:
    """Every later figure is altered, taken out or made up: a record to the year is as before, a longer one is not."""
    before, later = read_record(CODES, until), read_record(CODES, until + 4)
    alter(tmp_path, until)
    elsewhere(tmp_path)
    assert_same(before, read_record(CODES, until))
    altered, end = read_record(CODES, until + 4), at(until) + 1
    for name in ("points", "agreement", "trade") + (("pacts",) if until < 2018 else ()):
        old, new = ((x.points[0] if name == "points" else getattr(x, name)) for x in (later, altered))
        np.testing.assert_array_equal(old[:end], new[:end], err_msg=name)
        assert not np.array_equal(old[end:], new[end:], equal_nan=True), f"{name} were not altered"
    for old, new in ((later.arms, altered.arms), (later.delivered, altered.delivered)):
        assert all(not np.array_equal(old[end], new[end]) for end in old if end > until)


@pytest.mark.parametrize("until", [1990, 1995, 2005, 2013, 2019, 2021, 2025])
def test_a_record_is_empty_after_its_year_and_agrees_with_longer_ones_before(until: int) -> None:
    short, whole = read_record(CODES, until), read_record(CODES, 2025)
    end = at(until) + 1
    assert np.isnan(short.points[:, end:]).all()
    for name in ("agreement", "trade", "pacts"):
        assert np.isnan(getattr(short, name)[end:]).all()
        np.testing.assert_array_equal(getattr(short, name)[:end], getattr(whole, name)[:end])
    np.testing.assert_array_equal(short.points[:, :end], whole.points[:, :end])
    assert list(short.delivered) == list(short.arms) == [end for end in whole.arms if end <= until]


@pytest.mark.parametrize(("first", "last"), [(1991, 2002), (2003, 2013), (2014, 2021)])
def test_no_later_act_or_event_reaches_a_period(
    first: int, last: int, tmp_path: Path, elsewhere: Callable[[Path], None]
) -> None:
    world = world_of({1991: "1991", 2003: "2002", 2014: "2013"}[first])
    before, later = decrees(world, first, last, 0.25), decrees(world, first, last + 1, 0.25)
    alter(tmp_path, last)
    elsewhere(tmp_path)
    for one, other in zip(before, decrees(world, first, last, 0.25), strict=True):
        for field in fields(Decree):
            a, b = getattr(one, field.name), getattr(other, field.name)
            np.testing.assert_array_equal(a, b, err_msg=field.name)
    altered = decrees(world, first, last + 1, 0.25)
    assert any((a.sanctions != b.sanctions).any() for a, b in zip(later, altered, strict=True))
    assert any((a.war != b.war).any() for a, b in zip(later, altered, strict=True))


# --- what a record says ---------------------------------------------------------------------------------------------


def test_a_record_says_what_the_tables_say() -> None:
    found = read_record(CODES, 2025)
    place = {code: k for k, code in enumerate(CODES)}
    counted = dict.fromkeys(("ideal_points", "agreement", "trade", "arms"), 0)
    for name in counted:
        for row in committed(name):
            keys = [row[key] for key in ("iso3", "iso3_a", "iso3_b", "partner") if key in row]
            if not set(keys) <= set(CODES):
                continue
            where = tuple(place[key] for key in keys)
            counted[name] += 1
            if name == "ideal_points":
                cells = found.points[:, at(int(row["year"])), where[0]]
                close(cells, [float(row[kind] or "nan") for kind in ("final", "all")])
            elif name == "arms":
                end = int(row["end"])
                assert found.delivered[end][where] == found.delivered[end][where[::-1]] == float(row["delivered"])
                assert found.arms[end][where] == found.arms[end][where[::-1]] == float(row["index"])
            else:
                table, unit = (found.trade, SHARE_UNIT) if name == "trade" else (found.agreement, AGREEMENT_UNIT)
                for year, text in row.items():
                    if year.isdigit() and text:
                        assert table[(at(int(year)), *where)] == float(text) / unit
    assert min(counted.values()) > 10


def test_distances_of_votes_are_symmetric_and_known_where_both_states_are() -> None:
    found = read_record(CODES, 2021)
    for k, series in enumerate(records.SERIES):
        distance, known = found.distance(series), np.isfinite(found.points[k])
        np.testing.assert_array_equal(distance, np.swapaxes(distance, 1, 2))
        np.testing.assert_array_equal(np.isfinite(distance), known[:, :, None] & known[:, None, :])
        close(np.einsum("yii->yi", distance)[known], 0.0)
    i, j = CODES.index("RUS"), CODES.index("USA")
    for k, series in enumerate(records.SERIES):
        here = {
            code: float(row[series])
            for row in committed("ideal_points")
            for code in (row["iso3"],)
            if code in ("RUS", "USA") and row["year"] == "2013"
        }
        assert found.distance(series)[at(2013), i, j] == pytest.approx(abs(here["RUS"] - here["USA"]), abs=1e-12)
        assert found.points[k, at(2013), i] == here["RUS"]


def test_a_state_without_a_point_in_one_series_has_it_in_the_other(told: Callable[..., None]) -> None:
    told(ideal_points="AAA,2000,,0.50\nBBB,2000,1.00,-0.25\nAAA,2002,0.10,0.20")
    found = read_record(("BBB", "AAA"), 2001)
    close(found.points[:, at(2000)], [[1.0, np.nan], [-0.25, 0.5]])
    close(found.distance("all")[at(2000)], [[0, 0.75], [0.75, 0]])
    close(found.distance("final")[at(2000)], [[0, np.nan], [np.nan, np.nan]])
    assert np.isfinite(found.points).sum() == 3


def test_figures_keep_to_their_states_whatever_the_order_asked_for() -> None:
    order = [5, 2, 7, 0, 3]
    whole, part = read_record(CODES, 2018), read_record([CODES[k] for k in order], 2018)
    pair = np.ix_(order, order)
    np.testing.assert_array_equal(part.points, whole.points[:, :, order])
    for name in ("agreement", "trade", "pacts"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[(slice(None), *pair)])
    for end, index in part.arms.items():
        np.testing.assert_array_equal(index, whole.arms[end][pair])


def test_no_trade_is_zero_in_a_year_with_other_figures_and_unknown_in_one_without(told: Callable[..., None]) -> None:
    """B has no figures in 2001: unknown. A has none with C in 2001 and 2002 and others: zero. C has none at all."""
    told(trade="AAA,BBB,100,200,300\nAAA,CCC,50,,\nBBB,AAA,10,,30\n")
    trade = read_record(("AAA", "BBB", "CCC"), 2001).trade
    close(trade[at(2000)], [[0, 0.01, 0.005], [0.001, 0, 0], [np.nan] * 3])
    close(trade[at(2001)], [[0, 0.02, 0], [np.nan] * 3, [np.nan] * 3])
    assert np.isnan(trade[at(2002)]).all() and np.isnan(trade[at(1999)]).all()
    close(read_record(("AAA", "BBB", "CCC"), 2002).trade[at(2002)], [[0, 0.03, 0], [0.003, 0, 0], [np.nan] * 3])


def test_agreement_and_arms_are_of_both_ways_round_and_a_blank_is_unknown(told: Callable[..., None]) -> None:
    told(agreement="AAA,BBB,80,,65\n", arms="BBB,AAA,1995,1,0.40\nAAA,CCC,2002,1,0.05\n")
    found = read_record(("AAA", "BBB", "CCC"), 2002)
    close(found.agreement[[at(1990), at(1991), at(1992)], 1, 0], [0.8, np.nan, 0.65])
    np.testing.assert_array_equal(found.agreement, np.swapaxes(found.agreement, 1, 2))
    assert np.isnan(found.agreement[:, 0, 2]).all()
    assert list(found.delivered) == [1995, 2002] and list(read_record(("AAA", "BBB"), 2001).arms) == [1995]
    expected = np.zeros((3, 3))
    expected[0, 1] = expected[1, 0] = 0.4
    close(found.arms[1995], expected)
    close(found.delivered[1995], expected > 0)
    assert (found.arms[2002][[0, 2], [2, 0]] == 0.05).all() and found.delivered[2002].sum() == 2.0


def test_pacts_hold_from_the_first_year_to_the_last_and_are_unknown_where_the_source_ends(
    told: Callable[..., None],
) -> None:
    told(alliances="AAA,BBB,1992,1994\nBBB,AAA,1997,1999\nAAA,CCC,1990,1990\n")
    codes = ("AAA", "BBB", "CCC")
    found = read_record(codes, 2010).pacts
    years = np.arange(1990, 2000)
    for i, j in ((0, 1), (1, 0)):
        held = np.isin(years, (1992, 1993, 1994, 1997, 1998, 1999))
        np.testing.assert_array_equal(found[: at(1999) + 1, i, j], held)
    np.testing.assert_array_equal(found[: at(1999) + 1, 2, 0], years == 1990)
    assert np.isnan(found[at(2000) :]).all() and not found[: at(1999) + 1, 1, 2].any()
    short = read_record(codes, 1993).pacts
    np.testing.assert_array_equal(short[: at(1993) + 1], found[: at(1993) + 1])
    assert np.isnan(short[at(1994) :]).all()


def test_known_pacts_and_deliveries() -> None:
    """Russia's pact with North Korea ended in 1996; China's with it stood; arms are read with the windows they end."""
    found = read_record(CODES, 2025)
    spell = next(row for row in committed("alliances") if {row["iso3_a"], row["iso3_b"]} == {"PRK", "RUS"})
    assert spell["to"] in ("1995", "1996")
    i, j, china = (CODES.index(code) for code in ("RUS", "PRK", "CHN"))
    assert found.pacts[at(int(spell["to"])), i, j] == 1.0 and found.pacts[at(int(spell["to"]) + 1), i, j] == 0.0
    assert (found.pacts[: at(2018) + 1, china, j] == 1.0).all()
    assert np.isnan(found.pacts[at(2019) :]).all()
    assert list(found.arms) == [1995, 2002, 2007, 2010, 2013, 2018, 2021, 2025]
    assert found.delivered[2021][i, j] == 0.0 and found.delivered[2025][i, j] == 1.0


# --- what is in force: every period ---------------------------------------------------------------------------------


def dated(text: str, missing: float) -> float:
    """A decimal year, months equally long."""
    year, month, day = (int(part) for part in (*text.split("-"), 1, 1)[:3]) if text else (0, 0, 0)
    return year + (month - 1) / 12 + (day - 1) / 365 if text else missing


@cache
def members(group: str, year: int) -> frozenset[str]:
    """Members of a group at the end of a year; a state is its own."""
    rows = [row for row in group_rows() if row["group"] == group]
    inside = {row["iso3"] for row in rows if int(row["from_year"] or 0) <= year < int(row["to_year"] or 9999)}
    return frozenset(inside if rows else {group})


def resolved(names: str, year: int, world: World) -> list[int]:
    found: set[str] = set()
    for name in names.split(";"):
        found |= set(world.codes) if name == "UN" else members(name, year)
    return [k for k, code in enumerate(world.codes) if code in found]


def in_force(kind: str, time: float, world: World) -> Array:
    """The severest act of the table in force at a time, with the members that groups have at the end of its year."""
    found = np.zeros((world.size, world.size))
    for row in committed("acts"):
        if row["kind"] == kind and dated(row["from"], 0.0) <= time + 1e-7 < dated(row["to"], 9999.0):
            on, by = (resolved(row[side], int(time), world) for side in ("target", "senders"))
            pairs = np.ix_(on, by)
            found[pairs] = np.maximum(found[pairs], float(row["severity"]))
    np.fill_diagonal(found, 0.0)
    return found


@pytest.mark.parametrize("name", DATED)
def test_the_first_day_is_that_of_the_world(name: str) -> None:
    """To the act: but for those whose last day is the world's."""
    period = PERIODS[name]
    world, decree = world_of(period.world), decrees_of(period)[0]
    for kind in ("sanctions", "isolation"):
        expected = getattr(world, kind).copy()
        for row in committed("acts"):
            if row["kind"] == kind and dated(row["to"], 9999.0) == period.first:
                on, by = (resolved(row[side], period.first - 1, world) for side in ("target", "senders"))
                expected[np.ix_(on, by)] = 0.0
        np.testing.assert_array_equal(getattr(decree, kind), expected)
        assert expected.any()


def test_one_act_alone_ends_with_the_day_of_its_world() -> None:
    """Armenia's ban of Turkish goods, lifted on 1 January 2022: in the world of 2021 and in no step of 2022."""
    ending = [row["id"] for row in committed("acts") for name in DATED if dated(row["to"], 0) == PERIODS[name].first]
    assert ending == ["am-tur"]
    world = world_of("2021")
    pair = world.index("TUR"), world.index("ARM")
    assert world.sanctions[pair] == 0.5 and decrees_of(PERIODS["2020s"])[0].sanctions[pair] == 0.0


@pytest.mark.parametrize("name", DATED)
def test_every_step_of_a_period_has_in_force_what_the_table_has(name: str) -> None:
    """Worked out anew from the rows, step by step; acts reach to the first step at or after their dates."""
    period = PERIODS[name]
    world, steps = world_of(period.world), decrees_of(period)
    assert len(steps) == PER_YEAR * (period.last - period.first + 1)
    for k in range(0, len(steps), 1 if name == "2020s" else 3):
        for kind in ("sanctions", "isolation"):
            expected = in_force(kind, period.first + k / PER_YEAR, world)
            np.testing.assert_array_equal(getattr(steps[k], kind), expected, err_msg=f"{kind} in step {k}")


@pytest.mark.parametrize("name", DATED)
def test_effort_counts_from_what_rises_after_the_day_of_the_world(name: str) -> None:
    period = PERIODS[name]
    world = world_of(period.world)
    expected = np.full_like(world.sanctions, np.nan)
    before = world.sanctions
    for k, decree in enumerate(decrees_of(period)):
        expected[decree.sanctions > before] = k / PER_YEAR
        np.testing.assert_array_equal(decree.tightened, expected)
        before = decree.sanctions
    assert 0.0 < np.isfinite(expected).mean() < 0.5


@pytest.mark.parametrize("name", DATED)
def test_acts_are_of_some_length_within_the_period_and_of_others_on_one_target(name: str) -> None:
    period = PERIODS[name]
    found = list(acts(world_of(period.world), period.first, period.last))
    assert len(found) > 100
    for act in found:
        assert act.until is not None and act.at < act.until
        assert act.until > period.first and act.at < period.last + 1
        assert len(act.on) == 1 and act.by and not {*act.on} & {*act.by}
        assert 0.0 < act.level <= 1.0


def test_nothing_happens_in_a_quiet_period() -> None:
    period = PERIODS["quiet"]
    world, steps = world_of(period.world), decrees_of(period)
    assert len(steps) == PER_YEAR * (period.last - period.first + 1)
    for decree in (steps[0], steps[-1]):
        np.testing.assert_array_equal(decree.sanctions, world.sanctions)
        np.testing.assert_array_equal(decree.isolation, world.isolation)
        assert np.isnan(decree.tightened).all()
        assert not any(getattr(decree, name).any() for name in ("war", "clash", "offer", "withdrawn", "declared"))


# --- known answers --------------------------------------------------------------------------------------------------


def course(period: str, field: str, on: str, by: str | None = None) -> Array:
    """A value of the decrees of a period over its steps."""
    world = world_of(PERIODS[period].world)
    where = (world.index(on),) if by is None else (world.index(on), world.index(by))
    return np.array([getattr(decree, field)[where] for decree in decrees_of(PERIODS[period])], dtype=float)


def steps(first: int, *parts: tuple[float, float]) -> Array:
    """A course of (value, first year that is later) parts, quarters as decimals."""
    begins, found = float(first), []
    for value, end in parts:
        found += [value] * round((end - begins) * PER_YEAR)
        begins = end
    return np.array(found)


def test_the_european_union_eased_its_sanctions_on_iran_in_january_2016() -> None:
    """.8 to 16 January 2016, so to the step of April, then .2; the United States stays at 1."""
    close(course("2010s", "sanctions", "IRN", "DEU"), steps(2014, (0.8, 2016.25), (0.2, 2022)))
    close(course("2010s", "sanctions", "IRN", "USA"), steps(2014, (1.0, 2022)))


def test_states_that_join_the_european_union_take_its_acts_over_with_the_year() -> None:
    """The arms embargo on China of 1989 stands throughout: Germany's all along, Poland's from 2004, Romania's 2007."""
    close(course("2000s", "sanctions", "CHN", "DEU"), steps(2003, (0.2, 2014)))
    close(course("2000s", "sanctions", "CHN", "POL"), steps(2003, (0.0, 2004), (0.2, 2014)))
    close(course("2000s", "sanctions", "CHN", "ROU"), steps(2003, (0.0, 2007), (0.2, 2014)))
    rise = course("2000s", "tightened", "CHN", "POL")
    assert np.isnan(rise[:4]).all() and (rise[4:] == 1.0).all()


def test_acts_of_the_united_nations_bind_all_but_the_target() -> None:
    """Resolution 1718 of 14 October 2006 on North Korea, first in the step of 2007."""
    world = world_of("2002")
    i = world.index("PRK")
    before, after = (decrees_of(PERIODS["2000s"])[step].sanctions for step in (15, 16))
    others = np.arange(world.size) != i
    assert (after[i, others] >= 0.2).all() and after[i, i] == 0.0
    assert (before[i, others] == 0.0).sum() > 50


def test_acts_against_a_group_are_against_its_members() -> None:
    """Russia's embargo on food of 6 August 2014; Britain, named apart, leaves the Union and not the list."""
    for code in ("DEU", "POL", "GBR"):
        close(course("2010s", "sanctions", code, "RUS"), steps(2014, (0.0, 2014.75), (0.5, 2022)))
    close(course("2010s", "sanctions", "CHE", "RUS"), steps(2014, (0.0, 2022)))


def test_offers_that_stand_begin_with_the_period_and_other_offers_with_their_date() -> None:
    """The Joint Plan of Action of November 2013, to May 2018; of the EU to Belarus, October 2015 to August 2020."""
    for code in ("USA", "DEU", "POL"):
        close(course("2010s", "offer", "IRN", code), steps(2014, (1.0, 2018.5), (0.0, 2022)))
        close(course("2010s", "offer", "BLR", code), steps(2014, (0.0, 2016), (1.0, 2020.75), (0.0, 2022)))
    close(course("2010s", "offer", "IRN", "CHN"), steps(2014, (0.0, 2022)))


def test_only_large_wars_that_begin_in_the_period_add_need() -> None:
    """Iraq at the invasion and in the insurgency, the United States there with level .5; Pakistan from July 2007, with
    a war that is under way in 2014."""
    iraq = steps(2003, (0, 2003.25), (1, 2003.5), (0, 2004.5), (1, 2012), (0, 2014))
    close(course("2000s", "war", "IRQ"), iraq)
    close(course("2000s", "war", "USA"), steps(2003, (0, 2014)))
    close(course("2000s", "war", "PAK"), steps(2003, (0, 2007.5), (1, 2014)))
    close(course("2010s", "war", "PAK"), steps(2014, (0, 2022)))
    close(course("2020s", "war", "UKR"), steps(2022, (0, 2022.25), (1, 2025)))
    close(course("2020s", "war", "RUS"), steps(2022, (0, 2022.25), (1, 2025)))


def test_exits_clashes_and_declarations_begin_on_their_day() -> None:
    close(course("1990s", "withdrawn", "CUB", "RUS"), steps(1991, (0, 1991.75), (1, 1996.5), (0, 2003)))
    close(course("1990s", "withdrawn", "PRK", "RUS"), steps(1991, (1, 2000.25), (0, 2003)))
    close(course("2010s", "clash", "UKR", "RUS") > 0, steps(2014, (0, 2014.25), (1, 2022)))
    close(course("2010s", "declared", "USA"), steps(2014, (0, 2017.75), (1, 2022)))


# --- the rules, on small tables -------------------------------------------------------------------------------------

A, B, C, D = plain(4).codes


def small(field: str = "sanctions", world: World | None = None, first: int = 2003, last: int = 2006) -> Array:
    """A value of every step of 2003 to 2006: [step, ...]."""
    return np.array([getattr(decree, field) for decree in decrees(world or plain(4), first, last, 0.25)], dtype=float)


def test_an_act_ends_on_its_day_and_an_eased_act_falls(told: Callable[..., None]) -> None:
    """On B .8 to 16 January 2004, eased to .2 from then; on C .5 from 1 April 2003, its last day 31 March 2005."""
    told(
        acts=f"""hard,{A},{B},sanctions,0.8,1999,2004-01-16
        eased,{A},{B},sanctions,0.2,2004-01-16,
        other,{D},{C},sanctions,0.5,2003-04-01,2005-04-01
        apart,{D},{C},isolation,0.5,2003-04-02,2005-03-31"""
    )
    found = small()
    close(found[:, 1, 0], steps(2003, (0.8, 2004.25), (0.2, 2007)))
    close(found[:, 2, 3], steps(2003, (0.0, 2003.25), (0.5, 2005.25), (0.0, 2007)))
    assert np.count_nonzero(found.max(axis=0)) == 2
    close(small("isolation")[:, 2, 3], steps(2003, (0.0, 2003.5), (0.5, 2005.25), (0.0, 2007)))


def test_an_act_that_ended_with_the_day_before_is_not_in_force(told: Callable[..., None]) -> None:
    told(acts=f"old,{A},{B},sanctions,0.8,1999,2003-01-01\nnew,{A},{C},sanctions,0.8,2003-01-01,")
    found = small()
    assert not found[:, 1].any() and (found[:, 2, 0] == 0.8).all()


def test_the_severest_of_several_acts_is_in_force(told: Callable[..., None]) -> None:
    told(
        acts=f"""one,{A};{C},{B},sanctions,0.5,1999,
        two,{A},{B},sanctions,0.8,2004,2005
        low,UN,{B},sanctions,0.2,1999,"""
    )
    found = small()
    close(found[:, 1, 0], steps(2003, (0.5, 2004), (0.8, 2005), (0.5, 2007)))
    close(found[:, 1, 2], steps(2003, (0.5, 2007)))
    close(found[:, 1, 3], steps(2003, (0.2, 2007)))
    assert not found[:, [0, 2, 3]].any() and not found[:, 1, 1].any()


def test_members_of_a_group_are_those_of_the_end_of_each_year(told: Callable[..., None]) -> None:
    """B joins in 2004 and C leaves in 2005, senders and targets alike; the act of July 2004 finds both in."""
    told(
        groups=f"Club,{A},1950,\nClub,{B},2004,\nClub,{C},1950,2005",
        acts=f"""by,Club,{D},sanctions,0.5,1999,
        on,{D},Club,sanctions,0.8,1999,
        new,Club,{D},isolation,0.2,2004-07-01,
        own,Club,{B},isolation,0.9,1999,2006"""
    )
    sanctions, isolation = small(), small("isolation")
    for found in (sanctions[:, 3] / 0.5, sanctions[:, :, 3] / 0.8):
        close(found[:, 0], steps(2003, (1, 2007)))
        close(found[:, 1], steps(2003, (0, 2004), (1, 2007)))
        close(found[:, 2], steps(2003, (1, 2005), (0, 2007)))
    close(isolation[:, 3, 1], steps(2003, (0, 2004.5), (0.2, 2007)))
    close(isolation[:, 3, 2], steps(2003, (0, 2004.5), (0.2, 2005), (0, 2007)))
    close(isolation[:, 1, 0], steps(2003, (0.9, 2006), (0, 2007)))  # B does nothing to itself
    assert not isolation[:, 1, [1, 3]].any()


def test_acts_of_the_world_count_from_the_table_alone(told: Callable[..., None]) -> None:
    """What the world has and the table has not is no more, and what rises against the world counts as tightened."""
    had = np.zeros((4, 4))
    had[1, 0], had[2, 0], had[3, 0] = 0.5, 0.5, 0.5
    told(
        acts=f"""same,{A},{B},sanctions,0.5,1999,
        later,{A},{B},sanctions,0.8,2005,2006
        more,{A},{C},sanctions,0.8,1999,
        first,{D},{A},sanctions,0.2,2003-10,"""
    )
    world = plain(4, sanctions=had)
    assert not small(world=world)[:, 3, 0].any()
    tightened = small("tightened", world=world)
    close(tightened[:, 1, 0], steps(2003, (np.nan, 2005), (2.0, 2007)))
    close(tightened[:, 2, 0], steps(2003, (0.0, 2007)))
    close(tightened[:, 0, 3], steps(2003, (np.nan, 2003.75), (0.75, 2007)))
    assert np.isnan(tightened[:, 3]).all()


EVENTS = {
    "war": ("war", {0: 1.0, 1: 1.0}),
    "clash": ("clash", {(0, 2): 1.0, (2, 0): 1.0, (1, 2): 1.0, (2, 1): 1.0}),
    "exit": ("withdrawn", {(0, 2): 1.0, (2, 0): 1.0, (1, 2): 1.0, (2, 1): 1.0}),
    "offer": ("offer", {(0, 2): 1.0, (1, 2): 1.0}),
    "declared": ("declared", {2: 1.0}),
}
"""What each kind of event of C on the members A and B of the club writes, and where."""


def written(kind: str) -> Array:
    field, where = EVENTS[kind]
    found = np.zeros((4, 4) if field in ("clash", "withdrawn", "offer") else 4)
    for cell, value in where.items():
        found[cell] = value
    return found


def event(kind: str, begin: str, end: str = "", level: str = "1") -> str:
    on, by = ("" if kind == "declared" else "Club"), ("" if kind == "war" else C)
    return f"{kind},{on},{by},{begin},{end},{level}"


CLUB = f"Club,{A},1950,\nClub,{B},1950,\nClub,{D},1950,2000"


@pytest.mark.parametrize("kind", EVENTS)
def test_events_last_from_their_day_to_their_end_and_groups_are_resolved(
    kind: str, told: Callable[..., None]
) -> None:
    told(groups=CLUB, events=event(kind, "2004-04-01", "2005-07-15"))
    course_of_all = steps(2003, (0, 2004.25), (1, 2005.75), (0, 2007))
    for step, found in zip(count(), small(EVENTS[kind][0]), strict=False):
        close(found, course_of_all[step] * written(kind))


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_without_an_end_lasts(kind: str, told: Callable[..., None]) -> None:
    told(groups=CLUB, events=event(kind, "2006-07"))
    found = small(EVENTS[kind][0])
    close(found, np.stack([np.zeros_like(written(kind))] * 14 + [written(kind)] * 2))


@pytest.mark.parametrize("kind", EVENTS)
def test_of_what_was_under_way_only_an_offer_begins(kind: str, told: Callable[..., None]) -> None:
    """Begun the day before the period, to October 2004; and one that begins with the first day is the period's."""
    told(groups=CLUB, events=event(kind, "2002-12-31", "2004-10"))
    found = small(EVENTS[kind][0])
    stands = steps(2003, (1.0 if kind == "offer" else 0.0, 2004.75), (0.0, 2007))
    close(found, [value * written(kind) for value in stands])


@pytest.mark.parametrize("kind", EVENTS)
def test_what_begins_with_the_first_day_is_of_the_period(kind: str, told: Callable[..., None]) -> None:
    told(groups=CLUB, events=event(kind, "2003-01-01", "2003-07"))
    found = small(EVENTS[kind][0])
    close(found, [value * written(kind) for value in steps(2003, (1, 2003.5), (0, 2007))])


@pytest.mark.parametrize("kind", EVENTS)
def test_what_is_over_or_has_not_begun_is_not_of_the_period(kind: str, told: Callable[..., None]) -> None:
    told(groups=CLUB, events=f"{event(kind, '2001', '2003-01-01')}\n{event(kind, '2007-01-01')}")
    assert not small(EVENTS[kind][0]).any()
    assert list(events_between(plain(4), 2003, 2006)) == []


def test_a_small_war_is_fought_from_stocks_and_a_clash_has_its_level(told: Callable[..., None]) -> None:
    """Of level .5: no war of the model, and an enmity of .5 on top of none."""
    told(groups=CLUB, events=f"{event('war', '2004', '2005', '0.5')}\n{event('clash', '2004', '2005', '0.5')}")
    assert not small("war").any() and np.isnan(small("war_need")).all()
    close(small("clash"), [value * written("clash") for value in steps(2003, (0, 2004), (0.5, 2005), (0, 2007))])


def test_events_of_states_outside_the_world_do_nothing(told: Callable[..., None]) -> None:
    told(events="\n".join(f"{kind},XXX,YYY,2004,,1" for kind in EVENTS))
    assert not any(small(field).any() for field, _ in EVENTS.values())
