"""A digital piezo controller beside the card: asked, compared, set up on request, never sent."""

from __future__ import annotations

import signal
import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from nidaq_bench import nidaq_rig
from test_rig_commands import seccm_rig

from hardware.pi.piezo import GAIN, OFFSET, TARGET, Piezo, set_up
from hardware.pi.piezo_config import PiezoConfig
from seccm.commissioning.check import describe
from seccm.errors import PlanError, RigError
from seccm.plan.library import rigs

TABLE: dict[str, Any] = {
    "controller": "E-727",
    "host": "192.168.0.43",
    "axes": {
        "x": {"axis": "1", "input": 4},
        "y": {"axis": "2", "input": 5},
        "z": {"axis": "3", "input": 6},
    },
}
TOML = """
[piezo]
controller = "E-727"
host = "192.168.0.43"
[piezo.axes]
x = { axis = "1", input = 4 }
y = { axis = "2", input = 5 }
z = { axis = "3", input = 6 }
"""


class GcsError(Exception):
    """As pipython's: no OSError, no ValueError."""


class Device:
    """Answers as pipython's GCSDevice does for an E-727: dictionaries by axis, positions in um."""

    def __init__(self) -> None:
        self.servo = {"1": True, "2": True, "3": True}
        self.target = {"1": 4, "2": 5, "3": 6}
        self.gain = {"4": 1.0, "5": 1.0, "6": 1.0}
        self.travel = (0.0, 100.0)
        self.told: list[tuple[Any, ...]] = []
        self.level = 0
        self.deaf = False
        """Whether orders are taken and not carried out."""
        self.fails = ""
        self.closed = 0

    def _answer(self, name: str) -> None:
        if self.fails == name:
            raise GcsError(f"{name}: controller timed out (-7)")

    def qIDN(self) -> str:
        self._answer("qIDN")
        return "(c)2015 Physik Instrumente (PI) GmbH & Co. KG, E-727, 0116012345, 13.21.00.09 \n"

    def qSVO(self, axes: str) -> OrderedDict[str, bool]:
        self._answer("qSVO")
        return OrderedDict({axes: self.servo[axes]})

    def qPOS(self, axes: str) -> OrderedDict[str, float]:
        return OrderedDict({axes: 12.34})

    def qTMN(self, axes: str) -> OrderedDict[str, float]:
        return OrderedDict({axes: self.travel[0]})

    def qTMX(self, axes: str) -> OrderedDict[str, float]:
        return OrderedDict({axes: self.travel[1]})

    def qSPA(self, items: str, params: int) -> OrderedDict[str, OrderedDict[int, Any]]:
        known = {TARGET: self.target, GAIN: self.gain, OFFSET: dict.fromkeys("456", 0.0)}
        return OrderedDict({items: OrderedDict({params: known[params][items]})})

    def CCL(self, level: int, password: str = "") -> None:
        assert level == 0 or password == "advanced"
        self.level = level

    def SPA(self, items: str, params: int, values: int) -> None:
        self._answer("SPA")
        assert (params, self.level) == (TARGET, 1)
        self.told.append(("SPA", items, values))
        if not self.deaf:
            self.target[items] = values

    def SVO(self, axes: str, values: bool) -> None:
        self.told.append(("SVO", axes, values))
        if not self.deaf:
            self.servo[axes] = values

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    """A controller behind a package with pipython's names."""
    made = Device()
    names = ("pipython", "pipython.pidevice", "pipython.pidevice.interfaces",
             "pipython.pidevice.interfaces.pisocket")  # fmt: skip
    modules = {name: ModuleType(name) for name in names}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    modules["pipython"].GCSDevice = lambda name, gateway=None: made  # type: ignore[attr-defined]
    modules["pipython"].GCSError = GcsError  # type: ignore[attr-defined]

    def socket(host: str, port: int) -> tuple[str, int]:
        if made.fails == "connect":
            raise ConnectionRefusedError("connection refused")
        return host, port

    modules[names[-1]].PISocket = socket  # type: ignore[attr-defined]
    return made


def opened() -> tuple[str, ...]:
    """Open a card with a controller beside it, and return what is told of the rig."""
    with nidaq_rig(piezo=TABLE) as rig:
        rig.open()
        return describe(rig.info)


def test_what_it_says_is_part_of_the_check_and_nothing_was_ordered(device: Device):
    said = "\n".join(opened())
    assert "Piezo controller: (c)2015 Physik Instrumente (PI) GmbH & Co. KG, E-727" in said
    assert "Piezo axis 3 (z): servo on, follows input 6, is at 12.34 um of 0 m to 100 um" in said
    assert device.told == []
    assert device.closed == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.servo.update({"2": False}), r"the servo of axis 2 \(y\) is off"),
        (lambda d: d.target.update({"3": 0}), r"axis 3 \(z\) follows no analog input instead of"),
        (lambda d: d.target.update({"1": 5}), r"axis 1 \(x\) follows input 5 instead of input 4"),
        (lambda d: d.gain.update({"6": 1.2}), r"axis 3 \(z\) goes 12 um per volt.* says 10 um"),
        (lambda d: setattr(d, "travel", (0.0, 90.0)), "beyond its travel of 0 m to 90 um"),
    ],
)
def test_a_controller_that_is_set_otherwise_is_refused_before_anything_moves(
    device: Device, change: Any, words: str
):
    change(device)
    with pytest.raises(RigError, match=words) as refusal:
        opened()
    assert "Nothing moved" in str(refusal.value)
    assert "set-up-piezo" in str(refusal.value)
    assert device.told == []
    assert device.closed == 1


