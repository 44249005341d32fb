"""One scenario under other sets of mechanisms: the theories, the null models, and all mechanisms but one.

The evidence names another null model, influence on ties after Friedkin and Johnsen. It is not run, because no
equation of this model lets one state's opinion move another's: homophily, ties that return to rest at the rate β, is
that model without the influence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from blocade.parameters import table
from blocade.policy.events import Event
from blocade.randomness import identity
from blocade.scenario.model import Arm, Scenario
from blocade.theories import MECHANISMS, NULLS, theories

PERMUTED = "permuted"
SHOWN = 5
"""Expectations that a table of sets has room for."""


@dataclass(frozen=True)
class Variant:
    """A scenario under one set of mechanisms. kind : theory, null or without, as the sign map groups them."""

    name: str
    kind: str
    scenario: Scenario


def variants(scenario: Scenario, codes: Sequence[str]) -> tuple[Variant, ...]:
    """A scenario under every theory and null model, and under all mechanisms but one, from the real start.

    Parameters the scenario fixes stay fixed under every theory. The permuted null is left out where fewer states stand
    outside than the bloc has members.

    Parameters
    ----------
    codes : of all states of the world, in its order.
    """
    found = [Variant(name, "theory", replace(scenario, theory=name)) for name in theories() if name not in NULLS]
    found += [Variant(name, "null", replace(scenario, theory=name)) for name in NULLS]
    targets = scapegoats(scenario, codes)
    if targets:
        arms = tuple(_elsewhere(arm, targets, codes) for arm in scenario.arms)
        found.append(Variant(PERMUTED, "null", replace(scenario, theory="full", arms=arms)))
    for force, parameter in MECHANISMS.items():
        without = {**scenario.parameters, parameter: 0.0}
        found.append(Variant(f"without-{force}", "without", replace(scenario, theory="full", parameters=without)))
    return tuple(
        replace(
            one,
            scenario=replace(one.scenario, name=f"{scenario.name}, {one.name}", starts=("real",), charts=("verdicts",)),
        )
        for one in found
    )


def scapegoats(scenario: Scenario, codes: Sequence[str]) -> dict[str, str]:
    """A state for each member of the bloc, on which falls what is meant for the member.

    Drawn without replacement from those outside the bloc, patron and senders whom no event names, so that nobody acts
    on itself and no two acts fall together; keyed by the seed. Empty where they are too few.
    """
    named = {state for arm in scenario.arms for event in arm.events for state in (*_on(event), *_by(event))}
    named |= {*scenario.bloc, *scenario.senders, scenario.patron or ""}
    pool = [code for code in codes if code not in named]
    if len(pool) < len(scenario.bloc):
        return {}
    rng = np.random.default_rng([scenario.seed, int(identity(PERMUTED))])
    drawn = rng.choice(len(pool), size=len(scenario.bloc), replace=False)
    return {member: pool[index] for member, index in zip(scenario.bloc, drawn, strict=True)}


def _elsewhere(arm: Arm, targets: Mapping[str, str], codes: Sequence[str]) -> Arm:
    """An arm in which whatever is done to the bloc, but for its wars, is done to others."""
    events = []
    for event in arm.events:
        moved = {targets.get(code, code) for code in _on(event)}
        if event.kind == "war" or moved == set(_on(event)):
            events.append(event)
        else:
            events.append(replace(event, on=tuple(code for code in codes if code in moved)))  # type: ignore[arg-type]
    return replace(arm, events=tuple(events))


def _on(event: Event) -> tuple[str, ...]:
    return getattr(event, "on", None) or ()


def _by(event: Event) -> tuple[str, ...]:
    return getattr(event, "by", None) or ()


def mechanisms(scenario: Scenario) -> tuple[str, ...]:
    """The mechanisms that can act: those whose parameter is not fixed at 0."""
    settings = {**theories()[scenario.theory], **scenario.parameters}
    priors = {name: (table()[name].low, table()[name].high) for name in MECHANISMS.values()}
    return tuple(force for force, name in MECHANISMS.items() if np.any(settings.get(name, priors[name])))


def sign_table(answers: Sequence[tuple[Variant, Sequence[Mapping[str, Any]]]]) -> pd.DataFrame:
    """A row for each set and expectation.

    Parameters
    ----------
    answers : each variant with its stored verdicts.
    """
    kept = ("claim", "estimand", "label", "unit", "n", "estimate", "low", "high", "down", "flat", "s", "verdict")
    rows = [
        {
            "theory": one.name,
            "kind": one.kind,
            "mechanisms": mechanisms(one.scenario),
            **{name: verdict[name] for name in kept},
            "up": verdict["share"],
        }
        for one, verdicts in answers
        for verdict in verdicts
    ]
    return pd.DataFrame(rows).astype(dict.fromkeys(("estimate", "low", "high", "up", "down", "flat"), float))


def foremost(signs: pd.DataFrame) -> pd.DataFrame:
    """The rows of the first expectation of each claim, and of the next ones while there is room."""
    asked = signs[signs["theory"] == signs["theory"].iloc[0]]
    order = [*asked.drop_duplicates("claim")["label"], *asked["label"]]
    chosen = list(dict.fromkeys(order))[:SHOWN]
    return signs[signs["label"].isin(chosen)]
