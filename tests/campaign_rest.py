"""Commissioning in a campaign: any step, with faults, errors and stops, and the tip left anywhere.

Nothing may move, and what is wet is not driven.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from random import Random
from unittest.mock import patch

from campaign_draws import draw_faults
from campaign_scan import made_error

from seccm.commissioning.readiness import Needs
from seccm.commissioning.settings import read_settings
from seccm.commissioning.steps import STEPS, carry_out
from seccm.conductor.conductor import Conductor, StoppedError
from seccm.errors import ContactError, RigError
from seccm.rig import Action, Block, Drive, Mounted, Wake
from seccm.rigs import load_rig
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

SHORT = {
    "noise": {"seconds": "0.6 s"},
    "capacitance": {"cycles": "3"},
    "check": {},
    "test-resistor": {},
}
"""Settings that differ from those which an operator is offered."""
MOUNTED = Mounted("dummy-resistor", 6e-6)
MOUNTED_WET = [Mounted("li-on-au", 6e-6), Mounted("redox", 6e-6), Mounted("dummy-resistor", 6e-6)]
LOOKS = load_rig("virtual").config


def commissioning(seed: int) -> Iterator[str]:
    """Carry out one step; yield what went wrong."""
    rng = Random(seed)
    step = STEPS[rng.choice(sorted(STEPS))]
    faults = draw_faults(rng)
    height = rng.choice([58.0, rng.uniform(50.6, 53.5)])
    config = VirtualConfig.model_validate({"stage": {"start_z": f"{height} um"}})
    mounted = MOUNTED if step.wet else rng.choice(MOUNTED_WET)
    rig = VirtualRig(config, mounted, seed=rng.randrange(10**6), faults=faults)
    rig_file, confirmed = rng.choice([LOOKS, {}]), rng.random() < 0.7
    conductor, began = Conductor(rig), rig.height
    when = {rng.randint(1, 60): rng.choice(_DISTURBED) for _ in range(rng.randrange(3))}
    calls, moved, planted, sins = 0, list[Action](), list[BaseException](), list[str]()
    lifted, off = False, True
    wet_at_looks: list[bool] = []
    read, apply, close = rig.read, rig.apply, rig.close

    def disturbed() -> Block:
        nonlocal calls, lifted
        calls += 1
        what = when.get(calls, "")
        if what in ("stop", "emergency"):
            lifted |= what == "emergency"
            conductor.stop(what, retract=what == "emergency")
        elif what:
            planted.append(made_error(what))
            raise planted[-1]
        return read()

    def applied(action: Action) -> None:
        if not isinstance(action, Drive | Wake):
            moved.append(action)
        if isinstance(action, Drive) and action.mode != "open":
            if not (rig_file or confirmed):
                sins.append(f"driven without a look or a word: {action}")
            looks = step.needs is Needs.OPEN and rig_file and action.mode == "current"
            if looks:
                wet_at_looks.append(_in_droplet(rig))
            elif wet_at_looks:
                # A tip close above the surface may come into contact later: it is looked at again.
                if all(wet_at_looks) and _in_droplet(rig):
                    sins.append(f"driven while wet: {action}")
                wet_at_looks.clear()
        apply(action)

    def closed() -> None:
        nonlocal off
        off = rig.drive.mode == "open"
        close()

    rig.read, rig.apply, rig.close = disturbed, applied, closed  # type: ignore[method-assign]
    values = read_settings(step.settings, SHORT.get(step.name, {}))
    # Nobody waits on the clock of the wall for a rig that is silent.
    with patch("seccm.conductor.safety.PATIENCE", 60.0), suppress(RigError, StoppedError):
        try:
            carry_out(step, conductor, rig_file, values, confirmed=confirmed)
            if wet_at_looks and all(wet_at_looks):
                sins.append("a result of a step that was carried out in contact")
        except ContactError as error:
            if error.code == "not-confirmed" and confirmed:
                raise
            open_ = height == 58.0 and not faults
            if error.code == "circuit-closed" and open_:
                yield f"a tip in the air was taken for wet: {error}"
        except ValueError:
            if not (faults or step.wet):  # the resistor is not connected
                raise
        except BaseException as error:
            if not isinstance(error, RigError | StoppedError) and error not in planted:
                raise
    yield from sins
    yield from (f"not only the cell was driven: {action}" for action in moved)
    if any(fault.startswith("unplugged") for fault in faults):
        return
    if not off:
        yield "the cell was left on"
    if not lifted and abs(rig.height - began) > 1e-9:
        yield f"the tip moved from {began * 1e6:.3f} to {rig.height * 1e6:.3f} um"


def _in_droplet(rig: VirtualRig) -> bool:
    bridge = rig._world.bridge
    return bridge is not None and bridge.cell is not None


_DISTURBED = ("stop", "emergency", "KeyboardInterrupt", "MemoryError", "OSError", "RigError")
