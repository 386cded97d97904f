"""The regions of a virtual sample, and what landings leave on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.rigs import load_rig
from sim.config import VirtualConfig
from sim.ground import Ground
from sim.surface import Residue, Surface

CONFIG = VirtualConfig.model_validate(load_rig("virtual-library").config)
EXTENT = CONFIG.stage.range
PLACES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12)
X, Y = (axis.ravel() for axis in np.meshgrid(*[np.linspace(0.0, EXTENT, 9)] * 2))


def region(label: str, seed: int = 3) -> Ground:
    return Ground.of_region(CONFIG.surface, EXTENT, label, seed)


def landed(ground: Ground, places: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Land at places, in micrometres, leaving a disc of liquid each; the names of the landings."""
    keys = []
    for x, y in places:
        keys.append(ground.key(x * 1e-6, y * 1e-6))
        ground.land(keys[-1])
        ground.residues.add(Residue(x * 1e-6, y * 1e-6, 1e-6, 1e-7))
    return keys


@given(PLACES)
@settings(max_examples=30)
def test_each_landing_has_a_name_of_its_own(places: list[tuple[int, int]]) -> None:
    keys = landed(region("A1"), places)
    assert len(set(keys)) == len(keys)
    for x, y in set(places):
        visits = [key[2] for key in keys if key[:2] == (1000 * x, 1000 * y)]
        assert visits == list(range(places.count((x, y))))


@given(PLACES, PLACES)
@settings(max_examples=30)
def test_what_is_taken_back_has_never_been(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    """The same landings have the same names again, and nothing lies there."""
    ground = region("A1")
    landed(ground, before)
    count, discs = ground.landings, len(ground.residues)
    first = landed(ground, after)
    ground.forget(count, discs)
    assert (ground.landings, len(ground.residues)) == (count, discs)
    assert landed(ground, after) == first


def test_a_region_is_the_same_whenever_it_comes_and_none_is_like_another() -> None:
    heights = {label: region(label).surface.height(X, Y) for label in ("A1", "A2", "B1")}
    for label, height in heights.items():
        assert region(label).surface.height(X, Y) == pytest.approx(height, abs=0.0)
        assert region(label, seed=4).seed != region(label).seed
        others = [other for name, other in heights.items() if name != label]
        assert all(np.ptp(height - other) > 1e-9 for other in others), "not only higher"
    first = Ground(Surface(CONFIG.surface, EXTENT, 3), 3)
    assert first.seed not in {region(label).seed for label in heights}
