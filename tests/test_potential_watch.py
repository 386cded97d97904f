"""An open input is told from a potential that changes, however the data points come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.floating import JUMP, PotentialWatch
from seccm.analysis.no_current import FALL, SIDE
from seccm.program.trace import CONTACT_ROWS

ROWS = CONTACT_ROWS + 6 * (SIDE + FALL)


def potential(
    jump: float = 0.0, at: int = ROWS // 2, back: int = 0, noise: float = 1e-4, seed: int = 1
) -> np.ndarray:
    """A quiet potential that jumps at a row, V; for good, or only for some rows."""
    e = noise * np.random.default_rng(seed).standard_normal(ROWS)
    e[at : at + back if back else None] += jump
    return e


def floats(e: np.ndarray, *cuts: int) -> int | None:
    """Return what a watch says of a potential that comes in parts."""
    watch = PotentialWatch()
    for part in np.split(e, sorted(cuts)):
        watch.feed(part)
    assert watch.rows == e.size
    return watch.floats


@given(
    jump=st.sampled_from([0.0, 0.05, 0.3, -0.3, 5.0, -9.0]),
    at=st.integers(CONTACT_ROWS + SIDE + 1, ROWS - SIDE - FALL - 1),
    back=st.sampled_from([0, 0, 3, SIDE]),
    cuts=st.lists(st.integers(0, ROWS), max_size=12),
    seed=st.integers(0, 50),
)
@settings(max_examples=200)
def test_it_says_the_same_however_the_potential_comes_in_parts(
    jump: float, at: int, back: int, cuts: list[int], seed: int
) -> None:
    e = potential(jump, at, back, seed=seed)
    assert floats(e, *cuts) == floats(e)


@pytest.mark.parametrize("jump", [0.2, -0.2, 1.0, -5.0, 9.9])
@pytest.mark.parametrize("at", [CONTACT_ROWS + SIDE + 5, ROWS // 2, ROWS - SIDE - FALL - 2])
def test_a_jump_that_stays_is_found_at_its_row(jump: float, at: int) -> None:
    found = floats(potential(jump, at))
    assert found is not None
    assert abs(found - at) <= FALL


@pytest.mark.parametrize(
    "e",
    [
        potential(),
        potential(0.9 * JUMP),
        potential(-0.9 * JUMP),
        potential(0.5, back=2),
        np.linspace(0.0, 2.0, ROWS),
        0.3 * np.sin(np.linspace(0.0, 6.0, ROWS)),
        np.full(ROWS, 0.4),
        np.zeros(0),
        np.zeros(3),
    ],
    ids=["noise", "a small step", "a small step down", "a spike", "a ramp", "a wave", "a level",
         "nothing", "three data points"],
)  # fmt: skip
def test_what_a_cell_does_by_itself_is_no_open_input(e: np.ndarray) -> None:
    assert floats(e) is None


@given(
    jump=st.floats(-5.0, 5.0).filter(lambda jump: abs(jump) > 0.2),
    at=st.integers(CONTACT_ROWS + SIDE + 1, ROWS - SIDE - FALL - 1),
    zero=st.floats(-3.0, 3.0),
)
@settings(max_examples=60)
def test_neither_the_zero_nor_the_sign_of_the_potential_matters(
    jump: float, at: int, zero: float
) -> None:
    """The reference of a plan is a convention, and so is the sign of a cell."""
    e = potential(jump, at)
    assert floats(e + zero) == floats(e) == floats(-e)


def test_a_larger_jump_later_is_the_one_that_counts() -> None:
    """A step to another potential may come before, and stays no less for it."""
    first, second = CONTACT_ROWS + SIDE + 5, ROWS - 2 * (SIDE + FALL)
    e = potential(0.15, first) + potential(4.0, second, seed=2)
    found = floats(e)
    assert found is not None
    assert abs(found - second) <= FALL


def test_it_keeps_no_more_of_a_long_step_than_of_a_short_one() -> None:
    """A step may last for days."""
    watch = PotentialWatch()
    kept = []
    for _ in range(50):
        watch.feed(np.zeros(1000))
        kept.append(watch._newest.size)
    assert max(kept[1:]) == min(kept[1:]) <= SIDE + FALL
