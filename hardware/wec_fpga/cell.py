"""Potentiostat and galvanostat: what a drive means as codes at ao3 and ao4."""

from __future__ import annotations

from hardware.wec_fpga.codes import PER_VOLT, Coded
from hardware.wec_fpga.config import WecFpgaConfig
from seccm.rig import CurrentRange, Mode, Range


class Cell:
    """How the cell is driven.

    Args:
        config: of the rig.
    """

    def __init__(self, config: WecFpgaConfig) -> None:
        cell, current = config.cell, config.inputs.current
        self._coded: dict[str, Coded] = {}
        if cell.potential is not None:
            self._coded["potential"] = Coded(cell.potential.scale())
        if cell.current is not None:
            self._coded["current"] = Coded(cell.current.scale(current.range))
        self._level = None if cell.mode is None else round(cell.mode * PER_VOLT)
        measured = Coded(current.scale())
        self.ranges = (CurrentRange(current.range, _common(measured, self._coded.get("current"))),)
        self._potential = _common(
            Coded(config.inputs.potential.scale()), self._coded.get("potential")
        )
        self.overload = cell.overload or 0.0

    @property
    def modes(self) -> frozenset[Mode]:
        """What can be imposed. No current is an open circuit, if a galvanostat is there."""
        modes: set[Mode] = set()
        if "potential" in self._coded:
            modes.add("potential")
        if "current" in self._coded:
            modes |= {"current", "open"}
        return frozenset(modes)

    def span(self, quantity: str) -> Range:
        """Return what can be both imposed and measured, in volts or amperes."""
        return self.ranges[0].span if quantity == "current" else self._potential

    def instrument(self, mode: Mode) -> str:
        """Return what carries out a mode.

        An open circuit is no current; without a galvanostat it is no potential.
        """
        if mode != "open":
            return mode
        return "current" if "current" in self._coded else "potential"

    def coded(self, mode: Mode) -> Coded:
        """Return what codes of the command mean in a mode."""
        return self._coded[self.instrument(mode)]

    def level(self, mode: Mode) -> int | None:
        """Return the code at ao4 that chooses the instrument; None where a person chooses."""
        if self._level is None:
            return None
        return self._level if self.instrument(mode) == "current" else 0


def _common(measured: Coded, imposed: Coded | None) -> Range:
    spans = [measured.span(), *([imposed.span()] if imposed is not None else [])]
    return Range(max(span.lower for span in spans), min(span.upper for span in spans))
