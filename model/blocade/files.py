"""Files that others made: read only where they are files, of a size that makes sense, and inside the folder named."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Final, NoReturn

from blocade.characters import one_line

MOST_TEXT: Final = 10_000_000
"""Bytes of the largest table or JSON that is read. The largest world there can be has 3 MB of trade; what is larger is
no such table, and would fill the memory once it is split into cells."""
LONGEST: Final = 2000
"""Characters of the longest line that tells a mistake; what is longer was made to flood a screen."""


class FileError(ValueError):
    """Why a file is not read: words that follow its name."""


def plain(text: str, longest: int = LONGEST) -> str:
    """A text on one line, cut where it is too long, without what a terminal takes as an order."""
    return one_line(text if len(text) <= longest else text[: longest - 1] + "…")


def is_file(path: Path) -> bool:
    """Whether there is a file; not where nobody may look, or where the name is none that a file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether there is a folder; else as `is_file`."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def place_of(path: Path, folder: Path | None = None) -> Path:
    """The file itself, links followed; of a file in a folder, it lies in there.

    Raises
    ------
    FileNotFoundError, FileError
        If there is none, or it is no file, or lies elsewhere.
    """
    try:
        found = path.resolve(strict=True)
        mode = found.stat().st_mode
    except NotADirectoryError:
        raise FileNotFoundError(str(path)) from None
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, no right to read, a name that cannot be
        raise FileError(f"cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if folder is not None and not found.is_relative_to(folder.resolve()):
        raise FileError("is a link that leads out of its folder; put a copy there")
    if stat.S_ISDIR(mode):
        raise FileError("is a folder, not a file; name a file")
    if not stat.S_ISREG(mode):
        raise FileError("is a pipe or a device, not a file; name a file")
    return found


def contents(path: Path, folder: Path | None = None, most: int = MOST_TEXT) -> bytes:
    """The bytes of a file.

    Parameters
    ----------
    folder : outside of which it is not read, whatever links say; None for a file that the user names.
    most : bytes; a larger file is not read.

    Raises
    ------
    FileNotFoundError, FileError
    """
    found = place_of(path, folder)
    try:
        with found.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror})") from error
    if len(data) > most:
        raise FileError(f"is larger than {most // 1_000_000} MB, so it is not what it should be; make it smaller")
    return data


def json_of(data: bytes) -> object:
    """What JSON says.

    Raises
    ------
    FileError
        If it is none, or holds what no program of ours writes: NaN, infinity, a hundred levels, endless numbers.
    """

    def refuse(name: str) -> NoReturn:
        raise FileError(f"holds {name}, which JSON has not")

    try:
        found = json.loads(data.decode("utf-8"), parse_constant=refuse, parse_float=_finite)
    except FileError:
        raise
    except RecursionError:
        raise FileError("is nested too deep") from None
    except ValueError as error:  # of bytes, of syntax, or of an integer with thousands of digits
        raise FileError(f"is no JSON ({plain(str(error), 120)})") from None
    return found


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise FileError(f"holds {plain(text, 20)}, too large for a number")
    return value
