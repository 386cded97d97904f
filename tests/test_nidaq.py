"""The rig on an NI card keeps the contract, over a stand-in for NI's library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from nidaq_bench import nidaq_rig
from rig_contract import RigContract, Stream

from seccm.commissioning.capacitance import Triangle, judge_capacitance, swept
from seccm.commissioning.record import at_rest
from seccm.commissioning.resistor import measure_resistor
from seccm.conductor.conductor import Conductor
from seccm.plan.contacts import current_threshold, potential_drop
from seccm.rig import Constant, ContactRule, Drive, Rig


class TestStreamed(RigContract):
    """The card plays a queue, and software stops it: the default, and all of the contract."""

    speed: ClassVar[float] = 4e-6

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """The shipped virtual rig file."""
        with nidaq_rig() as rig:
            yield rig


class TestStepped(RigContract):
    """Any card: a new value after every block."""

    speed: ClassVar[float] = 4e-6

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """No clocked outputs are used."""
        with nidaq_rig({"kind": "stepped"}) as rig:
            yield rig


PLATING = Drive("current", Constant(-0.5e-9))
VARIANTS: list[Any] = [
    pytest.param({"kind": "hardware"}, None, current_threshold(50e-12, "anodic"), id="hardware"),
    pytest.param({"block": "2.5 ms"}, None, current_threshold(5e-12), id="short blocks"),
    pytest.param({}, PLATING, potential_drop(5.0), id="galvanostat"),
    pytest.param({}, None, current_threshold(5e-12, consecutive=3), id="three consecutive rows"),
]


@pytest.mark.parametrize(("stop", "hold", "rule"), VARIANTS)
def test_every_way_to_land_keeps_the_contract(
    stop: dict[str, Any], hold: Drive | None, rule: ContactRule
) -> None:
    """Landing, staying, retracting: the part of the contract that depends on how one stops."""
    contract = RigContract()
    contract.rule, contract.speed = rule, 4e-6  # type: ignore[misc]
    if hold is not None:
        contract.hold = hold  # type: ignore[misc]
    for check in (
        contract.test_contact_stops_the_tip_within_the_promise,
        contract.test_the_contact_record_shows_the_crossing,
        contract.test_detachment_stops_the_tip_on_the_way_up,
        contract.test_safe_retracts_and_switches_the_drive_off,
    ):
        with nidaq_rig(stop) as rig:
            rig.open()
            rig.start()
            check(Stream(rig))


# Commissioning over the card's own converters.


def test_the_gain_that_was_planted_in_the_galvanostat_is_found_within_its_error() -> None:
    """0.1 % too much; a step of the output's converter, 0.3 mV, is 0.06 % of half a volt."""
    with nidaq_rig(faults=("wet-at-start",)) as rig, at_rest(Conductor(rig)) as conductor:
        found = measure_resistor(conductor, 1e9, hold=0.2)
    for reading in ("potential", "current"):
        line = found.line("current", reading)
        assert line is not None
        assert abs(line.gain - 1.001) < 2.0 * line.gain_error
        assert line.gain_error < 2e-4


def test_the_leads_take_the_charge_that_was_planted_in_them() -> None:
    """1 pF, from a triangle that the card plays."""
    with nidaq_rig() as rig, at_rest(Conductor(rig)) as conductor:
        triangle = Triangle(0.5, 4.0, 8)
        found = judge_capacitance(swept(conductor, triangle), triangle)
    assert abs(found.capacitance - 1e-12) < max(4.0 * found.error, 4e-15)
    assert found.error < 2e-15
