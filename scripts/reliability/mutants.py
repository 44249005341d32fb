"""Would the tests see a wrong equation, or a wrong policy? Break every line of them in every way, and count.

Cosmic-ray says how an operator, a number, a comparison, a condition, a loop or a decorator can be broken, and
`mutant_source.Swap` how a bound can: each such break is a mutant. Every mutant of model/blocade/equations and
model/blocade/policy is then tried against the tests that `STAGES` names, in a copy of the tree. It is killed where a
test fails or does not end. The figures go to docs/reliability.md. The check fails if fewer than 95 % are killed, or if
one survives that `survivors.py` does not explain.

What has been tried is kept in the folder of `--work`, under what the code and the tests were: the same command goes on
where it stopped, and what has changed since is tried anew.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeAlias

from mutant_source import MODEL, Mutant, mutants
from page import ROOT, table, write
from survivors import REASONS

COMMAND = "python scripts/reliability/mutants.py"
LEAST = 0.95
COPIED = ("model", "tests", "seeds", "scenarios", "pyproject.toml")
SLOW = "tests/test_equations.py::test_both_engines_equal_the_model_in_plain_loops"
STAGES: dict[str, list[list[str]]] = {
    "equations": [["tests/test_boundaries.py"], ["tests/test_equations.py", f"--deselect={SLOW}"]],
    "equations/observation.py": [["tests/test_observation.py"]],
    "policy": [
        ["tests/test_decrees.py"],
        ["tests/test_policy.py", "tests/test_rules.py", "-k", "not spiral and not keeps"],
    ],
}
"""Which tests a mutant meets, by its file or else its folder: quick ones first, and slower ones if it outlives them."""


Tried: TypeAlias = tuple[Mutant, str]
"""A mutant and what killed it, if anything did."""


class Tree:
    """A copy of the tree, and the process that tries mutants in it."""

    def __init__(self, home: Path, folder: Path) -> None:
        shutil.copytree(home, folder)
        environment = {
            "PYTHONPATH": os.pathsep.join(str(folder / name) for name in ("model", "tests")),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "NUMBA_DISABLE_JIT": "1",  # to compile takes longer than the tests
            "NUMBA_CACHE_DIR": str(folder / "numba"),
            "OPENBLAS_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("mutant_runner.py"))],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tried(self, stages: Sequence[Sequence[str]], limit: float, mutant: Mutant | None = None) -> dict[str, Any]:
        """What kills a mutant, or the tree as it stands: see `mutant_runner`."""
        job = {"stages": stages, "limit": limit}
        if mutant is not None:
            job |= {"file": str(MODEL / mutant.file), "source": mutant.source}
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the process that tries mutants has no input or output")
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that tries mutants has ended; see its message above")
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        """Let the process end."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


def stages_of(file: str) -> list[list[str]]:
    """The tests that mutants of a file meet."""
    return STAGES.get(file) or STAGES[file.split("/", maxsplit=1)[0]]


def digest(*parts: str | bytes) -> str:
    """A short name of contents."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode() if isinstance(part, str) else part)
        total.update(b"\0")
    return total.hexdigest()[:24]


def state_of(home: Path, file: str) -> str:
    """A name of all that decides what becomes of a mutant of a file: the other code, its tests, and what those use."""
    stages = stages_of(file)
    used = {name.split("::")[0] for stage in stages for name in stage}
    tests = [path for path in (home / "tests").glob("*.py") if not path.name.startswith("test_")]
    tests += [home / name for name in used if (home / name).is_file()]
    code = [path for path in (home / "model").rglob("*.py") if path != home / MODEL / file]
    parts = [part for path in sorted(code + tests) for part in (str(path.relative_to(home)), path.read_bytes())]
    return digest(json.dumps(stages), *parts)


def files(named: Sequence[str]) -> list[str]:
    """Files to break, as paths inside the package: all of them, or those that are named."""
    folders = [ROOT / MODEL / folder for folder in ("equations", "policy")]
    every = [f"{folder.name}/{path.name}" for folder in folders for path in folder.glob("*.py")]
    unknown = [name for name in named if name not in every]
    if unknown:
        raise ValueError(f"{unknown[0]}: no such file; there are {', '.join(sorted(every))}")
    return sorted(named or every)


class Session:
    """What has been tried, one line each in a file that outlives an interrupted check."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "tried.jsonl"
        self.tried: dict[tuple[str, str], str] = {}
        self.ever: dict[str, str] = {}
        """Under the same code and tests; and whatever those were."""
        if self.path.exists():
            text = self.path.read_text(encoding="utf-8")
            lines = text[: text.rfind("\n") + 1]
            if lines != text:  # it was interrupted while it wrote the last one
                self.path.write_text(lines, encoding="utf-8")
            for line in lines.splitlines():
                said = json.loads(line)
                self.tried[said["mutant"], said["state"]] = self.ever[said["mutant"]] = said["killed_by"]

    def add(self, mutant: Mutant, name: str, state: str, answer: dict[str, Any]) -> None:
        """Write down what came of a mutant."""
        self.tried[name, state] = self.ever[name] = answer["killed_by"]
        line = {"mutant": name, "state": state, "file": mutant.file, "before": mutant.before, "after": mutant.after}
        with self.path.open("a", encoding="utf-8") as session:
            session.write(json.dumps(line | answer, ensure_ascii=False) + "\n")


