"""Sites that were found in a picture: what `seccm targets` has written, read once.

The plan then has all that the places depend on, and so has the data file: the picture by its
checksum, the landmarks and how well they agree, and the transform with its covariance.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, model_validator

from seccm.errors import Problem
from seccm.mistakes import Mistakes
from seccm.plan.places import (
    MOST_OWN,
    FromFile,
    ListOrder,
    Own,
    Places,
    Point,
    listed_places,
    own_problems,
    too_many,
)
from seccm.plan.registration import Registration
from seccm.quantities import Length, Model, Words, YesNo
from seccm.text_files import Unreadable, read_text

DIAMETER, ERROR = "d", "u"
"""What is known of every target: diameter, and standard deviation of its place along an axis."""
_KIND, _FORMAT = "seccm targets", 1
_REMEDY = "Make it with seccm targets."
Row2 = tuple[float, float]
Row4 = tuple[float, float, float, float]


class Landmark(Model):
    """What is seen in the picture, and is known on the stage."""

    label: Words
    """What it is called."""
    picture: Point
    """x and y from the upper left corner."""
    stage: Point
    """Stage coordinates."""
    missed: Length
    """By how much it misses its place."""
    used: YesNo
    """Whether the transform is made from it."""


class Origin(Model):
    """Where targets come from."""

    picture: Words
    """Name of the file."""
    sha256: Words
    """Checksum of the file."""
    pixel: Length
    """Length of a pixel."""
    footprint: Length
    """Diameter of the droplets for which the targets were chosen."""
    matrix: tuple[Row2, Row2]
    """Linear part of the transform from the picture to the stage."""
    middle: Point
    """Of the landmarks in the picture."""
    centre: Point
    """The same on the stage."""
    covariance: tuple[Row4, Row4, Row4, Row4]
    """Of the matrix's first column, and of the centre along x and y, in SI units."""
    landmarks: tuple[Landmark, ...]
    """From which the transform is made, and those that do not agree with it."""


class Targets(Model):
    """Particles that were found in a picture, as `seccm targets` has written them."""

    kind: Literal["targets"] = "targets"
    file: Annotated[Words, Field(examples=["gold.tif.targets.json"])]
    """What `seccm targets` has written; read once, then part of the plan."""
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=MOST_OWN), FromFile]
    """What the file said; a plan file leaves this out."""
    values: Annotated[Own, FromFile]
    """The same: "$d" stands for the diameter of a target, "$u" for the standard deviation of its
    place."""
    labels: Annotated[tuple[Words, ...], FromFile] = ()
    """The same."""
    origin: Annotated[Origin | None, FromFile] = None
    """The same: picture, landmarks and transform."""
    order: ListOrder = "listed"
    """In which they are visited: as listed, or on a short way from the first one on."""
    allow_overlap: YesNo = False
    """Whether footprints that overlap are meant to."""

    registration: ClassVar[Registration | None] = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any, info: ValidationInfo) -> Any:
        context = info.context or {}
        if not isinstance(given, dict) or not isinstance(given.get("file"), str):
            return given
        if own := [key for key in ("points", "values", "labels", "origin") if key in given]:
            if context.get("units") == "required":
                told = (Problem(key, "come from the file.", "Remove this key.") for key in own)
                raise Mistakes(told)
            return given
        return {**given, **read_targets(context.get("folder", Path()) / given["file"])}

    @model_validator(mode="after")
    def _one_for_each(self) -> Targets:
        wrong = own_problems(self.values, len(self.points))
        wrong += too_many(self.order, len(self.points))
        if wrong:
            raise Mistakes(wrong)
        return self

    def places(self) -> Places:
        """Return the places in the order of the visits."""
        return listed_places(self.points, None, self.order)


def read_targets(path: Path) -> dict[str, Any]:
    """Read what `seccm targets` has written, as a plan would have it: quantities with units.

    Raises:
        Mistakes: the file cannot be read, is of another kind, or has no target.
    """
    try:
        told = json.loads(read_text(path))
    except Unreadable as error:
        what = f'"{path}" {error.what}'
        if error.missing:
            what = f'"{path}" cannot be read: there is no such file.'
        remedy = error.remedy or "The file must be in the folder of the plan."
        raise Mistakes([Problem("file", what, remedy)]) from None
    except (ValueError, RecursionError) as error:
        what = f"{path.name} is not JSON ({error})."
        raise Mistakes([Problem("file", what, _REMEDY)]) from None
    if not isinstance(told, dict) or told.get("kind") != _KIND:
        raise Mistakes([Problem("file", f"{path.name} is not a file of targets.", _REMEDY)])
    if told.get("format") != _FORMAT:
        what = f"{path.name} has format {told.get('format')}, and only {_FORMAT} is known."
        raise Mistakes([Problem("file", what, "A newer version of this program may read it.")])
    try:
        return _as_plan(told)
    except Mistakes:
        raise
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        what = f"{path.name} is incomplete ({type(error).__name__}: {error})."
        raise Mistakes([Problem("file", what, _REMEDY)]) from None


def _as_plan(told: dict[str, Any]) -> dict[str, Any]:
    targets = told["targets"]
    if not targets:
        what = f"no particle of {told['picture']} is a target."
        remedy = "Its table says why; another footprint or margin may leave some."
        raise Mistakes([Problem("file", what, remedy)])
    values = {ERROR: [_length(target["u"]) for target in targets]}
    if all(target["d"] is not None for target in targets):
        values = {DIAMETER: [_length(target["d"]) for target in targets], **values}
    transform = told["transform"]
    marks = [
        {
            "label": mark["label"],
            "picture": _pair(mark["picture"]),
            "stage": _pair(mark["stage"]),
            "missed": _length(mark["missed"]),
            "used": mark["used"],
        }
        for mark in told["landmarks"]
    ]
    return {
        "points": [[_length(target["x"]), _length(target["y"])] for target in targets],
        "values": values,
        "labels": [target["label"] for target in targets],
        "origin": {
            "picture": told["picture"],
            "sha256": told["sha256"],
            "pixel": _length(told["pixel"]),
            "footprint": _length(told["footprint"]),
            "matrix": transform["matrix"],
            "middle": _pair(transform["middle"]),
            "centre": _pair(transform["centre"]),
            "covariance": transform["covariance"],
            "landmarks": marks,
        },
    }


def _length(metres: float) -> str:
    return f"{1e6 * float(metres):.6f} um"


def _pair(place: list[float]) -> list[str]:
    x, y = place
    return [_length(x), _length(y)]
