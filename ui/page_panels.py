"""Panels for pages that come and go with what there is to draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ui.models.palette import Palette
from ui.models.showing import Showing


@dataclass(frozen=True, slots=True)
class PageName:
    """What a page is called, and which step it is of."""

    name: str
    title: str
    step: int | None
    """None of what is of all steps together."""


class Dressed(Protocol):
    """A panel that takes colours and sizes."""

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""


P = TypeVar("P", bound=Dressed)


class PagePanels(Generic[P]):
    """Keeps a panel for each page.

    Args:
        empty: what a panel says while there is nothing to draw.
        add: told of each new page and its panel.
        drop: told the name of each page that is not needed any more.
    """

    def __init__(
        self, empty: str, add: Callable[[PageName, P], object], drop: Callable[[str], object]
    ) -> None:
        self._empty, self._add, self._drop = empty, add, drop
        self.panels: dict[str, P] = {}
        self.pages: dict[str, PageName] = {}
        self._showing = Showing()
        self._look: tuple[Palette, int] | None = None

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes, for panels that come later, too."""
        self._look = palette, font
        for panel in self.panels.values():
            panel.dress(palette, font)

    def _keep(self, page: PageName, panel: P) -> None:
        """Take a new page."""
        self.panels[page.name], self.pages[page.name] = panel, page
        if self._look is not None:
            panel.dress(*self._look)
        self._add(page, panel)

    def _forget(self, name: str) -> None:
        """Drop a page."""
        self._drop(name)
        del self.panels[name], self.pages[name]
