"""A scan: the story that the engine tells, recorded as it goes on.

Whatever happens, it ends the same way: the rig is made safe, the record is closed, the devices
are let go. That stands outside the engine, because it must also hold when the engine is the
one that failed.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from seccm.conductor.asking import Asking
from seccm.conductor.conductor import Conductor
from seccm.conductor.safety import HALT, Leaving
from seccm.errors import NotNow, RigError, SeccmError
from seccm.events import (
    Approaching,
    Event,
    Landed,
    Note,
    Paused,
    RunStatus,
    RunStopped,
    SiteAnalysed,
)
from seccm.hopping.engine import Engine
from seccm.hopping.life import Request
from seccm.rig import Block, Rig, SafeReport

BEAT = 0.02
"""Seconds after which a run that waits looks whether somebody asked for something."""
GLANCE = 0.002
"""Seconds after which a run that waits for its planner looks for results and requests."""


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


BLIND = "The camera, which the plan requires, sees nothing any more."
LIGHT_OFF = "light-off"
"""The code of what is said when a camera sees no light."""


class Filmed(Protocol):
    """A camera that films a run. Nothing here waits, but `begin` and `end`; nothing raises."""

    def begin(self) -> None:
        """Begin to film; the stream of the rig has begun, and with it the counting of edges."""

    def see(self, block: Block) -> None:
        """Take note of a block that was read."""

    def hear(self, event: Event) -> None:
        """Take note of an event."""

    def news(self) -> Sequence[tuple[str, str]]:
        """Return what is to be said since last asked: a code, and a sentence, for each."""

    @property
    def films(self) -> bool:
        """Whether frames still come."""

    def end(self) -> None:
        """Have every frame kept, and let go of the camera; may be called twice."""


class Runner:
    """Runs an engine on a rig.

    Args:
        rig: opened.
        engine: idle.
        recorder: open.
        asking: asks the planner for the engine's sites; None where these are known ahead.
        moves: whether a tip moves at all; else nothing is ever lifted, only the cell switched off.
        raw: have blocks carry every raw sample as well; the recorder chooses which are kept.
        film: films the run; None without a camera.
        film_required: whether the run pauses if the camera fails.
        now: a clock in seconds.
        rest: waits for some seconds.
    """

    def __init__(
        self,
        rig: Rig,
        engine: Engine,
        recorder: Recorder,
        *,
        asking: Asking | None = None,
        raw: bool = False,
        moves: bool = True,
        film: Filmed | None = None,
        film_required: bool = False,
        now: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._moves = moves
        self._film, self._film_required = film, film_required
        self._rig, self._raw = rig, raw
        self._now, self._rest = now, rest
        self._engine = engine
        self._recorder = recorder
        self._asking = asking
        self._heard: list[Event] = []
        self._stopped: RunStopped | None = None
        self._begun = False
        self._filming = True
        self.watcher: Callable[[Block], None] | None = None
        """Shown every block as it comes, in the rig's thread: must return at once, never raise."""
        self._conductor = Conductor(
            rig,
            show=self._show,
            tell=self._tell,
            leaving=lambda: Leaving(engine.newest, engine.lift),
        )

    def on_lifted(self, told: Callable[[SafeReport], None]) -> None:
        """Have somebody told, beside those who are told already, what an emergency achieved.

        Args:
            told: called from any thread: must return at once, never raise.
        """
        safety = self._conductor.safety
        others = safety.lifted

        def all_told(report: SafeReport) -> None:
            others(report)
            told(report)

        safety.lifted = all_told

    def halt(self, patience: float | None = None) -> None:
        """Halt: with the next block, or straight through the rig if none comes.

        May be called from any thread, and from a signal handler.

        Args:
            patience: seconds to wait for the engine before the rig is made safe without it.

        Raises:
            NotNow: the run is over; nothing changed.
        """
        self._engine.ask(Request.HALT)
        self._conductor.safety.watch(HALT, retract=False, patience=patience)

    def emergency(self, patience: float | None = None) -> None:
        """Leave the surface at once: with the next block, or through the rig if none comes.

        Asked for once more before that block, the tip goes to the top. May be called from any
        thread.

        Args:
            patience: seconds to wait for the engine before the tip is lifted without it.

        Raises:
            NotNow: the run is over; nothing changed.
        """
        self._engine.ask(Request.EMERGENCY)
        self._conductor.safety.watch(
            self._engine.words.urgent, retract=self._moves, patience=patience
        )

    def close(self) -> None:
        """Let go of the rig and the record of a run that never began; else does nothing."""
        if not self._begun:
            self._begun = True
            try:
                self._recorder.close("stopped")
            finally:
                if self._film is not None:
                    self._film.end()
                self._rig.close()

    def run(self) -> Iterator[Event]:
        """Run to the end; yield every event as it becomes known, `RunStopped` last.

        The rig is safe, the record closed and the devices let go when this ends, is closed by
        its caller, or raises. Whoever halted or stopped the engine before gets an empty run.

        Raises:
            RigError: the rig or the record failed; the last events said so.
        """
        failure: BaseException | None = None
        self._begun = True
        # What is there before a run need not be searched for garbage during it: the searches take
        # a tenth of a fast run, and come as pauses between contact and stop.
        gc.freeze()
        try:
            self._conductor.start(raw=self._raw)
            if self._film is not None:
                self._film.begin()
            with suppress(NotNow):
                self._engine.ask(Request.START)
            while not self._engine.finished:
                began = self._now()
                block = self._conductor.turn(self._engine.feed)
                self._look_at_film()
                yield from self._news()
                self._let_pass(began + block.rows * block.clock.period)
                yield from self._let_think()
        except BaseException as error:  # whatever it is, the rig must be made safe
            failure = error
        stopped, trouble = self._finish(failure)
        if not isinstance(failure, GeneratorExit):
            yield from self._news()
            yield stopped
        if trouble is not None:
            raise trouble

    def _let_pass(self, due: float) -> None:
        """Let the rows of a pause take their real time: nobody knows how long it will be.

        A rig that is as fast as it likes would fill the disk with them.
        """
        while self._engine.paused and (left := due - self._now()) > 0.0:
            self._rest(min(left, BEAT))

    def _let_think(self) -> Iterator[Event]:
        """Let no time pass on a simulated rig while a planner thinks.

        Its data would else depend on how fast the computer is. A rig of hardware is read on.
        """
        if self._asking is None or not self._rig.info.virtual:
            return
        while self._engine.thinking and not self._asking.wait(GLANCE):
            yield from self._news()

    def _look_at_film(self) -> None:
        """Say what there is to say of the camera; pause if it fails and is required."""
        if self._film is None:
            return
        filmed = self._filming
        self._filming = self._film.films
        blind = filmed and not self._filming
        for code, words in self._film.news():
            self._tell(Note(self._engine.status.row, -1, words))
            blind |= code == LIGHT_OFF
        if blind and self._film_required:
            with suppress(NotNow):
                self._engine.pause_for(BLIND)

    def _end_film(self) -> None:
        """Have every frame kept, and say what was still to be said of the camera."""
        if self._film is None:
            return
        self._film.end()
        notes = [Note(self._engine.status.row, -1, words) for _, words in self._film.news()]
        self._heard += notes
        self._recorder.record(None, notes)

    def _show(self, block: Block) -> None:
        if self._film is not None:
            self._film.see(block)
        self._recorder.record(block, ())
        if self.watcher is not None:
            self.watcher(block)

    def _tell(self, event: Event) -> None:
        if isinstance(event, RunStopped):
            self._stopped = event  # the last of all: told when the rig is safe
            return
        self._heard.append(event)
        if self._film is not None:
            self._film.hear(event)
        self._recorder.record(None, (event,))
        # Whoever looks at a paused run finds in its file whatever was measured before.
        if isinstance(event, Approaching | Landed | Paused):
            self._recorder.barrier()

    def _news(self) -> Iterator[Event]:
        """Give out what was heard since the last time."""
        news = [*self._heard, *self._recorder.analysed()]
        self._heard = []
        if self._asking is not None:
            for event in news:
                self._asking.hear(event)
        yield from news

    def _finish(self, failure: BaseException | None) -> tuple[RunStopped, BaseException | None]:
        """Make the rig safe, record how the run ended, close everything.

        Returns:
            The last event, and what to raise: the failure, or what went wrong in here if
            nothing had before; nothing for a caller who went away.
        """
        # First of all, before anything that could fail in its turn. Whoever waits to do it in
        # place of this thread need not any more: a rig takes no longer than it may.
        safety = self._conductor.safety
        safety.end()
        if self._asking is not None:
            self._asking.close()
        try:
            report = self._make_safe(failure)
        except BaseException as error:  # an interruption of an emergency's look at the circuit
            failure = failure or error
            report = safety.retract(_why(error)) if self._moves else safety.hold(_why(error))
            safety.lifted(report)
        facts, stopped = self._last_words(failure)
        urgent = failure is not None or self._engine.emergency
        as_asked = report.frozen and report.drive_off
        as_asked &= report.retracted or self._engine.halted or not self._moves
        if urgent or not as_asked:
            why = self._engine.words.urgent if failure is None else _why(failure)
            facts.append(Note(stopped.row, -1, self._engine.words.ended(why, report)))
        facts += [Note(stopped.row, -1, remark) for remark in report.remarks]
        self._heard += facts
        trouble = None if isinstance(failure, GeneratorExit) else failure
        last_steps: tuple[Callable[[], None], ...] = (
            self._end_film,
            lambda: self._recorder.record(None, (*facts, stopped)),
            lambda: self._recorder.close(stopped.status),
            self._rig.close,
        )
        for last_step in last_steps:
            try:
                last_step()
            except BaseException as error:  # the other steps must be taken whatever ends this one
                # The first failure is the one to report; this one often follows from it.
                trouble = trouble or error
        gc.unfreeze()
        return stopped, trouble

    def _make_safe(self, failure: BaseException | None) -> SafeReport:
        """Leave the tip as the end of the run asks for: up, held, or clear in an emergency."""
        safety = self._conductor.safety
        if not self._moves:
            report = safety.hold(_why(failure))
            if self._engine.emergency:
                safety.lifted(report)
            return report
        if self._engine.emergency:
            return self._conductor.lift(streams=failure is None)
        return (safety.hold if self._engine.halted else safety.retract)(_why(failure))

    def _last_words(self, failure: BaseException | None) -> tuple[list[Event], RunStopped]:
        """Return what the engine still has to say, and the end of the run."""
        unsaid = list(self._conductor.unsaid())
        why = _why(failure)
        match failure:
            case None:
                pass
            case RigError():
                unsaid += self._engine.fail(failure)
            case Exception():
                unsaid += self._engine.fail(RigError("internal", "seccm", why))
            case _:
                unsaid += self._engine.abandon("stopped", "Interrupted.")
        facts: list[Event] = [event for event in unsaid if not isinstance(event, RunStopped)]
        ends = [event for event in (self._stopped, *unsaid) if isinstance(event, RunStopped)]
        row = self._engine.status.row
        stopped = ends[0] if ends else RunStopped(row, "stopped", why)
        if isinstance(failure, Exception):
            stopped = RunStopped(stopped.row, "fault", why)
        return facts, stopped


def _why(failure: BaseException | None) -> str:
    match failure:
        case None:
            return "end of the run"
        case SeccmError():
            return str(failure)
        case Exception():
            return f"an error of the program: {failure!r}."
        case _:
            return "interrupted"
