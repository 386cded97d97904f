"""Words that the whole program uses alike, wherever somebody reads them."""

from __future__ import annotations

SIMULATION = "SIMULATION"
"""Said of a rig without hardware and of its data: on screens, in files and on figures."""


def simulated(title: str) -> str:
    """Return the title of simulated data, which begins with the word for them, once."""
    return title if title.partition(" ")[0] == SIMULATION else f"{SIMULATION} {title}".strip()
