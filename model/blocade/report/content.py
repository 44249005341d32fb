"""What a report says of a result: the words and cells, without any markup."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from blocade import resources
from blocade.experiment.finished import Finished, Row
from blocade.parameters import JUDGE, PRIOR, entry_of
from blocade.scenario.dates import month
from blocade.scenario.words import event_told, named
from blocade.summary import (
    DAGGER,
    SETTLED,
    WORDS,
    beyond,
    change,
    few,
    left_open,
    other_starts,
    scale,
    size,
    stop_told,
    strong,
)
from blocade.text import percent, signed

JUDGED = "judged.csv"
"""Table of seeds/history: how each pattern of history came out under each posterior."""


@dataclass(frozen=True)
class Table:
    """A table with its heading; the first cell of a row names the row."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Judgement:
    """How history judges a posterior: patterns in all, missed, and of those that it has not seen."""

    posterior: str
    patterns: int
    missed: tuple[str, ...]
    unseen: int
    unseen_missed: int


def answer(rows: Sequence[Row]) -> tuple[str, str]:
    """Two sentences: the first expectation with its uncertainty, and how far parameter sets agree.

    Parameters
    ----------
    rows : verdicts from the real start.
    """
    if not rows:
        return ("Nothing was asked: one arm has nothing to be compared with.", "A second arm makes it a question.")
    head = rows[0]
    asked = f"“{head['label']}”"
    if not head["n"]:
        return (
            f"The first expectation, {asked}, is not answered: in no parameter set did what it asks about happen.",
            "The table says how the others came out.",
        )
    middle, interval = change(head)
    low, high = interval.split(" … ")
    words = "depends on parameters" if head["verdict"] == "conditional" else WORDS[head["verdict"]]
    sets = f"{head['n']} parameter sets" if head["n"] > 1 else "the one parameter set"
    first = (
        f"In this model {asked} {words}: the median change over {sets} is {middle} ({head['unit']}; the claim expects "
        f"a rise), and nine in ten lie between {low} and {high}."
    )
    hangs = strong(head) if head["verdict"] != "negligible" else []
    on = f" and hangs most on {entry_of(hangs[0]['parameter']).meaning}" if hangs else ""
    return first, (
        f"It lies above {signed(head['s'])} in {percent(head['share'])} of the sets and below {signed(-head['s'])} in "
        f"{percent(head['down'])}{on}; these are shares of parameter sets, not odds that the claim is true."
    )


def verdicts(rows: Sequence[Row], caption: str) -> Table:
    """Every expectation with its numbers and its verdict."""
    most = max((row["n"] for row in rows), default=0)
    cells = []
    for row in rows:
        middle, interval = change(row)
        counted = f" (n = {row['n']})" if row["n"] < most else ""
        verdict = row["verdict"] + (DAGGER if row["settled"] else "")
        cells.append((row["label"], f"{middle} ({row['unit']})", interval, beyond(row) + counted, verdict))
    head = ("Expectation", "Median change", "90 % of sets", "Beyond the smallest effect", "Verdict")
    return Table(caption, head, cells)


