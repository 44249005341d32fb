"""Keyed random numbers, so that every arm of an experiment meets the same luck.

A draw depends on nothing but its key: (seed, stream name, draw and replicate, step or spell, identity of the state
or of the unordered pair). The identity is a hash of the state's code, so adding, reordering or renaming states
changes no other state's draws. Keys are mixed by the finaliser of SplitMix64 (Steele, Lea and Flood 2014, constants
of Stafford's Mix13), vectorised; a generator object per key would cost about 18 µs each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from blocade.equations.arrays import Array

Keys: TypeAlias = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12 = (np.uint64(n) for n in (30, 27, 31, 12))


def identity(text: str) -> Keys:
    """A stable 64-bit integer of a name."""
    return np.asarray(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"), dtype=np.uint64)


def mix(state: Keys, key: Keys) -> Keys:
    """Fold a key into a hash state; both broadcast."""
    with np.errstate(over="ignore"):
        x = (state ^ key) + _GOLDEN
        x = (x ^ (x >> _S30)) * _MIX_1
        x = (x ^ (x >> _S27)) * _MIX_2
        return np.asarray(x ^ (x >> _S31))


def uniform(hashed: Keys) -> Array:
    """Hash states as numbers in the open interval (0, 1), midpoints of 2^52 cells: 1 is never reached."""
    return ((hashed >> _S12).astype(np.float64) + 0.5) * 2.0**-52


class Luck:
    """The luck of a set of runs.

    Parameters
    ----------
    seed : of the experiment.
    draws, replicates : [run], the parameter draw and the replicate of each run.
    codes : identity of each state.
    """

    def __init__(self, seed: int, draws: npt.ArrayLike, replicates: npt.ArrayLike, codes: Sequence[str]) -> None:
        start = mix(np.asarray(seed, dtype=np.uint64), identity("blocade"))
        run = mix(start, np.asarray(draws, dtype=np.uint64))
        run = mix(run, np.asarray(replicates, dtype=np.uint64))
        self._shock = mix(run, identity("tie"))
        self._threshold = mix(run, identity("concession"))
        self._states: Keys = np.array([identity(code) for code in codes], dtype=np.uint64)
        rows, columns = np.triu_indices(len(codes), k=1)
        low, high = (
            np.minimum(self._states[rows], self._states[columns]),
            np.maximum(self._states[rows], self._states[columns]),
        )
        self._pairs = mix(mix(identity("pair"), low), high)
        self._rows, self._columns, self._size = rows, columns, len(codes)
        self._drawn: dict[int, Array] = {}

    def pair_shocks(self, step: int) -> Array:
        """Standard normal shock of every pair in a step: [run, pair], pairs in the order of ``np.triu_indices``."""
        if step not in self._drawn:  # kept, because every arm meets the same luck
            keyed = mix(self._shock, np.asarray(step, dtype=np.uint64))
            self._drawn[step] = ndtri(uniform(mix(keyed[:, None], self._pairs)))
            self._drawn[step].setflags(write=False)
        return self._drawn[step]

    def shocks(self, step: int) -> Array:
        """The same as matrices: [run, state, partner], symmetric, 0 on the diagonal."""
        drawn = self.pair_shocks(step)
        square = np.zeros((len(drawn), self._size, self._size))
        square[:, self._rows, self._columns] = square[:, self._columns, self._rows] = drawn
        return square

    def thresholds(self, spell: npt.NDArray[np.int64]) -> Array:
        """Unit-exponential threshold of each state's spell: [run, state] -> [run, state]."""
        keyed = mix(mix(self._threshold[:, None], self._states), spell.astype(np.uint64))
        return -np.log(uniform(keyed))
