"""Forecasts that are registered before what they say is known: votes of 2022-2024, from the end of 2021."""

from __future__ import annotations

import numpy as np
import pandas as pd

from blocade.equations.arrays import Array
from blocade.experiment.runner import Progress
from blocade.history.backcast import DRAWS, SEED
from blocade.history.channels import YEARLY
from blocade.history.forecasts import move, naive, ours
from blocade.history.panel import PERIODS, world_of
from blocade.history.record import read_record
from blocade.history.scores import INTERVAL
from blocade.parameters import posterior, sample

PERIOD = PERIODS["2020s"]
LEARNT = "until-2021"
RIVAL = "half persistence, half five-year mean"
"""The naive forecast that is registered beside: the best of votes in the backcast (docs/validation.md)."""
NAMES = ("votes_2022_2024", "votes_2022_2024_naive")


def registered(workers: int, progress: Progress) -> dict[str, pd.DataFrame]:
    """The distance of UN ideal points (final passage) of every pair of states of world 2021, in 2022-2024: the model's
    forecast through the observation model, and the naive one. Name -> iso3_a, iso3_b, year, mean, q05, q95.
    """
    channel = YEARLY["votes"]
    codes = world_of(PERIOD.world).codes
    known = read_record(codes, PERIOD.first - 1)
    moved = move(PERIOD, sample(DRAWS, SEED, learned=posterior(LEARNT)), SEED, workers, progress)
    rival = next(one for one in naive(channel, known, len(PERIOD.years) - 1) if one.name == RIVAL)
    samples = (ours(channel, known, moved, SEED).samples, rival.samples)
    return {name: _table(one, codes) for name, one in zip(NAMES, samples, strict=True)}


def _table(samples: Array, codes: tuple[str, ...]) -> pd.DataFrame:
    rows, columns = YEARLY["votes"].pairs(len(codes))
    names, years = np.array(codes), PERIOD.years[1:]
    low, high = np.quantile(samples, INTERVAL, axis=0)
    return pd.DataFrame(
        {
            "iso3_a": np.tile(names[rows], len(years)),
            "iso3_b": np.tile(names[columns], len(years)),
            "year": np.repeat(years, len(rows)),
            **{
                name: values.round(3).ravel()
                for name, values in (("mean", samples.mean(axis=0, dtype=float)), ("q05", low), ("q95", high))
            },
        }
    )
