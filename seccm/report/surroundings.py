"""The surroundings of the cell over the run: a panel for each signal."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from seccm.data.surroundings import surroundings
from seccm.report import style
from seccm.report.study import Study


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
    for axes, one in zip(panels, found, strict=True):
        spread = np.stack((one.mean - one.lowest, one.highest - one.mean))
        axes.errorbar(
            one.t / scale, one.mean, yerr=spread, fmt="o", ms=2.5, lw=0.7, color=style.BLUE
        )
        axes.set_ylabel(style.literal(one.signal.label()))
    panels[-1].set_xlabel(f"time since the start of the run ({unit})")
    return fig
