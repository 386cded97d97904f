"""Where a card's lines switched the range of the current: planted at every sample, and found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.arrays import FloatArray
from seccm.data.raw_ranges import UNKNOWN, in_force
from seccm.data.raw_trace import InRange, RawOfSite
from seccm.rig import Clock, CurrentRange, Range

SPACING, ROWS = 20, 60
USUAL = CurrentRange("1 nA", Range(-1e-9, 1e-9))
LARGE = CurrentRange("10 nA", Range(-1e-8, 1e-8), factor=10.0, offset=3e-13)
SMALL = CurrentRange("100 pA", Range(-1e-10, 1e-10), factor=0.1, offset=-1e-14)
BIT = 1e-13
"""Amperes of a number of the converter, in the usual range."""
CODES = np.random.default_rng(5).integers(800, 2000, ROWS * SPACING).astype(np.int16)


def stored(codes: Sequence[int], channel: bytes = b"current") -> Mapping[str, Any]:
    """What a file has of one stream of one input."""
    return {
        "raw": np.asarray(codes, np.int16)[None],
        "raw_channel": np.array([channel]),
        "raw_unit": np.array([b"A"]),
        "raw_piece_start": np.array([0]),
        "raw_piece_size": np.array([len(codes)]),
        "raw_piece_first": np.array([0]),
        "raw_piece_session": np.array([0]),
        "raw_c0": np.array([[0.0]]), "raw_c1": np.array([[BIT]]),
        "raw_c2": np.array([[0.0]]), "raw_c3": np.array([[0.0]]),
    }  # fmt: skip


class Step:
    """A step that asks for a range, and whose lines switch at one sample.

    Args:
        switch: number of the first sample in the new range.
        old: the range before it.
        new: that of the step.
        averaged: samples of each row that are averaged; those after them are of no row.
        codes: of the converter.
    """

    def __init__(
        self, switch: int, old: CurrentRange, new: CurrentRange, averaged: int = SPACING,
        codes: npt.NDArray[np.int16] = CODES,
    ) -> None:  # fmt: skip
        self.old, self.new, self.switch, self.averaged = old, new, switch, averaged
        self.raw = RawOfSite(
            stored(codes), 0, Clock(1e5, averaged, SPACING), 0.0, ranges=(USUAL, LARGE, SMALL)
        )
        number, usual = np.arange(codes.size), BIT * codes.astype(float)
        ranges = (old, new)
        in_old, in_new = (one.offset + one.factor * usual for one in ranges)
        self.amperes = np.where(number < switch, in_old, in_new)
        self.rows: FloatArray = self.amperes.reshape(-1, SPACING)[:, :averaged].mean(axis=1)

    def found(self) -> tuple[InRange, ...]:
        numbers = np.arange(self.rows.size)
        return tuple(in_force(self.raw, numbers, self.rows, self.new.name, self.old.name))

    def claimed(self) -> list[CurrentRange]:
        """The range of each sample, as the reader of the file has it."""
        ranges = [USUAL] * self.amperes.size
        for one in self.found():
            ranges[one.first : one.stop] = [one.range] * (one.stop - one.first)
        return ranges


def is_wrong(step: Step) -> list[int]:
    """Samples of which the reader names a range in which they were not taken."""
    return [
        k for k, one in enumerate(step.claimed())
        if one is not UNKNOWN and one is not (step.old if k < step.switch else step.new)
    ]  # fmt: skip


PAIRS = [(USUAL, LARGE), (LARGE, USUAL), (USUAL, SMALL), (SMALL, USUAL), (SMALL, LARGE)]


@pytest.mark.parametrize(("old", "new"), PAIRS, ids=lambda one: one.name)
def test_a_switch_within_a_row_is_found_to_the_sample(old: CurrentRange, new: CurrentRange) -> None:
    for switch in (21, 27, 39, 105, 518, 1191):
        step = Step(switch, old, new)
        assert is_wrong(step) == []
        unsure = [k for k, one in enumerate(step.claimed()) if one is UNKNOWN]
        assert len(unsure) <= 1, switch


@settings(max_examples=30)
@given(
    st.integers(0, ROWS * SPACING - 1), st.sampled_from(PAIRS), st.sampled_from([20, 19, 15, 7, 1])
)
def test_a_range_that_is_named_is_the_right_one(
    switch: int, pair: tuple[CurrentRange, CurrentRange], averaged: int
) -> None:
    """Wherever the lines switched, and however many samples of a row were averaged."""
    step = Step(switch, *pair, averaged)
    assert is_wrong(step) == []
    unsure = [k for k, one in enumerate(step.claimed()) if one is UNKNOWN]
    assert len(unsure) <= 2 + (SPACING - averaged)
    assert all(abs(k - switch) <= SPACING for k in unsure)


@pytest.mark.parametrize("row", [1, 17, 59])
def test_a_switch_with_a_row_leaves_no_sample_in_doubt(row: int) -> None:
    found = Step(row * SPACING, USUAL, LARGE).found()
    assert [(one.first, one.stop, one.range) for one in found] == [
        (row * SPACING, ROWS * SPACING, LARGE)
    ]


def test_samples_between_rows_are_in_doubt_where_the_switch_may_be_among_them() -> None:
    """They are of no mean: nobody can say."""
    step = Step(17 * SPACING, USUAL, LARGE, averaged=15)
    doubted = [one for one in step.found() if one.range is UNKNOWN]
    assert [(one.first, one.stop) for one in doubted] == [(17 * SPACING - 5, 17 * SPACING)]


@pytest.mark.parametrize("one", [USUAL, LARGE, SMALL], ids=lambda one: one.name)
def test_a_step_in_the_range_of_the_one_before_it_has_no_switch(one: CurrentRange) -> None:
    found = Step(0, one, one).found()
    whole = [(0, ROWS * SPACING, one)]
    assert [(f.first, f.stop, f.range) for f in found] == ([] if one is USUAL else whole)


@pytest.mark.parametrize("name", ["", "1 nA", "1000 pA", "1e-9 A"])
def test_the_usual_range_has_several_names(name: str) -> None:
    step = Step(0, USUAL, USUAL)
    numbers = np.arange(ROWS)
    assert list(in_force(step.raw, numbers, step.rows, name, "")) == []
    assert list(in_force(step.raw, numbers, step.rows, "", name)) == []


def test_noise_of_the_rows_does_not_hide_the_switch() -> None:
    """Rows as a file has them: in single precision."""
    for switch in (40, 333, 901):
        step = Step(switch, USUAL, SMALL)
        step.rows = step.rows.astype(np.float32).astype(float)
        assert is_wrong(step) == []


def test_a_current_of_zero_says_nothing_and_nothing_wrong_is_claimed_beyond_its_offset() -> None:
    """Both ranges read the same: the samples mean the same in either of them."""
    plain = CurrentRange("10 nA", Range(-1e-8, 1e-8), factor=10.0)
    step = Step(400, USUAL, plain, codes=np.zeros(ROWS * SPACING, np.int16))
    step.raw = RawOfSite(
        stored(np.zeros(ROWS * SPACING, np.int16)), 0, Clock(1e5, SPACING, SPACING), 0.0,
        ranges=(USUAL, plain),
    )  # fmt: skip
    spans = step.found()
    trace = step.raw.trace(0, ROWS, ranges=spans)
    known = np.isfinite(trace["current"])
    assert np.all(trace["current"][known] == 0.0)


def test_currents_of_the_trace_are_those_that_flowed() -> None:
    step = Step(518, LARGE, SMALL)
    trace = step.raw.trace(0, ROWS, ranges=step.found())
    known = np.isfinite(trace["current"])
    assert np.count_nonzero(~known) <= 1
    assert trace["current"][known] == pytest.approx(step.amperes[known], rel=1e-9)


def test_without_samples_rows_or_ranges_nothing_is_claimed() -> None:
    step = Step(100, USUAL, LARGE)
    nothing = np.empty(0, np.int64)
    assert list(in_force(step.raw, nothing, np.empty(0), "10 nA", "")) == []
    bare = RawOfSite(stored(CODES), 0, step.raw.clock, 0.0)
    assert list(in_force(bare, np.arange(ROWS), step.rows, "10 nA", "")) == []
    other = RawOfSite(stored(CODES, b"z"), 0, step.raw.clock, 0.0, ranges=(USUAL, LARGE))
    spans = list(in_force(other, np.arange(ROWS), step.rows, "10 nA", ""))
    assert [one.range for one in spans] == [LARGE], "no sample of the current, none in doubt"


def test_an_unknown_range_gives_no_number() -> None:
    assert math.isnan(UNKNOWN.factor)
    assert math.isnan(UNKNOWN.offset)
