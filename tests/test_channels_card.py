"""Channels behind relays or a multiplexer on the lines of an NI card: the driver is real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_channels import CHANNELS, plan_of
from whole_columns import column_of

import seccm
from hardware.ni.config import NidaqConfig
from hardware.ni.lines import Lines
from hardware.ni.relays import Relays
from hardware.ni.switch_table import SwitchConfig
from seccm.errors import LimitError, PlanError, RigError
from seccm.plan import Plan, load_plan
from seccm.plan.library import find_rig
from seccm.quantities import read_toml
from seccm.rig import Connect, Constant, Drive
from seccm.rigs import RigFile, build_rig
from sim.truth import Truth
from sim.world import World

RELAYS: Mapping[str, Any] = {
    "relays": {"P1": "port0/line3", "P2": "port0/line4", "P3": "port0/line5"}
}
MULTIPLEXER: Mapping[str, Any] = {
    "address": ["port0/line3", "port0/line4"],
    "enable": "port0/line5",
    "channels": {"P1": "00", "P2": "01", "P3": "10"},
}
PROGRAM = [
    {"step": "open circuit", "duration": 0.1},
    {"step": "constant potential", "potential": 1.1, "duration": 0.3},
]


def card(switch: Mapping[str, Any]) -> RigFile:
    """The virtual card, with a switch in its rig file and on its wires; dummies of 100 Mohm."""
    tables = read_toml(find_rig("virtual-nidaq"))
    wired = {"relays": {line: channel for channel, line in switch.get("relays", {}).items()}}
    if "address" in switch:
        positions = {levels: channel for channel, levels in switch.get("channels", {}).items()}
        wired = {"address": switch["address"], "channels": positions}
        wired["enable"] = switch.get("enable", "")
    world = {
        "samples": {"dummy": {"kind": "circuit", "parallel": "100 Mohm"}},
        "wiring": {"signals": wired},
    }
    return RigFile("card", {**tables, "switch": dict(switch), "virtual": world})


@pytest.fixture
def truths(monkeypatch: pytest.MonkeyPatch) -> list[Truth]:
    """What really happened in every world that is made from now on."""
    made: list[Truth] = []
    begin = World.__init__

    def listened(self: World, *args: Any, **options: Any) -> None:
        begin(self, *args, **options)
        made.append(self.truth)

    monkeypatch.setattr(World, "__init__", listened)
    return made


@pytest.fixture
def set_lines(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Every digital line that the driver sets from now on."""
    told: list[tuple[str, bool]] = []
    apply = Lines.set

    def listened(self: Lines, line: str, *, high: bool) -> None:
        apply(self, line, high=high)
        told.append((line, high))

    monkeypatch.setattr(Lines, "set", listened)
    return told


