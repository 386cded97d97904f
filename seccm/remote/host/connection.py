"""One client as the host sees it: a thread that hears its requests, and one that tells it news.

The one that tells may wait for a slow client as long as it likes; nobody waits for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from seccm.errors import SeccmError
from seccm.remote.channel.endpoint import ChannelError
from seccm.remote.channel.line import Line
from seccm.remote.channel.plain import event_to_plain, to_plain
from seccm.remote.host.feed import Feed
from seccm.remote.messages.news import Answer, Progress
from seccm.remote.messages.requests import Here, Request, request_from_plain

QUIET = 0.25
"""Seconds after which a client hears that there is nothing new."""

Grant = Callable[["Connection", Request], None]


class Connection:
    """Tells a client what it has not heard, and passes its requests on.

    Args:
        line: to the client; closed when it leaves.
        feed: what there is to tell.
        grant: carries out a request, or raises why not.
        left: called when the client is gone.
        now: a clock in seconds.
    """

    def __init__(
        self,
        line: Line,
        feed: Feed,
        grant: Grant,
        left: Callable[[Connection], None],
        now: Callable[[], float],
    ) -> None:
        self._line, self._feed = line, feed
        self._grant, self._left, self._now = grant, left, now
        self._answers: deque[Answer] = deque()
        self._nudged = threading.Event()
        self._gone = False
        self._cursor = feed.arrive()
        self.heard = now()
        """When the client last gave a sign of life."""

    def start(self, progress: Callable[[Connection], tuple[Progress, bool]]) -> None:
        """Begin to serve the client."""
        self._teller = threading.Thread(target=self._tell, args=(progress,), name="teller")
        self._listener = threading.Thread(target=self._listen, name="listener")
        self._teller.daemon = self._listener.daemon = True
        self._teller.start()
        self._listener.start()

    def nudge(self) -> None:
        """Look whether there is news."""
        self._nudged.set()

    def close(self) -> None:
        """Tell what is left, as far as the client listens, and hang up."""
        self._gone = True
        self._nudged.set()
        self._teller.join(1.0)
        self._line.end()
        self._teller.join(1.0)
        self._listener.join(1.0)

    def _tell(self, progress: Callable[[Connection], tuple[Progress, bool]]) -> None:
        cursor, told = self._cursor, 0.0
        try:
            while True:
                last = self._gone
                message: dict[str, Any] = {}
                batch = self._feed.since(cursor)
                cursor = batch.cursor
                if batch.snapshot is not None:
                    message["snapshot"] = batch.snapshot.to_plain()
                if batch.events:
                    message["events"] = [event_to_plain(event) for event in batch.events]
                if len(batch.trace):
                    message["trace"] = batch.trace.to_plain()
                if batch.found:
                    message["found"] = [to_plain(found) for found in batch.found]
                if batch.failure is not None:
                    message["failure"] = to_plain(batch.failure)
                if self._answers:
                    waiting = len(self._answers)
                    message["answers"] = [to_plain(self._answers.popleft()) for _ in range(waiting)]
                if message or self._now() - told > QUIET:
                    state, in_control = progress(self)
                    told = self._now()
                    self._line.send(
                        {**message, "progress": to_plain(state), "in_control": in_control}
                    )
                if last:
                    return
                self._nudged.wait(QUIET)
                self._nudged.clear()
        except ChannelError:
            # What the client had asked for before it left may still wait to be read.
            self._gone = True

    def _listen(self) -> None:
        try:
            while True:
                request = self._line.receive()
                self.heard = self._now()
                if request.get("request") != Here.__name__:
                    self._answers.append(self._answer(request))
                    self._nudged.set()
        except ChannelError:
            self._gone = True
            self._nudged.set()
            self._line.end()
        self._teller.join()
        self._line.close()
        self._left(self)

    def _answer(self, request: Mapping[str, Any]) -> Answer:
        ticket = request.get("ticket", -1)
        try:
            self._grant(self, request_from_plain(request))
        except SeccmError as refusal:
            return Answer(ticket, granted=False, text=str(refusal))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return Answer(ticket, granted=False, text=f"The request is not valid: {error!r}.")
        return Answer(ticket, granted=True)
