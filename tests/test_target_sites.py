"""Plans whose sites were found in a picture: places, values, and where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomlkit
from small_plan import INFO
from target_files import MATRIX, PLACES, SHIFT, SIZES, found, written
from typer.testing import CliRunner

from seccm.cli.commands import app
from seccm.errors import PlanError
from seccm.plan import Plan, load_plan
from seccm.plan.library import plans
from seccm.plan.registering import registration_words
from seccm.plan.targets import Targets, read_targets

CHARGE = {"step": "constant current", "current": "-2 pA/um^2 * $d * $d", "duration": "1 s"}


def loaded(folder: Path, *program: dict[str, Any], **sites: Any) -> Plan:
    """A plan as it is loaded from a file in a folder."""
    text = tomlkit.parse(plans()["redox-cv-map"].read_text(encoding="utf-8"))
    text["sites"] = {"kind": "targets", "file": "gold.json", **sites}
    text["probe"] = {"aperture": "4 um", "footprint": {"ratio": 1.0, "basis": "nominal"}}
    text["program"] = list(program or (CHARGE,))
    path = folder / "plan.toml"
    path.write_text(tomlkit.dumps(text), encoding="utf-8")
    return load_plan(path)


def refused(folder: Path, **sites: Any) -> str:
    with pytest.raises(PlanError) as failed:
        loaded(folder, **sites)
    return str(failed.value)


def test_sites_are_where_the_targets_are(tmp_path: Path) -> None:
    written(tmp_path)
    sites = loaded(tmp_path).sites()
    expected = PLACES[:3] @ MATRIX.T + SHIFT
    assert np.array([(s.x, s.y) for s in sites]) == pytest.approx(expected, abs=1e-11)
    assert [s.label for s in sites] == ["P1", "P2", "P3"]


def test_the_diameter_of_each_target_is_known_to_the_steps(tmp_path: Path) -> None:
    written(tmp_path)
    currents = [s.segments[0].waveform.extremes[0] for s in loaded(tmp_path).sites()]
    assert currents == pytest.approx(-2.0 * SIZES[:3] ** 2, rel=1e-9)


def test_without_diameters_only_the_error_is_known(tmp_path: Path) -> None:
    written(tmp_path, sizes=np.array([1e-6, np.nan, 1e-6, 1e-6]))
    rest = {"step": "open circuit", "duration": "1 s"}
    assert set(loaded(tmp_path, rest).places.values) == {"u"}
    assert '"$d" names' in refused(tmp_path)


def test_the_plan_keeps_all_that_the_places_depend_on(tmp_path: Path) -> None:
    written(tmp_path, noise=0.1e-6)
    plan = loaded(tmp_path)
    again = Plan.from_json(plan.to_json())  # what a data file has
    assert again == plan
    places, made = again.places, found(tmp_path, noise=0.1e-6)
    assert isinstance(places, Targets)
    assert places.origin is not None
    assert places.origin.sha256 == "ab" * 32
    assert np.array(places.origin.matrix) == pytest.approx(made.agreed.fit.matrix, rel=1e-12)
    assert np.array(places.origin.covariance) == pytest.approx(made.agreed.fit.covariance, rel=1e-9)
    assert [mark.label for mark in places.origin.landmarks] == ["a", "b", "c", "d", "e"]
    seen = np.array([mark.stage for mark in places.origin.landmarks])
    assert seen == pytest.approx(made.landmarks.stage, abs=1e-11)
    errors = [level.value for level in places.values["u"]]
    assert errors == pytest.approx(made.candidates.error[:3], abs=1e-11)


def test_the_transform_of_the_plan_leads_from_the_picture_to_the_sites(tmp_path: Path) -> None:
    written(tmp_path, noise=0.1e-6)
    plan = loaded(tmp_path)
    origin = plan.places.origin
    matrix, middle = np.array(origin.matrix), np.array(origin.middle)
    places = (PLACES[:3] - middle) @ matrix.T + np.array(origin.centre)
    assert np.array([(s.x, s.y) for s in plan.sites()]) == pytest.approx(places, abs=1e-11)


def test_targets_are_visited_on_a_short_way_with_their_values(tmp_path: Path) -> None:
    written(tmp_path)
    plan = loaded(tmp_path, order="shortest")
    by_label = {s.label: s.segments[0].waveform.extremes[0] for s in plan.sites()}
    assert by_label == pytest.approx(
        dict(zip(("P1", "P2", "P3"), -2 * SIZES[:3] ** 2, strict=True))
    )


def test_what_the_check_says_of_targets(tmp_path: Path) -> None:
    written(tmp_path)
    plan = loaded(tmp_path)
    assert "Targets of gold.tif, by 5 of 5 landmarks" in registration_words(plan)
    assert not [p for p in plan.check(INFO) if p.where == "sites.file"]


def test_targets_that_are_not_known_well_enough_are_refused(tmp_path: Path) -> None:
    written(tmp_path, noise=1.2e-6)
    (problem,) = [p for p in loaded(tmp_path).check(INFO) if p.where == "sites.file"]
    assert problem.severity == "error"
    assert "3 of 3 targets are not known well enough" in problem.what


def test_targets_for_smaller_droplets_are_told(tmp_path: Path) -> None:
    path = written(tmp_path)
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, "footprint": 1e-6}), encoding="utf-8")
    (problem,) = [p for p in loaded(tmp_path).check(INFO) if p.where == "sites.file"]
    assert problem.severity == "warning"
    assert "chosen for footprints of 1 um" in problem.what


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "else"}, "not a file of targets"),
        ({"format": 2}, "format 2"),
        ({"targets": []}, "no particle of gold.tif is a target"),
        ({"targets": [{"x": 1}]}, "is incomplete"),
        ({"transform": {}}, "is incomplete"),
        ({"landmarks": [{"label": "a"}]}, "is incomplete"),
    ],
)
def test_files_that_cannot_be_used_are_refused(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    path = written(tmp_path)
    content_ = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content_, **change}), encoding="utf-8")
    assert told in refused(tmp_path)


def test_a_file_that_is_missing_or_no_json_is_told(tmp_path: Path) -> None:
    assert "there is no such file" in refused(tmp_path)
    (tmp_path / "gold.json").write_text("{", encoding="utf-8")
    assert "is not JSON" in refused(tmp_path)


def test_places_in_the_plan_beside_the_file_are_refused(tmp_path: Path) -> None:
    written(tmp_path)
    assert "come from the file" in refused(tmp_path, points=[["1 um", "1 um"]])


def test_a_plan_of_targets_on_the_command_line(tmp_path: Path) -> None:
    written(tmp_path)
    loaded(tmp_path)
    done = CliRunner().invoke(app, ["check", str(tmp_path / "plan.toml")])
    words = " ".join(done.output.split())
    assert "3 sites" in words
    assert "Targets of gold.tif, by 5 of 5 landmarks" in words


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    read = read_targets(written(tmp_path))
    assert read["labels"] == ["P1", "P2", "P3"]
    assert read["values"]["d"] == ["1.000000 um", "0.800000 um", "1.200000 um"]
