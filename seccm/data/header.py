"""What is said once of a whole run, as attributes at the root of its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from seccm.errors import DamagedError, DataFileError
from seccm.rig import Clock
from seccm.versions import FILE, UNNAMED, Version
from seccm.words import simulated

CONVENTIONS = f"CF-1.11 SECCM-{FILE}"
_SIMULATED_BEFORE = "VIRTUAL "
"""What titles of simulated data began with in files of earlier versions."""

IMPORTED_FROM = "imported_from"
"""The attribute that a file has which was made of another program's: the name of that one."""
NOT_DATED = "imported_start"
"""The attribute of an imported file that says why its start is that of the import."""


@cache
def software() -> str:
    """Return the name and version of this program."""
    try:
        return f"seccm {version('seccm')}"
    except PackageNotFoundError:
        return "seccm, not installed"


@dataclass(frozen=True, slots=True)
class Header:
    """What is said once of a whole run; the attributes at the root of its file."""

    title: str
    plan_json: str
    rig_json: str
    virtual: bool
    reference: str
    """What potentials are stated against, such as "Li/Li+"."""
    reference_offset: float
    """Volts to add to a raw potential to have it against the reference."""
    started_at: str
    """ISO 8601, UTC."""
    uuid: str
    seed: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    reference_uncertainty: float | None = None
    """Standard uncertainty of that offset in volts, common to all potentials; None if unknown."""
    software: str = field(default_factory=software)
    """The program that made the file, with its version."""

    @property
    def dated(self) -> bool:
        """Whether `started_at` is when the run began, and not when its file was imported."""
        return NOT_DATED not in self.extra

    @property
    def started(self) -> str:
        """When the run began, in words: of an imported file that may not be known."""
        return self.started_at if self.dated else f"not known; imported {self.started_at}"

    @property
    def origin(self) -> str:
        """What a file was imported from, and how it was understood; empty of one that was not."""
        source, how = self.extra.get(IMPORTED_FROM, ""), self.extra.get("imported_as", "")
        return f"{source}: {how}" if source else ""


def write_header(file: h5py.File, header: Header, clock: Clock) -> None:
    """Make the header and the clock attributes of a file's root."""
    title = simulated(header.title) if header.virtual else header.title
    attributes: dict[str, Any] = {
        **header.extra,
        "Conventions": CONVENTIONS,
        "format_version": str(FILE),
        "NX_class": "NXroot",
        "title": title,
        "scan_uuid": header.uuid,
        "software": header.software,
        "plan_json": header.plan_json,
        "rig_json": header.rig_json,
        "started_at": header.started_at,
        "sign_convention": "IUPAC",
        "reference": header.reference,
        "reference_offset": float(header.reference_offset),
        "virtual": np.uint8(header.virtual),
        "raw_rate": float(clock.rate),
        "raw_averaged": np.int64(clock.averaged),
        "raw_spacing": np.int64(clock.spacing),
    }
    if header.seed is not None:
        attributes["seed"] = np.int64(header.seed)
    if header.reference_uncertainty is not None:
        attributes["reference_uncertainty"] = float(header.reference_uncertainty)
    for name, value in attributes.items():
        file.attrs[name] = value


def read_header(file: h5py.File) -> Header:
    """Return what is said once of the whole run.

    Raises:
        ValueError: something is missing, or of another kind.
        OSError, RuntimeError, TypeError: HDF5 cannot read it.
    """
    known = {
        "Conventions", "format_version", "NX_class", "default", "title", "scan_uuid", "software",
        "plan_json", "rig_json",
        "started_at", "sign_convention", "reference", "reference_offset", "virtual", "raw_rate",
        "raw_averaged", "raw_spacing", "seed", "packed", "reference_uncertainty",
    }  # fmt: skip
    a = file.attrs
    title, virtual = printable(_text(a, "title")), bool(_number(a, "virtual"))
    if virtual:
        title = simulated(title.removeprefix(_SIMULATED_BEFORE))
    return Header(
        title=title,
        plan_json=_text(a, "plan_json"),
        rig_json=_text(a, "rig_json"),
        virtual=virtual,
        reference=printable(_text(a, "reference")),
        # The attribute of the data, not the one at the root: recalibration changes that one.
        reference_offset=float(_number(file["E"].attrs, "add_offset")),
        started_at=printable(_text(a, "started_at")),
        uuid=printable(_text(a, "scan_uuid")),
        seed=int(_number(a, "seed")) if "seed" in a else None,
        reference_uncertainty=_known(file["E"].attrs, "reference_uncertainty"),
        software=printable(_text(a, "software")),
        extra={
            printable(k): printable(str(v))
            for k, v in a.items()
            if k not in known and not k.startswith("_")
        },
    )


def read_version(file: h5py.File, path: Path) -> Version:
    """Return the version of the format of a file that this program can read.

    Args:
        file: opened for reading.
        path: what to call it in messages.

    Raises:
        DataFileError: the format is newer than this program.
        DamagedError: it is not a version.
    """
    try:
        written = file.attrs.get("format_version", str(UNNAMED))
        found = Version.read(written)
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise DamagedError(
            f"{path}: the file is damaged or was changed: the version of its format cannot be "
            f"read: {error}. Use a copy of the file, if there is one."
        ) from error
    if found.is_beyond(FILE):
        maker = printable(str(file.attrs.get("software", "another program")))
        raise DataFileError(
            f"{path}: written in format {found} by {maker:.60}; this program ({software()}) reads "
            f"formats up to {FILE}. Update this program to read it. Nothing was changed."
        )
    return found


def refuse_newer(file: h5py.File, path: Path) -> None:
    """Refuse to change a file of a newer format: what this program does not know would be wrong.

    Raises:
        DataFileError: the format is newer.
    """
    found = read_version(file, path)
    if found > FILE:
        raise DataFileError(
            f"{path}: written in format {found}, which is newer than this program's ({FILE}): it "
            "can be read, but not changed. Update this program. The file is as it was."
        )


def read_clock(file: h5py.File) -> Clock:
    """Return how raw samples became rows in this file."""
    a = file.attrs
    return Clock(
        float(_number(a, "raw_rate")),
        int(_number(a, "raw_averaged")),
        int(_number(a, "raw_spacing")),
    )


def printable(text: str) -> str:
    """Return a text of a file without what would do something to a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _value(attributes: Mapping[str, Any], name: str) -> Any:
    if name not in attributes:
        raise ValueError(f'"{name}" is missing')
    return attributes[name]


def _text(attributes: Mapping[str, Any], name: str) -> str:
    value = _value(attributes, name)
    if not isinstance(value, str):
        raise ValueError(f'"{name}" is {value!r:.40}, which is not a text')
    value.encode()  # what was not UTF-8 in the file says so here
    return value


def _known(attributes: Mapping[str, Any], name: str) -> float | None:
    """Return a number that is told where it is known."""
    return float(_number(attributes, name)) if name in attributes else None


def _number(attributes: Mapping[str, Any], name: str) -> Any:
    value = _value(attributes, name)
    if not isinstance(value, np.integer | np.floating):
        raise ValueError(f'"{name}" is {value!r:.40}, which is not a number')
    return value
