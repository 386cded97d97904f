"""Whatever is not known of the target: the rig works under each answer, or says why it does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fpga_bench import fpga_rig
from hypothesis import given, settings
from hypothesis import strategies as st
from rig_contract import Stream

from hardware.wec_fpga.rig import WecFpgaRig
from seccm.errors import LimitError, RigError
from seccm.plan.contacts import current_threshold
from seccm.rig import Constant, Drive, Flag, Move

RULE = current_threshold(5e-12)
SPEED = 2e-6


def landed(rig: WecFpgaRig) -> Stream:
    """Open a rig, come down to the resistor, and let the tip settle."""
    rig.open()
    rig.start()
    stream = Stream(rig)
    rig.apply(Drive("potential", Constant(0.5)))
    stream.rest(0.06)
    baseline = float(stream.column("current")[-12:].mean())
    target = stream.position("z") - 3e-6
    rig.apply(Move("z", target, SPEED, until=RULE, baseline=baseline))
    stream.until(lambda block: bool(block.flags[-1] & Flag.FROZEN))
    stream.rest(0.1)
    return stream


WORKS: dict[str, dict[str, Any]] = {
    "as it is believed": {},
    "rows stop while it is paused, holds are in milliseconds": {
        "paused_rows": False, "hold_scale": 40_000,
    },
    "rows arrive 10 ms late, as by USB, open inputs are at the rail": {
        "age": "10 ms", "open_words": "railed",
    },
    "comparators look at the last sample, a row takes 80 ticks more": {
        "compares": "last", "extra_ticks": 203,
    },
    "equality does not count, stopping a queue purges nothing": {
        "equality": False, "stop_purges": False,
    },
    "a line was left in part, numbers of lines wrap": {"left_words": 9, "first_line": 32_760},
    "numbers of lines stop at 32767": {"first_line": 32_760, "tags": "saturate"},
    "numbers are beyond 16 bits, open inputs are noisy": {
        "first_line": 200_000, "open_words": "noisy",
    },
    "lines are fetched slowly, the queue drops words, a host that dies resets it": {
        "fetch": "0.5 ms", "when_full": "drops words", "dies": "reset",
    },
    "no voltage jumps while z moves, word 8 is a distance": {
        "jumps_while_z_moves": False, "retract_word": "distance",
    },
}  # fmt: skip
"""Answers that have nothing to do with each other share a landing; more are drawn below."""


@pytest.mark.parametrize("switches", WORKS.values(), ids=WORKS)
def test_the_tip_lands_and_comes_up_under_every_answer(switches: dict[str, Any]) -> None:
    """Within the promise, and with what really happened."""
    rig = fpga_rig(switches, near=True)
    try:
        stream = landed(rig)
        info, plugged = rig.info, rig.plugged
        [touch] = plugged.truth.landings
        past = touch.z - stream.position("z", 0.03)
        assert past <= info.overtravel(SPEED) + 10e-9
        [record] = stream.records
        if record.crossing is not None and record.stopped is not None:
            latency = (record.stopped - record.crossing) / info.clock.rate
            assert 0.0 < latency <= info.stop.worst
        held = stream.position("z", 0.03)
        rig.apply(Move("z", held + 2e-6, 20e-6))
        stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
        stream.rest(0.05)
        assert stream.position("z", 0.02) == pytest.approx(held + 2e-6, abs=10e-9)
        report = rig.safe("test")
        assert (report.frozen, report.drive_off, report.retracted) == (True, True, True)
        assert plugged.truth.crashes == []
        assert plugged.library.failures == []
        depends_on_nothing_unknown(plugged.target.began)
    finally:
        rig.close()


def depends_on_nothing_unknown(began: list[tuple[int, tuple[int, ...]]]) -> None:
    """No line needs an answer that only a bench has: of its type, its flags, or the order of both.

    Voltages with z (bench test 10), distances (11), motors, traces and feedback are never asked
    for; a voltage jumps with both of its bits.
    """
    for _, words in began:
        kind, flags = words[0], words[13]
        assert kind in (0, 2)
        assert not flags & 0b111_0000_0000, "the motors, and a hold of feedback"
        z, voltages = flags >> 2 & 1, flags & 0b1101_1000
        assert not (z and voltages)
        assert (kind == 2) == bool(z)
        for move, jump in ((3, 4), (6, 7)):
            assert flags >> move & 1 or not flags >> jump & 1


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "opening a session downloads": ({"download_on_open": True}, "power-up"),
    "it does not run": ({"running": False}, "power-up"),
    "no rows come while it is idle": ({"idle_rows": False}, "no rows come"),
    "a row takes 2 % longer than by the rig file": ({"extra_ticks": 2_200}, "row = "),
    "it samples faster than by the rig file": ({"sample_ticks": 200}, "rig file"),
    "it averages more than by the rig file": ({"log2_averaged": 9}, "rig file"),
    "it has stopped itself": ({"stops_itself": "0 s"}, "was stopped|has stopped|no rows come"),
}


@pytest.mark.parametrize(("switches", "words"), REFUSED.values(), ids=REFUSED)
def test_a_target_that_is_otherwise_is_refused_and_nothing_moves(
    switches: dict[str, Any], words: str
) -> None:
    rig = fpga_rig(switches)
    try:
        with pytest.raises(RigError, match=words) as caught:
            rig.open()
        assert "othing moved" in str(caught.value) or "hold" in str(caught.value)
    finally:
        rig.close()


def test_advice_about_the_time_of_a_row_is_accepted():
    """What the message says to write into the rig file opens the rig."""
    with pytest.raises(RigError) as caught:
        fpga_rig({"extra_ticks": 2_200}).open()
    row = caught.value.remedy.split('"')[1]
    clock = {"sample_time": "10 us", "averaged": 256, "row": row}
    rig = fpga_rig({"extra_ticks": 2_200}, clock=clock)
    rig.open()
    assert rig.info.clock.period == pytest.approx((102_400 + 2_200) / 40e6, rel=1e-9)
    rig.close()


def test_a_target_that_does_not_end_a_motion_is_paused_and_said_not_to_be_usable():
    """Bench test 5: the line that ends every motion of z ends none that goes up."""
    rig = fpga_rig({"abort_ends": False})
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(0.05)
    rig.apply(Move("z", stream.position("z") - 0.5e-6, 5e-6))
    with pytest.raises(RigError, match="rig bench"):
        stream.until(lambda block: not block.flags[-1] & Flag.MOVING, 3.0)
    assert rig.plugged.target.registers["External Pause"] == 1
    report = rig.safe("test")
    assert "held" in report.what
    rig.close()


def test_opening_a_running_target_sends_nothing_that_could_move_it():
    """Whatever words of a line were left there: no line that begins has a flag set."""
    for left in (0, 1, 7, 13):
        rig = fpga_rig({"left_words": left})
        before = rig.open().position
        target = rig.plugged.target
        assert [words[13] for _, words in target.began] == [0]
        assert len(target.lines) == 0
        assert before["z"] == pytest.approx(53e-6, abs=5e-9)
        rig.close()


@settings(max_examples=2)
@given(
    left=st.integers(0, 13),
    first=st.sampled_from([0, 32_755, 65_530]),
    age=st.floats(0.0, 0.02),
    compares=st.sampled_from(["mean", "last"]),
    equality=st.booleans(),
    paused=st.booleans(),
    fetch=st.floats(1e-6, 3e-4),
    gain=st.sampled_from([0.0, 5e-5, -5e-5, 3e-4, -0.003]),
)
def test_answers_that_are_drawn_together_still_land_within_the_promise(
    left, first, age, compares, equality, paused, fetch, gain
):
    rig = fpga_rig(
        {
            "left_words": left, "first_line": first, "age": f"{age * 1e3} ms",
            "compares": compares, "equality": equality, "paused_rows": paused,
            "fetch": f"{fetch * 1e6} us", "gain_error": gain,
        },
        near=True,
    )  # fmt: skip
    try:
        if abs(gain) > 1e-4:
            # Some 50 um from where inputs read zero, more than 5 nm: said, and nothing moved.
            with pytest.raises(LimitError, match="agrees"):
                landed(rig)
            assert rig.plugged.target.read("Applied Z") == pytest.approx(4.81 * 3276.8, abs=1)
            assert rig.safe("test").retracted
            return
        stream = landed(rig)
        heights = stream.column("z")
        assert np.ptp(heights[-15:]) < 10e-9
        assert rig.plugged.truth.crashes == []
        assert rig.safe("test").retracted
    finally:
        rig.close()
