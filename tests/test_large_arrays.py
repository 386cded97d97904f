"""Large arrays are copied in parts, and many sites are thinned: nothing twice, nothing left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.envelope import envelope
from seccm.data import packing
from seccm.data.packing import parts
from seccm.report.study import evenly


@given(
    shape=st.one_of(
        st.tuples(st.integers(0, 90)), st.tuples(st.integers(0, 40), st.integers(0, 90))
    ),
    block=st.integers(1, 50),
)
@settings(max_examples=200)
def test_the_parts_of_an_array_are_small_and_each_number_is_in_one(
    shape: tuple[int, ...], block: int
) -> None:
    """Of two dimensions either may be the long one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_BLOCK", block)
        seen = np.zeros(shape, np.int64)
        for here in parts(shape):
            assert len(here) == len(shape)
            assert 0 < seen[here].size <= block
            seen[here] += 1
    assert (seen == 1).all()


def test_a_part_of_days_of_samples_fits_into_any_memory() -> None:
    """Four numbers a millisecond for three days, and raw samples of four channels."""
    for shape in ((10**9,), (4, 26 * 10**9)):
        first = next(iter(parts(shape)))
        sizes = [part.stop - part.start for part in first]
        assert 8 * np.prod(sizes, dtype=np.int64) <= 100e6


@given(count=st.integers(0, 3000), most=st.integers(1, 500), first=st.integers(0, 10**6))
def test_of_many_sites_some_are_chosen_over_the_whole_scan(
    count: int, most: int, first: int
) -> None:
    """In their order, none twice, the first and the last among them."""
    numbers = first + np.arange(count)
    chosen = evenly(numbers, most)
    assert chosen.size == min(count, most)
    assert (np.diff(chosen) > 0).all()
    assert np.isin(chosen, numbers).all()
    if min(count, most) > 1:
        assert (chosen[0], chosen[-1]) == (numbers[0], numbers[-1])
        assert np.ptp(np.diff(chosen)) <= 1 or count <= most, "at even distances"


@given(
    count=st.integers(0, 4000),
    most=st.integers(4, 300),
    seed=st.integers(0, 99),
    lost=st.floats(0.0, 0.5),
)
@settings(max_examples=100)
def test_what_stands_out_of_a_long_record_is_drawn(
    count: int, most: int, seed: int, lost: float
) -> None:
    """The highest and the lowest value, at their times, whatever the number of points."""
    rng = np.random.default_rng(seed)
    t, y = np.sort(rng.random(count)), rng.standard_normal(count)
    y[rng.random(count) < lost] = np.nan
    at, shown = envelope(t, y, most)
    known = np.isfinite(y)
    assert np.isfinite(shown).all()
    assert (np.diff(at) >= 0.0).all()
    assert {*zip(at.tolist(), shown.tolist(), strict=True)} <= {
        *zip(t[known].tolist(), y[known].tolist(), strict=True)
    }
    assert shown.size <= most + 2
    if known.any():
        assert shown.max() == y[known].max()
        assert shown.min() == y[known].min()
    if known.sum() <= most:
        assert shown.size == known.sum(), "a short record is drawn whole"
