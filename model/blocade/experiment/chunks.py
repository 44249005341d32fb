"""Finished chunks on disk: each a Parquet file, written whole or not at all, read back one measure at a time.

A row is a start and an arm. A column holds one measure of it as a flat list, so that a band over many runs is made
without the others in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from blocade.equations.arrays import Array
from blocade.experiment.plan import Piece, Plan
from blocade.experiment.store import StoreError, write_whole

Cell = tuple[str, str]
"""A start and an arm."""
TIES = "ties"


class Chunks:
    """The finished chunks of a plan in a folder, which is made if it is not there."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder, self._plan = folder, plan
        folder.mkdir(exist_ok=True)
        for torn in folder.glob("*.tmp"):  # what a killed run was writing
            torn.unlink()

    def missing(self) -> list[int]:
        """Positions of the chunks that are not there; one that a fault of the disk has torn is as good as not there."""
        return [index for index in range(len(self._plan.chunks)) if not _ended(self._path(index))]

    def add(self, index: int, pieces: Mapping[Cell, Piece]) -> None:
        """Keep a finished chunk; it is there when this returns, whatever happens to the process or the power."""
        columns: dict[str, list[object]] = {"start": [], "arm": []}
        for (start, arm), piece in pieces.items():
            columns["start"].append(start)
            columns["arm"].append(arm)
            columns.setdefault(TIES, []).append(piece.ties.ravel())
            for k, name in enumerate(self._plan.columns):
                columns.setdefault(f"values:{name}", []).append(piece.values[..., k].ravel())
            for k, name in enumerate(self._plan.followed):
                columns.setdefault(f"series:{name}", []).append(piece.series[..., k].ravel())
        options: Any = {"compression": "zstd", "write_page_checksum": True}
        write_whole(self._path(index), lambda file: pq.write_table(pa.table(columns), file, **options))

    def values(self) -> dict[Cell, Array]:
        """Means over each window: cell -> [window, draw, replicate, column]."""
        names, shape = self._plan.columns, (len(self._plan.windows), -1, self._plan.scenario.replicates)
        return self._together([f"values:{name}" for name in names], shape)

    def series(self, measure: str) -> dict[Cell, Array]:
        """One measure at every time, means over replicates: cell -> [time, draw]."""
        found = self._together([f"series:{measure}"], (self._plan.steps + 1, -1))
        return {cell: x[..., 0] for cell, x in found.items()}

    def _together(self, columns: list[str], shape: tuple[int, ...]) -> dict[Cell, Array]:
        """Columns of all chunks, each filled in where its draws belong: cell -> [*shape, column].

        Parameters
        ----------
        shape : of a column in one chunk, -1 for draws, its second axis.
        """
        found = {cell: np.empty((shape[0], n, *shape[2:], len(columns))) for cell, n in self._draws().items()}
        filled = dict.fromkeys(found, 0)
        for table in self._tables(columns):
            for row, cell in enumerate(_cells(table)):
                for k, name in enumerate(columns):
                    part = _flat(table, name, row).reshape(shape)
                    found[cell][:, filled[cell] : filled[cell] + part.shape[1], ..., k] = part
                filled[cell] += part.shape[1]
        return found

    def _draws(self) -> dict[Cell, int]:
        """Draws of every cell: some are run for the first draws alone."""
        draws: dict[Cell, int] = {}
        for chunk in self._plan.chunks:
            for start, arms in self._plan.cells(chunk).items():
                for arm in arms:
                    draws[start, arm] = draws.get((start, arm), 0) + len(chunk)
        return draws

    def ties(self) -> dict[Cell, Array]:
        """Mean tie of every pair at the start and at the end of the window: cell -> [2, state, partner]."""
        n, replicates = self._plan.world.size, self._plan.scenario.replicates
        total: dict[Cell, Array] = {}
        runs: dict[Cell, int] = {}
        for chunk, table in zip(self._plan.chunks, self._tables([TIES]), strict=True):
            for row, cell in enumerate(_cells(table)):
                total[cell] = total.get(cell, 0.0) + _flat(table, TIES, row).reshape(2, n, n)
                runs[cell] = runs.get(cell, 0) + len(chunk) * replicates
        return {cell: ties / runs[cell] for cell, ties in total.items()}

    def _tables(self, columns: list[str]) -> Iterator[pa.Table]:
        """Some columns of every chunk, in the order of the plan."""
        for index, chunk in enumerate(self._plan.chunks):
            path = self._path(index)
            try:
                table = pq.read_table(path, columns=["start", "arm", *columns], page_checksum_verification=True,
                                      partitioning=None)  # fmt: skip
                whole = self._whole(table, chunk)
            except (OSError, ValueError, pa.ArrowException):
                whole = False
            if not whole:
                raise StoreError(f"{path}: a chunk that is damaged; delete it, and --resume makes it anew")
            yield table

    def _whole(self, table: pa.Table, chunk: range) -> bool:
        """Whether a table has every start and arm of a chunk once, and lists as long as they must be."""
        plan = self._plan
        cells = {(start, arm) for start, arms in plan.cells(chunk).items() for arm in arms}
        sizes = {
            TIES: 2 * plan.world.size**2,
            "values": len(plan.windows) * len(chunk) * plan.scenario.replicates,
            "series": (plan.steps + 1) * len(chunk),
        }
        lists = {name: sizes[name.partition(":")[0]] for name in table.column_names[2:]}
        return (
            len(table) == len(cells)
            and set(_cells(table)) == cells
            and all(set(pc.list_value_length(table[name]).to_pylist()) == {size} for name, size in lists.items())
        )

    def _path(self, index: int) -> Path:
        return self._folder / f"{index:05d}.parquet"


def _ended(path: Path) -> bool:
    """Whether a file is there and has its end, where Parquet keeps what it holds."""
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid):
        return False
    return True


def _cells(table: pa.Table) -> list[Cell]:
    return list(zip(table["start"].to_pylist(), table["arm"].to_pylist(), strict=True))


def _flat(table: pa.Table, name: str, row: int) -> Array:
    return np.asarray(table[name][row].values.to_numpy(zero_copy_only=False), dtype=np.float64)
