"""The parts of the NI rig that are arithmetic: averaging, detection, paths, counts, latches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nidaqmx.errors import DaqError, DaqFunctionNotSupportedError, DaqNotFoundError

from hardware.ni.averaging import Averager
from hardware.ni.config import TriggerConfig
from hardware.ni.daqmx_errors import MEANINGS, spoken, translate
from hardware.ni.history import Piece, halt_of
from hardware.ni.latch import latch
from hardware.ni.paths import Command, Path, Ramp
from hardware.ni.raw_contact import RawDetector
from hardware.ni.scaling import Scale, amplifier, positioner
from hardware.ni.tally import Halt, disagreement, resumed
from seccm.errors import DriverError, LimitError, RigError, StreamError
from seccm.plan.contacts import current_rise, current_threshold, ion_current, potential_drop
from seccm.rig import Clock, Constant, ContactRule, Crossing, Flag, Lines

CUTS = st.lists(st.integers(1, 700), min_size=1, max_size=12)


def cut(samples: np.ndarray, lengths: list[int]) -> list[np.ndarray]:
    """The same samples in pieces of these lengths, over and over."""
    edges = np.cumsum(np.resize(lengths, samples.shape[-1]))
    return np.split(samples, edges[edges < samples.shape[-1]], axis=-1)


# Averaging.


@given(CUTS)
def test_rows_are_the_means_of_256_of_257_however_samples_arrive(lengths: list[int]) -> None:
    """The 257th sample is spent on the transfer, as the reference system does."""
    rng = np.random.default_rng(3)
    samples = rng.normal(size=(2, 257 * 9 + 100))
    averager = Averager(Clock(), 2)
    found = [averager.feed(p, np.zeros(p.shape[1], np.uint8)) for p in cut(samples, lengths)]
    means = np.concatenate([rows.means for rows in found], axis=1)
    wanted = [samples[:, 257 * n : 257 * n + 256].mean(axis=1) for n in range(9)]
    np.testing.assert_allclose(means, np.transpose(wanted), rtol=0, atol=1e-12)
    assert averager.row == 9


def test_a_row_is_moving_if_its_last_sample_is_and_saturated_if_any_is() -> None:
    """A spike must show; an end of motion must not linger."""
    bits = np.zeros(3 * 257, dtype=np.uint8)
    bits[:300] = Flag.MOVING
    bits[2 * 257 + 5] = Flag.SATURATED
    rows = Averager(Clock(), 1).feed(np.zeros((1, len(bits))), bits)
    assert rows.flags.tolist() == [Flag.MOVING, Flag.NONE, Flag.SATURATED]


# Contact in raw samples.


@given(CUTS, st.integers(100, 1800), st.integers(1, 3))
def test_contact_is_the_same_sample_however_samples_arrive(
    lengths: list[int], at: int, consecutive: int
) -> None:
    """A step of 20 pA in 2 pA of noise is found where it is, in pieces of any length."""
    signal = np.random.default_rng(5).normal(scale=1e-12, size=3000)
    signal[at:] += 20e-12
    detector = RawDetector(current_threshold(8e-12, consecutive=consecutive), 0.0, 64, 257)
    first, found = 0, None
    for piece in cut(signal, lengths):
        found = detector.feed(piece, first)
        first += len(piece)
        if found is not None:
            break
    assert found is not None
    # Later rows of the rule may have let the first window pass out of sight.
    assert at - 64 <= found <= at + 64 + (consecutive - 1) * 257
    if consecutive == 1:
        assert found == pytest.approx(at, abs=2)


def test_one_wild_sample_is_no_contact() -> None:
    """A spike of one sample, ten times the threshold, is averaged away."""
    signal = np.zeros(1000)
    signal[500] = 50e-12
    assert RawDetector(current_threshold(5e-12), 0.0, 64, 257).feed(signal, 0) is None


def test_a_signal_that_is_no_number_stops_the_tip() -> None:
    """The tip must not go on blindly."""
    signal = np.zeros(1000)
    signal[500:] = math.nan
    found = RawDetector(current_threshold(5e-12), 0.0, 64, 257).feed(signal, 7000)
    assert found == 7500


# Paths.

METRES = {axis: positioner(1, 10e-6, 0.0, "test") for axis in ("x", "y", "z")}


@given(
    st.floats(0.0, 100e-6),
    st.floats(0.0, 100e-6),
    st.floats(0.1e-6, 100e-6),
    st.integers(1, 300),
)
def test_a_ramp_is_even_and_ends_exactly(start: float, to: float, speed: float, n: int) -> None:
    """No step is longer than speed over rate, and the end is where it was sent."""
    ramps = {"x": Ramp(start, to, speed), "y": Ramp(0.0, 0.0, 1.0), "z": Ramp(1e-5, 1e-5, 1.0)}
    path = Path(5e3, ramps, METRES, Command(Scale(1.0, 0.0, ""), Constant(0.25)))
    head = METRES["x"].si(path.volts(0, n)[0])
    steps = np.abs(np.diff(np.concatenate(([start], head))))
    assert steps.max() <= speed / 5e3 * (1 + 1e-9) + 1e-15
    tail = path.volts(path.travel - 1, path.samples + 5)
    if path.travel:
        np.testing.assert_allclose(METRES["x"].si(tail[0]), to, rtol=0, atol=1e-12)
    assert (tail[3] == 0.25).all()
    assert path.positions(path.samples)["x"] == pytest.approx(to, abs=1e-12)


def test_a_command_goes_on_where_its_time_is() -> None:
    """A sweep that is one second old when a path begins is not begun again."""
    sweep = Lines((0.0, 2.0), (0.0, -2.0))
    command = Command(amplifier(-1, 1.0, 0.0, "test"), sweep, elapsed=1.0)
    np.testing.assert_allclose(command.volts(np.array([0.0, 0.5, 9.0])), [1.0, 1.5, 2.0])
    assert command.remaining == pytest.approx(1.0)
    assert Command(command.scale, Constant(0.3), 0.0).remaining == 0.0


# Counts.

AT = np.array([5.0, 5.0, 4.0, 0.5])
Z_OFF = np.array([0.0, 0.0, 0.04, 0.0])


def test_three_witnesses_that_agree_say_nothing() -> None:
    """Whether the driver counts updates or transfers into the on-board memory."""
    assert disagreement(Halt(400, 400, 900, AT, AT + 1e-3)) == ""
    assert disagreement(Halt(400, 880, 900, AT, AT)) == ""
    assert disagreement(Halt(400, None, 900, AT, AT)) == ""


@pytest.mark.parametrize(
    ("halt", "words"),
    [
        (Halt(950, 900, 900, AT, AT), "only 900 were written"),
        (Halt(400, 400, 900, AT, AT + Z_OFF), "output z should be at 4 V"),
        (Halt(400, 390, 900, AT, AT), "390 of 900"),
        (Halt(400, 420, 900, AT, AT, exact=True), "the driver says that 420"),
        (Halt(400, 400, 900, AT, AT * math.nan), "read-back shows"),
    ],
)
def test_each_disagreement_is_said_in_words(halt: Halt, words: str) -> None:
    """Counter against queue, read-back against counter, driver against counter."""
    assert words in disagreement(halt)


def test_a_pause_that_ended_is_counted() -> None:
    """193 samples after a pause of 10 ms; a steady ramp, or one that stopped, has none."""
    steady = np.repeat(np.arange(200), 20)
    assert resumed(steady, 20.0) == 0
    stopped = np.concatenate((steady, np.full(3000, steady[-1])))
    assert resumed(stopped, 20.0) == 0
    on = np.concatenate((stopped, steady[-1] + np.repeat(np.arange(1, 194), 20)))
    assert resumed(on, 20.0) == 193


def test_outputs_have_halted_when_the_next_sample_did_not_come() -> None:
    """One output period after the last one."""
    counts = np.concatenate((np.repeat(np.arange(10), 20), np.full(100, 9)))
    assert halt_of(Piece(1000, {}, counts), 20.0) == 1000 + 180 + 20


# Latches.

APFI = TriggerConfig(terminal="APFI0", signal="current", gain=1.0)
PREAMP = amplifier(1, 10.0 / 1e-9, 0.0, "test")


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("polarity", ["anodic", "cathodic"])
def test_a_latch_lets_go_only_at_the_other_end_of_the_range(sign: int, polarity: str) -> None:
    """5 pA at 10 V/nA are 50 mV; what decays to nothing, or below, does not release it."""
    scale = amplifier(sign, 10.0 / 1e-9, 0.0, "test")
    found = latch(current_threshold(5e-12, polarity), 0.0, APFI, scale)  # type: ignore[arg-type]
    upwards = (sign > 0) == (polarity == "anodic")
    assert found.above == upwards
    assert found.level == pytest.approx(0.05 if upwards else -0.05)
    release = found.level - found.hysteresis if upwards else found.level + found.hysteresis
    assert release == pytest.approx(-9.9 if upwards else 9.9)


def test_the_end_of_an_overload_latches_until_the_overload_is_back() -> None:
    """Below 5 V, and up to 9.9 V."""
    trigger = APFI.model_copy(update={"signal": "potential"})
    found = latch(potential_drop(5.0), 10.0, trigger, amplifier(1, 1.0, 0.0, "test"))
    assert not found.above
    assert found.level == pytest.approx(5.0)
    assert found.level + found.hysteresis == pytest.approx(9.9)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("baseline", [1e-10, -1e-10])
@pytest.mark.parametrize("rule", [ion_current(0.9), current_rise(2e-11, "anodic")])
def test_the_end_of_a_contact_is_latched_on_the_other_side_of_the_same_level(
    rule: Crossing, baseline: float, sign: int
) -> None:
    """0.1 nA at 10 V/nA are 1 V, of either wiring; each rule pauses where its values are past."""
    scale = amplifier(sign, 10.0 / 1e-9, 0.0, "test")
    contact, end = (latch(one, baseline, APFI, scale) for one in (rule, rule.gone()))
    assert contact.level == end.level
    assert contact.above != end.above
    for one, found in ((rule, contact), (rule.gone(), end)):
        beyond = (found.level + (0.01 if found.above else -0.01)) / scale.volts(1.0)
        assert one.past(baseline, np.array([beyond]))[0]


def test_a_share_of_nothing_cannot_be_latched() -> None:
    with pytest.raises(LimitError, match="zero, as it was read; nothing moved"):
        latch(ion_current(0.9), 0.0, APFI, PREAMP)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (current_threshold(5e-12), "either sign"),
        (current_threshold(1e-12, "anodic"), "10 mV"),
        (current_rise(2e-9, "anodic"), "beyond ±10 V"),
        (potential_drop(5.0), "wired to the current"),
    ],
)
def test_a_rule_that_no_comparator_can_keep_is_refused(rule: ContactRule, words: str) -> None:
    """Before anything moves, with what to do instead."""
    with pytest.raises(LimitError, match=words) as caught:
        latch(rule, 0.0, APFI, PREAMP)
    assert "nothing moved" in caught.value.what
    assert caught.value.remedy


# Errors.


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_every_error_of_the_table_has_a_name_a_place_and_a_remedy(code: int) -> None:
    """And NI's number, to look it up."""
    with pytest.raises(RigError) as caught, spoken("Dev1 inputs"):
        raise DaqError("NI's words", code)
    error = caught.value
    assert error.code == MEANINGS[code].code
    assert error.where == "Dev1 inputs"
    assert error.what.endswith(f"(DAQmx {code})")
    assert error.remedy
    assert isinstance(error.__cause__, DaqError)


def test_losses_in_the_stream_and_failures_of_the_driver_are_told_apart() -> None:
    """A lost sample is a StreamError, dry outputs are a DriverError."""
    assert isinstance(translate(DaqError("", -200279), "inputs"), StreamError)
    assert isinstance(translate(DaqError("", -200284), "inputs"), StreamError)
    assert isinstance(translate(DaqError("", -200290), "outputs"), DriverError)


def test_an_unknown_error_keeps_its_own_words() -> None:
    """The first line of NI's text, and the number."""
    error = translate(DaqError("Something rare.\n\nMore.", -200999), "Dev1")
    assert "Something rare." in error.what
    assert "-200999" in error.what


def test_a_driver_that_is_missing_or_old_is_said_so() -> None:
    """Not installed at all, and without a function."""
    assert translate(DaqNotFoundError("x"), "Dev1").code == "no-driver"
    assert translate(DaqFunctionNotSupportedError("no DAQmxFoo"), "Dev1").code == "old-driver"
