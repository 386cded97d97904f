"""In a narrow window words get smaller or fewer, but none is cut."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from ui.colour_limits import EDGES, ColourLimits
from ui.keys import KEYS
from ui.live import LONGEST, LiveView
from ui.log import LogView
from ui.models.colours import Shown
from ui.models.numbers import Numbers
from ui.models.palette import DARK, Sizes
from ui.models.run_state import RunState
from ui.models.showing import Showing
from ui.run_bar import COUNTS, RunBar
from ui.theme import dress

SIZES = Sizes.of(96.0, glove=False)
NARROW = 1024


@pytest.fixture(autouse=True)
def look(qapp) -> None:
    """The letters that a window has."""
    dress(qapp, DARK, SIZES)


@pytest.mark.parametrize("condition", ["j = −0.22 mA/cm²", "E = 1.01 V", "all sites"])
def test_the_condition_can_be_read_at_the_width_of_a_small_screen(qtbot: QtBot, condition: str):
    bar = RunBar({key.name: QAction(key.words) for key in KEYS})
    qtbot.addWidget(bar)
    bar.dress(DARK, SIZES)
    bar.resize(NARROW, bar.sizeHint().height())
    bar.show()
    run = RunState(title="A", rig="virtual", total=63)
    run.doing, run.site = "scan", 12
    bar.show_run(run, condition, 0.0, None, simulated=True, opened="A")
    bar.layout().activate()
    bar._grid.activate()
    assert bar.minimumSizeHint().width() <= NARROW
    text, size = bar.cells["condition"].shown
    assert text == condition
    assert size >= 9
    assert bar._captions[COUNTS].shown[0] == COUNTS


@pytest.mark.parametrize("width", [100, 400])
def test_an_empty_limit_says_its_word_and_the_unit_where_there_is_room(qtbot: QtBot, width: int):
    limits = ColourLimits()
    qtbot.addWidget(limits)
    limits.resize(width, 30)
    limits.show()
    limits.show_limits("E_nuc", Shown(None, "E", "mV", 1e3, 0.0), "V")  # type: ignore[arg-type]
    for field, word in ((limits.low, "low"), (limits.high, "high")):
        hint = field.placeholderText()
        assert hint == (word if width < 200 else f"{word} mV")
        assert field.fontMetrics().horizontalAdvance(hint) + EDGES <= field.width()


def test_live_numbers_have_their_room_from_the_beginning(qtbot: QtBot):
    view = LiveView()
    qtbot.addWidget(view)
    view.dress(DARK, SIZES)
    view.show_as(Showing("Li/Li+"), 0.0)
    view.resize(440, 500)
    view.show()
    view.show_numbers(Numbers())
    before = {name: label.sizeHint().width() for name, label in view.numbers.items()}
    view.show_numbers(Numbers({"potential": -1.2345, "current": -150.77e-12, "z": 51.465e-6}))
    for name, label in view.numbers.items():
        assert LONGEST[name]
        assert abs(label.sizeHint().width() - before[name]) <= 0.15 * before[name], "bold or not"
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.sizeHint().width()


def test_the_filter_of_the_log_says_what_it_is(qtbot: QtBot):
    log = LogView()
    qtbot.addWidget(log)
    log.dress(DARK, SIZES)
    log.resize(120, 200)
    log.show()
    word = log.word
    assert word.fontMetrics().horizontalAdvance(word.placeholderText()) < word.width() - 10
