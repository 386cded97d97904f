"""How the tip landed: stop latency and overtravel, against what was allowed."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.arrays import FloatArray
from seccm.report import style
from seccm.report.distribution import bins
from seccm.report.study import Study


@style.styled
def landings(study: Study) -> Figure | None:
    """Draw how stop latency (a) and overtravel (b) are distributed; None below two landings."""
    sites = study.scan.sites
    latency, overtravel = (sites[name][study.landed] for name in ("latency", "overtravel"))
    if np.isfinite(latency).sum() < 2 or np.isfinite(overtravel).sum() < 2:
        return None
    fig = study.figure(style.TWO_COLUMNS, 2.3, currents=False)
    left, right = fig.subplots(1, 2)
    _histogram(left, latency[np.isfinite(latency)] * 1e3)
    left.set_xlabel("stop latency (ms)")
    _histogram(right, overtravel[np.isfinite(overtravel)] * 1e9)
    right.set_xlabel("overtravel (nm)")
    allowed = allowed_overtravel(study)
    if allowed:
        _draw_allowed(right, sorted(set(allowed.values())), float(np.nanmax(overtravel)))
    style.panel(left, "a")
    style.panel(right, "b")
    return fig


def _draw_allowed(axes: Axes, limits: list[float], largest: float) -> None:
    """Name the allowed overtravel, and draw it as a line where landings went beyond it."""
    words = " / ".join(f"{limit * 1e9:.0f}" for limit in limits)
    axes.set_title(f"allowed: {words} nm", fontsize=7, pad=3, loc="right")
    for limit in limits:
        if limit < largest:
            axes.axvline(limit * 1e9, color=style.RED, ls="--", lw=1.0)


def allowed_overtravel(study: Study) -> dict[int, float]:
    """Return the allowed overtravel of each site that landed, in m, by site number."""
    landed = np.flatnonzero(study.landed).tolist()
    planned = ((n, study.site(n)) for n in landed)
    return {n: site.approach.overtravel for n, site in planned if site is not None}


def too_far(study: Study) -> list[int]:
    """Return the sites at which the tip went farther past contact than allowed."""
    went = study.scan.sites["overtravel"]
    return [n for n, limit in allowed_overtravel(study).items() if went[n] > limit]


def _histogram(axes: Axes, shown: FloatArray) -> None:
    axes.hist(
        shown, bins=bins(shown).tolist(), color=style.BLUE, alpha=0.75, edgecolor="white", lw=0.4
    )
    axes.set_ylabel("landings")
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5, integer=True))
    axes.yaxis.set_minor_locator(mpl.ticker.NullLocator())
