"""Cuts the record of a site into its steps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seccm.analysis.jumps import stuck
from seccm.data import SiteRecord
from seccm.plan.site import Site
from seccm.program.trace import Area, StepTrace
from seccm.results import spacing
from seccm.rig import Flag


def step_traces(
    site: Site, record: SiteRecord, offset: float, area: Area
) -> tuple[StepTrace | None, ...]:
    """Cut a site's record into its steps; None for those that never began.

    Args:
        site: says what each step was.
        record: potentials raw.
        offset: volts that turn a raw potential into one against the reference.
        area: that densities refer to.
    """
    reasons = {end.step: end.reason for end in record.ends}
    row = spacing(record.t)
    found: list[StepTrace | None] = []
    for segment in site.segments:
        rows = record.steps.get(segment.index)
        if rows is None or record.landing is None:
            found.append(None)
            continue
        t = record.t[rows]
        if segment.index == 0 and site.approach.continues:
            since = record.t_contact
        else:
            # Rows are stamped when they are complete: the first one began a row earlier.
            since = float(t[0]) - row
        found.append(
            StepTrace(
                segment=segment,
                t=t - since,
                E=record.E[rows] + offset,
                I=record.I[rows],
                flag=_flags(record, rows, row),
                row=row,
                reason=reasons.get(segment.index),
                area=area,
            )
        )
    return tuple(found)


def _flags(record: SiteRecord, rows: slice, row: float) -> npt.NDArray[np.uint8]:
    """Flags of some rows, with `GAP` wherever a number or a stretch of time is missing.

    Rows that repeat one number in a noisy record were not measured: at its end the input was
    saturated, whatever the rig says of it; elsewhere they are a gap.
    """
    lost = ~(np.isfinite(record.E[rows]) & np.isfinite(record.I[rows]))
    apart = np.diff(record.t[rows])
    lost[1:] |= ~(np.abs(apart - row) < 0.5 * row)
    flag = np.where(lost, record.flag[rows] | Flag.GAP, record.flag[rows])
    for y in (record.E[rows], record.I[rows]):
        still = stuck(y) & ((flag & Flag.OVERLOAD) == 0)
        if still.any():
            at_end = (y == np.nanmax(y)) | (y == np.nanmin(y))
            flag[still & at_end] |= Flag.SATURATED
            flag[still & ~at_end] |= Flag.GAP
    return flag.astype(np.uint8)
