"""What the pieces of a hop share: waiting, moving, and the way out of trouble."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from little_world import CLOCK, a_block

from seccm.errors import ContactError, RigError
from seccm.events import Outcome, SiteStarted
from seccm.hopping.course import PATIENCE, Course, GivenUp, Steps, guarded
from seccm.plan.contacts import current_threshold
from seccm.rig import Axis, Block, Flag, Freeze, Move, Wake


def rows(start: int, count: int, *, moving: bool = False, z: float = 0.0) -> Block:
    flags = [int(Flag.MOVING) if moving else 0] * count
    return a_block(start, flags=flags, z=z)


def trial(error: BaseException | None) -> tuple[Steps[str], list[str]]:
    """A guarded body that waits for one block and then ends or fails, and its diary."""
    diary: list[str] = []
    course = Course(rows(0, 1))

    def body() -> Steps[str]:
        yield from course.next()
        if error is not None:
            raise error
        return "done"

    def cleanup() -> Steps[None]:
        diary.append("begun")
        yield from course.next(Freeze("clean-up"))
        diary.append("ended")

    return guarded(body(), cleanup), diary


def play(steps: Steps[str]) -> str:
    next(steps)
    try:
        for start in range(1, 10):
            steps.send(rows(start, 1))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise AssertionError("it did not end")


def test_the_clean_up_follows_on_success():
    steps, diary = trial(None)
    assert play(steps) == "done"
    assert diary == ["begun", "ended"]


@pytest.mark.parametrize(
    "error", [ContactError("no-contact", "none."), GivenUp(Outcome.SKIPPED, ""), KeyError("bug")]
)
def test_the_clean_up_comes_before_any_ordinary_error_is_passed_on(error):
    steps, diary = trial(error)
    with pytest.raises(type(error)) as caught:
        play(steps)
    assert caught.value is error
    assert diary == ["begun", "ended"]


@pytest.mark.parametrize("error", [RigError("odd", "rig", "odd."), KeyboardInterrupt()])
def test_a_rig_that_failed_is_asked_for_nothing_more(error):
    steps, diary = trial(error)
    with pytest.raises(type(error)):
        play(steps)
    assert diary == []


def test_a_hop_that_is_dropped_asks_for_nothing_more():
    steps, diary = trial(None)
    next(steps)
    steps.close()
    assert diary == []


def test_what_was_told_goes_out_with_the_next_actions_and_before_them():
    course = Course(rows(0, 1))
    course.tell(SiteStarted(1, 0))
    assert next(course.next(Freeze("x"))) == (SiteStarted(1, 0), Freeze("x"))
    assert course.untold() == ()


@pytest.mark.parametrize("length", [1, 3, 100])
def test_a_rest_lasts_at_least_its_time_and_asks_to_be_woken_at_its_end(length):
    course = Course(rows(0, 10))
    steps = course.rest(20 * CLOCK.period)
    assert next(steps) == (Wake(30),)
    with suppress(StopIteration):
        while True:
            steps.send(rows(course.row, length))
    assert 30 <= course.row < 30 + length


def test_a_position_is_the_mean_of_the_last_rows():
    block = rows(0, 20)
    z = np.arange(20.0)
    course = Course(replace(block, data={**block.data, "z": z}))
    assert course.position("z", 3) == pytest.approx(18.0)
    assert course.position("z", 50) == pytest.approx(z.mean())


def test_a_motion_is_over_when_the_rig_says_so():
    course = Course(rows(0, 1))
    steps = course.go(Move("z", 10e-6, 1e-6))
    assert next(steps)[0] == Move("z", 10e-6, 1e-6)
    for _ in range(5):
        steps.send(rows(course.row, 100, moving=True))
    with pytest.raises(StopIteration):
        steps.send(rows(course.row, 100))


def test_patience_with_a_motion_ends_after_its_time_and_some_more():
    course = Course(rows(0, 1))
    steps = course.go(Move("z", 10e-6, 1e-6))
    next(steps)
    with pytest.raises(RigError, match=r"z to 10 um\) should take 10 s and was not finished"):
        list(map(steps.send, (rows(1 + 10 * k, 10, moving=True) for k in range(1000))))
    assert course.row * CLOCK.period == pytest.approx(10.0 * 1.2 + PATIENCE, abs=0.05)


# Sideways.


def sideways(course: Course, axis: Axis) -> Steps[None]:
    yield from course.next(Move(axis, 5e-6, 1e-6))


@pytest.mark.parametrize("axis", ["x", "y"])
def test_no_tip_goes_sideways_before_somebody_has_seen_that_it_is_clear(axis: Axis):
    course = Course(rows(0, 10, z=5e-6))
    with pytest.raises(RigError, match="It did not move"):
        next(sideways(course, axis))
    course.clear = True
    assert next(sideways(course, axis)) == (Move(axis, 5e-6, 1e-6),)


@pytest.mark.parametrize("watched", [True, False])
def test_a_descent_ends_that_and_a_lift_alone_does_not_bring_it_back(watched: bool):
    course = Course(rows(0, 10, z=5e-6), clear=True)
    until = current_threshold(5e-12) if watched else None
    next(course.next(Move("z", 4e-6, 1e-6, until=until)))
    assert not course.clear
    next(course.next(Move("z", 9e-6, 1e-6)))
    with pytest.raises(RigError, match="not seen to be open"):
        next(sideways(course, "x"))


def test_a_lift_leaves_a_tip_that_is_clear_as_it_is():
    course = Course(rows(0, 10, z=5e-6), clear=True)
    next(course.next(Move("z", 9e-6, 1e-6)))
    assert course.clear
