"""The command line in processes of its own, as a person, a shell or a script starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
import warm
from small_scan import small_scan
from waiting import wait_for

PLAN = """
title = "Three sites"
sample = "redox"
[reference]
name = "Ag/AgCl"
electrode = "Ag/AgCl wire"
offset = "0 V"
provenance = "a test"
[probe]
aperture = "1 um"
footprint = { ratio = 1.0, basis = "nominal" }
[sites]
kind = "grid"
columns = 3
rows = 1
pitch = "4 um"
origin = ["10 um", "10 um"]
[approach]
speed = "2 um/s"
travel = "30 um"
overtravel = "50 nm"
settle = "50 ms"
confirm = 5
hold = { potential = "0.25 V" }
contact = { kind = "current threshold", threshold = "3 pA", polarity = "anodic" }
[retract]
distance = "2 um"
speed = "4 um/s"
[travel]
speed = "10 um/s"
settle = "20 ms"
[[program]]
step = "cv"
start = "-0.25 V"
vertices = ["0.25 V"]
cycles = 1
scan_rate = "0.1 V/s"
"""
"""A plan for tests that need a run which ends soon, and can be seen to go on for a while."""

MANY = 100
PACE = 25
"""A run of many sites at this pace lasts for most of a minute, and its first site for a second."""

__all__ = ["MANY", "PACE", "PLAN", "Command", "a_plan", "small_scan", "started"]
SECCM = (sys.executable, "-m", "seccm")


def a_plan(folder: Path, title: str = "Three sites", *, sites: int = 3) -> Path:
    """Write the plan into a folder; with many sites nobody need hurry who stops its run."""
    path = folder / "plan.toml"
    columns = min(sites, 20)
    grid = f"columns = {columns}\nrows = {sites // columns}"
    text = PLAN.replace("columns = 3\nrows = 1", grid).replace("Three sites", title)
    path.write_text(text, encoding="utf-8")
    return path


class Command:
    """A command that runs, and what it has printed so far."""

    def __init__(self, process: warm.Process, log: Path) -> None:
        self.process, self._log = process, log

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, said: str | Callable[[], bool]) -> None:
        """Wait for words that it prints, or for something else, while it runs."""
        true = said if callable(said) else lambda: bool(re.search(said, self.said))
        wait_for(lambda: true() or self.process.poll() is not None)
        assert true(), f"it ended with {self.process.returncode} before:\n{self.said}"

    def ended(self) -> int:
        """Wait for the end; return the exit code."""
        wait_for(lambda: self.process.poll() is not None)
        return int(self.process.returncode)


@contextmanager
def started(
    folder: Path, *words: object, out: IO[bytes] | int | None = None, by: Any = warm.begun
) -> Iterator[Command]:
    """Start a command in a folder; what it prints goes to a file, unless told otherwise.

    By `subprocess.Popen` it is started as users start it, which takes two seconds of a processor.
    """
    log = folder / "printed.txt"
    with log.open("wb") as printed:
        process = by(
            [*SECCM, *map(str, words)],
            cwd=folder, stdout=printed if out is None else out,
            stderr=subprocess.STDOUT, start_new_session=os.name == "posix",
        )  # fmt: skip
    try:
        yield Command(process, log)
    finally:
        process.kill()
        process.wait()


def shell(folder: Path, line: str, environment: Sequence[tuple[str, str]] = ()) -> int:
    """Carry out a line of a shell; return its exit code."""
    bash = "/bin/bash"
    if not Path(bash).exists():
        pytest.skip("needs bash")
    line = line.replace("seccm ", f"{sys.executable} -m seccm ")
    done = subprocess.run(
        [bash, "-c", line], cwd=folder, env={**os.environ, **dict(environment)}, check=False
    )
    return done.returncode
