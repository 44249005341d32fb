"""Ctrl-C and a polite kill: never lost, never in the middle of what must be whole."""

from __future__ import annotations

import contextlib
import ctypes
import json
import multiprocessing.util
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from blocade import interrupts, writing
from blocade.experiment import store
from blocade.experiment.pool import in_processes

NUMBERS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell may start the tests with SIGINT ignored; a terminal's user never meets that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def in_a_callback_of_c(number: int) -> None:
    """As where Numba loads what it has compiled: what is raised in there cannot get out."""
    ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(number))()


def in_silence(number: int) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(number)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("swallow", [in_a_callback_of_c, in_silence])
def test_an_interrupt_that_is_swallowed_stops_the_work_after_its_piece(
    swallow: Callable[[int], None], number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    def work(item: int) -> int:
        if item == 1:
            swallow(number)
        return item

    kept = []
    with pytest.raises(KeyboardInterrupt), interrupts.answered(), in_processes(work, range(5), 1) as finished:
        for _, found in finished:
            kept.append(found)
    assert kept == [0, 1]
    assert capfd.readouterr().err == ""


def test_an_interrupt_that_was_swallowed_before_lets_no_work_begin() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts.answered():
        in_silence(signal.SIGTERM)
        with in_processes(abs, range(5), 1) as finished:
            pytest.fail(f"{next(finished)} was worked at")


def test_what_else_c_cannot_raise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: told.append(lost.exc_type))
    with interrupts.answered():
        ctypes.CFUNCTYPE(None)(lambda: 1 // 0)()
    assert told == [ZeroDivisionError]


def test_handlers_are_put_back_and_who_ignores_ctrl_c_keeps_it_so() -> None:
    before = [signal.getsignal(number) for number in NUMBERS]
    hook = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), interrupts.answered():
        signal.raise_signal(signal.SIGTERM)
    interrupts.again()  # of no concern any more
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.answered():
            signal.raise_signal(signal.SIGINT)
            interrupts.again()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before[0])
    assert [signal.getsignal(number) for number in NUMBERS] == before
    assert sys.unraisablehook is hook


def test_elsewhere_than_in_the_main_thread_nothing_is_touched() -> None:
    before = [signal.getsignal(number) for number in NUMBERS]
    within: list[object] = []

    def look() -> None:
        with interrupts.answered(), interrupts.deferred():
            within.extend(signal.getsignal(number) for number in NUMBERS)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert within == before


def test_of_two_interrupts_that_were_put_off_the_one_that_is_answered_counts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pytest.raises(KeyboardInterrupt), interrupts.answered(), interrupts.deferred():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("number", NUMBERS)
def test_what_must_not_be_half_done_is_done_first(number: int) -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts.answered():
        with interrupts.deferred():
            signal.raise_signal(number)
            done.append("whole")
        done.append("more")
    assert done == ["whole"]


def test_workers_are_started_wholly_and_then_ended(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def start(path: bytes, words: list[str], passed: list[int]) -> int:
        started.append(spawn(path, words, passed))
        signal.raise_signal(signal.SIGTERM)  # before it is told what to do
        return started[-1]

    started: list[int] = []
    resource_tracker.ensure_running()  # it is started in the same way, and is no worker
    began = time.monotonic()
    spawn = multiprocessing.util.spawnv_passfds
    monkeypatch.setattr(multiprocessing.util, "spawnv_passfds", start)
    with pytest.raises(KeyboardInterrupt), interrupts.answered(), in_processes(time.sleep, [99.0] * 3, 2):
        pytest.fail("the interrupt was lost")
    assert multiprocessing.active_children() == []
    assert time.monotonic() - began < 90.0  # nobody waits for what they are at
    for process in started:
        with contextlib.suppress(ChildProcessError):  # it was waited for, as it should be
            os.waitpid(process, 0)
    assert capfd.readouterr().err == ""


def test_a_pool_that_is_stopped_with_much_left_to_do_ends_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def late(pool: ProcessPoolExecutor, **how: bool) -> None:
        time.sleep(0.5)  # on a busy machine the pool sees that its workers are gone before it is told to end
        shutdown(pool, **how)

    main, shutdown = threading.get_ident(), ProcessPoolExecutor.shutdown
    monkeypatch.setattr(ProcessPoolExecutor, "shutdown", late)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), in_processes(time.sleep, [0.0] + [99.0] * 2000, 2) as finished:
        next(finished)
        threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
        next(finished)
    assert multiprocessing.active_children() == []
    assert time.monotonic() - began < 90.0
    assert capfd.readouterr().err == ""


def test_a_callers_pool_is_left_without_our_work_and_running() -> None:
    def work(item: int) -> int:
        done.append(item)
        time.sleep(0.01)
        return item

    done: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt), in_processes(work, range(500), pool) as finished:
            next(finished)
            raise KeyboardInterrupt
        assert pool.submit(int, "7").result() == 7
    assert len(done) < 500


def interrupted_rmtree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a folder is taken away."""

    def interrupted(place: Path, ignore_errors: bool = False) -> None:
        signal.raise_signal(signal.SIGINT)
        remove(place, ignore_errors)

    remove = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", interrupted)


def test_asking_twice_leaves_no_half_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt), interrupts.answered(), store.workshop(tmp_path / "out", {}, resume=False):
        interrupted_rmtree(monkeypatch)
        signal.raise_signal(signal.SIGINT)
    assert list(tmp_path.iterdir()) == []


def test_asking_twice_leaves_no_half_of_files_that_belong_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_folder: Path) -> None:
        interrupted_rmtree(monkeypatch)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(writing, "settle", stopped)
    with pytest.raises(KeyboardInterrupt), interrupts.answered():
        writing.put(tmp_path / "out", {"mark.md": "new"})
    assert list(tmp_path.iterdir()) == []


def test_files_that_belong_together_have_their_places_before_an_interrupt_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(made: Path, place: Path) -> Path:
        signal.raise_signal(signal.SIGTERM)
        return move(made, place)

    move = Path.replace
    writing.put(tmp_path, {"mark.md": "old", "table.md": "old"})
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), interrupts.answered():
        writing.put(tmp_path, {"mark.md": "new", "table.md": "new"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"mark.md": "new", "table.md": "new"}


def test_results_are_replaced_before_an_interrupt_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(made: Path, place: Path) -> Path:
        signal.raise_signal(signal.SIGTERM)
        return rename(made, place)

    def make(made: str) -> None:
        with store.workshop(folder, {}, resume=False, force=True) as place:
            (place / "results" / "manifest.json").write_text(json.dumps({"inputs": {}, "made": made}))

    rename, folder = Path.rename, tmp_path / "out"
    make("first")
    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), interrupts.answered():
        make("second")
    assert json.loads((folder / "manifest.json").read_text())["made"] == "second"
