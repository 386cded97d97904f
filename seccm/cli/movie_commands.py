"""The commands about the movie of a run."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seccm.cli.exits import sentences
from seccm.cli.printing import say
from seccm.errors import PlanError, Problem
from seccm.movie.facts import Verdict
from seccm.shell import command
from seccm.typography import counted
from seccm.units import show

if TYPE_CHECKING:
    from seccm.movie.levels import Compared
    from seccm.session.movies import MovieReport, TimesReport


class Level(StrEnum):
    """What may give the times of frames."""

    EDGES = "edges"
    LAMP = "lamp"
    LANDINGS = "landings"
    HOST = "host"


_TELLS = {"edges": "edge", "lamp": "pulse", "landings": "landing", "host": "stamp"}

movie_app = typer.Typer(
    help="The movie of a run: what is in it, a site's part of it, and mending.",
    no_args_is_help=True,
)
FileArgument = Annotated[Path, typer.Argument(help="A data file (.h5) of a run with a camera.")]


@movie_app.command()
def info(file: FileArgument) -> None:
    """Say what is in the movie of a run: frames, losses, and how well their times are known."""
    from seccm.session.movies import movie_report

    with sentences():
        for line in _lines(movie_report(file), file):
            say(line)


@movie_app.command()
def export(
    file: FileArgument,
    site: Annotated[
        int | None, typer.Option("--site", help="Only the frames of this site.")
    ] = None,
    crop: Annotated[
        str,
        typer.Option("--crop", help='A part of the picture: "left, top, width, height", pixels.'),
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The new movie, such as site-12.ome.tif.")
    ] = None,
) -> None:
    """Write the frames of a site into a movie of their own, with their times.

    Fiji opens it with the importer of Bio-Formats, napari as it is.
    """
    from seccm.session.movies import export_movie

    with sentences():
        part = _crop(crop, file) if crop else None
        name = file.stem if site is None else f"{file.stem}-site-{site}"
        target = output or file.with_name(f"{name}{'-frames' if site is None else ''}.ome.tif")
        count = export_movie(file, site, target, part)
        say(f"{target}: {counted(count, 'frame')}")


@movie_app.command()
def times(
    file: FileArgument,
    sync: Annotated[
        Level | None,
        typer.Option("--sync", help="What gives the times; as the run had it unless given."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put the times into the file and its movie.")
    ] = False,
) -> None:
    """Work out again when frames were taken, and say whether all ways to know it agree.

    Edges of exposures, pulses of the lamp, landings that frames show, and stamps of the computer
    stay in the file as they were found.
    """
    from seccm.session.movies import movie_times

    with sentences():
        told = movie_times(file, None if sync is None else sync.value, write=write)
        for line in _time_lines(told, file, written=write):
            say(line)


@movie_app.command()
def repair(file: FileArgument) -> None:
    """Mend the movie of a run whose program was killed: every whole frame stays."""
    from seccm.session.movies import movie_report, repair_movie

    with sentences():
        found = repair_movie(file)
        cut = f", {found.cut} bytes behind the last one cut off" if found.cut else ""
        if found.described:
            cut = ", nothing to mend"
        say(f"{file}: the movie has {counted(found.pages, 'whole frame')}{cut}.")
        for line in _missing(movie_report(file)):
            say((line, "yellow"))
        say(f"A run that broke off goes on with the next frame: {command('seccm', 'resume', file)}")


def _lines(told: MovieReport, file: Path) -> list[str]:
    facts = told.facts
    pixel = f", {show(facts.pixel, 'm', 3)} a pixel" if facts.pixel else ""
    lines = [
        f"{told.path}: {counted(told.found.pages, 'frame')} of {facts.width} x {facts.height} "
        f"pixels, {facts.bits} bit{pixel}",
        f"Camera: {facts.camera}{', ' + facts.objective if facts.objective else ''}; kept: "
        f"{facts.frames}",
        f"{counted(told.arrived, 'frame')} arrived, {told.lost} lost, {told.kept} listed as kept",
    ]
    for first, last in told.gaps:
        lines.append(f"  lost: {first}" if first == last else f"  lost: {first} to {last}")
    states = ", ".join(f"{count} {status.words}" for status, count in told.statuses.items())
    if states:
        lines.append(f"Times by {facts.sync}: {states}")
    if math.isfinite(told.uncertainty):
        lines.append(f"Typical uncertainty of a time: {show(told.uncertainty, 's', 2)}")
    for other in told.disagreeing:
        compare = command("seccm", "movie", "times", file)
        lines.append(f"These times DISAGREE with those by {other}: {compare}")
    if math.isfinite(told.seconds):
        lines.append(f"From the first frame to the last: {show(told.seconds, 's', 4)}")
    lines += _missing(told)
    if not told.found.described:
        lines.append(
            "It was not closed, or was cut off. Every whole frame can be read; to put their times "
            "in: " + command("seccm", "movie", "repair", file)
        )
    return lines


def _missing(told: MovieReport) -> list[str]:
    """Say which frames of the data file are not in the movie any more."""
    if not told.missing:
        return []
    return [
        f"{counted(told.missing, 'frame')} that the data file lists as kept "
        f"{'is' if told.missing == 1 else 'are'} not in the movie: it was cut off after it was "
        "recorded. Put a whole copy of it beside the data file."
    ]


def _time_lines(told: TimesReport, file: Path, *, written: bool) -> list[str]:
    lines = [f"Times of the frames by {told.sync}."]
    for session, times in enumerate(told.sessions):
        if len(told.sessions) > 1:
            lines.append(f"Session {session}: {counted(len(times.t), 'frame')}")
        lines += [f"  {_of_level(level)}" for level in times.levels]
    if told.same:
        lines.append("The file has these times.")
    elif written:
        lines.append("The file had other times, and has these now.")
    else:
        more = () if told.sync == "host" else ("--sync", told.sync)
        lines.append(
            "The file has other times. To put these in: "
            + command("seccm", "movie", "times", file, *more, "--write")
        )
    return lines


def _of_level(level: Compared) -> str:
    """Say what one way to know times says."""
    counts = f"{level.kind:<9} {counted(level.count, _TELLS[level.kind])}"
    if not math.isfinite(level.error):
        return f"{counts}: tells nothing"
    if level.used:
        return f"{counts}: ± {show(level.error, 's', 2)}; gives the times"
    off = f"{show(level.offset, 's', 3)} later ± {show(level.error, 's', 2)}"
    if level.verdict is Verdict.AGREES:
        return f"{counts}: {off}; agrees"
    times = abs(level.offset) / level.error
    return f"{counts}: {off}; DISAGREES, {times:.0f} standard uncertainties"


def _crop(text: str, file: Path) -> tuple[int, int, int, int]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):
        what = f'"{text}" is not a part of a picture.'
        raise PlanError(str(file), [Problem("--crop", what, 'Write "100, 120, 400, 400".')])
    left, top, width, height = map(int, parts)
    return left, top, width, height
