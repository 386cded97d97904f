"""The shipped plan whose steps follow what each droplet rested at, run on the virtual rig."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from little_world import INFO, LittleWorld, Scan, a_scan, a_site
from programmes import FOLLOWS, HOLD, REST, plan_of

import seccm
from seccm.events import Outcome, SiteFinished, StepFinished
from seccm.plan import Hold, Plan, load_plan
from seccm.report import write_report
from seccm.rig import Drive

PLAN = "li-on-au-from-rest"
PERIOD = 2.57e-3


@pytest.fixture(scope="module")
def scan_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three sites, one of each condition, cut to short steps."""
    plan = load_plan(PLAN).to_dict()
    plan["sites"] |= {"columns": 3, "rows": 1}
    plan["program"][0]["duration"] = 6.0
    plan["program"][1]["duration"] = 1.0
    path = tmp_path_factory.mktemp("rest") / "scan.h5"
    for _ in seccm.run(Plan.from_dict(plan), "virtual", path=path, seed=3):
        pass
    return path


def test_every_stripping_step_is_60_mv_above_its_own_rest_potential(scan_path):
    """The file alone says so: the last 100 ms at open circuit, and what was held after it."""
    with seccm.open(scan_path) as scan:
        followed = []
        for number in range(3):
            trace = scan.site(number)
            assert trace.outcome is Outcome.OK
            rest = trace.E[trace.steps[1]]
            followed.append(float(rest[-round(0.1 / PERIOD) :].mean()))
            for index in range(2, max(trace.steps) + 1):
                held = float(np.median(trace.E[trace.steps[index]]))
                # The readings have a noise of their own.
                assert held == pytest.approx(followed[-1] + 60e-3, abs=1.5e-3)
        assert max(followed) - min(followed) > 2e-3  # each its own


def test_the_file_keeps_every_step_with_what_it_was_resolved_to(scan_path):
    """Each turn of the repeat is a row of its own: path, name, and the potential that it held."""
    with seccm.open(scan_path) as scan:
        steps, results = scan.steps, scan.results("i_end")
        strips = np.flatnonzero(steps["name"] == "strip")
        for site in range(3):
            own = strips[steps["site"][strips] == site]
            assert [steps["path"][k] for k in own] == [f"2.0.0.{n}.0" for n in range(len(own))]
            for k in own:
                said = json.loads(steps["resolved"][k])
                assert said["potential"] == pytest.approx(steps["first"][k], abs=1e-9)
                held = scan.site(site).E[scan.site(site).steps[int(steps["number"][k])]]
                assert float(np.median(held)) == pytest.approx(said["potential"], abs=1.5e-3)
        assert (steps["resolved"][steps["name"] != "strip"] == "").all()
        # No turn is without its numbers, however many there were.
        assert len(results) == len(strips)
        assert np.isfinite(results["value"]).all()


def test_stripping_goes_on_until_little_comes_off(scan_path):
    with seccm.open(scan_path) as scan:
        for number in range(3):
            trace = scan.site(number)
            charges = [trace.I[trace.steps[k]].sum() * PERIOD for k in sorted(trace.steps)[2:]]
            assert len(charges) >= 1
            assert all(charge > 0.299e-9 for charge in charges[:-1])
            assert charges[-1] < 0.301e-9 or len(charges) == 20


def test_the_report_draws_it_and_says_what_the_steps_follow(scan_path, tmp_path):
    with seccm.open(scan_path) as scan:
        page = write_report(scan, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "Open-circuit potential against time, step 1 (rest)" in text
    assert "step 2 (strip)" in text
    assert "potential 60 mV above the last potential of rest, for 1 s" in text


def test_the_check_says_the_shortest_and_the_longest_time():
    plan = load_plan(PLAN)
    shortest, longest = (plan.duration(INFO, shortest=s) for s in (True, False))
    # Nine sites: from none to 20 stripping steps of one second each.
    assert longest - shortest == pytest.approx(9 * 20 * (1.0 + INFO.clock.period))


# ------------------------------------------------------------------------ in a little world


def scan_of(*program: dict[str, Any]) -> Scan:
    """A run of one site with these steps, in a world whose open circuit is at 0 V, raw."""
    site = a_site(hold=Hold("current", -1e-9))
    site = replace(site, program=plan_of(*program).sites()[0].program)
    return a_scan([site], LittleWorld()).go()


def test_a_step_imposes_what_the_rows_before_it_said():
    scan = scan_of({**REST, "duration": "0.5 s"}, {**HOLD, "duration": "0.5 s"})
    drives = [action for action in scan.world.story if isinstance(action, Drive)]
    (held,) = [drive.waveform.extremes[0] for drive in drives if drive.mode == "potential"]
    # The wobble of the rows, 1.4 mV, averages out over 100 ms.
    assert held == pytest.approx(-15e-3, abs=0.2e-3)
    (finished,) = [e for e in scan.memory.events if isinstance(e, SiteFinished)]
    assert finished.outcome is Outcome.OK


def test_a_site_whose_value_is_out_of_range_is_left_and_nothing_is_imposed():
    """The tip retracts with the cell off; the step that would follow it never began."""
    narrow = {**HOLD, "potential": {**FOLLOWS, "within": ["-1 nV", "1 nV"]}}
    scan = scan_of({**REST, "duration": "0.2 s"}, narrow)
    (finished,) = [e for e in scan.memory.events if isinstance(e, SiteFinished)]
    assert finished.outcome is Outcome.FAULT
    assert "outside of the -1 nV to 1 nV that the plan allows" in finished.reason
    assert [e.step for e in scan.memory.events if isinstance(e, StepFinished)] == [0]
    drives = [action for action in scan.world.story if isinstance(action, Drive)]
    assert not [drive for drive in drives if drive.mode == "potential"]
    assert drives[-1].mode == "open"
    assert not scan.world.wet
    assert scan.world.sins == []


def test_each_site_is_analysed_as_what_ran_there(tmp_path):
    """A site whose arm is not the first one has the numbers of the steps in that arm."""
    plan = load_plan(PLAN).to_dict()
    plan["sites"] |= {"columns": 3, "rows": 1}
    plan["program"][0]["duration"] = 3.0
    plan["program"][1]["duration"] = 0.5
    asks = plan["program"][2]
    asks["when"]["below"] = "-2 V"  # nowhere
    asks["program"] = [{"step": "constant potential", "potential": 0.3, "duration": 0.5}]
    asks["otherwise"] = [{"step": "open circuit", "duration": 0.5}, *asks["program"]]
    path = tmp_path / "scan.h5"
    for _ in seccm.run(Plan.from_dict(plan), "virtual", path=path, seed=3):
        pass
    with seccm.open(path) as scan:
        live = {name: scan.sites[name].copy() for name in ("i_end", "E_end_3", "i_end_4")}
    seccm.analyze(path)
    with seccm.open(path) as scan:
        for name, values in live.items():
            np.testing.assert_array_equal(scan.sites[name], values)
        assert np.isnan(scan.sites["i_end"]).all()  # of the arm that did not run
        assert np.isfinite(scan.sites["E_end_3"]).all()
        # An open circuit says its potential, a held potential its current.
        rest, held = ([scan.site(n).steps[k] for n in range(3)] for k in (2, 3))
        ends = [np.median(scan.site(n).E[rows][-20:]) for n, rows in enumerate(rest)]
        np.testing.assert_allclose(scan.sites["E_end_3"], ends, atol=1e-3)
        ends = [np.median(scan.site(n).I[rows][-20:]) for n, rows in enumerate(held)]
        np.testing.assert_allclose(scan.sites["i_end_4"], ends, rtol=0.05)
