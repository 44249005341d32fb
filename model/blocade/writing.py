"""Files of one command, written whole or not at all, into a folder that holds nothing of the user's by their names."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blocade import interrupts
from blocade.experiment.store import WRITING, StoreError, held, settle

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MADE = "made"
MARK = "<!-- Written by blocade; it is replaced by the next run. -->"


def usual_folder(command: str, name: str) -> Path:
    """Where the results of a command go that names no folder."""
    return Path("results") / command / name


def refuse_foreign(folder: Path, names: Sequence[str]) -> None:
    """Refuse a folder in which files of these names are not ours; the first, Markdown, says whose they are.

    Raises
    ------
    StoreError
        With the names.
    """
    there = [name for name in names if (folder / name).exists()]
    mark = folder / names[0]
    ours = unfinished(folder, names[0]) or (mark.is_file() and mark.read_bytes().startswith(MARK.encode()))
    if there and not ours:
        raise StoreError(
            f"{folder}: holds files of yours ({', '.join(there)}); move them or choose another folder with --out"
        )


def unfinished(folder: Path, last: str) -> bool:
    """Whether `put` was killed on its way into a folder, so that what has the names of its files there is ours.

    Parameters
    ----------
    last : the first of its files, which takes its place last.
    """
    return (folder / WRITING / MADE / last).is_file()


def put(folder: Path, contents: Mapping[str, str | Figure]) -> None:
    """Write texts and figures that belong together: all whole, or none.

    A new folder gets its name when all is in it. In one that is there the old files go first, and the first of the new,
    which says what the others are, comes last.

    Raises
    ------
    StoreError
        If they cannot be written, or another process is writing there.
    """
    place = folder.absolute()
    place = place.parent / f".{place.name}{WRITING}"
    try:
        if folder.exists():
            if place.exists():  # what a command has left that was killed after the folder got its name
                with held(place, folder):
                    shutil.rmtree(place, ignore_errors=True)
            place = folder / WRITING  # whatever disk the folder is on
        with held(place, folder):
            try:
                _make(contents, place / MADE)
            except BaseException:
                with interrupts.deferred():
                    shutil.rmtree(place, ignore_errors=True)
                raise
            with interrupts.deferred():
                _move(contents, place / MADE, folder)
                shutil.rmtree(place, ignore_errors=True)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror or error}); choose another place with --out"
        ) from error


def _make(contents: Mapping[str, str | Figure], made: Path) -> None:
    shutil.rmtree(made, ignore_errors=True)  # what a killed command has left
    made.mkdir()
    for name, content in contents.items():
        if isinstance(content, str):
            (made / name).write_text(content, encoding="utf-8")
        else:
            from blocade.charts.style import save  # noqa: PLC0415 (slow to import, and texts do without)

            save(content, made / name)
    settle(made)


def _move(names: Iterable[str], made: Path, folder: Path) -> None:
    """Move what is made to its place: all at once where there is no such folder, else in the order that `put` says."""
    if not folder.exists():
        made.rename(folder)
        return
    first, *others = names
    for name in (first, *others) if others else ():
        (folder / name).unlink(missing_ok=True)
    for name in (*others, first):
        (made / name).replace(folder / name)
