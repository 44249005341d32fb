"""What is measured of a moment: each measure is a function of the moment and the roles, giving [run].

Definitions without a source are assumptions of this model: they say what is looked at, and no equation reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from blocade.equations.arrays import Array
from blocade.equations.exchange import gate
from blocade.equations.pressure import closed, hand
from blocade.parameters import table
from blocade.roles import Indices, Roles
from blocade.state import Moment
from blocade.world import GOODS

Measured = Callable[[Moment, Roles], Array]


class Measure(NamedTuple):
    """What is recorded: its unit, what it means, and how it is worked out of a moment, [run]."""

    unit: str
    meaning: str
    of: Measured


TRADE = "share of normal trade"
POWER = "share of world capability"
BURDEN = "mean burden of the start"


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


def _mean(x: Array) -> Array:
    """Mean over the last axis; NaN where it is empty."""
    return np.asarray(x.sum(axis=-1) / x.shape[-1]) if x.shape[-1] else np.full(len(x), np.nan)


def _by_size(x: Array, group: Indices, roles: Roles) -> Array:
    """Mean over a group, weighted by ĉ."""
    weight = roles.share[group]
    return np.asarray(x[:, group] @ weight / weight.sum())


def _over_pairs(x: Array, share: Array) -> Array:
    """``Σ_ij ĉ_i x_ij ĉ_j``."""
    return np.asarray(((x @ share) * share).sum(axis=-1))


def _tie(moment: Moment, rows: Indices, columns: Indices) -> Array:
    return mean_tie(moment.state.tie, rows, columns)


def _trade(moment: Moment, roles: Roles, partners: Indices) -> Array:
    return np.asarray(moment.state.trade[:, roles.bloc[:, None], partners].sum(axis=-1).mean(axis=-1))


def _capability(moment: Moment, roles: Roles) -> Array:
    return np.asarray(moment.state.capability[:, roles.bloc].sum(axis=-1))


def _war(moment: Moment, roles: Roles) -> Array:
    return np.asarray((moment.orders.war[:, roles.bloc] > 0.0).sum(axis=-1), dtype=float)


def _sphere(moment: Moment, roles: Roles) -> Array:
    """``Σ_{j in bloc or patron} T_ij / (Σ_j T_ij + rest of world)``, mean over the bloc.

    The denominator is all that is left of the normal trade, 1 − pain_i; where nothing is left, so is the share.
    """
    inside = moment.state.trade[:, roles.bloc[:, None], roles.sphere].sum(axis=-1)
    left = 1.0 - moment.situation.pain[:, roles.bloc]
    return _mean(np.divide(inside, left, out=np.zeros_like(inside), where=left > 0.0))


def _exchange(good: int) -> Measured:
    """How far a good would change hands, ``gate_ij (1 − closed_ij) ½ (n_ig s_jg + n_jg s_ig)`` (equation 5, one good),
    mean over the pairs inside bloc and patron."""

    def measure(moment: Moment, roles: Roles) -> Array:
        now, order, (i, j) = moment.situation, moment.orders, roles.sphere_pairs
        need, surplus = now.need[..., good], now.surplus[..., good]
        own, theirs = (hand(order.enforced[..., a, b], order.isolation[..., a, b]) for a, b in ((i, j), (j, i)))
        fits = 0.5 * (need[:, i] * surplus[:, j] + need[:, j] * surplus[:, i])
        return _mean(gate(moment.state.tie[:, i, j]) * (1.0 - closed(own, theirs)) * fits)

    return measure


def _tension(moment: Moment, roles: Roles) -> Array:
    return _over_pairs(np.maximum(0.0, -moment.state.tie), roles.share)


def _poles(moment: Moment, roles: Roles) -> Array:
    """``1 / Σ_ij ĉ_i Z_ij ĉ_j`` with Z_ij = (1 + A_ij)/2 and Z_ii = 1: in [1, 1/Σĉ²].

    Similarity-sensitive diversity of order 2 (Leinster and Cobbold 2012, Ecology 93, 477–489). That a tie is a
    likeness is an assumption. By it strangers are half alike, so many small states without ties count as two poles.
    """
    likeness = 0.5 * (1.0 + _over_pairs(moment.state.tie, roles.share) + roles.share @ roles.share)
    return np.asarray(1.0 / likeness)


def _frustration(moment: Moment, roles: Roles) -> Array:
    """``(1 − Σ ĉ_i ĉ_j ĉ_k A_ij A_jk A_ki / Σ ĉ_i ĉ_j ĉ_k |A_ij A_jk A_ki|) / 2``: in [0, 1], and 0 without triads.

    One minus the triangle index of Aref and Wilson 2018 (Journal of Complex Networks 6, 566–595), every triad
    weighted by its capabilities and ties (assumption); not the frustration index, which counts ties to be changed.
    """
    root = np.sqrt(roles.share)
    tie = moment.state.tie * (root[:, None] * root)  # so each corner of a triad brings its ĉ once
    signed, whole = (((x @ x) * x).sum(axis=(-2, -1)) for x in (tie, np.abs(tie)))
    balance = np.divide(signed, whole, out=np.ones_like(whole), where=whole > 0.0)
    return np.asarray(0.5 * (1.0 - balance))


@cache
def _channels() -> float:
    """Sum of the central weights of a tie's friendly channels."""
    return sum(table()[f"w_{channel}"].central for channel in ("votes", "defence", "arms"))


