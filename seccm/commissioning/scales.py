"""From a resistor test to the scales that the rig file should carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seccm.commissioning.resistor import Line, ResistorTest
from seccm.units import parse, show


@dataclass(frozen=True, slots=True)
class Correction:
    """What a channel really is: truth for a command, reading for an input, = offset + gain x."""

    channel: str
    gain: float
    offset: float
    """Volts or amperes."""


def corrections(test: ResistorTest) -> tuple[Correction, ...]:
    """Return gain and offset of each channel, believing the resistor and the first command.

    That is the commanded potential where the rig has it, else the commanded current. Empty while
    a sign is wrong, a reading is dead or a gain far from what the rig file says: that is mended
    first, and the test repeated.
    """
    if test.wrong or test.dead or test.implausible:
        return ()
    believed = "potential" if test.line("potential", "current") else "current"
    found = [
        Correction(f"{line.reading} input", line.gain, line.offset)
        for line in test.lines
        if line.drive == believed
    ]
    reading, driven = test.line("potential", "current"), test.line("current", "current")
    if reading is not None and driven is not None:
        found.append(_command(reading, driven))
    return tuple(found)


def _command(reading: Line, driven: Line) -> Correction:
    """Return true current = offset + gain x set current, the input's own error taken off."""
    gain = driven.gain / reading.gain
    return Correction("current command", gain, (driven.offset - reading.offset) / reading.gain)


def tables(config: Mapping[str, Any], found: tuple[Correction, ...]) -> dict[str, dict[str, Any]]:
    """Return the tables that the rig file should carry, by key; empty for a rig without scales.

    An input puts out V = offset + sign gain i, and read i = a + b i_true, so that its gain
    becomes b gain and its offset moves by sign gain a. A command that gave i_true = a + b i gets
    gain / b, and an offset lower by sign gain a / b.

    Args:
        config: the rig file.
        found: gain and offset of each channel.
    """
    made: dict[str, dict[str, Any]] = {}
    for one in found:
        quantity, kind = one.channel.split()
        key = f"{'inputs' if kind == 'input' else 'cell'}.{quantity}"
        group, name = key.split(".")
        table = config.get(group, {}).get(name)
        if table is None:
            continue
        scale = _scale(table)
        unit = "V/A" if quantity == "current" else "1"
        gain, offset = _number(scale["gain"], unit), _number(scale["offset"], "V")
        slope = table["sign"] * gain
        if kind == "input":
            gain, offset = gain * one.gain, offset + slope * one.offset
        else:
            gain, offset = gain / one.gain, offset - slope * one.offset / one.gain
        written = f"{gain * 1e-9:.6g} V/nA" if quantity == "current" else round(gain, 6)
        made[key] = {"range": table["range"]} if "range" in table else {}
        made[key] |= {"sign": table["sign"], "gain": written}
        made[key] |= {"offset": show(offset, "V", 5)}
    return made


def _scale(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a table that holds gain and offset: the range that is set."""
    if "ranges" not in table:
        return table
    [chosen, *_] = [one for one in table["ranges"] if one["name"] == table["range"]]
    part: Mapping[str, Any] = chosen
    return part


def _number(value: object, unit: str) -> float:
    return parse(str(value), unit)
