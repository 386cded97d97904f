"""What tifffile logs of a damaged file is told in a sentence of this program, and not twice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep tifffile from logging what it finds in a file."""
    log = logging.getLogger("tifffile")

    def nothing(_: logging.LogRecord) -> bool:
        return False

    log.addFilter(nothing)
    try:
        yield
    finally:
        log.removeFilter(nothing)
