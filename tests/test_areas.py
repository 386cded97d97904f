"""Areas of single sites, taken into a finished file: two bases side by side, one record."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
import pytest
from small_scan import small_scan
from test_cli import seccm_says

import seccm
from seccm.analysis.declared import declared
from seccm.analysis.stretching import stretching
from seccm.errors import PlanError
from seccm.program.site_results import per_area
from seccm.report import write_report
from seccm.report.choice import drawings
from seccm.report.drawing import basis_words
from seccm.report.page import _facts
from seccm.report.study import Study
from seccm.results import Status
from seccm.session.area_table import read_areas

SITES = 6
CALIBRATION = "calibration = { slope = "


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A small scan with detachment, and what it truly wetted."""
    path = tmp_path_factory.mktemp("areas") / "scan.h5"
    retract = {"distance": "8 um", "speed": "10 um/s", "detachment": {}}
    plan = small_scan(3, 2, way={"kind": "fast hopping"}, retract=retract)
    run = seccm.run(plan, path=path, seed=3)
    for _ in run:
        pass
    truth = [math.pi * one.radius**2 for one in run._runner._rig.truth.wetted]
    return {"path": path, "truth": np.array(truth), "plan": plan}


@pytest.fixture
def scan(measured: dict[str, Any], tmp_path: Path) -> Path:
    return Path(copy(measured["path"], tmp_path / "scan.h5"))


def table(folder: Path, areas: dict[int, float], head: str = "site, area (um^2)") -> Path:
    path = folder / "areas.csv"
    lines = [f"{site}, {value * 1e12:.9g}" for site, value in areas.items()]
    path.write_text("\n".join([head, *lines]), encoding="utf-8")
    return path


def samples(path: Path) -> str:
    """A checksum of everything that was recorded."""
    with seccm.open(path) as scan:
        columns = [scan._file[name][:] for name in ("E", "I", "z", "x", "y", "t", "phase", "flag")]
    return hashlib.sha256(b"".join(np.ascontiguousarray(c).tobytes() for c in columns)).hexdigest()


# ---------------------------------------------------------------- both bases


def test_numbers_per_area_refer_to_both_and_the_record_is_not_touched(
    scan: Path, measured: dict[str, Any]
) -> None:
    before = samples(scan)
    with seccm.open(scan) as file:
        by_plan = {name: file.sites[name].copy() for name in ("Q", "Q_nuc", "E_nuc", "factor_j")}
        names = [c.name for c in file.features]
    truth = measured["truth"]
    found = seccm.take_areas(scan, table(scan.parent, dict(enumerate(truth[:4]))))
    assert (found.measured, found.by_retraction) == (4, 0)
    assert found.mean == pytest.approx(float(truth[:4].mean()))
    assert samples(scan) == before
    plan = measured["plan"].probe.area
    with seccm.open(scan) as file:
        assert file.check() == {}
        for name, values in by_plan.items():
            assert np.array_equal(file.sites[name], values, equal_nan=True), name
        assert {c.name for c in file.features} > set(names)
        own, status = file.sites["Q_own_area"], file.sites["Q_own_area_status"]
        assert own[:4] == pytest.approx(by_plan["Q"][:4] * plan / truth[:4], rel=1e-9)
        assert np.isnan(own[4:]).all()
        assert (status[4:] == int(Status.NOT_MEASURED)).all()
        assert (status[:4] == file.sites["Q_status"][:4]).all()
        j = file.sites["j_own_area"]
        assert j[:4] == pytest.approx(by_plan["factor_j"][:4] * plan / truth[:4], rel=1e-9)
        assert file.sites["A_own"][:4] == pytest.approx(truth[:4])
        assert "E_nuc_own_area" not in file.sites


def captions(path: Path) -> dict[str, str]:
    with seccm.open(path) as file:
        study = Study(file)
        return {one.slug: one.caption for one in drawings(study)}


