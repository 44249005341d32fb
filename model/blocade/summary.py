"""The answer as text: the table of verdicts, one sentence, what it rests on and where the files are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from blocade.claims import thresholds
from blocade.experiment.finished import Finished, Row
from blocade.experiment.plan import DT
from blocade.parameters import entry_of, sets_told
from blocade.text import aligned, cell, percent, signed
from blocade.verdicts import FEW_DRAWS, LEAST_DRAWS, MEANING

if TYPE_CHECKING:
    import pandas as pd

BOTH_STARTS = ("H1", "H6", "H10")
"""Hypotheses that are reported from a clean start too (H6: from the real one low doses lie below what is in force)."""
DAGGER = " †"
SETTLED = "† The equations settle the sign before anything is run, so only the size is an answer"
"""Mark of an estimand whose sign is no result, and what it means."""
LANDMARKS = (("RUS", "BLR"), ("USA", "GBR"), ("USA", "CHN"))
"""Pairs that give a reader the scale of a tie."""
WORDS = MappingProxyType({
    "supported": "holds",
    "reversed": "is reversed",
    "negligible": "is negligible",
    "conditional": "depends",
    "not answered": "is not answered",
})
OTHER_STARTS = MappingProxyType({
    "rule-goods": "Without the sourced overrides of goods",
    "drawn-ties": "With the weights of the ties drawn",
})

EXPLAINED = (
    "An *expectation* is what a claim predicts, worded so that the claim expects a rise. *Change* is the median over "
    "parameter draws of the difference between the arms that are compared, in the unit given; *90 % of draws* runs "
    "from the 5th to the 95th percentile; n is given where not every draw counts. Effects are read {read:g} years "
    "after the first event, as the mean of {over:g} year, unless another time is named. *Above* and *below* are the "
    "shares of draws that rise or fall by more than the smallest effect that counts, fixed before the runs. † marks a "
    "sign that the equations settle before anything is run, with the reason: only its size is an answer. *Clean "
    "start*: without the acts in force at the start. *Hangs on* names the parameters whose rank correlation with a "
    "change that is not negligible is at least {driver:g} (or what chance gives the best of all, if more), + where "
    "it rises with them; the symbols are those of `seeds/parameters.csv`."
)


def summary(result: Finished) -> str:
    """What `blocade run` prints at its end.

    Returns
    -------
    Several lines: title, size of the experiment, verdicts from the real start (and from a clean one where the
    specification asks for it), one sentence, scale, what it rests on, what it does not answer, where the files are.
    """
    rows = result.rows
    real = [row for row in rows if row["start"] == "real"]
    clean = [row for row in rows if row["start"] == "clean" and both_starts(row)]
    lines = [str(result.manifest["title"]), size(result), *stop_told(result.manifest.get("stopped")), ""]
    if not real:
        end = f" {result.folder}/   report.html, charts/, tables"
        return "\n".join([*lines, f" {sentence(real)}", "", end])
    heading, *told = verdict_table([*real, *clean])
    lines += [heading, *told[: len(real)]]
    if clean:
        lines += ["", " From a clean start (no sanctions in force before):", *told[len(real) :]]
    if any(row["settled"] for row in real):
        lines += ["", f" {SETTLED}."]
    others = [f" {line}" for line in other_starts(rows)]
    lines += ["", *others] if others else []
    lines += ["", f" {sentence(real)}", f" {scale(result)}"]
    lines += [" A share of draws is a share of parameter sets, not odds that the claim is true."]
    lines += [f" {warning}" for warning in few(result.sets)]
    lines += [f" Rests most on: {rests_on(real)}"]
    silent = left_open(result, real)
    lines += [f" {silent}"] if silent else []
    lines += ["", f" {result.folder}/   report.html, verdicts.json, charts/, tables"]
    return "\n".join(lines)


def stop_told(stopped: Row | None) -> list[str]:
    """Where a sequential run stopped, and why; nothing of another."""
    if stopped is None:
        return []
    low, high, narrower = stopped["low"], stopped["high"], stopped["narrower"]
    found = "none yet" if low is None else f"{signed(low, 3)} … {signed(high, 3)}"
    why = "" if stopped["reached"] else "not "
    rounds = f"{stopped['rounds']} round{'s' if stopped['rounds'] > 1 else ''}"
    return [
        f"stopped after {stopped['draws']} draws ({rounds}{'' if stopped['reached'] else ', the most'}): 95 % interval "
        f"of the median of “{stopped['label']}” {found}, {why}narrower than {narrower:g}"
    ]


def verdict_table(rows: Sequence[Row]) -> list[str]:
    """Verdicts as aligned lines, a heading first."""
    most = max((row["n"] for row in rows), default=0)
    heading = ("Expectation", "Change", "90 % of draws", "Above and below the smallest effect", "Verdict")
    cells = [
        (
            row["label"] + (DAGGER if row["settled"] else ""),
            signed(row["estimate"]),
            f"{signed(row['low'])} … {signed(row['high'])}",
            beyond(row) + (f", n = {row['n']}" if row["n"] < most else ""),
            row["verdict"],
        )
        for row in rows
    ]
    return aligned([heading, *cells])


def sentence(rows: Sequence[Row]) -> str:
    """One sentence that begins "In this model": the first estimand in full, then the first of every other claim and
    the war's."""
    if not rows:
        return "In this model nothing was asked: one arm has nothing to be compared with."
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
    lines = []
    for driver in rows[0]["drivers"][:most]:
        entry = entry_of(driver["parameter"])
        named = entry.name if entry.symbol == entry.name else f"{entry.symbol} ({entry.name})"
        assumed = ", an assumption" if entry.assumed else ""
        also = "not on, but always reported: " if _weak(driver) else ""
        lines.append(f"{also}{named}, {entry.meaning}: rank correlation {signed(driver['rho'])}{assumed}")
    return "\n   · ".join(["", *lines]) if lines else "no parameter stands out."


