"""What is looked for in a catalogue."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from seccm.catalog.entry import Entry, texts
from seccm.errors import DataFileError
from seccm.units import parse

_RANGE = re.compile(r"\s*(?P<name>[\w-]+)\s*=\s*(?P<low>.*?)\s*\.\.\s*(?P<high>.*?)\s*")
_DAY = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
Limits = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Search:
    """What a scan must have; what is left out does not matter. Letter case does not count.

    Raises:
        DataFileError: a day is not written as one.
    """

    text: str = ""
    """In its title, description, sample, notes or path."""
    plan: str = ""
    """In its title."""
    sample: str = ""
    condition: str = ""
    notes: str = ""
    tag: str = ""
    after: str = ""
    before: str = ""
    """Dates, such as 2026-02-24, 2026-02 or 2026: begun on or after the one, before the other."""
    results: Limits = field(default_factory=dict)
    """Lowest and highest median of results, or of what was measured around the cell, as
    quantities; empty where there is no limit."""

    def __post_init__(self) -> None:
        for day in (self.after, self.before):
            if day and not _is_day(day):
                raise DataFileError(
                    f'"{day}" is not a day. Write it as 2026-02-24; 2026-02 and 2026 are the '
                    "beginnings of a month and of a year."
                )

    def with_range(self, written: str) -> Self:
        """Return a search with one more range, such as "E_nuc = -0.4 V .. -0.2 V".

        Raises:
            DataFileError: it is not written so.
        """
        found = _RANGE.fullmatch(written)
        if found is None or not (found["low"] or found["high"]):
            raise DataFileError(
                f'"{written}" is not a range of a result. Write it as "E_nuc = -0.4 V .. -0.2 V"; '
                "one of the two limits may be left out."
            )
        ranges = {**self.results, found["name"]: (found["low"], found["high"])}
        return type(self)(
            **{name: getattr(self, name) for name in self.__slots__} | {"results": ranges}
        )

    def finds(self, entry: Entry, tags: Collection[str] = ()) -> bool:
        """Tell whether an entry is what is looked for.

        Raises:
            DataFileError: a limit has a unit that the result does not have.
        """
        if entry.problem:
            return False
        day = entry.started_at[:10]
        notes = " ".join(f"{name} {value}" for name, value in entry.notes.items())
        return (
            _has(self.text, " ".join(texts(entry)))
            and _has(self.plan, entry.title)
            and _has(self.sample, entry.sample)
            and _has(self.condition, "; ".join(entry.conditions))
            and _has(self.notes, f"{notes} {entry.description}")
            and (not self.tag or _plain(self.tag) in {_plain(tag) for tag in tags})
            and (not self.after or day >= self.after)
            and (not self.before or (bool(day) and day < self.before))
            and all(_within(entry, name, *limits) for name, limits in self.results.items())
        )


def _has(wanted: str, text: str) -> bool:
    return _plain(wanted) in _plain(text)


def _plain(text: str) -> str:
    """Return a text as it is compared: case, and the ways to write one letter, do not count."""
    return unicodedata.normalize("NFKC", text).casefold()


def _is_day(written: str) -> bool:
    if not _DAY.fullmatch(written):
        return False
    try:
        date.fromisoformat(written + "-01-01"[len(written) - 4 :])
    except ValueError:
        return False
    return True


def _within(entry: Entry, name: str, low: str, high: str) -> bool:
    spread = entry.results.get(name) or entry.surroundings.get(name)
    if spread is None:
        return False
    try:
        lowest = parse(low, spread.unit) if low else -math.inf
        highest = parse(high, spread.unit) if high else math.inf
    except ValueError as error:
        raise DataFileError(f"{name}: {error}") from None
    if lowest > highest:
        raise DataFileError(
            f"{name}: the range {low} .. {high} is empty: its lowest value comes first."
        )
    return lowest <= spread.median <= highest
