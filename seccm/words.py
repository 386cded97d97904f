"""Words that the whole program uses alike, wherever somebody reads them."""

from __future__ import annotations

SIMULATION = "SIMULATION"
"""Said of a rig without hardware and of its data: on screens, in files and on figures."""
