"""What a report says of a coarse approach."""

from __future__ import annotations

from dataclasses import asdict

from seccm.commissioning.finding import Finding
from seccm.conductor.coarse import CoarseApproach
from seccm.typography import counted

PROCEDURE = "coarse-approach"
"""As its finding and its report are named."""


def finding_of(ended: CoarseApproach) -> Finding:
    """Return what a report says of a coarse approach; not to find the surface is a fault."""
    words = (ended.what, f"The motor made {counted(ended.steps, 'step')}.")
    faults = () if ended.found else (ended.what,)
    return Finding(PROCEDURE, asdict(ended), words=words, faults=faults)
