"""A micrograph with the particles that were found in it, and how large they are."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from skimage.segmentation import find_boundaries

from seccm.arrays import FloatArray
from seccm.imaging.sem.census import Census
from seccm.report import style
from seccm.report.scale_bar import scale_bar

_DENSITY = 1e-13
"""From m^-2 to 10^9 cm^-2."""


@style.styled
def drawn(image: FloatArray, census: Census, title: str, *, virtual: bool = False) -> Figure:
    """Draw a picture with outlines around its particles, and the histogram of their sizes.

    Args:
        image: shape (rows, columns).
        census: what was found in it.
        title: name of the picture.
        virtual: whether it is simulated.
    """
    note = f"{style.literal(title)}. {_words(census)}"
    fig = style.figure(style.TWO_COLUMNS, 3.9, virtual=virtual, convention=False, note=note)
    left, right = fig.subplots(1, 2, width_ratios=(1.25, 1))
    _picture(left, image, census)
    _histogram(right, census)
    style.panel(left, "a")
    style.panel(right, "b")
    return fig


def _words(census: Census) -> str:
    found, right = census.found, census.corrected
    said = [f"Coverage {100 * census.particles.coverage:.1f} %"]
    if math.isfinite(found.density):
        said.append(f"{_number(found.density, census)} as found")
    if math.isfinite(right.density):
        said.append(f"{_number(right.density, census)} corrected")
    if math.isfinite(right.limit):
        said.append(f"particles below {1e9 * right.limit:.0f} nm are mostly not found")
    return "; ".join(said) + ". " + " ".join(style.literal(each) for each in census.doubts)


def _number(density: float, census: Census) -> str:
    per_area, error = density * _DENSITY, density * _DENSITY * census.of_count
    if not math.isfinite(error):
        return rf"{per_area:.2f} $\times$ $10^9$ cm$^{{-2}}$"
    return rf"({per_area:.2f} $\pm$ {error:.2f}) $\times$ $10^9$ cm$^{{-2}}$"


def _picture(axes: Axes, image: FloatArray, census: Census) -> None:
    found = census.particles
    low, high = np.percentile(image, (0.5, 99.5))
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="antialiased")
    for chosen, colour in ((found.counted, style.ORANGE), (~found.counted, style.BLUE)):
        numbers = np.zeros(len(found) + 1, np.int32)
        numbers[1:][chosen] = np.flatnonzero(chosen) + 1
        edge = find_boundaries(numbers[found.labels], mode="inner")
        layer = np.zeros((*edge.shape, 4))
        layer[edge] = (*[int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)], 1.0)
        axes.imshow(layer, interpolation="nearest")
    if not found.region.all():
        axes.contour(found.region, levels=[0.5], colors=[style.GREEN], linewidths=0.8)
    axes.set_xticks([])
    axes.set_yticks([])
    scale_bar(axes, found.labels.shape, found.pixel)


def _histogram(axes: Axes, census: Census) -> None:
    sizes = census.particles.sizes * 1e9
    axes.set_xlabel("diameter (nm)")
    axes.set_ylabel("particles")
    if not sizes.size or census.particles.crowded:
        axes.text(0.5, 0.5, "no particles that can be told apart", ha="center", fontsize=7,
                  transform=axes.transAxes)  # fmt: skip
        axes.set_xticks([])
        axes.set_yticks([])
        return
    count = int(np.clip(2 * sizes.size ** (1 / 3), 6, 40))
    _, edges, _ = axes.hist(sizes, bins=count, color="0.8", ec="0.5", lw=0.5)
    grid = np.linspace(edges[0], edges[-1], 300)
    total = np.zeros_like(grid)
    for part, colour in zip(census.sizes, (style.BLUE, style.ORANGE), strict=False):
        mean, sd = 1e9 * part.mean, 1e9 * part.sd
        if not sd > 0:
            continue
        height = (
            part.share * sizes.size * float(edges[1] - edges[0]) / (sd * math.sqrt(2 * math.pi))
        )
        curve = height * np.exp(-(((grid - mean) / sd) ** 2) / 2)
        total += curve
        axes.plot(grid, curve, color=colour, label=f"{mean:.0f} ± {sd:.0f} nm ({part.share:.0%})")
    if len(census.sizes) > 1:
        axes.plot(grid, total, color="black", lw=0.8, ls="--", label="both")
    limit = 1e9 * census.corrected.limit
    if math.isfinite(limit) and limit > edges[0]:
        axes.axvspan(edges[0], limit, color=style.RED, alpha=0.12, lw=0, label="mostly not found")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(title="mean ± sd (share)")
    axes.margins(x=0)
