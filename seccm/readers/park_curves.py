"""Park Systems: TIFF files of SmartScan with curves, such as current over bias at some points.

The layout is that of Park's own Python package (pspylib, 2018): the head in the private tag 50438,
the values in 50439, one channel after the other at one point after the other. Where a head says
something whose meaning is not known (offsets, logarithms, squares), the file is refused.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np

from seccm.readers.recording import Column, Part, Quantity, Recording
from seccm.readers.text_tables import wrong
from seccm.typography import counted

HEAD, VALUES = 50438, 50439
"""The private tags of a file with curves."""
TYPES = {0: "<i2", 1: "<i4", 2: "<f4"}
"""The types of values, by the number that a head has for them."""
_CHANNELS, _CHANNEL, _LEAST_HEAD, _POINT = 8, 96, 1208, 12
_MOST_POINTS, _MOST_VALUES = 10_000, 50_000_000
_EXPORT = "Export the curves as text, and import the folder."


def recording_of(path: Path, head: bytes, data: bytes) -> Recording:
    """Return the curves of a file: a part for each point, a column for each channel.

    Args:
        path: of the file, for messages.
        head: the content of the tag 50438.
        data: the content of the tag 50439.

    Raises:
        DataFileError: the head is cut, does not fit the values, or says what is not known here.
    """
    if len(head) < _LEAST_HEAD:
        raise wrong(path, f"has a head of curves of {counted(len(head), 'byte')}: it is cut.")
    channels, _, size, points = struct.unpack_from("<4i", head, 768)
    forward, backward = struct.unpack_from("<2f", head, 788)
    (kind,) = struct.unpack_from("<i", head, 1108)
    if kind not in TYPES:
        raise wrong(path, f"has values of type {kind}, which is not known here. {_EXPORT}")
    numbers = np.dtype(TYPES[kind])
    if not (0 < channels <= _CHANNELS and size > 0 and 0 < points <= _MOST_POINTS) or (
        channels * size * points > _MOST_VALUES
        or len(data) != channels * size * points * numbers.itemsize
        or len(head) < _LEAST_HEAD + points * _POINT
    ):
        raise wrong(
            path,
            f"has {counted(len(data), 'byte')} of values, and its head says {points} points of "
            f"{channels} channels of {size} values of {counted(numbers.itemsize, 'byte')}: the "
            "file is cut, or another version.",
        )
    values = np.frombuffer(data, numbers).reshape(points, channels, size).astype(np.float64)
    known = [_channel(path, head, k) for k in range(channels)]
    whole = float(forward) + float(backward)
    period = whole / size if math.isfinite(whole) and whole > 0 else math.nan
    parts = [
        Part(
            tuple(
                Column(name, unit, values[point, k] * gain, quantity)
                for k, (name, unit, gain, quantity) in enumerate(known)
            ),
            site=str(point + 1),
            where=f"point {point + 1}",
            period=period,
        )
        for point in range(points)
    ]
    said = [struct.unpack_from("<2f", head, _LEAST_HEAD + k * _POINT) for k in range(points)]
    places = "; ".join(f"{x:g}, {y:g}" for x, y in said[:4]) + ("; ..." if points > 4 else "")
    notes = (
        f"curves of {counted(points, 'point')}; the places in the file ({places}) have no unit "
        "there and were not used",
    )
    return Recording("Park SmartScan", tuple(parts), notes=notes)


def _channel(path: Path, head: bytes, k: int) -> tuple[str, str, float, Quantity | None]:
    """Return name, unit, units for a count, and what it measures where its unit says that."""
    at = k * _CHANNEL
    name = text(head, at, 64) or f"channel {k + 1}"
    unit = text(head, at + 64, 16)
    (gain,) = struct.unpack_from("<d", head, at + 80)
    (offset,) = struct.unpack_from("<d", head, 808 + 8 * k)
    log, squared = (struct.unpack_from("<i", head, start + 4 * k)[0] for start in (872, 904))
    if log or squared:
        what = "logarithms" if log else "squares"
        raise wrong(
            path, f'has {what} in its channel "{name}", whose scale is not known. {_EXPORT}'
        )
    if offset != 0.0:
        raise wrong(
            path,
            f'has an offset of {offset:g} in its channel "{name}", and it is not known whether it '
            f"is included in the values. {_EXPORT}",
        )
    if not math.isfinite(gain) or gain == 0.0:
        raise wrong(path, f'has the gain {gain:g} in its channel "{name}": it is damaged.')
    return name, unit, gain, _measures(unit)


def _measures(unit: str) -> Quantity | None:
    """Return what a channel is by its unit; nothing for a length, which may be that of any axis."""
    last = unit.strip()[-1:]
    named: dict[str, Quantity] = {"V": "potential", "A": "current", "s": "time"}
    return named.get(last)


def text(head: bytes, start: int, size: int) -> str:
    """Return a text of a head of Park's: two bytes for a letter, up to the first zero."""
    return head[start : start + size].decode("utf-16-le", errors="replace").split("\0")[0].strip()
