"""Staircases with pulses: the potentials imposed, the ends that are read, and the peak of both."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.pulse_peak import PulsePeak, pulse_peak
from seccm.factors import Condition
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.results import Status
from seccm.steps.staircase import JUMP, known, means, read, windows_of

few = settings(max_examples=20)
PULSES: dict[str, dict[str, Any]] = {
    "differential pulse": {"amplitude": "20 mV", "width": "40 ms", "period": "200 ms"},
    "square wave": {"amplitude": "25 mV", "frequency": "25 Hz"},
    "normal pulse": {"width": "40 ms", "period": "200 ms"},
}


def segment_of(
    name: str, start: float = -0.3, stop: float = 0.3, step: float = 0.01, offset: float = 0.0,
    **more: Any,
) -> Segment:  # fmt: skip
    kind = kind_of(name)
    keys = {"start": start, "stop": stop, "increment": step, **PULSES[name], **more}
    act = kind.resolve(
        kind.spec.model_validate({"step": name, **keys}), Setting(Condition(), offset, 1e-12)
    )
    return Segment.of(act, name, 0, (0,))


def trace_of(segment: Segment, rows: int | None = None, per: float = 1e9) -> StepTrace:
    """What a resistor of so many ohms answers, row by row."""
    row = segment.row
    count = round(segment.waveform.duration / row) if rows is None else rows
    t = row * np.arange(1, count + 1)
    e = segment.waveform.at(t - 0.5 * row)
    none = np.zeros(count, np.uint8)
    return StepTrace(segment, t, e, e / per, none, row, "time", Area(1e-12, 0.0, "nominal"))


# ------------------------------------------------------------------ means of rows


@few
@given(
    values=st.lists(st.floats(-5, 5) | st.just(math.nan), min_size=1, max_size=20),
    spans=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6),
)
def test_a_mean_is_of_the_rows_that_have_a_number(values, spans):
    y = np.array(values)
    first, stop = np.clip(np.sort(np.array(spans), axis=1).T, 0, y.size)
    found = means(y, first, stop)
    for k, (a, b) in enumerate(zip(first, stop, strict=True)):
        there = y[a:b][np.isfinite(y[a:b])]
        expected = float(there.mean()) if there.size else math.nan
        assert found[k] == pytest.approx(expected, nan_ok=True, abs=1e-9)


def test_what_has_no_number_somewhere_is_left_out_everywhere():
    a, b = np.array([1.0, math.nan, 3.0, 4.0]), np.array([1.0, 2.0, math.nan, 4.0])
    one, other = known(a, b)
    assert one.tolist() == other.tolist() == [1.0, 4.0]


# ------------------------------------------------------------------ what is imposed


@pytest.mark.parametrize("name", sorted(PULSES))
@pytest.mark.parametrize(("start", "stop"), [(-0.3, 0.3), (0.3, -0.3), (0.1, 0.2)])
def test_a_staircase_has_its_steps_and_none_beyond_its_stop(name: str, start: float, stop: float):
    found = read(trace_of(segment_of(name, start, stop)))
    count = round(abs(stop - start) / 0.01) + 1
    assert found.first.size == found.second.size == count
    if name == "square wave":
        base = 0.5 * (found.first_potential + found.second_potential)
    elif name == "normal pulse":
        base = found.second_potential
    else:
        base = found.first_potential
    assert base == pytest.approx(np.linspace(start, stop, count), abs=1e-9)


@pytest.mark.parametrize("name", sorted(PULSES))
def test_a_pulse_goes_the_way_of_its_staircase(name: str):
    up, down = (read(trace_of(segment_of(name, a, -a))) for a in (-0.3, 0.3))
    forth = up.second_potential - up.first_potential
    back = down.second_potential - down.first_potential
    assert forth == pytest.approx(-back, abs=1e-9)


@pytest.mark.parametrize("name", sorted(PULSES))
@pytest.mark.parametrize("offset", [-0.2, 0.7])
def test_the_reference_moves_all_potentials_and_no_time(name: str, offset: float):
    plain, moved = segment_of(name), segment_of(name, offset=offset)
    t = np.linspace(0.0, plain.waveform.duration, 999)
    assert moved.waveform.duration == plain.waveform.duration
    assert moved.waveform.at(t) == pytest.approx(plain.waveform.at(t) - offset, abs=1e-6)


@pytest.mark.parametrize("name", sorted(PULSES))
def test_each_potential_is_held_and_changed_at_once(name: str):
    segment = segment_of(name)
    t = np.arange(0.0, segment.waveform.duration, 5 * JUMP)
    e = segment.waveform.at(t[:200_000])
    moving = np.count_nonzero(np.abs(np.diff(e)) > 1e-9)
    assert moving <= 2 * e.size * 5 * JUMP / 0.02 + 4


def test_what_a_resistor_answers_is_read_at_the_ends():
    found = read(trace_of(segment_of("differential pulse"), per=1e8))
    assert found.whole
    assert found.first == pytest.approx(found.first_potential / 1e8)
    assert found.second == pytest.approx(found.second_potential / 1e8)
    assert (found.second - found.first) == pytest.approx(0.02 / 1e8, rel=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_staircase_that_was_cut_short_has_the_steps_that_were_read(share: float):
    segment = segment_of("normal pulse")
    whole = read(trace_of(segment))
    rows = round(share * segment.waveform.duration / segment.row)
    cut = read(trace_of(segment, rows))
    assert not cut.whole
    there = np.isfinite(cut.second)
    assert np.flatnonzero(~there).size == 0 or (~there)[np.argmin(there) :].all()
    assert cut.second[there] == pytest.approx(whole.second[there])
    assert there.sum() <= share * whole.second.size + 1


def test_windows_lie_before_their_ends_and_a_row_that_is_not_there_is_in_none():
    trace = trace_of(segment_of("normal pulse"))
    ends = np.array([0.1, 0.5, trace.t[-1], trace.t[-1] + 1.0])
    first, stop = windows_of(trace, ends, 5 * trace.row)
    for k in range(3):
        assert first[k] < stop[k]
        assert trace.t[stop[k] - 1] <= ends[k] + 1e-9
        assert ends[k] - trace.t[first[k]] <= 6 * trace.row
    assert first[3] == stop[3]


# ------------------------------------------------------------------ the peak of the difference

E = np.arange(-0.2, 0.2, 5e-3)


def hill(at: float = 0.02, height: float = 1.0, wide: float = 0.04) -> np.ndarray:
    found: np.ndarray = height / np.cosh((E - at) / wide) ** 2
    return found


def seen(current: np.ndarray, noise: float = 1e-3, seed: int = 0, e: np.ndarray = E) -> PulsePeak:
    return pulse_peak(e, current + noise * np.random.default_rng(seed).standard_normal(e.size))


@pytest.mark.parametrize("at", [-0.03, 0.0, 0.04])
@pytest.mark.parametrize("height", [1.0, -1.0])
@pytest.mark.parametrize("slope", [0.0, 1.0, -2.0])
def test_a_peak_on_a_slope_has_its_place_height_and_width(at: float, height: float, slope: float):
    found = seen(hill(at, height) + 0.3 + slope * E)
    assert found.potential.value == pytest.approx(at, abs=max(4 * found.potential.error, 3e-3))
    assert found.height.value == pytest.approx(height, abs=max(4 * found.height.error, 0.02))
    assert found.width.value == pytest.approx(2 * 0.04 * math.acosh(math.sqrt(2)), rel=0.05)


@few
@given(factor=st.floats(1e-12, 1e6), shift=st.floats(-3, 3), sign=st.sampled_from([1.0, -1.0]))
def test_units_zeros_signs_and_directions_do_not_matter(factor, shift, sign):
    current = hill() + 1e-3 * np.random.default_rng(5).standard_normal(E.size)
    one = pulse_peak(E, current)
    other = pulse_peak((E + shift)[::-1], (sign * factor * current)[::-1])
    assert other.potential.value == pytest.approx(one.potential.value + shift, abs=1e-6)
    assert other.height.value == pytest.approx(sign * factor * one.height.value, rel=1e-6)
    assert other.width.value == pytest.approx(one.width.value, rel=1e-6)
    assert other.height.error == pytest.approx(factor * one.height.error, rel=1e-4)


def test_of_many_peaks_in_noise_the_truth_is_within_what_is_stated():
    off = []
    for seed in range(40):
        found = seen(hill(), 0.02, seed)
        off.append((found.potential.value - 0.02) / found.potential.error)
        assert abs(found.height.value - 1.0) < 5 * found.height.error
    assert np.mean(np.abs(off) < 2.0) > 0.8


@pytest.mark.parametrize(
    "current", [0 * E, 0 * E + 1.0, 3.0 * E, hill(0.25), hill(-0.25), hill(0.0, 0.003)]
)
def test_what_has_no_peak_above_its_noise_has_none(current: np.ndarray):
    found = seen(current)
    assert found.potential.status in (Status.NOT_FOUND, Status.TOO_SHORT)
    assert found.height.status is found.potential.status


@pytest.mark.parametrize("count", [0, 1, 9])
def test_a_handful_of_points_is_no_peak(count: int):
    assert pulse_peak(E[:count], hill()[:count]).potential.status is Status.TOO_SHORT


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_point_without_a_number_gives_no_peak(wrong: float):
    current = hill()
    current[10] = wrong
    assert pulse_peak(E, current).height.status is Status.TOO_SHORT
