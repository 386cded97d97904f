"""The plan view: a form, where it will go, what is wrong, and how long it will take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from seccm.errors import PlanError, Problem
from seccm.plan import Plan
from seccm.typography import counted
from ui import pieces
from ui.dialogs import choose_file
from ui.library import Library
from ui.models.draft import Draft
from ui.models.form import Group, Key, keys_of, where
from ui.models.library import listed
from ui.models.outlook import Outlook, outlook
from ui.models.palette import DARK, Palette, Sizes
from ui.models.plan_mistakes import sorted_out
from ui.models.queue import Queue
from ui.number_pad import NumberPad
from ui.plan_files import KINDS, PlanFiles
from ui.plan_form import PlanForm
from ui.plan_outlook import PlanOutlook
from ui.plan_text import PlanText
from ui.pushed import kinetic
from ui.queue_view import QueueView
from ui.readout import LEGIBLE, Readout

CHECK_MS = 250
"""After so long without a keystroke the plan is checked."""
NAMED = 3
"""Places of mistakes that are named above the map."""
CHOOSE = "Library …"
CLOSE = 70
"""In letters' heights: where the view is narrower, mistakes stand below their fields."""


class PlanView(QWidget):
    """Edits a plan.

    Args:
        rig: name or file of the rig it is checked against.
    """

    notes_asked = Signal()
    """The notes of the experiment are to be shown."""

    def __init__(self, rig: str) -> None:
        super().__init__()
        self._rig = rig
        self.files = PlanFiles(self)
        self.files.opened.connect(self._opened)
        self.files.named.connect(self._name)
        self.files.is_broken = self._is_broken
        self.form: PlanForm | None = None
        self.outlook: Outlook | None = None
        self.rig_is_busy: Callable[[], bool] = lambda: False
        self._plan: Plan | None = None
        self._broken: PlanError | None = None
        """Why the text that was typed is not a file of a plan; the draft is the one before."""
        self._unread: str | None = None
        """A text that was typed and not looked at yet."""
        self._problems: tuple[Problem, ...] = ()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="check")
        self._pending: Future[Outlook] | None = None
        self._palette, self._sizes, self._close = DARK, Sizes.of(96.0, glove=False), False
        self._build()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(CHECK_MS)
        self._later.timeout.connect(self._check)
        self._watch = QTimer(self)
        self._watch.setInterval(40)
        self._watch.timeout.connect(self._collect)

    def _build(self) -> None:
        self.head = pieces.label("No plan is open", "title", wrap=True)
        self.file = Readout(
            "Open a plan, or start from one that is shipped with the program.", "muted", LEGIBLE
        )
        self.shipped = pieces.no_wheel(pieces.Choice())
        self._relist()
        self.shipped.setMinimumContentsLength(len(CHOOSE))
        narrow = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.shipped.setSizeAdjustPolicy(narrow)
        self.shipped.activated.connect(self._open_listed)
        row = QHBoxLayout()
        column = QVBoxLayout()
        column.addWidget(self.head)
        column.addWidget(self.file)
        row.addLayout(column, 1)
        self.as_text = QPushButton("As text")
        self.as_text.setToolTip("Show the file of the plan as text")
        self.as_text.setCheckable(True)
        self.as_text.setEnabled(False)
        self.as_text.toggled.connect(self._turn)
        self.as_queue = QPushButton("Queue")
        self.as_queue.setToolTip("Plans that run one after the other, over night")
        self.as_queue.setCheckable(True)
        self.as_queue.toggled.connect(self._turn_queue)
        self.library = Library(self.files, self._relist)
        row.addWidget(self.shipped)
        row.addWidget(self.library)
        row.addWidget(self.as_text)
        row.addWidget(self.as_queue)
        self.buttons: dict[str, QPushButton] = {}
        for name, do in (("Notes …", self.notes_asked.emit),
                         ("Open …", self._ask_open), ("Save", self.save),
                         ("Save as …", self.save_as)):  # fmt: skip
            button = self.buttons[name] = QPushButton(name)
            button.clicked.connect(lambda _=False, do=do: do())
            row.addWidget(button)
        self.area = kinetic(QScrollArea(widgetResizable=True))
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text = PlanText()
        self.text.typed.connect(self._text_typed)
        self.queue = QueueView(self._rig, self._to_queue)
        self.queue.changed.connect(self._name_queue)
        self.pages = QStackedWidget()
        self._queue_area = kinetic(QScrollArea(widgetResizable=True))
        self._queue_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._queue_area.setWidget(self.queue)
        for page in (self.area, self.text, self._queue_area):
            self.pages.addWidget(page)
        beside = self.beside = PlanOutlook()
        self.verdict, self.facts, self.remarks = beside.verdict, beside.facts, beside.remarks
        self.busy, self.path, self.caption = beside.busy, beside.path, beside.caption
        self.target, self.place = beside.target, beside.place
        self.files.failed.connect(self.remarks.setText)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.pages)
        split.addWidget(beside)
        split.setSizes([1100, 900])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(10, 8, 10, 8)
        whole.addLayout(row)
        whole.addWidget(self.files.bar)
        whole.addWidget(split, 1)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._palette = palette
        self._sizes = sizes
        self._fit()
        self.beside.dress(palette, sizes)
        self.queue.dress(sizes)
        pieces.uncut(self.library, self.as_text, self.as_queue, *self.buttons.values())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the form out for the width that there is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        close = self._sizes.glove or self.width() < CLOSE * self._sizes.font
        if close != self._close:
            self._close = close
            if self.draft is not None:
                self._rebuild()
                self._later.start()

    # ------------------------------------------------------------------------------ files

    @property
    def draft(self) -> Draft | None:
        """The plan that is open."""
        return self.files.draft

    @property
    def title(self) -> str:
        """That of the plan that is open; empty without one."""
        return "" if self.draft is None else self.draft.title

    def open(self, source: str | Path) -> None:
        """Open a plan file or a shipped plan; unsaved changes of another are asked about.

        Raises:
            PlanError: there is none, or it is not TOML.
        """
        self.files.open(source)

    def save(self) -> None:
        """Save the plan: where it came from, or where the user says."""
        self.files.save()

    def save_as(self) -> None:
        """Save the plan where the user says."""
        self.files.save_as()

    def keep_in(self, folder: Path) -> str:
        """Keep unsaved changes in a folder; say which ones were left behind there."""
        return self.files.keep_in(folder)

    def _opened(self) -> None:
        self.form = None  # which steps are open there says nothing of this plan
        self._broken = self._unread = None
        self.as_text.setEnabled(True)
        for pad in self.window().findChildren(NumberPad):
            pad.reject()  # it is about a field of the plan before
        self._rebuild()
        self._check()

    def ready(self) -> tuple[Plan, Path | None]:
        """Return the plan as it stands, and the data file that was typed.

        Raises:
            PlanError: there is no plan, or it has mistakes.
        """
        if self.draft is None:
            raise PlanError("plan", [Problem("plan", "no plan is open.", "Open one first.")])
        self._read_text()
        if self._broken is not None:
            raise self._broken
        typed = self.target.text().strip()
        return self.draft.plan(), Path(typed).expanduser() if typed else None

    # ------------------------------------------------------------------------------ editing

    def _rebuild(self) -> None:
        """Make the form again, at the same place."""
        assert self.draft is not None
        bar = self.area.verticalScrollBar()
        at = bar.value()
        opened = self.form.opened if self.form is not None else ()
        form = self.form = PlanForm(self.draft.form, close=self._close, opened=opened)
        form.typed.connect(self._typed)
        form.chosen.connect(self._chosen)
        form.added.connect(self._added)
        form.moved.connect(self._moved)
        draft = self.draft
        for signal, change in (
            (form.removed, draft.remove), (form.row_added, draft.add_row),
            (form.column_added, draft.add_column), (form.column_removed, draft.remove_column),
        ):  # fmt: skip
            signal.connect(lambda key, do=change: self._change(do, key))
        form.renamed.connect(self._renamed)
        form.given.connect(self._given)
        form.text_asked.connect(self._ask_text)
        self.area.setWidget(form)
        bar.setValue(at)
        if self._broken is None and self._unread is None:
            self.text.show_text(self.draft.text)
        self._name()

    def _turn_queue(self, on: bool) -> None:
        """Show the queue in the place of the plan, or the plan again."""
        if on:
            self.pages.setCurrentWidget(self._queue_area)
            self.queue.look()
        else:
            self.pages.setCurrentWidget(self.text if self.as_text.isChecked() else self.area)

    def _name_queue(self, now: Queue) -> None:
        """Say on the button how many plans wait."""
        runs = "runs, " if now.is_run else ""
        self.as_queue.setText(f"Queue ({runs}{now.waiting})" if now.entries else "Queue")
        pieces.uncut(self.as_queue)

    def _to_queue(self) -> tuple[Plan, str, Path | None]:
        """Return the plan that is open, as it is put into the queue; see `ready`."""
        plan, target = self.ready()
        assert self.draft is not None
        return plan, self.draft.text, target

    def _relist(self) -> None:
        """List the plans of the library again: favourites with a star, then one's own."""
        self.shipped.clear()
        self.shipped.addItem(CHOOSE)
        for name, words in listed().items():
            self.shipped.addItem(words, name)

    def _turn(self, as_text: bool) -> None:
        """Show the text of the file, or the form again, of a text that is one."""
        assert self.draft is not None
        if self._is_broken():
            self.as_text.setChecked(True)
            return
        if as_text:
            self.text.show_text(self.draft.text)
        else:
            try:
                self.draft.settle()
            except PlanError as error:
                self._broken = error
                self.as_text.setChecked(True)
                return
            self._rebuild()
        self.as_queue.setChecked(False)
        self.pages.setCurrentWidget(self.text if as_text else self.area)
        self._later.start()

    def _ask_text(self, key: Key) -> None:
        """Show a value in the text of the file."""
        self.as_text.setChecked(True)
        self.text.go_to(key)

    def _text_typed(self, text: str) -> None:
        """Keep a text that was typed; it is read when nobody types any more."""
        assert self.draft is not None
        self._unread, self.draft.changed = text, True
        self._later.start()

    def _read_text(self) -> None:
        """Take the text that was typed, if it is a file."""
        if self._unread is None or self.draft is None:
            return
        text, self._unread = self._unread, None
        try:
            self.draft.rewrite(text)
        except PlanError as error:
            self._broken = error
        else:
            self._broken = None
            self._name()

    def _is_broken(self) -> bool:
        """Tell whether the text is no file, and say so."""
        self._read_text()
        if self._broken is not None:
            self.beside.say("bad", "Not TOML", " ".join(map(str, self._broken.problems)))
        return self._broken is not None

    def _typed(self, key: Key, value: object) -> None:
        assert self.draft is not None
        if key == ("design", "kind"):
            self.draft.choose_design(str(value))
            self._changed()
            return
        self.draft.set(key, value)
        self._name()
        self._later.start()

    def _chosen(self, group: Group, choice: str) -> None:
        assert self.draft is not None
        self.draft.choose(group, choice)
        self._changed()

    def _added(self, group: Group, kind: str) -> None:
        assert self.draft is not None
        self._keep_open((*group.key, len(group.parts)))
        self.draft.add(group, kind)
        self._changed()

    def _given(self, group: Group) -> None:
        assert self.draft is not None
        self.draft.give(group)
        self._changed()

    def _moved(self, key: Key, by: int) -> None:
        assert self.draft is not None
        self._keep_open((*key[:-1], int(key[-1]) + by))
        self.draft.move(key, by)
        self._changed()

    def _keep_open(self, key: Key) -> None:
        """Have a step shown whole when the form is made again."""
        if self.form is not None:
            self.form.opened.add(where(key))

    def _renamed(self, key: Key, name: str) -> None:
        assert self.draft is not None
        if self.draft.rename(key, name):
            self._changed()

    def _change(self, change: Callable[[Key], None], key: Key) -> None:
        change(key)
        self._changed()

    def _changed(self) -> None:
        # The widget that said so is still on the way back from its own signal.
        QTimer.singleShot(0, self._rebuild)
        self._later.start()

    def _name(self) -> None:
        assert self.draft is not None
        self.head.setText(self.draft.title + (" · changed" if self.draft.changed else ""))
        where = "shipped with the program" if self.draft.shipped else str(self.draft.path or "new")
        self.file.setText(where)

    # ------------------------------------------------------------------------------ checking

    def _check(self) -> None:
        """Look for mistakes in the plan itself; if there are none, ask about the rig."""
        if self.draft is None or self.form is None or self._is_broken():
            return
        self.files.note()
        try:
            self._plan = self.draft.plan()
            self._problems = ()
        except PlanError as error:
            self._problems = error.problems
        self._show_problems(self._problems)
        if self._problems:
            self.beside.say("bad", counted(len(self._problems), "error"), _places(self._problems))
            return
        assert self._plan is not None
        if self._pending is None:
            mounted = self._plan.mounted
            known = self.outlook is not None and self.outlook.plan.mounted == mounted
            info = self.outlook.info if self.outlook is not None and known else None
            busy = self.rig_is_busy()
            self._pending = self._pool.submit(outlook, self._plan, self._rig, info, busy)
            self._watch.start()
            self.busy.setVisible(True)
        else:
            self._later.start()

    def _collect(self) -> None:
        """Take what the check against the rig has found."""
        if self._pending is None or not self._pending.done():
            return
        self._watch.stop()
        self.busy.setVisible(False)
        pending, self._pending = self._pending, None
        try:
            found = pending.result()
        except Exception as error:  # whatever it is, the next check may do better
            self.beside.say("bad", "The check failed", f"{type(error).__name__}: {error}")
            return
        if found.info is not None:
            self.outlook = found
        if self._problems:
            return
        errors = [p for p in found.problems if p.severity == "error"]
        self._show_problems(tuple(found.problems))
        if errors:
            where_ = f"{_places(errors)} {found.facts}"
            self.beside.say("bad", counted(len(errors), "error"), where_)
        else:
            self.beside.say("good", found.verdict, found.facts)
        self.beside.show_found(found)

    def _show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Put errors beside their fields, and the rest below the map."""
        assert self.form is not None
        assert self.draft is not None
        errors = tuple(p for p in problems if p.severity == "error")
        if self.as_text.isChecked():
            rest = list(problems)
        else:
            beside = sorted_out(errors, [k for k in keys_of(self.draft.form) if k])
            self.form.show_problems(beside)
            rest = [*beside.get("", ()), *(p for p in problems if p.severity == "warning")]
        self.remarks.setText("\n".join(f"{p}" for p in rest[:6]))

    def _ask_open(self) -> None:
        choose_file(self, "Open a plan", KINDS, self._open)

    def _open_listed(self, place: int) -> None:
        name = self.shipped.itemData(place)
        self.shipped.setCurrentIndex(0)
        if name:
            self._open(str(name))

    def _open(self, source: str | Path) -> None:
        try:
            self.open(source)
        except PlanError as error:
            self.beside.say("bad", "This plan cannot be opened.", str(error))

    def shut(self) -> None:
        """Let go of the thread that checks."""
        self._later.stop()
        self._watch.stop()
        self.queue.shut()
        self._read_text()
        self.files.close()
        self._pool.shutdown(cancel_futures=True)


def _places(problems: Sequence[Problem]) -> str:
    """Say where the first mistakes are: the form may be long."""
    keys = [key for key in dict.fromkeys(problem.where for problem in problems) if key]
    more = f" and {counted(len(keys) - NAMED, 'other place')}" if len(keys) > NAMED else ""
    at = f" See {', '.join(keys[:NAMED])}{more}." if keys else ""
    return f"Fix errors before starting.{at}"
