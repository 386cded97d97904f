"""Raw samples of the virtual rig: circuits answer as their closed forms say, faster than a row."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig_contract import raw_codes
from small_scan import STEP, small_scan

import seccm
from seccm.errors import PlanError
from seccm.events import Outcome
from seccm.plan.contacts import current_threshold
from seccm.rig import Block, Constant, Drive, Flag, Limit, Lines, Mode, Mounted, Move, Wake
from sim.config import VirtualConfig
from sim.sample_config import CircuitSample
from sim.virtual_rig import VirtualRig

SAMPLE = 1e-5
"""Seconds from one raw sample to the next."""
SPACING = 257
REST = {"step": "open circuit", "duration": "50 ms"}
QUIET = {"voltage_noise": 0.0, "hum": 0.0, "offset": 0.0, "potential_noise": 0.0, "feedback": 1e13}
BARE = {"stray": 0.0}
"""Leads without capacitance, so that the circuit is all there is."""


def a_rig(
    sample: CircuitSample, *, seed: int = 1, faults: tuple[str, ...] = (), **config: object
) -> VirtualRig:
    """A running rig with a circuit that is connected at once, at any height."""
    told = VirtualConfig.model_validate({"samples": {"circuit": sample}, **config})
    faults = ("wet-at-start", *faults)
    rig = VirtualRig(told, Mounted("circuit", 6e-6), seed=seed, faults=faults)
    rig.open()
    rig.start(raw=True)
    return rig


def read(rig: VirtualRig, seconds: float, row: int = 0) -> list[Block]:
    """Read for some time, from a row on."""
    due = row + rig.info.clock.rows(seconds)
    rig.apply(Wake(due))
    blocks = [rig.read()]
    assert blocks[0].start == row
    while blocks[-1].stop < due:
        blocks.append(rig.read())
    return blocks


def driven(rig: VirtualRig, drive: Drive, seconds: float, row: int = 0) -> list[Block]:
    """Rest at 0 V for a while, then drive; return the blocks of the drive."""
    rig.apply(Drive("potential", Constant(0.0)))
    begin = read(rig, 0.5, row)[-1].stop
    rig.apply(drive)
    return read(rig, seconds, begin)


def samples(rig: VirtualRig, blocks: list[Block]) -> tuple[np.ndarray, np.ndarray]:
    """Raw potential and current of blocks, all of them."""
    codes = raw_codes(blocks)
    assert codes.shape[1] == sum(block.rows for block in blocks) * SPACING
    potential, current = (channel.si(row) for channel, row in zip(rig.info.raw, codes, strict=True))
    return potential, current


def column(blocks: list[Block], name: str) -> np.ndarray:
    return np.concatenate([block.data[name] for block in blocks])


# What circuits do.


@pytest.mark.parametrize("tau", [0.2e-3, 1e-3, 4e-3])
@pytest.mark.parametrize("stray", [0.0, 1e-12])
def test_a_pulse_of_a_millisecond_charges_and_discharges_with_r_times_c(tau: float, stray: float):
    """I = dE/R exp(-t/RC) from the edge on, in samples of 10 us: there are rows of 2.57 ms."""
    resistance = 1e8
    circuit = CircuitSample(series=resistance, parallel=1e15, capacitance=tau / resistance)
    rig = a_rig(circuit, electrometer={"stray": stray, **QUIET})
    height, begin, end = 0.5, 500, 600
    edges = (0.0, begin - 0.5, begin + 0.5, end - 0.5, end + 0.5, 5000)
    pulse = Lines(tuple(n * SAMPLE for n in edges), (0.0, 0.0, height, height, 0.0, 0.0))
    potential, current = samples(rig, driven(rig, Drive("potential", pulse, raw=True), 0.05))
    # The edges, and the charge of the leads at them, take a sample or two.
    inside = slice(begin + 2, end - 2)
    np.testing.assert_allclose(potential[inside], height, atol=4e-4)
    age = (np.arange(begin, end) - begin)[2:-2] * SAMPLE
    slope, at_edge = np.polyfit(age, np.log(current[inside]), 1)
    assert -1 / slope == pytest.approx(tau, rel=0.01)
    assert math.exp(at_edge) == pytest.approx(height / resistance, rel=0.01)
    # The capacitor had reached a share of the pulse, and gives it back.
    reached = -math.expm1(-(end - begin) * SAMPLE / tau)
    age = np.arange(2, 50) * SAMPLE
    wanted = -height * reached / resistance * np.exp(-age / tau)
    np.testing.assert_allclose(current[end + 2 : end + 50], wanted, atol=0.01 * height / resistance)


CIRCUITS: dict[str, tuple[CircuitSample, Callable[[float], complex]]] = {
    "resistor": (CircuitSample(parallel=1e8), lambda w: 1e8),
    "series": (
        CircuitSample(series=1e8, parallel=1e13, capacitance=1e-12),
        lambda w: 1e8 + 1 / (1j * w * 1e-12),
    ),
    "parallel": (
        CircuitSample(parallel=1e8, capacitance=2e-12),
        lambda w: 1 / (1e-8 + 1j * w * 2e-12),
    ),
    "cell": (
        CircuitSample(series=2e7, parallel=1e8, capacitance=2e-12),
        lambda w: 2e7 + 1 / (1e-8 + 1j * w * 2e-12),
    ),
}


ENDED = ("resistor", "parallel", "cell")
"""A current source would charge the other one beyond any potential."""


@pytest.mark.parametrize(
    ("name", "mode"),
    [*((name, "potential") for name in CIRCUITS), *((name, "current") for name in ENDED)],
)
@pytest.mark.parametrize("frequency", [100.0, 1000.0])
def test_a_sine_has_the_impedance_of_its_circuit(name: str, mode: Mode, frequency: float):
    """To 1 % and 0.01 rad, from raw samples; and what is imposed is where the drive says it is."""
    circuit, impedance = CIRCUITS[name]
    rig = a_rig(circuit, electrometer=BARE)
    amplitude = 0.3 if mode == "potential" else 4e-9
    t = np.arange(0.0, 0.1, SAMPLE)
    wave = Lines(tuple(t), tuple(amplitude * np.sin(2 * np.pi * frequency * t)))
    given = samples(rig, driven(rig, Drive(mode, wave, raw=True), 0.1))
    n = np.arange(4000, 9000)
    potential, current = (
        2j * np.mean(part[n] * np.exp(-2j * np.pi * frequency * n * SAMPLE)) for part in given
    )
    wanted = impedance(2 * np.pi * frequency)
    ratio = potential / current / wanted
    assert abs(ratio) == pytest.approx(1.0, abs=0.01)
    assert np.angle(ratio) == pytest.approx(0.0, abs=0.01)
    imposed = potential if mode == "potential" else current
    assert imposed / amplitude == pytest.approx(1.0, abs=0.005)


def test_leads_take_the_current_of_their_capacitance():
    """1 pF beside 100 Mohm: what a bridge would measure, and not only the resistor."""
    rig = a_rig(CircuitSample(parallel=1e8), electrometer={"stray": 1e-12})
    t = np.arange(0.0, 0.1, SAMPLE)
    wave = Lines(tuple(t), tuple(0.3 * np.sin(2 * np.pi * 1e3 * t)))
    given = samples(rig, driven(rig, Drive("potential", wave, raw=True), 0.1))
    n = np.arange(4000, 9000)
    potential, current = (
        np.mean(part[n] * np.exp(-2j * np.pi * 1e3 * n * SAMPLE)) for part in given
    )
    assert current / potential / (1e-8 + 2j * np.pi * 1e3 * 1e-12) == pytest.approx(1.0, abs=0.01)


def test_charge_does_not_depend_on_whether_samples_are_taken():
    """A long exponential, in rows and in samples: the same charge, to a permille."""
    circuit = CircuitSample(series=1e8, parallel=1e15, capacitance=1e-10)
    charge = []
    for raw in (False, True):
        rig = a_rig(circuit, electrometer={**BARE, **QUIET})
        blocks = driven(rig, Drive("potential", Constant(0.5), raw=raw), 0.1)
        charge.append(column(blocks, "current").sum() * rig.info.clock.period)
    assert charge[1] == pytest.approx(charge[0], rel=1e-3)
    assert charge[1] == pytest.approx(0.5e-10, rel=0.01)


# Noise, rows and blocks.


def test_rows_are_those_that_would_have_come_without_samples():
    """On a resistor, but for the steps of the converters: noise, hum and offset are the same."""
    rows, every = [], []
    for raw in (False, True):
        rig = a_rig(CircuitSample(parallel=1e9), electrometer=BARE)
        blocks = driven(rig, Drive("potential", Constant(0.5), raw=raw), 1.0)
        rows.append([column(blocks, name) for name in ("potential", "current", "z")])
        every.append(blocks)
    _, current = samples(rig, every[1])
    steps = [channel.terms[1] for channel in rig.info.raw]
    for k in (0, 1):
        # The mean of 256 samples rounded each for itself.
        np.testing.assert_allclose(rows[1][k], rows[0][k], atol=steps[k] / 3)
    np.testing.assert_array_equal(rows[1][2], rows[0][2])
    cut = current.reshape(-1, SPACING)[:, :256]
    np.testing.assert_allclose(cut.mean(axis=1), rows[1][1], rtol=1e-12)


def test_noise_of_samples_is_white_and_as_large_as_rows_say():
    """A row's mean has the noise of a row; a sample has sixteen times as much."""
    rig = a_rig(CircuitSample(parallel=1e9), electrometer={"hum": 0.0, "offset": 0.0})
    blocks = driven(rig, Drive("potential", Constant(0.0), raw=True), 4.0)
    potential, current = samples(rig, blocks)
    for name, single in (("potential", potential), ("current", current)):
        row = column(blocks, name).std()
        assert single.std() == pytest.approx(16 * row, rel=0.05)
        spectrum = np.abs(np.fft.rfft(single - single.mean())) ** 2
        low, high = (part.mean() for part in np.array_split(spectrum[1:], 2))
        assert low == pytest.approx(high, rel=0.02)
    assert np.corrcoef(potential, current)[0, 1] == pytest.approx(0.0, abs=0.01)


