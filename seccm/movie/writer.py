"""Writing a movie so that whatever ends the program leaves every written frame readable.

A page is appended whole, pixels and directory, and only then linked: a reader, or another
program that looks at a growing movie, never sees a page that is not there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Self

from seccm.errors import DataFileError
from seccm.movie.mending import mend
from seccm.movie.pages import PageLayout, Picture


class MovieWriter:
    """Appends frames to a movie.

    Args:
        path: of a movie that does not exist yet.
        layout: of its pages.

    Raises:
        DataFileError: it exists, or cannot be made.
    """

    def __init__(self, path: Path, layout: PageLayout) -> None:
        self.path, self.layout, self.pages = path, layout, 0
        try:
            self._file = FileIO(path, "x+")
        except FileExistsError:
            raise DataFileError(
                f"{path}: a movie of this name exists already and is not overwritten. Choose "
                "another name for the data file, or move the movie."
            ) from None
        except OSError as error:
            raise DataFileError(f"{path}: the movie cannot be made: {error.strerror}.") from error
        self._put(0, layout.beginning())

    @classmethod
    def going_on(cls, path: Path, uuid: str) -> Self:
        """Go on with a movie that was closed, or whose program was killed; it is mended first.

        Raises:
            DataFileError: it is missing, or another movie.
        """
        writer = cls.__new__(cls)
        found = mend(path)
        if found.layout.uuid != uuid:
            raise DataFileError(
                f"{path}: this is another movie than the one of the data file. Put the right one "
                "in its place."
            )
        writer.path, writer.layout, writer.pages = path, found.layout, found.pages
        writer._file = FileIO(path, "r+")  # noqa: SLF001, it is this class
        return writer

    def append(self, picture: Picture) -> int:
        """Append a frame; return the number of its page.

        Args:
            picture: shape (height, width), of the movie's type.

        Raises:
            OSError: the disk is full or failed; what was there before stays.
        """
        layout, page = self.layout, self.pages
        pixels = picture.astype(layout.dtype, order="C", copy=False).data.cast("B")
        if pixels.nbytes != layout.pixels:
            raise ValueError(f"a frame has {pixels.nbytes} bytes, not {layout.pixels}")
        try:
            self._put(layout.offset(page), pixels)
            self._put(layout.place(page), layout.directory(page))
            self._put(layout.link(page), layout.place(page).to_bytes(8, "little"))
        except OSError:
            with suppress(OSError):
                self._put(layout.link(page), bytes(8))
            with suppress(OSError):
                self._file.truncate(layout.offset(page))
            raise
        self.pages += 1
        return page

    def sync(self) -> None:
        """Return when all frames are on the disk.

        Raises:
            OSError: the disk failed.
        """
        # There is no fdatasync on Windows; fsync is FlushFileBuffers there.
        getattr(os, "fdatasync", os.fsync)(self._file.fileno())

    def close(self) -> None:
        """Close the movie, every frame on the disk if it can be."""
        if not self._file.closed:
            with suppress(OSError):
                self.sync()
            self._file.close()

    def _put(self, place: int, what: bytes | memoryview) -> None:
        self._file.seek(place)
        left = memoryview(what)
        while left:
            left = left[self._file.write(left) :]


def movie_beside(scan: Path) -> Path:
    """Return where the movie of a data file lies: `scan.h5` has `scan.ome.tif`."""
    return scan.with_name(f"{scan.stem}.ome.tif")
