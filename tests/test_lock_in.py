"""A lock-in finds how much of a signal swings at one frequency: closed forms, and rigs with one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from nidaq_bench import nidaq_rig
from rig_contract import RigContract, Stream
from small_scan import small_scan

import seccm
from seccm.arrays import FloatArray
from seccm.errors import PlanError
from seccm.quantities import validate
from seccm.rig import Constant, Drive, Flag, Lines, Mounted, Rig
from seccm.rig.lock_in import Complexes, Demodulator, LockIn
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

RATE = 100e3
AC: dict[str, Any] = {
    "of": "potential",
    "frequency": "275 Hz",
    "constant": "4 ms",
    "watchable": True,
}


def made(samples: FloatArray, lock_in: LockIn, **more: Any) -> Complexes:
    """What a lock-in makes of samples that begin a stream."""
    return Demodulator(lock_in, RATE).feed(0, samples, **more).values


def sine(amplitude: float, frequency: float, phase: float, seconds: float = 0.3) -> FloatArray:
    """Samples of a sine."""
    n = np.arange(round(seconds * RATE))
    wave: FloatArray = amplitude * np.sin(2.0 * np.pi * frequency * n / RATE + phase)
    return wave


@pytest.mark.parametrize("frequency", [110.0, 275.0, 277.7778, 390.625, 1234.5])
@pytest.mark.parametrize("order", [1, 2, 4, 8])
def test_amplitude_and_phase_of_a_planted_sine(frequency: float, order: int) -> None:
    lock_in = LockIn("current", frequency, 4e-3, order)
    for phase in (-3.0, 0.0, 0.7, 2.5):
        # On a steady current that is fifty times as large.
        found = made(1e-8 + sine(2e-10, frequency, phase), lock_in)[-1000:]
        assert np.abs(found) == pytest.approx(2e-10, rel=1e-3)
        assert np.angle(found * np.exp(-1j * phase)) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("other", [2, 3, 4, 7])
def test_multiples_of_the_reference_are_taken_out(other: int) -> None:
    lock_in = LockIn("current", 250.0, 4e-3, 4)
    found = made(sine(1.0, 250.0 * other, 0.3), lock_in)
    assert np.abs(found[-1000:]).max() < 1e-6


def test_other_frequencies_are_rejected_as_the_filters_say() -> None:
    lock_in = LockIn("current", 275.0, 4e-3, 4)
    for off in (10.0, 25.0, 60.0):
        found = np.abs(made(sine(1.0, 275.0 + off, 0.0, 0.6), lock_in)[-20000:])
        poles = (1.0 + (2.0 * math.pi * off * lock_in.constant) ** 2) ** (-lock_in.order / 2.0)
        wanted = poles * abs(np.sinc(off / lock_in.frequency))
        assert found.mean() == pytest.approx(wanted, rel=0.02)


def test_a_step_is_shown_as_late_and_settles_as_soon_as_it_says() -> None:
    lock_in = LockIn("current", 275.0, 4e-3, 4)
    at = 20000
    wave = sine(1.0, 275.0, 0.0, 0.6)
    wave[:at] = 0.0
    found = np.abs(made(wave, lock_in))
    settled = at + math.ceil(lock_in.settling * RATE)
    assert np.abs(found[settled:] - 1.0).max() < 1.1e-3
    assert found[at + round(0.7 * lock_in.settling * RATE)] < 0.999
    # The area that is missing is the delay of a slow change.
    assert (1.0 - found[at:]).sum() / RATE == pytest.approx(lock_in.delay, rel=0.01)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_noise_bandwidth_is_that_of_the_response(order: int) -> None:
    lock_in = LockIn("current", 275.0, 4e-3, order)
    rng = np.random.default_rng(order)
    found = made(rng.standard_normal(600_000), lock_in)[20_000:]
    # White noise of 1 per sample has a density of sqrt(2 / rate).
    wanted = math.sqrt(2.0 * lock_in.bandwidth) * math.sqrt(2.0 / RATE)
    assert math.sqrt(np.mean(found.real**2)) == pytest.approx(wanted, rel=0.15)
    assert math.sqrt(np.mean(np.abs(found) ** 2) / 2.0) == pytest.approx(wanted, rel=0.1)


def test_the_noise_bandwidth_of_slow_low_passes_is_the_textbooks() -> None:
    for order, share in enumerate((1 / 4, 1 / 8, 3 / 32, 5 / 64), start=1):
        slow = LockIn("current", 1000.0, 0.1, order)
        assert slow.bandwidth == pytest.approx(share / 0.1, rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_any_lengths_of_blocks_give_the_same_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(40_000)
    samples[rng.integers(0, 40_000, 3)] = np.nan
    full = rng.random(40_000) < 1e-4
    lock_in = LockIn("current", 277.3, 2e-3, 3)
    whole = Demodulator(lock_in, RATE).feed(0, samples, full)
    pieces, at, first = Demodulator(lock_in, RATE), 0, []
    while at < len(samples):
        n = int(rng.integers(0, 3000))
        first.append(pieces.feed(at, samples[at : at + n], full[at : at + n]))
        at += len(first[-1].values)
    np.testing.assert_array_equal(np.concatenate([one.values for one in first]), whole.values)
    np.testing.assert_array_equal(np.concatenate([one.saturated for one in first]), whole.saturated)


def test_a_copy_goes_on_from_the_same_state_and_leaves_the_other_alone() -> None:
    lock_in, wave = LockIn("current", 275.0, 4e-3, 4), sine(1.0, 275.0, 1.0)
    one = Demodulator(lock_in, RATE)
    one.feed(0, wave[:10_000])
    other = one.copy()
    first = other.feed(10_000, -wave[10_000:12_000]).values
    second = one.feed(10_000, wave[10_000:12_000]).values
    np.testing.assert_array_equal(second, made(wave[:12_000], lock_in)[10_000:])
    assert not np.array_equal(first, second)


def test_what_depends_on_a_missing_sample_is_missing() -> None:
    lock_in, wave = LockIn("current", 275.0, 4e-3, 4), sine(1.0, 275.0, 0.0)
    memory = math.ceil(lock_in.settling * RATE)
    wave[15_000] = np.nan
    found = made(wave, lock_in)
    missing = np.isnan(found)
    # As much as what there was before the first sample.
    assert missing[: memory - 1].all()
    assert not missing[memory:15_000].any()
    assert missing[15_000 : 15_000 + memory].all()
    assert not missing[15_000 + memory :].any()
    assert np.abs(found[15_000 + memory :]) == pytest.approx(1.0, rel=2e-3)


def test_a_saturated_sample_is_told_for_as_long_as_it_matters() -> None:
    lock_in, wave = LockIn("current", 275.0, 4e-3, 4), sine(1.0, 275.0, 0.0)
    memory, full = math.ceil(lock_in.settling * RATE), np.zeros(len(wave), np.bool_)
    full[12_345] = True
    told = Demodulator(lock_in, RATE).feed(0, wave, full).saturated
    np.testing.assert_array_equal(np.flatnonzero(told), np.arange(12_345, 12_345 + memory))


def test_the_phase_counts_from_where_the_reference_is_zero() -> None:
    lock_in, wave = LockIn("current", 250.0, 4e-3, 4), sine(1.0, 250.0, 0.0)
    late = made(wave, lock_in, origin=100.0)[-1]
    assert np.angle(late) == pytest.approx(2.0 * math.pi * 250.0 * 100.0 / RATE, abs=1e-6)


def test_a_new_origin_lets_nothing_of_a_steady_signal_through() -> None:
    at_work = Demodulator(LockIn("current", 277.3, 3e-3, 4), RATE)
    steady = np.full(20_000, 4e-9)
    at_work.feed(0, steady)
    for first, origin in ((20_000, 20_100.5), (21_000, 3.0), (22_000, 22_123.0)):
        found = at_work.feed(first, steady[:1000], origin=origin).values
        assert np.abs(found).max() < 1e-4 * 4e-9


def test_samples_that_were_not_delivered_are_missing() -> None:
    lock_in, wave = LockIn("current", 275.0, 4e-3, 4), sine(1.0, 275.0, 0.0)
    memory, at_work = math.ceil(lock_in.settling * RATE), Demodulator(lock_in, RATE)
    at_work.feed(0, wave[:10_000])
    found = at_work.feed(10_007, wave[10_007:])
    missing = np.isnan(found.values)
    assert missing[: memory - 1].all()
    assert not missing[memory:].any()
    assert np.abs(found.values[memory:]) == pytest.approx(1.0, rel=2e-3)


def test_a_reference_that_samples_cannot_show_is_refused() -> None:
    with pytest.raises(ValueError, match="30000 Hz cannot be seen"):
        Demodulator(LockIn("current", 30e3, 1e-3, 1), RATE)


# Rigs.


def virtual(**more: Any) -> VirtualRig:
    config = VirtualConfig.model_validate({"lock_in": {"ac": AC}, **more})
    return VirtualRig(config, Mounted("dummy-resistor", 6e-6), seed=1)


class TestVirtualWithALockIn(RigContract):
    """The whole contract, with a lock-in on the height of the tip."""

    @pytest.fixture
    def rig(self) -> Rig:
        """The virtual rig."""
        return virtual(lock_in={"ac": AC | {"of": "z"}})


class TestCardWithALockIn(RigContract):
    """The whole contract, with a lock-in on an input of the card."""

    speed = 4e-6

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """The stand-in for a card."""
        with nidaq_rig(lock_in={"ac": AC}) as rig:
            yield rig


def swing(frequency: float, amplitude: float, seconds: float = 1.0, parts: int = 40) -> Lines:
    """A drive that swings, as a chain of straight lines."""
    t = np.arange(round(seconds * frequency * parts) + 1) / (frequency * parts)
    return Lines(tuple(t), tuple(amplitude * np.sin(2.0 * np.pi * frequency * t)))


def stream_of(rig: Rig, frequency: float, amplitude: float) -> Stream:
    """Rows of a rig that swings the potential."""
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(0.01)
    rig.apply(Drive("potential", swing(frequency, amplitude)))
    stream.rest(0.25)
    return stream


def test_a_virtual_rig_shows_the_swing_of_what_it_imposes() -> None:
    # The cell is simulated sample by sample for it, and each value is put out for a sample.
    stream = stream_of(virtual(), 275.0, 0.2)
    assert stream.column("ac_amplitude")[-20:] == pytest.approx(0.2, rel=5e-3)


def test_a_card_shows_the_swing_of_what_it_puts_out() -> None:
    with nidaq_rig(virtual={"step": 1}, lock_in={"ac": AC}, output_rate="50 kHz") as rig:
        stream = stream_of(rig, 275.0, 0.2)
        found = stream.column("ac_amplitude")[-20:]
        assert found == pytest.approx(0.2, rel=5e-3)
        phase = stream.column("ac_phase")[-20:]
        assert np.ptp(np.unwrap(phase)) < 0.02


def test_what_it_makes_is_declared_like_any_other_signal_and_is_said_at_opening() -> None:
    for info in (virtual().info, nidaq_info()):
        amplitude, phase = info.signals[-2:]
        assert (amplitude.name, amplitude.unit, amplitude.watchable) == ("ac_amplitude", "V", True)
        assert (phase.name, phase.unit, phase.watchable) == ("ac_phase", "rad", False)
        lock_in = LockIn("potential", 275.0, 4e-3, 4)
        assert amplitude.delay == lock_in.delay
        assert amplitude.settling == lock_in.settling
        (words,) = info.words
        assert "noise bandwidth 19.3 Hz" in words
        assert "settled in 56 ms" in words


def nidaq_info() -> Any:
    with nidaq_rig(lock_in={"ac": AC}) as rig:
        return rig.info


def test_the_first_rows_of_a_stream_have_no_amplitude_yet() -> None:
    rig = virtual(lock_in={"ac": AC | {"of": "z"}})
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(0.2)
    unknown = np.flatnonzero(np.isnan(stream.column("ac_amplitude")))
    settling = rig.info.signals[-1].settling / rig.info.clock.period
    assert len(unknown) == pytest.approx(settling, abs=1.0)
    assert (unknown == np.arange(len(unknown))).all()


@pytest.mark.parametrize("longest", [1, 3, 17])
def test_blocks_of_a_virtual_rig_may_have_any_length(longest: int) -> None:
    found = []
    for most in (longest, 2048):
        rig = virtual(longest_block=most, lock_in={"ac": AC | {"of": "z", "order": 2}})
        rig.open()
        rig.start()
        stream = Stream(rig)
        stream.rest(0.3)
        found.append(stream.column("ac_amplitude")[:100])
    np.testing.assert_array_equal(*found)


def test_an_input_at_its_end_flags_the_amplitude_for_as_long_as_it_matters() -> None:
    with nidaq_rig(lock_in={"ac": AC}) as rig:
        rig.open()
        rig.start()
        stream = Stream(rig)
        rig.apply(Drive("potential", Constant(9.9999)))
        stream.rest(0.1)
        rig.apply(Drive("potential", Constant(0.0)))
        begin = stream.row
        stream.rest(0.2)
        flags = np.concatenate([block.flags for block in stream.blocks])[begin:]
        rows = rig.info.signals[-1].settling / rig.info.clock.period
        told = np.flatnonzero(flags & Flag.SATURATED)
        # Ten milliseconds of a block had still been under way.
        assert rows - 1 <= len(told) <= rows + 12


WRONG: list[tuple[dict[str, Any], str]] = [
    (AC | {"of": "moon"}, "'moon' is not a signal of this rig"),
    (AC | {"of": "curent"}, "It has: potential, current"),
    (AC | {"frequency": "20 kHz"}, "is too fast for samples"),
    (AC | {"frequency": "0 Hz"}, "frequency"),
    (AC | {"constant": "0 s"}, "constant"),
    (AC | {"order": 9}, "order"),
    (AC | {"order": 0}, "order"),
]


@pytest.mark.parametrize(("table", "words"), WRONG)
def test_a_lock_in_that_cannot_be_is_refused_in_words(table: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        validate(VirtualConfig, {"lock_in": {"ac": table}}, "rig.toml", from_file=True)


def test_a_name_that_is_taken_is_refused() -> None:
    tables = {
        "signals": {"ac_phase": {"unit": "rad"}},
        "lock_in": {"ac": {"of": "current", "frequency": "275 Hz", "constant": "4 ms"}},
    }
    with pytest.raises(PlanError, match="ac_phase exists already"):
        validate(VirtualConfig, tables, "rig.toml", from_file=True)


def test_a_scan_keeps_what_a_lock_in_showed(tmp_path: Any) -> None:
    path = tmp_path / "scan.h5"
    file = tmp_path / "rig.toml"
    file.write_text(
        'kind = "virtual"\n[lock_in.swing]\nof = "z"\nfrequency = "275 Hz"\nconstant = "4 ms"\n'
        'mapped = true\nwords = "swing of the tip"\n'
    )
    for _ in seccm.run(small_scan(2, 1), str(file), path=path, seed=2):
        pass
    with seccm.open(path) as scan:
        names = [signal.name for signal in scan.signals]
        assert names == ["swing_amplitude", "swing_phase"]
        assert scan.signals[0].label() == "swing of the tip, amplitude (m)"
        site = scan.site(0)
        known = site.signals["swing_amplitude"][site.t > 0.1]
        assert np.isfinite(known).all()
        assert known.max() < 50e-9
