"""An instrument with techniques of its own beside a stage on a virtual NI card, and on a target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from small_scan import near_surface, small_scan
from test_late_rows import PLATE, REST, SWEEP

import seccm
from seccm.data.late import ENDS, TIES
from seccm.data.scan import Scan
from seccm.errors import PlanError, RigError
from seccm.events import Phase
from seccm.plan import Plan
from seccm.rig import Mounted, Rig
from seccm.rigs import RigFile, build_rig
from sim.instrument.device import Device

NEAR = {"distance": "4 um", "speed": "20 um/s"}


def card(**keys: Any) -> RigFile:
    """The virtual card with PalmSens' driver at the cell, over its real package."""
    pytest.importorskip("pythonnet")
    file = near_surface("53 um", "virtual-nidaq-palmsens")
    return replace(
        file, config={**file.config, "potentiostat": {**file.config["potentiostat"], **keys}}
    )


def target() -> RigFile:
    """The virtual target; its rows have no signal for an edge."""
    file = near_surface("53 um", "virtual-wec-fpga")
    return replace(file, config={**file.config, "potentiostat": {"kind": "virtual"}})


def screen(*steps: dict[str, Any]) -> Plan:
    """One site."""
    return small_scan(1, 1, retract=NEAR, program=list(steps))


class Ran(NamedTuple):
    """A scan that ran, and what really happened."""

    scan: Scan
    device: Device
    rig: Rig


def run(plan: Plan, file: RigFile, path: Path) -> tuple[Device, Rig]:
    """Run a plan to its end."""
    running = seccm.run(plan, file, path=path, seed=3)
    rig: Any = running._runner._rig
    list(running)
    return device_of(rig), rig


def device_of(rig: Any) -> Device:
    """The virtual instrument of a rig of parts."""
    found: Device = getattr(rig._cell, "plugged", rig._cell).device
    return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """A galvanostatic step, a hold and a CV, by PalmSens' driver on the card."""
    path = tmp_path_factory.mktemp("card") / "scan.h5"
    device, rig = run(screen(PLATE, REST, SWEEP), card(), path)
    with seccm.open(path) as scan:
        yield Ran(scan, device, rig)


def charges(scan: Scan) -> tuple[np.ndarray, np.ndarray]:
    """Charge of the points of each technique, and of their absolute currents, in coulombs."""
    points = scan.techniques.points
    found = []
    for number in scan.techniques["number"]:
        own = points["technique"] == number
        passed = np.diff(points["t"][own], prepend=0.0) * points["I"][own]
        found.append((passed.sum(), np.abs(passed).sum()))
    both = np.array(found).T
    return both[0], both[1]


def truths(scan: Scan, device: Device) -> np.ndarray:
    """What truly passed in the techniques that a scan has, in coulombs.

    The number of a technique counts every order; an order that opens the circuit is none, and
    has none of the instrument's charges.
    """
    return np.array(device.charges)[-1 - len(scan.techniques) : -1]


def test_late_rows_belong_to_their_steps(ran: Ran) -> None:
    steps, techniques = ran.scan.steps, ran.scan.techniques
    assert ran.scan.sites.words("status").tolist() == ["ok"]
    assert steps["kind"].tolist() == ["constant current", "constant potential", "cv"]
    assert len(techniques) == 3
    # The first goes on with the hold of the descent; the others begin with their steps.
    assert techniques["first_row"][0] < steps["first_row"][0]
    assert techniques["first_row"][1:].tolist() == steps["first_row"][1:].tolist()
    assert (np.abs(techniques["last_row"] - steps["last_row"])[1:] <= 3).all()
    site = ran.scan.site(0)
    points = techniques.points
    swept = points["technique"] == techniques["number"][2]
    rows = site.E[site.step == 2][2:-2] - ran.scan.header.reference_offset
    assert rows.min() == pytest.approx(points["E"][swept].min(), abs=6e-3)
    assert rows.max() == pytest.approx(points["E"][swept].max(), abs=6e-3)


