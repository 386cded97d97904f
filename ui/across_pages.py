"""The pages of results over sites: one for each panel of a figure that kinds of steps declare."""

from __future__ import annotations

from collections.abc import Sequence

from ui.across_panel import AcrossPanel
from ui.models.across_sites import across_sites, is_told
from ui.models.showing import Showing
from ui.models.site_map import SiteMap
from ui.page_panels import PageName, PagePanels


class AcrossPages(PagePanels[AcrossPanel]):
    """Keeps a panel for each page that a map has numbers for."""

    def show_as(self, showing: Showing) -> None:
        """Choose convention and reference, in which pages are drawn from now on."""
        self._showing = showing

    def begin(self) -> None:
        """Forget all pages: another scan is shown."""
        for name in tuple(self.panels):
            self._forget(name)

    def of_step(self, step: int | None) -> list[str]:
        """Return the pages of one step; None for all pages."""
        return [name for name, page in self.pages.items() if step in (None, page.step)]

    def offer(self, sites: SiteMap) -> None:
        """Have the pages that the sites have numbers for by now."""
        wanted = {page.name: page for page in sites.over if is_told(sites, page)}
        for name in tuple(self.panels):
            if name not in wanted or self.panels[name].page != wanted[name]:
                self._forget(name)
        for name, page in wanted.items():
            if name not in self.panels:
                self._keep(PageName(name, page.title, page.step), AcrossPanel(page, self._empty))

    def draw(self, name: str, sites: SiteMap, inks: Sequence[str]) -> None:
        """Draw one page, the conditions in their colours."""
        panel = self.panels[name]
        panel.draw(across_sites(sites, panel.page, self._showing), inks)
