"""Files of a report, each whole or not there: a full disk or Ctrl-C leaves the old one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seccm.data.trouble import discard


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lend a name to write a file under; it takes its own name once it is whole.

    Args:
        path: where the file is written; one that is there stays until then.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        discard(part)
