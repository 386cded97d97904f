"""Reading a file of another program: what cannot be in a data file is refused before one is made.

A reader is a program of somebody else and reads a file that may be damaged: it may raise anything
and return anything.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import DataFileError, SeccmError, shown
from seccm.plan import Plan
from seccm.plan.site import Site
from seccm.quantities import MOST, refuse_absurd
from seccm.readers import READERS, Reader, ReadScan, ReadSite, ReadStep, Recording
from seccm.readers.said import Said
from seccm.readers.understanding import understand
from seccm.text_files import not_a_file
from seccm.typography import counted
from seccm.units import show

_FASTEST = 1e-9
"""Seconds from one data point to the next; nothing in this field is faster."""


def read_foreign(
    source: Path, said: Said, name: str = ""
) -> tuple[Reader, ReadScan, Sequence[Site]]:
    """Read a file with the first reader that knows it.

    Args:
        source: the file, or the folder.
        said: what its user says of it.
        name: of the reader; the first one that knows the file unless given.

    Returns:
        The reader; what it read, all arrays of floats, with the start in ISO 8601; and the sites
        of its plan, those that were measured at the places where they were.

    Raises:
        DataFileError: there is no such file, no reader knows it, its reader failed, or what it
            read does not fit together. Says which, and at which site.
    """
    _refuse_what_is_no_file(source)
    reader = _reader_of(source, name)
    try:
        scan = reader.read(source, said) if reader.takes_said else reader.read(source)
        if isinstance(scan, Recording):
            scan = understand(scan, said, source)
    except SeccmError:
        raise
    except Exception as error:  # a package of somebody else must not stop this program
        raise DataFileError(
            f"{source}: cannot be read by the reader for {shown(reader.name)}: "
            f"{_words(error)}. The file may be damaged, or of a kind that the reader does not "
            "know. Nothing was made."
        ) from error
    try:
        scan = _checked(scan)
        planned = scan.plan.sites()
        return reader, scan, tuple(_placed(scan.sites, planned))
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        raise DataFileError(
            f"{source}: what the reader for {shown(reader.name)} found cannot be a scan: "
            f"{_words(error)}. Nothing was made."
        ) from error


def _refuse_what_is_no_file(source: Path) -> None:
    try:
        kind = not_a_file(os.stat(source).st_mode)
    except FileNotFoundError:
        raise DataFileError(f"{source}: there is no such file. Check the path.") from None
    except OSError as error:
        said = error.strerror or str(error)
        raise DataFileError(f"{source}: cannot be read: {said}.") from None
    except ValueError:  # A path with a NUL in it.
        raise DataFileError(f"{shown(str(source))}: is not a valid file name.") from None
    if kind and not source.is_dir():
        raise DataFileError(f"{source}: is {kind}, not a file.")
    if source.is_file() and source.stat().st_size == 0:
        raise DataFileError(f"{source}: is empty. Nothing was made.")


def _reader_of(source: Path, name: str) -> Reader:
    readers = READERS.all()
    if name:
        try:
            return READERS.of(name)
        except LookupError as error:
            raise DataFileError(f"{source}: {error} Nothing was made.") from None
    failed = []
    folder = source.is_dir()
    for reader in readers.values():
        if reader.folders is not folder:
            continue
        try:
            if reader.claims(source):
                return reader
        except Exception as error:  # a package of somebody else must not keep others from it
            failed.append(f"The reader for {shown(reader.name)} failed: {_words(error)}. ")
    known = f"There are readers for {', '.join(readers)}." if readers else "No reader is installed."
    what = (
        "is a folder that no installed reader knows"
        if folder
        else ("no installed reader knows this file")
    )
    raise DataFileError(
        f"{source}: {what}. {''.join(failed)}{known} Install the package that reads it, or name "
        "its reader with --reader."
    )


def _words(error: Exception) -> str:
    """Return what an error of another program says, as the end of a sentence."""
    said = shown(" ".join(str(error).split()))[:200].rstrip(".")
    if isinstance(error, ValueError) and said:
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _checked(scan: Any) -> ReadScan:
    """Return what a reader returned in the types that it should have.

    Raises:
        ValueError, TypeError: something is of another kind, or beyond what anybody could measure.
    """
    if not (isinstance(scan, ReadScan) and isinstance(scan.plan, Plan)):
        raise TypeError("it is not a seccm.ReadScan with a seccm.Plan")
    period = float(scan.period)
    if not _FASTEST <= period <= MOST["s"][0]:
        raise ValueError(f"its data points are {scan.period} s apart")
    return replace(
        scan,
        period=period,
        sites=tuple(_checked_sites(scan.sites)),
        rig=shown(str(scan.rig)),
        started_at=_start(scan.started_at),
    )


def _start(written: str) -> str:
    """Return when the measurement began, in UTC; nothing where that is not known."""
    if not written:
        return ""
    try:
        began = datetime.fromisoformat(written)
        if began.tzinfo is not None:
            return began.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(f'its start, "{written:.40}", is not a time') from None
    raise ValueError(f'its start, "{written}", has no time zone')


def _checked_sites(sites: Sequence[ReadSite]) -> Iterator[ReadSite]:
    for number, site in enumerate(sites):
        if not isinstance(site, ReadSite):
            raise TypeError(f"site {number} is not a seccm.ReadSite")
        x, y, z = float(site.x), float(site.y), float(site.z)
        for axis, value in (("x", x), ("y", y), ("z", z)):
            if not math.isfinite(value) and not (axis == "z" and math.isnan(value)):
                raise ValueError(f"{axis} of site {number} is {value}, not a number")
            _refuse(np.array([value]), "m", f"{axis} of site {number}")
        yield ReadSite(x, y, tuple(_checked_steps(number, site.steps)), z)


def _checked_steps(number: int, steps: Sequence[ReadStep]) -> Iterator[ReadStep]:
    for place, step in enumerate(steps):
        if not isinstance(step, ReadStep):
            raise TypeError(f"step {place} of site {number} is not a seccm.ReadStep")
        potential, current = _floats(step.potential), _floats(step.current)
        if potential.ndim != 1 or current.ndim != 1 or not 0 < potential.size == current.size:
            raise ValueError(
                f"site {number} has a step with {potential.size} potentials and {current.size} "
                "currents"
            )
        _refuse(potential, "V", f"a potential of site {number}")
        _refuse(current, "A", f"a current of site {number}")
        yield ReadStep(potential, current, _checked_times(number, step, current.size))


def _checked_times(number: int, step: ReadStep, size: int) -> FloatArray | None:
    if step.t is None:
        return None
    t = _floats(step.t)
    if t.shape != (size,) or not np.isfinite(t).all() or not (np.diff(t) > 0).all():
        raise ValueError(f"site {number} has times that are not one later than the other")
    return t


def _floats(values: object) -> FloatArray:
    given = np.asarray(values)
    if given.dtype.kind not in "fiu":
        raise TypeError(f"a step has values of the type {given.dtype}, not numbers")
    found: FloatArray = given.astype(np.float64)
    return found


def _refuse(values: FloatArray, unit: str, what: str) -> None:
    """Refuse values that nobody could measure; NaN is a data point that was not."""
    for extreme in (np.fmax.reduce(values), np.fmin.reduce(values)):
        try:
            refuse_absurd(float(extreme), unit, show(float(extreme), unit))
        except ValueError as error:
            raise ValueError(f"{what} {error}") from None


def _placed(sites: Sequence[ReadSite], planned: Sequence[Site]) -> Iterator[Site]:
    """Yield the plan's sites, those that were measured at the places where they were.

    Raises:
        ValueError: more was measured than there is in the plan.
    """
    if len(sites) > len(planned):
        raise ValueError(f"it has {counted(len(sites), 'site')}, but its plan has {len(planned)}")
    for site, measured in zip(planned, sites, strict=False):
        if len(measured.steps) > len(site.segments):
            raise ValueError(
                f"site {site.number} has {counted(len(measured.steps), 'step')}, but the programme "
                f"of its plan has {len(site.segments)}"
            )
        yield replace(site, x=measured.x, y=measured.y)
    yield from planned[len(sites) :]