@settings(max_examples=8)
@given(longest=st.integers(1, 100), seed=st.integers(0, 3))
def test_samples_do_not_depend_on_how_they_are_cut_into_blocks(longest: int, seed: int):
    """Same seed, same samples; another seed, others."""
    found = {}
    for rows, draw in ((longest, seed), (64, seed), (64, seed + 1)):
        circuit = CircuitSample(series=1e8, parallel=1e9, capacitance=1e-11)
        rig = a_rig(circuit, seed=draw, longest_block=rows)
        times = (0.0, 0.01, 0.0101, 0.2)
        ramp = Lines(times, (0.0, 0.3, -0.2, 0.1))
        limit = Limit("charge", "above", 1.2e-10)
        drive = Drive("potential", ramp, limits=(limit,), raw=True)
        blocks = driven(rig, drive, 0.15)
        given = raw_codes(blocks)[:, : 50 * SPACING]
        found[rows, draw] = given, column(blocks, "current")[:50], column(blocks, "z")[:50]
    for one, other in zip(found[longest, seed], found[64, seed], strict=True):
        np.testing.assert_array_equal(one, other)
    assert (found[64, seed][0] != found[64, seed + 1][0]).mean() > 0.5


def test_a_contact_is_seen_in_the_samples_and_its_record_is_cut_from_them():
    """The current begins with the sample in which the meniscus touches."""
    told = VirtualConfig.model_validate({"samples": {"circuit": CircuitSample(parallel=1e9)}})
    rig = VirtualRig(told, Mounted("circuit", 6e-6), seed=3)
    rig.open()
    rig.start(raw=True)
    rig.apply(Drive("potential", Constant(0.5), raw=True))
    blocks = read(rig, 0.1)
    rig.apply(Move("z", 48e-6, 20e-6, until=current_threshold(50e-12)))
    while not blocks[-1].flags[-1] & Flag.FROZEN:
        blocks.append(rig.read())
    blocks += read(rig, 0.1, blocks[-1].stop)
    (landing,) = rig.truth.landings
    _, current = samples(rig, blocks)
    touched = math.ceil(landing.t / SAMPLE)
    step = 0.5 / 1e9
    assert np.abs(current[touched - 300 : touched - 1].mean()) < 0.05 * step
    assert current[touched + 1 : touched + 300].mean() == pytest.approx(step, rel=0.05)
    (record,) = (block.record for block in blocks if block.record is not None)
    assert record.crossing == pytest.approx(touched, abs=1)
    here = slice(record.start, record.start + len(record.current))
    np.testing.assert_array_equal(record.current, current[here])


