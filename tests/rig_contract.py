"""What every rig must keep, virtual or real: inherit `RigContract` and provide the fixture `rig`.

The suite moves the tip by micrometres only, near where it is when the rig is opened, and comes
down once; a rig on a bench must hang above a dummy cell or a sample within `travel`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from seccm.errors import LimitError, RigError
from seccm.plan.contacts import current_threshold
from seccm.rig import (
    Action,
    Block,
    Constant,
    ContactRecord,
    ContactRule,
    Crossing,
    Drive,
    Flag,
    Freeze,
    Lines,
    Move,
    Rig,
    Wake,
)


class Stream:
    """Reads a rig and keeps every row, checking that none is missing without a flag."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.blocks: list[Block] = []

    @property
    def row(self) -> int:
        """Number of the row that comes next."""
        return self.blocks[-1].stop if self.blocks else 0

    @property
    def records(self) -> list[ContactRecord]:
        """Every record so far."""
        return [block.record for block in self.blocks if block.record is not None]

    def read(self) -> Block:
        """Read one block."""
        block = self.rig.read()
        assert block.rows > 0
        assert list(block.data) == [signal.name for signal in self.rig.info.signals]
        assert all(values.shape == block.flags.shape for values in block.data.values())
        if self.blocks and block.start != self.row:
            assert block.start > self.row
            assert block.flags[0] & Flag.GAP
        self.blocks.append(block)
        return block

    def until(self, done: Callable[[Block], bool], seconds: float = 60.0) -> None:
        """Read until a block fulfils a condition, for so long at most."""
        last = self.row + self.rig.info.clock.rows(seconds)
        while not done(self.read()):
            assert self.row < last, f"not within {seconds} s"

    def rest(self, seconds: float) -> None:
        """Read for some time."""
        due = self.row + self.rig.info.clock.rows(seconds)
        self.rig.apply(Wake(due))
        self.until(lambda block: block.stop >= due, seconds + 60.0)

    def go(self, *moves: Move) -> None:
        """Move and wait until the stage has arrived and settled."""
        for move in moves:
            self.rig.apply(move)
        self.until(lambda block: not block.flags[-1] & Flag.MOVING)
        self.rest(0.3)

    def column(self, channel: str) -> np.ndarray:
        """All rows of a channel."""
        return np.concatenate([block.data[channel] for block in self.blocks])

    @property
    def flags(self) -> np.ndarray:
        """Flags of all rows."""
        return np.concatenate([block.flags for block in self.blocks])

    def position(self, axis: str, seconds: float = 0.1) -> float:
        """Mean of the newest rows of an axis."""
        return float(self.column(axis)[-self.rig.info.clock.rows(seconds) :].mean())


def raw_codes(blocks: list[Block]) -> np.ndarray:
    """All raw samples of blocks from the first one's on, checked to follow one another."""
    pieces = [piece for block in blocks for piece in block.raw]
    firsts = np.array([piece.first for piece in pieces])
    begin = blocks[0].start * blocks[0].clock.spacing
    np.testing.assert_array_equal(firsts, [begin, *(piece.stop for piece in pieces[:-1])])
    return np.concatenate([piece.codes for piece in pieces], axis=1)


