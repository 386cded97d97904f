"""Repetitions, censored times, trends and covariates against closed forms and SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from seccm.analysis.statistics import (
    covariates,
    hodges_lehmann,
    power_law,
    r_squared_interval,
    summary,
    survival,
    trend,
)
from seccm.results import Status


def test_summary_of_a_known_sample():
    """Median, spread and Hodges-Lehmann of 1 to 9 and one wild value."""
    v = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 90, math.nan])
    s = summary(v, n_censored=1)
    assert (s.n, s.n_censored, s.median, s.mad) == (9, 1, 5.0, 2.0)
    pairs = [(a + b) / 2 for k, a in enumerate(v[:9]) for b in v[k:9]]
    assert s.centre.value == np.median(pairs)
    assert s.sd == pytest.approx(np.std(v[:9], ddof=1))
    assert s.interval.low < s.centre.value < s.interval.high < 60


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """200 samples of 8 from a normal distribution: the 95 % interval holds 0 in most."""
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((60, 8))
    hits = [s.interval.low < 0 < s.interval.high for s in map(summary, samples)]
    assert np.mean(hits) > 0.8  # a bootstrap of eight is known to fall a little short of 0.95


def test_the_interval_is_that_of_scipy():
    """A skewed sample: both ends within the scatter of the resampling."""
    v = np.random.default_rng(4).exponential(1.0, 12)
    ours = summary(v).interval
    ci = stats.bootstrap((v,), hodges_lehmann, vectorized=True, method="BCa", rng=1)
    low, high = ci.confidence_interval
    width = high - low
    assert ours.low == pytest.approx(low, abs=0.04 * width)
    assert ours.high == pytest.approx(high, abs=0.04 * width)


def test_small_and_constant_samples_have_no_invented_spread():
    """Below five no interval; identical values one of no width; nothing at all, a reason."""
    assert math.isnan(summary(np.array([1.0, 2.0, 3.0, 4.0])).interval.low)
    s = summary(np.full(6, 2.5))
    assert (s.interval.low, s.interval.high, s.centre.error) == (2.5, 2.5, 0.0)
    assert summary(np.array([math.nan])).centre.status is Status.NOT_MEASURED


@settings(max_examples=15, deadline=None)
@given(
    v=st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=12),
    seed=st.integers(0, 99),
    shift=st.floats(-10, 10),
)
def test_the_order_of_the_sites_does_not_matter_and_a_shift_shifts(v, seed, shift):
    """Permuted repetitions give the same summary to the last bit; a shift moves the centre."""
    a = np.array(v)
    assert summary(a) == summary(np.random.default_rng(seed).permutation(a))
    assert summary(a + shift).centre.value == pytest.approx(summary(a).centre.value + shift)


@pytest.mark.parametrize("scale", [1e-320, 1e-110, 1e-60, 1e60])
def test_the_unit_of_the_values_does_not_matter(scale):
    """Third powers of small numbers vanish; the interval must not depend on that."""
    v = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 5.0])
    one, scaled = summary(v), summary(v * scale)
    assert scaled.interval.low == pytest.approx(one.interval.low * scale, rel=1e-3)
    assert scaled.interval.high == pytest.approx(one.interval.high * scale, rel=1e-3)


def test_hodges_lehmann_works_along_an_axis():
    """A stack of samples gives the estimates of its rows."""
    v = np.random.default_rng(1).standard_normal((4, 7))
    assert hodges_lehmann(v) == pytest.approx([float(hodges_lehmann(row)) for row in v])
    assert hodges_lehmann(v.T, axis=0) == pytest.approx(hodges_lehmann(v))


# Freireich's leukaemia remission times (weeks), the textbook example of Kaplan and Meier.
REMISSION = np.array(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], float
)
CENSORED = np.array([0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1], bool)


def test_survival_of_the_textbook_sample():
    """Median remission 23 weeks, as published."""
    s = survival(REMISSION, CENSORED)
    assert (s.n, s.n_censored) == (21, 12)
    assert s.median.value == 23.0
    assert s.interval.low == 13.0
    assert s.interval.high == math.inf


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
def test_survival_agrees_with_scipy():
    """Restricted mean is the area under SciPy's product-limit curve; bounds cross where its do."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        event, limit = rng.exponential(1.0, 40), rng.uniform(0.2, 3.0, 40)
        t, late = np.minimum(event, limit), event > limit
        sf = stats.ecdf(stats.CensoredData(uncensored=t[~late], right=t[late])).sf
        grid = np.linspace(0.0, t.max(), 200001)[:-1]
        area = float(np.mean(sf.evaluate(grid))) * t.max()
        s = survival(t, late)
        assert s.restricted_mean.value == pytest.approx(area, rel=1e-4)
        assert sf.evaluate(s.median.value) <= 0.5 < sf.evaluate(s.median.value * (1 - 1e-9))
        with np.errstate(divide="ignore", invalid="ignore"):
            low = sf.confidence_interval(method="log-log").low
        assert low.evaluate(s.interval.low) <= 0.5 < low.evaluate(s.interval.low * (1 - 1e-9))


