"""What can be done with the library of plans: keep one, make it a favourite, take it out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton

from seccm.errors import PlanError
from seccm.plan import own_plans
from seccm.plan.library import own_plans as mine
from ui.dialogs import show, tell
from ui.models.queue import slug
from ui.plan_files import PlanFiles


class Library(QToolButton):
    """A button with a menu.

    Args:
        files: has the plan that is open, and the bar in which something can be undone.
        changed: called when the list of plans is another one.
    """

    def __init__(self, files: PlanFiles, changed: Callable[[], object]) -> None:
        super().__init__()
        self._files, self._changed = files, changed
        self.setObjectName("flat")
        self.setText("Keep")
        self.setToolTip("Keep this plan in the library, make it a favourite, or take one out")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.keep_action = menu.addAction("Keep this plan in the library …", self._ask_name)
        self.favourite = menu.addAction("Favourite: first in the list")
        self.favourite.setCheckable(True)
        self.favourite.triggered.connect(self.favour)
        self.forget_action = menu.addAction("Take this plan out of the library", self.forget)
        menu.aboutToShow.connect(self.offer)
        self.setMenu(menu)

    @property
    def _name(self) -> str:
        """That of the plan that is open, where it is one of the library."""
        draft = self._files.draft
        path = None if draft is None else draft.path
        if draft is None or path is None:
            return ""
        known = own_plans.in_order()
        return path.stem if known.get(path.stem) == path else ""

    def offer(self) -> None:
        """Offer what makes sense for the plan that is open."""
        name = self._name
        self.keep_action.setEnabled(self._files.draft is not None)
        self.favourite.setEnabled(bool(name))
        self.favourite.setChecked(name in own_plans.favourites())
        self.forget_action.setEnabled(name in mine())

    def keep(self, name: str) -> None:
        """Keep the plan that is open, as it is now, under a name."""
        draft = self._files.draft
        if draft is None or self._files.is_broken():
            return
        try:
            with TemporaryDirectory() as place:
                file = Path(place) / "plan.toml"
                file.write_text(own_plans.whole_text(draft.plan(), draft.text), encoding="utf-8")
                own_plans.keep(file, name)
        except (PlanError, OSError) as error:
            said = error.problems if isinstance(error, PlanError) else (error,)
            tell(self, " ".join(str(one) for one in said))
            return
        self._changed()
        self._files.bar.ask(
            f"{name} is in the library.",
            {"Make it a favourite": partial(self._favour, name, True), "OK": lambda: None},
        )

    def favour(self, on: bool) -> None:
        """Make the plan that is open a favourite, or no longer."""
        if self._name:
            self._favour(self._name, on)

    def forget(self) -> None:
        """Take the plan that is open out of the library; that can be undone."""
        name = self._name
        if not name:
            return
        favourite = name in own_plans.favourites()
        try:
            aside = own_plans.forget(name)
        except PlanError as error:
            tell(self, str(error))
            return
        self._changed()
        self._files.bar.ask(
            f"{name} was taken out of the library.",
            {"Undo": partial(self._undo, aside, favourite), "OK": lambda: None},
        )

    def _undo(self, aside: Path, favourite: bool) -> None:
        try:
            name = own_plans.bring_back(aside)
            if favourite:
                own_plans.favour(name)
        except (PlanError, OSError) as error:
            tell(self, str(error))
        self._changed()

    def _favour(self, name: str, on: bool) -> None:
        try:
            own_plans.favour(name, on=on)
        except PlanError as error:
            tell(self, str(error))
        self._changed()

    def _ask_name(self) -> None:
        draft = self._files.draft
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Keep in the library")
        dialog.setLabelText("Name of the plan in the library:")
        if draft is not None:
            dialog.setTextValue(slug(draft.title))
        dialog.textValueSelected.connect(lambda name: self.keep(name.strip()))
        show(dialog)
