"""Making the file of a new run: whole, or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import h5py

from seccm.data import frames, guard, late, raw, tables
from seccm.data.header import Header
from seccm.data.layout import (
    LIBVER,
    Columns,
    add_header,
    add_places,
    add_session,
    columns_along,
    create,
    plan_sites,
)
from seccm.data.nexus import draw, tell
from seccm.data.planned import add_planned
from seccm.data.replacing import put_in_place
from seccm.data.trouble import discard, said, todo
from seccm.errors import DataFileError, shown
from seccm.movie.facts import MovieFacts
from seccm.plan.site import Site
from seccm.rig import Clock, RawChannel


def make(
    path: Path,
    header: Header,
    sites: Sequence[Site],
    columns: Columns,
    clock: Clock,
    contact_samples: int,
    channels: Sequence[RawChannel],
    camera: MovieFacts | None = None,
) -> None:
    """Make a file with everything but samples and events; for the arguments see `Store`.

    A program that is killed meanwhile leaves an empty file at worst.

    Raises:
        DataFileError: the file exists, or cannot be made.
    """
    name = _reserve(path)
    part = path.with_name(path.name + ".part")
    try:
        guard.hold(name.fileno())
        image = _laid_out(header, sites, columns, clock, contact_samples, channels, camera)
        part.write_bytes(image)
        put_in_place(part, path)
    except BaseException as error:
        # Whatever it was: half a file is of no use, and its name must be free again.
        discard(part)
        discard(path)
        if isinstance(error, OSError | RuntimeError):
            remedy = todo(error, "Free some space on the disk, or write elsewhere.")
            raise DataFileError(
                f"{path}: the file cannot be created: {said(error)}. Nothing moved. {remedy}"
            ) from error
        raise
    finally:
        name.close()


def _reserve(path: Path) -> BinaryIO:
    """Make a file that was not there, empty as yet, and keep it open."""
    if os.path.isdir(path):
        raise DataFileError(
            f"{path}: this is a folder. Name a file in it, such as {path / 'scan.h5'}."
        )
    try:
        return path.open("xb")
    except FileExistsError:
        raise DataFileError(
            f"{path}: the file exists already and is not overwritten. Choose another "
            "name, or resume it."
        ) from None
    except ValueError:  # A path with a NUL in it.
        raise DataFileError(f"{shown(str(path))}: this is not a valid file name.") from None
    except OSError as error:
        why = "there is no such folder" if not os.path.isdir(path.parent) else said(error)
        remedy = todo(error, "Choose a folder that can be written.")
        raise DataFileError(f"{path}: the file cannot be made: {why}. {remedy}") from error


def _laid_out(
    header: Header,
    sites: Sequence[Site],
    columns: Columns,
    clock: Clock,
    contact_samples: int,
    channels: Sequence[RawChannel],
    camera: MovieFacts | None,
) -> memoryview:
    """Lay the file out in memory: a disk that HDF5 finds full meanwhile crashes the program."""
    by_itself = late.runs_by_itself(header.rig_json)
    filmed = camera is not None
    shape = _Shape(columns, contact_samples, tuple(channels), filmed, by_itself, len(sites))
    image = io.BytesIO(_blank(shape))
    with h5py.File(image, "r+", libver=LIBVER) as file:
        add_header(file, header, clock)
        tell(file)
        plan_sites(file, sites, columns)
        add_planned(file, sites)
        add_session(file, header.started_at, 0.0, 0)
        raw.describe_session(file, channels)
        if camera is not None:
            frames.tell(file, camera)
    return image.getbuffer()


class _Shape(NamedTuple):
    """What the tables of a file hang on, apart from what is written into them."""

    columns: Columns
    contact_samples: int
    channels: tuple[RawChannel, ...]
    filmed: bool
    by_itself: bool
    sites: int


_KEPT = 16
_blanks: tuple[tuple[_Shape, bytes], ...] = ()
"""Files without contents that were laid out lately, the newest last; some 0.6 MB each."""


def _blank(shape: _Shape) -> bytes:
    """Return a file without contents; queues and sweeps make many of one shape."""
    global _blanks  # Replaced whole: threads that meet here do no harm.
    for known, image in _blanks:
        if known == shape:
            return image
    image = _made(shape)
    _blanks = (*_blanks[1 - _KEPT :], (shape, image))
    return image


def _made(shape: _Shape) -> bytes:
    """Lay out the hundreds of tables of a file, which takes far longer than to copy them."""
    made, columns = io.BytesIO(), shape.columns
    with h5py.File(made, "w", libver=LIBVER) as file:
        create(file, columns, shape.contact_samples)
        tables.lay_out(file, columns.quantities, columns.statuses)
        raw.lay_out(file, shape.channels)
        if shape.filmed:
            frames.lay_out(file)
        if shape.by_itself:
            late.lay_out(file)
        add_places(file, shape.sites, columns, columns_along(file, "site"))
        draw(file)
    return made.getvalue()
