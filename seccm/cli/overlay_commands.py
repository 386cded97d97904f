"""The command that brings pictures of one place onto one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seccm.cli.exits import sentences
from seccm.cli.image_commands import lengths
from seccm.cli.printing import say
from seccm.cli.target_commands import share
from seccm.errors import PlanError, Problem
from seccm.typography import counted
from seccm.units import show

if TYPE_CHECKING:
    from seccm.imaging.overlay.made import Overlay


def overlay(
    first: Annotated[
        Path,
        typer.Argument(help='A picture: a TIFF file, or a map of a film, "film.tif.irm.h5:onset".'),
    ],
    others: Annotated[list[Path], typer.Argument(help="Pictures that are brought onto it.")],
    landmarks: Annotated[
        list[Path],
        typer.Option(
            "--landmarks",
            help="A table with the columns x (um), y (um) in the first picture, other x (um), "
            "other y (um) in the other, label. One for each other picture, in their order.",
        ),
    ],
    pixel: Annotated[
        list[str] | None,
        typer.Option(
            "--pixel",
            help='Length of a pixel, "40 nm", of the pictures in their order; "" where the file '
            "says it.",
        ),
    ] = None,
    mirrored: Annotated[
        list[Path] | None,
        typer.Option("--mirrored", help="This other picture is mirrored against the first one."),
    ] = None,
    region: Annotated[
        str, typer.Option("--region", help='What counts: "x, y, diameter" in the first picture.')
    ] = "",
    line: Annotated[
        str, typer.Option("--line", help='Profiles along it: "x, y, x, y" in the first picture.')
    ] = "",
    width: Annotated[
        str, typer.Option("--width", help="Width of the band across the line that is averaged.")
    ] = "0.4 um",
    error: Annotated[
        str, typer.Option("--error", help="How well a landmark can be placed (standard deviation).")
    ] = "0.1 um",
    scale: Annotated[
        str, typer.Option("--scale", help="By how much a picture may be scaled at most.")
    ] = "10 %",
) -> None:
    """Bring pictures of one place onto one another by landmarks, and compare them.

    Writes the pictures on one grid (HDF5), correlations, profiles, a figure and a report page
    beside the first.
    """
    from seccm import session
    from seccm.imaging.overlay.profile import Line
    from seccm.session.overlays import Picture

    with sentences():
        if len(landmarks) != len(others):
            what = (
                f"there are {counted(len(others), 'other picture')} and "
                f"{counted(len(landmarks), 'table')} of landmarks: give one for each."
            )
            raise PlanError(str(first), [Problem("--landmarks", what)])
        pixels = _pixels(pixel or [], 1 + len(others), first)
        hands = _mirrored(mirrored or [], others, first)
        ends = lengths([line], 4, first, "--line")[0] if line else None
        band = lengths([width], 1, first, "--width")[0][0]
        if ends is not None and math.dist(ends[:2], ends[2:]) == 0:
            raise PlanError(str(first), [Problem("--line", "begins where it ends.")])
        circle = lengths([region], 3, first, "--region")[0] if region else None
        placed = lengths([error], 1, first, "--error")[0][0]
        if not placed > 0:
            raise PlanError(str(first), [Problem("--error", "must be more than 0.")])
        made = session.lay_over(
            first,
            [Picture(*each) for each in zip(others, landmarks, hands, pixels[1:], strict=True)],
            pixel=pixels[0],
            error=placed,
            scale=share(scale, first),
            region=None if circle is None else (circle[0], circle[1], circle[2]),
            line=None if ends is None else Line(ends[0], ends[1], ends[2], ends[3], band),
        )
        from seccm.report.sheets import report_overlay

        page = report_overlay(made)
    _say(made, page)


def _say(made: Overlay, page: Path) -> None:
    rows, columns = made.grid.shape
    say(f"Grid: {columns} x {rows} pixels of {show(made.grid.pixel, 'm', 3)}")
    for each in made.layers[1:]:
        assert each.agreed is not None
        fit, used = each.agreed.fit, each.agreed.used
        say(
            (each.name, "bold"),
            f": {int(used.sum())} of {counted(len(used), 'landmark')} agree; turned by "
            f"{math.degrees(fit.turned):.3f} deg, scaled by {fit.scale:.4f}, "
            f"{'mirrored' if fit.mirrored else 'not mirrored'}; places are known to "
            f"{show(each.error, 'm', 2)} or better",
        )
        for k in range(len(used)):
            if not used[k]:
                missed = show(float(each.agreed.missed[k]), "m", 3)
                say((f"Landmark {each.labels[k]} misses its place by {missed}: left out.",
                     "yellow"))  # fmt: skip
    for note in made.notes:
        say((note, "yellow"))
    for (a, b), found in made.correlations.items():
        if why := made.alike(a, b):
            say((why, "yellow"))
            continue
        by = f"; ± {found.by_transform:.2g} by how they lie" if found.by_transform >= 0 else ""
        say(
            f"{a} and {b}: r = {found.r:.3f} (95 %: {found.low:.3f} to {found.high:.3f}{by}), of "
            f"ranks {found.ranks:.3f}; {found.pixels} pixels, {1e12 * found.area:.4g} um^2, "
            f"{found.independent:.0f} independent places"
        )
    say("Report: ", (str(page), "bold"))
    say(f"Figure: {made.figure}")
    if made.profiles:
        say(f"Profiles: {made.table}")
    say(f"Layers: {made.maps}; summary: {made.summary}")


def _pixels(texts: Sequence[str], count: int, first: Path) -> list[float | None]:
    """Read the length of a pixel of each picture; None where its file says it.

    Raises:
        PlanError: there are more than pictures, or one is not a length.
    """
    if len(texts) > count:
        what = f"has {counted(len(texts), 'value')}, but there are {counted(count, 'picture')}."
        raise PlanError(str(first), [Problem("--pixel", what)])
    given = [*texts, *[""] * (count - len(texts))]
    return [lengths([text], 1, first, "--pixel")[0][0] if text else None for text in given]


def _mirrored(given: Sequence[Path], others: Sequence[Path], first: Path) -> list[bool]:
    """Return which of the other pictures are mirrored.

    Raises:
        PlanError: one that is given is none of them.
    """
    if strange := [each for each in given if each not in others]:
        what = f"{strange[0]} is none of the other pictures."
        raise PlanError(str(first), [Problem("--mirrored", what)])
    return [each in given for each in others]
