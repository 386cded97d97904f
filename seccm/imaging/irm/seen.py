"""An analysed film, and the files beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seccm.imaging.irm.film_file import Film

if TYPE_CHECKING:
    from seccm.imaging.irm.viewing import Viewed


def maps_beside(scan: Path, site: int) -> Path:
    """Return where the maps of the film of a site are, once it was looked at.

    Args:
        scan: the data file of the run.
        site: its number.
    """
    return scan.with_name(f"{scan.name}.site{site}.irm.h5")


@dataclass(frozen=True, slots=True)
class Seen:
    """An analysed film."""

    film: Film
    pixel: float
    """Metres per pixel."""
    viewed: Viewed
    maps: Path
    """HDF5 file with the maps."""
    figure: Path
    """PNG."""
    contact: float = math.nan
    """Contact as the film shows it, less that of the record, seconds; NaN without a record."""
    landed: float = math.nan
    """Seconds from the contact of the record to the first landed frame; NaN without a record."""
    virtual: bool = False
    """Whether the run was simulated."""
