"""Reading a report page about a picture: what stands in it, and what it links."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path


class Page(HTMLParser):
    """A page: tables by their headings, facts by their names, notices; every link must be there.

    Args:
        path: of the page.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.facts: dict[str, str] = {}
        self.notices: list[str] = []
        self.links: list[str] = []
        self._heading = self._name = ""
        self._kind, self._text = "", ""
        self.feed(path.read_text(encoding="utf-8"))
        assert self.links
        for link in self.links:
            assert (path.parent / link).exists(), link

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.links += [told[name] or "" for name in ("href", "src") if name in told]
        if tag == "table":
            self.tables[self._heading] = []
        if tag == "tr":
            self.tables[self._heading].append([])
        if tag in ("h1", "h2", "dt", "dd", "td", "th", "p"):
            self._kind = "notice" if told.get("class") == "notice" else tag
            self._text = ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        text = self._text.strip()
        if tag in ("h1", "h2"):
            self._heading = text
        elif tag == "dt":
            self._name = text
        elif tag == "dd":
            self.facts[self._name] = text
        elif tag in ("td", "th"):
            self.tables[self._heading][-1].append(text)
        elif tag == "p" and self._kind == "notice":
            self.notices.append(text)

    def rows(self, heading: str) -> list[list[str]]:
        """Return the rows of a table below its head."""
        return self.tables[heading][1:]
