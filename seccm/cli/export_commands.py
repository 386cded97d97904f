"""The command that writes other programs' files of a data file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seccm.cli.exits import sentences
from seccm.cli.printing import out, say
from seccm.errors import DataFileError

if TYPE_CHECKING:
    from seccm.exports.seam import Wanted


def export(
    file: Annotated[
        Path | None,
        typer.Argument(help="A data file (.h5); without it, lists what can be written."),
    ] = None,
    to: Annotated[str, typer.Option("--to", help="What to write, such as csv or gwy.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The new file; by default beside FILE.")
    ] = None,
    site: Annotated[
        list[int] | None,
        typer.Option("--site", help="Only this site; can be given more than once."),
    ] = None,
    result: Annotated[
        list[str] | None,
        typer.Option("--result", help="Only this result or figure; can be given more than once."),
    ] = None,
    charging: Annotated[
        str, typer.Option("--charging", help="For bdf: charging is oxidation or reduction.")
    ] = "",
    width: Annotated[
        str, typer.Option("--width", help='Of figures and movies, such as "85 mm".')
    ] = "",
    dpi: Annotated[
        int, typer.Option("--dpi", min=30, max=2400, help="Dots per inch of figures and movies.")
    ] = 300,
    step: Annotated[
        int, typer.Option("--step", min=0, help="Of which step a movie is, numbered from 0.")
    ] = 0,
    over: Annotated[
        str, typer.Option("--over", help="Axis of a movie: time or potential.")
    ] = "time",
    frames: Annotated[int, typer.Option("--frames", min=2, max=2000, help="Of a movie.")] = 60,
    fps: Annotated[
        int, typer.Option("--fps", min=1, max=60, help="Frames of a movie in a second.")
    ] = 10,
) -> None:
    """Write a file for another program: tables, maps, movies, figures."""
    from seccm.exports.seam import Wanted

    with sentences():
        if file is None or not to:
            _list()
            if file is not None:
                raise DataFileError("Say what to write: --to csv, for example.")
            return
        wanted = Wanted(
            sites=tuple(site or ()),
            names=tuple(result or ()),
            charging=_one_of("--charging", charging, ("", "oxidation", "reduction")),  # type: ignore[arg-type]
            width=_metres(width),
            dpi=dpi,
            step=step,
            over=_one_of("--over", over, ("time", "potential")),  # type: ignore[arg-type]
            frames=frames,
            fps=fps,
        )
        _write(file, to, output, wanted)


def _write(file: Path, to: str, output: Path | None, wanted: Wanted) -> None:
    from seccm.exports.writing import export

    with out.status("Writing"):
        made = export(file, to, output, wanted)
    say("Written: ", (str(made), "bold"))


def _list() -> None:
    from rich.table import Table

    from seccm.exports import EXPORTS

    table = Table("--to", "what is written", box=None, pad_edge=False)
    for name, writer in EXPORTS.all().items():
        table.add_row(name, writer.words)
    out.print(table)


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        named = " or ".join(one for one in allowed if one)
        raise DataFileError(f'{option} is {named}, not "{value}". Nothing was written.')
    return value


def _metres(width: str) -> float:
    from seccm.units import parse

    try:
        return parse(width, "m") if width else 0.0
    except ValueError as error:
        raise DataFileError(f"--width: {error}. Nothing was written.") from None
