"""A bench procedure: what no test without hardware can prove, looked at once on every bench.

A kind of rig that needs one lists its tests; `seccm rig bench` leads through them and writes down
what was seen, with the date. A rig asks the record before it is built: until every test that
matters for safety is there and was passed, it is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from seccm.errors import PlanError, Problem

VERSION = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be seen."""

    key: str
    words: str
    safe: bool
    """Whether the rig can be used where this was seen."""


@dataclass(frozen=True, slots=True)
class BenchTest:
    """One test of a bench procedure."""

    name: str
    """Short and stable, such as "attach"."""
    title: str
    do: str
    """What to set up, and to do."""
    look: str
    """What to look at."""
    answers: tuple[Answer, ...]
    safety: bool = False
    """Whether a run is refused until it is recorded and passed."""
    measured: Callable[[Mapping[str, Any], str], str] | None = None
    """What the program does for it, with the rig file and its name; returns what it saw."""
    moves: str = ""
    """What moves while the program does it; nothing if empty."""

    def answer(self, key: str) -> Answer | None:
        """Return an answer by its key; None if there is none."""
        return next((one for one in self.answers if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in one test."""

    answer: str
    words: str
    safe: bool
    made: str
    """When, with the time zone."""
    measured: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class BenchRecord:
    """What was seen on one bench, newest answers only."""

    device: str
    """That was looked at, such as the signature of a bitfile; another one counts as never seen."""
    seen: Mapping[str, Seen] = field(default_factory=dict)

    def with_answer(self, test: BenchTest, seen: Seen) -> BenchRecord:
        """Return the record with one answer more, or another one."""
        return BenchRecord(self.device, {**self.seen, test.name: seen})

    def missing(self, tests: Sequence[BenchTest]) -> tuple[str, ...]:
        """Return what keeps the rig from being used, a phrase for each test."""
        found = []
        for number, test in enumerate(tests, start=1):
            seen = self.seen.get(test.name)
            if test.safety and seen is None:
                found.append(f"{number} {test.name}: not recorded")
            elif test.safety and seen is not None and not seen.safe:
                found.append(f"{number} {test.name}: {seen.words}")
        return tuple(found)

    def write(self, path: Path) -> None:
        """Write it, in the place of what was there."""
        tests = {
            name: {key: getattr(seen, key) for key in _KEYS} for name, seen in self.seen.items()
        }
        text = json.dumps({"version": VERSION, "device": self.device, "tests": tests}, indent=2)
        path.write_text(text + "\n", encoding="utf-8")


_KEYS = ("answer", "words", "safe", "made", "measured", "note")


def read_record(path: Path, device: str) -> BenchRecord:
    """Read a record; an empty one where there is no file, or it is of another device.

    Raises:
        PlanError: it cannot be read.
    """
    if not path.exists():
        return BenchRecord(device)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != VERSION:
            raise ValueError(f"version {data['version']} is not {VERSION}")
        seen = {
            str(name): Seen(
                answer=str(one["answer"]),
                words=str(one["words"]),
                safe=one["safe"] is True,
                made=str(one["made"]),
                measured=str(one.get("measured", "")),
                note=str(one.get("note", "")),
            )
            for name, one in data["tests"].items()
        }
        of = str(data["device"])
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        what = f"is not a record of a bench procedure ({type(error).__name__}: {error})."
        remedy = "Move it away, and go through `seccm rig bench` again."
        raise PlanError(str(path), [Problem("bench", what, remedy)]) from error
    return BenchRecord(device, seen if of == device else {})


def seen_now(test: BenchTest, answer: Answer, measured: str, note: str, now: datetime) -> Seen:
    """Return an answer with its date."""
    made = now.isoformat(timespec="seconds")
    return Seen(answer.key, answer.words, answer.safe, made, measured, note)