class Trees:
    """Several trees, in which mutants are tried at a time."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.workers = workers
        self.limits: dict[str, float] = {}
        self.free: SimpleQueue[Tree] = SimpleQueue()
        self.home = folder / "home"
        """The tree as it was when the check began: whatever is written meanwhile, one state of it is tried."""
        self.home.mkdir()
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.home / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            else:
                shutil.copy2(ROOT / name, self.home)
        compileall.compile_dir(self.home, quiet=1)
        for k in range(workers):
            self.free.put(Tree(self.home, folder / str(k)))

    def tried(self, stages: Sequence[Sequence[str]], limit: float, mutant: Mutant | None = None) -> dict[str, Any]:
        """What kills a mutant, or the tree as it stands, in the first tree that is free."""
        tree = self.free.get()
        try:
            return tree.tried(stages, limit, mutant)
        finally:
            self.free.put(tree)

    def limit(self, stages: Sequence[Sequence[str]]) -> float:
        """Seconds that a stage may take with a mutant: many times what all of them take without.

        Raises
        ------
        RuntimeError
            If a test fails on the tree as it stands.
        """
        name = json.dumps(stages)
        if name not in self.limits:
            begun = time.monotonic()
            answer = self.tried(stages, 600.0)
            if answer["killed_by"]:
                raise RuntimeError(f"{answer['killed_by']} fails without any mutant")
            self.limits[name] = 30.0 + 5.0 * (time.monotonic() - begun)
        return self.limits[name]

    def __enter__(self) -> Trees:
        return self

    def __exit__(self, *_: object) -> None:
        """Let their processes end."""
        for _ in range(self.workers):
            self.free.get().close()


def try_file(trees: Trees, session: Session, file: str, survivors: bool) -> list[Tried]:
    """Try every mutant of a file that has not been; `survivors` takes the word of other tests for what they killed."""
    begun, state = time.monotonic(), state_of(trees.home, file)
    every = [(mutant, digest(file, mutant.source)) for mutant in mutants(trees.home, file)]
    known = {name: killed for (name, of), killed in session.tried.items() if of == state}
    if survivors:
        known |= {name: killed for name, killed in session.ever.items() if killed}
    due = [(mutant, name) for mutant, name in every if not mutant.unseen and name not in known]
    limit = trees.limit(stages_of(file)) if due else 0.0
    with ThreadPoolExecutor(trees.workers) as pool:
        answers = pool.map(lambda mutant: trees.tried(stages_of(file), limit, mutant), [mutant for mutant, _ in due])
        for (mutant, name), answer in zip(due, answers, strict=True):
            session.add(mutant, name, state, answer)
            known[name] = answer["killed_by"]
            if not known[name]:
                print(f"  survived: {mutant.before}\n        as: {mutant.after}", flush=True)
    print(f"{file}: {len(every)} mutants, {len(due)} tried in {time.monotonic() - begun:.0f} s", flush=True)
    return [(mutant, known.get(name, "")) for mutant, name in every]


def counted(name: str, tried: Sequence[Tried]) -> tuple[str, int, int, int, int, int, str]:
    """A row of the table of figures: mutants, left out, killed, survived with a reason and without, share killed."""
    lived = [mutant for mutant, killed in tried if not killed and not mutant.unseen]
    spared = sum(mutant.unseen for mutant, _ in tried)
    explained = sum((mutant.file, mutant.after) in REASONS for mutant in lived)
    dead = len(tried) - spared - len(lived)
    rate = f"{100 * dead / (dead + len(lived)):.1f} %" if dead or lived else "–"
    return name, len(tried), spared, dead, explained, len(lived) - explained, rate


def report(tried: Mapping[str, Sequence[Tried]]) -> tuple[list[str], bool]:
    """What the page says, and whether the check is passed."""
    every = [one for found in tried.values() for one in found]
    rows = [counted(file, found) for file, found in tried.items() if found]
    total = counted("together", every)
    _, _, spared, dead, explained, unexplained, rate = total
    lived = {(mutant.file, mutant.before, mutant.after): mutant for mutant, killed in every if not killed}
    listed = [mutant for mutant in lived.values() if not mutant.unseen]
    names = sorted({name for stages in STAGES.values() for stage in stages for name in stage if "test_" in name})
    tests = ", ".join(f"`{name.removeprefix('tests/')}`" for name in names if "=" not in name)
    lines = [
        f"**{rate} of {dead + explained + unexplained} mutants are killed**; {explained} survive with a reason, and",
        f"{unexplained} without. A mutant is a file of `equations/` or `policy/` with one operator, number, condition,",
        "comparison, loop or decorator broken (by cosmic-ray), or one bound (a maximum for a minimum, all for any). It",
        f"is killed where a test fails or does not end. It meets only some tests, of {tests}; all tests together kill",
        f"no fewer. {spared} mutants of annotations are left out: under `from __future__ import annotations` none is",
        "evaluated.",
        "",
        *table(
            ("File", "mutants", "left out", "killed", "survived, explained", "unexplained", "killed, share"),
            [*rows, total],
        ),
        "",
        "What survives, and why no test can or need see it:",
        "",
        *table(
            ("File", "Becomes", "Why it is not seen"),
            (
                (m.file, f"`{m.after or 'without ' + m.before}`", REASONS.get((m.file, m.after), "**unexplained**"))
                for m in listed
            ),
        ),
    ]
    return lines, dead >= LEAST * (dead + explained + unexplained) and not unexplained


def main() -> None:
    """Try what is due; write the section if everything was."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "file", nargs="*", help="files to break alone, such as equations/drift.py; no page is written"
    )
    arguments.add_argument(
        "--work", type=Path, default=ROOT / "build" / "mutants", help="folder of what has been tried"
    )
    arguments.add_argument("--workers", type=int, default=2, help="mutants that are tried at a time (default: 2)")
    arguments.add_argument(
        "--survivors",
        action="store_true",
        help="try those alone that outlived the tests when last tried, whatever has changed since; no page is written",
    )
    given = arguments.parse_args()
    try:
        chosen = files(given.file)
    except ValueError as error:
        arguments.error(str(error))
    if given.workers < 1:
        arguments.error("--workers must be 1 or more")
    try:
        session = Session(given.work)
    except OSError as error:
        arguments.error(f"--work {given.work}: {error.strerror}")
    try:
        with tempfile.TemporaryDirectory() as folder, Trees(Path(folder), given.workers) as trees:
            tried = {file: try_file(trees, session, file, given.survivors) for file in chosen}
    except RuntimeError as error:
        sys.exit(f"mutants.py: {error}")
    lines, passed = report(tried)
    gone = REASONS.keys() - {
        (mutant.file, mutant.after) for found in tried.values() for mutant, killed in found if not killed
    }
    stale = sorted(key for key in gone if key[0] in chosen)
    for file, after in stale:
        print(f"survivors.py: {file}: no such survivor: {after}")
    if given.file or given.survivors:
        print("\n".join(lines))
    else:
        write("mutants", COMMAND, lines)
    sys.exit(0 if passed and not stale else 1)


if __name__ == "__main__":
    main()
