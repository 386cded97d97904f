"""The runs of this user that are going on, or wait for somebody, for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from seccm.cli.printing import facts, shown
from seccm.remote import ChannelError, Client, Progress, Running

PATIENCE = 15.0
"""Seconds for which a host that does not answer is waited for."""
NOBODY = "Nothing is running."
HOW = (
    "seccm ask pause|resume|skip|stop|halt|emergency FILE steers a run, pin|add|forbid|allow its "
    "planner; seccm window attaches to "
    "the newest. A paused run keeps its tip up and waits without a time limit."
)


def running() -> RenderableType:
    """Return some lines for each process that runs a scan, controls a rig manually, or waits.

    Raises:
        ChannelError: the folder of the hosts is not safe.
    """
    found = [_told(host) for host in Client.find()]
    return Group(*found, Text(HOW, style="dim")) if found else NOBODY


def _told(host: Running) -> RenderableType:
    progress = asked(host)
    rows: list[tuple[str, str | Text]] = [("state", _state(progress))]
    status = progress.status if progress is not None else None
    if status is not None:
        rows.append(("sites", f"{status.finished} finished in this run"))
    rows += [("file", host.path or "–"), ("run ID", host.run_id or "–")]
    rows.append(("process", str(host.pid)))
    return Group(Text(shown(host.title or "no plan"), style="bold"), facts(rows), "")


def asked(host: Running) -> Progress | None:
    """Ask a host how it is doing; None if it does not answer."""
    try:
        with Client.attach(host.name) as client:
            heard = client.wait(lambda news: news.progress is not None, PATIENCE)
            return heard[-1].progress
    except ChannelError:
        return None


def _state(progress: Progress | None) -> Text:
    if progress is None:
        return Text("does not answer", style="red")
    if progress.doing != "scan" or progress.status is None:
        return Text({"manual": "manual control"}.get(progress.doing, progress.doing))
    state = progress.status.state.value
    if state not in ("paused", "suspended"):
        return Text(state)
    return Text(shown(progress.status.waiting), style="yellow")
