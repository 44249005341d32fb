"""The equal-stakes table: which terms of the model decide the sign of isolation's effect, before anything is
calibrated.

In the article's world, with the war off, run the prior with each force alone and with each left out (balance
together with isolation, since alone it is silent), from the real and from a clean start, and write the share of
draws in which isolation raises or lowers the bond, the embrace of the patron and the distance from the senders.

    python scripts/equal_stakes.py [--draws N] [--workers N]

writes docs/equal-stakes.csv and docs/equal-stakes.md.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from blocade import api
from blocade.claims import Estimand
from blocade.experiment.chunks import Chunks
from blocade.experiment.runner import effect, run_plan
from blocade.scenario import Scenario
from blocade.theories import MECHANISMS
from blocade.verdicts import judge

ROOT = Path(__file__).resolve().parents[1]
BASELINE, TREATED = "as-in-2021-no-war", "isolate-no-war"
MEASURES = ("cohesion", "embrace", "distance")
STARTS = ("real", "clean")
ONE_SIGN = 0.95
EXACT = 1e-9
"""Effects smaller than this are none at all: rounding."""


def variants() -> dict[str, dict[str, float]]:
    """Name -> parameters fixed, most of them at 0."""
    every = {MECHANISMS[force]: 0.0 for force in MECHANISMS}
    found: dict[str, dict[str, float]] = {"all forces": {}}
    for force in MECHANISMS:
        kept = {MECHANISMS[force]} | ({"b_isolation"} if force == "balance" else set())
        name = "balance and isolation alone" if force == "balance" else f"{force} alone"
        found[name] = {parameter: zero for parameter, zero in every.items() if parameter not in kept}
    for force in MECHANISMS:
        found[f"without {force}"] = {MECHANISMS[force]: 0.0}
    found["match alone, supply untouched by pain (μ = 0)"] = {**found["match alone"], "mu": 0.0}
    found["risk alone, no relief from fear (g = 0)"] = {**found["risk alone"], "g": 0.0}
    # a declared punishment is eight times as strong: what g and burnt leverage do then (evidence D, central value)
    found["risk alone, punishment declared (χ = .4)"] = {**found["risk alone"], "chi": 0.4}
    found["risk alone, punishment declared, g = 0"] = {**found["risk alone"], "chi": 0.4, "g": 0.0}
    found["without loss of supply (μ = 0)"] = {"mu": 0.0}
    found["without relief from fear (g = 0)"] = {"g": 0.0}
    return found


def rows(scenario: Scenario, name: str, zeroed: Mapping[str, float], workers: int) -> list[dict[str, object]]:
    """The rows of one variant."""
    arms = tuple(arm for arm in scenario.arms if arm.name in (BASELINE, TREATED))
    parameters = {**scenario.parameters, **zeroed}
    chosen = replace(
        scenario, arms=arms, parameters=parameters, starts=STARTS, claims=(), charts=("verdicts",), measures=MEASURES
    )
    planned = api.plan(chosen)
    with TemporaryDirectory() as folder:
        chunks = Chunks(Path(folder), planned)
        run_plan(planned, chunks, workers, lambda _done, _total: None, lambda _line: None)
        values = chunks.values()
    drawn = dict(planned.parameters)
    found = []
    for start in STARTS:
        for measure in MEASURES:
            estimand = Estimand(name, measure, "", measure, {TREATED: 1.0, BASELINE: -1.0}, EXACT, *planned.readings[0])
            verdict = judge(estimand, start, effect(planned, values, estimand, start), drawn)
            sign = (
                "up"
                if verdict.share >= ONE_SIGN
                else "down"
                if verdict.down >= ONE_SIGN
                else "none"
                if verdict.flat >= ONE_SIGN
                else "both"
            )
            found.append(
                {
                    "variant": name,
                    "start": start,
                    "measure": measure,
                    "median": f"{verdict.estimate + 0.0:.4f}",
                    "q05": f"{verdict.low + 0.0:.4f}",
                    "q95": f"{verdict.high + 0.0:.4f}",
                    "up": f"{verdict.share:.3f}",
                    "down": f"{verdict.down:.3f}",
                    "sign": sign,
                }
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    scenario = replace(api.load_scenario("isolate-russia-north-korea"), draws=given.draws)
    table: list[dict[str, object]] = []
    for name, zeroed in tqdm(variants().items(), unit=" variants"):
        table += rows(scenario, name, zeroed, given.workers)
    docs = ROOT / "docs"
    docs.mkdir(exist_ok=True)
    with (docs / "equal-stakes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    (docs / "equal-stakes.md").write_text(page(table, scenario), encoding="utf-8")


def page(table: list[dict[str, object]], scenario: Scenario) -> str:
    """The table as a Markdown page."""
    lines = [
        "# Equal stakes: which term decides the sign?",
        "",
        f"Made by `python scripts/equal_stakes.py --draws {scenario.draws}` (seed {scenario.seed}).",
        "The article's world, war off: isolation (`isolate-no-war` against `as-in-2021-no-war`) under the prior, with",
        "each force alone and each left out. *up* and *down* are shares of draws in which isolation moves the",
        "measure at all in that direction. **Bold**: one sign in at least 95 %.",
        "",
    ]
    for measure, words in zip(
        MEASURES,
        ("the bond (tie Russia-North Korea)", "the embrace (mean tie to China)", "the distance from the senders"),
        strict=True,
    ):
        lines += [
            f"## Isolation and {words}",
            "",
            "| Forces | start | median | 90 % of draws | up | down |",
            "|---|---|---|---|---|---|",
        ]
        for row in table:
            if row["measure"] == measure:
                up, down = (f"{float(str(row[side])):.0%}".replace("%", " %") for side in ("up", "down"))
                up, down = (
                    (f"**{up}**" if row["sign"] == "up" else up),
                    (f"**{down}**" if row["sign"] == "down" else down),
                )
                interval = f"{row['q05']} … {row['q95']}"
                lines.append(f"| {row['variant']} | {row['start']} | {row['median']} | {interval} | {up} | {down} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