def closed(told: list[tuple[str, bool]], switch: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """The channel that is connected after each setting of a line, and whether the cell is on."""
    levels: dict[str, bool] = {}
    for line, high in told:
        levels[line] = high
        on = levels.get("port0/line1", False)
        if "relays" in switch:
            found = [c for c, wire in switch["relays"].items() if levels.get(wire)]
        else:
            address = "".join("1" if levels.get(wire) else "0" for wire in switch["address"])
            found = [c for c, code in switch["channels"].items() if code == address]
            found = found if levels.get(switch["enable"]) else []
        assert len(found) <= 1, "two channels would be connected to each other"
        yield (found[0] if found else "", on)


@pytest.mark.parametrize("switch", [RELAYS, MULTIPLEXER], ids=["relays", "multiplexer"])
def test_each_channel_is_measured_behind_its_own_contact(
    switch: Mapping[str, Any],
    tmp_path: Path,
    truths: list[Truth],
    set_lines: list[tuple[str, bool]],
) -> None:
    """Break before make, cell off while it switches; nothing moves."""
    plan = plan_of(way={"switch": "rig", "settle": 0.1}, program=PROGRAM)
    for _ in seccm.run(plan, card(switch), path=tmp_path / "scan.h5"):
        pass
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.sites.words("status").tolist() == ["ok"] * 3
        for number in range(3):
            site = scan.site(number)
            current = site.I[site.steps[1]][20:]
            np.testing.assert_allclose(current.mean(), 0.1 / 100e6, rtol=0.05)
    assert np.ptp(column_of(tmp_path / "scan.h5", "z")) < 0.05
    assert truths[-1].bridged == []
    states = list(closed(set_lines, switch))
    assert [now for now, _ in states if now] != []
    for (before, was_on), (now, is_on) in pairwise(states):
        if before != now:
            assert not was_on, "the cell is off before a contact moves"
            assert not is_on
            assert not before or not now, "one is left before another is connected"
    assert states[-1] == ("", False), "in the end none is connected, and the cell is off"


def test_the_shipped_array_is_switched_through_by_relays_of_a_card(
    tmp_path: Path, truths: list[Truth]
) -> None:
    """Each pad answers with its own particle: a current that goes with its surface."""
    plan = load_plan("lmo-array-pitt").to_dict()
    sites, labels = plan["sites"], plan["sites"]["labels"]
    values = {name: listed[::3] for name, listed in sites["values"].items()}
    places = {"labels": labels[::3], "positions": sites["positions"][::3], "values": values}
    plan["sites"] = {**sites, **places}
    lines = {label: f"port0/line{3 + number}" for number, label in enumerate(labels)}
    potential = {"from": "rest", "offset": -15e-3, "within": [2.9, 4.3]}
    plan["program"] = [
        {"step": "open circuit", "name": "rest", "duration": 0.1},
        {"step": "constant potential", "potential": potential, "duration": 0.2},
    ]
    plan |= {"keep": ["i_end"], "way": {**plan["way"], "settle": 0.1, "rest": 0.1}}
    sample = read_toml(find_rig("virtual-array"))["samples"]["lmo-array"]
    tables = {**card({"relays": lines}).config, "clock": {"sample_rate": "10 kHz"}}
    # Slow enough that nothing has diffused yet, and half full, where no plateau is.
    particles = {**sample, "scatter": 0.0, "filled": 0.7, "exchange": "1 mA/cm^2"}
    tables["virtual"] = {**tables["virtual"], "samples": {"lmo-array": particles}}
    for _ in seccm.run(Plan.from_dict(plan), RigFile("array", tables), path=tmp_path / "a.h5"):
        pass
    with seccm.open(tmp_path / "a.h5") as scan:
        assert scan.sites.words("status").tolist() == ["ok"] * 7
        current = -np.array(scan.sites["i_end"])
        size = np.array(scan.sites["factor_diameter"])
        stepped = [(scan.record(k), scan.record(k).steps[1]) for k in range(7)]
        for record, rows in stepped:
            assert not record.flag[rows].any(), "no current beyond the range when the cell closes"
            lowest = float(record.E[rows].min()) - float(np.median(record.E[rows]))
            assert abs(lowest) < 5e-3, "the potential is there before the cell is connected"
    slope, _ = np.polyfit(np.log(size), np.log(current), 1)
    assert slope == pytest.approx(2.0, abs=0.1)
    assert truths[-1].bridged == []


@pytest.mark.parametrize("fault", ["unplugged@at=1.2 s", "stalled-read@at=1.2 s"])
def test_a_card_that_fails_under_way_leaves_the_site_open(fault: str, tmp_path: Path) -> None:
    plan = plan_of(way={"switch": "rig", "settle": 0.1, "rest": 0.1}, program=PROGRAM)
    run = seccm.run(plan, card(RELAYS), path=tmp_path / "scan.h5", faults=[fault])
    with pytest.raises(RigError):
        for _ in run:
            pass
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.remaining() != ()
        assert scan.broken_off in (None, *scan.remaining())


def test_the_driver_refuses_what_would_harm() -> None:
    rig = build_rig(card(RELAYS), plan_of().mounted)
    rig.open()
    rig.start()
    with pytest.raises(LimitError, match="cell off"):
        rig.apply(Connect("P1"))  # nobody knows yet whether the cell is off
    off = Drive("open", Constant(0.0))
    rig.apply(off)
    with pytest.raises(LimitError, match="cell off"):
        rig.apply(Connect("P1"))  # asked for, and not carried out yet
    rig.read()
    rig.apply(Connect("P1"))
    rig.apply(Connect("P2", "person"))
    with pytest.raises(LimitError, match="left before"):
        rig.apply(Connect("P2"))
    rig.apply(Connect(""))
    rig.apply(Connect("P2"))
    report = rig.safe("a test", retract=False)
    assert report.drive_off
    rig.close()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "either relays, or the address"),
        ({**RELAYS, "address": ["port0/line7"]}, "either relays, or the address"),
        ({**RELAYS, "enable": "port0/line7"}, "belong to a multiplexer"),
        ({"address": ["port0/line3"]}, "needs enable"),
        ({**MULTIPLEXER, "channels": {"P1": "0", "P2": "01"}}, "must have 2 levels"),
        ({**MULTIPLEXER, "channels": {"P1": "01", "P2": "01"}}, "the same address"),
    ],
)
def test_a_switch_that_cannot_be_is_refused(table: Mapping[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        build_rig(card(table), plan_of().mounted)


def test_a_line_is_wired_once() -> None:
    with pytest.raises(PlanError, match="port0/line1 is wired"):
        build_rig(card({"relays": {"P1": "port0/line1"}}), plan_of().mounted)


class Failing(Lines):
    """Lines of which one cannot be set."""

    def __init__(self, bad: str) -> None:
        super().__init__("Dev1")
        self.bad, self.told = bad, dict[str, bool]()

    def set(self, line: str, *, high: bool) -> None:
        if line == self.bad and high:
            raise RigError("driver", line, "cannot be set.")
        self.told[line] = high


def test_what_fails_half_way_can_be_left() -> None:
    """Relays know of a contact before it is made, so that none is forgotten."""
    lines, relays = Failing("port0/line4"), Relays(SwitchConfig(**RELAYS))
    relays.connect("P1", lines)
    relays.connect("", lines)
    with pytest.raises(RigError):
        relays.connect("P2", lines)
    assert relays.connected == "P2"
    relays.leave(lines)
    assert relays.connected == ""
    assert not any(lines.told.values())


def test_every_line_of_a_switch_is_known_by_its_key() -> None:
    found = SwitchConfig(**MULTIPLEXER).lines()
    assert found["switch.enable"] == "port0/line5"
    assert found["switch.address[1]"] == "port0/line4"
    assert "switch.relays.P3" in SwitchConfig(**RELAYS).lines()
    assert NidaqConfig.model_fields["switch"].default is None
    assert CHANNELS["labels"] == list(RELAYS["relays"])
