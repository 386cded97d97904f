"""The driver of a card with a pipette of two barrels: it swings, lands, and knows its bias."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from barrel_world import CONFIGS, FILM, HALF, METAL, barrel_rig, card_tables, small_map
from little_world import Memory
from nidaq_bench import rig_table
from rig_contract import Stream

import hardware.ni
import seccm
from hardware.ni.nidaq import NidaqRig
from seccm.conductor.scan import Runner
from seccm.events import Landed, Outcome, SiteFinished
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Engine
from seccm.plan import load_plan
from seccm.quantities import read_toml, validate
from seccm.rig import Constant, Drive, Modulate, Mounted, Move
from seccm.rigs import load_rig
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig, describe

MOUNTED = Mounted("coated-metal", 1e-6)


def card(insulators: Any = METAL, **world: Any) -> NidaqRig:
    table = rig_table(**card_tables(insulators, **world))
    rig = hardware.ni.open_rig(table, MOUNTED, seed=1)
    assert isinstance(rig, NidaqRig)
    return rig


def slow_map(columns: int) -> Any:
    """The small plan at a speed at which a card stops in time."""
    approach = small_map().to_dict()["approach"]
    slow = {**approach, "speed": "0.3 um/s", "settle": "0.2 s"}
    return small_map(columns, approach=slow, retract={"distance": "1 um", "speed": "8 um/s"})


def test_metal_and_film_are_landed_on_by_the_driver_of_a_card() -> None:
    plan, rig = slow_map(3), card(HALF)
    assert not [one for one in plan.check(rig.info) if one.severity == "error"]
    rig.open()
    engine = Engine(plan.sites(), rig.info, title="t", total=0, budget=Budget())
    memory = Memory()
    heard = list(Runner(rig, engine, memory).run())
    landed = [event.landing for event in heard if isinstance(event, Landed)]
    ends = [event.outcome for event in heard if isinstance(event, SiteFinished)]
    assert ends == [Outcome.OK] * 3
    assert len(landed) == 3
    # A millimetre of the sample rises by three micrometres, and drops differ by 9 nm.
    heights = np.array([landing.z_crossing for landing in landed])
    assert np.ptp(heights - 0.003 * 3e-6 * np.arange(3)) < 50e-9
    assert max(landing.overtravel for landing in landed) < 50e-9


def wetted(rig: Any) -> Stream:
    """Bring the tip down over metal, until the barrels' current swings."""
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(0.1)
    rig.apply(Modulate(on=True))
    stream.rest(0.1)
    rig.apply(Move("z", 50.2e-6, 2e-6))
    stream.rest(2.0)
    assert stream.column("ac_amplitude")[-10:].mean() > 10e-12
    return stream


def current_at(rig: Any, stream: Stream, potential: float) -> float:
    """The sample's current at a potential, once the diffusion layer is steady."""
    rig.apply(Drive("potential", Constant(potential)))
    stream.rest(0.4)
    return float(stream.column("current")[-40:].mean())


SHIPPED = ("virtual-nidaq-double-barrel", "virtual-double-barrel")
HALFWAY = 0.5
"""Share of the limiting current at the formal potential, which is 0 V on this sample."""


@pytest.mark.parametrize("bias", ["100 mV", "-60 mV", "0 V"])
def test_half_of_the_bias_is_in_the_potential_of_the_sample(bias: str) -> None:
    barrels = {"bias": bias}
    world = card_tables(barrels=barrels)
    rig = hardware.ni.open_rig(rig_table(**(world | {"barrels": barrels})), MOUNTED, seed=1)
    rig.open()
    rig.start()
    stream = Stream(rig)
    rig.apply(Move("z", 50.2e-6, 4e-6))
    stream.rest(0.8)
    limit = current_at(rig, stream, 0.3)
    assert current_at(rig, stream, 0.0) == pytest.approx(HALFWAY * limit, rel=0.06)
    assert stream.column("potential")[-40:].mean() == pytest.approx(0.0, abs=1e-3)
    rig.close()


def test_a_bias_that_nobody_told_of_shifts_every_potential() -> None:
    tables = card_tables()
    del tables["barrels"]
    rig = hardware.ni.open_rig(rig_table(**tables), MOUNTED, seed=1)
    rig.open()
    rig.start()
    stream = Stream(rig)
    rig.apply(Move("z", 50.2e-6, 4e-6))
    stream.rest(0.8)
    limit = current_at(rig, stream, 0.3)
    # -(V1 + V2 / 2): at -V1 = 0 V the sample is at -50 mV.
    wanted = 1.0 / (1.0 + math.exp(0.05 * 96485.0 / (8.314 * 298.15)))
    assert current_at(rig, stream, 0.0) == pytest.approx(wanted * limit, rel=0.15)
    rig.close()


def test_a_card_and_a_virtual_rig_show_the_same_swing() -> None:
    config = validate(VirtualConfig, barrel_rig(), "rig", from_file=True)
    found = []
    for rig in (VirtualRig(config, MOUNTED, seed=1), card()):
        stream = wetted(rig)
        found.append(
            (
                float(stream.column("ac_amplitude")[-40:].mean()),
                float(np.unwrap(stream.column("ac_phase")[-40:]).mean()),
                float(stream.column("barrel_current")[-40:].mean()),
            )
        )
        rig.close()
    (amplitude, phase, steady), (other, late, also) = found
    assert other == pytest.approx(amplitude, rel=0.05)
    assert also == pytest.approx(steady, rel=0.01)
    # A card holds each value for a fifth of a millisecond.
    assert late - phase == pytest.approx(-2.0 * math.pi * 277.8 * 1e-4, abs=0.1)


@pytest.mark.parametrize("film", [FILM, METAL])
def test_the_range_of_potentials_is_that_of_the_first_barrel(film: Any) -> None:
    config = validate(VirtualConfig, barrel_rig(film), "rig", from_file=True)
    for info in (describe(config), card(film).info):
        assert info.bias == pytest.approx(0.1)
        assert info.potential.lower == pytest.approx(-10.05)
        assert info.potential.upper == pytest.approx(9.95)
        assert any("50 mV from the first" in words for words in info.words)


@pytest.mark.parametrize("rig", ["virtual-double-barrel", "virtual-nidaq-double-barrel"])
def test_the_shipped_plan_can_be_run_on_the_shipped_rigs(rig: str) -> None:
    _, problems = seccm.check(load_plan("double-barrel-map"), load_rig(rig))
    assert problems == ()


def test_the_two_shipped_rigs_show_the_same_world() -> None:
    card, world = (read_toml(CONFIGS / f"{name}.toml") for name in SHIPPED)
    assert card["virtual"]["samples"] == world["samples"]
    ours, theirs = ({**each["barrels"]} for each in (card["virtual"], world))
    assert card["barrels"]["resistances"] == theirs.pop("resistances")  # what the operator knows
    assert ours == theirs
    assert card["virtual"]["stage"] == world["stage"]
    for name in ("clock", "modulation", "lock_in"):
        assert card[name] == world[name]
    assert card["barrels"]["bias"] == world["barrels"]["bias"]
