"""The stop of a stage with a controller of its own is believed only where it was measured.

`seccm rig stops` adds what it finds to the calibration that the rig file names. What is typed
into `[controller.stop]` is compared with it whenever a rig is built for anything but
commissioning, wherever its tables come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seccm.calibration import Entry, entries_of, wiring
from seccm.errors import Problem
from seccm.units import parse, show

FIGURE = "stop of the stage, at worst"
"""As the worst stop that was seen is named in a calibration."""
SPARE = 1.2
"""By which the worst stop that is written down is longer than the worst that was seen."""
REAL = "serial"
"""The library of a controller at a real port."""
KEY = "controller.stop"
MEASURE = (
    "With the tip far above the sample, measure it at the speed of your approach: "
    'seccm rig stops RIG --speed "1 um/s".'
)


def stop_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    """Say why the stop of a real stage is not believed; a stand-in has nothing to prove.

    Args:
        config: a rig file as `load_rig` reads it, with its calibration.

    Raises:
        PlanError: its calibration cannot be read.
    """
    controller = config.get("controller")
    if not isinstance(controller, Mapping) or controller.get("library", REAL) != REAL:
        return
    believed = controller.get("stop")
    if not isinstance(believed, Mapping):
        return  # What is missing is said where the table is read.
    measured = [one for one in entries_of(config) if FIGURE in one.figures]
    if not measured:
        name = (
            ""
            if "calibration" in config
            else 'Write calibration = "bench-1.calibration.json" into the rig file. '
        )
        what = "no measurement of this stop is recorded, and it is believed only as measured."
        yield Problem(KEY, what, f"{name}{MEASURE}")
        return
    newest = max(measured, key=lambda one: one.when)
    yield from _elsewhere(newest, config)
    yield from _too_short(newest, believed)


def _elsewhere(entry: Entry, config: Mapping[str, Any]) -> Iterator[Problem]:
    now = wiring(config)
    for name in sorted({**entry.wiring, **now}):
        then, here = entry.wiring.get(name, "nothing"), now.get(name, "nothing")
        if name.startswith("controller.") and then != here:
            what = f"was measured on {entry.made[:10]} with {name} = {then}, and it is {here} now."
            yield Problem(KEY, what, MEASURE)


def _too_short(entry: Entry, believed: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        worst = parse(str(believed["worst"]), "s")
    except (KeyError, ValueError):
        return  # What is no duration is said where the table is read.
    seen, _ = entry.figures[FIGURE]
    if seen > worst:
        what = f"is {show(worst, 's')}, and {show(seen, 's', 3)} was measured on {entry.made[:10]}."
        yield Problem(f"{KEY}.worst", what, f'Write "{show(SPARE * seen, "s", 3)}".')
