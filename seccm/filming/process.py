"""The camera's own process: it takes frames, keeps them in the movie, and tells numbers of them.

Theory of operation. One thread takes frames from the camera and puts them into the ring, nothing
else, so that the camera's own buffer never fills. The main thread hears what the engine says,
decides which frames are kept, writes these to the movie, brings them to the disk once a second or
when asked, and only then tells of them. What goes wrong ends the movie, with a reason that is told;
the engine does not wait for anything in here.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

import numpy as np

from seccm.errors import RigError, SeccmError
from seccm.filming.choice import Choice
from seccm.filming.ring import Ring
from seccm.movie.pages import NO_PAGE, PageLayout
from seccm.movie.writer import MovieWriter
from seccm.rig.camera import Camera, CameraInfo, Frame

GLANCE = 0.01
"""Seconds after which it is looked whether frames or words came."""
SYNC = 1.0
"""Seconds from one bringing of the movie to the disk to the next."""
FULL = 0.75
"""Share of the ring from which on frames are kept before it is known whether they are wanted."""
ROW = (
    "index", "number", "session", "clock", "host", "exposure", "offset", "mean", "saturated",
)  # fmt: skip
"""What is told of each frame."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What is to be recorded."""

    movie: Path
    layout: PageLayout
    goes_on: bool
    """Whether the movie exists already."""
    memory: Path
    slots: int
    choice: Choice
    frames: int
    """In the sequence, at most."""


@dataclass(slots=True)
class _Taken:
    """A frame in the ring."""

    slot: int
    number: int
    clock: float
    host: float
    exposure: float


