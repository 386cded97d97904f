"""Targets at a glance: the picture with landmarks, targets, and what cannot be landed on."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure

from seccm.arrays import FloatArray
from seccm.imaging.stage.choice import Reason
from seccm.imaging.stage.target_file import Found
from seccm.report import style
from seccm.report.scale_bar import scale_bar

_COLOURS = {
    Reason.SMALL: "0.8", Reason.LARGE: "0.6", Reason.UNCERTAIN: "#f0e442", Reason.EDGE: "#56b4e9",
    Reason.TRAVEL: style.BLUE, Reason.USED: "#cc79a7", Reason.NEIGHBOUR: style.ORANGE,
    Reason.OVERLAP: "#e69f00",
}  # fmt: skip
_EXAGGERATED = 0.08
"""Of the picture's width, as long as the longest arrow of a landmark that misses its place."""


@style.styled
def drawn(image: FloatArray, found: Found) -> Figure:
    """Draw a picture with its targets, and the same on the stage.

    Args:
        image: shape (rows, columns).
        found: in it.
    """
    fit = found.agreed.fit
    note = (
        f"{style.literal(found.picture.name)}. {int(found.agreed.used.sum())} of "
        f"{len(found.agreed.used)} landmarks agree; a landmark is uncertain by "
        f"{1e6 * fit.s:.2g} µm along an axis. Green: footprints; blue: within two standard "
        "deviations of a place. Arrows of landmarks are longer than what they miss by."
    )
    fig = style.figure(style.TWO_COLUMNS, 3.7, virtual=found.simulated, convention=False, note=note)
    left, right = fig.subplots(1, 2)
    _picture(left, image, found)
    _stage(right, found)
    style.panel(left, "a")
    style.panel(right, "b")
    return fig


def _picture(axes: Axes, image: FloatArray, found: Found) -> None:
    low, high = np.percentile(image, (0.5, 99.5))
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="antialiased")
    at = found.places / found.pixel - 0.5
    for reason, colour in _COLOURS.items():
        here = [k for k, each in enumerate(found.reasons) if each is reason]
        if here:
            axes.plot(*at[here].T, "x", color=colour, ms=3.5, mew=0.9,
                      label=f"{reason.value} ({len(here)})")  # fmt: skip
    size = found.wanted.footprint / found.agreed.fit.scale / found.pixel
    _circles(axes, at[found.chosen], size, style.GREEN)
    axes.plot([], [], "o", mfc="none", color=style.GREEN, label=f"target ({len(found.chosen)})")
    _landmarks(axes, found)
    axes.set_xlim(-0.5, found.shape[1] - 0.5)
    axes.set_ylim(found.shape[0] - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.02), ncols=2, fontsize=6)
    scale_bar(axes, found.shape, found.pixel)


def _landmarks(axes: Axes, found: Found) -> None:
    """Mark landmarks, with arrows to where the stage says that they are."""
    marks = found.landmarks
    at = marks.picture / found.pixel - 0.5
    away = (found.agreed.fit.back(marks.stage) - marks.picture) / found.pixel
    longest = float(np.hypot(*away.T)[found.agreed.used].max())
    factor = _EXAGGERATED * found.shape[1] / longest if longest else 1.0
    for used, colour in ((True, "cyan"), (False, style.RED)):
        here = found.agreed.used == used
        if not here.any():
            continue
        name = f"landmark ({int(here.sum())})" if used else f"left out ({int(here.sum())})"
        axes.plot(*at[here].T, "+", color=colour, ms=7, mew=1.1, label=name)
        if used:
            axes.quiver(*at[here].T, *(factor * away[here]).T, color=colour, angles="xy",
                        scale_units="xy", scale=1, width=0.004)  # fmt: skip


def _circles(axes: Axes, at: FloatArray, size: float, colour: str) -> None:
    if len(at):
        axes.add_collection(EllipseCollection(
            [size] * len(at), [size] * len(at), [0] * len(at), units="xy", offsets=at,
            transOffset=axes.transData, facecolors="none", edgecolors=colour, linewidths=0.9,
        ))  # fmt: skip


def _stage(axes: Axes, found: Found) -> None:
    places, chosen = 1e6 * found.candidates.places, found.chosen
    axes.plot(*places.T, ".", color="0.7", ms=2)
    _circles(axes, places[chosen], 1e6 * found.wanted.footprint, style.GREEN)
    for k in chosen:
        _circles(axes, places[[k]], 4e6 * float(found.candidates.error[k]), style.BLUE)
    marks = 1e6 * found.landmarks.stage
    axes.plot(*marks[found.agreed.used].T, "+", color="black", ms=6)
    axes.plot(*marks[~found.agreed.used].T, "+", color=style.RED, ms=6)
    # Landmarks that are left out may be far away: they do not set the scale.
    shown = np.concatenate([places, marks[found.agreed.used]])
    low, high = shown.min(axis=0), shown.max(axis=0)
    room = 0.06 * float((high - low).max())
    axes.set_xlim(low[0] - room, high[0] + room)
    axes.set_ylim(low[1] - room, high[1] + room)
    axes.set_aspect("equal")
    axes.set_xlabel("x of the stage (µm)")
    axes.set_ylabel("y of the stage (µm)")
