"""What the driver of a card keeps of a contact: seen once, and recorded once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ni.history import SIDE, History, Piece
from hardware.ni.watch import ContactWatch
from seccm.errors import StreamError
from seccm.plan.contacts import current_threshold
from seccm.rig import Clock, Move

CLOCK = Clock()
RATIO = 20.0
"""Input samples for each output sample."""
RULE = replace(current_threshold(5e-12), consecutive=1)
DOWN = Move("z", 20e-6, 2e-6, until=RULE)
WINDOW = 16
SAMPLES = 6000
TOUCH, HALT = 3000, 3400
LATCH: Any = object()
"""A stop in the hardware of the card."""


def approach(samples: int = SAMPLES, touch: int = TOUCH, halt: int = HALT) -> Piece:
    """A tip that goes down, touches, and stops: no current, then 100 pA; outputs count on."""
    n = np.arange(samples)
    current = np.where(n < touch, 0.0, 100e-12)
    counts = (np.minimum(n, halt) // RATIO).astype(np.int64)
    return Piece(0, {"current": current, "potential": n * 1e-6}, counts)


def parted(piece: Piece, cuts: Any) -> list[Piece]:
    """The same samples in other pieces."""
    edges = sorted({piece.first, *cuts, piece.stop})
    return [
        Piece(a, {k: v[a:b] for k, v in piece.signals.items()}, piece.counts[a:b])
        for a, b in pairwise(edges)
    ]


def waiting(latch: Any = None, begun: int = 0) -> ContactWatch:
    watch = ContactWatch(CLOCK, WINDOW)
    watch.arm(DOWN, latch)
    watch.begun(begun)
    return watch


@given(cuts=st.lists(st.integers(1, SAMPLES - 1), max_size=10))
def test_one_contact_is_seen_once_and_recorded_once_however_samples_come(cuts):
    watch = waiting()
    records = []
    seen = 0
    for piece in parted(approach(), cuts):
        seen += watch.feed(piece)
        record = watch.record(0, RATIO)
        records += [] if record is None else [record]
    assert seen == 1
    assert watch.axis is None
    (record,) = records
    assert record.crossing == TOUCH
    assert record.start == TOUCH - SIDE
    np.testing.assert_array_equal(record.current, approach().signals["current"][2488:3512])
    np.testing.assert_array_equal(record.potential, approach().signals["potential"][2488:3512])


def test_the_record_says_when_the_outputs_had_halted_for_good():
    """One output period after the last update: until then they were as much under way."""
    watch = waiting()
    assert watch.feed(approach())
    record = watch.record(0, RATIO)
    assert record is not None
    assert record.stopped == HALT + RATIO


def test_samples_from_before_the_motion_are_no_contact_of_it():
    """The leads were still charging when the drive was switched on: 100 pA, and it fell."""
    watch = waiting(begun=1000)
    n = np.arange(2000)
    charging = np.where(n < 900, 100e-12, 0.0)
    assert not watch.feed(Piece(0, {"current": charging, "potential": n * 0.0}, n * 0))
    assert watch.axis == "z"


def test_a_motion_that_is_broken_off_and_joined_to_another_is_watched_from_its_first_begin():
    watch = waiting(begun=100)
    watch.begun(5000)
    assert watch.feed(approach(4000))


def test_a_motion_that_has_not_begun_has_no_contact():
    watch = ContactWatch(CLOCK, WINDOW)
    watch.arm(DOWN, None)
    assert not watch.feed(approach())


def test_a_motion_without_a_condition_is_not_watched():
    watch = ContactWatch(CLOCK, WINDOW)
    watch.arm(Move("z", 20e-6, 2e-6), None)
    watch.begun(0)
    assert watch.axis is None
    assert not watch.feed(approach())


def test_what_only_the_card_saw_is_recorded_without_a_crossing():
    """Its comparator is faster than a mean: a contact may be too short or too weak for it."""
    watch = waiting(LATCH)
    quiet = approach(touch=SAMPLES)
    first, second = parted(quiet, [3000])
    assert not watch.feed(first)
    watch.seen_by_card()
    assert watch.axis is None
    assert watch.record(0, RATIO) is None, "its last samples are not there yet"
    watch.feed(second)
    record = watch.record(0, RATIO)
    assert record is not None
    assert record.crossing is None
    assert record.start == 3000 - SIDE
    assert watch.record(0, RATIO) is None


def test_the_card_cannot_see_a_contact_that_nobody_waits_for():
    watch = ContactWatch(CLOCK, WINDOW)
    watch.feed(approach(touch=SAMPLES))
    watch.seen_by_card()
    assert watch.record(0, RATIO) is None


def going_on() -> Piece:
    """Outputs that pause at contact for 400 samples, and go on as soon as it is over."""
    n = np.arange(SAMPLES)
    counts = np.where(n < TOUCH, n // RATIO, TOUCH // RATIO)
    later = np.maximum(0, n - (TOUCH + 400)) // RATIO
    current = np.where((n >= TOUCH) & (n < TOUCH + 400), 100e-12, 0.0)
    return Piece(0, {"current": current, "potential": n * 0.0}, (counts + later).astype(np.int64))


def test_a_trigger_that_lets_the_tip_go_on_after_the_contact_is_a_fault_in_words():
    """The tip was driven into the surface: it is said how far, and what to write meanwhile."""
    watch = waiting(LATCH)
    assert watch.feed(going_on())
    with pytest.raises(StreamError, match=r"then let it move on for .*does not latch") as raised:
        watch.record(0, RATIO)
    assert raised.value.code == "resumed"
    assert "streamed" in raised.value.remedy


def test_outputs_that_a_program_stops_may_go_on_for_a_while():
    """Only a latched trigger promises that nothing follows."""
    watch = waiting()
    assert watch.feed(going_on())
    assert watch.record(0, RATIO) is not None


# --------------------------------------------------------------------------------- history


@given(cuts=st.lists(st.integers(1, 19_999), min_size=1, max_size=30))
def test_history_remembers_enough_for_a_record_and_gives_it_back_unchanged(cuts):
    history = History(longest=2000)
    n = np.arange(20_000)
    whole = Piece(0, {"current": n * 1e-12, "potential": n * 1e-3}, n // 20)
    for piece in parted(whole, cuts):
        history.add(piece)
        assert history.stop == piece.stop
    first = 20_000 - (2000 + 2 * SIDE)
    kept = history.since(first)
    assert kept.first == first
    np.testing.assert_array_equal(kept.signals["potential"], n[first:] * 1e-3)
    np.testing.assert_array_equal(kept.counts, n[first:] // 20)


def test_history_gives_what_it_has_where_more_is_asked_for():
    history = History(longest=10)
    assert history.stop == 0
    for piece in parted(approach(), range(100, SAMPLES, 100)):
        history.add(piece)
    kept = history.since(0)
    assert 0 < kept.first <= SAMPLES - (10 + 2 * SIDE)
    assert kept.stop == SAMPLES
