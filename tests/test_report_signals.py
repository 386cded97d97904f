"""What a report shows of a signal that the rig file adds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_scan import small_scan

import seccm
from seccm.events import SiteFinished
from seccm.report import choice
from seccm.report.study import Study

SIGNALS = """
kind = "virtual"

[signals.amplitude]
unit = "A"
words = "lock-in amplitude"
follows = "current"
factor = 0.5
noise = 1e-15
mapped = true

[signals.Second_one]
unit = "A"
role = "current"
follows = "current"
factor = -1.0
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signals")
    rig: Path = folder / "rig.toml"
    rig.write_text(SIGNALS, "utf-8")
    for _ in seccm.run(small_scan(3, 2), rig, path=folder / "scan.h5", seed=3):
        pass
    with seccm.open(folder / "scan.h5") as scan:
        yield Study(scan)


def test_every_added_signal_has_a_figure_over_the_time_of_the_sites(study):
    drawn = {d.slug: d for d in choice.drawings(study)}
    assert {"signal-amplitude", "signal-second-one"} <= set(drawn)
    assert drawn["signal-amplitude"].title == "lock-in amplitude against time, all steps"
    axes = drawn["signal-amplitude"].figure.axes[0]
    assert axes.get_ylabel().startswith("lock-in amplitude (")
    thin = [line for line in axes.lines if line.get_linewidth() == 0.4]
    assert len(thin) == 6
    for line in thin:
        t = np.asarray(line.get_xdata())
        assert (np.diff(t) > 0.0).all()
        assert 0.0 < t[0] < t[-1] <= axes.get_xlim()[1]


def test_the_file_says_which_signals_are_mapped(study):
    assert {s.name: s.mapped for s in study.scan.signals} == {
        "amplitude": True,
        "Second_one": False,
    }


def test_the_map_of_a_signal_is_its_mean_over_the_steps(study):
    """Half of the current, in the virtual rig."""
    drawn = {d.slug: d for d in choice.drawings(study)}
    assert "signal-maps" in drawn
    means = study.features["mean_amplitude"]
    assert "mean_Second_one" not in study.features
    for number in study.measured.tolist():
        record = study.scan.record(number)
        rows = record.in_steps
        assert rows.any()
        assert means.values[number] == pytest.approx(0.5 * record.I[rows].mean(), rel=1e-4)
        assert means.errors[number] > 0.0
    assert means.trusted[study.measured].all()


def test_a_site_that_was_not_reached_has_no_mean(tmp_path):
    rig = tmp_path / "rig.toml"
    rig.write_text(SIGNALS, "utf-8")
    run = seccm.run(small_scan(3, 1), rig, path=tmp_path / "scan.h5", seed=3)
    for event in run:
        if isinstance(event, SiteFinished) and event.site == 0:
            run.ask("stop")
    with seccm.open(tmp_path / "scan.h5") as scan:
        study = Study(scan)
        known = study.signal_means["mean_amplitude"].known
        assert known[0]
        assert not known[2]
        assert "signal-amplitude" in {d.slug for d in choice.drawings(study)}
