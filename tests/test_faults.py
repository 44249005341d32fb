"""What is killed, interrupted or out of space leaves nothing that passes for finished, and nothing in the way.

Here a fault is made where it hurts; `scripts/reliability/faults.py` makes them at random moments of real runs.
"""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_cli import SMALL
from test_runner import partial, quiet

from blocade import api, cli
from blocade.experiment import store
from blocade.experiment.chunks import Chunks
from blocade.experiment.plan import run_chunk
from blocade.experiment.pool import RUNS_ABREAST
from blocade.experiment.store import StoreError, is_done, sweep, workshop
from blocade.own_world import new_world
from blocade.scenario import ScenarioError, template
from blocade.writing import MARK, put, refuse_foreign

INPUTS = {"scenario": "one"}
TEXTS = {"page.md": f"{MARK}\nnew", "a.csv": "new", "b.csv": "new"}


class Killed(BaseException):
    """Stands in for a kill: nothing may answer it."""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def killed_at(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, time: int, act: Callable[[], Any]) -> None:
    """Do something that is killed just before it calls a function for the n-th time."""
    real, calls = getattr(owner, name), []

    def call(*given: Any, **more: Any) -> Any:
        calls.append(name)
        if len(calls) == time:
            raise Killed
        return real(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, call)
        with pytest.raises(Killed):
            act()


def finish(folder: Path, force: bool = False) -> None:
    """A run that does nothing but end."""
    with workshop(folder, INPUTS, resume=False, force=force) as place:
        (place / "chunks" / "00000.parquet").touch()
        store.write_json({"inputs": INPUTS}, place / "results" / "manifest.json")


# --- files that belong together ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("moved", [1, 2, 3])
def test_what_was_killed_between_its_files_has_no_page_and_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    for name in TEXTS:
        (tmp_path / name).write_text(f"{MARK}\nold")
    killed_at(monkeypatch, Path, "replace", moved, lambda: put(tmp_path, TEXTS))
    assert names(tmp_path) == {"a.csv", "b.csv", ".writing"} - {"a.csv", "b.csv"} | {*["a.csv", "b.csv"][: moved - 1]}
    refuse_foreign(tmp_path, tuple(TEXTS))  # what is there is no file of the user's
    put(tmp_path, TEXTS)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == TEXTS


def test_a_new_folder_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    killed_at(monkeypatch, Path, "rename", 1, lambda: put(folder, TEXTS))
    assert not folder.exists()
    killed_at(monkeypatch, store.shutil, "rmtree", 2, lambda: put(folder, TEXTS))  # it has its name
    assert names(folder) == {*TEXTS}
    put(folder, TEXTS)
    assert names(folder) == {*TEXTS} and names(tmp_path) == {"out"}


def test_a_world_that_was_killed_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "2021-mine"
    folder.mkdir()
    killed_at(monkeypatch, Path, "replace", 3, lambda: new_world(folder, "2021", ["RUS", "CHN"]))
    assert not (folder / "states.csv").exists()  # without which nobody reads it
    new_world(folder, "2021", ["RUS", "CHN"])
    assert ".writing" not in names(folder) and len(names(folder)) == 6


# --- a run ------------------------------------------------------------------------------------------------------------


def test_a_run_killed_while_it_tidies_up_is_tidied_up_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    killed_at(monkeypatch, store, "_tidy", 1, lambda: finish(folder))
    assert is_done(folder, INPUTS, force=False) and partial(folder).exists()
    sweep(folder, {"scenario": "another"})
    assert partial(folder).exists()  # finished chunks of another run that was stopped
    sweep(folder, INPUTS)
    assert names(tmp_path) == {"out"}


def test_results_that_are_replaced_stay_or_go_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    finish(folder)
    killed_at(monkeypatch, Path, "rename", 2, lambda: finish(folder, force=True))
    assert not folder.exists()
    shutil.copytree(partial(folder) / "old", folder)  # whoever wants the old ones back has them
    finish(folder, force=True)
    assert names(tmp_path) == {"out"} and is_done(folder, INPUTS, force=False)


