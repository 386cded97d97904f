"""The surroundings of the cell over the run: a panel for each signal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from seccm.data import Scan
from seccm.data.journal import Code
from seccm.data.surroundings import surroundings
from seccm.report import style
from seccm.report.study import Study
from seccm.typography import readable


@style.styled
def over_run(study: Study) -> Figure | None:
    """Draw how humidity, temperature and the like were at each site; None if none was measured."""
    found = surroundings(study.scan)
    if not found:
        return None
    fig = study.figure(style.TWO_COLUMNS, 0.5 + 1.5 * len(found), currents=False)
    panels = np.atleast_1d(fig.subplots(len(found), 1, sharex=True))
    end = max(float(one.t.max()) for one in found)
    scale, unit = (3600.0, "h") if end > 7200.0 else (60.0, "min") if end > 120.0 else (1.0, "s")
    waited = list(waits(study.scan))
    for axes, one in zip(panels, found, strict=True):
        for since, until in waited:
            axes.axvspan(since / scale, until / scale, color=style.GREY, alpha=0.2, lw=0, zorder=0)
        spread = np.stack((one.mean - one.lowest, one.highest - one.mean))
        axes.errorbar(
            one.t / scale, one.mean, yerr=spread, fmt="o", ms=2.5, lw=0.7, color=style.BLUE
        )
        axes.set_ylabel(style.literal(readable(one.signal.label())))
    panels[-1].set_xlabel(f"time since the start of the run ({unit})")
    return fig


def waits(scan: Scan) -> Iterator[tuple[float, float]]:
    """Yield from when to when the run was paused or suspended, s since its start.

    A wait that nobody ended goes on to the last event.
    """
    codes, times = scan.events["code"].tolist(), scan.events["t"].tolist()
    since: float | None = None
    for code, t in zip(codes, times, strict=True):
        if code == Code.PAUSED and since is None:
            since = t
        elif code == Code.RESUMED and since is not None:
            yield since, t
            since = None
    if since is not None:
        yield since, times[-1]
