"""What a site is worth: against integrals, and against what it tells once it is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, t

from seccm.factors import Level
from seccm.plan.decision import HALF
from seccm.planners.gaussian_process import Process, Told
from seccm.planners.goals import (
    HARDLY,
    SURE,
    Chance,
    crossing,
    half_width,
    on_scale,
    open_points,
    tells,
    worth,
)
from seccm.planners.kernel import Kernel
from seccm.planners.learning import ABOVE, BELOW, NUMBER, Lesson
from seccm.planners.specs import (
    Explore,
    Goal,
    Learnt,
    Maximum,
    Minimum,
    Reach,
    Scale,
    Stop,
    deviations,
    interval,
)
from seccm.planners.stopping import Ending, Standing

Array = npt.NDArray[np.float64]
NET = np.linspace(0.0, 1.0, 41)[:, None]
REACH = Reach(value=Level(0.3, "V"))
GOALS: tuple[Goal, ...] = (Explore(), REACH, Maximum(), Minimum())
OF, TIME = Learnt(result="E_nuc"), Learnt(result="t_nuc")
SURELY = Chance(NET, np.ones(len(NET), bool))


@dataclass
class Known:
    """A model whose suppositions are given: one process, in the unit of the result."""

    process: Process
    scatter: float = 0.1

    def at(self, points: Array) -> tuple[Array, Array]:
        return self.process.mean(points), np.sqrt(self.process.variance(points))

    def covariance(self, points: Array, others: Array) -> Array:
        return self.process.covariance(points, others)


def known(x: Array, y: Array, scatter: float = 0.1) -> Any:
    """What some sites say, if the kernel is known."""
    nothing = np.zeros(len(x))
    told = Told(x.reshape(-1, 1), y, nothing, nothing)
    return Known(Process(Kernel(1.0, (0.3,)), scatter, told), scatter)


X, Y = np.array([0.05, 0.3, 0.55, 0.9]), np.array([0.2, 0.9, 0.4, -0.1])
MODEL = known(X, Y)


def worths(goal: Goal, model: Any = MODEL, chance: Chance = SURELY, target: float = 0.3) -> Array:
    """What a site at each point of the net is worth."""
    return worth(goal, target, [model], chance, NET, NET)


# Closed forms


@pytest.mark.parametrize(("goal", "sign"), [(Maximum(), 1.0), (Minimum(), -1.0)])
def test_the_gain_that_is_expected_is_the_integral_of_what_may_be_gained(
    goal: Goal, sign: float
) -> None:
    mean, deviation = MODEL.at(NET)
    best = float((sign * mean).max())
    found = worths(goal)
    likely = SURELY.at(NET)
    for k in range(0, len(NET), 8):
        m, s = sign * float(mean[k]), float(deviation[k])
        gain, _ = quad(lambda y, m=m, s=s: (y - best) * norm.pdf(y, m, s), best, m + 12 * s)
        assert found[k] / likely[k] == pytest.approx(gain, rel=1e-6, abs=1e-12)


def test_a_site_tells_as_much_as_the_variance_falls_when_it_is_measured() -> None:
    """Whatever is measured there: the variance of a Gaussian process does not depend on it."""
    before = MODEL.process.variance(NET)
    counts = SURELY.at(NET)
    found = worths(Explore()) / counts
    for k in (0, 7, 20, 33, 40):
        x = np.append(X, NET[k, 0])
        after = known(x, np.append(Y, 5.0)).process.variance(NET)
        fallen = float((before - after) @ counts / (before @ counts))
        assert found[k] == pytest.approx(fallen, rel=1e-6)


def test_a_value_is_looked_for_where_it_may_be_met_and_is_not_known() -> None:
    mean, deviation = MODEL.at(NET)
    expected = deviation**2 * norm.pdf(0.3, mean, np.hypot(deviation, 0.1)) * SURELY.at(NET)
    assert worths(REACH) == pytest.approx(expected, rel=1e-9)
    far = worths(REACH, target=50.0)
    assert far.max() < 1e-6 * worths(REACH).max()


# Symmetries


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.kind)
def test_a_range_that_is_turned_round_gives_the_same_worth_turned_round(goal: Goal) -> None:
    turned = known(1.0 - X, Y)
    assert worths(goal, turned)[::-1] == pytest.approx(worths(goal), rel=1e-6, abs=1e-12)


def test_the_smallest_of_a_result_is_the_largest_of_its_negative() -> None:
    negative = known(X, -Y)
    assert worths(Minimum(), negative) == pytest.approx(worths(Maximum()), rel=1e-9, abs=1e-15)
    one = half_width(Maximum(), 0.0, MODEL, SURELY, NET)
    assert half_width(Minimum(), 0.0, negative, SURELY, NET) == pytest.approx(one)


def test_two_results_are_worth_the_sum_of_both() -> None:
    other = known(X[:2], Y[:2])
    both = worth(Explore(), 0.0, [MODEL, other], SURELY, NET, NET)
    assert both == pytest.approx(worths(Explore()) + worths(Explore(), other))


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.kind)
def test_the_worth_is_a_number_and_never_below_zero(goal: Goal) -> None:
    """Also where sites repeat without any scatter, so that nothing is left to learn."""
    exact = known(np.repeat(X, 3), np.repeat(Y, 3), scatter=1e-6)
    for model in (MODEL, exact):
        found = worths(goal, model)
        assert np.isfinite(found).all()
        assert (found >= 0.0).all()
    assert worths(goal, exact)[2] < worths(goal, exact).max(), "X[0] is known"


# Where an end by uncertainty is asked for


@given(st.floats(0.01, 2.0))
@settings(max_examples=20)
def test_the_run_ends_exactly_when_no_point_is_left_that_counts(aim: float) -> None:
    """What is chosen and when it ends ask for the same; also where half of the range is silent."""
    silent = Chance(np.repeat(NET, 9, axis=0), np.repeat(NET[:, 0] >= 0.5, 9))
    for chance in (SURELY, silent):
        there = chance.at(NET) > 0.5
        half, place = half_width(Explore(), 0.0, MODEL, chance, NET)
        left = open_points(MODEL, chance, NET, aim)
        if half > aim:
            assert left[place]
            assert not left[~there].any()
            assert (SURE * MODEL.at(NET)[1][left] > aim).all()
            assert (SURE * MODEL.at(NET)[1][there & ~left] <= aim).all()
        else:
            assert left.all()
    assert open_points(MODEL, SURELY, NET, None).all()


def test_only_what_is_not_known_well_enough_draws_a_site_to_it() -> None:
    """All but one end of the range is known: a mean would still send sites to its middle."""
    x = np.repeat([0.05, 0.3, 0.55], 4)
    model = known(x, np.zeros(len(x)), scatter=0.3)
    deviation = SURE * model.at(NET)[1]
    aim = float(np.quantile(deviation, 0.95))
    left = open_points(model, SURELY, NET, aim)
    assert NET[left].min() > 0.9
    targeted = worth(Explore(), 0.0, [model], SURELY, NET, NET, aim)
    assert NET[targeted.argmax(), 0] > 0.8
    at = int(targeted.argmax())
    more = known(np.append(x, NET[at, 0]), np.zeros(len(x) + 1), scatter=0.3)
    assert SURE * more.at(NET)[1].max() < 0.8 * deviation.max()


def test_an_end_asks_for_the_first_result_alone() -> None:
    """The others are to be known everywhere, whether the first is known or not."""
    other = known(X[:2], Y[:2])
    deviation = SURE * MODEL.at(NET)[1]
    aim = float(np.quantile(deviation, 0.9))
    both = worth(Explore(), 0.0, [MODEL, other], SURELY, NET, NET, aim)
    first = worth(Explore(), 0.0, [MODEL], SURELY, NET, NET, aim)
    assert both == pytest.approx(first + worths(Explore(), other))


# Where sites give no number


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(0, 99))
@settings(max_examples=20)
def test_a_chance_is_between_nothing_and_certainty(yielded: list[bool], seed: int) -> None:
    points = np.random.default_rng(seed).random((len(yielded), 2))
    chance = Chance(points, np.array(yielded))
    found = chance.at(np.random.default_rng(seed + 1).random((30, 2)))
    assert (found > 0.0).all()
    assert (found <= 1.0 + 1e-12).all()
    if all(yielded):
        assert found == pytest.approx(1.0)


def test_one_failure_more_lowers_the_chance_and_one_number_more_raises_it() -> None:
    at = np.array([[0.5]])
    found = [
        float(Chance(np.full((k + 3, 1), 0.5), np.arange(k + 3) >= k).at(at)[0]) for k in range(6)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] == 1.0
    assert found[3] == pytest.approx(3.5 / 6.5), "and half of one that gave a number"


def test_far_from_every_failure_a_site_is_as_likely_to_tell_as_ever() -> None:
    chance = Chance(np.zeros((9, 1)), np.zeros(9, bool))
    assert chance.at(np.array([[1.0]]))[0] == pytest.approx(1.0)
    assert chance.at(np.zeros((1, 1)))[0] == pytest.approx(0.5 / 9.5)


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.kind)
def test_no_site_is_spent_where_it_hardly_tells_while_there_is_another(goal: Goal) -> None:
    low = NET[:, 0] < 0.45
    chance = Chance(np.repeat(NET, 5, axis=0), np.repeat(~low, 5))
    found = worths(goal, chance=chance)
    assert chance.at(NET[found.argmax()][None])[0] > 0.5
    hardly = chance.at(NET) < 0.5
    assert found[hardly].max() <= 2.0 * HARDLY * worths(goal).max()


# Half the width of the interval


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.kind)
def test_the_width_is_that_at_the_place_the_goal_is_about(goal: Goal) -> None:
    mean, deviation = MODEL.at(NET)
    half, place = half_width(goal, 0.3, MODEL, SURELY, NET)
    assert half == pytest.approx(1.96 * deviation[place]) == pytest.approx(SURE * deviation[place])
    wanted = {
        "explore": deviation.max() == deviation[place],
        "reach": abs(mean[place] - 0.3) == np.abs(mean - 0.3).min(),
        "maximum": mean[place] == mean.max(),
        "minimum": mean[place] == mean.min(),
    }
    assert wanted[goal.kind]


def test_a_result_is_known_everywhere_when_it_is_known_where_it_exists() -> None:
    """Half of the range never gives a number: what is not known there does not keep the run."""
    half = known(np.linspace(0.5, 1.0, 9), np.zeros(9))
    gives = NET[:, 0] >= 0.5
    chance = Chance(np.repeat(NET, 9, axis=0), np.repeat(gives, 9))
    found, place = half_width(Explore(), 0.0, half, chance, NET)
    assert NET[place, 0] > 0.4
    assert found < 0.5 * half_width(Explore(), 0.0, half, SURELY, NET)[0]


# Where curves cross a value


@given(st.floats(0.02, 0.98), st.floats(0.1, 5.0), st.sampled_from([-1.0, 1.0]))
@settings(max_examples=20)
def test_a_straight_line_crosses_where_it_was_drawn_to(
    at: float, slope: float, sign: float
) -> None:
    shares = np.linspace(0.0, 1.0, 17)
    line = sign * slope * (shares - at) + 7.0
    assert crossing(line[None], shares, 7.0)[0] == pytest.approx(at, abs=1e-9)
    assert np.isnan(crossing(line[None], shares, 100.0)).all()


def test_a_curve_that_begins_flat_and_never_crosses_is_no_division_by_zero() -> None:
    """It put a warning of numpy on the terminal of the run."""
    shares = np.linspace(0.0, 1.0, 5)
    flat, late = np.ones(5), np.array([1.0, 1.0, 1.0, 1.0, -1.0])
    found = crossing(np.array([flat, late, -flat]), shares, 0.0)
    assert found[1] == pytest.approx(0.875)
    assert np.isnan(found[[0, 2]]).all()


def test_of_several_crossings_the_first_counts() -> None:
    shares = np.linspace(0.0, 1.0, 101)
    wave = np.cos(4.0 * math.pi * shares)
    assert crossing(wave[None], shares, 0.0)[0] == pytest.approx(0.125, abs=1e-3)


# Words


@pytest.mark.parametrize(
    ("half", "unit", "scale", "words"),
    [
        (0.05, "s", "logarithmic", "5 %"),
        (0.0523, "s", "logarithmic", "5.2 %"),
        (0.996, "s", "logarithmic", "100 %"),
        (1.5, "s", "logarithmic", "150 %"),
        (23.0, "s", "logarithmic", "2300 %"),
        (0.0, "s", "logarithmic", "0 %"),
        (0.00512, "V", "linear", "5.12 mV"),
        (2e-9, "m", "linear", "2 nm"),
    ],
)
def test_half_an_interval_is_a_share_on_a_logarithmic_scale_and_else_a_quantity(
    half: float, unit: str, scale: Scale, words: str
) -> None:
    assert interval(half, unit, scale) == words


@given(st.floats(1e-4, 50.0), st.floats(1.1, 10.0))
@settings(max_examples=20)
def test_no_wider_interval_is_said_to_be_narrower(half: float, more: float) -> None:
    one, other = (interval(h, "s", "logarithmic") for h in (half, half * more))
    assert "e" not in one + other
    assert float(one.removesuffix(" %")) < float(other.removesuffix(" %"))


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        (Stop(sites=1), "1 site is done, as many as the plan allows."),
        (Stop(sites=3), "3 sites are done, as many as the plan allows."),
        (Stop(no_gain=1), "1 site in succession did not make the interval narrower by a tenth."),
        (Stop(no_gain=2), "2 sites in succession did not make the interval narrower by a tenth."),
    ],
)
def test_one_site_is_one_and_more_are_more(stop: Stop, words: str) -> None:
    standing = Standing(stop.sites or 9, 0.0, (1.0, 1.0, 1.0))
    assert Ending(stop, OF).why(standing) == words


@given(st.lists(st.floats(1e-4, 1.0), min_size=1, max_size=12), st.integers(1, 4))
@settings(max_examples=30)
def test_an_end_is_said_exactly_when_its_progress_is_there(widths: list[float], sites: int) -> None:
    """What a screen shows of an end and whether the run ends agree."""
    standing = Standing(len(widths), 0.0, widths)
    for stop, falls in (
        (Stop(no_gain=sites), False),
        (Stop(sites=sites), False),
        (Stop(uncertainty=Level(0.01, "V")), True),
    ):
        ending = Ending(stop, OF)
        curve, *others = ending.progress(standing)
        assert (curve.words, curve.value) == (HALF, widths[-1]), "the learning curve is always kept"
        assert math.isfinite(curve.aim) is falls
        one = curve if falls else others[0]
        assert len(others) == (not falls)
        there = one.value <= one.aim if falls else one.value >= one.aim
        ends = bool(ending.why(standing))
        if not falls:
            assert ends is there
        else:
            assert ends is (there and len(widths) > 1 and widths[-2] <= 0.01)
            assert bool(ending.to_confirm(standing)) is (there and not ends)


@given(st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=12), st.integers(1, 4))
@settings(max_examples=30)
def test_only_the_widths_that_are_asked_for_count(widths: list[float], sites: int) -> None:
    """A resumed run need not learn again what every earlier site said."""
    for stop in (Stop(uncertainty=Level(0.1, "V")), Stop(no_gain=sites), Stop(sites=sites)):
        ending = Ending(stop, OF)
        last = [widths[k] for k in ending.needed(0, len(widths) - 1)]
        every, some = (ending.why(Standing(9, 0.0, one)) for one in (widths, last))
        assert every == some


@pytest.mark.parametrize("coverage", [0.68, 0.85, 0.95])
@pytest.mark.parametrize("scatter", [2.0, 2.5])
def test_the_width_that_ends_a_run_holds_as_often_as_was_asked_for(
    coverage: float, scatter: float
) -> None:
    """The mean of sites of unknown scatter, looked at after each of them, with Student's interval.

    Ended at the first interval that is narrow enough, it would hold less often: a few sites that
    happen to agree look certain.
    """
    ending = Ending(Stop(uncertainty=Level(1.0, "V"), coverage=coverage), OF)
    runs, most, before = 1500, 90, 3
    sites = scatter * np.random.default_rng(5).standard_normal((runs, most))
    count = np.arange(1, most + 1)
    means = sites.cumsum(axis=1) / count
    squares = (sites**2).cumsum(axis=1) - count * means**2
    deviations_of = np.sqrt(squares[:, before:] / (count[before:] - 1) / count[before:])
    halves = SURE / deviations(coverage) * deviations_of
    halves *= t.ppf(0.5 + 0.5 * coverage, count[before:] - 1)
    held = {"first": 0, "end": 0}
    for row, mean in zip(halves.tolist(), means[:, before:].tolist(), strict=True):
        standing = [Standing(k, 0.0, row[:k]) for k in range(1, len(row) + 1)]
        first = next(k for k, one in enumerate(standing) if ending.to_confirm(one))
        end = next(k for k, one in enumerate(standing) if ending.why(one))
        assert first < end
        held["first"] += abs(mean[first]) <= 1.0
        held["end"] += abs(mean[end]) <= 1.0
    chance = 2.0 * math.sqrt(coverage * (1.0 - coverage) / runs)
    assert held["end"] / runs > coverage - chance
    assert held["end"] > held["first"]


@given(st.floats(0.5, 0.999), st.floats(0.5, 0.999), st.floats(1e-3, 1.0))
@settings(max_examples=30)
def test_an_interval_that_more_often_holds_the_truth_is_wider(
    one: float, other: float, half: float
) -> None:
    """So a run that asks for it ends later; the 95 % interval is that of 1.96 deviations."""
    rarely, often = sorted((one, other))
    wanted = Stop(uncertainty=Level(half, "V"))
    assert Ending(wanted, OF).aim == half
    ends = [
        Ending(Stop(uncertainty=Level(half, "V"), coverage=share), OF).aim
        for share in (often, rarely)
    ]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0] <= ends[1] * (1 + 1e-9)
    assert math.erf(deviations(often) / math.sqrt(2.0)) == pytest.approx(often, abs=1e-4)


@pytest.mark.parametrize("coverage", [0.68, 0.8, 0.95, 0.99])
def test_what_ends_a_run_is_said_as_it_was_asked_for(coverage: float) -> None:
    """In the unit of the plan, also where the result is learnt as a ratio."""
    asked = Stop(uncertainty=Level(0.1, "s"), coverage=coverage)
    for learnt, aim in ((TIME, 0.1), (TIME.model_copy(update={"scale": "logarithmic"}), 0.05)):
        ending = Ending(asked, learnt, Level(2.0, "s"))
        assert ending.aim == pytest.approx(aim * SURE / deviations(coverage))
        words = ending.why(Standing(9, 0.0, (ending.aim, 0.9 * ending.aim)))
        said = f"the {100 * coverage:.4g} % interval is within the ±0.1 s that were asked for."
        assert words == f"After 2 sites in succession {said}"


@pytest.mark.parametrize("goal", [Reach(value=Level(2.0, "s")), Maximum(), Minimum()])
@given(st.floats(-9.0, 9.0), st.floats(-9.0, 9.0), st.lists(st.floats(-9.0, 9.0), min_size=1))
@settings(max_examples=30)
def test_a_bound_tells_only_if_it_rules_out_what_is_wanted(
    goal: Any, value: float, target: float, numbers: list[float]
) -> None:
    """Also upside down: what is above becomes below."""
    turned = {"maximum": Minimum(), "minimum": Maximum()}.get(goal.kind, goal)
    for side in (ABOVE, BELOW):
        one = tells(goal, target, Lesson(value, 0.0, side), numbers)
        other = tells(turned, -target, Lesson(-value, 0.0, -side), [-x for x in numbers])
        assert one is other
        best = target if goal.kind == "reach" else max(numbers)
        may_be = value < best if side == ABOVE else value > best
        if goal.kind != "minimum" and not (goal.kind == "maximum" and side == ABOVE):
            assert one is not may_be
    assert tells(goal, target, Lesson(value, 0.0, NUMBER), numbers)
    assert not tells(Explore(), target, Lesson(value, 0.0, ABOVE), numbers)


def test_values_on_a_logarithmic_scale_are_logarithms() -> None:
    assert on_scale(math.e**2, "logarithmic") == pytest.approx(2.0)
    assert on_scale(-0.27, "linear") == -0.27
