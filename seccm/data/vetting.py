"""Reading a file through in another process first, where it might end this one.

HDF5 trusts what it reads: a damaged index of a file that was never closed can crash the program,
or keep it busy for ever. Files that a program closed are protected by checksums and are not
tried. A file that is tried once is trusted until it changes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from seccm.errors import DamagedError

VERB = "read"
"""What `python -m seccm.data` is told for it."""
PATIENCE = 60.0
"""Seconds for any file, which a loaded computer needs to start a program and read a small one."""
SLOWEST = 2e6
"""Bytes in a second that a slow disk delivers at least."""
MEMORY = 2_000_000_000
"""Bytes that the other process may ask for, where the system can limit it."""
_Key = tuple[int, int, int, int]
_trusted: set[_Key] = set()


def trust(path: Path) -> None:
    """Have a file, as it is now, not be tried."""
    _trusted.add(_key(path))


def vet(path: Path) -> None:
    """Have a file read through by another process, unless that was done already.

    Damage that can be told in a sentence is not told here: whoever reads the file meets it.

    Raises:
        DamagedError: the other process crashed, ran out of memory, or came to no end.
    """
    if _key(path) in _trusted:
        return
    patience = PATIENCE + path.stat().st_size / SLOWEST
    command = [sys.executable, "-m", "seccm.data", VERB, str(path.absolute())]
    # No window of its own on Windows, and nothing of it mixes with what this program prints.
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    quiet = subprocess.DEVNULL
    try:
        code = subprocess.run(
            command,
            timeout=patience,
            check=False,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            creationflags=flags,
        ).returncode
    except subprocess.TimeoutExpired:
        raise _unfit(path, f"it came to no end within {patience:.0f} s") from None
    if code:
        raise _unfit(path, f"the process that tried it crashed with code {code}")
    trust(path)


def limit_memory() -> None:
    """Limit what this process may ask for; the size of what is read is limited everywhere."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        soft = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, most))


def _unfit(path: Path, why: str) -> DamagedError:
    return DamagedError(
        f"{path}: the file is damaged so that HDF5 cannot read it: {why}. It was never closed by "
        "the program that wrote it. Nothing was changed. Use a copy of the file, if there is one, "
        "and check the disk."
    )


def _key(path: Path) -> _Key:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
