"""Rows found again in a stream that lost words, got some twice, or was joined anywhere.

A row that is delivered is always one that the target made, whole and in its order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_fpga_frames import TICKS, fed, rows_of

from hardware.wec_fpga.frames import CLOSE, WORDS, Found, Frames, intervals, same_time
from hardware.wec_fpga.rows import Rows
from seccm.errors import RigError, StreamError

ROWS = 60
QUICKLY = settings(max_examples=30)
SEED = st.integers(0, 10**6)
AT = st.integers(WORDS * 8, WORDS * 45)


def judged(found: list[Found], true: np.ndarray, *, whole_after: int) -> list[int]:
    """Assert that each row is true and in its order; return their numbers."""
    rows = [row for one in found for row in one.rows.tolist()]
    numbers = [row[9] for row in rows]
    assert numbers == sorted(set(numbers)), "each row once, and in its order"
    assert rows == true[numbers].tolist(), "no row is made of two"
    assert set(range(whole_after, len(true))) <= set(numbers), "whole rows are found again"
    return numbers


@QUICKLY
@given(seed=SEED, at=AT, count=st.integers(1, WORDS - 1))
def test_words_that_come_twice_cost_the_row_they_are_in_and_no_other(seed, at, count):
    true = rows_of(ROWS, seed)
    words = true.ravel()
    twice = np.concatenate((words[: at + count], words[at:]))
    found = Frames(TICKS).feed(twice)
    numbers = judged(found, true, whole_after=(at + count) // WORDS + 2)
    assert len(numbers) >= ROWS - 4


@QUICKLY
@given(seed=SEED, at=AT, noise=st.integers(1, 40))
def test_words_of_another_program_in_between_are_left_out(seed, at, noise):
    true = rows_of(ROWS, seed)
    strange = np.random.default_rng(seed + 1).integers(-32768, 32768, noise)
    words = np.insert(true.ravel(), at, strange)
    found = Frames(TICKS).feed(words)
    rows = [row for one in found for row in one.rows.tolist()]
    numbers = [row[9] for row in rows if row in true.tolist()]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == ROWS - 1
    assert len(rows) - len(numbers) <= (noise % WORDS == 0)


@QUICKLY
@given(seed=SEED, tears=st.lists(st.tuples(AT, st.integers(1, 13)), min_size=1, max_size=3))
def test_as_many_tears_as_one_likes_only_cost_rows(seed, tears):
    true = rows_of(ROWS, seed)
    gone = sorted({at + k for at, count in tears for k in range(count)})
    found = Frames(TICKS).feed(np.delete(true.ravel(), gone))
    rows = [row for one in found for row in one.rows.tolist()]
    whole = [row for row in rows if row in true.tolist()]
    assert len(rows) - len(whole) <= len(tears), "at most where exactly a row's words are gone"
    if len(gone) % WORDS:
        assert whole[-1][9] == ROWS - 1
    assert all(one.lost >= 0 for one in found)


@QUICKLY
@given(seed=SEED, cuts=st.lists(st.integers(0, ROWS * WORDS), max_size=10))
def test_it_makes_no_difference_how_the_words_are_handed_over(seed, cuts):
    true = rows_of(ROWS, seed)
    words = np.delete(true.ravel(), np.arange(300, 305))
    whole = np.concatenate([one.rows for one in Frames(TICKS).feed(words)])
    parts = np.concatenate([one.rows for one in fed(Frames(TICKS), words, cuts)])
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("part", range(WORDS))
def test_what_is_known_of_the_next_row_is_counted(part: int):
    frames = Frames(TICKS)
    frames.feed(rows_of(10).ravel()[: 9 * WORDS + part])
    assert frames.locked
    assert frames.part == part


def test_after_words_may_have_been_lost_the_beginning_is_looked_for_again():
    true = rows_of(30)
    frames = Frames(TICKS)
    before = frames.feed(true[:10].ravel())
    frames.unlock()
    assert not frames.locked
    after = frames.feed(true[10:].ravel()[5:])
    judged([*before, *after], true, whole_after=12)
    assert after[0].lost >= 1


@pytest.mark.parametrize("times", [1, 2, 3, 7])
def test_a_row_before_which_whole_rows_were_dropped_is_taken(times: int):
    true = rows_of(20)
    ticks = times * TICKS
    true[12, 12], true[12, 13] = (ticks >> 16) - 32768, (ticks & 0xFFFF) - 32768
    rows = np.concatenate([one.rows for one in Frames(TICKS).feed(true.ravel())])
    assert 12 in rows[:, 9].tolist()


@pytest.mark.parametrize("by", [1.002, 0.998, 1.5, 0.5])
def test_a_time_that_no_row_can_take_tears_the_stream_there(by: float):
    true = rows_of(20)
    ticks = round(by * TICKS)
    true[12, 12], true[12, 13] = (ticks >> 16) - 32768, (ticks & 0xFFFF) - 32768
    found = Frames(TICKS).feed(true.ravel())
    rows = np.concatenate([one.rows for one in found])
    assert 12 not in rows[:, 9].tolist()
    assert rows[-1, 9] == 19
    assert found[-1].lost >= 1


@pytest.mark.parametrize(("by", "same"), [(0.5, True), (1.0, True), (1.1, False), (-1.1, False)])
def test_rows_are_as_long_as_the_file_says_within_a_thousandth(by: float, same: bool):
    assert same_time(100_000 + round(by * CLOSE * 100_000), 100_000) is same


@QUICKLY
@given(ticks=st.integers(0, 2**32 - 1))
def test_two_words_say_a_time_without_a_sign(ticks: int):
    words = np.array([(ticks >> 16) - 32768, (ticks & 0xFFFF) - 32768])
    assert intervals(words).tolist() == [ticks]


# Numbers of rows.


class Source:
    """A link that has some words."""

    where = "RIO0"

    def __init__(self, words: np.ndarray) -> None:
        self.words = words

    def waiting(self) -> int:
        return len(self.words)

    def take(self, count: int, timeout: float) -> np.ndarray | None:
        if count > len(self.words):
            return None
        taken, self.words = self.words[:count], self.words[count:]
        return taken


def rows_from(words: np.ndarray, expected: float = TICKS) -> Rows:
    source: Any = Source(words)
    return Rows(source, expected, 0.3)


def test_rows_are_numbered_from_nought_and_those_that_are_missing_are_counted():
    true = rows_of(40)
    late = np.delete(true, slice(20, 23), axis=0)
    late[20, 12] = (4 * TICKS >> 16) - 32768
    late[20, 13] = (4 * TICKS & 0xFFFF) - 32768
    rows = rows_from(late.ravel())
    numbered = [
        (piece.first + k, int(row[9]))
        for piece in rows.fetch(30)
        for k, row in enumerate(piece.words)
    ]
    begin = numbered[0][1]
    assert [number + begin for number, _ in numbered] == [tag for _, tag in numbered]
    assert rows.next == 40 - begin


def test_the_row_after_missing_ones_is_marked_and_no_other():
    true = rows_of(40)
    true[25, 12] = (3 * TICKS >> 16) - 32768
    true[25, 13] = (3 * TICKS & 0xFFFF) - 32768
    pieces = rows_from(true.ravel()).fetch(30)
    assert [piece.gap for piece in pieces] == [False, True]
    assert pieces[1].first == pieces[0].stop + 2
    assert pieces[1].words[0, 9] == 25


def test_whatever_was_before_the_count_began_is_no_gap():
    rows = rows_from(rows_of(40).ravel()[5:])
    rows.find()
    assert rows.next == 0
    rows._link.words = rows_of(20).ravel()  # type: ignore[attr-defined]
    rows.restart()
    assert rows.next == 0


def test_no_rows_in_time_is_an_error_that_says_how_long_was_waited():
    rows = rows_from(rows_of(2).ravel())
    with pytest.raises(StreamError, match=r"within 0\.3 s") as caught:
        rows.fetch(10)
    assert caught.value.code == "stalled-read"
    assert rows_from(np.empty(0, dtype=np.int64)).glance(0.1) == []


@pytest.mark.parametrize("words", [np.empty(0, dtype=np.int64), np.zeros(4000, dtype=np.int64)])
def test_a_stream_without_rows_is_refused_when_the_target_is_attached_to(words: np.ndarray):
    with pytest.raises(RigError, match=r"ms each.*Nothing moved") as caught:
        rows_from(words).find()
    assert "seccm rig bench" in caught.value.remedy


@pytest.mark.parametrize("by", [1.01, 0.95, 1.15])
def test_rows_of_another_length_are_refused_with_the_line_for_the_rig_file(by: float):
    ticks = round(by * TICKS)
    rows = rows_from(rows_of(40, ticks=ticks).ravel())
    with pytest.raises(RigError, match=r"more than 0\.1 % apart") as caught:
        rows.find()
    written = float(caught.value.remedy.split('"')[1].split()[0])
    assert same_time(ticks, written * 1e-3 * 40e6), "what is advised is accepted"
    rows_from(rows_of(40, ticks=ticks).ravel(), written * 1e-3 * 40e6).find()
