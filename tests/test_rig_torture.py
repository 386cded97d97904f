"""Whatever is asked of the virtual rig, in any order, with any fault: it stays safe and in step."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from rig_contract import Stream

from seccm.errors import LimitError
from seccm.plan.contacts import current_rise, current_threshold, potential_drop
from seccm.rig import Action, Constant, Drive, Freeze, Limit, Lines, Mode, Mounted, Move, Wake
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

SAMPLES = ("li-on-au", "redox", "dummy-resistor")
MODES: tuple[Mode, ...] = ("potential", "current", "open")
RULES = (current_threshold(5e-12), potential_drop(5.0), current_rise(2e-12, "cathodic", 3))
FAULTS = (
    "no-surface",
    "clogged-tip",
    "lost-meniscus@after=0.1 s",
    "wet-at-start",
    "stuck-signal@at=3 s",
    "nan@at=2 s,for=1 s",
    "gap@at=2 s",
    "saturated-input@at=1 s",
)


def any_action(rng: np.random.Generator, row: int) -> Action:
    """Something an engine gone mad might ask for; a part of it is out of range."""
    match rng.integers(5):
        case 0:
            axis = ("x", "y", "z")[rng.integers(3)]
            return Move(axis, rng.uniform(-5e-6, 105e-6), 10 ** rng.uniform(-6.5, -3.8))  # type: ignore[arg-type]
        case 1:
            return Move(
                "z",
                rng.uniform(40e-6, 52e-6),
                10 ** rng.uniform(-6, -4.2),
                until=RULES[rng.integers(3)],
                baseline=(0.0, 10.0)[rng.integers(2)],
            )
        case 2:
            mode = MODES[rng.integers(3)]
            scale = (12.0 if mode == "potential" else 22e-9) * rng.choice([1.0, 0.3, 0.01])
            values = rng.uniform(-scale, scale, 3).tolist()
            quantity = ("charge", "potential", "current")[rng.integers(3)]
            limits = (Limit(quantity, "above", abs(values[0]) / 10),) if rng.random() < 0.4 else ()  # type: ignore[arg-type]
            wave = Lines((0.0, 0.5, 1.0), tuple(values))
            return Drive(mode, wave if rng.random() < 0.5 else Constant(values[0]), limits=limits)
        case 3:
            return Freeze("test")
        case _:
            return Wake(row + int(rng.integers(1, 300)))


@pytest.mark.glass
@pytest.mark.parametrize("seed", range(16))
def test_it_stays_safe_and_in_step(seed: int) -> None:
    """Only LimitError comes back; rows follow one another; at the end the rig is made safe."""
    rng = np.random.default_rng(seed)
    rig = VirtualRig(
        VirtualConfig(longest_block=int(rng.choice([7, 64, 2048]))),
        Mounted(SAMPLES[rng.integers(3)], 8e-6),
        seed=seed,
        faults=tuple(rng.choice(FAULTS, rng.integers(3)).tolist()),
    )
    rig.open()
    rig.start()
    stream = Stream(rig)
    for _ in range(40):
        try:
            rig.apply(any_action(rng, stream.row))
        except LimitError as refusal:
            assert "nothing" in str(refusal)  # noqa: PT017
        if rng.random() < 0.03:
            assert rig.safe("in between").drive_off
        for _ in range(rng.integers(1, 6)):
            stream.read()
    report = rig.safe("the end")
    assert report.retracted
    assert report.drive_off
    assert rig.drive.mode == "open"
    assert rig.height == pytest.approx(rig.info.axes["z"].travel.upper, abs=1e-12)
    # A tip that was torn off a site is never on it again unless it was sent down again.
    landings = rig.truth.landings
    assert len(landings) - len(rig.truth.parted) <= 1
    assert all(late.t > early.t for early, late in pairwise(landings))
