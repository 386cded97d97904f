"""Making the file of a stopped or killed run fit to be continued."""

from __future__ import annotations

import math
import shutil
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from seccm.data import frames, guard, late, raw, repair, tables, vetting
from seccm.data.earlier import is_earlier, upgrade
from seccm.data.header import read_clock, read_header, refuse_newer
from seccm.data.inspection import inspect
from seccm.data.layout import (
    EVENT_COLUMNS,
    SITE_CHECK,
    Columns,
    add_feature,
    add_session,
    added_signals,
    columns_along,
    read_rows,
    sample_dataset,
    stored_row_type,
)
from seccm.data.nexus import describe
from seccm.data.packing import broken_sites, copy, owned
from seccm.data.readable import FAILURES, columns_of, reading
from seccm.data.redo import is_left_behind, rebuild
from seccm.data.retiming import retime
from seccm.data.site_rows import as_written, begun_last, write_checksums
from seccm.data.tables import NOT_TOLD, STEPS, step_row
from seccm.data.trace import step_rows
from seccm.data.trouble import discard, said, written
from seccm.data.whereabouts import Whereabouts
from seccm.errors import DataFileError
from seccm.events import Outcome, StepFinished
from seccm.rig import Clock, RawChannel, Signal

REASON = b"the program ended during this site"


def prepare(
    path: Path,
    clock: Clock,
    columns: Columns,
    started_at: str | None = None,
    channels: Sequence[RawChannel] = (),
    goes_on: int | None = None,
    *,
    pages: int | None = None,
) -> float:
    """Cut off what was not made safe, abort the site that was begun, and open a session.

    The work is done on a copy that then takes the file's place, so that the data survive
    whatever happens meanwhile.

    Args:
        path: nobody may be writing it.
        clock: that of the rig; must be the one of the file.
        columns: what the sites of the run carry. Its signals must be those of the file; features
            that the file does not have are added to it.
        started_at: ISO 8601, UTC; now unless given.
        channels: of which the rig gives raw samples, if these are recorded.
        goes_on: the site with which the run goes on where it broke off, if there is one.
        pages: of the movie, which has been mended; None without a camera.

    Returns:
        The time in seconds at which the new session begins, later than all of the file's.

    Raises:
        DataFileError: the file cannot be read, copied, or continued with this clock.
    """
    repair.mark(path)
    place = Whereabouts(path)
    part = path.with_name(path.name + ".part")
    try:
        _check_free(path)
        short = (rebuild if is_left_behind(path) else _plain_copy)(path, part)
        with written(part, "r+") as file:
            inspect(path, file)
            refuse_newer(file, path)
            if read_clock(file) != clock:
                raise DataFileError(
                    f"{path}: recorded with {read_clock(file)}, but the rig has {clock}. "
                    "Continue it on the rig that it was started on."
                )
            _compare(path, added_signals(file), columns.signals)
            _cut(file)
            if pages is not None and frames.has_frames(file):
                frames.reconcile(file, pages)
            upgrade(path, file)
            retime(file, path)
            _abort(path, file, goes_on)
            right = as_written(columns_of(path, file))
            if short and not (right.all() and not [*broken_sites(file, file["crc32"][:])]):
                raise DataFileError(
                    f"{path}: the end of the file is missing, and data of finished sites with "
                    "it. If it is a copy, copy it again. The file is as it was."
                )
            if new := [feature for feature in columns.features if feature.name not in file]:
                for feature in new:
                    add_feature(file, feature, columns.statuses)
                write_checksums(path, file, right)
            describe(file)
            offset = _open_session(file, started_at)
            raw.describe_session(file, channels)
            file["state"][0] = b"running"
        place.take_place(part)
    except FAILURES as error:
        raise DataFileError(
            f"{path}: cannot be continued: {said(error)}. The file is unchanged. To continue it "
            "needs a folder that can be written, and space for a copy of the file."
        ) from error
    finally:
        place.close()
        discard(part)
    return offset


def _compare(path: Path, stored: Sequence[str], signals: Sequence[Signal]) -> None:
    """Refuse a rig that measures other signals than the file has.

    Raises:
        DataFileError: says which.
    """
    given = {signal.name for signal in signals}
    told = [f'the rig does not measure "{name}"' for name in sorted({*stored} - given)]
    told += [f'the file has no "{name}"' for name in sorted(given - {*stored})]
    if told:
        raise DataFileError(
            f"{path}: {'; '.join(told)}. Continue it on the rig that it was started on, with the "
            "same tables [signals] in the rig file. Nothing moved; the file is unchanged."
        )


