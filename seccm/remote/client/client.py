"""The client: how a window, or a scripted test, follows a run and steers it.

Nothing here waits for the host: what comes in is collected by one thread, what goes out is sent
by another, and `poll` takes what there is.
"""

from __future__ import annotations

import queue
import secrets
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from seccm.errors import SeccmError
from seccm.events import Event
from seccm.hopping.life import Request as Verb
from seccm.plan import Plan
from seccm.plan.instruction import Instruction
from seccm.remote.channel.endpoint import ChannelError, Endpoint, Running
from seccm.remote.channel.line import Line, dial
from seccm.remote.client.reach import reach_new, running
from seccm.remote.host.local import LocalHost
from seccm.remote.host.process import spawn
from seccm.remote.messages.coarse import CoarseOrder
from seccm.remote.messages.commissioning import Found, Order
from seccm.remote.messages.job import Failure, Job, Prepare
from seccm.remote.messages.news import Answer, Link, News, Progress, Snapshot, read_message
from seccm.remote.messages.requests import (
    Act,
    Action,
    ApproachCoarsely,
    Begin,
    Commission,
    Emergency,
    Halt,
    Here,
    Instruct,
    Keep,
    OpenRig,
    Quit,
    Release,
    Reply,
    Request,
    Steer,
    StopStep,
    TakeControl,
    request_to_plain,
)
from seccm.remote.messages.trace import Trace
from seccm.rigs import RigFile

LINGER = 30.0
"""Seconds for which a host with nothing to do waits for somebody to attach."""
WAITING = 60.0
"""Seconds for which a script waits for some news, unless it says otherwise."""
UNREAD = 256
"""Messages that may wait for a poll; beyond these the host is left waiting."""
SIGN = 1.0
"""Seconds between two signs of life to the host, given while the client is polled."""


