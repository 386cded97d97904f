"""Any camera that Micro-Manager drives, through pymmcore-plus; see `seccm.rig.camera`.

A finite sequence with stop on overflow is recorded: the continuous one of Micro-Manager loses
frames without a word when its buffer is full. Only one consumer may take frames from the buffer;
who wants to look on gets a copy.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from seccm.errors import RigError
from seccm.rig import Rig
from seccm.rig.camera import Camera, CameraInfo, Frame
from seccm.rig.camera_table import CameraTable

BUFFER = 256
"""Megabytes of frames that may wait in Micro-Manager."""
GLANCE = 0.002
"""Seconds from one look into the buffer to the next."""
_STARTS = ("load", "adapters", "buffer")
"""Settings that are no properties of the camera."""


def build(table: CameraTable, *, source: str, beside: Rig, seed: int) -> Camera:
    """Build the camera; an entry point of `seccm.cameras`. Nothing of Micro-Manager is loaded yet.

    Args:
        table: `[camera]` of the rig file. In `settings`, `load = ["DemoCamera", "DCam"]` names
            adapter and device where there is no `config`, `adapters` the folder of the adapters,
            and `buffer` the megabytes of frames that may wait; everything else is a property.
        source: the file's name, for messages.
        beside: the rig; a real camera looks at a real sample.
        seed: nothing here is left to chance.
    """
    return MicroManagerCamera(table)


class MicroManagerCamera:
    """A camera that Micro-Manager drives.

    Args:
        table: of the rig file.
    """

    def __init__(self, table: CameraTable) -> None:
        self._table = table
        self._core: Any = None
        self._label = ""
        self._stopping = False

    def open(self) -> CameraInfo:
        """Connect and set it up; see `Camera.open`."""
        try:
            from pymmcore_plus import CMMCorePlus
        except ImportError as error:
            what = f"Micro-Manager needs a package that is not installed: {error}."
            remedy = 'Install it with: pip install "seccm[camera]"'
            raise RigError("camera-missing", "camera", what, remedy) from None
        try:
            return self._opened(CMMCorePlus())
        except (RuntimeError, OSError, ValueError, FileNotFoundError) as error:
            raise _refused(error) from error

    def _opened(self, core: Any) -> CameraInfo:
        self._core, table = core, self._table
        settings = dict(table.settings)
        if "adapters" in settings:
            core.setDeviceAdapterSearchPaths([str(settings["adapters"])])
        if table.config:
            core.loadSystemConfiguration(table.config)
        elif "load" in settings:
            adapter, device = settings["load"]
            core.loadDevice(table.device or "Camera", adapter, device)
            core.initializeDevice(table.device or "Camera")
            core.setCameraDevice(table.device or "Camera")
        self._label = table.device or core.getCameraDevice()
        if not self._label:
            remedy = "Name the configuration file of Micro-Manager as `config`."
            raise RigError("camera-missing", "camera", "Micro-Manager has no camera.", remedy)
        for name, value in settings.items():
            if name not in _STARTS:
                core.setProperty(self._label, name, str(value))
        if table.exposure is not None:
            core.setExposure(self._label, 1e3 * table.exposure)
        core.setCircularBufferMemoryFootprint(int(settings.get("buffer", BUFFER)))
        return self._info(core)

    def _info(self, core: Any) -> CameraInfo:
        exposure = 1e-3 * float(core.getExposure(self._label))
        left, top, width, height = (int(part) for part in core.getROI(self._label))
        return CameraInfo(
            name=f"{core.getDeviceName(self._label)} (Micro-Manager)",
            width=width,
            height=height,
            bits=int(core.getImageBitDepth()),
            rate=self._table.rate,
            serial=self._property("CameraID"),
            exposure=exposure,
            gain=_number(self._property("Gain")),
            binning=int(_number(self._property("Binning")) or 1),
            roi=f"{left},{top},{width},{height}",
        )

    def _property(self, name: str) -> str:
        if not self._core.hasProperty(self._label, name):
            return ""
        return str(self._core.getProperty(self._label, name))

    def start(self, frames: int) -> None:
        """Begin a finite sequence that stops on overflow; see `Camera.start`."""
        self._stopping = False
        core = self._opened_core()
        try:
            core.clearCircularBuffer()
            core.startSequenceAcquisition(min(frames, 2**31 - 1), 0.0, True)
        except RuntimeError as error:
            raise _refused(error) from error

    def frames(self) -> Iterator[Frame]:
        """Yield the frames of the sequence; see `Camera.frames`."""
        core = self._opened_core()
        exposure = 1e-3 * float(core.getExposure(self._label))
        # A sequence of the core counts from 0, but for adapters that count from 1.
        first = -1
        try:
            while True:
                running = core.isSequenceRunning()
                if core.getRemainingImageCount():
                    picture, told = core.popNextImageAndMD()
                    came = time.monotonic()
                    number = int(float(told["ImageNumber"])) if "ImageNumber" in told else first + 1
                    first = max(first, number)
                    stamp = float(told["ElapsedTime-ms"]) if "ElapsedTime-ms" in told else math.nan
                    yield Frame(number, picture, came, 1e-3 * stamp, exposure)
                elif self._stopping or not running:
                    break
                else:
                    time.sleep(GLANCE)
            overflow = core.isBufferOverflowed()
        except RuntimeError as error:
            raise RigError(
                "camera-unplugged",
                "camera",
                f"it does not answer any more: {error}.".replace("..", "."),
                "Check cable and power.",
            ) from error
        if overflow and not self._stopping:
            raise RigError(
                "camera-overflow",
                "camera",
                "Micro-Manager's buffer of frames is full.",
                "Record fewer or smaller frames, or give it a larger `buffer` in the settings.",
            )

    def stop(self) -> None:
        """End the sequence; see `Camera.stop`."""
        self._stopping = True
        if self._core is not None:
            with suppress(RuntimeError):
                if self._core.isSequenceRunning():
                    self._core.stopSequenceAcquisition()

    def close(self) -> None:
        """Let go of it; see `Camera.close`."""
        self.stop()
        core, self._core = self._core, None
        if core is not None:
            with suppress(RuntimeError):
                core.reset()

    def _opened_core(self) -> Any:
        if self._core is None:
            raise RigError("not-open", "camera", "the camera is not open.")
        return self._core


def _refused(error: Exception) -> RigError:
    return RigError(
        "camera-refused",
        "camera",
        f"Micro-Manager refuses: {str(error).rstrip('.')}.",
        "Try the same in Micro-Manager's own window.",
    )


def _number(text: str) -> float:
    try:
        return float(text.partition("x")[0])
    except ValueError:
        return 0.0
