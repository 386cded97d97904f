"""The page of one commissioning step: what it needs, what is chosen, what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from seccm.commissioning.graph import Graph
from seccm.commissioning.steps import Step
from seccm.remote import Found
from seccm.typography import readable
from ui import pieces
from ui.graph_plot import GraphPlot
from ui.models.commissioning import Bench, date_of, headline, mistake_of, texts_of, verdict_words
from ui.models.palette import DARK, Palette, Sizes
from ui.models.showing import Showing
from ui.number_pad import NumberLine
from ui.pushed import kinetic

LETTERS = 25
"""Width of the column at the left, in letters' heights."""


class StepPage(QWidget):
    """Starts a step, shows how far it is, and tells and draws what it found.

    Args:
        step: which one.
    """

    started = Signal(str, dict, bool)
    """The step, what was typed, and whether what it needs at the cell was confirmed."""
    stopped = Signal()
    kept = Signal(str, bool)
    """The step, and whether it goes into the calibration, too."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step
        self.found: Found | None = None
        self._bench = Bench.of(None)
        self._showing = Showing()
        self._palette, self._font = DARK, 13
        self.fields: dict[str, QLineEdit] = {}
        self.mistakes: dict[str, QLabel] = {}
        self.confirmed = QCheckBox("Confirmed:")
        self.confirmed.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.confirmed.setAccessibleName(step.needs)
        self.start = QPushButton("Start")
        self.start.clicked.connect(self._start)
        self.stop = QPushButton("Stop")
        self.stop.clicked.connect(self.stopped.emit)
        for button in (self.start, self.stop):
            # No key that is meant for something else may drive the cell.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.progress = pieces.bar()
        self.progress.setRange(0, 1000)
        self.now = pieces.label("", "muted")
        self.why = pieces.label("", "warning", wrap=True)
        self.head = pieces.label("", "heading", wrap=True)
        self.said = QVBoxLayout()
        self.said.setSpacing(6)
        self.calibrate = QPushButton("Write to calibration")
        self.report = QPushButton("Save report only" if step.settings else "Save report")
        self.calibrate.clicked.connect(lambda: self.kept.emit(step.name, True))
        self.report.clicked.connect(lambda: self.kept.emit(step.name, False))
        self.where = pieces.label("", "small", wrap=True)
        self._plots: list[GraphPlot] = []
        self._pictures = QWidget()
        self._grid = QGridLayout(self._pictures)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)
        self._pictures.setVisible(bool(step.settings))
        self._column = self._make_column()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._column)
        row.addWidget(self._pictures, 1 if step.settings else 0)
        self.show_found(None)
        self.show_bench(self._bench)

    def _make_column(self) -> QScrollArea:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 4, 8, 12)
        column.setSpacing(8)
        column.addWidget(pieces.label(self.step.advice, "muted", wrap=True))
        column.addLayout(self._make_form())
        if self.step.needs:
            needs = QHBoxLayout()
            needs.addWidget(self.confirmed, 0, Qt.AlignmentFlag.AlignTop)
            needs.addWidget(pieces.label(self.step.needs, wrap=True), 1)
            column.addLayout(needs)
        row = QHBoxLayout()
        row.addWidget(self.start)
        row.addWidget(self.stop)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.progress)
        column.addWidget(self.now)
        column.addWidget(self.why)
        column.addWidget(self.head)
        self.keeping = QWidget()
        keep = QHBoxLayout(self.keeping)
        keep.setContentsMargins(0, 0, 0, 0)
        keep.addWidget(self.calibrate)
        keep.addWidget(self.report)
        keep.addStretch(1)
        column.addWidget(self.keeping)
        column.addWidget(self.where)
        column.addLayout(self.said)
        column.addStretch(1)
        area = kinetic(QScrollArea(widgetResizable=True))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        return area

    def _make_form(self) -> QGridLayout:
        form = QGridLayout()
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(4)
        for k, setting in enumerate(self.step.settings):
            field = self.fields[setting.name] = NumberLine(setting.default, unit=setting.unit)
            pieces.means(field, f"{setting.meaning} {self.step.advice}", setting.words)
            wrong = self.mistakes[setting.name] = pieces.label("", "mistake", wrap=True)
            wrong.hide()
            field.textChanged.connect(self._judge)
            form.addWidget(pieces.label(setting.words, "muted"), 2 * k, 0)
            form.addWidget(field, 2 * k, 1)
            form.addWidget(wrong, 2 * k + 1, 0, 1, 2)
        form.setColumnStretch(1, 1)
        return form

    # ------------------------------------------------------------------------------ showing

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._palette, self._font = palette, sizes.font
        if self.step.settings:
            self._column.setFixedWidth(round(LETTERS * sizes.font))
        for plot in self._plots:
            plot.dress(palette, sizes.font)

    def show_as(self, showing: Showing) -> None:
        """Choose the sign convention."""
        self._showing = showing
        for plot in self._plots:
            plot.show_as(showing)

    def show_bench(self, bench: Bench) -> None:
        """Show what can be done now, and how far the step is."""
        self._bench = bench
        mine = bench.step == self.step.title
        self.start.setEnabled(bench.may_start and not self._wrong())
        self.stop.setEnabled(bench.may_stop and mine)
        self.progress.setVisible(mine)
        self.now.setVisible(mine)
        if mine:
            self.now.setText(bench.now)
        self.progress.setValue(round(1000 * bench.done))
        other = f"{bench.step} is running." if bench.step and not mine else ""
        words = " ".join(part for part in (other, bench.words) if part)
        if self.why.text() != words:
            self.why.setText(words)
        self.why.setVisible(bool(words))
        self._allow_keeping()

    def show_found(self, found: Found | None) -> None:
        """Show what the step found, or what became of it."""
        self.found = found
        _empty(self.said)
        self.head.setVisible(found is not None)
        if found is not None:
            words, good = headline(found)
            self.head.setText(f"{words}, {date_of(found)}")
            self.head.setObjectName("good" if good else "bad")
            self.head.style().polish(self.head)
            self._tell(found)
            self._draw(found.finding.graphs)
            self.where.setText(found.kept or self._named(found))
        else:
            self._draw(())
            self.where.clear()
        self.where.setVisible(bool(self.where.text()))
        self._allow_keeping()

    def _tell(self, found: Found) -> None:
        for fault in found.finding.faults:
            self.said.addWidget(pieces.label(fault, "mistake", wrap=True))
        if found.finding.verdicts:
            self.said.addLayout(_verdicts(found))
        for words in found.finding.words:
            self.said.addWidget(pieces.label(readable(words), "", wrap=True))

    def _named(self, found: Found) -> str:
        if not found.judged or found.calibration:
            return ""
        return (
            "The rig file names no calibration file. To store results, add: "
            'calibration = "NAME.json"'
        )

    def _draw(self, graphs: tuple[Graph, ...]) -> None:
        while len(self._plots) > len(graphs):
            gone = self._plots.pop()
            self._grid.removeWidget(gone)
            gone.setParent(None)
            gone.deleteLater()
        columns = 2 if len(graphs) > 2 else 1
        for k, graph in enumerate(graphs):
            if k == len(self._plots):
                plot = GraphPlot(graph)
                plot.dress(self._palette, self._font)
                plot.show_as(self._showing)
                self._plots.append(plot)
                self._grid.addWidget(plot, k // columns, k % columns)
            else:
                self._plots[k].draw(graph)

    def _allow_keeping(self) -> None:
        found = self.found
        open_ = found is not None and found.judged and not found.kept and self._bench.may_keep
        self.keeping.setVisible(found is not None and found.judged and not found.kept)
        keeps = found is not None and bool(found.finding.tables or found.finding.figures)
        self.calibrate.setVisible(keeps)
        self.calibrate.setEnabled(open_ and found is not None and bool(found.calibration))
        self.report.setEnabled(open_)

    # ------------------------------------------------------------------------------ asking

    def _texts(self) -> dict[str, str]:
        return {name: field.text() for name, field in self.fields.items()}

    def _wrong(self) -> bool:
        return any(label.text() for label in self.mistakes.values())

    def _judge(self) -> None:
        """Say beside each field what is wrong with it."""
        for setting in self.step.settings:
            field, label = self.fields[setting.name], self.mistakes[setting.name]
            words = mistake_of(setting, field.text())
            label.setText(words)
            label.setVisible(bool(words))
            field.setProperty("wrong", "true" if words else "false")
            field.style().polish(field)
        self.show_bench(self._bench)

    def _start(self) -> None:
        """Start, with what was confirmed for this one time."""
        texts, confirmed = texts_of(self._texts(), self.step.settings), self.confirmed.isChecked()
        self.confirmed.setChecked(False)
        self.started.emit(self.step.name, texts, confirmed)


def _verdicts(found: Found) -> QGridLayout:
    """Return a table of the figures and their limits."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(2)
    for k, verdict in enumerate(found.finding.verdicts):
        name, value, limits = verdict_words(verdict)
        sign, look = ("✓", "good") if verdict.passed else ("✗", "bad")
        grid.addWidget(pieces.label(sign, look), k, 0, Qt.AlignmentFlag.AlignTop)
        told = pieces.label(name if verdict.passed else f"{name}, {limits}", "small", wrap=True)
        told.setToolTip(limits)
        grid.addWidget(told, k, 1)
        grid.addWidget(pieces.label(value, look), k, 2, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(1, 1)
    return grid


def _empty(layout: QVBoxLayout | QGridLayout) -> None:
    """Remove everything from a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
        elif isinstance(inner, QVBoxLayout | QGridLayout):
            _empty(inner)
            inner.deleteLater()
