"""A signal that the rig file adds is drawn over time, live and of finished sites."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from live_rows import a_site
from pytestqt.qtbot import QtBot
from small_plan import INFO, small
from small_scan import small_scan

import seccm
from seccm.remote import Trace
from seccm.rig import Signal
from ui.live import LiveView
from ui.models.curves import SiteCurve, read_site
from ui.models.live import Live
from ui.models.palette import DARK, Sizes
from ui.models.showing import Showing
from ui.site_panel import SitePanel

AMPLITUDE = Signal("amplitude", "A", "lock-in amplitude")
RIG = """
kind = "virtual"
[signals.amplitude]
unit = "A"
words = "lock-in amplitude"
factor = 0.5
"""


def with_amplitude(rows: Trace) -> Trace:
    """The same rows with an amplitude of twice the current."""
    return replace(rows, signals={"amplitude": 2.0 * rows.current})


@pytest.fixture
def live() -> Live:
    sites = {site.number: site for site in small().sites()}
    found = Live(sites, INFO.overload, signals=(AMPLITUDE,))
    for part in a_site(0, 1.0):
        found.take(with_amplitude(part))
    return found


def test_it_is_followed_with_the_others_and_its_peaks_are_kept(live: Live) -> None:
    np.testing.assert_allclose(live.measured["amplitude"], 2.0 * live.measured["I"])
    rows = a_site(1, 5.0)
    spiked = with_amplitude(rows[2])
    spiked.signals["amplitude"][57] = 3e-9
    for part in (with_amplitude(rows[0]), with_amplitude(rows[1]), spiked):
        live.take(part)
    assert live.outline("amplitude")["amplitude"].max() == 3e-9


def test_the_live_view_has_a_panel_for_it_as_long_as_the_rig_has_it(
    live: Live, qtbot: QtBot
) -> None:
    view = LiveView()
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    view.dress(DARK, Sizes.of(96.0, glove=False))
    view.show_as(Showing("Li/Li+"), 0.0)
    view.follow(live)
    view.draw()
    panel = view.panels["amplitude-t"]
    assert view.buttons["amplitude-t"].isChecked()
    assert panel.isVisible()
    drawn = panel._now.getData()[1]
    np.testing.assert_allclose(drawn, live.outline("amplitude")["amplitude"])
    assert "lock-in amplitude" in view.buttons["amplitude-t"].text()
    view.follow(Live({}, INFO.overload))
    assert "amplitude-t" not in view.panels
    assert "amplitude-t" not in view.buttons


def with_three(site: SiteCurve) -> SiteCurve:
    """The site, of a rig that adds three signals."""
    assert site.measured is not None
    more = [Signal(name, "A", name) for name in ("second", "third")]
    values = site.measured.signals["amplitude"]
    measured = replace(
        site.measured, signals=dict.fromkeys(("amplitude", "second", "third"), values)
    )
    return replace(site, measured=measured, signals=(*site.signals, *more))


def test_sites_of_a_file_are_drawn_with_it(tmp_path: Path, qtbot: QtBot) -> None:
    rig = tmp_path / "rig.toml"
    rig.write_text(RIG)
    for _ in seccm.run(small_scan(1, 1), rig, path=tmp_path / "scan.h5", seed=3):
        pass
    with seccm.open(tmp_path / "scan.h5") as scan:
        site = read_site(scan, 0)
    assert site is not None
    assert site.measured is not None
    np.testing.assert_allclose(site.measured.signals["amplitude"], 0.5 * site.measured.I, rtol=1e-5)
    panel = SitePanel()
    qtbot.addWidget(panel)
    panel.dress(DARK, Sizes.of(96.0, glove=False))
    panel.overlay([site], None)
    panel.choose("amplitude-t")
    drawn = panel.curves["amplitude-t"]._overlays[0].getData()[1]
    np.testing.assert_allclose(drawn, site.measured.signals["amplitude"])
    several = with_three(site)
    panel.overlay([several], None)
    panel.choose("second-t")
    assert panel.page == "second-t"
    assert panel.more.isVisibleTo(panel)
    panel._list_more()
    listed = [action.text() for action in panel.more.menu().actions()]
    assert [words for words in listed if "third" in words or "second" in words] == [
        "second – t", "third – t",
    ]  # fmt: skip
    # However many signals a rig has, the row of buttons does not push the window apart.
    assert not panel.buttons["third-t"].isVisibleTo(panel)
    panel.overlay([SiteCurve(0, None, None, closed=True)], None)
    assert panel.page == "E-t"
    assert "amplitude-t" not in panel.buttons
    assert "third-t" not in panel.buttons
