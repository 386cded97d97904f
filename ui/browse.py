"""Browse: open finished or growing data files, one or two side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from seccm.analysis.detachment import HEIGHT
from seccm.errors import DataFileError, PlanError
from seccm.plan import Plan
from seccm.plan.site import Site
from ui import pieces
from ui.command_process import CommandProcess
from ui.dialogs import choose_file, show
from ui.map import MapView
from ui.models.curve_choice import page_of
from ui.models.exports import OFFERS, Offer
from ui.models.own_areas import take
from ui.models.palette import DARK, Palette, Sizes
from ui.models.scan_file import ScanFile, write_table
from ui.models.showing import Conventions, Showing
from ui.models.words import Line
from ui.models.worker import Worker
from ui.options_dialog import ImportDialog, OptionsDialog
from ui.pictures_view import PicturesView
from ui.pushed import kinetic
from ui.readout import LEGIBLE, Readout
from ui.report_process import ReportProcess
from ui.scans_view import ScansView

LOOK_MS = 1000
"""From one look at a growing file to the next."""


class FileView(QWidget):
    """One data file: what it is, its map, its curves.

    Args:
        path: the file.
        say: writes a line into the log.

    Raises:
        DataFileError: the file cannot be read.
    """

    resumed = Signal(Path)
    """The file whose run is to go on."""
    asked = Signal(bool)
    """Another file is asked for; whether beside this one."""
    chosen = Signal(Path)
    """A recent file is to be opened in place of this one."""
    moved = Signal(Path)
    """Where the file was found: it has another name than before."""
    planner_asked = Signal()
    """Asks to show the decisions of its planner."""
    notes_asked = Signal()
    """The notes of the file are to be shown."""
    found_asked = Signal()
    """Another scan is to be found."""
    import_asked = Signal()
    """A file of another program is to be imported."""

    def __init__(self, path: Path, say: Callable[[Line], None]) -> None:
        super().__init__()
        self.file = ScanFile(path)
        self._called = path
        """The name that is shown."""
        self._lost = False
        """Whether the file was not found when it was looked for last."""
        self._say = say
        self._showing, self._offset = Showing(), 0.0
        self._look: tuple[Palette, Sizes] | None = None
        self._worker = Worker("browse")
        self._plan: Future[tuple[Plan, tuple[Site, ...]]] | None
        self._plan = self._worker.do(self.file.plan)
        self._export: Future[None] | None = None
        self._target = path
        self._areas: Future[Line] | None = None
        self.reporting = ReportProcess(self)
        self.reporting.done.connect(self._reported)
        self.map = MapView(wide=True)
        self.head = Readout("", "title", LEGIBLE)
        self.words = Readout("", "muted", LEGIBLE)
        self.busy = pieces.bar()
        self.busy.setMaximum(0)
        self.busy.setVisible(False)
        self.report_button = QPushButton("Report")
        self.report_button.setToolTip("Draw the figures and put them on one page")
        self.report_button.clicked.connect(self.report)
        self.exporting = CommandProcess(self, "Export", "Written: ")
        self.exporting.done.connect(self._wrote)
        self.export_button = pieces.tool("Export", "Write the table, data points, maps, a movie …")
        self.export_button.setMenu(self._offers())
        self.export_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.areas_button = QPushButton("Areas …")
        self.areas_button.setToolTip(
            "Take the wetted areas of single sites from a table into this file: "
            "numbers per area then refer to both"
        )
        self.areas_button.clicked.connect(self._choose_areas)
        self.pictures_button = QPushButton("Pictures …")
        self.pictures_button.setToolTip(
            "Movie and maps of each site; micrographs with their particles, targets and landmarks"
        )
        self.pictures_button.clicked.connect(self.show_pictures)
        self.planner_button = QPushButton("Planner …")
        self.planner_button.setToolTip("What the planner expected, and how it came to its sites")
        self.planner_button.clicked.connect(self.planner_asked)
        self.planner_button.setVisible(False)
        self.notes_button = QPushButton("Notes …")
        self.notes_button.setToolTip("Operator, electrolyte, pipette and the like, to be changed")
        self.notes_button.clicked.connect(self.notes_asked)
        self.openers: dict[bool, QPushButton] = {}
        """Whether the other file goes beside this one."""
        self.resume_button = QPushButton("Resume the run")
        self.resume_button.setToolTip("Measure the remaining sites, on the rig of the file")
        # It sets the tip in motion: no key that is meant for something else may press it.
        self.resume_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.resume_button.clicked.connect(self._resume)
        self.resume_button.setEnabled(False)
        row = QHBoxLayout()
        row.addWidget(self.resume_button)
        for words, beside in (("Open …", False), ("Compare …", True)):
            button = self.openers[beside] = QPushButton(words)
            button.clicked.connect(lambda _=False, b=beside: self.asked.emit(b))
            row.addWidget(button)
        self.recent = pieces.tool("Scans")
        self.recent.setToolTip("Open one of the files that were used last")
        self.recent.setMenu(QMenu(self.recent))
        self.recent.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row.addWidget(self.recent)
        row.addWidget(self.planner_button)
        row.addWidget(self.notes_button)
        row.addWidget(self.pictures_button)
        row.addWidget(self.report_button)
        row.addWidget(self.areas_button)
        row.addWidget(self.export_button)
        row.addStretch(1)
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self.head)
        told.addWidget(self.words)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(10, 6, 10, 6)
        whole.setSpacing(4)
        whole.addLayout(told)
        whole.addLayout(row)
        whole.addWidget(self.busy)
        whole.addWidget(self.map, 1)
        self._describe()
        self.map.follow(self.file.map, self.file.found)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_MS)
        QTimer.singleShot(30, self._collect)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._look = palette, sizes
        buttons = (self.resume_button, *self.openers.values(), self.recent, self.notes_button)
        others = (self.pictures_button, self.planner_button, self.report_button)
        pieces.uncut(*buttons, *others, self.areas_button, self.export_button)
        self.map.dress(palette, sizes)

    @property
    def reference(self) -> str:
        """The reference of the file."""
        return self.file.scan.header.reference

    def show_as(self, conventions: Conventions) -> None:
        """Choose convention; the reference is the file's own unless another was asked for."""
        header = self.file.scan.header
        self._showing = conventions.of(header.reference)
        self._offset = header.reference_offset
        self.map.show_as(self._showing, self._offset)

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List the files that were used last."""
        menu = self.recent.menu()
        menu.clear()
        menu.addAction("Find a scan …").triggered.connect(lambda _=False: self.found_asked.emit())
        importing = menu.addAction("Import a file of another program …")
        importing.triggered.connect(lambda _=False: self.import_asked.emit())
        menu.addSeparator()
        for path in paths:
            action = menu.addAction(str(path))
            action.triggered.connect(lambda _=False, p=path: self.chosen.emit(p))

    def look(self) -> None:
        """Look whether the file has grown, or has another name; called once a second."""
        try:
            found = self.file.where()
        except DataFileError as error:
            self.words.say(str(error))
            pieces.look(self.words, "warning")
            self._lost = True
        else:
            if found != self._called or self._lost:
                self._lost = False
                self._describe()
                self.moved.emit(self._called)
        if (self.file.growing or self.file.outdated) and self.file.refresh():
            self._describe()
        if self._plan is None and 0 < self.file.map.named < len(self.file.map.labels):
            self._plan = self._worker.do(self.file.plan)  # a planner has thought of conditions
        self.map.draw()
        self._collect()

    def allow_resuming(self, allowed: bool) -> None:
        """Say whether the rig is free, so that a run could go on."""
        self.resume_button.setEnabled(allowed)

    def show_pictures(self) -> PicturesView:
        """Show the pictures of the site that is selected, or of the first one."""
        selected = np.flatnonzero(self.file.map.selected)
        site = int(selected[0]) if selected.size else 0
        view = PicturesView(self.file.scan, self.file.path, site, self)
        if self._look is not None:
            view.dress(*self._look)
        show(view)
        return view

    def report(self) -> None:
        """Write the report in a process of its own, and open it."""
        path = self._found()
        if path is None:
            return
        self.reporting.start(path)
        self.busy.setVisible(True)
        self.report_button.setEnabled(False)

    def _resume(self) -> None:
        path = self._found()
        if path is not None:
            self.resumed.emit(path)

    def _found(self) -> Path | None:
        """Return where the file is now; None if it is not found, which is said."""
        try:
            return self.file.where()
        except DataFileError as error:
            self._say(Line("error", str(error)))
            self.words.say(str(error))
            return None

    def export(self, target: Path) -> None:
        """Write the table of sites as CSV, in a thread: large tables take their time."""
        if self._export is not None:
            return
        self._target = target
        self._export = self._worker.do(lambda: write_table(self.file, target))
        self.busy.setVisible(True)
        self.export_button.setEnabled(False)
        QTimer.singleShot(50, self._collect)

    def take_areas(self, table: Path) -> None:
        """Take the areas of a table into the file, in a thread, and show the file again."""
        path = self._found()
        if path is None or self._areas is not None or self.file.growing:
            return
        seen = HEIGHT.name in self.file.map.quantities
        # No system lets a file be replaced that this window holds.
        self.file.release()
        self._areas = self._worker.do(lambda: take(path, table, retraction=seen))
        self.busy.setVisible(True)
        self.areas_button.setEnabled(False)
        QTimer.singleShot(50, self._collect)

    def _took_areas(self, taken: Future[Line]) -> None:
        self._areas = None
        line = taken.result()
        self._say(line)
        self.words.say(line.text)
        # Its new columns are there once it is opened again; so is its old record after a refusal.
        self.chosen.emit(self.file.path)

    def _exported(self, export: Future[None]) -> None:
        self._export = None
        self.busy.setVisible(self.reporting.busy)
        self.export_button.setEnabled(True)
        try:
            export.result()
        except OSError as error:
            self._say(Line("error", f"{self._target}: cannot be written: {error.strerror}."))
            return
        self._say(Line("good", f"Table of sites written to {self._target}."))

    def _offers(self) -> QMenu:
        """Return the menu of what can be exported."""
        menu = QMenu(self)
        menu.addAction("Table of sites as CSV …").triggered.connect(self._choose_export)
        menu.addSeparator()
        for offer in OFFERS:
            dialog = offer.suffix or offer.asks
            action = menu.addAction(f"{offer.words} …" if dialog else offer.words)
            action.triggered.connect(lambda _=False, o=offer: self.ask_offer(o))
        return menu

    def ask_offer(self, offer: Offer) -> OptionsDialog | None:
        """Ask for what an export has to be told, then where it goes."""
        if not offer.asks:
            self._choose_offer(offer)
            return None
        made = OptionsDialog(
            offer.words, "Written beside the data file.", offer.asks, "Write", self
        )
        made.told.connect(
            lambda told: self._choose_offer(replace(offer, options=(*offer.options, *told)))
        )
        show(made)
        return made

    def _choose_offer(self, offer: Offer) -> None:
        path = self._found()
        if path is None:
            return
        if not offer.suffix:  # a folder of many files, beside the data file
            self.export_as(offer, path.with_name(f"{path.stem}-{offer.kind}"))
            return
        choose_file(
            self,
            offer.words,
            f"{offer.words} (*{offer.suffix})",
            lambda target: self.export_as(offer, target),
            start=path.with_name(f"{path.stem}{offer.suffix}"),
            suffix=offer.suffix.removeprefix("."),
        )

    def export_as(self, offer: Offer, target: Path) -> None:
        """Write a file of another program, in a process of its own."""
        path = self._found()
        if path is None or self.exporting.busy:
            return
        self.exporting.run(["export", str(path), "--to", offer.kind, "-o", str(target),
                            *offer.options])  # fmt: skip
        self.busy.setVisible(True)
        self.export_button.setEnabled(False)

    def _wrote(self, line: Line, _: str) -> None:
        self.busy.setVisible(self.reporting.busy)
        self.export_button.setEnabled(True)
        self._say(line)
        self.words.say(line.text)

    def shut(self) -> None:
        """Let go of the file without waiting; a table that is being written is written on."""
        self._timer.stop()
        self.map.shut()
        self.reporting.shut()
        self.exporting.shut()
        self._worker.end()
        self.file.close()

    def _choose_export(self) -> None:
        start = self.file.path.with_suffix(".csv")
        choose_file(self, "Table of sites", "CSV (*.csv)", self.export, start=start, suffix="csv")

    def _choose_areas(self) -> None:
        kinds = "Tables (*.csv *.txt)"
        choose_file(
            self, "Areas of single sites", kinds, self.take_areas, start=self.file.path.parent
        )

    def _reported(self, line: Line, page: str) -> None:
        self.busy.setVisible(self._export is not None or self.exporting.busy)
        self.report_button.setEnabled(True)
        self._say(line)
        self.words.say(line.text)
        if page:
            QDesktopServices.openUrl(QUrl.fromLocalFile(page))

    def _collect(self) -> None:
        """Take what the thread has finished."""
        if self._worker.over.is_set():
            return
        if self._plan is not None and self._plan.done():
            reading, self._plan = self._plan, None
            try:
                plan, patterns = reading.result()
                self.file.map.describe(plan, patterns, self.file.called, self.file.regions)
                self.map.relabel()
                self._describe()
                self.map.panel.suggest(
                    page_of(s.kind for pattern in patterns for s in pattern.segments)
                )
            except Exception as error:  # the file is shown all the same, without the plan's words
                self._say(without_plan(self.file.path, error))
        if self._export is not None and self._export.done():
            self._exported(self._export)
        if self._areas is not None and self._areas.done():
            self._took_areas(self._areas)
            return
        if self._plan is not None or self._export is not None or self._areas is not None:
            QTimer.singleShot(50, self._collect)

    def _describe(self) -> None:
        file, self._called = self.file, self.file.path
        self.head.say(file.title)
        self.words.say(f"{self._called.name} · {file.words}")
        pieces.look(self.words, "muted")
        self.resume_button.setVisible(file.resumable)
        self.areas_button.setVisible(not file.growing)
        self.planner_button.setVisible(file.asks)
        self.notes_button.setVisible(not file.growing)


def without_plan(file: Path, error: Exception) -> Line:
    """Say that a file is shown without its plan, such as one with a step of another package."""
    why = str(error) or repr(error)
    if isinstance(error, PlanError) and error.problems:
        first = error.problems[0]
        why = f"{first.where} {first.what}" if first.where else first.what
    words = f"{file.name}: its plan cannot be read with this program: {why}"
    shown = "Curves and values are shown; conditions and thresholds are not named."
    return Line("warning", words, remedy=shown)


class BrowseView(QWidget):
    """Up to two files.

    Args:
        say: writes a line into the log.
    """

    resumed = Signal(Path)
    """The file whose run is to go on."""
    asked = Signal(bool)
    """A file is asked for; whether beside the one that is open."""
    chosen = Signal(Path)
    """A recent file is to be opened."""
    moved = Signal(Path)
    """Where a file was found that has another name than before."""
    planner_asked = Signal(Path)
    """The file whose planner is to be shown."""
    found = Signal(Path, bool)
    """A scan that was found is to be opened; whether beside the one that is open."""
    notes_asked = Signal(FileView)
    """The notes of this file are to be shown."""

    def __init__(self, say: Callable[[Line], None]) -> None:
        super().__init__()
        self._say = say
        self._palette, self._sizes = DARK, Sizes.of(96.0, glove=False)
        self._conventions = Conventions()
        self.files: list[FileView] = []
        self.recent: tuple[Path, ...] = ()
        self._split = QSplitter(Qt.Orientation.Horizontal)
        empty = QWidget()
        box = QVBoxLayout(empty)
        box.addStretch(1)
        for text, name in (
            ("No data file is open", "title"),
            ("Ctrl+O opens a data file, also while it is being written. "
             "Ctrl+Shift+O compares it with another.",
             "muted"),
        ):  # fmt: skip
            label = pieces.label(text, name)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            box.addWidget(label)
        self.open_button = QPushButton("Open …")
        self.open_button.clicked.connect(lambda: self.asked.emit(False))
        box.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignCenter)
        self.find_button = QPushButton("Find a scan …")
        self.find_button.setToolTip("Search scans by plan, sample, day, notes and results")
        self.find_button.clicked.connect(lambda: self.show_scans())
        box.addWidget(self.find_button, 0, Qt.AlignmentFlag.AlignCenter)
        self.import_button = QPushButton("Import …")
        self.import_button.setToolTip("Make a data file of what another program measured")
        self.import_button.clicked.connect(lambda: self.show_import())
        box.addWidget(self.import_button, 0, Qt.AlignmentFlag.AlignCenter)
        box.addSpacing(16)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        box.addLayout(self._recent)
        box.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(self._split)
        self.scans = ScansView(lambda: self.recent)
        self.scans.opened.connect(self.found)
        self.scans.left.connect(self._leave_scans)
        self._scans_area = kinetic(QScrollArea(widgetResizable=True))
        self._scans_area.setWidget(self.scans)
        self._stack.addWidget(self._scans_area)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List the files that were used last: here, and below every button that opens one."""
        while (item := self._recent.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.setParent(None)
                gone.deleteLater()
        self.recent = tuple(paths)
        if paths:
            head = pieces.label("Recent files", "heading")
            self._recent.addWidget(head, 0, Qt.AlignmentFlag.AlignCenter)
        for path in paths:
            button = pieces.tool(path.name, str(path))
            button.clicked.connect(lambda _=False, p=path: self.chosen.emit(p))
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignCenter)
        for view in self.files:
            view.show_recent(self.recent)

    def show_scans(self) -> None:
        """Show all scans that are known, to find one."""
        self.scans.allow_back(bool(self.files))
        self._stack.setCurrentWidget(self._scans_area)

    def show_import(self) -> ImportDialog:
        """Ask for a file of another program, and open the data file that is made of it."""
        dialog = ImportDialog(lambda made: self.found.emit(made, False), self)
        show(dialog)
        return dialog

    def _leave_scans(self) -> None:
        self._stack.setCurrentIndex(self._stack.indexOf(self._split) if self.files else 0)

    @property
    def map(self) -> MapView | None:
        """The map of the first file."""
        return self.files[0].map if self.files else None

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._palette, self._sizes = palette, sizes
        self.scans.dress(sizes)
        for view in self.files:
            view.dress(palette, sizes)

    def show_as(self, conventions: Conventions) -> None:
        """Choose convention and reference."""
        self._conventions = conventions
        for view in self.files:
            view.show_as(conventions)

    def open(self, path: Path, *, beside: bool = False) -> FileView:
        """Open a file, in place of all others or beside the first.

        Raises:
            DataFileError: the file cannot be read; what was open stays open.
        """
        view = FileView(path, self._say)
        view.resumed.connect(self.resumed)
        view.asked.connect(self.asked)
        view.chosen.connect(self.chosen)
        view.moved.connect(self.moved)
        view.planner_asked.connect(lambda v=view: self.planner_asked.emit(v.file.path))
        view.found_asked.connect(self.show_scans)
        view.import_asked.connect(self.show_import)
        view.notes_asked.connect(lambda v=view: self.notes_asked.emit(v))
        view.show_recent(self.recent)
        for old in self.files[1:] if beside else self.files:
            old.shut()
            old.setParent(None)
            old.deleteLater()
        self.files = [*self.files[: 1 if beside else 0], view]
        self._split.addWidget(view)
        self._stack.setCurrentWidget(self._split)
        view.dress(self._palette, self._sizes)
        view.show_as(self._conventions)
        return view

    def report(self) -> None:
        """Write the report of the first file."""
        if self.files:
            self.files[0].report()

    def close_files(self) -> None:
        """Let go of all files."""
        self.scans.shut()
        for view in self.files:
            view.shut()
        self.files = []
