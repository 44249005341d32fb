"""What is on record of the states year by year, for validation (see ``scripts/build_history.py``)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from . import acts as act_rules
from . import ties, trade
from .tables import BuildError, Row, Spec, every_code, members

LAST_VOTE = 2021  # votes after it are sealed: predictions of them are registered before they are looked at
VOTES = (1990, LAST_VOTE)
AGREEMENT = (1990, 2020)
FEWEST_ROLL_CALLS = 10  # a share of fewer says little
TRADE = (2000, 2020)  # of one source, BACI; the series before it must not be joined to it
ARMS_ENDS = (1995, 2002, 2007, 2010, 2013, 2018, 2021, 2025)
ALLIANCES = (1990, 2018)
LAST_EVENT = "2024-12-31"
SIDES = {  # kind of event -> sides its row must name; the others stay blank, but for whom a war is fought with
    "war": ("on",),
    "clash": ("on", "by"),
    "exit": ("on", "by"),
    "offer": ("on", "by"),
    "declared": ("by",),
}
SMALL = "0.5"
EVENT_COLUMNS = ["kind", "on", "by", "from", "to", "level", "source", "note"]
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


def read_series(folder: Path, name: str, last: int) -> pd.DataFrame:
    """Read one raw series without its rows after the year `last`."""
    path = folder / f"{name}.csv"
    if not path.exists():
        raise BuildError(f"{path}: no such file; --raw must name the folder of the raw series")
    rows = pd.read_csv(path)
    return rows[rows["year"] <= last].reset_index(drop=True)


def ideal_point_rows(points: pd.DataFrame, codes: list[str]) -> list[Row]:
    """UN ideal points of final-passage votes and of all votes, 2 decimals, without sealed years."""
    kept = points[points["iso3"].isin(codes) & points["year"].between(*VOTES)].sort_values(["iso3", "year"])
    kept = kept.dropna(how="all", subset=["ideal_point", "ideal_point_all"])
    return [
        {"iso3": code, "year": str(year), "final": _decimals(final), "all": _decimals(every)}
        for code, year, final, every in zip(
            kept["iso3"], kept["year"], kept["ideal_point"], kept["ideal_point_all"], strict=True
        )
    ]


def agreement_rows(agreement: pd.DataFrame, codes: list[str]) -> list[Row]:
    """Share of roll calls on which two states agree, whole per cent; blank for fewer than ten roll calls."""
    kept = _pairs(agreement, codes)
    kept = kept[kept["n_votes"] >= FEWEST_ROLL_CALLS]
    found = {
        (a, b, year): str(round(100 * value))
        for a, b, year, value in zip(
            kept["iso3_a"], kept["iso3_b"], kept["year"], kept["agreement"], strict=True
        )
    }
    return [
        {"iso3_a": a, "iso3_b": b} | {str(year): found.get((a, b, year), "") for year in _span(AGREEMENT)}
        for a, b in combinations(codes, 2)
    ]


def trade_rows(flows: pd.DataFrame, totals: pd.DataFrame, codes: list[str]) -> list[Row]:
    """Share of each partner in a state's trade, yearly, in ten-thousandths, by the rules of the worlds.

    A pair is blank where the source has no row or the row was emptied as an error (zero and unreported look
    alike in it). Rows that never reach half a ten-thousandth are left out.
    """
    columns = ["flow_ab_musd", "flow_ba_musd"]
    # Emptied rows must not reach the shares of a single year: they would empty the whole state.
    known = trade.drop_spikes(flows).dropna(how="all", subset=columns)
    shares: dict[tuple[str, str], dict[int, int]] = {}
    for year in _span(TRADE):
        pairs = _pairs(known[known["year"] == year], codes)
        present = sorted({*pairs["iso3_a"], *pairs["iso3_b"]})  # a state without any trade has no shares
        people = [{"iso3": code, "trade_flag": ""} for code in present]
        found = np.rint(trade.trade_shares(known, totals, people, _window(year, year)).shares * 1e4)
        index = {code: k for k, code in enumerate(present)}
        for a, b in zip(pairs["iso3_a"], pairs["iso3_b"], strict=True):
            for pair in ((a, b), (b, a)):
                shares.setdefault(pair, {})[year] = int(found[index[pair[0]], index[pair[1]]])
    return [
        {"iso3": a, "partner": b} | {str(year): str(values.get(year, "")) for year in _span(TRADE)}
        for (a, b), values in sorted(shares.items())
        if any(values.values())
    ]


def arms_rows(arms: pd.DataFrame, codes: list[str]) -> list[Row]:
    """Pairs between which arms were delivered, either way, in the five years to ``end``, and their index.

    The index is that of the worlds, by the same function; a delivery of less than half a unit has index 0.
    """
    rows = []
    for end in ARMS_ENDS:
        spec = _window(end - ties.ARMS_YEARS + 1, end)
        index = ties.arms_channel(arms, spec, codes)
        flows = ties.arms_flows(arms, spec)
        flows = flows[flows["iso3_a"].isin(codes) & flows["iso3_b"].isin(codes)]
        pairs = {
            (min(a, b), max(a, b)) for a, b in zip(flows["iso3_a"], flows["iso3_b"], strict=True) if a != b
        }
        for a, b in pairs:
            value = _decimals(index[codes.index(a), codes.index(b)])
            rows.append({"iso3_a": a, "iso3_b": b, "end": str(end), "delivered": "1", "index": value})
    return sorted(rows, key=lambda row: (row["iso3_a"], row["iso3_b"], row["end"]))


def alliance_rows(alliances: pd.DataFrame, codes: list[str]) -> list[Row]:
    """Spells of a defence pact, first and last year included; one to 2018 may go on after the source."""
    kept = _pairs(alliances, codes)
    kept = kept[(kept["defense"] == 1) & kept["year"].between(*ALLIANCES)]
    rows: list[Row] = []
    for a, b, year in sorted(zip(kept["iso3_a"], kept["iso3_b"], kept["year"], strict=True)):
        last = rows[-1] if rows else {}
        if (last.get("iso3_a"), last.get("iso3_b"), last.get("to")) == (a, b, str(year - 1)):
            last["to"] = str(year)
        else:
            rows.append({"iso3_a": a, "iso3_b": b, "from": str(year), "to": str(year)})
    return rows


def act_rows(acts: list[Row], codes: list[str]) -> list[Row]:
    """Table of acts with one row per act and named target; groups keep their names, for membership changes.

    A state among the targets of its own act is no sender of it. Names, kinds and severities are checked by
    the rules of the worlds.
    """
    act_rules.acts_at(acts, LAST_VOTE, LAST_EVENT, codes)
    rows = []
    for act in acts:
        targets = act_rules.split(act["target"])
        begin = act["holds_from"] or act["begin"]
        _check_dates(f"acts.csv: {act['id']}", begin, act["end"])
        for target in targets:
            senders = [name for name in act_rules.split(act["senders"]) if name != target]
            if senders:
                rows.append(
                    {
                        "id": act["id"] if len(targets) == 1 else f"{act['id']}-{target}",
                        "senders": ";".join(senders),
                        "target": target,
                        "kind": act["kind"],
                        "severity": f"{float(act['severity']):g}",
                        "from": begin,
                        "to": act["end"],
                        "source": act["source"],
                    }
                )
    ids = [row["id"] for row in rows]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise BuildError(f"acts.csv: {', '.join(twice)}: two rows of one name; give each its own")
    return rows


def event_rows(events: list[Row]) -> list[Row]:
    """Rows of the hand-made table of events, after checks; a bad one is refused with its line."""
    seen: dict[tuple[str, ...], int] = {}
    for line, row in enumerate(events, start=2):
        where = f"history_events.csv, line {line}"
        if list(row) != EVENT_COLUMNS or None in row.values():
            raise BuildError(f"{where}: the columns must be {', '.join(EVENT_COLUMNS)}")
        if row["kind"] not in SIDES:
            raise BuildError(f"{where}: kind '{row['kind']}' must be one of {', '.join(SIDES)}")
        _check_dates(where, row["from"], row["to"])
        if row["from"] > LAST_EVENT:
            raise BuildError(f"{where}: from {row['from']} is after {LAST_EVENT}")
        named = {side: _states(where, row[side], row["from"]) for side in ("on", "by")}
        for side, states in named.items():
            if bool(states) != (side in SIDES[row["kind"]]) and (row["kind"], side) != ("war", "by"):
                need = "names no state" if not states else "must stay blank"
                raise BuildError(f"{where}: '{side}' {need} in a row of kind {row['kind']}")
        if named["on"] & named["by"] and named["on"] != named["by"]:  # the same on both: among themselves
            raise BuildError(f"{where}: {', '.join(sorted(named['on'] & named['by']))} on both sides")
        if row["level"] != "1" and (row["kind"], row["level"]) != ("war", SMALL):
            raise BuildError(f"{where}: level '{row['level']}' must be 1, or {SMALL} for a small war")
        if not row["source"]:
            raise BuildError(f"{where}: no source; name the public event")
        key = (row["kind"], row["on"], row["by"], row["from"])
        if key in seen:
            raise BuildError(f"{where}: the same as line {seen[key]}")
        seen[key] = line
    return events


def _states(where: str, names: str, begin: str) -> set[str]:
    """States of a semicolon list, groups spelt out as of the year of `begin`."""
    groups = members(int(begin[:4]))
    codes = every_code()
    found: set[str] = set()
    for name in act_rules.split(names):
        if name not in codes and not groups.get(name):
            raise BuildError(f"{where}: {name} is neither a state nor a group of {begin[:4]}")
        found |= groups.get(name, {name})
    return found


def _check_dates(where: str, begin: str, end: str) -> None:
    for date in (begin, *([end] if end else [])):
        try:
            if not DATE.fullmatch(date):
                raise ValueError
            datetime.date.fromisoformat(
                date + "-01-01"[len(date) - 4 :]
            )  # a year or month alone is its first day
        except ValueError:
            raise BuildError(f"{where}: '{date}' is not a date; write 1999, 1999-03 or 1999-03-24") from None
    if end and not begin < end:
        raise BuildError(f"{where}: ends on {end}, not after it begins on {begin}")


def _pairs(rows: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    return rows[rows["iso3_a"].isin(codes) & rows["iso3_b"].isin(codes)]


def _span(years: tuple[int, int]) -> Iterable[int]:
    return range(years[0], years[1] + 1)


def _window(first: int, last: int) -> Spec:
    """A stretch of years in the form in which the rules of the worlds take it."""
    both = (first, last)
    return Spec(last, votes=both, trade=both, arms=both, alliances=last, gdp=last)


def _decimals(value: float) -> str:
    # Adding 0.0 turns -0.0 into 0.0, so that one value has one spelling.
    return "" if np.isnan(value) else f"{round(float(value), 2) + 0.0:.2f}"
