"""What became of cell and tip when a rig was made safe, in the same words for every rig."""

from __future__ import annotations

from seccm.units import show


def cell_words(*, off: bool) -> str:
    """Return how a report begins: a file keeps no more than a line of it, so the cell is first."""
    return "Cell off" if off else "The cell could not be switched off"


def tip_words(*, up: bool, at_top: bool, height: float | None, instead: str = "") -> str:
    """Return what became of the tip, and where it is if that is known.

    Args:
        up: whether it was lifted.
        at_top: whether it is fully retracted now.
        height: z in metres; None where that is not known.
        instead: what is said where the tip was neither held nor lifted.
    """
    tip = "held where it was" if not up else "fully retracted" if at_top else "lifted"
    at = "" if height is None else f" at z = {show(height, 'm')}"
    return (instead or f"tip {tip}") + at
