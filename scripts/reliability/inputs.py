"""Throws broken and hostile input at the commands, and looks at what the package imports and opens.

    python scripts/reliability/inputs.py [--examples N]

Runs tests/test_hostile_*.py with so many examples for each property, in a process whose memory is limited; a blow-up is
then a failure. Writes the section `inputs` of docs/reliability.md; exit code 1 where anything failed.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

from page import ROOT, table, write

PACKAGE = ROOT / "model" / "blocade"
SPACE = 6 * 2**30
"""Address space that a process of the tests may take, bytes: Python, NumPy and Arrow reserve half of it."""
BANNED = {"pickle", "dill", "cloudpickle", "shelve", "marshal", "socket", "ssl", "http", "urllib", "requests", "ftplib"}
"""Modules that would run what they read, or reach the network."""
BANNED_CALLS = {"eval", "exec", "compile", "__import__"}
EXCEPTIONS = {
    "dashboard/serve.py": "serves the explorer on this machine",
    "library.py": "urllib.parse alone, which writes links and opens nothing",
}
WATCHER = """
import json, os, sys
read, written = set(), set()
def place(path, folder=-1):
    path = os.fsdecode(path)
    return os.path.realpath(path if folder == -1 else f"/proc/self/fd/{folder}/{path}")
def watch(event, given):
    if event == "open" and isinstance(given[0], (str, bytes)):
        path = os.path.realpath(os.fsdecode(given[0]))
        flags = given[2] if isinstance(given[2], int) else 0
        changes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        (written if flags & changes or set(str(given[1])) & set("wax+") else read).add(path)
    elif event in ("os.mkdir", "os.remove", "os.rmdir"):
        written.add(place(given[0], given[-1]))
    elif event == "os.rename":
        written.update((place(given[0], given[2]), place(given[1], given[3])))
    elif event.startswith("socket.") and event != "socket.gethostname":
        written.add("network: " + event)
sys.addaudithook(watch)
from blocade.cli import main
code = main(sys.argv[2:])
open(sys.argv[1], "w").write(json.dumps([code, sorted(read), sorted(written)]))
"""


LIMITED = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({SPACE}, {SPACE}))
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def environment() -> dict[str, str]:
    """The environment of this clone's code."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "model"), str(ROOT / "tests")))}


def fuzz(examples: int) -> tuple[list[list[str]], bool]:
    """Run every file of hostile tests: rows of the table, and whether all held."""
    rows, held = [], True
    for file in sorted((ROOT / "tests").glob("test_hostile_*.py")):
        with TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            command = [sys.executable, "-c", LIMITED, "-q", "-n0", "-p", "no:cacheprovider", str(file)]
            told = {**environment(), "BLOCADE_FUZZ": str(examples), "BLOCADE_FUZZ_LOG": str(log)}
            print(f"{file.name}: {examples} examples of each property", flush=True)
            begun = time.monotonic()
            with subprocess.Popen(command, cwd=ROOT, env=told) as child:
                _, status, used = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
            held &= child.returncode == 0
            by_kind: dict[str, list[tuple[int, float, str]]] = defaultdict(list)
            for line in log.read_text(encoding="utf-8").splitlines() if log.is_file() else ():
                kind, code, seconds, arguments = json.loads(line)
                by_kind[kind].append((code, seconds, arguments))
        peak = f"{used.ru_maxrss / 1024:.0f}"
        result = "none" if child.returncode == 0 else f"yes (pytest ended with {child.returncode})"
        if not by_kind:  # its properties read files, and run no command
            took, each = f"{time.monotonic() - begun:.0f} in all", f"{examples:,} of each property"
            rows.append([f"worlds, posteriors and results ({file.name})", each, "–", result, took, peak])
        for kind, found in by_kind.items():
            refused = sum(code == 2 for code, _, _ in found)
            slowest = max(seconds for _, seconds, _ in found)
            rows.append([f"{kind} ({file.name})", f"{len(found):,}", f"{refused:,}", result, f"{slowest:.2f}", peak])
    return rows, held


