"""SECM behind the driver of a card: a second drive on another device, and the same science."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from barrel_world import CONFIGS
from rig_contract import SecondDriveContract, Stream
from secm_plans import carried_out, generator

import hardware.ni
import seccm
from hardware.ni.nidaq import NidaqRig
from seccm.errors import PlanError, RigError
from seccm.events import Landed, Outcome, Phase, SiteFinished
from seccm.plan import load_plan
from seccm.quantities import read_toml
from seccm.rig import Constant, Drive, Flag, Mounted, Rig
from seccm.rigs import BESIDE, build_rig, load_rig
from seccm.units import show

MOUNTED = Mounted("secm-generator", 5e-6)
ON = Drive("potential", Constant(0.2), on="substrate")


def tables(**second: Any) -> dict[str, Any]:
    """The shipped rig file, with some keys of its second drive replaced; None takes one away."""
    shipped = read_toml(CONFIGS / "virtual-nidaq-secm.toml")
    table = {name: part for name, part in shipped.items() if name not in BESIDE}
    own = table["drives"]["substrate"] | second
    table["drives"]["substrate"] = {key: value for key, value in own.items() if value is not None}
    return table


def card(table: dict[str, Any] | None = None, *faults: str) -> NidaqRig:
    rig = hardware.ni.open_rig(table or tables(), MOUNTED, seed=1, faults=faults)
    assert isinstance(rig, NidaqRig)
    return rig


def running(rig: Rig) -> Stream:
    rig.open()
    rig.start()
    return Stream(rig)


class TestOnTheCard(SecondDriveContract):
    @pytest.fixture
    def stream(self) -> Iterator[Stream]:
        rig = card()
        yield running(rig)
        rig.close()


class TestOnTheVirtualRig(SecondDriveContract):
    @pytest.fixture
    def stream(self) -> Iterator[Stream]:
        rig = build_rig(load_rig("virtual-secm"), MOUNTED, seed=1)
        yield running(rig)
        rig.close()


# The same science.

SHORT = {"width": "0.4 s", "pause": "0.3 s", "count": 1}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Generation and collection at one potential, on the card and on the virtual rig."""
    plan = generator(["0.2 V"]).to_dict()
    repeat = plan["program"][1]
    repeat["program"] = [{**repeat["program"][0], **SHORT}]
    short = seccm.Plan.from_dict(plan, source="short")
    found = {}
    for rig in ("virtual-nidaq-secm", "virtual-secm"):
        path = tmp_path_factory.mktemp("secm") / f"{rig}.h5"
        found[rig] = path, carried_out(short, path, rig=rig)
    return found


def test_each_lands_within_what_is_allowed(both: dict[str, Any]) -> None:
    for _, events in both.values():
        (end,) = [event for event in events if isinstance(event, SiteFinished)]
        (landed,) = [event.landing for event in events if isinstance(event, Landed)]
        assert end.outcome is Outcome.OK
        assert landed.signal / landed.baseline == pytest.approx(1.3, abs=0.06)
        assert landed.overtravel < load_plan("secm-sg-tc").approach.overtravel


def test_what_the_tip_collects_is_the_same(both: dict[str, Any]) -> None:
    values = []
    for path, _ in both.values():
        with seccm.open(path) as scan:
            names = ("i_tip_far", "d_tip", "collection", "i_collected")
            values.append([float(scan.sites[name][0]) for name in names])
    on_card, virtual = values
    np.testing.assert_allclose(on_card, virtual, rtol=0.02)


def test_the_substrate_is_on_during_its_step_alone(both: dict[str, Any]) -> None:
    for path, _ in both.values():
        with seccm.open(path) as scan:
            site = scan.site(0)
            current, potential = site.signals["substrate_current"], site.signals
            step = (site.phase == Phase.STEP) & (site.step == 1)
            assert current[step][20:].mean() == pytest.approx(4.82e-9, rel=0.02)
            assert potential["substrate_potential"][step][20:].mean() == pytest.approx(
                0.2, abs=1e-3
            )
            before = current[~step & (site.phase != Phase.RETRACT)]
            assert (np.abs(before) > 20e-12).sum() <= 2, "within two rows of its step"
            assert abs(current[site.phase == Phase.RETRACT][20:].mean()) < 2e-12


@pytest.mark.parametrize("plan", ["secm-sg-tc", "secm-feedback-map"])
def test_the_shipped_plans_can_be_run_on_the_card(plan: str) -> None:
    _, problems = seccm.check(load_plan(plan), load_rig("virtual-nidaq-secm"))
    assert problems == ()


def test_the_two_shipped_rigs_show_the_same_world() -> None:
    on_card, world = (
        read_toml(CONFIGS / f"{name}.toml") for name in ("virtual-nidaq-secm", "virtual-secm")
    )
    for name in ("samples", "stage", "surface", "drives"):
        assert on_card["virtual"][name] == world[name]


# Its own device, its own bounds.


