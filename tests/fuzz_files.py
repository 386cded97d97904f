"""Damage data files at random, and use them in every way: `python tests/fuzz_files.py [COUNT]`.

Bytes are flipped and files are cut short: packed ones, closed ones, growing ones, those of killed
programs, and ones with raw samples; COUNT of each (400 unless given), numbered. `python
tests/fuzz_files.py COUNT FIRST` begins with another number, so `1 17` does number 17 of each again;
`1 17 growing` that of growing files alone. What must hold: whatever is done with such a file ends
well or with an error of this program, which is a sentence; it ends in time; and no number from it
that is called clean is another than that of the file before.

One process uses many files, as a window does. It is replaced where it crashed.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

import numpy as np
from children import tried_once
from file_uses import Numbers, Use, all_clean_numbers, fault_of, report, uses, xarray

from seccm.data import attempts, finish, guard, open_scan, vetting
from seccm.data.__main__ import main as look_after

MEMORY = 6_000_000_000
"""Bytes of address space, of which the libraries alone take the most."""
PATIENCE = 60
"""Seconds of a processor after which a use of a file counts as one that never ends."""
AT_ONCE = 20
"""Files that a process uses before its end, which is looked at too."""
GROWING = "growing"
"""A file of a killed program whose program seems to be alive."""
SELDOM: Mapping[Use, int] = {xarray: 5, report: 20}
"""Uses that take seconds, and every how many files they are made."""


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
    write_scan(finished, plan, rig="virtual")
    finish(finished)
    write_scan(killed, plan, status=None, visited=3, rig="virtual")
    return finished, killed


def more_bases(folder: Path) -> Iterator[Path]:
    """Make a file that was closed but not packed, and a packed one with raw samples."""
    from cut_stories import run
    from made_scans import couple, smaller, write_scan

    plan = smaller("redox-cv-map", sites={"kind": "grid", "columns": 2, "rows": 1, "pitch": 4e-6})
    yield write_scan(folder / "closed.h5", plan, couple, status="stopped", visited=1, rig="virtual")
    run(folder / "made")
    raw = Path(shutil.move(folder / "made" / "scan.h5", folder / "raw.h5"))
    finish(raw)
    yield raw
    yield write_methods(folder / "methods.h5")
    finish(folder / "methods.h5")


def write_methods(path: Path) -> Path:
    """Carry out a run of one site with every kind of step."""
    from campaign_scan import unpacked
    from every_method import one_site

    import seccm

    with unpacked():
        for _ in seccm.run(one_site(), "virtual", path=path, seed=1):
            pass
    return path


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip bits of one to three bytes, or, once in ten times, cut the rest off."""
    made = bytearray(content)
    if rng.random() < 0.1:
        return bytes(made[: int(rng.integers(0, len(made)))])
    # Half of the time not where there are only zeros, of which a growing file has most.
    where = np.flatnonzero(np.frombuffer(content, np.uint8)) if rng.random() < 0.5 else None
    for place in rng.integers(0, len(made if where is None else where), int(rng.integers(1, 4))):
        made[place if where is None else where[place]] ^= int(rng.integers(1, 256))
    return bytes(made)


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Be the program that writes a file, as far as others can tell."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        guard.hold(descriptor)
        yield
    finally:
        os.close(descriptor)


def faults_of(
    content: bytes,
    path: Path,
    true: Numbers,
    number: int = 1,
    begun: Callable[[str], object] = str,
    *,
    growing: bool = False,
) -> Iterator[str]:
    """Use a file in every way; yield what went wrong.

    Args:
        content: of the file.
        path: where to put it, in a folder of its own.
        true: the clean numbers before it was damaged.
        number: of the file, of which depends whether it has the uses that take long.
        begun: told the name of each use before it is made.
        growing: whether a program seems to be writing it meanwhile.
    """
    for name, use in uses(true):
        if number % SELDOM.get(use, 1):
            continue
        for other in path.parent.iterdir():
            shutil.rmtree(other) if other.is_dir() else other.unlink()
        path.write_bytes(content)
        begun(name)
        with written_to(path) if growing else nullcontext():
            fault = fault_of(use, path)
        if fault:
            yield f"{name}: {fault}"


