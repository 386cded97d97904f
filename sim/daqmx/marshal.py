"""Between the arguments of a C call and Python."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np


def text(argument: Any) -> str:
    """Return a string argument; NULL is the empty one."""
    if isinstance(argument, bytes):
        return argument.decode()
    return str(argument) if argument else ""


def parameter(argument: Any) -> Any:
    """Return the value of a number or string argument."""
    if isinstance(argument, bytes):
        return argument.decode()
    return getattr(argument, "value", argument)


def give(place: Any, kind: type[Any], value: Any) -> None:
    """Write a value where a pointer points; NULL takes nothing."""
    if place is not None:
        ctypes.cast(place, ctypes.POINTER(kind)).contents.value = value


def fill(kind: type[Any] | None, value: Any, place: Sequence[Any]) -> int | None:
    """Write an answer: a number through a pointer, text or an array into a buffer.

    Text and arrays follow the custom of the C interface: asked with size 0, the status is the
    size that is needed.
    """
    if kind is not None and not isinstance(value, list):
        give(place[0], kind, value)
        return None
    buffer, size = place
    if kind is None:
        encoded = str(value).encode() + b"\0"
        if size == 0:
            return len(encoded)
        ctypes.memmove(buffer, encoded[:size], min(size, len(encoded)))
        return None
    if size == 0:
        return len(value)
    numbers = np.array(value[:size], dtype=np.dtype(kind))
    ctypes.memmove(buffer, numbers.ctypes.data, numbers.nbytes)
    return None
