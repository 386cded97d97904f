"""Any result of the turns of a repeat over values is a series, whatever the kind of step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_scans import couple, smaller, write_scan

from seccm.analysis.over_values import MOST, over_values
from seccm.analysis.series import SeriesOfSite, may_have_series, pages_of
from seccm.analysis.step_features import measured
from seccm.data import open_scan
from seccm.report import scan_drawings
from seccm.report.study import Study
from ui.models.step_pages import has_pages, ran_at
from ui.models.step_pages import pages_of as pages_in_window

LEVELS = ["2 mV", "10 mV", "50 mV", "100 mV"]
HELD = {
    "step": "repeat",
    "over": {"i": LEVELS},
    "program": [
        {"step": "open circuit", "duration": "0.1 s"},
        {"step": "constant potential", "potential": "$i", "duration": "0.2 s"},
    ],
}
NESTED = {
    "step": "repeat",
    "over": {"E": ["-0.1 V", "0.1 V"]},
    "program": [{
        "step": "repeat",
        "over": {"t": ["0.1 s", "0.2 s", "0.3 s"]},
        "program": [{"step": "constant potential", "potential": "$E", "duration": "$t"}],
    }],
}  # fmt: skip


def _plan(*program: dict[str, Any]) -> Any:
    sites = {"kind": "grid", "columns": 2, "rows": 1, "pitch": 4e-6}
    return smaller("redox-cv-map", sites=sites, factors={}, program=list(program))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    path: Path = tmp_path_factory.mktemp("over") / "scan.h5"
    plan = _plan(HELD, NESTED)
    with open_scan(write_scan(path, plan, couple)) as scan:
        yield Study(scan)


def named(study: Study, slug: str) -> list[SeriesOfSite]:
    return [one for one in study.series(0) if one.what.slug == slug]


def test_results_of_every_kind_are_drawn_against_the_values(recorded: Study) -> None:
    slugs = {one.what.slug for one in recorded.series(0)}
    assert {
        "over-i-constant-potential",
        "over-i-open-circuit",
        "over-t-constant-potential",
    } <= slugs
    (one,) = named(recorded, "over-i-constant-potential")
    ran = ran_at(recorded.scan, 0)
    for panel, points in zip(one.what.panels, one.panels, strict=True):
        if not points.x.size:
            continue
        assert points.x == pytest.approx([2e-3, 1e-2, 5e-2, 0.1], rel=1e-9, abs=0.0)
        own = [measured(ran[k], ran[:k])[panel.up.name].value for k in (1, 3, 5, 7)]
        assert points.y == pytest.approx(own, rel=1e-9, abs=0.0), panel.up.name


def test_values_over_more_than_a_decade_are_on_a_logarithmic_axis(recorded: Study) -> None:
    (one,) = named(recorded, "over-i-constant-potential")
    assert {panel.x.log for panel in one.what.panels} == {True}
    for series in named(recorded, "over-t-constant-potential"):
        assert {panel.x.log for panel in series.what.panels} == {False}


def test_of_repeats_in_one_another_each_value_is_taken_alone(recorded: Study) -> None:
    """Three times at either of two potentials: two series; two potentials alone are none."""
    times = named(recorded, "over-t-constant-potential")
    assert len(times) == 2
    assert len({one.step for one in times}) == 2
    assert not named(recorded, "over-E-constant-potential")


def test_the_charge_of_an_open_circuit_is_noise_and_not_drawn(recorded: Study) -> None:
    for slug, there in (
        ("over-i-constant-potential", True),
        ("over-i-open-circuit", False),
        ("over-t-constant-potential", True),
    ):
        for one in named(recorded, slug):
            assert ("Q" in {panel.up.name for panel in one.what.panels}) is there, slug
            assert len(one.what.panels) <= MOST


def test_the_report_and_the_window_draw_the_same_series(recorded: Study) -> None:
    drawn = {drawing.slug for drawing in scan_drawings._series(recorded)}
    assert any(slug.startswith("over-i-constant-potential-step-") for slug in drawn)
    assert has_pages(recorded.site(0))
    ran = ran_at(recorded.scan, 0)
    pages = [one.what.slug for one in pages_in_window(ran).drawn]
    for one in pages_of(ran):
        assert one.what.slug in pages
    assert any(slug.startswith("over-i-constant-potential-") for slug in pages)
    assert len(pages) == len({(one.what.slug, one.step) for one in pages_in_window(ran).drawn})


def test_steps_without_a_repeat_over_values_have_no_such_series(tmp_path: Path) -> None:
    twice: dict[str, Any] = {
        "step": "repeat", "times": 4, "program": [{"step": "open circuit", "duration": "0.1 s"}],
    }  # fmt: skip
    with open_scan(write_scan(tmp_path / "scan.h5", _plan(twice), couple)) as scan:
        study = Study(scan)
        assert study.series(0) == ()
        assert not list(over_values(ran_at(scan, 0)))
        site = study.site(0)
        assert site is not None
        assert not may_have_series(site.segments)
