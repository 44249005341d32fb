"""Runs that are stopped, killed, run twice at once or out of space: nothing lost, nothing mixed, the same bytes."""

from __future__ import annotations

import errno
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from test_cli import SMALL, TABLES

from blocade import api
from blocade.experiment.chunks import Chunks
from blocade.experiment.plan import MOST_CHUNKS, Plan, run_chunk
from blocade.experiment.pool import RUNS_ABREAST
from blocade.experiment.store import StoreError, workshop

DRAWS = 6 * RUNS_ABREAST
"""Six chunks: enough that a run can be met in the middle."""
# a shell may start the tests with SIGINT ignored, which processes inherit; a terminal's user never meets that
CODE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from blocade.cli import main; sys.exit(main())"
)


def start(folder: Path, *more: object, workers: int = 1) -> subprocess.Popen[str]:
    """A run of the small scenario in a process of its own."""
    given = ["run", SMALL, "--out", folder, "--draws", DRAWS, "--workers", workers, *more]
    command = [sys.executable, "-W", "error", "-c", CODE, *map(str, given)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.partial")


def finished(folder: Path) -> list[str]:
    return sorted(path.name for path in (partial(folder) / "chunks").glob("*.parquet"))


def wait_for_chunks(process: subprocess.Popen[str], folder: Path, number: int) -> None:
    while len(finished(folder)) < number:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)


def quiet(_done: int, _total: int) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "out"
    api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet)
    return folder


def assert_same(folder: Path, other: Path) -> None:
    for name in TABLES:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name
    assert not partial(folder).exists()


@pytest.fixture(scope="module")
def planned() -> Plan:
    return api.plan(replace(api.read(SMALL), draws=3))


# --- stopped and gone on with -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(tmp_path: Path, undisturbed: Path, workers: int) -> None:
    folder = tmp_path / "out"
    process = start(folder, "--quiet", workers=workers)
    wait_for_chunks(process, folder, 2)
    process.kill()
    process.communicate()
    kept = finished(folder)
    assert len(kept) >= 2 and not folder.exists()
    again = start(folder, "--quiet", "--resume", workers=workers)
    assert (*again.communicate(), again.returncode) == ("", "", 0)
    assert_same(folder, undisturbed)
    log = (folder / "run.log").read_text()
    assert f"{len(kept)} of 6 chunks are there" in log
    assert log.count("chunk 0:") == 1  # nothing that was kept was run again


def test_a_stopped_run_says_how_to_go_on_and_does(tmp_path: Path, undisturbed: Path) -> None:
    folder = tmp_path / "out"
    process = start(folder)
    wait_for_chunks(process, folder, 1)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == (
        "stopped; finished chunks are kept: the same command with --resume goes on from them"
    )
    assert "Traceback" not in errors and finished(folder)
    api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet, resume=True)
    assert_same(folder, undisturbed)


def test_resume_starts_where_there_is_nothing_and_answers_where_all_is_done(tmp_path: Path, undisturbed: Path) -> None:
    folder = tmp_path / "out"
    api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet, resume=True)
    assert_same(folder, undisturbed)
    written = (folder / "manifest.json").stat().st_mtime_ns
    api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet, resume=True)
    assert (folder / "manifest.json").stat().st_mtime_ns == written


def test_without_resume_a_run_starts_anew(tmp_path: Path, undisturbed: Path) -> None:
    folder = tmp_path / "out"
    (partial(folder) / "chunks").mkdir(parents=True)
    (partial(folder) / "chunks" / "00000.parquet").write_bytes(b"of another run")
    api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet)
    assert_same(folder, undisturbed)


@pytest.mark.parametrize("change", [{"seed": 4}, {"draws": 61}])
def test_a_changed_scenario_is_not_mixed_in(tmp_path: Path, change: dict[str, int]) -> None:
    folder = tmp_path / "out"
    stopped(folder)
    with pytest.raises(StoreError, match=r"is of other inputs \(scenario\); without --resume it starts anew"):
        api.run(SMALL, folder, workers=1, progress=quiet, resume=True, **{"draws": DRAWS, **change})  # type: ignore[arg-type]
    assert finished(folder)  # and what is there stays for whoever mends the scenario


def test_another_version_is_not_mixed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    stopped(folder)
    monkeypatch.setattr("blocade.experiment.store.versions", lambda: {"numpy": "0.1"})
    with pytest.raises(StoreError, match=r"is of other inputs \(versions\)"):
        api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet, resume=True)


def stopped(folder: Path, after: int = 1) -> None:
    """Leave a run of the small scenario stopped after some chunks."""

    def stop(done: int, total: int) -> None:
        if done * 6 >= after * total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.run(SMALL, folder, draws=DRAWS, workers=1, progress=stop)
    assert len(finished(folder)) == after


# --- two at once, and workers without a parent ------------------------------------------------------------------------


def test_two_runs_into_one_folder_are_kept_apart(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    process = start(folder, "--quiet")
    wait_for_chunks(process, folder, 1)
    with pytest.raises(StoreError, match=f"process {process.pid} is running into it; wait for it or choose another"):
        api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet, resume=True)
    process.kill()
    process.communicate()
    stays = finished(folder)
    with workshop(folder, {}, resume=False):
        pass  # the lock of a dead process does not block
    assert stays and not partial(folder).exists()


