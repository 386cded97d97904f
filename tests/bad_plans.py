"""Mistakes people make in plan files, and the words that must help them out.

Each line: a key of the combinatorial plan, what is written there instead, where the message must
point, and words that it must contain: the value, the limit, the remedy.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import Any


class Removed:
    """Stands for a key that is taken out of a plan."""

    def __repr__(self) -> str:
        return "nothing"


REMOVED = Removed()
"""Stands for a key that is left out."""


@dataclass(frozen=True)
class Bad:
    """One mistake and the message it deserves."""

    key: str
    value: Any
    where: str
    words: tuple[str, ...]


def changed(plan: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return a copy of a plan with one key set or removed; "program[0].step" is a key."""
    plan = copy.deepcopy(plan)
    *path, last = [int(p) if p.isdigit() else p for p in re.findall(r"[^.\[\]]+", key)]
    here: Any = plan
    for part in path:
        here = here.setdefault(part, {}) if isinstance(here, dict) else here[part]
    if value is REMOVED:
        del here[last]
    else:
        here[last] = value
    return plan


CV = {"step": "cv", "start": "1 V", "vertices": ["0 V"], "cycles": 2, "scan_rate": "1 V/s"}
LSV = {"step": "lsv", "start": "1 V", "stop": "0 V", "scan_rate": "1 V/s"}
STEP = {"step": "constant current", "current_density": "$j", "duration": "5 s"}
LISTED = {"kind": "listed", "conditions": [{"j": "-1 mA/cm^2"}, {"j": "-2 mA/cm^2"}]}


def step(**changes: Any) -> dict[str, Any]:
    """Return the plan's step with other keys; None removes one."""
    return {k: v for k, v in {**STEP, **changes}.items() if v is not None}


