"""The arithmetic of the NI rig: codes and volts, ramps, swings, histories, witnesses, lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nidaqmx.errors import DaqError

from hardware.ni import lines as lines_module
from hardware.ni.coding import TERMS, Coding
from hardware.ni.driven import AS_IS, Driven
from hardware.ni.history import SIDE, History, Piece, contact_record
from hardware.ni.lines import Lines as DigitalLines
from hardware.ni.lines import Marks
from hardware.ni.paths import Command, Path, Ramp, Swing, check_move
from hardware.ni.scaling import Scale, amplifier, at_rail, positioner
from hardware.ni.tally import AGREEMENT, Halt, disagreement, resumed
from seccm.errors import LimitError, RigError
from seccm.rig import AxisRange, Constant, Drive, Lines, Move, Range
from seccm.rig.info import Mode
from sim.daqmx.convert import LARGEST, OVER, RANGES, coefficients, converted, numbers, picked_range
from sim.daqmx.convert import put_out as put

volts = st.lists(st.floats(-12.0, 12.0), min_size=1, max_size=20).map(np.array)


# Codes and volts.


@given(volts, st.sampled_from(RANGES))
def test_an_input_reads_its_nearest_code_and_its_ends_beyond_them(v, limit):
    step = 2.0 * OVER * limit / 2**16
    read = converted(v, limit)
    inside = np.abs(v) < OVER * limit - step
    assert (np.abs(read - v)[inside] <= 0.5 * step * (1 + 1e-9)).all()
    assert (read >= -OVER * limit - 1e-12).all()
    assert (read < OVER * limit).all()
    codes = numbers(read, limit)
    assert (np.abs(codes) <= 2**15).all()
    np.testing.assert_allclose(codes * coefficients(limit)[1], read, atol=1e-12)
    assert np.array_equal(converted(read, limit), read)


@given(st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_the_range_that_is_picked_is_the_smallest_that_holds_both_limits(low, high):
    picked = picked_range(-low, high)
    assert picked is not None
    assert picked >= max(low, high)
    assert all(other < max(low, high) for other in RANGES if other < picked)
    assert picked_range(-10.1, 0.0) is None


@given(volts)
def test_an_output_puts_out_its_nearest_step_within_its_ends(v):
    out = put(v)
    step = 2.0 * LARGEST / 2**16
    assert (out >= -LARGEST).all()
    assert (out <= LARGEST - step).all()
    inside = (v > -LARGEST) & (v < LARGEST - step)
    assert (np.abs(out - v)[inside] <= 0.5 * step * (1 + 1e-9)).all()
    assert np.array_equal(put(out), out)


terms = st.lists(
    st.tuples(*(st.floats(-1e-3, 1e-3) for _ in range(TERMS))), min_size=1, max_size=4
).map(np.array)


@given(terms, st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=9))
def test_codes_mean_the_volts_of_their_polynomials(polynomials, codes):
    scaled = polynomials * np.array([1.0, 1.0, 1e-5, 1e-10])
    raw = np.tile(np.array(codes, np.int16), (len(scaled), 1))
    found = Coding(scaled).volts(raw)
    for row, one in zip(found, scaled, strict=True):
        np.testing.assert_allclose(row, np.polyval(one[::-1], codes), rtol=1e-9, atol=1e-12)
    straight = scaled.copy()
    straight[:, 2:] = 0.0
    assert not Coding(straight).bent
    np.testing.assert_allclose(
        Coding(straight).volts(raw), straight[:, :1] + straight[:, 1:2] * np.array(codes)
    )


# Volts and what they mean.

slopes = st.sampled_from([1, -1])
gains = st.floats(1e-3, 1e3)


@given(slopes, gains, st.floats(-5.0, 5.0), volts)
def test_an_amplifier_puts_out_offset_and_gain_times_what_it_measures(sign, gain, offset, v):
    scale = amplifier(sign, gain, offset, "a test")
    np.testing.assert_allclose(scale.volts(scale.si(v)), v, atol=1e-9)
    assert scale.si(offset) == pytest.approx(0.0, abs=1e-9 / gain)
    assert scale.volts(1.0) == pytest.approx(offset + sign * gain)
    stage = positioner(sign, gain, offset, "a test")
    assert stage.si(0.0) == offset
    assert stage.si(1.0) == pytest.approx(offset + sign * gain)


@given(slopes, gains, st.floats(-5.0, 5.0), st.floats(-10.0, 0.0), st.floats(0.0, 10.0))
def test_a_span_of_volts_is_a_span_whatever_the_sign(sign, gain, offset, low, high):
    scale = positioner(sign, gain, offset, "a test")
    span = scale.span(Range(low, high))
    assert span.lower <= span.upper
    assert span.upper - span.lower == pytest.approx(gain * (high - low))
    for v in (low, high, 0.5 * (low + high)):
        assert span.lower - 1e-9 <= scale.si(v) <= span.upper + 1e-9


@given(volts, st.floats(0.1, 10.0))
def test_an_input_is_at_its_end_on_either_side_alike(v, limit):
    span = Range(-limit, limit)
    railed = at_rail(v, span)
    assert np.array_equal(railed, at_rail(-v, span))
    assert (railed == (np.abs(v) >= limit * (1.0 - 0.005))).all()


# Ways of the stage.

ramps = st.builds(Ramp, st.floats(-10.0, 10.0), st.floats(-10.0, 10.0), st.floats(0.1, 10.0),
                  st.sampled_from([0.0, 0.2]))  # fmt: skip


@given(ramps)
def test_a_ramp_goes_one_way_no_faster_than_it_may_and_arrives(ramp: Ramp):
    t = np.linspace(0.0, ramp.duration + 0.5, 400)
    z = ramp.at(t)
    assert z[0] == pytest.approx(ramp.start)
    assert z[-1] == ramp.to
    way = np.diff(z) * np.sign(ramp.to - ramp.start)
    assert (way >= -1e-9).all()
    assert (np.abs(np.diff(z)) <= ramp.speed * np.diff(t) * (1 + 1e-6) + 1e-9).all()


@given(ramps)
def test_a_ramp_back_is_the_same_way_turned_round(ramp: Ramp):
    back = Ramp(ramp.to, ramp.start, ramp.speed, ramp.smooth)
    t = np.linspace(0.0, ramp.duration, 50)
    np.testing.assert_allclose(back.at(t) - back.start, -(ramp.at(t) - ramp.start), atol=1e-9)
    assert back.duration == pytest.approx(ramp.duration)


AS_METRES = Scale(1.0, 0.0, "a test")


def path(z: Ramp, command: Command, rest: float = 0.0, swing: Swing | None = None) -> Path:
    still = Ramp(0.0, 0.0, 1.0)
    ways = {"x": still, "y": Ramp(1.0, 1.0, 1.0), "z": z}
    return Path(100.0, ways, dict.fromkeys("xyz", AS_METRES), command, rest, swing)


@given(ramps, st.floats(0.0, 5.0), st.integers(1, 500))
def test_a_path_in_pieces_is_the_path_at_once(ramp: Ramp, rest: float, cut: int):
    command = Command(AS_IS, Lines((0.0, 1.0, 3.0), (0.0, 2.0, -1.0)), 0.5)
    way = path(ramp, command, rest)
    stop = min(way.samples, 400)
    cut = min(cut, stop)
    whole = way.volts(0, stop)
    pieces = np.concatenate([way.volts(0, cut), way.volts(cut, stop)], axis=1)
    np.testing.assert_allclose(pieces, whole)
    assert whole.shape == (4, stop)
    assert way.positions(way.travel)["z"] == pytest.approx(ramp.to, abs=1e-9)
    assert way.samples >= way.travel


@given(st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_a_command_goes_on_until_it_changes_no_more(duration: float, elapsed: float):
    drive = Command(AS_IS, Lines((0.0, duration + 0.1), (0.0, 1.0)), elapsed)
    assert drive.remaining == pytest.approx(max(0.0, duration + 0.1 - elapsed))
    assert Command(AS_IS, Lines((0.0, 9.0), (1.0, 1.0)), elapsed).remaining == 0.0
    assert Command(AS_IS, Constant(3.0), elapsed).remaining == 0.0


@given(ramps, st.floats(0.01, 1.0))
def test_a_swing_stays_within_the_travel_and_only_the_height_swings(ramp, amplitude):
    travel = Range(-10.0 + amplitude, 10.0 - amplitude)
    swing = Swing(7.0, amplitude, travel)
    command = Command(AS_IS, Constant(0.0))
    swung, still = path(ramp, command, swing=swing), path(ramp, command)
    moving, resting = swung.volts(0, 300), still.volts(0, 300)
    assert np.array_equal(moving[[0, 1, 3]], resting[[0, 1, 3]])
    assert (np.abs(moving[2]) <= 10.0 + 1e-9).all()
    held = np.clip(resting[2], travel.lower, travel.upper)
    assert (np.abs(moving[2] - held) <= amplitude + 1e-9).all()
    assert swung.positions(50) == still.positions(50)
    assert swung.samples > 1e12


@pytest.mark.parametrize("end", [-10.0, 10.0])
def test_a_swing_at_an_end_of_the_travel_does_not_go_beyond_it(end):
    """The height is held back by the amplitude, on either side."""
    swing = Swing(7.0, 0.5, Range(-9.5, 9.5))
    z = path(Ramp(end, end, 1.0), Command(AS_IS, Constant(0.0)), swing=swing).volts(0, 300)[2]
    assert np.abs(z).max() <= 10.0
    assert z.mean() == pytest.approx(0.95 * end, abs=0.02)


@pytest.mark.parametrize(
    ("to", "speed", "code"),
    [(0.0, 1.0, ""), (5.0, 2.0, ""), (-5.0, 2.0, ""), (5.001, 1.0, "out-of-range"),
     (float("nan"), 1.0, "out-of-range"), (0.0, 2.001, "speed"), (0.0, 0.0, "speed"),
     (0.0, -1.0, "speed"), (0.0, float("nan"), "speed")],
)  # fmt: skip
def test_a_motion_beyond_reach_or_too_fast_is_refused_before_it_begins(to, speed, code):
    reach = AxisRange(Range(-5.0, 5.0), 2.0)
    if not code:
        check_move(Move("z", to, speed), reach)
        return
    with pytest.raises(LimitError, match="nothing moved") as raised:
        check_move(Move("z", to, speed), reach)
    assert raised.value.code == code


# What is remembered of a contact.


def piece(first: int, rows: int) -> Piece:
    n = np.arange(first, first + rows)
    return Piece(first, {"potential": n.astype(float), "current": -n.astype(float)}, n)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.integers(0, 800))
def test_everything_that_a_record_could_need_is_remembered(lengths, longest):
    history, at = History(longest), 0
    assert history.stop == 0
    for rows in lengths:
        history.add(piece(at, rows))
        at += rows
        assert history.stop == at
    known = history.since(0)
    assert known.stop == at
    assert known.first <= max(0, at - longest - 2 * SIDE)
    assert np.array_equal(known.counts, np.arange(known.first, at))
    assert np.array_equal(known.signals["current"], -known.counts)
    later = history.since(at - 1)
    assert later.first == at - 1
    assert later.counts.tolist() == [at - 1]


@given(st.integers(0, 3000), st.integers(0, 2000), st.integers(1, 3000))
def test_a_record_is_cut_around_where_the_contact_was_seen(first, after, rows):
    seen = first + min(after, rows - 1)
    record = contact_record(piece(first, rows), seen, seen, None)
    assert record.start == max(first, seen - SIDE)
    stop = min(seen + SIDE, first + rows)
    assert np.array_equal(record.potential, np.arange(record.start, stop))
    assert np.array_equal(record.current, -record.potential)
    assert record.crossing == seen
    assert record.stopped is None


# Witnesses of a halt.


def halt(counted=50, reported=50, written=100, off=0.0, exact=False) -> Halt:
    return Halt(counted, reported, written, np.zeros(4), np.array([0.0, 0.0, off, 0.0]), exact)


@given(st.integers(0, 100), st.one_of(st.none(), st.integers(0, 150)), st.booleans())
def test_counts_disagree_where_the_driver_says_what_cannot_be(counted, reported, exact):
    said = disagreement(halt(counted, reported, 100, exact=exact))
    possible = reported is None or reported == counted
    possible = possible or (not exact and counted <= reported <= 100)
    assert (said == "") is possible
    if said:
        assert str(reported) in said
        assert str(counted) in said


@given(st.floats(-0.1, 0.1))
def test_an_output_that_is_not_where_it_should_be_is_named(off):
    said = disagreement(halt(off=off))
    assert (said == "") is (abs(off) <= AGREEMENT)
    assert not said or "output z" in said
    assert "output z" in disagreement(halt(off=float("nan")))


@given(st.integers(101, 1000))
def test_more_than_was_written_cannot_have_been_taken(counted):
    assert "counts something else" in disagreement(halt(counted=counted))


@given(st.integers(1, 5), st.integers(3, 20), st.integers(0, 20), st.integers(20, 100))
def test_samples_after_a_pause_are_counted_and_a_steady_clock_has_none(ratio, before, after, gap):
    times = [ratio * k for k in range(1, before + 1)]
    times += [times[-1] + ratio * gap + ratio * k for k in range(after)]
    counts = np.searchsorted(times, np.arange(times[-1] + 5), side="right").astype(np.int64)
    assert resumed(counts, ratio) == after
    steady = counts[: ratio * before + 1]
    assert resumed(steady, ratio) == 0


# Digital lines.


class FakeTask:
    """Answers as a task with one line does."""

    made: list[FakeTask] = []  # noqa: RUF012
    refuses = False

    def __init__(self) -> None:
        self.do_channels, self.line, self.levels, self.closed = self, "", [], 0
        FakeTask.made.append(self)

    def add_do_chan(self, line: str) -> None:
        self.line = line

    def write(self, level: bool, auto_start: bool) -> None:
        assert auto_start
        if FakeTask.refuses:
            raise DaqError("refused", -200587)
        self.levels.append(level)

    def close(self) -> None:
        self.closed += 1
        raise DaqError("closed already", -200088)


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[FakeTask]:
    monkeypatch.setattr(FakeTask, "made", [])
    monkeypatch.setattr(FakeTask, "refuses", False)
    monkeypatch.setattr(lines_module, "Task", FakeTask)
    return FakeTask.made


def test_a_line_is_touched_only_when_it_is_set_and_let_go_of_at_the_end(tasks):
    lines = DigitalLines("Dev1")
    assert tasks == []
    for level in (True, False, True):
        lines.set("port0/line3", high=level)
    lines.set("port0/line4", high=False)
    assert [(task.line, task.levels) for task in tasks] == [
        ("Dev1/port0/line3", [True, False, True]),
        ("Dev1/port0/line4", [False]),
    ]
    lines.close()
    lines.close()
    assert [task.closed for task in tasks] == [1, 1]


def test_a_line_that_is_refused_is_named(tasks, monkeypatch):
    monkeypatch.setattr(FakeTask, "refuses", True)
    with pytest.raises(RigError) as raised:
        DigitalLines("Dev1").set("port0/line3", high=True)
    assert "Dev1/port0/line3" in f"{raised.value.where} {raised.value}"


@given(st.lists(st.sampled_from(["camera", "laser"]), max_size=6))
def test_every_mark_that_was_raised_is_lowered_once(names):
    class Recorded:
        levels: list[tuple[str, bool]] = []  # noqa: RUF012

        def set(self, line: str, *, high: bool) -> None:
            self.levels.append((line, high))

    recorded = Recorded()
    recorded.levels = []
    marks = Marks({"camera": "line0", "laser": "line1"}, recorded)  # type: ignore[arg-type]
    for name in names:
        marks.up(name)
    raised = list(recorded.levels)
    assert raised == [({"camera": "line0", "laser": "line1"}[name], True) for name in names]
    marks.down()
    lowered = recorded.levels[len(raised) :]
    assert sorted(lowered) == sorted((line, False) for line, _ in raised)
    marks.down()
    assert len(recorded.levels) == 2 * len(names)
    with pytest.raises(LimitError, match="known: camera, laser"):
        marks.up("shutter")


# The drive that is on.


class FakeCell:
    """Knows one scale for each mode."""

    def scale(self, mode: Mode) -> Scale:
        return {"potential": Scale(2.0, 0.0, "E"), "current": Scale(3.0, 0.0, "I")}.get(
            mode, Scale(5.0, 0.0, "open")
        )


@given(st.sampled_from(["potential", "current", "open"]), st.floats(0.0, 9.0), st.floats(0.0, 9.0))
def test_what_is_still_to_come_of_a_drive_depends_on_when_it_began(mode, began, now):
    wave = Lines((0.0, 4.0), (0.0, 1.0))
    driven = Driven(Drive(mode, wave), began)
    command = driven.command(FakeCell(), now, 7.0)  # type: ignore[arg-type]
    assert command.scale == FakeCell().scale(mode)
    assert command.elapsed == max(0.0, now - began)
    assert command.waveform == (Constant(0.0) if mode == "open" else wave)
    assert driven.changes(now) is (now - began < 4.0)
    assert driven.mode == mode


@given(st.floats(-5.0, 5.0), st.floats(0.0, 9.0))
def test_before_the_first_drive_the_output_keeps_what_it_has(held, now):
    driven = Driven()
    command = driven.command(FakeCell(), now, held)  # type: ignore[arg-type]
    assert command.volts(np.array([0.0, 5.0])).tolist() == [held, held]
    assert driven.mode is None
    assert driven.range == ""
    assert not driven.changes(now)
