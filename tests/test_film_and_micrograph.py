"""A film and a micrograph of one simulated run show the same particles, and as much metal."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from test_filmed_run import plan, rig

import seccm
from seccm.imaging.sem.particles import find
from seccm.imaging.sem.simulated import PIXEL, in_view
from seccm.rig.grown import Grown
from seccm.session.simulated_micrographs import counts, grown_at
from sim.light import Exposed, Light, Seen
from sim.optics import Camera as Sensor
from sim.optics import Optics
from sim.scene import Field, Scene

SEED, SIDE, FILM_PIXEL = 7, 150, 100e-9
OPTICS = Optics(noise=False, texture=1e-9)
SENSOR = Sensor(pixel=FILM_PIXEL)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, Seen, Grown]:
    """The scene that the camera drew, the last that it saw of the droplet, and the micrograph's."""
    path = tmp_path_factory.mktemp("both") / "scan.h5"
    told: list[Exposed] = []
    shine = Light.shine

    def noted(self: Light, seen: Seen) -> None:
        told.append(Exposed(len(told), seen.t - 1e-3, (seen,), 1.0))
        shine(self, seen)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Light, "shine", noted)
        with seccm.run(plan(1), rig(noise=False), path=path, seed=SEED) as run:
            list(run)
    wet = [light for light in told if light.seen[0].landing == 0]
    last = wet[-1].seen[0]
    where = Field(SIDE, SIDE, last.x, last.y)
    scene = Scene(where, SENSOR, OPTICS, SEED)
    for light in wet:
        scene.frame(light)
    with seccm.open(path) as scan:
        return scene, last, grown_at(scan, 0)


def test_as_many_particles_at_the_same_places(both: tuple[Scene, Seen, Grown]) -> None:
    scene, last, grown = both
    assert scene._place is not None
    x, y, _ = scene._place.particles.of_volume(last.live, last.dead)
    assert len(grown.x) > 30
    # One more or less may be born with the last row.
    assert len(x) == pytest.approx(len(grown.x), abs=2)
    apart = np.hypot(x[:, None] - grown.x, y[:, None] - grown.y).min(axis=1)
    # The footprint differs by what it spreads between two frames.
    assert np.percentile(apart, 95) < 0.02 * grown.radius


def test_as_much_metal_and_sizes_that_agree(both: tuple[Scene, Seen, Grown]) -> None:
    scene, last, grown = both
    assert scene._place is not None
    _, _, radius = scene._place.particles.of_volume(last.live, last.dead)
    film, micrograph = 4 / 3 * math.pi * (radius**3).sum(), math.pi / 6 * (grown.diameter**3).sum()
    assert film == pytest.approx(last.live + last.dead, rel=1e-9)
    assert film == pytest.approx(micrograph, rel=0.06)
    assert 2 * np.median(radius) == pytest.approx(np.median(grown.diameter), rel=0.1)


def test_the_light_of_the_film_adds_up_to_the_metal_of_the_micrograph(
    both: tuple[Scene, Seen, Grown],
) -> None:
    """Contrast is so much for each nanometre of a flat film of as much metal."""
    scene, last, grown = both
    assert scene._place is not None
    shown = float(scene._particles(scene._place, last).sum()) * FILM_PIXEL**2
    metal = shown / (OPTICS.contrast * 1e9)
    assert metal == pytest.approx(last.live + last.dead, rel=1e-3)
    assert metal == pytest.approx(math.pi / 6 * float((grown.diameter**3).sum()), rel=0.06)


def test_the_picture_that_is_counted_has_the_particles_of_the_film(
    both: tuple[Scene, Seen, Grown],
) -> None:
    """Of those that a micrograph resolves, most are found where the film has one."""
    scene, last, grown = both
    assert scene._place is not None
    x, y, radius = scene._place.particles.of_volume(last.live, last.dead)
    side = 700
    large = replace(grown, diameter=np.maximum(grown.diameter, 30e-9))
    found = find(counts(in_view(large, side), side, np.random.default_rng(0)), PIXEL)
    half = side * PIXEL / 2
    inside = (np.abs(x) < half) & (np.abs(y) < half) & (radius > 0)
    assert inside.sum() > 10
    places = np.column_stack([half + x[inside], half - y[inside]])
    near = np.hypot(found.x[:, None] - places[:, 0], found.y[:, None] - places[:, 1]).min(axis=1)
    assert (near < 0.03 * grown.radius).mean() > 0.8
    assert len(found) > 0.5 * inside.sum()
