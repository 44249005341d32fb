"""What an install of blocade brings and under which licences, read from the metadata of what is installed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from page import ROOT

SELF = "blocade"
FILE = re.compile(r"(LICEN[CS]E|COPYING)", flags=re.I)
COMPONENT = re.compile(r"^Files: (?P<files>.+)\n(?:(?!Files: ).*\n)*?License: (?P<licence>.*GPL.*)$", flags=re.M)
"""A library inside a wheel, as the licence files of NumPy, SciPy and matplotlib name it."""


@cache
def declared() -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """What pyproject.toml asks for: at run time, and for each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {extra: tuple(needs) for extra, needs in sorted(project["optional-dependencies"].items())}
    return tuple(project["dependencies"]), extras


def brought(requirements: Iterable[str]) -> tuple[dict[str, Distribution], list[str]]:
    """Every distribution that requirements bring, directly or not, and the names of those not installed here.

    Markers are evaluated for this machine and Python; an extra of blocade itself stands for what it asks for.
    """
    found: dict[str, Distribution] = {}
    missing: set[str] = set()
    waiting = [(text, "") for text in requirements]
    seen = set(waiting)
    while waiting:
        text, extra = waiting.pop()
        needed = Requirement(text)
        if needed.marker is not None and not needed.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(needed.name)
        if name == SELF:
            asked = [(line, "") for one in needed.extras for line in declared()[1][one]]
        else:
            try:
                found[name] = distribution(name)
            except PackageNotFoundError:
                missing.add(name)
                continue
            asked = [(line, one) for line in found[name].requires or () for one in ("", *needed.extras)]
        waiting += [step for step in asked if step not in seen]
        seen.update(asked)
    return dict(sorted(found.items())), sorted(missing)


def texts(found: Distribution) -> list[str]:
    """The licence files that a distribution carries."""
    named = [path for path in found.files or () if path.parts[0].endswith(".dist-info") and FILE.search(path.name)]
    places = [Path(str(path.locate())) for path in named]
    return [place.read_text(encoding="utf-8", errors="replace") for place in places if place.is_file()]


def _field(found: Distribution) -> list[str]:
    """The free field, where it names a licence instead of printing it."""
    lines = (found.metadata.get("License") or "").strip().splitlines()
    return [line for line in lines if len(lines) == 1 and line.upper() != "UNKNOWN"]


def _classifiers(found: Distribution) -> list[str]:
    lines = [line.split(" :: ") for line in found.metadata.get_all("Classifier") or ()]
    return [line[-1] for line in lines if line[0] == "License" and line[-1] != "OSI Approved"]


def licence(found: Distribution) -> str:
    """What a distribution says of its licence, from the clearest place that says anything; empty if none does."""
    expression = found.metadata.get("License-Expression")
    heads = [line.strip() for text in texts(found) for line in text.splitlines() if line.strip()][:1]
    said = [expression] if expression else _field(found) or _classifiers(found) or heads
    return " / ".join(said)


def _kind(words: str) -> str:
    words = re.sub(r"GPL.compatible", "", words, flags=re.I)
    if re.search(r"\bA?GPL|\bGNU (Affero )?General Public|Affero", words, flags=re.I):
        return "GPL"
    return "LGPL" if re.search(r"\bLGPL|(Lesser|Library) General Public", words, flags=re.I) else ""


def kind(words: str) -> str:
    """`GPL` (the Affero one too), `LGPL`, or nothing; where one may choose, the mildest choice counts."""
    kinds = [_kind(choice) for choice in words.split(" OR ")]
    return min(kinds, key=["", "LGPL", "GPL"].index)


def copyleft(found: Distribution) -> str:
    """`GPL`, `LGPL` or nothing: the strictest of all places where a distribution says something of its licence."""
    heads = ["\n".join(text.strip().splitlines()[:3]) for text in texts(found)]
    places = [found.metadata.get("License-Expression") or "", *_field(found), *_classifiers(found), *heads]
    return max((kind(words) for words in places), key=["", "LGPL", "GPL"].index)


def inside(found: Distribution) -> list[tuple[str, str]]:
    """Libraries under a GPL or LGPL that a wheel carries, as its licence file names them: (files, licence)."""
    return [(one["files"], one["licence"]) for text in texts(found) for one in COMPONENT.finditer(text)]


def harmless(words: str) -> bool:
    """Whether what a wheel carries puts no condition on what calls it."""
    return kind(words) != "GPL" or ("gcc" in words.lower() and "exception" in words.lower())
