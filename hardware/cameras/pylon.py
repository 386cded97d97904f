"""Cameras of Basler, through pypylon; see `seccm.rig.camera`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from seccm.errors import RigError
from seccm.rig import Rig
from seccm.rig.camera import Camera, CameraInfo, Frame
from seccm.rig.camera_table import CameraTable

GLANCE_MS = 50
"""Milliseconds for which a frame is waited for before it is looked whether to stop."""
BUFFERS = 64
_TICKS = 1e-9
"""Seconds of a tick of the camera's clock, with USB and later GigE cameras."""


def build(table: CameraTable, *, source: str, beside: Rig, seed: int) -> Camera:
    """Build the camera; an entry point of `seccm.cameras`. Nothing of pylon is loaded yet.

    Args:
        table: `[camera]` of the rig file; `settings` are features of the camera by their names;
            "execute" as the value of one that is a command.
        source: the file's name, for messages.
        beside: the rig; a real camera looks at a real sample.
        seed: nothing here is left to chance.
    """
    return PylonCamera(table)


class PylonCamera:
    """A camera of Basler.

    Args:
        table: of the rig file.
    """

    def __init__(self, table: CameraTable) -> None:
        self._table = table
        self._camera: Any = None
        self._exposure = math.nan
        self._stopping = False

    def open(self) -> CameraInfo:
        """Connect and set it up; see `Camera.open`."""
        try:
            from pypylon import genicam, pylon
        except ImportError as error:
            what = f"cameras of Basler need a package that is not installed: {error}."
            remedy = 'Install it with: pip install "seccm[camera]"'
            raise RigError("camera-missing", "camera", what, remedy) from None
        self._pylon, self._failures = pylon, genicam.GenericException
        try:
            return self._opened()
        except genicam.GenericException as error:
            raise _refused(error) from error

    def _opened(self) -> CameraInfo:
        pylon, table = self._pylon, self._table
        factory = pylon.TlFactory.GetInstance()
        found = [d for d in factory.EnumerateDevices() if self._is_meant(d)]
        if not found:
            which = f" with the serial number {table.device}" if table.device else ""
            remedy = "Check cable and power, and that no other program has it open."
            raise RigError("camera-missing", "camera", f"no camera{which} is found.", remedy)
        camera = self._camera = pylon.InstantCamera(factory.CreateDevice(found[0]))
        camera.Open()
        for name, value in table.settings.items():
            self._set(name, value)
        if "PixelFormat" not in table.settings:
            formats = camera.PixelFormat.Symbolics
            best = next((f for f in ("Mono12", "Mono16", "Mono8") if f in formats), None)
            if best is not None:
                camera.PixelFormat.Value = best
        if table.exposure is not None:
            self._first("ExposureTime", "ExposureTimeAbs").Value = 1e6 * table.exposure
        rate = self._first("AcquisitionFrameRate", "AcquisitionFrameRateAbs")
        with suppress(self._failures, AttributeError):
            camera.AcquisitionFrameRateEnable.Value = True
            rate.Value = table.rate
        camera.MaxNumBuffer.Value = BUFFERS
        return self._info()

    def _is_meant(self, device: Any) -> bool:
        return self._table.device in ("", device.GetSerialNumber())

    def _set(self, name: str, value: Any) -> None:
        feature = self._feature(name)
        if feature is None:
            raise RigError("camera-refused", "camera", f"it has no feature {name!r}.")
        if value == "execute":
            feature.Execute()
        else:
            feature.Value = value

    def _feature(self, name: str) -> Any:
        try:
            return getattr(self._camera, name)
        except (self._failures, AttributeError):
            return None

    def _first(self, *names: str) -> Any:
        return next((f for f in map(self._feature, names) if f is not None), None)

    def _info(self) -> CameraInfo:
        camera, device = self._camera, self._camera.GetDeviceInfo()
        exposure = self._first("ExposureTime", "ExposureTimeAbs")
        self._exposure = 1e-6 * float(exposure.Value) if exposure is not None else math.nan
        gain = self._first("Gain", "GainRaw")
        digits = "".join(filter(str.isdigit, str(camera.PixelFormat.Value)))
        width, height = int(camera.Width.Value), int(camera.Height.Value)
        left, top = (self._first(name) for name in ("OffsetX", "OffsetY"))
        return CameraInfo(
            name=f"Basler {device.GetModelName()}",
            width=width,
            height=height,
            bits=int(digits or 8),
            rate=self._table.rate,
            serial=str(device.GetSerialNumber()),
            exposure=self._exposure,
            gain=float(gain.Value) if gain is not None else 0.0,
            roi=",".join(str(int(f.Value) if f is not None else 0) for f in (left, top))
            + f",{width},{height}",
        )

    def start(self, frames: int) -> None:
        """Begin a finite sequence; see `Camera.start`."""
        self._stopping = False
        if self._camera is None:
            raise RigError("not-open", "camera", "the camera is not open.")
        try:
            self._camera.StartGrabbingMax(min(frames, 2**31 - 1), self._pylon.GrabStrategy_OneByOne)
        except self._failures as error:
            raise _refused(error) from error

    def frames(self) -> Iterator[Frame]:
        """Yield the frames of the sequence; see `Camera.frames`."""
        camera, pylon = self._camera, self._pylon
        first: int | None = None
        try:
            while not self._stopping and camera.IsGrabbing():
                got = camera.RetrieveResult(GLANCE_MS, pylon.TimeoutHandling_Return)
                if not got.IsValid():
                    if camera.IsCameraDeviceRemoved():
                        raise RigError(
                            "camera-unplugged",
                            "camera",
                            "it was removed.",
                            "Check cable and power.",
                        )
                    continue
                came = time.monotonic()
                try:
                    number = int(got.BlockID)
                    first = number if first is None else first
                    if got.GrabSucceeded():  # a frame that failed is a gap in the numbers
                        stamp = _TICKS * float(got.TimeStamp) if got.TimeStamp else math.nan
                        picture = np.asarray(got.Array)
                        yield Frame(number - first, picture, came, stamp, self._exposure)
                finally:
                    got.Release()
        except self._failures as error:
            raise RigError(
                "camera-unplugged",
                "camera",
                f"it does not answer any more: {str(error).splitlines()[0]}",
                "Check cable and power.",
            ) from error

    def stop(self) -> None:
        """End the sequence; see `Camera.stop`."""
        self._stopping = True
        if self._camera is not None:
            with suppress(self._failures):
                self._camera.StopGrabbing()

    def close(self) -> None:
        """Let go of it; see `Camera.close`."""
        self.stop()
        camera, self._camera = self._camera, None
        if camera is not None:
            with suppress(self._failures):
                camera.Close()


def _refused(error: Exception) -> RigError:
    words = (str(error).splitlines() or [repr(error)])[0].rstrip(".")
    return RigError("camera-refused", "camera", f"the camera refuses: {words}.")
