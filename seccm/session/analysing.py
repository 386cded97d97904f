"""Determining the features of a file again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from seccm.analysis.features import Features, reanalyse
from seccm.analysis.own_areas import areas_in, rebased
from seccm.data import (
    open_scan,
    rewrite_features,
)
from seccm.data.whereabouts import Whereabouts
from seccm.errors import DataFileError
from seccm.plan import Plan


class Analysed(int):
    """How many sites were analysed, and what is wrong with those that could not be."""

    damaged: Mapping[int, str]
    """A sentence for each site that is damaged in the file, by its number."""
    changed: str
    """Which sites another program has changed since the run, in a sentence; usually empty."""

    def __new__(cls, count: int, damaged: Mapping[int, str], changed: str) -> Self:
        """Make the count, with what is to be said of the others."""
        made = super().__new__(cls, count)
        made.damaged, made.changed = damaged, changed
        return made


def analyze(path: str | Path) -> Analysed:
    """Determine all features of a file again and store them; return how many sites have any.

    A site that is damaged in the file gets no numbers, and the result says so; the others do.

    Raises:
        DataFileError: the file cannot be read or written.
        PlanError: the plan in the file is not one.
    """
    path = Path(path)
    with open_scan(path) as scan:
        file = Whereabouts(path)
        features = Features(Plan.from_json(scan.plan_json, source=str(path)))
        found = reanalyse(scan, features)
        own = areas_in(scan)
        every = {**found.features, **(rebased(scan, features, own) if own else {})}
        changed = scan.changed
    same_file(file, path)
    rewrite_features(path, every, features.layout.statuses, found.quality, found.results)
    return Analysed(found.analysed, found.damaged, changed)


def same_file(file: Whereabouts, path: Path) -> None:
    """Check that a path still leads to the file that was read.

    Raises:
        DataFileError: the file was moved meanwhile, and another one may have its name.
    """
    if file.look() != path:
        raise DataFileError(
            f"{path}: the file was moved, deleted or replaced meanwhile. Nothing was changed. Do "
            "it again with the file where it is now."
        )
    file.close()
