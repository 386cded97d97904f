"""What the kinds of steps declare is drawn by the window: by step, by cycle, and as histograms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_scans import couple, small_cycling, smaller, write_scan
from pytestqt.qtbot import QtBot

from seccm.data import Scan, open_scan
from seccm.program.figures import Histogram
from seccm.program.registry import _KINDS, kinds
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Value, Values
from ui.models.curves import SiteCurve, read_site
from ui.models.palette import DARK, Sizes
from ui.models.site_map import SiteMap
from ui.models.step_pages import name_of_page
from ui.own_panel import OwnPanel
from ui.site_panel import SitePanel
from ui.step_choice import ALL

HELD = "constant potential"
SPIKE = Result("Q_spike", "C", "charge of each spike", "$Q$", dims=("spike",), signed=True)
SPIKES = Histogram("spikes", "Charges of spikes", (SPIKE,), "spikes")
CHARGES = {0: (1e-12, -2e-12, 3e-12), 1: (4e-12, 5e-12)}
"""Of spikes, by the step at whose potential they come; the last of each is doubtful."""


def spikes(trace: StepTrace, _: Sequence[StepTrace]) -> dict[str, Values]:
    found = [Value(q, 1e-15) for q in CHARGES[min(trace.segment.index, 1)]]
    found[-1] = replace(found[-1], status=Status.SATURATED)
    return {SPIKE.name: Values.of(found)}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scan]:
    """Two sites at each of two conditions; three steps."""
    plan = smaller(
        "redox-cv-map",
        sites={"kind": "grid", "columns": 2, "rows": 2, "pitch": 4e-6},
        factors={"E": ["0.1 V", "0.25 V"]},
        program=[
            {"step": HELD, "name": "first", "potential": "$E", "duration": 0.5},
            {"step": "cv", "start": 0.0, "vertices": [0.3], "scan_rate": 1.0},
            {"step": HELD, "potential": "0.2 V", "duration": 0.3},
        ],
    )
    path = tmp_path_factory.mktemp("held") / "scan.h5"
    with open_scan(write_scan(path, plan, couple)) as scan:
        yield scan


@pytest.fixture
def spiky(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have held potentials declare a histogram, as a kind of another package would."""
    changed = replace(kinds()[HELD], arrays=spikes, figures=(SPIKES,))
    monkeypatch.setattr(_KINDS, "_found", {**kinds(), HELD: changed})


@pytest.fixture
def panel(qtbot: QtBot) -> SitePanel:
    made = SitePanel()
    qtbot.addWidget(made)
    made.dress(DARK, Sizes.of(96.0, glove=False))
    made.resize(700, 500)
    return made


def overlaid(panel: SitePanel, scan: Scan, *numbers: int) -> list[SiteCurve]:
    sites = [read_site(scan, number) for number in numbers]
    found = [site for site in sites if site is not None]
    panel.overlay(found, SiteMap.of_scan(scan))
    return found


def pick(panel: SitePanel, step: int) -> None:
    panel.steps.setCurrentIndex(step + 1)
    panel.steps.activated.emit(step + 1)


# ------------------------------------------------------------------------------ step by step


def test_steps_are_a_partition_of_the_measurement(held: Scan):
    whole = read_site(held, 0).measured
    parts = [whole.of_step(k) for k in range(3)]
    assert sum(part.t.size for part in parts) == whole.t.size
    np.testing.assert_array_equal(np.concatenate([part.E for part in parts]), whole.E)
    np.testing.assert_array_equal(np.concatenate([part.I for part in parts]), whole.I)
    for part in parts:
        assert part.t[0] == 0.0
        assert part.Q[0] == 0.0
    assert whole.of_step(3) is None


def test_one_step_is_shown_alone_with_its_time_from_its_beginning(panel, held):
    overlaid(panel, held, 0, 1)
    listed = [panel.steps.itemText(k) for k in range(panel.steps.count())]
    assert listed[0] == ALL
    assert [words.split(" · ")[0] for words in listed[1:]] == ["1", "2", "3"]
    assert listed[1].startswith("1 · first: ")
    panel.choose("I-t")
    pick(panel, 2)
    x, _ = panel.curves["I-t"]._overlays[0].getData()
    assert x[0] == 0.0
    assert x[-1] == pytest.approx(0.3, abs=0.02)
    pick(panel, -1)
    x, _ = panel.curves["I-t"]._overlays[0].getData()
    assert x[-1] > 1.0


def test_a_site_without_the_step_is_left_out(panel, held):
    whole, other = overlaid(panel, held, 0, 1)
    without = replace(other, measured=replace(other.measured, starts={0: 0.0}))
    panel.overlay([whole, without], SiteMap.of_scan(held))
    panel.choose("I-t")
    pick(panel, 2)
    drawn = [line.getData()[0] for line in panel.curves["I-t"]._overlays]
    assert [x is not None and x.size > 0 for x in drawn] == [True, False]


def test_a_step_that_is_chosen_stays_chosen_at_another_site(panel, held):
    overlaid(panel, held, 0)
    pick(panel, 1)
    overlaid(panel, held, 3)
    assert panel.steps.chosen.number == 1


