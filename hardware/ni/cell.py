"""Potentiostat, galvanostat and cell switch: what a mode means on lines and on the command."""

from __future__ import annotations

from typing import Literal

from hardware.ni.config import CellConfig, NidaqConfig
from hardware.ni.figures import CONSTANT, figures_of
from hardware.ni.lines import Lines
from hardware.ni.scaling import Scale
from hardware.ni.wires import CARD
from seccm.rig import CurrentRange, Mode, Range
from seccm.rig.info import same_range

Instrument = Literal["potential", "current"]


class Cell:
    """How the cell is driven.

    Args:
        config: of the rig.
    """

    def __init__(self, config: NidaqConfig) -> None:
        self._config: CellConfig = config.cell
        self._input = config.inputs.current
        self.ranges = ranges_of(config)
        """Of the current, the usual one first; only that where a person turns the switch."""
        self._range = ""
        """The range that is set, or is about to be; the usual one if empty."""
        self._scales: dict[Instrument, Scale] = {}
        if config.cell.potential is not None:
            self._scales["potential"] = config.at_the_mouth(config.cell.potential.scale())
        if config.cell.current is not None:
            self._scales["current"] = config.cell.current.scale()
        self._spans = {
            "potential": _common(config.measured()["potential"][1], self._scales.get("potential")),
            "current": _common(config.inputs.current.scale(), self._scales.get("current")),
        }
        self._switched: tuple[Instrument, bool, str] | None = None
        """Which instrument is on, whether the cell is connected, and the range of the current; None
        before the first drive."""

    @property
    def modes(self) -> frozenset[Mode]:
        """What can be imposed. No current is an open circuit, if a galvanostat is there."""
        modes: set[Mode] = {*self._scales}
        if self._config.cell_line is not None or "current" in self._scales:
            modes.add("open")
        return frozenset(modes)

    @property
    def overload(self) -> float:
        """What the potential reads where the galvanostat has no closed circuit, in volts."""
        return self._config.overload if self._config.overload is not None else 0.0

    @property
    def galvanostat(self) -> bool:
        """Whether a current is imposed, or was when last told."""
        return self._switched is not None and self._switched[:2] == ("current", True)

    @property
    def disconnects(self) -> bool:
        """Whether a line can take the instrument off the cell."""
        return self._config.cell_line is not None

    def span(self, channel: Instrument) -> Range:
        """Return what can be both imposed and measured, in volts or amperes."""
        return self._spans[channel]

    def instrument(self, mode: Mode) -> Instrument:
        """Return what carries out a mode: an open circuit without a switch is no current."""
        if mode != "open":
            return mode
        if self._switched is not None and self.disconnects:
            return self._switched[0]
        return "current" if "current" in self._scales else "potential"

    def scale(self, mode: Mode) -> Scale:
        """Return the scale of the command in a mode, in the range that is set."""
        instrument = self.instrument(mode)
        if instrument == "current" and self._config.current is not None:
            return self._config.current.scale(self._range)
        return self._scales[instrument]

    @property
    def current(self) -> Scale:
        """The scale of the current input in the range that is set."""
        return self._input.scale(self._range)

    def differs(self, mode: Mode, current_range: str) -> bool:
        """Tell whether lines must be switched for a mode and a range of the current."""
        return self._wanted(mode, current_range) != self._switched

    def disconnect(self, lines: Lines) -> None:
        """Take the instrument off the cell, where there is a switch.

        Raises:
            RigError: the driver refuses.
        """
        if self._config.cell_line is not None:
            lines.set(self._config.cell_line, high=False)
            self._switched = (self.instrument("open"), False, self._range)

    def select(self, mode: Mode, current_range: str, lines: Lines) -> None:
        """Set the lines of the instrument and the range; the command must be at zero.

        Raises:
            RigError: the driver refuses.
        """
        instrument, _, self._range = self._wanted(mode, current_range)
        levels = self._input.named(self._range).levels
        for line, level in zip(self._input.range_lines, levels, strict=True):
            lines.set(line, high=level == "1")
        if self._config.mode_line is not None:
            lines.set(self._config.mode_line, high=instrument == "current")

    def connect(self, mode: Mode, current_range: str, lines: Lines) -> None:
        """Connect the cell, or leave it open, as a mode has it; its instrument was selected.

        Raises:
            RigError: the driver refuses.
        """
        switched = self._wanted(mode, current_range)
        if self._config.cell_line is not None:
            lines.set(self._config.cell_line, high=switched[1])
        self._switched = switched

    def _wanted(self, mode: Mode, current_range: str) -> tuple[Instrument, bool, str]:
        asked = current_range or self._input.range
        found = next((one.name for one in self.ranges if same_range(one.name, asked)), "")
        return self.instrument(mode), mode != "open" or not self.disconnects, found


def ranges_of(config: NidaqConfig) -> tuple[CurrentRange, ...]:
    """Return the ranges of the current that can be set, the usual one first."""
    given, command = config.inputs.current, config.cell.current
    measured = {name: value for name, (value, _) in figures_of(config.calibration).items()}
    usual = given.scale()
    names = [given.range]
    if given.range_lines:
        names += [one.name for one in given.ranges if one.name != given.range]
    found = []
    for name in names:
        scale = given.scale(name)
        # What is v volts is zero + slope v: of the usual range, and of this one.
        factor = scale.slope / usual.slope
        span = _common(scale, None if command is None else command.scale(name))
        zero, constant = scale.zero - factor * usual.zero, given.named(name).time_constant
        if constant is None:
            constant = measured.get(f"{CONSTANT} in {name}")
        found.append(CurrentRange(name, span, factor, zero, constant))
    return tuple(found)


def _common(measured: Scale, imposed: Scale | None) -> Range:
    spans = [measured.span(CARD), *([imposed.span(CARD)] if imposed is not None else [])]
    return Range(max(span.lower for span in spans), min(span.upper for span in spans))
