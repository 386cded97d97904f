"""What every drive of a cell must keep: inherit `CellContract` and provide the fixture `rig`.

The rig is one of parts, with the drive under test above a resistor of 1 Gohm that the tip can reach
within 10 um. A drive that imposes at once keeps it as well as one that runs techniques by itself
and delivers late: only what is theirs alone is asked of these alone.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
import pytest
from rig_contract import RigContract, Stream

from seccm.errors import LimitError, RigError
from seccm.rig import Constant, Drive, Flag, Late, Limit, Lines, Points, Rig, Sine, Sines
from seccm.rig.waveform import Section

OHMS = 1e9
RAMP = Lines((0.0, 0.4, 0.8), (0.5, 1.3, 0.5))
"""From the hold of the descent and back: a jump would charge the leads."""


class Ran(NamedTuple):
    """What came of a drive."""

    potential: np.ndarray
    current: np.ndarray
    points: Points
    late: list[Late]
    rows: tuple[int, int]


class CellContract:
    """The contract tests; a subclass provides the fixture `rig`, built but not open."""

    exact: ClassVar[float] = 2e-3
    """Volts within which a potential is imposed and measured."""
    waits: ClassVar[bool] = True
    """Whether its limits wait until the cell is charged."""
    scale: ClassVar[float] = 3e-3
    """Relative error of currents."""

    @pytest.fixture
    def rig(self) -> Rig:
        """A rig that is built but not open."""
        raise NotImplementedError("a subclass provides the rig")

    @pytest.fixture
    def landed(self, rig: Rig) -> Stream:
        """A stream of a tip that stands on the resistor, under 0.5 V."""
        rig.open()
        rig.start()
        contract, stream = RigContract(), Stream(rig)
        contract.descend(stream)
        return stream

    def lose(self, rig: Rig) -> None:
        """Take the cable off."""
        pytest.skip("nothing can be lost")

    def occupy(self, rig: Rig) -> None:
        """Let another program have the instrument."""
        pytest.skip("nobody else can have it")

    def end(self, rig: Rig) -> None:
        """Let somebody end what runs, at its display, soon."""
        pytest.skip("nobody can")

    def passed(self, rig: Rig) -> float | None:
        """What truly passed in all techniques, in coulombs, where somebody knows."""
        return None

    def run(self, stream: Stream, drive: Drive, seconds: float = 20.0) -> Ran:
        """Impose a drive and read on until it is over; return its own rows."""
        before = len(stream.blocks)
        first = stream.row
        stream.rig.apply(drive)
        late: list[Late] = []
        if stream.rig.info.runs is None:
            stream.rest(drive.waveform.duration)
            last = first + stream.rig.info.clock.rows(drive.waveform.duration)
        else:
            stream.until(lambda block: block.late is not None and block.late.over is not None)
            late = [block.late for block in stream.blocks[before:] if block.late is not None]
            begun = [one.begun for one in late if one.begun is not None]
            over = [one.over for one in late if one.over is not None]
            assert len(begun) == len(over) == 1
            first, last = begun[0].row, over[0].row + 1
        points = Points()
        for one in late:
            assert one.first == len(points)
            points = points.then(one.points)
        rows = slice(first - stream.blocks[0].start, last - stream.blocks[0].start)
        return Ran(
            stream.column("potential")[rows], stream.column("current")[rows], points, late,
            (first, last),
        )  # fmt: skip

    # Every drive.

    def test_a_contact_is_seen_at_once_while_it_holds(self, landed: Stream) -> None:
        assert landed.flags[-1] & Flag.FROZEN
        assert landed.column("potential")[-20:].mean() == pytest.approx(0.5, abs=self.exact)
        assert landed.column("current")[-20:].mean() == pytest.approx(0.5 / OHMS, rel=self.scale)

    def test_a_triangle_is_what_its_rows_say(self, landed: Stream) -> None:
        ran = self.run(landed, Drive("potential", RAMP))
        period = landed.rig.info.clock.period
        t = np.clip((np.arange(len(ran.potential)) + 0.5) * period, 0.0, RAMP.duration)
        # Wherever within a row it began, and at whichever end of a row it was looked at.
        np.testing.assert_allclose(ran.potential, RAMP.at(t), atol=2.0 * 2.0 * period)
        # A potential that jumps charges the leads in a row or two.
        late = ran.current[2:], ran.potential[2:] / OHMS
        np.testing.assert_allclose(*late, atol=2.0 * period / OHMS + 3e-12)

    def test_its_charge_is_the_one_that_passed(self, landed: Stream) -> None:
        period = landed.rig.info.clock.period
        before = self.passed(landed.rig)
        ran = self.run(landed, Drive("potential", RAMP))
        planted = float(np.trapezoid(RAMP.values, RAMP.times)) / OHMS
        # What the rows in which it began and ended hold of it is in those rows of the card.
        found = float(ran.current.sum()) * period
        assert found == pytest.approx(planted, abs=5e-3 * planted + 2 * period * 0.5 / OHMS)
        after = self.passed(landed.rig)
        if before is not None and after is not None:
            assert after - before == pytest.approx(planted, rel=5e-3)

    def test_what_it_cannot_impose_is_refused_and_changes_nothing(self, landed: Stream) -> None:
        for drive in (Drive("potential", Constant(99.0, 1.0)), Drive("current", Constant(1.0))):
            with pytest.raises(LimitError):
                landed.rig.apply(drive)
        landed.rest(0.1)
        assert landed.column("potential")[-5:].mean() == pytest.approx(0.5, abs=self.exact)

    def test_off_is_off(self, landed: Stream) -> None:
        report = landed.rig.safe("test", by=3e-6)
        assert report.frozen
        assert report.drive_off
        assert report.retracted
        landed.rest(0.3)
        assert abs(landed.column("current")[-20:].mean()) < 2e-12

    def test_nothing_is_missing_and_nothing_comes_twice(self, landed: Stream) -> None:
        self.run(landed, Drive("potential", RAMP))
        self.run(landed, Drive("potential", Constant(0.2, 0.3)))
        landed.rest(0.2)
        stops = [block.stop for block in landed.blocks[:-1]]
        assert [block.start for block in landed.blocks[1:]] == stops

    def test_a_device_that_is_gone_does_not_keep_the_tip_down(self, landed: Stream) -> None:
        self.lose(landed.rig)
        with pytest.raises(RigError):
            self.run(landed, Drive("potential", Constant(0.3, 0.5)))
        report = landed.rig.safe("gone", by=2e-6)
        assert report.retracted
        assert not report.drive_off
        assert "could not be switched off" in report.what

    # Those that run techniques by themselves.

    @pytest.fixture
    def late(self, rig: Rig, request: pytest.FixtureRequest) -> Stream:
        """The same, of a drive whose rows come late."""
        if rig.info.runs is None:
            pytest.skip("it imposes at once and measures nothing")
        landed: Stream = request.getfixturevalue("landed")
        return landed

    def test_points_are_kept_as_they_are_and_rise(self, late: Stream) -> None:
        ran = self.run(late, Drive("potential", RAMP))
        assert (np.diff(ran.points.t) > 0.0).all()
        assert ran.points.until == pytest.approx(RAMP.duration, abs=0.05)
        runs = late.rig.info.runs
        assert runs is not None
        assert len(ran.points) >= 0.9 * RAMP.duration / runs.interval / 3.0

    def test_both_times_are_tied_by_what_both_have_seen(self, late: Stream) -> None:
        ran = self.run(late, Drive("potential", RAMP))
        tie = next(one.begun.tie for one in ran.late if one.begun is not None)
        period = late.rig.info.clock.period
        assert tie.by in ("step", "edge")
        assert tie.error < period
        at = (np.arange(*ran.rows) + 0.5) * period - tie.begin
        np.testing.assert_allclose(ran.potential, RAMP.at(at), atol=4.0 * (tie.error + 1e-3))

    def test_a_range_that_changes_by_itself_changes_no_number(self, late: Stream) -> None:
        ran = self.run(late, Drive("potential", Lines((0.0, 0.6, 1.2), (0.02, 2.5, 0.02))))
        spans = ran.points.span[np.isfinite(ran.points.span)]
        assert len(set(spans.tolist())) > 1
        assert not (ran.points.flags & Flag.SATURATED).any()
        np.testing.assert_allclose(ran.current[2:], ran.potential[2:] / OHMS, atol=1.2e-11)

    def test_a_current_beyond_all_ranges_says_so(self, late: Stream) -> None:
        most = late.rig.info.current.upper
        span = late.rig.info.potential
        volts = 1.5 * most * OHMS
        if not span.holds(volts):
            pytest.skip("it measures whatever it can impose here")
        ran = self.run(late, Drive("potential", Constant(volts, 0.3)))
        assert (ran.points.flags & Flag.SATURATED).any()

    @pytest.mark.parametrize(
        ("drive", "limit"),
        [
            (Constant(0.8e-9, 4.0), Limit("charge", "above", 0.4e-9)),
            (Lines((0.0, 4.0), (0.0, 2.0)), Limit("current", "above", 0.7e-9)),
            (Lines((0.0, 4.0), (1.0, -1.0)), Limit("potential", "below", 0.3)),
        ],
    )
    def test_it_ends_a_technique_at_its_own_limit(
        self, late: Stream, drive: Constant | Lines, limit: Limit
    ) -> None:
        mode = "current" if isinstance(drive, Constant) else "potential"
        ran = self.run(late, Drive(mode, drive, limits=(limit,)))
        over = next(one.over for one in ran.late if one.over is not None)
        # What it does not watch in this technique is seen in its rows, a little later.
        assert over.by in ("limit", "stopped")
        assert over.by == "stopped" or (over.limit and over.limit.quantity == limit.quantity)
        seconds = len(ran.current) * late.rig.info.clock.period
        wanted = {"charge": 0.5, "current": 1.4, "potential": 1.4}[limit.quantity]
        assert seconds == pytest.approx(wanted, abs=0.06 if over.by == "limit" else 0.5)

    def test_what_is_broken_off_ends_before_anything_else_begins(self, late: Stream) -> None:
        late.rig.apply(Drive("potential", Constant(0.8, 5.0)))
        late.rest(1.0)
        late.rig.apply(Drive("potential", Constant(0.2, 0.3)))
        late.until(
            lambda block: (
                block.late is not None
                and block.late.over is not None
                and block.late.over.by == "time"
            )
        )
        news = [block.late for block in late.blocks if block.late is not None]
        overs = [(one.number, one.over) for one in news if one.over is not None]
        assert [over.by for _, over in overs] == ["stopped", "time"]
        first, second = (over for _, over in overs)
        begun = next(one.begun for one in news if one.begun and one.number == overs[1][0])
        assert first.row < begun.row <= second.row
        rows = late.column("potential")[first.row - 40 : first.row - 5]
        np.testing.assert_allclose(rows, 0.8, atol=0.01)

    def test_its_last_points_come_though_the_circuit_was_opened(self, late: Stream) -> None:
        late.rig.apply(Drive("potential", Constant(0.8, 5.0)))
        late.rest(1.0)
        late.rig.apply(Drive("open", Constant(0.0)))
        late.rest(0.5)
        over = [b.late.over for b in late.blocks if b.late is not None and b.late.over is not None]
        assert [one.by for one in over] == ["stopped"]
        assert abs(late.column("current")[-20:].mean()) < 5e-12

    def test_a_hold_that_goes_on_as_a_step_is_not_interrupted(self, late: Stream) -> None:
        stop = late.row
        step = Drive("potential", Constant(0.5, 1.0), stop - 20, (Limit("charge", "above", 1e-6),))
        late.rig.apply(step)
        late.until(lambda block: block.late is not None and block.late.over is not None)
        rows = slice(stop - 20, stop + 300)
        np.testing.assert_allclose(late.column("current")[rows], 0.5 / OHMS, atol=5e-12)

    def test_an_instrument_that_another_program_has_begins_nothing(self, late: Stream) -> None:
        self.occupy(late.rig)
        with pytest.raises(RigError) as refused:
            self.run(late, Drive("potential", Constant(0.3, 0.5)))
        assert refused.value.code in ("busy-potentiostat", "not-begun")
        assert late.rig.safe("busy", by=2e-6).retracted

    def test_what_the_card_saw_is_told_before_the_instrument_is_given_up(
        self, late: Stream
    ) -> None:
        late.rig.apply(Drive("potential", Constant(0.8, 9.0)))
        late.rest(1.0)
        self.lose(late.rig)
        lost: RigError | None = None
        told = late.row
        for _ in range(4000):
            try:
                late.read()
            except RigError as error:
                lost = error
                break
        assert lost is not None
        assert lost.remedy
        assert late.row >= told
        assert late.rig.safe("lost", by=2e-6).retracted

    def test_a_limit_that_is_passed_only_at_the_beginning_ends_no_step(self, late: Stream) -> None:
        """It does not count while a cell is being charged; who cannot wait for that says so."""
        limit = Limit("current", "below", 0.2e-9)
        drive = Drive("potential", Lines((0.0, 0.4), (0.0, 2.0)), limits=(limit,))
        if not self.waits:
            late.rig.apply(drive)
            with pytest.raises(RigError, match="current") as early:
                late.rest(2.0)
            assert early.value.code == "early-limit"
            overs = [one.late.over for one in late.blocks if one.late is not None]
            assert [one.by for one in overs if one is not None] == ["stopped"], "no end of a step"
            assert late.rig.safe("early", by=2e-6).retracted
            return
        ran = self.run(late, drive)
        assert [one.over.by for one in ran.late if one.over is not None] == ["time"]

    @pytest.mark.parametrize("seconds", [5.0, np.inf])
    def test_what_somebody_ends_at_the_instrument_is_no_end_of_a_step(
        self, late: Stream, seconds: float
    ) -> None:
        """Whether a step or a hold: under a hold that is off the tip would not see the surface."""
        before = len(late.blocks)
        limits = (Limit("current", "above", 2e-9),) if seconds < np.inf else ()
        late.rig.apply(Drive("potential", Constant(0.8, seconds), limits=limits))
        late.rest(0.6)
        self.end(late.rig)
        with pytest.raises(RigError) as failed:
            late.rest(3.0)
        assert failed.value.code == "cut-short"
        assert "resume" in failed.value.remedy
        late_ones = [one.late for one in late.blocks[before:] if one.late is not None]
        over = [one.over.by for one in late_ones if one.over is not None]
        assert over == (["stopped"] if seconds < np.inf else [])
        # Nothing of what came afterwards is taken for the technique's.
        assert late.column("current")[-10:] == pytest.approx(0.8e-9, abs=2e-11)
        assert late.rig.safe("cut short", by=2e-6).retracted

    def test_what_no_technique_can_be_is_refused_by_name(self, late: Stream) -> None:
        sines = Sines(0.2, (Section(0.1, 1.0, (Sine(1, 0.01),)),))
        odd = Lines((0.0, 0.3, 0.5), (0.0, 0.3, 0.9))
        for waveform in (sines, odd):
            with pytest.raises(LimitError) as refused:
                late.rig.apply(Drive("potential", waveform))
            assert refused.value.code in ("no-such-technique", "no-sines")
