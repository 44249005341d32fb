"""Theories: sets of mechanisms, each a preset of parameters, so that rival explanations run in one model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from blocade.forces import FORCES
from blocade.parameters import Setting

MECHANISMS: Mapping[str, str] = MappingProxyType({**{force: f"b_{force}" for force in FORCES}, "balance": "balance"})
"""Each force, and structural balance, with the parameter that switches it off when it is 0."""
_OFF: Mapping[str, Setting] = dict.fromkeys(MECHANISMS.values(), 0.0)


def _only(*kept: str, **settings: Setting) -> Mapping[str, Setting]:
    """All mechanisms off but those kept, which are left unnamed so that they come from the prior or a posterior."""
    return {name: value for name, value in _OFF.items() if name not in kept} | settings


NULLS = ("homophily", "war-need", "dyad")
"""Theories that are null models: what an explanation has to beat."""
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "full": "everything",
        "coercion": "cost, concession and compliance",
        "rally": "resentment, so pressure pushes away from the sender and builds insulation",
        "balance": "structural balance, with isolation and sanctions to give it something to work on",
        "exchange": "needs and surpluses alone",
        "trade": "interdependence and fear of punishment",
        "homophily": "resting ties only",
        "war-need": "exchange that pain leaves alone, so that a war's need is all that can move a bond",
        "dyad": "what two states do to each other, without balance, without fear of punishment by third states and "
        "without diversion to them",
    }
)
"""What each theory is."""


@cache
def theories() -> Mapping[str, Mapping[str, Setting]]:
    """Theories as presets: each sets some parameters; the rest keep their prior range, or come from a posterior.

    `WORDS` says what each is, `NULLS` which are null models. Mechanisms of docs/evidence.md: coercion M1, M15; rally
    M4, M5; balance M9; exchange M8; trade M12, M17; homophily M11; war-need M8; dyad M1, M4, M15.
    """
    return MappingProxyType(
        {
            "full": {},
            "coercion": _only("b_comply", "b_offer", rho_u=0.0),
            "rally": _only(b_sanction=(0.0, 1.0), b_isolation=(0.0, 1.0), rho_u=(0.0, 0.2)),
            "balance": _only("balance", "b_sanction", "b_isolation"),
            "exchange": _only("b_match"),
            "trade": _only("b_trade", "b_risk"),
            "homophily": _only(),
            "war-need": _only("b_match", mu=0.0, nu=0.0),
            "dyad": _only("b_sanction", "b_isolation", "b_offer", "b_comply", phi=0.0, chi=0.0, chi_declared=0.0),
        }
    )
