"""Pictures of every view, in light and dark: `python -m ui.screenshots [FOLDER]`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QLineEdit

from seccm.plan.library import rigs
from seccm.remote import Client
from ui import dialogs
from ui.keys import KeySheet
from ui.models.palette import PALETTES, Palette
from ui.reference import ReferenceDialog
from ui.rooms import ROOMS
from ui.settling import until, wait
from ui.window import Window

PLAN = "li-on-au-combinatorial"
PACE = 40.0
SITES = 34
"""The scan is pictured in the midst of its work, once so many sites are closed."""
SCREENS = ((1280, 800, 1.0, ""), (1920, 1080, 1.0, "-hd"), (3840, 2160, 2.0, "-4k"))
"""Width, height, scale and what is added to the file's name."""


def main(folder: Path) -> None:
    """Make all pictures."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "scan.h5"
        settings = QSettings(str(Path(place) / "window.ini"), QSettings.Format.IniFormat)
        window = Window(Client.in_process, settings=settings, scale=1.0, pace=PACE)
        window.resize(1280, 800)
        window.show()
        window.open_plan(PLAN)
        window.plan.target.setText(str(data))
        until(lambda: bool(window.plan.verdict.text()) and not window.plan.busy.isVisible())
        window.start()
        window.plan.target.setText(data.name)
        until(lambda: window.desk.run.finished >= SITES)
        window.desk.ask("pause")
        until(lambda: window.desk.run.state == "paused")
        window.map.choose("E_nuc")
        window.open_file(data)
        for view in (window.map, window.browse.files[0].map):
            for site in (18, 27, 33):
                view.pick(site, True)
        for view in (window.map, window.browse.files[0].map):
            until(lambda view=view: "reading" not in view.panel.words.text())  # type: ignore[misc]
        for width, height, scale, suffix in SCREENS:
            for palette in PALETTES.values():
                _picture_all(window, palette, (width, height), scale, folder, suffix)
        _picture_gloves(window, folder)
        window.desk.ask("stop")
        until(lambda: window.desk.run.ended is not None and window.desk.run.doing == "idle")
        window.close()
        _picture_commissioning(Path(place), settings, folder)
        _picture_coarse(Path(place), settings, folder)


def _picture_all(
    window: Window, palette: Palette, size: tuple[int, int], scale: float, folder: Path, suffix: str
) -> None:
    """Picture every room and dialog in one look."""
    window.change_look(palette, scale)
    window.resize(*size)
    window.actions_["reset"].trigger()
    for room in ROOMS:
        window.go(room)
        wait(400)
        window.grab().save(str(folder / f"{room}-{palette.name}{suffix}.png"))
    if suffix:
        return
    window.go("plan")
    form = window.plan.form
    assert form is not None
    for key, text in (("approach.speed", "2"), ("approach.contact.drop", "5 um")):
        editor = form.editors[key]
        assert isinstance(editor, QLineEdit)
        editor.setText(text)
        editor.textEdited.emit(text)
    wait(600)
    window.plan.area.ensureWidgetVisible(form.editors["retract.distance"])
    wait(100)
    window.grab().save(str(folder / f"mistakes-{palette.name}.png"))
    window.open_plan(PLAN)
    window.plan.files.bar.buttons["Discard"].click()
    for name, dialog in (
        ("keys", KeySheet(window)),
        ("signs", ReferenceDialog(window, window.showing)),
    ):
        dialogs.show(dialog)
        wait(100)
        dialog.grab().save(str(folder / f"{name}-{palette.name}.png"))
        dialog.close()


def _picture_commissioning(place: Path, settings: QSettings, folder: Path) -> None:
    """Picture a card as it is commissioned, its file beside its calibration."""
    rig = place / "bench-1.toml"
    text = rigs()["virtual-nidaq"].read_text(encoding="utf-8")
    named = 'name = "bench 1"\ncalibration = "bench-1.calibration.json"'
    rig.write_text(text.replace('name = "virtual NI card"', named), encoding="utf-8")
    window = Window(
        Client.in_process, settings=settings, scale=1.0, rig=str(rig), pace=0.0
    )  # fmt: skip
    window.resize(1280, 800)
    window.show()
    window.go("rig")
    for page in window.rig.pages.values():
        page.confirmed.setChecked(True)
        page.start.click()
        until(lambda page=page: page.found is not None)  # type: ignore[misc]
        until(lambda: window.desk.run.doing == "idle")
    for name in ("noise", "test-resistor", "capacitance"):
        page = window.rig.pages[name]
        page.calibrate.click()
        until(lambda page=page: page.found is not None and bool(page.found.kept))  # type: ignore[misc]
    for palette in PALETTES.values():
        window.change_look(palette, 1.0)
        for name in window.rig.tabs:
            window.rig.turn(name)
            wait(200)
            window.grab().save(str(folder / f"rig-{name}-{palette.name}.png"))
    window.close()


def _picture_coarse(place: Path, settings: QSettings, folder: Path) -> None:
    """Picture a coarse approach: armed, as it asks, and when the surface is found."""
    rig = place / "deep.toml"
    text = rigs()["virtual-coarse"].read_text(encoding="utf-8")
    motor = (place / "virtual-motor.json").as_posix()
    rig.write_text(text.replace("virtual-motor.json", motor), encoding="utf-8")
    window = Window(Client.in_process, settings=settings, scale=1.0, rig=str(rig), pace=0.0)
    window.resize(1280, 800)
    window.show()
    window.open_plan(PLAN)
    window.go("manual")
    panel = window.manual.coarse

    def picture(name: str) -> None:
        for palette in PALETTES.values():
            window.change_look(palette, 1.0)
            wait(200)
            window.grab().save(str(folder / f"coarse-{name}-{palette.name}.png"))

    until(panel.arm.isEnabled)
    panel.arm.click()
    picture("armed")
    panel.start.click()
    until(panel.asking.isVisible)
    picture("asks")
    while not panel.result.text():
        asked = panel.question
        panel.yes.click()
        until(lambda asked=asked: panel.question not in ("", asked) or panel.result.isVisible())  # type: ignore[misc]
    picture("found")
    window.close()


def _picture_gloves(window: Window, folder: Path) -> None:
    """Picture every room for hands in gloves."""
    window.actions_["glove"].trigger()
    for width, height, scale, suffix in SCREENS[:2]:
        for palette in PALETTES.values():
            window.change_look(palette, scale)
            for room in ROOMS:
                window.go(room)
                window.resize(width, height)
                wait(400)
                window.grab().save(str(folder / f"gloves-{room}-{palette.name}{suffix}.png"))
    window.go("scan")
    for menu in (window.map.controls.view.colours, window.map.controls.view.curves):
        menu.popup(window.map.mapToGlobal(window.map.rect().topLeft()))
        wait(100)
        menu.grab().save(str(folder / f"gloves-menu-{menu.title().lower()}.png"))
        menu.close()


def command(arguments: Sequence[str]) -> Path:
    """Read the command line; return the folder for the pictures."""
    parser = argparse.ArgumentParser(
        prog="python -m ui.screenshots",
        description="Make pictures of every view of the window, in light and dark, for bare hands "
        "and for gloves. Runs the reference screen on the virtual rig; needs no screen, and takes "
        "a few minutes.",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("build/screenshots"),
        help="where the pictures go; made if it is not there (%(default)s)",
    )  # fmt: skip
    folder: Path = parser.parse_args(arguments).folder
    return folder


if __name__ == "__main__":
    main(command(sys.argv[1:]))
