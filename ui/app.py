"""Starts the application: attaches to a run that is going on, or waits for one to be started."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from seccm.errors import PlanError
from seccm.interruption import SUSPEND, taken
from seccm.plan.library import find_rig
from seccm.remote import Client, Running
from ui.models.palette import DARK, LIGHT, PALETTES, Palette
from ui.models.words import Line
from ui.placement import keep_on_screen
from ui.window import Window

FRAMED_MS = 300
"""Within so long a window manager has put its frame around a new window."""


def main(
    plan: str | Path = "",
    rig: str | Path = "",
    *,
    in_process: bool = False,
    theme: str = "",
    glove: bool = False,
    pace: float = 1.0,
) -> int:
    """Open the window; returns the exit code when it is closed.

    Args:
        plan: a plan or a data file to open at once; may be empty.
        rig: name or file of the rig; else that of the run to attach to, or a virtual one.
        in_process: run the engine in this process, for debugging; it ends with the window.
        theme: "dark" or "light"; empty to follow the desktop.
        glove: large targets for gloved hands.
        pace: for virtual rigs: how many times as fast as real time.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("seccm")
    connect = Client.in_process if in_process else Client.open
    running = () if in_process else Client.find()
    mine = chosen(running)
    link = Client.attach(mine.name) if mine is not None else None
    theirs = mine.rig if mine is not None else ""
    rig = str(rig) or theirs or "virtual"
    window = Window(connect, link, rig=rig, palette=_palette(app, theme), glove=glove, pace=pace)
    if theirs and not same_rig(rig, theirs):
        remedy = "A run started here uses this window's rig. Without --rig it uses that of the run."
        window.desk.say(Line("warning", f"The run uses {theirs}, not {rig}.", remedy=remedy))
    for other in running:
        if other.path and other is not mine:
            window.desk.say(Line("warning", f"There is another run: {other.title}, {other.path}.",
                                 remedy="To see its state: seccm runs"))  # fmt: skip
    if plan:
        open_first(window, plan)
    window.show()
    # The system's frame is known a moment later.
    for moment in (0, FRAMED_MS):
        QTimer.singleShot(moment, window, partial(keep_on_screen, window))
    # A search for garbage through what the libraries brought takes a tenth of a second, in which
    # the window would stand still; none of it is garbage.
    gc.collect()
    gc.freeze()

    def leave(number: int, _: FrameType | None) -> None:
        # Python hears of a signal when the next beat is due; the window closes after that.
        if number != SUSPEND:
            QTimer.singleShot(0, window.close)

    with taken(leave):
        return app.exec()


def open_first(window: Window, source: str | Path) -> None:
    """Show the plan or the data file that was asked for, whatever run there is.

    How that run is doing stands above it in every room.
    """
    if str(source).lower().endswith(".h5"):
        window.open_file(Path(source))
    else:
        window.open_plan(source)
        window.go("plan")


def chosen(running: Sequence[Running]) -> Running | None:
    """Choose the host to attach to: the newest that has a run, else the newest."""
    return next((host for host in running if host.path), running[0] if running else None)


def same_rig(one: str, other: str) -> bool:
    """Tell whether two names or files mean the same rig."""
    try:
        return find_rig(one).samefile(find_rig(other))
    except (PlanError, OSError):
        return False


def _palette(app: QApplication, theme: str) -> Palette:
    if theme:
        return PALETTES[theme]
    light = app.styleHints().colorScheme() == Qt.ColorScheme.Light
    return LIGHT if light else DARK