BAD = [
    # Quantities
    Bad("approach.speed", "2", "approach.speed", ('"2"', "m/s", '"2 um/s"')),
    Bad("approach.speed", 2e-6, "approach.speed", ("2e-06", "a number and a unit", '"2 um/s"')),
    Bad("approach.speed", "2 um", "approach.speed", ('"2 um"', "unit of m/s")),
    Bad("approach.speed", "2 furlong/h", "approach.speed", ('"furlong"', "is not a unit")),
    Bad("approach.speed", "fast", "approach.speed", ('"fast"', '"2 um/s"')),
    Bad("approach.speed", True, "approach.speed", ("true", '"2 um/s"')),
    Bad("approach.speed", ["2 um/s"], "approach.speed", ('["2 um/s"]', '"2 um/s"')),
    Bad("approach.speed", "-2 um/s", "approach.speed", ("greater than 0 m/s", "not -2 um/s")),
    Bad("approach.speed", "0 um/s", "approach.speed", ("greater than 0 m/s", "not 0 um/s")),
    Bad("approach.speed", "1e999 um/s", "approach.speed", ('"1e999 um/s"', "too large")),
    Bad("approach.speed", "2,5 um/s", "approach.speed", ('"2,5 um/s"', '"2 um/s"')),
    Bad("approach.settle", "-50 ms", "approach.settle", ("at least 0 s", "not -50 ms")),
    Bad("probe.aperture", "-6 um", "probe.aperture", ("greater than 0 m", "not -6 um")),
    Bad("program[0].duration", "5 min/m", "program[0].duration", ('"5 min/m"', '"5 s"')),
    # Quantities that nobody could mean
    Bad("program[0].duration", "1e300 s", "program[0].duration", ("30 days", "1e300 s")),
    Bad("program[0].duration", "721 h", "program[0].duration", ("at most 30 days", "721 h")),
    Bad("approach.settle", "1e30 s", "approach.settle", ("at most 30 days", "1e30 s")),
    Bad("travel.settle", "1e30 s", "travel.settle", ("at most 30 days", "1e30 s")),
    Bad("approach.travel", "30 m", "approach.travel", ("at most 1 m", "30 m")),
    Bad("approach.speed", "2e9 um/s", "approach.speed", ("at most 1 m/s", "2e9 um/s")),
    Bad("sites.pitch", "11 km", "sites.pitch", ("at most 1 m", "11 km")),
    Bad("sites.origin", ["-1e9 m", "0 m"], "sites.origin[0]", ("at least -1 m", "-1e9 m")),
    Bad("reference.offset", "3 kkV", "reference.offset", ("3 kkV",)),
    Bad("reference.offset", "-3e6 V", "reference.offset", ("at least -1 kV", "-3e6 V")),
    Bad(
        "factors.j",
        ["-1e12 mA/cm^2", "-1 mA/cm^2"],
        "program[0].current_density",
        ("$j", "at least -10 kA/cm^2"),
    ),
    Bad(
        "program",
        [STEP, {**CV, "scan_rate": "1e-300 V/s"}],
        "program[1].scan_rate",
        ("the sweep last", "days", "at most 30 days", "faster"),
    ),
    # Keys
    Bad("approach.speed", REMOVED, "approach.speed", ("missing",)),
    Bad("title", REMOVED, "title", ("missing",)),
    Bad("title", "", "title", ("empty",)),
    Bad("title", 7, "title", ("text in quotes", "7")),
    Bad("approach.sped", "2 um/s", "approach.sped", ("not a known key", '"speed"')),
    Bad("program[0].durration", "5 s", "program[0].durration", ("not a known key", '"duration"')),
    Bad(
        "retract",
        REMOVED,
        "retract",
        ("missing", "a table [retract]", 'distance = "8 um", speed = "4 um/s"'),
    ),
    Bad("retract.wait", "5 s", "retract.wait", ("not a known key", "distance, speed")),
    Bad("aproach", {}, "aproach", ("not a known key", '"approach"')),
    Bad("program", REMOVED, "program", ("missing",)),
    Bad("program", [], "program", ("at least 1 entry",)),
    Bad("title", "lithium\0", "title", ("control character", "U+0000", "place 8", "Remove")),
    Bad("title", "\x1b[31mred", "title", ("control character", "U+001B", "place 1")),
    Bad("description", "left\u202etfel", "description", ("control character", "U+202E")),
    Bad("description", "a line\r\x07", "description", ("control character", "U+000D")),
    Bad("sample", "li-on-au\u2066", "sample", ("control character", "U+2066")),
    Bad("reference.name", "Li/Li+\x9b", "reference.name", ("control character", "U+009B")),
    Bad("reference.electrode", "Ag\x7f", "reference.electrode", ("control character", "U+007F")),
    Bad("reference.provenance", "\u202a", "reference.provenance", ("control character",)),
    Bad("factors.j\x1b", ["1 s"], "factors.j\\u001b", ("control character", "U+001B")),
    Bad("program", "cv", "program", ("list in square brackets", '"cv"')),
    Bad("approach", 5, "approach", ("table of keys and values", "5")),
    Bad("approach", REMOVED, "approach", ("missing",)),
    Bad("reference.provenance", REMOVED, "reference.provenance", ("missing",)),
    Bad("reference.uncertainty", "-30 mV", "reference.uncertainty", ("at least 0 V", "-30 mV")),
    Bad("reference.uncertainty", "30", "reference.uncertainty", ("a unit of V", '"30"')),
    Bad("reference.uncertainty", "6 %", "reference.uncertainty", ("a unit of V", "6 %")),
    # Probe
    Bad("probe.footprint", {"basis": "nominal"}, "probe.footprint", ("area or ratio",)),
    Bad(
        "probe.footprint",
        {"area": "1 um^2", "ratio": 1, "basis": "nominal"},
        "probe.footprint",
        ("area or ratio", "one of them"),
    ),
    Bad("probe.footprint.basis", "guess", "probe.footprint.basis", ('"nominal"', '"guess"')),
    Bad("probe.footprint.area", "68 um", "probe.footprint.area", ('"68 um"', '"63.6 um^2"')),
    Bad("probe.footprint.area", "0 um^2", "probe.footprint.area", ("greater than 0 um^2",)),
    # Sites
    Bad("sites.kind", "gird", "sites.kind", ('"gird"', 'mean "grid"')),
    Bad("sites.kind", REMOVED, "sites.kind", ("missing", 'kind = "grid" or "points" or "csv"')),
    Bad("sites", "grid", "sites", ("table of keys and values", '"grid"')),
    Bad("sites.columns", 8.0, "sites.columns", ("whole number", "8.0")),
    Bad("sites.columns", "8", "sites.columns", ("whole number", '"8"')),
    Bad("sites.columns", True, "sites.columns", ("whole number", "true")),
    Bad("sites.columns", 0, "sites.columns", ("at least 1", "0")),
    Bad("sites.columns", 20_000, "sites.columns", ("at most 10000", "20000")),
    Bad("sites.pitch", "0 um", "sites.pitch", ("greater than 0 m", "0 um")),
    Bad("sites.pitch", ["1 um", "2 um", "3 um"], "sites.pitch", ("at most 2", "3")),
    Bad("sites.pitch", ["1 um"], "sites.pitch", ("too few entries", "1")),
    Bad("sites.origin", "11 um", "sites.origin", ("list in square brackets", '"11 um"')),
    Bad("sites.order", "spiral", "sites.order", ('"serpentine"', '"spiral"')),
    Bad("sites.leave_out", [[8, 0]], "sites.leave_out[0]", ("[8, 0]", "8 columns", "from 0")),
    Bad("sites.leave_out", [[-1, 0]], "sites.leave_out[0][0]", ("at least 0", "-1")),
    Bad("sites.allow_overlap", "yes", "sites.allow_overlap", ("true or false", '"yes"')),
    Bad("sites", {"kind": "points", "points": []}, "sites.points", ("at least 1 entry",)),
    Bad(
        "sites",
        {"kind": "points", "points": [["1 um", "2 um"], ["1 um", 2]]},
        "sites.points[1][1]",
        ("2", '"12 um"'),
    ),
    Bad(
        "sites",
        {"kind": "points", "points": [["1 um", "2 um"], []]},
        "sites.points[1]",
        ("too few entries", "0"),
    ),
    Bad("sites", {"kind": "csv", "file": "no.csv"}, "sites.file", ("no.csv", "cannot be read")),
    # Factors and design
    Bad("factors.j", ["1 s"], "program[0].current_density", ("$j", '"1 s"', "A/m^2")),
    Bad("factors.j", [1.0], "program[0].current_density", ("$j", '"1"', "A/m^2")),
    Bad("factors.j", [], "factors.j", ("at least 1 entry",)),
    Bad("factors.j", "-1 mA/cm^2", "factors.j", ("list in square brackets", '"-1 mA/cm^2"')),
    Bad("factors.j", ["-1 mA/cm^5"], "factors.j[0]", ("-1 mA/cm^5",)),
    Bad("factors.j", ["lots"], "factors.j[0]", ('"lots"', "a number and a unit")),
    Bad("factors.j", ["-1 mA/cm^2"] * 8, "factors.j", ("-1 mA/cm^2", "8 times", "repeats")),
    Bad("factors.k", ["1 s"], "factors.k", ("not used", '"$k"')),
    Bad("program[0].duration", "$t", "program[0].duration", ('"$t"', "no factor", "j")),
    Bad("factors", REMOVED, "program[0].current_density", ('"$j"', "no [factors]")),
    Bad("program[0].duration", "$j", "program[0].duration", ("$j", "unit of s")),
    Bad("design", LISTED, "factors", ("listed design", "Remove [factors]")),
    Bad("design.kind", "listed", "design.conditions", ("missing",)),
    Bad("design.conditions", LISTED["conditions"], "design", ('"listed"',)),
    Bad("design.assign", "row", "design.assign", ('"row"', 'mean "rows"')),
    Bad("design.repeats", 8, "design.repeats", ("8 sites", "7 to 8", "64 sites", "63")),
    Bad("design.repeats", 0, "design.repeats", ("at least 1", "0")),
    Bad("sites.rows", 4, "design", ("4 of 8 conditions", "31 sites", "more rows")),
    Bad("design.seed", -1, "design.seed", ("at least 0", "-1")),
    # Approach, retract, travel
    Bad("approach.hold", "frist step", "approach.hold", ('"first step"', '"frist step"')),
    Bad("approach.hold", {}, "approach.hold", ("potential, current and current_density",)),
    Bad(
        "approach.hold",
        {"potential": "1.47 V"},
        "approach.contact",
        ('"potential drop" needs a current', "a potential is held"),
    ),
    Bad("approach.contact.kind", "touch", "approach.contact.kind", ('"touch"', '"current rise"')),
    Bad("approach.contact.kind", REMOVED, "approach.contact.kind", ("missing", '"current rise"')),
    Bad("approach.contact.drop", REMOVED, "approach.contact.drop", ("missing",)),
    Bad("approach.contact.drop", "-5 V", "approach.contact.drop", ("greater than 0 V", "-5 V")),
    Bad("approach.contact.threshold", "5 pA", "approach.contact.threshold", ("Known here", "drop")),
    Bad("approach.confirm", 2.5, "approach.confirm", ("whole number", "2.5")),
    Bad("approach.travel", "8 um", "approach.travel", ("8 um", "retract.distance")),
    Bad("on_no_contact.then", "retry", "on_no_contact", ("retries",)),
    Bad("on_no_contact.shift", "2 um", "on_no_contact", ("retry", "skip")),
    Bad("record.raw", "yes", "record.raw", ("true or false", '"yes"')),
    Bad("record.row", True, "record.row", ("raw",)),
    Bad("budget.total", 0, "budget.total", ("at least 1", "0")),
    # Program
    Bad("program[0].step", "constnt current", "program[0].step", ('mean "constant current"',)),
    Bad("program[0].step", REMOVED, "program[0].step", ("missing",)),
    Bad("program[0]", 5, "program[0]", ("table of keys and values", "5")),
    Bad("program[0]", step(current="1 nA"), "program[0]", ("either current or current_density",)),
    Bad("program[0].duration", "0 s", "program[0].duration", ("greater than 0 s", "0 s")),
    Bad("program[0].until", {}, "program[0].until", ("empty", "charge", "potential_below")),
    Bad("program[0].until", {"charge": "-1 nC"}, "program[0].until.charge", ("0 C", "-1 nC")),
    Bad("program", [STEP, {**CV, "vertices": []}], "program[1].vertices", ("at least 1",)),
    Bad("program", [STEP, {**CV, "cycles": 0}], "program[1].cycles", ("at least 1", "0")),
    Bad("program", [STEP, {**CV, "scan_rate": "1 V"}], "program[1].scan_rate", ('"1 V"', "V/s")),
    Bad(
        "program",
        [STEP, {**CV, "vertices": ["0 V", "1 V"]}],
        "program[1].vertices[1]",
        ("1 V", "where the cycle starts", "Leave it out"),
    ),
    Bad(
        "program",
        [STEP, {**CV, "vertices": ["0 V", "0 V"]}],
        "program[1].vertices[1]",
        ("not a sweep", "vertices[0]"),
    ),
    Bad("program", [STEP, {**LSV, "stop": "1 V"}], "program[1].stop", ("1 V", "equals start")),
    Bad(
        "program",
        [{"step": "repeat", "times": 3, "program": []}],
        "program[0].program",
        ("at least 1",),
    ),
    Bad(
        "program",
        [{"step": "repeat", "times": 9999, "program": [STEP, STEP]}],
        "program",
        ("19998 steps", "10000", "times"),
    ),
    Bad(
        "program",
        [{"step": "repeat", "times": 2, "program": [step(duration="long")]}],
        "program[0].program[0].duration",
        ('"long"', '"5 s"'),
    ),
    Bad("program", [STEP, {"step": "open circuit"}], "program[1].duration", ("missing",)),
    Bad(
        "program",
        [{"step": "open circuit", "duration": "1 s"}, STEP],
        "approach.contact",
        ('"open circuit", is held', "current_density"),
    ),
]
