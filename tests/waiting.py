"""How tests wait: for what must happen, however long that takes on a slow and busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from seccm.data import open_scan
from seccm.errors import DataFileError
from seccm.events import Outcome

HANGING = 300.0
"""Seconds after which something does not happen any more: it hangs. Nothing takes a tenth of that
on a machine at rest, so that one ten times slower still passes."""
LOOK = 0.02


def wait_for(true: Callable[[], bool], *, hanging: float = HANGING) -> None:
    """Return as soon as something is true.

    Raises:
        AssertionError: it hangs.
    """
    late = time.monotonic() + hanging
    while not true():
        assert time.monotonic() < late, "what was waited for did not happen: it hangs"
        time.sleep(LOOK)


def finished(data: Path) -> int:
    """Return how many sites a growing file says are closed; -1 while there is no file."""
    try:
        with open_scan(data) as scan:
            return int((scan.sites["status"] > Outcome.RUNNING).sum())
    except (DataFileError, OSError):
        return -1
