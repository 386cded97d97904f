"""The rig of docs/extending/rig.md keeps the contract, and runs whole scans as an installed one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import warm
from rig_contract import RigContract

import seccm
from seccm.rig import Crossing, Rig

PAGE = (Path(__file__).parent.parent / "docs" / "extending" / "rig.md").read_text(encoding="utf-8")
CODE = max(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL), key=len)
PLAN = """
title = "over a resistor"
sample = "dummy"
[reference]
name = "Ag"
electrode = "Ag"
offset = "0 V"
provenance = "none"
[probe]
aperture = "2 um"
footprint = { ratio = 1.5, basis = "nominal" }
[sites]
kind = "grid"
columns = 2
rows = 1
pitch = "10 um"
[approach]
speed = "2 um/s"
travel = "10 um"
overtravel = "250 nm"
hold = { potential = "0.1 V" }
contact = { kind = "current threshold", threshold = "20 pA" }
[retract]
distance = "5 um"
speed = "20 um/s"
[travel]
speed = "20 um/s"
[[program]]
step = "constant potential"
potential = "0.3 V"
duration = "0.5 s"
"""


class TestTinyRig(RigContract):
    """The whole contract."""

    rule: ClassVar[Any] = Crossing("current", "from zero", 5e-12, "either")

    @pytest.fixture
    def rig(self) -> Rig:
        """As the page has it."""
        names: dict[str, Any] = {}
        exec(compile(CODE, "rig.md", "exec", dont_inherit=True), names)
        build = names["build"]
        rig: Rig = build(
            {"kind": "tiny"}, None, source="x", seed=1, faults=(), pace=0.0, first_site=0
        )
        return rig


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with the rig is installed in this folder; a plan and a rig file lie in it."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "tiny_rig.py").write_text(CODE, encoding="utf-8")
    info = folder / "tiny_rig-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-rig\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[seccm.rigs]\ntiny = tiny_rig:build\n")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    (folder / "tiny.toml").write_text('kind = "tiny"\nsurface = "15 um"\n', encoding="utf-8")
    return folder


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the program with the package installed."""
    paths = (str(Path(__file__).parent.parent), str(folder), os.environ.get("PYTHONPATH", ""))
    return warm.ran(
        [sys.executable, "-m", "seccm", *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_checked_run_and_reported_on_by_its_name(folder: Path) -> None:
    checked = command(folder, "check", "plan.toml", "--rig", "tiny.toml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    run = command(folder, "run", "plan.toml", "--rig", "tiny.toml", "-o", "scan.h5")
    assert run.returncode == 0, run.stdout + run.stderr
    report = command(folder, "report", "scan.h5")
    assert report.returncode == 0, report.stdout + report.stderr
    with seccm.open(folder / "scan.h5") as scan:
        assert scan.sites.words("status").tolist() == ["ok", "ok"]
        assert scan.sites["z_contact"] == pytest.approx([15e-6, 15e-6], abs=10e-9)
        site = scan.site(1)
        measured = site.I[site.phase == seccm.Phase.STEP]
        assert measured.mean() == pytest.approx(0.3e-9, rel=1e-3)


def test_a_mistake_in_its_rig_file_is_told_by_key(folder: Path) -> None:
    (folder / "wrong.toml").write_text('kind = "tiny"\nsurface = "15 s"\nheight = 3\n')
    found = command(folder, "check", "plan.toml", "--rig", "wrong.toml")
    assert found.returncode == 2
    for key in ("surface", "height"):
        assert key in found.stdout + found.stderr
    assert "Traceback" not in found.stdout + found.stderr
