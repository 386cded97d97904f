"""The main window: a run bar above, rooms below; it polls a host and hands on what it hears."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QScreen, QShowEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow

from seccm.errors import DataFileError, PlanError, SeccmError
from seccm.plan.instruction import Instruction
from seccm.remote import Client
from seccm.words import SIMULATION
from ui import dialogs
from ui.asking import Asking
from ui.browse import BrowseView, FileView
from ui.camera_view import CameraView
from ui.drawing import Drawing, Views
from ui.icons import icon
from ui.kept_drafts import folder_of
from ui.key_help import KeyHelp, meaning_of
from ui.keys import KEYS, KeySheet
from ui.live import LiveView
from ui.log import LogView
from ui.manual import ManualView
from ui.map import MapView
from ui.models.desk import Desk
from ui.models.link import Link
from ui.models.palette import DARK, LIGHT, Palette, Sizes
from ui.models.recent import present, remembered, with_newest
from ui.models.run_file import RunFile
from ui.models.showing import Conventions, Showing
from ui.models.words import Line
from ui.notebook import Notebook
from ui.notes_dialog import NotesDialog
from ui.plan_view import PlanView
from ui.planner_view import PlannerView
from ui.pushed import GLOVES
from ui.queue_follow import QueueFollow
from ui.reference import ReferenceDialog
from ui.rig_view import RigView
from ui.rooms import ROOMS, Rooms
from ui.run_bar import RunBar
from ui.theme import dots_of, dress
from ui.trend_view import TrendView

BEAT_MS = 33

Connect = Callable[[], Link]


class Window(QMainWindow):
    """Shows one host's run, plans and files.

    Args:
        connect: makes a link to a host that is idle; called when a run is to begin.
        link: to a host that is at work already.
        rig: name or file of the rig that runs are made for.
        settings: where the places of the views are remembered; nothing else is.
        palette: dark or light.
        glove: large targets for gloved hands.
        scale: how many times the usual size; 0 to reckon it from the screen.
        pace: for virtual rigs: how many times as fast as real time.
    """

    def __init__(
        self,
        connect: Connect = Client.open,
        link: Link | None = None,
        *,
        rig: str = "virtual",
        settings: QSettings | None = None,
        palette: Palette = DARK,
        glove: bool = False,
        scale: float = 0.0,
        pace: float = 1.0,
    ) -> None:
        super().__init__()
        self._settings = settings or QSettings("seccm", "window")
        self.palette_, self.glove, self._scale = palette, glove, scale
        self.desk = Desk(link)
        self._conventions = Conventions()
        self._dots, self._on_screen = 0.0, False
        self._began, self._beats = 0, 0
        self._awaits: Callable[[], object] | None = None
        """What is shown of a run as soon as that is shown itself."""
        self.actions_ = {key.name: QAction(key.words, self) for key in KEYS}
        self._wire_keys()
        self.bar = RunBar(self.actions_)
        self.live = LiveView()
        self.map = MapView()
        self.log = LogView()
        self.plan = PlanView(rig)
        self._asking = Asking(self.desk, self.plan, connect, rig, pace)
        self.desk.rig_simulated = self._asking.simulated
        self.plan.files.opened.connect(lambda: self.desk.settle("plan"))
        self.notebook = Notebook(self._settings, self._say)
        self.browse = BrowseView(self._say)
        self.browse.resumed.connect(self.resume_file)
        self.browse.chosen.connect(self.open_file)
        self.browse.moved.connect(self._note_file)
        self.browse.planner_asked.connect(self.show_planner)
        self.browse.notes_asked.connect(self.notes_of)
        self.browse.found.connect(lambda path, beside: self.open_file(path, beside=beside))
        self.plan.notes_asked.connect(lambda: self.show_notes())
        self.browse.asked.connect(lambda beside: self._open_file(beside=beside))
        self.manual = ManualView(self.connect_rig, rig)
        self.manual.asked.connect(self.desk.by_hand)
        self.manual.coarse.serve(self.desk, self.approach_coarsely)
        self.live.planner.clicked.connect(lambda: self.show_planner())
        self.trends = TrendView()
        self.camera = CameraView()
        self.rig = RigView(rig)
        self.rig.started.connect(self.commission)
        self.rig.stopped.connect(self.desk.stop_step)
        self.rig.kept.connect(self.desk.keep)
        self._views = Views(self.bar, self.live, self.map, self.log, self.plan, self.browse,
                            self.manual, self.rig, self.trends, self.camera)  # fmt: skip
        self.drawing = Drawing(self.desk, self._views)
        self.rooms = self._build()
        self._name()
        self.dress()
        self._show_conventions()
        self._remember()
        self.browse.show_recent(present(self._recent))
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.beat)
        self._timer.start(BEAT_MS)

    def _dismiss(self) -> None:
        """Dismiss the notice and the banner of an emergency."""
        self.desk.dismiss()
        self.desk.dismiss_banner()

    # ------------------------------------------------------------------------------ building

    def _wire_keys(self) -> None:
        doing: dict[str, Callable[[], object]] = {
            "start": self.start,
            "resume-file": lambda: self.resume_file(),
            "hold": lambda: self.desk.by_hand("hold", {}),
            "off": lambda: self.desk.by_hand("off", {}),
            "dismiss": self._dismiss,
            "fit": self._fit,
            "next-quantity": lambda: self._maps().step(1),
            "last-quantity": lambda: self._maps().step(-1),
            "planner": lambda: self.show_planner(),
            "next-site": lambda: self._maps().step_site(1),
            "last-site": lambda: self._maps().step_site(-1),
            "open": lambda: self._open_file(beside=False),
            "compare": lambda: self._open_file(beside=True),
            "show-file": self.show_file,
            "open-plan": self._open_plan,
            "save-plan": lambda: self.plan.save(),
            "save-plan-as": lambda: self.plan.save_as(),
            "report": lambda: self.browse.report(),
            "notes": self.notes,
            "convention": self._turn_convention,
            "theme": self._turn_theme,
            "glove": self._turn_glove,
            "reset": lambda: self.rooms.reset(),
            "keys": self._help,
        }
        for verb in ("pause", "resume", "skip", "stop", "take", "emergency"):
            doing[verb] = partial(self.desk.ask, verb)
        for room in ROOMS:
            doing[room] = partial(self.go, room)
        for panel in ("E-t", "I-t", "I-E", "E-Q", "approach"):
            doing[panel] = partial(self._toggle, panel)
        for key in KEYS:
            action = self.actions_[key.name]
            action.setShortcut(QKeySequence(key.keys))
            action.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
            # A key that is held down, or that something lies on, must not ask twice.
            action.setAutoRepeat(not key.moves and key.group != "Run")
            action.setToolTip(f"{key.words}  ({key.keys})")
            action.triggered.connect(lambda _=False, do=doing[key.name]: do())
            self.addAction(action)

    def _build(self) -> Rooms:
        # A menu's place, so that no view can be dragged over the run bar.
        self.setMenuWidget(self.bar)
        rooms = Rooms(
            {
                "live": self.live, "map": self.map, "log": self.log, "plan": self.plan,
                "browse": self.browse, "manual": self.manual, "rig": self.rig,
                "trends": self.trends, "camera": self.camera,
            },
            self.actions_,
            self._settings,
        )  # fmt: skip
        self.setCentralWidget(rooms)
        self.plan.rig_is_busy = lambda: self.desk.run.running
        self.plan.queue.rig_is_busy = lambda: not self.desk.free
        self.queue = QueueFollow(self, lambda: self.desk.free, self.desk.follow)
        self.plan.queue.changed.connect(self.queue.take)
        self.plan.queue.look()
        return rooms

    def _help(self) -> None:
        """Say what the field means that has the focus; elsewhere, show all keys."""
        asked = meaning_of(QApplication.focusWidget())
        dialogs.show(KeyHelp(asked, self) if asked else KeySheet(self, self._words()))

    def _words(self) -> dict[str, str]:
        """Return what the actions are called now."""
        return {name: action.text() for name, action in self.actions_.items()}

    def _toggle(self, panel: str) -> None:
        self.live.buttons[panel].click()

    def _fit(self) -> None:
        self.live.whole()
        self.map.whole()

    # ------------------------------------------------------------------------------ rooms

    @property
    def room(self) -> str:
        """The room that is open."""
        return self.rooms.room

    @property
    def docks(self) -> Mapping[str, QDockWidget]:
        """The views in their frames, by name."""
        return self.rooms.docks

    def go(self, room: str) -> None:
        """Turn to another room: its views, where they were left."""
        self.rooms.go(room)

    def _remember(self) -> None:
        kept = self._settings.value("geometry")
        if not (isinstance(kept, QByteArray) and self.restoreGeometry(kept)):
            self.resize(1280, 800)
        self.go("scan")
        words = self.plan.keep_in(folder_of(self._settings))
        if words:
            self._say(Line("warning", words, remedy="See Plan."))

    # ------------------------------------------------------------------------------ look

    def dress(self) -> None:
        """Give everything its look: palette, sizes, icons."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        screen = self.screen() or app.primaryScreen()
        self._dots = dots_of(screen)
        sizes = Sizes.of(self._dots, glove=self.glove, scale=self._scale)
        p = self.palette_
        dress(app, p, sizes)
        app.setProperty(GLOVES, self.glove)
        for key in KEYS:
            if key.icon:
                ink = "#ffffff" if key.name in ("start", "resume", "emergency") else p.text
                self.actions_[key.name].setIcon(icon(key.icon, ink, p.muted))
        self.rooms.dress(sizes)
        self._views.dress(p, sizes)

    def showEvent(self, event: QShowEvent) -> None:
        """Take the sizes from the screen the window is really on, and from any it is moved to."""
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None and not self._on_screen:
            self._on_screen = True
            handle.screenChanged.connect(self._fit_screen)
            self._fit_screen(handle.screen())

    def _fit_screen(self, screen: QScreen) -> None:
        if dots_of(screen) != self._dots:
            self.dress()

    def change_look(self, palette: Palette, scale: float = 0.0) -> None:
        """Choose a palette, and how many times the usual size; 0 to reckon it from the screen."""
        self.palette_, self._scale = palette, scale
        self.dress()

    @property
    def showing(self) -> Showing:
        """How what is in view is shown: the file that is browsed, else the run."""
        if self.room == "browse" and self.browse.files:
            return self._conventions.of(self.browse.files[0].reference)
        return self._conventions.of(self._reference)

    @property
    def _reference(self) -> str:
        return self.desk.plan.reference.name if self.desk.plan is not None else "reference"

    def show_as(self, showing: Showing) -> None:
        """Choose the convention everywhere, and what one reference is converted to."""
        self._conventions = self._conventions.taking(showing)
        self._show_conventions()

    def _show_conventions(self) -> None:
        self._views.show_as(self._conventions, self.desk.plan)
        polarographic = self._conventions.polarographic
        self.rooms.signs.setText("polaro-\ngraphic" if polarographic else "IUPAC")

    def _turn_convention(self) -> None:
        dialog = ReferenceDialog(self, self.showing)
        dialog.chosen.connect(self.show_as)
        dialogs.show(dialog)

    def _turn_theme(self) -> None:
        self.palette_ = LIGHT if self.palette_ is DARK else DARK
        self.dress()

    def _turn_glove(self) -> None:
        self.glove = not self.glove
        self.dress()

    # ------------------------------------------------------------------------------ the run

    def start(self) -> None:
        """Ask the host to begin the plan that is open; the first time of all, ask for notes."""
        if self.plan.queue.now.is_run:
            words = "The queue runs plans on the rig."
            remedy = "Add this plan to it under Plan, Queue; or end the queue first."
            self.desk.alert(Line("warning", words, remedy=remedy), "plan")
            return
        if self.notebook.first_time(simulated=self._asking.simulated):
            buttons = ("Start with these notes", "Start without notes")
            dialog = self.show_notes(buttons)
            dialog.accepted.connect(self._begin_plan)
            dialog.leave.clicked.connect(self._begin_plan)
            return
        self._begin_plan()

    def _begin_plan(self) -> None:
        self._ask(self._asking.begin, "scan", lambda _: self.go("plan"))

    def resume_file(self, path: Path | None = None) -> None:
        """Ask the host to go on with a run from its file.

        Args:
            path: the file; None for the one that is browsed, or that of the last run.
        """
        browsed = self.browse.files[0].file.found if self.browse.files else None
        file = (browsed if self.room == "browse" else None) or self.desk.file
        path = path or self._found(file, "No data file is open.", "Open one under Browse.")
        if path is not None:
            for view in self.browse.files:
                if view.file.path == path:
                    view.file.release()
            self._ask(partial(self._asking.resume, path), "scan")

    def _found(
        self, file: RunFile | None, none: str, remedy: str = "", about: str = "file"
    ) -> Path | None:
        """Return where a file is now; None if it is not found, or there is none, which is said."""
        if file is None:
            self.desk.alert(Line("warning", none, remedy=remedy), about)
            return None
        try:
            return file.where()
        except DataFileError as error:
            self.desk.alert(Line("error", str(error)), "file")
            return None

    def connect_rig(self, on: bool = True) -> None:
        """Open the rig for manual control, or let go of it."""
        if on:
            self._ask(self._asking.connect)
        else:
            self.desk.by_hand("close", {})

    def commission(self, step: str, settings: dict[str, str], confirmed: bool) -> None:
        """Ask the host to carry out a commissioning step on the rig."""
        asked = partial(self._asking.commission, step, settings, confirmed=confirmed)
        self._ask(asked, refused=partial(self.rig.refuse, step))

    def approach_coarsely(self, asking: bool) -> None:
        """Ask the host for a coarse approach, as the plan that is open approaches."""
        self._ask(partial(self._asking.approach_coarsely, asking=asking))

    def _ask(
        self,
        what: Callable[[], None],
        room: str = "",
        refused: Callable[[PlanError], object] = lambda error: None,
    ) -> None:
        """Ask for something.

        Args:
            what: asks for it.
            room: to turn to if it could be asked for.
            refused: told where the plan, the rig file or a setting is wrong.
        """
        try:
            what()
        except SeccmError as error:
            wrong_plan = isinstance(error, PlanError)
            if isinstance(error, PlanError):
                refused(error)
            self.desk.alert(Line("error", str(error)), "plan" if wrong_plan else "")
        else:
            if room:
                self.go(room)

    def open_plan(self, source: str | Path) -> None:
        """Open a plan in the plan view."""
        try:
            self.plan.open(source)
        except PlanError as error:
            self.desk.alert(Line("error", str(error)), "plan")

    def beat(self) -> None:
        """Take in the news and draw what is new; called thirty times a second."""
        now = time.monotonic()
        self._beats += 1
        self.desk.beat(now)
        if self.desk.began != self._began:
            self._begin()
        self.drawing.draw(self._beats, now)
        if self._awaits is not None and not self.desk.coming:
            awaited, self._awaits = self._awaits, None
            self.desk.settle("run")
            awaited()

    def _begin(self) -> None:
        """Turn to another run."""
        self._began = self.desk.began
        assert self.desk.plan is not None
        self._name()
        self._show_conventions()
        self.drawing.begin()
        if self.desk.file is not None:
            self._note_file(self.desk.file.path)
        # The sites of a large plan are many objects, and stay: they need not be searched either.
        gc.freeze()

    def _name(self) -> None:
        """Write on the frame what is shown, and whether it is simulated."""
        title = self.desk.plan.title if self.desk.plan is not None else ""
        simulated = SIMULATION if self.desk.simulated else ""
        parts = " · ".join(part for part in (simulated, title) if part)
        self.setWindowTitle(f"{parts} – seccm" if parts else "seccm")

    # ------------------------------------------------------------------------------ notes

    def notes(self) -> None:
        """Show the notes of the file that is browsed, or those of the next run."""
        if self.room == "browse" and self.browse.files:
            self.notes_of(self.browse.files[0])
        else:
            self.show_notes()

    def show_notes(self, buttons: tuple[str, str] = ("Store", "Cancel")) -> NotesDialog:
        """Show the notes that every file gets that is begun from now on."""
        return self.notebook.of_next_run(self, buttons)

    def notes_of(self, view: FileView) -> None:
        """Show the notes of a data file."""
        self.notebook.of_file(view, self)

    # ------------------------------------------------------------------------------ files

    def _open_file(self, *, beside: bool) -> None:
        opening = partial(self.open_file, beside=beside)
        dialogs.choose_file(self, "Open a data file", "seccm data (*.h5)", opening)

    def open_file(self, path: Path, *, beside: bool = False) -> None:
        """Browse a data file, finished or growing."""
        try:
            self.browse.open(path, beside=beside)
        except DataFileError as error:
            self.desk.alert(Line("error", str(error)), "file")
            return
        self.desk.settle("file")
        self._note_file(path)
        self.go("browse")

    def show_planner(self, path: Path | None = None) -> PlannerView | None:
        """Show what the planner of the file that is browsed believed, else that of the run.

        Args:
            path: of the file that is meant, where two are browsed.
        """
        browsed = [view.file.found for view in self.browse.files if self.room == "browse"]
        of_it = [found for found in browsed if path in (None, found.path)]
        mine = self.desk.file
        if not of_it and self._waits_for_run(self.show_planner):
            return None
        file = of_it[0] if of_it else mine
        if file is None:
            self.desk.alert(Line("warning", "There is no run with a planner."), "run")
            return None
        live = mine is not None and mine.path == file.path and self.desk.run.running
        view = PlannerView(file, self.showing, self)
        view.may_tell(partial(self._instruct, view) if live else None)
        view.dress(self.palette_, Sizes.of(self._dots, glove=self.glove, scale=self._scale))
        dialogs.show(view)
        return view

    def _waits_for_run(self, what: Callable[[], object]) -> bool:
        """Have something of a run shown when the run is; return whether one is still to come."""
        if self.desk.coming:
            self._awaits = what
            words = "The run is being prepared. What you asked for is shown as soon as it is there."
            self.desk.alert(Line("info", words), "run")
        return self.desk.coming

    def _instruct(self, view: PlannerView, instruction: Instruction) -> None:
        """Tell the run what is wanted of the sites to come; the view says what became of it."""
        self.desk.instruct(instruction, partial(view.told, instruction))

    def _note_file(self, path: Path) -> None:
        """Remember a data file that was used, for the list of recent ones."""
        self._settings.setValue("recent", with_newest(self._recent, path))
        self.browse.show_recent(present(self._recent))

    @property
    def _recent(self) -> list[str]:
        """The data files that were used last, as they are remembered."""
        return remembered(self._settings.value("recent"))

    def show_file(self) -> None:
        """Browse the data file of the run that is shown, finished or growing."""
        if self._waits_for_run(self.show_file):
            return
        path = self._found(
            self.desk.file, "There is no run whose file could be shown.", about="run"
        )
        if path is not None:
            self.open_file(path)

    def _open_plan(self) -> None:
        def opening(path: Path) -> None:
            self.open_plan(path)
            self.go("plan")

        dialogs.choose_file(self, "Open a plan", "Plans (*.toml)", opening)

    def _maps(self) -> MapView:
        """Return the map that keys are about."""
        return (self.browse.map if self.room == "browse" else None) or self.map

    def _say(self, line: Line) -> None:
        (self.desk.alert if line.level in ("warning", "error") else self.desk.say)(line)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave; a run goes on without the window."""
        self._timer.stop()
        self._settings.setValue("geometry", self.saveGeometry())
        self.rooms.save()
        self.browse.close_files()
        self.queue.shut()
        self.plan.shut()
        self.map.shut()
        self.live.shut()
        self.camera.shut()
        self.desk.close()
        super().closeEvent(event)
