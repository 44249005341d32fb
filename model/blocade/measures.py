"""What is measured of a moment: each measure is a function of the roles and the moment, giving [run]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.situation import capability_shares
from blocade.state import Moment
from blocade.world import World

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Roles:
    """Who is who in a scenario: indices of states. ``key`` are the states whose alignment is followed."""

    bloc: Indices
    patron: Indices
    senders: Indices
    key: Indices
    share: Array
    codes: tuple[str, ...]


def roles(world: World, bloc: Sequence[str], patron: str | None, senders: Sequence[str]) -> Roles:
    """Roles by state codes; the key states are the bloc, its patron and the eight largest of the rest that are not
    senders."""

    def indices(codes: Sequence[str]) -> Indices:
        return np.array([world.index(code) for code in codes], dtype=np.int64)

    named = [*bloc, *([patron] if patron else [])]
    rest = sorted(
        (code for code in world.codes if code not in {*named, *senders}),
        key=lambda code: (-float(world.capability[world.index(code)]), code),
    )
    return Roles(
        bloc=indices(bloc),
        patron=indices([patron] if patron else []),
        senders=indices(senders),
        key=indices([*named, *rest[:8]]),
        share=capability_shares(world),
        codes=world.codes,
    )


def mean_tie(tie: Array, rows: Indices, columns: Indices) -> Array:
    """Mean tie over the pairs of two groups, a state's tie with itself left out; NaN where there is no pair."""
    pairs = np.count_nonzero(rows[:, None] != columns)
    if pairs == 0:
        return np.full(len(tie), np.nan)
    member = np.zeros(tie.shape[-1])
    member[columns] = 1.0  # a state's tie with itself is 0, so it adds nothing
    return np.asarray((tie @ member)[:, rows].sum(axis=-1) / pairs)


def alignment(tie: Array, roles: Roles) -> Array:
    """Alignment index, half of the capability-weighted tie to the senders minus that to the bloc: [run, state], in
    [−1, 1].

    A state is left out of its own group.
    """
    sides: list[Array] = []
    for group in (roles.senders, roles.bloc):
        weight = np.zeros(len(roles.codes))
        weight[group] = roles.share[group]
        total = weight.sum() - weight  # a state's own weight does not count
        sides.append(np.divide(tie @ weight, total, out=np.zeros(tie.shape[:2]), where=total > 0.0))
    return 0.5 * (sides[0] - sides[1])


def _over(x: Array, group: Indices) -> Array:
    return np.asarray(x[:, group].mean(axis=-1)) if len(group) else np.full(len(x), np.nan)


def _trade_with(moment: Moment, rows: Indices, columns: Indices) -> Array:
    return np.asarray(moment.state.trade[:, rows[:, None], columns].sum(axis=-1).mean(axis=-1))


def _tension(moment: Moment, roles: Roles) -> Array:
    hostile = np.maximum(0.0, -moment.state.tie)
    return np.asarray(((hostile @ roles.share) * roles.share).sum(axis=-1))


def _sender_cost(moment: Moment, roles: Roles) -> Array:
    weight = roles.share[roles.senders]
    return np.asarray(moment.situation.pain[:, roles.senders] @ weight / weight.sum())


Measure = Callable[[Moment, Roles], Array]

MEASURES: Mapping[str, tuple[str, str, Measure]] = MappingProxyType(
    {
        "cohesion": ("tie", "mean tie inside the bloc", lambda m, r: mean_tie(m.state.tie, r.bloc, r.bloc)),
        "embrace": (
            "tie",
            "mean tie between the bloc and its patron",
            lambda m, r: mean_tie(m.state.tie, r.bloc, r.patron),
        ),
        "distance": (
            "tie",
            "minus the mean tie between the bloc and the senders",
            lambda m, r: -mean_tie(m.state.tie, r.bloc, r.senders),
        ),
        "compliance": ("share", "mean compliance of the bloc", lambda m, r: _over(m.state.compliance, r.bloc)),
        "pain": ("share of normal trade", "mean pain of the bloc", lambda m, r: _over(m.situation.pain, r.bloc)),
        "pressure": (
            "share of world capability",
            "mean pressure on the bloc",
            lambda m, r: _over(m.situation.pressure, r.bloc),
        ),
        "insulation": ("share", "mean insulation of the bloc", lambda m, r: _over(m.state.insulation, r.bloc)),
        "sender_cost": ("share of normal trade", "pain of the senders, weighted by capability", _sender_cost),
        "sender_cohesion": (
            "tie",
            "mean tie among the senders",
            lambda m, r: mean_tie(m.state.tie, r.senders, r.senders),
        ),
        "power": (
            "share of world capability",
            "capability of the bloc times its cohesion",
            lambda m, r: m.state.capability[:, r.bloc].sum(axis=-1) * mean_tie(m.state.tie, r.bloc, r.bloc),
        ),
        "tension": ("tie", "hostility in the world, Σ ĉ_i ĉ_j max(0, −A_ij)", _tension),
        "armament": (
            "mean burden of the start",
            "mean armament of the bloc",
            lambda m, r: _over(m.state.armament, r.bloc),
        ),
        "trade_within": (
            "share of normal trade",
            "trade of the bloc's members with each other",
            lambda m, r: _trade_with(m, r.bloc, r.bloc),
        ),
        "trade_patron": (
            "share of normal trade",
            "trade of the bloc's members with their patron",
            lambda m, r: _trade_with(m, r.bloc, r.patron),
        ),
        "trade_senders": (
            "share of normal trade",
            "trade of the bloc's members with the senders",
            lambda m, r: _trade_with(m, r.bloc, r.senders),
        ),
    }
)
"""name -> (unit, meaning, function)."""


def applicable(who: Roles) -> tuple[str, ...]:
    """Measures that have a meaning for these roles: there is no mean tie inside a group of one."""
    absent: set[str] = set() if len(who.patron) else {"embrace", "trade_patron"}
    absent |= {"cohesion", "power", "trade_within"} if len(who.bloc) == 1 else set()
    absent |= {"sender_cohesion"} if len(who.senders) == 1 else set()
    return tuple(name for name in MEASURES if name not in absent)


def record(moment: Moment, roles: Roles, names: Sequence[str]) -> Array:
    """The named measures of a moment, then the alignment index of the key states: [run, measure]."""
    columns = [MEASURES[name][2](moment, roles) for name in names]
    return np.column_stack([*columns, alignment(moment.state.tie, roles)[:, roles.key]])


def columns(roles: Roles, names: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns of `record`."""
    return (*names, *(f"alignment:{roles.codes[i]}" for i in roles.key))
