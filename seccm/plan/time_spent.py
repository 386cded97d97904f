"""Where the time of a scan goes, in words: what to change where a plan is too slow."""

from __future__ import annotations

from collections.abc import Mapping

from seccm.plan.estimate import shares_of
from seccm.plan.visits import Visits
from seccm.rig import RigInfo
from seccm.units import show

NAMES: Mapping[str, str] = {
    "travel": "travel",
    "settle": "rest before the steps",
    "descent": "descent",
    "steps": "steps",
    "retract": "retract",
}
"""What the parts of a visit are called, in their order."""

PER_SECOND = 1800.0
"""Sites per hour from which on it is also said how many there are in a second."""


def hop_times(visits: Visits, info: RigInfo) -> dict[str, float]:
    """Return the seconds that each part of a visit takes at most, the mean of all but the first.

    The first descent is of unknown depth; where there is no other site it counts.
    """
    shares = shares_of(visits, info)
    first = 1 if len(visits) > 1 else 0
    return {name: float(getattr(shares, name)[first:].mean()) for name in NAMES}


def time_words(visits: Visits, info: RigInfo) -> str:
    """Say how many sites there are in an hour, and how long each part takes, as a sentence."""
    times = hop_times(visits, info)
    taken = (name for name in NAMES if times[name] > 0.0)
    parts = ", ".join(f"{NAMES[name]} {show(times[name], 's', 2)}" for name in taken)
    return f"About {rate_words(times)}; each takes {show(sum(times.values()), 's')}: {parts}."


def rate_words(times: Mapping[str, float]) -> str:
    """Say how many sites there are in an hour, of the times of the parts of a visit."""
    rate = 3600.0 / max(sum(times.values()), 1e-9)
    words = f"{rate:.0f} sites per hour" if rate >= 10 else f"{rate:.2g} sites per hour"
    return f"{words}, {rate / 3600.0:.2g} per second" if rate >= PER_SECOND else words


def shares_words(visits: Visits, info: RigInfo) -> str:
    """Say in a few words how many sites there are in an hour, and what takes most of the time."""
    times = hop_times(visits, info)
    whole = max(sum(times.values()), 1e-9)
    most = sorted(NAMES, key=lambda name: -times[name])
    parts = [f"{NAMES[n]} {times[n] / whole:.0%}" for n in most if times[n] >= 0.05 * whole]
    return f"{rate_words(times)} ({', '.join(parts)})"
