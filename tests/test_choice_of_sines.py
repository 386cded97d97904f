"""Which sines are imposed: frequencies, periods, distances from the mains, and low peaks."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.program.sine_design import (
    harmonics_near,
    low_peaks,
    multisine,
    period_of,
    single_sine,
    spaced,
)
from seccm.rig import Section
from seccm.rig.waveform import Sines

few = settings(max_examples=20)
MAINS = st.sampled_from([50.0, 60.0])
HERTZ = st.floats(0.05, 500.0)


@few
@given(lowest=HERTZ, decades=st.floats(0.1, 5.0), per_decade=st.integers(1, 20))
def test_frequencies_are_evenly_spaced_on_a_logarithmic_axis(lowest, decades, per_decade):
    found = np.array(spaced(lowest, lowest * 10**decades, per_decade))
    assert found[0] == pytest.approx(lowest)
    assert found[-1] == pytest.approx(lowest * 10**decades)
    ratios = found[1:] / found[:-1]
    assert ratios == pytest.approx(ratios[0])
    wanted = max(1, decades * per_decade)
    assert abs((found.size - 1) - wanted) <= 0.5 + 1e-9


def test_equal_ends_are_two_frequencies_and_never_none():
    assert len(spaced(10.0, 10.0, 5)) == 2


@few
@given(lowest=HERTZ, mains=MAINS)
def test_a_period_holds_its_lowest_frequency_and_four_periods_of_the_mains(lowest, mains):
    period = period_of(lowest, mains)
    assert period >= 1.0 / lowest - 1e-9
    assert period >= 4.0 / mains - 1e-9
    assert round(period * 1e3) == pytest.approx(period * 1e3, abs=1e-6)
    # And it is the shortest of whole milliseconds that does.
    shorter = period - 1e-3
    assert shorter < 1.0 / lowest or shorter < 4.0 / mains


def test_a_period_that_is_whole_already_grows_by_no_millisecond():
    for milliseconds in range(100, 400, 7):
        assert period_of(1e3 / milliseconds, 50.0) == pytest.approx(milliseconds * 1e-3)


@few
@given(
    wanted=st.lists(st.floats(1.0, 5_000.0), min_size=1, max_size=12),
    mains=MAINS,
    milliseconds=st.integers(100, 3_000),
)
def test_harmonics_are_odd_rising_once_each_near_and_away_from_the_mains(
    wanted, mains, milliseconds
):
    period = milliseconds * 1e-3
    found = harmonics_near(wanted, period, mains)
    assert all(k % 2 == 1 and k > 0 for k in found)
    assert list(found) == sorted(set(found))
    assert 1 <= len(found) <= len(wanted)
    f = np.array(found) / period
    for each in wanted:
        # Two odd harmonics are 2 / period apart, and the nearest but one may be the first free one.
        nearest = np.abs(f - max(each, 1.0 / period)).min()
        assert nearest <= 3.0 / period + 1e-9
    away = np.abs(f / mains - np.maximum(np.round(f / mains), 1.0)) * mains * period
    if period >= 4.0 / mains:
        assert away.min() >= 0.75 - 1e-9


@pytest.mark.parametrize("harmonics", [(1,), (1, 3), (1, 3, 5, 9, 17, 31), tuple(range(1, 40, 2))])
def test_phases_make_peaks_lower_than_those_in_step(harmonics: tuple[int, ...]):
    phases = low_peaks(harmonics)
    assert len(phases) == len(harmonics)
    t = np.linspace(0.0, 1.0, 64 * harmonics[-1], endpoint=False)
    waves = [np.cos(2 * np.pi * k * t + p) for k, p in zip(harmonics, phases, strict=True)]
    peak = float(np.abs(np.sum(waves, axis=0)).max())
    assert peak <= len(harmonics) + 1e-9
    # A sine has a crest factor of the root of 2; noise of so many sines has about 3.
    crest = peak / math.sqrt(len(harmonics) / 2)
    assert crest < (1.5 if len(harmonics) == 1 else 2.0)


def test_phases_are_the_same_every_time():
    assert low_peaks((1, 3, 7)) == low_peaks.__wrapped__((1, 3, 7))


def values(section: Section, count: int = 20_000) -> np.ndarray:
    t = np.linspace(0.0, section.duration, count, endpoint=False)
    return section.at(t)


@pytest.mark.parametrize("amplitude", [1e-12, 5e-3, 0.2])
@pytest.mark.parametrize("periods", [1, 4])
def test_a_multisine_swings_just_as_far_as_was_asked_for(amplitude: float, periods: int):
    section = multisine([2.0, 11.0, 70.0], amplitude, periods, 50.0)
    assert np.abs(values(section)).max() == pytest.approx(amplitude, rel=2e-3)
    assert section.duration == pytest.approx((periods + 1) * section.period)
    assert section.settling == section.period
    assert len({one.amplitude for one in section.sines}) == 1


@few
@given(factor=st.floats(1e-6, 1e3))
def test_twice_the_amplitude_is_twice_the_wave(factor: float):
    one, more = (multisine([2.0, 11.0], a, 2, 50.0) for a in (1.0, factor))
    assert values(more, 500) == pytest.approx(factor * values(one, 500), abs=1e-9 * factor)
    assert more.period == one.period


def test_a_multisine_repeats_with_its_period():
    section = multisine([2.0, 11.0, 70.0], 1.0, 3, 50.0)
    t = np.linspace(0.0, section.period, 999)
    assert section.at(t + section.period) == pytest.approx(section.at(t), abs=1e-9)


@few
@given(frequency=st.floats(0.5, 20_000.0), periods=st.integers(1, 50), shortest=st.floats(0.0, 2.0))
def test_a_single_sine_lasts_so_many_periods_and_so_long_after_it_has_settled(
    frequency, periods, shortest
):
    section = single_sine(frequency, 1.0, periods, shortest)
    left = section.duration - section.settling
    assert left >= periods / frequency * (1 - 1e-9)
    assert left >= shortest * (1 - 1e-5)
    assert left <= max(periods, shortest * frequency + 1) / frequency * (1 + 1e-9)
    assert section.settling >= 5e-3 * (1 - 1e-5)
    for seconds in (left, section.settling):
        assert seconds * frequency == pytest.approx(round(seconds * frequency), abs=1e-6)


def test_a_single_sine_begins_and_ends_at_zero():
    section = single_sine(12.5, 1.0, 3, 0.0)
    begin, end = section.at(np.array([0.0, section.duration]))
    assert begin == pytest.approx(0.0, abs=1e-9)
    assert end == pytest.approx(0.0, abs=1e-9)


def test_sections_follow_one_another_and_then_there_is_the_level():
    sections = tuple(single_sine(f, 0.1, 2, 0.0) for f in (100.0, 30.0, 7.0))
    wave = Sines(0.25, sections)
    assert wave.begins == pytest.approx(
        [0.0, *itertools.accumulate(s.duration for s in sections[:-1])]
    )
    assert wave.duration == pytest.approx(sum(s.duration for s in sections))
    t = np.linspace(0.0, wave.duration, 4_000, endpoint=False)
    assert wave.at(t).max() == pytest.approx(0.35, rel=1e-3)
    assert wave.at(t).min() == pytest.approx(0.15, rel=1e-3)
    assert wave.at(np.array([wave.duration + 1.0])).tolist() == [0.25]
    for begin, section in zip(wave.begins, sections, strict=True):
        inside = np.linspace(0.0, 0.999 * section.duration, 50)
        assert wave.at(begin + inside) == pytest.approx(0.25 + section.at(inside), abs=1e-12)
