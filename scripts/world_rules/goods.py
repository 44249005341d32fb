"""What each state needs and has to spare, by rule, and the few overrides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .tables import BuildError, Floats, Row, Spec, every_code, in_years, percentile, round_to
from .ties import arms_flows

GOODS = ("energy_food", "technology", "arms", "cash_labour", "cover")
PERMANENT = ("CHN", "FRA", "GBR", "RUS", "USA")
MOST_OVERRIDES = 10


@dataclass(frozen=True)
class Goods:
    """Need and surplus [state, good], by rule alone and after overrides, and the source of an override."""

    need_rule: Floats
    surplus_rule: Floats
    need: Floats
    surplus: Floats
    notes: dict[tuple[int, int], str]


def arms_index(arms: pd.DataFrame, spec: Spec, codes: list[str], side: str) -> Floats:
    """Log index of arms sold (``iso3_a``) or bought (``iso3_b``), scaled to [0, 1], rounded to .05."""
    flows = arms_flows(arms, spec)
    totals = flows[flows["iso3_a"] != flows["iso3_b"]].groupby(side)["tiv"].sum()
    logs = np.log10(1.0 + np.asarray(totals.reindex(codes).fillna(0.0), dtype=np.float64))
    return round_to(logs / logs.max(), 0.05)


def energy_food(rows: list[Row], year: int, codes: list[str]) -> Floats:
    """Half for a net exporter of energy, half for a net exporter of food (assumption from the public record)."""
    surplus = np.zeros(len(codes))
    known = every_code() | set(codes)
    for row in rows:
        if row["export"] not in ("energy", "food") or row["iso3"] not in known:
            raise BuildError(f"energy_food.csv: {row['iso3']},{row['export']}: unknown state or export")
        if in_years(row, year) and row["iso3"] in codes:
            surplus[codes.index(row["iso3"])] += 0.5
    return surplus


def goods_by_rule(
    arms: pd.DataFrame,
    exports: list[Row],
    gdp: Floats,
    per_head: Floats,
    regime: Floats,
    spec: Spec,
    codes: list[str],
) -> tuple[Floats, Floats]:
    """Need and surplus [state, good] by rule, in [0, 1], rounded to 2 decimals."""
    seat = np.array([float(code in PERMANENT) for code in codes])
    food = energy_food(exports, spec.year, codes)
    technology, cash = percentile(per_head), percentile(gdp)
    sold, bought = (arms_index(arms, spec, codes, side) for side in ("iso3_a", "iso3_b"))
    # Cover: a permanent seat shields itself; the less democratic, the likelier to need a shield. Sanctions must
    # not enter, or the targets of sanctions would suit each other by construction.
    need = np.column_stack([1 - food, 1 - technology, bought, 1 - cash, (1 - seat) * (1 - regime)])
    surplus = np.column_stack([food, technology, sold, cash, seat])
    return np.round(need, 2), np.round(surplus, 2)


def with_overrides(
    need_rule: Floats, surplus_rule: Floats, rows: list[Row], year: int, codes: list[str]
) -> Goods:
    """Apply the overrides in force in `year`; side ``both`` sets the surplus and need = 1 - surplus."""
    need, surplus, notes = need_rule.copy(), surplus_rule.copy(), {}
    for row in rows:
        if row["side"] not in ("need", "surplus", "both") or not row["source"]:
            raise BuildError(f"goods_overrides.csv: {row['iso3']},{row['good']}: side or source is missing")
    meant = [row for row in rows if in_years(row, year) and row["iso3"] in codes]
    if len(meant) > MOST_OVERRIDES:
        raise BuildError(f"goods_overrides.csv: {len(meant)} overrides in {year}; at most {MOST_OVERRIDES} are allowed")
    for row in meant:
        where = (codes.index(row["iso3"]), GOODS.index(row["good"]))
        value = float(row["value"])
        if row["side"] != "need":
            surplus[where] = value
        if row["side"] != "surplus":
            need[where] = value if row["side"] == "need" else round(1 - value, 2)
        notes[where] = f"override: {row['why']}. {row['source']}"
    return Goods(need_rule, surplus_rule, need, surplus, notes)