@pytest.mark.parametrize(
    ("fails", "words"),
    [("connect", "no E-727 answers at 192.168.0.43"), ("qIDN", "asked for its name"),
     ("qSVO", "asked about axis 1")],
)  # fmt: skip
def test_a_controller_that_does_not_answer_is_a_sentence(device: Device, fails: str, words: str):
    device.fails = fails
    with pytest.raises(RigError, match=words):
        opened()


def test_another_controller_is_not_taken_for_this_one(device: Device):
    other = TABLE | {"controller": "E-754"}
    with nidaq_rig(piezo=other) as rig, pytest.raises(RigError, match="rig file says E-754"):
        rig.open()


def test_without_pi_s_package_the_remedy_names_it_and_its_licence(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(sys.modules, "pipython", None)
    remedy = r"you agree to PI's licence, install it with: .*pip install .*\[pi\]"
    with nidaq_rig(piezo=TABLE) as rig, pytest.raises(RigError, match=remedy):
        rig.open()


def test_a_rig_without_the_table_never_asks_for_the_package(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pipython", None)
    with nidaq_rig() as rig:
        rig.open()
        assert rig.info.words == ()


def test_set_up_asks_first_then_raises_the_tip_before_it_frees_the_others(device: Device):
    device.servo = dict.fromkeys(device.servo, False)
    device.target = dict.fromkeys(device.target, 0)
    asked: list[str] = []

    def no(text: str) -> bool:
        asked.append(text)
        return False

    config = rig_config()
    assert "Nothing was changed" in set_up(config, "rig", no)
    assert "THE STAGE MAY JUMP" in asked[0]
    assert "the servo of axis 1 (x) is off" in asked[0]
    assert device.told == []
    assert "All axes follow" in set_up(config, "rig", lambda _: True)
    assert device.told == [
        ("SPA", "3", 6), ("SVO", "3", True), ("SPA", "1", 4), ("SVO", "1", True),
        ("SPA", "2", 5), ("SVO", "2", True),
    ]  # fmt: skip
    assert device.level == 0
    assert "servo on" in "\n".join(opened())


def test_an_order_that_fails_leaves_the_level_low_and_one_that_is_ignored_is_told(device: Device):
    device.fails = "SPA"
    with pytest.raises(RigError, match="when it was set up"):
        set_up(rig_config(), "rig", lambda _: True)
    assert device.level == 0
    device.fails, device.deaf = "", True
    device.servo["3"] = False
    with pytest.raises(RigError, match="axis 3 did not take"):
        set_up(rig_config(), "rig", lambda _: True)


def rig_config() -> dict[str, Any]:
    from seccm.quantities import read_toml

    whole = read_toml(rigs()["virtual-nidaq"])
    return {key: table for key, table in whole.items() if key != "commissioning"} | {"piezo": TABLE}


def test_the_command_asks_and_obeys(device: Device, tmp_path: Path):
    rig = tmp_path / "rig.toml"
    rig.write_text(rigs()["virtual-nidaq"].read_text(encoding="utf-8") + TOML, encoding="utf-8")
    code, said = seccm_rig("set-up-piezo", rig, typed="n\n")
    assert code == 1, "a script must not go on to a run"
    assert "Nothing was changed" in said
    assert device.told == []
    code, said = seccm_rig("set-up-piezo", rig, "--yes")
    assert code == 0
    assert "All axes follow their analog inputs" in said
    code, said = seccm_rig("set-up-piezo", "virtual-nidaq")
    assert code == 2
    assert "piezo: is missing" in said


def test_a_signal_does_not_leave_the_controller_half_set_up(device: Device, tmp_path: Path):
    rig = tmp_path / "rig.toml"
    rig.write_text(rigs()["virtual-nidaq"].read_text(encoding="utf-8") + TOML, encoding="utf-8")
    set_target = device.SPA

    def struck(items: str, params: int, values: int) -> None:
        signal.raise_signal(signal.SIGTERM)
        set_target(items, params, values)

    device.SPA = struck  # type: ignore[method-assign]
    code, said = seccm_rig("set-up-piezo", rig, "--yes")
    assert code == 1
    assert "All axes follow" in said
    assert "Interrupted SIGTERM" in said
    assert len(device.told) == 6
    assert device.level == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host": None}, "one of host and usb"),
        ({"usb": "0116012345"}, "one of host and usb"),
        ({"axes": {}}, "names no axis"),
        ({"axes": TABLE["axes"] | {"z": {"axis": "1", "input": 6}}}, "the same axis"),
        ({"axes": TABLE["axes"] | {"z": {"axis": "3", "input": 4}}}, "the same input"),
        ({"tolerance": 0.5}, "piezo.tolerance: must be at most 0.1"),
        ({"full_scale": 10.0}, "piezo.full_scale: write a number and a unit"),
    ],
)
def test_mistakes_in_the_table_are_sentences(changes: dict[str, Any], words: str):
    with pytest.raises(PlanError) as refusal, nidaq_rig(piezo=TABLE | changes):
        pass
    assert words in str(refusal.value)


def test_an_answer_of_another_shape_is_an_error_of_the_controller_not_of_ours():
    strange = Device()
    strange.servo = {}
    piezo = Piezo(PiezoConfig.model_validate(TABLE), strange)
    with pytest.raises(RigError, match="gave an error when it was asked about axis 1"):
        piezo.words()
