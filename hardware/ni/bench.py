"""The tasks on the card while a rig is open, and how they are made again after a failure."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Any

from hardware.ni.card import Card, survey
from hardware.ni.config import NidaqConfig, readback
from hardware.ni.inputs import Inputs
from hardware.ni.lines import Lines, Marks
from hardware.ni.outputs import Outputs, Stepped, Streamed
from hardware.ni.player import Player
from hardware.ni.second_drives import SecondDrives
from hardware.ni.tally import AGREEMENT, NAMES
from hardware.ni.wires import AXES, CARD
from hardware.pi import piezo
from seccm.arrays import FloatArray
from seccm.errors import RigError
from seccm.rig import Axis
from seccm.units import show


class Bench:
    """Everything that is open on one card.

    Args:
        config: of the rig.
        driver: the driver, to be entered; what it yields is for tests.

    Raises:
        RigError: driver, card or terminals are missing, or an output is where it must not be.
    """

    def __init__(self, config: NidaqConfig, driver: AbstractContextManager[Any]) -> None:
        self._config = config
        with ExitStack() as undo:
            self.plugged: Any = undo.enter_context(driver)
            self.card: Card = replace(survey(config), words=piezo.survey(config))
            self.lines = Lines(config.device)
            self.marks = Marks(config.marks, self.lines)
            undo.callback(self.lines.close)
            self.second = SecondDrives(config.drives, self.lines)
            undo.callback(self.second.close)
            self.inputs = self._make_inputs()
            undo.callback(lambda: self.inputs.close())
            self.sensed: dict[Axis, float] = {}
            """Where position sensors put the stage in the last look, in metres."""
            volts = self.look()
            self.outputs = self._make_outputs()
            self._closed = False
            """Whether the output task is closed."""
            undo.callback(self._close_outputs)
            scales = {axis: config.axes[axis].scale() for axis in AXES}
            readbacks = self.inputs.index([readback(name) for name in config.outputs])
            self.player = Player(
                self.outputs, scales, volts, readbacks, self._now, config.clock.sample_rate
            )
            self._undo = undo.pop_all()

    def look(self) -> FloatArray:
        """Read back the outputs while the stream does not run; shape (4,) in volts.

        A stream that has failed is ended for good by this.

        Raises:
            RigError: the card does not answer, or an output is where it must not be.
        """
        if self.inputs.started:
            self.inputs.close()
            self.inputs = self._make_inputs()
        seen = self.inputs.glance()
        sensors = {axis: self._config.axes[axis].sensor for axis in AXES}
        self.sensed = {
            axis: one.scale().si(float(seen[self.inputs.index([one.terminal])[0]]))
            for axis, one in sensors.items()
            if one is not None
        }
        volts: FloatArray = seen[self.inputs.index([readback(n) for n in self._config.outputs])]
        self._refuse_strange(volts)
        return volts

    def renew_outputs(self) -> None:
        """Replace the output task after it has failed; the outputs hold meanwhile.

        Raises:
            RigError: the card does not answer.
        """
        self._close_outputs()
        self.outputs = self._make_outputs()
        self._closed = False
        self.player.use(self.outputs)

    def close(self) -> None:
        """Let go of everything."""
        self._undo.close()

    def _close_outputs(self) -> None:
        """Let go of the output task, once: it may be gone already, and no other to be had."""
        if not self._closed:
            self._closed = True
            self.outputs.close()

    def _make_inputs(self) -> Inputs:
        return Inputs(self._config, counted=self.card.stop != "stepped")

    def _make_outputs(self) -> Outputs:
        return Stepped(self._config) if self.card.stop == "stepped" else Streamed(self._config)

    def _now(self) -> int:
        """Return how many input samples there are, or were when the card last answered."""
        try:
            return self.inputs.acquired
        except RigError:
            return self.inputs.next

    def _refuse_strange(self, volts: FloatArray) -> None:
        spans = [self._config.axes[axis].volts for axis in AXES]
        for name, value, (lower, upper) in zip(
            NAMES, volts, [*spans, (CARD.lower, CARD.upper)], strict=True
        ):
            if not lower - AGREEMENT <= value <= upper + AGREEMENT:
                raise RigError(
                    "output-out-of-range",
                    name,
                    f"the output carries {show(float(value), 'V')}, outside of "
                    f"{show(lower, 'V')} to {show(upper, 'V')}. Nothing moved.",
                    "Check the wiring and the volts in the rig file; raise the tip at the "
                    "stage controller first.",
                )
