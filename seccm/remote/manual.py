"""A rig driven by hand: jog, hold, approach here, retract, drive; one thing at a time.

The same pieces as in a hop, with the same care: the tip comes down only while somebody watches
for contact, so every downward jog is an approach that may end without one; it does not go
sideways while the meniscus may hang on the surface; whatever goes wrong ends with the rig safe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from seccm.errors import ContactError, LimitError, NotNow, SeccmError
from seccm.events import Event, Landing, Note, Phase, PhaseBegan
from seccm.hopping.approach import Approach
from seccm.hopping.course import Course, Out, Steps
from seccm.hopping.hop import NOISE, OFF
from seccm.plan.site import Site
from seccm.rig import Action, Axis, Block, Constant, Drive, Freeze, Mode, Move, Range, Rig
from seccm.units import show

PATIENCE = 0.5
"""Seconds without a block after which the rig is made safe by whoever asked for it."""
REST = 0.05
"""Seconds after a motion before it is said where it ended."""
GIVE_WAY, HOLD, HALT, EMERGENCY = "lift the tip instead", "hold", "halt", "emergency retract"
WISHES = (GIVE_WAY, HOLD, HALT, EMERGENCY)
"""Why something is ended by hand, the strongest last; the first: it is in the way of a retract."""
NOBODY = -1
"""The site number of everything done by hand."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to be done by hand."""

    name: str
    """In words, such as "jog x"."""
    steps: Callable[[Course], Steps[str]]
    """Does it; returns a sentence."""