class Client:
    """Follows a host and asks it for things. Make one with `start`, `attach` or `in_process`.

    Args:
        reach: connects; called in a thread of its own.
        process: the host's, where it was started here.
        local: the host itself, where it lives in this process.
    """

    def __init__(
        self,
        reach: Callable[[], Line],
        *,
        name: str = "",
        process: subprocess.Popen[bytes] | None = None,
        local: LocalHost | None = None,
    ) -> None:
        self.name = name
        """The host's name, with which others attach to it."""
        self.snapshot: Snapshot | None = None
        """How things were when we came, or when the run began; its overview is kept up to date."""
        self._reach, self._process, self._local = reach, process, local
        self._link: Link = "connecting"
        self._lost = ""
        self._inbox: deque[dict[str, Any]] = deque()
        self._outbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._room = threading.Event()
        self._closed = False
        self._tickets = 0
        self._progress: Progress | None = None
        self._in_control = False
        self._heard = self._signed = time.monotonic()
        self._line: Line | None = None
        self._speaker: threading.Thread | None = None
        self._thread = threading.Thread(target=self._listen, name="client", daemon=True)
        self._thread.start()

    # Ways to get one.

    @classmethod
    def open(cls, *, linger: float = LINGER) -> Self:
        """Start a host without a run, in a process that outlives this one.

        Raises:
            ChannelError: there is no safe place for its channel.
        """
        endpoint = Endpoint.named(secrets.token_hex(4))
        endpoint.create()
        process = spawn(endpoint, linger)
        return cls(lambda: reach_new(endpoint, process), name=endpoint.name, process=process)

    @classmethod
    def start(
        cls,
        plan: Plan | str | Path,
        rig: RigFile | str | Path = "virtual",
        *,
        path: str | Path | None = None,
        seed: int = 0,
        faults: Sequence[str] = (),
        pace: float = 0.0,
        linger: float = LINGER,
    ) -> Self:
        """Begin a run in a process of its own; see `seccm.run` for what it takes.

        Whether the rig can do it is known later: `News.failure` then says why not.

        Raises:
            PlanError: the plan or the rig file cannot be read.
            ChannelError: there is no safe place for the channel.
        """
        job = Job.new(plan, rig, path=path, seed=seed, faults=faults, pace=pace)
        client = cls.open(linger=linger)
        client.begin(job)
        return client

    @classmethod
    def resume(cls, path: str | Path, *, pace: float = 0.0, linger: float = LINGER) -> Self:
        """Continue the run in a file, in a process of its own."""
        client = cls.open(linger=linger)
        client.begin(Job.again(path, pace=pace))
        return client

    @classmethod
    def attach(cls, name: str = "") -> Self:
        """Attach to a host: the one of that name, else the newest.

        Raises:
            ChannelError: there is none.
        """
        if not name:
            found = cls.find()
            if not found:
                raise ChannelError("No run is going on.")
            name = found[0].name
        endpoint = Endpoint.named(name)
        line = dial(endpoint)
        return cls(lambda: line, name=name)

    @classmethod
    def in_process(cls, job: Job | None = None, *, prepare: Prepare = Job.prepare) -> Self:
        """Start a host in threads of this process, for debugging; it ends with the client."""
        local = LocalHost(prepare)
        client = cls(local.join, local=local)
        if job is not None:
            client.begin(job)
        return client

    @staticmethod
    def find() -> tuple[Running, ...]:
        """Return the hosts of this user that live, the newest first; remove traces of dead ones.

        Raises:
            ChannelError: the folder of the hosts is not safe.
        """
        return running()

    # Following.

    def poll(self) -> News:
        """Return what happened since the last poll; returns at once."""
        events: list[Event] = []
        traces: list[Trace] = []
        answers: list[Answer] = []
        found: list[Found] = []
        failure: Failure | None = None
        resynchronised = False
        # Read first: a host that is lost has said its last words by then, and they are in the box.
        link = self._link
        for _ in range(len(self._inbox)):
            message = self._inbox.popleft()
            if message["snapshot"] is not None:
                self.snapshot = message["snapshot"]
                resynchronised = True
                events, traces = [], []
            for event in message["events"]:
                events.append(event)
                if self.snapshot is not None:
                    self.snapshot.hear(event)
            traces.append(message["trace"])
            answers += message["answers"]
            found += message["found"]
            failure = message["failure"] or failure
            self._progress, self._in_control = message["progress"], message["in_control"]
        self._room.set()
        now = time.monotonic()
        if now - self._signed > SIGN:
            self._signed = now
            self._outbox.put(request_to_plain(Here()))
        if link == "lost" and failure is None and self._lost:
            failure, self._lost = Failure("ChannelError", self._lost), ""
        silent = self._progress.silent if self._progress else 0.0
        return News(
            link=link,
            progress=self._progress,
            events=tuple(events),
            trace=Trace.joined(traces),
            answers=tuple(answers),
            in_control=self._in_control and link == "live",
            stale=now - self._heard + silent,
            resynchronised=resynchronised,
            failure=failure,
            found=tuple(found),
        )

    def wait(self, until: Callable[[News], bool], timeout: float | None = None) -> list[News]:
        """Poll until some news is what is waited for; for scripts. Returns all news, it last.

        Args:
            until: tells whether it is.
            timeout: seconds after which it does not come any more; a minute unless given.

        Raises:
            ChannelError: it has not come in time, or the host is gone.
        """
        late = time.monotonic() + (WAITING if timeout is None else timeout)
        heard: list[News] = []
        while True:
            heard.append(self.poll())
            if until(heard[-1]):
                return heard
            if heard[-1].link == "lost" or time.monotonic() > late:
                failure = next((n.failure.text for n in heard if n.failure), "it took too long.")
                raise ChannelError(f"No answer came: {failure}")
            time.sleep(0.005)

    # Steering. Each returns a ticket at once; `News.answers` says later what became of it.

    def ask(self, verb: Verb | str, reason: str = "asked by the operator") -> int:
        """Ask the run for pause, resume, skip or stop."""
        return self._request(Steer(Verb(verb), reason))

    def instruct(self, instruction: Instruction) -> int:
        """Pin, add, forbid or allow a place of a run with a planner."""
        return self._request(Instruct(instruction.text))

    def halt(self) -> int:
        """Freeze and switch the cell off, whoever holds the controls."""
        return self._request(Halt())

    def emergency(self) -> int:
        """Lift the tip at the rig's fastest speed, cell off, and end the run.

        Granted whoever holds the controls. On an idle host the rig that was used last is opened,
        and its tip lifted to the top. `Progress.lifted` says what was achieved.
        """
        return self._request(Emergency())

    def begin(self, job: Job) -> int:
        """Begin a run on an idle host."""
        return self._request(Begin(job))

    def open_rig(self, job: Job) -> int:
        """Open a job's rig for manual control, as the job's plan approaches and retracts."""
        return self._request(OpenRig(job))

    def act(self, action: Action | str, **how: float | str) -> int:
        """Do something under manual control, on a rig that was opened for it.

        Args:
            action: "jog" (axis, to, speed), "approach", "retract", "drive" (mode, value), "off",
                "hold", or "close" to raise the tip and let go of the rig.
            how: as named above, in SI units.
        """
        return self._request(Act(Action(action), how))

    def commission(self, order: Order) -> int:
        """Carry out a commissioning step on an idle host; `News.found` tells what it found."""
        return self._request(Commission(order))

    def approach_coarsely(self, order: CoarseOrder) -> int:
        """Make a coarse approach on an idle host; `Progress.question` is what it asks."""
        return self._request(ApproachCoarsely(order))

    def reply(self, question: str, *, yes: bool) -> int:
        """Answer the question that was read, and no other."""
        return self._request(Reply(question, yes))

    def stop_step(self) -> int:
        """End the commissioning step, or the coarse approach, that is carried out."""
        return self._request(StopStep())

    def keep(self, step: str, *, calibrate: bool) -> int:
        """Write the report of a step that was carried out, and if asked its calibration."""
        return self._request(Keep(step, calibrate))

    def take_control(self, *, force: bool = False) -> int:
        """Take the controls: if they are free, their holder is silent, or by force."""
        return self._request(TakeControl(force))

    def release(self) -> int:
        """Give the controls back."""
        return self._request(Release())

    def quit(self) -> int:
        """End an idle host now rather than when it has lingered."""
        return self._request(Quit())

    def close(self) -> None:
        """Leave. The run goes on, unless the host lives in this process: then it is stopped."""
        self._closed = True
        self._room.set()
        self._outbox.put(None)
        if self._speaker is not None:
            self._speaker.join(1.0)  # what was asked just before is still sent
        if self._line is not None:
            self._line.end()
        if self._local is not None:
            self._local.close()
        self._thread.join(5.0)
        if not self._thread.is_alive():
            self._disown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Behind the scenes.

    def _request(self, request: Request) -> int:
        self._tickets += 1
        self._outbox.put({**request_to_plain(request), "ticket": self._tickets})
        return self._tickets

    def _disown(self) -> None:
        """Let the host's process outlive us; Python would complain that nobody waited for it."""
        if self._process is not None and not self._process.poll():
            self._process.returncode = 0

    def _listen(self) -> None:
        """Follow the host until the end; the body of the thread."""
        self._follow()
        if self._closed:
            # Whoever closed us may have grown tired of waiting for this thread.
            self._disown()

    def _follow(self) -> None:
        """Connect, and take what comes."""
        try:
            line = self._line = self._reach()
        except (SeccmError, OSError) as error:
            self._link, self._lost = "lost", str(error)
            return
        speaker = threading.Thread(target=self._speak, args=(line,), name="speaker", daemon=True)
        speaker.start()
        # Known once it runs: whoever closes us meanwhile could not wait for it.
        self._speaker = speaker
        try:
            while not self._closed:
                message = read_message(line.receive())
                self._heard = time.monotonic()
                self._inbox.append(message)
                self._link = "live"
                while len(self._inbox) >= UNREAD and not self._closed:
                    self._room.clear()
                    self._room.wait(1.0)
        except ChannelError as error:
            self._lost = "" if self._closed else str(error)
        self._link = "lost"
        self._outbox.put(None)
        speaker.join(1.0)
        line.end()
        speaker.join()
        line.close()

    def _speak(self, line: Line) -> None:
        with suppress(ChannelError):
            while (message := self._outbox.get()) is not None:
                line.send(message)
