"""A results folder: written beside its place and moved there whole, so that a folder that looks finished is finished.

The manifest is the mark of a finished folder. Tables depend on the scenario, its seed and the code, and on nothing
else.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

MANIFEST = "manifest.json"
WRITTEN = frozenset(
    {MANIFEST, "verdicts.json", "draws.parquet", "outcomes.parquet", "bands.parquet", "ties.parquet", "charts"}
)
"""What a run writes; anything else in a results folder is the user's."""
DEPENDENCIES = (
    "SALib",
    "matplotlib",
    "mesa",
    "networkx",
    "numpy",
    "pandas",
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


@contextmanager
def folder_in_place(folder: Path) -> Iterator[Path]:
    """A folder to write into, moved to its place when the block ends well and removed when it does not."""
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written ({error.strerror}); choose another folder with --out") from None
    try:
        yield partial
        _replace(partial, folder)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror}); free some space or choose another --out"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


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


def write_json(content: object, path: Path) -> None:
    """Indented JSON with a last newline."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
