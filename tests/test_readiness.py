"""Before a commissioning step drives the cell, the program looks at the circuit, or is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot
from remote_hosts import idle
from test_rig_commands import seccm_rig
from ui_windows import LONG, window

from seccm.commissioning.finding import Finding
from seccm.commissioning.readiness import Needs, to_confirm
from seccm.commissioning.settings import read_settings
from seccm.commissioning.steps import STEPS, carry_out
from seccm.conductor.conductor import Conductor
from seccm.errors import ContactError, PlanError, SeccmError, StreamError
from seccm.plan.open_circuit import open_circuit_of
from seccm.remote import Client, Order
from seccm.rig import Action, Block, Drive, Mounted, Move, Wake
from seccm.rigs import RigFile, build_rig, load_rig
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

UM = 1e-6
DRIVING = [name for name, step in STEPS.items() if step.needs]
SHORT = {"noise": {"seconds": "0.6 s"}, "capacitance": {"cycles": "2"}}
LOOKS = load_rig("virtual").config
SILENT: dict[str, Any] = {"kind": "virtual"}
"""A rig file that does not say how an open circuit is told."""


def rig_at(height: float, sample: str = "li-on-au", *faults: str) -> VirtualRig:
    config = VirtualConfig.model_validate({"stage": {"start_z": f"{height / UM} um"}})
    return VirtualRig(config, Mounted(sample, 6e-6), seed=1, faults=faults)


def taken(
    rig: VirtualRig, name: str, config: dict[str, Any], *, confirmed: bool
) -> tuple[Finding | ContactError, list[Drive]]:
    """Carry a step out; return what came of it, and what was applied to the cell."""
    step, drives, apply = STEPS[name], list[Drive](), rig.apply

    def seen(action: Action) -> None:
        assert isinstance(action, Drive | Wake), "nothing moves"
        if isinstance(action, Drive) and action.mode != "open":
            drives.append(action)
            looks = config is SILENT or action.mode == "current"
            assert looks or rig._world.bridge is None, "driven while wet"
        apply(action)

    rig.apply = seen  # type: ignore[method-assign]
    values = read_settings(step.settings, SHORT.get(name, {}))
    try:
        return carry_out(step, Conductor(rig), config, values, confirmed=confirmed), drives
    except ContactError as error:
        return error, drives


@pytest.mark.parametrize("name", DRIVING)
def test_what_nobody_has_seen_or_confirmed_is_not_driven_and_not_even_opened(name: str):
    rig = rig_at(58 * UM)
    opened = []
    rig.open = lambda: opened.append(True)  # type: ignore[method-assign, assignment, return-value]
    came, drives = taken(rig, name, SILENT, confirmed=False)
    assert isinstance(came, ContactError)
    assert came.code == "not-confirmed"
    assert STEPS[name].needs in str(came)
    assert "nothing moved" in str(came)
    assert (opened, drives) == ([], [])


@given(
    sample=st.sampled_from(["li-on-au", "redox", "dummy-resistor"]),
    height=st.floats(50.6, 53.5).map(lambda z: z * UM),
    name=st.sampled_from(["noise", "capacitance"]),
    confirmed=st.booleans(),
)
def test_a_tip_that_is_wet_is_never_driven_whatever_was_confirmed(sample, height, name, confirmed):
    """Wherever it was left: only the look itself touches a droplet.

    One that is left a few nanometres above the surface may come down with the drift, later. Of a
    couple with one form only, a droplet carries a current in one direction only.
    """
    rig = rig_at(height, sample)
    with suppress(SeccmError, ValueError):
        came, drives = taken(rig, name, LOOKS, confirmed=confirmed)
        if rig.truth.landings and rig.truth.landings[0].t < 0.02:
            assert isinstance(came, ContactError)
            assert came.code == "circuit-closed"
            assert {d.mode for d in drives} == {"current"}
            assert {abs(value) for d in drives for value in d.waveform.extremes} == {5e-11}
        elif not rig.truth.landings:
            assert isinstance(came, Finding)
            assert "seen to be open" in came.words[-1]
    assert rig.drive.mode == "open"
    assert abs(rig.height - height) < 0.05 * UM


@pytest.mark.parametrize("name", ["noise", "capacitance"])
def test_a_pipette_that_drips_is_seen_at_any_height(name: str):
    came, drives = taken(rig_at(58 * UM, "li-on-au", "wet-at-start"), name, LOOKS, confirmed=True)
    assert isinstance(came, ContactError)
    assert {drive.mode for drive in drives} == {"current"}


@pytest.mark.parametrize("name", ["noise", "capacitance"])
def test_a_contact_while_the_cell_is_driven_leaves_no_result(name: str):
    """Whatever brings it about: here the tip sinks into the surface after the look."""
    rig = rig_at(53 * UM)
    step, apply, read, sunk = STEPS[name], rig.apply, rig.read, []

    def sinks() -> Block:
        if sunk == [None]:
            sunk.append(apply(Move("z", 51.2 * UM, 10 * UM)))
        return read()

    def seen(action: Action) -> None:
        if isinstance(action, Drive) and action.mode == "potential" and action.waveform.duration:
            sunk.append(None)
        apply(action)

    rig.read, rig.apply = sinks, seen  # type: ignore[method-assign]
    values = read_settings(step.settings, {"noise": {"seconds": "2 s"}}.get(name, {}))
    with pytest.raises((ContactError, ValueError)) as refused:
        carry_out(step, Conductor(rig), LOOKS, values)
    assert rig.truth.landings
    assert rig.drive.mode == "open"
    if isinstance(refused.value, ContactError):
        assert refused.value.code == "circuit-closed"
        assert "after the step" in str(refused.value)


@pytest.mark.parametrize(("fault", "words"), [("stuck-signal", "same value"), ("nan", "number")])
@pytest.mark.parametrize("name", ["noise", "capacitance"])
def test_nothing_is_measured_with_an_input_that_is_dead(name: str, fault: str, words: str):
    with pytest.raises((ValueError, StreamError), match=words):
        taken(rig_at(58 * UM, "li-on-au", fault), name, SILENT, confirmed=True)


@pytest.mark.parametrize("name", ["noise", "capacitance"])
def test_the_look_leaves_no_trace_in_what_is_measured(name: str):
    looked, _ = taken(rig_at(58 * UM), name, LOOKS, confirmed=False)
    told, _ = taken(rig_at(58 * UM), name, SILENT, confirmed=True)
    assert isinstance(looked, Finding)
    assert isinstance(told, Finding)
    assert told.words[-1] == f"Confirmed before: {STEPS[name].needs}"
    for quantity in ("stray capacitance", "suggested threshold"):
        if quantity in told.figures:
            value, _unit = told.figures[quantity]
            assert looked.figures[quantity][0] == pytest.approx(value, rel=0.1)


def test_a_resistor_must_be_confirmed_whatever_the_rig_file_says():
    assert to_confirm(Needs.RESISTOR, LOOKS, "x") == Needs.RESISTOR
    assert to_confirm(Needs.OPEN, LOOKS, "x") == ""
    assert to_confirm(Needs.OPEN, SILENT, "x") == Needs.OPEN
    assert to_confirm(Needs.NOTHING, SILENT, "x") == ""


HOLD, DROP = {"current": "-50 pA"}, {"kind": "potential drop", "drop": "5 V"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"hold": HOLD}, "commissioning.contact"),
        ({"contact": DROP}, "commissioning.hold"),
        ({"hold": {"current": "5"}, "contact": DROP}, "commissioning.hold.current"),
        ({"hold": {"potential": "1 V"}, "contact": DROP}, "needs a current"),
        ({"hold": {**HOLD, "potential": "1 V"}, "contact": DROP}, "one of them"),
        ({"hold": {"current": "$j"}, "contact": DROP}, "neither factors nor steps"),
        ({"hold": HOLD, "contact": {**DROP, "drop": "$j"}}, "neither factors nor steps"),
        (
            {"hold": {"potential": "1 V"}, "contact": {"kind": "ion current", "fraction": 0.98}},
            "cannot show",
        ),
        ({"hold": HOLD, "contact": DROP, "tip": "up"}, "commissioning.tip"),
        ("yes", "commissioning"),
    ],
)
def test_a_table_that_could_show_nothing_is_refused_before_the_rig_is_opened(table: Any, said: str):
    config = {"kind": "virtual", "commissioning": table}
    with pytest.raises(PlanError) as direct:
        open_circuit_of(config, "bench.toml")
    with pytest.raises(PlanError) as built:
        build_rig(RigFile("bench.toml", config), Mounted("li-on-au", 6e-6))
    for refused in (direct, built):
        assert said in str(refused.value)
        assert "bench.toml" in str(refused.value)


@pytest.mark.parametrize("rig", ["virtual", "virtual-nidaq", "virtual-coarse", "nidaq"])
def test_the_shipped_rig_files_say_it_rightly_or_not_at_all(rig: str):
    file = load_rig(rig)
    look = open_circuit_of(file.config, file.source)
    assert look is None or look.hold.mode == "current"


# On the command line.


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    path = tmp_path / "bench.toml"
    path.write_text('kind = "virtual"\n', encoding="utf-8")
    return path


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_who_does_not_say_yes_gets_no_measurement(silent: Path, tmp_path: Path, typed: str):
    code, said = seccm_rig("noise", silent, "-o", tmp_path / "r.json", typed=typed)
    assert code == 1
    assert Needs.OPEN in said
    assert "The cell was not driven; nothing moved." in said
    assert not (tmp_path / "r.json").exists()


def test_who_says_yes_gets_it_and_the_report_keeps_the_answer(silent: Path, tmp_path: Path):
    path = tmp_path / "r.json"
    code, _ = seccm_rig("noise", silent, "--seconds", "1 s", "-o", path, typed="y\n")
    assert code == 0
    assert f"Confirmed before: {Needs.OPEN}" in path.read_text(encoding="utf-8")


# On a host, and in its window.


@contextmanager
def watched_drives(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Drive]]:
    drives, apply = list[Drive](), VirtualRig.apply

    def seen(rig: VirtualRig, action: Action) -> None:
        if isinstance(action, Drive) and action.mode != "open":
            drives.append(action)
        apply(rig, action)

    monkeypatch.setattr(VirtualRig, "apply", seen)
    yield drives


def test_a_host_says_what_is_not_confirmed_and_is_ready_for_the_next(
    silent: Path, monkeypatch: pytest.MonkeyPatch
):
    with watched_drives(monkeypatch) as drives, Client.in_process() as client:
        client.commission(Order.new("noise", {"seconds": "1 s"}, silent))
        heard = client.wait(lambda news: bool(news.found))
        [found] = [found for news in heard for found in news.found]
        assert not found.judged
        assert "Not confirmed" in found.finding.faults[0]
        assert drives == []
        client.wait(idle)
        client.commission(Order.new("noise", {"seconds": "1 s"}, silent, confirmed=True))
        heard = client.wait(lambda news: bool(news.found))
        assert all(found.judged for news in heard for found in news.found)
        client.wait(idle)
        assert drives


def test_the_window_asks_beside_start_and_again_each_time(
    qtbot: QtBot, tmp_path: Path, silent: Path
):
    with window(qtbot, tmp_path, rig=str(silent)) as made:
        page = made.rig.pages["noise"]
        made.go("rig")
        made.rig.tabs["noise"].click()
        page.fields["seconds"].setText("1 s")
        assert page.confirmed.isVisible()
        assert not made.rig.pages["check"].confirmed.isVisible()
        for confirmed, judged in ((False, False), (True, True), (False, False)):
            qtbot.waitUntil(page.start.isEnabled, timeout=LONG)
            before = page.found
            page.confirmed.setChecked(confirmed)
            page.start.click()
            assert not page.confirmed.isChecked()
            qtbot.waitUntil(lambda before=before: page.found not in (None, before), timeout=LONG)
            assert page.found is not None
            assert page.found.judged is judged
