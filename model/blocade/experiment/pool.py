"""Work in pieces, in one process or several, stopped by Ctrl-C without anything left running."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import TypeVar

from threadpoolctl import threadpool_limits

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
            yield finished
    except BrokenExecutor as error:
        raise WorkerLost("a worker was lost, killed or out of memory; --workers 1 takes the least") from error


@contextmanager
def _at_work(
    work: Callable[[Item], Found], items: Sequence[Item], workers: int | Executor
) -> Iterator[Iterator[tuple[int, Found]]]:
    if isinstance(workers, Executor):
        yield _finished(workers, partial(_in_one_thread, work), items)
        return
    if workers == 1:
        with threadpool_limits(1):
            yield ((index, work(item)) for index, item in enumerate(items))
        return
    before = set(multiprocessing.active_children())
    # spawn, passed explicitly: the same on every platform, and no global setting is touched
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_worker)
    try:
        with _interrupts_held():
            finished = _finished(pool, work, items)
        yield finished
    except BaseException:
        for worker in set(multiprocessing.active_children()) - before:  # nobody waits for what they are at
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _finished(pool: Executor, work: Callable[[Item], Found], items: Sequence[Item]) -> Iterator[tuple[int, Found]]:
    """Hand all items on at once; what the work gives, as it finishes."""
    futures = {pool.submit(work, item): index for index, item in enumerate(items)}

    def finished() -> Iterator[tuple[int, Found]]:
        lost: BrokenExecutor | None = None
        try:
            for future in as_completed(futures):
                index, error = futures.pop(future), future.exception()  # nothing that was handed on stays in memory
                if isinstance(error, BrokenExecutor):
                    lost = error  # what others have finished is taken before that is told
                else:
                    yield index, future.result()
            if lost is not None:
                raise lost
        finally:
            for future in futures:
                future.cancel()

    return finished()


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
