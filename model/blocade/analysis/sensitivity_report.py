"""What the sensitivity analysis found, as lines for a terminal and as the body of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from blocade.analysis.sensitivity import BETWEEN, LEVELS, Screening, shared_warnings
from blocade.text import aligned, cell, percent

LITTLE = 0.05
"""Total index below which a terminal has no line for a parameter (assumption)."""
NOTABLE = 0.5
"""Reach of a parameter that was left out, from which a warning names it (assumption: what moves an effect half as far
as the strongest does makes about a quarter of its variance)."""


def told(screening: Screening, found: pd.DataFrame) -> str:
    """Both stages as text for a terminal.

    Parameters
    ----------
    found : as of `analysis.sensitivity.indices`.
    """
    lines = [*_screened(screening), *_explained(screening, found)]
    if len(found):
        cells = [("Effect, parameter", "S1", "ST", "Warning")]
        for name, part in found.groupby("estimand", sort=False):
            cells += _brief(str(name), screening, part)
        lines += ["", *aligned(cells)]
    return "\n".join(lines)


def markdown(screening: Screening, found: pd.DataFrame) -> str:
    """Both stages as the body of a page, without its title.

    Parameters
    ----------
    found : as of `analysis.sensitivity.indices`.
    """
    lines = [*_explained(screening, found), ""]
    for name, part in found.groupby("estimand", sort=False):
        shared, omitted = shared_warnings(part), _omitted(screening, str(name))
        lines += [f"## {cell(str(name))}", "", *(f"Warning: {said}.\n" for said in (*shared, *omitted))]
        lines += ["| Parameter | S1 | ST | Warning |", f"|{'---|' * 4}"]
        lines += [f"| {' | '.join(map(cell, row))} |" for row in _rows(screening, part, shared)]
        lines.append("")
    lines += ["## Screening", "", *_screened(screening), ""]
    lines += ["| Parameter | Meaning | Could move an effect by at most | Kept |", f"|{'---|' * 4}"]
    known = {factor.name: factor for factor in screening.factors}
    for name, upper, estimand in _most(screening.reach):
        reach, kept = f"{percent(upper)} ({estimand})", "yes" if name in screening.kept else "no"
        lines.append(f"| {' | '.join(map(cell, (known[name].called, known[name].meaning, reach, kept)))} |")
    return "\n".join([*lines, ""])


def _most(reach: pd.DataFrame) -> list[tuple[str, float, str]]:
    """Each factor with its reach where that is most, and the estimand; the most first."""
    if reach.empty:
        return []
    most = reach.max(axis=1).sort_values(ascending=False, kind="stable")
    where = dict(zip(reach.index, reach.idxmax(axis=1), strict=True))
    return [(str(name), float(upper), str(where[name])) for name, upper in most.items()]


def _omitted(screening: Screening, estimand: str) -> list[str]:
    """What was left out and could move an estimand notably, as a warning."""
    if estimand not in screening.left:
        return []
    called = {factor.name: factor.called for factor in screening.factors}
    found = [(name, upper) for name, upper, _ in _most(screening.left[[estimand]]) if upper >= NOTABLE]
    if not found:
        return []
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    named = ", ".join(f"{called[name]} {percent(upper)}" for name, upper in found[:3])
    return [f"left out, though they could move it: {named}{more}"]


def _screened(screening: Screening) -> list[str]:
    """What the screening kept, and how much the rest could matter, in sentences."""
    called = {factor.name: factor.called for factor in screening.factors}
    kept = ", ".join(called[name] for name in screening.kept) or "none, as nothing moves an effect that has a number"
    lines = [
        f"Morris screening of {len(called)} parameters, {screening.r} trajectories on {LEVELS} levels. Kept: {kept}."
    ]
    left = _most(screening.left)
    if left:
        named = ", ".join(f"{called[name]} {percent(upper)} ({estimand})" for name, upper, estimand in left[:3])
        more = f" The other {len(left) - 3} could move less." if len(left) > 3 else ""
        lines.append(
            f"Left out: {len(left)}. The most that they could move an effect (upper end of the 90 % interval of μ*), "
            f"as a share of what the strongest does or, if more, of the smallest that counts: {named}.{more}"
        )
    return lines + [
        f"“{name}” has no number at {count} points of the screening, so it had no say in it."
        for name, count in screening.lost.items()
    ]


def _explained(screening: Screening, found: pd.DataFrame) -> list[str]:
    """What S1 and ST are, with the strongest of an effect as the example, and what they hold for."""
    some = found.dropna(subset=["ST"])
    if some.empty:
        return ["No effect has Sobol' indices."]
    # the example is of the first effect that has a row without a warning
    clear = some[some["warning"] == ""]
    asked = (clear if len(clear) else some)["estimand"].iloc[0]
    top = some[some["estimand"] == asked].sort_values("ST", kind="stable").iloc[-1]
    called = next(factor.called for factor in screening.factors if factor.name == top["factor"])
    s1, s1_conf, st, st_conf = (percent(float(top[column])) for column in ("S1", "S1_conf", "ST", "ST_conf"))
    lines = [
        "S1 is the share of an effect's variance that goes with a parameter alone; ST adds its interactions with the "
        f"others that are kept: {called} makes {s1} ± {s1_conf} of the variance of “{top['estimand']}” alone, and "
        f"{st} ± {st_conf} with them.",
        f"N = {top['N']} base points; ± is half a 90 % interval, from the bootstrap. Parameters vary evenly over their "
        "ranges, each for itself.",
    ]
    if len(screening.left):
        held = "held at their central values (or as near to them as the scenario's ranges go)"
        lines.append(f"The other {len(screening.left)} parameters are {held}: what they add is not in the indices.")
    return lines


def _rows(screening: Screening, part: pd.DataFrame, shared: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Cells of indices, the largest ST first, without the warnings that are shared."""
    called = {factor.name: factor.called for factor in screening.factors}
    return [
        (
            called[row["factor"]],
            _index(row, "S1"),
            _index(row, "ST"),
            BETWEEN.join(one for one in row["warning"].split(BETWEEN) if one not in shared),
        )
        for row in part.sort_values("ST", ascending=False, kind="stable").to_dict("records")
    ]


def _brief(name: str, screening: Screening, part: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """One effect for a terminal: its warnings, then the parameters that matter."""
    shared, matter = shared_warnings(part), part[(part["ST"] > part["ST_conf"]) & (part["ST"] >= LITTLE)]
    rows = [(f"  {called}", s1, st, own) for called, s1, st, own in _rows(screening, matter, shared)]
    others = len(part) - len(matter)
    if others and part["ST"].notna().any():
        rows.append((f"  {others} other{'s' * (others > 1)}", "", f"< {LITTLE:g}, or may be 0", ""))
    return [(name, "", "", BETWEEN.join([*shared, *_omitted(screening, name)])), *rows]


def _index(row: Mapping[Any, Any], name: str) -> str:
    text = f"{row[name]:.2f} ± {row[f'{name}_conf']:.2f}".replace("-", "−")
    return text if np.isfinite(row[name]) else "–"
