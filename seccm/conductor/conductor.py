"""Carries out stories on one rig: reads, shows what came, and does what the story asks for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from seccm.conductor.safety import Leaving, Safety
from seccm.errors import PlanError, RigError
from seccm.events import Event
from seccm.hopping.course import Course, Out, Steps
from seccm.hopping.descent import Pacing
from seccm.hopping.leave import lift_until_open
from seccm.plan.site import Site
from seccm.rig import Action, Block, Rig, RigInfo, SafeReport

T = TypeVar("T")


class StoppedError(Exception):
    """Somebody put an end to what is done with a rig; its text says who.

    Args:
        why: in words, such as "stopped by the operator".
        report: what became of the rig.
        retract: whether the tip was to be lifted.
    """

    def __init__(self, why: str, report: SafeReport, *, retract: bool = False) -> None:
        super().__init__(f"{why[:1].upper()}{why[1:]}")
        self.report, self.retract = report, retract


@dataclass(frozen=True, slots=True)
class _Demand:
    """What is wanted at once."""

    why: str
    retract: bool


class Conductor:
    """The only one who reads a rig; carries out one story, or several one after the other.

    Args:
        rig: built.
        show: shown every block before anything is made of it, in the thread that reads the rig;
            what it raises ends the story.
        tell: told every event that a story has.
        leaving: asked how the tip leaves the surface in an emergency, from any thread.
        lifted: told what an emergency retract achieved, from any thread; must never raise.
        applied: told every action that the rig has taken.
    """

    def __init__(
        self,
        rig: Rig,
        *,
        show: Callable[[Block], None] = lambda block: None,
        tell: Callable[[Event], None] = lambda event: None,
        leaving: Callable[[], Leaving] = Leaving,
        lifted: Callable[[SafeReport], None] = lambda report: None,
        applied: Callable[[Action], None] = lambda action: None,
    ) -> None:
        self.rig = rig
        self._show, self._tell, self._applied = show, tell, applied
        self._ahead: deque[Action | Event] = deque()
        self._demand: _Demand | None = None
        self.safety = Safety(rig, leaving, lifted)

    @property
    def info(self) -> RigInfo:
        """What the rig can do."""
        return self.rig.info

    # From any thread.

    def stop(self, why: str, *, retract: bool | None = None) -> None:
        """End what is done: with the next block, or without it; the rig is made safe at once.

        A demand to lift the tip takes the place of one that does not, never the other way round.

        Args:
            why: in words, such as "stopped by the operator".
            retract: whether the tip is lifted; by default it is left to the end of the story.
        """
        waiting = self._demand
        if waiting is None or retract or not waiting.retract:
            self._demand = _Demand(why, bool(retract))
        self.safety.watch(why, retract=bool(retract))

    @property
    def stopping(self) -> bool:
        """Whether somebody has put an end to what is done, and the rig is not safe yet."""
        return self._demand is not None

    @property
    def emergency(self) -> bool:
        """Whether that was an emergency retract."""
        return self._demand is not None and self._demand.retract

    # The thread that runs the rig.

    def start(self, *, raw: bool = False) -> None:
        """Start the stream of rows; see `Rig.start`."""
        self.rig.start(raw=raw)

    def turn(self, feed: Callable[[Block], Out]) -> Block:
        """Read one block, and carry out what a story makes of it; return the block.

        Raises:
            StoppedError: somebody put an end to it; the rig was made safe.
            RigError: the rig failed, or refused an action.
        """
        block = self._read()
        demand = self._demand
        if demand is not None:
            report = self.lift() if demand.retract else self.safety.hold(demand.why)
            if self._demand is demand:  # what came meanwhile waits for the next block
                self._demand = None
            stopped = StoppedError(demand.why, report, retract=demand.retract)
            if demand.retract:
                stopped.add_note(report.words)
            raise stopped
        self.do(feed(block))
        return block

    def next_block(self) -> Block:
        """Read one block, and ask for nothing; see `turn`."""
        return self.turn(lambda block: ())

    def do(self, out: Out) -> None:
        """Have the rig do, and the listeners hear, what a story asks for, in order."""
        self._ahead.extend(out)
        while self._ahead:
            item = self._ahead.popleft()
            if isinstance(item, Action):
                self.rig.apply(item)
                self._applied(item)
            else:
                self._tell(item)

    def unsaid(self) -> tuple[Event, ...]:
        """Take the events that were not told because the rig refused what came before them."""
        events = tuple(item for item in self._ahead if not isinstance(item, Action))
        self._ahead.clear()
        return events

    def carry_out(self, body: Callable[[Course], Steps[T]]) -> T:
        """Carry out the steps of a story to their end; return what they return.

        Raises:
            StoppedError: somebody put an end to it; the rig was made safe.
        """
        story = _Told(body)
        while not story.over:
            self.turn(story.feed)
        return story.result

    def lift(self, *, streams: bool = True) -> SafeReport:
        """Leave the surface in an emergency; see `Safety.lift`.

        Args:
            streams: whether rows still come.
        """
        return self.safety.lift(self._look if streams else None)

    @contextmanager
    def driving(
        self, what: str, opening: Callable[[Rig], object], *, retract: bool, raw: bool = False
    ) -> Iterator[None]:
        """Open the rig and stream its rows; at the end it is safe, and let go of.

        Args:
            what: that is done, in words.
            opening: opens the rig; see `seccm.conductor.opening`.
            retract: whether the tip ends at the top; it is held where it is otherwise.
            raw: whether raw samples stream, too, if the rig has them.

        Raises:
            RigError: the cell could not be switched off, or the tip not be lifted. Whatever else
                ends it before its time carries a note of what became of cell and tip.
        """
        safe = self.safety.retract if retract else self.safety.hold
        opened = False
        try:
            opening(self.rig)
            opened = True
            self.start(raw=raw and bool(self.info.raw))
            yield
        except BaseException as error:
            self.safety.end()
            if isinstance(error, PlanError) and not opened:
                raise  # it is closed again; nothing moved
            error.add_note(safe(f"{what} was cut short").what)
            raise
        else:
            self.safety.end()
            report = safe(f"end of {what}")
            if not report.drive_off:
                remedy = "Disconnect the cell manually."
                raise RigError("drive-on", self.info.name, report.what, remedy)
            if retract and not report.retracted:
                raise RigError("not-retracted", "z", report.what, "Nothing else was moved.")
        finally:
            self.rig.close()

    def _read(self) -> Block:
        block = self.rig.read()
        self._show(block)
        return block

    def _look(self, site: Site, height: float) -> tuple[float, str]:
        """Look at the circuit from a height, and go on up until it is open."""
        fastest = Pacing(self.info.axes["z"].fastest)
        story = _Told(lambda course: lift_until_open(course, site, self.info, height, fastest))
        while not story.over:
            for item in story.feed(self._read()):
                if isinstance(item, Action):
                    self.rig.apply(item)
        lifted = story.result
        return lifted.height, lifted.seen


class _Told(Generic[T]):
    """The steps of a motion, fed block by block."""

    result: T

    def __init__(self, body: Callable[[Course], Steps[T]]) -> None:
        self._body = body
        self._steps: Steps[T] | None = None
        self.over = False

    def feed(self, block: Block) -> Out:
        """Take the next rows; return what is to be done."""
        try:
            if self._steps is None:
                self._steps = self._body(Course(block))
                return next(self._steps)
            return self._steps.send(block)
        except StopIteration as end:
            self.result, self.over = end.value, True
            return ()
