"""Many machines, here over loopback: a real scheduler and real workers, one of them killed in mid-run."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_runner import DRAWS, SMALL, assert_same, quiet

from blocade import api
from blocade.experiment import cluster
from blocade.experiment.cluster import scheduler
from blocade.experiment.store import StoreError

pytest.importorskip("distributed", reason="the extra cluster is not installed")

def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dask(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@pytest.fixture
def address() -> Iterator[str]:
    """A scheduler without workers."""
    port = free_port()
    process = dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    try:
        give_up = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None and time.monotonic() < give_up
            time.sleep(0.1)
        yield f"tcp://127.0.0.1:{port}"
    finally:
        end(process)


def worker(address: str, folder: Path) -> subprocess.Popen[bytes]:
    """A worker of one thread, without the nanny that would start it again."""
    usual = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
    return dask("worker", address, *usual, "--local-directory", str(folder))


def test_workers_of_a_scheduler_give_the_same_bytes_though_one_is_killed(address: str, tmp_path: Path) -> None:
    serial, spread = tmp_path / "serial", tmp_path / "spread"
    api.run(SMALL, serial, draws=DRAWS, workers=1, progress=quiet)
    workers = [worker(address, tmp_path / f"worker-{k}") for k in range(2)]
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if 0 < done < total and not killed:
            end(workers[0])
            killed.append(done)

    try:
        from distributed import Client  # noqa: PLC0415

        with Client(address) as client:
            client.wait_for_workers(2, timeout=60)
        with scheduler(address) as executor:
            api.run(SMALL, spread, draws=DRAWS, executor=executor, progress=kill_one)
    finally:
        for process in workers:
            end(process)
    assert killed
    assert_same(spread, serial)


def test_a_scheduler_without_workers_is_told(address: str) -> None:
    with pytest.raises(StoreError, match=r"has no workers; start some \(dask worker tcp://"), scheduler(address):
        raise AssertionError("nobody is there to work")


def test_workers_of_other_code_are_refused(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = worker(address, tmp_path / "worker")
    try:
        from distributed import Client  # noqa: PLC0415

        with Client(address) as client:
            client.wait_for_workers(1, timeout=60)
        real = cluster.code_digest
        asked: list[int] = []

        def other() -> str:
            asked.append(1)
            return "another"

        with monkeypatch.context() as patch:
            patch.setattr(Client, "run", lambda _self, _what: {"tcp://127.0.0.1:1": real()})
            patch.setattr(cluster, "code_digest", other)
            with pytest.raises(StoreError, match="runs another version of blocade"), scheduler(address):
                raise AssertionError("results would mix")
        assert asked
    finally:
        end(one)


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SECONDS", 1)
    port = free_port()
    told = rf"--scheduler tcp://127.0.0.1:{port}: nobody answers"
    with pytest.raises(StoreError, match=told), scheduler(f"tcp://127.0.0.1:{port}"):
        raise AssertionError("nobody is there")


def test_a_worker_that_is_lost_at_the_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_given: object, **_named: object) -> None:
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr("distributed.LocalCluster", lost)
    with pytest.raises(StoreError) as caught, scheduler("local"):
        pass
    assert str(caught.value) == (
        "--scheduler local: a worker was lost while Dask started it (Nanny failed to start); "
        "run it again, with fewer --workers if need be"
    )


def test_the_command_line_starts_a_scheduler_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "blocade", "run", SMALL, "--draws", "2", "--quiet", "--out", tmp_path / "out"]
    given = [*map(str, command), "--scheduler", "local", "--workers", "1"]
    done = subprocess.run(given, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (tmp_path / "out" / "manifest.json").exists()