def _un_agreement(moment: Moment, roles: Roles) -> Array:
    """``(1 + clip(V⁰_ij + (A_ij − A⁰_ij)/Σw, −1, 1)) / 2``, mean over the pairs of the bloc.

    Assumption: votes, pacts and arms move alike when a tie does, Σw being the sum of their weights. That is generous
    to votes, which see little of this alliance (C6). V is a relative index (`World`), not a share of roll calls.
    """
    i, j = roles.bloc_pairs
    change = moment.state.tie[:, i, j] - moment.tie_start[:, i, j]
    return _mean(0.5 * (1.0 + np.clip(roles.votes[i, j] + change / _channels(), -1.0, 1.0)))


def _gridlock(moment: Moment, roles: Roles) -> Array:
    """1 for a permanent member, else max(0, best tie to one): mean over the bloc (assumption: a tie is a shield)."""
    shield = moment.state.tie[:, roles.bloc[:, None], roles.permanent].max(axis=-1, initial=0.0)
    return _mean(np.where(np.isin(roles.bloc, roles.permanent), 1.0, shield))


def _old_alliances(moment: Moment, roles: Roles) -> Array:
    i, j = roles.old_pairs
    return _mean(moment.state.tie[:, i, j])


_TOLD: Mapping[str, tuple[str, str, Measured]] = MappingProxyType({
    "cohesion": ("tie", "mean tie inside the bloc", lambda m, r: _tie(m, r.bloc, r.bloc)),
    "embrace": ("tie", "mean tie between the bloc and its patron", lambda m, r: _tie(m, r.bloc, r.patron)),
    "distance": (
        "tie",
        "minus the mean tie between the bloc and the senders",
        lambda m, r: -_tie(m, r.bloc, r.senders),
    ),
    "sender_cohesion": ("tie", "mean tie among the senders", lambda m, r: _tie(m, r.senders, r.senders)),
    "old_alliances": ("tie", "mean tie of the pairs allied in the world, outside bloc and patron", _old_alliances),
    "swing_alignment": (
        "tie",
        "alignment with the senders of all states without a part, weighted by capability",
        lambda m, r: _by_size(alignment(m.state.tie, r), r.others, r),
    ),
    "tension": ("tie", "hostility in the world, Σ ĉ_i ĉ_j max(0, −A_ij)", _tension),
    "poles": ("poles", "effective number of poles: 1 if all are allies, n if n equals are enemies", _poles),
    "frustration": ("share", "share of triads out of balance, weighted by capabilities and ties", _frustration),
    "compliance": ("share", "mean compliance of the bloc", lambda m, r: _mean(m.state.compliance[:, r.bloc])),
    "pain": (TRADE, "mean pain of the bloc", lambda m, r: _mean(m.situation.pain[:, r.bloc])),
    "pressure": (POWER, "mean pressure on the bloc", lambda m, r: _mean(m.situation.pressure[:, r.bloc])),
    "insulation": ("share", "mean insulation of the bloc", lambda m, r: _mean(m.state.insulation[:, r.bloc])),
    "sender_cost": (
        TRADE,
        "pain of the senders, weighted by capability",
        lambda m, r: _by_size(m.situation.pain, r.senders, r),
    ),
    "capability": (POWER, "capability of the bloc", _capability),
    "power": (
        POWER,
        "capability of the bloc times its cohesion",
        lambda m, r: _capability(m, r) * _tie(m, r.bloc, r.bloc),
    ),
    "armament": (BURDEN, "mean armament of the bloc", lambda m, r: _mean(m.state.armament[:, r.bloc])),
    "armament_watched": (
        BURDEN,
        "armament of the states watched, weighted by capability",
        lambda m, r: _by_size(m.state.armament, r.watched, r),
    ),
    "armament_senders": (
        BURDEN,
        "armament of the senders, weighted by capability",
        lambda m, r: _by_size(m.state.armament, r.senders, r),
    ),
    "war": ("share of time", "time at war, summed over the bloc's members", _war),
    "trade_within": (TRADE, "trade of the bloc's members with each other", lambda m, r: _trade(m, r, r.bloc)),
    "trade_patron": (TRADE, "trade of the bloc's members with their patron", lambda m, r: _trade(m, r, r.patron)),
    "trade_senders": (TRADE, "trade of the bloc's members with the senders", lambda m, r: _trade(m, r, r.senders)),
    "trade_others": (
        TRADE,
        "trade of the bloc's members with all states without a part",
        lambda m, r: _trade(m, r, r.others),
    ),
    "sphere": ("share of trade left", "how far the bloc's remaining trade stays with bloc and patron", _sphere),
    **{
        f"exchange_{good}": (
            "need times surplus",
            f"{good.replace('_', ' and ')}: what bloc and patron need and spare each other, pairwise mean",
            _exchange(place),
        )
        for place, good in enumerate(GOODS)
    },
    "un_agreement": ("0–1", "likeness of UN votes in the bloc, as far as its ties speak for it", _un_agreement),
    "gridlock": ("tie", "how far a permanent member shields the bloc in the Security Council", _gridlock),
})
MEASURES: Mapping[str, Measure] = MappingProxyType({name: Measure(*told) for name, told in _TOLD.items()})
"""Every measure by its name."""


