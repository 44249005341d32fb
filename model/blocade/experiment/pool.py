"""Work in pieces, in one process or several, stopped by Ctrl-C without anything left running."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Found = TypeVar("Found")


@contextmanager
def in_processes(
    work: Callable[[Item], Found], items: Sequence[Item], workers: int
) -> Iterator[Iterator[tuple[int, Found]]]:
    """What the work gives for each item, with the item's position, as the pieces finish.

    Parameters
    ----------
    work : picklable, as are the items and what it gives, where there are several workers.
    workers : processes; 1 does the work in this one, in order.
    """
    if workers == 1:
        with threadpool_limits(1):
            yield ((index, work(item)) for index, item in enumerate(items))
        return
    before = set(multiprocessing.active_children())
    # spawn, passed explicitly: the same on every platform, and no global setting is touched
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_worker)
    try:
        with _interrupts_held():
            futures = {pool.submit(work, item): index for index, item in enumerate(items)}
        yield ((futures[future], future.result()) for future in as_completed(futures))
    except BaseException:
        for worker in set(multiprocessing.active_children()) - before:  # nobody waits for what they are at
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while workers start: they inherit the mask, so that it is the parent's alone to answer."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where workers get no signal
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare_worker() -> None:
    """One BLAS thread each: more would compete, and could change the last bit of a product."""
    threadpool_limits(1)
