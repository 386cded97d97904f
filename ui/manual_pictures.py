"""Pictures of the window for the pages of the manual: `python -m ui.manual_pictures [FOLDER]`."""

from __future__ import annotations

import argparse
import csv
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget

from seccm.imaging.sem.model_image import Look, Population, draw, plant
from seccm.plan.library import rigs
from seccm.remote import Client
from ui.browse import FileView
from ui.models.draft import Draft
from ui.models.palette import LIGHT
from ui.settling import until, wait
from ui.window import Window

MADE = {
    "scan": "scan-light",
    "plan": "plan-light",
    "browse": "browse-light",
    "rig": "rig-noise-light",
    "signs": "signs-light",
}
"""Pictures that `ui.screenshots` has made, by their names in the manual."""
HUMID = """
[signals.humidity]
unit = "ppm"
role = "environment"
words = "humidity"
course = [["0 s", 1.0], ["12 s", 1.2], ["14 s", 8.0], ["900 s", 8.0]]

[suspend.humidity]
above = "5 ppm"
for = "1 s"
back = "4 ppm"
back_for = "60 s"
"""


class Studio:
    """What every picture is made with.

    Args:
        place: an empty folder for plans, data and settings.
        folder: where the pictures go.
    """

    def __init__(self, place: Path, folder: Path) -> None:
        self.place, self.folder = place, folder
        self._windows: list[Window] = []

    def window(self, rig: str = "virtual", pace: float = 0.0, **size: int) -> Window:
        """Show a window of its own, with nothing remembered."""
        name = f"window-{len(self._windows)}.ini"
        settings = QSettings(str(self.place / name), QSettings.Format.IniFormat)
        made = Window(
            Client.in_process, settings=settings, scale=1.0, rig=rig, pace=pace, palette=LIGHT
        )
        made.resize(size.get("width", 1280), size.get("height", 800))
        made.show()
        self._windows.append(made)
        return made

    def command(self, *words: str) -> None:
        """Run one of the program's own commands in the folder of the data.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(
            [sys.executable, "-m", "seccm", *words],
            cwd=self.place,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"seccm {' '.join(words)}\n{done.stdout}\n{done.stderr}")

    def plan(self, name: str, of: str, **changes: Any) -> Path:
        """Write a plan like one that is shipped; `sites__columns = 3` changes a key, None omits."""
        draft = Draft.open(of)
        for key, value in changes.items():
            draft.set(tuple(key.split("__")), value)
        path = self.place / f"{name}.toml"
        draft.save(path)
        return path

    def scan(self, plan: Path, rig: str = "virtual") -> Path:
        """Run a plan, and return its data file."""
        data = plan.with_suffix(".h5")
        self.command("run", str(plan), "--rig", rig, "-o", str(data), "--seed", "1")
        return data

    def some_scans(self) -> list[Path]:
        """Return the scans that were made for other pictures; one is made if there is none."""
        known = sorted(self.place.glob("*.h5"))
        return known or [
            self.scan(self.plan("one", "li-on-au-cv", sites__columns=1, sites__rows=1))
        ]

    def browse(
        self, data: Path, shown: str = "", sites: Sequence[int] = (), page: str = ""
    ) -> tuple[Window, FileView]:
        """Open a data file, with a result on its map and the curves of some sites beside it."""
        window = self.window()
        window.open_file(data)
        view = window.browse.files[0]
        if shown:
            view.map.choose(shown)
        for site in sites:
            view.map.pick(site, True)
        wait(400)
        if page:
            view.map.panel.choose(page)
        until(lambda: "reading" not in view.map.panel.words.text())
        return window, view

    def save(self, name: str, widget: QWidget) -> None:
        """Keep a picture, in as few colours as it needs."""
        wait(300)
        file = self.folder / f"{name}.png"
        widget.grab().save(str(file))
        _fewer_colours(file)
        print(file.name, flush=True)

    def shut(self) -> None:
        """Close the windows."""
        while self._windows:
            self._windows.pop().close()


def _fewer_colours(file: Path) -> None:
    from PIL import Image

    with Image.open(file) as image:
        small = image.convert("RGB").quantize(200, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


# ------------------------------------------------------------------------------ ways and steps


def sicm(studio: Studio) -> None:
    """Picture a topography."""
    plan = studio.plan("sicm", "sicm-topography", sites__columns=10, sites__rows=7)
    data = studio.scan(plan, "virtual-sicm")
    window, _ = studio.browse(data, "z_surface", (40, 43), "approach")
    studio.save("sicm", window)


def secm(studio: Studio) -> None:
    """Picture approach curves with their fits."""
    plan = studio.plan("secm", "secm-feedback-map", sites__columns=4, sites__rows=3)
    data = studio.scan(plan, "virtual-secm")
    window, view = studio.browse(data, "i_tip", (1, 10))
    _own_page(view)
    studio.save("secm", window)


def detachment(studio: Studio) -> None:
    """Picture heights at which menisci broke."""
    plan = studio.plan("detachment", "li-on-au-fast-hopping", sites__columns=4, sites__rows=4)
    window, _ = studio.browse(studio.scan(plan), "h_detach", (1, 2, 3), "approach")
    studio.save("detachment", window)


def impedance(studio: Studio) -> None:
    """Picture spectra with their fits."""
    plan = studio.plan("spectra", "impedance-map", sites__columns=2, sites__rows=2)
    window, view = studio.browse(studio.scan(plan), "", (0, 1))
    _own_page(view)
    studio.save("impedance-fits", window)


def impacts(studio: Studio) -> None:
    """Picture spikes and the histogram of their charges."""
    plan = studio.plan("impacts", "nano-impacts", sites__columns=2, sites__rows=2)
    window, view = studio.browse(studio.scan(plan), "", (0, 1))
    _own_page(view)
    studio.save("nano-impacts", window)


def _own_page(view: FileView) -> None:
    """Turn to the first page that a kind of step brings along."""
    own = list(view.map.panel.own)
    if own:
        view.map.panel.choose(own[0])
        until(lambda: "reading" not in view.map.panel.words.text())


# ------------------------------------------------------------------------------ running


def suspended(studio: Studio) -> None:
    """Picture a run that waits while the air is humid."""
    rig = studio.place / "humid-rig.toml"
    rig.write_text(rigs()["virtual"].read_text(encoding="utf-8") + HUMID, encoding="utf-8")
    plan = studio.plan("humid", "li-on-au-combinatorial")
    window = studio.window(str(rig), pace=8.0)
    _begin(studio, window, plan)
    until(lambda: window.desk.run.state == "suspended")
    window.map.choose("E_nuc")
    studio.save("suspended", window)
    _end(window)


def channels(studio: Studio) -> None:
    """Picture a run that asks a person to connect a channel."""
    window = studio.window("virtual-array")
    plan = studio.plan("channels", "lmo-array-pitt", way__switch="person")
    _begin(studio, window, plan)
    until(lambda: window.desk.run.state == "paused")
    studio.save("channels", window)
    _end(window)


def camera(studio: Studio) -> None:
    """Picture the live camera, and movie and maps of the site afterwards."""
    plan = studio.plan(
        "film", "li-on-au-irm", sites__columns=1, sites__rows=1,
        design__conditions=[{"hold": "0.1 s", "j": "-1.2 mA/cm^2"}],
    )  # fmt: skip
    window = studio.window("virtual-irm", pace=0.0)
    _begin(studio, window, plan)
    window.go("camera")
    until(lambda: window.desk.run.finished >= 1)
    studio.save("camera", window)
    until(lambda: window.desk.run.ended is not None and window.desk.run.doing == "idle")
    data = plan.with_suffix(".h5")
    studio.command("irm", str(data))
    _, view = studio.browse(data, "", (0,))
    pictures = view.show_pictures()
    slider = pictures.movie.slider
    slider.setValue(slider.minimum() + int(0.8 * (slider.maximum() - slider.minimum())))
    studio.save("movie", pictures)
    pictures.tabs.setCurrentWidget(pictures.maps)
    studio.save("maps", pictures)


def _begin(studio: Studio, window: Window, plan: Path) -> None:
    window.open_plan(plan)
    window.plan.target.setText(str(plan.with_suffix(".h5")))
    until(lambda: bool(window.plan.verdict.text()) and not window.plan.busy.isVisible())
    window.start()
    try:
        until(lambda: window.desk.run.running)
    except TimeoutError:
        raise RuntimeError(f"{plan.name}: {window.plan.verdict.text()}") from None
    window.plan.target.setText(plan.with_suffix(".h5").name)


def _end(window: Window) -> None:
    window.desk.ask("stop")
    until(lambda: window.desk.run.ended is not None and window.desk.run.doing == "idle")


# ------------------------------------------------------------------------------ micrographs


def micrographs(studio: Studio) -> None:
    """Picture particles that were counted, landmarks, and targets."""
    import tifffile

    data = studio.scan(studio.plan("sem", "li-on-au-cv", sites__columns=1, sites__rows=1))
    pixel, shape, rng = 4e-9, (700, 900), np.random.default_rng(3)
    planted = plant(Population(1.7e13, 80e-9, 23e-9), shape, pixel, 0.9, rng)
    image = draw(planted, shape, pixel, Look(), rng)
    micrograph = studio.place / "sem.tif"
    grey = np.clip(12000 + 20000 * image, 0, 65535).astype(np.uint16)
    tifffile.imwrite(micrograph, grey, resolution=(1e-2 / pixel,) * 2, resolutionunit="CENTIMETER")
    studio.command("sem", str(micrograph))
    _, view = studio.browse(data)
    pictures = view.show_pictures()
    pictures.tabs.setCurrentWidget(pictures.particles)
    pictures.show_picture(micrograph)
    until(lambda: pictures.particles.census is not None)
    studio.save("particles", pictures)
    picture, marks = _gold(studio.place)
    studio.command("targets", picture.name, "--landmarks", marks.name, "--footprint", "4 um")
    pictures.tabs.setCurrentWidget(pictures.movie)
    pictures.show_picture(picture)
    studio.save("targets", pictures)
    pictures.tabs.setCurrentWidget(pictures.registration)
    pictures.show_picture(picture)
    pictures.registration.open(marks)
    studio.save("landmarks", pictures)


def _gold(place: Path) -> tuple[Path, Path]:
    """Draw a field of particles with landmarks that were measured on the stage."""
    import tifffile

    pixel, shape, rng = 60e-9, (900, 1100), np.random.default_rng(5)
    planted = plant(Population(9e9, 1.1e-6, 0.25e-6), shape, pixel, 3.0, rng)
    rows, columns = np.mgrid[: shape[0], : shape[1]] * pixel
    image = np.full(shape, 0.0)
    for x, y, d in zip(planted.x, planted.y, planted.diameter, strict=True):
        image += np.exp(-(((columns - x) ** 2 + (rows - y) ** 2) / (0.36 * d) ** 2))
    image += 0.01 * rng.standard_normal(shape)
    grey = np.clip(9000 + 30000 * image, 0, 65535).astype(np.uint16)
    picture, marks = place / "gold.tif", place / "marks.csv"
    tifffile.imwrite(picture, grey, resolution=(1e-2 / pixel,) * 2, resolutionunit="CENTIMETER")
    turn = math.radians(8.0)
    seen = np.array([(5, 6), (33, 4), (61, 8), (60, 30), (58, 49), (31, 50), (6, 47)], float)
    stage = seen @ np.array([[math.cos(turn), math.sin(turn)], [math.sin(turn), -math.cos(turn)]])
    stage += (30, 70) + 0.12 * rng.standard_normal(seen.shape)
    with marks.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["x (um)", "y (um)", "stage x (um)", "stage y (um)", "label"])
        for k, row in enumerate(np.hstack([seen, stage])):
            table.writerow([*(f"{value:.2f}" for value in row), f"cross {k + 1}"])
    return picture, marks


def overlays(studio: Studio) -> None:
    """Make the figure of two pictures of one place; the second is turned and shifted."""
    _two_of_one_place(studio.place)
    studio.command(
        "overlay", "sem.tif", "turned.tif", "--landmarks", "pairs.csv",
        "--region", "8 um, 8 um, 11 um", "--line", "2 um, 8 um, 14 um, 8 um",
    )  # fmt: skip
    (made,) = (f for f in studio.place.glob("*overlay*") if f.suffix == ".png")
    shutil.copy(made, studio.folder / "overlays.png")
    _fewer_colours(studio.folder / "overlays.png")
    print("overlays.png", flush=True)


def _two_of_one_place(place: Path) -> None:
    """Draw particles as two microscopes see them, and landmarks that both show."""
    import tifffile

    pixel, shape, rng = 40e-9, (400, 400), np.random.default_rng(7)
    planted = plant(Population(4e11, 0.7e-6, 0.2e-6), shape, pixel, 1.0, rng)
    turn = math.radians(6.0)
    turned = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])

    def seen(x: Any, y: Any) -> Any:
        return np.column_stack([x, y]) @ turned.T + (1.2e-6, -0.6e-6)

    x, y = seen(planted.x, planted.y).T
    other = replace(planted, x=x, y=y)
    for name, one in (("sem", planted), ("turned", other)):
        image = draw(one, shape, pixel, Look(), rng)
        grey = np.clip(12000 + 20000 * image, 0, 65535).astype(np.uint16)
        per_cm = (1e-2 / pixel,) * 2
        tifffile.imwrite(
            place / f"{name}.tif", grey, resolution=per_cm, resolutionunit="CENTIMETER"
        )
    here = 1e-6 * np.array([(3, 3), (13, 4), (12, 13), (4, 12), (8, 7), (7, 14)])
    there = seen(*here.T) + 0.03e-6 * rng.standard_normal(here.shape)
    with (place / "pairs.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["x (um)", "y (um)", "other x (um)", "other y (um)", "label"])
        for k, row in enumerate(np.hstack([here, there])):
            table.writerow([*(f"{1e6 * value:.3f}" for value in row), f"particle {k + 1}"])


# ------------------------------------------------------------------------------ rooms


def planner(studio: Studio) -> None:
    """Picture what a planner expects."""
    plan = studio.plan(
        "planned", "li-on-au-combinatorial", design=None, factors__j=["-1 mA/cm^2"],
    )  # fmt: skip
    text = plan.read_text(encoding="utf-8") + (
        '\n[planner]\nkind = "gaussian process"\nlearn = [{ result = "E_nuc" }]\n'
        'stop = { uncertainty = "2 mV", sites = 18 }\n\n[[planner.vary]]\nfactor = "j"\n'
        'between = ["-0.2 mA/cm^2", "-3 mA/cm^2"]\nscale = "logarithmic"\n'
    )
    plan.write_text(text, encoding="utf-8")
    window, _ = studio.browse(studio.scan(plan))
    view = window.show_planner()
    assert view is not None
    until(lambda: view.planning is not None)
    studio.save("planner", view)


def planner_regions(studio: Studio) -> None:
    """Picture what a planner expects over the regions of a sample."""
    plan = studio.plan("library", "activity-library")
    window, _ = studio.browse(studio.scan(plan, "virtual-library"))
    view = window.show_planner()
    assert view is not None
    until(lambda: view.planning is not None)
    studio.save("planner-regions", view)


def queue(studio: Studio) -> None:
    """Picture a list of plans of which the first has run."""
    first = studio.plan("gold-cv", "li-on-au-cv", sites__columns=1, sites__rows=1)
    studio.command("queue", "add", str(first), "-o", "gold-cv.h5")
    studio.command("queue", "run")
    for name in ("redox-cv-map", "mixed-protocol"):
        studio.command("queue", "add", name)
    window = studio.window()
    window.go("plan")
    window.plan.as_queue.click()
    window.plan.queue.table.selectRow(1)
    studio.save("queue", window)


def notes(studio: Studio) -> None:
    """Picture the notes of the next run."""
    studio.command(
        "notes", "--operator", "A. Person", "--electrolyte", "50 mM LiClO4 in PC", "--gas", "argon",
        "--humidity", "< 1 ppm", "--pipette", "B7", "--resistance", "50 Mohm", "--conductivity",
        "1.3 S/m", "--half-angle", "5 deg",
    )  # fmt: skip
    window = studio.window()
    studio.save("notes", window.show_notes())


def scans(studio: Studio) -> None:
    """Picture the catalogue, with all scans that were made for the other pictures."""
    studio.some_scans()
    studio.command("catalog", str(studio.place))
    window = studio.window()
    window.go("browse")
    window.browse.show_scans()
    listed = window.browse.scans
    until(lambda: bool(listed.table.entries))
    listed.list.selectRow(0)
    studio.save("scans", window)


def export(studio: Studio) -> None:
    """Picture the menu of what a scan can be written as."""
    window, view = studio.browse(studio.some_scans()[0])
    menu = view.export_button.menu()
    menu.popup(view.mapToGlobal(view.rect().topLeft()))
    studio.save("export", menu)
    menu.close()
    studio.save("import", window.browse.show_import())


PICTURES: Mapping[str, Callable[[Studio], None]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        sicm, secm, detachment, impedance, impacts, suspended, channels, camera,
        micrographs, overlays, planner, planner_regions, queue, notes, scans, export,
    )
}  # fmt: skip


def main(folder: Path, made: Path, only: Sequence[str] = ()) -> None:
    """Make the pictures, all or those that are named."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in MADE.items():
        if not only and (made / f"{file}.png").exists():
            shutil.copy(made / f"{file}.png", folder / f"{name}.png")
            _fewer_colours(folder / f"{name}.png")
    with tempfile.TemporaryDirectory() as place:
        os.environ["SECCM_HOME"] = str(Path(place) / "home")
        os.environ["SECCM_CATALOG"] = str(Path(place) / "catalog")
        scans = Path(place) / "scans"
        scans.mkdir()
        studio = Studio(scans, folder)
        for name, picture in PICTURES.items():
            if not only or name in only:
                picture(studio)
                studio.shut()


def command(arguments: Sequence[str]) -> tuple[Path, Path, list[str]]:
    """Read the command line; return the folders and the pictures that are asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m ui.manual_pictures",
        description="Make the pictures of the window that stand in the manual. Runs small scans on "
        "the virtual rigs; needs no screen, and takes some minutes.",
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("ui/pictures"))
    parser.add_argument(
        "--made", type=Path, default=Path("build/screenshots"),
        help="where the pictures of ui.screenshots are (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--only", nargs="+", default=[], choices=sorted(PICTURES), help="not all of them"
    )
    parsed = parser.parse_args(arguments)
    return parsed.folder, parsed.made, parsed.only


if __name__ == "__main__":
    main(*command(sys.argv[1:]))
