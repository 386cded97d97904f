"""Finding scans in the window: searched as one types, opened, compared, tagged."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.qtbot import QtBot

from seccm.catalog.entry import Entry, Spread
from seccm.errors import DataFileError
from ui.key_help import meaning_of
from ui.models import scans
from ui.models.palette import Sizes
from ui.models.scans import HEADS, JOINED, RESULT, Known, ScanTable, details, found_words, search_of
from ui.scans_view import FIELDS, ScansView

EMPTY = {name: "" for name, *_ in FIELDS}


def entry(number: int, **changes: object) -> Entry:
    known: dict[str, object] = {
        "path": f"/data/scan-{number:04d}.h5",
        "modified": number,
        "size": 1,
        "uuid": f"u{number}",
        "title": f"Li on {'Au' if number % 2 else 'Cu'}",
        "sample": "li-on-au",
        "started_at": f"2026-{1 + number % 12:02d}-01T10:00:00",
        "state": "complete",
        "sites": number,
        "outcomes": {"ok": number},
        "notes": {"note_operator": f"Person {number % 3}"},
        "results": {"E_nuc": Spread("V", 4, -0.4, -0.1 * (number % 5), 0.0)},
        "surroundings": {"humidity": Spread("ppm", 4, 1.0, 2.0, 9.0)},
    }
    return Entry(**{**known, **changes})  # type: ignore[arg-type]


def some(count: int) -> Known:
    return Known(
        tuple(entry(k) for k in range(count)),
        {"u1": ["good"]},
        ("/data/scan-0003.h5", "/data/scan-0001.h5"),
        ("/data",),
    )


@pytest.fixture
def view(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScansView]:
    monkeypatch.setattr(scans, "load", lambda recent: some(12))
    made = ScansView(lambda: ())
    qtbot.addWidget(made)
    made.dress(Sizes.of(96.0, glove=False))
    made.resize(1200, 600)
    made.show()
    qtbot.waitUntil(lambda: len(made.table.entries) == 12)
    yield made
    made.shut()


def numbers(view: ScansView) -> list[int]:
    return [entry.modified for entry in view.table.entries]


def type_in(view: ScansView, name: str, text: str) -> None:
    view.fields[name].setText(text)
    view.search()


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("text", "au", list(range(12))),  # the sample is li-on-au
        ("plan", "Cu", [0, 2, 4, 6, 8, 10]),
        ("notes", "Person 2", [2, 5, 8, 11]),
        ("tag", "good", [1]),
        ("after", "2026-12", [11]),
        ("before", "2026-02", [0]),
        ("range", "E_nuc = -0.45 V .. -0.35 V", [4, 9]),
        ("range", "humidity = 1 ppm .. 3 ppm", list(range(12))),
    ],
)
def test_scans_are_found_as_one_types(
    view: ScansView, name: str, text: str, found: list[int]
) -> None:
    type_in(view, name, text)
    assert sorted(numbers(view)) == found
    assert f"{len(found)} of 12 scans" in view.words.text()
    type_in(view, name, "")
    assert len(numbers(view)) == 12


@pytest.mark.parametrize(
    ("name", "text"), [("after", "soon"), ("range", "E_nuc"), ("range", "E_nuc = 1 m .. 2 m")]
)
def test_what_is_not_understood_is_said_and_the_list_stays(
    view: ScansView, name: str, text: str
) -> None:
    type_in(view, name, text)
    assert view.refused.text()
    assert len(numbers(view)) == 12
    type_in(view, name, "")
    assert view.refused.text() == ""


def test_those_that_were_used_last_come_in_that_order(view: ScansView) -> None:
    view.recent.setChecked(True)
    assert numbers(view) == [3, 1]
    assert "used last" in view.words.text()


def test_a_result_is_shown_for_every_scan(view: ScansView) -> None:
    assert view.list.isColumnHidden(RESULT)
    view.result.setCurrentIndex(view.result.findText("E_nuc"))
    view.search()
    assert not view.list.isColumnHidden(RESULT)
    heads = [view.table.headerData(k, Qt.Orientation.Horizontal) for k in range(len(HEADS))]
    assert heads[RESULT] == "E_nuc"
    words = str(view.table.data(view.table.index(0, RESULT)))
    assert f"n{JOINED}={JOINED}4" in words
    assert f"0{JOINED}V" in words, "a line does not end between a number and its unit"


def choose(view: ScansView, *rows: int) -> None:
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    view.list.clearSelection()
    for row in rows:
        view.list.selectionModel().select(view.table.index(row, 0), flags)


def test_one_is_opened_two_are_compared_and_what_they_are_stands_side_by_side(
    view: ScansView,
) -> None:
    asked: list[tuple[Path, bool]] = []
    view.opened.connect(lambda path, beside: asked.append((path, beside)))
    assert not view.buttons["Open"].isEnabled()
    choose(view, 0)
    view.buttons["Open"].click()
    view.buttons["Compare"].click()
    first = Path(view.table.entries[0].path)
    assert asked == [(first, False), (first, True)]
    asked.clear()
    choose(view, 0, 2)
    view.buttons["Compare"].click()
    assert [beside for _, beside in asked] == [False, True]
    assert view.beside.columnCount() == 2
    rows = [view.beside.verticalHeaderItem(k).text() for k in range(view.beside.rowCount())]
    assert {"operator", "humidity", "E_nuc", "title"} <= set(rows)


def test_long_values_are_whole_however_narrow_the_details_are(
    view: ScansView, qtbot: QtBot
) -> None:
    view.table.entries[0] = entry(0, description=" ".join(["nucleation on gold"] * 20))
    choose(view, 0)
    told = view.beside
    rows = [told.verticalHeaderItem(k).text() for k in range(told.rowCount())]
    row, heights, widths = rows.index("description"), [], [0]
    for width in (1200, 860, 1600):
        view.resize(width, 600)
        # Rows follow a moment after their column, so a fit alone may be the one of before.
        qtbot.waitUntil(
            lambda: (
                told.columnWidth(0) != widths[-1]
                and told.rowHeight(row) == told.sizeHintForRow(row)
            )
        )
        widths.append(told.columnWidth(0))
        assert all(told.rowHeight(k) >= told.sizeHintForRow(k) for k in range(told.rowCount()))
        heights.append(told.rowHeight(row))
    assert heights[1] > heights[0] >= heights[2]


def test_tags_are_given_to_the_scan_that_is_selected(
    view: ScansView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, Sequence[str]]] = []

    def tag(path: str, names: Sequence[str], recent: Sequence[Path]) -> Known:
        given.append((path, names))
        return some(12)

    monkeypatch.setattr(scans, "tag", tag)
    choose(view, 1)
    view.tag(scans.tags_of("good, , -bad"))
    qtbot.waitUntil(lambda: bool(given) and view._pending is None)
    assert given == [(view.table.entries[1].path, ["good", "-bad"])]


def test_a_catalogue_that_cannot_be_made_is_said(
    view: ScansView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, recent: Sequence[Path]) -> Known:
        raise DataFileError("/nowhere: is not a folder.")

    monkeypatch.setattr(scans, "look_through", refuse)
    view.look_through(Path("/nowhere"))
    qtbot.waitUntil(lambda: bool(view.refused.text()))
    assert view.refused.text() == "/nowhere: is not a folder."
    assert len(numbers(view)) == 12


def test_of_a_long_list_only_what_is_in_sight_is_asked_for(view: ScansView, qtbot: QtBot) -> None:
    asked: set[int] = set()
    cell = ScanTable._cell

    def counted(table: ScanTable, one: Entry, head: str) -> str:
        asked.add(one.modified)
        return cell(table, one, head)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScanTable, "_cell", counted)
        view.known = some(5000)
        view.search()
        qtbot.waitUntil(lambda: bool(asked))
        view.list.grab()
    assert len(view.table.entries) == 5000
    assert len(asked) < 200


def test_every_field_has_its_meaning(view: ScansView) -> None:
    for name, words, meaning in FIELDS:
        asked = meaning_of(view.fields[name])
        assert asked is not None
        assert (asked.title, asked.words) == (words, meaning)


def test_words_for_an_empty_catalogue_say_what_to_do() -> None:
    assert "look through a folder" in found_words(Known(), 0, recent=False)
    assert details([]) == []
    assert search_of(EMPTY).finds(entry(1))


def test_a_file_that_was_used_last_is_known_without_a_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECCM_CATALOG", str(tmp_path / "catalog"))
    broken = tmp_path / "broken.h5"
    broken.write_bytes(b"no data")
    known = scans.load([broken, tmp_path / "gone.h5"])
    assert known.entries == ()
    assert known.recent[0] == str(broken)
