"""A current that always flows can be a contact: whole scans, and the safety of the tip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_scan import near_surface
from test_manual_safety import Session

import seccm
from seccm.events import Landed, Note, SiteFinished
from seccm.hopping.circuit import Circuit
from seccm.plan.contacts import ion_current
from seccm.rig import Mounted
from seccm.rigs import RigFile
from sim.bath import Bath
from sim.config import SurfaceConfig, VirtualConfig
from sim.sample_config import BathSample
from sim.surface import Surface
from sim.virtual_rig import describe

UM = 1e-6
STILL = dict.fromkeys(
    (f"{how}_{axis}" for axis in "xyz" for how in ("steady", "settling")), "0 m/s"
)
TABLES: dict[str, Any] = {
    "title": "topography of glass",
    "sample": "glass-in-bath",
    "reference": {
        "name": "Ag/AgCl", "electrode": "Ag/AgCl", "offset": "0 V", "provenance": "the wire"
    },
    "probe": {"aperture": "100 nm", "footprint": {"ratio": 1.0, "basis": "nominal"}},
    "sites": {"kind": "grid", "columns": 3, "rows": 2, "pitch": "5 um"},
    "approach": {
        "speed": "2 um/s",
        "travel": "30 um",
        "overtravel": "50 nm",
        "contact": {"kind": "ion current", "fraction": 0.98},
    },
    "retract": {"distance": "4 um", "speed": "20 um/s"},
    "travel": {"speed": "50 um/s"},
    "program": [{"step": "constant potential", "potential": "100 mV", "duration": "50 ms"}],
}  # fmt: skip


def plan(**tables: Any) -> seccm.Plan:
    """A small map of a surface under a bath."""
    return seccm.Plan.from_dict({**TABLES, **tables}, source="ion current")


def approach(**keys: Any) -> dict[str, Any]:
    """The approach with some keys replaced."""
    return {"approach": {**TABLES["approach"], **keys}}


def scan(path: Path, *faults: str, rig: Any = "virtual", **tables: Any) -> list[Any]:
    """Run a plan and return what was told."""
    return list(seccm.run(plan(**tables), rig, path=path, seed=2, faults=faults))


def finished(events: list[Any]) -> list[SiteFinished]:
    """How each site ended."""
    return [e for e in events if isinstance(e, SiteFinished)]


def notes(events: list[Any]) -> list[str]:
    """What the operator was told."""
    return [e.text for e in events if isinstance(e, Note)]


@pytest.mark.parametrize("potential", ["100 mV", "-100 mV"])
@pytest.mark.parametrize("fraction", [0.98, 0.9])
def test_a_whole_scan_lands_by_the_ion_current(
    potential: str, fraction: float, tmp_path: Path
) -> None:
    """Each site where the current has fallen to the fraction; the planted surface comes out."""
    still = {"kind": "virtual", "name": "still", "drift": {**STILL, "wander": "0 m"}}
    program = [{"step": "constant potential", "potential": potential, "duration": "50 ms"}]
    contact = {"kind": "ion current", "fraction": fraction}
    events = scan(
        tmp_path / "a.h5",
        rig=RigFile("still", still),
        program=program,
        **approach(contact=contact),
    )
    assert [e.outcome for e in finished(events)] == [seccm.Outcome.OK] * 6
    for landed in (e.landing for e in events if isinstance(e, Landed)):
        assert landed.signal / landed.baseline == pytest.approx(fraction, abs=2 * (1 - fraction))
        assert landed.signal / landed.baseline < fraction
    surface, sample = Surface(SurfaceConfig(), 100 * UM, 2), BathSample()
    bath = Bath(sample.conductivity, 50e-9, sample.outer, sample.half_angle)
    with seccm.open(tmp_path / "a.h5") as found:
        sites, flags = found.sites, found.sites["quality"]
        planted = surface.height(sites["x"], sites["y"]) + bath.height(fraction)
        # The tip goes on during the row that shows the contact, 5 nm, and lags 10 nm behind.
        np.testing.assert_allclose(sites["z_contact"], planted, atol=15e-9)
        assert not flags.any()


def test_it_says_once_that_the_height_alone_decides(tmp_path: Path) -> None:
    """Before the first motion sideways, with how far it was lifted; never wet, never a fault."""
    events = scan(tmp_path / "a.h5")
    said = [text for text in notes(events) if "height alone decides" in text]
    assert len(said) == 1
    assert "lifted by 4 um" in said[0]
    assert not [text for text in notes(events) if "closed" in text]


def test_the_stop_is_as_good_on_a_card(tmp_path: Path) -> None:
    """Raw samples of the stand-in for a card, by the same rule."""
    near = near_surface("51.5 um", "virtual-nidaq")
    slow = approach(speed="400 nm/s", travel="12 um")
    sites = {"kind": "grid", "columns": 2, "rows": 1, "pitch": "5 um"}
    events = scan(tmp_path / "a.h5", rig=near, sites=sites, **slow)
    assert [e.outcome for e in finished(events)] == [seccm.Outcome.OK] * 2


def test_a_pipette_that_clogs_is_not_lowered(tmp_path: Path) -> None:
    """Nothing flows: the sites from then on say so, and the glass never meets the surface."""
    events = scan(tmp_path / "a.h5", "clogged-tip@site=2")
    ended = finished(events)
    assert [e.outcome for e in ended[:2]] == [seccm.Outcome.OK] * 2
    assert ended[2].outcome is seccm.Outcome.FAULT
    assert "not clogged" in ended[2].reason
    assert "did not descend" in ended[2].reason


def test_without_a_surface_the_tip_stops_as_with_any_contact(tmp_path: Path) -> None:
    events = scan(tmp_path / "a.h5", "no-surface@site=1")
    ended = finished(events)
    assert [e.outcome.no_contact for e in ended] == [False, True, False, False, False, False]


def test_a_stopped_scan_goes_on_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    run = seccm.run(plan(), path=path, seed=2)
    for event in run:
        if isinstance(event, SiteFinished) and event.site == 1:
            run.ask("stop")
    more = list(seccm.resume(path))
    assert len(finished(more)) == 4
    with seccm.open(path) as found:
        assert (found.sites["status"] == seccm.Outcome.OK).all()


# By hand.


def session(*script: tuple[str, dict[str, Any]]) -> Session:
    """A manual session with a fine pipette in a bath."""
    site = plan().sites()[0]
    return Session(list(script), site=site, mounted=Mounted("glass-in-bath", 100e-9)).run()


def jog(axis: str, by: float) -> tuple[str, dict[str, Any]]:
    return "jog", {"axis": axis, "by": by, "speed": 5 * UM}


def test_nobody_goes_sideways_or_down_before_the_tip_was_lifted() -> None:
    """It may be at the surface, and no signal shows it: retract first."""
    for refused in (jog("x", 2 * UM), jog("z", -1 * UM)):
        done = session(refused)
        assert any("there may be a contact at" in text for text in done.texts + done.refused)
        assert any("Retract first" in text for text in done.texts + done.refused)
        assert not any(text.startswith(("x is at", "No contact")) for text in done.texts)


def test_after_a_retract_it_goes_sideways_and_lands() -> None:
    done = session(("retract", {}), jog("x", 2 * UM), ("approach", {}))
    said = " ".join(done.texts)
    assert "the height alone decides" in said
    assert "x is at" in said
    assert "Contact at" in said
    assert done.manual.circuit is Circuit.CLOSED
    assert done.rig.truth.crashes == []


def test_after_a_contact_it_is_lifted_first() -> None:
    done = session(("retract", {}), ("approach", {}), jog("y", 2 * UM))
    assert "y is at" not in " ".join(done.texts)
    assert "retract" in " ".join(done.refused)


def test_an_emergency_retract_says_that_the_height_alone_decides() -> None:
    """The tip goes up as far as after any contact, and nobody claims an open circuit."""
    done = session(("retract", {}), ("approach", {}), ("emergency", {}))
    (report,) = done.lifted[:1]
    assert report.retracted
    assert report.drive_off
    assert "height alone decides" in report.checked


# What a plan may ask for.


@pytest.mark.parametrize(
    ("contact", "where"),
    [
        ({"kind": "ion current", "fraction": 1.0}, "approach.contact.fraction"),
        ({"kind": "ion current", "fraction": 0}, "approach.contact.fraction"),
        ({"kind": "ion current"}, "approach.contact.fraction"),
    ],
)
def test_a_fraction_is_between_nothing_and_all(contact: dict[str, Any], where: str) -> None:
    with pytest.raises(seccm.PlanError) as said:
        plan(**approach(contact=contact))
    assert [problem.where for problem in said.value.problems] == [where]


def test_a_percentage_will_do() -> None:
    found = plan(**approach(contact={"kind": "ion current", "fraction": "98 %"}))
    assert found.sites()[0].approach.rule == ion_current(0.98)
    assert "0.98" in found.approach.contact.words()


def test_nothing_flows_at_0_volts() -> None:
    wrong = plan(**approach(hold={"potential": "0 V"}))
    (problem,) = (p for p in wrong.check(describe(VirtualConfig())) if p.where == "approach.hold")
    assert "no ion current" in problem.what
    assert problem.severity == "error"


def test_an_ion_current_needs_a_potential() -> None:
    with pytest.raises(seccm.PlanError, match="needs a potential held"):
        plan(program=[{"step": "constant current", "current": "1 nA", "duration": "1 s"}])
