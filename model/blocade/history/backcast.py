"""Backcast: from the end of 2013, with the sanctions and wars that happened, every pair of states to 2021.

By channel and horizon, against naive forecasts; then with cases left out of the calibration, and under each theory.
Only figures to 2013 reach the forecasts; those after it are read to score them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from blocade.equations.arrays import Array
from blocade.experiment.runner import Progress
from blocade.history import chances, ridge
from blocade.history import scores as scoring
from blocade.history.channels import YEARLY, Channel
from blocade.history.forecasts import OURS, Forecast, Moved, forecast_with, move, naive, ours, past_of
from blocade.history.panel import PERIODS, world_of
from blocade.history.posteriors import about, reweighted
from blocade.history.record import Record, at, read_record
from blocade.history.scores import INTERVAL, Indices, Scores, ratio, resampled_weights, score, score_chance
from blocade.parameters import JUDGE, Parameters, posterior, sample
from blocade.theories import NULLS, theories

PERIOD, EARLIER = PERIODS["2010s"], PERIODS["2000s"]
BASE = PERIOD.first - 1
ALL_SEEN = "until-2021"
"""The posterior whose patterns judge theories; nothing is learnt for them."""
DRAWS, SIDE_DRAWS = 200, 60
"""Parameter sets of the backcast, and of each case left out and each theory."""
SEED = 7


@dataclass(frozen=True, eq=False)
class Judged:
    """One channel: scores of every forecast, on the same pairs.

    scores : model -> scores [year, pair]. years, rows, columns : of the scores. forecasts : kept for charts.
    """

    channel: str
    unit: str
    years: tuple[int, ...]
    rows: Indices
    columns: Indices
    scores: Mapping[str, Scores]
    observed: Array
    forecasts: Mapping[str, Array] = field(default_factory=dict)

    def best(self) -> str:
        """The naive forecast that turned out best, by its mean CRPS: the hardest to beat, known only afterwards."""
        rivals = {name: scoring.mean(found.crps) for name, found in self.scores.items() if name != OURS}
        return min(rivals, key=lambda name: rivals[name])


def records() -> tuple[Record, Record]:
    """What the forecasts may see, and what they are scored on."""
    codes = world_of(PERIOD.world).codes
    return read_record(codes, BASE), read_record(codes, PERIOD.last)


def drawn(name: str = JUDGE, draws: int = DRAWS) -> Parameters:
    """Parameter sets of a posterior."""
    return sample(draws, SEED, learned=posterior(name))


def forecasts_of(channel: Channel, known: Record, moved: Moved) -> Iterator[Forecast]:
    """The model's forecast of a channel, then every naive one."""
    horizon = len(PERIOD.years) - 1
    yield ours(channel, known, moved, SEED)
    yield from naive(channel, known, horizon)
    yield _regression(channel, known, horizon)


def _regression(channel: Channel, known: Record, horizon: int) -> Forecast:
    """Ridge regression, learnt on the earlier period at the same horizon."""
    rows, columns = channel.pairs(len(known.codes))
    past = past_of(channel, known)
    split = at(EARLIER.first - 1) + 1
    newest, before = past[-1:][0], past[split - 1]
    forecast, errors = np.empty((horizon, past.shape[1])), []
    for h in range(1, horizon + 1):
        x = ridge.inputs(EARLIER, past[:split], rows, columns, h)
        y = past[split - 1 + h] - before
        fitted = ridge.fit(x, y, SEED)
        forecast[h - 1] = newest + ridge.predict(fitted, ridge.inputs(PERIOD, past, rows, columns, h))
        error = y - ridge.predict(fitted, x)
        errors.append(error[np.isfinite(error)])
    return forecast_with(channel, ridge.NAME, forecast, errors)


def judge_yearly(channel: Channel, known: Record, truth: Record, moved: Moved) -> Judged:
    """Score every forecast of a channel with yearly figures."""
    rows, columns = channel.pairs(len(known.codes))
    years = PERIOD.years[1:]
    observed = channel.table(truth)[[at(year) for year in years]]
    scores: dict[str, Scores] = {}
    kept: dict[str, Array] = {}
    for forecast in forecasts_of(channel, known, moved):
        scores[forecast.name] = score(forecast.samples, observed)
        kept[forecast.name] = np.quantile(forecast.samples, [INTERVAL[0], 0.5, INTERVAL[1]], axis=0).astype(np.float32)
    return Judged(channel.name, channel.unit, years, rows, columns, scores, observed, kept)


def judge_chances(kind: chances.Kind, known: Record, truth: Record, moved: Moved) -> Judged:
    """Score every forecast of deliveries or pacts."""
    rows, columns = np.triu_indices(len(known.codes), k=1)
    observed = np.array([kind.figures(truth, BASE + h)[rows, columns] for h in kind.horizons])
    found = {OURS: chances.ours(kind, known, BASE, moved, EARLIER)}
    found |= dict(chances.naive(kind, known, BASE, PERIOD, EARLIER, SEED))
    scores = {name: score_chance(chance, observed) for name, chance in found.items()}
    years = tuple(BASE + h for h in kind.horizons)
    return Judged(kind.name, "chance", years, rows, columns, scores, observed)


def judge(moved: Moved) -> list[Judged]:
    """Score every channel."""
    known, truth = records()
    found = [judge_yearly(channel, known, truth, moved) for channel in YEARLY.values()]
    return found + [judge_chances(kind, known, truth, moved) for kind in chances.KINDS.values()]


