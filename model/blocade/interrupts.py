"""Ctrl-C and a polite kill: both end a command in the same way, and work in pieces cannot lose them."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Asked:
    """A handler that raises KeyboardInterrupt, and knows that it has."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        raise KeyboardInterrupt


@contextmanager
def answered() -> Iterator[None]:
    """Answer both with a KeyboardInterrupt, which `again` raises anew where something has swallowed it.

    Who has one ignored (a job that a script starts with ``&``) keeps it so.

    Notes
    -----
    While Numba loads what it has compiled, Python runs in callbacks of C, which cannot raise: what is raised there is
    told on stderr with a traceback, and the work goes on. Other code swallows it without a word.
    """
    handler, told = Asked(), sys.unraisablehook

    def tell(lost: sys.UnraisableHookArgs) -> None:
        if not (handler.asked and issubclass(lost.exc_type, KeyboardInterrupt)):
            told(lost)

    sys.unraisablehook = tell
    try:
        with _handled_by(handler, [number for number in NUMBERS if signal.getsignal(number) != signal.SIG_IGN]):
            yield
    finally:
        sys.unraisablehook = told


def again() -> None:
    """Raise KeyboardInterrupt if one was asked for and lost; to be called where work can be stopped well."""
    handlers = [signal.getsignal(number) for number in NUMBERS]
    if any(isinstance(handler, Asked) and handler.asked for handler in handlers):
        raise KeyboardInterrupt


@contextmanager
def deferred() -> Iterator[None]:
    """Answer neither before the end of the block: for what must not be left half done."""
    came: list[int] = []
    try:
        with _handled_by(lambda number, _frame: came.append(number), NUMBERS):
            yield
    finally:
        for number in dict.fromkeys(came):  # the first may be one that is ignored
            signal.raise_signal(number)


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None], numbers: Sequence[signal.Signals]) -> Iterator[None]:
    """A handler of signals for a while, in the main thread: nowhere else are they answered."""
    before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int] = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in numbers:
                known = signal.getsignal(number)
                if known is not None:  # else it is not Python's to put back
                    before[number] = known
                    signal.signal(number, handler)
        yield
    finally:
        for number in reversed(before):  # Ctrl-C last, so that no interrupt comes before all are put back
            signal.signal(number, before[number])
