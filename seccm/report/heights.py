"""The heights at which the tip touched: as measured, above a plane, and what the plane is worth."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.analysis.topography import Topography
from seccm.report import style
from seccm.report.map_drawing import (
    APART,
    COLOURS,
    UM,
    colour_bar,
    coloured,
    frame,
    legend_below,
    marks,
    norm_of,
    panel_size,
    symmetric,
)
from seccm.report.study import Study
from seccm.results import Status
from seccm.typography import number, plus_minus


def drift_words(found: Topography) -> str:
    """Say what is known of the drift, in a few words."""
    if found.drift.status.trusted:
        rate, error = found.drift.value * 60e9, found.drift.error * 60e9
        return f"drift {plus_minus(rate, error)} nm/min"
    if found.status == Status.DRIFT_CONFOUNDED:
        return "drift and tilt not separated"
    return f"drift: {found.drift.status.label}"


def topography_words(found: Topography) -> str:
    """Say what the plane is, and how far it can be trusted."""
    parts = []
    for axis, slope in (("x", found.tilt_x), ("y", found.tilt_y)):
        if slope.status == Status.DRIFT_CONFOUNDED:
            # The error of the fit would be printed as if the drift were known to be nothing.
            parts.append(f"tilt and drift along {axis} {number(slope.value * 1e3)} nm/µm")
        elif slope.status.has_value:
            tilt = plus_minus(slope.value * 1e3, slope.error * 1e3)
            parts.append(f"tilt along {axis} {tilt} nm/µm")
    parts.append(drift_words(found))
    parts.append(f"scatter {number(found.scatter * 1e9, 2)} nm")
    count = int(found.outlier.sum())
    parts.append(f"{count} outlier{'' if count == 1 else 's'} beyond five median deviations")
    words = "; ".join(parts) + "."
    if found.status == Status.DRIFT_CONFOUNDED:
        words += (
            " In this visiting order the tilt includes any drift, and its error is not known: "
            "visit the sites at random."
        )
    return words[0].upper() + words[1:]


@style.styled
def topography(study: Study) -> Figure | None:
    """Draw the contact heights as measured (a) and above the fitted plane (b)."""
    found = study.topography
    if found is None or not np.isfinite(found.residual).any():
        return None
    width, height = panel_size(study)
    fig = study.figure(2 * (width + 0.95), height + 0.95, currents=False)
    left, right = fig.subplots(1, 2)
    z = np.where(study.landed, study.scan.sites["z_contact"], math.nan)
    marked: dict[str, Artist] = {}
    above = z - np.nanmean(z)
    for axes, values, colours, label in (
        (left, above, COLOURS, "height − mean"),
        (right, found.residual, APART, "height − plane"),
    ):
        frame(axes, study)
        known = np.isfinite(values)
        scale = scales.scale("m", values)
        shown = scale(values[known])
        norm = norm_of(shown) if axes is left else symmetric(norm_of(shown))
        coloured(axes, study, known, shown, norm, colours)
        colour_bar(axes, norm, colours, shown, scale.label(label))
        marked |= marks(axes, study, known)
    if found.outlier.any():
        right.plot(
            study.x[found.outlier] * UM, study.y[found.outlier] * UM, "o", mfc="none",
            mec="black", ms=7, mew=0.8,
        )  # fmt: skip
        marked["outlier"] = mpl.lines.Line2D(
            [], [], ls="", marker="o", mfc="none", mec="black", ms=6, mew=0.8
        )
    style.panel(left, "a")
    style.panel(right, "b")
    right.set_title(drift_words(found), fontsize=6, pad=3, loc="right")
    legend_below(fig, marked)
    return style.trimmed(fig)
