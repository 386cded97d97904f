"""The engine's side of a camera: starts its process, tells it what goes on, and hears of frames.

Nothing here keeps the engine waiting: what is said to the camera's process goes through a queue,
what comes from it is taken up by a thread. If it dies, hangs or fails, the run goes on without it,
and a sentence says so.
"""

from __future__ import annotations

import math
import pickle
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

from seccm.data.frames import FRAMES
from seccm.data.tables import Rows
from seccm.errors import DataFileError, RigError
from seccm.events import Event, Landed, SiteFinished
from seccm.filming.choice import Choice
from seccm.filming.process import ROW, Recording
from seccm.filming.ring import Ring, Shown, memory_file, ring_size
from seccm.filming.state import CameraState
from seccm.filming.watch import Watch
from seccm.movie.facts import MovieFacts
from seccm.movie.pages import layout_of
from seccm.rig import Block
from seccm.rig.camera import Camera, CameraInfo

OPENING = 60.0
"""Seconds within which a camera must have opened: some load firmware."""
SETTLING = 5.0
"""Seconds for which the writing of a data file waits for frames of a site."""
CLOSING = 20.0
TELLING = 0.05
"""Seconds after which the camera's process is told again what time it is."""
LARGEST = 512_000_000
"""Bytes of frames in memory, at most."""


class CameraProcess:
    """A camera in a process of its own, opened.

    Args:
        camera: not opened.

    Raises:
        RigError: it does not open.
    """

    def __init__(self, camera: Camera) -> None:
        key = secrets.token_bytes(16)
        with Listener(authkey=key) as listener:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "seccm.filming.process"],
                stdin=subprocess.PIPE,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                start_new_session=True,  # Ctrl-C is the engine's to hear
            )
            try:
                self.connection = self._accepted(listener, (listener.address, key), camera)
                kind, *rest = self.receive(OPENING)
            except BaseException:
                self.kill()
                raise
        if kind != "opened":
            self.end()
            code, words = rest
            raise RigError(code, "camera", words.rstrip(".") + ".", "The rig is as it was.")
        self.info: CameraInfo = rest[0]

    def _accepted(
        self, listener: Listener, where: tuple[Any, bytes], camera: Camera
    ) -> Connection[Any, Any]:
        """Wait for the process to call back; one that dies is found out."""
        order = pickle.dumps((*where, pickle.dumps(camera)))
        came: list[Connection[Any, Any]] = []

        def accept() -> None:
            with suppress(OSError, EOFError):
                came.append(listener.accept())

        thread = threading.Thread(target=accept, name="camera-accept", daemon=True)
        thread.start()
        assert self._child.stdin is not None
        with suppress(OSError):
            self._child.stdin.write(order)
            self._child.stdin.close()
        until = time.monotonic() + OPENING
        while not came and self._child.poll() is None and time.monotonic() < until:
            thread.join(0.05)
        if not came:
            with suppress(OSError):
                Client(listener.address).close()  # nobody waits for a call any more
            thread.join(CLOSING)
            raise RigError("camera-failed", "camera", "its process did not start.")
        return came[0]

    def receive(self, patience: float) -> tuple[Any, ...]:
        """Return what the process says next.

        Raises:
            RigError: it died, or says nothing within so many seconds.
        """
        try:
            if self.connection.poll(patience):
                told: tuple[Any, ...] = self.connection.recv()
                return told
        except (EOFError, OSError):
            raise RigError("camera-died", "camera", "the camera's process has ended.") from None
        raise RigError(
            "camera-stalled", "camera", f"the camera has not answered within {patience:g} s."
        )

    @property
    def number(self) -> int:
        """Of the process, for the system."""
        return self._child.pid

    def end(self) -> None:
        """Wait for the end of the process; one that hangs is killed."""
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(CLOSING)
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        if self._child.stdin is not None:
            with suppress(OSError):
                self._child.stdin.close()
        connection = getattr(self, "connection", None)
        if connection is not None:
            connection.close()


