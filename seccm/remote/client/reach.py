"""How a host is reached: one that was just started, or one of those that run already."""

from __future__ import annotations

import subprocess
import time
from multiprocessing import connection

from seccm.remote.channel.endpoint import ChannelError, Endpoint, Running, endpoints
from seccm.remote.channel.line import Line, dial

STARTING = 60.0
"""Seconds within which a host must listen; a first start compiles the virtual cell."""
LOOK = 0.02
"""Seconds between two looks whether it listens."""


def reach_new(endpoint: Endpoint, process: subprocess.Popen[bytes]) -> Line:
    """Connect to a host that was just started, as soon as it listens.

    Raises:
        ChannelError: its process ended, or did not listen in time; the text has its last words.
    """
    late = time.monotonic() + STARTING
    while endpoint.facts is None:
        if process.poll() is not None or time.monotonic() > late:
            said = endpoint.log.read_text(errors="replace").strip().splitlines()
            endpoint.remove()
            why = said[-1] if said else "it gave no reason."
            raise ChannelError(f"The process for the run did not start: {why}")
        time.sleep(LOOK)
    return dial(endpoint)


def running() -> tuple[Running, ...]:
    """Return the hosts of this user that live, the newest first; remove traces of dead ones.

    Raises:
        ChannelError: the folder of the hosts is not safe.
    """
    found = []
    for endpoint in endpoints():
        facts = endpoint.facts
        try:
            connection.Client(endpoint.address, endpoint.family).close()
        except (ConnectionRefusedError, FileNotFoundError):
            endpoint.remove()
            continue
        except OSError:
            continue
        if facts is not None:
            known = (facts["pid"], facts["title"], facts["path"])
            more = (facts.get("rig", ""), facts.get("run", ""))
            found.append(Running(endpoint.name, *known, *more))
    return tuple(found)
