"""The window exports what the command exports, in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_scans import couple, small_couple, smaller, write_scan
from PIL import Image
from pytestqt.qtbot import QtBot
from waiting import HANGING

from seccm.exports import EXPORTS
from ui.browse import FileView
from ui.models.exports import OFFERS
from ui.models.words import Line

SWEEP = {"step": "cv", "start": -0.25, "vertices": [0.25], "cycles": 1, "scan_rate": 1.0}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    grid = {"kind": "grid", "columns": 2, "rows": 1, "pitch": 4e-6}
    plan = smaller(small_couple(), sites=grid, program=[SWEEP])
    return write_scan(tmp_path / "waves.h5", plan, couple)


def test_every_kind_is_offered_with_its_suffix_and_options() -> None:
    others = [writer.name for writer in EXPORTS._registered]
    known = {name: writer for name, writer in EXPORTS.all().items() if name not in others}
    for offer in OFFERS:
        assert known[offer.kind].suffix == offer.suffix
        assert all(option.startswith("--") for option in offer.options[::2])
    left = set(known) - {offer.kind for offer in OFFERS}
    assert left == {"csv-sites"}, "the table of sites has an entry above"


def test_figures_have_the_width_and_the_resolution_that_are_typed(qtbot: QtBot, data: Path) -> None:
    lines: list[Line] = []
    view = FileView(data, lines.append)
    qtbot.addWidget(view)
    dialog = view.ask_offer(next(offer for offer in OFFERS if offer.kind == "figures"))
    assert dialog is not None
    dialog.fields["--width"].setText("60 mm")
    dialog.fields["--dpi"].setText("254")
    dialog.go.click()
    qtbot.waitUntil(lambda: not view.exporting.busy, timeout=int(1000 * HANGING))
    assert lines[-1].level == "good", lines[-1].text
    drawn = sorted(data.with_name("waves-figures").glob("*.png"))
    assert drawn
    with Image.open(drawn[0]) as picture:
        assert picture.width == pytest.approx(600, abs=2), "60 mm at 10 dots a millimetre"
    view.shut()


def test_an_export_is_written_and_told(qtbot: QtBot, data: Path) -> None:
    lines: list[Line] = []
    view = FileView(data, lines.append)
    qtbot.addWidget(view)
    offer = next(offer for offer in OFFERS if offer.kind == "gsf")
    target = data.with_name("waves-gsf")
    view.export_as(offer, target)
    assert not view.export_button.isEnabled(), "once at a time"
    qtbot.waitUntil(lambda: not view.exporting.busy, timeout=int(1000 * HANGING))
    assert (target / "z_contact.gsf").exists()
    assert view.export_button.isEnabled()
    view.export_as(offer, target)
    qtbot.waitUntil(lambda: not view.exporting.busy, timeout=int(1000 * HANGING))
    assert lines[-1].level == "error"
    assert "exists already" in lines[-1].text
    view.shut()
