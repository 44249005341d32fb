"""Faults of the machine: kills, full and read-only disks, lost workers, Ctrl-C, two at once. Writes the section faults.

Every trial ends a command at a moment that a seeded generator draws, looks at what a reader is then told, runs the
same command again, and compares every byte with what nobody disturbed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import machine
import page
from machine import Going, content, difference, small_disk
from trials import CHUNKS, HEAD, OTHERS, RESUMED, RUN, Fault, Trials, again, unfinished

sys.path.insert(0, str(machine.PACKAGE))

PAGE = 4
"""Kilobytes by which a tmpfs is measured."""
BARE = 0.4
"""Seconds in which Python starts and the command line is read (assumption)."""

# --- kills ------------------------------------------------------------------------------------------------------------


def kills(trials: Trials, points: int) -> Iterator[Fault]:
    """Kill -9 of runs: before a change of the folder, at any time after start-up, at any time, and of two workers."""
    shares = {"changes": points // 2, "times": points * 3 // 10, "cold": points // 10}
    shares["workers"] = points - sum(shares.values())
    fault = Fault("`kill -9` of a run, just before it changes a file or folder")
    for operation in sorted(trials.rng.choices(range(1, trials.changes + 1), k=shares["changes"])):
        folder = trials.folder()
        killed(trials, fault, Going((*RUN, 1), folder, operation=operation), folder, f"change {operation}")
    yield fault
    fault = Fault("… at a random moment after start-up")
    for _ in range(shares["times"]):
        folder, moment = trials.folder(), trials.moment(trials.seconds)
        killed(trials, fault, Going((*RUN, 1), folder), folder, f"after {moment:.2f} s", moment)
    yield fault
    for name, words, workers in (("cold", "… at any moment, start-up too", 1), ("workers", "… of two workers", 2)):
        fault = Fault(words)
        whole = timed(trials, workers)
        for _ in range(shares[name]):
            folder, moment = trials.folder(), trials.moment(whole)
            going = Going((*RUN, workers), folder, fresh=True)
            killed(trials, fault, going, folder, f"{workers} at work, after {moment:.2f} s", moment)
        yield fault


def timed(trials: Trials, workers: int) -> float:
    """Seconds of a run in a new interpreter that nobody disturbs; it leaves what one worker leaves."""
    folder = trials.folder()
    found, seconds, _ = trials.undisturbed(folder, (*RUN, workers), fresh=True)
    if differ := difference(found, trials.expected):
        raise SystemExit(f"undisturbed, {workers} workers: other bytes ({differ})")
    return seconds


def killed(
    trials: Trials, fault: Fault, going: Going, folder: Path, where: str, moment: float | None = None
) -> None:
    """Kill a run, at a moment or where it does so itself; look; resume."""
    if moment is not None:
        going.after(moment)
        going.send(signal.SIGKILL)
    ended = going.end()
    fault.met(ended, where)
    if ended.code not in {-signal.SIGKILL, 0}:
        fault.wrong.append(f"{where}: not killed but ended by itself ({ended.code}; {ended.errors[-200:]})")
    trials.look(fault, folder, where)
    trials.resume(fault, folder, where)


def other_commands(trials: Trials, points: int) -> Iterator[Fault]:
    """Kill -9 of the other commands that write, just before a change of the folder."""
    for name, words in OTHERS.items():
        fault = Fault(f"`kill -9` of `blocade {name}`, just before a change")
        expected, _, changes = trials.undisturbed(trials.folder(), words)
        chosen = range(1, changes + 1)
        for operation in chosen if changes <= points else sorted(trials.rng.sample(chosen, points)):
            folder, where = trials.folder(), f"{name}, change {operation}"
            fault.met(Going(words, folder, operation=operation).end(), where)
            unfinished(fault, name, content(folder), expected, where)
            again(fault, Going(words, folder).end(), folder, expected, where)
        yield fault


# --- disks ------------------------------------------------------------------------------------------------------------


def full_disks(trials: Trials, points: int) -> Iterator[Fault]:
    """A disk that fills at some moment of a run, and grows for its resume; and the same for other commands."""
    fault = Fault("disk full (a small tmpfs) in a run, then grown")
    for step in range(points):
        size = PAGE + int(2.5 * kilobytes(trials.base / "finished") * step / points) // PAGE * PAGE
        filled(trials, fault, RESUMED, trials.expected, size, f"{size} KB")
    yield fault
    fault = Fault("disk full in another command, then grown")
    for name, words in OTHERS.items():
        place = trials.folder()
        expected, *_ = trials.undisturbed(place, words)
        for part in (0.0, 0.3, 0.7):
            size = PAGE + int(part * kilobytes(place)) // PAGE * PAGE
            filled(trials, fault, words, expected, size, f"{name}, {size} KB", name)
    yield fault


def filled(
    trials: Trials, fault: Fault, words: Sequence[str], expected: dict[str, str], size: int, where: str, name: str = ""
) -> None:
    """Run a command on a disk of so many kilobytes, look at what is there, and run it again on a large one."""
    folder = trials.base / f"disk-{len(list(trials.base.iterdir()))}"
    with small_disk(folder, size) as grow:
        fault.met(Going(words, folder).end(), where, (0, 2))
        if name:
            unfinished(fault, name, content(folder), expected, where)
        else:
            trials.look(fault, folder, where)
        grow(64_000)
        again(fault, Going(words, folder).end(), folder, expected, where)


def kilobytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // 1024


def read_only(trials: Trials) -> Iterator[Fault]:
    """Folders that cannot be written, and one that vanishes."""
    fault = Fault("read-only folder, by every command")
    disk = trials.base / "locked"
    with small_disk(disk, 64_000) as grow:
        del grow
        (disk / "out").mkdir()
        machine.mount("-o", "remount,ro", str(disk))
        for name, words in {"run": RESUMED, **OTHERS}.items():
            ended = Going(words, disk).end()
            fault.met(ended, name, (2,))
            fault.refused += not content(disk).keys() - {"out/"}
    yield fault
    fault = Fault("home and cache that cannot be written")
    for home in ("/proc", "/nonexistent"):
        folder = trials.folder()
        unset = {"HOME": home, "XDG_CACHE_HOME": home, "MPLCONFIGDIR": "", "XDG_CONFIG_HOME": home}
        ended = Going((*RUN, 1), folder, fresh=True, environment=machine.inherited(**unset)).end()
        fault.met(ended, f"home {home}", (0,))
        again(fault, ended, folder, trials.expected, f"home {home}")
    yield fault
    fault = Fault("the folder vanishes in mid-run")
    for _ in range(6):
        folder, moment = trials.folder(), trials.moment(trials.seconds)
        where, going = f"vanished after {moment:.2f} s", Going((*RUN, 1), folder)
        going.after(moment)
        for _ in range(50):
            shutil.rmtree(folder / ".out.partial", ignore_errors=True)
            if not (folder / ".out.partial").exists():
                break
        fault.met(going.end(), where, (0, 2))
        trials.look(fault, folder, where)
        trials.resume(fault, folder, where)
    yield fault


# --- workers, Ctrl-C, two at once -------------------------------------------------------------------------------------


def lost_workers(trials: Trials, times: int) -> Iterator[Fault]:
    """Kill -9 of one worker of a run, which goes on or ends in one clear line."""
    kinds: list[tuple[str, tuple[str, ...], Callable[[int], list[int]]]] = [
        ("`kill -9` of one of `--workers 2`", (), machine.workers_of)
    ]
    if importlib.util.find_spec("distributed") is not None:
        kinds.append(("`kill -9` of a worker of `--scheduler local`", ("--scheduler", "local"), machine.workers_of))
    for words, more, of in kinds:
        fault = Fault(words)
        whole = timed(trials, 2)
        for _ in range(times):
            folder, moment = trials.folder(), whole * trials.rng.uniform(0.3, 0.9)
            where = f"{words}, after {moment:.2f} s"
            going = Going((*RUN, 2, *more), folder, fresh=True)
            going.after(moment)
            there = of(going.pid)
            if there:
                os.kill(trials.rng.choice(there), signal.SIGKILL)
            fault.met(going.end(), where, (0, 2))
            trials.look(fault, folder, where)
            trials.resume(fault, folder, where)
        yield fault


def interrupts(trials: Trials, stops: int) -> Iterator[Fault]:
    """Ctrl-C at any moment, or a polite kill: exit code 130, one line, and a resume to the same bytes.

    Also where the moment is one of those in which Python loses it: only a run whose last chunk is at work may end.
    """
    for words, workers, fresh, number, times in (
        ("Ctrl-C at a random moment after start-up", 1, False, signal.SIGINT, 2 * stops),
        ("… at any moment, start-up too", 1, True, signal.SIGINT, stops),
        ("… of two workers", 2, True, signal.SIGINT, stops),
        ("a polite kill (SIGTERM) of two workers' parent", 2, True, signal.SIGTERM, 2 * stops),
    ):
        fault, whole = Fault(words), timed(trials, workers) if fresh else trials.seconds
        for _ in range(times):
            # Python itself, before it has read the command line, answers in its own words
            folder, moment = trials.folder(), (BARE if fresh else 0.05) + trials.moment(whole - BARE)
            going = Going((*RUN, workers), folder, fresh=fresh)
            going.after(moment)
            chunks = len(list(folder.glob(".out.partial/chunks/*.parquet")))
            ending = chunks >= CHUNKS - 1 or (folder / "out").exists()
            going.send(number, to_all=number == signal.SIGINT)
            ended, where = going.end(), f"{words}, after {moment:.2f} s, with {chunks} chunks"
            fault.met(ended, where, (0, 130) if ending else (130,))
            trials.look(fault, folder, where)
            trials.resume(fault, folder, where)
        yield fault


def at_once(trials: Trials, times: int) -> Iterator[Fault]:
    """Two of the same command into one folder: one is locked out in a clear line, or both leave the same bytes."""
    for name, words in {"run": (*RUN, "1"), **{name: OTHERS[name] for name in ("export", "discover")}}.items():
        fault = Fault(f"two of `blocade {name}` into one folder at once")
        place = trials.folder()
        expected, seconds, _ = trials.undisturbed(place, words)
        for trial in range(1, times + 1):
            folder, moment = trials.folder(), trials.rng.choice([0.0, trials.moment(seconds)])
            first = Going(words, folder)
            first.after(moment)
            second = Going(words, folder, beside="second")
            for ended in (first.end(), second.end()):
                fault.met(ended, f"{name}, {moment:.2f} s apart", (0, 2))
                fault.refused += ended.code == 2
            fault.times = trial
            again(fault, Going(words, folder).end(), folder, expected, f"{name}, {moment:.2f} s apart")
        yield fault


def main() -> int:
    """Make every fault, write the section, and say whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100, metavar="N", help="kills of runs (default: 100)")
    parser.add_argument("--others", type=int, default=6, metavar="N", help="kills of each other command (default: 6)")
    parser.add_argument("--times", type=int, default=4, metavar="N", help="of each other fault (default: 4)")
    parser.add_argument("--stops", type=int, default=10, metavar="N", help="Ctrl-C of each kind (default: 10)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="of the moments (default: 7)")
    parser.add_argument("--only", metavar="WORD", help="only this kind; nothing is written")
    given = parser.parse_args()
    for name in ("api", "charts.style", "drivers", "report"):  # read once, before the forks
        importlib.import_module(f"blocade.{name}")
    began, found = time.monotonic(), list[Fault]()
    asked = [f"--{name} {getattr(given, name)}" for name in ("points", "others", "times", "stops", "seed")]
    command = " ".join(["python scripts/reliability/faults.py", *asked])
    with tempfile.TemporaryDirectory(prefix="blocade-faults-") as base:
        trials = Trials(Path(base), given.seed)
        kinds: dict[str, Callable[[], Iterator[Fault]]] = {
            "kills": lambda: kills(trials, given.points),
            "others": lambda: other_commands(trials, given.others),
        }
        mounts = machine.can_mount(trials.base / "probe")
        if mounts:
            kinds |= {"full": lambda: full_disks(trials, 2 * given.times), "read-only": lambda: read_only(trials)}
        kinds |= {
            "interrupts": lambda: interrupts(trials, given.stops),
            "once": lambda: at_once(trials, given.times),
            "workers": lambda: lost_workers(trials, given.times),
        }
        for name, kind in kinds.items():
            for fault in kind() if given.only in {None, name} else ():
                found.append(fault)
                told = f"{fault.words}: {fault.times} times, {fault.equal} to equal bytes, {len(fault.wrong)} wrong"
                print(f"{time.monotonic() - began:6.0f} s  {told}", *fault.wrong, sep="\n    ", flush=True)
                if given.only is None:  # what is found so far stands even where this is stopped
                    page.write("faults", command, section(found, mounts, trials, time.monotonic() - began))
    return 1 if any(fault.wrong for fault in found) else 0


def section(found: Sequence[Fault], mounts: bool, trials: Trials, seconds: float) -> list[str]:
    """The lines of the page."""
    wrong = [f"- {fault.words}: {one}" for fault in found for one in fault.wrong]
    disks = [] if mounts else ["", "**Not made: full and read-only disks.** No tmpfs could be mounted (it takes root)."]
    return [
        f"A run of {CHUNKS} chunks that makes {trials.changes} changes of files and folders in {trials.seconds:.1f} s "
        f"({trials.cold:.1f} s with start-up) is disturbed, looked at by `blocade report`, and run again; "
        f"{seconds / 60:.0f} minutes in all.",
        "",
        *page.table(HEAD, [fault.row() for fault in found]),
        *disks,
        "",
        "Compared is every file below the folder, hidden ones too, byte for byte, but for: times of day, seconds taken "
        "and the number of workers (`begun`, `seconds`, `workers` in `manifest.json`, the line *Begun* of "
        "`report.html`), and `run.log`, which says what was done when.",
        "*Refused*: a reader was told in one line that there are no finished results, or the mark of "
        "a finished folder was not there; of two at once, one was locked out. *Whole already*: it was read, and had "
        "every byte.",
        *(["", "What went wrong:", "", *wrong] if wrong else []),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
