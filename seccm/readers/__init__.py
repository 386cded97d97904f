"""Readers of other programs' files: what they read becomes a data file of this program.

Packages add readers by the entry point group `seccm.readers`, each of which names a `Reader`; a
script calls `READERS.register`. `seccm.import_file` asks them one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable

from seccm.open_kinds import OpenKinds
from seccm.readers.recording import Column, Part, Recording, Trace, Visit
from seccm.readers.seam import Reader, ReadScan, ReadSite, ReadStep

__all__ = [
    "GROUP",
    "READERS",
    "Column",
    "Part",
    "ReadScan",
    "ReadSite",
    "ReadStep",
    "Reader",
    "Recording",
    "Trace",
    "Visit",
]

GROUP = "seccm.readers"


def _own() -> Iterable[Reader]:
    """Return the program's own readers; the one of plain tables knows most files and comes last."""
    from seccm.readers import (
        biologic,
        chi,
        echemtips,
        gamry,
        heka,
        palmsens,
        park,
        plain_table,
        wec_spm,
    )

    modules = (wec_spm, echemtips, biologic, gamry, chi, palmsens, heka, park, plain_table)
    return (reader for module in modules for reader in module.READERS)


def _refuse_other(reader: object) -> None:
    if not isinstance(reader, Reader):
        raise TypeError(f"{reader!r} is not a seccm.Reader")


READERS: OpenKinds[Reader] = OpenKinds(
    "reader",
    GROUP,
    _own,
    lambda reader: reader.name,
    _refuse_other,
    lambda reader: reader.rank,
)
"""Every reader that there is; those of a high rank are asked last."""