def test_the_page_of_another_step_gives_way_to_one_of_the_chosen_step(panel, held):
    overlaid(panel, held, 0)
    panel.choose("peaks-1")
    pick(panel, 0)
    assert panel.page == kinds()[HELD].curves[0] == "I-t"
    panel.more.menu().aboutToShow.emit()
    assert not panel.more.menu().actions(), "no figure of the first step, and none of all"
    pick(panel, 1)
    panel.more.menu().aboutToShow.emit()
    assert [a.text() for a in panel.more.menu().actions()]


def test_a_site_of_one_step_offers_no_choice(panel, qtbot, tmp_path):
    path = write_scan(tmp_path / "one.h5", small_cycling(3, 1))
    panel.show()
    with open_scan(path) as scan:
        overlaid(panel, scan, 0)
    assert not panel.steps.isVisible()


# ------------------------------------------------------------------------------ by cycle


def test_results_of_each_cycle_have_pages_with_what_the_file_has(panel, tmp_path):
    path = write_scan(tmp_path / "cycles.h5", small_cycling(4, 2))
    with open_scan(path) as scan:
        (site, _) = overlaid(panel, scan, 0, 1)
        pages = {name_of_page(one): one for one in site.own}
        stored = scan.arrays("CE_of_cycles").values[0]
    ce = pages["efficiency-CE_of_cycles-0"]
    known = np.isfinite(stored)
    np.testing.assert_array_equal(ce.x, np.arange(1, 5)[known])
    np.testing.assert_allclose(ce.y, stored[known])
    panel.choose("efficiency-CE_of_cycles-0")
    assert len(panel.own["efficiency-CE_of_cycles-0"]._lines) == 2, "a site each"
    assert panel.own["efficiency-CE_of_cycles-0"].bottom.label.toPlainText().strip() == "cycle"


# ------------------------------------------------------------------------------ histograms


def heights(panel: SitePanel, page: str) -> float:
    return float(np.sum(panel.own[page].item.opts["height"]))


def test_a_histogram_counts_the_trusted_numbers_of_all_selected_sites(panel, held, spiky):
    sites = overlaid(panel, held, 0, 1, 2)
    panel.choose("spikes-Q_spike-0")
    assert heights(panel, "spikes-Q_spike-0") == 3 * 2, "the third spike of each is doubtful"
    assert (np.asarray(panel.own["spikes-Q_spike-0"].item.opts["x"]) > 0).all(), "magnitudes"
    panel.overlay(sites[:1], SiteMap.of_scan(held))
    assert heights(panel, "spikes-Q_spike-0") == 2
    panel.choose("spikes-Q_spike-2")
    assert heights(panel, "spikes-Q_spike-2") == 1


def test_conditions_have_their_own_colours_in_a_histogram(panel, held, spiky):
    overlaid(panel, held, 0, 1, 2, 3)
    panel.choose("spikes-Q_spike-0")
    brushes = panel.own["spikes-Q_spike-0"].item.opts["brushes"]
    assert len({brush.color().name() for brush in brushes}) == 2


def test_a_histogram_says_what_it_counts_and_when_there_is_nothing(panel, held, spiky):
    (site,) = overlaid(panel, held, 0)
    page = panel.own["spikes-Q_spike-0"]
    panel.choose("spikes-Q_spike-0")
    assert page.left.label.toPlainText().strip() == "spikes"
    assert page.bottom.label.toPlainText().strip() == "|Q| (pC)"
    assert (
        panel.buttons["spikes-Q_spike-0"].text().startswith("Histogram: charge of each spike · 1")
    )
    nothing = replace(site, counted=tuple(replace(c, values=np.empty(0)) for c in site.counted))
    panel.overlay([nothing], SiteMap.of_scan(held))
    assert page._hinted != ""


# ------------------------------------------------------------------------------ while it runs


def test_what_is_told_of_steps_that_did_not_run_changes_nothing(held):
    before = held.cycles["E_mid_out"]
    after = held.cycles_with({(0, 99): 1.0, (77, 0): 2.0})["E_mid_out"]
    np.testing.assert_array_equal(before, after)


def test_the_range_of_a_noisy_record_is_not_that_of_its_first_moment(panel, held):
    """The charging of the double layer is a hundred times as high as what is looked for."""
    t = np.linspace(0.0, 10.0, 2000)
    y = 1e-12 * np.sin(40.0 * t)
    y[0] = 1e-9
    what = replace(next(w for w in kinds()["impacts"].figures if w.slug == "impact-record"))
    site = overlaid(panel, held, 0)[0]
    template = site.own[0]
    drawn = replace(
        template, what=what, step=0, x=t, y=y, event_x=t[[5]], event_y=np.array([5e-12])
    )
    page = OwnPanel(what)
    page.dress(DARK, 11)
    page.draw([drawn], ["#44aaff"])
    low, high = page.plotItem.vb.viewRange()[1]
    assert 5e-12 < high < 1e-11, "what is marked is in sight, the first moment is not"
    assert low < -1e-12
    assert "Home: show all" in page._words
