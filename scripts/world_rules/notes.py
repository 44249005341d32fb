"""The text that stands beside a world's tables, and the anchors printed by the build."""

from __future__ import annotations

from pathlib import Path

from .tables import Row, Spec
from .ties import ENMITY_RULES
from .trade import Gravity

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
    return f"{window[0]}–{window[1]}"


def sources(spec: Spec, tables: dict[str, list[Row]], gravity: Gravity) -> str:
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
    return TEMPLATE.read_text(encoding="utf-8").format(
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
