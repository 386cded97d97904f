"""The form of a plan: one row a value, what is wrong with it beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QToolButton,
    QWidget,
)

from seccm.errors import Problem
from ui import pieces
from ui.condition_table import ConditionTable
from ui.key_help import HELP
from ui.models.form import Field, Group, Listing, in_a_line, where
from ui.models.typed import read
from ui.number_pad import KEY, NumberArea, NumberLine
from ui.pushed import kinetic
from ui.step_line import StepLine

OPEN = 12
"""Steps that are shown whole; each of those after them is a line until somebody opens it."""
FEW = 5
"""Empty fields of a table that are shown without being asked for."""


class PlanForm(QWidget):
    """Shows a form and says what is typed; the owner decides what becomes of it.

    Args:
        form: what it is made from.
        close: whether there is no width for mistakes beside the fields, as in gloves.
        opened: steps that are shown whole however many there are before them, by their keys.
    """

    typed = Signal(tuple, object)
    """Key and value."""
    chosen = Signal(object, str)
    """Group, and what it is to be."""
    added = Signal(object, str)
    """Group and the kind of table to add to it."""
    removed = Signal(tuple)
    """Key of a table to take out: one of a list, or one that may be left out."""
    text_asked = Signal(tuple)
    """Key of a value that is edited as text."""
    moved = Signal(tuple, int)
    """Key of a table, and by how many places to move it in its list."""
    given = Signal(object)
    """Group: a table that may be left out and is to be added, without anything in it."""
    renamed = Signal(tuple, str)
    """Key that ends with the old name of a factor, and its new one."""
    row_added = Signal(tuple)
    """Key of a list of tables that gets another row."""
    column_added = Signal(tuple)
    """Key of a list of tables whose rows all get another key."""
    column_removed = Signal(tuple)
    """Key of a list of tables, and the key that all its rows lose."""

    def __init__(self, form: Group, *, close: bool = False, opened: Collection[str] = ()) -> None:
        super().__init__()
        self._close = close
        self.opened = set(opened)
        """Steps that somebody has opened, by their keys."""
        self._steps = 0
        """How many are shown whole."""
        self._closed: dict[str, _Closed] = {}
        self._problems: Mapping[str, list[Problem]] = {}
        self.editors: dict[str, QWidget] = {}
        self._mistakes: dict[str, QLabel] = {}
        self._below: set[str] = set()
        """Mistakes that take no room while there are none."""
        self._folded: dict[str, QToolButton] = {}
        """Fields that are hidden while they are empty, and what shows them."""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 8, 12, 12)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 3)
        self._grid.setColumnStretch(2, 2)
        self._row = 0
        self._table(form, 0)
        self._grid.setRowStretch(self._row, 1)

    def show_problems(self, problems: Mapping[str, list[Problem]]) -> None:
        """Show every mistake beside its field, and none where there is none.

        The first step with a mistake is opened; the lines of others say how many they have.
        """
        self._problems = problems
        wrong = {key: self._inside(key) for key in self._closed}
        first = next((key for key, count in wrong.items() if count), None)
        for key, count in wrong.items():
            self._closed[key].line.count(count)
        if first is not None:
            self.open_step(first)
            return
        self._show_beside(problems)

    def _inside(self, step: str) -> int:
        """Count the mistakes in a step."""
        own = (step, f"{step}.")
        return sum(len(found) for key, found in self._problems.items()
                   if key == own[0] or key.startswith(own[1]))  # fmt: skip

    def _show_beside(self, problems: Mapping[str, list[Problem]]) -> None:
        for key, label in self._mistakes.items():
            text = "\n".join(f"{p.what} {p.remedy}".strip() for p in problems.get(key, ()))
            # A unit such as m/s stays on one line.
            label.setText((text[:1].upper() + text[1:]).replace("/", "/\u2060"))
            if text and key in self._folded:
                self._folded[key].setChecked(True)
            if key in self._below:
                label.setVisible(bool(text))
            editor = self.editors.get(key)
            if editor is not None and editor.property("wrong") != bool(text):
                editor.setProperty("wrong", bool(text))
                editor.style().unpolish(editor)
                editor.style().polish(editor)

    def open_step(self, key: str) -> None:
        """Show a step whole that was a line until now; its fields follow in the order of tabs."""
        closed = self._closed.pop(key)
        self.opened.add(key)
        line, had_focus = closed.line, self.focusWidget() is closed.line
        del self.editors[f"{key}:open"]
        before, after = set(self.findChildren(QWidget)), self._row
        self._grid.removeWidget(line)
        self._row = closed.row
        self._table(closed.group, closed.depth)
        self._row = after
        new = [w for w in self.findChildren(QWidget) if w not in before]
        tabbed = Qt.FocusPolicy.TabFocus
        chain = [w for w in new if w.focusPolicy() & tabbed and w.window() is self.window()]
        for one, other in pairwise([line, *chain]):
            QWidget.setTabOrder(one, other)
        line.hide()
        line.deleteLater()
        for widget in new:  # now, so that one of them can take the focus
            hidden = widget.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)
            if widget.parent() is self and not hidden:
                widget.show()
        if had_focus and chain:
            chain[0].setFocus()
        self._show_beside(self._problems)

    def _line_of(self, step: Group, depth: int) -> None:
        """Show a step as a line: a form of hundreds would take long to make, and to read."""
        key, line = where(step.key), StepLine(in_a_line(step))
        line.clicked.connect(lambda _=False: self.open_step(key))
        self.editors[f"{key}:open"] = line
        self._closed[key] = _Closed(step, depth, self._row, line)
        self._grid.addWidget(line, self._row, 0, 1, 3)
        self._row += _room(step)

    def _table(self, group: Group, depth: int) -> None:
        if group.is_step:
            if self._steps >= OPEN and where(group.key) not in self.opened:
                self._line_of(group, depth)
                return
            self._steps += 1
        fields = [part for part in group.parts if isinstance(part, Field)]
        spare = _spare(fields) if depth else ()
        if depth:
            self._heading(group, depth, more=bool(spare))
        folded: list[QWidget] = []
        for field in fields:
            before = self._grid.count()
            self._field(field)
            self.editors[where(field.key)].setProperty(HELP, _asked(group, field))
            if field in spare:
                made = (self._grid.itemAt(k) for k in range(before, self._grid.count()))
                folded += [widget for item in made if item and (widget := item.widget())]
        if spare:
            self._fold(where(group.key), [where(field.key) for field in spare], folded)
        for part in group.parts:
            if isinstance(part, Group):
                self._table(part, depth + 1)
            elif isinstance(part, Listing):
                self._listing(part)

    def _fold(self, group: str, keys: Sequence[str], widgets: Sequence[QWidget]) -> None:
        """Hide what is empty until somebody asks for more, or something is wrong with it."""
        button = self.editors[f"{group}:more"]
        assert isinstance(button, QToolButton)
        self._folded |= dict.fromkeys(keys, button)
        without_room = {self._mistakes[key] for key in keys if key in self._below}

        def show(on: bool) -> None:
            for widget in widgets:
                if widget not in without_room or not on:
                    widget.setVisible(on)

        button.toggled.connect(show)
        show(False)

    def _heading(self, group: Group, depth: int, *, more: bool) -> None:
        key = where(group.key)
        head = pieces.label(group.title[:1].upper() + group.title[1:], "heading")
        head.setToolTip(group.words)
        if depth > 1:
            head.setIndent(10 * (depth - 1))
        self._grid.addWidget(head, self._row, 0, 1, 3 if self._close else 1)
        tools = QHBoxLayout()
        if group.choices:
            box = pieces.Choice()
            box.addItems(list(group.choices))
            box.setCurrentText(group.choice)
            box.setProperty(HELP, _table_of(group))
            box.textActivated.connect(lambda text, g=group: self.chosen.emit(g, text))
            pieces.no_wheel(box)
            tools.addWidget(box, 1 if self._close else 0)
            self.editors[f"{key}:kind"] = box
        if group.adds:
            tools.addWidget(self._adder(group))
            tools.addStretch(1)
        for by in group.moves:
            move = pieces.tool("Move up" if by < 0 else "Move down")
            move.clicked.connect(lambda _=False, k=group.key, b=by: self.moved.emit(k, b))
            self.editors[f"{key}:{'earlier' if by < 0 else 'later'}"] = move
            tools.addWidget(move)
        if group.addable:
            add = pieces.tool("Add", f"Add {group.title}, as it is without a value in it")
            add.clicked.connect(lambda _=False, g=group: self.given.emit(g))
            self.editors[f"{key}:give"] = add
            tools.addWidget(add)
        if group.removable:
            remove = pieces.tool("Remove")
            remove.clicked.connect(lambda _=False, k=group.key: self.removed.emit(k))
            self.editors[f"{key}:remove"] = remove
            tools.addWidget(remove)
        if more:
            button = pieces.tool("More …", "Show or hide the empty fields", checkable=True)
            self.editors[f"{key}:more"] = button
            tools.addWidget(button)
        extra = group.moves or group.removable or group.addable or more
        wide = bool(extra) and not self._close
        if wide:
            tools.addStretch(1)
            ends = (f"{key}:{name}" for name in ("earlier", "later", "give", "remove", "more"))
            made = (self.editors.get(end) for end in ends)
            pieces.uncut(*(button for button in made if isinstance(button, QToolButton)))
        if self._close:  # large buttons take the whole width
            self._row += 1
            self._grid.addLayout(tools, self._row, 0, 1, 3)
        else:
            self._grid.addLayout(tools, self._row, 1, 1, 2 if wide else 1)
        self._mistake(key, below=wide)
        self._row += 1

    def _listing(self, listing: Listing) -> None:
        head = pieces.label(listing.title, "muted")
        head.setToolTip(listing.words)
        self._grid.addWidget(head, self._row, 0, Qt.AlignmentFlag.AlignTop)
        table = ConditionTable(listing)
        for ours, theirs in (
            (self.typed, table.typed), (self.renamed, table.renamed),
            (self.row_added, table.row_added), (self.removed, table.row_removed),
            (self.column_added, table.column_added),
            (self.column_removed, table.column_removed),
        ):  # fmt: skip
            theirs.connect(ours)
        self.editors |= table.editors
        self._mistakes |= table.mistakes
        self._below |= table.mistakes.keys()
        self._grid.addWidget(table, self._row, 1, 1, 2)
        self._row += 1
        self._mistake(where(listing.key))
        self._row += 1

    def _adder(self, group: Group) -> QToolButton:
        button = pieces.tool(f"Add a {'step' if len(group.adds) > 1 else group.adds[0]}")
        if len(group.adds) == 1:
            button.clicked.connect(lambda _=False: self.added.emit(group, group.adds[0]))
        else:
            menu = QMenu(button)
            for kind in group.adds:
                menu.addAction(kind, partial(self.added.emit, group, kind))
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.editors[f"{where(group.key)}:add"] = button
        return button

    def _field(self, field: Field) -> None:
        key = where(field.key)
        editor = self._editor(field)
        self._title(field)
        editor.setToolTip(field.words)
        editor.setAccessibleName(field.title)
        editor.setProperty(KEY, key)
        self.editors[key] = editor
        self._grid.addWidget(editor, self._row, 1, 1, 2 if self._close else 1)
        self._mistake(key)
        self._row += 1

    def _title(self, field: Field) -> None:
        """Say what a field is, level with its text; names of the user's choice can be changed."""
        tall = field.kind in ("long text", "rows")
        level = Qt.AlignmentFlag.AlignTop if tall else Qt.AlignmentFlag.AlignVCenter
        if field.named:
            name = QLineEdit(field.title)
            name.setToolTip(f"A name of your choice; ${field.title} stands for its values.")
            name.editingFinished.connect(lambda: self.renamed.emit(field.key, name.text().strip()))
            self.editors[f"{where(field.key)}:name"] = name
            self._grid.addWidget(name, self._row, 0, level)
            return
        label = pieces.label(field.title + (" *" if field.required else ""), "muted")
        label.setIndent(10 * max(0, len(field.key) - 2))
        label.setToolTip(field.words)
        self._grid.addWidget(label, self._row, 0, level)

    def _editor(self, field: Field) -> QWidget:
        say: Callable[[str], None] = lambda text: self.typed.emit(  # noqa: E731
            field.key, read(field.kind, text)
        )
        if field.aside:
            return self._aside(field)
        match field.kind:
            case "choice":
                box = pieces.Choice()
                box.addItems(list(field.choices))
                box.setCurrentText(field.text or field.hint)
                box.textActivated.connect(say)
                pieces.no_wheel(box)
                return box
            case "switch":
                check = QCheckBox()
                usual = field.hint == "true"
                check.setChecked(field.text == "true" or (usual and not field.text))
                check.toggled.connect(lambda on: say("" if on == usual else str(on).lower()))
                return check
            case "long text" | "rows":
                area = (NumberArea(field.text, unit=field.unit) if field.kind == "rows"
                        else QPlainTextEdit(field.text))  # fmt: skip
                kinetic(area)
                area.setPlaceholderText(field.hint)
                area.setTabChangesFocus(True)
                area.textChanged.connect(lambda: say(area.toPlainText()))
                return area
            case _:
                line = _line(field)
                line.setPlaceholderText(field.hint)
                line.setCursorPosition(0)
                line.textEdited.connect(say)
                return line

    def _aside(self, field: Field) -> QWidget:
        """Say what is too long for a field, with a button that leads to it in the text."""
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(pieces.label(f"{field.text}. {field.aside}", "", wrap=True), 1)
        button = pieces.tool("Edit as text")
        button.clicked.connect(lambda: self.text_asked.emit(field.key))
        self.editors[f"{where(field.key)}:text"] = button
        row.addWidget(button)
        return whole

    def _mistake(self, key: str, *, below: bool = False) -> None:
        label = pieces.label("", "mistake")
        label.setWordWrap(True)
        self._mistakes[key] = label
        if self._close or below:
            self._row += 1
            self._below.add(key)
            label.setVisible(False)
            self._grid.addWidget(label, self._row, 0, 1, 3)
        else:
            self._grid.addWidget(label, self._row, 2)


