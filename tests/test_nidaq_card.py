"""Before anything moves, a card is compared with its rig file: each difference is named."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
from nidaq_bench import rig_table
from nidaqmx.constants import TriggerUsage
from nidaqmx.error_codes import DAQmxErrors
from nidaqmx.errors import DaqError, DaqNotFoundError, DaqNotSupportedError

from hardware.ni import card
from hardware.ni.config import NidaqConfig
from hardware.ni.daqmx_errors import MEANINGS, spoken, translate
from seccm.errors import DriverError, RigError, StreamError
from seccm.quantities import validate


def config_of(**changes: Any) -> NidaqConfig:
    """The shipped rig file of a card, with some of its tables changed."""
    table = copy.deepcopy(rig_table())
    for key, value in changes.items():
        table[key] = {**table.get(key, {}), **value} if isinstance(value, dict) else value
    return validate(NidaqConfig, table, "bench.toml", from_file=True)


class Device(SimpleNamespace):
    """A card as the driver describes it; whatever is not changed is enough for the rig file."""

    def __init__(self, **changes: Any) -> None:
        self.name = config_of().device
        enough = {
            "product_type": "PCIe-6363",
            "serial_num": 0x5ECC,
            "ai_physical_chans": self.channels("ai", 32),
            "ao_physical_chans": self.channels("ao", 4),
            "do_lines": SimpleNamespace(
                channel_names=[f"{self.name}/port{p}/line{n}" for p in range(3) for n in range(32)]
            ),
            "ci_physical_chans": self.channels("ctr", 4),
            "ai_simultaneous_sampling_supported": False,
            "ai_max_single_chan_rate": 2e6,
            "ai_max_multi_chan_rate": 1e6,
            "ao_max_rate": 2.86e6,
            "ao_samp_clk_supported": True,
            "anlg_trig_supported": True,
            "ao_trig_usage": [TriggerUsage.START, TriggerUsage.PAUSE],
        }
        super().__init__(**{**enough, **changes})

    def channels(self, kind: str, count: int) -> SimpleNamespace:
        return SimpleNamespace(channel_names=[f"{self.name}/{kind}{n}" for n in range(count)])


class Silent(Device):
    """A card that refuses to be asked about its triggers."""

    @property
    def ao_trig_usage(self) -> list[TriggerUsage]:
        raise DaqError("Specified property is not supported by the device", -200197)

    @ao_trig_usage.setter
    def ao_trig_usage(self, value: list[TriggerUsage]) -> None:
        """Take what every other card has."""


class Devices(dict[str, Device]):
    """The devices of a machine, as the driver lists them."""

    @property
    def device_names(self) -> list[str]:
        return list(self)


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Devices:
    """What is plugged in; each test puts its cards here."""
    devices = Devices()
    machine = SimpleNamespace(local=lambda: SimpleNamespace(devices=devices))
    monkeypatch.setattr(card, "System", machine)
    return devices


def looked_at(devices: Devices, device: Device, **changes: Any) -> card.Card:
    devices[device.name] = device
    return card.survey(config_of(**changes))


def misfit(devices: Devices, device: Device, **changes: Any) -> str:
    """Return what does not fit, after the name of the card."""
    with pytest.raises(RigError) as caught:
        looked_at(devices, device, **changes)
    assert caught.value.code == "card-misfit"
    assert caught.value.where == f"{device.name} (PCIe-6363 00005ECC)"
    assert caught.value.what.endswith("Nothing moved.")
    assert caught.value.remedy
    return caught.value.what


def test_a_card_that_fits_is_known_by_its_serial_number_as_ni_max_shows_it(plugged):
    assert looked_at(plugged, Device()).name == "PCIe-6363 00005ECC"


@pytest.mark.parametrize(
    ("others", "present"), [((), "present: none."), (("cDAQ1", "Dev7"), "present: cDAQ1, Dev7.")]
)
def test_a_device_that_is_not_there_is_refused_with_those_that_are(plugged, others, present):
    for name in others:
        plugged[name] = Device()
    with pytest.raises(RigError, match="no device of this name") as caught:
        card.survey(config_of())
    assert caught.value.code == "no-device"
    assert present in caught.value.what
    assert "Nothing moved" in caught.value.what


def test_a_machine_without_the_driver_says_so(monkeypatch):
    def local() -> None:
        raise DaqNotFoundError("nicaiu.dll")

    monkeypatch.setattr(card, "System", SimpleNamespace(local=local))
    with pytest.raises(DriverError, match="not installed on this machine") as caught:
        card.survey(config_of())
    assert caught.value.where == config_of().device


def test_scales_of_another_card_are_refused_before_its_terminals_are_compared(plugged):
    other = {"calibration": {"devices": ["PCIe-6363 00005ECC", "PCIe-6363 0000004D"]}}
    with pytest.raises(RigError, match=r"made with PCIe-6363 0000004D\.") as caught:
        looked_at(plugged, Device(ai_physical_chans=Device().channels("ai", 1)), **other)
    assert caught.value.code == "foreign-calibration"
    assert "00005ECC; the calibration" in caught.value.what
    assert "seccm rig test-resistor" in caught.value.remedy
    same = {"calibration": {"devices": ["PCIe-6363 00005ECC"]}}
    assert looked_at(plugged, Device(), **same).name == "PCIe-6363 00005ECC"


def test_each_terminal_that_the_card_does_not_have_is_named_by_its_key(plugged):
    config = config_of()
    inputs = {k: t for k, t in config.terminals().items() if t.startswith("ai")}
    assert len(inputs) > 1
    none = misfit(plugged, Device(ai_physical_chans=Device().channels("ai", 0)))
    for key, terminal in inputs.items():
        assert f"{key}: there is no {terminal}" in none
    assert "ao" not in none.partition(":")[2]
    lines = {k: t for k, t in config.terminals().items() if t.startswith("port")}
    without = misfit(plugged, Device(do_lines=SimpleNamespace(channel_names=[])))
    for key, terminal in lines.items():
        assert f"{key}: there is no {terminal}" in without


def test_two_outputs_are_too_few_and_nothing_else_is_said_of_terminals(plugged):
    said = misfit(plugged, Device(ao_physical_chans=Device().channels("ao", 2)))
    assert "it has 2 analog outputs, but x, y, z and the cell need 4 on one card" in said
    assert "there is no" not in said


def test_a_multiplexer_shares_its_rate_among_the_inputs_and_a_simultaneous_card_does_not(plugged):
    """At one sample less per second than they need together, the card does not fit."""
    config = config_of()
    count = len({t for t, _ in config.measured().values()} | {f"_{n}" for n in config.outputs})
    assert count > 1
    need = config.clock.sample_rate * count
    assert looked_at(plugged, Device(ai_max_multi_chan_rate=need))
    said = misfit(plugged, Device(ai_max_multi_chan_rate=0.99 * need))
    assert f"clock.sample_rate: 100 kHz for {count} inputs is more than its 99 kHz" in said
    together = {"ai_simultaneous_sampling_supported": True, "ai_max_multi_chan_rate": 1.0}
    assert looked_at(plugged, Device(ai_max_single_chan_rate=1e5, **together))
    said = misfit(plugged, Device(ai_max_single_chan_rate=9e4, **together))
    assert "more than its 90 kHz" in said


def test_outputs_that_are_too_slow_matter_only_where_they_are_streamed(plugged):
    slow = config_of().output_rate / 2.0
    assert "output_rate: it can do at most" in misfit(plugged, Device(ao_max_rate=slow))
    any_way = {**rig_table()["stop"], "kind": "auto"}
    still = Device(ao_max_rate=slow, ao_samp_clk_supported=False)
    stepped = looked_at(plugged, still, stop=any_way)
    assert stepped.stop == "stepped"


TRIGGER = {"kind": "auto", "trigger": {"terminal": "APFI0", "signal": "current", "gain": 1.0}}
WITHOUT = {"kind": "auto", "trigger": None}


@pytest.mark.parametrize(
    ("device", "stop", "best"),
    [
        (Device, TRIGGER, "hardware"),
        (Device, WITHOUT, "streamed"),
        (Silent, TRIGGER, "streamed"),
        (lambda: Device(anlg_trig_supported=False), TRIGGER, "streamed"),
        (lambda: Device(ao_trig_usage=[TriggerUsage.START]), TRIGGER, "streamed"),
        (lambda: Device(ci_physical_chans=Device().channels("ctr", 0)), TRIGGER, "stepped"),
        (lambda: Device(ao_samp_clk_supported=False), TRIGGER, "stepped"),
    ],
    ids=["pauses", "no trigger wired", "refuses the question", "no analog trigger",
         "starts only", "no counter", "no clock"],
)  # fmt: skip
def test_the_best_way_to_stop_that_card_and_wiring_have_is_taken(plugged, device, stop, best):
    table = {k: v for k, v in {**rig_table()["stop"], **stop}.items() if v is not None}
    config = copy.deepcopy(rig_table())
    config["stop"] = table
    made = device()
    plugged[made.name] = made
    assert card.survey(validate(NidaqConfig, config, "b", from_file=True)).stop == best


def test_a_way_to_stop_that_is_asked_for_is_never_replaced_by_another(plugged):
    stop = {**rig_table()["stop"], "kind": "streamed"}
    said = misfit(plugged, Device(ao_samp_clk_supported=False), stop=stop)
    assert 'stop.kind: it cannot stop by "streamed"; it can by: stepped' in said
    stop["kind"] = "stepped"
    assert looked_at(plugged, Device(), stop=stop).stop == "stepped"


def test_every_difference_is_named_at_once(plugged):
    device = Device(ai_physical_chans=Device().channels("ai", 0), ai_max_multi_chan_rate=1e3,
                    ao_max_rate=1.0)  # fmt: skip
    said = misfit(plugged, device)
    assert said.count(";") >= 3
    for word in ("there is no ai", "clock.sample_rate", "output_rate"):
        assert word in said


# What the driver says.

WORDS = {
    "overrun": ("NO_LONGER_AVAILABLE", "OVERWRITE"),
    "card-overflow": ("OVERFLOW", "CANT_XFER"),
    "slow-converter": ("ADC_OVERRUN",),
    "ended": ("NEVER_BE_AVAILABLE", "NEVER_BE_GENERATED"),
    "stalled-read": ("NOT_YET_AVAILABLE", "TIMED_OUT"),
    "underflow": ("UNDERFLOW", "REGEN"),
    "write-late": ("NOT_YET_BE_WRITTEN",),
    "unfinished": ("WAIT_UNTIL_DONE",),
    "output-buffer": ("NO_MORE_SPACE", "WRITE_FAILS", "TOO_SMALL_TO_START", "BUFFER_EMPTY"),
    "beyond-output": ("INVALID_AO_DATA",),
    "reserved": ("RESERVED",),
    "wired-twice": ("CHAN_ALREADY_IN_TASK",),
    "route-in-use": ("IN_USE_FOR_ROUTE",),
    "no-device": ("INVALID_DEVICE_ID",),
    "unplugged": ("ACCESSED", "ABSENT", "REMOVED", "NOT_FOUND", "NOT_IN_POOL"),
    "aborted": ("ABORTED", "ABORTING"),
    "no-channel": ("CHAN_DOES_NOT_EXIST",),
    "no-trigger": ("ANALOG_TRIG",),
    "too-fast": ("SAMPLE_RATE", "RATE_TOO_HIGH"),
    "no-route": ("ROUTE_NOT_SUPPORTED",),
    "refused": ("ATTRIBUTE", "PROPERTY"),
}


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_a_number_is_of_the_family_whose_name_the_driver_gives_it(code):
    """A slip of the pen in the table would advise to close programs where a cable is off."""
    name = DAQmxErrors(code).name
    assert any(word in name for word in WORDS[MEANINGS[code].code]), name


@pytest.mark.parametrize(
    ("code", "says", "does"),
    [
        (-200278, "has ended this task", "no other program has stopped"),
        (-200279, "did not fetch them in time", "Close other programs"),
        (-200714, "lost inside the card", "Lower clock.sample_rate"),
        (-200019, "before it was done", "Lower clock.sample_rate"),
        (-200621, "driver did not bring", "Lower output_rate"),
        (-200290, "program did not refill", "lengthen stop.horizon"),
        (-200292, "clock does not run", "NI MAX"),
        (-200489, "one terminal", "terminal of its own"),
        (-50405, "broke off", "no power saving"),
        (-88710, "broke off", "Close NI MAX"),
        (-201003, "does not answer", "cable and power"),
    ],
)
def test_errors_that_sound_alike_are_told_apart_with_what_to_do(code, says, does):
    error = translate(DaqError("", code), "Dev1")
    assert says in error.what
    assert does in error.remedy
    assert f"(DAQmx {code})" in error.what


def test_only_what_lost_samples_is_a_loss_in_the_stream():
    """A stream that lost samples is resumed from its file; the others are looked at first."""
    lost = {meaning.code for meaning in MEANINGS.values() if meaning.kind is StreamError}
    assert lost == {"overrun", "card-overflow", "slow-converter", "ended", "stalled-read"}


def test_a_card_that_is_gone_or_was_reset_is_the_one_whose_outputs_are_not_known():
    for meaning in MEANINGS.values():
        unknown = meaning.code in ("unplugged", "aborted")
        assert ("not known" in meaning.what) == unknown
        assert ("raise the tip at the stage controller" in meaning.remedy) == unknown
    assert (
        "raise the tip at the stage controller" in translate(DaqError("", -201003), "Dev1").remedy
    )


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_driver_without_words_is_still_an_error_with_its_number(text):
    error = translate(DaqError(text, -299999), "Dev1")
    assert isinstance(error, DriverError)
    assert error.what.endswith("(DAQmx -299999)")
    assert "ni.com" in error.remedy


def test_a_machine_that_the_driver_does_not_exist_for_is_told_which_it_exists_for():
    error = translate(DaqNotSupportedError("x"), "Dev1")
    assert error.code == "no-driver"
    assert "Windows" in error.remedy


def test_an_error_of_the_rig_passes_unchanged_and_a_fault_of_the_program_is_not_hidden():
    own = RigError("card-misfit", "Dev1", "does not fit.", "Correct it.")
    assert translate(own, "elsewhere") is own
    with pytest.raises(RigError) as caught, spoken("elsewhere"):
        raise own
    assert caught.value is own
    with pytest.raises(ZeroDivisionError), spoken("Dev1"):
        raise ZeroDivisionError
    unknown = translate(ValueError("not a number"), "Dev1")
    assert unknown.code == "driver"
    assert "not a number" in unknown.what
