"""Where the seeds and the scenarios lie, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def seeds() -> Path:
    """Folder of the seeds: the packaged copy if there is one, else that of the checkout."""
    return _folder("seeds")


def posteriors() -> Path:
    """Folder of the committed posteriors; it need not exist."""
    return seeds() / "posteriors"


def scenarios() -> Path:
    """Folder of the scenarios: the packaged copy if there is one, else that of the checkout."""
    return _folder("scenarios")


def _folder(name: str) -> Path:
    # An editable install does not see packaged data, so a checkout is read from its root.
    packaged = PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else PACKAGE.parents[1] / name