class RigContract:
    """The contract tests; a subclass provides the fixture `rig`, built but not open."""

    hold: ClassVar[Drive] = Drive("potential", Constant(0.5))
    rule: ClassVar[ContactRule] = current_threshold(5e-12)
    speed: ClassVar[float] = 2e-6
    travel: ClassVar[float] = 10e-6
    """Metres below the start within which there is a surface."""
    precision: ClassVar[float] = 10e-9
    """Metres within which a resting position is read."""

    @pytest.fixture
    def rig(self) -> Rig:
        """A rig that is built but not open."""
        raise NotImplementedError("a subclass provides the rig")

    @pytest.fixture
    def stream(self, rig: Rig) -> Stream:
        """A rig whose rows flow."""
        rig.open()
        rig.start()
        return Stream(rig)

    def descend(self, stream: Stream) -> float:
        """Come down until the rig stops by itself, let it settle, and return the baseline."""
        stream.rig.apply(self.hold)
        stream.rest(0.2)
        target = stream.position("z") - self.travel
        baseline = float(stream.column(self.rule.signal)[-20:].mean())
        stream.rig.apply(Move("z", target, self.speed, until=self.rule, baseline=baseline))
        stream.until(lambda block: bool(block.flags[-1] & Flag.FROZEN))
        stream.rest(0.3)
        return baseline

    def test_opening_moves_nothing_and_switches_nothing(self, rig: Rig) -> None:
        """Opening only reads back; the first rows show the tip where it was, the cell off."""
        before = rig.open()
        rig.start()
        stream = Stream(rig)
        stream.rest(0.2)
        for axis in ("x", "y", "z"):
            assert abs(stream.column(axis) - before.position[axis]).max() < self.precision
        assert not (stream.flags & (Flag.MOVING | Flag.FROZEN | Flag.OVERLOAD)).any()
        assert abs(stream.column("current").mean()) < 5e-12

    def test_rows_before_the_stream_was_started_are_an_error(self, rig: Rig) -> None:
        """Reading too early says so instead of waiting for ever."""
        rig.open()
        with pytest.raises(RigError):
            rig.read()

    def test_rows_are_means_of_the_raw_samples_or_these_are_refused(self, rig: Rig) -> None:
        """A rig that has raw samples hands on every one, and they average to its very rows.

        At the latest from the first row of a drive on that asks for them.
        """
        rig.open()
        if not rig.info.raw:
            with pytest.raises(RigError, match="record\\.raw"):
                rig.start(raw=True)
            rig.start()
            assert rig.read().raw == ()
            return
        rig.start(raw=True)
        stream = Stream(rig)
        if not rig.info.raw_always:
            rig.apply(self.hold)
            stream.rest(0.1)
            assert not any(block.raw for block in stream.blocks)
        asked = len(stream.blocks)
        rig.apply(replace(self.hold, raw=True))
        stream.rest(0.1)
        stream.go(Move("z", stream.position("z", 0.05) - 0.5e-6, self.speed))
        clock = rig.info.clock
        blocks = stream.blocks[asked:]
        codes, names = raw_codes(blocks), [channel.name for channel in rig.info.raw]
        rows = codes.shape[1] // clock.spacing
        assert rows >= stream.row - blocks[0].start
        cut = codes[:, : rows * clock.spacing].reshape(len(codes), rows, clock.spacing)
        assert {"potential", "current"} <= {*names}
        measured = {signal.name for signal in rig.info.signals if not signal.settling}
        assert not rig.info.raw_always or measured <= {*names}
        for name in {signal.name for signal in rig.info.signals} & {*names}:
            channel = names.index(name)
            samples = rig.info.raw[channel].si(cut[channel, :, : clock.averaged])
            given = np.concatenate([block.data[name] for block in blocks])
            scale = float(np.abs(given).max()) or 1.0
            np.testing.assert_allclose(samples.mean(axis=1)[: len(given)], given, atol=1e-9 * scale)

    @pytest.mark.parametrize(
        ("where", "speed"),
        [(1.5, 1e-6), (-0.5, 1e-6), (0.5, 0.0), (0.5, -1e-6), (0.5, math.inf), (math.nan, 1e-6)],
    )
    def test_an_impossible_move_is_refused_before_anything_moves(
        self, stream: Stream, where: float, speed: float
    ) -> None:
        """Out of range, without a speed or too fast: LimitError, and the tip stays."""
        axis = stream.rig.info.axes["z"].travel
        stream.rest(0.1)
        before = stream.position("z")
        with pytest.raises(LimitError, match="nothing moved"):
            stream.rig.apply(Move("z", axis.lower + where * (axis.upper - axis.lower), speed))
        stream.rest(0.2)
        assert abs(stream.position("z") - before) < self.precision
        assert not (stream.flags & Flag.MOVING).any()

    def test_a_signal_that_nobody_watches_stops_no_motion(self, stream: Stream) -> None:
        """One that the rig does not declare as watchable, or not at all: LimitError, no motion."""
        stream.rest(0.1)
        before = stream.position("z")
        for name in ("z", "no such signal"):
            rule = Crossing(name, "from zero", 1.0, "above")
            with pytest.raises(LimitError, match="nothing moved"):
                stream.rig.apply(Move("z", before - 1e-6, self.speed, until=rule))
        stream.rest(0.2)
        assert abs(stream.position("z") - before) < self.precision

    def test_an_impossible_drive_is_refused_and_the_old_one_stays(self, stream: Stream) -> None:
        """Beyond a range, above or below: LimitError, and the potential is what it was."""
        info = stream.rig.info
        stream.rig.apply(Drive("potential", Constant(0.2)))
        for drive in (
            Drive("potential", Constant(2.0 * info.potential.upper)),
            Drive("potential", Constant(2.0 * info.potential.lower)),
            Drive("current", Constant(2.0 * info.current.lower)),
            Drive("potential", Constant(math.nan)),
        ):
            with pytest.raises(LimitError) as refused:
                stream.rig.apply(drive)
            with pytest.raises(LimitError) as told:
                info.refuse_impossible(drive)
            assert str(refused.value) == str(told.value), "every rig says it in the same words"
        stream.rest(0.1)
        assert stream.column("potential")[-10:].mean() == pytest.approx(0.2, abs=5e-3)

    def test_a_move_arrives_where_it_was_sent_and_says_when(self, stream: Stream) -> None:
        """The flag MOVING is set on the way and gone at the end; the other axes stay."""
        stream.rest(0.1)
        x, z = stream.position("x"), stream.position("z")
        stream.go(Move("x", x + 2e-6, self.speed))
        assert abs(stream.position("x") - x - 2e-6) < self.precision
        assert abs(stream.position("z") - z) < self.precision
        moving = (stream.flags & Flag.MOVING) != 0
        seconds = float(moving.sum()) * stream.rig.info.clock.period
        assert seconds == pytest.approx(2e-6 / self.speed, abs=0.05)

    def test_rows_follow_one_another_whatever_is_asked(self, stream: Stream) -> None:
        """Moves, wakes and drives never lose a row."""
        asked: list[Action] = [
            Wake(7),
            Wake(3),
            Drive("open", Constant(0.0)),
            Move("y", stream.rig.info.axes["y"].travel.upper / 2, self.speed),
            Freeze("test"),
            Wake(5),
        ]
        for action in asked:
            stream.rig.apply(action)
            stream.read()
        # `Stream.read` has looked at every seam.
        assert stream.row == sum(block.rows for block in stream.blocks)

    def test_freeze_stops_every_axis(self, stream: Stream) -> None:
        """After a freeze the stage comes to rest within its lag, far from the target."""
        stream.rest(0.1)
        z = stream.position("z")
        stream.rig.apply(Move("z", z + 2e-6, self.speed))
        stream.rest(0.3)
        stream.rig.apply(Freeze("test"))
        frozen = stream.row
        stream.rest(0.5)
        rest = stream.column("z")[frozen + stream.rig.info.clock.rows(0.2) :]
        assert np.ptp(rest) < 2 * self.precision
        assert z + 0.1e-6 < rest.mean() < z + 1.5e-6
        assert not stream.flags[-1] & Flag.MOVING

    def test_contact_stops_the_tip_within_the_promise(self, stream: Stream) -> None:
        """From the crossing to the halt at most `stop.worst`, and no farther than `overtravel`."""
        self.descend(stream)
        info = stream.rig.info
        assert stream.flags[-1] & Flag.FROZEN
        assert not stream.flags[-1] & Flag.MOVING
        [record] = stream.records
        assert record.crossing is not None
        assert record.stopped is not None
        latency = (record.stopped - record.crossing) / info.clock.rate
        assert 0.0 < latency <= info.stop.worst
        heights = stream.column("z")
        first = stream.blocks[0].start * info.clock.spacing
        middles = first + np.arange(len(heights)) * info.clock.spacing + info.clock.averaged / 2
        past = float(np.interp(record.crossing, middles, heights)) - stream.position("z")
        assert past <= info.overtravel(self.speed) + self.precision

    def test_the_contact_record_shows_the_crossing(self, stream: Stream) -> None:
        """Raw samples on both sides of the crossing, delivered once."""
        self.descend(stream)
        [record] = stream.records
        assert record.crossing is not None
        assert record.potential.shape == record.current.shape
        assert record.start < record.crossing < record.start + len(record.current)

    def test_the_tip_stays_until_it_is_told_to_move(self, stream: Stream) -> None:
        """A stopped tip holds; the next move is free of the old stop."""
        self.descend(stream)
        held = stream.position("z")
        stream.rest(0.5)
        assert abs(stream.position("z") - held) < self.precision
        stream.go(Move("z", held + 3e-6, self.speed))
        assert abs(stream.position("z") - held - 3e-6) < self.precision
        assert not stream.flags[-1] & Flag.FROZEN

    def test_detachment_stops_the_tip_on_the_way_up(self, stream: Stream) -> None:
        """The complement of the contact is watched as the contact was; its record is delivered."""
        baseline, rule = self.descend(stream), self.rule
        held, first = stream.position("z"), len(stream.records)
        landed = rule.past(baseline, stream.column(rule.signal)[-20:])
        assert landed.all(), "the contact lasts under this hold"
        up = Move("z", held + self.travel, self.speed, until=rule.gone(), baseline=baseline)
        stream.rig.apply(up)
        stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
        assert stream.flags[-1] & Flag.FROZEN
        stream.rest(0.3)
        assert held < stream.position("z") < held + self.travel - self.precision
        assert not rule.past(baseline, stream.column(rule.signal)[-20:]).any()
        [record] = stream.records[first:]
        assert record.crossing is not None
        assert record.stopped is not None
        latency = (record.stopped - record.crossing) / stream.rig.info.clock.rate
        assert 0.0 < latency <= stream.rig.info.stop.worst

    def test_safe_retracts_and_switches_the_drive_off(self, stream: Stream) -> None:
        """From a landed tip: drive off, fully retracted, and twice is as good as once."""
        self.descend(stream)
        for _ in range(2):
            report = stream.rig.safe("test")
            assert report.frozen
            assert report.drive_off
            assert report.retracted
            assert report.what
        # Rows may be missing after this, so that the first one says what time it is.
        stream.read()
        stream.rest(0.2)
        top = stream.rig.info.axes["z"].travel.upper
        assert abs(stream.position("z") - top) < self.precision
        assert abs(stream.column("current")[-20:].mean()) < 5e-12

    def test_safe_without_retracting_holds_the_tip(self, stream: Stream) -> None:
        """The tip of a moving stage stops where it is."""
        stream.rest(0.1)
        z = stream.position("z")
        stream.rig.apply(Move("z", z - 2e-6, self.speed))
        stream.rest(0.2)
        report = stream.rig.safe("test", retract=False)
        assert report.frozen
        assert report.drive_off
        assert not report.retracted
        stream.rest(0.5)
        assert z - 1e-6 < stream.position("z") < z
        assert report.height == pytest.approx(stream.position("z"), abs=2 * self.precision)
        assert "held" in report.what

    def test_safe_lifts_as_far_as_asked_at_the_fastest_speed_of_the_rig(
        self, stream: Stream
    ) -> None:
        """From contact: 4 um up within what the axis needs, whatever speed brought the tip down.

        The speed is that of `AxisRange.fastest`; half a second is for the stop and the stage.
        """
        self.descend(stream)
        held, info = stream.position("z"), stream.rig.info
        first, fastest, by = stream.row, info.axes["z"].fastest, 4e-6
        report = stream.rig.safe("test", by=by)
        assert report.frozen
        assert report.drive_off
        assert report.retracted
        stream.read()
        stream.rest(0.2)
        assert stream.position("z") == pytest.approx(held + by, abs=2 * self.precision)
        assert report.height == pytest.approx(stream.position("z"), abs=2 * self.precision)
        assert f"{report.height * 1e6:.2f}"[:4] in report.what
        heights = stream.column("z")
        rows = np.concatenate([np.arange(b.start, b.stop) for b in stream.blocks])
        there = rows[(rows >= first) & (heights > held + by - 2 * self.precision)][0]
        assert (there - first) * info.clock.period < by / fastest + 0.5

    def test_safe_lifts_no_higher_than_the_axis_goes(self, stream: Stream) -> None:
        """More than there is room for ends at the top, and says so."""
        stream.rest(0.1)
        top = stream.rig.info.axes["z"].travel.upper
        report = stream.rig.safe("test", by=2.0 * top)
        assert report.retracted
        assert report.height == pytest.approx(top, abs=self.precision)
        assert "fully retracted" in report.what
        assert report.at_top

    def test_safe_never_raises(self, rig: Rig) -> None:
        """Before opening, after opening, and after closing."""
        assert not rig.safe("not open yet").retracted
        rig.open()
        assert rig.safe("open").drive_off
        rig.close()
        assert rig.safe("closed").what

    def test_closing_twice_is_no_error_and_nothing_works_afterwards(self, stream: Stream) -> None:
        """A closed rig refuses to read and to move."""
        stream.read()
        stream.rig.close()
        stream.rig.close()
        with pytest.raises(RigError):
            stream.rig.read()
        with pytest.raises(RigError):
            stream.rig.apply(Freeze("test"))


