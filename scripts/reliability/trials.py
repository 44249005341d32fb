"""A run to disturb, what it leaves when nobody does, and what came of it when somebody did."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from machine import Ended, Going, content, difference

WORLD, SCENARIO = "2021-five", "tiny.yaml"
STATES = ("RUS", "PRK", "CHN", "USA", "DEU")
TEXT = f"""title: Does isolation tighten a bond of two?
world: ./{WORLD}
bloc: [Russia, North Korea]
patron: China
senders: [United States, Germany]
start: 2022
end: 2024
arms:
  as-before: {{label: As before}}
  isolate:
    label: Isolation
    events:
      - {{at: 2022-04, kind: sanctions, by: senders, on: bloc, level: comprehensive}}
      - {{at: 2022-04, kind: isolation, by: senders, on: bloc, level: comprehensive}}
charts: [cohesion]
draws: 240
seed: 3
"""
"""Chunks of a few dozen milliseconds each, and one of every kind of file that a run writes."""
CHUNKS = 12
RUN = ("run", f"../in/{SCENARIO}", "--out", "out", "--quiet", "--workers")
FINISHED = "../finished/out"
OTHERS: dict[str, tuple[str, ...]] = {
    "report": ("report", FINISHED, "--out", "out/page.html"),
    "report of several": ("report", FINISHED, FINISHED, "--out", "out/compared.html"),
    "export": ("export", FINISHED, "--out", "out"),
    "discover": ("discover", FINISHED, "--out", "out", "--quiet"),
    "world new": ("world", "new", "2021-mine", "--source", f"../in/{WORLD}"),
    "new": ("new", "mine.yaml"),
}  # fmt: skip
"""Other commands that write."""
RESUMED = (*RUN, "1", "--resume")
MARKS = {"discover": "discover.md"}
"""The file that says of a folder that it is finished."""


@dataclass
class Fault:
    """What came of one kind of fault."""

    words: str
    times: int = 0
    equal: int = 0
    refused: int = 0
    whole: int = 0
    raw: int = 0
    hung: int = 0
    wrong: list[str] = field(default_factory=list)

    def met(self, ended: Ended, where: str, codes: Sequence[int] = ()) -> None:
        """Note how a disturbed command ended: in one clear line, unless it was killed."""
        self.times += 1
        self.hung += ended.code is None
        self.raw += ended.raw
        if ended.raw:
            self.wrong.append(f"{where}: a traceback; {ended.lines[-1]}")
        elif ended.code is None:
            self.wrong.append(f"{where}: it hangs")
        elif codes and ended.code not in codes:
            self.wrong.append(f"{where}: exit code {ended.code}; {' / '.join(ended.lines[-2:])}")
        elif codes and ended.code and len(ended.lines) != 1:
            self.wrong.append(f"{where}: {len(ended.lines)} lines; {' / '.join(ended.lines)}")

    def row(self) -> tuple[object, ...]:
        return (self.words, self.times, self.equal, self.refused, self.whole, self.raw, self.hung, len(self.wrong))


HEAD = ("Fault", "times", "equal bytes in the end", "refused", "whole already", "tracebacks", "hangs",
        "wrong")  # fmt: skip


class Trials:
    """A place to make trials in, and what an undisturbed run leaves."""

    def __init__(self, base: Path, seed: int) -> None:
        self.base, self.rng = base, random.Random(seed)
        self._count = 0
        (base / "in").mkdir()
        (base / "in" / SCENARIO).write_text(TEXT)
        self.undisturbed(base / "in", ("world", "new", WORLD, "--states", *STATES))
        self.undisturbed(base / "first", (*RUN, 1))  # where nothing is compiled yet it takes five times as long
        self.expected, self.seconds, self.changes = self.undisturbed(base / "finished", (*RUN, 1))
        _, self.cold, _ = self.undisturbed(base / "fresh", (*RUN, 1), fresh=True)

    def undisturbed(
        self, folder: Path, words: Sequence[object], fresh: bool = False
    ) -> tuple[dict[str, str], float, int]:
        """What a command leaves in a folder, how long it takes, and how many changes of the folder it makes."""
        folder.mkdir(exist_ok=True)
        going = Going(words, folder, fresh=fresh, operation=None if fresh else 0)
        ended = going.end()
        if ended.code or ended.errors:
            raise SystemExit(f"undisturbed, {words[0]}: exit code {ended.code}; {ended.errors}")
        return content(folder), ended.seconds, 0 if fresh else going.counted()

    def folder(self) -> Path:
        """A new folder for a trial."""
        self._count += 1
        place = self.base / f"trial-{self._count}"
        place.mkdir()
        return place

    def moment(self, seconds: float) -> float:
        return self.rng.uniform(0.0, seconds)

    def look(self, fault: Fault, folder: Path, where: str) -> None:
        """What a reader is told of an unfinished run's folder: nothing, or all of it."""
        told = Going(("report", "out", "--out", "../looked.html"), folder).end()
        if told.code == 0:
            found = {name: held for name, held in content(folder).items() if name.split("/")[0] == "out"}
            differ = difference(found, self.expected)
            fault.whole += not differ
            if differ:
                fault.wrong.append(f"{where}: half-written passes for finished ({differ})")
        elif told.code == 2 and len(told.lines) == 1 and "holds no finished blocade results" in told.errors:
            fault.refused += 1
        else:
            fault.wrong.append(f"{where}: the reader is told {told.errors!r}")

    def resume(self, fault: Fault, folder: Path, where: str) -> None:
        """The same command again, by one worker; then every byte is as if nothing had been."""
        ended = Going(RESUMED, folder).end()
        differ = difference(content(folder), self.expected)
        if ended.code != 0 or ended.errors:
            fault.wrong.append(f"{where}: resumed with exit code {ended.code}; {' / '.join(ended.lines[-2:])}")
        elif differ:
            fault.wrong.append(f"{where}: other bytes after the resume ({differ})")
        else:
            fault.equal += 1
            shutil.rmtree(folder, ignore_errors=True)  # of a disk only what is on it


def unfinished(fault: Fault, name: str, found: dict[str, str], expected: dict[str, str], where: str) -> None:
    """What a killed command has left: what is in its place is whole, and the mark of a finished folder stands last."""
    inside = {path: held for path, held in found.items() if not any(part.startswith(".") for part in path.split("/"))}
    torn = [path for path, held in inside.items() if expected.get(path) != held]
    mark = MARKS.get(name)
    passes = set(inside) != set(expected) and (mark is not None and f"out/{mark}" in inside)
    if torn or passes:
        fault.wrong.append(f"{where}: half-written passes for finished ({', '.join(torn or ['the mark stands'])})")
    elif inside == expected:
        fault.whole += 1
    else:
        fault.refused += 1


def again(fault: Fault, ended: Ended, folder: Path, expected: dict[str, str], where: str) -> None:
    """A command that was disturbed and is run again leaves what it leaves undisturbed."""
    differ = difference(content(folder), expected)
    if differ:
        fault.wrong.append(f"{where}: run again, other bytes ({differ}); {' / '.join(ended.lines[-2:])}")
    else:
        fault.equal += 1
        shutil.rmtree(folder, ignore_errors=True)  # of a disk only what is on it
