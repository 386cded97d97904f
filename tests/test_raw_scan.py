"""Raw samples from the plan to the file, through the driver of an NI card on its stand-in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import warm
from small_scan import near_surface, small_scan
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.data import Scan
from seccm.errors import PlanError
from seccm.events import Outcome
from seccm.plan import find_plan
from seccm.rig import BASIC

RAW = {"raw": True}


def assert_rows_are_means(scan: Scan, site: int, step: int | None = None) -> None:
    """Every row of a site, or step, is the mean of 256 of its 257 samples, in every channel."""
    record, raw = scan.record(site), scan.raw(site, step)
    rows_of = slice(None) if step is None else record.steps[step]
    assert raw.gaps == ()
    offset = scan.header.reference_offset
    clock = scan.clock
    rows = {"current": record.I, "potential": record.E + offset, "x": record.x, "z": record.z}
    for name, every in rows.items():
        given = every[rows_of]
        samples = raw[name].reshape(-1, clock.spacing)[:, : clock.averaged]
        # Rows are stored with 24 bits.
        np.testing.assert_allclose(
            samples.mean(axis=1), given, rtol=2e-7, atol=2e-7 * np.abs(given).max()
        )
    # A row is complete when the first sample of the next one is taken.
    np.testing.assert_allclose(
        raw.t[clock.spacing :: clock.spacing], scan.site(site).t[rows_of][:-1], atol=1e-9
    )


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan of one site with raw samples."""
    path = tmp_path_factory.mktemp("raw") / "scan.h5"
    near = near_surface("53 um", "virtual-nidaq")
    for _ in seccm.run(small_scan(1, 1, record=RAW), near, path=path, seed=3):
        pass
    return path


def test_every_sample_of_a_scan_is_in_its_file_and_averages_to_its_rows(scanned: Path):
    with seccm.open(scanned) as scan:
        assert scan.packed
        assert scan.sites["status"][0] == Outcome.OK
        assert {signal.name for signal in BASIC} <= set(scan.raw_channels)
        assert_rows_are_means(scan, 0)
        raw, landing = scan.raw(0), scan.site(0).contact_record
        assert landing is not None
        here = np.searchsorted(raw.numbers, landing.start) + np.arange(len(landing.current))
        np.testing.assert_allclose(raw["current"][here], landing.current, rtol=1e-6, atol=1e-18)
        assert scan.to_xarray().sizes["raw_sample"] == scan.raw_samples


def test_the_commands_say_what_is_recorded(scanned: Path, tmp_path: Path):
    told = CliRunner().invoke(app, ["info", str(scanned)])
    assert told.exit_code == 0
    assert "9 inputs" in told.output
    shipped = find_plan("li-on-au-combinatorial").read_text(encoding="utf-8")
    plan = tmp_path / "raw.toml"
    plan.write_text(shipped + "\n[record]\nraw = true\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["check", str(plan), "--rig", "virtual-nidaq"])
    assert told.exit_code == 0, told.output
    assert "MB raw samples: every sample of 9 inputs at 100 kHz" in told.output
    told = CliRunner().invoke(app, ["check", str(plan)])
    assert told.exit_code == 2
    assert "record.raw" in told.output


def test_a_rig_without_raw_samples_refuses_before_there_is_a_file(tmp_path: Path):
    path = tmp_path / "scan.h5"
    with pytest.raises(PlanError, match=r"record\.raw.*only data points"):
        seccm.run(small_scan(1, 1, record=RAW), path=path)
    assert not path.exists()


KILLED = """
import sys
sys.path.insert(0, sys.argv[2])
from small_scan import near_surface, small_scan
import seccm
near = near_surface("53 um", "virtual-nidaq")
for event in seccm.run(small_scan(3, 1, record={"raw": True}), near, path=sys.argv[1]):
    print(type(event).__name__, flush=True)
"""


def test_a_run_that_is_killed_keeps_its_samples_and_is_resumed(tmp_path: Path):
    """Killed on its way to the second site; the first is all there, the third comes later."""
    path, here = tmp_path / "scan.h5", str(Path(__file__).parent)
    with warm.begun(
        [sys.executable, "-c", KILLED, str(path), here], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for wanted in ("SiteFinished\n", "Approaching\n"):
            assert wanted in iter(child.stdout.readline, "")
        child.kill()
    with seccm.open(path) as scan:
        assert scan.state == "interrupted"
        safe = scan.raw_samples
        first = scan.raw(0)["current"]
        assert len(first) == len(scan.record(0).t) * scan.clock.spacing
    for _ in seccm.resume(path):
        pass
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        assert scan.raw_samples > safe
        np.testing.assert_array_equal(scan.raw(0)["current"], first)
        for site in (0, 2):
            assert scan.sites["status"][site] == Outcome.OK
            assert_rows_are_means(scan, site)