class SecondDriveContract:
    """What a drive beside that of the cell must keep; the fixture `stream` is of a rig with one.

    The cell is held at a potential meanwhile. The electrode of the second drive carries a current
    at `level` that is told from none.
    """

    level: ClassVar[float] = 0.2
    least: ClassVar[float] = 1e-9
    """Amperes that flow at the level at least."""
    noise: ClassVar[float] = 20e-12

    @pytest.fixture
    def stream(self) -> Stream:
        """A rig whose rows flow."""
        raise NotImplementedError("a subclass provides the rig")

    def last(self, stream: Stream, which: int, seconds: float = 0.1) -> float:
        """The newest potential (0) or current (1) of the second drive."""
        (drive,) = stream.rig.info.drives
        name = (drive.potential_signal, drive.current_signal)[which]
        return float(stream.column(name)[-stream.rig.info.clock.rows(seconds) :].mean())

    def held(self, stream: Stream, level: float | None = None) -> str:
        """Hold the cell and the second drive; return the name of the latter."""
        (drive,) = stream.rig.info.drives
        stream.rig.apply(Drive("potential", Constant(0.3)))
        value = self.level if level is None else level
        stream.rig.apply(Drive("potential", Constant(value), on=drive.name))
        stream.rest(0.3)
        return drive.name

    def flows(self, stream: Stream) -> bool:
        """Whether a current passes the electrode of the second drive."""
        current = abs(self.last(stream, 1))
        assert current < self.noise or current > self.least, "neither on nor off"
        return current > self.least

    def test_it_declares_two_signals(self, stream: Stream) -> None:
        """Every row has them, in the units of a potential and of a current."""
        (drive,) = stream.rig.info.drives
        signals = {signal.name: signal.unit for signal in stream.rig.info.signals}
        assert signals[drive.potential_signal] == "V"
        assert signals[drive.current_signal] == "A"

    def test_nothing_flows_before_it_is_told_to(self, stream: Stream) -> None:
        """Also while the cell is held."""
        stream.rig.apply(Drive("potential", Constant(0.3)))
        stream.rest(0.3)
        assert not self.flows(stream)

    def test_it_holds_what_it_is_told_and_leaves_the_cell_alone(self, stream: Stream) -> None:
        """Two levels, one after the other; the potential of the cell stays what it was."""
        name = self.held(stream)
        assert self.flows(stream)
        assert self.last(stream, 0) == pytest.approx(self.level, abs=2e-3)
        stream.rig.apply(Drive("potential", Constant(-0.1), on=name))
        stream.rest(0.3)
        assert self.last(stream, 0) == pytest.approx(-0.1, abs=2e-3)
        assert stream.column("potential")[-20:].mean() == pytest.approx(0.3, abs=2e-3)

    def test_it_stays_while_the_cell_is_driven_otherwise_and_the_tip_moves(
        self, stream: Stream
    ) -> None:
        """Another potential of the cell, and a move: the second drive is as before."""
        self.held(stream)
        stream.rig.apply(Drive("potential", Constant(-0.2)))
        stream.go(Move("z", stream.position("z") - 1e-6, 4e-6))
        assert self.flows(stream)
        assert self.last(stream, 0) == pytest.approx(self.level, abs=2e-3)

    def test_it_can_be_opened_alone(self, stream: Stream) -> None:
        """The cell goes on; and it can be held again."""
        name = self.held(stream)
        stream.rig.apply(Drive("open", Constant(0.0), on=name))
        stream.rest(0.3)
        assert not self.flows(stream)
        assert stream.column("potential")[-20:].mean() == pytest.approx(0.3, abs=2e-3)
        self.held(stream)
        assert self.flows(stream)

    def test_an_open_circuit_of_the_cell_opens_it(self, stream: Stream) -> None:
        """And it stays open when the cell is held again."""
        self.held(stream)
        stream.rig.apply(Drive("open", Constant(0.0)))
        stream.rest(0.3)
        assert not self.flows(stream)
        stream.rig.apply(Drive("potential", Constant(0.3)))
        stream.rest(0.3)
        assert not self.flows(stream)

    def test_safe_switches_it_off(self, stream: Stream) -> None:
        """With and without a retract."""
        for retract in (False, True):
            self.held(stream)
            assert stream.rig.safe("test", retract=retract).drive_off
            stream.read()
            stream.rest(0.3)
            assert not self.flows(stream)

    def test_what_it_cannot_hold_is_refused_and_the_old_level_stays(self, stream: Stream) -> None:
        """Beyond its range, a current, a sweep, another name: LimitError."""
        name, info = self.held(stream), stream.rig.info
        (drive,) = info.drives
        for asked in (
            Drive("potential", Constant(1.01 * drive.potential.upper), on=name),
            Drive("potential", Constant(1.01 * drive.potential.lower), on=name),
            Drive("potential", Constant(math.nan), on=name),
            Drive("current", Constant(1e-9), on=name),
            Drive("potential", Lines((1.0, 2.0), (0.1, 0.3)), on=name),
            Drive("potential", Constant(0.1), on="no such drive"),
        ):
            with pytest.raises(LimitError, match="nothing changed"):
                stream.rig.apply(asked)
        stream.rest(0.1)
        assert self.last(stream, 0) == pytest.approx(self.level, abs=2e-3)
