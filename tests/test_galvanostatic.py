"""The nucleation analysis finds what was planted, invents nothing, and survives any record."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import FAST, MIDDLE, ROW, SLOW

from seccm.analysis.galvanostatic import charge, nucleation
from seccm.results import Status, Value

ALL = pytest.mark.parametrize("planted", [SLOW, MIDDLE, FAST], ids=["slow", "middle", "fast"])


@ALL
def test_recovers_the_planted_minimum_without_bias(planted):
    """At 1 mV noise: every E_nuc within 2 mV; t_nuc within one row of 2.57 ms on average."""
    t_true, e_true = planted.minimum()
    found = [nucleation(*planted.record(1e-3, seed)) for seed in range(120)]
    assert {f.status for f in found} == {Status.OK}
    assert max(abs(f.e_nuc.value - e_true) for f in found) < 2e-3
    t = np.array([f.t_nuc.value for f in found])
    assert abs(t.mean() - t_true) < ROW + 2 * t.std() / np.sqrt(t.size)


def test_single_records_are_as_precise_as_the_noise_allows():
    """Error of one record at 0.2 mV: below one row where the minimum is sharp.

    The bound of Cramer and Rao for a record whose shape is known exactly is 0.4 rows of the slow
    one at 1 mV; without that knowledge a few rows remain, and the stated error says so.
    """
    for planted, rows in ((FAST, 1.0), (MIDDLE, 1.0), (SLOW, 2.0)):
        t_true, _ = planted.minimum()
        error = [nucleation(*planted.record(2e-4, s)).t_nuc.value - t_true for s in range(40)]
        assert np.sqrt(np.mean(np.square(error))) < rows * ROW


@ALL
@pytest.mark.parametrize("noise", [2e-4, 1e-3, 3e-3])
def test_the_stated_errors_cover_the_real_ones(planted, noise):
    """Never boastful; and timid only by what a step could hide in the noise: some of its rows."""
    t_true, e_true = planted.minimum()
    found = [nucleation(*planted.record(noise, 100 + s)) for s in range(40)]
    pull_t = [(f.t_nuc.value - t_true) / f.t_nuc.error for f in found]
    pull_e = [(f.e_nuc.value - e_true) / f.e_nuc.error for f in found]
    assert np.sqrt(np.mean(np.square(pull_t))) < 2.0
    assert np.sqrt(np.mean(np.square(pull_e))) < 2.0
    assert np.median([f.e_nuc.error for f in found]) < 5.0 * noise + 0.3e-3
    assert np.median([f.t_nuc.error for f in found]) < 0.03 * t_true


def test_charge_overpotential_and_growth_of_a_clean_record():
    """Q = I t exactly for a constant current; growth at the level the record recovers to."""
    t_true, _ = MIDDLE.minimum()
    t, e, i = MIDDLE.record(0.0, 0)
    area, area_error = 385e-12, 20e-12
    f = nucleation(t, e, i, area, area_error)
    assert f.q_nuc.value == pytest.approx(15e-9 * f.t_nuc.value, rel=1e-9)
    assert f.q_nuc_per_area.value == pytest.approx(f.q_nuc.value / area, rel=1e-12)
    assert f.q_nuc_per_area.error >= f.q_nuc_per_area.value * area_error / area
    assert f.t_nuc.value == pytest.approx(t_true, abs=ROW / 2)
    assert f.overpotential.value == pytest.approx(f.e_growth.value - f.e_nuc.value)
    assert f.e_growth.value == pytest.approx(float(np.median(e[-e.size // 10 :])), abs=1e-4)
    assert f.t_end == t[-1]
    assert f.q_end == pytest.approx(15e-9 * t[-1])


def test_growth_potential_says_how_it_was_taken():
    """A hump, a level end and a moving end are told apart."""
    assert nucleation(*FAST.record(3e-4, 1)).e_growth.status is Status.LOCAL_MAX
    level = replace(SLOW, recovering=(-0.01, 0.05, 0.25, 0.0))
    assert nucleation(*level.record(3e-4, 1)).e_growth.status is Status.PLATEAU
    moving = replace(SLOW, recovering=(-0.01, 0.05, 0.25, -0.01))
    f = nucleation(*moving.record(3e-4, 1))
    assert f.e_growth.status is Status.DRIFTING
    assert f.growth_slope == pytest.approx(0.01 * 57.0 / 17.0, rel=0.1)  # dE/du = 0.01, u = 57/17


def test_late_depletion_is_not_the_nucleation():
    """The lowest sample of the fastest record is its last; the minimum is a second before."""
    t, e, i = FAST.record(1e-3, 4)
    f = nucleation(t, e, i)
    assert t[np.argmin(e)] > 2.9
    assert f.t_nuc.value == pytest.approx(FAST.minimum()[0], abs=4 * ROW)
    assert f.e_lowest < f.e_nuc.value - 0.05


def test_a_recovery_of_25_mV_is_enough():
    """A prominence of 50 mV would miss the fastest record; the recovery does not."""
    t, e, i = FAST.record(1e-3, 5)
    f = nucleation(t, e, i)
    assert 0.005 < f.overpotential.value < 0.050
    assert f.status is Status.OK


def test_an_early_minimum_of_a_long_record_is_not_smoothed_away():
    """Nucleation after 0.79 s in a record of 60 s, where 3 % of the record is 1.8 s."""
    long = replace(FAST, end=60.0, recovering=(-0.187, 0.1044, 0.52, 0.0))
    f = nucleation(*long.record(1e-3, 2))
    assert f.t_nuc.value == pytest.approx(long.minimum()[0], abs=6 * ROW)


def _monotone(n):
    t = ROW * np.arange(1, n + 1)
    u = t / t[-1]
    return t, [
        1.8 * np.exp(-u / 0.02) + 0.1,
        0.3 - 0.1 * np.log(u / 0.01),
        0.9 - u,
        1.5 * np.exp(-u / 0.003) + 0.6 * np.exp(-u / 0.1) + 0.05 - 0.1 * u,
    ]


@pytest.mark.parametrize("noise", [0.0, 3e-4, 1e-3, 3e-3])
def test_no_minimum_is_invented_on_a_falling_record(noise):
    """240 falling records at each noise up to 3 mV, flat ends included, seeded: none turns."""
    rng = np.random.default_rng(7)
    for n in (300, 1167, 5837):
        t, curves = _monotone(n)
        for e in curves:
            for _ in range(20):
                noisy = e + noise * rng.standard_normal(n)
                assert nucleation(t, noisy, np.full(n, -1e-9)).status is Status.NO_MINIMUM


def test_a_record_without_a_minimum_is_censored_not_missing():
    """It says until when, and to which charge, nothing had happened."""
    t, curves = _monotone(1000)
    f = nucleation(t, curves[2], np.full(1000, -2e-9))
    assert f.status.censored
    assert math.isnan(f.t_nuc.value)
    assert f.t_end == t[-1]
    assert f.q_end == pytest.approx(2e-9 * t[-1])
    assert f.e_lowest == pytest.approx(-0.1, abs=0.02)


def test_every_refusal_has_its_reason():
    """Each kind of unusable record gives NaN and the word for it."""
    t, e, i = FAST.record(1e-3, 0)
    n = t.size
    over = np.zeros(n, bool)
    over[200:] = True  # contact lost 0.5 s after it was made
    cases = [
        (t, np.full(n, 10.0), i, None, Status.NO_MINIMUM),
        (t, e, i, np.ones(n, bool), Status.OVERLOAD),
        (t, e, i, over, Status.OVERLOAD),
        (t[:20], e[:20], i[:20], None, Status.TOO_SHORT),
        (t, np.full(n, np.nan), i, None, Status.NOT_MEASURED),
        (t[:0], e[:0], i[:0], None, Status.NOT_MEASURED),
        (np.zeros(n), e, i, None, Status.UNDEFINED),
        (t, np.zeros(n), i, None, Status.NO_MINIMUM),
    ]
    for tt, ee, ii, oo, status in cases:
        f = nucleation(tt, ee, ii, overload=oo)
        assert f.status is status
        assert math.isnan(f.e_nuc.value)
    assert nucleation(t, e, i, overload=over).t_end == t[199]


def test_a_record_that_starts_after_the_minimum_is_at_the_edge():
    """What was not bracketed is not passed off as measured."""
    t, e, i = MIDDLE.record(2e-4, 3)
    late = t > MIDDLE.minimum()[0] + 0.02
    assert not nucleation(t[late], e[late], i[late]).status.trusted


def test_a_second_minimum_is_reported_and_the_first_kept():
    """Two wells, both slow: the first is nucleation, the status mentions the other."""
    t, e, i = MIDDLE.record(5e-4, 1)
    second = e - 0.08 * np.exp(-(((t - 10.0) / 1.5) ** 2))
    f = nucleation(t, second, i)
    assert f.status is Status.MULTIPLE
    assert f.t_nuc.value == pytest.approx(MIDDLE.minimum()[0], abs=6 * ROW)


def test_lost_rows_cost_little():
    """One row in twenty missing (NaN) shifts the result by less than its error."""
    t, e, i = MIDDLE.record(5e-4, 9)
    whole = nucleation(t, e, i)
    e[::20] = np.nan
    holed = nucleation(t, e, i)
    assert abs(holed.t_nuc.value - whole.t_nuc.value) < 2 * whole.t_nuc.error


@settings(max_examples=25, deadline=None)
@given(offset=st.floats(-2.0, 2.0), seed=st.integers(0, 1000))
def test_an_offset_of_the_reference_shifts_the_potential_and_nothing_else(offset, seed):
    """E_nuc moves by the offset; t_nuc and the overpotential stay."""
    t, e, i = FAST.record(1e-3, seed)
    a, b = nucleation(t, e, i), nucleation(t, e + offset, i)
    assert b.e_nuc.value - a.e_nuc.value == pytest.approx(offset, abs=1e-9)
    assert b.t_nuc.value == pytest.approx(a.t_nuc.value, abs=1e-6)
    assert b.overpotential.value == pytest.approx(a.overpotential.value, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(0.05, 20.0), seed=st.integers(0, 1000))
def test_time_scales(scale, seed):
    """The same rows played faster or slower: times and charges scale, potentials stay."""
    t, e, i = FAST.record(1e-3, seed)
    a, b = nucleation(t, e, i), nucleation(scale * t, e, i)
    assert b.t_nuc.value == pytest.approx(scale * a.t_nuc.value, rel=1e-6)
    assert b.t_nuc.error == pytest.approx(scale * a.t_nuc.error, rel=1e-6)
    assert b.q_nuc.value == pytest.approx(scale * a.q_nuc.value, rel=1e-6)
    assert b.e_nuc.value == pytest.approx(a.e_nuc.value, abs=1e-9)


_any = st.floats(allow_nan=True, allow_infinity=True, width=32)


@settings(max_examples=150, deadline=None)
@given(
    e=st.lists(st.one_of(_any, st.floats(-1, 2)), max_size=120),
    step=st.sampled_from([0.0, 1e-9, ROW, 1.0]),
)
def test_no_record_whatsoever_raises(e, step):
    """Rubbish in, a status out; a number comes only with a status that allows it."""
    potential = np.array(e, float)
    t = step * np.arange(potential.size)
    f = nucleation(t, potential, np.full(t.size, -1e-9), 1e-10)
    for value in (f.e_nuc, f.t_nuc, f.q_nuc, f.q_nuc_per_area, f.e_growth, f.overpotential):
        assert value.status.has_value == math.isfinite(value.value)


def test_charge_of_a_ramp_is_exact():
    """A row is the mean of the time before its stamp: rows times their length are the integral."""
    t = np.linspace(0.0, 2.0, 11)
    mean_of_row = 3e-9 * (t - 0.1)
    assert charge(t, mean_of_row) == pytest.approx(1.5e-9 * t**2)
    assert charge(t[1:], mean_of_row[1:]) == pytest.approx(1.5e-9 * t[1:] ** 2)
    assert charge(t[:0], t[:0]).size == 0


def test_the_charge_of_a_row_that_began_before_contact_is_that_after_it():
    t = np.array([0.1, 0.3, 0.5])
    assert charge(t, np.full(3, 2e-9)) == pytest.approx(2e-9 * t)


def test_a_number_needs_a_status_that_allows_it():
    """NaN without a reason, and a reason with a number, are both refused."""
    with pytest.raises(ValueError, match="contradicts"):
        Value(math.nan, 0.0)
    with pytest.raises(ValueError, match="contradicts"):
        Value(1.0, 0.0, Status.NO_MINIMUM)
    assert Value.of(math.inf, 1.0).status is Status.UNDEFINED


def test_a_number_with_a_caveat_says_what_it_is():
    """A potential that still drifts, or a turning point at the edge, never stands alone."""
    assert Status.DRIFTING.caveat == "potential at the end of the record, still drifting"
    doubtful = [s for s in Status if s.has_value and not s.trusted]
    assert all(s.caveat for s in doubtful)
    assert not any(s.caveat for s in (Status.OK, Status.PLATEAU, Status.LOCAL_MAX))


def test_what_rests_on_two_numbers_carries_the_worse_caveat():
    """The first of several minima is a good number; the drift of the growth potential stays."""
    assert Status.MULTIPLE.worse(Status.DRIFTING) is Status.DRIFTING
    assert Status.DRIFTING.worse(Status.EDGE) is Status.EDGE
    assert Status.EDGE.worse(Status.NO_MINIMUM) is Status.NO_MINIMUM
    assert Status.OK.worse(Status.PLATEAU) is Status.PLATEAU


def test_status_codes_in_files_keep_their_meaning():
    """Codes once written to a file never move; each has its own plain words."""
    codes = [*range(8), *range(32, 44), *range(45, 53), *range(56, 60), *range(64, 82), 90]
    assert [int(s) for s in Status] == codes
    assert len({s.label for s in Status}) == len(Status)
    assert Status(67) is Status.NO_MINIMUM
