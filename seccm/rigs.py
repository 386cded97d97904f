"""Rigs by name or file: a rig file says what kind it is, and the kind says who builds it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from seccm.errors import PlanError, Problem
from seccm.plan.library import find_rig
from seccm.quantities import read_toml
from seccm.rig import Mounted, Rig

GROUP = "seccm.rigs"


class Builder(Protocol):
    """What an entry point of the group `seccm.rigs` is: it builds a rig and opens nothing."""

    def __call__(
        self,
        config: Mapping[str, Any],
        mounted: Mounted,
        *,
        source: str,
        seed: int,
        faults: Sequence[str],
        pace: float,
        first_site: int,
    ) -> Rig:
        """Build a rig from its file.

        Raises:
            PlanError: with every mistake of the file.
        """


@dataclass(frozen=True, slots=True)
class RigFile:
    """A rig file as read: it is stored with the data, so that a scan can be resumed from them."""

    source: str
    """Where it came from, for messages."""
    config: Mapping[str, Any]


def load_rig(name_or_path: str | Path) -> RigFile:
    """Read a rig file: a shipped one by its name, or any by its path.

    Raises:
        PlanError: there is none of that name, or it cannot be read.
    """
    path = find_rig(str(name_or_path))
    return RigFile(str(path), read_toml(path))


def build_rig(
    file: RigFile,
    mounted: Mounted,
    *,
    seed: int = 0,
    faults: Sequence[str] = (),
    pace: float = 0.0,
    first_site: int = 0,
) -> Rig:
    """Build the rig that a file describes; nothing is opened yet.

    Args:
        file: the rig file.
        mounted: what the plan says is on the stage.
        seed: for virtual rigs, what chance is made of.
        faults: for virtual rigs, what shall go wrong.
        pace: for virtual rigs, how many times as fast as real time; 0 for as fast as possible.
        first_site: for virtual rigs, the first site to be visited, where a scan is resumed.

    Raises:
        PlanError: the kind is unknown, its driver is not installed, the file or the pace wrong.
    """
    if not (math.isfinite(pace) and pace >= 0.0):
        what = f"{pace} is no number of virtual seconds per real second."
        raise PlanError(file.source, [Problem("pace", what, "1 is real time, 0 the fastest.")])
    kinds = {point.name: point for point in entry_points(group=GROUP)}
    kind = file.config.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        what = "is missing." if kind is None else f"{kind!r} is not a kind of rig."
        remedy = f"Write one of: {', '.join(sorted(kinds))}."
        raise PlanError(file.source, [Problem("kind", what, remedy)])
    try:
        builder: Builder = kinds[kind].load()
    except ImportError as error:
        remedy = f"Install what it needs, for example: pip install 'seccm[{kind}]'."
        raise PlanError(file.source, [Problem("kind", f"{kind!r}: {error}.", remedy)]) from error
    return builder(
        file.config,
        mounted,
        source=file.source,
        seed=seed,
        faults=faults,
        pace=pace,
        first_site=first_site,
    )
