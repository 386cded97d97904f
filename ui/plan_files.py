"""Opening and saving plans; what was edited and not saved is never lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ui.dialogs import choose_file
from ui.kept_drafts import Kept, KeptDrafts
from ui.models.draft import Draft
from ui.unsaved_bar import UnsavedBar

KINDS = "Plans (*.toml)"


class PlanFiles(QObject):
    """Has the plan that is open, and asks before it is replaced by another.

    Args:
        parent: the view, which shows the bar that asks.
    """

    opened = Signal()
    """Another plan is open."""
    named = Signal()
    """Its file, or whether it is saved, is another one."""
    failed = Signal(str)
    """Something could not be written, and why."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.draft: Draft | None = None
        self.bar = UnsavedBar()
        self.is_broken: Callable[[], bool] = lambda: False
        """Tells whether what was typed is not a file of a plan, and says so: it is not saved."""
        self._kept: KeptDrafts | None = None
        self._offers: list[Kept] = []

    def open(self, source: str | Path) -> None:
        """Open a plan file or a shipped plan; unsaved changes of the open one are asked about.

        Raises:
            PlanError: there is none, or it is not TOML.
        """
        draft = Draft.open(source)
        self._make_way(partial(self._take, draft))

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save the plan: where it came from, or where the user says.

        Args:
            then: done once it is saved.
        """
        draft = self.draft
        if draft is None or self.is_broken():
            return
        if draft.path is None or draft.shipped:
            self.save_as(then)
        elif draft.overtaken:
            self.bar.ask(
                f"{draft.path.name} was changed by another program after it was opened here.",
                {"Replace it": partial(self._write, draft, then, draft.path),
                 "Save as …": partial(self.save_as, then), "Keep editing": self._offer},
            )  # fmt: skip
        else:
            self._write(draft, then, draft.path)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Save the plan where the user says."""
        draft = self.draft
        if draft is not None and not self.is_broken():
            start = None if draft.shipped else draft.path
            write = partial(self._write, draft, then)
            choose_file(self._parent, "Save the plan", KINDS, write, suffix="toml", start=start)

    def keep_in(self, folder: Path) -> str:
        """Keep unsaved changes in a folder from now on; offer what was left behind there.

        Returns:
            What was left behind, in a sentence; empty if nothing was.
        """
        self._kept = KeptDrafts(folder)
        self._offers = self._kept.left_behind()
        self._offer()
        return self.bar.words.text() if self._offers else ""

    def note(self) -> bool:
        """Keep what is not saved, as it is now; returns whether that could be done."""
        if self._kept is None:
            return False
        try:
            if self.draft is not None and self.draft.changed:
                self._kept.keep(self.draft)
            else:
                self._kept.forget()
        except OSError as error:
            self.failed.emit(f"Unsaved changes cannot be kept: {error.strerror}. Save them.")
            return False
        return True

    def close(self) -> None:
        """Leave what is not saved to the next window."""
        self.note()
        if self._kept is not None:
            self._kept.close()

    def _make_way(self, do: Callable[[], object]) -> None:
        """Do something that opens another plan, once there is nothing to lose."""
        draft = self.draft
        if draft is None or not draft.changed:
            do()
            return
        self.bar.ask(
            f"Unsaved changes of {draft.title}:",
            {"Save": partial(self.save, do), "Discard": do, "Keep editing": self._offer},
        )

    def _take(self, draft: Draft) -> None:
        self.draft = draft
        self.note()
        self.opened.emit()
        self._offer()

    def _write(self, draft: Draft, then: Callable[[], object] | None, path: Path) -> None:
        """Write the plan that was open when this was asked for, whichever is now."""
        try:
            draft.save(path)
        except OSError as error:
            self.failed.emit(f"{path}: cannot be written: {error.strerror}.")
            return
        if draft is not self.draft:
            return
        self.note()
        self.named.emit()
        if then is None:
            self._offer()
        else:
            then()

    # ------------------------------------------------------------------------------ left behind

    def _offer(self) -> None:
        """Offer what another window left behind, if nothing else is asked."""
        if not self._offers:
            self.bar.withdraw()
            return
        kept = self._offers[0]
        self.bar.ask(
            f"Unsaved changes of {kept.draft.title}, {kept.when}, were kept.",
            {"Restore": partial(self._make_way, partial(self._take_up, kept)),
             "Discard": partial(self._drop, kept), "Later": partial(self._put_off, kept)},
        )  # fmt: skip

    def _take_up(self, kept: Kept) -> None:
        self._offers.remove(kept)
        self._take(kept.draft)
        assert self._kept is not None
        if self.note():
            self._kept.drop(kept.file)

    def _drop(self, kept: Kept) -> None:
        assert self._kept is not None
        self._kept.drop(kept.file)
        self._put_off(kept)

    def _put_off(self, kept: Kept) -> None:
        self._offers.remove(kept)
        self._offer()
