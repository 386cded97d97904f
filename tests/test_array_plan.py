"""The shipped plan for 21 pads of an array: a small copy of it on the virtual array; its laws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planted_particles import TEMPERATURE
from test_particle_plan import STRAIGHT

import seccm
from seccm.plan import Plan, load_plan
from seccm.plan.library import find_rig
from seccm.quantities import read_toml
from seccm.report import across_sites, write_report
from seccm.report.study import Study
from seccm.results import Status
from seccm.rigs import RigFile
from sim.particle import Particle, ParticleParameters

PLAN, RIG = "lmo-array-pitt", "virtual-array"
RATE = 2.04e-3
"""D/r^2 of the shipped array, 1/s."""


def rig_file() -> RigFile:
    """The virtual array with rows of half a second, and a straight open-circuit potential."""
    tables = read_toml(find_rig(RIG))
    tables["clock"] = {"averaged": 50_000, "spacing": 50_000}
    tables["samples"]["lmo-array"] |= {**STRAIGHT, "scatter": 0.02, "filled": 0.6}
    return RigFile("array", tables)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All 21 pads: a minute of rest, and one titration."""
    plan: dict[str, Any] = load_plan(PLAN).to_dict()
    rest = next(step for step in plan["program"] if step.get("name") == "rest 3.9")
    pitt = next(step for step in plan["program"] if step.get("name") == "PITT 3.9")
    plan["program"] = [{**rest, "duration": 60.0}, {**pitt, "temperature": TEMPERATURE}]
    plan["keep"] = ["D_Li of PITT 3.9", "tau_D of PITT 3.9", "j_0 of PITT 3.9"]
    scan = tmp_path_factory.mktemp("array") / "scan.h5"
    for _ in seccm.run(Plan.from_dict(plan), rig_file(), path=scan, seed=3):
        pass
    return scan


def test_the_plan_can_be_run_and_asks_for_no_tip() -> None:
    plan = load_plan(PLAN)
    _, problems = seccm.check(plan, seccm.load_rig(RIG))
    assert problems == ()
    assert not plan.moves
    assert [site.label for site in plan.sites()] == [f"P{number}" for number in range(1, 22)]
    assert set(plan.own_units) == {"area", "diameter", "radius", "volume"}


def test_its_programme_is_that_of_the_particles_under_a_pipette() -> None:
    """The published order and values, word for word."""
    assert (
        load_plan(PLAN).to_dict()["program"] == load_plan("lmo-particles-pitt").to_dict()["program"]
    )


def test_the_size_that_the_plan_says_is_the_size_that_lies_there() -> None:
    plan, samples = load_plan(PLAN), read_toml(find_rig(RIG))["samples"]["lmo-array"]
    for site, particle in zip(plan.sites(), samples["particles"], strict=True):
        assert site.recipe is not None
        assert site.recipe.values["diameter"].value * 1e6 == pytest.approx(
            float(particle["diameter"].split()[0])
        )
        assert site.x * 1e6 == pytest.approx(float(particle["x"].split()[0]))


def test_every_pad_is_measured_and_planted_rates_are_found(path: Path) -> None:
    with seccm.open(path) as scan:
        assert scan.sites.words("status").tolist() == ["ok"] * 21
        rates = scan.results("D_R2")
        good = rates["status"] == Status.OK
        assert good.sum() >= 19
        np.testing.assert_allclose(rates["value"][good], RATE, rtol=0.1)


def test_with_planted_d_over_r2_the_slopes_are_two_and_none(path: Path) -> None:
    """D goes with the square of the diameter, and the diffusion time with nothing."""
    with seccm.open(path) as scan:
        found = {one.name: one for one in across_sites.found(Study(scan), "diameter")}
    diffusivity = found["D_Li"].law.exponent
    assert diffusivity.interval.low < 2.0 < diffusivity.interval.high
    assert diffusivity.interval.high - diffusivity.interval.low < 0.3
    time = found["tau_D"].law.exponent
    assert time.interval.low < 0.0 < time.interval.high
    assert not found["tau_D"].law.size_matters
    assert found["D_Li"].law.size_matters


def test_what_all_pads_have_in_common_is_no_property(path: Path) -> None:
    with seccm.open(path) as scan:
        assert set(across_sites.properties(Study(scan))) == {"diameter", "radius", "volume"}


def test_the_report_speaks_of_electrodes(path: Path, tmp_path: Path) -> None:
    with seccm.open(path) as scan:
        page = write_report(scan, tmp_path / "report").read_text(encoding="utf-8")
    assert "21 electrodes" in page
    assert "nothing moves" in page
    assert "aperture" not in page
    assert (tmp_path / "report" / "figures" / "against-diameter.png").is_file()


def test_a_virtual_particle_that_is_resumed_is_as_it_was_at_rest() -> None:
    """Its charge, and what leaked meanwhile, say how full it is."""
    parameters = ParticleParameters(leak=0.5e-12)
    driven, resumed = Particle(parameters), Particle(parameters)
    for mode, value in (("current", 100e-12), ("open", 0.0)):
        current = driven.run(mode, np.full(4000, value), 1.0).current  # type: ignore[arg-type]
    assert abs(current[-1]) < 1e-15
    resumed.recharge(4000 * 100e-12, 8000.0)
    assert resumed.filling == pytest.approx(driven.filling, abs=2e-5)  # the double layer
    at_rest = [cell.run("open", np.zeros(10), 1.0).potential[-1] for cell in (driven, resumed)]
    assert at_rest[0] == pytest.approx(at_rest[1], abs=1e-3)