def test_the_contact_is_that_of_the_card(ran: Ran) -> None:
    """Within what the card promises of its stop, though the instrument drives the cell."""
    worst = ran.rig.info.stop.worst + ran.rig.info.clock.period
    assert 0.0 <= ran.scan.sites["latency"][0] <= worst
    speed, lag = screen(PLATE).approach.speed, ran.rig.info.stage_lag
    assert 0.0 <= ran.scan.sites["overtravel"][0] <= speed * (worst + lag) + 20e-9


def test_its_charge_is_the_planted_one_within_half_a_percent(ran: Ran) -> None:
    points, span = charges(ran.scan)
    true = truths(ran.scan, ran.device)
    np.testing.assert_array_less(np.abs(points - true), 5e-3 * span)
    # So are the steps, which were cut out of the rows: the first goes on with the hold before it.
    steps = ran.scan.steps
    assert steps["charge"][0] == pytest.approx(steps["first"][0] * 0.4, rel=5e-3)
    np.testing.assert_array_less(np.abs(steps["charge"] - true)[1:], 5e-3 * span[1:])
    # The first row has what was before it, too: the jump that charges the cell is shared.
    site, period = ran.scan.site(0), ran.scan.clock.period
    own = site.I[(site.step == 2) & (site.phase == Phase.STEP)]
    assert own.sum() * period == pytest.approx(steps["charge"][2], abs=1e-3 * span[2])


def test_both_times_are_tied_by_the_edge_of_its_line(ran: Ran) -> None:
    techniques = ran.scan.techniques
    assert {TIES[code] for code in techniques["tie"]} == {"edge"}
    assert (techniques["t_err"] < 1e-2 * ran.scan.clock.period).all()
    assert [ENDS[code] for code in techniques["ended_by"]][1:] == ["time", "time"]
    # At its end the line fell, and says how far the instrument's clock was off: by 30 ppm, and
    # by the part of a step of the world in which it ended.
    assert (np.abs(techniques["drift"][1:]) < 1.5e-3).all()
    assert "by an edge of its line" in techniques.words


def test_on_a_target_it_runs_as_well_and_is_tied_by_steps(tmp_path: Path) -> None:
    path = tmp_path / "target.h5"
    device, _ = run(screen(PLATE, SWEEP), target(), path)
    with seccm.open(path) as scan:
        assert scan.sites.words("status").tolist() == ["ok"]
        techniques = scan.techniques
        assert {TIES[code] for code in techniques["tie"]} == {"step"}
        assert (techniques["t_err"] < scan.clock.period).all()
        points, span = charges(scan)
        np.testing.assert_array_less(np.abs(points - truths(scan, device)), 5e-3 * span)
        assert scan.steps["charge"][0] == pytest.approx(scan.steps["first"][0] * 0.4, rel=5e-3)


def test_a_lost_instrument_ends_the_site_with_the_tip_up(tmp_path: Path) -> None:
    path = tmp_path / "lost.h5"
    running = seccm.run(screen(PLATE, SWEEP), card(virtual={"lost_at": "3.2 s"}), path=path, seed=3)
    rig: Any = running._runner._rig
    heights: list[float] = []
    close = rig._stage.close
    rig._stage.close = lambda: (heights.append(rig._stage.plugged.height), close())
    with pytest.raises(RigError) as lost:
        list(running)
    assert lost.value.code == "lost-potentiostat"
    assert heights[0] == pytest.approx(100e-6, abs=60e-9)
    with seccm.open(path) as scan:
        assert scan.state == "fault"
        assert len(scan.remaining()) == 0 or scan.sites.words("status")[0] != "ok"
        said = " ".join(scan.events["msg"].tolist())
    assert "could not be switched off" in said


def test_a_line_that_is_wired_to_no_input_is_refused_by_name() -> None:
    with pytest.raises(PlanError) as refused:
        build_rig(card(edge="trigger"), Mounted("dummy-resistor", 6e-6))
    assert "potentiostat.edge" in str(refused.value)
    assert "[signals.trigger]" in str(refused.value)


def test_a_virtual_instrument_is_refused_beside_a_real_card() -> None:
    file = card()
    config = {**file.config, "library": "ni", "potentiostat": {"kind": "virtual"}}
    config.pop("virtual")
    with pytest.raises(PlanError) as refused:
        build_rig(replace(file, config=config), Mounted("dummy-resistor", 6e-6))
    assert "potentiostat.kind" in str(refused.value)