def skill_table(judged: list[Judged]) -> pd.DataFrame:
    """Mean scores by channel, model and horizon; horizon 0 is the mean over all."""
    rows = []
    for one in judged:
        for name, found in one.scores.items():
            for h in range(len(one.years) + 1):
                part = slice(None) if h == 0 else slice(h - 1, h)
                if not np.isfinite(found.error[part]).any():
                    continue
                rows.append(
                    {
                        "channel": one.channel,
                        "model": name,
                        "kind": "model" if name == OURS else "naive",
                        "horizon": 0 if h == 0 else one.years[h - 1] - BASE,
                        "mae": scoring.mean(found.error[part]),
                        "crps": scoring.mean(found.crps[part]),
                        "coverage": scoring.mean(found.inside[part]),
                        "n": int(np.isfinite(found.error[part]).sum()),
                    }
                )
    return pd.DataFrame(rows)


def ratio_table(judged: list[Judged]) -> pd.DataFrame:
    """Our score over that of each naive forecast, with the paired bootstrap over states: channel, naive, measure,
    ratio, low, high, best."""
    weights = resampled_weights(world_of(PERIOD.world).size, SEED)
    rows = []
    for one in judged:
        for name, found in one.scores.items():
            if name == OURS:
                continue
            for measure in ("crps", "error"):
                got = ratio(
                    getattr(one.scores[OURS], measure), getattr(found, measure), one.rows, one.columns, weights
                )
                values = dict(zip(("ratio", "low", "high"), got, strict=True))
                rows.append(
                    {"channel": one.channel, "naive": name, "measure": measure, **values, "best": name == one.best()}
                )
    return pd.DataFrame(rows)


def forecast_table(judged: list[Judged]) -> pd.DataFrame:
    """Every forecast of the yearly channels: channel, iso3_a, iso3_b, year, observed, median, low, high, naive."""
    codes = np.array(world_of(PERIOD.world).codes)
    frames = []
    for one in judged:
        if not one.forecasts:
            continue
        low, median, high = one.forecasts[OURS]
        n, years = len(one.rows), len(one.years)
        frames.append(
            pd.DataFrame(
                {
                    "channel": one.channel,
                    "iso3_a": np.tile(codes[one.rows], years),
                    "iso3_b": np.tile(codes[one.columns], years),
                    "year": np.repeat(one.years, n),
                    "observed": one.observed.ravel(),
                    "median": median.ravel(),
                    "low": low.ravel(),
                    "high": high.ravel(),
                    "naive": one.forecasts[one.best()][1].ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def case_table(judged: list[Judged], workers: int, progress: Progress) -> pd.DataFrame:
    """Cases left out of the calibration: our CRPS over the best naive one on the pairs of the case, with the posterior
    that saw the case and with the one that did not, as many sets of either."""
    known, _ = records()
    saw = move(PERIOD, drawn(JUDGE, SIDE_DRAWS), SEED, workers)
    world = world_of(PERIOD.world)
    cases = about(JUDGE)["cases"]
    rows = []
    for place, case in enumerate(cases):
        moved = move(PERIOD, sample(SIDE_DRAWS, SEED, learned=reweighted(JUDGE, case)), SEED, workers)
        k = world.index(case)
        for one in judged:
            if one.channel not in YEARLY:
                continue
            channel = YEARLY[one.channel]
            mine = (one.rows == k) | (one.columns == k)
            blind, seeing = (
                score(ours(channel, known, sets, SEED).samples[:, :, mine], one.observed[:, mine]).crps
                for sets in (moved, saw)
            )
            best = one.scores[one.best()].crps[:, mine]
            known_too = np.isfinite(best)
            rows.append(
                {
                    "case": case,
                    "channel": one.channel,
                    "without": float(blind[known_too].sum() / best[known_too].sum()),
                    "with": float(seeing[known_too].sum() / best[known_too].sum()),
                    "n": int(known_too.sum()),
                }
            )
        progress(place + 1, len(cases))
    return pd.DataFrame(rows)


def theory_table(judged: list[Judged], workers: int, progress: Progress) -> pd.DataFrame:
    """Each theory and null model from its own prior: CRPS over the best naive one by channel, with interval, and the
    log evidence of all patterns to 2021 relative to the best theory."""
    known, _ = records()
    weights = resampled_weights(world_of(PERIOD.world).size, SEED)
    evidence = about(ALL_SEEN)["theories"]
    rows = []
    for place, name in enumerate(theories()):
        moved = move(PERIOD, sample(SIDE_DRAWS, SEED, theories()[name]), SEED, workers)
        for one in judged:
            if scoring.mean(one.scores[one.best()].crps) == 0.0:
                continue  # nothing to be better than: every pact stood, and persistence said so
            if one.channel in YEARLY:
                crps = score(ours(YEARLY[one.channel], known, moved, SEED).samples, one.observed).crps
            else:
                kind = chances.KINDS[one.channel]
                crps = score_chance(chances.ours(kind, known, BASE, moved, EARLIER), one.observed).crps
            got = ratio(crps, one.scores[one.best()].crps, one.rows, one.columns, weights)
            rows.append(
                {
                    "theory": name,
                    "kind": "null" if name in NULLS else "theory",
                    "channel": one.channel,
                    **dict(zip(("crps", "low", "high"), got, strict=True)),
                    "evidence": evidence[name] - max(evidence.values()),
                }
            )
        progress(place + 1, len(theories()))
    return pd.DataFrame(rows)
