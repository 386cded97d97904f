"""The commands about pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seccm.cli.exits import sentences
from seccm.cli.printing import out, say
from seccm.errors import PlanError, Problem
from seccm.typography import counted
from seccm.units import parse, show

if TYPE_CHECKING:
    from seccm.imaging.sem.amounts import Amount
    from seccm.imaging.sem.census import Census
    from seccm.imaging.sem.files import Counted

_CM2 = 1e-4


def sem(
    picture: Annotated[
        Path,
        typer.Argument(
            help="A micrograph: a TIFF file. Or the data file of a simulated run: micrographs of "
            "what its virtual cells grew are drawn, said to be simulated, and counted."
        ),
    ],
    pixel: Annotated[
        str,
        typer.Option(
            "--pixel",
            help='Length of a pixel, "4 nm", if the file has no scale; of one that is not square, '
            'width and height: "4 nm, 5 nm".',
        ),
    ] = "",
    dark: Annotated[
        bool, typer.Option("--dark", help="Particles are darker than the ground.")
    ] = False,
    footprint: Annotated[
        str,
        typer.Option(
            "--footprint",
            help='Where the droplet was: auto, "x, y, diameter" from the upper left corner with '
            "units, or a text file of corners x (um), y (um). By default the whole picture counts.",
        ),
    ] = "",
    shape: Annotated[
        str, typer.Option("--shape", help="Of the particles: sphere or hemisphere.")
    ] = "sphere",
    strike: Annotated[
        list[str] | None,
        typer.Option("--strike", help='There is no particle here: "x, y". Can be repeated.'),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", help='There is a particle here: "x, y, diameter". Can be repeated.'),
    ] = None,
    divide: Annotated[
        list[str] | None,
        typer.Option(
            "--divide",
            help='One particle here is two, with these middles: "x, y, x, y". Can be repeated.',
        ),
    ] = None,
    resize: Annotated[
        list[str] | None,
        typer.Option(
            "--resize", help='The particle here is this large: "x, y, diameter". Can be repeated.'
        ),
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget-edits", help="Begin without the manual edits made before.")
    ] = False,
    scan: Annotated[
        Path | None,
        typer.Option("--scan", help="A data file that the numbers are stored in, for --site."),
    ] = None,
    site: Annotated[int | None, typer.Option("--site", help="The site of the picture.")] = None,
) -> None:
    """Count the particles in a micrograph: number per area, sizes, lithium.

    Writes a table of the particles, a summary, a figure and a report page beside the picture.
    """
    from seccm import session
    from seccm.imaging.sem.edits import Added, Divided, Resized, Struck

    with sentences():
        if picture.suffix.lower() in (".h5", ".hdf5"):
            given = (pixel, footprint, strike, add, divide, resize, dark, forget, scan)
            _simulated(picture, site, shape, any(map(bool, given)))
            return
        together(scan, site, picture)
        if shape not in ("sphere", "hemisphere"):
            what = f"{shape!r} is neither sphere nor hemisphere."
            raise PlanError(str(picture), [Problem("shape", what)])
        asked = (
            (Struck, strike, 2, "--strike"), (Added, add, 3, "--add"),
            (Divided, divide, 4, "--divide"), (Resized, resize, 3, "--resize"),
        )  # fmt: skip
        edits = [
            kind(*each)
            for kind, texts, count, option in asked
            for each in lengths(texts or [], count, picture, option)
        ]
        found = session.count_particles(
            picture,
            pixel=pixel_of(pixel, picture),
            footprint=footprint,
            shape="hemisphere" if shape == "hemisphere" else "sphere",
            edits=edits,
            forget=forget,
            dark=dark,
        )
        from seccm.report.sheets import report_particles  # after what says what is missing

        page = report_particles(found)
        if scan is not None and site is not None:
            session.join_particles(scan, site, found, footprint=bool(footprint))
    _say(picture.name, found, page)
    if scan is not None:
        say(f"Stored in {scan}, site {site}.")


def _simulated(scan: Path, site: int | None, shape: str, more: bool) -> None:
    """Draw and count micrographs of a simulated run.

    Raises:
        SeccmError: there is nothing to draw, or options that are for a picture.
    """
    from seccm import session
    from seccm.report.sheets import report_particles

    if more or shape != "sphere":
        what = "of a data file only --site is taken: its micrographs are drawn and counted first."
        remedy = "Then give one of the TIFF files beside it with the other options."
        raise PlanError(str(scan), [Problem("file", what, remedy)])
    for found in session.simulate_micrographs(scan, site):
        _say(found.files.figure.name.removesuffix(".particles.png"), found, report_particles(found))
    say(f"Stored in {scan}.")


def draw_micrographs(scan: Path) -> None:
    """Draw micrographs of those sites of a simulated run with a camera that its report draws.

    What cannot be drawn is told, and the report is made without it.

    Raises:
        DataFileError: the data file cannot be read.
    """
    from seccm import session
    from seccm.data import open_scan
    from seccm.imaging.sem.simulated import MOST, picture_beside

    with open_scan(scan) as opened:
        if not opened.header.virtual or opened.frames.facts is None or opened.being_written:
            return
        landed = [k for k, landed in enumerate(opened.sites["landed"]) if landed]
        for number in landed[:MOST]:
            if picture_beside(scan, number).exists():
                continue
            try:
                with out.status(f"Drawing the simulated micrograph of site {number}"):
                    session.draw_micrograph(opened, number)
            except PlanError as error:
                for problem in error.problems:
                    told = f"Site {number} has no simulated micrograph: {problem.what}"
                    say((told, "yellow"))
                return


def _say(name: str, found: Counted, page: Path) -> None:
    taken = found.micrograph
    say((name, "bold"), f": {show(taken.pixel, 'm', 4)} per pixel, by {taken.scale_from}")
    for line in (*taken.notes, *_said(found.census)):
        say(line)
    say("Report: ", (str(page), "bold"))
    say(f"Figure: {found.files.figure}")
    say(f"Table: {found.files.table}")


def together(scan: Path | None, site: int | None, path: Path) -> None:
    """Check that a file and the number of a site are given together.

    Raises:
        PlanError: one of them is missing.
    """
    if (scan is None) != (site is None):
        what = "--scan and --site belong together: give both."
        raise PlanError(str(path), [Problem("site", what)])


def _said(census: Census) -> list[str]:
    """Return what was found, a line each."""
    particles, found, right = census.particles, census.found, census.corrected
    said = [
        f"{counted(int(particles.counted.sum()), 'particle')} in {1e12 * particles.area:.4g} um^2; "
        f"coverage {100 * particles.coverage:.1f} %"
    ]
    if math.isfinite(found.density):
        sizes = _diameter(found.mean, found.sd)
        said.append(
            f"As found: {_number(found.density, census)}{sizes}{' (mean ± sd)' if sizes else ''}"
        )
        said.append(f"  {_lithium(census.amount)} if they are {census.shape}s")
    if math.isfinite(right.density):
        said.append(
            f"Corrected by drawn images: {_number(right.density, census)}, mean diameter "
            f"{1e9 * right.mean:.1f} nm"
        )
        said.append(f"  {_lithium(census.amount_corrected)}")
    if math.isfinite(right.limit):
        said.append(f"Particles smaller than {1e9 * right.limit:.0f} nm are mostly not found")
    said += [
        f"{zone.name}: {zone.density * _CM2:.3g} ± {zone.density_error * _CM2:.2g} per cm^2"
        f"{_diameter(zone.mean, zone.sd)}"
        for zone in census.zones
    ]
    return [*said, *census.doubts]


def _number(density: float, census: Census) -> str:
    """Return a number per area with the scatter of counts, where there are any."""
    error = density * census.of_count
    scatter = f" ± {error * _CM2:.2g}" if math.isfinite(error) else ""
    return f"{density * _CM2:.3g}{scatter} per cm^2"


def _diameter(mean: float, sd: float) -> str:
    """Return diameters as they go on after a number; nothing of no particles."""
    return f", diameter {1e9 * mean:.1f} ± {1e9 * sd:.1f} nm" if math.isfinite(mean) else ""


def _lithium(amount: Amount) -> str:
    """Return an amount of lithium per area, with its uncertainty where that is known."""
    error = f" ± {1e5 * amount.error:.2g}" if math.isfinite(amount.error) else ""
    return f"lithium {1e5 * amount.per_area:.3g}{error} nmol/cm^2"


def pixel_of(text: str, picture: Path) -> float | tuple[float, float] | None:
    """Read the length of a pixel, or its width and height; None of no text.

    Raises:
        PlanError: the text is neither.
    """
    if not text:
        return None
    sides = lengths([text], 1 + text.count(","), picture, "--pixel")[0]
    if len(sides) > 2:
        what = f"{text!r} has {len(sides)} lengths: give one, or width and height."
        raise PlanError(str(picture), [Problem("--pixel", what)])
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def lengths(
    texts: Sequence[str], count: int, picture: Path, option: str
) -> list[tuple[float, ...]]:
    """Read lists of lengths with units, metres.

    Raises:
        PlanError: one is not as many lengths as there should be.
    """
    found, wrong = [], []
    for text in texts:
        parts = text.split(",")
        try:
            if len(parts) != count:
                raise ValueError(f"has {counted(len(parts), 'length')}, and {count} are needed.")
            found.append(tuple(parse(part.strip(), "m") for part in parts))
        except ValueError as error:
            wrong.append(Problem(option, f"{text!r}: {error}"))
    if wrong:
        raise PlanError(str(picture), wrong)
    return found
