"""The numbers of the rows of a run follow on each other, or nobody knows when they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from little_world import a_block

from seccm.errors import StreamError
from seccm.hopping.row_order import RowOrder
from seccm.rig import Block, Flag


def rows(start: int, stop: int, gap: int | None = None) -> Block:
    block = a_block(start, potential=np.zeros(stop - start))
    flags = block.flags.copy()
    if gap is not None:
        flags[gap - start] |= int(Flag.GAP)
    return replace(block, flags=flags)


def test_rows_that_follow_are_no_news_however_they_are_cut() -> None:
    order = RowOrder()
    assert [order.follow(rows(a, b)) for a, b in ((7, 8), (8, 20), (20, 21))] == [None] * 3


@pytest.mark.parametrize("again", [(5, 5), (4, 9), (0, 3), (6, 9)])
def test_none_twice_or_too_late_end_the_run(again: tuple[int, int]) -> None:
    order = RowOrder()
    order.follow(rows(0, 5))
    with pytest.raises(StreamError, match="data points from 5 on were expected"):
        order.follow(rows(*again))


def test_rows_that_a_rig_says_it_missed_are_told_of_and_the_run_goes_on() -> None:
    order = RowOrder()
    order.follow(rows(0, 5))
    assert order.follow(rows(9, 12, gap=9)) == (
        9,
        "Data points are missing: 4 before data point 9.",
    )
    assert order.follow(rows(12, 20, gap=15)) == (
        15,
        "Data points are missing: some before data point 15.",
    )
    assert order.follow(rows(20, 21)) is None


def test_what_was_refused_is_still_due() -> None:
    order = RowOrder()
    order.follow(rows(0, 5))
    with pytest.raises(StreamError):
        order.follow(rows(6, 9))
    assert order.follow(rows(5, 9)) is None