def test_samples_come_only_while_a_drive_asks_for_them():
    """And never from a stream that was started without."""
    rig = a_rig(CircuitSample(parallel=1e9))
    row = 0
    for raw in (False, True, False):
        blocks = driven(rig, Drive("potential", Constant(0.1), raw=raw), 0.1, row)
        row = blocks[-1].stop
        assert all(bool(block.raw) == raw for block in blocks)
        assert all(block.rows <= 64 for block in blocks) or not raw
    other = VirtualRig(VirtualConfig(), Mounted("dummy-resistor", 6e-6), seed=1)
    other.open()
    other.start()
    other.apply(Drive("potential", Constant(0.1), raw=True))
    assert not any(block.raw for block in read(other, 0.1))


@pytest.mark.parametrize(
    ("fault", "rows", "there"),
    [
        ("nan@at=0.6 s,for=20 ms", 8, False),
        ("saturated-input@at=0.6 s,for=20 ms", 8, True),
        ("stuck-signal@at=0.6 s,for=20 ms", 8, True),
        ("spikes@at=0.6 s,for=20 ms,every=1 ms", 8, True),
    ],
)
def test_a_fault_of_the_signal_is_in_the_samples_too(fault: str, rows: int, there: bool):
    """Rows and samples agree; where a row is not a number there are no samples."""
    rig = a_rig(CircuitSample(parallel=1e9), faults=(fault,))
    blocks = driven(rig, Drive("potential", Constant(0.1), raw=True), 0.3)
    good = [block for block in blocks if block.raw]
    for block in good:
        (piece,) = block.raw
        assert piece.first == block.start * SPACING
        for channel, codes in zip(rig.info.raw, piece.codes, strict=True):
            means = channel.si(codes).reshape(-1, SPACING)[:, :256].mean(axis=1)
            np.testing.assert_allclose(block.data[channel.name], means, rtol=1e-12, atol=1e-18)
    bad = np.isnan(column(blocks, "current")).sum()
    assert (bad == 0) == there
    assert there or bad == pytest.approx(rows, abs=1)
    assert sum(block.rows for block in blocks if not block.raw) == bad


