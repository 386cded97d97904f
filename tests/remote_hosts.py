"""What tests of the remote run share: a channel folder of their own, and windows to be killed."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from children import begun
from small_scan import small_scan
from waiting import HANGING, wait_for

from seccm.events import RunStopped
from seccm.remote import Client, News
from seccm.remote.channel.endpoint import runtime_folder
from seccm.remote.channel.plain import event_to_plain
from seccm.remote.channel.wire import pack


@contextmanager
def own_runtime() -> Iterator[Path]:
    """Give hosts a folder of their own; all must have ended by themselves in the end."""
    # Short: a Unix socket's path has 108 bytes, fewer than pytest's folders may take.
    base = Path(tempfile.mkdtemp(prefix="s"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", str(base))
            patch.setenv("LOCALAPPDATA", str(base))
            yield base
            all_hosts_end()
    finally:
        shutil.rmtree(base)


def all_hosts_end(hanging: float = HANGING) -> None:
    """Wait until every host has ended by itself: those who linger, and those who only begin.

    Raises:
        AssertionError: some are still there; those that listen are killed, and named.
    """
    try:
        # A host removes its folder when it has let go of all else; one that begins has it first.
        wait_for(lambda: Client.find() == () and not hosts_folders(), hanging=hanging)
    except AssertionError:
        alive, folders = Client.find(), hosts_folders()
        for host in alive:
            with suppress(ProcessLookupError):
                os.kill(host.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        raise AssertionError(f"hosts were left running: {alive} in {folders}") from None


def hosts_folders() -> list[str]:
    """Return the names of all hosts that are beginning, listening or ending."""
    return sorted(path.name for path in runtime_folder().iterdir())


def over(news: News) -> bool:
    """Tell whether a run has ended, or could not begin."""
    return news.failure is not None or any(isinstance(e, RunStopped) for e in news.events)


def idle(news: News) -> bool:
    """Tell whether the host has nothing more to do."""
    return news.progress is not None and news.progress.doing == "idle"


def answer(client: Client, ticket: int) -> tuple[bool, str]:
    """Wait for what became of a request."""
    heard = client.wait(lambda news: any(a.ticket == ticket for a in news.answers))
    found = next(a for a in heard[-1].answers if a.ticket == ticket)
    return found.granted, found.text


def facts(events: Any, *, analysed: bool = False) -> list[bytes]:
    """Return events as bytes that can be compared; analyses, which take their time, apart."""
    plain = [dict(sorted(event_to_plain(event).items())) for event in events]
    for table in plain:
        if "features" in table:
            table["features"] = dict(sorted(table["features"].items()))
    return [pack(e) for e in plain if (e["event"] == "SiteAnalysed") == analysed]


def start_and_watch(path: str, pace: float) -> None:
    """Be a window: start a scan and follow it."""
    client = Client.start(small_scan(), path=path, seed=3, pace=pace, linger=3.0)
    client.wait(over)


def watch() -> None:
    """Be a window: find the scan that runs, and follow it."""
    Client.attach().wait(over)


@contextmanager
def window(target: Any, *arguments: Any) -> Iterator[BaseProcess]:
    """Run a window in a process of its own, and kill it with -9 in the end."""
    child = begun(in_runtime, os.environ["XDG_RUNTIME_DIR"], target, *arguments)
    try:
        yield child
    finally:
        child.kill()
        child.join()


def in_runtime(runtime: str, target: Any, *arguments: Any) -> None:
    """Do something with a channel folder: a child of the server has the server's environment."""
    os.environ["XDG_RUNTIME_DIR"] = os.environ["LOCALAPPDATA"] = runtime
    target(*arguments)
