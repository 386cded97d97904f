"""Looking at a film of a site, and joining what it shows to the site."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from seccm.analysis.features import STATUSES
from seccm.data import Column, FeatureValues, Scan, open_scan, rewrite_features
from seccm.data.whereabouts import Whereabouts
from seccm.errors import PlanError, Problem
from seccm.imaging.irm.coulombic import FRAMES, Cycling
from seccm.imaging.irm.film_file import Film, lost, open_film
from seccm.imaging.irm.places import PlaceStatus
from seccm.imaging.irm.seen import Seen, maps_beside
from seccm.imaging.sem.files import checksum
from seccm.imaging.sem.micrograph import EXTRA, needed
from seccm.installing import install_hint
from seccm.movie.facts import SIGNS
from seccm.results import Status
from seccm.session.analysing import same_file
from seccm.session.film_cycles import Commanded, commanded, read_cycles
from seccm.session.site_columns import kept_or_empty, site_in
from seccm.session.site_film import contact_by_film, film_of
from seccm.units import show

if TYPE_CHECKING:
    from seccm.imaging.irm.viewing import Viewed

_FINEST, _COARSEST = 1e-9, 1e-5
"""Metres per pixel of a film."""
_SYNCHRONOUS = 0.06
"""Seconds by which film and record may differ about the contact, however fast the film is."""
COLUMNS = (
    Column("irm_contact_t", "s", "contact as the film shows it, less that of the record"),
    Column("irm_footprint_d", "m", "diameter of the footprint in the film"),
    Column("irm_footprint_x", "m", "middle of the footprint in the film, from the left side"),
    Column("irm_footprint_y", "m", "middle of the footprint in the film, from the upper side"),
    Column("irm_t_onset", "s", "optical onset of growth in the film, since contact"),
    Column("irm_t_max", "s", "time of the fastest change of brightness, since contact"),
    Column("irm_rate", "1/s", "relative change of brightness per second, after the optical onset"),
    Column("irm_dI_end", "1", "relative change of brightness at the end of the film"),
    Column("irm_drift", "m", "how far the sample moved during the film"),
    Column("irm_ce_first", "1", "optical ratio of stripping to plating in the first cycle"),
    Column("irm_ce_last", "1", "optical ratio of stripping to plating in the last cycle"),
)


def view_film(
    path: str | Path,
    pixel: float,
    *,
    rate: float | None = None,
    contact: int | None = None,
    scan: str | Path | None = None,
    site: int | None = None,
    cycles: str | Path | None = None,
    rest: int = FRAMES,
    sign: int = 0,
) -> Seen:
    """Find footprint, growth and optical onset in a film; write the maps beside it.

    Args:
        path: of a TIFF film of interference reflection microscopy.
        pixel: metres per pixel.
        rate: frames per second, where the film has no times.
        contact: number of the first landed frame, from 1; looked for unless given.
        scan: the data file of the site, which says when it plated and stripped.
        site: its number there.
        cycles: a table of when it plated and stripped, where there is no such file.
        rest: frames that are averaged at each point of rest of a cycle.
        sign: of the contrast of what grows on this microscope: 1 or -1; 0 to take it from the film.

    Raises:
        PlanError: the film cannot be used, or shows no landing; nothing was written.
    """
    path = Path(path)
    film = open_film(path, rate)
    done = None
    if scan is not None and site is not None:
        with open_scan(Path(scan)) as opened:
            site_in(opened, site)
            done = commanded(opened, site)
    if cycles is not None:
        done = Commanded(read_cycles(Path(cycles)), np.zeros(2), np.zeros(2))
    viewed = _viewed(film, pixel, None if contact is None else contact - 1, done, rest, sign)
    maps, figure = (path.with_name(f"{path.name}.irm.{end}") for end in ("h5", "png"))
    seen = Seen(film, pixel, viewed, maps, figure)
    _written(seen, checksum(path))
    return seen


def view_site(
    scan: str | Path, site: int, pixel: float | None = None, *, rest: int = FRAMES, sign: int = 0
) -> Seen:
    """Do the same with the movie that was taken during a run.

    Args:
        scan: a data file of a run with a camera.
        site: its number.
        pixel: metres per pixel, where the camera of the rig does not say it.
        rest: frames that are averaged at each point of rest of a cycle.
        sign: of the contrast of what grows on this microscope: 1 or -1; 0 to take what the rig file
            of the run had recorded, or else the film.

    Raises:
        PlanError: the file has no movie of the site, or it shows no landing.
        DataFileError: file or movie cannot be read.
    """
    scan = Path(scan)
    with open_scan(scan) as opened:
        site_in(opened, site)
        film, own = film_of(opened, site)
        virtual = opened.header.virtual
        facts = opened.frames.facts
        sign = sign or SIGNS.get(facts.growth if facts is not None else "", 0)
        done = commanded(opened, site)
    pixel = pixel or own
    if not (pixel and math.isfinite(pixel)):
        what = "the camera of the rig does not say how large a pixel is."
        raise PlanError(str(scan), [Problem("pixel", what, 'Give it: --pixel "40 nm".')])
    first = int(np.searchsorted(film.t, -film.start))
    # What is commanded counts from contact, the film from its first landed frame.
    late = film.start + float(film.t[min(first, film.t.size - 1)])
    moved = done.later(late) if done is not None else None
    viewed = _viewed(film, pixel, first, moved, rest, sign)
    maps = maps_beside(scan, site)
    figure = maps.with_suffix(".png")
    found = contact_by_film(film, viewed)
    seen = Seen(film, pixel, viewed, maps, figure, found, late, virtual)
    _written(seen, checksum(film.path))
    return seen


def _viewed(
    film: Film, pixel: float, first: int | None, done: Commanded | None, rest: int, sign: int
) -> Viewed:
    """Analyse a film.

    Raises:
        PlanError: it shows no landing, its pixels are none, or a package is missing.
    """
    if not _FINEST <= pixel <= _COARSEST:
        what = (
            f"{show(pixel, 'm', 4)} per pixel is outside of {show(_FINEST, 'm')} to "
            f"{show(_COARSEST, 'm')}, what a microscope can have."
        )
        raise PlanError(str(film.path), [Problem("pixel", what, 'Give it: --pixel "40 nm".')])
    try:
        from seccm.imaging.irm.lit import Unseen, with_light
        from seccm.imaging.irm.viewing import landing, view
    except ModuleNotFoundError as error:
        missing = Problem("file", needed(error), install_hint(EXTRA))
        raise PlanError(str(film.path), [missing]) from None
    try:
        first = landing(with_light(film.frames, 0, None)) if first is None else first
        if done is None:
            return view(film.frames, film.t, first, pixel, rest=rest, sign=sign)
        t = film.t
        known = bool(np.ptp(done.charge) > 0)
        return view(
            film.frames,
            t,
            first,
            pixel,
            cycles=done.cycles,
            charge=done.at(t[first:] - t[first]) if known and first < t.size else None,
            until=done.grown,
            rest=rest,
            sign=sign,
        )
    except Unseen as error:
        unseen = Problem("film", f"{error}.", error.remedy)
        raise PlanError(str(film.path), [unseen]) from None


def _written(seen: Seen, sha256: str) -> None:
    try:
        _write(seen, sha256)
    except OSError as error:
        what = f"the maps cannot be written beside the film ({error})."
        raise PlanError(str(seen.film.path), [Problem("file", what)]) from None


def join_film(path: str | Path, site: int, seen: Seen) -> None:
    """Store what a film shows in the table of sites, for one site.

    Args:
        path: a closed data file.
        site: its number.
        seen: in the film of it.

    Raises:
        DataFileError: the file cannot be read or written.
        PlanError: there is no such site.
    """
    path = Path(path)
    with open_scan(path) as scan:
        file = Whereabouts(path)
        site_in(scan, site)
        features = dict(_stored(scan, site, seen))
    same_file(file, path)
    rewrite_features(path, features, STATUSES)


def _stored(scan: Scan, site: int, seen: Seen) -> list[tuple[str, FeatureValues]]:
    viewed, growth = seen.viewed, seen.viewed.growth
    period = float(np.median(np.diff(viewed.t)))
    moved = float(np.hypot(*(viewed.drift[-1] - viewed.drift[0]))) * seen.pixel
    faint = Status.FAINT if viewed.footprint.faint else Status.OK
    folded = bool((growth.status == PlaceStatus.MEANINGLESS).any())
    against = Status.OTHER_SIGN if growth.against else Status.OK
    slow = Status.FOLDED if folded else against
    values = {
        "irm_contact_t": (seen.contact, period, _together(seen.contact, period)),
        "irm_footprint_d": (viewed.footprint.diameter * seen.pixel, math.nan, faint),
        "irm_footprint_x": ((viewed.footprint.column + 0.5) * seen.pixel, math.nan, faint),
        "irm_footprint_y": ((viewed.footprint.row + 0.5) * seen.pixel, math.nan, faint),
        # Contact was within the exposure before the first landed frame.
        "irm_t_onset": (growth.t_onset, math.hypot(growth.t_onset_error, period), Status.OK),
        "irm_t_max": (growth.t_steepest, period, Status.OK),
        "irm_rate": (growth.rate, growth.rate_error, slow),
        "irm_dI_end": (float(viewed.mean[-2:].mean()), math.nan, against),
        "irm_drift": (moved, math.nan, Status.OK),
    }
    maps = viewed.cycling.maps if viewed.cycling is not None else ()
    for name, number in (("irm_ce_first", 0), ("irm_ce_last", -1)):
        if maps:
            one = maps[number]
            status = Status.FOLDED if one.folded else Status.OK
            status = Status.OTHER_SIGN if one.against else status
            values[name] = (one.ratio, one.ratio_error, status)
    none = {"irm_t_onset": Status.NOT_FOUND, "irm_t_max": Status.NO_MAXIMUM}
    stored = []
    for column in COLUMNS:
        number_, error, status = values.get(column.name, (math.nan, math.nan, Status.OK))
        kept = kept_or_empty(scan, column)
        finite = math.isfinite(number_)
        kept.values[site], kept.errors[site] = number_, error if finite else math.nan
        status = status if finite else none.get(column.name, Status.UNDEFINED)
        kept.statuses[site] = int(status)
        stored.append((column.name, kept))
    return stored


def _together(contact: float, period: float) -> Status:
    """Tell whether film and record agree about the contact within a frame, or 60 ms."""
    off = math.isfinite(contact) and abs(contact) > max(period, _SYNCHRONOUS)
    return Status.OUT_OF_STEP if off else Status.OK


def _write(seen: Seen, sha256: str) -> None:
    """Write maps and records; at once or not at all."""
    from seccm.imaging.irm.viewing import BIN

    viewed, growth, film = seen.viewed, seen.viewed.growth, seen.film
    part = seen.maps.with_name(seen.maps.name + ".tmp")
    with h5py.File(part, "w") as file:
        for name, values, unit in (
            ("onset", growth.onset, "s"),
            ("significance", growth.significance, "1"),
            ("onset_status", growth.status, "1"),
            ("end", viewed.end, "1"),
            ("inside", viewed.inside.astype(np.uint8), "1"),
            ("t", viewed.t, "s"),
            ("mean", viewed.mean, "1"),
            ("drift", viewed.drift * seen.pixel, "m"),
            ("lamp", viewed.lamp, "1"),
        ):
            file[name] = values
            file[name].attrs["unit"] = unit
        _flagged(file["onset_status"])
        if viewed.cycling is not None:
            _write_cycles(file, viewed.cycling)
        told = {
            "film": film.path.name,
            "sha256": sha256,
            "times": film.times_from,
            "simulated": int(seen.virtual),
            "frames_lost": lost(film.t),
            "pixel": seen.pixel,
            "place": BIN * seen.pixel,
            "contact": viewed.contact + 1,
            "landed": seen.landed,
            "sign": growth.sign,
            "sign_measured": growth.measured,
            "footprint_diameter": viewed.footprint.diameter * seen.pixel,
            "footprint_row": viewed.footprint.row,
            "footprint_column": viewed.footprint.column,
            "onset_of_mean": growth.t_onset,
            "onset_of_mean_error": growth.t_onset_error,
            "fastest_change": growth.t_steepest,
            "rate": growth.rate,
            "rate_error": growth.rate_error,
            "doubts": json.dumps(viewed.doubts),
        }
        for name, value in told.items():
            file.attrs[name] = value
    part.replace(seen.maps)


def _write_cycles(file: h5py.File, cycling: Cycling) -> None:
    """Write a group for each cycle: maps with their status, and what they came to."""
    fit = cycling.calibration
    for name, value in (("ce_a", fit.a), ("ce_b", fit.b), ("ce_r2", fit.r2)):
        file.attrs[name] = value
    for one in cycling.maps:
        group = file.create_group(f"cycle_{one.number}")
        for name, values in (
            ("efficiency", one.efficiency), ("status", one.status),
            ("plated", one.plated), ("stripped", one.stripped),
        ):  # fmt: skip
            group[name] = values
            group[name].attrs["unit"] = "1"
        _flagged(group["status"])
        told = {
            "start": one.cycle.start, "turn": one.cycle.turn, "end": one.cycle.end,
            "ce": one.cycle.efficiency, "ratio": one.ratio, "ratio_error": one.ratio_error,
            "weighted": one.weighted, "place_error": one.place_error, "frames": one.frames,
            "folded": int(one.folded), "against": int(one.against),
        }  # fmt: skip
        for name, value in told.items():
            group.attrs[name] = value


def _flagged(dataset: h5py.Dataset) -> None:
    dataset.attrs["flag_values"] = np.array([int(each) for each in PlaceStatus], np.uint8)
    dataset.attrs["flag_meanings"] = "; ".join(each.words for each in PlaceStatus)
