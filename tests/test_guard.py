"""Crash safety: no descent goes farther below the surface than the guard allows, whatever happens.

In worlds with a tilt, drift, particles and steps; with pipettes that are clogged, surfaces that
are gone, noise that looks like contact; by every way of hopping. A witness of its own tells how
deep the tip truly went, see `guarded`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from guarded import Witness, watched
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many_landings import BUMPS
from small_scan import STEP, small_scan

from seccm.hopping.terrain import NEIGHBOURS, SCATTER, SIGMAS, Terrain
from seccm.plan import Plan
from seccm.plan.reach import TILT

WAYS: Mapping[str, dict[str, Any]] = {
    "hopping": {"kind": "hopping"},
    "plane": {"kind": "fast hopping"},
    "last contact": {"kind": "fast hopping", "surface": "last contact"},
}
RISE = {
    "speed": "2 um/s",
    "travel": "40 um",
    "overtravel": "250 nm",
    "hold": {"potential": "3 V"},
    "contact": {"kind": "current rise", "rise": "5 pA"},
}
"""The other kind of contact."""
MOST = 1.5e-6
"""Metres below the expected surface: margin 0.5 um, overtravel 0.25 um, and the uncertainty of a
plane through a few landings."""
UP = {"step": "5 um", "edge": "28 um"}
DOWN = {"step": "-5 um", "edge": "28 um"}


def plan(way: str = "plane", order: str = "serpentine", **tables: Any) -> Plan:
    sites = {
        "kind": "grid",
        "columns": 3,
        "rows": 3,
        "pitch": "11 um",
        "origin": ["11 um", "11 um"],
        "order": order,
    }
    step = {**STEP, "duration": "10 ms"}
    return small_scan(3, 3, way=WAYS[way], program=[step], sites=sites, **tables)


def drawn(seed: int) -> dict[str, Any]:
    """A world with a tilt and drift of its own, on a slow or a quick stage."""
    rng = np.random.default_rng(seed)
    return {
        "surface": {
            "tilt_x": float(rng.uniform(-TILT, TILT)),
            "tilt_y": float(rng.uniform(-TILT, TILT)),
        },
        "drift": {"steady_z": float(rng.uniform(-3e-9, 3e-9))},
        "stage": {"frequency": float(rng.choice([50.0, 200.0]))},
    }


def with_surface(world: dict[str, Any], **surface: Any) -> dict[str, Any]:
    return {**world, "surface": {**world["surface"], **surface}}


def missed(found: Witness) -> int:
    return found.outcomes["no contact at the known surface"]


# ---------------------------------------------------------------- what is not there any more


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(2))
def test_a_surface_that_is_gone_at_one_site(way: str, seed: int) -> None:
    site = 1 + 4 * seed
    found = watched(plan(way), seed, f"no-surface@site={site}", **drawn(seed))
    assert found.deepest < MOST
    assert (found.outcomes["ok"], missed(found)) == (8, 1)
    assert found.pauses == []


@pytest.mark.parametrize("order", ["raster", "random", "shortest"])
@pytest.mark.parametrize("way", WAYS)
def test_a_pipette_that_clogs_pauses_the_scan_after_two_sites(way: str, order: str) -> None:
    """And resuming again and again takes it no deeper."""
    found = watched(plan(way, order), 3, "clogged-tip@site=3", resumes=2, **drawn(3))
    assert found.deepest < MOST
    assert (found.outcomes["ok"], missed(found)) == (3, 6)
    assert len(found.pauses) == 2
    assert all("clogged, dry, or wrong polarity?" in why for why in found.pauses)


@pytest.mark.glass
def test_a_pipette_that_was_clogged_from_the_start_pauses_the_scan_as_well() -> None:
    found = watched(plan(), 4, "clogged-tip", resumes=0, **drawn(4))
    assert sum(found.outcomes.values()) == 2
    assert "no surface known yet" in found.pauses[0]


# ---------------------------------------------------------------- signals that mislead


@pytest.mark.parametrize("polarity", ["cathodic", "anodic"])
@pytest.mark.parametrize("way", ["hopping", "plane"])
def test_a_contact_of_the_other_sign_is_never_driven_into_the_surface(
    polarity: str, way: str
) -> None:
    """Whichever of both is the wrong one: that tip stops where the current showed, and leaves."""
    contact = {**RISE["contact"], "polarity": polarity}  # type: ignore[dict-item]
    found = watched(plan(way, approach={**RISE, "contact": contact}), 5, resumes=0, **drawn(5))
    right = found.outcomes["ok"] == 9
    assert right or found.outcomes["ok"] == 0
    assert right or len(found.pauses) == 1
    assert max(found.first, found.deepest) < 0.3e-6
    assert found.pressed == 0.0


@pytest.mark.parametrize("amplitude", ["50 pA", "500 pA"])
@pytest.mark.parametrize("approach", [None, RISE], ids=["drop", "rise"])
@pytest.mark.parametrize("clogs", [False, True])
def test_spikes_on_the_contact_signal(
    clogs: bool, approach: dict[str, Any] | None, amplitude: str
) -> None:
    """They may end sites, and may look like landings; none takes the tip deeper."""
    spikes = f"spikes@amplitude={amplitude},every=0.3 s"
    faults = (spikes, "clogged-tip@site=3") if clogs else (spikes,)
    tables = {} if approach is None else {"approach": approach}
    found = watched(plan("plane", **tables), 6, *faults, **drawn(6))
    assert found.deepest < MOST
    assert sum(found.outcomes.values()) > 1


@pytest.mark.parametrize("speed", [-20, 20])
@pytest.mark.parametrize("way", WAYS)
def test_drift_far_beyond_the_usual(way: str, speed: int) -> None:
    found = watched(plan(way), 7, f"drift@speed={speed} nm/s", **drawn(7))
    assert found.deepest < MOST
    assert found.outcomes["ok"] == 9


@pytest.mark.parametrize("clogs", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_a_plane_fitted_to_landings_on_particles(way: str, clogs: bool) -> None:
    faults = ("clogged-tip@site=5",) if clogs else ()
    found = watched(plan(way), 8, *faults, **with_surface(drawn(8), **BUMPS))
    assert found.deepest < MOST
    assert max(found.past) <= 250e-9


# ---------------------------------------------------------------- a step of the sample


@pytest.mark.parametrize("order", ["raster", "serpentine", "shortest"])
@pytest.mark.parametrize("way", WAYS)
def test_a_step_down_is_not_followed(way: str, order: str) -> None:
    """The tip stops as far below the part that it knows as anywhere else, and a person is asked."""
    found = watched(plan(way, order), 9, **with_surface(drawn(9), **DOWN))
    assert found.deepest < MOST
    assert missed(found) >= 2
    assert found.outcomes["ok"] + missed(found) == sum(found.outcomes.values())


@pytest.mark.parametrize("way", WAYS)
def test_a_step_up_is_landed_on_as_gently_as_anywhere(way: str) -> None:
    found = watched(plan(way, "raster"), 10, **with_surface(drawn(10), **UP))
    assert found.outcomes["ok"] >= 6
    assert max(found.past) <= 250e-9
    assert found.deepest < MOST


@pytest.mark.glass
@pytest.mark.parametrize("order", ["raster", "serpentine", "shortest"])
@pytest.mark.parametrize("way", WAYS)
def test_a_clogged_pipette_beside_a_step_is_bounded_by_the_lower_level(
    way: str, order: str
) -> None:
    """A plane through both levels scatters by microns; that is no leave to go microns deeper."""
    world = with_surface(drawn(11), **UP)
    found = watched(plan(way, order), 11, "clogged-tip@site=6", **world)
    assert missed(found) >= 3
    assert found.deepest < MOST


def stepped(count: int, high: float, scatter: float, seed: int) -> tuple[Terrain, list[float]]:
    """Landings in raster order on two levels, the right half of eight columns `high`."""
    rng, terrain, heights = np.random.default_rng(seed), Terrain(), list[float]()
    for k in range(count):
        column = k % 8
        z = 50e-6 + (high if column >= 4 else 0.0) + scatter * rng.standard_normal()
        terrain.tell(column * 11e-6, k // 8 * 11e-6, z, 10.0 * k)
        heights.append(z)
    return terrain, heights


@settings(max_examples=40, deadline=None)
@example(rows=1, column=4, high=2e-5, scatter=0.0, seed=0)  # the plane lies on the lower level
@given(
    rows=st.integers(1, 6),
    column=st.integers(0, 7),
    high=st.sampled_from([2e-6, 5e-6, 20e-6, -5e-6]),
    scatter=st.floats(0.0, 0.15e-6),
    seed=st.integers(0, 10**6),
)
def test_beside_a_step_the_bound_is_that_of_the_levels_around(
    rows: int, column: int, high: float, scatter: float, seed: int
) -> None:
    """No deeper than the lower level, within a level no deeper than that, and never above it."""
    terrain, _ = stepped(8 * rows + column, high, scatter, seed)
    if rows * 8 + column <= NEIGHBOURS:
        return
    expected = terrain.expect(column * 11e-6, rows * 11e-6, 10.0 * (8 * rows + column), 0.5e-6)
    assert expected is not None
    level = 50e-6 + (high if column >= 4 else 0.0)
    low = 50e-6 + min(high, 0.0)
    assert expected.lowest > low - 0.5e-6 - 2 * SIGMAS * SCATTER - 0.35e-6
    assert expected.lowest < level - 0.2e-6, "the true surface is always within reach"
    assert expected.highest > level
    inside = column in (6, 7)
    assert not inside or rows < 2 or expected.lowest > level - 1.6e-6


@pytest.mark.parametrize("scatter", [50e-9, 200e-9, 500e-9])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_rough_sample_without_steps_is_found_as_before(scatter: float, shuffled: bool) -> None:
    """What bounds steps refuses no contact on a sample whose heights scatter evenly."""
    rng = np.random.default_rng(12)
    refused = asked = 0
    for _ in range(4):
        terrain = Terrain()
        order = rng.permutation(64) if shuffled else np.arange(64)
        tilt = rng.uniform(-0.8 * TILT, 0.8 * TILT, 2)
        for number, place in enumerate(order):
            x, y = place % 8 * 11e-6, place // 8 * 11e-6
            z = 50e-6 + tilt[0] * x + tilt[1] * y + scatter * rng.standard_normal()
            expected = terrain.expect(x, y, 10.0 * number, 0.5e-6)
            asked += 1
            if expected is not None and z < expected.lowest - 0.25e-6:
                refused += 1
                terrain.miss()
            else:
                terrain.tell(x, y, z, 10.0 * number)
    assert refused <= (0.04 * asked if scatter > 300e-9 else 0)


# ---------------------------------------------------------------- the driver of a card


@pytest.mark.parametrize(
    ("way", "fault", "surface", "start"),
    [
        ("plane", "no-surface@site=2", {}, "53 um"),
        ("plane", "clogged-tip@site=2", {}, "53 um"),
        ("last contact", "", DOWN, "53 um"),
        pytest.param("plane", "clogged-tip@site=4", UP, "58 um", marks=pytest.mark.glass),
    ],
)
def test_the_driver_of_a_card_is_bounded_as_well(
    way: str, fault: str, surface: dict[str, Any], start: str
) -> None:
    small = plan(way, "raster")
    small = small.replace(sites={**small.to_dict()["sites"], "rows": 2})
    faults = (fault,) if fault else ()
    world = {"surface": {"tilt_x": 0.005, **surface}, "stage": {"start_z": start}}
    found = watched(small, 1, *faults, resumes=0, card=True, **world)
    assert found.error == ""
    assert found.deepest < MOST
    assert missed(found) >= 1
    assert max(found.past) <= 250e-9
