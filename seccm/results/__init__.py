"""What an analysis yields: numbers with their uncertainty and status, and what they mean."""

from seccm.results.noise import charge, noise, spacing
from seccm.results.result import DETAIL, Result
from seccm.results.value import UNTRUSTED, Status, Value, Values

__all__ = [
    "DETAIL",
    "UNTRUSTED",
    "Result",
    "Status",
    "Value",
    "Values",
    "charge",
    "noise",
    "spacing",
]
