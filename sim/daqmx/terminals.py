"""Names of channels, lines and terminals, as people write them."""

from __future__ import annotations

import re

from sim.daqmx.codes import Error, RefusedError
from sim.daqmx.config import CardConfig
from sim.daqmx.task import Kind

_RANGE = re.compile(r"(.*?)(\d+):(\d+)$")


def expanded(text: str) -> list[str]:
    """Return the names in a list such as "Dev1/ai0:2, Dev1/ai7"."""
    names: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _RANGE.match(part)
        if found is None:
            names.append(part)
            continue
        stem, first, last = found[1], int(found[2]), int(found[3])
        step = 1 if last >= first else -1
        names += [f"{stem}{number}" for number in range(first, last + step, step)]
    return names


def leaf(config: CardConfig, text: str) -> str:
    """Return a terminal's name without the device: "ao/SampleClock" for "/Dev1/ao/SampleClock".

    Raises:
        RefusedError: -200220, it belongs to another device.
    """
    name = text.strip().lstrip("/")
    head, _, rest = name.partition("/")
    if head.lower() == config.device.lower() and rest:
        return rest
    # "APFI0" and "ao/SampleClock" may stand for themselves; "Dev2/..." may not.
    if not rest or head in ("ai", "ao"):
        return name
    raise RefusedError(Error.INVALID_DEVICE_ID, detail=f"Device: {head}")


def physical(config: CardConfig, kind: Kind) -> list[str]:
    """Return the physical channels of a kind, without the device's name."""
    match kind:
        case "ai":
            return [f"ai{number}" for number in range(config.inputs)]
        case "ao":
            return [f"ao{number}" for number in range(config.outputs)]
        case "ci" | "co":
            return [f"ctr{number}" for number in range(config.counters)]
        case "do":
            return [f"port0/line{number}" for number in range(config.lines)]


def beside(config: CardConfig, device: str) -> list[str]:
    """Return the analog outputs of another device, with its name; none if there is no such one."""
    return [f"{device}/ao{number}" for number in range(config.beside.get(device, 0))]


def internal(config: CardConfig) -> list[str]:
    """Return the card's internal inputs: it can read back its own outputs."""
    return [f"_ao{number}_vs_aognd" for number in range(config.outputs)]


def channel_terminal(config: CardConfig, kind: Kind, text: str) -> str:
    """Return the terminal of a physical channel: with the name of its device if it is another one.

    Raises:
        RefusedError: -200220, no such device; -200170, the device has no such channel.
    """
    head, _, rest = text.strip().lstrip("/").partition("/")
    if head in config.beside:
        if kind != "ao" or f"{head}/{rest}" not in beside(config, head):
            raise RefusedError(Error.PHYSICAL_CHAN_DOES_NOT_EXIST, detail=f"Channel: {text}")
        return f"{head}/{rest}"
    if head.lower() != config.device.lower():
        raise RefusedError(Error.INVALID_DEVICE_ID, detail=f"Device: {head}")
    known = physical(config, kind) + (internal(config) if kind == "ai" else [])
    if rest not in known:
        raise RefusedError(Error.PHYSICAL_CHAN_DOES_NOT_EXIST, detail=f"Channel: {text}")
    return rest
