"""A suggestion of how to put a mistake right, as data: the remedy's sentence is made from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Key = tuple[int | str, ...]
"""Path to a place in a file, such as ("program", 0, "duration")."""
_PART = re.compile(r"[^.\[\]]+")


def key_of(where: str) -> Key:
    """Return the path of a key that stands in a message: "program[0].start"."""
    return tuple(int(part) if part.isdecimal() else part for part in _PART.findall(where))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One change of a file."""

    key: Key
    """Where."""
    do: Literal["put", "remove", "rename"]
    value: Any = None
    """What to put there, as TOML gives it; or the new name of the key."""

    def under(self, key: Key) -> Suggestion:
        """Return the same change of a table that lies at a place in a file."""
        return replace(self, key=(*key, *self.key))


def applied(data: Any, suggestion: Suggestion) -> Any:
    """Return plain data with a change made; what is not concerned is shared, not copied.

    Tables that are missing on the way are made.

    Raises:
        LookupError, TypeError: the place is not there.
    """
    return _changed(data, suggestion.key, suggestion)


def _changed(here: Any, key: Key, change: Suggestion) -> Any:
    if not key:
        return change.value
    first, rest = key[0], key[1:]
    if isinstance(here, Mapping):
        if rest or change.do == "put":
            return {**here, first: _changed(here.get(first, {}), rest, change)}
        if first not in here:
            raise KeyError(first)
        if change.do == "rename" and change.value in here:
            raise LookupError(change.value)
        named = {name: change.value if name == first else name for name in here}
        return {named[name]: part for name, part in here.items()
                if name != first or change.do == "rename"}  # fmt: skip
    if not isinstance(here, list | tuple) or not isinstance(first, int):
        raise TypeError(f"no table at {first}")
    items = list(here)
    if rest or change.do == "put":
        items[first] = _changed(items[first], rest, change)
    else:
        del items[first]
    return items