def test_figures_say_on_which_area_they_stand_and_both_are_drawn(
    scan: Path, measured: dict[str, Any]
) -> None:
    """By the plan's area alone before; afterwards both, and how many sites are known how."""
    plan = "Per area: that of the plan, 68.4 µm² (footprint)."
    before = captions(scan)
    assert "maps-own-area" not in before
    assert all("own area" not in caption for caption in before.values())
    assert any(plan in caption for slug, caption in before.items() if slug.startswith("potential"))
    seccm.take_areas(
        scan, table(scan.parent, dict(enumerate(measured["truth"][:4]))), retraction=True
    )
    after = captions(scan)
    own = "By the own area: that of each site, 4 sites by the footprint, 2 sites by the retraction."
    assert own in after["maps-own-area"]
    assert plan not in after["maps-own-area"]
    with seccm.open(scan) as file:
        assert basis_words(Study(file), ["E_nuc", "Q"]) == plan
        assert basis_words(Study(file), ["Q", "Q_own_area"]) == f"{plan} {own}"
        assert basis_words(Study(file), ["E_nuc", "t_nuc"]) == "", "no numbers per area"
        facts = dict(_facts(Study(file)))
    assert facts["own areas"].startswith("on that of each site, 4 sites by the footprint")


def test_the_uncertainty_of_an_area_is_in_what_refers_to_it(scan: Path) -> None:
    path = scan.parent / "areas.csv"
    path.write_text("site,area (um^2),uncertainty (um^2)\n0,70,7\n1,70,\n", encoding="utf-8")
    seccm.take_areas(scan, path)
    with seccm.open(scan) as file:
        q, error = file.sites["Q_own_area"], file.sites["Q_own_area_err"]
    assert error[0] == pytest.approx(0.1 * abs(q[0]), rel=0.05)
    assert math.isnan(error[1]), "nobody said how sure it is"


def test_a_diameter_is_that_of_a_round_footprint(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("diameter (um);site;uncertainty (nm);note\n10;2;100;round\n", encoding="utf-8")
    (area,) = read_areas(path, 3).values()
    assert area.value == pytest.approx(math.pi * 25e-12)
    assert area.error == pytest.approx(math.pi * 10e-6 * 100e-9 / 2)


def test_to_analyse_again_keeps_both_bases(scan: Path, measured: dict[str, Any]) -> None:
    seccm.take_areas(scan, table(scan.parent, dict(enumerate(measured["truth"]))))
    with seccm.open(scan) as file:
        before = {n: file.sites[n].copy() for n in ("Q", "Q_own_area", "A_own", "j_own_area")}
    seccm.analyze(scan)
    with seccm.open(scan) as file:
        for name, values in before.items():
            assert file.sites[name] == pytest.approx(values, nan_ok=True), name


# ---------------------------------------------------------------- by the retraction


def test_a_few_footprints_give_those_of_all_sites_by_the_retraction(
    scan: Path, measured: dict[str, Any]
) -> None:
    truth = measured["truth"]
    known = dict(enumerate(truth[:4]))
    found = seccm.take_areas(scan, table(scan.parent, known), retraction=True)
    assert (found.measured, found.by_retraction) == (4, SITES - 4)
    assert found.calibration is not None
    assert found.calibration.plain.sites == 4
    with seccm.open(scan) as file:
        own, by_height = file.sites["A_own"], file.sites["A_own_by_retraction"]
        assert by_height.tolist() == [0.0] * 4 + [1.0] * (SITES - 4)
        assert own == pytest.approx(truth, rel=0.15)
        assert np.isfinite(file.sites["Q_own_area"]).all()
        assert (file.sites["A_own_err"][4:] > 0).all()


def test_many_footprints_calibrate_areas_to_five_per_cent() -> None:
    """Drops that hang by 5 % more or less, and footprints that scatter by 3 %."""
    rng = np.random.default_rng(1)
    radius = 4.65e-6 * (1 + 0.03 * rng.standard_normal(200))
    height = 0.6 * radius - 1.35e-6 - 1.05e-6 * 0.05 * rng.standard_normal(200)
    found = stretching(height[:20], math.pi * radius[:20] ** 2)
    assert found is not None
    areas = (found.radius + found.slope * height[20:]) ** 2 / radius[20:] ** 2
    assert float(np.sqrt(np.mean((areas - 1) ** 2))) < 0.05
    assert found.uncertainty == pytest.approx(float(np.std(areas)), rel=0.5)


def test_heights_that_tell_nothing_of_the_radius_give_one_ratio_or_nothing() -> None:
    h, r = np.array([1e-6, 2e-6, 3e-6]), np.array([3e-6, 2e-6, 1e-6])
    found = stretching(h, math.pi * r**2)
    assert found is not None
    assert found.radius == 0.0
    assert found.slope > 0.0
    assert found.uncertainty > 0.3
    assert stretching(h[:2], r[:2] ** 2) is None
    assert stretching(h, np.full(3, math.nan)) is None
    assert stretching(np.full(3, 1e-6), r**2) is None


def test_without_detachment_there_is_nothing_to_calibrate(tmp_path: Path) -> None:
    path = tmp_path / "plain.h5"
    for _ in seccm.run(small_scan(1, 1), path=path):
        pass
    with pytest.raises(PlanError, match="not looked at"):
        seccm.take_areas(path, retraction=True)
    with pytest.raises(PlanError, match="no site has an area yet"):
        seccm.take_areas(path)


# ---------------------------------------------------------------- tables that are refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the first line must name"),
        ("site, area\n0, 70", "unit"),
        ("site, area (um)\n0, 70", "um"),
        ("area (um^2)\n70", "the first line must name"),
        ("site, area (um^2), diameter (um)\n0, 70, 10", "the first line must name"),
        ("site, site, area (um^2)\n0, 0, 70", "more than once"),
        ("site, area (um^2)\n", "lists no areas"),
        ("site, area (um^2)\n0, 70\n0, 71", "twice"),
        ("site, area (um^2)\n6, 70", "there is no site 6"),
        ("site, area (um^2)\n-1, 70", "not a whole number"),
        ("site, area (um^2)\n1.0, 70", "not a whole number"),
        ("site, area (um^2)\n0, 70 um^2", "not a number"),
        ("site, area (um^2)\n0, 70,5", "3 cells"),
        ("site, area (um^2)\n0, 0", "above 0"),
        ("site, area (um^2)\n0, -70", "above 0"),
        ("site, area (um^2)\n0, nan", "not a number"),
        ("site, area (um^2)\n0, inf", "not a number"),
        ("site, area (m^2)\n0, 70", "check the unit"),
        ("site, area (nm^2)\n0, 70", "Check the unit"),
    ],
)
def test_a_table_that_is_not_understood_changes_nothing(scan: Path, text: str, words: str) -> None:
    path = scan.parent / "areas.csv"
    path.write_text(text, encoding="utf-8")
    before = scan.read_bytes()
    with pytest.raises(PlanError) as refused:
        seccm.take_areas(scan, path)
    assert words in str(refused.value)
    assert scan.read_bytes() == before


