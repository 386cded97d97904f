"""The virtual controller: bytes come, orders are obeyed a little later, and bytes are answered."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from seccm.errors import PlanError, Problem
from seccm.mistakes import similar
from seccm.quantities import validate
from seccm.rig import Axis, Rig
from sim.chance import stream
from sim.controller.config import VirtualControllerConfig
from sim.controller.languages import LANGUAGES, Language
from sim.joint import world_of
from sim.stage import Stage

Scale = tuple[str, int, float]
"""Channel, sign and place of the controller's zero in metres, of one axis."""


def plug_in(
    config: Mapping[str, Any],
    *,
    language: str,
    axes: Mapping[Axis, Scale],
    source: str,
    beside: Rig,
) -> Controller:
    """Plug a virtual controller in; an entry point of `seccm.serial`.

    Raises:
        PlanError: a mistake in the table, a language that it does not know, or no virtual rig.
    """
    checked = validate(VirtualControllerConfig, dict(config), source, from_file=True)
    if language not in LANGUAGES:
        remedy = similar(language, sorted(LANGUAGES))
        what = f"the stand-in does not speak as {language!r} does."
        raise PlanError(source, [Problem("controller.kind", what, remedy)])
    world = world_of(beside)
    if world is None:
        what = "a virtual controller moves the stage of a virtual rig; this rig has none."
        remedy = 'Write library = "serial" and a port, or name a virtual rig.'
        raise PlanError(source, [Problem("controller.library", what, remedy)])
    controller = Controller(checked, *LANGUAGES[language], axes)
    controller.plug = lambda: world().connect_controller(controller)
    return controller


class Controller:
    """A virtual controller, and the port to it: it has what is used of a `serial.Serial`.

    Args:
        config: what it is like.
        language: what it understands.
        ends: of a line to it.
        answer_ends: of a line of it.
        axes: scale of each.
    """

    def __init__(
        self,
        config: VirtualControllerConfig,
        language: Language,
        ends: str,
        answer_ends: str,
        axes: Mapping[Axis, Scale],
    ) -> None:
        self.config, self._language = config, language
        self._ends, self._answer_ends = ends.encode(), answer_ends.encode()
        self._axes = {channel: (axis, sign, zero) for axis, (channel, sign, zero) in axes.items()}
        self._chance = stream(0, "controller")
        self._speeds: dict[str, float] = {}
        self._orders: list[tuple[float, Axis, float | None, float]] = []
        """Not yet obeyed: when they are, the axis, to where (None: stop), how fast."""
        self._heard = self._answers = b""
        self._stage: Stage | None = None
        self._now: Callable[[], float] = lambda: 0.0
        self.wait: Callable[[float], None] = lambda seconds: None
        """Lets time of the rig pass while nobody reads rows."""
        self.plug: Callable[[], None] = lambda: None
        """Connects it to the rig."""
        self._refused = False
        self.lines: list[str] = []
        """Every line that came, for tests."""
        self._told: dict[Axis, float] = {}
        """When axes were told to stop that have not yet."""
        self.stops: list[tuple[float, float]] = []
        """When it was told to stop an axis, and when it did, in seconds; for tests."""

    # The rig.

    def connect(self) -> Controller:
        """Open the port: connect it to the rig, which is open."""
        self.plug()
        return self

    def drive(self, stage: Stage, now: Callable[[], float], wait: Callable[[float], None]) -> None:
        """Move a stage from now on.

        Args:
            stage: of the virtual rig.
            now: seconds since its stream opened.
            wait: lets time pass.
        """
        self._stage, self._now, self.wait = stage, now, wait

    def due(self, now: float) -> float:
        """Return when the next order is obeyed, in seconds; infinite if there is none."""
        return min((order[0] for order in self._orders if order[0] > now), default=math.inf)

    def act(self, now: float) -> None:
        """Obey the orders whose time has come."""
        if self._stage is None:
            return
        while self._orders and self._orders[0][0] <= now + 1e-9:
            _, axis, to, speed = self._orders.pop(0)
            motion = self._stage.axes[axis]
            if to is None:
                motion.hold(now)
                self.stops.append((self._told.pop(axis, now), now))
            else:
                motion.ramp(now, to, speed)

    # Motors, as a language sees them.

    def set_speed(self, channel: str, speed: float) -> None:
        """Set the speed of a channel."""
        self._speeds[channel] = speed

    def go(self, channel: str, to: float) -> None:
        """Send a channel to a place, soon."""
        axis, sign, zero = self._axes[channel]
        self._order(axis, zero + sign * to, self._speeds.get(channel, 1e-6))

    def stop(self, channel: str) -> None:
        """Stop a channel, soon."""
        axis, _, _ = self._axes[channel]
        # What was on its way is no longer.
        self._orders = [order for order in self._orders if order[1] != axis]
        self._told[axis] = self._now()
        self._order(axis, None, 0.0)

    def where(self, channel: str) -> float:
        """Return where a channel is."""
        axis, sign, zero = self._axes[channel]
        if self._stage is None:
            return 0.0
        now = self._now()
        place = float(self._stage.axes[axis].at(np.array([now]))[0])
        return sign * (place - zero)

    def moving(self, channel: str) -> bool:
        """Tell whether it moves, or is about to."""
        axis, _, _ = self._axes[channel]
        if self._stage is None:
            return False
        now = self._now()  # Orders that are due by now are obeyed.
        ordered = any(order[1] == axis for order in self._orders)
        return ordered or self._stage.axes[axis].arrival > now + 1e-9

    def error(self) -> int:
        """Return the number of the oldest error, 0 for none."""
        at = self.config.refuses_at
        if at is None or self._now() < at or self._refused:
            return 0
        self._refused = True
        return 7

    def _order(self, axis: Axis, to: float | None, speed: float) -> None:
        slow = 20.0 if self._past(self.config.slow_at) else 1.0
        late = self.config.latency + self.config.jitter * float(self._chance.random())
        last = max((order[0] for order in self._orders), default=0.0)
        self._orders.append((max(last, self._now() + slow * late), axis, to, speed))

    # The port.

    def write(self, data: bytes, /) -> int:
        """Take bytes.

        Raises:
            OSError: the cable is off.
        """
        self._refuse_lost()
        *lines, self._heard = (self._heard + data).split(self._ends)
        for line in lines:
            text = line.decode("ascii").strip()
            self.lines.append(text)
            answer = self._language(text, self)
            if answer is not None and not self._past(self.config.silent_at):
                said = answer.encode() + self._answer_ends
                if self._past(self.config.garbled_at):
                    said = bytes(b ^ 0x80 if k % 3 == 0 else b for k, b in enumerate(said))
                self._answers += said
        return len(data)

    def read_until(self, expected: bytes, size: int) -> bytes:
        """Return bytes up to and with some, or what is there: nobody waits in virtual time.

        Raises:
            OSError: the cable is off.
        """
        self._refuse_lost()
        end = self._answers.find(expected)
        count = len(self._answers) if end < 0 else end + len(expected)
        found, self._answers = self._answers[: min(count, size)], self._answers[min(count, size) :]
        return found

    def reset_input_buffer(self) -> None:
        """Forget what was answered."""
        self._answers = b""

    def close(self) -> None:
        """Let go of the port."""

    def _past(self, at: float | None) -> bool:
        return at is not None and self._now() >= at

    def _refuse_lost(self) -> None:
        if self._past(self.config.lost_at):
            raise OSError("device reports readiness to read but returned no data")