def settled(rows: Sequence[Row]) -> list[str]:
    """What the dagger means, and why the sign of each marked expectation is settled."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row["settled"] and row["label"] not in (labels := reasons.setdefault(row["settled"], [])):
            labels.append(row["label"])
    told = [f"{', '.join(f'“{label}”' for label in labels)}: {reason}." for reason, labels in reasons.items()]
    return [f"{SETTLED}.", *told] if told else []


def carried(row: Row) -> list[tuple[str, ...]]:
    """What goes with an effect most: symbol, meaning, rank correlation, and what the range rests on."""
    found: list[tuple[str, ...]] = []
    for driver in row["drivers"]:
        entry = entry_of(driver["parameter"])
        found.append((entry.symbol, f"{entry.meaning} ({entry.name})", signed(driver["rho"]), entry.source))
    return found


def drivers(rows: Sequence[Row]) -> list[Table]:
    """A table of drivers for each expectation that has any and is not negligible, at most the first of each claim."""
    head = ("Parameter", "Meaning", "Rank correlation", "Its range rests on")
    tables = []
    for _, asked in groupby(rows, key=lambda row: row["claim"]):
        row = next(asked)
        if row["verdict"] != "negligible" and (found := carried(row)):
            tables.append(Table(f"What “{row['label']}” goes with", head, found))
    return tables


@cache
def judgements() -> Mapping[str, Judgement]:
    """How history judges every committed posterior, from seeds/history/judged.csv."""
    with (resources.seeds() / "history" / JUDGED).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for name, judged in groupby(rows, key=lambda row: row["posterior"]):
        patterns = list(judged)
        missed = tuple(row["label"] for row in patterns if row["passed"] == "no")
        unseen = [row for row in patterns if row["seen"] == "no"]
        found[name] = Judgement(name, len(patterns), missed, len(unseen), sum(row["passed"] == "no" for row in unseen))
    return found


def judgement(result: Finished) -> tuple[str, tuple[str, ...]]:
    """History's judgement in words, and the patterns that are missed."""
    own = result.scenario["posterior"]
    if own not in judgements() and own != PRIOR:
        return (f"The posterior {own} has not been held against history: `blocade validate --posterior {own}`.", ())
    judged = judgements()[JUDGE if own == PRIOR else own]
    said = (
        f"Under the posterior {judged.posterior} the model misses {len(judged.missed)} of {judged.patterns} patterns "
        f"of history, and {judged.unseen_missed} of the {judged.unseen} that it was not fitted to."
    )
    if own == PRIOR:
        said = (
            "Parameter sets of this run come from the published ranges, which are wider than what history allows "
            f"(`--posterior until-2021` takes what it allows). {said}"
        )
    return said, judged.missed


def arms(result: Finished) -> Table:
    """What is compared: every arm with its events, a lever by its name and range."""
    listed, used = result.scenario["arms"], dict[tuple[str, int], dict[str, str]]()
    for name, lever in result.scenario["levers"].items():
        for arm, place, key in lever["uses"]:
            used.setdefault((arm, place), {})[key] = f"{name} ({_span(lever['low'], lever['high'], lever['dated'])})"
    rows = []
    for arm in listed:
        events = [
            event_told({**event, **used.get((arm["name"], place), {})}, result.scenario, result.manifest["names"])
            for place, event in enumerate(arm["events"])
        ]
        label = arm["label"] + (" (baseline)" if arm is listed[0] else "")
        rows.append((label, "; ".join(events) or "nothing beyond what was in force"))
    return Table("The arms that are compared", ("Arm", "What happens in it"), rows)


def parameters(result: Finished) -> Table:
    """Every parameter and lever with what was drawn of it."""
    rows = []
    for name in result.draws.columns.drop("draw"):
        drawn, entry = result.draws[name], entry_of(str(name))
        dated = name in result.scenario["levers"] and result.scenario["levers"][name]["dated"]
        span = _span(float(drawn.min()), float(drawn.max()), dated)
        rows.append((entry.symbol, entry.meaning, span, "date" if dated else entry.unit, entry.source))
    return Table("Parameters, from the least to the largest value that was drawn",
                 ("Parameter", "Meaning", "Drawn", "Unit", "Source"), rows)  # fmt: skip


def _span(low: float, high: float, dated: bool) -> str:
    ends = [month(x) if dated else f"{x:.3g}".replace("-", "−") for x in (low, high)]
    return ends[0] if low == high else " … ".join(ends)


