"""The SHA-256 of what was imported, so that a data file can be traced back to its source."""

from __future__ import annotations

import hashlib
from pathlib import Path


def fingerprint(source: Path) -> str:
    """Return the SHA-256 of a file; of a folder, that of its files' names and contents."""
    digest = hashlib.sha256()
    if not source.is_dir():
        _add(source, digest)
        return digest.hexdigest()
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(source).as_posix()}\0".encode())
        _add(path, digest)
    return digest.hexdigest()


def _add(path: Path, digest: hashlib._Hash) -> None:
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