@dataclass(frozen=True, slots=True)
class _Closed:
    """A step that is shown as a line."""

    group: Group
    depth: int
    row: int
    """Where its fields begin once they are shown: this room is left free for them."""
    line: StepLine


def _room(group: Group) -> int:
    """Return how many rows of the grid a table may take; empty ones have no height."""
    inner = (_room(part) if isinstance(part, Group) else 3 for part in group.parts)
    return 3 + sum(inner)


def _table_of(group: Group) -> str:
    """Return under which word the help has a table: that of its kind comes first."""
    kind = group.choice if group.chooser or group.is_step else ""
    return kind or next((part for part in group.key[::-1] if isinstance(part, str)), "")


def _asked(group: Group, field: Field) -> str:
    return ".".join(filter(None, (_table_of(group), str(field.key[-1]))))


def _spare(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return the empty fields of a table without any that must be there, if they are many."""
    empty = tuple(field for field in fields if not field.text)
    needless = not any(field.required for field in fields)
    return empty if needless and len(empty) > FEW else ()


def _line(field: Field) -> QLineEdit:
    """Make the field of one line; numbers can be typed on the pad."""
    match field.kind:
        case "quantity" | "number":
            return NumberLine(field.text, unit=field.unit)
        case "pair" | "list":
            return NumberLine(field.text, unit=field.unit, many=True)
        case _:
            return QLineEdit(field.text)
