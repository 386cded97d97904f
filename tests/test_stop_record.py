"""The stop of a real stage is believed only where a dated measurement of it is recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from seccm import calibration
from seccm.calibration import Entry
from seccm.cli.commands import app
from seccm.commissioning.stops import finding_of
from seccm.errors import PlanError
from seccm.plan.library import find_rig
from seccm.rig import Mounted
from seccm.rigs import RigFile, build_rig, load_rig
from seccm.stop_record import FIGURE, stop_problems
from seccm.units import parse

MADE = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def rig_file(folder: Path, *, named: bool = True, **keys: str) -> Path:
    """The shipped rig with a real port; its calibration lies beside it, if it is named."""
    lines = find_rig("virtual-serial-stage").read_text(encoding="utf-8").splitlines()
    begin = lines.index("[controller]")
    for key, value in {"library": "serial", "port": "COM3", **keys}.items():
        written = f'{key} = "{value}"'
        own = [k for k, line in enumerate(lines) if k > begin and line.startswith(f"{key} = ")]
        if own:
            lines[own[0]] = written
        else:
            lines.insert(begin + 1, written)
    head = ['calibration = "bench.calibration.json"'] if named else []
    path = folder / "bench.toml"
    path.write_text("\n".join([*head, *lines]), encoding="utf-8")
    return path


def measured(rig: Path, worst: float, made: datetime = MADE) -> None:
    """Add a measurement as `seccm rig stops` does."""
    config = load_rig(rig, calibrated=False).config
    found = finding_of([0.8 * worst, worst], 1e-6, config)
    entry = Entry(
        procedure=found.procedure,
        made=made.isoformat(),
        how=found.how,
        report="stops.json",
        device="",
        wiring=calibration.wiring(config),
        figures=found.figures,
    )
    calibration.add(rig.parent / "bench.calibration.json", entry, "bench")


def built(file: RigFile, *, commissioning: bool = False) -> bool:
    """Build the rig of a file; nothing of it is opened."""
    mounted = Mounted("dummy-resistor", 6e-6)
    return build_rig(file, mounted, commissioning=commissioning).info.stop.kind == "serial"


def problems(rig: Path | RigFile) -> dict[str, str]:
    """What is refused of a rig file, with what to do."""
    file = rig if isinstance(rig, RigFile) else load_rig(rig)
    with pytest.raises(PlanError) as refused:
        built(file)
    found: dict[str, str] = {}
    for one in refused.value.problems:
        found[one.where] = f"{found.get(one.where, '')}{one.what} {one.remedy}"
    return found


def test_a_stop_that_was_typed_in_is_refused_with_the_command_that_measures_it(
    tmp_path: Path,
) -> None:
    """Whether or not the rig file names a calibration, and with one that says nothing of it."""
    said = problems(rig_file(tmp_path, named=False))["controller.stop"]
    assert "seccm rig stops" in said
    assert "calibration = " in said
    rig = rig_file(tmp_path)
    empty = {"kind": calibration.KIND, "format": calibration.FORMAT, "rig": "r", "entries": []}
    (tmp_path / "bench.calibration.json").write_text(json.dumps(empty), encoding="utf-8")
    said = problems(rig)["controller.stop"]
    assert "no measurement" in said
    assert "Write calibration" not in said
    assert built(load_rig(rig, calibrated=False), commissioning=True), "to measure it"


@pytest.mark.parametrize("worst", [59e-3, 61e-3, 0.2])
def test_a_stop_is_believed_as_far_as_it_was_measured(worst: float, tmp_path: Path) -> None:
    """The file says 60 ms; what the message says to write is accepted."""
    rig = rig_file(tmp_path)
    measured(rig, worst)
    if worst < 60e-3:
        assert built(load_rig(rig))
        return
    said = problems(rig)["controller.stop.worst"]
    assert "2027-03-01" in said
    advised = said.split('"')[1]
    assert parse(advised, "s") > worst
    assert built(load_rig(rig_file(tmp_path, worst=advised)))


def test_the_newest_measurement_counts(tmp_path: Path) -> None:
    rig = rig_file(tmp_path)
    measured(rig, 0.2)
    measured(rig, 30e-3, MADE + timedelta(days=1))
    assert built(load_rig(rig))
    measured(rig, 70e-3, MADE + timedelta(days=2))
    assert "2027-03-03" in problems(rig)["controller.stop.worst"]


@pytest.mark.parametrize(
    ("key", "value"), [("port", "COM4"), ("kind", "smaract-mcs2"), ("library", "virtual")]
)
def test_a_stop_of_another_stage_is_none(key: str, value: str, tmp_path: Path) -> None:
    """Another port, another controller, or a stand-in: it was not measured on this one."""
    changed: dict[str, Any] = {key: value}
    rig = rig_file(tmp_path, **changed)
    measured(rig, 30e-3)
    said = problems(rig_file(tmp_path))["controller.stop"]
    assert f"controller.{key} = {value}" in said
    assert "seccm rig stops" in said


def test_tables_made_in_python_need_the_same_measurement(tmp_path: Path) -> None:
    """However they came to be: typed in, with the name of a calibration, stored with a scan."""
    rig = rig_file(tmp_path)
    measured(rig, 30e-3)
    read = load_rig(rig)
    bare = {key: value for key, value in read.config.items() if key != "calibration"}
    assert "seccm rig stops" in problems(RigFile("made.toml", bare))["controller.stop"]
    unread = problems(RigFile("made.toml", {**bare, "calibration": "b.json"}))
    assert "load_rig" in unread["calibration"]
    strange = {**bare, "calibration": {"entries": [{"figures": {FIGURE: [1e-3, "s"]}}]}}
    assert "load_rig" in problems(RigFile("made.toml", strange))["calibration"]
    stored = json.loads(json.dumps(read.config))
    assert built(RigFile("the rig in scan.h5", stored)), "a scan is resumed with what it began with"
    stored["controller"]["stop"]["worst"] = "20 ms"
    assert "controller.stop.worst" in problems(RigFile("the rig in scan.h5", stored))


def test_a_stand_in_has_nothing_to_prove(tmp_path: Path) -> None:
    shipped = load_rig("virtual-serial-stage")
    assert not list(stop_problems(shipped.config))
    assert not list(stop_problems(load_rig("virtual").config))
    strange: dict[str, Any] = {"controller": {"library": "serial", "stop": {"worst": "soon"}}}
    assert [one.where for one in stop_problems(strange)] == ["controller.stop"]
    assert not list(stop_problems({"controller": {"library": "serial"}}))


def test_the_command_measures_and_keeps_it(tmp_path: Path) -> None:
    """On the stand-in, into the calibration that its file names."""
    rig = rig_file(tmp_path, library="virtual")
    options = ["rig", "stops", str(rig), "--count", "2", "--yes", "-o", str(tmp_path / "r.json")]
    done = CliRunner().invoke(app, options)
    assert done.exit_code == 0, done.output
    [entry] = calibration.read(tmp_path / "bench.calibration.json")
    assert entry.procedure == "stops"
    worst, unit = entry.figures[FIGURE]
    assert unit == "s"
    assert 0.0 < worst < 60e-3
    assert entry.wiring["controller.kind"] == "newport-esp"
