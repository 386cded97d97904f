"""What a plan's electrolyte can carry: limiting current, settling, resistance, Sand time.

Closed forms: pipette of 10 deg and 10 um with 50 mM, D = 3e-6 cm2/s, t+ 0.32: 5.850 nA and 3.465
Mohm at 0.105 S/m; 73.3 s until 10 % above the limit at 3.6e-6 cm2/s; cone over disk Omega / (4 sin
theta) = 0.0686, 0.0961, 0.1374 at 5, 7, 10 deg; disk 4 n F D c a = 1350.8 pA for 5 um, and 1.447 uA
for 12.5 um in 1 M; its resistance 1 / (4 kappa a) = 20 kohm; Sand 2.1935 s for 5 mA/cm2 in 50 mM
(4.744 s in a binary salt), 21.9 ms for 1 A/cm2 in 1 M; the Shoup and Szabo transient.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.plan import Plan, load_plan
from seccm.plan.electrolyte import Electrolyte
from seccm.plan.probe import Probe
from seccm.plan.transport import Transport, transport_of, transport_words
from seccm.rigs import load_rig

SALT = {"concentration": 50.0, "diffusivity": 3e-10, "transference": 0.32, "conductivity": 0.105}
TEN = math.radians(10.0)


def transport(aperture: float = 10e-6, **electrolyte: Any) -> Transport:
    probe = Probe.model_validate({"aperture": aperture,
                                  "footprint": {"ratio": 1.0, "basis": "nominal"}})  # fmt: skip
    return Transport(probe, Electrolyte.model_validate(electrolyte))


def test_a_pipette_carries_what_its_cone_lets_through():
    found = transport(**SALT, half_angle=TEN)
    assert found.limit == pytest.approx(5.850e-9, rel=1e-3)
    assert found.resistance == pytest.approx(3.465e6, rel=1e-3)


def test_a_pipette_settles_slowly():
    """Seed numbers: about 70 s until the current is within 10 % of its limit."""
    found = transport(concentration=50.0, diffusivity=3.6e-10, half_angle=TEN)
    assert found.settling == pytest.approx(73.3, rel=1e-3)


@pytest.mark.parametrize(("degrees", "share"), [(5, 0.0686), (7, 0.0961), (10, 0.1374)])
def test_a_cone_carries_a_share_of_what_a_disk_does(degrees: float, share: float):
    cone = transport(concentration=1.0, diffusivity=1e-9, half_angle=math.radians(degrees))
    disk = transport(concentration=1.0, diffusivity=1e-9)
    assert cone.limit / disk.limit == pytest.approx(share, rel=1e-3)


def test_a_disk_carries_its_steady_current():
    assert transport(concentration=1.0, diffusivity=7e-10).limit == pytest.approx(
        1350.8e-12, rel=1e-4
    )
    lithium = transport(25e-6, concentration=1000.0, diffusivity=3e-10, conductivity=1.0)
    assert lithium.limit == pytest.approx(1.447e-6, rel=1e-3)
    assert lithium.resistance == pytest.approx(20e3, rel=1e-9)
    assert transport(concentration=1.0, diffusivity=7e-10).resistance is None


def test_a_disk_settles_as_shoup_and_szabo_say():
    found = transport(concentration=1.0, diffusivity=1e-9)
    tau = 4.0 * 1e-9 * found.settling / found.radius**2
    root = math.sqrt(tau)
    assert 0.7854 + 0.8862 / root + 0.2146 * math.exp(-0.7823 / root) == pytest.approx(
        1.1, abs=1e-6
    )


def test_for_large_currents_the_time_is_that_of_sand():
    """Where the diffusion layer is thin: planar, with the area of the disk."""
    disk = transport(1e-3, concentration=50.0, diffusivity=3e-10)
    area = math.pi * disk.radius**2
    assert disk.sand(50.0 * area) == pytest.approx(2.1935, rel=1e-3)
    binary = transport(1e-3, concentration=50.0, diffusivity=3e-10, transference=0.32)
    assert binary.sand(50.0 * area) == pytest.approx(4.744, rel=1e-3)
    small = transport(25e-6, concentration=1000.0, diffusivity=3e-10)
    assert small.sand(1e4 * math.pi * small.radius**2) == pytest.approx(21.9e-3, rel=3e-3)


def test_a_pipette_is_empty_after_about_a_second_at_three_times_its_limit():
    """15 nA through 10 um: 1.0 s at 10 deg, 2.0 s at 18 deg with the meniscus."""
    for degrees, with_meniscus in ((10.0, 1.0), (18.0, 2.0)):
        found = transport(**SALT, half_angle=math.radians(degrees))
        time = found.sand(-15e-9)
        assert 0.6 * with_meniscus < time < 1.3 * with_meniscus
        x = math.sqrt(found.electrolyte.diffusivity * time) / found.mouth
        used = 15e-9 / found.limit * (1.0 - math.exp(x**2) * math.erfc(x))
        assert used == pytest.approx(1.0, rel=1e-9)


def test_up_to_the_limit_a_current_flows_for_ever_and_beyond_the_less_the_larger_it_is():
    found = transport(**SALT, half_angle=TEN)
    assert found.sand(0.0) == found.sand(found.limit) == math.inf
    times = [found.sand(k * found.limit) for k in (1.01, 1.1, 2.0, 10.0, 1e3)]
    assert times == sorted(times, reverse=True)
    assert all(0.0 < time < math.inf for time in times)


# -------------------------------------------------------------------------------------- plans


def plan(electrolyte: dict[str, Any] | None, *program: dict[str, Any]) -> Plan:
    """A plan of the 10 um pipette with these steps."""
    tables = load_plan("li-on-au-constant-charge").to_dict() | {"factors": {}, "design": {}}
    if electrolyte is not None:
        tables["electrolyte"] = electrolyte
    return Plan.from_dict(tables | {"program": list(program)})


def warned(plan: Plan) -> list[str]:
    info, _ = seccm.check(load_plan("li-on-au-constant-charge"), load_rig("virtual"))
    return [p.what for p in plan.check(info) if "Sand time" in p.what]


PLATE = {"step": "constant current", "current": -15e-9, "duration": 3.0}
FULL = {**SALT, "half_angle": TEN}


def test_a_current_that_flows_longer_than_it_can_be_brought_is_told():
    (what,) = warned(plan(FULL, PLATE))
    assert "2.6 times the limiting current of 5.85 nA" in what
    assert "flows for 3 s" in what
    assert not warned(plan(FULL, {**PLATE, "duration": 0.5})), "shorter than the Sand time"
    assert not warned(plan(FULL, {**PLATE, "current": -5e-9})), "below the limit"
    assert not warned(plan(FULL, {**PLATE, "current": 15e-9})), "an oxidation needs no ion"
    assert warned(plan({**FULL, "reaction": "oxidation"}, {**PLATE, "current": 15e-9}))
    assert not warned(plan(None, PLATE)), "nothing is said of the electrolyte"


def test_pulses_are_judged_by_their_width():
    pulses = {"step": "pulses", "current": -1e-7, "width": 0.05, "pause": 0.1, "count": 30}
    assert warned(plan(FULL, pulses))
    assert not warned(plan(FULL, {**pulses, "width": 5e-3}))


def test_the_check_says_what_the_electrolyte_can_carry(tmp_path):
    made = plan(FULL, PLATE)
    found = transport_of(made)
    assert found is not None
    words = transport_words(found)
    assert "limiting current 5.85 nA" in words
    assert "3.47 Mohm" in words
    assert transport_of(plan(None, PLATE)) is None
    text = seccm.plan.library.plans()["li-on-au-constant-charge"].read_text(encoding="utf-8")
    table = (
        '[electrolyte]\nconcentration = "50 mM"\ndiffusivity = "3e-6 cm^2/s"\n'
        'transference = 0.32\nhalf_angle = "10 deg"\n\n[sites]'
    )
    path = tmp_path / "plan.toml"
    path.write_text(text.replace("[sites]", table, 1), encoding="utf-8")
    shown = CliRunner().invoke(app, ["check", str(path)])
    assert "limiting current 5.85 nA" in " ".join(shown.output.split())
