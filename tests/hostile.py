"""What the tests of hostile input share: a command in this process, and what must hold of its end, whatever it met."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fuzz import examples

from blocade.cli import main

EXAMPLES = examples(50)
"""Of each test that hypothesis feeds: few in every run of the tests, thousands in scripts/reliability/inputs.py."""
LOG = os.environ.get("BLOCADE_FUZZ_LOG")
"""File that gets a line for each command that was run: what was thrown at it, its exit code and seconds."""
SECONDS = 20.0
"""Longest that bad input may take to be refused."""


@dataclass(frozen=True)
class End:
    """How a command ended: exit code, and the lines it left on both streams."""

    code: int
    out: list[str]
    err: list[str]


def attacked(kind: str, arguments: Sequence[str], folder: Path) -> End:
    """Run a command in a folder: it ends with a known exit code, in time, without a traceback (an error that is not
    caught would come through here), and with a reason where it refuses.

    Parameters
    ----------
    kind : what is thrown at it, as the page of docs/reliability.md calls it.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace") for _ in range(2))
    begun = time.monotonic()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(list(arguments))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else -1
    seconds = time.monotonic() - begun
    for stream in (out, err):
        stream.seek(0)
    end = End(code, out.read().splitlines(), err.read().splitlines())
    if LOG is not None:
        with Path(LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps([kind, end.code, round(seconds, 3), ascii(list(arguments))[:300]]) + "\n")
    assert end.code in {0, 1, 2}, (arguments, end)
    assert (end.code == 2) <= bool(end.err), (arguments, end)
    assert not any("Traceback" in line for line in end.err), end
    assert seconds < SECONDS, (arguments, seconds)
    return end
