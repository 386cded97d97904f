"""Pulses of a current or a potential, what comes late, and series of scan rates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.lateness import MOST, lateness
from seccm.analysis.step_features import arrays_of, measured
from seccm.arrays import FloatArray
from seccm.errors import PlanError
from seccm.factors import Condition
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.quantities import validate
from seccm.results import Status
from seccm.rig import Constant, Flag, Lines
from seccm.steps.rate_series import in_series

AREA = 1e-9
SETTING = Setting(Condition(), offset=0.1, area=AREA)
TRAIN = {"current": "-1 uA", "width": "1 ms", "pause": "9 ms", "count": 5}


def segment_of(name: str, keys: dict[str, Any], index: int = 0) -> Segment:
    kind = kinds()[name]
    spec = kind.spec.model_validate({"step": name, **keys})
    return Segment.of(kind.resolve(spec, SETTING), name, index, (index,))


def trace_of(segment: Segment, y: FloatArray, row: float, other: float = 0.0) -> StepTrace:
    """A step of which the imposed quantity was measured as `y`, and the other one is constant."""
    t = row * np.arange(1, y.size + 1)
    constant = np.full(y.size, other)
    e, i = (constant, y) if segment.mode == "current" else (y + SETTING.offset, constant)
    flag = np.zeros(y.size, np.uint8)
    return StepTrace(segment, t, e, i, flag, row, "time", Area(AREA, 0.0, "nominal"))


def averaged(segment: Segment, row: float, late: float = 0.0) -> FloatArray:
    """Means of the waveform over rows."""
    count = round(segment.waveform.duration / row)
    fine = row / 50 * (np.arange(count * 50) + 0.5)
    means: FloatArray = segment.waveform.at(np.maximum(fine - late, 0.0)).reshape(-1, 50).mean(1)
    return means


@settings(max_examples=40, deadline=None)
@given(late=st.floats(0.0, 2.5e-3), seed=st.integers(0, 99))
def test_pulses_have_their_charge_however_late_they_come(late: float, seed: int):
    segment = segment_of("pulses", TRAIN)
    noise = 2e-9 * np.random.default_rng(seed).standard_normal(round(59e-3 / segment.row))
    y = averaged(segment, segment.row, late) + noise
    found = measured(trace_of(segment, y, segment.row), ())
    assert found["Q_pulse"].value == pytest.approx(-1e-9 / AREA, rel=5e-3)
    assert abs(found["Q_pulse"].value + 1.0) < 5 * found["Q_pulse"].error
    assert found["j_pulse"].value == pytest.approx(-1e-6 / AREA, rel=5e-3)


def test_each_pulse_is_told_and_what_flows_in_the_pauses_is_taken_off():
    segment = segment_of("pulses", TRAIN)
    y = averaged(segment, segment.row) + 3e-8  # a leak of 3 %
    trace = trace_of(segment, y, segment.row, other=-0.2)
    many = arrays_of(trace, ())
    np.testing.assert_allclose(many["Q_of_pulses"].values, -1.0, rtol=2e-3)
    np.testing.assert_allclose(many["E_of_pulses"].values, -0.2)
    assert len(many["Q_of_pulses"].values) == 5


def test_pulses_that_did_not_come_to_their_end_are_not_counted():
    segment = segment_of("pulses", TRAIN)
    whole = trace_of(segment, averaged(segment, segment.row), segment.row)
    keep = slice(0, int(31e-3 / segment.row))
    cut = StepTrace(segment, whole.t[keep], whole.E[keep], whole.I[keep], whole.flag[keep],
                    whole.row, "given up", whole.area)  # fmt: skip
    assert len(arrays_of(cut, ())["Q_of_pulses"].values) == 3
    none = StepTrace(segment, *(y[:10] for y in (whole.t, whole.E, whole.I, whole.flag)),
                     whole.row, None, whole.area)  # fmt: skip
    assert arrays_of(none, ()) == {}
    assert measured(none, ())["Q_pulse"].status is Status.INCOMPLETE


def test_a_saturated_pulse_reaches_the_status_of_its_charge():
    segment = segment_of("pulses", TRAIN)
    trace = trace_of(segment, averaged(segment, segment.row), segment.row)
    trace.flag[np.searchsorted(trace.t, 19.5e-3)] |= Flag.SATURATED
    assert measured(trace, ())["Q_pulse"].status is Status.SATURATED


def test_pulses_of_a_potential_rest_at_another_one():
    keys = {"potential": "0.5 V", "rest": "0.2 V", "width": "1 ms", "pause": "4 ms", "count": 3}
    segment = segment_of("pulses", keys)
    assert segment.mode == "potential"
    at = segment.waveform.at(np.array([0.001, 0.0045, 0.0055, 0.007]))
    np.testing.assert_allclose(at, [0.1, 0.4, 0.1, 0.1])
    assert segment.row == pytest.approx(50e-6)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"current": "1 nA", "potential": "0 V"},
        {"potential": "0 V"},
        {"current": "1 nA", "rest": "0 V"},
    ],
)
def test_pulses_are_of_one_quantity(keys: dict[str, str]):
    data = {"step": "pulses", "width": "1 ms", "pause": "1 ms", **keys}
    with pytest.raises(PlanError):
        validate(kinds()["pulses"].spec, data, "plan", from_file=True)


# What comes late.


@settings(max_examples=40, deadline=None)
@given(late=st.floats(0.0, MOST), seed=st.integers(0, 99))
def test_how_late_a_sweep_came_is_found(late: float, seed: int):
    wave, row = Lines((0.0, 0.02, 0.08, 0.1), (0.0, 0.0, -0.6, -0.2)), 1e-4
    t = row * np.arange(1, 1001)
    y = wave.at(np.maximum(t - row / 2 - late, 0.0)) + 0.1
    y += 1e-3 * np.random.default_rng(seed).standard_normal(t.size)
    assert lateness(t, y, wave, row) == pytest.approx(late, abs=5e-5)


def test_what_does_not_change_is_not_late():
    t = 1e-4 * np.arange(1, 200)
    assert lateness(t, np.full(199, 0.3), Constant(0.3), 1e-4) == 0.0
    assert lateness(t[:4], t[:4], Lines((0.0, 1.0), (0.0, 1.0)), 1e-4) == 0.0


# Series of scan rates.


def sweep(rate: float, index: int, power: float, **keys: str) -> StepTrace:
    """A sweep whose peak grows as a power of the scan rate."""
    given = {"start": "0.3 V", "stop": "-0.3 V", "scan_rate": f"{rate} V/s", **keys}
    segment = segment_of("lsv", given, index)
    count = 600
    row = segment.waveform.duration / count
    e = 0.3 - 0.6 * (np.arange(count) + 0.5) / count
    i = -1e-9 * rate**power / np.cosh((e + 0.03) / 0.04) ** 2
    i += 1e-13 * np.random.default_rng(index).standard_normal(count)
    flag, area = np.zeros(count, np.uint8), Area(AREA, 0.0, "nominal")
    return StepTrace(segment, row * np.arange(1, count + 1), e, i, flag, row, "time", area)


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_a_series_tells_diffusion_from_what_is_adsorbed(power: float):
    rates = (0.1, 0.2, 0.4, 0.7)
    traces = [sweep(rate, k, power) for k, rate in enumerate(rates)]
    found = measured(traces[-1], traces[:-1])
    assert found["j_p_power"].value == pytest.approx(power, abs=0.01)
    name = "j_p_root" if power == 0.5 else "j_p_linear"
    assert found[name].value == pytest.approx(-1e-9 / AREA, rel=0.02)
    assert found[name].error < 0.05
    many = arrays_of(traces[-1], traces[:-1])
    np.testing.assert_allclose(many["v_of_sweeps"].values, rates)
    expected = [-(rate**power) for rate in rates]
    np.testing.assert_allclose(many["j_p_of_sweeps"].values, expected, rtol=0.02)


def test_a_series_needs_three_rates_of_the_same_sweep():
    one, two, again, other = (
        sweep(0.1, 0, 0.5), sweep(0.2, 1, 0.5), sweep(0.2, 2, 0.5),
        sweep(0.4, 3, 0.5, stop="-0.2 V"),
    )  # fmt: skip
    segments = [trace.segment for trace in (one, two, again, other)]
    assert not in_series(segments[2], segments[:2])
    assert not in_series(segments[3], segments[:3])
    third = sweep(0.4, 4, 0.5)
    assert in_series(third.segment, segments)
    assert "j_p_root" not in measured(again, [one, two])
    assert math.isfinite(measured(third, [one, two, again, other])["j_p_root"].value)


def test_a_sweep_with_a_quiet_time_holds_its_start():
    keys = {"start": "0.3 V", "stop": "-0.3 V", "scan_rate": "10 V/s", "quiet": "20 ms"}
    wave = segment_of("lsv", keys).waveform
    np.testing.assert_allclose(wave.at(np.array([0.0, 0.019, 0.05])), [0.2, 0.2, -0.1])
    assert wave.duration == pytest.approx(0.08)
    cycle = {"start": "0.3 V", "vertices": ["-0.3 V"], "scan_rate": "10 V/s", "cycles": 2}
    cycles = segment_of("cv", {**cycle, "quiet": "20 ms"}).cycles
    assert cycles == pytest.approx((0.02, 0.14, 0.26))
