"""What ends a drive early: the first row at which a limit holds, and the charge until then."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_world import CLOCK, a_block, cut

from seccm.rig import Block, Limit
from seccm.rig.limits import LimitWatch, deaf_rows

LASTING = Limit("potential", "above", 0.0).rows
"""Rows in succession that have to be past a limit."""

nA = 1e-9


def found(limits: list[Limit], since: int, *blocks: Block) -> tuple[int, str] | None:
    """Feed blocks until a limit holds; return its row and its quantity."""
    watch = LimitWatch(limits, since)
    for block in blocks:
        hit = watch.feed(block)
        if hit is not None:
            return hit[0], hit[1].quantity
    return None


def test_the_charge_is_that_of_the_rows_of_the_drive():
    watch = LimitWatch([], since=3)
    watch.feed(a_block(0, current=[9e9, 9e9, 9e9, -1 * nA, -2 * nA]))
    watch.feed(a_block(5, current=[4 * nA]))
    assert math.isclose(watch.charge, 1 * nA * CLOCK.period)


def test_a_charge_limit_counts_the_net_charge_whatever_its_sign():
    limit = Limit("charge", "above", 3.5 * nA * CLOCK.period)
    assert found([limit], 0, a_block(current=[-1 * nA] * 6)) == (3, "charge")
    assert found([limit], 0, a_block(current=[1 * nA] * 6)) == (3, "charge")
    assert found([limit], 0, a_block(current=[1 * nA, -1 * nA] * 6)) is None


def test_a_charge_limit_counts_from_the_very_first_row():
    limit = Limit("charge", "above", 0.5 * nA * CLOCK.period)
    assert found([limit], 2, a_block(current=[1 * nA] * 4)) == (2, "charge")


def test_after_a_limit_the_charge_is_that_up_to_and_including_its_row():
    watch = LimitWatch([Limit("charge", "above", 2.5 * nA * CLOCK.period)], 0)
    assert watch.feed(a_block(current=[1 * nA] * 10)) is not None
    assert math.isclose(watch.charge, 3 * nA * CLOCK.period)


def at_once(quantity: str, side: str, value: float) -> Limit:
    """A limit that counts from the first row of the drive."""
    return Limit(quantity, side, value, after=0.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (at_once("potential", "above", 2.0), 9),
        (at_once("potential", "below", -2.0), 5),
        (at_once("current", "above", 2.0 * nA), 10),
        (at_once("current", "below", -2.0 * nA), 6),
    ],
)
def test_potential_and_current_limits_end_a_drive_on_their_side(limit, expected):
    """In the third row in succession past the limit."""
    potential = [0, 0, 0, -3, -3, -3, 0, 3, 3, 3, 0]
    current = np.array([0, 0, 0, 0, -3, -3, -3, 0, 3, 3, 3]) * nA
    block = a_block(potential=potential, current=current)
    assert found([limit], 0, block) == (expected, limit.quantity)


@pytest.mark.parametrize("rows", range(1, LASTING))
def test_a_spike_does_not_end_a_drive(rows):
    """One row or two past the limit, however often: noise, or a relay."""
    spikes = ([9.0] * rows + [0.0]) * 10
    limits = [at_once("potential", "above", 2.0), at_once("current", "above", 2.0 * nA)]
    assert found(limits, 0, a_block(potential=spikes, current=np.array(spikes) * nA)) is None


def test_potential_and_current_are_not_judged_while_the_double_layer_charges():
    limits = [Limit("potential", "above", 2.0), Limit("current", "above", 2.0 * nA)]
    block = a_block(potential=[9.0] * 40, current=[9.0 * nA] * 40)
    settled = deaf_rows(limits[0], CLOCK)
    assert settled * CLOCK.period == pytest.approx(0.05, abs=CLOCK.period)
    assert found(limits, 5, block) == (5 + settled + LASTING - 1, "potential")


@pytest.mark.parametrize("after", [0.0, 0.01, 0.05, 0.2])
def test_the_charging_current_of_a_step_does_not_end_it(after):
    """A spike of a hundred times the limit that decays with 8 ms; then a current below it."""
    t = CLOCK.period * np.arange(200)
    current = 100 * nA * np.exp(-t / 8e-3) + 0.5 * nA
    limit = Limit("current", "above", 1.0 * nA, after)
    hit = found([limit], 0, a_block(current=current))
    over = float(t[np.argmax(current < 1.0 * nA)])
    assert (hit is None) == (after >= over)


def test_a_current_that_stays_past_its_limit_ends_the_step_as_soon_as_that_counts():
    limit = Limit("current", "above", 1.0 * nA, after=0.1)
    current = np.full(100, 2.0 * nA)
    first = deaf_rows(limit, CLOCK)
    assert found([limit], 0, a_block(current=current)) == (first + LASTING - 1, "current")
    assert first * CLOCK.period >= 0.1 > (first - 1) * CLOCK.period


def test_of_several_limits_the_first_in_time_ends_the_drive():
    limits = [
        at_once("potential", "above", 2.0),
        Limit("charge", "above", 6.5 * nA * CLOCK.period),
        at_once("current", "below", -5 * nA),
    ]
    late = a_block(potential=[0.0] * 9 + [3.0], current=[-1 * nA] * 10)
    assert found(limits, 0, late) == (6, "charge")
    early = a_block(potential=[0.0] * 3 + [3.0] * 7, current=[-1 * nA] * 10)
    assert found(limits, 0, early) == (5, "potential")


@given(
    current=st.lists(st.integers(-9, 9), min_size=1, max_size=60),
    since=st.integers(0, 20),
    cuts=st.lists(st.integers(0, 60), max_size=20),
    most=st.integers(1, 40),
    bound=st.integers(1, 9),
    after=st.sampled_from([0.0, 0.01, 0.05]),
)
def test_however_the_rows_are_cut_the_same_row_ends_the_drive_with_the_same_charge(
    current, since, cuts, most, bound, after
):
    # 0.1 nA is no binary fraction: a sum that depends on the cuts would differ in its last bit,
    # and a limit that is met exactly would then fall into another row.
    amperes = np.array(current) * 0.1 * nA
    block = a_block(current=amperes, potential=np.array(current, float))
    limits = [
        Limit("charge", "above", float(np.cumsum([0.1 * nA] * most)[-1] * CLOCK.period)),
        Limit("potential", "above", bound - 0.5, after),
        Limit("current", "below", -(bound - 0.5) * 0.1 * nA, after),
    ]
    whole, parts = LimitWatch(limits, since), LimitWatch(limits, since)
    expected = whole.feed(block)
    got = None
    for part in cut(block, cuts):
        got = got or parts.feed(part)
        if got:
            break
    assert got == expected
    assert parts.charge == whole.charge
    last = len(current) if expected is None else expected[0] + 1
    assert math.isclose(
        whole.charge, math.fsum(amperes[since:last]) * CLOCK.period, abs_tol=1e-9 * nA
    )
