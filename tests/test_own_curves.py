"""Curves that a kind of step works out itself: in the analysis, the report and the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from made_scans import couple, smaller, write_scan
from PySide6.QtCore import Qt

from seccm.analysis.step_features import Drawn, curves_of
from seccm.data import open_scan
from seccm.program.figures import Axis, Figure, OwnCurve
from seccm.program.registry import _KINDS, kinds
from seccm.program.trace import StepTrace
from seccm.report import choice, own_curves
from seccm.report.groups import Group
from seccm.report.study import Study
from ui.models.curves import read_site
from ui.models.palette import DARK, Sizes
from ui.models.site_map import SiteMap
from ui.site_panel import SitePanel

HELD = "constant potential"


def decay(trace: StepTrace) -> tuple[np.ndarray, np.ndarray]:
    """Magnitude of the current over time; the first points are not positive in time."""
    return trace.t - trace.t[3], np.abs(trace.I)


DECAY = OwnCurve(
    "decay", "Decay", Axis("time", "s", log=True), Axis("current", "A", log=True), decay
)


def draws(monkeypatch: pytest.MonkeyPatch, *figures: Figure) -> None:
    """Have the kind of held potentials draw these, as one of another package would."""
    changed = replace(kinds()[HELD], figures=figures)
    monkeypatch.setattr(_KINDS, "_found", {**kinds(), HELD: changed})


@pytest.fixture
def study(tmp_path, monkeypatch) -> Iterator[Study]:
    """Two potentials at two sites each, of a kind that brings its own curve."""
    draws(monkeypatch, *kinds()[HELD].figures, DECAY)
    plan = smaller(
        "redox-cv-map",
        sites={"kind": "grid", "columns": 2, "rows": 2, "pitch": 4e-6},
        factors={"E": ["0.1 V", "0.25 V"]},
        program=[{"step": HELD, "potential": "$E", "duration": 0.5}],
    )
    with open_scan(write_scan(tmp_path / "scan.h5", plan, couple)) as scan:
        yield Study(scan)


def test_what_cannot_be_drawn_on_a_logarithmic_axis_is_left_out(study):
    trace = study.trace(0, 0)
    (drawn,) = curves_of(trace)
    assert drawn.what is DECAY
    assert drawn.x.size == trace.t.size - 4 == drawn.y.size
    assert (drawn.x > 0.0).all()


def test_the_report_draws_it_for_every_site_by_condition(study):
    (figure,) = [d.figure for d in choice.drawings(study) if d.slug == "decay-step-0"]
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_xlabel() == "time (s)"
    assert axes.get_ylabel().startswith("current (")
    assert len([line for line in axes.lines if line.get_linewidth() == 0.4]) == 4
    assert len([line for line in axes.lines if line.get_linewidth() == 1.3]) == 2


def test_the_window_has_a_page_of_it_for_the_selected_sites(study, qtbot):
    panel = SitePanel()
    qtbot.addWidget(panel)
    panel.dress(DARK, Sizes.of(96.0, glove=False))
    sites = [read_site(study.scan, number) for number in (0, 3)]
    panel.overlay(sites, SiteMap.of_scan(study.scan))
    assert panel.buttons["decay-0"].text() == "Decay"
    panel.choose("decay-0")
    lines = [line.getData() for line in panel.own["decay-0"]._lines]
    assert len(lines) == 2
    for (x, y), site in zip(lines, sites, strict=True):
        np.testing.assert_allclose(x, np.log10(site.own[0].x))
        np.testing.assert_allclose(y, np.log10(site.own[0].y))
    assert panel.own["decay-0"].bottom.logMode
    # However many there are and however long their names: the usual pages keep their buttons.
    panel.resize(520, 400)
    panel.show()
    usual = [button for name, button in panel.buttons.items() if name not in panel.own]
    assert all(b.isVisible() and b.width() >= b.sizeHint().width() for b in usual)
    assert not panel.buttons["decay-0"].isVisible()
    panel.choose("E-t")
    panel.more.menu().aboutToShow.emit()
    (action,) = panel.more.menu().actions()
    assert (action.text(), action.isChecked()) == ("Decay", False)
    action.trigger()
    assert panel.page == "decay-0"
    assert panel.more.isChecked()
    assert [name for name, b in panel.buttons.items() if b.isChecked()] == ["decay-0"]
    # Sites without such a step have no such page; the panel goes back to what it had.
    panel.overlay([replace(site, own=()) for site in sites], SiteMap.of_scan(study.scan))
    assert "decay-0" not in panel.buttons
    assert panel.page == "E-t"
    assert not panel.more.isVisible()
    assert panel.buttons["E-t"].isChecked()


@pytest.mark.parametrize(
    "points",
    [
        lambda trace: 1 / 0,
        lambda trace: (trace.t, trace.I[1:]),
        lambda trace: (trace.t.reshape(1, -1), trace.I.reshape(1, -1)),
        lambda trace: None,
    ],
    ids=["raises", "of two lengths", "of two dimensions", "nothing"],
)
def test_an_error_in_it_costs_this_curve_alone(study, points, monkeypatch):
    wrong = replace(DECAY, points=points)
    draws(monkeypatch, wrong, replace(DECAY, slug="right"))
    trace = study.trace(0, 0)
    with pytest.warns(RuntimeWarning, match=HELD):
        found = curves_of(trace)
    assert [drawn.what.slug for drawn in found] == ["right"]


def test_a_curve_without_points_is_not_drawn(study, monkeypatch):
    empty = replace(DECAY, points=lambda trace: (np.zeros(0), np.zeros(0)))
    draws(monkeypatch, empty)
    assert curves_of(study.trace(0, 0)) == ()
    assert "decay-step-0" not in {d.slug for d in choice.drawings(study)}


def test_what_a_curve_marks_is_marked_in_the_report_and_in_the_window(study, monkeypatch, qtbot):
    """The events of a record; each site has a panel of its own, and dots are no line."""

    def third(trace: StepTrace) -> tuple[np.ndarray, np.ndarray]:
        return trace.t[3:60:20], trace.I[3:60:20]

    def record(trace: StepTrace) -> tuple[np.ndarray, np.ndarray]:
        return trace.t, trace.I

    time, current = Axis("time", "s"), Axis("current", "A")
    alone = OwnCurve("record", "Record", time, current, record, events=third, alone=True,
                     words="Dots: events.")  # fmt: skip
    dots = replace(alone, slug="dots", title="Dots", alone=False, marks=True, words="")
    draws(monkeypatch, alone, dots)
    drawn = {one.slug: one for one in choice.drawings(study)}
    panels = drawn["record-step-0"].figure.axes
    assert [axes.get_title() for axes in panels] == ["E = 0.10 V", "E = 0.25 V"]
    for axes in panels:
        assert axes.lines[-1].get_xdata().size == 3
    assert drawn["record-step-0"].caption.endswith("Dots: events.")
    assert all(line.get_linestyle() == "None" for line in drawn["dots-step-0"].figure.axes[0].lines
               if line.get_marker() == "o")  # fmt: skip
    panel = SitePanel()
    qtbot.addWidget(panel)
    panel.dress(DARK, Sizes.of(96.0, glove=False))
    panel.overlay([read_site(study.scan, 0)], SiteMap.of_scan(study.scan))
    for slug, lined in (("record-0", True), ("dots-0", False)):
        panel.choose(slug)
        own = panel.own[slug]
        assert (own._lines[0].opts["pen"].style() != Qt.PenStyle.NoPen) == lined
        assert own._lines[0].opts["symbol"] == (None if lined else "o")
        assert own._events[0].getData()[0].size == 3
        assert own._events[0].opts["symbol"] == "o"
    own.draw((), ())
    assert own._events[0].getData()[0] is None or own._events[0].getData()[0].size == 0


@pytest.mark.parametrize(("log", "unit"), [(True, "Hz"), (False, "kHz")])
def test_on_a_logarithmic_axis_the_middle_of_its_decades_decides_about_the_prefix(log, unit):
    f = np.geomspace(2.0, 1000.0, 20)
    none = np.empty(0)
    what = OwnCurve("f", "F", Axis("frequency", "Hz", log=log), Axis("y", "1"), lambda _: (f, f))
    drawn = Drawn(what, 0, f, f, none, none, none, none)
    each = [(cast(Group, None), [drawn])]
    assert own_curves._scale(what, "x", what.x, each).unit == unit
