"""The text that stands beside a world's tables, and the anchors printed by the build."""

from __future__ import annotations

from pathlib import Path

from .tables import Row, Spec, read_hand
from .ties import ARMS_YEARS, ENMITY_RULES
from .trade import Gravity

TRADE_SOURCES = {
    "BACI": "CEPII BACI (Gaulier and Zignago 2010, CEPII working paper 2010-23), country by country flows; "
    "the copy used names no release and was recognised by its values.",
    "COW": "Correlates of War, Dyadic Trade 4.0 (Barbieri, Keshk and Pollins 2009; Barbieri and Keshk 2016), as "
    "importers report, rounded to a million USD.",
}
TEMPLATE = Path(__file__).with_name("sources.template.md")
WEIGHTS = {"votes": 0.4, "defence": 0.5, "arms": 0.25, "enmity": -0.6}  # printed anchors only
ANCHORS = (
    "GBR-USA",
    "JPN-USA",
    "BLR-RUS",
    "CHN-PRK",
    "PRK-RUS",
    "CHN-RUS",
    "IND-RUS",
    "RUS-UKR",
    "IRN-SYR",
    "IRN-USA",
    "PRK-USA",
    "SAU-USA",
    "TUR-USA",
    "DEU-RUS",
    "CHN-USA",
    "CHN-IND",
    "IRN-RUS",
    "KAZ-RUS",
    "IND-USA",
)


def anchor_lines(ties: list[Row]) -> list[str]:
    """The ties of a few well-known pairs under the default weights, for a glance."""
    found = []
    for row in ties:
        pair = f"{row['iso3_a']}-{row['iso3_b']}"
        if pair in ANCHORS:
            tie = sum(weight * float(row[name]) for name, weight in WEIGHTS.items())
            found.append(f"{pair} {max(-1.0, min(1.0, tie)):+.2f}")
    return ["  ties: " + ", ".join(found)]


def years(window: tuple[int, int]) -> str:
    """A window as text."""
    return str(window[0]) if window[0] == window[1] else f"{window[0]}–{window[1]}"


def world_notes(spec: Spec, present: set[str]) -> str:
    """What is special to one world (``world_notes.csv``), and the states of the others that it lacks, with why."""
    lines = [row["text"] for row in read_hand("world_notes.csv") if row["year"] == str(spec.year)]
    lacking: dict[str, list[str]] = {}
    for row in read_hand("states.csv"):
        if row["iso3"] not in present:
            lacking.setdefault(row["why"], []).append(row["iso3"])
    if lacking:
        reasons = "; ".join(f"{', '.join(codes)} ({why})" for why, codes in lacking.items())
        lines.append(f"States of the other worlds that are not in this one: {reasons}.")
    return "".join(f"\n* {line}" for line in lines) + "\n" * bool(lines)


def hand_flows(rows: list[Row]) -> str:
    """The paragraph on flows put in by hand; nothing if there are none."""
    if not rows:
        return ""
    lines = [
        f"* {row['a']}–{row['b']} {row['year']}: {row['flow_musd']} million USD; {row['why']}. {row['source']}"
        for row in rows
    ]
    table = "`seeds/sources/trade_flows.csv`"
    head = f"\nPut in by hand ({table}) where the source has no value, and added to the totals of both:\n"
    return "\n".join([head, *lines, ""])


def sources(spec: Spec, tables: dict[str, list[Row]], gravity: Gravity, by_hand: list[Row]) -> str:
    """``SOURCES.md``: every column, its dataset, years, licence as stated at the source, and rule."""
    kinds = [row["kind"] for row in tables["acts"]]
    states = tables["states"]
    filled = [f"{row['iso3']} {row['armament_rule']}" for row in states if row["armament_rule"] != "observed"]
    flagged = [f"{row['iso3']} {row['trade_flag']}" for row in states if row["trade_flag"] != "reported"]
    overrides = [
        f"* {row['iso3']} {row['good']}: {row['source']}"
        for row in tables["goods"]
        if row["source"] != "rule"
    ]
    short = spec.arms[1] - spec.arms[0] + 1 < ARMS_YEARS
    return TEMPLATE.read_text(encoding="utf-8").format(
        notes=world_notes(spec, {row["iso3"] for row in states}),
        levels=spec.level_year,
        filled_flag="; `filled`: with a flow put in by hand, below" * bool(by_hand)
        + "; `gravity`: the source has no flow of it, its shares are those gravity expects"
        * bool(spec.modelled),
        scaled=f", scaled up to {ARMS_YEARS} years (*assumption*)" if short else "",
        flows=spec.flows,
        by_hand=hand_flows(by_hand),
        trade_source=TRADE_SOURCES[spec.flows],
        year=spec.year,
        date=spec.date,
        states=len(states),
        filled=", ".join(filled),
        flagged=", ".join(flagged),
        votes=years(spec.votes),
        alliances=spec.alliances,
        arms=years(spec.arms),
        trade=years(spec.trade),
        gdp=spec.gdp,
        rules="; ".join(f"{name} {level:g}" for name, level in ENMITY_RULES.items()),
        erased=sum(1 for row in tables["trade"] if row["expected"]),
        pairs=gravity.pairs,
        constant=gravity.constant,
        elasticity=gravity.gdp,
        distance=gravity.distance,
        r_squared=gravity.r_squared,
        overrides="\n".join(overrides),
        sanctions=kinds.count("sanctions"),
        isolation=kinds.count("isolation"),
    )
