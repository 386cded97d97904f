"""The approach: from a tip at rest above the surface to a confirmed, measured landing.

    listen      tip at rest, hold applied: baseline, and is the signal alive and quiet?
    descend     down until the contact detector fires; freeze
    confirm     does the contact persist?  only noise: forgive a few times and descend again;
                a touch that did not last ends the approach, see `seccm.hopping.jump`
    landing     where, how late, how far past

No descent goes far below the surface that is known from earlier landings, see
`seccm.hopping.terrain`.

The rig stops the tip by itself (`Move.until`); the detector here runs on the same rows and
decides. The tip never moves while nobody listens: blanking is waiting, not ignoring.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import ContactError, RigError
from seccm.events import Approaching, FalseContact, Landed, Landing, Note, Phase, PhaseBegan
from seccm.hopping.course import PATIENCE, Course, Steps
from seccm.hopping.jump import JumpWatch
from seccm.hopping.terrain import Expected, Terrain
from seccm.hopping.trust import SignalTrust
from seccm.plan.site import Site
from seccm.rig import (
    Block,
    Constant,
    ContactRecord,
    Drive,
    Flag,
    Freeze,
    Move,
    RigInfo,
    Wake,
)
from seccm.rig.block import joined
from seccm.rig.detector import ContactDetector
from seccm.units import show

_FROZEN, _MOVING = int(Flag.FROZEN), int(Flag.MOVING)
REST_ROWS = 6
"""Rows after a stop in which the stage comes to rest: 15 ms, four time constants of a 50 Hz
loop. The last half of them gives the resting height."""
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
        self._channel = site.approach.rule.signal
        self._unit = site.approach.rule.unit
        self._baseline = 0.0
        self._trust = SignalTrust(self._channel)
        self._jump = JumpWatch(site.approach.rule, self._baseline)
        self.may_touch = False
        """Whether the meniscus may still be in contact, as far as this approach has gone."""

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
        target = self._target()
        course.tell(Approaching(course.row, self._site.number, self._attempt))
        for _ in range(spec.false_contacts + 1):
            since = course.row
            seen, hit = yield from self._descend(target)
            halt, due = yield from self._stop(seen, hit)
            if self._persists(seen, hit):
                record = _record(seen, since)
                landing = self._landing(seen, record, hit, halt, due)
                course.tell(Landed(course.row, self._site.number, landing, record))
                self._terrain.tell(*self._here, landing.z_crossing, self._now)
                self._check(landing)
                return landing, seen
            self._refuse_touch(seen, due)
            course.tell(FalseContact(hit, self._site.number, course.position("z", 3)))
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
        due = course.row + max(clock.rows(spec.settle), LISTEN_ROWS)
        # A first step that goes on with the hold begins with the contact, before that is confirmed.
        raw = spec.continues and self._site.segments[0].keeps_raw(clock.period)
        hold = Drive(spec.hold.mode, Constant(spec.hold.value), raw=raw)
        heard = [(yield from course.next(hold, Wake(due)))]
        while course.row < due:
            heard.append((yield from course.next()))
        for block in heard:
            self._trust.feed(block)
        first = heard[0].start
        half = (first + due) // 2
        signal = _rows(heard, self._channel, half, due)
        self._baseline = float(np.mean(signal))
        self._jump = JumpWatch(spec.rule, self._baseline)
        for block in heard:
            self._jump.rest(block.part(half, block.stop))
        self._refuse_deaf(joined([block.part(half, due) for block in heard]))

    def _refuse_deaf(self, rows: Block) -> None:
        """Refuse to descend on a signal in which contact could not be seen."""
        deaf = self._spec.rule.deaf(self._baseline, rows)
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

    def _descend(self, target: float) -> Steps[tuple[list[Block], int]]:
        """Lower the tip until contact is seen, or anything else that noise does not explain.

        Returns:
            The newest blocks, from shortly before the contact row on, and the contact row.
        """
        course, spec = self._course, self._spec
        detector = ContactDetector(spec.rule, self._baseline)
        self._jump.begin()
        course.tell(PhaseBegan(course.row, self._site.number, Phase.APPROACH))
        move = Move("z", target, spec.speed, until=spec.rule, baseline=self._baseline)
        seconds = abs(course.position("z") - target) / spec.speed
        due = course.row + course.block.clock.rows(seconds) + 1
        heard = [course.block]
        self.may_touch = True
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
                    late = _rows(heard, self._channel, jump + 1, course.row)
                    if self._jump.stays(late) or not self._far_above():
                        return heard, jump
                    self._jump = self._jump.renewed()
            if not course.moving:
                raise self._missed(target)
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
        return known is not None and self._course.position("z", 3) > known.z + known.margin

    def _refuse_touch(self, seen: list[Block], due: int) -> None:
        """Refuse to go on after something that noise does not explain.

        A short one far above the known surface is a spike.
        """
        watch, spec = self._jump, self._spec
        if watch.row is None:
            return
        since = watch.row + spec.rule.consecutive
        signal = _rows(seen, self._channel, min(since, due - 1), due)
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

    def _stop(self, seen: list[Block], hit: int) -> Steps[tuple[int, int]]:
        """Freeze, and add rows to `seen` until the tip rests and the contact can be judged.

        Returns:
            The row in which the tip had halted, and the one after the last that is needed.

        Raises:
            RigError: the tip does not halt.
        """
        course = self._course
        late = course.row + course.block.clock.rows(PATIENCE)
        freeze: tuple[Freeze, ...] = (Freeze("contact"),)
        while True:
            halt = _halt(seen, hit)
            rests = (course.row if halt is None else halt) + REST_ROWS
            due = max(rests, hit + self._spec.confirm + 1)
            if halt is not None and not freeze and course.row >= due:
                return halt, due
            if halt is None and course.row > late:
                raise RigError(
                    "not-stopped",
                    "z",
                    f"the tip was still moving {show(PATIENCE, 's')} after contact.",
                    "Check how the stage is stopped before you continue.",
                )
            seen.append((yield from course.next(*freeze, Wake(due))))
            self._trust.feed(course.block)
            self._jump.feed(course.block)
            freeze = ()

    def _persists(self, seen: list[Block], hit: int) -> bool:
        """Tell whether most of the rows after the contact row are still past the threshold."""
        rows = joined([block.part(hit, hit + self._spec.confirm + 1) for block in seen])
        return float(np.mean(self._spec.rule.holds(self._baseline, rows))) >= 0.5

    def _landing(
        self, seen: list[Block], record: ContactRecord | None, hit: int, halt: int, due: int
    ) -> Landing:
        """Work out when the signal crossed, when the tip halted, and how far it went."""
        clock = seen[0].clock
        crossing, stopped = float(hit * clock.spacing), float(halt * clock.spacing)
        if record is not None and record.crossing is not None and record.stopped is not None:
            crossing, stopped = float(record.crossing), float(record.stopped)
        heights = np.concatenate([b.data["z"] for b in seen])
        rows = np.concatenate([np.arange(b.start, b.stop) for b in seen])
        middles = rows * clock.spacing + clock.averaged / 2
        z_crossing = float(np.interp(crossing, middles, heights))
        z_rest = float(np.mean(_rows(seen, "z", due - REST_ROWS // 2, due)))
        return Landing(
            row=hit,
            z=z_rest,
            z_crossing=z_crossing,
            signal=float(_rows(seen, self._channel, hit, hit + 1)[0]),
            baseline=self._baseline,
            latency=(stopped - crossing) / clock.rate,
            overtravel=z_crossing - z_rest,
            attempt=self._attempt,
            x=self._place[0] if self._place else None,
            y=self._place[1] if self._place else None,
        )

    def _check(self, landing: Landing) -> None:
        """Say so when a stop was later or longer than it may be."""
        number, worst = self._site.number, self._info.stop.worst
        if landing.latency > worst:
            self._course.tell(
                Note(
                    landing.row,
                    number,
                    f"The stop took {show(landing.latency, 's')} from the threshold crossing, "
                    f"longer than the stated worst case of the rig ({show(worst, 's')}).",
                )
            )
        if landing.overtravel > self._spec.overtravel:
            self._course.tell(
                Note(
                    landing.row,
                    number,
                    f"The tip went {show(landing.overtravel, 'm')} past contact; the plan allows "
                    f"{show(self._spec.overtravel, 'm')}. Lower the approach speed.",
                )
            )


def _newest(blocks: list[Block], rows: int) -> list[Block]:
    """Keep the newest block and, before it, as few others as hold so many rows."""
    while sum(block.rows for block in blocks[1:-1]) >= rows:
        blocks = blocks[1:]
    return blocks


def _halt(blocks: list[Block], hit: int) -> int | None:
    """Return the first row from the contact row on in which the tip was not under way."""
    for block in blocks:
        own = block.part(hit, block.stop)
        halted = (own.flags & (_FROZEN | _MOVING)) != _MOVING
        if halted.any():
            return own.start + int(halted.argmax())
    return None


def _record(blocks: list[Block], since: int) -> ContactRecord | None:
    """Return the record of the stop of the motion that began in row `since`.

    That of an earlier, false contact may arrive late.
    """
    for block in blocks:
        record = block.record
        if record is not None and record.start + len(record.current) > since * block.clock.spacing:
            return record
    return None


def _rows(blocks: list[Block], channel: str, first: int, stop: int) -> FloatArray:
    """Return one channel from row `first` up to, not including, `stop`; shape (rows,)."""
    return np.concatenate([b.part(first, stop).data[channel] for b in blocks])
