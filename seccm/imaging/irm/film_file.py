"""Films as microscopes store them: TIFF files with one picture a page, and the times of the pages.

Times are read from what Micro-Manager, OME and ImageJ write. The pages of a film are read one by
one when they are asked for: a film may be larger than the memory.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import PlanError, Problem
from seccm.imaging.reading import Refused, all_there, numbers_of, read_failures
from seccm.imaging.sem.micrograph import EXTRA, needed
from seccm.installing import install_hint
from seccm.library_log import unlogged
from seccm.typography import counted
from seccm.units import show

if TYPE_CHECKING:
    from tifffile import TiffFile

_MICRO_MANAGER = 51123
"""Number of the tag in which Micro-Manager stores what it knows of a picture."""
FEWEST = 8
"""Frames of a film."""
SMALLEST, LARGEST = 64, 2**26
"""Pixels along a side of a frame, and of a frame."""
_GREY = "Export it as TIFF, in shades of grey with black as 0."
_WHOLE = "Take a film whose frames are all of one kind, or leave this frame out."


class Film(Protocol):
    """A film, wherever its frames are."""

    @property
    def path(self) -> Path:
        """The file with its frames."""

    @property
    def t(self) -> FloatArray:
        """Seconds since the first frame, shape (frames,)."""

    @property
    def times_from(self) -> str:
        """Where the times come from, as the end of a sentence."""

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[FloatArray]:
        """Yield frames, each of shape (rows, columns), counts."""


@dataclass(frozen=True, slots=True)
class FilmFile:
    """A film that can be read."""

    path: Path
    t: FloatArray
    """Seconds since the first frame, shape (frames,)."""
    times_from: str
    """Where the times come from, as the end of a sentence."""
    shape: tuple[int, int]
    """Rows and columns of a frame."""

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[FloatArray]:
        """Yield frames, each of shape (rows, columns), counts.

        Raises:
            PlanError: a frame cannot be read.
        """
        from tifffile import TiffFile

        with unlogged("tifffile"), TiffFile(self.path) as file:
            for number, page in enumerate(file.pages[start:stop], start):
                try:
                    yield self._frame(page)
                except Refused as error:
                    where = Problem(f"frame {number + 1}", error.what, _WHOLE)
                    raise PlanError(str(self.path), [where]) from None
                except Exception as error:  # whatever a damaged page makes of its decoder
                    what = f"cannot be read ({error}): the file is damaged, or was cut off."
                    where = Problem(f"frame {number + 1}", what, _WHOLE)
                    raise PlanError(str(self.path), [where]) from None

    def _frame(self, page: Any) -> FloatArray:
        """Return the frame of a page.

        Raises:
            Refused: it is not one of this film, or no picture.
        """
        if tuple(page.shape) != self.shape:
            size, first = (" x ".join(map(str, each)) for each in (page.shape, self.shape))
            raise Refused(f"has {size} pixels, and the first frame has {first}.")
        if why := _no_brightness(page):
            raise Refused(f"has {why}.")
        all_there(page)
        return numbers_of(page.asarray())


def open_film(path: Path, rate: float | None = None) -> FilmFile:
    """Open a film.

    Args:
        path: of a TIFF file with one picture in shades of grey on each page.
        rate: frames per second, if the file does not have times. Real times of frames are better:
            cameras do not keep their rate.

    Raises:
        PlanError: the file is no film, or has no times.
    """
    try:
        from tifffile import TiffFile
    except ModuleNotFoundError as error:
        raise PlanError(str(path), [Problem("file", needed(error), install_hint(EXTRA))]) from None
    with read_failures(path, "film"), TiffFile(path) as file:
        count = len(file.pages)
        first = file.pages.first
        shape, kind = tuple(first.shape), first.dtype
        times = _times(file, count)
    wrong = []
    if len(shape) != 2 or kind is None or kind.kind not in "uif":
        size = " x ".join(map(str, shape))
        what = f"its pages are not pictures in shades of grey: {size} numbers."
        wrong.append(Problem("file", what, "Export it as TIFF, in shades of grey."))
    elif min(shape) < SMALLEST or math.prod(shape) > LARGEST:
        what = (
            f"its pages have {shape[0]} x {shape[1]} pixels: at least {SMALLEST} x {SMALLEST} are "
            f"needed, and at most {LARGEST / 2**20:.0f} million are read."
        )
        wrong.append(Problem("file", what, "Cut out the footprint with some ground around it."))
    if why := _no_brightness(first):
        wrong.append(Problem("file", f"its pages have {why}.", _GREY))
    if count < FEWEST:
        wrong.append(Problem("file", f"has {counted(count, 'frame')}, and {FEWEST} are needed."))
    if times is None and rate is None:
        what = "the film does not say when its frames were taken."
        wrong.append(Problem("times", what, 'Give their rate: --rate "4.3 Hz".'))
    if wrong:
        raise PlanError(str(path), wrong)
    if times is None or rate is not None:
        assert rate is not None
        t, source = np.arange(count) / rate, "the rate that was given"
    else:
        t, source = times[0] - times[0][0], times[1]
    later = np.diff(t) > 0  # also False where a time is not a number
    if not later.all():
        number = int(np.argmin(later)) + 2
        what = f"frame {number} is not later than the one before it, by {source}."
        raise PlanError(str(path), [Problem("times", what, "Give their rate with --rate.")])
    return FilmFile(path, t, source, (shape[0], shape[1]))


def _no_brightness(page: Any) -> str:
    """Return why the numbers of a page are no brightness; nothing if they are."""
    if page.photometric == 0:
        return "numbers that are the larger the darker it is (white is 0)"
    if page.photometric == 3 and not page.parent.is_imagej:  # whose palettes change no number
        return "the numbers of colours of a palette in the place of brightness"
    return ""


def lost(t: FloatArray) -> int:
    """Return how many frames seem to be missing, by the gaps between their times."""
    steps = np.diff(t)
    usual = float(np.median(steps))
    return int((np.rint(steps / usual) - 1).clip(0).sum())


def _times(file: TiffFile, count: int) -> tuple[FloatArray, str] | None:
    """Return the times of the frames in seconds, and who says so; None if nobody does."""
    found = _of_micro_manager(file)
    if found is not None and found.size == count:
        return found, "Micro-Manager"
    found = _of_ome(file.ome_metadata or "")
    if found is not None and found.size == count:
        return found, "OME"
    interval = (file.imagej_metadata or {}).get("finterval")
    if isinstance(interval, int | float) and interval > 0:
        return np.arange(count, dtype=np.float64) * float(interval), "ImageJ's interval of frames"
    return None


def _of_micro_manager(file: TiffFile) -> FloatArray | None:
    found = []
    for page in file.pages:
        tags = getattr(page, "tags", {})
        if _MICRO_MANAGER not in tags:
            return None
        said: Any = tags[_MICRO_MANAGER].value
        told = json.loads(said) if isinstance(said, str | bytes) else said
        found.append(1e-3 * float(told["ElapsedTime-ms"]))
    return np.array(found)


def _of_ome(xml: str) -> FloatArray | None:
    planes = re.findall(r"<(?:\w+:)?Plane\b[^>]*>", xml)
    found: dict[int, float] = {}
    for plane in planes:
        number, delta = (re.search(rf'\b{name}="([^"]+)"', plane) for name in ("TheT", "DeltaT"))
        unit = re.search(r'\bDeltaTUnit="([^"]+)"', plane)
        factor = {"s": 1.0, "ms": 1e-3}.get(unit[1] if unit else "s")
        if number is None or delta is None or factor is None:
            return None
        found[int(number[1])] = factor * float(delta[1])
    if not found or sorted(found) != list(range(len(found))):
        return None
    return np.array([found[k] for k in range(len(found))])


def words(film: Film) -> str:
    """Return how many frames there are, how fast, and by whom."""
    rate = (film.t.size - 1) / float(film.t[-1])
    many = counted(film.t.size, "frame")
    return f"{many}, {show(rate, 'Hz', 3)} on average, times by {film.times_from}"
