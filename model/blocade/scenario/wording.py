"""How mistakes in scenario files are worded: one line each, with the nearest right name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from blocade.characters import one_line

_LONGEST_QUOTE = 60
_LIKENESS = 0.6


@dataclass(frozen=True, order=True)
class Spot:
    """A place in a file: lines and columns count from 1, columns in characters."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake and where it is."""

    spot: Spot
    text: str

    def __str__(self) -> str:
        return one_line(f"{self.spot.file}:{self.spot.line}:{self.spot.column}: {self.text}")


class ScenarioError(ValueError):
    """A scenario that cannot be run.

    Attributes
    ----------
    found : tuple of Mistake
    mistakes : list of str
        Every mistake found, each one line ``file:line:col: what, and what would mend it``, sorted by
        file, line and column.

    Examples
    --------
    >>> import blocade
    >>> try:
    ...     blocade.load_scenario("placebos")
    ... except blocade.ScenarioError as error:
    ...     print(error.mistakes[0])
    placebos:1:1: no such file or scenario, did you mean "placebo"?
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.found: tuple[Mistake, ...] = tuple(sorted(set(mistakes)))
        self.mistakes: list[str] = [str(mistake) for mistake in self.found]
        super().__init__("\n".join(self.mistakes))


def mistake_at_top(path: Path, text: str) -> ScenarioError:
    """Give the error for a file that has no better place for its mistake."""
    return ScenarioError([Mistake(Spot(str(path)), text)])


def quote(written: object) -> str:
    """Put what a file says between quotes, shortened, on one line."""
    text = re.sub(r"\s+", " ", str(written)).strip()
    if len(text) > _LONGEST_QUOTE:
        text = text[: _LONGEST_QUOTE - 1] + "…"
    return f'"{one_line(text)}"'


def nearest(word: str, names: Iterable[str], least: float = _LIKENESS) -> str | None:
    """Give the name most like `word`, upper and lower case alike, or None if none is like it."""
    return nearest_of(word, {name: name for name in names}, least)


def nearest_of(word: str, names: Mapping[str, str], least: float = _LIKENESS) -> str | None:
    """As `nearest`, for names (keys) that stand for another (values), as an alias for a state."""
    folded = {name.casefold(): shown for name, shown in sorted(names.items(), reverse=True)}
    found = difflib.get_close_matches(word.casefold()[:200], sorted(folded), n=1, cutoff=least)
    return folded[found[0]] if found else None


def unknown(what: str, word: object, names: Iterable[str]) -> str:
    """Say that `word` is unknown, with the nearest right name or else the names there are."""
    known = list(names)
    near = nearest(str(word), known)
    if near is not None:
        return f'unknown {what} {quote(word)}, did you mean "{near}"?'
    return f"unknown {what} {quote(word)}; known: {', '.join(known) if known else 'none'}"
