"""What a user says of another program's file: by options, or in a mapping file.

Nothing that a file leaves open is guessed: it is asked for with the option that settles it.
"""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self, get_args

from seccm.errors import DataFileError
from seccm.quantities import refuse_absurd
from seccm.readers.recording import UNITS, Quantity, Sign, squeezed
from seccm.text_files import Unreadable, read_text
from seccm.typography import counted
from seccm.units import number, parse, parse_any

SIGNS: Mapping[str, Sign] = {
    "anodic": "anodic positive",
    "anodic positive": "anodic positive",
    "cathodic": "cathodic positive",
    "cathodic positive": "cathodic positive",
}
KINDS = ("cv", "lsv", "constant potential", "constant current", "open circuit")
"""Kinds of step that can be told of a recording."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site is, as a table of places says it."""

    x: float
    y: float
    z: float = math.nan


@dataclass(frozen=True, slots=True)
class Said:
    """What a user says of a file; what is None or empty was not said."""

    sign: Sign | None = None
    """Which currents in the file are positive."""
    footprint: float | None = None
    """Diameter in metres of what the droplet wets."""
    reference: str = ""
    """What the potentials in the file are against."""
    columns: Mapping[Quantity, str] = field(default_factory=dict)
    """The column that has a quantity, by its name in the file."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Units of columns that have none in the file, by quantity or by name."""
    steps: tuple[str, ...] = ()
    """The kinds of the steps at each site, in their order."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each site is, by what the file or folder calls it."""
    period: float | None = None
    """Seconds from one data point to the next, of files without times."""
    decimal: str = ""
    """"comma" where numbers are written with decimal commas."""
    incomplete: bool = False
    """Whether a file that breaks off is taken as far as it goes."""
    stages: tuple[str, ...] = ()
    """What each series of a hop is, where the file only numbers them: a kind of step or "skip"."""
    title: str = ""
    sample: str = ""

    @classmethod
    def of(cls, written: Mapping[str, Any], folder: Path, source: str) -> Self:
        """Return what a mapping file, or the options of a command line, say.

        Args:
            written: as they were written, by the names of the fields above.
            folder: where the table of places lies if it has no folder of its own.
            source: what to call them in messages.

        Raises:
            DataFileError: something is not understood; says what may be written.
        """
        known = {f.name for f in fields(cls)}
        for name in written:
            if name not in known:
                raise DataFileError(
                    f'{source}: "{name}" is not known. There are {", ".join(sorted(known))}. '
                    "Nothing was made."
                )
        told: dict[str, Any] = dict(written)
        try:
            if "sign" in told:
                told["sign"] = _sign(told["sign"])
            for name, unit in (("footprint", "m"), ("period", "s")):
                if name in told:
                    given = str(told[name])
                    told[name] = parse(given, unit)
                    if not told[name] > 0:
                        raise ValueError(f"{name} must be more than 0")
                    try:
                        refuse_absurd(told[name], unit, given)
                    except ValueError as wrong:
                        raise ValueError(f"{name} {wrong}") from None
            for name in ("columns", "units"):
                if not isinstance(told.get(name, {}), Mapping):
                    raise ValueError(f'{name} is a table of names, as [{name}] current = "..."')
            for name in ("steps", "stages"):
                if isinstance(told.get(name), str):
                    raise ValueError(f'{name} is a list, as {name} = ["{told[name]}"]')
            if not isinstance(told.get("incomplete", False), bool):
                raise ValueError(f'incomplete is true or false, not "{told["incomplete"]}"')
            if "columns" in told:
                told["columns"] = {_quantity(q): str(c) for q, c in dict(told["columns"]).items()}
            if "units" in told:
                told["units"] = {str(n): str(u) for n, u in dict(told["units"]).items()}
            for name in ("steps", "stages"):
                if name in told:
                    told[name] = tuple(_kind(each, name) for each in told[name])
            if told.get("decimal", "comma") not in ("comma", "point"):
                raise ValueError(f'decimal is "comma" or "point", not "{told["decimal"]}"')
            if "places" in told:
                told["places"] = read_places(folder / str(told["places"]))
            for name in ("reference", "title", "sample"):
                told[name] = str(told.get(name, ""))
        except (ValueError, TypeError) as error:
            raise DataFileError(f"{source}: {error}. Nothing was made.") from None
        return cls(**told)

    def over(self, other: Said) -> Said:
        """Return what is said here, and where nothing is, what is said there."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}
        return replace(other, **given)


def read_mapping(path: Path) -> Said:
    """Read a mapping file in TOML, which has the names of `Said`.

    Raises:
        DataFileError: it cannot be read or understood.
    """
    try:
        written = tomllib.loads(read_text(path))
    except Unreadable as error:
        raise DataFileError(f"{path}: {error} Nothing was made.") from None
    except (ValueError, RecursionError) as error:
        raise DataFileError(f"{path}: is not TOML: {error}. Nothing was made.") from None
    return Said.of(written, path.parent, str(path))


def read_places(path: Path) -> Mapping[str, Place]:
    """Read a table of places: a line "site, x (um), y (um)", then a line for each site.

    The first column may be called "file", too, and there may be a column z.

    Raises:
        ValueError: it cannot be read or understood.
    """
    try:
        text = read_text(path)
    except Unreadable as error:
        raise ValueError(f"{path}: {error}".rstrip(".")) from None
    # A cell in quotes may go over several lines: the last of them is the one that is told.
    reader = csv.reader(text.splitlines())
    rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        raise ValueError(f"{path}: is empty")
    head = [cell.strip() for cell in rows[0][1]]
    which = {squeezed(cell).split("(")[0]: k for k, cell in enumerate(head)}
    name = which.get("file", which.get("site"))
    if name is None or not {"x", "y"} <= which.keys() or len(which) < len(head):
        raise ValueError(
            f'{path}: its first line is "{", ".join(head):.60}", and must be '
            '"site, x (um), y (um)" or "file, x (um), y (um)"'
        )
    units = {axis: _unit_of(head[which[axis]], path) for axis in ("x", "y", "z") if axis in which}
    places: dict[str, Place] = {}
    for line, row in rows[1:]:
        if len(row) != len(head):
            raise ValueError(
                f"{path}: line {line} has {counted(len(row), 'value')}, not {len(head)}"
            )
        label = row[name].strip()
        if label in places:
            raise ValueError(f'{path}: line {line} has "{label}" a second time')
        try:
            at = {axis: number(row[which[axis]]) * scale for axis, scale in units.items()}
        except ValueError:
            raise ValueError(f"{path}: line {line} has a place that is not a number") from None
        if not all(map(math.isfinite, at.values())):
            raise ValueError(f"{path}: line {line} has a place that is not a number")
        places[label] = Place(**at)
    return places


def _unit_of(head: str, path: Path) -> float:
    """Return the scale to metres of a column "x (um)"."""
    unit = head.partition("(")[2].rstrip(") ").strip()
    if not unit:
        raise ValueError(f'{path}: the column "{head}" has no unit; write it as "{head} (um)"')
    return parse(f"1 {unit}", "m")


def scale_of(unit: str, quantity: Quantity) -> float:
    """Return the factor from a unit as files have it to SI.

    Raises:
        ValueError: that is not a unit of this quantity.
    """
    plain = {"sec": "s", "seconds": "s", "volt": "V", "volts": "V", "amp": "A", "amps": "A",
             "ampere": "A", "micron": "um", "microns": "um", "å": "0.1 nm"}  # fmt: skip
    text = unit.strip()
    text = plain.get(text.lower(), text)
    for tail in (" vs", " v."):  # "V vs. Ref."
        text = text.split(tail)[0]
    value, found = parse_any(text if text[:1].isdigit() else f"1 {text}")
    wanted = UNITS[quantity]
    if found != wanted or not value > 0:
        raise ValueError(f'"{unit}" is not a unit of a {quantity}, which has one such as {wanted}')
    return value


def _sign(written: object) -> Sign:
    found = SIGNS.get(str(written).strip().lower())
    if found is None:
        raise ValueError(f'sign is "anodic positive" or "cathodic positive", not "{written}"')
    return found


def _quantity(written: object) -> Quantity:
    names: tuple[Quantity, ...] = get_args(Quantity)
    for name in names:
        if name == str(written).strip().lower():
            return name
    raise ValueError(f'"{written}" is not a quantity of a column. There are {", ".join(names)}')


def _kind(written: object, name: str) -> str:
    allowed = (*KINDS, "skip") if name == "stages" else KINDS
    if written not in allowed:
        raise ValueError(f'"{written}" is not a kind of {name}. There are {", ".join(allowed)}')
    return str(written)
