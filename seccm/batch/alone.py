"""Runs on virtual samples that nobody looks after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seccm.errors import DataFileError
from seccm.events import Paused

if TYPE_CHECKING:
    from seccm.session import Run


def carried_out(run: Run) -> None:
    """Carry a run on to its end.

    What a person would be asked to do, such as to move the sample, is done at once: nothing is
    real. Another pause would wait for ever; such a run is stopped.

    Raises:
        DataFileError: it paused; the message says why.
    """
    why = ""
    for event in run:
        if not isinstance(event, Paused) or event.suspended:
            continue
        if event.asks:
            run.ask("resume")
        else:
            why = event.why or "somebody asked for it"
            run.ask("stop")
    if why:
        raise DataFileError(f"{run.path}: the run paused, and nobody was there: {why}")
