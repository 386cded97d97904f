"""Figures of the report at the width of a column and the resolution that a journal asks for."""

from __future__ import annotations

from pathlib import Path

from seccm.data import Scan
from seccm.errors import DataFileError
from seccm.exports.seam import Wanted, Writer
from seccm.units import show

_WIDTHS = (0.02, 0.5)
"""Metres."""
KINDS = ("png", "pdf", "svg")


def write(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write each figure as PNG, PDF and SVG; letters keep their size whatever the width."""
    from seccm.report.choice import drawings
    from seccm.report.study import Study
    from seccm.report.style import save

    if wanted.width and not _WIDTHS[0] <= wanted.width <= _WIDTHS[1]:
        raise DataFileError(
            f"A figure is {show(_WIDTHS[0], 'm')} to {show(_WIDTHS[1], 'm')} wide, not "
            f'{show(wanted.width, "m")}: --width "85 mm", for example. Nothing was written.'
        )
    target.mkdir()
    for drawing in drawings(Study(scan)):
        if wanted.names and drawing.slug not in wanted.names:
            continue
        figure = drawing.figure
        if wanted.width:
            wide, high = figure.get_size_inches()
            inches = wanted.width / 0.0254
            figure.set_size_inches(inches, high * inches / wide)
        for kind in KINDS:
            save(figure, target / f"{drawing.slug}.{kind}", wanted.dpi)
        (target / f"{drawing.slug}.txt").write_text(
            f"{drawing.title}. {drawing.caption}\n", encoding="utf-8"
        )


WRITERS = (Writer("figures", "a folder with the figures of the report", "", write),)
