"""An analysed film, and the files beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seccm.imaging.irm.film_file import Film

if TYPE_CHECKING:
    from seccm.imaging.irm.viewing import Viewed


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
