"""Acts in force: sanctions and isolation, from the hand-made table of public acts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .tables import BuildError, Row, Spec, every_code, in_force, members

BROAD = 0.8  # severity from which an act covers trade and finance broadly
ERASING_YEARS = 5  # for how long a broad act must have held before trade counts as erased
SEVERITIES = (0.2, 0.5, 0.8, 1.0)
KINDS = ("sanctions", "isolation")


@dataclass(frozen=True)
class Act:
    """One act in force by the senders on one target (a row of ``acts.csv`` may name several targets)."""

    id: str
    senders: tuple[str, ...]
    target: str
    kind: str
    severity: float
    row: Row

    def sender_codes(self, groups: dict[str, set[str]], codes: list[str]) -> set[str]:
        """Codes of the states bound by the act; a UN act binds every state but its target."""
        found: set[str] = set()
        for name in self.senders:
            found |= set(codes) if name == "UN" else groups.get(name, {name})
        return (found & set(codes)) - {self.target}


def split(names: str) -> tuple[str, ...]:
    """Names in a semicolon list, in order."""
    return tuple(name.strip() for name in names.split(";") if name.strip())


def acts_at(rows: list[Row], year: int, date: str, codes: list[str]) -> list[Act]:
    """Acts in force on `date`, with the targets' groups spelt out as of `year`.

    Senders and targets that are not among `codes` are left out; an act without a sender left is dropped.
    ``holds_from`` is the day from which an act that was tightened or eased is as its row says.
    """
    groups = members(year)
    known = every_code() | set(groups) | {"UN"}
    present = set(codes) | set(groups) | {"UN"}
    acts = []
    for row in rows:
        names = split(row["senders"]) + split(row["target"])
        strangers = [name for name in names if name not in known]
        if strangers:
            raise BuildError(f"acts.csv: {row['id']}: {', '.join(strangers)} is neither a state nor a group")
        if row["kind"] not in KINDS or float(row["severity"]) not in SEVERITIES or not row["source"]:
            raise BuildError(f"acts.csv: {row['id']}: kind, severity or source is not by the written rule")
        if not in_force(row["holds_from"] or row["begin"], row["end"], date):
            continue
        for name in split(row["target"]):
            for target in sorted(groups.get(name, {name}) & set(codes)):
                senders = tuple(name for name in split(row["senders"]) if name in present - {target})
                if not senders:
                    continue
                acts.append(Act(row["id"], senders, target, row["kind"], float(row["severity"]), row))
    return acts


def covered(acts: list[Act], year: int, codes: list[str], severity: float) -> npt.NDArray[np.bool_]:
    """Pairs [state, state], symmetric, between which an act of at least this severity is in force."""
    index = {code: k for k, code in enumerate(codes)}
    groups = members(year)
    pairs = np.zeros((len(codes), len(codes)), dtype=np.bool_)
    for act in acts:
        if act.severity >= severity:
            for sender in act.sender_codes(groups, codes):
                pairs[index[act.target], index[sender]] = pairs[index[sender], index[act.target]] = True
    return pairs


def erased(rows: list[Row], spec: Spec, codes: list[str]) -> npt.NDArray[np.bool_]:
    """Pairs under a broad act both at the world's date and five years before it.

    Looking at two dates lets one act take over from another (the United Kingdom's from the EU's) and keeps out
    what is younger than five years (the UN's broad acts on North Korea, of 2017, in the world of 2021).
    """
    sanctions = [row for row in rows if row["kind"] == "sanctions"]
    earlier = spec.year - ERASING_YEARS
    now = acts_at(sanctions, spec.year, spec.date, codes)
    before = acts_at(sanctions, earlier, f"{earlier}-{spec.day}", codes)
    return covered(now, spec.year, codes, BROAD) & covered(before, earlier, codes, BROAD)


def act_rows(acts: list[Act]) -> list[Row]:
    """Rows of a world's ``acts.csv``: one per act and target, dated by their beginning."""
    rows = []
    for act in acts:
        row = act.row
        rows.append(
            {
                "id": act.id
                if ";" not in row["target"] and row["target"] == act.target
                else f"{act.id}-{act.target}",
                "act": row["act"],
                "number": row["number"],
                "date": row["begin"],
                "senders": ";".join(act.senders),
                "target": act.target,
                "kind": act.kind,
                "severity": f"{act.severity:g}",
                "note": row["note"],
                "source": row["source"],
            }
        )
    return sorted(rows, key=lambda row: (row["kind"] != "sanctions", row["target"], row["date"], row["id"]))
