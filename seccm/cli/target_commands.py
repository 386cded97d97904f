"""The commands that lead from pictures to the stage, and from picture to picture."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seccm.cli.exits import sentences
from seccm.cli.image_commands import lengths
from seccm.cli.printing import say
from seccm.errors import PlanError, Problem
from seccm.typography import counted
from seccm.units import parse, show

if TYPE_CHECKING:
    from seccm.imaging.stage.target_file import Found


def targets(
    picture: Annotated[Path, typer.Argument(help="A picture of the sample: a TIFF file.")],
    landmarks: Annotated[
        Path,
        typer.Option(
            "--landmarks",
            help="Where things of the picture are on the stage: a table with the columns x (um), "
            "y (um), stage x (um), stage y (um), label; or a data file whose landings were seen.",
        ),
    ],
    footprint: Annotated[
        str, typer.Option("--footprint", help='Diameter of a droplet on the sample: "4 um".')
    ],
    pixel: Annotated[
        str, typer.Option("--pixel", help='Length of a pixel, "40 nm", if the file has no scale.')
    ] = "",
    mirrored: Annotated[
        bool,
        typer.Option(
            "--mirrored/--not-mirrored",
            help="Whether the stage's x and y turn the other way round in the picture, x to the "
            "right and y downward.",
        ),
    ] = True,
    particles: Annotated[
        Path | None,
        typer.Option(
            "--particles",
            help="A table of places in the picture (this program, Fiji, napari). Else that of "
            "seccm sem beside the picture is taken, or spots are looked for.",
        ),
    ] = None,
    dark: Annotated[
        bool, typer.Option("--dark", help="Look for spots that are darker than the ground.")
    ] = False,
    smallest: Annotated[
        str, typer.Option("--smallest", help='Smallest diameter of a target: "0.5 um".')
    ] = "",
    largest: Annotated[
        str, typer.Option("--largest", help='Largest diameter of a target: "2 um".')
    ] = "",
    margin: Annotated[
        str, typer.Option("--margin", help="Free ground around a footprint.")
    ] = "0.5 um",
    error: Annotated[
        str, typer.Option("--error", help="How well a landmark can be placed (standard deviation).")
    ] = "0.3 um",
    scale: Annotated[
        str, typer.Option("--scale", help="By how much the picture may be scaled at most.")
    ] = "10 %",
    reach: Annotated[
        str,
        typer.Option(
            "--reach", help='Where the stage can go: "x from, x to, y from, y to", with units.'
        ),
    ] = "",
    at: Annotated[
        str,
        typer.Option(
            "--at",
            help='When the targets will be visited, as the times of the landmarks: "40 min".',
        ),
    ] = "",
    used: Annotated[
        list[Path] | None,
        typer.Option("--used", help="A data file with landings on the sample. Can be repeated."),
    ] = None,
) -> None:
    """Find particles in a picture that a droplet can land on, and where they are on the stage.

    Writes the targets, which a plan reads as sites of kind "targets", a table of all particles
    with the reasons against them, a figure and a report page beside the picture.
    """
    from seccm import session
    from seccm.imaging.sem.micrograph import read_micrograph
    from seccm.imaging.stage.choice import Wanted

    with sentences():
        of = {
            name: lengths([text], 1, picture, f"--{name}")[0][0] if text else None
            for name, text in (
                ("footprint", footprint), ("pixel", pixel), ("smallest", smallest),
                ("largest", largest), ("margin", margin), ("error", error),
            )
        }  # fmt: skip
        for name in ("footprint", "error"):
            if not (of[name] or 0.0) > 0:
                what = "must be more than 0."
                raise PlanError(str(picture), [Problem(f"--{name}", what)])
        ends = lengths([reach], 4, picture, "--reach")[0] if reach else None
        wanted = Wanted(
            footprint=of["footprint"] or 0.0,
            margin=of["margin"] or 0.0,
            smallest=of["smallest"] or 0.0,
            largest=of["largest"] or math.inf,
        )
        found = session.find_targets(
            picture,
            landmarks,
            wanted,
            pixel=of["pixel"],
            mirrored=mirrored,
            particles=particles,
            error=of["error"] or 0.0,
            scale=share(scale, picture),
            reach=((ends[0], ends[1]), (ends[2], ends[3])) if ends else None,
            used=used or (),
            dark=dark,
            at=_time(at, picture),
        )
        from seccm.report.sheets import report_targets

        page = report_targets(read_micrograph(picture, of["pixel"]).image, found)
    _say(found)
    say(f"Report: {page}")


def _say(found: Found) -> None:
    fit, used = found.agreed.fit, found.agreed.used
    say(
        (found.picture.name, "bold"),
        f": {show(found.pixel, 'm', 4)} per pixel; {counted(len(found.places), 'particle')} from "
        f"{found.particles_from}",
    )
    mirrored = "mirrored" if fit.mirrored else "not mirrored"
    say(
        f"{int(used.sum())} of {counted(len(used), 'landmark')} agree: turned by "
        f"{math.degrees(fit.turned):.3f} deg, scaled by {fit.scale:.4f}, {mirrored}; a landmark is "
        f"uncertain by {show(fit.s, 'm', 2)}"
    )
    for sentence in (*found.notes, *found.drift.told):
        say((sentence, "yellow"))
    for k in range(len(used)):
        if not used[k]:
            missed = show(float(found.agreed.missed[k]), "m", 3)
            say((f"Landmark {found.landmarks.labels[k]} misses its place by {missed}: left out.",
                 "yellow"))  # fmt: skip
    chosen = found.chosen
    if chosen:
        worst = float(found.candidates.error[chosen].max())
        say(f"{counted(len(chosen), 'target')}, each known to {show(worst, 'm', 2)} or better")
    else:
        say(("No particle is a target.", "yellow"))
    for reason, count in Counter(found.reasons).items():
        if reason.value != "target":
            say(f"  {count} {reason.value}")
    say("Targets: ", (str(found.file), "bold"))
    say(f"Table: {found.table}")
    say(f"Figure: {found.figure}")


def _time(text: str, picture: Path) -> float | None:
    """Read a time; None of no text.

    Raises:
        PlanError: the text is none.
    """
    try:
        return parse(text, "s") if text else None
    except ValueError as error:
        raise PlanError(str(picture), [Problem("--at", f"{text!r}: {error}")]) from None


def share(text: str, picture: Path) -> float:
    """Read a share between 0 and 1.

    Raises:
        PlanError: the text is none.
    """
    try:
        share = parse(text, "1")
        if not 0 < share < 1:
            raise ValueError("must be between 0 % and 100 %.")
    except ValueError as error:
        raise PlanError(str(picture), [Problem("--scale", f"{text!r}: {error}")]) from None
    return share
