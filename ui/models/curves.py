"""Curves of single sites, read from a data file when somebody asks for them."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np

from seccm.data import Scan, open_scan
from seccm.data.trace import SiteTrace
from seccm.events import Phase
from ui.models.live import POINTS, Curve
from ui.models.trail import peaks

KEPT = 256
"""Curves remembered, so that going back to a site costs nothing."""


class SiteCurves:
    """Reads sites of one data file, which may be growing.

    Args:
        path: the data file.
        scan: the same file, if it is open already; it is then left to others to close.

    Raises:
        DataFileError: the file cannot be read.
    """

    def __init__(self, path: Path, scan: Scan | None = None) -> None:
        self.path = path
        self._own = scan is None
        self.scan = scan if scan is not None else open_scan(path)
        self._kept: OrderedDict[int, Curve] = OrderedDict()

    def curve(self, number: int) -> Curve | None:
        """Return the measurement at a site, thinned; None where nothing was measured.

        Potentials are raw, like those of a live curve.
        """
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        found = _curve(self.scan.site(number))
        if found is None and self.scan.state == "running":
            # It may know more by now.
            self.scan.refresh()
            found = _curve(self.scan.site(number))
        if found is None:
            return None
        self._kept[number] = found
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found

    def refresh(self) -> None:
        """Look again at a growing file."""
        self.scan.refresh()

    def close(self) -> None:
        """Let go of the file."""
        self._kept.clear()
        if self._own:
            self.scan.close()


def _curve(trace: SiteTrace) -> Curve | None:
    """Thin the steps of a site for drawing."""
    chosen = np.flatnonzero((trace.phase == Phase.STEP) & (trace.t >= -1e-9))
    if trace.landing is None or chosen.size < 2:
        return None
    t, raw, current = trace.t[chosen], trace.record.E[chosen], trace.I[chosen]
    steps = np.diff(t, prepend=t[0])
    charge = np.cumsum(current * np.minimum(steps, 5.0 * float(np.median(steps[1:]))))
    kept = np.unique(np.concatenate([peaks(raw, POINTS // 2), peaks(current, POINTS // 2)]))
    return Curve(trace.number, t[kept], raw[kept], current[kept], charge[kept])
