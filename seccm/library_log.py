"""What a library logs of a damaged file is told in a sentence of this program, and not twice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unlogged(library: str) -> Iterator[None]:
    """Keep a library from logging what it finds in a file.

    Args:
        library: the name of its logger; those below it are meant, too.
    """
    known = list(logging.Logger.manager.loggerDict)
    names = [library, *(name for name in known if name.startswith(f"{library}."))]

    def nothing(_: logging.LogRecord) -> bool:
        return False

    logs = [logging.getLogger(name) for name in names]
    for log in logs:
        log.addFilter(nothing)
    try:
        yield
    finally:
        for log in logs:
            log.removeFilter(nothing)
