"""Whatever a damaged or foreign file makes of its reader is told in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.errors import PlanError, Problem
from seccm.library_log import unlogged

_FARTHEST, _NEAREST = 1e100, 1e-100
"""Numbers between which squares and sums of pixels can be calculated."""


class Refused(Exception):
    """A file is no picture that can be used; the text says why, as the end of a sentence."""

    def __init__(self, what: str, remedy: str = "Export it as TIFF, in shades of grey.") -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@contextmanager
def read_failures(path: Path, kind: str = "picture") -> Iterator[None]:
    """Tell in a sentence whatever a damaged file makes of its reader.

    Args:
        path: of the file.
        kind: what it should be, as "cannot be read as a TIFF ..." goes on.

    Raises:
        PlanError: in the place of what the reader raised.
    """
    try:
        with unlogged("tifffile"):
            yield
    except (PlanError, ModuleNotFoundError):
        raise
    except Refused as error:
        raise PlanError(str(path), [Problem("file", error.what, error.remedy)]) from None
    except Exception as error:
        # Of what the libraries raise at damaged files no list is complete.
        what = f"cannot be read as a TIFF {kind} ({_why(error)})."
        raise PlanError(str(path), [Problem("file", what, "Export it as TIFF.")]) from None


def _why(error: Exception) -> str:
    """Return what an error says, in words where it says only a name or a number."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    said = " ".join(str(error).split())
    # Errors of look-ups say the key that was not there, and nothing else.
    return said if " " in said else "it is damaged, or was cut off"


def all_there(page: Any) -> None:
    """Check that every part of a picture was written: readers take a missing one for black.

    Args:
        page: of an open TIFF file.

    Raises:
        Refused: parts are missing.
    """
    counts = page.databytecounts
    missing = sum(not count for count in counts)
    if missing or not counts:
        what = f"is incomplete: {missing} of {len(counts)} parts of the picture were never written."
        raise Refused(what, "Save it once more from its microscope's program.")


def numbers_of(picture: npt.NDArray[np.generic]) -> FloatArray:
    """Return the pixels of a picture as floats.

    Args:
        picture: of any shape and type.

    Raises:
        Refused: its pixels are not all numbers that can be calculated with.
    """
    if picture.dtype.kind not in "uif":
        raise Refused(f"has pixels that are not a brightness ({_TYPES.get(picture.dtype.kind)}).")
    image = np.asarray(picture, np.float64)
    wrong = int((~np.isfinite(image)).sum())
    if wrong:
        raise Refused(
            f"has {wrong} of {image.size} pixels that are not numbers.",
            "Cut them off, or give them the brightness of their surroundings.",
        )
    far = float(np.abs(image).max(initial=0.0))
    span = float(np.ptp(image)) if image.size else 0.0
    if far > _FARTHEST or 0 < span < _NEAREST:
        number = far if far > _FARTHEST else span
        raise Refused(
            f"has a brightness of {number:.2g}: numbers from {_NEAREST:g} to {_FARTHEST:g} can be "
            "calculated with.",
            "Save it in 16 bits.",
        )
    return image


_TYPES = {"b": "black or white only", "c": "complex numbers"}
