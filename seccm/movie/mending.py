"""Mending the movie of a killed program: whole pages stay, each linked to the next."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from seccm.errors import DataFileError
from seccm.movie.pages import START, TEXT, TEXT_SIZE, PageLayout, read_layout


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a movie."""

    layout: PageLayout
    pages: int
    """Whole pages."""
    cut: int = 0
    """Bytes behind them that belong to no frame, and are cut off by mending."""
    described: bool = False
    """Whether it was closed with a description of its frames, and that is still there."""


def look_at(path: Path) -> Found:
    """Find the whole pages of a movie; nothing is changed, and it may be growing.

    Raises:
        DataFileError: it is missing, or no movie of this program.
    """
    try:
        with path.open("rb") as file:
            return _look(path, file)
    except OSError as error:
        raise DataFileError(f"{path}: the movie cannot be read: {error.strerror}.") from error


def mend(path: Path) -> Found:
    """Cut off what is behind the last whole page, the description too; link every page.

    Mending a second time changes nothing.

    Raises:
        DataFileError: it is missing, cannot be written, or is no movie of this program.
    """
    try:
        with path.open("r+b") as file:
            found = _look(path, file)
            layout, pages = found.layout, found.pages
            for page in range(pages + 1):
                place = layout.place(page) if page < pages else 0
                _replace(file, layout.link(page), place.to_bytes(8, "little"))
            if pages:
                original = TEXT_SIZE.to_bytes(8, "little") + TEXT.to_bytes(8, "little")
                _replace(file, layout.described, original)
            file.truncate(layout.offset(pages))
            file.flush()
            os.fsync(file.fileno())
            return found
    except OSError as error:
        raise DataFileError(f"{path}: the movie cannot be mended: {error.strerror}.") from error


def _look(path: Path, file: BinaryIO) -> Found:
    layout = read_layout(path, file.read(START))
    size = file.seek(0, os.SEEK_END)
    pages = max(0, size - START) // layout.stride
    # A page is appended in order: where a directory is right, its pixels are there.
    while pages and not _is_page(file, layout, pages - 1):
        pages -= 1
    described = False
    if pages:
        file.seek(layout.described)
        length, place = (int.from_bytes(file.read(8), "little") for _ in range(2))
        # Of a file that was cut off afterwards only the pointer is left.
        described = length != TEXT_SIZE and place + length <= size
    return Found(layout, pages, size - layout.offset(pages), described)


def _is_page(file: BinaryIO, layout: PageLayout, page: int) -> bool:
    wanted = layout.directory(page)
    file.seek(layout.place(page))
    found = file.read(len(wanted))
    if page == 0:  # what its description is, may have changed
        here = layout.described - layout.place(0)
        found = found[:here] + wanted[here : here + 16] + found[here + 16 :]
    return found[:-8] == wanted[:-8]


def _replace(file: BinaryIO, place: int, what: bytes) -> None:
    """Write some bytes unless they are there already: a page is not touched in vain."""
    file.seek(place)
    if file.read(len(what)) != what:
        file.seek(place)
        file.write(what)
