"""A micrograph with its particles, which a person can mend: the numbers follow."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from seccm.errors import PlanError
from seccm.imaging.sem.census import Census
from seccm.imaging.sem.edits import Edit
from seccm.units import parse
from ui import pieces
from ui.command_process import CommandProcess
from ui.models import counting
from ui.models.counting import Counting
from ui.models.palette import DARK, Palette
from ui.models.words import Line
from ui.models.worker import Worker
from ui.picture_plot import PicturePlot
from ui.plots import Plot, pen

BUSY = "Looking for particles, and drawing pictures like this one …"


class ParticlesPanel(QWidget):
    """Click a particle to choose it; buttons and fields do the rest, also from the keyboard."""

    counted = Signal(object)
    """A future with a `Counting` and its `Census`, from the worker's thread."""
    stored = Signal()
    """The numbers of the picture are in the table of sites."""

    def __init__(self) -> None:
        super().__init__()
        self.counting: Counting | None = None
        self.census: Census | None = None
        self.chosen: int | None = None
        self._palette = DARK
        self._scan: Path | None = None
        self._site = 0
        self._worker = Worker("particles")
        self._store = CommandProcess(self, "Table of sites", "Stored in ")
        self._store.done.connect(self._stored)
        self.picture = PicturePlot()
        self.picture.scene().sigMouseClicked.connect(self._clicked)
        self._mark = pg.ScatterPlotItem(pxMode=False, symbol="o", brush=pg.mkBrush(None))
        self.picture.addItem(self._mark)
        self.sizes = Plot()
        self.sizes.bottom.name("diameter", "m")
        self.sizes.left.name("particles", "")
        self.words = pieces.label("", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.at_x, self.at_y, self.d = (
            pieces.line("", hint, tip)
            for hint, tip in (
                ("x", "Place from the left side, such as 1.2 um"),
                ("y", "Place from the upper side, such as 0.8 um"),
                ("diameter", "Of a particle that is added or changed, such as 80 nm"),
            )
        )
        self.footprint = pieces.line(
            "", "whole picture", 'Footprint: auto, or "x, y, diameter" with units'
        )
        for field, name in (
            (self.at_x, "x"), (self.at_y, "y"), (self.d, "Diameter"), (self.footprint, "Footprint")
        ):  # fmt: skip
            field.setAccessibleName(name)
        self.footprint.editingFinished.connect(self._take_footprint)
        self.at_x.editingFinished.connect(self._choose_typed)
        self.at_y.editingFinished.connect(self._choose_typed)
        self.buttons: dict[str, QPushButton] = {}
        for name, tip, keys, action in (
            ("Remove", "There is no particle here", "Del", self.remove),
            ("Add", "There is a particle here, with this diameter", "Ctrl+Return", self.add),
            ("Divide", "This particle is two", "Ctrl+D", self.divide),
            ("Resize", "This particle has this diameter", "Ctrl+R", self.resize_chosen),
            ("Undo", "Take the last edit back", "Ctrl+Z", self.undo),
            ("Redo", "Make it again", "Ctrl+Shift+Z", self.redo),
            ("Save", "Write table, summary and edits beside the picture", "Ctrl+S", self.save),
            ("Store", "Put the numbers into the table of sites", "", self.store),
        ):
            button = QPushButton(name)
            button.setToolTip(f"{tip} ({keys})" if keys else tip)
            if keys:
                button.setShortcut(QKeySequence(keys))
            button.clicked.connect(action)
            self.buttons[name] = button
        first, second = QHBoxLayout(), QHBoxLayout()
        for label, field in (("x", self.at_x), ("y", self.at_y), ("d", self.d),
                             ("Footprint", self.footprint)):  # fmt: skip
            first.addWidget(pieces.label(label))
            first.addWidget(field, 1)
        for button in self.buttons.values():
            second.addWidget(button)
        second.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self.sizes, 1)
        right.addWidget(self.words, 1)
        middle = QHBoxLayout()
        middle.addWidget(self.picture, 3)
        middle.addLayout(right, 2)
        whole = QVBoxLayout(self)
        whole.addLayout(middle, 1)
        whole.addLayout(first)
        whole.addLayout(second)
        self.counted.connect(self._take)
        worker = self._worker
        self.destroyed.connect(lambda: worker.end())
        self._enable()

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        self._palette = palette
        for plot in (self.picture, self.sizes):
            plot.dress(palette, font)
        self._draw()

    def shut(self) -> None:
        """Let go of what works in the background: the window is closed."""
        self._worker.end()
        self._store.shut()

    def belongs_to(self, scan: Path, site: int) -> None:
        """Say which site of which file the picture is of."""
        self._scan, self._site = scan, site
        self.buttons["Store"].setText(f"Store for site {site}")

    def open(self, path: Path) -> None:
        """Look for the particles of a picture; goes on in the background."""
        if self._worker.over.is_set():
            self._worker = Worker("particles")
        self.words.setText(BUSY)
        self.counting = self.census = self.chosen = None
        self._enable()

        def look() -> tuple[Counting, Census]:
            made = Counting.opened(path)
            return made, made.census()

        self._begin(self._worker.do(look))

    def remove(self) -> None:
        """Take the chosen particle away."""
        if self.counting and self.census and self.chosen is not None:
            self._edit(counting.struck(self.census, self.chosen))

    def add(self) -> None:
        """Add a particle at the place in the fields."""
        x, y, d = (self._length(field) for field in (self.at_x, self.at_y, self.d))
        if self.counting and x is not None and y is not None and d is not None:
            self._edit(counting.added(x, y, d))

    def divide(self) -> None:
        """Divide the chosen particle."""
        if self.counting and self.census and self.chosen is not None:
            made = counting.divided(self.census, self.chosen)
            if made is not None:
                self._edit(made)

    def resize_chosen(self) -> None:
        """Give the chosen particle the diameter in the field."""
        d = self._length(self.d)
        if self.counting and self.census and self.chosen is not None and d is not None:
            self._edit(counting.resized(self.census, self.chosen, d))

    def undo(self) -> None:
        """Take the last edit back."""
        if self.counting and self.counting.undo():
            self._again()

    def redo(self) -> None:
        """Make again what was taken back."""
        if self.counting and self.counting.redo():
            self._again()

    def save(self) -> bool:
        """Write what was found beside the picture; says whether it was."""
        if self.counting is None or self.census is None:
            return False
        try:
            written = self.counting.save(self.census)
        except PlanError as error:
            self._say(" ".join(str(problem) for problem in error.problems))
            return False
        self._say(f"Saved: {written.name}")
        self._enable()
        return True

    def store(self) -> None:
        """Save, and put the numbers into the table of sites."""
        if self._scan is None or self.counting is None or not self.save():
            return
        given = ["--footprint", self.counting.footprint] if self.counting.footprint else []
        pixel = f"{self.counting.looked.taken.pixel:.9g} m"
        scale = ["--pixel", pixel] if self.counting.looked.taken.scale_from == "the command" else []
        self._store.run([
            "sem", str(self.counting.looked.picture), *given, *scale,
            "--scan", str(self._scan), "--site", str(self._site),
        ])  # fmt: skip

    def _stored(self, line: Line, written: str) -> None:
        self._say(line.text)
        if written:
            self.stored.emit()

    def _edit(self, made: Edit) -> None:
        assert self.counting is not None
        self.counting.edit(made)
        self._again()

    def _again(self) -> None:
        """Count again, in the background."""
        counts = self.counting
        if counts is not None:
            self.chosen = None
            self.words.setText(BUSY)
            self._begin(self._worker.do(lambda: (counts, counts.census())))

    def _begin(self, task: Future[tuple[Counting, Census]]) -> None:
        def over(done: Future[tuple[Counting, Census]]) -> None:
            with suppress(RuntimeError):  # the window was closed meanwhile
                self.counted.emit(done)

        task.add_done_callback(over)

    def _take(self, done: Future[tuple[Counting, Census]]) -> None:
        if done.cancelled():
            return
        try:
            self.counting, self.census = done.result()
        except PlanError as error:
            self._say(" ".join(str(problem) for problem in error.problems))
            return
        self._draw(again=True)
        self._enable()

    def _draw(self, again: bool = False) -> None:
        if self.counting is None or self.census is None:
            return
        taken, found = self.counting.looked.taken, self.census
        if again:
            self.picture.show_picture(taken.image, taken.pixel)
        width = taken.image.shape[1] * taken.pixel
        self.picture.lay_over(counting.circles(found), (), width)
        self._draw_chosen()
        self.sizes.clear()
        shown = counting.bars(found)
        if shown is not None:
            middles = (shown.edges[1:] + shown.edges[:-1]) / 2
            wide = float(shown.edges[1] - shown.edges[0])
            self.sizes.addItem(
                pg.BarGraphItem(x=middles, height=shown.heights, width=0.95 * wide,
                                brush=pg.mkColor(self._palette.muted), pen=None)
            )  # fmt: skip
            for (_, x, y), colour in zip(shown.curves, self._palette.overlays, strict=False):
                self.sizes.plot(x, y, pen=pen(colour, 2.0))
            self.sizes.bottom.fit(float(shown.edges[-1]))
            self.sizes.enableAutoRange()
        said = counting.words(found, taken.notes)
        if shown is not None:
            said.append("Fitted: " + "; ".join(name for name, *_ in shown.curves))
        if not self.counting.saved:
            said.append("Not saved yet")
        self.words.setText("\n".join(said))

    def _draw_chosen(self) -> None:
        if self.census is None or self.chosen is None:
            self._mark.setData([], [])
            return
        found, k = self.census.particles, self.chosen
        size = float(found.diameter[k]) + 6 * found.pixel
        self._mark.setData([found.x[k]], [found.y[k]], size=[size], pen=pen(DARK.accent, 3.0))

    def _clicked(self, event: object) -> None:
        at: QPointF = self.picture.plotItem.vb.mapSceneToView(event.scenePos())  # type: ignore[attr-defined]
        self.choose(at.x(), at.y())

    def choose(self, x: float, y: float) -> None:
        """Choose the particle at a place, metres; the fields say where it is."""
        if self.census is None:
            return
        self.at_x.setText(f"{1e6 * x:.4f} um")
        self.at_y.setText(f"{1e6 * y:.4f} um")
        self.chosen = counting.particle_at(self.census, x, y)
        if self.chosen is not None:
            self.d.setText(f"{1e9 * float(self.census.particles.diameter[self.chosen]):.1f} nm")
        self._draw_chosen()
        self._enable()

    def _choose_typed(self) -> None:
        x, y = self._length(self.at_x), self._length(self.at_y)
        if x is not None and y is not None:
            self.choose(x, y)

    def _take_footprint(self) -> None:
        said = self.footprint.text().strip()
        if self.counting is not None and said != self.counting.footprint:
            self.counting.footprint, self.counting.saved = said, False
            self._again()

    def _length(self, field: object) -> float | None:
        text = field.text()  # type: ignore[attr-defined]
        try:
            return parse(text, "m")
        except ValueError:
            if text:
                self._say(f"{text!r} is not a length: write it with its unit, such as 80 nm.")
            return None

    def _say(self, text: str) -> None:
        self.words.setText(text)

    def _enable(self) -> None:
        ready = self.counting is not None and self.census is not None
        for name, button in self.buttons.items():
            needs = name in ("Remove", "Divide", "Resize")
            button.setEnabled(ready and (not needs or self.chosen is not None))
        if ready and self.counting is not None:
            self.buttons["Undo"].setEnabled(bool(self.counting.edits))
            self.buttons["Redo"].setEnabled(bool(self.counting.undone))
        self.buttons["Store"].setEnabled(ready and self._scan is not None)
