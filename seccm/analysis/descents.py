"""Cuts the approach that led to a contact out of the record of a site."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seccm.data import SiteRecord
from seccm.events import Phase
from seccm.plan.site import Site
from seccm.program.descent import Descent, Passage
from seccm.results import spacing
from seccm.rig import Flag
from seccm.rig.streaks import streaks

LISTEN_ROWS = 8
"""The shortest look at the undisturbed signal before a descent, as in the approach."""
REST_ROWS = 4
"""Data points in succession without motion that are a rest, and no change of speed."""
SETTLED_ROWS = 6
"""Rows after the contact in which the tip comes to rest, as in the approach: 15 ms."""


def descent_of(site: Site, record: SiteRecord) -> Descent | None:
    """Return how the tip came to the surface; None where it did not, or nobody knows.

    Args:
        site: whose contact rule says which signal was watched.
        record: potentials raw.
    """
    at, landing = record.contact, record.landing
    period = spacing(record.t)
    if at is None or landing is None or not 0 < period < math.inf:
        return None  # with times that are none nothing can be said of a motion
    rule, phase = site.approach.rule, record.phase
    signal = record.signal(rule.signal)

    def passage(first: int, stop: int) -> Passage:
        rows = slice(max(first, 0), max(first, stop, 0))
        t = record.t[rows] - record.t_contact
        return Passage(
            t, record.z[rows], record.E[rows], record.I[rows], signal[rows], record.flag[rows]
        )

    began = _began(record.flag[:at])
    listened = max(round(site.approach.settle / period), LISTEN_ROWS)
    rested = max(_began(record.flag[:began], still=False), began - listened)
    later = np.flatnonzero(phase[at:] == Phase.RETRACT)
    left = at + int(later[0]) if later.size else phase.size
    ended = min(left, record.steps[0].stop) if 0 in record.steps else left
    levels = rule.levels(landing.baseline)
    return Descent(
        signal=rule.signal,
        level=levels[0] if len(levels) == 1 else math.nan,
        far=passage((rested + began + 1) // 2, began),
        down=passage(began, at + 1),
        at=passage(min(at + 1 + SETTLED_ROWS, ended), ended),
        up=passage(left, phase.size),
    )


def _began(flag: npt.NDArray[np.uint8], *, still: bool = True) -> int:
    """Return the row after the last ones in which the tip rested, or moved; 0 without any.

    Told by the flags of the rows: those of a run that goes on have no phases yet. A tip that was
    frozen rested after a contact that did not last; the descent goes on after it.
    """
    moving = (flag & (Flag.MOVING | Flag.FROZEN)) != 0
    long = streaks(moving != still, 0) >= (REST_ROWS if still else 1)
    return int(np.flatnonzero(long)[-1]) + 1 if long.any() else 0
