"""Checking a file against the layout when it is opened, before anything in it is believed.

What is checked: names, kinds, types, shapes and filters of the datasets, how many entries there
can be in a file of this size, and the header. HDF5's own checksums protect the structure of a
file, but not its texts and references; those to the dimensions are therefore never followed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

import h5py
import numpy as np

from seccm.data import frames, late
from seccm.data.header import Header, read_clock, read_header, read_version
from seccm.data.layout import (
    CONTACT_COLUMNS,
    EVENT_COLUMNS,
    FRAME_COLUMNS,
    SAMPLE_COLUMNS,
    SESSION_COLUMNS,
    SIGNAL,
    SITE_CHECK,
    SITE_COLUMNS,
    Column,
    added_signals,
    sample_dataset,
)
from seccm.data.raw import PIECE_COLUMNS, TERMS
from seccm.data.readable import Readable, columns_of, reading
from seccm.data.tables import EVENTS, GROWN, LATER, NUMBER, NUMBERS, Grown
from seccm.errors import DamagedError
from seccm.events import RunStatus
from seccm.rig import Clock
from seccm.rig.signals import Role, Signal
from seccm.versions import UNNAMED, Version

MOST_DATASETS = 20_000
LONGEST_TEXT = 32_000_000
"""Characters of the stored plan or rig."""
LONGEST = 1e10
"""Seconds that no run takes."""
DEEPEST = 64
"""Lists and tables within one another, in the stored plan or rig."""
NEEDED = ("status", "condition", "row_start", "row_size", "crc32", "t_start", "x_cmd", "y_cmd")
"""Columns without which nothing of any site can be used."""
_WIDEST = 4096
"""Bytes of a text in a table."""
_LARGEST = 1 << 26
"""Bytes of a chunk, which is always read as a whole."""
_MOST_CHUNKS = 1 << 18
"""Chunks of a column, each of which takes memory when the column is read."""
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
_STATES = tuple(state.encode() for state in ("running", *get_args(RunStatus)))
_DIMENSIONS = ("site", "sample", "event", "session", "frame", "contact_sample", "run")
_RAW = ("raw", "raw_channel", "raw_sample", "raw_piece", "raw_unit")


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a data file that has the layout."""

    header: Header
    clock: Clock
    data: Mapping[str, Readable]
    factors: tuple[Column, ...]
    features: tuple[Column, ...]
    signals: tuple[Signal, ...]
    """What the rig measured in every sample beyond what every rig measures."""
    along_sites: tuple[str, ...]
    """The columns of the site table."""
    version: Version
    """The version of the file's format."""


def inspect(path: Path, file: h5py.File) -> Contents:
    """Check a file that was opened for reading, and return what is in it.

    Raises:
        DamagedError: it has not the layout; the message says where.
    """
    version = read_version(file, path)
    datasets = dict(_datasets(path, file))
    for name, (kind, along) in _wanted(datasets, version).items():
        if name not in datasets:
            raise _wrong(path, f'the column "{name}" is missing')
        _check(path, name, datasets[name], kind, along)
    features = tuple(n for n in datasets if {f"{n}_err", f"{n}_status"} <= datasets.keys())
    factors = tuple(n for n in datasets if n.startswith("factor_"))
    beside = [part for n in features for part in (n, f"{n}_err", f"{n}_status")]
    for name in (*beside, *factors):
        kind = "u1" if name.endswith("_status") else "f8"
        _check(path, name, datasets[name], kind, 1)
    added = added_signals(datasets)
    for name in added:
        _check(path, SIGNAL + name, datasets[SIGNAL + name], "f4", 1)
    data = columns_of(path, datasets)
    with reading(path, "the header"):
        header, clock = read_header(file), read_clock(file)
        packed = file.attrs.get("packed", np.uint8(0))
    if not isinstance(packed, np.integer):
        raise _wrong(path, f"whether it was packed is {packed!r:.40}, which is not a number")
    _check_header(path, header, clock)
    _check_lengths(path, data)
    for name in NEEDED:
        data[name][:]  # what cannot be read is told now, and not in the middle of the work
    return Contents(
        header,
        clock,
        data,
        tuple(_column(data[name], name.removeprefix("factor_")) for name in factors),
        tuple(_column(data[name], name) for name in features),
        tuple(_signal(data[SIGNAL + name], name) for name in added),
        ("site", *(c.name for c in SITE_COLUMNS), *beside, *factors),
        version,
    )


