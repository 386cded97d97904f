"""What a rig says of itself, in words and readable numbers."""

from __future__ import annotations

from seccm.rig import RigInfo
from seccm.typography import readable
from seccm.units import show

Section = tuple[str, tuple[tuple[str, str], ...]]

_STOPS = {
    "virtual": "in the simulator",
    "stepped": "by the program, between two steps of the stage",
    "streamed": "by the program, while the motion is being streamed",
    "hardware": "by the hardware itself",
    "serial": "by the program, over a line to the controller",
}


def sections(info: RigInfo) -> tuple[Section, ...]:
    """Return headings with their lines: name and value."""
    axes = tuple(
        (name, f"{_said(a.travel.lower, 'm')} to {_said(a.travel.upper, 'm')}, "
               f"at most {_said(a.fastest, 'm/s')}")
        for name, a in sorted(info.axes.items())
    )  # fmt: skip
    cell = (
        ("modes", ", ".join(sorted(info.modes))),
        (
            "potential, raw",
            f"{_said(info.potential.lower, 'V')} to {_said(info.potential.upper, 'V')}",
        ),
        ("current", f"{_said(info.current.lower, 'A')} to {_said(info.current.upper, 'A')}"),
        ("open galvanostat reads", _said(info.overload, "V")),
    )
    stop = (
        ("method", _STOPS[info.stop.kind]),
        (
            "latency",
            f"{_said(info.stop.typical, 's')} typically, {_said(info.stop.worst, 's')} at worst",
        ),
        ("lag of the stage", _said(info.stage_lag, "s")),
        ("overtravel at 1 µm/s", _said(info.overtravel(1e-6), "m")),
        ("overtravel at 10 µm/s", _said(info.overtravel(1e-5), "m")),
    )
    late = tuple(
        (f"more if seen in {one.name}", f"{_said(one.delay * 1e-6, 'm')} at 1 µm/s")
        for one in info.signals
        if one.watchable and one.delay
    )
    bias: tuple[tuple[str, str], ...] = ()
    if info.bias:
        known = "" if not info.barrels_unknown else ", barrels taken to be alike"
        bias = (
            ("bias between the barrels", _said(info.bias, "V")),
            ("of it taken into account", f"{_said(info.at_mouth, 'V')}{known}"),
        )
    swing: tuple[tuple[str, str], ...] = ()
    if (at := info.modulation) is not None:
        words = f"{_said(at.amplitude, 'm')} at {_said(at.frequency, 'Hz')}"
        swing = (("swing of the height", f"{words}, while a contact is looked for"),)
    clock = (
        ("raw samples", f"{_said(info.clock.rate, 'Hz')}"),
        ("samples per data point", str(info.clock.averaged)),
        ("a data point every", _said(info.clock.period, "s")),
    )
    return (
        ("Axes (z is up positive)", axes),
        ("Cell", (*cell, *bias)),
        ("Stop at contact", (*stop, *late, *swing)),
        ("Clock", clock),
    )


def _said(value: float, unit: str) -> str:
    return readable(show(value, unit, 4))
