"""The seam between a data file and another program's: a writer gets a scan and a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Literal

from seccm.data import Scan
from seccm.errors import DataFileError
from seccm.installing import install_hint


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of an export; a writer uses what concerns it."""

    sites: tuple[int, ...] = ()
    """Only these; all unless given."""
    names: tuple[str, ...] = ()
    """Of results, for maps; all that have a value unless given."""
    charging: Literal["", "oxidation", "reduction"] = ""
    """What charging is at the working electrode, for programs that count it as positive."""
    width: float = 0.0
    """Of figures, in metres; as they are drawn unless given."""
    dpi: int = 300
    step: int = 0
    """The step of which a movie is made, numbered from 0."""
    over: Literal["time", "potential"] = "time"
    """What a movie goes along."""
    frames: int = 60
    fps: int = 10


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes one kind of file."""

    name: str
    """As it is asked for."""
    words: str
    """What is written, and for whom, in a few words."""
    suffix: str
    """What its files end with, such as ".csv"; empty where it writes a folder."""
    write: Callable[[Scan, Path, Wanted], None]
    """Writes a scan under a name that is not there yet. May raise `seccm.DataFileError`."""


def package(name: str, extra: str, what: str) -> ModuleType:
    """Import an optional package.

    Args:
        name: of its module.
        extra: of this program that brings it.
        what: cannot be written without it.

    Raises:
        DataFileError: it is not installed; says how to.
    """
    try:
        return import_module(name)
    except ImportError:
        raise DataFileError(
            f"{what} needs the package {name.split('.')[0]}. Install it with: "
            f"{install_hint(extra)}. Nothing was written."
        ) from None
