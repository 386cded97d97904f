"""Taking the wetted areas of single sites into a file that is shown, and what came of it."""

from __future__ import annotations

from pathlib import Path

from seccm.errors import SeccmError
from seccm.session import take_areas
from ui.models.words import Line


def take(path: Path, table: Path, *, retraction: bool) -> Line:
    """Take the areas of a table into a closed file; say what came of it. Takes a while.

    Args:
        path: the file.
        table: of footprints, see `seccm.session.area_table`.
        retraction: whether the other sites get theirs by the break of their meniscus.
    """
    try:
        found = take_areas(path, table, retraction=retraction)
    except SeccmError as error:
        return Line("error", str(error))
    how = "Results by the own areas are named ..._own_area, beside those by the plan's area."
    return Line("good", f"Areas taken in: {found.words}", remedy=how)
