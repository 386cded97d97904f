"""Cameras to try: the virtual one, Micro-Manager's demo, and the emulator of Basler's library.

Libraries of two makers in one process crash, with and without a window beside them: each runs in a
process of its own here, as it does in the product.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

import numpy as np

from seccm.errors import RigError
from seccm.rig import Camera, CameraInfo, Frame
from seccm.rig.camera_table import CameraTable
from sim.camera import VirtualCamera, VirtualSettings, _Setup
from sim.light import Light, Seen, Shutter

WIDTH, HEIGHT = 64, 48


def micro_manager(**settings: object) -> CameraTable:
    """Describe Micro-Manager's demo camera."""
    import mm_test_adapters

    return CameraTable(
        kind="micro-manager",
        rate=100.0,
        exposure=0.002,
        settings={
            "adapters": str(mm_test_adapters.device_adapter_path()),
            "load": ["DemoCamera", "DCam"],
            "PixelType": "16bit",
            "BitDepth": "12",
            "OnCameraCCDXSize": WIDTH,
            "OnCameraCCDYSize": HEIGHT,
            **settings,
        },
    )


def pylon(**settings: object) -> CameraTable:
    """Describe the emulated camera of Basler's library."""
    os.environ["PYLON_CAMEMU"] = "1"
    return CameraTable(
        kind="pylon", rate=100.0, settings={"Width": WIDTH, "Height": HEIGHT, **settings}
    )


@contextmanager
def virtual(lost: float = 0.0, **settings: object) -> Iterator[Camera]:
    """Give a virtual camera, with a world that goes on while it films."""
    shutter = Shutter(rate=100.0, exposure=0.005, lost=lost, seed=1)
    light = Light(shutter)
    setup = _Setup(
        VirtualSettings(width=WIDTH, height=HEIGHT, **settings),  # type: ignore[arg-type]
        shutter, 60e-9, True, light.address, light.key,
    )  # fmt: skip
    over = threading.Event()

    def shine() -> None:
        now = 0.0
        while not over.is_set():
            due = light.due(now)
            if not np.isfinite(due):
                return
            now = due
            light.shine(Seen(now, landing=0, since=0.2, x=50e-6, y=50e-6, radius=1e-6))

    world = threading.Thread(target=shine, daemon=True)
    camera = VirtualCamera(setup)
    opened: Callable[[], object] = camera.open

    def open_and_shine() -> object:
        info = opened()
        world.start()
        return info

    camera.open = open_and_shine  # type: ignore[method-assign,assignment]
    try:
        yield camera
    finally:
        over.set()
        camera.close()
        if world.ident is not None:
            world.join()
        light.close()


class Apart:
    """A process in which cameras of one kind live, one after the other."""

    def __init__(self) -> None:
        key = os.urandom(8)
        with Listener(authkey=key) as listener:
            self._child = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            assert self._child.stdin is not None
            self._child.stdin.write(pickle.dumps((listener.address, key)))
            self._child.stdin.close()
            self.end: Connection[Any, Any] = listener.accept()

    def close(self) -> None:
        """End it, whatever it does."""
        from waiting import HANGING  # what serves as a child needs none of it

        self.end.close()
        try:
            self._child.wait(HANGING)
        finally:
            self._child.kill()
            self._child.wait()

    def asked(self, *what: object) -> Any:
        """Ask; return the answer, or raise it."""
        self.end.send(what)
        return self.answer()

    def answer(self) -> Any:
        """Return the next answer, or raise it."""
        kind, *rest = self.end.recv()
        if kind == "error":
            raise RigError(*rest)
        return rest[0]


class CameraApart:
    """A camera that lives in another process; see `seccm.rig.camera.Camera`."""

    def __init__(self, there: Apart, camera: Camera) -> None:
        self._there = there
        there.asked("make", pickle.dumps(camera))

    def open(self) -> CameraInfo:
        info: CameraInfo = self._there.asked("open")
        return info

    def start(self, frames: int) -> None:
        self._there.asked("start", frames)

    def frames(self) -> Iterator[Frame]:
        self._there.end.send(("frames",))
        over = False
        try:
            while True:
                frame = self._there.answer()
                if frame is None:
                    over = True
                    return
                yield Frame(*frame)
        except RigError:
            over = True
            raise
        finally:
            if not over:  # whoever looked on has gone
                self.stop()
                with suppress(RigError):
                    while self._there.answer() is not None:
                        pass

    def stop(self) -> None:
        self._there.end.send(("stop",))

    def close(self) -> None:
        self._there.asked("close")

    def call(self, path: str) -> Any:
        """Call something of the camera, for tests."""
        return self._there.asked("call", path)


def _serve(end: Connection[Any, Any]) -> None:
    camera: Any = None
    takes: threading.Thread | None = None

    def take() -> None:
        try:
            for f in camera.frames():
                end.send(("ok", (f.number, f.picture.copy(), f.host, f.clock, f.exposure)))
            end.send(("ok", None))
        except RigError as error:
            end.send(("error", error.code, error.where, error.what, error.remedy))

    while True:
        name, *rest = end.recv()
        try:
            answer: object = None
            if name == "frames":
                takes = threading.Thread(target=take, daemon=True)
                takes.start()
                continue
            if name == "stop":
                camera.stop()
                continue
            if takes is not None:
                takes.join()
            if name == "make":
                camera = pickle.loads(rest[0])
            elif name == "call":
                found = camera
                for part in rest[0].split("."):
                    found = getattr(found, part)
                answer = found()
            else:
                answer = getattr(camera, name)(*rest)
            end.send(("ok", answer))
        except RigError as error:
            end.send(("error", error.code, error.where, error.what, error.remedy))


if __name__ == "__main__":
    address, key = pickle.load(sys.stdin.buffer)
    with suppress(EOFError, OSError), Client(address, authkey=key) as connection:
        _serve(connection)
    os._exit(0)
