"""Parts of the rig on an FPGA target: comparators, ramps, motions sideways, what a bitfile has."""

from __future__ import annotations

import numpy as np
import pytest
from fpga_bench import rig_table
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.ni.scaling import Scale
from hardware.wec_fpga import contract
from hardware.wec_fpga.codes import LEAST, MOST, PER_VOLT, TICKS, Coded, whole
from hardware.wec_fpga.comparators import Comparator, watching
from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.ramp import FETCH, ends_of, ramp, slope_exponent
from hardware.wec_fpga.travel import Leg, cut
from seccm.errors import LimitError, PlanError
from seccm.plan.contacts import current_rise, current_threshold, potential_drop
from seccm.quantities import validate
from seccm.rig import Lines
from sim.fpga import bitfile
from sim.fpga.lines import compared

CURRENT = Coded(Scale(-2e-9, 0.0, "test"))
"""0.5 V/nA, inverting: 0.61 pA to a code."""
POTENTIAL = Coded(Scale(1.0, 0.0, "test"))
PICO = 1e-12


def stops(pair, code: int, *, equality: bool) -> bool:
    """Whether the target would stop at a code."""
    return any(compared({5: code, 6: code}, pair.registers(), equality=equality))


RULES = [
    current_threshold(5 * PICO),
    current_threshold(5 * PICO, "anodic"),
    current_threshold(5 * PICO, "cathodic"),
    current_rise(3 * PICO, "either"),
    current_rise(3 * PICO, "cathodic"),
    current_threshold(5 * PICO).gone(),
    current_threshold(5 * PICO, "cathodic").gone(),
]


@pytest.mark.parametrize("rule", RULES)
@given(
    baseline=st.floats(-1 * PICO, 1 * PICO),
    now=st.integers(-40, 40),
    then=st.integers(-60, 60),
    equality=st.booleans(),
)
def test_what_stops_the_target_is_past_the_rule_and_what_is_clearly_past_stops_it(
    rule, baseline, now, then, equality
):
    """From wherever the signal is, to wherever it goes without crossing to the other side."""
    here, there = float(CURRENT.one(now)), float(CURRENT.one(then))
    pair = watching(rule, baseline, here, CURRENT, 1, strict=False)
    stopped = stops(pair, then, equality=equality)
    past = bool(rule.past(baseline, np.array([there]))[0])
    if bool(rule.past(baseline, np.array([here]))[0]):
        assert stopped, "it is past from the beginning: it goes on for a row at most"
        return
    between = [
        bool(rule.past(baseline, np.array([float(CURRENT.one(code))]))[0])
        for code in range(min(now, then), max(now, then) + 1)
    ]
    if not any(between):
        assert not stopped
    if stopped:
        assert any(between)
    further = then + (2 if then > now else -2)
    if past and between[-1] and not rule.complement:
        assert stops(pair, further, equality=equality), "two codes further it has stopped surely"


def test_a_drop_of_the_potential_stops_the_target_from_either_end():
    rule = potential_drop(5.0)
    for end in (9.99, -9.99):
        pair = watching(rule, end, end, POTENTIAL, 2)
        assert not stops(pair, POTENTIAL.code(end, "E"), equality=True)
        assert stops(pair, POTENTIAL.code(end / 4.0, "E"), equality=False)
        assert {pair.first.signal, pair.second.signal} == {2}


@given(st.integers(LEAST, MOST), st.booleans())
def test_the_abort_line_is_true_for_every_signal_and_is_one_write(code, equality):
    for rule in RULES:
        pair = watching(rule, 0.0, 0.0, CURRENT, 1, strict=False)
        aborted = dict(pair.registers()) | {contract.THRESHOLD_2: pair.abort}
        assert any(compared({5: code, 6: code}, aborted, equality=equality))


def test_more_rows_than_one_and_levels_that_hardly_differ_are_refused():
    with pytest.raises(LimitError, match="consecutive = 1"):
        watching(current_threshold(5 * PICO, consecutive=2), 0.0, 0.0, CURRENT, 1)
    with pytest.raises(LimitError, match="larger threshold"):
        watching(current_threshold(1 * PICO), 0.0, 0.0, CURRENT, 1)


@given(st.floats(-30.0, 30.0))
def test_volts_are_codes_or_refused(volts):
    if LEAST - 0.5 <= volts * PER_VOLT < MOST + 0.5:
        assert abs(whole(volts * PER_VOLT, "z") - volts * PER_VOLT) <= 0.5
    else:
        with pytest.raises(LimitError, match="nothing moved"):
            whole(volts * PER_VOLT, "z")


def played(waveform: Lines, coded: Coded, since: float) -> tuple[np.ndarray, np.ndarray]:
    """What the target puts out: times and codes at the end of each line."""
    n, t, code = slope_exponent(waveform, coded), since, 0.0
    times, codes = [], []
    for timed in ramp(waveform, coded, since, 0.05):
        words = timed.words
        t = max(t, timed.begins)
        if words[13] >> 5 & 1:
            t += words[12] * 1e-6
        elif words[13] >> 4 & 1:
            code = words[9]
        elif words[13] >> 3 & 1:
            t += abs(words[9] - code) / (words[4] * 2.0**-n * TICKS)
            code = words[9]
        times.append(t)
        codes.append(code)
        t += FETCH
    return np.array(times), np.array(codes)


