"""Waveforms with more detail than a rig can put out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from seccm.errors import Problem
from seccm.plan.subject import Subject
from seccm.rig import Lines
from seccm.units import show


def corner_problems(subject: Subject) -> Iterator[Problem]:
    """Find steps whose waveform has corners closer than one value that is put out to the next.

    What lies between such corners would come out too long, or not at all. Corners at most a raw
    sample apart are a jump; that comes out as one. Where steps that ask for raw samples are driven
    faster than others, the others are warned of.
    """
    info, told = subject.info, set()
    jump, fastest = 1.0 / info.clock.rate, info.update_during(raw=True)
    for part, site, act in subject.steps():
        update = info.update_during(raw=part.spec.raw or act.keeps_raw(info.clock.period))
        if part.key in told or not isinstance(act.waveform, Lines):
            continue
        closest = _closest(act.waveform.times, jump, update)
        if closest >= update:
            continue
        told.add(part.key)
        under = subject.under(site, part)
        what = (
            f"two corners of its waveform are {show(closest, 's', 3)} apart{under}; "
            f"rig {info.name} puts out a new value every {show(update, 's')}."
        )
        apart = f"corners at least {show(update, 's')} apart: sweep slower, or make pulses longer."
        if fastest < update:
            remedy = f"Write raw = true in this step, or keep {apart}"
            yield Problem(part.key, what, remedy, "warning")
        else:
            yield Problem(part.key, what, f"Keep {apart}")


def _closest(times: Sequence[float], jump: float, enough: float) -> float:
    """Return the shortest time from a corner, or from a jump, to the next.

    Args:
        times: of the corners, rising, in seconds.
        jump: corners no farther apart than this are one.
        enough: longer times are not told apart from it.
    """
    slack = 1.0 + 1e-9
    if np.diff(times).min(initial=enough) * slack >= enough:
        return enough
    closest, first = enough, times[0]
    for time in times[1:]:
        if time - first > jump * slack:
            closest = min(closest, (time - first) * slack)
            first = time
    return closest
