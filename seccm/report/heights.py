"""The heights of the sites: as measured, levelled, and what the plane is worth."""

from __future__ import annotations

from collections.abc import Sequence

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
from seccm.results import Status, Value
from seccm.typography import counted, number, plus_minus


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
    if found.terraces:
        parts.append(f"{counted(found.terraces, 'terrace')} with these slopes in common")
        parts += _step_words(found.steps)
        parts.append(f"{counted(count, 'site')} on none of them")
    else:
        parts.append(f"{counted(count, 'outlier')} beyond five median deviations")
    words = "; ".join(parts) + "."
    if found.status == Status.DRIFT_CONFOUNDED:
        words += (
            " In this visiting order the tilt includes any drift, and its error is not known: "
            "visit the sites at random."
        )
    return words[0].upper() + words[1:]


MOST_TOLD = 3
"""Terraces beside the largest one whose heights are written."""


def _step_words(steps: Sequence[Value]) -> list[str]:
    """Say how high the other terraces are above the largest one."""
    told = [plus_minus(step.value * 1e9, step.error * 1e9) for step in steps[:MOST_TOLD]]
    if not told:
        return []
    more = " and others" if len(steps) > MOST_TOLD else ""
    return [f"heights above the largest one {', '.join(told)}{more} nm"]


def title(study: Study) -> str:
    """Say what is drawn, with the letters of the panels."""
    source = study.heights.source
    of = "heights at contact" if source is None else style.literal(source.words)
    lines = ", and levelled line by line (c)" if _has_lines(study) else ""
    between = "," if lines else ", and"
    return f"{of[0].upper()}{of[1:]} (a){between} residuals from a plane (b){lines}"


def _has_lines(study: Study) -> bool:
    """Tell whether the levelling line by line says more: not where landings scatter anyway."""
    return study.heights.source is not None and bool(np.isfinite(study.heights.lines).any())


def lines_words(study: Study) -> str:
    """Say what the levelling line by line does; empty where there is none."""
    if not _has_lines(study):
        return ""
    return (
        " (c): each row is shifted by its median step to the row before, which takes drift away, "
        "and any slope across the rows."
    )


@style.styled
def topography(study: Study) -> Figure | None:
    """Draw the heights as measured (a), above the fitted plane (b) and line by line (c)."""
    found, each = study.topography, study.heights
    if found is None or not np.isfinite(found.residual).any():
        return None
    width, height = panel_size(study)
    shown = [
        (each.z - np.nanmean(each.z), COLOURS, "height − mean"),
        (found.residual, APART, "height − plane"),
    ]
    if _has_lines(study):
        shown.append((each.lines, APART, "height, line by line"))
    fig = study.figure(len(shown) * (width + 0.95), height + 0.95, currents=False)
    panels = fig.subplots(1, len(shown))
    marked: dict[str, Artist] = {}
    for axes, letter, (values, colours, label) in zip(panels, "abc", shown, strict=False):
        frame(axes, study)
        known = np.isfinite(values)
        scale = scales.scale("m", values)
        drawn = scale(values[known])
        norm = norm_of(drawn) if colours is COLOURS else symmetric(norm_of(drawn))
        coloured(axes, study, known, drawn, norm, colours)
        colour_bar(axes, norm, colours, drawn, scale.label(label))
        marked |= marks(axes, study, known)
        style.panel(axes, letter)
    right = panels[1]
    if found.outlier.any():
        right.plot(
            study.x[found.outlier] * UM, study.y[found.outlier] * UM, "o", mfc="none",
            mec="black", ms=7, mew=0.8,
        )  # fmt: skip
        marked["outlier"] = mpl.lines.Line2D(
            [], [], ls="", marker="o", mfc="none", mec="black", ms=6, mew=0.8
        )
    right.set_title(drift_words(found), fontsize=6, pad=3, loc="right")
    legend_below(fig, marked)
    return style.trimmed(fig)