def refused(table: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(PlanError) as caught:
        card(table)
    return {problem.where: str(problem) for problem in caught.value.problems}


def test_an_output_of_the_card_itself_is_refused() -> None:
    output = tables()["drives"]["substrate"]["output"] | {"device": "Dev1"}
    (where,) = refused(tables(output=output))
    assert where == "drives.substrate.output.device"


def test_off_beyond_its_bounds_is_refused() -> None:
    (told,) = refused(tables(off="6 V")).values()
    assert "6 V" in told
    assert "5 V" in told


@pytest.mark.parametrize(("key", "value"), [("line", "port0/line1"), ("words", "x" * 61)])
def test_a_line_in_use_and_long_words_are_refused(key: str, value: str) -> None:
    assert f"drives.substrate.{key}" in refused(tables(**{key: value}))


@pytest.mark.parametrize(("device", "terminal"), [("Dev3", "ao0"), ("Dev2", "ao7")])
def test_a_device_or_an_output_that_is_not_there_is_said(device: str, terminal: str) -> None:
    output = tables()["drives"]["substrate"]["output"] | {"device": device, "terminal": terminal}
    rig = card(tables(output=output))
    with pytest.raises(RigError, match=f"drives.substrate.output.*{device}") as caught:
        rig.open()
    assert caught.value.code == "card-misfit"


def test_terminals_that_are_read_back_are_counted_once() -> None:
    """Nine inputs at 100 kHz fit; two sensors more do not."""
    table = tables()
    running(rig := card(table)).rest(0.05)
    rig.close()
    for axis, terminal in (("x", "ai2"), ("y", "ai3")):
        sensor = table["axes"]["z"]["sensor"] | {"terminal": terminal, "sign": 1, "offset": "0 um"}
        table["axes"][axis]["sensor"] = sensor
    with pytest.raises(RigError, match="11 inputs"):
        card(table).open()


def test_its_bounds_are_those_of_the_file_and_of_its_wires() -> None:
    output = tables()["drives"]["substrate"]["output"] | {"gain": 4.0}
    wide, narrow = card(tables(potential="9 V")), card(tables(output=output))
    for rig, most in ((wide, 9.0), (narrow, 2.5)):
        (drive,) = rig.info.drives
        assert (drive.potential.lower, drive.potential.upper) == pytest.approx((-most, most))


def without_a_line(off: str) -> dict[str, Any]:
    table = tables(line=None, off=off)
    table["virtual"]["wiring"]["drives"]["substrate"]["line"] = ""
    return table


@pytest.mark.parametrize("off", ["0 V", "-0.3 V"])
def test_without_a_line_off_is_a_potential_and_the_rig_says_so(off: str) -> None:
    rig = card(without_a_line(off))
    volts = float(off.split()[0])
    assert any(f"while it is off, it is at {show(volts, 'V')}" in said for said in rig.info.words)
    stream = running(rig)
    rig.apply(Drive("potential", Constant(0.3)))
    rig.apply(ON)
    stream.rest(0.2)
    assert stream.column("substrate_potential")[-20:].mean() == pytest.approx(0.2, abs=2e-3)
    assert rig.safe("test", retract=False).drive_off
    stream.read()
    stream.rest(0.2)
    assert stream.column("substrate_potential")[-20:].mean() == pytest.approx(volts, abs=2e-3)
    rig.close()


def test_a_current_beyond_its_input_is_flagged() -> None:
    """10 nA at 10 V: 5 nA are inside, and those of another scale are not."""
    table = tables()
    table["drives"]["substrate"]["inputs"]["current"]["gain"] = "5 V/nA"
    table["virtual"]["wiring"]["drives"]["substrate"]["current_at_10V"] = "2 nA"
    stream = running(rig := card(table))
    rig.apply(Drive("potential", Constant(0.3)))
    stream.rest(0.1)
    assert not (stream.flags & Flag.SATURATED).any()
    rig.apply(ON)
    stream.rest(0.3)
    assert (stream.flags[-20:] & Flag.SATURATED).all()
    rig.close()


@pytest.mark.parametrize("line", [True, False])
def test_safe_says_whether_a_second_device_that_fails_is_off(
    monkeypatch: pytest.MonkeyPatch, line: bool
) -> None:
    """With a line the electrode is open all the same; without one nobody can say."""
    rig = card(tables() if line else without_a_line("0 V"))
    stream = running(rig)
    rig.apply(Drive("potential", Constant(0.3)))
    rig.apply(ON)
    stream.rest(0.1)

    def fails(name: str, potential: float) -> None:
        raise RigError("gone", "Dev2", "the device does not answer.")

    monkeypatch.setattr(rig.bench.second, "_put", fails)
    report = rig.safe("test")
    assert report.retracted
    assert report.drive_off == line
    assert ("second drive could not be switched off" in report.what) != line
    rig.close()


def test_a_level_that_cannot_be_put_out_freezes_the_rig(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = card()
    stream = running(rig)
    stream.rest(0.1)

    def fails(name: str, potential: float) -> None:
        raise RigError("gone", "Dev2", "the device does not answer.")

    monkeypatch.setattr(rig.bench.second, "_put", fails)
    rig.apply(ON)
    with pytest.raises(RigError, match="does not answer"):
        stream.rest(0.1)
    assert rig.safe("test").drive_off
    rig.close()
