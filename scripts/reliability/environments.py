"""Environments of their own: made empty, filled by pip, and asked to do something far from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def alone() -> dict[str, str]:
    """The variables of this process, without those by which another Python would find this checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def call(
    command: Sequence[object], within: Path, variables: Mapping[str, str] | None = None, allowed: Sequence[int] = (0,)
) -> str:
    """Run a command in a folder; returns what it printed.

    Raises
    ------
    RuntimeError
        If it ends with another code than the allowed ones: the command and the end of what it said.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=within,
        env={**alone(), **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in allowed:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise RuntimeError(f"{' '.join(str(part) for part in command)}: exit code {done.returncode}\n{said}")
    return done.stdout


def made(folder: Path, *install: object, python: str = sys.executable) -> Path:
    """Make an empty environment and let pip install something into it; returns its Python."""
    call([python, "-m", "venv", folder], folder.parent)
    own = folder / "bin" / "python"
    call([own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *install], folder.parent)
    return own


def installed(python: Path) -> dict[str, str]:
    """Name and version of everything in an environment but pip and setuptools."""
    listing = [python, "-m", "pip", "list", "--disable-pip-version-check", "--format", "json"]
    rows = json.loads(call(listing, Path.cwd()))
    return {row["name"]: row["version"] for row in rows if row["name"] not in ("pip", "setuptools")}
