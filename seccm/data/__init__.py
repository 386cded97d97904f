"""What came of it: the data file, its writer and its reader."""

from seccm.data.finishing import FinishReport, finish, finish_apart
from seccm.data.footage import Footage
from seccm.data.header import Header
from seccm.data.layout import Column, Columns
from seccm.data.raw_ranges import in_force
from seccm.data.raw_trace import Averaged, RawOfSite, RawTrace
from seccm.data.rewrite import (
    FeatureValues,
    rewrite_features,
    rewrite_notes,
    rewrite_times,
)
from seccm.data.scan import Scan, open_scan
from seccm.data.step_tables import Refound
from seccm.data.store import Store, Unsaved
from seccm.data.table import Table
from seccm.data.trace import (
    Analyse,
    Analysed,
    SiteRecord,
    SiteTrace,
    StepArray,
    StepResult,
)
from seccm.data.trouble import SPARE

__all__ = [
    "SPARE",
    "Analyse",
    "Analysed",
    "Averaged",
    "Column",
    "Columns",
    "FeatureValues",
    "FinishReport",
    "Footage",
    "Header",
    "RawOfSite",
    "RawTrace",
    "Refound",
    "Scan",
    "SiteRecord",
    "SiteTrace",
    "StepArray",
    "StepResult",
    "Store",
    "Table",
    "Unsaved",
    "finish",
    "finish_apart",
    "in_force",
    "open_scan",
    "rewrite_features",
    "rewrite_notes",
    "rewrite_times",
]
