"""Frozen data as plain tables and back again: what crosses the channel is data, never code."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from seccm.events import Event

EVENTS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}


def to_plain(value: Any) -> Any:
    """Return dataclasses as tables, enumerations as their values; arrays stay as they are."""
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: to_plain(getattr(value, name)) for name in _fields(type(value))}
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(to_plain(part) for part in value)
    return value.item() if isinstance(value, np.generic) else value


def from_plain(kind: Any, value: Any) -> Any:
    """Build what `to_plain` took apart.

    Args:
        kind: the type to build, as annotated: dataclasses, enumerations, tuples, frozen sets,
            mappings, optional ones of these; anything else is taken as it is.
        value: plain tables.

    Raises:
        TypeError, KeyError, ValueError, AttributeError: it is not of that type.
    """
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: from_plain(hints[name], part) for name, part in value.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(int(value) if issubclass(kind, int) else value)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        inner = next(part for part in parts if part is not type(None))
        return None if value is None else from_plain(inner, value)
    if origin in (tuple, frozenset):
        return origin(from_plain(parts[0], part) for part in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {from_plain(parts[0], k): from_plain(parts[1], part) for k, part in value.items()}
    return value


def event_to_plain(event: Event) -> dict[str, Any]:
    """Return an event as a table that says what kind of event it is."""
    return {"event": type(event).__name__, **to_plain(event)}


def event_from_plain(table: Mapping[str, Any]) -> Event:
    """Build the event that `event_to_plain` took apart.

    Raises:
        KeyError: there is no such event.
    """
    parts = dict(table)
    event: Event = from_plain(EVENTS[parts.pop("event")], parts)
    return event


@cache
def _fields(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)