def foreign_code() -> list[str]:
    """What the package imports or calls of what is banned, outside the stated exceptions."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            bad = [module for module in modules if module.split(".")[0] in BANNED]
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
                bad.append(f"{node.func.id}()")
            if name not in EXCEPTIONS:
                found += [f"{name}:{node.lineno}: {each}" for each in bad]  # type: ignore[attr-defined]
    return found


def opened(folder: Path) -> tuple[list[str], list[str]]:
    """What a check and a run open outside of what they may: read, and written."""
    home = folder / "home"
    home.mkdir()
    (folder / "s.yaml").write_bytes((ROOT / "tests" / "small.yaml").read_bytes())
    (folder / "watch.py").write_text(WATCHER, encoding="utf-8")
    may_read = [Path(sys.prefix), Path(sys.base_prefix), ROOT, folder, *map(Path, SYSTEM)]
    read, written = set(), set()
    for number, arguments in enumerate((["check", "s.yaml"], ["run", "s.yaml", "--out", "out", "--workers", "1"])):
        log = folder / f"log{number}"
        told = {**environment(), "HOME": str(home), "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "", "TMPDIR": str(home)}
        command = [sys.executable, "-B", str(folder / "watch.py"), str(log), *arguments]
        subprocess.run(command, cwd=folder, env=told, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        code, reads, writes = json.loads(log.read_text(encoding="utf-8"))
        if code:
            written.add(f"{' '.join(arguments)} ended with {code}")
        read |= {path for path in reads if not any(Path(path).is_relative_to(place) for place in may_read)}
        may_write = [folder / "out", folder / ".out.partial", folder / ".config", home, log, Path("/dev/null")]
        written |= {path for path in writes if not any(Path(path).is_relative_to(place) for place in may_write)}
    return sorted(read), sorted(path for path in written if "__pycache__" not in Path(path).parts)


SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/var/cache/fontconfig", "/bin")
"""Where libraries look for processors, memory limits, zones of time, types of files and fonts."""


def main() -> int:
    """Run all three checks, and write the section."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--examples", type=int, default=2_000, metavar="N", help="of each property (default: 2000)")
    examples = reader.parse_args().examples
    begun = time.monotonic()
    rows, held = fuzz(examples)
    foreign = foreign_code()
    with TemporaryDirectory() as folder:
        read, written = opened(Path(folder).resolve())
    lines = [
        f"Every command must end within 20 s and {SPACE / 2**30:.0f} GiB of address space, with a known exit code, no",
        "traceback, and a reason where it refuses; a scenario that is refused leaves no file. Peak is that of the",
        "whole process of a file of tests. With random arguments a command does everything up to its first run.",
        "",
        *table(("Thrown at it", "Commands", "Refused", "Failures", "Slowest, s", "Peak, MiB"), rows),
        "",
        f"The package imports none of {', '.join(sorted(BANNED))}, and calls none of {', '.join(sorted(BANNED_CALLS))}"
        + (": **but " + "; ".join(foreign) + "**." if foreign else "."),
        "Exceptions: " + "; ".join(f"`{name}` {why}" for name, why in EXCEPTIONS.items()) + ". With `--scheduler` (an",
        "extra) Dask reaches the scheduler that is named, and sends plans there by pickle; workers of one machine are",
        "handed theirs by Python's own `multiprocessing`, which pickles between its processes. No file is unpickled.",
        "",
        "Files that `blocade check` and `blocade run --out out` open, by Python's audit hook (code in C is not seen):"
        " written outside of `out`, its work folder `.out.partial` and the caches of Numba (beside the package) and of"
        f" Matplotlib (in the home folder): {', '.join(written) or 'none'}. Read outside of Python, the package, the"
        f" scenario's folder and the system's own ({', '.join(SYSTEM)}): {', '.join(read) or 'none'}.",
        "",
        f"All of it took {time.monotonic() - begun:.0f} s.",
    ]
    write("inputs", f"python scripts/reliability/inputs.py --examples {examples}", lines)
    print(*lines, sep="\n")
    return 0 if held and not (foreign or read or written) else 1


if __name__ == "__main__":
    sys.exit(main())
