"""The answer as text: the table of verdicts, one sentence, what it rests on and where the files are."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from blocade.analysis.claims import thresholds
from blocade.analysis.verdicts import ALWAYS_REPORTED, LEAST_DRAWS
from blocade.experiment.plan import DT
from blocade.parameters import table
from blocade.result import Result

BOTH_STARTS = ("H1", "H10")
"""Hypotheses that are reported from a clean start too."""
LANDMARKS = (("RUS", "BLR"), ("USA", "GBR"), ("USA", "CHN"))
"""Pairs that give a reader the scale of a tie."""
WORDS = {
    "supported": "holds",
    "reversed": "is reversed",
    "negligible": "is negligible",
    "conditional": "depends",
    "not answered": "is not answered",
}
OTHER_STARTS = {
    "rule-goods": "Without the sourced overrides of goods",
    "drawn-ties": "With the weights of the ties drawn",
}

FEW_DRAWS = 50
"""Parameter sets below which the text warns that verdicts mean little (assumption)."""

Row = dict[str, Any]


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign, or a dash for none."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def percent(value: float | None) -> str:
    """A share as a percentage, or a dash for none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.0%}".replace("%", " %")


def summary(result: Result) -> str:
    """What `blocade run` prints at its end.

    Returns
    -------
    Several lines: title, size of the experiment, verdicts from the real start (and from a clean one where the
    specification asks for it), one sentence, scale, what it rests on, what it does not answer, where the files are.
    """
    rows: list[Row] = json.loads((result.folder / "verdicts.json").read_text(encoding="utf-8"))
    real = [row for row in rows if row["start"] == "real"]
    clean = [row for row in rows if row["start"] == "clean" and _both(row)]
    lines = [str(result.manifest["title"]), _size(result), ""]
    if not real:
        end = f" {result.folder}/   charts/, tables"
        return "\n".join(
            [*lines, " In this model nothing was asked: one arm has nothing to be compared with.", "", end]
        )
    heading, *told = verdict_table([*real, *clean])
    lines += [heading, *told[: len(real)]]
    if clean:
        lines += ["", " From a clean start (no sanctions in force before):", *told[len(real) :]]
    lines += ["", *(f" {line}" for line in _other_starts(rows))]
    lines += ["", f" {sentence(real)}", f" {_scale(result)}"]
    lines += [" A share of draws is a share of parameter sets, not odds that the claim is true."]
    if result.scenario["draws"] < FEW_DRAWS:
        lines += [f" Only {result.scenario['draws']} parameter sets: enough to try a scenario, too few for a verdict."]
    lines += [f" Rests most on: {rests_on(real)}"]
    left_open = _open(result, real)
    lines += [f" {left_open}"] if left_open else []
    lines += ["", f" {result.folder}/   verdicts.json, charts/, tables"]
    return "\n".join(lines)


def verdict_table(rows: Sequence[Row]) -> list[str]:
    """Verdicts as aligned lines, a heading first."""
    most = max((row["n"] for row in rows), default=0)
    heading = ("Claim", "Change", "90 % of draws", "Above smallest effect", "Verdict")
    cells = [
        (
            row["label"],
            signed(row["estimate"]),
            f"{signed(row['low'])} … {signed(row['high'])}",
            f"{percent(row['share'])} above {signed(row['s'])}" + (f", n = {row['n']}" if row["n"] < most else ""),
            row["verdict"],
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in (heading, *cells)) for column in range(len(heading))]
    return [
        " " + "   ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in (heading, *cells)
    ]


def sentence(rows: Sequence[Row]) -> str:
    """One sentence that begins "In this model": the first estimand in full, then the first of every other claim and
    the war's."""
    head, *rest = rows
    said = {head["claim"]}
    clauses = [
        f"“{head['label']}” {WORDS[head['verdict']]}: {signed(head['estimate'])}, above {signed(head['s'])} in "
        f"{percent(head['share'])} of draws and below {signed(-head['s'])} in {percent(head['down'])}{_hangs(head)}"
    ]
    for row in rest:
        if row["claim"] not in said or row["estimand"] == "war":
            said.add(row["claim"])
            clauses.append(f"“{row['label']}” {WORDS[row['verdict']]} ({signed(row['estimate'])})")
    return f"In this model {'; '.join(clauses)}."


