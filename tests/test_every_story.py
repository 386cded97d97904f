"""Whatever is done with a rig, whatever fails and whatever is asked for, at any block: it ends with
the cell off, the tip at the top or held, and was never moved sideways while wet.

The truth is the simulator's. Scans have `test_run_properties` and `test_any_fault`, manual control
`test_manual_safety`, the coarse approach `test_coarse_safety`; here are all of them under one rule.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from small_scan import small_scan
from test_coarse_safety import Bench
from test_manual_safety import APPROACH, RETRACT, Session, jog

import seccm
from seccm.commissioning.settings import read_settings
from seccm.commissioning.steps import STEPS, carry_out
from seccm.conductor.conductor import Conductor, StoppedError
from seccm.errors import SeccmError
from seccm.hopping.life import AT_ONCE, Request
from seccm.plan import Plan
from seccm.rig import Action, Block, Drive, Move
from seccm.rigs import load_rig
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

UM = 1e-6
PLAN = small_scan(2, 1)
FAST = small_scan(
    2,
    1,
    way={"kind": "fast hopping"},
    retract={"distance": "8 um", "speed": "20 um/s", "detachment": {"margin": "2 um"}},
)
"""Fast hopping, with the cell on until the meniscus broke."""
GONE = ("unplugged", "stalled-read")
"""Faults after which nothing can be asked of a rig."""
FAULTS = ["", "wet-at-start", "nan@at=1 s", "stuck-signal@at=1 s", "gap@at=1 s",
          "lost-meniscus@after=0.05 s", "drift", "stalled-read@at=1 s"]  # fmt: skip
Ended = tuple[VirtualRig, list[str]]


def witnessed(rig: VirtualRig) -> list[str]:
    """Note every motion sideways while there is liquid between tip and surface."""
    sins: list[str] = []
    apply = rig.apply

    def seen(action: Action) -> None:
        bridge = rig._world.bridge
        if isinstance(action, Move) and action.axis != "z" and bridge is not None:
            sins.append(f"{action} with a bridge")
        apply(action)

    rig.apply = seen  # type: ignore[method-assign]
    return sins


def driven_while_wet(rig: VirtualRig) -> list[str]:
    """Note whatever is applied to the cell beside the look at the circuit, while it is closed."""
    sins: list[str] = []
    apply = rig.apply

    def seen(action: Action) -> None:
        driven = isinstance(action, Drive) and action.mode != "open"
        if driven and action.mode != "current" and rig._world.bridge is not None:
            sins.append(f"{action} with a bridge")
        apply(action)

    rig.apply = seen  # type: ignore[method-assign]
    return sins


def fast_scan(fault: str, at: int, request: str) -> Ended:
    """A scan by fast hopping with detachment."""
    return scan(fault, at, request, FAST)


def scan(fault: str, at: int, request: str, plan: Plan = PLAN) -> Ended:
    """A scan, and what is asked of it at a block."""
    with tempfile.TemporaryDirectory() as folder:
        faults = (fault,) if fault else ()
        run = seccm.run(plan, path=Path(folder) / "scan.h5", faults=faults, seed=1)
        rig = run._runner._rig
        assert isinstance(rig, VirtualRig)
        sins, left = witnessed(rig), [at]

        def look(_: Block) -> None:
            left[0] -= 1
            if left[0] == 0:
                with suppress(SeccmError):
                    run.ask(request)

        run.watch(look)
        with suppress(SeccmError):
            for _ in run:
                if run.status.waiting:
                    with suppress(SeccmError):
                        run.ask("stop")
    return rig, sins


def manual(fault: str, at: int, request: str) -> Ended:
    """Manual control: down, up, sideways, down."""
    verb = request if request in AT_ONCE else "hold"
    script = [APPROACH, RETRACT, jog("x", 5 * UM), APPROACH]
    session = Session(script, (fault,) if fault else (), {at: verb}).run()
    return session.rig, session.sins


def coarse(fault: str, at: int, request: str) -> Ended:
    """A coarse approach, with a surface in reach."""
    bench = Bench(-40 * UM, *((fault,) if fault else ()), stop_at=at)
    bench.retract = request == "emergency"
    bench.run()
    return bench.rigs[-1], bench.sins


START = ["58 um", "51.3 um", "51.0 um"]
"""Where the tip was left: clear of the surface, and twice in contact."""
LOOKING = load_rig("virtual").config
"""A rig file that says how an open circuit is told."""


def commissioning(fault: str, at: int, request: str) -> Ended:
    """A step of commissioning, with the tip where somebody left it; now and then in contact."""
    step = STEPS[("noise", "capacitance")[at % 2]]
    config = VirtualConfig.model_validate(
        {"longest_block": 20, "stage": {"start_z": START[at % 3]}}
    )
    rig = VirtualRig(config, PLAN.mounted, seed=1, faults=(fault,) if fault else ())
    sins, driven, left = witnessed(rig), driven_while_wet(rig), [at]

    def look(_: Block) -> None:
        left[0] -= 1
        if left[0] == 0:
            conductor.stop(request, retract=request == "emergency")

    conductor, short = Conductor(rig, show=look), {"noise": {"seconds": "2 s"}}
    values = read_settings(step.settings, short.get(step.name, {}))
    with suppress(SeccmError, StoppedError, ValueError):
        carry_out(step, conductor, LOOKING, values, confirmed=True)
    return rig, [*sins, *driven]


STORIES: dict[str, Callable[[str, int, str], Ended]] = {
    "scan": scan,
    "fast scan": fast_scan,
    "manual": manual,
    "coarse": coarse,
    "commissioning": commissioning,
}


@pytest.mark.parametrize("story", STORIES)
@settings(max_examples=12)
@given(
    fault=st.sampled_from(FAULTS),
    at=st.integers(2, 150),
    request_=st.sampled_from([r.value for r in Request if r is not Request.START]),
)
def test_every_story_ends_with_the_cell_off_and_never_goes_sideways_while_wet(
    story, fault, at, request_
):
    rig, sins = STORIES[story](fault, at, request_)
    event(f"{story} {request_}")
    assert sins == []
    if fault.startswith(GONE):
        return
    assert rig.drive.mode == "open"
    top = rig.info.axes["z"].travel.upper
    at_top = rig.height == pytest.approx(top, abs=0.1 * UM)
    if story == "commissioning":
        # Nothing moves, unless somebody has asked for an emergency retract.
        started = rig._config.stage.start_z
        assert at_top or rig.height == pytest.approx(started, abs=0.1 * UM)
    elif "scan" not in story or request_ not in AT_ONCE:
        assert at_top
