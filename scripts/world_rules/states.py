"""What each state is: capability, regime, armament."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .tables import BuildError, Floats, Row, column, in_force, round_to

LOOK_BACK = 10  # years
CAP = 5.0  # times the mean burden


def people_at(rows: list[Row], date: str) -> list[Row]:
    """Rows of ``states.csv`` that hold on `date`, by code; a state may have several, one after the other."""
    people = sorted((row for row in rows if in_force(row["from"], row["to"], date)), key=lambda row: row["iso3"])
    codes = [row["iso3"] for row in people]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise BuildError(f"states.csv: {', '.join(twice)}: two rows hold on {date}; mend from and to")
    return people


def armament(
    capabilities: pd.DataFrame, year: int, cinc: Floats, gdp: Floats, codes: list[str]
) -> tuple[Floats, list[str]]:
    """Military burden relative to the mean of the states, rounded to .05, and the rule used for each.

    ``observed``: SIPRI's share of GDP in the world's year. ``last-YYYY``: its last value within ten years.
    ``cinc``: share of CINC over share of GDP times the mean burden, at most five times the mean (assumption: a
    closed state's strength beyond its economy shows in its burden). Only the rounded index is passed on.
    """
    burden = column(capabilities, year, "milex_share_gdp", codes)
    rules = ["observed" if np.isfinite(value) else "" for value in burden]
    for back in range(1, LOOK_BACK + 1):
        earlier = column(capabilities, year - back, "milex_share_gdp", codes)
        for k in np.flatnonzero(np.isnan(burden) & np.isfinite(earlier)):
            burden[k], rules[k] = earlier[k], f"last-{year - back}"
    mean = float(np.nanmean(burden))
    if not mean > 0:
        raise BuildError(f"military burden {year}: no positive value; check capabilities.csv")
    stand_in = np.minimum((cinc / cinc.sum()) / (gdp / gdp.sum()), CAP)
    for k in np.flatnonzero(np.isnan(burden)):
        burden[k], rules[k] = stand_in[k] * mean, "cinc"
    return round_to(burden / mean, 0.05), rules