def rests_on(rows: Sequence[Row], most: int = 4) -> str:
    """The parameters that go with the first estimand most, and g, each with its rank correlation and whether it is
    assumed."""
    if rows[0]["n"] < LEAST_DRAWS:
        return "too few parameter sets to say."
    entries = table()
    lines = []
    for driver in rows[0]["drivers"][:most]:
        entry = entries[driver["parameter"]]
        named = entry.name if entry.symbol == entry.name else f"{entry.symbol} ({entry.name})"
        assumed = ", an assumption" if entry.assumed else ""
        weak = abs(driver["rho"]) < thresholds().driver
        also = "not on, but always reported: " if weak and driver["parameter"] in ALWAYS_REPORTED else ""
        lines.append(f"{also}{named}, {entry.meaning}: rank correlation {signed(driver['rho'])}{assumed}")
    return "\n   · ".join(["", *lines]) if lines else "no parameter stands out."


def _hangs(row: Row) -> str:
    entries = table()
    up = [entries[d["parameter"]].symbol for d in row["drivers"] if d["rho"] > 0 and d["parameter"] != "g"]
    down = [entries[d["parameter"]].symbol for d in row["drivers"] if d["rho"] < 0 and d["parameter"] != "g"]
    parts = [f"rises with {' and '.join(up)}"] * bool(up) + [f"falls with {' and '.join(down)}"] * bool(down)
    return f" (it {' and '.join(parts)})" if parts else ""


def _both(row: Row) -> bool:
    return row["hypothesis"] in ("", *BOTH_STARTS)


def _size(result: Result) -> str:
    manifest, scenario = result.manifest, result.scenario
    first = scenario["first_event"]
    early = ", the end of the run" if first is not None and manifest["window"][1] < first + thresholds().read - DT else ""
    starts = f"{len(manifest['starts'])} start{'s' if len(manifest['starts']) > 1 else ''}"
    replicates = f" × {scenario['replicates']} replicates" if scenario["replicates"] > 1 else ""
    return (
        f"world {scenario['world']}, {manifest['states']} states · {scenario['draws']} parameter sets{replicates} × "
        f"{len(scenario['arms'])} arms × {starts}, {scenario['start']:g}–{scenario['end']:g} · "
        f"effects read at {manifest['window'][0]:.2f}–{manifest['window'][1]:.2f}{early} · seed {scenario['seed']} · "
        f"{manifest['seconds']:.0f} s"
    )


def _other_starts(rows: Iterable[Row]) -> list[str]:
    """For each other start, the verdicts that differ from the real start's."""
    rows = list(rows)
    real = {(row["claim"], row["estimand"]): row for row in rows if row["start"] == "real"}
    lines = []
    for start, words in OTHER_STARTS.items():
        if not any(row["start"] == start for row in rows):
            continue
        moved = [
            row
            for row in rows
            if row["start"] == start and row["verdict"] != real[row["claim"], row["estimand"]]["verdict"]
        ]
        told = "; ".join(f"“{row['label']}” {row['verdict']} ({signed(row['estimate'])})" for row in moved)
        lines.append(f"{words}: {told or 'every verdict is the same'}.")
    return lines


def _scale(result: Result) -> str:
    ties = result.ties.query("start == 'real'").drop_duplicates(["iso3_a", "iso3_b"])
    before = {(a, b): tie for a, b, tie in zip(ties["iso3_a"], ties["iso3_b"], ties["before"], strict=True)}
    pairs = [*LANDMARKS, *combinations(result.scenario["bloc"][:3], 2)]
    told = [
        f"{result.state(a)}–{result.state(b)} {signed(tie)}"
        for a, b in pairs
        if (tie := before.get((a, b), before.get((b, a)))) is not None
    ]
    return f"Scale of a tie at the start: {', '.join(told)}; 1 = allied, −1 = hostile."


def _open(result: Result, rows: Sequence[Row]) -> str:
    """What the run leaves open, said once."""
    silent = [f"“{row['label']}”" for row in rows if row["verdict"] == "not answered"]
    if any(event["kind"] == "war" for arm in result.scenario["arms"] for event in arm["events"]):
        silent.append("whether isolation brings a war or ends it (the war is given, the same in every arm that has it)")
    return f"Not answered here: {'; '.join(silent)}." if silent else ""