class Filming:
    """Films a run; see `seccm.data.filming.Film` and `seccm.conductor.scan.Filmed`.

    Args:
        process: of the camera.
        facts: of camera and movie.
        movie: where it lies.
        before: seconds before a contact from which on frames are kept.
        frames: in the sequence, at most.
        pages: that the movie has already; None for a new one.
        required: whether the run pauses when the camera fails.
        blink: seconds for which the rig switches the lamp off now and then.
        where: what the middle of the picture shows, in the stage's coordinates, m, if that is
            known, and by which the picture is turned, rad.
        now: a clock in seconds; that of the rig where the camera says so.

    Raises:
        DataFileError: the movie cannot be made.
    """

    def __init__(
        self,
        process: CameraProcess,
        facts: MovieFacts,
        movie: Path,
        *,
        before: float = 1.0,
        frames: int = 1_000_000,
        pages: int | None = None,
        required: bool = False,
        blink: float = 0.0,
        where: tuple[tuple[float, ...], float] = ((), 0.0),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._process, self._facts, self._pages = process, facts, pages or 0
        self.fresh = pages is None
        """Whether the movie was made for this run."""
        self._by_rig = process.info.host == "rig"
        self._clock = now
        self.movie = movie
        layout = layout_of(facts)
        bits = layout.bits
        rate = max(process.info.rate, 1.0)
        most = max(8, LARGEST // (facts.width * facts.height * bits // 8))
        slots = min(max(16, round(rate * (before + 2.0))), most)
        memory = memory_file(ring_size(slots, facts.height, facts.width, bits))
        choice = Choice(facts.frames, before)
        try:
            self._ring = Ring(memory, slots, facts.height, facts.width, bits)
            process.connection.send(
                (
                    "record",
                    Recording(movie, layout, pages is not None, memory, slots, choice, frames),
                )
            )
            kind, *rest = process.receive(OPENING)
            if kind != "ready":
                process.end()
                raise DataFileError(rest[1])
        except BaseException:
            process.kill()
            with suppress(OSError):
                memory.unlink()
            raise
        self._memory, self._slots = memory, slots
        self.watch = Watch(required=required, blinks=math.ceil(blink * rate))
        self._where, self._landed = where, (-1.0, -1)
        self._orders: SimpleQueue[tuple[Any, ...] | None] = SimpleQueue()
        self._lock = threading.Condition()
        self._rows: list[tuple[Any, ...]] = []
        self._stamps: deque[tuple[int, float]] = deque()
        self._flushed = self._flush = 0
        self._told, self._stamped, self._beginning = -1.0, -1.0, False
        self._over = self._closed = False
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._send, "camera-orders"), (self._receive, "camera-news"))
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The thread that runs the rig: everything returns at once.

    def begin(self) -> None:
        """Begin the sequence; the counter of the edges counts already.

        Returns when the camera has begun, or cannot: nothing moves yet.
        """
        self._order("start")
        with self._lock:
            self._lock.wait_for(lambda: self._beginning or self._over, OPENING)

    def see(self, block: Block) -> None:
        """Take note of the time at which a block was read."""
        rig = block.stop * block.clock.period
        now = rig if self._by_rig else self._clock()
        if now - self._stamped >= 0.5 or self._stamped < 0:
            self._stamped = now
            self._stamps.append((block.stop * block.clock.spacing, now))
        if self._by_rig or now - self._told >= TELLING:
            self._told = now
            self._order("time", now, None)

    def hear(self, event: Event) -> None:
        """Take note of an event: frames are kept from a contact to the end of a site."""
        if isinstance(event, Landed | SiteFinished):
            now = self._told if self._by_rig else self._clock()
            if isinstance(event, Landed):
                self._landed = now, event.site
            self._order("time", now, isinstance(event, Landed))

    def news(self) -> Sequence[tuple[str, str]]:
        """Return what is to be said since last asked: a code, and a sentence, for each."""
        return self.watch.news()

    @property
    def process(self) -> int:
        """Number of the camera's process, for the system."""
        return self._process.number

    @property
    def films(self) -> bool:
        """Whether frames still come."""
        return not self._over

    def newest(self) -> Shown | None:
        """Return the newest frame, a copy; from any thread."""
        return None if self._closed else self._ring.newest()

    @property
    def state(self) -> CameraState:
        """How the camera is doing; from any thread."""
        facts, info, watch = self._facts, self._process.info, self.watch
        arrived = watch.arrived if self._closed else max(watch.arrived, self._ring.came)
        return CameraState(
            name=facts.camera,
            width=facts.width,
            height=facts.height,
            bits=facts.bits,
            memory="" if self._closed else str(self._memory),
            slots=self._slots,
            rate=facts.rate,
            exposure=info.exposure if math.isfinite(info.exposure) else 0.0,
            pixel=facts.pixel,
            mirrored=facts.mirrored,
            centre=self._where[0],
            angle=self._where[1],
            frames=facts.frames,
            sync=facts.sync,
            sync_uncertainty=facts.sync_uncertainty,
            required=watch.required,
            arrived=arrived,
            lost=watch.lost,
            kept=watch.kept,
            films=self.films,
            dark=watch.dark,
            saturated=watch.bright,
            told=watch.told,
            ended=watch.why,
            landed=self._landed[0],
            landing=self._landed[1],
        )

    # The thread that writes the data file; see `Film`.

    @property
    def facts(self) -> MovieFacts:
        """What is said once of camera and movie."""
        return self._facts

    @property
    def pages(self) -> int:
        """Frames that the movie had when this was made."""
        return self._pages

    def stamps(self) -> Sequence[tuple[int, float]]:
        """Return stamps since last asked; see `Film`."""
        came = []
        while self._stamps:
            came.append(self._stamps.popleft())
        return came

    def taken(self) -> Rows:
        """Return the frames since last asked; see `Film`."""
        with self._lock:
            rows, self._rows = self._rows, []
        return FRAMES.rows([dict(zip(ROW, row, strict=True)) for row in rows])

    def settle(self) -> None:
        """Wait, not for long, until the frames that came so far are in the movie."""
        with self._lock:
            if self._over:
                return
            self._flush += 1
            wanted = self._flush
            self._order("flush", wanted)
            self._lock.wait_for(lambda: self._flushed >= wanted or self._over, SETTLING)

    # The end.

    def end(self) -> None:
        """End the sequence and the camera's process: every frame is in the movie; never raises."""
        if self._closed:
            return
        self._order("stop")
        self._order("close")
        self._threads[1].join(CLOSING)
        self._orders.put(None)
        self._process.end()
        for thread in self._threads:
            thread.join(CLOSING)
        self._closed = self._over = True
        self._ring.close()
        with suppress(OSError):
            self._memory.unlink()

    close = end

    def _order(self, *what: object) -> None:
        self._orders.put(what)

    def _send(self) -> None:
        while (what := self._orders.get()) is not None:
            with suppress(OSError, ValueError):
                self._process.connection.send(what)

    def _receive(self) -> None:
        try:
            while True:
                self._take(self._process.connection.recv())
        except (EOFError, OSError):
            pass
        with self._lock:
            if not self._closed and not self.watch.closed:
                self.watch.end("camera-died", "the camera's process has ended.")
            self._over = True
            self._lock.notify_all()

    def _take(self, told: tuple[Any, ...]) -> None:
        with self._lock:
            match told:
                case ("rows", rows):
                    self._rows += rows
                    self.watch.see(rows)
                case ("started",):
                    self._beginning = True
                case ("flushed", number):
                    self._flushed = number
                case ("ended", code, words):
                    self._over = True
                    self.watch.end(code, words)
                case ("closed",):
                    self.watch.closed = True
            self._lock.notify_all()
