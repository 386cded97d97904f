"""The plan with every method in one droplet: it runs in its order, and ends where it should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import seccm
from seccm.plan import load_plan
from seccm.report.choice import drawings
from seccm.report.study import Study


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
        "open circuit", "constant potential", "constant potential", "cv", *cycle, *cycle, *cycle,
        "open circuit", "impedance",
    ]  # fmt: skip
    assert scan.sites.words("status") == ["ok"]


def test_each_turn_has_its_current(scan: seccm.Scan) -> None:
    said = [json.loads(text)["$j"] for text in scan.steps["resolved"][4:13]]
    assert said == [-4.0] * 3 + [-8.0] * 3 + [-16.0] * 3
    plates = scan.steps["first"][[4, 7, 10]]
    assert plates / plates[0] == pytest.approx([1.0, 2.0, 4.0])


def test_results_can_be_drawn_against_the_values_of_a_repeat(scan: seccm.Scan) -> None:
    found = scan.results("E_nuc").to_pandas()
    plates = found[found["$j"].notna()]
    assert plates["$j"].tolist() == [-4.0, -8.0, -16.0]
    assert plates["value"].is_monotonic_decreasing, "the more current, the more it takes"
    steps = scan.steps["$j"]
    assert np.isnan(steps[[0, 3, 13, 14]]).all()
    assert steps[4:13].tolist() == [-4.0] * 3 + [-8.0] * 3 + [-16.0] * 3


def test_the_steps_end_on_what_was_measured(scan: seccm.Scan) -> None:
    """The rest on its drift, each strip on its share: neither at once, nor at the last moment."""
    words = scan.steps.words("ended_by")
    assert words[0] == "potential drift below"
    assert [words[k] for k in (6, 9, 12)] == ["current share below"] * 3
    site = scan.site(0)
    for k in (6, 9, 12):
        current = site.I[site.steps[k]]
        first, last = np.abs(current[40:78]).mean(), np.abs(current[-39:]).mean()
        assert last == pytest.approx(0.01 * first, rel=0.25)
        assert 1.0 < scan.steps["size"][k] * scan.steps["period"][k] < 19.0


def test_the_spectrum_is_taken_about_the_last_rest(scan: seccm.Scan) -> None:
    site = scan.site(0)
    rest = float(site.E[site.steps[13]][-39:].mean())
    assert json.loads(scan.steps["resolved"][14])["potential"] == pytest.approx(rest, abs=1e-4)


def test_every_kind_of_step_is_drawn(scan: seccm.Scan) -> None:
    """Also the one that comes last: there are three potential steps before the spectrum."""
    slugs = {drawing.slug for drawing in drawings(Study(scan))}
    assert {"nyquist-step-14", "voltammograms-step-3", "potential-step-4", "transient-step-1"} <= (
        slugs
    )