def test_results_are_on_the_disk_before_they_have_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, synced = os.fsync, []

    def fsync(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    finish(tmp_path / "out")
    assert {path.stat().st_ino for path in (tmp_path / "out", tmp_path / "out" / "manifest.json")} <= {*synced}


def test_a_resume_does_not_write_anew_what_says_whose_chunks_they_are(tmp_path: Path) -> None:
    def stop(before: int) -> int:
        with pytest.raises(KeyboardInterrupt), workshop(tmp_path / "out", INPUTS, resume=True) as place:
            assert len(names(place / "chunks")) == before
            (place / "chunks" / f"{before:05d}.parquet").touch()
            raise KeyboardInterrupt
        return (partial(tmp_path / "out") / "inputs.json").stat().st_mtime_ns

    assert stop(0) == stop(1)  # a disk that is full by now would leave it empty, and the chunks nobody's


def test_a_torn_chunk_is_missing(tmp_path: Path) -> None:
    plan = api.plan(replace(api.read(SMALL), draws=1))
    chunks = Chunks(tmp_path / "chunks", plan)
    chunks.add(0, run_chunk(plan, plan.chunks[0]))
    assert chunks.missing() == []
    path = tmp_path / "chunks" / "00000.parquet"
    os.truncate(path, path.stat().st_size // 2)
    assert chunks.missing() == [0]


def test_who_comes_as_another_ends_does_not_replace_its_results(tmp_path: Path) -> None:
    finish(tmp_path / "out")
    with pytest.raises(StoreError, match="another process has just finished it"):
        finish(tmp_path / "out")


def test_ctrl_c_of_a_second_run_leaves_the_first_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_handle: int) -> None:
        raise KeyboardInterrupt

    with workshop(tmp_path / "out", INPUTS, resume=False) as place:
        monkeypatch.setattr(store, "_hold", interrupt)
        with pytest.raises(KeyboardInterrupt), workshop(tmp_path / "out", INPUTS, resume=False):
            raise AssertionError("it is held")
        assert (place / "results").is_dir()


def test_a_disk_of_its_own_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "ismount", lambda path: path == tmp_path)
    with pytest.raises(StoreError, match=r"is a disk of its own, .* name a folder in it"):
        finish(tmp_path)


class Breaks(Executor):
    """Does so many pieces, then loses its workers."""

    def __init__(self, pieces: int) -> None:
        self._left = pieces

    def submit(self, work: Callable[..., Any], /, *given: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self._left:
            future.set_result(work(*given, **more))
        else:
            future.set_exception(BrokenExecutor())
        self._left = max(0, self._left - 1)
        return future


@pytest.mark.parametrize(("pieces", "told"), [(0, "least$"), (1, "least; finished chunks are kept: the same command")])
def test_a_lost_worker_is_told_in_one_line(tmp_path: Path, pieces: int, told: str) -> None:
    folder = tmp_path / "out"
    with pytest.raises(StoreError, match=f"out: a worker was lost, .*{told}"):
        api.run(SMALL, folder, draws=RUNS_ABREAST + 1, executor=Breaks(pieces), progress=quiet)
    assert partial(folder).exists() == bool(pieces)


# --- the rest ---------------------------------------------------------------------------------------------------------


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file may be larger."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_scenario_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    with disk_of(100), pytest.raises(ScenarioError, match=r"cannot be written \(File too large\)"):
        template.write(tmp_path / "mine.yaml")
    assert not names(tmp_path)


def test_ctrl_c_while_a_command_is_read_in_is_answered_as_ever(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "parser", interrupt)
    assert cli.main(["list", "worlds"]) == 130
    assert capsys.readouterr().err == "stopped; nothing was left half-written\n"
