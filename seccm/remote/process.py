"""The process that a host lives in: `python -m seccm.remote.process NAME LINGER`.

It belongs to a session of its own, so that neither the end of the window nor a Ctrl-C in the
terminal that the window was started from reaches it.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import connection

from seccm.interruption import told
from seccm.remote.channel import Pipe, prove_host
from seccm.remote.endpoint import WINDOWS, ChannelError, Endpoint
from seccm.remote.host import Announce, Host

SWITCH = 0.0005
"""Seconds after which a thread that serves clients makes way for the one that runs the rig."""
GREETED = 8
"""How many may be proving themselves at once; others are turned away."""


def spawn(endpoint: Endpoint, linger: float) -> subprocess.Popen[bytes]:
    """Start a host's process, which outlives this one. Its endpoint must have been created.

    Args:
        endpoint: where it shall listen.
        linger: seconds for which it stays when it has nothing to do and nobody is attached.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    command = [sys.executable, "-m", "seccm.remote.process", endpoint.name, f"{linger:g}"]
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


class Door:
    """Lets in those who know the key, each greeted in a thread of its own.

    Args:
        endpoint: where to listen.
        key: that of the endpoint.
        admit: called with each pipe whose peer has proved itself.
    """

    def __init__(self, endpoint: Endpoint, key: bytes, admit: Callable[[Pipe], None]) -> None:
        self._endpoint, self._key, self._admit = endpoint, key, admit
        self._listener = connection.Listener(endpoint.address, endpoint.family, backlog=GREETED)
        if not WINDOWS:
            # The folder is closed to others already; this is the second lock.
            os.chmod(endpoint.address, 0o600)
        self._places = threading.BoundedSemaphore(GREETED)
        self._open = True
        self._thread = threading.Thread(target=self._attend, name="door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._open = False
        with suppress(OSError):  # a visitor of our own, so that the door looks up
            connection.Client(self._endpoint.address, self._endpoint.family).close()
        self._thread.join(5.0)
        self._listener.close()

    def _attend(self) -> None:
        while self._open:
            with suppress(OSError):
                pipe = self._listener.accept()
                if self._open and self._places.acquire(blocking=False):
                    threading.Thread(target=self._greet, args=(pipe,), daemon=True).start()
                else:
                    pipe.close()

    def _greet(self, pipe: Pipe) -> None:
        try:
            known = prove_host(pipe, self._key)
        finally:
            self._places.release()
        if known:
            self._admit(pipe)
        else:
            pipe.close()


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
    host = Host()

    host.announce = announcing(endpoint)
    with told(host.interrupt, lambda words: print(words, flush=True)):
        door = Door(endpoint, key, host.admit)
        try:
            host.announce("", "", "", "")
            gc.freeze()
            host.serve(linger)
        finally:
            door.close()
            endpoint.remove()


if __name__ == "__main__":
    try:
        main(sys.argv[1], float(sys.argv[2]))
    except ChannelError as error:
        sys.exit(str(error))
