"""A coarse approach is as safe as a scan, whatever fails and whenever it is stopped.

The truth is the simulator's: its liquid bridges, landings and crashes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from coarse_bench import deep_rig
from hypothesis import event, given, settings
from hypothesis import strategies as st
from small_scan import small_scan

from seccm.conductor.coarse import CoarseApproach, approach_coarsely
from seccm.conductor.conductor import Conductor, StoppedError
from seccm.errors import PlanError, SeccmError
from seccm.plan import Plan
from seccm.remote import CoarseOrder
from seccm.remote.host.workbench import Workbench
from seccm.rig import Block, SafeReport
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

UM = 1e-6
PLAN = small_scan(1, 1)
TOP = 100 * UM


class Motor:
    """Raises the surface; notes in what state the rig was whenever it moved."""

    step = 40e-9

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.count = 0

    def identity(self) -> str:
        return "virtual motor"

    def position(self) -> int:
        return self.count

    def closer(self, steps: int) -> int:
        rig = self._bench.rigs[-1]
        if rig._world.bridge is not None:
            self._bench.sins.append("the motor moved with a bridge")
        if abs(rig.height - TOP) > 0.1 * UM:
            self._bench.sins.append(f"the motor moved with the tip at {rig.height}")
        self.count += steps
        return self.count

    def stop(self) -> None: ...

    def close(self) -> None: ...


class Bench:
    """A surface out of reach, a motor, faults, and somebody who may stop it all.

    Args:
        below: metres by which the surface is below the travel of the piezo.
        faults: of every rig that is built.
        stop_at: number of the block at which somebody puts an end to it; 0 for never.
    """

    def __init__(self, below: float, *faults: str, stop_at: int = 0, plan: Plan = PLAN) -> None:
        self.rigs: list[VirtualRig] = []
        self.sins: list[str] = []
        self.deepest = 0.0
        self.retract = False
        self._below, self._faults, self._left, self._plan = below, faults, stop_at, plan
        self.motor = Motor(self)

    def conductor(self) -> Conductor:
        height = -self._below + 0.8 * self.motor.step * self.motor.count
        surface = {"height": height, "tilt_x": 0.0, "tilt_y": 0.0}
        # A rig that is let go of leaves the tip where it is.
        stage = {"start_z": TOP} if self.rigs else {}
        config = VirtualConfig.model_validate(
            {"surface": surface, "stage": stage, "longest_block": 200}
        )
        made = VirtualRig(config, self._plan.mounted, seed=1, faults=self._faults)
        self.rigs.append(made)
        self._conductor = Conductor(made, show=self.look)
        return self._conductor

    def look(self, _: Block) -> None:
        rig = self.rigs[-1]
        bridge, landings = rig._world.bridge, rig.truth.landings
        if bridge is not None and landings and not bridge.flooded:
            self.deepest = max(self.deepest, landings[-1].z - rig.height)
        self._left -= 1
        if self._left == 0:
            self._conductor.stop("stopped by the operator", retract=self.retract)

    def run(self, confirm: Callable[[str], bool] = lambda _: True) -> CoarseApproach | Exception:
        try:
            return approach_coarsely(
                *(self.conductor, self.motor, self._plan),
                tries=4,
                most=1000,
                farthest=1.0,
                confirm=confirm,
            )
        except (SeccmError, StoppedError) as error:
            return error


def test_liquid_at_the_top_does_not_let_the_motor_move():
    """It came on the way: the approach itself began with an open circuit and met nothing."""
    site = PLAN.sites()[0]
    up = TOP / site.retract.speed
    seconds = up / 2 + TOP / site.approach.speed + up / 2
    bench = Bench(50 * UM, f"wet-at-start@at={seconds:.1f} s")
    ended = bench.run()
    assert isinstance(ended, SeccmError)
    assert "The motor was not moved. Check the pipette for liquid" in str(ended)
    assert bench.motor.count == 0
    assert bench.sins == []


@settings(max_examples=25)
@given(
    below=st.sampled_from([-40 * UM, 5 * UM, 25 * UM]),
    fault=st.sampled_from(
        ["", "lost-meniscus@after=0.05 s", "wet-at-start@at=20 s", "wet-at-start", "nan@at=30 s",
         "stuck-signal@at=5 s", "stalled-read@at=8 s", "saturated-input@at=3 s", "gap@at=6 s",
         "drift"]
    ),
    stop_at=st.sampled_from([0, 0, 3, 30, 90, 150]),
)  # fmt: skip
def test_whatever_fails_the_motor_moves_only_over_a_free_way_and_the_tip_ends_up(
    below, fault, stop_at
):
    bench = Bench(below, *((fault,) if fault else ()), stop_at=stop_at)
    ended = bench.run()
    event(f"{fault} {type(ended).__name__}")
    assert bench.sins == []
    spec, info = PLAN.sites()[0].approach, bench.rigs[-1].info
    if not fault.startswith(("stuck-signal", "nan", "saturated")):
        assert bench.deepest <= max(spec.overtravel, info.overtravel(spec.speed)) + 10e-9
    for rig in bench.rigs:
        assert rig.height == pytest.approx(TOP, abs=0.1 * UM)
        assert rig.drive.mode == "open"


def test_a_plan_that_the_rig_cannot_stop_for_is_refused_before_the_piezo_moves(tmp_path: Path):
    shipped = PLAN.to_dict()
    fast = PLAN.replace(approach={**shipped["approach"], "speed": "100 um/s"})
    order = CoarseOrder.new(fast, deep_rig(tmp_path), asking=False)
    bench = Workbench(lambda block: None, lambda found: None)
    bench.expect(order)
    with pytest.raises(PlanError, match="may go"):
        order.carry_out(bench)


@pytest.mark.parametrize("at_question", [False, True])
def test_an_emergency_tells_that_the_tip_is_up(tmp_path: Path, at_question: bool):
    """While the piezo is down: lifted at once; while a person is asked: it is up already."""
    order = CoarseOrder.new(PLAN, deep_rig(tmp_path), asking=True)
    told: list[SafeReport] = []
    blocks: list[int] = []

    def look(block: Block) -> None:
        blocks.append(block.rows)
        if len(blocks) == 40 and not at_question:
            bench.stop("emergency retract", retract=True)

    bench = Workbench(look, lambda found: None, told.append)
    wait = bench.wait

    def waits(seconds: float) -> None:
        if bench.question and not bench._stopping.is_set():
            bench.stop("emergency retract", retract=True)
        wait(seconds)

    bench.wait = waits  # type: ignore[method-assign]
    bench.expect(order)
    bench.carry_out(order)
    assert told
    assert all(report.retracted and report.at_top for report in told)
