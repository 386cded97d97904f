"""Commissioning: planted resistors, signs, gains, capacitances and noises are found again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from little_world import INFO

from seccm.commissioning.capacitance import Triangle, judge_capacitance, swept
from seccm.commissioning.check import describe
from seccm.commissioning.noise import (
    Looks,
    Noise,
    contact_threshold,
    judge_noise,
    row_chance,
    zero_current,
)
from seccm.commissioning.record import Record, at_rest
from seccm.commissioning.report import CommissioningReport, Verdict
from seccm.commissioning.resistor import (
    CHANNELS,
    Driven,
    Line,
    judge_signs,
    judge_steps,
    largest_step,
    measure_resistor,
)
from seccm.commissioning.scales import Correction, corrections
from seccm.commissioning.scales import tables as scale_tables
from seccm.commissioning.steps import CHECK, carry_out
from seccm.conductor.coarse import allowed_steps, approach_coarsely
from seccm.conductor.conductor import Conductor
from seccm.errors import DataFileError, LimitError, RigError
from seccm.plan import load_plan
from seccm.rig import Clock, Flag, Mounted, Rig
from seccm.rigs import build_rig, load_rig
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

CLOCK = Clock()
MOUNTED = Mounted("dummy-resistor", 6e-6)


def a_record(current: Any, potential: Any = 0.0, flags: int = 0) -> Record:
    current = np.asarray(current, float)
    volts = np.broadcast_to(np.asarray(potential, float), current.shape).copy()
    return Record(volts, current, np.full(len(current), flags, np.uint8), CLOCK)


def virtual(*faults: str, seed: int = 1, **tables: dict[str, object]) -> VirtualRig:
    return VirtualRig(VirtualConfig.model_validate(tables), MOUNTED, seed=seed, faults=faults)


# Noise and threshold.


def test_planted_noise_drift_and_hum_are_found():
    rng = np.random.default_rng(1)
    rows = 8000
    t = CLOCK.period * np.arange(rows)
    signal = 1e-12 + 20e-15 * t + 80e-15 * rng.standard_normal(rows)
    left = np.sinc(60.0 * CLOCK.window)
    signal += 0.4e-12 * left * np.sin(2 * np.pi * 60.0 * t)
    found = judge_noise(a_record(signal))
    assert found.rms == pytest.approx(80e-15, rel=0.04)
    assert abs(found.drift - 20e-15) < 4 * found.drift_error
    assert found.hum[60.0] == pytest.approx(0.4e-12, rel=0.02)
    assert found.hum[50.0] < 0.02e-12
    assert abs(found.correlation) < 0.05
    assert found.offset == pytest.approx(1e-12 + 20e-15 * t.mean(), abs=5e-15)


def test_the_virtual_rig_has_the_noise_that_its_file_says():
    rig = virtual(electrometer={"hum": "2 pA", "mains": "60 Hz", "offset": "0 A"})
    electrometer = next(iter(rig._electrometers.values()))  # of the usual range
    with at_rest(Conductor(rig)) as conductor:
        found = judge_noise(zero_current(conductor, 10.0))
    assert found.rms == pytest.approx(electrometer.floor, rel=0.05)
    assert found.hum[60.0] == pytest.approx(2e-12, rel=0.02)
    assert rig.height == pytest.approx(58e-6, abs=1e-12)
    assert rig.drive.mode == "open"


@pytest.mark.parametrize("consecutive", [1, 2, 3])
def test_the_suggested_threshold_keeps_its_promise(consecutive: int):
    """Simulated approaches: false contacts are no more frequent than stated, nor far rarer."""
    rng = np.random.default_rng(consecutive)
    rows, promised, approaches = 400, 0.05, 8000
    noise = Noise(0.0, 1e-13, 0.0, 0.0, {50.0: 0.0}, 0.0, 4000)
    looks = Looks(rows * CLOCK.period, promised, consecutive)
    threshold = contact_threshold(noise, looks, CLOCK.period, CLOCK.window)
    past = np.abs(1e-13 * rng.standard_normal((approaches, rows))) > threshold
    streak = past
    for shift in range(1, consecutive):
        streak = streak[:, : rows - shift] & past[:, shift:]
    rate = float(np.mean(streak.any(axis=1)))
    scatter = np.sqrt(promised / approaches)
    assert rate < promised + 3 * scatter
    assert rate > 0.6 * promised


def test_hum_offset_and_drift_come_on_top_and_one_sided_rules_are_cheaper():
    quiet = Noise(0.0, 1e-13, 0.0, 0.0, {50.0: 0.0, 60.0: float("nan")}, 0.0, 4000)
    loud = replace(quiet, offset=-1e-12, drift=1e-13, hum={50.0: 3e-12, 60.0: 1e-12})
    looks = Looks(5.0, 1e-3)
    plain = contact_threshold(quiet, looks, CLOCK.period, CLOCK.window)
    assert contact_threshold(loud, looks, CLOCK.period, CLOCK.window) == pytest.approx(
        plain + 1e-12 + 5e-13 + 3e-12
    )
    anodic = replace(looks, polarity="anodic")
    assert contact_threshold(quiet, anodic, CLOCK.period, CLOCK.window) < plain
    raw = replace(looks, window=0.64e-3)
    assert contact_threshold(quiet, raw, CLOCK.period, CLOCK.window) > 2 * plain


def test_correlated_rows_are_not_credited_for_agreeing():
    white = Noise(0.0, 1e-13, 0.0, 0.0, {}, 0.0, 4000)
    looks = Looks(5.0, 1e-3, consecutive=3)
    once = contact_threshold(white, replace(looks, consecutive=1), CLOCK.period, CLOCK.window)
    slow = replace(white, correlation=0.5)
    assert contact_threshold(slow, looks, CLOCK.period, CLOCK.window) == once
    assert contact_threshold(white, looks, CLOCK.period, CLOCK.window) < once
    assert row_chance(1e-3, 1000, 1) == pytest.approx(1e-6)


@pytest.mark.parametrize("record", [a_record(np.zeros(20)), a_record(np.zeros(2000), flags=2)])
def test_a_short_or_saturated_record_is_not_judged(record: Record):
    with pytest.raises(ValueError, match=r"needs at least|at the end"):
        judge_noise(record)


# Resistor.


def stepped(
    signs: tuple[int, ...], gains: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0), noise: float = 0.0
) -> list[Line]:
    """Steps on 1 Gohm through channels with these signs and gains, in the order of CHANNELS."""
    rng = np.random.default_rng(3)
    e_set, e_in, i_set, i_in = (s * g for s, g in zip(signs, gains, strict=True))
    volts = np.array([0.0, 1.0, -1.0, 0.5, -0.5])
    lines: list[Line] = []
    modes: tuple[Driven, ...] = ("potential", "current")
    for mode in modes:
        steps = volts if mode == "potential" else volts * 1e-9
        true = steps * e_set if mode == "potential" else steps * i_set * 1e9
        found = [
            a_record(
                i_in * e * 1e-9 + noise * 1e-9 * rng.standard_normal(100),
                e_in * e + noise * rng.standard_normal(100),
            )
            for e in true
        ]
        lines += judge_steps(mode, steps, found, 1e9, 0.1)
    return lines


@pytest.mark.parametrize("turned", range(4))
def test_a_single_wrong_sign_is_named(turned: int):
    signs = tuple(-1 if i == turned else 1 for i in range(4))
    wrong, dead = judge_signs(stepped(signs, noise=1e-3))
    assert wrong == ((CHANNELS[turned],),)
    assert dead == ()


def test_every_pattern_of_signs_is_explained_and_the_unknowable_said():
    """A pattern and its opposite look the same; the fewest turned channels are named."""
    for signs in product((1, -1), repeat=4):
        wrong, _ = judge_signs(stepped(signs))
        turned = {CHANNELS[i] for i in range(4) if signs[i] < 0}
        options = [set(w) for w in wrong] or [set()]
        assert turned in options or set(CHANNELS) - turned in options


def test_planted_gains_and_offsets_are_found_with_their_errors():
    lines = stepped((1, 1, 1, 1), (1.0, 0.98, 1.03, 1.05), noise=1e-3)
    expected = {
        ("potential", "potential"): 0.98,
        ("potential", "current"): 1.05,
        ("current", "potential"): 1.03 * 0.98,
        ("current", "current"): 1.03 * 1.05,
    }
    for line in lines:
        assert line.gain_error < 1e-3
        assert abs(line.gain - expected[line.drive, line.reading]) < 5 * line.gain_error


def test_a_dead_input_is_told():
    wrong, dead = judge_signs(stepped((1, 1, 1, 1), (1.0, 0.0, 1.0, 1.0), noise=1e-3))
    assert wrong == ()
    assert all("potential input does not follow" in said for said in dead)
    assert len(dead) == 2


@pytest.mark.parametrize("ohms", [0.5e9, 2e9])
def test_the_planted_resistor_is_recovered_on_the_virtual_rig(ohms: float):
    """The tip stays; the gains are those of a known resistor to a fraction of a percent."""
    sample = {"kind": "circuit", "parallel": f"{ohms} ohm"}
    rig = virtual("wet-at-start", samples={"dummy-resistor": sample})
    height = rig.height
    with at_rest(Conductor(rig)) as conductor:
        test = measure_resistor(conductor, ohms)
    assert test.words() == ()
    for line in test.lines:
        planted = 1.001 if line.drive == "current" else 1.0
        assert line.gain == pytest.approx(planted, abs=5 * line.gain_error + 1e-4)
    assert rig.height == pytest.approx(height, abs=1e-12)


def test_a_resistor_said_twice_as_large_shows_in_the_gain():
    rig = virtual("wet-at-start")
    with at_rest(Conductor(rig)) as conductor:
        line = measure_resistor(conductor, 2e9).line("potential", "current")
    assert line is not None
    assert line.gain == pytest.approx(2.0, rel=1e-3)


def test_an_open_circuit_is_told_and_not_judged():
    rig = virtual()
    with at_rest(Conductor(rig)) as conductor, pytest.raises(ValueError, match="connected"):
        measure_resistor(conductor, 1e9)
    assert rig.drive.mode == "open"


def test_steps_stay_inside_every_range():
    assert largest_step(INFO, 1e9, 1.0) == 1.0
    assert largest_step(INFO, 1e5, 1.0) == pytest.approx(0.08)
    assert largest_step(INFO, 1e9, 50.0) == pytest.approx(8.0)
    with pytest.raises(ValueError, match="more than 0 ohm"):
        largest_step(INFO, 0.0, 1.0)


# The real driver on the virtual card, with wrong signs in its file.


def nidaq(change: Callable[[dict[str, Any]], None], *faults: str) -> tuple[dict[str, Any], Rig]:
    file = load_rig("virtual-nidaq")
    config = json.loads(json.dumps(file.config))
    change(config)
    return config, build_rig(replace(file, config=config), MOUNTED, seed=1, faults=faults)


def test_wrong_signs_in_a_card_s_file_are_named():
    def turn(config: dict[str, Any]) -> None:
        config["inputs"]["current"]["sign"] = 1

    _, rig = nidaq(turn, "wet-at-start")
    with at_rest(Conductor(rig)) as conductor:
        test = measure_resistor(conductor, 1e9, hold=0.2)
    assert test.words() == ("WRONG SIGN: the current input.",)
    assert corrections(test) == ()


def test_a_miscalibrated_card_comes_out_right_with_the_calibration_it_is_given():
    """Gains and offsets in the file are off; with the tables of the report they fit."""

    def spoil(config: dict[str, Any]) -> None:
        config["inputs"]["current"]["ranges"][0] |= {"gain": "0.52 V/nA", "offset": "5 mV"}
        config["cell"]["current"]["ranges"][0]["gain"] = "0.49 V/nA"
        config["inputs"]["potential"] |= {"gain": 1.02, "offset": "3 mV"}

    config, rig = nidaq(spoil, "wet-at-start")
    with at_rest(Conductor(rig)) as conductor:
        first = measure_resistor(conductor, 1e9, hold=0.2)
    tables = scale_tables(config, corrections(first))
    assert set(tables) == {"inputs.current", "inputs.potential", "cell.current"}

    def mend(config: dict[str, Any]) -> None:
        spoil(config)
        for key, table in tables.items():
            group, name = key.split(".")
            target = config[group][name]
            scale = target["ranges"][0] if "ranges" in target else target
            scale |= {k: table[k] for k in ("gain", "offset")}

    _, mended = nidaq(mend, "wet-at-start")
    with at_rest(Conductor(mended)) as conductor:
        second = measure_resistor(conductor, 1e9, hold=0.2)
    for before, after in zip(first.lines, second.lines, strict=True):
        assert abs(before.gain - 1.0) > 0.01
        assert after.gain == pytest.approx(1.0, abs=5e-4)
        full = 1.0 if after.reading == "potential" else 1e-9
        assert abs(after.offset) < 1e-3 * full


def test_a_rig_without_scales_gets_no_tables():
    assert scale_tables({"kind": "virtual"}, (Correction("current input", 1.0, 0.0),)) == {}


# Capacitance.


@pytest.mark.parametrize(("farads", "siemens"), [(12e-12, 0.0), (1e-12, 5e-12)])
def test_planted_capacitance_and_leak_are_recovered(farads: float, siemens: float):
    triangle = Triangle(0.5, 2.0, 6)
    wave = triangle.waveform()
    rng = np.random.default_rng(2)
    t = CLOCK.period * np.arange(1, CLOCK.rows(wave.duration) + 1)
    e = wave.at(t)
    slope = np.gradient(e, t)
    i = farads * slope + siemens * e + 3e-12 + 1e-13 * rng.standard_normal(len(t))
    found = judge_capacitance(a_record(i, e), triangle)
    assert abs(found.capacitance - farads) < 5 * found.error
    assert abs(found.leak - siemens) < 5 * found.leak_error
    assert found.error < 0.01e-12
    assert found.offset == pytest.approx(3e-12, abs=0.05e-12)


def test_the_stray_capacitance_of_the_virtual_rig_is_that_of_its_file():
    rig = virtual(electrometer={"stray": "7 pF"})
    with at_rest(Conductor(rig)) as conductor:
        found = judge_capacitance(swept(conductor, Triangle(cycles=6)), Triangle(cycles=6))
    assert found.capacitance == pytest.approx(7e-12, rel=0.01)
    assert abs(found.leak) < 5 * found.leak_error
    assert rig.height == pytest.approx(58e-6, abs=1e-12)


def test_sweeps_that_cannot_be_judged_are_refused():
    wave = Triangle(0.5, 2.0, 2).waveform()
    rows = CLOCK.rows(wave.duration)
    with pytest.raises(ValueError, match="end of a range"):
        judge_capacitance(
            a_record(np.zeros(rows), flags=int(Flag.SATURATED)), Triangle(0.5, 2.0, 2)
        )
    with pytest.raises(ValueError, match="too short"):
        judge_capacitance(a_record(1e-15 * np.arange(rows)), Triangle(0.5, 50.0, 2))
    rig = virtual()
    with at_rest(Conductor(rig)) as conductor, pytest.raises(LimitError, match="nothing changed"):
        swept(conductor, Triangle(span=50.0))


# Check and report.


def test_the_check_says_what_is_wired_and_what_the_stop_can_protect():
    config, rig = nidaq(lambda config: None)
    said = "\n".join(carry_out(CHECK, Conductor(rig), config, {}).words)
    for words in (
        "SIMULATION",
        "inputs.current.terminal = ai0",
        "device = Dev1",
        "231 nm at 2 um/s",
    ):
        assert words in said
    assert "moves on until the queue" in said
    lame = replace(INFO, virtual=False, modes=frozenset({"potential", "open"}))
    assert "There is no galvanostat" in "\n".join(describe(lame))
    assert "SIMULATION" not in "\n".join(describe(lame))


def test_a_report_passes_only_within_all_limits_and_is_never_written_over(tmp_path: Path):
    good = Verdict("gain", 1.001, 0.98, 1.02, "1")
    undefined = Verdict("gain", float("nan"), 0.98, 1.02, "1")
    made = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    report = CommissioningReport("noise", made, "x.toml", INFO, {"a": float("nan")}, (good,))
    assert report.passed
    assert not replace(report, verdicts=(good, undefined)).passed
    assert not replace(report, faults=("wrong sign",)).passed
    path = tmp_path / "report.json"
    report.write(path)
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read["made"] == "2026-01-02T03:04:05+00:00"
    assert read["results"] == {"a": None}
    assert read["limits"][0]["passed"] is True
    assert read["rig"]["modes"] == sorted(INFO.modes)
    with pytest.raises(DataFileError, match="exists already"):
        report.write(path)


# The coarse approach.


class VirtualMotor:
    """Steps that are 20 % shorter than promised, and bring the surface up."""

    step = 40e-9

    def __init__(self) -> None:
        self.count = 0
        self.made: list[int] = []
        self.stopped = False

    @property
    def raised(self) -> float:
        return 0.8 * self.step * self.count

    def identity(self) -> str:
        return "virtual motor"

    def position(self) -> int:
        return self.count

    def closer(self, steps: int) -> int:
        self.made.append(steps)
        self.count += steps
        return self.count

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None: ...


def coarse(
    below: float, tries: int, *, says: bool = True, faults: tuple[str, ...] = ()
) -> tuple[Any, VirtualMotor, list[VirtualRig], list[str]]:
    """A surface so far below the travel of the piezo, and a motor that raises it."""
    motor, rigs, asked = VirtualMotor(), [], []
    plan = load_plan("redox-cv-map")

    def conductor() -> Conductor:
        surface = {"height": -below + motor.raised, "tilt_x": 0.0, "tilt_y": 0.0}
        config = VirtualConfig.model_validate({"surface": surface})
        rigs.append(VirtualRig(config, plan.mounted, seed=1, faults=faults))
        return Conductor(rigs[-1])

    def confirm(text: str) -> bool:
        asked.append(text)
        assert rigs[-1].height == pytest.approx(100e-6, abs=50e-9)
        return says

    try:
        found = approach_coarsely(
            conductor, motor, plan, tries=tries, most=10_000, farthest=1.0, confirm=confirm
        )
    except RigError as error:
        return error, motor, rigs, asked
    return found, motor, rigs, asked


def test_the_motor_brings_a_surface_into_reach_and_never_the_tip_into_it():
    found, motor, rigs, asked = coarse(below=60e-6, tries=10)
    assert found.found
    assert [reach.contact for reach in found.tries] == [False, False, True]
    assert len(asked) == len(motor.made) == 2
    assert max(motor.made) * motor.step <= 50e-6
    assert found.steps == motor.count
    # 60 um below the travel, raised by the motor, seen from the retracted tip.
    assert found.tries[-1].free == pytest.approx(160e-6 - motor.raised, abs=1e-6)
    for rig in rigs:
        assert rig.truth.crashes == []
        assert rig.height == pytest.approx(100e-6, abs=50e-9)
        assert rig.drive.mode == "open"


def test_a_surface_in_reach_needs_no_motor():
    found, motor, _, asked = coarse(below=-50e-6, tries=3)
    assert found.found
    assert motor.made == []
    assert asked == []


def test_a_no_leaves_the_motor_alone():
    found, motor, rigs, asked = coarse(below=60e-6, tries=5, says=False)
    assert not found.found
    assert "operator" in found.what
    assert motor.made == []
    assert len(rigs) == len(asked) == 1


def test_tries_are_bounded_and_the_motor_does_not_move_after_the_last():
    found, motor, rigs, _ = coarse(below=500e-6, tries=2)
    assert not found.found
    assert len(rigs) == 2
    assert len(motor.made) == 1


def test_a_rig_that_fails_does_not_let_the_motor_move():
    failure, motor, _, asked = coarse(below=60e-6, tries=5, faults=("stalled-read@at=1 s",))
    assert isinstance(failure, RigError)
    assert motor.made == []
    assert asked == []


def test_ctrl_c_stops_the_motor():
    class Interrupted(VirtualMotor):
        def closer(self, steps: int) -> int:
            raise KeyboardInterrupt

    motor, plan = Interrupted(), load_plan("redox-cv-map")
    config = VirtualConfig.model_validate({"surface": {"height": "-300 um"}})
    rig = VirtualRig(config, plan.mounted, seed=1)
    with pytest.raises(KeyboardInterrupt):
        approach_coarsely(
            *(lambda: Conductor(rig), motor, plan),
            tries=2,
            most=9999,
            farthest=1.0,
            confirm=lambda _: True,
        )
    assert motor.stopped
    assert rig.height == pytest.approx(100e-6, abs=50e-9)


def test_steps_are_bounded_by_half_of_the_free_way():
    assert allowed_steps(100e-6, 30e-9) == 1666
    with pytest.raises(LimitError, match="Nothing moved"):
        allowed_steps(1e-6, 0.6e-6)
