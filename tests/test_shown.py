"""A landing shows itself in the programme, or is doubted; noise never shows one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_world import a_site

from seccm.hopping.shown import ENOUGH, STREAK, Shown
from seccm.plan.contacts import current_threshold, potential_drop
from seccm.plan.site import Hold
from seccm.rig import Block, Clock, ContactRule, Flag, Mode

LEVEL = 2e-12


def watch(rule: ContactRule, mode: Mode = "potential") -> Shown:
    site = a_site(0)
    approach = replace(site.approach, rule=rule, hold=Hold(mode, 0.1))
    return Shown(replace(site, approach=approach), 0.0 if mode == "potential" else 10.0)


def rows(current: np.ndarray, potential: float = 0.0, flag: int = 0) -> Block:
    n = len(current)
    data = {"current": current, "potential": np.full(n, potential), "z": np.zeros(n)}
    return Block(0, data, np.full(n, flag, np.uint8), Clock())


@given(
    cuts=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    lasts=st.integers(1, 60),
    at=st.integers(0, 200),
)
def test_a_current_past_the_level_shows_it_if_it_lasts_however_the_rows_are_cut(cuts, lasts, at):
    current = np.zeros(300)
    current[at : at + lasts] = 3 * LEVEL
    shown, first = watch(current_threshold(LEVEL)), 0
    while first < 300:
        size = cuts[first % len(cuts)]
        shown.feed("potential", rows(current[first : first + size]))
        first += size
    # The first row of a streak may be the one that changes sides.
    assert shown.missing or lasts >= STREAK
    assert not (shown.missing and lasts > STREAK)


@pytest.mark.parametrize("frequency", [50.0, 60.0])
def test_hum_and_numbers_that_are_none_show_nothing(frequency: float):
    t = Clock().period * np.arange(4 * ENOUGH)
    shown = watch(current_threshold(LEVEL))
    shown.feed("potential", rows(50 * LEVEL * np.sin(2 * np.pi * frequency * t)))
    shown.feed("potential", rows(np.full(ENOUGH, np.nan)))
    assert shown.missing


def test_a_galvanostat_shows_it_by_the_potential_and_an_overload_shows_none():
    open_, closed = (watch(potential_drop(5.0), "current") for _ in range(2))
    open_.feed("current", rows(np.zeros(ENOUGH), 0.0, int(Flag.OVERLOAD)))
    closed.feed("current", rows(np.zeros(ENOUGH), 0.1))
    assert (open_.missing, closed.missing) == (True, False)


def test_steps_that_could_not_show_it_leave_no_doubt():
    """Too short, or driven in another way than the approach."""
    shown = watch(current_threshold(LEVEL))
    shown.feed("current", rows(np.zeros(10 * ENOUGH)))
    shown.feed("open", rows(np.zeros(10 * ENOUGH)))
    shown.feed("potential", rows(np.zeros(ENOUGH - 1)))
    assert not shown.missing
