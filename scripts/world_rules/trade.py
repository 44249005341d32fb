"""Trade shares, the rest of the world, and what an embargo has erased (a gravity expectation)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .tables import BuildError, Floats, Row, Spec

SPIKE = (
    5.0  # a year's flow this many times that of the year before and after, both ways: an error of the source
)
SPIKE_FLOOR = 10.0  # million USD in the neighbouring years, below which jumps are common
EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True)
class Trade:
    """Shares [state, partner] of each state's trade (as published, and not rounded), the rest of the world [state],
    a flag per state."""

    shares: Floats
    exact: Floats
    rest: Floats
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Gravity:
    """log share = constant + gdp · log partner GDP + distance · log km."""

    constant: float
    gdp: float
    distance: float
    r_squared: float
    pairs: int

    def expect(self, gdp: Floats, km: Floats) -> Floats:
        """Expected share [state, partner]; the diagonal is 0."""
        safe = np.where(km > 0, km, 1.0)
        share = np.exp(self.constant + self.gdp * np.log(gdp)[None, :] + self.distance * np.log(safe))
        np.fill_diagonal(share, 0.0)
        return np.asarray(share)


def drop_spikes(trade: pd.DataFrame) -> pd.DataFrame:
    """Empty a pair's single year in which the flows of both directions are at least five times those beside it.

    Made for Russia-North Korea 1996 (347 and 577 million USD, between 15 and 77 in 1995 and 17 and 81 in 1997), a
    likely error of the source. Real jumps (a first gas cargo) go one way. The emptied year counts as unknown, not
    as zero.
    """
    rows = trade.sort_values(["iso3_a", "iso3_b", "year"])
    pair = rows.groupby(["iso3_a", "iso3_b"])
    wrong = pd.Series(True, index=rows.index)
    for shift in (1, -1):
        wrong &= pair["year"].shift(shift) == rows["year"] - shift
        for flow in ("flow_ab_musd", "flow_ba_musd"):
            wrong &= (pair[flow].shift(shift) >= SPIKE_FLOOR) & (
                rows[flow] >= SPIKE * pair[flow].shift(shift)
            )
    kept = trade.copy()
    kept.loc[rows.index[wrong], ["flow_ab_musd", "flow_ba_musd"]] = np.nan
    return kept


def fill_gaps(
    trade: pd.DataFrame, totals: pd.DataFrame, rows: list[Row], spec: Spec
) -> tuple[pd.DataFrame, pd.DataFrame, list[Row]]:
    """Flows and totals with the hand-made flows of the window put in, and the rows of ``trade_flows.csv`` used.

    A row gives the turnover of a pair, both directions together. It stands only where the source has no value, and
    is added to the totals of both states, which are sums over the partners the source knows.
    """
    used = [row for row in rows if spec.trade[0] <= int(row["year"]) <= spec.trade[1]]
    totals = totals.astype({"exports_musd": float})
    for row in used:
        pair, year, flow = (row["a"], row["b"]), int(row["year"]), float(row["flow_musd"])
        where = f"trade_flows.csv: {row['a']}-{row['b']} {year}"
        if row["a"] >= row["b"] or not flow > 0 or not row["source"]:
            raise BuildError(f"{where}: codes in alphabetical order, a positive flow and a source are needed")
        if ((trade["iso3_a"] == pair[0]) & (trade["iso3_b"] == pair[1]) & (trade["year"] == year)).any():
            raise BuildError(f"{where}: the source has a value; leave the row out")
        new = pd.DataFrame({"iso3_a": [pair[0]], "iso3_b": [pair[1]], "year": [year], "flow_ab_musd": [flow]})
        trade = pd.concat([trade, new], ignore_index=True)
        for code in pair:
            own = (totals["iso3"] == code) & (totals["year"] == year)
            if not own.any():
                raise BuildError(f"{where}: {code} has no totals to add the flow to")
            totals.loc[own, "exports_musd"] += flow
    return trade, totals, used


def pair_flows(trade: pd.DataFrame, year: int, codes: list[str]) -> Floats:
    """Exports plus imports [state, partner] in million USD, symmetric; 0 where the source has no row, NaN where
    its row was emptied."""
    index = {code: k for k, code in enumerate(codes)}
    flows = np.zeros((len(codes), len(codes)))
    rows = trade[(trade["year"] == year) & trade["iso3_a"].isin(codes) & trade["iso3_b"].isin(codes)]
    both = rows[["flow_ab_musd", "flow_ba_musd"]].sum(axis=1, min_count=1)
    for a, b, value in zip(rows["iso3_a"], rows["iso3_b"], both, strict=True):
        flows[index[a], index[b]] = flows[index[b], index[a]] = value
    return flows


def trade_shares(trade: pd.DataFrame, totals: pd.DataFrame, states: list[Row], spec: Spec) -> Trade:
    """Mean over the window of partner flow over total trade, rounded to 4 decimals; the rest takes the rounding.

    A state flagged ``mirror`` publishes no customs figures: flows and totals are its partners' reports. Where the
    totals of a state are missing altogether, the sum of its flows to the partners in the raw table stands in
    (flag ``partners``). A state without any trade is refused, unless it is named as ``modelled``: its shares
    stay 0 until `model_missing` gives them.
    """
    codes = [row["iso3"] for row in states]
    kept = drop_spikes(trade)
    flags = [row["trade_flag"] for row in states]
    shares = []
    for year in range(spec.trade[0], spec.trade[1] + 1):
        flows = pair_flows(kept, year, codes)
        rows = totals[totals["year"] == year].set_index("iso3")
        total = np.array((rows["exports_musd"] + rows["imports_musd"]).reindex(codes), dtype=np.float64)
        for k in np.flatnonzero(~(total > 0)):
            total[k] = _sum_of_partners(kept, year, codes[k])
            flags[k] = "partners"
        shares.append(flows / np.where(total > 0, total, np.nan)[:, None])
    mean = np.array(pd.DataFrame([share.ravel() for share in shares]).mean()).reshape(
        len(codes), len(codes)
    )
    for code, row in zip(codes, mean, strict=True):
        if code in spec.modelled:
            if np.nansum(row) > 0:
                raise BuildError(f"{code}: the source has flows in {spec.trade}; do not model its trade")
        elif not row.sum() > 0:
            raise BuildError(
                f"{code}: no trade in {spec.trade}; leave the state out or find its partners' reports"
            )
        if row.sum() > 1:
            raise BuildError(
                f"{code}: partners hold {row.sum():.4f} of its trade, more than all; check the totals"
            )
    mean[[code in spec.modelled for code in codes]] = 0.0
    rounded = np.round(mean, 4)
    return Trade(rounded, mean, np.round(1.0 - rounded.sum(axis=1), 4), tuple(flags))


def model_missing(trade: Trade, gravity: Floats, codes: list[str], modelled: tuple[str, ...]) -> Trade:
    """Shares with the expectation of gravity [state, partner] for the states of which the source has no flow.

    Both their own and their partners' with them are filled (flag ``gravity``; *assumption*). What a partner's
    share with such a state gains, its rest of the world loses.
    """
    if not modelled:
        return trade
    exact, flags = trade.exact.copy(), list(trade.flags)
    for code in modelled:
        k = codes.index(code)
        exact[k], exact[:, k], flags[k] = gravity[k], gravity[:, k], "gravity"
    rounded = np.round(exact, 4)
    rest = np.round(1.0 - rounded.sum(axis=1), 4)
    full = [code for code, left in zip(codes, rest, strict=True) if left < 0]
    if full:
        raise BuildError(f"{', '.join(full)}: no room for the modelled trade of {', '.join(modelled)}")
    return Trade(rounded, exact, rest, tuple(flags))


def _sum_of_partners(trade: pd.DataFrame, year: int, code: str) -> float:
    rows = trade[(trade["year"] == year) & ((trade["iso3_a"] == code) | (trade["iso3_b"] == code))]
    return float(rows["flow_ab_musd"].fillna(0.0).sum() + rows["flow_ba_musd"].fillna(0.0).sum())


def distances_km(states: list[Row]) -> Floats:
    """Great-circle distance between capitals [state, state] by the haversine formula."""
    lat = np.radians([float(row["lat"]) for row in states])
    lon = np.radians([float(row["lon"]) for row in states])
    half_lat = np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
    half_lon = np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    inner = half_lat + np.cos(lat)[:, None] * np.cos(lat)[None, :] * half_lon
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(inner, 0.0, 1.0))))


def fit_gravity(shares: Floats, gdp: Floats, km: Floats, free: npt.NDArray[np.bool_]) -> Gravity:
    """Least squares of log share on log partner GDP and log distance, over free pairs with a positive share."""
    use = free & (shares > 0) & (km > 0)
    target = np.log(shares[use])
    partner = np.broadcast_to(np.log(gdp)[None, :], shares.shape)[use]
    design = np.column_stack([np.ones(target.size), partner, np.log(km[use])])
    solution, *_ = np.linalg.lstsq(design, target, rcond=None)
    residual = target - design @ solution
    r_squared = 1.0 - float(residual @ residual) / float(((target - target.mean()) ** 2).sum())
    return Gravity(float(solution[0]), float(solution[1]), float(solution[2]), r_squared, int(target.size))


def expected_shares(exact: Floats, gravity: Floats, erased: npt.NDArray[np.bool_]) -> Floats:
    """Expectation [state, partner] where a long embargo holds and the pair trades under half of it; else NaN.

    One volume is seen from both sides, so a pair is judged once, by the geometric mean of its two shares over that
    of its two expectations, and both directions get a value.
    """
    under_half = np.sqrt(exact * exact.T) < np.sqrt(gravity * gravity.T) / 2
    return np.where(erased & under_half, np.round(gravity, 4), np.nan)
