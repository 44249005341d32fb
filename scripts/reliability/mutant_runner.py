"""One process that tries mutants: `mutants.py` starts it in a copy of the tree, and nothing else does.

It reads a job from each line of its input and answers on its output, both JSON. All that blocade imports is loaded
here once, blocade itself is not: every mutant is tried in a fork, which imports the mutated package anew. That costs
half a second, where a new interpreter costs three.
"""

from __future__ import annotations

import gc
import importlib
import json
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

WARM = (
    "hypothesis",
    "matplotlib",
    "mesa",
    "numba",
    "pandas",
    "pydantic",
    "ruamel.yaml",
    "SALib",
    "scipy.special",
    "scipy.stats",
    "threadpoolctl",
)
OPTIONS = ("-q", "-x", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-o", "addopts=")
KILLED = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
"""A test failed, or a file of tests could not even be read."""


class Watch:
    """A plugin of pytest: remembers what failed first, and searches no smaller example of a failure."""

    def __init__(self) -> None:
        self.failed = ""

    def pytest_sessionstart(self) -> None:
        from hypothesis import Phase, settings  # noqa: PLC0415 (after the profile of tests/conftest.py)

        settings.register_profile("mutants", settings(), phases=(Phase.explicit, Phase.generate))
        settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def tests(arguments: Sequence[str], answer: Connection) -> None:
    """Run tests, in a fork of its own."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    watch = Watch()
    answer.send((int(pytest.main([*OPTIONS, *arguments], plugins=[watch])), watch.failed))


def tried(stages: Sequence[Sequence[str]], limit: float) -> dict[str, Any]:
    """What kills the tree as it stands: the first test that fails, the time limit, a crash, or nothing (an empty text).

    Raises
    ------
    RuntimeError
        If pytest was called wrongly, or found no test.
    """
    fork = multiprocessing.get_context("fork")
    for stage, arguments in enumerate(stages, 1):
        mine, theirs = fork.Pipe(duplex=False)
        process = fork.Process(target=tests, args=(arguments, theirs))
        process.start()
        theirs.close()
        try:
            code, failed = mine.recv() if mine.poll(limit) else (None, "time limit")
        except EOFError:
            code, failed = None, "crash"
        process.kill()
        process.join()
        if code is None or code in KILLED:
            return {"killed_by": failed or "no file of tests can be read", "stage": stage}
        if code != pytest.ExitCode.OK:
            raise RuntimeError(f"pytest {' '.join(arguments)} ended with code {code}")
    return {"killed_by": "", "stage": len(stages)}


def main() -> None:
    """Answer jobs until there are no more: {file, source, stages, limit}, without a source the tree as it stands."""
    for name in WARM:
        importlib.import_module(name)
    sys.dont_write_bytecode = True
    gc.freeze()  # pytest collects garbage as it ends, which would look through all of that in every fork
    for line in sys.stdin:
        job = json.loads(line)
        if not job.get("source"):
            print(json.dumps(tried(job["stages"], job["limit"])), flush=True)
            continue
        file = Path(job["file"])
        original = file.read_bytes()
        try:
            file.write_text(job["source"], encoding="utf-8")
            print(json.dumps(tried(job["stages"], job["limit"])), flush=True)
        finally:
            file.write_bytes(original)


if __name__ == "__main__":
    main()
