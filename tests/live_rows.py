"""Rows as a host sends them to a window, made by hand."""

from __future__ import annotations

import numpy as np

from seccm.events import Phase
from seccm.remote import Trace


def rows(site: int, phase: Phase, t: np.ndarray, E=0.0, I=0.0, z=5e-5) -> Trace:  # noqa: E741
    """Make rows of one site and one phase."""
    full = [np.broadcast_to(v, t.shape).astype(float).copy() for v in (E, I, z)]
    label = [np.full(t.size, site, "i4"), np.full(t.size, phase, "u1"), np.zeros(t.size, "u2")]
    return Trace(t, *full, *label)


def a_site(number: int, began: float, current: float = -1e-9, lasting: float = 2.0) -> list[Trace]:
    """Make one visit: 1 s of descent, and a measurement of 100 rows a second."""
    down, on = began + np.arange(0, 1, 0.01), began + 1 + np.arange(0, lasting, 0.01)
    return [
        rows(number, Phase.SETTLE, began - 0.1 + np.arange(0, 0.1, 0.01), E=10.0),
        rows(number, Phase.APPROACH, down, E=10.0, z=np.linspace(6e-5, 5e-5, down.size)),
        rows(number, Phase.STEP, on, E=-0.1, I=current),
    ]
