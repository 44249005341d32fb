"""Claims and their estimands, from ``seeds/claims.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML

from blocade.measures import MEASURES
from blocade.resources import seeds
from blocade.scenario.model import Scenario

SHARE_OF_TOTAL = "share of the total"
SMALLEST = 0.05
"""Smallest effect of interest on a tie or a share, where a scenario brings no claim of its own."""


@dataclass(frozen=True)
class Estimand:
    """A contrast between arms of one measure; see the head of ``seeds/claims.yaml``. ``words`` are the claim's."""

    claim: str
    name: str
    label: str
    measure: str
    contrast: Mapping[str, float]
    smallest: float
    share_of: Mapping[str, float] | None = None
    total_above: float = 0.0
    words: str = ""

    @property
    def unit(self) -> str:
        """Unit of the effect; a share of a total has its own, whatever it is a share of."""
        return MEASURES[self.measure][0] if self.share_of is None else SHARE_OF_TOTAL

    @property
    def arms(self) -> tuple[str, ...]:
        """Every arm that it compares."""
        return tuple(dict.fromkeys([*self.contrast, *(self.share_of or {})]))


@dataclass(frozen=True)
class Claim:
    """One claim, in our words."""

    slug: str
    words: str
    hypothesis: str
    scenario: str
    estimands: tuple[Estimand, ...]


@cache
def claims() -> Mapping[str, Claim]:
    """All claims by slug."""
    raw: dict[str, Any] = YAML(typ="safe", pure=True).load((seeds() / "claims.yaml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            slug: Claim(
                slug=slug,
                words=claim["words"],
                hypothesis=claim["hypothesis"],
                scenario=claim["scenario"],
                estimands=tuple(
                    Estimand(claim=slug, name=name, words=claim["words"], **fields)
                    for name, fields in claim["estimands"].items()
                ),
            )
            for slug, claim in raw.items()
        }
    )


def estimands(scenario: Scenario) -> tuple[Estimand, ...]:
    """What a scenario asks: the estimands of its claims, or every arm against the baseline where it names none."""
    if scenario.claims:
        return tuple(estimand for slug in scenario.claims for estimand in claims()[slug].estimands)
    baseline, *treated = scenario.arms
    measures = {"cohesion": "tightens the bloc"} if len(scenario.bloc) > 1 else {}
    if scenario.patron:
        measures["embrace"] = "ties the bloc to its patron"
    measures["distance"] = "parts the bloc from the senders"
    return tuple(
        Estimand(
            claim=arm.name,
            name=measure,
            label=f"{arm.label} {says}",
            measure=measure,
            contrast={arm.name: 1.0, baseline.name: -1.0},
            smallest=SMALLEST,
            words=arm.label,
        )
        for arm in treated
        for measure, says in measures.items()
    )


def unanswerable(scenario: Scenario) -> list[str]:
    """What keeps a scenario from answering its claims: one sentence for each claim that names arms it lacks."""
    arms = {arm.name for arm in scenario.arms}
    problems = []
    for slug in scenario.claims:
        lacking = sorted({arm for estimand in claims()[slug].estimands for arm in estimand.arms} - arms)
        if lacking:
            names = ", ".join(f'"{name}"' for name in lacking)
            problems.append(f'claim "{slug}" compares arms that this scenario lacks: {names}')
    return problems
