"""A results folder: made beside its place and moved there whole, so that a folder that looks finished is finished.

The manifest is the mark of a finished folder. Tables depend on the scenario, its seed and the code, and on nothing
else.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

MANIFEST = "manifest.json"
LOG = "run.log"
REPORT = "report.html"
ELEMENTARY = "elementary.csv"
TABLES = ("draws.parquet", "outcomes.parquet", "bands.parquet", "ties.parquet", ELEMENTARY)
WRITTEN = frozenset({MANIFEST, LOG, "verdicts.json", *TABLES, "charts", REPORT})
"""What a run writes; anything else in a results folder is the user's."""
DEPENDENCIES = (
    "SALib",
    "jinja2",
    "matplotlib",
    "mesa",
    "numba",
    "networkx",
    "numpy",
    "pandas",
    "pillow",
    "pyarrow",
    "pydantic",
    "ruamel.yaml",
    "scipy",
    "threadpoolctl",
    "tqdm",
)


class StoreError(Exception):
    """A results folder that cannot be written or read: one clear line."""


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of blocade, Python and what it stands on."""
    return {"python": platform.python_version(), **{name: _version(name) for name in ("blocade", *DEPENDENCIES)}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def code_digest() -> str:
    """SHA-256 of the package's own source, so that results of other code are never taken for these."""
    package = Path(__file__).parents[1]
    total = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        total.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a finished folder, or None."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and "inputs" in manifest else None


def is_done(folder: Path, inputs: Mapping[str, object], force: bool) -> bool:
    """Whether a folder already holds the results of these inputs.

    Raises
    ------
    StoreError
        If it holds something else (a finished run of other inputs needs ``force``; what is not ours is never
        replaced).
    """
    if not folder.exists():
        return False
    if folder.resolve() == Path.cwd():
        raise StoreError(f"{folder}: is the folder you are in, and results take a folder of their own; name another")
    if not folder.is_dir():
        raise StoreError(f"{folder}: is a file; choose another folder with --out")
    if not any(folder.iterdir()):
        return False
    manifest = read_manifest(folder)
    if manifest is None:
        raise StoreError(f"{folder}: is not empty and holds no blocade results; choose another folder with --out")
    if manifest["inputs"] == json.loads(json.dumps(inputs)) and not force:
        return True
    if not force:
        raise StoreError(
            f"{folder}: holds the results of other inputs; --force replaces them, --out chooses another folder"
        )
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in WRITTEN)
    if foreign:
        raise StoreError(f"{folder}: holds files of yours ({', '.join(foreign)}); move them before --force replaces it")
    return False


class Stopped(KeyboardInterrupt):
    """A run that was stopped, with what its user can do next."""


@contextmanager
def workshop(folder: Path, inputs: Mapping[str, object], resume: bool) -> Iterator[Path]:
    """A folder beside the place of the results, to work in: one process at a time, and kept when the work does not end.

    ``chunks`` in it holds what is finished, ``results`` becomes the results' folder when the block ends well.

    Parameters
    ----------
    inputs : what the results depend on. resume : go on with what an earlier run of the same inputs has left; without it
        that is dropped.

    Raises
    ------
    StoreError
        If it cannot be written, another process is at it, or what is left in it is of other inputs.
    Stopped
        On Ctrl-C, once the lock is let go.
    """
    place = folder.with_name(f".{folder.name}.partial")
    told = json.loads(json.dumps({**inputs, "versions": versions()}))
    try:
        place.mkdir(parents=True, exist_ok=True)
        with _lock(place / "lock", folder):
            _clear(place, folder, told, resume)
            (place / "results").mkdir()
            (place / "chunks").mkdir(exist_ok=True)
            write_json(told, place / INPUTS)
            yield place
            _replace(place / "results", folder)
            shutil.rmtree(place)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror}); free some space or choose another --out"
        ) from error
    except KeyboardInterrupt:
        done = len(list((place / "chunks").glob("*.parquet")))
        if not done:
            shutil.rmtree(place, ignore_errors=True)
            raise
        raise Stopped("stopped; finished chunks are kept: the same command with --resume goes on from them") from None


INPUTS = "inputs.json"


def _clear(place: Path, folder: Path, told: Mapping[str, object], resume: bool) -> None:
    """Drop what an earlier run has left, but for what can be gone on with."""
    try:
        left = json.loads((place / INPUTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        left = None
    if resume and left is not None and left != told:
        changed = [name for name in told if not isinstance(left, dict) or left.get(name) != told[name]]
        raise StoreError(
            f"{folder}: the run that was stopped there is of other inputs ({', '.join(changed)}); "
            "without --resume it starts anew"
        )
    shutil.rmtree(place / "results", ignore_errors=True)
    if not resume or left is None:
        shutil.rmtree(place / "chunks", ignore_errors=True)
        (place / LOG).unlink(missing_ok=True)


@contextmanager
def _lock(path: Path, folder: Path) -> Iterator[None]:
    """Hold a file's lock. The system lets it go with the process, however that ends, so a dead one never blocks."""
    with path.open("a+", encoding="utf-8") as file:
        try:
            _hold(file.fileno())
        except OSError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            raise StoreError(f"{folder}: {owner} is running into it; wait for it or choose another --out") from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


Log = Callable[[str], None]


@contextmanager
def logging(path: Path) -> Iterator[Log]:
    """A log that lines are added to, each with its time; a run that goes on adds to that of the run before."""
    with path.open("a", encoding="utf-8", buffering=1) as file:

        def log(line: str) -> None:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {line}\n")

        yield log


def _hold(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _replace(partial: Path, folder: Path) -> None:
    """Put a finished folder in place; the old one is moved aside first, so there is never half of each."""
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """A table as Parquet, the same bytes for the same content."""
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path, compression="zstd")


def write_tables(tables: Iterable[pd.DataFrame], path: Path) -> None:
    """Tables of the same columns as one Parquet file, one after the other in memory."""
    writer: pq.ParquetWriter | None = None
    try:
        for table in tables:
            found = pa.Table.from_pandas(table, preserve_index=False)
            if writer is None:
                writer = pq.ParquetWriter(path, found.schema, compression="zstd")
            writer.write_table(found)
    finally:
        if writer is not None:
            writer.close()


def write_json(content: object, path: Path) -> None:
    """Indented JSON with a last newline."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
