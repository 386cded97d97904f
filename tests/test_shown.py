"""A landing shows itself in the programme, or is doubted; noise never shows one."""

from __future__ import annotations

import math
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
from seccm.program.sine_design import multisine
from seccm.rig import Block, Clock, Constant, ContactRule, Flag, Lines, Mode, Sines, Waveform
from seccm.rig.shown import ENOUGH, STREAK, UNSHOWN, Shown

LEVEL, HOLD = 2e-12, 0.05
STEADY = Constant(0.0)
SINES = Sines(0.0, (multisine((2.0, 20.0, 200.0), 0.02, 4, 50.0),))
SLOW = Lines((0.0, 1.0, 2.0), (0.0, 0.5, 0.0))
SQUARES = Lines(tuple(0.02 * k for k in range(100)), tuple(0.05 * (-1) ** k for k in range(100)))


def watch(rule: ContactRule, mode: Mode = "potential") -> Shown:
    return Shown(rule, mode, 0.0 if mode == "potential" else 10.0, HOLD, Clock().period)


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
        shown.feed("potential", STEADY, rows(current[first : first + size]))
        first += size
    # The first row of a streak may be the one that changes sides.
    assert shown.missing or lasts >= STREAK
    assert not (shown.missing and lasts > STREAK)


@pytest.mark.parametrize("frequency", [50.0, 60.0])
def test_hum_and_numbers_that_are_none_show_nothing(frequency: float):
    t = Clock().period * np.arange(4 * ENOUGH)
    shown = watch(current_threshold(LEVEL))
    shown.feed("potential", STEADY, rows(50 * LEVEL * np.sin(2 * np.pi * frequency * t)))
    shown.feed("potential", STEADY, rows(np.full(ENOUGH, np.nan)))
    assert shown.missing


def test_a_galvanostat_shows_it_by_the_potential_and_an_overload_shows_none():
    open_, closed = (watch(potential_drop(5.0), "current") for _ in range(2))
    open_.feed("current", STEADY, rows(np.zeros(ENOUGH), 0.0, int(Flag.OVERLOAD)))
    closed.feed("current", STEADY, rows(np.zeros(ENOUGH), 0.1))
    assert (open_.missing, closed.missing) == (True, False)


def test_steps_that_could_not_show_it_leave_no_doubt():
    """Too short, or driven in another way than the approach."""
    shown = watch(current_threshold(LEVEL))
    shown.feed("current", STEADY, rows(np.zeros(10 * ENOUGH)))
    shown.feed("open", STEADY, rows(np.zeros(10 * ENOUGH)))
    shown.feed("potential", STEADY, rows(np.zeros(ENOUGH - 1)))
    assert not shown.missing


@pytest.mark.parametrize(
    ("waveform", "doubts"), [(STEADY, True), (SLOW, True), (SINES, False), (SQUARES, False)]
)
def test_what_swings_to_and_fro_leaves_no_doubt(waveform: Waveform, doubts: bool):
    """The programme itself turns the current round before it could show a contact."""
    shown = watch(current_threshold(LEVEL))
    t = Clock().period * np.arange(4 * ENOUGH)
    shown.feed("potential", waveform, rows(3 * LEVEL * np.sign(np.sin(100 * np.pi * t + 1e-3))))
    assert shown.missing is doubts
    shown.feed("potential", waveform, rows(np.full(2 * STREAK, 3 * LEVEL)))
    assert not shown.missing, "what shows itself nevertheless has"


@pytest.mark.parametrize("rest", [0.0, -0.3, 0.04, math.nan])
def test_at_rest_no_current_is_expected(rest: float):
    """Nearer to the potential at open circuit than the approach: it drove the current there."""
    for share, doubts in ((0.0, False), (0.5, False), (1.0, True), (-1.0, True), (3.0, True)):
        shown = watch(current_threshold(LEVEL))
        shown.feed("open", STEADY, rows(np.zeros(ENOUGH), rest))
        at = rest + share * (HOLD - rest)
        shown.feed("potential", STEADY, rows(np.zeros(2 * ENOUGH), at))
        assert shown.missing is (doubts or math.isnan(rest)), share


def test_waveforms_know_how_fast_they_turn():
    assert (STEADY.swing, Lines((0.0, 3.0), (0.0, 1.0)).swing) == (math.inf, math.inf)
    assert SLOW.swing == pytest.approx(1.0)
    assert SQUARES.swing == pytest.approx(0.02, rel=0.02)
    stairs = Lines((0.0, 1.0, 1.0, 2.0, 2.0, 3.0), (0.0, 0.0, 0.1, 0.1, 0.2, 0.2))
    assert stairs.swing == math.inf, "stairs go up and never turn"
    assert SINES.swing == pytest.approx(1 / 200, rel=0.1)


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
