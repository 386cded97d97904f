"""A host in threads of this process, for debugging and for tests."""

from __future__ import annotations

import threading
from multiprocessing import Pipe as make_pipe

from seccm.remote.channel.line import Line
from seccm.remote.host.host import Host
from seccm.remote.messages.job import Prepare


class LocalHost:
    """A host in threads of this process.

    Args:
        prepare: makes a run of a job.
    """

    def __init__(self, prepare: Prepare) -> None:
        self.host = Host(prepare)
        # It is closed with its client, never because nobody is attached.
        self._thread = threading.Thread(
            target=self.host.serve, args=(float("inf"),), name="host", daemon=True
        )
        self._thread.start()

    def join(self) -> Line:
        """Connect to the host."""
        ours, theirs = make_pipe()
        self.host.admit(theirs)
        return Line(ours)

    def close(self) -> None:
        """Stop what runs, safely, and end the host."""
        self.host.quit()
        self._thread.join()
