"""MATLAB: one .mat with the table of sites, and the data points of each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from seccm.data import Scan
from seccm.events import Phase
from seccm.exports.content import facts, heads, measured, phase_words, site_table
from seccm.exports.seam import Wanted, Writer

_LONGEST = 63
"""Letters of a name in MATLAB, of which scipy writes as many with `long_field_names`."""


def write(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write the structures about, sites and points; names with units, and codes of phases."""
    import scipy  # its parts are loaded when used

    table = site_table(scan)
    short = _shortened([*heads(scan), *table])
    titles = heads(scan) | {name: column.title for name, column in table.items()}
    points = np.array(
        [
            {"site": trace.number}
            | {short[name]: values for name, values in (mine | {"phase": trace.phase}).items()}
            for trace, mine in measured(scan, wanted)
        ],
        dtype=object,
    )
    content = {
        "about": dict(facts(scan)),
        "sites": {short[name]: _own(column.values) for name, column in table.items()},
        "points": points,
        "phases": {phase_words(phase): int(phase) for phase in Phase},
        "units": {short[name]: title for name, title in titles.items()},
    }
    scipy.io.savemat(target, content, long_field_names=True, oned_as="column", do_compression=True)


def _shortened(names: Iterable[str]) -> dict[str, str]:
    """Return what MATLAB calls each name, which is another one for every one."""
    made: dict[str, str] = {}
    for name in names:
        short, number = name[:_LONGEST], 2
        while name not in made and short in made.values():
            tail = f"_{number}"
            short, number = name[: _LONGEST - len(tail)] + tail, number + 1
        made.setdefault(name, short)
    return made


def _own(values: Any) -> Any:
    """Return a column as MATLAB has it: texts in a cell array."""
    array = np.asarray(values)
    return array.astype(object) if array.dtype.kind == "U" else array


WRITERS = (Writer("mat", "sites and data points, for MATLAB and Octave", ".mat", write),)
