"""Planted edges and balls below a pipette in a bath: what its rim feels, and what it touches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rig_contract import Stream

from seccm.rig import Constant, Drive, Mounted, Move
from sim.config import VirtualConfig
from sim.surface import Surface
from sim.virtual_rig import VirtualRig

FLAT: dict[str, Any] = {"tilt_x": 0.0, "tilt_y": 0.0, "roughness": 0.0, "bumps_per_area": 0.0}
STILL = {f"{how}_{axis}": 0.0 for how in ("steady", "settling") for axis in "xyz"} | {"wander": 0.0}
EDGE = {"edge": 50e-6, "step": 200e-9}
BALL = {"x": 40e-6, "y": 40e-6, "diameter": 400e-9}


def surface(**keys: Any) -> Surface:
    config = VirtualConfig.model_validate({"kind": "virtual", "surface": {**FLAT, **keys}})
    return Surface(config.surface, 100e-6, 1)


def stream(*, sample: dict[str, Any] | None = None, **keys: Any) -> Stream:
    """A fine pipette 8 um above a surface of that shape, with 100 mV on."""
    tables: dict[str, Any] = {"kind": "virtual", "surface": {**FLAT, **keys}, "drift": STILL}
    tables["electrometer"] = {"hum": 0.0, "offset": 0.0}
    tables["stage"] = {"noise": 0.0}
    if sample:
        tables["samples"] = {"glass-in-bath": {"kind": "bath", **sample}}
    config = VirtualConfig.model_validate(tables)
    rig = VirtualRig(config, Mounted("glass-in-bath", 100e-9), seed=1)
    rig.open()
    rig.start()
    found = Stream(rig)
    rig.apply(Drive("potential", Constant(0.1)))
    found.rest(0.1)
    return found


def current(found: Stream, x: float, y: float, z: float) -> float:
    """The mean current with the tip at rest at a place."""
    rig = found.rig
    rig.apply(Move("z", 58e-6, 50e-6))
    found.rest(0.3)
    for axis, to in (("x", x), ("y", y)):
        rig.apply(Move(axis, to, 50e-6))
    found.rest(0.6)
    rig.apply(Move("z", z, 20e-6))
    found.rest(0.6)
    return float(found.column("current")[-20:].mean())


def test_a_ball_is_as_high_as_wide_and_has_an_overhang() -> None:
    x = BALL["x"] + np.array([0.0, 0.1e-6, 0.1999e-6, 0.21e-6])
    height = surface(spheres=[BALL]).height(x, np.full(4, BALL["y"])) - 50e-6
    expected = [400e-9, 200e-9 + np.sqrt(200e-9**2 - 100e-9**2), 206e-9, 0.0]
    np.testing.assert_allclose(height, expected, atol=1e-9)


@pytest.mark.parametrize("keys", [EDGE, {"spheres": [BALL]}])
def test_nothing_is_higher_than_the_highest_point(keys: dict[str, Any]) -> None:
    found = surface(**keys)
    x, y = (axis.ravel() for axis in np.meshgrid(*[np.linspace(39e-6, 51e-6, 241)] * 2))
    assert found.height(x, y).max() <= found.highest


def test_across_an_edge_the_current_goes_over_within_the_rim() -> None:
    """Half of the rim over either side: a mean of both gaps, and the full ones farther away."""
    found = stream(**EDGE)
    z = 50e-6 + 400e-9
    low, middle, high = (current(found, 50e-6 + by, 50e-6, z) for by in (-0.3e-6, 0.0, 0.3e-6))
    felt, far = 2.7244728e-9, 0.1 / 98.0421e6
    for measured, gap in ((low, 400e-9), (middle, 300e-9), (high, 200e-9)):
        assert measured == pytest.approx(far / (1 + felt / gap), rel=3e-4)


def test_a_ball_that_is_smaller_than_the_rim_looks_lower_than_it_is() -> None:
    """As is known of this method; the current over its middle is that of the glass below."""
    found = stream(spheres=[{**BALL, "diameter": 100e-9}])
    z = 50e-6 + 200e-9
    over, beside = (current(found, x, BALL["y"], z) for x in (BALL["x"], BALL["x"] + 2e-6))
    assert over == pytest.approx(beside, rel=3e-4)


@pytest.mark.glass  # the rim meets a ball on purpose
def test_the_rim_touches_a_ball_that_the_middle_passes_by() -> None:
    """Glass that meets a ball sideways or from above is noted, as on any surface."""
    found = stream(spheres=[BALL])
    current(found, BALL["x"] + 0.28e-6, BALL["y"], 50e-6 + 150e-9)
    assert found.rig.truth.crashes
    beside = stream(spheres=[BALL])
    current(beside, BALL["x"] + 0.35e-6, BALL["y"], 50e-6 + 150e-9)
    assert beside.rig.truth.crashes == []


def test_evaporation_raises_the_current() -> None:
    plain = stream()
    drying = stream(sample={"evaporation": 36.0, "half_angle": 0.05235987755982988})
    drying.rest(1.0)
    still, later = (float(s.column("current")[-20:].mean()) for s in (plain, drying))
    assert later == pytest.approx(1.0107 * still, rel=2e-3)


def test_the_current_does_not_depend_on_how_rows_are_asked_for() -> None:
    """Bit for bit, on a descent through all heights."""
    made = []
    for step in (0.013, 0.4):
        found = stream(spheres=[BALL], **EDGE)
        found.rig.apply(Move("z", 50.5e-6, 5e-6))
        for _ in range(round(2.4 / step)):
            found.rest(step)
        made.append(found.column("current")[:800])
    np.testing.assert_array_equal(*made)
