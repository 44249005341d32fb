"""The clock: the best of several repeats, because whatever else the machine does only ever adds time."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def best(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of several repeats, after one that does not count."""
    work()
    return min(seconds(work) for _ in range(repeats))


def alternately(works: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Seconds of the fastest of several repeats of each work, in turn, so that what disturbs the machine for a while
    disturbs all of them; after one round that does not count."""
    rounds = [[seconds(work) for work in works] for _ in range(repeats + 1)]
    return [min(times) for times in zip(*rounds[1:], strict=True)]


def seconds(work: Callable[[], object]) -> float:
    """Seconds of the work, once."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One BLAS thread in this process, and in every process that it starts meanwhile."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        with threadpool_limits(1):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def machine() -> str:
    """The machine in a line, as far as it tells, and how busy others keep it: a figure of a busy machine is none."""
    facts = [f"{os.cpu_count()} processors", _model(), f"Python {platform.python_version()}"]
    if hasattr(os, "getloadavg"):
        facts.append(f"load of the last minute {os.getloadavg()[0]:.1f}")
    return ", ".join(fact for fact in facts if fact)


def _model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 (no file of the project)
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