class Manual:
    """Does what is asked by hand, from a thread that runs the rig.

    Args:
        rig: opened; closed when this ends.
        site: whose approach, hold and retract are used.
        look: shown every block.
        tell: told what happens.
    """

    def __init__(
        self,
        rig: Rig,
        site: Site,
        look: Callable[[Block], None],
        tell: Callable[[Event], None],
    ) -> None:
        self._rig, self._info = rig, rig.info
        self._site = replace(site, number=NOBODY)
        self._look, self._tell = look, tell
        self._lock = threading.Lock()
        self._next: Deed | None = None
        self._doing: Deed | None = None
        self._steps: Steps[str] | None = None
        self._wanted: tuple[str, bool] | None = None
        self._safe = threading.Event()
        self._closing = False
        self._at: dict[Axis, float] = {}
        self._moved: set[Axis] = set()
        """Axes that what is being done has set in motion."""
        self.commanded: Mapping[Axis, float] = {}
        """Where axes were told to go, and were not stopped on their way; metres."""
        self.virtual = rig.info.virtual
        self.touching = False
        """Whether the meniscus may hang on the surface."""

    @property
    def deed(self) -> str:
        """What is being done, in words; empty when nothing is."""
        deed = self._next or self._doing
        return deed.name if deed else ""

    # Asked for, from any thread. Each is refused at once if it cannot be done.

    def ask(self, what: str, **how: Any) -> None:
        """Begin to do something by hand.

        Args:
            what: "jog" (axis, to, speed), "approach", "retract", "drive" (mode, value), "off"
                or "hold". "hold" ends what is being done, and so does "retract", which then
                lifts the tip; all others are refused while something is being done.
            how: as named above, in SI units.

        Raises:
            NotNow: something else is being done, or the tip may touch.
            LimitError: out of range; nothing moved.
            SeccmError: there is no such thing to do.
        """
        if what == "hold":
            self._want(HOLD, retract=False)
            return
        makers: dict[str, Callable[..., Deed]] = {
            "jog": self._jog,
            "approach": self._approach,
            "retract": self._retract,
            "drive": self._drive,
            "off": lambda: Deed("off", self._apply_once(OFF, "The drive is off.")),
        }
        if what not in makers:
            raise SeccmError(f"There is no {what!r} by hand; there are hold, {', '.join(makers)}.")
        deed = makers[what](**how)
        with self._lock:
            busy = self._next is not None or self._doing is not None
            if busy and (what != "retract" or self.deed == "retract"):
                raise NotNow(what, f"busy with {self.deed}", ("hold", "retract"))
            self._next = deed
            if self._doing is not None and self._wanted is None:
                self._wanted = GIVE_WAY, False

    def make_safe(self, *, retract: bool) -> None:
        """Freeze, drive off, and retract if asked: with the next block, or without it."""
        self._safe.clear()
        self._want(EMERGENCY if retract else HALT, retract=retract)

        def without_blocks() -> None:
            if not self._safe.wait(PATIENCE):
                self._rig.safe("the rig is silent", retract=retract)

        threading.Thread(target=without_blocks, name="make safe", daemon=True).start()

    def _want(self, why: str, *, retract: bool) -> None:
        """Want something at once; a weaker wish never takes the place of a stronger one."""
        with self._lock:
            if self._wanted is None or WISHES.index(why) > WISHES.index(self._wanted[0]):
                self._wanted = why, retract

    def close(self) -> None:
        """End soon: the tip goes up and the drive off."""
        self._closing = True

    # The thread that runs the rig.

    def run(self) -> None:
        """Do what is asked until closed; the rig ends safe and closed.

        Raises:
            RigError: it failed.
        """
        try:
            self._rig.start()
            while not self._closing:
                block = self._rig.read()
                self._look(block)
                self._at = {axis: float(block.data[axis][-1]) for axis in self._info.axes}
                self._turn(block)
        finally:
            report = self._rig.safe("end of manual control")
            self._safe.set()
            self._tell(Note(0, NOBODY, report.what, "info"))
            self._rig.close()

    def _turn(self, block: Block) -> None:
        with self._lock:
            wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._interrupt(block, *wanted)
            return
        try:
            for item in self._advance(block):
                if isinstance(item, Event):
                    self._tell(item)
                else:
                    self._apply(item)
        except (ContactError, LimitError) as refusal:
            self._apply(Freeze("by hand"))
            self._end(block, str(refusal), "warning")

    def _advance(self, block: Block) -> Out:
        if self._steps is None:
            with self._lock:
                self._doing, self._next = self._next, None
            if self._doing is None:
                return ()
            self._steps = self._doing.steps(Course(block))
            return next(self._steps)
        try:
            return self._steps.send(block)
        except StopIteration as end:
            self._end(block, end.value, "info")
            return ()

    def _interrupt(self, block: Block, why: str, retract: bool) -> None:
        if why in (HOLD, GIVE_WAY):
            self._apply(Freeze(why))
            said = "Held."
        else:
            said = self._rig.safe(why, retract=retract).what
            self.commanded = {}
            self.touching = self.touching and not retract
            self._safe.set()
        if why != GIVE_WAY:
            with self._lock:
                self._next = None
        self._end(block, said, "info")

    def _apply(self, action: Action) -> None:
        """Have the rig do something, and remember where axes are to be."""
        self._rig.apply(action)
        if isinstance(action, Move):
            self._moved.add(action.axis)
            self.commanded = {**self.commanded, action.axis: action.to}
        elif isinstance(action, Freeze):
            # Where those came to rest nobody commanded.
            kept = self.commanded.items()
            self.commanded = {axis: to for axis, to in kept if axis not in self._moved}

    def _end(self, block: Block, said: str, level: str) -> None:
        if self._steps is not None:
            self._steps.close()
        self._steps = self._doing = None
        self._moved.clear()
        self._tell(PhaseBegan(block.stop, NOBODY, Phase.IDLE))
        self._tell(Note(block.stop, NOBODY, said, "warning" if level == "warning" else "info"))

    # What can be done.

    def _jog(self, axis: str, to: float, speed: float) -> Deed:
        known = cast("Axis", axis)
        if known not in self._info.axes:
            raise LimitError("no-such-axis", axis, "there is no such axis; nothing moved.")
        limits = self._info.axes[known]
        _refuse_outside(axis, to, limits.travel, "m")
        _refuse_outside(f"speed of {axis}", speed, Range(0.0, limits.fastest), "m/s")
        if speed == 0.0:
            raise LimitError("no-speed", axis, "a speed of 0 gets nowhere; nothing moved.")
        here = self._at.get(known)
        if here is None:
            raise NotNow("jog", "waiting for the first rows", ())
        if axis != "z" and self.touching:
            raise NotNow("go sideways", "the meniscus may hang on the surface", ("retract",))
        # Where the output is told more of the way than sensors do, which may be off by more than
        # a step: what goes down must be watched.
        if axis == "z" and to < self.commanded.get("z", here):
            slow = min(speed, self._site.approach.speed)
            # An approach down to the very limit would be refused whenever z reads low by noise.
            lowest = max(to, limits.travel.lower + 2 * NOISE)
            return Deed("jog z", self._descent(here - lowest, slow))
        move = Move(known, to, speed)

        def steps(course: Course) -> Steps[str]:
            course.tell(PhaseBegan(course.row, NOBODY, Phase.TRAVEL))
            yield from course.go(move)
            yield from course.rest(REST)
            if axis == "z":
                self.touching &= to - here < self._site.retract.distance
            return f"{axis} is at {show(course.position(known), 'm', 5)}."

        return Deed(f"jog {axis}", steps)

    def _approach(self) -> Deed:
        spec = self._site.approach
        return Deed("approach", self._descent(spec.travel, spec.speed))

    def _descent(self, travel: float, speed: float) -> Callable[[Course], Steps[str]]:
        """Come down by some way, watching for contact all along."""
        if self.touching:
            raise NotNow("come down", "the meniscus may hang on the surface", ("retract",))
        spec = replace(self._site.approach, travel=travel, speed=speed)
        site = replace(self._site, approach=spec)

        def steps(course: Course) -> Steps[str]:
            approach = Approach(course, site, self._info, 0)
            landing: Landing | None = None
            try:
                landing, _ = yield from approach.land()
            except ContactError as error:
                if error.code != "no-contact":
                    raise
            finally:
                self.touching = approach.may_touch
            # Told before what follows, though nothing follows here.
            yield course.untold()
            if landing is None:
                return f"No contact down to {show(course.position('z'), 'm', 5)}."
            over = show(landing.overtravel, "m")
            return f"Landed at {show(landing.z_crossing, 'm', 5)}; went {over} past contact."

        return steps

    def _retract(self) -> Deed:
        lift = self._site.retract
        top = self._info.axes["z"].travel.upper

        def steps(course: Course) -> Steps[str]:
            course.tell(PhaseBegan(course.row, NOBODY, Phase.RETRACT))
            yield from course.next(Freeze("retract"), OFF)
            to = min(course.position("z", 3) + lift.distance, top)
            yield from course.go(Move("z", to, lift.speed))
            yield from course.rest(REST)
            self.touching = False
            return f"Retracted to {show(course.position('z'), 'm', 5)}; the drive is off."

        return Deed("retract", steps)

    def _drive(self, mode: str, value: float) -> Deed:
        if mode not in self._info.modes or mode == "open":
            raise LimitError("no-such-mode", "drive", f"{mode!r} cannot be driven by hand.")
        volts = mode == "potential"
        unit = "V" if volts else "A"
        _refuse_outside(mode, value, self._info.potential if volts else self._info.current, unit)
        drive = Drive(cast("Mode", mode), Constant(value))
        return Deed("drive", self._apply_once(drive, f"The {mode} is {show(value, unit)}."))

    def _apply_once(self, action: Action, said: str) -> Callable[[Course], Steps[str]]:
        def steps(course: Course) -> Steps[str]:
            yield from course.next(action)
            return said

        return steps


def _refuse_outside(what: str, value: float, limits: Range, unit: str) -> None:
    if not limits.holds(value):
        span = f"{show(limits.lower, unit)} to {show(limits.upper, unit)}"
        raise LimitError(
            "out-of-range", what, f"{show(value, unit)} is outside {span}; nothing moved."
        )
