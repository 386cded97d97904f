"""Tables with a line of names: Ivium, AfterMath, PSTrace's copies, spreadsheets, one's own.

A name says its unit in brackets or after a slash. With columns x and y, or one called "site", the
table has many sites. A folder has a file for each site, and a table that says where each lies.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from seccm.readers.recording import Column, Part, Recording, squeezed
from seccm.readers.said import Place, Said, read_places
from seccm.readers.seam import Reader
from seccm.readers.text_tables import beginning, columns_of, lines_of, name_and_unit, wrong

ENDS = (".csv", ".txt", ".tsv", ".dat")
LISTS = ("places.csv", "sites.csv")
"""What a table of places in a folder is called."""
_MOST = 500
"""Lines that a head may have."""
_UNIT = re.compile(r"[(\[]?[munpfkMµμ]?(s|sec|V|A|m|min|h)( vs\.? .*)?[)\]]?|#|")


def claims(path: Path) -> bool:
    """Tell whether a file is a table of numbers under a line of names."""
    if path.suffix.lower() not in ENDS:
        return False
    return _head_line(beginning(path, 1 << 16).splitlines()) is not None


def read(path: Path, said: Said) -> Recording:
    """Return the steps of a table; AfterMath and Ivium write heads of several lines above it."""
    lines = lines_of(path)
    found = _head_line(lines)
    if found is None:
        raise wrong(path, "has no line of names over columns of numbers.")
    start, mark, heads = found
    rows = (
        (number, cells)
        for number, cells in enumerate(csv.reader(lines[start + 1 :], delimiter=mark), start + 2)
        if any(cell.strip() for cell in cells)
    )
    columns = columns_of(path, heads, rows, said)
    return Recording("the table", tuple(_sites(columns)))


def read_folder(path: Path, said: Said) -> Recording:
    """Return what the files of a folder have, each of them one site."""
    from seccm.readers import READERS as kinds

    readers = [reader for reader in kinds.all().values() if not reader.folders]
    places = dict(said.places)
    if not places:
        table = next((path / name for name in LISTS if (path / name).is_file()), None)
        if table is None:
            return _without_table(path, said, readers)
        try:
            places = dict(read_places(table))
        except ValueError as error:
            raise wrong(path, f"{error}.") from None
    return _together(_read_each(path, list(places), said, readers), places)


def _without_table(path: Path, said: Said, readers: Sequence[Reader]) -> Recording:
    """Return what files are in a folder, so that all that they leave open is asked for at once."""
    names = sorted(p.name for p in path.iterdir() if p.is_file())
    names = [name for name in names if any(reader.claims(path / name) for reader in readers)]
    table = (
        'which file lies where: --places TABLE, a CSV file with the first line "file, x (um), '
        f'y (um)"; or call it {LISTS[0]} and put it into the folder'
    )
    if not names:
        raise wrong(path, f"is a folder without files that are known, and does not say {table}.")
    return replace(_together(_read_each(path, names, said, readers), {}), leaves_open=(table,))


def _read_each(
    path: Path, names: Sequence[str], said: Said, readers: Sequence[Reader]
) -> list[tuple[str, Recording]]:
    found: list[tuple[str, Recording]] = []
    for name in names:
        file = path / name
        if not file.is_file():
            raise wrong(path, f'has no file "{name}", which the table of places names.')
        reader = next((reader for reader in readers if reader.claims(file)), None)
        if reader is None:
            raise wrong(path, f'no installed reader knows its file "{name}".')
        made = reader.read(file, said) if reader.takes_said else reader.read(file)
        if not isinstance(made, Recording):
            raise wrong(path, f'its file "{name}" is a whole scan; import it by itself.')
        found.append((name, made))
    return found


def _together(found: Sequence[tuple[str, Recording]], places: Mapping[str, Place]) -> Recording:
    first = found[0][1]
    if any(made.instrument != first.instrument for _, made in found):
        names = ", ".join(sorted({made.instrument for _, made in found}))
        raise ValueError(f"its files are of several programs: {names}")
    parts = [
        replace(part, site=name, where=f"{name} {part.where}".strip())
        for name, made in found
        for part in made.parts
    ]
    notes = tuple(dict.fromkeys(note for _, made in found for note in made.notes))
    at = {name: (place.x, place.y) for name, place in places.items()}
    return replace(first, parts=tuple(parts), notes=notes, places=at)


def _sites(columns: tuple[Column, ...]) -> list[Part]:
    """Divide a table by its column of sites, or by its places."""
    by = [c for c in columns if squeezed(c.name) in ("site", "sitenumber", "point", "pixel")]
    if not by:
        by = [c for c in columns if squeezed(c.name) in ("x", "y")]
        by = by if len(by) == 2 else []
    if not by:
        return [Part(columns)]
    keys = np.stack([column.values for column in by])
    cuts = (np.flatnonzero((np.diff(keys) != 0).any(axis=0)) + 1).tolist()
    parts = []
    for number, (first, stop) in enumerate(zip([0, *cuts], [*cuts, keys.shape[1]], strict=True)):
        left = columns if len(by) == 2 else [c for c in columns if c is not by[0]]
        own = tuple(Column(c.name, c.unit, c.values[first:stop]) for c in left)
        label = f"{keys[0, first]:.15g}" if len(by) == 1 else f"{number}"
        parts.append(Part(own, site=label, where=f"site {label}"))
    return parts


def _head_line(lines: Sequence[str]) -> tuple[int, str, list[tuple[str, str]]] | None:
    """Return the last line of the head, what stands between cells, and names with units.

    The head is what stands above the first line of numbers: names, and perhaps units below them.
    """
    for number, line in enumerate(lines[1:_MOST], 1):
        mark = _mark(line)
        cells = line.split(mark)
        if len(cells) < 2 or not all(map(_is_number, cells)):
            continue
        above = next(csv.reader([lines[number - 1]], delimiter=mark))
        if len(above) == len(cells) and not any(map(_is_number, above)):
            if number > 1 and all(map(_is_unit, above)):
                names = next(csv.reader([lines[number - 2]], delimiter=mark))
                if len(names) == len(cells) and not any(map(_is_number, names)):
                    return (
                        number - 1,
                        mark,
                        [
                            (name.strip(), unit.strip(" ()[]"))
                            for name, unit in zip(names, above, strict=True)
                        ],
                    )
            return number - 1, mark, [name_and_unit(cell) for cell in above]
        return None
    return None


def _mark(line: str) -> str:
    """Return what stands between the cells of a line; a comma may be a decimal one."""
    return next((mark for mark in "\t;" if mark in line), ",")


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _is_unit(cell: str) -> bool:
    return bool(_UNIT.fullmatch(cell.strip()))


READERS = (
    Reader("a plain table", claims, read, rank=90.0, takes_said=True),
    Reader("a folder of files", Path.is_dir, read_folder, rank=95.0, takes_said=True, folders=True),
)
