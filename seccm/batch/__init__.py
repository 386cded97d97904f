"""The same work on many scans: in processes of this computer, or on those of a cluster."""

from __future__ import annotations

from seccm.batch.analysing import Analysed, analyse_all
from seccm.batch.comparing import Comparison, compare
from seccm.batch.sweeping import Swept, sweep, variants
from seccm.batch.workers import Failed

__all__ = [
    "Analysed", "Comparison", "Failed", "Swept", "analyse_all", "compare", "sweep", "variants",
]  # fmt: skip
