"""Empty pages say why they are empty, and a file that is gone is not shown as if it were there."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_scans import couple, small_couple, write_scan
from pytestqt.qtbot import QtBot
from ui_windows import LONG

from seccm.data import open_scan
from seccm.events import Outcome
from ui.browse import FileView
from ui.models.curves import SiteCurve, read_site
from ui.models.palette import DARK, Sizes
from ui.models.site_map import SiteMap
from ui.site_panel import EMPTY, NOTHING, SitePanel

SIZES = Sizes.of(96.0, glove=False)
GONE = "the file was moved, deleted or replaced. Open it again where it is now."


@pytest.fixture(scope="module")
def scan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine sites; there was no contact at the second one."""
    path = tmp_path_factory.mktemp("lost") / "scan.h5"
    return write_scan(path, small_couple(), couple, outcomes={1: Outcome.NO_CONTACT})


@pytest.fixture
def panel(qtbot: QtBot) -> SitePanel:
    made = SitePanel()
    qtbot.addWidget(made)
    made.dress(DARK, SIZES)
    return made


def said(panel: SitePanel, page: str) -> str:
    panel.choose(page)
    return panel.curves[page]._hinted


def test_a_page_says_what_to_do_what_is_read_and_what_there_is_not(panel, scan_file):
    with open_scan(scan_file) as scan:
        sites, curves = SiteMap.of_scan(scan), [read_site(scan, k) for k in (0, 1)]
    panel.begin(sites)
    panel.overlay((), sites)
    assert said(panel, "I-E") == EMPTY
    sites.select(1)
    panel.overlay((), sites, "reading …")
    assert said(panel, "I-t") == "reading …", "not to click a site: one was clicked"
    panel.overlay(curves[1:], sites)
    assert said(panel, "I-E") == "Site 1: no contact.\nThere is nothing of it on this page."
    sites.select(0)
    panel.overlay(curves[:1], sites)
    assert said(panel, "I-E") == ""
    nothing = SiteCurve(0, None, None, closed=True)
    panel.overlay([nothing], sites)
    assert said(panel, "I-E") == NOTHING


def test_an_open_file_that_is_deleted_is_not_called_complete_any_more(qtbot, tmp_path, scan_file):
    path = tmp_path / "own.h5"
    path.write_bytes(scan_file.read_bytes())
    view = FileView(path, lambda line: None)
    qtbot.addWidget(view)
    view.dress(DARK, SIZES)
    view.show()
    assert view.words.text().startswith("own.h5 · complete")
    # Not the file's own place: there it would be found again by what it is.
    path.rename(tmp_path / "renamed.h5")
    view.look()
    assert view.words.text().startswith("renamed.h5 · complete")
    (tmp_path / "renamed.h5").unlink()
    view.look()
    assert view.words.text() == f"renamed.h5: {GONE}"
    assert view.words.objectName() == "warning"
    view.map.pick(3, False)
    qtbot.waitUntil(lambda: view.map.tell.text().endswith(GONE), timeout=LONG)
    assert view.map.tell.objectName() == "warning"
    qtbot.waitUntil(lambda: GONE in view.map.panel.curves["E-t"].empty
                    or GONE in view.map.panel.words.text(), timeout=LONG)  # fmt: skip
    view.shut()
