"""What must hold of every contact rule, whatever signal it watches and however it is cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seccm.rig import Block, Flag
from seccm.rig.contact import CLEAR_OF_NOISE, LEAST, LEAST_RAILED, Air, Crossing, always_flows
from seccm.rig.streaks import streaks

COUNTED = ("from zero", "from baseline", "of baseline")
SIDES = ("above", "below", "either", "towards zero", "away from zero")
AIRS = (Air(), Air(railed=True), Air(conducts=True))
number = st.floats(-10.0, 10.0, allow_subnormal=False)
values = st.lists(number, min_size=1, max_size=20).map(np.array)


def allowed(counted: str, side: str, air: Air) -> bool:
    """Whether a rule of this kind means anything."""
    if counted == "from zero" and side in ("towards zero", "away from zero"):
        return False
    return not (counted == "of baseline" and air == Air())


RULES = [
    Crossing("current", counted, 0.5, side, air=air)  # type: ignore[arg-type]
    for counted in COUNTED
    for side in SIDES
    for air in AIRS
    if allowed(counted, side, air)
]
rules = st.sampled_from(RULES)


def rows(signal: np.ndarray, flags: int | np.ndarray = 0, name: str = "current") -> Block:
    return Block(0, {name: signal}, np.broadcast_to(np.uint8(flags), signal.shape).astype(np.uint8))


# One comparison.


@given(rules, number)
def test_what_is_no_number_is_contact_and_never_its_end(rule, baseline):
    """The tip must not go on blindly, and what cannot be seen is not known to be free."""
    blind = np.array([np.nan, np.nan])
    assert rule.past(baseline, blind).all()
    assert not rule.gone().past(baseline, blind).any()


@given(rules, number, values, st.integers(1, 19))
def test_rows_are_judged_one_by_one(rule, baseline, signal, cut):
    whole = rule.past(baseline, signal)
    parts = [rule.past(baseline, part) for part in np.split(signal, [min(cut, signal.size)])]
    assert np.array_equal(whole, np.concatenate(parts))


@given(rules, number)
def test_past_changes_at_the_levels_that_are_drawn_and_nowhere_else(rule, baseline):
    assume(rule.counted != "of baseline" or abs(baseline) > 0.01)
    levels = np.array(sorted(rule.levels(baseline)))
    around = np.concatenate([levels - 1e-6, levels + 1e-6, [-1e3, 1e3]])
    around.sort()
    past = rule.past(baseline, around)
    changes = np.count_nonzero(past[1:] != past[:-1])
    assert changes == len(levels)
    between = np.linspace(-30.0, 30.0, 500)
    between = between[np.abs(between[:, None] - levels).min(axis=1, initial=9.0) > 1e-6]
    side = np.searchsorted(levels, between)
    for part in set(side):
        assert len(set(rule.past(baseline, between[side == part]))) == 1


@given(rules, st.integers(-8, 8))
def test_on_the_level_itself_a_value_is_not_past_it(rule, eighths):
    """A contact departs by more than the level; in numbers that have no rounding."""
    levels = np.array(rule.levels(eighths / 8.0))
    assert not rule.past(eighths / 8.0, levels).any()
    assert rule.gone().past(eighths / 8.0, levels).all()


@given(rules, number, values)
def test_the_undisturbed_signal_itself_is_no_contact(rule, baseline, signal):
    origin = 0.0 if rule.counted == "from zero" else baseline
    assert not rule.past(baseline, np.array([origin])).any()


@given(rules, number, values)
def test_a_rule_upside_down_sees_a_signal_upside_down(rule, baseline, signal):
    turned = {"above": "below", "below": "above"}
    mirrored = replace(rule, side=turned.get(rule.side, rule.side))
    assert np.array_equal(rule.past(baseline, signal), mirrored.past(-baseline, -signal))


@given(rules, number, values, st.floats(0.5, 2.0))
def test_a_rule_with_another_unit_sees_the_same(rule, baseline, signal, factor):
    """All of it in volts, or all of it in kilovolts; away from the level itself."""
    origin = 0.0 if rule.counted == "from zero" else baseline
    distance = rule.level * (abs(baseline) if rule.counted == "of baseline" else 1.0)
    signal = signal[np.abs(np.abs(signal - origin) - distance) > 1e-6]
    scaled = rule if rule.counted == "of baseline" else replace(rule, level=rule.level * factor)
    found = rule.past(baseline, signal)
    assert np.array_equal(found, scaled.past(baseline * factor, signal * factor))


@pytest.mark.parametrize("rule", [r for r in RULES if r.counted == "from baseline"], ids=str)
def test_counted_from_a_baseline_only_the_difference_counts(rule: Crossing):
    """As long as the undisturbed value keeps its sign, to and from zero stay what they are."""
    signal = np.linspace(-4.0, 4.0, 33) + 0.01
    found = [rule.past(base, base + signal) for base in (1.0, 3.0, 50.0)]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize("rule", [r for r in RULES if r.counted == "from zero"], ids=str)
def test_counted_from_zero_the_baseline_does_not_matter(rule: Crossing):
    signal = np.linspace(-4.0, 4.0, 33)
    assert np.array_equal(rule.past(0.0, signal), rule.past(3.0, signal))
    assert rule.levels(0.0) == rule.levels(-3.0)


@pytest.mark.parametrize("side", SIDES)
def test_of_nothing_there_is_no_share(side):
    """An undisturbed value of zero has no level that a share of it could be."""
    rule = Crossing("current", "of baseline", 0.5, side, air=Air(conducts=True))
    assert rule.levels(0.0) == ()
    assert not rule.past(0.0, np.array([-1.0, 0.0, 1.0])).any()


# What shows while nothing touches.


@given(rules, number, values)
def test_an_overload_shows_no_contact_of_a_galvanostat(rule, baseline, signal):
    block = rows(signal, Flag.OVERLOAD)
    found = rule.holds(baseline, block)
    if rule.air.railed:
        assert not found.any()
    else:
        assert np.array_equal(found, rule.past(baseline, signal))
    assert np.array_equal(rule.holds(baseline, rows(signal)), rule.past(baseline, signal))


@given(rules, values)
def test_only_a_signal_that_always_flows_cannot_say_that_a_circuit_is_open(rule, signal):
    assert always_flows(rule) is rule.air.conducts
    assert (rule.open(rows(signal)) is None) is rule.air.conducts
    assert (rule.least(1.0) == np.inf) is rule.air.conducts


@given(rules, values)
def test_a_saturated_input_never_shows_an_open_circuit(rule, signal):
    """Of a galvanostat, an overload does: that is what an open circuit is."""
    assume(not rule.air.conducts)
    saturated = rule.open(rows(signal, Flag.SATURATED))
    assert saturated is not None
    if rule.air.railed:
        overloaded = rule.open(rows(signal, Flag.OVERLOAD))
        assert overloaded is not None
        assert overloaded.all()
    else:
        assert not saturated.any()


@pytest.mark.parametrize("rule", [r for r in RULES if r.air == Air()], ids=str)
def test_what_is_past_the_threshold_before_the_descent_is_a_closed_circuit(rule: Crossing):
    """However it is counted: from a baseline, a circuit that is closed would not be noticed."""
    wet = -2.0 if rule.side == "below" else 2.0
    deaf = rule.deaf(wet, rows(np.full(20, wet)))
    # What a signal does towards zero it can only do from somewhere: nothing is past that yet.
    assert ("" if deaf is None else deaf.code) == (
        "" if rule.side == "towards zero" else "wet-at-start"
    )
    assert rule.deaf(0.0, rows(np.zeros(20))) is None


@given(rules, values)
def test_a_saturated_input_cannot_see_a_contact(rule, signal):
    deaf = rule.deaf(1.0, rows(signal, Flag.SATURATED))
    if not rule.air.railed:
        assert deaf is not None
        assert deaf.code == "saturated-input"
        assert rule.signal in deaf.words


@pytest.mark.parametrize("level", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("ratio", [0.5, 0.9, 1.1, 2.0])
def test_an_ion_current_is_faint_where_its_noise_is_a_fifth_of_what_a_contact_changes(
    level: float, ratio: float
):
    rng = np.random.default_rng(0)
    rule = Crossing("current", "of baseline", level, "towards zero", air=Air(conducts=True))
    noise = level / CLEAR_OF_NOISE / ratio
    signal = 1.0 + noise * rng.standard_normal(20_000)
    deaf = rule.deaf(1.0, rows(signal))
    assert (deaf is None) is (ratio > 1.0)
    assert deaf is None or deaf.code == "faint-signal"
    drifting = signal + np.linspace(0.0, 5.0, signal.size)
    assert (rule.deaf(1.0, rows(drifting)) is None) is (ratio > 1.0)


@pytest.mark.parametrize(
    ("air", "share"), [(Air(), LEAST), (Air(railed=True), LEAST_RAILED)], ids=["open", "railed"]
)
@given(baseline=number, level=st.floats(1e-12, 10.0))
def test_a_touch_is_a_share_of_the_way_to_the_level(air, share, baseline, level):
    rule = Crossing("current", "from baseline", level, "either", air=air)
    assert rule.least(baseline) == pytest.approx(share * level)
    assert 0.0 < rule.least(baseline) < level


def test_a_galvanostat_at_its_limit_is_open_and_one_below_it_is_wet():
    rule = Crossing("potential", "of baseline", 0.5, "towards zero", air=Air(railed=True))
    signal = np.array([10.0, 10.0, 4.0, 0.1])
    flags = np.array([Flag.OVERLOAD, Flag.OVERLOAD, 0, 0], np.uint8)
    block = Block(0, {"potential": signal}, flags)
    assert rule.open(block).tolist() == [True, True, False, False]  # type: ignore[union-attr]
    assert rule.holds(10.0, block).tolist() == [False, False, True, True]
    assert rule.deaf(10.0, block) is None
    absolute = Crossing("potential", "from zero", 5.0, "either", air=Air(railed=True))
    assert absolute.open(rows(signal, name="potential")).tolist() == [True, True, False, False]  # type: ignore[union-attr]
    wet = absolute.deaf(4.0, rows(signal, name="potential"))
    assert wet is not None
    assert wet.code == "wet-at-start"


# What a rule cannot be.


@pytest.mark.parametrize("level", [0.0, -1.0, float("nan"), float("inf"), -float("inf")])
def test_a_level_is_a_positive_number(level):
    with pytest.raises(ValueError, match="a number above 0"):
        Crossing("current", "from zero", level, "above")


@pytest.mark.parametrize("counted", COUNTED)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("air", AIRS, ids=str)
def test_a_rule_without_a_meaning_cannot_be_made(counted, side, air):
    if allowed(counted, side, air):
        assert Crossing("current", counted, 1.0, side, air=air).signal == "current"
        return
    with pytest.raises(ValueError, match=r"no meaning|no share"):
        Crossing("current", counted, 1.0, side, air=air)


def test_air_is_either_railed_or_conducts():
    with pytest.raises(ValueError, match="choose one"):
        Air(railed=True, conducts=True)


# For how long something has been so.


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 50))
def test_a_streak_is_counted_as_one_would_with_a_finger(so, before):
    expected, run = [], before
    for one in so:
        run = run + 1 if one else 0
        expected.append(run)
    assert streaks(np.array(so, bool), before).tolist() == expected


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 50), st.integers(0, 30))
def test_a_streak_does_not_depend_on_how_rows_are_cut_into_blocks(so, before, cut):
    rows_ = np.array(so, bool)
    first, rest = np.split(rows_, [min(cut, len(so))])
    begun = streaks(first, before)
    left = int(begun[-1]) if len(begun) else before
    whole = streaks(rows_, before)
    assert np.array_equal(whole, np.concatenate([begun, streaks(rest, left)]))
