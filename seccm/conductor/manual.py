"""Manual control: jog, hold, approach here, retract, drive; one thing at a time.

The motions are those of `seccm.hopping.moves`. Whatever goes wrong ends with the tip stopped or
lifted and the cell off. What was known of the tip is forgotten with every motion, stop and
failure: whether it hangs in a meniscus is looked at before it goes sideways.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from seccm.conductor.conductor import Conductor, StoppedError
from seccm.conductor.safety import EMERGENCY, HALT, Leaving
from seccm.errors import ContactError, LimitError, NotNow, SeccmError
from seccm.events import Event, Note, Phase, PhaseBegan
from seccm.hopping.circuit import Circuit
from seccm.hopping.course import OFF, Course, Out, Steps
from seccm.hopping.leave import clear_distance
from seccm.hopping.moves import Said, Tip
from seccm.plan.site import NOISE, Site
from seccm.rig import (
    Action,
    Axis,
    Block,
    Constant,
    Drive,
    Freeze,
    Mode,
    Move,
    Range,
    Rig,
    SafeReport,
)
from seccm.units import show

GIVE_WAY, HOLD = "lift the tip instead", "hold"
"""What ends a command and leaves the cell as it is; the first is in the way of a retract."""
NO_SITE = -1
"""The site number of everything that is done manually."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to be done."""

    name: str
    """In words, such as "jog x"."""
    steps: Callable[[Course], Steps[Said]]
    """Does it."""


