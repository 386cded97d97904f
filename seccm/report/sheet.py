"""A page about one picture: what was found in it, its figure, and what should not be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from seccm.data.header import software
from seccm.errors import PlanError, Problem
from seccm.report import style
from seccm.report.templates import template
from seccm.report.whole import whole
from seccm.words import SIMULATION

_RESOLUTION = 200


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table on the page; one without rows is left out."""

    heading: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    words: str = ""
    """How it is to be read."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the page."""

    title: str
    caption: str
    """Of the figure."""
    facts: Sequence[tuple[str, str]]
    tables: Sequence[SheetTable]
    notices: Sequence[str] = ()
    """Why numbers are missing or should not be trusted."""
    virtual: bool = False
    """Whether it is simulated."""


def write_sheet(sheet: Sheet, figure: Figure, png: Path, files: Sequence[tuple[str, Path]]) -> Path:
    """Write a figure and a page about it beside each other; return the page's path.

    Args:
        sheet: what stands on the page.
        figure: of the picture.
        png: where the figure is written; the page has the same name, with the ending "html".
        files: further files beside it, each with what it is.

    Raises:
        PlanError: they cannot be written.
    """
    page = png.with_suffix(".html")
    text = template("sheet.html.j2").render(
        sheet=sheet,
        figure=png.name,
        files=[(what, path.name) for what, path in files],
        software=software(),
        simulation=SIMULATION,
    )
    try:
        style.save(figure, png, _RESOLUTION)
        with whole(page) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"the report cannot be written beside the picture ({error.strerror})."
        raise PlanError(str(page), [Problem("file", what)]) from None
    return page
