"""A picture and its landmarks: dragged or typed, and what they say of where the picture is."""

from __future__ import annotations

from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from seccm.arrays import FloatArray
from seccm.errors import DataFileError, PlanError
from seccm.imaging.sem.micrograph import read_micrograph
from seccm.typography import readable
from seccm.units import parse, show
from ui import pieces
from ui.dialogs import choose_file
from ui.models.palette import DARK, Palette
from ui.models.registration import TITLES, WRITTEN, Mark, Registration
from ui.picture_plot import PicturePlot

EMPTY = "Open a picture, then its landmarks: a table, or a data file whose landings were filmed."
_KINDS = "Landmarks (*.csv *.txt *.h5 *.hdf5)"


class RegistrationPanel(QWidget):
    """Landmarks move with the mouse, with the arrow keys (by a pixel), or are written."""

    def __init__(self) -> None:
        super().__init__()
        self.registration = Registration()
        self._image: FloatArray | None = None
        self._pixel, self._path = 1.0, Path()
        self._palette = DARK
        self._filling = False
        self.picture = PicturePlot()
        self._handles: list[pg.TargetItem] = []
        self.table = QTableWidget(0, len(TITLES))
        self.table.setHorizontalHeaderLabels(TITLES)
        self.table.setAccessibleName("Landmarks")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.verticalHeader().setVisible(False)
        self.table.itemChanged.connect(self._written)
        self.mirrored = QCheckBox("Mirrored")
        self.mirrored.setToolTip("Seen from the other side, as by a microscope below the sample")
        self.mirrored.setChecked(True)
        self.mirrored.toggled.connect(self._turn)
        self.error = pieces.line(
            show(self.registration.error, "m"), "error", "How well a landmark can be placed"
        )
        self.error.setAccessibleName("Error of a landmark")
        self.error.editingFinished.connect(self._take_error)
        self.words = pieces.label(EMPTY, wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.step: dict[str, QPushButton] = {}
        moves = QHBoxLayout()
        for name, keys, dx, dy in (
            ("←", "Alt+Left", -1, 0), ("→", "Alt+Right", 1, 0),
            ("↑", "Alt+Up", 0, -1), ("↓", "Alt+Down", 0, 1),
        ):  # fmt: skip
            button = QPushButton(name)
            button.setShortcut(keys)
            button.setToolTip(f"Move the landmark of the row by a pixel ({keys})")
            button.setAccessibleName(f"Move by a pixel {name}")
            button.clicked.connect(lambda _=False, dx=dx, dy=dy: self.nudge(dx, dy))
            self.step[name] = button
            moves.addWidget(button)
        self.open_marks = QPushButton("Landmarks …")
        self.open_marks.clicked.connect(self._choose)
        self.more, self.fewer = QPushButton("Add"), QPushButton("Remove")
        self.more.clicked.connect(self.add)
        self.fewer.clicked.connect(self.remove)
        self.keep = QPushButton("Save …")
        self.keep.clicked.connect(self._choose_place)
        row = QHBoxLayout()
        for widget in (self.open_marks, self.more, self.fewer, self.keep):
            row.addWidget(widget)
        row.addLayout(moves)
        row.addStretch(1)
        said = QHBoxLayout()
        said.addWidget(self.mirrored)
        said.addWidget(pieces.label("Error of a landmark"))
        said.addWidget(self.error)
        said.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self.table, 2)
        right.addWidget(self.words, 1)
        middle = QHBoxLayout()
        middle.addWidget(self.picture, 5)
        middle.addLayout(right, 6)
        whole = QVBoxLayout(self)
        whole.addLayout(middle, 1)
        whole.addLayout(said)
        whole.addLayout(row)
        self.refresh()

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        self._palette = palette
        self.picture.dress(palette, font)

    def show_picture(self, path: Path, pixel: float | None = None) -> None:
        """Show a picture; says why if that cannot be done."""
        try:
            taken = read_micrograph(path, pixel)
        except PlanError as error:
            self.words.setText(f"{path.name}: {' '.join(str(p) for p in error.problems)}")
            return
        self._image, self._pixel, self._path = taken.image, taken.pixel, path
        self.picture.show_picture(taken.image, taken.pixel, again=True)
        self.refresh()

    def open(self, path: Path) -> None:
        """Take landmarks from a table or a data file; says why if that cannot be done."""
        try:
            made = Registration.opened(path, self._pixel)
        except PlanError as error:
            self.words.setText(" ".join(str(problem) for problem in error.problems))
            return
        except DataFileError as error:
            self.words.setText(str(error))
            return
        made.mirrored, made.error = self.registration.mirrored, self.registration.error
        self.registration = made
        self._place_handles()
        self.refresh()

    def add(self) -> None:
        """Add a landmark in the middle of the picture, at a place of the stage to be written."""
        rows, columns = self._image.shape if self._image is not None else (2, 2)
        number = len(self.registration.marks) + 1
        at = columns * self._pixel / 2, rows * self._pixel / 2
        self.registration.marks.append(Mark(f"mark {number}", *at, *at))
        self._place_handles()
        self.refresh()
        self.table.setCurrentCell(number - 1, 3)

    def remove(self) -> None:
        """Take the landmark of the current row away."""
        number = self.table.currentRow()
        if 0 <= number < len(self.registration.marks):
            del self.registration.marks[number]
            self._place_handles()
            self.refresh()

    def nudge(self, columns: int, rows: int) -> None:
        """Move the landmark of the current row by pixels."""
        number = self.table.currentRow()
        if 0 <= number < len(self.registration.marks):
            mark = self.registration.marks[number]
            x, y = mark.x + columns * self._pixel, mark.y + rows * self._pixel
            self._handles[number].setPos(x, y)

    def refresh(self) -> None:
        """Fit again, and show what comes of it."""
        fitted = self.registration.fitted() if self.registration.marks else None
        self._filling = True
        rows = self.registration.cells(fitted) if fitted is not None else []
        self.table.setRowCount(len(rows))
        for at, row in enumerate(rows):
            for column, text in enumerate(row):
                item = self.table.item(at, column)
                if item is None:
                    item = QTableWidgetItem()
                    if column >= WRITTEN:
                        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                    self.table.setItem(at, column, item)
                item.setText(text)
        self._filling = False
        width = self._image.shape[1] * self._pixel if self._image is not None else 0.0
        self.picture.lay_over((), fitted.arrows if fitted is not None else (), width)
        if fitted is None:
            self.words.setText(EMPTY)
        else:
            self.words.setText(readable(fitted.refused or "\n".join(fitted.words)))
        pieces.look(self.words, "bad" if fitted is not None and fitted.refused else "")
        some = bool(self.registration.marks)
        for button in (self.fewer, self.keep, *self.step.values()):
            button.setEnabled(some)

    def save(self, path: Path) -> None:
        """Write the landmarks; says where, or why not."""
        try:
            self.registration.save(path)
        except PlanError as error:
            self.words.setText(" ".join(str(problem) for problem in error.problems))
            return
        self.words.setText(f"Saved: {path.name}. seccm targets --landmarks {path.name} reads it.")

    def _place_handles(self) -> None:
        for handle in self._handles:
            self.picture.removeItem(handle)
        self._handles = []
        for number, mark in enumerate(self.registration.marks):
            handle = pg.TargetItem(
                (mark.x, mark.y), size=14, symbol="crosshair", label=mark.label,
                pen=pg.mkPen(DARK.accent), labelOpts={"color": DARK.accent, "offset": (8, -8)},
            )  # fmt: skip
            handle.sigPositionChanged.connect(lambda moved, n=number: self._moved(n, moved))
            self.picture.addItem(handle)
            self._handles.append(handle)

    def _moved(self, number: int, handle: pg.TargetItem) -> None:
        at = handle.pos()
        self.registration.move(number, float(at.x()), float(at.y()))
        self.table.setCurrentCell(number, max(0, self.table.currentColumn()))
        self.refresh()

    def _written(self, item: QTableWidgetItem) -> None:
        if self._filling:
            return
        try:
            self.registration.write(item.row(), item.column(), item.text())
        except ValueError:
            said = f"{item.text()!r} is not a number: {TITLES[item.column()]}."
            self.refresh()
            self.words.setText(said)
            return
        mark = self.registration.marks[item.row()]
        self._handles[item.row()].setPos(mark.x, mark.y)
        self._handles[item.row()].setLabel(mark.label, {"color": DARK.accent, "offset": (8, -8)})
        self.refresh()

    def _turn(self, mirrored: bool) -> None:
        self.registration.mirrored = mirrored
        self.refresh()

    def _take_error(self) -> None:
        try:
            error = parse(self.error.text(), "m")
            if not error > 0:
                raise ValueError
        except ValueError:
            self.words.setText(
                f"{self.error.text()!r} is not a length above 0: write it with its "
                "unit, such as 0.3 um."
            )
            return
        self.registration.error = error
        self.refresh()

    def _choose(self) -> None:
        choose_file(self, "Landmarks", _KINDS, self.open, start=self._path.parent)

    def _choose_place(self) -> None:
        start = self._path.with_name(f"{self._path.name}.marks.csv")
        choose_file(self, "Save landmarks", "Landmarks (*.csv)", self.save, start=start,
                    suffix="csv")  # fmt: skip
