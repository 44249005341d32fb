"""Many machines: the chunks of a plan on the workers of a Dask scheduler (extra ``cluster``)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from blocade.experiment.provenance import code_digest
from blocade.experiment.store import StoreError

LOCAL = "local"
SECONDS = 20
"""How long a scheduler has to answer (assumption)."""


@contextmanager
def scheduler(address: str, workers: int | None = None) -> Iterator[Executor]:
    """Who does the work: the workers of a scheduler, or of one that is started here.

    Work of a worker that is lost is done again by another; results do not depend on who did what.

    Parameters
    ----------
    address : of a running scheduler (``tcp://host:port``), or ``local``.
    workers : processes of the local one; by default one per processor.

    Raises
    ------
    StoreError
        If the extra is not installed, nobody answers, it has no workers, or they run other code.
    """
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415 (an extra, and slow to import)
    except ImportError:
        raise StoreError("--scheduler: needs Dask; install it with pip install 'blocade[cluster]'") from None
    if address == LOCAL:
        try:
            cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        except (OSError, RuntimeError) as error:
            why = f"a worker was lost while Dask started it ({str(error).rstrip('.')})"
            raise StoreError(f"--scheduler local: {why}; run it again, with fewer --workers if need be") from None
        with cluster, Client(cluster) as client:
            yield client.get_executor(pure=False)
        return
    try:
        client = Client(address, timeout=SECONDS)
    except (OSError, ValueError, TypeError) as error:  # the last of schemes that are built in and need more
        raise StoreError(f"--scheduler {address}: nobody answers there ({error or type(error).__name__})") from None
    with client:
        theirs, ours = client.run(code_digest), code_digest()
        if not theirs:
            raise StoreError(f"--scheduler {address}: has no workers; start some (dask worker {address})")
        other = sorted(worker for worker, digest in theirs.items() if digest != ours)
        if other:
            raise StoreError(f"--scheduler {address}: {other[0]} runs another version of blocade; results do not mix")
        yield client.get_executor(pure=False)
