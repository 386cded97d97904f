"""Files of other programs come in by the window, as by the command: what is open is asked for."""

from __future__ import annotations

from pathlib import Path

import made_recordings as made
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from typer.main import get_command
from waiting import HANGING

import seccm
from seccm.cli.commands import app
from ui.browse import BrowseView
from ui.key_help import meaning_of
from ui.models.options import CHARGING, FIGURES, IMPORTS, Option, arguments
from ui.models.palette import LIGHT, Sizes
from ui.options_dialog import ImportDialog, OptionsDialog

LONG = int(1000 * HANGING)


def options_of(command: str) -> set[str]:
    known = get_command(app).commands[command]  # type: ignore[attr-defined]
    return {name for parameter in known.params for name in parameter.opts}


@pytest.mark.parametrize(
    ("asked", "command"), [(IMPORTS, "import"), (FIGURES, "export"), (CHARGING, "export")]
)
def test_every_field_is_an_option_of_the_command(asked: tuple[Option, ...], command: str) -> None:
    assert {one.option for one in asked} <= options_of(command)
    assert all(one.meaning.endswith(".") for one in asked)
    assert all(one.example or one.choices for one in asked)


def test_what_decides_an_import_on_the_command_line_can_be_told_in_the_window() -> None:
    others = {"--output", "-o", "--reader", "--title", "--sample", "--help"}
    assert options_of("import") - others - {"file"} == {one.option for one in IMPORTS}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, []),
        ({"--sign": "as the file says", "--decimal": "point"}, []),
        ({"--sign": "cathodic", "--footprint": " 2 um "},
         ["--sign", "cathodic", "--footprint", "2 um"]),
        ({"--column": "current=I; potential=E;"},
         ["--column", "current=I", "--column", "potential=E"]),
        ({"--incomplete": "is taken as far as it goes"}, ["--incomplete"]),
        ({"--incomplete": "is refused"}, []),
        ({"--places": "my; places.csv"}, ["--places", "my; places.csv"]),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_options(typed: dict[str, str], told: list[str]) -> None:
    assert arguments(IMPORTS, typed) == told


@pytest.fixture
def browse(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrowseView:
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    view = BrowseView(lambda line: None)
    qtbot.addWidget(view)
    view.resize(1280, 700)
    view.dress(LIGHT, Sizes.of(96.0, glove=False))
    view.show()
    return view


def test_a_refusal_stays_until_everything_is_told_and_then_the_scan_is_opened(
    qtbot: QtBot, browse: BrowseView, tmp_path: Path
) -> None:
    source = tmp_path / "chi.txt"
    made.chi(source)
    before = source.read_bytes()
    opened: list[tuple[Path, bool]] = []
    browse.found.connect(lambda path, beside: opened.append((path, beside)))
    browse.import_button.click()
    dialog = browse.findChild(ImportDialog)
    assert dialog is not None
    assert not dialog.go.isEnabled(), "no file is named yet"
    dialog.source.setText(str(source))
    dialog.go.click()
    assert not dialog.go.isEnabled()
    qtbot.waitUntil(lambda: not dialog.process.busy, timeout=LONG)
    assert "Nothing is guessed" in dialog.answer.text()
    assert "--sign" in dialog.answer.text()
    assert "--footprint" in dialog.answer.text()
    assert dialog.isVisible()
    assert not opened
    assert list(tmp_path.glob("*.h5")) == []
    dialog.fields["--sign"].setCurrentText("cathodic")  # type: ignore[union-attr]
    dialog.fields["--footprint"].setText("2 um")  # type: ignore[union-attr]
    dialog.go.click()
    qtbot.waitUntil(lambda: bool(opened), timeout=LONG)
    assert opened == [(tmp_path / "chi.h5", False)]
    assert source.read_bytes() == before
    with seccm.open(opened[0][0]) as scan:
        trace = scan.site(0)
        rows = trace.steps[0]
        anodic = trace.I[rows][np.argmax(trace.E[rows])]
        assert anodic > 0, "the wave is an oxidation, whatever the sign in the file"


def test_every_field_says_what_it_means_and_is_named_for_a_screen_reader(
    browse: BrowseView,
) -> None:
    dialog = browse.show_import()
    for one in IMPORTS:
        field = dialog.fields[one.option]
        assert field.accessibleName() == one.words
        asked = meaning_of(field)
        assert asked is not None
        assert one.meaning in str(asked)
    dialog.reject()


def test_an_export_with_choices_asks_for_them_first(qtbot: QtBot) -> None:
    told: list[list[str]] = []
    dialog = OptionsDialog("Figures", "Beside the file.", FIGURES, "Write", None)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    dialog.told.connect(told.append)
    dialog.fields["--width"].setText("170 mm")  # type: ignore[union-attr]
    dialog.go.click()
    assert told == [["--width", "170 mm", "--dpi", "600"]]
