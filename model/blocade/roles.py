"""Who is who in a scenario, and what of the world the measures need: built from the world once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocade.equations.arrays import Array
from blocade.world import World

Indices = npt.NDArray[np.int64]

PACT = 0.5
"""Channel of defence pacts from which a pair counts as allied (assumption)."""
FOLLOWED = 8
"""Largest states, besides those with a role, that are followed."""
TRADERS = 2
"""Members of the bloc whose trade is recorded partner by partner, the first by their codes."""


@dataclass(frozen=True, eq=False)
class Roles:
    """Indices of states, [state] of the group; what is not an index ends in [state] or [state, partner].

    watched : states that a scenario follows whatever their part. others : neither bloc, patron nor senders.
    sphere : the bloc and its patron. permanent : permanent members of the Security Council.
    key, rest : states whose alignment is followed step by step, and all the rest.
    bloc_pairs, sphere_pairs : [2, pair], every pair once. old_pairs : pairs with a defence pact in the world, but for
        those inside the sphere.
    share : ĉ. votes : likeness of UN votes in the world.
    traders, trade_names, trade_groups : members whose trade is recorded by partner, names of the columns, and 1 where
        a state belongs to a column's partners: [member, state, group].
    """

    bloc: Indices
    patron: Indices
    senders: Indices
    watched: Indices
    others: Indices
    sphere: Indices
    permanent: Indices
    key: Indices
    rest: Indices
    bloc_pairs: Indices
    sphere_pairs: Indices
    old_pairs: Indices
    share: Array
    votes: Array
    codes: tuple[str, ...]
    traders: Indices
    trade_names: tuple[str, ...]
    trade_groups: Array


def roles(
    world: World, bloc: Sequence[str], patron: str | None, senders: Sequence[str], watched: Sequence[str] = ()
) -> Roles:
    """Roles by state codes.

    The key states are the bloc, its patron, the eight largest of the rest that are not senders, and the watched.
    """

    def indices(codes: Sequence[str]) -> Indices:
        return np.array([world.index(code) for code in codes], dtype=np.int64)

    named = [*bloc, *([patron] if patron else [])]
    others = sorted(
        (code for code in world.codes if code not in {*named, *senders}),
        key=lambda code: (-float(world.capability[world.index(code)]), code),
    )
    key = list(dict.fromkeys([*named, *others[:FOLLOWED], *watched]))
    pacts = np.triu(world.defence >= PACT, 1)
    pacts[np.ix_(indices(named), indices(named))] = False
    names, groups = _partners(world, bloc[:TRADERS], key, senders)
    return Roles(
        bloc=indices(bloc),
        patron=indices([patron] if patron else []),
        senders=indices(senders),
        watched=indices(watched),
        others=indices(others),
        sphere=indices(named),
        permanent=indices(world.groups.get("P5", ())),
        key=indices(key),
        rest=indices([code for code in world.codes if code not in key]),
        bloc_pairs=_pairs(indices(bloc)),
        sphere_pairs=_pairs(indices(named)),
        old_pairs=np.array(np.nonzero(pacts), dtype=np.int64),
        share=world.share,
        votes=world.votes,
        codes=world.codes,
        traders=indices(bloc[:TRADERS]),
        trade_names=names,
        trade_groups=groups,
    )


def _pairs(group: Indices) -> Indices:
    """Every pair of a group once: [2, pair]."""
    return group[np.array(np.triu_indices(len(group), 1))]


def _partners(
    world: World, members: Sequence[str], key: Sequence[str], senders: Sequence[str]
) -> tuple[tuple[str, ...], Array]:
    """Partners of each member: every other key state that is no sender, the senders together, all others together."""
    others = [code for code in world.codes if code not in {*key, *senders}]
    names: list[str] = []
    tables: list[Array] = []
    for member in members:
        single = [code for code in key if code != member and code not in senders]
        groups = [*((code,) for code in single), senders, others]
        names += (f"trade:{member}:{label}" for label in (*single, "senders", "others", "missing"))
        tables.append(np.array([[float(code in group) for group in groups] for code in world.codes]))
    return tuple(names), np.array(tables)
