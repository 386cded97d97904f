"""Whether potential and current stand in the rows in which they were measured.

A contact is seen in both at once: under an imposed current the potential leaves the end of its
range when the current begins to flow. Rows that were moved against each other, or against time,
show a contact of their own before or after the one that the scan acted on.
"""

from __future__ import annotations

import numpy as np

from seccm.arrays import BoolArray
from seccm.data import SiteRecord
from seccm.plan.site import Site

_SLACK = 1
"""Rows by which a contact within a row, or at its very end, may seem to be off."""
_SETTLED = 20
"""Rows after contact of which the current is the one that flows."""


def misplaced(site: Site, record: SiteRecord) -> bool:
    """Tell whether potential or current show the contact in other rows than the landing's.

    Only a contact under an imposed current that goes on in the first step says so: a current
    under potential control may die away within rows.

    Args:
        site: says how contact was seen.
        record: potentials raw.
    """
    at, landing, rule = record.contact, record.landing, site.approach.rule
    if at is None or landing is None or not site.approach.continues:
        return False
    if not rule.lasting:
        return False
    closed = rule.past(landing.baseline, record.signal(rule.signal))
    flows = np.abs(record.I) > 0.5 * abs(float(np.median(record.I[at : at + _SETTLED])))
    return _elsewhere(closed, at, rule.consecutive) or _elsewhere(flows, at, rule.consecutive)


def _elsewhere(sign: BoolArray, at: int, consecutive: int) -> bool:
    """Tell whether what is a sign of contact begins in another row than it should."""
    around = sign[at : at + _SLACK + 1]
    if not around.any():
        return True
    here = at + int(np.argmax(around))
    before = np.flatnonzero(~sign[:here])
    begins = int(before[-1]) + 1 if before.size else 0
    return not at - (consecutive - 1) - _SLACK <= begins <= at + _SLACK
