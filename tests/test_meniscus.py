"""The meniscus touches, spreads, is squeezed, breaks and leaves a residue."""

from __future__ import annotations

import math

import numpy as np
import pytest
from rig_contract import Stream

from seccm.plan.contacts import current_threshold, potential_drop
from seccm.rig import Constant, Drive, Flag, Mounted, Move
from sim.config import MeniscusConfig, VirtualConfig
from sim.meniscus import Bridge, Pipette, hanging_drop, interpolated
from sim.sample_config import Aperture, Droplets
from sim.virtual_rig import VirtualRig

TABLE = Droplets(
    apertures=(
        Aperture(diameter=6e-6, wetting=1.55, capacity=0.64),
        Aperture(diameter=10e-6, wetting=2.2, capacity=1.0),
    )
)
DOWN = current_threshold(5e-12)


def bridge(**changes: float) -> Bridge:
    """A bridge of a 6 um pipette that touched at t = 1 s with a gap of 1.35 um."""
    shape = {
        "since": 1.0, "x": 0.0, "y": 0.0, "base": 0.0, "touch": 1.35e-6, "aperture": 3e-6,
        "first": 3e-6, "final": 4.65e-6, "spreading": 0.01, "breaks": 0.6, "height": 1.2e-6,
        "half_angle": 0.3, **changes,
    }  # fmt: skip
    return Bridge(cell=None, **shape)


def test_pipettes_between_those_of_the_table_are_interpolated_and_others_refused() -> None:
    """8 um lies half way; 5 um and 12 um are unknown; 6 um written twice is 6 um."""
    between = interpolated(TABLE, 8e-6)
    assert between is not None
    assert between.aperture == 4e-6
    assert between.wetting == pytest.approx(1.875)
    assert between.capacity == pytest.approx(0.82)
    assert interpolated(TABLE, 2 * 3e-6) is not None
    assert interpolated(TABLE, 0.1 * 60e-6) is not None
    assert interpolated(TABLE, 5e-6) is None
    assert interpolated(TABLE, 12e-6) is None


def test_the_drop_scatters_as_configured() -> None:
    """Pendant height 5 %, footprint 3 %, from place to place."""
    config, pipette = MeniscusConfig(pendant=0.4, jump=0.1), Pipette(3e-6, 1.55, 1.0)
    drops = [hanging_drop(config, pipette, 1, (i, -i, 0)) for i in range(2000)]
    touch = np.array([drop.touch for drop in drops])
    footprint = np.array([drop.footprint for drop in drops])
    assert touch.mean() == pytest.approx(1.5e-6, rel=0.01)
    assert touch.std() == pytest.approx(0.05 * 1.2e-6, rel=0.1)
    assert footprint.mean() == pytest.approx(1.55 * 3e-6, rel=0.01)
    assert footprint.std() == pytest.approx(0.03 * 4.65e-6, rel=0.1)
    assert hanging_drop(config, pipette, 1, (5, -5, 0)) == drops[5]


def test_the_footprint_spreads_exponentially() -> None:
    """From the mouth's radius to the final one, 1 - 1/e of the way in 10 ms."""
    one = bridge()
    t = 1.0 + np.array([0.0, 0.01, 0.1])
    radii = one.radii(t, np.full(3, one.touch))
    assert radii == pytest.approx([3e-6, 4.65e-6 - 1.65e-6 / math.e, 4.65e-6], rel=1e-4)


def test_squeezing_keeps_the_volume_and_the_line_stays_pinned() -> None:
    """Half the gap is the root of two times the radius; coming back up changes nothing."""
    one = bridge()
    gap = one.touch * np.array([1.0, 0.5, 0.7, 2.0])
    radii = one.radii(np.full(4, 9.0), gap) / 4.65e-6
    assert radii == pytest.approx([1.0, 2**0.5, 2**0.5, 2**0.5])
    assert one.heights(gap) == pytest.approx(1.2e-6 * gap / one.touch)


def test_the_cell_follows_the_footprint_until_it_has_spread() -> None:
    """In every row while it spreads, never more than 0.02 % behind, and no longer afterwards."""
    one = bridge()
    t = 1.0 + np.arange(100) * 2.57e-3
    radii = one.radii(t, np.full(100, one.touch))
    heights = np.full(100, one.height)
    told = []
    while (row := one.holds(radii, heights, told[-1] if told else 0)) < len(radii):
        one.shape(float(radii[row]), one.height)
        told.append(row)
        assert one.droplet is not None
        served = radii[row : one.holds(radii, heights, row)]
        assert served == pytest.approx(one.droplet.footprint, rel=2e-4)
    assert told[:20] == list(range(20))
    assert len(told) < 40


def test_a_spreading_footprint_does_not_jump_the_potential() -> None:
    """Once the double layer is charged, a plating potential falls from row to row."""
    stream = stream_over("li-on-au")
    stream.rig.apply(Drive("current", Constant(-2e-9)))
    stream.rig.apply(Move("z", 46e-6, 2e-6, until=potential_drop(5.0), baseline=10.0))
    stream.rest(5.0)
    potential = stream.column("potential")
    touched = int((potential < 5.0).argmax())
    assert np.diff(potential[touched + 10 : touched + 200]).max() < 3e-3, "noise is 0.4 mV"


