"""The tables of a world's folder: their columns, and how each becomes arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from blocade._tables import Table, cut
from blocade.equations.arrays import Array

GOODS = ("energy_food", "technology", "arms", "cash_labour", "cover")
REST = "ROW"
EVERYONE = "UN"  # every state of a world is a member; its acts bind all but their target
CHANNELS = ("votes", "defence", "arms", "enmity")
KINDS = ("sanctions", "isolation")
ROW_SUM_TOLERANCE = 0.002
MOST_STATES = 300
"""States of the largest world: ISO 3166 has 249 codes, and what is kept of every pair grows with the square."""

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "states": (
            "iso3",
            "name",
            "aliases",
            "capability",
            "regime",
            "armament",
            "armament_rule",
            "trade_flag",
            "lat",
            "lon",
        ),
        "ties": ("iso3_a", "iso3_b", *CHANNELS),
        "trade": ("iso3", "partner", "share", "expected"),
        "goods": ("iso3", "good", "need", "surplus", "need_rule", "surplus_rule", "source"),
        "acts": (
            "id",
            "act",
            "number",
            "date",
            "senders",
            "target",
            "kind",
            "severity",
            "note",
            "source",
        ),
    }
)
GROUP_COLUMNS = ("group", "iso3", "from_year", "to_year")


def read_people(table: Table, mistakes: list[str]) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    codes: list[str] = []
    aliases: dict[str, str] = {}
    if len(table.rows) > MOST_STATES:
        mistakes.append(f"{table.path}:1: {len(table.rows)} states; leave no more than {MOST_STATES}")
        return (), (), {}
    for line, row in table.rows:
        code = row["iso3"]
        if re.fullmatch(r"[A-Z]{3}", code) is None or code == REST:
            mistakes.append(f"{table.path}:{line}: '{cut(code)}' is not a state's code; write three capital letters")
        elif code in codes:
            mistakes.append(f"{table.path}:{line}: {code} is there twice; leave one row")
        if not row["name"]:
            mistakes.append(f"{table.path}:{line}: {cut(code)} has no name; write one")
        elif not row["name"].isprintable():
            mistakes.append(f"{table.path}:{line}: the name of {cut(code)} has signs that nobody sees; write it anew")
        codes.append(code)
        for alias in dict.fromkeys([code, row["name"], *row["aliases"].split(";")]):
            key = " ".join(alias.split()).lower()
            if key and aliases.setdefault(key, code) != code:
                named = cut(aliases[key])
                mistakes.append(f"{table.path}:{line}: '{cut(alias)}' already names {named}; drop it from one row")
    if not codes:
        mistakes.append(f"{table.path}:1: no states; add a row for each")
    return tuple(codes), tuple(row["name"] for _, row in table.rows), aliases


def read_groups(table: Table, year: int, codes: tuple[str, ...], mistakes: list[str]) -> dict[str, tuple[str, ...]]:
    """Members in the world's order at the end of `year`; who leaves in a year is no member at its end."""
    found: dict[str, set[str]] = {EVERYONE: set(codes)}
    for line, row in table.rows:
        bounds = row["from_year"], row["to_year"] or "9999"
        if not all(bound.isdecimal() for bound in bounds):
            mistakes.append(f"{table.path}:{line}: years {row['from_year']}-{row['to_year']}; write whole years")
        elif int(bounds[0]) <= year < int(bounds[1]):
            found.setdefault(row["group"], set()).add(row["iso3"])
        else:
            found.setdefault(row["group"], set())
    return {group: tuple(code for code in codes if code in members) for group, members in found.items()}


def read_ties(table: Table, codes: tuple[str, ...], mistakes: list[str]) -> dict[str, Array]:
    n = len(codes)
    index = {code: k for k, code in enumerate(codes)}
    arrays = {name: np.zeros((n, n)) for name in CHANNELS}
    columns = {name: table.numbers(name, mistakes, low=-1.0 if name == "votes" else 0.0, high=1.0) for name in CHANNELS}
    seen: set[frozenset[str]] = set()
    for k, (line, row) in enumerate(table.rows):
        a, b = row["iso3_a"], row["iso3_b"]
        if not table.known(line, (a, b), index, mistakes):
            continue
        if a == b or frozenset((a, b)) in seen:
            mistakes.append(f"{table.path}:{line}: {a}-{b} is there twice or is no pair; leave one row per pair")
            continue
        seen.add(frozenset((a, b)))
        for name in CHANNELS:
            arrays[name][index[a], index[b]] = arrays[name][index[b], index[a]] = columns[name][k]
    missing = [f"{a}-{b}" for i, a in enumerate(codes) for b in codes[i + 1 :] if frozenset((a, b)) not in seen]
    if missing:
        mistakes.append(f"{table.path}:1: {len(missing)} pairs have no row, the first is {missing[0]}; add them")
    return arrays


