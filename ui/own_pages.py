"""The pages of what the kinds of steps draw themselves: one for each figure that sites have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from seccm.arrays import FloatArray
from ui.bars import CountPanel
from ui.models.curves import SiteCurve
from ui.models.showing import Showing
from ui.models.step_pages import OF_ALL, name_of_count, name_of_page
from ui.own_panel import OwnPanel
from ui.page_panels import PageName, PagePanels

Panel = OwnPanel | CountPanel


class OwnPages(PagePanels[Panel]):
    """Keeps a panel for each figure that the steps of some sites declare, and no others."""

    def show_as(self, showing: Showing) -> None:
        """Choose convention and reference."""
        self._showing = showing
        for panel in self.panels.values():
            if isinstance(panel, OwnPanel):
                panel.show_as(showing)

    def begin(self) -> None:
        """Forget what was drawn: another scan is shown."""
        for panel in self.panels.values():
            panel.begin()

    def of_step(self, step: int | None) -> list[str]:
        """Return the pages of one step, and those of all steps together; None for all pages."""
        return [n for n, p in self.pages.items() if step is None or p.step in (None, step)]

    def offer(self, sites: Sequence[SiteCurve]) -> None:
        """Have the pages that these sites have something for."""
        drawn = {name_of_page(one): one for site in sites for one in site.own}
        counted = {name_of_count(one): one for site in sites for one in site.counted}
        for name, panel in tuple(self.panels.items()):
            there = counted if isinstance(panel, CountPanel) else drawn
            if name not in there or panel.what != there[name].what:
                self._forget(name)
        words = {step.number: step.words for site in sites for step in site.steps}
        titles = [one.what.title for one in drawn.values()]
        for name, one in drawn.items():
            if name not in self.panels:
                several = titles.count(one.what.title) > 1
                title = _titled(one.what.title, words, one.step if several else OF_ALL)
                self._make(name, title, one.step, OwnPanel(one.what, self._empty))
        for name, count in counted.items():
            if name not in self.panels:
                title = _titled(f"Histogram: {count.result.words}", words, count.step)
                panel = CountPanel(count.what, count.result, self._empty)
                self._make(name, title, count.step, panel)

    def draw(
        self,
        name: str,
        sites: Sequence[SiteCurve],
        colour: Callable[[int, int], str],
        group: Callable[[int], tuple[int, str]],
    ) -> None:
        """Draw one page.

        Args:
            name: of the page.
            sites: what has been read of them.
            colour: returns that of a curve, given the place and the number of its site.
            group: returns what sites are counted together, and the colour, given a number.
        """
        panel = self.panels[name]
        if isinstance(panel, CountPanel):
            panel.show_parts(_counted(name, sites, group))
            return
        every = [
            (drawn, colour(k, site.number))
            for k, site in enumerate(sites)
            for drawn in site.own
            if name_of_page(drawn) == name
        ]
        panel.draw([drawn for drawn, _ in every], [ink for _, ink in every])

    def _make(self, name: str, title: str, step: int, panel: Panel) -> None:
        if isinstance(panel, OwnPanel):
            panel.show_as(self._showing)
        self._keep(PageName(name, title, None if step == OF_ALL else step), panel)


def _counted(
    name: str, sites: Sequence[SiteCurve], group: Callable[[int], tuple[int, str]]
) -> list[tuple[str, FloatArray]]:
    """Return colour and numbers of each group of sites."""
    found: dict[int, list[FloatArray]] = {}
    inks: dict[int, str] = {}
    for site in sites:
        for one in site.counted:
            if name_of_count(one) == name:
                k, inks[k] = group(site.number)
                found.setdefault(k, []).append(one.values)
    return [(inks[k], np.concatenate(values)) for k, values in sorted(found.items())]


def _titled(title: str, steps: Mapping[int, str], step: int) -> str:
    """Return the title of a page, with its step where several have the like."""
    return title if step == OF_ALL or len(steps) < 2 else f"{title} · {steps.get(step, step + 1)}"
