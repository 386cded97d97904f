"""What steps of the active site draw themselves is read while it is measured, and at its end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from ui_windows import LONG, window

from seccm.analysis.step_features import Drawn
from seccm.plan.library import plans
from seccm.program.figures import Axis, OwnCurve
from seccm.program.registry import kinds
from ui.live import LiveView
from ui.models import live_curves
from ui.models.curve_choice import own_page_of
from ui.models.curves import SiteCurve
from ui.models.live_curves import PAUSE, SHARE, SOON, LiveCurves
from ui.models.palette import DARK, Sizes

NONE = np.empty(0)
CURVE = OwnCurve(
    "nyquist", "Nyquist", Axis("real", "ohm"), Axis("imaginary", "ohm"), lambda _: (NONE, NONE)
)


class Clock:
    """A clock that stands still until it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Curves:
    """Answers in place of a file; remembers what it was asked for."""

    def __init__(self, file: object) -> None:
        self.asked: list[int] = []
        self.reading, self.closed, self.shut = False, False, False
        self.own: tuple[Drawn, ...] = ()

    def want(self, numbers: tuple[int, ...]) -> None:
        self.asked += numbers
        self.reading = True

    def collect(self) -> bool:
        return True

    def get(self, number: int) -> SiteCurve:
        return SiteCurve(number, None, None, self.closed, own=self.own)

    def close(self) -> None:
        self.shut = True


def live_of(kind: str = "impedance", mode: str = "potential") -> SimpleNamespace:
    site = SimpleNamespace(segments=[SimpleNamespace(kind=kind, mode=mode, values=())])
    return SimpleNamespace(drawn=0, finished=set(), planned=lambda number: site, version=0)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[LiveCurves, SimpleNamespace, Curves, Clock]:
    monkeypatch.setattr(live_curves, "SiteCurves", Curves)
    clock, live = Clock(), live_of()
    reader = LiveCurves(clock)
    reader.follow(live, object())  # type: ignore[arg-type]
    curves = reader._curves
    assert isinstance(curves, Curves)
    curves.own = (drawn(),)
    return reader, live, curves, clock


def test_a_site_is_read_again_after_a_pause_and_nothing_waits_for_it(made):
    reader, _, curves, clock = made
    assert not reader.look()
    assert curves.asked == [0]
    assert not reader.look(), "it is still being read"
    curves.reading = False
    assert reader.look()
    assert reader.sites[0].number == 0
    clock.now += 0.9 * PAUSE
    assert not reader.look()
    assert curves.asked == [0]
    clock.now += 0.2 * PAUSE
    reader.look()
    assert curves.asked == [0, 0]


def test_the_longer_a_reading_takes_the_more_seldom_it_is_repeated(made):
    reader, _, curves, clock = made
    reader.look()
    clock.now += 4.0
    curves.reading = False
    reader.look()
    clock.now += 0.9 * SHARE * 4.0
    reader.look()
    assert curves.asked == [0]
    clock.now += 0.2 * SHARE * 4.0
    reader.look()
    assert curves.asked == [0, 0]


def test_the_end_of_a_site_is_read_at_once_until_the_file_has_it(made):
    reader, live, curves, clock = made
    reader.look()
    curves.reading = False
    reader.look()
    live.finished.add(0)
    reader.look()
    assert curves.asked == [0, 0], "without a pause"
    curves.reading = False
    reader.look()
    clock.now += 1.01 * SOON
    reader.look()
    assert curves.asked == [0, 0, 0], "the file did not know of the end yet"
    curves.closed, curves.reading = True, False
    reader.look()
    clock.now += 100.0
    reader.look()
    assert curves.asked == [0, 0, 0], "there is no more to come"


def test_another_site_is_read_as_soon_as_it_is_in_view(made):
    reader, live, curves, _ = made
    reader.look()
    curves.reading, curves.closed = False, True
    reader.look()
    live.drawn, curves.closed = 1, False
    reader.look()
    assert curves.asked == [0, 1]


def test_a_site_that_was_left_while_it_was_read_is_read_once_more_at_its_end(made):
    """On a slow machine the next site may be in view before the last one was read."""
    reader, live, curves, clock = made
    reader.look()
    live.finished.add(0)
    live.drawn = 1
    reader.look()
    curves.reading = False
    assert reader.look(), "what was read meanwhile is shown"
    assert reader.sites[0].number == 0
    clock.now += 1.01 * SOON
    curves.closed = True
    reader.look()
    curves.reading = False
    reader.look()
    clock.now += 1.01 * SOON
    curves.closed = False
    reader.look()
    assert curves.asked[0] == 0
    assert curves.asked[-1] == 1
    assert reader.sites[0].number == 0
    curves.reading = False
    assert reader.look()
    assert reader.sites[0].number == 1


@pytest.mark.parametrize(
    ("kind", "mode", "read"),
    [("impedance", "potential", True), ("open circuit", "open", False),
     ("constant current", "current", True)],
)  # fmt: skip
def test_only_sites_with_something_to_draw_are_read(monkeypatch, kind, mode, read):
    monkeypatch.setattr(live_curves, "SiteCurves", Curves)
    reader = LiveCurves(Clock())
    reader.follow(live_of(kind, mode), object())  # type: ignore[arg-type]
    reader.look()
    assert bool(reader._curves.asked) is read  # type: ignore[union-attr]


