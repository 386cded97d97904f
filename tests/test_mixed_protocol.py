"""The plan with every method in one droplet: it runs in its order, and ends where it should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import seccm
from seccm.analysis.features import area_of
from seccm.analysis.impedance.of_step import impedance_of
from seccm.analysis.step_trace import step_traces
from seccm.plan import Plan, load_plan
from seccm.report.choice import drawings
from seccm.report.study import Study
from seccm.results import Status


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seccm.Scan]:
    path: Path = tmp_path_factory.mktemp("mixed") / "scan.h5"
    plan = load_plan("mixed-protocol")
    plan = plan.replace(sites={**plan.to_dict()["sites"], "columns": 1, "rows": 1})
    for _ in seccm.run(plan, "virtual", path=path, seed=3):
        pass
    with seccm.open(path) as scan:
        yield scan


def test_the_steps_run_in_the_order_of_the_plan(scan: seccm.Scan) -> None:
    cycle = ["constant current", "open circuit", "constant potential"]
    assert scan.steps["kind"].tolist() == [
        "open circuit", "lsv", "constant potential", "constant potential", "cv",
        *cycle, *cycle, *cycle, "open circuit", "impedance",
    ]  # fmt: skip
    assert scan.sites.words("status") == ["ok"]


def test_no_step_reaches_the_end_of_the_range_of_the_current(scan: seccm.Scan) -> None:
    """The sweep goes down from 2.8 V so slowly, and so far, that the step after it is measured."""
    site = scan.site(0)
    end = 20.48e-9  # of the converter
    for step in range(1, 16):
        current = np.abs(site.I[site.steps[step]])
        assert current.max() < 0.9 * end, f"step {step}"
    potential = site.E[site.steps[1]]
    assert potential[0] > 2.5
    assert potential[-1] == pytest.approx(-0.07, abs=2e-3)


def test_the_circuit_describes_the_whole_spectrum(scan: seccm.Scan) -> None:
    """From a decade below the apex of its arc on; what it misses has no trend."""
    for name in ("R_s", "R_ct", "C_dl", "f_apex"):
        (status,) = scan.results(name)["status"]
        assert int(status) == Status.OK, name
    plan = Plan.from_json(scan.plan_json)
    trace = list(step_traces(scan.planned[0], scan.record(0), 0.0, area_of(plan)))[15]
    found = impedance_of(trace)
    assert found is not None
    assert found.fit is not None
    spectrum = found.spectrum
    f_apex = float(scan.results("f_apex")["value"][0])
    assert spectrum.f[0] < 0.2 * f_apex < f_apex < 0.1 * spectrum.f[-1]
    missed = np.abs(spectrum.Z - found.fit.impedance(spectrum.f)) / spectrum.sigma
    assert missed.max() < 5.0
    assert missed[spectrum.f < f_apex].mean() < 2.0


def test_each_turn_has_its_current(scan: seccm.Scan) -> None:
    said = [json.loads(text)["$j"] for text in scan.steps["resolved"][5:14]]
    assert said == [-4.0] * 3 + [-8.0] * 3 + [-16.0] * 3
    plates = scan.steps["first"][[5, 8, 11]]
    assert plates / plates[0] == pytest.approx([1.0, 2.0, 4.0])


def test_results_can_be_drawn_against_the_values_of_a_repeat(scan: seccm.Scan) -> None:
    found = scan.results("E_nuc").to_pandas()
    plates = found[found["$j"].notna()]
    assert plates["$j"].tolist() == [-4.0, -8.0, -16.0]
    assert plates["value"].is_monotonic_decreasing, "the more current, the more it takes"
    steps = scan.steps["$j"]
    assert np.isnan(steps[[0, 4, 14, 15]]).all()
    assert steps[5:14].tolist() == [-4.0] * 3 + [-8.0] * 3 + [-16.0] * 3


def test_the_steps_end_on_what_was_measured(scan: seccm.Scan) -> None:
    """The rest on its drift, each strip on its share: neither at once, nor at the last moment."""
    words = scan.steps.words("ended_by")
    assert words[0] == "potential drift below"
    assert [words[k] for k in (7, 10, 13)] == ["current share below"] * 3
    site = scan.site(0)
    for k in (7, 10, 13):
        current = site.I[site.steps[k]]
        first, last = np.abs(current[40:78]).mean(), np.abs(current[-39:]).mean()
        assert last == pytest.approx(0.01 * first, rel=0.25)
        assert 1.0 < scan.steps["size"][k] * scan.steps["period"][k] < 19.0


def test_the_spectrum_is_taken_about_the_last_rest(scan: seccm.Scan) -> None:
    site = scan.site(0)
    rest = float(site.E[site.steps[14]][-39:].mean())
    assert json.loads(scan.steps["resolved"][15])["potential"] == pytest.approx(rest, abs=1e-4)


def test_every_kind_of_step_is_drawn(scan: seccm.Scan) -> None:
    """Also the one that comes last: there are three potential steps before the spectrum."""
    slugs = {drawing.slug for drawing in drawings(Study(scan))}
    assert {"nyquist-step-15", "voltammograms-step-4", "potential-step-5", "transient-step-2"} <= (
        slugs
    )
