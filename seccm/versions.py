"""The formats of data files and plans, by version: which ones this program reads.

A later version with the same first number only adds something; what was there keeps its meaning.
A version with a larger first number cannot be read by this program.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Version(NamedTuple):
    """The version of a format."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @classmethod
    def read(cls, written: object) -> Version:
        """Return a version as a file writes it: "1.0", or the number 1 for it.

        Raises:
            ValueError: it is none.
        """
        text = str(written) if type(written) in (int, str) else ""
        found = re.fullmatch(r"(\d{1,6})(?:\.(\d{1,6}))?", text)
        if found is None:
            raise ValueError(f"{written!r:.40} is not a version such as 1.0")
        return cls(int(found[1]), int(found[2] or 0))

    def is_beyond(self, known: Version) -> bool:
        """Tell whether a program that knows a version cannot read this one."""
        return self.major > known.major


FILE = Version(1, 1)
"""The format of the data files that this program writes; 1.1 added groups for viewers of NeXus."""
PLAN = Version(1, 0)
"""The format of its plans."""
UNNAMED = Version(0, 1)
"""The format of data files that name none; they were written before formats had names."""