def read_trade(table: Table, codes: tuple[str, ...], mistakes: list[str]) -> dict[str, Array]:
    n = len(codes)
    index = {code: k for k, code in enumerate((*codes, REST))}
    shares, expected = np.zeros((n, n + 1)), np.full((n, n), np.nan)
    share = table.numbers("share", mistakes, low=0.0, high=1.0)
    hoped = table.numbers("expected", mistakes, low=0.0, high=1.0, blank=True)
    seen: set[tuple[str, str]] = set()
    for k, (line, row) in enumerate(table.rows):
        a, b = row["iso3"], row["partner"]
        if not table.known(line, (a, b), index, mistakes):
            continue
        if a in (b, REST) or (a, b) in seen:
            mistakes.append(f"{table.path}:{line}: {a} with {b} is there twice or is no pair; leave one row per pair")
            continue
        if b == REST and row["expected"]:
            mistakes.append(f"{table.path}:{line}: {a} has an expected share for {REST}; leave it blank")
            continue
        seen.add((a, b))
        shares[index[a], index[b]] = share[k]
        if b != REST:
            expected[index[a], index[b]] = hoped[k]
    for code in codes:
        row_sum = shares[index[code]].sum()
        if abs(row_sum - 1) > ROW_SUM_TOLERANCE and np.isfinite(row_sum):
            mistakes.append(
                f"{table.path}:1: the shares of {code} sum to {row_sum:.4f}; with {REST} they must sum to 1"
            )
    rest = 1.0 - shares[:, :n].sum(axis=1)  # the rest of the world takes the rounding
    rest[np.abs(rest) < 1e-12] = 0.0
    short = np.flatnonzero(rest < 0)
    mistakes.extend(
        f"{table.path}:1: the partners of {codes[k]} hold more than all of its trade; lower a share" for k in short
    )
    return {"trade": shares[:, :n], "rest_of_world": rest, "expected": expected}


def read_goods(table: Table, codes: tuple[str, ...], mistakes: list[str]) -> dict[str, Array]:
    index = {code: k for k, code in enumerate(codes)}
    names = ("need", "surplus", "need_rule", "surplus_rule")
    arrays = {name: np.full((len(codes), len(GOODS)), np.nan) for name in names}
    columns = {name: table.numbers(name, mistakes, low=0.0, high=1.0) for name in names}
    seen: set[tuple[str, str]] = set()
    for k, (line, row) in enumerate(table.rows):
        code, good = row["iso3"], row["good"]
        if not table.known(line, (code,), index, mistakes):
            continue
        if good not in GOODS:
            mistakes.append(f"{table.path}:{line}: '{cut(good)}' is not a good; write one of {', '.join(GOODS)}")
            continue
        if (code, good) in seen:
            mistakes.append(f"{table.path}:{line}: {good} of {code} is there twice; leave one row")
        seen.add((code, good))
        for name in names:
            arrays[name][index[code], GOODS.index(good)] = columns[name][k]
    missing = [(code, good) for code in codes for good in GOODS if (code, good) not in seen]
    mistakes.extend(f"{table.path}:1: {code} has no row for {good}; add one" for code, good in missing)
    return arrays


def read_acts(
    table: Table,
    codes: tuple[str, ...],
    aliases: Mapping[str, str],
    groups: Mapping[str, tuple[str, ...]],
    year: int,
    mistakes: list[str],
) -> dict[str, Array]:
    """The severest act in force per state and sender; a group binds its members but never the target itself.

    States go by code or name, as in scenarios.
    """
    index = {code: k for k, code in enumerate(codes)}
    arrays = {kind: np.zeros((len(codes), len(codes))) for kind in KINDS}
    severity = table.numbers("severity", mistakes, low=0.0, high=1.0)
    seen: set[str] = set()
    for k, (line, row) in enumerate(table.rows):
        target = state_named(row["target"], aliases)
        if target is None:
            table.known(line, (row["target"],), index, mistakes)
            continue
        senders = [name.strip() for name in row["senders"].split(";") if name.strip()]
        named = {name: (state_named(name, aliases),) if name not in groups else groups[name] for name in senders}
        wrong = _act_mistake(row, target, named, seen, year)
        if wrong:
            mistakes.append(f"{table.path}:{line}: {wrong}")
            continue
        seen.add(row["id"])
        for code in (code for members in named.values() for code in members if code is not None and code != target):
            cell = index[target], index[code]
            arrays[row["kind"]][cell] = max(arrays[row["kind"]][cell], severity[k])
    return arrays


def state_named(name: str, aliases: Mapping[str, str]) -> str | None:
    """The code of a state by its name, whatever its case; None if there is none."""
    return aliases.get(" ".join(name.split()).lower())


def _act_mistake(
    row: dict[str, str], target: str, senders: Mapping[str, tuple[str | None, ...]], seen: set[str], year: int
) -> str:
    if row["id"] in seen:
        return f"the id {cut(row['id'])} is there twice; give each act its own"
    if row["kind"] not in KINDS:
        return f"'{cut(row['kind'])}' is no kind of act; write {' or '.join(KINDS)}"
    if re.fullmatch(r"\d{4}(-\d\d){0,2}", row["date"]) is None or int(row["date"][:4]) > year:
        return f"date '{cut(row['date'])}' is not a date up to {year}; write YYYY-MM-DD, YYYY-MM or YYYY"
    if not senders or (target,) in senders.values():
        return "an act needs senders other than its target; name them"
    strangers = [name for name, members in senders.items() if None in members]
    return f"'{cut(strangers[0])}' is neither a state here nor a group; correct it" if strangers else ""
