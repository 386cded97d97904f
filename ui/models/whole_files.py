"""Writing a file so that there is the old one or the new one, and never half of either."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def whole(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file for writing; it takes the place of the old one when it is complete.

    Args:
        path: of the file.
        newline: as `open` takes it.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline=newline) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
