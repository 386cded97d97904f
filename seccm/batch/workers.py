"""Who does the work: a pool of processes, or the workers of Dask's distributed.

Each piece of work is a function of plain values that returns a plain value. One that fails is told
of, and does not end the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

from seccm.errors import DataFileError
from seccm.installing import install_hint

Given = TypeVar("Given")
Made = TypeVar("Made")
LOCAL = "local"
"""The address that asks for a cluster of this computer's own."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What a piece of work ended with instead of a result."""

    why: str


def each(
    work: Callable[[Given], Made], given: Sequence[Given], *, workers: int = 1, cluster: str = ""
) -> Iterator[tuple[Given, Made | Failed]]:
    """Do a piece of work for each of many, and yield what came of it as it is done.

    Args:
        work: a function of a module, that other processes can import.
        given: what for.
        workers: processes; with one, the work is done in this one.
        cluster: address of a scheduler of Dask, or "local" for a cluster on this computer.

    Raises:
        DataFileError: the cluster cannot be reached, or Dask is not installed.
    """
    if not cluster and workers <= 1:
        for one in given:
            yield one, _tried(work, one)
        return
    with _pool(workers, cluster) as submit:
        waiting = {submit(_tried, work, one): one for one in given}
        for done in _completed(list(waiting), cluster):
            one = waiting[done]
            try:
                yield one, done.result()
            except Exception as error:  # the process died: the others go on
                yield one, Failed(f"its process ended: {type(error).__name__}")


def _tried(work: Callable[[Given], Made], one: Given) -> Made | Failed:
    try:
        return work(one)
    except Exception as error:  # one scan must not end the batch
        said = " ".join(str(error).split())
        return Failed(said or type(error).__name__)


def _pool(workers: int, cluster: str) -> AbstractContextManager[Callable[..., Any]]:
    return _on_cluster(workers, cluster) if cluster else _on_processes(workers)


@contextmanager
def _on_processes(workers: int) -> Iterator[Callable[..., Future[Any]]]:
    # A fork would carry the locks of HDF5 and of windows along.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield pool.submit


@contextmanager
def _on_cluster(workers: int, cluster: str) -> Iterator[Callable[..., Any]]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise DataFileError(
            f"--cluster needs Dask. Install it with: {install_hint('cluster')}."
        ) from None
    own = None
    try:
        if cluster == LOCAL:
            own = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        client = Client(own if own is not None else cluster, timeout="10s")
    except (OSError, TimeoutError, ValueError) as error:
        raise DataFileError(
            f'The cluster "{cluster}" cannot be reached: {error}. Give the address of its '
            'scheduler, such as tcp://10.0.0.1:8786, or "local".'
        ) from None
    try:
        # Work with files is done each time, whatever was done with the same names before.
        yield lambda *given: client.submit(*given, pure=False)
    finally:
        client.close()
        if own is not None:
            own.close()


def _completed(futures: list[Any], cluster: str) -> Iterator[Any]:
    if not cluster:
        yield from as_completed(futures)
        return
    from distributed import as_completed as of_cluster

    yield from of_cluster(futures)
