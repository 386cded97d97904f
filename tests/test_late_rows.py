"""An instrument beside a stage on a card: its late rows are in the file, in their steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from small_scan import near_surface, small_scan

import seccm
from seccm.data.late import ENDS, TIES
from seccm.data.scan import Scan
from seccm.errors import PlanError, RigError
from seccm.events import Phase
from seccm.plan import Plan
from seccm.rigs import RigFile, build_rig
from sim.instrument.device import Device
from sim.virtual_rig import VirtualRig

PLATE = {"step": "constant current", "current_density": "$j", "duration": "0.4 s"}
SWEEP = {
    "step": "cv",
    "start": "0.6 V",
    "vertices": ["-0.1 V"],
    "cycles": 1,
    "scan_rate": "2 V/s",
}
REST = {"step": "constant potential", "potential": "0.3 V", "duration": "0.3 s"}


def rig_with(**table: Any) -> RigFile:
    """The virtual rig close above its surface, with a virtual instrument at the cell."""
    file = near_surface("53 um", "virtual")
    return replace(file, config={**file.config, "potentiostat": {"kind": "virtual", **table}})


def screen() -> Plan:
    """Two sites; at each something is plated, held, and swept."""
    return small_scan(2, 1, program=[PLATE, REST, SWEEP])


class Ran(NamedTuple):
    """A scan that ran, and what really happened."""

    scan: Scan
    device: Device


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The screen, on a virtual instrument."""
    path = tmp_path_factory.mktemp("late") / "scan.h5"
    run = seccm.run(screen(), rig_with(), path=path, seed=3)
    rig: Any = run._runner._rig
    list(run)
    with seccm.open(path) as scan:
        yield Ran(scan, rig._cell.device)


def test_every_site_comes_to_its_end(ran: Ran) -> None:
    assert set(ran.scan.sites.words("status")) == {"ok"}
    steps = ran.scan.steps
    assert steps["kind"].tolist() == 2 * ["constant current", "constant potential", "cv"]


def test_late_rows_belong_to_their_steps(ran: Ran) -> None:
    """What an instrument ran lies within one step each, and steps have the instrument's numbers."""
    scan, steps = ran.scan, ran.scan.steps
    techniques = scan.techniques
    assert len(techniques) == len(steps)
    first, last = steps["first_row"], steps["last_row"]
    # The first step goes on with the hold of the descent, which began long before it.
    apart = techniques["first_row"] - first
    assert (apart[[1, 2, 4, 5]] == 0).all()
    assert (apart[[0, 3]] < 0).all()
    assert (np.abs(techniques["last_row"] - last) <= 120).all()
    assert (techniques["last_row"] >= last - 3).all()
    site = scan.site(0)
    points = scan.techniques.points
    for number in (1, 2):
        own = points["technique"] == techniques["number"][number]
        rows = (
            site.E[(site.step == number) & (site.phase == Phase.STEP)][2:-2]
            - scan.header.reference_offset
        )
        assert rows.max() <= points["E"][own].max() + 1e-3
        assert rows.min() >= points["E"][own].min() - 1e-3


def test_its_charge_is_the_planted_one(ran: Ran) -> None:
    """Within half a percent: of what was imposed, and of what truly passed."""
    scan = ran.scan
    imposed = scan.steps["first"][0]
    plated = scan.steps["charge"][0]
    assert plated == pytest.approx(imposed * 0.4, rel=5e-3)
    points, techniques = scan.techniques.points, scan.techniques
    for number in (2, 5):
        own = points["technique"] == techniques["number"][number]
        t, current = points["t"][own], points["I"][own]
        by_points = float((np.diff(t, prepend=0.0) * current).sum())
        by_rows = float(scan.steps["charge"][number])
        span = float((np.diff(t, prepend=0.0) * np.abs(current)).sum())
        assert by_rows == pytest.approx(by_points, abs=5e-3 * span)


def test_the_file_says_how_both_times_were_tied(ran: Ran) -> None:
    techniques = ran.scan.techniques
    period = ran.scan.clock.period
    assert {TIES[code] for code in techniques["tie"]} <= {"step", "edge"}
    assert (techniques["t_err"] < period).all()
    assert [ENDS[code] for code in techniques["ended_by"]].count("time") >= 4
    assert "a step that both have seen" in techniques.words
    assert techniques["points"].sum() == len(techniques.points)


def test_a_report_says_it_too(ran: Ran) -> None:
    from seccm.report.page import _facts
    from seccm.report.study import Study

    facts = dict(_facts(Study(ran.scan)))
    assert "techniques of the instrument" in facts["instrument"]


def test_a_rig_without_an_instrument_says_nothing_of_one(tmp_path: Path) -> None:
    path = tmp_path / "plain.h5"
    list(seccm.run(small_scan(1, 1), near_surface("53 um", "virtual"), path=path, seed=3))
    with seccm.open(path) as scan:
        assert len(scan.techniques) == len(scan.techniques.points) == 0
        assert scan.techniques.words == ""


@pytest.mark.parametrize(
    ("what", "code"), [("lost_at", "lost-potentiostat"), ("ended_at", "cut-short")]
)
def test_an_instrument_that_is_lost_or_ended_by_somebody_ends_the_site_with_the_tip_up(
    what: str, code: str, tmp_path: Path
) -> None:
    path = tmp_path / "lost.h5"
    table: dict[str, Any] = {what: "2.2 s"}
    run = seccm.run(screen(), rig_with(**table), path=path, seed=3)
    rig: Any = run._runner._rig
    with pytest.raises(RigError) as lost:
        list(run)
    assert lost.value.code == code
    stage: VirtualRig = rig._stage
    assert stage.height > stage.info.axes["z"].travel.upper - 60e-9
    with seccm.open(path) as scan:
        assert scan.state == "fault"
        assert len(scan.remaining()) >= 1
        said = " ".join(scan.events["msg"].tolist())
    assert ("could not be switched off" in said) is (what == "lost_at")


def test_a_busy_instrument_begins_nothing(tmp_path: Path) -> None:
    with pytest.raises(RigError) as busy:
        list(seccm.run(screen(), rig_with(busy_at="0 s"), path=tmp_path / "busy.h5", seed=3))
    assert busy.value.code == "busy-potentiostat"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            {**PLATE, "until": {"potential_drift_below": "1 mV/s"}},
            "cannot end a step",
        ),
        (
            {**SWEEP, "vertices": ["-0.1 V", "0.7 V", "0.2 V"]},
            "whole cycles between two vertices",
        ),
    ],
)
def test_what_the_instrument_cannot_do_is_refused_in_check(step: dict[str, Any], said: str) -> None:
    try:
        plan = small_scan(1, 1, program=[PLATE, step])
    except PlanError as error:
        pytest.fail(str(error))
    info = build_rig(rig_with(), plan.mounted).info
    problems = [p for p in plan.check(info) if p.severity == "error"]
    assert any(said in problem.what for problem in problems), problems
    assert all(problem.where.startswith("program") for problem in problems)
