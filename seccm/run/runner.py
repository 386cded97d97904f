"""The runner: the one place where the engine, the rig and time meet.

    read a block -> record it -> feed the engine -> apply actions, record events, in order

Whatever happens, it ends the same way: the rig is made safe, the record is closed, the devices
are let go. That stands outside the engine, because it must also hold when the engine is the
one that failed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from seccm.errors import RigError, SeccmError
from seccm.events import Approaching, Event, Landed, Note, RunStatus, RunStopped, SiteAnalysed
from seccm.rig import Block, Drive, Freeze, Mark, Move, Rig, Wake
from seccm.run.engine import Engine, Request


class Halt(BaseException):
    """Raised into a running runner, from a signal handler, to halt at once.

    Not an `Exception`, so that nothing on the way takes it for an ordinary failure.
    """


class Recorder(Protocol):
    """Where blocks and events go. Nothing here waits for a disk, except `barrier` and `close`."""

    def record(self, block: Block | None, events: Sequence[Event]) -> None:
        """Take rows and events, in order; never drop any.

        Raises:
            RigError: there is no room for them.
        """

    def barrier(self) -> None:
        """Return when everything recorded so far is safe on disk.

        Raises:
            RigError: it cannot be made safe.
        """

    def analysed(self) -> tuple[SiteAnalysed, ...]:
        """Return the analyses finished since last asked."""

    def close(self, status: RunStatus) -> None:
        """Write what is left, say what became of the run, and close; may be called twice.

        Raises:
            RigError: it cannot be written.
        """


class Runner:
    """Runs an engine on a rig.

    Args:
        rig: opened.
        engine: idle.
        recorder: open.
    """

    def __init__(self, rig: Rig, engine: Engine, recorder: Recorder) -> None:
        self._rig = rig
        self._engine = engine
        self._recorder = recorder
        self._heard: list[Event] = []
        self._begun = False
        self._over = threading.Event()

    def halt(self, patience: float = 0.5) -> None:
        """Halt: with the next block, or straight through the rig if none comes.

        May be called from any thread, and from a signal handler.

        Args:
            patience: seconds to wait for the engine before the rig is made safe without it.

        Raises:
            NotNow: the run is over; nothing changed.
        """

        def without_engine() -> None:
            if not self._over.wait(patience):
                self._rig.safe("halt", retract=False)

        self._engine.ask(Request.HALT)
        threading.Thread(target=without_engine, name="halt", daemon=True).start()

    def close(self) -> None:
        """Let go of the rig and the record of a run that never began; else does nothing."""
        if not self._begun:
            self._begun = True
            self._recorder.close("stopped")
            self._rig.close()

    def run(self) -> Iterator[Event]:
        """Run to the end; yield every event as it becomes known, `RunStopped` last.

        The rig is safe, the record closed and the devices let go when this ends, is closed by
        its caller, or raises.

        Raises:
            RigError: the rig or the record failed; the last events said so.
        """
        failure: BaseException | None = None
        self._begun = True
        try:
            self._rig.start()
            self._engine.ask(Request.START)
            while not self._engine.finished:
                self._turn()
                yield from self._news()
        except BaseException as error:  # whatever it is, the rig must be made safe
            failure = error
        failure = self._finish(failure)
        if isinstance(failure, GeneratorExit | KeyboardInterrupt):
            raise failure
        yield from self._news(last=True)
        if failure is not None:
            raise failure

    def _turn(self) -> None:
        """Read one block and carry out what the engine makes of it."""
        block = self._rig.read()
        self._recorder.record(block, ())
        for item in self._engine.feed(block):
            if isinstance(item, Move | Drive | Freeze | Mark | Wake):
                self._rig.apply(item)
            else:
                self._tell(item)
                if isinstance(item, Approaching | Landed):
                    self._recorder.barrier()

    def _tell(self, event: Event) -> None:
        self._heard.append(event)
        self._recorder.record(None, (event,))

    def _news(self, *, last: bool = False) -> Iterator[Event]:
        """Give out what was heard; the end of the run waits for the last analyses."""
        self._heard.extend(self._recorder.analysed())
        stopped = [e for e in self._heard if isinstance(e, RunStopped)]
        news = [e for e in self._heard if not isinstance(e, RunStopped)]
        self._heard = [] if last else list(stopped)
        yield from news
        if last:
            yield from stopped

    def _finish(self, failure: BaseException | None) -> BaseException | None:
        """Make the rig safe, record how the run ended, close everything.

        Returns:
            What to raise: the failure, or what went wrong in here if nothing had before.
        """
        last, why = self._last_words(failure)
        halted = isinstance(failure, Halt) or self._status() == "halted"
        report = self._rig.safe(why, retract=not halted)
        facts: list[Event] = list(last)
        if failure is not None or not (report.frozen and report.drive_off):
            note = Note(self._engine.status.row, -1, report.what)
            facts.insert(len(facts) - 1 if facts else 0, note)
        try:
            self._heard += facts
            self._recorder.record(None, facts)
            self._recorder.close(self._status())
        except SeccmError as error:
            # The first failure is the one to report; this one often follows from it.
            failure = failure or error
        finally:
            self._over.set()
            self._rig.close()
        return None if isinstance(failure, Halt) else failure

    def _last_words(self, failure: BaseException | None) -> tuple[tuple[Event, ...], str]:
        engine = self._engine
        match failure:
            case None:
                return (), "end of the run"
            case Halt():
                return engine.abandon("halted", "Halted by the operator."), "halt"
            case RigError():
                return engine.fail(failure), str(failure)
            case Exception():
                error = RigError("internal", "seccm", f"an error of the program: {failure!r}.")
                return engine.fail(error), str(error)
            case _:
                return engine.abandon("stopped", "Interrupted."), "interrupted"

    def _status(self) -> RunStatus:
        """Return what the engine said of the end, if it has."""
        return next((e.status for e in self._heard if isinstance(e, RunStopped)), "fault")
