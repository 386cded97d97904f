"""Each gate closes on what it is for, and on nothing else."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.quality import (
    Quality,
    contact,
    drift,
    early,
    electrometer,
    hum,
    hum_gate,
    longest_run,
)
from seccm.analysis.topography import level
from seccm.plan.contacts import current_threshold
from seccm.results import Status, Value

ROW, AVERAGE = 2.57e-3, 2.56e-3
GOOD = Quality(0)


def _landing(seed=0):
    """Approach of 300 rows at 0.2 pA noise, then 20 pA of contact."""
    i = 0.2e-12 * np.random.default_rng(seed).standard_normal(400)
    i[300:] -= 20e-12
    return i


def _past(i):
    """Which rows are past a threshold of 5 pA."""
    return current_threshold(5e-12).past(0.0, i)


def test_a_clean_landing_passes():
    """One contact that stays is no reason for a flag."""
    assert contact(_past(_landing()), 300) == GOOD


def test_a_spike_is_a_false_contact():
    """The current is back below the threshold one row later."""
    i = _landing()
    i[301:] += 20e-12
    assert contact(_past(i), 300) == Quality.FALSE_CONTACT


def test_no_trigger_is_no_contact():
    """The approach ended without one."""
    assert contact(_past(_landing()[:300]), None) == Quality.NO_CONTACT


def test_touching_twice_is_a_double_contact_but_one_early_spike_is_not():
    """Ten rows of contact before the real one count, one row does not."""
    i = _landing()
    i[200:210] -= 20e-12
    assert contact(_past(i), 300) == Quality.DOUBLE_CONTACT
    i = _landing()
    i[200] -= 20e-12
    assert contact(_past(i), 300) == GOOD


def test_rows_needed_for_debouncing_are_not_a_second_contact():
    """Contact declared three rows after the first row above the threshold."""
    assert contact(_past(_landing()), 305) == GOOD


def test_overload_and_saturation_are_two_things():
    """What the instrument says and what the numbers show."""
    x = np.linspace(-0.5, 0.5, 50)
    assert electrometer(x, 1.0) == GOOD
    assert electrometer(x, 1.0, np.arange(50) == 7) == Quality.OVERLOAD
    assert electrometer(x, 0.5) == Quality.SATURATION
    assert electrometer(np.array([np.nan, 0.1]), 1.0) == GOOD


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), max_size=60))
def test_the_longest_run_is_the_longest(mask):
    """Against counting by hand."""
    best = run = 0
    for m in mask:
        run = run + 1 if m else 0
        best = max(best, run)
    assert longest_run(np.array(mask, bool)) == best


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_hum_is_measured_on_top_of_a_transient(mains):
    """1.5 mV before averaging, on a falling potential with 1 mV noise: back within 10 %."""
    t = ROW * np.arange(2000)
    seen = 1.5e-3 * np.sinc(mains * AVERAGE) * np.sin(2 * math.pi * mains * t + 0.7)
    e = 0.4 * np.exp(-t / 0.6) + 1e-3 * np.random.default_rng(1).standard_normal(t.size) + seen
    amplitude = hum(e, ROW, mains, AVERAGE)
    assert amplitude.value == pytest.approx(1.5e-3, rel=0.1)
    assert amplitude.value == pytest.approx(1.5e-3, abs=4 * amplitude.error)
    assert hum_gate(amplitude, 1e-3) == Quality.HUM
    assert hum_gate(amplitude, 2e-3) == GOOD


def test_50_and_60_hertz_are_not_mixed_up():
    """Hum at 50 Hz has next to nothing at 60 Hz, in two seconds of rows."""
    x = np.sin(2 * math.pi * 50.0 * ROW * np.arange(800))
    assert hum(x, ROW, 60.0).value < 0.05
    assert hum(x, ROW, 50.0, averaging=0.0).value == pytest.approx(1.0, rel=0.02)


def test_the_stated_error_of_the_hum_is_the_real_one():
    """Deviation over stated error scatters by one."""
    rng = np.random.default_rng(2)
    wave = 0.5 * np.sin(2 * math.pi * 50.0 * ROW * np.arange(800))
    found = [hum(wave + rng.standard_normal(800), ROW, averaging=0.0) for _ in range(200)]
    pull = [(f.value - 0.5) / f.error for f in found]
    assert 0.8 < np.std(pull) < 1.2
    assert abs(np.mean(pull)) < 0.4


def test_hum_that_cannot_be_seen_is_not_reported():
    """Averaged away over a whole period; beyond the visible range; too short; with gaps."""
    x = np.random.default_rng(3).standard_normal(800)
    assert hum(x, 5.13e-3, 50.0, averaging=20e-3).status is Status.UNDEFINED
    assert hum(x, 20e-3, 50.0).status is Status.UNDEFINED
    assert hum(x[:40], ROW).status is Status.TOO_SHORT
    assert hum(np.where(x > 2, np.nan, x), ROW).status is Status.NOT_MEASURED
    assert hum_gate(Value.none(Status.TOO_SHORT), 0.0) == GOOD


def test_noise_is_not_hum():
    """White noise of the size of the limit raises no flag."""
    rng = np.random.default_rng(4)
    flags = [hum_gate(hum(1e-3 * rng.standard_normal(1000), ROW), 0.3e-3) for _ in range(50)]
    assert set(flags) == {GOOD}


def test_early_contact_is_above_the_plane_a_hole_is_not():
    """A particle of 50 nm and a hole of 50 nm: both outliers, one early."""
    y, x = np.divmod(np.arange(49), 7) * np.array([[11e-6]])
    z = 1e-9 * np.random.default_rng(5).standard_normal(49)
    z[10] += 50e-9
    z[30] -= 50e-9
    top = level(x, y, z)
    assert top.outlier[[10, 30]].all()
    assert early(top.residual, top.outlier)[10]
    assert not early(top.residual, top.outlier)[30]


def test_drift_adds_up_over_the_measurement():
    """30 nm a minute is too much for 60 s and 20 nm, not for 15 s; an unknown is not judged."""
    rate = Value(-30e-9 / 60, 1e-12)
    assert drift(rate, 60.0, 20e-9) == Quality.DRIFT
    assert drift(rate, 15.0, 20e-9) == GOOD
    assert drift(Value.none(Status.NOT_MEASURED), 60.0, 0.0) == GOOD
    assert drift(Value(1.0, 0.0, Status.DRIFT_CONFOUNDED), 60.0, 0.0) == GOOD


def test_every_flag_speaks_and_keeps_its_bit():
    """Bits in files never move, nor is the spent one used; combined flags list their reasons."""
    assert [int(q) for q in Quality] == [1 << k for k in range(14) if k != 6]
    assert all(len(q.labels) == 1 for q in Quality)
    assert len((Quality.HUM | Quality.DRIFT).labels) == 2
    assert GOOD.labels == ()
