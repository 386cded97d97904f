"""The commands that bring in what other programs measured, and send results on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seccm.cli.exits import sentences
from seccm.cli.printing import out, say
from seccm.errors import DataFileError


def import_(
    file: Annotated[
        Path, typer.Argument(help="The other program's file, or a folder with one for each site.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The data file to make; by default FILE with .h5."),
    ] = None,
    sign: Annotated[
        str,
        typer.Option("--sign", help="Which currents are positive in the file: anodic or cathodic."),
    ] = "",
    footprint: Annotated[
        str, typer.Option("--footprint", help='Diameter of the wetted area, such as "2 um".')
    ] = "",
    reference: Annotated[
        str, typer.Option("--reference", help='What its potentials are against, as "Ag/AgCl".')
    ] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            help='Which column has a quantity: "current=Current1 (A)"; time, potential, current, '
            "x, y, z. Can be given more than once.",
        ),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", help='The unit of a column that has none: "current=nA".'),
    ] = None,
    step: Annotated[
        list[str] | None,
        typer.Option("--step", help="What each step of a site is, in their order: cv, lsv, ..."),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option(
            "--stage", help="What each series of a hop is, in their order: skip, lsv, ..."
        ),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option("--places", help='A CSV table of the sites: "site, x (um), y (um)".'),
    ] = None,
    period: Annotated[
        str, typer.Option("--period", help='From one data point to the next, such as "10 ms".')
    ] = "",
    decimal: Annotated[
        str, typer.Option("--decimal", help="comma, if its numbers have decimal commas.")
    ] = "",
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Take a file that is cut as far as it goes.")
    ] = False,
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", help="A TOML file that says the same as these options."),
    ] = None,
    reader: Annotated[str, typer.Option("--reader", help="The reader to take, by its name.")] = "",
    title: Annotated[str, typer.Option("--title", help="What the scan is called.")] = "",
    sample: Annotated[str, typer.Option("--sample", help="What was measured.")] = "",
) -> None:
    """Make a data file of what another program measured.

    Sign, unit and column that the file leaves open are asked for, never guessed.
    """
    from seccm import session
    from seccm.cli.summary import statistics
    from seccm.data import open_scan
    from seccm.readers.said import Said, read_mapping

    written: dict[str, Any] = {
        "sign": sign, "footprint": footprint, "reference": reference, "period": period,
        "columns": _pairs("--column", column), "units": _pairs("--unit", unit),
        "steps": step, "stages": stage, "places": None if places is None else str(places),
        "decimal": decimal, "incomplete": incomplete, "title": title, "sample": sample,
    }  # fmt: skip
    with sentences():
        given = {name: value for name, value in written.items() if value}
        said = Said.of(given, Path(), "the options")
        if mapping is not None:
            said = said.over(read_mapping(mapping))
        made = session.import_file(file, output, said=said, reader=reader)
        for words in made.understood:
            say((f"  {words}", "dim"))
        with open_scan(made) as scan:
            out.print(statistics(scan))
        say(f"Imported into {made}")


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """Split "current=Current1 (A)"."""
    pairs = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not (name and equals and value):
            with sentences():
                raise DataFileError(f'{option} "{one}": must be two names, as "current=I (nA)".')
        pairs[name.strip()] = value.strip()
    return pairs
