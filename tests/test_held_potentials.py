"""Scans of held potentials: what the file, the report and the window say of their nucleation."""

from __future__ import annotations

import numpy as np
import pytest
from made_scans import lithium, smaller, write_scan

from seccm.data import open_scan
from seccm.plan import Plan
from seccm.program.registry import kinds
from seccm.report import choice, transients
from seccm.report.study import Study
from seccm.results import Status, Value
from seccm.steps.constant_potential import I_END, I_MAX, SHAPE, T_MAX, T_ONSET
from ui.models.site_map import SiteMap

LEVELS = (-0.12, -0.15, -0.20)


def held(*levels: float, duration: float = 2.0) -> Plan:
    """Potentials at which lithium is deposited on gold, three sites each."""
    return smaller(
        "li-on-au-combinatorial",
        sites={"kind": "grid", "columns": 3, "rows": len(levels), "pitch": 11e-6},
        factors={"E": [f"{level} V" for level in levels]},
        program=[{"step": "constant potential", "potential": "$E", "duration": duration}],
        approach={
            **smaller("li-on-au-combinatorial").to_dict()["approach"],
            "hold": {"potential": "1.47 V"},
            "contact": {"kind": "current threshold", "threshold": "20 pA", "polarity": "either"},
        },
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = write_scan(tmp_path_factory.mktemp("held") / "held.h5", held(*LEVELS), lithium)
    with open_scan(path) as scan:
        yield Study(scan)


def test_every_site_has_an_onset_and_waits_for_its_maximum(study):
    onset, peak = study.features["t_onset"], study.features["t_max"]
    assert (onset.statuses[study.measured] == Status.OK).all()
    assert (peak.statuses[study.measured] == Status.NO_MAXIMUM).all()
    assert peak.censored[study.measured].all()
    means = [onset.values[group.counted].mean() for group in study.groups]
    assert means == sorted(means, reverse=True)  # the deeper, the sooner
    ends = study.waited("t_max").values[study.measured]
    np.testing.assert_allclose(ends, 2.0, atol=0.02)


def test_the_report_draws_the_onset_against_the_potential_and_marks_it(study):
    drawn = {d.slug: d for d in choice.drawings(study)}
    assert "onset" in drawn
    assert "maximum" not in drawn  # nothing to draw of it
    a, b = drawn["onset"].figure.axes[:2]
    assert (a.get_yscale(), a.get_xscale()) == ("log", "linear")
    assert "E$ vs Li/Li" in a.get_xlabel()
    assert "i_" in b.get_ylabel()
    low, high = a.get_xlim()
    assert low < min(LEVELS) < max(LEVELS) < high
    assert "aligned at the turn" in drawn["transient-step-0"].caption


def test_the_median_of_a_condition_turns_as_sharply_as_its_repeats(study):
    """Averaged at equal times it would be shallower than every single one."""
    figure = transients.transients(study, 0, transients.Signal("I", "A", "$i$"))
    axes = figure.axes[0]
    thick = [line for line in axes.lines if line.get_linewidth() == 1.3]
    dots = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]
    for line, marked in zip(thick, dots, strict=False):
        depth = np.abs(line.get_ydata())
        level = np.abs(np.asarray(marked.get_ydata()))
        assert depth.min() == pytest.approx(np.median(level), rel=0.03)


def test_the_map_of_the_window_offers_what_was_found(study):
    """From the declarations alone; nothing of a maximum that nobody saw."""
    made = SiteMap.of_scan(study.scan)
    assert {"t_onset", "i_onset"} <= set(made.names)
    assert not {"t_max", "i_max"} & set(made.names)


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        (Value(1.0, 0.05), "instantaneous"),
        (Value(0.0, 0.1), "progressive"),
        (Value(0.5, 0.1), ""),
        (Value(0.5, 0.3), ""),
        (Value.none(Status.NOT_DECIDED), ""),
    ],
)
def test_a_limit_is_named_only_where_the_other_one_is_excluded(shape, word):
    found = {
        T_ONSET.name: Value(0.1, 0.01),
        T_MAX.name: Value(1.0, 0.01),
        I_MAX.name: Value(-1e-9, 1e-12),
        SHAPE.name: shape,
        I_END.name: Value(-5e-10, 1e-12),
    }
    said = kinds()["constant potential"].words(found)
    assert "onset 0.1 s" in said
    assert "maximum -1 nA at 1 s" in said
    assert [w for w in ("instantaneous", "progressive") if w in said] == ([word] if word else [])


def test_the_caption_of_a_trend_speaks_of_what_is_drawn_alone(study):
    """No arrows where no record ended first, no area where there is no density."""
    captions = {d.slug: d.caption for d in choice.drawings(study)}
    assert "Arrows" not in captions["onset"]
    assert "area" not in captions["onset"]
    assert captions["transient-step-0"].startswith("Kind of step: constant potential;")
