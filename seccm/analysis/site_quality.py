"""The quality gates that one site's record can be put through on its own."""

from __future__ import annotations

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.quality import Quality, contact, electrometer, hum, hum_gate, longest_run
from seccm.analysis.step_trace import steps_ran
from seccm.arrays import FloatArray
from seccm.data import SiteRecord
from seccm.events import Phase
from seccm.plan.site import Site
from seccm.results import Status, Value, spacing
from seccm.rig import Block, Flag
from seccm.rig.contact import always_flows
from seccm.rig.shown import TRANSIENT_ROWS, Shown

TRANSIENT = 20
"""Rows after the start of a step in which an overload or a saturation is the contact's own."""
HUM_ROWS = 1024
"""Rows at the end of a step that are searched for hum: 2.6 seconds of the reference system."""
HUM_POTENTIAL = 2e-3
"""Volts of hum that are too much: as much as the least recovery that counts as nucleation."""
_SLOW = 0.06
"""Seconds over which a signal may bend as a polynomial of third order does, in `ripple`."""
HUM_CURRENT, HUM_SHARE = 1e-12, 0.02
"""Amperes that are too much, or share of the median current, whichever is larger."""

HELD = 0.1
"""Share of the potential of the approach within which that of the retract is the same."""
LIFTED, BACK = 8, 4
"""Rows on the way up that say whether the current came back, and those in succession that do."""


def judged(site: Site, record: SiteRecord, *, overlapping: bool = False) -> Quality:
    """Return what is wrong with a site, as far as it can tell without the others.

    Contacts too early and drift take the whole scan to see: `seccm.analysis.scan_quality`.
    """
    flags = Quality.NEIGHBOUR_OVERLAP if overlapping else Quality(0)
    at = record.contact
    if at is None:
        return flags | (Quality.NO_CONTACT if record.outcome.no_contact else Quality(0))
    if any(end.reason == "lost contact" for end in record.ends):
        flags |= Quality.LOST_CONTACT
    if _unshown(site, record):
        flags |= Quality.DOUBTFUL_CONTACT
    if _not_back(site, record):
        flags |= Quality.NOT_BACK
    landing = _landing(site, record, at) if site.moves else Quality(0)
    return flags | landing | _instrument(record) | _hum(site, record)


def _unshown(site: Site, record: SiteRecord) -> bool:
    """Tell whether the contact should have shown itself in the steps and did not."""
    landing = record.landing
    if landing is None or not (landing.seen and np.isfinite(landing.baseline)):
        return False
    rule = site.approach.rule
    hold = site.approach.hold
    shown = Shown(rule, hold.mode, landing.baseline, hold.value, spacing(record.t))
    for index, segment in steps_ran(site, record).items():
        rows = record.steps[index]
        # The row of the contact is of a step that goes on with what the approach imposed.
        began = rows.start + (index == 0 and site.approach.continues)
        own = slice(min(began + TRANSIENT_ROWS, rows.stop), rows.stop)
        data = {name: record.signal(name)[own] for name in {rule.signal, "potential", "current"}}
        block = Block(own.start, data, record.flag[own])
        shown.feed(segment.mode, segment.waveform, block)
    return shown.missing


def _not_back(site: Site, record: SiteRecord) -> bool:
    """Tell whether a current that always flows was missing all the way up, with the cell on.

    Ways that switch the cell off before they lift the tip leave that open.
    """
    rule, hold, landing = site.approach.rule, site.approach.hold, record.landing
    if landing is None or hold.mode != "potential" or not always_flows(rule):
        return False
    up = np.flatnonzero(record.phase == Phase.RETRACT)[TRANSIENT_ROWS:]
    up = up[np.abs(record.E[up] - hold.value) < HELD * abs(hold.value)]
    back = ~rule.past(landing.baseline, record.signal(rule.signal)[up])
    return len(up) >= LIFTED and longest_run(back) < BACK


