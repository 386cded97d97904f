"""Copies of a data file: packed and checked when the run is over, plain to be continued.

Compression and checksums of chunks have no place in a growing file: a half-written chunk would
take finished sites with it, and rewriting compressed chunks inflates the file. They come after.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from seccm.arrays import IntArray
from seccm.data import late
from seccm.data.cloning import copy_attributes, empty_like, fill
from seccm.data.frames import EDGES, HOSTS, LEVELS, NAMES
from seccm.data.layout import (
    CONTACT_COLUMNS,
    DIMENSIONS,
    FRAME_COLUMNS,
    NO_COORDINATE,
    NUMBERED,
    SAMPLE_CHUNK,
    SAMPLE_COLUMNS,
    SESSION_COLUMNS,
    SIGNAL,
    SITE_CHUNK,
    SITE_COLUMNS,
    datasets,
    dimensions,
    is_of_feature,
    read_rows,
    sample_dataset,
    stored_row_type,
)
from seccm.data.nexus import describe
from seccm.data.raw import PIECE_COLUMNS, RAW_DIMENSIONS, TERMS, claimed
from seccm.data.readable import FAILURES, Readable, reading
from seccm.data.tables import ARRAYS, EVENTS, GROWN, NUMBER, NUMBERS, QUANTITIES, RESULTS
from seccm.errors import DamagedError

_BLOCK = 1 << 20
"""Elements copied at a time."""
EMPTY = ("sample", "raw_sample")
"""Dimensions so long that they are never filled."""
LENGTHS = (
    *DIMENSIONS,
    *RAW_DIMENSIONS,
    *(table.dimension for table in (*GROWN, EDGES, HOSTS, LEVELS, *late.TABLES)),
    NUMBER,
)
"""The dimensions: columns of which most have no entries of their own, only a length."""
_REFILLED = {NUMBER, *(table.dimension for table in (RESULTS, ARRAYS, QUANTITIES, LEVELS))}
"""Dimensions of a packed file that another analysis makes longer or shorter.

