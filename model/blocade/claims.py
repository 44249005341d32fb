"""Claims, hypotheses and thresholds, from ``seeds/claims.yaml``, and what a scenario asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


@dataclass(frozen=True)
class Thresholds:
    """What decides a verdict, fixed before looking at results.

    smallest : smallest effect of interest, where an estimand names none. needed : share of draws that decides. read :
    years after the first event at which effects are read. over : years that are averaged there. total : smallest
    total to take a share of. driver : rank correlation below which a parameter is not named as a driver.
    """

    smallest: float
    needed: float
    read: float
    over: float
    total: float
    driver: float


@dataclass(frozen=True)
class Estimand:
    """A contrast between arms of one measure; see the head of ``seeds/claims.yaml``.

    words, hypothesis : of the claim. read, over : years after the first event, and years averaged. settled : why the
    equations settle its sign before anything is run, so that only its size is an answer; empty where they do not.
    """

    claim: str
    name: str
    label: str
    measure: str
    contrast: Mapping[str, float]
    smallest: float
    read: float
    over: float
    hypothesis: str = ""
    words: str = ""
    settled: str = ""
    share_of: Mapping[str, float] | None = None
    total_above: float = 0.0

    @property
    def unit(self) -> str:
        """Unit of the effect; a share of a total has its own, whatever it is a share of."""
        return MEASURES[self.measure].unit if self.share_of is None else SHARE_OF_TOTAL

    @property
    def arms(self) -> tuple[str, ...]:
        """Every arm that it compares."""
        return tuple(dict.fromkeys([*self.contrast, *(self.share_of or {})]))


@dataclass(frozen=True)
class Claim:
    """One claim, in our words. ``silent`` says why it is not answered, where it has no estimand."""

    slug: str
    words: str
    mechanism: str
    hypothesis: str
    scenario: str
    chart: str
    silent: str
    estimands: tuple[Estimand, ...]


@cache
def _file() -> Mapping[str, Any]:
    raw: dict[str, Any] = YAML(typ="safe", pure=True).load((seeds() / "claims.yaml").read_text(encoding="utf-8"))
    return MappingProxyType(raw)


@cache
def thresholds() -> Thresholds:
    """The thresholds of all verdicts."""
    return Thresholds(**_file()["thresholds"])


SMALLEST = thresholds().smallest
"""Smallest effect of interest on a tie or a share, where an estimand names none."""


@cache
def hypotheses() -> Mapping[str, tuple[str, ...]]:
    """Hypotheses that a scenario may ask of its own arms: name -> roles that an arm must be named for."""
    found = {}
    for name, hypothesis in _file()["hypotheses"].items():
        parts = [part for one in hypothesis["estimands"].values() for part in (one["contrast"], one.get("share_of"))]
        found[name] = tuple(dict.fromkeys(role for part in parts for role in part or {}))
    return MappingProxyType(found)


def posed(hypothesis: str, arms: Mapping[str, Any], **about: Any) -> Iterator[Estimand]:
    """The estimands of a hypothesis, put to the arms of a scenario.

    Parameters
    ----------
    arms : role -> arm.
    about : fields of an estimand that the asker sets; ``suffix`` is added to every name and label, ``only`` limits
        them to some by name.
    """
    suffix, only = about.pop("suffix", ""), about.pop("only", None)
    behind = "-" + suffix.replace(" ", "-").replace("'", "") if suffix else ""
    for name, template in _file()["hypotheses"][hypothesis]["estimands"].items():
        if only is not None and name not in only:
            continue
        given = dict(template)
        for part in ("contrast", "share_of"):
            if part in given:
                given[part] = _weights(given[part], arms)
        if suffix:
            given["label"] = f"{given['label']}, {suffix}"
        yield _estimand(name=name + behind, hypothesis=hypothesis, **{**given, **about})


def _put(scenario: Scenario, name: str) -> tuple[Estimand, ...]:
    """The estimands of a hypothesis that a scenario puts to its own arms."""
    arms = dict(scenario.hypotheses[name])
    read = {"read": float(arms.pop("read"))} if "read" in arms else {}
    return tuple(posed(name, arms, claim=name, words=_file()["hypotheses"][name]["words"], **read))


def _weights(roles: Mapping[str, float], arms: Mapping[str, Any]) -> dict[str, float]:
    """The weight of every arm; one that plays several roles has the sum of theirs."""
    weights = dict.fromkeys((arms[role] for role in roles), 0.0)
    for role, weight in roles.items():
        weights[arms[role]] += weight
    return weights


def _estimand(**given: Any) -> Estimand:
    bounds = thresholds()
    defaults: dict[str, Any] = {"smallest": bounds.smallest, "read": bounds.read, "over": bounds.over}
    if given.get("share_of"):
        defaults["total_above"] = bounds.total
    return Estimand(**{**defaults, **given})


@cache
def claims() -> Mapping[str, Claim]:
    """All claims by slug."""
    return MappingProxyType({slug: _claim(slug, raw) for slug, raw in _file()["claims"].items()})


def _claim(slug: str, raw: Mapping[str, Any]) -> Claim:
    about = {"claim": slug, "words": raw["words"]}
    found: list[Estimand] = []
    for ask in raw.get("ask", ()):
        found += posed(raw["hypothesis"], ask["arms"], **about, **{key: ask[key] for key in ask if key != "arms"})
    own = raw.get("estimands", {}).items()
    found += [_estimand(name=name, hypothesis=raw.get("hypothesis", ""), **about, **given) for name, given in own]
    return Claim(
        slug=slug,
        words=raw["words"],
        mechanism=raw["mechanism"],
        hypothesis=raw.get("hypothesis", ""),
        scenario=raw.get("scenario", ""),
        chart=raw.get("chart", "verdicts"),
        silent=raw.get("not-answered", ""),
        estimands=tuple(found),
    )


def estimands(scenario: Scenario) -> tuple[Estimand, ...]:
    """What a scenario asks: the estimands of its claims and hypotheses, or every arm against the baseline where it
    names none."""
    asked = [estimand for slug in scenario.claims for estimand in claims()[slug].estimands]
    for name in scenario.hypotheses:
        asked += _put(scenario, name)
    if scenario.claims or scenario.hypotheses:
        return tuple(asked)
    baseline, *treated = scenario.arms
    measures = {"cohesion": "the bloc tightens"} if len(scenario.bloc) > 1 else {}
    if scenario.patron:
        measures["embrace"] = "the bloc is tied to its patron"
    measures["distance"] = "the bloc parts from the senders"
    return tuple(
        _estimand(
            claim=arm.name,
            name=measure,
            label=f"{arm.label}: {says}{'' if _wars(arm) == _wars(baseline) else ' (its wars differ too)'}",
            measure=measure,
            contrast={arm.name: 1.0, baseline.name: -1.0},
            words=arm.label,
        )
        for arm in treated
        for measure, says in measures.items()
    )


def _wars(arm: Arm) -> set[Event]:
    """The wars of an arm: where they differ, a difference between arms is theirs as well as the policy's."""
    return {event for event in arm.events if event.kind == "war"}


