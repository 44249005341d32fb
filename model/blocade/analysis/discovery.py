"""Scenario discovery: under which parameters an effect comes about, as a box, its trajectory, and a shallow tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr

from blocade.analysis.prim import Box, Learned, Mask, counted, learn
from blocade.analysis.tree import leaves
from blocade.claims import Estimand, thresholds
from blocade.equations.arrays import Array
from blocade.experiment.finished import Finished
from blocade.experiment.store import StoreError
from blocade.parameters import Entry, entry_of, posterior, table
from blocade.start import WEIGHTS
from blocade.text import number
from blocade.theories import theories
from blocade.verdicts import FEW_DRAWS, LEAST_DRAWS, effects

TOP = 0.75
"""Quantile of the effect above which draws are of interest where no side of the smallest effect is (assumption)."""
ROUNDING = 1e-5
"""How far a median may lie from the stored one, which is rounded to six decimals as are the weights of its arms."""
DATE = "date"
"""Unit of a lever that is a date, a decimal year."""


class Cases(NamedTuple):
    """The draws that count, by rising number, and their parameters and levers, by name.

    entries : what is known of each; the unit of a lever of dates is `DATE`. draws : numbers, [draw]. x : parameters,
    [draw, parameter]. effect : [draw]. y : which are of interest, [draw].
    interest : what that means. note : why it is not a side of the smallest effect; empty where it is.
    """

    entries: tuple[Entry, ...]
    draws: npt.NDArray[np.int_]
    x: Array
    effect: Array
    y: Mask
    interest: str
    note: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.entries)


class Half(NamedTuple):
    """A box that was learned on half of the draws (even or odd numbers), and how it does on the other half."""

    learned_on: str
    fit: Box
    held_out: Box


class Leaf(NamedTuple):
    """A leaf of the tree, and the median effect in it."""

    box: Box
    median: float


@dataclass(frozen=True, eq=False)
class Found:
    """The conditions of one estimand.

    row : its stored verdict. total : draws of the result, of which those in `cases` count. pair : two parameters to
    map the effect over; None where one alone varied.
    """

    row: Mapping[str, Any]
    total: int
    cases: Cases
    learned: Learned
    halves: tuple[Half, ...]
    leaves: tuple[Leaf, ...]
    pair: tuple[str, str] | None

    @property
    def box(self) -> Box:
        """The box that is told."""
        return self.learned.box

    @property
    def columns(self) -> tuple[int, ...]:
        """Columns that the box limits, those that count most first."""
        return _columns(self.learned)


def _columns(learned: Learned) -> tuple[int, ...]:
    ends = sorted(learned.tested, key=lambda end: (learned.tested[end], end))
    return tuple(dict.fromkeys(column for column, _ in ends))


def discover(result: Finished, estimand: str | None = None, start: str = "real") -> Found:
    """Under which parameters the effect of an estimand is of interest.

    Parameters
    ----------
    estimand : its name, or claim/name; by default the first whose verdict is conditional, else the first.
    start : the start of the runs.

    Raises
    ------
    StoreError
        If there is no such estimand, or its draws are too few or too much alike to look for conditions.
    """
    row = asked(result, estimand, start)
    effect, names = effect_per_draw(result, row), varied(result, start)
    counted_in = effect.dropna()
    if len(counted_in) < FEW_DRAWS:
        raise StoreError(
            f"{result.folder}: {len(counted_in)} parameter sets give {called(row)} a number; looking for conditions "
            f"needs {FEW_DRAWS}, so run it with more `draws:`"
        )
    drawn = result.draws.set_index("draw").loc[counted_in.index, names]
    cases = cases_of(drawn, counted_in, float(row["s"]), result.scenario["levers"])
    if cases is None:
        raise StoreError(f"{result.folder}: the effect of {called(row)} is the same in nearly every parameter set")
    seed = int(result.manifest["seed"])
    learned, boxes = learn(cases.x, cases.y, seed), leaves(cases.x, cases.y, seed)
    return Found(
        row=row,
        total=len(effect),
        cases=cases,
        learned=learned,
        halves=tuple(_half(cases, parity, seed) for parity in (0, 1)),
        leaves=tuple(Leaf(box, float(np.median(cases.effect[box.holds(cases.x)]))) for box in boxes),
        pair=_pair(cases.names, cases.x, cases.effect, _columns(learned)),
    )


def _half(cases: Cases, parity: int, seed: int) -> Half:
    """Learn on the draws of one parity, by number and not at random, and measure on the rest."""
    on = cases.draws % 2 == parity
    fit = learn(cases.x[on], cases.y[on], seed).box
    return Half(("even", "odd")[parity], fit, counted(cases.x[~on], cases.y[~on], fit.low, fit.high))


def asked(result: Finished, estimand: str | None, start: str) -> Mapping[str, Any]:
    """The stored verdict of an estimand.

    Raises
    ------
    StoreError
        If there is none, or more than one of that name.
    """
    rows = [row for row in result.rows if row["start"] == start]
    if not rows:
        raise StoreError(f"{result.folder}: holds no verdicts from the start {start!r}")
    if estimand is None:
        return next((row for row in rows if row["verdict"] == "conditional"), rows[0])
    found = [row for row in rows if estimand in (row["estimand"], called(row))]
    if len(found) != 1:
        known = ", ".join(called(row) for row in found or rows)
        wrong = "several estimands are" if found else "no estimand is"
        raise StoreError(f"{result.folder}: {wrong} named {estimand!r}; there are {known}")
    return found[0]


def called(row: Mapping[str, Any]) -> str:
    """Claim and name of an estimand."""
    return f"{row['claim']}/{row['estimand']}"


def effect_per_draw(result: Finished, row: Mapping[str, Any]) -> pd.Series[float]:
    """The effect of a stored verdict in every draw, replicates averaged, by the number of the draw; NaN where the draw
    does not count.

    Raises
    ------
    StoreError
        If its median is not the stored one, as where thresholds have changed since.
    """
    share_of = row["share_of"]
    estimand = Estimand(
        claim=row["claim"], name=row["estimand"], label=row["label"], measure=row["measure"], contrast=row["contrast"],
        smallest=row["s"], read=row["read"], over=row["over"], share_of=share_of,
        total_above=thresholds().total if share_of else 0.0,
    )  # fmt: skip
    outcomes = result.table("outcomes", [("measure", "==", row["measure"])])
    outcomes = outcomes[outcomes["start"] == row["start"]]
    if "window" in outcomes:
        outcomes = outcomes[outcomes["window"] == _window(result, row)]
    values = outcomes.groupby(["draw", "arm"], observed=True)["value"].mean().unstack("arm").sort_index()
    effect = effects(estimand, {arm: values[arm].to_numpy(dtype=np.float64) for arm in estimand.arms})
    counted = effect[np.isfinite(effect)]
    middle = float(np.median(counted)) if counted.size else None
    if counted.size != row["n"] or (
        middle is not None and abs(middle - row["estimate"]) > ROUNDING * max(1.0, abs(middle))
    ):
        raise StoreError(f"{result.folder}: the outcomes of {called(row)} do not give its verdict; run it again")
    return pd.Series(effect, index=values.index)


def _window(result: Finished, row: Mapping[str, Any]) -> int:
    """Which of the recorded windows a verdict is read in: readings in the order of `api.plan`."""
    usual = thresholds()
    readings = [(usual.read, usual.over), *((one["read"], one["over"]) for one in result.rows)]
    return list(dict.fromkeys(readings)).index((row["read"], row["over"]))


def varied(result: Finished, start: str) -> list[str]:
    """Parameters and levers that differ between the runs of a start, sorted.

    The weights of the ties are drawn for all starts, but runs use them in the start drawn-ties alone, unless the
    scenario or its posterior names them; and no run of a scenario reads a parameter of the observation.

    Raises
    ------
    StoreError
        If there are none, or some that the table of parameters lacks.
    """
    scenario, drawn = result.scenario, result.draws.drop(columns="draw")
    columns = {str(name): drawn[name].to_numpy(dtype=np.float64) for name in drawn}
    unknown = sorted(set(columns) - set(table()) - set(scenario["levers"]))
    if unknown:
        raise StoreError(f"{result.folder}: was made with other parameters ({', '.join(unknown)}); run it again")
    theory = scenario["theory"]
    if theory not in theories():
        raise StoreError(f"{result.folder}: was made under the theory {theory}, which is not there; run it again")
    named = {*theories()[theory], *scenario["parameters"], *posterior(scenario["posterior"])}
    named |= set(scenario.get("design", {}).get("factors", ()))
    unused = {name for name, entry in table().items() if entry.equation == "observation"}
    unused |= set() if start == "drawn-ties" else set(WEIGHTS) - named
    names = sorted(name for name, values in columns.items() if name not in unused and np.ptp(values) > 0.0)
    if not names:
        raise StoreError(f"{result.folder}: every parameter is fixed, so there are no conditions to look for")
    return names


def cases_of(
    drawn: pd.DataFrame, effect: pd.Series[float], s: float, levers: Mapping[str, Mapping[str, Any]] | None = None
) -> Cases | None:
    """The draws and which of them are of interest; None where they are too much alike.

    Of interest is an effect beyond the smallest, s, on the rarer side that has `LEAST_DRAWS` draws and leaves as many
    (assumption). Where there is no such side, it is the top quarter of the effect.

    Parameters
    ----------
    drawn : parameters and levers, a row for each draw. effect : of the same draws. levers : of the scenario, as a
        manifest has them.
    """
    effect, names = effect.sort_index(), sorted(map(str, drawn))
    x, e = (np.asarray(part, dtype=np.float64) for part in (drawn.loc[effect.index, names], effect))
    sides = {f"effect above {number(s, sign=True)}": e > s, f"effect below {number(-s, sign=True)}": e < -s}
    usable = {words: side for words, side in sides.items() if LEAST_DRAWS <= side.sum() <= len(e) - LEAST_DRAWS}
    note = ""
    if not usable:
        most = {**sides, f"effect within ±{number(s)}": np.abs(e) <= s}
        words, side = max(most.items(), key=lambda item: item[1].sum())
        rest = len(e) - int(side.sum())
        note = f"{f'All but {rest} of' if rest else 'All'} {len(e)} draws have an {words}: looked at is the top quarter"
        top = float(np.quantile(e, TOP))
        usable = {f"effect above {number(top, sign=True)}": e > top}
    interest, y = min(usable.items(), key=lambda item: item[1].sum())
    if not LEAST_DRAWS <= y.sum() <= len(e) - LEAST_DRAWS:
        return None
    dated = {name for name, lever in (levers or {}).items() if lever["dated"]}
    entries = tuple(entry_of(name, DATE if name in dated else "1") for name in names)
    return Cases(entries, effect.index.to_numpy(), x, e, y, interest, note)


def _pair(names: Sequence[str], x: Array, effect: Array, first: Sequence[int]) -> tuple[str, str] | None:
    """Two parameters to map the effect over: the first ones, then by rank correlation; None where one alone varied."""
    if len(names) < 2:
        return None
    rho = [abs(float(spearmanr(column, effect).statistic)) for column in x.T]
    order = dict.fromkeys([*first, *sorted(range(len(rho)), key=lambda column: -rho[column])])
    one, other = list(order)[:2]
    return names[one], names[other]
