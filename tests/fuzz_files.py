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
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from file_uses import Numbers, clean_numbers, info, resumed

import seccm.session
from seccm.data import finish, open_scan
from seccm.errors import DamagedError, SeccmError
from seccm.report.study import Study
from ui.models.curves import read_site
from ui.models.scan_file import ScanFile

MEMORY = 4_000_000_000
"""Bytes of address space, of which the libraries alone take the most."""
PATIENCE = 120
"""Seconds after which a use of a file counts as one that never ends."""


def base_files(folder: Path) -> tuple[Path, Path]:
    """Make a finished file and one of a killed program, of few and short sites."""
    from made_scans import smaller, write_scan

    plan = smaller(
        "li-on-au-combinatorial",
        sites={"kind": "grid", "columns": 2, "rows": 2, "pitch": 11e-6},
        factors={"j": ["-11.5 A/m^2", "-29.2 A/m^2"]},
        program=[{"step": "constant current", "current_density": "$j", "duration": "1 s"}],
    )
    finished, killed = folder / "finished.h5", folder / "killed.h5"
    write_scan(finished, plan)
    finish(finished)
    write_scan(killed, plan, status=None, visited=3)
    return finished, killed


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip bits of one to three bytes, or, once in ten times, cut the rest off."""
    made = bytearray(content)
    if rng.random() < 0.1:
        return bytes(made[: int(rng.integers(0, len(made)))])
    for place in rng.integers(0, len(made), int(rng.integers(1, 4))):
        made[place] ^= int(rng.integers(1, 256))
    return bytes(made)


def uses(path: Path, true: Numbers) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield everything that is done with a file, each by name."""
    yield "info", lambda: info(path)
    yield "numbers", lambda: _compare(path, true)
    yield "sites", lambda: _sites(path)
    yield "browse", lambda: _browse(path)
    yield "study", lambda: _study(path)
    yield "resume", lambda: resumed(path)
    yield "analyze", lambda: _analyze(path, true)
    yield "pack", lambda: finish(path)


def faults_of(content: bytes, path: Path, true: Numbers) -> Iterator[str]:
    """Use a file in every way; yield what went wrong."""
    for name, use in uses(path, true):
        # A file of its own: HDF5 may keep a damaged one open, and takes what is written into that
        # for the same file.
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        try:
            use()
        except SeccmError as error:
            if "Traceback" in str(error) or not str(error):
                yield f"{name}: says {error}"
        except Exception as error:
            yield f"{name}: {type(error).__name__}: {error}"


def apart(content: bytes, path: Path, true: Numbers) -> list[str]:
    """Do `faults_of` in a process of its own, which may crash, hang or take all memory."""
    said = path.with_suffix(".said")
    said.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.alarm(PATIENCE)
        faulthandler.enable(said.with_suffix(".crash").open("w"))
        said.write_text("\n".join(faults_of(content, path, true)))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        crash = said.with_suffix(".crash").read_text().splitlines()
        where = next((line.strip() for line in crash if "fuzz_files" in line), "")
        return [f"killed by {signal.Signals(os.WTERMSIG(status)).name} {where}"]
    return said.read_text().splitlines()


def _compare(path: Path, true: Numbers) -> None:
    with open_scan(path) as scan:
        for name, values in clean_numbers(scan).items():
            wrong = np.isfinite(values) & (values != true[name])
            assert not wrong.any(), f"{name} is {values[wrong]} instead of {true[name][wrong]}"


def _sites(path: Path) -> None:
    with open_scan(path) as scan:
        for number in range(len(scan.sites)):
            try:
                site = scan.site(number)
            except DamagedError:
                continue
            assert len(site.steps) <= 1
            repr(site)


def _browse(path: Path) -> None:
    file = ScanFile(path)
    try:
        repr(file.words)
        for number in range(file.map.x.size):
            read_site(file.scan, number)
        file.plan()
    finally:
        file.close()


def _study(path: Path) -> None:
    with open_scan(path) as scan:
        study = Study(scan)
        assert set(study.damaged) <= set(range(len(scan.sites)))
        for number in range(len(scan.sites)):
            study.trace(number, 0)
        repr((study.groups, study.quality, study.topography))


def _analyze(path: Path, true: Numbers) -> None:
    from seccm.data.repair import clear

    clear(path)
    seccm.session.analyze(path)
    _compare(path, true)


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
                for fault in apart(made, folder / "scan.h5", true):
                    failed += 1
                    sys.stdout.write(f"{base.stem} {number}: {fault}\n")
                    sys.stdout.flush()
    finally:
        shutil.rmtree(folder)
    return failed


if __name__ == "__main__":
    asked = [int(argument) for argument in sys.argv[1:]] or [1000]
    sys.exit(min(1, campaign(*asked)))