def _plain_copy(path: Path, part: Path) -> bool:
    """Copy what is claimed of the file, without compression and without a mark.

    Returns:
        Whether the file was shorter than it says.

    Not byte by byte: a killed program leaves behind an index that may speak of chunks beyond the
    end that the file knows of; whatever were written next would go astray.
    """
    vetting.vet(path)
    with repair.Unmarked(path) as source:
        with reading(path, "the file"):
            old = h5py.File(source, "r")
        with old:
            inspect(path, old)
            with written(part, "w") as new:
                copy(old, new, packed=False, path=path)
        return source.short


def _check_free(path: Path) -> None:
    """Make sure that nobody writes the file, and that there is room for another one."""
    if guard.is_held(path):
        raise DataFileError(f"{path}: a program is writing this file. End it, then resume.")
    size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < size:
        raise DataFileError(
            f"{path}: to be continued it is copied, which takes {size / 1e6:.0f} MB; "
            f"{free / 1e6:.0f} MB are free on the disk. Free some space. The file is as it was."
        )


def _cut(file: h5py.File) -> None:
    """Give every table one length again: a crash may have come between two columns."""
    sites = columns_along(file, "site")
    count = min(len(file[name]) for name in sites)
    for name in sites:
        file[name].resize(count, axis=0)
    row = stored_row_type(file)
    columns = [sample_dataset(name) for name in row.names or ()]
    available = min(len(file[name]) for name in columns)
    stop = min(owned(file), available)
    for name in ("sample", *columns):
        file[name].resize(stop, axis=0)
    listed = min(len(file[column.name]) for column in EVENT_COLUMNS)
    for name in ("event", *(column.name for column in EVENT_COLUMNS)):
        file[name].resize(listed, axis=0)
    if not is_earlier(file):
        tables.complete(file)
        tables.cut(file)
    if "raw" in file:
        raw.cut(file)
    frames.cut(file)
    late.cut(file)
    width = max(file[name].shape[1] for name in ("contact_E", "contact_I"))
    file["contact_sample"].resize(width, axis=0)
    for name in ("contact_E", "contact_I"):
        file[name].resize(width, axis=1)


def _abort(path: Path, file: h5py.File, goes_on: int | None) -> None:
    """Close the site that was begun: it has been touched and is not landed on again.

    One that goes on stays open, as far as it came; what was found of it is found again at its end.
    """
    begun = file["status"][:] == Outcome.RUNNING
    begun |= begun_last(columns_of(path, file))
    if goes_on is not None:
        file["status"][goes_on] = Outcome.RUNNING
        file[SITE_CHECK.name][goes_on] = 0
        results, arrays = np.empty(0, tables.RESULTS.row), np.empty(0, tables.ARRAYS.row)
        tables.replace_found(file, [goes_on], results, arrays, np.empty((2, 0)))
    for site in np.flatnonzero(begun):
        start = int(file["row_start"][site])
        stop = min(start + int(file["row_size"][site]), len(file["sample"]))
        rows = read_rows(file, start, max(start, stop), stored_row_type(file))
        file["row_size"][site] = len(rows)
        file["crc32"][site] = zlib.crc32(rows.tobytes())
        if len(rows):
            file["t_end"][site] = rows["t"][-1]
        if site == goes_on:
            continue
        _close_steps(file, int(site), start, rows)
        file["reason"][site] = REASON
        file["status"][site] = Outcome.ABORTED
    if goes_on is not None:
        begun[goes_on] = False
    write_checksums(path, file, begun)


def _close_steps(file: h5py.File, site: int, start: int, rows: npt.NDArray[Any]) -> None:
    """Write those steps down of which the program that died did not tell how they ended."""
    known, _ = tables.read(file, STEPS)
    told = known["step_number"][known["step_site"] == site]
    period = read_clock(file).period
    found = step_rows(rows["phase"], rows["step"])
    missing = [
        step_row(
            StepFinished(-1, site, number, "time", math.nan),
            NOT_TOLD,
            start + where.start,
            where.stop - where.start,
            float(rows["t"][where.start]),
            period,
        )
        for number, where in found.items()
        if number not in told
    ]
    tables.append(file, STEPS, STEPS.rows(missing))


def _open_session(file: h5py.File, started_at: str | None) -> float:
    now = started_at or datetime.now(UTC).isoformat(timespec="seconds")
    begun = datetime.fromisoformat(read_header(file).started_at)
    elapsed = (datetime.fromisoformat(now) - begun).total_seconds()
    latest = [float(file[name][-1]) for name in ("t", "event_t") if len(file[name])]
    # A virtual run is ahead of the wall clock; time must not run backwards in the file.
    offset = max(elapsed, *latest, 0.0) if latest else max(elapsed, 0.0)
    planned = np.flatnonzero(file["status"][:] == Outcome.PLANNED)
    first = int(planned[0]) if len(planned) else len(file["site"])
    add_session(file, now, offset, first)
    return offset
