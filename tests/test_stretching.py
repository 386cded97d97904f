"""How wide a footprint was by the height of its break: drops on smooth and rough samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from seccm.analysis.stretching import (
    FEWEST_CONTACTS,
    FEWEST_LEVELLED,
    contacts_above,
    levelled_stretching,
    stretching,
)
from seccm.arrays import FloatArray
from seccm.results import Status, Value

A, BREAKS = 3e-6, 0.6
"""Radius of the mouth; gap at the break over the radius of the footprint."""


@dataclass
class Planted:
    height: FloatArray
    above: FloatArray
    radius: FloatArray

    @property
    def area(self) -> FloatArray:
        return math.pi * self.radius**2


def planted(count: int, seed: int, rough: float = 0.0, drops: float = 52e-9) -> Planted:
    """Footprints that scatter by 3 %, drops that hang 1.35 um +- `drops`, a tilted sample."""
    rng = np.random.default_rng(seed)
    radius = 1.55 * A * (1 + 0.03 * rng.standard_normal(count))
    touch = 0.45 * A + drops * rng.standard_normal(count)
    surface = rough * rng.standard_normal(count)
    place = np.arange(count)
    x, y = place % 8 * 11e-6, place // 8 * 11e-6
    contact = 50e-6 + 3e-3 * x - 2e-3 * y + surface + touch
    above = contacts_above(x, y, contact, 10.0 * place)
    return Planted(BREAKS * radius - touch, above, radius)


def off(calibration, other: Planted) -> FloatArray:  # type: ignore[no-untyped-def]
    found = [
        calibration.area(Value.of(float(h), 2e-9), float(u)).value
        for h, u in zip(other.height, other.above, strict=True)
    ]
    return np.abs(np.array(found) / other.area - 1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("known", [8, 12, 24])
def test_on_a_smooth_sample_the_levels_of_contact_take_the_scatter_of_drops_away(
    known: int, seed: int
) -> None:
    all_sites = planted(64, seed)
    areas = np.where(np.arange(64) % (64 // known) == 0, all_sites.area, math.nan)
    plain = stretching(all_sites.height, areas)
    levelled = levelled_stretching(all_sites.height, all_sites.above, areas)
    assert plain is not None
    assert levelled is not None
    inside = Planted(
        *(
            v[np.isfinite(all_sites.above)]
            for v in (all_sites.height, all_sites.above, all_sites.radius)
        )
    )
    assert float(np.quantile(off(levelled, inside), 0.95)) < 0.05
    assert float(np.quantile(off(levelled, inside), 0.95)) < float(
        np.quantile(off(plain, inside), 0.95)
    )
    assert levelled.level == pytest.approx(levelled.slope, rel=0.3), "the drop counts in full"


def test_on_a_rough_sample_they_tell_nothing_and_are_not_made_to() -> None:
    rough = planted(64, 5, rough=400e-9)
    plain = stretching(rough.height, rough.area)
    levelled = levelled_stretching(rough.height, rough.above, rough.area)
    assert plain is not None
    assert levelled is not None
    assert abs(levelled.level) < 0.1 * levelled.slope
    assert levelled.uncertainty == pytest.approx(plain.uncertainty, rel=0.1)


@pytest.mark.parametrize("seed", range(6))
def test_the_uncertainty_is_the_scatter_of_those_that_were_not_used(seed: int) -> None:
    all_sites = planted(64, 10 + seed)
    areas = np.where(np.arange(64) < 20, all_sites.area, math.nan)
    found = levelled_stretching(all_sites.height, all_sites.above, areas)
    assert found is not None
    rest = slice(20, 64)
    other = Planted(all_sites.height[rest], all_sites.above[rest], all_sites.radius[rest])
    seen = float(np.sqrt(np.nanmean(off(found, other) ** 2)))
    assert 0.4 < found.uncertainty / seen < 3.0


def test_too_few_or_meaningless_footprints_give_none() -> None:
    some = planted(16, 7)
    few = np.where(np.arange(16) < FEWEST_LEVELLED - 1, some.area, math.nan)
    assert levelled_stretching(some.height, some.above, few) is None
    assert levelled_stretching(some.height, np.full(16, math.nan), some.area) is None
    assert levelled_stretching(some.height, np.zeros(16), some.area) is None
    assert levelled_stretching(some.height, some.height, some.area) is None, "one and the same"
    assert levelled_stretching(-some.height, some.above, some.area) is None, "higher is narrower"


def test_contacts_that_are_too_few_or_far_off_have_no_level() -> None:
    place = np.arange(16)
    x, y = place % 4 * 11e-6, place // 4 * 11e-6
    rng = np.random.default_rng(8)
    z = 50e-6 + 50e-9 * rng.standard_normal(16)
    z[5] += 2e-6
    above = contacts_above(x, y, z, 10.0 * place)
    assert math.isnan(above[5])
    assert np.isfinite(np.delete(above, 5)).all()
    z[FEWEST_CONTACTS - 1 :] = math.nan
    assert np.isnan(contacts_above(x, y, z, 10.0 * place)).all()


def test_a_break_that_was_not_seen_has_no_area() -> None:
    some = planted(16, 9)
    found = stretching(some.height, some.area)
    assert found is not None
    assert found.area(Value.none(Status.NOT_FOUND)).status is Status.NOT_FOUND
