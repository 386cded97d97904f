"""What is in a scan, as exports need it: columns with units, data points, maps on grids."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.data import Column, Scan, SiteTrace
from seccm.errors import DamagedError, DataFileError
from seccm.events import Outcome, Phase
from seccm.exports.seam import Wanted

CONVENTION = "IUPAC: anodic currents positive"
_OFF = 0.2
"""Part of the pitch by which a site may be off its place of the grid."""


@dataclass(frozen=True, slots=True)
class Map:
    """One number of each site, on a regular grid."""

    name: str
    unit: str
    words: str
    values: FloatArray
    """Shape (rows, columns), the lowest y first, in SI; NaN where there is no number."""
    x0: float
    y0: float
    dx: float
    dy: float
    """Metres: the place of the first value, and the distances."""


def numbers(scan: Scan, wanted: Wanted) -> tuple[int, ...]:
    """Return the sites to be exported.

    Raises:
        DataFileError: there is no such site.
    """
    for number in wanted.sites:
        if not 0 <= number < len(scan.sites):
            raise DataFileError(
                f"{scan.path}: there is no site {number}; sites are numbered from 0 to "
                f"{len(scan.sites) - 1}. Nothing was written."
            )
    return wanted.sites or tuple(range(len(scan.sites)))


def measured(scan: Scan, wanted: Wanted) -> Iterator[tuple[SiteTrace, dict[str, Any]]]:
    """Yield each site that has data points, with the columns of these, in SI.

    A damaged site is left out: `scan.check` names it.
    """
    for number in numbers(scan, wanted):
        try:
            trace = scan.site(number)
        except DamagedError:
            continue
        if trace.t.size == 0:
            continue
        columns: dict[str, Any] = {
            "t": trace.t,
            "E": trace.E,
            "I": trace.I,
            "z": trace.z,
            "phase": np.array([phase_words(code) for code in trace.phase.tolist()]),
            "step": trace.step.astype(np.int64),
        }
        columns |= {signal.name: trace.signals[signal.name] for signal in scan.signals}
        yield trace, columns


def phase_words(code: int) -> str:
    """Return a phase as a word."""
    return Phase(code).name.lower()


def units(scan: Scan) -> dict[str, str]:
    """Return the unit of each column of `measured`, empty where it has none."""
    known = {"t": "s", "E": "V", "I": "A", "z": "m", "phase": "", "step": ""}
    return known | {signal.name: signal.unit for signal in scan.signals}


def heads(scan: Scan) -> dict[str, str]:
    """Return what a table calls each column of `measured`: name, unit and convention."""
    named = {name: f"{name} ({unit})" if unit else name for name, unit in units(scan).items()}
    named["E"] = f"E vs {scan.header.reference} (V)"
    named["I"] = "I (A, anodic positive)"
    return named


@dataclass(frozen=True, slots=True)
class SiteColumn:
    """One column of the table of sites."""

    values: npt.NDArray[Any]
    title: str
    """What a table of text calls it: its name and its unit."""
    unit: str = ""
    """Empty where it has none."""


def site_table(scan: Scan) -> dict[str, SiteColumn]:
    """Return the table of sites by the names of its columns, in SI."""
    sites = scan.sites
    x, y = places(scan)
    columns = {
        "site": SiteColumn(np.arange(len(sites)), "site"),
        "x": site_column("x", "m", x),
        "y": site_column("y", "m", y),
        "outcome": SiteColumn(sites.words("status"), "outcome"),
        "z_contact": site_column("z_contact", "m", sites["z_contact"]),
    }
    for factor in scan.factors:
        name = f"factor_{factor.name}"
        if name in sites:
            columns[name] = site_column(name, factor.unit, sites[name])
    for feature in scan.features:
        columns[feature.name] = site_column(feature.name, feature.unit, sites[feature.name])
        error, status = f"{feature.name}_err", f"{feature.name}_status"
        if error in sites:
            columns[error] = site_column(error, feature.unit, sites[error])
        if status in sites:
            columns[status] = SiteColumn(sites.words(status), status)
    return columns


def places(scan: Scan) -> tuple[FloatArray, FloatArray]:
    """Return where the sites are in metres: measured, or commanded where they were not."""
    found = []
    for axis in ("x", "y"):
        there, planned = scan.sites[axis], scan.sites[f"{axis}_cmd"]
        found.append(np.where(np.isfinite(there), there, planned))
    return found[0], found[1]


def maps(scan: Scan, wanted: Wanted) -> list[Map]:
    """Return topography and results of the scan as maps.

    Raises:
        DataFileError: its sites are on no regular grid, or none of the results has a value.
    """
    place = grid(scan)
    if place is None:
        raise DataFileError(
            f"{scan.path}: its sites are on no regular grid, so that there is no map as an image. "
            "Export its table of sites instead: --to csv-sites. Nothing was written."
        )
    columns, rows, shape, origin, pitch = place
    known = {"z_contact": Column("z_contact", "m", "height of the tip at contact")}
    known |= {feature.name: feature for feature in scan.features}
    for name in wanted.names:
        if name not in known:
            raise DataFileError(
                f'{scan.path}: there is no result "{name}". There are {", ".join(known)}. Nothing '
                "was written."
            )
    ok = scan.sites["status"] == Outcome.OK
    found = []
    for name in wanted.names or known:
        values = np.where(ok, np.asarray(scan.sites[name], np.float64), np.nan)
        if not np.isfinite(values).any():
            continue
        laid = np.full(shape, np.nan)
        laid[rows, columns] = values
        found.append(Map(name, known[name].unit, known[name].long_name, laid, *origin, *pitch))
    if not found:
        raise DataFileError(f"{scan.path}: no site has a value to be mapped. Nothing was written.")
    return found


Place = tuple[
    npt.NDArray[np.int64], npt.NDArray[np.int64], tuple[int, int],
    tuple[float, float], tuple[float, float],
]  # fmt: skip


def grid(scan: Scan) -> Place | None:
    """Return column and row of each site, the shape, and where the grid lies; None without one."""
    x, y = (np.asarray(scan.sites[f"{axis}_cmd"]) for axis in ("x", "y"))
    if x.size == 0 or not np.isfinite(x + y).all():
        return None
    columns, dx = _lines(x)
    rows, dy = _lines(y)
    if columns is None or rows is None:
        return None
    shape = (int(rows.max()) + 1, int(columns.max()) + 1)
    taken = set(zip(rows.tolist(), columns.tolist(), strict=True))
    if len(taken) < x.size or shape[0] * shape[1] > 4 * x.size:
        return None
    dx, dy = dx or dy or 1e-6, dy or dx or 1e-6
    return columns, rows, shape, (float(x.min()), float(y.min())), (dx, dy)


def _lines(values: FloatArray) -> tuple[npt.NDArray[np.int64] | None, float]:
    """Return the line of a grid that each place is on, and their distance."""
    order = np.sort(values)
    gaps = np.diff(order)
    wide = gaps[gaps > 0.05 * gaps.max()] if gaps.size and gaps.max() > 1e-12 else gaps[:0]
    if wide.size == 0:
        return np.zeros(values.size, np.int64), 0.0
    pitch = float(wide.min())
    near = np.rint((values - values.min()) / pitch)
    if near.max() > 0:
        pitch = float((values.max() - values.min()) / near.max())
        near = np.rint((values - values.min()) / pitch)
    if np.abs((values - values.min()) / pitch - near).max() > _OFF:
        return None, math.nan
    return near.astype(np.int64), pitch


def facts(scan: Scan) -> Mapping[str, str]:
    """Return what is said once of the scan, for heads and metadata."""
    header = scan.header
    return {
        "title": header.title,
        "started_at": header.started,
        "scan_uuid": header.uuid,
        "software": header.software,
        "reference": header.reference,
        "sign_convention": CONVENTION,
        "simulated": "yes" if header.virtual else "no",
        "data_file": scan.path.name,
    }


def site_column(name: str, unit: str, values: npt.NDArray[Any]) -> SiteColumn:
    """Return a column of the table of sites, from its values in SI."""
    return SiteColumn(values, titled(name, unit), "" if unit == "1" else unit)


def titled(name: str, unit: str) -> str:
    """Return a name with its unit, which is left out of a plain number."""
    return f"{name} ({unit})" if unit and unit != "1" else name
