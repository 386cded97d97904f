"""Records of a site made by hand: potential and current of each step, row by row."""

import numpy as np
from made_scans import CLOCK

from seccm.analysis.features import Features
from seccm.data import SiteRecord
from seccm.events import Landing, Outcome, Phase, StepFinished

ROW = CLOCK.period


def record(plan, steps, *, flags=None, outcome=Outcome.OK, ended=("time",)):
    """A site's record: 40 rows of approach, the contact row, then the steps.

    `steps` gives potential against the reference and current of each step, row by row.
    """
    site = plan.sites()[0]
    galvanostatic = site.approach.hold.mode == "current"
    lead = 40
    e = [np.full(lead, 10.0 if galvanostatic else site.approach.hold.value), [2.0]]
    i = [np.zeros(lead), [20e-12]]
    phase = [np.full(lead, Phase.APPROACH), [Phase.STEP if site.approach.continues else 2]]
    step = [np.zeros(lead + 1)]
    row = lead + 1
    events = []
    for index, (potential, current) in enumerate(steps):
        e.append(potential - plan.reference.offset)
        i.append(current)
        phase.append(np.full(potential.size, Phase.STEP))
        step.append(np.full(potential.size, index))
        row += potential.size
        if index < len(ended) and ended[index]:
            charge = float(np.sum(current) * ROW)
            events.append(StepFinished(row - 1, 0, index, ended[index], charge))
    e, i, phase, step = (np.concatenate(parts) for parts in (e, i, phase, step))
    t = ROW * (1 + np.arange(e.size))
    landing = Landing(lead, 40e-6, 40e-6, 2.0, 10.0 if galvanostatic else 0.0, 3e-3, 16e-9, 0)
    return SiteRecord(
        number=0,
        outcome=outcome,
        t=t,
        E=e,
        I=i,
        z=np.full(e.size, 40e-6),
        x=np.zeros(e.size),
        y=np.zeros(e.size),
        phase=phase.astype(np.uint8),
        step=step.astype(np.uint16),
        flag=np.zeros(e.size, np.uint8) if flags is None else flags(e.size),
        landing=landing,
        t_contact=float(t[lead]),
        events=tuple(events),
    )


def dip(t, t0=1.5, e0=-0.2):
    """A potential that falls, turns round at (t0, e0) and recovers: a parabola, then a plateau."""
    down = e0 + 0.4 * (1.0 - t / t0) ** 2
    up = e0 + 0.1 * (1.0 - np.exp(-(((t - t0) / t0) ** 2) * 4.0))
    return np.where(t < t0, down, up)


def plating(plan, potential, noise=0.2e-3, **options):
    """A galvanostatic record of the plan's first site with a potential of one's choosing."""
    segment = plan.sites()[0].segments[0]
    t = ROW * np.arange(1, CLOCK.rows(segment.waveform.duration) + 1)
    rng = np.random.default_rng(7)
    current = np.full(t.size, segment.waveform.value)
    e = potential(t) + noise * rng.standard_normal(t.size)
    return record(plan, [(e, current)], **options)


def analysed(plan, of, **options):
    return Features(plan, **options)(plan.sites()[0], of)


def flagged(bit, rows):
    """Flags of a record: `bit` in some of its rows."""

    def flags(count):
        found = np.zeros(count, np.uint8)
        found[rows] = bit
        return found

    return flags
