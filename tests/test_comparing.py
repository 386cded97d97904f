"""How many sites a planner saves on virtual samples: a comparison from its plan to its figure."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planned_runs import Scripted, raising
from planted_screens import planner_of, screen
from small_scan import small_scan
from test_regions import library, plan_of
from typer.testing import CliRunner

import seccm
import seccm.session
from seccm.batch.alone import carried_out
from seccm.batch.comparing import (
    Curve,
    Screened,
    _chosen,
    _error_of,
    _saved,
    belief_after,
    compare,
)
from seccm.batch.fixed import Fixed
from seccm.errors import DataFileError, PlanError
from seccm.events import Outcome
from seccm.plan.decision import Belief, Direction
from seccm.plan.planner import Finished
from seccm.plan.site import Site
from seccm.results import Value

LAW: dict[str, Any] = {
    "kind": "gaussian process", "learn": [{"result": "Q"}], "first": 3, "stop": {"sites": 5},
    "vary": [{"factor": "j", "between": ["-1 mA/cm^2", "-4 mA/cm^2"], "scale": "logarithmic"}],
}  # fmt: skip
PLAN = small_scan(4, 2, planner=LAW, design={}, factors={"j": ["-1 mA/cm^2"]})


def told(sites: list[Site]) -> list[Finished]:
    """Sites whose charge follows their current density."""
    levels = [0.0 if site.recipe is None else site.recipe.condition["j"] for site in sites]
    return [
        Finished(site, Outcome.OK, None, {"Q": Value(0.3 * j, 0.01)}, float(k))
        for k, (site, j) in enumerate(zip(sites, levels, strict=True))
    ]


def every(design: Fixed) -> list[Site]:
    found = []
    while (site := design.ask()) is not None:
        found.append(site)
        design.tell(told([site])[0])
    return found


@pytest.mark.parametrize("table", [LAW, {**LAW, "places": "any"}], ids=["in order", "any"])
def test_a_fixed_design_uses_each_place_once_and_levels_all_over_the_range(table: Any) -> None:
    plan = PLAN.replace(planner=table)
    sites = every(Fixed(plan, 3))
    assert len({(site.x, site.y) for site in sites}) == len(sites) == 8
    levels = sorted(site.recipe.condition["j"] for site in sites if site.recipe is not None)
    assert -40.0 <= levels[0] < -30.0
    assert -13.0 < levels[-1] <= -10.0
    other = [site.levels for site in every(Fixed(plan, 4))]
    assert [site.levels for site in every(Fixed(plan, 3))] == [site.levels for site in sites]
    assert other != [site.levels for site in sites]


@pytest.mark.parametrize("among", ["by place", "by values"])
def test_a_fixed_design_of_regions_is_spread_over_the_sample(among: str) -> None:
    """Three sites in each of 25 regions, one region after the other; a few lie all over it."""
    plan = library(regions=among)
    assert plan.regions is not None
    sites = every(Fixed(plan, 2))
    assert len({(site.region, site.x, site.y) for site in sites}) == len(sites) == 75
    order = [site.region for site in sites[::3]]
    assert [site.region for site in sites] == [label for label in order for _ in range(3)]
    at = np.array([plan.regions.of(label).position for label in order[:8]])
    for along in at.T:
        assert np.ptp(along) >= 3 * 4.5e-3, "the first third comes near all ends"


def test_nobody_is_waited_for_while_samples_are_screened(tmp_path: Path) -> None:
    """What a person would be asked is done at once; a run that pauses is stopped with its words."""
    plan = plan_of(1, 1)
    carried_out(seccm.session.run(plan, path=tmp_path / "regions.h5", seed=4))
    with seccm.open(tmp_path / "regions.h5") as scan:
        assert scan.state == "complete"
    planner = Scripted(raising(ValueError("no idea")))
    run = seccm.session.run(small_scan(2, 1), path=tmp_path / "failed.h5", planner=planner)
    with pytest.raises(DataFileError, match="no idea"):
        carried_out(run)


def test_the_belief_after_sites_is_that_of_the_planner_and_needs_no_free_place() -> None:
    sites = told(every(Fixed(PLAN, 1)))
    belief = belief_after(PLAN, sites)
    assert belief.mean == pytest.approx(0.3 * belief.points[:, 0], rel=0.05)
    fewer = belief_after(PLAN, sites[:3])
    assert fewer.deviation.mean() > belief.deviation.mean()


def test_a_grid_of_a_few_is_spread_evenly_and_each_site_counts_once() -> None:
    fixed = told(every(Fixed(PLAN, 1)))
    truth = belief_after(PLAN, fixed)
    for count in range(2, 9):
        grid = _chosen("grid", Screened((), tuple(fixed)), count, 1, truth)
        assert len({one.site.levels for one in grid}) == count
        shares = np.sort(np.log([abs(one.factors["j"]) for one in grid]))
        assert np.ptp(shares) == pytest.approx(np.log(4.0), rel=1e-3), "with both ends"
    drawn = _chosen("random", Screened((), tuple(fixed)), 5, 1, truth)
    assert len({one.site.levels for one in drawn}) == 5


J, X, Y = Direction("j", "A/m^2"), Direction("x", "m"), Direction("y", "m")


def line(shift: float) -> Belief:
    at = np.linspace(0.0, 1.0, 11)
    return Belief("Q", "C/m^2", (J,), at[:, None], at + shift, np.full(11, 0.1))


@pytest.mark.parametrize(
    ("planner", "error", "words"),
    [
        (LAW, 0.1, "error of Q (C/m^2)"),
        ({**LAW, "goal": {"kind": "reach", "value": "0.5 C/m^2"}}, 0.1, "share of the range"),
        ({**LAW, "goal": {"kind": "maximum"}}, 0.1, "error of Q"),
    ],
)
def test_the_error_is_of_what_the_planner_is_there_for(
    planner: Any, error: float, words: str
) -> None:
    plan = PLAN.replace(planner=planner)
    of, what = _error_of(plan, line(0.0))
    assert words in what
    assert of(line(0.0)) == pytest.approx(0.0, abs=1e-12)
    assert of(line(0.1)) == pytest.approx(error)


def test_the_border_of_a_patch_is_a_share_of_the_places() -> None:
    plan = PLAN.replace(planner={**LAW, "goal": {"kind": "reach", "value": "0.5 C/m^2"}})
    at = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])

    def plane(*means: float) -> Belief:
        return Belief("Q", "C/m^2", (X, Y), at, np.array(means), np.full(4, 0.1))

    of, what = _error_of(plan, plane(0.0, 0.0, 1.0, 1.0))
    assert "wrong side" in what
    assert of(plane(0.0, 1.0, 1.0, 1.0)) == 0.25


def test_savings_are_counted_at_the_error_that_the_planner_came_to() -> None:
    """An error that falls as 1/n: half the sites at twice the gain; never there is a bound."""
    counts = (4, 8, 16, 32)
    curves = [
        curve
        for seed in range(4)
        for curve in (
            Curve(seed, "planner", (4, 8), (1.0, 0.25)),
            Curve(seed, "grid", counts, tuple(4.0 / n for n in counts)),
            Curve(seed, "random", counts, (9.0, 8.0, 7.0, 6.0)),
        )
    ]
    grid, random = _saved(curves, "grid"), _saved(curves, "random")
    assert (grid.share, grid.low, grid.high) == pytest.approx((0.5, 0.5, 0.5))
    assert (grid.bounds, random.bounds, random.share) == (0, 4, 0.75)
    assert "saves 50 % of the sites against grid" in grid.words
    assert "on 4 of them rather more" in random.words


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no planner to compare"):
        compare(small_scan(2, 2), tmp_path)
    with pytest.raises(DataFileError, match="real rig"):
        compare(PLAN, tmp_path, rig="nidaq")
    screened = screen({**LAW, "learn": [{"result": "E_nuc"}]})
    assert planner_of(screened).total == 5
    with pytest.raises(PlanError, match="does not say what it expects"):
        belief_after(screened, told(every(Fixed(screened, 0))[:4]))
    assert Scripted(lambda _: None).total is None


def test_the_command_screens_samples_and_writes_table_and_figure(tmp_path: Path) -> None:
    from seccm.cli.commands import app

    plan, folder = tmp_path / "plan.toml", tmp_path / "swept"
    table = "\n".join(
        ["", "[planner]", 'kind = "gaussian process"', 'learn = [{ result = "E_far" }]',
         "first = 3", "stop = { sites = 4 }", 'goal = { kind = "reach", value = "-60 mV" }',
         "[[planner.vary]]", 'factor = "j"',
         'between = ["-1 mA/cm^2", "-4 mA/cm^2"]', ""]
    )  # fmt: skip
    from ui_windows import small_plan

    path = small_plan(tmp_path, factors__j=["-1 mA/cm^2"])
    plan.write_text(path.read_text(encoding="utf-8") + table, encoding="utf-8")
    words = ["sweep", str(plan), "--compare", "--seeds", "2", "-o", str(folder)]
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    assert said.output.count("At equal error it saves") == 2
    with (folder / "comparison.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    error = "level at which E_far has its value: off, share of the range"
    assert head == ["sample", "who", "sites", error]
    assert {(len(row), row[1]) for row in rows} == {
        (4, who) for who in ("planner", "grid", "random")
    }
    assert (folder / "comparison.png").stat().st_size > 5000
    assert len(list(folder.glob("*.h5"))) == 4
    wrong = CliRunner().invoke(app, ["sweep", str(plan)])
    assert wrong.exit_code == 2
    assert "--compare" in wrong.output