def test_an_input_at_its_end_is_flagged_in_the_rows_of_its_samples():
    """A jump of 1 V onto 1 pF passes 100 nA for a sample; the mean of its row does not show it."""
    rig = a_rig(CircuitSample(parallel=1e9), electrometer={"stray": 1e-12})
    jump = Lines((0.0, 0.01, 0.01001, 0.1), (0.0, 0.0, 1.0, 1.0))
    blocks = driven(rig, Drive("potential", jump, raw=True), 0.05)
    flags = np.concatenate([block.flags for block in blocks])
    assert np.flatnonzero(flags & Flag.SATURATED).tolist() == [int(0.01 / (257 * SAMPLE))]


# Whole scans.


def scan_of(path: Path, program: list[dict[str, object]], seed: int = 3) -> Path:
    for _ in seccm.run(small_scan(2, 1, program=program), "virtual", path=path, seed=seed):
        pass
    return path


def test_a_scan_on_the_virtual_rig_keeps_the_samples_of_the_steps_that_ask(tmp_path: Path):
    """The first step begins with the contact: its samples, too, begin there."""
    program = [{**STEP, "raw": True}, REST, {**STEP, "raw": True}]
    with seccm.open(scan_of(tmp_path / "scan.h5", program)) as scan:
        assert scan.raw_channels == ("potential", "current")
        for site in (0, 1):
            assert scan.sites["status"][site] == Outcome.OK
            record = scan.record(site)
            for step, asks in ((0, True), (1, False), (2, True)):
                rows = record.steps[step]
                raw = scan.raw(site, step)
                assert len(raw) == (SPACING * (rows.stop - rows.start) if asks else 0)
                if asks:
                    means = raw["current"].reshape(-1, SPACING)[:, :256].mean(axis=1)
                    np.testing.assert_allclose(means, record.I[rows], rtol=1e-6, atol=1e-18)
        assert not [said for said in scan.events["msg"] if "raw samples" in said]


def test_what_comes_before_a_step_that_asks_is_the_same_to_the_last_bit(tmp_path: Path):
    """Rows until the step begins do not know that it will ask; and a scan is repeatable."""
    plain = scan_of(tmp_path / "plain.h5", [STEP, REST])
    asked = scan_of(tmp_path / "asked.h5", [STEP, {**REST, "raw": True}])
    again = scan_of(tmp_path / "again.h5", [STEP, {**REST, "raw": True}])
    with seccm.open(plain) as one, seccm.open(asked) as other, seccm.open(again) as third:
        begin = other.record(0).steps[1].start
        for name in ("t", "E", "I", "x", "y", "z", "phase", "step", "flag"):
            before = [getattr(scan.record(0), name)[:begin] for scan in (one, other)]
            np.testing.assert_array_equal(*before)
            np.testing.assert_array_equal(*(getattr(s.record(1), name) for s in (other, third)))
        for channel in other.raw_channels:
            np.testing.assert_array_equal(other.raw(1).codes(channel), third.raw(1).codes(channel))


def test_the_whole_scan_is_refused_with_advice_that_is_accepted(tmp_path: Path):
    path = tmp_path / "scan.h5"
    with pytest.raises(
        PlanError, match=r"record\.raw.*only data points.*raw = true in these steps"
    ):
        seccm.run(small_scan(1, 1, record={"raw": True}), path=path)
    assert not path.exists()
    _, problems = seccm.check(
        small_scan(1, 1, program=[{**STEP, "raw": True}]), seccm.load_rig("virtual")
    )
    assert not [problem for problem in problems if problem.severity == "error"]
