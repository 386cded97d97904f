"""The figure of what a planner has learnt: what is drawn is what the file says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planned_runs import Scripted, carried_out, in_order
from small_scan import small_scan

import seccm
from seccm.plan.decision import HALF, Belief, Decision, Direction, Progress
from seccm.report import decisions
from seccm.report.scan_drawings import of_scan
from seccm.report.study import Study

PLAN = small_scan()
LEVELS = [-30.0, -20.0, -10.0]
ALONG_J = (Direction("j", "A/m^2", True),)
OVER_PLACES = (Direction("x", "m"), Direction("y", "m"))


def belief(directions: tuple[Direction, ...]) -> Belief:
    """A law along a factor, or a map."""
    shares = np.linspace(0.0, 1.0, 25)
    if len(directions) == 1:
        points = (-10.0 * 3.0**shares)[:, None]
    else:
        points = np.stack(np.meshgrid(shares[:5], shares[:5]), -1).reshape(-1, 2) * 40e-6
    return Belief("Q", "C/m^2", directions, points, points[:, 0] * 0.3, np.full(25, 0.5))


def run_of(path: Path, directions: tuple[Direction, ...]) -> Path:
    """A run of a planner that believes something, to be drawn."""
    sites = in_order(PLAN, LEVELS)

    def answer(planner: Scripted) -> seccm.Site | Decision | None:
        done = len(planner.heard)
        way = (Progress("half of the 95 % interval", 0.4 / (done + 1), 0.1, "C/m^2"),)
        why = Decision(f"Decision {done}.", (belief(directions),), way)
        site = sites(planner)
        return replace(site, decision=why) if isinstance(site, seccm.Site) else why

    carried_out(path, Scripted(answer))
    return path


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """A run along a factor."""
    with seccm.open(run_of(tmp_path_factory.mktemp("law") / "scan.h5", ALONG_J)) as scan:
        yield Study(scan)


def test_the_law_its_interval_and_the_sites_are_drawn_as_they_are_in_the_file(law: Study) -> None:
    figure = decisions.learnt(law)
    assert figure is not None
    upper, order, lower = figure.axes
    mean, sites = upper.lines[0], upper.lines[1]
    expected = belief(ALONG_J)
    np.testing.assert_allclose(mean.get_xdata(), -expected.points[:, 0] * 0.1, rtol=1e-4)
    factor = float(np.asarray(mean.get_ydata())[0]) / expected.mean[0]
    np.testing.assert_allclose(mean.get_ydata(), expected.mean * factor, rtol=1e-4)
    measured = [law.features["Q"].value(number) for number in range(3)]
    np.testing.assert_allclose(sites.get_xdata(), [3.0, 2.0, 1.0])
    np.testing.assert_allclose(sites.get_ydata(), np.array(measured) * factor, rtol=1e-4)
    (band,) = upper.collections
    height = np.ptp(band.get_paths()[0].vertices[:, 1] / factor)
    assert height > np.ptp(expected.mean)
    assert upper.get_xlabel().startswith("|j|")
    halves = np.asarray(lower.lines[0].get_ydata(), float)
    np.testing.assert_allclose(halves / halves[-1], [4.0, 2.0, 4 / 3, 1.0], rtol=1e-4)
    assert lower.lines[-1].get_ydata()[0] == pytest.approx(halves[-1]), "what was asked for"
    assert lower.get_ylabel().startswith("half interval of $Q$, 95 % (")
    assert lower.get_xlabel() == "sites"
    np.testing.assert_allclose(order.lines[0].get_xdata(), [1, 2, 3])
    np.testing.assert_allclose(order.lines[0].get_ydata(), [3.0, 2.0, 1.0])


def test_the_page_has_the_figure_and_why_the_run_ended(law: Study) -> None:
    drawn = {drawing.slug: drawing for drawing in of_scan(law)}
    assert drawn["decisions"].caption.endswith("Decision 3.")


def test_a_map_is_drawn_with_its_uncertainty_and_the_sites(tmp_path: Path) -> None:
    with seccm.open(run_of(tmp_path / "scan.h5", OVER_PLACES)) as scan:
        study = Study(scan)
        figure = decisions.learnt(study)
        assert figure is not None
        left, right = figure.axes[:2]
        assert [axes.get_title() for axes in (left, right)] == ["expected", HALF]
        for axes in (left, right):
            (shown,) = axes.collections
            assert len(shown.get_offsets()) == 25
            np.testing.assert_allclose(axes.lines[0].get_xdata(), study.x[study.measured] * 1e6)


@pytest.mark.parametrize(
    "directions", [(*ALONG_J, *OVER_PLACES), (*ALONG_J, Direction("cu", "1"))], ids=["places", "cu"]
)
def test_of_more_directions_two_are_drawn(
    law: Study, monkeypatch: pytest.MonkeyPatch, directions: tuple[Direction, ...]
) -> None:
    """Places, or else the first two; over the others what is expected is averaged."""
    levels = np.stack(np.meshgrid(*[[-30.0, -20.0, -10.0]] * len(directions)), -1)
    points = levels.reshape(-1, len(directions))
    mean = points @ np.arange(1.0, len(directions) + 1)
    whole = Belief("Q", "C/m^2", directions, points, mean, np.full(len(points), 0.5))
    shown = whole.plane()
    assert [d.name for d in shown.directions] == [d.name for d in directions[-2:]]
    assert shown.deviation == pytest.approx(0.5)
    assert shown.mean.mean() == pytest.approx(mean.mean())
    why = Decision("Because.", (whole,), (Progress(HALF, 0.4, float("nan"), "C/m^2"),))
    monkeypatch.setattr(decisions, "last", lambda _: why)
    figure = decisions.learnt(law)
    assert figure is not None
    (left, *_) = figure.axes
    assert len(left.collections[0].get_offsets()) == 9
    assert left.get_title() == ("expected, mean over j" if len(directions) == 3 else "expected")


def test_a_scan_without_a_planner_has_no_such_figure(tmp_path: Path) -> None:
    list(seccm.run(small_scan(2, 1), path=tmp_path / "scan.h5"))
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert decisions.learnt(Study(scan)) is None
        assert decisions.words(Study(scan)) == ""
