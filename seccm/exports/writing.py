"""Exporting: another program's file of a data file, whole or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seccm.data import open_scan
from seccm.errors import DataFileError
from seccm.exports import EXPORTS
from seccm.exports.seam import Wanted

_BY_DEFAULT = Wanted()


def export(
    path: str | Path,
    kind: str,
    target: str | Path | None = None,
    wanted: Wanted = _BY_DEFAULT,
) -> Path:
    """Write what a data file has as a file, or a folder, of another program.

    Args:
        path: of the data file; it may be growing, stopped or killed.
        kind: what to write, a name in `EXPORTS`.
        target: where; beside the data file, with the suffix of that kind, unless given.
        wanted: sites, results, signs and sizes.

    Returns:
        The path of what was written.

    Raises:
        DataFileError: there is no such kind, the file cannot be read, a package is missing, or
            something stands in the target's place. Nothing is left half written.
    """
    try:
        writer = EXPORTS.of(kind)
    except LookupError as error:
        raise DataFileError(f"{error} Nothing was written.") from None
    source = Path(path)
    made = (
        Path(target)
        if target is not None
        else source.with_name(f"{source.stem}{writer.suffix or f'-{writer.name}'}")
    )
    _refuse_taken(made)
    with open_scan(source) as scan, _whole(made) as part:
        writer.write(scan, part, wanted)
    return made


@contextmanager
def _whole(made: Path) -> Iterator[Path]:
    """Lend a name to write under; what is there takes its own name once it is whole."""
    part = made.with_name(f".part-{made.name}")
    try:
        _remove(part)
        yield part
        _refuse_taken(made)  # by another program, while this one wrote
        part.rename(made)
    except OSError as error:
        raise DataFileError(
            f"{made}: cannot be written: {error.strerror or error}. Name another place with -o."
        ) from error
    finally:
        with suppress(OSError):  # a name that cannot be is not there either
            _remove(part)


def _refuse_taken(made: Path) -> None:
    if os.path.lexists(made):
        raise DataFileError(
            f"{made}: exists already, and was left as it is. Name another one with -o."
        )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
