"""What a rig was calibrated to: a file beside the rig file, which is its own history.

A rig file names it: `calibration = "bench-1.calibration.json"`, relative to itself. Every
commissioning step adds an entry with its date, how it was obtained, on which device and with what
wired where; none is ever taken out. Of the entries about one scale, or about one figure, the
newest is in force. When the rig file is read, the scales in force take the place of those in it;
one that was made with another wiring is foreign, and the rig file is refused.
"""

from __future__ import annotations

import copy
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError

from seccm.errors import DataFileError, PlanError, Problem
from seccm.mistakes import written
from seccm.quantities import is_shallow
from seccm.text_files import Unreadable, read_text

KIND = "seccm calibration"
FORMAT = 1
DAYS = 30.0
"""Age at which a calibration is told to be old, where the rig file says nothing."""
WIRED = frozenset(
    {"device", "library", "terminal", "output", "command", "mode_line", "cell_line", "counter"}
)
"""Keys of a rig file that name something with a plug."""
SHARED = ("kind", "device", "library", "wiring")
"""Keys that concern every scale of a rig."""
_PARTS = ("sign", "gain", "offset")
"""What every scale has; the position of a range switch comes to it."""
AGAIN = "Calibrate again with: seccm rig test-resistor RIG --ohms R."


def _dated(made: str) -> str:
    """Refuse what is not a date with its time zone.

    Raises:
        ValueError: it is none.
    """
    try:
        zone = datetime.fromisoformat(made).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        raise ValueError(f"{written(made)} is not a date with a time zone")
    return made


def _complete(tables: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    """Refuse scales of which a part is missing, or that have a part that is not known.

    Raises:
        ValueError: names the first one.
    """
    for key, table in tables.items():
        if not key:
            raise ValueError("a scale has no name")
        for part in _PARTS:
            if part not in table:
                raise ValueError(f"{key} has no {part}")
        if strange := sorted(set(table) - {*_PARTS, "range"}):
            raise ValueError(f"{key} has {written(strange[0])}, which is not known")
    return tables


@dataclass(frozen=True, slots=True)
class Entry:
    """What one commissioning step found."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    procedure: str
    made: Annotated[str, AfterValidator(_dated)]
    """ISO 8601, with its time zone."""
    how: str
    """In words, such as "1 Gohm resistor"."""
    report: str
    """Name of the file with the whole record."""
    device: str
    """Which one answered, with its serial number; empty where there is none."""
    wiring: Mapping[str, str]
    """What was plugged in where, by the keys of the rig file."""
    tables: Annotated[Mapping[str, Mapping[str, Any]], AfterValidator(_complete)] = field(
        default_factory=dict
    )
    """Scales: gain, offset, sign and range, by the table of the rig file."""
    figures: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    """What else is worth knowing: value and unit, by name."""

    @property
    def when(self) -> datetime:
        """The date, with its time zone."""
        return datetime.fromisoformat(self.made)


_ENTRIES = TypeAdapter(tuple[Entry, ...])


def place_of(key: str, table: Mapping[str, Any]) -> str:
    """Name a scale: its table and, where there is a range switch, the position."""
    return f"{key} ({table['range']})" if "range" in table else key


def in_force(entries: Iterable[Entry]) -> dict[str, tuple[Entry, str]]:
    """Return the newest entry about each scale or figure, and the scale's table ("" for none)."""
    found: dict[str, tuple[Entry, str]] = {}
    for entry in entries:
        for key, table in entry.tables.items():
            found[place_of(key, table)] = entry, key
        for name in entry.figures:
            found[name] = entry, ""
    return found


# The file.


def read(path: Path) -> tuple[Entry, ...]:
    """Read a calibration file, oldest entry first.

    Raises:
        PlanError: it is missing, unreadable or something else.
    """
    try:
        content = json.loads(read_text(path))
        if not is_shallow(content):
            raise ValueError("its tables are nested too deep")
        if content["kind"] != KIND or content["format"] != FORMAT:
            raise ValueError("it is another kind of file, or from another version of the program")
        return _ENTRIES.validate_python(content["entries"])
    except Unreadable as error:
        remedy = error.remedy
        if error.missing:
            remedy = (
                "Make it with: seccm rig test-resistor RIG --ohms R; or remove the key calibration "
                "from the rig file; the values in the rig file are then used."
            )
        raise PlanError(str(path), [Problem("calibration", error.what, remedy)]) from None
    except ValidationError as error:
        one = error.errors()[0]
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in one["loc"])
        why = f"entries{where}: {one['msg'][:1].lower()}{one['msg'][1:]}"
        raise PlanError(str(path), [_no_calibration(why)]) from None
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise PlanError(str(path), [_no_calibration(why)]) from None


def _no_calibration(why: str) -> Problem:
    what = f"cannot be read as a calibration: {why}."
    return Problem(
        "calibration", what, "Move or rename it and calibrate again; nothing was overwritten."
    )


