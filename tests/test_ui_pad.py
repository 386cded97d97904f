"""The pad of large keys: whatever a rig needs can be typed in gloves, and nothing typed is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot
from ui_windows import LONG, small_plan, window

from seccm.units import parse, parse_any
from ui.models.form import Field, Group, where
from ui.models.pad import Typed, units_like
from ui.number_pad import NumberArea, NumberLine, NumberPad
from ui.plan_form import PlanForm
from ui.reference import ReferenceDialog
from ui.window import Window

UNITS = (
    "m",
    "m/s",
    "m^2",
    "s",
    "V",
    "V/s",
    "A",
    "A/m^2",
    "C",
    "C/m^2",
    "F",
    "ohm",
    "Hz",
    "rad",
    "1",
)


def typed(text: str, at: int | None = None) -> Typed:
    return Typed(text, len(text) if at is None else at)


# What the keys do


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("500 pA", {"fA", "pA", "nA", "uA", "mA"}),
        ("5 pC", {"pC", "nC"}),
        ("2 um/s", {"nm/s", "um/s", "mm/s"}),
        ("such as 11 um", {"nm", "um", "mm"}),
        ('E vs SHE, such as "-0.1 V"', {"mV", "V"}),
        ("-1 mA/cm^2, -2 mA/cm^2", {"uA/cm^2", "mA/cm^2"}),
        ("0 A", {"pA", "A"}),
    ],
)
def test_the_prefixes_that_a_rig_needs_are_offered(text: str, needed: set[str]):
    assert needed <= set(units_like(text))


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_that_is_offered_is_one_of_that_kind(unit: str):
    offered = units_like("", unit)
    assert offered
    for each in offered:
        assert parse_any(f"1 {each}")[1] == unit


def test_a_number_without_a_unit_is_offered_none():
    assert units_like("8") == ()
    assert units_like("$j") == ()


def test_the_sign_is_turned_before_the_number_and_the_unit_stays():
    assert typed("1 nA").turned().text == "-1 nA"
    assert typed("−1 nA").turned().text == "1 nA"
    assert typed("1 nA").turned().turned().text == "1 nA"


def test_backspace_takes_from_the_number_only():
    assert typed("10 um").back().text == "1 um"
    assert typed("10 um").back().back().back().text == "um"
    assert typed("10 um").cleared().digit("7").text == "7 um"
    assert typed("10 um").cleared().cleared().text == "", "clear twice takes the unit, too"


def test_a_name_of_a_factor_makes_way_for_a_number():
    assert typed("$j").digit("5").with_unit("mA/cm^2").text == "5 mA/cm^2"


@pytest.mark.parametrize(
    ("text", "sign", "then"),
    [("2 um/s", 1, "3 um/s"), ("0.25 V", -1, "0.24 V"), ("8", 1, "9"), ("words", 1, "words")],
)
def test_the_last_digit_is_stepped(text: str, sign: int, then: str):
    assert typed(text).stepped(sign).text == then


PARTS = st.lists(
    st.tuples(st.integers(-999, 999), st.sampled_from(["um", "nm", "mA/cm^2", "V"])).map(
        lambda pair: f"{pair[0]} {pair[1]}"
    ),
    min_size=1,
    max_size=5,
)
KEYS = st.sampled_from(
    [("digit", "4"), ("digit", "."), ("turned",), ("back",), ("stepped", 1), ("with_unit", "nm")]
)


@given(PARTS, st.data(), st.lists(KEYS, max_size=8))
def test_only_the_part_at_the_cursor_is_edited(
    parts: list[str], data: st.DataObject, keys: list[tuple[str, ...]]
):
    text = ", ".join(parts)
    now = typed(text, data.draw(st.integers(0, len(text))))
    which = now.which
    for name, *how in keys:
        now = getattr(now, name)(*how)
        assert now.which == which
    others = [each for k, each in enumerate(now.parts) if k != which]
    assert others == [each for k, each in enumerate(parts) if k != which]


def test_a_pair_is_gone_through_and_its_parts_are_edited_one_by_one():
    pair = typed("11 um, 12 um", 0).back().digit("5")
    assert pair.text == "15 um, 12 um"
    pair = pair.next().cleared().digit("9").with_unit("nm")
    assert pair.text == "15 um, 9 nm"
    assert pair.next().which == 0
    assert typed("11 um").another().digit("3").text == "11 um, 3 um"
    assert typed("11 um, 3 um").cleared().cleared().cleared().text == "11 um"


# In the window


def pad_of(qtbot: QtBot, w: Window, field: QLineEdit | QPlainTextEdit) -> NumberPad:
    target = field.viewport() if isinstance(field, QPlainTextEdit) else field
    qtbot.mouseClick(target, Qt.MouseButton.LeftButton)
    (pad,) = [pad for pad in field.window().findChildren(NumberPad) if pad.isVisible()]
    return pad


def press(pad: NumberPad, *keys: str) -> None:
    for key in keys:
        pad.keys[key].click()


def test_what_was_typed_survives_that_the_form_is_made_anew(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, glove=True) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("plan")
        before = w.plan.form
        pad = pad_of(qtbot, w, before.editors["approach.speed"])  # type: ignore
        press(pad, "clear", "4")
        before.editors["program:add"].menu().actions()[0].trigger()  # type: ignore
        qtbot.waitUntil(lambda: w.plan.form is not before, timeout=LONG)
        qtbot.wait(1)
        press(pad, ".", "5", "OK")
        line = w.plan.form.editors["approach.speed"]  # type: ignore[union-attr]
        assert line.text() == "4.5 um/s"  # type: ignore[attr-defined]
        assert w.plan.draft.plan().approach.speed == pytest.approx(4.5e-6)  # type: ignore[union-attr]


def test_a_pad_goes_with_its_field(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, glove=True) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("plan")
        before = w.plan.form
        pad = pad_of(qtbot, w, before.editors["program[0].duration"])  # type: ignore
        gone: list[object] = []
        pad.finished.connect(gone.append)
        before.removed.emit(("program", 0))  # type: ignore[union-attr]
        qtbot.waitUntil(lambda: bool(gone), timeout=LONG)


def test_there_is_one_pad_at_a_time(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, glove=True) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("plan")
        pad_of(qtbot, w, w.plan.form.editors["approach.speed"])  # type: ignore
        pad = pad_of(qtbot, w, w.plan.form.editors["approach.travel"])  # type: ignore
        assert pad.windowTitle() == "travel"


def test_the_pad_leaves_the_emergency_button_to_the_hand(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, glove=True) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("plan")
        pad = pad_of(qtbot, w, w.plan.form.editors["sites.origin"])  # type: ignore
        qtbot.wait(20)
        button = w.bar.buttons["emergency"]
        over = button.rect().translated(button.mapToGlobal(button.rect().topLeft()))
        assert not pad.frameGeometry().intersects(over)


def test_wherever_numbers_are_typed_there_is_a_pad(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, glove=True) as w:
        w.open_plan(small_plan(tmp_path))
        form, draft = w.plan.form, w.plan.draft
        assert form is not None
        assert draft is not None
        numbers = [f for f in fields(draft.form) if f.kind in
                   ("quantity", "number", "pair", "list", "rows")]  # fmt: skip
        assert {"sites.origin", "factors.j", "sites.leave_out"} <= {where(f.key) for f in numbers}
        asked = [form.editors[where(f.key)] for f in numbers]
        asked += [field for page in w.rig.pages.values() for field in page.fields.values()]
        asked += [w.manual.step.lineEdit(), w.manual.speed, w.manual.potential, w.manual.current]
        asked += [w.map.controls.low, w.map.controls.high, w.map.controls.potential]
        dialog = ReferenceDialog(w, w.showing)
        asked.append(dialog.shift)
        for each in asked:
            assert isinstance(each, NumberLine | NumberArea), each.accessibleName()
        w.go("rig")
        w.rig.turn("noise")
        pad = pad_of(qtbot, w, w.rig.pages["noise"].fields["limit"])
        press(pad, "clear", "8", "0", "0", "fA", "OK")
        assert w.rig.pages["noise"].fields["limit"].text() == "800 fA"
        dialog.show()
        pad = pad_of(qtbot, w, dialog.shift)
        press(pad, "3", "0", "4", "±", "mV", "OK")
        assert parse(dialog.shift.text(), "V") == pytest.approx(-0.304)
        dialog.close()
        dialog.deleteLater()


def test_points_are_typed_line_by_line(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, glove=True) as w:
        area = NumberArea("10 um, 20 um\n30 um, 40 um", unit="m")
        qtbot.addWidget(area)
        area.setParent(w)
        area.resize(400, 100)
        area.show()
        pad = pad_of(qtbot, w, area)
        assert "20 um" in pad.text.text() or "40 um" in pad.text.text()
        pad.reject()
        area.moveCursor(area.textCursor().MoveOperation.End)
        pad = NumberPad(w, area)
        press(pad, "clear", "7", "new line", "5", "um", ",", "6", "um", "OK")
        assert area.toPlainText() == "10 um, 20 um\n30 um, 7 um\n5 um, 6 um"


def test_a_factor_gets_levels_on_the_pad(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, glove=True) as w:
        w.open_plan(small_plan(tmp_path, 2, 3))
        w.go("plan")
        pad = pad_of(qtbot, w, w.plan.form.editors["factors.j"])  # type: ignore
        while "Value 2" not in pad.which.text():
            pad.keys["next"].click()
        press(pad, ",", "±", "3", "OK")
        levels = [str(c.levels[0][1]) for c in w.plan.draft.plan().conditions]  # type: ignore
        assert levels == ["-1 mA/cm^2", "-2 mA/cm^2", "-3 mA/cm^2"]


def fields(group: Group) -> list[Field]:
    found: list[Field] = []
    for part in group.parts:
        found += (
            fields(part) if isinstance(part, Group) else [part] if isinstance(part, Field) else []
        )
    return found


def test_a_form_knows_what_is_typed_in_each_field(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        form = w.plan.form
        assert isinstance(form, PlanForm)
        for key, unit in (("sites.pitch", "m"), ("approach.speed", "m/s"), ("factors.j", "")):
            line = form.editors[key]
            assert isinstance(line, NumberLine)
            assert line.unit == unit
