"""A doubtful number looks doubtful wherever the window has it: sign, colour, words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtGui import QColor

from seccm.analysis.step_features import phrase_of
from seccm.events import Outcome, Phase, SiteAnalysed
from seccm.program.registry import _KINDS, kinds
from seccm.remote.channel.plain import event_from_plain, event_to_plain
from seccm.remote.channel.wire import pack, unpack
from seccm.results import Status, Value
from seccm.rig import Flag
from ui.log import LogView
from ui.map import MapView
from ui.map_plot import MapPlot
from ui.models.colours import shown
from ui.models.doubt import SIGN, WORDS, doubtful, without_doubtful
from ui.models.palette import DARK, LIGHT, Sizes
from ui.models.quantity import HEIGHT, Quantity
from ui.models.readings import charge_of, current_of
from ui.models.sample import samples
from ui.models.showing import Showing
from ui.models.site_map import SiteMap
from ui.models.statistics_words import words_of
from ui.models.words import line_of

KIND = "open circuit"
WITH_VALUE = [s for s in Status if s.has_value]


def of_sites(*statuses: Status) -> SiteMap:
    n = len(statuses)
    made = SiteMap(
        x=np.arange(n) * 1e-5, y=np.zeros(n), ix=np.arange(n), iy=np.zeros(n, int),
        condition=np.zeros(n, int), labels=["all sites"],
    )  # fmt: skip
    values = -0.1 - 1e-3 * np.arange(n)
    made.add(Quantity("E_nuc", "V", "", values, np.array(statuses, np.uint8), np.full(n, 1e-3)))
    made.add(Quantity.of(HEIGHT, np.zeros(n)))
    made.outcome[:] = Outcome.OK
    return made


def phrase(monkeypatch, found: Mapping[str, Value], asks: str):
    """What is said of a step whose words ask for one of its results."""
    made = replace(kinds()[KIND], words=lambda results: f"{asks} {results[asks].value}")
    monkeypatch.setattr(_KINDS, "_found", {**kinds(), KIND: made})
    return phrase_of(SimpleNamespace(kind=KIND, index=0), found)


# ------------------------------------------------------------------------------ the analysis


@pytest.mark.parametrize("status", WITH_VALUE)
def test_a_phrase_is_as_doubtful_as_the_number_that_it_says(monkeypatch, status):
    found = {"E_nuc": Value(0.57, 0.01, status), "Q": Value(1.0, 0.1)}
    assert phrase(monkeypatch, found, "E_nuc").doubtful is not status.trusted
    assert not phrase(monkeypatch, found, "Q").doubtful, "what is not said does not count"


def test_a_number_that_is_not_there_is_not_a_doubtful_one(monkeypatch):
    found = {"E_nuc": Value.none(Status.NO_MINIMUM)}
    assert not phrase(monkeypatch, found, "E_nuc").doubtful


def test_doubt_reaches_the_window_of_another_process():
    event = SiteAnalysed(3, {"E_nuc": 0.57}, "E_nuc 570 mV", {}, {}, doubtful=True)
    assert event_from_plain(unpack(pack(event_to_plain(event)))) == event


# ------------------------------------------------------------------------------ the log


def analysed(**how: object) -> SiteAnalysed:
    return SiteAnalysed(3, {"E_nuc": 0.57}, "E_nuc 570 mV (data points are missing)", **how)


def test_the_line_of_a_doubtful_number_is_neither_green_nor_among_the_warnings(qtbot):
    log = LogView()
    qtbot.addWidget(log)
    log.dress(DARK, Sizes.of(96.0, glove=False))
    log.extend([line_of(analysed(doubtful=True)), line_of(analysed())])
    first, second = (log.text.document().findBlockByNumber(k) for k in (0, 1))
    inks = [block.begin().fragment().charFormat().foreground().color() for block in (first, second)]
    assert inks == [QColor(DARK.warn), QColor(DARK.good)]
    assert f"{SIGN} Analysed: E_nuc 570 mV" in first.text()
    assert SIGN not in second.text()
    log.buttons["warnings"].setChecked(True)
    log.buttons["sites"].setChecked(False)
    assert log.lines() == []


def test_a_site_that_did_not_end_well_keeps_the_level_of_its_end():
    assert line_of(analysed(doubtful=True, outcome=Outcome.ABORTED)).level == "warning"


# ------------------------------------------------------------------------------ the map


def view_of(qtbot, sites: SiteMap) -> MapView:
    view = MapView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.dress(LIGHT, Sizes.of(96.0, glove=False))
    view.show()
    view.follow(sites)
    view.choose("E_nuc")
    return view


def marks(plot: MapPlot) -> list[float]:
    return plot._marks[SIGN].getData()[0].tolist()


def test_doubtful_sites_are_marked_on_the_map_and_named_below_it(qtbot):
    sites = of_sites(Status.OK, Status.GAP, Status.LOCAL_MAX, Status.SATURATED)
    view = view_of(qtbot, sites)
    assert marks(view.plot) == pytest.approx([1e-5, 3e-5])
    assert WORDS in view.legend.text()
    view.pick(1, False)
    assert f"{SIGN} E_nuc = " in view.tell.text()
    assert Status.GAP.label in view.tell.text()
    assert view.tell.objectName() == "warning"
    view.pick(0, False)
    assert SIGN not in view.tell.text()
    assert view.tell.objectName() == "muted"


def test_without_a_doubtful_number_nothing_is_said_of_doubt(qtbot):
    view = view_of(qtbot, of_sites(Status.OK, Status.PLATEAU))
    assert marks(view.plot) == []
    assert WORDS not in view.legend.text()


def test_a_doubtful_number_does_not_choose_the_colours_of_the_others(qtbot):
    sites = of_sites(Status.OK, Status.OK, Status.OK, Status.SATURATED)
    sites.quantities["E_nuc"].values[3] = -4.0
    view = view_of(qtbot, sites)
    low = view.bar.plotItem.vb.viewRange()[1][0]
    assert low > -200.0, "mV"
    assert "<b>1 below the colour scale</b>" in view.legend.text()


def test_where_all_are_doubtful_they_choose_the_scale():
    values, every = np.array([1.0, 2.0, np.nan]), np.ones(3, bool)
    np.testing.assert_array_equal(without_doubtful(values, every), values)
    some = without_doubtful(values, np.array([True, False, False]))
    np.testing.assert_array_equal(some, [np.nan, 2.0, np.nan])


def test_statistics_leave_doubtful_numbers_out_and_say_why_in_the_colour_of_warnings():
    sites = of_sites(Status.OK, Status.OK, Status.GAP, Status.UNSTEADY)
    seen = shown(sites, "E_nuc", Showing())
    said = words_of(sites, samples(sites, "E_nuc"), seen, DARK, True)
    assert "n = 2, 1 excluded: not at steady state" in said
    excluded = f"{SIGN} 1 excluded: {Status.GAP.caveat}"
    assert f'<span style="color:{DARK.warn}">{excluded}</span>' in said


def test_no_quantity_no_doubt():
    assert not doubtful(of_sites(Status.GAP), "condition").any()


# ------------------------------------------------------------------------------ read by the window


def trace_of(flags: Mapping[int, Flag]) -> SimpleNamespace:
    """A site that sweeps from 0 to 1 V in 101 rows, of which some are flagged."""
    n = 101
    flag = np.zeros(n, np.uint8)
    for row, bits in flags.items():
        flag[row] = bits
    record = SimpleNamespace(E=np.linspace(0.0, 1.0, n), ends=[SimpleNamespace(charge=2e-12)])
    return SimpleNamespace(
        record=record, I=np.linspace(0.0, 1e-9, n), t=0.01 * np.arange(n), flag=flag,
        phase=np.full(n, Phase.STEP), landing=object(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("flag", "status"),
    [
        (Flag.SATURATED, Status.SATURATED),
        (Flag.OVERLOAD, Status.OVERLOADED),
        (Flag.GAP, Status.GAP),
        (Flag.MOVING, Status.OK),
    ],
)
def test_a_current_at_a_potential_is_as_doubtful_as_its_two_data_points(flag, status):
    assert current_of(trace_of({51: flag}), 0.505).status is status
    assert current_of(trace_of({20: flag}), 0.505).status is Status.OK
    assert charge_of(trace_of({20: flag})).status is status


def test_the_open_circuit_before_the_contact_settles_is_not_held_against_a_charge():
    rows = dict.fromkeys(range(5), Flag.OVERLOAD | Flag.SATURATED)
    assert charge_of(trace_of(rows)).status is Status.OK


def test_a_potential_that_was_not_reached_has_no_current():
    assert current_of(trace_of({}), 3.0).status is Status.NOT_REACHED
