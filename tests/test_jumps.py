"""A record that jumps, or stands still, was moved by an instrument: its numbers say so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_records import ROW, analysed, record
from planted import FAST, MIDDLE, SLOW
from test_evidence import couple_site

from seccm.analysis.galvanostatic import nucleation
from seccm.analysis.jumps import WIDTH, StuckWatch, steps, stuck
from seccm.results import Status

OF_WAVE = ("E_half", "i_lim", "tomes")


@settings(max_examples=50, deadline=None)
@given(a=st.floats(-1, 1), b=st.floats(2, 3), c=st.floats(-1, 1), height=st.floats(0, 10))
def test_a_step_on_a_bent_course_is_read_exactly_and_the_course_has_none(a, b, c, height):
    x = np.linspace(-1.0, 1.0, 200)
    course = a + b * x + c * x**2
    assert np.max(np.abs(steps(course))) < 1e-9
    found = steps(course + height * (np.arange(200) >= 90))
    assert found[90 - 2 * WIDTH] == pytest.approx(height, abs=1e-9)


def test_one_row_that_is_off_is_no_step():
    y = np.zeros(100)
    y[50] = 1000.0
    assert not steps(y).any()
    assert steps(np.zeros(4 * WIDTH - 1)).size == 0


@pytest.mark.parametrize("first", [0, 40, 90])
def test_rows_that_repeat_one_number_are_found_and_no_others(first):
    y = np.random.default_rng(1).standard_normal(100)
    y[first : first + 10] = 0.5
    assert np.flatnonzero(stuck(y)).tolist() == list(range(first, first + 10))


def test_a_record_without_noise_or_with_coarse_numbers_stands_nowhere_still():
    assert not stuck(np.ones(50)).any()
    assert not stuck(np.round(np.random.default_rng(2).standard_normal(500))).any()


# ------------------------------------------------------------------------------------ sweeps


def swept(change_e=None, change_i=None, kind="lsv"):
    plan, [(e, i)] = couple_site(kind)
    e = e + 1e-4 * np.random.default_rng(7).standard_normal(e.size)
    e = e if change_e is None else change_e(e)
    i = i if change_i is None else change_i(i)
    return analysed(plan, record(plan, [(e, i)])).features


@pytest.mark.parametrize("kind", ["lsv", "cv"])
def test_a_clean_sweep_does_not_jump(kind):
    found = swept(kind=kind)
    assert all(Status(found[name][2]).trusted for name in OF_WAVE)


@pytest.mark.parametrize("at", [0.25, 0.4, 0.6, 0.8])
@pytest.mark.parametrize("height", [0.2, -0.2, 1.0])
def test_a_current_that_jumps_within_a_sweep_is_no_wave_without_a_caveat(at, height):
    def jumped(i):
        return i + height * 1e-11 * (np.arange(i.size) > at * i.size)

    assert not any(Status(swept(change_i=jumped)[name][2]).trusted for name in OF_WAVE)


@pytest.mark.parametrize("at", [0.25, 0.4, 0.6, 0.8])
@pytest.mark.parametrize("shift", [0.01, -0.01, 0.05])
def test_a_reference_that_slips_within_a_sweep_leaves_no_clean_potential(at, shift):
    def slipped(e):
        return e + shift * (np.arange(e.size) > at * e.size)

    assert not any(Status(swept(change_e=slipped)[name][2]).trusted for name in OF_WAVE)


@pytest.mark.parametrize("kind", ["lsv", "cv"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_clipped_current_is_saturated_whether_or_not_the_rig_says_so(share, kind):
    found = swept(change_i=lambda i: np.minimum(i, i.min() + share * np.ptp(i)), kind=kind)
    for name in OF_WAVE:
        assert not Status(found[name][2]).trusted
        assert Status(found[name][2]) in (Status.SATURATED, Status.NO_WAVE, Status.NOT_FOUND)


def test_rows_that_repeat_in_the_middle_of_the_range_are_a_gap():
    def frozen(i):
        i = i.copy()
        i[600:700] = i[600]
        return i

    assert Status(swept(change_i=frozen)["i_lim"][2]) is Status.GAP


# ------------------------------------------------------------------------------- nucleation


@pytest.mark.parametrize("planted", [SLOW, MIDDLE, FAST], ids=["slow", "middle", "fast"])
@pytest.mark.parametrize("place", [-0.07, -0.04, 0.04, 0.07])
@pytest.mark.parametrize("height", [0.03, -0.03])
@pytest.mark.parametrize("rows", [20, 60, 10_000])
def test_what_jumps_beside_the_turning_point_leaves_no_clean_number(planted, place, height, rows):
    """Where the potential moves fast by itself, too: a jump is told by its suddenness."""
    t, e, i = planted.record(3e-4, 6)
    true, potential = planted.minimum()
    start = int(true * (1.0 + place) / ROW)
    e[start : start + rows] += height
    n = nucleation(t, e, i)
    right = abs(n.e_nuc.value - potential) < max(1e-3, 3.0 * n.e_nuc.error)
    right &= abs(n.t_nuc.value - true) < max(0.02 * true, 3.0 * n.t_nuc.error)
    assert right or not n.e_nuc.status.trusted


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    noisy=st.booleans(),
    runs=st.lists(st.tuples(st.integers(0, 280), st.integers(2, 20), st.booleans()), max_size=3),
    size=st.integers(1, 300),
)
def test_rows_that_are_stuck_within_the_record_are_told_as_they_come(seed, noisy, runs, size):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(300) if noisy else rng.integers(0, 5, 300).astype(float)
    measured = np.ones(300, bool)
    for first, length, over in runs:
        y[first : first + length] = y[first]
        measured[first : first + length] &= not over
    watch = StuckWatch()
    for k in range(0, 300, size):
        watch.feed(y[k : k + size], measured[k : k + size])
    watch.finish()
    within = stuck(y) & (y != y.max()) & (y != y.min())
    assert watch.within == bool((within & measured).any())
