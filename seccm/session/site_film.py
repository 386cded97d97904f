"""The film of one site out of the movie that was taken during a run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seccm.arrays import FloatArray, IntArray
from seccm.data import Scan
from seccm.errors import PlanError, Problem
from seccm.imaging.irm.film_file import FEWEST
from seccm.movie.facts import FrameStatus
from seccm.movie.reader import Movie

if TYPE_CHECKING:
    from seccm.imaging.irm.viewing import Viewed

_TIMED = (FrameStatus.OK, FrameStatus.SATURATED)
_HOST = (*_TIMED, FrameStatus.HOST_TIME)


@dataclass(frozen=True, slots=True)
class SiteFilm:
    """Frames of one site. Arrays have shape (frames,)."""

    movie: Movie
    pages: IntArray
    t: FloatArray
    """Seconds since the first frame."""
    start: float
    """Of the first frame, seconds since contact."""
    exposure: float
    """Seconds."""
    times_from: str

    @property
    def path(self) -> Path:
        """The movie."""
        return self.movie.path

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[FloatArray]:
        """Yield frames, each of shape (rows, columns), counts.

        Raises:
            DataFileError: one cannot be read.
        """
        for page in self.pages[start:stop].tolist():
            yield np.asarray(self.movie.frame(page), np.float64)


def film_of(scan: Scan, site: int) -> tuple[SiteFilm, float]:
    """Return the film of a site, and the length of a pixel as the camera has it, metres.

    Frames whose time is not known are left out: a wrong time is worse than a gap.

    Raises:
        PlanError: there is no film of it.
        DataFileError: the movie is missing.
    """
    frames, contact = scan.frames, float(scan.sites["t_contact"][site])
    facts = frames.facts
    if facts is None or frames.movie is None:
        what = "the run had no camera."
        raise PlanError(str(scan.path), [Problem("film", what, "Give a film: seccm irm film.tif")])
    rows = frames.of_site(site)
    status = np.asarray(frames["status"])[rows]
    by_edges = np.isin(status, _TIMED)
    # Times by the computer's clock only where no frame has a better one: mixed, they would jump.
    kept = rows[by_edges if by_edges.any() else np.isin(status, _HOST)]
    t = np.asarray(frames["t"], np.float64)[kept]
    kept, t = kept[np.isfinite(t)], t[np.isfinite(t)]
    rising = t > np.concatenate([[-math.inf], np.maximum.accumulate(t)[:-1]]) if t.size else t > 0
    kept, t = kept[rising], t[rising]
    if kept.size < FEWEST or not math.isfinite(contact):
        what = f"there are {kept.size} frames of site {site} with a time, and {FEWEST} are needed."
        if not math.isfinite(contact):
            what = f"site {site} had no contact."
        raise PlanError(str(scan.path), [Problem("film", what)])
    exposure = float(np.nanmedian(np.asarray(frames["exposure"], np.float64)[kept]))
    # When the droplet leaves, brightness steps back: no growth.
    wet = t + (exposure if math.isfinite(exposure) else 0.0) <= _measured_until(scan, site)
    kept, t = kept[wet], t[wet]
    if kept.size < FEWEST:
        what = f"{kept.size} frames were taken before the droplet of site {site} was left."
        raise PlanError(str(scan.path), [Problem("film", what, f"{FEWEST} are needed.")])
    film = SiteFilm(
        movie=frames.movie,
        pages=np.asarray(frames["index"], np.int64)[kept],
        t=t - t[0],
        start=float(t[0]) - contact,
        exposure=exposure,
        times_from="the edges of the exposures" if by_edges.any() else "the computer's clock",
    )
    return film, facts.pixel


def _measured_until(scan: Scan, site: int) -> float:
    """Return when the last step of a site ended, in seconds of the run; infinity without steps."""
    here = np.flatnonzero(scan.steps["site"] == site)
    if not here.size:
        return math.inf
    last = int(here[-1])
    begun, size, period = (float(scan.steps[name][last]) for name in ("t", "size", "period"))
    return begun + size * period


def contact_by_film(film: SiteFilm, viewed: Viewed) -> float:
    """Return when the film shows the landing, less the contact of the record, seconds.

    By the share of the change that the exposure shows in which the droplet landed: it was wet for
    that share of it.

    Args:
        film: of the site.
        viewed: what it shows.
    """
    first = viewed.contact
    numbers = range(max(0, first - 5), first + 1)
    lit = [
        frame / lamp
        for frame, lamp in zip(
            film.frames(numbers.start, numbers.stop), viewed.lamp[numbers.start :], strict=False
        )
    ]
    before = np.mean(lit[:-2], axis=0)
    part, whole = (frame - before for frame in lit[-2:])
    inside = viewed.footprint.mask
    change = float(whole[inside].mean())
    if not change or not film.exposure > 0:
        return math.nan
    share = min(max(float(part[inside].mean()) / change, 0.0), 1.0)
    wet = float(film.t[first - 1]) + film.exposure * (1 - share)
    return film.start + wet