def unanswerable(scenario: Scenario, measured: tuple[str, ...]) -> list[tuple[str, str]]:
    """What keeps a scenario from answering: (key of the file, one sentence) for each claim or hypothesis.

    Parameters
    ----------
    measured : measures that have a meaning for the scenario's roles.
    """
    arms = {arm.name for arm in scenario.arms}
    asked = [("claims", f'claim "{slug}"', claims()[slug].estimands) for slug in scenario.claims]
    asked += [("hypotheses", name, _put(scenario, name)) for name in scenario.hypotheses]
    problems = []
    for key, what, found in asked:
        lacking = sorted({arm for estimand in found for arm in estimand.arms} - arms)
        if lacking:
            names = ", ".join(f'"{name}"' for name in lacking)
            problems.append((key, f"{what} compares arms that this scenario lacks: {names}"))
        if any(not any((estimand.share_of or estimand.contrast).values()) for estimand in found):
            problems.append((key, f"{what} compares an arm with itself; name another for one of its roles"))
        without = sorted({estimand.measure for estimand in found} - set(measured))
        alone = len(scenario.bloc) == 1
        if without == ["embrace"] and scenario.patron is None:
            problems.append((key, f"{what} measures the tie to a patron; name one with `patron:`, or leave it out"))
        elif "cohesion" in without and alone:
            problems.append((key, f"{what} measures ties inside the bloc; name two states or more in `bloc:`"))
        elif without:
            problems.append((key, f"{what} measures what these roles do not have: {', '.join(without)}"))
    return problems
