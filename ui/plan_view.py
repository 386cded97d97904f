"""The plan view: a form, where it will go, what is wrong, and how long it will take."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from seccm.errors import PlanError, Problem
from seccm.plan import Plan
from seccm.plan.library import plans
from ui import pieces
from ui.dialogs import choose_file
from ui.models.draft import Draft, keys_of, sorted_out
from ui.models.form import Group, Key
from ui.models.outlook import Outlook, outlook
from ui.models.palette import DARK, Palette, Sizes
from ui.path_plot import PathPlot
from ui.plan_form import PlanForm

CHECK_MS = 250
"""After so long without a keystroke the plan is checked."""
CHOOSE = "Shipped plans …"
KINDS = "Plans (*.toml)"


class PlanView(QWidget):
    """Edits a plan.

    Args:
        rig: name or file of the rig it is checked against.
    """

    def __init__(self, rig: str) -> None:
        super().__init__()
        self._rig = rig
        self.draft: Draft | None = None
        self.form: PlanForm | None = None
        self.outlook: Outlook | None = None
        self.rig_is_busy: Callable[[], bool] = lambda: False
        self._plan: Plan | None = None
        self._problems: tuple[Problem, ...] = ()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="check")
        self._pending: Future[Outlook] | None = None
        self._palette = DARK
        self._build()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(CHECK_MS)
        self._later.timeout.connect(self._check)
        self._watch = QTimer(self)
        self._watch.setInterval(40)
        self._watch.timeout.connect(self._collect)

    def _build(self) -> None:
        self.head = pieces.label("No plan is open", "title")
        self.file = pieces.label(
            "Open one, or begin with one that comes with the program.", "muted"
        )
        self.shipped = QComboBox()
        self.shipped.addItems([CHOOSE, *plans()])
        self.shipped.textActivated.connect(self._open_shipped)
        self.opener, self.saver = QPushButton("Open …"), QPushButton("Save …")
        self.opener.clicked.connect(self._ask_open)
        self.saver.clicked.connect(self.save)
        row = QHBoxLayout()
        column = QVBoxLayout()
        column.addWidget(self.head)
        column.addWidget(self.file)
        row.addLayout(column, 1)
        for widget in (self.shipped, self.opener, self.saver):
            row.addWidget(widget)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.path = PathPlot()
        self.caption = pieces.label("", "small", wrap=True)
        self.verdict = pieces.label("", "good")
        self.verdict.setWordWrap(True)
        self.facts = pieces.label("", "muted")
        self.facts.setWordWrap(True)
        self.remarks = pieces.label("", "warning")
        self.remarks.setWordWrap(True)
        self.busy = pieces.bar()
        self.busy.setMaximum(0)
        self.busy.setVisible(False)
        self.target = pieces.line("", "a new file here, named after the plan and the time")
        target = QHBoxLayout()
        target.addWidget(pieces.label("Data file", "muted"))
        target.addWidget(self.target, 1)
        right = QWidget()
        box = QVBoxLayout(right)
        box.setContentsMargins(8, 0, 0, 0)
        box.addWidget(self.verdict)
        box.addWidget(self.facts)
        box.addWidget(self.busy)
        box.addWidget(self.path, 1)
        box.addWidget(self.caption)
        box.addWidget(self.remarks)
        box.addLayout(target)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.area)
        split.addWidget(right)
        split.setSizes([1100, 900])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(10, 8, 10, 8)
        whole.addLayout(row)
        whole.addWidget(split, 1)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._palette = palette
        self.path.dress(palette, sizes.font)

    # ------------------------------------------------------------------------------ files

    def open(self, source: str | Path) -> None:
        """Open a plan file or a shipped plan.

        Raises:
            PlanError: there is none, or it is not TOML.
        """
        self.draft = Draft.open(source)
        self._rebuild()
        self._check()

    def save(self) -> None:
        """Save the plan: where it came from, or where the user says."""
        if self.draft is None:
            return
        path = self.draft.path
        if path is None or self.draft.shipped:
            choose_file(self, "Save the plan", KINDS, self._save, suffix="toml")
        else:
            self._save(path)

    def _save(self, path: Path) -> None:
        assert self.draft is not None
        try:
            self.draft.save(path)
        except OSError as error:
            self.remarks.setText(f"{path}: cannot be written: {error.strerror}.")
        self._name()

    def ready(self) -> tuple[Plan, Path | None]:
        """Return the plan as it stands, and the data file that is wished for.

        Raises:
            PlanError: there is no plan, or it has mistakes.
        """
        if self.draft is None:
            raise PlanError("plan", [Problem("plan", "no plan is open.", "Open one first.")])
        typed = self.target.text().strip()
        return self.draft.plan(), Path(typed).expanduser() if typed else None

    # ------------------------------------------------------------------------------ editing

    def _rebuild(self) -> None:
        """Make the form anew, at the same place."""
        assert self.draft is not None
        bar = self.area.verticalScrollBar()
        at = bar.value()
        form = self.form = PlanForm(self.draft.form)
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
        self.area.setWidget(form)
        bar.setValue(at)
        self._name()

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
        self.draft.add(group, kind)
        self._changed()

    def _moved(self, key: Key, by: int) -> None:
        assert self.draft is not None
        self.draft.move(key, by)
        self._changed()

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
        self.head.setText(self.draft.title + (" ·  changed" if self.draft.changed else ""))
        where = "comes with the program" if self.draft.shipped else str(self.draft.path or "new")
        self.file.setText(where)

    # ------------------------------------------------------------------------------ checking

    def _check(self) -> None:
        """Look for mistakes in the plan itself; if there are none, ask about the rig."""
        if self.draft is None or self.form is None:
            return
        try:
            self._plan = self.draft.plan()
            self._problems = ()
        except PlanError as error:
            self._problems = error.problems
        self._show_problems(self._problems)
        if self._problems:
            self._say("bad", _count(self._problems), "Nothing can be started before it is right.")
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
        found, self._pending = self._pending.result(), None
        if found.info is not None:
            self.outlook = found
        if self._problems:
            return
        errors = [p for p in found.problems if p.severity == "error"]
        self._show_problems(tuple(found.problems))
        if errors:
            self._say("bad", _count(errors), found.facts)
        else:
            self._say("good", found.verdict, found.facts)
        self.path.show_plan(found)
        self.caption.setText(found.places.words)

    def _show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Put errors beside their fields, and the rest below the map."""
        assert self.form is not None
        assert self.draft is not None
        beside = sorted_out(tuple(p for p in problems if p.severity == "error"),
                            [k for k in keys_of(self.draft.form) if k])  # fmt: skip
        self.form.show_problems(beside)
        rest = [*beside.get("", ()), *(p for p in problems if p.severity == "warning")]
        self.remarks.setText("\n".join(f"{p}" for p in rest[:6]))

    def _say(self, mood: str, verdict: str, facts: str) -> None:
        self.verdict.setObjectName("good" if mood == "good" else "mistake")
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)
        self.verdict.setText(verdict)
        self.facts.setText(facts)

    def _ask_open(self) -> None:
        choose_file(self, "Open a plan", KINDS, self._open)

    def _open_shipped(self, name: str) -> None:
        self.shipped.setCurrentIndex(0)
        if name != CHOOSE:
            self._open(name)

    def _open(self, source: str | Path) -> None:
        try:
            self.open(source)
        except PlanError as error:
            self._say("bad", "This plan cannot be opened.", str(error))

    def shut(self) -> None:
        """Let go of the thread that checks."""
        self._later.stop()
        self._watch.stop()
        self._pool.shutdown(cancel_futures=True)


def _count(problems: object) -> str:
    number = len(problems)  # type: ignore[arg-type]
    return f"{number} mistake{'s' if number != 1 else ''}"
