"""The way down as it is drawn: the signal against the height of the tip, and its threshold."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_rows import rows
from pytestqt.qtbot import QtBot
from small_plan import INFO, POTENTIOSTATIC, approach, small
from ui_windows import LONG, begin, ended, small_plan, window

from seccm.events import Phase
from seccm.remote import Trace
from seccm.rig.contact import Crossing
from ui.models.descent import AFTER, descent_of
from ui.models.live import Live
from ui.models.palette import DARK
from ui.models.passage import Passage
from ui.panels import ApproachPanel

pA = 1e-12


def live_of(overload: float = INFO.overload, **tables: object) -> Live:
    return Live({s.number: s for s in small(**tables).sites()}, overload)


# The threshold


@pytest.mark.parametrize("overload", [10.0, -10.0])
@pytest.mark.parametrize("settled", [True, False])
def test_the_line_is_drawn_where_the_engine_stops_the_tip(overload: float, settled: bool):
    """Whatever an instrument reads in overload, and before the baseline was looked at."""
    live = live_of(overload)
    # The hold is cathodic: an open galvanostat goes to the other end than at an anodic current.
    rail = -overload
    if settled:
        live.take(rows(0, Phase.SETTLE, np.arange(5) * 0.01, E=rail))
    live.take(rows(0, Phase.APPROACH, 1.0 + np.arange(5) * 0.01, E=rail))
    assert live.watched.quantity == "E"
    (line,) = live.watched.thresholds
    spec = small().sites()[0].approach
    assert spec.hold.value < 0
    near = np.array([line - 1e-3, line + 1e-3])
    assert spec.rule.past(rail, near).tolist() == [rail > 0, rail < 0]


def test_a_fixed_threshold_has_a_line_on_either_side_and_a_rise_none_before_its_baseline():
    hold = {"hold": {"potential": 0.1}}
    fixed = live_of(approach={**POTENTIOSTATIC, **hold})
    fixed.take(rows(0, Phase.SETTLE, np.arange(3) * 1.0))
    assert fixed.watched.quantity == "I"
    assert fixed.watched.thresholds == (5 * pA, -5 * pA)
    contact = {"kind": "current rise", "rise": 5 * pA, "polarity": "anodic"}
    rise = live_of(approach=approach(contact=contact, **hold))
    rise.take(rows(0, Phase.TRAVEL, np.arange(3) * 1.0))
    assert rise.watched.thresholds == ()
    rise.take(rows(0, Phase.SETTLE, 3 + np.arange(3) * 1.0, I=20 * pA))
    assert rise.watched.thresholds == pytest.approx((25 * pA,))


# Through the contact


SPEED, PERIOD = 2e-6, 0.0025


def landing(number: int = 0, noise: float = 0.0, moving: int = 6, down: int = 400) -> Trace:
    """Come down at the speed of the plan, touch, and go on for some rows before the tip rests."""
    rng = np.random.default_rng(number)
    since = np.arange(down + 2000)
    z = 6e-5 - SPEED * PERIOD * np.minimum(since, down + moving)
    E = np.where(since < down, 10.0, 10.0 * np.exp(-(since - down + 1) / 3.0))
    noisy = z + noise * rng.standard_normal(z.size)
    parts = [
        rows(number, phase, 1.0 + 20.0 * number + PERIOD * since[which], E=E[which], z=noisy[which])
        for phase, which in ((Phase.APPROACH, slice(down)), (Phase.STEP, slice(down, None)))
    ]
    return Trace.joined([rows(number, Phase.SETTLE, np.arange(20) * PERIOD, E=10.0), *parts])


@pytest.mark.parametrize("noise", [0.0, 1e-9])
def test_the_signal_is_seen_to_fall_through_the_threshold_where_the_tip_stopped(noise: float):
    live = live_of()
    live.take(landing(noise=noise))
    seen = live.watched
    assert seen.signal.max() > max(seen.thresholds) > seen.signal.min()
    past = seen.signal < seen.thresholds[0]
    at_rest = 6e-5 - SPEED * PERIOD * 406
    assert seen.z[past][-1] == pytest.approx(at_rest, abs=5e-9)
    # It ends soon after: what the measurement does to the signal is none of the approach.
    assert len(live.descent) <= 400 + 6 + 20


def test_an_approach_too_slow_to_see_the_tip_rest_ends_all_the_same():
    live = live_of()
    live.take(landing(noise=0.0, moving=10_000))
    assert len(live.descent) == 400 + AFTER


@given(st.lists(st.integers(1, 2400), max_size=12))
def test_however_the_rows_come_the_way_down_is_the_same(cuts: list[int]):
    story = landing(noise=1e-9)
    whole, cut = live_of(), live_of()
    whole.take(story)
    edges = [0, *sorted(set(cuts)), len(story)]
    for first, last in pairwise(edges):
        cut.take(story.where(slice(first, last)))
    for name in ("t", "z", "E"):
        assert whole.descent[name].tolist() == cut.descent[name].tolist()


def test_the_next_approach_begins_anew():
    live = live_of()
    live.take(landing(0))
    live.take(landing(1, down=100).where(slice(120)))
    assert len(live.descent) == 100
    assert live.watched.signal.min() == 10.0


def test_the_way_down_is_drawn_anew_only_while_there_is_more_of_it():
    """The measurement goes on for long; what stands still costs nothing meanwhile."""
    live = live_of()
    story = landing()
    seen, drawn = [], []
    for first in range(0, len(story), 50):
        live.take(story.where(slice(first, first + 50)))
        seen.append(live.ways)
        drawn.append(len(live.descent))
    changed = [a != b for a, b in pairwise(seen)]
    grown = [a != b for a, b in pairwise(drawn)]
    assert all(c for c, g in zip(changed, grown, strict=True) if g)
    assert not any(changed[-20:])
    live.take(rows(1, Phase.TRAVEL, 100.0 + np.arange(3)))
    assert live.ways != seen[-1], "another site has thresholds of its own"


def test_the_real_engine_shows_its_contact_in_the_window(qtbot: QtBot, tmp_path: Path):
    """Its contact is confirmed some rows later than it happens."""
    with window(qtbot, tmp_path) as w:
        begin(qtbot, w, small_plan(tmp_path, 1, 2), tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        live = w.desk.live
        assert live is not None
        seen = live.watched
        assert seen.signal.max() > seen.thresholds[0] > seen.signal.min()
        w.live.draw()
        z, drawn = w.live.approach._ways[0].getData()
        line = w.live.approach._lines[0]
        assert line.isVisible()
        assert drawn.max() > line.value() > drawn.min()
        assert w.desk.map is not None
        crossing = w.desk.map.values("contact z")[1]
        assert z[drawn > line.value()].max() == pytest.approx(crossing, abs=30e-9)


def test_the_signal_that_is_watched_is_drawn_whatever_signal_it_is(qtbot: QtBot):
    """Such as the amplitude of a lock-in: its height, unit and threshold, not the current's."""
    rule = Crossing("amplitude", "from zero", 2e-12, "above", measured_in="A")
    seen = Passage(("amplitude",))

    def feed(phase: Phase, amplitude: float) -> None:
        part = rows(0, phase, np.arange(5) * 0.01, E=0.3)
        seen.take(replace(part, signals={"amplitude": np.full(5, amplitude)}))

    feed(Phase.SETTLE, 0.4e-12)
    feed(Phase.APPROACH, 0.5e-12)
    drawn = descent_of(seen.way(0), rule)
    assert (drawn.quantity, drawn.unit) == ("amplitude", "A")
    assert drawn.signal == pytest.approx(0.5e-12)
    assert drawn.thresholds == (2e-12,)
    raised = Crossing("amplitude", "from baseline", 2e-12, "above", measured_in="A")
    assert descent_of(seen.way(0), raised).thresholds == pytest.approx((2.4e-12,))
    panel = ApproachPanel()
    qtbot.addWidget(panel)
    panel.dress(DARK, 13)
    panel.draw(drawn)
    assert "amplitude" in panel.left.labelText
    assert "pA" in panel.left.labelText
    assert panel._lines[0].value() == pytest.approx(2e-12)
    without = Passage()
    without.take(rows(0, Phase.APPROACH, np.arange(5) * 0.01, E=0.3))
    assert descent_of(without.way(0), rule).quantity == "I", "a file that has no such signal"