@settings(max_examples=40)
@given(
    rate=st.floats(1e-4, 50.0),
    low=st.floats(-3.0, 1.0),
    way=st.floats(0.01, 2.0),
    ratio=st.sampled_from([1.0, -1.0, 5.0]),
    since=st.floats(0.0, 0.5),
)
def test_a_ramp_is_where_it_should_be_when_it_should_be(rate, low, way, ratio, since):
    """Within a code, and within what the target takes to fetch a line."""
    way = min(way, rate * 2.0)
    coded = Coded(Scale(1.0 / ratio, 0.0, "test"))
    if abs(ratio) * max(abs(low), abs(low + way)) > 9.9:
        return
    waveform = Lines((0.0, way / rate, 2 * way / rate), (low, low + way, low))
    times, codes = played(waveform, coded, since * way / rate)
    ideal = waveform.at(times)
    error = np.abs(np.array([coded.one(code) for code in codes]) - ideal)
    assert error.max() <= 1.1 * coded.step + rate * 0.3e-3
    assert codes[-1] == coded.code(low, "E")
    assert times[-1] == pytest.approx(waveform.duration, abs=0.3e-3 + 2.0 * coded.step / rate)


def test_pieces_of_a_ramp_end_at_its_vertices():
    waveform = Lines((0.0, 0.12, 0.13, 0.4), (0.0, 1.0, 1.0, 0.0))
    ends = list(ends_of(waveform, 0.01, 0.05))
    assert {0.12, 0.13, 0.4} <= set(ends)
    assert max(np.diff([0.01, *ends])) <= 0.05 + 1e-12


@given(
    x=st.integers(-20_000, 20_000),
    y=st.integers(-20_000, 20_000),
    seconds=st.floats(0.05, 3.0),
)
def test_a_motion_sideways_is_cut_into_short_lines_that_end_at_its_goal(x, y, seconds):
    per_tick = max(abs(x), abs(y), 1) / (seconds * TICKS)
    legs = {"X": Leg(100, 100 + x, per_tick), "Y": Leg(-7, -7 + y, per_tick)}
    lines = cut(legs, 0.1)
    at = {"X": 100, "Y": -7}
    for _, words in lines:
        for axis, place in (("X", 0), ("Y", 1)):
            if words[13] >> place & 1:
                lasts = abs(words[6 + place] - at[axis]) / (per_tick * TICKS)
                assert lasts <= 0.1 + 2.0 / (per_tick * TICKS)
                at[axis] = words[6 + place]
    assert at == {"X": 100 + x, "Y": -7 + y}


def test_the_synthetic_bitfile_has_what_the_driver_needs_and_nothing_less_is_taken():
    kinds = {"Boolean": "Bool"}
    have = {name: kinds.get(one.kind, one.kind) for name, one in bitfile.REGISTERS.items()}
    fifos = dict.fromkeys(bitfile.FIFOS, "I16")
    assert list(contract.misfits(have, fifos)) == []
    for name in (*contract.REGISTERS, contract.GAIN):
        less = {key: kind for key, kind in have.items() if key != name}
        assert any(name in words for words in contract.misfits(less, fifos))
    assert any(contract.Z in w for w in contract.misfits(have | {contract.Z: "I32"}, fifos))
    assert len(list(contract.misfits(have, {}))) == 2


WRONG = {
    "z that is not retracted at 0 V": ({"axes": {"z": {"sign": 1, "offset": "0 um"}}}, "axes.z"),
    "x at another output": ({"axes": {"x": {"output": "ao4"}}}, "axes.x.output"),
    "an axis without a sensor": ({"axes": {"y": {"sensor": None}}}, "axes.y.sensor"),
    "an input used twice": ({"inputs": {"current": {"terminal": "ai4"}}}, "potential.terminal"),
    "two instruments without a switch": ({"cell": {"mode": None}}, "cell"),
    "a level beyond the converter": ({"cell": {"mode": "11 V"}}, "cell.mode"),
    "a row shorter than its samples": ({"clock": {"row": "2 ms"}}, "clock"),
    "samples that are no power of two": ({"clock": {"averaged": 100}}, "clock.averaged"),
    "a real target without its bitfile": ({"library": "ni"}, "bitfile"),
}


def changed(table: dict, changes: dict) -> dict:
    """A table with some keys of its tables replaced."""
    found = dict(table)
    for key, value in changes.items():
        found[key] = changed(found.get(key, {}), value) if isinstance(value, dict) else value
    return found


@pytest.mark.parametrize(("changes", "where"), WRONG.values(), ids=WRONG)
def test_a_mistake_in_the_rig_file_is_named_by_its_key(changes, where):
    with pytest.raises(PlanError) as caught:
        validate(WecFpgaConfig, changed(rig_table(), changes), "bench.toml", from_file=True)
    assert any(where in problem.where for problem in caught.value.problems)


def test_a_comparator_that_is_never_true_is_never_true():
    never = Comparator(1, MOST + 1, greater=True)
    for code in (LEAST, 0, MOST):
        registers = {
            "FeedBackType": never.signal, "Feedback_Threshold": never.threshold, "GreaterThan": 1,
            "FeedBackType 2": 1, "Feedback_Threshold 2": never.threshold, "GreaterThan 2": 1,
        }  # fmt: skip
        assert compared({5: code}, registers, equality=True) == (False, False)
