"""Results against what is known of each site: particles of different sizes, run and reported."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from test_particle_plan import rig_file

import seccm
from seccm.plan import Plan, load_plan
from seccm.report import across_sites, write_report
from seccm.report.study import Study

SITES = 8


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight particles, charged and discharged at a rate by volume; one is stopped by its size."""
    folder = tmp_path_factory.mktemp("sizes")
    plan = load_plan("lmo-particles-pitt").to_dict()
    sites = plan["sites"]
    sites["points"], sites["labels"] = sites["points"][:SITES], sites["labels"][:SITES]
    del sites["values"]["radius"]
    sites["values"] = {name: values[:SITES] for name, values in sites["values"].items()}
    half = {"step": "constant current", "duration": 900.0, "nuclei": False}
    plan["program"] = [
        {**half, "current": "6.6 pA/um^3 * $volume", "until": {"potential_above": 4.3, "after": 1}},
        {**half, "current": "-6.6 pA/um^3 * $volume", "until": {"potential_below": 3.5, "after": 1},
         "name": "discharge"},
    ]  # fmt: skip
    plan["keep"] = ["Q of discharge", "E_mid of discharge", "j of discharge"]
    scan = folder / "scan.h5"
    rig = rig_file(folder, diffusivity=5.2e-13)
    for _ in seccm.run(Plan.from_dict(plan), rig, path=scan, seed=2):
        pass
    return scan


def test_the_current_is_that_of_each_volume(path: Path) -> None:
    """0.22 pA/um3 at 30 times the rate, of the particle that lies there."""
    with seccm.open(path) as scan:
        imposed = scan.steps["first"][scan.steps["name"] == "discharge"]
        np.testing.assert_allclose(imposed, -6.6e6 * scan.sites["factor_volume"], rtol=1e-9)


def test_capacity_is_proportional_to_volume(path: Path) -> None:
    """R2 near 1 through the origin; exponent 1 of the volume and 3 of the diameter."""
    with seccm.open(path) as scan:
        study = Study(scan)
        assert set(across_sites.properties(study)) == {"diameter", "volume"}
        for name, exponent in (("volume", 1.0), ("diameter", 3.0)):
            charge = next(f for f in across_sites.found(study, name) if f.name.startswith("Q"))
            assert charge.x.size == SITES
            assert charge.law.exponent.slope.value == pytest.approx(exponent, abs=0.15)
            assert charge.law.size_matters
            assert charge.chance.p < 0.01
        charge = next(f for f in across_sites.found(study, "volume") if f.name.startswith("Q"))
        assert charge.law.linear.r_squared > 0.98
        assert charge.law.linear.interval.low > 0.9
        # Charge per footprint over volume: 600 mAh/cm3 times the share that is used.
        area = study.area
        assert area is not None
        capacity = charge.law.linear.coefficient.value * area.value
        assert 0.6 < capacity / (22400.0 * 96485.0) < 0.95


def test_potentials_have_no_law_through_the_origin(path: Path) -> None:
    """Their zero is that of a reference."""
    with seccm.open(path) as scan:
        names = {one.name for one in across_sites.found(Study(scan), "volume")}
    assert not any(name.startswith("E_") for name in names)


def test_the_report_tells_the_laws(path: Path, tmp_path: Path) -> None:
    """A table with R2 and interval, and a figure for each property."""
    with seccm.open(path) as scan:
        page = write_report(scan, tmp_path / "report").read_text(encoding="utf-8")
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page[page.index('id="laws"') :], re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    told = {row[0]: row for row in cells if row}
    charge = next(row for name, row in told.items() if "against volume" in name)
    assert charge[1] == str(SITES)
    assert float(charge[3].split()[0]) > 0.97
    for slug in ("against-diameter", "against-volume", "galvanic-cycles"):
        drawn = (tmp_path / "report" / "figures" / f"{slug}.png").is_file()
        assert drawn is (slug != "galvanic-cycles")  # one cycle is not a figure


def test_a_plan_without_values_of_sites_has_no_laws(tmp_path: Path) -> None:
    """And its report no table of them."""
    folder = tmp_path
    plan = load_plan("lmo-particle-pitt").to_dict()
    plan["program"], plan["keep"] = [{"step": "open circuit", "duration": 1.0}], ["E_end"]
    for _ in seccm.run(Plan.from_dict(plan), rig_file(folder), path=folder / "scan.h5", seed=1):
        pass
    with seccm.open(folder / "scan.h5") as scan:
        assert across_sites.properties(Study(scan)) == {}
        assert 'id="laws"' not in write_report(scan, folder / "report").read_text(encoding="utf-8")
