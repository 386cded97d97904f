"""A catalogue on the disk: an index of scans, and the tables of their sites as Parquet.

It is beside nothing that it describes: the data files are only read, and without it all can be made
again. A file is read again when its size or its time has changed. Tables of sites need the extra
`catalog`; without it there is the index, with the spread of every result in every scan.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from seccm.catalog.entry import ROW, Entry, Row, read
from seccm.catalog.search import Search
from seccm.data.trouble import discard
from seccm.errors import DataFileError
from seccm.installing import install_hint

_VERSION = 2
_MANY = 50
"""Files from which on it is worth while to begin processes."""
_TABLE = 200_000
"""Rows of one file of the table of sites."""


@dataclass(slots=True)
class Changes:
    """What an update of the catalogue did."""

    read: int = 0
    kept: int = 0
    gone: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    """Why files could not be read, by path."""


def default_folder() -> Path:
    """Return where the catalogue of this user lies."""
    if given := os.environ.get("SECCM_CATALOG"):
        return Path(given)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local or Path.home() / "AppData" / "Local") / "seccm" / "catalog"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seccm" / "catalog"


class Catalog:
    """The scans below some folders.

    Args:
        folder: where the catalogue lies; that of the user unless given.

    Raises:
        DataFileError: what lies there is no catalogue.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder) if folder is not None else default_folder()
        self.entries, self.folders, self._parts = _index(self.folder / "index.json")
        """What is known of each scan by its path; the folders that were looked through so far; and
        the scans whose sites are in each file of the table."""
        self.tags = _tags(self.folder / "tags.json")
        """Tags of scans, by their UUID: they stay where a file is moved."""

    def update(
        self,
        folders: Iterable[Path | str] = (),
        *,
        seen: Callable[[int], None] = lambda count: None,
        workers: int = 1,
    ) -> Changes:
        """Look through folders for scans that are new or have changed.

        Args:
            folders: to be looked through from now on; those of earlier times, too.
            seen: is told how many files have been looked at.
            workers: processes that read files, where many are new.

        Raises:
            DataFileError: there is no such folder, or the catalogue cannot be written.
        """
        for folder in map(Path, folders):
            if not folder.is_dir():
                raise DataFileError(f"{folder}: is not a folder. Nothing was catalogued.")
            if (name := str(folder.resolve())) not in self.folders:
                self.folders.append(name)
        changes = Changes()
        there: set[str] = set()
        wanted: list[tuple[Path, int, int]] = []
        tabled = {scan for scans in self._parts.values() for scan in scans}
        tables = find_spec("pyarrow") is not None
        for path, modified, size in _files(self.folders):
            name = str(path)
            there.add(name)
            known = self.entries.get(name)
            if (
                known is not None
                and (known.modified, known.size) == (modified, size)
                # What was being written may be by no one now, though no byte has changed.
                and known.state != "running"
                and not (tables and known.results and name not in tabled)
            ):
                changes.kept += 1
            else:
                wanted.append((path, modified, size))
        fresh: list[tuple[str, list[Row]]] = []
        for number, (entry, rows) in enumerate(_read_all(wanted, workers), 1):
            self.entries[entry.path] = entry
            fresh.append((entry.path, rows))
            seen(number)
        changes.read = len(fresh)
        changes.problems = {
            name: self.entries[name].problem for name in there if self.entries[name].problem
        }
        for name in self.entries.keys() - there:
            if _was_below(name, self.folders):
                del self.entries[name]
                changes.gone += 1
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._add(fresh)
            self._save()
        except OSError as error:
            raise DataFileError(
                f"{self.folder}: the catalogue cannot be written: {error.strerror or error}. Name "
                "another place in the environment variable SECCM_CATALOG."
            ) from error
        return changes

    def find(self, search: Search) -> list[Entry]:
        """Return the scans that are looked for, the newest first."""
        found = [e for e in self.entries.values() if search.finds(e, self.tags.get(e.uuid, ()))]
        return sorted(found, key=lambda entry: entry.started_at, reverse=True)

    def tag(self, path: Path | str, *names: str) -> tuple[str, ...]:
        """Give tags to a scan of the catalogue; a name that begins with - takes one away.

        Raises:
            DataFileError: the scan is not in the catalogue.
        """
        entry = self.entries.get(str(path)) or self.entries.get(str(Path(path).resolve()))
        if entry is None or not entry.uuid:
            raise DataFileError(
                f"{path}: is not in the catalogue. Look through its folder first: seccm catalog "
                f"{Path(path).parent}."
            )
        tags = dict.fromkeys(self.tags.get(entry.uuid, ()))
        for name in names:
            if name.startswith("-"):
                tags.pop(name[1:], None)
            else:
                tags[name] = None
        try:
            _write(self.folder / "tags.json", {**self.tags, entry.uuid: list(tags)})
        except OSError as error:
            raise DataFileError(
                f"{self.folder}: tags cannot be written: {error.strerror or error}. "
                "Nothing was changed."
            ) from error
        self.tags[entry.uuid] = list(tags)
        return tuple(tags)

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Ask the tables `sites` (a row for each result of each site) and `scans` with DuckDB.

        Returns:
            The names of the columns, and the rows.

        Raises:
            DataFileError: DuckDB is not installed, the table is empty, or the question is wrong.
        """
        try:
            import duckdb
        except ImportError:
            raise DataFileError(
                f"Questions in SQL need DuckDB. Install it with: {install_hint('catalog')}."
            ) from None
        paths = [str(self.folder / name) for name in self._parts]
        if not paths:
            raise DataFileError(
                "The catalogue has no table of sites yet. Look through a folder of scans first: "
                f"seccm catalog FOLDER. It needs pyarrow: {install_hint('catalog')}."
            )
        connection = duckdb.connect()
        try:
            quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
            connection.execute(
                "CREATE TABLE scans (scan VARCHAR, title VARCHAR, sample VARCHAR, started_at "
                "VARCHAR, state VARCHAR, simulated BOOLEAN, sites INTEGER)"
            )
            known = [e for e in self.entries.values() if not e.problem]
            columns = [
                [e.path for e in known],
                [e.title for e in known],
                [e.sample for e in known],
                [e.started_at for e in known],
                [e.state for e in known],
                [e.simulated for e in known],
                [e.sites for e in known],
            ]
            # Whole columns at once: row by row a thousand scans take half a second.
            each = ", ".join("unnest(?)" for _ in columns)
            connection.execute(f"INSERT INTO scans SELECT {each}", columns)
            connection.execute(f"CREATE VIEW sites AS SELECT * FROM read_parquet([{quoted}])")
            answer = connection.execute(sql)
            if answer is None:  # no words but those of a comment
                raise duckdb.Error("nothing is asked")
            names = [column[0] for column in answer.description or ()]
            return names, answer.fetchall()
        except duckdb.Error as error:
            raise DataFileError(
                f"The question is not understood: {error}. The table sites has the columns "
                f"{', '.join(ROW)}; the table scans has scan, title, sample, started_at, state, "
                "simulated, sites."
            ) from None
        finally:
            connection.close()

    # ------------------------------------------------------------------------ table of sites

    def _add(self, fresh: Sequence[tuple[str, list[Row]]]) -> None:
        """Bring tables of sites into files of Parquet; those with scans that changed are remade."""
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            return
        stale = {name for name, _ in fresh}
        left: list[tuple[str, list[Row]]] = [one for one in fresh if one[1]]
        for part, scans in list(self._parts.items()):
            gone = stale.intersection(scans) or set(scans) - self.entries.keys()
            if not gone:
                continue
            keep = set(scans) - stale & set(scans)
            keep &= self.entries.keys()
            left += _rows_of(pq.read_table(self.folder / part), keep)
            del self._parts[part]
        # A name is not used again while the index on the disk may still mean what was there.
        names = (f"sites-{k:05d}.parquet" for k in count())
        for group in _groups(left):
            name = next(n for n in names if not (self.folder / n).exists())
            columns = list(zip(*(row for _, rows in group for row in rows), strict=True))
            table = pa.table(dict(zip(ROW, columns, strict=True)))
            target = self.folder / name
            pq.write_table(table, target.with_suffix(".part"))
            target.with_suffix(".part").replace(target)
            self._parts[name] = [scan for scan, _ in group]

    def _save(self) -> None:
        _write(
            self.folder / "index.json",
            {
                "version": _VERSION,
                "folders": self.folders,
                "entries": [entry.to_json() for entry in self.entries.values()],
                "parts": self._parts,
            },
        )
        for part in self.folder.glob("sites-*.parquet"):
            if part.name not in self._parts:
                discard(part)


def _read_all(
    wanted: Sequence[tuple[Path, int, int]], workers: int
) -> Iterator[tuple[Entry, list[Row]]]:
    """Read files, many of them in processes: each takes some 50 ms of a processor."""
    if workers <= 1 or len(wanted) < _MANY:
        yield from (read(*one) for one in wanted)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(read, *zip(*wanted, strict=True), chunksize=8)


def _rows_of(table: Any, scans: set[str]) -> list[tuple[str, list[Row]]]:
    found: dict[str, list[Row]] = {}
    for row in zip(*(table[name].to_pylist() for name in ROW), strict=True):
        if row[0] in scans:
            found.setdefault(row[0], []).append(row)
    return list(found.items())


def _groups(scans: Sequence[tuple[str, list[Row]]]) -> Iterator[list[tuple[str, list[Row]]]]:
    group: list[tuple[str, list[Row]]] = []
    size = 0
    for one in scans:
        group.append(one)
        size += len(one[1])
        if size >= _TABLE:
            yield group
            group, size = [], 0
    if group:
        yield group


def _files(folders: Iterable[str]) -> Iterator[tuple[Path, int, int]]:
    """Yield every data file below the folders once, with its time and size."""
    seen: set[str] = set()
    for folder in folders:
        for root, below, names in os.walk(folder):
            below[:] = sorted(name for name in below if not name.startswith("."))
            for name in sorted(names):
                path = Path(root, name)
                if not name.endswith(".h5") or name.startswith(".") or str(path) in seen:
                    continue
                seen.add(str(path))
                try:
                    told = path.stat()
                except OSError:
                    continue  # gone since the folder was listed
                yield path, told.st_mtime_ns, told.st_size


def _was_below(name: str, folders: Iterable[str]) -> bool:
    """Tell whether a file that is not found is gone, rather than on a disk that is not there."""
    return any(Path(name).is_relative_to(folder) and Path(folder).is_dir() for folder in folders)


def _index(path: Path) -> tuple[dict[str, Entry], list[str], dict[str, list[str]]]:
    """Read an index; one that is spoiled, or of another version, is empty and made again.

    Scans whose part of the table is gone are forgotten, so that they are read again.
    """
    told = _load(path)
    try:
        if told.get("version") != _VERSION:
            return {}, [], {}
        entries = {one["path"]: Entry.from_json(one) for one in told["entries"]}
        folders = [str(folder) for folder in told["folders"]]
        parts = {name: [str(scan) for scan in scans] for name, scans in told["parts"].items()}
    except (KeyError, TypeError, AttributeError, ValueError):
        return {}, [], {}
    for name in [name for name in parts if not (path.parent / name).is_file()]:
        for scan in parts.pop(name):
            entries.pop(scan, None)
    return entries, folders, parts


def _tags(path: Path) -> dict[str, list[str]]:
    return {
        uuid: [tag for tag in tags if isinstance(tag, str)]
        for uuid, tags in _load(path).items()
        if isinstance(tags, list)
    }


def _load(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    part.replace(path)
