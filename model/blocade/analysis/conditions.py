"""What a discovery found, in words and as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from blocade.analysis.discovery import DATE, Found, Half, Leaf, called
from blocade.analysis.prim import LEVEL, SHUFFLES, Box, End, dense_enough
from blocade.parameters import Entry
from blocade.scenario.dates import month
from blocade.text import cell, csv_text, listed, number, percent

FILES = ("discover.md", "trajectory.csv", "box.csv", "boxes.png", "regimes.png")
"""What a discovery writes: `tables` gives the first three, the charts are `boxes` and `regimes`."""
BOX_COLUMNS = (
    "parameter", "symbol", "unit", "end", "limit", "quasi_p", "kept", "drawn_low", "drawn_high", "meaning",
)  # fmt: skip
EXPLAINED = (
    "*Coverage*: share of all draws of interest that lie inside the box. *Density*: share of the draws inside that are "
    "of interest. *Support*: share of all draws that lie inside. *Quasi-p*: how likely so many of interest inside are "
    "if that limit does nothing (Bryant and Lempert 2010). All are shares of parameter draws, not odds that anything "
    "is true, and a box looks better on the draws from which it was learned than on others: see the halves."
)
NAMED = 4
"""Limits that a text names which chance explains; the table has all."""


def quasi_p_told(p: float) -> str:
    """A quasi-p-value to two digits."""
    return number(float(f"{p:.2g}")) if p >= 0.0001 else "below .0001"


def named(entry: Entry) -> str:
    """Symbol and name of a parameter."""
    return entry.name if entry.symbol == entry.name else f"{entry.symbol} ({entry.name})"


def explained(entry: Entry) -> str:
    """Symbol, name and meaning of a parameter."""
    inner = entry.meaning if entry.symbol == entry.name else f"{entry.name}, {entry.meaning}"
    return f"{entry.symbol} ({inner})"


def limits(low: float, high: float, unit: str) -> str:
    """An interval in words, with rounded ends: ``above .62``, ``between .2 and .5 per year``, ``before 2024-06``."""
    ends = [month(end) if unit == DATE and np.isfinite(end) else number(end) for end in (low, high)]
    below, above = ("before", "after") if unit == DATE else ("below", "above")
    behind = "" if unit in ("1", DATE) else f" {unit.replace('1/', 'per ')}"
    if np.isinf(high):
        return f"{above} {ends[0]}{behind}"
    return f"{below if np.isinf(low) else f'between {ends[0]} and'} {ends[1]}{behind}"


def conditions(box: Box, entries: Sequence[Entry], columns: Sequence[int], full: bool = True) -> list[str]:
    """The limits of a box in words, in the order of the columns; with what parameters mean, or their names alone."""
    say = explained if full else named
    return [f"{say(entries[k])} {limits(box.low[k], box.high[k], entries[k].unit)}" for k in columns]


def measured(box: Box) -> str:
    """Coverage, density and support of a box."""
    shares = f"coverage {percent(box.coverage)}, density {percent(box.density)}, support {percent(box.support)}"
    return f"{shares}, of {box.draws} draws"


def of_interest(found: Found) -> str:
    """What is of interest, and how much of it there is."""
    cases = found.cases
    shares = f"{int(cases.y.sum())} of {len(cases.y)} draws ({percent(float(cases.y.mean()))})"
    left = found.total - len(cases.y)
    parts = [f"Of interest: {cases.interest} ({found.row['unit']}), in {shares}."]
    parts += [f"{cases.note}."] if cases.note else []
    parts += [f"{left} more draws have no total to take a share of, and do not count."] if left else []
    return " ".join(parts)


def box_lines(found: Found) -> list[str]:
    """The box in words, a line for each parameter that it limits."""
    if not found.columns:
        return ["No limit on any parameter sets these draws apart better than chance."]
    tested = found.learned.tested
    lines = []
    for column, words in zip(found.columns, conditions(found.box, found.cases.entries, found.columns), strict=True):
        values = [quasi_p_told(tested[end]) for end in found.box.ends if end[0] == column]
        lines.append(f"· {words}; quasi-p {listed(values)}")
    base = found.box.cases / found.box.draws
    needed = percent(dense_enough(base))
    loose = f"Less than {needed} dense: draws of interest are more frequent there, and no more than that."
    heading = f"They gather where all of this holds ({measured(found.box)}):"
    return [heading, *lines, *([loose] if found.box.density < dense_enough(base) else [])]


def dropped_line(found: Found) -> str:
    """Which limits chance explains, and what it reaches."""
    learned, bar = found.learned, quasi_p_told(found.learned.bar)
    said = f"Limits with a quasi-p-value of {bar} or more are dropped"
    if learned.bar < LEVEL:
        said += f": chance alone reaches {bar} in one of twenty shuffles of the draws"
    dropped = sorted(learned.dropped.items(), key=lambda item: (item[1], item[0]))
    parts = [f"{_end(found, end)} ({quasi_p_told(value)})" for end, value in dropped[:NAMED]]
    parts += [f"{len(dropped) - NAMED} more"] if len(dropped) > NAMED else []
    return f"{said}. {f'Dropped: {listed(parts)}.' if parts else 'None had to be.'}"


def _end(found: Found, end: End) -> str:
    return f"{named(found.cases.entries[end[0]])} from {('below', 'above')[end[1]]}"


def half_line(half: Half, entries: Sequence[Entry]) -> str:
    """How a box that was learned on half of the draws does on the other half."""
    fit, other = half.fit, half.held_out
    if not fit.restricted:
        return f"On the {half.learned_on} draws alone no limit is more than chance."
    on = listed([named(entries[column]) for column in fit.restricted])
    return (
        f"Learned on the {half.learned_on} draws (limits on {on}): density {percent(fit.density)} and coverage "
        f"{percent(fit.coverage)} there; {percent(other.density)} and {percent(other.coverage)} on the other half, "
        f"{percent(other.cases / other.draws)} of which is of interest."
    )


def rules(found: Found) -> list[tuple[str, Leaf]]:
    """The leaves of the tree in words, densest first; none where nothing was split."""
    if len(found.leaves) == 1:
        return []
    entries = found.cases.entries
    ordered = sorted(found.leaves, key=lambda leaf: -leaf.box.density)
    return [(listed(conditions(leaf.box, entries, leaf.box.restricted, full=False)), leaf) for leaf in ordered]


def told(found: Found) -> str:
    """The discovery as text for a terminal."""
    row, split = found.row, rules(found)
    lines = [f"“{row['label']}” ({called(row)}, from the {row['start']} start)", "", of_interest(found), ""]
    lines += [*box_lines(found), "", dropped_line(found)]
    lines += [*(half_line(half, found.cases.entries) for half in found.halves), ""]
    lines += ["The draws as a tree:" if split else "As a tree: no split tells more than chance."]
    for words, leaf in split:
        shares = f"{percent(leaf.box.density)} of {leaf.box.inside} draws"
        lines.append(f"· where {words}: {shares}, median effect {number(leaf.median, sign=True)}")
    return "\n".join(f" {line}".rstrip() for line in lines)


def tables(found: Found) -> dict[str, str]:
    """What is written beside the charts: file -> content, the page first."""
    return {
        "discover.md": markdown(found),
        "trajectory.csv": csv_text(trajectory_table(found)),
        "box.csv": csv_text(box_table(found)),
    }


def trajectory_table(found: Found) -> pd.DataFrame:
    """Every box of the trajectory, the whole first: step, inside, cases (inside), support, coverage, density,
    restricted (parameters with a limit), limits, chosen (before it is pasted and chance is dropped)."""
    names = found.cases.names
    rows = [
        {
            "step": step, "inside": box.inside, "cases": box.hits, "support": box.support, "coverage": box.coverage,
            "density": box.density, "restricted": len(box.restricted), "limits": _ends(box, names),
            "chosen": step == found.learned.step,
        }
        for step, box in enumerate(found.learned.path)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _ends(box: Box, names: Sequence[str]) -> str:
    """The limits of a box for a machine: ``mu >= 0.35; phi <= 0.72``."""
    bounds, signs = (box.low, box.high), (">=", "<=")
    return "; ".join(f"{names[column]} {signs[side]} {bounds[side][column]:.6g}" for column, side in box.ends)


def box_table(found: Found) -> pd.DataFrame:
    """The limits that were found, a row for each, those that are kept first: `BOX_COLUMNS`.

    end : low or high. limit : empty where chance explains it (kept is False). drawn_low, drawn_high : of all draws.
    """
    cases, learned, bounds = found.cases, found.learned, (found.box.low, found.box.high)
    rows = []
    for kept, values in ((True, learned.tested), (False, learned.dropped)):
        for (column, side), p in sorted(values.items(), key=lambda item: (item[1], item[0])):
            entry, drawn = cases.entries[column], cases.x[:, column]
            about = (entry.name, entry.symbol, entry.unit, ("low", "high")[side])
            limit = bounds[side][column] if kept else np.nan
            rows.append((*about, limit, p, kept, drawn.min(), drawn.max(), entry.meaning))
    return pd.DataFrame(rows, columns=list(BOX_COLUMNS))


def markdown(found: Found) -> str:
    """The discovery as a page."""
    row, entries = found.row, found.cases.entries
    lines = [f"# When: {cell(row['label'])}", "", f"`{called(row)}`, from the {row['start']} start.", ""]
    lines += [of_interest(found), "", "## The box", ""]
    heading, *listed = box_lines(found)
    lines += [heading, "", *(f"- {line[2:]}" if line.startswith("· ") else f"\n{line}" for line in listed)]
    lines += [*([""] if listed else []), dropped_line(found), ""]
    lines += [*(f"{half_line(half, entries)}\n" for half in found.halves), EXPLAINED, ""]
    lines += ["![Coverage and density](boxes.png)", ""]
    lines += ["![The effect over two parameters](regimes.png)", ""] if found.pair else []
    lines += ["## The tree", ""]
    if not rules(found):
        return "\n".join([*lines, "No split tells more than chance.", ""])
    lines += ["| Where | Draws | Of interest | Median effect |", f"|{'---|' * 4}"]
    for words, leaf in rules(found):
        shares = f"{leaf.box.inside} | {percent(leaf.box.density)}"
        lines.append(f"| {cell(words)} | {shares} | {number(leaf.median, sign=True)} |")
    split = sorted({column for leaf in found.leaves for column in leaf.box.restricted})
    lines += ["", f"A split is made where none of {SHUFFLES} shuffles of the draws splits as well.", ""]
    return "\n".join([*lines, *(f"- {explained(entries[column])}" for column in split), ""])