def applicable(who: Roles) -> tuple[str, ...]:
    """Measures that have a meaning for these roles: there is no mean tie inside a group of one."""
    within = {f"exchange_{good}" for good in GOODS} | {"sphere"}
    lacking = (
        (len(who.patron) == 0, {"embrace", "trade_patron"}),
        (len(who.bloc) == 1, {"cohesion", "power", "trade_within", "un_agreement"}),
        (len(who.senders) == 1, {"sender_cohesion"}),
        (len(who.sphere) == 1, within),
        (len(who.others) == 0, {"swing_alignment", "trade_others"}),
        (len(who.watched) == 0, {"armament_watched"}),
        (len(who.permanent) == 0, {"gridlock"}),
        (who.old_pairs.size == 0, {"old_alliances"}),
    )
    absent: set[str] = set().union(*(names for lacks, names in lacking if lacks))
    return tuple(name for name in MEASURES if name not in absent)


def record(moment: Moment, roles: Roles, names: Sequence[str], by_partner: bool = False) -> Array:
    """The measures of a moment in the order of `columns`: [run, column]."""
    followed = [MEASURES[name].of(moment, roles) for name in names]
    index = alignment(moment.state.tie, roles)
    trade = [_trade_by_partner(moment, roles)] if by_partner else []
    return np.column_stack([*followed, index[:, roles.key], *trade, index[:, roles.rest]])


def columns(roles: Roles, names: Sequence[str], by_partner: bool = False) -> tuple[str, ...]:
    """Names of the columns of `record`: the named measures, the alignment index of the key states, if asked for the
    trade of the bloc's first members by partner, and last the alignment index of `Roles.rest`."""
    key, rest = ([f"alignment:{roles.codes[i]}" for i in group] for group in (roles.key, roles.rest))
    return (*names, *key, *(roles.trade_names if by_partner else ()), *rest)


def _trade_by_partner(moment: Moment, roles: Roles) -> Array:
    """Trade of each of the `Roles.traders` by partner, then its pain, shares of its normal trade: [run, column].

    The rest of the world is what they leave of 1.
    """
    shares = (moment.state.trade[:, roles.traders, None, :] @ roles.trade_groups)[:, :, 0]
    pain = moment.situation.pain[:, roles.traders, None]
    return np.concatenate([shares, pain], axis=-1).reshape(len(shares), -1)
