"""Whether a signal can be believed while a tip comes down on it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_world import a_block, cut

from seccm.errors import ContactError
from seccm.hopping.trust import STUCK_ROWS, SignalTrust
from seccm.rig import Flag


def verdict(*blocks) -> str:
    """Feed all blocks; return the code of the objection, or nothing."""
    trust = SignalTrust("potential")
    try:
        for block in blocks:
            trust.feed(block)
    except ContactError as error:
        return error.code
    return ""


def living(rows: int) -> np.ndarray:
    """A signal that never repeats a value."""
    return np.sin(np.arange(rows))


@pytest.mark.parametrize("at", [0, 5, 9])
def test_a_value_that_is_not_a_number_is_refused_and_its_row_named(at):
    signal = living(10)
    signal[at] = np.nan
    with pytest.raises(ContactError, match=rf"not a number in data point {100 + at}") as caught:
        SignalTrust("potential").feed(a_block(100, potential=signal))
    assert caught.value.code == "bad-signal"


def test_only_the_signal_that_contact_is_seen_in_matters():
    assert verdict(a_block(potential=living(3), current=[np.nan] * 3)) == ""


def test_missing_rows_are_refused():
    flags = [0, 0, int(Flag.GAP), 0]
    assert verdict(a_block(potential=living(4), flags=flags)) == "gap"


def test_a_signal_that_never_changes_comes_from_no_living_electrometer():
    assert verdict(a_block(potential=[2.0] * STUCK_ROWS)) == "stuck-signal"
    assert verdict(a_block(potential=[2.0] * (STUCK_ROWS - 1))) == ""


def test_one_living_row_starts_the_count_again():
    signal = [2.0] * (STUCK_ROWS - 1) + [2.1] + [2.0] * (STUCK_ROWS - 1)
    assert verdict(a_block(potential=signal)) == ""


def test_a_galvanostat_at_its_rail_may_read_the_same_for_ever():
    rows = 3 * STUCK_ROWS
    flags = [int(Flag.OVERLOAD)] * rows
    assert verdict(a_block(potential=[10.0] * rows, flags=flags)) == ""


@given(
    stuck=st.integers(STUCK_ROWS - 3, STUCK_ROWS + 3),
    before=st.integers(0, 5),
    cuts=st.lists(st.integers(0, STUCK_ROWS + 10), max_size=12),
)
def test_however_the_rows_are_cut_the_verdict_is_the_same(stuck, before, cuts):
    signal = [*living(before), *[7.0] * stuck, 8.0]
    block = a_block(potential=signal)
    expected = "stuck-signal" if stuck >= STUCK_ROWS else ""
    assert verdict(block) == expected
    assert verdict(*cut(block, cuts)) == expected
