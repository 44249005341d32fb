"""A results folder: made beside its place and moved there whole, so that a folder that looks finished is finished.

The manifest is the mark of a finished folder. Tables depend on the scenario, its seed and the code, and on nothing
else.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from blocade import interrupts
from blocade.experiment.provenance import digest, versions
from blocade.files import FileError, contents, json_of, plain

MANIFEST = "manifest.json"
LOG = "run.log"
REPORT = "report.html"
ELEMENTARY = "elementary.csv"
VERDICTS = "verdicts.json"
TABLES = ("draws.parquet", "outcomes.parquet", "bands.parquet", "ties.parquet", ELEMENTARY)
WRITING = ".writing"
"""Folder in which files that belong together wait until all are whole; a killed command may leave it."""
WRITTEN = frozenset({MANIFEST, LOG, VERDICTS, *TABLES, "charts", REPORT, WRITING})
"""What a run writes; anything else in a results folder is the user's."""


class StoreError(Exception):
    """A results folder that cannot be written or read: one clear line."""

    def __init__(self, line: str) -> None:
        super().__init__(plain(line))


class WorkerLost(StoreError):
    """A worker that the system or someone has ended, and its work with it."""


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of the verdicts and of every table of results, by which `blocade.experiment.manifest` knows them."""
    return {name: digest(folder / name) for name in (VERDICTS, *TABLES) if (folder / name).exists()}


def _json_in(folder: Path, name: str) -> Any:
    """What a JSON file of a folder says; None where there is none that can be read."""
    try:
        return json_of(contents(folder / name, folder))
    except (OSError, FileError):
        return None


def is_done(folder: Path, inputs: Mapping[str, object], force: bool) -> bool:
    """Whether a folder already holds the results of these inputs.

    Raises
    ------
    StoreError
        If it holds something else (a finished run of other inputs needs ``force``; what is not ours is never
        replaced).
    """
    if folder.name == "..":
        raise StoreError(f"{folder}: ends in .., and results take a folder of their own; name it")
    if folder.is_symlink() or _beside(folder).is_symlink():
        raise StoreError(f"{folder}: is a link or its work folder is one; name the folder itself with --out")
    if not folder.exists():
        return False
    if folder.resolve() == Path.cwd():
        raise StoreError(f"{folder}: is the folder you are in, and results take a folder of their own; name another")
    if not folder.is_dir():
        raise StoreError(f"{folder}: is a file; choose another folder with --out")
    if os.path.ismount(folder):
        raise StoreError(
            f"{folder}: is a disk of its own, and results are moved to their place whole; name a folder in it"
        )
    if not any(folder.iterdir()):
        return False
    manifest = _json_in(folder, MANIFEST)
    if not isinstance(manifest, dict) or "inputs" not in manifest:
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


def _beside(folder: Path) -> Path:
    """Where results are made before they are moved to their folder."""
    return folder.with_name(f".{folder.name}.partial") if folder.name else folder


class Stopped(KeyboardInterrupt):
    """A run that was stopped, with what its user can do next."""


INPUTS, LOCK = "inputs.json", "lock"
PARTS = (INPUTS, f"{INPUTS}.tmp", LOCK, LOG, "chunks", "results", "old")
"""What is in the folder in which results are made."""
KEPT = "finished chunks are kept: the same command with --resume goes on from them"


@contextmanager
def workshop(folder: Path, inputs: Mapping[str, object], resume: bool, force: bool = False) -> Iterator[Path]:
    """A folder beside the place of the results, to work in: one process at a time, and kept when the work does not end.

    ``chunks`` in it holds what is finished, ``results`` becomes the results' folder when the block ends well.

    Parameters
    ----------
    inputs : what the results depend on. resume : go on with what an earlier run of the same inputs has left; without it
        that is dropped. force : replace the results of other inputs.

    Raises
    ------
    StoreError
        If it cannot be written, another process is at it or has just ended, a worker was lost, or what is left in it is
        of other inputs.
    Stopped
        On Ctrl-C.
    """
    place, told = _beside(folder), _told(inputs)
    _refuse_foreign(place)
    try:
        with held(place, folder):
            if is_done(folder, inputs, force):
                raise StoreError(f"{folder}: another process has just finished it; the same command again reads it")
            with _kept(place, folder):
                _clear(place, folder, told, resume)
                (place / "results").mkdir()
                (place / "chunks").mkdir(exist_ok=True)
                yield place
                settle(place / "results")
                with interrupts.deferred():
                    _replace(place / "results", folder, place / "old")
            _tidy(place)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror or error}); free some space or choose another --out"
        ) from error


def sweep(folder: Path, inputs: Mapping[str, object]) -> None:
    """Drop what the run of finished results has left beside them, if it was killed between its end and its tidying."""
    place = _beside(folder)
    if place.exists() and (not (place / "chunks").exists() or _left(place) == _told(inputs)):
        with suppress(StoreError, OSError), held(place, folder):
            _tidy(place)


def _tidy(place: Path) -> None:
    """Take the folder of a finished run away, what says whose it is after its chunks."""
    shutil.rmtree(place / "chunks", ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)


def _told(inputs: Mapping[str, object]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps({**inputs, "versions": versions()}))
    return told


def _left(place: Path) -> dict[str, Any] | None:
    """Inputs of an earlier run that was stopped, or None."""
    left = _json_in(place, INPUTS)
    return left if isinstance(left, dict) else None


@contextmanager
def _kept(place: Path, folder: Path) -> Iterator[None]:
    """Say what can be done with finished chunks where a run is stopped or loses a worker; keep nothing if there are
    none."""
    try:
        yield
    except BaseException as error:
        done = any((place / "chunks").glob("*.parquet"))
        if not done:
            with interrupts.deferred():  # who asks twice is not left with half of it
                shutil.rmtree(place, ignore_errors=True)
        elif isinstance(error, KeyboardInterrupt):
            raise Stopped(f"stopped; {KEPT}") from None
        if isinstance(error, WorkerLost):
            raise StoreError(f"{folder}: {error}" + (f"; {KEPT}" if done else "")) from error
        raise


def _clear(place: Path, folder: Path, told: Mapping[str, object], resume: bool) -> None:
    """Drop what an earlier run has left, but for what can be gone on with."""
    left = _left(place)
    if resume and left is not None and left != told:
        changed = [name for name in told if left.get(name) != told[name]]
        raise StoreError(
            f"{folder}: the run that was stopped there is of other inputs ({', '.join(changed)}); "
            "without --resume it starts anew"
        )
    for name in ("results", "old"):
        shutil.rmtree(place / name, ignore_errors=True)
    if resume and left is not None:
        return
    (place / INPUTS).unlink(missing_ok=True)  # first, so that nothing is taken for another run's when this is killed
    shutil.rmtree(place / "chunks", ignore_errors=True)
    (place / LOG).unlink(missing_ok=True)
    write_whole(place / INPUTS, lambda file: file.write(_json(told).encode()))


def _refuse_foreign(place: Path) -> None:
    """Refuse to work in what no run has left: a link would lead elsewhere, and what is there would be cleared away."""
    links = [path for path in (place, *(place / name for name in PARTS)) if path.is_symlink()]
    if links:
        raise StoreError(f"{links[0]}: is a link, and results are made there; take it away")
    foreign = sorted(path.name for path in place.iterdir() if path.name not in PARTS) if place.is_dir() else []
    if foreign:
        raise StoreError(f"{place}: holds files of yours ({', '.join(foreign)}), and results are made there; move them")


@contextmanager
def held(place: Path, folder: Path) -> Iterator[None]:
    """Hold a hidden folder to work in, which is made. The system lets it go with the process, however that ends, so a
    dead one never blocks.

    Parameters
    ----------
    place : the hidden one. folder : what it is for, as messages name it.

    Raises
    ------
    StoreError
        If another process holds it.
    """
    while True:  # until the folder is not taken away by another process that ends its work
        place.mkdir(parents=True, exist_ok=True)
        try:
            file = (place / LOCK).open("a+", encoding="utf-8")
        except FileNotFoundError:
            continue
        with file:
            _lock(file, folder)
            if not _stands(file, place / LOCK):
                continue
            file.truncate(0)
            file.write(f"process {os.getpid()}")
            file.flush()
            yield
            return


def _lock(file: IO[str], folder: Path) -> None:
    try:
        _hold(file.fileno())
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "another process"
        raise StoreError(f"{folder}: {owner} is running into it; wait for it or choose another --out") from None


def _stands(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


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


def _replace(made: Path, folder: Path, old: Path) -> None:
    """Put a finished folder in place; the old one is moved aside first, so there is never half of each."""
    if folder.exists():
        folder.rename(old)
    try:
        made.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    _sync(folder.parent)


def settle(folder: Path) -> None:
    """See every file of a folder on the disk, so that a power cut after it has its place leaves none of them torn."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    if path.is_dir() and sys.platform == "win32":  # where folders cannot be opened
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file whole or not at all: it is there when this returns, whatever happens to the process or the power."""
    torn = path.with_name(f"{path.name}.tmp")
    with torn.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    torn.replace(path)


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
    path.write_text(_json(content), encoding="utf-8")


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
