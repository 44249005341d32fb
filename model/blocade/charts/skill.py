"""Skill: how far forecasts of each channel miss by how many years ahead, against naive forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from blocade.charts.panels import subplots
from blocade.charts.style import (
    ARM_LOOKS,
    BASELINE_LOOK,
    BLACK,
    BLUE,
    GREY,
    finish,
    line_key,
    message,
    panel_title,
    sheet,
    styled,
    where,
)
from blocade.text import listed

SCORES = MappingProxyType({"mae": "mean absolute error", "crps": "CRPS", "coverage": "inside the 90 % band"})
MARKERS = ("s", "^", "v", "D", "X", "P", "<", ">")
WIDTH, PANEL = 10.0, 1.7


class Line(NamedTuple):
    """How a model is drawn: colour, line, marker, width and whether it lies on top."""

    colour: str
    line: Any
    marker: str
    width: float
    order: float


def looks(skill: pd.DataFrame) -> dict[str, Line]:
    """The look of every model, models thick and before the naive forecasts."""
    table = skill.drop_duplicates("model")
    models, naive = (list(table.loc[(table["kind"] == "model") == is_model, "model"]) for is_model in (True, False))
    dashes = ("-", (0, (5, 1.5)), (0, (1, 1)))
    thick = {name: Line(BLUE, dashes[k % 3], "o", 2.8, 3.0 - 0.1 * k) for k, name in enumerate(models)}
    thin = [*ARM_LOOKS[1:], BASELINE_LOOK, (GREY, "-"), (BLACK, ":")]
    rest = {
        name: Line(*thin[k % len(thin)], MARKERS[k % len(MARKERS)], 1.1, 2.0) for k, name in enumerate(naive)
    }  # fmt: skip
    return thick | rest


def horizons(chosen: Sequence[float], every: Sequence[float]) -> str:
    """Some of all horizons in words: ``at every horizon``, ``from 3 years on``, ``up to 4 years``, ``at 2–3 years``."""
    if len(every) > 1 and len(chosen) == len(every):
        return "at every horizon"
    if 1 < len(chosen) < len(every) and list(chosen) == list(every[-len(chosen) :]):
        return f"from {chosen[0]:g} years on"
    if 1 < len(chosen) < len(every) and list(chosen) == list(every[: len(chosen)]):
        return f"up to {chosen[-1]:g} years"
    runs: list[list[float]] = []
    for horizon in chosen:
        if runs and every.index(horizon) == every.index(runs[-1][-1]) + 1:
            runs[-1].append(horizon)
        else:
            runs.append([horizon])
    said = [f"{run[0]:g}–{run[-1]:g}" if len(run) > 1 else f"{run[0]:g}" for run in runs]
    return f"at {listed(said)} {'year' if said == ['1'] else 'years'}"


def _compared(skill: pd.DataFrame, channel: str, model: str) -> tuple[str, str]:
    """At which horizons a model's mean absolute error is below every naive one, and to which it loses, and where."""
    errors = where(skill, channel=channel).pivot_table(index="horizon", columns="model", values="mae")
    naive = [name for name in where(skill, channel=channel, kind="naive")["model"].unique() if name in errors]
    if model not in errors or not naive:
        return "", ""
    errors = errors[errors[model].notna() & errors[naive].notna().any(axis=1)]
    ahead = errors[naive].le(errors[model], axis=0)
    lost = ahead.any(axis=1)
    every, losses = [float(h) for h in errors.index], [float(h) for h in errors.index[lost]]
    wins = [h for h in every if h not in losses]
    beaten_by = [name for name in naive if ahead.loc[lost, name].all()]
    error = errors.loc[lost].mean()
    best = min(beaten_by, key=lambda name: float(error[name]), default="one naive forecast or another")
    return (
        horizons(wins, every) if wins else "",
        f"to {best} {horizons(losses, every)}" if losses else "",
    )


def _together(said: Mapping[str, str]) -> list[str]:
    """Channels of which the same is said, with it."""
    return [
        f"{listed([name for name, other in said.items() if other == what])} {what}"
        for what in dict.fromkeys(said.values())
        if what
    ]