def provenance(result: Finished) -> Table:
    """What it takes to make these results again."""
    manifest, scenario = result.manifest, result.scenario
    versions = manifest["versions"]
    rows = [
        ("Scenario", scenario["name"]),
        ("World", f"{Path(scenario['world']).name}, {manifest['states']} states"),
        ("Size", size(result)),
        ("Parameter sets", f"{result.sets}, {_source(scenario['posterior'])}"),
        ("Effects are read", f"{month(manifest['window'][0])} to {month(manifest['window'][1])}"),
        ("Begun", manifest.get("begun", "not recorded")),
        ("blocade", versions["blocade"]),
        ("Python and NumPy", f"{versions['python']}, {versions['numpy']}"),
    ]
    rows += [(f"Input {name}", f"SHA-256 {digest[:16]}…") for name, digest in manifest["inputs"]["files"].items()]
    return Table("How these results were made", ("What", "Value"), rows)


def _source(posterior: str) -> str:
    return "from the published ranges" if posterior == PRIOR else f"from the posterior {posterior}"


def limits(result: Finished, rows: Sequence[Row]) -> list[str]:
    """What to keep in mind: warnings, other starts, what is left open, the scale of a tie."""
    every = [*few(result.sets), *stop_told(result.manifest.get("stopped")), *other_starts(rows)]
    real = [row for row in rows if row["start"] == "real"]
    return [*every, *filter(None, [left_open(result, real)]), scale(result)]


def side_by_side(results: Sequence[Finished], rows: Sequence[Sequence[Row]]) -> Table:
    """Expectations that several results have, from the real start: median and verdict of each."""
    found: dict[tuple[str, str], list[str]] = {}
    labels: dict[tuple[str, str], str] = {}
    for place, verdict_rows in enumerate(rows):
        for row in verdict_rows:
            if row["start"] == "real":
                key = (row["claim"], row["estimand"])
                labels.setdefault(key, row["label"])
                cells = found.setdefault(key, ["–"] * len(rows))
                cells[place] = f"{change(row)[0]} [{change(row)[1].replace(' … ', ', ')}] {row['verdict']}"
    table = [(labels[key], *cells) for key, cells in found.items()]
    caption = "Median change, 90 % of parameter sets and verdict in each result; – where it was not asked"
    return Table(caption, _numbered("Expectation", results), table)


def apart(results: Sequence[Finished]) -> Table:
    """In which settings the results differ."""
    found = [_settings(result) for result in results]
    rows = [(key, *(one[key] for one in found)) for key in found[0] if len({one[key] for one in found}) > 1]
    return Table("Settings that differ", _numbered("Setting", results), rows)


def _numbered(first: str, results: Sequence[Finished]) -> tuple[str, ...]:
    return first, *(f"{number}. {result.folder.name}" for number, result in enumerate(results, start=1))


def _settings(result: Finished) -> dict[str, str]:
    scenario = result.scenario
    ranges = [f"{name} {_ends(value)}" for name, value in scenario["parameters"].items()]
    levers = [f"{name} {_span(x['low'], x['high'], x['dated'])}" for name, x in scenario["levers"].items()]
    told = {
        "question": result.manifest["title"],
        "world": Path(scenario["world"]).name,
        "bloc": named(scenario["bloc"], result.manifest["names"]),
        "patron": result.state(scenario["patron"]) if scenario["patron"] else "none",
        "senders": named(scenario["senders"], result.manifest["names"]),
        "years": f"{month(scenario['start'])} to {month(scenario['end'])}",
        "arms": "; ".join(arm["label"] for arm in scenario["arms"]),
        "theory": scenario["theory"],
        "posterior": scenario["posterior"],
        "parameters that are set": ", ".join(ranges),
        "levers": ", ".join(levers),
        "parameter sets": str(result.sets),
        "replicates": str(scenario["replicates"]),
        "seed": str(scenario["seed"]),
        "version": result.manifest["versions"]["blocade"],
    }
    return {key: value or "none" for key, value in told.items()}


def _ends(value: float | Sequence[float]) -> str:
    return f"{value:g}" if isinstance(value, int | float) else _span(value[0], value[1], False)