def add(path: Path, entry: Entry, rig: str) -> None:
    """Add an entry to a calibration file, which is made if there is none yet.

    It is written beside and put in its place in one piece: whoever reads finds the old or the
    new one.

    Raises:
        PlanError: there is a file, but it is no calibration.
        DataFileError: it cannot be written.
    """
    entries = read(path) if os.path.exists(path) else ()
    content = {
        "kind": KIND,
        "format": FORMAT,
        "rig": rig,
        "entries": [asdict(one) for one in (*entries, entry)],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        what = f"{path} cannot be written: {error.strerror or error}. The calibration is unchanged."
        raise DataFileError(what) from None


# The rig file.


def resolve(
    config: Mapping[str, Any], source: str, folder: Path, *, strict: bool = True
) -> dict[str, Any]:
    """Return a rig file's tables with the scales in force in place of its own.

    The key `calibration` becomes a table that says which entries these are, so that the tables
    need no other file any more: they can be sent, and stored with the data.

    Args:
        config: the tables as read.
        source: the rig file, for messages.
        folder: where it lies.
        strict: refuse what is missing or foreign; else it is left out, so that it can be made.

    Raises:
        PlanError: see `strict`; or the key or the file is not what it should be.
    """
    made = copy.deepcopy(dict(config))
    if "calibration" not in made:
        return made
    name, days = _named(made["calibration"], source)
    path = (folder / name).absolute()
    entries = read(path) if strict or os.path.exists(path) else ()
    problems: list[Problem] = []
    devices: set[str] = set()
    current = in_force(entries)
    for place, (entry, key) in current.items():
        if not key:
            continue
        wrong = list(misfits(entry, key, made))
        problems += (_foreign(place, entry, one) for one in wrong)
        if not wrong:
            _apply(made, key, entry)
            devices |= {entry.device} - {""}
    if strict and problems:
        raise PlanError(source, problems)
    kept = list({id(entry): entry for entry, _ in current.values()}.values())
    made["calibration"] = {
        "file": str(path),
        "days": days,
        "devices": sorted(devices) if strict else [],
        "entries": [asdict(entry) for entry in kept],
    }
    return made


def entries_of(config: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Return the entries in force of a rig file that was read.

    Raises:
        PlanError: there is a calibration of which nothing can be read.
    """
    table = config.get("calibration", {})
    try:
        return _ENTRIES.validate_python(tuple(table.get("entries", ())))
    except (AttributeError, TypeError, ValidationError):
        what = "was not read with the rig file, or is not a calibration."
        remedy = "Read the rig file with seccm.load_rig, which reads its calibration, too."
        raise PlanError("rig", [Problem("calibration", what, remedy)]) from None


def file_of(config: Mapping[str, Any]) -> Path | None:
    """Return the calibration file that a rig file names; None where it names none."""
    name = config.get("calibration", {}).get("file")
    return None if name is None else Path(name)


def wiring(config: Mapping[str, Any]) -> dict[str, str]:
    """Return every device, terminal and line that a rig file names, by its key."""
    found = {key: str(value) for key, value in _plugs(config, "")}
    return found | {key: str(config[key]) for key in SHARED if key in config}


def misfits(entry: Entry, key: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Say what of a rig file differs from what it was when an entry was made.

    Args:
        entry: which one.
        key: the scale's table, or "" for a figure, which concerns the current.
        config: the rig file.
    """
    now = wiring(config)
    concerned = (*SHARED, *_own(key or "inputs.current", {**entry.wiring, **now}))
    for name in concerned:
        then, here = entry.wiring.get(name, "nothing"), now.get(name, "nothing")
        if then != here:
            yield f"with {name} = {then}, and it is {here} now"
    if not key:
        return
    table = _table(config, key)
    if table is None:
        yield f"for a table [{key}], which no longer exists"
        return
    given = entry.tables[key]
    if table.get("sign") != given["sign"]:
        yield f"with sign = {given['sign']}, and it is {table.get('sign')} now"
    if "ranges" in table and _row(table, given) is None:
        yield f"for the range {given.get('range')}, which no longer exists"


def _own(key: str, wiring: Mapping[str, str]) -> list[str]:
    """Name what is plugged in for a scale."""
    mine = f"{key}." if key.startswith("inputs") else f"{key.partition('.')[0]}.command"
    return sorted(name for name in wiring if name.startswith(mine))


def _named(value: object, source: str) -> tuple[str, float]:
    """Return the file's name and the days until it is old."""
    table = {"file": value} if isinstance(value, str) else value
    remedy = 'Write, for example: calibration = "bench-1.calibration.json".'
    if not isinstance(table, Mapping) or not isinstance(table.get("file"), str):
        what = f"must name a file, not {written(value)}."
        raise PlanError(source, [Problem("calibration", what, remedy)])
    days = table.get("days", DAYS)
    strange = sorted(set(table) - {"file", "days"})
    if strange:
        what = f"{strange[0]} is not a known key."
        raise PlanError(source, [Problem("calibration", what, "Known here: days, file.")])
    if isinstance(days, bool) or not isinstance(days, int | float) or not days > 0:
        what = f"must be a number of days greater than 0, not {written(days)}."
        raise PlanError(source, [Problem("calibration.days", what)])
    return str(table["file"]), float(days)


def _foreign(place: str, entry: Entry, why: str) -> Problem:
    what = f"{place} was calibrated on {entry.made[:10]} {why}."
    return Problem("calibration", what, AGAIN)


def _apply(config: dict[str, Any], key: str, entry: Entry) -> None:
    """Put the scale of an entry into the tables of a rig file."""
    table, given = _table(config, key), entry.tables[key]
    assert table is not None
    scale = (_row(table, given) or {}) if "ranges" in table else table
    how = f"{entry.made[:10]}, {entry.how}, {entry.report}"
    scale |= {"gain": given["gain"], "offset": given["offset"], "calibrated": how}


def _table(config: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    group, _, name = key.partition(".")
    tables = config.get(group)
    found = tables.get(name) if isinstance(tables, Mapping) else None
    return found if isinstance(found, dict) else None


def _row(table: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = (one for one in table["ranges"] if isinstance(one, dict))
    return next((one for one in rows if one.get("name") == given.get("range")), None)


def _plugs(table: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            if key not in ("virtual", "calibration"):
                yield from _plugs(value, here)
        elif key in WIRED or path == "marks" or here in ("controller.kind", "controller.port"):
            yield here, value
