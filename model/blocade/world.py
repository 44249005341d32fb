"""A world: the states at one date, their ties, trade, goods and the acts in force; and the loader of its tables.

Arrays end in ``[state]``, ``[state, state]`` or ``[state, good]`` and are read-only. Row = whose value, column =
with whom or by whom. The rules and sources of the committed worlds stand in their ``SOURCES.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from blocade import _world_tables as tables
from blocade import resources
from blocade._tables import WorldError, cut, read_table
from blocade._world_tables import GOODS
from blocade.equations.arrays import Array
from blocade.files import is_folder

__all__ = ["GOODS", "World", "WorldError", "find_world", "load_world", "world_names"]


@dataclass(frozen=True, eq=False)
class World:
    """The states at one date.

    Attributes
    ----------
    capability, regime, armament
        ``[state]``: share of world capability (CINC, positive), electoral democracy in [0, 1], military burden
        relative to the mean of the states.
    votes, defence, arms, enmity
        ``[state, state]``, symmetric, diagonal 0: the channels of a tie; votes in [-1, 1], the others in [0, 1].
    trade, rest_of_world, expected
        ``[state, partner]``, ``[state]``, ``[state, partner]``: observed shares of the state's trade, the share of
        the rest of the world (rows and rest sum to 1), and the expected share where an embargo erased trade (NaN
        elsewhere).
    need, surplus, need_rule, surplus_rule
        ``[state, good]`` in [0, 1], goods as in `GOODS`: as used, and by rule alone.
    sanctions, isolation
        ``[state, sender]`` in [0, 1]: the severest act in force at the start, imposed by the sender on the state.
    aliases
        Lower-case name, alias or ISO code → ISO code.

    Examples
    --------
    >>> import blocade
    >>> world = blocade.load_world("2021")
    >>> russia, china = world.codes.index("RUS"), world.codes.index("CHN")
    >>> bool(world.trade[russia, china] > world.trade[china, russia])  # shares of each one's own trade
    True
    """

    name: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    aliases: Mapping[str, str]
    capability: Array
    regime: Array
    armament: Array
    votes: Array
    defence: Array
    arms: Array
    enmity: Array
    trade: Array
    rest_of_world: Array
    expected: Array
    need: Array
    surplus: Array
    need_rule: Array
    surplus_rule: Array
    sanctions: Array
    isolation: Array
    groups: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        n = len(self.codes)
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                shape = _shape(field.name, n)
                if value.shape != shape:
                    raise WorldError([f"{self.name}: {field.name} has shape {value.shape}; it must be {shape}"])
                value = np.array(value, dtype=np.float64)
                value.setflags(write=False)
            elif isinstance(value, Mapping):
                value = dict(value)  # plain, because worlds travel to worker processes
            object.__setattr__(self, field.name, value)

    @property
    def size(self) -> int:
        """Number of states."""
        return len(self.codes)

    @property
    def share(self) -> Array:
        """ĉ, each state's share of the world's capability: [state]."""
        return np.asarray(self.capability / self.capability.sum())

    def index(self, code: str) -> int:
        """Position of a state in every array.

        Raises
        ------
        WorldError
            If the world has no such state.
        """
        if code not in self.codes:
            raise WorldError([f"{self.name}: no state {code}; the world has {', '.join(self.codes)}"])
        return self.codes.index(code)

    def resolve(self, name: str) -> str | None:
        """ISO code of a state given by name, alias or code in any case; None if there is none."""
        return tables.state_named(name, self.aliases)

    def ties(
        self, *, votes: float | Array, defence: float | Array, arms: float | Array, enmity: float | Array
    ) -> Array:
        """Ties [..., state, state] in [-1, 1] from the channels and their weights.

        A = clip(votes V + defence D + arms R - enmity X, -1, 1): an additive index (*assumption*; the weights are
        parameters of the world). Weights may carry leading axes in the shape ``[..., 1, 1]``.
        """
        total = votes * self.votes + defence * self.defence + arms * self.arms - enmity * self.enmity
        return np.asarray(np.clip(total, -1.0, 1.0))

    def by_rule(self) -> World:
        """The same world with the overrides of goods left out."""
        return replace(self, need=self.need_rule, surplus=self.surplus_rule)

    def without_acts(self) -> World:
        """The same world with no sanctions and no isolation in force."""
        return replace(self, sanctions=np.zeros_like(self.sanctions), isolation=np.zeros_like(self.isolation))

    def select(self, codes: Iterable[str]) -> World:
        """The world of these states in this order; trade with the states left out moves to the rest of the world."""
        chosen = tuple(codes)
        if len(set(chosen)) != len(chosen):
            raise WorldError([f"{self.name}: a state is selected twice in {', '.join(chosen)}"])
        keep = np.array([self.index(code) for code in chosen], dtype=np.intp)
        changed: dict[str, object] = {
            "codes": chosen,
            "names": tuple(self.names[k] for k in keep),
            "aliases": {alias: code for alias, code in self.aliases.items() if code in chosen},
            "groups": {
                group: tuple(code for code in chosen if code in members) for group, members in self.groups.items()
            },
        }
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                changed[field.name] = value[np.ix_(keep, keep)] if _shape(field.name, 0) == (0, 0) else value[keep]
        left_out = np.delete(self.trade, keep, axis=1).sum(axis=1)[keep]
        changed["rest_of_world"] = self.rest_of_world[keep] + left_out
        return replace(self, **changed)  # type: ignore[arg-type]


def _shape(name: str, n: int) -> tuple[int, ...]:
    if name in ("capability", "regime", "armament", "rest_of_world"):
        return (n,)
    if name in ("need", "surplus", "need_rule", "surplus_rule"):
        return (n, len(GOODS))
    return (n, n)


def load_world(name_or_folder: str | Path) -> World:
    """Read a world: the name of one in the seeds ("2021") or a folder whose name begins with its year.

    Raises
    ------
    WorldError
        With one line per mistake, all at once: file, line, what is wrong and what would mend it.

    Examples
    --------
    >>> import blocade
    >>> world = blocade.load_world("2021")
    >>> world.size, world.codes[:3]
    (70, ('ARE', 'ARG', 'ARM'))
    """
    folder = find_world(name_or_folder)
    name = folder.resolve().name
    year = int(name[:4])
    mistakes: list[str] = []
    read = {
        table: read_table(folder / f"{table}.csv", columns, mistakes, folder=folder)
        for table, columns in tables.COLUMNS.items()
    }
    group_table = read_table(resources.seeds() / "groups.csv", tables.GROUP_COLUMNS, mistakes)
    if mistakes:
        raise WorldError(mistakes)
    states = read["states"]
    codes, names, aliases = tables.read_people(states, mistakes)
    if mistakes:  # without the list of states every other row would be called wrong
        raise WorldError(mistakes)
    arrays: dict[str, Array] = {
        "capability": states.numbers("capability", mistakes, above=0.0, high=1.0),
        "regime": states.numbers("regime", mistakes, low=0.0, high=1.0),
        # a ratio to the mean of some states cannot be more than their number
        "armament": states.numbers("armament", mistakes, low=0.0, high=tables.MOST_STATES),
    }
    groups = tables.read_groups(group_table, year, codes, mistakes)
    arrays |= tables.read_ties(read["ties"], codes, mistakes)
    arrays |= tables.read_trade(read["trade"], codes, mistakes)
    arrays |= tables.read_goods(read["goods"], codes, mistakes)
    arrays |= tables.read_acts(read["acts"], codes, aliases, groups, year, mistakes)
    if mistakes:
        raise WorldError(mistakes)
    return World(name=name, codes=codes, names=names, aliases=aliases, groups=groups, **arrays)


def world_names() -> tuple[str, ...]:
    """Names of the worlds in the seeds, sorted."""
    return tuple(sorted(folder.name for folder in (resources.seeds() / "worlds").glob("*/")))


def find_world(name_or_folder: str | Path) -> Path:
    """The folder of a world.

    Raises
    ------
    WorldError
        If there is none, or its name does not begin with a year.
    """
    packaged = world_names()
    given = str(name_or_folder)
    folder = resources.seeds() / "worlds" / given if given in packaged else Path(given)
    if not (given and is_folder(folder)):
        known = ", ".join(packaged)
        raise WorldError([f"{cut(given)}: no such world; known are {known}, or name a folder of tables"])
    if re.match(r"\d{4}", folder.resolve().name, re.ASCII) is None:
        raise WorldError([f"{given}: the folder's name must begin with its year, as in 2021-mine"])
    return folder