QUIET = {
    "drift": dict.fromkeys(
        ("steady_x", "steady_y", "steady_z", "settling_x", "settling_y", "settling_z", "wander"),
        0.0,
    ),
    "stage": {"noise": 0.0},
}
FLAT = {"tilt_x": 0.0, "tilt_y": 0.0, "roughness": 0.0, "bumps_per_area": 0.0}


def stream_over(sample: str = "dummy-resistor", **parts: dict[str, float]) -> Stream:
    """A running rig with a 6 um pipette and no drift, over a sample that is flat."""
    config = VirtualConfig.model_validate({**QUIET, "surface": FLAT, **parts})
    rig = VirtualRig(config, Mounted(sample, 6e-6), seed=3)
    rig.open()
    rig.start()
    return Stream(rig)


def land(stream: Stream, speed: float = 2e-6) -> None:
    """Come down with 0.5 V applied until contact or the end of the way."""
    stream.rig.apply(Drive("potential", Constant(0.5)))
    stream.rest(0.1)
    stream.rig.apply(Move("z", 48e-6, speed, until=DOWN))
    stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
    stream.rest(0.1)


def lift(stream: Stream) -> None:
    """Retract by 8 um."""
    stream.go(Move("z", stream.position("z") + 8e-6, 20e-6))


def truth(stream: Stream):  # type: ignore[no-untyped-def]
    """What really happened."""
    assert isinstance(stream.rig, VirtualRig)
    return stream.rig.truth


def test_contact_happens_where_the_hanging_drop_meets_the_surface() -> None:
    """(0.35 + 0.1) a above the surface, within the drop's scatter; once."""
    stream = stream_over(meniscus={"pendant_scatter": 0.0})
    land(stream)
    [landing] = truth(stream).landings
    assert landing.z == pytest.approx(50e-6 + 0.45 * 3e-6, abs=1e-12)
    assert truth(stream).crashes == []


def test_the_bridge_breaks_at_its_height_and_takes_the_current_with_it() -> None:
    """Gap 0.6 w: until there the resistor is connected, above it is not."""
    stream = stream_over(meniscus={"pendant_scatter": 0.0, "footprint_scatter": 0.0})
    land(stream)
    start = stream.row
    stream.rig.apply(Move("z", 58e-6, 2e-6))
    stream.until(lambda block: not block.flags[-1] & Flag.MOVING)
    current, z = stream.column("current")[start:], stream.column("z")[start:]
    lost = int((current < 0.25e-9).argmax())
    # The bridge breaks inside a row, whose current lies between the two.
    assert current[: lost - 1] == pytest.approx(0.5e-9, rel=0.01)
    assert abs(current[lost + 1 :]).max() < 2e-12
    assert z[lost] - 50e-6 == pytest.approx(0.6 * 3e-6, rel=0.02)
    [parted] = truth(stream).parted
    assert stream.rig.info.clock.time(start + lost) == pytest.approx(parted, abs=5e-3)


def test_a_broken_bridge_does_not_touch_again_on_the_way_up() -> None:
    """One landing, one break."""
    stream = stream_over()
    land(stream)
    lift(stream)
    assert len(truth(stream).landings) == len(truth(stream).parted) == 1


def test_landing_in_a_residue_touches_early_and_wets_more() -> None:
    """A second landing half a footprint away meets the first one's liquid; far away it does not."""
    stream = stream_over(meniscus={"pendant_scatter": 0.0, "residue": 0.1})
    land(stream)
    lift(stream)
    stream.go(Move("x", 51.5e-6, 10e-6))
    land(stream)
    lift(stream)
    stream.go(Move("x", 70e-6, 20e-6))
    land(stream)
    first, second, third = (landing.z for landing in truth(stream).landings)
    # A cap of 0.1 w at half its radius is 0.075 w high.
    assert second - first == pytest.approx(0.075 * 3e-6, rel=0.15)
    assert third == pytest.approx(first, abs=1e-12)


@pytest.mark.glass
def test_a_dead_patch_wets_but_passes_nothing() -> None:
    """The tip meets liquid, the rig sees no contact, and the glass crashes."""
    stream = stream_over(surface={**FLAT, "dead_per_area": 1e12})
    land(stream)
    assert len(truth(stream).landings) == 1
    assert abs(stream.column("current")).max() < 1e-9
    assert abs(stream.column("current")[-200:]).max() < 2e-12
    assert len(truth(stream).crashes) == 1


def test_overtravel_is_uniform_between_its_closed_form_bounds() -> None:
    """The tip rests v (1 ms + lag + the rest of the row) below contact."""
    past = []
    for index in range(24):
        stream = stream_over(stage={"noise": 0.0, "start_z": 52e-6 + 0.7e-9 * index})
        land(stream, speed=5e-6)
        [landing] = truth(stream).landings
        past.append(landing.z - float(stream.column("z")[-1]))
    lag, period = 2 * 0.8 / (2 * math.pi * 50), 2.57e-3
    fraction = (np.array(past) / 5e-6 - 1e-3 - lag) / period
    assert fraction.min() >= -1e-6
    assert fraction.max() <= 1.0 + 1e-6
    assert fraction.max() - fraction.min() > 0.9
    assert fraction.mean() == pytest.approx(0.5, abs=0.1)
    assert max(past) <= stream.rig.info.overtravel(5e-6)
