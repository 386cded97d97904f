"""The command that plans a finished scan again, with another planner."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from seccm.cli.exits import sentences
from seccm.cli.printing import out, say, shown
from seccm.typography import counted, readable
from seccm.units import show

if TYPE_CHECKING:
    from seccm.session import Replanned


def replan(
    file: Annotated[Path, typer.Argument(help="A data file (.h5).")],
    planner: Annotated[
        Path | None,
        typer.Argument(
            help="A TOML file with a table [planner], such as a plan; by default the planner of "
            "the scan itself."
        ),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--sites", min=1, help="Ask for so many sites at the most.")
    ] = None,
) -> None:
    """Say what a planner would have asked for, on the sites that a scan has measured.

    Each time it is told the measured site that is nearest to what it asked for. Nothing moves, and
    the file is only read.
    """
    from seccm.session import replan as plan_again

    with sentences():
        found = plan_again(file, None if planner is None else _table(planner), most=most)
    _show(found)


def _table(path: Path) -> dict[str, Any]:
    """Return the table `planner` of a TOML file.

    Raises:
        DataFileError: it cannot be read, or has none.
    """
    from seccm.errors import DataFileError

    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise DataFileError(f"{path}: is not a TOML file: {error}.") from error
    table = tables.get("planner")
    if not isinstance(table, dict):
        raise DataFileError(f"{path}: has no table [planner]. See docs/adaptive.md for one.")
    return table


def _show(found: Replanned) -> None:
    table = Table("", "asked for", "measured there", "off", "why", box=None, pad_edge=False)
    for number, one in enumerate(found.asked):
        recipe, told = one.wanted.recipe, one.told
        label = "" if recipe is None else recipe.condition.label
        wanted = f"{label} ({show(one.wanted.x, 'm', 4)}, {show(one.wanted.y, 'm', 4)})"
        cells = (str(number), wanted.strip(), f"site {told.site.number}", f"{one.off:.2g}")
        table.add_row(*map(shown, map(readable, (*cells, one.reason))))
    out.print(table, soft_wrap=True)
    asked = counted(len(found.asked), "site")
    say(f"{asked} of the {found.measured} that were measured. {readable(found.end)}")
    if any(one.off > 0.0 for one in found.asked):
        say("off: from what was asked for to what was measured, as a share of the ranges")
