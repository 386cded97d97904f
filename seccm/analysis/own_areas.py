"""Results per area that refer to each site's own wetted area, beside those of the plan's area.

The record is not touched, and neither are the results by the plan's area: for each number per area
that a file keeps there is another one, `..._own_area`, by the area that was measured of the site.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from seccm.analysis.detachment import AREA, HEIGHT
from seccm.analysis.features import Features, reanalyse
from seccm.analysis.stretching import (
    Stretching,
    contacts_above,
    levelled_stretching,
    stretching,
)
from seccm.arrays import FloatArray
from seccm.data import Column, FeatureValues, Scan
from seccm.program.site_results import A_OWN, BY_RETRACTION, OWN_AREA, per_area
from seccm.program.trace import Area
from seccm.results import Status, Value

OWN = Column(A_OWN.name, A_OWN.unit, A_OWN.words)
FROM_HEIGHT = Column(BY_RETRACTION.name, BY_RETRACTION.unit, BY_RETRACTION.words)


def areas_in(scan: Scan) -> dict[int, Area]:
    """Return the own areas that a file has, by the number of the site."""
    if OWN.name not in scan.sites:
        return {}
    values, errors = scan.sites[OWN.name], scan.sites[f"{OWN.name}_err"]
    by_height = scan.sites[FROM_HEIGHT.name]
    return {
        int(k): Area(
            float(values[k]), float(errors[k]), "retraction" if by_height[k] == 1 else "footprint"
        )
        for k in np.flatnonzero(np.isfinite(values))
    }


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What the measured footprints say of the others."""

    plain: Stretching
    """By the height of the break alone: what the plan of another scan can use."""
    levelled: Stretching | None
    """By the level of contact as well; None where it tells no more."""

    def area(self, height: Value, above: float) -> Value:
        """Return the area of a site as well as it can be told; as `Stretching.area`."""
        if self.levelled is not None and math.isfinite(above):
            return self.levelled.area(height, above)
        return self.plain.area(height)


def by_retraction(
    scan: Scan, known: Mapping[int, Area]
) -> tuple[dict[int, Area], Calibrated | None]:
    """Return the areas of sites whose break was seen, and the calibration that was made for that.

    Of the measured footprints if there are enough; else the area that the plan's calibration gave.
    """
    sites = scan.sites
    height, error = sites[HEIGHT.name], sites[f"{HEIGHT.name}_err"]
    measured = np.full(len(height), math.nan)
    for site, area in known.items():
        if area.basis == "footprint":
            measured[site] = area.value
    above = contacts_above(sites["x"], sites["y"], sites["z_contact"], sites["t_contact"])
    found = _calibrated(height, above, measured)
    areas: dict[int, Area] = {}
    for site in np.flatnonzero(np.isfinite(height)).tolist():
        if found is not None:
            broke = Value.of(float(height[site]), float(error[site]))
            value = found.area(broke, float(above[site]))
            areas[site] = Area(value.value, value.error, "retraction")
        elif AREA.name in sites and math.isfinite(sites[AREA.name][site]):
            own = sites[AREA.name][site], sites[f"{AREA.name}_err"][site]
            areas[site] = Area(float(own[0]), float(own[1]), "retraction")
    return areas, found


def _calibrated(height: FloatArray, above: FloatArray, area: FloatArray) -> Calibrated | None:
    plain = stretching(height, area)
    if plain is None:
        return None
    better = levelled_stretching(height, above, area)
    tells_more = better is not None and better.uncertainty < plain.uncertainty
    return Calibrated(plain, better if tells_more else None)


def rebased(
    scan: Scan, features: Features, areas: Mapping[int, Area]
) -> Mapping[str, FeatureValues]:
    """Return the own areas, and each number per area by them, as `rewrite_features` takes them.

    Args:
        scan: opened for reading.
        features: of the scan's plan.
        areas: of some sites, by their numbers.
    """
    count = len(scan.sites)
    own = Features(features.plan, features.offset, scan.planned.values(), areas)
    found = reanalyse(scan, own).features
    made = dict(_areas(areas, count))
    for column in features.columns:
        if not per_area(column.unit):
            continue
        values = found[column.name]
        for site in range(count):
            if site not in areas:
                values.values[site] = values.errors[site] = math.nan
                values.statuses[site] = int(Status.NOT_MEASURED)
        name = column.name + OWN_AREA
        words = f"{column.long_name}, by the own area of the site"
        made[name] = FeatureValues(
            Column(name, column.unit, words), values.values, values.errors, values.statuses
        )
    made |= _densities(scan, features, areas)
    return made


def _areas(areas: Mapping[int, Area], count: int) -> Iterator[tuple[str, FeatureValues]]:
    for column, of in (
        (OWN, lambda area: (area.value, area.error)),
        (FROM_HEIGHT, lambda area: (float(area.basis == "retraction"), 0.0)),
    ):
        values, errors, statuses = _empty(count)
        for site, area in areas.items():
            values[site], errors[site] = of(area)
            statuses[site] = int(Status.OK)
        yield column.name, FeatureValues(column, values, errors, statuses)


def _densities(
    scan: Scan, features: Features, areas: Mapping[int, Area]
) -> Iterator[tuple[str, FeatureValues]]:
    """Yield the levels of factors that are current densities: the current is what was imposed."""
    for name, unit in features.plan.conditions[0].units.items():
        if not per_area(unit):
            continue
        values, errors, statuses = _empty(len(scan.sites))
        for site, area in areas.items():
            amount = float(scan.sites[f"factor_{name}"][site]) * features.area.value
            density = area.density(Value.of(amount, 0.0))
            values[site], errors[site] = density.value, density.error
            statuses[site] = int(density.status)
        column = Column(f"{name}{OWN_AREA}", unit, f"factor {name}, by the own area of the site")
        yield column.name, FeatureValues(column, values, errors, statuses)


def _empty(count: int) -> tuple[FloatArray, FloatArray, np.ndarray]:
    return (
        np.full(count, math.nan),
        np.full(count, math.nan),
        np.full(count, int(Status.NOT_MEASURED), np.uint8),
    )
