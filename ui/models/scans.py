"""Scans that the catalogue knows, and those that were used last, as the window lists them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from seccm.catalog import Catalog, Search
from seccm.catalog.entry import Entry, Spread, read
from seccm.errors import DataFileError
from seccm.typography import counted, readable
from seccm.units import show
from seccm.words import SIMULATION

HEADS = ("Begun", "Title", "Sample", "Sites", "State", "Tags", "Result", "File")
RESULT = HEADS.index("Result")
JOINED = "\u00a0"
"""A blank at which no line ends: between a number and its unit."""
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of scans at a moment."""

    entries: tuple[Entry, ...] = ()
    """The newest first."""
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By the UUID of a scan."""
    recent: tuple[str, ...] = ()
    """Files that were used last, the newest first."""
    folders: tuple[str, ...] = ()
    """That are looked through."""

    @property
    def results(self) -> list[str]:
        """The names of all results that some scan has, and of what was measured around the cell."""
        names: set[str] = set()
        for entry in self.entries:
            names |= entry.results.keys() | entry.surroundings.keys()
        return sorted(names)

    def find(self, search: Search, *, recent: bool) -> list[Entry]:
        """Return the scans that are looked for.

        Args:
            search: what they must have.
            recent: only those that were used last, in that order.

        Raises:
            DataFileError: a limit has a unit that the result does not have.
        """
        found = [e for e in self.entries if search.finds(e, self.tags.get(e.uuid, ()))]
        if not recent:
            return found
        places = {path: k for k, path in enumerate(self.recent)}
        used = [entry for entry in found if entry.path in places]
        return sorted(used, key=lambda entry: places[entry.path])


def search_of(typed: Mapping[str, str]) -> Search:
    """Return what is looked for, from what was typed into each field.

    Raises:
        DataFileError: a day or a range is not written as one.
    """
    search = Search(
        text=typed["text"],
        plan=typed["plan"],
        sample=typed["sample"],
        condition=typed["condition"],
        notes=typed["notes"],
        tag=typed["tag"],
        after=typed["after"],
        before=typed["before"],
    )
    return search.with_range(typed["range"]) if typed["range"] else search


def tags_of(text: str) -> list[str]:
    """Return the tags in a text with commas between them."""
    return [tag for part in text.split(",") if (tag := part.strip())]


def load(recent: Sequence[Path]) -> Known:
    """Read the catalogue, and files that were used last and are not in it.

    Raises:
        DataFileError: what lies there is no catalogue.
    """
    catalog = Catalog()
    entries = dict(catalog.entries)
    for path in recent:
        if str(path) not in entries:
            try:
                told = path.stat()
            except OSError:
                continue
            entries[str(path)] = read(path, told.st_mtime_ns, told.st_size)[0]
    fine = (entry for entry in entries.values() if not entry.problem)
    ordered = sorted(fine, key=lambda entry: entry.started_at, reverse=True)
    names = tuple(str(path) for path in recent)
    return Known(tuple(ordered), dict(catalog.tags), names, tuple(catalog.folders))


def look_through(folder: Path | None, recent: Sequence[Path]) -> Known:
    """Look through folders for scans that are new or have changed, in a process of its own.

    Args:
        folder: one more from now on; None for those that are known.
        recent: files that were used last.

    Raises:
        DataFileError: the folder, or the catalogue, cannot be used.
    """
    words = [sys.executable, "-m", "seccm", "catalog", *([str(folder)] if folder else [])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip()
        raise DataFileError(" ".join(said.split()) or "The catalogue could not be made.")
    return load(recent)


def tag(path: str, names: Collection[str], recent: Sequence[Path]) -> Known:
    """Give tags to a scan; a name that begins with - takes one away.

    Raises:
        DataFileError: the scan is not in the catalogue.
    """
    Catalog().tag(path, *names)
    return load(recent)


def spread_words(spread: Spread) -> str:
    """Say how a result spreads: "12 nA (8 to 15, n = 64)"."""
    low, middle, high = (
        show(value, spread.unit, 3).replace(" ", JOINED)
        for value in (spread.lowest, spread.median, spread.highest)
    )
    return readable(f"{middle} ({low} to {high}, n{JOINED}={JOINED}{spread.count})")


def spread_of(entry: Entry, name: str) -> str:
    """Say how a result of a scan spreads; empty where it has none."""
    found = entry.results.get(name) or entry.surroundings.get(name)
    return "" if found is None else spread_words(found)


def details(entries: Sequence[Entry]) -> list[tuple[str, list[str]]]:
    """Return rows of what scans are, side by side: a name, and a text for each scan."""
    rows = [
        ("title", [e.title for e in entries]),
        ("description", [" ".join(e.description.split()) for e in entries]),
        ("reference", [e.reference for e in entries]),
        ("sites", [", ".join(f"{n} {words}" for words, n in e.outcomes.items()) for e in entries]),
        ("conditions", [_some(e.conditions) for e in entries]),
    ]
    notes = dict.fromkeys(n for e in entries for n in e.notes if n.startswith("note_"))
    rows += [
        (name.removeprefix("note_").replace("_", " "), [e.notes.get(name, "") for e in entries])
        for name in notes
    ]
    results = dict.fromkeys(n for e in entries for n in (*e.surroundings, *e.results))
    rows += [(name, [spread_of(e, name) for e in entries]) for name in results]
    return [(name, texts) for name, texts in rows if any(texts)]


def _some(conditions: Sequence[str], most: int = 4) -> str:
    left = len(conditions) - most
    return "; ".join(conditions[:most]) + (f"; {left} more" if left > 0 else "")


class ScanTable(QAbstractTableModel):
    """The scans that were found, line by line; only what is in sight is asked for."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.known = Known()
        self.result = ""
        """The result that is shown."""

    def show_found(self, known: Known, entries: list[Entry], result: str) -> None:
        """Show other scans."""
        self.beginResetModel()
        self.known, self.entries, self.result = known, entries, result
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many scans were found."""
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return the name of a column."""
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return self.result or "Result" if section == RESULT else HEADS[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what stands in a cell; its tip is the same, and the whole path of a file."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        entry = self.entries[index.row()]
        if HEADS[index.column()] == "File":
            whole = role == Qt.ItemDataRole.ToolTipRole
            return entry.path if whole else Path(entry.path).name
        return self._cell(entry, HEADS[index.column()])

    def _cell(self, entry: Entry, head: str) -> str:
        match head:
            case "Begun":
                return entry.started_at[:16].replace("T", " ")
            case "Title":
                return entry.title.removeprefix(f"{SIMULATION} ")
            case "Sample":
                return entry.sample
            case "Sites":
                return str(entry.sites)
            case "State":
                return f"{entry.state}, simulated" if entry.simulated else entry.state
            case "Tags":
                return ", ".join(self.known.tags.get(entry.uuid, ()))
            case _:
                return spread_of(entry, self.result)


def found_words(known: Known, found: int, *, recent: bool) -> str:
    """Say how many scans were found, of how many."""
    where = "that were used last" if recent else f"in {counted(len(known.folders), 'folder')}"
    if not known.folders and not recent:
        where = "known; look through a folder of data files to find more"
    return f"{found} of {counted(len(known.entries), 'scan')} {where}"
