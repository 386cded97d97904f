"""Words of the target as rows: whatever is lost on the way, no row is made of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.wec_fpga.codes import LEAST
from hardware.wec_fpga.frames import Frames, Travel, exponent, line, same_time, speed_word
from hardware.wec_fpga.lines import Lines
from seccm.errors import LimitError

TICKS = 102_523


def rows_of(count: int, seed: int = 0, ticks: int = TICKS) -> np.ndarray:
    """Rows as a target makes them: any signals, a running number, the time of a row."""
    noise = np.random.default_rng(seed).integers(-32768, 32768, (count, 14))
    noise[:, 9] = np.arange(count)
    noise[:, 12], noise[:, 13] = (ticks >> 16) + LEAST, (ticks & 0xFFFF) + LEAST
    return noise


def fed(frames: Frames, words: np.ndarray, cuts: list[int]) -> list[Any]:
    """What comes of words that are handed over in pieces."""
    found = []
    for piece in np.split(words, sorted(cuts)):
        found += frames.feed(piece)
    return found


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    before=st.integers(0, 13),
    cuts=st.lists(st.integers(0, 560), max_size=6),
)
def test_rows_are_found_from_wherever_the_stream_is_joined(seed, before, cuts):
    """All but the first few, which are needed to see where they begin."""
    true = rows_of(40, seed)
    words = true.ravel()[before:]
    found = fed(Frames(TICKS), words, cuts)
    rows = np.concatenate([one.rows for one in found])
    np.testing.assert_array_equal(rows, true[-len(rows) :])
    assert len(rows) >= 38
    assert all(one.lost == 0 for one in found[1:])


@settings(max_examples=120)
@given(
    seed=st.integers(0, 10**6),
    at=st.integers(14 * 6, 14 * 30),
    lost=st.integers(1, 13),
    cuts=st.lists(st.integers(0, 560), max_size=6),
)
def test_a_row_that_lost_words_is_left_out_and_counted_and_no_row_is_mixed(seed, at, lost, cuts):
    true = rows_of(60, seed)
    words = np.delete(true.ravel(), np.arange(at, at + lost))
    found = fed(Frames(TICKS), words, cuts)
    known = {tuple(row) for row in true.tolist()}
    rows = [tuple(row) for one in found for row in one.rows.tolist()]
    assert set(rows) <= known
    numbers = [row[9] for row in rows]
    assert numbers == sorted(set(numbers))
    gaps = [one for one in found[1:] if one.lost]
    assert len(gaps) == 1
    assert numbers[-1] == 59
    missing = 60 - numbers[0] - len(numbers)
    # Half a row more or less: it is not known how much of the torn rows is gone.
    assert missing - 1 <= gaps[0].lost <= missing


@given(seed=st.integers(0, 10**6))
def test_noise_is_never_taken_for_rows(seed):
    words = np.random.default_rng(seed).integers(-32768, 32768, 3000)
    assert Frames(TICKS).feed(words) == []


@given(ticks=st.integers(2_000, 2**22), seed=st.integers(0, 1000))
def test_the_time_of_a_row_is_measured_within_a_fifth_of_what_the_file_says(ticks, seed):
    frames = Frames(ticks * 1.1)
    frames.feed(rows_of(30, seed, ticks).ravel())
    assert frames.ticks == ticks
    assert not same_time(ticks, ticks * 1.1)


def test_the_words_of_a_line_are_where_the_target_looks_for_them():
    words = line(Travel("X", 100, 7), Travel("Y", -5, 9), Travel("Z", 1, 2), kind=2, wait=2)
    assert words == [2, 7, 9, 2, 0, 0, 100, -5, 1, 0, 0, 2, 0, 0b111]
    assert line(Travel("V", 330), jump=True)[13] == 0b11000
    assert line(Travel("V2", 1), jump=True)[13] == 0b11000000
    assert line(Travel("V", 330, 12))[13] == 0b1000
    assert line(hold=10)[12:] == [10, 0b100000]


@pytest.mark.parametrize("goal", [32768, -32769, 10**9])
def test_a_number_that_the_package_would_cut_to_fit_is_refused(goal):
    with pytest.raises(LimitError, match="nothing moved"):
        line(Travel("Z", goal, 1), kind=2)


@given(st.floats(1e-9, 30_000.0))
def test_a_speed_is_written_with_the_finest_exponent(per_tick):
    n = exponent(per_tick)
    word = round(per_tick * 2.0**n)
    assert 0 <= word <= 32767
    assert n == 30 or round(per_tick * 2.0 ** (n + 1)) > 32766
    if word:
        assert speed_word(per_tick, n) * 2.0**-n == pytest.approx(per_tick, rel=0.5 / word + 1e-12)
    else:
        with pytest.raises(LimitError):
            speed_word(per_tick, n)


class Silent:
    """A link of which nothing is asked but the number of the line."""

    where = "target"

    def __init__(self, number: int) -> None:
        self.number = number

    def read(self, name: str) -> int:
        return self.number


@given(sent=st.integers(0, 10**7), late=st.lists(st.integers(0, 30_000), min_size=1, max_size=20))
def test_the_number_of_a_line_is_known_from_sixteen_bits_of_it(sent, late):
    lines: Any = Lines(Silent(sent), 1.0)  # type: ignore[arg-type]
    lines.sent = sent
    true = sent - np.minimum(np.array(late), sent)
    tags = (true + 32768) % 65536 - 32768
    if sent > 32767 and (tags == 32767).all():
        return  # which a target whose tags stop there would show, too
    np.testing.assert_array_equal(lines.numbers(tags), true)
    assert lines.exact


def test_where_tags_stop_at_their_largest_the_register_tells_and_no_row_is_said_to_be_exact():
    lines: Any = Lines(Silent(40_000), 1.0)  # type: ignore[arg-type]
    lines.sent = 40_001
    assert lines.numbers(np.full(3, 32767)).tolist() == [40_000] * 3
    assert not lines.exact