class Cameraman:
    """Records what a camera sees.

    Args:
        camera: not opened.
        engine: the connection to the engine's process.
    """

    def __init__(self, camera: Camera, engine: Connection) -> None:
        self._camera, self._engine = camera, engine
        self._room = threading.Semaphore(0)
        self._came: deque[_Taken] = deque()
        self._seen = threading.Event()
        """Set when frames came that nobody has looked at yet."""
        self._ended: tuple[str, str] | None = None
        """Why the sequence ended, a code and words."""
        self._stopping = False
        self._writer: MovieWriter | None = None
        self._memory: Path | None = None
        self._rows: list[tuple[Any, ...]] = []
        self._synced = time.monotonic()
        self._taking: threading.Thread | None = None

    def run(self) -> None:
        """Serve until the engine says that it is over, or is gone."""
        try:
            try:
                info = self._camera.open()
            except SeccmError as error:
                self._tell("failed", *_words(error))
                return
            self._tell("opened", info)
            self._serve(info)
        except (EOFError, OSError):
            return  # the engine's process is gone
        finally:
            self._end()

    def _serve(self, info: CameraInfo) -> None:
        order = self._engine.recv()
        if order[0] != "record":
            return
        self._recording: Recording = order[1]
        self._memory = self._recording.memory
        try:
            self._prepare(self._recording, info)
        except SeccmError as error:
            self._tell("failed", *_words(error))
            return
        self._tell("ready")
        while self._hear():
            self._keep()
            if self._ended is not None:
                ended, self._ended = self._ended, None
                self._sync()
                self._tell("ended", *ended)
            elif self._rows and time.monotonic() - self._synced >= SYNC:
                self._sync()

    def _prepare(self, recording: Recording, info: CameraInfo) -> None:
        if recording.goes_on:
            self._writer = MovieWriter.going_on(recording.movie, recording.layout.uuid)
        else:
            self._writer = MovieWriter(recording.movie, recording.layout)
        layout = recording.layout
        self._ring = Ring(
            recording.memory, recording.slots, layout.height, layout.width, layout.bits
        )
        self._room = threading.Semaphore(recording.slots)
        self._patient, self._full = info.patient, (1 << info.bits) - 1

    def _hear(self) -> bool:
        """Do what the engine says; return whether it goes on."""
        while self._engine.poll(0 if self._seen.is_set() else GLANCE):
            match self._engine.recv():
                case ("start",):
                    self._start()
                case ("time", now, keeping):
                    self._recording.choice.tell(now, keeping)
                case ("flush", number):
                    self._keep()
                    self._sync()
                    self._tell("flushed", number)
                case ("stop",):
                    self._camera.stop()
                case _:
                    return False
        return True

    def _start(self) -> None:
        try:
            self._camera.start(self._recording.frames)
        except SeccmError as error:
            self._tell("ended", *_words(error))
            return
        self._taking = threading.Thread(target=self._take, name="camera", daemon=True)
        self._taking.start()
        self._tell("started")

    # The thread that takes frames.

    def _take(self) -> None:
        reason = "", ""
        try:
            slot = 0
            for frame in self._camera.frames():
                if not self._take_one(frame, slot):
                    waiting = len(self._came)
                    reason = (
                        "disk-too-slow",
                        f"{waiting} frames wait for the disk, and there is no room for more. Write "
                        "to a faster, local disk, or record fewer or smaller frames.",
                    )
                    break
                slot = (slot + 1) % self._recording.slots
        except SeccmError as error:
            reason = _words(error)
        except Exception as error:  # whatever a maker's library raises is told
            reason = "camera-failed", f"the camera's driver failed: {error!r}."
        with suppress(Exception):
            self._camera.stop()
        self._ended = reason
        self._seen.set()

    def _take_one(self, frame: Frame, slot: int) -> bool:
        while not self._room.acquire(timeout=None if self._patient else 0.0):
            return False
        self._ring.put(slot, frame.number, frame.picture, frame.host)
        self._came.append(_Taken(slot, frame.number, frame.clock, frame.host, frame.exposure))
        self._seen.set()
        return True

    # The movie.

    def _keep(self) -> None:
        """Write frames, or let them go, as far as it is known which."""
        self._seen.clear()
        while self._came:
            frame = self._came[0]
            kept = self._recording.choice.of(frame.number, frame.host)
            if kept is None and self._writer is not None:
                kept = True if len(self._came) > FULL * self._recording.slots else None
            if kept is None and self._ended is not None:
                kept = False
            if kept is None:
                return
            self._list(frame, kept=kept)
            self._came.popleft()
            self._room.release()

    def _list(self, frame: _Taken, *, kept: bool) -> None:
        picture = self._ring.at(frame.slot)
        page, offset = NO_PAGE, 0
        if kept and self._writer is not None:
            try:
                page = self._writer.append(picture)
                offset = self._writer.layout.offset(page)
            except OSError as error:
                self._give_up(f"the movie cannot be written: {error.strerror}.")
        self._rows.append(
            (
                page,
                frame.number,
                0,
                frame.clock,
                frame.host,
                frame.exposure,
                offset,
                float(picture.mean()),
                float(np.count_nonzero(picture >= self._full)) / picture.size,
            )
        )

    def _give_up(self, why: str) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        self._camera.stop()
        self._tell("ended", "movie-failed", f"{why} Free some space, or write elsewhere.")

    def _sync(self) -> None:
        """Bring frames to the disk, then tell of them."""
        self._synced = time.monotonic()
        if self._writer is not None and not self._patient:
            try:
                self._writer.sync()
            except OSError as error:
                self._give_up(f"the disk of the movie failed: {error.strerror}.")
        if self._rows:
            self._tell("rows", self._rows)
            self._rows = []

    def _tell(self, *what: object) -> None:
        self._engine.send(what)

    def _end(self) -> None:
        with suppress(Exception):
            self._camera.stop()
        if self._taking is not None:
            self._taking.join(5.0)
        with suppress(Exception):
            self._keep()
            self._sync()
        if self._writer is not None:
            self._writer.close()
        with suppress(Exception):
            self._camera.close()
        with suppress(OSError):
            self._tell("closed")
        if self._memory is not None:  # the engine does it, unless it was killed
            with suppress(OSError):
                self._memory.unlink()


def _words(error: SeccmError) -> tuple[str, str]:
    if isinstance(error, RigError):
        return error.code, " ".join(filter(None, (error.what, error.remedy)))
    return "camera-failed", str(error)


def main(arguments: Sequence[str] = ()) -> None:
    """Serve the engine that has started this process, and says on standard input where it is."""
    address, key, camera = pickle.load(sys.stdin.buffer)
    with Client(address, authkey=key) as engine:
        Cameraman(pickle.loads(camera), engine).run()
    sys.stdout.flush()
    os._exit(0)  # a maker's library may hang while it is torn down


if __name__ == "__main__":
    main()
