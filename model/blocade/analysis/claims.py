"""Claims and their estimands, from ``seeds/claims.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML

from blocade.measures import MEASURES
from blocade.policy.events import Event
from blocade.resources import seeds
from blocade.scenario.model import Arm, Scenario

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
                    Estimand(**{"claim": slug, "name": name, "words": claim["words"], **fields})
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
    measures = {"cohesion": "the bloc tightens"} if len(scenario.bloc) > 1 else {}
    if scenario.patron:
        measures["embrace"] = "the bloc is tied to its patron"
    measures["distance"] = "the bloc parts from the senders"
    return tuple(
        Estimand(
            claim=arm.name,
            name=measure,
            label=f"{arm.label}: {says}{'' if _wars(arm) == _wars(baseline) else ' (its wars differ too)'}",
            measure=measure,
            contrast={arm.name: 1.0, baseline.name: -1.0},
            smallest=SMALLEST,
            words=arm.label,
        )
        for arm in treated
        for measure, says in measures.items()
    )


def _wars(arm: Arm) -> set[Event]:
    """The wars of an arm: where they differ, a difference between arms is theirs as well as the policy's."""
    return {event for event in arm.events if event.kind == "war"}


def unanswerable(scenario: Scenario) -> list[str]:
    """What keeps a scenario from answering its claims: one sentence for each claim that lacks arms or a patron."""
    arms = {arm.name for arm in scenario.arms}
    problems = []
    for slug in scenario.claims:
        lacking = sorted({arm for estimand in claims()[slug].estimands for arm in estimand.arms} - arms)
        if lacking:
            names = ", ".join(f'"{name}"' for name in lacking)
            problems.append(f'claim "{slug}" compares arms that this scenario lacks: {names}')
        if scenario.patron is None and any(estimand.measure == "embrace" for estimand in claims()[slug].estimands):
            problems.append(
                f'claim "{slug}" measures the tie to a patron; name one with `patron:`, or leave the claim out'
            )
    return problems
