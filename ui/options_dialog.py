"""Asks for what a command of the program has to be told, and has it done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ui import pieces
from ui.command_process import CommandProcess
from ui.dialogs import choose_file, show
from ui.models.options import IMPORTS, Option, arguments
from ui.models.words import Line


class OptionsDialog(QDialog):
    """A field for each thing that has to be told.

    Args:
        title: what is done.
        words: what becomes of it, in a sentence.
        asked: the fields.
        button: what the button says that does it.
        parent: the window.
    """

    told = Signal(list)
    """The options of the command line for what stands in the fields."""

    def __init__(
        self, title: str, words: str, asked: Sequence[Option], button: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.asked = asked
        inside = self._inside = pieces.bare("page")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(pieces.Scrolled(inside))
        self.whole = QVBoxLayout(inside)
        self.whole.setContentsMargins(24, 18, 24, 18)
        self.whole.addWidget(pieces.label(title, "title", wrap=True))
        self.whole.addWidget(pieces.label(words, "muted", wrap=True))
        self.fields: dict[str, QLineEdit | QComboBox] = {}
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(18)
        self.grid.setColumnStretch(1, 1)
        for row, one in enumerate(asked):
            self._field(row, one)
        self.whole.addLayout(self.grid)
        self.answer = pieces.label("", "mistake", wrap=True)
        self.answer.hide()
        self.whole.addWidget(self.answer)
        row_ = QHBoxLayout()
        row_.addStretch(1)
        self.leave, self.go = QPushButton("Cancel"), QPushButton(button)
        self.leave.clicked.connect(self.reject)
        self.go.setDefault(True)
        self.go.clicked.connect(self.tell)
        row_.addWidget(self.leave)
        row_.addWidget(self.go)
        self.whole.addLayout(row_)

    def sizeHint(self) -> QSize:
        """Return the room in which nothing has to be scrolled."""
        return self._inside.sizeHint() + QSize(4, 4)

    def _field(self, row: int, one: Option) -> None:
        field: QLineEdit | QComboBox
        if one.choices:
            field = pieces.box(one.meaning, *one.choices)
        else:
            field = pieces.line(one.text, f"such as {one.example}", one.meaning)
            field.setMinimumWidth(380)
        example = f" Such as: {one.example}." if one.example else ""
        pieces.means(field, f"{one.meaning}{example}", one.words)
        name = pieces.label(one.words, "muted")
        name.setBuddy(field)
        self.grid.addWidget(name, row, 0)
        self.grid.addWidget(field, row, 1)
        if one.path and isinstance(field, QLineEdit):
            self.grid.addWidget(self._chooser(one.words, field), row, 2)
        self.fields[one.option] = field

    def _chooser(self, words: str, field: QLineEdit) -> QPushButton:
        button = QPushButton("Choose …")
        button.setAccessibleName(f"Choose: {words}")
        start = Path(field.text()).parent
        button.clicked.connect(
            lambda: choose_file(
                self, words, "All files (*)", lambda path: field.setText(str(path)), start=start
            )
        )
        return button

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the fields, by option."""
        return {
            option: field.currentText() if isinstance(field, QComboBox) else field.text()
            for option, field in self.fields.items()
        }

    def say(self, words: str) -> None:
        """Show what is wrong, or what goes on; an empty text shows nothing."""
        self.answer.setText(words)
        self.answer.setVisible(bool(words))
        self.resize(self.size().expandedTo(self.sizeHint()).boundedTo(self._most()))

    def _most(self) -> QSize:
        parent = self.parentWidget()
        return self.size() if parent is None else parent.window().size()

    def tell(self) -> None:
        """Hand on what was typed, and close."""
        self.told.emit(arguments(self.asked, self.typed))
        self.accept()


class ImportDialog(OptionsDialog):
    """Makes a data file of what another program measured; stays until it is made.

    Args:
        made: called with the new file.
        parent: the window.
    """

    def __init__(self, made: Callable[[Path], object], parent: QWidget) -> None:
        super().__init__(
            "Import a file of another program",
            "Makes a data file of sites, steps, units and signs. What the file leaves open is "
            "asked for, never guessed. The file itself stays as it is. Leave empty what it does "
            "not need.",
            IMPORTS, "Import", parent,
        )  # fmt: skip
        self._made = made
        self.process = CommandProcess(self, "Data file", "Imported into ")
        self.process.done.connect(self._done)
        self.source = pieces.line("", "a file, or a folder with a file for each site")
        pieces.means(self.source, "The file of the other program, or a folder of them.", "File")
        row = QHBoxLayout()
        row.addWidget(self.source, 1)
        self.choose, self.choose_folder = QPushButton("File …"), QPushButton("Folder …")
        self.choose.clicked.connect(self._choose)
        self.choose_folder.clicked.connect(self._choose_folder)
        row.addWidget(self.choose)
        row.addWidget(self.choose_folder)
        self.whole.insertLayout(2, row)
        self.source.textChanged.connect(lambda text: self.go.setEnabled(bool(text.strip())))
        self.go.setEnabled(False)
        self.finished.connect(self.process.shut)

    def tell(self) -> None:
        """Have the data file made, in a process of its own."""
        if self.process.busy:
            return
        self.say("")
        self.go.setEnabled(False)
        self.go.setText("Importing …")
        told = arguments(self.asked, self.typed)
        self.process.run(["import", self.source.text().strip(), *told])

    def _done(self, line: Line, written: str) -> None:
        self.go.setText("Import")
        self.go.setEnabled(True)
        if line.level == "error":
            self.say(line.text)
            return
        self._made(Path(written))
        self.accept()

    def _choose(self) -> None:
        choose_file(self, "File to import", "All files (*)", self._take)

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, "Folder with a file for each site")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.fileSelected.connect(lambda text: self._take(Path(text)))
        show(dialog)

    def _take(self, path: Path) -> None:
        self.source.setText(str(path))
