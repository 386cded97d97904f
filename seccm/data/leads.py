"""What a file says of the abilities of its rig: wires, electrometer and its ranges, outputs."""

from __future__ import annotations

import json
import math
from dataclasses import fields

from seccm.rig import NO_LEADS, CurrentRange, Leads, Range


def leads_of(rig_json: str) -> Leads:
    """Return what the rig said of its leads; nothing is known of those of older files.

    Args:
        rig_json: what a file says of its rig.
    """
    try:
        said = json.loads(rig_json)["info"]["leads"]
        numbers = {field.name: float(said[field.name]) for field in fields(Leads)}
    except (ValueError, TypeError, KeyError):
        return NO_LEADS
    return Leads(**numbers) if all(map(math.isfinite, numbers.values())) else NO_LEADS


def update_of(rig_json: str) -> float:
    """Return the seconds from one value of a drive with raw samples to the next; 0 if not known."""
    try:
        info = json.loads(rig_json)["info"]
        if not info["raw_always"]:
            return 1.0 / float(info["clock"]["rate"])
        update = float(info["update"])
    except (ValueError, TypeError, KeyError, ZeroDivisionError):
        return 0.0
    return update if math.isfinite(update) and update > 0.0 else 0.0


def ranges_of(rig_json: str) -> tuple[CurrentRange, ...]:
    """Return the ranges of the current input, the usual one first; none of those of older files."""
    try:
        said = json.loads(rig_json)["info"]["ranges"]
        found = [
            CurrentRange(
                str(one["name"]),
                Range(float(one["span"]["lower"]), float(one["span"]["upper"])),
                float(one["factor"]),
                float(one["offset"]),
                _seconds(one.get("time_constant")),
            )
            for one in said
        ]
    except (ValueError, TypeError, KeyError):
        return ()
    usable = all(math.isfinite(one.factor) and math.isfinite(one.offset) for one in found)
    return tuple(found) if usable else ()


def _seconds(said: object) -> float | None:
    """Return a time constant that a file gives for a range; None where there is none."""
    known = isinstance(said, int | float) and math.isfinite(said) and said >= 0.0
    return float(said) if known and isinstance(said, int | float) else None


def range_in(resolved: str) -> str:
    """Return in which range a step was measured, by what the file says of it; empty if usual."""
    try:
        name = json.loads(resolved).get("range", "")
    except (ValueError, AttributeError):
        return ""
    return name if isinstance(name, str) else ""
