"""Reading a file through in another process first, where it might end this one.

HDF5 trusts what it reads: a damaged index can crash the program, or keep it busy for ever, and
where HDF5 tells the damage it may still crash as it lets go of what it has read of it, which
depends on what else the process did. So a file whose structure is damaged is never opened here.

A closed file with its seal is as it was written, and opens at once. All others are read through
by another process first: those that a killed program left behind, those of earlier versions, those
that another program has changed, and damaged ones. Where that process crashes, or finds damage,
the file is refused. What is in the samples cannot harm HDF5, and is told site by site by whoever
reads them. A file that was tried once is trusted until it changes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from seccm.data import repair, seal
from seccm.errors import DamagedError

VERB = "read"
"""What `python -m seccm.data` is told for it."""
PATIENCE = 60.0
"""Seconds for any file, which a loaded computer needs to start a program and read a small one."""
SLOWEST = 2e6
"""Bytes in a second that a slow disk delivers at least."""
MEMORY = 2_000_000_000
"""Bytes that the other process may ask for, where the system can limit it."""
REFUSED = 2
"""What the other process ends with where the file is damaged; it says so in its output."""
_Key = tuple[int, int, int, int]
_trusted: set[_Key] = set()


def trust(path: Path) -> None:
    """Have a file, as it is now, not be tried."""
    _trusted.add(_key(path))


def vet(path: Path) -> None:
    """Make sure that HDF5 can open a file; takes no time if it is sealed or was tried already.

    Raises:
        DamagedError: the structure of the file is damaged, or the process that tried it crashed,
            ran out of memory, or came to no end.
    """
    key = _key(path)
    if key not in _trusted:
        if not seal.holds(path):
            _try(path)
        _trusted.add(key)


def _try(path: Path) -> None:
    """Read a file through in another process."""
    patience = PATIENCE + path.stat().st_size / SLOWEST
    command = [sys.executable, "-m", "seccm.data", VERB, str(path.absolute())]
    try:
        done = subprocess.run(
            command,
            timeout=patience,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "PYTHONIOENCODING": "utf-8:surrogateescape"},
            # No window of its own on Windows.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        raise _unfit(path, f"it did not end within {patience:.0f} s") from None
    judge(path, done.returncode, done.stderr or "")


def judge(path: Path, code: int, said: str) -> None:
    """Say of a file what the process that tried it has found.

    Args:
        path: of the file.
        code: that the process has ended with.
        said: what it has said.

    Raises:
        DamagedError: the file is damaged.
    """
    found = said.find(f"{path.absolute()}: ")
    if code == REFUSED and found >= 0:
        # HDF5 may have written something before, and the sentence is one line.
        sentence = said[found:].partition("\n")[0].strip()
        raise DamagedError(sentence.replace(str(path.absolute()), str(path)))
    if code:
        raise _unfit(path, f"the process that tried it crashed with code {code}")


def limit_memory() -> None:
    """Limit what this process may ask for; the size of what is read is limited everywhere."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        soft = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, most))


def _unfit(path: Path, why: str) -> DamagedError:
    open_still = "It was never closed by the program that wrote it. " if repair.mark(path) else ""
    return DamagedError(
        f"{path}: the file is damaged so that HDF5 cannot read it: {why}. {open_still}Nothing was "
        "changed. Use a copy of the file, if there is one, and check the disk."
    )


def _key(path: Path) -> _Key:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