def _hangs(row: Row) -> str:
    up = [entry_of(d["parameter"]).symbol for d in strong(row) if d["rho"] > 0]
    down = [entry_of(d["parameter"]).symbol for d in strong(row) if d["rho"] < 0]
    parts = [f"rises with {' and '.join(up)}"] * bool(up) + [f"falls with {' and '.join(down)}"] * bool(down)
    return f" (it {' and '.join(parts)})" if parts else ""


def few(draws: int) -> list[str]:
    """A warning where verdicts mean little."""
    return [f"Only {draws} parameter sets: enough to try, too few for a verdict."] if draws < FEW_DRAWS else []


def symbols(row: Row) -> str:
    """The parameters that an effect hangs on, with the sign of their rank correlation: ``+φ −μ``."""
    return " ".join(f"{'+' if one['rho'] > 0 else '−'}{entry_of(one['parameter']).symbol}" for one in strong(row))


def strong(row: Row) -> list[Row]:
    """The drivers of an effect without those that are told although they are weak."""
    return [driver for driver in row["drivers"] if not _weak(driver)]


def _weak(driver: Row) -> bool:
    """Whether a driver is told only because it always is; older results do not say, and are held to the plain bound."""
    return bool(driver.get("weak", abs(driver["rho"]) < thresholds().driver))


def both_starts(row: Row) -> bool:
    """Whether an effect is reported from a clean start too."""
    return row["hypothesis"] in ("", *BOTH_STARTS)


def size(result: Finished) -> str:
    """World, runs, time and seed in a line; how long it took, once it is known."""
    manifest, scenario = result.manifest, result.scenario
    first = scenario["first_event"]
    soon = first is not None and manifest["window"][1] < first + thresholds().read - DT
    early = ", the end of the run" if soon else ""
    starts = f"{len(manifest['starts'])} start{'s' if len(manifest['starts']) > 1 else ''}"
    replicates = f" × {scenario['replicates']} replicates" if scenario["replicates"] > 1 else ""
    sets = sets_told(result.sets, scenario["posterior"])
    return (
        f"world {Path(scenario['world']).name}, {manifest['states']} states · {sets}{replicates} × "
        f"{len(scenario['arms'])} arms × {starts}, {scenario['start']:g}–{scenario['end']:g} · "
        f"effects read at {manifest['window'][0]:.2f}–{manifest['window'][1]:.2f}{early} · seed {scenario['seed']}"
        + (f" · {manifest['seconds']:.0f} s" if "seconds" in manifest else "")
    )


def other_starts(rows: Iterable[Row]) -> list[str]:
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


def scale(result: Finished) -> str:
    """Ties at the start that a reader knows, and those of the bloc."""
    ties = result.ties.query("start == 'real'").drop_duplicates(["iso3_a", "iso3_b"])
    before = {(a, b): tie for a, b, tie in zip(ties["iso3_a"], ties["iso3_b"], ties["before"], strict=True)}
    pairs = [*LANDMARKS, *combinations(result.scenario["bloc"][:3], 2)]
    told = [
        f"{result.state(a)}–{result.state(b)} {signed(tie)}"
        for a, b in pairs
        if (tie := before.get((a, b), before.get((b, a)))) is not None
    ]
    return f"Scale of a tie at the start: {', '.join(told)}; 1 = allied, −1 = hostile."


def left_open(result: Finished, rows: Sequence[Row]) -> str:
    """What the run leaves open, said once."""
    silent = [f"“{row['label']}”" for row in rows if row["verdict"] == "not answered"]
    wars = [event for arm in result.scenario["arms"] for event in arm["events"] if event["kind"] == "war"]
    if not all(war.get("limited") for war in wars):  # the end of a limited war is an answer of the model
        silent.append("whether isolation brings a war or ends it (the war is given, the same in every arm that has it)")
    return f"Not answered here: {'; '.join(silent)}." if silent else ""