def children(pid: int) -> list[int]:
    """Living processes whose parent is or was this one's group."""
    found = subprocess.run(["ps", "-o", "pid=", "-g", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads the process table of Linux")
def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    process = start(folder, "--quiet", workers=2)
    wait_for_chunks(process, folder, 1)
    assert len(children(process.pid)) > 2
    process.kill()
    process.wait()
    give_up = time.monotonic() + 30
    while children(process.pid):
        assert time.monotonic() < give_up, "workers live on without their parent"
        time.sleep(0.1)
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def test_any_executor_does_the_work(tmp_path: Path, undisturbed: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        api.run(SMALL, tmp_path / "out", draws=DRAWS, executor=pool, progress=quiet)
        assert pool.submit(int, "7").result() == 7  # it is the caller's, and left running
    assert_same(tmp_path / "out", undisturbed)


# --- disks ------------------------------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_finished_chunks_are_kept(
    tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, synced = tmp_path / "out", []

    def full(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 4:  # after the inputs and two chunks
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("blocade.experiment.store.os.fsync", full)
        with pytest.raises(StoreError, match=r"out: cannot be written \(No space left on device\); free some space or"):
            api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet)
    assert len(finished(folder)) == 2
    api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet, resume=True)
    assert_same(folder, undisturbed)


def test_a_chunk_that_was_being_written_is_run_again(tmp_path: Path, undisturbed: Path) -> None:
    folder = tmp_path / "out"
    stopped(folder, 2)
    whole = partial(folder) / "chunks" / "00001.parquet"
    whole.with_suffix(".tmp").write_bytes(whole.read_bytes()[:99])
    whole.unlink()
    api.run(SMALL, folder, draws=DRAWS, workers=1, progress=quiet, resume=True)
    assert_same(folder, undisturbed)


# --- chunks -----------------------------------------------------------------------------------------------------------


def test_a_damaged_chunk_is_not_gone_on_with(tmp_path: Path, planned: Plan) -> None:
    """A run that went on from it ended in a traceback, or in other figures."""
    chunks = Chunks(tmp_path / "chunks", planned)
    chunks.add(0, run_chunk(planned, planned.chunks[0]))
    path = tmp_path / "chunks" / "00000.parquet"
    whole = path.read_bytes()
    other = io.BytesIO()
    pq.write_table(pq.read_table(path).slice(1), other)
    for spoilt in (b"", whole[:-9], whole[:900] + bytes([whole[900] ^ 1]) + whole[901:], other.getvalue()):
        path.write_bytes(spoilt)
        with pytest.raises(StoreError, match=r"00000.parquet: a chunk that is damaged; delete it, and --resume makes"):
            _ = chunks.values(), chunks.ties()
    path.write_bytes(whole)
    assert chunks.values() and chunks.ties()


def test_what_is_read_is_what_was_written(tmp_path: Path, planned: Plan) -> None:
    plan = replace(planned, scenario=replace(planned.scenario, draws=13, replicates=RUNS_ABREAST // 5))
    chunks = Chunks(tmp_path / "chunks", plan)
    assert chunks.missing() == [0, 1, 2] and [len(chunk) for chunk in plan.chunks] == [5, 5, 3]
    pieces = [run_chunk(plan, chunk) for chunk in plan.chunks]
    for index in (2, 0, 1):  # they finish in any order
        chunks.add(index, pieces[index])
    assert chunks.missing() == []
    values, ties = chunks.values(), chunks.ties()
    for cell in pieces[0]:
        np.testing.assert_array_equal(values[cell], np.concatenate([x[cell].values for x in pieces], axis=1))
        mean = sum(x[cell].ties for x in pieces) / (13 * plan.scenario.replicates)
        np.testing.assert_allclose(ties[cell], mean, rtol=0, atol=1e-15)
    for k, measure in enumerate(plan.followed):
        series = chunks.series(measure)
        for cell in pieces[0]:
            expected = np.concatenate([x[cell].series[..., k] for x in pieces], axis=1)
            np.testing.assert_array_equal(series[cell], expected)


def test_large_plans_have_few_chunks_and_none_is_stepped_too_wide(planned: Plan) -> None:
    n, many = RUNS_ABREAST, MOST_CHUNKS * RUNS_ABREAST
    for draws, size in ((12, n), (many, n), (many + 1, 2 * n), (100_000, 400)):
        plan = replace(planned, scenario=replace(planned.scenario, draws=draws))
        assert len(plan.chunks[0]) == min(size, draws)
        assert len(plan.chunks) <= MOST_CHUNKS
        assert [k for chunk in plan.chunks for k in (chunk.start, chunk.stop)][1:-1:2] == [
            chunk.start for chunk in plan.chunks[1:]
        ]
        assert plan.chunks[-1].stop == draws


def test_a_wide_chunk_gives_what_its_parts_give(planned: Plan) -> None:
    n = RUNS_ABREAST
    plan = replace(planned, scenario=replace(planned.scenario, draws=n + 3))
    whole, parts = run_chunk(plan, range(n + 3)), [run_chunk(plan, range(n)), run_chunk(plan, range(n, n + 3))]
    for cell, piece in whole.items():
        np.testing.assert_array_equal(piece.values, np.concatenate([x[cell].values for x in parts], axis=1))
        np.testing.assert_array_equal(piece.series, np.concatenate([x[cell].series for x in parts], axis=1))
        np.testing.assert_array_equal(piece.ties, parts[0][cell].ties + parts[1][cell].ties)
