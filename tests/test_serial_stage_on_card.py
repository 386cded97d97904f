"""A stage on a serial port beside a virtual NI card: the card measures, its outputs rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_scan import near_surface
from test_serial_stage import controller_of, slow_plan, table

import seccm
from seccm.commissioning.stops import measured_stops
from seccm.conductor.conductor import Conductor
from seccm.errors import RigError
from seccm.rig import Mounted
from seccm.rigs import RigFile, build_rig
from sim.controller.device import Controller


def bench(beside: str = "virtual-nidaq", **keys: Any) -> RigFile:
    """A virtual card, or target, whose stage a controller moves."""
    file = near_surface("53 um", beside)
    return replace(file, config={**file.config, "controller": table(block="20 ms", **keys)})


def ran(path: Path, **keys: Any) -> tuple[Controller, Any, RigError | None]:
    """Run a site; return the controller, what is behind the card, and what went wrong."""
    running = seccm.run(slow_plan(), bench(**keys), path=path, seed=3)
    rig: Any = running._runner._rig
    plugged: list[Any] = []
    start = rig._stream.start

    def started(**how: Any) -> None:
        plugged.append(rig._stream.plugged)
        start(**how)

    rig._stream.start = started
    try:
        list(running)
    except RigError as error:
        return controller_of(rig), plugged[0], error
    return controller_of(rig), plugged[0], None


def test_a_site_is_landed_on_and_left_while_the_outputs_of_the_card_rest(tmp_path: Path) -> None:
    controller, plugged, wrong = ran(tmp_path / "scan.h5")
    assert wrong is None
    [touch] = plugged.truth.landings
    assert plugged.truth.crashes == []
    stops = [obeyed for _, obeyed in controller.stops if obeyed > touch.t]
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.sites.words("status").tolist() == ["ok"]
        late, period = float(scan.sites["latency"][0]), scan.clock.period
        past = float(scan.sites["overtravel"][0])
    # The record tells the halt of the command to a block, and that is what the controller did.
    assert late == pytest.approx(stops[0] - touch.t, abs=20e-3 + period)
    assert past == pytest.approx(1e-6 * (stops[0] - touch.t), abs=1e-6 * 0.03)
    for output, volts in plugged.plant.initial().items():
        assert plugged.plant._outputs[output].last == pytest.approx(volts, abs=1e-3)


@pytest.mark.parametrize("fault", [{"lost_at": "1.5 s"}, {"refuses_at": "1.5 s"}])
def test_a_fault_of_the_controller_ends_the_run_and_the_data_stay(
    fault: dict[str, str], tmp_path: Path
) -> None:
    controller, plugged, wrong = ran(tmp_path / "scan.h5", virtual=fault)
    assert wrong is not None
    assert wrong.code in ("lost-stage", "stage-refuses")
    assert plugged.truth.crashes == []
    controller.wait(0.15)  # the way that was sent ahead, by the horizon
    assert not any(controller.moving(channel) for channel in controller._axes)
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.state == "fault"
        said = " ".join(scan.events["msg"].tolist())
    assert ("not known" in said) is ("lost_at" in fault)


@pytest.mark.parametrize("beside", ["virtual-nidaq", "virtual-wec-fpga"])
def test_its_stop_is_measured_beside_a_card_and_a_target(beside: str) -> None:
    rig: Any = build_rig(bench(beside), Mounted("dummy-resistor", 6e-6), seed=1)
    found, info = measured_stops(Conductor(rig), speed=0.5e-6, count=2)
    controller = controller_of(rig)
    true = np.array([obeyed - told for told, obeyed in controller.stops[:2]])
    np.testing.assert_allclose(found, true + info.stage_lag, atol=2.0 * info.clock.period + 5e-3)
