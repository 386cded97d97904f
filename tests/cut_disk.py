"""A disk that keeps a diary of a folder: every write, so that it can be cut at any of them.

`Diary` notes what is written where. `images` then gives the folder as a killed program leaves it,
after any number of writes; `after_power_cut` gives it as a power cut may: what was written to a
file since the disk was last told to keep it is there or not, sector by sector.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hdf5_writes
import numpy as np
import pytest

Image = dict[str, bytes]
"""Files of a folder, by name."""


@dataclass(frozen=True)
class Wrote:
    """Bytes at a place."""

    name: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Cut:
    """The file was made so long."""

    name: str
    size: int


@dataclass(frozen=True)
class Replaced:
    """Another file took the place, complete and on the disk."""

    name: str
    content: bytes
    new: str = ""


@dataclass(frozen=True)
class Gone:
    """A file was removed; a power cut may bring it back."""

    name: str


@dataclass(frozen=True)
class Synced:
    """The disk has kept everything that was written to a file."""

    name: str


@dataclass(frozen=True)
class Kept:
    """The program was told that everything up to here is safe.

    Args:
        touched: sites that the program takes for touched from here on.
        finished: sites that it takes for finished.
    """

    touched: frozenset[int] = frozenset()
    finished: frozenset[int] = frozenset()


Entry = Wrote | Cut | Replaced | Gone | Synced | Kept
_CHANGES = Wrote | Cut | Replaced | Gone


@dataclass
class Diary:
    """What happened to the files of a folder, beginning with those that are there.

    Args:
        folder: that is watched.
        entries: in the order in which things happened.
    """

    folder: Path
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in sorted(self.folder.iterdir()):
            self.entries.append(Replaced(path.name, path.read_bytes()))

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Write down what the program does meanwhile."""
        calls = {name: getattr(os, name) for name in ("write", "ftruncate", "fsync")}
        replace, unlink = Path.replace, Path.unlink

        def writing(descriptor: int, data: bytes) -> int:
            done: int = calls["write"](descriptor, data)
            if self._is_in(path := _opened(descriptor)):
                offset = os.lseek(descriptor, 0, os.SEEK_CUR) - done
                self._note(path, Wrote(path.name, offset, bytes(data[:done])))
            return done

        def truncating(descriptor: int, size: int) -> None:
            calls["ftruncate"](descriptor, size)
            path = _opened(descriptor)
            self._note(path, Cut(path.name, size))

        def syncing(descriptor: int) -> None:
            calls["fsync"](descriptor)
            path = _opened(descriptor)
            self._note(path, Synced(path.name))

        def replacing(new: Path, path: Path) -> Path:
            made = replace(new, path)
            self._must_be_synced(new.name)
            self._note(path, Replaced(path.name, path.read_bytes(), new.name))
            return made

        def unlinking(path: Path, *, missing_ok: bool = False) -> None:
            was_there = path.exists()
            unlink(path, missing_ok=missing_ok)
            if was_there:
                self._note(path, Gone(path.name))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "replace", replacing)
            patch.setattr(Path, "unlink", unlinking)
            patch.setattr(os, "write", writing)
            patch.setattr(os, "ftruncate", truncating)
            for sync in ("fsync", "fdatasync"):
                patch.setattr(os, sync, syncing)
            with hdf5_writes.seen(
                lambda path, offset, data: self._note(path, Wrote(path.name, offset, data)),
                lambda path, size: self._note(path, Cut(path.name, size)),
            ):
                yield

    def _is_in(self, path: Path) -> bool:
        return path.parent == self.folder

    def _note(self, path: Path, entry: Entry) -> None:
        if self._is_in(path):
            self.entries.append(entry)

    def _must_be_synced(self, name: str) -> None:
        """Refuse a file that takes the place of another before the disk has it."""
        last = [e for e in self.entries if not isinstance(e, Kept) and e.name == name][-1]
        assert isinstance(last, Synced), f"{name} may be lost in a power cut"

    @property
    def changes(self) -> list[int]:
        """After how many entries each change was made."""
        return [k + 1 for k, entry in enumerate(self.entries) if isinstance(entry, _CHANGES)]

    def images(self, every: int = 1, first: int = 0) -> Iterator[tuple[Image, Kept]]:
        """Yield the folder after changes, and what the program had been told is safe by then."""
        files: dict[str, bytearray] = {}
        known, count = Kept(), 0
        for entry in self.entries:
            if isinstance(entry, Kept):
                known = _both(known, entry)
            elif isinstance(entry, _CHANGES):
                _apply(files, entry)
                if count >= first and (count - first) % every == 0:
                    yield {name: bytes(content) for name, content in files.items()}, known
                count += 1

    def after_power_cut(
        self, stop: int, rng: np.random.Generator, sector: int
    ) -> tuple[Image, Kept]:
        """Return what a power cut after some entries leaves, and what must have survived it.

        Args:
            stop: how many entries were made.
            rng: says which of the sectors not yet kept were written.
            sector: bytes that are written whole or not at all.
        """
        files: dict[str, bytearray] = {}
        known = Kept()
        done = self.entries[:stop]
        safe = {e.name: k for k, e in enumerate(done) if isinstance(e, Synced | Replaced)}
        names = max((k for k, e in enumerate(done) if isinstance(e, Replaced)), default=0)
        loose: dict[tuple[str, int], list[Wrote]] = {}
        for k, entry in enumerate(done):
            if isinstance(entry, Kept):
                known = _both(known, entry)
            elif isinstance(entry, Wrote) and k > safe.get(entry.name, -1):
                for piece in _pieces(entry, sector):
                    loose.setdefault((entry.name, piece.offset // sector), []).append(piece)
            elif isinstance(entry, Gone) and k > names and rng.integers(2):
                pass
            elif isinstance(entry, _CHANGES):
                _apply(files, entry)
        # The disk has each sector as it was at some moment since it was last told to keep it.
        for (name, _), pieces in loose.items():
            for piece in pieces[: int(rng.integers(0, len(pieces) + 1))] if name in files else ():
                _apply(files, piece)
        return {name: bytes(content) for name, content in files.items()}, known

    def power_cuts(
        self, every: int, rng: np.random.Generator, sector: int, first: int = 0
    ) -> Iterator[tuple[Image, Kept]]:
        """Yield what power cuts leave after some of the changes."""
        for stop in self.changes[first::every]:
            yield self.after_power_cut(stop, rng, sector)


def _opened(descriptor: int) -> Path:
    return Path(os.readlink(f"/proc/self/fd/{descriptor}"))


def _pieces(entry: Wrote, size: int) -> Iterator[Wrote]:
    start, end = entry.offset, entry.offset + len(entry.data)
    while start < end:
        stop = min((start // size + 1) * size, end)
        data = entry.data[start - entry.offset : stop - entry.offset]
        yield Wrote(entry.name, start, data)
        start = stop


def _apply(files: dict[str, bytearray], entry: Any) -> None:
    match entry:
        case Replaced(name, content, new):
            files.pop(new, None)
            files[name] = bytearray(content)
        case Gone(name):
            files.pop(name, None)
        case Cut(name, size):
            image = files.setdefault(name, bytearray())
            files[name] = image[:size] + bytes(max(0, size - len(image)))
        case Wrote(name, offset, data):
            image = files.setdefault(name, bytearray())
            image.extend(bytes(max(0, offset + len(data) - len(image))))
            image[offset : offset + len(data)] = data


def _both(a: Kept, b: Kept) -> Kept:
    return Kept(a.touched | b.touched, a.finished | b.finished)


def counted(diary: Diary) -> Mapping[str, int]:
    """Return how many entries of each kind there are."""
    kinds = [type(entry).__name__ for entry in diary.entries]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
