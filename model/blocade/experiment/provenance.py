"""What results were made with: digests of files and of the code, and versions."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
