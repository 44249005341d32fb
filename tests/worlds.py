"""Invented worlds for the tests: random and valid, or symmetric under the exchange of two blocs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from string import ascii_uppercase

import numpy as np
import numpy.typing as npt

from blocade.world import GOODS, World

Array = npt.NDArray[np.float64]


def _codes(n: int) -> tuple[str, ...]:
    letters = ("".join(triple) for triple in product(ascii_uppercase, repeat=3))
    return tuple(next(letters) for _ in range(n))


def _symmetric(matrix: Array) -> Array:
    result = (matrix + matrix.T) / 2
    np.fill_diagonal(result, 0.0)
    return result


def _acts(n: int, rng: np.random.Generator) -> Array:
    """A few acts: about one ordered pair in seven."""
    levels = rng.choice([0.0, 0.2, 0.5, 0.8], p=[0.85, 0.05, 0.05, 0.05], size=(n, n))
    np.fill_diagonal(levels, 0.0)
    return np.asarray(levels)


def make_world(n: int, rng: np.random.Generator) -> World:
    """Random valid world of `n` states: a tenth to a third of trade with the rest of the world, a few acts in force,
    no erased trade, need and surplus by rule differing from those used for the first state."""
    codes = _codes(n)
    trade = rng.gamma(0.7, size=(n, n))
    np.fill_diagonal(trade, 0.0)
    rest = rng.uniform(0.1, 0.33, size=n)
    sums = trade.sum(axis=1, keepdims=True)
    trade = np.divide(trade * (1 - rest)[:, None], sums, out=np.zeros_like(trade), where=sums > 0)
    need_rule, surplus_rule = rng.uniform(size=(2, n, len(GOODS)))
    need, surplus = need_rule.copy(), surplus_rule.copy()
    need[0], surplus[0] = 1 - need_rule[0], 1 - surplus_rule[0]
    names = tuple(f"State {k + 1}" for k in range(n))
    return World(
        name="random",
        codes=codes,
        names=names,
        aliases={
            text.lower(): code for code, name in zip(codes, names, strict=True) for text in (code, name)
        },
        capability=rng.dirichlet(np.full(n, 0.5)) * 0.9 + 0.1 / n,
        regime=rng.uniform(size=n),
        armament=rng.uniform(0.2, 3.0, size=n),
        votes=_symmetric(rng.uniform(-1, 1, size=(n, n))),
        defence=_symmetric((rng.uniform(size=(n, n)) < 0.2).astype(np.float64)),
        arms=_symmetric(rng.uniform(size=(n, n))),
        enmity=_symmetric((rng.uniform(size=(n, n)) < 0.1).astype(np.float64)),
        trade=trade,
        rest_of_world=1 - trade.sum(axis=1),
        expected=np.full((n, n), np.nan),
        need=need,
        surplus=surplus,
        need_rule=need_rule,
        surplus_rule=surplus_rule,
        sanctions=_acts(n, rng),
        isolation=_acts(n, rng),
        groups={"UN": codes, "Half": codes[: n // 2]},
    )


def permuted(world: World, order: npt.NDArray[np.intp]) -> dict[str, Array]:
    """Every array of `world` with its states in `order` (names and codes stay)."""
    arrays = {}
    for field in fields(World):
        value = getattr(world, field.name)
        if isinstance(value, np.ndarray):
            square = value.shape == (world.size, world.size) and field.name not in ("need", "surplus")
            square = square and not field.name.endswith("_rule")
            arrays[field.name] = value[np.ix_(order, order)] if square else value[order]
    return arrays


def two_blocs(size: int, neutral: int, rng: np.random.Generator) -> tuple[World, npt.NDArray[np.intp]]:
    """World of two blocs of `size` states, friendly inside and hostile between, and `neutral` others.

    Returns the world and the permutation that exchanges the blocs and leaves the neutrals in place: every array is
    bitwise equal to itself under it. Groups "East" and "West" are the blocs.
    """
    n = 2 * size + neutral
    exchange = np.concatenate([np.arange(size, 2 * size), np.arange(size), np.arange(2 * size, n)]).astype(
        np.intp
    )
    start = make_world(n, rng)
    bloc = np.array([1.0] * size + [-1.0] * size + [0.0] * neutral)
    camp = np.outer(bloc, bloc)
    start = replace(start, votes=_symmetric(np.clip(0.8 * camp + 0.2 * start.votes, -1, 1)), name="two blocs")
    mirror = permuted(start, exchange)
    # a + b = b + a exactly in floating point, so the mean of a world and its mirror is its own mirror bit by bit.
    even = {name: (getattr(start, name) + value) / 2 for name, value in mirror.items()}
    codes = start.codes
    groups = {"UN": codes, "East": codes[:size], "West": codes[size : 2 * size]}
    return replace(start, **even, groups=groups), exchange


STATES = """\
iso3,name,aliases,capability,regime,armament,armament_rule,trade_flag,lat,lon
AAA,Aland,First;The First,0.5,0.9,1,observed,reported,0,0
BBB,Beland,,0.3,0.1,2,observed,reported,0,10
CCC,Celand,,0.2,0.5,0,observed,reported,0,20
"""
TIES = """\
iso3_a,iso3_b,votes,defence,arms,enmity
AAA,BBB,-0.5,0,0,1
AAA,CCC,0.5,1,0.2,0
BBB,CCC,0.25,0,0.4,0.5
"""
TRADE = """\
iso3,partner,share,expected
AAA,BBB,0.1,0.2
AAA,CCC,0.3,
AAA,ROW,0.6,
BBB,AAA,0.2,0.4
BBB,ROW,0.8,
CCC,AAA,0.5,
CCC,ROW,0.501,
"""
GOOD_ROWS = "".join(
    f"{code},{good},0.5,0.4,0.3,0.2,rule\n" for code in ("AAA", "BBB", "CCC") for good in GOODS
)
ACTS = """\
id,act,number,date,senders,target,kind,severity,note,source
one,Act,1,2020-01-01,AAA,BBB,sanctions,0.5,,Journal
two,Act,2,2020,UN,BBB,sanctions,0.2,,Journal
three,Act,3,2020-05,AAA;CCC,BBB,isolation,0.5,,Journal
"""


def write_small_world(folder: Path) -> Path:
    """Write a world of three states that loads into ``folder/2021-small`` and return that folder."""
    small = folder / "2021-small"
    small.mkdir()
    goods = "iso3,good,need,surplus,need_rule,surplus_rule,source\n" + GOOD_ROWS
    for name, text in {"states": STATES, "ties": TIES, "trade": TRADE, "goods": goods, "acts": ACTS}.items():
        (small / f"{name}.csv").write_text(text, encoding="utf-8")
    return small


def invented(
    sizes: Mapping[str, float],
    ties: Mapping[str, float],
    trade: Mapping[str, Mapping[str, float]],
    goods: Mapping[str, Mapping[str, tuple[float, float]]] | None = None,
    *,
    regime: float = 0.5,
) -> World:
    """A world by its few numbers; whatever is not named is 0, and nothing is in force.

    Parameters
    ----------
    sizes : capability of every state, by code.
    ties : ``"AAA BBB"`` -> tie; they stand in the channel of votes, so a run takes them as they are with ``w_votes`` 1.
    trade : state -> partner -> share; what is left trades with the rest of the world.
    goods : state -> good -> (need, surplus).
    """
    codes, n = tuple(sizes), len(sizes)
    votes, shares = np.zeros((n, n)), np.zeros((n, n))
    supply = np.zeros((2, n, len(GOODS)))
    for pair, tie in ties.items():
        i, j = (codes.index(code) for code in pair.split())
        votes[i, j] = votes[j, i] = tie
    for code, partners in trade.items():
        for partner, share in partners.items():
            shares[codes.index(code), codes.index(partner)] = share
    for code, given in (goods or {}).items():
        for good, pair_ in given.items():
            supply[:, codes.index(code), GOODS.index(good)] = pair_
    none = np.zeros((n, n))
    return World(
        name="invented",
        codes=codes,
        names=codes,
        aliases={code.lower(): code for code in codes},
        capability=np.array(list(sizes.values()), dtype=float),
        regime=np.full(n, regime),
        armament=np.ones(n),
        votes=votes,
        defence=none,
        arms=none,
        enmity=none,
        trade=shares,
        rest_of_world=1.0 - shares.sum(axis=1),
        expected=np.full((n, n), np.nan),
        need=supply[0],
        surplus=supply[1],
        need_rule=supply[0],
        surplus_rule=supply[1],
        sanctions=none,
        isolation=none,
        groups={"UN": codes},
    )


def write_world(folder: Path, world: World) -> Path:
    """Write a world as the tables that `load_world` reads, every number in full; give the folder back."""
    n, codes = world.size, world.codes
    pairs = [(i, j) for i in range(n) for j in range(n)]
    tables: dict[str, tuple[str, list[list[object]]]] = {
        "states": (
            "iso3,name,aliases,capability,regime,armament,armament_rule,trade_flag,lat,lon",
            [
                [code, name, "", *(x[k] for x in (world.capability, world.regime, world.armament)), "", "", 0, 0]
                for k, (code, name) in enumerate(zip(codes, world.names, strict=True))
            ],
        ),
        "ties": (
            "iso3_a,iso3_b,votes,defence,arms,enmity",
            [
                [codes[i], codes[j], *(x[i, j] for x in (world.votes, world.defence, world.arms, world.enmity))]
                for i, j in pairs
                if i < j
            ],
        ),
        "trade": (
            "iso3,partner,share,expected",
            [[codes[i], codes[j], world.trade[i, j], ""] for i, j in pairs if i != j and world.trade[i, j] > 0.0]
            + [[codes[i], "ROW", world.rest_of_world[i], ""] for i in range(n)],
        ),
        "goods": (
            "iso3,good,need,surplus,need_rule,surplus_rule,source",
            [
                [code, good, *(x[i, k] for x in (world.need, world.surplus, world.need_rule, world.surplus_rule)), ""]
                for i, code in enumerate(codes)
                for k, good in enumerate(GOODS)
            ],
        ),
        "acts": (
            "id,act,number,date,senders,target,kind,severity,note,source",
            [
                [f"{kind}-{codes[i]}-{codes[j]}", "Act", 1, "2000", codes[j], codes[i], kind, level[i, j], "", ""]
                for kind, level in (("sanctions", world.sanctions), ("isolation", world.isolation))
                for i, j in pairs
                if level[i, j] > 0.0
            ],
        ),
    }
    folder.mkdir()
    for name, (head, rows) in tables.items():
        lines = [head, *(",".join(repr(float(x)) if isinstance(x, float) else str(x) for x in row) for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
