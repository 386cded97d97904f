"""Mending particles and placing landmarks in the window: what a person does is what is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_micrographs import PIXEL, TABLE_1, picture, stored
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from target_files import MATRIX, SHIFT
from waiting import HANGING

from seccm import session
from seccm.errors import PlanError
from seccm.imaging.sem.files import edits_in, places
from ui.models import counting
from ui.models.counting import Counting
from ui.models.palette import DARK, LIGHT, Sizes
from ui.models.registration import TITLES, Mark, Registration
from ui.particles_panel import ParticlesPanel
from ui.registration_panel import RegistrationPanel

UM = 1e-6
FONT = Sizes.of(96.0, glove=False).font


@pytest.fixture(scope="module")
def micrograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    image = picture(TABLE_1["0.78 mA"], 12, 300).image
    metadata = "[Scan]\r\nPixelWidth=4e-009\r\n"
    return stored(tmp_path_factory.mktemp("sem") / "au.tif", image, metadata)


@pytest.fixture
def fresh(micrograph: Path) -> Path:
    for path in vars_of(micrograph):
        path.unlink(missing_ok=True)
    return micrograph


def vars_of(path: Path) -> tuple[Path, Path, Path]:
    files = places(path)
    return files.table, files.summary, files.figure


# Without a window.


def test_dividing_across_the_longer_axis_halves_an_elongated_particle(fresh: Path) -> None:
    made = Counting.opened(fresh)
    made.edit(counting.added(0.6 * UM, 0.1 * UM, 60e-9))
    found = made.census()
    large = int(np.argmax(found.particles.diameter))
    edit = counting.divided(found, large)
    assert edit is not None
    before = float(found.particles.diameter[large])
    made.edit(edit)
    after = made.census()
    assert len(after.particles) == len(found.particles) + 1
    parts = np.sort(after.particles.diameter[-2:])
    assert math.hypot(*parts) == pytest.approx(before, rel=0.01), "areas add up"
    assert parts[0] > 0.55 * before


def test_undo_and_redo_end_where_they_began(fresh: Path) -> None:
    made = Counting.opened(fresh)
    first = made.census()
    for number in (2, 3):
        made.edit(counting.struck(first, number))
    assert len(made.census().particles) == len(first.particles) - 2
    assert made.undo()
    assert made.undo()
    assert not made.undo()
    assert np.array_equal(made.census().particles.labels, first.particles.labels)
    assert made.redo()
    assert len(made.census().particles) == len(first.particles) - 1
    made.edit(counting.added(0.6 * UM, 0.6 * UM, 50e-9))
    assert made.redo() is False, "what was undone is gone once another edit is made"


def test_every_particle_can_be_pointed_at_by_its_own_edit(fresh: Path) -> None:
    found = Counting.opened(fresh).census()
    for number in range(len(found.particles)):
        edit = counting.struck(found, number)
        assert counting.particle_at(found, edit.x, edit.y) == number
    assert counting.particle_at(found, -1.0, 0.0) is None


def test_bars_count_every_whole_particle_and_curves_have_their_area(fresh: Path) -> None:
    found = Counting.opened(fresh).census()
    shown = counting.bars(found)
    assert shown is not None
    assert shown.heights.sum() == found.particles.sizes.size
    width = shown.edges[1] - shown.edges[0]
    area = sum(np.trapezoid(y, x) for _, x, y in shown.curves) / width
    assert area == pytest.approx(found.particles.sizes.size, rel=0.12)


# The particles in the window.


@pytest.fixture
def panel(qtbot: Any, fresh: Path) -> Iterator[ParticlesPanel]:
    made = ParticlesPanel()
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.dress(DARK, FONT)
    made.open(fresh)
    qtbot.waitUntil(lambda: made.census is not None, timeout=HANGING * 1000)
    yield made
    made.shut()


def settled(qtbot: Any, panel: ParticlesPanel, number: int) -> None:
    def counted() -> bool:
        return panel.census is not None and len(panel.census.particles) == number

    qtbot.waitUntil(counted, timeout=HANGING * 1000)


def test_what_is_edited_with_the_keyboard_is_saved_and_found_again(
    qtbot: Any, panel: ParticlesPanel, fresh: Path
) -> None:
    assert panel.census is not None
    number = len(panel.census.particles)
    at = counting.struck(panel.census, 1)
    panel.at_x.setText(f"{at.x * 1e9:.3f} nm")
    panel.at_y.setText(f"{at.y * 1e9:.3f} nm")
    QTest.keyClick(panel.at_y, Qt.Key.Key_Return)
    assert panel.chosen == 1
    panel.buttons["Remove"].click()
    settled(qtbot, panel, number - 1)
    assert panel.chosen is None
    assert not panel.buttons["Remove"].isEnabled()
    panel.at_x.setText("0.6 um")
    panel.at_y.setText("0.05 um")
    panel.d.setText("70 nm")
    panel.buttons["Add"].click()
    settled(qtbot, panel, number)
    assert "Not saved yet" in panel.words.text()
    assert not places(fresh).summary.exists(), "nothing is written before it is asked for"
    panel.buttons["Save"].click()
    assert len(edits_in(places(fresh).summary)) == 2
    again = session.count_particles(fresh)
    assert panel.census is not None
    assert np.array_equal(again.census.particles.labels, panel.census.particles.labels)
    panel.buttons["Undo"].click()
    settled(qtbot, panel, number - 1)
    assert panel.buttons["Redo"].isEnabled()


def test_the_numbers_stand_side_by_side_in_both_themes(panel: ParticlesPanel) -> None:
    for palette in (DARK, LIGHT):
        panel.dress(palette, FONT)
        said = panel.words.text()
        for words in ("as found", "corrected", "coverage", "mostly not found", "Fitted:"):
            assert words in said


def test_what_is_no_length_and_what_is_no_footprint_are_told(
    qtbot: Any, panel: ParticlesPanel
) -> None:
    panel.d.setText("large")
    panel.choose(0.1 * UM, 0.1 * UM)
    panel.d.setText("80")
    panel.add()
    assert "is not a length" in panel.words.text()
    panel.footprint.setText("9 um, 9 um, 1 um")
    panel._take_footprint()
    qtbot.waitUntil(lambda: "0 pixels" in panel.words.text(), timeout=HANGING * 1000)
    assert panel.census is not None


def test_a_file_that_is_no_picture_says_so(qtbot: Any, tmp_path: Path) -> None:
    panel = ParticlesPanel()
    qtbot.addWidget(panel)
    (tmp_path / "a.tif").write_bytes(b"nothing")
    panel.open(tmp_path / "a.tif")
    qtbot.waitUntil(lambda: "cannot be read" in panel.words.text(), timeout=HANGING * 1000)
    assert not any(button.isEnabled() for button in panel.buttons.values())
    panel.shut()


# Landmarks.


def marks(noise: float = 2e-8, count: int = 6) -> list[Mark]:
    rng = np.random.default_rng(3)
    at = rng.uniform(0.2 * UM, 1.0 * UM, (count, 2))
    stage = at @ MATRIX.T + SHIFT + noise * rng.standard_normal(at.shape)
    return [
        Mark(f"m{k}", *map(float, (*a, *s))) for k, (a, s) in enumerate(zip(at, stage, strict=True))
    ]


def test_saved_landmarks_are_read_as_they_were(tmp_path: Path) -> None:
    made = Registration(marks(), error=5e-8)
    made.save(tmp_path / "m.csv")
    again = Registration.opened(tmp_path / "m.csv", PIXEL)
    for one, other in zip(made.marks, again.marks, strict=True):
        assert other.label == one.label
        for name in ("x", "y", "stage_x", "stage_y"):
            assert getattr(other, name) == pytest.approx(getattr(one, name), abs=1e-11)
        assert math.isnan(other.t)
    timed = Registration([Mark(m.label, m.x, m.y, m.stage_x, m.stage_y, 7.0) for m in made.marks])
    timed.save(tmp_path / "t.csv")
    assert Registration.opened(tmp_path / "t.csv", PIXEL).marks[2].t == 7.0
    with pytest.raises(PlanError, match="cannot be written"):
        made.save(tmp_path / "no" / "m.csv")


def test_a_moved_landmark_misses_its_place_by_as_much_and_is_left_out() -> None:
    made = Registration(marks(), error=5e-8)
    whole = made.fitted()
    assert whole.agreed is not None
    assert whole.agreed.used.all()
    made.move(2, made.marks[2].x + 0.8 * UM, made.marks[2].y)
    moved = made.fitted()
    assert moved.agreed is not None
    assert not moved.agreed.used[2]
    assert moved.missed[2] == pytest.approx(0.8 * UM, abs=0.15 * UM)
    assert any("m2 does not agree" in each for each in moved.words)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_landmarks_are_refused_in_words(count: int) -> None:
    told = Registration(marks(count=max(count, 1))[:count]).fitted()
    assert told.agreed is None
    assert f"there are {count} landmarks" in told.refused
    assert len(told.arrows) == len(told.missed) == count


@pytest.fixture
def landmarks(qtbot: Any, fresh: Path, tmp_path: Path) -> RegistrationPanel:
    made = RegistrationPanel()
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.dress(LIGHT, FONT)
    made.show_picture(fresh)
    made.error.setText("50 nm")
    made._take_error()
    Registration(marks()).save(tmp_path / "m.csv")
    made.open(tmp_path / "m.csv")
    return made


def test_the_transform_follows_while_a_landmark_is_dragged(landmarks: RegistrationPanel) -> None:
    assert "6 of 6 landmarks agree" in landmarks.words.text()
    mark = landmarks.registration.marks[1]
    landmarks._handles[1].setPos(mark.x + 0.7 * UM, mark.y)
    assert "5 of 6 landmarks agree" in landmarks.words.text()
    assert landmarks.table.item(1, 1).text() == f"{1e6 * (mark.x + 0.7 * UM):.3f}"
    assert float(landmarks.table.item(1, 6).text()) > 500
    landmarks._handles[1].setPos(mark.x, mark.y)
    assert "6 of 6 landmarks agree" in landmarks.words.text()


def test_the_keyboard_moves_a_landmark_by_a_pixel_and_writes_its_place(
    landmarks: RegistrationPanel,
) -> None:
    landmarks.table.setCurrentCell(3, 1)
    before = landmarks.registration.marks[3]
    landmarks.step["→"].click()
    landmarks.step["↓"].click()
    after = landmarks.registration.marks[3]
    assert after.x - before.x == pytest.approx(PIXEL)
    assert after.y - before.y == pytest.approx(PIXEL)
    landmarks.table.item(3, 3).setText("99.5")
    assert landmarks.registration.marks[3].stage_x == pytest.approx(99.5 * UM)
    assert "left out" in landmarks.words.text()
    landmarks.table.item(3, 3).setText("far")
    assert "is not a number" in landmarks.words.text()
    assert landmarks.table.item(3, 3).text() == "99.500"


def test_the_wrong_hand_is_refused_and_said_so(landmarks: RegistrationPanel) -> None:
    landmarks.mirrored.setChecked(False)
    assert "No transform" in landmarks.words.text()
    assert "far better" in landmarks.words.text()
    assert landmarks.table.item(0, len(TITLES) - 1).text() == "–"
    landmarks.mirrored.setChecked(True)
    assert "6 of 6" in landmarks.words.text()


def test_landmarks_are_added_and_removed_down_to_none(landmarks: RegistrationPanel) -> None:
    landmarks.more.click()
    assert landmarks.table.rowCount() == len(landmarks._handles) == 7
    for _ in range(7):
        landmarks.table.setCurrentCell(0, 0)
        landmarks.fewer.click()
    assert landmarks.table.rowCount() == 0
    assert not landmarks.fewer.isEnabled()
    assert not landmarks.step["←"].isEnabled()


def test_saved_landmarks_find_targets(landmarks: RegistrationPanel, tmp_path: Path) -> None:
    from seccm.imaging.stage.choice import Wanted

    landmarks.save(tmp_path / "kept.csv")
    found = session.find_targets(
        landmarks._path, tmp_path / "kept.csv", Wanted(0.2 * UM), error=5e-8
    )
    told = json.loads(found.file.read_text(encoding="utf-8"))
    assert told["transform"]["scale"] == pytest.approx(1.0, abs=0.1)
    for path in (found.file, found.table, found.figure):
        path.unlink(missing_ok=True)


def test_a_file_without_landmarks_says_why(landmarks: RegistrationPanel, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    landmarks.open(tmp_path / "x.csv")
    assert "there is no column" in landmarks.words.text()
    landmarks.open(tmp_path / "x.h5")
    assert landmarks.words.text()
