"""Draws the views of a window, beat by beat; one that fails takes no other with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from seccm.plan import Plan
from seccm.plan.planner import KINDS
from ui.browse import BrowseView
from ui.camera_view import CameraView
from ui.live import LiveView
from ui.log import LogView
from ui.manual import ManualView
from ui.map import MapView
from ui.models.curve_choice import own_page_of, page_of, panels_of
from ui.models.desk import Desk
from ui.models.numbers import Numbers
from ui.models.palette import Palette, Sizes
from ui.models.showing import Conventions
from ui.models.words import Line
from ui.plan_view import PlanView
from ui.rig_view import RigView
from ui.run_bar import RunBar
from ui.trend_view import TrendView

MAP_BEATS = 9
"""Beats from one drawing of the map to the next: more than three a second; so for the log, but at
other beats."""


@dataclass(frozen=True, slots=True)
class Views:
    """All that a window shows."""

    bar: RunBar
    live: LiveView
    map: MapView
    log: LogView
    plan: PlanView
    browse: BrowseView
    manual: ManualView
    rig: RigView
    trends: TrendView
    camera: CameraView

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Give every view its colours and sizes."""
        for each in fields(self):
            getattr(self, each.name).dress(palette, sizes)

    def show_as(self, conventions: Conventions, plan: Plan | None) -> None:
        """Show signs and references as they were chosen; those of the run are the plan's."""
        name, offset = ("reference", 0.0) if plan is None else (
            plan.reference.name, plan.reference.offset,
        )  # fmt: skip
        showing = conventions.of(name)
        self.live.show_as(showing, offset)
        self.map.show_as(showing, offset)
        self.manual.show_as(showing)
        self.trends.show_as(showing)
        self.rig.show_as(showing)
        self.browse.show_as(conventions)


class Drawing:
    """Keeps the views of a window up to date with its desk.

    Args:
        desk: what is known of the run.
        views: of the window.
    """

    def __init__(self, desk: Desk, views: Views) -> None:
        self._desk, self._views = desk, views
        self._kinds: frozenset[str] | None = None
        self._said = 0
        self.failed: dict[str, str] = {}
        """Views that are not drawn any more, and why."""

    def begin(self) -> None:
        """Turn all views to another run; it is another chance for one that has failed."""
        self.failed.clear()
        self._guard("run", self._begin)

    def draw(self, beat: int, now: float) -> None:
        """Draw what is new.

        Args:
            beat: how many there have been.
            now: seconds on any steady clock.
        """
        # First what an operator must know, whatever else fails to be drawn.
        desk, outlook = self._desk, self._views.plan.outlook
        if outlook is not None and outlook.info is not None:
            desk.rig_simulated = outlook.info.virtual
        condition, simulated = self._condition, desk.simulated
        opened = self._views.plan.title
        self._views.bar.show_run(
            desk.run, condition, now, desk.notice, simulated=simulated, opened=opened
        )
        self._views.bar.emergency.show_banner(desk.banner)
        if beat % MAP_BEATS:
            self._guard("live", self._live)
        self._guard("manual", self._manual)
        self._guard("trends", lambda: self._trends(beat))
        self._guard("rig", self._rig)
        self._guard("camera", lambda: self._views.camera.draw(beat, desk))
        for view in self._views.browse.files:
            view.allow_resuming(self._desk.run.can("start"))
        if beat % MAP_BEATS == 0:
            # Without the curves, which come again with the next beat: both at once are felt.
            self._guard("map", self._map)
        elif beat % MAP_BEATS == MAP_BEATS // 2:
            self._guard("log", self._log)

    def _guard(self, name: str, draw: Callable[[], None]) -> None:
        """Draw a view, unless it has failed before."""
        if name in self.failed:
            return
        try:
            draw()
        except Exception as error:  # whatever it is, the others must go on
            self.failed[name] = f"{type(error).__name__}: {error}"
            words = f"The {name} view failed and is not updated any more: {self.failed[name]}."
            remedy = "The scan is not affected. Close the window and open it again."
            self._desk.alert(Line("error", words, remedy=remedy))

    def _begin(self) -> None:
        desk, views = self._desk, self._views
        assert desk.plan is not None
        # By hand, whatever the plan is for, a tip is driven.
        moves = desk.plan.moves or desk.map is None
        views.live.follow(desk.live, desk.file, moves=moves)
        views.live.planner.setVisible(KINDS.of(desk.plan.planner.kind).asks)
        views.map.follow(desk.map, desk.file)
        kinds = frozenset(
            segment.kind for site in list(desk.sites.values())[:1] for segment in site.segments
        )
        if kinds != self._kinds:
            # Another kind of measurement; else what the operator has chosen stays.
            self._kinds = kinds
            panels = panels_of(kinds, moves=moves)
            views.live.choose(*panels, own=own_page_of(kinds))
            views.map.panel.choose(page_of(kinds))
        if desk.info is not None:
            views.rig.show_info(desk.info)
        views.manual.describe(desk.info, desk.plan.reference.offset)

    @property
    def _condition(self) -> str:
        """That of the active site, in words."""
        site, sites = self._desk.run.site, self._desk.map
        return sites.label(site) if site is not None and sites is not None else ""

    def _live(self) -> None:
        desk = self._desk
        drawn = desk.live.drawn if desk.live is not None else None
        curves = "" if drawn in (None, desk.run.site) else f" · curves of site {drawn}"
        if desk.run.site is not None and desk.map is not None:
            self._views.live.head(f"Site {desk.run.site} · {self._condition}{curves}")
        else:
            self._views.live.head(f"No active site{curves or '.'}")
        if self._views.live.isVisible():
            self._views.live.show_numbers(Numbers.of(desk.news, desk.run))
        self._views.live.draw()

    def _manual(self) -> None:
        views = self._views
        views.manual.show_news(self._desk.news, views.plan.draft is not None, self._desk.run)

    def _trends(self, beat: int) -> None:
        numbers = Numbers.of(self._desk.news, self._desk.run)
        live = bool(numbers.values) and not numbers.stale
        self._views.trends.draw(beat, self._desk.trends, live=live)

    def _rig(self) -> None:
        self._views.rig.show_news(self._desk.news)

    def _map(self) -> None:
        if self._desk.map is not None and self._views.map.isVisible():
            self._views.map.draw()

    def _log(self) -> None:
        desk = self._desk
        if desk.said != self._said:
            new = min(desk.said - self._said, len(desk.lines))
            self._views.log.extend(list(desk.lines)[-new:])
            self._said = desk.said
