"""Faults of an FPGA target: whatever fails, the tip ends up or held, and it is said."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from fpga_bench import fpga_rig, rig_table
from hypothesis import given, settings
from hypothesis import strategies as st
from rig_contract import Stream

from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.rig import WecFpgaRig
from seccm.errors import LimitError, RigError
from seccm.plan.contacts import current_threshold
from seccm.quantities import validate
from seccm.rig import (
    Connect,
    Constant,
    Drive,
    Flag,
    Freeze,
    Lines,
    Mark,
    Move,
    SafeReport,
    Section,
    Sine,
    Sines,
)

RULE = current_threshold(5e-12)
UM = 1e-6


def approach(stream: Stream) -> None:
    """Come down, with the cell on."""
    rig = stream.rig
    rig.apply(Drive("potential", Constant(0.5)))
    stream.rest(0.06)
    baseline = float(stream.column("current")[-12:].mean())
    rig.apply(Move("z", stream.position("z") - 3 * UM, 2 * UM, until=RULE, baseline=baseline))
    stream.until(lambda block: not block.flags[-1] & Flag.MOVING, 5.0)


def hop(stream: Stream) -> None:
    """Come down, sweep, go up and sideways."""
    approach(stream)
    rig = stream.rig
    rig.apply(Drive("potential", Lines((0.0, 0.05, 0.1), (0.5, 1.0, 0.5))))
    stream.rest(0.12)
    rig.apply(Move("z", stream.position("z", 0.03) + 2 * UM, 20 * UM))
    stream.until(lambda block: not block.flags[-1] & Flag.MOVING, 5.0)
    rig.apply(Drive("open", Constant(0.0)))
    rig.apply(Move("x", 52 * UM, 20 * UM))
    rig.apply(Move("y", 51 * UM, 20 * UM))
    stream.until(lambda block: not block.flags[-1] & Flag.MOVING, 5.0)


def true_rows(stream: Stream) -> None:
    """No row is made of two: every signal is what it can be."""
    z, x, y = (stream.column(axis) for axis in ("z", "x", "y"))
    assert z.min() > 50 * UM
    assert z.max() < 57 * UM
    assert min(x.min(), y.min()) > 49.9 * UM
    assert max(x.max(), y.max()) < 52.1 * UM
    assert np.abs(stream.column("current")).max() < 2e-9
    swept = (stream.flags & Flag.OVERLOAD) == 0
    assert np.abs(stream.column("potential")[swept]).max() < 10.0


def safely_ended(rig: WecFpgaRig, report: SafeReport) -> None:
    """What the report says is so."""
    target, plugged = rig.plugged.target, rig.plugged
    assert report.what
    assert plugged.truth.crashes == []
    assert plugged.library.failures == []
    if report.drive_off:
        assert target.read("Applied Voltage") == 0
    else:
        assert "could not be switched off" in report.what or "left on" in report.what
    if report.retracted:
        assert target.read("Applied Z") == 0
    if report.frozen:
        before = target._outputs.codes()
        plugged.library.pass_time(0.1)
        assert target._outputs.codes() == before
    else:
        assert "not" in report.what


SETTINGS: dict[str, tuple[dict[str, str], str]] = {
    "a torn row": ({"tear_at": "{t}"}, ""),
    "it stops itself": ({"stops_itself": "{t}"}, ""),
    "a fault of the hardware": ({"fails_at": "{t}"}, ""),
    "a line that is taken in part": ({"full_at": "{t}"}, ""),
    "another program takes rows": ({"second_host": "{t}"}, ""),
    "no more rows": ({}, "stalled-read@at={t}"),
    "the cable": ({}, "unplugged@at={t}"),
}


@pytest.mark.parametrize("kind", SETTINGS)
@settings(max_examples=1)
@given(at=st.floats(0.5, 1.6), words=st.integers(1, 13))
def test_whenever_something_fails_the_tip_ends_up_or_held_and_no_row_is_wrong(kind, at, words):
    switches, fault = SETTINGS[kind]
    given_at = f"{at:.4f} s"
    target = {key: text.format(t=given_at) for key, text in switches.items()}
    rig = fpga_rig(
        {**target, "torn_words": words},
        faults=(fault.format(t=given_at),) if fault else (),
        near=True,
        patience="0.3 s",
    )
    try:
        rig.open()
        rig.start()
        stream = Stream(rig)
        failure = None
        try:
            hop(stream)
        except RigError as error:
            failure = error
        true_rows(stream)
        if kind == "a torn row":
            assert failure is None
        report = rig.safe("test")
        safely_ended(rig, report)
        if failure is not None and kind in ("a fault of the hardware", "the cable"):
            assert not report.frozen, "nothing answers: nothing is promised"
        elif kind not in ("a fault of the hardware", "the cable"):
            assert report.frozen
    finally:
        rig.close()


def test_a_target_that_stops_itself_while_the_tip_is_lifted_is_named_as_the_reason() -> None:
    """The tip is held on its way; the cell went off before, as always."""
    rig = fpga_rig(near=True, patience="0.3 s")
    rig.open()
    rig.start()
    Stream(rig).rest(0.05)
    target = rig.plugged.target
    soon = target.now / 40e6 + 0.2
    target.config = target.config.model_copy(update={"stops_itself": soon})
    report = rig.safe("test")
    safely_ended(rig, report)
    assert (report.frozen, report.drive_off, report.retracted) == (True, True, False)
    assert "the target has stopped" in report.what
    assert rig.plugged.target.read("Applied Z") != 0
    rig.close()


@pytest.mark.parametrize("on", [False, True])
def test_a_cell_that_is_off_is_not_said_to_be_on_because_something_else_fails(on: bool) -> None:
    """A line is taken in part: whether the cell is off is what its outputs say."""
    rig = fpga_rig({"full_at": "1.2 s"}, near=True, patience="0.3 s")
    rig.open()
    rig.start()
    stream = Stream(rig)
    rig.apply(Drive("potential", Constant(0.5)))
    stream.rest(0.05)
    if not on:
        rig.apply(Drive("open", Constant(0.0)))
    rig.apply(Move("x", 80 * UM, 20 * UM))
    with pytest.raises(RigError, match="did not take a line"):
        stream.rest(1.5)
    report = rig.safe("test")
    safely_ended(rig, report)
    assert (report.frozen, report.drive_off) == (True, not on)
    rig.close()


def again(rig: WecFpgaRig) -> WecFpgaRig:
    """Another rig on the same target, as after the program was started again."""
    config = validate(WecFpgaConfig, rig_table(near=True), "bench", from_file=True)
    return WecFpgaRig(config, lambda: nullcontext(rig.plugged))


@pytest.mark.parametrize("rows", [4, 140])
def test_a_host_that_is_killed_in_a_descent_leaves_a_tip_that_stops_at_the_contact(rows):
    """The target needs no program for that; the next one attaches without a motion."""
    rig = fpga_rig(near=True)
    rig.open()
    rig.start()
    stream = Stream(rig)
    rig.apply(Drive("potential", Constant(0.5)))
    stream.rest(0.06)
    rig.apply(Move("z", stream.position("z") - 3 * UM, 2 * UM, until=RULE))
    stream.rest(rows * rig.info.clock.period)
    plugged = rig.plugged
    plugged.library.kill()
    plugged.library.pass_time(1.0)
    [touch] = plugged.truth.landings
    held = plugged.target.read("Applied Z")
    assert plugged.truth.crashes == []
    second = again(rig)
    found = second.open()
    assert plugged.target.read("Applied Z") == held
    assert any("The cell was found on: ao3 carries" in words for words in second.info.words)
    assert touch.z - found.position["z"] < rig.info.overtravel(2 * UM) + 10e-9
    second.start()
    assert second.safe("start again").retracted
    second.close()
    third = again(rig)
    third.open()
    assert not any("found on" in words for words in third.info.words), "it is off by now"
    third.close()
    rig.close()


def test_a_host_that_is_killed_where_that_resets_the_target_is_told_to_power_up():
    rig = fpga_rig({"dies": "reset"}, near=True)
    rig.open()
    rig.plugged.library.kill()
    with pytest.raises(RigError, match="power-up"):
        again(rig).open()
    rig.close()


def test_a_freeze_after_the_contact_does_not_end_the_next_descent():
    rig = fpga_rig(near=True)
    rig.open()
    rig.start()
    stream = Stream(rig)
    approach(stream)
    rig.apply(Freeze("test"))
    held = stream.position("z", 0.03)
    stream.go(Move("z", held + 2 * UM, 10 * UM))
    rig.apply(Move("z", held + 0.5 * UM, 10 * UM))
    stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
    stream.rest(0.05)
    assert stream.position("z", 0.02) == pytest.approx(held + 0.5 * UM, abs=10e-9)
    rig.close()


def test_a_drive_in_a_motion_breaks_it_off_and_it_arrives_all_the_same():
    rig = fpga_rig()
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(0.05)
    z = stream.position("z")
    rig.apply(Move("z", z + 2 * UM, 5 * UM))
    stream.rest(0.1)
    rig.apply(Drive("potential", Constant(0.3)))
    stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
    stream.rest(0.05)
    assert stream.position("z", 0.02) == pytest.approx(z + 2 * UM, abs=10e-9)
    assert stream.column("potential")[-5:].mean() == pytest.approx(0.3, abs=2e-3)
    rig.close()


def test_the_tip_goes_up_before_it_goes_sideways():
    """Both are asked for at once: what is up goes first, what is down goes last."""
    rig = fpga_rig()
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(0.05)
    x, z = stream.position("x"), stream.position("z")
    stream.go(Move("x", x + 1 * UM, 10 * UM), Move("z", z + 1 * UM, 10 * UM))
    heights, places = stream.column("z"), stream.column("x")
    assert heights[places > x + 0.05 * UM].min() > z + 0.9 * UM
    stream.go(Move("z", z, 10 * UM), Move("x", x, 10 * UM))
    later = len(heights)
    heights, places = stream.column("z")[later:], stream.column("x")[later:]
    assert places[heights < z + 0.9 * UM].max() < x + 0.1 * UM
    rig.close()


def test_a_sweep_is_where_the_plan_says_and_ends_there():
    """Jump to its beginning, straight lines, and the last value stays."""
    rig = fpga_rig(faults=("wet-at-start",))
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(0.05)
    wave = Lines((0.0, 0.5, 1.0), (0.2, 0.9, -0.1))
    since = stream.row
    rig.apply(Drive("potential", wave))
    stream.rest(1.2)
    period = rig.info.clock.period
    rows = np.arange(since + 3, since + round(1.0 / period) - 3)
    first = stream.blocks[0].start
    ideal = wave.at((rows - since + 0.5) * period)
    seen = stream.column("potential")[rows - first]
    # Not before it was decided: a row or two late, at 2 V/s.
    late = 3.0 * period * 2.0
    assert np.abs(seen - ideal).max() < late + 2e-3
    slope = np.polyfit(rows[20:150] * period, seen[20:150], 1)[0]
    assert slope == pytest.approx(1.4, rel=2e-3)
    assert stream.column("potential")[-10:].mean() == pytest.approx(-0.1, abs=1e-3)
    rig.close()


IMPOSSIBLE = {
    "a mark": (Mark("camera"), "no line"),
    "a channel": (Connect("P1"), "cannot connect"),
    "sines": (
        Drive("potential", Sines(0.0, (Section(1.0, 1.0, (Sine(1, 0.01),)),))),
        "no sines",
    ),
    "two rows": (
        Move("z", 52 * UM, 2 * UM, until=current_threshold(5e-12, consecutive=2)),
        "consecutive = 1",
    ),
    "a contact along x": (Move("x", 52 * UM, 2 * UM, until=RULE), "only z"),
    "a threshold of a code": (
        Move("z", 52 * UM, 2 * UM, until=current_threshold(1e-12)),
        "larger threshold",
    ),
}


class TestRefused:
    """What the target cannot do."""

    @pytest.fixture(scope="class")
    @classmethod
    def resting(cls) -> Any:
        """A rig that is open."""
        rig = fpga_rig()
        rig.open()
        rig.start()
        rig.read()
        yield rig
        rig.close()

    @pytest.mark.parametrize(("action", "words"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
    def test_it_is_refused_by_name_and_nothing_moves(self, resting, action, words):
        began = len(resting.plugged.target.began)
        with pytest.raises(LimitError, match=words):
            resting.apply(action)
        resting.read()
        assert len(resting.plugged.target.began) == began

    def test_a_ramp_during_a_motion_is_refused(self, resting):
        resting.apply(Move("z", 53.5 * UM, 5 * UM))
        with pytest.raises(LimitError, match="nothing moves"):
            resting.apply(Drive("potential", Lines((0.0, 1.0), (0.0, 1.0))))
        resting.apply(Freeze("test"))


@pytest.mark.parametrize("after", [0.02, 0.2])
def test_safe_from_another_thread_ends_whatever_is_under_way(after):
    rig = fpga_rig(near=True)
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(0.05)
    rig.apply(Move("z", stream.position("z") + 20 * UM, 5 * UM))
    stream.rest(after)
    reports: list[SafeReport] = []
    thread = threading.Thread(target=lambda: reports.append(rig.safe("another thread")))
    thread.start()
    thread.join()
    assert reports[0].retracted
    assert reports[0].drive_off
    safely_ended(rig, reports[0])
    rig.close()