def _title(skill: pd.DataFrame) -> str:
    models = list(where(skill, kind="model")["model"].unique())
    if not models:
        return "No model is among the forecasts that are scored"
    model, found = models[0], {name: _compared(skill, name, models[0]) for name in skill["channel"].unique()}
    wins, losses = (_together({name: said[k] for name, said in found.items()}) for k in (0, 1))
    if not wins and not losses:
        return f"There is no naive forecast that {model} could be compared with"
    won = listed([f"of {said}" for said in wins])
    lost = listed([f"on {said}" for said in losses])
    beats = f"{model} beats every naive forecast {won}" if wins else f"{model} beats the naive forecasts nowhere"
    return f"{beats}; it loses {lost}" if losses else beats


def _panel(axes: Axes, rows: pd.DataFrame, measure: str, drawn: dict[str, Line]) -> None:
    for name, look in drawn.items():
        line = where(rows, model=name).sort_values("horizon")
        if line[measure].notna().any():
            axes.plot(
                line["horizon"], line[measure], color=look.colour, ls=look.line, lw=look.width, marker=look.marker,
                ms=5 if look.width > 2 else 3.5, mew=0, zorder=look.order, gid=f"line {name}",
            )  # fmt: skip
    axes.margins(x=0.04)
    if measure == "coverage":
        axes.axhline(0.9, color=GREY, lw=0.8, ls=":", zorder=1, gid="nominal")
        axes.set(ylim=(0.0, 1.05), yticks=[0.0, 0.5, 0.9])
        axes.yaxis.set_major_formatter(lambda y, _: f"{100 * y:.0f} %")


def _from_zero(pair: Sequence[Axes], rows: pd.DataFrame) -> None:
    """Errors of one channel on one axis from 0, so that heights compare."""
    top = np.nanmax([0.0, *rows["mae"], *rows["crps"]])
    for axes in pair:
        axes.set_ylim(0.0, 1.08 * top if top > 0.0 else 1.0)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4))


def _counts(skill: pd.DataFrame) -> str:
    """From how many forecasts the errors are, by channel."""
    spans = skill.groupby("channel", sort=False)["n"].agg(["min", "max"]).dropna()
    said = [
        f"{name} {low:,.0f}" + (f"–{high:,.0f}" if high > low else "")
        for name, low, high in spans.itertuples()
    ]  # fmt: skip
    return f"Forecasts at a horizon: {listed(said)}." if said else ""


def draw(skill: pd.DataFrame, source: str) -> Figure:
    """Mean absolute error, CRPS and coverage by horizon: a row of panels for each channel, a line for each model.

    Parameters
    ----------
    skill : a row for each channel, model and horizon: channel, model, kind ("model" or "naive"), horizon, mae, crps,
        coverage, n; what a model does not give is NaN.
    """
    if skill.empty:
        return message(source, "No forecast was scored", "The table holds no forecast.")
    with styled():
        channels, drawn = list(skill["channel"].unique()), looks(skill)
        key: list[Artist] = [
            line_key(name, look.line, look.colour, look.width, look.marker) for name, look in drawn.items()
        ]
        notes = (
            "Lower errors are better; they are in the unit of their channel, so rows do not compare. CRPS: the error "
            "of the whole forecast, equal to the absolute error where it is one number. The title compares mean "
            "absolute errors, be the gap ever so small (a tie is a loss): what lies close together may be luck. "
            f"Dotted: the 90 % that a band promises; a band above it is too wide. {_counts(skill)}"
        )
        figure = sheet(source, _title(skill), notes, WIDTH, PANEL * len(channels) + 0.4, key)
        panels = subplots(figure, len(SCORES) * len(channels), len(SCORES), sharex=True, sharey=False)
        for k, channel in enumerate(channels):
            row, rows = panels[len(SCORES) * k : len(SCORES) * (k + 1)], where(skill, channel=channel)
            for axes, (measure, words) in zip(row, SCORES.items(), strict=True):
                _panel(axes, rows, measure, drawn)
                panel_title(axes, f"{channel}: {words}", (WIDTH - 1.6) / len(SCORES))
            _from_zero(row[:2], rows)
        known = sorted(skill["horizon"].unique())
        for axes in panels[-len(SCORES) :]:
            axes.set_xlabel("Years ahead")
            axes.xaxis.set_major_locator(FixedLocator(known) if len(known) <= 10 else MaxNLocator(8, integer=True))
        return finish(figure)
