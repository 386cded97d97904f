"""Virtual cameras whose movies lie on disks that fail; they are carried to the camera's process."""

from __future__ import annotations

import errno
import threading
from dataclasses import replace

from seccm.movie.pages import Picture
from seccm.movie.writer import MovieWriter
from seccm.rig.camera import CameraInfo
from sim.camera import VirtualCamera

WELL = 3
"""Pages that both take as they should."""


class OnASlowDisk(VirtualCamera):
    """Its disk takes no page more until the camera is stopped; frames come all the same."""

    def open(self) -> CameraInfo:
        info = super().open()
        stopped = self._stopped = threading.Event()
        append = MovieWriter.append

        def slow(writer: MovieWriter, picture: Picture) -> int:
            if writer.pages >= WELL:
                stopped.wait()
            return append(writer, picture)

        MovieWriter.append = slow  # type: ignore[method-assign]
        return replace(info, patient=False)

    def stop(self) -> None:
        super().stop()
        self._stopped.set()


class OnAFullDisk(VirtualCamera):
    """Its disk is full after some pages."""

    def open(self) -> CameraInfo:
        append = MovieWriter.append

        def full(writer: MovieWriter, picture: Picture) -> int:
            if writer.pages >= WELL:
                raise OSError(errno.ENOSPC, "No space left on device")
            return append(writer, picture)

        MovieWriter.append = full  # type: ignore[method-assign]
        return super().open()