def _signal(column: Readable, name: str) -> Signal:
    """Return what a file says of a signal that the rig file had added."""
    known: dict[str, Role] = {role: role for role in get_args(Role)}
    found = _column(column, name)
    role, mapped = known.get(column.attribute("role"), "other"), column.attribute("mapped")
    return Signal(name, found.unit, found.long_name, role, mapped=mapped == "mean")


def _wrong(path: Path, what: str) -> DamagedError:
    return DamagedError(
        f"{path}: the file is damaged or was changed: {what}. Use a copy of the file, if there is "
        "one. Any program for HDF5 files can read what else is in it."
    )


def _datasets(path: Path, file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield what lies at the root and is a dataset; links to elsewhere are not followed."""
    with reading(path, "the list of its columns"):
        names = list(file)
    if len(names) > MOST_DATASETS:
        raise _wrong(path, f"it has {len(names)} columns, more than {MOST_DATASETS}")
    # What h5py finds out of every dataset again is asked once: a file has hundreds of them.
    links, readonly = file.id.links, file.mode == "r"
    places: dict[int, str] = {}
    for name in names:
        with reading(path, f'the column "{name}"'):
            raw = name.encode(errors="surrogateescape")
            if links.get_info(raw).type != h5py.h5l.TYPE_HARD:
                raise _wrong(path, f'"{name}" is a link to another file, which is not followed')
            found = h5py.h5o.open(file.id, raw)
            if not isinstance(found, h5py.h5d.DatasetID):
                continue
            other = places.setdefault(int(h5py.h5o.get_info(found).addr), name)
            if other != name:
                raise _wrong(path, f'the columns "{other}" and "{name}" are one and the same')
            yield name, h5py.Dataset(found, readonly=readonly)


def _wanted(datasets: Mapping[str, h5py.Dataset], version: Version) -> dict[str, tuple[str, int]]:
    """Return the type and the number of dimensions of everything that must be there."""
    tables = (*SITE_COLUMNS, *EVENT_COLUMNS, *SESSION_COLUMNS, *FRAME_COLUMNS)
    wanted = {c.name: (c.dtype, 1) for c in tables}
    wanted |= {sample_dataset(c.name): (c.dtype, 1) for c in SAMPLE_COLUMNS}
    wanted |= {c.name: (c.dtype, 2) for c in CONTACT_COLUMNS}
    wanted |= dict.fromkeys(_DIMENSIONS, ("u4", 1))
    wanted["state"] = ("S16", 1)
    if version > UNNAMED:
        # A table that came later is there as a whole, or not at all.
        there = [t for t in GROWN if t not in LATER or not datasets.keys().isdisjoint(_of(t))]
        wanted |= {c.name: (c.dtype, 1) for table in (EVENTS, *there) for c in table.stored}
        wanted |= {c.name: (c.dtype, 1) for c in (*NUMBERS, SITE_CHECK)}
        wanted |= dict.fromkeys((*(table.dimension for table in there), NUMBER), ("u4", 1))
    if any(name in datasets for name in frames.NAMES if name not in wanted):
        later = not datasets.keys().isdisjoint(_of(frames.LEVELS))
        filmed = (*frames.TABLES, frames.LEVELS) if later else frames.TABLES
        wanted |= {c.name: (c.dtype, 1) for table in filmed for c in table.stored}
        wanted |= {c.name: (c.dtype, 1) for c in frames.DERIVED}
        wanted |= {table.dimension: ("u4", 1) for table in filmed}
    if any(name in datasets for name in late.NAMES):
        wanted |= {c.name: (c.dtype, 1) for table in late.TABLES for c in table.stored}
        wanted |= {table.dimension: ("u4", 1) for table in late.TABLES}
    if any(name in datasets for name in _RAW):
        wanted |= {c.name: (c.dtype, 1) for c in PIECE_COLUMNS}
        wanted |= {"raw": ("i2", 2), "raw_unit": ("S8", 1), "raw_channel": ("O", 1)}
        wanted |= {"raw_sample": ("u4", 1), "raw_piece": ("u4", 1)}
        wanted |= dict.fromkeys(TERMS, ("f8", 2))
    return wanted


def _of(table: Grown) -> set[str]:
    """Return the names of everything that belongs to a table."""
    return {table.dimension, *(column.name for column in table.stored)}


def _check(path: Path, name: str, dataset: h5py.Dataset, kind: str, dimensions: int) -> None:
    """Compare one dataset with what the layout says of it."""
    with reading(path, f'the column "{name}"'):
        found = dataset.dtype
        fits = found.kind == kind[0] if kind[0] in "SO" else found == np.dtype("<" + kind)
        if not fits or found.itemsize > _WIDEST:
            raise _wrong(path, f'the column "{name}" has entries of type {found}, not {kind}')
        shape = dataset.shape
        if len(shape) != dimensions:
            raise _wrong(path, f'the column "{name}" has {len(shape)} dimensions')
        properties = dataset.id.get_create_plist()
        layout = properties.get_layout()
        if layout == h5py.h5d.VIRTUAL or properties.get_external_count():
            raise _wrong(path, f'the data of the column "{name}" are in another file')
        chunks = properties.get_chunk() if layout == h5py.h5d.CHUNKED else ()
        if chunks and math.prod(chunks) * found.itemsize > _LARGEST:
            raise _wrong(path, f'the column "{name}" has chunks of {chunks} entries')
        if chunks and dimensions == 1 and shape[0] > _MOST_CHUNKS * chunks[0]:
            raise _wrong(path, f'the column "{name}" has {shape[0]} entries in tiny chunks')
        filters = {properties.get_filter(k)[0] for k in range(properties.get_nfilters())}
        if filters - _FILTERS:
            raise _wrong(path, f'the column "{name}" is compressed in an unknown way')


def _check_lengths(path: Path, data: Mapping[str, Readable]) -> None:
    """Compare what the tables say they hold with what there can be in the file."""
    # Columns with a value in every row from the beginning; others may have been left unwritten.
    filled = ("x_cmd", "y_cmd", "event_code", "event_t", "session_t_offset", "state")
    tables = (*GROWN, *frames.TABLES, frames.LEVELS, *late.TABLES)
    grown = (c.name for table in tables for c in table.stored if c.name in data)
    for name in (*filled, *grown):
        size, most = len(data[name]), data[name].most
        if size > most:
            raise _wrong(
                path, f'the column "{name}" should have {size} entries, but has at most {most}'
            )
    if len(data["state"]) == 0 or bytes(data["state"][0]) not in _STATES:
        raise _wrong(path, "the state of the run is not a known one")
    if len(data["session_t_offset"]) == 0:
        raise _wrong(path, "it does not say when its first session began")
    if not (np.abs(data["session_t_offset"][:]) < LONGEST).all():
        raise _wrong(path, f"a session did not begin within {LONGEST:g} s of the run's start")
    if not data["contact_E"].shape[1] == data["contact_I"].shape[1] <= 1 << 24:
        raise _wrong(path, "the contact records have different lengths")
    if "raw" in data:
        channels = len(data["raw_channel"])
        shapes = {name: data[name].shape[1] for name in TERMS}
        if channels > 256 or any(n != channels for n in (*shapes.values(), data["raw"].shape[0])):
            raise _wrong(path, "the number of raw inputs differs from the number of their names")


def _check_header(path: Path, header: Header, clock: Clock) -> None:
    """Check what is said once of the whole run."""
    if not (math.isfinite(clock.rate) and clock.rate > 0.0 and 0 < clock.averaged <= clock.spacing):
        raise _wrong(path, f"{clock} is not a possible clock of a rig")
    if not math.isfinite(header.reference_offset):
        raise _wrong(path, f"the offset of the reference is {header.reference_offset} V")
    try:
        begun = datetime.fromisoformat(header.started_at)
    except ValueError:
        raise _wrong(
            path, f'the start of the run, "{header.started_at[:40]}", is not a time'
        ) from None
    if begun.tzinfo is None:
        raise _wrong(path, f'the start of the run, "{header.started_at}", has no time zone')
    for what, text in (("plan", header.plan_json), ("rig", header.rig_json)):
        if len(text) > LONGEST_TEXT:
            raise _wrong(path, f"the stored {what} has {len(text)} characters")
        if _is_deep(text):
            raise _wrong(path, f"the stored {what} has tables more than {DEEPEST} deep")


def _is_deep(text: str) -> bool:
    """Tell whether a text is JSON too deep to be worked with."""
    try:
        level = [json.loads(text)]
    except RecursionError:
        return True
    except ValueError:
        return False  # no JSON: who needs it says so
    for _ in range(DEEPEST):
        level = [
            part
            for whole in level
            if isinstance(whole, dict | list)
            for part in (whole.values() if isinstance(whole, dict) else whole)
            if isinstance(part, dict | list)
        ]
    return bool(level)


def _column(readable: Readable, name: str) -> Column:
    return Column(name, readable.unit or "1", readable.attribute("long_name"))
