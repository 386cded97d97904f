"""A disk that keeps a diary: every write to a data file, so that it can be cut at any of them.

`Diary` notes what is written where. `images` then
gives the file as a killed program leaves it, after any number of writes; `after_power_cut` gives
it as a power cut may: what was written since the disk was last told to keep it is there or not,
sector by sector.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import hdf5_writes
import numpy as np
import pytest


@dataclass(frozen=True)
class Wrote:
    """Bytes at a place."""

    offset: int
    data: bytes


@dataclass(frozen=True)
class Cut:
    """The file was made so long."""

    size: int


@dataclass(frozen=True)
class Replaced:
    """Another file took the place, complete and on the disk."""

    content: bytes


@dataclass(frozen=True)
class Kept:
    """The disk has kept everything up to here, and the program was told so.

    Args:
        touched: sites that the program takes for touched from here on.
        finished: sites that it takes for finished.
    """

    touched: frozenset[int] = frozenset()
    finished: frozenset[int] = frozenset()


Entry = Wrote | Cut | Replaced | Kept


@dataclass
class Diary:
    """What happened to one file.

    Args:
        path: of the data file; what is done to others is noted when they replace it.
    """

    path: Path
    entries: list[Entry] = field(default_factory=list)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Write down what the program does meanwhile."""
        replace = Path.replace
        sync = "fdatasync" if hasattr(os, "fdatasync") else "fsync"
        told = getattr(os, sync)

        def replacing(new: Path, path: Path) -> Path:
            made = replace(new, path)
            self._note(path, Replaced(path.read_bytes()))
            return made

        def syncing(descriptor: int) -> None:
            told(descriptor)
            self.entries.append(Kept())

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "replace", replacing)
            patch.setattr(os, sync, syncing)
            with hdf5_writes.seen(
                lambda path, offset, data: self._note(path, Wrote(offset, data)),
                lambda path, size: self._note(path, Cut(size)),
            ):
                yield

    def _note(self, path: Path, entry: Entry) -> None:
        if path == self.path:
            self.entries.append(entry)

    def images(self) -> Iterator[tuple[bytes, Kept]]:
        """Yield the file after each entry, and what the program had been told is safe by then."""
        image = bytearray()
        known = Kept()
        for entry in self.entries:
            if isinstance(entry, Kept):
                known = _both(known, entry)
            else:
                image = _applied(image, entry)
                yield bytes(image), known

    def after_power_cut(
        self, stop: int, rng: np.random.Generator, sector: int
    ) -> tuple[bytes, Kept]:
        """Return what a power cut after some entries leaves, and what must have survived it.

        Args:
            stop: how many entries were made.
            rng: says which of the sectors not yet kept were written.
            sector: bytes that are written whole or not at all.
        """
        done = self.entries[:stop]
        kept = max((k + 1 for k, e in enumerate(done) if isinstance(e, Kept | Replaced)), default=0)
        image, known = bytearray(), Kept()
        for entry in done[:kept]:
            if isinstance(entry, Kept):
                known = _both(known, entry)
            else:
                image = _applied(image, entry)
        loose: dict[int, list[Wrote]] = {}
        for entry in done[kept:]:
            if isinstance(entry, Wrote):
                for piece in _pieces(entry, sector):
                    loose.setdefault(piece.offset // sector, []).append(piece)
        # The disk has each sector as it was at some moment since it was last told to keep it.
        for pieces in loose.values():
            for piece in pieces[: int(rng.integers(0, len(pieces) + 1))]:
                image = _applied(image, piece)
        return bytes(image), known


def _pieces(entry: Wrote, size: int) -> Iterator[Wrote]:
    start, end = entry.offset, entry.offset + len(entry.data)
    while start < end:
        stop = min((start // size + 1) * size, end)
        yield Wrote(start, entry.data[start - entry.offset : stop - entry.offset])
        start = stop


def _applied(image: bytearray, entry: Entry) -> bytearray:
    match entry:
        case Replaced(content):
            return bytearray(content)
        case Cut(size):
            return image[:size] + bytes(max(0, size - len(image)))
        case Wrote(offset, data):
            image.extend(bytes(max(0, offset + len(data) - len(image))))
            image[offset : offset + len(data)] = data
    return image


def _both(a: Kept, b: Kept) -> Kept:
    return Kept(a.touched | b.touched, a.finished | b.finished)


def counted(diary: Diary) -> Mapping[str, int]:
    """Return how many entries of each kind there are."""
    kinds = [type(entry).__name__ for entry in diary.entries]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
