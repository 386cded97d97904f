"""The contact detector: latched, and indifferent to how the rows are cut into blocks."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_world import a_block, cut

from seccm.plan.contacts import current_rise, current_threshold, ion_current, potential_drop
from seccm.rig import Air, Block, ContactRule, Crossing
from seccm.rig.detector import ContactDetector

pA = 1e-12
NAN = float("nan")


def contact_row(rule: ContactRule, baseline: float, *blocks: Block) -> int | None:
    """Feed all blocks; return the last answer."""
    detector = ContactDetector(rule, baseline)
    row = None
    for block in blocks:
        row = detector.feed(block)
    return row


def first_run(past: list[bool], length: int) -> int | None:
    """Where the first run of so many true values begins, counted in the plainest way."""
    at = 0
    for value, run in groupby(past):
        size = len(list(run))
        if value and size >= length:
            return at
        at += size
    return None


@pytest.mark.parametrize(
    ("polarity", "current", "expected"),
    [
        ("either", [0, 2, -6, 0], 2),
        ("either", [0, 6, -6, 0], 1),
        ("anodic", [0, -6, 2, 6], 3),
        ("anodic", [-6, -6, -6, -6], None),
        ("cathodic", [6, 2, -6, 0], 2),
        ("cathodic", [6, 6, 6, 6], None),
    ],
)
def test_a_fixed_threshold_is_passed_in_the_direction_asked_for(polarity, current, expected):
    rule = current_threshold(5 * pA, polarity)
    assert contact_row(rule, 0.0, a_block(current=np.array(current) * pA)) == expected


def test_a_value_on_the_threshold_is_not_past_it():
    assert contact_row(current_threshold(5 * pA), 0.0, a_block(current=[5 * pA, -5 * pA])) is None


@pytest.mark.parametrize(
    ("polarity", "baseline", "current", "expected"),
    [
        ("either", 20, [20, 24, 26], 2),
        ("either", 20, [20, 16, 14], 2),
        ("anodic", -20, [-26, -16, -14], 2),
        ("cathodic", 20, [26, 16, 14], 2),
        ("either", 20, [0.0, 20, 20], 0),
    ],
)
def test_a_rise_counts_from_the_baseline(polarity, baseline, current, expected):
    rule = current_rise(5 * pA, polarity)
    block = a_block(current=np.array(current) * pA)
    assert contact_row(rule, baseline * pA, block) == expected


@pytest.mark.parametrize("sign", [1, -1])
def test_the_potential_drops_from_the_overload_of_either_sign(sign):
    rule = potential_drop(5.0)
    falling = sign * np.array([10.0, 9.0, 5.1, 4.9, 0.0])
    assert contact_row(rule, sign * 10.0, a_block(potential=falling)) == 3
    rising = sign * np.array([10.0, 12.0, 15.1, 20.0])
    assert contact_row(rule, sign * 10.0, a_block(potential=rising)) is None


@given(
    rule=st.sampled_from(
        [potential_drop(5.0), *(kind(5.0, polarity) for kind in (current_threshold, current_rise)
                               for polarity in ("either", "anodic", "cathodic"))]
    ),
    baseline=st.floats(-12.0, 12.0).filter(lambda value: abs(value) > 1e-3),
)  # fmt: skip
def test_the_tip_is_stopped_on_one_side_of_the_line_that_is_drawn_and_on_no_other(rule, baseline):
    lines = rule.levels(baseline)
    signal = np.linspace(-40.0, 40.0, 8003)
    crossings = np.flatnonzero(np.diff(rule.past(baseline, signal)))
    assert len(crossings) == len(lines)
    for k, line in zip(crossings, sorted(lines), strict=True):
        assert signal[k] - 1e-9 <= line <= signal[k + 1] + 1e-9


RULES = (
    potential_drop(5.0),
    current_threshold(5 * pA, "cathodic"),
    current_rise(5 * pA, consecutive=2),
    ion_current(0.98),
    Crossing("z", "from zero", 1e-6, "above"),
    Crossing("potential", "of baseline", 0.5, "either", air=Air(railed=True)),
)


@given(
    rule=st.sampled_from(RULES),
    baseline=st.floats(-20.0, 20.0),
    values=st.lists(st.floats(-40.0, 40.0) | st.just(NAN), max_size=20),
)
def test_detachment_is_the_complement_of_contact(rule, baseline, values):
    """Every value is one or the other; what is not a number is contact, and never free."""
    signal, gone = np.array(values), rule.gone()
    assert (gone.past(baseline, signal) == ~rule.past(baseline, signal)).all()
    assert gone.levels(baseline) == rule.levels(baseline)
    assert (gone.signal, gone.consecutive, gone.gone()) == (rule.signal, rule.consecutive, rule)
    assert rule.past(baseline, np.array([NAN]))[0]


@given(
    baseline=st.floats(1e-12, 1e-6),
    fraction=st.floats(0.01, 0.99),
    share=st.floats(0.0, 2.0),
    sign=st.sampled_from([1.0, -1.0]),
)
def test_an_ion_current_is_compared_with_its_own_far_value(baseline, fraction, share, sign):
    """Whatever its size and sign: only how far it fell counts."""
    past = ion_current(fraction).past(sign * baseline, np.array([sign * share * baseline]))
    if abs(share - fraction) > 1e-9:
        assert past[0] == (share < fraction)


def test_an_ion_current_that_its_noise_hides_is_refused_before_the_descent():
    """The level must be clear of the noise: a clogged pipette, or one in air, shows nothing."""
    rng, rule = np.random.default_rng(1), ion_current(0.98)
    rows = a_block(current=1e-9 + 1e-13 * rng.standard_normal(50))
    assert rule.deaf(1e-9, rows) is None
    for current in (
        1e-9 + 1e-11 * rng.standard_normal(50),
        1e-13 * rng.standard_normal(50),
        np.zeros(50),
    ):
        deaf = rule.deaf(float(np.mean(current)), a_block(current=current))
        assert deaf is not None
        assert deaf.code == "faint-signal"
        assert "clogged" in deaf.words


def test_a_drifting_ion_current_is_no_noise():
    """Evaporation changes it by a tenth in a second, and a contact is still seen."""
    rows = a_block(current=1e-9 * np.linspace(1.0, 0.9, 400))
    assert ion_current(0.98).deaf(0.95e-9, rows) is None


def test_a_current_that_always_flows_shows_no_open_circuit():
    """Nobody may take it as open, or as closed."""
    assert ion_current(0.98).open(a_block(current=[0.0, 1e-9])) is None


def test_a_contact_stays_seen_whatever_comes_after_it():
    detector = ContactDetector(current_threshold(5 * pA), 0.0)
    assert detector.feed(a_block(7, current=[0.0, 9 * pA])) == 8
    assert detector.feed(a_block(9, current=[0.0, 0.0])) == 8
    assert detector.feed(a_block(11, current=[0.0, 9 * pA])) == 8


def test_rows_must_follow_on_one_another_to_count():
    rule = current_threshold(5 * pA, consecutive=3)
    current = np.array([9, 9, 0, 9, 9, 9, 0]) * pA
    assert contact_row(rule, 0.0, a_block(100, current=current)) == 103


def test_the_contact_row_is_the_first_of_the_rows_even_when_it_lies_in_an_earlier_block():
    rule = current_threshold(5 * pA, consecutive=3)
    blocks = cut(a_block(100, current=np.array([0, 9, 9, 9]) * pA), range(101, 104))
    assert [b.rows for b in blocks] == [1, 1, 1, 1]
    assert contact_row(rule, 0.0, *blocks) == 101


@given(
    signal=st.lists(st.sampled_from([0.0, 4.0, 6.0, -6.0, NAN]), min_size=1, max_size=60),
    consecutive=st.integers(1, 5),
    cuts=st.lists(st.integers(0, 60), max_size=20),
    rule=st.sampled_from([current_threshold, current_rise]),
    polarity=st.sampled_from(["either", "anodic", "cathodic"]),
)
def test_however_the_rows_are_cut_the_contact_row_is_the_same(
    signal, consecutive, cuts, rule, polarity
):
    values = np.array(signal) * pA
    block = a_block(0, current=values)
    chosen = rule(5 * pA, polarity, consecutive)
    past = [bool(p) for p in chosen.past(0.0, values)]
    expected = first_run(past, consecutive)
    assert contact_row(chosen, 0.0, block) == expected
    assert contact_row(chosen, 0.0, *cut(block, cuts)) == expected
