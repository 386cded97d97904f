"""The command that looks at films of the growth."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seccm.cli.exits import sentences
from seccm.cli.image_commands import lengths, together
from seccm.cli.printing import out, say
from seccm.errors import PlanError, Problem, SeccmError
from seccm.movie.facts import SIGNS
from seccm.shell import command
from seccm.typography import counted
from seccm.units import parse, show

if TYPE_CHECKING:
    from seccm.imaging.irm.coulombic import Cycling
    from seccm.imaging.irm.seen import Seen


def irm(
    film: Annotated[
        Path,
        typer.Argument(
            help="A film: a TIFF file with a frame on each page. Or a data file of a run with "
            "a camera, whose own movie is taken."
        ),
    ],
    pixel: Annotated[
        str,
        typer.Option("--pixel", help='Length of a pixel: "40 nm". A run with a camera says it.'),
    ] = "",
    rate: Annotated[
        str, typer.Option("--rate", help='Frames a second, "4.3 Hz", if the film has no times.')
    ] = "",
    contact: Annotated[
        int | None,
        typer.Option(
            "--contact", min=1, help="Number of the first landed frame; looked for unless given."
        ),
    ] = None,
    scan: Annotated[
        Path | None,
        typer.Option(
            "--scan",
            help="The data file of the site, for --site: it says when the site plated and "
            "stripped, and the numbers are stored in it.",
        ),
    ] = None,
    site: Annotated[
        int | None,
        typer.Option("--site", help="The site. Of a run with a camera all are taken without it."),
    ] = None,
    cycles: Annotated[
        Path | None,
        typer.Option(
            "--cycles",
            help="A table of when plating and stripping were, without a data file: start (s), "
            "turn (s), end (s) since contact, CE if known.",
        ),
    ] = None,
    rest: Annotated[
        int,
        typer.Option("--rest", min=4, help="Frames averaged before and after plating, at most."),
    ] = 10,
    growth: Annotated[
        str,
        typer.Option(
            "--growth",
            help="What growth does to brightness on this microscope: brighter or darker. Taken "
            "from the rig file of the run, or else from the film. A film that shows the other is "
            "told.",
        ),
    ] = "",
) -> None:
    """Find footprint, optical onset and efficiency in films of interference reflection microscopy.

    Writes maps (HDF5), a figure and a report page beside the film.
    """
    from seccm import session

    with sentences():
        length = lengths([pixel], 1, film, "--pixel")[0][0] if pixel else None
        if growth not in SIGNS:
            what = f"{growth!r} is neither brighter nor darker."
            raise PlanError(str(film), [Problem("--growth", what)])
        sign = SIGNS[growth]
        if film.suffix.lower() in (".h5", ".hdf5"):
            own(film, site, length, rest, sign)
            return
        together(scan, site, film)
        if length is None:
            what = "the film does not say how large a pixel is."
            raise PlanError(str(film), [Problem("--pixel", what, 'Give it: --pixel "40 nm".')])
        seen = session.view_film(
            film, length, rate=rate_of(rate, film), contact=contact, scan=scan, site=site,
            cycles=cycles, rest=rest, sign=sign,
        )  # fmt: skip
        from seccm.report.sheets import report_film  # after what says what is missing

        report_film(seen)
        if scan is not None and site is not None:
            session.join_film(scan, site, seen)
    _say(film.name, seen)
    if scan is not None:
        say(f"Stored in {scan}, site {site}.")
        _say_rates(scan)


def own(scan: Path, site: int | None, pixel: float | None, rest: int, sign: int) -> None:
    """Look at the movie that was taken during a run, at one site or at all that have landed.

    Raises:
        SeccmError: it cannot be looked at; of all sites, those without a landing are told.
    """
    from seccm import session
    from seccm.data import open_scan

    if site is not None:
        numbers = [site]
    else:
        with open_scan(scan) as opened:
            numbers = [k for k, landed in enumerate(opened.sites["landed"]) if landed]
    for number in numbers:
        try:
            seen = session.view_site(scan, number, pixel, rest=rest, sign=sign)
        except PlanError as error:
            if site is not None:
                raise
            for problem in error.problems:
                say((f"Site {number}: {problem.what}", "yellow"))
            continue
        from seccm.report.sheets import report_film

        report_film(seen)
        session.join_film(scan, number, seen)
        _say(f"Site {number}", seen)
    say(f"Stored in {scan}.")
    _say_rates(scan)


def look_at_films(scan: Path) -> None:
    """Look at the films of those sites of a run that its report draws, if nobody has done so yet.

    What cannot be looked at is told, and the report is drawn without it.

    Raises:
        DataFileError: the data file cannot be read.
    """
    from seccm import session
    from seccm.data import open_scan
    from seccm.imaging.irm.seen import maps_beside
    from seccm.report.films_of_sites import MOST

    with open_scan(scan) as opened:
        if opened.frames.facts is None or opened.being_written:
            return
        landed = [k for k, landed in enumerate(opened.sites["landed"]) if landed]
    for number in landed[:MOST]:
        if maps_beside(scan, number).exists():
            continue
        try:
            with out.status(f"Looking at the film of site {number}"):
                seen = session.view_site(scan, number)
                session.join_film(scan, number, seen)
        except SeccmError as error:
            for told in error.problems if isinstance(error, PlanError) else (error,):
                what = told.what if isinstance(told, Problem) else str(told)
                say((f"The film of site {number} is not in the report: {what}", "yellow"))
    if (left := len(landed) - MOST) > 0:
        say(f"Films of {counted(left, 'more site')}: ", command("seccm", "irm", scan))


def _say(name: str, seen: Seen) -> None:
    from seccm.imaging.irm.film_file import lost, words

    viewed, growth = seen.viewed, seen.viewed.growth
    say((name, "bold"), f": {words(seen.film)}")
    if missing := lost(seen.film.t):
        say((f"{counted(missing, 'frame')} seem to be missing between the others.", "yellow"))
    say(f"First landed frame: {viewed.contact + 1}")
    if math.isfinite(seen.contact):
        say(f"Contact: {1e3 * seen.contact:+.0f} ms after that of the record")
    say(f"Footprint: diameter {show(viewed.footprint.diameter * seen.pixel, 'm', 4)}")
    if growth.measured:
        brighter = "brighter" if growth.measured > 0 else "darker"
        say(
            f"Growth makes it {brighter}: {100 * growth.rate:+.3g} ± {100 * growth.rate_error:.2g} "
            "% per second"
        )
    if math.isfinite(growth.t_onset):
        say(
            f"Optical onset: {growth.t_onset:.2f} ± {growth.t_onset_error:.2g} s after it; map of "
            f"{growth.known} of {int(viewed.inside.sum())} places"
        )
    if math.isfinite(growth.t_steepest):
        say(f"Fastest change: {growth.t_steepest:.2f} s after it")
    if viewed.cycling is not None:
        _say_cycles(viewed.cycling)
    for doubt in viewed.doubts:
        say((doubt, "yellow"))
    say("Report: ", (str(seen.figure.with_suffix(".html")), "bold"))
    say(f"Figure: {seen.figure}")
    say(f"Maps: {seen.maps}")


def _say_cycles(cycling: Cycling) -> None:
    for one in cycling.maps:
        by_charge = one.cycle.efficiency
        beside = f"; by charge {by_charge:.3f}" if math.isfinite(by_charge) else ""
        say(
            f"Cycle {one.number}: optical ratio of stripping to plating {one.ratio:.3f} ± "
            f"{one.ratio_error:.2g}{beside}; a place is uncertain by {one.place_error:.2g}"
        )
    fit = cycling.calibration
    if math.isfinite(fit.b):
        say(f"CE by charge = {fit.a:.3f} + {fit.b:.3f} x optical ratio; R2 {fit.r2:.4f}")


def _say_rates(scan: Path) -> None:
    """Say what films have shown so far, by condition."""
    from seccm import session

    for rate in session.rates_by_condition(scan):
        scatter = f" ± {100 * rate.sd:.2g} (sd)" if math.isfinite(rate.sd) else ""
        say(
            f"{rate.words or 'All'}: {100 * rate.mean:+.3g}{scatter} % per second at "
            f"{counted(rate.sites, 'site')}; {rate.brighter} became brighter"
        )


def rate_of(text: str, film: Path) -> float | None:
    """Read frames per second.

    Raises:
        PlanError: the text is none.
    """
    if not text:
        return None
    try:
        rate = parse(text, "Hz")
        if not rate > 0:
            raise ValueError("it must be more than 0.")
    except ValueError as error:
        raise PlanError(str(film), [Problem("--rate", f"{text!r}: {error}")]) from None
    return rate
