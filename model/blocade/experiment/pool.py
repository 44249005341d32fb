"""Work in pieces, in one process or several, stopped by Ctrl-C without anything left running."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import TypeVar

from threadpoolctl import threadpool_limits

from blocade import interrupts
from blocade.experiment.store import WorkerLost

Item = TypeVar("Item")
Found = TypeVar("Found")


RUNS_ABREAST = 20
"""Runs of an arm that are stepped together: few enough that the arrays stay in cache, enough that calls do not
dominate."""


def by_runs(
    work: Callable[[range], Found], runs: int, workers: int, progress: Callable[[int, int], None]
) -> list[Found]:
    """What the work gives for every few runs, in their order, with progress told in runs."""
    pieces = [range(first, min(first + RUNS_ABREAST, runs)) for first in range(0, runs, RUNS_ABREAST)]
    found: dict[int, Found] = {}
    progress(0, runs)
    with in_processes(work, pieces, workers) as finished:
        for index, piece in finished:
            found[index] = piece
            progress(sum(len(pieces[done]) for done in found), runs)
    return [found[index] for index in range(len(pieces))]


@contextmanager
def in_processes(
    work: Callable[[Item], Found], items: Sequence[Item], workers: int | Executor
) -> Iterator[Iterator[tuple[int, Found]]]:
    """What the work gives for each item, with the item's position, as the pieces finish.

    Parameters
    ----------
    work : picklable, as are the items and what it gives, where there are several workers.
    workers : processes; 1 does the work in this one, in order. Or an executor of the caller's, which is left running.

    Raises
    ------
    WorkerLost
        If a process is killed, and takes its piece with it.
    """
    try:
        with _at_work(work, items, workers) as finished:
            yield _stoppable(finished)
    except BrokenExecutor as error:
        raise WorkerLost("a worker was lost, killed or out of memory; --workers 1 takes the least") from error


def _stoppable(finished: Iterator[tuple[int, Found]]) -> Iterator[tuple[int, Found]]:
    """The same, stopped after a piece if an interrupt was lost: whoever asks for the next one has kept the last."""
    interrupts.again()
    for one in finished:
        yield one
        interrupts.again()


@contextmanager
def _at_work(
    work: Callable[[Item], Found], items: Sequence[Item], workers: int | Executor
) -> Iterator[Iterator[tuple[int, Found]]]:
    if isinstance(workers, Executor):
        futures: dict[Future[Found], int] = {}
        try:
            with interrupts.deferred():
                futures = _handed_on(workers, partial(_in_one_thread, work), items)
            yield _finished(futures)
        finally:
            for future in futures:
                future.cancel()
        return
    if workers == 1:
        with threadpool_limits(1):
            yield ((index, work(item)) for index, item in enumerate(items))
        return
    before = set(multiprocessing.active_children())
    # spawn, passed explicitly: the same on every platform, and no global setting is touched
    spawn = multiprocessing.get_context("spawn")
    with interrupts.deferred():  # what it takes of the system is noted by a helper of Python's, to be given back
        pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_prepare_worker)
    try:
        with interrupts.deferred(), _deaf_children():  # a worker that was started by half would end in a traceback
            futures = _handed_on(pool, work, items)
        yield _finished(futures)
    except BaseException:
        with interrupts.deferred():
            for worker in set(multiprocessing.active_children()) - before:  # nobody waits for what they are at
                worker.terminate()
        raise
    finally:
        # not by cancel() of each future: the pool fails at those when it finds its workers gone, and hangs at the end
        pool.shutdown(wait=True, cancel_futures=True)


def _handed_on(pool: Executor, work: Callable[[Item], Found], items: Sequence[Item]) -> dict[Future[Found], int]:
    """All items, handed on at once: future -> position."""
    return {pool.submit(work, item): index for index, item in enumerate(items)}


def _finished(futures: dict[Future[Found], int]) -> Iterator[tuple[int, Found]]:
    """What the work gives, as it finishes; nothing that is finished stays among the futures."""
    lost: BrokenExecutor | None = None
    for future in as_completed(futures):
        index, error = futures.pop(future), future.exception()
        if isinstance(error, BrokenExecutor):
            lost = error  # what others have finished is taken before that is told
        else:
            yield index, future.result()
    if lost is not None:
        raise lost


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Workers that start here never hear Ctrl-C, which a terminal sends them too: they inherit the mask."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where workers get no signal
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_one_thread(work: Callable[[Item], Found], item: Item) -> Found:
    """The work with one BLAS thread: more would compete, and could change the last bit of a product."""
    with threadpool_limits(1):
        return work(item)


def _prepare_worker() -> None:
    """One BLAS thread each, and no life after the parent's: a worker would wait for ever for work that nobody sends."""
    threadpool_limits(1)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
