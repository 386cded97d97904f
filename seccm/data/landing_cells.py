"""A landing and its contact record as cells of the site table, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.data.layout import UM
from seccm.events import Landing
from seccm.rig import ContactRecord


def cells_of(landing: Landing, t: float) -> dict[str, Any]:
    """Return the cells of a landing, in the units of the file.

    Args:
        landing: how the contact went.
        t: when, in seconds since the start of the run.
    """
    placed = {}
    if landing.x is not None and landing.y is not None:
        # A retry lands beside the site that was planned.
        placed = {"x_cmd": landing.x * UM, "y_cmd": landing.y * UM}
    return {
        "landed": 1,
        "t_contact": t,
        "z_contact": landing.z_crossing * UM,
        "z_rest": landing.z * UM,
        "latency": landing.latency,
        "overtravel": landing.overtravel * UM,
        "contact_signal": landing.signal,
        "contact_baseline": landing.baseline,
        "attempts": landing.attempt + 1,
        **placed,
    }


def landing_in(cell: Callable[[str], Any], row: int) -> Landing:
    """Return a landing from its cells.

    Args:
        cell: gives a cell of the site in SI units, by its column.
        row: of the contact, since the stream opened.
    """
    return Landing(
        row=row,
        z=float(cell("z_rest")),
        z_crossing=float(cell("z_contact")),
        signal=float(cell("contact_signal")),
        baseline=float(cell("contact_baseline")),
        latency=float(cell("latency")),
        overtravel=float(cell("overtravel")),
        attempt=int(cell("attempts")) - 1,
        x=float(cell("x_cmd")),
        y=float(cell("y_cmd")),
    )


def cells_of_record(record: ContactRecord) -> dict[str, Any]:
    """Return the cells of a contact record; its samples have columns of their own."""
    return {
        "contact_size": len(record.potential),
        "contact_start": record.start,
        "contact_crossing": -1 if record.crossing is None else record.crossing,
        "contact_stopped": -1 if record.stopped is None else record.stopped,
    }


def record_in(
    cell: Callable[[str], Any], potential: FloatArray, current: FloatArray
) -> ContactRecord:
    """Return a contact record from its cells and its samples, raw volts and amperes."""
    crossing, stopped = (int(cell(f"contact_{when}")) for when in ("crossing", "stopped"))
    return ContactRecord(
        start=int(cell("contact_start")),
        potential=potential.astype(np.float64),
        current=current.astype(np.float64),
        crossing=None if crossing < 0 else crossing,
        stopped=None if stopped < 0 else stopped,
    )