def test_without_censoring_the_restricted_mean_is_the_mean():
    """And its error is the standard deviation over the root of n (with n, not n - 1)."""
    t = np.random.default_rng(6).exponential(2.0, 30)
    s = survival(t, np.zeros(30, bool))
    assert s.restricted_mean.value == pytest.approx(t.mean())
    assert s.restricted_mean.error == pytest.approx(t.std() / math.sqrt(30))


def test_dropping_censored_records_would_be_too_early():
    """True median 10 ln 2 s, records of 8 s: the estimate stays unbiased."""
    event = np.random.default_rng(7).exponential(10.0, 2000)
    t, late = np.minimum(event, 8.0), event > 8.0
    s = survival(t, late)
    assert s.median.value == pytest.approx(10 * math.log(2), abs=3 * s.median.error)
    assert np.median(t[~late]) < 0.6 * 10 * math.log(2)


def test_a_median_that_was_not_reached_is_not_a_number():
    """Two thirds censored: no median, but a bound; all censored: neither."""
    t = np.array([1.0, 2.0, 5.0, 5.0, 5.0, 5.0])
    late = np.array([False, False, True, True, True, True])
    assert survival(t, late).median.status is Status.NOT_REACHED
    assert survival(t, late).restricted_mean.value == pytest.approx((1 + 2 + 4 * 5) / 6)
    assert survival(t, late, horizon=9.0).restricted_mean.status is Status.NOT_REACHED
    assert survival(t, np.ones(6, bool)).median.status is Status.NOT_REACHED
    assert survival(np.array([math.nan]), np.array([True])).median.status is Status.NOT_MEASURED


def test_a_trend_is_not_bent_by_one_bad_condition():
    """E_nuc against log10 j: -100 mV a decade, one value off by half a volt."""
    j = np.array([0.22, 0.39, 0.58, 0.82, 1.15, 1.78, 2.30, 2.92])
    e = -0.14 - 0.100 * np.log10(j)
    e[3] += 0.5
    line = trend(np.log10(j), e)
    assert line.slope.value == pytest.approx(-0.100, abs=1e-9)
    assert line.intercept == pytest.approx(-0.14, abs=0.02)


def test_power_law_finds_the_exponent():
    """N = 3 j^0.28; values without a logarithm are left out and not counted."""
    j = np.array([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, -1.0])
    line = power_law(j, 3 * np.abs(j) ** 0.28)
    assert line.slope.value == pytest.approx(0.28)
    assert math.exp(line.intercept) == pytest.approx(3.0)
    assert line.n == 6
    assert power_law(j[:2], j[:2]).slope.status is Status.TOO_FEW
    assert trend(np.ones(5), np.arange(5.0)).slope.status is Status.UNDEFINED


def test_r_squared_interval_of_the_published_formula():
    """Standard errors 0.00732 (R2 0.98) and 0.1390 (R2 0.42) for 21 points."""
    t = stats.t.ppf(0.975, 19)
    for r2, error in ((0.98, 0.00732), (0.42, 0.1390)):
        symmetric, fisher = r_squared_interval(r2, 21)
        assert (symmetric.high - symmetric.low) / 2 / t == pytest.approx(error, abs=1e-4)
        assert 0.0 <= fisher.low < r2 < fisher.high <= 1.0


def test_fisher_interval_agrees_with_scipy_and_stays_inside():
    """SciPy's interval of r, squared; the symmetric one leaves [0, 1] where Fisher's does not."""
    rng = np.random.default_rng(8)
    x = rng.standard_normal(21)
    y = x + 0.5 * rng.standard_normal(21)
    result = stats.pearsonr(x, y)
    ci = result.confidence_interval(0.95)
    _, fisher = r_squared_interval(float(result.statistic) ** 2, 21)
    assert (fisher.low, fisher.high) == pytest.approx((ci.low**2, ci.high**2), rel=1e-6)
    symmetric, fisher = r_squared_interval(0.05, 10)
    assert symmetric.low < 0.0 <= fisher.low
    assert math.isnan(r_squared_interval(1.2, 10)[0].low)
    assert math.isnan(r_squared_interval(0.5, 2)[0].low)


def test_a_feature_that_ages_with_the_run_is_suspicious():
    """Slow fouling shows against run order, not against x or y; the condition does not count."""
    rng = np.random.default_rng(9)
    order = np.arange(64.0)
    condition = rng.permutation(64) % 8
    feature = 0.02 * condition + 2e-4 * order + 1e-3 * rng.standard_normal(64)
    x, y = rng.permutation(64) % 8 * 1.0, rng.permutation(64) // 8 * 1.0
    found = {c.name: c for c in covariates(feature, {"order": order, "x": x, "y": y}, condition)}
    assert found["order"].suspicious
    assert not found["x"].suspicious
    assert not found["y"].suspicious


def test_false_alarms_stay_below_the_limit_for_all_tests_together():
    """Nothing to find, four covariates at once: about one alarm in twenty screens or fewer."""
    rng = np.random.default_rng(10)
    alarms = 0
    for _ in range(100):
        feature = rng.standard_normal(30)
        names = {name: rng.standard_normal(30) for name in "abcd"}
        alarms += any(c.suspicious for c in covariates(feature, names))
    assert alarms <= 12


def test_a_constant_covariate_is_not_tested():
    """A line of sites has no y to correlate with."""
    (c,) = covariates(np.arange(8.0), {"y": np.zeros(8)})
    assert math.isnan(c.rho)
    assert not c.suspicious
