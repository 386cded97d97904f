"""The micrographs of a finished simulated run show what its own cells have grown, and no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_scan import small_scan

import seccm
from seccm.analysis.step_trace import steps_ran
from seccm.errors import DataFileError, PlanError
from seccm.imaging.sem.micrograph import read_micrograph
from seccm.imaging.sem.simulated import SIDE
from seccm.rig.grown import Grown
from seccm.session.simulated_micrographs import (
    draw_micrograph,
    driven,
    grown_at,
    simulate_micrographs,
)

FARADAY = 96485.33212


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sites of rising current density; the run was stopped before the fourth."""
    path = tmp_path_factory.mktemp("grown") / "scan.h5"
    step = {"step": "constant current", "current_density": "$j", "duration": "1 s"}
    run = seccm.run(small_scan(4, 1, program=[step]), path=path, seed=4)
    for event in run:
        if isinstance(event, seccm.SiteFinished) and event.site == 2:
            run.ask("stop")
    return path


@pytest.fixture(scope="module")
def grown(path: Path) -> list[Grown]:
    with seccm.open(path) as scan:
        return [grown_at(scan, site) for site in range(3)]


def metal(one: Grown) -> float:
    """Moles in all particles: lithium has 13.02 cm^3 a mole."""
    return float((np.pi / 6 * one.diameter**3).sum()) / 13.02e-6


def test_as_much_metal_is_there_as_the_cell_has_plated_and_no_more_than_charge_flowed(
    path: Path, grown: list[Grown]
) -> None:
    with seccm.open(path) as scan:
        charge = np.abs(scan.sites["Q"][:3])
    for one, flowed in zip(grown, charge, strict=True):
        area = np.pi * one.radius**2
        assert metal(one) / area == pytest.approx(one.lithium, rel=5e-3)
        assert 0.0 < one.lithium * FARADAY < flowed, "the rest went into other reactions"
    assert grown[2].lithium * FARADAY > 0.05 * charge[2]
    amounts = [one.lithium for one in grown]
    assert amounts == sorted(amounts), "more current, more metal"


def test_particles_lie_in_the_footprint_and_are_others_at_each_site(grown: list[Grown]) -> None:
    for one in grown:
        assert len(one.x) > 10
        assert (np.hypot(one.x, one.y) <= one.radius).all()
    assert not np.isin(grown[0].x, grown[1].x).any()


def test_they_are_the_same_whenever_the_file_is_asked(path: Path, grown: list[Grown]) -> None:
    with seccm.open(path) as scan:
        again = grown_at(scan, 1)
    for name in ("x", "y", "diameter"):
        np.testing.assert_array_equal(getattr(again, name), getattr(grown[1], name))


def test_a_droplet_is_driven_as_its_record_says(path: Path) -> None:
    """From contact on: held by a current in air and in the step, as the plan has it."""
    with seccm.open(path) as scan:
        record, site = scan.record(1), scan.planned[1]
        told = driven(site, record, landing=1)
        ran = steps_ran(site, record)
    assert told.landing == 1
    assert (told.x, told.y) == (site.x, site.y)
    assert told.t[0] > 0.0
    assert (np.diff(told.t) > 0.0).all()
    assert told.depth[0] == 0.0
    assert len(told.t) == len(told.current) == len(told.potential) == len(told.held)
    assert not told.held.any(), "no potential is imposed in this plan"
    (step,) = ran
    inside = record.I[record.steps[step]][1:]  # it begins with the row of the contact
    assert np.isin(inside, told.current).all()


def test_the_picture_is_of_that_site_and_says_that_it_is_simulated(path: Path) -> None:
    with seccm.open(path) as scan:
        drawn = draw_micrograph(scan, 1)
        first = drawn.read_bytes()
        assert draw_micrograph(scan, 1).read_bytes() == first, "drawn again, it is the same"
    assert drawn.parent == path.parent
    taken = read_micrograph(drawn)
    assert taken.simulated
    assert taken.image.shape == (SIDE, SIDE)
    drawn.unlink()


def test_a_site_that_has_not_landed_or_is_not_there_has_no_particles(path: Path) -> None:
    with seccm.open(path) as scan:
        with pytest.raises(PlanError, match="site 3 has no contact"):
            grown_at(scan, 3)
        with pytest.raises((PlanError, DataFileError), match="4"):
            grown_at(scan, 4)


def test_where_none_has_landed_none_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    run = seccm.run(small_scan(1, 1), path=path, seed=4)
    for event in run:
        if isinstance(event, seccm.SiteStarted):
            run.ask("halt")
    with pytest.raises(PlanError, match="none has landed"):
        list(simulate_micrographs(path))
    assert [one.name for one in tmp_path.iterdir()] == ["scan.h5"]
