#!/usr/bin/env python3
"""Make ``seeds/worlds/<year>`` from the raw series and the hand-made tables in ``seeds/sources``.

    python scripts/build_worlds.py --raw FOLDER [--year 2021] [--out FOLDER]

The same input gives the same bytes. The raw series are not part of the repository: ``SOURCES.md`` of each world
names them.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world_rules import acts as act_rules
from world_rules import goods as good_rules
from world_rules import notes, states, ties, trade
from world_rules.tables import SPECS, BuildError, Floats, Row, Spec, read_hand, read_raw, required

OUT = Path(__file__).resolve().parents[1] / "seeds" / "worlds"


@dataclass(frozen=True)
class Built:
    """A world's tables as rows of text, and what the report and ``SOURCES.md`` tell about them."""

    spec: Spec
    tables: dict[str, list[Row]]
    gravity: trade.Gravity
    by_hand: list[Row]
    filled: dict[str, str]
    largest_rest: tuple[str, float]
    smallest_rest: tuple[str, float]


def build(raw_folder: Path, year: int) -> Built:
    """Make every table of the world of `year`."""
    spec = SPECS[year]
    raw = read_raw(raw_folder, year)
    flows, totals, by_hand = trade.fill_gaps(raw.trade, raw.trade_totals, read_hand("trade_flows.csv"), spec)
    filled = {row[side] for row in by_hand for side in ("a", "b")}
    people = [
        {**row, "trade_flag": row["trade_flag"] + ";filled"} if row["iso3"] in filled else row
        for row in states.people_at(read_hand("states.csv"), spec.date)
    ]
    codes = [row["iso3"] for row in people]
    act_table = read_hand("acts.csv")
    acts = act_rules.acts_at(act_table, year, spec.date, codes)
    cinc = required(raw.capabilities, spec.level_year, "cinc", codes)
    gdp = required(raw.capabilities, spec.gdp, "rgdp_fariss", codes)
    per_head = required(raw.capabilities, spec.gdp, "rgdppc_fariss_2011int", codes)
    regime = np.round(required(raw.regime, spec.level_year, "v2x_polyarchy", codes), 2)  # as published
    arming, arming_rules = states.armament(raw.capabilities, spec.level_year, cinc, gdp, codes)

    shares = trade.trade_shares(flows, totals, people, spec)
    km = trade.distances_km(people)
    free = ~act_rules.covered(acts, year, codes, severity=0.0)
    gravity = trade.fit_gravity(shares.shares, gdp, km, free)
    lost = act_rules.erased(act_table, spec, codes)
    expectation = gravity.expect(gdp, km)
    shares = trade.model_missing(shares, expectation, codes, spec.modelled)
    expected = trade.expected_shares(shares.exact, expectation, lost)

    sanctions = [act for act in acts if act.kind == "sanctions"]
    channels = {
        "votes": ties.vote_channel(raw.ideal_points, spec, codes),
        "defence": ties.defence_channel(raw.alliances, read_hand("pacts.csv"), sanctions, spec, codes),
        "arms": ties.arms_channel(raw.arms, spec, codes),
        "enmity": ties.enmity_channel(read_hand("enmity.csv"), spec, codes),
    }
    need, surplus = good_rules.goods_by_rule(
        raw.arms, read_hand("energy_food.csv"), gdp, per_head, regime, spec, codes
    )
    goods = good_rules.with_overrides(need, surplus, read_hand("goods_overrides.csv"), year, codes)
    tables = {
        "states": _state_rows(people, cinc, regime, arming, arming_rules, shares.flags),
        "ties": _tie_rows(codes, channels),
        "trade": _trade_rows(codes, shares, expected),
        "goods": _good_rows(codes, goods),
        "acts": act_rules.act_rows(acts),
    }
    order = np.argsort(shares.rest)
    return Built(
        spec=spec,
        tables=tables,
        gravity=gravity,
        by_hand=by_hand,
        filled={code: rule for code, rule in zip(codes, arming_rules, strict=True) if rule != "observed"},
        largest_rest=(codes[order[-1]], float(shares.rest[order[-1]])),
        smallest_rest=(codes[order[0]], float(shares.rest[order[0]])),
    )


