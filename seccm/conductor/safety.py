"""Making a rig safe: by the thread that reads it, or by another one if no block comes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from seccm.errors import SeccmError
from seccm.plan.site import Site
from seccm.rig import Rig, SafeReport

PATIENCE = 0.5
"""Seconds without a block after which the rig is made safe by whoever asked for it."""
EMERGENCY = "emergency retract"
HALT = "halt"

Look = Callable[[Site, float], tuple[float, str]]
"""Looks at the circuit from a height, and goes on up; returns the new height, and what it saw."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """How the tip leaves the surface in an emergency."""

    site: Site | None = None
    """Whose approach tells an open circuit; None where nothing is known of any."""
    by: float = math.inf
    """Metres to lift the tip by; see `Rig.safe`."""


class Safety:
    """Makes one rig safe, and keeps a watch on who does.

    Args:
        rig: the rig.
        leaving: asked how the tip leaves the surface, from any thread; must not wait.
        lifted: told what an emergency retract achieved, from any thread; must never raise.
    """

    def __init__(
        self,
        rig: Rig,
        leaving: Callable[[], Leaving] = Leaving,
        lifted: Callable[[SafeReport], None] = lambda report: None,
    ) -> None:
        self._rig, self._leaving = rig, leaving
        self.lifted = lifted
        self._unanswered: list[threading.Event] = []
        self._at_work = threading.Lock()
        """Held by the thread that reads the rig while it makes it safe."""
        self._over = False
        self._alone: SafeReport | None = None
        """What was done without the thread that reads the rig, since that did something."""

    def watch(self, why: str, *, retract: bool, patience: float | None = None) -> None:
        """Make the rig safe from here unless the thread that reads it begins to do so soon.

        Returns at once. May be called from any thread, and from a signal handler: takes no lock.

        Args:
            why: in words.
            retract: whether to lift the tip; it is held otherwise.
            patience: seconds; by default `PATIENCE`.
        """
        wait = PATIENCE if patience is None else patience
        answered = threading.Event()
        self._unanswered.append(answered)

        def without_blocks() -> None:
            if self._over or answered.wait(wait) or self._over or self._at_work.locked():
                return
            by = self._leaving().by if retract else 0.0
            report = self._rig.safe(f"{why}; the rig is silent", retract=retract, by=by)
            self._alone = report
            if retract:
                self.lifted(report)

        threading.Thread(target=without_blocks, name="make safe", daemon=True).start()

    # For the thread that reads the rig.

    def end(self) -> None:
        """From now on, nobody but this thread makes the rig safe."""
        self._over = True
        self._answer()

    def hold(self, why: str) -> SafeReport:
        """Freeze the outputs and switch the cell off; the tip stays where it is."""
        with self._working():
            return self._rig.safe(why, retract=False)

    def retract(self, why: str) -> SafeReport:
        """Switch the cell off and lift the tip to the top."""
        with self._working():
            return self._rig.safe(why)

    def lift(self, look: Look | None) -> SafeReport:
        """Leave the surface in an emergency: cell off, up at the rig's fastest speed, then look.

        The first lift asks nothing of the program but this one call of `Rig.safe`. Then, while
        rows still come, the circuit is looked at, and the tip goes on up until it is open; the
        cell is off again at the end. Whatever fails in that look sends the tip to the top. A tip
        that was lifted already because no block came is not lifted again.

        Args:
            look: looks at the circuit; None where no rows come.

        Raises:
            BaseException: something interrupted the look; the tip was sent to the top.
        """
        with self._working():
            alone, self._alone = self._alone, None
            if alone is not None and alone.retracted:
                # Nothing else is asked of a rig that was silent.
                again = self._rig.safe(EMERGENCY, retract=False)
                report = replace(alone, drive_off=again.drive_off)
            else:
                report = self._lift(look)
            self.lifted(report)
            return report

    def _lift(self, look: Look | None) -> SafeReport:
        leaving = self._leaving()
        report = self._rig.safe(EMERGENCY, by=leaving.by)
        height = report.height
        if look is None or leaving.site is None or height is None or not report.retracted:
            return report
        try:
            height, checked = look(leaving.site, height)
        except Exception as error:  # also one of the program: nobody after this makes the rig safe
            report = self._rig.safe(EMERGENCY)
            why = str(error) if isinstance(error, SeccmError) else f"{error!r}."
            return replace(report, checked=f"The circuit could not be checked: {why}")
        except BaseException:
            self._rig.safe(EMERGENCY)
            raise
        at_top = report.at_top or height >= self._rig.info.axes["z"].travel.upper
        return replace(report, height=height, at_top=at_top, checked=checked)

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._at_work:
            self._answer()
            yield

    def _answer(self) -> None:
        while self._unanswered:
            self._unanswered.pop().set()
