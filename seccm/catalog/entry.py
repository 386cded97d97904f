"""One scan in the catalogue: who, what, when, and how its results spread."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from seccm.data import Scan, open_scan
from seccm.data.surroundings import surroundings
from seccm.errors import SeccmError
from seccm.events import Outcome
from seccm.results import UNTRUSTED


@dataclass(frozen=True, slots=True)
class Spread:
    """How a result spreads over the sites that have a trusted value."""

    unit: str
    count: int
    lowest: float
    median: float
    highest: float


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue knows of one data file."""

    path: str
    modified: int
    """Nanoseconds, as the file system has it; with the size it tells whether the file changed."""
    size: int
    problem: str = ""
    """Why it could not be read, as a sentence; all below is empty then."""
    uuid: str = ""
    title: str = ""
    description: str = ""
    sample: str = ""
    started_at: str = ""
    state: str = ""
    simulated: bool = False
    reference: str = ""
    software: str = ""
    sites: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    """What else the file says of itself."""
    results: Mapping[str, Spread] = field(default_factory=dict)
    surroundings: Mapping[str, Spread] = field(default_factory=dict)
    """What was measured around the cell, by the names of the signals; over sites."""

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return an entry that was written as JSON."""
        given = dict(told)
        given["conditions"] = tuple(given.get("conditions", ()))
        for part in ("results", "surroundings"):
            given[part] = {n: Spread(**s) for n, s in given.get(part, {}).items()}
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


Row = tuple[str, int, float, float, str, str, str, float, float, str]
ROW = ("scan", "site", "x", "y", "condition", "outcome", "result", "value", "error", "status")
"""The columns of the table of all sites, one row for each result of a site; SI units."""


def read(path: Path, modified: int, size: int) -> tuple[Entry, list[Row]]:
    """Read one data file; whatever is wrong with it is in the entry.

    A file that grows is read as it is now: it will have changed the next time.
    """
    try:
        return _read(path, modified, size)
    except (SeccmError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        return Entry(str(path), modified, size, problem=said), []


def _read(path: Path, modified: int, size: int) -> tuple[Entry, list[Row]]:
    with open_scan(path) as scan:
        header, sites = scan.header, scan.sites
        plan = _plan_of(header.plan_json)
        status = sites["status"]
        outcomes = [Outcome(code).words for code in status.tolist()]
        conditions = _conditions(plan, sites)
        number = sites["condition"].tolist() if "condition" in sites else [0] * len(sites)
        named = [conditions[k] if 0 <= k < len(conditions) else "" for k in number]
        x, y = (
            np.where(np.isfinite(sites[a]), sites[a], sites[f"{a}_cmd"]).tolist()
            for a in ("x", "y")
        )
        ok = status == Outcome.OK
        results: dict[str, Spread] = {}
        rows: list[Row] = []
        for feature in scan.features:
            name = feature.name
            values = np.asarray(sites[name], np.float64)
            there = np.isfinite(values)
            if not there.any():
                continue
            trusted = there & ok
            words = np.full(len(sites), "")
            if f"{name}_status" in sites:
                words = sites.words(f"{name}_status")
                trusted &= sites[f"{name}_status"] < UNTRUSTED
            errors = (
                sites[f"{name}_err"] if f"{name}_err" in sites else np.full(len(sites), math.nan)
            )
            if trusted.any():
                mine = values[trusted]
                results[name] = Spread(
                    feature.unit,
                    int(mine.size),
                    float(mine.min()),
                    float(np.median(mine)),
                    float(mine.max()),
                )
            rows += [
                (str(path), k, x[k], y[k], named[k], outcomes[k], name, float(values[k]),
                 float(errors[k]), str(words[k]))
                for k in np.flatnonzero(there).tolist()
            ]  # fmt: skip
        entry = Entry(
            path=str(path),
            modified=modified,
            size=size,
            uuid=header.uuid,
            title=header.title,
            description=str(plan.get("description", "")),
            sample=str(plan.get("sample", "")),
            started_at=header.started_at,
            state=scan.state,
            simulated=header.virtual,
            reference=header.reference,
            software=header.software,
            sites=len(sites),
            outcomes=dict(Counter(outcomes)),
            conditions=tuple(dict.fromkeys(name for name in named if name)),
            notes=_notes(plan, header.extra),
            results=results,
            surroundings=_surroundings(scan),
        )
    return entry, rows


def _surroundings(scan: Scan) -> dict[str, Spread]:
    return {
        one.signal.name: Spread(
            one.signal.unit,
            int(one.mean.size),
            float(one.lowest.min()),
            float(np.median(one.mean)),
            float(one.highest.max()),
        )
        for one in surroundings(scan)
    }


def _plan_of(text: str) -> Mapping[str, Any]:
    try:
        plan = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return plan if isinstance(plan, dict) else {}


def _conditions(plan: Mapping[str, Any], sites: Any) -> list[str]:
    """Return the conditions in words, in their order, from the levels that sites have."""
    factors = [name for name in plan.get("factors") or {} if f"factor_{name}" in sites]
    number = sites["condition"] if "condition" in sites else np.zeros(len(sites), np.int64)
    found: list[str] = []
    for k in range(int(number.max()) + 1 if len(number) else 0):
        here = np.flatnonzero(number == k)
        words = [
            f"{name} = {sites[f'factor_{name}'][here[0]]:.6g}" for name in factors if here.size
        ]
        found.append(", ".join(words))
    return found


def _notes(plan: Mapping[str, Any], extra: Mapping[str, str]) -> dict[str, str]:
    notes = {name: str(value) for name, value in extra.items()}
    told = plan.get("notes")
    if isinstance(told, dict):
        notes |= {str(name): str(value) for name, value in told.items()}
    return notes


def texts(entry: Entry) -> Iterator[str]:
    """Yield everything of an entry that a person wrote, for searching."""
    yield from (entry.title, entry.description, entry.sample, entry.path, *entry.notes.values())
