"""Figures of the report at the width of a column and the resolution that a journal asks for."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

from seccm.data import Scan
from seccm.errors import DataFileError
from seccm.exports.seam import Wanted, Writer
from seccm.units import show

_WIDTHS = (0.02, 0.5)
"""Metres."""
_NO_ROOM = 'the panels have no room in {} beside their letters. Use a larger --width: "180 mm".'
KINDS = ("png", "pdf", "svg")


def write(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write each figure as PNG, PDF and SVG; letters keep their size whatever the width.

    Of a figure whose panels have no room beside them only the text is written, which says so.

    Raises:
        DataFileError: the width is none of a figure, or what was asked for has no room in it.
    """
    from seccm.report.choice import drawings
    from seccm.report.heads import unlapped
    from seccm.report.study import Study
    from seccm.report.style import save

    if wanted.width and not _WIDTHS[0] <= wanted.width <= _WIDTHS[1]:
        raise DataFileError(
            f"A figure is {show(_WIDTHS[0], 'm')} to {show(_WIDTHS[1], 'm')} wide, not "
            f'{show(wanted.width, "m")}: --width "85 mm", for example. Nothing was written.'
        )
    target.mkdir()
    crowded: list[str] = []
    room = wanted.width / 0.0254 if wanted.width else math.inf
    for drawing in drawings(Study(scan, room)):
        if wanted.names and drawing.slug not in wanted.names:
            continue
        figure = drawing.figure
        if wanted.width:
            wide, high = figure.get_size_inches()
            figure.set_size_inches(room, high * room / wide)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            if wanted.width:
                unlapped(figure)
            for kind in KINDS:
                save(figure, target / f"{drawing.slug}.{kind}", wanted.dpi)
        words = f"{drawing.title}. {drawing.caption}"
        if any("collapsed" in str(one.message) for one in warned):
            crowded.append(drawing.slug)
            for kind in KINDS:
                (target / f"{drawing.slug}.{kind}").unlink()
            words = f"{drawing.title}. Not drawn: {_NO_ROOM.format(show(wanted.width, 'm'))}"
        (target / f"{drawing.slug}.txt").write_text(f"{words}\n", encoding="utf-8")
    if crowded and (wanted.names or not any(target.glob("*.png"))):
        raise DataFileError(
            f"{', '.join(crowded)}: {_NO_ROOM.format(show(wanted.width, 'm'))} Nothing was written."
        )


WRITERS = (Writer("figures", "a folder with the figures of the report", "", write),)
