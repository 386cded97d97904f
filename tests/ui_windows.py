"""What tests of the window share: a window on the virtual rig, and small plans for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pyqtgraph import PlotDataItem
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot
from waiting import HANGING

from seccm.events import SiteStarted
from seccm.remote import Client, Job
from seccm.session import Events, Run
from ui.map import MapView
from ui.models.draft import Draft
from ui.models.palette import DARK
from ui.window import Window

LONG = int(1000 * HANGING)
"""Milliseconds that a test waits for something before it has failed."""


def small_plan(folder: Path, columns: int = 3, rows: int = 2, **fields: str) -> Path:
    """Write a plan of a few quick sites and return its file."""
    draft = Draft.open("li-on-au-combinatorial")
    draft.set(("sites", "columns"), columns)
    draft.set(("sites", "rows"), rows)
    draft.set(("sites", "leave_out"), None)
    draft.set(("factors", "j"), ["-1 mA/cm^2", "-2 mA/cm^2"])
    draft.set(("travel", "speed"), "50 um/s")
    draft.set(("retract", "speed"), "20 um/s")
    draft.set(("program", 0, "duration"), "0.3 s")
    for key, value in fields.items():
        parts = (int(part) if part.isdigit() else part for part in key.split("__"))
        draft.set(tuple(parts), value)
    path = folder / "small.toml"
    draft.save(path)
    return path


def failing(*faults: str) -> Callable[[], Client]:
    """Return a maker of hosts in this process whose virtual rig has faults."""

    def prepare(job: Job) -> Run:
        return replace(job, faults=faults).prepare()

    return lambda: Client.in_process(prepare=prepare)


def paused_after(site: int) -> Callable[[], Client]:
    """Return a maker of hosts in this process whose runs pause after a site, tip up.

    A test that needs a run half way has it so for as long as it takes on a slow machine.
    """

    def prepare(job: Job) -> Run:
        run = job.prepare()

        def pausing(events: Events) -> Events:
            for event in events:
                if isinstance(event, SiteStarted) and event.site == site:
                    run.ask("pause")
                yield event

        run.company = pausing
        return run

    return lambda: Client.in_process(prepare=prepare)


@contextmanager
def window(
    qtbot: QtBot,
    folder: Path,
    *,
    connect: Callable[[], Client] = Client.in_process,
    link: Client | None = None,
    pace: float = 0.0,
    **look: object,
) -> Iterator[Window]:
    """Show a window with its settings in a folder; it is closed and deleted at the end."""
    settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
    made = Window(
        connect,
        link,
        settings=settings,
        palette=DARK,
        pace=pace,
        scale=1.0,
        **look,  # type: ignore[arg-type]
    )
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    try:
        yield made
        assert not made.drawing.failed, made.drawing.failed
    finally:
        made.close()
        made.deleteLater()
        qtbot.wait(1)


def begin(qtbot: QtBot, made: Window, plan: Path, data: Path) -> None:
    """Open a plan and start it, as with the button."""
    made.open_plan(plan)
    made.plan.target.setText(str(data))
    made.bar.buttons["start"].click()
    begun = {"running", "pausing", "paused", "done", "fault"}
    qtbot.waitUntil(lambda: made.desk.run.state in begun, timeout=LONG)


def ended(made: Window) -> bool:
    """Tell whether the run is over and the host idle."""
    return made.desk.run.ended is not None and made.desk.run.doing == "idle"


def said(made: Window) -> str:
    """Return all that stands in the log."""
    return "\n".join(f"{line.level}: {line.text} {line.remedy}" for line in made.desk.lines)


def drawn(view: MapView) -> list[PlotDataItem]:
    """Return the curves of single sites that are drawn beside a map."""
    panel = view.panel.curves[view.panel.page]
    return [item for item in panel._overlays if len(item.xData)]
