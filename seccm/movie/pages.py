"""What a movie looks like: a BigTIFF file, one page for each frame, all of one size.

A file begins with a header and a text of fixed length. Then come the pages, each of them its
pixels followed by its directory, so that the place of page k is known without reading the others,
and what a killed program left can be counted. At close an OME-XML description is put behind the
last page; a movie that goes on loses it until it is closed again.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from seccm.errors import DataFileError
from seccm.movie.facts import MovieFacts

Picture = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
HEADER = struct.Struct("<2sHHHQ")
"""Byte order, version, size of an offset, zero, and where the first directory lies."""
FIRST_LINK = 8
"""Where the header says where the first directory lies."""
TEXT = 16
"""Where the text begins."""
TEXT_SIZE = 240
START = TEXT + TEXT_SIZE
"""Where the first page begins."""
DESCRIPTION = 270
_ENTRY = struct.Struct("<HHQQ")
_COUNT = struct.Struct("<Q")
_SHORT, _LONG8, _RATIONAL, _ASCII = 3, 16, 5, 2
_PER_CM, _CM = 1e-2, 3
_TAGS = 14
"""In each directory."""
NO_PAGE = 0xFFFFFFFF
"""The number of the page of a frame that is not in the movie."""


@dataclass(frozen=True)
class PageLayout:
    """The one size that all frames of a movie have."""

    uuid: str
    width: int
    height: int
    bits: Literal[8, 16]
    """Of a pixel in the file."""
    pixel: float = 0.0
    """Metres of the sample for each pixel; 0 where that is not known."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a pixel, little endian."""
        return np.dtype("<u2" if self.bits == 16 else "u1")

    @property
    def pixels(self) -> int:
        """Bytes of the pixels of a frame."""
        return self.width * self.height * self.bits // 8

    @cached_property
    def stride(self) -> int:
        """Bytes from one page to the next."""
        return self.padded + 2 * _COUNT.size + _TAGS * _ENTRY.size

    @property
    def padded(self) -> int:
        """Bytes from the pixels of a page to its directory, which lies at a multiple of 8."""
        return -(-self.pixels // 8) * 8

    def offset(self, page: int) -> int:
        """Return where the pixels of a page begin."""
        return START + page * self.stride

    def link(self, page: int) -> int:
        """Return where the file says where the directory of a page lies."""
        return FIRST_LINK if page == 0 else self.offset(page) - _COUNT.size

    def place(self, page: int) -> int:
        """Return where the directory of a page lies."""
        return self.offset(page) + self.padded

    @property
    def described(self) -> int:
        """Where the first directory says how long its description is, and where it lies."""
        tags = [tag for tag, _, _, _ in self._tags(0)]
        return self.place(0) + _COUNT.size + tags.index(DESCRIPTION) * _ENTRY.size + 4

    def text(self) -> bytes:
        """Return what stands before the first page, `TEXT_SIZE` bytes."""
        words = json.dumps({"seccm movie": asdict(self)}).encode()
        return words.ljust(TEXT_SIZE - 1) + b"\0"

    def beginning(self) -> bytes:
        """Return the first bytes of a movie without a frame."""
        return HEADER.pack(b"II", 43, 8, 0, 0) + self.text()

    def directory(self, page: int) -> bytes:
        """Return the directory of a page that is the last one."""
        tags = self._tags(page)
        entries = b"".join(_ENTRY.pack(*tag) for tag in tags)
        return _COUNT.pack(len(tags)) + entries + _COUNT.pack(0)

    def _tags(self, page: int) -> list[tuple[int, int, int, int]]:
        # Every page has a description, so that all pages have one size.
        resolution = round(_PER_CM / self.pixel) if self.pixel > 0 else 1
        rational = struct.unpack("<Q", struct.pack("<II", max(1, resolution), 1))[0]
        return [
            (256, _LONG8, 1, self.width),
            (257, _LONG8, 1, self.height),
            (258, _SHORT, 1, self.bits),
            (259, _SHORT, 1, 1),
            (262, _SHORT, 1, 1),
            (DESCRIPTION, _ASCII, TEXT_SIZE, TEXT),
            (273, _LONG8, 1, self.offset(page)),
            (277, _SHORT, 1, 1),
            (278, _LONG8, 1, self.height),
            (279, _LONG8, 1, self.pixels),
            (282, _RATIONAL, 1, rational),
            (283, _RATIONAL, 1, rational),
            (296, _SHORT, 1, _CM if self.pixel > 0 else 1),
            (339, _SHORT, 1, 1),
        ]


def layout_of(facts: MovieFacts) -> PageLayout:
    """Return the layout of the movie of a camera."""
    bits: Literal[8, 16] = 16 if facts.bits > 8 else 8
    return PageLayout(facts.uuid, facts.width, facts.height, bits, facts.pixel)


def read_layout(path: object, beginning: bytes) -> PageLayout:
    """Return the layout of a movie, from its first `START` bytes.

    Raises:
        DataFileError: it is no movie of this program.
    """
    try:
        order, version, size, _, _ = HEADER.unpack_from(beginning)
        told = json.loads(beginning[TEXT:START].rstrip(b"\0 "))["seccm movie"]
        layout = PageLayout(**told)
        right = (order, version, size) == (b"II", 43, 8) and layout.bits in (8, 16)
        if not (right and layout.width > 0 and layout.height > 0):
            raise ValueError("not a BigTIFF movie")
    except (ValueError, RecursionError, KeyError, TypeError, struct.error):
        raise DataFileError(f"{path}: this is not a movie that seccm has recorded.") from None
    return layout