All others have a fixed size there: of one without, readers of netCDF ask every column for its
length, for every column again.
"""
_ALONG: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in LENGTHS},
    **{c.name: ("site",) for c in SITE_COLUMNS},
    **{sample_dataset(c.name): ("sample",) for c in SAMPLE_COLUMNS},
    **{c.name: ("site", "contact_sample") for c in CONTACT_COLUMNS},
    **{c.name: (table.dimension,) for table in (EVENTS, *GROWN) for c in table.stored},
    **{c.name: (NUMBER,) for c in NUMBERS},
    **{c.name: ("session",) for c in SESSION_COLUMNS},
    **{c.name: ("frame",) for c in FRAME_COLUMNS},
    **{name: (dimension,) for name, dimension in NAMES.items()},
    **{c.name: ("raw_piece",) for c in PIECE_COLUMNS},
    **dict.fromkeys(TERMS, ("session", "raw_channel")),
    "state": ("run",),
    "raw": ("raw_channel", "raw_sample"),
    "raw_unit": ("raw_channel",),
}
_OF_HDF5 = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"}


def owned(file: Mapping[str, h5py.Dataset]) -> int:
    """Return the number of samples that belong to sites; later ones are of no measurement."""
    sizes = file["row_size"][:].astype(np.int64)
    return int((file["row_start"][:].astype(np.int64) + sizes)[sizes > 0].max(initial=0))


def copy(
    source: h5py.File,
    target: h5py.File,
    *,
    packed: bool,
    path: Path | None = None,
    bulk: bool = True,
) -> None:
    """Copy everything into an empty file, without the samples that nobody claims.

    What a killed program left is only read as far as it is claimed; behind that there may be
    anything.

    Args:
        source: a file that has the layout.
        target: a new one.
        packed: whether to compress; every sample must then be readable.
        path: what to call the source in messages; what HDF5 calls it unless given.
        bulk: whether to copy the samples too; without, they have room but no values.

    Raises:
        DamagedError: something in the source cannot be read.
    """
    path = path or Path(source.filename)
    with reading(path, "the header"):
        copy_attributes(source, target, without=("packed",))
    target.attrs["packed"] = np.uint8(packed)
    old = datasets(source)
    of_sites, of_raw = owned(old), claimed(old) if "raw" in old else 0
    scales: dict[str, h5py.Dataset] = {}
    # Dimensions come first: what lies along them refers to them.
    for name in sorted(old, key=lambda name: name not in LENGTHS):
        lies = along(name, old)
        shape = _wanted(old[name], lies, of_sites, of_raw)
        made = _like(old, target, name, shape, packed, path, bulk)
        if name in LENGTHS:
            made.make_scale(name if name in NUMBERED else NO_COORDINATE)
            scales[name] = made
        with reading(path, f'the attributes of the column "{name}"'):
            # The references of HDF5 to dimensions are made again.
            copy_attributes(old[name], made, without=_OF_HDF5)
        for axis, dimension in enumerate(() if name in scales else lies):
            h5py.h5ds.attach_scale(made.id, scales[dimension].id, axis)
    describe(target)


def along(name: str, file: Mapping[str, h5py.Dataset]) -> tuple[str, ...]:
    """Return the names of a dataset's dimensions, as the layout has them.

    What the file itself says of them is asked only for columns that the layout does not know.
    """
    if name in _ALONG:
        return _ALONG[name]
    if name.startswith(SIGNAL):
        return ("sample",)
    if name.startswith("factor_") or is_of_feature(name, file):
        return ("site",)
    return dimensions(file[name])


def is_bulk(name: str, file: Mapping[str, h5py.Dataset]) -> bool:
    """Tell whether a dataset holds samples, averaged or raw: all else is small."""
    dimensions = along(name, file)
    return name not in EMPTY and bool({"sample", "raw_sample"} & {*dimensions})


def _like(
    source: Mapping[str, h5py.Dataset],
    target: h5py.File,
    name: str,
    shape: tuple[int, ...],
    packed: bool,
    path: Path,
    bulk: bool,
) -> h5py.Dataset:
    """Copy a dataset without its attributes, as far as a shape."""
    old = source[name]
    most, chunks = _room(name, old, shape, packed) if old.chunks else (None, None)
    smaller = packed and chunks is not None and name not in EMPTY
    made = empty_like(old, target, name, shape, most, chunks, packed=smaller)
    if name in EMPTY or not (bulk or not is_bulk(name, source)):
        return made
    readable = Readable(path, name, old)
    # Samples that cannot be read stay zero: the checksum of their site tells. All else counts.
    loose = not packed and along(name, source)[:1] == ("sample",)
    for here in parts(shape):
        try:
            values = readable[here]
        except DamagedError:
            if not loose:
                raise
            for chunk, some in readable.readable_parts(here[0].start, here[0].stop):
                if some is not None:
                    made[chunk] = some
            continue
        if values.shape == shape:
            fill(made, values)
        else:
            made[here] = values
    return made


def _wanted(
    old: h5py.Dataset, lies: tuple[str, ...], of_sites: int, of_raw: int
) -> tuple[int, ...]:
    """Return the shape of a dataset without what belongs to nobody.

    Args:
        old: the dataset.
        lies: the names of its dimensions.
        of_sites: how many samples belong to sites.
        of_raw: how many raw samples belong to pieces.
    """
    shape = tuple(old.shape)
    if lies[:1] == ("sample",):
        return (min(of_sites, shape[0]), *shape[1:])
    if lies[-1:] == ("raw_sample",):
        return (*shape[:-1], min(of_raw, shape[-1]))
    return shape


def parts(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Yield where the parts of an array are, each small enough for the memory of any computer.

    Args:
        shape: of the array; of two dimensions the second may be the long one.
    """
    width = min(shape[1], _BLOCK) if len(shape) > 1 else 1
    rows = max(1, _BLOCK // max(1, width))
    for start in range(0, shape[0], rows):
        here = slice(start, min(start + rows, shape[0]))
        if len(shape) == 1:
            yield (here,)
            continue
        for left in range(0, shape[1], max(1, width)):
            yield here, slice(left, min(left + width, shape[1]))


def _room(
    name: str, dataset: h5py.Dataset, shape: tuple[int, ...], packed: bool
) -> tuple[tuple[int | None, ...], tuple[int, ...]]:
    """Return how long a dataset may become, and the shape of its chunks.

    Chunks are of about 64 kB where there is more than one dimension.
    """
    if name in LENGTHS:
        return _room_of_dimension(name, dataset, shape[0], packed)
    if dataset.ndim == 1:
        return dataset.maxshape, dataset.chunks
    width = dataset.chunks[1]
    return dataset.maxshape, (max(1, SAMPLE_CHUNK // width) if packed else 1, width)


def _room_of_dimension(
    name: str, dataset: h5py.Dataset, size: int, packed: bool
) -> tuple[tuple[int | None], tuple[int]]:
    """Return how long a dimension may become: a packed file no longer grows, a plain one does."""
    if packed and size and name not in _REFILLED:
        return (size,), (min(size, dataset.chunks[0]),)
    if dataset.maxshape == (None,):
        return (None,), dataset.chunks
    return (None,), (SAMPLE_CHUNK if name in EMPTY else SITE_CHUNK,)


def broken_sites(file: h5py.File, checksums: npt.NDArray[Any]) -> Iterator[int]:
    """Yield the sites whose samples are not those of which the checksums were taken.

    Args:
        file: holds the samples.
        checksums: CRC-32 of each site's packed samples, shape (sites,).
    """
    starts = file["row_start"][:].astype(np.int64)
    sizes = file["row_size"][:].astype(np.int64)
    full = np.flatnonzero(sizes)
    row = stored_row_type(file)
    available = min(len(file[sample_dataset(name)]) for name in row.names or ())
    while len(full):
        # As many sites as fit a block, at least one: a read for every site would take longer.
        first = starts[full[0]]
        count = max(1, int(np.searchsorted(starts[full] + sizes[full], first + _BLOCK)))
        here, full = full[:count], full[count:]
        stop = int((starts[here] + sizes[here]).max())
        if stop > available:
            yield from (int(site) for site in here)
            continue
        for site, rows in _rows_of(file, here, starts, sizes, row):
            if rows is None or zlib.crc32(rows.tobytes()) != checksums[site]:
                yield site


def _rows_of(
    file: h5py.File, sites: IntArray, starts: IntArray, sizes: IntArray, row: np.dtype[Any]
) -> Iterator[tuple[int, npt.NDArray[Any] | None]]:
    """Yield the rows of consecutive sites, None where they cannot be read."""
    first, stop = int(starts[sites[0]]), int((starts[sites] + sizes[sites]).max())
    try:
        rows = read_rows(file, first, stop, row)
    except FAILURES:
        if len(sites) == 1:
            yield int(sites[0]), None
            return
        for site in sites:
            yield from _rows_of(file, np.array([site]), starts, sizes, row)
        return
    for site in sites:
        start = int(starts[site]) - first
        yield int(site), rows[start : start + sizes[site]]
