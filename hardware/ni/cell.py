"""Potentiostat, galvanostat and cell switch: what a mode means on lines and on the command."""

from __future__ import annotations

from typing import Literal

from hardware.ni.config import CARD, CellConfig, NidaqConfig
from hardware.ni.lines import Lines
from hardware.ni.scaling import Scale
from seccm.rig import Mode, Range

Instrument = Literal["potential", "current"]


class Cell:
    """How the cell is driven.

    Args:
        config: of the rig.
    """

    def __init__(self, config: NidaqConfig) -> None:
        self._config: CellConfig = config.cell
        self._scales: dict[Instrument, Scale] = {}
        if config.cell.potential is not None:
            self._scales["potential"] = config.cell.potential.scale()
        if config.cell.current is not None:
            self._scales["current"] = config.cell.current.scale()
        self._spans = {
            "potential": _common(config.inputs.potential.scale(), self._scales.get("potential")),
            "current": _common(config.inputs.current.scale(), self._scales.get("current")),
        }
        self._switched: tuple[Instrument, bool] | None = None
        """Which instrument is on and whether the cell is connected; None before the first drive."""

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
        return self._switched == ("current", True)

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
        """Return the scale of the command in a mode."""
        return self._scales[self.instrument(mode)]

    def differs(self, mode: Mode) -> bool:
        """Tell whether lines must be switched for a mode."""
        return self._wanted(mode) != self._switched

    def disconnect(self, lines: Lines) -> None:
        """Take the instrument off the cell, where there is a switch.

        Raises:
            RigError: the driver refuses.
        """
        if self._config.cell_line is not None:
            lines.set(self._config.cell_line, high=False)
            self._switched = (self.instrument("open"), False)

    def switch(self, mode: Mode, lines: Lines) -> None:
        """Set the lines for a mode; the command must be at zero.

        Raises:
            RigError: the driver refuses.
        """
        instrument, connected = self._wanted(mode)
        if self._config.mode_line is not None:
            lines.set(self._config.mode_line, high=instrument == "current")
        if self._config.cell_line is not None:
            lines.set(self._config.cell_line, high=connected)
        self._switched = instrument, connected

    def _wanted(self, mode: Mode) -> tuple[Instrument, bool]:
        return self.instrument(mode), mode != "open" or not self.disconnects


def _common(measured: Scale, imposed: Scale | None) -> Range:
    spans = [measured.span(CARD), *([imposed.span(CARD)] if imposed is not None else [])]
    return Range(max(span.lower for span in spans), min(span.upper for span in spans))