def _landing(site: Site, record: SiteRecord, at: int) -> Quality:
    """Judge the contact signal from the start of the last approach on."""
    rule, landing = site.approach.rule, record.landing
    if landing is not None and not landing.seen:
        return Quality(0)
    before = np.flatnonzero(record.phase[:at] != Phase.APPROACH)
    start = int(before[-1]) + 1 if before.size else 0
    # A step that does not go on with what the approach imposed has another signal.
    kept = 0 if site.approach.continues else -1
    later = np.flatnonzero((record.phase == Phase.STEP) & (record.step.astype(int) > kept))
    stop = int(later[0]) if later.size else record.t.size
    baseline = landing.baseline if landing is not None else 0.0
    past = rule.past(baseline, record.signal(rule.signal)[start:stop])
    if rule.lasting:
        return contact(past, at - start)
    # A current decays when the double layer is charged, so only the confirmation is judged.
    return contact(past, at - start, settle=max(1, site.approach.confirm))


def _instrument(record: SiteRecord) -> Quality:
    """Judge overload and saturation in the steps, without the transients at their starts."""
    settled = np.zeros(record.t.size, bool)
    for rows in record.steps.values():
        settled[rows.start + TRANSIENT : rows.stop] = True
    flag = record.flag[settled]
    found = electrometer(record.E[settled], np.inf, (flag & Flag.OVERLOAD) != 0)
    return found | (Quality.SATURATION if ((flag & Flag.SATURATED) != 0).any() else Quality(0))


def _hum(site: Site, record: SiteRecord) -> Quality:
    """Judge the hum at the end of the longest step, in the signal that is not imposed."""
    if not record.steps:
        return Quality(0)
    step, rows = max(record.steps.items(), key=lambda item: item[1].stop - item[1].start)
    segment = steps_ran(site, record).get(step)
    mode = "open" if segment is None else segment.mode
    # Its second half: the fall after contact is too steep for a search of periods.
    first = max(rows.stop - HUM_ROWS, (rows.start + rows.stop) // 2)
    end = slice(first, rows.stop)
    signal = record.I[end] if mode == "potential" else record.E[end]
    if signal.size < 2:
        return Quality(0)
    limit = HUM_POTENTIAL
    if mode == "potential":
        limit = max(HUM_CURRENT, HUM_SHARE * float(np.median(np.abs(signal))))
    return hum_gate(mains_hum(signal, spacing(record.t[end]))[1], limit)


def mains_hum(signal: FloatArray, row: float) -> tuple[float, Value]:
    """Measure the hum of the mains: their frequency, of 50 and 60 Hz the louder, and amplitude.

    Args:
        signal: shape (n,).
        row: s from row to row.
    """
    found = ((mains, hum(signal, row, mains)) for mains in (50.0, 60.0))
    return max(found, key=lambda f: f[1].value if f[1].status.has_value else -1.0)


def ripple(signal: FloatArray, row: float) -> tuple[float, Value]:
    """Measure the hum of the mains that rides on a changing signal, such as one way of a sweep.

    What changes over more than some 50 ms is taken off first (Savitzky-Golay, order 3); how much
    of the hum that takes along is known and corrected for.

    Args:
        signal: shape (n,), without the jump at its start.
        row: s from row to row.

    Returns:
        Frequency and amplitude, as `mains_hum`.
    """
    width = int(_SLOW / row) | 1 if row > 0.0 else 0
    if not 5 <= width <= signal.size:
        return 50.0, Value.none(Status.TOO_SHORT)
    rest = signal - scipy.signal.savgol_filter(signal, width, 3)
    # The filter's own ends are fitted, not centred, and let other shares of the hum through.
    mains, found = mains_hum(rest[width // 2 : -(width // 2)], row)
    if not found.status.has_value:
        return mains, found
    places = row * (np.arange(width) - width // 2)
    left = 1.0 - float(scipy.signal.savgol_coeffs(width, 3) @ np.cos(2 * np.pi * mains * places))
    return mains, Value.of(found.value / abs(left), found.error / abs(left), found.status)