def _state_rows(
    people: list[Row], cinc: Floats, regime: Floats, arming: Floats, rules: list[str], flags: tuple[str, ...]
) -> list[Row]:
    return [
        {
            "iso3": row["iso3"],
            "name": row["name"],
            "aliases": row["aliases"],
            "capability": f"{cinc[k]:.5f}",
            "regime": f"{regime[k]:.2f}",
            "armament": f"{arming[k]:.2f}",
            "armament_rule": rules[k],
            "trade_flag": flags[k],
            "lat": row["lat"],
            "lon": row["lon"],
        }
        for k, row in enumerate(people)
    ]


def _tie_rows(codes: list[str], channels: dict[str, Floats]) -> list[Row]:
    rows = []
    for i, a in enumerate(codes):
        for j in range(i + 1, len(codes)):
            row = {"iso3_a": a, "iso3_b": codes[j]}
            # Adding 0.0 turns -0.0 into 0.0, so that one value has one spelling.
            row.update(
                {name: f"{round(float(values[i, j]), 3) + 0.0:.3f}" for name, values in channels.items()}
            )
            rows.append(row)
    return rows


def _trade_rows(codes: list[str], shares: trade.Trade, expected: npt.NDArray[np.float64]) -> list[Row]:
    rows = []
    for i, a in enumerate(codes):
        for j, b in enumerate(codes):
            known = bool(np.isfinite(expected[i, j]))
            if shares.shares[i, j] > 0 or known:
                text = f"{expected[i, j]:.4f}" if known else ""
                rows.append(
                    {"iso3": a, "partner": b, "share": f"{shares.shares[i, j]:.4f}", "expected": text}
                )
        rows.append({"iso3": a, "partner": "ROW", "share": f"{shares.rest[i]:.4f}", "expected": ""})
    return rows


def _good_rows(codes: list[str], goods: good_rules.Goods) -> list[Row]:
    rows = []
    for i, code in enumerate(codes):
        for g, good in enumerate(good_rules.GOODS):
            rows.append(
                {
                    "iso3": code,
                    "good": good,
                    "need": f"{goods.need[i, g]:.2f}",
                    "surplus": f"{goods.surplus[i, g]:.2f}",
                    "need_rule": f"{goods.need_rule[i, g]:.2f}",
                    "surplus_rule": f"{goods.surplus_rule[i, g]:.2f}",
                    "source": goods.notes.get((i, g), "rule"),
                }
            )
    return rows


def write(built: Built, out: Path) -> Path:
    """Write a built world to ``out/<year>`` and return that folder."""
    folder = out / str(built.spec.year)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in built.tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    text = notes.sources(built.spec, built.tables, built.gravity, built.by_hand)
    (folder / "SOURCES.md").write_text(text, encoding="utf-8", newline="\n")
    return folder


def report(built: Built) -> str:
    """A few lines on what was built."""
    gravity, rows = built.gravity, built.tables
    erased = sum(1 for row in rows["trade"] if row["expected"])
    lines = [
        f"world {built.spec.year}: {len(rows['states'])} states, {len(rows['acts'])} acts in force",
        f"  rest of world: largest {built.largest_rest[0]} {built.largest_rest[1]:.4f}, "
        f"smallest {built.smallest_rest[0]} {built.smallest_rest[1]:.4f} (negative would have stopped the build)",
        f"  gravity: {gravity.constant:.3f} + {gravity.gdp:.3f} log GDP {gravity.distance:+.3f} log km, "
        f"R2 {gravity.r_squared:.3f}, {gravity.pairs} pairs; {erased} erased shares",
        "  military burden filled: " + ", ".join(f"{code} {rule}" for code, rule in built.filled.items()),
        *notes.anchor_lines(rows["ties"]),
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--raw", type=Path, required=True, help="folder of the raw series")
    parser.add_argument("--year", type=int, action="append", choices=sorted(SPECS), help="default: all")
    parser.add_argument("--out", type=Path, default=OUT, help="default: seeds/worlds")
    options = parser.parse_args(arguments)
    try:
        for year in options.year or sorted(SPECS):
            built = build(options.raw, year)
            write(built, options.out)
            print(report(built))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
