"""The rig: what it can do, how its calibrations stand, and the steps to commission it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from seccm.commissioning.steps import STEPS
from seccm.errors import PlanError
from seccm.remote import Found, News
from seccm.rig import RigInfo
from seccm.words import SIMULATION
from ui import pieces
from ui.models.commissioning import Bench
from ui.models.palette import Palette, Sizes
from ui.models.showing import Showing
from ui.rig_overview import RigOverview
from ui.step_page import StepPage

OVERVIEW = "overview"


class RigView(QWidget):
    """Shows a rig, and the commissioning steps that the host carries out.

    Args:
        rig: its name or file.
    """

    started = Signal(str, dict, bool)
    """A step, what was typed, and whether what it needs at the cell was confirmed."""
    stopped = Signal()
    kept = Signal(str, bool)
    """A step whose finding is to be written, and whether into the calibration, too."""

    def __init__(self, rig: str) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.head = pieces.label(rig, "title")
        self.virtual = pieces.label(SIMULATION, "virtual")
        self.virtual.hide()
        self.overview = RigOverview(rig)
        self.pages = {name: StepPage(step) for name, step in STEPS.items()}
        self.tabs: dict[str, QToolButton] = {}
        self._stack = QStackedWidget()
        top = QHBoxLayout()
        top.setContentsMargins(16, 10, 16, 0)
        top.addWidget(self.head)
        top.addSpacing(20)
        top.addWidget(self.virtual)
        top.addStretch(1)
        row = QHBoxLayout()  # of its own: names of rigs may be long, and steps many
        row.setContentsMargins(16, 0, 16, 0)
        named = {OVERVIEW: "Overview", **{name: step.title for name, step in STEPS.items()}}
        for name, title in named.items():
            tab = self.tabs[name] = pieces.tool(title, checkable=True, exclusive=True)
            tab.clicked.connect(lambda _=False, n=name: self.turn(n))
            row.addWidget(tab)
        row.addStretch(1)
        self._stack.addWidget(self.overview)
        for page in self.pages.values():
            self._stack.addWidget(page)
            page.started.connect(self.started)
            page.stopped.connect(self.stopped)
            page.kept.connect(self.kept)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2, 0, 8, 8)
        whole.addLayout(top)
        whole.addLayout(row)
        whole.addWidget(self._stack, 1)
        self.turn(OVERVIEW)

    def turn(self, name: str) -> None:
        """Turn to a step, or to the overview."""
        self.tabs[name].setChecked(True)
        page = self.pages.get(name)
        self._stack.setCurrentWidget(self.overview if page is None else page)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        for page in self.pages.values():
            page.dress(palette, sizes)

    def show_as(self, showing: Showing) -> None:
        """Choose the sign convention."""
        for page in self.pages.values():
            page.show_as(showing)

    def show_info(self, info: RigInfo) -> None:
        """Show what a rig says of itself."""
        self.head.setText(info.name)
        self.virtual.setVisible(info.virtual)
        self.overview.show_info(info)

    def show_news(self, news: News | None) -> None:
        """Show what steps found, how far a step is, and what may be started."""
        for found in news.found if news is not None else ():
            self._take(found)
        if self.isVisible():
            bench = Bench.of(news)
            for page in self.pages.values():
                page.show_bench(bench)

    def refuse(self, step: str, error: PlanError) -> None:
        """Say why a step could not even be asked for."""
        words = " ".join(str(problem) for problem in error.problems)
        self.pages[step].head.setText(words)
        self.pages[step].head.setVisible(True)

    def showEvent(self, event: QShowEvent) -> None:
        """Look again at the files whenever somebody comes."""
        self.overview.reload()
        super().showEvent(event)

    def _take(self, found: Found) -> None:
        page = self.pages.get(found.finding.procedure)
        if page is None:
            return
        page.show_found(found)
        if found.info is not None:
            self.show_info(found.info)
        if found.kept:
            self.overview.reload()
