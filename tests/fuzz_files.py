"""Damage data files at random, and use them in every way: `python tests/fuzz_files.py [COUNT]`.

Bytes are flipped and files are cut short, finished ones and those of killed programs; COUNT of
each (1000 unless given), numbered, so that one can be had again: `python tests/fuzz_files.py
COUNT FIRST`. What must hold: whatever is done with such a file ends well or with an error of this
program, which is a sentence; and no number from it that is called clean is another than that of
the file before.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from file_uses import Numbers, clean_numbers, fault_of, uses

from seccm.data import finish, open_scan

MEMORY = 4_000_000_000
"""Bytes of address space, of which the libraries alone take the most."""
PATIENCE = 120
"""Seconds after which the uses of a file count as never ending."""
DRAWN = 20
"""Of so many files one gets a report with figures, too: these take the most time."""


def base_files(folder: Path) -> tuple[Path, Path, Path]:
    """Make a finished file and two of killed programs, one with raw samples; short sites."""
    from made_scans import smaller, write_scan

    step = {"step": "constant current", "current_density": "$j", "duration": "1 s"}
    plan = smaller(
        "li-on-au-combinatorial",
        sites={"kind": "grid", "columns": 2, "rows": 2, "pitch": 11e-6},
        factors={"j": ["-11.5 A/m^2", "-29.2 A/m^2"]},
        program=[step],
    )
    brief = plan.replace(program=[{**step, "duration": "0.1 s"}])
    finished, killed, raw = (folder / f"{name}.h5" for name in ("finished", "killed", "raw"))
    write_scan(finished, plan, rig="virtual")
    finish(finished)
    write_scan(killed, plan, rig="virtual", status=None, visited=3)
    write_scan(raw, brief, raw=1, status=None, visited=2)
    return finished, killed, raw


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip bits of one to three bytes, or, once in ten times, cut the rest off."""
    made = bytearray(content)
    if rng.random() < 0.1:
        return bytes(made[: int(rng.integers(0, len(made)))])
    for place in rng.integers(0, len(made), int(rng.integers(1, 4))):
        made[place] ^= int(rng.integers(1, 256))
    return bytes(made)


def faults_of(content: bytes, path: Path, true: Numbers, *, drawn: bool = False) -> Iterator[str]:
    """Use a file in every way; yield what went wrong."""
    for name, use in uses(true, drawn=drawn):
        path.write_bytes(content)
        if fault := fault_of(use, path):
            yield f"{name}: {fault}"


def apart(content: bytes, path: Path, true: Numbers, *, drawn: bool = False) -> list[str]:
    """Do `faults_of` in a process of its own, which may crash, hang or take all memory."""
    said = path.with_suffix(".said")
    said.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.alarm(PATIENCE)
        faulthandler.enable(said.with_suffix(".crash").open("w"))
        said.write_text("\n".join(faults_of(content, path, true, drawn=drawn)))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        crash = said.with_suffix(".crash").read_text().splitlines()
        where = next((line.strip() for line in crash if "file_uses" in line), "")
        return [f"killed by {signal.Signals(os.WTERMSIG(status)).name} {where}"]
    return said.read_text().splitlines()


def campaign(count: int, first: int = 0) -> int:
    """Damage files and use them; print what went wrong, and return how many times that was."""
    folder = Path(tempfile.mkdtemp())
    failed = 0
    try:
        for base in base_files(folder):
            content = base.read_bytes()
            with open_scan(base) as scan:
                true = clean_numbers(scan)
            for number in range(first, first + count):
                made = damaged(content, np.random.default_rng((number, len(base.name))))
                drawn = number % DRAWN == 0
                for fault in apart(made, folder / "scan.h5", true, drawn=drawn):
                    failed += 1
                    sys.stdout.write(f"{base.stem} {number}: {fault}\n")
                    sys.stdout.flush()
    finally:
        shutil.rmtree(folder)
    return failed


if __name__ == "__main__":
    asked = [int(argument) for argument in sys.argv[1:]] or [1000]
    sys.exit(min(1, campaign(*asked)))
