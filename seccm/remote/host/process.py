"""The process that a host lives in: `python -m seccm.remote.host NAME LINGER`.

It belongs to a session of its own, so that neither the end of the window nor a Ctrl-C in the
terminal that the window was started from reaches it.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys

from seccm.interruption import told
from seccm.remote.channel.endpoint import Endpoint
from seccm.remote.host.door import Door
from seccm.remote.host.host import Host
from seccm.remote.host.rig_work import Announce

SWITCH = 0.0005
"""Seconds after which a thread that serves clients makes way for the one that runs the rig."""


def spawn(endpoint: Endpoint, linger: float) -> subprocess.Popen[bytes]:
    """Start a host's process, which outlives this one. Its endpoint must have been created.

    Args:
        endpoint: where it listens.
        linger: seconds for which it stays when it has nothing to do and nobody is attached.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    command = [sys.executable, "-m", "seccm.remote.host", endpoint.name, f"{linger:g}"]
    with os.fdopen(os.open(endpoint.log, flags, 0o600), "wb") as log:
        if sys.platform == "win32":
            # A console of its own, without a window: it is told when the user logs off.
            detached = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, creationflags=detached
            )
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def announcing(endpoint: Endpoint) -> Announce:
    """Return what says at an endpoint that a host in this process listens, and what it runs."""

    def announce(title: str, path: str, rig: str, run_id: str) -> None:
        facts = {"pid": os.getpid(), "title": title, "path": path, "rig": rig, "run": run_id}
        endpoint.announce(facts)

    return announce


def main(name: str, linger: float) -> None:
    """Be a host until there is nothing to do and nobody attached."""
    sys.setswitchinterval(SWITCH)
    endpoint = Endpoint.named(name)
    key = endpoint.key()
    announce = announcing(endpoint)
    host = Host(announce=announce)
    with told(host.interrupt, lambda words: print(words, flush=True)):
        door = Door(endpoint, key, host.admit)
        try:
            announce("", "", "", "")
            gc.freeze()
            host.serve(linger)
        finally:
            door.close()
            endpoint.remove()
