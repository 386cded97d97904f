"""Simulated micrographs of the sites of a scan, and how large the particles in them are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from seccm.errors import PlanError
from seccm.imaging.sem.micrograph import Micrograph, read_micrograph
from seccm.imaging.sem.simulated import MOST, picture_beside
from seccm.imaging.sem.sizes import distribution
from seccm.report import style
from seccm.report.scale_bar import scale_bar

if TYPE_CHECKING:
    from seccm.imaging.sem.particles import Particles

_SHOWN = 2e-6
"""Metres of a micrograph that are drawn, along its sides."""
_CM2 = 1e-13
"""From m^-2 to 10^9 cm^-2."""


@dataclass(frozen=True, slots=True)
class SiteMicrograph:
    """The simulated micrograph of a site."""

    site: int
    taken: Micrograph
    particles: Particles


def micrographs_beside(scan: Path, sites: int) -> Iterator[SiteMicrograph]:
    """Yield the simulated micrographs that were drawn, up to six; unreadable ones are left out.

    Args:
        scan: the data file.
        sites: how many it has.
    """
    try:
        from seccm.imaging.sem.particles import find
    except ModuleNotFoundError:
        return  # the extra `images` is not installed
    there = [site for site in range(sites) if picture_beside(scan, site).exists()]
    for site in there[:MOST]:
        try:
            taken = read_micrograph(picture_beside(scan, site))
        except PlanError:
            continue
        if taken.simulated:
            yield SiteMicrograph(site, taken, find(taken.image, taken.pixel))


@style.styled
def drawn(shown: list[SiteMicrograph]) -> Figure:
    """Draw a part of each micrograph above the sizes of the particles that are found in it."""
    columns = max(2, len(shown))
    note = "Sizes as found, with one normal distribution or two (mean ± sd)."
    fig = style.figure(
        style.TWO_COLUMNS, 1.0 + 2 * 6.2 / columns, virtual=True, convention=False, note=note
    )
    grid = fig.subplots(2, columns, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for (picture, sizes), one in zip(grid.T, shown, strict=False):
        side = round(_SHOWN / one.taken.pixel)
        image = one.taken.image[:side, :side]
        low, high = np.percentile(image, (0.5, 99.5))
        for axes in (picture, sizes):
            axes.set_axis_on()
        picture.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="antialiased")
        picture.set_xticks([])
        picture.set_yticks([])
        picture.set_title(f"site {one.site}: simulated", fontsize=7)
        scale_bar(picture, image.shape, one.taken.pixel)
        found = one.particles.sizes
        sizes.set_xlabel("diameter (nm)")
        if one.particles.crowded or found.size < 2:
            sizes.text(0.5, 0.5, "no particles that\ncan be told apart", ha="center", fontsize=6,
                       transform=sizes.transAxes)  # fmt: skip
            continue
        count = int(np.clip(2 * found.size ** (1 / 3), 6, 40))
        sizes.hist(1e9 * found, bins=count, color="0.8", ec="0.5", lw=0.5)
        fits = "\n".join(
            f"{1e9 * part.mean:.0f} ± {1e9 * part.sd:.0f} nm" for part in distribution(found)
        )
        density = f"{_CM2 * one.particles.density:.2f} $\\times$ $10^9$ cm$^{{-2}}$"
        sizes.set_title(f"{density}\n{fits}", fontsize=6)
    grid[1, 0].set_ylabel("particles")
    return fig
