"""What is said of a picture, and that it is simulated, stays with whatever is made of it."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from picture_pages import Page
from typer.testing import CliRunner

from seccm import session
from seccm.arrays import FloatArray
from seccm.cli.commands import app
from seccm.imaging.overlay.made import Overlay
from seccm.imaging.sem.micrograph import read_micrograph
from seccm.imaging.sem.simulated import write_picture
from seccm.imaging.stage.choice import Wanted
from seccm.imaging.stage.within import outside
from seccm.report.sheets import report_overlay
from seccm.session.overlays import Picture
from seccm.words import SIMULATION
from ui.models.pictures import marked

SIDE, PIXEL = 128, 4e-9
MARKS = [(60, 50), (450, 80), (240, 430), (90, 400)]
"""Places in nm in both pictures."""


def spots() -> FloatArray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    noise = np.random.default_rng(2).standard_normal((SIDE, SIDE))
    image = 60 + 4 * noise
    for x, y in ((30, 30), (95, 40), (64, 100)):
        image += 120 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 3.0**2))
    return np.clip(image, 0, 255)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    grey = spots().astype(np.uint8)
    tifffile.imwrite(folder / "plain.tif", grey)
    turned = [(274, "H", 1, 6, True)]
    with tifffile.TiffWriter(folder / "odd.tif") as file:
        for _ in range(2):
            file.write(grey, contiguous=False, metadata=None, extratags=turned)
    tifffile.imwrite(folder / "flat.tif", np.full_like(grey, 9))
    write_picture(folder / "drawn.tif", spots(), "a test")
    rows = [f"{x},{y},{x},{y},m{k}" for k, (x, y) in enumerate(MARKS)]
    lines = ["x (nm),y (nm),other x (nm),other y (nm),label", *rows]
    (folder / "marks.csv").write_text("\n".join(lines), encoding="utf-8")
    stage = "\n".join(["x (nm),y (nm),stage x (nm),stage y (nm),label", *rows])
    (folder / "stage.csv").write_text(stage, encoding="utf-8")
    return folder


def over(folder: Path, first: str, *others: str, pixel: float = PIXEL) -> Overlay:
    beside = [Picture(folder / each, folder / "marks.csv", False, pixel) for each in others]
    return session.lay_over(
        folder / first, beside, pixel=None if ":" in first else PIXEL, error=4e-9
    )


# Places that cannot be in a picture.


@pytest.mark.parametrize(
    ("x", "y", "inside"),
    [(0, 0, True), (8, 4, True), (8.001, 2, False), (2, 4.001, False), (-0.001, 2, False),
     (2, -0.001, False), (np.nan, 2, False)],
)  # fmt: skip
def test_a_place_is_in_a_picture_up_to_its_sides(x: float, y: float, inside: bool) -> None:
    said = outside(np.array([[x, y], [1, 1]]), (4, 8), 1.0, ("a", "b"), "p.tif")
    assert bool(said) is not inside
    if said:
        assert said[0].startswith(
            "Landmark a is outside of p.tif, which is 8e+06 um wide and 4e+06"
        )


def test_many_landmarks_that_are_astray_are_counted_and_few_are_named() -> None:
    places, labels = np.full((9, 2), -1.0), tuple("abcdefghi")
    (few,) = outside(places[:3], (4, 8), 1e-6, labels[:3], "p.tif")
    (many,) = outside(places, (4, 8), 1e-6, labels, "p.tif")
    assert "Landmarks a, b, c are" in few
    assert "Landmarks 9 of 9 are" in many


# Overlays.


def test_what_is_said_of_each_picture_is_said_of_the_overlay(folder: Path) -> None:
    made = over(folder, "odd.tif", "drawn.tif", "plain.tif")
    said = " ".join(made.notes)
    assert "odd.tif: The file has more than one picture" in said
    assert "odd.tif: The file says that it should be shown turned or mirrored" in said
    assert "drawn.tif: The micrograph is SIMULATED" in said
    assert "plain.tif" not in said
    assert made.simulated
    told = json.loads(made.summary.read_text(encoding="utf-8"))
    assert [layer["simulated"] for layer in told["layers"]] == [False, True, False]
    assert [len(layer["notes"]) for layer in told["layers"]] == [2, 2, 0]
    page = Page(report_overlay(made))
    assert [note for note in made.notes if note not in page.notices] == []
    assert SIMULATION in made.figure.with_suffix(".html").read_text(encoding="utf-8")


def test_an_overlay_of_measured_pictures_is_not_said_to_be_simulated(folder: Path) -> None:
    made = over(folder, "plain.tif", "plain.tif")
    assert not made.simulated
    assert made.notes == ()
    assert SIMULATION not in report_overlay(made).read_text(encoding="utf-8")


@pytest.mark.parametrize("simulated", [0, 1])
def test_the_map_of_a_simulated_film_makes_a_simulated_overlay(
    folder: Path, simulated: int
) -> None:
    with h5py.File(folder / "film.irm.h5", "w") as file:
        file["onset"] = spots()
        file.attrs.update(place=PIXEL, simulated=simulated, doubts=json.dumps(["It is doubted."]))
    made = over(folder, "film.irm.h5:onset", "plain.tif")
    assert made.simulated == bool(simulated)
    assert made.notes == ("film.irm.h5:onset: It is doubted.",)


def test_a_picture_of_one_shade_is_named_and_has_no_number(folder: Path) -> None:
    made = over(folder, "plain.tif", "flat.tif", "plain.tif")
    pairs = list(made.correlations)
    why = [made.alike(*pair) for pair in pairs]
    assert why == [
        "plain.tif and flat.tif: no correlation, flat.tif shows one shade only.", "",
        "flat.tif and plain.tif (2): no correlation, flat.tif shows one shade only.",
    ]  # fmt: skip
    page = Page(report_overlay(made))
    assert [note for note in filter(None, why) if note not in page.notices] == []
    assert "nan" not in made.figure.with_suffix(".html").read_text(encoding="utf-8")


def test_landmarks_outside_of_a_picture_tell_that_a_pixel_is_mistaken(folder: Path) -> None:
    """With pixels of 2 nm the picture is half as wide: two landmarks are beside it."""
    made = over(folder, "plain.tif", "plain.tif", pixel=2e-9)
    (said,) = made.notes
    assert "Landmarks m1, m2, m3 are outside of plain.tif (2), which is 0.256 um wide" in said
    line = ["overlay", *2 * [str(folder / "plain.tif")], "--landmarks", str(folder / "marks.csv"),
            "--pixel", "4 nm", "--pixel", "2 nm"]  # fmt: skip
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 0, done.output
    assert "m1, m2, m3 are outside" in " ".join(done.output.split())


# Targets, and the window.


def test_targets_of_a_simulated_picture_say_so_and_name_landmarks_that_are_astray(
    folder: Path,
) -> None:
    rows = [*(f"{x},{y},{x},{y},m{k}" for k, (x, y) in enumerate(MARKS)), "900,20,900,20,far"]
    astray = folder / "astray.csv"
    titles = "x (nm),y (nm),stage x (nm),stage y (nm),label"
    astray.write_text("\n".join([titles, *rows]), encoding="utf-8")
    wanted = Wanted(60e-9, margin=0.0)
    made = session.find_targets(folder / "drawn.tif", astray, wanted, mirrored=False, error=2e-9)
    assert made.simulated
    assert made.notes[0].startswith("The micrograph is SIMULATED")
    assert "Landmark far is outside of drawn.tif" in made.notes[-1]
    told = json.loads(made.file.read_text(encoding="utf-8"))
    assert told["simulated"] is True
    assert told["notes"] == list(made.notes)
    plain = session.find_targets(
        folder / "plain.tif", folder / "stage.csv", wanted, pixel=PIXEL, mirrored=False, error=2e-9
    )
    assert not plain.simulated
    assert plain.notes == ()


@pytest.mark.parametrize("name", ["odd.tif", "drawn.tif", "plain.tif"])
def test_the_window_says_of_a_picture_what_the_command_says(folder: Path, name: str) -> None:
    known = None if name == "drawn.tif" else PIXEL
    notes = read_micrograph(folder / name, known).notes
    assert bool(notes) is (name != "plain.tif")
    shown = marked(folder / name, known).words
    assert [note for note in notes if note.rstrip(".") not in shown] == []