def test_a_site_without_contact_has_no_footprint(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    for _ in seccm.run(small_scan(2, 1), path=path, faults=("no-surface@site=1",)):
        pass
    with pytest.raises(PlanError, match="has no contact"):
        seccm.take_areas(path, table(tmp_path, {1: 70e-12}))


def test_the_command_says_what_was_taken_and_the_calibration(
    scan: Path, measured: dict[str, Any]
) -> None:
    known = table(scan.parent, dict(enumerate(measured["truth"][:4])))
    code, said = seccm_says("areas", scan, known, "--retraction")
    assert code == 0, said
    assert "4 footprints, 2 sites by retraction" in said
    assert CALIBRATION in said
    code, said = seccm_says("areas", scan, scan.parent / "missing.csv")
    assert code == 2
    assert "missing.csv" in said


def test_which_units_count_per_area() -> None:
    assert [u for u in ("C/m^2", "A/m^2", "1/m^2", "V", "m^2", "ohm m^2", "1/m", "m^2/s", "C")
            if per_area(u)] == ["C/m^2", "A/m^2", "1/m^2"]  # fmt: skip


def test_what_refers_to_the_own_area_means_the_same_otherwise(
    scan: Path, measured: dict[str, Any]
) -> None:
    """The sign convention, the place in tables and what was waited for go with it."""
    for name in ("Q", "Q_nuc", "Q_nuc_2", "Q_nuc_of_last_step"):
        plan, own = declared(name), declared(f"{name}_own_area")
        assert (own.unit, own.signed, own.rank) == (plan.unit, plan.signed, plan.rank)
        assert own.words.startswith(plan.words)
        assert own.waited == (f"{plan.waited}_own_area" if plan.waited else "")
    assert declared("j_own_area", "A/m^2").signed
    assert not declared("x_own_area", "m").signed
    seccm.take_areas(scan, table(scan.parent, dict(enumerate(measured["truth"]))))
    with seccm.open(scan) as file:
        text = write_report(file, scan.parent / "report").read_text(encoding="utf-8")
    assert "Wetted area of the site, measured" in text
    assert "Height above contact at which the meniscus broke" in text
