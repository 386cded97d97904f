"""Commissioning on a host: one thing at a time, stoppable, and what it found for all to see."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from seccm.calibration import file_of
from seccm.commissioning.finding import Finding
from seccm.commissioning.keeping import keep, report_of
from seccm.commissioning.report import default_name
from seccm.conductor.conductor import Conductor, StoppedError
from seccm.errors import ContactError, NotNow, PlanError, Problem
from seccm.remote.messages.commissioning import Found
from seccm.remote.messages.task import Task
from seccm.rig import Block, Rig, SafeReport

LOOK = 0.02
"""Seconds between two looks whether somebody has answered."""
AT_REST = SafeReport(
    *(True, True, True),
    "The rig was at rest, cell off, tip fully retracted; the motor is stopped.",
    at_top=True,
)
"""What an emergency finds while the motor of a coarse approach runs, or a person is asked."""


class Workbench:
    """Carries out what is asked in the thread that runs the rig; any thread may stop them.

    Args:
        look: shown every block.
        tell: told what was found, and again when it was kept.
        lifted: told what an emergency retract achieved, from any thread.
    """

    def __init__(
        self,
        look: Callable[[Block], None],
        tell: Callable[[Found], None],
        lifted: Callable[[SafeReport], None] = lambda report: None,
    ) -> None:
        self._look, self._tell, self._lifted = look, tell, lifted
        self._kept: dict[str, tuple[Task, Found]] = {}
        self._conductor: Conductor | None = None
        self._rows, self._wanted = 0, 1.0
        self._stop: tuple[str, bool] | None = None
        self._stopping = threading.Event()
        self._granted = False
        self.doing = ""
        """The title of what is carried out; empty when nothing is."""
        self.attended = False
        """Whether what is carried out ends when nobody holds the controls."""
        self.words = ""
        """What of it is done just now, as a sentence; empty where there is nothing to say."""
        self.question = ""
        """What must be granted before it goes on; empty when nothing is asked."""

    @property
    def virtual(self) -> bool:
        """Whether the rig that is in use is a virtual one; False before it is built."""
        conductor = self._conductor
        return conductor is not None and conductor.info.virtual

    @property
    def done(self) -> float:
        """How much is done, 0 to 1: of a step, or of the try that a coarse approach makes."""
        conductor = self._conductor
        passed = 0.0 if conductor is None else self._rows * conductor.info.clock.period
        return min(1.0, passed / self._wanted)

    def expect(self, task: Task) -> None:
        """Be told what comes next: from now on it can be stopped.

        Raises:
            SeccmError: there is no such step.
        """
        title = task.title
        self._stopping.clear()
        self._stop, self._rows = None, 0
        self.attended, self.doing = task.attended, title

    def carry_out(self, task: Task) -> None:
        """Carry out what was expected, and tell what it found.

        The rig ends with the cell off, and closed.

        Raises:
            SeccmError: the rig, its file or a setting failed; this is told as a finding, too.
        """
        made = datetime.now().astimezone()
        finding = Finding(task.procedure, {})
        try:
            finding = task.carry_out(self)
        except (ValueError, StoppedError, ContactError) as reason:
            finding = replace(finding, faults=(_told(reason),))
        except Exception as error:
            finding = replace(finding, faults=(_told(error),))
            raise
        finally:
            info = self._conductor.info if self._conductor is not None else None
            named = file_of(task.rig)
            found = Found(
                *(finding, info, task.rig_source, made.isoformat(timespec="seconds")),
                calibration="" if named is None else str(named),
            )
            self._kept[task.procedure] = task, found
            self._conductor, self._stop, self.doing = None, None, ""
            self.attended, self.words = False, ""
            self._tell(found)

    def stop(self, why: str, *, retract: bool = False) -> None:
        """End what is carried out: with the next block, or without it.

        Args:
            why: in words, such as "stopped by the operator".
            retract: whether the tip goes up; it rests otherwise.

        Raises:
            NotNow: none is.
        """
        if not self.doing:
            raise NotNow("stop", "no step is running", ())
        self._stop = why, retract
        self._stopping.set()
        if self._conductor is not None:
            self._conductor.stop(why, retract=retract)

    def reply(self, question: str, *, yes: bool) -> None:
        """Answer what is asked.

        Args:
            question: the one that was read; another is not answered by it.
            yes: whether to go on.

        Raises:
            NotNow: it is not asked, or not any more.
        """
        if not question or question != self.question:
            raise NotNow("answer", "this question is not open now", ())
        self._granted = yes
        self.question = ""

    # For tasks, in the thread that runs the rig.

    def conduct(self, rig: Rig, seconds: float) -> Conductor:
        """Return the one who reads a rig from now on, for about so many seconds."""
        self._rows, self._wanted = 0, max(rig.info.clock.period, seconds)
        conductor = self._conductor = Conductor(rig, show=self._see, lifted=self._lifted)
        if self._stop is not None:  # it came since the last one was let go of
            why, retract = self._stop
            conductor.stop(why, retract=retract)
        return conductor

    def confirm(self, question: str) -> bool:
        """Ask, with the rig let go of, and wait until somebody has answered.

        Raises:
            StoppedError: somebody put an end to it instead.
        """
        self._granted, self.question = False, question
        try:
            while self.question == question:
                self.wait(LOOK)
        finally:
            self.question = ""
        return self._granted

    def wait(self, seconds: float) -> None:
        """Let time pass while the rig is let go of.

        Raises:
            StoppedError: somebody put an end to it.
        """
        if self._stopping.wait(seconds):
            why, retract = self._stop or ("stopped", False)
            if retract:
                self._lifted(AT_REST)
            raise StoppedError(why, AT_REST, retract=retract)

    def keep(self, name: str, *, calibrate: bool) -> None:
        """Write the report of a step, and if asked its entry in the calibration.

        Raises:
            SeccmError: there is nothing to keep, it was kept, or a file cannot be written.
        """
        if name not in self._kept or not self._kept[name][1].judged:
            raise NotNow("keep", f"there is no result of {name}", ())
        task, found = self._kept[name]
        if found.kept:
            raise NotNow("keep", found.kept, ())
        assert found.info is not None
        if calibrate and not found.calibration:
            what = "names no calibration."
            remedy = 'Add, for example: calibration = "bench-1.calibration.json".'
            raise PlanError(task.rig_source, [Problem("calibration", what, remedy)])
        made = datetime.fromisoformat(found.made)
        path = Path(task.folder) / default_name(name, found.info, made)
        report_of(found.finding, found.info, task.rig_source, made, path).write(path)
        into = keep(found.finding, found.info, task.rig, made, path) if calibrate else None
        added = "" if into is None else f", and added to the calibration {into.name}"
        found = replace(found, kept=f"Written to {path}{added}.")
        self._kept[name] = task, found
        self._tell(found)

    def _see(self, block: Block) -> None:
        self._rows += block.rows
        self._look(block)


def _told(error: BaseException) -> str:
    """Say what ended a step, and what became of the drive."""
    text = str(error) or repr(error)
    head = f"Not judged: {text}" if type(error) is ValueError else text
    notes = " ".join(note[:1].upper() + note[1:] for note in getattr(error, "__notes__", ()))
    return f"{head.rstrip('.')}. {notes}".strip()