def test_what_there_was_stays_until_the_next_site_has_something_of_its_own(made):
    reader, live, curves, _ = made
    curves.own = (drawn(),)
    reader.look()
    curves.reading, curves.closed = False, True
    reader.look()
    live.drawn, curves.own, curves.closed = 1, (), False
    reader.look()
    curves.reading = False
    assert not reader.look()
    assert reader.sites[0].number == 0
    curves.own = (drawn(),)
    live.finished.add(1)
    reader.look()
    curves.reading = False
    assert reader.look()
    assert reader.sites[0].number == 1


def test_without_a_file_nothing_is_read_and_another_run_lets_the_file_go(made):
    reader, live, curves, _ = made
    reader.follow(live, None)
    assert curves.shut
    assert not reader.look()
    assert reader.sites == ()


# ------------------------------------------------------------------------------ the view


def drawn(step: int = 0) -> Drawn:
    x = np.linspace(1.0, 2.0, 5)
    return Drawn(CURVE, step, x, x, NONE, NONE, NONE, NONE)


@pytest.fixture
def view(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> LiveView:
    monkeypatch.setattr(live_curves, "SiteCurves", Curves)
    made = LiveView()
    qtbot.addWidget(made)
    made.dress(DARK, Sizes.of(96.0, glove=False))
    made.resize(700, 500)
    return made


def shown(view: LiveView, *own: Drawn, number: int = 0) -> None:
    """Let the view take what was read of a site."""
    view._reading.sites = (SiteCurve(number, None, None, False, own=own),)
    view._reading.again()
    view._draw_own()


def test_the_figure_that_tells_most_is_shown_as_soon_as_it_is_there(qtbot, view):
    view.choose("E-t", "I-t", "approach", own="nyquist")
    view.show()
    assert not view.more.isVisible()
    shown(view, drawn())
    qtbot.waitUntil(lambda: view.buttons["nyquist-0"].isChecked())
    assert view.own.panels["nyquist-0"].isVisible()
    view._draw_own()
    assert view.own.panels["nyquist-0"]._lines[0].getData()[0].size == 5
    assert view.more.isVisible()


def test_others_are_shown_when_they_are_chosen_from_the_list(qtbot, view):
    view.choose("E-t", "I-t", own="")
    view.show()
    shown(view, drawn(0), drawn(1))
    assert not view.own.panels["nyquist-1"].isVisible()
    view.more.menu().aboutToShow.emit()
    first, second = view.more.menu().actions()
    assert not first.isChecked()
    second.trigger()
    assert view.own.panels["nyquist-1"].isVisible()
    assert not view.own.panels["nyquist-0"].isVisible()
    view._draw_own()
    assert view.own.panels["nyquist-1"]._lines[0].getData()[0].size == 5


def test_a_page_that_was_shown_is_shown_again_at_the_next_site(qtbot, view):
    view.choose("E-t", own="nyquist")
    view.show()
    shown(view, drawn())
    qtbot.waitUntil(lambda: view.buttons["nyquist-0"].isChecked())
    shown(view, number=1)
    assert "nyquist-0" not in view.buttons
    assert not view.more.isVisible()
    shown(view, drawn(), number=1)
    qtbot.waitUntil(lambda: view.buttons["nyquist-0"].isChecked())


def test_panels_share_the_room_alike(qtbot, view):
    view.choose("E-t", "I-t", "approach", own="nyquist")
    view.show()
    shown(view, drawn())
    qtbot.waitUntil(lambda: view.buttons["nyquist-0"].isChecked())
    view._grid.activate()
    panels = [view._panel(name) for name in ("E-t", "I-t", "approach", "nyquist-0")]
    heights, widths = ([size(p.size()) for p in panels] for size in
                       (lambda s: s.height(), lambda s: s.width()))  # fmt: skip
    assert max(heights) - min(heights) <= 2
    assert max(widths) - min(widths) <= 2


def test_the_figure_of_a_kind_is_found_by_its_declaration():
    """Of those whose curves only go over time: the first figure; no kind is named anywhere."""
    for name, kind in kinds().items():
        own = [what.slug for what in kind.figures if isinstance(what, OwnCurve)]
        over_time = all(curve in ("E-t", "I-t") for curve in kind.curves)
        assert own_page_of([name]) == (own[0] if own and over_time else "")
    assert own_page_of([]) == ""


def test_a_window_draws_the_impacts_of_a_site_while_it_runs(qtbot: QtBot, tmp_path: Path):
    text = plans()["nano-impacts"].read_text(encoding="utf-8")
    file = tmp_path / "impacts.toml"
    file.write_text(text.replace('duration = "30 s"', 'duration = "3 s"'), encoding="utf-8")
    with window(qtbot, tmp_path, pace=4.0) as w:
        w.open_plan(file)
        w.plan.target.setText(str(tmp_path / "scan.h5"))
        qtbot.waitUntil(lambda: bool(w.plan.verdict.text()) and not w.plan.busy.isVisible(),
                        timeout=LONG)  # fmt: skip
        w.start()
        w.go("scan")
        qtbot.waitUntil(lambda: "impact-record-0" in w.live.own.panels, timeout=LONG)
        qtbot.waitUntil(lambda: w.live.buttons["impact-record-0"].isChecked(), timeout=LONG)
        assert w.live.own.panels["impact-record-0"].isVisible()
        assert not w.drawing.failed
        w.desk.ask("stop")
        qtbot.waitUntil(lambda: w.desk.run.ended is not None, timeout=LONG)
