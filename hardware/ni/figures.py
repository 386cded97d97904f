"""What commissioning found with this wiring, beside scales: noise, offset, leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seccm.calibration import entries_of

NOISE, OFFSET = "noise of a data point", "offset at zero current"
STRAY = "stray capacitance"
CONSTANT, DELAY = "time constant of the current", "delay of the current"
"""The names of what commissioning found."""
_NOISE_BEFORE = "noise of a row"
"""What calibration files of earlier versions call the noise."""


def figures_of(calibration: Mapping[str, Any]) -> dict[str, tuple[float, str]]:
    """Return the newest of each figure that commissioning found with this wiring, with its unit."""
    figures: dict[str, tuple[float, str]] = {}
    for entry in entries_of({"calibration": calibration}):
        figures |= entry.figures
        if _NOISE_BEFORE in entry.figures:
            figures[NOISE] = entry.figures[_NOISE_BEFORE]
    return figures


def idle_current(calibration: Mapping[str, Any], step: float) -> float:
    """Return the most that a row's current usually reads while nothing touches, in amperes.

    A step of the converter, or what `seccm rig noise` has found with this wiring.

    Args:
        calibration: of the rig.
        step: of the converter, in amperes.
    """
    figures = figures_of(calibration)
    noise, offset = (figures.get(name, (0.0, ""))[0] for name in (NOISE, OFFSET))
    return max(step, 4.0 * noise + abs(offset))
