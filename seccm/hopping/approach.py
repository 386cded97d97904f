"""The approach: from a tip at rest above the surface to a confirmed, measured landing.

    listen      tip at rest, hold applied: baseline, and is the signal alive and quiet?
    descend     down until the contact detector fires, perhaps fast at first; freeze
    confirm     does the contact persist?  only noise: forgive a few times and descend again;
                a touch that did not last ends the approach, see `seccm.hopping.jump`
    landing     where, how late, how far past, see `seccm.hopping.landing`

No descent goes far below the surface that is known from earlier landings, see
`seccm.hopping.terrain`.

The rig stops the tip by itself (`Move.until`); the detector here runs on the same rows and
decides. The tip never moves while nobody listens: blanking is waiting, not ignoring.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.errors import ContactError
from seccm.events import Approaching, FalseContact, Landed, Landing, Note, Phase, PhaseBegan
from seccm.hopping.circuit import deaf_rows, listen
from seccm.hopping.course import Course, Steps
from seccm.hopping.descent import Division, InOne, Stretch, Stretches
from seccm.hopping.jump import JumpWatch
from seccm.hopping.landing import (
    landing_of,
    lasted,
    record_since,
    remarks,
    rest_after,
    values,
)
from seccm.hopping.terrain import Expected, Terrain
from seccm.hopping.trust import SignalTrust
from seccm.plan.site import Site
from seccm.rig import (
    Block,
    Constant,
    Drive,
    Flag,
    Move,
    RigInfo,
    Wake,
)
from seccm.rig.block import joined
from seccm.rig.detector import ContactDetector
from seccm.units import show

_FROZEN = int(Flag.FROZEN)
LISTEN_ROWS = 8
"""The shortest look at the undisturbed signal; its second half is the baseline."""
LOOK_BACK = 16
"""Rows kept from before the contact row: 40 ms, in which the signal may have crossed already."""


class Approach:
    """One approach at one site.

    Args:
        course: the hop it belongs to.
        site: where, and how.
        info: the rig's limits and latencies.
        attempt: 0 for the first approach at this site.
        place: where the tip was sent to for it, stage coordinates in metres; None where it was
            not sent anywhere.
        terrain: what is known of the surface; told of this landing, or that there was none where
            there should have been. None where nothing is known.
        floor: height below which the tip is not sent, z in metres.
        divide: divides the descent into stretches; by default it goes at the landing speed.
    """

    def __init__(
        self,
        course: Course,
        site: Site,
        info: RigInfo,
        attempt: int,
        place: tuple[float, float] | None = None,
        terrain: Terrain | None = None,
        floor: float = -math.inf,
        divide: Division | None = None,
    ) -> None:
        self._course = course
        self._site = site
        self._spec = site.approach
        self._info = info
        self._attempt = attempt
        self._place = place
        self._terrain = Terrain() if terrain is None else terrain
        self._expected: Expected | None = None
        self._floor = floor
        self._divide = divide or InOne(self._spec.speed)
        self.early = False
        """Whether the contact came before the last stretch of the descent, where it was not
        expected."""
        self._channel = site.approach.rule.signal
        self._unit = site.approach.rule.unit
        self._baseline = 0.0
        self._trust = SignalTrust(self._channel)
        self._rule = site.approach.rule
        """As it holds after the rest before this descent."""
        self._filtered = info.settling(self._channel) > 0.0
        self._jump = JumpWatch(site.approach.rule, self._baseline, filtered=self._filtered)
        self.may_touch = False
        """Whether the meniscus may still be in contact, as far as this approach has gone."""

    @property
    def baseline(self) -> float:
        """The undisturbed signal, in its unit; known once the descent has begun."""
        return self._baseline

    def land(self) -> Steps[tuple[Landing, list[Block]]]:
        """Come down until the meniscus touches, and make sure that it did.

        Returns:
            The landing, and the blocks from shortly before the contact row on: they may
            already belong to the measurement.

        Raises:
            ContactError: no contact, a touch that did not last, no end of false contacts, a tip
                that is wet from the start, or a signal that cannot be trusted. The tip is where
                it was stopped.
            RigError: the tip does not arrive or does not stop.
        """
        course, spec = self._course, self._spec
        yield from self._listen()
        stretches = self._stretches(self._target())
        course.tell(Approaching(course.row, self._site.number, self._attempt))
        for _ in range(spec.false_contacts + 1):
            since = course.row
            seen, hit = yield from self._descend(stretches)
            stop = yield from rest_after(course, spec.confirm, seen, hit, self._hear)
            if lasted(self._rule, self._baseline, stop, spec.confirm):
                record = record_since(seen, since)
                landing = landing_of(
                    stop, record, self._channel, self._baseline, self._attempt, self._place
                )
                course.tell(Landed(course.row, self._site.number, landing, record))
                self._terrain.tell(*self._here, landing.z_crossing, self._now)
                course.tell(*remarks(landing, self._site.number, spec, self._info))
                return landing, seen
            self._refuse_touch(seen, stop.due)
            course.tell(FalseContact(hit, self._site.number, course.position("z", 3)))
            # Whatever it was, there is no more haste in this descent.
            stretches = stretches[-1:]
        raise ContactError(
            "false-contacts",
            f"{spec.false_contacts + 1} contacts in one approach did not last for {spec.confirm} "
            "data points: the signal is too noisy for the threshold, or the meniscus is unstable.",
        )

    def _listen(self) -> Steps[None]:
        """Apply the hold with the tip at rest; measure the baseline and judge the signal."""
        course, spec = self._course, self._spec
        course.tell(PhaseBegan(course.row, self._site.number, Phase.SETTLE))
        clock = course.block.clock
        deaf = deaf_rows(spec.rule, self._info, clock)
        since, due = course.row + deaf, course.row + max(clock.rows(spec.settle), LISTEN_ROWS)
        due = max(due, since + max(deaf, LISTEN_ROWS) if deaf else due)
        # A first step that goes on with the hold begins with the contact, before that is confirmed.
        raw = spec.continues and self._site.segments[0].keeps_raw(clock.period)
        hold = Drive(spec.hold.mode, Constant(spec.hold.value), raw=raw)
        second = () if spec.second is None else (spec.second.imposed(),)
        told = (*listen(hold, spec.rule, self._info), *second)
        heard = [(yield from course.next(*told, Wake(due)))]
        while course.row < due:
            heard.append((yield from course.next()))
        for block in heard:
            self._trust.feed(block.part(since, block.stop))
        first = heard[0].start
        half = max((first + due) // 2, since)
        signal = values(heard, self._channel, half, due)
        self._baseline = float(np.mean(signal))
        self._rule = spec.rule.heard(joined([block.part(half, due) for block in heard]))
        self._jump = JumpWatch(self._rule, self._baseline, filtered=self._filtered)
        for block in heard:
            self._jump.rest(block.part(half, block.stop))
        self._refuse_deaf(joined([block.part(half, due) for block in heard]))

    def _refuse_deaf(self, rows: Block) -> None:
        """Refuse to descend on a signal in which contact could not be seen."""
        deaf = self._rule.deaf(self._baseline, rows)
        if deaf is not None:
            self.may_touch = True
            raise ContactError(deaf.code, f"{deaf.words}. The tip did not descend.")

    @property
    def _here(self) -> tuple[float, float]:
        """Where the tip is, stage coordinates in metres."""
        return self._place or (self._course.position("x"), self._course.position("y"))

    @property
    def _now(self) -> float:
        """Seconds on the sample clock."""
        return self._course.row * self._course.block.clock.period

    def _target(self) -> float:
        """Return the height at which the descent is given up."""
        course, spec = self._course, self._spec
        start = course.position("z")
        target = max(start - course.spare - spec.travel, self._floor)
        self._expected = self._terrain.expect(*self._here, self._now, spec.surface_margin)
        deepest = -math.inf
        if self._expected is not None:
            deepest = self._expected.lowest - spec.overtravel
            target = max(target, deepest)
        lowest = self._info.axes["z"].travel.lower
        if target < lowest:
            raise ContactError(
                "out-of-range",
                f"the approach would end at z = {show(target, 'm')}, below the limit "
                f"{show(lowest, 'm')}. The tip did not descend.",
            )
        if deepest >= start:
            self._terrain.miss()
            raise ContactError(
                "known-surface",
                f"the tip is at z = {show(start, 'm')}, below the surface known from earlier "
                "landings. The tip did not descend.",
            )
        return target

    def _stretches(self, target: float) -> Stretches:
        """Divide the descent to where it is given up."""
        return self._divide(self._course.position("z"), target, self._expected)

    def _descend(self, stretches: Stretches) -> Steps[tuple[list[Block], int]]:
        """Lower the tip until contact is seen, or anything else that noise does not explain.

        Returns:
            The newest blocks, from shortly before the contact row on, and the contact row.
        """
        course = self._course
        detector = ContactDetector(self._rule, self._baseline)
        self._jump.begin()
        course.tell(PhaseBegan(course.row, self._site.number, Phase.APPROACH))
        heard = [course.block]
        self.may_touch = True
        for stretch in stretches:
            self.early = stretch is not stretches[-1]
            heard, hit = yield from self._go_down(stretch, detector, heard)
            if hit is not None:
                return heard, hit
        raise self._missed(stretches[-1].to)

    def _go_down(
        self, stretch: Stretch, detector: ContactDetector, heard: list[Block]
    ) -> Steps[tuple[list[Block], int | None]]:
        """Go down one stretch; as `_descend`, but without a row where it ends without contact."""
        course, spec, pacing = self._course, self._spec, stretch.pacing
        move = Move("z", stretch.to, pacing.speed, self._rule, self._baseline, pacing.smooth)
        seconds = move.seconds(course.position("z"))
        due = course.row + course.block.clock.rows(seconds) + 1
        wake: tuple[Wake, ...] = (Wake(due),)
        yield from course.next(move, *wake)
        while True:
            heard = _newest([*heard, course.block], spec.rule.consecutive + LOOK_BACK)
            self._trust.feed(course.block)
            hit = detector.feed(course.block)
            jump = self._jump.feed(course.block)
            if hit is not None:
                return heard, hit
            if (course.block.flags[-1] & _FROZEN) != 0:
                return heard, self._unseen()
            wake = ()
            if jump is not None:
                # A contact late in its row shows in full only in the rows after it.
                wake = (Wake(jump + spec.rule.consecutive + 2),)
                if course.row >= wake[0].row:
                    late = values(heard, self._channel, jump + 1, course.row)
                    if self._jump.stays(late) or not self._far_above():
                        return heard, jump
                    self._jump = self._jump.renewed()
            if not course.moving:
                return heard, None
            course.expect_end(due, seconds, move)
            yield from course.next(*wake)

    def _missed(self, target: float) -> ContactError:
        """Return what to say of a descent that came to its end without contact."""
        spec, expected = self._spec, self._expected
        if expected is not None and target < expected.lowest:
            # The glass may well have touched: the tip leaves as after a landing.
            self._terrain.miss()
            below = show(expected.z - target, "m", 2)
            return ContactError(
                "known-surface",
                f"no contact down to z = {show(target, 'm', 4)}, {below} below the surface known "
                "from earlier landings.",
            )
        self.may_touch = False
        words = (
            f"no contact down to z = {show(target, 'm')}, "
            f"{show(spec.travel + self._course.spare, 'm')} below the start"
        )
        if expected is None:
            self._terrain.miss()
            return ContactError("no-contact", f"{words}.")
        far = f"{words}; the surface should be at z = {show(expected.z, 'm', 4)}."
        return ContactError("no-contact", far)

    def _far_above(self) -> bool:
        """Tell whether the surface is known to be so far below that there is nothing to touch."""
        known = self._expected
        return known is not None and self._course.position("z", 3) > known.highest

    def _refuse_touch(self, seen: list[Block], due: int) -> None:
        """Refuse to go on after something that noise does not explain.

        A short one far above the known surface is a spike.
        """
        watch, spec = self._jump, self._spec
        if watch.row is None:
            return
        since = watch.row + spec.rule.consecutive
        signal = values(seen, self._channel, min(since, due - 1), due)
        jump = show(float(np.mean(signal)) - watch.before, self._unit, 2)
        if watch.stays(signal):
            self._terrain.miss()
            raise ContactError(
                "other-contact",
                f"the {self._channel} jumped by {jump} and stayed, but is not past the contact "
                "threshold: wrong polarity, or threshold too high?",
            )
        if self._far_above():
            self._jump = watch.renewed()
            return
        self._terrain.glimpse(*self._here, self._course.position("z", 3), self._now)
        raise ContactError(
            "short-contact",
            f"the {self._channel} showed a contact that did not last for {spec.confirm} data "
            "points: the meniscus broke, or it was a spike.",
        )

    def _unseen(self) -> int:
        """The rig stopped on a contact that the rows do not show: take it as a short one."""
        block = self._course.block
        row = block.start + int(((block.flags & _FROZEN) != 0).argmax())
        self._course.tell(
            Note(row, self._site.number, "The rig stopped at a contact that no data point shows.")
        )
        return row

    def _hear(self, block: Block) -> None:
        """Listen to the rows of a stop."""
        self._trust.feed(block)
        self._jump.feed(block)


def _newest(blocks: list[Block], rows: int) -> list[Block]:
    """Keep the newest block and, before it, as few others as hold so many rows."""
    while sum(block.rows for block in blocks[1:-1]) >= rows:
        blocks = blocks[1:]
    return blocks
