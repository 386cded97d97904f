"""What a rig without power does to its tip, whatever card drives it."""

from __future__ import annotations

from collections.abc import Iterator

from hardware.ni.wires import AxisConfig
from seccm.errors import Problem
from seccm.rig import Range
from seccm.units import show

AT_ZERO = 1e-9
"""Metres by which 0 V may miss the fully retracted height."""


def not_retracted(z: AxisConfig | None, when: str) -> Iterator[Problem]:
    """Find a height at which the tip is not fully retracted when its output is at 0 V.

    Args:
        z: the axis; None where the rig file has none, which is told elsewhere.
        when: who goes to 0 V, and when, in words.
    """
    if z is None:
        return
    at_zero, top = z.scale().si(0.0), z.range().travel.upper
    if not Range(*z.volts).holds(0.0) or abs(at_zero - top) > AT_ZERO:
        yield Problem(
            "axes.z",
            f"0 V is z = {show(at_zero, 'm')}, not the fully retracted {show(top, 'm')}: {when}.",
            "Wire or invert the axis so that 0 V lifts the tip all the way; then sign is -1.",
        )
