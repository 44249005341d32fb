"""Commands of blocade under faults: each in a process group of its own, ended at a chosen moment, and what is left."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from page import ROOT

PACKAGE = ROOT / "model"
LIMIT = 300.0
"""Seconds after which a command that has not ended is taken to hang: dozens of times what one takes (assumption)."""
CODE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "  # whoever starts it may ignore it
    "from blocade.cli import main; code = main(); "
    "[signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)]; "  # all is done by now
    "sys.exit(code)"
)
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate")
TIMES = (
    (re.compile(rb'"(begun|seconds|workers)": [^\n]*'), b""),
    (re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"), b""),
)
"""What may differ between two runs of the same inputs: when it was, how long it took, how many worked."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int | None
    """None if it hung, and was killed."""
    errors: str
    seconds: float

    @property
    def lines(self) -> list[str]:
        """What it said on stderr."""
        return self.errors.strip().splitlines()

    @property
    def raw(self) -> bool:
        """Whether Python's own report of an error stands in it."""
        return "Traceback" in self.errors or "Exception ignored" in self.errors


class Going:
    """A command that is running, in a process group of its own.

    Parameters
    ----------
    words : the command's, without ``blocade``. folder : where it is run, and where its stderr is kept beside.
    fresh : in a new interpreter; else in a fork of this one, which has read the package already and so begins at once.
    operation : kill it with its whole group just before its n-th change of the folder (of a fork alone).
    environment : instead of this process's. beside : how the file of its stderr ends.
    """

    def __init__(
        self,
        words: Sequence[object],
        folder: Path,
        *,
        fresh: bool = False,
        operation: int | None = None,
        environment: dict[str, str] | None = None,
        beside: str = "stderr",
    ) -> None:
        self._told, self._began = folder.with_name(f"{folder.name}.{beside}"), time.monotonic()
        self._folder = folder
        given = [str(word) for word in words]
        if fresh:
            with self._told.open("wb") as errors:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", CODE, *given], cwd=folder, stdout=subprocess.DEVNULL,
                    stderr=errors, env=environment or inherited(), start_new_session=True,
                )  # fmt: skip
            self.pid = self._process.pid
        else:
            self.pid = os.fork() or self._answer(given, operation)

    def _answer(self, words: list[str], operation: int | None) -> int:
        """The fork's whole life."""
        code = 1
        try:
            os.setsid()
            os.chdir(self._folder)
            nowhere, errors = (
                os.open(os.devnull, os.O_WRONLY),
                os.open(self._told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            )
            os.dup2(nowhere, 1)
            os.dup2(errors, 2)
            counted = watched(self._folder, operation)
            from blocade.cli import main  # noqa: PLC0415 (read already)

            code = main(words)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if operation == 0:
                self._told.with_suffix(".count").write_text(str(counted()))
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:  # noqa: BLE001 (what Python would do at its end)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def ended(self) -> bool:
        """Whether it is over; it is not reaped."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def after(self, seconds: float) -> bool:
        """Wait; whether it is still running then."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.ended():
                return False
            time.sleep(min(0.01, max(0.0, until - time.monotonic())))
        return not self.ended()

    def send(self, number: int, to_all: bool = True) -> None:
        """A signal to its whole group, as a terminal's; or to it alone."""
        with suppress(ProcessLookupError):
            (os.killpg if to_all else os.kill)(self.pid, number)

    def end(self, limit: float = LIMIT) -> Ended:
        """How it ended; it is killed if it has not by the limit."""
        hung = self.after(limit)
        self.send(signal.SIGKILL)  # nobody of its group outlives it, whatever it left behind
        _, status = os.waitpid(self.pid, 0)
        code = None if hung else os.waitstatus_to_exitcode(status)
        errors = self._told.read_text(encoding="utf-8", errors="replace") if self._told.exists() else ""
        return Ended(code, errors, time.monotonic() - self._began)

    def counted(self) -> int:
        """How many changes of the folder a fork with ``operation=0`` has made."""
        return int(self._told.with_suffix(".count").read_text())


def watched(folder: Path, operation: int | None) -> Callable[[], int]:
    """Count the changes of a folder that Python makes in this process, and kill its group before the n-th."""
    if operation is None:
        return lambda: 0
    count, root = 0, str(folder)

    def seen(event: str, about: tuple[object, ...]) -> None:
        nonlocal count
        if event == "open":
            flags = about[2]
            changes = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        else:
            changes = event in CHANGES
        # what a folder is emptied of is named from within it
        named = changes and any(str(part).startswith(root) or not str(part).startswith("/") for part in about[:1])
        if named:
            count += 1
            if count == operation:
                os.killpg(0, signal.SIGKILL)

    sys.addaudithook(seen)
    return lambda: count


def inherited(**more: str) -> dict[str, str]:
    """The environment of a new interpreter: this package first on its path."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")]), **more}


def content(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, by its digest; times of day and durations taken out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            found[f"{name}/"] = ""
        elif path.name == "run.log":  # what was done when
            found[name] = "log"
        else:
            found[name] = hashlib.sha256(timeless(path)).hexdigest()
    return found


def timeless(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix in {".json", ".html"}:
        for pattern, nothing in TIMES:
            data = pattern.sub(nothing, data)
    if path.name == "manifest.json":
        json.loads(path.read_bytes())  # and it is whole
    return data


def difference(found: dict[str, str], expected: dict[str, str]) -> str:
    """The names of which two contents differ, or nothing."""
    names = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    return ", ".join(names[:4])


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Callable[[int], None]]:
    """A file system of its own at a folder; called with another size it grows. Needs root.

    Raises
    ------
    OSError
        If it cannot be mounted.
    """
    folder.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder))
    try:
        yield lambda size: mount("-o", f"remount,size={size}k", str(folder))
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


def mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip() or "mount failed")


def can_mount(folder: Path) -> bool:
    """Whether small disks can be had here."""
    if sys.platform != "linux" or shutil.which("mount") is None:
        return False
    try:
        with small_disk(folder, 64):
            return True
    except OSError:
        return False


def workers_of(pid: int) -> list[int]:
    """Processes of a group that do the work: those that multiprocessing has spawned."""
    found = subprocess.run(["ps", "-o", "pid=,args=", "-g", str(pid)], capture_output=True, text=True, check=False)
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "spawn_main" in line]
