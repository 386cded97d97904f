"""What wires and electrometer of the rig of a file do to fast signals."""

from __future__ import annotations

import json
import math
from dataclasses import fields

from seccm.rig import NO_LEADS, Leads


def leads_of(rig_json: str) -> Leads:
    """Return what the rig said of its leads; nothing is known of those of older files.

    Args:
        rig_json: what a file says of its rig.
    """
    try:
        said = json.loads(rig_json)["info"]["leads"]
        numbers = {field.name: float(said[field.name]) for field in fields(Leads)}
    except (ValueError, TypeError, KeyError):
        return NO_LEADS
    return Leads(**numbers) if all(map(math.isfinite, numbers.values())) else NO_LEADS
