"""Writers of other programs' files: what a data file of this program has, for those who use it on.

Packages add writers by the entry point group `seccm.exports`, each of which names a `Writer`; a
script calls `EXPORTS.register`.
"""

from __future__ import annotations

from collections.abc import Iterable

from seccm.exports.seam import Wanted, Writer
from seccm.open_kinds import OpenKinds

__all__ = ["EXPORTS", "GROUP", "Wanted", "Writer"]

GROUP = "seccm.exports"


def _own() -> Iterable[Writer]:
    from seccm.exports import (
        columnar,
        crate,
        figures,
        gwyddion,
        matlab,
        movie,
        nexus,
        ome,
        text,
    )

    modules = (text, columnar, gwyddion, ome, matlab, nexus, crate, movie, figures)
    return (writer for module in modules for writer in module.WRITERS)


def _refuse_other(writer: object) -> None:
    if not isinstance(writer, Writer):
        raise TypeError(f"{writer!r} is not a seccm.exports.Writer")


EXPORTS: OpenKinds[Writer] = OpenKinds(
    "export", GROUP, _own, lambda writer: writer.name, _refuse_other
)
"""Every kind of file that can be written."""
