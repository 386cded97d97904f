"""A landing shows itself in the programme, or is doubted; noise never shows one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_scans import smaller

import seccm
from seccm.analysis.quality import Quality
from seccm.events import Note
from seccm.plan.contacts import current_threshold, potential_drop
from seccm.rig import Block, Clock, ContactRule, Flag, Mode
from seccm.rig.shown import ENOUGH, STREAK, UNSHOWN, Shown

LEVEL = 2e-12


def watch(rule: ContactRule, mode: Mode = "potential") -> Shown:
    return Shown(rule, mode, 0.0 if mode == "potential" else 10.0)


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


def doubted(path: Path, *faults: str) -> list[tuple[int, ...]]:
    """Sites with a doubtful contact: as told in a run, as in its file, and as analysed again."""
    row = {"kind": "grid", "columns": 3, "rows": 2, "pitch": 4e-6, "origin": [1e-5, 1e-5]}
    run = seccm.run(smaller("redox-cv-map", sites=row), path=path, faults=faults, seed=1)
    notes = [event for event in run if isinstance(event, Note)]
    found = [tuple(note.site for note in notes if UNSHOWN in note.text)]
    for analysed in (False, True):
        if analysed:
            seccm.analyze(path)
        with seccm.open(path) as scan:
            quality = scan.sites["quality"] & Quality.DOUBTFUL_CONTACT
            found.append(tuple(np.flatnonzero(quality).tolist()))
    return found


def test_a_site_that_landed_on_noise_is_called_doubtful_everywhere(tmp_path: Path):
    """Loud hum passes for contacts far above the surface; the steps then show no current."""
    told, stored, again = doubted(tmp_path / "hum.h5", "hum")
    assert told
    assert stored == again == told
    assert doubted(tmp_path / "quiet.h5") == [(), (), ()]
