"""The four channels of a tie: votes V, defence D, arms R, enmity X (the formula itself is ``World.ties``)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .acts import Act
from .tables import BuildError, Floats, Row, Spec, in_force, round_to

LOOK_BACK = 10  # years, for the last vote of a state without a vote in the window
ARMS_SCALE = 3.5  # log10 of about 3,000 TIV in five years, the largest dyads: assumption
ARMS_YEARS = 5  # a shorter window is scaled up to this: assumption
PARTNER_RULES = ("treaty", "partner", "dead letter")
ENMITY_RULES = {
    "armed clash": 1.0,
    "occupation": 1.0,
    "no relations": 1.0,
    "declared rivalry": 0.5,
    "declared hostility": 0.5,
    "sanctions between allies": 0.5,
    "ambassador expelled": 0.5,
    "deadly clash without firearms": 0.5,
}


def vote_channel(ideal_points: pd.DataFrame, spec: Spec, codes: list[str]) -> Floats:
    """Likeness of votes [state, state] in [-1, 1].

    Mean over the window of the distances |x_i - x_j| of the all-votes ideal points, double-centred over the
    states (so that neither a loner nor the sheer spread counts as hostility), divided by the mean distance, sign
    turned, clipped. The diagonal (distance 0) is part of the means and is then set to 0. For a state named as
    ``voteless`` its last point before the window, at most ten years old, stands in (assumption).
    """
    rows = ideal_points[ideal_points["year"].between(*spec.votes)]
    table = rows.pivot(index="iso3", columns="year", values="ideal_point_all").reindex(codes)
    for code in spec.voteless:
        if table.loc[code].notna().any():
            raise BuildError(f"ideal points {spec.votes}: {code} has votes; it is not voteless")
        table.loc[code] = _last_point(ideal_points, code, spec.votes[0])
    lost = [code for code in codes if table.loc[code].isna().all()]
    if lost:
        raise BuildError(f"ideal points {spec.votes}: no value for {', '.join(lost)}; leave the state out")
    points = np.asarray(table, dtype=np.float64)
    distance = np.nanmean(np.abs(points[:, None, :] - points[None, :, :]), axis=2)
    mean = distance.mean()
    centred = distance - distance.mean(axis=0) - distance.mean(axis=1)[:, None] + mean
    votes = np.clip(-centred / mean, -1.0, 1.0)
    np.fill_diagonal(votes, 0.0)
    return np.asarray(votes)


def _last_point(ideal_points: pd.DataFrame, code: str, before: int) -> float:
    rows = ideal_points[(ideal_points["iso3"] == code) & ideal_points["ideal_point_all"].notna()]
    rows = rows[rows["year"].between(before - LOOK_BACK, before - 1)].sort_values("year")
    return float(rows["ideal_point_all"].iloc[-1]) if len(rows) else float("nan")


def defence_channel(
    alliances: pd.DataFrame, pacts: list[Row], acts: list[Act], spec: Spec, codes: list[str]
) -> Floats:
    """Defence pacts [state, state] in [0, 1]: ATOP, then the hand table, then halved under UN sanctions.

    A pact counts half where a UN act binds one ally to sanction the other: the promise to defend and the duty
    to sanction pull apart (assumption: half).
    """
    index = {code: k for k, code in enumerate(codes)}
    defence = np.zeros((len(codes), len(codes)))
    atop = alliances[(alliances["year"] == spec.alliances) & (alliances["defense"] == 1)]
    for a, b in zip(atop["iso3_a"], atop["iso3_b"], strict=True):
        if a in index and b in index:
            defence[index[a], index[b]] = defence[index[b], index[a]] = 1.0
    for row in pacts:
        if row["rule"] not in PARTNER_RULES:
            raise BuildError(
                f"pacts.csv: {row['a']}-{row['b']}: rule must be one of {', '.join(PARTNER_RULES)}"
            )
        if in_force(row["from"], row["to"], spec.date) and {row["a"], row["b"]} <= set(codes):
            a, b = index[row["a"]], index[row["b"]]
            defence[a, b] = defence[b, a] = float(row["weight"])
    under_un = {act.target for act in acts if act.senders == ("UN",)}
    for code in under_un & set(codes):
        defence[index[code], :] /= 2
        defence[:, index[code]] /= 2
    for a in under_un & set(codes):  # halved once, also where both allies are under UN sanctions
        for b in under_un & set(codes):
            defence[index[a], index[b]] *= 2
    return defence


def arms_flows(arms: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """Arms delivered in five years, one row per directed dyad: iso3_a (supplier), iso3_b, tiv.

    SIPRI's own yearly tables where they have the dyad-year, else its register (the tables end in 2021). A window
    shorter than five years, where the series begins too late, is scaled up to five (*assumption*).
    """
    rows = arms[arms["year"].between(*spec.arms)]
    tiv = rows["tiv_table_millions"].fillna(rows["tiv_millions"])
    tiv *= ARMS_YEARS / (spec.arms[1] - spec.arms[0] + 1)
    return rows.assign(tiv=tiv).groupby(["iso3_a", "iso3_b"])["tiv"].sum().reset_index()


def arms_channel(arms: pd.DataFrame, spec: Spec, codes: list[str]) -> Floats:
    """Arms bond [state, state] in [0, 1]: min(1, log10(1 + TIV)/3.5), larger direction, rounded to .05.

    Rounded because SIPRI's rows may not be passed on: this is an index, from which no delivery can be read.
    """
    index = {code: k for k, code in enumerate(codes)}
    tiv = np.zeros((len(codes), len(codes)))
    flows = arms_flows(arms, spec)
    for a, b, value in zip(flows["iso3_a"], flows["iso3_b"], flows["tiv"], strict=True):
        if a in index and b in index and a != b:
            tiv[index[a], index[b]] = value
    larger = np.maximum(tiv, tiv.T)
    return round_to(np.minimum(1.0, np.log10(1.0 + larger) / ARMS_SCALE), 0.05)


def enmity_channel(enmity: list[Row], spec: Spec, codes: list[str]) -> Floats:
    """Enmity [state, state] in [0, 1] by the written rule; the highest entry in force counts."""
    index = {code: k for k, code in enumerate(codes)}
    levels = np.zeros((len(codes), len(codes)))
    for row in enmity:
        where = f"enmity.csv: {row['a']}-{row['b']} from {row['from']}"
        if ENMITY_RULES.get(row["rule"]) != float(row["level"]):
            raise BuildError(f"{where}: level {row['level']} is not the level of the rule '{row['rule']}'")
        if not row["source"]:
            raise BuildError(f"{where}: no source; name the public event")
        if in_force(row["from"], row["to"], spec.date) and {row["a"], row["b"]} <= set(codes):
            a, b = index[row["a"]], index[row["b"]]
            levels[a, b] = levels[b, a] = max(levels[a, b], float(row["level"]))
    return levels
