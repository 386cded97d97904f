"""The step kind "impedance": what it imposes, what is refused, and what its samples say."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any
from weakref import ref

import numpy as np
import pytest
from small_plan import INFO, small

from seccm.analysis.impedance import Circuit
from seccm.analysis.impedance.leads import added
from seccm.analysis.impedance.of_step import impedance_of
from seccm.analysis.step_features import arrays_of, curves_of, measured, phrase_of
from seccm.arrays import FloatArray
from seccm.errors import PlanError, Problem
from seccm.factors import Condition
from seccm.plan.check import check
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.results import Status
from seccm.rig import NO_LEADS, Clock, Flag, Leads, RawChannel, Sines

STEP: dict[str, Any] = {
    "step": "impedance", "potential": 0.1, "amplitude": 0.02, "lowest": 2.0, "highest": 2000.0,
}  # fmt: skip
DUMMY = [1e6, 1e8, 2e-11]
ROW = 2e-5


def _segment(**keys: Any) -> Segment:
    kind = kind_of("impedance")
    spec = kind.spec(**{**STEP, **keys})
    act = kind.resolve(spec, Setting(Condition(), offset=0.0, area=1e-12))
    return Segment.of(act, kind.name, 0, (0,))


def _trace(
    segment: Segment,
    values: list[float] = DUMMY,
    *,
    written: str = "RC",
    leads: Leads = NO_LEADS,
    noise: float = 1e-13,
    late: list[float] | None = None,
) -> StepTrace:
    """Return the steady answer of a circuit to the sines of a step.

    Args:
        segment: the step.
        values: of the circuit.
        written: the circuit.
        leads: of the rig, in whose samples they are.
        noise: of the current, A; potentials have a million times as much in volts.
        late: of the circuit in later sections.
    """
    wave, circuit = segment.waveform, Circuit(written)
    assert isinstance(wave, Sines)
    t = np.arange(1, round(wave.duration / ROW) + 1) * ROW
    imposed, answer = wave.at(t), np.zeros(len(t))
    rest = float(circuit.impedance(np.array([1e-6]), values)[0].real)
    answer += wave.level / rest if segment.mode == "potential" else wave.level * rest
    for count, (section, begin) in enumerate(zip(wave.sections, wave.begins, strict=True)):
        inside = (t >= begin) & (t < begin + section.duration)
        now = values if late is None or count == 0 else late
        for sine in section.sines:
            f = np.array([sine.harmonic / section.period])
            Z = added(f, circuit.impedance(f, now), leads)[0]
            turns = 2.0 * np.pi * f[0] * (t[inside] - begin) + sine.phase
            ratio = 1.0 / Z if segment.mode == "potential" else Z
            answer[inside] += sine.amplitude * np.real(ratio * np.exp(1j * turns))
    rng = np.random.default_rng(1)
    volts, amperes = (imposed, answer) if segment.mode == "potential" else (answer, imposed)
    return StepTrace(
        segment=segment, t=t,
        E=volts + 1e6 * noise * rng.standard_normal(len(t)),
        I=amperes + noise * rng.standard_normal(len(t)),
        flag=np.zeros(len(t), np.uint8), row=ROW, reason="time",
        area=Area(1e-12, 0.0, "nominal"), leads=leads,
    )  # fmt: skip


# ------------------------------------------------------------------------- what is imposed


def test_a_multisine_swings_as_far_as_the_plan_says_and_has_the_frequencies_it_asks_for() -> None:
    wave = _segment(potential=0.3, amplitude=0.02).waveform
    assert isinstance(wave, Sines)
    (section,) = wave.sections
    values = wave.at(np.arange(0.0, section.period, 5e-6))
    assert np.max(np.abs(values - 0.3)) == pytest.approx(0.02, rel=0.01)
    assert wave.extremes[0] < values.min() + 1e-4
    assert wave.extremes[1] > values.max() - 1e-4
    f = np.array([sine.harmonic for sine in section.sines]) / section.period
    assert f[0] == pytest.approx(2.0)
    assert f[-1] == pytest.approx(2000.0, rel=1e-3)
    assert all(sine.harmonic % 2 for sine in section.sines)
    assert section.period == pytest.approx(0.5)
    # One period settles, four count; what comes next is not within the last data point.
    assert wave.duration == pytest.approx(2.52)


@pytest.mark.parametrize("lowest", [0.5, 1.0, 10.0, 50.0, 3.3])
def test_no_sine_of_a_multisine_comes_near_the_mains(lowest: float) -> None:
    wave = _segment(lowest=lowest, highest=1000.0, per_decade=20).waveform
    assert isinstance(wave, Sines)
    (section,) = wave.sections
    f = np.array([sine.harmonic for sine in section.sines]) / section.period
    away = np.abs(f - 50.0 * np.maximum(1.0, np.round(f / 50.0)))
    assert np.all(away * section.period > 0.7)


def test_the_peaks_of_a_multisine_are_low() -> None:
    wave = _segment(per_decade=12).waveform
    assert isinstance(wave, Sines)
    (section,) = wave.sections
    rms = np.sqrt(sum(sine.amplitude**2 for sine in section.sines) / 2.0)
    # 30 sines in phase would reach 7.7 times their rms.
    assert 0.02 / rms < 2.5


def test_single_sines_come_one_after_the_other_the_fastest_first() -> None:
    step = {"sines": "one by one", "frequencies": [1.0, 100.0, 10.0], "lowest": None}
    wave = _segment(**step, highest=None, periods=3, shortest=0.1).waveform
    assert isinstance(wave, Sines)
    f = [section.sines[0].harmonic / section.period for section in wave.sections]
    assert f == pytest.approx([100.0, 10.0, 1.0])
    counted = [s.duration - s.settling - s.tail for s in wave.sections]
    assert counted == pytest.approx([0.1, 0.3, 3.0])
    for section, begin in zip(wave.sections, wave.begins, strict=True):
        t = np.linspace(begin, begin + section.duration, 2000, endpoint=False)
        assert np.max(np.abs(wave.at(t) - 0.1)) == pytest.approx(0.02, rel=1e-3)


def test_a_waveform_of_sines_begins_at_its_start_and_ends_at_its_level() -> None:
    wave = _segment().waveform
    assert isinstance(wave, Sines)
    after = wave.at(np.array([wave.duration, wave.duration + 1.0]))
    np.testing.assert_allclose(after, wave.level)
    np.testing.assert_allclose(wave.at(np.array([-1.0])), wave.at(np.array([0.0])))
    t = np.linspace(0.0, wave.duration, 1001)
    np.testing.assert_allclose(np.concatenate([wave.at(t[:300]), wave.at(t[300:])]), wave.at(t))


# -------------------------------------------------------------------------------- checks


def _checked(**keys: Any) -> tuple[Problem, ...]:
    plan = small(program=[{**STEP, **keys}], approach=APPROACH)
    return check(plan, FAST, at={"x": 50e-6, "y": 50e-6, "z": 50e-6}, free_disk=None)


def _said(**keys: Any) -> str:
    try:
        found = _checked(**keys)
    except PlanError as error:
        return str(error)
    return "\n".join(f"{p.where}: {p.what} {p.remedy}" for p in found)


APPROACH = {
    "speed": 2e-6,
    "travel": 20e-6,
    "overtravel": 100e-9,
    "contact": {"kind": "current threshold", "threshold": 5e-12},
}
FAST = replace(
    INFO, update=2e-4, clock=Clock(), raw_always=True,
    raw=(RawChannel("potential", "V", (0.0, 1.0, 0.0, 0.0)),
         RawChannel("current", "A", (0.0, 1.0, 0.0, 0.0))),
)  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"amplitude": None}, "amplitude"),
        ({"current": 1e-10}, "potential"),
        ({"potential": None}, "potential"),
        ({"highest": None}, "lowest and highest together"),
        ({"highest": 1.0}, "not above lowest"),
        ({"periods": 1}, "periods"),
        ({"circuit": "R0-p(R1"}, "ends where ')' is expected"),
        ({"circuit": "R0-Q1"}, "'Q1' is not an element"),
        ({"frequencies": [1.0, 2.0]}, "frequencies"),
        ({"lowest": None, "highest": None, "frequencies": [10.0]}, "more than the numbers"),
        ({"amplitude": 0.2}, "answer linearly"),
        ({"amplitude": -0.01}, "amplitude"),
        ({"lowest": 1e-9, "highest": 1e6}, "makes the step last 5.79e+04 days"),
        ({"lowest": 1e-300}, "makes the step last"),
        ({"per_decade": 50, "lowest": 0.01, "highest": 2e3}, "frequencies are more than"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_moves(
    keys: dict[str, Any], said: str
) -> None:
    assert said in _said(**keys)


def test_frequencies_that_the_rig_cannot_put_out_or_sample_are_refused() -> None:
    assert "too fast" not in _said(highest=2000.0)
    said = _said(highest=3000.0)
    assert "3 kHz is too fast: rig bench puts out a value every 200 us" in said
    assert "Go up to 2 kHz" in said
    assert "too fast" not in _said(highest=2000.0, row=1e-4)
    assert "gives a data point of this step every 500 us" in _said(row=5e-4)


def test_the_remedy_for_a_frequency_that_is_too_high_is_accepted() -> None:
    found = _checked(highest=7e3)
    (put,) = [p.suggestion for p in found if p.suggestion and "highest" in p.where]
    assert put.value == "2 kHz"


# ------------------------------------------------------------------------------- results


def _values(trace: StepTrace) -> dict[str, Any]:
    return dict(measured(trace, ()))


@pytest.mark.parametrize("sines", ["together", "one by one"])
@pytest.mark.parametrize("mode", ["potential", "current"])
def test_the_dummy_is_found_within_02_percent(sines: str, mode: str) -> None:
    keys: dict[str, Any] = {"sines": sines, "highest": 5000.0, "per_decade": 6}
    if mode == "current":
        keys |= {"potential": None, "amplitude": None, "current": 0.0, "current_amplitude": 2e-10}
    found = _values(_trace(_segment(**keys)))
    for name, truth in (("R_s", 1e6), ("R_ct", 1e8), ("C_dl", 2e-11), ("f_apex", 79.577)):
        assert found[name].status is Status.OK
        assert found[name].value == pytest.approx(truth, rel=2e-3), name
        assert abs(found[name].value - truth) < 4.0 * found[name].error
    assert found["residual_KK"].status is Status.OK
    # No scatter below 1e-4 is believed.
    assert found["chi_Z"].value < 1.4
    assert found["distortion_Z"].value < 0.01


def test_a_particle_of_10_um_has_its_apex_at_63_6_hz() -> None:
    found = _values(_trace(_segment(amplitude=0.01), [2e6, 78.1e6, 32e-12]))
    assert found["f_apex"].value == pytest.approx(63.7, rel=0.02)
    assert found["R_ct"].value == pytest.approx(78.1e6, rel=0.01)


def test_stray_capacitance_and_electrometer_are_taken_off() -> None:
    leads = Leads(stray=1e-12, time_constant=1.6e-5, delay=-3e-6)
    trace = _trace(_segment(), leads=leads)
    found, kept = _values(trace), _values(replace(trace, leads=NO_LEADS))
    assert found["C_dl"].value == pytest.approx(2e-11, rel=2e-3)
    assert kept["C_dl"].value == pytest.approx(2.1e-11, rel=5e-3)


def test_the_phase_of_a_resistor_is_below_a_tenth_of_a_degree_to_5_khz() -> None:
    leads = Leads(stray=1e-12, time_constant=1.6e-5, delay=4e-6)
    segment = _segment(highest=5000.0, circuit="resistor")
    arrays = arrays_of(_trace(segment, [1e8], written="R0", leads=leads, noise=1e-15), ())
    Z = arrays["Z_real"].values + 1j * arrays["Z_imag"].values
    assert arrays["f_Z"].values[-1] == pytest.approx(5000.0, rel=1e-3)
    assert np.max(np.abs(np.degrees(np.angle(Z)))) < 0.1


@pytest.mark.parametrize(
    ("circuit", "values", "found"),
    [
        ("R0-p(R1-W1,CPE1)", [1e6, 5e7, 1e8, 3e-11, 0.9], {"sigma_W": 1e8, "n_dl": 0.9}),
        ("R0-p(R1-Wo1,C1)", [1e6, 5e7, 2e8, 0.05, 2e-11], {"R_W": 2e8, "tau_W": 0.05}),
        ("R0-p(R1-Ws1,C1)", [1e6, 5e7, 2e8, 0.05, 2e-11], {"R_W": 2e8, "tau_W": 0.05}),
    ],
)
def test_diffusion_and_constant_phase_elements_have_results_of_their_own(
    circuit: str, values: list[float], found: dict[str, float]
) -> None:
    trace = _trace(_segment(circuit=circuit, lowest=1.0), values, written=circuit)
    numbers = _values(trace)
    for name, truth in found.items():
        assert numbers[name].value == pytest.approx(truth, rel=0.03), name
    assert "sigma_W" in found or "sigma_W" not in numbers


def test_the_capacitance_of_a_constant_phase_element_has_the_same_apex() -> None:
    R, Q, n = 1e8, 3e-11, 0.85
    trace = _trace(_segment(circuit="R-CPE"), [1e6, R, Q, n], written="R-CPE")
    found = _values(trace)
    apex = (R * Q) ** (-1.0 / n) / (2.0 * np.pi)
    assert found["f_apex"].value == pytest.approx(apex, rel=5e-3)
    product = 2.0 * np.pi * found["f_apex"].value * found["R_ct"].value * found["C_dl"].value
    assert product == pytest.approx(1.0, rel=1e-9)


def test_a_parameter_that_is_not_determined_says_so() -> None:
    found = _values(_trace(_segment(circuit="randles"), [1e6, 1e8, 2e-11]))
    assert found["sigma_W"].status is Status.NOT_IDENTIFIED
    assert found["R_ct"].status is Status.OK


def test_a_wrong_circuit_says_so_with_every_number() -> None:
    values = [1e6, 1e8, 2e-11, 1e8, 1e-9]
    found = _values(_trace(_segment(circuit="RC"), values, written="two RC"))
    assert found["R_ct"].status is Status.MISFIT


@pytest.mark.parametrize("sines", ["together", "one by one"])
def test_a_cell_that_changes_between_repeats_says_so(sines: str) -> None:
    segment = _segment(repeats=2, sines=sines, per_decade=4, periods=2)
    wave = segment.waveform
    assert isinstance(wave, Sines)
    assert len(wave.sections) in (2, 26)
    steady = _values(_trace(segment))
    assert steady["R_ct"].status is Status.OK
    if sines == "one by one":
        # Frequency by frequency it drifts: only the first one is as it was.
        changed = _values(_trace(segment, late=[1e6, 0.8e8, 2e-11]))
        assert changed["R_ct"].status in (Status.CHANGED, Status.OK)
    else:
        changed = _values(_trace(segment, late=[1e6, 0.8e8, 2e-11]))
        assert changed["R_ct"].status is Status.CHANGED
        assert changed["change_Z"].value > 0.05


def test_saturated_and_missing_samples_reach_the_status_and_only_if_they_count() -> None:
    trace = _trace(_segment())
    (section,) = trace.segment.waveform.sections  # type: ignore[union-attr]
    settled = round(section.settling / ROW)
    for where, expected in ((settled // 2, Status.OK), (2 * settled, Status.SATURATED)):
        flag = trace.flag.copy()
        flag[where] = Flag.SATURATED
        assert _values(replace(trace, flag=flag))["R_ct"].status is expected
    # A gap in the third of five periods: the two after it are used.
    kept = np.ones(len(trace.t), bool)
    kept[settled * 2 + 100 : settled * 2 + 200] = False
    flag = trace.flag.copy()
    flag[settled * 2 + 200] = Flag.GAP
    cut = {name: getattr(trace, name)[kept] for name in ("t", "E", "I")}
    found = _values(replace(trace, **cut, flag=flag[kept]))
    assert found["R_ct"].value == pytest.approx(1e8, rel=5e-3)
    assert not found["R_ct"].status.trusted


def test_a_step_that_was_cut_short_has_no_impedance() -> None:
    trace = _trace(_segment())
    few = slice(0, len(trace.t) // 3)
    cut = replace(trace, t=trace.t[few], E=trace.E[few], I=trace.I[few], flag=trace.flag[few])
    found = _values(cut)
    assert {found[name].status for name in ("R_s", "R_ct", "chi_Z", "residual_KK")} == {
        Status.TOO_SHORT
    }
    assert arrays_of(cut, ()) == {}
    assert curves_of(cut) == ()
    assert phrase_of(cut.segment, found).words == ""


def test_the_spectrum_is_kept_with_its_standard_deviations() -> None:
    trace = _trace(_segment())
    arrays = arrays_of(trace, ())
    f = arrays["f_Z"].values
    truth = Circuit("RC").impedance(f, DUMMY)
    for name, part in (("Z_real", truth.real), ("Z_imag", truth.imag)):
        off = (arrays[name].values - part) / arrays[name].errors
        assert 0.5 < np.sqrt(np.mean(off**2)) < 1.6
    np.testing.assert_allclose(arrays["circuit_Z"].values, DUMMY, rtol=5e-3)


def test_the_words_of_a_step_say_what_was_found() -> None:
    trace = _trace(_segment())
    said = phrase_of(trace.segment, measured(trace, ())).words
    assert said == "R_ct 100 Mohm, C_dl 20 pF, R_s 1 Mohm"


def test_spectra_are_drawn_with_their_fits() -> None:
    drawn = {one.what.slug: one for one in curves_of(_trace(_segment()))}
    nyquist, phase = drawn["nyquist"], drawn["bode-phase"]
    assert nyquist.what.equal
    assert nyquist.y.max() == pytest.approx(5e7, rel=0.03)  # half of the arc's diameter
    assert nyquist.model_y.max() == pytest.approx(5e7, rel=0.01)
    assert phase.what.x.log
    assert 0.0 < phase.y.max() < 90.0
    assert drawn["circuit-residuals"].model_x.size == 0
    assert drawn["circuit-residuals"].y.max() < 2.0
    assert drawn["kramers-kronig"].y.max() < 2.0


def test_imposing_a_current_gives_the_same_impedance_as_imposing_a_potential() -> None:
    held = _values(_trace(_segment()))
    swung = {"potential": None, "amplitude": None, "current": 1e-10, "current_amplitude": 2e-10}
    driven = _values(_trace(_segment(**swung)))
    for name in ("R_s", "R_ct", "C_dl"):
        assert driven[name].value == pytest.approx(held[name].value, rel=0.01)
    assert driven["i_dc"].value == pytest.approx(1e-10, abs=1e-14)
    assert held["E_dc"].value == pytest.approx(0.1, abs=1e-5)


def _ramp(trace: StepTrace, amperes: float) -> FloatArray:
    return amperes * trace.t / float(trace.t[-1])


def test_a_drifting_baseline_does_no_harm() -> None:
    trace = _trace(_segment())
    drifting = replace(trace, I=trace.I + _ramp(trace, 2e-10))
    found = _values(drifting)
    assert found["R_ct"].value == pytest.approx(1e8, rel=5e-3)


def test_what_was_worked_out_is_remembered_and_the_samples_are_not() -> None:
    trace = _trace(_segment(), noise=0.0)
    first = impedance_of(trace)
    assert impedance_of(trace) is first
    assert impedance_of(replace(trace)) is not first
    seen = ref(trace)
    del trace
    gc.collect()
    assert seen() is None
