"""What lines to a virtual controller mean: those of Newport's ESP and of SmarAct's MCS2."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol


class Motors(Protocol):
    """What a controller moves; places are metres of its own scale, by the names of channels."""

    def go(self, channel: str, to: float) -> None:
        """Send a channel to a place, at its speed."""

    def set_speed(self, channel: str, speed: float) -> None:
        """Set the speed of a channel, in m/s."""

    def stop(self, channel: str) -> None:
        """Stop a channel."""

    def where(self, channel: str) -> float:
        """Return where a channel is."""

    def moving(self, channel: str) -> bool:
        """Tell whether it moves."""

    def error(self) -> int:
        """Return the number of the oldest error, 0 for none; it is told once."""


Language = Callable[[str, Motors], str | None]
"""Carries out a line, and returns the answer to a question; None where nothing is answered."""
_ESP = re.compile(r"(\d*)([A-Z]{2})(\?|-?[\d.]*)$")


def esp(line: str, motors: Motors) -> str | None:
    """Newport's ESP: millimetres."""
    found = _ESP.match(line)
    if found is None:
        return None
    axis, order, value = found.groups()
    match order, value:
        case "VE", "?":
            return "ESP301 Version 3.0.1 (stand-in)"
        case "TB", "?":
            code = motors.error()
            return f"{code}, 451322, {'NO ERROR DETECTED' if code == 0 else 'AXIS NOT ENABLED'}"
        case "TP", "?":
            return f"{motors.where(axis) * 1e3:.7f}"
        case "MD", "?":
            return "0" if motors.moving(axis) else "1"
        case "VA", _:
            motors.set_speed(axis, float(value) * 1e-3)
        case "PA", _:
            motors.go(axis, float(value) * 1e-3)
        case "ST", _:
            motors.stop(axis)
    return None


_MCS2 = re.compile(r":(CHAN|MOVE|STOP|SYST|DEV)(\d*)(?::([A-Z]+)\??)?(?: (-?\d+))?\??$")


def mcs2(line: str, motors: Motors) -> str | None:
    """SmarAct's MCS2: picometres."""
    found = _MCS2.match(line)
    if found is None:
        return None
    order, axis, name, value = found.groups()
    match order, name:
        case "DEV", _:
            return "MCS2-00000000 (stand-in)"
        case "SYST", _:
            code = motors.error()
            return '0,"No error"' if code == 0 else f'{-code},"Command error"'
        case "CHAN", "POS":
            return str(round(motors.where(axis) * 1e12))
        case "CHAN", "STAT":
            return str(64 + int(motors.moving(axis)))
        case "CHAN", "VEL":
            motors.set_speed(axis, float(value) * 1e-12)
        case "MOVE", _:
            motors.go(axis, float(value) * 1e-12)
        case "STOP", _:
            motors.stop(axis)
    return None


LANGUAGES: Mapping[str, tuple[Language, str, str]] = {
    "newport-esp": (esp, "\r", "\r\n"),
    "smaract-mcs2": (mcs2, "\n", "\n"),
}
"""By the kind of controller: what it understands, and what ends lines to it and of it."""
