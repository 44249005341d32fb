"""The tables of a results folder, read only where they have the columns and the rows that their run must have given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from blocade.experiment.manifest import draws_of, refuse_changed, wrong
from blocade.experiment.plan import DT
from blocade.experiment.runner import QUANTILES
from blocade.experiment.store import StoreError
from blocade.files import FileError, place_of
from blocade.measures import MEASURES
from blocade.theories import MECHANISMS

MOST_WINDOWS: Final = 127
"""Windows that outcomes can number."""
PACKED: Final = 20
"""Rows for a byte of its file beyond which a table was made to fill the memory; those of runs have less than one."""
FEW_ROWS: Final = 100_000
"""Rows that fill no memory however they are packed."""
MOST_COLUMNS: Final = 1_000
"""Columns of the widest table: one for each of some sixty parameters, and for levers."""
WORDS: Final = "words"
"""A column of words; `int` and `float` stand for columns of numbers."""
Kind = str | type[int] | type[float]
COLUMNS: Final[Mapping[str, Mapping[str, Kind]]] = MappingProxyType({
    "outcomes": {"start": WORDS, "arm": WORDS, "window": int, "draw": int, "replicate": int, "measure": WORDS,
                 "value": float},
    "bands": {"start": WORDS, "arm": WORDS, "versus": WORDS, "time": float, "measure": WORDS,
              **dict.fromkeys(QUANTILES, float)},
    "ties": {"start": WORDS, "arm": WORDS, "iso3_a": WORDS, "iso3_b": WORDS, "before": float, "after": float},
    "draws": {"draw": int},
})  # fmt: skip
"""Columns of each table; what varied stands in ``draws`` besides, and older outcomes have no window."""


def read_frame(
    folder: Path, name: str, manifest: Mapping[str, Any], filters: Sequence[tuple[str, str, object]] = ()
) -> pd.DataFrame:
    """A table of a folder with this manifest.

    Parameters
    ----------
    name : of the table. filters : of rows, as pyarrow takes them; one on a column that is not there is passed over.

    Raises
    ------
    StoreError
        If it is not there, cannot be read, has not the columns of such a table, or says what no run can.
    """
    path = folder / f"{name}.parquet"
    refuse_changed(path, manifest)
    try:
        place = place_of(path, folder)
        columns = _columns(place, name, manifest)
        kept = [one for one in filters if one[0] in columns]
        words = [column for column, kind in COLUMNS[name].items() if kind == WORDS]
        table = pq.read_table(
            place, columns=columns, filters=kept or None, read_dictionary=words, partitioning=None
        ).replace_schema_metadata(None)
        frame: pd.DataFrame = table.to_pandas(strings_to_categorical=True)
        _check(name, frame, manifest)
    except FileNotFoundError:
        raise StoreError(f"{path}: no such file; run it again with --force") from None
    except FileError as error:
        raise wrong(path, str(error)) from None
    except (OSError, ValueError, TypeError, OverflowError, pa.ArrowException) as error:
        raise wrong(path, f"no table that can be read ({type(error).__name__})") from error
    return frame


def _columns(place: Path, name: str, manifest: Mapping[str, Any]) -> list[str]:
    """Columns of a table that are to be read; its schema and its length are looked at first.

    Raises
    ------
    FileError
    """
    with pq.ParquetFile(place) as file:
        schema, about = file.schema_arrow, file.metadata
        rows = max(about.num_rows, sum(about.row_group(k).num_rows for k in range(about.num_row_groups)))
    if rows > min(_most_rows(name, manifest), max(FEW_ROWS, PACKED * place.stat().st_size)):
        raise FileError(f"{rows} rows, more than its run can have written")
    if len(schema.names) > MOST_COLUMNS or len(set(schema.names)) < len(schema.names):
        raise FileError("too many columns, or two of one name")
    wanted = {column: kind for column, kind in COLUMNS[name].items() if column != "window" or column in schema.names}
    if name == "draws":
        wanted |= {column: float for column in schema.names if column not in wanted}
    for column, kind in wanted.items():
        if column not in schema.names:
            raise FileError(f"no column {column}")
        if not _fits(schema.field(column).type, kind):
            raise FileError(f"column {column} is of the type {schema.field(column).type}")
    return list(wanted)


def _fits(found: pa.DataType, kind: Kind) -> bool:
    if kind == WORDS:
        inner = found.value_type if pa.types.is_dictionary(found) else found
        return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))
    whole = bool(pa.types.is_integer(found))
    return whole if kind is int else whole or bool(pa.types.is_float32(found) or pa.types.is_float64(found))


def _check(name: str, frame: pd.DataFrame, manifest: Mapping[str, Any]) -> None:
    """Refuse a table that names what its run has not, has numbers that no run gives, or lacks rows or has them twice.

    Raises
    ------
    FileError
    """
    if frame.empty:
        raise FileError("no rows")
    names = set(manifest["names"])
    arms, draws = {arm["name"] for arm in manifest["inputs"]["scenario"]["arms"]}, draws_of(manifest)
    known = {"arm": arms, "versus": {"", *arms}, "iso3_a": names, "iso3_b": names}
    for column, values in frame.items():
        if isinstance(values.dtype, pd.CategoricalDtype):
            words = set(map(str, values.cat.categories))
            strangers = words - known.get(str(column), words)
            strangers |= {word for word in words if column == "measure" and not _measured(word, names)}
            if strangers or values.isna().any():
                raise FileError(f"column {column} names what the run has not ({', '.join(sorted(strangers)[:3])})")
        elif column == "draw" and not 0 <= values.min() <= values.max() < draws:
            raise FileError(f"column {column} numbers other draws than the {draws} of the run")
        elif np.isinf(values).any() or (name in ("draws", "ties") and values.isna().any()):
            raise FileError(f"column {column} is not finite")
    _whole(name, frame, manifest)


def _whole(name: str, frame: pd.DataFrame, manifest: Mapping[str, Any]) -> None:
    """Refuse a table that lacks rows or has them twice."""
    arms, starts = len(manifest["inputs"]["scenario"]["arms"]), set(manifest["starts"])
    if name == "draws":
        if not len(frame) == frame["draw"].nunique() == draws_of(manifest):
            raise FileError(f"{len(frame)} draws where the run has {draws_of(manifest)}")
        return
    keys = [key for key in ("start", "arm", "versus", "window", "measure") if key in frame]
    counts = frame.groupby(keys, observed=True).size()
    real = counts[counts.index.get_level_values("start").isin(starts)]
    pairs = len(manifest["names"]) * (len(manifest["names"]) - 1) // 2
    each = {
        "outcomes": draws_of(manifest) * manifest["inputs"]["scenario"]["replicates"],
        "ties": pairs,
        "bands": frame["time"].nunique() if "time" in frame else 0,
    }[name]
    cells = len(starts) * (2 * arms - 1 if name == "bands" else arms)
    cells *= np.prod([frame[key].nunique() for key in ("window", "measure") if key in frame], dtype=int)
    if len(real) != cells or (real != each).any() or (counts > each).any():
        raise FileError("rows are missing, or there twice")


def _most_rows(name: str, manifest: Mapping[str, Any]) -> int:
    """Rows that a table has at the most, for what its run was."""
    scenario, states = manifest["inputs"]["scenario"], len(manifest["names"])
    cells = (len(manifest["starts"]) + len(MECHANISMS)) * len(scenario["arms"])
    recorded = len(MEASURES) + 2 * states  # with the alignment of every state, and the trade of a few with some
    most: dict[str, int] = {
        "draws": draws_of(manifest),
        "ties": cells * states * states,
        "bands": 2 * cells * recorded * (round((scenario["end"] - scenario["start"]) / DT) + 2),
        "outcomes": cells * recorded * MOST_WINDOWS * draws_of(manifest) * scenario["replicates"],
    }
    return most[name]


def _measured(word: str, names: set[str]) -> bool:
    """Whether results can hold such a measure: of all, or the alignment or trade of a state."""
    name, *about = word.split(":")
    if name in ("alignment", "trade"):
        return len(about) == 1 + (name == "trade") and about[0] in names
    return not about and name in MEASURES
