"""What is done to a data file when its run is over: compress it, and check every site of it.

`python -m seccm.data finish FILE` does it in a process of its own, because compressing a long
scan would hold up a window or the next run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from seccm.data import repair, seal, vetting
from seccm.data.inspection import inspect
from seccm.data.layout import SITE_CHECK, datasets
from seccm.data.packing import EMPTY, along, broken_sites, copy, owned, parts
from seccm.data.readable import FAILURES, columns_of
from seccm.data.site_rows import as_written
from seccm.data.trouble import discard, said, written
from seccm.data.whereabouts import Whereabouts
from seccm.errors import DataFileError
from seccm.shell import command
from seccm.typography import counted


@dataclass(frozen=True, slots=True)
class FinishReport:
    """What came of finishing a file."""

    path: Path
    sites: int
    """Sites with samples, every one of which was checked."""
    samples: int
    size_before: int
    size_after: int
    """Bytes."""

    def __str__(self) -> str:
        sites = counted(self.sites, "site")
        return (
            f"{self.path}: {sites} checked, {self.size_before / 1e6:.1f} MB before, "
            f"{self.size_after / 1e6:.1f} MB now."
        )


def finish(path: Path | str, run_id: str = "") -> FinishReport:
    """Compress a closed file, prove that nothing changed, and put it in the old one's place.

    A file that is compressed already is checked again.

    Args:
        path: the file; one that is renamed meanwhile keeps its new name.
        run_id: of the run that must be in it; empty for any.

    Raises:
        DataFileError: the file is of another run, is in use, cannot be copied, or its samples are
            not those that were written. The original is left as it is.
    """
    path = Path(path)
    if repair.mark(path):
        raise DataFileError(
            f"{path}: the run is not over, or its program was killed. Resume the run, or, if no "
            "program uses the file any more, first run: "
            + command("python", "-m", "seccm.data", "repair", path)
        )
    file = Whereabouts(path)
    part = path.with_name(path.name + ".tmp")
    before = path.stat().st_size
    try:
        with _checked(path) as source:
            if run_id not in ("", str(source.attrs["scan_uuid"])):
                raise DataFileError(f"{path}: holds another run than {run_id}, and is left alone.")
            checksums = source["crc32"][:]
            sites, samples = int(np.count_nonzero(source["row_size"][:])), owned(source)
            if source.attrs.get("packed"):
                _check(path, source, checksums)
                return FinishReport(path, sites, samples, before, before)
            _check_rows(path, source)
            with written(part, "w") as target:
                copy(source, target, packed=True)
            with h5py.File(part, "r") as target:
                _check(path, target, checksums)
                _compare(path, source, target)
        seal.seal(part)
        path = file.take_place(part)
    except FAILURES as error:
        raise DataFileError(
            f"{path}: cannot be compressed: {said(error)}. It is unchanged and complete as it is."
        ) from error
    finally:
        file.close()
        discard(part)
    return FinishReport(path, sites, samples, before, path.stat().st_size)


def finish_apart(path: Path | str, run_id: str = "") -> subprocess.Popen[str]:
    """Begin to finish a file in another process, whose output is a sentence.

    It belongs to a session of its own: neither Ctrl-C nor the end of the terminal reaches it.

    Args:
        path: as for `finish`.
        run_id: as for `finish`.
    """
    command = [sys.executable, "-m", "seccm.data", "finish", f"--run={run_id}", str(path)]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="surrogateescape",
        env={**os.environ, "PYTHONIOENCODING": "utf-8:surrogateescape"},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


@contextmanager
def _checked(path: Path) -> Iterator[h5py.File]:
    """Open a closed file that has the layout."""
    vetting.vet(path)
    with h5py.File(path, "r") as source:
        inspect(path, source)
        yield source


def _check(path: Path, file: h5py.File, checksums: np.ndarray) -> None:
    """Compare each site's samples with their checksum."""
    broken = list(broken_sites(file, checksums))
    if broken:
        few = ", ".join(str(site) for site in broken[:10]) + (", ..." if broken[10:] else "")
        raise DataFileError(
            f"{path}: the samples of {counted(len(broken), 'site')} are not those that were "
            f"measured (sites {few}). The file is unchanged; check the disk, and trust the "
            "other sites."
        )


def _check_rows(path: Path, file: h5py.File) -> None:
    """Compare the rows of the site table with their checksums, where a file has these."""
    if SITE_CHECK.name not in file:
        return
    if broken := np.flatnonzero(~as_written(columns_of(path, file))).tolist():
        few = ", ".join(map(str, broken[:10])) + (", ..." if broken[10:] else "")
        raise DataFileError(
            f"{path}: the rows of {counted(len(broken), 'site')} in the site table are not those "
            f"that were written (sites {few}). The file is unchanged; check the disk, and trust "
            "the other sites."
        )


def _compare(path: Path, source: h5py.File, target: h5py.File) -> None:
    """Compare everything that no checksum covers."""
    for name, old in datasets(source).items():
        new = target[name]
        if name in EMPTY or "sample" in along(name, source):
            continue
        for here in parts(old.shape):
            a, b = old[here], new[here]
            if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
                raise DataFileError(
                    f"{path}: the column {name} is different in the compressed copy. "
                    "The file is unchanged; check the disk."
                )
