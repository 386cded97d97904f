"""Values that span decades are drawn by decades, and only values that have a logarithm."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from made_scans import couple, smaller, write_scan

from seccm.data import open_scan
from seccm.report import distribution, maps, style
from seccm.report.study import Study

GRID = {"kind": "grid", "columns": 6, "rows": 2, "pitch": 4e-6}
RATES = {"v": ["0.2 V/s", "1 V/s"]}
SWEEP = [{"step": "cv", "start": -0.25, "vertices": [0.25], "cycles": 2, "scan_rate": "$v"}]


@pytest.fixture(scope="module", params=["one condition", "two conditions"])
def study(request, tmp_path_factory):
    several = {"factors": RATES, "program": SWEEP} if request.param == "two conditions" else {}
    plan = smaller("redox-cv-map", sites=GRID, **several)
    path = write_scan(tmp_path_factory.mktemp("decades") / "scan.h5", plan, couple)
    with open_scan(path) as scan:
        yield Study(scan)


def planted(study: Study, name: str, values) -> None:
    """Put values in the place of a feature's, each standing for itself."""
    feature = study.features[name]
    study.features[name] = replace(
        feature, values=np.asarray(values, float), errors=np.full(len(values), 1e-15),
        statuses=np.zeros(len(values), np.uint8),
    )  # fmt: skip


def drawn(study: Study, name: str):
    """Return the axes of how a feature is distributed, and of its map with its bar."""
    with mpl.rc_context(style.RC):
        figure = study.figure(6.0, 3.0)
        spread, place = figure.subplots(1, 2)
        distribution.distribution(spread, study, name)
        maps.feature_map(place, study, name)
        figure.canvas.draw()
    (bar,) = place.child_axes
    return spread, place, bar


DECADES = np.logspace(-13, -9, 12)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_current_over_decades_has_a_logarithmic_axis_that_shows_every_site(study, sign):
    planted(study, "i_lim", sign * DECADES)
    spread, _, bar = drawn(study, "i_lim")
    assert spread.get_xscale() == "log"
    assert ("magnitude" in spread.get_xlabel()) is (sign < 0)
    low, high = spread.get_xlim()
    points = [x for line in spread.lines if line.get_linestyle() == "None"
              for x in np.atleast_1d(line.get_xdata())]  # fmt: skip
    bars = sum(patch.get_height() for patch in spread.patches)
    if study.groups.several:
        sites = {round(float(np.log10(x)), 6) for x in points if low <= x <= high}
        assert len(sites) >= 12
    else:
        assert bars == 12
    assert bar.get_yscale() == "log"
    assert ("magnitude" in bar.get_ylabel()) is (sign < 0 and not study.groups.several)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("i_lim", np.linspace(1e-12, 9e-11, 12)),
        ("i_lim", np.where(np.arange(12) % 3, DECADES, -DECADES)),
        ("E_half", DECADES * 1e9),
    ],
    ids=["within two decades", "both signs", "a potential, whose zero is a choice"],
)
def test_what_has_no_logarithm_or_does_not_need_one_is_drawn_evenly(study, name, values):
    planted(study, name, values)
    spread, _, bar = drawn(study, name)
    assert spread.get_xscale() == "linear"
    assert bar.get_yscale() == "linear"
    assert "magnitude" not in spread.get_xlabel() + bar.get_ylabel()


def test_a_map_over_decades_has_the_median_of_each_condition_in_the_middle(study):
    planted(study, "i_lim", DECADES)
    _, place, _ = drawn(study, "i_lim")
    norm = place.collections[0].norm
    assert isinstance(norm, mpl.colors.LogNorm)
    in_the_middle = norm.vmin * norm.vmax == pytest.approx(1.0)
    assert in_the_middle is study.groups.several
