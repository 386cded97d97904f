"""Whether the card can do what the rig file asks for, found out before anything moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nidaqmx.constants import TriggerUsage
from nidaqmx.system import System

from hardware.ni.config import NidaqConfig
from hardware.ni.daqmx_errors import DAQMX, spoken
from hardware.ni.inputs import terminals_of
from hardware.ni.wires import AXES
from seccm.errors import RigError
from seccm.units import show

StopKind = Literal["stepped", "streamed", "hardware"]


@dataclass(frozen=True, slots=True)
class Card:
    """What a device can do."""

    name: str
    """Product and serial number."""
    stop: StopKind
    """The best way to stop that the rig file allows and the device has."""
    words: tuple[str, ...] = ()
    """What devices beside it say of themselves."""


def survey(config: NidaqConfig) -> Card:
    """Look at the device and compare it with the rig file.

    Raises:
        RigError: the driver or the device is missing, or the device is not the one that the
            rig file describes; every difference is named.
    """
    with spoken(config.device):
        names = list(System.local().devices.device_names)
        if config.device not in names:
            present = ", ".join(names) or "none"
            what = f"there is no device of this name; present: {present}."
            remedy = "Write one of those into device, or plug the card in."
            raise RigError("no-device", config.device, f"{what} Nothing moved.", remedy)
        device = System.local().devices[config.device]
        # NI MAX shows the number in hexadecimal digits.
        name = f"{device.product_type} {int(device.serial_num):08X}"
        _refuse_foreign(config, name)
        misfits = [*_missing(config, device), *_too_fast(config, device)]
        misfits += _missing_beside(config, names)
        able = list(_ways_to_stop(config, device))
    wanted = config.stop.kind
    if wanted not in ("auto", *able):
        misfits.append(f'stop.kind: it cannot stop by "{wanted}"; it can by: {", ".join(able)}')
    if misfits:
        raise RigError(
            "card-misfit",
            f"{config.device} ({name})",
            f"it does not fit the rig file: {'; '.join(misfits)}. Nothing moved.",
            "Correct the rig file, or use another card.",
        )
    return Card(name, able[0] if wanted == "auto" else wanted)


def _refuse_foreign(config: NidaqConfig, name: str) -> None:
    """Refuse scales that were measured on another card."""
    others = [other for other in config.calibration.get("devices", ()) if other != name]
    if others:
        what = f"this is {name}; the calibration was made with {', '.join(others)}. Nothing moved."
        remedy = "Calibrate this card with: seccm rig test-resistor RIG --ohms R."
        raise RigError("foreign-calibration", config.device, what, remedy)


def _missing(config: NidaqConfig, device: Any) -> Iterator[str]:
    """Name the terminals of the rig file that the device does not have."""
    present = {
        "ai": _leaves(device.ai_physical_chans),
        "ao": _leaves(device.ao_physical_chans),
        "port": _leaves(device.do_lines),
    }
    outputs = present["ao"]
    if len(outputs) < len(AXES) + 1:
        yield (
            f"it has {len(outputs)} analog outputs, but x, y, z and the cell need "
            f"{len(AXES) + 1} on one card"
        )
        return
    for key, terminal in config.terminals().items():
        group = next((name for name in present if terminal.startswith(name)), "")
        if group and terminal not in present[group]:
            yield f"{key}: there is no {terminal}"


def _missing_beside(config: NidaqConfig, devices: Sequence[str]) -> Iterator[str]:
    """Name the outputs of second drives that are not there."""
    for name, drive in config.drives.items():
        output = drive.output
        if output.device not in devices:
            yield (
                f"drives.{name}.output.device: there is no {output.device}; present: "
                f"{', '.join(devices)}"
            )
        elif output.terminal not in _leaves(
            System.local().devices[output.device].ao_physical_chans
        ):
            yield f"drives.{name}.output.terminal: {output.device} has no {output.terminal}"


def _too_fast(config: NidaqConfig, device: Any) -> Iterator[str]:
    """Name the rates that the device cannot keep."""
    inputs = len(terminals_of(config))
    together = bool(device.ai_simultaneous_sampling_supported)
    reach = float(device.ai_max_single_chan_rate if together else device.ai_max_multi_chan_rate)
    fastest = reach if together else reach / inputs
    if config.clock.sample_rate > fastest:
        yield (
            f"clock.sample_rate: {show(config.clock.sample_rate, 'Hz')} for {inputs} inputs is "
            f"more than its {show(fastest, 'Hz')}"
        )
    if "streamed" in _ways_to_stop(config, device) and config.output_rate > device.ao_max_rate:
        yield f"output_rate: it can do at most {show(float(device.ao_max_rate), 'Hz')}"


def _ways_to_stop(config: NidaqConfig, device: Any) -> Iterator[StopKind]:
    """Name the ways to stop, the best one first."""
    streams = bool(device.ao_samp_clk_supported)
    counters = _leaves(device.ci_physical_chans)
    counts = config.stop.counter in counters
    if streams and counts:
        if config.stop.trigger is not None and _pauses(device):
            yield "hardware"
        yield "streamed"
    yield "stepped"


def _pauses(device: Any) -> bool:
    """Tell whether an analog level can pause the outputs."""
    try:
        return bool(device.anlg_trig_supported) and TriggerUsage.PAUSE in device.ao_trig_usage
    except DAQMX:
        # Cards without any trigger of this kind refuse the question.
        return False


def _leaves(channels: Any) -> set[str]:
    """Return names without the device: "ao0" of "Dev1/ao0"."""
    return {str(name).partition("/")[2] for name in channels.channel_names}
