"""The virtual camera: films the virtual world from below, with its own flaws."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Listener
from typing import Any

from pydantic import Field as Key

from seccm.errors import PlanError, Problem, RigError
from seccm.quantities import Duration, Length, Model, Ratio, YesNo, validate
from seccm.rig import Rig
from seccm.rig.camera import Camera, CameraInfo, Frame
from seccm.rig.camera_table import CameraTable
from sim.chance import stream
from sim.light import Exposed, Light, Shutter
from sim.optics import Camera as Sensor
from sim.optics import Optics
from sim.scene import Field, Scene


class VirtualSettings(Model):
    """What `settings` of a virtual camera may say."""

    width: int = Key(400, ge=8, le=4096)
    """Pixels."""
    height: int = Key(400, ge=8, le=4096)
    """Pixels."""
    x: Length = 50e-6
    """What the middle of the picture shows, in the stage's coordinates."""
    y: Length = 50e-6
    """What the middle of the picture shows, in the stage's coordinates."""
    jitter: Ratio = Key(0.02, ge=0, le=0.2)
    """Standard deviation of the time between two frames, relative."""
    lost: Ratio = Key(0.0, ge=0, lt=1)
    """Share of the frames that do not arrive."""
    contrast: Ratio = 0.04
    """Relative change of brightness per nanometre of a flat film of lithium; either sign."""
    folding: YesNo = False
    """Whether the contrast of a particle turns over as it grows."""
    noise: YesNo = True
    """Whether photons, camera and lamp are noisy."""
    overflow_at: int = Key(0, ge=0)
    """Frame at which its buffer overflows; 0 for never."""
    unplugged_at: int = Key(0, ge=0)
    """Frame at which it does not answer any more; 0 for never."""
    dark_from: Duration = Key(0.0, ge=0)
    """When the lamp fails, since the start of the stream; never if `dark_for` is 0."""
    dark_for: Duration = Key(0.0, ge=0)
    """For how long it does."""


@dataclass(frozen=True, slots=True)
class _Setup:
    """All that a virtual camera is made of; goes to its process."""

    settings: VirtualSettings
    shutter: Shutter
    pixel: float
    mirrored: bool
    address: str
    key: bytes


class VirtualCamera:
    """A camera below the virtual world; see `seccm.rig.camera.Camera`.

    Args:
        setup: of it.
    """

    def __init__(self, setup: _Setup) -> None:
        self._setup = setup
        self._listener: Listener | None = None
        self._light: Connection[Any, Any] | None = None
        self._frames = 0
        self._stopping = False

    def open(self) -> CameraInfo:
        """Connect; see `Camera.open`."""
        setup, settings = self._setup, self._setup.settings
        self._listener = Listener(setup.address, authkey=setup.key)
        return CameraInfo(
            name="virtual IRM camera",
            width=settings.width,
            height=settings.height,
            bits=12,
            rate=setup.shutter.rate,
            serial="simulated",
            exposure=setup.shutter.exposure,
            host="rig",
            patient=True,
        )

    def start(self, frames: int) -> None:
        """Begin a sequence; see `Camera.start`."""
        if self._listener is None:
            raise RigError("camera-failed", "camera", "it is not open.")
        self._frames = frames
        self._stopping = False

    def frames(self) -> Iterator[Frame]:
        """Yield frames as the light comes; see `Camera.frames`."""
        if self._listener is None:
            return
        try:
            light = self._light = self._listener.accept()
            first = float(light.recv())
        except (OSError, EOFError):
            return
        setup, settings = self._setup, self._setup.settings
        scene = Scene(
            Field(settings.width, settings.height, settings.x, settings.y, setup.mirrored),
            Sensor(pixel=setup.pixel, rate=setup.shutter.rate, jitter=settings.jitter),
            Optics(folding=settings.folding, contrast=settings.contrast, noise=settings.noise),
            setup.shutter.seed,
        )
        rng = stream(setup.shutter.seed, "camera stamps")
        shutter = setup.shutter
        try:
            for number in range(self._frames):
                exposed = self._next(light)
                if exposed is None:
                    return
                self._fail(number, settings)
                picture = scene.frame(exposed)
                stamp = (exposed.start - first) * (1 + shutter.skew)
                stamp += shutter.stamp * float(rng.standard_normal())
                if rng.random() >= shutter.lost:
                    host = exposed.start + shutter.exposure
                    yield Frame(number, picture, host, stamp, shutter.exposure)
                with suppress(OSError):
                    light.send(number + 1 < self._frames)
        finally:
            with suppress(OSError):
                light.close()  # the world does not wait for a camera that looks no more

    def _next(self, light: Connection[Any, Any]) -> Exposed | None:
        try:
            while not light.poll(0.05):
                if self._stopping:
                    return None
            exposed: Exposed = light.recv()
        except (OSError, EOFError):
            return None
        return None if self._stopping else exposed

    def _fail(self, number: int, settings: VirtualSettings) -> None:
        if settings.overflow_at and number >= settings.overflow_at:
            raise RigError("camera-overflow", "camera", "its buffer is full.")
        if settings.unplugged_at and number >= settings.unplugged_at:
            raise RigError("camera-unplugged", "camera", "it was unplugged.")

    def stop(self) -> None:
        """End the sequence; see `Camera.stop`."""
        self._stopping = True

    def close(self) -> None:
        """Let go of it; see `Camera.close`."""
        self._stopping = True
        for end in (self._light, self._listener):
            if end is not None:
                with suppress(OSError):
                    end.close()
        self._light = self._listener = None


def _with_light(rig: Any) -> Any:
    """Return what shows a rig's world to cameras; None where there is no such world."""
    rig = getattr(rig, "rig", rig)  # that a pace slows down
    if hasattr(rig, "light"):
        return rig
    card = getattr(getattr(getattr(rig, "bench", None), "plugged", None), "card", None)
    return card if hasattr(card, "light") else None


def build(table: CameraTable, *, source: str, beside: Rig, seed: int) -> Camera:
    """Build the virtual camera of a virtual rig; an entry point of `seccm.cameras`.

    Args:
        table: `[camera]` of the rig file.
        source: the file's name, for messages.
        beside: the rig, which gives the light.
        seed: of everything random.

    Raises:
        PlanError: a wrong setting, or a rig without a world to look at.
    """
    world = _with_light(beside)
    if world is None:
        what = "a virtual camera films a virtual world; this rig has none."
        raise PlanError(source, [Problem("camera.kind", what, 'Use kind = "micro-manager".')])
    settings = validate(VirtualSettings, dict(table.settings), source, from_file=True)
    shutter = Shutter(
        table.rate, table.exposure or 0.87 / table.rate, settings.jitter, lost=settings.lost,
        seed=seed,
    )  # fmt: skip
    dark = settings.dark_from, settings.dark_from + settings.dark_for
    light = world.light = Light(shutter, dark)
    light.blink, light.rate = getattr(world, "lamp", None), beside.info.clock.rate
    return VirtualCamera(
        _Setup(
            settings, shutter, table.pixel_size, table.mirrored, world.light.address,
            world.light.key,
        )
    )  # fmt: skip