class Manual:
    """Does what is asked for, from a thread that runs the rig.

    Args:
        rig: opened; closed when this ends.
        site: whose approach, hold and retract are used.
        look: shown every block.
        tell: told what happens.
        lifted: told what an emergency retract achieved, from any thread.
    """

    def __init__(
        self,
        rig: Rig,
        site: Site,
        look: Callable[[Block], None],
        tell: Callable[[Event], None],
        lifted: Callable[[SafeReport], None] = lambda report: None,
    ) -> None:
        self._rig, self._info = rig, rig.info
        self._site = replace(site, number=NO_SITE)
        self._look, self._tell = look, tell
        self._conductor = Conductor(
            rig,
            show=self._show,
            tell=tell,
            leaving=self._leaving,
            lifted=lifted,
            applied=self._note,
        )
        self._lock = threading.Lock()
        self._next: Command | None = None
        self._doing: Command | None = None
        self._steps: Steps[Said] | None = None
        self._interruption = ""
        self._emergencies = 0
        """Emergency retracts since anything else was done."""
        self._closing = False
        self._at: dict[Axis, float] = {}
        self._row = 0
        self._moved: set[Axis] = set()
        """Axes that what is being done has set in motion."""
        self.commanded: Mapping[Axis, float] = {}
        """Where axes were told to go, and were not stopped on their way; metres."""
        self.virtual = rig.info.virtual
        self._tip = Tip(self._site, rig.info)

    @property
    def doing(self) -> str:
        """What is being done, in words; empty when nothing is."""
        command = self._next or self._doing
        return command.name if command else ""

    @property
    def circuit(self) -> Circuit:
        """What is known of the circuit where the tip is."""
        return self._tip.circuit

    # Asked for, from any thread. Each is refused at once if it cannot be done.

    def ask(self, what: str, **how: Any) -> None:
        """Begin to do something.

        Args:
            what: "jog" (axis, to, speed), "approach", "retract", "drive" (mode, value), "off"
                or "hold". "hold" stops what is being done, and so does "retract", which then
                lifts the tip; all others are refused while something is being done.
            how: as named above, in SI units.

        Raises:
            NotNow: something else is being done, or the circuit is closed.
            LimitError: out of range; nothing moved.
            SeccmError: there is no such thing to do.
        """
        if what == "hold":
            with self._lock:
                self._interruption = HOLD
            return
        makers: dict[str, Callable[..., Command]] = {
            "jog": self._jog,
            "approach": self._approach,
            "retract": self._retract,
            "drive": self._drive,
            "off": lambda: Command("off", self._apply_once(OFF, "Cell off.")),
        }
        if what not in makers:
            raise SeccmError(f"There is no command {what!r}; there are hold, {', '.join(makers)}.")
        command = makers[what](**how)
        if self._conductor.stopping:
            raise NotNow(what, "the rig is being made safe", ("halt", EMERGENCY))
        with self._lock:
            busy = self._next is not None or self._doing is not None
            if busy and (what != "retract" or self.doing == "retract"):
                raise NotNow(what, f"busy with {self.doing}", ("hold", "retract"))
            self._next = command
            if self._doing is not None and not self._interruption:
                self._interruption = GIVE_WAY

    def make_safe(self, *, retract: bool) -> None:
        """Stop, cell off, and lift the tip if asked: with the next block, or without it.

        A second emergency retract in a row lifts the tip to the top.
        """
        self._conductor.stop(EMERGENCY if retract else HALT, retract=retract)

    @property
    def stopping(self) -> bool:
        """Whether what is done was told to end, and has not ended yet."""
        return self._conductor.stopping or bool(self._interruption)

    def close(self) -> None:
        """End soon: the tip goes up and the cell off."""
        self._closing = True

    # The thread that runs the rig.

    def run(self) -> None:
        """Do what is asked until closed; the rig ends safe and closed.

        Raises:
            RigError: it failed.
        """
        try:
            self._conductor.start()
            while not self._closing:
                self._turn()
        finally:
            self._end_safe()

    def _end_safe(self) -> None:
        """Leave the rig safe and closed, and say so."""
        safety, urgent = self._conductor.safety, self._conductor.emergency
        safety.end()
        report = safety.retract("end of manual control")
        if urgent:
            safety.lifted(report)
        good = report.frozen and report.drive_off and report.retracted
        self._tell(Note(0, NO_SITE, report.what, "info" if good else "warning"))
        for remark in report.remarks:
            self._tell(Note(0, NO_SITE, remark))
        self._rig.close()

    def _turn(self) -> None:
        """Carry on by one block."""
        try:
            self._conductor.turn(self._feed)
        except StoppedError as stopped:
            self._made_safe(stopped)
        except (ContactError, LimitError) as refusal:
            self._conductor.do((Freeze("refused"), OFF))
            self._end(Said(str(refusal), "warning"))

    def _show(self, block: Block) -> None:
        self._row = block.stop
        self._look(block)
        self._at = {axis: float(block.data[axis][-8:].mean()) for axis in self._info.axes}

    def _feed(self, block: Block) -> Out:
        with self._lock:
            interruption, self._interruption = self._interruption, ""
            if interruption == HOLD:
                self._next = None
        if interruption:
            self._forget_motion()
            self._conductor.do((Freeze(interruption),))
            self._end(Said("Motion stopped."))
            return ()
        if self._steps is None:
            with self._lock:
                self._doing, self._next = self._next, None
            if self._doing is None:
                return ()
            self._emergencies = 0
            self._steps = self._doing.steps(Course(block))
            return next(self._steps)
        try:
            return self._steps.send(block)
        except StopIteration as end:
            self._end(end.value)
            return ()

    def _leaving(self) -> Leaving:
        """Return how the tip leaves the surface in an emergency."""
        by = math.inf if self._emergencies else clear_distance(self._site, self._info)
        return Leaving(self._site, by)

    def _made_safe(self, stopped: StoppedError) -> None:
        """Say what became of the rig, which was made safe in the midst of things or at rest."""
        self._forget_motion()
        if stopped.retract:
            self._emergencies += 1
            self._tip.circuit = Circuit.UNKNOWN
        self.commanded = {}
        with self._lock:
            self._next, self._interruption = None, ""
        report = stopped.report
        good = report.frozen and report.drive_off and report.retracted == stopped.retract
        self._end(Said(report.words, "info" if good else "warning"))

    def _forget_motion(self) -> None:
        """Drop a motion where it stands: what was known of the circuit is not known any more."""
        if self._steps is not None:
            self._steps.close()
            self._tip.circuit = Circuit.UNKNOWN

    def _note(self, action: Action) -> None:
        """Remember where axes are to be."""
        if isinstance(action, Move):
            self._moved.add(action.axis)
            self.commanded = {**self.commanded, action.axis: action.to}
        elif isinstance(action, Freeze):
            # Where those came to rest nobody commanded.
            kept = self.commanded.items()
            self.commanded = {axis: to for axis, to in kept if axis not in self._moved}

    def _end(self, said: Said) -> None:
        if self._steps is not None:
            self._steps.close()
        self._steps = self._doing = None
        self._moved.clear()
        self._tell(PhaseBegan(self._row, NO_SITE, Phase.IDLE))
        self._tell(Note(self._row, NO_SITE, said.text, said.level))

    # What can be done.

    def _jog(self, axis: str, to: float, speed: float) -> Command:
        known = cast("Axis", axis)
        if known not in self._info.axes:
            raise LimitError("no-such-axis", axis, "there is no such axis; nothing moved.")
        limits = self._info.axes[known]
        _refuse_outside(axis, to, limits.travel, "m")
        _refuse_outside(f"speed of {axis}", speed, Range(0.0, limits.fastest), "m/s")
        if speed == 0.0:
            raise LimitError("no-speed", axis, "the speed must not be 0; nothing moved.")
        here = self._at.get(known)
        if here is None:
            raise NotNow("jog", "waiting for the first data points", ())
        if axis != "z":
            self._refuse_closed("go sideways")
            return Command(f"jog {axis}", lambda c: self._tip.sideways(c, Move(known, to, speed)))
        # Where the output is told more of the way than sensors do, which may be off by more than
        # a step: what may go down must be watched.
        if to < self.commanded.get("z", here + NOISE):
            if to > here and self._tip.circuit is Circuit.CLOSED:
                state = f"the circuit is closed, and z may read wrong by {show(NOISE, 'm')}"
                raise NotNow("go up so little", state, ("retract", "a longer jog up"))
            slow = min(speed, self._site.approach.speed)
            return self._descent("jog z", to, here - to + NOISE, slow)
        return Command("jog z", lambda c: self._tip.raise_by(c, Move("z", to, speed)))

    def _refuse_closed(self, what: str) -> None:
        if self._tip.circuit is Circuit.CLOSED:
            raise NotNow(what, "the circuit is closed: the meniscus is in contact", ("retract",))

    def _approach(self) -> Command:
        spec = self._site.approach
        return self._descent("approach", -math.inf, spec.travel, spec.speed)

    def _descent(self, name: str, floor: float, travel: float, speed: float) -> Command:
        self._refuse_closed("come down")
        return Command(name, lambda c: self._tip.descend(c, floor, travel, speed))

    def _retract(self) -> Command:
        return Command("retract", self._tip.retract)

    def _drive(self, mode: str, value: float) -> Command:
        if mode == "open":
            what = "an open circuit is not a value to apply; nothing changed."
            raise LimitError("no-such-mode", "drive", what, "Switch the cell off instead.")
        drive = Drive(cast("Mode", mode), Constant(value))
        self._info.refuse_impossible(drive)
        unit = "V" if mode == "potential" else "A"
        return Command("drive", self._apply_once(drive, f"The {mode} is {show(value, unit)}."))

    def _apply_once(self, action: Action, said: str) -> Callable[[Course], Steps[Said]]:
        def steps(course: Course) -> Steps[Said]:
            yield from course.next(action)
            return Said(said)

        return steps


def _refuse_outside(what: str, value: float, limits: Range, unit: str) -> None:
    if not limits.holds(value):
        span = f"{show(limits.lower, unit)} to {show(limits.upper, unit)}"
        raise LimitError(
            "out-of-range", what, f"{show(value, unit)} is outside {span}; nothing moved."
        )