def headline(table: pd.DataFrame) -> str:
    """How many claims got a number, and how the first expectation of each came out whose sign the equations leave
    open."""
    first = foremost(table)
    count, settled = table[table["n"] > 0]["claim"].nunique(), int((first["settled"] != "").sum())
    open_ = first[first["settled"] == ""]["verdict"]
    told = [f"{(open_ == verdict).sum()} {verdict}" for verdict in WORDS if verdict in set(open_)]
    rest = f"; {settled} with a sign that the equations settle" if settled else ""
    return f"{count} of {len(first)} claims got a number; by their first open expectation: {', '.join(told)}{rest}"


def foremost(table: pd.DataFrame) -> pd.DataFrame:
    """The first expectation of each claim whose sign is open, else its first."""
    real = table[table["start"] != "clean"]
    ordered = real.assign(given=real["settled"] != "").sort_values("given", kind="stable")
    return ordered.drop_duplicates("claim").sort_index()


def beyond(row: Mapping[Any, Any], up: str = "share") -> str:
    """The shares of draws above and below the smallest effect."""
    s = row["s"]
    return f"{percent(row[up])} above {signed(s)}, {percent(row['down'])} below {signed(-s)}"


def change(row: Mapping[Any, Any]) -> tuple[str, str]:
    """The median and the interval, with a third decimal where the smallest effect needs it."""
    digits = 2 if row["s"] >= thresholds().smallest else 3
    return signed(row["estimate"], digits), f"{signed(row['low'], digits)} … {signed(row['high'], digits)}"


def claims_markdown(table: pd.DataFrame, places: Mapping[str, str], made: str) -> str:
    """The claims table as Markdown, claim by claim.

    Parameters
    ----------
    places : where the name of a scenario links to; without a place it is no link.
    made : the command that makes it.
    """
    usual = thresholds()
    silent = [f"`{slug}`" for slug, rows in table.groupby("claim", sort=False) if not rows["n"].any()]
    without = f"Without a number, for the reason given there: {', '.join(silent)}." if silent else ""
    explained = EXPLAINED.format(read=usual.read, over=usual.over, driver=usual.driver)
    lines = ["# The claims", "", f"Made by {made}.", "", f"{headline(table)}. {without}".strip(), ""]
    lines += [" ".join([explained, MEANING, *few(table["n"].max())]), ""]
    draws = table.groupby("scenario")["n"].transform("max")
    for number, (slug, rows) in enumerate(table.assign(draws=draws).groupby("claim", sort=False), start=1):
        first = rows.iloc[0]
        name, place = first["scenario"], places.get(first["scenario"])
        asked = [f"`{slug}`", *([f"hypothesis {first['hypothesis']}"] if first["hypothesis"] else [])]
        asked += [f"mechanism {first['mechanism']}", f"scenario {f'[{name}]({place})' if place else name or 'none'}"]
        asked += [f"[chart]({first['chart']})"] if first["chart"] else []
        lines += [f"## {number}. {first['words']}", "", " · ".join(asked), ""]
        lines += _expectations(rows) if first["estimand"] else [f"Not answered: {first['note']}.", ""]
    return "\n".join(lines)


def _expectations(rows: pd.DataFrame) -> list[str]:
    usual = thresholds()
    lines = ["| Expectation | Change | 90 % of draws | Above / below | Verdict | Hangs on |", f"|{'---|' * 6}"]
    for row in rows.to_dict("records"):
        when = [f"read after {row['read']:g} years"] if row["read"] != usual.read else []
        when += [f"mean of {row['over']:g} years"] if row["over"] != usual.over else []
        when += ["clean start"] if row["start"] == "clean" else []
        label = cell(row["label"]) + (f" ({', '.join(when)})" if when else "")
        if row["n"]:
            middle, interval = change(row)
            counted = f", n = {row['n']}" if row["n"] < row["draws"] else ""
            numbers = [f"{middle} ({row['unit']})", interval, beyond(row) + counted, _verdict(row)]
        else:
            numbers = ["–", "–", "–", f"**{row['verdict']}**: {row['note']}"]
        hangs = "" if row["verdict"] == "negligible" else row["drivers"]
        lines.append(f"| {' | '.join([label, *numbers, hangs or '–'])} |")
    return [*lines, ""]


def _verdict(row: Mapping[Any, Any]) -> str:
    return f"**{row['verdict']}**" + (f" † {row['settled']}" if row["settled"] else "")


def claims_brief(table: pd.DataFrame) -> str:
    """The first expectation of every claim that has a number, as aligned lines."""
    first = foremost(table[table["n"] > 0]).to_dict("records")
    heading = ("Claim", "First open expectation", "Verdict", "Change", "90 % of draws", "Scenario")
    cells = [
        (row["claim"], row["label"] + DAGGER * bool(row["settled"]), row["verdict"], *change(row), row["scenario"])
        for row in first
    ]
    lines = [*aligned([heading, *cells]), "", f" {headline(table)}."]
    return "\n".join([*lines, *(f" {warning}" for warning in few(table["n"].max()))])
