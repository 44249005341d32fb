"""What validation and backcast found, as Markdown and as lines for a terminal; failures first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from blocade.history.forecasts import OURS
from blocade.parameters import table

KEPT_BY_EVIDENCE = float(np.log(20.0))
"""Log evidence that a theory may lie behind the best before history drops it: twenty to one (assumption)."""


def markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)])


def signed(value: float, digits: int = 2) -> str:
    """A number with a true minus, a dash where there is none."""
    if np.isinf(value):
        return "∞" if value > 0.0 else "−∞"
    return "–" if not np.isfinite(value) else f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def ordered(scores: pd.DataFrame) -> pd.DataFrame:
    """Patterns with failures first, the furthest miss first of all."""
    missed = (scores["median"] - scores["observed"]).abs() / scores["tolerance"]
    return scores.assign(missed=missed.fillna(np.inf)).sort_values(
        ["passed", "missed"], ascending=[True, False], kind="stable"
    )


def pattern_rows(scores: pd.DataFrame) -> list[list[str]]:
    """Cells of the scorecard: pattern, observed, simulated, tolerance, result."""
    rows = []
    for row in ordered(scores).to_dict("records"):
        rows.append(
            [
                row["label"],
                row["channel"],
                signed(row["observed"]),
                f"{signed(row['median'])} [{signed(row['low'])}, {signed(row['high'])}]",
                f"±{row['tolerance']:.2f}",
                ("pass" if row["passed"] else "**fail**") + (" (seen)" if row["seen"] else ""),
            ]
        )
    return rows


PATTERN_HEADER = ("Pattern", "Channel", "Observed", "Simulated [5–95 %]", "Tolerance", "Result")


def claim_rows(claims: pd.DataFrame) -> list[list[str]]:
    """Cells of the table of claims about history, those that do not hold first."""
    return [
        [
            row["words"],
            ", ".join(row["met"]) or "none",
            ", ".join(row["missed"]) or "none",
            "holds" if row["holds"] else "**does not hold**",
        ]
        for row in claims.sort_values("holds", kind="stable").to_dict("records")
    ]


CLAIM_HEADER = ("Claim about history", "Channels met", "Channels missed", "In two channels")


def skill_rows(skill: pd.DataFrame, measure: str, digits: int) -> tuple[list[str], list[list[str]]]:
    """One channel's scores: a row for each model, best first, a column for each horizon; and the header."""
    wide = skill.pivot(index="model", columns="horizon", values=measure)
    wide = wide.loc[wide[0].sort_values().index]
    header = ["Forecast", "all years", *(f"+{h}" for h in wide.columns if h)]
    rows = [
        [f"**{name}**" if name == OURS else str(name), *(signed(row[h], digits) for h in wide.columns)]
        for name, row in wide.iterrows()
    ]
    return header, rows


def ratio_rows(ratios: pd.DataFrame, measure: str = "crps") -> list[list[str]]:
    """Our score over the best naive one, channels where we lose first."""
    best = ratios[(ratios["measure"] == measure) & ratios["best"]].sort_values("ratio", ascending=False)
    return [
        [row["channel"], row["naive"], f"{signed(row['ratio'], 3)} [{signed(row['low'], 3)}, {signed(row['high'], 3)}]",
         compared(row)]
        for row in best.to_dict("records")
    ]  # fmt: skip


RATIO_HEADER = ("Channel", "Best naive forecast (known afterwards)", "CRPS ratio [90 % of states resampled]", "blocade")


def compared(row: Mapping[Any, Any]) -> str:
    """Whether a ratio of scores says better, worse or neither."""
    if row["low"] > 1.0:
        return "**loses**"
    return "wins" if row["high"] < 1.0 else "no difference"


def kept(theories: pd.DataFrame) -> dict[str, bool]:
    """Theories that history keeps: those whose evidence is within twenty to one of the best.

    Forecasts do not decide it: what no theory moves (votes) is forecast best by the theory that moves least.
    """
    evidence = theories.groupby("theory", sort=False)["evidence"].first()
    return {str(name): bool(value >= -KEPT_BY_EVIDENCE) for name, value in evidence.items()}


def theory_rows(theories: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """A row for each theory: CRPS ratios by channel, evidence, kept or not; those that are dropped first."""
    keeps = kept(theories)
    wide = theories.pivot(index="theory", columns="channel", values="crps")
    channels = list(theories["channel"].unique())
    evidence = theories.groupby("theory")["evidence"].first()
    names = sorted(wide.index, key=lambda name: (keeps[name], -evidence[name]))
    header = ["Theory", *channels, "Log evidence", "History"]
    rows = [
        [name, *(signed(wide.loc[name, channel], 3) for channel in channels), signed(float(evidence[name]), 1),
         "keeps it" if keeps[name] else "**drops it**"]
        for name in names
    ]  # fmt: skip
    return header, rows


def parameter_rows(about: Mapping[str, Any], seen: bool) -> list[list[str]]:
    """What a posterior says of the parameters that it sees (or does not), most shrunk first."""
    entries = table()
    found = [(name, told) for name, told in about["parameters"].items() if told["seen"] is seen]
    found.sort(key=lambda item: -item[1]["shrinkage"])
    return [
        [
            f"{entries[name].symbol} (`{name}`)",
            f"{entries[name].low:g} … {entries[name].high:g}",
            f"{signed(told['mean'])} [{signed(told['low'])}, {signed(told['high'])}]",
            f"{100 * told['shrinkage']:.0f} %",
            signed(told["recovery"]),
            f"{100 * told['coverage90']:.0f} %, {100 * told['coverage50']:.0f} %",
        ]
        for name, told in found
    ]


PARAMETER_HEADER = (
    "Parameter", "Prior", "Posterior mean [5–95 %]", "Interval shrinks by", "Recovery (rank correlation)",
    "Coverage of 90 %, 50 % intervals",
)  # fmt: skip


def rejection_rows(about: Mapping[str, Any], labels: Mapping[str, str]) -> list[list[str]]:
    """Which pattern rejects what, most first."""
    found = sorted(about["patterns"].items(), key=lambda item: -item[1]["rejects"])
    return [
        [
            labels[name],
            f"{100 * told['rejects']:.1f} %",
            f"{100 * told['alone']:.1f} %",
            *("{} [{}, {}]".format(*(signed(x) for x in told[kind])) for kind in ("prior", "posterior")),
        ]
        for name, told in found
    ]


REJECTION_HEADER = ("Pattern", "Rejects of the prior", "It alone", "Prior gives", "Posterior gives")