def _in_a_fork(path: Path) -> tuple[int, str]:
    """Return the code with which the process that tried a file ended, and what it said."""
    output = path.parent.with_suffix(".output")
    child = os.fork()
    if child == 0:
        code = 99
        faulthandler.disable()  # a crash is an answer here, and not to be told
        vetting.MEMORY += own_data()  # a fork begins with all that the suite has in memory
        with output.open("w") as said, redirect_stdout(said), redirect_stderr(said):
            try:
                code = look_after([vetting.VERB, str(path)])
            finally:
                said.flush()
                os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), output.read_text()


def own_data() -> int:
    """Return the bytes of data that this process has; 0 where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text("ascii").splitlines() if status.exists() else []
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmData:"))


def used(
    content: bytes, path: Path, true: Numbers, numbers: Sequence[int], base: str
) -> Iterator[tuple[int, str]]:
    """Damage a file once for each number, and use it in a process; yield what went wrong.

    Ends where the process ends, whether it has come to the last number or not.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            _use_all(content, path, true, numbers, base, writing)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    number, use = numbers[0], ""
    with os.fdopen(reading) as told:
        for line in told:
            kind, said, rest = line.rstrip("\n").split("\t")
            number, use = int(said), rest
            if kind == "fault":
                yield number, rest
            elif kind == "begun":
                yield number, ""
    _, status = os.waitpid(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        ended = signal.Signals(-code).name if code < 0 else f"code {code}"
        yield number, f"{use}: the process ended by {ended}, having begun with {numbers[0]}"


def _use_all(
    content: bytes, path: Path, true: Numbers, numbers: Sequence[int], base: str, to: int
) -> None:
    """Use damaged files one after the other; the body of the process."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    faulthandler.enable()
    vetting._try = partial(tried_once, by=_in_a_fork)
    attempts.ATTEMPTS = 20  # a part that is damaged stays so, and nobody need wait for it

    def say(kind: str, number: int, words: str) -> None:
        os.write(to, f"{kind}\t{number}\t{' '.join(words.split())}\n".encode())

    for number in numbers:

        def begun(name: str, number: int = number) -> None:
            signal.setitimer(signal.ITIMER_PROF, PATIENCE)
            say("use", number, name)

        say("begun", number, "")
        made = damaged(content, np.random.default_rng((number, *base.encode())))
        for fault in faults_of(made, path, true, number, begun, growing=base == GROWING):
            say("fault", number, fault)
    say("use", numbers[-1], "end")
    _end_of_process()


def _end_of_process() -> None:
    """Do what Python does before a process ends: HDF5 closes what was left open."""
    gc.collect()
    atexit._run_exitfuncs()


def campaign(count: int = 400, first: int = 0, only: str = "") -> Counter[str]:
    """Damage files and use them; print what went wrong, and return how many times that was."""
    folder = Path(tempfile.mkdtemp())
    failed = Counter[str]()
    try:
        (folder / "bases").mkdir()
        (folder / "used").mkdir()
        bases = {
            one.stem: one for one in (*base_files(folder / "bases"), *more_bases(folder / "bases"))
        }
        for name, base in {**bases, GROWING: bases["killed"]}.items():
            if only not in ("", name):
                continue
            content, began = base.read_bytes(), time.monotonic()
            with open_scan(base) as scan:
                true = all_clean_numbers(scan)
            number = first
            while number < first + count:
                numbers = range(number, min(number + AT_ONCE, first + count))
                path = folder / "used" / "scan.h5"
                for number, fault in used(content, path, true, numbers, name):
                    if fault:
                        failed[name] += 1
                        _say(f"{name} {number}: {fault}")
                number += 1
                took = time.monotonic() - began
                _say(f"{name}: {number - first} files, {failed[name]} faults, {took:.0f} s")
    finally:
        shutil.rmtree(folder)
    return failed


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    names = [argument for argument in sys.argv[1:] if not argument.isdigit()]
    sys.exit(min(1, sum(campaign(*numbers, only=name).total() for name in names or [""])))
