"""Messages as bytes: a JSON text, and behind it the raw numbers of every array in it."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

ARRAY = "#array"
"""The key that stands in the text for an array: its type, shape and place among the bytes."""
_LENGTH = struct.Struct("<I")


def pack(message: Mapping[str, Any]) -> bytes:
    """Turn a message of plain tables, texts, numbers and numeric arrays into bytes."""
    raw: list[bytes] = []
    place = 0

    def array(value: Any) -> dict[str, Any]:
        nonlocal place
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
            raise TypeError(f"{type(value).__name__} cannot be sent")
        raw.append(np.ascontiguousarray(value).tobytes())
        begin, place = place, place + len(raw[-1])
        return {ARRAY: [value.dtype.str, list(value.shape), begin]}

    text = json.dumps(message, default=array, separators=(",", ":")).encode()
    return b"".join([_LENGTH.pack(len(text)), text, *raw])


def unpack(data: bytes) -> dict[str, Any]:
    """Turn bytes back into the message; arrays come as read-only views of them.

    Raises:
        ValueError: the bytes are not a message.
    """
    if len(data) < _LENGTH.size:
        raise ValueError("too short for a message")
    begin = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    raw = memoryview(data)[begin:]

    def table(value: dict[str, Any]) -> Any:
        if ARRAY not in value:
            return value
        kind, shape, place = value[ARRAY]
        dtype = np.dtype(kind)
        if dtype.kind not in "biuf":
            raise ValueError(f"{kind!r} is not a type of numbers")
        count = int(np.prod(shape, dtype=np.int64))
        if count == 0:
            return np.empty(shape, dtype)
        return np.frombuffer(raw, dtype, count, place).reshape(shape)

    message = json.loads(data[_LENGTH.size : begin], object_hook=table)
    if not isinstance(message, dict):
        raise ValueError("a message is a table")
    return message
